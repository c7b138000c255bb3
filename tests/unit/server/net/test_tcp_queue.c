/* What waits for a slow connection, and what of it is given up. */
#include "base/bytes.h"
#include "server/net/tcp_queue.h"
#include "tests/unit/test.h"

#define MEDIA 0x80   /* first byte: RTP, */
#define CONTROL 0x16 /* DTLS */

static struct packet *packet(struct packet_pool *pool, uint8_t first, size_t len, us_t now) {
    struct packet *p = packet_take(pool);
    CHECK(p && len >= 2);
    memset(p->data, first, len);
    p->data[1] = 96; /* payload type */
    p->len = (uint16_t)len;
    p->arrival = now;
    return p;
}

/* Sends n bytes at most of what is next, into out. */
static size_t send_some(struct tcp_queue *q, uint8_t *out, size_t n) {
    static struct tcp_pieces pieces;
    unsigned k = tcp_queue_pieces(q, TCP_QUEUE_PACKETS, &pieces);
    size_t sent = 0;
    for (unsigned i = 0; i < k && sent < n; i++) {
        size_t part = pieces.iov[i].iov_len < n - sent ? pieces.iov[i].iov_len : n - sent;
        memcpy(out + sent, pieces.iov[i].iov_base, part);
        sent += part;
    }
    tcp_queue_sent(q, sent);
    return sent;
}

TEST(packets_leave_framed_however_little_is_taken) {
    for (size_t piece = 1; piece < 40; piece++) {
        struct packet_pool *pool = packet_pool_new(4);
        struct tcp_queue q = {0};
        uint8_t out[64];
        size_t n = 0;
        REQUIRE(pool);
        EXPECT(tcp_queue_put(&q, packet(pool, 0x81, 10, 0)));
        EXPECT(tcp_queue_put(&q, packet(pool, 0x82, 2, 0)));
        EXPECT(tcp_queue_put(&q, packet(pool, 0x83, 12, 0)));
        EXPECT_EQ(q.bytes, 30);
        for (size_t sent; (sent = send_some(&q, out + n, piece)) > 0;) {
            n += sent;
        }
        EXPECT_EQ(n, 30);
        EXPECT(be16(out) == 10 && out[2] == 0x81 && out[11] == 0x81);
        EXPECT(be16(out + 12) == 2 && out[14] == 0x82);
        EXPECT(be16(out + 16) == 12 && out[18] == 0x83 && out[29] == 0x83);
        EXPECT(q.n == 0 && q.bytes == 0 && q.begun == 0);
        packet_pool_free(pool); /* all have come home */
    }
}

TEST(the_oldest_media_is_shed_and_nothing_else) {
    struct packet_pool *pool = packet_pool_new(8);
    struct tcp_queue q = {0};
    uint8_t out[256];
    REQUIRE(pool);
    EXPECT(tcp_queue_put(&q, packet(pool, MEDIA, 20, 1)));
    EXPECT(tcp_queue_put(&q, packet(pool, CONTROL, 21, 2)));
    EXPECT(tcp_queue_put(&q, packet(pool, MEDIA, 22, 3)));
    EXPECT(tcp_queue_put(&q, packet(pool, MEDIA, 23, 4)));
    EXPECT_EQ(send_some(&q, out, 5), 5); /* the first one has begun: it stays */
    EXPECT(tcp_queue_shed(&q));
    EXPECT_EQ(q.n, 2);
    EXPECT_EQ(send_some(&q, out, 17 + 2 + 21), 17 + 2 + 21);
    EXPECT(be16(out + 17) == 21 && out[19] == CONTROL);
    EXPECT_EQ(send_some(&q, out, 2), 2);
    EXPECT_EQ(be16(out), 23); /* that of 22 bytes is the one that went */
    EXPECT(!tcp_queue_shed(&q));
    tcp_queue_clear(&q);
    EXPECT(q.n == 0 && q.bytes == 0 && q.begun == 0);
    packet_pool_free(pool);
}

TEST(media_that_is_too_old_expires) {
    struct packet_pool *pool = packet_pool_new(8);
    struct tcp_queue q = {0};
    REQUIRE(pool);
    EXPECT(tcp_queue_put(&q, packet(pool, CONTROL, 20, 1)));
    EXPECT(tcp_queue_put(&q, packet(pool, MEDIA, 20, 2)));
    EXPECT(tcp_queue_put(&q, packet(pool, MEDIA, 20, 3)));
    EXPECT(tcp_queue_put(&q, packet(pool, MEDIA, 20, 4)));
    EXPECT_EQ(tcp_queue_expire(&q, 2, 0), 0);
    EXPECT_EQ(tcp_queue_expire(&q, 4, 0), 2);
    EXPECT_EQ(q.n, 2);
    EXPECT_EQ(tcp_queue_expire(&q, 5, 0), 1);
    EXPECT_EQ(tcp_queue_expire(&q, 5, 0), 0);
    EXPECT_EQ(q.n, 1);
    EXPECT(tcp_queue_put(&q, packet(pool, CONTROL, 20, 6)));
    EXPECT_EQ(tcp_queue_expire(&q, 9, 1), 0);
    EXPECT_EQ(tcp_queue_expire(&q, 9, 6), 1); /* what is no media waits longer, not for ever */
    EXPECT_EQ(q.n, 1);
    EXPECT_EQ(q.bytes, 22);
    tcp_queue_clear(&q);
    packet_pool_free(pool);
}

TEST(a_packet_that_was_sent_in_part_goes_on_without_the_pool) {
    struct packet_pool *pool = packet_pool_new(1);
    struct tcp_queue q = {0};
    uint8_t out[64], first[20];
    REQUIRE(pool);
    memset(first, MEDIA, sizeof(first));
    tcp_queue_begun(&q, bytes_of(first, sizeof(first)), 1);
    EXPECT_EQ(q.bytes, 21);
    EXPECT(tcp_queue_put(&q, packet(pool, MEDIA, 10, 1)));
    EXPECT_EQ(tcp_queue_expire(&q, 2, 2), 1);
    EXPECT(!tcp_queue_shed(&q));
    EXPECT_EQ(send_some(&q, out, 3), 3);
    EXPECT(out[0] == 20 && out[1] == MEDIA);
    EXPECT_EQ(packet_pool_idle(pool), 1);
    EXPECT_EQ(send_some(&q, out, 64), 18);
    EXPECT(q.n == 0 && q.bytes == 0 && q.begun == 0);
    packet_pool_free(pool);
}

TEST(the_ring_goes_round) {
    struct packet_pool *pool = packet_pool_new(TCP_QUEUE_PACKETS + 1);
    struct tcp_queue q = {0};
    uint8_t out[64];
    REQUIRE(pool);
    for (unsigned i = 0; i < TCP_QUEUE_PACKETS; i++) {
        EXPECT(tcp_queue_put(&q, packet(pool, MEDIA, 20, i)));
    }
    struct packet *more = packet(pool, MEDIA, 30, 999);
    EXPECT(!tcp_queue_put(&q, more));
    for (unsigned i = 0; i < 3 * TCP_QUEUE_PACKETS; i++) {
        EXPECT_EQ(send_some(&q, out, 22), 22);
        EXPECT_EQ(be16(out), 20);
        EXPECT(tcp_queue_put(&q, packet(pool, MEDIA, 20, 1000 + i)));
    }
    EXPECT_EQ(q.bytes, 22 * TCP_QUEUE_PACKETS);
    packet_unref(more);
    tcp_queue_clear(&q);
    packet_pool_free(pool);
}
