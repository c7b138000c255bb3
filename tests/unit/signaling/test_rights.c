/* Who may do what: what media is told, what others see, and what hosts may say. */
#include "base/check.h"
#include "tests/unit/signaling/world.h"

#include <stdlib.h>

/* As small_lines, but the video that is sent is a screen. */
#define SCREEN_LINES                                         \
    ",\"sources\":[{\"mid\":\"0\",\"kind\":\"microphone\"}," \
    "{\"mid\":\"1\",\"kind\":\"screen\"}],"                  \
    "\"slots\":[{\"mid\":\"2\",\"kind\":\"stage\"},"         \
    "{\"mid\":\"3\",\"kind\":\"audio\"}]"

static void screens(struct world *w, uint64_t conn, const char *token) {
    world_join(w, conn, token, small_offer(), SCREEN_LINES);
    EXPECT_GOT(w, conn, "joined");
}

/* A host, connection 1, p1, and a guest, 2, p2, who offers a screen; both send all they offer. */
static uint64_t two(struct world *w) {
    CHECK(world_open(w, NULL));
    world_join(w, 1, "agent|demo|ann|Ann", small_offer(), small_lines);
    screens(w, 2, "buyer|demo|ada|Ada");
    uint64_t peer = world_command(w, COMMAND_PEER_ADD)->params->peer;
    signaling_source(w->signaling, w->now, peer, SOURCE_MICROPHONE, true);
    signaling_source(w->signaling, w->now, peer, SOURCE_SCREEN, true);
    return peer;
}

/* The only command of this type since the mark says this. */
static void expect_command(const struct world *w, enum command_type type, enum source_kind kind,
                           bool on) {
    const struct record *r = world_command(w, type);
    EXPECT_EQ(world_commands(w, type), 1);
    EXPECT(r && r->e.command.kind == kind && r->e.command.on == on);
}

static void expect_no_new_transport(const struct world *w) {
    EXPECT_EQ(world_commands(w, COMMAND_PEER_ADD) + world_commands(w, COMMAND_PEER_REMOVE) +
                  world_commands(w, COMMAND_PEER_RESTART),
              0);
}

static void forget(struct world *w) {
    w->mark = w->n;
}

TEST(what_a_guest_may_not_send_is_off) {
    struct world w;
    uint64_t peer = two(&w);
    const struct record *add = NULL;
    for (size_t i = 0; i < w.n; i++) {
        const struct record *r = &w.log[i];
        if (r->params && r->params->peer == peer) {
            add = r;
        }
    }
    REQUIRE(add && add + 1 < w.log + w.n); /* at once after it: no packet comes between */
    EXPECT_EQ(add[1].e.command.type, COMMAND_MUTE);
    EXPECT(add[1].e.command.peer == peer && add[1].e.command.kind == SOURCE_SCREEN &&
           add[1].e.command.on);
    world_drain(&w);
    world_pass(&w, US_PER_S);
    forget(&w);
    screens(&w, 3, "buyer|demo|bob|Bob");
    EXPECT_GOT(&w, 3,
               "\"id\":\"p2\",\"name\":\"Ada\",\"role\":\"buyer\",\"host\":false,\"link\":"
               "\"ok\",\"connected\":false,\"sources\":{\"microphone\":\"on\",\"camera\":"
               "\"off\",\"screen\":\"off\"}}");
    EXPECT_GOT(&w, 3,
               "\"guest\":{\"audio\":\"both\",\"camera\":\"both\",\"screen\":\"receive\","
               "\"chat\":true,\"point\":false}}");
    world_close(&w);
}

