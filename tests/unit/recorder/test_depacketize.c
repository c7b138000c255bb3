#include "recorder/timeline/depacketizer.h"
#include "tests/unit/test.h"

#include <stdlib.h>

/* Packets are built by hand: 4 bytes of descriptor with a 15-bit picture id, then the payload. */
struct built {
    uint8_t b[64];
    struct video_piece piece;
};

enum { START = 1, KEY = 2, END = 4, LOST = 8, NON_REFERENCE = 16 };

static const struct video_piece *build(struct built *x, unsigned flags, uint16_t id, uint32_t ts) {
    uint8_t *p = x->b;
    *p++ = (uint8_t)(0x80 | (flags & START ? 0x10 : 0) | (flags & NON_REFERENCE ? 0x20 : 0));
    *p++ = 0x80;
    *p++ = (uint8_t)(0x80 | (id >> 8 & 0x7f));
    *p++ = (uint8_t)id;
    /* RFC 6386 section 9.1: frame tag, start code, 320x180. */
    static const uint8_t key[10] = {0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xb4, 0x00};
    static const uint8_t inter[4] = {0x11, 1, 2, 3};
    const uint8_t *body = flags & KEY ? key : inter;
    size_t n = flags & KEY ? sizeof(key) : sizeof(inter);
    memcpy(p, body, n);
    x->piece = (struct video_piece){.payload = bytes_of(x->b, n + 4),
                                    .rtp_ts = ts,
                                    .marker = (flags & END) != 0,
                                    .lost = (flags & LOST) != 0};
    return &x->piece;
}

struct result {
    unsigned n; /* frames of this piece */
    struct video_frame last;
    uint8_t data[256];
};

static struct result give(struct depacketizer *f, unsigned flags, uint16_t id, uint32_t ts) {
    struct built x;
    struct result r = {0};
    const struct video_piece *p = build(&x, flags, id, ts);
    r.n += depacketizer_end(f, p, &r.last);
    r.n += depacketizer_add(f, p, &r.last);
    if (r.n) {
        CHECK(r.last.data.n <= sizeof(r.data));
        memcpy(r.data, r.last.data.p, r.last.data.n);
    }
    return r;
}

TEST(depacketize_joins_the_packets_of_a_frame) {
    struct depacketizer f;
    depacketizer_init(&f, CODEC_VP8);
    EXPECT_EQ(give(&f, START | KEY, 1, 3000).n, 0);
    EXPECT_EQ(give(&f, 0, 1, 3000).n, 0);
    struct result r = give(&f, END, 1, 3000);
    EXPECT_EQ(r.n, 1);
    EXPECT(r.last.key);
    EXPECT_EQ(r.last.rtp_ts, 3000);
    EXPECT_EQ(r.last.width, 320);
    EXPECT_EQ(r.last.height, 180);
    EXPECT_EQ(r.last.data.n, 18);
    EXPECT_EQ(r.data[3], 0x9d);
    EXPECT_EQ(r.data[10], 0x11);
    EXPECT_EQ(r.data[14], 0x11);
    r = give(&f, START | END, 2, 6000);
    EXPECT_EQ(r.n, 1);
    EXPECT(!r.last.key);
    EXPECT_EQ(r.last.data.n, 4);
    depacketizer_reset(&f);
}

TEST(depacketize_ends_a_frame_at_a_new_timestamp) {
    struct depacketizer f;
    depacketizer_init(&f, CODEC_VP8);
    EXPECT_EQ(give(&f, START | KEY, 1, UINT32_MAX).n, 0);
    struct result r = give(&f, START, 2, 2999);
    EXPECT_EQ(r.n, 1);
    EXPECT_EQ(r.last.rtp_ts, UINT32_MAX);
    EXPECT_EQ(r.last.data.n, 10);
    r = give(&f, START | END, 3, 5999);
    /* Two frames at once: the one before, and its own. */
    EXPECT_EQ(r.n, 2);
    EXPECT_EQ(r.last.rtp_ts, 5999);
    depacketizer_reset(&f);
}

TEST(depacketize_waits_for_a_key_frame) {
    struct depacketizer f;
    depacketizer_init(&f, CODEC_VP8);
    EXPECT_EQ(give(&f, START | END, 1, 0).n, 0);
    EXPECT_EQ(give(&f, 0, 2, 3000).n, 0);
    EXPECT_EQ(give(&f, END, 2, 3000).n, 0);
    EXPECT_EQ(f.dropped, 2);
    EXPECT_EQ(give(&f, START | KEY | END, 3, 6000).n, 1);
    EXPECT_EQ(give(&f, START | END, 4, 9000).n, 1);
    depacketizer_reset(&f);
}

