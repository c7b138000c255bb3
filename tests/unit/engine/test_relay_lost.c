/* One tour on two workers: what of a picture does not come to the other one, or is not whole. */
#include "tests/unit/engine/pair.h"

static void keep_pictures(struct rig *r) {
    r->config.gop_age = 10 * US_PER_S;
    r->config.gop_bytes = 4u << 20;
    rig_restart(r);
}

/* Where a packet is lost for good, the picture that is kept is of no use on any worker. */
TEST(what_is_kept_on_the_other_worker_has_no_holes) {
    REQUIRE(rig_init(&pair.home) && rig_init(&pair.other));
    pair.other.config.worker = 1;
    keep_pictures(&pair.home);
    keep_pictures(&pair.other);
    EXPECT_EQ(engine_tour_span(pair.home.engine, pair.home.now, TOUR, 0, 2), OK);
    EXPECT_EQ(engine_tour_span(pair.other.engine, pair.other.now, TOUR, 0, 1), OK);
    struct client *a = rig_join(&pair.home, 1), *v = rig_join(&pair.other, 2);
    client_video(a, CAM, true);
    pair_run(33 * US_PER_MS);
    client_video(a, CAM, false);
    pair_exchange();
    EXPECT_EQ(client_count(v, STAGE), 2);
    struct client *late = rig_join(&pair.other, 3);
    EXPECT_EQ(client_count(late, STAGE), 2);
    client_send(a, &(struct packet_spec){.line = CAM, .marker = true, .drop = true});
    for (int i = 0; i < 60; i++) { /* it is asked for, and then given up */
        client_video(a, CAM, false);
        pair_run(30 * US_PER_MS);
    }
    struct client *later = rig_join(&pair.other, 4);
    pair_run(30 * US_PER_MS);
    EXPECT_EQ(client_count(later, STAGE), 0);
    client_video(a, CAM, true); /* which the loss has been answered with */
    pair_exchange();
    struct client *last = rig_join(&pair.other, 5);
    EXPECT_EQ(client_count(later, STAGE), 1);
    EXPECT_EQ(client_count(last, STAGE), 1);
    pair_done();
}

/* A packet that is not passed on for want of room is missing there, and nobody knows but by count.
 */
TEST(what_is_kept_on_the_other_worker_misses_no_message) {
    REQUIRE(rig_init(&pair.home) && rig_init(&pair.other));
    pair.other.config.worker = 1;
    keep_pictures(&pair.home);
    keep_pictures(&pair.other);
    EXPECT_EQ(engine_tour_span(pair.home.engine, pair.home.now, TOUR, 0, 2), OK);
    EXPECT_EQ(engine_tour_span(pair.other.engine, pair.other.now, TOUR, 0, 1), OK);
    struct client *a = rig_join(&pair.home, 1);
    (void)rig_join(&pair.other, 2);
    client_video(a, CAM, true);
    for (int i = 0; i < 9; i++) {
        pair.lose = i == 5 ? 1u << RELAY_PACKET : 0;
        pair_run(30 * US_PER_MS);
        client_video(a, CAM, false);
        pair_exchange();
    }
    struct client *late = rig_join(&pair.other, 3);
    pair_exchange();
    EXPECT_EQ(client_count(late, STAGE), 0);
    EXPECT_EQ(a->n_pli, 1);
    client_video(a, CAM, true);
    pair_exchange();
    EXPECT_EQ(client_count(late, STAGE), 1);
    pair_done();
}

/* Someone sends, on the other worker someone watches, and one message finds no room. */
static struct client *lose_one(struct client **ret_viewer) {
    EXPECT(pair_init());
    struct client *a = rig_join(&pair.home, 1);
    *ret_viewer = rig_join(&pair.other, 2);
    client_video(a, CAM, true);
    for (int i = 0; i < 20; i++) {
        pair_run(30 * US_PER_MS);
        client_video(a, CAM, false);
    }
    pair_exchange();
    EXPECT_EQ(client_count(*ret_viewer, STAGE), 21);
    pair.lose = 1u << RELAY_PACKET;
    client_video(a, CAM, false);
    pair_exchange();
    pair.lose = 0;
    EXPECT_EQ(a->n_pli, 0);
    return a;
}

/* Its origin knows nothing of it, and the viewer would ask this worker in vain. */
TEST(what_is_lost_between_workers_is_answered_by_one_key_frame) {
    struct client *v, *a = lose_one(&v);
    client_video(a, CAM, false);
    pair_exchange();
    EXPECT_EQ(a->n_pli, 1);
    for (int i = 0; i < 10; i++) {
        client_video(a, CAM, false);
        pair_run(30 * US_PER_MS);
    }
    EXPECT_EQ(a->n_pli, 1);
    client_video(a, CAM, true);
    for (int i = 0; i < 100; i++) {
        pair_run(30 * US_PER_MS);
        client_video(a, CAM, false);
    }
    EXPECT_EQ(a->n_pli, 1);
    pair_done();
}

/* What comes next may be a repair of something older than the last key frame, and what is lost is
 * not. */
