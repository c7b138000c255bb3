#include "media/feed/cache.h"

#include "base/rng.h"
#include "tests/unit/test.h"

#define MS US_PER_MS
#define CAP 64

static const uint64_t starts[] = {0, 1, 127, 128, 32767, 32768, 65534, 65535, 65536};

/* Store a fresh packet that carries its sequence number; the cache holds the only reference. */
static void store(struct packet_cache *c, struct packet_pool *pool, us_t now, uint64_t seq) {
    struct packet *p = packet_take(pool);
    CHECK(p);
    p->len = 20;
    memcpy(p->data, &seq, sizeof(seq));
    struct media_packet k = {.packet = p,
                             .seq = seq,
                             .at = now,
                             .ts = (uint32_t)seq * 3000,
                             .payload_at = 12,
                             .payload_len = 8,
                             .pt = 96,
                             .marker = seq % 2};
    packet_cache_store(c, &k);
    packet_unref(p);
}

static bool finds(const struct packet_cache *c, us_t now, uint64_t seq) {
    const struct media_packet *k = packet_cache_find(c, now, seq);
    return k && k->seq == seq && memcmp(k->packet->data, &seq, sizeof(seq)) == 0 &&
           k->ts == (uint32_t)seq * 3000 && k->payload_len == 8 && k->marker == seq % 2;
}

TEST_ALLOC(cache_init_and_free) {
    struct packet_cache c;
    if (packet_cache_init(&c, CAP, US_PER_S) != OK) {
        EXPECT(mem_failed());
        EXPECT(!c.ring);
    }
    packet_cache_free(&c);
    EXPECT_EQ(packet_cache_init(&c, 63, US_PER_S), ERR_RANGE);
    EXPECT_EQ(packet_cache_init(&c, 96, US_PER_S), ERR_RANGE);
    EXPECT_EQ(packet_cache_init(&c, 8192, US_PER_S), ERR_RANGE);
    EXPECT_EQ(packet_cache_init(&c, CAP, 0), ERR_RANGE);
    packet_cache_free(&c);
}

TEST(cache_keeps_the_last_packets_from_every_start) {
    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        struct packet_pool *pool = packet_pool_new(CAP + 1);
        struct packet_cache c;
        REQUIRE(pool && packet_cache_init(&c, CAP, US_PER_S) == OK);
        EXPECT(!finds(&c, 0, starts[i]));
        for (uint64_t s = starts[i]; s < starts[i] + 3 * CAP; s++) {
            store(&c, pool, 0, s);
        }
        EXPECT(!finds(&c, 0, starts[i] + 2 * CAP - 1));
        for (uint64_t s = starts[i] + 2 * CAP; s < starts[i] + 3 * CAP; s++) {
            EXPECT(finds(&c, 0, s));
        }
        EXPECT(!finds(&c, 0, starts[i] + 3 * CAP));
        EXPECT_EQ(packet_pool_idle(pool), 1);
        packet_cache_free(&c);
        EXPECT_EQ(packet_pool_idle(pool), CAP + 1);
        packet_pool_free(pool);
    }
}

TEST(cache_takes_late_packets_and_keeps_the_first_copy) {
    struct packet_pool *pool = packet_pool_new(8);
    struct packet_cache c;
    REQUIRE(pool && packet_cache_init(&c, CAP, US_PER_S) == OK);
    store(&c, pool, 0, 1000);
    store(&c, pool, 0, 1005);
    EXPECT(!finds(&c, 0, 1003));
    store(&c, pool, 0, 1003);
    store(&c, pool, 0, 990); /* before the first, within the ring */
    EXPECT(finds(&c, 0, 990) && finds(&c, 0, 1000) && finds(&c, 0, 1003) && finds(&c, 0, 1005));
    const struct packet *first = packet_cache_find(&c, 0, 1003)->packet;
    store(&c, pool, 0, 1003);
    EXPECT(packet_cache_find(&c, 0, 1003)->packet == first);
    store(&c, pool, 0, 1005 - CAP); /* too old for the ring */
    EXPECT(!finds(&c, 0, 1005 - CAP));
    EXPECT_EQ(packet_pool_idle(pool), 4);
    packet_cache_free(&c);
    packet_pool_free(pool);
}

TEST(cache_lets_go_of_old_packets) {
    struct packet_pool *pool = packet_pool_new(32);
    struct packet_cache c;
    REQUIRE(pool && packet_cache_init(&c, CAP, 500 * MS) == OK);
    for (uint64_t s = 0; s < 20; s++) {
        store(&c, pool, (us_t)s * 100 * MS, 2 * s); /* every second one never came */
    }
    us_t now = 1900 * MS;
    EXPECT(finds(&c, now, 2 * 14));
    EXPECT(!finds(&c, now, 2 * 13));
    EXPECT_EQ(packet_pool_idle(pool), 32 - 6);
    EXPECT(!finds(&c, now + 1, 2 * 14)); /* too old even before it is let go */
    packet_cache_expire(&c, now + 400 * MS);
    EXPECT_EQ(packet_pool_idle(pool), 32 - 2);
    packet_cache_expire(&c, now + 501 * MS);
    EXPECT_EQ(packet_pool_idle(pool), 32);
    store(&c, pool, now + 600 * MS, 7); /* an empty cache begins anywhere */
    EXPECT(finds(&c, now + 600 * MS, 7));
    packet_cache_free(&c);
    packet_pool_free(pool);
}

