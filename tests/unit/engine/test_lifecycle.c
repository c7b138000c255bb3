/* What ends a peer, what moves it, and what it may not do. */
#include "tests/unit/engine/rig.h"

static const struct engine_counters *counters(const struct rig *r) {
    return engine_counters(r->engine);
}

TEST(anonymous_and_forged_checks_get_no_answer) {
    static struct rig r;
    static const uint8_t anonymous[20] = {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42};
    REQUIRE(rig_init(&r));
    struct client *c = client_new(&r, 1);
    EXPECT_EQ(engine_peer_add(r.engine, r.now, &c->params), OK);
    rig_send(&r, &c->addr, anonymous, sizeof(anonymous));
    struct ice_credentials good = c->params.ice;
    snprintf(c->params.ice.local_pwd, sizeof(c->params.ice.local_pwd), "guess-guess-guess-guess");
    client_check(c, true);
    c->params.ice = good;
    snprintf(c->params.ice.local_ufrag, sizeof(c->params.ice.local_ufrag), "nobody");
    client_check(c, true);
    EXPECT_EQ(c->stun_replies, 0);
    EXPECT_EQ(counters(&r)->stun_in, 3);
    EXPECT_EQ(counters(&r)->drop_stun, 3);
    EXPECT_EQ(r.datagrams, 0);
    c->params.ice = good;
    client_check(c, true);
    EXPECT_EQ(c->stun_replies, 1);
    rig_free(&r);
}

TEST(nothing_but_stun_from_an_unknown_address) {
    static struct rig r;
    static const uint8_t rtp[40] = {0x80, 96}, rtcp[28] = {0x80, 200, 0, 6}, other[4] = {100};
    REQUIRE(rig_init(&r));
    struct client *c = client_new(&r, 1);
    EXPECT_EQ(engine_peer_add(r.engine, r.now, &c->params), OK);
    client_hello(c); /* before any check */
    EXPECT(!c->connected);
    EXPECT_EQ(c->dtls_in, 0);
    EXPECT_EQ(counters(&r)->drop_unknown_address, 1);
    rig_send(&r, &c->addr, rtp, sizeof(rtp));
    rig_send(&r, &c->addr, rtcp, sizeof(rtcp));
    EXPECT_EQ(counters(&r)->drop_unknown_address, 3);
    rig_send(&r, &c->addr, other, sizeof(other));
    EXPECT_EQ(counters(&r)->drop_other, 1);
    EXPECT_EQ(r.datagrams, 0);
    rig_free(&r);
}

TEST(media_before_keys_is_dropped) {
    static struct rig r;
    static const uint8_t rtp[40] = {0x80, 96};
    REQUIRE(rig_init(&r));
    struct client *c = client_new(&r, 1);
    EXPECT_EQ(engine_peer_add(r.engine, r.now, &c->params), OK);
    client_check(c, false);
    rig_send(&r, &c->addr, rtp, sizeof(rtp));
    EXPECT_EQ(counters(&r)->drop_srtp, 1);
    rig_free(&r);
}

TEST(wrong_fingerprint_fails_the_peer) {
    static struct rig r;
    REQUIRE(rig_init(&r));
    struct client *c = client_new(&r, 1);
    c->params.fingerprint[0] ^= 1;
    EXPECT_EQ(engine_peer_add(r.engine, r.now, &c->params), OK);
    client_check(c, true);
    client_hello(c);
    EXPECT_EQ(rig_count(&r, MEDIA_PEER_FAILED, 1), 1);
    EXPECT_EQ(rig_count(&r, MEDIA_PEER_CONNECTED, 1), 0);
    EXPECT_EQ(r.events[0].reason, ERR_AUTH);
    EXPECT_EQ(counters(&r)->dtls_failed, 1);
    struct peer_stats s;
    EXPECT_EQ(engine_peer_stats(r.engine, 1, &s), ERR_UNKNOWN);
    rig_free(&r);
}

