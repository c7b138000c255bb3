/* Each request: its happy path and each error it can give. */
#include "tests/unit/signaling/world.h"

#include <stdlib.h>

static void ada_joins(struct world *w, uint64_t conn) {
    world_join(w, conn, "buyer|demo|ada|Ada", small_offer(), small_lines);
}

static void ann_hosts(struct world *w, uint64_t conn) {
    world_join(w, conn, "agent|demo|ann|Ann", small_offer(), small_lines);
}

TEST(hello_shows_the_tour_and_creates_nothing) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    world_send(&w, 1, "{\"type\":\"hello\",\"id\":1,\"token\":\"buyer|demo|ada|Ada\"}");
    EXPECT_STR(world_got(&w, 1, "welcome"),
               "{\"type\":\"welcome\",\"re\":1,\"protocol\":1,\"server\":\"" ORIEL_VERSION "\","
               "\"you\":{\"name\":\"Ada\",\"role\":\"buyer\",\"sub\":\"ada\"},"
               "\"tour\":{\"name\":\"demo\",\"title\":\"Demo tour\",\"state\":\"waiting\","
               "\"codec\":\"vp8\",\"record\":\"off\",\"recording\":false},"
               "\"consent\":{\"required\":false,\"version\":\"v1\","
               "\"text\":\"This is \\\"recorded\\\".\"},\"limits\":{\"max_message\":262144}}");
    EXPECT_EQ(w.n, 1);
    world_send(&w, 1, "{\"type\":\"hello\",\"token\":\"agent|new|ann|Ann\"}");
    EXPECT_GOT(&w, 1, "\"name\":\"new\",\"title\":\"new\",\"state\":\"waiting\"");
    EXPECT_GOT(&w, 1, "\"required\":true");
    EXPECT_NOT(&w, 1, "\"re\":");
    EXPECT_EQ(signaling_stats(w.signaling).tours, 0);
    world_send(&w, 1, "{\"type\":\"hello\",\"token\":\"buyer|new|ada|Ada\"}");
    EXPECT_ERROR(&w, 1, "tour_unknown");
    world_send(&w, 1, "{\"type\":\"hello\",\"token\":\"ops||o|Olga\",\"tour\":\"new\"}");
    EXPECT_ERROR(&w, 1, "tour_unknown");
    world_close(&w);
}

/* What a link of this tour, and one of another, is told of who leads. */
static void expect_led_by(struct world *w, const char *name) {
    char want[64];
    snprintf(want, sizeof(want), "\"led_by\":\"%s\"", name ? name : "");
    world_send(w, 9, "{\"type\":\"hello\",\"token\":\"buyer|demo|guest|\"}");
    const char *told = world_got(w, 9, "\"welcome\"");
    REQUIRE(told);
    EXPECT(strstr(told, name ? want : "led_by") == NULL ? !name : name != NULL);
    world_send(w, 9, "{\"type\":\"hello\",\"token\":\"ops||olga|\",\"tour\":\"other\"}");
    EXPECT(world_got(w, 9, "\"tour_unknown\"") && !world_got(w, 9, "Ann"));
    world_send(w, 9, "{\"type\":\"hello\",\"token\":\"token_tour\"}");
    EXPECT(world_got(w, 9, "\"token_tour\"") && !world_got(w, 9, "led_by"));
}

TEST(hello_says_who_leads) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    expect_led_by(&w, NULL);
    ada_joins(&w, 1);
    expect_led_by(&w, NULL);
    ann_hosts(&w, 2);
    world_join(&w, 3, "agent|demo|bob|Bob", small_offer(), small_lines);
    expect_led_by(&w, "Ann");
    world_drop(&w, 2); /* her link is lost: she may come back */
    expect_led_by(&w, "Ann");
    ann_hosts(&w, 4);
    world_send(&w, 4, "{\"type\":\"hand_over\",\"participant\":\"p3\"}");
    expect_led_by(&w, "Bob");
    world_send(&w, 3, "{\"type\":\"leave\"}");
    expect_led_by(&w, "Ann");
    world_send(&w, 4, "{\"type\":\"leave\"}");
    expect_led_by(&w, NULL);
    world_close(&w);
}

