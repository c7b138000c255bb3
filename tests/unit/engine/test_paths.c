/* Whose address is whose, and where media goes. */
#include "media/transport/transport.h"
#include "tests/unit/engine/rig.h"

static struct rig r;

static const struct engine_counters *counters(void) {
    return engine_counters(r.engine);
}

/* What was sent to an address at which nobody of ours is. */
static unsigned sent_to(struct addr to) {
    unsigned n = 0;
    for (unsigned i = 0; i < r.n_strays; i++) {
        n += addr_eq(&r.strays[i].to, &to) ? r.strays[i].datagrams : 0;
    }
    return n;
}

/* A participant forges the address of another, of this tour or of any: it does not get it. */
TEST(an_address_in_use_is_not_given_away) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *victim = rig_join(&r, 2), *thief = rig_join(&r, 3);
    client_video(a, CAM, true);
    unsigned got = client_count(victim, STAGE);
    for (int i = 0; i < 10; i++) {
        unsigned replies = victim->stun_replies;
        client_check_from(thief, &victim->addr, true);
        EXPECT_EQ(victim->stun_replies, replies); /* nor is it told that it was tried */
        client_video(a, CAM, false);
        rig_run(&r, 500 * US_PER_MS);
    }
    EXPECT_EQ(client_count(victim, STAGE), got + 10);
    EXPECT_EQ(counters()->addresses_refused, 10);
    EXPECT(rig_count(&r, MEDIA_PEER_GONE, 0) == 0);
    rig_free(&r);
}

/* An address that nobody has proven to be theirs is nobody's: who really is there can have it. */
TEST(an_address_cannot_be_kept_from_its_owner) {
    REQUIRE(rig_init(&r));
    struct client *thief = rig_join(&r, 1), *late = client_new(&r, 2);
    late->mute_checks = true; /* it has not joined yet: what it gets it does not understand */
    client_check_from(thief, &late->addr, true);
    late->mute_checks = false;
    late->answer_len = 0;
    late->stun_replies = 0;
    client_join(late);
    rig_free(&r);
}

/* Spoofed checks with USE-CANDIDATE from a third party's address, and genuine sound beside them. */
TEST(a_third_party_is_sent_no_media) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    struct addr third = addr_v4(198, 51, 100, 7, 4444);
    client_video(a, CAM, true);
    unsigned got = client_count(v, STAGE);
    for (int i = 0; i < 400; i++) {
        if (i % 50 == 0) {
            client_check_from(v, &third, true);
        }
        client_video(a, CAM, false);
        client_audio(v, 60);
        got++;
        rig_run(&r, 100 * US_PER_MS);
        v->n_got = 0;
    }
    EXPECT(sent_to(third) <= 8 * 2); /* an answer and a challenge each */
    EXPECT_EQ(counters()->paths_proven, 0);
    client_video(a, CAM, false);
    EXPECT_EQ(client_count(v, STAGE), 1);
    rig_free(&r);
}

/* Bytes sent to an address from which a check, a hello and n bytes of junk came; *ret_in: what that
 * was. */
static uint64_t answered(size_t n, uint64_t *ret_in) {
    struct client *v = client_new(&r, 1);
    uint8_t hello[PACKET_CAP], junk[200] = {22};
    memset(junk + 1, 0xff, sizeof(junk) - 1);
    EXPECT_EQ(engine_peer_add(r.engine, r.now, &v->params), OK);
    const struct addr third = addr_v4(198, 51, 100, 7, 4444);
    client_check_from(v, &third, true);
    v->dtls = dtls_new(rig_identity(true), dtls_identity_fingerprint(rig_identity(false)), true);
    CHECK(v->dtls);
    dtls_start(v->dtls, r.now);
    rig_send(&r, &third, hello, dtls_output(v->dtls, hello, sizeof(hello)));
    rig_send(&r, &third, junk, n);
    *ret_in = counters()->bytes_in;
    rig_run(&r, 29 * US_PER_S);
    for (unsigned i = 0; i < r.n_strays; i++) {
        if (addr_eq(&r.strays[i].to, &third)) {
            return r.strays[i].bytes;
        }
    }
    return 0;
}

