/* What packets of Chromium 156 are for: AV1 and VP9 in L3T3_KEY. */
#include "media/feed/layers.h"
#include "tests/unit/test.h"
#include "tests/unit/wire/descriptors.h"

/* Sets of targets: a bit each, by frame rate, of the smallest, the middle and the largest size. */
#define SETS(small, middle, large) ((small) | (middle) << 4 | (large) << 8)

static struct layer_marks av1(struct layer_reader *r, uint64_t seq, uint8_t flags_and_id) {
    uint8_t b[3] = {flags_and_id, 0, (uint8_t)seq};
    struct descriptor d;
    return layers_av1(r, seq, bytes_of(b, 3), &d);
}

static void begin(struct layer_reader *r) {
    struct session_line line = {.codec = CODEC_AV1, .ext.id[RTP_EXT_DEPENDENCY] = 12};
    *r = (struct layer_reader){0};
    EXPECT_EQ(layer_reader_init(r, &line), OK);
}

TEST(layers_of_av1) {
    struct layer_reader r;
    struct descriptor d;
    begin(&r);
    EXPECT(!layers_known(&r, bytes_of((const uint8_t[]){0xc5, 0, 2}, 3)));
    struct layer_marks m = layers_av1(&r, 100, bytes_of(l3t3_key, sizeof(l3t3_key)), &d);
    EXPECT(m.layered && m.alone && m.ends && m.spatial == 0 && m.temporal == 0);
    EXPECT_EQ(m.needed, SETS(15, 15, 15));
    EXPECT_EQ(m.enters, SETS(15, 15, 15));
    EXPECT(layers_known(&r, bytes_of((const uint8_t[]){0xc5, 0, 2}, 3)));
    m = av1(&r, 101, 0xc5); /* the middle size of the key picture */
    EXPECT(!m.alone && m.spatial == 1);
    EXPECT_EQ(m.needed, SETS(0, 15, 15));
    m = av1(&r, 102, 0x8a); /* the largest, in two packets */
    EXPECT(!m.ends && m.needed == SETS(0, 0, 15));
    EXPECT(av1(&r, 103, 0x4a).ends);
    m = av1(&r, 104, 0xc3); /* the smallest, of the highest frame rate */
    EXPECT(m.temporal == 2 && m.needed == SETS(12, 0, 0) && m.enters == 0);
    m = av1(&r, 105, 0xc7); /* the middle one, of the middle rate: from there to the highest */
    EXPECT(m.spatial == 1 && m.temporal == 1);
    EXPECT_EQ(m.needed, SETS(0, 14, 0));
    EXPECT_EQ(m.enters, SETS(0, 12, 0));
    m = av1(&r, 106, 0xcb); /* the largest, of the lowest: from there to all */
    EXPECT(m.needed == SETS(0, 0, 15) && m.enters == SETS(0, 0, 15));
    layer_reader_free(&r);
}

/* Nothing refers any more to a structure that came after a newer one. */
TEST(layers_of_av1_by_the_newest_structure) {
    struct layer_reader r;
    struct descriptor d;
    uint8_t later[sizeof(l1t3)];
    memcpy(later, l1t3, sizeof(l1t3));
    later[0] = 0xc5; /* template 5 is its first */
    later[2] = 9;    /* frame */
    later[4] = 0xa2;
    begin(&r);
    EXPECT(layers_av1(&r, 200, bytes_of(later, sizeof(later)), &d).layered);
    EXPECT(!layers_av1(&r, 100, bytes_of(l3t3_key, sizeof(l3t3_key)), &d).layered);
    struct layer_marks m = av1(&r, 201, 0xc6);
    EXPECT(m.layered && m.needed == SETS(15, 15, 15)); /* one size is every size */
    EXPECT_EQ(av1(&r, 202, 0xc7).needed, SETS(14, 14, 14));
    EXPECT(!layers_known(&r, bytes_of((const uint8_t[]){0xc1, 0, 2}, 3)));
    layer_reader_reset(&r);
    EXPECT(!layers_known(&r, bytes_of((const uint8_t[]){0xc6, 0, 2}, 3)));
    layer_reader_free(&r);
}

TEST(layers_of_av1_without_a_descriptor) {
    struct layer_reader r;
    struct descriptor d;
    begin(&r);
    EXPECT(layers_known(&r, bytes_of(NULL, 0)));
    struct layer_marks m = layers_av1(&r, 1, bytes_of(NULL, 0), &d);
    EXPECT(!m.layered && !m.described && m.needed == LAYERS_EVERY);
    layer_reader_free(&r);
}