TEST(promote_and_demote_take_effect_at_once_without_negotiation) {
    struct world w;
    uint64_t peer = two(&w);
    world_drain(&w);
    world_send(&w, 1,
               "{\"type\":\"allow\",\"id\":1,\"participants\":[\"p2\"],\"can\":{\"screen\":"
               "\"both\",\"point\":true}}");
    EXPECT_GOT(&w, 1, "{\"type\":\"ok\",\"re\":1}");
    expect_command(&w, COMMAND_MUTE, SOURCE_SCREEN, false);
    EXPECT(world_command(&w, COMMAND_MUTE)->e.command.peer == peer);
    EXPECT_EQ(world_commands(&w, COMMAND_RECEIVE), 0);
    expect_no_new_transport(&w);
    EXPECT_GOT(&w, 2,
               "\"screen\":\"on\"},\"can\":{\"audio\":\"both\",\"camera\":\"both\","
               "\"screen\":\"both\",\"chat\":true,\"point\":true}");
    world_send(&w, 1,
               "{\"type\":\"allow\",\"id\":2,\"participants\":[\"p2\"],\"can\":{\"screen\":"
               "\"none\",\"audio\":\"none\"}}");
    EXPECT_EQ(world_commands(&w, COMMAND_MUTE), 2);
    EXPECT_EQ(world_commands(&w, COMMAND_RECEIVE), 2);
    EXPECT(!world_command(&w, COMMAND_RECEIVE)->e.command.on);
    expect_no_new_transport(&w);
    EXPECT_GOT(&w, 1,
               "\"microphone\":\"off\",\"camera\":\"off\",\"screen\":\"off\"},\"can\":"
               "{\"audio\":\"none\",\"camera\":\"both\",\"screen\":\"none\",\"chat\":true,"
               "\"point\":true}");
    /* What has been said already is not said again. */
    world_send(&w, 1,
               "{\"type\":\"allow\",\"id\":3,\"participants\":[\"p2\"],\"can\":{\"screen\":"
               "\"none\"}}");
    EXPECT_EQ(world_commands(&w, COMMAND_MUTE) + world_commands(&w, COMMAND_RECEIVE), 0);
    EXPECT_NOT(&w, 1, "participant_changed");
    world_send(&w, 1,
               "{\"type\":\"allow\",\"participants\":[\"p2\"],\"can\":{\"audio\":\"both\","
               "\"screen\":\"receive\",\"point\":false}}");
    EXPECT_NOT(&w, 1, "\"can\""); /* as all guests again */
    EXPECT_GOT(&w, 1, "participant_changed");
    expect_command(&w, COMMAND_MUTE, SOURCE_MICROPHONE, false);
    world_close(&w);
}

TEST(a_new_transport_is_told_the_rights_again) {
    struct world w;
    two(&w);
    world_drain(&w);
    world_send(&w, 1,
               "{\"type\":\"allow\",\"participants\":[\"p2\"],\"can\":{\"camera\":\"none\"}}");
    expect_command(&w, COMMAND_RECEIVE, SOURCE_CAMERA, false);
    world_join(&w, 2, "restart", small_offer_restarted(), "");
    EXPECT_EQ(world_commands(&w, COMMAND_PEER_RESTART), 1);
    EXPECT_EQ(world_commands(&w, COMMAND_MUTE) + world_commands(&w, COMMAND_RECEIVE), 0);
    world_join(&w, 2, "restart", small_offer_other_peer(), "");
    EXPECT_EQ(world_commands(&w, COMMAND_PEER_ADD), 1);
    expect_command(&w, COMMAND_MUTE, SOURCE_SCREEN, true);
    expect_command(&w, COMMAND_RECEIVE, SOURCE_CAMERA, false);
    EXPECT(world_command(&w, COMMAND_RECEIVE)->e.command.peer ==
           world_command(&w, COMMAND_PEER_ADD)->params->peer);
    world_close(&w);
}

