/* Trying out the network: transports of nobody's tour, of which nobody is told. */
#include "tests/unit/signaling/world.h"

#define BOB "buyer|demo|bob|Bob"

static void probe(struct world *w, uint64_t conn, const char *token) {
    static char text[20000];
    char *at = text;
    at += sprintf(at, "{\"type\":\"probe\",\"id\":5,\"token\":\"%s\"%s,\"offer\":\"", token,
                  small_lines);
    for (const char *p = small_offer(); *p; p++) {
        at += *p == '\r'   ? sprintf(at, "\\r")
              : *p == '\n' ? sprintf(at, "\\n")
                           : sprintf(at, "%c", *p);
    }
    strcpy(at, "\"}");
    world_send(w, conn, text);
}

TEST(a_probe_is_in_no_tour) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    world_join(&w, 1, "agent|demo|ann|Ann", small_offer(), small_lines);
    probe(&w, 2, BOB);
    EXPECT_GOT(&w, 2, "{\"type\":\"probed\",\"re\":5,\"ends_in_ms\":20000,");
    EXPECT_EQ(world_count(&w, EFFECT_SEND), 1);
    EXPECT_EQ(world_count(&w, EFFECT_TOUR), 0);
    EXPECT_EQ(world_count(&w, EFFECT_RECORD), 0);
    char answer[8192];
    world_field(world_got(&w, 2, "probed"), "answer", answer, sizeof(answer));
    EXPECT(strstr(answer, "a=candidate:"));
    const struct record *tour = world_command(&w, COMMAND_TOUR_ADD);
    const struct record *peer = world_command(&w, COMMAND_PEER_ADD);
    REQUIRE(tour && peer);
    EXPECT_EQ(world_worker(tour), world_worker(peer));
    const struct session_params *first = peer->params;
    EXPECT_EQ(first->tour, tour->e.command.tour);
    EXPECT(!first->host && !first->record_consent && !first->obeys_layers);
    EXPECT_EQ(world_commands(&w, COMMAND_RECEIVE), 0); /* it may hear and see what it sends */
    uint64_t id = tour->e.command.tour, first_peer = first->peer, first_person = first->participant;
    probe(&w, 2, BOB);
    EXPECT_EQ(world_commands(&w, COMMAND_TOUR_ADD), 0);
    peer = world_command(&w, COMMAND_PEER_ADD);
    REQUIRE(peer);
    EXPECT_EQ(peer->params->tour, id);
    /* Somebody else than the first: nobody is shown himself. */
    EXPECT((peer->params->participant ^ first_person) & 0xffff);
    EXPECT_EQ(signaling_stats(w.signaling).tours, 1);
    EXPECT_EQ(signaling_stats(w.signaling).participants, 1);
    EXPECT_EQ(signaling_stats(w.signaling).sessions, 3);
    /* What media reports of it is told to nobody. */
    size_t n = w.n;
    signaling_peer_connected(w.signaling, w.now, first_peer);
    signaling_source(w.signaling, w.now, first_peer, SOURCE_CAMERA, true);
    for (int i = 0; i < 3; i++) {
        signaling_slot(
            w.signaling, w.now, first_peer,
            &(struct signaling_bound){.mid = "2", .participant = 7, .kind = SOURCE_CAMERA});
    }
    signaling_layers(w.signaling, first_peer, SOURCE_CAMERA, 1);
    signaling_speaker(w.signaling, id, first_person);
    signaling_peer_gone(w.signaling, w.now, first_peer);
    world_drain(&w);
    world_pass(&w, US_PER_S);
    EXPECT_EQ(w.n, n);
    EXPECT_EQ(signaling_stats(w.signaling).sessions, 2);
    /* And who is in the tour sees nobody come. */
    world_send(&w, 1, "{\"type\":\"ping\",\"id\":1}");
    EXPECT_EQ(world_count(&w, EFFECT_SEND), 1);
    world_close(&w);
}

