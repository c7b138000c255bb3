#include "media/secure/dtls_impl.h"
#include "media/secure/entropy.h"
#include "media/secure/srtp.h"
#include "tests/unit/secure/pair.h"
#include "tests/unit/test.h"

#define LONG_TIME (40 * US_PER_S)

/* Both are done and hold the same keys, crossed. */
static void expect_done(struct pair *p) {
    struct dtls_keys c = {0};
    EXPECT_EQ(p->client_state, DTLS_DONE);
    EXPECT_EQ(p->server_state, DTLS_DONE);
    EXPECT(!p->server && p->last_flight_len > 0);
    EXPECT_EQ(dtls_export(p->client, &c), OK);
    EXPECT_EQ(c.profile, p->server_keys.profile);
    EXPECT(memcmp(&c.inbound, &p->server_keys.outbound, sizeof(c.inbound)) == 0);
    EXPECT(memcmp(&c.outbound, &p->server_keys.inbound, sizeof(c.outbound)) == 0);
    EXPECT(memcmp(&c.inbound, &c.outbound, sizeof(c.inbound)) != 0);
}

TEST(handshake_in_two_round_trips) {
    struct pair p;
    REQUIRE(pair_init(&p));
    pair_run(&p, LONG_TIME);
    expect_done(&p);
    EXPECT_EQ(p.now, 4 * PAIR_DELAY);
    EXPECT_EQ(p.server_keys.profile, SRTP_PROFILE_AEAD_AES_128_GCM);
    EXPECT(p.last_flight_len < 128);
    EXPECT_EQ(dtls_deadline(p.client), US_NEVER);
    pair_free(&p);
}

/* What the client seals, the server opens. */
static void expect_srtp(struct pair *p) {
    struct dtls_keys c;
    uint8_t header[12] = {0x80, 111, 0, 1}, out[256];
    REQUIRE(dtls_export(p->client, &c) == OK && srtp_library_init() == OK);
    struct srtp_sealer *seal = srtp_sealer_new(&c);
    struct srtp_opener *open = srtp_opener_new(&p->server_keys);
    struct wr w = wr_of(out, sizeof(out));
    size_t n = srtp_seal_rtp(seal, 1, bytes_of(header, 12), bytes_of("hello", 5), &w);
    EXPECT_EQ(srtp_open_rtp(open, out, &n), OK);
    EXPECT(n == 17 && memcmp(out + 12, "hello", 5) == 0);
    srtp_sealer_free(seal);
    srtp_opener_free(open);
}

TEST(keys_work_for_srtp) {
    struct pair p;
    REQUIRE(pair_init(&p));
    pair_run(&p, LONG_TIME);
    expect_srtp(&p);
    pair_free(&p);
}

TEST(client_hello_in_two_fragments) {
    struct pair p;
    REQUIRE(pair_init(&p));
    p.split_hello = true;
    pair_run(&p, LONG_TIME);
    expect_done(&p);
    EXPECT_EQ(p.now, 4 * PAIR_DELAY);
    pair_free(&p);
}

struct lose {
    unsigned from, to; /* datagrams numbered from..to-1 are lost */
};

static unsigned fate_lose(void *ctx, unsigned number, bool to_server, us_t *delay) {
    const struct lose *l = ctx;
    (void)to_server;
    (void)delay;
    return number < l->from || number >= l->to;
}

TEST(each_single_loss_is_repaired) {
    for (unsigned split = 0; split < 2; split++) {
        for (unsigned i = 0; i < 8; i++) {
            struct pair p;
            struct lose l = {i, i + 1};
            REQUIRE(pair_init(&p));
            p.split_hello = split;
            p.fate = fate_lose;
            p.fate_ctx = &l;
            pair_run(&p, LONG_TIME);
            expect_done(&p);
            EXPECT(p.now <= 4 * PAIR_DELAY + 60 * US_PER_MS);
            pair_free(&p);
        }
    }
}

TEST(long_outages_are_survived) {
    for (unsigned from = 0; from < 6; from++) {
        struct pair p;
        struct lose l = {from, from + 7};
        REQUIRE(pair_init(&p));
        p.fate = fate_lose;
        p.fate_ctx = &l;
        pair_run(&p, LONG_TIME);
        expect_done(&p);
        pair_free(&p);
    }
}

/* The server's object is gone by then: only the stored datagrams can help. */
TEST(lost_finished_is_replayed_after_free) {
    struct pair p;
    REQUIRE(pair_init(&p));
    pair_run(&p, 3 * PAIR_DELAY); /* server done, its flight on the wire */
    EXPECT_EQ(p.server_state, DTLS_DONE);
    EXPECT_EQ(p.client_state, DTLS_HANDSHAKING);
    EXPECT(!p.server);
    EXPECT(p.n_queue > 0);
    p.n_queue = 0;
    pair_run(&p, LONG_TIME);
    EXPECT_EQ(p.replays, 1);
    expect_done(&p);
    pair_free(&p);
}

