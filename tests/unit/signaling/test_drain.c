/* A server that is being emptied: no tour begins, those that run go on until they end. */
#include "tests/unit/signaling/people.h"

#define ENDED(reason) "{\"type\":\"tour_ended\",\"reason\":\"" reason "\"}"
#define RETRY_S 30

static void drain(struct world *w, us_t after) {
    signaling_drain(w->signaling, w->now, w->now + after, RETRY_S);
    world_drain(w);
}

TEST(while_drained_no_tour_begins_and_who_comes_to_one_that_runs_is_let_in) {
    struct world w;
    struct claims k;
    char resume[64], again[80];
    REQUIRE(world_open(&w, NULL));
    declare_shown(&w, (struct signaling_tour){.name = "idle"});
    world_join(&w, 1, "agent|demo|ann|Ann", small_offer(), small_lines);
    world_join(&w, 2, "buyer|demo|ada|Ada", small_offer(), small_lines);
    world_field(world_got(&w, 2, "joined"), "resume", resume, sizeof(resume));
    EXPECT_EQ(signaling_drained_by(w.signaling).us, 0);
    drain(&w, 1800 * US_PER_S);
    EXPECT_EQ(signaling_drained_by(w.signaling).us, WORLD_WALL + w.now + 1800 * US_PER_S);

    world_send(&w, 3, "{\"type\":\"hello\",\"token\":\"agent|other|eve|Eve\"}");
    EXPECT_ERROR(&w, 3, "draining");
    EXPECT_GOT(&w, 3, "\"retry_after_s\":30");
    world_join(&w, 3, "agent|other|eve|Eve", small_offer(), small_lines);
    EXPECT_ERROR(&w, 3, "draining");
    enter(&w, 4, "agent|idle|eve|Eve");
    EXPECT_ERROR(&w, 4, "draining");
    enter(&w, 5, "buyer|idle|bob|Bob");
    EXPECT_ERROR(&w, 5, "draining");
    enter(&w, 5, "buyer|nowhere|bob|Bob"); /* there would be none in any case */
    EXPECT_ERROR(&w, 5, "tour_unknown");
    EXPECT_EQ(world_post(&w, false, "buyer|demo|cam|Cam"), 201);
    EXPECT_EQ(signaling_admits(w.signaling, w.now, "idle", "agent|idle|cam|Cam", &k),
              CODE_DRAINING);
    EXPECT_EQ(signaling_stats(w.signaling).tours, 1);
    EXPECT_EQ(signaling_stats(w.signaling).refused[CODE_DRAINING], 4);

    world_join(&w, 6, "buyer|demo|new|New", small_offer(), small_lines);
    EXPECT_GOT(&w, 6, "joined");
    EXPECT_EQ(world_post(&w, true, "buyer|demo|tv|Tv"), 201);
    world_drop(&w, 2);
    snprintf(again, sizeof(again), "resume:%s", resume);
    world_join(&w, 7, again, small_offer_restarted(), small_lines);
    EXPECT_GOT(&w, 7, "resumed");
    world_close(&w);
}

TEST(whip_that_would_begin_a_tour_is_told_when_to_come_again) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    drain(&w, 60 * US_PER_S);
    EXPECT_EQ(world_post(&w, false, "agent|demo|cam|Cam"), 503);
    const struct record *r = world_effect(&w, EFFECT_HTTP);
    REQUIRE(r);
    EXPECT_EQ(r->e.retry_after_s, RETRY_S);
    EXPECT(strstr(r->text, "\"draining\""));
    EXPECT_EQ(world_post(&w, true, "agent|demo|tv|Tv"), 503);
    EXPECT_EQ(signaling_stats(w.signaling).tours, 0);
    world_close(&w);
}