TEST(a_probe_ends_with_its_time_or_its_connection) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    probe(&w, 1, BOB);
    world_pass(&w, 10 * US_PER_S);
    probe(&w, 1, BOB); /* which does not lengthen it */
    EXPECT_GOT(&w, 1, "\"ends_in_ms\":10000,");
    world_pass(&w, 9 * US_PER_S);
    EXPECT_EQ(signaling_stats(w.signaling).sessions, 2);
    world_pass(&w, 2 * US_PER_S);
    EXPECT_EQ(world_commands(&w, COMMAND_PEER_REMOVE), 2);
    EXPECT_EQ(world_commands(&w, COMMAND_TOUR_REMOVE), 1);
    EXPECT_EQ(signaling_stats(w.signaling).sessions, 0);
    EXPECT(!world_effect(&w, EFFECT_CLOSE));
    probe(&w, 1, BOB); /* the connection may begin another */
    EXPECT_GOT(&w, 1, "\"probed\"");
    world_drop(&w, 1);
    EXPECT_EQ(world_commands(&w, COMMAND_PEER_REMOVE), 1);
    EXPECT_EQ(world_commands(&w, COMMAND_TOUR_REMOVE), 1);
    probe(&w, 2, BOB);
    EXPECT_GOT(&w, 2, "\"probed\"");
    /* Who is satisfied joins over the same connection. */
    world_join(&w, 2, "agent|demo|ann|Ann", small_offer(), small_lines);
    EXPECT_GOT(&w, 2, "\"joined\"");
    probe(&w, 2, BOB);
    EXPECT_ERROR(&w, 2, "already_joined");
    world_drop(&w, 2);
    EXPECT_EQ(world_commands(&w, COMMAND_TOUR_REMOVE), 1);
    world_pass(&w, 60 * US_PER_S);
    EXPECT_EQ(signaling_stats(w.signaling).sessions, 0);
    probe(&w, 3, BOB); /* one that is there at the end is freed */
    world_close(&w);
}

TEST(a_probe_is_for_who_has_a_token_and_not_for_more) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    probe(&w, 1, "token_expired");
    EXPECT_ERROR(&w, 1, "token_expired");
    world_send(&w, 1, "{\"type\":\"probe\",\"id\":5,\"offer\":\"v=0\"}");
    EXPECT_ERROR(&w, 1, "token_missing");
    world_send(&w, 1, "{\"type\":\"probe\",\"id\":5,\"token\":\"" BOB "\",\"offer\":\"v=0\"}");
    EXPECT_ERROR(&w, 1, "sdp_malformed");
    EXPECT_EQ(signaling_stats(w.signaling).sessions, 0);
    EXPECT_EQ(world_commands(&w, COMMAND_TOUR_ADD), 0);
    probe(&w, 1, "buyer|nowhere|bob|Bob"); /* a tour that is to come */
    EXPECT_GOT(&w, 1, "\"probed\"");
    probe(&w, 1, "buyer|demo|eve|Eve");
    EXPECT_ERROR(&w, 1, "forbidden");
    probe(&w, 2, BOB); /* on another device */
    EXPECT_ERROR(&w, 2, "rate_limited");
    for (int i = 0; i < 3; i++) {
        probe(&w, 1, "buyer|nowhere|bob|Bob");
        EXPECT_GOT(&w, 1, "\"probed\"");
    }
    probe(&w, 1, "buyer|nowhere|bob|Bob");
    EXPECT_ERROR(&w, 1, "rate_limited");
    probe(&w, 2, "buyer|demo|eve|Eve");
    EXPECT_GOT(&w, 2, "\"probed\"");
    probe(&w, 3, "buyer|demo|mia|Mia");
    EXPECT_ERROR(&w, 3, "server_full");
    world_drop(&w, 2);
    signaling_overloaded(w.signaling, 5);
    probe(&w, 3, "buyer|demo|mia|Mia");
    EXPECT_ERROR(&w, 3, "server_overloaded");
    signaling_overloaded(w.signaling, 0);
    probe(&w, 3, "buyer|demo|mia|Mia");
    EXPECT_GOT(&w, 3, "\"probed\"");
    world_close(&w);
}

TEST(who_was_removed_probes_no_more) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    world_join(&w, 1, "agent|demo|ann|Ann", small_offer(), small_lines);
    world_join(&w, 2, BOB, small_offer(), small_lines);
    world_send(&w, 1, "{\"type\":\"remove\",\"participant\":\"p2\"}");
    probe(&w, 3, BOB);
    EXPECT_ERROR(&w, 3, "removed");
    world_close(&w);
}

