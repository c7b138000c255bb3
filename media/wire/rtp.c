#include "media/wire/rtp.h"

#define RTP_VERSION 2       /* RFC 3550 section 5.1 */
#define EXT_ONE_BYTE 0xBEDE /* RFC 8285 section 4.2 */
#define EXT_TWO_BYTE 0x1000 /* RFC 8285 section 4.3: the upper 12 bits; the rest is appbits */
#define EXT_TWO_BYTE_MASK 0xFFF0
#define EXT_ID_STOP 15 /* RFC 8285 section 4.2: one-byte form, ends the processing */
#define EXT_ID_MAX 14
#define EXT_LEN_MAX 16 /* [bytes] of a one-byte element's data */

/* Where the header's fixed part and CSRCs end is in r->header_len; take the extension behind it. */
static enum err parse_extension(struct bytes b, struct rtp *r) {
    if (b.n < (size_t)r->header_len + 4) {
        return ERR_SHORT;
    }
    const uint8_t *p = b.p + r->header_len;
    uint16_t profile = be16(p);
    size_t len = (size_t)be16(p + 2) * 4;
    if (b.n < r->header_len + 4 + len) {
        return ERR_SHORT;
    }
    if (profile == EXT_ONE_BYTE || (profile & EXT_TWO_BYTE_MASK) == EXT_TWO_BYTE) {
        r->ext_profile = profile;
        r->ext = bytes_of(p + 4, len);
    }
    r->header_len = (uint16_t)(r->header_len + 4 + len);
    return OK;
}

enum err rtp_parse(struct bytes b, struct rtp *ret) {
    if (b.n < RTP_FIXED_HEADER) {
        return ERR_SHORT;
    }
    /* header_len must hold any length; no datagram is longer than this. */
    if (b.n > UINT16_MAX || b.p[0] >> 6 != RTP_VERSION) {
        return ERR_FORMAT;
    }
    struct rtp r = {.pt = b.p[1] & 0x7f,
                    .marker = b.p[1] >> 7,
                    .seq = be16(b.p + 2),
                    .ts = be32(b.p + 4),
                    .ssrc = be32(b.p + 8),
                    .header_len = (uint16_t)(RTP_FIXED_HEADER + 4 * (b.p[0] & 0x0f))};
    if (b.n < r.header_len) {
        return ERR_SHORT;
    }
    if (b.p[0] & 0x10) {
        enum err e = parse_extension(b, &r);
        if (e != OK) {
            return e;
        }
    }
    size_t rest = b.n - r.header_len;
    if (b.p[0] & 0x20) {
        /* The last octet counts itself (RFC 3550 section 5.1). */
        if (rest == 0 || b.p[b.n - 1] == 0 || b.p[b.n - 1] > rest) {
            return ERR_FORMAT;
        }
        r.padding = b.p[b.n - 1];
    }
    r.payload = bytes_of(b.p + r.header_len, rest - r.padding);
    *ret = r;
    return OK;
}

/* Read one element, or a padding byte as id 0. False at the end, the stop mark or a cut element. */
static bool next_element(struct rd *r, bool one_byte, uint8_t *ret_id, struct bytes *ret_data) {
    uint8_t first = rd_u8(r);
    size_t len = 0;
    *ret_id = one_byte ? first >> 4 : first;
    if (one_byte && *ret_id == EXT_ID_STOP) {
        return false;
    }
    if (*ret_id != 0) {
        len = one_byte ? (size_t)(first & 0x0f) + 1 : rd_u8(r);
    }
    *ret_data = rd_bytes(r, len);
    return !r->bad;
}

struct bytes rtp_ext_find(const struct rtp *r, uint8_t id) {
    if (id == 0 || r->ext.n == 0) {
        return bytes_of(NULL, 0);
    }
    struct rd rd = rd_of(r->ext.p, r->ext.n);
    bool one_byte = r->ext_profile == EXT_ONE_BYTE;
    uint8_t found;
    struct bytes data;
    while (rd_left(&rd) > 0 && next_element(&rd, one_byte, &found, &data)) {
        if (found == id) {
            return data;
        }
    }
    return bytes_of(NULL, 0);
}

static bool needs_two_bytes(const struct rtp_write_ext *ext, size_t n_ext) {
    bool needs = false;
    for (size_t i = 0; i < n_ext; i++) {
        needs = needs || ext[i].len > EXT_LEN_MAX;
    }
    return needs;
}

/* Length of the extension block with its own header [bytes], or 0 when an element cannot be
 * written. */
static size_t ext_block_len(const struct rtp_write_ext *ext, size_t n_ext, bool two_byte) {
    size_t len = 4;
    for (size_t i = 0; i < n_ext; i++) {
        if (ext[i].id < 1 || ext[i].id > EXT_ID_MAX || ext[i].len < 1) {
            return 0;
        }
        len += (two_byte ? 2 : 1) + (size_t)ext[i].len;
    }
    len = (len + 3) & ~(size_t)3;
    return len > UINT16_MAX ? 0 : len;
}

size_t rtp_write_header(uint8_t *out, size_t cap, const struct rtp *h,
                        const struct rtp_write_ext *ext, size_t n_ext) {
    bool two_byte = needs_two_bytes(ext, n_ext);
    size_t ext_len = n_ext ? ext_block_len(ext, n_ext, two_byte) : 0;
    size_t len = RTP_FIXED_HEADER + ext_len;
    if (cap < len || (n_ext && ext_len == 0)) {
        return 0;
    }
    out[0] = (uint8_t)(RTP_VERSION << 6 | (h->padding ? 0x20 : 0) | (n_ext ? 0x10 : 0));
    out[1] = (uint8_t)((h->marker ? 0x80 : 0) | (h->pt & 0x7f));
    put_be16(out + 2, h->seq);
    put_be32(out + 4, h->ts);
    put_be32(out + 8, h->ssrc);
    if (n_ext == 0) {
        return len;
    }
    uint8_t *p = out + RTP_FIXED_HEADER;
    put_be16(p, two_byte ? EXT_TWO_BYTE : EXT_ONE_BYTE);
    put_be16(p + 2, (uint16_t)(ext_len / 4 - 1));
    p += 4;
    for (size_t i = 0; i < n_ext; i++) {
        if (two_byte) {
            *p++ = ext[i].id;
            *p++ = ext[i].len;
        } else {
            *p++ = (uint8_t)(ext[i].id << 4 | (ext[i].len - 1));
        }
        memcpy(p, ext[i].p, ext[i].len);
        p += ext[i].len;
    }
    memset(p, 0, (size_t)(out + len - p));
    return len;
}

enum wire_kind wire_classify(struct bytes datagram) {
    if (datagram.n < 2) {
        return WIRE_OTHER;
    }
    uint8_t first = datagram.p[0];
    if (first <= 3) {
        return WIRE_STUN;
    }
    if (first >= 20 && first <= 63) {
        return WIRE_DTLS;
    }
    if (first < 128 || first > 191) {
        return WIRE_OTHER;
    }
    /* RTCP packet types 192..223 are the RTP payload types 64..95 with the marker bit, which are
     * never used beside RTCP (RFC 5761 section 4). */
    return datagram.p[1] >= 192 && datagram.p[1] <= 223 ? WIRE_RTCP : WIRE_RTP;
}

bool rtp_audio_level(struct bytes ext, uint8_t *ret_level, bool *ret_voice) {
    if (ext.n != 1) {
        return false;
    }
    *ret_level = ext.p[0] & 0x7f;
    *ret_voice = ext.p[0] >> 7;
    return true;
}