TEST(tokens_are_refused_with_their_code) {
    static const char *const codes[] = {"token_malformed", "token_algorithm", "token_signature",
                                        "token_expired",   "token_claims",    "token_not_yet_valid",
                                        "token_audience",  "token_tour"};
    struct world w;
    REQUIRE(world_open(&w, NULL));
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        world_join(&w, 1, codes[i], small_offer(), small_lines);
        EXPECT_GOT(&w, 1, codes[i]);
        world_sendf(&w, 1, "{\"type\":\"hello\",\"token\":\"%s\"}", codes[i]);
        EXPECT_GOT(&w, 1, codes[i]);
    }
    world_send(&w, 1, "{\"type\":\"hello\"}");
    EXPECT_ERROR(&w, 1, "token_missing");
    world_send(&w, 1, "{\"type\":\"hello\",\"token\":\"\"}");
    EXPECT_ERROR(&w, 1, "token_missing");
    static const char *const lacking[] = {"guest|demo|x|", "buyer||x|", "buyer|a b|x|",
                                          "buyer|demo||", "ops|de/mo|x|"};
    for (size_t i = 0; i < ARRAY_LEN(lacking); i++) {
        world_sendf(&w, 1, "{\"type\":\"hello\",\"token\":\"%s\"}", lacking[i]);
        EXPECT_ERROR(&w, 1, "token_claims");
    }
    EXPECT_EQ(signaling_stats(w.signaling).participants, 0);
    world_close(&w);
}

TEST(join_answers_and_starts_the_tour) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    ada_joins(&w, 1);
    const char *m = world_got(&w, 1, "\"type\":\"joined\"");
    REQUIRE(m);
    static const char ada[] = "{\"id\":\"p1\",\"name\":\"Ada\",\"role\":\"buyer\",\"host\":false,"
                              "\"link\":\"ok\",\"connected\":false,\"sources\":{\"microphone\":"
                              "\"off\",\"camera\":\"off\",\"screen\":\"off\"}}";
    char want[512];
    snprintf(want, sizeof(want), "{\"type\":\"joined\",\"re\":7,\"participant\":%s,", ada);
    EXPECT(strncmp(m, want, strlen(want)) == 0);
    snprintf(want, sizeof(want),
             "\"roster\":[%s],\"speaker\":null,\"entries\":[],\"seq\":0,\"resume\":\"", ada);
    EXPECT(strstr(m, want));
    EXPECT(strstr(m, "\"slots\":[{\"mid\":\"2\",\"kind\":\"stage\",\"index\":0,\"participant\":"
                     "null,\"source\":null},{\"mid\":\"3\",\"kind\":\"audio\",\"index\":0,"));
    EXPECT(strstr(m, "\"state\":\"waiting\"")); /* for a host */
    EXPECT(!strstr(m, "warnings"));
    const struct record *tour = world_command(&w, COMMAND_TOUR_ADD);
    const struct record *peer = world_command(&w, COMMAND_PEER_ADD);
    const struct record *person = world_effect(&w, EFFECT_PARTICIPANT);
    REQUIRE(tour && peer && person && tour < peer);
    EXPECT(peer->params->tour == tour->e.command.tour &&
           peer->params->participant == person->e.participant);
    EXPECT(peer->params->peer && !peer->params->host && !peer->params->loudest_audio);
    EXPECT(!peer->params->record_consent && strlen(peer->params->cname) == 16);
    EXPECT_EQ(peer->params->n_lines, 4);
    EXPECT_EQ(world_count(&w, EFFECT_RECORD), 0);
    EXPECT(person->e.on && !person->e.consent_version);
    ann_hosts(&w, 2);
    EXPECT_GOT(&w, 1,
               "{\"type\":\"participant_joined\",\"participant\":{\"id\":\"p2\",\"name\":"
               "\"Ann\",\"role\":\"agent\",\"host\":true,");
    EXPECT_NOT(&w, 2, "participant_joined");
    EXPECT_EQ(world_commands(&w, COMMAND_TOUR_ADD), 0);
    EXPECT(world_command(&w, COMMAND_PEER_ADD)->params->host);
    world_close(&w);
}

