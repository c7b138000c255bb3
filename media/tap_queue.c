#include "base/check.h"
#include "media/peer.h"
#include "media/tour.h"

/* Most tap messages one timer or one input can cause. */
#define ROOM (4 * SESSION_SOURCES_MAX + 4)

bool tap_room(const struct engine *e) {
    return e->taps.n + ROOM <= ENGINE_TAPS_MAX;
}

void tap_push(struct engine *e, const struct tap *t) {
    struct tap_queue *q = &e->taps;
    if (q->n == ENGINE_TAPS_MAX) {
        q->dropped++;
        e->n.drop_full++;
        return;
    }
    struct tap *place = &q->ring[(q->head + q->n++) % ENGINE_TAPS_MAX];
    *place = *t;
    place->dropped = q->dropped;
    q->dropped = 0;
    if (t->packet) {
        packet_ref(t->packet);
    }
}

bool engine_tap(struct engine *e, struct tap *ret) {
    struct tap_queue *q = &e->taps;
    if (q->n == 0) {
        return false;
    }
    *ret = q->ring[q->head];
    q->head = (q->head + 1) % ENGINE_TAPS_MAX;
    q->n--;
    return true;
}

void tap_drain(struct engine *e) {
    struct tap t;
    while (engine_tap(e, &t)) {
        packet_unref(t.packet);
    }
}

void tap_source(struct source *s, us_t now, bool on) {
    tap_push(s->peer->engine, &(struct tap){.type = on ? TAP_SOURCE_ON : TAP_SOURCE_OFF,
                                            .kind = s->line->s.source,
                                            .codec = s->line->s.codec,
                                            .audio_level = 127,
                                            .source = s->tap_id,
                                            .tour = s->peer->tour->handle,
                                            .participant = s->peer->participant,
                                            .now = now});
}

/* False when the listener knows already. */
static bool tell(struct tour *t, us_t now, enum tap_type type, const struct source *s) {
    uint32_t id = s ? s->tap_id : 0;
    uint32_t *told = type == TAP_STAGE ? &t->stage_tap : &t->voice_tap;
    if (id == *told) {
        return false;
    }
    *told = id;
    tap_push(t->engine, &(struct tap){.type = (uint8_t)type,
                                      .kind = s ? s->line->s.source : SOURCE_NONE,
                                      .codec = s ? s->line->s.codec : CODEC_NONE,
                                      .audio_level = 127,
                                      .source = id,
                                      .tour = t->handle,
                                      .participant = s ? s->peer->participant : 0,
                                      .now = now});
    return true;
}

void tap_stage(struct tour *t, us_t now) {
    if (!t->tapped) {
        return;
    }
    /* A source without consent has no tap id: the programme then shows nobody. Like any viewer the
     * programme switches at a key frame, so one is asked for. */
    struct source *stage = router_stage(t, 0, 0);
    if (tell(t, now, TAP_STAGE, stage) && stage && stage->tap_id) {
        source_need_keyframe(stage, now);
    }
    (void)tell(t, now, TAP_VOICE, router_voice(t));
}