static unsigned fate_twice(void *ctx, unsigned number, bool to_server, us_t *delay) {
    (void)ctx;
    (void)number;
    (void)to_server;
    (void)delay;
    return 2;
}

TEST(duplicates_are_harmless) {
    struct pair p;
    REQUIRE(pair_init(&p));
    p.split_hello = true;
    p.fate = fate_twice;
    pair_run(&p, LONG_TIME);
    expect_done(&p);
    pair_free(&p);
}

/* ctx: seed of a small generator. */
static unsigned fate_chaos(void *ctx, unsigned number, bool to_server, us_t *delay) {
    uint32_t *x = ctx;
    (void)number;
    (void)to_server;
    *x = *x * 1664525 + 1013904223;
    *delay = (us_t)(*x >> 16 & 63) * US_PER_MS; /* several retransmissions overtake each other */
    return (*x >> 24) % 10 < 3 ? 0 : 1 + ((*x >> 24) % 10 == 9);
}

TEST(reordering_with_loss_and_copies) {
    for (uint32_t seed = 1; seed <= 40; seed++) {
        struct pair p;
        uint32_t x = seed;
        REQUIRE(pair_init(&p));
        p.split_hello = seed & 1;
        p.fate = fate_chaos;
        p.fate_ctx = &x;
        pair_run(&p, LONG_TIME);
        expect_done(&p);
        pair_free(&p);
    }
}

static unsigned fate_nothing(void *ctx, unsigned number, bool to_server, us_t *delay) {
    (void)ctx;
    (void)number;
    (void)to_server;
    (void)delay;
    return 0;
}

TEST(silence_ends_after_30_seconds) {
    struct pair p;
    REQUIRE(pair_init(&p));
    p.fate = fate_nothing;
    pair_run(&p, LONG_TIME);
    EXPECT_EQ(p.client_state, DTLS_FAILED);
    EXPECT_EQ(dtls_failure(p.client), DTLS_FAILURE_TIMEOUT);
    EXPECT_EQ(dtls_failure(p.server), DTLS_FAILURE_NONE);
    EXPECT(p.now >= 30 * US_PER_S && p.now <= 32 * US_PER_S);
    EXPECT(p.sent > 15 && p.sent < 30); /* 50, 100 ... 1600 ms, then every 2 s */
    EXPECT_EQ(p.server_state, DTLS_HANDSHAKING);
    EXPECT_EQ(dtls_deadline(p.server), US_NEVER); /* nothing to resend */
    struct dtls_keys k;
    uint8_t flight[DTLS_LAST_FLIGHT_MAX];
    size_t n;
    EXPECT_EQ(dtls_export(p.server, &k), ERR_WRONG_STATE);
    EXPECT_EQ(dtls_last_flight(p.server, flight, &n), ERR_WRONG_STATE);
    pair_free(&p);
}

TEST(wrong_fingerprint_fails) {
    for (unsigned client_is_wrong = 0; client_is_wrong < 2; client_is_wrong++) {
        struct pair p;
        uint8_t wrong[FINGERPRINT_LEN];
        REQUIRE(pair_init(&p));
        const struct dtls_identity *c = pair_identity(true), *s = pair_identity(false);
        memcpy(wrong, dtls_identity_fingerprint(client_is_wrong ? c : s), sizeof(wrong));
        wrong[31] ^= 1;
        if (client_is_wrong) {
            dtls_free(p.server);
            p.server = dtls_new(s, wrong, false);
        } else {
            dtls_free(p.client);
            p.client = dtls_new(c, wrong, true);
        }
        pair_run(&p, LONG_TIME);
        EXPECT_EQ(client_is_wrong ? p.server_state : p.client_state, DTLS_FAILED);
        EXPECT_EQ(dtls_failure(client_is_wrong ? p.server : p.client), DTLS_FAILURE_CERTIFICATE);
        if (client_is_wrong) {
            struct dtls_keys k;
            uint8_t d[DTLS_MTU];
            EXPECT_EQ(dtls_output(p.server, d, sizeof(d)), 0);
            EXPECT_EQ(dtls_export(p.server, &k), ERR_WRONG_STATE);
        }
        pair_free(&p);
    }
}

/* A client context of our own making, to be what Oriel's never is. */
static struct dtls_identity odd_client(const char *profiles, bool certificate) {
    const struct dtls_identity *c = pair_identity(true);
    struct dtls_identity odd = *c;
    odd.ctx = SSL_CTX_new(DTLS_method());
    CHECK(odd.ctx);
    SSL_CTX_set_options(odd.ctx, SSL_OP_NO_QUERY_MTU);
    if (profiles) {
        CHECK(SSL_CTX_set_tlsext_use_srtp(odd.ctx, profiles) == 0);
    }
    if (certificate) {
        CHECK(SSL_CTX_use_certificate(odd.ctx, SSL_CTX_get0_certificate(c->ctx)) == 1);
        CHECK(SSL_CTX_use_PrivateKey(odd.ctx, SSL_CTX_get0_privatekey(c->ctx)) == 1);
    }
    return odd;
}