TEST(join_errors) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    world_join(&w, 1, "ops|demo|o|Olga", small_offer(), small_lines);
    EXPECT_ERROR(&w, 1, "tour_not_started");
    world_join(&w, 1, "buyer|nowhere|ada|Ada", small_offer(), small_lines);
    EXPECT_ERROR(&w, 1, "tour_unknown");
    world_join(&w, 1, "buyer|taped|ada|Ada", small_offer(), small_lines);
    EXPECT_ERROR(&w, 1, "consent_required");
    EXPECT_GOT(&w, 1, "\"field\":\"consent\"");
    world_join(&w, 1, "buyer|taped|ada|Ada", small_offer(),
               ",\"consent\":{\"recording\":true,\"version\":\"v0\"}");
    EXPECT_ERROR(&w, 1, "consent_required");
    world_join(&w, 1, "agent|new|ann|Ann", small_offer(), small_lines);
    EXPECT_ERROR(&w, 1, "consent_required");
    world_join(&w, 1, "buyer|demo|ada|Ada", "v=0\r\n", small_lines);
    EXPECT_ERROR(&w, 1, "sdp_malformed");
    EXPECT_GOT(&w, 1, "\"field\":\"offer\"");
    world_join(&w, 1, "buyer|demo|ada|Ada", small_offer(), "");
    EXPECT_ERROR(&w, 1, "sdp_unsupported");
    world_join(&w, 1, "buyer|demo|ada|", small_offer(), ",\"name\":\"a\\u0007b\"");
    EXPECT_GOT(&w, 1,
               "\"code\":\"bad_field\",\"message\":\"A field is missing or has a wrong "
               "value.\",\"field\":\"name\"");
    static const char *const bad_lines[] = {
        ",\"sources\":[{\"mid\":\"9\",\"kind\":\"microphone\"}]",
        ",\"sources\":[{\"mid\":\"0\",\"kind\":\"camera\"}]",
        ",\"sources\":[{\"mid\":\"2\",\"kind\":\"camera\"}]",
        ",\"sources\":[{\"mid\":\"0\",\"kind\":\"tuba\"}]",
        ",\"sources\":[{\"mid\":0,\"kind\":\"camera\"}]",
        ",\"sources\":[7]",
        ",\"sources\":[{\"mid\":\"123456789\",\"kind\":\"camera\"}]",
        (",\"sources\":[{\"mid\":\"0\",\"kind\":\"microphone\"},{\"mid\":\"0\",\"kind\":"
         "\"microphone\"}]"),
        ",\"sources\":{}"};
    for (size_t i = 0; i < ARRAY_LEN(bad_lines); i++) {
        world_join(&w, 1, "buyer|demo|ada|Ada", small_offer(), bad_lines[i]);
        EXPECT_ERROR(&w, 1, "bad_field");
        EXPECT_GOT(&w, 1, "\"field\":\"sources\"");
    }
    world_join(&w, 1, "buyer|demo|ada|Ada", small_offer(),
               ",\"slots\":[{\"mid\":\"2\",\"kind\":\"audio\"}]");
    EXPECT_GOT(&w, 1, "\"field\":\"slots\"");
    EXPECT_EQ(signaling_stats(w.signaling).participants, 0);
    EXPECT_EQ(signaling_stats(w.signaling).tours, 0);
    ada_joins(&w, 1);
    EXPECT_GOT(&w, 1, "joined");
    ada_joins(&w, 1);
    EXPECT_ERROR(&w, 1, "already_joined");
    world_close(&w);
}

TEST(names_come_from_the_token_first) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    world_join(&w, 1, "buyer|demo|a|Ada", small_offer(),
               ",\"name\":\"Eve\",\"sources\":[{\"mid\":\"0\",\"kind\":\"microphone\"}]");
    EXPECT_GOT(&w, 1, "\"name\":\"Ada\"");
    world_join(&w, 2, "buyer|demo|b|", small_offer(),
               ",\"name\":\"Zo\xc3\xab\",\"sources\":[{\"mid\":\"0\",\"kind\":\"microphone\"}]");
    EXPECT_GOT(&w, 2, "\"name\":\"Zo\xc3\xab\"");
    world_join(&w, 3, "buyer|demo|c|", small_offer(),
               ",\"sources\":[{\"mid\":\"0\",\"kind\":\"microphone\"}]");
    EXPECT_GOT(&w, 3, "\"name\":\"buyer\"");
    world_close(&w);
}

