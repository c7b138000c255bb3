/* One person on several devices. */
#include "tests/unit/signaling/world.h"

#define SEAT(choice) ",\"seat\":\"" choice "\""

static void join(struct world *w, uint64_t conn, const char *token, const char *seat) {
    char extra[400];
    snprintf(extra, sizeof(extra), "%s%s", small_lines, seat);
    world_join(w, conn, token, small_offer(), extra);
}

static bool meet(struct world *w, void (*tweak)(struct signaling_config *c)) {
    if (!world_open(w, tweak)) {
        return false;
    }
    join(w, 1, "agent|demo|ann|Ann", SEAT("ask"));
    join(w, 2, "buyer|demo|bob|Bob", SEAT("ask"));
    return true;
}

TEST(who_comes_a_second_time_is_asked_and_throws_nobody_out) {
    struct world w;
    REQUIRE(meet(&w, NULL));
    join(&w, 3, "buyer|demo|bob|Bob", SEAT("ask"));
    EXPECT_ERROR(&w, 3, "seat_taken");
    EXPECT_GOT(&w, 3, "\"detail\":\"In the tour on 1 device.\"");
    EXPECT_EQ(w.n - w.mark, 1);
    EXPECT_EQ(signaling_stats(w.signaling).participants, 2);
    /* Who says nothing is asked, too, and who says something else is not understood. */
    world_sendf(&w, 3, "{\"type\":\"join\",\"token\":\"buyer|demo|bob|Bob\",\"offer\":\"v=0\"}");
    EXPECT_ERROR(&w, 3, "seat_taken");
    join(&w, 3, "buyer|demo|bob|Bob", SEAT("both"));
    EXPECT_GOT(&w, 3, "\"field\":\"seat\"");
    world_close(&w);
}

TEST(a_seat_whose_link_is_lost_is_taken_over_without_a_question) {
    struct world w;
    REQUIRE(meet(&w, NULL));
    world_drop(&w, 2);
    join(&w, 3, "buyer|demo|bob|Bob", SEAT("ask"));
    EXPECT_GOT(&w, 3, "\"joined\",\"re\":7,\"participant\":{\"id\":\"p2\"");
    EXPECT_EQ(signaling_stats(w.signaling).participants, 2);
    world_close(&w);
}

TEST(devices_beside_each_other_are_numbered) {
    struct world w;
    REQUIRE(meet(&w, NULL));
    join(&w, 3, "buyer|demo|bob|Bob", SEAT("beside"));
    EXPECT_GOT(&w, 3,
               "\"participant\":{\"id\":\"p3\",\"name\":\"Bob\",\"role\":\"buyer\","
               "\"host\":false,\"device\":2,\"link\":\"ok\"");
    EXPECT_GOT(&w, 1, "participant_joined");
    EXPECT_GOT(&w, 1,
               "{\"type\":\"participant_changed\",\"participant\":{\"id\":\"p2\","
               "\"name\":\"Bob\",\"role\":\"buyer\",\"host\":false,\"device\":1");
    EXPECT_EQ(world_count(&w, EFFECT_CLOSE), 0);
    join(&w, 4, "buyer|demo|bob|Bob", SEAT("beside"));
    EXPECT_GOT(&w, 4,
               "\"id\":\"p4\",\"name\":\"Bob\",\"role\":\"buyer\",\"host\":false,"
               "\"device\":3");
    join(&w, 5, "buyer|demo|bob|Bob", SEAT("beside"));
    EXPECT_ERROR(&w, 5, "seats_full");
    join(&w, 5, "buyer|demo|bob|Bob", SEAT("ask"));
    EXPECT_GOT(&w, 5, "\"detail\":\"In the tour on 3 devices.\"");
    /* One that is lost makes room, and its number is given again. */
    world_drop(&w, 3);
    join(&w, 5, "buyer|demo|bob|Bob", SEAT("beside"));
    EXPECT_GOT(&w, 5,
               "\"id\":\"p3\",\"name\":\"Bob\",\"role\":\"buyer\",\"host\":false,"
               "\"device\":2");
    world_send(&w, 2, "{\"type\":\"leave\"}");
    join(&w, 6, "buyer|demo|bob|Bob", SEAT("beside"));
    EXPECT_GOT(&w, 6,
               "\"id\":\"p5\",\"name\":\"Bob\",\"role\":\"buyer\",\"host\":false,"
               "\"device\":1");
    /* The last has none. */
    world_send(&w, 6, "{\"type\":\"leave\"}");
    EXPECT_NOT(&w, 1, "participant_changed");
    world_send(&w, 5, "{\"type\":\"leave\"}");
    EXPECT_GOT(&w, 1,
               "{\"type\":\"participant_changed\",\"participant\":{\"id\":\"p4\","
               "\"name\":\"Bob\",\"role\":\"buyer\",\"host\":false,\"link\"");
    world_close(&w);
}

