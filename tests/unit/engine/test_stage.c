/* Who holds the stage: hosts, the lead, the spotlit one; and that a guest who speaks does not. */
#include "tests/unit/engine/pair.h"

static struct rig r;

static struct client *join_host(struct rig *at, uint64_t handle) {
    struct client *c = client_new(at, handle);
    c->params.host = true;
    client_join(c);
    return c;
}

static void hold(uint64_t spotlight, uint64_t lead) {
    EXPECT_EQ(engine_stage(r.engine, r.now, TOUR, spotlight, lead), OK);
    rig_pump(&r);
}

static void make_host(uint64_t handle, bool on) {
    EXPECT_EQ(engine_host(r.engine, r.now, handle, on), OK);
    rig_pump(&r);
}

/* Everybody has a camera, and these speak. */
static void talk(struct client **c, unsigned n, const struct client *const *who, unsigned n_who) {
    for (unsigned k = 0; k < 50; k++) {
        for (unsigned i = 0; i < n; i++) {
            bool speaks = false;
            for (unsigned j = 0; j < n_who; j++) {
                speaks = speaks || who[j] == c[i];
            }
            client_video(c[i], CAM, false);
            client_audio(c[i], speaks ? 10 : 127);
        }
        rig_run(&r, 20 * US_PER_MS);
    }
}

static bool hears(const struct client *c, uint64_t who) {
    return rig_shows(&r, c, AUDIO0) == who || rig_shows(&r, c, AUDIO1) == who ||
           rig_shows(&r, c, AUDIO2) == who;
}

TEST(a_guest_who_speaks_does_not_take_the_stage_from_a_host) {
    REQUIRE(rig_init(&r));
    struct client *g = rig_join(&r, 1), *h = join_host(&r, 2), *w = rig_join(&r, 3),
                  *x = rig_join(&r, 4), *v = rig_join(&r, 5);
    struct client *all[] = {g, h, w, x};
    for (unsigned i = 0; i < 4; i++) {
        client_video(all[i], CAM, true);
        client_audio(all[i], 127);
    }
    EXPECT_EQ(rig_shows(&r, v, STAGE), 2);
    v->n_got = 0;
    talk(all, 4, (const struct client *[]){g, w, x}, 3);
    EXPECT(rig_speaker(&r) != 0 && rig_speaker(&r) != 2);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 2);
    EXPECT_EQ(rig_shows(&r, v, AUDIO0), 2); /* audible without a pause, although silent */
    EXPECT_EQ(client_count(v, STAGE), 50);
    EXPECT_EQ(client_count(v, AUDIO0), 50);
    EXPECT_EQ(client_last(v, AUDIO0)->sender, 2);
    EXPECT(rig_shows(&r, h, STAGE) != 0 && rig_shows(&r, h, STAGE) != 2);
    rig_free(&r);
}

/* Where no host shows anything there is nothing to hold. */
TEST(without_a_camera_of_a_host_who_speaks_has_the_stage) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *b = rig_join(&r, 2), *h = join_host(&r, 3),
                  *v = rig_join(&r, 4);
    struct client *all[] = {a, b};
    hold(0, 3);
    client_video(a, CAM, true);
    client_video(b, CAM, true);
    client_audio(h, 127);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 1);
    talk(all, 2, (const struct client *[]){b}, 1);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 2);
    EXPECT_EQ(rig_shows(&r, v, AUDIO0), 2);
    client_video(h, CAM, true);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 3);
    EXPECT_EQ(rig_shows(&r, v, GALLERY0) + rig_shows(&r, v, GALLERY1), 3);
    rig_free(&r);
}

TEST(the_spotlight_goes_before_everything) {
    REQUIRE(rig_init(&r));
    struct client *h = join_host(&r, 1), *g = rig_join(&r, 2), *v = rig_join(&r, 3);
    client_video(h, CAM, true);
    client_video(g, CAM, true);
    client_audio(g, 127);
    hold(2, 1);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 2);
    EXPECT_EQ(rig_shows(&r, v, AUDIO0), 2);
    EXPECT_EQ(rig_shows(&r, v, GALLERY0), 1);
    EXPECT_EQ(rig_shows(&r, g, STAGE), 1); /* nobody is shown himself */
    client_video(h, SCREEN, true);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 2);
    client_video(g, SCREEN, true); /* its own screen goes before its own camera */
    EXPECT_EQ(client_last(v, STAGE)->sender, 2);
    EXPECT_EQ(r.events[r.n_events - 1].source_kind, SOURCE_CAMERA); /* moved to the gallery */
    EXPECT_EQ(rig_shows(&r, v, GALLERY1), 2);
    EXPECT_EQ(engine_source_mute(r.engine, r.now, 2, SOURCE_SCREEN, true), OK);
    rig_pump(&r);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 2);
    hold(0, 1); /* off: back to what it would be */
    EXPECT_EQ(rig_shows(&r, v, STAGE), 1);
    EXPECT_EQ(r.events[r.n_events - 1].participant, 2);
    hold(99, 1); /* who shows nothing changes nothing, */
    EXPECT_EQ(rig_shows(&r, v, STAGE), 1);
    EXPECT_EQ(engine_peer_remove(r.engine, r.now, 1), OK); /* and who is gone does not hold it */
    rig_pump(&r);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 2);
    rig_free(&r);
}

