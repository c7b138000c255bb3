/* WHIP and WHEP. */
#include "tests/unit/signaling/world.h"

#include <stdlib.h>

struct request {
    enum signaling_method method;
    bool whep;
    const char *tour, *resource, *token, *type, *match, *body;
};

static const struct record *ask(struct world *w, struct request r) {
    static uint64_t req;
    /* An exact-size copy: the body has no terminator. */
    size_t n = r.body ? strlen(r.body) : 0;
    char *body = malloc(n + 1);
    CHECK(body);
    if (n) {
        memcpy(body, r.body, n);
    }
    struct signaling_http h = {.req = ++req,
                               .method = r.method,
                               .whep = r.whep,
                               .tour = r.tour ? r.tour : "demo",
                               .resource = r.resource,
                               .token = r.token,
                               .content_type = r.type,
                               .if_match = r.match,
                               .body = body,
                               .body_len = n};
    signaling_http(w->signaling, w->now, &h);
    world_drain(w);
    free(body);
    EXPECT_EQ(world_count(w, EFFECT_HTTP), 1);
    const struct record *e = world_effect(w, EFFECT_HTTP);
    EXPECT(e && e->e.req == req);
    return e;
}

#define SDP "application/sdp"
#define FRAG "application/trickle-ice-sdpfrag"
#define AGENT "agent|demo|obs|Camera"

static const char *resource_of(const struct record *r) {
    return strrchr(r->location, '/') + 1;
}

TEST(whip_publishes_as_a_seat) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    world_join(&w, 1, "buyer|demo|ada|Ada", small_offer(), small_lines);
    const struct record *r =
        ask(&w, (struct request){.token = AGENT, .type = SDP, .body = data_file("offer.sdp")});
    EXPECT_EQ(r->e.status, 201);
    EXPECT(strncmp(r->location, "/whip/demo/", 11) == 0 && strlen(r->location) == 35);
    EXPECT(r->etag[0] == '"' && strlen(r->etag) == 18);
    EXPECT_STR(r->e.content_type, SDP);
    EXPECT(strncmp(r->text, "v=0\r\n", 5) == 0 && strstr(r->text, "a=recvonly"));
    EXPECT_GOT(&w, 1, "participant_joined");
    EXPECT_GOT(&w, 1, "\"name\":\"Camera\",\"role\":\"agent\"");
    const struct record *add = world_command(&w, COMMAND_PEER_ADD);
    REQUIRE(add && add->params->n_lines == 2);
    EXPECT_EQ(add->params->lines[0].source, SOURCE_MICROPHONE);
    EXPECT_EQ(add->params->lines[1].source, SOURCE_CAMERA);
    EXPECT(add->params->host && add->params->record_consent);
    r = ask(&w, (struct request){
                    .method = SIGNALING_DELETE, .token = AGENT, .resource = resource_of(r)});
    EXPECT_EQ(r->e.status, 200);
    EXPECT_GOT(&w, 1, "\"reason\":\"left\"");
    world_close(&w);
}

static void expect_problem(const struct record *r, int status, const char *code) {
    char part[64];
    EXPECT_EQ(r->e.status, status);
    EXPECT_STR(r->e.content_type, "application/problem+json");
    snprintf(part, sizeof(part), "\"status\":%d,", status);
    EXPECT(r->text && strstr(r->text, part));
    snprintf(part, sizeof(part), "\"code\":\"%s\"", code);
    if (!r->text || !strstr(r->text, part)) {
        test_fail(__FILE__, __LINE__, "%s is not %s", r->text ? r->text : "(null)", code);
    }
}

