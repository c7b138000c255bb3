#include "tests/sim/sim_media.h"

#include "media/wire/vp8.h"
#include "media/wire/vp9.h"

#define MAGIC 0x4f52494cU /* "ORIL" */
static void write_block(struct wr *w, const struct content *c) {
    wr_u32(w, MAGIC);
    wr_u16(w, c->participant);
    wr_u8(w, c->kind);
    wr_u32(w, c->frame);
    wr_u8(w, c->packet);
    wr_u8(w, c->n_packets);
    wr_u8(w, c->layer);
    wr_u8(w, c->back);
}

/* RFC 7741 section 4.2: X, then I L T, 15-bit picture id, TL0PICIDX, TID 0. */
static void write_vp8(struct wr *w, const struct content *c) {
    wr_u8(w, c->start ? 0x90 : 0x80);
    wr_u8(w, 0xe0);
    wr_u16(w, 0x8000 | c->picture_id);
    wr_u8(w, c->tl0picidx);
    wr_u8(w, (uint8_t)(c->layered ? c->tid << 6 | c->sync << 5 : 0x20)); /* TID, Y */
    if (!c->start) {
        return;
    }
    wr_u8(w, c->keyframe ? 0x10 : 0x11); /* RFC 6386 section 9.1: P bit inverse of key frame */
    wr_u16(w, 0x0002);
    if (c->keyframe) {
        wr_u24(w, 0x9d012a);
        wr_u8(w, 640 & 0xff); /* little-endian width and height */
        wr_u8(w, 640 >> 8);
        wr_u8(w, 360 & 0xff);
        wr_u8(w, 360 >> 8);
    }
}

/* RFC 9628 section 4.2, with references, as libwebrtc writes L3T3_KEY: sizes need smaller ones in
 * key pictures only. */
static void write_vp9(struct wr *w, const struct content *c) {
    static const uint8_t back[SVC_SIZES] = {4, 2, 1};
    bool lower = c->of_key && c->spatial + 1 < SVC_SIZES, last = c->packet + 1 == c->n_packets;
    bool structure = c->of_key && c->spatial == 0;
    wr_u8(w,
          (uint8_t)(0xb0 | !c->of_key << 6 | c->start << 3 | last << 2 | structure << 1 | !lower));
    wr_u16(w, 0x8000 | c->picture_id);
    wr_u8(w, (uint8_t)(c->tid << 5 | 0x10 | c->spatial << 1 | (c->of_key && c->spatial > 0)));
    if (!c->of_key) {
        wr_u8(w, (uint8_t)(back[c->tid] << 1));
    }
    if (structure) {
        wr_u8(w, (SVC_SIZES - 1) << 5);
    }
}

/* RFC 6184: parameter sets in a packet of their own, then FU-A. */
static void write_h264(struct wr *w, const struct content *c) {
    bool begins = c->packet == (c->keyframe ? 1 : 0);
    if (c->start && c->keyframe) {
        wr_u8(w, 0x67);
        wr_u8(w, 0x42);
        return;
    }
    wr_u8(w, 0x7c);
    wr_u8(w, (uint8_t)(begins << 7 | (c->keyframe ? 5 : 1)));
}

/* AV1 RTP payload format section 4.4: Z (goes on), W = 1, N (a coded video sequence begins). */
static void write_av1(struct wr *w, const struct content *c) {
    wr_u8(w, (uint8_t)(!c->start << 7 | 1 << 4 | (c->start && c->keyframe) << 3));
}

static void write_video(struct wr *w, const struct content *c) {
    static void (*const writers[CODEC_COUNT])(struct wr *,
                                              const struct content *) = {[CODEC_VP8] = write_vp8,
                                                                         [CODEC_VP9] = write_vp9,
                                                                         [CODEC_H264] = write_h264,
                                                                         [CODEC_AV1] = write_av1};
    writers[c->codec](w, c);
}