TEST(leaving_does_not_bring_back_a_right) {
    struct world w;
    two(&w);
    world_drain(&w);
    world_send(&w, 1,
               "{\"type\":\"allow\",\"participants\":[\"p2\"],\"can\":{\"audio\":"
               "\"receive\"}}");
    world_send(&w, 2, "{\"type\":\"leave\"}");
    screens(&w, 2, "buyer|demo|ada|Ada");
    EXPECT_EQ(world_commands(&w, COMMAND_MUTE), 2);
    EXPECT_GOT(&w, 2, "\"participant\":{\"id\":\"p3\"");
    EXPECT_GOT(&w, 2, "\"can\":{\"audio\":\"receive\"");
    /* Nor does another window of the same link, nor a viewer by WHEP. */
    screens(&w, 3, "buyer|demo|ada|Ada");
    EXPECT_EQ(world_commands(&w, COMMAND_MUTE), 2);
    world_send(&w, 1,
               "{\"type\":\"allow\",\"participants\":[\"p3\"],\"can\":{\"camera\":\"none\"}}");
    EXPECT_EQ(world_post(&w, true, "buyer|demo|ada|"), 201);
    expect_command(&w, COMMAND_RECEIVE, SOURCE_CAMERA, false);
    /* It is of this run only. */
    world_send(&w, 1, "{\"type\":\"end\"}");
    world_join(&w, 4, "agent|demo|ann|Ann", small_offer(), small_lines);
    screens(&w, 5, "buyer|demo|ada|Ada");
    EXPECT_EQ(world_commands(&w, COMMAND_MUTE), 1);
    EXPECT_NOT(&w, 5, "\"can\":{\"audio\":\"receive\"");
    world_close(&w);
}

TEST(all_guests_but_some_and_those_to_come) {
    struct world w;
    two(&w);
    screens(&w, 3, "buyer|demo|bob|Bob");
    world_send(&w, 1,
               "{\"type\":\"allow\",\"id\":1,\"except\":[\"p3\",\"p9\"],\"can\":{\"audio\":"
               "\"receive\"}}");
    EXPECT_GOT(&w, 1, "\"re\":1");
    expect_command(&w, COMMAND_MUTE, SOURCE_MICROPHONE, true); /* Ada's; neither Bob's nor Ann's */
    EXPECT_GOT(&w, 1, "\"id\":\"p2\"");
    EXPECT_NOT(&w, 1, "\"id\":\"p3\"");
    EXPECT_NOT(&w, 1, "tour_changed");
    screens(&w, 4, "buyer|demo|cem|Cem");
    EXPECT_EQ(world_commands(&w, COMMAND_MUTE), 2);
    EXPECT_GOT(&w, 4,
               "\"name\":\"Cem\",\"role\":\"buyer\",\"host\":false,\"link\":\"ok\","
               "\"connected\":false,\"sources\":{\"microphone\":\"off\",\"camera\":\"off\","
               "\"screen\":\"off\"},\"can\":{\"audio\":\"receive\"");
    /* Bob keeps what he had when he comes again. */
    world_send(&w, 3, "{\"type\":\"leave\"}");
    screens(&w, 3, "buyer|demo|bob|Bob");
    expect_command(&w, COMMAND_MUTE, SOURCE_SCREEN, true);
    /* All: what was said of single ones is overtaken. */
    world_send(&w, 1, "{\"type\":\"allow\",\"can\":{\"audio\":\"none\"}}");
    EXPECT_EQ(world_commands(&w, COMMAND_MUTE), 1); /* Bob's */
    EXPECT_EQ(world_commands(&w, COMMAND_RECEIVE), 3);
    world_send(&w, 1, "{\"type\":\"allow\",\"participants\":[],\"can\":{\"audio\":\"both\"}}");
    EXPECT_EQ(world_commands(&w, COMMAND_MUTE), 0); /* nobody is not everybody */
    world_send(&w, 1, "{\"type\":\"allow\",\"can\":{\"audio\":\"both\"}}");
    EXPECT_EQ(world_commands(&w, COMMAND_MUTE), 3);
    expect_no_new_transport(&w);
    EXPECT_NOT(&w, 1, "\"can\"");
    world_close(&w);
}

