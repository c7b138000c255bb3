/* Tours beside each other and after each other. */
#include "tests/unit/signaling/world.h"

static void join(struct world *w, uint64_t conn, const char *token) {
    world_join(w, conn, token, small_offer(), yes_and_lines);
}

TEST(tours_do_not_hear_each_other) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    join(&w, 1, "buyer|demo|ada|Ada");
    uint64_t demo = world_command(&w, COMMAND_TOUR_ADD)->e.command.tour;
    uint64_t ada = world_effect(&w, EFFECT_PARTICIPANT)->e.participant;
    join(&w, 2, "buyer|taped|bob|Bob");
    EXPECT_NOT(&w, 1, "{");
    uint64_t bob_peer = world_command(&w, COMMAND_PEER_ADD)->params->peer;
    uint64_t taped = world_command(&w, COMMAND_TOUR_ADD)->e.command.tour;
    signaling_peer_connected(w.signaling, w.now, bob_peer);
    signaling_recording(w.signaling, taped, RECORDING_ON);
    signaling_speaker(w.signaling, demo, ada);
    world_drain(&w);
    EXPECT_NOT(&w, 1, "participant_changed");
    EXPECT_NOT(&w, 1, "recording\",\"state");
    EXPECT_GOT(&w, 1, "speaker");
    EXPECT_NOT(&w, 2, "speaker");
    world_send(&w, 2, "{\"type\":\"pin\",\"participant\":\"p2\"}");
    EXPECT_ERROR(&w, 2, "bad_field"); /* p2 exists nowhere, p1 is Bob himself here */
    world_send(&w, 2, "{\"type\":\"leave\"}");
    EXPECT_NOT(&w, 1, "{");
    world_close(&w);
}

TEST(the_same_sub_has_a_seat_in_each_tour) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    join(&w, 1, "buyer|demo|ada|Ada");
    join(&w, 2, "buyer|taped|ada|Ada");
    EXPECT_GOT(&w, 2, "joined");
    EXPECT_EQ(world_count(&w, EFFECT_CLOSE), 0);
    EXPECT_EQ(signaling_stats(w.signaling).participants, 2);
    world_close(&w);
}

TEST(a_new_page_starts_afresh_in_the_seat) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    join(&w, 1, "buyer|demo|ada|Ada");
    world_send(&w, 1, "{\"type\":\"mute\",\"kind\":\"microphone\",\"muted\":true}");
    world_send(&w, 1, "{\"type\":\"pin\",\"participant\":\"p1\"}");
    char old[64], fresh[64];
    world_join(&w, 1, "restart", small_offer_restarted(), "");
    join(&w, 2, "agent|demo|ada|Ada Lovelace");
    EXPECT_GOT(&w, 2,
               "\"participant\":{\"id\":\"p1\",\"name\":\"Ada Lovelace\",\"role\":\"agent\","
               "\"host\":true");
    EXPECT_GOT(&w, 2, "\"microphone\":\"off\"");
    EXPECT_EQ(world_commands(&w, COMMAND_MUTE) + world_commands(&w, COMMAND_PIN), 0);
    EXPECT(world_command(&w, COMMAND_PEER_ADD)->params->host);
    /* The new role counts, and the old resume token is worth nothing. */
    world_field(world_got(&w, 2, "joined"), "resume", fresh, sizeof(fresh));
    world_drop(&w, 1);
    join(&w, 3, "buyer|demo|bob|Bob");
    world_field(world_got(&w, 3, "joined"), "resume", old, sizeof(old));
    EXPECT(strcmp(old, fresh) != 0);
    join(&w, 4, "buyer|demo|bob|Bob");
    world_sendf(&w, 5, "{\"type\":\"resume\",\"resume\":\"%s\"}", old);
    EXPECT_ERROR(&w, 5, "resume_unknown");
    world_sendf(&w, 5, "{\"type\":\"resume\",\"resume\":\"%s\"}", fresh);
    EXPECT_GOT(&w, 5, "resumed");
    world_send(&w, 5, "{\"type\":\"end\"}");
    EXPECT_GOT(&w, 4, "tour_ended");
    world_close(&w);
}