TEST(a_repair_does_not_hide_what_is_lost_between_workers) {
    REQUIRE(pair_init());
    struct client *a = rig_join(&pair.home, 1), *v = rig_join(&pair.other, 2);
    client_video(a, CAM, true);
    uint16_t seq = client_send(a, &(struct packet_spec){.line = CAM, .marker = true, .drop = true});
    client_video(a, CAM, false);
    client_video(a, CAM, true);
    client_video(a, CAM, false);
    pair_run(100 * US_PER_MS);
    pair.lose = 1u << RELAY_PACKET;
    client_video(a, CAM, false);
    pair_exchange();
    pair.lose = 0;
    client_send_rtx(a, CAM, seq, 4711);
    pair_exchange();
    client_video(a, CAM, false);
    pair_exchange();
    EXPECT_EQ(a->n_pli, 1);
    client_video(a, CAM, true);
    pair_exchange();
    EXPECT(client_last(v, STAGE)->keyframe);
    pair_done();
}

/* Of a share that rests nothing comes after it for long but what is told again each second. */
TEST(what_is_lost_before_a_rest_is_known_soon) {
    struct client *v, *a = lose_one(&v);
    pair_run(1100 * US_PER_MS);
    EXPECT_EQ(a->n_pli, 1);
    client_video(a, CAM, true);
    pair_exchange();
    EXPECT(client_last(v, STAGE)->keyframe);
    pair_run(1100 * US_PER_MS);
    EXPECT_EQ(a->n_pli, 1);
    pair_done();
}

/* It came after that anyway. */
TEST(what_is_lost_before_a_key_frame_is_not_asked_for) {
    struct client *v, *a = lose_one(&v);
    client_video(a, CAM, true);
    pair_exchange();
    for (int i = 0; i < 60; i++) {
        client_video(a, CAM, false);
        pair_run(30 * US_PER_MS);
    }
    EXPECT(client_count(v, STAGE) > 60);
    EXPECT_EQ(a->n_pli, 0);
    pair_done();
}

/* However short a time ago it was sent: that of which a part is lost is not on its way. */
TEST(a_key_frame_that_is_torn_between_workers_is_asked_for_again) {
    REQUIRE(pair_init());
    struct client *a = rig_join(&pair.home, 1), *v = rig_join(&pair.other, 2);
    client_video(a, CAM, true);
    pair_run(100 * US_PER_MS);
    for (unsigned i = 0; i < 3; i++) {
        pair.lose = i == 1 ? 1u << RELAY_PACKET : 0;
        client_send(a, &(struct packet_spec){
                           .line = CAM, .keyframe = i == 0, .inside = i > 0, .marker = i == 2});
        pair_exchange();
    }
    EXPECT_EQ(client_count(v, STAGE), 3);
    EXPECT_EQ(a->n_pli, 1);
    pair_done();
}

/* Where nobody is shown it, nobody needs another one. */
TEST(what_is_lost_between_workers_concerns_who_is_shown_it) {
    REQUIRE(pair_init());
    struct client *a = rig_join(&pair.home, 1);
    client_video(a, CAM, true);
    for (int i = 0; i < 60; i++) {
        pair.lose = i % 10 == 5 ? 1u << RELAY_PACKET : 0;
        client_video(a, CAM, false);
        pair_run(30 * US_PER_MS);
    }
    EXPECT_EQ(a->n_pli, 0);
    struct client *v = rig_join(&pair.other, 2);
    pair_exchange();
    EXPECT_EQ(a->n_pli, 1);
    client_video(a, CAM, true);
    pair_exchange();
    EXPECT_EQ(client_count(v, STAGE), 1);
    pair_done();
}

/* What the limit of a publisher's m-line cuts off is not missed by who is on another worker. */
TEST(a_cut_picture_goes_on_without_a_hole_on_the_other_worker) {
    REQUIRE(rig_init(&pair.home) && rig_init(&pair.other));
    pair.home.config.police[SOURCE_CAMERA] = (struct police_limit){.packets = 100};
    pair.other.config.worker = 1;
    rig_restart(&pair.home);
    rig_restart(&pair.other);
    EXPECT_EQ(engine_tour_span(pair.home.engine, pair.home.now, TOUR, 0, 2), OK);
    EXPECT_EQ(engine_tour_span(pair.other.engine, pair.other.now, TOUR, 0, 1), OK);
    struct client *a = rig_join(&pair.home, 1), *v = rig_join(&pair.other, 2);
    client_video(a, CAM, true);
    for (unsigned i = 0; i < 120; i++) {
        client_video(a, CAM, false);
        pair_exchange();
    }
    unsigned got = client_count(v, STAGE);
    EXPECT(got >= 100 && got < 120);
    uint16_t seq = client_last(v, STAGE)->seq;
    pair_run(600 * US_PER_MS);
    EXPECT_EQ(a->n_pli, 1);
    client_video(a, CAM, false);
    client_video(a, CAM, true);
    pair_exchange();
    EXPECT_EQ(client_count(v, STAGE), got + 1);
    EXPECT(client_last(v, STAGE)->keyframe);
    EXPECT_EQ(client_last(v, STAGE)->seq, (uint16_t)(seq + 1));
    pair_done();
}