TEST(a_co_host_may_all_and_a_host_is_not_restricted) {
    struct world w;
    two(&w);
    world_drain(&w);
    world_send(&w, 1, "{\"type\":\"host\",\"participant\":\"p2\",\"host\":true}");
    expect_command(&w, COMMAND_MUTE, SOURCE_SCREEN, false);
    world_send(&w, 1,
               "{\"type\":\"allow\",\"id\":1,\"participants\":[\"p2\"],\"can\":{\"audio\":"
               "\"none\"}}");
    EXPECT_ERROR(&w, 1, "bad_field");
    EXPECT_GOT(&w, 1, "\"field\":\"participants\"");
    world_send(&w, 1, "{\"type\":\"allow\",\"id\":1,\"can\":{\"audio\":\"none\"}}");
    EXPECT_EQ(world_commands(&w, COMMAND_MUTE), 0);
    /* As a guest again, she is one of all guests. */
    world_send(&w, 1, "{\"type\":\"host\",\"participant\":\"p2\",\"host\":false}");
    EXPECT_EQ(world_commands(&w, COMMAND_MUTE), 2);
    EXPECT_EQ(world_commands(&w, COMMAND_RECEIVE), 1);
    world_close(&w);
}

TEST(a_token_withholds_and_never_gives) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    world_join(&w, 1, "agent|demo|ann|Ann", small_offer(), small_lines);
    screens(&w, 2, "buyer|demo|ada|Ada|quiet");
    EXPECT_EQ(world_commands(&w, COMMAND_MUTE), 2);
    EXPECT_GOT(&w, 2,
               "\"can\":{\"audio\":\"receive\",\"camera\":\"both\",\"screen\":\"receive\","
               "\"chat\":false,\"point\":false}");
    screens(&w, 3, "buyer|demo|bob|Bob|deaf");
    expect_command(&w, COMMAND_MUTE, SOURCE_SCREEN,
                   true); /* which a guest may not, whatever it says */
    expect_command(&w, COMMAND_RECEIVE, SOURCE_MICROPHONE, false);
    /* What all get, the token withholds; what she gets by name, it does not. */
    world_send(&w, 1, "{\"type\":\"allow\",\"can\":{\"audio\":\"both\"}}");
    EXPECT_EQ(world_commands(&w, COMMAND_MUTE) + world_commands(&w, COMMAND_RECEIVE), 0);
    world_send(&w, 1,
               "{\"type\":\"allow\",\"participants\":[\"p2\"],\"can\":{\"audio\":\"both\"}}");
    expect_command(&w, COMMAND_MUTE, SOURCE_MICROPHONE, false);
    /* An agent's, too, and a viewer's. */
    world_join(&w, 4, "agent|demo|abe|Abe|quiet", small_offer(), small_lines);
    expect_command(&w, COMMAND_MUTE, SOURCE_MICROPHONE, true);
    EXPECT_EQ(world_post(&w, true, "buyer|demo|tv||deaf"), 201);
    expect_command(&w, COMMAND_RECEIVE, SOURCE_MICROPHONE, false);
    world_close(&w);
}

TEST(publishers_and_viewers_over_http_have_rights) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    world_join(&w, 1, "agent|demo|ann|Ann", small_offer(), small_lines);
    EXPECT_EQ(world_post(&w, false, "buyer|demo|obs|Obs|quiet"), 201);
    expect_command(&w, COMMAND_MUTE, SOURCE_MICROPHONE, true);
    uint64_t whip = world_command(&w, COMMAND_PEER_ADD)->params->peer;
    EXPECT_EQ(world_post(&w, true, "buyer|demo|tv|"), 201);
    uint64_t whep = world_command(&w, COMMAND_PEER_ADD)->params->peer;
    EXPECT_EQ(world_commands(&w, COMMAND_MUTE) + world_commands(&w, COMMAND_RECEIVE), 0);
    world_send(&w, 1, "{\"type\":\"mute_all\",\"id\":1,\"kind\":\"camera\"}");
    expect_command(&w, COMMAND_MUTE, SOURCE_CAMERA, true);
    EXPECT(world_command(&w, COMMAND_MUTE)->e.command.peer == whip);
    world_send(&w, 1, "{\"type\":\"allow\",\"can\":{\"camera\":\"none\"}}");
    EXPECT_EQ(world_commands(&w, COMMAND_RECEIVE), 2);
    EXPECT(world_command(&w, COMMAND_RECEIVE)->e.command.peer == whep);
    EXPECT_EQ(world_post(&w, true, "agent|demo|ann|"), 201); /* as a host's */
    EXPECT_EQ(world_commands(&w, COMMAND_RECEIVE), 0);
    EXPECT_EQ(world_post(&w, true, "buyer|demo|tv2|"), 201);
    expect_command(&w, COMMAND_RECEIVE, SOURCE_CAMERA, false);
    world_close(&w);
}

