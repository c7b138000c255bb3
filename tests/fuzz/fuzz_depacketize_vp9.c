/* libs: recorder_timeline */
/* VP9 payloads (tests/fuzz/fuzz_video.h). */
#include "tests/fuzz/fuzz_video.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void each(const struct video_frame *f) {
    CHECK(f->init.n == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    fuzz_video(CODEC_VP9, bytes_of(data, n), each);
    return 0;
}
