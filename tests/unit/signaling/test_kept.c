#include "signaling/state/state.h"
#include "tests/unit/signaling/people.h"

#include <stdlib.h>

/* What outlives the process. That all of it does is looked at after each call of every test here
 * (world.c); these look at what people notice, and at what cannot be gone on with. */

/* The process is killed: another one has the bytes of its log, and nothing else. */
static enum err kill_and_rebuild(struct world *w, uint64_t time, struct signaling_rebuilt *found) {
    struct bytes log = sim_kept_log(&w->kept);
    uint8_t *copy = malloc(log.n + 1);
    CHECK(copy);
    memcpy(copy, log.p, log.n);
    signaling_free(w->signaling);
    sim_kept_end(&w->kept);
    sim_kept_begin(&w->kept, &w->config);
    w->config.keeper.time = time;
    w->signaling = signaling_new(&w->config);
    CHECK(w->signaling);
    signaling_clock(w->signaling, w->now, (wall_t){WORLD_WALL + w->now});
    declare_shown(w, (struct signaling_tour){.lobby = true});
    enum err e = signaling_rebuild(w->signaling, w->now, bytes_of(copy, log.n), found);
    free(copy);
    world_drain(w);
    return e;
}

static void begin(struct world *w, void (*tweak)(struct signaling_config *c)) {
    CHECK(world_open(w, tweak));
    declare_shown(w, (struct signaling_tour){.lobby = true});
    enter(w, 1, "agent|shown|alma|Alma");
}

static void secret_of(const struct world *w, uint64_t conn, const char *type, char out[64]) {
    world_field(world_got(w, conn, type), "resume", out, 64);
    EXPECT_EQ(strlen(out), 32);
}

static void resume(struct world *w, uint64_t conn, const char *secret) {
    world_sendf(w, conn, "{\"type\":\"resume\",\"id\":1,\"resume\":\"%s\",\"seen\":0}", secret);
}

TEST(everybody_comes_back_to_his_seat_after_a_kill) {
    struct world w;
    struct signaling_rebuilt found = {0};
    char host[64], guest[64], waiting[64];
    begin(&w, NULL);
    secret_of(&w, 1, "joined", host);
    enter(&w, 2, "buyer|shown|bea|Bea");
    world_send(&w, 1, "{\"type\":\"admit\",\"id\":1,\"all\":true}");
    enter_again(&w, 2);
    secret_of(&w, 2, "joined", guest);
    enter(&w, 3, "buyer|shown|cleo|Cleo");
    secret_of(&w, 3, "lobby", waiting);
    world_send(&w, 2, "{\"type\":\"chat\",\"id\":1,\"text\":\"is it quiet?\"}");
    world_send(&w, 2, "{\"type\":\"hand\",\"id\":2,\"up\":true}");
    world_send(&w, 1, "{\"type\":\"chapter\",\"id\":2,\"title\":\"Kitchen\"}");
    world_send(&w, 1, "{\"type\":\"lock\",\"id\":3,\"on\":true}");
    world_send(&w, 1,
               "{\"type\":\"mute\",\"id\":4,\"participant\":\"p2\",\"kind\":\"microphone\","
               "\"muted\":true}");
    EXPECT_EQ(kill_and_rebuild(&w, KEPT_TIME, &found), OK);
    EXPECT_EQ(found.tours, 1);
    EXPECT_EQ(found.seats, 2);
    EXPECT_EQ(found.waiting, 1);
    EXPECT_EQ(world_count(&w, EFFECT_TOUR), 1);
    EXPECT_EQ(world_count(&w, EFFECT_PARTICIPANT), 2);
    EXPECT_EQ(world_count(&w, EFFECT_MUTED), 1);
    EXPECT_EQ(world_commands(&w, COMMAND_TOUR_ADD), 1);
    EXPECT_EQ(world_commands(&w, COMMAND_PEER_ADD), 0);
    resume(&w, 11, host);
    EXPECT_GOT(&w, 11, "\"type\":\"resumed\"");
    EXPECT_GOT(&w, 11, "is it quiet?");
    EXPECT_GOT(&w, 11, "\"locked\":true");
    EXPECT_GOT(&w, 11, "Kitchen");
    EXPECT_GOT(&w, 11, "Cleo");
    resume(&w, 12, guest);
    EXPECT_GOT(&w, 12, "\"type\":\"resumed\"");
    world_send(&w, 12, "{\"type\":\"mute\",\"id\":9,\"kind\":\"microphone\",\"muted\":false}");
    EXPECT_EQ(world_count(&w, EFFECT_MUTED), 1);
    resume(&w, 13, waiting);
    EXPECT_GOT(&w, 13, "\"type\":\"lobby\"");
    /* And it goes on: a new number, and a new seq. */
    enter(&w, 14, "agent|shown|dora|Dora");
    EXPECT_GOT(&w, 14, "\"p4\"");
    world_send(&w, 12, "{\"type\":\"chat\",\"id\":3,\"text\":\"again\"}");
    EXPECT_GOT(&w, 11, "again");
    world_close(&w);
}

