/* A participant's sending m-line and the streams on it, of which simulcast has several (a layer
 * each, RFC 8853), everything else one: which packets are whose, what was lost, what is to be asked
 * for again. It lives where the client's packets arrive; what others get of a stream is its feed.
 * Most participants of a tour never send, so the larger part of a stream is made with its first
 * packet: once for each stream that was agreed on, like a handshake; the packet path itself does
 * not allocate. Without memory that packet is dropped and counted (drop_full), and the next one
 * tries again. Owner: the engine's thread. */
#ifndef ORIEL_MEDIA_FEED_INBOUND_H
#define ORIEL_MEDIA_FEED_INBOUND_H

#include "base/session.h"
#include "media/feed/layers.h"
#include "media/recv/nack.h"
#include "media/recv/police.h"
#include "media/recv/red.h"
#include "media/recv/stream.h"
#include "media/wire/rtp.h"

#define INBOUND_LEAD_MAX 8 /* packets: parameter sets before a key frame */
#define INBOUND_RTX_AHEAD                                                   \
    64 /* packets: a repair this far ahead of its stream belongs to another \
        */
/* [us] layers of one picture come within that time; a longer one without any is a pause of all */
#define INBOUND_TOGETHER (300 * US_PER_MS)
#define INBOUND_REPLACED (1 * US_PER_S) /* [us] after which a new ssrc may take a stream over */

struct inbound_books {
    struct recv_stats stats;
    struct recv_nack nack;
    struct recv_red red; /* kept where redundancy was agreed on */
    struct layer_reader layers;
};

struct inbound {                 /* one stream */
    struct inbound_line *line;   /* that it is on */
    struct inbound_books *books; /* NULL until its first packet */
    uint32_t ssrc, rtx_ssrc;     /* in use, 0 = not seen yet */
    uint16_t rtx_seq;            /* newest of the RTX stream */
    us_t heard;                  /* [us] last packet with a payload */
    us_t bye_at;                 /* [us] its sender said BYE, 0 = not since */
    bool cut; /* video: left out until a key frame begins, and there is room for it */
};

struct inbound_line {
    struct session_line s;
    bool muted;
    struct policer police; /* of all streams; while it is cut each of them is */
    us_t heard;            /* [us] last packet with a payload, of whatever stream, */
    us_t resumed;          /* and the first one after a pause of all */
    struct inbound streams[SESSION_LAYERS_MAX]; /* as s.rid */
};

/* What a packet is, before its stream looks at it. */
struct arrival {
    struct inbound *in;
    bool rtx;     /* a retransmission */
    bool restart; /* another ssrc takes the stream over: it begins anew with its own numbers */
};

/* Where a packet stands in its stream. */
struct inbound_place {
    uint64_t seq;   /* extended sequence number */
    bool after_gap; /* what is missing before it was given up: it will not come */
    uint8_t
        lead; /* packets missing directly before it that may still come, at most INBOUND_LEAD_MAX */
};

enum inbound_verdict {
    INBOUND_DROP,    /* a duplicate, or too old */
    INBOUND_PADDING, /* without payload: it only probes the path */
    INBOUND_MUTED,   /* not to be passed on */
    INBOUND_MEDIA
};

/* A line on which nothing has come, in zeroed memory. */
void inbound_line_init(struct inbound_line *l, const struct session_line *s);
/* Free what inbound_start made for its streams. */
void inbound_line_free(struct inbound_line *l);
/* How many streams the line may have at a time. */
static inline unsigned inbound_layers(const struct inbound_line *l) {
    return l->s.n_rids > 0 ? l->s.n_rids : 1;
}
/* The stream of this packet among those of n m-lines: by ssrc; else the m-line by MID (RFC 9143
 * section 9.2, RFC 8843) or a payload type that only one m-line uses, and there the stream by RID
 * (RFC 8852) where it has several. False when it is nobody's. */
bool inbound_find(struct inbound_line *lines, unsigned n, us_t now, const struct rtp *r,
                  struct arrival *ret);
/* The stream's first packet comes. ERR_NOMEM. Twice does no harm. */
enum err inbound_start(struct inbound *in);
/* The stream begins anew: numbers and losses too. */
void inbound_restart(struct inbound *in);
/* Count a packet, RTX undone, and note gaps. *ret is filled but for INBOUND_DROP. */
enum inbound_verdict inbound_receive(struct inbound *in, us_t now, const struct rtp *r,
                                     bool recovered, struct inbound_place *ret);
/* A packet with a payload has come of the stream. */
void inbound_heard(struct inbound *in, us_t now);
/* Video of the line is over its limit: each stream is left out up to its next key frame. */
void inbound_cut(struct inbound_line *l);
/* A key frame begins with this packet of n bytes, and the stream is cut: true when there is room
 * for it, and the cut ends. */
bool inbound_resume(struct inbound *in, const struct police_limit *limit, us_t now, size_t n);
/* When something is to be asked of the sender again; US_NEVER. */
us_t inbound_deadline(const struct inbound *in);

/* Camera or screen: switches at key frames only. */
static inline bool inbound_is_video(const struct inbound_line *l) {
    return l->s.source != SOURCE_MICROPHONE;
}

#endif
