/* Three publishers of pictures that are each within the limit of their m-line, and together beyond
 * that of the tour, or of the worker. */
#include "media/engine/intake.h"
#include "tests/unit/engine/rig.h"

static struct rig r;

#define FRAME_EVERY (20 * US_PER_MS)
#define SIZE 900                    /* [bytes] and what is around it */
#define EACH (50 * 2 * (SIZE + 60)) /* [bytes/s] of one publisher, about */
#define PUBLISHERS 3

struct publisher {
    struct client *c;
    unsigned n_pli; /* answered */
};

static const struct engine_counters *counters(void) {
    return engine_counters(r.engine);
}

/* A picture of two packets, a key frame when one is asked for. */
static void picture(struct publisher *p, bool first) {
    bool keyframe = first || p->c->n_pli > p->n_pli;
    p->n_pli = p->c->n_pli;
    client_send(p->c, &(struct packet_spec){.line = CAM, .keyframe = keyframe, .size = SIZE});
    client_send(p->c,
                &(struct packet_spec){.line = CAM, .inside = true, .marker = true, .size = SIZE});
}

struct heard {
    unsigned packets[PUBLISHERS]; /* of each, that were taken in, and so recorded */
    unsigned voices;              /* of the first one's, packets of sound that were sent */
};

/* The first `n` publish. */
static struct heard drive(struct publisher *p, unsigned n, us_t duration) {
    struct heard h = {{0}, 0};
    for (us_t end = r.now + duration; r.now < end;) {
        r.n_taps = 0;
        for (unsigned i = 0; i < n; i++) {
            picture(&p[i], false);
        }
        client_audio(p[0].c, 30);
        h.voices++;
        rig_run(&r, FRAME_EVERY);
        for (unsigned i = 0; i < PUBLISHERS; i++) {
            h.packets[i] += rig_taps(&r, TAP_RTP, p[i].c->params.peer);
        }
    }
    return h;
}

static bool begin(struct publisher *p, uint32_t tour, uint32_t worker) {
    if (!rig_init(&r)) {
        return false;
    }
    r.config.tour_bytes = tour;
    r.config.worker_bytes = worker;
    rig_restart(&r);
    for (unsigned i = 0; i < PUBLISHERS; i++) {
        p[i] = (struct publisher){.c = rig_join(&r, i + 1)};
    }
    EXPECT_EQ(engine_host(r.engine, r.now, 2, true), OK);
    EXPECT_EQ(engine_tour_tap(r.engine, r.now, TOUR, true), OK);
    for (unsigned i = 0; i < PUBLISHERS; i++) {
        picture(&p[i], true);
    }
    return true;
}

TEST(a_tour_that_fits_loses_nothing) {
    struct publisher p[PUBLISHERS];
    REQUIRE(begin(p, 2 * PUBLISHERS * EACH, 2 * PUBLISHERS * EACH));
    (void)drive(p, PUBLISHERS, 10 * US_PER_S);
    EXPECT_EQ(counters()->drop_quota, 0);
    rig_free(&r);
}

/* Two of three fit: the host is never cut, the guests share the rest in whole pieces, and the voice
 * of one of them is never left out. */
static void expect_shared(struct publisher *p) {
    (void)drive(p, PUBLISHERS, 3 * US_PER_S); /* the burst */
    uint64_t dropped = counters()->drop_quota;
    struct heard h = drive(p, PUBLISHERS, 10 * US_PER_S);
    unsigned guests = h.packets[0] - h.voices + h.packets[2];
    EXPECT(counters()->drop_quota > dropped);
    EXPECT_EQ(h.packets[1], 1000);
    EXPECT(guests >= 1000 && guests < 1500);
    EXPECT(h.packets[0] >= h.voices);
    EXPECT_EQ(rig_count(&r, MEDIA_OFFENCE, 0), 0); /* nobody has done wrong */
}

TEST(a_tour_over_its_limit_cuts_pictures_of_guests) {
    struct publisher p[PUBLISHERS];
    REQUIRE(begin(p, 2 * EACH + EACH / 4, 0));
    expect_shared(p);
    rig_free(&r);
}

/* It has one of its own. */
TEST(a_tour_may_have_another_limit) {
    struct publisher p[PUBLISHERS];
    REQUIRE(begin(p, EACH / 2, 0));
    EXPECT_EQ(engine_tour_intake(r.engine, r.now, TOUR, 2 * EACH + EACH / 4), OK);
    expect_shared(p);
    EXPECT_EQ(engine_tour_intake(r.engine, r.now, TOUR + 9, 1), ERR_UNKNOWN);
    rig_free(&r);
}

TEST(a_worker_over_its_limit_does_the_same) {
    struct publisher p[PUBLISHERS];
    REQUIRE(begin(p, 0, 2 * EACH + EACH / 4));
    expect_shared(p);
    rig_free(&r);
}

/* The third is alone in another tour, and the two that take more are of one. */
static void expect_fair(struct publisher *p) {
    (void)drive(p, PUBLISHERS, 3 * US_PER_S); /* the burst */
    uint64_t dropped = counters()->drop_quota;
    struct heard h = drive(p, PUBLISHERS, 10 * US_PER_S);
    EXPECT(counters()->drop_quota > dropped);
    EXPECT_EQ(h.packets[2], 1000);
    EXPECT_EQ(h.packets[1], 1000);
    EXPECT(h.packets[0] >= h.voices && h.packets[0] < h.voices + 500);
}

