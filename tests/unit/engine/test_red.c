/* Redundant audio (RFC 2198), from those who send it and to those who lose much. */
#include "media/feed/batch.h"
#include "tests/unit/engine/rig.h"

enum { PT_RED = 63, PT_OPUS = 111, FRAME = 960 };
enum { TOC = 15 << 3 }; /* of an Opus packet of 20 ms */

static struct rig r;

static const struct engine_counters *counters(void) {
    return engine_counters(r.engine);
}

static bool start(void) {
    if (!rig_init(&r)) {
        return false;
    }
    r.config.redundancy_percent = 3;
    rig_restart(&r);
    return true;
}

/* Somebody who understands redundancy on every audio line. */
static struct client *join(uint64_t handle) {
    struct client *c = client_new(&r, handle);
    c->params.lines[MIC].red_pt = PT_RED;
    for (unsigned i = AUDIO0; i <= AUDIO2; i++) {
        c->params.lines[i].red_pt = PT_RED;
    }
    client_join(c);
    return c;
}

static void opus(struct wr *w, const struct client *c, uint32_t number) {
    wr_u8(w, TOC);
    wr_u16(w, (uint16_t)c->params.participant);
    wr_u32(w, number);
}

/* The next packet, with the n before it. Each is one number, and one frame, after the last. */
static void say(struct client *c, unsigned n, bool drop) {
    uint8_t raw[200];
    struct wr w = wr_of(raw, sizeof(raw));
    for (unsigned i = n; i > 0; i--) {
        wr_u32(&w, 0x80000000U | PT_OPUS << 24 | i * FRAME << 10 | 7);
    }
    wr_u8(&w, PT_OPUS);
    for (unsigned i = n; i > 0; i--) {
        opus(&w, c, c->number + 1 - i);
    }
    wr_u8(&w, TOC);
    client_send(c, &(struct packet_spec){.line = MIC,
                                         .level = 30,
                                         .pt = PT_RED,
                                         .drop = drop,
                                         .raw = bytes_of(raw, wr_len(&w))});
}

static void speak(struct client *c, unsigned n, bool drop) {
    say(c, n, drop);
    rig_run(&r, 20 * US_PER_MS);
}

/* What came on this line: the numbers, in order, each as one packet after the last. */
static void expect_whole(const struct client *v, uint8_t line, uint32_t first, unsigned n) {
    unsigned k = 0;
    for (unsigned i = 0; i < v->n_got; i++) {
        const struct got *g = &v->got[i], *before = i > 0 ? &v->got[i - 1] : NULL;
        if (g->line != line) {
            continue;
        }
        EXPECT_EQ(g->number, first + k);
        EXPECT(!before || g->seq == (uint16_t)(before->seq + 1));
        EXPECT(!before || g->ts == before->ts + FRAME);
        k++;
    }
    EXPECT_EQ(k, n);
}

TEST(red_of_a_publisher_is_plain_audio_to_everybody) {
    REQUIRE(start());
    struct client *a = join(1), *v = rig_join(&r, 2);
    REQUIRE(engine_tour_tap(r.engine, r.now, TOUR, true) == OK);
    for (unsigned i = 0; i < 20; i++) {
        speak(a, i > 0, false);
    }
    expect_whole(v, AUDIO0, 1, 20);
    EXPECT(v->got[19].has_level && v->got[19].level == 30);
    EXPECT_EQ(rig_taps(&r, TAP_RTP, 1), 20);
    EXPECT(r.tap_head[r.n_taps - 1][0] == TOC);
    EXPECT_EQ(counters()->red_repaired, 0);
    rig_free(&r);
}

TEST(red_repairs_what_was_lost_before_anybody_asks) {
    REQUIRE(start());
    struct client *a = client_new(&r, 1), *v = rig_join(&r, 2);
    a->params.lines[MIC].red_pt = PT_RED;
    a->params.lines[MIC].nack = true;
    client_join(a);
    REQUIRE(engine_tour_tap(r.engine, r.now, TOUR, true) == OK);
    for (unsigned i = 0; i < 40; i++) {
        speak(a, i > 0, i % 4 == 2);
    }
    speak(a, 1, false);
    expect_whole(v, AUDIO0, 1, 41);
    EXPECT_EQ(rig_taps(&r, TAP_RTP, 1), 41);
    EXPECT_EQ(counters()->red_repaired, 10);
    EXPECT_EQ(a->n_nack, 0);
    rig_run(&r, 500 * US_PER_MS);
    EXPECT_EQ(a->rr.cumulative_lost, 10); /* it was lost all the same */
    rig_free(&r);
}

/* What is repaired counts as sent, and no packet brings more than a few: redundancy is no way
 * around the limit of packets. */
