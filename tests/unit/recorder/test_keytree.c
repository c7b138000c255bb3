#include "recorder/seal/keyset.h"

#include "tests/unit/test.h"

#include "base/rng.h"

static const uint8_t root[KEY_LEN] = "the root of a tree of many keys.";

static bool key_of(const struct keytree *t, uint32_t number, uint8_t out[KEY_LEN]) {
    enum err e = keytree_key(t, number, out);
    EXPECT(e == OK || e == ERR_GONE);
    return e == OK;
}

/* Numbers around first..last and all ends are as they should be. */
static void check_range(const struct keytree *whole, const struct keytree *t, uint32_t first,
                        uint32_t last) {
    const uint32_t places[] = {0,
                               1,
                               first - (first > 0),
                               first,
                               first + (last - first) / 2,
                               last,
                               last + (last + 1 < KEYTREE_LEAVES),
                               KEYTREE_LEAVES / 2 - 1,
                               KEYTREE_LEAVES / 2,
                               KEYTREE_LEAVES - 2,
                               KEYTREE_LEAVES - 1};
    uint8_t a[KEY_LEN], b[KEY_LEN];
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        bool gone = places[i] >= first && places[i] <= last;
        EXPECT(key_of(whole, places[i], a));
        EXPECT_EQ(key_of(t, places[i], b), !gone);
        EXPECT(gone || memcmp(a, b, KEY_LEN) == 0);
    }
}

/* No node that is left may be above a number that is gone: that is what cannot be derived. */
static void check_nodes(const struct keytree *t, uint32_t first, uint32_t last) {
    uint64_t leaves = 0;
    for (size_t i = 0; i < t->n; i++) {
        const struct keytree_node *n = &t->nodes[i];
        uint32_t end = n->at + ((uint32_t)1 << n->height) - 1;
        EXPECT(end < first || n->at > last);
        leaves += (uint64_t)end - n->at + 1;
    }
    EXPECT_EQ(leaves, KEYTREE_LEAVES - (uint64_t)(last - first + 1));
}

TEST(keytree_ranges_are_destroyed_and_nothing_else) {
    static const uint32_t table[][2] = {
        {0, 0},
        {1, 1},
        {0, 1},
        {5, 9},
        {126, 129},
        {32766, 32769},
        {65534, 65536},
        {0, KEYTREE_LEAVES / 2 - 1},
        {KEYTREE_LEAVES / 2, KEYTREE_LEAVES - 1},
        {1, KEYTREE_LEAVES - 2},
        {KEYTREE_LEAVES - 1, KEYTREE_LEAVES - 1},
        {0, KEYTREE_LEAVES - 1},
    };
    struct keytree whole = {0};
    REQUIRE(keytree_init(&whole, root) == OK);
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct keytree t = {0};
        REQUIRE(keytree_init(&t, root) == OK);
        EXPECT_EQ(keytree_puncture(&t, table[i][0], table[i][1]), OK);
        EXPECT(t.n <= 2 * KEYTREE_DEPTH);
        check_nodes(&t, table[i][0], table[i][1]);
        check_range(&whole, &t, table[i][0], table[i][1]);
        keytree_clear(&t);
    }
    keytree_clear(&whole);
}

