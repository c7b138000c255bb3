/* What a recorder hears of a tour. */
#include "base/alloc.h"
#include "tests/unit/engine/rig.h"

static struct rig r;

static const struct tap *last_tap(enum tap_type type) {
    for (unsigned i = r.n_taps; i-- > 0;) {
        if (r.taps[i].type == type) {
            return &r.taps[i];
        }
    }
    return NULL;
}

TEST(tap_hears_what_consents) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *b = client_new(&r, 2);
    b->params.record_consent = false;
    client_join(b);
    client_video(a, CAM, true);
    EXPECT_EQ(r.n_taps, 0); /* nobody listens yet */
    rig_run(&r, US_PER_S);
    unsigned plis = a->n_pli;
    EXPECT_EQ(engine_tour_tap(r.engine, r.now, TOUR, true), OK);
    rig_pump(&r);
    EXPECT_EQ(rig_taps(&r, TAP_SOURCE_ON, 1), 1);
    EXPECT_EQ(a->n_pli, plis + 1);
    const struct tap *t = last_tap(TAP_STAGE);
    REQUIRE(t);
    EXPECT_EQ(t->source, r.taps[0].source);
    client_video(b, CAM, true);
    client_audio(b, 10);
    EXPECT_EQ(rig_taps(&r, TAP_SOURCE_ON, 2), 0);
    EXPECT_EQ(rig_taps(&r, TAP_RTP, 2), 0);
    client_video(a, CAM, true);
    client_audio(a, 33);
    EXPECT_EQ(rig_taps(&r, TAP_RTP, 1), 2);
    t = last_tap(TAP_RTP);
    EXPECT_EQ(t->kind, SOURCE_MICROPHONE);
    EXPECT_EQ(t->codec, CODEC_OPUS);
    EXPECT_EQ(t->audio_level, 33);
    EXPECT_EQ(t->participant, 1);
    EXPECT_EQ(t->tour, TOUR);
    EXPECT_EQ(t->now, r.now);
    EXPECT_EQ(t->rtp_ts, a->streams[MIC].ts);
    EXPECT_EQ(t->payload_len, 6);
    EXPECT_EQ(be16(r.tap_head[r.n_taps - 1]), 1);
    rig_free(&r);
}

/* A level that the engine has found in a part of what is heard is none that its sender says. */
TEST(tap_levels_are_the_senders_own) {
    REQUIRE(rig_init(&r));
    struct client *a = client_new(&r, 1), *b = rig_join(&r, 2);
    a->params.lines[MIC].ext.id[RTP_EXT_AUDIO_LEVEL] = 0;
    client_join(a);
    EXPECT_EQ(engine_tour_tap(r.engine, r.now, TOUR, true), OK);
    client_audio(a, 10);
    EXPECT_EQ(last_tap(TAP_RTP)->participant, 1);
    EXPECT_EQ(last_tap(TAP_RTP)->audio_level, TAP_LEVEL_NONE);
    client_audio(b, 127);
    EXPECT_EQ(last_tap(TAP_RTP)->participant, 2);
    EXPECT_EQ(last_tap(TAP_RTP)->audio_level, 127);
    rig_free(&r);
}

TEST(consent_comes_and_goes_during_the_tour) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1);
    EXPECT_EQ(engine_tour_tap(r.engine, r.now, TOUR, true), OK);
    client_video(a, CAM, true);
    uint32_t id = r.taps[0].source;
    EXPECT(id != 0);
    EXPECT_EQ(engine_peer_consent(r.engine, r.now, 1, false), OK);
    rig_pump(&r);
    EXPECT_EQ(rig_taps(&r, TAP_SOURCE_OFF, 1), 1);
    EXPECT_EQ(last_tap(TAP_SOURCE_OFF)->source, id);
    EXPECT_EQ(last_tap(TAP_STAGE)->source, 0);
    unsigned packets = rig_taps(&r, TAP_RTP, 1);
    client_video(a, CAM, false);
    EXPECT_EQ(rig_taps(&r, TAP_RTP, 1), packets);
    EXPECT_EQ(engine_peer_consent(r.engine, r.now, 1, true), OK);
    rig_pump(&r);
    EXPECT_EQ(rig_taps(&r, TAP_SOURCE_ON, 1), 2);
    EXPECT_EQ(last_tap(TAP_SOURCE_ON)->source, id); /* it is the same source */
    rig_free(&r);
}