static void run_odd(struct pair *p, const char *profiles, bool certificate) {
    struct dtls_identity odd = odd_client(profiles, certificate);
    CHECK(pair_init(p));
    dtls_free(p->client);
    p->client = dtls_new(&odd, dtls_identity_fingerprint(pair_identity(false)), true);
    CHECK(p->client);
    SSL_CTX_free(odd.ctx); /* the client's SSL object holds on to it */
    pair_run(p, 5 * US_PER_S);
}

TEST(gcm_is_preferred_and_every_profile_accepted) {
    struct pair p;
    run_odd(&p, "SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_128_GCM", true);
    expect_done(&p);
    EXPECT_EQ(p.server_keys.profile, SRTP_PROFILE_AEAD_AES_128_GCM);
    pair_free(&p);
    run_odd(&p, "SRTP_AES128_CM_SHA1_80", true);
    expect_done(&p);
    EXPECT_EQ(p.server_keys.profile, SRTP_PROFILE_AES128_CM_SHA1_80);
    EXPECT(p.server_keys.inbound.salt[13] != 0 || p.server_keys.inbound.salt[12] != 0);
    pair_free(&p);
    run_odd(&p, "SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_256_GCM", true);
    expect_done(&p);
    EXPECT_EQ(p.server_keys.profile, SRTP_PROFILE_AEAD_AES_256_GCM);
    expect_srtp(&p);
    pair_free(&p);
}

TEST(no_certificate_fails) {
    struct pair p;
    run_odd(&p, "SRTP_AEAD_AES_128_GCM", false);
    EXPECT_EQ(p.server_state, DTLS_FAILED);
    EXPECT_EQ(dtls_failure(p.server), DTLS_FAILURE_CERTIFICATE);
    pair_free(&p);
}

TEST(no_srtp_profile_fails) {
    struct pair p;
    run_odd(&p, NULL, true);
    EXPECT_EQ(p.server_state, DTLS_FAILED);
    EXPECT_EQ(dtls_failure(p.server), DTLS_FAILURE_PROFILE);
    pair_free(&p);
}

TEST_ALLOC(dtls_without_memory) {
    struct dtls_identity *id = dtls_identity_new((wall_t){0});
    EXPECT(id || mem_failed());
    if (id) {
        struct dtls *d = dtls_new(id, dtls_identity_fingerprint(id), false);
        EXPECT(d || mem_failed());
        dtls_free(d);
    }
    dtls_identity_free(id);
    EXPECT(!dtls_identity_free(NULL));
    EXPECT(!dtls_free(NULL));
}

TEST(failures_have_names) {
    EXPECT_STR(dtls_failure_name(DTLS_FAILURE_NONE), "none");
    EXPECT_STR(dtls_failure_name(DTLS_FAILURE_RESTARTS), "restarts");
    EXPECT_STR(dtls_failure_name((enum dtls_failure)99), "unknown");
    EXPECT_EQ(dtls_failure_err(DTLS_FAILURE_NONE), OK);
    EXPECT_EQ(dtls_failure_err(DTLS_FAILURE_TIMEOUT), ERR_AGAIN);
    EXPECT_EQ(dtls_failure_err((enum dtls_failure)99), ERR_AUTH);
}

TEST(identities_differ) {
    EXPECT(memcmp(dtls_identity_fingerprint(pair_identity(true)),
                  dtls_identity_fingerprint(pair_identity(false)), FINGERPRINT_LEN) != 0);
}

/* With a seeded source of randomness even a handshake is a function of its seed. */
TEST(seeded_handshakes_replay) {
    struct srtp_master got[3];
    static struct rng_seeded seeded;
    static struct rng rng;
    for (unsigned i = 0; i < 3; i++) {
        struct pair p;
        REQUIRE(pair_identity(true) && pair_identity(false));
        rng_seed(&seeded, i == 2 ? 8 : 7);
        rng = rng_from_seeded(&seeded);
        REQUIRE(secure_entropy(&rng) == OK && pair_init(&p));
        pair_run(&p, LONG_TIME);
        expect_done(&p);
        got[i] = p.server_keys.inbound;
        pair_free(&p);
    }
    EXPECT(memcmp(&got[0], &got[1], sizeof(got[0])) == 0);
    EXPECT(memcmp(&got[0], &got[2], sizeof(got[0])) != 0);
    EXPECT_EQ(secure_entropy(NULL), OK); /* back to OpenSSL's own */
}