TEST(whip_errors) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    const char *sdp = data_file("offer.sdp");
    expect_problem(ask(&w, (struct request){.type = SDP, .body = sdp}), 401, "token_missing");
    expect_problem(ask(&w, (struct request){.token = "token_expired", .type = SDP, .body = sdp}),
                   401, "token_expired");
    expect_problem(ask(&w, (struct request){.token = "ops|demo|o|", .type = SDP, .body = sdp}), 403,
                   "forbidden");
    expect_problem(
        ask(&w, (struct request){.tour = "taped", .token = AGENT, .type = SDP, .body = sdp}), 403,
        "token_tour");
    expect_problem(ask(&w, (struct request){.token = AGENT, .type = "text/plain", .body = sdp}),
                   415, "content_type");
    expect_problem(ask(&w, (struct request){.token = AGENT, .body = sdp}), 415, "content_type");
    expect_problem(ask(&w, (struct request){.token = AGENT, .type = SDP, .body = ""}), 400,
                   "sdp_malformed");
    expect_problem(
        ask(&w,
            (struct request){.tour = "none", .token = "buyer|none|a|", .type = SDP, .body = sdp}),
        404, "tour_unknown");
    expect_problem(
        ask(&w, (struct request){.token = AGENT, .resource = "x", .type = SDP, .body = sdp}), 404,
        "resource_unknown");
    static const char no_vp8[] =
        "v=0\r\na=fingerprint:sha-256 "
        "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
        "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n"
        "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"
        "m=video 9 UDP/TLS/RTP/SAVPF 98\r\na=rtcp-mux\r\na=sendonly\r\na=rtpmap:98 H264/90000\r\n";
    const struct record *r = ask(&w, (struct request){.token = AGENT, .type = SDP, .body = no_vp8});
    expect_problem(r, 422, "codec_unsupported");
    EXPECT(strstr(r->text, "\"detail\":\"m-line 1: it lacks the tour's codec.\"}"));
    EXPECT_EQ(signaling_stats(w.signaling).participants, 0);
    world_close(&w);
}

TEST(whip_content_type_may_have_parameters) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    const struct record *r = ask(&w, (struct request){.token = AGENT,
                                                      .type = "Application/SDP; charset=utf-8",
                                                      .body = data_file("offer.sdp")});
    EXPECT_EQ(r->e.status, 201);
    r = ask(&w, (struct request){
                    .token = AGENT, .type = "application/sdpx", .body = data_file("offer.sdp")});
    EXPECT_EQ(r->e.status, 415);
    world_close(&w);
}

TEST(whip_and_websocket_take_over_each_other) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    const char *sdp = data_file("offer.sdp");
    world_join(&w, 1, AGENT, small_offer(), small_lines);
    const struct record *r = ask(&w, (struct request){.token = AGENT, .type = SDP, .body = sdp});
    EXPECT_EQ(r->e.status, 201);
    EXPECT_ERROR(&w, 1, "seat_taken_over");
    const struct record *act = world_effect(&w, EFFECT_ACT);
    EXPECT(act && act->e.act == ACT_TAKE_OVER && act->e.req == r->e.req && act->e.conn == 0);
    EXPECT_EQ(world_commands(&w, COMMAND_PEER_REMOVE), 1);
    EXPECT_EQ(signaling_stats(w.signaling).participants, 1);
    world_join(&w, 2, AGENT, small_offer(), small_lines);
    EXPECT_GOT(&w, 2, "\"participant\":{\"id\":\"p1\"");
    r = ask(&w, (struct request){
                    .method = SIGNALING_DELETE, .token = AGENT, .resource = resource_of(r)});
    expect_problem(r, 404, "resource_unknown");
    world_close(&w);
}

TEST(whip_trickle_and_restart) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    const struct record *r =
        ask(&w, (struct request){.token = AGENT, .type = SDP, .body = data_file("offer.sdp")});
    uint64_t peer = world_command(&w, COMMAND_PEER_ADD)->params->peer;
    char etag[32], id[32];
    snprintf(etag, sizeof(etag), "%s", r->etag);
    snprintf(id, sizeof(id), "%s", resource_of(r));
    struct request q = {.method = SIGNALING_PATCH, .token = AGENT, .resource = id, .type = FRAG};
    q.body = "a=ice-ufrag:Hrn0\r\na=ice-pwd:eB+jM2SBlFupL+pUPzWT9gmw\r\nm=audio 9 RTP/AVP 0\r\n"
             "a=mid:0\r\na=candidate:1 1 udp 1 192.0.2.1 5000 typ host\r\n";
    EXPECT_EQ(ask(&w, q)->e.status, 204);
    q.body = "m=audio 9 RTP/AVP 0\r\na=mid:0\r\na=end-of-candidates\r\n";
    EXPECT_EQ(ask(&w, q)->e.status, 204);
    EXPECT_EQ(world_commands(&w, COMMAND_PEER_RESTART), 0);
    q.body = "a=ice-ufrag:newu\r\na=ice-pwd:0123456789012345678901\r\n";
    expect_problem(ask(&w, q), 428, "etag_mismatch");
    q.match = "\"other\"";
    expect_problem(ask(&w, q), 412, "etag_mismatch");
    q.match = etag;
    r = ask(&w, q);
    EXPECT_EQ(r->e.status, 200);
    EXPECT_STR(r->e.content_type, FRAG);
    EXPECT(r->etag && strcmp(r->etag, etag) != 0);
    const struct record *restart = world_command(&w, COMMAND_PEER_RESTART);
    REQUIRE(restart);
    EXPECT_EQ(restart->e.command.peer, peer);
    EXPECT_STR(restart->ice->remote_ufrag, "newu");
    EXPECT(strstr(r->text, restart->ice->local_ufrag) && strstr(r->text, restart->ice->local_pwd));
    EXPECT(strstr(r->text, "a=candidate:") && strstr(r->text, "a=mid:0"));
    expect_problem(ask(&w, q), 412, "etag_mismatch"); /* the old one is stale now */
    q.match = "*";
    q.body = "a=ice-ufrag:newer\r\na=ice-pwd:0123456789012345678901\r\n";
    EXPECT_EQ(ask(&w, q)->e.status, 200);
    q.body = "a=ice-ufrag:newer\r\n";
    expect_problem(ask(&w, q), 400, "sdp_malformed");
    q.type = SDP;
    expect_problem(ask(&w, q), 415, "content_type");
    q.resource = NULL;
    expect_problem(ask(&w, q), 404, "resource_unknown");
    world_close(&w);
}