TEST(join_times_out) {
    static struct rig r;
    REQUIRE(rig_init(&r));
    struct client *c = client_new(&r, 1);
    EXPECT_EQ(engine_peer_add(r.engine, r.now, &c->params), OK);
    EXPECT_EQ(engine_deadline(r.engine), r.now + 30 * US_PER_S);
    rig_run(&r, 30 * US_PER_S - 1);
    EXPECT_EQ(rig_count(&r, MEDIA_PEER_FAILED, 1), 0);
    rig_run(&r, 1);
    EXPECT_EQ(rig_count(&r, MEDIA_PEER_FAILED, 1), 1);
    EXPECT_EQ(r.events[0].reason, ERR_AGAIN);
    EXPECT_EQ(engine_deadline(r.engine), US_NEVER);
    EXPECT_EQ(engine_peer_add(r.engine, r.now, &c->params), OK); /* its handle is free again */
    rig_free(&r);
}

TEST(a_lost_finished_is_sent_again) {
    static struct rig r;
    REQUIRE(rig_init(&r));
    struct client *c = client_new(&r, 1);
    EXPECT_EQ(engine_peer_add(r.engine, r.now, &c->params), OK);
    client_check(c, true);
    c->dtls = dtls_new(rig_identity(true), dtls_identity_fingerprint(rig_identity(false)), true);
    REQUIRE(c->dtls);
    dtls_start(c->dtls, r.now);
    /* Deliver by hand until the server is done, then lose what it says. */
    static struct train t;
    struct datagram d;
    uint8_t out[PACKET_CAP];
    size_t n;
    while (rig_count(&r, MEDIA_PEER_CONNECTED, 1) == 0) {
        while ((n = dtls_output(c->dtls, out, sizeof(out))) > 0) {
            struct packet *k = packet_take(r.pool);
            REQUIRE(k);
            k->from = c->addr;
            k->len = (uint16_t)n;
            memcpy(k->data, out, n);
            engine_input(r.engine, r.now, k);
            struct media_event e;
            while (engine_event(r.engine, &e)) {
                r.events[r.n_events++] = e;
            }
            bool done = r.n_events > 0;
            while (engine_output(r.engine, r.now, &t)) {
                size_t at = 0;
                if (!done && train_next(&t, &at, &d)) {
                    client_input(c, r.now, &d);
                }
            }
        }
    }
    EXPECT(!c->connected);
    for (int i = 0; i < 20 && !c->connected; i++) {
        r.now = dtls_deadline(c->dtls);
        EXPECT_EQ(dtls_timeout(c->dtls, r.now), DTLS_HANDSHAKING);
        rig_pump(&r);
    }
    EXPECT(c->connected);
    EXPECT_EQ(counters(&r)->dtls_done, 1);
    rig_free(&r);
}

TEST(silence_pauses_media_and_ends_the_peer) {
    static struct rig r;
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *b = rig_join(&r, 2);
    client_video(a, CAM, true);
    EXPECT_EQ(client_count(b, STAGE), 1);
    b->alive = false;
    us_t silent_from = r.now;
    rig_run(&r, 8 * US_PER_S - 1);
    client_video(a, CAM, true);
    EXPECT_EQ(client_count(b, STAGE), 2);
    rig_run(&r, 1);
    unsigned datagrams = r.datagrams;
    client_video(a, CAM, true);
    EXPECT_EQ(client_count(b, STAGE), 2);
    EXPECT_EQ(r.datagrams, datagrams);
    rig_run(&r, silent_from + 15 * US_PER_S - 1 - r.now);
    EXPECT_EQ(rig_count(&r, MEDIA_PEER_GONE, 2), 0);
    rig_run(&r, 1);
    EXPECT_EQ(rig_count(&r, MEDIA_PEER_GONE, 2), 1);
    EXPECT_EQ(rig_count(&r, MEDIA_PEER_GONE, 1), 0);
    rig_free(&r);
}

TEST(a_peer_that_comes_back_gets_a_key_frame) {
    static struct rig r;
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *b = rig_join(&r, 2);
    client_video(a, CAM, true);
    b->alive = false;
    for (int i = 0; i < 10; i++) {
        rig_run(&r, US_PER_S);
        client_video(a, CAM, false);
    }
    unsigned plis = a->n_pli, got = client_count(b, STAGE);
    EXPECT_EQ(got, 8);
    client_check(b, true);
    EXPECT_EQ(a->n_pli, plis + 1);
    client_video(a, CAM, true);
    EXPECT_EQ(client_count(b, STAGE), got + 1);
    EXPECT_EQ(rig_count(&r, MEDIA_PEER_GONE, 0), 0);
    rig_free(&r);
}

