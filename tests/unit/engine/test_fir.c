/* Key frames asked for by FIR (RFC 5104 section 4.3.1), where a publisher agreed on nothing else,
 * and by viewers. */
#include "tests/unit/engine/rig.h"

static struct rig r;

static struct client *join_publisher(bool fir, bool pli) {
    struct client *c = client_new(&r, 1);
    c->params.lines[CAM].fir = fir;
    c->params.lines[CAM].pli = pli;
    client_join(c);
    return c;
}

/* Pictures without a key frame, for so long. */
static void go_on(struct client *a, us_t duration) {
    for (us_t end = r.now + duration; r.now < end;) {
        client_video(a, CAM, false);
        rig_run(&r, 50 * US_PER_MS);
    }
}

TEST(who_agreed_on_fir_only_is_asked_by_fir_until_the_key_frame_comes) {
    REQUIRE(rig_init(&r));
    struct client *a = join_publisher(true, false), *v = rig_join(&r, 2);
    client_video(a, CAM, false); /* its beginning was lost */
    EXPECT_EQ(a->n_fir, 1);
    EXPECT_EQ(a->fir_ssrc, a->streams[CAM].ssrc);
    uint8_t first = a->fir_nr;
    go_on(a, 1100 * US_PER_MS);
    EXPECT_EQ(a->n_fir, 2);
    EXPECT_EQ(a->fir_nr, first); /* a repetition */
    client_video(a, CAM, true);
    EXPECT_EQ(client_count(v, STAGE), 1);
    go_on(a, 4 * US_PER_S);
    EXPECT_EQ(a->n_fir, 2);
    client_pli(v, STAGE);
    EXPECT_EQ(a->n_fir, 3);
    EXPECT_EQ(a->fir_nr, (uint8_t)(first + 1)); /* another command */
    EXPECT_EQ(a->n_pli, 0);
    EXPECT_EQ(engine_counters(r.engine)->fir_out, 3);
    EXPECT_EQ(engine_counters(r.engine)->pli_out, 0);
    rig_free(&r);
}

/* It has answered, and all of the answer was lost; a number that it knows it ignores. */
TEST(a_command_that_stays_without_a_key_frame_is_followed_by_another) {
    REQUIRE(rig_init(&r));
    struct client *a = join_publisher(true, false);
    rig_join(&r, 2);
    client_video(a, CAM, false);
    uint8_t first = a->fir_nr;
    go_on(a, 10100 * US_PER_MS);
    EXPECT_EQ(a->n_fir, 11);
    EXPECT_EQ(a->fir_nr, (uint8_t)(first + 5));
    rig_free(&r);
}

TEST(each_layer_is_asked_by_commands_of_its_own) {
    REQUIRE(rig_init(&r));
    struct client *a = client_new(&r, 1);
    client_simulcast(a);
    a->params.lines[CAM].fir = true;
    a->params.lines[CAM].pli = false;
    client_join(a);
    rig_join(&r, 2);
    client_send(a, &(struct packet_spec){.line = CAM, .layer = 1, .marker = true});
    EXPECT_EQ(a->n_fir, 1);
    EXPECT_EQ(a->fir_ssrc, client_stream(a, CAM, 1)->ssrc);
    uint8_t first = a->fir_nr;
    client_send(a, &(struct packet_spec){.line = CAM, .layer = 0, .marker = true});
    rig_run(&r, 100 * US_PER_MS);
    EXPECT_EQ(a->n_fir, 2);
    EXPECT_EQ(a->fir_ssrc, client_stream(a, CAM, 0)->ssrc);
    EXPECT_EQ(a->fir_nr, first);
    rig_free(&r);
}

TEST(who_agreed_on_both_is_asked_by_pli_and_who_agreed_on_none_by_nothing) {
    REQUIRE(rig_init(&r));
    struct client *a = join_publisher(true, true);
    rig_join(&r, 2);
    client_video(a, CAM, false);
    go_on(a, 2 * US_PER_S);
    EXPECT(a->n_pli >= 2);
    EXPECT_EQ(a->n_fir, 0);
    rig_free(&r);
    REQUIRE(rig_init(&r));
    a = join_publisher(false, false);
    rig_join(&r, 2);
    client_video(a, CAM, false);
    go_on(a, 2 * US_PER_S);
    EXPECT_EQ(a->n_pli + a->n_fir, 0);
    rig_free(&r);
}

