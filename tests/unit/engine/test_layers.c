/* Simulcast: one m-line of a client carries several streams (RFC 8853), each with its own ssrc,
 * numbers, losses and key frames. A viewer gets one continuous stream of the largest that flows. */
#include "tests/unit/engine/rig.h"

enum { HIGH, MIDDLE, LOW };

static struct rig r;

static void frame(struct client *c, uint8_t layer, bool keyframe) {
    client_send(c, &(struct packet_spec){
                       .line = CAM, .layer = layer, .keyframe = keyframe, .marker = true});
}

/* 30 frames a second of the layers in the mask, small ones first, as browsers send them. */
static void film(struct client *c, unsigned layers, us_t duration) {
    for (us_t t = 0; t < duration; t += 33 * US_PER_MS) {
        for (uint8_t i = 3; i-- > 0;) {
            if (layers & 1u << i) {
                frame(c, i, false);
            }
        }
        rig_run(&r, 33 * US_PER_MS);
    }
}

static struct client *join_simulcast(uint64_t handle) {
    struct client *c = client_new(&r, handle);
    client_simulcast(c);
    client_join(c);
    return c;
}

/* A camera with three layers, all of them begun, and who watches it. */
static bool begin(struct client **c, struct client **v) {
    if (!rig_init(&r)) {
        return false;
    }
    *c = join_simulcast(1);
    *v = rig_join(&r, 2);
    for (uint8_t i = 3; i-- > 0;) {
        frame(*c, i, true);
    }
    return true;
}

static uint32_t ssrc_of(struct client *c, uint8_t layer) {
    return client_stream(c, CAM, layer)->ssrc;
}

TEST(a_viewer_gets_the_largest_layer) {
    struct client *c, *v;
    REQUIRE(begin(&c, &v));
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_ON, 1), 1); /* one camera, not three */
    EXPECT_EQ(client_count(v, STAGE), 3);            /* it switched up at each key frame */
    film(c, 7, US_PER_S);
    EXPECT_EQ(client_count(v, STAGE), 3 + 31);
    EXPECT_EQ(client_count(v, GALLERY0), 0);
    for (unsigned i = 3; i < v->n_got; i++) {
        EXPECT(v->got[i].line != STAGE || v->got[i].number % 3 == 0); /* each third one is large */
    }
    EXPECT_EQ(c->n_blocks, 3); /* each stream has its report */
    EXPECT_EQ(c->twcc_lost, 0);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 1);
    EXPECT_EQ(rig_count(&r, MEDIA_SLOT_CHANGED, 2), 1); /* layers are not told */
    client_runs_on(v, STAGE, 90000);
    rig_free(&r);
}

TEST(another_layer_takes_over_when_the_largest_stops) {
    struct client *c, *v;
    REQUIRE(begin(&c, &v));
    film(c, 7, US_PER_S);
    unsigned before = client_count(v, STAGE), plis = c->n_pli;
    film(c, 6, 600 * US_PER_MS);
    EXPECT_EQ(client_count(v, STAGE), before);
    EXPECT_EQ(c->n_pli, plis + 1);
    EXPECT_EQ(c->pli_ssrc, ssrc_of(c, MIDDLE));
    frame(c, MIDDLE, true);
    film(c, 6, 330 * US_PER_MS);
    EXPECT_EQ(client_count(v, STAGE), before + 11);
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_OFF, 1), 0);

    before = client_count(v, STAGE);
    film(c, 7, 330 * US_PER_MS); /* it is back: the middle one goes on until its key frame */
    EXPECT_EQ(client_count(v, STAGE), before + 10);
    EXPECT_EQ(c->pli_ssrc, ssrc_of(c, HIGH));
    frame(c, HIGH, true);
    film(c, 7, 330 * US_PER_MS);
    EXPECT_EQ(client_count(v, STAGE), before + 21);
    EXPECT_EQ(client_last(v, STAGE)->number, c->number);
    client_runs_on(v, STAGE, 90000);

    film(c, 0, 3 * US_PER_S);
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_OFF, 1), 1);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 0);
    rig_free(&r);
}

/* One picture of each layer, small ones first, the packets a few milliseconds apart. */
static void picture(struct client *c, unsigned keyframes) {
    for (uint8_t i = 3; i-- > 0;) {
        frame(c, i, keyframes & 1u << i);
        rig_run(&r, 3 * US_PER_MS);
    }
}

