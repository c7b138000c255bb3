#include "media/wire/red.h"
#include "tests/unit/test.h"

/* On the heap and of exactly this length, so that a read past the end is found. */
static enum err parse(const uint8_t *p, size_t n, struct red *ret) {
    uint8_t *copy = mem_alloc(n ? n : 1);
    if (!copy) {
        return ERR_NOMEM;
    }
    memcpy(copy, p, n);
    enum err e = red_parse(bytes_of(copy, n), ret);
    if (e == OK) { /* views of the caller's bytes, which outlive the copy */
        for (unsigned i = 0; i < ret->n; i++) {
            ret->redundant[i].payload.p = p + (ret->redundant[i].payload.p - copy);
        }
        ret->primary.payload.p = p + (ret->primary.payload.p - copy);
    }
    mem_free(copy);
    return e;
}

/* RFC 2198 section 4 has a packet like this one: an older block, then the primary. */
TEST(red_blocks_are_found) {
    static const uint8_t packet[] = {0x80 | 111, 0x1e, 0x00, 0x03, /* 1920 back, 3 bytes */
                                     0x80 | 111, 0x0f, 0x00, 0x02, /* 960 back, 2 bytes */
                                     111,        'a',  'b',  'c',  'd', 'e', 'f', 'g'};
    struct red r;
    REQUIRE(parse(packet, sizeof(packet), &r) == OK);
    EXPECT_EQ(r.n, 2);
    EXPECT_EQ(r.redundant[0].back, 1920);
    EXPECT_EQ(r.redundant[1].back, 960);
    EXPECT_EQ(r.redundant[0].pt, 111);
    EXPECT(bytes_eq(r.redundant[0].payload, bytes_of("abc", 3)));
    EXPECT(bytes_eq(r.redundant[1].payload, bytes_of("de", 2)));
    EXPECT_EQ(r.primary.pt, 111);
    EXPECT(bytes_eq(r.primary.payload, bytes_of("fg", 2)));
}

/* Both headers, of one block. */
#define HEAD (RED_HEAD_BLOCK + RED_HEAD_LAST)
static void write_head(uint8_t out[HEAD], uint16_t back, uint16_t len) {
    struct wr w = wr_of(out, HEAD);
    red_write_block(&w, 111, back, len);
    red_write_last(&w, 111);
    EXPECT(!w.bad && wr_left(&w) == 0);
}

TEST(red_without_redundancy_is_the_primary) {
    static const uint8_t packet[] = {111, 'a'};
    struct red r;
    REQUIRE(parse(packet, 2, &r) == OK);
    EXPECT(r.n == 0 && bytes_eq(r.primary.payload, bytes_of("a", 1)));
    REQUIRE(parse(packet, 1, &r) == OK);
    EXPECT_EQ(r.primary.payload.n, 0);
}

TEST(red_cut_anywhere_is_refused_or_shorter) {
    uint8_t packet[HEAD + 6] = {0};
    struct red r = {.n = 77};
    write_head(packet, 960, 4);
    for (size_t n = 0; n < HEAD + 4; n++) {
        EXPECT_EQ(parse(packet, n, &r), ERR_SHORT);
        EXPECT_EQ(r.n, 77);
    }
    for (size_t n = HEAD + 4; n <= sizeof(packet); n++) {
        EXPECT_EQ(parse(packet, n, &r), OK);
        EXPECT_EQ(r.primary.payload.n, n - HEAD - 4);
    }
}

TEST(red_has_a_limit_of_blocks) {
    uint8_t packet[4 * (RED_BLOCKS_MAX + 1) + 1] = {0};
    struct red r;
    for (unsigned i = 0; i <= RED_BLOCKS_MAX; i++) {
        packet[4 * i] = 0x80 | 111;
    }
    packet[sizeof(packet) - 1] = 111;
    EXPECT_EQ(parse(packet, sizeof(packet), &r), ERR_FULL);
    EXPECT_EQ(parse(packet + 4, sizeof(packet) - 4, &r), OK);
    EXPECT_EQ(r.n, RED_BLOCKS_MAX);
}

TEST(red_written_is_red_read) {
    static uint8_t packet[HEAD + RED_LEN_MAX + 1];
    static const uint16_t back[] = {1, 960, RED_BACK_MAX}, len[] = {1, 80, RED_LEN_MAX};
    for (unsigned i = 0; i < 3; i++) {
        struct red r;
        write_head(packet, back[i], len[i]);
        REQUIRE(parse(packet, HEAD + len[i] + 1u, &r) == OK);
        EXPECT_EQ(r.n, 1);
        EXPECT(r.redundant[0].back == back[i] && r.redundant[0].payload.n == len[i]);
        EXPECT(r.redundant[0].pt == 111 && r.primary.pt == 111 && r.primary.payload.n == 1);
    }
}