/* What is passed on of it, and with which sets of decode targets. */
TEST(layers_of_av1_say_what_their_descriptor_is) {
    struct layer_reader r;
    struct descriptor d;
    static const uint8_t delta[] = {0xc5, 0, 2}, masked[] = {0xc5, 0, 3, 0x40 | 7, 0xc0};
    static const uint8_t whole[] = {0xc5, 0, 2, 0x40 | 7, 0xfc};
    begin(&r);
    struct layer_marks m = layers_av1(&r, 99, bytes_of(delta, sizeof(delta)), &d);
    EXPECT(m.described && d.len == 3 && grid_targets(d.grid) == 0); /* its structure may come */
    EXPECT(layers_av1(&r, 100, bytes_of(l3t3_key, sizeof(l3t3_key)), &d).described);
    EXPECT(d.len == sizeof(l3t3_key) && d.n_templates == 15 && d.active == 0x1ff);
    EXPECT(d.grid.n_spatial == 3 && d.grid.n_temporal == 3 && d.grid.independent);
    EXPECT_EQ(grid_active(d.grid, d.active, TARGET_BEST), 0x1c0);
    EXPECT_EQ(grid_active(d.grid, d.active, target_of(1, 0)), 0x008);
    EXPECT_EQ(grid_active(d.grid, 0x03f, TARGET_BEST), 0x038); /* the largest has stopped */
    EXPECT_EQ(grid_active(d.grid, 0x1c0, target_of(0, 3)), 0x1c0);
    EXPECT(layers_av1(&r, 101, bytes_of(delta, sizeof(delta)), &d).described);
    EXPECT(d.n_templates == 0 && d.active_at == DEPENDENCY_ACTIVE_AT && d.active == 0x1ff);
    EXPECT(layers_av1(&r, 102, bytes_of(masked, sizeof(masked)), &d).described);
    EXPECT_EQ(d.active, 0x1f0);
    EXPECT(layers_av1(&r, 101, bytes_of(whole, sizeof(whole)), &d).described); /* overtaken */
    EXPECT_EQ(d.active, 0x1ff);
    EXPECT(layers_av1(&r, 103, bytes_of(delta, sizeof(delta)), &d).described);
    EXPECT_EQ(d.active, 0x1f0);
    uint8_t stuffed[250] = {0xc5, 0, 4}; /* nobody is sent what says nothing */
    memset(stuffed + 4, 0xff, sizeof(stuffed) - 4);
    EXPECT(layers_av1(&r, 104, bytes_of(stuffed, sizeof(stuffed)), &d).described);
    EXPECT_EQ(d.len, 4);
    EXPECT(layers_av1(&r, 50, bytes_of(l3t3_key, sizeof(l3t3_key)), &d).described); /* late */
    EXPECT(d.n_templates == 15 && grid_targets(d.grid) == 0);
    EXPECT(!layers_av1(&r, 51, bytes_of(l3t3_key, 60), &d).described); /* and cut */
    layer_reader_free(&r);
}

static struct layer_marks vp9(struct layer_reader *r, uint8_t flags, uint8_t layers, uint8_t more) {
    uint8_t b[] = {flags, 0x81, 0x02, layers, more, 0};
    struct vp9 d;
    EXPECT_EQ(vp9_parse(bytes_of(b, sizeof(b)), &d), OK);
    return layers_vp9(r, &d);
}

/* Read on in the middle of a stream, as after an adoption: until a picture has ended nobody knows
 * which size is its largest, so none is taken for it. */
TEST(layers_of_vp9_from_the_middle) {
    struct layer_reader r = {0};
    struct layer_marks m = vp9(&r, 0xfc, 0x10, 2); /* the smallest size, which all others may use */
    EXPECT(m.needed == SETS(15, 15, 15) && m.enters == SETS(15, 0, 0));
    m = vp9(&r, 0xfc, 0x13, 2);
    EXPECT(m.needed == SETS(0, 15, 15) && m.enters == SETS(0, 15, 0));
    m = vp9(&r, 0xfc, 0x10, 2); /* the next picture */
    EXPECT(m.enters == SETS(15, 0, 0));
    m = vp9(&r, 0xfc, 0x13, 2);
    EXPECT(m.enters == SETS(0, 15, 15));
    r = (struct layer_reader){0}; /* of one size only */
    m = vp9(&r, 0xfd, 0x10, 2);
    EXPECT(m.needed == SETS(15, 15, 15) && m.enters == SETS(15, 0, 0));
    m = vp9(&r, 0xfd, 0x10, 2);
    EXPECT(m.needed == SETS(15, 15, 15) && m.enters == SETS(15, 15, 15));
}

TEST(layers_of_vp9) {
    struct layer_reader r = {0};
    struct layer_marks m = vp9(&r, 0xbe, 0x10, 0x40); /* a key frame: three sizes follow */
    EXPECT(m.layered && m.alone && m.ends);
    EXPECT(m.needed == SETS(15, 15, 15) && m.enters == SETS(15, 15, 15));
    m = vp9(&r, 0xb8, 0x13, 0);
    EXPECT(!m.alone && !m.ends && m.needed == SETS(0, 15, 15) && m.enters == SETS(0, 15, 0));
    m = vp9(&r, 0xb5, 0x15, 0);
    EXPECT(m.ends && m.needed == SETS(0, 0, 15));
    m = vp9(&r, 0xfd, 0x50, 2); /* a delta frame: each size on its own (Z) */
    EXPECT(m.temporal == 2 && m.needed == SETS(12, 0, 0) && m.enters == SETS(12, 0, 0));
    m = vp9(&r, 0xfc, 0x10, 2); /* and not */
    EXPECT(m.needed == SETS(15, 15, 15) && m.enters == SETS(15, 0, 0));
    m = vp9(&r, 0xbe, 0x10, 0x20); /* a key frame: two sizes follow, */
    m = vp9(&r, 0xfd, 0x22, 2);    /* of which the second is the largest */
    EXPECT(m.spatial == 1 && m.needed == SETS(0, 14, 14));
    m = vp9(&r, 0xfd, 0x24, 2); /* or not, as it turns out */
    EXPECT(m.spatial == 2 && m.needed == SETS(0, 0, 14));
    m = vp9(&r, 0xdd, 2, 0); /* no layers */
    EXPECT(!m.layered && m.needed == LAYERS_EVERY);
}