TEST(who_takes_over_is_in_alone) {
    struct world w;
    REQUIRE(meet(&w, NULL));
    join(&w, 3, "buyer|demo|bob|Bob", SEAT("beside"));
    EXPECT_EQ(world_post(&w, false, "agent|demo|ann|Ann"), 201); /* takes her page over */
    join(&w, 4, "agent|demo|ann|Ann", SEAT("beside"));
    join(&w, 5, "buyer|demo|bob|Bob", SEAT("take_over"));
    EXPECT_GOT(&w, 5, "\"joined\",\"re\":7,\"participant\":{\"id\":\"p2\"");
    EXPECT_ERROR(&w, 2, "seat_taken_over");
    EXPECT_ERROR(&w, 3, "seat_taken_over");
    EXPECT_EQ(world_count(&w, EFFECT_CLOSE), 2);
    EXPECT_GOT(&w, 4, "{\"type\":\"participant_left\",\"id\":\"p3\",\"reason\":\"taken_over\"}");
    EXPECT_NOT(&w, 5, "\"Bob\",\"role\":\"buyer\",\"host\":false,\"device\"");
    EXPECT_NOT(&w, 5, "participant_left"); /* his roster is without it, and comes first */
    EXPECT_EQ(signaling_stats(w.signaling).participants, 3);
    /* What she publishes by WHIP stays beside the page that takes over her other one. */
    join(&w, 6, "agent|demo|ann|Ann", SEAT("take_over"));
    EXPECT_ERROR(&w, 4, "seat_taken_over");
    EXPECT_EQ(signaling_stats(w.signaling).participants, 3);
    /* And a further one by WHIP takes over that. */
    EXPECT_EQ(world_post(&w, false, "agent|demo|ann|Ann"), 201);
    EXPECT_EQ(world_count(&w, EFFECT_CLOSE), 0);
    EXPECT_EQ(signaling_stats(w.signaling).participants, 3);
    world_close(&w);
}

TEST(a_removed_person_is_removed_from_all_devices) {
    struct world w;
    REQUIRE(meet(&w, NULL));
    join(&w, 3, "buyer|demo|bob|Bob", SEAT("beside"));
    join(&w, 4, "agent|demo|ann|Ann", SEAT("beside"));
    world_send(&w, 1, "{\"type\":\"remove\",\"participant\":\"p4\"}"); /* herself */
    EXPECT_GOT(&w, 1, "\"field\":\"participant\"");
    world_send(&w, 1, "{\"type\":\"remove\",\"participant\":\"p2\"}");
    EXPECT_ERROR(&w, 2, "removed");
    EXPECT_ERROR(&w, 3, "removed");
    EXPECT_EQ(world_count(&w, EFFECT_CLOSE), 2);
    EXPECT_EQ(signaling_stats(w.signaling).participants, 2);
    join(&w, 5, "buyer|demo|bob|Bob", SEAT("beside"));
    EXPECT_ERROR(&w, 5, "removed");
    world_close(&w);
}

static void with_lobby(struct signaling_config *c) {
    c->default_lobby = true;
}

TEST(in_the_lobby_it_is_the_same) {
    struct world w;
    REQUIRE(world_open(&w, with_lobby));
    world_join(&w, 1, "agent|home|ann|Ann", small_offer(), yes_and_lines);
    world_join(&w, 2, "buyer|home|bob|Bob", small_offer(), SEAT("ask"));
    EXPECT_GOT(&w, 2, "\"type\":\"lobby\"");
    world_join(&w, 3, "buyer|home|bob|Bob", small_offer(), SEAT("ask"));
    EXPECT_ERROR(&w, 3, "seat_taken");
    world_join(&w, 3, "buyer|home|bob|Bob", small_offer(), SEAT("take_over"));
    EXPECT_ERROR(&w, 2, "seat_taken_over");
    EXPECT_GOT(&w, 3, "\"type\":\"lobby\"");
    EXPECT_EQ(signaling_stats(w.signaling).waiting, 1);
    world_join(&w, 4, "buyer|home|bob|Bob", small_offer(), SEAT("beside"));
    EXPECT_EQ(signaling_stats(w.signaling).waiting, 2);
    world_send(&w, 1, "{\"type\":\"admit\"}");
    EXPECT_GOT(&w, 3, "admitted");
    /* Each comes in as what it is, whatever it said before. */
    world_join(&w, 3, "", small_offer(), yes_and_lines);
    EXPECT_GOT(&w, 3, "\"joined\"");
    /* Whom the first has become meanwhile, the second is as well. */
    world_send(&w, 1, "{\"type\":\"host\",\"participant\":\"p2\",\"host\":true}");
    world_join(&w, 4, "", small_offer(), yes_and_lines);
    EXPECT_GOT(&w, 4, "\"joined\"");
    EXPECT_GOT(&w, 4, "\"id\":\"p3\",\"name\":\"Bob\",\"role\":\"buyer\",\"host\":true");
    EXPECT(world_command(&w, COMMAND_PEER_ADD)->params->host);
    world_close(&w);
}

