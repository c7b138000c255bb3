/* The end of an association, both ways, against an OpenSSL that keeps its connection. */
#include "base/check.h"
#include "tests/unit/secure/pair.h"
#include "tests/unit/secure/raw.h"
#include "tests/unit/test.h"

enum { RECORD_HEADER = 13, TAG = 16 };

static const char *const suites[] = {"ECDHE-ECDSA-AES128-GCM-SHA256",
                                     "ECDHE-ECDSA-AES256-GCM-SHA384",
                                     "ECDHE-ECDSA-CHACHA20-POLY1305"};

/* What is left of a session when its handshake object is freed. */
struct rest {
    struct dtls_reader reader;
    uint8_t farewell[DTLS_FAREWELL_MAX], flight[DTLS_LAST_FLIGHT_MAX];
    size_t farewell_len, flight_len;
};

static struct dtls *server_new(void) {
    struct dtls *d =
        dtls_new(pair_identity(false), dtls_identity_fingerprint(pair_identity(true)), false);
    CHECK(d);
    return d;
}

/* A client of this suite and all that a server keeps of it. */
static void connect_client(struct raw *c, const char *suite, struct rest *ret) {
    struct dtls *server = server_new();
    raw_init(c, "SRTP_AEAD_AES_128_GCM", true);
    CHECK(SSL_CTX_set_cipher_list(c->ctx, suite) == 1);
    raw_start(c);
    CHECK(raw_run(c, server) == DTLS_DONE && c->rc == 1);
    CHECK(dtls_reader_export(server, &ret->reader) == OK);
    CHECK(dtls_farewell(server, ret->farewell, &ret->farewell_len) == OK);
    CHECK(dtls_last_flight(server, ret->flight, &ret->flight_len) == OK);
    dtls_free(server);
}

static bool told_to_close(struct raw *c, struct bytes datagram) {
    uint8_t byte;
    c->link.in = datagram;
    EXPECT(SSL_read(c->ssl, &byte, 1) <= 0);
    return SSL_get_shutdown(c->ssl) & SSL_RECEIVED_SHUTDOWN;
}

TEST(our_farewell_closes_the_client) {
    for (unsigned i = 0; i < ARRAY_LEN(suites); i++) {
        struct raw c;
        struct rest r;
        connect_client(&c, suites[i], &r);
        EXPECT(r.farewell_len > RECORD_HEADER + TAG && r.farewell_len <= DTLS_FAREWELL_MAX);
        struct bytes whole = bytes_of(r.farewell, r.farewell_len);
        /* Nobody else can say it: from the record number on, each byte counts. (OpenSSL does not
         * look at the version of an alert record.) */
        for (size_t at = 3; at < r.farewell_len; at++) {
            uint8_t bad[DTLS_FAREWELL_MAX];
            memcpy(bad, r.farewell, r.farewell_len);
            bad[at] ^= 1;
            EXPECT(!told_to_close(&c, bytes_of(bad, r.farewell_len)));
        }
        EXPECT(told_to_close(&c, whole));
        raw_free(&c);
    }
}

/* Of every record of ours in epoch 1 the number is used once. */
TEST(our_farewell_has_a_number_of_its_own) {
    struct raw c;
    struct rest r;
    connect_client(&c, suites[0], &r);
    unsigned sealed = 0;
    for (size_t at = 0; at < r.flight_len; at += 2 + be16(r.flight + at)) {
        size_t end = at + 2 + be16(r.flight + at);
        for (size_t rec = at + 2; rec < end; rec += RECORD_HEADER + be16(r.flight + rec + 11)) {
            if (be16(r.flight + rec + 3) == 1) {
                sealed++;
                EXPECT(memcmp(r.flight + rec + 3, r.farewell + 3, 8) != 0);
            }
        }
    }
    EXPECT_EQ(sealed, 1); /* Finished */
    EXPECT_EQ(be16(r.farewell + 3), 1);
    raw_free(&c);
}

TEST(the_farewell_is_sealed_once_and_only_when_done) {
    struct raw c;
    struct dtls *server = server_new();
    struct dtls_reader reader;
    uint8_t out[DTLS_FAREWELL_MAX];
    size_t n = 77;
    EXPECT_EQ(dtls_farewell(server, out, &n), ERR_WRONG_STATE);
    EXPECT_EQ(dtls_reader_export(server, &reader), ERR_WRONG_STATE);
    EXPECT_EQ(n, 77);
    raw_init(&c, "SRTP_AEAD_AES_128_GCM", true);
    raw_start(&c);
    REQUIRE(raw_run(&c, server) == DTLS_DONE);
    EXPECT_EQ(dtls_farewell(server, out, &n), OK);
    EXPECT_EQ(dtls_farewell(server, out, &n), ERR_WRONG_STATE);
    struct dtls_keys keys; /* the rest can still be had */
    EXPECT_EQ(dtls_export(server, &keys), OK);
    EXPECT_EQ(dtls_reader_export(server, &reader), OK);
    raw_free(&c);
    dtls_free(server);
}

