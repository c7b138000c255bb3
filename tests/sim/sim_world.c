#include "tests/sim/sim_world.h"

#include "base/alloc.h"
#include "base/check.h"
#include "tests/sim/sim_config.h"
#include "tests/sim/sim_identities.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define EVENTS_MAX 10000000 /* a run that needs more does not end by itself */

static void engine_start(struct world *w) {
    w->engine = engine_new(&w->config);
    CHECK(w->engine);
    CHECK(engine_tour_add(w->engine, SIM_TOUR) == OK);
}

/* To make one touches 32 MB, which takes longer than a short life: the next world takes over that
 * of the last one. */
static struct packet_pool *kept;

static struct packet_pool *take_pool(void) {
    struct packet_pool *p = kept ? kept : packet_pool_new(SIM_POOL);
    CHECK(p);
    kept = NULL;
    return p;
}

static void give_pool(struct packet_pool *p) {
    if (packet_pool_idle(p) != SIM_POOL) {
        return; /* reported, and left alone */
    }
    packet_pool_free(kept); /* of a world in a world */
    kept = p;
}

void worlds_free(void) {
    kept = packet_pool_free(kept);
}

struct world *world_new(uint64_t seed) {
    struct world *w = mem_zalloc(1, sizeof(*w));
    CHECK(w);
    w->seed = seed;
    for (unsigned i = 0; i < 2; i++) {
        w->slots[i] = mem_zalloc(SIM_BROWSERS_MAX, sizeof(*w->slots[i]));
        CHECK(w->slots[i]);
    }
    rng_seed(&w->seeded, seed);
    rng_seed(&w->entropy, seed ^ 0x9e3779b97f4a7c15U);
    rng_seed(&w->engine_seeded, seed + 1000003);
    sim_entropy(&w->entropy);
    w->rng = rng_from_seeded(&w->seeded);
    w->now = 10 * US_PER_S;
    w->next_peer = 5000;
    w->due_since = US_NEVER;
    w->lossless = true;
    w->config = sim_config(sim_identity(0), rng_from_seeded(&w->engine_seeded));
    w->config.max_peers = SIM_BROWSERS_MAX;
    w->config.media_silence = SIM_MEDIA_SILENCE;
    w->config.peer_timeout = SIM_PEER_TIMEOUT;
    w->config.join_timeout = SIM_JOIN_TIMEOUT;
    w->pool = take_pool();
    engine_start(w);
    return w;
}

void world_fail(struct world *w, const char *fmt, ...) {
    va_list ap;
    if (w->failed) {
        return;
    }
    w->failed = true;
    va_start(ap, fmt);
    int n = snprintf(w->why, sizeof(w->why), "t=%lldus: ", (long long)w->now);
    vsnprintf(w->why + n, sizeof(w->why) - (size_t)n, fmt, ap);
    va_end(ap);
}

void world_end(struct world *w) {
    w->engine = engine_free(w->engine);
    w->far = engine_free(w->far);
    if (!w->failed) {
        invariants_final(w);
    }
}

struct world *world_free(struct world *w) {
    for (unsigned i = 0; i < w->n_browsers; i++) {
        browser_free(w->browsers[i]);
    }
    for (size_t i = 0; i < w->n_heap; i++) {
        mem_free(w->heap[i]);
    }
    mem_free(w->heap);
    mem_free(w->history);
    mem_free(w->file);
    mem_free(w->slots[0]);
    mem_free(w->slots[1]);
    give_pool(w->pool);
    sim_entropy(NULL);
    return mem_free(w);
}

uint32_t world_below(struct world *w, uint32_t n) {
    return rng_below(&w->rng, n);
}

struct browser *world_participant(const struct world *w, uint16_t participant) {
    for (unsigned i = 0; i < w->n_browsers; i++) {
        if (w->browsers[i]->mark == participant) {
            return w->browsers[i];
        }
    }
    return NULL;
}

/* The queue of datagrams: a heap by time, then order of sending. */