TEST(messages_that_cannot_be_read) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    static const char *const bad[] = {"",
                                      "{",
                                      "[]",
                                      "7",
                                      "{\"type\":\"ping\"}x",
                                      "\xff",
                                      "{\"type\":\"ping\",\"type\":\"end\"}",
                                      "{\"type\":\"a\\u0000b\"}",
                                      "{\"type\":\"\xc3\x28\"}"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        world_send(&w, 1, bad[i]);
        EXPECT_ERROR(&w, 1, "bad_json");
    }
    world_send(&w, 1, "{\"type\":\"dance\",\"id\":4}");
    EXPECT_GOT(&w, 1, "{\"type\":\"error\",\"re\":4,\"code\":\"unknown_type\"");
    static const char *const fields[] = {"{\"id\":4}",
                                         "{\"type\":7}",
                                         "{\"type\":\"ping\",\"id\":-1}",
                                         "{\"type\":\"ping\",\"id\":1.5}",
                                         "{\"type\":\"ping\",\"id\":\"1\"}",
                                         "{\"type\":\"ping\",\"id\":9007199254740992}",
                                         "{\"type\":\"join\",\"token\":7,\"offer\":\"\"}",
                                         "{\"type\":\"join\",\"token\":\"buyer|demo|x|X\"}"};
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        world_send(&w, 1, fields[i]);
        EXPECT_ERROR(&w, 1, "bad_field");
    }
    world_send(&w, 1, "{\"type\":\"ping\",\"id\":9007199254740991}");
    EXPECT_STR(world_got(&w, 1, "pong"), "{\"type\":\"pong\",\"re\":9007199254740991}");
    world_send(&w, 1, "{\"type\":\"ping\",\"id\":null,\"new\":{}}");
    EXPECT_STR(world_got(&w, 1, "pong"), "{\"type\":\"pong\"}");
    EXPECT_EQ(world_count(&w, EFFECT_CLOSE), 0);
    world_close(&w);
}

TEST(json_bombs) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    size_t n = w.config.max_message;
    char *text = malloc(n + 2);
    memset(text, '[', n);
    text[n] = '\0';
    world_send(&w, 1, text);
    EXPECT_ERROR(&w, 1, "too_deep");
    for (size_t i = 0; i + 3 <= n; i += 3) {
        memcpy(text + i, "[],", 3);
    }
    world_send(&w, 1, text);
    EXPECT_ERROR(&w, 1, "too_large");
    memset(text, ' ', n + 1);
    text[n + 1] = '\0';
    world_send(&w, 1, text);
    EXPECT_ERROR(&w, 1, "too_large");
    free(text);
    world_close(&w);
}

TEST(requests_need_a_seat) {
    static const char *const types[] = {"restart", "leave",  "end",    "mute",
                                        "pin",     "record", "consent"};
    struct world w;
    REQUIRE(world_open(&w, NULL));
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        world_sendf(&w, 1, "{\"type\":\"%s\",\"id\":%zu}", types[i], i);
        EXPECT_ERROR(&w, 1, "not_joined");
    }
    world_close(&w);
}

TEST(leave_frees_the_seat_and_keeps_the_connection) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    ada_joins(&w, 1);
    ann_hosts(&w, 2);
    world_send(&w, 1, "{\"type\":\"leave\",\"id\":1}");
    EXPECT_STR(world_got(&w, 1, "ok"), "{\"type\":\"ok\",\"re\":1}");
    EXPECT_STR(world_got(&w, 2, "left"),
               "{\"type\":\"participant_left\",\"id\":\"p1\",\"reason\":\"left\"}");
    EXPECT_EQ(world_commands(&w, COMMAND_PEER_REMOVE), 1);
    EXPECT(!world_effect(&w, EFFECT_PARTICIPANT)->e.on);
    world_send(&w, 1, "{\"type\":\"leave\"}");
    EXPECT_ERROR(&w, 1, "not_joined");
    ada_joins(&w, 1);
    EXPECT_GOT(&w, 1, "\"participant\":{\"id\":\"p3\"");
    world_send(&w, 1, "{\"type\":\"leave\"}");
    EXPECT_NOT(&w, 1, "ok");
    world_close(&w);
}

