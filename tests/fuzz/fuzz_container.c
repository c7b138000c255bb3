/* libs: recorder_container base */
/* Arbitrary bytes as what a recording's segments hold: the first byte chooses clusters of WebM,
 * elements of WebM at any depth, or boxes of MP4. What is found lies within what was given, and
 * reading always comes to an end. */
#include "recorder/container/mp4_boxes.h"
#include "recorder/container/webm_parse.h"

#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define DEPTH_MAX 16

static void check_within(struct bytes outer, struct bytes inner) {
    CHECK(inner.n <= outer.n);
    CHECK(inner.n == 0 || (inner.p >= outer.p && inner.p + inner.n <= outer.p + outer.n));
}

struct seen {
    struct bytes all;
    size_t cluster; /* of the block before */
};

static enum err see_block(void *ctx, const struct webm_block *b) {
    struct seen *s = ctx;
    check_within(s->all, b->frame);
    CHECK(b->cluster < s->all.n && b->cluster >= s->cluster);
    CHECK(!(b->key && b->group));
    s->cluster = b->cluster;
    return OK;
}

static void elements(struct bytes all, unsigned depth) {
    struct rd r = rd_of(all.p, all.n);
    struct webm_element e;
    while (rd_left(&r) > 0 && webm_next(&r, &e) == OK) {
        check_within(all, e.data);
        CHECK(e.header >= 2 && e.header <= 12);
        (void)webm_uint(e.data);
        if (depth < DEPTH_MAX) {
            elements(e.data, depth + 1);
        }
    }
}

static void boxes(struct bytes all, unsigned depth) {
    struct rd r = rd_of(all.p, all.n);
    struct mp4_box b;
    while (rd_left(&r) > 0 && mp4_next(&r, &b) == OK) {
        check_within(all, b.whole);
        check_within(b.whole, b.data);
        CHECK(b.data.n + 8 == b.whole.n);
        if (depth < DEPTH_MAX) {
            boxes(b.data, depth + 1);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    if (n == 0) {
        return 0;
    }
    struct seen s = {.all = bytes_of(data + 1, n - 1)};
    if (data[0] % 3 == 0) {
        (void)webm_blocks(s.all, see_block, &s);
    } else if (data[0] % 3 == 1) {
        elements(s.all, 0);
    } else {
        boxes(s.all, 0);
    }
    return 0;
}