TEST(media_follows_a_nominated_address) {
    static struct rig r;
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *b = rig_join(&r, 2);
    client_video(a, CAM, true);
    struct addr wifi = a->addr, old = b->addr;
    b->addr = addr_v4(203, 0, 113, 9, 50000);
    client_check(b, false); /* a probe moves nothing */
    rig_run(&r, 100 * US_PER_MS);
    b->addr = old;
    client_video(a, CAM, false);
    EXPECT_EQ(client_count(b, STAGE), 2);
    b->addr = addr_v4(203, 0, 113, 9, 50000);
    client_check(b, true);
    client_video(a, CAM, false);
    EXPECT_EQ(client_count(b, STAGE), 3);
    /* The publisher moves too; what it sent by the old way still counts. */
    a->addr = addr_v4(203, 0, 113, 8, 50001);
    client_check(a, true);
    struct addr mobile = a->addr;
    a->addr = wifi;
    client_video(a, CAM, false);
    EXPECT_EQ(client_count(b, STAGE), 4);
    rig_run(&r, 2 * US_PER_S);
    a->addr = mobile;
    client_check(a, true);
    r.now += 11 * US_PER_S;
    client_check(a, true);
    client_check(b, true);
    a->addr = wifi; /* by now the old address is forgotten */
    uint64_t dropped = counters(&r)->drop_unknown_address;
    client_video(a, CAM, false);
    EXPECT_EQ(counters(&r)->drop_unknown_address, dropped + 1);
    rig_free(&r);
}

TEST(an_address_changes_hands) {
    static struct rig r;
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *b = rig_join(&r, 2), *c = client_new(&r, 3);
    client_video(a, CAM, true);
    c->addr = b->addr; /* the page was reloaded and got the same port */
    b->addr = addr_v4(192, 0, 2, 250, 1);
    b->alive = false;
    rig_run(&r, 5 * US_PER_S); /* until it is sure that the old page is not there */
    client_join(c);
    client_video(a, CAM, true);
    EXPECT_EQ(client_last(c, STAGE)->number, 2);
    EXPECT_EQ(client_count(b, STAGE), 1);
    rig_run(&r, 15 * US_PER_S);
    EXPECT_EQ(rig_count(&r, MEDIA_PEER_GONE, 2), 1);
    client_video(a, CAM, true);
    EXPECT(client_count(c, STAGE) >= 1);
    EXPECT_EQ(client_last(c, STAGE)->number, 3);
    rig_free(&r);
}

TEST(ice_restart_keeps_keys_and_streams) {
    static struct rig r;
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *b = rig_join(&r, 2);
    client_video(a, CAM, true);
    struct ice_credentials old = b->params.ice, fresh = old;
    snprintf(fresh.local_ufrag, sizeof(fresh.local_ufrag), "again2");
    snprintf(fresh.local_pwd, sizeof(fresh.local_pwd), "another-server-password");
    EXPECT_EQ(engine_peer_restart(r.engine, r.now, 2, &a->params.ice), ERR_EXISTS);
    EXPECT_EQ(engine_peer_restart(r.engine, r.now, 9, &fresh), ERR_UNKNOWN);
    EXPECT_EQ(engine_peer_restart(r.engine, r.now, 2, &fresh), OK);
    client_video(a, CAM, false);
    EXPECT_EQ(client_count(b, STAGE), 2);
    unsigned replies = b->stun_replies;
    client_check(b, true); /* the old pair is still in use */
    EXPECT_EQ(b->stun_replies, replies + 1);
    b->params.ice = fresh;
    b->addr = addr_v4(203, 0, 113, 9, 50000);
    client_check(b, true);
    EXPECT_EQ(b->stun_replies, replies + 2);
    client_video(a, CAM, false);
    EXPECT_EQ(client_count(b, STAGE), 3);
    EXPECT_EQ(b->got[2].seq, (uint16_t)(b->got[0].seq + 2));
    rig_free(&r);
}

