/* Links run out, tours go on. */
#include "tests/unit/signaling/world.h"

static bool meet(struct world *w) {
    if (!world_open(w, NULL)) {
        return false;
    }
    world_join(w, 1, "agent|demo|ann|Ann", small_offer(), small_lines);
    world_join(w, 2, "buyer|demo|bob|Bob", small_offer(), small_lines);
    return true;
}

static void resume(struct world *w, uint64_t conn, const char *secret) {
    world_sendf(w, conn, "{\"type\":\"resume\",\"resume\":\"%s\"}", secret);
}

TEST(a_seat_says_when_it_ends_and_a_fresh_token_moves_that) {
    struct world w;
    char end[64], secret[64], fresh[64];
    REQUIRE(meet(&w));
    world_field(world_got(&w, 2, "joined"), "seat_ends_at", end, sizeof(end));
    EXPECT_STR(end, "2026-01-02T04:04:06.000Z"); /* seat_limit is an hour */
    world_field(world_got(&w, 2, "joined"), "resume", secret, sizeof(secret));
    world_pass(&w, 1800 * US_PER_S);
    world_send(&w, 2, "{\"type\":\"renew\",\"id\":4,\"token\":\"buyer|demo|bob|Bob\"}");
    EXPECT_GOT(&w, 2, "{\"type\":\"renewed\",\"re\":4,\"resume\":\"");
    EXPECT_GOT(&w, 2, "\"seat_ends_at\":\"2026-01-02T04:34:06.000Z\"");
    EXPECT_EQ(w.n - w.mark, 1); /* nobody else is told, and media has nothing to do */
    world_field(world_got(&w, 2, "renewed"), "resume", fresh, sizeof(fresh));
    EXPECT(strlen(fresh) == 32 && strcmp(fresh, secret) != 0);
    /* Beyond the end that the join had, with the new secret only. */
    world_send(&w, 2, "{\"type\":\"ping\"}");
    world_pass(&w, 3000 * US_PER_S);
    world_drop(&w, 2);
    resume(&w, 3, secret);
    EXPECT_ERROR(&w, 3, "resume_unknown");
    resume(&w, 3, fresh);
    EXPECT_GOT(&w, 3, "resumed");
    EXPECT_GOT(&w, 3, "\"seat_ends_at\":\"2026-01-02T04:34:06.000Z\"");
    world_close(&w);
}

TEST(a_reply_that_was_lost_leaves_the_secret_from_before) {
    struct world w;
    char secret[64];
    REQUIRE(meet(&w));
    world_field(world_got(&w, 2, "joined"), "resume", secret, sizeof(secret));
    world_send(&w, 2, "{\"type\":\"renew\",\"token\":\"buyer|demo|bob|Bob\"}");
    world_drop(&w, 2);
    resume(&w, 3, secret);
    EXPECT_GOT(&w, 3, "resumed");
    world_close(&w);
}

TEST(only_a_token_of_the_same_person_renews) {
    static const struct {
        const char *token, *code;
    } bad[] = {{"buyer|demo|cyd|Cyd", "forbidden"},
               {"agent|demo|bob|Bob", "forbidden"},
               {"buyer|taped|bob|Bob", "token_tour"},
               {"token_expired", "token_expired"},
               {"token_signature", "token_signature"}};
    struct world w;
    char end[64], again[64];
    REQUIRE(meet(&w));
    world_field(world_got(&w, 2, "joined"), "seat_ends_at", end, sizeof(end));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        world_sendf(&w, 2, "{\"type\":\"renew\",\"token\":\"%s\"}", bad[i].token);
        const char *got = world_got(&w, 2, "\"field\":\"token\"");
        REQUIRE(got);
        world_field(got, "code", again, sizeof(again));
        EXPECT_STR(again, bad[i].code);
        EXPECT_EQ(w.n - w.mark, 1);
    }
    world_send(&w, 2, "{\"type\":\"renew\"}");
    EXPECT_ERROR(&w, 2, "bad_field");
    world_send(&w, 3, "{\"type\":\"renew\",\"token\":\"buyer|demo|bob|Bob\"}");
    EXPECT_ERROR(&w, 3, "not_joined");
    /* The end is where it was. */
    world_pass(&w, 3601 * US_PER_S);
    world_send(&w, 2, "{\"type\":\"ping\",\"id\":1}");
    EXPECT_GOT(&w, 2, "pong"); /* a seat in use is not ended by it */
    world_close(&w);
}

/* The link has run out, and for a minute there is no network: still in the tour. */
TEST(a_link_that_runs_out_and_a_minute_without_a_network_cost_no_seat) {
    struct world w;
    char secret[64];
    REQUIRE(world_open(&w, NULL));
    world_join(&w, 1, "agent|demo|ann|Ann", small_offer(), small_lines);
    world_join(&w, 2, "buyer|demo|bob|Bob", small_offer(), small_lines);
    world_field(world_got(&w, 2, "joined"), "resume", secret, sizeof(secret));
    world_send(&w, 3, "{\"type\":\"hello\",\"token\":\"token_expired\"}");
    EXPECT_ERROR(&w, 3, "token_expired");
    world_pass(&w, 600 * US_PER_S);
    EXPECT_EQ(signaling_stats(w.signaling).participants, 2);
    world_drop(&w, 2);
    world_pass(&w, w.config.resume_grace - 1);
    resume(&w, 4, secret);
    EXPECT_GOT(&w, 4, "\"resumed\",\"participant\":{\"id\":\"p2\"");
    EXPECT_EQ(signaling_stats(w.signaling).participants, 2);
    world_close(&w);
}

TEST_ALLOC(renewal_survives_failing_allocations) {
    struct world w;
    if (world_open(&w, NULL)) {
        world_join(&w, 1, "agent|demo|ann|Ann", small_offer(), small_lines);
        world_send(&w, 1, "{\"type\":\"renew\",\"id\":1,\"token\":\"agent|demo|ann|Ann\"}");
        EXPECT(mem_failed() || world_got(&w, 1, "renewed"));
    } else {
        EXPECT(mem_failed());
    }
    world_close(&w);
}
