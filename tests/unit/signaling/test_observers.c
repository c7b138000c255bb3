/* Who watches: ops on the roster, viewers by WHEP as a number. */
#include "tests/unit/signaling/world.h"

#define OPS "ops||olga|Olga"
#define IN(tour) ",\"tour\":\"" tour "\""

static void watch(struct world *w, uint64_t conn, const char *tour) {
    char extra[400];
    snprintf(extra, sizeof(extra), "%s,\"tour\":\"%s\"", small_lines, tour);
    world_join(w, conn, OPS, small_offer(), extra);
}

TEST(an_observer_is_seen_and_sends_nothing) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    world_join(&w, 1, "agent|taped|ann|Ann", small_offer(), yes_and_lines);
    world_send(&w, 2, "{\"type\":\"hello\",\"token\":\"" OPS "\"" IN("taped") "}");
    EXPECT_GOT(&w, 2, "\"you\":{\"name\":\"Olga\",\"role\":\"ops\",\"sub\":\"olga\"}");
    EXPECT_GOT(&w, 2, "\"consent\":{\"required\":false");
    watch(&w, 2, "taped");
    EXPECT_GOT(&w, 2,
               "\"joined\",\"re\":7,\"participant\":{\"id\":\"p2\",\"name\":\"Olga\","
               "\"role\":\"ops\",\"host\":false");
    EXPECT_GOT(&w, 1, "\"participant_joined\",\"participant\":{\"id\":\"p2\",\"name\":\"Olga\"");
    /* The lines that it offers to send on are refused; media knows of no source of it. */
    const struct session_params *p = world_command(&w, COMMAND_PEER_ADD)->params;
    EXPECT_EQ(p->n_lines, 2);
    EXPECT(p->lines[0].slot == SLOT_STAGE && p->lines[1].slot == SLOT_AUDIO);
    EXPECT(!p->host && !p->record_consent);
    char answer[8192];
    world_field(world_got(&w, 2, "joined"), "answer", answer, sizeof(answer));
    EXPECT(strstr(answer, "m=audio 0 ") && strstr(answer, "m=video 0 "));
    EXPECT(strstr(answer, "m=video 9 ") && strstr(answer, "m=audio 9 "));
    /* Nor by a later offer. */
    world_join(&w, 2, "restart", small_offer_other_peer(), small_lines);
    EXPECT_EQ(world_command(&w, COMMAND_PEER_ADD)->params->n_lines, 2);
    /* The recording says that it was there. */
    EXPECT_STR(world_field(world_got(&w, 2, "restarted"), "mid", answer, sizeof(answer)), "2");
    /* And it hosts nothing. */
    world_send(&w, 2, "{\"type\":\"end\"}");
    EXPECT_ERROR(&w, 2, "forbidden");
    world_send(&w, 1, "{\"type\":\"host\",\"participant\":\"p2\",\"host\":true}");
    EXPECT_GOT(&w, 1, "\"field\":\"participant\"");
    world_close(&w);
}

TEST(an_observer_names_a_tour_that_runs) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    world_join(&w, 1, OPS, small_offer(), small_lines);
    EXPECT_GOT(&w, 1, "\"field\":\"tour\"");
    watch(&w, 1, "a/b");
    EXPECT_GOT(&w, 1, "\"field\":\"tour\"");
    watch(&w, 1, "demo");
    EXPECT_ERROR(&w, 1, "tour_not_started");
    watch(&w, 1, "nowhere");
    EXPECT_ERROR(&w, 1, "tour_unknown");
    EXPECT_EQ(signaling_stats(w.signaling).tours, 0);
    world_join(&w, 2, "agent|demo|ann|Ann", small_offer(), small_lines);
    /* What a token is for cannot be said away, whoever's it is. */
    world_join(&w, 3, "ops|taped|olga|", small_offer(), IN("demo"));
    EXPECT_ERROR(&w, 3, "token_tour");
    world_join(&w, 3, "buyer|taped|bob|", small_offer(), IN("demo"));
    EXPECT_ERROR(&w, 3, "token_tour");
    world_send(&w, 3, "{\"type\":\"hello\",\"token\":\"buyer|taped|bob|\"" IN("demo") "}");
    EXPECT_ERROR(&w, 3, "token_tour");
    watch(&w, 1, "demo");
    EXPECT_GOT(&w, 1, "\"joined\"");
    for (int whep = 0; whep < 2; whep++) {
        EXPECT_EQ(world_post(&w, whep, "ops|demo|olga|Olga"), 403);
    }
    struct claims k;
    EXPECT_EQ(signaling_admits(w.signaling, w.now, "demo", "ops|demo|olga|", &k), CODE_FORBIDDEN);
    world_send(&w, 2, "{\"type\":\"end\"}");
    EXPECT_GOT(&w, 1, "\"tour_ended\",\"reason\":\"ended\"");
    watch(&w, 4, "demo");
    EXPECT_ERROR(&w, 4, "tour_ended");
    world_close(&w);
}

