/* Where a slot may switch, codec by codec. */
#include "media/wire/keyframe.h"
#include "tests/unit/test.h"

struct sample {
    uint8_t codec;
    uint8_t n;
    uint8_t p[12];
    bool begins;
};

TEST(an_h264_key_frame_may_begin_with_its_parameters) {
    static const struct sample samples[] = {
        {CODEC_H264, 2, {0x67, 0x42}, true},                               /* SPS */
        {CODEC_H264, 2, {0x65, 0x88}, false},                              /* IDR slice */
        {CODEC_H264, 2, {0x68, 0xce}, false},                              /* PPS */
        {CODEC_H264, 9, {0x78, 0, 2, 0x09, 0x10, 0, 2, 0x67, 0x42}, true}, /* AUD, SPS */
        {CODEC_H264, 9, {0x78, 0, 2, 0x68, 0xce, 0, 2, 0x65, 0x88}, false},
        {CODEC_H264, 2, {0x7c, 0x85}, false}, /* FU-A, start of an IDR */
        {CODEC_H264, 2, {0x7c, 0x87}, true},  /* of an SPS */
        {CODEC_H264, 0, {0}, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
        const struct sample *s = &samples[i];
        if (keyframe_has_parameters(bytes_of(s->p, s->n)) != s->begins) {
            test_fail(__FILE__, __LINE__, "sample %zu", i);
        }
    }
}

TEST(key_frames_of_each_codec) {
    static const struct sample samples[] = {
        {CODEC_H264, 2, {0x67, 0x42}, true},             /* SPS */
        {CODEC_H264, 2, {0x65, 0x88}, true},             /* IDR slice */
        {CODEC_H264, 2, {0x61, 0x9a}, false},            /* other slice */
        {CODEC_H264, 2, {0x68, 0xce}, false},            /* PPS: behind its SPS */
        {CODEC_H264, 5, {0x78, 0, 2, 0x67, 0x42}, true}, /* STAP-A with an SPS first */
        {CODEC_H264, 5, {0x78, 0, 2, 0x61, 0x9a}, false},
        {CODEC_H264,
         9,
         {0x78, 0, 2, 0x09, 0x10, 0, 2, 0x67, 0x42},
         true}, /* AUD, SPS (GStreamer) */
        {CODEC_H264, 9, {0x78, 0, 2, 0x09, 0x10, 0, 2, 0x68, 0xce}, false},
        {CODEC_H264, 9, {0x78, 0, 2, 0x09, 0x10, 0, 3, 0x67, 0x42}, false}, /* cut off */
        {CODEC_H264, 7, {0x78, 0, 0, 0, 1, 0x65, 0}, true}, /* an empty unit before */
        {CODEC_H264, 3, {0x78, 0, 10}, false},              /* cut off */
        {CODEC_H264, 2, {0x7c, 0x85}, true},                /* FU-A, start of an IDR */
        {CODEC_H264, 2, {0x7c, 0x05}, false},               /* its middle */
        {CODEC_H264, 1, {0x7c}, false},
        {CODEC_H264, 0, {0}, false},
        {CODEC_VP9, 2, {0x08, 0}, true},                    /* B, not P, no layers */
        {CODEC_VP9, 2, {0x48, 0}, false},                   /* P */
        {CODEC_VP9, 2, {0x00, 0}, false},                   /* not the beginning */
        {CODEC_VP9, 3, {0x88, 0x05, 0}, true},              /* 7-bit picture id */
        {CODEC_VP9, 5, {0xa8, 0x81, 0x05, 0x00, 0}, true},  /* 15 bits, layer 0 */
        {CODEC_VP9, 5, {0xa8, 0x81, 0x05, 0x02, 0}, false}, /* spatial layer 1 */
        {CODEC_VP9, 2, {0xa8, 0x81}, false},                /* cut off */
        {CODEC_VP9, 0, {0}, false},
        {CODEC_AV1, 2, {0x18, 0x0a}, true}, /* N */
        {CODEC_AV1, 2, {0x10, 0x0a}, false},
        {CODEC_AV1, 2, {0x98, 0x0a}, false}, /* Z: goes on */
        {CODEC_AV1, 1, {0x18}, false},
        {CODEC_OPUS, 2, {0xff, 0xff}, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
        const struct sample *s = &samples[i];
        uint8_t *exact = mem_alloc(s->n); /* so that a read past the end is seen */
        REQUIRE(exact);
        memcpy(exact, s->p, s->n);
        if (keyframe_begins((enum codec)s->codec, bytes_of(exact, s->n)) != s->begins) {
            test_fail(__FILE__, __LINE__, "sample %zu", i);
        }
        mem_free(exact);
    }
}
