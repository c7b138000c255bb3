#include "server/http/deadlines.h"

#include "base/alloc.h"
#include "base/list.h"
#include "server/http/lws.h"
#include "server/os/clock.h"

struct deadlines {
    struct lws_context *lws; /* NULL: stopped */
    struct lws_sorted_usec_list sul;
    struct timers timers;
};

static void schedule(struct deadlines *d);

/* As many at a turn; a flood of deadlines must not keep the sockets waiting. */
#define TURN_MAX 256

void deadlines_due(struct deadlines *d, us_t now) {
    struct timer *t = NULL;
    for (int i = 0; i < TURN_MAX && (t = timers_pop(&d->timers, now)) != NULL; i++) {
        struct deadline *x = CONTAINER_OF(t, struct deadline, timer);
        x->due(x, now);
    }
    if (d->lws) {
        schedule(d);
    }
}

static void on_due(struct lws_sorted_usec_list *sul) {
    deadlines_due(lws_container_of(sul, struct deadlines, sul), clock_now());
}

static void schedule(struct deadlines *d) {
    us_t at = timers_next(&d->timers);
    lws_usec_t in =
        at == US_NEVER ? LWS_SET_TIMER_USEC_CANCEL : us_max(at - clock_now(), US_PER_MS);
    lws_sul_schedule(d->lws, 0, &d->sul, on_due, in);
}

struct deadlines *deadlines_new(size_t cap) {
    struct deadlines *d = mem_zalloc(1, sizeof(*d));
    if (d && timers_init(&d->timers, cap) != OK) {
        d = mem_free(d);
    }
    return d;
}

void deadlines_run(struct deadlines *d, struct lws_context *lws) {
    d->lws = lws;
}

void deadlines_stop(struct deadlines *d) {
    if (d && d->lws) {
        lws_sul_schedule(d->lws, 0, &d->sul, on_due, LWS_SET_TIMER_USEC_CANCEL);
        d->lws = NULL;
    }
}

struct deadlines *deadlines_free(struct deadlines *d) {
    if (d) {
        timers_free(&d->timers);
    }
    return mem_free(d);
}

void deadlines_set(struct deadlines *d, struct deadline *x, us_t at) {
    us_t before = timers_next(&d->timers);
    timers_set(&d->timers, &x->timer, at);
    if (d->lws && timers_next(&d->timers) != before) {
        schedule(d);
    }
}
