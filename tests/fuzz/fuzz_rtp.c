/* libs: media_wire */
/* A datagram: classify, parse, find every extension, write the header anew and parse that. */
#include "base/check.h"
#include "media/wire/rtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_rewritten(const struct rtp *r) {
    struct rtp_write_ext ext[14];
    size_t n = 0;
    for (uint8_t id = 1; id <= 14; id++) {
        struct bytes found = rtp_ext_find(r, id);
        if (found.n >= 1 && found.n <= 255) {
            ext[n++] = (struct rtp_write_ext){id, (uint8_t)found.n, found.p};
        }
    }
    uint8_t out[RTP_FIXED_HEADER + 4 + 14 * 257 + 3 + 1];
    struct rtp h = *r, again;
    h.padding = 0;
    size_t len = rtp_write_header(out, sizeof(out), &h, ext, n);
    CHECK(len > 0 && len < sizeof(out));
    CHECK(rtp_parse(bytes_of(out, len), &again) == OK);
    CHECK(again.header_len == len && again.payload.n == 0);
    CHECK(again.seq == r->seq && again.ts == r->ts && again.ssrc == r->ssrc);
    CHECK(again.pt == r->pt && again.marker == r->marker);
    for (size_t i = 0; i < n; i++) {
        CHECK(bytes_eq(rtp_ext_find(&again, ext[i].id), bytes_of(ext[i].p, ext[i].len)));
    }
    CHECK(n == 0 || rtp_write_header(out, len - 1, &h, ext, n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct bytes b = bytes_of(data, size);
    struct rtp r;
    (void)wire_classify(b);
    if (rtp_parse(b, &r) != OK) {
        return 0;
    }
    CHECK(r.header_len + r.payload.n + r.padding == size);
    for (unsigned id = 0; id < 256; id++) {
        struct bytes found = rtp_ext_find(&r, (uint8_t)id);
        CHECK(found.n == 0 || (found.p >= data && found.p + found.n <= r.payload.p));
        uint8_t level;
        bool voice;
        CHECK(!rtp_audio_level(found, &level, &voice) || level <= 127);
    }
    check_rewritten(&r);
    return 0;
}