/* Both keep pictures; of a camera a limited number of packets is passed on. */
static void begin_limited(void) {
    EXPECT(rig_init(&pair.home) && rig_init(&pair.other));
    pair.home.config.police[SOURCE_CAMERA] = (struct police_limit){.packets = 100};
    pair.other.config.worker = 1;
    keep_pictures(&pair.home);
    keep_pictures(&pair.other);
}

static void span_both(void) {
    EXPECT_EQ(engine_tour_span(pair.home.engine, pair.home.now, TOUR, 0, 2), OK);
    EXPECT_EQ(engine_tour_span(pair.other.engine, pair.other.now, TOUR, 0, 1), OK);
    pair_exchange();
}

/* What was cut off is the end of what is kept, which goes on nowhere: it is no beginning for
 * whoever comes, on whatever worker, while its source rests. */
static void cut_and_rest(bool spreads_later) {
    begin_limited();
    if (!spreads_later) {
        span_both();
    }
    struct client *a = rig_join(&pair.home, 1);
    client_video(a, CAM, true);
    for (unsigned i = 0; i < 120; i++) {
        client_video(a, CAM, false);
        pair_exchange();
    }
    if (spreads_later) {
        span_both();
    }
    pair_run(100 * US_PER_MS);
    struct client *u = rig_join(&pair.home, 2), *v = rig_join(&pair.other, 3);
    pair_run(100 * US_PER_MS);
    EXPECT_EQ(client_count(u, STAGE), 0);
    EXPECT_EQ(client_count(v, STAGE), 0);
    pair_run(600 * US_PER_MS);
    EXPECT_EQ(a->n_pli, 1);
    client_video(a, CAM, true);
    pair_exchange();
    EXPECT_EQ(client_count(u, STAGE), 1);
    EXPECT_EQ(client_count(v, STAGE), 1);
    pair_done();
}

TEST(a_cut_picture_is_given_to_nobody) {
    cut_and_rest(false);
    cut_and_rest(true);
}

/* With each packet a gap that is too long to be asked for: key frames, and what is left out. */
TEST(gaps_without_end_tell_other_workers_little) {
    begin_limited();
    pair.home.config.police[SOURCE_CAMERA] = (struct police_limit){0};
    rig_restart(&pair.home);
    span_both();
    struct client *a = rig_join(&pair.home, 1);
    unsigned told = 0;
    struct relay m;
    for (unsigned i = 0; i < 1000; i++) { /* two seconds */
        client_stream(a, CAM, 0)->next += 1000;
        client_video(a, CAM, i % 2 == 0);
        rig_run(&pair.home, 2 * US_PER_MS);
        while (engine_relay(pair.home.engine, &m)) {
            told += m.type == RELAY_STATE;
            packet_unref(relay_carries(&m));
        }
    }
    EXPECT(told >= 2 && told <= 8);
    EXPECT(a->n_pli <= 4);
    EXPECT(rig_count(&pair.home, MEDIA_SOURCE_ON, 1) <= 1);
    pair_done();
}

/* Nothing of it goes on until a key frame, with which the other worker could be told. */
TEST(a_picture_that_goes_on_nowhere_is_not_replayed_on_the_other_worker) {
    REQUIRE(rig_init(&pair.home) && rig_init(&pair.other));
    pair.home.config.gop_age = pair.other.config.gop_age = 10 * US_PER_S;
    pair.other.config.worker = 1;
    rig_restart(&pair.home);
    rig_restart(&pair.other);
    EXPECT_EQ(engine_tour_span(pair.home.engine, pair.home.now, TOUR, 0, 2), OK);
    EXPECT_EQ(engine_tour_span(pair.other.engine, pair.other.now, TOUR, 0, 1), OK);
    struct client *a = rig_join(&pair.home, 1);
    client_video(a, CAM, true);
    client_video(a, CAM, false);
    pair_run(100 * US_PER_MS);
    (void)rig_join(&pair.other, 2);
    pair_run(10 * US_PER_MS);
    EXPECT_EQ(engine_counters(pair.other.engine)->replays, 1);
    for (unsigned i = 0; i < 300; i++) {
        client_send(a, &(struct packet_spec){.line = CAM, .marker = true, .drop = true});
    }
    client_video(a, CAM, false);
    pair_run(10 * US_PER_MS);
    struct client *late = rig_join(&pair.other, 3);
    pair_run(10 * US_PER_MS);
    EXPECT_EQ(engine_counters(pair.other.engine)->replays, 1);
    EXPECT_EQ(client_count(late, STAGE), 0);
    client_video(a, CAM, true);
    pair_exchange();
    EXPECT_EQ(client_count(late, STAGE), 1);
    (void)rig_join(&pair.other, 4);
    pair_run(10 * US_PER_MS);
    EXPECT_EQ(engine_counters(pair.other.engine)->replays, 2); /* this one is whole */
    pair_done();
}
