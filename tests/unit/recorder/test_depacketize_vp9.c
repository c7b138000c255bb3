/* VP9 of RTP as no encoder of ours sends it: sizes, pictures left out, what is no descriptor. */
#include "tests/unit/recorder/depacketize_hand.h"
#include "tests/unit/test.h"

/* Descriptors with I, L, (F = 0) TL0PICIDX, V; uncompressed headers of profile 0. A key frame is
 * 82 49 83 42, then 320x180: color_space 1 and range in 4 bits, 0x013f, 0x00b3. */
#define VP9_KEY \
    "82498342"  \
    "2013f00b30"

TEST(depacketize_vp9_spatial_layers_become_a_superframe) {
    struct hand h = {.ts = 5};
    depacketizer_init(&h.d, CODEC_VP9);
    /* Structure of two layers, 320x180 and 640x360. Inter-layer predicted: 86 = a shown inter
     * frame, 3f c0: it refreshes all. */
    EXPECT(!hand_piece(&h,
                       "ae"
                       "8001"
                       "00"
                       "00"
                       "30"
                       "014000b4"
                       "02800168" VP9_KEY,
                       false));
    EXPECT(hand_piece(&h,
                      "ac"
                      "8001"
                      "03"
                      "00"
                      "863fc000",
                      true));
    EXPECT(h.f.key && h.f.width == 640 && h.f.height == 360);
    EXPECT(hand_is(&h, VP9_KEY "863fc000"
                               "d9"
                               "09000000"
                               "04000000"
                               "d9"));
    /* The next picture in one layer stays as it is. */
    EXPECT(hand_piece(&h,
                      "ec"
                      "8002"
                      "00"
                      "00"
                      "863fc000",
                      true));
    EXPECT(!h.f.key && hand_is(&h, "863fc000"));
    /* An upper layer that begins twice, or goes on without a beginning; and nothing follows. */
    EXPECT(!hand_piece(&h,
                       "e8"
                       "8003"
                       "00"
                       "00"
                       "863fc000",
                       false));
    EXPECT(!hand_piece(&h,
                       "ec"
                       "8003"
                       "02"
                       "00"
                       "863fc000",
                       true));
    EXPECT_EQ(h.d.dropped, 1);
    EXPECT(!hand_piece(&h,
                       "ec"
                       "8004"
                       "00"
                       "00"
                       "863fc000",
                       false));
    EXPECT(!hand_piece(&h,
                       "e4"
                       "8004"
                       "02"
                       "00"
                       "863fc000",
                       true));
    EXPECT_EQ(h.d.dropped, 2);
    depacketizer_reset(&h.d);
}

/* K-SVC: Z says that no upper layer refers to the frame. */
TEST(depacketize_vp9_independent_sizes_leave_the_largest) {
    struct hand h = {.ts = 5};
    depacketizer_init(&h.d, CODEC_VP9);
    EXPECT(!hand_piece(&h, "ae8001000030014000b402800168" VP9_KEY, false));
    EXPECT(hand_piece(&h, "ad80010300863fc000", true));
    EXPECT(h.f.key && h.f.data.n == 9 + 4 + 2 + 2 * 4); /* which refers to the smaller one */
    EXPECT(!hand_piece(&h, "ed80020000863fc011", false));
    EXPECT(hand_piece(&h, "ed80020200863fc022", true));
    EXPECT(!h.f.key && hand_is(&h, "863fc022"));
    /* The encoder has left the larger one out. */
    EXPECT(!hand_piece(&h, "ed80030000863fc033", true));
    EXPECT(!hand_piece(&h, "ed80040000863fc044", false));
    EXPECT(hand_piece(&h, "ed80040200863fc055", true));
    EXPECT(hand_is(&h, "863fc055"));
    EXPECT_EQ(h.d.dropped, 0);
    /* It has stopped, which a key frame says. */
    EXPECT(hand_piece(&h, "af8005000010014000b4" VP9_KEY, true));
    EXPECT(hand_piece(&h, "ed80060000863fc066", true));
    EXPECT(hand_is(&h, "863fc066"));
    depacketizer_reset(&h.d);
}

TEST(depacketize_vp9_more_layers_than_there_can_be) {
    struct hand h = {.ts = 5};
    depacketizer_init(&h.d, CODEC_VP9);
    for (unsigned i = 0; i < 8; i++) {
        EXPECT(!hand_piece(&h,
                           "8c"
                           "8001" VP9_KEY,
                           false));
    }
    EXPECT(!hand_piece(&h,
                       "8c"
                       "8001" VP9_KEY,
                       true));
    EXPECT_EQ(h.d.dropped, 1);
    for (unsigned i = 0; i < 7; i++) {
        EXPECT(!hand_piece(&h,
                           "8c"
                           "8002" VP9_KEY,
                           false));
    }
    EXPECT(hand_piece(&h,
                      "8c"
                      "8002" VP9_KEY,
                      true));
    EXPECT_EQ(h.f.data.n, 8 * 9 + 2 + 8 * 4);
    depacketizer_reset(&h.d);
}

