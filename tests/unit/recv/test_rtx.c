#include "media/recv/rtx.h"

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

/* A retransmission becomes the original, for every OSN. */
TEST(rtx_undo_restores_the_original) {
    struct packet_pool *pool = packet_pool_new(2);
    REQUIRE(pool);
    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        uint8_t mid = 'v', buf[200];
        struct rtp h = {
            .pt = 97, .marker = i % 2, .seq = starts[7 - i], .ts = 0xfffffff0, .ssrc = 0x55};
        struct rtp_write_ext ext = {.id = 4, .len = 1, .p = &mid};
        struct wr w = wr_of(buf, sizeof(buf));
        w.p += rtp_write_header(buf, sizeof(buf), &h, &ext, 1);
        wr_u16(&w, starts[i]); /* OSN */
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