static bool earlier(const struct pending *a, const struct pending *b) {
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void push(struct world *w, struct pending *p) {
    if (w->n_heap == w->cap_heap) {
        w->cap_heap = w->cap_heap ? 2 * w->cap_heap : 256;
        w->heap = mem_realloc(w->heap, w->cap_heap * sizeof(struct pending *));
        CHECK(w->heap);
    }
    size_t i = w->n_heap++;
    while (i > 0 && earlier(p, w->heap[(i - 1) / 2])) {
        w->heap[i] = w->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    w->heap[i] = p;
}

static struct pending *pop(struct world *w) {
    struct pending *top = w->heap[0], *last = w->heap[--w->n_heap];
    size_t i = 0;
    for (;;) {
        size_t c = 2 * i + 1;
        if (c + 1 < w->n_heap && earlier(w->heap[c + 1], w->heap[c])) {
            c++;
        }
        if (c >= w->n_heap || !earlier(w->heap[c], last)) {
            break;
        }
        w->heap[i] = w->heap[c];
        i = c;
    }
    w->heap[i] = last;
    return top;
}

static uint64_t hash_step(uint64_t h, uint64_t word) {
    h = (h ^ word) * 0x9e3779b97f4a7c15U;
    return h ^ h >> 32;
}

/* Over everything that is sent, so that two runs can be compared: by words, or it would be the most
 * that a simulation does. */
static void hash_datagram(struct world *w, struct bytes d) {
    uint64_t h = hash_step(w->hash, (uint64_t)w->now), word;
    size_t at = 0;
    for (; at + sizeof(word) <= d.n; at += sizeof(word)) {
        memcpy(&word, d.p + at, sizeof(word));
        h = hash_step(h, word);
    }
    word = d.n;
    for (; at < d.n; at++) {
        word = word << 8 | d.p[at];
    }
    w->hash = hash_step(h, word);
}

void world_send(struct world *w, struct sim_link *l, const struct pending *head, struct bytes d) {
    us_t at[2];
    unsigned n = sim_link_send(l, w->now, d.n, at);
    hash_datagram(w, d);
    CHECK(d.n <= PACKET_CAP);
    for (unsigned i = 0; i < n; i++) {
        struct pending *p = mem_alloc(sizeof(*p) + d.n);
        CHECK(p);
        *p = *head;
        p->at = at[i];
        p->link = l;
        p->left = l->left;
        p->order = w->order++;
        p->len = (uint16_t)d.n;
        memcpy(p->data, d.p, d.n);
        push(w, p);
    }
}

static int by_time(const void *a, const void *b) {
    const struct pending *x = *(struct pending *const *)a, *y = *(struct pending *const *)b;
    return earlier(x, y) ? -1 : 1;
}

/* They keep their order. A sorted array is a heap. */
void world_rate(struct world *w, struct sim_link *l, uint64_t rate) {
    uint64_t before = l->c.rate;
    us_t last = w->now;
    sim_link_rate(l, w->now, rate);
    if (w->n_heap == 0) {
        return;
    }
    qsort(w->heap, w->n_heap, sizeof(w->heap[0]), by_time);
    for (size_t i = 0; i < w->n_heap; i++) {
        struct pending *p = w->heap[i];
        if (p->link == l) {
            us_t left = sim_link_leaves(l, w->now, before, p->left);
            p->at = us_max(last, p->at + left - p->left);
            p->left = left;
            l->last = last = p->at;
        }
    }
    qsort(w->heap, w->n_heap, sizeof(w->heap[0]), by_time);
}

/* Ports are numbers of browsers, as long as they do not move. */
static struct browser *browser_at(const struct world *w, const struct addr *a) {
    unsigned guess = a->port - 40000U;
    if (guess < w->n_browsers && addr_eq(&w->browsers[guess]->addr, a)) {
        return w->browsers[guess];
    }
    for (unsigned i = 0; i < w->n_browsers; i++) {
        if (addr_eq(&w->browsers[i]->addr, a)) {
            return w->browsers[i];
        }
    }
    return NULL;
}

static void route(struct world *w, const struct datagram *d) {
    struct browser *b = browser_at(w, &d->to);
    if (b) {
        invariant_outbound(w, b, d);
        struct pending head = {.to = (int)b->number, .dest = d->to};
        world_send(w, b->way, &head, bytes_of(d->data, d->len));
        return;
    }
    w->strays++;
    if (!w->expect_stray) {
        char text[ADDR_TEXT_MAX];
        world_fail(w, "the engine sends to %s, where nobody is", addr_text(&d->to, text));
    }
}

static void note_slot(struct world *w, const struct media_event *e) {
    for (unsigned i = 0; i < w->n_browsers; i++) {
        struct browser *b = w->browsers[i];
        for (unsigned k = 0; b->params.peer == e->peer && k < b->n_plays; k++) {
            if (strcmp(b->plays[k]->line->mid, e->mid) == 0) {
                b->plays[k]->told = e->participant;
                b->plays[k]->told_kind = e->source_kind;
            }
        }
    }
}

static void note_layers(struct world *w, const struct media_event *e) {
    for (unsigned i = 0; i < w->n_browsers; i++) {
        struct browser *b = w->browsers[i];
        if (b->params.peer == e->peer) {
            browser_layers(b, (enum source_kind)e->source_kind, e->layers);
        }
    }
}

static void note_event(struct world *w, const struct media_event *e) {
    w->log[w->n_log++ % SIM_LOG] = *e;
    if (w->on_event) {
        w->on_event(w, e);
    }
    if (e->type == MEDIA_LAYERS) {
        note_layers(w, e);
    }
    if (e->type == MEDIA_SPEAKER) {
        w->speaker = e->participant;
    }
    if (e->type == MEDIA_SLOT_CHANGED) {
        note_slot(w, e);
    }
    if (e->type != MEDIA_PEER_GONE && e->type != MEDIA_PEER_FAILED) {
        return;
    }
    for (unsigned i = 0; i < w->n_browsers; i++) {
        if (w->browsers[i]->params.peer == e->peer) {
            w->browsers[i]->removed = true;
            w->browsers[i]->removed_at = w->now;
        }
    }
}

static bool drain_output(struct world *w, struct engine *e) {
    static struct train train;
    struct datagram d;
    bool any = false;
    while (engine_output(e, w->now, &train)) {
        any = true;
        for (size_t at = 0; train_next(&train, &at, &d);) {
            route(w, &d);
        }
    }
    return any;
}

static bool drain(struct world *w, struct engine *e) {
    struct media_event event;
    struct tap t;
    bool any = drain_output(w, e);
    while (engine_event(e, &event)) {
        any = true;
        note_event(w, &event);
    }
    while (engine_tap(e, &t)) {
        any = true;
        if (e == w->far) {
            world_fail(w, "another worker than the home taps");
        }
        invariant_tap(w, &t);
        packet_unref(t.packet);
    }
    return any;
}

void world_drain(struct world *w) {
    bool any;
    do {
        any = drain(w, w->engine);
        if (w->far) {
            any |= drain(w, w->far);
            any |= relay_carry(w, w->engine, w->far);
            any |= drain(w, w->far);
            any |= relay_carry(w, w->far, w->engine);
        }
    } while (any);
}

static void deliver_to_engine(struct world *w, struct engine *e, const struct addr *from,
                              struct bytes d) {
    if (!e) {
        return;
    }
    struct packet *k = packet_take(w->pool);
    if (!k) {
        world_fail(w, "the pool of %d packets is empty", SIM_POOL);
        return;
    }
    k->arrival = w->now;
    k->from = *from;
    k->len = (uint16_t)d.n;
    memcpy(k->data, d.p, d.n);
    engine_input(e, w->now, k);
    world_drain(w);
}

void world_inject(struct world *w, const struct addr *from, struct bytes datagram) {
    deliver_to_engine(w, w->engine, from, datagram);
    invariants_always(w);
}

static void deliver(struct world *w, struct pending *p) {
    struct bytes d = bytes_of(p->data, p->len);
    if (p->to < 0) {
        deliver_to_engine(w, p->to == SIM_TO_FAR ? w->far : w->engine, &p->from, d);
    } else {
        struct browser *b = w->browsers[p->to];
        w->delivered = p->order;
        if (addr_eq(&b->addr, &p->dest)) { /* else it has moved away meanwhile */
            browser_input(b, w->now, d);
            w->due[b->number] = browser_deadline(b);
        }
    }
    mem_free(p);
}

static struct browser *due_browser(const struct world *w, us_t *ret_at) {
    struct browser *best = NULL;
    *ret_at = US_NEVER;
    for (unsigned i = 0; i < w->n_browsers; i++) {
        if (w->due[i] < *ret_at) {
            *ret_at = w->due[i];
            best = w->browsers[i];
        }
    }
    return best;
}

static us_t deadline_of(const struct engine *e) {
    return e ? engine_deadline(e) : US_NEVER;
}

static void on_deadline(struct world *w, struct engine *e) {
    us_t at = engine_deadline(e);
    for (int i = 0; i < 2; i++) { /* what is drained may ask for this instant once more */
        engine_timeout(e, w->now);
        world_drain(w);
        if (engine_deadline(e) > w->now || engine_deadline(e) != at) {
            return;
        }
    }
    world_fail(w, "engine_timeout leaves its deadline in the past");
}

static void step(struct world *w, us_t until) {
    us_t browser_at, wire_at = w->n_heap ? w->heap[0]->at : US_NEVER;
    us_t engine_at = us_min(deadline_of(w->engine), deadline_of(w->far));
    struct browser *b = due_browser(w, &browser_at);
    us_t next = us_min(us_min(wire_at, engine_at), browser_at);
    if (next > until) {
        w->now = until;
        return;
    }
    w->now = us_max(w->now, next);
    if (wire_at <= w->now) {
        deliver(w, pop(w));
    } else if (engine_at <= w->now) {
        on_deadline(w, deadline_of(w->engine) <= w->now ? w->engine : w->far);
    } else {
        browser_timeout(b, w->now);
        w->due[b->number] = browser_deadline(b);
    }
    world_note_slots(w);
    invariants_always(w);
}

void world_run(struct world *w, us_t until) {
    for (unsigned i = 0; i < w->n_browsers; i++) { /* the scenario may have done anything */
        w->due[i] = browser_deadline(w->browsers[i]);
    }
    while (!w->failed && w->now < until) {
        step(w, until);
        if (++w->n_events > EVENTS_MAX) {
            world_fail(w, "more than %d events", EVENTS_MAX);
        }
    }
}

unsigned world_events(const struct world *w, enum media_event_type type, uint64_t peer) {
    unsigned n = 0, from = w->n_log > SIM_LOG ? w->n_log - SIM_LOG : 0;
    for (unsigned i = from; i < w->n_log; i++) {
        const struct media_event *e = &w->log[i % SIM_LOG];
        n += e->type == type && (peer == 0 || e->peer == peer);
    }
    return n;
}

bool world_connected(const struct world *w) {
    for (unsigned i = 0; i < w->n_browsers; i++) {
        const struct browser *b = w->browsers[i];
        if (!b->removed && b->phase != BROWSER_CONNECTED) {
            return false;
        }
    }
    return true;
}
