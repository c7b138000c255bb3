/* A client with which nothing can be agreed: it is told, its session ends with the reason. */
#include "tests/unit/engine/rig.h"
#include "tests/unit/test.h"

/* A ClientHello as OpenSSL writes it (seed corpus of fuzz_dtls), without its 16-bit length. */
static size_t read_hello(const char *name, uint8_t *out, size_t cap) {
    char path[512];
    uint8_t len[2];
    snprintf(path, sizeof(path), "%s/../fuzz/corpus/dtls/%s", TEST_DATA, name);
    FILE *f = fopen(path, "rb");
    CHECK(f && fread(len, 1, 2, f) == 2 && be16(len) <= cap);
    CHECK(fread(out, 1, be16(len), f) == be16(len));
    fclose(f);
    return be16(len);
}

static void expect_refused(const char *hello, enum dtls_failure why) {
    static struct rig r;
    uint8_t d[1500];
    REQUIRE(rig_init(&r));
    struct client *c = client_new(&r, 1);
    EXPECT_EQ(engine_peer_add(r.engine, r.now, &c->params), OK);
    client_check(c, true);
    size_t n = read_hello(hello, d, sizeof(d));
    rig_send(&r, &c->addr, d, n);
    rig_pump(&r);
    EXPECT_EQ(c->dtls_in, 1); /* the alert */
    EXPECT_EQ(rig_count(&r, MEDIA_PEER_FAILED, 1), 1);
    EXPECT_EQ(r.events[0].reason, ERR_UNSUPPORTED);
    EXPECT_EQ(r.events[0].handshake, why);
    EXPECT_EQ(engine_counters(r.engine)->dtls_failed, 1);
    rig_send(&r, &c->addr, d, n);
    rig_pump(&r);
    EXPECT_EQ(c->dtls_in, 1);
    rig_free(&r);
}

TEST(other_srtp_profiles_end_a_join_at_once) {
    expect_refused("other_profiles", DTLS_FAILURE_PROFILE);
}

TEST(other_cipher_suites_end_a_join_at_once) {
    expect_refused("other_suites", DTLS_FAILURE_SUITE);
}