/* A forged hello is answered with at most three times its size, wherever a datagram ends. */
TEST(a_handshake_is_not_amplified) {
    for (size_t n = 20; n <= 200; n += 20) {
        uint64_t in = 0;
        REQUIRE(rig_init(&r));
        uint64_t out = answered(n, &in);
        EXPECT(out > in);
        EXPECT(out <= 3 * in);
        rig_free(&r);
    }
}

/* A client whose hello has been answered with as much as it may be, all of it in vain: of the
 * datagrams that the server has for it some are held back. Returns the hello's length. */
static size_t unheard(struct client *v, uint8_t hello[PACKET_CAP]) {
    const struct addr own = v->addr;
    EXPECT_EQ(engine_peer_add(r.engine, r.now, &v->params), OK);
    client_check(v, true);
    v->dtls = dtls_new(rig_identity(true), dtls_identity_fingerprint(rig_identity(false)), true);
    CHECK(v->dtls);
    dtls_start(v->dtls, r.now);
    size_t n = dtls_output(v->dtls, hello, PACKET_CAP);
    v->addr = addr_v4(0, 0, 0, 0, 0); /* nothing arrives */
    rig_send(&r, &own, hello, n);
    rig_run(&r, 5 * US_PER_S);
    v->addr = own;
    EXPECT_EQ(v->dtls_in, 0);
    return n;
}

/* Not when the handshake's timer expires, which is a second by then. */
TEST(what_was_held_back_goes_out_when_the_address_has_answered) {
    REQUIRE(rig_init(&r));
    struct client *v = client_new(&r, 1);
    uint8_t hello[PACKET_CAP];
    (void)unheard(v, hello);
    client_check(v, true);
    EXPECT_EQ(v->challenges, 1);
    EXPECT(v->connected);
    rig_free(&r);
}

/* The client repeats its hello and does not check again: it is asked whether it is there. */
TEST(what_is_held_back_asks_whether_the_address_answers) {
    REQUIRE(rig_init(&r));
    struct client *v = client_new(&r, 1);
    uint8_t hello[PACKET_CAP];
    size_t n = unheard(v, hello);
    rig_send(&r, &v->addr, hello, n);
    EXPECT_EQ(v->challenges, 1);
    EXPECT(v->connected);
    rig_free(&r);
}

/* A client of an older kind, that does not answer checks: each thing it sends lets out more. */
TEST(what_was_held_back_goes_out_as_more_comes_in) {
    REQUIRE(rig_init(&r));
    struct client *v = client_new(&r, 1);
    uint8_t hello[PACKET_CAP];
    v->mute_checks = true;
    (void)unheard(v, hello);
    for (unsigned i = 0; i < 8 && v->dtls_in == 0; i++) {
        client_check(v, true);
    }
    EXPECT(v->dtls_in > 0);
    rig_free(&r);
}

/* The client moves; the new address is used as soon as it has answered. */
TEST(a_move_takes_one_round_trip) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    client_video(a, CAM, true);
    v->addr = addr_v4(203, 0, 113, 9, 50000);
    v->mute_checks = true; /* not yet */
    client_check(v, true);
    EXPECT_EQ(v->challenges, 1);
    client_video(a, CAM, false);
    EXPECT_EQ(client_count(v, STAGE), 1);
    v->mute_checks = false;
    rig_run(&r, 100 * US_PER_MS);
    client_check(v, true);
    EXPECT_EQ(v->challenges, 2);
    EXPECT_EQ(counters()->paths_proven, 1);
    client_video(a, CAM, false);
    EXPECT_EQ(client_count(v, STAGE), 2);
    client_check(v, true);
    EXPECT_EQ(v->challenges, 2); /* it is known now */
    rig_free(&r);
}