TEST(cache_clear_drops_references_and_goes_on) {
    struct packet_pool *pool = packet_pool_new(8);
    struct packet_cache c;
    REQUIRE(pool && packet_cache_init(&c, CAP, US_PER_S) == OK);
    store(&c, pool, 0, 5);
    store(&c, pool, 0, 6);
    packet_cache_clear(&c);
    EXPECT_EQ(packet_pool_idle(pool), 8);
    EXPECT(!finds(&c, 0, 5));
    store(&c, pool, 0, 4);
    EXPECT(finds(&c, 0, 4));
    packet_cache_free(&c);
    packet_pool_free(pool);
}

/* Random order, gaps and jumps against "the newest copy of seq within CAP of the highest". */
TEST(cache_agrees_with_a_model) {
    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct rng_seeded state;
        rng_seed(&state, seed);
        struct rng rng = rng_from_seeded(&state);
        struct packet_pool *pool = packet_pool_new(CAP + 1);
        struct packet_cache c;
        REQUIRE(pool && packet_cache_init(&c, CAP, US_PER_S) == OK);
        static bool stored[60000];
        memset(stored, 0, sizeof(stored));
        uint64_t high = 0;
        for (uint64_t i = 0, v = 500; i < 2000; i++) {
            v += rng_below(&rng, 50) == 0 ? rng_below(&rng, 200) : rng_below(&rng, 3);
            uint64_t s = v - rng_below(&rng, 90);
            if (s > high || high - s < CAP) {
                stored[s] = true;
            }
            high = s > high ? s : high;
            store(&c, pool, 0, s);
            for (uint64_t x = high - 80; x <= high + 3; x++) {
                EXPECT_EQ(finds(&c, 0, x), x <= high && high - x < CAP && stored[x]);
            }
        }
        packet_cache_free(&c);
        packet_pool_free(pool);
    }
}

/* What a source leaves out is no work: neither for it nor for who waits for what comes next. */
TEST(cache_begins_anew_after_a_long_gap) {
    struct packet_pool *pool = packet_pool_new(8);
    struct packet_cache c;
    REQUIRE(pool && packet_cache_init(&c, 4096, US_PER_S) == OK);
    EXPECT_EQ(packet_cache_from(&c, 7), 7);
    store(&c, pool, 0, 1000);
    packet_cache_hold(&c, 1000);
    store(&c, pool, 0, 1257);
    EXPECT(c.holds && finds(&c, 0, 1000));
    EXPECT_EQ(packet_cache_from(&c, 10), 1000);
    EXPECT_EQ(packet_cache_from(&c, 1001), 1001);
    store(&c, pool, 0, 1258 + 257);
    EXPECT(!c.holds && !finds(&c, 0, 1257) && finds(&c, 0, 1515));
    EXPECT_EQ(packet_cache_from(&c, 1001), 1515);
    packet_cache_skip(&c, 0, 3000); /* likewise */
    EXPECT_EQ(packet_cache_from(&c, 1001), 3000);
    EXPECT_EQ(packet_pool_idle(pool), 8);
    packet_cache_free(&c);
    packet_pool_free(pool);
}

TEST(cache_holds_from_a_packet_on) {
    struct packet_pool *pool = packet_pool_new(2 * CAP);
    struct packet_cache c;
    uint32_t total = 0;
    REQUIRE(pool && packet_cache_init(&c, CAP, US_PER_S) == OK);
    c.total = &total;
    for (uint64_t s = 0; s < 40; s++) {
        store(&c, pool, (us_t)s * 100 * MS, 65500 + s);
        if (s == 10) {
            packet_cache_hold(&c, 65510);
        }
    }
    us_t now = 3900 * MS;
    EXPECT(!finds(&c, now, 65509) && finds(&c, now, 65510) && finds(&c, now + US_PER_S, 65539));
    EXPECT_EQ(total, 30);
    packet_cache_skip(&c, now, 65540);
    EXPECT(packet_cache_skipped(&c, 65540) && !packet_cache_skipped(&c, 65539));
    EXPECT(!finds(&c, now, 65540));
    EXPECT_EQ(total, 30);
    packet_cache_release(&c);
    EXPECT(!finds(&c, now, 65510) && finds(&c, now, 65529));
    store(&c, pool, now, 65541); /* what was held is let go */
    EXPECT_EQ(total, 12);
    EXPECT_EQ(packet_pool_idle(pool), 2 * CAP - 12);
    packet_cache_free(&c);
    EXPECT_EQ(total, 0);
    packet_pool_free(pool);
}

TEST(cache_ends_a_hold_that_it_has_no_room_for) {
    struct packet_pool *pool = packet_pool_new(2 * CAP);
    struct packet_cache c;
    REQUIRE(pool && packet_cache_init(&c, CAP, US_PER_S) == OK);
    store(&c, pool, 0, 1000);
    packet_cache_hold(&c, 1000);
    for (uint64_t s = 1001; s < 1000 + CAP; s++) {
        store(&c, pool, 0, s);
        EXPECT(c.holds);
    }
    c.limit = CAP / 2; /* others need room */
    store(&c, pool, 0, 1000 + CAP);
    EXPECT(!c.holds && !finds(&c, 0, 1000) && finds(&c, 0, 1000 + CAP / 2 + 1));
    EXPECT_EQ(packet_pool_idle(pool), 2 * CAP - CAP / 2);
    packet_cache_free(&c);
    packet_pool_free(pool);
}
