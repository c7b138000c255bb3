#include "base/map.h"

#include "base/rng.h"
#include "tests/unit/test.h"

#define KEYS 64

static int values[1000];

TEST(siphash_gives_the_published_vectors) {
    /* Key 00 01 .. 0f, message 00 01 .. n-1 (reference vectors.h, little-endian results). */
    static const struct {
        size_t n;
        uint64_t hash;
    } want[] = {
        {0, UINT64_C(0x726fdb47dd0e0e31)}, {1, UINT64_C(0x74f839c593dc67fd)},
        {2, UINT64_C(0x0d6c8009d9a94f5a)}, {3, UINT64_C(0x85676696d7fb7e2d)},
        {4, UINT64_C(0xcf2794e0277187b7)}, {5, UINT64_C(0x18765564cd99a68d)},
        {6, UINT64_C(0xcbc9466e58fee3ce)}, {7, UINT64_C(0xab0200f58b01d137)},
        {8, UINT64_C(0x93f5f5799a932462)}, {15, UINT64_C(0xa129ca6149be45e5)},
    };
    static const uint64_t key[2] = {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)};
    uint8_t message[16];
    for (size_t i = 0; i < sizeof(message); i++) {
        message[i] = (uint8_t)i;
    }
    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        EXPECT(siphash24(message, want[i].n, key) == want[i].hash);
    }
}

TEST(hash_depends_on_every_part) {
    uint64_t h = hash_bytes("oriel", 5, 1);
    EXPECT(h == hash_bytes("oriel", 5, 1));
    EXPECT(h != hash_bytes("oriel", 5, 2));
    EXPECT(h != hash_bytes("oriem", 5, 1));
    EXPECT(h != hash_bytes("oriel\0", 6, 1));
    EXPECT(hash_bytes(NULL, 0, 1) == hash_bytes("x", 0, 1));
}

TEST(put_get_replace_take) {
    struct map *m = map_new(4, 9);
    REQUIRE(m);
    EXPECT(map_get(m, 0) == NULL);
    EXPECT(map_take(m, 0) == NULL);
    EXPECT_EQ(map_put(m, 0, &values[0]), OK);
    EXPECT_EQ(map_put(m, UINT64_MAX, &values[1]), OK);
    EXPECT_EQ(map_put(m, 0, &values[2]), OK);
    EXPECT_EQ(map_len(m), 2);
    EXPECT(map_get(m, 0) == &values[2]);
    EXPECT(map_take(m, 0) == &values[2]);
    EXPECT(map_get(m, 0) == NULL);
    EXPECT(map_get(m, UINT64_MAX) == &values[1]);
    EXPECT_EQ(map_len(m), 1);
    EXPECT(map_free(m) == NULL);
    EXPECT(map_free(NULL) == NULL);
}

TEST(full_refuses_new_keys_only) {
    struct map *m = map_new(3, 1);
    REQUIRE(m);
    for (uint64_t k = 0; k < 3; k++) {
        EXPECT_EQ(map_put(m, k, &values[k]), OK);
    }
    EXPECT_EQ(map_put(m, 3, &values[3]), ERR_FULL);
    EXPECT_EQ(map_put(m, 2, &values[4]), OK);
    EXPECT(map_take(m, 0) == &values[0]);
    EXPECT_EQ(map_put(m, 3, &values[3]), OK);
    for (uint64_t k = 1; k < 4; k++) {
        EXPECT(map_get(m, k) != NULL);
    }
    map_free(m);
    m = map_new(0, 1);
    REQUIRE(m);
    EXPECT_EQ(map_put(m, 1, &values[1]), ERR_FULL);
    map_free(m);
}

/* Full maps of many seeds have long runs that wrap round the end: deleting in the middle of them
 * must not lose anybody. */
static void delete_in_runs(uint64_t seed) {
    struct map *m = map_new(KEYS, seed);
    REQUIRE(m);
    for (uint64_t k = 0; k < KEYS; k++) {
        REQUIRE(map_put(m, k, &values[k]) == OK);
    }
    for (uint64_t gone = 0; gone < KEYS; gone++) {
        REQUIRE(map_take(m, gone * 37 % KEYS) == &values[gone * 37 % KEYS]);
        for (uint64_t later = 0; later < KEYS; later++) {
            void *want = later > gone ? &values[later * 37 % KEYS] : NULL;
            REQUIRE(map_get(m, later * 37 % KEYS) == want);
        }
    }
    EXPECT_EQ(map_len(m), 0);
    map_free(m);
}

TEST(deletions_in_collision_runs_lose_nobody) {
    for (uint64_t seed = 0; seed < 100; seed++) {
        delete_in_runs(seed);
    }
}

TEST(random_operations_agree_with_an_array) {
    void *want[KEYS] = {NULL};
    size_t n = 0;
    struct rng_seeded s;
    rng_seed(&s, 5);
    struct rng r = rng_from_seeded(&s);
    struct map *m = map_new(KEYS / 2, 77);
    REQUIRE(m);
    for (int step = 0; step < 50000; step++) {
        uint64_t k = rng_below(&r, KEYS);
        if (rng_below(&r, 2)) {
            void *v = &values[rng_below(&r, 1000)];
            bool fits = want[k] || n < KEYS / 2;
            REQUIRE(map_put(m, k, v) == (fits ? OK : ERR_FULL));
            n += fits && !want[k];
            want[k] = fits ? v : NULL;
        } else {
            REQUIRE(map_take(m, k) == want[k]);
            n -= want[k] != NULL;
            want[k] = NULL;
        }
        REQUIRE(map_len(m) == n);
    }
    for (uint64_t k = 0; k < KEYS; k++) {
        EXPECT(map_get(m, k) == want[k]);
    }
    map_free(m);
}

TEST_ALLOC(map_without_memory) {
    struct map *m = map_new(10, 0);
    EXPECT((m == NULL) == mem_failed());
    map_free(m);
}

TEST(map_of_absurd_size_is_refused) {
    EXPECT(map_new(SIZE_MAX / 2, 0) == NULL);
}
