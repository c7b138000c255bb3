/* One stream to a viewer: the outgoing half of a receiving m-line. It shows one feed and comes out
 * as one continuous RTP stream whatever feed that is. A video stream that is to show another feed
 * keeps the old one until the key frame of the new one arrives: no picture ever stands still for a
 * switch. Owner: the engine's thread; lives in a session. */
#ifndef ORIEL_MEDIA_OUT_STREAM_H
#define ORIEL_MEDIA_OUT_STREAM_H

#include "base/lease.h"
#include "base/prefetch.h"
#include "media/bwe/bwe.h"
#include "media/feed/feed.h"
#include "media/out/header.h"
#include "media/out/protect.h"
#include "media/send/choice.h"
#include "media/send/rewrite.h"
#include "media/send/rewrite_dependency.h"
#include "media/send/rewrite_vp8.h"
#include "media/transport/transport.h"

/* A stream's place in the list of a feed's streams. */
struct sub {
    struct link link; /* feed.subs */
    struct stream *stream;
    struct feed *feed; /* NULL = not used */
};

/* What a stream is sent from its feed's cache. Either it is to get the picture of a feed that is
 * kept from a key frame on: what came since then is replayed, instead of a request for another one.
 * Or its path was full. In both cases it is behind: what comes meanwhile waits its turn in the
 * cache, and follows as the pacer lets it, until nothing is left. */
struct stream_replay {
    struct link in; /* out_queue.replays, while it is behind */
    struct feed *feed;
    uint64_t next;    /* extended sequence number of the feed: what is sent next */
    uint64_t live;    /* what came before this one is replayed: */
    uint32_t left;    /* [bytes] of payload, */
    uint32_t live_ts; /* up to this timestamp of the feed */
    uint32_t ts;      /* of the picture that has `begun` to be sent */
    bool begun;
    bool thin; /* of what is replayed only the lowest frame rate is sent */
    bool behind;
    bool cut;   /* of what is replayed only the picture that has begun is sent to its end */
    us_t since; /* [us] it has been behind */
};

struct out_queue;

struct stream {
    struct transport *transport;     /* borrowed: the way to its viewer */
    struct out_queue *queue;         /* borrowed: what waits for it; NULL: nothing ever does */
    const struct session_line *line; /* borrowed: what was agreed for its m-line */
    struct sub subs[2];
    uint8_t shown;      /* index of the sub that is forwarded; the other one awaits a key frame */
    bool fresh;         /* the shown feed has not sent a packet through this stream yet */
    bool unnumbered;    /* after an adoption: whether it ever had a picture is not known */
    uint64_t begin_seq; /* of the feed: the key frame that the shown one began with */
    uint32_t begin_ts;  /* and its RTP timestamp */
    uint32_t packets, octets; /* for sender reports */
    struct rewrite rewrite;
    struct rewrite_vp8 vp8;
    struct rewrite_dependency dependency;
    struct choice layers; /* of its feed that are sent */
    struct lease lease;   /* of the indices that `rewrite` gives */
    struct {
        uint64_t next; /* SRTP index of the next RTX packet */
        struct lease lease;
        uint32_t ssrc;
        uint8_t pt; /* 0 = RTX not negotiated */
    } rtx;
    struct {
        uint8_t pt;     /* 0 = redundant audio (RFC 2198) may not be sent */
        uint8_t blocks; /* so many are sent now with each packet */
    } red;
    struct protect *protect; /* NULL: the viewer does not understand it */
    struct header header;
    struct stream_replay replay;
    us_t replayed_at; /* [us] a replay began last; 0: never */
    struct bwe *bwe;  /* borrowed: told of each packet with a transport-wide number; NULL: nobody */
};

/* In zeroed memory; nothing is shown. */
void stream_init(struct stream *s, struct transport *t, const struct session_line *line,
                 const struct rng *rng);
/* What it shows or is about to show; NULL = nothing. */
struct feed *stream_intent(const struct stream *s);
/* The feed whose packets go out now; NULL = none. */
static inline struct feed *stream_shown(const struct stream *s) {
    return s->subs[s->shown].feed;
}
/* As far as is known no picture has gone out yet: the first one keeps its source's numbers. */
static inline bool stream_unnumbered(const struct stream *s) {
    return s->unnumbered || s->rewrite.last_at == 0;
}
/* The stream's sub for this feed, or NULL when it neither shows nor awaits it. */
struct sub *stream_sub(struct stream *s, const struct feed *feed);

