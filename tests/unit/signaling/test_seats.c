/* Seats over time: take-over, resume, restart, grace, empty tours, limits, reports. */
#include "tests/unit/signaling/world.h"

static void join_as(struct world *w, uint64_t conn, const char *sub) {
    char token[100];
    snprintf(token, sizeof(token), "buyer|demo|%s|%s", sub, sub);
    world_join(w, conn, token, small_offer(), small_lines);
}

static uint64_t last_peer(const struct world *w) {
    const struct record *r = world_command(w, COMMAND_PEER_ADD);
    return r ? r->params->peer : 0;
}

TEST(the_same_sub_takes_the_seat_over) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    join_as(&w, 1, "ada");
    uint64_t peer = last_peer(&w);
    join_as(&w, 2, "bob");
    join_as(&w, 3, "ada");
    EXPECT_STR(world_got(&w, 1, "error"), "{\"type\":\"error\",\"code\":\"seat_taken_over\","
                                          "\"message\":\"You joined from another window.\"}");
    const struct record *close = world_effect(&w, EFFECT_CLOSE);
    REQUIRE(close);
    EXPECT(close->e.conn == 1 && close->e.status == 4001);
    EXPECT_EQ(world_command(&w, COMMAND_PEER_REMOVE)->e.command.peer, peer);
    EXPECT_GOT(&w, 3, "\"joined\",\"re\":7,\"participant\":{\"id\":\"p1\"");
    EXPECT_NOT(&w, 2, "participant_"); /* for the others nothing is different */
    EXPECT_EQ(signaling_stats(w.signaling).participants, 2);
    EXPECT_EQ(signaling_stats(w.signaling).sessions, 2);
    world_drop(&w, 1); /* the old connection's end means nothing any more */
    EXPECT_EQ(w.n, w.mark);
    world_close(&w);
}

TEST(a_failed_take_over_changes_nothing) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    join_as(&w, 1, "ada");
    world_join(&w, 2, "buyer|demo|ada|Ada", "v=0\r\nm=audio\r\n", small_lines);
    EXPECT_ERROR(&w, 2, "sdp_malformed");
    EXPECT_EQ(w.n - w.mark, 1);
    world_send(&w, 1, "{\"type\":\"mute\",\"id\":1,\"kind\":\"camera\",\"muted\":true}");
    EXPECT_GOT(&w, 1, "ok");
    world_close(&w);
}

TEST(resume_keeps_seat_media_mutes_and_pins) {
    struct world w;
    char resume[100] = "resume:", token[64];
    REQUIRE(world_open(&w, NULL));
    join_as(&w, 1, "ada");
    strcat(resume, world_field(world_got(&w, 1, "joined"), "resume", token, sizeof(token)));
    join_as(&w, 2, "bob");
    world_send(&w, 1, "{\"type\":\"mute\",\"kind\":\"camera\",\"muted\":true}");
    world_send(&w, 1, "{\"type\":\"pin\",\"participant\":\"p2\"}");
    world_drop(&w, 1);
    EXPECT_GOT(&w, 2, "\"link\":\"lost\"");
    world_pass(&w, 14 * US_PER_S);
    EXPECT_EQ(w.n, w.mark);
    world_sendf(&w, 3, "{\"type\":\"resume\",\"id\":1,\"resume\":\"%s\"}", token);
    EXPECT_GOT(&w, 3, "{\"type\":\"resumed\",\"re\":1,\"participant\":{\"id\":\"p1\"");
    EXPECT_GOT(&w, 3, "\"roster\":[{\"id\":\"p1\"");
    EXPECT_NOT(&w, 3, "\"answer\"");
    EXPECT_GOT(&w, 2, "\"link\":\"ok\"");
    EXPECT_EQ(world_commands(&w, COMMAND_PEER_REMOVE) + world_commands(&w, COMMAND_PEER_ADD), 0);
    world_pass(&w, 100 * US_PER_S);
    EXPECT_EQ(w.n, w.mark); /* no grace is left running */
    /* A new peer connection in the same seat. */
    world_drop(&w, 3);
    world_join(&w, 4, resume, small_offer_other_peer(), "");
    EXPECT_GOT(&w, 4, "\"answer\":\"v=0");
    EXPECT_GOT(&w, 4, "\"slots\":[{\"mid\":\"2\"");
    EXPECT_EQ(world_commands(&w, COMMAND_PEER_REMOVE), 1);
    const struct record *add = world_command(&w, COMMAND_PEER_ADD);
    const struct record *mute = world_command(&w, COMMAND_MUTE);
    const struct record *pin = world_command(&w, COMMAND_PIN);
    REQUIRE(add && mute && pin && add < mute);
    EXPECT(mute->e.command.peer == add->params->peer);
    EXPECT(mute->e.command.kind == SOURCE_CAMERA && mute->e.command.on);
    EXPECT(pin->e.command.peer == add->params->peer && pin->e.command.participant);
    world_close(&w);
}