TEST(keytree_bounds) {
    struct keytree t = {0};
    uint8_t key[KEY_LEN];
    EXPECT_EQ(keytree_key(&t, 0, key), ERR_GONE);
    REQUIRE(keytree_init(&t, root) == OK);
    EXPECT_EQ(keytree_key(&t, KEYTREE_LEAVES, key), ERR_RANGE);
    EXPECT_EQ(keytree_key(&t, UINT32_MAX, key), ERR_RANGE);
    EXPECT_EQ(keytree_puncture(&t, 2, 1), ERR_RANGE);
    EXPECT_EQ(keytree_puncture(&t, 0, KEYTREE_LEAVES), ERR_RANGE);
    EXPECT_EQ(t.n, 1);
    /* One hole in every 64 numbers: as many as the limit allows, then no more, and what was stays.
     */
    enum err e = OK;
    uint32_t n = 0;
    for (; e == OK && n < KEYTREE_LEAVES / 64; n++) {
        e = keytree_puncture(&t, n * 64, n * 64);
    }
    EXPECT_EQ(e, ERR_FULL);
    EXPECT(t.n <= KEYTREE_NODES_MAX && t.n + 2 * KEYTREE_DEPTH > KEYTREE_NODES_MAX);
    EXPECT_EQ(keytree_key(&t, (n - 1) * 64, key), OK);
    EXPECT_EQ(keytree_key(&t, (n - 2) * 64, key), ERR_GONE);
    EXPECT_EQ(keytree_puncture(&t, 0, KEYTREE_LEAVES - 1), OK);
    EXPECT_EQ(t.n, 0);
    EXPECT_EQ(keytree_puncture(&t, 7, 7), OK);
    keytree_clear(&t);
}

/* Against a plain list of what is gone. */
TEST(keytree_many_ranges_one_after_the_other) {
    enum { SEEN = 4096 };
    static bool gone[SEEN];
    struct keytree whole = {0}, t = {0};
    struct rng_seeded state;
    rng_seed(&state, 20);
    struct rng rng = rng_from_seeded(&state);
    memset(gone, 0, sizeof(gone));
    REQUIRE(keytree_init(&whole, root) == OK && keytree_init(&t, root) == OK);
    for (unsigned i = 0; i < 40; i++) {
        uint32_t first = rng_below(&rng, SEEN), last = first + rng_below(&rng, 30);
        EXPECT_EQ(keytree_puncture(&t, first, last), OK);
        for (uint32_t k = first; k <= last && k < SEEN; k++) {
            gone[k] = true;
        }
    }
    for (uint32_t k = 0; k < SEEN; k++) {
        uint8_t a[KEY_LEN], b[KEY_LEN];
        EXPECT_EQ(key_of(&t, k, a), !gone[k]);
        EXPECT(gone[k] || (key_of(&whole, k, b) && memcmp(a, b, KEY_LEN) == 0));
    }
    keytree_clear(&whole);
    keytree_clear(&t);
}

TEST(keytree_reads_what_it_wrote_and_nothing_else) {
    struct keytree t = {0}, back = {0};
    struct buffer text = {0}, again = {0};
    REQUIRE(keytree_init(&t, root) == OK);
    EXPECT_EQ(keytree_puncture(&t, 1000, 2000), OK);
    keytree_encode(&t, &text);
    REQUIRE(!text.bad);
    struct rd r = rd_of(text.p, text.n);
    REQUIRE(keytree_decode(&r, &back) == OK);
    EXPECT_EQ(rd_left(&r), 0);
    keytree_encode(&back, &again);
    EXPECT(bytes_eq(bytes_of(text.p, text.n), bytes_of(again.p, again.n)));
    keytree_clear(&back);
    for (size_t n = 0; n < text.n; n++) {
        r = rd_of(text.p, n);
        EXPECT_EQ(keytree_decode(&r, &back), ERR_FORMAT);
    }
    /* Heights and places that make no tree: of the first node, of the second. */
    static const struct {
        size_t at;
        char value;
    } bad[] = {{2, 21}, {2, (char)0xff}, {6, 1}, {3, 1}, {4, 0x10}, {2 + 37 + 3, 0}};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        char kept = text.p[bad[i].at];
        text.p[bad[i].at] = bad[i].value;
        r = rd_of(text.p, text.n);
        EXPECT_EQ(keytree_decode(&r, &back), ERR_FORMAT);
        text.p[bad[i].at] = kept;
    }
    buffer_free(&text);
    buffer_free(&again);
    keytree_clear(&t);
}

static const struct id recording = {{1, 2}};
static const struct keyset_place places[] = {{{{7}}, 0}, {{{7}}, 1}, {{{9}}, 0}};

