/* Opening AES-GCM, with each engine of this build and machine: the published packets, nothing that
 * was touched, nothing twice. */
#include "media/secure/srtp_gcm.h"
#include "media/secure/srtp_kdf.h"
#include "media/secure/srtp_streams.h"
#include "tests/unit/secure/ends.h"
#include "tests/unit/test.h"

static const uint16_t profiles[] = {SRTP_PROFILE_AEAD_AES_128_GCM, SRTP_PROFILE_AEAD_AES_256_GCM};
#define PROFILES ARRAY_LEN(profiles)

/* Choose the next engine that is here; false after the last one, when OpenSSL's is back in place.
 */
static bool next_engine(unsigned *at) {
    static const enum srtp_aead engines[] = {SRTP_AEAD_IPSEC_MB, SRTP_AEAD_OPENSSL};
    while (*at < ARRAY_LEN(engines)) {
        if (srtp_aead_choose(engines[(*at)++], NULL) == OK) {
            return true;
        }
    }
    return false;
}
#define EACH_ENGINE(at) for (unsigned at = 0; next_engine(&(at));)

static size_t unhex(uint8_t *out, const char *hex) {
    size_t n = strlen(hex) / 2;
    CHECK(hex_decode(out, n, hex));
    return n;
}

/* The keys of RFC 7714 sections 16 and 17. */
static struct srtp_opener *rfc7714_opener(uint16_t profile) {
    struct srtp_session_keys k = {{0}, {0}, {0}};
    unhex(k.key, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    unhex(k.salt, "517569642070726f2071756f");
    struct srtp_opener *s = srtp_opener_from_sessions(profile, &k, &k);
    CHECK(s);
    return s;
}

typedef enum err open_fn(struct srtp_opener *s, uint8_t *packet, size_t *len);

/* This packet opens as that one, once, and with no byte changed and none left out. */
static void published(uint16_t profile, open_fn *open, const char *sealed, const char *plain) {
    struct srtp_opener *s = rfc7714_opener(profile);
    uint8_t good[128], want[128], p[128];
    size_t n = unhex(good, sealed), n_want = unhex(want, plain);
    for (size_t i = 0; i < 2 * n; i++) {
        size_t len = i < n ? n : i - n;
        memcpy(p, good, len);
        p[i % n] ^= i < n ? 1 : 0;
        EXPECT(open(s, p, &len) != OK);
    }
    memcpy(p, good, n);
    size_t len = n;
    EXPECT_EQ(open(s, p, &len), OK);
    EXPECT_EQ(len, n_want);
    EXPECT(memcmp(p, want, n_want) == 0);
    memcpy(p, good, n);
    EXPECT_EQ(open(s, p, &n), ERR_REPLAY);
    srtp_opener_free(s);
}

TEST(rfc7714_16_srtp) {
    static const char plain[] =
        "8040f17b8041f8d35501a0b2"
        "47616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573";
    EACH_ENGINE(e) {
        published(profiles[0], srtp_open_rtp,
                  "8040f17b8041f8d35501a0b2"
                  "f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833"
                  "899d7f27beb16a9152cf765ee4390cce",
                  plain);
        published(profiles[1], srtp_open_rtp,
                  "8040f17b8041f8d35501a0b2"
                  "32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b"
                  "7aa3db36dfffd6b0f9bb7878d7a76c13",
                  plain);
    }
}

TEST(rfc7714_17_srtcp) {
    static const char plain[] = "81c8000d4d617273"
                                "4e5450314e545032525450200000042a0000e9304c756e61"
                                "deadbeefdeadbeefdeadbeefdeadbeefdeadbeef";
    EACH_ENGINE(e) {
        published(profiles[0], srtp_open_rtcp,
                  "81c8000d4d617273"
                  "63e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b468630"
                  "3ded0bb9275bc84aa45896cf4d2fc5abf87245d9eade800005d4",
                  plain);
        published(profiles[1], srtp_open_rtcp,
                  "81c8000d4d617273"
                  "d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be8415f658c61d"
                  "e0476f1b6fad1d1eb30c4446839f57ff6f6cb26ac3be800005d4",
                  plain);
    }
}

/* All sizes from an empty payload to a full packet. */
TEST(every_size_opens) {
    EACH_ENGINE(e) {
        for (unsigned p = 0; p < PROFILES; p++) {
            struct ends both = ends_new(profiles[p]);
            for (size_t n = 0; n <= 1500; n++) {
                EXPECT_EQ(ends_pass(&both, SSRC, 1 + n, n), OK);
            }
            ends_free(&both);
        }
    }
}

/* RFC 7714 section 9.3: authentic, but in clear, which WebRTC does not have. */
TEST(srtcp_in_clear_is_refused) {
    struct dtls_keys keys = test_keys(profiles[0]);
    struct srtp_session_keys k;
    struct srtp_master m = keys.inbound;
    uint8_t p[64] = {0x80, 201, 0, 1, 1, 2, 3, 4}, iv[GCM_IV], tag[GCM_TAG];
    CHECK(srtp_session_derive(&m, profiles[0], SRTP_LABEL_RTCP_KEY, &k));
    for (uint8_t e_flag = 0; e_flag < 2; e_flag++) { /* with the flag the very same is right */
        struct srtp_opener *s = srtp_opener_new(&keys);
        struct gcm_key *key = gcm_openssl.key_new(k.key, 16);
        CHECK(s && key);
        gcm_iv(iv, k.salt, 0x01020304, 5);
        put_be32(p + 8, (uint32_t)e_flag << 31 | 5);
        struct gcm_job job = {.iv = iv, .aad = bytes_of(p, 12), .out = tag};
        EXPECT(gcm_openssl.seal(key, &job));
        memcpy(p + 24, p + 8, 4);
        memcpy(p + 8, tag, GCM_TAG);
        size_t n = 28;
        EXPECT_EQ(srtp_open_rtcp(s, p, &n), e_flag ? OK : ERR_AUTH);
        gcm_openssl.key_free(key);
        srtp_opener_free(s);
    }
}

/* A header that claims more than there is. */
TEST(rtp_header_beyond_the_packet) {
    struct ends both = ends_new(profiles[0]);
    uint8_t good[ENDS_PACKET_MAX], p[ENDS_PACKET_MAX];
    size_t n = ends_seal(&both, SSRC, 7, 40, good);
    for (unsigned first = 0x80; first <= 0x9f; first++) {
        size_t len = n;
        memcpy(p, good, n);
        p[0] = (uint8_t)first;
        enum err e = srtp_open_rtp(both.open, p, &len);
        /* 12 | 40 | 16: ten CSRCs leave nothing but the tag. Noise as an extension's length. */
        EXPECT_EQ(e, first == 0x80 ? OK : first <= 0x8a ? ERR_AUTH : ERR_FORMAT);
        both.open = first == 0x80 ? srtp_opener_free(both.open) : both.open;
        if (!both.open) {
            struct dtls_keys k = test_keys(profiles[0]);
            both.open = srtp_opener_new(&k);
            CHECK(both.open);
        }
    }
    ends_free(&both);
}

/* The 48 bits of an index are used up: the IVs would begin anew. */
TEST(no_index_after_the_last) {
    EACH_ENGINE(e) {
        struct ends both = ends_new(profiles[0]);
        uint64_t last = (UINT64_C(1) << 48) - 1;
        EXPECT_EQ(srtp_opener_adopt(both.open, SSRC, last - 1), OK);
        EXPECT_EQ(ends_pass(&both, SSRC, last, 20), OK);
        EXPECT_EQ(ends_pass(&both, SSRC, 0, 20), ERR_AUTH);
        EXPECT_EQ(ends_pass(&both, SSRC, last - 1, 20), OK);
        ends_free(&both);
    }
}

/* Whatever comes in whatever order, each index opens once, and only what is too old does not. */
TEST(each_index_opens_once) {
    static bool had[1 << 18];
    struct ends both = ends_new(profiles[0]);
    uint64_t high = 0;
    uint32_t x = 7;
    memset(had, 0, sizeof(had));
    for (unsigned i = 0; i < 6000 && high < (1 << 18) - 5000; i++) {
        x = x * 1664525 + 1013904223;
        unsigned by = x >> 16 & (x >> 28 == 0 ? 0xfff : 0x3f);
        uint64_t index = x >> 15 & 1 || by > high ? high + by % 30 : high - by;
        index = x >> 27 == 1 ? high + by : index;
        enum err want = had[index] || high - index >= SRTP_WINDOW ? ERR_REPLAY : OK;
        want = index > high ? OK : want;
        EXPECT_EQ(ends_pass(&both, SSRC, index, 8), want);
        had[index] = had[index] || want == OK;
        high = index > high ? index : high;
    }
    EXPECT(high > 4 * SRTP_WINDOW);
    ends_free(&both);
}

TEST(srtcp_comes_late_within_its_window) {
    struct ends both = ends_new(profiles[0]);
    EXPECT_EQ(ends_pass_rtcp(&both, SSRC, 1000), OK);
    EXPECT_EQ(ends_pass_rtcp(&both, SSRC, 1000 - SRTCP_WINDOW + 1), OK);
    EXPECT_EQ(ends_pass_rtcp(&both, SSRC, 1000 - SRTCP_WINDOW + 1), ERR_REPLAY);
    EXPECT_EQ(ends_pass_rtcp(&both, SSRC, 1000 - SRTCP_WINDOW), ERR_REPLAY);
    EXPECT_EQ(ends_pass_rtcp(&both, SSRC, 999), OK);
    EXPECT_EQ(ends_pass_rtcp(&both, SSRC, 1000 + 5 * SRTCP_WINDOW), OK);
    EXPECT_EQ(ends_pass_rtcp(&both, SSRC, 1000), ERR_REPLAY);
    EXPECT_EQ(ends_pass_rtcp(&both, SSRC, 999 + 5 * SRTCP_WINDOW), OK);
    ends_free(&both);
}

TEST(only_gcm_begins_with_session_keys) {
    struct srtp_session_keys k = {{0}, {0}, {0}};
    EXPECT(!srtp_opener_from_sessions(SRTP_PROFILE_AES128_CM_SHA1_80, &k, &k));
    EXPECT(!srtp_opener_from_sessions(SRTP_PROFILE_NONE, &k, &k));
}

TEST_ALLOC(opening_without_memory) {
    if (srtp_aead_choose(SRTP_AEAD_IPSEC_MB, NULL) != OK) { /* allocates its keys by base/alloc */
        return;
    }
    struct ends both = ends_new(profiles[0]);
    EXPECT((both.seal && both.open) || mem_failed());
    if (both.seal && both.open) {
        enum err e = ends_pass(&both, SSRC, 1, 40);
        EXPECT(e == OK || (mem_failed() && e == ERR_NOMEM));
        EXPECT_EQ(ends_pass(&both, SSRC, 2, 40), OK);
        EXPECT_EQ(ends_pass_rtcp(&both, SSRC, 2), OK);
    }
    ends_free(&both);
    CHECK(srtp_aead_choose(SRTP_AEAD_OPENSSL, NULL) == OK);
}
