/* What a viewer may not receive, and what is muted, goes to nobody: from that moment on not a
 * packet of it, live, repaired or replayed. */
#include "tests/unit/engine/pair.h"

static struct rig r;

static void may(const struct client *c, enum source_kind kind, bool on) {
    EXPECT_EQ(engine_receive(r.engine, r.now, c->params.peer, kind, on), OK);
    rig_pump(&r);
}

/* Pictures are kept for who comes late. */
static bool begin_kept(void) {
    if (!rig_init(&r)) {
        return false;
    }
    r.config.gop_age = 10 * US_PER_S;
    r.config.gop_bytes = 4u << 20;
    rig_restart(&r);
    return true;
}

TEST(cameras_are_not_shown_to_who_may_not_see_them) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *b = rig_join(&r, 2), *v = rig_join(&r, 3),
                  *w = rig_join(&r, 4);
    client_video(a, CAM, true);
    client_video(b, CAM, true);
    client_audio(a, 127);
    EXPECT_EQ(client_count(v, STAGE) + client_count(v, GALLERY0), 2);
    uint16_t seq = client_last(v, STAGE)->seq;
    may(v, SOURCE_CAMERA, false);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 0);
    EXPECT_EQ(rig_shows(&r, v, GALLERY0), 0);
    EXPECT_EQ(rig_shows(&r, w, STAGE), 1);
    v->n_got = w->n_got = 0;
    client_nack(v, STAGE, seq); /* nor is it sent again */
    client_video(a, CAM, true);
    client_video(b, CAM, true);
    client_audio(a, 127);
    client_pli(v, STAGE);
    EXPECT_EQ(v->n_got, client_count(v, AUDIO0));
    EXPECT_EQ(client_count(v, AUDIO0), 1);
    EXPECT_EQ(client_count(w, STAGE), 1);
    rig_run(&r, US_PER_S); /* a young picture would be replayed */
    client_video(a, CAM, false);
    client_video(b, CAM, false);
    v->n_got = 0;
    may(v, SOURCE_CAMERA, true);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 1);
    EXPECT_EQ(rig_shows(&r, v, GALLERY0), 2);
    client_video(a, CAM, false);
    EXPECT_EQ(v->n_got, 0);
    client_video(a, CAM, true);
    EXPECT_EQ(client_count(v, STAGE), 1);
    rig_free(&r);
}

/* A picture goes on until the next one has a key frame; not what may not be seen. */
TEST(a_share_ends_at_once_for_who_may_not_see_it) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *b = rig_join(&r, 2), *v = rig_join(&r, 3);
    client_video(a, CAM, true);
    client_video(b, SCREEN, true);
    rig_run(&r, US_PER_S);
    client_video(a, CAM, false);
    client_video(b, SCREEN, false);
    EXPECT_EQ(client_last(v, STAGE)->sender, 2);
    v->n_got = 0;
    may(v, SOURCE_SCREEN, false);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 1);
    client_video(b, SCREEN, false);
    client_video(a, CAM, false);
    EXPECT_EQ(v->n_got, 0);
    client_video(a, CAM, true);
    client_video(b, SCREEN, true);
    EXPECT_EQ(client_count(v, STAGE), 1);
    EXPECT_EQ(client_last(v, STAGE)->sender, 1);
    rig_free(&r);
}

/* While its stream still shows the share, the slot is to show something else already. */
TEST(a_share_that_is_about_to_end_ends_at_once) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *b = rig_join(&r, 2), *v = rig_join(&r, 3);
    client_video(b, CAM, true);
    client_video(a, SCREEN, true);
    EXPECT_EQ(engine_stage(r.engine, r.now, TOUR, 2, 0), OK);
    rig_pump(&r);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 2);
    client_video(a, SCREEN, false);
    EXPECT_EQ(client_last(v, STAGE)->sender, 1); /* as long as no key frame has come */
    may(v, SOURCE_SCREEN, false);
    v->n_got = 0;
    client_video(a, SCREEN, false);
    EXPECT_EQ(v->n_got, 0);
    client_video(b, CAM, true);
    EXPECT_EQ(client_count(v, STAGE), 1);
    EXPECT_EQ(client_last(v, STAGE)->sender, 2);
    rig_free(&r);
}