TEST(removed_peers_say_bye) {
    static struct rig r;
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *b = rig_join(&r, 2);
    client_video(a, CAM, true);
    client_audio(a, 10);
    EXPECT_EQ(engine_peer_remove(r.engine, r.now, 2), OK);
    EXPECT_EQ(engine_peer_remove(r.engine, r.now, 2), ERR_UNKNOWN);
    rig_pump(&r);
    EXPECT_EQ(b->n_bye, 2); /* one for each slot that had sent */
    EXPECT_EQ(rig_count(&r, MEDIA_PEER_GONE, 0), 0);
    unsigned got = b->n_got;
    client_video(a, CAM, true);
    EXPECT_EQ(b->n_got, got);
    EXPECT_EQ(engine_tour_remove(r.engine, TOUR), OK);
    EXPECT_EQ(engine_tour_remove(r.engine, TOUR), ERR_UNKNOWN);
    unsigned events = r.n_events;
    rig_pump(&r);
    EXPECT_EQ(r.n_events, events); /* a removed tour tells nothing */
    EXPECT_EQ(engine_deadline(r.engine), US_NEVER);
    rig_free(&r);
}

TEST(a_seat_is_taken_over_at_once) {
    static struct rig r;
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *b = rig_join(&r, 2);
    client_video(b, CAM, true);
    EXPECT_EQ(rig_shows(&r, a, STAGE), 2);
    EXPECT_EQ(engine_peer_remove(r.engine, r.now, 2), OK);
    struct client *again = client_new(&r, 3);
    again->params.participant = 2;
    client_join(again);
    client_video(again, CAM, true);
    EXPECT_EQ(rig_shows(&r, a, STAGE), 2);
    EXPECT_EQ(client_count(a, STAGE), 2);
    rig_free(&r);
}

TEST(commands_refuse_what_cannot_be) {
    static struct rig r;
    REQUIRE(rig_init(&r));
    EXPECT_EQ(engine_tour_add(r.engine, TOUR), ERR_EXISTS);
    for (uint64_t t = 100; t < 103; t++) {
        EXPECT_EQ(engine_tour_add(r.engine, t), OK);
    }
    EXPECT_EQ(engine_tour_add(r.engine, 103), ERR_FULL);
    EXPECT_EQ(engine_tour_tap(r.engine, r.now, 999, true), ERR_UNKNOWN);
    EXPECT_EQ(engine_pin(r.engine, r.now, 1, 2), ERR_UNKNOWN);
    EXPECT_EQ(engine_peer_consent(r.engine, r.now, 1, true), ERR_UNKNOWN);
    EXPECT_EQ(engine_source_mute(r.engine, r.now, 1, SOURCE_CAMERA, true), ERR_UNKNOWN);
    struct client *c = client_new(&r, 1);
    struct session_params good = c->params;
    EXPECT_EQ(engine_peer_add(r.engine, r.now, &good), OK);
    EXPECT_EQ(engine_peer_add(r.engine, r.now, &good), ERR_EXISTS);
    struct session_params bad = good;
    bad.peer = 2;
    EXPECT_EQ(engine_peer_add(r.engine, r.now, &bad), ERR_EXISTS); /* its ufrag */
    snprintf(bad.ice.local_ufrag, sizeof(bad.ice.local_ufrag), "x");
    bad.tour = 999;
    EXPECT_EQ(engine_peer_add(r.engine, r.now, &bad), ERR_UNKNOWN);
    bad.tour = TOUR;
    for (unsigned i = 0; i < 15; i++) {
        bad.peer = 10 + i;
        snprintf(bad.ice.local_ufrag, sizeof(bad.ice.local_ufrag), "u%u", i);
        EXPECT_EQ(engine_peer_add(r.engine, r.now, &bad), OK);
    }
    bad.peer = 99;
    snprintf(bad.ice.local_ufrag, sizeof(bad.ice.local_ufrag), "u99");
    EXPECT_EQ(engine_peer_add(r.engine, r.now, &bad), ERR_FULL);
    rig_free(&r);
}

