/* One tour on two workers: two engines and what they tell each pair.other. The rig's own is worker
 * 0 and the home; the second one has a client of its own. */
#include "media/recv/keyframe.h"
#include "tests/unit/engine/pair.h"

TEST(a_source_is_seen_on_the_other_worker) {
    REQUIRE(pair_init());
    struct client *a = rig_join(&pair.home, 1), *v = rig_join(&pair.other, 2);
    client_video(a, CAM, true);
    client_audio(a, 40);
    pair_exchange();
    EXPECT_EQ(client_count(v, STAGE), 1);
    EXPECT_EQ(client_count(v, AUDIO0), 1);
    EXPECT_EQ(rig_shows(&pair.other, v, STAGE), 1);
    for (int i = 0; i < 20; i++) {
        client_video(a, CAM, false);
        pair_exchange();
    }
    EXPECT_EQ(client_count(v, STAGE), 21);
    client_nack(v, STAGE, v->got[5].seq); /* answered from the replica's cache */
    EXPECT_EQ(engine_counters(pair.other.engine)->rtx_out, 1);
    EXPECT_EQ(engine_counters(pair.home.engine)->rtx_out, 0);
    pair_done();
}

TEST(a_key_frame_that_is_on_its_way_is_not_asked_for_again) {
    REQUIRE(pair_init());
    struct client *a = rig_join(&pair.home, 1), *v = rig_join(&pair.other, 2);
    client_video(a, CAM, true);
    pair_exchange(); /* the other worker wants a picture before it has this one */
    for (int i = 0; i < 60; i++) {
        client_video(a, CAM, false);
        pair_run(30 * US_PER_MS);
    }
    EXPECT_EQ(client_count(v, STAGE), 61);
    EXPECT_EQ(a->n_pli, 0);
    client_pli(v, STAGE);
    pair_run(30 * US_PER_MS);
    EXPECT_EQ(a->n_pli, 1);
    pair_done();
}

/* Another worker that begins there would show a picture of half a key frame. */
TEST(a_slice_is_no_beginning_on_the_other_worker_either) {
    static const uint8_t sps[] = {0x67, 0x42}, idr[] = {0x7c, 0x85};
    static const bool begins[] = {true, false};
    REQUIRE(pair_init());
    struct client *a = client_new(&pair.home, 1);
    a->params.lines[CAM].codec = CODEC_H264;
    client_join(a);
    client_send(a, &(struct packet_spec){.line = CAM, .raw = bytes_of(sps, 2)});
    client_send(a, &(struct packet_spec){
                       .line = CAM, .inside = true, .marker = true, .raw = bytes_of(idr, 2)});
    struct relay m;
    unsigned n = 0;
    while (engine_relay(pair.home.engine, &m)) {
        if (m.type == RELAY_PACKET) {
            EXPECT(n < 2 && m.packet.keyframe == begins[n]);
            n++;
        }
        packet_unref(relay_carries(&m));
    }
    EXPECT_EQ(n, 2);
    pair_done();
}

/* As where it comes from: a key frame that was lost on its way to a viewer is soon followed. */
TEST(a_key_frame_that_was_lost_is_asked_for_soon_across_workers) {
    REQUIRE(pair_init());
    struct client *a = rig_join(&pair.home, 1), *v = rig_join(&pair.other, 2);
    client_video(a, CAM, true);
    pair_run(100 * US_PER_MS);
    EXPECT_EQ(a->n_pli, 0);
    client_pli(v, STAGE);
    pair_exchange();
    EXPECT_EQ(a->n_pli, 1);
    pair_run(20 * US_PER_MS);
    client_video(a, CAM, true);
    pair_run(100 * US_PER_MS);
    client_pli(v, STAGE);
    pair_run(KEYFRAME_GAP - 100 * US_PER_MS);
    EXPECT_EQ(a->n_pli, 2);
    pair_done();
}

