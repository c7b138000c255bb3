#include "base/lease.h"

#include "base/check.h"

#define NUMBER_BITS 48

/* A word that is not a limit of ours, zero above all, must not pass for one. */
static uint64_t word_of(uint64_t limit) {
    uint64_t proof = (limit + 1) * UINT64_C(0x9e3779b97f4a7c15) >> NUMBER_BITS;
    return proof << NUMBER_BITS | limit;
}

static void set(struct lease *l, uint64_t limit) {
    l->limit = limit < l->end ? limit : l->end;
    l->renew = l->limit;
    if (l->place) {
        atomic_store_explicit(l->place, word_of(l->limit), memory_order_release);
    }
}

void lease_init(struct lease *l, uint64_t end) {
    CHECK(end <= LEASE_END_MAX);
    *l = (struct lease){.renew = end, .limit = end, .end = end};
}

void lease_keep(struct lease *l, shared_word *place, uint64_t next) {
    l->place = place;
    set(l, next);
}

void lease_stop(struct lease *l) {
    l->place = NULL;
    l->renew = l->limit;
}

void lease_end(struct lease *l, uint64_t next) {
    set(l, next < l->limit ? next : l->limit);
    lease_stop(l);
}

bool lease_extend(struct lease *l, uint64_t n) {
    if (l->place && n < l->end) {
        set(l, n + LEASE_STEP);
        l->renew -= l->limit < l->end ? LEASE_STEP / 2 : 0;
    }
    return n < l->limit;
}

enum err lease_read(const shared_word *place, uint64_t *ret) {
    uint64_t word = atomic_load_explicit(place, memory_order_acquire);
    uint64_t limit = word & LEASE_END_MAX;
    if (word != word_of(limit)) {
        return ERR_FORMAT;
    }
    *ret = limit;
    return OK;
}
