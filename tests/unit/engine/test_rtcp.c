/* RTCP that the engine sends. */
#include "media/send/report.h"
#include "tests/unit/engine/rig.h"

static struct rig r;

TEST(reports_come_every_half_second) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    for (int i = 0; i < 100; i++) {
        client_video(a, CAM, i == 0);
        client_audio(a, 30);
        rig_run(&r, 30 * US_PER_MS);
    }
    EXPECT(a->rtcp_gap > 0 && a->rtcp_gap <= 500 * US_PER_MS);
    EXPECT(v->rtcp_gap > 0 && v->rtcp_gap <= 500 * US_PER_MS);
    EXPECT_EQ(a->n_sr, 0); /* it is sent nothing */
    EXPECT(a->n_rr >= 5);
    EXPECT(v->n_sr >= 10);
    EXPECT(v->n_sdes >= v->n_sr);
    EXPECT_EQ(a->rr.fraction_lost, 0);
    EXPECT(a->n_twcc >= 20);
    EXPECT_EQ(v->n_twcc, 0);
    rig_free(&r);
}

TEST(reports_of_all_go_out_together) {
    REQUIRE(rig_init(&r));
    struct client *c[4];
    for (uint64_t i = 0; i < ARRAY_LEN(c); i++) {
        c[i] = rig_join(&r, i + 1);
        rig_run(&r, 7 * US_PER_MS);
    }
    rig_run(&r, 3 * US_PER_S);
    for (unsigned i = 0; i < ARRAY_LEN(c); i++) {
        EXPECT_EQ(c[i]->rtcp_at % (25 * US_PER_MS), 0);
        EXPECT(c[i]->rtcp_gap > 250 * US_PER_MS && c[i]->rtcp_gap <= 500 * US_PER_MS);
    }
    rig_free(&r);
}

/* RFC 3550 section 6.2: who joined at one instant does not report at one instant for ever. */
TEST(reports_are_at_random_times) {
    REQUIRE(rig_init(&r));
    struct client *c[4];
    unsigned together = 0, reports = 0;
    for (uint64_t i = 0; i < ARRAY_LEN(c); i++) {
        c[i] = rig_join(&r, i + 1);
    }
    us_t shortest = US_PER_S, last = 0;
    for (unsigned i = 0; i < 400; i++) {
        us_t at = c[0]->rtcp_at;
        rig_run(&r, 25 * US_PER_MS);
        if (c[0]->rtcp_at == at) {
            continue;
        }
        shortest = last ? us_min(shortest, c[0]->rtcp_at - last) : shortest;
        last = c[0]->rtcp_at;
        reports++;
        for (unsigned k = 1; k < ARRAY_LEN(c); k++) {
            together += c[k]->rtcp_at == last;
        }
    }
    EXPECT(reports >= 22 && reports <= 36); /* of 10 s; 27 on average */
    EXPECT(shortest >= 225 * US_PER_MS && shortest < 400 * US_PER_MS);
    EXPECT(together < reports);
    rig_free(&r);
}

TEST(report_blocks_count_losses) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1);
    for (int i = 0; i < 40; i++) {
        client_send(a, &(struct packet_spec){.line = MIC, .drop = i % 4 == 3});
        rig_run(&r, 20 * US_PER_MS);
    }
    rig_run(&r, 500 * US_PER_MS);
    EXPECT_EQ(a->rr.ssrc, a->streams[MIC].ssrc);
    EXPECT(a->rr.cumulative_lost >= 9 && a->rr.cumulative_lost <= 10);
    EXPECT_EQ((uint16_t)a->rr.highest_seq, 138); /* 139 was lost */
    rig_free(&r);
}

