/* Clients with which nothing can be agreed: they are told at once, and so are we. */
#include "tests/unit/secure/pair.h"
#include "tests/unit/secure/raw.h"
#include "tests/unit/test.h"

static struct dtls *server_new(void) {
    struct dtls *d =
        dtls_new(pair_identity(false), dtls_identity_fingerprint(pair_identity(true)), false);
    CHECK(d);
    return d;
}

/* Its first hello is answered with one fatal alert, which it obeys; the server is done with it. */
static void expect_refused(struct raw *c, enum dtls_failure why) {
    uint8_t alert[DTLS_MTU], more[DTLS_MTU];
    struct dtls *server = server_new();
    raw_start(c);
    struct bytes hello = raw_output(c);
    EXPECT(hello.n > 0 && raw_output(c).n == 0);
    EXPECT_EQ(dtls_input(server, 0, hello), DTLS_FAILED);
    EXPECT_EQ(dtls_failure(server), why);
    EXPECT_EQ(dtls_failure_err(dtls_failure(server)), ERR_UNSUPPORTED);
    EXPECT_EQ(dtls_deadline(server), US_NEVER);
    size_t n = dtls_output(server, alert, sizeof(alert));
    REQUIRE(n == 13 + 2);
    EXPECT_EQ(alert[0], 21);
    EXPECT_EQ(alert[13], 2); /* fatal */
    EXPECT_EQ(dtls_output(server, more, sizeof(more)), 0);
    raw_input(c, bytes_of(alert, n));
    EXPECT(c->rc != 1);
    EXPECT_EQ(SSL_get_error(c->ssl, c->rc), SSL_ERROR_SSL);
    EXPECT(ERR_GET_REASON(ERR_peek_error()) >= SSL_AD_REASON_OFFSET); /* "peer sent an alert" */
    EXPECT_EQ(dtls_input(server, 0, hello), DTLS_FAILED);
    EXPECT_EQ(dtls_output(server, more, sizeof(more)), 0);
    dtls_free(server);
    raw_free(c);
}

TEST(a_client_of_our_making_gets_through) {
    struct raw c;
    struct dtls *server = server_new();
    raw_init(&c, "SRTP_AEAD_AES_128_GCM", true);
    raw_start(&c);
    EXPECT_EQ(raw_run(&c, server), DTLS_DONE);
    EXPECT_EQ(c.rc, 1);
    raw_free(&c);
    dtls_free(server);
}

/* RFC 5764 section 4.1: such clients used to get a ServerHello without use_srtp, gave up, and their
 * session lingered without a word. */
TEST(other_srtp_profiles_are_refused) {
    struct raw c;
    raw_init(&c, "SRTP_AES128_CM_SHA1_32", true);
    expect_refused(&c, DTLS_FAILURE_PROFILE);
}

TEST(a_client_without_srtp_is_refused) {
    struct raw c;
    raw_init(&c, NULL, true);
    expect_refused(&c, DTLS_FAILURE_PROFILE);
}

TEST(other_cipher_suites_are_refused) {
    struct raw c;
    raw_init(&c, "SRTP_AEAD_AES_128_GCM", true);
    REQUIRE(SSL_CTX_set_cipher_list(c.ctx, "ECDHE-RSA-AES128-GCM-SHA256") == 1);
    expect_refused(&c, DTLS_FAILURE_SUITE);
}

TEST(other_groups_are_refused) {
    struct raw c;
    raw_init(&c, "SRTP_AEAD_AES_128_GCM", true);
    REQUIRE(SSL_CTX_set1_groups_list(c.ctx, "P-521") == 1);
    expect_refused(&c, DTLS_FAILURE_SUITE);
}

TEST(other_signatures_are_refused) {
    struct raw c;
    raw_init(&c, "SRTP_AEAD_AES_128_GCM", true);
    REQUIRE(SSL_CTX_set1_sigalgs_list(c.ctx, "RSA+SHA256") == 1);
    expect_refused(&c, DTLS_FAILURE_SUITE);
}

TEST(dtls_1_0_is_refused) {
    struct raw c;
    raw_init(&c, "SRTP_AEAD_AES_128_GCM", true);
    SSL_CTX_set_security_level(c.ctx, 0);
    REQUIRE(SSL_CTX_set_cipher_list(c.ctx, "ECDHE-ECDSA-AES128-SHA") == 1);
    REQUIRE(SSL_CTX_set_min_proto_version(c.ctx, DTLS1_VERSION) == 1);
    REQUIRE(SSL_CTX_set_max_proto_version(c.ctx, DTLS1_VERSION) == 1);
    expect_refused(&c, DTLS_FAILURE_SUITE);
}

/* A use_srtp that does not parse is no offer but garbage: it is forgotten. */
TEST(a_broken_use_srtp_is_forgotten) {
    struct raw c;
    uint8_t hello[DTLS_MTU], out[DTLS_MTU];
    struct dtls *server = server_new();
    raw_init(&c, "SRTP_AES128_CM_SHA1_32", true);
    raw_start(&c);
    struct bytes d = raw_output(&c);
    REQUIRE(d.n > 0 && d.n <= sizeof(hello));
    memcpy(hello, d.p, d.n);
    static const uint8_t use_srtp[] = {0, 14, 0, 5, 0, 2, 0, 2, 0};
    uint8_t *at = memmem(hello, d.n, use_srtp, sizeof(use_srtp));
    REQUIRE(at);
    at[5] = 1; /* half a profile */
    EXPECT_EQ(dtls_input(server, 0, bytes_of(hello, d.n)), DTLS_HANDSHAKING);
    EXPECT_EQ(dtls_output(server, out, sizeof(out)), 0);
    raw_free(&c);
    dtls_free(server);
}
