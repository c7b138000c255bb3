#include "server/udp.h"
#include "tests/unit/test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

static bool readable(const struct udp *u) {
    struct pollfd fd = {.fd = udp_fd(u), .events = POLLIN};
    return poll(&fd, 1, 5000) == 1;
}

static struct udp *open_loopback(void) {
    char why[WHY_MAX] = "";
    struct udp *u = NULL;
    struct addr any_port = addr_v4(127, 0, 0, 1, 0);
    enum err err = udp_open(&any_port, &u, why);
    if (err != OK) {
        printf("# %s\n", why);
    }
    return u;
}

static void queue(struct udp *from, const struct addr *to, uint8_t fill, size_t len) {
    struct datagram *d = udp_slot(from);
    d->to = *to;
    d->len = len;
    memset(d->data, fill, len);
    udp_keep(from);
}

TEST(udp_batches_arrive_with_their_sender) {
    struct udp *a = open_loopback(), *b = open_loopback();
    struct packet_pool *pool = packet_pool_new(128);
    struct packet *in[UDP_BATCH];
    size_t got = 0;
    REQUIRE(a && b && pool);
    struct addr to = addr_v4(127, 0, 0, 1, udp_port(b));
    struct addr from = addr_v4(127, 0, 0, 1, udp_port(a));
    /* One more than a batch: the full one is sent by itself. */
    for (size_t i = 0; i < UDP_BATCH + 1; i++) {
        queue(a, &to, (uint8_t)i, 100 + i);
    }
    udp_flush(a);
    while (got < UDP_BATCH + 1 && readable(b)) {
        size_t n = udp_recv(b, pool, 42, in);
        for (size_t i = 0; i < n; i++, got++) {
            EXPECT_EQ(in[i]->len, 100 + got);
            EXPECT_EQ(in[i]->data[0], got);
            EXPECT_EQ(in[i]->arrival, 42);
            EXPECT(addr_eq(&in[i]->from, &from));
            packet_unref(in[i]);
        }
    }
    EXPECT_EQ(got, UDP_BATCH + 1);
    EXPECT_EQ(udp_counters(a)->send_errors, 0);
    udp_close(a);
    udp_close(b);
    packet_pool_free(pool);
}

TEST(udp_without_packets_counts_and_drops) {
    struct udp *a = open_loopback(), *b = open_loopback();
    struct packet_pool *pool = packet_pool_new(1);
    struct packet *in[UDP_BATCH];
    REQUIRE(a && b && pool);
    struct addr to = addr_v4(127, 0, 0, 1, udp_port(b));
    for (uint8_t i = 0; i < 3; i++) {
        queue(a, &to, i, 50);
    }
    udp_flush(a);
    REQUIRE(readable(b));
    EXPECT_EQ(udp_recv(b, pool, 1, in), 1);
    EXPECT_EQ(udp_counters(b)->pool_empty, 2);
    packet_unref(in[0]);
    udp_close(a);
    udp_close(b);
    packet_pool_free(pool);
}

TEST(udp_larger_than_a_packet_is_counted_and_dropped) {
    static const uint8_t big[PACKET_CAP + 1];
    struct udp *a = open_loopback();
    struct packet_pool *pool = packet_pool_new(8);
    struct packet *in[UDP_BATCH];
    REQUIRE(a && pool);
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(udp_port(a)),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    EXPECT_EQ(sendto(udp_fd(a), big, sizeof(big), 0, (struct sockaddr *)&to, sizeof(to)),
              sizeof(big));
    struct addr self = addr_v4(127, 0, 0, 1, udp_port(a));
    queue(a, &self, 9, PACKET_CAP);
    udp_flush(a);
    REQUIRE(readable(a));
    EXPECT_EQ(udp_recv(a, pool, 1, in), 1);
    EXPECT_EQ(in[0]->len, PACKET_CAP);
    EXPECT_EQ(udp_counters(a)->truncated, 1);
    packet_unref(in[0]);
    udp_close(a);
    packet_pool_free(pool);
}

TEST(udp_port_in_use_is_one_clear_line) {
    char why[WHY_MAX] = "";
    struct udp *a = open_loopback(), *b = NULL;
    REQUIRE(a);
    struct addr taken = addr_v4(127, 0, 0, 1, udp_port(a));
    EXPECT_EQ(udp_open(&taken, &b, why), ERR_IO);
    EXPECT(b == NULL);
    EXPECT(strstr(why, "media.port") != NULL);
    udp_close(a);
}

TEST(udp_one_unreachable_viewer_does_not_stop_the_others) {
    struct udp *a = open_loopback(), *b = open_loopback();
    struct packet_pool *pool = packet_pool_new(8);
    struct packet *in[UDP_BATCH];
    REQUIRE(a && b && pool);
    struct addr nowhere = addr_v4(127, 0, 0, 1, 0); /* port 0: EINVAL */
    struct addr to = addr_v4(127, 0, 0, 1, udp_port(b));
    queue(a, &nowhere, 1, 20);
    queue(a, &to, 2, 20);
    udp_flush(a);
    REQUIRE(readable(b));
    EXPECT_EQ(udp_recv(b, pool, 1, in), 1);
    EXPECT_EQ(in[0]->data[0], 2);
    EXPECT_EQ(udp_counters(a)->send_errors, 1);
    packet_unref(in[0]);
    udp_close(a);
    udp_close(b);
    packet_pool_free(pool);
}