/* Names that were cut in the middle of a character, and limits that are lower than they were. */
TEST(what_was_cut_is_kept_as_it_is) {
    struct world w;
    struct signaling_rebuilt found = {0};
    char token[200] = "buyer|shown|bea|x";
    begin(&w, NULL);
    for (size_t n = strlen(token); n < 150; n += 2) {
        memcpy(token + n, "\xc3\xa9", 3);
    }
    enter(&w, 2, token);
    enter(&w, 3, "buyer|shown|cleo|Cleo");
    world_send(&w, 1, "{\"type\":\"admit\",\"id\":1,\"all\":true}");
    enter_again(&w, 2);
    enter_again(&w, 3);
    world_send(&w, 1,
               "{\"type\":\"allow\",\"id\":2,\"participants\":[\"p2\",\"p3\"],"
               "\"can\":{\"screen\":\"both\"}}");
    EXPECT_GOT(&w, 1, "\"ok\"");
    w.config.max_participants = 1;
    w.config.history = 0;
    EXPECT_EQ(kill_and_rebuild(&w, KEPT_TIME, &found), OK);
    EXPECT_EQ(found.seats, 3);
    world_close(&w);
}

TEST(who_was_removed_stays_removed_after_a_kill) {
    struct world w;
    struct signaling_rebuilt found = {0};
    begin(&w, NULL);
    enter(&w, 2, "buyer|shown|bea|Bea");
    world_send(&w, 1, "{\"type\":\"remove\",\"id\":1,\"participant\":\"p2\"}");
    EXPECT_EQ(kill_and_rebuild(&w, KEPT_TIME, &found), OK);
    EXPECT_EQ(found.waiting, 0);
    enter(&w, 12, "buyer|shown|bea|Bea");
    EXPECT_ERROR(&w, 12, "removed");
    world_close(&w);
}

TEST(who_does_not_come_back_after_a_kill_is_gone_in_the_end) {
    struct world w;
    struct signaling_rebuilt found = {0};
    begin(&w, NULL);
    EXPECT_EQ(kill_and_rebuild(&w, KEPT_TIME, &found), OK);
    EXPECT_EQ(tour_of(&w, "shown").participants, 1);
    world_pass(&w, 16 * US_PER_S);
    EXPECT_EQ(tour_of(&w, "shown").participants, 0);
    world_pass(&w, 61 * US_PER_S);
    EXPECT_EQ(tour_of(&w, "shown").run, 0);
    world_close(&w);
}

/* The transport has died with the process: the same one must not be taken for it. */
TEST(a_transport_is_made_anew_after_a_kill) {
    struct world w;
    struct signaling_rebuilt found = {0};
    char secret[64], with[80];
    begin(&w, NULL);
    secret_of(&w, 1, "joined", secret);
    snprintf(with, sizeof(with), "resume:%s", secret);
    EXPECT_EQ(kill_and_rebuild(&w, KEPT_TIME, &found), OK);
    world_join(&w, 11, with, small_offer(), small_lines);
    EXPECT_ERROR(&w, 11, "transport_gone");
    world_join(&w, 11, with, small_offer_other_peer(), small_lines);
    EXPECT_GOT(&w, 11, "\"answer\"");
    EXPECT_EQ(world_commands(&w, COMMAND_PEER_ADD), 1);
    world_close(&w);
}

TEST(a_recording_goes_on_after_a_kill_as_another_one) {
    struct world w;
    struct signaling_rebuilt found = {0};
    REQUIRE(world_open(&w, NULL));
    world_join(&w, 1, "agent|other|alma|Alma", small_offer(), yes_and_lines);
    world_send(&w, 1, "{\"type\":\"record\",\"id\":1,\"on\":true,\"paused\":true}");
    EXPECT_EQ(world_count(&w, EFFECT_RECORD_PAUSE), 1);
    EXPECT_EQ(kill_and_rebuild(&w, KEPT_TIME, &found), OK);
    EXPECT_EQ(world_count(&w, EFFECT_RECORD), 1);
    EXPECT_EQ(world_count(&w, EFFECT_RECORD_PAUSE), 1);
    world_close(&w);
}

