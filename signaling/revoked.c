/* Who was let in and is to be out again, of all tours. */
#include "signaling/seats/departures.h"
#include "signaling/seats/probe.h"
#include "signaling/state/state.h"
#include "signaling/tell/effects.h"
#include "signaling/tours/subs.h"

#include <string.h>

struct test {
    bool (*is)(void *ctx, const char *sub);
    void *ctx;
};

static const char *of_seats(const struct link *seats, const struct test *test) {
    LIST_EACH(l, seats) {
        const struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        if (test->is(test->ctx, seat->sub)) {
            return seat->sub;
        }
    }
    return NULL;
}

static const char *of_viewers(const struct link *viewers, const struct test *test) {
    LIST_EACH(l, viewers) {
        const struct session *v = LIST_ENTRY(l, struct session, in_viewers);
        if (test->is(test->ctx, v->sub)) {
            return v->sub;
        }
    }
    return NULL;
}

/* The next one in this tour who is to go, or NULL. */
static const char *next_of(const struct tour *t, const struct test *test) {
    const char *sub = of_seats(&t->seats, test);
    sub = sub ? sub : of_seats(&t->lobby, test);
    return sub ? sub : of_viewers(&t->viewers, test);
}

static bool is_probe(void *ctx, const struct probe *p) {
    const struct test *test = ctx;
    return test->is(test->ctx, p->sub);
}

enum err signaling_revoke_all(struct signaling *s, us_t now, bool (*is)(void *ctx, const char *sub),
                              void *ctx) {
    OWNER_CHECK(&s->owner);
    struct test test = {is, ctx};
    if (effects_reserve(s, 0) != OK) {
        return ERR_NOMEM;
    }
    LIST_EACH(l, &s->all_tours) {
        struct tour *t = LIST_ENTRY(l, struct tour, in_signaling);
        for (const char *next; (next = next_of(t, &test)) != NULL;) {
            char sub[SUB_MAX + 1]; /* the seat that has it goes */
            memcpy(sub, next, strlen(next) + 1);
            (void)tour_rid(s, now, t, sub, CODE_TOKEN_REVOKED);
        }
    }
    probes_end(s, is_probe, &test);
    return OK;
}

static bool is_same(void *ctx, const char *sub) {
    return strcmp(sub, ctx) == 0;
}

enum err signaling_revoke(struct signaling *s, us_t now, const char *sub) {
    return signaling_revoke_all(s, now, is_same, (void *)(uintptr_t)sub);
}

bool signaling_refuses(const struct signaling *s, uint64_t tour, const char *sub) {
    OWNER_CHECK(&s->owner);
    const struct tour *t = map_get(s->tours, tour);
    return t && subs_have(&t->refused, sub);
}
