#include "base/bytes.h"
#include "media/wire/vp8.h"
#include "tests/unit/test.h"

/* First packet of a 640x360 key frame as Chromium sends it: 15-bit picture id, TL0PICIDX, TID. */
static const uint8_t keyframe[] = {0x90, 0xe0, 0x92, 0x34, 0x56, 0x20, 0x50, 0x6c, 0x01,
                                   0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01, 0x39};

static enum err parse_copy(const uint8_t *p, size_t n, struct vp8 *ret) {
    uint8_t *copy = mem_alloc(n);
    uint16_t width, height;
    if (!copy) {
        return ERR_NOMEM;
    }
    memcpy(copy, p, n);
    enum err e = vp8_parse(bytes_of(copy, n), ret);
    if (e == OK) {
        (void)vp8_keyframe_size(bytes_of(copy, n), ret, &width, &height);
        picture_ids_write(copy, &ret->ids, ret->ids.picture_id, ret->ids.tl0picidx);
        EXPECT(memcmp(copy, p, n) == 0); /* writing what is there changes nothing */
    }
    mem_free(copy);
    return e;
}

TEST(vp8_parses_a_key_frame) {
    struct vp8 d;
    uint16_t width = 0, height = 0;
    REQUIRE(parse_copy(keyframe, sizeof(keyframe), &d) == OK);
    EXPECT_EQ(d.len, 6);
    EXPECT(d.start);
    EXPECT(d.keyframe);
    EXPECT(!d.non_reference);
    EXPECT(d.ids.has_picture_id && d.ids.has_tl0picidx && d.has_tid);
    EXPECT_EQ(d.ids.picture_id_bits, 15);
    EXPECT_EQ(d.ids.picture_id, 0x1234);
    EXPECT_EQ(d.ids.picture_id_at, 2);
    EXPECT_EQ(d.ids.tl0picidx, 0x56);
    EXPECT_EQ(d.ids.tl0picidx_at, 4);
    EXPECT_EQ(d.tid, 0);
    EXPECT(d.layer_sync);
    EXPECT_EQ(vp8_keyframe_size(bytes_of(keyframe, sizeof(keyframe)), &d, &width, &height), OK);
    EXPECT_EQ(width, 640);
    EXPECT_EQ(height, 360);
}

/* The forms of RFC 7741 section 4.2. */
TEST(vp8_parses_every_form) {
    static const struct {
        const char *bytes;
        size_t n;
        struct vp8 want;
    } cases[] = {
        {"\x10\x01", 2, {.len = 1, .start = true}},
        {"\x10\x00", 2, {.len = 1, .start = true, .keyframe = true}},
        {"\x00\x00", 2, {.len = 1}}, /* S = 0: inside a partition */
        {"\x11\x00", 2, {.len = 1}}, /* S = 1 of partition 1 */
        {"\x30\x01", 2, {.len = 1, .start = true, .non_reference = true}},
        {"\x90\x00\x01", 3, {.len = 2, .start = true}}, /* X with nothing in it */
        {"\x80\x80\x7f\x01",
         4,
         {.len = 3,
          .ids.has_picture_id = true,
          .ids.picture_id_bits = 7,
          .ids.picture_id = 127,
          .ids.picture_id_at = 2}},
        {"\x80\x80\xff\xff\x01",
         5,
         {.len = 4,
          .ids.has_picture_id = true,
          .ids.picture_id_bits = 15,
          .ids.picture_id = 32767,
          .ids.picture_id_at = 2}},
        {"\x80\x40\xff\x01",
         4,
         {.len = 3, .ids.has_tl0picidx = true, .ids.tl0picidx = 255, .ids.tl0picidx_at = 2}},
        {"\x80\x20\xdf\x01", 4, {.len = 3, .has_tid = true, .tid = 3}},
        {"\x80\x20\x60\x01", 4, {.len = 3, .has_tid = true, .tid = 1, .layer_sync = true}},
        {"\x80\x10\xff\x01", 4, {.len = 3}}, /* K alone: TID and Y mean nothing */
        {"\x80\xf0\x05\x06\x47\x01",
         6,
         {.len = 5,
          .ids.has_picture_id = true,
          .ids.picture_id_bits = 7,
          .ids.picture_id = 5,
          .ids.picture_id_at = 2,
          .ids.has_tl0picidx = true,
          .ids.tl0picidx = 6,
          .ids.tl0picidx_at = 3,
          .has_tid = true,
          .tid = 1}},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct vp8 *w = &cases[i].want;
        struct vp8 d;
        REQUIRE(parse_copy((const uint8_t *)cases[i].bytes, cases[i].n, &d) == OK);
        EXPECT_EQ(d.len, w->len);
        EXPECT_EQ(d.start, w->start);
        EXPECT_EQ(d.keyframe, w->keyframe);
        EXPECT_EQ(d.non_reference, w->non_reference);
        EXPECT_EQ(d.ids.has_picture_id, w->ids.has_picture_id);
        EXPECT_EQ(d.ids.picture_id_bits, w->ids.picture_id_bits);
        EXPECT_EQ(d.ids.picture_id, w->ids.picture_id);
        EXPECT_EQ(d.ids.picture_id_at, w->ids.picture_id_at);
        EXPECT_EQ(d.ids.has_tl0picidx, w->ids.has_tl0picidx);
        EXPECT_EQ(d.ids.tl0picidx, w->ids.tl0picidx);
        EXPECT_EQ(d.ids.tl0picidx_at, w->ids.tl0picidx_at);
        EXPECT_EQ(d.has_tid, w->has_tid);
        EXPECT_EQ(d.tid, w->tid);
        EXPECT_EQ(d.layer_sync, w->layer_sync);
    }
}

