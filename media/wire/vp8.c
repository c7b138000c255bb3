#include "media/wire/vp8.h"

/* First byte, RFC 7741 section 4.2. */
#define VP8_X 0x80
#define VP8_N 0x20
#define VP8_S 0x10
#define VP8_PID 0x07
/* Extension byte. */
#define VP8_I 0x80
#define VP8_L 0x40
#define VP8_T 0x20
#define VP8_K 0x10
#define VP8_Y 0x20         /* in the TID byte */
#define VP8_NOT_KEYFRAME 1 /* P bit of the frame tag, RFC 7741 section 4.3 */
#define KEYFRAME_HEADER 10 /* [bytes] RFC 6386 section 9.1: tag, start code, width, height */

static void parse_extension(struct rd *r, const uint8_t *start, struct vp8 *d) {
    uint8_t flags = rd_u8(r);
    if (flags & VP8_I) {
        picture_ids_read_id(r, start, &d->ids);
    }
    if (flags & VP8_L) {
        picture_ids_read_tl0picidx(r, start, &d->ids);
    }
    if (flags & (VP8_T | VP8_K)) {
        uint8_t b = rd_u8(r);
        if (flags & VP8_T) {
            d->has_tid = true;
            d->tid = b >> 6;
            d->layer_sync = b & VP8_Y;
        }
    }
}

enum err vp8_parse(struct bytes payload, struct vp8 *ret) {
    if (payload.n == 0) {
        return ERR_SHORT;
    }
    struct rd r = rd_of(payload.p, payload.n);
    struct vp8 d = {0};
    uint8_t first = rd_u8(&r);
    d.non_reference = first & VP8_N;
    d.start = (first & VP8_S) && (first & VP8_PID) == 0;
    if (first & VP8_X) {
        parse_extension(&r, payload.p, &d);
    }
    d.len = (uint8_t)(r.p - payload.p);
    /* A packet carries at least one byte of the frame behind its descriptor. */
    uint8_t tag = rd_u8(&r);
    if (r.bad) {
        return ERR_SHORT;
    }
    d.keyframe = d.start && !(tag & VP8_NOT_KEYFRAME);
    *ret = d;
    return OK;
}

enum err vp8_keyframe_size(struct bytes payload, const struct vp8 *d, uint16_t *ret_width,
                           uint16_t *ret_height) {
    static const uint8_t start_code[3] = {0x9d, 0x01, 0x2a}; /* RFC 6386 section 9.1 */
    if (payload.n < (size_t)d->len + KEYFRAME_HEADER) {
        return ERR_SHORT;
    }
    const uint8_t *p = payload.p + d->len;
    if (!d->start || !d->keyframe || memcmp(p + 3, start_code, sizeof(start_code)) != 0) {
        return ERR_FORMAT;
    }
    /* Little-endian; the upper two bits are a scaling hint for display. */
    uint16_t width = (uint16_t)((p[7] << 8 | p[6]) & 0x3fff);
    uint16_t height = (uint16_t)((p[9] << 8 | p[8]) & 0x3fff);
    if (width == 0 || height == 0) {
        return ERR_FORMAT;
    }
    *ret_width = width;
    *ret_height = height;
    return OK;
}
