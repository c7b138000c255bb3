#include "server/net/addresses.h"
#include "tests/unit/test.h"

static struct addresses *make(uint32_t connections, uint32_t requests, size_t cap) {
    return addresses_new(&(struct addresses_config){connections, requests, 1000, cap, 7});
}

static struct addr v6(uint8_t network, uint8_t host) {
    struct addr a = {.ip = {0x20, 0x01, 0x0d, 0xb8}};
    a.ip[7] = network;
    a.ip[15] = host;
    return a;
}

TEST(addresses_give_each_its_share) {
    struct addresses *a = make(2, 1, 8);
    struct addr one = addr_v4(192, 0, 2, 1, 1000), other = addr_v4(192, 0, 2, 2, 1000);
    struct address *x[3] = {NULL}, *y = NULL;
    REQUIRE(a);
    EXPECT_EQ(addresses_connect(a, &one, &x[0]), OK);
    one.port = 2000; /* another port is the same client */
    EXPECT_EQ(addresses_connect(a, &one, &x[1]), OK);
    EXPECT(x[0] == x[1]);
    EXPECT_EQ(addresses_connect(a, &one, &x[2]), ERR_FULL);
    EXPECT(x[2] == NULL);
    EXPECT_EQ(addresses_connect(a, &other, &y), OK);
    EXPECT_EQ(addresses_len(a), 2);
    addresses_disconnect(a, x[0]);
    EXPECT_EQ(addresses_connect(a, &one, &x[0]), OK);
    addresses_disconnect(a, x[0]);
    addresses_disconnect(a, x[1]);
    addresses_disconnect(a, y);
    addresses_disconnect(a, NULL);
    EXPECT_EQ(addresses_len(a), 0);
    addresses_free(a);
}

TEST(addresses_count_requests_under_way) {
    struct addresses *a = make(4, 2, 8);
    struct addr who = addr_v4(192, 0, 2, 1, 1);
    struct address *x = NULL;
    REQUIRE(a);
    EXPECT_EQ(addresses_connect(a, &who, &x), OK);
    EXPECT(addresses_begin(a, x));
    EXPECT(addresses_begin(a, x));
    EXPECT(!addresses_begin(a, x));
    addresses_end(x);
    EXPECT(addresses_begin(a, x));
    addresses_end(x);
    addresses_end(x);
    addresses_disconnect(a, x);
    addresses_free(a);
}

TEST(addresses_bound_what_is_not_complete) {
    struct addresses *a = make(4, 2, 8);
    struct addr who = addr_v4(192, 0, 2, 1, 1), other = addr_v4(192, 0, 2, 2, 1);
    struct address *x = NULL, *y = NULL;
    REQUIRE(a);
    EXPECT_EQ(addresses_connect(a, &who, &x), OK);
    EXPECT_EQ(addresses_connect(a, &other, &y), OK);
    EXPECT(addresses_hold(a, x, 600));
    EXPECT(!addresses_hold(a, x, 401));
    EXPECT(!addresses_hold(a, x, SIZE_MAX));
    EXPECT(addresses_hold(a, x, 400));
    EXPECT(addresses_hold(a, x, 0));
    EXPECT(!addresses_hold(a, x, 1));
    EXPECT(addresses_hold(a, y, 1000)); /* another has its own */
    addresses_release(x, 1000);
    EXPECT(addresses_hold(a, x, 1000));
    addresses_release(x, 1000);
    addresses_release(y, 1000);
    addresses_disconnect(a, x);
    addresses_disconnect(a, y);
    addresses_free(a);
}

TEST(addresses_take_an_ipv6_network_for_one_client) {
    struct addresses *a = make(2, 1, 8);
    struct addr here = v6(1, 1), there = v6(1, 2), elsewhere = v6(2, 1);
    struct address *x = NULL;
    REQUIRE(a);
    EXPECT_EQ(addresses_connect(a, &here, &x), OK);
    EXPECT_EQ(addresses_connect(a, &there, &x), OK);
    EXPECT_EQ(addresses_connect(a, &here, &x), ERR_FULL);
    EXPECT_EQ(addresses_connect(a, &elsewhere, &x), OK);
    /* Neighbours with IPv4 addresses are different clients. */
    struct addr v4 = addr_v4(10, 0, 0, 1, 1), next = addr_v4(10, 0, 0, 2, 1);
    EXPECT_EQ(addresses_connect(a, &v4, &x), OK);
    EXPECT_EQ(addresses_connect(a, &next, &x), OK);
    EXPECT_EQ(addresses_len(a), 4);
    addresses_free(a); /* what is still charged is freed */
}

TEST(addresses_are_bounded) {
    struct addresses *a = make(2, 1, 3);
    struct address *x[4] = {NULL};
    REQUIRE(a);
    for (uint8_t i = 0; i < 3; i++) {
        struct addr who = addr_v4(192, 0, 2, i, 1);
        EXPECT_EQ(addresses_connect(a, &who, &x[i]), OK);
    }
    struct addr fourth = addr_v4(192, 0, 2, 3, 1), first = addr_v4(192, 0, 2, 0, 1);
    EXPECT_EQ(addresses_connect(a, &fourth, &x[3]), ERR_FULL);
    EXPECT_EQ(addresses_connect(a, &first, &x[3]), OK); /* known already */
    addresses_free(a);
}

TEST_ALLOC(addresses_without_memory) {
    struct addresses *a = make(2, 1, 3);
    struct addr who = addr_v4(192, 0, 2, 1, 1);
    struct address *x = NULL;
    if (!a) {
        EXPECT(mem_failed());
        return;
    }
    enum err e = addresses_connect(a, &who, &x);
    EXPECT(e == OK || (e == ERR_NOMEM && mem_failed() && !x));
    EXPECT_EQ(addresses_len(a), e == OK);
    addresses_free(a);
}
