/* The written policy, line by line. */
#include "base/rng.h"
#include "media/bwe/allocation.h"
#include "tests/unit/test.h"

#define KBIT UINT64_C(1000)
#define PAUSED ALLOCATION_PAUSED

/* Three sizes with three frame rates each, as simulcast with temporal layers has. */
static struct allocation_slot camera(enum allocation_kind kind) {
    static const uint64_t rates[] = {60, 80, 100, 200, 270, 350, 700, 950, 1200};
    struct allocation_slot s = {.kind = (uint8_t)kind, .n = 9, .chosen = PAUSED};
    for (uint8_t i = 0; i < 9; i++) {
        s.layers[i] = (struct allocation_layer){rates[i] * KBIT, i / 3, i % 3, 0};
    }
    return s;
}

static struct allocation_slot share(void) {
    static const uint64_t rates[] = {250, 500, 900};
    struct allocation_slot s = {.kind = ALLOCATION_SHARE, .n = 3, .chosen = PAUSED};
    for (uint8_t i = 0; i < 3; i++) {
        s.layers[i] = (struct allocation_layer){rates[i] * KBIT, 0, i, 0};
    }
    return s;
}

static void forget(struct allocation_slot *s, unsigned n) {
    for (unsigned i = 0; i < n; i++) {
        s[i].chosen = PAUSED;
    }
}

TEST(allocation_gives_all_their_best_when_there_is_enough) {
    struct allocation_slot s[] = {share(), camera(ALLOCATION_STAGE), camera(ALLOCATION_GALLERY)};
    uint64_t wanted = allocation_wanted(60 * KBIT, s, 3);
    EXPECT(wanted > 3360 * KBIT && wanted < 3800 * KBIT);
    EXPECT_EQ(allocate(wanted, 60 * KBIT, s, 3), 3360 * KBIT); /* more is not asked for */
    EXPECT_EQ(s[0].chosen, 2);
    EXPECT_EQ(s[1].chosen, 8);
    EXPECT_EQ(s[2].chosen, 8);
}

/* Full size at a lower frame rate, long before anything else is shown well. */
TEST(allocation_keeps_a_share_readable) {
    struct allocation_slot s[] = {camera(ALLOCATION_GALLERY), share()};
    (void)allocate(340 * KBIT, 40 * KBIT, s, 2);
    EXPECT_EQ(s[1].chosen, 0);
    EXPECT_EQ(s[0].chosen, PAUSED);
    forget(s, 2);
    (void)allocate(700 * KBIT, 40 * KBIT, s, 2);
    EXPECT_EQ(s[1].chosen, 1);
    EXPECT_EQ(s[0].chosen, 1);
    forget(s, 2);
    (void)allocate(1200 * KBIT, 40 * KBIT, s, 2);
    EXPECT_EQ(s[1].chosen, 2);
}

/* Only when full size does not fit at all it is made smaller. */
TEST(allocation_makes_a_share_slower_before_smaller) {
    struct allocation_slot s = camera(ALLOCATION_SHARE);
    (void)allocate(800 * KBIT, 0, &s, 1);
    EXPECT_EQ(s.chosen, 6); /* full size, lowest frame rate */
    forget(&s, 1);
    (void)allocate(700 * KBIT, 0, &s, 1);
    EXPECT_EQ(s.chosen, 5);
}

TEST(allocation_shows_no_camera_at_a_fourth_of_its_frames) {
    struct allocation_slot s = camera(ALLOCATION_STAGE);
    for (uint64_t rate = 70; rate < 2000; rate += 5) {
        forget(&s, 1);
        (void)allocate(rate * KBIT, 0, &s, 1);
        EXPECT(s.chosen != 3 && s.chosen != 6);
    }
    struct allocation_slot one = {.kind = ALLOCATION_STAGE, .n = 2, .chosen = PAUSED};
    one.layers[0] = (struct allocation_layer){100 * KBIT, 0, 0, 0};
    one.layers[1] = (struct allocation_layer){900 * KBIT, 1, 0, 0}; /* the only one of its size */
    (void)allocate(2000 * KBIT, 0, &one, 1);
    EXPECT_EQ(one.chosen, 1);
}

TEST(allocation_prefers_the_stage_to_the_gallery) {
    struct allocation_slot s[] = {camera(ALLOCATION_GALLERY), camera(ALLOCATION_GALLERY),
                                  camera(ALLOCATION_STAGE)};
    (void)allocate(150 * KBIT, 20 * KBIT, s, 3);
    EXPECT_EQ(s[2].chosen, 2);
    EXPECT_EQ(s[0].chosen, PAUSED);
    EXPECT_EQ(s[1].chosen, PAUSED);
    forget(s, 3);
    (void)allocate(1530 * KBIT, 20 * KBIT, s, 3);
    EXPECT_EQ(s[2].chosen, 8);
    EXPECT_EQ(s[0].chosen, 1);
    EXPECT_EQ(s[1].chosen, 0);
}