TEST(a_tour_ends_when_the_server_is_to_be_empty_and_people_are_told_before) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    declare_shown(&w, (struct signaling_tour){.max_length = 5000 * US_PER_S});
    enter(&w, 1, "agent|shown|ann|Ann");
    enter(&w, 2, "buyer|shown|bob|Bob");
    us_t began = w.now;
    drain(&w, 1000 * US_PER_S);
    EXPECT_GOT(&w, 2, "\"ends_at\":\"2026-01-02T03:20:46.000Z\"");
    world_pass(&w, began + 700 * US_PER_S - w.now - 1);
    EXPECT_NOT(&w, 1, "tour_ending");
    world_pass(&w, 1);
    EXPECT_GOT(&w, 1,
               "{\"type\":\"tour_ending\",\"at\":\"2026-01-02T03:20:46.000Z\","
               "\"reason\":\"maintenance\"}");
    EXPECT_GOT(&w, 2, "tour_ending");
    world_pass(&w, 300 * US_PER_S - 1);
    EXPECT_NOT(&w, 1, "tour_ended");
    world_pass(&w, 1);
    EXPECT_GOT(&w, 1, ENDED("maintenance"));
    EXPECT_GOT(&w, 2, ENDED("maintenance"));
    EXPECT_EQ(signaling_stats(w.signaling).tours, 0);
    enter(&w, 3, "buyer|shown|bob|Bob"); /* it is not over for good: it may come again */
    EXPECT_ERROR(&w, 3, "draining");
    signaling_drain(w.signaling, w.now, US_NEVER, RETRY_S);
    enter(&w, 3, "buyer|shown|bob|Bob");
    EXPECT_GOT(&w, 3, "joined");
    EXPECT_EQ(tour_of(&w, "shown").ending.us, WORLD_WALL + w.now + 5000 * US_PER_S);
    world_close(&w);
}

TEST(a_tour_that_ends_sooner_by_its_plan_does) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    declare_shown(&w, (struct signaling_tour){.max_length = 400 * US_PER_S});
    enter(&w, 1, "agent|shown|ann|Ann");
    us_t began = w.now;
    drain(&w, 1000 * US_PER_S);
    EXPECT_EQ(tour_of(&w, "shown").ending.us, WORLD_WALL + began + 400 * US_PER_S);
    world_pass(&w, 400 * US_PER_S);
    EXPECT_GOT(&w, 1, ENDED("too_long"));
    world_close(&w);
}

TEST(a_drain_that_is_taken_back_leaves_every_tour_its_own_end) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    declare_shown(&w, (struct signaling_tour){.max_length = 5000 * US_PER_S});
    world_join(&w, 1, "agent|demo|ann|Ann", small_offer(), small_lines); /* has none */
    enter(&w, 2, "agent|shown|eve|Eve");
    us_t began = w.now;
    drain(&w, 100 * US_PER_S);
    EXPECT_GOT(&w, 1, "tour_ending");
    EXPECT(tour_of(&w, "demo").ending.us != 0);
    signaling_drain(w.signaling, w.now, US_NEVER, RETRY_S);
    world_drain(&w);
    EXPECT_EQ(tour_of(&w, "demo").ending.us, 0);
    EXPECT_EQ(tour_of(&w, "shown").ending.us, WORLD_WALL + began + 5000 * US_PER_S);
    EXPECT_EQ(signaling_drained_by(w.signaling).us, 0);
    world_pass(&w, 1000 * US_PER_S);
    EXPECT_EQ(signaling_stats(w.signaling).tours, 2);
    drain(&w, 100 * US_PER_S); /* and they are told once more */
    EXPECT_GOT(&w, 1, "tour_ending");
    world_close(&w);
}

TEST(a_clock_that_is_set_moves_what_is_told_of_a_drain_and_not_the_drain) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    enter(&w, 1, "agent|demo|ann|Ann");
    us_t began = w.now;
    drain(&w, 1000 * US_PER_S);
    us_t at = began + 1000 * US_PER_S;
    signaling_clock(w.signaling, w.now, (wall_t){WORLD_WALL + w.now - 500 * US_PER_S});
    world_drain(&w);
    EXPECT_EQ(signaling_drained_by(w.signaling).us, WORLD_WALL + at - 500 * US_PER_S);
    EXPECT(signaling_deadline(w.signaling) <= at - 300 * US_PER_S);
    world_pass(&w, at - w.now - 1);
    EXPECT_NOT(&w, 1, "tour_ended");
    world_pass(&w, 1);
    EXPECT_GOT(&w, 1, ENDED("maintenance"));
    world_close(&w);
}