TEST(what_is_kept_is_shown_as_soon_as_it_may_be) {
    REQUIRE(begin_kept());
    struct client *a = rig_join(&r, 1), *v = client_new(&r, 2);
    client_join(v);
    may(v, SOURCE_CAMERA, false);
    client_video(a, CAM, true);
    for (unsigned i = 0; i < 20; i++) {
        client_video(a, CAM, false);
        rig_run(&r, 33 * US_PER_MS);
    }
    EXPECT_EQ(v->n_got, 0);
    unsigned plis = a->n_pli;
    may(v, SOURCE_CAMERA, true);
    EXPECT(client_count(v, STAGE) >= 1); /* from the cache: nobody is asked */
    EXPECT_EQ(v->got[0].keyframe, true);
    EXPECT_EQ(a->n_pli, plis);
    rig_free(&r);
}

TEST(voices_are_not_heard_by_who_may_not_hear_them) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *b = rig_join(&r, 2), *v = rig_join(&r, 3);
    client_video(a, CAM, true);
    client_audio(a, 127);
    client_audio(b, 127);
    EXPECT_EQ(rig_shows(&r, v, AUDIO0), 1);
    may(v, SOURCE_MICROPHONE, false);
    for (uint8_t line = AUDIO0; line <= AUDIO2; line++) {
        EXPECT_EQ(rig_shows(&r, v, line), 0);
    }
    v->n_got = 0;
    client_audio(a, 127);
    client_audio(b, 127);
    client_video(a, CAM, false);
    EXPECT_EQ(v->n_got, 1);
    may(v, SOURCE_MICROPHONE, true);
    client_audio(a, 127);
    client_audio(b, 127);
    EXPECT_EQ(client_last(v, AUDIO0)->sender, 1);
    EXPECT_EQ(client_count(v, AUDIO1), 1);
    rig_free(&r);
}

/* A mix is made of microphones. */
TEST(the_mix_is_silent_for_who_may_not_hear) {
    REQUIRE(rig_init(&r));
    struct client *v = client_new(&r, 1);
    v->params.mix = v->params.loudest_audio = true;
    client_join(v);
    EXPECT_EQ(engine_tour_mix(r.engine, r.now, TOUR, true), OK);
    struct relay m = {.type = RELAY_STATE, .from = RELAY_MIX, .id = 5, .tour = TOUR};
    m.source.order = 5;
    m.source.kind = SOURCE_MICROPHONE;
    m.source.codec = CODEC_OPUS;
    m.source.flows = 1;
    m.source.ssrc[0] = 5;
    engine_relay_input(r.engine, r.now, &m);
    rig_pump(&r);
    unsigned told = rig_count(&r, MEDIA_SLOT_CHANGED, 1);
    EXPECT_EQ(told, 1);
    may(v, SOURCE_MICROPHONE, false);
    EXPECT_EQ(rig_count(&r, MEDIA_SLOT_CHANGED, 1), told + 1);
    EXPECT_EQ(r.events[r.n_events - 1].source_kind, SOURCE_NONE);
    may(v, SOURCE_MICROPHONE, true);
    EXPECT_EQ(r.events[r.n_events - 1].source_kind, SOURCE_MICROPHONE);
    struct relay left;
    while (engine_relay(r.engine, &left)) {
        packet_unref(relay_carries(&left));
    }
    rig_free(&r);
}

/* A picture that is muted is not sent once more, whoever asks for it. */
TEST(what_is_muted_is_not_repaired) {
    REQUIRE(begin_kept());
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    client_video(a, CAM, true);
    uint16_t seq = client_last(v, STAGE)->seq;
    unsigned got = v->n_got;
    EXPECT_EQ(engine_source_mute(r.engine, r.now, 1, SOURCE_CAMERA, true), OK);
    rig_pump(&r);
    client_nack(v, STAGE, seq);
    client_pli(v, STAGE);
    struct client *late = rig_join(&r, 3);
    EXPECT_EQ(v->n_got + late->n_got, got);
    EXPECT_EQ(engine_counters(r.engine)->rtx_out, 0);
    EXPECT_EQ(engine_source_mute(r.engine, r.now, 1, SOURCE_CAMERA, false), OK);
    client_video(a, CAM, true);
    EXPECT_EQ(client_count(v, STAGE), got + 1);
    EXPECT_EQ(client_count(late, STAGE), 1);
    rig_free(&r);
}

