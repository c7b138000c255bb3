/* The transport-wide feedback of viewers that receive everything, 20 ms after it was sent, each of
 * them REPORTS_EVERY; spread evenly, so that they come one by one as from a network. Owner: the
 * bench. */
#ifndef ORIEL_BENCH_ENGINE_REPORTS_H
#define ORIEL_BENCH_ENGINE_REPORTS_H

#include "bench/engine/house.h"

#define REPORTS_EVERY (50 * US_PER_MS) /* libwebrtc's kMinInterval, for more than 0.4 Mbit/s */
#define REPORTS_BATCH 16               /* what comes at once */
#define REPORTS_SENT_MAX 64            /* packets in one report */

struct reporter {
    struct srtp_sealer *sealer;
    us_t due, sent[REPORTS_SENT_MAX]; /* [us] when packet number i was sent: at i % their number */
    uint16_t first, next;             /* transport-wide numbers not reported yet */
    uint32_t index;                   /* SRTCP */
    uint8_t count;
};

struct reports {
    struct house *house;
    struct reporter *viewers; /* by number, 1 .. */
};

/* All viewers of the house have joined, and nothing was sent to them. */
void reports_open(struct reports *r, struct house *h);
void reports_close(struct reports *r);
/* n packets, of which this is the first, went to a viewer, if that is what they are. */
void reports_sent(struct reports *r, const struct addr *to, struct bytes first, unsigned n);
/* What is due now, sealed: at most REPORTS_BATCH packets of the pool; 0: nothing. */
unsigned reports_due(struct reports *r, struct packet *ret[REPORTS_BATCH]);

#endif
