#include "media/wire/rtcp.h"

#define RTCP_COUNT_MAX 31 /* 5 bits, RFC 3550 section 6.4.1 */
#define SDES_CNAME 1      /* RFC 3550 section 6.5.1 */
#define SDES_TEXT_MAX 255 /* [bytes] */
#define NACK_FCI_MAX 8192 /* far above what fits into a datagram */
#define REMB_MANTISSA_MAX 0x3ffff

/* words: length of the packet in 32-bit words with this header. */
static void write_header(struct wr *w, unsigned count, enum rtcp_type type, size_t words) {
    wr_u8(w, (uint8_t)(2 << 6 | count));
    wr_u8(w, (uint8_t)type);
    wr_u16(w, (uint16_t)(words - 1));
}

static void write_reports(struct wr *w, const struct rtcp_report *r, unsigned n) {
    for (unsigned i = 0; i < n; i++) {
        wr_u32(w, r[i].ssrc);
        wr_u8(w, r[i].fraction_lost);
        /* Clamped as in RFC 3550 appendix A.3: the field holds 24 signed bits. */
        int32_t lost = r[i].cumulative_lost;
        lost = lost > 0x7fffff ? 0x7fffff : lost < -0x800000 ? -0x800000 : lost;
        wr_u24(w, (uint32_t)lost & 0xffffff);
        wr_u32(w, r[i].highest_seq);
        wr_u32(w, r[i].jitter);
        wr_u32(w, r[i].lsr);
        wr_u32(w, r[i].dlsr);
    }
}

void rtcp_write_sr(struct wr *w, uint32_t ssrc, const struct rtcp_sr *sr,
                   const struct rtcp_report *reports, unsigned n) {
    n = n > RTCP_COUNT_MAX ? RTCP_COUNT_MAX : n;
    write_header(w, n, RTCP_SR, 7 + 6 * n);
    wr_u32(w, ssrc);
    wr_u64(w, sr->ntp);
    wr_u32(w, sr->rtp_ts);
    wr_u32(w, sr->packets);
    wr_u32(w, sr->octets);
    write_reports(w, reports, n);
}

void rtcp_write_rr(struct wr *w, uint32_t ssrc, const struct rtcp_report *reports, unsigned n) {
    n = n > RTCP_COUNT_MAX ? RTCP_COUNT_MAX : n;
    write_header(w, n, RTCP_RR, 2 + 6 * n);
    wr_u32(w, ssrc);
    write_reports(w, reports, n);
}

void rtcp_write_sdes_cname(struct wr *w, uint32_t ssrc, const char *cname) {
    size_t n = strnlen(cname, SDES_TEXT_MAX);
    /* The item list ends with at least one zero byte, up to the word boundary (section 6.5). */
    size_t items = (2 + n + 1 + 3) & ~(size_t)3;
    write_header(w, 1, RTCP_SDES, 2 + items / 4);
    wr_u32(w, ssrc);
    wr_u8(w, SDES_CNAME);
    wr_u8(w, (uint8_t)n);
    wr_bytes(w, cname, n);
    wr_zero(w, items - 2 - n);
}

void rtcp_write_bye(struct wr *w, uint32_t ssrc) {
    write_header(w, 1, RTCP_BYE, 2);
    wr_u32(w, ssrc);
}

/* Fold seqs from *i on into one PID and BLP, moving *i past what was taken. */
static uint32_t fold_nack(const uint16_t *seqs, unsigned n, unsigned *i) {
    uint16_t pid = seqs[(*i)++];
    uint32_t blp = 0;
    for (; *i < n; ++*i) {
        unsigned ahead = (uint16_t)(seqs[*i] - pid);
        if (ahead > 16) {
            break;
        }
        if (ahead > 0) {
            blp |= 1u << (ahead - 1);
        }
    }
    return (uint32_t)pid << 16 | blp;
}

void rtcp_write_nack(struct wr *w, uint32_t sender, uint32_t media, const uint16_t *seqs,
                     unsigned n) {
    size_t words = 3;
    for (unsigned i = 0; i < n; words++) {
        fold_nack(seqs, n, &i);
    }
    if (n == 0) {
        return;
    }
    if (words - 3 > NACK_FCI_MAX) {
        w->bad = true;
        return;
    }
    write_header(w, RTCP_FMT_NACK, RTCP_RTPFB, words);
    wr_u32(w, sender);
    wr_u32(w, media);
    for (unsigned i = 0; i < n;) {
        wr_u32(w, fold_nack(seqs, n, &i));
    }
}

void rtcp_write_pli(struct wr *w, uint32_t sender, uint32_t media) {
    write_header(w, RTCP_FMT_PLI, RTCP_PSFB, 3);
    wr_u32(w, sender);
    wr_u32(w, media);
}

void rtcp_write_fir(struct wr *w, uint32_t sender, uint32_t media, uint8_t nr) {
    write_header(w, RTCP_FMT_FIR, RTCP_PSFB, 5);
    wr_u32(w, sender);
    wr_u32(w, 0); /* whom it is for is said by the entry: RFC 5104 section 4.3.1.2 */
    wr_u32(w, media);
    wr_u8(w, nr);
    wr_u24(w, 0);
}

void rtcp_write_remb(struct wr *w, uint32_t sender, uint64_t bitrate, const uint32_t *ssrcs,
                     unsigned n) {
    unsigned exponent = 0;
    for (; bitrate > REMB_MANTISSA_MAX; bitrate >>= 1) {
        exponent++;
    }
    n = n > UINT8_MAX ? UINT8_MAX : n;
    write_header(w, RTCP_FMT_AFB, RTCP_PSFB, 5 + n);
    wr_u32(w, sender);
    wr_u32(w, 0); /* the media SSRC is always 0: draft-alvestrand-rmcat-remb-03 section 2.2 */
    wr_bytes(w, "REMB", 4);
    wr_u8(w, (uint8_t)n);
    wr_u24(w, (uint32_t)(exponent << 18 | bitrate));
    for (unsigned i = 0; i < n; i++) {
        wr_u32(w, ssrcs[i]);
    }
}