TEST(what_was_kept_before_the_system_started_is_of_no_use) {
    struct world w;
    struct signaling_rebuilt found = {0};
    begin(&w, NULL);
    EXPECT_EQ(kill_and_rebuild(&w, KEPT_TIME + 1, &found), ERR_WRONG_STATE);
    EXPECT_EQ(found.tours, 0);
    EXPECT_EQ(tour_of(&w, "shown").run, 0);
    world_close(&w);
}

static void few_connections(struct signaling_config *c) {
    c->max_connections = 8;
}

/* Of a log that ends anywhere in the middle of what was kept, or has a byte that is wrong, nothing
 * is gone on with. */
TEST(what_was_kept_is_there_whole_or_not_at_all) {
    struct world w;
    begin(&w, few_connections);
    enter(&w, 2, "buyer|shown|bea|Bea");
    struct bytes log = sim_kept_log(&w.kept);
    size_t end = w.signaling->kept.log.end;
    uint8_t *copy = malloc(log.n);
    CHECK(copy);
    for (size_t i = 0; i < end; i += 1 + i % 7) {
        struct signaling_rebuilt found = {0};
        struct signaling_config c = w.config;
        c.keeper = (struct signaling_keeper){.time = KEPT_TIME};
        struct signaling *other = signaling_new(&c);
        CHECK(other);
        memcpy(copy, log.p, log.n);
        copy[i] ^= 64;
        enum err cut = signaling_rebuild(other, w.now, bytes_of(log.p, i), &found);
        EXPECT(cut == ERR_UNKNOWN || cut == ERR_FORMAT);
        EXPECT_EQ(signaling_stats(other).participants, 0);
        enum err e = signaling_rebuild(other, w.now, bytes_of(copy, log.n), &found);
        EXPECT(e == OK || e == ERR_FORMAT);
        EXPECT_EQ(signaling_stats(other).participants, e == OK ? 1 : 0);
        signaling_free(other);
    }
    free(copy);
    world_close(&w);
}

static void *nowhere(void *ctx, size_t n, size_t *ret_n) {
    (void)ctx;
    (void)n;
    (void)ret_n;
    return NULL;
}

/* No place: tours go on, nothing of them is kept, and that is counted; then there is place. */
TEST(without_a_place_nothing_is_kept_and_all_goes_on) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    void *(*there)(void *ctx, size_t n, size_t *ret_n) = w.config.keeper.fresh;
    w.signaling->config.keeper.fresh = nowhere;
    enter(&w, 1, "agent|demo|alma|Alma");
    EXPECT_GOT(&w, 1, "\"type\":\"joined\"");
    EXPECT_EQ(signaling_stats(w.signaling).unkept, 1);
    EXPECT_EQ(signaling_stats(w.signaling).kept_bytes, 0);
    w.signaling->config.keeper.fresh = there;
    world_pass(&w, 11 * US_PER_S);
    signaling_clock(w.signaling, w.now, (wall_t){WORLD_WALL + w.now});
    world_send(&w, 1, "{\"type\":\"ping\"}");
    EXPECT_EQ(signaling_stats(w.signaling).unkept, 1);
    EXPECT(signaling_stats(w.signaling).kept_bytes > 0);
    world_close(&w);
}

/* Of much that is said little holds: the log begins anew, and stays small. */
TEST(a_log_that_is_full_begins_anew) {
    struct world w;
    struct signaling_rebuilt found = {0};
    begin(&w, NULL);
    w.signaling->config.chat_per_minute = 0;
    w.signaling->config.history = 10;
    for (unsigned i = 0; i < 700; i++) {
        world_sendf(&w, 1, "{\"type\":\"chat\",\"id\":%u,\"text\":\"number %u\"}", i + 1, i);
        w.now += US_PER_S;
    }
    EXPECT(w.kept.logs > 1);
    EXPECT(sim_kept_log(&w.kept).n <= 512u << 10);
    w.config.history = 10;
    EXPECT_EQ(kill_and_rebuild(&w, KEPT_TIME, &found), OK);
    EXPECT_EQ(found.seats, 1);
    world_close(&w);
}
