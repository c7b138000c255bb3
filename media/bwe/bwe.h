/* How much may be sent to a viewer: the send-side bandwidth estimation of one transport, over all
 * its streams (docs/congestion.md). Delay (trend, aimd), loss and probes each have a file; here
 * they meet. SANS-I/O. Owner: one worker; lives in a session. */
#ifndef ORIEL_MEDIA_BWE_BWE_H
#define ORIEL_MEDIA_BWE_BWE_H

#include "base/prefetch.h"
#include "media/bwe/acked.h"
#include "media/bwe/aimd.h"
#include "media/bwe/loss.h"
#include "media/bwe/probe.h"
#include "media/bwe/queue_delay.h"
#include "media/bwe/sent.h"

#include <stdbool.h>
#include <stddef.h>

struct bwe_config {
    uint64_t start, min, max; /* [bit/s] min <= start <= max */
};

struct bwe {
    struct bwe_config c;
    struct groups groups;
    struct trend trend;
    struct acked acked;
    struct aimd aimd;
    struct loss loss;
    struct queue_delay queue;
    us_t rtt;         /* [us] 0: not known */
    us_t arrived;     /* [us] the last arrival, by the viewer's clock */
    us_t lowered;     /* [us] the last decrease: what was sent before it tells no second one */
    us_t measured;    /* [us] the last packet that tells how full the path is */
    us_t drain_until; /* [us] a queue that we made is let go until then */
    us_t newest;      /* [us] when the last packet that has arrived was sent; no probe's */
    us_t queued;      /* [us] the queue, as it was known before the feedback that is being read */
    uint64_t want;    /* [bit/s] what its slots could use */
    struct {
        uint64_t from; /* [bit/s] the estimate before it fell by a third or more; 0: it has not */
        us_t at;       /* [us] the last time */
    } fallen;
    uint64_t remb;    /* [bit/s] what the viewer allows; 0: it has not said */
    us_t first_heard; /* [us] 0: never */
    uint8_t seen;     /* enum trend_usage, in the feedback that is being read */
    bool overuse;     /* there was one in it */
    bool answered;    /* it has sent feedback at all */
    bool first;       /* the first probes are still to come */
    /* Each packet that is sent needs the end of `probe` and the head of `sent`, and what is between
     * them: one or two cache lines, and one of the ring. */
    struct probe probe;
    bool sending;   /* something was sent since `heard` */
    bool reports;   /* without feedback: a report of its losses has come after something was sent */
    uint32_t blind; /* [bytes] sent before the viewer has told of so much that a queue shows */
    us_t heard;     /* [us] the last feedback; when the first packet was sent, before */
    us_t unheard;   /* [us] when it was last found missing, or heard */
    struct sent sent;
};

/* Nothing was sent yet; memory need not be zeroed. c is copied. */
void bwe_init(struct bwe *b, const struct bwe_config *c);
/* What is sent takes another path from now on: nothing is known of it. */
void bwe_moved(struct bwe *b);
/* A datagram of `size` bytes with this transport-wide number goes out now. */
void bwe_sent(struct bwe *b, us_t now, uint16_t seq, uint16_t size);
/* A packet is going to be sent soon: the two calls in turn, with work between them. */
static inline void bwe_fetch(const struct bwe *b) {
    prefetch(&b->probe.open, PREFETCH_LINE);
}
static inline void bwe_fetch_sent(const struct bwe *b) {
    prefetch(sent_next(&b->sent), 1);
}
/* Feedback is going to be read soon. */
static inline void bwe_fetch_all(const struct bwe *b) {
    prefetch(b, offsetof(struct bwe, sent.ring));
}
/* FEEDBACK comes as records of arrivals, one for each packet that is reported, in the order of
 * their transport-wide numbers, between a begin and an end. Which format they were read from makes
 * no difference here: transport-cc (wire/rtcp.h) has these numbers, and a parser of RFC 8888, which
 * names packets by ssrc and sequence number, finds the number that each was sealed with and yields
 * the same records. */
struct bwe_arrival {
    uint16_t seq;  /* transport-wide */
    bool received; /* else it has not come, as far as the viewer knows */
    int64_t at;    /* [us] by the viewer's clock, of any origin but a steady one; with `received` */
};
/* What wraps in a feedback's times is near this, by the viewer's clock [us]. */
int64_t bwe_near(const struct bwe *b);
void bwe_feedback_begin(struct bwe *b, us_t now);
void bwe_feedback_arrival(struct bwe *b, us_t now, const struct bwe_arrival *a);
/* All has been said: the rate follows. */
void bwe_feedback_end(struct bwe *b, us_t now);
/* The round trip as reports tell it [us]. */
void bwe_rtt(struct bwe *b, us_t rtt);
/* REMB: the viewer says what it can take [bit/s]. It is obeyed where there is no feedback of ours,
 * and as a limit where there is. */
void bwe_remb(struct bwe *b, uint64_t rate);
/* Report blocks of a viewer without transport-wide feedback: packets lost and expected since the
 * last one. */
void bwe_report(struct bwe *b, us_t now, uint32_t lost, uint32_t expected);
/* What the viewer's slots could use [bit/s]: more than that is not looked for. */
void bwe_want(struct bwe *b, uint64_t rate);
/* When bwe_timeout is due; US_NEVER. */
us_t bwe_deadline(const struct bwe *b);
/* Feedback is missing, or it is time to ask for more. */
void bwe_timeout(struct bwe *b, us_t now);
/* What the path is believed to carry [bit/s]: to choose by. */
uint64_t bwe_estimate(const struct bwe *b);
/* Is it more than a guess? When the viewer has said so itself, when the rate has gone down, or some
 * time [us] after its first feedback. */
bool bwe_known(const struct bwe *b, us_t now, us_t settled);
/* The viewer has sent feedback. */
static inline bool bwe_answered(const struct bwe *b) {
    return b->answered;
}
/* [bytes] that were sent before bwe_tells. */
static inline uint32_t bwe_blind(const struct bwe *b) {
    return b->blind;
}
/* The viewer has told of so many packets how long they were under way that a queue would show; or
 * it tells by its reports what is lost, and no more is to come. */
static inline bool bwe_tells(const struct bwe *b) {
    return b->queue.n >= QUEUE_DELAY_LAST || b->reports;
}
/* How long the last packets that have arrived had waited [us]; 0: not known. */
us_t bwe_waits(const struct bwe *b);
/* That is so long that more is sent than the path carries. */
bool bwe_queues(const struct bwe *b);
/* A probe is to tell whether the path carries more than is believed: it is under way, or due. */
bool bwe_searches(const struct bwe *b, us_t now);
/* What arrives [bit/s]: while a queue stands, what the path carries. 0: not known. */
uint64_t bwe_arrives(const struct bwe *b);
/* Feedback has begun, or the first packet was sent so short a time [us] ago that it still may. */
bool bwe_awaited(const struct bwe *b, us_t now, us_t wait);
/* Some of what is sent gets lost for no want of room: what is sent again may get lost too. */
bool bwe_lossy(const struct bwe *b);
/* The part of what is sent that gets lost (0..1), over some seconds; 0 while a queue stands: then
 * it gets lost for want of room. */
double bwe_loss(const struct bwe *b);
/* What may be sent now, on average over a second [bit/s]; within the configured range. */
uint64_t bwe_rate(const struct bwe *b, us_t now);
/* Bytes that a probe lacks now [bytes], so that it goes out evenly; 0: none runs, or it is on time.
 * bwe_deadline says when more is due. */
uint32_t bwe_probe_due(const struct bwe *b, us_t now);

#endif