/* The first host is who comes as one, whether or not he had a seat before. */
TEST(auto_records_when_a_host_takes_over_his_own_seat) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    join(&w, 1, "buyer|taped|ann|Ann");
    EXPECT_EQ(world_count(&w, EFFECT_RECORD), 0);
    join(&w, 2, "agent|taped|ann|Ann");
    EXPECT_EQ(world_count(&w, EFFECT_RECORD), 1);
    const struct record *r = world_effect(&w, EFFECT_RECORD);
    REQUIRE(r);
    EXPECT(r->e.on && r < world_command(&w, COMMAND_PEER_ADD));
    /* Back as a buyer, he is as a host who left: the recording goes on. */
    join(&w, 3, "buyer|taped|ann|Ann");
    EXPECT_GOT(&w, 3, "\"role\":\"buyer\"");
    EXPECT_EQ(world_count(&w, EFFECT_RECORD), 0);
    EXPECT(!world_command(&w, COMMAND_PEER_ADD)->params->host);
    world_send(&w, 3, "{\"type\":\"record\",\"on\":false}");
    EXPECT_ERROR(&w, 3, "forbidden"); /* nor does he keep a host's rights */
    /* And it is the first once: a host who stopped it does not start it by coming back. */
    join(&w, 4, "agent|taped|ann|Ann");
    world_send(&w, 4, "{\"type\":\"record\",\"on\":false}");
    EXPECT_EQ(world_count(&w, EFFECT_RECORD), 1);
    join(&w, 5, "buyer|taped|ann|Ann");
    join(&w, 6, "agent|taped|ann|Ann");
    EXPECT_GOT(&w, 6, "joined");
    EXPECT_EQ(world_count(&w, EFFECT_RECORD), 0);
    world_close(&w);
}

TEST(the_roster_is_in_the_order_of_joining) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    join(&w, 1, "buyer|demo|a|A");
    join(&w, 2, "buyer|demo|b|B");
    join(&w, 3, "buyer|demo|c|C");
    world_send(&w, 2, "{\"type\":\"leave\"}");
    join(&w, 4, "buyer|demo|a|A"); /* a take-over keeps its place */
    join(&w, 5, "buyer|demo|d|D");
    const char *m = world_got(&w, 5, "\"roster\":[");
    REQUIRE(m);
    m = strstr(m, "\"roster\":[");
    const char *a = strstr(m, "\"p1\""), *c = strstr(m, "\"p3\""), *d = strstr(m, "\"p4\"");
    EXPECT(a && c && d && a < c && c < d && !strstr(m, "\"p2\""));
    world_close(&w);
}

TEST(slots_forget_who_left) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    join(&w, 1, "buyer|demo|ada|Ada");
    uint64_t peer = world_command(&w, COMMAND_PEER_ADD)->params->peer;
    join(&w, 2, "buyer|demo|bob|Bob");
    uint64_t bob = world_effect(&w, EFFECT_PARTICIPANT)->e.participant;
    signaling_slot(w.signaling, w.now, peer,
                   &(struct signaling_bound){"2", bob, SOURCE_SCREEN, false});
    world_drain(&w);
    EXPECT_GOT(&w, 1, "\"participant\":\"p2\",\"source\":\"screen\"");
    world_join(&w, 1, "restart", small_offer_restarted(), "");
    EXPECT_GOT(&w, 1, "\"participant\":\"p2\",\"source\":\"screen\"");
    world_send(&w, 2, "{\"type\":\"leave\"}");
    world_join(&w, 1, "restart", small_offer(), "");
    EXPECT_GOT(&w, 1, "\"index\":0,\"participant\":null,\"source\":null");
    world_close(&w);
}

static void many_tours(struct signaling_config *c) {
    c->max_tours = 200;
    c->default_record = RECORD_OFF;
}

TEST(only_so_many_ends_are_remembered) {
    struct world w;
    char token[64];
    REQUIRE(world_open(&w, many_tours));
    for (int i = 0; i < 100; i++) {
        snprintf(token, sizeof(token), "agent|t%d|ann|Ann", i);
        join(&w, 2 * (uint64_t)i + 1, token);
        world_sendf(&w, 2 * (uint64_t)i + 1, "{\"type\":\"end\"}");
        world_drop(&w, 2 * (uint64_t)i + 1);
    }
    join(&w, 1000, "buyer|t99|ada|Ada");
    EXPECT_ERROR(&w, 1000, "tour_ended");
    join(&w, 1000, "buyer|t36|ada|Ada");
    EXPECT_ERROR(&w, 1000, "tour_ended");
    join(&w, 1000, "buyer|t35|ada|Ada"); /* the 65th from the end */
    EXPECT_ERROR(&w, 1000, "tour_unknown");
    EXPECT_EQ(signaling_stats(w.signaling).tours, 0);
    world_close(&w);
}