TEST(depacketize_vp9_a_frame_that_nothing_refers_to_costs_only_itself) {
    struct hand h = {.ts = 5};
    struct video_piece lost = {.rtp_ts = 0, .lost = 1};
    depacketizer_init(&h.d, CODEC_VP9);
    EXPECT(hand_piece(&h,
                      "8c"
                      "8001" VP9_KEY,
                      true));
    /* 86 00 00 00: refresh_frame_flags is 0. Its end is lost. */
    EXPECT(!hand_piece(&h,
                       "c8"
                       "8002"
                       "86000000",
                       false));
    EXPECT(!depacketizer_end(&h.d, &lost, &h.f));
    EXPECT(!hand_piece(&h,
                       "c4"
                       "8002"
                       "00",
                       true));
    EXPECT(hand_piece(&h,
                      "cc"
                      "8003"
                      "863fc000",
                      true));
    EXPECT_EQ(h.d.dropped, 1);
    EXPECT_EQ(h.d.holes, 0);
    /* One that others refer to. */
    EXPECT(!hand_piece(&h,
                       "c8"
                       "8004"
                       "863fc000",
                       false));
    EXPECT(!depacketizer_end(&h.d, &lost, &h.f));
    EXPECT(!hand_piece(&h,
                       "c4"
                       "8004"
                       "00",
                       true));
    EXPECT(!hand_piece(&h,
                       "cc"
                       "8005"
                       "863fc000",
                       true));
    depacketizer_reset(&h.d);
}

TEST(depacketize_vp9_size_changes_without_a_key_frame) {
    struct hand h = {.ts = 5};
    depacketizer_init(&h.d, CODEC_VP9);
    EXPECT(hand_piece(&h,
                      "8c"
                      "8001" VP9_KEY,
                      true));
    EXPECT_EQ(h.f.width, 320);
    /* No reference has its size: 1280x720. */
    EXPECT(hand_piece(&h,
                      "cc"
                      "8002"
                      "863fc000027f816780",
                      true));
    EXPECT(!h.f.key && h.f.width == 1280 && h.f.height == 720);
    /* The first reference has it. */
    EXPECT(hand_piece(&h,
                      "cc"
                      "8003"
                      "863fc00200",
                      true));
    EXPECT(h.f.width == 1280 && h.f.height == 720);
    depacketizer_reset(&h.d);
}

TEST(depacketize_vp9_picture_ids_wrap) {
    static const struct {
        const char *first, *second;
    } ids[] = {{"8c"
                "ffff",
                "cc8000"},
               {"8c7f", "cc00"},
               {"8c00", "cc01"}};
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        struct hand h = {.ts = 5};
        char text[64];
        depacketizer_init(&h.d, CODEC_VP9);
        snprintf(text, sizeof(text), "%s" VP9_KEY, ids[i].first);
        EXPECT(hand_piece(&h, text, true));
        h.d.lost = 1;
        snprintf(text, sizeof(text), "%s863fc000", ids[i].second);
        EXPECT(hand_piece(&h, text, true));
        depacketizer_reset(&h.d);
        /* A whole round of them may be missing. */
        uint32_t round = i == 0 ? 32768 : 128;
        for (uint32_t lost = round - 1; lost <= round; lost++) {
            depacketizer_init(&h.d, CODEC_VP9);
            snprintf(text, sizeof(text), "%s" VP9_KEY, ids[i].first);
            EXPECT(hand_piece(&h, text, true));
            h.d.lost = lost;
            snprintf(text, sizeof(text), "%s863fc000", ids[i].second);
            EXPECT(hand_piece(&h, text, true) == (lost < round));
            EXPECT_EQ(h.d.holes, lost == round);
            depacketizer_reset(&h.d);
        }
        depacketizer_reset(&h.d);
    }
}

TEST(depacketize_vp9_refuses_what_is_no_descriptor) {
    static const char *const bad[] = {
        "88",         /* the picture id is missing */
        "8881",       /* and its second byte */
        "280000",     /* nothing behind layer indices */
        "5801010100", /* more than three references */
        "0a08ff",     /* a group of 255 pictures of which none is there */
        "0af0"
        "01", /* sizes of eight layers */
        "08", /* no payload */
        "0882498343"
        "2013f00b30" /* no sync code */
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct hand h = {.ts = 5};
        depacketizer_init(&h.d, CODEC_VP9);
        EXPECT(!hand_piece(&h, bad[i], true));
        EXPECT(!h.d.started);
        depacketizer_reset(&h.d);
    }
}
