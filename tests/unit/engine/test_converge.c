/* What two workers tell each other of a tour when some of it is lost, or there is very much of it.
 */
#include "tests/unit/engine/pair.h"

/* A camera that sends, and what is due in this time. */
static void send_video(struct client *c, us_t duration) {
    for (us_t left = duration; left > 0; left -= 100 * US_PER_MS) {
        client_video(c, CAM, false);
        pair_run(100 * US_PER_MS);
    }
}

/* Whatever is lost between two workers, a second later it is as if it had not been. */
TEST(a_lost_beginning_is_told_again) {
    REQUIRE(pair_init());
    struct client *a = rig_join(&pair.home, 1), *v = rig_join(&pair.other, 2);
    pair.lose = 1u << RELAY_STATE;
    client_video(a, CAM, true);
    pair_exchange();
    EXPECT_EQ(rig_shows(&pair.other, v, STAGE), 0);
    pair.lose = 0;
    unsigned plis = a->n_pli;
    send_video(a, 1100 * US_PER_MS);
    EXPECT_EQ(rig_shows(&pair.other, v, STAGE), 1);
    EXPECT(a->n_pli > plis);
    client_video(a, CAM, true);
    pair_exchange();
    EXPECT_EQ(client_count(v, STAGE), 1);
    pair_done();
}

TEST(a_lost_pause_is_told_again) {
    REQUIRE(pair_init());
    struct client *a = rig_join(&pair.home, 1), *v = rig_join(&pair.other, 2);
    client_video(a, CAM, true);
    pair_exchange();
    pair.lose = 1u << RELAY_STATE;
    EXPECT_EQ(engine_source_mute(pair.home.engine, pair.home.now, 1, SOURCE_CAMERA, true), OK);
    pair_exchange();
    EXPECT_EQ(rig_shows(&pair.other, v, STAGE), 1);
    pair.lose = 0;
    pair_run(1100 * US_PER_MS);
    EXPECT_EQ(rig_shows(&pair.other, v, STAGE), 0);
    pair_run(10 * US_PER_S); /* and is still known: what comes next is the same source */
    EXPECT_EQ(engine_source_mute(pair.home.engine, pair.home.now, 1, SOURCE_CAMERA, false), OK);
    EXPECT_EQ(engine_tour_tap(pair.home.engine, pair.home.now, TOUR, true), OK);
    client_video(a, CAM, true);
    pair_exchange();
    EXPECT_EQ(rig_shows(&pair.other, v, STAGE), 1);
    EXPECT_EQ(client_count(v, STAGE), 2);
    pair_done();
}

/* Who has paused comes behind those who have not, on both workers. */
TEST(a_pause_of_which_nothing_is_heard_is_one) {
    REQUIRE(pair_init());
    struct client *a = rig_join(&pair.home, 1), *b = rig_join(&pair.home, 2);
    struct client *here = rig_join(&pair.home, 3), *there = rig_join(&pair.other, 4);
    client_video(a, CAM, true);
    client_video(b, CAM, true);
    pair_exchange();
    EXPECT_EQ(rig_shows(&pair.other, there, STAGE), 1);
    pair.lose = 1u << RELAY_STATE;
    EXPECT_EQ(engine_source_mute(pair.home.engine, pair.home.now, 1, SOURCE_CAMERA, true), OK);
    pair_exchange();
    EXPECT_EQ(engine_source_mute(pair.home.engine, pair.home.now, 1, SOURCE_CAMERA, false), OK);
    client_video(a, CAM, true);
    pair_exchange();
    EXPECT_EQ(rig_shows(&pair.home, here, STAGE), 2);
    EXPECT_EQ(rig_shows(&pair.other, there, STAGE), 1);
    pair.lose = 0;
    for (unsigned i = 0; i < 11; i++) {
        client_video(a, CAM, true);
        client_video(b, CAM, true);
        pair_run(100 * US_PER_MS);
    }
    EXPECT_EQ(rig_shows(&pair.other, there, STAGE), 2);
    pair_done();
}

/* Who came first comes first, also where it was heard of last. */
TEST(sources_are_in_one_order_on_all_workers) {
    REQUIRE(pair_init());
    struct client *a = rig_join(&pair.home, 1), *b = rig_join(&pair.home, 2);
    struct client *here = rig_join(&pair.home, 3), *there = rig_join(&pair.other, 4);
    pair.lose = 1u << RELAY_STATE;
    client_video(a, CAM, true);
    pair_exchange();
    pair.lose = 0;
    client_video(b, CAM, true);
    pair_exchange();
    EXPECT_EQ(rig_shows(&pair.home, here, STAGE), 1);
    EXPECT_EQ(rig_shows(&pair.other, there, STAGE), 2);
    for (unsigned i = 0; i < 11; i++) {
        client_video(a, CAM, true);
        client_video(b, CAM, true);
        pair_run(100 * US_PER_MS);
    }
    EXPECT_EQ(rig_shows(&pair.other, there, STAGE), 1);
    pair_done();
}