/* The same address and port by TCP is another path: it has to be checked, and is answered on. */
TEST(a_connection_is_a_path_of_its_own) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    client_video(a, CAM, true);
    uint64_t unknown = counters()->drop_unknown_address;
    struct addr udp = v->addr;
    v->addr.via = 7;
    client_audio(v, 20);
    EXPECT_EQ(counters()->drop_unknown_address, unknown + 1);
    client_check(v, true);
    unsigned before = sent_to(udp);
    client_video(a, CAM, false);
    EXPECT_EQ(client_count(v, STAGE), 2);
    EXPECT_EQ(sent_to(udp), before);
    v->addr.via = 8; /* it was cut off, and connects again */
    client_check(v, true);
    client_video(a, CAM, false);
    EXPECT_EQ(client_count(v, STAGE), 3);
    rig_free(&r);
}

/* What was sent to the old address until then is gone, and browsers wait for three seconds before
 * they say so. */
TEST(who_has_moved_without_a_word_gets_a_picture) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    client_video(a, CAM, true);
    rig_run(&r, US_PER_S);
    unsigned plis = a->n_pli;
    client_check(v, true);
    v->addr = addr_v4(203, 0, 113, 9, 50000);
    client_check(v, true); /* at once: nothing is lost */
    client_video(a, CAM, false);
    EXPECT_EQ(client_count(v, STAGE), 2);
    EXPECT_EQ(a->n_pli, plis);
    v->alive = false;
    rig_run(&r, PATH_LOST);
    v->addr = addr_v4(203, 0, 113, 9, 50001);
    client_check(v, true);
    rig_pump(&r);
    EXPECT_EQ(counters()->paths_proven, 2);
    EXPECT_EQ(a->n_pli, plis + 1);
    rig_free(&r);
}

/* Aggressive nominators name every pair: the one of higher priority stays (RFC 8445 section 8.1.1).
 */
TEST(the_better_of_two_nominated_addresses_is_used) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    struct addr wifi = v->addr, mobile = addr_v4(203, 0, 113, 9, 50000);
    client_video(a, CAM, true);
    v->priority = 1000;
    v->addr = mobile;
    client_check(v, true);
    client_video(a, CAM, false);
    EXPECT_EQ(client_count(v, STAGE), 1); /* it went to wifi, which nobody hears here */
    EXPECT_EQ(sent_to(wifi), 1);
    rig_run(&r, 1100 * US_PER_MS); /* wifi has fallen silent */
    client_check(v, true);
    client_video(a, CAM, false);
    EXPECT_EQ(client_count(v, STAGE), 2);
    rig_free(&r);
}

/* We answer from the address that we were asked at, or a browser takes it for somebody else's. */
TEST(answers_leave_from_the_address_that_was_asked) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = client_new(&r, 2);
    v->server = addr_v4(192, 0, 2, 77, 0);
    client_join(v);
    client_video(a, CAM, true);
    EXPECT_EQ(client_count(v, STAGE), 1);
    EXPECT(addr_eq(&v->got_from, &v->server));
    EXPECT(addr_eq(&a->got_from, &a->server)); /* unknown there: any */
    rig_free(&r);
}

/* A check is repeated before its answer can be back: the answer to any of them counts. */
TEST(an_answer_may_be_late) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    uint8_t first[sizeof(v->answer)];
    client_video(a, CAM, true);
    v->addr = addr_v4(203, 0, 113, 9, 50000);
    v->mute_checks = true; /* what it says is under way for longer than it waits to check again */
    client_check(v, true);
    size_t n = 20u + be16(v->answer + 2);
    memcpy(first, v->answer, n);
    for (unsigned i = 0; i < 5; i++) {
        rig_run(&r, 150 * US_PER_MS);
        client_check(v, true);
    }
    EXPECT_EQ(v->challenges, 6);
    rig_send(&r, &v->addr, first, n);
    EXPECT_EQ(counters()->paths_proven, 1);
    client_video(a, CAM, false);
    EXPECT_EQ(client_count(v, STAGE), 2);
    rig_free(&r);
}

/* Who has been away is asked a key frame for when it can get one: not at its first check, which
 * proves nothing yet. */