TEST(depacketize_drops_a_frame_with_a_hole_and_what_refers_to_it) {
    struct depacketizer f;
    depacketizer_init(&f, CODEC_VP8);
    EXPECT_EQ(give(&f, START | KEY | END, 1, 0).n, 1);
    EXPECT_EQ(give(&f, START, 2, 3000).n, 0);
    EXPECT_EQ(give(&f, END | LOST, 2, 3000).n, 0);
    EXPECT_EQ(give(&f, START | END, 3, 6000).n, 0);
    EXPECT_EQ(give(&f, START | END, 4, 9000).n, 0);
    EXPECT_EQ(give(&f, START | KEY | END, 5, 12000).n, 1);
    EXPECT_EQ(f.dropped, 3);
    depacketizer_reset(&f);
}

TEST(depacketize_drops_frames_without_head_or_tail) {
    struct depacketizer f;
    depacketizer_init(&f, CODEC_VP8);
    EXPECT_EQ(give(&f, START | KEY | END, 1, 0).n, 1);
    EXPECT_EQ(give(&f, END | LOST, 2, 3000).n, 0);
    EXPECT_EQ(give(&f, START | END, 3, 6000).n, 0);
    EXPECT_EQ(give(&f, START | KEY, 4, 9000).n, 0);
    /* The tail of 4 is lost, and 5 refers to it. */
    EXPECT_EQ(give(&f, START | END | LOST, 5, 12000).n, 0);
    EXPECT_EQ(give(&f, START | KEY | END, 6, 15000).n, 1);
    depacketizer_reset(&f);
}

TEST(depacketize_misses_whole_frames) {
    struct depacketizer f;
    depacketizer_init(&f, CODEC_VP8);
    EXPECT_EQ(give(&f, START | KEY | END, 1, 0).n, 1);
    EXPECT_EQ(give(&f, START | END | LOST, 3, 6000).n, 0);
    EXPECT_EQ(give(&f, START | END, 4, 9000).n, 0);
    EXPECT_EQ(give(&f, START | KEY | END | LOST, 9, 15000).n, 1);
    depacketizer_reset(&f);
}

TEST(depacketize_a_lost_frame_that_nothing_refers_to_costs_only_itself) {
    struct depacketizer f;
    depacketizer_init(&f, CODEC_VP8);
    EXPECT_EQ(give(&f, START | KEY | END, 1, 0).n, 1);
    EXPECT_EQ(give(&f, START | NON_REFERENCE, 2, 3000).n, 0);
    EXPECT_EQ(give(&f, END | NON_REFERENCE | LOST, 2, 3000).n, 0);
    EXPECT_EQ(give(&f, START | END, 3, 6000).n, 1);
    EXPECT_EQ(give(&f, START | NON_REFERENCE, 4, 9000).n, 0);
    EXPECT_EQ(give(&f, START | END | LOST, 5, 12000).n, 1);
    EXPECT_EQ(f.dropped, 2);
    depacketizer_reset(&f);
}

TEST(depacketize_holes_between_following_pictures_are_padding) {
    static const uint16_t ids[] = {0, 1, 126, 127, 128, 32766, 32767};
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        struct depacketizer f;
        depacketizer_init(&f, CODEC_VP8);
        uint16_t id = ids[i];
        EXPECT_EQ(give(&f, START | KEY | END, id, 0).n, 1);
        id = (id + 1) & 0x7fff;
        EXPECT_EQ(give(&f, START | END | LOST, id, 3000).n, 1);
        id = (id + 1) & 0x7fff;
        EXPECT_EQ(give(&f, START | END, id, 6000).n, 1);
        EXPECT_EQ(f.dropped, 0);
        depacketizer_reset(&f);
    }
}

/* Picture ids of 7 bits come round after 128 pictures: so many may be missing between two that
 * follow each other. */
TEST(depacketize_a_whole_round_of_picture_ids_may_be_missing) {
    static const struct {
        uint32_t lost;
        uint8_t wide, shown;
    } cases[] = {{127, 0, 1}, {128, 0, 0}, {300, 0, 0}, {300, 1, 1}, {32767, 1, 1}, {32768, 1, 0}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct depacketizer f;
        struct video_frame out;
        struct built x;
        depacketizer_init(&f, CODEC_VP8);
        for (uint16_t id = 5; id < 7; id++) {
            struct video_piece p = *build(&x, START | END | (id == 5 ? KEY : 0), id, id * 3000u);
            if (!cases[i].wide) {
                x.b[2] = (uint8_t)id; /* instead of the upper half; the lower one goes */
                memmove(x.b + 3, x.b + 4, p.payload.n - 4);
                p.payload.n--;
            }
            p.lost = id == 5 ? 0 : cases[i].lost;
            EXPECT(!depacketizer_end(&f, &p, &out));
            EXPECT_EQ(depacketizer_add(&f, &p, &out), id == 5 || cases[i].shown);
        }
        EXPECT_EQ(f.holes, !cases[i].shown);
        depacketizer_reset(&f);
    }
}

