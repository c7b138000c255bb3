#include "server/net/address_rates.h"
#include "tests/unit/test.h"

#include <string.h>

#define MINUTE (60 * US_PER_S)

static struct address_rates *make(size_t cap) {
    return address_rates_new(&(struct address_rates_config){
        .per_minute = {[ADDRESS_CONNECTIONS] = 6, [ADDRESS_FAILED_TOKENS] = 3},
        .holds = 1u << ADDRESS_FAILED_TOKENS,
        .cap = cap,
        .seed = 7});
}

static struct addr v6(uint8_t network, uint8_t host) {
    struct addr a = {.ip = {0x20, 0x01, 0x0d, 0xb8}};
    a.ip[7] = network;
    a.ip[15] = host;
    return a;
}

TEST(address_rates_are_of_a_minute) {
    struct address_rates *r = make(8);
    struct addr one = addr_v4(192, 0, 2, 1, 1000), other = addr_v4(192, 0, 2, 2, 1000);
    us_t now = 5 * MINUTE;
    REQUIRE(r);
    for (int i = 0; i < 6; i++) {
        one.port++; /* another port is the same client */
        EXPECT_EQ(address_rates_take(r, now, &one, ADDRESS_CONNECTIONS), 0);
    }
    EXPECT_EQ(address_rates_take(r, now, &one, ADDRESS_CONNECTIONS), 10 * US_PER_S);
    EXPECT_EQ(address_rates_wait(r, now + 1, &one, ADDRESS_CONNECTIONS), 10 * US_PER_S - 1);
    EXPECT_EQ(address_rates_take(r, now, &other, ADDRESS_CONNECTIONS), 0);
    EXPECT_EQ(address_rates_take(r, now + 10 * US_PER_S, &one, ADDRESS_CONNECTIONS), 0);
    EXPECT(address_rates_take(r, now + 10 * US_PER_S, &one, ADDRESS_CONNECTIONS) > 0);
    /* After a minute of rest there is a minute's worth again, and not more for a longer one. */
    now += 60 * MINUTE;
    for (int i = 0; i < 6; i++) {
        EXPECT_EQ(address_rates_take(r, now, &one, ADDRESS_CONNECTIONS), 0);
    }
    EXPECT(address_rates_take(r, now, &one, ADDRESS_CONNECTIONS) > 0);
    address_rates_free(r);
}

/* Over any length of time nobody gets more than that and the first minute's worth. */
TEST(address_rates_over_an_hour) {
    struct address_rates *r = make(8);
    struct addr one = addr_v4(192, 0, 2, 1, 1000);
    unsigned n = 0;
    REQUIRE(r);
    for (us_t now = MINUTE; now < 61 * MINUTE; now += US_PER_S / 7) {
        n += address_rates_take(r, now, &one, ADDRESS_CONNECTIONS) == 0;
    }
    EXPECT(n >= 6 * 60 && n <= 6 * 61);
    address_rates_free(r);
}

TEST(address_rates_that_hold_refuse_until_all_is_forgotten) {
    struct address_rates *r = make(8);
    struct addr one = v6(1, 1), neighbour = v6(1, 2), other = v6(2, 1);
    us_t now = MINUTE;
    REQUIRE(r);
    for (int i = 0; i < 3; i++) {
        EXPECT_EQ(address_rates_wait(r, now, &one, ADDRESS_FAILED_TOKENS), 0);
        EXPECT_EQ(address_rates_take(r, now, &one, ADDRESS_FAILED_TOKENS), 0);
    }
    EXPECT_EQ(address_rates_wait(r, now, &neighbour, ADDRESS_FAILED_TOKENS), MINUTE); /* one /64 */
    EXPECT_EQ(address_rates_wait(r, now, &other, ADDRESS_FAILED_TOKENS), 0);
    EXPECT_EQ(address_rates_wait(r, now + MINUTE - 1, &one, ADDRESS_FAILED_TOKENS), 1);
    EXPECT(address_rates_take(r, now + MINUTE - 1, &one, ADDRESS_FAILED_TOKENS) > 0);
    EXPECT_EQ(address_rates_wait(r, now + MINUTE, &one, ADDRESS_FAILED_TOKENS), 0);
    EXPECT_EQ(address_rates_take(r, now + MINUTE, &one, ADDRESS_FAILED_TOKENS), 0);
    EXPECT_EQ(address_rates_wait(r, now + MINUTE, &one, ADDRESS_FAILED_TOKENS),
              0); /* no more held */
    address_rates_free(r);
}

TEST(address_rates_of_nobody_and_without_a_limit) {
    struct address_rates *r = make(1);
    struct addr one = addr_v4(192, 0, 2, 1, 1);
    REQUIRE(r);
    for (int i = 0; i < 1000; i++) {
        EXPECT_EQ(address_rates_take(r, 0, NULL, ADDRESS_CONNECTIONS), 0);
        EXPECT_EQ(address_rates_take(r, 0, &one, ADDRESS_HANDSHAKES), 0);
        EXPECT_EQ(address_rates_wait(r, 0, &one, ADDRESS_OFFERS), 0);
    }
    address_rates_free(r);
}

/* Whoever comes from more addresses than there is room for pushes out who was seen longest ago. */
TEST(address_rates_remember_who_was_seen_last) {
    struct address_rates *r = make(4);
    us_t now = MINUTE;
    REQUIRE(r);
    struct addr kept = addr_v4(10, 0, 0, 1, 1), lost = addr_v4(10, 0, 0, 2, 1);
    for (int i = 0; i < 6; i++) {
        EXPECT_EQ(address_rates_take(r, now, &lost, ADDRESS_CONNECTIONS), 0);
        EXPECT_EQ(address_rates_take(r, now, &kept, ADDRESS_CONNECTIONS), 0);
    }
    for (uint8_t i = 0; i < 100; i++) {
        struct addr a = addr_v4(192, 0, 2, i, 1);
        EXPECT_EQ(address_rates_take(r, now, &a, ADDRESS_CONNECTIONS), 0);
        EXPECT(address_rates_take(r, now, &kept, ADDRESS_CONNECTIONS) > 0);
    }
    EXPECT_EQ(address_rates_forgotten(r), 98); /* of 102 that came, 4 are here */
    EXPECT_EQ(address_rates_take(r, now, &lost, ADDRESS_CONNECTIONS), 0);
    address_rates_free(r);
}

TEST_ALLOC(address_rates_without_memory) {
    struct address_rates *r = make(4);
    address_rates_free(r);
}