/* What is shown stays while it fits; more is shown only when a tenth is left. */
TEST(allocation_does_not_flutter) {
    struct allocation_slot s = camera(ALLOCATION_STAGE);
    (void)allocate(1340 * KBIT, 0, &s, 1);
    EXPECT_EQ(s.chosen, 8);
    (void)allocate(1201 * KBIT, 0, &s, 1);
    EXPECT_EQ(s.chosen, 8);
    (void)allocate(1199 * KBIT, 0, &s, 1);
    EXPECT_EQ(s.chosen, 7);
    (void)allocate(1300 * KBIT, 0, &s, 1);
    EXPECT_EQ(s.chosen, 7);
    (void)allocate(1340 * KBIT, 0, &s, 1);
    EXPECT_EQ(s.chosen, 8);
}

/* Speech is never weighed against pictures, and the last picture is not given up lightly. */
TEST(allocation_pauses_video_for_speech) {
    struct allocation_slot s[] = {camera(ALLOCATION_STAGE), camera(ALLOCATION_GALLERY)};
    EXPECT_EQ(allocate(60 * KBIT, 90 * KBIT, s, 2), 90 * KBIT);
    EXPECT_EQ(s[0].chosen, PAUSED);
    EXPECT_EQ(allocate(75 * KBIT, 40 * KBIT, s, 2), 100 * KBIT);
    EXPECT_EQ(s[0].chosen, 0);
    EXPECT_EQ(s[1].chosen, PAUSED);
    EXPECT_EQ(allocate(65 * KBIT, 40 * KBIT, s, 2), 40 * KBIT);
    EXPECT_EQ(s[0].chosen, PAUSED);
}

/* Whatever is offered: never beyond the rate but for the last picture, and never worse for more. */
TEST(allocation_keeps_to_the_rate) {
    struct rng_seeded seeded;
    rng_seed(&seeded, 7);
    struct rng rng = rng_from_seeded(&seeded);
    for (unsigned round = 0; round < 2000; round++) {
        struct allocation_slot s[6] = {{0}};
        uint64_t rate = rng_below(&rng, 4000) * KBIT, audio = rng_below(&rng, 100) * KBIT;
        for (unsigned i = 0; i < 6; i++) {
            s[i].kind = (uint8_t)rng_below(&rng, 3);
            s[i].n = (uint8_t)rng_below(&rng, ALLOCATION_LAYERS + 1);
            s[i].chosen = (int8_t)((int)rng_below(&rng, ALLOCATION_LAYERS + 1) - 1);
            uint64_t sum = 0;
            for (uint8_t k = 0; k < s[i].n; k++) {
                sum += (1 + rng_below(&rng, 200)) * KBIT;
                s[i].layers[k] = (struct allocation_layer){sum, k / 3, k % 3, 0};
            }
        }
        uint64_t spent = allocate(rate, audio, s, 6), sum = audio;
        unsigned shown = 0;
        for (unsigned i = 0; i < 6; i++) {
            EXPECT(s[i].chosen >= PAUSED && s[i].chosen < (s[i].n ? s[i].n : 0));
            sum += s[i].chosen == PAUSED ? 0 : s[i].layers[s[i].chosen].rate;
            shown += s[i].chosen != PAUSED;
        }
        EXPECT_EQ(sum, spent);
        EXPECT(spent <= rate || spent == audio || shown == 1);
        EXPECT(spent <= allocation_wanted(audio, s, 6));
    }
}

/* A small picture that would fit does not take the stage's place when half of that fits. */
TEST(allocation_keeps_the_stage_when_a_smaller_picture_would_fit) {
    struct allocation_slot s[] = {camera(ALLOCATION_GALLERY),
                                  {.kind = ALLOCATION_STAGE, .n = 1, .chosen = 0}};
    s[1].layers[0] = (struct allocation_layer){400 * KBIT, 0, 0, 0};
    s[0].chosen = 0;
    EXPECT_EQ(allocate(260 * KBIT, 40 * KBIT, s, 2), 440 * KBIT);
    EXPECT_EQ(s[1].chosen, 0);
    EXPECT_EQ(s[0].chosen, PAUSED);
    (void)allocate(220 * KBIT, 40 * KBIT, s, 2); /* less than half of it */
    EXPECT_EQ(s[1].chosen, PAUSED);
    EXPECT(s[0].chosen != PAUSED);
}