TEST(keyset_a_list_has_the_same_keys) {
    struct keyset derived, listed;
    uint8_t a[KEY_LEN], b[KEY_LEN];
    keyset_init(&derived, &recording, root);
    keyset_init(&listed, &recording, root);
    EXPECT_EQ(keyset_puncture(&listed, &places[0], 0, 0), ERR_WRONG_STATE);
    REQUIRE(keyset_list(&listed, places, ARRAY_LEN(places)) == OK);
    static const uint8_t zero[KEY_LEN];
    EXPECT(memcmp(listed.root, zero, KEY_LEN) == 0);
    for (int i = 0; i < KEYSET_SINGLES; i++) {
        EXPECT_EQ(keyset_single(&derived, (enum keyset_single)i, a), OK);
        EXPECT_EQ(keyset_single(&listed, (enum keyset_single)i, b), OK);
        EXPECT(memcmp(a, b, KEY_LEN) == 0);
    }
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        for (uint32_t n = 0; n < 5; n++) {
            EXPECT_EQ(keyset_media(&derived, &places[i], n, a), OK);
            EXPECT_EQ(keyset_media(&listed, &places[i], n, b), OK);
            EXPECT(memcmp(a, b, KEY_LEN) == 0);
        }
    }
    EXPECT_EQ(keyset_media(&derived, &places[0], KEYTREE_LEAVES, a), ERR_RANGE);
    EXPECT_EQ(keyset_puncture(&listed, &places[1], 2, 3), OK);
    EXPECT_EQ(keyset_media(&listed, &places[1], 2, a), ERR_GONE);
    EXPECT_EQ(keyset_media(&listed, &places[1], 4, a), OK);
    EXPECT_EQ(keyset_media(&listed, &places[0], 2, a), OK);
    struct keyset_place other = {{{8}}, 0};
    EXPECT_EQ(keyset_media(&listed, &other, 0, a), ERR_GONE);
    EXPECT_EQ(keyset_puncture(&listed, &other, 0, 0), ERR_UNKNOWN);
    keyset_clear(&derived);
    keyset_clear(&listed);
}

TEST(keyset_reads_what_it_wrote_and_nothing_else) {
    struct keyset s, back;
    struct buffer text = {0}, again = {0};
    keyset_init(&s, &recording, root);
    REQUIRE(keyset_list(&s, places, ARRAY_LEN(places)) == OK);
    EXPECT_EQ(keyset_puncture(&s, &places[1], 2, 3), OK);
    keyset_encode(&s, &text);
    REQUIRE(!text.bad);
    struct bytes all = bytes_of(text.p, text.n);
    REQUIRE(keyset_decode(all, &recording, &back) == OK);
    keyset_encode(&back, &again);
    EXPECT(bytes_eq(all, bytes_of(again.p, again.n)));
    keyset_clear(&back);
    for (size_t n = 0; n < text.n; n++) {
        EXPECT_EQ(keyset_decode(bytes_of(text.p, n), &recording, &back), ERR_FORMAT);
    }
    buffer_put(&text, "", 1);
    EXPECT_EQ(keyset_decode(bytes_of(text.p, text.n), &recording, &back), ERR_FORMAT);
    /* The same place twice. */
    size_t first = 14 + KEYSET_SINGLES * KEY_LEN + 4;
    text.p[first + ID_LEN + 3] = 1;
    EXPECT_EQ(keyset_decode(all, &recording, &back), ERR_FORMAT);
    buffer_free(&text);
    buffer_free(&again);
    keyset_clear(&s);
}

TEST_ALLOC(keyset_without_memory) {
    struct keyset s, back = {0};
    struct buffer text = {0};
    keyset_init(&s, &recording, root);
    enum err e = keyset_list(&s, places, ARRAY_LEN(places));
    EXPECT(e == OK || (mem_failed() && !s.listed));
    if (e == OK && keyset_puncture(&s, &places[0], 1, 1) == OK) {
        keyset_encode(&s, &text);
        if (!text.bad) {
            e = keyset_decode(bytes_of(text.p, text.n), &recording, &back);
            EXPECT(e == OK || mem_failed());
        }
    }
    buffer_free(&text);
    keyset_clear(&s);
    keyset_clear(&back);
}
