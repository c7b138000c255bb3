/* Arrivals of transport-wide sequence numbers at a viewer, for the feedback that a server's
 * bandwidth estimation needs (draft-holmer-rmcat-transport-wide-cc-extensions-01).
 * Owner: one viewer. */
#ifndef ORIEL_BENCH_LOAD_ARRIVALS_H
#define ORIEL_BENCH_LOAD_ARRIVALS_H

#include "media/wire/rtcp.h"

#define ARRIVALS_MAX 256 /* packets in one feedback */

struct arrivals {
    bool begun;
    uint16_t base; /* the number that the next feedback begins with */
    unsigned n;    /* numbers from base on that are known of */
    uint8_t fb_count;
    uint64_t epoch;            /* [us] of the first arrival of all */
    uint32_t at[ARRIVALS_MAX]; /* [us] since then, plus 1; 0 = not received */
};

/* Number seq has arrived at a time [us] of any steady clock, within an hour of the first. One
 * further ahead than there is room for is left out: its feedback is due first. */
void arrivals_add(struct arrivals *a, uint16_t seq, uint64_t at_us);
/* Append the feedback about all numbers so far to w and begin anew; nothing when there is none. */
void arrivals_report(struct arrivals *a, struct wr *w, uint32_t sender, uint32_t media);

#endif
