/* Viewers by WHEP who ask for the mix: who hears whom, how many may, and what media is told. */
#include "tests/unit/signaling/world.h"

#include <stdlib.h>

#define SDP "application/sdp"
#define AGENT "agent|demo|obs|Camera"

static const struct record *ask(struct world *w, struct signaling_http h) {
    static uint64_t req;
    h.req = ++req;
    h.tour = h.tour ? h.tour : "demo";
    h.content_type = SDP;
    h.body_len = h.body ? strlen(h.body) : 0;
    signaling_http(w->signaling, w->now, &h);
    world_drain(w);
    return world_effect(w, EFFECT_HTTP);
}

static const struct record *play(struct world *w, const char *token, const char *audio) {
    return ask(w,
               (struct signaling_http){
                   .whep = true, .token = token, .audio = audio, .body = data_file("aiortc.sdp")});
}

static const struct record *publish(struct world *w, const char *token) {
    return ask(w, (struct signaling_http){.token = token, .body = data_file("offer.sdp")});
}

static int leave(struct world *w, const char *token, bool whep, const char *location) {
    return ask(w, (struct signaling_http){.method = SIGNALING_DELETE,
                                          .whep = whep,
                                          .token = token,
                                          .resource = strrchr(location, '/') + 1})
        ->e.status;
}

static void expect_code(const struct record *r, int status, const char *code) {
    char part[64];
    snprintf(part, sizeof(part), "\"code\":\"%s\"", code);
    EXPECT_EQ(r->e.status, status);
    EXPECT(r->text && strstr(r->text, part));
}

/* The last order about a listener. */
static void expect_mix(const struct world *w, uint64_t peer, uint64_t without, bool on) {
    const struct record *r = world_effect(w, EFFECT_MIX);
    REQUIRE(r);
    EXPECT_EQ(r->e.peer, peer);
    EXPECT_EQ(r->e.participant, without);
    EXPECT_EQ(r->e.on, on);
    EXPECT(r->e.tour);
}

TEST(whoever_does_not_ask_hears_the_loudest) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    publish(&w, AGENT);
    EXPECT_EQ(play(&w, "buyer|demo|tv|", NULL)->e.status, 201);
    const struct record *add = world_command(&w, COMMAND_PEER_ADD);
    EXPECT(add->params->loudest_audio && !add->params->mix && !add->params->without);
    EXPECT_EQ(world_count(&w, EFFECT_MIX) + world_commands(&w, COMMAND_TOUR_MIX), 0);
    expect_code(play(&w, "buyer|demo|tv|", "mono"), 400, "bad_field");
    expect_code(play(&w, "buyer|demo|tv|", ""), 400, "bad_field");
    EXPECT_EQ(world_commands(&w, COMMAND_PEER_ADD), 0);
    world_close(&w);
}

TEST(who_asks_for_the_mix_hears_it) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    publish(&w, AGENT);
    EXPECT_EQ(play(&w, "buyer|demo|tv|", "mix")->e.status, 201);
    char *first = strdup(world_effect(&w, EFFECT_HTTP)->location);
    const struct record *add = world_command(&w, COMMAND_PEER_ADD);
    EXPECT(add->params->mix && add->params->without == 0);
    uint64_t a = add->params->peer;
    expect_mix(&w, a, 0, true);
    REQUIRE(world_commands(&w, COMMAND_TOUR_MIX) == 1);
    EXPECT(world_command(&w, COMMAND_TOUR_MIX)->e.command.on &&
           world_command(&w, COMMAND_TOUR_MIX)->e.workers);
    /* The mix knows of it before workers tell it anything, and workers the peer before all. */
    EXPECT(world_command(&w, COMMAND_PEER_ADD) < world_effect(&w, EFFECT_MIX));
    EXPECT(world_effect(&w, EFFECT_MIX) < world_command(&w, COMMAND_TOUR_MIX));
    play(&w, "buyer|demo|phone|", "mix");
    EXPECT_EQ(world_commands(&w, COMMAND_TOUR_MIX), 0); /* it is mixed already */
    uint64_t b = world_command(&w, COMMAND_PEER_ADD)->params->peer;
    EXPECT_EQ(leave(&w, "buyer|demo|tv|", true, first), 200);
    expect_mix(&w, a, 0, false);
    EXPECT_EQ(world_commands(&w, COMMAND_TOUR_MIX), 0);
    signaling_peer_gone(w.signaling, w.now, b);
    world_drain(&w);
    expect_mix(&w, b, 0, false);
    REQUIRE(world_commands(&w, COMMAND_TOUR_MIX) == 1);
    EXPECT(!world_command(&w, COMMAND_TOUR_MIX)->e.command.on);
    free(first);
    world_close(&w);
}

