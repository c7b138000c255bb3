/* A client that watches: it checks what it gets and sends the feedback of a browser (receiver
 * reports, NACK, PLI, transport-wide feedback where agreed). Every packet's header is checked; of
 * every so many packets one is opened and its payload checked too. Owner: the generator's thread.
 */
#ifndef ORIEL_BENCH_LOAD_VIEWER_H
#define ORIEL_BENCH_LOAD_VIEWER_H

#include "bench/histogram.h"
#include "bench/load/arrivals.h"
#include "bench/load/client.h"
#include "bench/load/rx_stream.h"

enum { RX_AUDIO, RX_VIDEO, RX_RTX, RX_STREAMS };

#define VIEWER_MISSING_MAX 128

/* What a group of viewers does, and what it has seen. */
struct audience {
    unsigned sample;                         /* each viewer opens one of so many packets, 1 = all */
    unsigned loss;                           /* packets of 1000 that are thrown away as they come */
    struct rng *rng;                         /* which ones */
    uint64_t media, rtx;                     /* packets received, without those thrown away */
    uint64_t opened, padded;                 /* of these, with padding */
    uint64_t damaged;                        /* the payload is not the sent one */
    uint64_t duplicate, reused, late, stray; /* rx_stream.h; no stream of ours */
    uint64_t nacked, repaired, given_up;     /* packets asked for at least once; got; not got */
    bool timing;                             /* delay is collected */
    struct histogram delay;  /* one way, from publisher to the kernel's stamp on arrival */
    struct histogram repair; /* from noticing a loss to the retransmission */
};

/* Joining, in [ns] since 1970; 0 = not yet. */
struct join_times {
    uint64_t asked, media, picture; /* request; first media packet; first whole key frame */
};

struct missing {
    uint64_t index;
    us_t noticed, ask_at;
    unsigned asked;
};

struct rx_report { /* RFC 3550 section 6.4.1 and appendix A.8 */
    uint64_t expected_before, received_before;
    uint32_t lsr;     /* middle of the last sender report's NTP time */
    uint64_t lsr_at;  /* [ns] when it came, 0 = never */
    double jitter;    /* [media clock units] */
    uint32_t transit; /* arrival minus timestamp, 0 = none yet */
    struct rtcp_report last;
};

struct viewer {
    struct client client;
    struct audience *audience;
    struct remote_line line[RX_STREAMS];
    struct rx_stream stream[RX_STREAMS];
    struct rx_report report[RX_VIDEO + 1];
    struct join_times join;
    unsigned until_sample;
    uint32_t key_ts; /* of the key frame that is being received */
    uint64_t key_first, key_count;
    us_t report_at, twcc_at, pli_at;
    unsigned n_missing;
    struct missing missing[VIEWER_MISSING_MAX];
    struct arrivals *arrivals; /* NULL when not agreed */
};

/* A client that has not spoken to a server yet. The audience is the caller's. */
void viewer_open(struct viewer *v, struct client_world *w, struct audience *a);
/* Safe on a zeroed struct. */
void viewer_close(struct viewer *v);
/* The moment of its request to join is now. */
void viewer_ask(struct viewer *v);
/* This is what the server will send; false, and failed, when it is not a camera and a voice. */
bool viewer_expect(struct viewer *v, const struct remote_description *d);
/* Go on with the server's answer or offer. */
void viewer_connect(struct viewer *v, us_t now, const struct remote_description *d);
/* Feedback and the client's own timers; at least every 20 ms. */
void viewer_tick(struct viewer *v, us_t now);

#endif