size_t content_write(uint8_t out[VIDEO_PAYLOAD_MAX], const struct content *c) {
    struct wr w = wr_of(out, VIDEO_PAYLOAD_MAX);
    size_t size = c->size ? c->size : AUDIO_PAYLOAD;
    if (c->kind == SOURCE_MICROPHONE) {
        wr_u8(&w, 0x78); /* RFC 6716 section 3.1: a 20 ms fullband CELT frame */
    } else {
        write_video(&w, c);
        /* Browsers cut a frame into packets that differ by a byte; the last may be shorter. */
        if (c->size == 0) {
            size = VIDEO_PAYLOAD_SMALL - (c->frame + c->packet) % 3 -
                   (c->packet + 1 == c->n_packets ? 60 : 0);
        }
    }
    write_block(&w, c);
    if (w.bad || size > VIDEO_PAYLOAD_MAX) {
        return 0;
    }
    for (size_t at = wr_len(&w); at < size; at++) {
        out[at] = (uint8_t)(at * 7 + c->frame);
    }
    return size > wr_len(&w) ? size : wr_len(&w);
}

static bool read_vp8(struct rd *r, struct content *ret) {
    struct vp8 d;
    if (vp8_parse(bytes_of(r->p, rd_left(r)), &d) != OK || !d.ids.has_picture_id ||
        !d.ids.has_tl0picidx) {
        return false;
    }
    ret->start = d.start;
    ret->keyframe = d.start && d.keyframe;
    ret->picture_id = d.ids.picture_id;
    ret->tl0picidx = d.ids.tl0picidx;
    ret->layered = d.tid > 0 || !d.layer_sync;
    ret->tid = d.tid;
    ret->sync = d.layer_sync;
    rd_skip(r, d.len + (d.start ? (d.keyframe ? 10U : 3U) : 0U));
    return true;
}

static bool read_vp9(struct rd *r, struct content *ret) {
    struct vp9 d;
    if (vp9_parse(bytes_of(r->p, rd_left(r)), &d) != OK || !d.ids.has_picture_id || !d.has_layers) {
        return false;
    }
    ret->svc = ret->layered = true;
    ret->start = d.first;
    ret->of_key = !d.inter;
    ret->spatial = d.spatial;
    ret->tid = d.temporal;
    ret->keyframe = d.first && ret->of_key && d.spatial == 0;
    ret->picture_id = d.ids.picture_id;
    rd_skip(r, d.len);
    return true;
}

static bool read_h264(struct rd *r, struct content *ret) {
    uint8_t type = rd_u8(r), fu = rd_u8(r);
    ret->keyframe = type == 0x67;
    ret->start = ret->keyframe || fu == 0x81;
    return !r->bad;
}

static bool read_av1(struct rd *r, struct content *ret) {
    uint8_t header = rd_u8(r);
    ret->start = !(header & 0x80);
    ret->keyframe = header & 0x08;
    return !r->bad;
}

static bool read_video(struct rd *r, enum codec codec, struct content *ret) {
    ret->codec = (uint8_t)codec;
    return codec == CODEC_H264  ? read_h264(r, ret)
           : codec == CODEC_AV1 ? read_av1(r, ret)
           : codec == CODEC_VP9 ? read_vp9(r, ret)
                                : read_vp8(r, ret);
}

bool content_read(struct bytes payload, enum codec codec, struct content *ret) {
    struct rd r = rd_of(payload.p, payload.n);
    memset(ret, 0, sizeof(*ret));
    if (codec != CODEC_OPUS) {
        if (!read_video(&r, codec, ret)) {
            return false;
        }
    } else {
        rd_skip(&r, 1);
    }
    if (rd_u32(&r) != MAGIC) {
        return false;
    }
    ret->participant = rd_u16(&r);
    ret->kind = rd_u8(&r);
    ret->frame = rd_u32(&r);
    ret->packet = rd_u8(&r);
    ret->n_packets = rd_u8(&r);
    ret->layer = rd_u8(&r);
    ret->back = rd_u8(&r);
    ret->size = (uint16_t)payload.n;
    if (r.bad) {
        return false;
    }
    for (size_t at = (size_t)(r.p - payload.p); at < payload.n; at++) {
        if (payload.p[at] != (uint8_t)(at * 7 + ret->frame)) { /* every byte, as it was sent */
            return false;
        }
    }
    return true;
}
