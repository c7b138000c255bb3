/* What an SRTP session remembers of its inbound streams. libsrtp2 keeps a replay window per stream
 * for as long as it knows the stream; this table decides which ones those are, and keeps of the
 * others what is needed for their old packets to stay old.
 *
 * DESIGN. A client may use any number of SSRCs in a long session, so the stream that was silent
 * longest makes room for a new one. Forgetting it altogether would open its past: whoever recorded
 * its packets could play them again, for libsrtp2 would take them for those of a new stream. So two
 * numbers stay, the index after its highest RTP and its highest SRTCP packet: below them nothing is
 * accepted any more, neither while it is away nor after it has come back, when libsrtp2's window
 * starts empty. That refuses late packets of a stream that pauses and is let go, which nobody waits
 * for. The two numbers can never be dropped, so their count is limited; then new streams are
 * refused. Only authentic packets move anything. Owner: the srtp_opener that embeds it. */
#ifndef ORIEL_MEDIA_SECURE_SRTP_STREAMS_H
#define ORIEL_MEDIA_SECURE_SRTP_STREAMS_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct stream {
    uint64_t used;      /* when it was heard, by the table's own count */
    uint64_t rtp_next;  /* highest index + 1; 0 = no RTP yet */
    uint64_t rtp_floor; /* lower indices are old */
    uint32_t rtcp_next; /* likewise, of SRTCP */
    uint32_t rtcp_floor;
    uint32_t ssrc;
    bool pending; /* libsrtp2 may have the wrong rollover counter: no packet opened since it was
                     told */
};

/* A stream that was let go. */
struct stream_gone {
    uint64_t rtp_floor;
    uint32_t rtcp_floor;
    uint32_t ssrc;
};

struct streams {
    struct stream *live;
    struct stream_gone *gone; /* NULL until the first one goes */
    unsigned n_live, cap_live, n_gone;
    unsigned last; /* where the last one was found */
    uint64_t clock;
};

/* An empty table with room for the streams of a usual session; false when memory is out. */
bool streams_init(struct streams *t);
/* Release the memory of a table, which may be all zero. */
void streams_free(struct streams *t);
/* The stream with this ssrc, or NULL. Valid until the next streams_enter. */
struct stream *streams_find(struct streams *t, uint32_t ssrc);
/* Whether this stream was let go; then ret is what is known of it. */
bool streams_was_let_go(const struct streams *t, uint32_t ssrc, struct stream *ret);
/* Make sure that streams_enter can enter this ssrc: ERR_FULL, ERR_NOMEM. */
enum err streams_reserve(struct streams *t, uint32_t ssrc);
/* After streams_reserve: enter *s, which is not in the table. When that lets another one go, true
 * and its ssrc. */
bool streams_enter(struct streams *t, const struct stream *s, uint32_t *ret_gone);

/* The packet index of this sequence number (RFC 3711 section 3.3.1 and appendix A). */
uint64_t stream_index(const struct stream *s, uint16_t seq);
/* An authentic packet with this RTP or SRTCP index came. */
void stream_heard_rtp(struct streams *t, struct stream *s, uint64_t index);
void stream_heard_rtcp(struct streams *t, struct stream *s, uint32_t index);

#endif
