/* A participant's sending m-line: which packets are its, what was lost, what is to be asked for
 * again. It lives where the client's packets arrive; what others get of it is the feed. Most
 * participants of a tour never send, so the larger part is made with the first packet (once, like a
 * handshake: the packet path itself does not allocate). Owner: the engine's thread. */
#ifndef ORIEL_MEDIA_FEED_INBOUND_H
#define ORIEL_MEDIA_FEED_INBOUND_H

#include "base/session.h"
#include "media/recv/nack.h"
#include "media/recv/police.h"
#include "media/recv/stream.h"
#include "media/wire/rtp.h"

#define INBOUND_LEAD_MAX 8 /* packets: parameter sets before a key frame */
#define INBOUND_RTX_AHEAD                                                   \
    64 /* packets: a repair this far ahead of its stream belongs to another \
        */
#define INBOUND_REPLACED (1 * US_PER_S) /* [us] after which a new ssrc may take the m-line over */

struct inbound {
    struct session_line s;
    bool muted;
    uint32_t ssrc, rtx_ssrc; /* in use, 0 = not seen yet */
    uint16_t rtx_seq;        /* newest of the RTX stream */
    us_t heard;              /* [us] last packet with a payload */
    struct policer police;
    struct recv_stats stats;
    struct recv_nack *nack; /* NULL until its first packet */
};

/* What a packet is, before its m-line looks at it. */
struct arrival {
    struct inbound *in;
    bool rtx;     /* a retransmission */
    bool restart; /* another ssrc takes the m-line over: a new stream with its own numbers */
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

/* The m-line of this packet among n, by ssrc, MID (RFC 9143 section 9.2, RFC 8843) or a payload
 * type that only one m-line uses. False when it is nobody's. */
bool inbound_find(struct inbound *lines, unsigned n, us_t now, const struct rtp *r,
                  struct arrival *ret);
/* The first packet comes. ERR_NOMEM. Twice does no harm. */
enum err inbound_start(struct inbound *in);
/* A new stream on the m-line: numbers and losses begin anew. */
void inbound_restart(struct inbound *in);
/* Free what inbound_start made. */
void inbound_stop(struct inbound *in);
/* Count a packet, RTX undone, and note gaps. *ret is filled but for INBOUND_DROP. */
enum inbound_verdict inbound_receive(struct inbound *in, us_t now, const struct rtp *r,
                                     bool recovered, struct inbound_place *ret);
/* When something is to be asked of the sender again; US_NEVER. */
us_t inbound_deadline(const struct inbound *in);

/* Camera or screen: switches at key frames only. */
static inline bool inbound_is_video(const struct inbound *in) {
    return in->s.source != SOURCE_MICROPHONE;
}

#endif