TEST(resume_errors) {
    struct world w;
    char resume[100] = "resume:", token[64];
    REQUIRE(world_open(&w, NULL));
    join_as(&w, 1, "ada");
    strcat(resume, world_field(world_got(&w, 1, "joined"), "resume", token, sizeof(token)));
    world_sendf(&w, 1, "{\"type\":\"resume\",\"resume\":\"%s\"}", token);
    EXPECT_ERROR(&w, 1, "already_joined");
    world_send(&w, 2, "{\"type\":\"resume\",\"resume\":\"00000000000000000000000000000000\"}");
    EXPECT_ERROR(&w, 2, "resume_unknown");
    world_send(&w, 2, "{\"type\":\"resume\"}");
    EXPECT_ERROR(&w, 2, "bad_field");
    world_join(&w, 2, resume, "nonsense", "");
    EXPECT_ERROR(&w, 2, "sdp_malformed");
    world_join(&w, 2, resume, small_offer(), ",\"slots\":[{\"mid\":\"7\",\"kind\":\"stage\"}]");
    EXPECT_GOT(&w, 2, "\"field\":\"slots\"");
    EXPECT_EQ(world_count(&w, EFFECT_CLOSE), 0);
    /* While the old connection is still open, resuming replaces it. */
    world_sendf(&w, 2, "{\"type\":\"resume\",\"resume\":\"%s\"}", token);
    EXPECT_GOT(&w, 2, "resumed");
    EXPECT_ERROR(&w, 1, "seat_taken_over");
    EXPECT_EQ(world_effect(&w, EFFECT_CLOSE)->e.status, 4001);
    world_drop(&w, 1);
    world_drop(&w, 2);
    world_pass(&w, 16 * US_PER_S);
    world_sendf(&w, 3, "{\"type\":\"resume\",\"resume\":\"%s\"}", token);
    EXPECT_ERROR(&w, 3, "resume_unknown");
    world_close(&w);
}

/* The id in an answer of this version, 0 when it is another. */
static uint64_t described(const char *sdp, unsigned want) {
    unsigned long long id = 0;
    unsigned version = 0;
    int n = sscanf(sdp, "v=0\r\no=- %llu %u IN IP4 127.0.0.1\r\n", &id, &version);
    return n == 2 && version == want ? id : 0;
}