static void layer(struct client *c, uint8_t number, bool keyframe) {
    client_send(c, &(struct packet_spec){
                       .line = CAM, .layer = number, .keyframe = keyframe, .marker = true});
    pair_exchange();
}

TEST(layers_are_seen_on_the_other_worker) {
    REQUIRE(pair_init());
    struct client *a = client_new(&pair.home, 1), *v = rig_join(&pair.other, 2);
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
        pair_run(30 * US_PER_MS);
    }
    EXPECT_EQ(client_count(v, STAGE), 33);
    EXPECT_EQ(a->pli_ssrc, client_stream(a, CAM, 1)->ssrc); /* asked for across */
    layer(a, 1, true);
    EXPECT_EQ(client_count(v, STAGE), 34);
    *client_stream(a, CAM, 0) = (struct sent_stream){.ssrc = 4711, .next = 7, .ts = 9};
    pair_run(US_PER_S);
    layer(a, 1, false);
    layer(a, 0, true); /* anew, with numbers of its own */
    layer(a, 0, false);
    EXPECT_EQ(client_count(v, STAGE), 37);
    EXPECT_EQ(client_last(v, STAGE)->number, a->number);
    pair_done();
}

TEST(who_comes_later_is_introduced) {
    REQUIRE(rig_init(&pair.home) && rig_init(&pair.other));
    pair.other.config.worker = 1;
    rig_restart(&pair.other);
    struct client *a = rig_join(&pair.home, 1);
    client_video(a, CAM, true);
    pair_run(100 * US_PER_MS);
    EXPECT_EQ(engine_tour_span(pair.other.engine, pair.other.now, TOUR, 0, 1), OK);
    EXPECT_EQ(engine_tour_span(pair.home.engine, pair.home.now, TOUR, 0, 2), OK);
    pair_exchange();
    struct client *v = rig_join(&pair.other, 2);
    pair_run(10 * US_PER_MS);
    EXPECT_EQ(rig_shows(&pair.other, v, STAGE), 1);
    EXPECT_EQ(client_count(v, STAGE), 1); /* a young picture goes there, too (copy.h) */
    EXPECT_EQ(a->n_pli, 0);
    client_video(a, CAM, false);
    pair_exchange();
    EXPECT_EQ(client_count(v, STAGE), 2);
    pair_done();
}

/* Orders and messages race: the other worker has not got its tour yet when it is introduced. */
TEST(whichever_order_comes_first) {
    REQUIRE(rig_init(&pair.home) && rig_init(&pair.other));
    pair.other.config.worker = 1;
    rig_restart(&pair.other);
    struct client *a = rig_join(&pair.home, 1);
    client_video(a, CAM, true);
    EXPECT_EQ(engine_tour_remove(pair.other.engine, TOUR), OK);
    EXPECT_EQ(engine_tour_span(pair.home.engine, pair.home.now, TOUR, 0, 2), OK);
    pair_exchange(); /* to nobody */
    EXPECT_EQ(engine_tour_add(pair.other.engine, TOUR), OK);
    EXPECT_EQ(engine_tour_span(pair.other.engine, pair.other.now, TOUR, 0, 1), OK);
    pair_exchange();
    struct client *v = rig_join(&pair.other, 2);
    client_video(a, CAM, true);
    pair_exchange();
    EXPECT_EQ(client_count(v, STAGE), 1);
    pair_done();
}