TEST(end_is_for_agents_and_ends_for_all) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    ada_joins(&w, 1);
    ann_hosts(&w, 2);
    world_send(&w, 1, "{\"type\":\"end\"}");
    EXPECT_ERROR(&w, 1, "forbidden");
    world_send(&w, 2, "{\"type\":\"end\",\"id\":3}");
    EXPECT_GOT(&w, 2, "{\"type\":\"ok\",\"re\":3}");
    EXPECT_STR(world_got(&w, 1, "ended"), "{\"type\":\"tour_ended\",\"reason\":\"ended\"}");
    EXPECT_GOT(&w, 2, "tour_ended");
    EXPECT_EQ(world_count(&w, EFFECT_CLOSE), 2);
    EXPECT_EQ(world_effect(&w, EFFECT_CLOSE)->e.status, 1000);
    EXPECT_EQ(world_commands(&w, COMMAND_PEER_REMOVE), 2);
    EXPECT_EQ(world_commands(&w, COMMAND_TOUR_REMOVE), 1);
    EXPECT_EQ(signaling_stats(w.signaling).participants, 0);
    /* Closing connections are deaf. */
    world_send(&w, 1, "{\"type\":\"ping\"}");
    EXPECT_EQ(w.n, w.mark);
    ada_joins(&w, 3);
    EXPECT_ERROR(&w, 3, "tour_ended");
    ann_hosts(&w, 4);
    EXPECT_GOT(&w, 4, "joined");
    ada_joins(&w, 3);
    EXPECT_GOT(&w, 3, "joined");
    world_send(&w, 4, "{\"type\":\"end\"}");
    world_pass(&w, 599 * US_PER_S);
    ada_joins(&w, 5);
    EXPECT_ERROR(&w, 5, "tour_ended");
    world_pass(&w, 2 * US_PER_S);
    ada_joins(&w, 5);
    EXPECT_GOT(&w, 5, "joined");
    world_close(&w);
}

TEST(mute_is_told_to_media_and_everybody) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    ada_joins(&w, 1);
    ann_hosts(&w, 2);
    world_send(&w, 1, "{\"type\":\"mute\",\"id\":1,\"kind\":\"camera\",\"muted\":true}");
    EXPECT_GOT(&w, 1, "ok");
    EXPECT_GOT(&w, 2, "\"camera\":\"muted\"");
    const struct record *m = world_command(&w, COMMAND_MUTE);
    REQUIRE(m);
    EXPECT(m->e.command.on && m->e.command.kind == SOURCE_CAMERA && m->e.command.peer);
    world_send(&w, 1, "{\"type\":\"mute\",\"id\":1,\"kind\":\"camera\",\"muted\":true}");
    EXPECT_GOT(&w, 1, "ok");
    EXPECT_EQ(world_commands(&w, COMMAND_MUTE), 0);
    world_send(&w, 1, "{\"type\":\"mute\",\"kind\":\"camera\",\"muted\":false}");
    EXPECT_GOT(&w, 2, "\"camera\":\"off\"");
    EXPECT(!world_command(&w, COMMAND_MUTE)->e.command.on);
    world_send(&w, 1, "{\"type\":\"mute\",\"kind\":\"tuba\",\"muted\":false}");
    EXPECT_GOT(&w, 1, "\"field\":\"kind\"");
    world_send(&w, 1, "{\"type\":\"mute\",\"kind\":\"camera\",\"muted\":1}");
    EXPECT_GOT(&w, 1, "\"field\":\"muted\"");
    world_close(&w);
}

TEST(pin_names_a_participant_of_the_tour) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    ada_joins(&w, 1);
    ann_hosts(&w, 2);
    uint64_t ann = world_effect(&w, EFFECT_PARTICIPANT)->e.participant;
    world_send(&w, 1, "{\"type\":\"pin\",\"participant\":\"p2\"}");
    REQUIRE(world_command(&w, COMMAND_PIN));
    EXPECT_EQ(world_command(&w, COMMAND_PIN)->e.command.participant, ann);
    world_send(&w, 1, "{\"type\":\"pin\",\"participant\":null}");
    REQUIRE(world_command(&w, COMMAND_PIN));
    EXPECT_EQ(world_command(&w, COMMAND_PIN)->e.command.participant, 0);
    static const char *const nobody[] = {"p3", "2", "p", "p-2", "p2x", "p99999999999"};
    for (size_t i = 0; i < ARRAY_LEN(nobody); i++) {
        world_sendf(&w, 1, "{\"type\":\"pin\",\"participant\":\"%s\"}", nobody[i]);
        EXPECT_GOT(&w, 1, "\"field\":\"participant\"");
    }
    world_close(&w);
}

