/* What nobody needs is not encoded: layers are stopped by their sender and come back in time. */
#include "tests/unit/engine/pair.h"

enum { HIGH, MIDDLE, LOW, ALL = 7 };

#define TWO_FRAMES (2 * 3000 + 90) /* [1/90000 s] no time is without a picture */

static const uint16_t sizes[3] = {1150, 450, 120}; /* [bytes] of a frame: 288, 120, 40 kbit/s */

/* A publisher who does what it is told: it stops layers, and begins them again with a key frame. */
struct publisher {
    struct client *c;
    struct rig *r;
    uint8_t active, sent; /* bit per layer: it is to be sent; it was, with the last picture */
    bool deaf;            /* it does not do what it is told */
    bool exhausted;       /* it has no room for the largest layer */
    unsigned events;      /* read so far */
    unsigned told;        /* MEDIA_LAYERS that were for it */
};

static void listen(struct publisher *p) {
    for (; p->events < p->r->n_events; p->events++) {
        const struct media_event *e = &p->r->events[p->events];
        if (e->type == MEDIA_LAYERS && e->peer == p->c->params.peer) {
            p->told++;
            EXPECT_EQ(e->source_kind, SOURCE_CAMERA);
            EXPECT_EQ(strcmp(e->mid, p->c->params.lines[CAM].mid), 0);
            p->active = p->deaf ? p->active : e->layers;
        }
    }
}

static void picture(struct publisher *p) {
    listen(p);
    uint8_t layers = p->exhausted ? p->active & ~(1u << HIGH) : p->active;
    for (uint8_t i = 3; i-- > 0;) {
        bool asked = p->c->pli_ssrc && p->c->pli_ssrc == client_stream(p->c, CAM, i)->ssrc;
        bool key = asked || !(p->sent & 1u << i);
        if (layers & 1u << i) {
            p->c->pli_ssrc = asked ? 0 : p->c->pli_ssrc;
            client_send(
                p->c,
                &(struct packet_spec){
                    .line = CAM, .layer = i, .keyframe = key, .marker = true, .size = sizes[i]});
        }
    }
    p->sent = layers;
}

static struct publisher publish(struct rig *r, uint64_t handle, bool obeys) {
    struct publisher p = {.c = client_new(r, handle), .r = r, .active = ALL};
    client_simulcast(p.c);
    p.c->params.obeys_layers = obeys;
    client_join(p.c);
    return p;
}

/* ---- one worker ---- */

static struct rig r;

static void film(struct publisher *p, us_t duration) {
    for (us_t t = 0; t < duration; t += 33 * US_PER_MS) {
        picture(p);
        rig_run(&r, 33 * US_PER_MS);
    }
    listen(p);
}

TEST(what_nobody_watches_is_stopped_after_a_while) {
    REQUIRE(rig_init(&r));
    struct publisher p = publish(&r, 1, true);
    film(&p, 4500 * US_PER_MS);
    EXPECT_EQ(p.told, 0); /* not at once: somebody may come, or come back */
    film(&p, 2500 * US_PER_MS);
    EXPECT_EQ(p.active, 1u << LOW); /* which tells that there is a camera */
    film(&p, 20 * US_PER_S);
    EXPECT_EQ(p.told, 1);
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_ON, 1), 1);
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_OFF, 1), 0);
    rig_free(&r);
}

TEST(what_somebody_watches_goes_on) {
    REQUIRE(rig_init(&r));
    struct publisher p = publish(&r, 1, true);
    struct client *v = rig_join(&r, 2);
    film(&p, 12 * US_PER_S);
    EXPECT_EQ(p.active, 1u << HIGH | 1u << LOW); /* the one between is nobody's */
    EXPECT_EQ(rig_shows(&r, v, STAGE), 1);
    v->n_got = 0;
    film(&p, US_PER_S);
    EXPECT(client_count(v, STAGE) >= 30);
    client_runs_on(v, STAGE, TWO_FRAMES);
    rig_free(&r);
}