TEST(a_source_of_which_nothing_is_heard_is_gone) {
    REQUIRE(pair_init());
    struct client *a = rig_join(&pair.home, 1), *b = rig_join(&pair.home, 2),
                  *v = rig_join(&pair.other, 3);
    client_video(a, CAM, true);
    client_audio(b, 40);
    pair_exchange();
    pair.lose = 1u << RELAY_STATE | 1u << RELAY_GONE;
    EXPECT_EQ(engine_peer_remove(pair.home.engine, pair.home.now, 1), OK);
    pair_exchange();
    pair.lose = 0;
    EXPECT_EQ(rig_shows(&pair.other, v, STAGE), 1);
    for (unsigned i = 0; i < 60; i++) {
        client_audio(b, 40);
        pair_run(100 * US_PER_MS);
    }
    EXPECT_EQ(rig_shows(&pair.other, v, STAGE), 0);
    EXPECT_EQ(rig_shows(&pair.other, v, AUDIO0), 2); /* of this one something is heard */
    pair_done();
}

/* Whoever has been stopped for a while finds the others as they are. */
TEST(a_worker_that_stood_still_forgets_nobody) {
    REQUIRE(pair_init());
    struct client *a = rig_join(&pair.home, 1), *v = rig_join(&pair.other, 2);
    client_video(a, CAM, true);
    pair_exchange();
    rig_run(&pair.other, 10 * US_PER_S);
    EXPECT_EQ(rig_shows(&pair.other, v, STAGE), 0); /* heard of nobody for so long: as designed */
    send_video(a, 1100 * US_PER_MS);
    EXPECT_EQ(rig_shows(&pair.other, v, STAGE), 1);
    pair.other.now += 10 * US_PER_S; /* and now it runs no timers */
    for (unsigned i = 0; i < RIG_CLIENTS && pair.other.clients[i]; i++) {
        client_check(pair.other.clients[i], false);
    }
    engine_timeout(pair.other.engine, pair.other.now);
    rig_pump(&pair.other);
    EXPECT_EQ(rig_shows(&pair.other, v, STAGE), 1);
    pair_done();
}

TEST(a_lost_request_for_a_key_frame_is_made_again) {
    REQUIRE(pair_init());
    struct client *a = rig_join(&pair.home, 1);
    client_video(a, CAM, true);
    pair_run(1500 * US_PER_MS);
    client_video(a, CAM, false);
    pair_exchange();
    pair.lose = 1u << RELAY_KEY;
    struct client *v = rig_join(&pair.other, 2); /* asks for nothing itself: it has seen nothing */
    pair_exchange();
    EXPECT_EQ(rig_shows(&pair.other, v, STAGE), 1);
    unsigned plis = a->n_pli;
    pair.lose = 0;
    send_video(a, 2100 * US_PER_MS);
    EXPECT(a->n_pli > plis);
    client_video(a, CAM, true);
    pair_exchange();
    EXPECT_EQ(client_count(v, STAGE), 1);
    plis = a->n_pli;
    send_video(a, 3 * US_PER_S); /* it has come: no more is asked for */
    EXPECT_EQ(a->n_pli, plis);
    pair_done();
}

TEST(what_the_recorder_needs_is_told_again) {
    REQUIRE(pair_init());
    struct client *b = rig_join(&pair.other, 2);
    client_video(b, CAM, true);
    pair_exchange();
    pair.lose = 1u << RELAY_TAPPED;
    EXPECT_EQ(engine_tour_tap(pair.home.engine, pair.home.now, TOUR, true), OK);
    pair_exchange();
    client_video(b, CAM, true);
    send_video(b, 100 * US_PER_MS);
    pair.lose = 0;
    unsigned plis = b->n_pli;
    send_video(b, 12 * US_PER_S);
    EXPECT(b->n_pli > plis); /* it is asked for key frames all the same */
    client_video(b, CAM, true);
    pair.lose = 1u << RELAY_TAPPED;
    EXPECT_EQ(engine_tour_tap(pair.home.engine, pair.home.now, TOUR, false), OK);
    pair_exchange();
    pair.lose = 0;
    send_video(b, 1100 * US_PER_MS);
    plis = b->n_pli;
    send_video(b, 12 * US_PER_S);
    EXPECT_EQ(b->n_pli, plis); /* and then no more */
    pair_done();
}

