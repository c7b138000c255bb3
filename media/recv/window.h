/* Which of the last 1024 serial numbers have been seen: refuses duplicates, such as a packet that
 * arrives both late and as its own retransmission. A slot's rewrite uses the same window so that
 * no SRTP index is ever used twice. Lives inside its user's struct; a zeroed struct is empty. */
#ifndef ORIEL_MEDIA_RECV_WINDOW_H
#define ORIEL_MEDIA_RECV_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#define SEQ_WINDOW 1024 /* [sequence numbers] one second of a 10 Mbit/s stream */

enum seq_verdict {
    SEQ_NEW,       /* not seen before, now noted */
    SEQ_DUPLICATE, /* seen before */
    SEQ_OLD        /* so old that nobody knows */
};

struct seq_window {
    uint64_t high; /* highest seen */
    bool any;
    uint64_t bits[SEQ_WINDOW / 64];
};

/* Note v (extended, never wraps) and say whether it is new. */
enum seq_verdict seq_window_add(struct seq_window *w, uint64_t v);
/* v is known to have been seen. */
static inline bool seq_window_has(const struct seq_window *w, uint64_t v) {
    return w->any && v <= w->high && w->high - v < SEQ_WINDOW &&
           (w->bits[v % SEQ_WINDOW / 64] >> v % 64 & 1);
}
/* How many of the last n (up to and including the highest) have been seen; those before the window
 * count as if all had. */
uint64_t seq_window_count(const struct seq_window *w, uint64_t n);
/* Declare everything up to and including high as seen. */
void seq_window_fill(struct seq_window *w, uint64_t high);

#endif