TEST(a_host_mutes_others_and_never_unmutes) {
    struct world w;
    two(&w);
    world_drain(&w);
    world_send(&w, 1,
               "{\"type\":\"mute\",\"id\":1,\"kind\":\"microphone\",\"muted\":true,"
               "\"participant\":\"p2\"}");
    EXPECT_GOT(&w, 1, "{\"type\":\"ok\",\"re\":1}");
    EXPECT_STR(world_got(&w, 2, "\"type\":\"muted\""),
               "{\"type\":\"muted\",\"source\":\"microphone\",\"by\":\"p1\"}");
    EXPECT_NOT(&w, 1, "\"type\":\"muted\"");
    EXPECT_GOT(&w, 1, "\"microphone\":\"muted\"");
    expect_command(&w, COMMAND_MUTE, SOURCE_MICROPHONE, true);
    EXPECT_EQ(world_count(&w, EFFECT_MUTED), 1);
    world_send(&w, 1,
               "{\"type\":\"mute\",\"id\":2,\"kind\":\"microphone\",\"muted\":true,"
               "\"participant\":\"p2\"}");
    EXPECT_GOT(&w, 1, "\"re\":2");
    EXPECT_NOT(&w, 2, "muted");
    EXPECT_EQ(world_commands(&w, COMMAND_MUTE), 0);
    world_send(&w, 1,
               "{\"type\":\"mute\",\"id\":3,\"kind\":\"microphone\",\"muted\":false,"
               "\"participant\":\"p2\"}");
    EXPECT_ERROR(&w, 1, "forbidden");
    EXPECT_EQ(world_commands(&w, COMMAND_MUTE), 0);
    world_send(&w, 2,
               "{\"type\":\"mute\",\"kind\":\"microphone\",\"muted\":true,"
               "\"participant\":\"p1\"}");
    EXPECT_ERROR(&w, 2, "forbidden");
    world_send(&w, 1,
               "{\"type\":\"mute\",\"kind\":\"microphone\",\"muted\":true,"
               "\"participant\":\"p7\"}");
    EXPECT_GOT(&w, 1, "\"field\":\"participant\"");
    /* Only who speaks decides when. */
    world_send(&w, 2,
               "{\"type\":\"mute\",\"kind\":\"microphone\",\"muted\":false,"
               "\"participant\":\"p2\"}");
    expect_command(&w, COMMAND_MUTE, SOURCE_MICROPHONE, false);
    EXPECT_GOT(&w, 1, "\"microphone\":\"on\"");
    world_close(&w);
}

TEST(mute_and_right_are_one_for_media) {
    struct world w;
    two(&w);
    world_drain(&w);
    world_send(&w, 2, "{\"type\":\"mute\",\"kind\":\"screen\",\"muted\":true}");
    EXPECT_EQ(world_commands(&w, COMMAND_MUTE), 0); /* it is off for media already */
    EXPECT_EQ(world_count(&w, EFFECT_MUTED), 1);
    world_send(&w, 1,
               "{\"type\":\"allow\",\"participants\":[\"p2\"],\"can\":{\"screen\":\"send\"}}");
    EXPECT_EQ(world_commands(&w, COMMAND_MUTE), 0); /* she has muted it */
    expect_command(&w, COMMAND_RECEIVE, SOURCE_SCREEN, false);
    EXPECT_GOT(&w, 1, "\"screen\":\"muted\"");
    world_send(&w, 2, "{\"type\":\"mute\",\"kind\":\"screen\",\"muted\":false}");
    expect_command(&w, COMMAND_MUTE, SOURCE_SCREEN, false);
    world_close(&w);
}