TEST(tap_sequence_is_repaired_and_without_duplicates) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1);
    EXPECT_EQ(engine_tour_tap(r.engine, r.now, TOUR, true), OK);
    a->streams[CAM].next = 65533;
    client_video(a, CAM, true);
    uint16_t lost = client_send(a, &(struct packet_spec){.line = CAM, .drop = true});
    uint32_t number = a->number;
    client_video(a, CAM, false);
    client_video(a, CAM, false);
    client_send_rtx(a, CAM, lost, number);
    client_send_rtx(a, CAM, lost, number);
    client_send(a, &(struct packet_spec){.line = CAM, .padding = true});
    uint64_t seqs[8];
    unsigned n = 0;
    for (unsigned i = 0; i < r.n_taps && n < 8; i++) {
        if (r.taps[i].type == TAP_RTP) {
            seqs[n++] = r.taps[i].seq;
        }
    }
    EXPECT_EQ(n, 4);
    EXPECT_EQ(seqs[1], seqs[0] + 2);
    EXPECT_EQ(seqs[2], seqs[0] + 3); /* over the wrap of 16 bits */
    EXPECT_EQ(seqs[3], seqs[0] + 1);
    /* Padding is no packet to record, and not missing either. */
    EXPECT_EQ(rig_taps(&r, TAP_SKIP, 1), 1);
    EXPECT_EQ(last_tap(TAP_SKIP)->seq, seqs[0] + 4);
    rig_free(&r);
}

TEST(tap_ends_with_mute_silence_peer_and_tour) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *b = rig_join(&r, 2);
    EXPECT_EQ(engine_tour_tap(r.engine, r.now, TOUR, true), OK);
    client_video(a, CAM, true);
    client_audio(a, 10);
    client_video(b, CAM, true);
    EXPECT_EQ(engine_source_mute(r.engine, r.now, 1, SOURCE_MICROPHONE, true), OK);
    rig_pump(&r);
    EXPECT_EQ(rig_taps(&r, TAP_SOURCE_OFF, 1), 1);
    EXPECT_EQ(last_tap(TAP_SOURCE_OFF)->kind, SOURCE_MICROPHONE);
    EXPECT_EQ(engine_peer_remove(r.engine, r.now, 1), OK);
    rig_pump(&r);
    EXPECT_EQ(rig_taps(&r, TAP_SOURCE_OFF, 1), 2);
    rig_run(&r, 2 * US_PER_S);
    EXPECT_EQ(rig_taps(&r, TAP_SOURCE_OFF, 2), 1);
    client_video(b, CAM, true);
    EXPECT_EQ(engine_tour_tap(r.engine, r.now, TOUR, false), OK);
    rig_pump(&r);
    EXPECT_EQ(rig_taps(&r, TAP_SOURCE_OFF, 2), 2);
    unsigned taps = r.n_taps;
    client_video(b, CAM, true);
    EXPECT_EQ(r.n_taps, taps);
    EXPECT_EQ(engine_tour_tap(r.engine, r.now, TOUR, true), OK);
    rig_pump(&r);
    EXPECT_EQ(engine_tour_remove(r.engine, TOUR), OK);
    rig_pump(&r);
    EXPECT_EQ(rig_taps(&r, TAP_SOURCE_OFF, 2), 3);
    EXPECT_EQ(rig_taps(&r, TAP_SOURCE_ON, 0), rig_taps(&r, TAP_SOURCE_OFF, 0));
    rig_free(&r);
}

