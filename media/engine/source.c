#include "media/engine/source.h"

#include "base/alloc.h"
#include "media/engine/event.h"

#include <string.h>

#define LEVEL_GAP (15 * US_PER_MS) /* [us] between two packets decoded for their level */
#define CACHE_SHARE_MIN 32         /* packets: a few frames, however many sources there are */

static enum err make_twcc(struct session *s, const struct inbound *in) {
    if (!in->s.twcc || s->twcc) {
        return OK;
    }
    s->twcc = mem_zalloc(1, sizeof(*s->twcc));
    if (!s->twcc) {
        return ERR_NOMEM;
    }
    recv_twcc_init(s->twcc);
    return OK;
}

/* Half of the pool is for retransmission: each source may keep its share of it. */
static void share_pool(struct engine *e) {
    uint32_t most = e->c.cache_packets;
    if (e->c.pool_packets && e->n_sources) {
        uint32_t share = e->c.pool_packets / 2 / e->n_sources;
        share = share > CACHE_SHARE_MIN ? share : CACHE_SHARE_MIN;
        most = share < most ? share : most;
    }
    LIST_EACH(l, &e->sources) {
        LIST_ENTRY(l, struct source, in_engine)->feed.cache.limit = most;
    }
}

static void count(struct source *x, bool is) {
    struct engine *e = x->session->engine;
    if (is) {
        list_push(&e->sources, &x->in_engine);
        e->n_sources++;
    } else {
        list_remove(&x->in_engine);
        e->n_sources--;
    }
    share_pool(e);
}

enum err source_make(struct session *s, unsigned i) {
    struct inbound *in = &s->in[i];
    if (s->sources[i]) {
        return OK;
    }
    struct source *x = mem_zalloc(1, sizeof(*x));
    if (!x) {
        return ERR_NOMEM;
    }
    enum err err = feed_init(&x->feed, &in->s, s->engine->c.cache_packets, &s->engine->wants);
    if (err == OK) {
        err = inbound_start(in);
    }
    if (err == OK) {
        err = make_twcc(s, in);
    }
    if (err != OK) {
        inbound_stop(in);
        packet_cache_free(&x->feed.cache);
        mem_free(x);
        return err;
    }
    x->session = s;
    x->in = in;
    x->feed.offset = &s->offset;
    x->place = (struct room_source){.participant = s->participant,
                                    .kind = in->s.source,
                                    .codec = in->s.codec,
                                    .host = s->host,
                                    .voice = -1};
    list_init(&x->place.in_live);
    s->sources[i] = x;
    count(x, true);
    return OK;
}

/* Nobody shows it any more. */
static void forget(struct source *x) {
    room_source_forget(&x->session->tour->room, &x->place);
    fanout_forget(&x->session->engine->fanout, &x->feed);
    stream_forget_all(&x->feed);
}

void source_free(struct source *x, us_t now) {
    if (!x) {
        return;
    }
    source_off(x, now);
    forget(x);
    count(x, false);
    feed_free(&x->feed);
    opus_level_free(x->level);
    inbound_stop(x->in);
    x->session->sources[x->in - x->session->in] = NULL;
    mem_free(x);
}

void source_restart(struct source *x, us_t now) {
    source_off(x, now);
    forget(x);
    x->tap_id = 0; /* other numbers are another source to the recorder */
    feed_restart(&x->feed);
    inbound_restart(x->in);
}

void source_enter(struct source *x, us_t now) {
    struct tour *t = x->session->tour;
    x->feed.live = true;
    x->in->heard = now;
    room_source_on(&t->room, &x->place);
    source_tap_update(x, now);
    tour_changed(t);
}

void source_on(struct source *x, us_t now) {
    if (!x->feed.live) {
        source_enter(x, now);
        event_session(x->session);
    }
}

void source_off(struct source *x, us_t now) {
    struct tour *t = x->session->tour;
    if (!x->feed.live) {
        return;
    }
    x->feed.live = false;
    if (room_source_off(&t->room, &x->place) & SPEAKER_CHANGED) {
        event_speaker(t);
    }
    tour_reschedule(t);
    event_session(x->session);
    source_tap_update(x, now);
    feed_pause(&x->feed);
    tour_changed(t);
}

void source_bye(struct source *x, us_t now) {
    x->bye_at = now;
}

us_t source_deadline(const struct source *x) {
    if (!x->feed.live) {
        return US_NEVER;
    }
    us_t patience = x->in->s.source == SOURCE_SCREEN ? SOURCE_STILL : SOURCE_SILENT;
    us_t at = x->in->heard + patience;
    return x->bye_at > 0 ? us_min(at, x->bye_at + SOURCE_BYE) : at;
}

void source_on_timer(struct source *x, us_t now) {
    packet_cache_expire(&x->feed.cache, now);
    if (source_deadline(x) <= now) {
        source_off(x, now);
    }
}

void source_level(struct source *x, us_t now, struct media_packet *p) {
    x->sends_levels = x->sends_levels || p->has_level;
    if (x->sends_levels || x->in->s.codec != CODEC_OPUS ||
        (x->level && now - x->level_at < LEVEL_GAP)) {
        return;
    }
    x->level = x->level ? x->level : opus_level_new();
    if (x->level) {
        x->level_at = now;
        p->audio_level = opus_level_of(x->level, media_packet_payload(p));
        p->has_level = true;
    }
}

struct tap source_tap(const struct source *x, enum tap_type type, us_t now) {
    return (struct tap){.type = (uint8_t)type,
                        .kind = x->in->s.source,
                        .codec = x->in->s.codec,
                        .audio_level = 127,
                        .source = x->tap_id,
                        .tour = x->session->tour->handle,
                        .participant = x->session->participant,
                        .now = now};
}

void source_tap_update(struct source *x, us_t now) {
    struct engine *e = x->session->engine;
    bool on = x->feed.live && x->session->tour->tapped && x->session->record_consent;
    if (on == x->tapped) {
        return;
    }
    x->tapped = on;
    x->tap_id = x->tap_id ? x->tap_id : ++e->next_tap;
    struct tap t = source_tap(x, on ? TAP_SOURCE_ON : TAP_SOURCE_OFF, now);
    tap_push(e, &t);
    if (inbound_is_video(x->in)) {
        recv_keyframe_periodic(&x->feed.keyframe, now, on ? e->c.keyframe_interval : 0);
        if (on) {
            feed_need_keyframe(&x->feed);
        }
    }
}