/* Each spoils a good session in one way. */
static void no_peer(struct session_params *s) {
    s->peer = 0;
}
static void no_participant(struct session_params *s) {
    s->participant = 0;
}
static void many_lines(struct session_params *s) {
    s->n_lines = SESSION_LINES_MAX + 1;
}
static void both_directions(struct session_params *s) {
    s->lines[CAM].slot = SLOT_STAGE;
}
static void no_direction(struct session_params *s) {
    s->lines[CAM].source = SOURCE_NONE;
}
static void strange_source(struct session_params *s) {
    s->lines[CAM].source = SOURCE_KIND_COUNT;
}
static void strange_codec(struct session_params *s) {
    s->lines[CAM].codec = CODEC_COUNT;
}
static void audio_codec_for_video(struct session_params *s) {
    s->lines[CAM].codec = CODEC_OPUS;
}
static void big_pt(struct session_params *s) {
    s->lines[STAGE].pt = 128;
}
static void big_rtx_pt(struct session_params *s) {
    s->lines[STAGE].rtx_pt = 200;
}
static void big_ext(struct session_params *s) {
    s->lines[STAGE].ext.id[RTP_EXT_MID] = 15;
}
static void no_mid(struct session_params *s) {
    s->lines[STAGE].mid[0] = 0;
}
static void endless_mid(struct session_params *s) {
    memset(s->lines[STAGE].mid, 'm', sizeof(s->lines[STAGE].mid));
}
static void same_mid(struct session_params *s) {
    memcpy(s->lines[STAGE].mid, s->lines[CAM].mid, sizeof(s->lines[CAM].mid));
}
static void no_ssrc(struct session_params *s) {
    s->lines[STAGE].ssrc = 0;
}
static void no_rtx_ssrc(struct session_params *s) {
    s->lines[STAGE].rtx_ssrc = 0;
}
static void same_ssrc(struct session_params *s) {
    s->lines[STAGE].ssrc = s->lines[AUDIO0].ssrc;
}
static void rtx_is_ssrc(struct session_params *s) {
    s->lines[STAGE].rtx_ssrc = s->lines[STAGE].ssrc;
}
static void five_sources(struct session_params *s) {
    for (unsigned i = STAGE; i < STAGE + 2; i++) {
        s->lines[i].slot = SLOT_NONE;
        s->lines[i].source = SOURCE_CAMERA;
    }
}
static void no_pwd(struct session_params *s) {
    s->ice.local_pwd[0] = 0;
}
static void endless_cname(struct session_params *s) {
    memset(s->cname, 'c', sizeof(s->cname));
}

TEST(sessions_out_of_range_are_refused) {
    static void (*const spoil[])(struct session_params *) = {
        no_peer,      no_participant, many_lines,    both_directions,
        no_direction, strange_source, strange_codec, audio_codec_for_video,
        big_pt,       big_rtx_pt,     big_ext,       no_mid,
        endless_mid,  same_mid,       no_ssrc,       no_rtx_ssrc,
        same_ssrc,    rtx_is_ssrc,    five_sources,  no_pwd,
        endless_cname};
    static struct rig r;
    REQUIRE(rig_init(&r));
    struct client *c = client_new(&r, 1);
    for (size_t i = 0; i < ARRAY_LEN(spoil); i++) {
        struct session_params s = c->params;
        spoil[i](&s);
        enum err err = engine_peer_add(r.engine, r.now, &s);
        EXPECT_EQ(err, ERR_RANGE);
    }
    EXPECT_EQ(engine_peer_add(r.engine, r.now, &c->params), OK);
    rig_free(&r);
}

TEST_ALLOC(join_without_memory) {
    static struct rig r;
    if (!rig_init(&r)) {
        EXPECT(mem_failed());
        return;
    }
    struct client *c = client_new(&r, 1), *b = client_new(&r, 2);
    enum err err = engine_peer_add(r.engine, r.now, &b->params);
    EXPECT(err == OK || (err == ERR_NOMEM && mem_failed()));
    err = engine_peer_add(r.engine, r.now, &c->params);
    EXPECT(err == OK || (err == ERR_NOMEM && mem_failed()));
    if (err == OK) {
        client_check(c, true);
        client_hello(c);
        EXPECT(c->connected || mem_failed());
    }
    if (c->connected && rig_count(&r, MEDIA_PEER_CONNECTED, 1) == 1) {
        client_video(c, CAM, true);
        client_video(c, CAM, true);
        EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_ON, 1), 1);
    }
    rig_free(&r);
}

