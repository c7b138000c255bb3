/* Datagrams of a stranger who can send from the validated address but knows no key. */
#include "media/secure/dtls_impl.h"
#include "tests/unit/secure/pair.h"
#include "tests/unit/test.h"

#define LONG_TIME (40 * US_PER_S)

static uint32_t next_random(uint32_t *x) {
    *x = *x * 1664525 + 1013904223;
    return *x >> 8;
}

/* A record of this type and epoch 0 around body. */
static struct bytes record(uint8_t out[DTLS_MTU], uint8_t type, struct bytes body) {
    static uint8_t seq = 100; /* fresh record numbers */
    struct wr w = wr_of(out, DTLS_MTU);
    wr_u8(&w, type);
    wr_u16(&w, 0xfefd);
    wr_zero(&w, 7);
    wr_u8(&w, seq++ & 31);
    wr_u16(&w, (uint16_t)body.n);
    wr_bytes(&w, body.p, body.n);
    CHECK(!w.bad);
    return bytes_of(out, wr_len(&w));
}

static struct bytes handshake(uint8_t out[DTLS_MTU], uint8_t type, struct bytes body) {
    uint8_t m[DTLS_MTU];
    struct wr w = wr_of(m, sizeof(m));
    wr_u8(&w, type);
    wr_u24(&w, (uint32_t)body.n);
    wr_u16(&w, 0);
    wr_u24(&w, 0);
    wr_u24(&w, (uint32_t)body.n);
    wr_bytes(&w, body.p, body.n);
    CHECK(!w.bad);
    return record(out, 22, bytes_of(m, wr_len(&w)));
}

/* Garbage of every kind; seeds cycle through them. */
static struct bytes garbage(uint32_t *x, uint8_t out[DTLS_MTU]) {
    uint8_t body[200];
    size_t n = next_random(x) % sizeof(body);
    for (size_t i = 0; i < sizeof(body); i++) {
        body[i] = (uint8_t)next_random(x);
    }
    switch (next_random(x) % 6) {
    case 0:
        memcpy(out, body, n);
        return bytes_of(out, n);
    case 1: /* fatal alert */
        return record(out, 21, bytes_of("\2\50", 2));
    case 2:
        return record(out, 22, bytes_of(body, n));
    case 3: /* application data */
        return record(out, 23, bytes_of(body, n));
    case 4: /* Finished, unencrypted */
        return handshake(out, 20, bytes_of(body, 12));
    default: /* ServerHello sent to a server */
        return handshake(out, 2, bytes_of(body, n));
    }
}

TEST(garbage_changes_nothing) {
    for (uint32_t seed = 1; seed <= 30; seed++) {
        struct pair p;
        uint8_t d[DTLS_MTU];
        uint32_t x = seed;
        REQUIRE(pair_init(&p));
        for (us_t at = 0; at <= 5 * PAIR_DELAY; at += PAIR_DELAY / 2) {
            for (unsigned i = 0; i < 5; i++) {
                pair_inject(&p, true, garbage(&x, d));
            }
            pair_run(&p, at);
        }
        pair_run(&p, LONG_TIME);
        EXPECT_EQ(p.client_state, DTLS_DONE);
        EXPECT_EQ(p.server_state, DTLS_DONE);
        EXPECT(p.now <= 5 * PAIR_DELAY);
        pair_free(&p);
    }
}

/* A ClientHello that parses as a fragment and then breaks OpenSSL's parser: the server takes a
 * fresh object and the real client gets through, without an alert in between. */
