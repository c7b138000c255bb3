#include "media/engine/programme.h"

#include "media/engine/flow.h"
#include "media/room/router.h"
#include "media/room/stage.h"

/* False when the listener knows already. */
static bool tell(struct tour *t, us_t now, enum tap_type type, const struct flow *x) {
    uint32_t id = x && x->tapped ? x->tapped->tap_id : 0;
    uint32_t *told = type == TAP_STAGE ? &t->stage_tap : &t->voice_tap;
    if (id == *told) {
        return false;
    }
    *told = id;
    struct tap tap = {
        .type = (uint8_t)type, .audio_level = TAP_LEVEL_NONE, .tour = t->handle, .now = now};
    if (id) {
        tap = flow_tap(x->tapped, type, now);
    }
    tap_push(t->engine, &tap);
    return true;
}

void programme_update(struct tour *t, us_t now) {
    if (!t->tapped || !tour_is_home(t)) {
        return;
    }
    /* A source without consent is not tapped: the programme then shows nobody. Like any viewer the
     * programme switches at a key frame, so one is asked for. */
    struct flow *stage = flow_of(stage_source(&t->room, NULL));
    if (tell(t, now, TAP_STAGE, stage) && stage && stage->tapped) {
        feed_need_keyframe(&stage->tapped->feed);
    }
    (void)tell(t, now, TAP_VOICE, flow_of(router_voice(&t->room)));
}

/* What the recorder does not know yet is the difference between flow.tapped and what should be, so
 * nothing is queued and a source that ends meanwhile is none of it. */
void programme_tap(struct tour *t, us_t now) {
    t->tap_at = US_NEVER;
    LIST_EACH(l, &t->room.live) {
        if (!tap_room(t->engine)) {
            t->tap_at = now;
            break;
        }
        flow_tap_update(flow_of(LIST_ENTRY(l, struct room_source, in_live)), now);
    }
    programme_update(t, now);
    tour_reschedule(t);
}

void programme_on_timer(struct tour *t, us_t now) {
    if (t->tap_at <= now) {
        programme_tap(t, now);
    }
}