TEST(red_is_limited_like_what_it_repairs) {
    REQUIRE(start());
    r.config.police[SOURCE_MICROPHONE].packets = 20;
    rig_restart(&r);
    struct client *a = join(1), *v = rig_join(&r, 2);
    speak(a, 0, false);
    for (unsigned i = 0; i < 8; i++) {
        speak(a, 0, true);
    }
    speak(a, 8, false);
    EXPECT_EQ(counters()->red_repaired, RED_REPAIRS_MAX);
    EXPECT_EQ(client_count(v, AUDIO0), 2 + RED_REPAIRS_MAX);
    for (unsigned i = 0; i < 400; i++) { /* 12.5 a second come, and bring 37.5 */
        speak(a, i % 4 == 3 ? 3 : 0, i % 4 != 3);
    }
    EXPECT(counters()->red_repaired > 30);
    EXPECT(counters()->red_repaired <= 90); /* 7.5 a second, and the burst */
    EXPECT(counters()->drop_policed > 0);
    rig_free(&r);
}

TEST(red_of_two_blocks_repairs_two_and_a_late_packet_is_none) {
    REQUIRE(start());
    struct client *a = join(1), *v = rig_join(&r, 2);
    speak(a, 0, false);
    speak(a, 1, true);
    speak(a, 2, true);
    speak(a, 2, false);
    expect_whole(v, AUDIO0, 1, 4);
    EXPECT_EQ(counters()->red_repaired, 2);
    a->streams[MIC].next -= 3; /* the first of the two was only late */
    a->streams[MIC].ts -= 3 * FRAME;
    client_send(a, &(struct packet_spec){.line = MIC, .level = 30});
    expect_whole(v, AUDIO0, 1, 4);
    rig_free(&r);
}

TEST(red_that_repairs_much_stays_within_a_batch) {
    REQUIRE(start());
    struct client *a = join(1), *v = rig_join(&r, 2);
    speak(a, 0, false);
    r.hold = true;
    for (unsigned i = 0; i < ENGINE_BATCH_MAX; i++) {
        for (unsigned k = 0; k < 7; k++) {
            say(a, 0, true);
        }
        say(a, 7, false);
    }
    r.hold = false;
    rig_pump(&r);
    EXPECT_EQ(counters()->red_repaired, BATCH_MAX - ENGINE_BATCH_MAX);
    EXPECT_EQ(client_count(v, AUDIO0), 1 + ENGINE_BATCH_MAX + counters()->red_repaired);
    rig_free(&r);
}

TEST(red_that_is_malformed_or_of_another_codec_is_dropped) {
    static const uint8_t bad[][6] = {{0x80 | PT_OPUS, 0x0f, 0x00, 0xff, PT_OPUS, 0}, /* cut */
                                     {9, TOC, 0, 0, 0, 0}};                          /* G.722 */
    REQUIRE(start());
    struct client *a = join(1), *v = rig_join(&r, 2);
    speak(a, 0, false);
    for (unsigned i = 0; i < 2; i++) {
        client_send(a, &(struct packet_spec){.line = MIC,
                                             .pt = PT_RED,
                                             .plain = true,
                                             .raw = bytes_of(bad[i], sizeof(bad[i]))});
    }
    EXPECT_EQ(counters()->drop_rtp, 2);
    EXPECT_EQ(client_count(v, AUDIO0), 1);
    rig_free(&r);
}

TEST(red_without_agreement_is_nobodys) {
    REQUIRE(start());
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    client_audio(a, 30);
    client_send(a, &(struct packet_spec){.line = MIC, .pt = PT_RED});
    EXPECT_EQ(counters()->drop_rtp, 1);
    EXPECT_EQ(client_count(v, AUDIO0), 1);
    rig_free(&r);
}

/* ---- to viewers */

/* 5 s of speech; the viewer says of each second that it lost so much [%] of slot 0. */
static void listen(struct client *a, struct client *v, unsigned percent) {
    static uint32_t lost;
    for (unsigned s = 0; s < 5; s++) {
        for (unsigned i = 0; i < 50; i++) {
            v->n_got = v->n_got > RIG_GOT - 60 ? 0 : v->n_got;
            client_send(a, &(struct packet_spec){.line = MIC, .level = 30});
            rig_run(&r, 20 * US_PER_MS);
        }
        uint8_t buf[100];
        struct wr w = wr_of(buf, sizeof(buf));
        lost += percent / 2;
        struct rtcp_report b = {.ssrc = v->params.lines[AUDIO0].ssrc,
                                .highest_seq = client_last(v, AUDIO0)->seq,
                                .cumulative_lost = (int32_t)lost};
        rtcp_write_rr(&w, 1, &b, 1);
        client_rtcp(v, &w);
    }
}

static unsigned with_red(const struct client *v, unsigned blocks) {
    unsigned n = 0;
    for (unsigned i = 0; i < v->n_got; i++) {
        n += v->got[i].line == AUDIO0 && v->got[i].red == blocks;
    }
    return n;
}

/* Ten packets more, from which everybody's log begins. */
static void ten(struct client *a) {
    for (unsigned i = 0; i < r.n_clients; i++) {
        r.clients[i]->n_got = 0;
    }
    for (unsigned i = 0; i < 10; i++) {
        client_audio(a, 30);
        rig_run(&r, 20 * US_PER_MS);
    }
}