/* The home may introduce its voices before the other worker knows that it is not the home. */
TEST(voices_that_come_before_the_span_are_not_judged) {
    REQUIRE(rig_init(&pair.home) && rig_init(&pair.other));
    pair.other.config.worker = 1;
    rig_restart(&pair.other);
    struct client *a = rig_join(&pair.home, 1), *b = rig_join(&pair.home, 2),
                  *c = rig_join(&pair.home, 3);
    client_audio(a, 40);
    EXPECT_EQ(engine_tour_span(pair.home.engine, pair.home.now, TOUR, 0, 2), OK);
    pair_exchange();
    client_audio(a, 40); /* heard, not yet told not to judge */
    pair_exchange();
    EXPECT_EQ(engine_tour_span(pair.other.engine, pair.other.now, TOUR, 0, 1), OK);
    for (int i = 0; i < 60; i++) {
        client_audio(a, 40);
        client_audio(b, 20);
        client_audio(c, 40);
        pair_run(20 * US_PER_MS);
    }
    EXPECT_EQ(rig_speaker(&pair.home), 2);
    EXPECT(rig_count(&pair.other, MEDIA_SPEAKER, 0) == 0);
    pair_done();
}

/* Only the home says who speaks: what another believes when it has adopted its people may be old.
 */
TEST(who_speaks_is_told_by_the_home_alone) {
    static struct session_snapshot s;
    REQUIRE(pair_init());
    struct client *a = rig_join(&pair.home, 1), *v = rig_join(&pair.other, 2);
    v->deaf = true; /* the adopted one numbers as the one before */
    REQUIRE(engine_snapshot(pair.other.engine, 2, &s) == OK);
    EXPECT_EQ(engine_peer_remove(pair.other.engine, pair.other.now, 2), OK);
    EXPECT_EQ(engine_adopt(pair.other.engine, pair.other.now, &s), OK);
    for (int i = 0; i < 150; i++) { /* until those who have not come are awaited no more */
        client_audio(a, 20);
        pair_run(20 * US_PER_MS);
    }
    EXPECT_EQ(rig_speaker(&pair.home), 1);
    EXPECT_EQ(rig_count(&pair.other, MEDIA_SPEAKER, 0), 0);
    pair_done();
}

/* What a worker has told may come when the tour is shared no more, or not yet. */
TEST(a_replica_ends_although_nobody_is_told_of_the_tour) {
    struct rig *r = &pair.home;
    REQUIRE(rig_init(r) && rig_init(&pair.other));
    struct client *v = rig_join(r, 1);
    struct relay m = {.type = RELAY_STATE, .from = 1, .id = 5, .tour = TOUR};
    m.source.participant = 9;
    m.source.order = 1;
    m.source.kind = SOURCE_CAMERA;
    m.source.codec = CODEC_VP8;
    m.source.flows = 1;
    m.source.ssrc[0] = 7;
    engine_relay_input(r->engine, r->now, &m);
    rig_pump(r);
    EXPECT_EQ(rig_shows(r, v, STAGE), 9);
    rig_run(r, 6 * US_PER_S);
    EXPECT_EQ(rig_shows(r, v, STAGE), 0);
    pair_done();
}

TEST(pauses_restarts_and_ends_are_followed) {
    REQUIRE(pair_init());
    struct client *a = rig_join(&pair.home, 1), *v = rig_join(&pair.other, 2);
    client_video(a, CAM, true);
    pair_exchange();
    EXPECT_EQ(engine_source_mute(pair.home.engine, pair.home.now, 1, SOURCE_CAMERA, true), OK);
    pair_exchange();
    EXPECT_EQ(rig_shows(&pair.other, v, STAGE), 0);
    EXPECT_EQ(engine_source_mute(pair.home.engine, pair.home.now, 1, SOURCE_CAMERA, false), OK);
    pair_exchange();
    client_video(a, CAM, true);
    pair_exchange();
    EXPECT_EQ(rig_shows(&pair.other, v, STAGE), 1);
    EXPECT_EQ(client_count(v, STAGE), 2);
    pair_run(1100 * US_PER_MS);
    a->streams[CAM] = (struct sent_stream){.ssrc = 4711, .next = 7, .ts = 9};
    client_video(a, CAM, true);
    pair_exchange();
    EXPECT_EQ(client_count(v, STAGE), 3);
    EXPECT_EQ(v->got[2].seq, (uint16_t)(v->got[0].seq + 2));
    EXPECT_EQ(engine_peer_remove(pair.home.engine, pair.home.now, 1), OK);
    pair_exchange();
    EXPECT_EQ(rig_shows(&pair.other, v, STAGE), 0);
    pair_done();
}

