/* Published vectors: RFC 3711 appendix B.3 (key derivation), RFC 7714 sections 16 and 17 (AES-GCM),
 * RFC 2202 section 3 (HMAC-SHA1). */
#include "media/secure/hmac_sha1.h"
#include "media/secure/srtp.h"
#include "media/secure/srtp_kdf.h"
#include "tests/unit/test.h"

static size_t unhex(uint8_t *out, const char *hex) {
    size_t n = strlen(hex) / 2;
    CHECK(hex_decode(out, n, hex));
    return n;
}

static bool is_hex(const uint8_t *p, size_t n, const char *hex) {
    char text[2 * 256 + 1];
    hex_encode(text, p, n);
    return strcmp(text, hex) == 0;
}

TEST(kdf_rfc3711_b3) {
    struct srtp_master m;
    uint8_t out[94];
    unhex(m.key, "e1f97a0d3e018be0d64fa32c06de4139");
    unhex(m.salt, "0ec675ad498afeebb6960b3aabe6");
    EXPECT(srtp_kdf(&m, 16, SRTP_LABEL_RTP_KEY, out, 16));
    EXPECT(is_hex(out, 16, "c61e7a93744f39ee10734afe3ff7a087"));
    EXPECT(srtp_kdf(&m, 16, SRTP_LABEL_RTP_SALT, out, 14));
    EXPECT(is_hex(out, 14, "30cbbc08863d8c85d49db34a9ae1"));
    EXPECT(srtp_kdf(&m, 16, SRTP_LABEL_RTP_AUTH, out, 94));
    EXPECT(is_hex(out, 94,
                  "cebe321f6ff7716b6fd4ab49af256a156d38baa48f0a0acf3c34e2359e6cdbcee049646c43d9327a"
                  "d175578ef72270986371c10c9a369ac2f94a8c5fbcdddc256d6e919a48b610ef17c2041e47403576"
                  "6b68642c59bbfc2f34db60dbdfb2"));
    uint8_t too_long[SRTP_KDF_MAX + 1];
    EXPECT(!srtp_kdf(&m, 16, SRTP_LABEL_RTP_KEY, too_long, sizeof(too_long)));
}

TEST(kdf_rfc6188_7_2) {
    struct srtp_master m;
    uint8_t out[32];
    unhex(m.key, "f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6");
    unhex(m.salt, "3b04803de51ee7c96423ab5b78d2");
    EXPECT(srtp_kdf(&m, 32, SRTP_LABEL_RTP_KEY, out, 32));
    EXPECT(is_hex(out, 32, "5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4"));
    EXPECT(srtp_kdf(&m, 32, SRTP_LABEL_RTP_SALT, out, 14));
    EXPECT(is_hex(out, 14, "fa31791685ca444a9e07c6c64e93"));
    EXPECT(srtp_kdf(&m, 32, SRTP_LABEL_RTP_AUTH, out, 20));
    EXPECT(is_hex(out, 20, "fd9c32d39ed5fbb5a9dc96b30818454d1313dc05"));
    EXPECT(!srtp_kdf(&m, 24, SRTP_LABEL_RTP_KEY, out, 24));
}

TEST(kdf_labels_differ) {
    struct srtp_master m = {{1}, {2}};
    uint8_t out[6][16];
    for (unsigned i = 0; i < 6; i++) {
        EXPECT(srtp_kdf(&m, 16, (enum srtp_label)i, out[i], 16));
        for (unsigned j = 0; j < i; j++) {
            EXPECT(memcmp(out[i], out[j], 16) != 0);
        }
    }
}