TEST(broken_client_hello_is_forgotten) {
    for (uint32_t seed = 1; seed <= 30; seed++) {
        struct pair p;
        uint8_t d[DTLS_MTU], body[100], out[DTLS_MTU];
        uint32_t x = seed;
        REQUIRE(pair_init(&p));
        for (unsigned i = 0; i < sizeof(body); i++) {
            body[i] = (uint8_t)next_random(&x);
        }
        struct bytes hello = handshake(d, 1, bytes_of(body, 10 + next_random(&x) % 90));
        EXPECT_EQ(dtls_input(p.server, 0, hello), DTLS_HANDSHAKING);
        EXPECT_EQ(dtls_output(p.server, out, sizeof(out)), 0);
        EXPECT_EQ(dtls_deadline(p.server), US_NEVER);
        pair_run(&p, LONG_TIME);
        EXPECT_EQ(p.client_state, DTLS_DONE);
        EXPECT_EQ(p.server_state, DTLS_DONE);
        pair_free(&p);
    }
}

/* The first flight of a new client, which a server answers with a certificate and a signature. */
static size_t fresh_hello(uint8_t out[DTLS_MTU]) {
    const struct dtls_identity *c = pair_identity(true), *s = pair_identity(false);
    struct dtls *client = dtls_new(c, dtls_identity_fingerprint(s), true);
    CHECK(client);
    dtls_start(client, 0);
    size_t n = dtls_output(client, out, DTLS_MTU);
    CHECK(n > 0 && dtls_output(client, out + n, DTLS_MTU - n) == 0);
    dtls_free(client);
    return n;
}

/* Whoever can send from the validated address could have a certificate signed as often as they
 * like: a hello, then a certificate that does not parse, then a hello again. */
TEST(restarts_are_limited) {
    struct pair p;
    uint8_t hello[DTLS_MTU], d[DTLS_MTU], out[DTLS_MTU], body[40] = {0, 0, 37, 0, 0, 34, 7};
    unsigned answered = 0;
    size_t n = fresh_hello(hello);
    struct bytes broken = handshake(d, 11, bytes_of(body, sizeof(body)));
    REQUIRE(pair_init(&p));
    d[18] = 1; /* message_seq: it follows the hello */
    enum dtls_state state = DTLS_HANDSHAKING;
    for (unsigned i = 0; i < 1000 && state == DTLS_HANDSHAKING; i++) {
        state = dtls_input(p.server, 0, bytes_of(hello, n));
        while (dtls_output(p.server, out, sizeof(out)) > 0) {
            answered++;
        }
        state = dtls_input(p.server, 0, broken);
        EXPECT_EQ(dtls_output(p.server, out, sizeof(out)), 0);
    }
    EXPECT_EQ(state, DTLS_FAILED);
    EXPECT_EQ(dtls_failure(p.server), DTLS_FAILURE_RESTARTS);
    EXPECT_EQ(answered, DTLS_RESTARTS_MAX + 1);
    EXPECT_EQ(dtls_input(p.server, 0, bytes_of(hello, n)), DTLS_FAILED); /* and that is final */
    EXPECT_EQ(dtls_output(p.server, out, sizeof(out)), 0);
    EXPECT_EQ(dtls_deadline(p.server), US_NEVER);
    pair_free(&p);
}

/* As many broken hellos as are forgiven do not keep the real client out. */
TEST(forgiven_restarts_leave_room_for_the_client) {
    struct pair p;
    uint8_t d[DTLS_MTU], body[60];
    REQUIRE(pair_init(&p));
    memset(body, 0xff, sizeof(body));
    for (unsigned i = 0; i < DTLS_RESTARTS_MAX; i++) {
        struct bytes hello = handshake(d, 1, bytes_of(body, sizeof(body)));
        EXPECT_EQ(dtls_input(p.server, 0, hello), DTLS_HANDSHAKING);
    }
    pair_run(&p, LONG_TIME);
    EXPECT_EQ(p.client_state, DTLS_DONE);
    EXPECT_EQ(p.server_state, DTLS_DONE);
    pair_free(&p);
}

/* One byte of each datagram of a good handshake is damaged on its way, at random places: whatever
 * happens, no end that finishes has other keys than its peer. */
static unsigned damaged;
static uint32_t damage_seed;

