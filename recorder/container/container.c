#include "recorder/container/container.h"

#include <stdio.h>

/* Version 1, 2 channels, pre-skip (little endian), 48000 Hz, gain 0, mapping family 0. */
const uint8_t container_opus_head[19] = "OpusHead\x01\x02\x38\x01\x80\xbb\0\0\0\0";
_Static_assert(CONTAINER_OPUS_PRE_SKIP == 0x0138, "as container_opus_head says");

enum container container_of_codec(enum codec video) {
    return video == CODEC_H264 ? CONTAINER_MP4 : CONTAINER_WEBM;
}

const char *container_type(enum container c, bool pictures) {
    static const char *const type[][2] = {[CONTAINER_WEBM] = {"audio/webm", "video/webm"},
                                          [CONTAINER_MP4] = {"audio/mp4", "video/mp4"}};
    return type[c][pictures];
}

/* AV1: Codec ISO Media File Format Binding section 5; H.264: RFC 6381 section 3.3. VP8 and VP9 have
 * no record that says more. */
static void video_name(const struct container_content *c, char *out, size_t cap) {
    const uint8_t *p = c->init.p;
    if (c->video == CODEC_H264 && c->init.n >= 4) {
        snprintf(out, cap, "avc1.%02x%02x%02x", p[1], p[2], p[3]);
    } else if (c->video == CODEC_AV1 && c->init.n >= 4) {
        unsigned profile = p[1] >> 5, level = p[1] & 0x1f;
        unsigned bits = !(p[2] & 0x40) ? 8 : profile == 2 && p[2] & 0x20 ? 12 : 10;
        snprintf(out, cap, "av01.%u.%02u%c.%02u", profile, level, p[2] & 0x80 ? 'H' : 'M', bits);
    } else {
        snprintf(out, cap, "%s",
                 c->video == CODEC_H264  ? "avc1"
                 : c->video == CODEC_AV1 ? "av01"
                 : c->video == CODEC_VP9 ? "vp9"
                                         : "vp8");
    }
}

char *container_mime(const struct container_content *c, char *out) {
    char video[24] = "";
    const char *type = container_type(container_of_codec(c->video), c->pictures);
    if (c->pictures) {
        video_name(c, video, sizeof(video));
    }
    if (!c->pictures && !c->sound) {
        snprintf(out, CONTAINER_MIME_MAX, "%s", type);
    } else {
        snprintf(out, CONTAINER_MIME_MAX, "%s; codecs=\"%s%s%s\"", type, video,
                 c->pictures && c->sound ? "," : "", c->sound ? "opus" : "");
    }
    return out;
}

bool container_needs_init(enum codec video) {
    return video == CODEC_H264 || video == CODEC_AV1;
}

/* ISO/IEC 14496-15 section 5.3.3.1.2: where the sets of an avcC begin. */
#define AVCC_SPS_COUNT 5
#define AVCC_LENGTH 4 /* [bytes] of the lengths in its samples */

static struct bytes first_sps(struct bytes avcc) {
    struct rd r = rd_of(avcc.p, avcc.n);
    rd_skip(&r, AVCC_SPS_COUNT + 1);
    return rd_bytes(&r, rd_u16(&r));
}

/* AV1 Codec ISO Media File Format Binding section 2.3: profile, and pixel format without tier. */
static bool av1_alike(struct bytes a, struct bytes b) {
    return a.n >= 4 && b.n >= 4 && a.p[1] >> 5 == b.p[1] >> 5 && (a.p[2] & 0x7f) == (b.p[2] & 0x7f);
}

bool container_carries(enum codec video, struct bytes init, struct bytes next) {
    switch (video) {
    case CODEC_H264:
        return bytes_eq(first_sps(init), first_sps(next));
    case CODEC_AV1:
        return av1_alike(init, next);
    default:
        return true;
    }
}

static void put_list(struct rd *r, unsigned n, struct buffer *out) {
    for (; n > 0; n--) {
        struct bytes set = rd_bytes(r, rd_u16(r));
        uint8_t length[AVCC_LENGTH];
        put_be32(length, (uint32_t)set.n);
        if (!r->bad) {
            buffer_put(out, length, sizeof(length));
            buffer_put(out, set.p, set.n);
        }
    }
}

void container_put_sets(struct bytes avcc, struct buffer *out) {
    struct rd r = rd_of(avcc.p, avcc.n);
    rd_skip(&r, AVCC_SPS_COUNT);
    put_list(&r, rd_u8(&r) & 0x1f, out);
    put_list(&r, rd_u8(&r), out);
}
