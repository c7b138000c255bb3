/* Which layers go to a viewer, over a model of what encoders send: every frame that is sent must
 * have all that it refers to. */
#include "media/send/choice.h"
#include "tests/unit/test.h"

#define PICTURES 400

enum mode { FULL, KEY_ONLY };

/* One source of three sizes in three frame rates, and one viewer. */
struct model {
    enum mode mode;
    struct choice c;
    uint64_t seq;
    unsigned picture;
    bool sent[PICTURES][LAYERS_SPATIAL]; /* to the viewer */
    unsigned key;                        /* the last key picture */
    unsigned undecodable, shown[LAYERS_SPATIAL], ends;
    uint8_t largest; /* of the last picture that had anything */
};

/* The pattern begins with each key frame. */
static unsigned temporal_of(const struct model *m) {
    static const uint8_t tids[] = {0, 2, 1, 2};
    return tids[(m->picture - m->key) % 4];
}

static struct layer_marks marks_of(const struct model *m, unsigned spatial, bool key) {
    unsigned temporal = temporal_of(m);
    struct layer_marks x = {.layered = true,
                            .ends = true,
                            .alone = key && spatial == 0,
                            .spatial = (uint8_t)spatial,
                            .temporal = (uint8_t)temporal,
                            .enters = targets_from(spatial, temporal)};
    bool upper = key || m->mode == FULL;
    for (unsigned s = spatial; s < LAYERS_SPATIAL && (s == spatial || upper); s++) {
        x.needed |= targets_from(s, temporal);
    }
    if (x.alone) {
        x.enters = LAYERS_EVERY;
    }
    return x;
}

/* What the frame refers to has been sent. L1T3: each fourth, second, single picture. */
static bool decodable(const struct model *m, unsigned spatial, bool key) {
    static const uint8_t back[] = {4, 2, 1};
    bool lower = spatial == 0 || (!key && m->mode == KEY_ONLY) || m->sent[m->picture][spatial - 1];
    unsigned n = back[temporal_of(m)];
    return lower && (key || (m->picture - n >= m->key && m->sent[m->picture - n][spatial]));
}

static void frame(struct model *m, unsigned spatial, bool key, bool first) {
    struct layer_marks marks = marks_of(m, spatial, key);
    struct choice_in in = {&marks, ++m->seq, m->picture * 3000};
    if (first) {
        choice_begin(&m->c, &in);
    }
    if (!choice_shows(&m->c, &in)) {
        EXPECT(!choice_showed(&m->c, &in));
        return;
    }
    EXPECT(choice_showed(&m->c, &in));
    m->undecodable += !decodable(m, spatial, key);
    m->sent[m->picture][spatial] = true;
    m->shown[spatial]++;
    m->ends += choice_ends(&m->c, &in);
    m->largest = (uint8_t)spatial;
}

/* Pictures up to `end`, the first one a key frame when key. */
static void run(struct model *m, unsigned end, bool key) {
    for (; m->picture < end; m->picture++, key = false) {
        if (key) {
            m->key = m->picture;
        }
        for (unsigned s = 0; s < LAYERS_SPATIAL; s++) {
            frame(m, s, key, m->picture == 0 && s == 0);
        }
    }
    REQUIRE(m->undecodable == 0);
}

static void fresh(struct model *m, enum mode mode) {
    *m = (struct model){.mode = mode};
    choice_init(&m->c);
}

TEST(choice_sends_the_best_at_first) {
    static struct model m;
    fresh(&m, FULL);
    run(&m, 40, true);
    EXPECT_EQ(m.shown[0] + m.shown[1] + m.shown[2], 120);
    EXPECT_EQ(m.ends, 40);
}

TEST(choice_of_k_svc_sends_one_size_between_key_frames) {
    static struct model m;
    fresh(&m, KEY_ONLY);
    run(&m, 40, true);
    EXPECT_EQ(m.shown[0] + m.shown[1], 2);
    EXPECT_EQ(m.shown[2], 40);
    m.c.want = target_of(0, 3);
    run(&m, 80, false); /* not without a key frame, */
    EXPECT(choice_lacks_key(&m.c));
    EXPECT_EQ(m.shown[2], 50); /* but slower at once */
    run(&m, 120, true);
    EXPECT(!choice_lacks_key(&m.c));
    EXPECT_EQ(m.shown[2], 50);
    EXPECT_EQ(m.shown[1], 1);
    EXPECT_EQ(m.shown[0], 41);
    m.c.want = target_of(1, 1);
    run(&m, 122, false);
    EXPECT(choice_lacks_key(&m.c));
    run(&m, 124, true);
    EXPECT_EQ(m.largest, 1);
}