TEST(a_pause_of_all_layers_switches_nothing) {
    struct client *c, *v;
    REQUIRE(begin(&c, &v));
    EXPECT_EQ(engine_tour_tap(r.engine, r.now, TOUR, true), OK);
    film(c, 7, 1500 * US_PER_MS);
    picture(c, 7);
    film(c, 7, 1500 * US_PER_MS);
    unsigned plis = c->n_pli, taps = rig_taps(&r, TAP_SOURCE_ON, 1);
    rig_run(&r, 550 * US_PER_MS); /* the uplink stands still */
    picture(c, 0);
    film(c, 7, 330 * US_PER_MS);
    for (int i = 0; i < 10; i++) { /* or the light is bad, and a picture takes half a second */
        rig_run(&r, 550 * US_PER_MS);
        picture(c, 0);
    }
    EXPECT_EQ(c->n_pli, plis);
    EXPECT_EQ(rig_taps(&r, TAP_SOURCE_ON, 1), taps);
    rig_run(&r, 550 * US_PER_MS);
    picture(c, 1u << LOW); /* whichever is first to come with a key frame */
    film(c, 7, 330 * US_PER_MS);
    EXPECT_EQ(client_last(v, STAGE)->number, c->number);
    rig_free(&r);
}

/* Who it was does not matter any more: nobody is shown, nor recorded, another layer on the way. */
static void expect_one_end(void (*end)(struct client *c)) {
    struct client *c, *v;
    REQUIRE(begin(&c, &v));
    EXPECT_EQ(engine_tour_tap(r.engine, r.now, TOUR, true), OK);
    film(c, 7, 1500 * US_PER_MS);
    picture(c, 7);
    for (uint8_t i = HIGH; i <= LOW; i++) { /* the largest is the first that ends */
        frame(c, i, false);
        rig_run(&r, 3 * US_PER_MS);
    }
    unsigned plis = c->n_pli, taps = rig_taps(&r, TAP_SOURCE_ON, 1);
    end(c);
    rig_pump(&r);
    EXPECT_EQ(c->n_pli, plis);
    EXPECT_EQ(rig_taps(&r, TAP_SOURCE_ON, 1), taps);
    EXPECT_EQ(rig_taps(&r, TAP_SOURCE_OFF, 1), taps);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 0);
    rig_free(&r);
}

static void mute(struct client *c) {
    EXPECT_EQ(engine_source_mute(r.engine, r.now, c->params.peer, SOURCE_CAMERA, true), OK);
}

static void leave(struct client *c) {
    EXPECT_EQ(engine_peer_remove(r.engine, r.now, c->params.peer), OK);
}

static void fall_silent(struct client *c) {
    (void)c;
    rig_run(&r, 3 * US_PER_S);
}

TEST(all_layers_of_a_source_end_at_once) {
    expect_one_end(mute);
    expect_one_end(leave);
    expect_one_end(fall_silent);
}

TEST(losses_of_layers_that_nobody_gets_ask_for_nothing) {
    struct client *c, *v;
    REQUIRE(begin(&c, &v));
    film(c, 7, 1500 * US_PER_MS);
    unsigned plis = c->n_pli;
    client_send(c, &(struct packet_spec){.line = CAM, .layer = LOW, .drop = true});
    film(c, 7, 1500 * US_PER_MS);
    EXPECT_EQ(c->n_pli, plis);
    client_send(c, &(struct packet_spec){.line = CAM, .layer = HIGH, .drop = true});
    film(c, 7, 1500 * US_PER_MS);
    EXPECT(c->n_pli > plis);
    EXPECT_EQ(c->pli_ssrc, ssrc_of(c, HIGH));
    rig_free(&r);
}

TEST(each_layer_is_repaired_for_itself) {
    struct client *c, *v;
    REQUIRE(begin(&c, &v));
    film(c, 7, 330 * US_PER_MS);
    for (uint8_t i = HIGH; i <= LOW; i++) {
        unsigned before = client_count(v, STAGE);
        c->n_nacked = 0;
        uint16_t lost =
            client_send(c, &(struct packet_spec){.line = CAM, .layer = i, .drop = true});
        uint32_t number = c->number;
        frame(c, i, false);
        rig_run(&r, 20 * US_PER_MS);
        EXPECT_EQ(c->n_nacked, 1);
        EXPECT_EQ(c->nacked[0], lost);
        EXPECT_EQ(c->nacked_ssrc, ssrc_of(c, i));
        uint64_t repaired = engine_counters(r.engine)->rtx_in;
        client_send_layer_rtx(c, &(struct packet_spec){.line = CAM, .layer = i}, lost, number);
        EXPECT_EQ(engine_counters(r.engine)->rtx_in, repaired + 1);
        EXPECT_EQ(client_count(v, STAGE), before + (i == HIGH ? 2 : 0));
        c->n_nacked = 0;
        rig_run(&r, 300 * US_PER_MS);
        EXPECT_EQ(c->n_nacked, 0);
    }
    rig_free(&r);
}

