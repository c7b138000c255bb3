#include "tests/unit/signaling/world.h"

/* What changes often is told once per tick. */

static void with_tick(struct signaling_config *c) {
    c->roster_tick = 50 * US_PER_MS;
}

struct people {
    struct world w;
    uint64_t peer, participant; /* of Ada, connection 1 */
    uint64_t bob_peer;          /* connection 2 */
};

static bool arrive(struct people *p) {
    struct world *w = &p->w;
    if (!world_open(w, with_tick)) {
        return false;
    }
    world_join(w, 1, "buyer|demo|ada|Ada", small_offer(), small_lines);
    p->peer = world_command(w, COMMAND_PEER_ADD)->params->peer;
    p->participant = world_effect(w, EFFECT_PARTICIPANT)->e.participant;
    world_join(w, 2, "buyer|demo|bob|Bob", small_offer(), small_lines);
    p->bob_peer = world_command(w, COMMAND_PEER_ADD)->params->peer;
    world_pass(w, US_PER_S);
    return true;
}

static void camera(struct people *p, bool on) {
    signaling_source(p->w.signaling, p->w.now, p->peer, SOURCE_CAMERA, on);
    world_drain(&p->w);
}

static void slot(struct people *p, uint64_t participant) {
    enum source_kind kind = participant ? SOURCE_CAMERA : SOURCE_NONE;
    signaling_slot(p->w.signaling, p->w.now, p->bob_peer,
                   &(struct signaling_bound){"2", participant, kind, false});
    world_drain(&p->w);
}

/* Messages to this connection since the mark that contain `part`. */
static size_t told(const struct world *w, uint64_t conn, const char *part) {
    size_t n = 0;
    for (size_t i = w->mark; i < w->n; i++) {
        const struct record *r = &w->log[i];
        n += r->e.type == EFFECT_SEND && r->e.conn == conn && strstr(r->text, part) != NULL;
    }
    return n;
}

TEST(a_change_is_told_at_the_end_of_the_tick) {
    struct people p;
    REQUIRE(arrive(&p));
    us_t began = p.w.now;
    camera(&p, true);
    EXPECT_EQ(p.w.n, p.w.mark);
    EXPECT_EQ(signaling_deadline(p.w.signaling), began + 50 * US_PER_MS);
    world_pass(&p.w, 20 * US_PER_MS);
    signaling_peer_connected(p.w.signaling, p.w.now, p.peer);
    world_drain(&p.w);
    EXPECT_EQ(signaling_deadline(p.w.signaling), began + 50 * US_PER_MS); /* it does not move */
    world_pass(&p.w, 30 * US_PER_MS);
    EXPECT_EQ(told(&p.w, 2, "participant_changed"), 1);
    EXPECT_GOT(&p.w, 2, "\"connected\":true,\"sources\":{\"microphone\":\"off\",\"camera\":\"on\"");
    EXPECT_EQ(told(&p.w, 1, "participant_changed"), 1);
    EXPECT_EQ(signaling_deadline(p.w.signaling), US_NEVER);
    world_close(&p.w);
}

TEST(what_flaps_within_a_tick_is_not_told) {
    struct people p;
    REQUIRE(arrive(&p));
    camera(&p, true);
    world_pass(&p.w, US_PER_S);
    camera(&p, false);
    camera(&p, true);
    camera(&p, false);
    camera(&p, true);
    world_pass(&p.w, US_PER_S);
    EXPECT_EQ(p.w.n, p.w.mark);
    world_close(&p.w);
}

TEST(a_source_that_flaps_for_ever_costs_a_message_per_tick) {
    struct people p;
    REQUIRE(arrive(&p));
    size_t mark = p.w.n;
    for (int i = 0; i < 4001; i++) { /* a second of 4000 changes */
        camera(&p, i % 2 == 0);
        world_pass(&p.w, 250);
    }
    world_pass(&p.w, US_PER_S);
    p.w.mark = mark;
    size_t n = told(&p.w, 2, "participant_changed");
    EXPECT(n >= 1 && n <= 21);
    EXPECT_GOT(&p.w, 2, "\"camera\":\"on\""); /* the last word is true */
    world_close(&p.w);
}

TEST(somebody_who_saw_a_state_between_is_told_that_it_is_over) {
    struct people p;
    REQUIRE(arrive(&p));
    camera(&p, true);
    world_join(&p.w, 3, "buyer|demo|cyd|Cyd", small_offer(), small_lines);
    EXPECT_GOT(&p.w, 3, "\"camera\":\"on\"");
    camera(&p, false);
    world_pass(&p.w, US_PER_S);
    EXPECT_EQ(told(&p.w, 3, "participant_changed"), 1);
    EXPECT_GOT(&p.w, 3, "\"camera\":\"off\"");
    world_close(&p.w);
}