/* The handles of one person's seats say so to media, and those of others do not. */
TEST(media_can_tell_whose_devices_are_whose) {
    struct world w;
    uint64_t of[4];
    REQUIRE(meet(&w, NULL));
    of[0] = world_command(&w, COMMAND_PEER_ADD)->params->participant;
    join(&w, 3, "buyer|demo|bob|Bob", SEAT("beside"));
    of[1] = world_command(&w, COMMAND_PEER_ADD)->params->participant;
    EXPECT_EQ(world_post(&w, true, "buyer|demo|bob|Bob"), 201);
    of[2] = world_command(&w, COMMAND_PEER_ADD)->params->participant;
    EXPECT_EQ(world_post(&w, true, "buyer|demo|cyd|Cyd"), 201);
    of[3] = world_command(&w, COMMAND_PEER_ADD)->params->participant;
    for (int i = 0; i < 3; i++) {
        EXPECT(same_person(of[i], of[0]) && !same_person(of[i], of[3]));
        for (int k = 0; k < i; k++) {
            EXPECT(of[i] != of[k]);
        }
    }
    /* Also when the viewer was first. */
    join(&w, 4, "buyer|demo|cyd|Cyd", SEAT("ask"));
    EXPECT(same_person(world_command(&w, COMMAND_PEER_ADD)->params->participant, of[3]));
    world_close(&w);
}

/* What hosts have given to a person is true of her further devices. */
TEST(a_second_device_may_what_the_first_was_given) {
    struct world w;
    REQUIRE(meet(&w, NULL));
    world_send(&w, 1,
               "{\"type\":\"allow\",\"participants\":[\"p2\"],\"can\":{\"audio\":\"receive\","
               "\"point\":true}}");
    join(&w, 3, "buyer|demo|bob|Bob", SEAT("beside"));
    EXPECT_GOT(&w, 3,
               "\"can\":{\"audio\":\"receive\",\"camera\":\"both\",\"screen\":\"receive\","
               "\"chat\":true,\"point\":true}");
    EXPECT_EQ(world_commands(&w, COMMAND_MUTE), 1);
    /* And the other way round. */
    world_send(&w, 1,
               "{\"type\":\"allow\",\"participants\":[\"p3\"],\"can\":{\"audio\":\"both\"}}");
    EXPECT_EQ(world_commands(&w, COMMAND_MUTE), 2);
    world_close(&w);
}

TEST(a_host_is_one_on_all_his_devices) {
    struct world w;
    REQUIRE(meet(&w, NULL));
    world_send(&w, 1, "{\"type\":\"host\",\"participant\":\"p2\",\"host\":true}");
    join(&w, 3, "buyer|demo|bob|Bob", SEAT("beside"));
    EXPECT_GOT(&w, 3, "\"role\":\"buyer\",\"host\":true");
    EXPECT(world_command(&w, COMMAND_PEER_ADD)->params->host);
    world_send(&w, 1, "{\"type\":\"host\",\"participant\":\"p3\",\"host\":false}");
    EXPECT_EQ(world_commands(&w, COMMAND_HOST), 2);
    EXPECT_EQ(world_count(&w, EFFECT_ENTRY), 1); /* it is one person */
    world_send(&w, 2, "{\"type\":\"lock\",\"on\":true}");
    EXPECT_ERROR(&w, 2, "forbidden");
    world_send(&w, 3, "{\"type\":\"lock\",\"on\":true}");
    EXPECT_ERROR(&w, 3, "forbidden");
    join(&w, 4, "buyer|demo|bob|Bob", SEAT("beside"));
    EXPECT_GOT(&w, 4, "\"role\":\"buyer\",\"host\":false");
    world_close(&w);
}

/* Nor does one who hosts no more become a host by another device, or one who hosts by a token of
 * another role lend it what that gives. */
TEST(a_device_is_no_way_around_the_word_of_a_host) {
    struct world w;
    REQUIRE(meet(&w, NULL));
    join(&w, 3, "agent|demo|eve|Eve", SEAT("ask"));
    world_send(&w, 1, "{\"type\":\"host\",\"participant\":\"p3\",\"host\":false}");
    join(&w, 4, "agent|demo|eve|Eve", SEAT("beside"));
    EXPECT_GOT(&w, 4, "\"role\":\"agent\",\"host\":false");
    join(&w, 5, "buyer|demo|ann|Ann", SEAT("beside"));
    EXPECT_GOT(&w, 5, "\"role\":\"buyer\",\"host\":false");
    /* The last host that is in cannot unmake himself on either of his devices. */
    join(&w, 6, "agent|demo|ann|Ann", SEAT("beside"));
    EXPECT_GOT(&w, 6, "\"id\":\"p6\"");
    world_send(&w, 1, "{\"type\":\"host\",\"participant\":\"p6\",\"host\":false}");
    EXPECT_ERROR(&w, 1, "bad_field");
    world_close(&w);
}
