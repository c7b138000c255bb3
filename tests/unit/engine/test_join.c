/* Joining: ICE, DTLS, and what ends it. */
#include "tests/unit/engine/rig.h"

TEST(join_validates_and_shakes_hands) {
    static struct rig r;
    REQUIRE(rig_init(&r));
    struct client *c = rig_join(&r, 1);
    EXPECT_EQ(rig_count(&r, MEDIA_PEER_CONNECTED, 1), 1);
    EXPECT_EQ(c->keys.profile, SRTP_PROFILE_AEAD_AES_128_GCM);
    struct peer_stats s;
    EXPECT_EQ(engine_peer_stats(r.engine, 1, &s), OK);
    EXPECT(s.connected);
    EXPECT_EQ(s.participant, 1);
    EXPECT_EQ(s.tour, TOUR);
    EXPECT_EQ(engine_counters(r.engine)->dtls_done, 1);
    EXPECT_EQ(engine_counters(r.engine)->drop_stun, 0);
    rig_free(&r);
}

TEST(publish_and_receive) {
    static struct rig r;
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *b = rig_join(&r, 2);
    client_video(a, CAM, true);
    client_video(a, CAM, false);
    client_audio(a, 20);
    EXPECT_EQ(client_count(b, STAGE), 2);
    EXPECT_EQ(client_count(b, AUDIO0), 1);
    EXPECT_EQ(a->n_got, 0);
    EXPECT_EQ(rig_shows(&r, b, STAGE), 1);
    EXPECT_EQ(rig_shows(&r, b, AUDIO0), 1);
    const struct got *g = client_last(b, STAGE);
    REQUIRE(g);
    EXPECT_EQ(g->sender, 1);
    EXPECT_EQ(g->number, 2);
    EXPECT(g->marker);
    g = client_last(b, AUDIO0);
    EXPECT(g && g->has_level && g->level == 20);
    rig_free(&r);
}

/* It offered setup:passive: the first check has us begin. */
static struct client *join_waiting(struct rig *r, uint64_t handle, bool ready) {
    struct client *c = client_new(r, handle);
    c->params.dtls_active = true;
    if (ready) {
        c->dtls =
            dtls_new(rig_identity(true), dtls_identity_fingerprint(rig_identity(false)), false);
    }
    EXPECT_EQ(engine_peer_add(r->engine, r->now, &c->params), OK);
    client_check(c, true);
    return c;
}

TEST(a_client_that_waits_is_met) {
    static struct rig r;
    REQUIRE(rig_init(&r));
    struct client *a = join_waiting(&r, 1, true), *b = rig_join(&r, 2);
    REQUIRE(a->connected);
    EXPECT_EQ(rig_count(&r, MEDIA_PEER_CONNECTED, 1), 1);
    client_video(a, CAM, true);
    EXPECT_EQ(client_count(b, STAGE), 1);
    client_video(b, CAM, true);
    EXPECT(client_count(a, STAGE) + client_count(a, GALLERY0) > 0);
    client_close(a); /* and its close_notify is understood */
    EXPECT_EQ(rig_count(&r, MEDIA_PEER_GONE, 1), 1);
    struct client *c = join_waiting(&r, 3, true);
    EXPECT_EQ(engine_peer_remove(r.engine, r.now, 3), OK);
    rig_pump(&r);
    EXPECT(c->closed); /* as is ours */
    rig_free(&r);
}

/* It is not ready for our first flight: that is repeated, within what an address that is not proven
 * may be sent. */
TEST(a_client_that_waits_may_be_late) {
    static struct rig r;
    REQUIRE(rig_init(&r));
    struct client *a = join_waiting(&r, 1, false);
    a->alive = true;
    a->check_at = r.now + 100 * US_PER_MS;
    rig_run(&r, 60 * US_PER_MS);
    EXPECT(a->dtls_in > 0 && !a->connected);
    a->dtls = dtls_new(rig_identity(true), dtls_identity_fingerprint(rig_identity(false)), false);
    rig_run(&r, 2 * US_PER_S);
    EXPECT(a->connected);
    EXPECT_EQ(rig_count(&r, MEDIA_PEER_CONNECTED, 1), 1);
    rig_free(&r);
}

/* Each check of a batch is answered, its address is asked, and what our flight waits for is asked
 * once more: the most that a batch can cause. */
