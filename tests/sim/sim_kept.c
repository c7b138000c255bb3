#include "tests/sim/sim_kept.h"

#include "base/check.h"
#include "signaling/kept/go_on.h"
#include "signaling/kept/read.h"
#include "signaling/kept/write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *fresh(void *ctx, size_t n, size_t *ret_n) {
    struct sim_kept *k = ctx;
    if (k->most && n > k->most) {
        return NULL;
    }
    free(k->fresh.p);
    k->fresh.n = (n + 7) & ~(size_t)7;
    k->fresh.p = calloc(1, k->fresh.n);
    CHECK(k->fresh.p);
    *ret_n = k->fresh.n;
    return k->fresh.p;
}

static void whole(void *ctx) {
    struct sim_kept *k = ctx;
    free(k->whole.p);
    k->whole.p = k->fresh.p;
    k->whole.n = k->fresh.n;
    k->fresh.p = NULL;
    k->logs++;
    k->end = 0;
}

void sim_kept_begin(struct sim_kept *k, struct signaling_config *c) {
    memset(k, 0, sizeof(*k));
    c->keeper =
        (struct signaling_keeper){.fresh = fresh, .whole = whole, .ctx = k, .time = KEPT_TIME};
}

void sim_kept_end(struct sim_kept *k) {
    free(k->fresh.p);
    free(k->whole.p);
    free(k->state.p);
    memset(k, 0, sizeof(*k));
}

struct bytes sim_kept_log(const struct sim_kept *k) {
    return bytes_of(k->whole.p, k->whole.p ? k->whole.n : 0);
}

/* Everything that is to be kept, as the records of a log; free. */
static void *state_of(struct signaling *s, size_t *n) {
    const struct record_log_of of = {0};
    struct record_log log = {.n = 1 << 18};
    for (void *p = NULL;; log.n *= 2) {
        p = calloc(1, log.n);
        CHECK(p);
        record_log_begin(&log, &of, p, log.n);
        kept_put_all(s, &log);
        if (!log.full) {
            *n = log.open;
            return p;
        }
        free(p);
    }
}

static void declare(void *ctx, const struct signaling_tour_view *v) {
    if (v->declared) {
        CHECK(signaling_tour_declare(ctx, &v->tour) == OK);
    }
}

/* Where two logs are not the same. */
static void explain(struct sim_kept *k, const uint8_t *a, const uint8_t *b, size_t n) {
    struct {
        uint32_t n;
        uint16_t kind, flags;
        uint64_t key, sub, sum;
    } head = {0};
    size_t at = RECORD_LOG_HEAD, last = at;
    while (at < n && memcmp(a + RECORD_LOG_HEAD, b + RECORD_LOG_HEAD, at - RECORD_LOG_HEAD) == 0) {
        last = at;
        memcpy(&head, a + at, sizeof(head));
        at += record_size(head.n);
    }
    size_t i = last + RECORD_HEAD;
    while (i < n && a[i] == b[i]) {
        i++;
    }
    snprintf(k->why, sizeof(k->why),
             "what is kept is not what is known: record of kind %u, key %llu, byte %zu of %u",
             head.kind, (unsigned long long)head.key, i - last - RECORD_HEAD, head.n);
}

static const char *compare(struct sim_kept *k, struct signaling *other) {
    size_t n;
    uint8_t *p = state_of(other, &n);
    size_t least = n < k->state.n ? n : k->state.n;
    const char *why = NULL;
    if (n != k->state.n ||
        memcmp(p + RECORD_LOG_HEAD, (uint8_t *)k->state.p + RECORD_LOG_HEAD, n - RECORD_LOG_HEAD)) {
        explain(k, k->state.p, p, least);
        why = k->why;
    }
    free(p);
    return why;
}

static const char *rebuild(struct sim_kept *k, struct signaling *s) {
    struct rng_seeded seeded;
    struct signaling_config c = s->config;
    struct signaling_rebuilt found;
    struct signaling_effect unused;
    rng_seed(&seeded, k->looked);
    c.rng = rng_from_seeded(&seeded);
    c.keeper = (struct signaling_keeper){.time = s->config.keeper.time};
    struct signaling *other = signaling_new(&c);
    CHECK(other);
    signaling_clock(other, s->clock.now, s->clock.wall);
    signaling_tour_each(s, s->clock.now, declare, other);
    enum err e = kept_read(other, sim_kept_log(k), &found);
    const char *why = NULL;
    if (e != OK) {
        snprintf(k->why, sizeof(k->why), "what is kept is %s", err_name(e));
        why = k->why;
    } else {
        why = compare(k, other);
        CHECK(kept_go_on(other, s->clock.now) == OK); /* its invariants hold */
        while (signaling_effect(other, &unused)) {
        }
    }
    signaling_free(other);
    return why;
}

const char *sim_kept_check(struct sim_kept *k, struct signaling *s) {
    if (!k->whole.p || !s->kept.there) {
        return NULL;
    }
    size_t n, end = s->kept.log.end;
    void *now = state_of(s, &n);
    bool same = k->state.p && k->end == end && n == k->state.n &&
                memcmp((uint8_t *)now + RECORD_LOG_HEAD, (uint8_t *)k->state.p + RECORD_LOG_HEAD,
                       n - RECORD_LOG_HEAD) == 0;
    free(k->state.p);
    k->state.p = now;
    k->state.n = n;
    k->end = end;
    k->looked += !same;
    return same ? NULL : rebuild(k, s);
}