TEST(tap_carries_sender_reports_and_the_voice) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *b = rig_join(&r, 2);
    EXPECT_EQ(engine_tour_tap(r.engine, r.now, TOUR, true), OK);
    client_video(a, CAM, true);
    client_video(b, CAM, true);
    client_sr(a, CAM, 0x1122334455667788u, 4242);
    const struct tap *t = last_tap(TAP_SR);
    REQUIRE(t);
    EXPECT_EQ(t->ntp, 0x1122334455667788u);
    EXPECT_EQ(t->rtp_ts, 4242);
    EXPECT_EQ(t->participant, 1);
    EXPECT_EQ(last_tap(TAP_STAGE)->participant, 1);
    for (int i = 0; i < 30; i++) {
        client_audio(a, 127);
        client_audio(b, 10);
        rig_run(&r, 20 * US_PER_MS);
    }
    t = last_tap(TAP_VOICE);
    REQUIRE(t);
    EXPECT_EQ(t->participant, 2);
    EXPECT_EQ(last_tap(TAP_STAGE)->participant, 2);
    rig_free(&r);
}

TEST(recorded_sources_are_asked_periodically) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1);
    EXPECT_EQ(engine_tour_tap(r.engine, r.now, TOUR, true), OK);
    client_video(a, CAM, true);
    unsigned plis = a->n_pli;
    for (int i = 0; i < 105; i++) {
        rig_run(&r, 100 * US_PER_MS);
        client_video(a, CAM, false);
    }
    EXPECT_EQ(a->n_pli, plis + 1);
    rig_free(&r);
}

TEST(the_programme_gets_a_key_frame_when_the_stage_changes) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1);
    EXPECT_EQ(engine_tour_tap(r.engine, r.now, TOUR, true), OK);
    client_video(a, CAM, true);
    client_video(a, SCREEN, true);
    rig_run(&r, 2 * US_PER_S - 100 * US_PER_MS);
    client_video(a, CAM, false);
    client_video(a, SCREEN, false);
    rig_pump(&r);
    unsigned asked = a->n_pli;
    /* Nobody watches but the recorder: the share ends, the camera takes the stage. */
    EXPECT_EQ(engine_source_mute(r.engine, r.now, 1, SOURCE_SCREEN, true), OK);
    rig_pump(&r);
    rig_run(&r, 10 * US_PER_MS);
    EXPECT(a->n_pli > asked);
    EXPECT_EQ(a->pli_ssrc, a->streams[CAM].ssrc);
    EXPECT_EQ(last_tap(TAP_STAGE)->kind, SOURCE_CAMERA);
    rig_free(&r);
}

TEST(a_full_tap_queue_counts_what_it_drops) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1);
    EXPECT_EQ(engine_tour_tap(r.engine, r.now, TOUR, true), OK);
    client_audio(a, 10);
    struct tap t;
    struct train *train = mem_alloc(sizeof(*train));
    REQUIRE(train);
    r.hold = true; /* against the law: nobody takes what is tapped */
    for (int i = 0; i < 1200; i++) {
        client_audio(a, 10);
        while (engine_output(r.engine, r.now, train)) {
        }
    }
    r.hold = false;
    unsigned seen = 0;
    while (engine_tap(r.engine, &t)) {
        seen++;
        EXPECT_EQ(t.dropped, 0);
        packet_unref(t.packet);
    }
    EXPECT_EQ(seen, 1024);
    EXPECT_EQ(engine_tour_tap(r.engine, r.now, TOUR, false), OK);
    REQUIRE(engine_tap(r.engine, &t));
    EXPECT_EQ(t.dropped, 1200 - 1024);
    EXPECT_EQ(engine_counters(r.engine)->drop_full, 1200 - 1024);
    mem_free(train);
    rig_free(&r);
}