/* Its stream shows it until the key frame of what comes after it. */
TEST(what_is_muted_is_not_repaired_while_another_is_awaited) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *b = rig_join(&r, 2), *v = rig_join(&r, 3);
    client_video(a, CAM, true);
    client_video(b, CAM, true);
    rig_run(&r, US_PER_S); /* a young picture would be replayed */
    client_video(a, CAM, false);
    client_video(b, CAM, false);
    EXPECT_EQ(engine_source_mute(r.engine, r.now, 1, SOURCE_CAMERA, true), OK);
    rig_pump(&r);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 2);
    EXPECT_EQ(client_last(v, STAGE)->sender, 1);
    uint16_t seq = client_last(v, STAGE)->seq;
    v->n_got = 0;
    client_nack(v, STAGE, seq);
    EXPECT_EQ(v->n_got, 0);
    EXPECT_EQ(engine_counters(r.engine)->rtx_out, 0);
    client_video(b, CAM, true);
    EXPECT_EQ(client_last(v, STAGE)->sender, 2);
    rig_free(&r);
}

TEST(rights_are_kept_in_snapshots) {
    struct session_snapshot s[2];
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    may(v, SOURCE_CAMERA, false);
    client_video(a, CAM, true);
    client_audio(a, 127);
    for (unsigned i = 0; i < 2; i++) {
        REQUIRE(engine_snapshot(r.engine, i + 1, &s[i]) == OK);
    }
    rig_restart(&r);
    r.n_events = 0;
    v->n_got = 0;
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_EQ(engine_adopt(r.engine, r.now, &s[1 - i]), OK);
        rig_pump(&r);
    }
    for (unsigned i = 0; i < 90; i++) {
        client_video(a, CAM, i % 30 == 0);
        client_audio(a, 127);
        rig_run(&r, 33 * US_PER_MS);
    }
    EXPECT_EQ(v->n_got, client_count(v, AUDIO0));
    EXPECT(client_count(v, AUDIO0) >= 90);
    EXPECT_EQ(rig_count(&r, MEDIA_SLOT_CHANGED, 2), 0);
    rig_free(&r);
}

/* What a slot showed, of a snapshot from before the right was taken, is not gone on with. */
static void adopted_without_right(bool before_source) {
    struct session_snapshot s[2];
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    client_video(a, CAM, true);
    for (unsigned i = 0; i < 2; i++) {
        REQUIRE(engine_snapshot(r.engine, i + 1, &s[i]) == OK);
    }
    rig_restart(&r);
    v->n_got = 0;
    EXPECT_EQ(engine_adopt(r.engine, r.now, &s[1]), OK);
    rig_pump(&r);
    if (before_source) {
        may(v, SOURCE_CAMERA, false);
    }
    EXPECT_EQ(engine_adopt(r.engine, r.now, &s[0]), OK);
    rig_pump(&r);
    if (!before_source) {
        may(v, SOURCE_CAMERA, false);
    }
    for (unsigned i = 0; i < 90; i++) {
        client_video(a, CAM, i % 30 == 0);
        rig_run(&r, 33 * US_PER_MS);
    }
    EXPECT_EQ(v->n_got, 0);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 0);
    rig_free(&r);
}

TEST(an_adopted_slot_does_not_begin_with_what_it_may_not_show) {
    adopted_without_right(true);
}

TEST(an_adopted_slot_does_not_go_on_with_what_it_may_not_show) {
    adopted_without_right(false);
}

TEST(what_nobody_may_receive_is_stopped) {
    REQUIRE(rig_init(&r));
    struct client *a = client_new(&r, 1), *v = rig_join(&r, 2);
    client_simulcast(a);
    a->params.obeys_layers = true;
    client_join(a);
    for (unsigned i = 0; i < 300; i++) {
        may(v, SOURCE_CAMERA, i < 100);
        for (uint8_t layer = 0; layer < 3; layer++) {
            client_send(a,
                        &(struct packet_spec){
                            .line = CAM, .layer = layer, .keyframe = i % 30 == 0, .marker = true});
        }
        v->n_got = 0;
        rig_run(&r, 33 * US_PER_MS);
    }
    uint8_t layers = 0;
    for (unsigned i = 0; i < r.n_events; i++) {
        layers = r.events[i].type == MEDIA_LAYERS ? r.events[i].layers : layers;
    }
    EXPECT_EQ(layers, 1u << 2); /* but the smallest, which tells that there is a camera */
    rig_free(&r);
}

TEST(a_right_to_nothing_is_refused) {
    REQUIRE(rig_init(&r));
    (void)rig_join(&r, 1);
    EXPECT_EQ(engine_receive(r.engine, r.now, 1, SOURCE_NONE, true), ERR_RANGE);
    EXPECT_EQ(engine_receive(r.engine, r.now, 1, SOURCE_KIND_COUNT, false), ERR_RANGE);
    EXPECT_EQ(engine_receive(r.engine, r.now, 9, SOURCE_CAMERA, false), ERR_UNKNOWN);
    rig_free(&r);
}