/* What closes a gap here closes it there. */
TEST(padding_leaves_no_gap_on_the_other_worker) {
    REQUIRE(pair_init());
    struct client *a = rig_join(&pair.home, 1), *v = rig_join(&pair.other, 2);
    client_video(a, CAM, true);
    client_send(a, &(struct packet_spec){.line = CAM, .padding = true});
    client_video(a, CAM, false);
    pair_exchange();
    REQUIRE(client_count(v, STAGE) == 2);
    EXPECT_EQ(v->got[1].seq, (uint16_t)(v->got[0].seq + 1));
    pair_done();
}

/* Everybody hears the same voices, whoever judges. */
TEST(the_home_judges_who_speaks) {
    REQUIRE(pair_init());
    struct client *a = rig_join(&pair.home, 1), *b = rig_join(&pair.other, 2),
                  *v = rig_join(&pair.other, 3);
    client_video(a, CAM, true);
    client_video(b, CAM, true);
    for (int i = 0; i < 60; i++) {
        client_audio(a, 80);
        client_audio(b, 20);
        client_video(a, CAM, i % 10 == 0);
        client_video(b, CAM, i % 10 == 0);
        pair_run(20 * US_PER_MS);
        v->n_got = 0;
    }
    EXPECT_EQ(rig_speaker(&pair.home), 2);
    EXPECT_EQ(rig_shows(&pair.other, v, STAGE), 2);
    for (int i = 0; i < 60; i++) {
        client_audio(a, 20);
        client_audio(b, 80);
        client_video(a, CAM, i % 10 == 0);
        client_video(b, CAM, i % 10 == 0);
        pair_run(20 * US_PER_MS);
        v->n_got = 0;
    }
    EXPECT_EQ(rig_speaker(&pair.home), 1);
    EXPECT_EQ(rig_shows(&pair.other, v, STAGE), 1);
    EXPECT(rig_count(&pair.other, MEDIA_SPEAKER, 0) <= 2);
    pair_done();
}

/* The recorder hears of a tour from its home, in one order, also of what others receive. */
TEST(the_home_taps_what_others_receive) {
    REQUIRE(pair_init());
    struct client *b = rig_join(&pair.other, 2);
    EXPECT_EQ(engine_tour_tap(pair.home.engine, pair.home.now, TOUR, true), OK);
    client_video(b, CAM, true);
    pair_exchange();
    EXPECT_EQ(rig_taps(&pair.home, TAP_SOURCE_ON, 2), 1);
    EXPECT_EQ(rig_taps(&pair.home, TAP_RTP, 2), 1);
    EXPECT_EQ(rig_taps(&pair.other, TAP_SOURCE_ON, 0), 0);
    EXPECT_EQ(pair.home.taps[pair.home.n_taps - 1].participant, 2);
    unsigned plis = b->n_pli;
    for (int i = 0; i < 120; i++) { /* and key frames are asked for, every ten seconds */
        client_video(b, CAM, false);
        pair_run(100 * US_PER_MS);
    }
    EXPECT(b->n_pli > plis);
    EXPECT_EQ(engine_peer_consent(pair.other.engine, pair.other.now, 2, false), OK);
    pair_exchange();
    EXPECT_EQ(rig_taps(&pair.home, TAP_SOURCE_OFF, 2), 1);
    pair_done();
}

