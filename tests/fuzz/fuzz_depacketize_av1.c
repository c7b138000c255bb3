/* libs: recorder_timeline */
/* AV1 payloads (tests/fuzz/fuzz_video.h): a frame is OBUs with sizes that lead exactly to its end,
 * and a key frame carries a record. */
#include "tests/fuzz/fuzz_video.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void skip_obu(struct rd *r) {
    uint8_t head = rd_u8(r);
    CHECK((head & 0x82) == 0x02);
    rd_skip(r, head & 4 ? 1 : 0);
    size_t size = 0;
    uint8_t b = 0x80;
    for (unsigned i = 0; b & 0x80; i++) {
        CHECK(i < 5);
        b = rd_u8(r);
        size |= (size_t)(b & 0x7f) << (7 * i);
    }
    rd_skip(r, size);
    CHECK(!r->bad);
}

static void each(const struct video_frame *f) {
    struct rd r = rd_of(f->data.p, f->data.n);
    while (rd_left(&r)) {
        skip_obu(&r);
    }
    CHECK(f->key == (f->init.n > 0));
    if (f->key) {
        r = rd_of(f->init.p, f->init.n);
        rd_skip(&r, 4);
        skip_obu(&r);
        CHECK(rd_left(&r) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    fuzz_video(CODEC_AV1, bytes_of(data, n), each);
    return 0;
}