TEST(a_lost_consent_is_told_again) {
    REQUIRE(pair_init());
    struct client *b = rig_join(&pair.other, 2);
    EXPECT_EQ(engine_tour_tap(pair.home.engine, pair.home.now, TOUR, true), OK);
    client_video(b, CAM, true);
    pair_exchange();
    pair.lose = 1u << RELAY_STATE;
    EXPECT_EQ(engine_peer_consent(pair.other.engine, pair.other.now, 2, false), OK);
    pair_exchange();
    EXPECT_EQ(rig_taps(&pair.home, TAP_SOURCE_OFF, 2), 0);
    pair.lose = 0;
    send_video(b, 1100 * US_PER_MS);
    EXPECT_EQ(rig_taps(&pair.home, TAP_SOURCE_OFF, 2), 1);
    unsigned packets = rig_taps(&pair.home, TAP_RTP, 2);
    send_video(b, 500 * US_PER_MS);
    EXPECT_EQ(rig_taps(&pair.home, TAP_RTP, 2), packets);
    pair_done();
}

TEST(a_lost_judgement_of_who_speaks_is_told_again) {
    REQUIRE(pair_init());
    struct client *a = rig_join(&pair.home, 1), *b = rig_join(&pair.other, 2);
    struct client *v = rig_join(&pair.other, 3);
    client_video(a, CAM, true);
    pair_exchange();
    rig_run(&pair.other, 10 * US_PER_MS);
    client_video(b, CAM, true);
    pair_exchange();
    EXPECT_EQ(rig_shows(&pair.other, v, STAGE), 1);
    pair.lose = 1u << RELAY_VOICES;
    for (unsigned i = 0; i < 170; i++) {
        if (i == 60) {
            EXPECT_EQ(rig_speaker(&pair.home), 2);
            EXPECT_EQ(rig_shows(&pair.other, v, STAGE), 1);
            pair.lose = 0;
        }
        client_audio(b, 20);
        client_video(a, CAM, i % 10 == 0);
        client_video(b, CAM, i % 10 == 0);
        pair_run(20 * US_PER_MS);
        v->n_got = 0;
    }
    EXPECT_EQ(rig_shows(&pair.other, v, STAGE), 2);
    pair_done();
}

/* A batch of packets is passed on whole, however many workers have the tour, and mix it. */
TEST(a_full_batch_reaches_every_worker) {
    REQUIRE(pair_init());
    EXPECT_EQ(engine_tour_span(pair.home.engine, pair.home.now, TOUR, 0, EVERYBODY), OK);
    EXPECT_EQ(engine_tour_mix(pair.home.engine, pair.home.now, TOUR, true), OK);
    struct client *a = rig_join(&pair.home, 1);
    client_audio(a, 40);
    struct relay m;
    while (engine_relay(pair.home.engine, &m)) {
        packet_unref(relay_carries(&m));
    }
    size_t idle = packet_pool_idle(pair.home.pool);
    pair.home.hold = true;
    for (unsigned i = 0; i < ENGINE_BATCH_MAX; i++) {
        client_audio(a, 40);
    }
    pair.home.hold = false;
    unsigned packets[64] = {0};
    uint64_t last[64] = {0};
    while (engine_relay(pair.home.engine, &m)) {
        if (m.type == RELAY_PACKET) {
            EXPECT(m.packet.seq > last[m.to]); /* in order */
            last[m.to] = m.packet.seq;
            packets[m.to]++;
            packet_unref(m.packet.packet);
        }
    }
    EXPECT_EQ(packets[0], 0);
    for (unsigned i = 1; i < 64; i++) {
        EXPECT_EQ(packets[i], ENGINE_BATCH_MAX);
    }
    EXPECT_EQ(engine_counters(pair.home.engine)->relay_dropped, 0);
    rig_pump(&pair.home);
    EXPECT(idle >= packet_pool_idle(pair.home.pool));
    pair_done();
}