/* However many others end: a declared tour is not one of those that are forgotten. */
TEST(the_end_of_a_declared_tour_is_remembered) {
    struct world w;
    char token[64];
    REQUIRE(world_open(&w, many_tours));
    join(&w, 1, "agent|demo|ann|Ann");
    world_send(&w, 1, "{\"type\":\"end\"}");
    EXPECT_GOT(&w, 1, "tour_ended");
    for (int i = 0; i < 100; i++) {
        snprintf(token, sizeof(token), "agent|t%d|ann|Ann", i);
        join(&w, 2 * (uint64_t)i + 11, token);
        world_sendf(&w, 2 * (uint64_t)i + 11, "{\"type\":\"end\"}");
        world_drop(&w, 2 * (uint64_t)i + 11);
    }
    join(&w, 1000, "buyer|demo|ada|Ada");
    EXPECT_ERROR(&w, 1000, "tour_ended");
    world_pass(&w, 600 * US_PER_S);
    join(&w, 1001, "buyer|demo|ada|Ada");
    EXPECT_GOT(&w, 1001, "joined");
    world_close(&w);
}

TEST(ending_twice_counts_once) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    for (uint64_t i = 1; i <= 70; i++) {
        join(&w, i, "agent|demo|ann|Ann");
        EXPECT_GOT(&w, i, "joined");
        world_send(&w, i, "{\"type\":\"end\"}");
        EXPECT_GOT(&w, i, "tour_ended");
        world_drop(&w, i);
    }
    join(&w, 100, "buyer|demo|ada|Ada");
    EXPECT_ERROR(&w, 100, "tour_ended");
    join(&w, 101, "agent|demo|ann|Ann");
    join(&w, 100, "buyer|demo|ada|Ada"); /* no older end is left behind */
    EXPECT_GOT(&w, 100, "joined");
    world_close(&w);
}

TEST(many_seats_run_out_at_once) {
    struct world w;
    char token[64];
    REQUIRE(world_open(&w, NULL));
    for (uint64_t i = 1; i <= 30; i++) {
        snprintf(token, sizeof(token), "buyer|demo|s%d|N", (int)i);
        join(&w, i, token);
    }
    for (uint64_t i = 1; i <= 29; i++) {
        world_drop(&w, i);
    }
    world_pass(&w, 15 * US_PER_S);
    EXPECT_EQ(world_commands(&w, COMMAND_PEER_REMOVE), 29);
    EXPECT_EQ(world_count(&w, EFFECT_SEND), 29);
    EXPECT_GOT(&w, 30, "\"id\":\"p1\",\"reason\":\"timeout\"");
    EXPECT_GOT(&w, 30, "\"id\":\"p29\",\"reason\":\"timeout\"");
    EXPECT_EQ(signaling_stats(w.signaling).participants, 1);
    world_close(&w);
}

TEST(hello_tells_a_running_recording) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    join(&w, 1, "buyer|taped|ada|Ada");
    uint64_t tour = world_command(&w, COMMAND_TOUR_ADD)->e.command.tour;
    signaling_recording(w.signaling, tour, RECORDING_ON);
    world_drain(&w);
    world_send(&w, 2, "{\"type\":\"hello\",\"token\":\"buyer|taped|bob|Bob\"}");
    EXPECT_GOT(&w, 2,
               "\"title\":\"taped\",\"state\":\"waiting\",\"codec\":\"vp8\",\"record\":\"auto\","
               "\"recording\":true");
    world_send(&w, 1, "{\"type\":\"leave\"}");
    world_pass(&w, 61 * US_PER_S);
    world_send(&w, 2, "{\"type\":\"hello\",\"token\":\"buyer|taped|bob|Bob\"}");
    EXPECT_GOT(&w, 2,
               "\"state\":\"waiting\",\"codec\":\"vp8\",\"record\":\"auto\","
               "\"recording\":false");
    /* A late report about the run that is over concerns nobody. */
    signaling_recording(w.signaling, tour, RECORDING_FAILING);
    world_send(&w, 2, "{\"type\":\"hello\",\"token\":\"buyer|taped|bob|Bob\"}");
    EXPECT_GOT(&w, 2, "\"recording\":false");
    world_close(&w);
}