TEST(restart_keeps_the_transport) {
    struct world w;
    char before[4096], after[4096];
    REQUIRE(world_open(&w, NULL));
    join_as(&w, 1, "ada");
    world_field(world_got(&w, 1, "joined"), "answer", before, sizeof(before));
    uint64_t peer = last_peer(&w);
    struct ice_credentials old = world_command(&w, COMMAND_PEER_ADD)->params->ice;
    world_join(&w, 1, "restart", small_offer_restarted(), "");
    EXPECT_GOT(&w, 1, "{\"type\":\"restarted\",\"re\":7,\"slots\":[{\"mid\":\"2\"");
    world_field(world_got(&w, 1, "restarted"), "answer", after, sizeof(after));
    EXPECT_EQ(world_commands(&w, COMMAND_PEER_ADD) + world_commands(&w, COMMAND_PEER_REMOVE), 0);
    const struct record *r = world_command(&w, COMMAND_PEER_RESTART);
    REQUIRE(r);
    EXPECT_EQ(r->e.command.peer, peer);
    EXPECT_STR(r->ice->remote_ufrag, "bbbb");
    EXPECT_STR(r->ice->remote_pwd, "0123456789abcdefghijklbbbb");
    EXPECT(strcmp(r->ice->local_ufrag, old.local_ufrag) != 0);
    EXPECT(strstr(after, r->ice->local_ufrag) && strstr(after, r->ice->local_pwd));
    EXPECT(!strstr(after, old.local_ufrag));
    /* What is sent keeps its SSRCs. */
    const char *ssrc = strstr(before, "a=ssrc-group:FID");
    REQUIRE(ssrc);
    char line[64];
    snprintf(line, sizeof(line), "%.*s", (int)strcspn(ssrc, "\r"), ssrc);
    EXPECT(strstr(after, line));
    /* RFC 8829 section 5.2.1: one id of 63 random bits, and the version after. */
    EXPECT_EQ(described(before, 1), described(after, 2));
    EXPECT(described(before, 1) > UINT32_MAX && described(before, 1) <= INT64_MAX);
    /* Another certificate is another peer connection. */
    world_join(&w, 1, "restart", small_offer_other_peer(), "");
    EXPECT_EQ(world_command(&w, COMMAND_PEER_REMOVE)->e.command.peer, peer);
    EXPECT(last_peer(&w) && last_peer(&w) != peer);
    world_join(&w, 1, "restart", "v=0\r\n", "");
    EXPECT_ERROR(&w, 1, "sdp_malformed");
    world_join(&w, 1, "restart", small_offer(), ",\"sources\":[1]");
    EXPECT_GOT(&w, 1, "\"field\":\"sources\"");
    world_close(&w);
}

TEST(a_seat_outlives_its_connection_by_the_grace) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    join_as(&w, 1, "ada");
    join_as(&w, 2, "bob");
    world_drop(&w, 1);
    EXPECT_EQ(signaling_deadline(w.signaling), w.now + 15 * US_PER_S);
    world_pass(&w, 15 * US_PER_S - 1);
    EXPECT_EQ(w.n, w.mark);
    world_pass(&w, 1);
    EXPECT_STR(world_got(&w, 2, "left"),
               "{\"type\":\"participant_left\",\"id\":\"p1\",\"reason\":\"timeout\"}");
    EXPECT_EQ(world_commands(&w, COMMAND_PEER_REMOVE), 1);
    EXPECT_EQ(signaling_deadline(w.signaling), US_NEVER);
    world_close(&w);
}

TEST(joining_again_within_the_grace_keeps_the_id) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    join_as(&w, 1, "ada");
    world_drop(&w, 1);
    join_as(&w, 2, "ada");
    EXPECT_GOT(&w, 2, "\"participant\":{\"id\":\"p1\"");
    EXPECT_EQ(world_count(&w, EFFECT_CLOSE), 0);
    EXPECT_EQ(signaling_deadline(w.signaling), US_NEVER);
    world_close(&w);
}

TEST(an_empty_tour_ends) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    world_join(&w, 1, "agent|new|ann|Ann", small_offer(), yes_and_lines);
    world_send(&w, 1, "{\"type\":\"leave\"}");
    world_pass(&w, 59 * US_PER_S);
    EXPECT_EQ(world_commands(&w, COMMAND_TOUR_REMOVE), 0);
    world_join(&w, 1, "buyer|new|ada|Ada", small_offer(), yes_and_lines);
    EXPECT_GOT(&w, 1, "joined"); /* it is still there, and goes on */
    world_pass(&w, 100 * US_PER_S);
    EXPECT_EQ(w.n, w.mark);
    world_send(&w, 1, "{\"type\":\"leave\"}");
    world_pass(&w, 61 * US_PER_S);
    EXPECT_EQ(world_commands(&w, COMMAND_TOUR_REMOVE), 1);
    world_join(&w, 1, "buyer|new|ada|Ada", small_offer(), yes_and_lines);
    EXPECT_ERROR(&w, 1, "tour_unknown");
    EXPECT_EQ(signaling_stats(w.signaling).tours, 0);
    world_close(&w);
}

