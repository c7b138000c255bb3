/* libs: recorder_timeline */
/* H.264 payloads (tests/fuzz/fuzz_video.h): the lengths of a frame lead exactly to its end, and a
 * key frame carries a record. */
#include "tests/fuzz/fuzz_video.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void skip_sets(struct rd *r, unsigned n) {
    for (; n > 0; n--) {
        rd_skip(r, rd_u16(r));
    }
}

static void each(const struct video_frame *f) {
    struct rd r = rd_of(f->data.p, f->data.n);
    while (rd_left(&r)) {
        struct bytes nal = rd_bytes(&r, rd_u32(&r));
        CHECK(!r.bad && nal.n > 0 && (nal.p[0] & 0x1f) > 0 && (nal.p[0] & 0x1f) <= 6);
    }
    CHECK(f->key == (f->init.n > 0));
    if (f->key) {
        r = rd_of(f->init.p, f->init.n);
        rd_skip(&r, 5);
        skip_sets(&r, rd_u8(&r) & 0x1f);
        skip_sets(&r, rd_u8(&r));
        CHECK(!r.bad && (rd_left(&r) == 0 || rd_left(&r) == 4));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    fuzz_video(CODEC_H264, bytes_of(data, n), each);
    return 0;
}
