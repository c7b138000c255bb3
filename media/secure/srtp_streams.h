/* What an SRTP session remembers of its inbound streams: their highest indices and their replay
 * windows (RFC 3711 section 3.3), for as long as it knows them, and of the others what is needed
 * for their old packets to stay old. libsrtp2, where it opens the packets, has windows of its own
 * and is told which streams to know.
 *
 * DESIGN. A client may use any number of SSRCs in a long session, so the stream that was silent
 * longest makes room for a new one. Forgetting it altogether would open its past: whoever recorded
 * its packets could play them again, for libsrtp2 would take them for those of a new stream. So two
 * numbers stay, the index after its highest RTP and its highest SRTCP packet: below them nothing is
 * accepted any more, neither while it is away nor after it has come back, when its window starts
 * empty. That refuses late packets of a stream that pauses and is let go, which nobody waits
 * for. The two numbers can never be dropped, so their count is limited; then new streams are
 * refused. Only authentic packets move anything. Owner: the srtp_opener that embeds it. */
#ifndef ORIEL_MEDIA_SECURE_SRTP_STREAMS_H
#define ORIEL_MEDIA_SECURE_SRTP_STREAMS_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

/* [packets] of the replay windows. RFC 3711 section 3.3.2 asks at least 64; video at 5 Mbit/s comes
 * out of order by more when a path changes. */
#define SRTP_WINDOW 1024
#define SRTCP_WINDOW 128

struct stream {
    uint64_t used;      /* when it was heard, by the table's own count */
    uint64_t rtp_next;  /* highest index + 1; 0 = no RTP yet */
    uint64_t rtp_floor; /* lower indices are old */
    uint32_t rtcp_next; /* likewise, of SRTCP */
    uint32_t rtcp_floor;
    uint32_t ssrc;
    bool pending; /* no packet opened since we took this over: rtp_next may be off by half a
                     rollover, and libsrtp2 must be told the counter */
    uint64_t rtcp_seen[SRTCP_WINDOW / 64]; /* replay windows below the next indices */
    uint64_t rtp_seen[SRTP_WINDOW / 64];
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
/* Whether an authentic packet with this RTP or SRTCP index came before, or may have: it is too old
 * to know. */
bool stream_had_rtp(const struct stream *s, uint64_t index);
bool stream_had_rtcp(const struct stream *s, uint32_t index);
/* An authentic packet with this RTP or SRTCP index came. */
void stream_heard_rtp(struct streams *t, struct stream *s, uint64_t index);
void stream_heard_rtcp(struct streams *t, struct stream *s, uint32_t index);

#endif