TEST(a_client_that_waits_checks_from_everywhere) {
    static struct rig r;
    REQUIRE(rig_init(&r));
    struct client *a = join_waiting(&r, 1, false);
    for (unsigned i = 0; i < 60; i++) {
        uint8_t junk[80] = {22};
        memset(junk + 1, 0xff, sizeof(junk) - 1);
        for (unsigned k = 0; k < 2; k++) { /* more may be sent: for the question, not the flight */
            rig_send(&r, &a->addr, junk, 15 + i);
        }
        rig_run(&r, 110 * US_PER_MS);
        r.hold = true;
        for (uint16_t k = 0; k < ENGINE_BATCH_MAX; k++) {
            struct addr from = addr_v4(198, 51, 100, (uint8_t)(1 + i), (uint16_t)(2000 + k));
            client_check_from(a, &from, false);
        }
        r.hold = false;
        rig_pump(&r);
    }
    EXPECT_EQ(engine_counters(r.engine)->drop_full, 0);
    rig_free(&r);
}

/* Nobody but the client of the offer is met. */
TEST(a_client_that_waits_must_have_its_certificate) {
    static struct rig r;
    REQUIRE(rig_init(&r));
    struct client *a = client_new(&r, 1);
    a->params.dtls_active = true;
    a->params.fingerprint[5] ^= 1;
    a->dtls = dtls_new(rig_identity(true), dtls_identity_fingerprint(rig_identity(false)), false);
    EXPECT_EQ(engine_peer_add(r.engine, r.now, &a->params), OK);
    client_check(a, true);
    EXPECT_EQ(rig_count(&r, MEDIA_PEER_CONNECTED, 1), 0);
    EXPECT_EQ(engine_counters(r.engine)->dtls_failed, 1);
    rig_free(&r);
}

/* What ends a handshake is a datagram of ours that the client cannot answer. */

#define CHANGE_CIPHER_SPEC 20

static unsigned ends_lost; /* of the last flights to come */

/* Who is somewhere else for a moment gets nothing. */
static void lose_ends(struct rig *r, const struct datagram *d) {
    struct client *c = r->clients[0];
    bool lost = d->data[0] == CHANGE_CIPHER_SPEC && ends_lost > 0;
    ends_lost -= lost;
    c->addr.port = (uint16_t)(lost ? 1 : 40000 + c->params.peer);
}

static struct client *join_without_end(struct rig *r, unsigned lost) {
    struct client *c = client_new(r, 1);
    ends_lost = lost;
    r->watch = lose_ends;
    EXPECT_EQ(engine_peer_add(r->engine, r->now, &c->params), OK);
    client_check(c, true);
    client_hello(c); /* and the rig lets it repeat nothing */
    EXPECT_EQ(ends_lost, 0);
    EXPECT_EQ(rig_count(r, MEDIA_PEER_CONNECTED, 1), 1);
    EXPECT(!c->connected);
    return c;
}

TEST(a_lost_end_is_said_again_unasked) {
    static struct rig r;
    REQUIRE(rig_init(&r));
    struct client *c = join_without_end(&r, 1);
    rig_run(&r, 49 * US_PER_MS);
    EXPECT(!c->connected);
    rig_run(&r, 1 * US_PER_MS);
    EXPECT(c->connected);
    rig_free(&r);
    REQUIRE(rig_init(&r));
    c = join_without_end(&r, 1);
    ends_lost = 3;
    rig_run(&r, 749 * US_PER_MS); /* 50 + 100 + 200 + 400 */
    EXPECT(!c->connected);
    rig_run(&r, 1 * US_PER_MS);
    EXPECT(c->connected);
    rig_free(&r);
}

TEST(an_end_is_said_again_until_the_client_has_it) {
    static struct rig r;
    REQUIRE(rig_init(&r));
    struct client *c = rig_join(&r, 1);
    unsigned before = c->dtls_in;
    rig_run(&r, 100 * US_PER_MS);
    EXPECT_EQ(c->dtls_in, before + 1);
    client_audio(c, 20); /* sealed: it has the keys */
    rig_run(&r, 10 * US_PER_S);
    EXPECT_EQ(c->dtls_in, before + 1);
    c = rig_join(&r, 2); /* has nothing to say */
    before = c->dtls_in;
    rig_run(&r, 10 * US_PER_S);
    EXPECT(c->dtls_in > before + 5 && c->dtls_in < before + 15);
    EXPECT_EQ(rig_count(&r, MEDIA_PEER_GONE, 0), 0);
    rig_free(&r);
}

/* libwebrtc and NSS wait 50 ms before they repeat theirs: 50 ms after ours, whatever the way. */
TEST(the_first_repetition_of_a_client_is_answered) {
    static const uint8_t finished[14] = {22, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 9, 0, 1, 0};
    static struct rig r;
    REQUIRE(rig_init(&r));
    struct client *c = rig_join(&r, 1);
    rig_run(&r, 45 * US_PER_MS); /* by a clock that is faster than ours */
    unsigned before = c->dtls_in;
    for (unsigned i = 0; i < 4; i++) { /* the datagrams of one flight of its */
        rig_send(&r, &c->addr, finished, sizeof(finished));
    }
    EXPECT_EQ(c->dtls_in, before + 1);
    rig_free(&r);
}
