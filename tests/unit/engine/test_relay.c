/* One tour on two workers: two engines and what they tell each other. The rig's own is worker 0 and
 * the home; the second one has a client of its own. */
#include "tests/unit/engine/rig.h"

static struct rig r, other;

/* Carry everything until nothing moves any more. */
static void exchange(void) {
    bool any;
    do {
        struct relay m;
        any = false;
        rig_pump(&r);
        rig_pump(&other);
        while (engine_relay(r.engine, &m)) {
            EXPECT_EQ(m.to, 1);
            engine_relay_input(other.engine, other.now, &m);
            rig_pump(&other);
            any = true;
        }
        while (engine_relay(other.engine, &m)) {
            EXPECT_EQ(m.to, 0);
            engine_relay_input(r.engine, r.now, &m);
            rig_pump(&r);
            any = true;
        }
    } while (any);
}

static void run(us_t duration) {
    for (us_t left = duration; left > 0; left -= 10 * US_PER_MS) {
        rig_run(&r, 10 * US_PER_MS);
        rig_run(&other, 10 * US_PER_MS);
        exchange();
    }
}

static bool init(void) {
    if (!rig_init(&r) || !rig_init(&other)) {
        return false;
    }
    other.config.worker = 1;
    rig_restart(&other);
    EXPECT_EQ(engine_tour_span(r.engine, r.now, TOUR, 0, 2), OK);
    EXPECT_EQ(engine_tour_span(other.engine, other.now, TOUR, 0, 1), OK);
    return true;
}

static void done(void) {
    engine_free(r.engine); /* each holds packets of the other's pool */
    engine_free(other.engine);
    r.engine = other.engine = NULL;
    rig_free(&r);
    rig_free(&other);
}

TEST(a_source_is_seen_on_the_other_worker) {
    REQUIRE(init());
    struct client *a = rig_join(&r, 1), *v = rig_join(&other, 2);
    client_video(a, CAM, true);
    client_audio(a, 40);
    exchange();
    EXPECT_EQ(client_count(v, STAGE), 1);
    EXPECT_EQ(client_count(v, AUDIO0), 1);
    EXPECT_EQ(rig_shows(&other, v, STAGE), 1);
    for (int i = 0; i < 20; i++) {
        client_video(a, CAM, false);
        exchange();
    }
    EXPECT_EQ(client_count(v, STAGE), 21);
    client_nack(v, STAGE, v->got[5].seq); /* answered from the replica's cache */
    EXPECT_EQ(engine_counters(other.engine)->rtx_out, 1);
    EXPECT_EQ(engine_counters(r.engine)->rtx_out, 0);
    done();
}

static void layer(struct client *c, uint8_t number, bool keyframe) {
    client_send(c, &(struct packet_spec){
                       .line = CAM, .layer = number, .keyframe = keyframe, .marker = true});
    exchange();
}

TEST(layers_are_seen_on_the_other_worker) {
    REQUIRE(init());
    struct client *a = client_new(&r, 1), *v = rig_join(&other, 2);
    client_simulcast(a);
    client_join(a);
    layer(a, 1, true);
    EXPECT_EQ(client_count(v, STAGE), 1);
    layer(a, 0, true);
    layer(a, 1, false);
    layer(a, 0, false);
    EXPECT_EQ(client_count(v, STAGE), 3);
    EXPECT_EQ(client_last(v, STAGE)->number, 4);
    for (int i = 0; i < 50; i++) {
        layer(a, 1, false);
        if (i < 30) {
            layer(a, 0, false);
        }
        run(30 * US_PER_MS);
    }
    EXPECT_EQ(client_count(v, STAGE), 33);
    EXPECT_EQ(a->pli_ssrc, client_stream(a, CAM, 1)->ssrc); /* asked for across */
    layer(a, 1, true);
    EXPECT_EQ(client_count(v, STAGE), 34);
    *client_stream(a, CAM, 0) = (struct stream){.ssrc = 4711, .next = 7, .ts = 9};
    run(US_PER_S);
    layer(a, 1, false);
    layer(a, 0, true); /* anew, with numbers of its own */
    layer(a, 0, false);
    EXPECT_EQ(client_count(v, STAGE), 37);
    EXPECT_EQ(client_last(v, STAGE)->number, a->number);
    done();
}