/* It is sealed while the last flight waits to be sent: neither disturbs the other. */
TEST(the_farewell_leaves_the_last_flight_alone) {
    struct raw c;
    struct rest r;
    uint8_t d[DTLS_MTU];
    struct dtls *server = server_new();
    raw_init(&c, "SRTP_AEAD_AES_128_GCM", true);
    raw_start(&c);
    enum dtls_state state = DTLS_HANDSHAKING;
    for (unsigned i = 0; state == DTLS_HANDSHAKING && i < 10; i++) {
        for (struct bytes b; (b = raw_output(&c)).n > 0;) {
            state = dtls_input(server, 0, b);
        }
        for (size_t n; state != DTLS_DONE && (n = dtls_output(server, d, sizeof(d))) > 0;) {
            raw_input(&c, bytes_of(d, n));
        }
    }
    REQUIRE(state == DTLS_DONE && c.rc != 1);
    EXPECT_EQ(dtls_farewell(server, r.farewell, &r.farewell_len), OK);
    EXPECT_EQ(dtls_last_flight(server, r.flight, &r.flight_len), OK);
    for (size_t n; (n = dtls_output(server, d, sizeof(d))) > 0;) {
        raw_input(&c, bytes_of(d, n));
    }
    EXPECT_EQ(c.rc, 1);
    EXPECT(told_to_close(&c, bytes_of(r.farewell, r.farewell_len)));
    raw_free(&c);
    dtls_free(server);
}

/* What the client says when it closes. */
static struct bytes client_closes(struct raw *c) {
    c->link.out.open = false;
    ERR_clear_error();
    CHECK(SSL_shutdown(c->ssl) == 0);
    return raw_output(c);
}

TEST(the_clients_close_is_recognised) {
    for (unsigned i = 0; i < ARRAY_LEN(suites); i++) {
        struct raw c, other;
        struct rest r, other_rest;
        connect_client(&c, suites[i], &r);
        connect_client(&other, suites[i], &other_rest);
        struct bytes d = client_closes(&c);
        REQUIRE(d.n > RECORD_HEADER + TAG && d.n <= DTLS_FAREWELL_MAX);
        EXPECT(dtls_is_close(&r.reader, d));
        EXPECT(!dtls_is_close(&other_rest.reader, d));
        EXPECT(!dtls_is_close(&(struct dtls_reader){0}, d));
        for (size_t at = 0; at < d.n; at++) {
            uint8_t bad[DTLS_FAREWELL_MAX];
            memcpy(bad, d.p, d.n);
            bad[at] ^= 0x80;
            EXPECT(!dtls_is_close(&r.reader, bytes_of(bad, d.n)));
            EXPECT(!dtls_is_close(&r.reader, bytes_of(d.p, at)));
        }
        /* Our own words are nobody's close. */
        EXPECT(!dtls_is_close(&r.reader, bytes_of(r.farewell, r.farewell_len)));
        raw_free(&c);
        raw_free(&other);
    }
}

/* A record of this type under the client's key, which the reader holds in plain. */
static size_t seal(const struct dtls_reader *k, uint8_t type, struct bytes plain, uint8_t *out) {
    static const uint8_t record_number[8] = {0, 1, 0, 0, 0, 0, 0, 9};
    const EVP_CIPHER *ciphers[] = {EVP_aes_128_gcm(), EVP_aes_256_gcm(), EVP_chacha20_poly1305()};
    bool chacha = k->cipher == DTLS_CHACHA20_POLY1305;
    uint8_t iv[12], aad[13];
    struct wr w = wr_of(out, 256), a = wr_of(aad, sizeof(aad));
    int n = 0;
    memcpy(iv, k->iv, sizeof(iv));
    for (unsigned i = 0; i < 8; i++) {
        iv[4 + i] = (uint8_t)(record_number[i] ^ (chacha ? k->iv[4 + i] : 0));
    }
    wr_bytes(&a, record_number, 8);
    wr_u8(&a, type);
    wr_u16(&a, 0xfefd);
    wr_u16(&a, (uint16_t)plain.n);
    wr_u8(&w, type);
    wr_u16(&w, 0xfefd);
    wr_bytes(&w, record_number, 8);
    wr_u16(&w, (uint16_t)((chacha ? 0 : 8) + plain.n + TAG));
    wr_bytes(&w, record_number, chacha ? 0 : 8);
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    CHECK(c && EVP_EncryptInit_ex(c, ciphers[k->cipher - 1], NULL, k->key, iv) == 1);
    CHECK(EVP_EncryptUpdate(c, NULL, &n, aad, sizeof(aad)) == 1);
    CHECK(EVP_EncryptUpdate(c, w.p, &n, plain.p, (int)plain.n) == 1);
    CHECK(EVP_EncryptFinal_ex(c, w.p + plain.n, &n) == 1);
    CHECK(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, TAG, w.p + plain.n) == 1);
    EVP_CIPHER_CTX_free(c);
    return wr_len(&w) + plain.n + TAG;
}

