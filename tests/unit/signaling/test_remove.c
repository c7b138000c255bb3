#include "tests/unit/signaling/world.h"

/* A host removes somebody. */

static void join(struct world *w, uint64_t conn, const char *token) {
    world_join(w, conn, token, small_offer(), small_lines);
}

static bool meet(struct world *w) {
    if (!world_open(w, NULL)) {
        return false;
    }
    join(w, 1, "agent|demo|ann|Ann");
    join(w, 2, "buyer|demo|bob|Bob");
    join(w, 3, "buyer|demo|cyd|Cyd");
    return true;
}

TEST(a_host_removes_somebody_for_as_long_as_the_tour_runs) {
    struct world w;
    char secret[64], extra[200];
    REQUIRE(meet(&w));
    world_send(&w, 2, "{\"type\":\"ping\"}");
    join(&w, 2, "buyer|demo|bob|Bob"); /* already_joined; the secret is the first one's */
    world_send(&w, 1, "{\"type\":\"remove\",\"id\":5,\"participant\":\"p2\"}");
    EXPECT_GOT(&w, 1, "{\"type\":\"ok\",\"re\":5}");
    EXPECT_GOT(&w, 1, "{\"type\":\"participant_left\",\"id\":\"p2\",\"reason\":\"removed\"}");
    EXPECT_GOT(&w, 3, "{\"type\":\"participant_left\",\"id\":\"p2\",\"reason\":\"removed\"}");
    EXPECT_ERROR(&w, 2, "removed");
    REQUIRE(world_effect(&w, EFFECT_CLOSE) && world_command(&w, COMMAND_PEER_REMOVE));
    EXPECT_EQ(world_effect(&w, EFFECT_CLOSE)->e.conn, 2);
    EXPECT_EQ(world_effect(&w, EFFECT_CLOSE)->e.status, 4003);
    EXPECT_EQ(world_count(&w, EFFECT_CLOSE), 1);
    EXPECT(!world_effect(&w, EFFECT_PARTICIPANT)->e.on);
    /* Not by any door, whatever the token's role. */
    join(&w, 4, "buyer|demo|bob|Bob");
    EXPECT_ERROR(&w, 4, "removed");
    join(&w, 4, "agent|demo|bob|Bob");
    EXPECT_ERROR(&w, 4, "removed");
    world_send(&w, 4, "{\"type\":\"hello\",\"token\":\"buyer|demo|bob|Bob\"}");
    EXPECT_ERROR(&w, 4, "removed");
    struct claims k; /* OPTIONS of WHIP and WHEP tells STUN and TURN servers to who is admitted */
    EXPECT_EQ(signaling_admits(w.signaling, w.now, "demo", "buyer|demo|bob|Bob", &k), CODE_REMOVED);
    EXPECT_EQ(signaling_admits(w.signaling, w.now, "demo", "buyer|demo|cyd|Cyd", &k), CODE_OK);
    EXPECT_STR(k.sub, "cyd");
    EXPECT_EQ(signaling_admits(w.signaling, w.now, "taped", "buyer|demo|cyd|Cyd", &k),
              CODE_FORBIDDEN);
    EXPECT_EQ(signaling_admits(w.signaling, w.now, "none", "buyer|none|cyd|Cyd", &k),
              CODE_TOUR_UNKNOWN);
    EXPECT_EQ(signaling_admits(w.signaling, w.now, "demo", "token_expired", &k),
              CODE_TOKEN_EXPIRED);
    EXPECT_EQ(signaling_admits(w.signaling, w.now, "demo", NULL, &k), CODE_TOKEN_MISSING);
    for (int whep = 0; whep < 2; whep++) {
        (void)world_post(&w, whep, "buyer|demo|bob|Bob");
        EXPECT_EQ(world_effect(&w, EFFECT_HTTP)->e.status, 403);
        EXPECT(strstr(world_effect(&w, EFFECT_HTTP)->text, "\"code\":\"removed\""));
    }
    join(&w, 4, "buyer|taped|bob|Bob"); /* another tour does not know of it */
    EXPECT_ERROR(&w, 4, "consent_required");
    /* The next run of the tour is another one. */
    world_send(&w, 1, "{\"type\":\"end\"}");
    join(&w, 5, "agent|demo|ann|Ann");
    join(&w, 6, "buyer|demo|bob|Bob");
    world_field(world_got(&w, 6, "joined"), "resume", secret, sizeof(secret));
    /* And a secret does not outlive the removal. */
    world_send(&w, 5, "{\"type\":\"remove\",\"participant\":\"p2\"}");
    snprintf(extra, sizeof(extra), "{\"type\":\"resume\",\"resume\":\"%s\"}", secret);
    world_send(&w, 7, extra);
    EXPECT_ERROR(&w, 7, "resume_unknown");
    world_close(&w);
}