static void ten_a_second(struct signaling_config *c) {
    c->sessions_per_second = 10; /* and two WHEP viewers: a burst of 20 */
}

static void name_ufrag(char body[80], int i) {
    snprintf(body, 80, "a=ice-ufrag:new%d\r\na=ice-pwd:0123456789012345678901\r\n", i);
}

TEST(restarts_by_patch_have_the_rate_of_offers) {
    struct world w;
    char id[32], body[80];
    REQUIRE(world_open(&w, ten_a_second));
    const struct record *r =
        ask(&w, (struct request){.token = AGENT, .type = SDP, .body = data_file("offer.sdp")});
    snprintf(id, sizeof(id), "%s", resource_of(r));
    struct request q = {.method = SIGNALING_PATCH,
                        .token = AGENT,
                        .resource = id,
                        .type = FRAG,
                        .match = "*",
                        .body = body};
    for (int i = 1; i < 20; i++) {
        name_ufrag(body, i);
        EXPECT_EQ(ask(&w, q)->e.status, 200);
    }
    name_ufrag(body, 20);
    expect_problem(ask(&w, q), 429, "rate_limited");
    EXPECT_EQ(world_commands(&w, COMMAND_PEER_RESTART), 0);
    world_pass(&w, 100 * US_PER_MS);
    EXPECT_EQ(ask(&w, q)->e.status, 200);
    world_close(&w);
}

/* Each worker has its own port, and a restart tells that of the worker which has the session. */
TEST(a_restart_tells_the_port_of_its_worker) {
    for (int whep = 0; whep < 2; whep++) {
        struct world w;
        REQUIRE(world_open(&w, NULL));
        char id[32];
        world_join(&w, 1, "buyer|taped|ada|Ada", small_offer(),
                   yes_and_lines); /* worker 0 has this one */
        EXPECT_EQ(world_worker(world_command(&w, COMMAND_PEER_ADD)), 0);
        const char *offer = data_file(whep ? "aiortc.sdp" : "offer.sdp");
        const struct record *r =
            ask(&w, (struct request){.whep = whep, .token = AGENT, .type = SDP, .body = offer});
        REQUIRE(r->e.status == 201 && world_command(&w, COMMAND_PEER_ADD));
        EXPECT_EQ(world_worker(world_command(&w, COMMAND_PEER_ADD)), 1);
        EXPECT(strstr(r->text, " 192.0.2.10 40001 typ host"));
        snprintf(id, sizeof(id), "%s", resource_of(r));
        r = ask(&w, (struct request){
                        .method = SIGNALING_PATCH,
                        .whep = whep,
                        .token = AGENT,
                        .resource = id,
                        .type = FRAG,
                        .match = "*",
                        .body = "a=ice-ufrag:newu\r\na=ice-pwd:0123456789012345678901\r\n"});
        EXPECT_EQ(r->e.status, 200);
        EXPECT(strstr(r->text, " 192.0.2.10 40001 typ host"));
        EXPECT(!strstr(r->text, " 40000 typ host\r\na=candidate:2"));
        REQUIRE(world_command(&w, COMMAND_PEER_RESTART));
        EXPECT_EQ(world_worker(world_command(&w, COMMAND_PEER_RESTART)), 1);
        world_close(&w);
    }
}

