/* Frame numbers and template ids run on over a change of source. */
#include "media/send/rewrite_dependency.h"
#include "tests/unit/test.h"

/* L1T2 in 8 bytes: 2 templates, ids from 10 on; then a frame of the second one. */
static const uint8_t key[] = {0xca, 0x12, 0x34, 0x81, 0x41, 0x7a, 0x14, 0x00};
static const uint8_t delta[] = {0xcb, 0x12, 0x35};
/* Of another source, ids from 20 on. */
static const uint8_t other[] = {0xd4, 0x00, 0x03, 0x82, 0x81, 0x7a, 0x14, 0x00};
static const uint8_t other_delta[] = {0xd5, 0x00, 0x04};

#define IN(element, templates) \
    (&(struct rewrite_dependency_in){bytes_of((element), sizeof(element)), (templates)})

static struct dependency_copy map(struct rewrite_dependency *r,
                                  const struct rewrite_dependency_in *in) {
    struct dependency_copy c = {0};
    rewrite_dependency_map(r, in, &c);
    return c;
}

TEST(rewrite_dependency_leaves_the_first_source_alone) {
    struct rewrite_dependency r = {0};
    rewrite_dependency_begin(&r, IN(key, 2));
    rewrite_dependency_switch(&r, IN(key, 2));
    struct dependency_copy c = map(&r, IN(key, 2));
    EXPECT(c.frame_number == 0x1234 && c.ids == 0);
    c = map(&r, IN(delta, 0));
    EXPECT(c.frame_number == 0x1235 && c.ids == 0);
}

TEST(rewrite_dependency_runs_on) {
    struct rewrite_dependency r = {0};
    rewrite_dependency_begin(&r, IN(key, 2));
    rewrite_dependency_switch(&r, IN(key, 2));
    (void)map(&r, IN(key, 2));
    (void)map(&r, IN(delta, 0));
    (void)map(&r, IN(key, 2)); /* sent again */
    rewrite_dependency_switch(&r, IN(other, 2));
    struct dependency_copy c = map(&r, IN(other, 2));
    EXPECT(c.frame_number == 0x1236 && (uint8_t)(c.ids + 20) % 64 == 12);
    c = map(&r, IN(other_delta, 0));
    EXPECT_EQ(c.frame_number, 0x1237);
    rewrite_dependency_switch(&r, IN(key, 2)); /* and back */
    c = map(&r, IN(key, 2));
    EXPECT(c.frame_number == 0x1238 && (c.ids + 10) % 64 == 14);
}

TEST(rewrite_dependency_follows_small_steps_only) {
    static const struct {
        uint16_t number;
        bool follows;
    } steps[] = {{0x1234, true},  {0x1235, true},  {0x1414, true},  {0x1415, false},
                 {0x1054, true},  {0x1053, false}, {0x9234, false}, {0x9235, false},
                 {0xffff, false}, {0x5234, false}};
    struct rewrite_dependency r = {0};
    rewrite_dependency_begin(&r, IN(key, 2));
    rewrite_dependency_switch(&r, IN(key, 2));
    (void)map(&r, IN(key, 2));
    for (unsigned i = 0; i < ARRAY_LEN(steps); i++) {
        uint8_t element[] = {0xcb, (uint8_t)(steps[i].number >> 8), (uint8_t)steps[i].number};
        EXPECT_EQ(rewrite_dependency_follows(&r, IN(element, 0)), steps[i].follows);
    }
    rewrite_dependency_switch(&r, IN(other, 2)); /* wherever another source is */
    EXPECT(rewrite_dependency_follows(&r, IN(other, 2)));
}

/* More frames may have gone out than were saved: numbers stay ahead. */
TEST(rewrite_dependency_rejoins_ahead) {
    struct rewrite_dependency r = {0}, again;
    rewrite_dependency_begin(&r, IN(key, 2));
    rewrite_dependency_switch(&r, IN(key, 2));
    (void)map(&r, IN(key, 2));
    rewrite_dependency_rejoin(&again, &r);
    rewrite_dependency_switch(&again, IN(other, 2));
    struct dependency_copy c = map(&again, IN(other, 2));
    uint16_t ahead = (uint16_t)(c.frame_number - 0x1234);
    EXPECT(ahead > 3000 && ahead < 0x8000);
}