TEST(record_by_hand) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    char agent[200], buyer[200];
    snprintf(agent, sizeof(agent), "%s", yes);
    snprintf(buyer, sizeof(buyer), "%s%s", yes, ",\"slots\":[{\"mid\":\"2\",\"kind\":\"stage\"}]");
    world_join(&w, 1, "agent|new|ann|Ann", small_offer(),
               ",\"consent\":{\"recording\":true,\"version\":\"v1\"},\"sources\":"
               "[{\"mid\":\"0\",\"kind\":\"microphone\"}]");
    uint64_t tour = world_command(&w, COMMAND_TOUR_ADD)->e.command.tour;
    EXPECT_EQ(world_count(&w, EFFECT_RECORD), 0);
    world_join(&w, 2, "buyer|new|ada|Ada", small_offer(), buyer);
    EXPECT_GOT(&w, 2, "joined");
    world_send(&w, 2, "{\"type\":\"record\",\"on\":true}");
    EXPECT_ERROR(&w, 2, "forbidden");
    world_send(&w, 1, "{\"type\":\"record\",\"on\":true,\"id\":1}");
    EXPECT_GOT(&w, 1, "ok");
    REQUIRE(world_effect(&w, EFFECT_RECORD));
    EXPECT(world_effect(&w, EFFECT_RECORD)->e.on);
    EXPECT_EQ(world_effect(&w, EFFECT_RECORD)->e.tour, tour);
    world_send(&w, 1, "{\"type\":\"record\",\"on\":true,\"id\":1}");
    EXPECT_EQ(world_count(&w, EFFECT_RECORD), 0);
    signaling_recording(w.signaling, tour, RECORDING_ON);
    world_drain(&w);
    EXPECT_STR(world_got(&w, 2, "\"recording\",\"state"),
               "{\"type\":\"recording\",\"state\":\"on\"}");
    world_send(&w, 1, "{\"type\":\"record\",\"on\":true,\"paused\":true}");
    EXPECT_STR(world_got(&w, 2, "\"recording\",\"state"),
               "{\"type\":\"recording\",\"state\":\"paused\"}");
    EXPECT_EQ(world_count(&w, EFFECT_RECORD), 0);
    const struct record *pause = world_effect(&w, EFFECT_RECORD_PAUSE);
    REQUIRE(pause);
    EXPECT(pause->e.on && pause->e.tour == tour && pause->e.participant);
    world_send(&w, 1, "{\"type\":\"record\",\"on\":true,\"paused\":true}");
    EXPECT_EQ(world_count(&w, EFFECT_RECORD_PAUSE), 0);
    signaling_recording(w.signaling, tour, RECORDING_FAILING);
    world_drain(&w);
    EXPECT_GOT(&w, 1, "\"state\":\"failing\"");
    EXPECT_GOT(&w, 1, "\"recording_failing\":true,\"recording_since\":");
    signaling_recording(w.signaling, tour, RECORDING_ON);
    world_drain(&w);
    EXPECT_GOT(&w, 1, "\"state\":\"paused\"");
    world_join(&w, 3, "buyer|new|bob|Bob", small_offer(), buyer);
    EXPECT_GOT(&w, 3, "\"recording\":true,\"recording_paused\":true");
    world_send(&w, 1, "{\"type\":\"record\",\"on\":true}");
    EXPECT_GOT(&w, 1, "\"state\":\"on\"");
    EXPECT(world_effect(&w, EFFECT_RECORD_PAUSE) && !world_effect(&w, EFFECT_RECORD_PAUSE)->e.on);
    world_send(&w, 2, "{\"type\":\"record\",\"on\":true,\"paused\":true}");
    EXPECT_ERROR(&w, 2, "forbidden");
    signaling_recording(w.signaling, tour, RECORDING_FAILING);
    world_drain(&w);
    EXPECT_GOT(&w, 1, "\"state\":\"failing\"");
    world_send(&w, 1, "{\"type\":\"record\",\"on\":false}");
    EXPECT(!world_effect(&w, EFFECT_RECORD)->e.on);
    world_close(&w);
}

/* Since when is told to all in the tour, and to who joins; a pause does not move it, another
 * recording in its place does. */
