/* What a client is told of its simulcast, and of a picture that is paused. */
#include "base/check.h"
#include "tests/unit/signaling/world.h"

static const char rids[] = "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
                           "a=extmap:5 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n"
                           "a=extmap:6 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\r\n"
                           "a=simulcast:send l;m;h\r\n";

/* The offer with a simulcast of three in its m-line 1, the camera. */
static const char *with_simulcast(const char *offer) {
    static char text[8192];
    const char *line = strstr(offer, "a=mid:1\r\n");
    CHECK(line);
    snprintf(text, sizeof(text), "%.*s%s%s", (int)(line - offer), offer, rids, line);
    return text;
}

static struct world w;

/* Ada sends simulcast; returns her peer. */
static uint64_t arrive(void) {
    world_join(&w, 1, "agent|demo|ada|Ada", with_simulcast(small_offer()), small_lines);
    const struct record *add = world_command(&w, COMMAND_PEER_ADD);
    return add ? add->params->peer : 0;
}

static void layers(uint64_t peer, uint8_t active) {
    signaling_layers(w.signaling, peer, SOURCE_CAMERA, active);
    world_drain(&w);
}

TEST(a_page_is_told_which_layers_to_send) {
    REQUIRE(world_open(&w, NULL));
    uint64_t peer = arrive();
    EXPECT(world_command(&w, COMMAND_PEER_ADD)->params->obeys_layers);
    EXPECT_NOT(&w, 1, "layers");
    layers(peer, 4); /* the line's rids are "h", "m", "l" */
    EXPECT_STR(world_got(&w, 1, "layers"),
               "{\"type\":\"layers\",\"source\":\"camera\",\"active\":[\"l\"]}");
    layers(peer, 5);
    EXPECT_STR(world_got(&w, 1, "layers"),
               "{\"type\":\"layers\",\"source\":\"camera\",\"active\":[\"h\",\"l\"]}");
    world_join(&w, 2, "buyer|demo|bob|Bob", small_offer(), small_lines);
    EXPECT_NOT(&w, 2, "layers"); /* nobody else is */
    uint64_t bob = world_command(&w, COMMAND_PEER_ADD)->params->peer;
    layers(999, 1);
    EXPECT_EQ(w.n, w.mark);
    layers(bob, 1); /* of one layer nothing is told */
    EXPECT_EQ(w.n, w.mark);
    signaling_layers(w.signaling, peer, SOURCE_NONE, 1);
    signaling_layers(w.signaling, peer, SOURCE_KIND_COUNT, 1);
    signaling_layers(w.signaling, peer, SOURCE_SCREEN, 1);
    world_drain(&w);
    EXPECT_EQ(w.n, w.mark);
    world_close(&w);
}

/* What was said while a connection was away is said again; a new transport begins with all. */
TEST(who_resumes_is_told_again) {
    char secret[64];
    REQUIRE(world_open(&w, NULL));
    uint64_t peer = arrive();
    world_field(world_got(&w, 1, "joined"), "resume", secret, sizeof(secret));
    world_drop(&w, 1);
    layers(peer, 4);
    world_sendf(&w, 3, "{\"type\":\"resume\",\"id\":1,\"resume\":\"%s\"}", secret);
    EXPECT_GOT(&w, 3, "{\"type\":\"layers\",\"source\":\"camera\",\"active\":[\"l\"]}");
    world_field(world_got(&w, 3, "resumed"), "resume", secret, sizeof(secret));
    world_drop(&w, 3);
    char text[128];
    snprintf(text, sizeof(text), "resume:%s", secret);
    world_join(&w, 4, text, with_simulcast(small_offer_other_peer()), "");
    EXPECT_GOT(&w, 4, "resumed");
    EXPECT_NOT(&w, 4, "layers");
    world_close(&w);
}

TEST(a_plain_publisher_has_nobody_to_be_told) {
    REQUIRE(world_open(&w, NULL));
    const char *offer = with_simulcast(small_offer());
    struct signaling_http h = {.req = 1,
                               .method = SIGNALING_POST,
                               .tour = "demo",
                               .token = "agent|demo|obs|OBS",
                               .content_type = "application/sdp",
                               .body = offer,
                               .body_len = strlen(offer)};
    w.mark = w.n;
    signaling_http(w.signaling, w.now, &h);
    world_drain(&w);
    const struct record *add = world_command(&w, COMMAND_PEER_ADD);
    REQUIRE(add);
    EXPECT(!add->params->obeys_layers);
    layers(add->params->peer, 4);
    EXPECT_EQ(world_count(&w, EFFECT_SEND), 0);
    world_close(&w);
}

/* Nothing of a picture comes, because the viewer's path does not carry it. */
TEST(a_slot_says_that_it_is_paused) {
    REQUIRE(world_open(&w, NULL));
    world_join(&w, 1, "agent|demo|ada|Ada", small_offer(), small_lines);
    uint64_t ada = world_effect(&w, EFFECT_PARTICIPANT)->e.participant;
    world_join(&w, 2, "buyer|demo|bob|Bob", small_offer(), small_lines);
    uint64_t bob = world_command(&w, COMMAND_PEER_ADD)->params->peer;
    char secret[64];
    world_field(world_got(&w, 2, "joined"), "resume", secret, sizeof(secret));
    struct signaling_bound b = {"2", ada, SOURCE_CAMERA, false};
    signaling_slot(w.signaling, w.now, bob, &b);
    world_drain(&w);
    EXPECT_GOT(&w, 2, "\"source\":\"camera\"}");
    b.paused = true;
    world_pass(&w, US_PER_S);
    signaling_slot(w.signaling, w.now, bob, &b);
    world_drain(&w);
    EXPECT_GOT(&w, 2, "\"source\":\"camera\",\"paused\":true}");
    world_pass(&w, US_PER_S);
    world_sendf(&w, 3, "{\"type\":\"resume\",\"id\":1,\"resume\":\"%s\"}", secret);
    EXPECT_GOT(&w, 3, "\"source\":\"camera\",\"paused\":true}"); /* who comes back sees it too */
    b.paused = false;
    world_pass(&w, US_PER_S);
    signaling_slot(w.signaling, w.now, bob, &b);
    world_drain(&w);
    EXPECT_GOT(&w, 3, "\"source\":\"camera\"}");
    EXPECT_NOT(&w, 3, "paused");
    world_close(&w);
}
