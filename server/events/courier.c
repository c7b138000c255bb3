#include "server/events/courier.h"

#include "base/alloc.h"

#include <stdio.h>
#include <string.h>

#define NEVER ((wall_t){INT64_MAX})

enum err courier_init(struct courier *k, const struct courier_config *c, struct event_store *store,
                      const struct sink *sink) {
    *k = (struct courier){.c = *c, .store = store, .sink = *sink};
    const struct event_wants w = {.types = c->types, .retry_most = c->retry.most};
    enum err e = event_store_want(store, &w);
    return e == OK ? event_store_sink(store, c->name) : e;
}

static bool wanted(const struct courier *k, const struct event_row *r) {
    enum event_type t = event_type_from_name(r->type);
    return k->c.types == 0 || (t < EVENT_TYPE_COUNT && (k->c.types & 1u << t));
}

static void wait_for(struct courier *k, wall_t wall, us_t at_least) {
    k->failures += k->failures < UINT32_MAX;
    k->wait = us_max(retry_after(&k->c.retry, k->failures, &k->c.rng), at_least);
    k->next = (wall_t){wall.us + k->wait};
}

static void works(struct courier *k) {
    k->failures = 0;
    k->why[0] = '\0';
}

static enum err refused(struct courier *k, const struct event_row *r, wall_t wall) {
    uint32_t attempts = r->attempts + 1;
    const struct event_refusal f = {
        .next = {wall.us + retry_after(&k->c.retry, attempts, &k->c.rng)},
        .why = k->why,
        .dead = attempts >= k->c.attempts};
    k->refused++;
    k->dead += f.dead;
    return event_store_hold(k->store, k->c.name, r, &f);
}

/* Until it is settled it is not sent again. */
static enum err settle_taken(struct courier *k) {
    enum err e = event_store_settle(k->store, k->c.name, &k->taken);
    if (e == OK) {
        k->taken.n = 0;
        works(k);
    }
    return e;
}

static enum err deliver(struct courier *k, const struct event_row *r, wall_t wall) {
    struct sink_answer a = {0};
    enum sink_verdict v = k->sink.send(k->sink.ctx, r, wall, &a);
    wall.us += a.took;
    if (v == SINK_TAKEN) {
        k->sent++;
        k->taken = *r;
        k->taken.body = NULL;
        return settle_taken(k);
    }
    snprintf(k->why, sizeof(k->why), "%s", a.why);
    if (v == SINK_REFUSED) {
        enum err e = refused(k, r, wall);
        k->failures = e == OK ? 0 : k->failures;
        return e;
    }
    wait_for(k, wall, a.after);
    return OK;
}

/* A wall clock that was set back must not make it wait for longer than it would have. */
static bool is_early(const struct courier *k, wall_t wall) {
    return k->failures > 0 && wall.us < k->next.us && k->next.us - wall.us <= k->wait;
}

/* *ret_more: call again. */
static enum err do_next(struct courier *k, wall_t wall, bool *ret_more) {
    struct event_row r = {0};
    wall_t due = NEVER;
    enum err e = event_store_next(k->store, k->c.name, wall, &r, &due);
    *ret_more = e == OK;
    if (e == ERR_UNKNOWN) {
        k->next = due;
        return OK;
    }
    if (e == OK && r.n > 0) { /* one that is held may be of a type that it wants no more */
        e = wanted(k, &r) ? deliver(k, &r, wall) : event_store_settle(k->store, k->c.name, &r);
        *ret_more = k->failures == 0;
    }
    mem_free(r.body);
    return e;
}

bool courier_step(struct courier *k, wall_t wall) {
    bool more = true;
    if (is_early(k, wall)) {
        return false;
    }
    enum err e = k->taken.n > 0 ? settle_taken(k) : do_next(k, wall, &more);
    if (e != OK) {
        snprintf(k->why, sizeof(k->why), "%s", err_name(e));
        wait_for(k, wall, 0);
        return false;
    }
    return more;
}
