/* The public verbs of the engine. Commands are in commands.c, what a datagram does in input.c. */
#include "media/engine.h"

#include "base/alloc.h"
#include "base/check.h"
#include "media/peer.h"
#include "media/tour.h"

static bool config_ok(const struct engine_config *c) {
    return c->max_peers >= 1 && c->max_peers <= 65535 && c->max_tours >= 1 &&
           c->max_tours <= 65535 && c->identity && c->rng.fill;
}

struct engine *engine_new(const struct engine_config *c) {
    CHECK(config_ok(c));
    struct engine *e = mem_zalloc(1, sizeof(*e));
    if (!e) {
        return NULL;
    }
    e->c = *c;
    list_init(&e->ready);
    list_init(&e->dirty);
    list_init(&e->changed);
    list_init(&e->leaving);
    list_init(&e->all_tours);
    e->seed = rng_u64(&c->rng);
    e->ice = ice_new();
    e->peers = map_new(c->max_peers, rng_u64(&c->rng));
    e->ufrags = map_new(c->max_peers, rng_u64(&c->rng));
    e->addrs = map_new((size_t)c->max_peers * PEER_PATHS_MAX, rng_u64(&c->rng));
    e->tours = map_new(c->max_tours, rng_u64(&c->rng));
    enum err err = timers_init(&e->timers, (size_t)c->max_peers + c->max_tours);
    if (err == OK) {
        err = srtp_library_init();
    }
    if (err != OK || !e->ice || !e->peers || !e->ufrags || !e->addrs || !e->tours) {
        return engine_free(e);
    }
    return e;
}

struct engine *engine_free(struct engine *e) {
    if (!e) {
        return NULL;
    }
    forward_stop(e);
    while (!list_empty(&e->all_tours)) {
        tour_remove(LIST_ENTRY(e->all_tours.next, struct tour, in_engine), e->now);
    }
    while (!list_empty(&e->leaving)) {
        peer_destroy(LIST_ENTRY(e->leaving.next, struct peer, in_tour));
    }
    tap_drain(e);
    timers_free(&e->timers);
    map_free(e->tours);
    map_free(e->addrs);
    map_free(e->ufrags);
    map_free(e->peers);
    ice_free(e->ice);
    return mem_free(e);
}

void engine_begin(struct engine *e, us_t now) {
    CHECK(now >= e->now);
    CHECK(forward_idle(e));
    e->now = now;
}

void engine_end(struct engine *e) {
    while (!list_empty(&e->changed)) {
        router_run(LIST_ENTRY(e->changed.next, struct tour, changed), e->now);
    }
}

us_t engine_deadline(const struct engine *e) {
    return timers_next(&e->timers);
}

void engine_timeout(struct engine *e, us_t now) {
    engine_begin(e, now);
    struct timer *x;
    while (event_room(e) && tap_room(e) && (x = timers_pop(&e->timers, now)) != NULL) {
        struct engine_timer *owner = LIST_ENTRY(x, struct engine_timer, timer);
        if (owner->of_tour) {
            tour_on_timer(LIST_ENTRY(owner, struct tour, timer), now);
        } else {
            peer_on_timer(LIST_ENTRY(owner, struct peer, timer), now);
        }
    }
    engine_end(e);
}

static bool reply_output(struct engine *e, struct datagram *ret) {
    if (e->reply.len == 0) {
        return false;
    }
    ret->to = e->reply.to;
    ret->len = e->reply.len;
    memcpy(ret->data, e->reply.data, e->reply.len);
    e->reply.len = 0;
    return true;
}

static bool ready_output(struct engine *e, us_t now, struct datagram *ret) {
    while (!list_empty(&e->ready)) {
        struct peer *p = LIST_ENTRY(e->ready.next, struct peer, ready);
        if (peer_output(p, now, ret)) {
            return true;
        }
        list_remove(&p->ready);
        if (p->state == PEER_LEAVING) {
            peer_destroy(p);
        } else {
            peer_drained(p, now);
        }
    }
    return false;
}

bool engine_output(struct engine *e, us_t now, struct datagram *ret) {
    now = us_max(now, e->now);
    if (reply_output(e, ret) || ready_output(e, now, ret) || forward_output(e, now, ret)) {
        e->n.datagrams_out++;
        e->n.bytes_out += ret->len;
        return true;
    }
    return false;
}

const struct engine_counters *engine_counters(const struct engine *e) {
    return &e->n;
}

enum err engine_peer_stats(const struct engine *e, uint64_t peer, struct peer_stats *ret) {
    const struct peer *p = peer_find(e, peer);
    if (!p) {
        return ERR_UNKNOWN;
    }
    *ret = (struct peer_stats){.peer = p->handle,
                               .participant = p->participant,
                               .tour = p->tour->handle,
                               .connected = p->state == PEER_CONNECTED,
                               .packets_in = p->packets_in,
                               .packets_out = p->packets_out,
                               .bytes_in = p->bytes_in,
                               .bytes_out = p->bytes_out,
                               .last_authentic = p->last_authentic};
    return OK;
}
