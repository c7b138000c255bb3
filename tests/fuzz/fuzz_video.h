/* Any payloads in any order through a video depacketizer, for the fuzz targets of the codecs.
 * Input: packets of: flags (1 marker, 2 packets lost before, one more than
 * the upper five bits say, 4 a new timestamp), length of the
 * payload (16 bits), payload. */
#ifndef ORIEL_TESTS_FUZZ_VIDEO_H
#define ORIEL_TESTS_FUZZ_VIDEO_H

#include "base/check.h"
#include "recorder/timeline/depacketizer.h"

#include <stdlib.h>

static inline void fuzz_video_frame(const struct video_frame *f,
                                    void (*each)(const struct video_frame *f)) {
    CHECK(f->data.n > 0 && f->data.n <= VIDEO_FRAME_MAX && f->init.n <= VIDEO_INIT_MAX);
    CHECK(!f->key || (f->width && f->height));
    each(f);
}

/* Run the input through the codec's depacketizer; each checks every frame that comes out. */
static inline void fuzz_video(enum codec codec, struct bytes input,
                              void (*each)(const struct video_frame *f)) {
    struct rd r = rd_of(input.p, input.n);
    struct depacketizer d;
    struct video_frame f;
    uint32_t ts = 0;
    depacketizer_init(&d, codec);
    while (rd_left(&r) >= 3) {
        uint8_t flags = rd_u8(&r);
        size_t n = rd_u16(&r);
        struct bytes body = rd_bytes(&r, n < rd_left(&r) ? n : rd_left(&r));
        /* A copy of its size, so that a read past the end is seen. */
        uint8_t *copy = malloc(body.n ? body.n : 1);
        CHECK(copy);
        memcpy(copy, body.p, body.n);
        ts += flags & 4 ? 3000 : 0;
        struct video_piece p = {bytes_of(copy, body.n), ts, flags & 1,
                                flags & 2 ? 1u + (flags >> 3) : 0};
        if (depacketizer_end(&d, &p, &f)) {
            fuzz_video_frame(&f, each);
        }
        if (depacketizer_add(&d, &p, &f)) {
            fuzz_video_frame(&f, each);
        }
        free(copy);
    }
    depacketizer_reset(&d);
}

#endif