/* The same sub that publishes: its own voice is left out, from before it can be heard until it is
 * gone, whichever of the two came first. */
TEST(nobody_hears_himself) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    publish(&w, AGENT);
    uint64_t host = world_command(&w, COMMAND_PEER_ADD)->params->participant;
    play(&w, "buyer|demo|gate|", "mix");
    uint64_t peer = world_command(&w, COMMAND_PEER_ADD)->params->peer;
    publish(&w, "buyer|demo|gate|Gate");
    uint64_t self = world_command(&w, COMMAND_PEER_ADD)->params->participant;
    EXPECT(self != host);
    expect_mix(&w, peer, self, true);
    EXPECT(world_effect(&w, EFFECT_MIX) < world_command(&w, COMMAND_PEER_ADD));
    publish(&w, "buyer|demo|gate|Gate"); /* again, in the same seat */
    EXPECT_EQ(world_command(&w, COMMAND_PEER_ADD)->params->participant, self);
    EXPECT_EQ(world_count(&w, EFFECT_MIX), 0);
    char *whip = strdup(world_effect(&w, EFFECT_HTTP)->location);
    EXPECT_EQ(leave(&w, "buyer|demo|gate|", false, whip), 200);
    expect_mix(&w, peer, 0, true);
    publish(&w, "buyer|demo|other|Other"); /* somebody else's voice is nobody's own */
    EXPECT_EQ(world_count(&w, EFFECT_MIX), 0);
    uint64_t other = world_command(&w, COMMAND_PEER_ADD)->params->participant;
    play(&w, "buyer|demo|other|", "mix");
    EXPECT_EQ(world_command(&w, COMMAND_PEER_ADD)->params->without, other);
    expect_mix(&w, world_command(&w, COMMAND_PEER_ADD)->params->peer, other, true);
    free(whip);
    world_close(&w);
}

static void without_mix(struct signaling_config *c) {
    c->max_mix = 0;
}

TEST(a_server_without_a_mix_says_so) {
    struct world w;
    REQUIRE(world_open(&w, without_mix));
    publish(&w, AGENT);
    expect_code(play(&w, "buyer|demo|tv|", "mix"), 422, "mix_off");
    EXPECT_EQ(signaling_stats(w.signaling).sessions, 1);
    EXPECT_EQ(play(&w, "buyer|demo|tv|", NULL)->e.status, 201);
    world_close(&w);
}

TEST(more_listeners_than_allowed_are_told_so) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    publish(&w, AGENT);
    EXPECT(publish(&w, "agent|other|obs|Camera")->e.status >= 400); /* the path says demo */
    EXPECT_EQ(play(&w, "buyer|demo|a|", "mix")->e.status, 201);
    uint64_t first = world_command(&w, COMMAND_PEER_ADD)->params->peer;
    EXPECT_EQ(play(&w, "buyer|demo|b|", "mix")->e.status, 201);
    expect_code(play(&w, "buyer|demo|c|", "mix"), 503, "mix_full"); /* of the tour */
    EXPECT_EQ(play(&w, "buyer|demo|c|", NULL)->e.status, 201);
    struct signaling_http h = {.whep = true,
                               .tour = "taped",
                               .audio = "mix",
                               .token = "buyer|taped|a|",
                               .body = data_file("aiortc.sdp")};
    EXPECT_EQ(ask(&w, h)->e.status, 201);
    h.token = "buyer|taped|b|";
    expect_code(ask(&w, h), 503, "mix_full"); /* of all */
    signaling_peer_gone(w.signaling, w.now, first);
    world_drain(&w);
    EXPECT_EQ(ask(&w, h)->e.status, 201);
    world_close(&w);
}

static void many_listeners(struct signaling_config *c) {
    c->max_mix = 32;
    c->max_mix_per_tour = 16;
    c->max_mix_per_token = 2;
    c->max_whep_per_token = 50;
    c->max_participants = 1000;
}

