#include "media/recv/window.h"

#include <string.h>

static uint64_t *word_of(struct seq_window *w, uint64_t v) {
    return &w->bits[v % SEQ_WINDOW / 64];
}

static uint64_t bit_of(uint64_t v) {
    return (uint64_t)1 << v % 64;
}

/* Make v the highest; the places of what lies between are free again. */
static void advance(struct seq_window *w, uint64_t v) {
    if (!w->any || v - w->high >= SEQ_WINDOW) {
        memset(w->bits, 0, sizeof(w->bits));
    } else {
        for (uint64_t i = w->high + 1; i <= v; i++) {
            *word_of(w, i) &= ~bit_of(i);
        }
    }
    w->high = v;
    w->any = true;
}

enum seq_verdict seq_window_add(struct seq_window *w, uint64_t v) {
    if (!w->any || v > w->high) {
        advance(w, v);
    } else if (w->high - v >= SEQ_WINDOW) {
        return SEQ_OLD;
    } else if (*word_of(w, v) & bit_of(v)) {
        return SEQ_DUPLICATE;
    }
    *word_of(w, v) |= bit_of(v);
    return SEQ_NEW;
}

uint64_t seq_window_count(const struct seq_window *w, uint64_t n) {
    uint64_t known = n < SEQ_WINDOW ? n : SEQ_WINDOW, seen = n - known;
    uint64_t v = w->high < known ? 0 : w->high - known + 1;
    while (w->any && v <= w->high) { /* a word at a time */
        uint64_t in_word = 64 - v % 64, left = w->high - v + 1;
        uint64_t bits = w->bits[v % SEQ_WINDOW / 64] >> v % 64;
        bits = left < in_word ? bits & (((uint64_t)1 << left) - 1) : bits;
        seen += (uint64_t)__builtin_popcountll(bits);
        v += in_word;
    }
    return seen;
}

void seq_window_fill(struct seq_window *w, uint64_t high) {
    memset(w->bits, 0xff, sizeof(w->bits));
    w->high = high;
    w->any = true;
}
