/* Short bursts that ask whether the path carries more: 15 ms at the rate in question, of media that
 * is there anyway, retransmissions and padding. What arrives of one, and how spread, is the answer
 * (libwebrtc's BitrateProber and ProbeBitrateEstimator, whose constants these are, where no other
 * source is given). Owner: one worker. */
#ifndef ORIEL_MEDIA_BWE_PROBE_H
#define ORIEL_MEDIA_BWE_PROBE_H

#include "base/time.h"

#include <stdbool.h>

#define PROBE_SPAN (15 * US_PER_MS) /* kMinProbeDuration */
#define PROBE_SPAN_LONG \
    (45 * US_PER_MS)           /* ours: more than from one picture of others to the next */
#define PROBE_PACKETS 5        /* kMinProbePacketsSent */
#define PROBE_RECEIVED 0.8     /* kMinReceivedProbesRatio, of packets and of bytes */
#define PROBE_RATIO_MAX 2.0    /* kMaxValidRatio: arrived faster than it can have */
#define PROBE_SATURATED 0.9    /* kMinRatioForUnsaturatedLink */
#define PROBE_UTILIZATION 0.95 /* kTargetUtilizationFraction */
#define PROBE_FURTHER 0.7      /* kFurtherProbeThreshold: of what was asked: ask for more */
#define PROBE_STEP US_PER_MS   /* ours: it goes out in so fine steps */
#define PROBE_SENDING (100 * US_PER_MS) /* ours: what cannot be sent for so long is given up */
#define PROBE_ANSWER US_PER_S           /* kMaxClusterHistory: no answer is one, too */
#define PROBE_WAIT US_PER_S             /* ours: between two questions, while more is wanted */
#define PROBE_WAIT_MAX (2 * US_PER_S)   /* ours: each answer "no" doubles it */
/* ours: and so much more for who has lost his part of the path to others, for whole seconds are
 * whole pictures of theirs: if one question falls together with one of them, the next must not. */
#define PROBE_SHIFT (13 * US_PER_MS)

struct probe {
    uint64_t rate;   /* [bit/s] that is asked for */
    uint32_t wanted; /* [bytes] to send */
    us_t begun;      /* [us] */
    us_t tried;      /* [us] of the last probe_tick */
    us_t next;       /* [us] not before */
    us_t wait;       /* [us] how long after this one */
    struct {
        us_t first, last; /* [us] */
        uint32_t bytes, packets;
        uint16_t first_size, last_size; /* [bytes] */
    } sent, got;
    bool open;    /* its answer is awaited */
    bool sending; /* its packets are going out */
    uint8_t id;   /* of the last one, 1..255; 0: none yet */
};

/* In zeroed memory. Ask for this rate [bit/s], for so long [us]. */
void probe_begin(struct probe *p, us_t now, uint64_t rate, us_t span);
/* A packet of a probe that is being sent goes out: the number of the probe. */
uint8_t probe_sent(struct probe *p, us_t now, uint16_t size);
/* A packet of probe `id` arrived, by the viewer's clock. */
void probe_arrived(struct probe *p, uint8_t id, us_t at, uint16_t size);
/* The answer: true when there is one; *ret is what the path carries [bit/s], 0: nothing was
 * learnt. */
bool probe_answer(struct probe *p, us_t now, uint64_t *ret);
/* [bytes] that are to be sent for it now, besides what was; 0: it does not run, or is on time. */
uint32_t probe_due(const struct probe *p, us_t now);
/* Time has passed: what was due by now has been sent, or cannot be. */
void probe_tick(struct probe *p, us_t now);
/* When there is more [us]; US_NEVER: it does not run. */
us_t probe_next(const struct probe *p);
/* Forget what runs; do not ask before `next`. */
void probe_stop(struct probe *p, us_t next);

#endif
