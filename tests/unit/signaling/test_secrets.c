#include "tests/unit/signaling/world.h"

/* Resume secrets: who is in the tour stays in it, and a leaked secret is worth little. */

static void join_as(struct world *w, uint64_t conn, const char *sub) {
    char token[64];
    snprintf(token, sizeof(token), "buyer|demo|%s|N", sub);
    world_join(w, conn, token, small_offer(), small_lines);
}

static void resume(struct world *w, uint64_t conn, const char *secret) {
    world_sendf(w, conn, "{\"type\":\"resume\",\"id\":1,\"resume\":\"%s\"}", secret);
}

/* The secret in the reply of this type to conn. */
static void secret_of(const struct world *w, uint64_t conn, const char *type, char out[64]) {
    world_field(world_got(w, conn, type), "resume", out, 64);
    EXPECT_EQ(strlen(out), 32);
}

TEST(each_resume_tells_a_new_secret_and_the_old_one_is_refused) {
    struct world w;
    char first[64], second[64], third[64];
    REQUIRE(world_open(&w, NULL));
    join_as(&w, 1, "ada");
    secret_of(&w, 1, "joined", first);
    world_drop(&w, 1);
    resume(&w, 2, first);
    secret_of(&w, 2, "resumed", second);
    EXPECT(strcmp(first, second) != 0);
    world_send(&w, 2, "{\"type\":\"ping\"}");
    /* Whoever has found the first one gets nowhere, and the owner stays. */
    resume(&w, 3, first);
    EXPECT_ERROR(&w, 3, "resume_unknown");
    EXPECT_EQ(world_count(&w, EFFECT_CLOSE), 0);
    world_drop(&w, 2);
    resume(&w, 3, first);
    EXPECT_ERROR(&w, 3, "resume_unknown");
    resume(&w, 4, second);
    secret_of(&w, 4, "resumed", third);
    EXPECT(strcmp(second, third) != 0);
    world_close(&w);
}

TEST(a_resume_whose_reply_was_lost_can_be_said_again) {
    struct world w;
    char first[64], lost[64], lost_again[64], last[64];
    REQUIRE(world_open(&w, NULL));
    join_as(&w, 1, "ada");
    secret_of(&w, 1, "joined", first);
    world_drop(&w, 1);
    resume(&w, 2, first);
    secret_of(&w, 2, "resumed", lost);
    world_drop(&w, 2);
    resume(&w, 3, first);
    secret_of(&w, 3, "resumed", lost_again);
    world_drop(&w, 3);
    resume(&w, 4, first);
    secret_of(&w, 4, "resumed", last);
    world_send(&w, 4, "{\"type\":\"ping\"}");
    world_drop(&w, 4);
    const char *const refused[] = {first, lost, lost_again};
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        resume(&w, 5, refused[i]);
        EXPECT_ERROR(&w, 5, "resume_unknown");
    }
    resume(&w, 6, last);
    EXPECT_GOT(&w, 6, "resumed");
    world_close(&w);
}

TEST(a_refused_resume_uses_up_nothing) {
    struct world w;
    char secret[64], again[64];
    REQUIRE(world_open(&w, NULL));
    join_as(&w, 1, "ada");
    secret_of(&w, 1, "joined", secret);
    world_drop(&w, 1);
    world_sendf(&w, 2, "{\"type\":\"resume\",\"resume\":\"%s\",\"offer\":\"nonsense\"}", secret);
    EXPECT_ERROR(&w, 2, "sdp_malformed");
    resume(&w, 2, secret);
    secret_of(&w, 2, "resumed", again);
    world_close(&w);
}

TEST(a_join_ends_the_secrets_before_it) {
    struct world w;
    char first[64], second[64], third[64];
    REQUIRE(world_open(&w, NULL));
    join_as(&w, 1, "ada");
    secret_of(&w, 1, "joined", first);
    world_drop(&w, 1);
    resume(&w, 2, first);
    secret_of(&w, 2, "resumed", second);
    join_as(&w, 3, "ada");
    secret_of(&w, 3, "joined", third);
    resume(&w, 4, first);
    EXPECT_ERROR(&w, 4, "resume_unknown");
    resume(&w, 4, second);
    EXPECT_ERROR(&w, 4, "resume_unknown");
    resume(&w, 4, third);
    EXPECT_GOT(&w, 4, "resumed");
    world_close(&w);
}

TEST(a_secret_dies_with_its_seat) {
    struct world w;
    char secret[64];
    REQUIRE(world_open(&w, NULL));
    join_as(&w, 1, "ada");
    secret_of(&w, 1, "joined", secret);
    world_send(&w, 1, "{\"type\":\"leave\"}");
    resume(&w, 1, secret);
    EXPECT_ERROR(&w, 1, "resume_unknown");
    join_as(&w, 1, "ada");
    secret_of(&w, 1, "joined", secret);
    world_drop(&w, 1);
    world_pass(&w, 15 * US_PER_S);
    resume(&w, 2, secret);
    EXPECT_ERROR(&w, 2, "resume_unknown");
    world_close(&w);
}

TEST(a_secret_has_an_absolute_end_that_only_a_token_moves) {
    struct world w;
    char secret[64];
    REQUIRE(world_open(&w, NULL)); /* seat_limit: one hour */
    join_as(&w, 1, "ada");
    secret_of(&w, 1, "joined", secret);
    world_pass(&w, 3590 * US_PER_S);
    world_drop(&w, 1);
    resume(&w, 2, secret);
    secret_of(&w, 2, "resumed", secret);
    world_send(&w, 2, "{\"type\":\"ping\"}");
    world_pass(&w, 10 * US_PER_S);
    /* The seat goes on while its connection does; it is not resumed any more. */
    EXPECT_EQ(signaling_stats(w.signaling).participants, 1);
    world_drop(&w, 2);
    resume(&w, 3, secret);
    EXPECT_ERROR(&w, 3, "resume_unknown");
    join_as(&w, 3, "ada");
    secret_of(&w, 3, "joined", secret);
    world_drop(&w, 3);
    resume(&w, 4, secret);
    EXPECT_GOT(&w, 4, "resumed");
    world_close(&w);
}