TEST(mute_all_but_some) {
    struct world w;
    two(&w);
    screens(&w, 3, "buyer|demo|bob|Bob");
    world_send(&w, 1,
               "{\"type\":\"mute_all\",\"id\":1,\"kind\":\"microphone\",\"except\":[\"p3\"]}");
    EXPECT_GOT(&w, 1, "\"re\":1");
    expect_command(&w, COMMAND_MUTE, SOURCE_MICROPHONE, true);
    EXPECT_GOT(&w, 2, "{\"type\":\"muted\",\"source\":\"microphone\",\"by\":\"p1\"}");
    EXPECT_NOT(&w, 3, "\"type\":\"muted\"");
    world_send(&w, 1, "{\"type\":\"mute_all\",\"kind\":\"microphone\"}");
    EXPECT_GOT(&w, 3, "\"type\":\"muted\"");
    EXPECT_NOT(&w, 2, "\"type\":\"muted\"");
    EXPECT_EQ(world_commands(&w, COMMAND_MUTE), 1);
    world_close(&w);
}

TEST(refusals_are_counted_by_code) {
    static const char *const bad[] = {
        "{\"type\":\"allow\"}",
        "{\"type\":\"allow\",\"can\":[]}",
        "{\"type\":\"allow\",\"can\":{\"tuba\":\"both\"}}",
        "{\"type\":\"allow\",\"can\":{\"audio\":7}}",
        "{\"type\":\"allow\",\"can\":{},\"participants\":\"p2\"}",
        "{\"type\":\"allow\",\"can\":{},\"participants\":[2]}",
        "{\"type\":\"allow\",\"can\":{},\"participants\":[\"p2\",\"p7\"]}",
        "{\"type\":\"allow\",\"can\":{},\"participants\":[\"p1\"]}",
        "{\"type\":\"allow\",\"can\":{},\"participants\":[\"p12345678901234567\"]}",
        "{\"type\":\"allow\",\"can\":{},\"except\":[{}]}",
        "{\"type\":\"mute_all\"}",
        "{\"type\":\"mute_all\",\"kind\":\"tuba\"}",
        "{\"type\":\"mute_all\",\"kind\":\"camera\",\"except\":{}}",
        "{\"type\":\"mute\",\"kind\":\"camera\",\"muted\":true,\"participant\":7}"};
    struct world w;
    two(&w);
    world_drain(&w);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        world_send(&w, 1, bad[i]);
        EXPECT_ERROR(&w, 1, "bad_field");
        EXPECT_EQ(world_commands(&w, COMMAND_MUTE) + world_commands(&w, COMMAND_RECEIVE), 0);
    }
    world_send(&w, 2, "{\"type\":\"allow\",\"can\":{\"screen\":\"both\"}}");
    EXPECT_ERROR(&w, 2, "forbidden");
    world_send(&w, 2, "{\"type\":\"mute_all\",\"kind\":\"camera\"}");
    EXPECT_ERROR(&w, 2, "forbidden");
    world_send(&w, 3, "{\"type\":\"allow\",\"can\":{}}");
    EXPECT_ERROR(&w, 3, "not_joined");
    struct signaling_stats s = signaling_stats(w.signaling);
    EXPECT_EQ(s.refused[CODE_BAD_FIELD], ARRAY_LEN(bad));
    EXPECT_EQ(s.refused[CODE_FORBIDDEN], 2);
    EXPECT_EQ(s.refused[CODE_NOT_JOINED], 1);
    EXPECT_EQ(s.errors, ARRAY_LEN(bad) + 3);
    world_close(&w);
}