static void damage_queue(struct pair *p) {
    for (unsigned i = 0; i < p->n_queue; i++) {
        if (next_random(&damage_seed) % 4 == 0 && damaged < 3) {
            struct hop *h = &p->queue[i];
            h->data[next_random(&damage_seed) % h->n] ^= 0x20;
            damaged++;
        }
    }
}

TEST(damage_never_yields_wrong_keys) {
    unsigned done = 0;
    for (uint32_t seed = 1; seed <= 100; seed++) {
        struct pair p;
        struct dtls_keys c;
        REQUIRE(pair_init(&p));
        damaged = 0;
        damage_seed = seed;
        for (us_t at = 0; at < 40 * PAIR_DELAY; at += PAIR_DELAY / 2) {
            pair_run(&p, at);
            damage_queue(&p);
        }
        pair_run(&p, LONG_TIME);
        if (p.client_state == DTLS_DONE && p.server_state == DTLS_DONE) {
            done++;
            REQUIRE(dtls_export(p.client, &c) == OK);
            EXPECT(memcmp(&c.inbound, &p.server_keys.outbound, sizeof(c.inbound)) == 0);
        }
        pair_free(&p);
    }
    EXPECT(done > 10 && done < 100); /* some get through, not all */
}

TEST(filter_keeps_only_what_is_expected) {
    uint8_t d[DTLS_MTU], out[DTLS_DATAGRAM_MAX], body[300] = {0};
    struct bytes hello = handshake(d, 1, bytes_of(body, 50));
    EXPECT_EQ(dtls_filter_records(hello, false, out), hello.n);
    EXPECT_EQ(dtls_filter_records(hello, true, out), 0);
    EXPECT(dtls_is_handshake(hello));
    for (size_t n = 0; n < hello.n; n++) { /* every cut */
        EXPECT_EQ(dtls_filter_records(bytes_of(d, n), false, out), 0);
        EXPECT(!dtls_is_handshake(bytes_of(d, n)));
    }
    struct bytes alert = record(d, 21, bytes_of("\2\50", 2));
    EXPECT_EQ(dtls_filter_records(alert, false, out), 0);
    EXPECT(!dtls_is_handshake(alert));
    struct bytes ccs = record(d, 20, bytes_of("\1", 1));
    EXPECT_EQ(dtls_filter_records(ccs, false, out), ccs.n);
    EXPECT(!dtls_is_handshake(ccs));
    d[1] = 3; /* another version */
    EXPECT_EQ(dtls_filter_records(ccs, false, out), 0);
    struct bytes zero = handshake(d, 11, bytes_of(body, 20));
    d[24] = 0; /* fragment length 0 of a message of 20 */
    EXPECT_EQ(dtls_filter_records(zero, false, out), 0);
    struct bytes huge = handshake(d, 11, bytes_of(body, 20));
    d[14] = 1; /* message length 65556 */
    EXPECT_EQ(dtls_filter_records(huge, false, out), 0);
}

TEST(mixed_datagram_keeps_its_good_records) {
    uint8_t a[DTLS_MTU], b[DTLS_MTU], both[2 * DTLS_MTU], out[DTLS_DATAGRAM_MAX], body[20] = {0};
    struct bytes alert = record(a, 21, bytes_of("\2\50", 2));
    struct bytes cert = handshake(b, 11, bytes_of(body, sizeof(body)));
    memcpy(both, alert.p, alert.n);
    memcpy(both + alert.n, cert.p, cert.n);
    EXPECT_EQ(dtls_filter_records(bytes_of(both, alert.n + cert.n), false, out), cert.n);
    EXPECT(memcmp(out, cert.p, cert.n) == 0);
    EXPECT(dtls_is_handshake(bytes_of(both, alert.n + cert.n)));
    EXPECT_EQ(dtls_filter_records(bytes_of(both, DTLS_DATAGRAM_MAX + 1), false, out), 0);
}
