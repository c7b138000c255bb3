/* A server that has too much to do refuses who would come, and keeps who is in. */
#include "tests/unit/signaling/world.h"

#include <stdio.h>

static const char beside[] =
    ",\"seat\":\"beside\",\"sources\":[{\"mid\":\"0\",\"kind\":\"microphone\"}],"
    "\"slots\":[{\"mid\":\"2\",\"kind\":\"stage\"}]";

TEST(overload_refuses_newcomers_and_keeps_guests) {
    struct world w;
    char resume[80], again[128];
    REQUIRE(world_open(&w, NULL));
    world_join(&w, 1, "agent|demo|ann|Ann", small_offer(), small_lines);
    EXPECT_GOT(&w, 1, "joined");
    world_join(&w, 2, "buyer|demo|ada|Ada", small_offer(), small_lines);
    world_field(world_got(&w, 2, "joined"), "resume", resume, sizeof(resume));
    signaling_overloaded(w.signaling, 10);

    world_join(&w, 3, "buyer|demo|bob|Bob", small_offer(), small_lines);
    EXPECT_ERROR(&w, 3, "server_overloaded");
    EXPECT_GOT(&w, 3, "\"retry_after_s\":10");
    world_join(&w, 4, "agent|other|eve|Eve", small_offer(), yes_and_lines); /* nor a tour */
    EXPECT_ERROR(&w, 4, "server_overloaded");
    EXPECT_EQ(signaling_stats(w.signaling).tours, 1);
    EXPECT_EQ(world_post(&w, false, "buyer|demo|cam|Cam"), 503);
    const struct record *r = world_effect(&w, EFFECT_HTTP);
    REQUIRE(r);
    EXPECT_EQ(r->e.retry_after_s, 10);
    EXPECT_EQ(world_post(&w, true, "buyer|demo|tv|Tv"), 503);
    EXPECT_EQ(signaling_stats(w.signaling).overloaded, 4);

    world_drop(&w, 2);
    snprintf(again, sizeof(again), "resume:%s", resume);
    world_join(&w, 5, again, small_offer_restarted(), small_lines);
    EXPECT_GOT(&w, 5, "resumed");
    world_join(&w, 6, "buyer|demo|ada|Ada", small_offer(), small_lines); /* from another window */
    EXPECT_GOT(&w, 6, "joined");
    world_send(&w, 1, "{\"type\":\"mute\",\"id\":4,\"source\":\"camera\",\"on\":true}");
    EXPECT_GOT(&w, 1, "\"re\":4");

    /* A further viewer, and another device, of who is in. */
    EXPECT_EQ(world_post(&w, true, "buyer|demo|ada|Ada"), 201);
    world_join(&w, 7, "buyer|demo|ada|Ada", small_offer(), beside);
    EXPECT_GOT(&w, 7, "joined");
    EXPECT_EQ(signaling_stats(w.signaling).overloaded, 4);

    signaling_overloaded(w.signaling, 0);
    world_join(&w, 3, "buyer|demo|bob|Bob", small_offer(), small_lines);
    EXPECT_GOT(&w, 3, "joined");
    EXPECT_EQ(signaling_stats(w.signaling).overloaded, 4);
    world_close(&w);
}

TEST(overload_keeps_viewers_who_watch_once_more) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    world_join(&w, 1, "agent|demo|ann|Ann", small_offer(), small_lines);
    EXPECT_EQ(world_post(&w, true, "buyer|demo|tv|Tv"), 201);
    signaling_overloaded(w.signaling, 10);
    EXPECT_EQ(world_post(&w, true, "buyer|demo|tv|Tv"), 201);
    EXPECT_EQ(world_post(&w, true, "buyer|demo|new|New"), 503);
    EXPECT_EQ(signaling_stats(w.signaling).overloaded, 1);
    world_close(&w);
}