TEST(who_comes_later_is_introduced) {
    REQUIRE(rig_init(&r) && rig_init(&other));
    other.config.worker = 1;
    rig_restart(&other);
    struct client *a = rig_join(&r, 1);
    client_video(a, CAM, true);
    run(100 * US_PER_MS);
    EXPECT_EQ(engine_tour_span(other.engine, other.now, TOUR, 0, 1), OK);
    EXPECT_EQ(engine_tour_span(r.engine, r.now, TOUR, 0, 2), OK);
    exchange();
    struct client *v = rig_join(&other, 2);
    exchange();
    EXPECT_EQ(rig_shows(&other, v, STAGE), 1);
    EXPECT_EQ(a->n_pli, 1); /* nothing is cached there: it is asked for where it comes from */
    client_video(a, CAM, true);
    exchange();
    EXPECT_EQ(client_count(v, STAGE), 1);
    done();
}

/* Orders and messages race: the other worker has not got its tour yet when it is introduced. */
TEST(whichever_order_comes_first) {
    REQUIRE(rig_init(&r) && rig_init(&other));
    other.config.worker = 1;
    rig_restart(&other);
    struct client *a = rig_join(&r, 1);
    client_video(a, CAM, true);
    EXPECT_EQ(engine_tour_remove(other.engine, TOUR), OK);
    EXPECT_EQ(engine_tour_span(r.engine, r.now, TOUR, 0, 2), OK);
    exchange(); /* to nobody */
    EXPECT_EQ(engine_tour_add(other.engine, TOUR), OK);
    EXPECT_EQ(engine_tour_span(other.engine, other.now, TOUR, 0, 1), OK);
    exchange();
    struct client *v = rig_join(&other, 2);
    client_video(a, CAM, true);
    exchange();
    EXPECT_EQ(client_count(v, STAGE), 1);
    done();
}

TEST(pauses_restarts_and_ends_are_followed) {
    REQUIRE(init());
    struct client *a = rig_join(&r, 1), *v = rig_join(&other, 2);
    client_video(a, CAM, true);
    exchange();
    EXPECT_EQ(engine_source_mute(r.engine, r.now, 1, SOURCE_CAMERA, true), OK);
    exchange();
    EXPECT_EQ(rig_shows(&other, v, STAGE), 0);
    EXPECT_EQ(engine_source_mute(r.engine, r.now, 1, SOURCE_CAMERA, false), OK);
    exchange();
    client_video(a, CAM, true);
    exchange();
    EXPECT_EQ(rig_shows(&other, v, STAGE), 1);
    EXPECT_EQ(client_count(v, STAGE), 2);
    run(1100 * US_PER_MS);
    a->streams[CAM] = (struct stream){.ssrc = 4711, .next = 7, .ts = 9};
    client_video(a, CAM, true);
    exchange();
    EXPECT_EQ(client_count(v, STAGE), 3);
    EXPECT_EQ(v->got[2].seq, (uint16_t)(v->got[0].seq + 2));
    EXPECT_EQ(engine_peer_remove(r.engine, r.now, 1), OK);
    exchange();
    EXPECT_EQ(rig_shows(&other, v, STAGE), 0);
    done();
}

/* What closes a gap here closes it there. */
TEST(padding_leaves_no_gap_on_the_other_worker) {
    REQUIRE(init());
    struct client *a = rig_join(&r, 1), *v = rig_join(&other, 2);
    client_video(a, CAM, true);
    client_send(a, &(struct packet_spec){.line = CAM, .padding = true});
    client_video(a, CAM, false);
    exchange();
    REQUIRE(client_count(v, STAGE) == 2);
    EXPECT_EQ(v->got[1].seq, (uint16_t)(v->got[0].seq + 1));
    done();
}

