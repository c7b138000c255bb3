/* H.264 of RTP as no encoder of ours sends it: parameter sets, odd units, frame numbers. */
#include "recorder/timeline/h264_sps.h"
#include "tests/unit/recorder/depacketize_hand.h"
#include "tests/unit/test.h"

/* Baseline sets of video.h264, its IDR and following slices shortened: first_mb 0, type 7 or 5,
 * pps 0, frame_num of 4 bits. 65 88 80 and 61 9a 20..: 1 0001000 1 nnnn. */
#define SPS "6742c00cda05067e7c04400000030040000007a3c50aa8"
#define PPS "68ce3c80"

static bool h264_sets(struct hand *h) {
    return hand_piece(h, SPS, false) || hand_piece(h, PPS, false);
}

/* The number of bits of frame_num, so that slices can be written. */
static unsigned number_bits(void) {
    uint8_t b[64];
    struct h264_sps s;
    CHECK(hex_decode(b, sizeof(SPS) / 2, SPS));
    CHECK(h264_sps_read(bytes_of(b, sizeof(SPS) / 2), &s) == OK);
    return s.number_bits;
}

/* A slice: header byte, first_mb_in_slice 0, slice_type 7 or 5, pps, frame_num. */
static const char *slice(uint8_t header, unsigned pps, unsigned number) {
    static char text[4][64];
    static unsigned turn;
    uint64_t v = 0;
    unsigned n = 0, bits = number_bits();
    /* ue: 0 = 1, 1 = 010, 2 = 011; 5 = 00110, 7 = 0001000. */
    v = 1, n = 1;
    v = (header & 0x1f) == 5 ? v << 7 | 8 : v << 5 | 6;
    n += (header & 0x1f) == 5 ? 7 : 5;
    v = pps == 0 ? v << 1 | 1 : v << 3 | (pps + 1);
    n += pps == 0 ? 1 : 3;
    v = v << bits | number;
    n += bits;
    v <<= 40 - n;
    turn = (turn + 1) % 4;
    snprintf(text[turn], sizeof(text[0]), "%02x%010llx55", header, (unsigned long long)v);
    return text[turn];
}

TEST(depacketize_h264_a_key_frame_needs_its_parameter_sets) {
    struct hand h = {.ts = 5};
    depacketizer_init(&h.d, CODEC_H264);
    EXPECT(!hand_piece(&h, slice(0x65, 0, 0), true));
    EXPECT_EQ(h.d.dropped, 1);
    EXPECT(!hand_piece(&h, SPS, false));
    EXPECT(!hand_piece(&h, slice(0x65, 0, 0), true));
    EXPECT_EQ(h.d.dropped, 2);
    EXPECT(!hand_piece(&h, PPS, true)); /* on its own: no picture, and no loss */
    EXPECT_EQ(h.d.dropped, 2);
    EXPECT(hand_piece(&h, slice(0x65, 0, 0), true));
    EXPECT(h.f.key && h.f.width == 320 && h.f.height == 180);
    EXPECT(hand_piece(&h, slice(0x61, 0, 1), true));
    EXPECT(!h.f.key && h.f.init.n == 0);
    depacketizer_reset(&h.d);
}

TEST(depacketize_h264_sets_that_change_wait_for_a_key_frame) {
    struct hand h = {.ts = 5};
    depacketizer_init(&h.d, CODEC_H264);
    EXPECT(!h264_sets(&h));
    EXPECT(hand_piece(&h, slice(0x65, 0, 0), true));
    size_t first = h.f.init.n;
    /* The same again changes nothing. */
    EXPECT(!h264_sets(&h));
    EXPECT(hand_piece(&h, slice(0x61, 0, 1), true));
    /* Another picture parameter set, which its frame uses: 010 1 = id 1 of SPS 0. */
    EXPECT(!hand_piece(&h, "685780", false));
    EXPECT(!hand_piece(&h, slice(0x61, 1, 2), true));
    EXPECT(!hand_piece(&h, slice(0x61, 0, 3), true));
    EXPECT_EQ(h.d.dropped, 2);
    EXPECT(hand_piece(&h, slice(0x65, 1, 0), true));
    EXPECT(h.f.key && h.f.init.n == first + 2 + 3);
    EXPECT(hand_piece(&h, slice(0x61, 0, 1), true));
    depacketizer_reset(&h.d);
}

TEST(depacketize_h264_units_that_no_frame_holds) {
    struct hand h = {.ts = 5};
    char text[256], want[256];
    depacketizer_init(&h.d, CODEC_H264);
    /* Delimiter, SEI, sets and filling in one STAP-A; an empty unit among them. */
    snprintf(text, sizeof(text),
             "78"
             "0002"
             "0910"
             "0000"
             "0017" SPS "0004" PPS "0003"
             "060501"
             "0002"
             "0cff");
    EXPECT(!hand_piece(&h, text, false));
    const char *idr = slice(0x65, 0, 0);
    EXPECT(hand_piece(&h, idr, true));
    snprintf(want, sizeof(want),
             "00000003060501"
             "00000007%s",
             idr);
    EXPECT(hand_is(&h, want));
    depacketizer_reset(&h.d);
}