TEST(a_stream_without_a_rid_is_nobodys_until_it_is_known) {
    REQUIRE(rig_init(&r));
    struct client *c = join_simulcast(1), *v = rig_join(&r, 2);
    struct packet_spec k = {.line = CAM, .keyframe = true, .marker = true, .no_rid = true};
    client_send(c, &k);
    EXPECT_EQ(client_count(v, STAGE), 0);
    EXPECT_EQ(engine_counters(r.engine)->drop_rtp, 1);
    frame(c, HIGH, true);
    EXPECT_EQ(client_count(v, STAGE), 1);
    k.keyframe = false;
    k.no_mid = true; /* browsers stop to say so when a report has come */
    client_send(c, &k);
    EXPECT_EQ(client_count(v, STAGE), 2);
    k.layer = LOW;
    k.ssrc = 4711;
    client_send(c, &k);
    EXPECT_EQ(engine_counters(r.engine)->drop_rtp, 2);
    rig_free(&r);
}

TEST(a_layer_may_begin_anew_beside_the_others) {
    struct client *c, *v;
    REQUIRE(begin(&c, &v));
    film(c, 7, 330 * US_PER_MS);
    frame(c, LOW, true);
    film(c, 6, 1100 * US_PER_MS); /* HIGH is silent */
    frame(c, MIDDLE, true);
    unsigned before = client_count(v, STAGE);
    *client_stream(c, CAM, HIGH) = (struct sent_stream){.ssrc = 4711, .next = 7, .ts = 9};
    frame(c, HIGH, false);
    film(c, 6, 99 * US_PER_MS);
    EXPECT_EQ(client_count(v, STAGE), before + 3);
    frame(c, HIGH, true);
    film(c, 7, 330 * US_PER_MS);
    EXPECT_EQ(client_count(v, STAGE), before + 14);
    EXPECT_EQ(client_last(v, STAGE)->number, c->number);
    EXPECT_EQ(c->n_nacked, 0); /* the others have their numbers still */
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_OFF, 1), 0);
    rig_free(&r);
}

/* Two participants may have the same ssrc, by chance or on purpose. */
TEST(streams_are_told_apart_by_more_than_their_ssrc) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *b = rig_join(&r, 2), *v = rig_join(&r, 3);
    b->streams[CAM].ssrc = a->streams[CAM].ssrc;
    EXPECT_EQ(engine_pin(r.engine, r.now, 3, 1), OK);
    client_video(a, CAM, true);
    client_video(b, CAM, true);
    rig_run(&r, US_PER_S);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 1);
    EXPECT_EQ(engine_pin(r.engine, r.now, 3, 2), OK); /* b is awaited, a goes on until then */
    rig_pump(&r);
    unsigned before = client_count(v, STAGE);
    for (int i = 0; i < 10; i++) {
        client_send(b, &(struct packet_spec){.line = CAM, .padding = true});
        client_video(a, CAM, false); /* with the same number */
    }
    EXPECT_EQ(client_count(v, STAGE), before + 10);
    rig_free(&r);
}

TEST(the_recorder_follows_the_layer_that_is_shown) {
    REQUIRE(rig_init(&r));
    EXPECT_EQ(engine_tour_tap(r.engine, r.now, TOUR, true), OK);
    struct client *c = join_simulcast(1);
    frame(c, LOW, true);
    EXPECT_EQ(rig_taps(&r, TAP_SOURCE_ON, 1), 1);
    uint32_t low = r.taps[0].source;
    frame(c, HIGH, true);
    EXPECT_EQ(rig_taps(&r, TAP_SOURCE_OFF, 1), 1);
    EXPECT_EQ(rig_taps(&r, TAP_SOURCE_ON, 1), 2);
    EXPECT_EQ(rig_taps(&r, TAP_RTP, 1), 2);
    const struct tap *last = &r.taps[r.n_taps - 1];
    EXPECT(last->type == TAP_RTP && last->source != low);
    film(c, 5, 99 * US_PER_MS);
    EXPECT_EQ(rig_taps(&r, TAP_RTP, 1), 5); /* one layer is recorded */
    film(c, 4, 600 * US_PER_MS);
    last = &r.taps[r.n_taps - 1];
    EXPECT(last->type == TAP_RTP && last->source == low); /* the same stream as before */
    rig_free(&r);
}

