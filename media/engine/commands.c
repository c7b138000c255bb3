/* Commands (base/command.h): signaling's intent, and a table of who obeys which. Each checks
 * everything before it changes anything. Below it what a listener to the taps and the keeper of
 * sessions ask for. */
#include "base/check.h"
#include "media/engine/allot.h"
#include "media/engine/bind.h"
#include "media/engine/keep.h"
#include "media/engine/params.h"
#include "media/engine/programme.h"
#include "media/engine/replica.h"
#include "media/engine/schedule.h"
#include "media/engine/source.h"
#include "media/engine/turn.h"
#include "media/transport/credentials.h"

static enum err add_tour(struct engine *e, us_t now, const struct command *c) {
    (void)now;
    if (tour_find(e, c->tour)) {
        return ERR_EXISTS;
    }
    return map_len(e->tours) >= e->c.max_tours ? ERR_FULL : tour_new(e, c->tour);
}

static enum err remove_tour(struct tour *t, us_t now, const struct command *c) {
    struct engine *e = t->engine;
    (void)c;
    turn_begin(e, now);
    t->removing = true;
    while (!list_empty(&t->peers)) {
        session_leave(LIST_ENTRY(t->peers.next, struct session, in_tour), now, true);
    }
    while (!list_empty(&t->flows)) {
        replica_free(replica_of(LIST_ENTRY(t->flows.next, struct flow, in_tour)), now);
    }
    tour_free(t);
    turn_end(e);
    return OK;
}

/* To the others it goes without the worker itself. */
static enum err span_tour(struct tour *t, us_t now, const struct command *c) {
    uint64_t self = 1ull << t->engine->c.worker;
    bool valid = c->home < RELAY_MIX && !(c->workers & 1ull << RELAY_MIX) && (c->workers & self) &&
                 (c->workers & 1ull << c->home);
    if (!valid) {
        return ERR_RANGE;
    }
    turn_begin(t->engine, now);
    replica_span(t, c->home, c->workers & ~self);
    turn_end(t->engine);
    return OK;
}

static enum err tap_tour(struct tour *t, us_t now, const struct command *c) {
    turn_begin(t->engine, now);
    t->tapped = c->on;
    t->stage_tap = 0;
    t->voice_tap = 0;
    programme_tap(t, now);
    turn_end(t->engine);
    return OK;
}

static enum err mix_tour(struct tour *t, us_t now, const struct command *c) {
    turn_begin(t->engine, now);
    replica_mix(t, now, c->on);
    turn_end(t->engine);
    return OK;
}

static enum err add_peer(struct engine *e, us_t now, const struct command *c) {
    struct session *s = NULL;
    if (!c->params) {
        return ERR_RANGE;
    }
    turn_begin(e, now);
    enum err err = session_create(e, now, c->params, &s);
    if (err == OK) {
        keep_new(s, now);
        schedule(s, now);
    }
    return err;
}

static enum err remove_peer(struct session *s, us_t now, const struct command *c) {
    struct engine *e = s->engine;
    (void)c;
    turn_begin(e, now);
    session_leave(s, now, true);
    turn_end(e);
    return OK;
}

static enum err restart_peer(struct session *s, us_t now, const struct command *c) {
    enum err err = c->ice ? params_check_ice(c->ice) : ERR_RANGE;
    if (err == OK) {
        turn_begin(s->engine, now);
        err = credentials_announce(&s->transport, c->ice);
    }
    return err;
}

static enum err consent_peer(struct session *s, us_t now, const struct command *c) {
    turn_begin(s->engine, now);
    s->record_consent = c->on;
    transport_changed(&s->transport);
    for (unsigned i = 0; i < s->n_lines; i++) {
        if (s->sources[i]) {
            source_consent(s->sources[i], now, c->on);
        }
    }
    programme_update(s->tour, now);
    turn_end(s->engine);
    return OK;
}

static enum err without(struct session *s, us_t now, const struct command *c) {
    turn_begin(s->engine, now);
    s->viewer.without = c->participant;
    transport_changed(&s->transport);
    tour_changed(s->tour);
    turn_end(s->engine);
    return OK;
}

static enum err mute(struct session *s, us_t now, const struct command *c) {
    turn_begin(s->engine, now);
    for (unsigned i = 0; i < s->n_lines; i++) {
        if (s->lines[i].s.source != c->kind) {
            continue;
        }
        s->lines[i].muted = c->on;
        if (c->on && s->sources[i]) {
            source_stop(s->sources[i], now);
        }
    }
    transport_changed(&s->transport);
    schedule(s, now);
    turn_end(s->engine);
    return OK;
}