TEST(depacketize_h264_refuses_what_is_no_unit) {
    static const char *const bad[] = {"fc8500",       /* forbidden bit */
                                      "79000000",     /* STAP-B, which interleaves */
                                      "7800056588",   /* a length past the end */
                                      "78000178",     /* an aggregate within one */
                                      "7c",           /* a fragment without header */
                                      "7cc588",       /* start and end at once */
                                      "7c0588",       /* no start */
                                      "7c9c88",       /* a fragment of fragments */
                                      "65",           /* a slice without a header */
                                      "6500000000000" /* an endless number */
                                      "0"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct hand h = {.ts = 5};
        depacketizer_init(&h.d, CODEC_H264);
        EXPECT(!h264_sets(&h));
        EXPECT(hand_piece(&h, slice(0x65, 0, 0), true));
        EXPECT(!hand_piece(&h, bad[i], false));
        /* Of the first two the frame is whole without them, as its number says. */
        EXPECT(hand_piece(&h, slice(0x61, 0, 1), true) == (i < 2));
        EXPECT(hand_piece(&h, slice(0x61, 0, 2), true) == (i < 2));
        EXPECT(hand_piece(&h, slice(0x65, 0, 0), true));
        depacketizer_reset(&h.d);
    }
}

TEST(depacketize_h264_frame_numbers_tell_what_is_missing) {
    unsigned modulus = 1u << number_bits();
    for (unsigned from = 0; from < modulus; from++) {
        struct hand h = {.ts = 5};
        depacketizer_init(&h.d, CODEC_H264);
        EXPECT(!h264_sets(&h));
        EXPECT(hand_piece(&h, slice(0x65, 0, 0), true));
        for (unsigned i = 1; i <= from; i++) {
            EXPECT(hand_piece(&h, slice(0x61, 0, i), true));
        }
        h.d.lost = modulus - 1;
        EXPECT(hand_piece(&h, slice(0x61, 0, (from + 1) % modulus), true));
        EXPECT_EQ(h.d.holes, 0);
        h.d.lost = 1;
        EXPECT(!hand_piece(&h, slice(0x61, 0, (from + 3) % modulus), true));
        EXPECT_EQ(h.d.holes, 1);
        /* A whole round of them may be missing: what follows refers to one of those. */
        EXPECT(hand_piece(&h, slice(0x65, 0, 0), true));
        h.d.lost = modulus;
        EXPECT(!hand_piece(&h, slice(0x61, 0, 1), true));
        EXPECT_EQ(h.d.holes, 2);
        depacketizer_reset(&h.d);
    }
}

TEST(depacketize_h264_frames_that_nothing_refers_to) {
    struct hand h = {.ts = 5};
    depacketizer_init(&h.d, CODEC_H264);
    EXPECT(!h264_sets(&h));
    EXPECT(hand_piece(&h, slice(0x65, 0, 0), true));
    EXPECT(hand_piece(&h, slice(0x01, 0, 1), true));
    EXPECT(hand_piece(&h, slice(0x61, 0, 1), true));
    /* Such a frame may be missing, or not: it is a hole, and what follows can be shown. */
    h.d.lost = 1;
    EXPECT(hand_piece(&h, slice(0x61, 0, 2), true));
    EXPECT_EQ(h.d.holes, 1);
    EXPECT_EQ(h.d.dropped, 0);
    depacketizer_reset(&h.d);
}

TEST(depacketize_h264_keeps_a_bounded_number_of_sets) {
    struct hand h = {.ts = 5};
    depacketizer_init(&h.d, CODEC_H264);
    EXPECT(!h264_sets(&h));
    EXPECT(hand_piece(&h, slice(0x65, 0, 0), true));
    for (unsigned id = 0; id < 200; id++) {
        /* ue(id + 3) in 17 bits and SPS 0: 15 bits with zeros before. */
        char text[32];
        unsigned v = id + 4, width = 32 - (unsigned)__builtin_clz(v);
        uint64_t bits = (uint64_t)v << 1 | 1; /* width - 1 zeros, v, then ue(0) */
        unsigned n = 2 * width - 1 + 1;
        snprintf(text, sizeof(text), "68%08llx80", (unsigned long long)(bits << (32 - n)));
        EXPECT(!hand_piece(&h, text, false));
    }
    unsigned n = 0;
    for (unsigned i = 0; i < H264_PPS_MAX; i++) {
        n += h.d.u.h264.pps[i].n != 0;
    }
    EXPECT_EQ(n, H264_PPS_MAX);
    /* The one in use was received longest ago. */
    EXPECT(!hand_piece(&h, slice(0x65, 0, 0), true));
    EXPECT(!hand_piece(&h, PPS, false));
    EXPECT(hand_piece(&h, slice(0x65, 0, 0), true));
    depacketizer_reset(&h.d);
}

TEST(h264_sizes_with_cropping_fields_and_chroma) {
    static const struct {
        const char *sps;
        unsigned width, height;
    } cases[] = {{SPS, 320, 180},
                 {"6764000aacb4146fc98088000003000800000300f4789135", 160, 90},
                 /* Interlaced, and 4:4:4 with scaling lists. */
                 {"67640028acd94078044fde0220000003002000000643e2c5b2c000", 1920, 1080},
                 {"67f4000a919b288fc7c7e022000003000200000300641e244b2c00", 50, 34}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint8_t b[64];
        struct h264_sps s;
        size_t n = strlen(cases[i].sps) / 2;
        CHECK(hex_decode(b, n, cases[i].sps));
        EXPECT_EQ(h264_sps_read(bytes_of(b, n), &s), OK);
        EXPECT_EQ(s.width, cases[i].width);
        EXPECT_EQ(s.height, cases[i].height);
        for (size_t k = 0; k < n - 14; k++) {
            (void)h264_sps_read(bytes_of(b, k), &s);
        }
        EXPECT(h264_sps_read(bytes_of(b, 5), &s) != OK);
    }
}
