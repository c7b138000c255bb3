/* How much may come from a publisher that has not agreed on transport-wide feedback: what it is
 * told by REMB (draft-alvestrand-rmcat-remb-03). It is estimated where its packets arrive, by the
 * same parts as on the sending side (draft-ietf-rmcat-gcc-02 section 2 allows both): delay by the
 * send times in the packets, or by RTP timestamps where there are none, and loss as report blocks
 * have it. There are no probes here, so that growth is by parts of the rate wherever the capacity
 * is not known. Owner: one worker; lives in a session. */
#ifndef ORIEL_MEDIA_BWE_RECEIVE_H
#define ORIEL_MEDIA_BWE_RECEIVE_H

#include "media/bwe/acked.h"
#include "media/bwe/aimd.h"
#include "media/bwe/loss.h"
#include "media/bwe/queue_delay.h"

#define RECEIVE_WAYS 4                      /* streams whose timestamps are looked at */
#define RECEIVE_EVERY (50 * US_PER_MS)      /* [us] it is judged, as feedback would come */
#define RECEIVE_TELL US_PER_S               /* [us] libwebrtc kRembSendInterval */
#define RECEIVE_TELL_SOON (200 * US_PER_MS) /* ours: another rate is told so soon */
#define RECEIVE_LESS 0.97 /* libwebrtc kSendThresholdPercent: one that falls to this part, */
#define RECEIVE_MORE 1.15 /* ours: or rises to this */
#define RECEIVE_RTT (200 * US_PER_MS) /* libwebrtc: where it is not known */

struct bwe_receive_config {
    uint64_t start, min, max; /* [bit/s] start: it is told no less before there was a queue */
};

/* Packets whose times are of one clock. */
struct receive_way {
    uint32_t key;   /* see bwe_received */
    bool any;       /* `key` and `ticks` are known */
    us_t heard;     /* [us] */
    uint32_t ticks; /* of the newest packet */
    int64_t sent;   /* the same, without wrapping */
    struct groups groups;
    struct trend trend;
    struct queue_delay queue;
};

struct bwe_receive {
    struct bwe_receive_config c;
    struct receive_way ways[RECEIVE_WAYS];
    struct acked acked;
    struct aimd aimd;
    struct loss loss;
    bool begun;    /* what arrives is known */
    uint8_t usage; /* enum trend_usage, of what came since it was judged: the worst */
    us_t judged;   /* [us] */
    us_t heard;    /* [us] the last packet; 0: none yet */
    us_t queue;    /* [us] as last seen */
    us_t lowered;  /* [us] */
    uint64_t told; /* [bit/s] last, 0: never */
    us_t told_at;  /* [us] */
};

struct bwe_received {
    uint32_t size; /* [bytes] of the datagram */
    uint32_t
        key; /* what the time belongs to: an ssrc; 0: the sender's own clock, for all of them */
    uint32_t ticks; /* when it was sent, modulo 2^bits */
    uint32_t rate;  /* [1/s] of ticks; 0: the packet does not say */
    uint8_t bits;   /* 24 (abs-send-time) or 32 (RTP timestamp) */
};

/* Nothing came yet; memory need not be zeroed. c is copied. */
void bwe_receive_init(struct bwe_receive *r, const struct bwe_receive_config *c);
/* A packet arrived. now > 0. */
void bwe_receive_packet(struct bwe_receive *r, us_t now, const struct bwe_received *p);
/* Of what should have come since the last call so much was lost on its way [packets]. */
void bwe_receive_loss(struct bwe_receive *r, us_t now, uint32_t lost, uint32_t expected);
/* What the path is believed to carry [bit/s]; 0: not known yet. */
uint64_t bwe_receive_rate(const struct bwe_receive *r);
/* How long packets wait on their way, as last seen [us]; 0: they do not, or it is not known. */
static inline us_t bwe_receive_queue(const struct bwe_receive *r) {
    return r->queue;
}
/* When it is to be told [us]; US_NEVER: nothing comes. */
us_t bwe_receive_deadline(const struct bwe_receive *r);
/* It is told now. Returns what [bit/s]. */
uint64_t bwe_receive_tell(struct bwe_receive *r, us_t now);

#endif
