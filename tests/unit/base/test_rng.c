#include "base/rng.h"

#include "tests/unit/test.h"

TEST(xoshiro_gives_the_published_values) {
    /* State {1,2,3,4}: the values of the reference implementation. */
    static const uint64_t want[] = {11520, 0, 1509978240, UINT64_C(1215971899390074240),
                                    UINT64_C(1216172134540287360)};
    struct rng_seeded s = {{1, 2, 3, 4}};
    struct rng r = rng_from_seeded(&s);
    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        EXPECT_EQ(rng_u64(&r), want[i]);
    }
}

TEST(seeding_is_splitmix64) {
    struct rng_seeded s;
    rng_seed(&s, 0);
    EXPECT(s.s[0] == UINT64_C(0xe220a8397b1dcdaf));
    EXPECT(s.s[1] == UINT64_C(0x6e789e6aa1b965f4));
    EXPECT(s.s[2] == UINT64_C(0x06c45d188009454f));
    EXPECT(s.s[3] == UINT64_C(0xf88bb8a8724c81ec));
}

TEST(same_seed_same_run) {
    struct rng_seeded a, b, c;
    uint8_t x[37], y[37], z[37];
    rng_seed(&a, 7);
    rng_seed(&b, 7);
    rng_seed(&c, 8);
    struct rng ra = rng_from_seeded(&a), rb = rng_from_seeded(&b), rc = rng_from_seeded(&c);
    rng_fill(&ra, x, sizeof(x));
    rng_fill(&rb, y, sizeof(y));
    rng_fill(&rc, z, sizeof(z));
    EXPECT(memcmp(x, y, sizeof(x)) == 0);
    EXPECT(memcmp(x, z, sizeof(x)) != 0);
    EXPECT_EQ(rng_u32(&ra), rng_u32(&rb));
}

TEST(below_reaches_all_and_only_its_range) {
    struct rng_seeded s;
    rng_seed(&s, 1);
    struct rng r = rng_from_seeded(&s);
    int seen[7] = {0};
    for (int i = 0; i < 7000; i++) {
        uint32_t v = rng_below(&r, 7);
        REQUIRE(v < 7);
        seen[v]++;
    }
    for (int i = 0; i < 7; i++) {
        EXPECT(seen[i] > 800 && seen[i] < 1200);
    }
    EXPECT_EQ(rng_below(&r, 1), 0);
}

/* Gives a biased 32-bit value first: it must be drawn again. */
static void fill_small_then_large(void *ctx, void *out, size_t n) {
    uint32_t v = (*(int *)ctx)++ == 0 ? 0 : 0xfffffffe;
    memcpy(out, &v, n);
}

TEST(below_rejects_biased_values) {
    int calls = 0;
    struct rng r = {fill_small_then_large, &calls};
    EXPECT_EQ(rng_below(&r, 3), 0xfffffffeu % 3);
    EXPECT_EQ(calls, 2);
}

TEST(ice_chars_are_ice_chars) {
    struct rng_seeded s;
    rng_seed(&s, 3);
    struct rng r = rng_from_seeded(&s);
    char text[65];
    bool slash_or_plus = false;
    for (int i = 0; i < 50; i++) {
        rng_ice_chars(&r, text, 64);
        REQUIRE(strlen(text) == 64);
        EXPECT_EQ(strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"),
                  64);
        slash_or_plus |= strpbrk(text, "+/") != NULL;
    }
    EXPECT(slash_or_plus);
    rng_ice_chars(&r, text, 0);
    EXPECT_STR(text, "");
}
