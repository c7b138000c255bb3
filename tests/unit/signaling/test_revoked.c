/* A token is taken back: what it has in tours ends. */
#include "tests/unit/signaling/world.h"

static bool meet(struct world *w) {
    if (!world_open(w, NULL)) {
        return false;
    }
    world_join(w, 1, "agent|demo|ann|Ann", small_offer(), small_lines);
    world_join(w, 2, "buyer|demo|bob|Bob", small_offer(), small_lines);
    world_join(w, 3, "buyer|taped|bob|Bob", small_offer(), yes_and_lines);
    return true;
}

TEST(a_revoked_person_is_out_of_all_tours_at_once) {
    struct world w;
    char secret[64], extra[400];
    REQUIRE(meet(&w));
    snprintf(extra, sizeof(extra), "%s,\"seat\":\"beside\"", small_lines);
    world_join(&w, 4, "buyer|demo|bob|Bob", small_offer(), extra);
    world_field(world_got(&w, 4, "joined"), "resume", secret, sizeof(secret));
    EXPECT_EQ(world_post(&w, true, "buyer|demo|bob|Bob"), 201);
    EXPECT_EQ(world_post(&w, true, "buyer|demo|cyd|Cyd"), 201);
    EXPECT_EQ(signaling_stats(w.signaling).sessions, 6);
    EXPECT_EQ(signaling_revoke(w.signaling, w.now, "bob"), OK);
    world_drain(&w);
    for (uint64_t conn = 2; conn <= 4; conn++) {
        EXPECT_ERROR(&w, conn, "token_revoked");
    }
    EXPECT_EQ(world_count(&w, EFFECT_CLOSE), 3);
    EXPECT_EQ(world_effect(&w, EFFECT_CLOSE)->e.status, 4003);
    EXPECT_GOT(&w, 1, "{\"type\":\"participant_left\",\"id\":\"p2\",\"reason\":\"removed\"}");
    EXPECT_GOT(&w, 1, "\"viewers\":1,");
    EXPECT_EQ(signaling_stats(w.signaling).participants, 1);
    EXPECT_EQ(signaling_stats(w.signaling).sessions, 2);
    world_sendf(&w, 5, "{\"type\":\"resume\",\"resume\":\"%s\"}", secret);
    EXPECT_ERROR(&w, 5, "resume_unknown");
    /* Who is of no tour is nobody's business. */
    EXPECT_EQ(signaling_revoke(w.signaling, w.now, "dan"), OK);
    world_drain(&w);
    EXPECT_EQ(w.n, w.mark);
    world_close(&w);
}

static void with_lobby(struct signaling_config *c) {
    c->default_lobby = true;
}

TEST(a_revoked_person_waits_no_more) {
    struct world w;
    REQUIRE(world_open(&w, with_lobby));
    world_join(&w, 1, "agent|home|ann|Ann", small_offer(), yes_and_lines);
    world_join(&w, 2, "buyer|home|bob|Bob", small_offer(), yes);
    EXPECT_EQ(signaling_stats(w.signaling).waiting, 1);
    EXPECT_EQ(signaling_revoke(w.signaling, w.now, "bob"), OK);
    world_drain(&w);
    EXPECT_ERROR(&w, 2, "token_revoked");
    EXPECT_GOT(&w, 1, "{\"type\":\"lobby_left\",\"id\":\"p2\",\"reason\":\"removed\"}");
    EXPECT_EQ(signaling_stats(w.signaling).waiting, 0);
    world_close(&w);
}

TEST(whom_a_host_has_removed_is_known_while_the_tour_runs) {
    struct world w;
    REQUIRE(meet(&w));
    uint64_t demo = 0;
    for (size_t i = 0; i < w.n; i++) {
        const struct signaling_effect *e = &w.log[i].e;
        demo =
            e->type == EFFECT_TOUR && e->on && strcmp(e->title, "Demo tour") == 0 ? e->tour : demo;
    }
    EXPECT(demo && !signaling_refuses(w.signaling, demo, "bob"));
    world_send(&w, 1, "{\"type\":\"remove\",\"participant\":\"p2\"}");
    EXPECT(signaling_refuses(w.signaling, demo, "bob"));
    EXPECT(!signaling_refuses(w.signaling, demo, "ann"));
    EXPECT(!signaling_refuses(w.signaling, demo + 1, "bob"));
    world_send(&w, 1, "{\"type\":\"end\"}");
    EXPECT(!signaling_refuses(w.signaling, demo, "bob"));
    world_close(&w);
}

TEST_ALLOC(a_revocation_without_memory_changes_nothing_or_is_whole) {
    struct world w;
    if (meet(&w)) {
        struct signaling_stats before = signaling_stats(w.signaling);
        enum err e = signaling_revoke(w.signaling, w.now, "bob");
        world_drain(&w);
        uint32_t n = signaling_stats(w.signaling).participants;
        EXPECT(e == OK ? n <= 1 : n == before.participants);
    } else {
        EXPECT(mem_failed());
    }
    world_close(&w);
}