/* Whoever has a token takes the places of nobody else with it. */
TEST(one_token_has_few_listeners) {
    struct world w;
    REQUIRE(world_open(&w, many_listeners));
    publish(&w, AGENT);
    EXPECT_EQ(play(&w, "buyer|demo|mallory|", "mix")->e.status, 201);
    uint64_t first = world_command(&w, COMMAND_PEER_ADD)->params->peer;
    EXPECT_EQ(play(&w, "buyer|demo|mallory|", "mix")->e.status, 201);
    for (int i = 0; i < 20; i++) {
        expect_code(play(&w, "buyer|demo|mallory|", "mix"), 503, "mix_full");
    }
    EXPECT_EQ(play(&w, "buyer|demo|mallory|", NULL)->e.status, 201); /* does not hear the mix */
    EXPECT_EQ(play(&w, "agent|demo|phone|", "mix")->e.status, 201);
    signaling_peer_gone(w.signaling, w.now, first);
    world_drain(&w);
    EXPECT_EQ(play(&w, "buyer|demo|mallory|", "mix")->e.status, 201);
    expect_code(play(&w, "buyer|demo|mallory|", "mix"), 503, "mix_full");
    world_close(&w);
}

/* There is no line for what is asked for. */
TEST(a_mix_needs_a_line_for_it) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    publish(&w, AGENT);
    const char *sdp = data_file("offer.sdp"); /* sends only */
    expect_code(ask(&w,
                    (struct signaling_http){
                        .whep = true, .token = "buyer|demo|tv|", .audio = "mix", .body = sdp}),
                422, "sdp_unsupported");
    EXPECT_EQ(signaling_stats(w.signaling).sessions, 1);
    world_close(&w);
}

static void two_workers(struct signaling_config *c) {
    c->workers = 2;
    c->tour_spread = 2;
}

/* A worker that gets the tour later is told that it is mixed, after it has got it. */
TEST(every_worker_of_a_tour_is_told_that_it_is_mixed) {
    struct world w;
    REQUIRE(world_open(&w, two_workers));
    publish(&w, AGENT);
    play(&w, "buyer|demo|a|", "mix");
    EXPECT_EQ(world_command(&w, COMMAND_TOUR_MIX)->e.workers, 1);
    play(&w, "buyer|demo|b|", NULL);
    REQUIRE(world_commands(&w, COMMAND_TOUR_SPAN) == 1 &&
            world_commands(&w, COMMAND_TOUR_MIX) == 1);
    EXPECT_EQ(world_command(&w, COMMAND_TOUR_MIX)->e.workers, 3);
    EXPECT(world_command(&w, COMMAND_TOUR_SPAN) < world_command(&w, COMMAND_TOUR_MIX));
    world_close(&w);
}

/* A tour that ends takes its listeners with it; who is removed by a host, too. */
TEST(listeners_end_with_their_tour) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    world_join(&w, 1, "agent|demo|ann|Ann", small_offer(), small_lines);
    publish(&w, "buyer|demo|gate|Gate");
    play(&w, "buyer|demo|gate|", "mix");
    play(&w, "buyer|demo|tv|", "mix");
    world_send(&w, 1, "{\"type\":\"remove\",\"participant\":\"p2\"}");
    EXPECT_EQ(world_count(&w, EFFECT_MIX), 1);
    EXPECT(!world_effect(&w, EFFECT_MIX)->e.on);
    EXPECT_EQ(world_commands(&w, COMMAND_TOUR_MIX), 0);
    world_send(&w, 1, "{\"type\":\"end\"}");
    EXPECT_EQ(world_count(&w, EFFECT_MIX), 1);
    EXPECT_EQ(world_commands(&w, COMMAND_TOUR_MIX), 1);
    world_join(&w, 2, "agent|demo|ann|Ann", small_offer(), small_lines);
    for (int i = 0; i < 2; i++) { /* places are free again */
        EXPECT_EQ(play(&w, i ? "buyer|demo|x|" : "buyer|demo|y|", "mix")->e.status, 201);
    }
    world_close(&w);
}

TEST_ALLOC(listeners_without_memory) {
    struct world w;
    if (world_open(&w, NULL)) {
        publish(&w, AGENT);
        play(&w, "buyer|demo|obs|", "mix");
        publish(&w, AGENT);
        world_pass(&w, 1 * US_PER_S);
    }
    world_close(&w);
}