TEST(a_tour_says_what_its_guests_may) {
    struct world w;
    struct signaling_tour t = {.name = "hall", .record = RECORD_OFF, .codec = CODEC_VP8};
    REQUIRE(world_open(&w, NULL));
    capabilities_set(&t.guest, SOURCE_MICROPHONE, DIRECTION_RECEIVE);
    EXPECT_EQ(signaling_tour_declare(w.signaling, &t), OK);
    world_join(&w, 1, "agent|hall|ann|Ann", small_offer(), small_lines);
    screens(&w, 2, "buyer|hall|ada|Ada");
    EXPECT_EQ(world_commands(&w, COMMAND_MUTE), 2);
    EXPECT_GOT(&w, 2, "\"guest\":{\"audio\":\"receive\",\"camera\":\"both\"");
    EXPECT_NOT(&w, 2, "},\"can\":{\"audio\""); /* as all guests here */
    struct signaling_tour_view v;
    EXPECT_EQ(signaling_tour_get(w.signaling, w.now, "hall", &v), OK);
    EXPECT(memcmp(&v.tour.guest, &t.guest, sizeof(t.guest)) == 0);
    capabilities_set(&t.guest, SOURCE_MICROPHONE, DIRECTION_BOTH);
    capabilities_set(&t.guest, SOURCE_SCREEN, DIRECTION_NONE);
    EXPECT_EQ(signaling_tour_update(w.signaling, w.now, &t), OK);
    world_drain(&w);
    expect_command(&w, COMMAND_MUTE, SOURCE_MICROPHONE, false);
    expect_command(&w, COMMAND_RECEIVE, SOURCE_SCREEN, false);
    EXPECT_GOT(&w, 2, "\"type\":\"tour_changed\"");
    EXPECT_EQ(signaling_tour_update(w.signaling, w.now, &t), OK);
    world_drain(&w);
    EXPECT_EQ(w.n, w.mark);
    world_close(&w);
}

static void silent_guests(struct signaling_config *c) {
    capabilities_set(&c->default_guest, SOURCE_MICROPHONE, DIRECTION_NONE);
    c->max_participants = 3;
}

TEST(the_configuration_says_what_guests_may) {
    struct world w;
    REQUIRE(world_open(&w, silent_guests));
    world_join(&w, 1, "agent|demo|ann|Ann", small_offer(), small_lines);
    EXPECT_EQ(world_commands(&w, COMMAND_MUTE) + world_commands(&w, COMMAND_RECEIVE), 0);
    world_join(&w, 2, "buyer|demo|ada|Ada", small_offer(), small_lines);
    expect_command(&w, COMMAND_MUTE, SOURCE_MICROPHONE, true);
    expect_command(&w, COMMAND_RECEIVE, SOURCE_MICROPHONE, false);
    world_close(&w);
}

/* As many words are remembered as people fit; who is in does not lose his by it. */
TEST(words_about_many_are_bounded) {
    struct world w;
    REQUIRE(world_open(&w, silent_guests));
    world_join(&w, 1, "agent|demo|ann|Ann", small_offer(), small_lines);
    for (int i = 2; i < 20; i++) {
        world_sendf(&w, 2, "{\"type\":\"leave\"}");
        char token[40];
        snprintf(token, sizeof(token), "buyer|demo|guest%d|Guest", i);
        screens(&w, 2, token);
        world_sendf(&w, 1,
                    "{\"type\":\"allow\",\"id\":1,\"participants\":[\"p%d\"],\"can\":"
                    "{\"audio\":\"both\"}}",
                    i);
        EXPECT_GOT(&w, 1, "\"re\":1");
        expect_command(&w, COMMAND_MUTE, SOURCE_MICROPHONE, false);
    }
    screens(&w, 3, "buyer|demo|guest17|Guest"); /* remembered */
    expect_command(&w, COMMAND_MUTE, SOURCE_SCREEN, true);
    world_send(&w, 3, "{\"type\":\"leave\"}");
    screens(&w, 3, "buyer|demo|guest2|Guest"); /* forgotten */
    EXPECT_EQ(world_commands(&w, COMMAND_MUTE), 2);
    world_close(&w);
}

