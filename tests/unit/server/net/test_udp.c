#include "tests/unit/server/net/loopback.h"

#include <netinet/in.h>
#include <sys/socket.h>

/* Without checksums the kernel makes no segments (net/ipv4/udp.c: EIO or EINVAL). */
static void refuse_trains(struct udp *u, bool refuse) {
    int off = refuse;
    CHECK(setsockopt(udp_fd(u), SOL_SOCKET, SO_NO_CHECK, &off, sizeof(off)) == 0);
}

TEST(udp_batches_arrive_with_their_sender) {
    struct udp *a = loopback_open(), *b = loopback_open();
    struct packet_pool *pool = packet_pool_new(128);
    struct packet *in[UDP_BATCH];
    size_t got = 0;
    REQUIRE(a && b && pool);
    struct addr to = addr_v4(127, 0, 0, 1, udp_port(b));
    struct addr from = addr_v4(127, 0, 0, 1, udp_port(a));
    /* One more than a batch: the full one is sent by itself. */
    for (size_t i = 0; i < UDP_BATCH + 1; i++) {
        loopback_queue(a, &to, (uint8_t)i, 100 + i);
    }
    udp_flush(a, NOW);
    while (got < UDP_BATCH + 1 && loopback_readable(b)) {
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
    struct udp *a = loopback_open(), *b = loopback_open();
    struct packet_pool *pool = packet_pool_new(1);
    struct packet *in[UDP_BATCH];
    REQUIRE(a && b && pool);
    struct addr to = addr_v4(127, 0, 0, 1, udp_port(b));
    for (uint8_t i = 0; i < 3; i++) {
        loopback_queue(a, &to, i, 50);
    }
    udp_flush(a, NOW);
    REQUIRE(loopback_readable(b));
    EXPECT_EQ(udp_recv(b, pool, 1, in), 1);
    EXPECT_EQ(udp_counters(b)->pool_empty, 2);
    packet_unref(in[0]);
    udp_close(a);
    udp_close(b);
    packet_pool_free(pool);
}

TEST(udp_larger_than_a_packet_is_counted_and_dropped) {
    static const uint8_t big[PACKET_CAP + 1];
    struct udp *a = loopback_open();
    struct packet_pool *pool = packet_pool_new(8);
    struct packet *in[UDP_BATCH];
    REQUIRE(a && pool);
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(udp_port(a)),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    EXPECT_EQ(sendto(udp_fd(a), big, sizeof(big), 0, (struct sockaddr *)&to, sizeof(to)),
              sizeof(big));
    struct addr self = addr_v4(127, 0, 0, 1, udp_port(a));
    loopback_queue(a, &self, 9, PACKET_CAP);
    udp_flush(a, NOW);
    REQUIRE(loopback_readable(a));
    EXPECT_EQ(udp_recv(a, pool, 1, in), 1);
    EXPECT_EQ(in[0]->len, PACKET_CAP);
    EXPECT_EQ(udp_counters(a)->truncated, 1);
    packet_unref(in[0]);
    udp_close(a);
    packet_pool_free(pool);
}

TEST(udp_port_in_use_is_one_clear_line) {
    char why[WHY_MAX] = "";
    struct udp *a = loopback_open(), *b = NULL;
    REQUIRE(a);
    struct addr taken = addr_v4(127, 0, 0, 1, udp_port(a));
    EXPECT_EQ(udp_open(&taken, NULL, &b, why), ERR_IO);
    EXPECT(b == NULL);
    EXPECT(strstr(why, "media.port") != NULL);
    udp_close(a);
}

TEST(udp_one_unreachable_viewer_does_not_stop_the_others) {
    struct udp *a = loopback_open(), *b = loopback_open();
    struct packet_pool *pool = packet_pool_new(8);
    struct packet *in[UDP_BATCH];
    REQUIRE(a && b && pool);
    struct addr nowhere = addr_v4(127, 0, 0, 1, 0); /* port 0: EINVAL */
    struct addr to = addr_v4(127, 0, 0, 1, udp_port(b));
    loopback_queue(a, &nowhere, 1, 20);
    loopback_queue(a, &to, 2, 20);
    udp_flush(a, NOW);
    REQUIRE(loopback_readable(b));
    EXPECT_EQ(udp_recv(b, pool, 1, in), 1);
    EXPECT_EQ(in[0]->data[0], 2);
    EXPECT_EQ(udp_counters(a)->send_errors, 1);
    packet_unref(in[0]);
    udp_close(a);
    udp_close(b);
    packet_pool_free(pool);
}

/* One call, and the kernel cuts it apart. */
TEST(udp_sends_trains) {
    struct udp *a = loopback_open(), *b = loopback_open();
    struct packet_pool *pool = packet_pool_new(128);
    struct packet *in[2 * UDP_BATCH];
    REQUIRE(a && b && pool);
    static const size_t sizes[] = {1100, 1100, 1100, 1100, 300};
    for (int k = 0; k < 3; k++) {
        struct train *t = udp_slot(a);
        train_clear(t);
        t->to = addr_v4(127, 0, 0, 1, udp_port(b));
        t->from = (struct addr){0};
        for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
            EXPECT(train_takes(t, sizes[i]));
            memset(t->data + t->len, (int)(10 * k + i), sizes[i]);
            train_add(t, sizes[i]);
        }
        EXPECT(!train_takes(t, 100)); /* the last one was shorter */
        udp_keep(a);
    }
    udp_flush(a, NOW);
    REQUIRE(loopback_take(b, pool, in, 15) == 15);
    for (size_t i = 0; i < 15; i++) {
        EXPECT_EQ(in[i]->len, sizes[i % 5]);
        EXPECT_EQ(in[i]->data[sizes[i % 5] - 1], 10 * (i / 5) + i % 5);
        packet_unref(in[i]);
    }
    EXPECT_EQ(udp_counters(a)->trains_cut, 0);
    udp_close(a);
    udp_close(b);
    packet_pool_free(pool);
}

