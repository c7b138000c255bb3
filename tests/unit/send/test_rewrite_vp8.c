#include "media/send/rewrite_vp8.h"

#include "tests/unit/test.h"

static const uint16_t starts[] = {0, 1, 127, 128, 32766, 32767};
static const uint8_t tl0_starts[] = {0, 1, 127, 128, 254, 255};

static struct vp8 descriptor(uint8_t bits, uint16_t id, uint8_t tl0) {
    return (struct vp8){.ids = {.has_picture_id = true,
                                .picture_id_bits = bits,
                                .picture_id = id & (bits == 7 ? 0x7f : 0x7fff),
                                .has_tl0picidx = true,
                                .tl0picidx = tl0}};
}

/* Sources of both widths in turn, from every start: pictures count on by one in 15 bits. */
TEST(vp8_numbers_run_on_across_sources_and_wraps) {
    struct rewrite_vp8 r = {.is = {.picture_id = 32700, .tl0picidx = 250}};
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
                EXPECT_EQ(r.is.picture_id, want);
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
    EXPECT_EQ(r.is.picture_id, 50);
    EXPECT_EQ(r.is.tl0picidx, 50);
}

TEST(vp8_without_ids_is_left_alone) {
    struct rewrite_vp8 r = {.is = {.picture_id = 77, .tl0picidx = 9}};
    struct vp8 none = {0};
    uint16_t id = 5;
    uint8_t tl0 = 5;
    rewrite_vp8_switch(&r, &none);
    rewrite_vp8_map(&r, &none, &id, &tl0);
    EXPECT_EQ(id, 0);
    EXPECT_EQ(tl0, 0);
    EXPECT_EQ(r.is.picture_id, 77);
    EXPECT_EQ(r.is.tl0picidx, 9);
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
    rewrite_vp8_import(&s, &r.is);
    d = descriptor(15, 20001, 201);
    rewrite_vp8_map(&r, &d, &a, &c);
    rewrite_vp8_map(&s, &d, &b, &e);
    EXPECT_EQ(a, b);
    EXPECT_EQ(c, e);
    EXPECT(memcmp(&r.is, &s.is, sizeof(r.is)) == 0);
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
            r.is.picture_id = (uint16_t)at;
            r.is.tl0picidx = (uint8_t)at;
            rewrite_vp8_rejoin(&s, &r.is);
            rewrite_vp8_switch(&s, &d);
            rewrite_vp8_map(&s, &d, &id, &tl0);
            unsigned ahead = (id - at) & mask;
            EXPECT(ahead > (bits == 7 ? 45 : 60) && ahead < mask / 2);
            EXPECT_EQ((uint8_t)(tl0 - at), 97);
        }
    }
}

/* Pictures of temporal layers as L1T3 has them: 0 2 1 2, with Y bits on the first of each layer in
 * a group of eight. */
static struct vp8 layered(uint16_t id) {
    static const uint8_t tids[] = {0, 2, 1, 2, 0, 2, 1, 2};
    static const bool syncs[] = {false, true, true, false, false, false, false, false};
    struct vp8 d = descriptor(15, id, (uint8_t)(id / 4));
    d.has_tid = true;
    d.tid = tids[id % 8];
    d.layer_sync = syncs[id % 8];
    return d;
}

/* The id that picture `id` goes out with, or -1. */
static int show(struct rewrite_vp8 *r, uint16_t id, uint8_t wanted) {
    struct vp8 d = layered(id);
    uint16_t out = 0;
    uint8_t tl0 = 0;
    if (!rewrite_vp8_shows(r, &d, wanted)) {
        return -1;
    }
    rewrite_vp8_map(r, &d, &out, &tl0);
    return out;
}

TEST(vp8_pictures_that_are_left_out_close_up) {
    struct rewrite_vp8 r = {0};
    struct vp8 first = layered(32760);
    int sent[64], last = -1;
    rewrite_vp8_begin(&r, &first);
    rewrite_vp8_switch(&r, &first);
    for (unsigned i = 0; i < 64; i++) {
        uint16_t id = (uint16_t)(32760 + i) & 0x7fff;
        struct vp8 d = layered(id);
        sent[i] = show(&r, id, i < 16 ? 1 : 0);
        EXPECT_EQ(sent[i] >= 0, d.tid <= (i < 16 ? 1 : 0));
        if (sent[i] >= 0) {
            EXPECT(last < 0 || sent[i] == ((last + 1) & 0x7fff));
            last = sent[i];
        }
    }
    for (unsigned i = 0; i < 64; i++) { /* again, as it was; what was not shown never is */
        EXPECT_EQ(show(&r, (uint16_t)(32760 + i) & 0x7fff, 3), sent[i]);
    }
}

/* Up goes only what needs nothing that was left out. */
TEST(vp8_temporal_layers_go_up_where_they_can) {
    struct rewrite_vp8 r = {0};
    struct vp8 first = layered(0);
    rewrite_vp8_begin(&r, &first);
    rewrite_vp8_switch(&r, &first);
    for (uint16_t id = 0; id < 4; id++) {
        (void)show(&r, id, 0);
    }
    EXPECT_EQ(show(&r, 4, 3) >= 0, true);
    EXPECT_EQ(show(&r, 5, 3), -1); /* needs what came before */
    EXPECT_EQ(show(&r, 6, 3), -1);
    EXPECT_EQ(show(&r, 8, 3) >= 0, true);
    EXPECT_EQ(show(&r, 9, 3) >= 0, true); /* a switching point up to its own layer */
    EXPECT_EQ(show(&r, 10, 3) >= 0, true);
    EXPECT_EQ(show(&r, 11, 3) >= 0, true);
}

TEST(vp8_sources_without_layers_are_shown_as_a_whole) {
    struct rewrite_vp8 r = {0};
    struct vp8 d = descriptor(15, 9, 0);
    d.has_tid = false;
    EXPECT(rewrite_vp8_shows(&r, &d, 0));
    d = descriptor(7, 9, 0);
    d.has_tid = true;
    d.tid = 2;
    EXPECT(rewrite_vp8_shows(&r, &d, 0));
}

/* A repair that comes after newer pictures has the id it would have had. */
TEST(vp8_pictures_that_come_late_have_their_place) {
    struct rewrite_vp8 r = {0};
    struct vp8 first = layered(0);
    rewrite_vp8_begin(&r, &first);
    rewrite_vp8_switch(&r, &first);
    int id0 = show(&r, 0, 0), id8 = 0;
    (void)show(&r, 1, 0);
    (void)show(&r, 2, 0);
    (void)show(&r, 3, 0); /* 4 is missing */
    (void)show(&r, 5, 0);
    id8 = show(&r, 8, 0);
    EXPECT_EQ(show(&r, 4, 0), id0 + 1);
    EXPECT_EQ(id8, id0 + 4); /* 4, 6 and 7 may still come */
}
