/* What there is to send to viewers, kept as state and made into datagrams one at a time: the packet
 * that is being fanned out, retransmissions asked for, key frames replayed to newcomers. Owner: the
 * engine's thread. */
#ifndef ORIEL_MEDIA_OUT_FANOUT_H
#define ORIEL_MEDIA_OUT_FANOUT_H

#include "media/out/stream.h"

#define FANOUT_RESEND_MAX 256 /* retransmissions one RTCP datagram may ask for */
#define FANOUT_REPLAY_MAX 16  /* viewers who join at once and share a key frame */

struct resend {
    struct stream *stream;
    uint16_t seq; /* as the viewer saw it */
};

/* A stream that shows nothing yet is to get a feed that has just sent a key frame: it is sent what
 * the cache has since then, instead of a request that would have to wait. */
struct replay {
    struct stream *stream;
    struct feed *feed;
    uint64_t next, end; /* extended sequence numbers of the feed, end excluded */
};

struct fanout {
    struct engine_counters *counters; /* borrowed */
    struct feed *feed;                /* of the packet below */
    struct media_packet p;            /* p.packet NULL = nothing is being fanned out */
    struct link *next;                /* of feed->subs, NULL = not begun */
    uint32_t resend_head, n_resend;
    struct resend resend[FANOUT_RESEND_MAX];
    uint32_t n_replay;
    struct replay replay[FANOUT_REPLAY_MAX];
};

/* In zeroed memory. */
void fanout_init(struct fanout *f, struct engine_counters *counters);
/* Drop everything and the reference that is held. */
void fanout_stop(struct fanout *f);
/* Nothing but replays is left to be sent: the law of media.h. */
bool fanout_idle(const struct fanout *f);
/* Send a packet of the feed to every stream that shows it. fanout_idle must hold. */
void fanout_start(struct fanout *f, struct feed *feed, const struct media_packet *p);
/* Queue a retransmission of the stream's sequence number; false when the queue is full. */
bool fanout_resend(struct fanout *f, struct stream *s, uint16_t seq);
/* Send the stream what its feed has sent since its last key frame. False when that is too long ago,
 * not cached any more, or too many streams ask at once. */
bool fanout_replay(struct fanout *f, struct stream *s, struct feed *feed, us_t now);
/* Nothing of this feed is replayed any more; nothing is for this transport. NULL matches none. */
void fanout_forget(struct fanout *f, const struct feed *feed, const struct transport *t);
/* The next datagram; false when there is none. */
bool fanout_output(struct fanout *f, us_t now, struct datagram *ret);

#endif