TEST(a_key_frame_is_asked_for_when_it_can_be_sent) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    client_video(a, CAM, true);
    v->alive = false;
    for (unsigned i = 0; i < 9; i++) {
        rig_run(&r, US_PER_S);
        client_video(a, CAM, false);
    }
    v->addr = addr_v4(203, 0, 113, 9, 50000);
    v->mute_checks = true;
    client_check(v, true);
    rig_run(&r, 100 * US_PER_MS);
    client_video(a, CAM, true); /* nobody can get it */
    unsigned plis = a->n_pli, got = client_count(v, STAGE);
    v->mute_checks = false;
    client_check(v, true);
    EXPECT_EQ(counters()->paths_proven, 1);
    EXPECT_EQ(a->n_pli, plis + 1);
    client_video(a, CAM, true);
    EXPECT_EQ(client_count(v, STAGE), got + 1);
    rig_free(&r);
}

/* RFC 8445 section 9: after a restart it is the new nomination that counts, whatever its priority.
 */
TEST(a_restart_forgets_what_was_nominated) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    struct ice_credentials fresh = v->params.ice;
    struct addr wifi = v->addr;
    client_video(a, CAM, true);
    snprintf(fresh.local_ufrag, sizeof(fresh.local_ufrag), "again2");
    EXPECT_EQ(engine_peer_restart(r.engine, r.now, 2, &fresh), OK);
    v->params.ice = fresh;
    client_audio(v, 40); /* wifi is heard until the end */
    client_video(a, CAM, false);
    EXPECT_EQ(client_count(v, STAGE), 2);
    v->priority = 1000;
    v->addr = addr_v4(203, 0, 113, 9, 50000);
    client_check(v, true);
    client_video(a, CAM, false);
    EXPECT_EQ(client_count(v, STAGE), 3);
    EXPECT_EQ(sent_to(wifi), 0);
    rig_free(&r);
}

/* Check with these credentials; the number of replies. */
static unsigned check_with(struct client *c, const struct ice_credentials *ice) {
    struct ice_credentials now = c->params.ice;
    unsigned before = c->stun_replies;
    c->params.ice = *ice;
    client_check(c, true);
    c->params.ice = now;
    return c->stun_replies - before;
}

static struct ice_credentials restart(struct client *c, const char *generation) {
    struct ice_credentials *ice = &c->params.ice;
    snprintf(ice->local_ufrag, sizeof(ice->local_ufrag), "ours%s", generation);
    snprintf(ice->local_pwd, sizeof(ice->local_pwd), "server-password-again-%s", generation);
    snprintf(ice->remote_ufrag, sizeof(ice->remote_ufrag), "theirs%s", generation);
    snprintf(ice->remote_pwd, sizeof(ice->remote_pwd), "client-password-again-%s", generation);
    EXPECT_EQ(engine_peer_restart(r.engine, r.now, c->params.peer, ice), OK);
    return *ice;
}

/* RFC 8445 section 9: the old pair is used, and so its consent given, until a new one is. */
TEST(a_restart_makes_before_it_breaks) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    struct ice_credentials old = v->params.ice;
    struct addr wifi = v->addr;
    client_video(a, CAM, true);
    struct ice_credentials fresh = restart(v, "1");
    EXPECT_EQ(check_with(v, &old), 1);
    client_video(a, CAM, false);
    EXPECT_EQ(client_count(v, STAGE), 2);
    v->addr = addr_v4(203, 0, 113, 9, 50000);
    v->mute_checks = true; /* the new pair is nominated, but not proven */
    EXPECT_EQ(check_with(v, &fresh), 1);
    v->addr = wifi;
    EXPECT_EQ(check_with(v, &old), 1);
    client_video(a, CAM, false);
    EXPECT_EQ(client_count(v, STAGE), 3);
    v->addr = addr_v4(203, 0, 113, 9, 50000);
    v->mute_checks = false;
    rig_run(&r, 100 * US_PER_MS);
    EXPECT_EQ(check_with(v, &fresh), 1);
    client_video(a, CAM, false);
    EXPECT_EQ(client_count(v, STAGE), 4);
    EXPECT_EQ(check_with(v, &old), 0); /* it is over */
    rig_free(&r);
}