/* Nor is a change lost where many are told at once: it is held where it is. */
TEST(all_sources_are_introduced_to_all_workers) {
    REQUIRE(pair_init());
    struct relay m;
    for (unsigned i = 0; i < 8; i++) {
        struct client *c = rig_join(&pair.home, 1 + i);
        client_video(c, CAM, true);
        client_audio(c, 40);
        pair_exchange();
    }
    EXPECT_EQ(engine_tour_span(pair.home.engine, pair.home.now, TOUR, 0, EVERYBODY), OK);
    unsigned told[64] = {0};
    while (engine_relay(pair.home.engine, &m)) {
        told[m.to] += m.type == RELAY_STATE;
    }
    for (unsigned i = 2; i < RELAY_MIX; i++) {
        EXPECT_EQ(told[i], 16);
    }
    EXPECT_EQ(engine_counters(pair.home.engine)->relay_dropped, 0);
    pair_done();
}

static void layer(struct client *c, uint8_t number, bool keyframe) {
    client_send(c, &(struct packet_spec){
                       .line = CAM, .layer = number, .keyframe = keyframe, .marker = true});
    pair_exchange();
}

/* Both layers flow for that long. */
static void send_layers(struct client *c, us_t duration) {
    for (us_t left = duration; left > 0; left -= 100 * US_PER_MS) {
        layer(c, 0, false);
        layer(c, 1, false);
        pair_run(100 * US_PER_MS);
    }
}

TEST(lost_changes_of_layers_are_told_again) {
    REQUIRE(pair_init());
    struct client *a = client_new(&pair.home, 1), *v = rig_join(&pair.other, 2);
    client_simulcast(a);
    client_join(a);
    layer(a, 1, true);
    layer(a, 1, true); /* what has been asked for has come */
    EXPECT_EQ(client_count(v, STAGE), 2);
    pair.lose = 1u << RELAY_STATE;
    layer(a, 0, true);
    pair.lose = 0;
    send_layers(a, 1100 * US_PER_MS);
    EXPECT_EQ(a->pli_ssrc, client_stream(a, CAM, 0)->ssrc); /* the other worker knows of it */
    layer(a, 0, true);
    EXPECT_EQ(client_last(v, STAGE)->number, a->number);
    *client_stream(a, CAM, 0) = (struct sent_stream){.ssrc = 4711, .next = 7, .ts = 9};
    pair.lose = 1u << RELAY_STATE;
    layer(a, 0, true); /* anew, with numbers of its own */
    for (unsigned i = 0; i < 15; i++) {
        layer(a, 1, false);
        pair_run(100 * US_PER_MS);
        layer(a, 0, false);
    }
    pair.lose = 0;
    send_layers(a, 1100 * US_PER_MS);
    layer(a, 0, true);
    EXPECT_EQ(client_last(v, STAGE)->number, a->number);
    pair_done();
}

TEST(who_waits_for_a_picture_is_not_forgotten_by_a_pause_that_was_not_heard_of) {
    REQUIRE(pair_init());
    struct client *a = rig_join(&pair.home, 1), *v = rig_join(&pair.other, 2);
    client_video(a, CAM, false); /* no key frame yet */
    pair_exchange();
    send_video(a, 2 * US_PER_S);
    EXPECT(a->n_pli > 0);
    pair.lose = 1u << RELAY_STATE;
    EXPECT_EQ(engine_source_mute(pair.home.engine, pair.home.now, 1, SOURCE_CAMERA, true), OK);
    pair_exchange();
    pair.lose = 0;
    EXPECT_EQ(engine_source_mute(pair.home.engine, pair.home.now, 1, SOURCE_CAMERA, false), OK);
    client_video(a, CAM, false);
    pair_exchange();
    send_video(a, 1100 * US_PER_MS);
    unsigned plis = a->n_pli;
    send_video(a, 5 * US_PER_S);
    EXPECT(a->n_pli > plis);
    EXPECT_EQ(client_count(v, STAGE), 0);
    client_video(a, CAM, true);
    pair_exchange();
    EXPECT_EQ(client_count(v, STAGE), 1);
    pair_done();
}

TEST(a_source_that_has_paused_is_asked_once_when_it_is_back) {
    REQUIRE(pair_init());
    struct client *a = rig_join(&pair.home, 1), *v = rig_join(&pair.other, 2);
    struct client *w = rig_join(&pair.home, 3);
    client_video(a, CAM, true);
    send_video(a, 2 * US_PER_S);
    pair_run(5 * US_PER_S); /* silent: it is off */
    unsigned asked = a->n_pli, keys = 0;
    for (int i = 0; i < 200; i++) {
        bool key = a->n_pli > asked;
        asked = a->n_pli;
        keys += key;
        client_video(a, CAM, key);
        pair_run(30 * US_PER_MS);
    }
    EXPECT_EQ(keys, 1);
    EXPECT(client_count(v, STAGE) > 190);
    EXPECT(client_count(w, STAGE) > 190);
    pair_done();
}
