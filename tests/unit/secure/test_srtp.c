/* What we seal opens; in every profile, around every wrap, and nothing else. */
#include "tests/unit/secure/ends.h"
#include "tests/unit/test.h"

#include <dlfcn.h>

static const uint16_t profiles[] = {SRTP_PROFILE_AES128_CM_SHA1_80, SRTP_PROFILE_AEAD_AES_128_GCM,
                                    SRTP_PROFILE_AEAD_AES_256_GCM};
#define PROFILES ARRAY_LEN(profiles)

TEST(sizes_round_trip) {
    static const size_t sizes[] = {0, 1, 15, 16, 17, 100, 1199, 1500};
    for (unsigned p = 0; p < PROFILES; p++) {
        struct ends e = ends_new(profiles[p]);
        for (unsigned i = 0; i < ARRAY_LEN(sizes); i++) {
            EXPECT_EQ(ends_pass(&e, SSRC, 1 + i, sizes[i]), OK);
        }
        ends_free(&e);
    }
}

TEST(first_sequence_numbers_open) {
    static const uint16_t first[] = {0, 1, 127, 128, 32767, 32768, 65534, 65535};
    for (unsigned p = 0; p < PROFILES; p++) {
        struct ends e = ends_new(profiles[p]);
        for (unsigned i = 0; i < ARRAY_LEN(first); i++) {
            EXPECT_EQ(ends_pass(&e, SSRC + i, first[i], 100), OK);
            EXPECT_EQ(ends_pass(&e, SSRC + i, (uint64_t)first[i] + 1, 100), OK);
            EXPECT_EQ(ends_pass(&e, SSRC + i, (uint64_t)first[i] + 2, 100), OK);
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
            EXPECT_EQ(ends_pass(&e, SSRC, i, 20), OK);
            EXPECT_EQ(srtp_opener_roc(e.open, SSRC, &roc), OK);
            EXPECT_EQ(roc, i >> 16);
        }
        EXPECT_EQ(ends_pass(&e, SSRC, (4 << 16) - 60000, 20), OK);
        for (uint64_t wrap = 4 << 16; wrap <= 5 << 16; wrap += 1 << 16) {
            EXPECT_EQ(ends_pass(&e, SSRC, wrap - 30000, 20), OK);
            EXPECT_EQ(ends_pass(&e, SSRC, wrap - 2, 20), OK);
            EXPECT_EQ(ends_pass(&e, SSRC, wrap, 20), OK);
            EXPECT_EQ(ends_pass(&e, SSRC, wrap - 1, 20), OK); /* late, across the wrap */
            EXPECT_EQ(ends_pass(&e, SSRC, wrap - 1, 20), ERR_REPLAY);
            EXPECT_EQ(ends_pass(&e, SSRC, wrap + 30000, 20), OK);
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
        EXPECT_EQ(ends_pass(&e, SSRC, high + (7 << 16) + 20000, 50), ERR_AUTH);
        EXPECT_EQ(ends_pass(&e, SSRC, high + 3, 50), OK);
        EXPECT_EQ(ends_pass(&e, SSRC, high - 1, 50), OK);
        EXPECT_EQ(ends_pass(&e, SSRC, high + 4, 50), OK);
        EXPECT_EQ(ends_pass(&e, SSRC, high + 3, 50), ERR_REPLAY);
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
            EXPECT_EQ(ends_pass(&e, SSRC, (uint64_t)roc << 16 | seqs[i], 50), OK);
            ends_free(&e);
        }
    }
}

TEST(every_flipped_byte_is_refused) {
    for (unsigned p = 0; p < PROFILES; p++) {
        struct ends e = ends_new(profiles[p]);
        uint8_t good[2048], bad[2048];
        size_t n = ends_seal(&e, SSRC, 500, 40, good);
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
        EXPECT_EQ(ends_pass(&e, SSRC, 5000, 40), OK);
        EXPECT_EQ(ends_pass(&e, SSRC, 5000, 40), ERR_REPLAY);
        EXPECT_EQ(ends_pass(&e, SSRC, 5000 - 1000, 40), OK); /* inside the window */
        EXPECT_EQ(ends_pass(&e, SSRC, 5000 - 1000, 40), ERR_REPLAY);
        EXPECT_EQ(ends_pass(&e, SSRC, 5000 - 1100, 40), ERR_REPLAY); /* too old */
        ends_free(&e);
    }
}

TEST(srtcp_every_profile) {
    static const uint32_t indices[] = {0, 1, 127, 128, 32767, 32768, 65535, 65536, 0x7fffffff};
    for (unsigned p = 0; p < PROFILES; p++) {
        struct ends e = ends_new(profiles[p]);
        uint8_t out[ENDS_PACKET_MAX], bad[ENDS_PACKET_MAX];
        for (unsigned i = 0; i < ARRAY_LEN(indices); i++) {
            size_t n = ends_seal_rtcp(&e, SSRC, indices[i], out);
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

/* Debian's libsrtp2 uses NSS, whose modules it would unload with the last session and load again
 * for the next, from disk and on a worker's thread. */
TEST(the_last_session_takes_no_library_with_it) {
    for (unsigned i = 0; i < PROFILES; i++) {
        struct ends e = ends_new(profiles[i]);
        EXPECT_EQ(ends_pass(&e, SSRC, 1, 20), OK);
        void *used = dlopen("libsoftokn3.so", RTLD_NOW | RTLD_NOLOAD);
        ends_free(&e);
        void *kept = used;
        if (used) { /* our own handle must not be what keeps it */
            dlclose(used);
            kept = dlopen("libsoftokn3.so", RTLD_NOW | RTLD_NOLOAD);
            EXPECT(kept);
        } else {
            printf("# libsrtp2 without NSS: its modules NOT checked\n");
        }
        if (kept) {
            dlclose(kept);
        }
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