TEST(red_goes_to_who_loses_much_and_to_nobody_else) {
    REQUIRE(start());
    struct client *a = rig_join(&r, 1), *lossy = join(2), *well = join(3), *other = rig_join(&r, 4);
    listen(a, lossy, 0);
    ten(a);
    EXPECT_EQ(with_red(lossy, 0), 10);
    listen(a, lossy, 4);
    ten(a);
    EXPECT_EQ(with_red(lossy, 1), 10);
    listen(a, lossy, 10);
    uint64_t before = counters()->red_out;
    ten(a);
    EXPECT_EQ(counters()->red_out, before + 10);
    EXPECT_EQ(with_red(lossy, 2), 10);
    for (unsigned i = 0; i < lossy->n_got; i++) {
        const struct got *g = &lossy->got[i];
        EXPECT(g->before == g->number - 1 && g->back == FRAME && g->has_level);
    }
    EXPECT_EQ(with_red(well, 0), 10);
    EXPECT_EQ(with_red(other, 0), 10);
    for (unsigned i = 0; i < 4; i++) {
        listen(a, lossy, 0);
    }
    ten(a);
    EXPECT_EQ(with_red(lossy, 0), 10);
    rig_free(&r);
}

/* Nothing of before a silence, which is too old for the header, nor of before the slot's switch. */
TEST(red_repeats_only_what_was_said_just_before) {
    REQUIRE(start());
    struct client *a = rig_join(&r, 1), *v = join(2);
    listen(a, v, 10);
    listen(a, v, 10);
    v->n_got = 0;
    client_send(a, &(struct packet_spec){.line = MIC, .ts_step = 20 * FRAME}); /* DTX: 400 ms */
    client_audio(a, 30);
    REQUIRE(v->n_got == 2);
    EXPECT(v->got[0].red == 0 && v->got[1].red == 1);
    EXPECT_EQ(v->got[1].before, v->got[0].number);
    uint8_t dtx[] = {TOC};
    client_send(a, &(struct packet_spec){.line = MIC, .plain = true, .raw = bytes_of(dtx, 1)});
    v->n_got = 0;
    client_audio(a, 30);
    EXPECT(v->n_got == 1 && v->got[0].red == 0); /* it would repeat that there was silence */
    client_send(a, &(struct packet_spec){.line = MIC, .drop = true});
    client_audio(a, 30);
    EXPECT(v->n_got == 2 && v->got[1].red == 0); /* what was before has not come */
    rig_free(&r);
}

/* A packet that is sent again under its own index must be what it was, to the bit. */
TEST(red_is_never_sent_where_packets_are_sent_again_as_they_were) {
    REQUIRE(start());
    struct client *a = rig_join(&r, 1), *v = client_new(&r, 2);
    v->params.lines[AUDIO0].red_pt = PT_RED;
    v->params.lines[AUDIO0].nack = true;
    client_join(v);
    listen(a, v, 10);
    listen(a, v, 10);
    EXPECT_EQ(counters()->red_out, 0);
    rig_free(&r);
}

static void report(struct client *v, uint32_t high, int32_t lost) {
    uint8_t buf[100];
    struct wr w = wr_of(buf, sizeof(buf));
    struct rtcp_report b = {
        .ssrc = v->params.lines[AUDIO0].ssrc, .highest_seq = high, .cumulative_lost = lost};
    rtcp_write_rr(&w, 1, &b, 1);
    client_rtcp(v, &w);
}

/* A picture of 290 kbit/s and a voice of 80 on a path of 300: there is room for more than half of
 * the picture, with which it is shown (bwe/allocation.h), while the voice is sent once. */
TEST(red_is_paid_for_by_the_picture) {
    REQUIRE(start());
    uint8_t voice[150] = {TOC};
    struct client *a = rig_join(&r, 1), *v[2] = {join(2), rig_join(&r, 3)};
    client_video(a, CAM, true);
    for (uint32_t s = 0; s < 12; s++) {
        for (unsigned i = 0; i < 50; i++) {
            client_send(a, &(struct packet_spec){
                               .line = MIC, .level = 30, .raw = bytes_of(voice, sizeof(voice))});
            if (i % 5 < 3) { /* 30 of 50 */
                bool key = a->n_pli > 0;
                a->n_pli = 0;
                client_send(a, &(struct packet_spec){
                                   .line = CAM, .keyframe = key, .marker = true, .size = 1150});
            }
            rig_run(&r, 20 * US_PER_MS);
        }
        for (unsigned k = 0; k < 2; k++) {
            EXPECT(s != 3 || client_count(v[k], STAGE) > 20);
            EXPECT(s != 11 || client_count(v[k], AUDIO0) == 50);
            EXPECT(s != 11 || (client_count(v[k], STAGE) > 20) == (k == 1));
            const struct got *last = client_last(v[k], AUDIO0);
            uint32_t high = last ? last->seq : 0;
            v[k]->n_got = 0;
            client_remb(v[k], 300000);
            report(v[k], high, s < 4 ? 0 : (int32_t)(s - 3) * 2); /* then 4 of a hundred */
        }
    }
    EXPECT(counters()->red_out > 100);
    rig_free(&r);
}
