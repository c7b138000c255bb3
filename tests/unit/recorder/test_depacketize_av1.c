/* AV1 of RTP as no encoder of ours sends it: OBUs in pieces, sequence headers of many encoders. */
#include "recorder/timeline/av1_sequence.h"
#include "tests/unit/recorder/depacketize_hand.h"
#include "tests/unit/test.h"

/* The clip's sequence header and a key frame's first bytes: show_existing_frame 0, frame_type 0,
 * show_frame 1; an inter frame: 0 01 1. */
#define AV1_SEQUENCE \
    "08"             \
    "000000043cfeccdaf90040"
#define AV1_KEY \
    "30"        \
    "10aabb"
#define AV1_INTER \
    "30"          \
    "30aabb"

TEST(depacketize_av1_key_frames_need_a_sequence_header) {
    struct hand h = {.ts = 5};
    depacketizer_init(&h.d, CODEC_AV1);
    EXPECT(!hand_piece(&h, "10" AV1_KEY, true));
    EXPECT_EQ(h.d.dropped, 1);
    EXPECT(!hand_piece(&h, "18" AV1_SEQUENCE, true)); /* alone: no picture */
    EXPECT_EQ(h.d.dropped, 1);
    EXPECT(!hand_piece(&h, "10" AV1_KEY, true));
    /* W = 2: the first has its length. */
    EXPECT(hand_piece(&h,
                      "28"
                      "0c" AV1_SEQUENCE AV1_KEY,
                      true));
    EXPECT(h.f.key && h.f.width == 320 && h.f.height == 180);
    EXPECT(hand_is(&h, "0a0b"
                       "000000043cfeccdaf90040"
                       "3203"
                       "10aabb"));
    EXPECT(hand_piece(&h, "10" AV1_INTER, true));
    EXPECT(!h.f.key && hand_is(&h, "3203"
                                   "30aabb"));
    depacketizer_reset(&h.d);
}

TEST(depacketize_av1_obus_in_pieces_and_of_every_form) {
    struct hand h = {.ts = 5};
    depacketizer_init(&h.d, CODEC_AV1);
    /* W = 0; a temporal delimiter, an OBU with a size of its own, padding, an extension (which
     * stays); the frame in three packets. */
    EXPECT(!hand_piece(&h,
                       "48"
                       "02"
                       "1200"
                       "0d"
                       "0a0b000000043cfeccdaf90040"
                       "02"
                       "7800"
                       "03"
                       "340810",
                       false));
    EXPECT(!hand_piece(&h,
                       "c0"
                       "01"
                       "aa",
                       false));
    EXPECT(hand_piece(&h,
                      "90"
                      "bb",
                      true));
    EXPECT(h.f.key);
    EXPECT(hand_is(&h, "0a0b"
                       "000000043cfeccdaf90040"
                       "360803"
                       "10aabb"));
    depacketizer_reset(&h.d);
}

TEST(depacketize_av1_refuses_what_is_no_element) {
    static const char *const bad[] = {
        "90aa",                   /* goes on with nothing before */
        "0005aa",                 /* a length past the end */
        "00ffffffffffff01",       /* a length over 32 bits */
        "00ffffffffffffffffffff", /* an endless length */
        "20ff30",                 /* the same among two elements */
        "10b0aa",                 /* forbidden bit */
        "10320510aa",             /* a size that is not the element's */
        "10"
        "34", /* the extension is missing */
        "10"
        "08ff" /* no sequence header: a piece of one */
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct hand h = {.ts = 5};
        depacketizer_init(&h.d, CODEC_AV1);
        EXPECT(hand_piece(&h,
                          "28"
                          "0c" AV1_SEQUENCE AV1_KEY,
                          true));
        EXPECT(!hand_piece(&h, bad[i], false));
        if (i + 1 < ARRAY_LEN(bad)) {
            EXPECT(!hand_piece(&h, "10" AV1_INTER, true));
            EXPECT(!hand_piece(&h, "10" AV1_INTER, true));
        } else {
            EXPECT(!hand_piece(&h, "10" AV1_KEY, true)); /* its record cannot be made */
        }
        EXPECT(hand_piece(&h,
                          "28"
                          "0c" AV1_SEQUENCE AV1_KEY,
                          true));
        depacketizer_reset(&h.d);
    }
}