/* What the kernel refuses as a train goes packet by packet, and after some of them all do. */
TEST(udp_cuts_trains_that_are_refused) {
    struct udp *a = loopback_open(), *b = loopback_open();
    struct packet_pool *pool = packet_pool_new(128);
    struct packet *in[2 * UDP_BATCH];
    REQUIRE(a && b && pool);
    struct addr to = addr_v4(127, 0, 0, 1, udp_port(b));
    refuse_trains(a, true);
    for (uint8_t k = 0; k < 20; k++) {
        loopback_train(a, &to, k, 200, 3);
    }
    udp_flush(a, NOW);
    REQUIRE(loopback_take(b, pool, in, 60) == 60);
    for (size_t i = 0; i < 60; i++) {
        EXPECT_EQ(in[i]->len, 200);
        EXPECT_EQ(in[i]->data[0], i / 3);
        packet_unref(in[i]);
    }
    EXPECT_EQ(udp_counters(a)->trains_cut, 20);
    EXPECT_EQ(udp_counters(a)->send_errors, 0);
    udp_close(a);
    udp_close(b);
    packet_pool_free(pool);
}

/* Bound to all addresses, it answers from the one that was asked. */
TEST(udp_answers_from_the_address_that_was_asked) {
    char why[WHY_MAX] = "";
    struct udp *all = NULL, *b = loopback_open();
    struct addr any = addr_v4(0, 0, 0, 0, 0);
    struct packet_pool *pool = packet_pool_new(128);
    struct packet *in[UDP_BATCH];
    REQUIRE(b && pool && udp_open(&any, NULL, &all, why) == OK);
    struct addr to = addr_v4(127, 0, 0, 77, udp_port(all));
    loopback_queue(b, &to, 1, 50);
    udp_flush(b, NOW);
    REQUIRE(loopback_take(all, pool, in, 1) == 1);
    struct addr asked = addr_v4(127, 0, 0, 77, 0);
    EXPECT(addr_eq(&in[0]->to, &asked));
    struct train *t = udp_slot(all);
    train_clear(t);
    t->to = in[0]->from;
    t->from = in[0]->to;
    memset(t->data, 2, 60);
    train_add(t, 60);
    train_add(t, 60);
    udp_keep(all);
    udp_flush(all, NOW);
    packet_unref(in[0]);
    REQUIRE(loopback_take(b, pool, in, 2) == 2);
    for (size_t i = 0; i < 2; i++) {
        EXPECT(addr_eq(&in[i]->from, &to));
        packet_unref(in[i]);
    }
    udp_close(all);
    udp_close(b);
    packet_pool_free(pool);
}

/* A pool that was empty for a moment costs nothing afterwards. */
TEST(udp_uses_packets_that_have_come_back) {
    struct udp *a = loopback_open(), *b = loopback_open();
    struct packet_pool *pool = packet_pool_new(UDP_BATCH);
    struct packet *in[UDP_BATCH], *busy[UDP_BATCH];
    REQUIRE(a && b && pool);
    struct addr to = addr_v4(127, 0, 0, 1, udp_port(b));
    for (size_t i = 0; i < UDP_BATCH; i++) {
        busy[i] = packet_take(pool);
    }
    loopback_queue(a, &to, 1, 50);
    udp_flush(a, NOW);
    REQUIRE(loopback_readable(b));
    EXPECT_EQ(udp_recv(b, pool, 1, in), 0);
    EXPECT_EQ(udp_counters(b)->pool_empty, 1);
    for (size_t i = 0; i < UDP_BATCH; i++) {
        packet_unref(busy[i]);
    }
    for (uint8_t i = 0; i < 20; i++) {
        loopback_queue(a, &to, i, 50);
    }
    udp_flush(a, NOW);
    REQUIRE(loopback_readable(b));
    size_t n = udp_recv(b, pool, 1, in);
    EXPECT_EQ(n, 20);
    EXPECT_EQ(udp_counters(b)->pool_empty, 1);
    for (size_t i = 0; i < n; i++) {
        packet_unref(in[i]);
    }
    udp_close(a);
    udp_close(b);
    packet_pool_free(pool);
}

