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

static uint8_t *element(bool two_byte, uint8_t *out, uint8_t id, uint8_t len) {
    if (two_byte) {
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
    h->dependency = line->codec == CODEC_AV1 ? id[RTP_EXT_DEPENDENCY] : 0;
    h->two_byte = h->two_byte || h->dependency > ONE_BYTE_ID;
    h->two_byte = h->two_byte || id[RTP_EXT_MID] > ONE_BYTE_ID || h->twcc > ONE_BYTE_ID;
    if (mid > 0) {
        uint8_t *end = element(h->two_byte, h->fixed, id[RTP_EXT_MID], (uint8_t)mid);
        memcpy(end, line->mid, mid);
        h->fixed_len = (uint8_t)((size_t)(end - h->fixed) + mid);
    }
}

static bool passes(const struct header *h, const struct media_packet *p, unsigned i) {
    return h->pass[i] && p->ext_len[i] > 0 && p->ext_len[i] <= PASS_LEN_MAX;
}

/* A packet with a descriptor that is too long for the one-byte form has all elements in the other
 * (RFC 8285 section 4.1.2: forms may be mixed where that was agreed on, as it was with it). */
static bool in_two_bytes(const struct header *h, size_t descriptor) {
    return h->two_byte || descriptor > ONE_BYTE_LEN;
}

/* Length of the elements [bytes], without their own header and padding. */
static size_t elements_len(const struct header *h, const struct media_packet *p, size_t each) {
    size_t n = h->fixed_len + (h->twcc ? each + 2 : 0);
    for (unsigned i = 0; i < PACKET_EXT_COUNT; i++) {
        n += passes(h, p, i) ? each + p->ext_len[i] : 0;
    }
    return n;
}

/* With a descriptor. */
static size_t described_len(const struct header *h, const struct media_packet *p,
                            size_t descriptor) {
    bool two = in_two_bytes(h, descriptor);
    size_t each = two ? 2 : 1, mid = h->fixed_len > 0 && two != h->two_byte;
    return elements_len(h, p, each) + mid + each + descriptor;
}

size_t header_len(const struct header *h, const struct media_packet *p, size_t descriptor) {
    size_t n =
        descriptor > 0 ? described_len(h, p, descriptor) : elements_len(h, p, h->two_byte ? 2 : 1);
    return RTP_FIXED_HEADER + (n ? 4 + ((n + 3) & ~(size_t)3) : 0);
}

/* What is not prepared. */
static uint8_t *write_others(const struct header *h, const struct media_packet *p, bool two,
                             uint16_t twcc, uint8_t *at) {
    if (h->twcc) {
        at = element(two, at, h->twcc, 2);
        put_be16(at, twcc);
        at += 2;
    }
    for (unsigned i = 0; i < PACKET_EXT_COUNT; i++) {
        if (passes(h, p, i)) {
            at = element(two, at, h->pass[i], p->ext_len[i]);
            memcpy(at, p->packet->data + p->ext_at[i], p->ext_len[i]);
            at += p->ext_len[i];
        }
    }
    return at;
}

/* The head of the elements, which end at `at`, and what fills the last word. */
static size_t finish(bool two, uint8_t *out, uint8_t *at) {
    size_t n = (size_t)(at - out - 4), whole = (n + 3) & ~(size_t)3;
    if (n == 0) {
        return 0;
    }
    memset(at, 0, whole - n);
    put_be16(out, two ? TWO_BYTE : ONE_BYTE);
    put_be16(out + 2, (uint16_t)(whole / 4));
    return 4 + whole;
}

static size_t write_elements(const struct header *h, const struct media_packet *p, uint16_t twcc,
                             uint8_t *out) {
    memcpy(out + 4, h->fixed, sizeof(h->fixed)); /* the rest is written over */
    return finish(h->two_byte, out, write_others(h, p, h->two_byte, twcc, out + 4 + h->fixed_len));
}

static size_t write_described(const struct header *h, const struct media_packet *p,
                              const struct header_values *v, uint8_t *out) {
    bool two = in_two_bytes(h, v->descriptor.n);
    uint8_t *at = out + 4;
    if (h->fixed_len > 0 && two != h->two_byte) { /* prepared in the one-byte form */
        uint8_t len = (uint8_t)(h->fixed_len - 1);
        at = element(two, at, h->fixed[0] >> 4, len);
        memcpy(at, h->fixed + 1, len);
        at += len;
    } else {
        memcpy(at, h->fixed, sizeof(h->fixed));
        at += h->fixed_len;
    }
    at = write_others(h, p, two, v->twcc, at);
    at = element(two, at, h->dependency, (uint8_t)v->descriptor.n);
    memcpy(at, v->descriptor.p, v->descriptor.n);
    return finish(two, out, at + v->descriptor.n);
}

size_t header_write(const struct header *h, const struct media_packet *p,
                    const struct header_values *v, uint8_t out[HEADER_MAX]) {
    size_t ext = v->descriptor.n > 0 ? write_described(h, p, v, out + RTP_FIXED_HEADER)
                                     : write_elements(h, p, v->twcc, out + RTP_FIXED_HEADER);
    out[0] = (uint8_t)(0x80 | (v->padded ? 0x20 : 0) | (ext ? 0x10 : 0));
    out[1] = (uint8_t)((v->marker ? 0x80 : 0) | (v->pt & 0x7f));
    put_be16(out + 2, v->seq);
    put_be32(out + 4, v->ts);
    put_be32(out + 8, v->ssrc);
    return RTP_FIXED_HEADER + ext;
}