/* Losses before packets that show nothing add up, and do not wrap. */
TEST(depacketize_what_is_missing_adds_up) {
    static const uint32_t lost[][2] = {{64, 63}, {64, 64}, {UINT32_MAX, 1}, {1, UINT32_MAX}};
    for (size_t i = 0; i < ARRAY_LEN(lost); i++) {
        struct depacketizer f;
        struct video_frame out;
        static const uint8_t key[] = {0x90, 0x80, 5, 0x10, 0, 0, 0x9d, 1, 0x2a, 0x40, 1, 0xb4, 0};
        static const uint8_t next[] = {0x90, 0x80, 6, 0x11, 1, 2, 3};
        struct video_piece p = {bytes_of(key, sizeof(key)), 0, true, 0};
        struct video_piece padding = {.rtp_ts = 3000, .lost = lost[i][0]};
        struct video_piece q = {bytes_of(next, sizeof(next)), 3000, true, lost[i][1]};
        depacketizer_init(&f, CODEC_VP8);
        EXPECT(depacketizer_add(&f, &p, &out));
        EXPECT(!depacketizer_end(&f, &padding, &out) && !depacketizer_add(&f, &padding, &out));
        EXPECT(!depacketizer_end(&f, &q, &out));
        EXPECT_EQ(depacketizer_add(&f, &q, &out), i == 0);
        depacketizer_reset(&f);
    }
}

TEST(depacketize_padding_is_nothing) {
    struct depacketizer f;
    struct video_frame out;
    depacketizer_init(&f, CODEC_VP8);
    /* Within a frame, between frames, and with a timestamp of its own. */
    struct video_piece padding = {.payload = bytes_of(NULL, 0), .rtp_ts = 1};
    EXPECT_EQ(give(&f, START | KEY, 1, 0).n, 0);
    EXPECT(!depacketizer_end(&f, &padding, &out) && !depacketizer_add(&f, &padding, &out));
    EXPECT_EQ(give(&f, END, 1, 0).n, 1);
    EXPECT(!depacketizer_end(&f, &padding, &out) && !depacketizer_add(&f, &padding, &out));
    EXPECT_EQ(give(&f, START | END, 2, 3000).n, 1);
    /* What was lost before it is lost for what follows. */
    padding.lost = 1;
    EXPECT(!depacketizer_end(&f, &padding, &out) && !depacketizer_add(&f, &padding, &out));
    EXPECT_EQ(give(&f, START | END, 4, 9000).n, 0);
    EXPECT_EQ(f.holes, 1);
    depacketizer_reset(&f);
}

TEST(depacketize_survives_nonsense) {
    struct depacketizer f;
    depacketizer_init(&f, CODEC_VP8);
    struct video_frame out;
    EXPECT_EQ(give(&f, START | KEY, 1, 0).n, 0);
    static const uint8_t cut_off[] = {0x90}; /* its extension is missing */
    struct video_piece cut = {.payload = bytes_of(cut_off, 1), .rtp_ts = 0, .marker = true};
    EXPECT(!depacketizer_end(&f, &cut, &out));
    EXPECT(!depacketizer_add(&f, &cut, &out));
    /* A key frame without its start code. */
    uint8_t bad[] = {0x10, 0x10, 0, 0, 1, 2, 3, 0, 0, 0, 0};
    struct video_piece p = {.payload = bytes_of(bad, sizeof(bad)), .rtp_ts = 3000, .marker = true};
    EXPECT(!depacketizer_end(&f, &p, &out));
    EXPECT(!depacketizer_add(&f, &p, &out));
    EXPECT_EQ(give(&f, START | END, 2, 6000).n, 0);
    EXPECT_EQ(give(&f, START | KEY | END, 3, 9000).n, 1);
    /* A second beginning within a frame. */
    EXPECT_EQ(give(&f, START, 4, 12000).n, 0);
    EXPECT_EQ(give(&f, START | END, 5, 12000).n, 0);
    EXPECT_EQ(give(&f, START | END, 6, 15000).n, 0);
    depacketizer_reset(&f);
}

TEST(depacketize_frames_are_bounded) {
    struct depacketizer f;
    depacketizer_init(&f, CODEC_VP8);
    struct video_frame out;
    size_t n = 60000;
    uint8_t *big = calloc(1, n);
    CHECK(big);
    EXPECT_EQ(give(&f, START | KEY, 1, 0).n, 0);
    struct video_piece p = {.payload = bytes_of(big, n), .rtp_ts = 0};
    for (size_t all = 0; all < VIDEO_FRAME_MAX + n; all += n) {
        EXPECT(!depacketizer_end(&f, &p, &out));
        EXPECT(!depacketizer_add(&f, &p, &out));
        EXPECT(f.frame.n <= VIDEO_FRAME_MAX);
    }
    p.marker = true;
    EXPECT(!depacketizer_add(&f, &p, &out));
    EXPECT_EQ(f.dropped, 1);
    EXPECT_EQ(give(&f, START | KEY | END, 2, 3000).n, 1);
    free(big);
    depacketizer_reset(&f);
}

TEST_ALLOC(depacketize_without_memory) {
    struct depacketizer f;
    depacketizer_init(&f, CODEC_VP8);
    unsigned n = give(&f, START | KEY | END, 1, 0).n;
    EXPECT(n == 1 || mem_failed());
    EXPECT_EQ(give(&f, START | KEY | END, 2, 3000).n, 1);
    depacketizer_reset(&f);
}