TEST(the_lead_goes_before_other_hosts) {
    REQUIRE(rig_init(&r));
    struct client *g = rig_join(&r, 1), *h = join_host(&r, 2), *lead = join_host(&r, 3),
                  *v = rig_join(&r, 4);
    hold(0, 3);
    client_video(g, CAM, true);
    client_video(h, CAM, true);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 2); /* as long as the lead has no camera */
    client_video(lead, CAM, true);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 3);
    EXPECT_EQ(rig_shows(&r, lead, STAGE), 2);
    hold(0, 2); /* handed over */
    EXPECT_EQ(rig_shows(&r, v, STAGE), 2);
    client_video(g, SCREEN, true);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 1);
    client_video(h, SCREEN, true);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 2);
    client_video(lead, SCREEN, true); /* a newer one, but not the lead's */
    EXPECT_EQ(rig_shows(&r, v, STAGE), 2);
    hold(0, 3);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 3);
    rig_free(&r);
}

TEST(a_pin_goes_before_the_camera_of_the_lead) {
    REQUIRE(rig_init(&r));
    struct client *h = join_host(&r, 1), *g = rig_join(&r, 2), *v = rig_join(&r, 3),
                  *w = rig_join(&r, 4);
    hold(0, 1);
    client_video(h, CAM, true);
    client_video(g, CAM, true);
    EXPECT_EQ(engine_pin(r.engine, r.now, 3, 2), OK);
    rig_pump(&r);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 2);
    EXPECT_EQ(rig_shows(&r, w, STAGE), 1);
    client_video(h, SCREEN, true); /* but not before a screen, */
    EXPECT_EQ(rig_shows(&r, v, STAGE), 1);
    EXPECT_EQ(engine_source_mute(r.engine, r.now, 1, SOURCE_SCREEN, true), OK);
    hold(1, 1); /* or the spotlight */
    EXPECT_EQ(rig_shows(&r, v, STAGE), 1);
    rig_free(&r);
}

/* Whoever is on the stage: three slots for voices, and everybody talks. */
TEST(who_holds_the_stage_is_heard_from_wherever) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *b = rig_join(&r, 2), *c = rig_join(&r, 3),
                  *h = join_host(&r, 4), *lead = join_host(&r, 5), *v = rig_join(&r, 6);
    struct client *all[] = {a, b, c, h};
    hold(0, 5);
    for (unsigned i = 0; i < 4; i++) {
        client_video(all[i], CAM, true);
        client_audio(all[i], 127);
    }
    EXPECT_EQ(rig_shows(&r, v, STAGE), 4); /* its microphone came before */
    client_audio(lead, 127);
    client_video(a, SCREEN, true);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 1);
    for (unsigned i = 0; i < 4; i++) {
        talk(all, 4, (const struct client *[]){a, b, c}, 3);
        client_audio(lead, 127);
        EXPECT(hears(v, 5));
    }
    hold(3, 5); /* who is spotlit is heard, also without a picture */
    EXPECT_EQ(engine_source_mute(r.engine, r.now, 3, SOURCE_CAMERA, true), OK);
    rig_pump(&r);
    EXPECT(hears(v, 3) && hears(v, 5));
    rig_free(&r);
}

TEST(who_is_made_a_host_holds_the_stage_at_once) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *b = rig_join(&r, 2), *v = rig_join(&r, 3);
    client_video(a, CAM, true);
    client_video(b, CAM, true);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 1);
    make_host(2, true);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 2);
    make_host(2, false);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 1);
    make_host(2, true);
    client_video(b, SCREEN, true); /* also what it begins to send later */
    client_video(a, SCREEN, true);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 2);
    rig_free(&r);
}