TEST(resources_belong_to_their_token) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    const struct record *r =
        ask(&w, (struct request){.token = AGENT, .type = SDP, .body = data_file("offer.sdp")});
    char id[32];
    snprintf(id, sizeof(id), "%s", resource_of(r));
    struct request q = {.method = SIGNALING_DELETE, .resource = id, .token = "agent|demo|eve|"};
    expect_problem(ask(&w, q), 404, "resource_unknown");
    q.token = AGENT;
    q.whep = true;
    expect_problem(ask(&w, q), 404, "resource_unknown");
    q.tour = "taped";
    q.token = "agent|taped|obs|";
    q.whep = false;
    expect_problem(ask(&w, q), 404, "resource_unknown");
    EXPECT_EQ(signaling_stats(w.signaling).sessions, 1);
    world_close(&w);
}

TEST(a_vanished_publisher_leaves) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    world_join(&w, 1, "buyer|demo|ada|Ada", small_offer(), small_lines);
    ask(&w, (struct request){.token = AGENT, .type = SDP, .body = data_file("offer.sdp")});
    signaling_peer_gone(w.signaling, w.now, world_command(&w, COMMAND_PEER_ADD)->params->peer);
    world_drain(&w);
    EXPECT_STR(world_got(&w, 1, "left"),
               "{\"type\":\"participant_left\",\"id\":\"p2\",\"reason\":\"disconnected\"}");
    world_close(&w);
}

static struct request play(const char *token) {
    return (struct request){
        .whep = true, .token = token, .type = SDP, .body = data_file("aiortc.sdp")};
}

TEST(whep_is_a_viewer) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    world_join(&w, 1, "buyer|demo|ada|Ada", small_offer(), small_lines);
    const struct record *r = ask(&w, play("buyer|demo|tv|"));
    EXPECT_EQ(r->e.status, 201);
    EXPECT(strncmp(r->location, "/whep/demo/", 11) == 0);
    const struct record *add = world_command(&w, COMMAND_PEER_ADD);
    REQUIRE(add && add->params->n_lines == 2);
    EXPECT(add->params->loudest_audio && add->params->participant);
    EXPECT_EQ(add->params->lines[0].slot, SLOT_AUDIO);
    EXPECT_EQ(add->params->lines[1].slot, SLOT_STAGE);
    EXPECT_NOT(&w, 1, "participant");
    char first[32];
    snprintf(first, sizeof(first), "%s", resource_of(r));
    struct signaling_who who;
    REQUIRE(signaling_peer_who(w.signaling, add->params->peer,
                               &who)); /* it has no number, but a name */
    EXPECT_STR(who.tour, "demo");
    EXPECT(strlen(who.participant) == 13 && strncmp(who.participant, "whep-", 5) == 0);
    EXPECT(strncmp(who.participant + 5, first, 8) == 0);
    /* Two at once are the limit here; one more when one is gone. */
    EXPECT_EQ(ask(&w, play("buyer|demo|tv|"))->e.status, 201);
    uint64_t second = world_command(&w, COMMAND_PEER_ADD)->params->peer;
    expect_problem(ask(&w, play("buyer|demo|tv|")), 503, "tour_full");
    EXPECT_EQ(ask(&w, play("buyer|demo|other|"))->e.status, 201);
    struct request q = {
        .method = SIGNALING_DELETE, .whep = true, .token = "buyer|demo|tv|", .resource = first};
    EXPECT_EQ(ask(&w, q)->e.status, 200);
    EXPECT_EQ(world_commands(&w, COMMAND_PEER_REMOVE), 1);
    expect_problem(ask(&w, q), 404, "resource_unknown");
    EXPECT_EQ(ask(&w, play("buyer|demo|tv|"))->e.status, 201);
    signaling_peer_connected(w.signaling, w.now, second);
    signaling_source(w.signaling, w.now, second, SOURCE_CAMERA, true);
    signaling_slot(w.signaling, w.now, second,
                   &(struct signaling_bound){"1", 1, SOURCE_CAMERA, false});
    signaling_peer_gone(w.signaling, w.now, second);
    world_drain(&w);
    EXPECT_EQ(w.n, w.mark + 1); /* no participant is told of, but how many watch */
    EXPECT_GOT(&w, 1, "\"tour_changed\"");
    EXPECT_GOT(&w, 1, "\"viewers\":2,");
    EXPECT_EQ(signaling_stats(w.signaling).sessions, 3);
    EXPECT_EQ(signaling_stats(w.signaling).participants, 1);
    world_close(&w);
}