/* Records as ffmpeg made them of streams by libaom, SVT-AV1 and rav1e: the head must come out of
 * the sequence header behind it. */
TEST(av1_sequence_headers_of_many_encoders) {
    static const struct {
        const char *config;
        unsigned width, height;
    } cases[] = {{"81000c000a0b000000043cfeccdaf90040", 320, 180},
                 {"81004c000a0a00000002ae309b5f2808", 50, 34},       /* 10 bits */
                 {"81001c000a0a00000002ae309b5f2540", 50, 34},       /* monochrome */
                 {"812000000a0a20000002ae309b5f2040", 50, 34},       /* 4:4:4 */
                 {"814008000a0a40000002ae309b5f2020", 50, 34},       /* 4:2:2 */
                 {"814068000a0a40000002ae309b5f2c44", 50, 34},       /* 4:2:2, 12 bits */
                 {"812000000a0d20000002ae309b5f2404340080", 50, 34}, /* RGB */
                 {"81000c000a0a000000032c1fc02f8004", 66, 64},       /* SVT-AV1 */
                 {"811f0c000a0d000000f9960fe210ac8101010a", 66, 64} /* rav1e */};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint8_t b[64], head[AV1_CONFIG_HEAD];
        struct av1_sequence s;
        size_t n = strlen(cases[i].config) / 2;
        CHECK(hex_decode(b, n, cases[i].config));
        REQUIRE(av1_sequence_read(bytes_of(b + 6, n - 6), &s) == OK);
        EXPECT_EQ(s.width, cases[i].width);
        EXPECT_EQ(s.height, cases[i].height);
        av1_config_head(&s, head);
        EXPECT(memcmp(head, b, sizeof(head)) == 0);
        for (size_t k = 0; k < 8; k++) {
            EXPECT(av1_sequence_read(bytes_of(b + 6, k), &s) != OK);
        }
    }
}

/* Timing, a decoder model and two operating points, as specification section 5.5.1 puts them. */
TEST(av1_sequence_header_with_everything) {
    uint8_t b[64] = {0};
    size_t at = 0;
    static const struct {
        unsigned n;
        uint32_t v;
    } fields[] = {{3, 0},      {1, 0},     {1, 0}, /* profile, still, reduced */
                  {1, 1},      {32, 1000}, {32, 90000}, {1, 1},    {3, 2}, /* timing, ticks */
                  {1, 1},      {5, 9},     {32, 1000},  {5, 9},    {5, 9}, /* decoder model */
                  {1, 1},      {5, 1},                                     /* delays, points */
                  {12, 0x103}, {5, 9},     {1, 1},      {1, 1},    {10, 7},
                  {10, 7},     {1, 0},     {1, 1},      {4, 3},            /* the first */
                  {12, 0x101}, {5, 4},     {1, 0},      {1, 0},            /* the second */
                  {4, 10},     {4, 10},    {11, 1279},  {11, 719},         /* size */
                  {1, 1},      {4, 2},     {3, 1},                         /* frame ids */
                  {3, 7},      {4, 15},    {1, 1},      {2, 3},            /* tools, order hint */
                  {1, 0},      {1, 1},     {1, 0},      {1, 1},    {3, 6}, /* screen content */
                  {3, 7},      {1, 0},     {1, 0},      {1, 1},    {24, 0x010101},
                  {1, 1},      {2, 2},     {1, 0},      {1, 0}};
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        for (unsigned k = fields[i].n; k-- > 0; at++) {
            b[at / 8] |= (uint8_t)((fields[i].v >> k & 1) << (7 - at % 8));
        }
    }
    struct av1_sequence s;
    uint8_t head[AV1_CONFIG_HEAD];
    EXPECT_EQ(av1_sequence_read(bytes_of(b, at / 8 + 1), &s), OK);
    EXPECT_EQ(s.width, 1280);
    EXPECT_EQ(s.height, 720);
    EXPECT_EQ(s.level, 9);
    EXPECT_EQ(s.tier, 1);
    EXPECT_EQ(s.sample_position, 2);
    av1_config_head(&s, head);
    EXPECT(memcmp(head, "\x81\x09\x8e\x00", 4) == 0);
}