TEST_ALLOC(rights_survive_failing_allocations) {
    struct world w;
    if (world_open(&w, NULL)) {
        world_join(&w, 1, "agent|demo|ann|Ann", small_offer(), small_lines);
        world_join(&w, 2, "buyer|demo|ada|Ada", small_offer(), SCREEN_LINES);
        static const char *const words[] = {
            "{\"type\":\"allow\",\"id\":1,\"participants\":[\"p2\"],\"can\":{\"audio\":\"none\"}}",
            "{\"type\":\"allow\",\"id\":1,\"except\":[\"p2\"],\"can\":{\"screen\":\"both\"}}",
            "{\"type\":\"mute_all\",\"id\":1,\"kind\":\"camera\"}"};
        for (size_t i = 0; i < ARRAY_LEN(words); i++) {
            world_send(&w, 1, words[i]);
            bool refused = world_got(&w, 1, "\"internal\"") != NULL;
            EXPECT(!refused || world_commands(&w, COMMAND_MUTE) == 0);
            EXPECT(mem_failed() || world_got(&w, 1, "\"re\":1"));
        }
        world_send(&w, 1, "{\"type\":\"end\"}");
    } else {
        EXPECT(mem_failed());
    }
    world_close(&w);
}

TEST(who_takes_a_seat_over_is_not_muted_and_the_journal_knows) {
    struct world w;
    two(&w);
    world_send(&w, 2, "{\"type\":\"mute\",\"kind\":\"microphone\",\"muted\":true}");
    world_join(&w, 3, "buyer|demo|ada|Ada", small_offer_other_peer(), small_lines);
    EXPECT_GOT(&w, 3, "joined");
    EXPECT_EQ(world_count(&w, EFFECT_MUTED), 1);
    EXPECT_EQ(world_effect(&w, EFFECT_MUTED)->e.kind, SOURCE_MICROPHONE);
    EXPECT(!world_effect(&w, EFFECT_MUTED)->e.on);
    world_close(&w);
}

/* What goes to conn and has `part`: its place in the log, from the mark; SIZE_MAX: none. */
static size_t place_of(const struct world *w, uint64_t conn, const char *part) {
    for (size_t i = w->mark; i < w->n; i++) {
        const struct record *r = &w->log[i];
        if (r->e.type == EFFECT_SEND && r->e.conn == conn && strstr(r->text, part)) {
            return i;
        }
    }
    return SIZE_MAX;
}

TEST(the_tour_is_told_before_who_is_as_it_says) {
    struct world w;
    struct signaling_tour t = {.name = "demo", .record = RECORD_OFF, .codec = CODEC_VP8};
    two(&w);
    world_send(&w, 1,
               "{\"type\":\"allow\",\"participants\":[\"p2\"],\"can\":{\"screen\":\"none\"}}");
    capabilities_set(&t.guest, SOURCE_SCREEN, DIRECTION_NONE);
    EXPECT_EQ(signaling_tour_update(w.signaling, w.now, &t), OK);
    world_drain(&w);
    size_t tour = place_of(&w, 1, "tour_changed"), who = place_of(&w, 1, "participant_changed");
    EXPECT(tour < who && who != SIZE_MAX);
    world_close(&w);
}

/* Something was said of him by name, but not this. */
TEST(what_is_said_of_all_gives_nobody_more_than_his_token) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    world_join(&w, 1, "agent|demo|ann|Ann", small_offer(), small_lines);
    world_join(&w, 2, "buyer|demo|bob|Bob|quiet", small_offer(), small_lines);
    world_send(&w, 1, "{\"type\":\"allow\",\"participants\":[\"p2\"],\"can\":{\"point\":true}}");
    world_send(&w, 1, "{\"type\":\"allow\",\"can\":{\"audio\":\"both\",\"chat\":true}}");
    EXPECT_EQ(world_commands(&w, COMMAND_MUTE), 0);
    world_send(&w, 2, "{\"type\":\"chat\",\"id\":3,\"text\":\"May I?\"}");
    EXPECT_ERROR(&w, 2, "forbidden");
    world_send(&w, 2, "{\"type\":\"point\",\"id\":4,\"x\":0.5,\"y\":0.5}"); /* that holds */
    EXPECT_GOT(&w, 2, "{\"type\":\"ok\",\"re\":4}");
    world_send(&w, 1,
               "{\"type\":\"allow\",\"participants\":[\"p2\"],\"can\":{\"audio\":\"both\"}}");
    EXPECT_EQ(world_commands(&w, COMMAND_MUTE), 1); /* by name he may */
    world_close(&w);
}
