/* Sealing: every engine the same bytes, whatever the plaintext lies in. */
#include "media/secure/openssl.h"
#include "media/secure/srtp_gcm.h"
#include "media/secure/srtp_kdf.h"
#include "tests/unit/secure/ends.h"
#include "tests/unit/test.h"

#define LONGEST 1500
#define HEADER 24

static const uint16_t profiles[] = {SRTP_PROFILE_AES128_CM_SHA1_80, SRTP_PROFILE_AEAD_AES_128_GCM,
                                    SRTP_PROFILE_AEAD_AES_256_GCM};

/* The engines of this build and machine. */
static unsigned engines(const struct gcm_engine *ret[2]) {
    unsigned n = 0;
    ret[n++] = &gcm_openssl;
#ifdef ORIEL_IPSEC_MB
    if (gcm_ipsec_mb.usable()) {
        ret[n++] = &gcm_ipsec_mb;
    }
#endif
    if (n == 1) {
        printf("# libipsec-mb: not here, NOT checked\n");
    }
    return n;
}

static void choose(unsigned engine) {
    CHECK(srtp_aead_choose(engine ? SRTP_AEAD_IPSEC_MB : SRTP_AEAD_OPENSSL, NULL) == OK);
}

static const uint8_t *noise(void) {
    static uint8_t bytes[2 * LONGEST];
    uint32_t x = 1;
    for (unsigned i = 0; i < sizeof(bytes) && !bytes[sizeof(bytes) - 1]; i++) {
        x = x * 1664525 + 1013904223;
        bytes[i] = (uint8_t)(x >> 24 | 1);
    }
    return bytes;
}

/* What AES-GCM makes of it by a context of its own (NIST SP 800-38D), as the standard to meet. */
static void reference(struct bytes key, const struct gcm_job *job) {
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    uint8_t none[16];
    int n = 0;
    CHECK(c && EVP_EncryptInit_ex(c, key.n == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm(), NULL,
                                  key.p, job->iv) == 1);
    CHECK(EVP_EncryptUpdate(c, NULL, &n, job->aad.p, (int)job->aad.n) == 1);
    CHECK(job->plain.n == 0 ||
          EVP_EncryptUpdate(c, job->out, &n, job->plain.p, (int)job->plain.n) == 1);
    CHECK(EVP_EncryptFinal_ex(c, none, &n) == 1);
    CHECK(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, 16, job->out + job->plain.n) == 1);
    EVP_CIPHER_CTX_free(c);
}

/* All lengths, header lengths and alignments, apart and in place, with one key for all of them. */
TEST(engines_agree_with_the_standard) {
    const struct gcm_engine *e[2];
    unsigned n_engines = engines(e);
    for (unsigned i = 0; i < 2 * n_engines; i++) {
        struct bytes key = bytes_of(noise() + 7, i & 1 ? 32 : 16);
        struct gcm_key *k = e[i / 2]->key_new(key.p, key.n);
        REQUIRE(k);
        for (size_t n = 0; n <= LONGEST; n++) {
            uint8_t want[LONGEST + GCM_TAG], got[LONGEST + GCM_TAG + 2], iv[GCM_IV];
            memcpy(iv, noise() + n, GCM_IV);
            struct gcm_job job = {.iv = iv,
                                  .aad = bytes_of(noise() + 40, 12 + n % 60),
                                  .plain = bytes_of(noise() + n % 17, n),
                                  .out = want};
            reference(key, &job);
            got[n + GCM_TAG] = got[n + GCM_TAG + 1] = 0xa5;
            job.out = got;
            EXPECT(e[i / 2]->seal(k, &job));
            EXPECT(memcmp(want, got, n + GCM_TAG) == 0);
            EXPECT(got[n + GCM_TAG] == 0xa5 && got[n + GCM_TAG + 1] == 0xa5);
            memcpy(got + 1, job.plain.p, n);
            job.out = got + 1;
            job.plain = bytes_of(got + 1, n);
            EXPECT(e[i / 2]->seal(k, &job));
            EXPECT(memcmp(want, got + 1, n + GCM_TAG) == 0);
        }
        e[i / 2]->key_free(k);
    }
}

static struct srtp_sealer *sealer_new(uint16_t profile) {
    struct dtls_keys k = test_keys(profile);
    struct srtp_sealer *s = srtp_sealer_new(&k);
    CHECK(s);
    return s;
}

static struct bytes header_of(uint64_t index, uint8_t out[HEADER]) {
    memset(out, 0, HEADER);
    out[0] = 0x91; /* X and one CSRC */
    out[1] = 96;
    put_be16(out + 2, (uint16_t)index);
    put_be32(out + 8, SSRC);
    put_be32(out + 16, 0xbede0001);
    return bytes_of(out, HEADER);
}

