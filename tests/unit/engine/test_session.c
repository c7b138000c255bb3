/* What clients see of their transport and reports when others misbehave, move or are changed. */
#include "base/seq.h"
#include "tests/unit/engine/rig.h"

static struct rig r;

/* The client moves, but its nomination is lost or its stack never nominates again. */
TEST(media_follows_the_address_that_is_alive) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    client_video(a, CAM, true);
    EXPECT_EQ(client_count(v, STAGE), 1);
    v->alive = false;
    v->addr = addr_v4(198, 51, 100, 7, 5555);
    client_check(v, false);
    client_video(a, CAM, true);
    EXPECT_EQ(client_count(v, STAGE), 1); /* the selected address has not been given up yet */
    for (unsigned i = 0; i < 9; i++) {
        rig_run(&r, US_PER_S);
        client_video(a, CAM, true);
        client_check(v, false);
    }
    unsigned before = client_count(v, STAGE);
    client_video(a, CAM, true);
    EXPECT_EQ(client_count(v, STAGE), before + 1);
    rig_free(&r);
}

static void say(struct client *c, us_t duration) {
    for (us_t t = 0; t < duration; t += 20 * US_PER_MS) {
        client_audio(c, 60);
        rig_run(&r, 20 * US_PER_MS);
    }
}

/* Between the choice of another voice and its first packet a report must not mix the clock of the
 * one with the timestamp offset of the other. */
TEST(sender_reports_stay_on_one_line_while_a_voice_changes) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *b = rig_join(&r, 2), *v = client_new(&r, 3);
    v->params.n_lines = AUDIO0 + 1;
    client_join(v);
    b->streams[MIC].ts = 3000000000u;
    client_video(a, CAM, true);
    client_video(b, CAM, true);
    client_audio(a, 60);
    client_audio(b, 60);
    client_sr(a, MIC, ntp_from_wall((wall_t){1800000000000000}), a->streams[MIC].ts);
    client_sr(b, MIC, ntp_from_wall((wall_t){1800000000000000}), b->streams[MIC].ts);
    say(a, 600 * US_PER_MS);
    client_audio(b, 60);
    EXPECT_EQ(rig_shows(&r, v, AUDIO0), 1);
    unsigned n = v->n_sr;
    REQUIRE(n > 0);
    struct rtcp_sr sr = v->sr;
    us_t at = v->rtcp_at;
    EXPECT_EQ(engine_pin(r.engine, r.now, 3, 2), OK);
    rig_pump(&r);
    EXPECT_EQ(rig_shows(&r, v, AUDIO0), 2);
    rig_run(&r, 500 * US_PER_MS);
    REQUIRE(v->n_sr > n);

    int64_t expected = (v->rtcp_at - at) * 48 / 1000;
    int64_t off = ts32_diff(v->sr.rtp_ts, sr.rtp_ts) - expected;
    EXPECT(off > -4800 && off < 4800); /* 100 ms */
    rig_free(&r);
}

TEST(what_was_lost_while_a_tour_moved_is_asked_for) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1);
    struct session_snapshot s;
    client_video(a, CAM, true);
    REQUIRE(engine_snapshot(r.engine, 1, &s) == OK);
    rig_restart(&r);
    uint16_t lost = client_send(a, &(struct packet_spec){.line = CAM, .drop = true});
    EXPECT_EQ(engine_adopt(r.engine, r.now, &s), OK);
    rig_pump(&r);
    client_video(a, CAM, false);
    rig_run(&r, 20 * US_PER_MS);
    REQUIRE(a->n_nacked == 1);
    EXPECT_EQ(a->nacked[0], lost);
    rig_free(&r);
}

/* Somebody else's check came from the selected address (a phone behind the same router). */
TEST(media_follows_a_client_whose_address_was_taken) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2), *w = client_new(&r, 3);
    struct addr first = v->addr, second = addr_v4(198, 51, 100, 7, 5555);
    client_video(a, CAM, true);
    v->addr = second;
    client_check(v, false);    /* known, but not used */
    rig_run(&r, 5 * US_PER_S); /* the first one falls silent */
    EXPECT_EQ(engine_peer_add(r.engine, r.now, &w->params), OK);
    w->addr = first;
    client_check(w, true);
    client_check(v, false);
    client_pli(v, STAGE);
    unsigned before = client_count(v, STAGE);
    client_video(a, CAM, true);
    EXPECT_EQ(client_count(v, STAGE), before + 1);
    rig_free(&r);
}