/* Lip sync: the reports of a source are known on both workers. */
TEST(sender_reports_cross) {
    REQUIRE(pair_init());
    struct client *a = rig_join(&pair.home, 1), *v = rig_join(&pair.other, 2);
    client_video(a, CAM, true);
    client_sr(a, CAM, ntp_from_wall((wall_t){1800000000000000}), a->streams[CAM].ts + 27000);
    pair_exchange();
    pair_run(600 * US_PER_MS);
    REQUIRE(v->n_sr > 0);
    /* 300 ms ahead of its packets, as its sender has said. */
    int32_t ahead = (int32_t)(v->sr.rtp_ts - v->got[0].ts);
    int64_t passed = (v->rtcp_at - US_PER_S) * 9 / 100;
    EXPECT(ahead - passed > 27000 - 900 && ahead - passed < 27000 + 900);
    pair_done();
}

TEST(a_span_that_makes_no_sense_is_refused) {
    REQUIRE(rig_init(&pair.home));
    EXPECT_EQ(engine_tour_span(pair.home.engine, pair.home.now, 9999, 0, 2), ERR_UNKNOWN);
    EXPECT_EQ(engine_tour_span(pair.home.engine, pair.home.now, TOUR, 0, 1), ERR_RANGE);
    EXPECT_EQ(engine_tour_span(pair.home.engine, pair.home.now, TOUR, 1, 4), ERR_RANGE);
    rig_free(&pair.home);
}

/* A viewer's flood of requests does not become one of messages. */
TEST(requests_for_a_key_frame_cross_once) {
    REQUIRE(pair_init());
    struct client *a = rig_join(&pair.home, 1), *v = rig_join(&pair.other, 2);
    client_video(a, CAM, true);
    pair_exchange();
    pair_run(1100 * US_PER_MS);
    unsigned crossed = 0;
    struct relay m;
    for (unsigned i = 0; i < 100; i++) {
        client_pli(v, STAGE);
        while (engine_relay(pair.other.engine, &m)) {
            crossed += m.type == RELAY_KEY;
            engine_relay_input(pair.home.engine, pair.home.now, &m);
            rig_pump(&pair.home);
        }
    }
    EXPECT_EQ(crossed, 1);
    pair_exchange();
    unsigned plis = a->n_pli;
    EXPECT(plis > 0);
    client_video(a, CAM, true);
    pair_exchange();
    client_pli(v, STAGE); /* it has come since: the next one is another */
    EXPECT(engine_relay(pair.other.engine, &m));
    EXPECT_EQ(m.type, RELAY_KEY);
    pair_done();
}

/* What has found no room at its origin's reserve is not kept here either. */
TEST(the_reserve_of_the_origin_is_kept) {
    REQUIRE(rig_init(&pair.home) && rig_init(&pair.other));
    pair.other.config.worker = 1;
    rig_restart(&pair.other);
    packet_pool_free(pair.home.pool);
    pair.home.pool = packet_pool_new(128);
    pair.home.config.pool_packets = 128;
    pair.home.config.pool_reserve = 64;
    rig_restart(&pair.home);
    EXPECT_EQ(engine_tour_span(pair.home.engine, pair.home.now, TOUR, 0, 2), OK);
    EXPECT_EQ(engine_tour_span(pair.other.engine, pair.other.now, TOUR, 0, 1), OK);
    struct client *a = rig_join(&pair.home, 1), *v = rig_join(&pair.other, 2);
    client_video(a, CAM, true);
    pair_exchange();
    for (unsigned i = 0; i < 120; i++) {
        client_video(a, CAM, false);
        pair_exchange();
    }
    EXPECT_EQ(client_count(v, STAGE), 121);
    EXPECT(packet_pool_idle(pair.home.pool) >= 63);
    pair_done();
}

