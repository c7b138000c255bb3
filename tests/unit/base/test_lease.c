#include "base/lease.h"

#include "tests/unit/test.h"

static const uint64_t starts[] = {
    0, 1, 32767, 32768, 65534, 65535, 65536, (UINT64_C(1) << 32) - 1, LEASE_END_MAX - 20000};

static uint64_t limit_at(const shared_word *place) {
    uint64_t limit = 0;
    EXPECT_EQ(lease_read(place, &limit), OK);
    return limit;
}

TEST(lease_says_its_limit_before_a_number_is_used) {
    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        shared_word place = 0;
        struct lease l;
        unsigned writes = 0;
        uint64_t next = starts[i], before;
        lease_init(&l, LEASE_END_MAX);
        lease_keep(&l, &place, next);
        EXPECT_EQ(limit_at(&place), next); /* what is not used does not move */
        for (before = limit_at(&place); next < starts[i] + 15000; next++) {
            REQUIRE(lease_covers(&l, next));
            uint64_t limit = limit_at(&place);
            EXPECT(limit > next && limit - next <= LEASE_STEP && limit >= before);
            EXPECT(limit - (next + 1) >= LEASE_STEP / 2); /* what a take-over leaves out */
            writes += limit != before;
            before = limit;
        }
        EXPECT(writes <= 1 + 15000 / (LEASE_STEP / 2));
    }
}

/* An index jumps with the gap of a source: the lease follows at once, however far. */
TEST(lease_follows_a_jump) {
    shared_word place = 0;
    struct lease l;
    lease_init(&l, LEASE_END_MAX);
    lease_keep(&l, &place, 10);
    for (uint64_t n = 10; n < 10000000; n += 1 + n % 9000) {
        REQUIRE(lease_covers(&l, n));
        EXPECT(limit_at(&place) > n && limit_at(&place) <= n + LEASE_STEP);
        EXPECT(lease_covers(&l, n / 2)); /* what was covered once still is, and changes nothing */
        EXPECT(limit_at(&place) > n);
    }
}

TEST(lease_without_a_place_covers_all_there_is) {
    struct lease l;
    lease_init(&l, UINT64_C(1) << 31);
    EXPECT(lease_covers(&l, 0) && lease_covers(&l, (UINT64_C(1) << 31) - 1));
    EXPECT(!lease_covers(&l, UINT64_C(1) << 31));
    EXPECT(!lease_covers(&l, UINT64_MAX));
}

TEST(lease_ends_where_the_numbers_end) {
    shared_word place = 0;
    struct lease l;
    const uint64_t end = UINT64_C(1) << 31;
    uint64_t n = end - 5000;
    lease_init(&l, end);
    lease_keep(&l, &place, n);
    while (lease_covers(&l, n)) {
        EXPECT(limit_at(&place) > n && limit_at(&place) <= end);
        n++;
    }
    EXPECT_EQ(n, end);
    EXPECT_EQ(limit_at(&place), end);
    EXPECT(!lease_covers(&l, n) && !lease_covers(&l, n + LEASE_STEP));
    EXPECT_EQ(limit_at(&place), end);
}

/* Not extended any more: it ends where it was, and what took over begins there. */
TEST(lease_that_is_not_extended_ends) {
    shared_word place = 0;
    struct lease l, other;
    uint64_t n = 100, limit;
    lease_init(&l, LEASE_END_MAX);
    lease_keep(&l, &place, n);
    for (; n < 9000; n++) {
        EXPECT(lease_covers(&l, n));
    }
    limit = limit_at(&place);
    lease_stop(&l);
    while (n < limit + 10 && lease_covers(&l, n)) {
        n++;
    }
    EXPECT_EQ(n, limit);
    lease_init(&other, LEASE_END_MAX);
    lease_keep(&other, &place, limit);
    EXPECT(lease_covers(&other, limit) && !lease_covers(&l, limit));
}

TEST(lease_that_is_handed_over_ends_at_once) {
    shared_word place = 0;
    struct lease l;
    lease_init(&l, LEASE_END_MAX);
    lease_keep(&l, &place, 100);
    EXPECT(lease_covers(&l, 100) && lease_covers(&l, 101));
    lease_end(&l, 102);
    EXPECT_EQ(limit_at(&place), 102);
    EXPECT(lease_covers(&l, 101)); /* the same again is no other */
    EXPECT(!lease_covers(&l, 102) && !lease_covers(&l, 5000));
    EXPECT_EQ(limit_at(&place), 102);
    lease_end(&l, 9000); /* numbers that were refused are not used */
    EXPECT_EQ(l.limit, 102);
}

TEST(lease_limits_cannot_be_mistaken) {
    uint64_t limit = 7;
    shared_word place = 0;
    EXPECT_EQ(lease_read(&place, &limit), ERR_FORMAT);
    place = UINT64_MAX;
    EXPECT_EQ(lease_read(&place, &limit), ERR_FORMAT);
    EXPECT_EQ(limit, 7);
    struct lease l;
    lease_init(&l, LEASE_END_MAX);
    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        lease_keep(&l, &place, starts[i]);
        for (unsigned bit = 0; bit < 64; bit++) {
            place ^= UINT64_C(1) << bit;
            EXPECT_EQ(lease_read(&place, &limit), ERR_FORMAT);
            place ^= UINT64_C(1) << bit;
        }
        EXPECT_EQ(limit_at(&place), starts[i]);
    }
}
