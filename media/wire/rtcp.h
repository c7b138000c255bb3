/* RTCP (RFC 3550 section 6, RFC 4585, RFC 5104, transport-wide congestion control): an iterator
 * over a compound packet and writers for what Oriel sends. Reduced-size RTCP (RFC 5506) is
 * accepted. Stateless. Thread: any. */
#ifndef ORIEL_MEDIA_WIRE_RTCP_H
#define ORIEL_MEDIA_WIRE_RTCP_H

#include "base/bytes.h"
#include "base/err.h"

enum rtcp_type {
    RTCP_SR = 200,
    RTCP_RR = 201,
    RTCP_SDES = 202,
    RTCP_BYE = 203,
    RTCP_RTPFB = 205, /* RFC 4585: fmt 1 = generic NACK, 15 = transport-cc */
    RTCP_PSFB = 206   /* RFC 4585: fmt 1 = PLI; RFC 5104: 4 = FIR; 15 = REMB (AFB) */
};
#define RTCP_FMT_NACK 1
#define RTCP_FMT_TWCC 15
#define RTCP_FMT_PLI 1
#define RTCP_FMT_FIR 4
#define RTCP_FMT_AFB 15

struct rtcp_packet {
    uint8_t type;      /* enum rtcp_type, or another value to skip */
    uint8_t count;     /* RC / SC / FMT, 0..31 */
    uint32_t ssrc;     /* sender's SSRC, 0 when the packet has none */
    struct bytes body; /* after the sender's SSRC, without padding */
};

/* Take the next packet of a compound from *rest. OK, ERR_AGAIN at the end, ERR_FORMAT or ERR_SHORT
 * when what follows is not RTCP; *rest then stays put. */
enum err rtcp_next(struct bytes *rest, struct rtcp_packet *ret);

struct rtcp_sr { /* RFC 3550 section 6.4.1, sender info */
    uint64_t ntp;
    uint32_t rtp_ts;
    uint32_t packets;
    uint32_t octets;
};
enum err rtcp_sr_parse(const struct rtcp_packet *p, struct rtcp_sr *ret);

struct rtcp_report { /* RFC 3550 section 6.4.1, report block */
    uint32_t ssrc;
    uint8_t fraction_lost;   /* [1/256] */
    int32_t cumulative_lost; /* signed 24 bits */
    uint32_t highest_seq;    /* extended */
    uint32_t jitter;         /* [media clock units] */
    uint32_t lsr;            /* [1/65536 s] middle of the last SR's NTP, 0 = none */
    uint32_t dlsr;           /* [1/65536 s] */
};
/* Report block number i of an SR or RR. ERR_RANGE past the last, ERR_SHORT when cut off. */
enum err rtcp_report_at(const struct rtcp_packet *p, unsigned i, struct rtcp_report *ret);

/* Expand FCI number i of a generic NACK: PID then BLP (RFC 4585 section 6.2.1). Writes 1..17
 * sequence numbers into out[17] and their count into *ret_n. ERR_RANGE past the last. */
enum err rtcp_nack_at(const struct rtcp_packet *p, unsigned i, uint16_t out[17], unsigned *ret_n);
/* The media SSRC of an RTPFB or PSFB packet (RFC 4585 section 6.1), 0 when cut off. */
uint32_t rtcp_fb_media_ssrc(const struct rtcp_packet *p);
/* FIR entry i (RFC 5104 section 4.3.1): the SSRC asked and its command sequence number. */
enum err rtcp_fir_at(const struct rtcp_packet *p, unsigned i, uint32_t *ret_ssrc, uint8_t *ret_nr);
/* REMB (draft-alvestrand-rmcat-remb-03): bitrate [bit/s]. ERR_FORMAT when it is another AFB. */
enum err rtcp_remb_parse(const struct rtcp_packet *p, uint64_t *ret_bitrate);

/* Writers append one packet to w; a lack of room turns w bad. */
void rtcp_write_sr(struct wr *w, uint32_t ssrc, const struct rtcp_sr *sr,
                   const struct rtcp_report *reports, unsigned n);
void rtcp_write_rr(struct wr *w, uint32_t ssrc, const struct rtcp_report *reports, unsigned n);
void rtcp_write_sdes_cname(struct wr *w, uint32_t ssrc, const char *cname);
void rtcp_write_bye(struct wr *w, uint32_t ssrc);
/* seqs ascending in serial order; folded into PID/BLP pairs. */
void rtcp_write_nack(struct wr *w, uint32_t sender, uint32_t media, const uint16_t *seqs,
                     unsigned n);
void rtcp_write_pli(struct wr *w, uint32_t sender, uint32_t media);
/* A FIR with one entry; nr: command sequence number. */
void rtcp_write_fir(struct wr *w, uint32_t sender, uint32_t media, uint8_t nr);
void rtcp_write_remb(struct wr *w, uint32_t sender, uint64_t bitrate, const uint32_t *ssrcs,
                     unsigned n);

/* One received packet of a transport-wide feedback. */
struct rtcp_twcc_arrival {
    uint16_t seq;
    bool received;
    int64_t at_us; /* [us] arrival, when received; resolution 250 us on the wire */
};
/* What tells one feedback from another: both SSRCs and the counter of feedback packets. */
struct rtcp_twcc_ids {
    uint32_t sender, media;
    uint8_t fb_count;
};
/* Write a transport-cc feedback for consecutive sequence numbers a[0..n-1], received or lost.
 * Returns how many of them fit (0 = none received or no room, w unchanged): a delta that does not
 * fit in 16 bits ends the packet early. */
unsigned rtcp_write_twcc(struct wr *w, const struct rtcp_twcc_ids *ids,
                         const struct rtcp_twcc_arrival *a, unsigned n);

/* Reads a transport-cc feedback packet by packet, in order of sequence numbers. */
struct rtcp_twcc_reader {
    struct rd chunks, deltas;
    uint16_t seq;      /* of the next packet */
    uint16_t left;     /* packets */
    uint16_t chunk;    /* the chunk under way */
    uint16_t in_chunk; /* symbols of it that are left */
    int64_t at_us;     /* [us] of the last arrival; at first of the reference */
    uint8_t fb_count;
};
/* Begin to read p. The reference time has 24 bits of 64 ms, thus wraps in 12 days: of all times it
 * may stand for, the one nearest to near_us [us] is taken. The whole packet is checked:
 * ERR_FORMAT when it is another packet or has a reserved symbol, ERR_SHORT when it promises more
 * than it has. p's bytes are borrowed. */
enum err rtcp_twcc_begin(const struct rtcp_packet *p, int64_t near_us,
                         struct rtcp_twcc_reader *ret);
/* How many packets it speaks of; not checked. */
unsigned rtcp_twcc_count(const struct rtcp_packet *p);
/* The next packet, received or not; false at the end. */
bool rtcp_twcc_next(struct rtcp_twcc_reader *r, struct rtcp_twcc_arrival *ret);
/* Only the last n are of interest: skip the rest. However many are said to be lost, this costs what
 * the bytes of the packet do. */
void rtcp_twcc_keep(struct rtcp_twcc_reader *r, unsigned n);

#endif
