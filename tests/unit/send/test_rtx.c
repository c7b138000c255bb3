#include "media/recv/rtx.h"
#include "media/send/rtx.h"

#include "media/wire/rtp.h"
#include "tests/unit/test.h"

static const uint16_t starts[] = {0, 1, 127, 128, 32767, 32768, 65534, 65535};

static struct packet *packet_of(struct packet_pool *pool, const void *data, size_t n) {
    struct packet *p = packet_take(pool);
    CHECK(p && n <= PACKET_CAP);
    memcpy(p->data, data, n);
    p->len = (uint16_t)n;
    return p;
}

/* What we send as RTX comes back as the original, for every OSN. */
TEST(rtx_undo_inverts_rtx_head) {
    struct packet_pool *pool = packet_pool_new(2);
    REQUIRE(pool);
    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        struct send_rtx x = {.next = starts[7 - i], .ssrc = 0x55, .pt = 97};
        struct rtp original = {.pt = 96, .marker = i % 2, .seq = starts[i], .ts = 0xfffffff0};
        uint8_t mid = 'v', buf[200];
        struct rtp_write_ext ext = {.id = 4, .len = 1, .p = &mid};
        struct wr w = wr_of(buf, sizeof(buf));
        size_t n = send_rtx_head(&x, &w, &original, &ext, 1);
        EXPECT_EQ(n, 12 + 4 + 4 + 2);
        EXPECT_EQ(wr_len(&w), n);
        EXPECT_EQ(send_rtx_index(&x), starts[7 - i]);
        wr_bytes(&w, "payload", 7);

        struct packet *p = packet_of(pool, buf, wr_len(&w));
        struct rtp r;
        REQUIRE(rtp_parse(bytes_of(p->data, p->len), &r) == OK);
        EXPECT_EQ(r.seq, starts[7 - i]);
        EXPECT_EQ(r.ssrc, 0x55);
        EXPECT_EQ(r.pt, 97);
        EXPECT_EQ(recv_rtx_undo(p, 96, 0xaabbccdd), OK);
        REQUIRE(rtp_parse(bytes_of(p->data, p->len), &r) == OK);
        EXPECT_EQ(r.seq, starts[i]);
        EXPECT_EQ(r.pt, 96);
        EXPECT_EQ(r.ssrc, 0xaabbccdd);
        EXPECT_EQ(r.ts, 0xfffffff0);
        EXPECT_EQ(r.marker, i % 2);
        EXPECT(bytes_eq(r.payload, bytes_of("payload", 7)));
        EXPECT(bytes_eq(rtp_ext_find(&r, 4), bytes_of("v", 1)));
        packet_unref(p);
    }
    packet_pool_free(pool);
}

TEST(rtx_undo_keeps_padding) {
    static const uint8_t wire[] = {0xa0, 0xe1, 0,    9,    0,   0,   0, 1, 0, 0,
                                   0,    2,    0x12, 0x34, 'a', 'b', 0, 0, 3};
    struct packet_pool *pool = packet_pool_new(1);
    REQUIRE(pool);
    struct packet *p = packet_of(pool, wire, sizeof(wire));
    EXPECT_EQ(recv_rtx_undo(p, 96, 3), OK);
    struct rtp r;
    REQUIRE(rtp_parse(bytes_of(p->data, p->len), &r) == OK);
    EXPECT_EQ(r.padding, 3);
    EXPECT_EQ(r.seq, 0x1234);
    EXPECT(r.marker);
    EXPECT(bytes_eq(r.payload, bytes_of("ab", 2)));
    packet_unref(p);
    packet_pool_free(pool);
}

TEST(rtx_undo_refuses_and_leaves_alone) {
    static const uint8_t head[12] = {0x80, 97, 0, 1};
    static const uint8_t probe[] = {0xa0, 97, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 4};
    static const uint8_t one[] = {0x80, 97, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 7};
    static const struct {
        const uint8_t *p;
        size_t n;
        enum err want;
    } table[] = {{head, 12, ERR_SHORT},         {probe, sizeof(probe), ERR_SHORT},
                 {one, sizeof(one), ERR_SHORT}, {head, 11, ERR_FORMAT},
                 {head, 0, ERR_FORMAT},         {head + 1, 11, ERR_FORMAT}};
    struct packet_pool *pool = packet_pool_new(1);
    REQUIRE(pool);
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct packet *p = packet_of(pool, table[i].p, table[i].n);
        EXPECT_EQ(recv_rtx_undo(p, 96, 1), table[i].want);
        EXPECT(bytes_eq(bytes_of(p->data, p->len), bytes_of(table[i].p, table[i].n)));
        packet_unref(p);
    }
    packet_pool_free(pool);
}

TEST(rtx_head_without_room_takes_no_index) {
    struct rtp original = {.seq = 1};
    for (size_t cap = 0; cap < 14; cap++) {
        struct send_rtx x = {.next = 500, .ssrc = 1, .pt = 97};
        uint8_t buf[14];
        struct wr w = wr_of(buf, cap);
        EXPECT_EQ(send_rtx_head(&x, &w, &original, NULL, 0), 0);
        EXPECT_EQ(x.next, 500);
        EXPECT_EQ(wr_len(&w), 0);
    }
    struct send_rtx x = {.next = 65535, .ssrc = 1, .pt = 97};
    uint8_t buf[28];
    struct wr w = wr_of(buf, sizeof(buf));
    EXPECT_EQ(send_rtx_head(&x, &w, &original, NULL, 0), 14);
    EXPECT_EQ(send_rtx_head(&x, &w, &original, NULL, 0), 14);
    EXPECT_EQ(be16(buf + 2), 65535);
    EXPECT_EQ(be16(buf + 16), 0);
    EXPECT_EQ(send_rtx_index(&x), 65536);
}