/* Everybody hears the same voices, whoever judges. */
TEST(the_home_judges_who_speaks) {
    REQUIRE(init());
    struct client *a = rig_join(&r, 1), *b = rig_join(&other, 2), *v = rig_join(&other, 3);
    client_video(a, CAM, true);
    client_video(b, CAM, true);
    for (int i = 0; i < 60; i++) {
        client_audio(a, 80);
        client_audio(b, 20);
        client_video(a, CAM, i % 10 == 0);
        client_video(b, CAM, i % 10 == 0);
        run(20 * US_PER_MS);
        v->n_got = 0;
    }
    EXPECT_EQ(rig_speaker(&r), 2);
    EXPECT_EQ(rig_shows(&other, v, STAGE), 2);
    for (int i = 0; i < 60; i++) {
        client_audio(a, 20);
        client_audio(b, 80);
        client_video(a, CAM, i % 10 == 0);
        client_video(b, CAM, i % 10 == 0);
        run(20 * US_PER_MS);
        v->n_got = 0;
    }
    EXPECT_EQ(rig_speaker(&r), 1);
    EXPECT_EQ(rig_shows(&other, v, STAGE), 1);
    EXPECT(rig_count(&other, MEDIA_SPEAKER, 0) <= 2);
    done();
}

/* The recorder hears of a tour from its home, in one order, also of what others receive. */
TEST(the_home_taps_what_others_receive) {
    REQUIRE(init());
    struct client *b = rig_join(&other, 2);
    EXPECT_EQ(engine_tour_tap(r.engine, r.now, TOUR, true), OK);
    client_video(b, CAM, true);
    exchange();
    EXPECT_EQ(rig_taps(&r, TAP_SOURCE_ON, 2), 1);
    EXPECT_EQ(rig_taps(&r, TAP_RTP, 2), 1);
    EXPECT_EQ(rig_taps(&other, TAP_SOURCE_ON, 0), 0);
    EXPECT_EQ(r.taps[r.n_taps - 1].participant, 2);
    unsigned plis = b->n_pli;
    for (int i = 0; i < 120; i++) { /* and key frames are asked for, every ten seconds */
        client_video(b, CAM, false);
        run(100 * US_PER_MS);
    }
    EXPECT(b->n_pli > plis);
    EXPECT_EQ(engine_peer_consent(other.engine, other.now, 2, false), OK);
    exchange();
    EXPECT_EQ(rig_taps(&r, TAP_SOURCE_OFF, 2), 1);
    done();
}

/* Lip sync: the reports of a source are known on both workers. */
TEST(sender_reports_cross) {
    REQUIRE(init());
    struct client *a = rig_join(&r, 1), *v = rig_join(&other, 2);
    client_video(a, CAM, true);
    client_sr(a, CAM, ntp_from_wall((wall_t){1800000000000000}), a->streams[CAM].ts + 27000);
    exchange();
    run(600 * US_PER_MS);
    REQUIRE(v->n_sr > 0);
    /* 300 ms ahead of its packets, as its sender has said. */
    int32_t ahead = (int32_t)(v->sr.rtp_ts - v->got[0].ts);
    int64_t passed = (v->rtcp_at - US_PER_S) * 9 / 100;
    EXPECT(ahead - passed > 27000 - 900 && ahead - passed < 27000 + 900);
    done();
}

TEST(a_span_that_makes_no_sense_is_refused) {
    REQUIRE(rig_init(&r));
    EXPECT_EQ(engine_tour_span(r.engine, r.now, 9999, 0, 2), ERR_UNKNOWN);
    EXPECT_EQ(engine_tour_span(r.engine, r.now, TOUR, 0, 1), ERR_RANGE);
    EXPECT_EQ(engine_tour_span(r.engine, r.now, TOUR, 1, 4), ERR_RANGE);
    rig_free(&r);
}