/* The payload cut at a and b, pieces apart in memory so that nothing beside them is read. */
static bool pieces_match(struct srtp_sealer *s, struct bytes payload, size_t a, size_t b,
                         const uint8_t *want) {
    uint8_t header[HEADER], out[LONGEST + HEADER + GCM_TAG], first[LONGEST], second[LONGEST];
    struct wr w = wr_of(out, sizeof(out));
    memcpy(first, payload.p, a);
    memcpy(second, payload.p + a, b - a);
    struct srtp_plain plain = {.piece = {bytes_of(first, a), bytes_of(second, b - a),
                                         bytes_of(payload.p + b, payload.n - b)},
                               .n = 3};
    size_t n = srtp_seal_pieces(s, 77, header_of(77, header), &plain, &w);
    return n > HEADER + payload.n && wr_len(&w) == n && memcmp(out, want, n) == 0;
}

static size_t seal_whole(struct srtp_sealer *s, struct bytes payload, uint8_t *out) {
    uint8_t header[HEADER];
    struct wr w = wr_of(out, LONGEST + HEADER + GCM_TAG);
    return srtp_seal_rtp(s, 77, header_of(77, header), payload, &w);
}

/* Short payloads with every cut, every length with some, and long ones with every first cut. */
TEST(pieces_are_sealed_as_the_whole) {
    const struct gcm_engine *e[2];
    unsigned n_engines = engines(e), bad = 0;
    for (unsigned i = 0; i < n_engines * ARRAY_LEN(profiles); i++) {
        choose(i % n_engines);
        struct srtp_sealer *s = sealer_new(profiles[i / n_engines]);
        for (size_t n = 0; n <= LONGEST; n++) {
            uint8_t want[LONGEST + HEADER + GCM_TAG];
            struct bytes payload = bytes_of(noise() + n % 13, n);
            EXPECT(seal_whole(s, payload, want) > 0);
            size_t last = n <= 40 || n % 500 == 0 ? n : 2;
            for (size_t a = 0; a <= last && a <= n; a++) {
                bad += !pieces_match(s, payload, a, n, want);
                bad += !pieces_match(s, payload, a, a + (n - a) / 2, want);
                for (size_t b = a; n <= 40 && b <= n; b++) {
                    bad += !pieces_match(s, payload, a, b, want);
                }
            }
        }
        EXPECT_EQ(bad, 0);
        srtp_sealer_free(s);
    }
    choose(0);
}

TEST(empty_and_missing_pieces) {
    uint8_t header[HEADER], out[128], want[LONGEST + HEADER + GCM_TAG];
    struct srtp_sealer *s = sealer_new(profiles[1]);
    size_t n = seal_whole(s, bytes_of(noise(), 10), want);
    struct srtp_plain p = {.piece = {{NULL, 0}, bytes_of(noise(), 10), {NULL, 0}, {NULL, 0}},
                           .n = 4};
    struct wr w = wr_of(out, sizeof(out));
    EXPECT_EQ(srtp_seal_pieces(s, 77, header_of(77, header), &p, &w), n);
    EXPECT(memcmp(out, want, n) == 0);
    n = seal_whole(s, bytes_of(NULL, 0), want);
    p.n = 0; /* header only */
    w = wr_of(out, sizeof(out));
    EXPECT_EQ(srtp_seal_pieces(s, 77, header_of(77, header), &p, &w), n);
    EXPECT(memcmp(out, want, n) == 0);
    p.n = SRTP_PIECES_MAX + 1;
    w = wr_of(out, sizeof(out));
    EXPECT_EQ(srtp_seal_pieces(s, 77, header_of(77, header), &p, &w), 0);
    p.n = 4;
    w = wr_of(out, HEADER + 10 + GCM_TAG - 1); /* no room: nothing is written */
    memset(out, 0xa5, sizeof(out));
    EXPECT_EQ(srtp_seal_pieces(s, 77, header_of(77, header), &p, &w), 0);
    EXPECT(out[0] == 0xa5 && wr_len(&w) == 0);
    srtp_sealer_free(s);
}

/* A batch for viewers of every profile; jobs that cannot be done spoil no other. */
TEST(a_batch_is_its_jobs) {
    enum { JOBS = 30 };
    const struct gcm_engine *e[2];
    unsigned n_engines = engines(e);
    for (unsigned engine = 0; engine < n_engines; engine++) {
        struct srtp_sealer *s[ARRAY_LEN(profiles)];
        struct srtp_job jobs[JOBS];
        static uint8_t headers[JOBS][HEADER], out[JOBS][LONGEST + HEADER + GCM_TAG];
        choose(engine);
        for (unsigned i = 0; i < ARRAY_LEN(profiles); i++) {
            s[i] = sealer_new(profiles[i]);
        }
        for (unsigned i = 0; i < JOBS; i++) {
            jobs[i] = (struct srtp_job){
                .sealer = s[i % ARRAY_LEN(profiles)],
                .index = 65530 + i,
                .header = header_of(65530 + i, headers[i]),
                .plain = {.piece = {bytes_of(noise() + i, i % 3), bytes_of(noise() + 90, 40 * i)},
                          .n = 2},
                .out = out[i],
                .cap = i == 7 ? 20 : sizeof(out[i]),
                .len = 12345};
        }
        jobs[11].index++; /* not that of its header */
        srtp_seal_batch(jobs, JOBS);
        for (unsigned i = 0; i < JOBS; i++) {
            uint8_t want[LONGEST + HEADER + GCM_TAG];
            struct wr w = wr_of(want, sizeof(want));
            size_t n =
                srtp_seal_pieces(jobs[i].sealer, jobs[i].index, jobs[i].header, &jobs[i].plain, &w);
            EXPECT_EQ(jobs[i].len, i == 7 ? 0 : n);
            EXPECT((jobs[i].len == 0) == (i == 7 || i == 11));
            EXPECT(memcmp(out[i], want, jobs[i].len) == 0);
        }
        for (unsigned i = 0; i < ARRAY_LEN(profiles); i++) {
            srtp_sealer_free(s[i]);
        }
    }
    choose(0);
}

