/* What we seal, libsrtp2 opens; in every profile, around every wrap, and nothing else. */
#include "media/secure/srtp.h"
#include "tests/unit/test.h"

static const uint16_t profiles[] = {SRTP_PROFILE_AES128_CM_SHA1_80, SRTP_PROFILE_AEAD_AES_128_GCM,
                                    SRTP_PROFILE_AEAD_AES_256_GCM};
#define PROFILES ARRAY_LEN(profiles)
#define SSRC 0x01020304U

struct ends {
    struct srtp_sealer *seal;
    struct srtp_opener *open;
};

static struct dtls_keys test_keys(uint16_t profile) {
    struct dtls_keys k = {.profile = profile};
    for (unsigned i = 0; i < srtp_key_len(profile); i++) {
        k.outbound.key[i] = k.inbound.key[i] = (uint8_t)(3 * i + 1);
    }
    for (unsigned i = 0; i < srtp_salt_len(profile); i++) {
        k.outbound.salt[i] = k.inbound.salt[i] = (uint8_t)(7 * i + 5);
    }
    return k;
}

static struct ends ends_new(uint16_t profile) {
    struct dtls_keys k = test_keys(profile);
    CHECK(srtp_library_init() == OK);
    return (struct ends){srtp_sealer_new(&k), srtp_opener_new(&k)};
}

static void ends_free(struct ends *e) {
    e->seal = srtp_sealer_free(e->seal);
    e->open = srtp_opener_free(e->open);
}

/* Seal an RTP packet with n bytes of payload for this index and ssrc. */
static size_t seal(struct ends *e, uint32_t ssrc, uint64_t index, size_t n, uint8_t out[2048]) {
    uint8_t header[12] = {0x80, 96}, payload[1500];
    struct wr w = wr_of(out, 2048);
    put_be16(header + 2, (uint16_t)index);
    put_be32(header + 4, (uint32_t)index * 960);
    put_be32(header + 8, ssrc);
    for (size_t i = 0; i < n; i++) {
        payload[i] = (uint8_t)(i * 31 + index);
    }
    return srtp_seal_rtp(e->seal, index, bytes_of(header, 12), bytes_of(payload, n), &w);
}

static enum err seal_and_open(struct ends *e, uint32_t ssrc, uint64_t index, size_t n) {
    uint8_t p[2048];
    size_t len = seal(e, ssrc, index, n, p);
    EXPECT(len > n);
    enum err got = srtp_open_rtp(e->open, p, &len);
    if (got == OK) {
        EXPECT_EQ(len, 12 + n);
        for (size_t i = 0; i < n && len == 12 + n; i++) {
            EXPECT_EQ(p[12 + i], (uint8_t)(i * 31 + index));
        }
    }
    return got;
}

TEST(sizes_round_trip) {
    static const size_t sizes[] = {0, 1, 15, 16, 17, 100, 1199, 1500};
    for (unsigned p = 0; p < PROFILES; p++) {
        struct ends e = ends_new(profiles[p]);
        for (unsigned i = 0; i < ARRAY_LEN(sizes); i++) {
            EXPECT_EQ(seal_and_open(&e, SSRC, 1 + i, sizes[i]), OK);
        }
        ends_free(&e);
    }
}

TEST(first_sequence_numbers_open) {
    static const uint16_t first[] = {0, 1, 127, 128, 32767, 32768, 65534, 65535};
    for (unsigned p = 0; p < PROFILES; p++) {
        struct ends e = ends_new(profiles[p]);
        for (unsigned i = 0; i < ARRAY_LEN(first); i++) {
            EXPECT_EQ(seal_and_open(&e, SSRC + i, first[i], 100), OK);
            EXPECT_EQ(seal_and_open(&e, SSRC + i, (uint64_t)first[i] + 1, 100), OK);
            EXPECT_EQ(seal_and_open(&e, SSRC + i, (uint64_t)first[i] + 2, 100), OK);
        }
        ends_free(&e);
    }
}

TEST(rollover_counter_follows) {
    for (unsigned p = 0; p < PROFILES; p++) {
        struct ends e = ends_new(profiles[p]);
        uint32_t roc = 77;
        EXPECT_EQ(srtp_opener_roc(e.open, SSRC, &roc), ERR_UNKNOWN);
        for (uint64_t i = 40000; i < 3 * 65536; i += 997) {
            EXPECT_EQ(seal_and_open(&e, SSRC, i, 20), OK);
            EXPECT_EQ(srtp_opener_roc(e.open, SSRC, &roc), OK);
            EXPECT_EQ(roc, i >> 16);
        }
        EXPECT_EQ(seal_and_open(&e, SSRC, (4 << 16) - 60000, 20), OK);
        for (uint64_t wrap = 4 << 16; wrap <= 5 << 16; wrap += 1 << 16) {
            EXPECT_EQ(seal_and_open(&e, SSRC, wrap - 30000, 20), OK);
            EXPECT_EQ(seal_and_open(&e, SSRC, wrap - 2, 20), OK);
            EXPECT_EQ(seal_and_open(&e, SSRC, wrap, 20), OK);
            EXPECT_EQ(seal_and_open(&e, SSRC, wrap - 1, 20), OK); /* late, across the wrap */
            EXPECT_EQ(seal_and_open(&e, SSRC, wrap - 1, 20), ERR_REPLAY);
            EXPECT_EQ(seal_and_open(&e, SSRC, wrap + 30000, 20), OK);
        }
        ends_free(&e);
    }
}