TEST(vp8_survives_every_truncation) {
    struct vp8 whole;
    REQUIRE(parse_copy(keyframe, sizeof(keyframe), &whole) == OK);
    for (size_t n = 0; n < sizeof(keyframe); n++) {
        struct vp8 d = {.len = 77};
        enum err e = parse_copy(keyframe, n, &d);
        uint16_t width = 7, height = 7;
        EXPECT_EQ(e, n <= whole.len ? ERR_SHORT : OK);
        EXPECT_EQ(d.len, e == OK ? whole.len : 77);
        if (e == OK && n < sizeof(keyframe) - 1) {
            EXPECT_EQ(vp8_keyframe_size(bytes_of(keyframe, n), &d, &width, &height), ERR_SHORT);
            EXPECT_EQ(width, 7);
        }
    }
}

TEST(vp8_keyframe_size_wants_the_start_code) {
    uint8_t p[sizeof(keyframe)];
    struct vp8 d;
    uint16_t width = 0, height = 0;
    for (size_t at = 9; at < 12; at++) {
        memcpy(p, keyframe, sizeof(p));
        p[at] ^= 1;
        REQUIRE(vp8_parse(bytes_of(p, sizeof(p)), &d) == OK);
        EXPECT_EQ(vp8_keyframe_size(bytes_of(p, sizeof(p)), &d, &width, &height), ERR_FORMAT);
    }
    memcpy(p, keyframe, sizeof(p));
    p[6] |= 1; /* an inter frame */
    REQUIRE(vp8_parse(bytes_of(p, sizeof(p)), &d) == OK);
    EXPECT_EQ(vp8_keyframe_size(bytes_of(p, sizeof(p)), &d, &width, &height), ERR_FORMAT);
    memcpy(p, keyframe, sizeof(p));
    p[13] |= 0xc0; /* the scaling bits are not part of the size */
    p[15] |= 0x40;
    REQUIRE(vp8_parse(bytes_of(p, sizeof(p)), &d) == OK);
    EXPECT_EQ(vp8_keyframe_size(bytes_of(p, sizeof(p)), &d, &width, &height), OK);
    EXPECT_EQ(width, 640);
    EXPECT_EQ(height, 360);
}

/* A frame without any area cannot be shown, nor any that refers to it. */
TEST(vp8_keyframe_size_is_not_zero) {
    for (size_t at = 12; at < 16; at += 2) {
        uint8_t p[sizeof(keyframe)];
        struct vp8 d;
        uint16_t width = 7, height = 7;
        memcpy(p, keyframe, sizeof(p));
        p[at] = 0;
        p[at + 1] = 0xc0; /* the scaling bits are not part of the size */
        REQUIRE(vp8_parse(bytes_of(p, sizeof(p)), &d) == OK);
        EXPECT_EQ(vp8_keyframe_size(bytes_of(p, sizeof(p)), &d, &width, &height), ERR_FORMAT);
        EXPECT(width == 7 && height == 7);
    }
}

TEST(picture_ids_keep_their_width) {
    static const uint16_t ids[] = {0, 1, 127, 128, 32767, 32768, 65534, 65535};
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        uint8_t wide[] = {0x80, 0xc0, 0x80, 0x00, 0x00, 0x01};
        uint8_t narrow[] = {0x80, 0xc0, 0x00, 0x00, 0x01};
        struct vp8 d;
        REQUIRE(vp8_parse(bytes_of(wide, sizeof(wide)), &d) == OK);
        picture_ids_write(wide, &d.ids, ids[i], (uint8_t)ids[i]);
        REQUIRE(vp8_parse(bytes_of(wide, sizeof(wide)), &d) == OK);
        EXPECT_EQ(d.ids.picture_id_bits, 15);
        EXPECT_EQ(d.ids.picture_id, ids[i] & 0x7fff);
        EXPECT_EQ(d.ids.tl0picidx, ids[i] & 0xff);
        EXPECT_EQ(wide[5], 1);
        REQUIRE(vp8_parse(bytes_of(narrow, sizeof(narrow)), &d) == OK);
        picture_ids_write(narrow, &d.ids, ids[i], (uint8_t)ids[i]);
        REQUIRE(vp8_parse(bytes_of(narrow, sizeof(narrow)), &d) == OK);
        EXPECT_EQ(d.ids.picture_id_bits, 7);
        EXPECT_EQ(d.ids.picture_id, ids[i] & 0x7f);
        EXPECT_EQ(d.ids.tl0picidx, ids[i] & 0xff);
        EXPECT_EQ(narrow[4], 1);
    }
}

TEST(a_bare_descriptor_has_no_picture_ids_to_write) {
    uint8_t p[] = {0x10, 0x01, 0x02};
    struct vp8 d;
    REQUIRE(vp8_parse(bytes_of(p, sizeof(p)), &d) == OK);
    picture_ids_write(p, &d.ids, 0x7fff, 0xff);
    EXPECT(memcmp(p, "\x10\x01\x02", 3) == 0);
}