TEST(choice_of_full_svc_goes_down_at_any_picture) {
    static struct model m;
    fresh(&m, FULL);
    run(&m, 41, true);
    m.c.want = target_of(0, 3);
    EXPECT(!choice_lacks_key(&m.c));
    run(&m, 61, false);
    EXPECT_EQ(m.shown[2], 41);
    EXPECT_EQ(m.shown[0], 61);
    EXPECT_EQ(m.ends, 61); /* each picture has its end */
    m.c.want = TARGET_BEST;
    run(&m, 64, false);
    EXPECT(choice_lacks_key(&m.c));
    run(&m, 80, true);
    EXPECT_EQ(m.shown[2], 57);
}

/* Frame rates go down at the next picture and up at a switching point, whatever comes between. */
TEST(choice_of_frame_rates_needs_no_key_frame) {
    static struct model m;
    for (unsigned at = 8; at < 16; at++) {
        fresh(&m, KEY_ONLY);
        run(&m, at, true);
        m.c.want = target_of(2, 0);
        run(&m, at + 8, false);
        EXPECT_EQ(m.shown[2], at + 2);
        m.c.want = target_of(2, 1);
        run(&m, at + 20, false);
        m.c.want = TARGET_BEST;
        unsigned before = m.shown[2];
        run(&m, at + 40, false);
        EXPECT(m.shown[2] >= before + 17);
        EXPECT(!choice_lacks_key(&m.c));
    }
}

/* What comes again, or late, is judged by what was in force then. */
TEST(choice_remembers) {
    static struct model m;
    fresh(&m, FULL);
    run(&m, 8, true);
    m.c.want = target_of(0, 0);
    run(&m, 16, false);
    struct layer_marks marks = {.layered = true,
                                .ends = true,
                                .spatial = 2,
                                .needed = targets_from(2, 0),
                                .enters = LAYERS_EVERY};
    EXPECT(choice_showed(&m.c, &(struct choice_in){&marks, 24, 7 * 3000}));
    EXPECT(choice_ends(&m.c, &(struct choice_in){&marks, 24, 7 * 3000}));
    EXPECT(!choice_shows(&m.c, &(struct choice_in){&marks, 25, 8 * 3000}));
    EXPECT(choice_knows(&m.c, 1));
    for (unsigned i = 0; i < CHOICE_LOG; i++) {
        m.c.want = target_of(0, i % 2 ? 0 : 3);
        run(&m, m.picture + 8, false);
    }
    EXPECT(!choice_knows(&m.c, 24));
    EXPECT(choice_knows(&m.c, m.seq));
}

/* Random wishes, key frames and modes. */
TEST(choice_never_sends_what_cannot_be_decoded) {
    static struct model m;
    uint32_t x = 7;
    for (unsigned round = 0; round < 200; round++) {
        fresh(&m, round % 2 ? FULL : KEY_ONLY);
        bool key = true;
        while (m.picture < PICTURES) {
            x = x * 1664525u + 1013904223u;
            unsigned end = m.picture + 1 + (x >> 24) % 12;
            run(&m, end < PICTURES ? end : PICTURES, key);
            m.c.want = (uint8_t)((x >> 16) % LAYERS_TARGETS);
            key = (x >> 8) % 5 == 0;
        }
        EXPECT(m.shown[0] > 0);
    }
}

/* What has no layers, or is told by picture ids, is never waited for: nothing would come of it. */
TEST(choice_of_what_has_no_layers_lacks_nothing) {
    struct layer_marks none = {.needed = LAYERS_EVERY};
    struct choice c;
    choice_init(&c);
    choice_resume(&c, TARGET_BEST);
    c.want = target_of(0, 3);
    EXPECT(!choice_lacks_key(&c));
    EXPECT(choice_shows(&c, &(struct choice_in){&none, 5, 3000}));
    EXPECT(!choice_lacks_key(&c));
    choice_begin(&c, &(struct choice_in){&none, 6, 6000});
    c.want = target_of(1, 3);
    EXPECT(!choice_lacks_key(&c));
}