TEST(a_tour_has_one_codec) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    EXPECT_EQ(signaling_tour_declare(w.signaling, &(struct signaling_tour){.name = "h264",
                                                                           .title = "H",
                                                                           .record = RECORD_OFF,
                                                                           .codec = CODEC_H264}),
              OK);
    join(&w, 1, "buyer|h264|ada|Ada"); /* offers VP8 only */
    EXPECT_GOT(&w, 1,
               "\"warnings\":[{\"code\":\"codec_unsupported\",\"mid\":\"1\"},"
               "{\"code\":\"codec_unsupported\",\"mid\":\"2\"}]}");
    EXPECT_GOT(&w, 1, "\"slots\":[{\"mid\":\"3\",\"kind\":\"audio\"");
    EXPECT_GOT(&w, 1, "\"codec\":\"h264\"");
    EXPECT_EQ(world_command(&w, COMMAND_PEER_ADD)->params->n_lines, 2);
    world_join(&w, 2, "buyer|h264|bob|Bob", small_offer(),
               ",\"sources\":[{\"mid\":\"1\",\"kind\":\"camera\"}]");
    EXPECT_ERROR(&w, 2, "codec_unsupported");
    EXPECT_GOT(&w, 2, "\"field\":\"offer\"");
    world_close(&w);
}

static void three_workers(struct signaling_config *c) {
    c->workers = 3;
    c->tour_spread = 2;
}

/* A tour grows over the workers, orders go where the session is, and its end reaches all of them.
 */
TEST(a_large_tour_is_on_several_workers) {
    static struct world w;
    REQUIRE(world_open(&w, three_workers));
    uint32_t where[6];
    uint64_t span = 0;
    for (unsigned i = 0; i < 6; i++) {
        char token[40];
        snprintf(token, sizeof(token), "agent|demo|a%u|A%u", i, i);
        world_join(&w, i + 1, token, small_offer(), small_lines);
        const struct record *x = world_command(&w, COMMAND_PEER_ADD);
        REQUIRE(x);
        where[i] = world_worker(x);
        const struct record *s = world_command(&w, COMMAND_TOUR_SPAN);
        span = s ? s->e.workers : span;
    }
    EXPECT_EQ(where[1], where[0]); /* few people share one */
    EXPECT(where[2] != where[0]);
    EXPECT(where[3] != where[2]);
    EXPECT_EQ(span, 7);
    world_send(&w, 3, "{\"type\":\"mute\",\"kind\":\"microphone\",\"muted\":true}");
    const struct record *m = world_command(&w, COMMAND_MUTE);
    REQUIRE(m);
    EXPECT_EQ(world_worker(m), where[2]);
    world_close(&w);
}

/* The rim could not carry it: nobody else would say that this peer is not there. */
TEST(a_peer_whose_command_is_lost_is_gone) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    world_join(&w, 1, "agent|demo|ann|Ann", small_offer(), small_lines);
    struct command c = world_command(&w, COMMAND_PEER_ADD)->e.command;
    struct command other = {.type = COMMAND_MUTE, .tour = c.tour, .peer = c.peer};
    uint32_t sessions = signaling_stats(w.signaling).sessions;
    signaling_lost(w.signaling, w.now, &c);
    world_drain(&w);
    EXPECT_EQ(signaling_stats(w.signaling).sessions, sessions - 1);
    EXPECT_EQ(world_commands(&w, COMMAND_PEER_REMOVE), 0); /* its worker never knew it */
    signaling_lost(w.signaling, w.now, &other);            /* behind it, and of nobody any more */
    world_drain(&w);
    EXPECT_EQ(w.n, w.mark);
    world_close(&w);
}

/* A worker that has not heard that somebody is muted must not go on passing it on. */
TEST(a_peer_that_has_lost_what_was_said_of_it_is_given_up) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    world_join(&w, 1, "agent|demo|ann|Ann", small_offer(), small_lines);
    struct command c = world_command(&w, COMMAND_PEER_ADD)->e.command;
    uint32_t sessions = signaling_stats(w.signaling).sessions;
    signaling_lost(w.signaling, w.now, &(struct command){.type = COMMAND_TOUR_TAP, .tour = c.tour});
    signaling_lost(w.signaling, w.now,
                   &(struct command){.type = COMMAND_PEER_REMOVE, .peer = c.peer});
    world_drain(&w);
    EXPECT_EQ(signaling_stats(w.signaling).sessions, sessions);
    signaling_lost(w.signaling, w.now, &(struct command){.type = COMMAND_MUTE, .peer = c.peer});
    world_drain(&w);
    EXPECT_EQ(signaling_stats(w.signaling).sessions, sessions - 1);
    EXPECT_EQ(world_commands(&w, COMMAND_PEER_REMOVE), 1);
    world_close(&w);
}
