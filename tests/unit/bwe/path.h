/* A sender that does as the estimator says, a path with a bottleneck, and a receiver that sends
 * transport-wide feedback, in virtual time. */
#ifndef ORIEL_TESTS_UNIT_BWE_PATH_H
#define ORIEL_TESTS_UNIT_BWE_PATH_H

#include "media/bwe/bwe.h"

#include "base/rng.h"
#include "media/wire/rtcp.h"

#define PATH_PACKETS 8192 /* under way, power of two */
#define PATH_MTU 1100     /* [bytes] */

struct bottleneck {    /* may be shared by several paths */
    uint64_t rate;     /* [bit/s] */
    us_t queue_max;    /* [us] more wait is dropped */
    us_t free_at;      /* [us] */
    us_t delay;        /* [us] one way */
    us_t jitter;       /* [us] up to this much more, in order */
    uint32_t loss_ppm; /* random */
    bool down;
};

struct path {
    struct bwe bwe;
    struct bottleneck *link;
    struct rng_seeded rng;
    us_t now, skew; /* [us] of the receiver's clock */
    uint64_t want;  /* [bit/s] that its media would use */
    bool whole;     /* it is sent as a whole or not at all, */
    uint64_t small; /* [bit/s] or instead of it something that takes so much */
    double owed;    /* [bytes] of media that the encoder has made and that wait */
    double tokens;  /* [bytes] the pacer may send */
    us_t frame_at;
    uint16_t seq;
    struct {
        us_t at; /* [us] of arrival; US_NEVER: lost */
        uint16_t seq, size;
    } sent[PATH_PACKETS];
    unsigned head, tail; /* of what is under way */
    struct rtcp_twcc_arrival arrived[512];
    unsigned n;
    uint16_t reported; /* next number to report */
    us_t report_at;
    us_t last_arrival;
    struct {
        us_t at;
        uint8_t bytes[1400];
        uint16_t size;
    } feedback[64];
    unsigned fb_head, fb_tail;
    bool deaf; /* feedback does not come back */
    /* what the tests look at */
    uint64_t sent_bytes, padding_bytes, arrived_bytes;
    us_t delay_max;        /* [us] of waiting since it was last reset */
    unsigned delays[1000]; /* packets by ms of waiting */
};

void path_init(struct path *p, struct bottleneck *link, const struct bwe_config *c, uint64_t seed);
/* One millisecond passes. */
void path_step(struct path *p);
/* Until `until` [us]. */
void path_run(struct path *p, us_t until);
/* The percentile [0..100] of waiting since it was last reset [ms]; resets. */
unsigned path_waited(struct path *p, unsigned percentile);

#endif
