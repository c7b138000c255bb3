/* What clients ask for by RTCP: how much of it is looked at, and who is named for it. What honest
 * ones do is told in media/send/limit.h. */
#include "media/send/limit.h"
#include "tests/unit/engine/rig.h"

#define TIMER (20 * US_PER_MS) /* of libwebrtc's NACK list */
#define LIST_MAX 1000          /* entries in it, of one stream */
#define FCI_MAX 253            /* in one of its NACKs */
#define RETRIES 100

static struct rig r;

static const struct engine_counters *counters(void) {
    return engine_counters(r.engine);
}

/* Offences of this kind that were told of this peer. */
static unsigned named(uint64_t peer, enum media_offence kind) {
    unsigned n = 0;
    for (unsigned i = 0; i < r.n_events; i++) {
        const struct media_event *e = &r.events[i];
        n += e->type == MEDIA_OFFENCE && e->peer == peer && e->reason == kind;
    }
    return n;
}

/* n numbers that lie `step` apart, in as many NACKs as libwebrtc makes of them. */
static void ask(struct client *v, uint8_t line, uint16_t first, unsigned n, unsigned step) {
    uint16_t seqs[FCI_MAX];
    for (unsigned i = 0; i < n;) {
        uint8_t buf[1200];
        struct wr w = wr_of(buf, sizeof(buf));
        unsigned k = 0;
        for (; i < n && k < FCI_MAX; i++) {
            seqs[k++] = (uint16_t)(first + i * step);
        }
        rtcp_write_nack(&w, 1, v->params.lines[line].ssrc, seqs, k);
        client_rtcp(v, &w);
    }
    v->n_got = 0;
}

/* A picture of n packets more, of which the server gets all but `lost`. */
static void send_some(struct client *a, struct client *v, unsigned n, unsigned lost) {
    for (unsigned i = 0; i < n; i++) {
        client_send(a, &(struct packet_spec){.line = CAM, .inside = i > 0, .drop = i < lost});
        v->n_got = 0;
    }
}

/* Once it was an offence to ask for what has no answer. */
TEST(who_asks_for_what_is_lost_for_good_is_not_named) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    client_video(a, CAM, true);
    uint16_t first = (uint16_t)(v->seen_seq + 1);
    send_some(a, v, 90, 80);
    for (unsigned i = 0; i < RETRIES; i++) {
        ask(v, STAGE, first, 80, 1);
        rig_run(&r, TIMER);
    }
    EXPECT_EQ(counters()->nack_in, RETRIES * 80);
    EXPECT_EQ(counters()->rtx_out, 0);
    EXPECT_EQ(rig_count(&r, MEDIA_OFFENCE, 0), 0);
    rig_free(&r);
}

/* Its round trip is not what we think, and it does not count what it gets by RTX. */
TEST(who_asks_again_after_its_round_trip_is_not_named) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    client_video(a, CAM, true);
    send_some(a, v, 250, 0);
    for (unsigned i = 0; i < RETRIES; i++) {
        ask(v, STAGE, (uint16_t)(v->seen_seq - 199), 200, 1);
        rig_run(&r, TIMER);
    }
    EXPECT(counters()->rtx_out >= 200);
    EXPECT(counters()->nack_limited > 0);
    EXPECT_EQ(rig_count(&r, MEDIA_OFFENCE, 0), 0);
    rig_free(&r);
}

/* The path stands still for a second: what was asked meanwhile comes at once, and then it goes on.
 */
TEST(who_comes_out_of_a_stall_is_not_named) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    client_video(a, CAM, true);
    send_some(a, v, 250, 0);
    uint16_t first = (uint16_t)(v->seen_seq - 199);
    for (unsigned i = 0; i < 100; i++) {
        ask(v, STAGE, first, 200, 1);
        if (i >= 50) {
            rig_run(&r, TIMER);
        }
    }
    EXPECT_EQ(rig_count(&r, MEDIA_OFFENCE, 0), 0);
    rig_free(&r);
}

TEST(who_asks_without_a_pause_is_named_as_long_as_it_does) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    client_video(a, CAM, true);
    send_some(a, v, 100, 0);
    uint16_t first = (uint16_t)(v->seen_seq - 63);
    for (unsigned i = 0; i < 3000; i++) {
        ask(v, STAGE, first, 64, 1);
        r.now += US_PER_MS;
        if (i % 10 == 9) {
            rig_run(&r, 0);
        }
    }
    EXPECT(named(2, OFFENCE_NACK) >= 2);
    EXPECT(named(2, OFFENCE_NACK) <= 3);
    EXPECT_EQ(named(1, OFFENCE_NACK), 0);
    EXPECT_EQ(counters()->rtx_out, SEND_LIMIT_TRIES * 64);
    rig_free(&r);
}