/* Who comes back with another transport has read `connected` as it was for a moment. */
static void comes_back(const char *token, const char *reply) {
    struct people p;
    struct world *w = &p.w;
    REQUIRE(arrive(&p));
    signaling_peer_connected(w->signaling, w->now, p.peer);
    camera(&p, true);
    world_drain(w);
    char secret[128], resume[160];
    w->mark = 0;
    (void)world_field(world_got(w, 1, "\"joined\""), "resume", secret, sizeof(secret));
    snprintf(resume, sizeof(resume), "resume:%s", secret);
    world_pass(w, US_PER_S);
    size_t mark = w->n;
    world_join(w, 3, token ? token : resume, small_offer_other_peer(), small_lines);
    EXPECT_GOT(w, 3, reply);
    EXPECT_GOT(w, 3, "\"connected\":false,\"sources\":{\"microphone\":\"off\",\"camera\":\"off\"");
    p.peer = world_command(w, COMMAND_PEER_ADD)->params->peer;
    signaling_peer_connected(w->signaling, w->now, p.peer);
    camera(&p, true);
    world_pass(w, US_PER_S);
    w->mark = mark;
    EXPECT_EQ(told(w, 3, "\"type\":\"participant_changed\""), 1);
    EXPECT_GOT(w, 3, "\"connected\":true,\"sources\":{\"microphone\":\"off\",\"camera\":\"on\"");
    world_close(w);
}

TEST(who_comes_back_is_told_what_has_become_of_himself_since) {
    comes_back("buyer|demo|ada|Ada", "\"type\":\"joined\"");
    comes_back(NULL, "\"type\":\"resumed\"");
}

TEST(who_leaves_within_the_tick_is_told_once) {
    struct people p;
    REQUIRE(arrive(&p));
    camera(&p, true);
    world_send(&p.w, 1, "{\"type\":\"leave\"}");
    EXPECT_EQ(told(&p.w, 2, "participant_left"), 1);
    world_pass(&p.w, US_PER_S);
    EXPECT_EQ(told(&p.w, 2, "participant_changed"), 0);
    world_close(&p.w);
}

TEST(a_tour_that_ends_within_the_tick_is_quiet) {
    struct people p;
    REQUIRE(arrive(&p));
    world_join(&p.w, 3, "agent|demo|ann|Ann", small_offer(), small_lines);
    camera(&p, true);
    world_send(&p.w, 3, "{\"type\":\"end\"}");
    world_pass(&p.w, US_PER_S);
    EXPECT_EQ(p.w.n, p.w.mark);
    world_close(&p.w);
}

TEST(a_slot_changes_at_once_and_then_once_per_tick) {
    struct people p;
    REQUIRE(arrive(&p));
    slot(&p, p.participant);
    EXPECT_EQ(told(&p.w, 2, "\"slot\""), 1); /* the page has the picture already */
    slot(&p, 0);
    slot(&p, p.participant);
    slot(&p, 0);
    EXPECT_EQ(p.w.n, p.w.mark);
    world_pass(&p.w, US_PER_S);
    EXPECT_EQ(told(&p.w, 2, "\"slot\""), 1);
    EXPECT_GOT(&p.w, 2, "\"participant\":null");
    slot(&p, p.participant);
    slot(&p, 0);
    slot(&p, p.participant);
    world_pass(&p.w, US_PER_S);
    EXPECT_EQ(told(&p.w, 2, "\"slot\""), 0); /* back where it was told to be */
    world_close(&p.w);
}

TEST(a_slot_that_was_shown_between_is_told_again) {
    struct people p;
    REQUIRE(arrive(&p));
    slot(&p, p.participant);
    slot(&p, 0);
    world_join(&p.w, 2, "restart", small_offer_restarted(), "");
    EXPECT_GOT(&p.w, 2, "restarted");
    slot(&p, p.participant);
    world_pass(&p.w, US_PER_S);
    EXPECT_GOT(&p.w, 2, "\"participant\":\"p1\"");
    world_close(&p.w);
}

static void large(struct signaling_config *c) {
    with_tick(c);
    c->max_connections = c->max_participants = 200;
}

/* So many people change at once that one call must not tell it all. */
TEST(a_large_tick_is_told_in_portions) {
    struct world w;
    uint64_t peers[120];
    REQUIRE(world_open(&w, large));
    for (unsigned i = 0; i < ARRAY_LEN(peers); i++) {
        char token[64];
        snprintf(token, sizeof(token), "buyer|demo|s%u|", i);
        world_join(&w, i + 1, token, small_offer(), small_lines);
        REQUIRE(world_command(&w, COMMAND_PEER_ADD));
        peers[i] = world_command(&w, COMMAND_PEER_ADD)->params->peer;
    }
    world_pass(&w, US_PER_S);
    for (unsigned i = 0; i < ARRAY_LEN(peers); i++) {
        signaling_peer_connected(w.signaling, w.now, peers[i]);
    }
    us_t at = signaling_deadline(w.signaling);
    size_t sent = 0, calls = 0, most = 0;
    struct signaling_effect e;
    for (; signaling_deadline(w.signaling) <= at; calls++) {
        size_t before = sent;
        signaling_timeout(w.signaling, at);
        while (signaling_effect(w.signaling, &e)) {
            sent += e.type == EFFECT_SEND;
        }
        most = sent - before > most ? sent - before : most;
    }
    EXPECT_EQ(sent, ARRAY_LEN(peers) * ARRAY_LEN(peers));
    EXPECT(calls > 1 && most < 8192 + ARRAY_LEN(peers));
    world_close(&w);
}
