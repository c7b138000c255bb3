#include "base/seqlock.h"

#include "base/check.h"

#include <string.h>

#define TRIES 64 /* a writer that is faster than that does nothing else */

enum { LEN, SUM, DATA }; /* of a copy, in words */

static size_t copy_words(const struct seqlock *l) {
    return DATA + (l->cap + 7) / 8;
}

/* The copy that was, or will be, written at this turn. */
static shared_word *copy_of(const struct seqlock *l, uint64_t turn) {
    return l->words + 1 + turn % 2 * copy_words(l);
}

static uint64_t load(const shared_word *w) {
    return atomic_load_explicit(w, memory_order_acquire);
}

static void store(shared_word *w, uint64_t v) {
    atomic_store_explicit(w, v, memory_order_release);
}

/* Against accidents, not against malice: whoever can write here has the keys anyway. Each word
 * changes all that follows, and the steps can be undone, so that no single word goes unnoticed. */
static uint64_t mix(uint64_t sum, uint64_t word) {
    sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return sum ^ sum >> 29;
}

/* Four sums, of every fourth word each: one alone would wait for each multiplication in turn. */
#define LANES 4
struct sum {
    uint64_t of[LANES];
};

static void sum_add(struct sum *s, size_t at, uint64_t word) {
    uint64_t *lane = &s->of[at / 8 % LANES];
    *lane = mix(*lane, word);
}

static uint64_t sum_end(const struct sum *s, size_t len) {
    uint64_t sum = mix(UINT64_C(0x4f7269656c20736c), len);
    for (unsigned i = 0; i < LANES; i++) {
        sum = mix(sum, s->of[i]);
    }
    return sum;
}

static size_t bytes_of_word(size_t len, size_t at) {
    return len - at < 8 ? len - at : 8;
}

void seqlock_write(const struct seqlock *l, const void *value, size_t len) {
    CHECK(len <= l->cap);
    struct sum sum = {{0, 1, 2, 3}};
    uint64_t turn = load(l->words) + 1;
    shared_word *copy = copy_of(l, turn);
    for (size_t at = 0; at < len; at += 8) {
        uint64_t word = 0;
        memcpy(&word, (const unsigned char *)value + at, bytes_of_word(len, at));
        store(&copy[DATA + at / 8], word);
        sum_add(&sum, at, word);
    }
    store(&copy[LEN], len);
    store(&copy[SUM], sum_end(&sum, len));
    store(l->words, turn);
}

static void wipe(const struct seqlock *l, shared_word *copy) {
    for (size_t i = 0; i < copy_words(l); i++) {
        store(&copy[i], 0);
    }
}

void seqlock_clear(const struct seqlock *l) {
    uint64_t turn = load(l->words) + 1;
    wipe(l, copy_of(l, turn)); /* length 0 is no value */
    store(l->words, turn);
    wipe(l, copy_of(l, turn + 1));
}

static enum err read_copy(const struct seqlock *l, const shared_word *copy, void *ret,
                          size_t *ret_len) {
    uint64_t len = load(&copy[LEN]), expected = load(&copy[SUM]);
    if (len > l->cap) {
        return ERR_FORMAT;
    }
    struct sum sum = {{0, 1, 2, 3}};
    for (size_t at = 0; at < len; at += 8) {
        uint64_t word = load(&copy[DATA + at / 8]);
        memcpy((unsigned char *)ret + at, &word, bytes_of_word(len, at));
        sum_add(&sum, at, word);
    }
    *ret_len = len;
    if (len == 0) {
        return expected == 0 ? ERR_UNKNOWN : ERR_FORMAT;
    }
    return sum_end(&sum, len) == expected ? OK : ERR_FORMAT;
}

enum err seqlock_read(const struct seqlock *l, void *ret, size_t *ret_len) {
    for (unsigned i = 0; i < TRIES; i++) {
        uint64_t turn = load(l->words);
        size_t len = 0;
        if (turn == 0) {
            return ERR_UNKNOWN;
        }
        enum err err = read_copy(l, copy_of(l, turn), ret, &len);
        if (load(l->words) == turn) { /* else what was read may be torn */
            *ret_len = err == OK ? len : *ret_len;
            return err;
        }
    }
    return ERR_AGAIN;
}

bool seqlock_get(const struct seqlock *l, void *ret) {
    size_t len = 0;
    enum err e;
    do {
        e = seqlock_read(l, ret, &len);
    } while (e == ERR_AGAIN);
    if (e != OK || len != l->cap) {
        memset(ret, 0, l->cap);
        return false;
    }
    return true;
}
