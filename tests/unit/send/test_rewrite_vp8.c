#include "media/send/rewrite_vp8.h"

#include "tests/unit/test.h"

static const uint16_t starts[] = {0, 1, 127, 128, 32766, 32767};
static const uint8_t tl0_starts[] = {0, 1, 127, 128, 254, 255};

static struct vp8 descriptor(uint8_t bits, uint16_t id, uint8_t tl0) {
    return (struct vp8){.has_picture_id = true,
                        .picture_id_bits = bits,
                        .picture_id = id & (bits == 7 ? 0x7f : 0x7fff),
                        .has_tl0picidx = true,
                        .tl0picidx = tl0};
}

/* Sources of both widths in turn, from every start: pictures count on by one in 15 bits. */
TEST(vp8_numbers_run_on_across_sources_and_wraps) {
    struct rewrite_vp8 r = {.picture_id = 32700, .tl0picidx = 250};
    uint16_t want = 32701;
    uint8_t want_tl0 = 251;
    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        for (uint8_t bits = 7; bits <= 15; bits += 8) {
            for (unsigned k = 0; k < 300; k++) {
                struct vp8 d =
                    descriptor(bits, (uint16_t)(starts[i] + k), (uint8_t)(tl0_starts[i] + k));
                uint16_t id;
                uint8_t tl0;
                if (k == 0) {
                    rewrite_vp8_switch(&r, &d);
                }
                rewrite_vp8_map(&r, &d, &id, &tl0);
                EXPECT_EQ(id, bits == 7 ? want & 0x7f : want);
                EXPECT_EQ(tl0, want_tl0);
                EXPECT_EQ(r.picture_id, want);
                want = (want + 1) & 0x7fff;
                want_tl0++;
            }
        }
    }
}

TEST(vp8_late_packets_map_alike_and_do_not_move_on) {
    struct rewrite_vp8 r = {0};
    struct vp8 first = descriptor(15, 32760, 250);
    uint16_t id, again;
    uint8_t tl0, tl0_again;
    rewrite_vp8_switch(&r, &first);
    rewrite_vp8_map(&r, &first, &id, &tl0);
    EXPECT_EQ(id, 1);
    for (uint16_t k = 1; k < 50; k++) {
        struct vp8 d = descriptor(15, (uint16_t)(32760 + k), (uint8_t)(250 + k));
        uint16_t x;
        uint8_t y;
        rewrite_vp8_map(&r, &d, &x, &y);
    }
    rewrite_vp8_map(&r, &first, &again, &tl0_again);
    EXPECT_EQ(again, id);
    EXPECT_EQ(tl0_again, tl0);
    EXPECT_EQ(r.picture_id, 50);
    EXPECT_EQ(r.tl0picidx, 50);
}

TEST(vp8_without_ids_is_left_alone) {
    struct rewrite_vp8 r = {.picture_id = 77, .tl0picidx = 9};
    struct vp8 none = {0};
    uint16_t id = 5;
    uint8_t tl0 = 5;
    rewrite_vp8_switch(&r, &none);
    rewrite_vp8_map(&r, &none, &id, &tl0);
    EXPECT_EQ(id, 0);
    EXPECT_EQ(tl0, 0);
    EXPECT_EQ(r.picture_id, 77);
    EXPECT_EQ(r.tl0picidx, 9);
    struct vp8 d = descriptor(15, 4000, 3);
    rewrite_vp8_switch(&r, &d);
    rewrite_vp8_map(&r, &d, &id, &tl0);
    EXPECT_EQ(id, 78);
    EXPECT_EQ(tl0, 10);
}

TEST(vp8_numbers_survive_a_snapshot) {
    struct rewrite_vp8 r = {0}, s;
    struct vp8 d = descriptor(15, 20000, 200);
    uint16_t a, b;
    uint8_t c, e;
    rewrite_vp8_switch(&r, &d);
    rewrite_vp8_map(&r, &d, &a, &c);
    rewrite_vp8_import(&s, &r);
    d = descriptor(15, 20001, 201);
    rewrite_vp8_map(&r, &d, &a, &c);
    rewrite_vp8_map(&s, &d, &b, &e);
    EXPECT_EQ(a, b);
    EXPECT_EQ(c, e);
    EXPECT(memcmp(&r, &s, sizeof(r)) == 0);
}

/* Up to 60 pictures more were sent after the snapshot: the next one is ahead of them in either
 * width, and not by half of its range. */
TEST(vp8_numbers_rejoin_ahead_of_what_may_have_been_sent) {
    for (unsigned bits = 7; bits <= 15; bits += 8) {
        for (unsigned at = 0; at < 0x8000; at += 97) {
            struct rewrite_vp8 r = {0}, s;
            uint16_t mask = bits == 7 ? 0x7f : 0x7fff, id;
            uint8_t tl0;
            struct vp8 d = descriptor(bits, 5, 200);
            r.picture_id = (uint16_t)at;
            r.tl0picidx = (uint8_t)at;
            rewrite_vp8_rejoin(&s, &r);
            rewrite_vp8_switch(&s, &d);
            rewrite_vp8_map(&s, &d, &id, &tl0);
            unsigned ahead = (id - at) & mask;
            EXPECT(ahead > (bits == 7 ? 45 : 60) && ahead < mask / 2);
            EXPECT_EQ((uint8_t)(tl0 - at), 97);
        }
    }
}