/* A flood of what may get lost leaves room for what must not. */
TEST(skips_leave_room_for_changes) {
    REQUIRE(pair_init());
    EXPECT_EQ(engine_tour_span(pair.home.engine, pair.home.now, TOUR, 0, EVERYBODY), OK);
    struct relay m;
    while (engine_relay(pair.home.engine, &m)) {
    }
    struct client *a = rig_join(&pair.home, 1);
    client_video(a, CAM, true);
    while (engine_relay(pair.home.engine, &m)) {
        packet_unref(relay_carries(&m));
    }
    pair.home.hold = true;
    for (unsigned i = 0; i < 50; i++) {
        client_send(a, &(struct packet_spec){.line = CAM, .padding = true});
    }
    client_audio(a, 40);
    pair.home.hold = false;
    unsigned told = 0;
    while (engine_relay(pair.home.engine, &m)) {
        told += m.type == RELAY_STATE;
        packet_unref(relay_carries(&m));
    }
    EXPECT_EQ(told, 62);
    pair_done();
}

/* An order of the home crosses the end of the layer that it is about, and the next ones are lost.
 */
TEST(a_layer_that_does_not_flow_is_not_asked_for_key_frames) {
    REQUIRE(pair_init());
    EXPECT_EQ(engine_tour_tap(pair.home.engine, pair.home.now, TOUR, true), OK);
    struct client *a = client_new(&pair.other, 1);
    client_simulcast(a);
    client_join(a);
    for (uint8_t i = 3; i-- > 0;) {
        layer(a, i, true);
    }
    for (int i = 0; i < 30; i++) {
        layer(a, 0, false);
        layer(a, 1, false);
        pair_run(30 * US_PER_MS);
    }
    for (int i = 0; i < 30; i++) { /* the largest stops */
        layer(a, 1, false);
        pair_run(30 * US_PER_MS);
    }
    layer(a, 1, true);
    struct relay m = {.type = RELAY_TAPPED, .from = 0, .to = 1, .on = true, .tour = TOUR};
    for (m.id = 1; m.id < 10; m.id++) {
        engine_relay_input(pair.other.engine, pair.other.now, &m);
    }
    unsigned plis = a->n_pli;
    for (int i = 0; i < 500; i++) {
        pair.lose = i < 50 ? 1u << RELAY_TAPPED : 0;
        layer(a, 1, false);
        pair_run(30 * US_PER_MS);
    }
    EXPECT(a->n_pli > plis); /* after ten seconds, once a second, of the one that is recorded */
    EXPECT(a->n_pli < plis + 7);
    EXPECT_EQ(a->pli_ssrc, client_stream(a, CAM, 1)->ssrc);
    pair_done();
}

/* Of a smaller layer only viewers on the other worker get anything. After a gap that is too long to
 * be repaired nothing of it goes on until a key frame, so they cannot know of it. */
TEST(a_layer_that_only_the_other_worker_shows_is_asked_for_a_key_frame_after_a_gap) {
    REQUIRE(pair_init());
    struct client *a = client_new(&pair.home, 1), *v = rig_join(&pair.other, 2);
    client_simulcast(a);
    client_join(a);
    for (int i = 0; i < 150; i++) {
        bool asked = a->pli_ssrc == client_stream(a, CAM, 1)->ssrc;
        client_send(a, &(struct packet_spec){.line = CAM, .keyframe = i == 0, .size = 1150});
        layer(a, 1, i == 0 || asked);
        a->pli_ssrc = 0;
        if (i == 10) {
            client_remb(v, 160000); /* no room for the larger one */
        }
        pair_run(30 * US_PER_MS);
    }
    EXPECT_EQ(client_last(v, STAGE)->number % 2, 0);
    for (unsigned i = 0; i < 300; i++) {
        client_send(a, &(struct packet_spec){.line = CAM, .layer = 1, .drop = true});
    }
    us_t begun = pair.home.now;
    a->pli_ssrc = 0;
    while (a->pli_ssrc != client_stream(a, CAM, 1)->ssrc && pair.home.now < begun + US_PER_S) {
        client_video(a, CAM, false);
        layer(a, 1, false);
        pair_run(30 * US_PER_MS);
    }
    EXPECT(pair.home.now - begun < 500 * US_PER_MS);
    layer(a, 1, true);
    EXPECT_EQ(client_last(v, STAGE)->number, a->number);
    pair_done();
}