/* A number that was used before would be taken for a repetition of what has been answered. */
TEST(commands_go_on_after_an_adoption) {
    REQUIRE(rig_init(&r));
    struct client *a = join_publisher(true, false);
    rig_join(&r, 2);
    client_video(a, CAM, false);
    for (unsigned i = 0; i < 5; i++) {
        client_video(a, CAM, true);
        go_on(a, 2 * US_PER_S);
        client_pli(r.clients[1], STAGE);
    }
    uint8_t before = a->fir_nr;
    unsigned asked = a->n_fir;
    EXPECT_EQ(asked, 6);
    struct session_snapshot s[2];
    REQUIRE(engine_snapshot(r.engine, 1, &s[0]) == OK && engine_snapshot(r.engine, 2, &s[1]) == OK);
    rig_restart(&r);
    EXPECT_EQ(engine_adopt(r.engine, r.now, &s[0]), OK);
    EXPECT_EQ(engine_adopt(r.engine, r.now, &s[1]), OK);
    rig_pump(&r);
    client_video(a, CAM, false);
    client_pli(r.clients[1], STAGE);
    EXPECT_EQ(a->n_fir, asked + 1);
    EXPECT_EQ(a->n_pli, 0);
    EXPECT_EQ(a->fir_nr, (uint8_t)(before + 1));
    rig_free(&r);
}

/* Its last commands are not in what was kept of it. */
TEST(commands_after_a_kill_are_none_that_may_have_been_sent) {
    static struct session_slot slots[2];
    struct session_snapshot s[2];
    REQUIRE(rig_init(&r));
    struct client *a = join_publisher(true, false), *v = rig_join(&r, 2);
    memset(slots, 0, sizeof(slots));
    EXPECT_EQ(engine_peer_slot(r.engine, r.now, 1, &slots[0]), OK);
    EXPECT_EQ(engine_peer_slot(r.engine, r.now, 2, &slots[1]), OK);
    client_video(a, CAM, false);
    uint8_t first = a->fir_nr;
    for (unsigned i = 0; i < 3; i++) {
        client_video(a, CAM, true);
        go_on(a, 2 * US_PER_S);
        client_pli(v, STAGE);
    }
    uint8_t sent = (uint8_t)(a->fir_nr - first);
    EXPECT_EQ(sent, 3);
    REQUIRE(session_slot_read(&slots[0], &s[0]) == OK && session_slot_read(&slots[1], &s[1]) == OK);
    for (unsigned i = 0; i < SESSION_STREAMS_MAX; i++) {
        s[0].streams[i].fir = s[0].streams[i].fir ? first : 0;
    }
    rig_restart(&r);
    EXPECT_EQ(engine_adopt(r.engine, r.now, &s[0]), OK);
    EXPECT_EQ(engine_adopt(r.engine, r.now, &s[1]), OK);
    unsigned asked = a->n_fir;
    client_video(a, CAM, false);
    rig_run(&r, 100 * US_PER_MS);
    EXPECT_EQ(a->n_fir, asked + 1);
    EXPECT((uint8_t)(a->fir_nr - first) > sent);
    rig_free(&r);
}

/* Who comes back was asked before it went. */
TEST(commands_go_on_after_a_pause) {
    REQUIRE(rig_init(&r));
    struct client *a = join_publisher(true, false);
    rig_join(&r, 2);
    client_video(a, CAM, false);
    EXPECT_EQ(a->n_fir, 1);
    uint8_t first = a->fir_nr;
    client_video(a, CAM, true);
    EXPECT_EQ(engine_source_mute(r.engine, r.now, 1, SOURCE_CAMERA, true), OK);
    rig_run(&r, US_PER_S);
    EXPECT_EQ(engine_source_mute(r.engine, r.now, 1, SOURCE_CAMERA, false), OK);
    client_video(a, CAM, false);
    EXPECT_EQ(a->n_fir, 2);
    EXPECT_EQ(a->fir_nr, (uint8_t)(first + 1));
    rig_free(&r);
}

TEST(viewers_ask_by_fir_too) {
    REQUIRE(rig_init(&r));
    struct client *a = join_publisher(false, true), *v = rig_join(&r, 2);
    client_video(a, CAM, true);
    go_on(a, 2 * US_PER_S);
    unsigned before = a->n_pli;
    uint8_t buf[64];
    struct wr w = wr_of(buf, sizeof(buf));
    rtcp_write_fir(&w, 1, 999, 7); /* of nobody */
    client_rtcp(v, &w);
    EXPECT_EQ(a->n_pli, before);
    w = wr_of(buf, sizeof(buf));
    rtcp_write_fir(&w, 1, v->params.lines[STAGE].ssrc, 7);
    client_rtcp(v, &w);
    EXPECT_EQ(a->n_pli, before + 1);
    EXPECT_EQ(engine_counters(r.engine)->pli_in, 1);
    rig_free(&r);
}
