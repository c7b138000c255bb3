/* What leaves for a viewer, and when: the pacer by itself and in the engine. */
#include "media/out/pacer.h"
#include "tests/unit/engine/rig.h"

#define MBIT 1000000

/* How long something has to wait that may wait [us]. */
static us_t waits(struct pacer *p, us_t now) {
    us_t begun = now;
    for (; !pacer_lets(p, now); now += US_PER_MS) {
    }
    return now - begun;
}

TEST(pacer_lets_everything_out_as_long_as_nothing_is_known) {
    struct pacer p = {0};
    pacer_spend(&p, 1000000);
    EXPECT(pacer_lets(&p, 1));
    EXPECT(pacer_next(&p) <= 1); /* what has waited until then waits no longer */
}

/* Between two steps others ask, too, a live packet of another slot or the report: what waits for
 * the step is due then, and not in half a million years. */
TEST(pacer_has_a_time_for_what_waits_although_something_may_go) {
    struct pacer p = {0};
    us_t now = US_PER_S;
    pacer_set(&p, now, MBIT, false);
    pacer_spend(&p, 12500);
    EXPECT(!pacer_lets(&p, now));
    us_t next = pacer_next(&p);
    EXPECT(next >= now + PACER_STEP && next <= now + 10 * US_PER_MS);
    EXPECT(pacer_lets(&p, next + US_PER_MS));
    EXPECT(pacer_next(&p) <= next + US_PER_MS);
}

TEST(pacer_lets_out_a_burst_and_then_the_rate) {
    struct pacer p = {0};
    us_t now = US_PER_S;
    pacer_set(&p, now, 4 * MBIT, false); /* 5 Mbit/s: 25 kB in 40 ms */
    unsigned n = 0;
    for (; pacer_lets(&p, now); n++) {
        pacer_spend(&p, 1000);
    }
    EXPECT_EQ(n, 25);
    for (us_t end = now + US_PER_S; now < end; now += US_PER_MS) {
        while (pacer_lets(&p, now)) {
            pacer_spend(&p, 1000);
            n++;
        }
    }
    EXPECT(n >= 25 + 620 && n <= 25 + 630);
    pacer_set(&p, now, 4 * MBIT, true); /* a queue stands: no more than the rate */
    for (us_t end = now + US_PER_S; now < end; now += US_PER_MS) {
        while (pacer_lets(&p, now)) {
            pacer_spend(&p, 1000);
            n++;
        }
    }
    EXPECT(n >= 25 + 1120 && n <= 25 + 1140);
}

/* Retransmissions do not wait, whatever they add up to; what does is not kept for seconds by them.
 */
TEST(pacer_holds_debts_for_a_tenth_of_a_second_only) {
    struct pacer p = {0};
    us_t now = US_PER_S;
    pacer_set(&p, now, MBIT, false);
    pacer_spend(&p, 1000000); /* eight seconds */
    us_t waited = waits(&p, now);
    EXPECT(waited >= 90 * US_PER_MS && waited <= 110 * US_PER_MS);
    /* And a debt of a wide path is not one of a narrow path. */
    now += 10 * US_PER_S;
    pacer_set(&p, now, 8 * MBIT, false);
    EXPECT(pacer_lets(&p, now));
    pacer_spend(&p, 10000000);
    pacer_set(&p, now, MBIT / 10, false);
    waited = waits(&p, now);
    EXPECT(waited >= 90 * US_PER_MS && waited <= 110 * US_PER_MS);
}

static struct rig r;

/* A picture in 50 packets of a kilobyte, at once. */
static void large_picture(struct client *c) {
    for (unsigned i = 0; i < 50; i++) {
        client_send(
            c,
            &(struct packet_spec){
                .line = CAM, .keyframe = i == 0, .inside = i > 0, .marker = i == 49, .size = 1050});
    }
}

/* Of a path that is only guessed at what goes at once is let out, and hardly more until it is told
 * how that arrives; and of one that nobody will ever report everything. */
TEST(no_more_than_is_guessed_may_pass_until_something_is_told) {
    REQUIRE(rig_init(&r));
    r.config.bwe = (struct bwe_config){.start = 300000, .min = 60000, .max = 6000000};
    rig_restart(&r);
    struct client *c = rig_join(&r, 1), *v = client_new(&r, 2);
    v->params.lines[STAGE].twcc = true;
    v->params.lines[STAGE].ext.id[RTP_EXT_TWCC] = 3;
    client_join(v);
    client_send(c, &(struct packet_spec){.line = CAM, .keyframe = true, .marker = true});
    rig_run(&r, 600 * US_PER_MS); /* the pacer begins with the first choice of layers */
    v->n_got = 0;
    large_picture(c);
    unsigned at_once = client_count(v, STAGE);
    EXPECT(at_once >= 10 && at_once <= 16);
    rig_run(&r, 200 * US_PER_MS); /* a fourth of 300 kbit/s are 1.9 kB */
    unsigned then = client_count(v, STAGE) - at_once;
    EXPECT(then >= 1 && then <= 3);
    rig_run(&r, 3 * US_PER_S); /* it reports nothing */
    v->n_got = 0;
    large_picture(c);
    EXPECT_EQ(client_count(v, STAGE), 50);
    rig_free(&r);
}