enum stream_verdict {
    STREAM_OK,
    STREAM_NEEDS_KEY,    /* awaits a key frame; the old picture goes on until then */
    STREAM_NEEDS_PICTURE /* awaits a key frame and shows nothing meanwhile */
};
/* Show this feed (NULL = nothing), from its next key frame on if it is video. The codec is the
 * line's. */
enum stream_verdict stream_show(struct stream *s, struct feed *feed);
/* It shows nothing from now on, and what is about to be sent of what it has shown is dropped. */
void stream_cut(struct stream *s);
/* What it was behind with is of no use any more: where it shows that, it awaits a key frame of what
 * it is to show, and shows nothing meanwhile. */
void stream_await(struct stream *s);
/* Go on with a feed in the middle of its stream, after an adoption. */
void stream_resume(struct stream *s, struct feed *feed);
/* The feed is no more (or has begun anew): forget it, without a choice of another. */
void stream_forget(struct stream *s, struct feed *feed);
/* Every stream that shows or awaits the feed forgets it. */
void stream_forget_all(struct feed *feed);
/* A packet of sub's feed reaches the stream: may it go out, and where to? Switches the stream when
 * the packet begins the awaited key frame. */
bool stream_map(struct sub *sub, us_t now, const struct media_packet *p, struct rewrite_out *ret);
/* What is lost is sent again as it was, under its own index (there is no RTX): it must be the same
 * to the bit, so nothing in it may depend on what comes after it. */
static inline bool stream_repeats(const struct stream *s) {
    return s->line->nack && s->rtx.pt == 0;
}
/* Its pictures are sent at their full rate: VP8's ids close up over those that are left out, and
 * what that was is not known for ever. */
static inline bool stream_is_whole(const struct stream *s) {
    return stream_repeats(s) && s->line->codec == CODEC_VP8;
}
/* What it gets of a feed's picture that is kept: of one that is not young its lowest frame rate, so
 * that it is there the sooner; nobody sees what is in between. Each of those pictures leaves a gap
 * that is closed, and what was sent before more gaps than are remembered can not be sent again: so
 * no more of them. */
#define REPLAY_GAPS (REWRITE_RUNS * 3 / 4)
static inline unsigned stream_replay_of(const struct stream *s, us_t now, const struct feed *f,
                                        unsigned want) {
    if (stream_is_whole(s)) {
        return TARGET_BEST;
    }
    bool whole = now - f->key_at < FEED_YOUNG || f->gop_low > REPLAY_GAPS;
    return whole ? want : target_of(target_spatial(want), 0);
}
static inline unsigned stream_replay_target(const struct stream *s, us_t now,
                                            const struct feed *f) {
    return stream_replay_of(s, now, f, s->layers.want);
}
/* A packet of its feed is of a layer that the viewer does not get. */
bool stream_leaves_out(const struct stream *s, const struct media_packet *p);
/* It is the last of a picture as the viewer gets it (RFC 3550 section 5.1: the marker). */
static inline bool stream_ends(const struct stream *s, const struct media_packet *p) {
    return p->marker || choice_ends(&s->layers, &(struct choice_in){&p->layers, p->seq, p->ts});
}
/* Its stream is going to be read soon. (Which of the two subs this is would have to be read.) */
static inline void stream_fetch(const struct sub *sub) {
    prefetch((const void *)((uintptr_t)sub - offsetof(struct stream, subs)), sizeof(struct stream));
}
/* This packet of sub's feed waits its turn behind others: it will be taken from the cache. */
static inline bool stream_waits(const struct stream *s, const struct feed *feed, uint64_t seq) {
    return s->replay.behind && s->replay.feed == feed && seq >= s->replay.next;
}
/* It is being sent what has been kept. */
static inline bool stream_replays(const struct stream *s) {
    return s->replay.behind && s->replay.next < s->replay.live;
}
/* The feed has sent a packet that is not passed on: close the gap that it would leave. */
void stream_skip_all(struct feed *feed, uint64_t seq);

#endif
