#include "recorder/timeline/depacketizer.h"

#include "recorder/timeline/depacketize_av1.h"
#include "recorder/timeline/depacketize_h264.h"
#include "recorder/timeline/depacketize_vp8.h"
#include "recorder/timeline/depacketize_vp9.h"

static const struct depacketizer_codec *codec_of(enum codec codec) {
    switch (codec) {
    case CODEC_VP8:
        return &depacketize_vp8;
    case CODEC_VP9:
        return &depacketize_vp9;
    case CODEC_H264:
        return &depacketize_h264;
    case CODEC_AV1:
        return &depacketize_av1;
    default:
        return NULL;
    }
}

bool depacketizer_supports(enum codec codec) {
    return codec_of(codec) != NULL;
}

void depacketizer_init(struct depacketizer *d, enum codec codec) {
    memset(d, 0, sizeof(*d));
    d->codec = codec_of(codec);
}

void depacketizer_reset(struct depacketizer *d) {
    const struct depacketizer_codec *codec = d->codec;
    if (codec && codec->free) {
        codec->free(d);
    }
    buffer_free(&d->frame);
    memset(d, 0, sizeof(*d));
    d->codec = codec;
}

bool depacketizer_put(struct depacketizer *d, const void *p, size_t n) {
    if (n > VIDEO_FRAME_MAX - d->frame.n) {
        return false;
    }
    buffer_put(&d->frame, p, n);
    return !d->frame.bad;
}

bool depacketizer_tells(const struct depacketizer *d, uint32_t modulus) {
    return d->missing < modulus;
}

static void lose(struct depacketizer *d, uint32_t packets) {
    d->lost = packets < UINT32_MAX - d->lost ? d->lost + packets : UINT32_MAX;
}

/* The frame is over and cannot be shown. */
static bool drop(struct depacketizer *d) {
    d->started = d->started && d->non_reference;
    d->dropped++;
    d->codec->over(d, false);
    return false;
}

/* What is missing before the frame. */
static void settle_hole(struct depacketizer *d) {
    enum video_order order = d->missing ? d->codec->order(d) : VIDEO_FOLLOWS;
    if (order != VIDEO_FOLLOWS) {
        d->holes++;
        d->started = d->started && order == VIDEO_MAYBE;
    }
}

/* The frame is over: hand it out if it is whole and what it refers to has been handed out. */
static bool finish(struct depacketizer *d, struct video_frame *ret) {
    d->open = false;
    enum video_verdict v = d->broken ? VIDEO_BROKEN : d->codec->finish(d);
    if (v == VIDEO_NOTHING) {
        lose(d, d->missing);
        return false;
    }
    v = d->broken || d->frame.bad || d->frame.n == 0 ? VIDEO_BROKEN : v;
    settle_hole(d);
    if (v == VIDEO_BROKEN) {
        return drop(d);
    }
    d->codec->over(d, true);
    d->started = d->started || d->key;
    if (!d->started) {
        d->dropped++;
        return false;
    }
    *ret = (struct video_frame){.data = bytes_of(d->frame.p, d->frame.n),
                                .rtp_ts = d->rtp_ts,
                                .key = d->key,
                                .reorders = d->reorders,
                                .width = d->width,
                                .height = d->height,
                                .init = bytes_of(d->init, d->key ? d->init_n : 0)};
    return true;
}

bool depacketizer_end(struct depacketizer *d, const struct video_piece *next,
                      struct video_frame *ret) {
    if (next->lost) {
        lose(d, next->lost);
        d->broken = d->open;
    }
    return d->open && next->payload.n && next->rtp_ts != d->rtp_ts && finish(d, ret);
}

static void open_frame(struct depacketizer *d, const struct video_piece *p) {
    d->open = true;
    d->rtp_ts = p->rtp_ts;
    d->missing = d->lost;
    d->lost = 0;
}

bool depacketizer_add(struct depacketizer *d, const struct video_piece *p,
                      struct video_frame *ret) {
    if (!d->codec || p->payload.n == 0) {
        return false;
    }
    if (!d->open) {
        buffer_cut(&d->frame, 0);
        d->broken = d->key = d->non_reference = false;
    }
    if (!d->codec->begin(d, p)) {
        lose(d, 1);
        d->broken = true;
        return d->open && p->marker && finish(d, ret);
    }
    if (!d->open) {
        open_frame(d, p);
    }
    if (!d->broken && !d->codec->append(d, p)) {
        d->broken = true;
    }
    return p->marker && finish(d, ret);
}