/* There was room for the largest layer; now its only viewer has less, and it sleeps. */
static bool begin_narrow(struct publisher *p, struct client **ret_viewer) {
    if (!rig_init(&r)) {
        return false;
    }
    *p = publish(&r, 1, true);
    *ret_viewer = rig_join(&r, 2);
    film(p, 2 * US_PER_S);
    client_remb(*ret_viewer, 200000);
    film(p, 10 * US_PER_S);
    EXPECT_EQ(p->active, 1u << MIDDLE | 1u << LOW);
    return true;
}

/* Two viewers, one of them behind a narrow path: each keeps its layer awake. */
TEST(each_viewer_keeps_its_layer) {
    REQUIRE(rig_init(&r));
    struct publisher p = publish(&r, 1, true);
    struct client *v = rig_join(&r, 2), *w = rig_join(&r, 3);
    film(&p, 2 * US_PER_S);
    client_remb(w, 200000);
    film(&p, 12 * US_PER_S);
    EXPECT_EQ(p.active, ALL);
    EXPECT_EQ(p.told, 0);
    client_remb(v, 200000); /* now nobody can have the largest */
    film(&p, 8 * US_PER_S);
    EXPECT_EQ(p.active, 1u << MIDDLE | 1u << LOW);
    EXPECT_EQ(engine_peer_remove(r.engine, r.now, 2), OK);
    EXPECT_EQ(engine_peer_remove(r.engine, r.now, 3), OK);
    film(&p, 8 * US_PER_S);
    EXPECT_EQ(p.active, 1u << LOW);
    rig_free(&r);
}

/* A layer that is wanted again is asked for at once; the smaller one goes on until it is there. */
TEST(what_is_wanted_comes_back_at_its_first_key_frame) {
    struct publisher p;
    struct client *v;
    REQUIRE(begin_narrow(&p, &v));
    client_remb(v, 1000000);
    us_t wanted = r.now;
    v->n_got = 0;
    while (!(p.active & 1u << HIGH) && r.now < wanted + 2 * US_PER_S) {
        film(&p, 33 * US_PER_MS);
    }
    EXPECT(r.now - wanted <= 600 * US_PER_MS); /* the allotment looks twice a second */
    unsigned before = client_count(v, STAGE), plis = p.c->n_pli;
    film(&p, US_PER_S);
    EXPECT(client_count(v, STAGE) >= before + 30);
    EXPECT_EQ(p.c->n_pli, plis); /* it begins with a key frame: none is asked for */
    EXPECT_EQ(client_last(v, STAGE)->number, p.c->number); /* the largest is made last */
    client_runs_on(v, STAGE, TWO_FRAMES);
    rig_free(&r);
}

/* A new one gets the smaller layer first, not nothing. */
TEST(a_newcomer_sees_the_small_picture_until_the_large_one_comes) {
    REQUIRE(rig_init(&r));
    struct publisher p = publish(&r, 1, true);
    film(&p, 10 * US_PER_S);
    EXPECT_EQ(p.active, 1u << LOW);
    p.deaf = true; /* the message is still under way */
    struct client *v = rig_join(&r, 2);
    unsigned told = p.told;
    film(&p, 330 * US_PER_MS);
    EXPECT(client_count(v, STAGE) >= 9);
    EXPECT(p.told > told);
    p.deaf = false;
    p.active = ALL;
    film(&p, 330 * US_PER_MS);
    EXPECT_EQ(client_last(v, STAGE)->number, p.c->number);
    client_runs_on(v, STAGE, TWO_FRAMES);
    rig_free(&r);
}

/* It was asked for and does not come: its encoder has stopped it. Nobody waits for it for ever, it
 * is not told to stop what it cannot send, and when it comes it is shown. */
TEST(what_does_not_come_is_not_waited_for) {
    struct publisher p;
    struct client *v;
    REQUIRE(begin_narrow(&p, &v));
    p.exhausted = true;
    client_remb(v, 1000000);
    v->n_got = 0;
    film(&p, 12 * US_PER_S);
    EXPECT_EQ(p.active, ALL);
    client_runs_on(v, STAGE, TWO_FRAMES);
    p.exhausted = false;
    v->n_got = 0;
    film(&p, US_PER_S);
    EXPECT_EQ(client_last(v, STAGE)->number, p.c->number);
    client_runs_on(v, STAGE, TWO_FRAMES);
    rig_free(&r);
}