/* Nor of one that has agreed on feedback and sends reports only: what they tell is all there is. */
TEST(what_reports_tell_is_not_waited_for_feedback_after) {
    REQUIRE(rig_init(&r));
    r.config.bwe = (struct bwe_config){.start = 1500000, .min = 60000, .max = 6000000};
    rig_restart(&r);
    struct client *c = rig_join(&r, 1), *v = client_new(&r, 2);
    v->params.lines[STAGE].twcc = true;
    v->params.lines[STAGE].ext.id[RTP_EXT_TWCC] = 3;
    client_join(v);
    struct rtcp_report b = {.ssrc = v->params.lines[STAGE].ssrc};
    for (unsigned i = 0; i < 60; i++) { /* 250 kbit/s for six seconds */
        client_send(c, &(struct packet_spec){
                           .line = CAM, .keyframe = i == 0, .marker = true, .size = 1050});
        client_send(
            c, &(struct packet_spec){.line = CAM, .inside = true, .marker = true, .size = 1050});
        rig_run(&r, 100 * US_PER_MS);
        if (i % 10 == 9) {
            uint8_t buf[64];
            struct wr w = wr_of(buf, sizeof(buf));
            b.highest_seq = v->seen_seq;
            rtcp_write_rr(&w, 1, &b, 1);
            client_rtcp(v, &w);
        }
    }
    v->n_got = 0;
    large_picture(c);
    rig_run(&r, 400 * US_PER_MS);
    EXPECT_EQ(client_count(v, STAGE), 50);
    rig_free(&r);
}

/* A picture that fits is one train, as if there were no pacer: a key frame alone is cut. */
TEST(trains_keep_their_length_under_the_pacer) {
    REQUIRE(rig_init(&r));
    struct client *c = rig_join(&r, 1), *v = rig_join(&r, 2);
    uint64_t packets = 0, trains = 0;
    for (unsigned i = 0; i < 120; i++) {
        r.hold = true;
        for (unsigned k = 0; k < 5; k++) { /* 1.3 Mbit/s */
            client_send(c, &(struct packet_spec){.line = CAM,
                                                 .keyframe = i + k == 0,
                                                 .inside = k > 0,
                                                 .marker = k == 4,
                                                 .size = 1050});
        }
        r.hold = false;
        rig_pump(&r);
        rig_run(&r, 33 * US_PER_MS);
        v->n_got = 0;
        if (i == 30) {
            client_remb(v, 2 * MBIT);
        }
        if (i == 59) {
            packets = engine_counters(r.engine)->rtp_out;
            trains = engine_counters(r.engine)->trains_out;
        }
    }
    EXPECT_EQ(engine_counters(r.engine)->rtp_out - packets, 5 * 60);
    EXPECT_EQ(engine_counters(r.engine)->trains_out - trains, 60);
    rig_free(&r);
}

/* Reports of a viewer that has lost so many of each hundred packets, and then asks for one. */
static uint64_t repairs(unsigned lost) {
    struct client *c = rig_join(&r, 1), *v = rig_join(&r, 2);
    struct rtcp_report b = {.ssrc = v->params.lines[STAGE].ssrc};
    for (unsigned i = 0; i < 1000; i++) {
        client_send(c, &(struct packet_spec){.line = CAM, .keyframe = i == 0, .marker = true});
        v->n_got = 0;
        if (i % 100 == 99) {
            uint8_t buf[64];
            struct wr w = wr_of(buf, sizeof(buf));
            b.highest_seq = v->seen_seq;
            b.cumulative_lost += (int32_t)lost;
            rtcp_write_rr(&w, 1, &b, 1);
            client_rtcp(v, &w);
            rig_run(&r, US_PER_S);
        }
    }
    uint64_t before = engine_counters(r.engine)->rtx_out;
    client_nack(v, STAGE, (uint16_t)(v->seen_seq - 3));
    return engine_counters(r.engine)->rtx_out - before;
}

/* One of twenty repairs would be lost like what it repairs. */
TEST(a_repair_goes_out_twice_where_two_of_a_hundred_are_lost) {
    REQUIRE(rig_init(&r));
    EXPECT_EQ(repairs(0), 1);
    rig_free(&r);
    REQUIRE(rig_init(&r));
    EXPECT_EQ(repairs(1), 1);
    rig_free(&r);
    REQUIRE(rig_init(&r));
    EXPECT_EQ(repairs(5), 2);
    rig_free(&r);
}