TEST(another_worker_hears_who_is_host) {
    REQUIRE(pair_init());
    struct client *a = rig_join(&pair.home, 1), *b = rig_join(&pair.home, 2);
    struct client *there = rig_join(&pair.other, 3);
    client_video(a, CAM, true);
    client_video(b, CAM, true);
    pair_exchange();
    EXPECT_EQ(rig_shows(&pair.other, there, STAGE), 1);
    EXPECT_EQ(engine_host(pair.home.engine, pair.home.now, 2, true), OK);
    pair_exchange();
    EXPECT_EQ(rig_shows(&pair.other, there, STAGE), 2);
    pair.lose = 1u << RELAY_STATE;
    EXPECT_EQ(engine_host(pair.home.engine, pair.home.now, 2, false), OK);
    pair_exchange();
    EXPECT_EQ(rig_shows(&pair.other, there, STAGE), 2);
    pair.lose = 0; /* and again once a second */
    for (unsigned i = 0; i < 11; i++) {
        client_video(a, CAM, true);
        client_video(b, CAM, true);
        pair_run(100 * US_PER_MS);
    }
    EXPECT_EQ(rig_shows(&pair.other, there, STAGE), 1);
    EXPECT_EQ(engine_stage(pair.other.engine, pair.other.now, TOUR, 2, 0), OK);
    pair_exchange();
    EXPECT_EQ(rig_shows(&pair.other, there, STAGE), 2);
    pair_done();
}

/* Small screens have few places: who leads and who speaks are not the ones who have none. */
TEST(a_full_gallery_gives_way_to_who_leads_and_who_speaks) {
    REQUIRE(rig_init(&r));
    struct client *c[5], *v = rig_join(&r, 9);
    for (unsigned i = 0; i < 5; i++) {
        c[i] = rig_join(&r, i + 1);
        client_video(c[i], CAM, true);
    }
    hold(4, 5);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 4);
    EXPECT_EQ(rig_shows(&r, v, GALLERY0), 2); /* has been there: stays */
    EXPECT_EQ(rig_shows(&r, v, GALLERY1), 5); /* leads */
    talk(c, 5, (const struct client *[]){c[2]}, 1);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 4);
    EXPECT_EQ(rig_shows(&r, v, GALLERY0), 3); /* speaks */
    EXPECT_EQ(rig_shows(&r, v, GALLERY1), 5);
    talk(c, 5, NULL, 0);
    talk(c, 5, NULL, 0);
    EXPECT_EQ(rig_shows(&r, v, GALLERY0), 3); /* until somebody else does */
    rig_free(&r);
}

/* The stage of a tour is nobody's session: it is told again, as that the tour is there. Until then
 * slots keep what they show, since not all sources have come yet. */
TEST(a_stage_that_is_told_after_an_adoption_moves_nothing) {
    struct session_snapshot s[4];
    REQUIRE(rig_init(&r));
    struct client *h = join_host(&r, 1), *lead = rig_join(&r, 2), *g = rig_join(&r, 3),
                  *v = rig_join(&r, 4);
    make_host(2, true);
    hold(0, 2);
    client_video(h, CAM, true);
    client_video(lead, CAM, true);
    client_video(g, CAM, true);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 2);
    for (unsigned i = 0; i < 4; i++) {
        REQUIRE(engine_snapshot(r.engine, i + 1, &s[i]) == OK);
    }
    EXPECT(s[1].flags & SNAPSHOT_HOST);
    rig_restart(&r);
    r.n_events = 0;
    for (unsigned i = 0; i < 4; i++) {
        EXPECT_EQ(engine_adopt(r.engine, r.now, &s[i]), OK);
        rig_pump(&r);
    }
    hold(0, 2);
    for (unsigned i = 0; i < 90; i++) { /* longer than bindings are kept */
        client_video(h, CAM, false);
        client_video(lead, CAM, false);
        client_video(g, CAM, false);
        rig_run(&r, 33 * US_PER_MS);
    }
    EXPECT_EQ(client_last(v, STAGE)->sender, 2);
    EXPECT_EQ(rig_count(&r, MEDIA_SLOT_CHANGED, 4), 0);
    hold(0, 0);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 1); /* both are hosts: the snapshot has kept that */
    rig_free(&r);
}

static uint32_t last_stage(void) {
    uint32_t id = 0;
    for (unsigned i = 0; i < r.n_taps; i++) {
        id = r.taps[i].type == TAP_STAGE ? r.taps[i].participant : id;
    }
    return id;
}

TEST(the_programme_shows_who_holds_the_stage) {
    REQUIRE(rig_init(&r));
    struct client *g = rig_join(&r, 1), *h = join_host(&r, 2);
    struct client *all[] = {g, h};
    EXPECT_EQ(engine_tour_tap(r.engine, r.now, TOUR, true), OK);
    client_video(g, CAM, true);
    client_video(h, CAM, true);
    EXPECT_EQ(last_stage(), 2);
    talk(all, 2, (const struct client *[]){g}, 1);
    EXPECT_EQ(last_stage(), 2);
    hold(1, 2);
    EXPECT_EQ(last_stage(), 1);
    hold(0, 2);
    EXPECT_EQ(last_stage(), 2);
    EXPECT_EQ(engine_stage(r.engine, r.now, 99, 0, 0), ERR_UNKNOWN);
    rig_free(&r);
}