/* Audio and video of one sender: the same instant of its clock must get the same time of ours. */
TEST(sender_reports_keep_lip_sync) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    uint64_t ntp = ntp_from_wall((wall_t){1500000000000000}); /* its clock is years behind */
    client_video(a, CAM, true);
    client_audio(a, 30);
    client_sr(a, CAM, ntp, a->streams[CAM].ts);
    client_sr(a, MIC, ntp, a->streams[MIC].ts);
    uint32_t video_ts = client_last(v, STAGE)->ts, audio_ts = client_last(v, AUDIO0)->ts;
    us_t sampled = r.now;
    uint8_t seen = 0;
    for (int i = 0; i < 20 && seen != 3; i++) {
        unsigned before = v->n_sr;
        rig_run(&r, 100 * US_PER_MS);
        client_video(a, CAM, false);
        client_audio(a, 30);
        if (v->n_sr == before) {
            continue;
        }
        /* The last one read is of the slot that comes last: audio. */
        double age = (double)(r.now - sampled) / 1e6;
        double by_audio = (double)(int32_t)(v->sr.rtp_ts - audio_ts) / 48000;
        double by_video = (double)(int32_t)(v->sr.rtp_ts - video_ts) / 90000;
        bool audio = by_audio > age - 0.101 && by_audio < age + 0.101;
        bool video = by_video > age - 0.101 && by_video < age + 0.101;
        EXPECT(audio || video);
        seen |= audio ? 3 : 0;
        uint64_t wall = ntp_from_wall((wall_t){r.config.wall_at_zero.us + r.now});
        EXPECT((int64_t)(wall - v->sr.ntp) >= 0 && wall - v->sr.ntp < (1ull << 32));
    }
    EXPECT_EQ(seen, 3);
    rig_free(&r);
}

TEST(twelve_slots_all_get_their_reports) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *b = rig_join(&r, 3), *v = rig_join(&r, 2);
    unsigned before = 0;
    for (int i = 0; i < 60; i++) {
        client_video(a, CAM, i == 0);
        client_video(b, CAM, i == 0);
        client_audio(a, 30);
        client_audio(b, 30);
        rig_run(&r, 20 * US_PER_MS);
        before = i == 29 ? v->n_sr : before;
    }
    EXPECT(v->n_sr - before >= 4); /* stage, gallery and two voices */
    rig_free(&r);
}

TEST(malformed_rtcp_is_counted) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1);
    uint8_t buf[64] = {0};
    struct wr w = wr_of(buf, sizeof(buf));
    rtcp_write_rr(&w, 1, NULL, 0);
    wr_u32(&w, 0x12345678);
    client_rtcp(a, &w);
    EXPECT_EQ(engine_counters(r.engine)->drop_rtcp, 1);
    rig_free(&r);
}

TEST(feedback_about_others_is_ignored) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    client_video(a, CAM, true);
    rig_run(&r, 1100 * US_PER_MS);
    unsigned plis = a->n_pli;
    uint8_t buf[128];
    struct wr w = wr_of(buf, sizeof(buf));
    uint16_t seq = v->got[0].seq;
    rtcp_write_pli(&w, 1, 999);
    rtcp_write_nack(&w, 1, 999, &seq, 1);
    rtcp_write_sr(&w, 999, &(struct rtcp_sr){.ntp = 1}, NULL, 0);
    client_rtcp(v, &w);
    EXPECT_EQ(a->n_pli, plis);
    EXPECT_EQ(engine_counters(r.engine)->pli_in, 0);
    EXPECT_EQ(engine_counters(r.engine)->nack_in, 0);
    EXPECT_EQ(engine_counters(r.engine)->rtx_out, 0);
    rig_free(&r);
}

TEST(round_trip_time_spaces_retransmissions) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    client_video(a, CAM, true);
    rig_run(&r, 600 * US_PER_MS);
    client_video(a, CAM, false);
    rig_run(&r, 400 * US_PER_MS);
    REQUIRE(v->n_sr > 0);
    /* The viewer says: your report came and I answer at once; it took 200 ms there and back. */
    uint64_t now = send_report_ntp(r.config.wall_at_zero, r.now);
    uint32_t lsr = ntp_middle(now) - 65536 / 5;
    uint8_t buf[128];
    struct wr w = wr_of(buf, sizeof(buf));
    rtcp_write_rr(&w, 1, &(struct rtcp_report){.ssrc = v->params.lines[STAGE].ssrc, .lsr = lsr}, 1);
    client_rtcp(v, &w);
    uint16_t seq = client_last(v, STAGE)->seq;
    client_nack(v, STAGE, seq);
    EXPECT_EQ(engine_counters(r.engine)->rtx_out, 1);
    rig_run(&r, 100 * US_PER_MS);
    client_nack(v, STAGE, seq);
    EXPECT_EQ(engine_counters(r.engine)->rtx_out, 1);
    rig_run(&r, 150 * US_PER_MS);
    client_nack(v, STAGE, seq);
    EXPECT_EQ(engine_counters(r.engine)->rtx_out, 2);
    rig_free(&r);
}