TEST(all_layers_of_a_line_over_its_limit_are_cut) {
    REQUIRE(rig_init(&r));
    r.config.police[SOURCE_CAMERA] = (struct police_limit){.packets = 200};
    rig_restart(&r);
    struct client *c = join_simulcast(1), *v = rig_join(&r, 2);
    for (uint8_t i = 3; i-- > 0;) {
        frame(c, i, true);
    }
    film(c, 7, US_PER_S);
    for (int i = 0; i < 230; i++) {
        frame(c, LOW, false);
    }
    EXPECT(engine_counters(r.engine)->drop_policed > 0);
    unsigned before = client_count(v, STAGE);
    film(c, 7, US_PER_S);
    EXPECT_EQ(client_count(v, STAGE), before);
    frame(c, HIGH, true);
    film(c, 7, 330 * US_PER_MS);
    EXPECT_EQ(client_count(v, STAGE), before + 11);
    film(c, 6, 600 * US_PER_MS); /* the middle one has not had a key frame since */
    EXPECT_EQ(client_count(v, STAGE), before + 11);
    frame(c, MIDDLE, true);
    film(c, 6, 330 * US_PER_MS);
    EXPECT_EQ(client_count(v, STAGE), before + 22);
    rig_free(&r);
}

TEST(a_tour_with_layers_moves_to_another_engine) {
    struct client *c, *v;
    static struct session_snapshot s[2];
    REQUIRE(begin(&c, &v));
    film(c, 7, 330 * US_PER_MS);
    EXPECT_EQ(engine_snapshot(r.engine, 1, &s[0]), OK);
    EXPECT_EQ(engine_snapshot(r.engine, 2, &s[1]), OK);
    rig_restart(&r);
    EXPECT_EQ(engine_adopt(r.engine, r.now, &s[1]), OK);
    EXPECT_EQ(engine_adopt(r.engine, r.now, &s[0]), OK);
    rig_pump(&r);
    unsigned before = client_count(v, STAGE);
    film(c, 7, 330 * US_PER_MS); /* no rid is needed, no key frame either */
    EXPECT_EQ(client_count(v, STAGE), before + 10);
    EXPECT_EQ(client_last(v, STAGE)->number, c->number);
    film(c, 6, 600 * US_PER_MS);
    frame(c, MIDDLE, true);
    EXPECT_EQ(client_last(v, STAGE)->number, c->number);
    client_runs_on(v, STAGE, 90000);
    s[0].sources[CAM].n_rids = 200;
    EXPECT_EQ(engine_peer_remove(r.engine, r.now, 1), OK);
    rig_pump(&r);
    EXPECT_EQ(engine_adopt(r.engine, r.now, &s[0]), ERR_FORMAT);
    rig_free(&r);
}

TEST(rids_that_cannot_be_told_apart_are_refused) {
    REQUIRE(rig_init(&r));
    struct client *c = client_new(&r, 1);
    client_simulcast(c);
    struct session_params good = c->params, bad;
    struct session_line *cam = &bad.lines[CAM];
#define SPOIL(change)                                                 \
    do {                                                              \
        bad = good;                                                   \
        change;                                                       \
        EXPECT_EQ(engine_peer_add(r.engine, r.now, &bad), ERR_RANGE); \
    } while (0)
    SPOIL(cam->n_rids = SESSION_LAYERS_MAX + 1);
    SPOIL(cam->rid[1][0] = 'h');
    SPOIL(cam->rid[2][0] = 0);
    SPOIL(memset(cam->rid[0], 'x', sizeof(cam->rid[0])));
    SPOIL(cam->ext.id[RTP_EXT_RID] = 0);
    SPOIL(bad.lines[MIC].n_rids = 1);
    SPOIL(bad.lines[STAGE].n_rids = 1);
    SPOIL((bad.lines[SCREEN] = *cam, strcpy(bad.lines[SCREEN].mid, "2"), bad.n_lines = N_LINES));
#undef SPOIL
    EXPECT_EQ(engine_peer_add(r.engine, r.now, &good), OK);
    rig_free(&r);
}
