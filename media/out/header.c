#include "media/out/header.h"

#include "base/bytes.h"

#include <string.h>

#define ONE_BYTE 0xbede /* RFC 8285 section 4.2 */
#define TWO_BYTE 0x1000 /* section 4.3 */
#define ONE_BYTE_ID 14  /* greatest id, */
#define ONE_BYTE_LEN 16 /* and longest element of the one-byte form [bytes] */
#define PASS_LEN_MAX 16 /* [bytes] a longer element of a source is not passed on */

static const uint8_t pass_kind[PACKET_EXT_COUNT] = {
    [PACKET_EXT_AUDIO_LEVEL] = RTP_EXT_AUDIO_LEVEL,
};

static uint8_t *element(const struct header *h, uint8_t *out, uint8_t id, uint8_t len) {
    if (h->two_byte) {
        *out++ = id;
        *out++ = len;
    } else {
        *out++ = (uint8_t)(id << 4 | (len - 1));
    }
    return out;
}

void header_init(struct header *h, const struct session_line *line) {
    const uint8_t *id = line->ext.id;
    size_t mid = id[RTP_EXT_MID] ? strlen(line->mid) : 0;
    memset(h, 0, sizeof(*h));
    for (unsigned i = 0; i < PACKET_EXT_COUNT; i++) {
        h->pass[i] = id[pass_kind[i]];
        h->two_byte = h->two_byte || h->pass[i] > ONE_BYTE_ID;
    }
    /* A packet that is sent again as it was must not have another number the second time. */
    h->twcc = line->twcc && line->rtx_pt ? id[RTP_EXT_TWCC] : 0;
    h->two_byte = h->two_byte || id[RTP_EXT_MID] > ONE_BYTE_ID || h->twcc > ONE_BYTE_ID;
    if (mid > 0) {
        uint8_t *end = element(h, h->fixed, id[RTP_EXT_MID], (uint8_t)mid);
        memcpy(end, line->mid, mid);
        h->fixed_len = (uint8_t)((size_t)(end - h->fixed) + mid);
    }
}

static bool passes(const struct header *h, const struct media_packet *p, unsigned i) {
    return h->pass[i] && p->ext_len[i] > 0 && p->ext_len[i] <= PASS_LEN_MAX;
}

/* Length of the elements [bytes], without their own header and padding. */
static size_t elements_len(const struct header *h, const struct media_packet *p) {
    size_t each = h->two_byte ? 2 : 1;
    size_t n = h->fixed_len + (h->twcc ? each + 2 : 0);
    for (unsigned i = 0; i < PACKET_EXT_COUNT; i++) {
        n += passes(h, p, i) ? each + p->ext_len[i] : 0;
    }
    return n;
}

size_t header_len(const struct header *h, const struct media_packet *p) {
    size_t n = elements_len(h, p);
    return RTP_FIXED_HEADER + (n ? 4 + ((n + 3) & ~(size_t)3) : 0);
}

static size_t write_elements(const struct header *h, const struct media_packet *p, uint16_t twcc,
                             uint8_t *out) {
    uint8_t *at = out + 4;
    memcpy(at, h->fixed, sizeof(h->fixed)); /* the rest is written over */
    at += h->fixed_len;
    if (h->twcc) {
        at = element(h, at, h->twcc, 2);
        put_be16(at, twcc);
        at += 2;
    }
    for (unsigned i = 0; i < PACKET_EXT_COUNT; i++) {
        if (passes(h, p, i)) {
            at = element(h, at, h->pass[i], p->ext_len[i]);
            memcpy(at, p->packet->data + p->ext_at[i], p->ext_len[i]);
            at += p->ext_len[i];
        }
    }
    size_t n = (size_t)(at - out - 4), whole = (n + 3) & ~(size_t)3;
    if (n == 0) {
        return 0;
    }
    memset(at, 0, whole - n);
    put_be16(out, h->two_byte ? TWO_BYTE : ONE_BYTE);
    put_be16(out + 2, (uint16_t)(whole / 4));
    return 4 + whole;
}

size_t header_write(const struct header *h, const struct media_packet *p,
                    const struct header_values *v, uint8_t out[HEADER_MAX]) {
    size_t ext = write_elements(h, p, v->twcc, out + RTP_FIXED_HEADER);
    out[0] = (uint8_t)(0x80 | (v->padded ? 0x20 : 0) | (ext ? 0x10 : 0));
    out[1] = (uint8_t)((v->marker ? 0x80 : 0) | (v->pt & 0x7f));
    put_be16(out + 2, v->seq);
    put_be32(out + 4, v->ts);
    put_be32(out + 8, v->ssrc);
    return RTP_FIXED_HEADER + ext;
}