/* Two of three fit. Who keeps to the share of his tour loses nothing, though he is a guest; and
 * what one tour leaves the other has. */
TEST(no_tour_takes_what_is_anothers_of_a_worker) {
    struct publisher p[PUBLISHERS];
    REQUIRE(rig_init(&r));
    r.config.worker_bytes = 2 * EACH + EACH / 4;
    rig_restart(&r);
    CHECK(engine_tour_add(r.engine, TOUR + 1) == OK);
    for (unsigned i = 0; i < PUBLISHERS; i++) {
        p[i] = (struct publisher){.c = client_new(&r, i + 1)};
        p[i].c->params.tour = i < 2 ? TOUR : TOUR + 1;
        client_join(p[i].c);
    }
    EXPECT_EQ(engine_host(r.engine, r.now, 2, true), OK);
    EXPECT_EQ(engine_tour_tap(r.engine, r.now, TOUR, true), OK);
    EXPECT_EQ(engine_tour_tap(r.engine, r.now, TOUR + 1, true), OK);
    for (unsigned i = 0; i < PUBLISHERS; i++) {
        picture(&p[i], true);
    }
    expect_fair(p);
    (void)drive(p, 2, 5 * US_PER_S); /* the third is silent: both of the other tour fit */
    uint64_t dropped = counters()->drop_quota + counters()->drop_policed;
    (void)drive(p, 2, 2 * US_PER_S);
    EXPECT_EQ(counters()->drop_quota + counters()->drop_policed, dropped);
    expect_fair(p); /* and is back */
    rig_free(&r);
}

TEST(what_was_cut_goes_on_when_there_is_room) {
    struct publisher p[PUBLISHERS];
    REQUIRE(begin(p, 2 * EACH + EACH / 4, 0));
    (void)drive(p, PUBLISHERS, 6 * US_PER_S);
    (void)drive(p, 2, 5 * US_PER_S); /* the third is silent */
    uint64_t dropped = counters()->drop_quota + counters()->drop_policed;
    struct heard h = drive(p, 2, 2 * US_PER_S);
    EXPECT_EQ(h.packets[0], 200 + h.voices);
    EXPECT_EQ(h.packets[1], 200);
    EXPECT_EQ(counters()->drop_quota + counters()->drop_policed, dropped);
    rig_free(&r);
}

/* The event says which source it is. */
TEST(an_offence_names_the_source) {
    REQUIRE(rig_init(&r));
    r.config.police[SOURCE_SCREEN] = (struct police_limit){.packets = 100};
    rig_restart(&r);
    struct client *c = rig_join(&r, 1);
    for (int i = 0; i < 500; i++) {
        client_send(c, &(struct packet_spec){.line = SCREEN, .inside = i > 0, .keyframe = i == 0});
        client_send(c, &(struct packet_spec){.line = CAM, .inside = i > 0, .keyframe = i == 0});
    }
    rig_run(&r, US_PER_S);
    EXPECT(rig_count(&r, MEDIA_OFFENCE, 1) >= 1);
    for (unsigned i = 0; i < r.n_events; i++) {
        if (r.events[i].type == MEDIA_OFFENCE) {
            EXPECT_EQ(r.events[i].source_kind, SOURCE_SCREEN);
            EXPECT_EQ(r.events[i].reason, OFFENCE_RATE);
        }
    }
    rig_free(&r);
}

/* At a gigabit a second a packet of sound takes less than a microsecond, and counts. */
TEST(small_packets_count_at_a_high_limit) {
    struct publisher p[PUBLISHERS];
    REQUIRE(begin(p, 0, 125000000));
    rig_run(&r, US_PER_S);
    struct session *s = session_find(r.engine, 1);
    us_t now = r.now;
    for (int i = 0; i < 1250000; i++) {
        REQUIRE(intake_pass(s, now, 100, false));
    }
    EXPECT(!intake_pass(s, now, 100, true));
    EXPECT(intake_pass(s, now + US_PER_S, 100, true));
    rig_free(&r);
}

/* A microphone that is muted, and sends on, does not hide a camera. */
TEST(what_is_muted_hides_no_offence) {
    REQUIRE(rig_init(&r));
    r.config.police[SOURCE_SCREEN] = (struct police_limit){.packets = 50};
    r.config.police[SOURCE_CAMERA] = (struct police_limit){.packets = 50};
    rig_restart(&r);
    struct client *c = rig_join(&r, 1);
    EXPECT_EQ(engine_source_mute(r.engine, r.now, 1, SOURCE_SCREEN, true), OK);
    for (int i = 0; i < 600; i++) {
        client_send(c, &(struct packet_spec){.line = SCREEN, .inside = i > 0, .keyframe = i == 0});
        client_send(c, &(struct packet_spec){.line = SCREEN, .inside = true});
        if (i % 2) {
            client_send(c, &(struct packet_spec){.line = CAM, .inside = i > 1, .keyframe = i == 1});
        }
    }
    rig_run(&r, US_PER_S);
    REQUIRE(rig_count(&r, MEDIA_OFFENCE, 1) >= 1);
    for (unsigned i = 0; i < r.n_events; i++) {
        if (r.events[i].type == MEDIA_OFFENCE) {
            EXPECT_EQ(r.events[i].source_kind, SOURCE_CAMERA);
        }
    }
    rig_free(&r);
}
