/* The VP9 payload descriptor. Bytes: of Chromium 156, VP9 in L3T3_KEY and L1T3. */
#include "media/wire/vp9.h"
#include "tests/unit/test.h"

#define PARSE(d, ...) \
    vp9_parse(bytes_of((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})), (d))

TEST(vp9_reads_a_key_frame_with_its_structure) {
    struct vp9 d;
    EXPECT_EQ(PARSE(&d, 0xbe, 0xc9, 0x07, 0x10, 0x50, 0x01, 0x40, 0x00, 0xb4, 0x02, 0x80, 0x01,
                    0x68, 0x05, 0x00, 0x02, 0xd0, 0x83),
              OK);
    EXPECT(!d.inter && d.first && d.last && !d.not_for_upper && d.has_layers);
    EXPECT(d.spatial == 0 && d.temporal == 0 && d.switches_up && !d.from_lower);
    EXPECT(d.ids.has_picture_id && d.ids.picture_id_bits == 15 && d.ids.picture_id == 18695);
    EXPECT_EQ(d.ids.picture_id_at, 1);
    EXPECT(!d.ids.has_tl0picidx);
    EXPECT_EQ(d.layers, 3);
    EXPECT(d.width == 1280 && d.height == 720);
    EXPECT_EQ(d.len, 17);
}

TEST(vp9_reads_layers_of_a_key_picture) {
    struct vp9 d;
    EXPECT_EQ(PARSE(&d, 0xb8, 0xc9, 0x07, 0x13, 0x87), OK);
    EXPECT(!d.inter && d.first && !d.last && !d.not_for_upper);
    EXPECT(d.spatial == 1 && d.from_lower && d.switches_up);
    EXPECT_EQ(d.layers, 0);
    EXPECT_EQ(d.len, 4);
    EXPECT_EQ(PARSE(&d, 0xb5, 0xc9, 0x07, 0x15, 0xdd), OK);
    EXPECT(!d.first && d.last && d.not_for_upper && d.spatial == 2 && d.from_lower);
}

TEST(vp9_reads_what_refers_to_earlier_pictures) {
    struct vp9 d;
    EXPECT_EQ(PARSE(&d, 0xfd, 0xca, 0x1d, 0x32, 0x04, 0x87), OK);
    EXPECT(d.inter && d.first && d.last && d.not_for_upper);
    EXPECT(d.spatial == 1 && d.temporal == 1 && d.switches_up && !d.from_lower);
    EXPECT_EQ(d.len, 5);
}

TEST(vp9_reads_the_form_without_references) {
    struct vp9 d;
    EXPECT_EQ(PARSE(&d, 0xec, 0x12, 0x51, 0x77, 0x01), OK); /* 7 bits of picture id */
    EXPECT(d.ids.picture_id_bits == 7 && d.ids.picture_id == 0x12);
    EXPECT(d.ids.has_tl0picidx && d.ids.tl0picidx == 0x77 && d.ids.tl0picidx_at == 3);
    EXPECT(d.temporal == 2 && d.switches_up && d.spatial == 0 && d.from_lower);
    EXPECT_EQ(PARSE(&d, 0x08, 0x01), OK);
    EXPECT(!d.has_layers && !d.ids.has_picture_id && d.len == 1);
}

TEST(vp9_refuses_what_is_cut_or_refers_to_too_much) {
    static const uint8_t key[] = {0xbe, 0xc9, 0x07, 0x10, 0x50, 0x01, 0x40, 0x00, 0xb4,
                                  0x02, 0x80, 0x01, 0x68, 0x05, 0x00, 0x02, 0xd0};
    struct vp9 d;
    for (size_t n = 0; n <= sizeof(key); n++) {
        EXPECT_EQ(vp9_parse(bytes_of(key, n), &d), ERR_SHORT);
    }
    EXPECT_EQ(PARSE(&d, 0x50, 0x03, 0x05, 0x06, 0xff), OK);
    EXPECT_EQ(PARSE(&d, 0x50, 0x03, 0x05, 0x07, 0x08, 0xff), ERR_FORMAT);
}
