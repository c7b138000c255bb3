/* libs: media_wire */
/* A payload: parse it as redundant audio; what is found lies in it, and the blocks that fit are
 * written anew and parsed again. */
#include "base/check.h"
#include "media/wire/opus.h"
#include "media/wire/red.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(struct bytes whole, struct bytes part) {
    CHECK(part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n));
}

static void check_written(const struct red_block *b, uint8_t pt) {
    uint8_t out[RED_HEAD_BLOCK + RED_HEAD_LAST + RED_LEN_MAX];
    struct wr w = wr_of(out, sizeof(out));
    struct red again;
    if (b->back == 0 || b->payload.n == 0) {
        return;
    }
    red_write_block(&w, pt, b->back, (uint16_t)b->payload.n);
    red_write_last(&w, pt);
    wr_bytes(&w, b->payload.p, b->payload.n);
    CHECK(!w.bad && red_parse(bytes_of(out, wr_len(&w)), &again) == OK);
    CHECK(again.n == 1 && again.redundant[0].back == b->back && again.primary.payload.n == 0);
    CHECK(again.redundant[0].pt == pt && again.primary.pt == pt);
    CHECK(bytes_eq(again.redundant[0].payload, b->payload));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct bytes b = bytes_of(data, size);
    struct red r;
    if (red_parse(b, &r) != OK) {
        return 0;
    }
    CHECK(r.n <= RED_BLOCKS_MAX);
    size_t n = 4 * r.n + 1 + r.primary.payload.n;
    for (unsigned i = 0; i < r.n; i++) {
        const struct red_block *x = &r.redundant[i];
        CHECK(x->pt <= 127 && x->back <= RED_BACK_MAX && x->payload.n <= RED_LEN_MAX);
        check_inside(b, x->payload);
        check_written(x, x->pt);
        CHECK(opus_packet_duration(x->payload) <= 120 * US_PER_MS);
        n += x->payload.n;
    }
    check_inside(b, r.primary.payload);
    CHECK(n == size);
    return 0;
}
