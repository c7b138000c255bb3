#include "base/bytes.h"
#include "media/wire/rtp.h"
#include "tests/unit/test.h"

static const uint16_t wraps[] = {0, 1, 127, 128, 32767, 32768, 65534, 65535};

/* A microphone packet as Chromium sends it: one-byte extensions audio level (id 1, 0xb3),
 * abs-send-time (2), transport-cc (3) and mid "0" (4). */
static const uint8_t opus_packet[] = {
    0x90, 0xef, 0x12, 0x34, 0x00, 0x01, 0x86, 0xa0, 0xde, 0xad, 0xbe, 0xef, 0xbe, 0xde, 0x00, 0x03,
    0x10, 0xb3, 0x22, 0x01, 0x02, 0x03, 0x31, 0x00, 0x2a, 0x40, 0x30, 0x00, 0xf8, 0xff, 0xfe};

/* Two-byte form: id 7 "hi!", padding, id 200 empty, id 16 of 2 bytes; 2 CSRCs; 4 bytes padding. */
static const uint8_t two_byte_packet[] = {
    0xb2, 0x60, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0x02, 0x03, 0x04, 0xaa, 0xaa,
    0xaa, 0xaa, 0xbb, 0xbb, 0xbb, 0xbb, 0x10, 0x0f, 0x00, 0x03, 0x07, 0x03, 'h',  'i',
    '!',  0x00, 0xc8, 0x00, 0x10, 0x02, 0xca, 0xfe, 0x99, 0x88, 0x00, 0x00, 0x00, 0x04};

/* Parse an exact-size copy, so that ASan sees a read past its end; the views in *ret are made to
 * point into p again. */
static enum err parse_copy(const uint8_t *p, size_t n, struct rtp *ret) {
    uint8_t *copy = mem_alloc(n);
    struct rtp r;
    if (!copy) {
        return ERR_NOMEM;
    }
    memcpy(copy, p, n);
    enum err e = rtp_parse(bytes_of(copy, n), &r);
    if (e == OK) {
        for (unsigned id = 0; id < 256; id++) {
            struct bytes found = rtp_ext_find(&r, (uint8_t)id);
            EXPECT(found.n == 0 || (found.p >= copy && found.p + found.n <= copy + n));
        }
        r.ext.p = r.ext.p ? p + (r.ext.p - copy) : NULL;
        r.payload.p = p + (r.payload.p - copy);
        *ret = r;
    }
    mem_free(copy);
    return e;
}

TEST(rtp_parses_a_microphone_packet) {
    struct rtp r;
    REQUIRE(parse_copy(opus_packet, sizeof(opus_packet), &r) == OK);
    EXPECT_EQ(r.pt, 111);
    EXPECT(r.marker);
    EXPECT_EQ(r.seq, 0x1234);
    EXPECT_EQ(r.ts, 100000);
    EXPECT_EQ(r.ssrc, 0xdeadbeef);
    EXPECT_EQ(r.ext_profile, 0xBEDE);
    EXPECT_EQ(r.header_len, 28);
    EXPECT_EQ(r.padding, 0);
    EXPECT(bytes_eq(r.payload, bytes_of("\xf8\xff\xfe", 3)));
    EXPECT(bytes_eq(rtp_ext_find(&r, 1), bytes_of("\xb3", 1)));
    EXPECT(bytes_eq(rtp_ext_find(&r, 2), bytes_of("\1\2\3", 3)));
    EXPECT(bytes_eq(rtp_ext_find(&r, 3), bytes_of("\0\x2a", 2)));
    EXPECT(bytes_eq(rtp_ext_find(&r, 4), bytes_of("0", 1)));
    EXPECT_EQ(rtp_ext_find(&r, 0).n, 0);
    EXPECT_EQ(rtp_ext_find(&r, 5).n, 0);
}

TEST(rtp_parses_two_byte_extensions_csrcs_and_padding) {
    struct rtp r;
    REQUIRE(parse_copy(two_byte_packet, sizeof(two_byte_packet), &r) == OK);
    EXPECT_EQ(r.pt, 0x60);
    EXPECT(!r.marker);
    EXPECT_EQ(r.header_len, 36);
    EXPECT_EQ(r.ext_profile, 0x100f);
    EXPECT_EQ(r.padding, 4);
    EXPECT(bytes_eq(r.payload, bytes_of("\x99\x88", 2)));
    EXPECT(bytes_eq(rtp_ext_find(&r, 7), bytes_of("hi!", 3)));
    EXPECT(bytes_eq(rtp_ext_find(&r, 16), bytes_of("\xca\xfe", 2)));
    EXPECT(rtp_ext_find(&r, 200).n == 0 && rtp_ext_find(&r, 200).p != NULL);
    EXPECT(rtp_ext_find(&r, 201).p == NULL);
}