/* Chromium nominates no new pair before it has given up the old one, seconds after it was gone. */
TEST(who_restarts_and_has_left_is_followed_before_it_nominates) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    struct addr wifi = v->addr;
    client_video(a, CAM, true);
    rig_run(&r, US_PER_S);
    restart(v, "1");
    unsigned plis = a->n_pli;
    v->addr = addr_v4(203, 0, 113, 9, 50000);
    client_check(v, false); /* the old address has just been heard */
    client_video(a, CAM, false);
    EXPECT_EQ(client_count(v, STAGE), 1);
    EXPECT(sent_to(wifi) > 0);
    v->alive = false;
    rig_run(&r, PATH_LOST);
    client_check(v, false);
    rig_pump(&r);
    EXPECT_EQ(a->n_pli, plis + 1); /* what went to the old one is lost */
    client_video(a, CAM, true);
    EXPECT_EQ(client_count(v, STAGE), 2);
    rig_free(&r);
}

/* A restart that was never finished (its answer was lost with the signalling connection) is not
 * what the client's pair was made with. */
TEST(a_second_restart_keeps_the_pair_in_use) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    struct ice_credentials old = v->params.ice;
    client_video(a, CAM, true);
    struct ice_credentials lost = restart(v, "1"), fresh = restart(v, "2");
    EXPECT_EQ(check_with(v, &old), 1);
    EXPECT_EQ(check_with(v, &lost), 0);
    EXPECT_EQ(check_with(v, &fresh), 1);
    EXPECT_EQ(check_with(v, &old), 0);
    lost = restart(v, "3"); /* this time it is the pair of the one before */
    EXPECT_EQ(check_with(v, &fresh), 1);
    client_video(a, CAM, false);
    EXPECT_EQ(client_count(v, STAGE), 2);
    rig_free(&r);
}

/* Who moves between restart and answer is followed with the credentials that it has. */
TEST(the_old_pair_may_move_during_a_restart) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    struct ice_credentials old = v->params.ice;
    client_video(a, CAM, true);
    struct ice_credentials fresh = restart(v, "1");
    v->params.ice = old; /* it does not know better */
    v->addr = addr_v4(203, 0, 113, 9, 50000);
    client_check(v, true);
    EXPECT_EQ(counters()->paths_proven, 1);
    client_video(a, CAM, false);
    EXPECT_EQ(client_count(v, STAGE), 2);
    v->params.ice = fresh;
    v->addr = addr_v4(203, 0, 113, 9, 50001);
    client_check(v, true);
    client_video(a, CAM, false);
    EXPECT_EQ(client_count(v, STAGE), 3);
    v->addr = addr_v4(203, 0, 113, 9, 50000);
    EXPECT_EQ(check_with(v, &old), 0); /* and does not get it back */
    rig_free(&r);
}

TEST(a_ufrag_of_a_restart_belongs_to_one) {
    REQUIRE(rig_init(&r));
    struct client *v = rig_join(&r, 2), *w = rig_join(&r, 3);
    struct ice_credentials old = v->params.ice;
    restart(v, "1");
    EXPECT_EQ(engine_peer_restart(r.engine, r.now, 3, &old), ERR_EXISTS);
    EXPECT_EQ(engine_peer_restart(r.engine, r.now, 3, &v->params.ice), ERR_EXISTS);
    EXPECT_EQ(engine_peer_restart(r.engine, r.now, 2, &old), ERR_EXISTS);
    EXPECT_EQ(check_with(w, &w->params.ice), 1);
    EXPECT_EQ(engine_peer_remove(r.engine, r.now, 2), OK);
    EXPECT_EQ(engine_peer_restart(r.engine, r.now, 3, &old), OK); /* both are free */
    rig_free(&r);
}