TEST(libsrtp2_opens_what_every_engine_seals) {
    const struct gcm_engine *e[2];
    unsigned n_engines = engines(e);
    for (unsigned i = 0; i < n_engines * ARRAY_LEN(profiles); i++) {
        choose(i % n_engines);
        struct ends ends = ends_new(profiles[i / n_engines]);
        for (unsigned n = 0; n <= 1400; n += 7) {
            EXPECT_EQ(ends_pass(&ends, SSRC, 65000 + n, n), OK);
        }
        EXPECT_EQ(ends_pass_rtcp(&ends, SSRC, 5), OK);
        ends_free(&ends);
    }
    choose(0);
}

/* A clock by which one engine is faster in most rounds: calls come in pairs, engines in turn. */
static unsigned ticks, slow; /* slow: 0 = the first engine, 1 = the second */

static uint64_t fake_ns(void) {
    static uint64_t now;
    unsigned round = ticks / 4, engine = ticks / 2 % 2;
    bool odd_one = round % 5 == 2; /* something else ran: the other way round, and a lot */
    if (ticks++ % 2 == 1) {
        now += odd_one ? (engine == slow ? 1 : 1000000) : (engine == slow ? 300 : 200);
    }
    return now;
}

TEST(the_faster_engine_is_chosen) {
    const struct gcm_engine *e[2];
    unsigned n_engines = engines(e);
    for (slow = 0; slow < 2; slow++) {
        ticks = 0;
        EXPECT_EQ(srtp_aead_choose(SRTP_AEAD_AUTO, fake_ns), OK);
        EXPECT_STR(srtp_aead_name(), slow == 0 && n_engines == 2 ? "ipsec-mb" : "openssl");
    }
    EXPECT(ticks == 0 || (ticks > 20 && ticks < 100));
    EXPECT_EQ(srtp_aead_choose(SRTP_AEAD_AUTO, NULL), OK);
    EXPECT_STR(srtp_aead_name(), "openssl");
    EXPECT_EQ(srtp_aead_choose(SRTP_AEAD_IPSEC_MB, NULL), n_engines == 2 ? OK : ERR_UNSUPPORTED);
    EXPECT_STR(srtp_aead_name(), n_engines == 2 ? "ipsec-mb" : "openssl");
    EXPECT_EQ(srtp_aead_choose(SRTP_AEAD_OPENSSL, fake_ns), OK);
    EXPECT_STR(srtp_aead_name(), "openssl");
}

/* A sealer keeps the engine it was made with. */
TEST(sealers_outlive_a_choice) {
    const struct gcm_engine *e[2];
    uint8_t a[LONGEST + HEADER + GCM_TAG], b[LONGEST + HEADER + GCM_TAG];
    unsigned n_engines = engines(e);
    choose(n_engines - 1);
    struct srtp_sealer *s = sealer_new(profiles[2]);
    size_t n = seal_whole(s, bytes_of(noise(), 300), a);
    choose(0);
    EXPECT_EQ(seal_whole(s, bytes_of(noise(), 300), b), n);
    EXPECT(memcmp(a, b, n) == 0);
    srtp_sealer_free(s);
}

static bool wrong_seal(struct gcm_key *k, const struct gcm_job *job) {
    bool ok = gcm_openssl.seal(k, job);
    job->out[job->plain.n / 2] ^= job->plain.n == 256;
    return ok;
}

static bool failing_seal(struct gcm_key *k, const struct gcm_job *job) {
    return gcm_openssl.seal(k, job) && false;
}

TEST(an_engine_that_computes_something_else_is_found_out) {
    struct gcm_engine odd = gcm_openssl;
    EXPECT(gcm_agree(&gcm_openssl, &odd));
    odd.seal = wrong_seal;
    EXPECT(!gcm_agree(&gcm_openssl, &odd));
    odd.seal = failing_seal;
    EXPECT(!gcm_agree(&gcm_openssl, &odd));
}

TEST_ALLOC(sealing_without_memory) {
    for (unsigned i = 0; i < ARRAY_LEN(profiles); i++) {
        enum err err = srtp_aead_choose(SRTP_AEAD_AUTO, fake_ns);
        EXPECT(err == OK || (err == ERR_NOMEM && mem_failed()));
        struct dtls_keys k = test_keys(profiles[i]);
        struct srtp_sealer *s = srtp_sealer_new(&k);
        EXPECT(s || mem_failed());
        srtp_sealer_free(s);
    }
    choose(0);
}