/* Every prefix gives an error, or a packet with a shorter payload and the same header. */
static void expect_prefixes(const uint8_t *p, size_t n) {
    struct rtp whole;
    REQUIRE(parse_copy(p, n, &whole) == OK);
    for (size_t k = 0; k < n; k++) {
        struct rtp r = {.seq = 0x5555};
        enum err e = parse_copy(p, k, &r);
        if (k < whole.header_len) {
            EXPECT_EQ(e, ERR_SHORT);
        }
        if (e == OK) {
            EXPECT_EQ(r.header_len, whole.header_len);
            EXPECT_EQ(r.header_len + r.payload.n + r.padding, k);
        } else {
            EXPECT_EQ(r.seq, 0x5555); /* untouched */
        }
    }
}

TEST(rtp_survives_every_truncation) {
    expect_prefixes(opus_packet, sizeof(opus_packet));
    expect_prefixes(two_byte_packet, sizeof(two_byte_packet));
}

TEST(rtp_refuses_other_versions) {
    uint8_t p[sizeof(opus_packet)];
    struct rtp r;
    memcpy(p, opus_packet, sizeof(p));
    for (unsigned version = 0; version < 4; version++) {
        p[0] = (uint8_t)((p[0] & 0x3f) | version << 6);
        EXPECT_EQ(rtp_parse(bytes_of(p, sizeof(p)), &r), version == 2 ? OK : ERR_FORMAT);
    }
}

TEST(rtp_padding_edges) {
    uint8_t p[16] = {0xa0, 96, 0, 1};
    struct rtp r;
    static const struct {
        size_t n;
        uint8_t last;
        enum err e;
        size_t payload;
    } cases[] = {{12, 0, ERR_FORMAT, 0},   {16, 0, ERR_FORMAT, 0}, {16, 1, OK, 3},
                 {16, 3, OK, 1},           {16, 4, OK, 0},         {16, 5, ERR_FORMAT, 0},
                 {16, 255, ERR_FORMAT, 0}, {13, 1, OK, 0},         {13, 2, ERR_FORMAT, 0}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        p[cases[i].n - 1] = cases[i].last;
        EXPECT_EQ(parse_copy(p, cases[i].n, &r), cases[i].e);
        if (cases[i].e == OK) {
            EXPECT_EQ(r.padding, cases[i].last);
            EXPECT_EQ(r.payload.n, cases[i].payload);
        }
    }
}

static struct rtp with_ext(uint16_t profile, const char *p, size_t n) {
    return (struct rtp){.ext_profile = profile, .ext = bytes_of(p, n)};
}

TEST(rtp_ext_find_stops_at_malformed_elements) {
    /* One-byte form: id 1 of 3 bytes announced, 2 there. */
    struct rtp r = with_ext(0xBEDE, "\x12\xaa\xbb", 3);
    EXPECT_EQ(rtp_ext_find(&r, 1).n, 0);
    /* id 15 ends the block (RFC 8285 section 4.2). */
    r = with_ext(0xBEDE, "\xf0\x00\x10\xaa", 4);
    EXPECT_EQ(rtp_ext_find(&r, 1).n, 0);
    EXPECT_EQ(rtp_ext_find(&r, 15).n, 0);
    /* Padding bytes between elements. */
    r = with_ext(0xBEDE, "\0\0\x10\xaa", 4);
    EXPECT(bytes_eq(rtp_ext_find(&r, 1), bytes_of("\xaa", 1)));
    /* Two-byte form: the id is the last byte, or the length runs past the end. */
    r = with_ext(0x1000, "\0\0\0\x05", 4);
    EXPECT_EQ(rtp_ext_find(&r, 5).n, 0);
    r = with_ext(0x1000, "\x05\x03\xaa\xbb", 4);
    EXPECT_EQ(rtp_ext_find(&r, 5).n, 0);
    r = with_ext(0, NULL, 0);
    EXPECT_EQ(rtp_ext_find(&r, 1).n, 0);
}

TEST(rtp_skips_unknown_extension_profiles) {
    uint8_t p[sizeof(opus_packet)];
    struct rtp r;
    memcpy(p, opus_packet, sizeof(p));
    put_be16(p + 12, 0x1234);
    REQUIRE(rtp_parse(bytes_of(p, sizeof(p)), &r) == OK);
    EXPECT_EQ(r.ext_profile, 0);
    EXPECT_EQ(r.ext.n, 0);
    EXPECT_EQ(r.payload.n, 3);
}

TEST(rtp_write_header_round_trip) {
    for (size_t i = 0; i < ARRAY_LEN(wraps); i++) {
        struct rtp h = {.pt = 96,
                        .marker = i & 1,
                        .seq = wraps[i],
                        .ts = wraps[i] * 65537u,
                        .ssrc = ~(uint32_t)wraps[i]};
        uint8_t out[64];
        struct rtp r;
        EXPECT_EQ(rtp_write_header(out, sizeof(out), &h, NULL, 0), 12);
        REQUIRE(rtp_parse(bytes_of(out, 12), &r) == OK);
        EXPECT_EQ(r.pt, 96);
        EXPECT_EQ(r.marker, i & 1);
        EXPECT_EQ(r.seq, h.seq);
        EXPECT_EQ(r.ts, h.ts);
        EXPECT_EQ(r.ssrc, h.ssrc);
        EXPECT_EQ(r.ext_profile, 0);
    }
}