/* Who cannot be told is not told, and nothing of it is stopped. */
TEST(a_plain_client_is_never_paused) {
    REQUIRE(rig_init(&r));
    struct publisher p = publish(&r, 1, false);
    film(&p, 20 * US_PER_S);
    EXPECT_EQ(p.told, 0);
    rig_free(&r);
}

TEST(the_recorder_keeps_the_largest) {
    REQUIRE(rig_init(&r));
    struct publisher p = publish(&r, 1, true);
    EXPECT_EQ(engine_peer_consent(r.engine, r.now, 1, true), OK);
    EXPECT_EQ(engine_tour_tap(r.engine, r.now, TOUR, true), OK);
    film(&p, 10 * US_PER_S);
    EXPECT_EQ(p.active, 1u << HIGH | 1u << LOW);
    unsigned ons = rig_taps(&r, TAP_SOURCE_ON, 1);
    EXPECT_EQ(rig_taps(&r, TAP_SOURCE_OFF, 1), ons - 1);
    r.n_taps = 0;
    film(&p, 10 * US_PER_S);
    EXPECT_EQ(rig_taps(&r, TAP_SOURCE_OFF, 1), 0); /* what is stopped is no gap */
    EXPECT_EQ(rig_taps(&r, TAP_SOURCE_ON, 1), 0);
    r.n_taps = 0;
    EXPECT_EQ(engine_tour_tap(r.engine, r.now, TOUR, false), OK);
    film(&p, 10 * US_PER_S);
    EXPECT_EQ(p.active, 1u << LOW);
    r.n_taps = 0;
    EXPECT_EQ(engine_tour_tap(r.engine, r.now, TOUR, true), OK);
    film(&p, 66 * US_PER_MS);
    EXPECT_EQ(p.active, 1u << HIGH | 1u << LOW); /* at once */
    film(&p, 330 * US_PER_MS);
    EXPECT_EQ(rig_taps(&r, TAP_SOURCE_ON, 1), 2); /* the small one until then */
    EXPECT_EQ(rig_taps(&r, TAP_SOURCE_OFF, 1), 1);
    rig_free(&r);
}

/* A camera that was off begins with everything, whatever was stopped before. */
TEST(a_source_that_begins_anew_has_all_its_layers) {
    REQUIRE(rig_init(&r));
    struct publisher p = publish(&r, 1, true);
    film(&p, 10 * US_PER_S);
    EXPECT_EQ(p.active, 1u << LOW);
    rig_run(&r, 3 * US_PER_S);
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_OFF, 1), 1);
    listen(&p);
    EXPECT_EQ(p.active, ALL);
    p.sent = 0;
    film(&p, US_PER_S);
    EXPECT_EQ(p.active, ALL);
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_ON, 1), 2);
    rig_free(&r);
}

/* Another engine goes on with the session, and does not know what was told. */
TEST(an_adopted_publisher_is_told_again) {
    REQUIRE(rig_init(&r));
    struct session_snapshot s;
    struct publisher p = publish(&r, 1, true);
    film(&p, 10 * US_PER_S);
    EXPECT_EQ(p.active, 1u << LOW);
    EXPECT_EQ(engine_snapshot(r.engine, 1, &s), OK);
    rig_restart(&r);
    EXPECT_EQ(engine_adopt(r.engine, r.now, &s), OK);
    rig_pump(&r);
    film(&p, US_PER_S);
    EXPECT_EQ(p.active, ALL);
    film(&p, 8 * US_PER_S);
    EXPECT_EQ(p.active, 1u << LOW);
    rig_free(&r);
}

/* ---- two workers ---- */

static void film_both(struct publisher *p, us_t duration) {
    for (us_t t = 0; t < duration; t += 33 * US_PER_MS) {
        picture(p);
        pair_exchange();
        pair_run(30 * US_PER_MS);
    }
    listen(p);
}

