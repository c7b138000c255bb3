/* Receive statistics of one source (RFC 3550 sections 6.4.1, appendices A.1, A.3 and A.8) and the
 * report block made of them. Also unwraps sequence numbers and refuses duplicates, which makes it
 * the first station of every received RTP packet. Owner: one worker; lives in the source. */
#ifndef ORIEL_MEDIA_RECV_STREAM_H
#define ORIEL_MEDIA_RECV_STREAM_H

#include "base/seq.h"
#include "base/time.h"
#include "media/recv/window.h"
#include "media/wire/rtcp.h"

struct recv_stats {
    struct seq_ext ext;
    struct seq_window window;
    uint32_t rate;      /* [Hz] RTP clock */
    uint64_t base_seq;  /* first extended sequence number counted */
    uint64_t received;  /* packets in the stream itself, duplicates included (A.3) */
    uint64_t recovered; /* packets that came by RTX only; not part of `received` */
    uint64_t bytes;     /* [bytes] of RTP payload, both ways of arrival */
    uint64_t expected_prior, received_prior; /* at the last report block */
    uint32_t jitter;                         /* [1/16 media clock units] A.8 scaled estimate */
    uint32_t transit; /* [media clock units] of the last packet, modulo 2^32 */
    bool any_transit;
    us_t last_at;           /* [us] arrival of the last packet, 0 = none yet */
    uint32_t lsr;           /* [1/65536 s] middle of the last SR's NTP, 0 = none */
    us_t lsr_at;            /* [us] when that SR came */
    uint32_t last_lost;     /* [packets] lost within the last report interval, */
    uint32_t last_expected; /* of so many */
};

/* What recv_stats knows of a packet from its header. */
struct recv_arrival {
    us_t at;          /* [us] */
    uint16_t seq;     /* of the stream, also for a packet recovered by RTX (its OSN) */
    uint32_t ts;      /* [media clock] */
    uint32_t payload; /* [bytes] */
    bool recovered;   /* it came by RTX: does not count as received, nor for jitter (RFC 4588
                         section 6.3 reports the original stream by itself) */
};

/* rate: RTP clock [Hz], not 0. */
void recv_stats_init(struct recv_stats *s, uint32_t rate);
/* Count a packet. *ret_seq is its extended sequence number (at least 2^15, see base/seq.h).
 * Forward it only on SEQ_NEW. */
enum seq_verdict recv_stats_packet(struct recv_stats *s, const struct recv_arrival *a,
                                   uint64_t *ret_seq);
/* A sender report of this source arrived (for LSR and DLSR). */
void recv_stats_sr(struct recv_stats *s, us_t now, uint64_t ntp);
/* Fill the report block for ssrc and start a new report interval. False, and *ret untouched, when
 * nothing has been received yet. */
bool recv_stats_report(struct recv_stats *s, us_t now, uint32_t ssrc, struct rtcp_report *ret);
/* Resume after an adoption: `high` is the extended highest sequence number of the snapshot. */
void recv_stats_resume(struct recv_stats *s, uint64_t high);
/* The same when more may have come since: what is missing between `high` and the next packet is not
 * counted as lost. */
void recv_stats_rejoin(struct recv_stats *s, uint64_t high);

#endif
