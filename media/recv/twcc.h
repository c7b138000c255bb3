/* Receiver side of transport-wide congestion control
 * (draft-holmer-rmcat-transport-wide-cc-extensions-01): notes when each transport sequence number
 * arrived and writes feedback about every 100 ms, or sooner when many packets wait. One per peer,
 * over all its streams. Owner: one worker. */
#ifndef ORIEL_MEDIA_RECV_TWCC_H
#define ORIEL_MEDIA_RECV_TWCC_H

#include "base/bytes.h"
#include "base/seq.h"
#include "base/time.h"

#define TWCC_WINDOW                                                               \
    1024 /* sequence numbers remembered, power of two: a loss as long is reported \
          */
#define TWCC_INTERVAL (100 * US_PER_MS)
#define TWCC_MARKER_PACKETS 64 /* pending at a frame's end: send now */
#define TWCC_PACKETS 128       /* pending anywhere: send now */

struct recv_twcc {
    struct seq_ext ext;
    uint64_t base;        /* first sequence number of the next feedback */
    uint64_t oldest;      /* oldest with a valid place in `at` */
    unsigned pending;     /* packets received since the last feedback */
    us_t deadline;        /* [us] US_NEVER when nothing is pending */
    uint8_t fb_count;     /* feedback packets sent, wraps */
    us_t at[TWCC_WINDOW]; /* [us] arrival + 1 by sequence number; 0 = not received */
};

/* Nothing received yet. */
void recv_twcc_init(struct recv_twcc *t);
/* A packet with this transport sequence number arrived; marker: its RTP marker bit. */
void recv_twcc_packet(struct recv_twcc *t, us_t now, uint16_t seq, bool marker);
/* When to call recv_twcc_write; US_NEVER. */
us_t recv_twcc_deadline(const struct recv_twcc *t);
/* Append one feedback packet to w; true when there is more to report in another one. media: ssrc
 * of any stream of the peer. Nothing is written when nothing is pending; without room w turns bad
 * or stays unchanged and the packets are reported next time. */
bool recv_twcc_write(struct recv_twcc *t, struct wr *w, uint32_t sender, uint32_t media);

#endif