static void with_lobby(struct signaling_config *c) {
    c->default_lobby = true;
}

TEST(neither_lobby_nor_lock_keeps_an_observer_out) {
    struct world w;
    REQUIRE(world_open(&w, with_lobby));
    world_join(&w, 1, "agent|home|ann|Ann", small_offer(), yes_and_lines);
    world_send(&w, 1, "{\"type\":\"lock\",\"on\":true}");
    watch(&w, 2, "home");
    EXPECT_GOT(&w, 2, "\"joined\"");
    world_send(&w, 1, "{\"type\":\"remove\",\"participant\":\"p2\"}"); /* but a host does */
    EXPECT_ERROR(&w, 2, "removed");
    watch(&w, 3, "home");
    EXPECT_ERROR(&w, 3, "removed");
    world_close(&w);
}

TEST(observers_do_not_keep_a_tour) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    world_join(&w, 1, "buyer|taped|bob|Bob", small_offer(), yes_and_lines);
    watch(&w, 2, "taped");
    EXPECT(!world_effect(&w, EFFECT_RECORD)); /* "auto" begins with a host */
    world_send(&w, 1, "{\"type\":\"leave\"}");
    world_pass(&w, 30 * US_PER_S);
    watch(&w, 3, "taped"); /* takes the seat over: the time goes on */
    EXPECT_GOT(&w, 3, "\"joined\"");
    world_pass(&w, 31 * US_PER_S);
    EXPECT_GOT(&w, 3, "{\"type\":\"tour_ended\",\"reason\":\"empty\"}");
    EXPECT_EQ(world_effect(&w, EFFECT_CLOSE)->e.status, 1000);
    EXPECT_EQ(signaling_stats(w.signaling).tours, 0);
    EXPECT_EQ(signaling_stats(w.signaling).participants, 0);
    /* It was not ended by anybody: people may begin it anew. */
    world_join(&w, 4, "buyer|taped|bob|Bob", small_offer(), yes_and_lines);
    EXPECT_GOT(&w, 4, "\"joined\"");
    world_close(&w);
}

TEST(viewers_are_counted_where_people_see_it) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    world_join(&w, 1, "agent|demo|ann|Ann", small_offer(), small_lines);
    EXPECT_NOT(&w, 1, "viewers");
    EXPECT_EQ(world_post(&w, true, "buyer|demo|tv|"), 201);
    EXPECT_GOT(&w, 1, "{\"type\":\"tour_changed\",\"tour\":{\"name\":\"demo\"");
    EXPECT_GOT(&w, 1, "\"viewers\":1,");
    uint64_t first = world_command(&w, COMMAND_PEER_ADD)->params->peer;
    EXPECT_EQ(world_post(&w, true, "buyer|demo|tv|"), 201);
    EXPECT_GOT(&w, 1, "\"viewers\":2,");
    signaling_peer_gone(w.signaling, w.now, first);
    world_drain(&w);
    EXPECT_GOT(&w, 1, "\"viewers\":1,");
    /* Who is not in it is not told. */
    world_send(&w, 2, "{\"type\":\"hello\",\"token\":\"buyer|demo|tv|\"}");
    EXPECT_NOT(&w, 2, "viewers");
    world_close(&w);
}