TEST(adopted_streams_go_on) {
    static const uint16_t seqs[] = {0, 1, 127, 128, 32767, 32768, 65534, 65535};
    for (unsigned i = 0; i < PROFILES * ARRAY_LEN(seqs); i++) {
        struct ends e = ends_new(profiles[i % PROFILES]);
        uint64_t high = 3 << 16 | seqs[i / PROFILES];
        uint32_t roc = 0;
        EXPECT_EQ(srtp_opener_adopt(e.open, SSRC, high), OK);
        EXPECT_EQ(srtp_opener_adopt(e.open, SSRC, high), ERR_WRONG_STATE);
        EXPECT_EQ(srtp_opener_roc(e.open, SSRC, &roc), OK);
        EXPECT_EQ(roc, 3);
        /* A forged packet far ahead must not pin a wrong guess. */
        EXPECT_EQ(seal_and_open(&e, SSRC, high + (7 << 16) + 20000, 50), ERR_AUTH);
        EXPECT_EQ(seal_and_open(&e, SSRC, high + 3, 50), OK);
        EXPECT_EQ(seal_and_open(&e, SSRC, high - 1, 50), OK);
        EXPECT_EQ(seal_and_open(&e, SSRC, high + 4, 50), OK);
        EXPECT_EQ(seal_and_open(&e, SSRC, high + 3, 50), ERR_REPLAY);
        EXPECT_EQ(srtp_opener_roc(e.open, SSRC, &roc), OK);
        EXPECT_EQ(roc, (high + 4) >> 16);
        ends_free(&e);
    }
}

/* Seen from the middle, every 16-bit sequence number lies in this very rollover. */
TEST(adopting_from_the_middle_is_enough_within_a_rollover) {
    static const uint16_t seqs[] = {0, 1, 127, 128, 32767, 32768, 65534, 65535};
    for (unsigned i = 0; i < ARRAY_LEN(seqs); i++) {
        for (uint32_t roc = 0; roc < 3; roc++) {
            struct ends e = ends_new(profiles[i & 1]);
            EXPECT_EQ(srtp_opener_adopt(e.open, SSRC, (uint64_t)roc << 16 | 0x8000), OK);
            EXPECT_EQ(seal_and_open(&e, SSRC, (uint64_t)roc << 16 | seqs[i], 50), OK);
            ends_free(&e);
        }
    }
}

TEST(every_flipped_byte_is_refused) {
    for (unsigned p = 0; p < PROFILES; p++) {
        struct ends e = ends_new(profiles[p]);
        uint8_t good[2048], bad[2048];
        size_t n = seal(&e, SSRC, 500, 40, good);
        for (size_t i = 0; i < n; i++) {
            size_t len = n;
            memcpy(bad, good, n);
            bad[i] ^= 0x10;
            EXPECT(srtp_open_rtp(e.open, bad, &len) != OK);
        }
        for (size_t len = 0; len < n; len++) { /* every cut-off length */
            size_t cut = len;
            memcpy(bad, good, len);
            EXPECT(srtp_open_rtp(e.open, bad, &cut) != OK);
        }
        uint32_t roc;
        EXPECT_EQ(srtp_opener_roc(e.open, SSRC, &roc), ERR_UNKNOWN); /* no state changed */
        EXPECT_EQ(srtp_open_rtp(e.open, good, &n), OK);
        ends_free(&e);
    }
}

TEST(replays_and_the_window) {
    for (unsigned p = 0; p < PROFILES; p++) {
        struct ends e = ends_new(profiles[p]);
        EXPECT_EQ(seal_and_open(&e, SSRC, 5000, 40), OK);
        EXPECT_EQ(seal_and_open(&e, SSRC, 5000, 40), ERR_REPLAY);
        EXPECT_EQ(seal_and_open(&e, SSRC, 5000 - 1000, 40), OK); /* inside the window */
        EXPECT_EQ(seal_and_open(&e, SSRC, 5000 - 1000, 40), ERR_REPLAY);
        EXPECT_EQ(seal_and_open(&e, SSRC, 5000 - 1100, 40), ERR_REPLAY); /* too old */
        ends_free(&e);
    }
}

static size_t seal_rr(struct ends *e, uint32_t index, uint8_t out[256]) {
    uint8_t rr[32] = {0x81, 201, 0, 7, 1, 2, 3, 4, 9, 9, 9, 9};
    struct wr w = wr_of(out, 256);
    return srtp_seal_rtcp(e->seal, index, bytes_of(rr, sizeof(rr)), &w);
}