static void small_house(struct signaling_config *c) {
    c->max_connections = 3;
    c->max_tours = 3;
    c->max_participants = 2;
    c->default_record = RECORD_OFF;
}

TEST(limits_are_kept) {
    struct world w;
    REQUIRE(world_open(&w, small_house));
    EXPECT_EQ(signaling_tour_declare(w.signaling, &(struct signaling_tour){.name = "demo",
                                                                           .title = "",
                                                                           .record = RECORD_OFF,
                                                                           .codec = CODEC_VP8}),
              ERR_EXISTS);
    EXPECT_EQ(signaling_tour_declare(w.signaling, &(struct signaling_tour){.name = "a/b",
                                                                           .title = "",
                                                                           .record = RECORD_OFF,
                                                                           .codec = CODEC_VP8}),
              ERR_RANGE);
    EXPECT_EQ(signaling_tour_declare(w.signaling, &(struct signaling_tour){.name = "ab",
                                                                           .title = "",
                                                                           .record = RECORD_OFF,
                                                                           .codec = CODEC_OPUS}),
              ERR_RANGE);
    join_as(&w, 1, "ada");
    join_as(&w, 2, "bob");
    join_as(&w, 3, "cyd");
    EXPECT_ERROR(&w, 3, "tour_full");
    EXPECT_EQ(signaling_open(w.signaling, w.now, 4), ERR_FULL);
    EXPECT_EQ(signaling_open(w.signaling, w.now, 3), ERR_EXISTS);
    join_as(&w, 3, "ada"); /* a seat may still be taken over */
    EXPECT_GOT(&w, 3, "joined");
    world_drop(&w, 1);
    world_join(&w, 1, "agent|third|ann|", small_offer(), small_lines);
    EXPECT_GOT(&w, 1, "joined");
    EXPECT_EQ(signaling_tour_declare(w.signaling, &(struct signaling_tour){.name = "fourth",
                                                                           .title = "",
                                                                           .record = RECORD_OFF,
                                                                           .codec = CODEC_VP8}),
              ERR_FULL);
    world_send(&w, 2, "{\"type\":\"leave\"}");
    world_join(&w, 2, "agent|fourth|ann|", small_offer(), small_lines);
    EXPECT_ERROR(&w, 2, "server_full");
    world_close(&w);
}

TEST(tours_spread_over_workers) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    world_join(&w, 1, "agent|one|ann|Ann", small_offer(), yes_and_lines);
    uint32_t first = world_worker(world_command(&w, COMMAND_PEER_ADD));
    world_join(&w, 2, "agent|two|bob|Bob", small_offer(), yes_and_lines);
    uint32_t second = world_worker(world_command(&w, COMMAND_PEER_ADD));
    EXPECT(first != second);
    char port[32];
    snprintf(port, sizeof(port), "192.0.2.10 %u typ host", 40000 + second);
    EXPECT_GOT(&w, 2, port); /* the candidates are the worker's */
    world_close(&w);
}