TEST(who_asks_for_what_was_never_sent_is_named) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2), *w = rig_join(&r, 3);
    client_video(a, CAM, true);
    ask(v, STAGE, (uint16_t)(v->seen_seq + 1), 199, 3);
    EXPECT_EQ(rig_count(&r, MEDIA_OFFENCE, 0), 0);
    ask(v, STAGE, (uint16_t)(v->seen_seq + 1), 1, 1);
    EXPECT_EQ(named(2, OFFENCE_NACK), 1);
    ask(w, GALLERY1, 7, 200, 1); /* where nothing has been sent at all */
    EXPECT_EQ(named(3, OFFENCE_NACK), 1);
    EXPECT_EQ(counters()->nack_limited, 400);
    EXPECT_EQ(counters()->nack_missed, 0);
    rig_free(&r);
}

/* A libwebrtc client that has lost as much as its lists hold, of each picture it is shown, and
 * whose round trip is shorter than its timer. None of it can be repaired. */
TEST(a_burst_of_losses_on_all_slots_stays_within_the_limits) {
    REQUIRE(rig_init(&r));
    struct client *s[3] = {rig_join(&r, 1), rig_join(&r, 2), rig_join(&r, 3)};
    struct client *v = rig_join(&r, 4);
    uint16_t high[3] = {0};
    for (unsigned i = 0; i < 3; i++) {
        client_video(s[i], CAM, true);
    }
    for (unsigned i = 0; i < v->n_got; i++) {
        high[v->got[i].line - STAGE] = v->got[i].seq;
    }
    for (unsigned i = 0; i < RETRIES; i++) {
        for (unsigned k = 0; k < 3; k++) {
            ask(v, (uint8_t)(STAGE + k), (uint16_t)(high[k] - 2 * LIST_MAX), LIST_MAX, 2);
        }
        rig_run(&r, TIMER);
    }
    EXPECT(counters()->nack_in > 3 * RETRIES);
    EXPECT_EQ(counters()->rtcp_cut, 0);
    EXPECT_EQ(counters()->rtcp_policed, 0);
    EXPECT_EQ(rig_count(&r, MEDIA_OFFENCE, 0), 0);
    rig_free(&r);
}

/* As many NACKs of 17 numbers each as fit into a datagram, all for the same ones. */
static void ask_the_most(struct client *v, uint16_t first, unsigned packets) {
    uint8_t buf[1340];
    struct wr w = wr_of(buf, sizeof(buf));
    for (unsigned i = 0; i < packets; i++) {
        unsigned n = 300 / packets;
        wr_u16(&w, 0x8000 | RTCP_FMT_NACK << 8 | RTCP_RTPFB);
        wr_u16(&w, (uint16_t)(2 + n));
        wr_u32(&w, 1);
        wr_u32(&w, v->params.lines[STAGE].ssrc);
        for (unsigned k = 0; k < n; k++) {
            wr_u16(&w, first);
            wr_u16(&w, 0xffff);
        }
    }
    client_rtcp(v, &w);
}

TEST(a_datagram_is_looked_at_for_so_long_only) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    client_video(a, CAM, true);
    send_some(a, v, 100, 0);
    uint16_t first = (uint16_t)(v->seen_seq - 50);
    ask_the_most(v, first, 1);
    EXPECT_EQ(counters()->nack_in, 1024 / 17 * 17);
    EXPECT_EQ(counters()->rtcp_cut, 1);
    ask_the_most(v, first, 10); /* in as many packets as one likes */
    EXPECT_EQ(counters()->nack_in, 2 * (1024 / 17 * 17));
    EXPECT_EQ(counters()->rtcp_cut, 2);
    EXPECT_EQ(counters()->drop_rtcp, 0);
    rig_free(&r);
}

/* Feedbacks of which each calls 65535 packets lost, as many as fit into a datagram. */
static void report_the_most(struct client *v) {
    uint8_t buf[1340];
    struct wr w = wr_of(buf, sizeof(buf));
    for (unsigned i = 0; i < 30; i++) {
        wr_u16(&w, 0x8000 | RTCP_FMT_TWCC << 8 | RTCP_RTPFB);
        wr_u16(&w, 9);
        wr_u32(&w, 1);
        wr_u32(&w, v->params.lines[STAGE].ssrc);
        wr_u16(&w, 0);
        wr_u16(&w, UINT16_MAX);
        wr_u32(&w, i);
        for (unsigned k = 0; k < 10; k++) {
            wr_u16(&w, k < 9 ? 0x1fff : 0);
        }
    }
    client_rtcp(v, &w);
}