static struct srtp_sealer *rfc7714_sealer(uint16_t profile) {
    struct srtp_session_keys k = {{0}, {0}, {0}};
    unhex(k.key, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    unhex(k.salt, "517569642070726f2071756f");
    return srtp_sealer_from_sessions(profile, &k, &k);
}

/* Seal the SRTP packet of section 16; true when it comes out as this. */
static bool rfc7714_srtp(uint16_t profile, const char *hex) {
    struct srtp_sealer *s = rfc7714_sealer(profile);
    uint8_t header[12], payload[64], out[256];
    struct wr w = wr_of(out, sizeof(out));
    CHECK(s);
    unhex(header, "8040f17b8041f8d35501a0b2");
    size_t n = unhex(payload,
                     "47616c6c696120657374206f6d6e697320646976697361" /* Gallia est omnis divisa */
                     "20696e207061727465732074726573");
    size_t len = srtp_seal_rtp(s, 0xf17b, bytes_of(header, 12), bytes_of(payload, n), &w);
    srtp_sealer_free(s);
    return len == 12 + n + 16 && wr_len(&w) == len && is_hex(out, len, hex);
}

/* The same for the compound RTCP packet of section 17. */
static bool rfc7714_srtcp(uint16_t profile, const char *hex) {
    struct srtp_sealer *s = rfc7714_sealer(profile);
    uint8_t packet[64], out[256];
    struct wr w = wr_of(out, sizeof(out));
    CHECK(s);
    size_t n = unhex(packet, "81c8000d4d617273"
                             "4e5450314e545032525450200000042a0000e9304c756e61"
                             "deadbeefdeadbeefdeadbeefdeadbeefdeadbeef");
    size_t len = srtp_seal_rtcp(s, 0x5d4, bytes_of(packet, n), &w);
    srtp_sealer_free(s);
    return len == n + 20 && wr_len(&w) == len && is_hex(out, len, hex);
}

static void rfc7714_16(void) {
    EXPECT(
        rfc7714_srtp(SRTP_PROFILE_AEAD_AES_128_GCM,
                     "8040f17b8041f8d35501a0b2"
                     "f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833"
                     "899d7f27beb16a9152cf765ee4390cce"));
    EXPECT(
        rfc7714_srtp(SRTP_PROFILE_AEAD_AES_256_GCM,
                     "8040f17b8041f8d35501a0b2"
                     "32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b"
                     "7aa3db36dfffd6b0f9bb7878d7a76c13"));
}

static void rfc7714_17(void) {
    EXPECT(
        rfc7714_srtcp(SRTP_PROFILE_AEAD_AES_128_GCM,
                      "81c8000d4d617273"
                      "63e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b468630"
                      "3ded0bb9275bc84aa45896cf4d2fc5abf87245d9eade800005d4"));
    EXPECT(
        rfc7714_srtcp(SRTP_PROFILE_AEAD_AES_256_GCM,
                      "81c8000d4d617273"
                      "d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be8415f658c61d"
                      "e0476f1b6fad1d1eb30c4446839f57ff6f6cb26ac3be800005d4"));
}

TEST(gcm_rfc7714_srtp_and_srtcp) {
    static const enum srtp_aead engines[] = {SRTP_AEAD_IPSEC_MB, SRTP_AEAD_OPENSSL};
    for (unsigned i = 0; i < ARRAY_LEN(engines); i++) {
        if (srtp_aead_choose(engines[i], NULL) == OK) { /* seal.c says when it is not there */
            rfc7714_16();
            rfc7714_17();
        }
    }
    EXPECT_STR(srtp_aead_name(), "openssl");
}

TEST(hmac_sha1_rfc2202) {
    struct hmac_sha1 h;
    uint8_t key[20], out[HMAC_SHA1_LEN];
    memset(key, 0x0b, sizeof(key));
    hmac_sha1_key(&h, key, sizeof(key));
    hmac_sha1(&h, bytes_of("Hi ", 3), bytes_of("There", 5), out);
    EXPECT(is_hex(out, sizeof(out), "b617318655057264e28bc0b6fb378c8ef146be00"));
    hmac_sha1_key(&h, (const uint8_t *)"Jefe", 4);
    hmac_sha1(&h, bytes_of("what do ya want for nothing?", 28), bytes_of(NULL, 0), out);
    EXPECT(is_hex(out, sizeof(out), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"));
}