/* A datagram holds dozens of sender reports: they push out nobody's packets. */
TEST(a_flood_of_reports_costs_no_packet) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *b = rig_join(&r, 2);
    uint8_t buf[1200];
    EXPECT_EQ(engine_tour_tap(r.engine, r.now, TOUR, true), OK);
    client_video(a, CAM, true);
    client_audio(b, 10);
    rig_run(&r, 10 * US_PER_MS);
    unsigned packets = rig_taps(&r, TAP_RTP, 2), reports = rig_taps(&r, TAP_SR, 1);
    r.hold = true;
    for (unsigned i = 0; i < 40; i++) {
        struct wr w = wr_of(buf, sizeof(buf));
        struct rtcp_sr sr = {.ntp = 0x1122334455667788u + i, .rtp_ts = 4242};
        for (unsigned k = 0; k < 40; k++) {
            rtcp_write_sr(&w, a->streams[CAM].ssrc, &sr, NULL, 0);
        }
        client_rtcp(a, &w);
    }
    for (unsigned i = 0; i < 20; i++) {
        client_audio(b, 10);
    }
    r.hold = false;
    rig_pump(&r);
    EXPECT_EQ(rig_taps(&r, TAP_RTP, 2), packets + 20);
    EXPECT_EQ(rig_taps(&r, TAP_SR, 1), reports + 1);
    EXPECT_EQ(engine_counters(r.engine)->drop_full, 0);
    EXPECT_EQ(engine_counters(r.engine)->drop_rtcp, 40 * 40 - 1);
    rig_run(&r, 10 * US_PER_MS);
    client_sr(a, CAM, 0x1122334455667799u, 4243);
    EXPECT_EQ(rig_taps(&r, TAP_SR, 1), reports + 2);
    rig_free(&r);
}

#define SOURCES 3000 /* more than the queue holds */

/* Another worker's: this one has only to know of them. */
static void know_sources(void) {
    EXPECT_EQ(engine_tour_span(r.engine, r.now, TOUR, 0, 2), OK);
    for (unsigned i = 0; i < SOURCES; i++) {
        struct relay m = {.type = RELAY_STATE, .from = 1, .id = i + 1, .tour = TOUR};
        m.source.participant = 100 + i;
        m.source.order = i + 1;
        m.source.kind = SOURCE_MICROPHONE;
        m.source.codec = CODEC_OPUS;
        m.source.consent = true;
        m.source.flows = 1;
        m.source.ssrc[0] = i + 1;
        engine_relay_input(r.engine, r.now, &m);
        rig_pump(&r);
    }
}

/* Take until nothing is left and nothing is due: how many are on. */
static int take_taps(bool *seen) {
    struct tap t;
    int on = 0;
    for (;;) {
        while (engine_tap(r.engine, &t)) {
            EXPECT_EQ(t.dropped, 0);
            on += t.type == TAP_SOURCE_ON;
            on -= t.type == TAP_SOURCE_OFF;
            if (t.type == TAP_SOURCE_ON) {
                seen[t.participant - 100] = true;
            }
            packet_unref(t.packet);
        }
        if (engine_deadline(r.engine) > r.now) {
            return on;
        }
        engine_timeout(r.engine, r.now);
    }
}

TEST(a_very_large_tour_is_recorded_whole) {
    static bool seen[SOURCES];
    REQUIRE(rig_init(&r));
    r.config.max_peers = SOURCES;
    r.config.cache_packets = 64;
    rig_restart(&r);
    know_sources();
    EXPECT_EQ(engine_tour_tap(r.engine, r.now, TOUR, true), OK);
    EXPECT_EQ(take_taps(seen), SOURCES);
    for (unsigned i = 0; i < SOURCES; i++) {
        EXPECT(seen[i]);
    }
    EXPECT_EQ(engine_tour_tap(r.engine, r.now, TOUR, false), OK);
    EXPECT_EQ(take_taps(seen), -SOURCES);
    /* On and off again before anybody has looked is hardly anything. */
    EXPECT_EQ(engine_tour_tap(r.engine, r.now, TOUR, true), OK);
    EXPECT_EQ(engine_tour_tap(r.engine, r.now, TOUR, false), OK);
    EXPECT_EQ(take_taps(seen), 0);
    EXPECT_EQ(engine_counters(r.engine)->drop_full, 0);
    rig_free(&r);
}
