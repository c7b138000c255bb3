#include "base/bytes.h"

#include "tests/unit/test.h"

TEST(writer_and_reader_agree) {
    uint8_t buf[32];
    struct wr w = wr_of(buf, sizeof(buf));
    wr_u8(&w, 0x01);
    wr_u16(&w, 0x0203);
    wr_u24(&w, 0x040506);
    wr_u32(&w, 0x0708090a);
    wr_u64(&w, UINT64_C(0x0b0c0d0e0f101112));
    wr_zero(&w, 2);
    wr_bytes(&w, "xyz", 3);
    EXPECT(!w.bad);
    EXPECT_EQ(wr_len(&w), 23);
    EXPECT_EQ(wr_left(&w), 9);
    for (int i = 0; i < 18; i++) {
        EXPECT_EQ(buf[i], i + 1);
    }
    struct rd r = rd_of(buf, wr_len(&w));
    EXPECT_EQ(rd_u8(&r), 0x01);
    EXPECT_EQ(rd_u16(&r), 0x0203);
    EXPECT_EQ(rd_u24(&r), 0x040506);
    EXPECT_EQ(rd_u32(&r), 0x0708090a);
    EXPECT_EQ(rd_u64(&r), UINT64_C(0x0b0c0d0e0f101112));
    rd_skip(&r, 2);
    EXPECT(bytes_eq(rd_bytes(&r, 3), bytes_of("xyz", 3)));
    EXPECT(!r.bad && rd_left(&r) == 0);
}

TEST(reader_past_the_end_stays_bad) {
    static const uint8_t data[] = {1, 2, 3};
    struct rd r = rd_of(data, sizeof(data));
    EXPECT_EQ(rd_u32(&r), 0);
    EXPECT(r.bad);
    EXPECT_EQ(rd_u8(&r), 0);
    EXPECT_EQ(rd_bytes(&r, 1).n, 0);
    EXPECT(r.bad);
    r = rd_of(data, sizeof(data));
    rd_skip(&r, SIZE_MAX);
    EXPECT(r.bad);
}

TEST(writer_past_the_end_writes_nothing) {
    uint8_t buf[4] = {9, 9, 9, 9};
    struct wr w = wr_of(buf, 3);
    wr_u32(&w, 1);
    EXPECT(w.bad);
    wr_u8(&w, 1);
    wr_bytes(&w, "a", 1);
    wr_zero(&w, 1);
    EXPECT_EQ(wr_len(&w), 0);
    EXPECT(memcmp(buf, "\x09\x09\x09\x09", 4) == 0);
}

TEST(empty_views_need_no_memory) {
    struct rd r = rd_of(NULL, 0);
    EXPECT_EQ(rd_left(&r), 0);
    EXPECT_EQ(rd_bytes(&r, 0).n, 0);
    EXPECT(!r.bad);
    rd_u8(&r);
    EXPECT(r.bad);
    struct wr w = wr_of(NULL, 0);
    wr_bytes(&w, NULL, 0);
    EXPECT(!w.bad);
    wr_u8(&w, 1);
    EXPECT(w.bad);
    EXPECT(bytes_eq(bytes_of(NULL, 0), bytes_of("x", 0)));
    EXPECT(!bytes_eq(bytes_of("x", 1), bytes_of("x", 0)));
    EXPECT(!bytes_eq(bytes_of("x", 1), bytes_of("y", 1)));
}

TEST(unaligned_big_endian_access) {
    uint8_t p[5] = {0xff, 0xfe, 0xfd, 0xfc, 0xfb};
    EXPECT_EQ(be16(p + 1), 0xfefd);
    EXPECT_EQ(be32(p + 1), 0xfefdfcfbu);
    put_be16(p + 1, 0x1234);
    EXPECT_EQ(be16(p + 1), 0x1234);
    put_be32(p + 1, 0x89abcdefu);
    EXPECT_EQ(be32(p + 1), 0x89abcdefu);
    EXPECT_EQ(p[0], 0xff);
}

TEST(hex_both_ways) {
    static const uint8_t data[] = {0x00, 0x0f, 0xa5, 0xff};
    char text[9];
    uint8_t back[4];
    hex_encode(text, data, sizeof(data));
    EXPECT_STR(text, "000fa5ff");
    EXPECT(hex_decode(back, 4, text) && memcmp(back, data, 4) == 0);
    EXPECT(hex_decode(back, 4, "000FA5fF") && memcmp(back, data, 4) == 0);
    EXPECT(hex_decode(back, 0, ""));
    hex_encode(text, data, 0);
    EXPECT_STR(text, "");
}

TEST(hex_refuses_everything_else) {
    static const char *const bad[] = {"",     "0",     "000",  "00000", "0g00", "g000",
                                      "00 0", " 0000", "00:0", "000/",  "000`", "000@"};
    uint8_t out[2];
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (hex_decode(out, 2, bad[i])) {
            test_fail(__FILE__, __LINE__, "accepted \"%s\"", bad[i]);
        }
    }
}

TEST(ct_equal_sees_every_byte) {
    uint8_t a[20] = {0}, b[20] = {0};
    EXPECT(ct_equal(a, b, sizeof(a)));
    EXPECT(ct_equal(a, b, 0));
    for (size_t i = 0; i < sizeof(a); i++) {
        b[i] = 0x80;
        EXPECT(!ct_equal(a, b, sizeof(a)));
        b[i] = 0;
    }
}

TEST(mem_wipe_wipes_exactly) {
    uint8_t a[4] = {1, 2, 3, 4};
    mem_wipe(a + 1, 2);
    EXPECT(memcmp(a, "\x01\x00\x00\x04", 4) == 0);
    mem_wipe(NULL, 0);
}
