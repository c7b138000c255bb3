/* A listener to the taps that lacks a key frame gets one: asked for as rarely as for any viewer,
 * not when it is on its way, and where the source is received. */
#include "tests/unit/engine/pair.h"

static struct rig r;

/* The id under which a camera is tapped, and the number of its last packet. */
static struct tap_ask ask_of(const struct rig *from, uint64_t participant) {
    struct tap_ask a = {.tour = TOUR};
    for (unsigned i = 0; i < from->n_taps; i++) {
        const struct tap *t = &from->taps[i];
        if (t->type == TAP_RTP && t->kind == SOURCE_CAMERA && t->participant == participant) {
            a.source = t->source;
            a.worker = t->worker;
            a.seen = t->seq;
        }
    }
    return a;
}

static enum err ask(const struct tap_ask *a) {
    enum err e = engine_tap_ask(r.engine, r.now, a);
    rig_pump(&r);
    return e;
}

TEST(tap_ask_asks_the_sender) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1);
    EXPECT_EQ(engine_tour_tap(r.engine, r.now, TOUR, true), OK);
    client_video(a, CAM, true);
    rig_run(&r, 2 * US_PER_S - 10 * US_PER_MS);
    client_video(a, CAM, false);
    struct tap_ask q = ask_of(&r, 1);
    unsigned plis = a->n_pli;
    EXPECT_EQ(ask(&q), OK);
    EXPECT_EQ(a->n_pli, plis + 1);
    EXPECT_EQ(a->pli_ssrc, a->streams[CAM].ssrc);
    /* Again at once, and from a viewer: the sender has heard of it. */
    EXPECT_EQ(ask(&q), OK);
    EXPECT_EQ(ask(&q), OK);
    EXPECT_EQ(a->n_pli, plis + 1);
    rig_free(&r);
}

TEST(tap_ask_is_answered_by_a_key_frame_on_its_way) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1);
    EXPECT_EQ(engine_tour_tap(r.engine, r.now, TOUR, true), OK);
    client_video(a, CAM, true);
    rig_run(&r, 1500 * US_PER_MS);
    client_video(a, CAM, false);
    struct tap_ask before = ask_of(&r, 1);
    client_video(a, CAM, true);
    client_video(a, CAM, false);
    unsigned plis = a->n_pli;
    EXPECT_EQ(ask(&before), OK);
    rig_run(&r, 1200 * US_PER_MS);
    EXPECT_EQ(a->n_pli, plis);
    /* It was seen, and did not help. */
    struct tap_ask behind = ask_of(&r, 1);
    behind.seen--;
    EXPECT_EQ(ask(&behind), OK);
    EXPECT_EQ(a->n_pli, plis + 1);
    rig_free(&r);
}

TEST(tap_ask_of_what_is_not_tapped_is_refused) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1);
    client_video(a, CAM, true);
    EXPECT_EQ(engine_tour_tap(r.engine, r.now, TOUR, true), OK);
    rig_pump(&r);
    client_video(a, CAM, false);
    rig_run(&r, 1500 * US_PER_MS);
    client_video(a, CAM, false);
    struct tap_ask q = ask_of(&r, 1), other = q, tour = q, none = q;
    other.source = q.source + 1;
    tour.tour = TOUR + 1;
    none.source = 0;
    unsigned plis = a->n_pli;
    EXPECT_EQ(ask(&other), ERR_UNKNOWN);
    EXPECT_EQ(ask(&tour), ERR_UNKNOWN);
    EXPECT_EQ(ask(&none), ERR_UNKNOWN);
    EXPECT_EQ(engine_peer_consent(r.engine, r.now, 1, false), OK);
    rig_pump(&r);
    EXPECT_EQ(ask(&q), ERR_UNKNOWN);
    EXPECT_EQ(engine_peer_remove(r.engine, r.now, 1), OK);
    rig_pump(&r);
    EXPECT_EQ(ask(&q), ERR_UNKNOWN);
    EXPECT_EQ(a->n_pli, plis);
    rig_free(&r);
}

TEST(tap_ask_reaches_the_worker_that_receives) {
    REQUIRE(pair_init());
    struct client *a = rig_join(&pair.other, 1);
    EXPECT_EQ(engine_tour_tap(pair.home.engine, pair.home.now, TOUR, true), OK);
    pair_exchange();
    client_video(a, CAM, true);
    pair_run(1500 * US_PER_MS);
    client_video(a, CAM, false);
    pair_exchange();
    struct tap_ask q = ask_of(&pair.home, 1);
    EXPECT(q.source != 0);
    EXPECT_EQ(q.worker, 0); /* the home's, whoever receives the source */
    unsigned plis = a->n_pli;
    EXPECT_EQ(engine_tap_ask(pair.home.engine, pair.home.now, &q), OK);
    pair_exchange();
    EXPECT_EQ(a->n_pli, plis + 1);
    pair_done();
}