TEST(viewers_of_another_worker_count) {
    REQUIRE(pair_init());
    struct publisher p = publish(&pair.home, 1, true);
    struct client *v = rig_join(&pair.other, 2);
    film_both(&p, 14 * US_PER_S);
    EXPECT_EQ(p.active, 1u << HIGH | 1u << LOW);
    EXPECT_EQ(client_last(v, STAGE)->number, p.c->number);
    client_remb(v, 200000); /* there is none between now: it gets the smallest, and asks for it */
    film_both(&p, 2 * US_PER_S);
    EXPECT(p.active & 1u << MIDDLE);
    film_both(&p, 8 * US_PER_S);
    EXPECT_EQ(p.active, 1u << MIDDLE | 1u << LOW);
    client_remb(v, 1000000);
    v->n_got = 0;
    film_both(&p, US_PER_S);
    EXPECT(p.active & 1u << HIGH);
    EXPECT_EQ(client_last(v, STAGE)->number, p.c->number);
    client_runs_on(v, STAGE, TWO_FRAMES);
    EXPECT_EQ(engine_peer_remove(pair.other.engine, pair.other.now, 2), OK);
    film_both(&p, 9 * US_PER_S);
    EXPECT_EQ(p.active, 1u << LOW);
    pair_done();
}

/* A worker that has the tour later has never seen the layer, and hears what it takes. */
TEST(a_worker_that_comes_later_knows_what_sleeps) {
    REQUIRE(rig_init(&pair.home) && rig_init(&pair.other));
    pair.other.config.worker = 1;
    rig_restart(&pair.other);
    struct publisher p = publish(&pair.home, 1, true);
    for (unsigned i = 0; i < 300; i++) {
        picture(&p);
        rig_run(&pair.home, 33 * US_PER_MS);
    }
    EXPECT_EQ(p.active, 1u << LOW);
    rig_run(&pair.other, pair.home.now - pair.other.now);
    struct client *v = rig_join(&pair.other, 2);
    client_remb(v, 62000);
    EXPECT_EQ(engine_tour_span(pair.other.engine, pair.other.now, TOUR, 0, 1), OK);
    EXPECT_EQ(engine_tour_span(pair.home.engine, pair.home.now, TOUR, 0, 2), OK);
    pair_exchange();
    film_both(&p, 3 * US_PER_S);
    EXPECT_EQ(p.active, 1u << LOW); /* it knows that more does not fit */
    client_remb(v, 1000000);
    film_both(&p, US_PER_S);
    EXPECT(p.active & 1u << HIGH);
    EXPECT_EQ(client_last(v, STAGE)->number, p.c->number);
    pair_done();
}

TEST(lost_wishes_are_told_again) {
    REQUIRE(pair_init());
    struct publisher p = publish(&pair.home, 1, true);
    struct client *v = rig_join(&pair.other, 2);
    film_both(&p, 2 * US_PER_S);
    client_remb(v, 200000);
    film_both(&p, 10 * US_PER_S);
    EXPECT_EQ(p.active, 1u << MIDDLE | 1u << LOW);
    pair.lose = 1u << RELAY_NEEDED;
    client_remb(v, 1000000);
    film_both(&p, 2 * US_PER_S);
    EXPECT_EQ(p.active, 1u << MIDDLE | 1u << LOW);
    pair.lose = 0;
    film_both(&p, 1500 * US_PER_MS);
    EXPECT(p.active & 1u << HIGH);
    pair_done();
}

/* The recorder listens at the home, which may be another worker than the publisher's. */
TEST(the_recorder_of_another_worker_counts) {
    REQUIRE(pair_init());
    struct publisher p = publish(&pair.other, 1, true);
    EXPECT_EQ(engine_peer_consent(pair.other.engine, pair.other.now, 1, true), OK);
    film_both(&p, 9 * US_PER_S);
    EXPECT_EQ(p.active, 1u << LOW);
    EXPECT_EQ(engine_tour_tap(pair.home.engine, pair.home.now, TOUR, true), OK);
    film_both(&p, 500 * US_PER_MS);
    EXPECT_EQ(p.active, 1u << HIGH | 1u << LOW);
    film_both(&p, 12 * US_PER_S);
    EXPECT_EQ(p.active, 1u << HIGH | 1u << LOW);
    pair_done();
}