TEST(a_probe_ends_with_the_right_to_it) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    world_join(&w, 1, "agent|demo|ann|Ann", small_offer(), small_lines);
    world_join(&w, 2, BOB, small_offer(), small_lines);
    probe(&w, 3, BOB);
    probe(&w, 4, "buyer|demo|eve|Eve");
    EXPECT_EQ(signaling_stats(w.signaling).probes, 2);
    world_send(&w, 1, "{\"type\":\"remove\",\"participant\":\"p2\"}");
    EXPECT_EQ(world_commands(&w, COMMAND_PEER_REMOVE), 2); /* the seat's, and the probe's */
    EXPECT_EQ(world_commands(&w, COMMAND_TOUR_REMOVE), 1);
    EXPECT_EQ(signaling_stats(w.signaling).probes, 1);
    EXPECT_EQ(signaling_revoke(w.signaling, w.now, "eve"), OK);
    world_drain(&w);
    EXPECT_EQ(signaling_stats(w.signaling).probes, 0);
    probe(&w, 5, "buyer|other|mia|Mia"); /* in no tour at all */
    EXPECT_EQ(signaling_revoke(w.signaling, w.now, "eve"), OK);
    EXPECT_EQ(signaling_stats(w.signaling).probes, 1);
    EXPECT_EQ(signaling_revoke(w.signaling, w.now, "mia"), OK);
    world_drain(&w);
    EXPECT_EQ(signaling_stats(w.signaling).probes, 0);
    EXPECT_EQ(signaling_stats(w.signaling).sessions, 1);
    world_close(&w);
}

/* Else it were a tour that nobody sees. */
TEST(one_probe_after_the_other_has_an_end) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    for (int i = 0; i < 6; i++) {
        probe(&w, 1, BOB);
        EXPECT_GOT(&w, 1, "\"probed\"");
        world_drop(&w, 1);
    }
    probe(&w, 1, BOB);
    EXPECT_ERROR(&w, 1, "rate_limited");
    probe(&w, 2, "buyer|other|bob|Bob"); /* another tour's token of the same person */
    EXPECT_ERROR(&w, 2, "rate_limited");
    probe(&w, 3, "buyer|demo|eve|Eve");
    EXPECT_GOT(&w, 3, "\"probed\"");
    world_pass(&w, 60 * US_PER_S);
    probe(&w, 1, BOB);
    EXPECT_GOT(&w, 1, "\"probed\"");
    probe(&w, 1, "buyer|other|bob|Bob");
    EXPECT_ERROR(&w, 1, "forbidden");
    world_pass(&w, 21 * US_PER_S);
    probe(&w, 1, BOB);
    EXPECT_ERROR(&w, 1, "rate_limited");
    world_close(&w);
}

TEST(an_offence_of_a_probe_is_told_by_its_tour) {
    struct world w;
    struct signaling_who who;
    REQUIRE(world_open(&w, NULL));
    probe(&w, 1, BOB);
    const struct record *peer = world_command(&w, COMMAND_PEER_ADD);
    REQUIRE(peer && signaling_peer_who(w.signaling, peer->params->peer, &who));
    EXPECT_STR(who.tour, "demo");
    EXPECT_STR(who.participant, "probe");
    world_close(&w);
}

/* What media knows of is ended, whatever was lost to memory. */
TEST_ALLOC(a_probe_survives_failing_allocations) {
    struct world w;
    if (world_open(&w, NULL)) {
        probe(&w, 1, BOB);
        EXPECT(mem_failed() || world_got(&w, 1, "\"probed\""));
        probe(&w, 1, BOB);
        probe(&w, 2, "buyer|demo|eve|Eve");
        world_drop(&w, 2);
        world_pass(&w, 21 * US_PER_S);
        long open = 0;
        for (size_t i = 0; i < w.n; i++) {
            if (w.log[i].e.type == EFFECT_COMMAND) {
                enum command_type type = w.log[i].e.command.type;
                open += type == COMMAND_PEER_ADD || type == COMMAND_TOUR_ADD;
                open -= type == COMMAND_PEER_REMOVE || type == COMMAND_TOUR_REMOVE;
            }
        }
        EXPECT_EQ(open, 0);
        EXPECT_EQ(signaling_stats(w.signaling).sessions, 0);
    } else {
        EXPECT(mem_failed());
    }
    world_close(&w);
}
