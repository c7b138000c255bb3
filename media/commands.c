/* Commands of media.h: signaling's intent. Each checks everything before it changes anything. */
#include "base/alloc.h"
#include "media/params.h"
#include "media/peer.h"
#include "media/tour.h"

enum err engine_tour_add(struct engine *e, uint64_t tour) {
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
    engine_begin(e, e->now);
    tour_remove(t, e->now);
    engine_end(e);
    return OK;
}

enum err engine_tour_tap(struct engine *e, us_t now, uint64_t tour, bool on) {
    struct tour *t = tour_find(e, tour);
    if (!t) {
        return ERR_UNKNOWN;
    }
    engine_begin(e, now);
    t->tapped = on;
    t->stage_tap = 0;
    t->voice_tap = 0;
    LIST_EACH(l, &t->live) {
        source_tap_update(LIST_ENTRY(l, struct source, in_live), now);
    }
    tap_stage(t, now);
    engine_end(e);
    return OK;
}

enum err engine_peer_add(struct engine *e, us_t now, const struct session_params *s) {
    struct peer *p = NULL;
    engine_begin(e, now);
    enum err err = peer_create(e, now, s, &p);
    if (err == OK) {
        peer_reschedule(p, now);
    }
    return err;
}

enum err engine_peer_remove(struct engine *e, us_t now, uint64_t peer) {
    struct peer *p = peer_find(e, peer);
    if (!p) {
        return ERR_UNKNOWN;
    }
    engine_begin(e, now);
    peer_leave(p, now, true);
    engine_end(e);
    return OK;
}

enum err engine_peer_restart(struct engine *e, us_t now, uint64_t peer,
                             const struct ice_credentials *c) {
    struct peer *p = peer_find(e, peer);
    if (!p) {
        return ERR_UNKNOWN;
    }
    enum err err = params_check_ice(c);
    if (err == OK) {
        engine_begin(e, now);
        err = peer_set_ice(p, c);
    }
    return err;
}

enum err engine_peer_consent(struct engine *e, us_t now, uint64_t peer, bool consent) {
    struct peer *p = peer_find(e, peer);
    if (!p) {
        return ERR_UNKNOWN;
    }
    engine_begin(e, now);
    p->record_consent = consent;
    for (unsigned i = 0; i < p->n_lines; i++) {
        if (p->lines[i].source) {
            source_tap_update(p->lines[i].source, now);
        }
    }
    tap_stage(p->tour, now);
    return OK;
}

enum err engine_source_mute(struct engine *e, us_t now, uint64_t peer, enum source_kind kind,
                            bool muted) {
    struct peer *p = peer_find(e, peer);
    if (!p) {
        return ERR_UNKNOWN;
    }
    engine_begin(e, now);
    for (unsigned i = 0; i < p->n_lines; i++) {
        struct line *line = &p->lines[i];
        if (line->s.source != kind) {
            continue;
        }
        line->muted = muted;
        if (muted && line->source) {
            source_off(line->source, now);
        }
    }
    peer_reschedule(p, now);
    engine_end(e);
    return OK;
}

enum err engine_pin(struct engine *e, us_t now, uint64_t peer, uint64_t participant) {
    struct peer *p = peer_find(e, peer);
    if (!p) {
        return ERR_UNKNOWN;
    }
    engine_begin(e, now);
    p->pinned = participant;
    tour_changed(p->tour);
    engine_end(e);
    return OK;
}