/* Single packets pass where trains do not, and say nothing about them. */
TEST(udp_gives_trains_up_also_between_single_packets) {
    struct udp *a = loopback_open(), *b = loopback_open();
    REQUIRE(a && b);
    struct addr to = addr_v4(127, 0, 0, 1, udp_port(b));
    EXPECT(loopback_sends_whole(a, &to, NOW));
    refuse_trains(a, true);
    for (int k = 0; k < 20; k++) {
        loopback_queue(a, &to, 1, 50);
        loopback_train(a, &to, 1, 200, 3);
    }
    udp_flush(a, NOW);
    refuse_trains(a, false);
    EXPECT(!loopback_sends_whole(a, &to, NOW));
    udp_close(a);
    udp_close(b);
}

TEST(udp_tries_trains_again) {
    struct udp *a = loopback_open(), *b = loopback_open();
    REQUIRE(a && b);
    struct addr to = addr_v4(127, 0, 0, 1, udp_port(b));
    refuse_trains(a, true);
    udp_flush(a, NOW);
    for (int k = 0; k < 20; k++) { /* more than one batch of refusals is one pause */
        loopback_train(a, &to, 1, 200, 3);
    }
    udp_flush(a, NOW);
    EXPECT_EQ(udp_counters(a)->trains_cut, 20);
    EXPECT_EQ(udp_counters(a)->trains_paused, 1);
    refuse_trains(a, false);
    EXPECT(!loopback_sends_whole(a, &to, NOW + US_PER_S - 1));
    EXPECT(loopback_sends_whole(a, &to, NOW + US_PER_S));
    EXPECT(loopback_sends_whole(a, &to, NOW + US_PER_S));
    EXPECT_EQ(udp_counters(a)->send_errors, 0);
    udp_close(a);
    udp_close(b);
}

/* As long as it stays so, with pauses of 1, 2, 4 to 60 seconds; then it is forgotten. */
TEST(udp_tries_trains_ever_more_rarely) {
    struct udp *a = loopback_open(), *b = loopback_open();
    REQUIRE(a && b);
    struct addr to = addr_v4(127, 0, 0, 1, udp_port(b));
    us_t now = NOW, paused_at[9];
    unsigned n = 0;
    refuse_trains(a, true);
    for (int k = 0; k < 16; k++) {
        EXPECT_EQ(udp_counters(a)->trains_paused, 0);
        (void)loopback_sends_whole(a, &to, now);
    }
    for (uint64_t seen = 0; n < ARRAY_LEN(paused_at); now += US_PER_S / 4) {
        (void)loopback_sends_whole(a, &to, now);
        if (udp_counters(a)->trains_paused > seen) {
            seen = udp_counters(a)->trains_paused;
            paused_at[n++] = now;
        }
    }
    for (unsigned i = 0; i + 1 < n; i++) {
        us_t pause = US_PER_S << i;
        EXPECT_EQ(paused_at[i + 1] - paused_at[i], us_min(pause, 60 * US_PER_S));
    }
    refuse_trains(a, false);
    now += 60 * US_PER_S;
    EXPECT(loopback_sends_whole(a, &to, now));
    refuse_trains(a, true);
    for (int k = 0; k < 16; k++) {
        EXPECT_EQ(udp_counters(a)->trains_paused, n);
        (void)loopback_sends_whole(a, &to, now);
    }
    refuse_trains(a, false);
    EXPECT(!loopback_sends_whole(a, &to, now + US_PER_S - 1));
    EXPECT(loopback_sends_whole(a, &to, now + US_PER_S));
    udp_close(a);
    udp_close(b);
}

/* A viewer who cannot be reached, be it with trains or without, is no reason to cut those of all.
 */
TEST(udp_keeps_trains_when_one_viewer_is_unreachable) {
    struct udp *a = loopback_open(), *b = loopback_open();
    REQUIRE(a && b);
    struct addr to = addr_v4(127, 0, 0, 1, udp_port(b)), nowhere = addr_v4(127, 0, 0, 1, 0);
    for (int k = 0; k < 20; k++) {
        loopback_train(a, &nowhere, 1, 200, 3);
    }
    udp_flush(a, NOW);
    EXPECT_EQ(udp_counters(a)->send_errors, 60);
    EXPECT(loopback_sends_whole(a, &to, NOW));
    udp_close(a);
    udp_close(b);
}