TEST(a_recording_says_since_when) {
    struct world w;
    struct signaling_tour_view v;
    REQUIRE(world_open(&w, NULL));
    world_join(&w, 1, "agent|taped|ann|Ann", small_offer(), yes_and_lines);
    uint64_t tour = world_command(&w, COMMAND_TOUR_ADD)->e.command.tour;
    EXPECT_NOT(&w, 1, "recording_since");
    signaling_recording(w.signaling, tour, RECORDING_FAILING);
    world_pass(&w, 60 * US_PER_MS);
    EXPECT_GOT(&w, 1, "\"recording_failing\":true,\"lead\"");
    w.now = 10 * US_PER_S;
    signaling_clock(w.signaling, w.now, (wall_t){WORLD_WALL + w.now});
    signaling_recording_started(w.signaling, tour);
    world_pass(&w, 60 * US_PER_MS);
    EXPECT_GOT(&w, 1, "\"recording_since\":\"2026-01-02T03:04:15.000Z\"");
    EXPECT_NOT(&w, 1, "recording_failing");
    w.now = 20 * US_PER_S;
    signaling_clock(w.signaling, w.now, (wall_t){WORLD_WALL + w.now});
    world_send(&w, 1, "{\"type\":\"record\",\"on\":true,\"paused\":true}");
    world_join(&w, 2, "buyer|taped|bob|Bob", small_offer(), yes_and_lines);
    EXPECT_GOT(&w, 2,
               "\"recording_since\":\"2026-01-02T03:04:15.000Z\","
               "\"recording_paused_since\":\"2026-01-02T03:04:25.000Z\"");
    REQUIRE(signaling_tour_get(w.signaling, w.now, "taped", &v) == OK);
    EXPECT_EQ(v.recording_since.us, WORLD_WALL + 10 * US_PER_S);
    EXPECT_EQ(v.recording_paused_since.us, WORLD_WALL + 20 * US_PER_S);
    EXPECT(!v.recording_failing);
    world_send(&w, 1, "{\"type\":\"record\",\"on\":true}");
    signaling_recording_started(w.signaling, tour); /* another one, after so many hours */
    world_pass(&w, 60 * US_PER_MS);
    EXPECT_GOT(&w, 2, "\"recording_since\":\"2026-01-02T03:04:25.000Z\"");
    EXPECT_NOT(&w, 2, "paused_since");
    signaling_recording(w.signaling, tour, RECORDING_OFF);
    world_pass(&w, 60 * US_PER_MS);
    EXPECT_GOT(&w, 2, "tour_changed");
    EXPECT_NOT(&w, 2, "recording_since");
    REQUIRE(signaling_tour_get(w.signaling, w.now, "taped", &v) == OK);
    EXPECT_EQ(v.recording_since.us, 0);
    world_close(&w);
}

TEST(record_off_means_off) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    ann_hosts(&w, 1);
    world_send(&w, 1, "{\"type\":\"record\",\"on\":true}");
    EXPECT_ERROR(&w, 1, "forbidden");
    EXPECT_EQ(world_count(&w, EFFECT_RECORD), 0);
    world_close(&w);
}

