#include "media/wire/keyframe.h"

/* RFC 6184 section 5.2, ITU-T H.264 table 7-1: NAL unit types. */
enum { NAL_IDR = 5, NAL_SPS = 7, NAL_STAP_A = 24, NAL_FU_A = 28 };

/* Sets of NAL unit types, a bit each. */
#define PARAMETERS (1u << NAL_SPS)
#define BEGINS (PARAMETERS | 1u << NAL_IDR)

static bool is_of(uint8_t header, uint32_t types) {
    return types >> (header & 0x1f) & 1;
}

/* RFC 6184 section 5.7.1: sizes of 16 bits, each before its NAL unit. What begins a key frame need
 * not be the first of them: an access unit delimiter or SEI may come before. */
static bool stap_has(struct bytes b, uint32_t types) {
    struct rd r = rd_of(b.p + 1, b.n - 1);
    while (rd_left(&r) > 2) {
        struct bytes nal = rd_bytes(&r, rd_u16(&r));
        if (r.bad) {
            return false;
        }
        if (nal.n > 0 && is_of(nal.p[0], types)) {
            return true;
        }
    }
    return false;
}

/* One of these types begins in the packet: alone, in a STAP-A, or in fragments. */
static bool h264_has(struct bytes b, uint32_t types) {
    uint8_t type = b.n > 0 ? b.p[0] & 0x1f : 0;
    if (type == NAL_STAP_A) {
        return stap_has(b, types);
    }
    if (type == NAL_FU_A) {
        return b.n > 1 && (b.p[1] & 0x80) && is_of(b.p[1], types);
    }
    return is_of(type, types);
}

bool keyframe_has_parameters(struct bytes payload) {
    return h264_has(payload, PARAMETERS);
}

/* RFC 9628 section 4.2: I P L F B E V Z; then picture id, layer indices. */
static bool vp9_begins(struct bytes b) {
    struct rd r = rd_of(b.p, b.n);
    uint8_t flags = rd_u8(&r), layers = 0;
    if ((flags & 0x80) && (rd_u8(&r) & 0x80)) {
        rd_u8(&r);
    }
    if (flags & 0x20) {
        layers = rd_u8(&r);
    }
    bool inter = flags & 0x40, begins = flags & 0x08;
    return !r.bad && !inter && begins && ((layers >> 1) & 7) == 0;
}

/* AV1 RTP payload format section 4.4: Z Y W W N; N = first packet of a coded video sequence. */
static bool av1_begins(struct bytes b) {
    return b.n > 1 && (b.p[0] & 0x08) && !(b.p[0] & 0x80);
}

bool keyframe_begins(enum codec codec, struct bytes payload) {
    switch (codec) {
    case CODEC_VP9:
        return vp9_begins(payload);
    case CODEC_H264:
        return h264_has(payload, BEGINS); /* a slice, where the sets travel out of band */
    case CODEC_AV1:
        return av1_begins(payload);
    default:
        return false;
    }
}