/* A viewer's flood of requests does not become one of messages. */
TEST(requests_for_a_key_frame_cross_once) {
    REQUIRE(init());
    struct client *a = rig_join(&r, 1), *v = rig_join(&other, 2);
    client_video(a, CAM, true);
    exchange();
    run(1100 * US_PER_MS);
    unsigned crossed = 0;
    struct relay m;
    for (unsigned i = 0; i < 100; i++) {
        client_pli(v, STAGE);
        while (engine_relay(other.engine, &m)) {
            crossed += m.type == RELAY_KEY;
            engine_relay_input(r.engine, r.now, &m);
            rig_pump(&r);
        }
    }
    EXPECT_EQ(crossed, 1);
    exchange();
    unsigned plis = a->n_pli;
    EXPECT(plis > 0);
    client_video(a, CAM, true);
    exchange();
    client_pli(v, STAGE); /* it has come since: the next one is another */
    EXPECT(engine_relay(other.engine, &m));
    EXPECT_EQ(m.type, RELAY_KEY);
    done();
}

/* What has found no room at its origin's reserve is not kept here either. */
TEST(the_reserve_of_the_origin_is_kept) {
    REQUIRE(rig_init(&r) && rig_init(&other));
    other.config.worker = 1;
    rig_restart(&other);
    packet_pool_free(r.pool);
    r.pool = packet_pool_new(128);
    r.config.pool_packets = 128;
    r.config.pool_reserve = 64;
    rig_restart(&r);
    EXPECT_EQ(engine_tour_span(r.engine, r.now, TOUR, 0, 2), OK);
    EXPECT_EQ(engine_tour_span(other.engine, other.now, TOUR, 0, 1), OK);
    struct client *a = rig_join(&r, 1), *v = rig_join(&other, 2);
    client_video(a, CAM, true);
    exchange();
    for (unsigned i = 0; i < 120; i++) {
        client_video(a, CAM, false);
        exchange();
    }
    EXPECT_EQ(client_count(v, STAGE), 121);
    EXPECT(packet_pool_idle(r.pool) >= 63);
    done();
}

/* A flood of what may get lost leaves room for what must not. */
TEST(skips_leave_room_for_changes) {
    REQUIRE(init());
    EXPECT_EQ(engine_tour_span(r.engine, r.now, TOUR, 0, ~1ull), OK);
    struct relay m;
    while (engine_relay(r.engine, &m)) {
    }
    struct client *a = rig_join(&r, 1);
    client_video(a, CAM, true);
    while (engine_relay(r.engine, &m)) {
        if (m.type == RELAY_PACKET) {
            packet_unref(m.packet.packet);
        }
    }
    r.hold = true;
    for (unsigned i = 0; i < 50; i++) {
        client_send(a, &(struct packet_spec){.line = CAM, .padding = true});
    }
    client_audio(a, 40);
    r.hold = false;
    unsigned told = 0;
    while (engine_relay(r.engine, &m)) {
        told += m.type == RELAY_ON;
        if (m.type == RELAY_PACKET) {
            packet_unref(m.packet.packet);
        }
    }
    EXPECT_EQ(told, 63);
    done();
}

/* What the limit of a publisher's m-line cuts off is not missed by who is on another worker. */
TEST(a_cut_picture_goes_on_without_a_hole_on_the_other_worker) {
    REQUIRE(rig_init(&r) && rig_init(&other));
    r.config.police[SOURCE_CAMERA] = (struct police_limit){.packets = 100};
    other.config.worker = 1;
    rig_restart(&r);
    rig_restart(&other);
    EXPECT_EQ(engine_tour_span(r.engine, r.now, TOUR, 0, 2), OK);
    EXPECT_EQ(engine_tour_span(other.engine, other.now, TOUR, 0, 1), OK);
    struct client *a = rig_join(&r, 1), *v = rig_join(&other, 2);
    client_video(a, CAM, true);
    for (unsigned i = 0; i < 120; i++) {
        client_video(a, CAM, false);
        exchange();
    }
    unsigned got = client_count(v, STAGE);
    EXPECT(got >= 100 && got < 120);
    uint16_t seq = client_last(v, STAGE)->seq;
    run(600 * US_PER_MS);
    EXPECT_EQ(a->n_pli, 1);
    client_video(a, CAM, false);
    client_video(a, CAM, true);
    exchange();
    EXPECT_EQ(client_count(v, STAGE), got + 1);
    EXPECT(client_last(v, STAGE)->keyframe);
    EXPECT_EQ(client_last(v, STAGE)->seq, (uint16_t)(seq + 1));
    done();
}
