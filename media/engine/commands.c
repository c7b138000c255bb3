/* Commands of media.h: signaling's intent. Each checks everything before it changes anything. */
#include "base/check.h"
#include "media/engine/keep.h"
#include "media/engine/params.h"
#include "media/engine/programme.h"
#include "media/engine/replica.h"
#include "media/engine/schedule.h"
#include "media/engine/source.h"
#include "media/engine/turn.h"
#include "media/transport/credentials.h"

enum err engine_tour_add(struct engine *e, uint64_t tour) {
    OWNER_CHECK(&e->owner);
    if (tour_find(e, tour)) {
        return ERR_EXISTS;
    }
    return map_len(e->tours) >= e->c.max_tours ? ERR_FULL : tour_new(e, tour);
}

enum err engine_tour_remove(struct engine *e, uint64_t tour) {
    struct tour *t = tour_find(e, tour);
    if (!t) {
        return ERR_UNKNOWN;
    }
    turn_begin(e, e->now);
    t->removing = true;
    while (!list_empty(&t->peers)) {
        session_leave(LIST_ENTRY(t->peers.next, struct session, in_tour), e->now, true);
    }
    while (!list_empty(&t->flows)) {
        replica_free(replica_of(LIST_ENTRY(t->flows.next, struct flow, in_tour)), e->now);
    }
    tour_free(t);
    turn_end(e);
    return OK;
}

enum err engine_tour_tap(struct engine *e, us_t now, uint64_t tour, bool on) {
    struct tour *t = tour_find(e, tour);
    if (!t) {
        return ERR_UNKNOWN;
    }
    turn_begin(e, now);
    t->tapped = on;
    t->stage_tap = 0;
    t->voice_tap = 0;
    programme_tap(t, now);
    turn_end(e);
    return OK;
}

/* The flow that is tapped under this id; NULL: none is. */
static struct flow *tapped_as(const struct tour *t, uint32_t id) {
    LIST_EACH(l, &t->room.live) {
        struct flow *f = flow_of(LIST_ENTRY(l, struct room_source, in_live));
        if (f->tapped && f->tapped->tap_id == id) {
            return f;
        }
    }
    return NULL;
}

enum err engine_tap_ask(struct engine *e, us_t now, const struct tap_ask *a) {
    const struct tour *t = tour_find(e, a->tour);
    struct flow *f = t ? tapped_as(t, a->source) : NULL;
    if (!f) {
        return ERR_UNKNOWN;
    }
    turn_begin(e, now);
    struct feed *feed = &f->tapped->feed;
    if (!feed->has_key || feed->key_seq <= a->seen) {
        feed_need_keyframe(feed);
    }
    turn_end(e);
    return OK;
}

enum err engine_peer_add(struct engine *e, us_t now, const struct session_params *p) {
    struct session *s = NULL;
    turn_begin(e, now);
    enum err err = session_create(e, now, p, &s);
    if (err == OK) {
        schedule(s, now);
    }
    return err;
}

enum err engine_peer_remove(struct engine *e, us_t now, uint64_t peer) {
    struct session *s = session_find(e, peer);
    if (!s) {
        return ERR_UNKNOWN;
    }
    turn_begin(e, now);
    session_leave(s, now, true);
    turn_end(e);
    return OK;
}

enum err engine_peer_restart(struct engine *e, us_t now, uint64_t peer,
                             const struct ice_credentials *c) {
    struct session *s = session_find(e, peer);
    if (!s) {
        return ERR_UNKNOWN;
    }
    enum err err = params_check_ice(c);
    if (err == OK) {
        turn_begin(e, now);
        err = credentials_announce(&s->transport, c);
    }
    return err;
}

enum err engine_peer_consent(struct engine *e, us_t now, uint64_t peer, bool consent) {
    struct session *s = session_find(e, peer);
    if (!s) {
        return ERR_UNKNOWN;
    }
    turn_begin(e, now);
    s->record_consent = consent;
    transport_changed(&s->transport);
    for (unsigned i = 0; i < s->n_lines; i++) {
        if (s->sources[i]) {
            source_consent(s->sources[i], now, consent);
        }
    }
    programme_update(s->tour, now);
    turn_end(e);
    return OK;
}

enum err engine_source_mute(struct engine *e, us_t now, uint64_t peer, enum source_kind kind,
                            bool muted) {
    struct session *s = session_find(e, peer);
    if (!s) {
        return ERR_UNKNOWN;
    }
    turn_begin(e, now);
    for (unsigned i = 0; i < s->n_lines; i++) {
        if (s->lines[i].s.source != kind) {
            continue;
        }
        s->lines[i].muted = muted;
        if (muted && s->sources[i]) {
            source_stop(s->sources[i], now);
        }
    }
    transport_changed(&s->transport);
    schedule(s, now);
    turn_end(e);
    return OK;
}

enum err engine_pin(struct engine *e, us_t now, uint64_t peer, uint64_t participant) {
    struct session *s = session_find(e, peer);
    if (!s) {
        return ERR_UNKNOWN;
    }
    turn_begin(e, now);
    s->viewer.pinned = participant;
    transport_changed(&s->transport);
    tour_changed(s->tour);
    turn_end(e);
    return OK;
}

enum err engine_peer_without(struct engine *e, us_t now, uint64_t peer, uint64_t participant) {
    struct session *s = session_find(e, peer);
    if (!s) {
        return ERR_UNKNOWN;
    }
    turn_begin(e, now);
    s->viewer.without = participant;
    transport_changed(&s->transport);
    tour_changed(s->tour);
    turn_end(e);
    return OK;
}

enum err engine_peer_slot(struct engine *e, us_t now, uint64_t peer, struct session_slot *slot) {
    OWNER_CHECK(&e->owner);
    struct session *s = session_find(e, peer);
    if (!s) {
        return ERR_UNKNOWN;
    }
    if (s->handed_over) {
        return ERR_WRONG_STATE;
    }
    turn_begin(e, now);
    keep_begin(s, now, slot);
    return OK;
}

enum err engine_peer_hand_over(struct engine *e, us_t now, uint64_t peer) {
    OWNER_CHECK(&e->owner);
    struct session *s = session_find(e, peer);
    if (!s) {
        return ERR_UNKNOWN;
    }
    if (!s->kept_in || s->transport.state != TRANSPORT_UP) {
        return ERR_WRONG_STATE;
    }
    turn_begin(e, now);
    keep_hand_over(s, now);
    return OK;
}

enum err engine_snapshot(const struct engine *e, uint64_t peer, struct session_snapshot *ret) {
    OWNER_CHECK(&e->owner);
    const struct session *s = session_find(e, peer);
    if (!s) {
        return ERR_UNKNOWN;
    }
    if (s->transport.state != TRANSPORT_UP || s->transport.selected < 0) {
        return ERR_WRONG_STATE;
    }
    CHECK(fanout_idle(&e->fanout));
    snapshot_make(s, e->now, ret);
    ret->flags |= SNAPSHOT_FINAL;
    return OK;
}