TEST(record_auto_starts_with_the_first_host) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    world_join(&w, 1, "agent|taped|ann|Ann", small_offer(), yes_and_lines);
    const struct record *r = world_effect(&w, EFFECT_RECORD);
    const struct record *p = world_effect(&w, EFFECT_PARTICIPANT);
    const struct record *peer = world_command(&w, COMMAND_PEER_ADD);
    REQUIRE(r && p && peer && world_command(&w, COMMAND_TOUR_ADD) < r && r < p && p < peer);
    EXPECT(r->e.on && peer->params->record_consent);
    EXPECT_STR(p->e.consent_version, "v1");
    world_join(&w, 2, "buyer|taped|bob|Bob", small_offer(), yes_and_lines);
    EXPECT_EQ(world_count(&w, EFFECT_RECORD), 0);
    world_send(&w, 1, "{\"type\":\"consent\",\"recording\":false,\"id\":1}");
    EXPECT_GOT(&w, 1, "ok");
    REQUIRE(world_command(&w, COMMAND_PEER_CONSENT));
    EXPECT(!world_command(&w, COMMAND_PEER_CONSENT)->e.command.on);
    EXPECT(!world_effect(&w, EFFECT_PARTICIPANT)->e.consent_version);
    world_send(&w, 1, "{\"type\":\"consent\",\"recording\":false}");
    EXPECT_EQ(world_commands(&w, COMMAND_PEER_CONSENT), 0);
    world_send(&w, 1, "{\"type\":\"leave\"}");
    world_send(&w, 2, "{\"type\":\"leave\"}");
    EXPECT_EQ(world_count(&w, EFFECT_RECORD), 0);
    world_pass(&w, 61 * US_PER_S);
    REQUIRE(world_effect(&w, EFFECT_RECORD));
    EXPECT(!world_effect(&w, EFFECT_RECORD)->e.on);
    EXPECT_EQ(world_commands(&w, COMMAND_TOUR_REMOVE), 1);
    /* A new run has a new handle and a new recording. */
    uint64_t before = r->e.tour;
    world_join(&w, 1, "agent|taped|ann|Ann", small_offer(), yes_and_lines);
    REQUIRE(world_effect(&w, EFFECT_RECORD));
    EXPECT(world_effect(&w, EFFECT_RECORD)->e.on);
    EXPECT(world_command(&w, COMMAND_TOUR_ADD)->e.command.tour != before);
    world_close(&w);
}

TEST(rate_limit_answers_once_and_then_closes) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    size_t pongs = 0, errors = 0, closes = 0;
    for (int i = 0; i < 5000; i++) {
        world_send(&w, 1, "{\"type\":\"ping\"}");
        pongs += world_got(&w, 1, "pong") != NULL;
        errors += world_got(&w, 1, "rate_limited") != NULL;
        closes += world_count(&w, EFFECT_CLOSE);
    }
    EXPECT_EQ(pongs, 2000); /* two seconds' worth */
    EXPECT_EQ(errors, 1);
    EXPECT_EQ(closes, 1);
    world_send(&w, 2, "{\"type\":\"ping\"}");
    EXPECT_GOT(&w, 2, "pong");
    world_close(&w);
}

/* Twenty times the limit, spread evenly: the credit that trickles in between forgives nothing. */
TEST(a_lasting_flood_closes_although_some_messages_pass) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    size_t closes = 0;
    int sent = 0;
    for (; sent < 10000 && closes == 0; sent++) {
        w.now += 50;
        world_send(&w, 1, "{\"type\":\"ping\"}");
        closes += world_count(&w, EFFECT_CLOSE);
    }
    EXPECT_EQ(closes, 1);
    EXPECT(sent > 4000 && sent < 5000); /* a bucket that passes, then one that does not */
    world_close(&w);
}

TEST(rate_limit_recovers) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    for (int i = 0; i < 2001; i++) {
        world_send(&w, 1, "{\"type\":\"ping\"}");
    }
    EXPECT_ERROR(&w, 1, "rate_limited");
    world_pass(&w, 10 * US_PER_MS);
    for (int i = 0; i < 10; i++) {
        world_send(&w, 1, "{\"type\":\"ping\"}");
        EXPECT_GOT(&w, 1, "pong");
    }
    world_send(&w, 1, "{\"type\":\"ping\"}");
    EXPECT_ERROR(&w, 1, "rate_limited");
    world_close(&w);
}

TEST(record_auto_waits_for_a_host_and_starts_once) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    world_join(&w, 1, "buyer|taped|ada|Ada", small_offer(), yes_and_lines);
    EXPECT_EQ(world_count(&w, EFFECT_RECORD), 0);
    world_join(&w, 2, "agent|taped|ann|Ann", small_offer(), yes_and_lines);
    EXPECT_EQ(world_count(&w, EFFECT_RECORD), 1);
    /* Stopped is stopped, whoever comes. */
    world_send(&w, 2, "{\"type\":\"record\",\"on\":false}");
    world_send(&w, 2, "{\"type\":\"leave\"}");
    world_join(&w, 2, "agent|taped|ann|Ann", small_offer(), yes_and_lines);
    EXPECT_EQ(world_count(&w, EFFECT_RECORD), 0);
    world_join(&w, 3, "agent|taped|bea|Bea", small_offer(), yes_and_lines);
    EXPECT_EQ(world_count(&w, EFFECT_RECORD), 0);
    world_close(&w);
}