TEST(media_reports_become_events) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    join_as(&w, 1, "ada");
    uint64_t peer = last_peer(&w), ada = world_effect(&w, EFFECT_PARTICIPANT)->e.participant;
    uint64_t tour = world_command(&w, COMMAND_TOUR_ADD)->e.command.tour;
    join_as(&w, 2, "bob");
    uint64_t bob_peer = last_peer(&w);
    signaling_peer_connected(w.signaling, w.now, peer);
    world_drain(&w);
    EXPECT_GOT(&w, 2, "\"connected\":true");
    EXPECT_GOT(&w, 1, "\"connected\":true");
    signaling_source(w.signaling, w.now, peer, SOURCE_CAMERA, true);
    world_drain(&w);
    EXPECT_GOT(&w, 2, "\"camera\":\"on\"");
    signaling_source(w.signaling, w.now, peer, SOURCE_CAMERA, true);
    world_drain(&w);
    EXPECT_EQ(w.n, w.mark);
    signaling_slot(w.signaling, w.now, bob_peer,
                   &(struct signaling_bound){"2", ada, SOURCE_CAMERA, false});
    world_drain(&w);
    EXPECT_STR(world_got(&w, 2, "slot"), "{\"type\":\"slot\",\"mid\":\"2\",\"kind\":\"stage\","
                                         "\"index\":0,\"participant\":\"p1\",\"source\":"
                                         "\"camera\"}");
    EXPECT_NOT(&w, 1, "slot");
    signaling_slot(w.signaling, w.now, bob_peer,
                   &(struct signaling_bound){"2", 0, SOURCE_NONE, false});
    world_drain(&w);
    EXPECT_GOT(&w, 2, "\"participant\":null,\"source\":null");
    signaling_slot(w.signaling, w.now, bob_peer,
                   &(struct signaling_bound){"3", 0, SOURCE_NONE, false});
    world_drain(&w);
    EXPECT_EQ(w.n, w.mark); /* it was empty */
    signaling_speaker(w.signaling, tour, ada);
    world_drain(&w);
    EXPECT_STR(world_got(&w, 2, "speaker"), "{\"type\":\"speaker\",\"participant\":\"p1\"}");
    signaling_speaker(w.signaling, tour, ada);
    world_drain(&w);
    EXPECT_EQ(w.n, w.mark);
    join_as(&w, 3, "cyd");
    EXPECT_GOT(&w, 3, "\"speaker\":\"p1\"");
    signaling_speaker(w.signaling, tour, 0);
    world_drain(&w);
    EXPECT_GOT(&w, 2, "{\"type\":\"speaker\",\"participant\":null}");
    world_close(&w);
}

TEST(reports_about_nobody_are_dropped) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    join_as(&w, 1, "ada");
    uint64_t peer = last_peer(&w);
    signaling_peer_connected(w.signaling, w.now, 999);
    signaling_peer_gone(w.signaling, w.now, 999);
    signaling_source(w.signaling, w.now, 999, SOURCE_CAMERA, true);
    signaling_source(w.signaling, w.now, peer, SOURCE_NONE, true);
    signaling_source(w.signaling, w.now, peer, SOURCE_KIND_COUNT, true);
    signaling_slot(w.signaling, w.now, 999,
                   &(struct signaling_bound){"2", 1, SOURCE_CAMERA, false});
    signaling_slot(w.signaling, w.now, peer,
                   &(struct signaling_bound){"1", 1, SOURCE_CAMERA, false}); /* not a slot */
    signaling_speaker(w.signaling, 999, 1);
    signaling_recording(w.signaling, 999, RECORDING_ON);
    signaling_closed(w.signaling, w.now, 999);
    signaling_message(w.signaling, w.now, 999, "{}", 2);
    world_drain(&w);
    EXPECT_EQ(w.n, w.mark);
    world_close(&w);
}

