/* The rate that loss allows (draft-ietf-rmcat-gcc-02 section 6): less when more than a tenth is
 * lost, nothing between 2 % and 10 %, which radio and repair bear, and up again below. A stretch in
 * which nothing at all arrives is an outage: it says nothing about the rate, and is not counted.
 * Owner: one worker. */
#ifndef ORIEL_MEDIA_BWE_LOSS_H
#define ORIEL_MEDIA_BWE_LOSS_H

#include "base/time.h"

#include <stdbool.h>

#define LOSS_HIGH 0.10                /* draft section 6 */
#define LOSS_SURE 2.5                 /* ours: deviations more than a tenth */
#define LOSS_LOW 0.02                 /* draft section 6 */
#define LOSS_GROWTH 1.08              /* libwebrtc, per second (the draft: 1.05 per report) */
#define LOSS_PACKETS 20               /* libwebrtc kLimitNumPackets: fewer say too little */
#define LOSS_WAIT (300 * US_PER_MS)   /* libwebrtc kBweDecreaseInterval, beside the round trip */
#define LOSS_OUTAGE (200 * US_PER_MS) /* ours: a queue that overflows lets some through */
#define LOSS_MEAN 0.125               /* ours: of each judgement, in the mean */
/* Ours: when more than half is lost, and still is after the first decrease, what arrives is what
 * the path carries. Once is a burst: of a radio that loses most for 100 ms hardly anything arrives.
 */
#define LOSS_HALF 0.5
#define LOSS_LASTS US_PER_S

struct loss {
    uint64_t limit;        /* [bit/s]; 0: none */
    us_t changed, lowered; /* [us] */
    uint32_t lost, total;  /* packets since the last judgement */
    uint32_t run;          /* lost in a row, not counted yet */
    us_t run_from;         /* [us] when the first of them was sent */
    bool half;             /* more than LOSS_HALF was lost when the limit went down last */
    double fraction;       /* as last judged */
    double mean;           /* of the last judgements */
};

/* In zeroed memory. A packet that was sent at `sent` is reported, in order. */
void loss_packet(struct loss *l, us_t sent, bool received);
/* Judge what was reported: rate is what is sent, acked what arrives [bit/s]. True when the limit
 * went down. */
bool loss_judge(struct loss *l, us_t now, us_t rtt, uint64_t rate, uint64_t acked);
/* It is known that the path carries this much. */
void loss_proven(struct loss *l, uint64_t rate);

#endif
