/* The life of an engine, and what time does to it. Commands are in commands.c, what a datagram does
 * in input.c, what is sent in output.c. */
#include "media/engine/engine.h"
#include "media/engine/estimate.h"

#include "base/alloc.h"
#include "base/check.h"
#include "media/engine/input.h"
#include "media/engine/keep.h"
#include "media/engine/need.h"
#include "media/engine/programme.h"
#include "media/engine/relay_out.h"
#include "media/engine/replica.h"
#include "media/engine/schedule.h"
#include "media/engine/source.h"
#include "media/engine/turn.h"
#include "media/transport/handshake.h"
#include "media/transport/lifecycle.h"

static bool config_ok(const struct engine_config *c) {
    return c->max_peers >= 1 && c->max_peers <= 65535 && c->max_tours >= 1 &&
           c->max_tours <= 65535 && c->worker < RELAY_MIX && c->identity && c->rng.fill;
}

static enum err init(struct engine *e, const struct engine_config *c) {
    struct transports_config tc = {.max = c->max_peers,
                                   .media_silence = c->media_silence,
                                   .peer_timeout = c->peer_timeout,
                                   .join_timeout = c->join_timeout,
                                   .identity = c->identity,
                                   .counters = &e->n,
                                   .rng = c->rng};
    enum err err = transports_init(&e->transports, &tc, &c->rng);
    e->peers = map_new(c->max_peers, rng_u64(&c->rng));
    e->tours = map_new(c->max_tours, rng_u64(&c->rng));
    e->replicas = map_new((size_t)c->max_peers * SESSION_SOURCES_MAX, rng_u64(&c->rng));
    if (err == OK) {
        err = timers_init(&e->timers, (size_t)c->max_peers + c->max_tours);
    }
    if (err == OK) {
        err = slot_pool_init(&e->slots, c->slots, c->max_peers);
    }
    if (err == OK) {
        err = srtp_library_init();
    }
    return err == OK && (!e->peers || !e->tours || !e->replicas) ? ERR_NOMEM : err;
}

struct engine *engine_new(const struct engine_config *c) {
    CHECK(config_ok(c));
    struct engine *e = mem_zalloc(1, sizeof(*e));
    if (!e) {
        return NULL;
    }
    e->c = *c;
    list_init(&e->ready);
    list_init(&e->news);
    list_init(&e->spoken);
    list_init(&e->changed);
    feeds_init(&e->feeds);
    e->feeds.gop_age = c->gop_age;
    e->feeds.gop_bytes = c->gop_bytes;
    e->feeds.kept_max = c->pool_packets / 2;
    list_init(&e->untold);
    list_init(&e->copies);
    e->copies_at = US_NEVER;
    list_init(&e->leaving);
    list_init(&e->all_tours);
    list_init(&e->taking);
    fanout_init(&e->fanout);
    return init(e, c) == OK ? e : engine_free(e);
}

struct engine *engine_free(struct engine *e) {
    if (!e) {
        return NULL;
    }
    owner_take(&e->owner); /* its worker has been joined, or it never had one */
    fanout_stop(&e->fanout);
    handshakes_drop(&e->handshakes);
    LIST_EACH(l, &e->all_tours) {
        LIST_EACH(pl, &LIST_ENTRY(l, struct tour, in_engine)->peers) {
            keep_leave(LIST_ENTRY(pl, struct session, in_tour));
        }
    }
    while (!list_empty(&e->all_tours)) {
        struct tour *t = LIST_ENTRY(e->all_tours.next, struct tour, in_engine);
        (void)engine_command(e, e->now,
                             &(struct command){.type = COMMAND_TOUR_REMOVE, .tour = t->handle});
    }
    while (!list_empty(&e->leaving)) {
        session_destroy(LIST_ENTRY(e->leaving.next, struct session, in_tour));
    }
    tap_drain(e);
    relay_drain(e);
    slot_pool_free(&e->slots);
    timers_free(&e->timers);
    map_free(e->replicas);
    map_free(e->tours);
    map_free(e->peers);
    transports_free(&e->transports);
    return mem_free(e);
}

void engine_release(struct engine *e) {
    OWNER_CHECK(&e->owner);
    OWNER_RELEASE(&e->owner);
}

/* False when it is no more. */
static bool transport_on_timer(struct session *s, us_t now) {
    enum transport_verdict v = transport_timeout(&s->transport, now);
    if (v == TRANSPORT_FAILED || v == TRANSPORT_GONE) {
        session_fail(s, now, v == TRANSPORT_GONE ? OK : (enum err)s->transport.failure);
        return false;
    }
    if (v == TRANSPORT_CONNECTED) {
        session_connected(s, now);
    }
    if (handshake_pending(&s->transport)) {
        schedule_output(s);
    }
    return true;
}

static void session_on_timer(struct session *s, us_t now) {
    if (!transport_on_timer(s, now)) {
        return;
    }
    for (unsigned i = 0; i < s->n_lines; i++) {
        if (s->sources[i]) {
            source_on_timer(s->sources[i], now);
        }
    }
    estimate_on_timer(s, now);
    schedule(s, now);
}

us_t engine_deadline(const struct engine *e) {
    OWNER_CHECK(&e->owner);
    return e->handshakes.n > 0 ? e->now : us_min(e->copies_at, timers_next(&e->timers));
}

void engine_timeout(struct engine *e, us_t now) {
    turn_begin(e, now);
    struct timer *x;
    input_handshakes(e, now);
    while (tap_room(e) && relay_room(e) && (x = timers_pop(&e->timers, now)) != NULL) {
        struct engine_timer *owner = LIST_ENTRY(x, struct engine_timer, timer);
        if (owner->of_tour) {
            struct tour *t = LIST_ENTRY(owner, struct tour, timer);
            replica_beat(t, now);
            programme_on_timer(t, now);
            need_on_timer(t, now);
            tour_on_timer(t, now);
        } else {
            session_on_timer(LIST_ENTRY(owner, struct session, timer), now);
        }
    }
    turn_end(e);
}

const struct engine_counters *engine_counters(const struct engine *e) {
    OWNER_CHECK(&e->owner);
    return &e->n;
}

enum err engine_peer_stats(const struct engine *e, uint64_t peer, struct peer_stats *ret) {
    OWNER_CHECK(&e->owner);
    const struct session *s = session_find(e, peer);
    if (!s) {
        return ERR_UNKNOWN;
    }
    const struct transport *t = &s->transport;
    *ret = (struct peer_stats){.peer = s->handle,
                               .participant = s->participant,
                               .tour = s->tour->handle,
                               .connected = t->state == TRANSPORT_UP,
                               .packets_in = t->packets_in,
                               .packets_out = t->packets_out,
                               .bytes_in = t->bytes_in,
                               .bytes_out = t->bytes_out,
                               .last_authentic = t->last_authentic,
                               .rate = s->bwe ? bwe_rate(s->bwe, e->now) : 0};
    return OK;
}
