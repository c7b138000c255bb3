/* The rate that delay allows: up while no queue grows, below what arrives when one does
 * (draft-ietf-rmcat-gcc-02 section 5.5; where the draft and libwebrtc's AimdRateControl differ,
 * libwebrtc's constants are taken, because they are what the field runs).
 *
 * DEPARTURE. The draft grows by 8 % a second wherever it does not know the capacity, again after
 * each change. Here growth is additive from the first queue on, which is what lets flows that share
 * a path become equal; the large steps are proven by probes instead. Owner: one worker. */
#ifndef ORIEL_MEDIA_BWE_AIMD_H
#define ORIEL_MEDIA_BWE_AIMD_H

#include "media/bwe/trend.h"

#define AIMD_BETA 0.85        /* draft section 5.5, beta */
#define AIMD_GROWTH 1.08      /* draft section 5.5, eta: per second, until there was a queue */
#define AIMD_UNPROBED 1.25    /* ours: and so fast where there are no probes */
#define AIMD_BEYOND 1.5       /* draft section 5.5: times what arrives, not more */
#define AIMD_BEYOND_ADD 10000 /* [bit/s] libwebrtc: and this much more, to begin from nothing */
#define AIMD_ALPHA 0.05       /* libwebrtc LinkCapacityEstimator, of each new capacity */
#define AIMD_DEVIATIONS 3     /* draft section 5.5: further from the average is another capacity */
#define AIMD_ADD_MIN 4000     /* [bit/s per second] libwebrtc: after it, at least */
#define AIMD_FPS 30           /* libwebrtc: one packet of a frame more per response time */
#define AIMD_PACKET 1200      /* [bytes] */
#define AIMD_PACKETS 3        /* ours; libwebrtc: 1, and flows with much are long in giving it up */
#define AIMD_DOUBLED                                                             \
    (6 * US_PER_S) /* ours: after so long without a queue it grows twice as fast \
                    */
#define AIMD_RESPONSE                                                           \
    (100 * US_PER_MS) /* draft section 5.5: response_time beside the round trip \
                       */

struct aimd {
    uint64_t rate;              /* [bit/s] */
    us_t changed;               /* [us] the last increase was counted up to here; 0: never */
    us_t lowered;               /* [us] the last decrease; 0: never */
    bool hold;                  /* until the queue is known to be gone */
    double capacity, deviation; /* [bit/s] of what arrived at overuse; 0: not known; deviation:
                                   its square, over the capacity */
};

struct aimd_input {
    enum trend_usage usage;
    uint64_t acked, acked_short; /* [bit/s] what arrives; 0: not known */
    us_t rtt;                    /* [us] */
    uint64_t enough;             /* [bit/s] more has no use; 0: there is no such rate */
    bool shallow;                /* hardly anything waits: less arrives than the path carries */
    bool before;                 /* what tells it was sent before the last decrease */
    bool unprobed;               /* it grows by itself only: by parts of the rate, like the draft,
                                    wherever the capacity is not known */
};

/* Begin with this rate. */
void aimd_init(struct aimd *a, uint64_t rate);
/* What has become of the path; true when the rate went down. */
bool aimd_update(struct aimd *a, us_t now, const struct aimd_input *in);
/* A queue stood all the while in which this much arrived [bit/s]: the decrease for it need not have
 * gone below that times AIMD_BETA. */
void aimd_carried(struct aimd *a, uint64_t acked);
/* It is known that the path carries this much. */
void aimd_proven(struct aimd *a, us_t now, uint64_t rate);

#endif
