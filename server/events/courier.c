#include "server/events/courier.h"

#include "base/alloc.h"

#include <stdio.h>
#include <string.h>

#define NEVER ((wall_t){INT64_MAX})

enum err courier_init(struct courier *k, const struct courier_config *c, struct event_store *store,
                      const struct sink *sink) {
    *k = (struct courier){.c = *c, .store = store, .sink = *sink};
    return event_store_sink(store, c->name);
}

static bool wanted(const struct courier *k, const struct event_row *r) {
    enum event_type t = event_type_from_name(r->type);
    return k->c.types == 0 || (t < EVENT_TYPE_COUNT && (k->c.types & 1u << t));
}

static void wait_for(struct courier *k, wall_t wall, us_t at_least) {
    k->failures += k->failures < UINT32_MAX;
    us_t wait = retry_after(&k->c.retry, k->failures, &k->c.rng);
    k->next = (wall_t){wall.us + us_max(wait, us_min(at_least, k->c.retry.most))};
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

static enum err deliver(struct courier *k, const struct event_row *r, wall_t wall) {
    struct sink_answer a = {0};
    switch (wanted(k, r) ? k->sink.send(k->sink.ctx, r, wall, &a) : SINK_TAKEN) {
    case SINK_TAKEN:
        k->failures = 0;
        k->why[0] = '\0';
        k->sent++;
        return event_store_settle(k->store, k->c.name, r);
    case SINK_REFUSED:
        k->failures = 0;
        snprintf(k->why, sizeof(k->why), "%s", a.why);
        return refused(k, r, wall);
    case SINK_DOWN:
    default:
        snprintf(k->why, sizeof(k->why), "%s", a.why);
        wait_for(k, wall, a.after);
        return OK;
    }
}

/* A wall clock that was set back must not make it wait for longer than it would have. */
static bool is_early(const struct courier *k, wall_t wall) {
    return wall.us < k->next.us && k->next.us - wall.us <= k->c.retry.most;
}

bool courier_step(struct courier *k, wall_t wall) {
    struct event_row r = {0};
    wall_t due = NEVER;
    if (k->failures > 0 && is_early(k, wall)) {
        return false;
    }
    enum err e = event_store_next(k->store, k->c.name, wall, &r, &due);
    if (e == ERR_UNKNOWN) {
        k->next = due;
        return false;
    }
    e = e == OK ? deliver(k, &r, wall) : e;
    mem_free(r.body);
    if (e != OK) {
        snprintf(k->why, sizeof(k->why), "%s", err_name(e));
        wait_for(k, wall, 0);
    }
    return k->failures == 0;
}
