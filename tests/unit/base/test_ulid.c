#include "base/ulid.h"

#include "tests/unit/test.h"

static void fill(void *ctx, void *out, size_t n) {
    memset(out, *(const int *)ctx, n);
}

static struct rng of(int *byte) {
    return (struct rng){fill, byte};
}

/* The example of the specification: its time is 1469918176385. */
TEST(ulid_is_time_and_randomness) {
    int byte = 0;
    struct rng rng = of(&byte);
    struct ulid_maker m = {0};
    char text[ULID_CHARS + 1];
    ulid_next(&m, (wall_t){INT64_C(1469918176385999)}, &rng, text);
    EXPECT_STR(text, "01ARYZ6S410000000000000000");
    EXPECT(ulid_valid(text));
    EXPECT_EQ(ulid_made(text).us, INT64_C(1469918176385000));
    byte = 0xff;
    ulid_next(&m, (wall_t){INT64_C(1469918176386000)}, &rng, text);
    EXPECT_STR(text, "01ARYZ6S42ZZZZZZZZZZZZZZZZ");
    ulid_next(&(struct ulid_maker){0}, (wall_t){INT64_MAX}, &rng, text);
    EXPECT_STR(text, "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
    EXPECT(ulid_valid(text));
}

TEST(ulid_never_goes_back) {
    struct rng_seeded seed;
    rng_seed(&seed, 7);
    struct rng rng = rng_from_seeded(&seed);
    struct ulid_maker m = {0};
    char last[ULID_CHARS + 1], text[ULID_CHARS + 1];
    wall_t wall = {INT64_C(1800000000000000)};
    ulid_next(&m, wall, &rng, last);
    for (int i = 0; i < 2000; i++) {
        wall.us += (int64_t)rng_below(&rng, 3000) - 1000; /* the clock goes back, too */
        ulid_next(&m, wall, &rng, text);
        EXPECT(strcmp(text, last) > 0);
        memcpy(last, text, sizeof(last));
    }
}

/* The last one of a millisecond is followed by the first of the next. */
TEST(ulid_millisecond_is_used_up) {
    int byte = 0xff;
    struct rng rng = of(&byte);
    struct ulid_maker m = {0};
    char text[ULID_CHARS + 1];
    ulid_next(&m, (wall_t){5000}, &rng, text);
    EXPECT_STR(text, "0000000005ZZZZZZZZZZZZZZZZ");
    byte = 0;
    ulid_next(&m, (wall_t){5000}, &rng, text);
    EXPECT_STR(text, "00000000060000000000000000");
    ulid_next(&m, (wall_t){5000}, &rng, text);
    EXPECT_STR(text, "00000000060000000000000001");
}

TEST(ulid_others_are_none) {
    static const char *const bad[] = {"",
                                      "01ARYZ6S41000000000000000",
                                      "01ARYZ6S4100000000000000000",
                                      "81ARYZ6S410000000000000000",
                                      "01aryz6s410000000000000000",
                                      "01ARYZ6S41000000000000000U"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        EXPECT(!ulid_valid(bad[i]));
    }
}