TEST(rtp_write_header_with_extensions) {
    static const uint8_t long_one[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    const struct rtp_write_ext ext[] = {
        {1, 1, (const uint8_t *)"\x55"}, {14, 16, long_one}, {3, 2, (const uint8_t *)"\xab\xcd"}};
    struct rtp h = {.pt = 111, .padding = 1}, r;
    uint8_t out[64];
    memset(out, 0xee, sizeof(out));
    size_t n = rtp_write_header(out, sizeof(out), &h, ext, 3);
    EXPECT_EQ(n, 12 + 4 + 24); /* 22 bytes of elements, padded */
    EXPECT_EQ(out[n], 0xee);
    out[n] = 1; /* the padding that the P bit announces */
    REQUIRE(rtp_parse(bytes_of(out, n + 1), &r) == OK);
    EXPECT_EQ(r.header_len, n);
    EXPECT_EQ(r.padding, 1);
    EXPECT(bytes_eq(rtp_ext_find(&r, 1), bytes_of("\x55", 1)));
    EXPECT(bytes_eq(rtp_ext_find(&r, 14), bytes_of(long_one, 16)));
    EXPECT(bytes_eq(rtp_ext_find(&r, 3), bytes_of("\xab\xcd", 2)));
    for (size_t cap = 0; cap < n; cap++) {
        EXPECT_EQ(rtp_write_header(out, cap, &h, ext, 3), 0);
    }
    EXPECT_EQ(rtp_write_header(out, n, &h, ext, 3), n);
}

/* One element that is too long for the one-byte form has all in the other (RFC 8285 section 4.3).
 */
TEST(rtp_write_header_in_two_bytes) {
    static const uint8_t data[255] = {7, [254] = 8};
    const struct rtp_write_ext ext[] = {{1, 1, (const uint8_t *)"\x55"}, {14, 255, data}};
    struct rtp h = {.pt = 96}, r;
    uint8_t out[300];
    size_t n = rtp_write_header(out, sizeof(out), &h, ext, 2);
    EXPECT_EQ(n, 12 + 4 + 260);
    REQUIRE(rtp_parse(bytes_of(out, n), &r) == OK);
    EXPECT_EQ(r.ext_profile, 0x1000);
    EXPECT(bytes_eq(rtp_ext_find(&r, 1), bytes_of("\x55", 1)));
    EXPECT(bytes_eq(rtp_ext_find(&r, 14), bytes_of(data, 255)));
}

TEST(rtp_write_header_refuses_bad_elements) {
    static const uint8_t data[17] = {0};
    static const struct rtp_write_ext bad[] = {
        {0, 1, data}, {15, 1, data}, {255, 1, data}, {1, 0, data}, {15, 17, data}};
    struct rtp h = {.pt = 96};
    uint8_t out[64];
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        EXPECT_EQ(rtp_write_header(out, sizeof(out), &h, &bad[i], 1), 0);
    }
}

TEST(wire_classify_follows_rfc7983) {
    for (unsigned first = 0; first < 256; first++) {
        for (unsigned second = 0; second < 256; second++) {
            uint8_t d[2] = {(uint8_t)first, (uint8_t)second};
            enum wire_kind want = WIRE_OTHER;
            if (first < 4) {
                want = WIRE_STUN;
            } else if (first >= 20 && first < 64) {
                want = WIRE_DTLS;
            } else if (first >= 128 && first < 192) {
                want = second >= 192 && second < 224 ? WIRE_RTCP : WIRE_RTP;
            }
            EXPECT_EQ(wire_classify(bytes_of(d, 2)), want);
        }
    }
    EXPECT_EQ(wire_classify(bytes_of("\x80", 1)), WIRE_OTHER);
    EXPECT_EQ(wire_classify(bytes_of(NULL, 0)), WIRE_OTHER);
}

TEST(rtp_audio_level_reads_one_byte_only) {
    uint8_t level = 9;
    bool voice = false;
    EXPECT(rtp_audio_level(bytes_of("\xb3", 1), &level, &voice));
    EXPECT_EQ(level, 0x33);
    EXPECT(voice);
    EXPECT(rtp_audio_level(bytes_of("\x7f", 1), &level, &voice));
    EXPECT_EQ(level, 127);
    EXPECT(!voice);
    EXPECT(!rtp_audio_level(bytes_of("\x01\x02", 2), &level, &voice));
    EXPECT(!rtp_audio_level(bytes_of(NULL, 0), &level, &voice));
    EXPECT_EQ(level, 127);
}