TEST(only_what_ends_an_association_is_a_close) {
    static const struct {
        uint8_t type, level, description;
        bool close;
    } cases[] = {{21, 1, 0, true},    /* close_notify */
                 {21, 2, 0, true},    /* likewise, of a client that means it */
                 {21, 2, 40, true},   /* fatal: handshake_failure */
                 {21, 1, 100, false}, /* warning: no_renegotiation */
                 {21, 0, 40, false},  /* no level */
                 {22, 1, 0, false},   {23, 1, 0, false}, {20, 1, 0, false}};
    for (unsigned s = 0; s < ARRAY_LEN(suites); s++) {
        struct raw c;
        struct rest r;
        connect_client(&c, suites[s], &r);
        for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
            uint8_t alert[2] = {cases[i].level, cases[i].description}, out[256];
            size_t n = seal(&r.reader, cases[i].type, bytes_of(alert, 2), out);
            EXPECT_EQ(dtls_is_close(&r.reader, bytes_of(out, n)), cases[i].close);
        }
        uint8_t out[256], three[3] = {1, 0, 0};
        size_t n = seal(&r.reader, 21, bytes_of(three, 3), out);
        EXPECT(!dtls_is_close(&r.reader, bytes_of(out, n)));
        raw_free(&c);
    }
}

TEST(a_close_is_found_behind_other_records) {
    struct raw c;
    struct rest r;
    uint8_t all[512];
    connect_client(&c, suites[0], &r);
    size_t n = seal(&r.reader, 23, bytes_of("hello", 5), all);
    n += seal(&r.reader, 21, bytes_of("\1\0", 2), all + n);
    EXPECT(dtls_is_close(&r.reader, bytes_of(all, n)));
    raw_free(&c);
}

/* Anybody can write an unsealed alert; and many sealed ones that do not open are not all tried. */
TEST(forged_alerts_are_no_close) {
    struct raw c;
    struct rest r;
    uint8_t plain[15] = {21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 1, 0}, many[1024];
    connect_client(&c, suites[0], &r);
    EXPECT(!dtls_is_close(&r.reader, bytes_of(plain, sizeof(plain))));
    plain[4] = 1; /* epoch 1 */
    EXPECT(!dtls_is_close(&r.reader, bytes_of(plain, sizeof(plain))));
    size_t n = 0;
    for (unsigned i = 0; i < 20; i++) {
        size_t begin = n;
        n += seal(&r.reader, 21, bytes_of("\1\0", 2), many + n);
        many[begin + 30] ^= i < 19;
    }
    EXPECT(!dtls_is_close(&r.reader, bytes_of(many, n)));
    raw_free(&c);
}

/* The client role reads what a server seals: its farewell. */
TEST(a_client_recognises_our_farewell) {
    struct pair p;
    struct dtls_reader reader;
    uint8_t farewell[DTLS_FAREWELL_MAX], d[DTLS_MTU];
    size_t n = 0;
    REQUIRE(pair_init(&p));
    for (unsigned i = 0; i < 10 && dtls_farewell(p.server, farewell, &n) != OK; i++) {
        dtls_start(p.client, 0);
        for (size_t k; (k = dtls_output(p.client, d, sizeof(d))) > 0;) {
            dtls_input(p.server, 0, bytes_of(d, k));
        }
        for (size_t k; (k = dtls_output(p.server, d, sizeof(d))) > 0;) {
            dtls_input(p.client, 0, bytes_of(d, k));
        }
    }
    REQUIRE(n > 0 && dtls_reader_export(p.client, &reader) == OK);
    EXPECT(dtls_is_close(&reader, bytes_of(farewell, n)));
    EXPECT(sizeof(struct dtls_reader) <= 100);
    pair_free(&p);
}