TEST(a_lost_flight_is_sent_again_in_time) {
    static struct rig r;
    REQUIRE(rig_init(&r));
    struct client *c = client_new(&r, 1);
    EXPECT_EQ(engine_peer_add(r.engine, r.now, &c->params), OK);
    for (int i = 0; i < 4; i++) { /* so that there is room for another flight: test_paths.c */
        client_check(c, true);
    }
    struct addr here = c->addr;
    c->dtls = dtls_new(rig_identity(true), dtls_identity_fingerprint(rig_identity(false)), true);
    REQUIRE(c->dtls);
    dtls_start(c->dtls, r.now);
    uint8_t hello[PACKET_CAP];
    size_t n = dtls_output(c->dtls, hello, sizeof(hello));
    c->addr = addr_v4(192, 0, 2, 99, 1); /* what the engine says now is lost */
    rig_send(&r, &here, hello, n);
    EXPECT_EQ(c->dtls_in, 0);
    unsigned lost = r.datagrams;
    c->addr = here;
    EXPECT_EQ(engine_deadline(r.engine), r.now + 50 * US_PER_MS);
    rig_run(&r, 50 * US_PER_MS);
    EXPECT(r.datagrams > lost);
    EXPECT(c->connected);
    EXPECT_EQ(counters(&r)->dtls_done, 1);
    rig_free(&r);
}

TEST(only_so_many_addresses_are_kept) {
    static struct rig r;
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    struct addr first = a->addr;
    client_video(a, CAM, true);
    for (uint16_t i = 0; i < 5; i++) { /* probes from everywhere; the first stays selected */
        r.now += US_PER_MS;
        a->addr = addr_v4(203, 0, 113, 1, (uint16_t)(1000 + i));
        client_check(a, false);
    }
    uint64_t unknown = counters(&r)->drop_unknown_address;
    client_video(a, CAM, false); /* from the newest */
    a->addr = addr_v4(203, 0, 113, 1, 1000);
    client_video(a, CAM, false); /* from one that had to go */
    EXPECT_EQ(counters(&r)->drop_unknown_address, unknown + 1);
    a->addr = first;
    client_video(a, CAM, false);
    EXPECT_EQ(client_count(v, STAGE), 3);
    rig_free(&r);
}

/* Either end that closes says so, and the other need not wait to notice its absence. */
TEST(who_closes_says_so) {
    static struct rig r;
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *b = rig_join(&r, 2);
    unsigned dtls_in = a->dtls_in;
    EXPECT_EQ(engine_peer_remove(r.engine, r.now, 1), OK);
    rig_pump(&r);
    EXPECT_EQ(a->dtls_in, dtls_in + 1);
    EXPECT(a->closed);
    client_close(b);
    EXPECT_EQ(rig_count(&r, MEDIA_PEER_GONE, 2), 1);
    struct peer_stats s;
    EXPECT_EQ(engine_peer_stats(r.engine, 2, &s), ERR_UNKNOWN);
    rig_free(&r);
}

/* An alert that anybody can write ends nothing. */
TEST(a_forged_alert_closes_nothing) {
    static struct rig r;
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1);
    static const uint8_t plain[] = {21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 1, 0};
    uint8_t sealed[13 + 26] = {21, 254, 253, 0, 1, 0, 0, 0, 0, 0, 9, 0, 26};
    rig_send(&r, &a->addr, plain, sizeof(plain));
    rig_send(&r, &a->addr, sealed, sizeof(sealed));
    rig_run(&r, US_PER_S);
    EXPECT_EQ(rig_count(&r, MEDIA_PEER_GONE, 1), 0);
    client_video(a, CAM, true);
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_ON, 1), 1);
    rig_free(&r);
}
