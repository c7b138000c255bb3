#include "server/relay/tap_budget.h"

#include "base/alloc.h"
#include "base/check.h"
#include "base/list.h"
#include "base/map.h"

struct share {
    struct link in_idle; /* while it holds nothing */
    uint64_t tour;
    uint32_t held; /* messages in the mailbox */
    uint32_t lost; /* messages since one was admitted */
    bool named;    /* `tour` is set, and found through the map */
};

struct tap_budget {
    size_t places;
    struct share **ring; /* whose message is in which place, oldest at head */
    size_t head, n;
    struct share *shares;
    struct link idle; /* longest idle first */
    struct map *by_tour;
};

struct tap_budget *tap_budget_new(size_t places, size_t tours, uint64_t seed) {
    /* Twice as many, for the messages of a tour that ended are still there when the next begins. */
    size_t n = 2 * tours;
    struct tap_budget *b = mem_zalloc(1, sizeof(*b));
    if (!b) {
        return NULL;
    }
    list_init(&b->idle);
    b->places = places;
    b->ring = mem_zalloc(places, sizeof(*b->ring));
    b->shares = mem_zalloc(n, sizeof(*b->shares));
    b->by_tour = map_new(n, seed);
    if (!b->ring || !b->shares || !b->by_tour) {
        return tap_budget_free(b);
    }
    for (size_t i = 0; i < n; i++) {
        list_push(&b->idle, &b->shares[i].in_idle);
    }
    return b;
}

struct tap_budget *tap_budget_free(struct tap_budget *b) {
    if (b) {
        mem_free(b->ring);
        mem_free(b->shares);
        map_free(b->by_tour);
    }
    return mem_free(b);
}

/* The consumer has taken some: the oldest. */
static void retire(struct tap_budget *b, size_t room) {
    size_t left = b->places - room;
    while (b->n > left) {
        struct share *s = b->ring[b->head];
        b->head = (b->head + 1) % b->places;
        b->n--;
        if (--s->held == 0) {
            list_push(&b->idle, &s->in_idle);
        }
    }
}

/* NULL: more tours have messages in the mailbox than there were to be. */
static struct share *share_of(struct tap_budget *b, uint64_t tour) {
    struct share *s = map_get(b->by_tour, tour);
    if (s || list_empty(&b->idle)) {
        return s;
    }
    s = LIST_ENTRY(b->idle.next, struct share, in_idle);
    if (s->named) {
        (void)map_take(b->by_tour, s->tour);
    }
    s->tour = tour;
    s->lost = 0;
    s->named = true;
    CHECK(map_put(b->by_tour, tour, s) == OK);
    return s;
}

bool tap_budget_admit(struct tap_budget *b, size_t room, struct tap *t) {
    CHECK(room <= b->places);
    retire(b, room);
    struct share *s = share_of(b, t->tour);
    if (!s) {
        return false;
    }
    size_t reserved = t->type == TAP_RTP || t->type == TAP_SKIP ? TAPS_RESERVED : 0;
    if (s->held + reserved >= room) {
        s->lost += t->dropped + 1;
        return false;
    }
    t->dropped += s->lost;
    s->lost = 0;
    if (s->held++ == 0) {
        list_remove(&s->in_idle);
    }
    b->ring[(b->head + b->n++) % b->places] = s;
    return true;
}