TEST(only_hosts_remove_and_not_themselves) {
    struct world w;
    REQUIRE(meet(&w));
    world_send(&w, 2, "{\"type\":\"remove\",\"participant\":\"p3\"}");
    EXPECT_ERROR(&w, 2, "forbidden");
    world_send(&w, 1, "{\"type\":\"remove\",\"participant\":\"p1\"}");
    EXPECT_GOT(&w, 1, "\"field\":\"participant\"");
    world_send(&w, 1, "{\"type\":\"remove\",\"participant\":\"p9\"}");
    EXPECT_GOT(&w, 1, "\"field\":\"participant\"");
    world_send(&w, 1, "{\"type\":\"remove\",\"participant\":\"\"}");
    EXPECT_GOT(&w, 1, "\"field\":\"participant\"");
    world_send(&w, 1, "{\"type\":\"remove\"}");
    EXPECT_ERROR(&w, 1, "bad_field");
    world_send(&w, 4, "{\"type\":\"remove\",\"participant\":\"p2\"}");
    EXPECT_ERROR(&w, 4, "not_joined");
    EXPECT_EQ(signaling_stats(w.signaling).participants, 3);
    /* Another host may be removed. */
    join(&w, 4, "agent|demo|dan|Dan");
    world_send(&w, 1, "{\"type\":\"remove\",\"participant\":\"p4\"}");
    EXPECT_ERROR(&w, 4, "removed");
    world_close(&w);
}

TEST(removal_ends_all_transports_of_the_token) {
    struct world w;
    REQUIRE(meet(&w));
    (void)world_post(&w, true, "buyer|demo|bob|Bob");
    (void)world_post(&w, true, "buyer|demo|cyd|Cyd");
    (void)world_post(&w, false, "buyer|demo|dan|Dan"); /* a WHIP publisher, p4 */
    EXPECT_EQ(signaling_stats(w.signaling).sessions, 6);
    world_send(&w, 1, "{\"type\":\"remove\",\"participant\":\"p2\"}");
    EXPECT_EQ(world_commands(&w, COMMAND_PEER_REMOVE), 2);
    EXPECT_EQ(signaling_stats(w.signaling).sessions, 4);
    world_send(&w, 1, "{\"type\":\"remove\",\"participant\":\"p4\"}");
    EXPECT_EQ(world_commands(&w, COMMAND_PEER_REMOVE), 1);
    EXPECT_EQ(world_count(&w, EFFECT_CLOSE), 0);
    world_close(&w);
}

static void few(struct signaling_config *c) {
    c->max_participants = 3;
}

TEST(as_many_are_refused_as_fit_in_a_tour) {
    struct world w;
    REQUIRE(world_open(&w, few));
    join(&w, 1, "agent|demo|ann|Ann");
    for (unsigned i = 0; i < 4; i++) {
        char token[64];
        snprintf(token, sizeof(token), "buyer|demo|s%u|N", i);
        join(&w, 10 + i, token);
        world_sendf(&w, 1, "{\"type\":\"remove\",\"participant\":\"p%u\"}", i + 2);
        EXPECT_ERROR(&w, 10 + i, "removed");
    }
    join(&w, 20, "buyer|demo|s1|N");
    EXPECT_ERROR(&w, 20, "removed");
    join(&w, 20, "buyer|demo|s0|N"); /* the first is forgotten */
    EXPECT_GOT(&w, 20, "joined");
    world_close(&w);
}

TEST_ALLOC(a_removal_without_memory_changes_nothing_or_is_whole) {
    struct world w;
    if (world_open(&w, NULL)) {
        join(&w, 1, "agent|demo|ann|Ann");
        join(&w, 2, "buyer|demo|bob|Bob");
        uint32_t before = signaling_stats(w.signaling).participants;
        world_send(&w, 1, "{\"type\":\"remove\",\"id\":1,\"participant\":\"p2\"}");
        uint32_t after = signaling_stats(w.signaling).participants;
        EXPECT(before - after <= 1);
        EXPECT(mem_failed() || after == 1);
    }
    world_close(&w);
}