TEST(a_lost_transport_keeps_the_seat) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    join_as(&w, 1, "ada");
    uint64_t peer = last_peer(&w);
    signaling_peer_connected(w.signaling, w.now, peer);
    signaling_source(w.signaling, w.now, peer, SOURCE_CAMERA, true);
    world_drain(&w);
    signaling_peer_gone(w.signaling, w.now, peer);
    world_drain(&w);
    EXPECT_GOT(&w, 1, "\"connected\":false,\"sources\":{\"microphone\":\"off\",\"camera\":\"off\"");
    EXPECT_EQ(world_commands(&w, COMMAND_PEER_REMOVE), 0);
    /* Requests that concern media are taken as intent. */
    world_send(&w, 1, "{\"type\":\"mute\",\"id\":1,\"kind\":\"microphone\",\"muted\":true}");
    EXPECT_GOT(&w, 1, "ok");
    world_send(&w, 1, "{\"type\":\"pin\",\"id\":1,\"participant\":\"p1\"}");
    EXPECT_GOT(&w, 1, "ok");
    world_send(&w, 1, "{\"type\":\"consent\",\"id\":1,\"recording\":true}");
    EXPECT_GOT(&w, 1, "ok");
    world_join(&w, 1, "restart", small_offer_other_peer(), "");
    EXPECT_GOT(&w, 1, "restarted");
    REQUIRE(world_command(&w, COMMAND_PEER_ADD));
    EXPECT(world_command(&w, COMMAND_PEER_ADD)->params->record_consent);
    EXPECT_EQ(world_commands(&w, COMMAND_MUTE), 1);
    EXPECT_EQ(world_commands(&w, COMMAND_PIN), 1);
    world_close(&w);
}

/* A browser that has shaken hands with one transport does not do so with the next, but waits: its
 * peer connection must be told to be another one, by whichever way it comes. */
TEST(a_peer_connection_whose_transport_is_gone_is_told) {
    struct world w;
    char resume[100] = "resume:", token[64];
    REQUIRE(world_open(&w, NULL));
    join_as(&w, 1, "ada");
    strcat(resume, world_field(world_got(&w, 1, "joined"), "resume", token, sizeof(token)));
    uint64_t peer = last_peer(&w);
    signaling_peer_connected(w.signaling, w.now, peer);
    world_send(&w, 1, "{\"type\":\"mute\",\"kind\":\"camera\",\"muted\":true}");
    signaling_peer_gone(w.signaling, w.now, peer);
    world_drain(&w);
    world_join(&w, 1, "restart", small_offer_restarted(), "");
    EXPECT_ERROR(&w, 1, "transport_gone");
    world_drop(&w, 1);
    world_join(&w, 2, resume, small_offer_restarted(), "");
    EXPECT_ERROR(&w, 2, "transport_gone");
    EXPECT_EQ(world_commands(&w, COMMAND_PEER_ADD) + world_count(&w, EFFECT_CLOSE), 0);
    /* The secret is not used up, the seat is the same, and what it wants is kept. */
    world_join(&w, 2, resume, small_offer_other_peer(), "");
    EXPECT_GOT(&w, 2, "{\"type\":\"resumed\",\"re\":7,\"participant\":{\"id\":\"p1\"");
    EXPECT_GOT(&w, 2, "\"answer\":\"v=0");
    REQUIRE(world_command(&w, COMMAND_PEER_ADD));
    EXPECT_EQ(world_commands(&w, COMMAND_MUTE), 1);
    /* An offer of the old one that comes late does not push out the new one. */
    peer = last_peer(&w);
    world_join(&w, 2, "restart", small_offer_restarted(), "");
    EXPECT_ERROR(&w, 2, "transport_gone");
    EXPECT_EQ(world_commands(&w, COMMAND_PEER_REMOVE), 0);
    /* That one is gone before it was there: the same, since the client may think otherwise. */
    signaling_peer_gone(w.signaling, w.now, peer);
    world_drain(&w);
    world_join(&w, 2, "restart", small_offer_other_peer(), "");
    EXPECT_ERROR(&w, 2, "transport_gone");
    world_close(&w);
}

TEST(stats_count) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    join_as(&w, 1, "ada");
    world_send(&w, 2, "x");
    struct signaling_stats s = signaling_stats(w.signaling);
    EXPECT_EQ(s.connections, 2);
    EXPECT_EQ(s.tours, 1);
    EXPECT_EQ(s.participants, 1);
    EXPECT_EQ(s.sessions, 1);
    EXPECT_EQ(s.messages, 2);
    EXPECT_EQ(s.errors, 1);
    world_close(&w);
}
