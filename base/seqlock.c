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

static uint64_t sum_begin(size_t len) {
    return mix(UINT64_C(0x4f7269656c20736c), len);
}

static size_t bytes_of_word(size_t len, size_t at) {
    return len - at < 8 ? len - at : 8;
}

void seqlock_write(const struct seqlock *l, const void *value, size_t len) {
    CHECK(len <= l->cap);
    uint64_t turn = load(l->words) + 1, sum = sum_begin(len);
    shared_word *copy = copy_of(l, turn);
    for (size_t at = 0; at < len; at += 8) {
        uint64_t word = 0;
        memcpy(&word, (const unsigned char *)value + at, bytes_of_word(len, at));
        store(&copy[DATA + at / 8], word);
        sum = mix(sum, word);
    }
    store(&copy[LEN], len);
    store(&copy[SUM], sum);
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
    uint64_t sum = sum_begin(len);
    for (size_t at = 0; at < len; at += 8) {
        uint64_t word = load(&copy[DATA + at / 8]);
        memcpy((unsigned char *)ret + at, &word, bytes_of_word(len, at));
        sum = mix(sum, word);
    }
    *ret_len = len;
    if (len == 0) {
        return expected == 0 ? ERR_UNKNOWN : ERR_FORMAT;
    }
    return sum == expected ? OK : ERR_FORMAT;
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
