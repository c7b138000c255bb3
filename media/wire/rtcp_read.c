#include "media/wire/rtcp.h"

#define RTCP_VERSION 2
/* Packet types that can share a port with RTP (RFC 5761 section 4). */
#define RTCP_TYPE_MIN 192
#define RTCP_TYPE_MAX 223
#define SR_INFO_LEN 20   /* [bytes] RFC 3550 section 6.4.1, after the sender's SSRC */
#define REPORT_LEN 24    /* [bytes] RFC 3550 section 6.4.1 */
#define FB_MEDIA_LEN 4   /* [bytes] media source SSRC, RFC 4585 section 6.1 */
#define REMB_FIXED_LEN 8 /* [bytes] "REMB", count, exponent and mantissa */
#define REMB_MANTISSA_BITS 18

/* Padding in bytes from the last octet of the packet b, or -1 when it is not possible. libwebrtc
 * pads transport-cc by 1..3 bytes, so a multiple of four is not demanded. */
static int padding_of(struct bytes b) {
    if (!(b.p[0] & 0x20)) {
        return 0;
    }
    uint8_t n = b.p[b.n - 1];
    return n == 0 || n > b.n - 4 ? -1 : n;
}

enum err rtcp_next(struct bytes *rest, struct rtcp_packet *ret) {
    if (rest->n == 0) {
        return ERR_AGAIN;
    }
    if (rest->n < 4) {
        return ERR_SHORT;
    }
    const uint8_t *p = rest->p;
    if (p[0] >> 6 != RTCP_VERSION || p[1] < RTCP_TYPE_MIN || p[1] > RTCP_TYPE_MAX) {
        return ERR_FORMAT;
    }
    size_t total = ((size_t)be16(p + 2) + 1) * 4;
    if (rest->n < total) {
        return ERR_SHORT;
    }
    int padding = padding_of(bytes_of(p, total));
    if (padding < 0) {
        return ERR_FORMAT;
    }
    size_t body = total - 4 - (size_t)padding;
    struct rtcp_packet k = {.type = p[1], .count = p[0] & 0x1f, .body = bytes_of(p + 4, body)};
    /* SDES and BYE list count SSRCs, so with a count of 0 they have none. */
    bool has_ssrc = (k.type != RTCP_SDES && k.type != RTCP_BYE) || k.count > 0;
    if (has_ssrc && body >= 4) {
        k.ssrc = be32(p + 4);
        k.body = bytes_of(p + 8, body - 4);
    }
    *rest = bytes_of(p + total, rest->n - total);
    *ret = k;
    return OK;
}

enum err rtcp_sr_parse(const struct rtcp_packet *p, struct rtcp_sr *ret) {
    if (p->type != RTCP_SR) {
        return ERR_FORMAT;
    }
    if (p->body.n < SR_INFO_LEN) {
        return ERR_SHORT;
    }
    const uint8_t *b = p->body.p;
    *ret = (struct rtcp_sr){.ntp = (uint64_t)be32(b) << 32 | be32(b + 4),
                            .rtp_ts = be32(b + 8),
                            .packets = be32(b + 12),
                            .octets = be32(b + 16)};
    return OK;
}

enum err rtcp_report_at(const struct rtcp_packet *p, unsigned i, struct rtcp_report *ret) {
    if (p->type != RTCP_SR && p->type != RTCP_RR) {
        return ERR_FORMAT;
    }
    if (i >= p->count) {
        return ERR_RANGE;
    }
    size_t at = (p->type == RTCP_SR ? SR_INFO_LEN : 0) + (size_t)i * REPORT_LEN;
    if (p->body.n < at + REPORT_LEN) {
        return ERR_SHORT;
    }
    const uint8_t *b = p->body.p + at;
    uint32_t lost = be32(b + 4) & 0xffffff;
    *ret = (struct rtcp_report){.ssrc = be32(b),
                                .fraction_lost = b[4],
                                .cumulative_lost = (int32_t)lost - (lost & 0x800000 ? 1 << 24 : 0),
                                .highest_seq = be32(b + 8),
                                .jitter = be32(b + 12),
                                .lsr = be32(b + 16),
                                .dlsr = be32(b + 20)};
    return OK;
}

static bool is_feedback(const struct rtcp_packet *p, uint8_t type, uint8_t fmt) {
    return p->type == type && p->count == fmt;
}

/* FCI number i of size bytes behind the media SSRC, or NULL past the last whole one. */
static const uint8_t *fci_at(const struct rtcp_packet *p, unsigned i, size_t size) {
    size_t n = p->body.n < FB_MEDIA_LEN ? 0 : (p->body.n - FB_MEDIA_LEN) / size;
    return i < n ? p->body.p + FB_MEDIA_LEN + i * size : NULL;
}

enum err rtcp_nack_at(const struct rtcp_packet *p, unsigned i, uint16_t out[17], unsigned *ret_n) {
    if (!is_feedback(p, RTCP_RTPFB, RTCP_FMT_NACK)) {
        return ERR_FORMAT;
    }
    const uint8_t *b = fci_at(p, i, 4);
    if (!b) {
        return ERR_RANGE;
    }
    uint16_t pid = be16(b), blp = be16(b + 2);
    unsigned n = 0;
    out[n++] = pid;
    for (unsigned bit = 0; bit < 16; bit++) {
        if (blp >> bit & 1) {
            out[n++] = (uint16_t)(pid + bit + 1);
        }
    }
    *ret_n = n;
    return OK;
}

uint32_t rtcp_fb_media_ssrc(const struct rtcp_packet *p) {
    bool feedback = p->type == RTCP_RTPFB || p->type == RTCP_PSFB;
    return feedback && p->body.n >= FB_MEDIA_LEN ? be32(p->body.p) : 0;
}

enum err rtcp_fir_at(const struct rtcp_packet *p, unsigned i, uint32_t *ret_ssrc, uint8_t *ret_nr) {
    if (!is_feedback(p, RTCP_PSFB, RTCP_FMT_FIR)) {
        return ERR_FORMAT;
    }
    const uint8_t *b = fci_at(p, i, 8);
    if (!b) {
        return ERR_RANGE;
    }
    *ret_ssrc = be32(b);
    *ret_nr = b[4];
    return OK;
}

enum err rtcp_remb_parse(const struct rtcp_packet *p, uint64_t *ret_bitrate) {
    if (!is_feedback(p, RTCP_PSFB, RTCP_FMT_AFB) || p->body.n < FB_MEDIA_LEN + REMB_FIXED_LEN) {
        return ERR_FORMAT;
    }
    const uint8_t *b = p->body.p + FB_MEDIA_LEN;
    if (memcmp(b, "REMB", 4) != 0 || p->body.n < FB_MEDIA_LEN + REMB_FIXED_LEN + (size_t)b[4] * 4) {
        return ERR_FORMAT;
    }
    unsigned exponent = b[5] >> 2;
    uint64_t mantissa = be32(b + 4) & ((1u << REMB_MANTISSA_BITS) - 1);
    if (exponent > 64 - REMB_MANTISSA_BITS && mantissa != 0) {
        return ERR_FORMAT; /* no link is that fast: the shift would overflow */
    }
    *ret_bitrate = mantissa ? mantissa << exponent : 0;
    return OK;
}