TEST(feedback_is_looked_at_for_so_long_only) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = client_new(&r, 2), *w = rig_join(&r, 3);
    v->params.lines[STAGE].twcc = true;
    v->params.lines[STAGE].ext.id[RTP_EXT_TWCC] = 3;
    client_join(v);
    client_video(a, CAM, true);
    report_the_most(v);
    EXPECT_EQ(counters()->twcc_in, 2);
    EXPECT_EQ(counters()->rtcp_cut, 1);
    report_the_most(w); /* who has agreed to none is not heard */
    EXPECT_EQ(counters()->twcc_in, 2);
    EXPECT_EQ(counters()->rtcp_cut, 2);
    EXPECT_EQ(counters()->drop_rtcp, 2);
    for (unsigned i = 0; i < 200; i++) {
        report_the_most(v);
    }
    EXPECT(named(2, OFFENCE_RTCP) == 0); /* 200 times 2048 are within a second's */
    for (unsigned i = 0; i < 1000; i++) {
        report_the_most(v);
    }
    rig_run(&r, US_PER_S);
    EXPECT(named(2, OFFENCE_RTCP) > 0);
    rig_free(&r);
}

TEST(requests_of_a_session_are_limited_and_it_is_named) {
    REQUIRE(rig_init(&r));
    r.config.rtcp_requests = 2000;
    rig_restart(&r);
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2), *w = rig_join(&r, 3);
    client_video(a, CAM, true);
    send_some(a, v, 100, 0);
    for (unsigned i = 0; i < 300; i++) { /* 30000 a second, and key frames */
        ask_the_most(v, (uint16_t)(v->seen_seq - 50), 1);
        client_pli(v, STAGE);
        v->n_got = 0;
        rig_run(&r, 10 * US_PER_MS);
    }
    EXPECT(counters()->nack_in + counters()->pli_in > 4 * 2000 - 1000);
    EXPECT(counters()->nack_in + counters()->pli_in <= 4 * 2000);
    EXPECT(counters()->rtcp_cut >= 290);
    EXPECT(named(2, OFFENCE_RTCP) >= 2 && named(2, OFFENCE_RTCP) <= 3);
    unsigned asked = (unsigned)counters()->pli_in;
    client_pli(w, STAGE); /* the others have their own */
    EXPECT_EQ(counters()->pli_in, asked + 1);
    EXPECT_EQ(rig_count(&r, MEDIA_OFFENCE, 1) + rig_count(&r, MEDIA_OFFENCE, 3), 0);
    rig_free(&r);
}

TEST(rtcp_of_a_session_is_limited_and_it_is_named) {
    REQUIRE(rig_init(&r));
    r.config.rtcp_packets = 300;
    rig_restart(&r);
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    client_video(a, CAM, true);
    for (unsigned i = 0; i < 3000; i++) {
        uint8_t buf[64];
        struct wr w = wr_of(buf, sizeof(buf));
        rtcp_write_rr(&w, 1, NULL, 0);
        client_rtcp(v, &w);
        if (i % 10 == 9) {
            client_pli(a, STAGE);
            rig_run(&r, 10 * US_PER_MS);
        }
    }
    EXPECT(counters()->rtcp_policed >= 3000 - 4 * 300);
    EXPECT(counters()->rtcp_policed <= 3000 - 3 * 300);
    EXPECT(named(2, OFFENCE_RTCP) >= 2 && named(2, OFFENCE_RTCP) <= 3);
    EXPECT_EQ(rig_count(&r, MEDIA_OFFENCE, 1), 0);
    EXPECT_EQ(rig_count(&r, MEDIA_PEER_GONE, 2), 0);
    rig_free(&r);
}

/* A session has room for some hundred SSRCs; who has used them up goes on being named, although its
 * packets are not even opened any more. */
TEST(who_floods_with_ssrcs_is_named_as_long_as_it_does) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    client_video(a, CAM, true);
    for (uint32_t i = 0; i < 4000; i++) {
        client_send(a, &(struct packet_spec){.line = CAM, .ssrc = 5000 + i});
        if (i % 10 == 9) {
            rig_run(&r, 10 * US_PER_MS);
        }
    }
    EXPECT(named(1, OFFENCE_RTP) >= 3 && named(1, OFFENCE_RTP) <= 4);
    client_video(a, CAM, true); /* what it may send goes on */
    EXPECT_EQ(client_count(v, STAGE), 2);
    /* And who has no keys at all blackens nobody. */
    uint8_t forged[200] = {0x80, 96};
    for (uint32_t i = 0; i < 1000; i++) {
        put_be32(forged + 8, 70000 + i);
        rig_send(&r, &v->addr, forged, sizeof(forged));
    }
    EXPECT_EQ(rig_count(&r, MEDIA_OFFENCE, 2), 0);
    rig_free(&r);
}