static enum err pin(struct session *s, us_t now, const struct command *c) {
    turn_begin(s->engine, now);
    s->viewer.pinned = c->participant;
    transport_changed(&s->transport);
    tour_changed(s->tour);
    turn_end(s->engine);
    return OK;
}

/* What the viewer gets of what it may not receive is cut off: no key frame of something else is
 * waited for, and nothing of it is repaired or waits any more. */
static void cut(struct session *s) {
    for (unsigned i = 0; i < s->n_slots; i++) {
        struct stream *out = &s->slots[i].stream;
        struct feed *shown = stream_shown(out);
        if (shown && !room_receives(&s->viewer, &layer_of(shown)->flow->place)) {
            stream_cut(out);
        }
    }
}

static enum err receive(struct session *s, us_t now, const struct command *c) {
    uint8_t kind = (uint8_t)(1u << (c->kind & 7));
    if (c->kind == SOURCE_NONE || c->kind >= SOURCE_KIND_COUNT) {
        return ERR_RANGE;
    }
    turn_begin(s->engine, now);
    s->viewer.receives = c->on ? s->viewer.receives | kind : s->viewer.receives & ~kind;
    cut(s);
    bind_tour(s->tour, now);
    if (s->viewer
            .present) { /* also where a slot shows what it is to show, but its stream does not */
        allot(s, now);
    }
    transport_changed(&s->transport);
    turn_end(s->engine);
    return OK;
}

static enum err host(struct session *s, us_t now, const struct command *c) {
    turn_begin(s->engine, now);
    s->host = c->on;
    for (unsigned i = 0; i < s->n_lines; i++) {
        if (s->sources[i]) {
            source_host(s->sources[i], c->on);
        }
    }
    transport_changed(&s->transport);
    turn_end(s->engine);
    return OK;
}

static enum err stage(struct tour *t, us_t now, const struct command *c) {
    turn_begin(t->engine, now);
    t->room.spotlight = c->participant;
    t->room.lead = c->lead;
    tour_changed(t);
    turn_end(t->engine);
    return OK;
}

static enum err intake(struct tour *t, us_t now, const struct command *c) {
    (void)now;
    t->intake_bytes = c->bytes;
    return OK;
}

/* One of these. Those of a tour or a session are called only when there is one. */
struct handler {
    enum err (*engine)(struct engine *e, us_t now, const struct command *c);
    enum err (*tour)(struct tour *t, us_t now, const struct command *c);
    enum err (*session)(struct session *s, us_t now, const struct command *c);
};
static const struct handler handlers[COMMAND_COUNT] = {
    [COMMAND_TOUR_ADD] = {.engine = add_tour},
    [COMMAND_TOUR_REMOVE] = {.tour = remove_tour},
    [COMMAND_TOUR_SPAN] = {.tour = span_tour},
    [COMMAND_TOUR_TAP] = {.tour = tap_tour},
    [COMMAND_TOUR_MIX] = {.tour = mix_tour},
    [COMMAND_PEER_ADD] = {.engine = add_peer},
    [COMMAND_PEER_REMOVE] = {.session = remove_peer},
    [COMMAND_PEER_RESTART] = {.session = restart_peer},
    [COMMAND_PEER_CONSENT] = {.session = consent_peer},
    [COMMAND_PEER_WITHOUT] = {.session = without},
    [COMMAND_MUTE] = {.session = mute},
    [COMMAND_PIN] = {.session = pin},
    [COMMAND_RECEIVE] = {.session = receive},
    [COMMAND_HOST] = {.session = host},
    [COMMAND_STAGE] = {.tour = stage},
    [COMMAND_TOUR_INTAKE] = {.tour = intake},
};

enum err engine_command(struct engine *e, us_t now, const struct command *c) {
    OWNER_CHECK(&e->owner);
    const struct handler *h = c->type < COMMAND_COUNT ? &handlers[c->type] : &(struct handler){0};
    if (h->engine) {
        return h->engine(e, now, c);
    }
    if (h->tour) {
        struct tour *t = tour_find(e, c->tour);
        return t ? h->tour(t, now, c) : ERR_UNKNOWN;
    }
    if (h->session) {
        struct session *s = session_find(e, c->peer);
        return s ? h->session(s, now, c) : ERR_UNKNOWN;
    }
    return ERR_UNSUPPORTED;
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

void engine_slots(struct engine *e, uint32_t n) {
    OWNER_CHECK(&e->owner);
    slot_pool_grow(&e->slots, n);
}

uint32_t engine_slots_idle(const struct engine *e) {
    OWNER_CHECK(&e->owner);
    return e->slots.n_idle;
}

struct session_slot *engine_peer_kept(const struct engine *e, uint64_t peer) {
    OWNER_CHECK(&e->owner);
    const struct session *s = session_find(e, peer);
    return s ? s->kept_in : NULL;
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