TEST(whep_creates_nothing_but_starts_declared_tours) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    struct request q = play("agent|none|tv|");
    q.tour = "none";
    expect_problem(ask(&w, q), 404, "tour_unknown");
    q = play("buyer|taped|tv|");
    q.tour = "taped";
    const struct record *r = ask(&w, q);
    EXPECT_EQ(r->e.status, 201);
    EXPECT_EQ(world_commands(&w, COMMAND_TOUR_ADD), 1);
    EXPECT_EQ(world_count(&w, EFFECT_RECORD), 0);
    /* The viewer keeps the tour, not the recording, and the next host starts another. */
    for (int i = 0; i < 2; i++) {
        world_join(&w, 1, "agent|taped|ann|Ann", small_offer(), yes_and_lines);
        EXPECT_EQ(world_count(&w, EFFECT_RECORD), 1);
        world_send(&w, 1, "{\"type\":\"leave\"}");
        world_pass(&w, 61 * US_PER_S);
        EXPECT_EQ(world_count(&w, EFFECT_RECORD), 1);
    }
    EXPECT_EQ(world_commands(&w, COMMAND_TOUR_REMOVE), 0);
    q = (struct request){.method = SIGNALING_DELETE,
                         .whep = true,
                         .tour = "taped",
                         .token = "buyer|taped|tv|",
                         .resource = resource_of(r)};
    EXPECT_EQ(ask(&w, q)->e.status, 200);
    world_pass(&w, 61 * US_PER_S);
    EXPECT_EQ(world_commands(&w, COMMAND_TOUR_REMOVE), 1);
    world_close(&w);
}

static uint64_t come_as_viewer(struct world *w, struct request q) {
    const struct record *r = ask(w, q);
    EXPECT_EQ(r->e.status, 201);
    return world_command(w, COMMAND_PEER_ADD)->params->peer;
}

/* Half of them end by DELETE, half vanish: neither moves the end of a tour without people. */
TEST(viewers_who_come_and_go_keep_no_tour_alive) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    world_join(&w, 1, "agent|taped|ann|Ann", small_offer(), yes_and_lines);
    EXPECT_EQ(world_count(&w, EFFECT_RECORD), 1);
    world_send(&w, 1, "{\"type\":\"leave\"}");
    size_t left = w.n;
    struct request q = play("buyer|taped|tv|");
    q.tour = "taped";
    for (int i = 0; i < 5; i++) { /* from 0 to 55 s, none of them there at 60 s */
        uint64_t peer = come_as_viewer(&w, q);
        char id[32];
        snprintf(id, sizeof(id), "%s", resource_of(world_effect(&w, EFFECT_HTTP)));
        world_pass(&w, 10 * US_PER_S);
        if (i % 2 == 0) {
            signaling_peer_gone(w.signaling, w.now, peer);
            world_drain(&w);
        } else {
            struct request d = q;
            d.method = SIGNALING_DELETE;
            d.resource = id;
            EXPECT_EQ(ask(&w, d)->e.status, 200);
        }
        world_pass(&w, US_PER_S);
    }
    w.mark = left;
    EXPECT_EQ(world_count(&w, EFFECT_RECORD) + world_commands(&w, COMMAND_TOUR_REMOVE), 0);
    world_pass(&w, 5 * US_PER_S);
    EXPECT_EQ(world_count(&w, EFFECT_RECORD), 1);
    EXPECT_EQ(world_commands(&w, COMMAND_TOUR_REMOVE), 1);
    world_close(&w);
}

TEST(end_removes_publishers_and_viewers) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    world_join(&w, 1, "agent|demo|ann|Ann", small_offer(), small_lines);
    ask(&w, (struct request){.token = AGENT, .type = SDP, .body = data_file("offer.sdp")});
    ask(&w, play("buyer|demo|tv|"));
    world_send(&w, 1, "{\"type\":\"end\"}");
    EXPECT_EQ(world_commands(&w, COMMAND_PEER_REMOVE), 3);
    EXPECT_EQ(world_count(&w, EFFECT_CLOSE), 1);
    EXPECT_EQ(signaling_stats(w.signaling).sessions, 0);
    expect_problem(ask(&w, play("buyer|demo|tv|")), 410, "tour_ended");
    world_close(&w);
}