TEST(srtcp_every_profile) {
    static const uint32_t indices[] = {0, 1, 127, 128, 32767, 32768, 65535, 65536, 0x7fffffff};
    for (unsigned p = 0; p < PROFILES; p++) {
        struct ends e = ends_new(profiles[p]);
        uint8_t out[256], bad[256];
        for (unsigned i = 0; i < ARRAY_LEN(indices); i++) {
            size_t n = seal_rr(&e, indices[i], out);
            EXPECT_EQ(n, 32 + (p == 0 ? 14 : 20));
            for (size_t at = 0; at < n; at++) {
                size_t len = n;
                memcpy(bad, out, n);
                bad[at] ^= 0x01;
                EXPECT(srtp_open_rtcp(e.open, bad, &len) != OK);
            }
            memcpy(bad, out, n);
            size_t len = n;
            EXPECT_EQ(srtp_open_rtcp(e.open, out, &len), OK);
            EXPECT_EQ(len, 32);
            EXPECT_EQ(out[8], 9);
            EXPECT_EQ(srtp_open_rtcp(e.open, bad, &n), ERR_REPLAY);
        }
        size_t tiny = 10;
        EXPECT_EQ(srtp_open_rtcp(e.open, out, &tiny), ERR_FORMAT);
        ends_free(&e);
    }
}

TEST(streams_are_limited) {
    struct ends e = ends_new(profiles[1]);
    for (uint32_t i = 0; i < 64; i++) {
        EXPECT_EQ(seal_and_open(&e, SSRC + i, 1, 40), OK);
    }
    EXPECT_EQ(seal_and_open(&e, SSRC + 64, 1, 40), ERR_FULL);
    EXPECT_EQ(srtp_opener_adopt(e.open, SSRC + 64, 1), ERR_FULL);
    EXPECT_EQ(seal_and_open(&e, SSRC + 63, 2, 40), OK);
    ends_free(&e);
}

TEST(sealing_refuses_what_is_wrong) {
    struct ends e = ends_new(profiles[0]);
    uint8_t header[12] = {0x80, 96, 0x12, 0x34}, out[64];
    struct bytes h = bytes_of(header, 12), payload = bytes_of(header, 10);
    struct wr small = wr_of(out, 12 + 10 + 9);
    EXPECT_EQ(srtp_seal_rtp(e.seal, 0x1234, h, payload, &small), 0);
    EXPECT_EQ(srtp_seal_rtcp(e.seal, 1, bytes_of(header, 12), &(struct wr){0}), 0);
    struct wr w = wr_of(out, sizeof(out));
    EXPECT_EQ(srtp_seal_rtp(e.seal, 0x1235, h, payload, &w), 0); /* seq is not the low half */
    EXPECT_EQ(srtp_seal_rtp(e.seal, 1ULL << 48 | 0x1234, h, payload, &w), 0);
    EXPECT_EQ(srtp_seal_rtp(e.seal, 0x1234, bytes_of(header, 11), payload, &w), 0);
    EXPECT_EQ(srtp_seal_rtcp(e.seal, 0x80000000U, h, &w), 0);
    EXPECT_EQ(srtp_seal_rtcp(e.seal, 1, bytes_of(header, 7), &w), 0);
    EXPECT_EQ(wr_len(&w), 0);
    EXPECT_EQ(srtp_seal_rtp(e.seal, 0x1234, h, payload, &w), 32);
    EXPECT_EQ(wr_len(&w), 32);
    ends_free(&e);
}

TEST(header_extension_and_csrc_stay_clear) {
    for (unsigned p = 0; p < PROFILES; p++) {
        struct ends e = ends_new(profiles[p]);
        uint8_t header[24] = {0x91, 96, 0, 9, 0,    0,    0, 1, 1,    2,  3, 4, /* X, one CSRC */
                              5,    6,  7, 8, 0xbe, 0xde, 0, 1, 0x10, 99, 0, 0};
        uint8_t out[128];
        struct wr w = wr_of(out, sizeof(out));
        size_t n = srtp_seal_rtp(e.seal, 9, bytes_of(header, 24), bytes_of("media", 5), &w);
        EXPECT(n > 29);
        EXPECT(memcmp(out, header, 24) == 0);
        EXPECT_EQ(srtp_open_rtp(e.open, out, &n), OK);
        EXPECT_EQ(n, 29);
        EXPECT(memcmp(out + 24, "media", 5) == 0);
        ends_free(&e);
    }
}

TEST(unknown_profile_is_refused) {
    struct dtls_keys k = test_keys(SRTP_PROFILE_NONE);
    EXPECT(!srtp_sealer_new(&k));
    EXPECT(!srtp_opener_new(&k));
    EXPECT(!srtp_sealer_free(NULL));
    EXPECT(!srtp_opener_free(NULL));
}

TEST_ALLOC(srtp_without_memory) {
    struct ends e = ends_new(SRTP_PROFILE_AEAD_AES_128_GCM);
    EXPECT((e.seal && e.open) || mem_failed());
    ends_free(&e);
}
