/* What a viewer's path carries decides what it gets: layers, a pause, and the way back. */
#include "base/reception.h"
#include "tests/unit/engine/rig.h"

enum { HIGH, MIDDLE, LOW };

static struct rig r;

static const uint16_t sizes[3] = {1150, 450, 120}; /* [bytes] of a frame, one packet */

/* 30 frames a second of three layers: 288, 120 and 40 kbit/s with what a packet has around it. Key
 * frames where they were asked for. */
static void film(struct client *c, us_t duration) {
    static uint32_t asked[3];
    for (us_t t = 0; t < duration; t += 33 * US_PER_MS) {
        for (uint8_t i = 3; i-- > 0;) {
            bool key = c->n_pli > 0 && c->pli_ssrc == client_stream(c, CAM, i)->ssrc;
            c->pli_ssrc = key ? 0 : c->pli_ssrc;
            asked[i] += key;
            client_send(
                c, &(struct packet_spec){
                       .line = CAM, .layer = i, .keyframe = key, .marker = true, .size = sizes[i]});
        }
        rig_run(&r, 33 * US_PER_MS);
    }
}

static bool begin(struct client **c, struct client **v) {
    if (!rig_init(&r)) {
        return false;
    }
    *c = client_new(&r, 1);
    client_simulcast(*c);
    client_join(*c);
    *v = rig_join(&r, 2);
    for (uint8_t i = 3; i-- > 0;) {
        client_send(
            *c, &(struct packet_spec){
                    .line = CAM, .layer = i, .keyframe = true, .marker = true, .size = sizes[i]});
    }
    film(*c, 2 * US_PER_S);
    return true;
}

/* The layer of what came last on the stage: each third packet the sender makes is of one layer. */
static int last_layer(const struct client *v, unsigned phase) {
    const struct got *g = client_last(v, STAGE);
    return g ? (int)((g->number + phase) % 3) : -1;
}

/* Forget what came, film, and count what comes on the stage. */
static unsigned watch(struct client *c, struct client *v, us_t duration) {
    v->n_got = 0;
    film(c, duration);
    return client_count(v, STAGE);
}

TEST(a_viewer_gets_the_layer_that_its_path_carries) {
    struct client *c, *v;
    REQUIRE(begin(&c, &v));
    unsigned phase = (3 - client_last(v, STAGE)->number % 3) % 3; /* it gets the largest */
    EXPECT_EQ(last_layer(v, phase), 0);
    unsigned plis = c->n_pli;
    client_remb(v, 200000);
    (void)watch(c, v, 2 * US_PER_S);
    EXPECT_EQ(client_stream(c, CAM, MIDDLE)->ssrc != 0, true);
    EXPECT_EQ(last_layer(v, phase), 2); /* made as low, middle, high */
    EXPECT_EQ(c->n_pli, plis + 1);
    client_remb(v, 62000);
    (void)watch(c, v, 2 * US_PER_S);
    EXPECT_EQ(last_layer(v, phase), 1);
    client_remb(v, 1000000);
    unsigned n = watch(c, v, 3 * US_PER_S);
    EXPECT_EQ(last_layer(v, phase), 0);
    EXPECT(n >= 85); /* no frame is missing at a switch */
    EXPECT_EQ(rig_count(&r, MEDIA_SLOT_CHANGED, 2), 1);
    rig_free(&r);
}

/* A larger picture that its path did not carry for long is not tried again at once, unless the path
 * has become clearly better. */
TEST(a_larger_picture_in_vain_is_not_tried_again_at_once) {
    struct client *c, *v;
    REQUIRE(begin(&c, &v));
    unsigned phase = (3 - client_last(v, STAGE)->number % 3) % 3;
    client_remb(v, 200000);
    (void)watch(c, v, 2 * US_PER_S);
    EXPECT_EQ(last_layer(v, phase), 2); /* the middle one */
    client_remb(v, 400000);
    (void)watch(c, v, 2 * US_PER_S);
    EXPECT_EQ(last_layer(v, phase), 0); /* the largest */
    client_remb(v, 250000);
    (void)watch(c, v, US_PER_S);
    EXPECT_EQ(last_layer(v, phase), 2);
    client_remb(v, 400000);
    (void)watch(c, v, US_PER_S / 2);
    EXPECT_EQ(last_layer(v, phase), 2);
    (void)watch(c, v, 2 * US_PER_S);
    EXPECT_EQ(last_layer(v, phase), 0); /* two seconds later */
    client_remb(v, 250000);
    (void)watch(c, v, US_PER_S);
    client_remb(v, 400000);
    (void)watch(c, v, 2 * US_PER_S);
    EXPECT_EQ(last_layer(v, phase), 2); /* four, this time */
    client_remb(v, 520000);
    (void)watch(c, v, US_PER_S);
    EXPECT_EQ(last_layer(v, phase), 0);
    rig_free(&r);
}

/* What the viewer was told last of its stage. */
static const struct media_event *last_slot(const struct client *v) {
    static const struct media_event none;
    const struct media_event *last = &none;
    for (unsigned i = 0; i < r.n_events; i++) {
        const struct media_event *e = &r.events[i];
        bool of_stage = strcmp(e->mid, v->params.lines[STAGE].mid) == 0;
        last = e->type == MEDIA_SLOT_CHANGED && e->peer == 2 && of_stage ? e : last;
    }
    return last;
}

/* What was told last of how a viewer receives. */
static int reception_told(uint64_t peer) {
    int is = -1;
    for (size_t i = 0; i < r.n_events; i++) {
        const struct media_event *e = &r.events[i];
        is = e->type == MEDIA_RECEPTION && e->peer == peer ? e->reason : is;
    }
    return is;
}

/* Of a camera in one size, 290 kbit/s. */
static void picture(struct client *c, bool keyframe) {
    client_send(
        c, &(struct packet_spec){.line = CAM, .keyframe = keyframe, .marker = true, .size = 1150});
}

static void film_one_size(struct client *c) {
    for (unsigned i = 0; i < 60; i++) {
        picture(c, false);
        rig_run(&r, 33 * US_PER_MS);
    }
}

/* A single stream that does not fit at all is not sent, and comes back with a key frame. */
TEST(what_does_not_fit_is_paused) {
    REQUIRE(rig_init(&r));
    struct client *c = rig_join(&r, 1), *v = rig_join(&r, 2);
    client_video(c, CAM, true);
    film_one_size(c);
    client_remb(v, 100000); /* of 290 kbit/s */
    film_one_size(c);
    film_one_size(c); /* 4 s, of which three are endured */
    rig_run(&r, US_PER_S);
    v->n_got = 0;
    unsigned plis = c->n_pli;
    film_one_size(c);
    EXPECT_EQ(client_count(v, STAGE), 0);
    EXPECT(last_slot(v)->paused); /* the viewer is told why */
    EXPECT_EQ(last_slot(v)->participant, 1);
    EXPECT_EQ(c->n_pli, plis); /* nobody asks for what cannot be shown */
    film_one_size(c);
    EXPECT_EQ(reception_told(2), RECEPTION_POOR);
    client_remb(v, 1000000);
    for (unsigned i = 0; i < 30; i++) {
        bool key = c->n_pli > plis;
        plis = c->n_pli;
        picture(c, key);
        rig_run(&r, 33 * US_PER_MS);
    }
    EXPECT(client_count(v, STAGE) >= 10);
    EXPECT(v->got[0].keyframe);
    EXPECT(!last_slot(v)->paused);
    EXPECT_EQ(last_slot(v)->participant, 1);
    EXPECT_EQ(rig_count(&r, MEDIA_SLOT_CHANGED, 2), 3);
    rig_free(&r);
}

/* The key frame that ends a pause costs more than to wait for a queue to go. */
TEST(a_moment_of_too_little_pauses_nothing) {
    REQUIRE(rig_init(&r));
    struct client *c = rig_join(&r, 1), *v = rig_join(&r, 2);
    client_video(c, CAM, true);
    film_one_size(c);
    unsigned told = rig_count(&r, MEDIA_SLOT_CHANGED, 2), plis = c->n_pli;
    v->n_got = 0;
    for (unsigned k = 0; k < 4; k++) { /* and each moment is a new one */
        client_remb(v, 100000);
        for (unsigned i = 0; i < 30; i++) {
            picture(c, false);
            rig_run(&r, 33 * US_PER_MS);
        }
        client_remb(v, 1000000);
        film_one_size(c);
    }
    EXPECT_EQ(client_count(v, STAGE), 4 * 90);
    EXPECT_EQ(rig_count(&r, MEDIA_SLOT_CHANGED, 2), told);
    EXPECT_EQ(c->n_pli, plis);
    rig_free(&r);
}

/* Feedback about what was never sent, or nonsense, changes nothing but a counter. */
TEST(feedback_that_is_none_is_dropped) {
    REQUIRE(rig_init(&r));
    struct client *v = rig_join(&r, 2);
    uint8_t buf[64];
    struct wr w = wr_of(buf, sizeof(buf));
    uint64_t dropped = engine_counters(r.engine)->drop_rtcp;
    wr_u16(&w, 0x8000 | RTCP_FMT_TWCC << 8 | RTCP_RTPFB);
    wr_u16(&w, 5);
    wr_u32(&w, 1);
    wr_u32(&w, v->params.lines[STAGE].ssrc);
    wr_u16(&w, 10);
    wr_u16(&w, 4000); /* packets, in no chunk */
    wr_u32(&w, 0);
    wr_u32(&w, 0);
    client_rtcp(v, &w);
    EXPECT_EQ(engine_counters(r.engine)->drop_rtcp, dropped + 1);
    EXPECT_EQ(engine_counters(r.engine)->twcc_in, 0);
    rig_free(&r);
}

/* Changes of mind within a datagram or within milliseconds: a client does not have its page told of
 * each, and in the end what it said last is obeyed. */
TEST(who_changes_its_mind_all_the_time_is_followed_slowly) {
    REQUIRE(rig_init(&r));
    struct client *c = rig_join(&r, 1), *v = rig_join(&r, 2);
    client_video(c, CAM, true);
    film_one_size(c);
    v->n_got = 0;
    unsigned told = rig_count(&r, MEDIA_SLOT_CHANGED, 2), plis = c->n_pli;
    for (unsigned i = 0; i < 200; i++) {
        uint8_t buf[1200];
        struct wr w = wr_of(buf, sizeof(buf));
        for (unsigned k = 0; k < 40; k++) {
            rtcp_write_remb(&w, 1, (i + k) % 2 ? 60000 : 10000000, NULL, 0);
        }
        client_rtcp(v, &w);
        if (i % 3 == 0) {
            picture(c, false);
        }
        rig_run(&r, 10 * US_PER_MS);
    }
    EXPECT(rig_count(&r, MEDIA_SLOT_CHANGED, 2) <= told + 5);
    EXPECT(c->n_pli <= plis + 3);
    client_remb(v, 60000);
    film_one_size(c);
    film_one_size(c);
    EXPECT(last_slot(v)->paused);
    client_remb(v, 10000000);
    picture(c, false);
    rig_run(&r, 600 * US_PER_MS);
    EXPECT(!last_slot(v)->paused);
    rig_free(&r);
}

/* A share with temporal layers keeps its size and loses frames, without a key frame and without a
 * gap. */
TEST(a_share_becomes_slower_and_not_smaller) {
    REQUIRE(rig_init(&r));
    struct client *c = rig_join(&r, 1), *v = rig_join(&r, 2);
    for (unsigned i = 0; i < 240; i++) {
        client_share(c, i, i == 0);
        rig_run(&r, 33 * US_PER_MS);
        if (i == 100) {
            client_remb(v, 100000); /* of 290 kbit/s; the lowest layer takes 72 */
        }
        if (i == 180) {
            client_remb(v, 1000000);
        }
        if (i == 103 || i == 204) {
            v->n_got = 0;
        }
        if (i == 183) {
            EXPECT_EQ(client_count(v, STAGE), 20); /* each fourth */
        }
    }
    EXPECT_EQ(client_count(v, STAGE), 35);
    EXPECT_EQ(c->n_pli, 0);
    client_runs_on(v, STAGE, 90000);
    rig_free(&r);
}

/* A key frame does not stand in the way of speech: it goes out at two and a half times the rate, in
 * order and whole, and what comes after it behind it. */
TEST(a_large_picture_lets_speech_pass) {
    REQUIRE(rig_init(&r));
    struct client *c = rig_join(&r, 1), *v = rig_join(&r, 2);
    client_audio(c, 20);
    for (unsigned i = 0; i < 60; i++) { /* 100 kbit/s */
        client_send(
            c, &(struct packet_spec){.line = CAM, .keyframe = i == 0, .marker = true, .size = 350});
        rig_run(&r, 33 * US_PER_MS);
    }
    client_remb(v, 300000);
    rig_run(&r, US_PER_S);
    v->n_got = 0;
    for (unsigned i = 0; i < 50; i++) { /* 55 kB */
        client_send(
            c,
            &(struct packet_spec){
                .line = CAM, .keyframe = i == 0, .inside = i > 0, .marker = i == 49, .size = 1050});
    }
    unsigned at_once = client_count(v, STAGE);
    EXPECT(at_once >= 10 && at_once <= 16);
    client_audio(c, 20);
    EXPECT_EQ(client_count(v, AUDIO0), 1); /* it did not wait */
    rig_run(&r, 200 * US_PER_MS);          /* 450 kbit/s are 11.25 kB */
    unsigned soon = client_count(v, STAGE);
    EXPECT(soon >= at_once + 8 && soon <= at_once + 13);
    client_send(c, &(struct packet_spec){.line = CAM, .marker = true, .size = 350});
    EXPECT_EQ(client_count(v, STAGE), soon);
    rig_run(&r, 800 * US_PER_MS);
    EXPECT_EQ(client_count(v, STAGE), 51);
    const struct got *last = NULL;
    for (unsigned i = 0; i < v->n_got; i++) {
        const struct got *g = &v->got[i];
        if (g->line == STAGE) {
            EXPECT(!last || g->seq == (uint16_t)(last->seq + 1));
            EXPECT(!last || g->number > last->number);
            last = g;
        }
    }
    rig_free(&r);
}

/* Who falls behind for more than a second and a half begins anew at a key frame. */
TEST(a_viewer_that_is_a_second_behind_begins_anew) {
    REQUIRE(rig_init(&r));
    struct client *c = rig_join(&r, 1), *v = rig_join(&r, 2);
    for (unsigned i = 0; i < 60; i++) {
        client_send(
            c, &(struct packet_spec){.line = CAM, .keyframe = i == 0, .marker = true, .size = 350});
        rig_run(&r, 33 * US_PER_MS);
    }
    client_remb(v, 110000);
    rig_run(&r, 600 * US_PER_MS);
    for (unsigned i = 0; i < 90; i++) { /* 75 kB at 138 kbit/s are more than four seconds */
        client_send(
            c,
            &(struct packet_spec){
                .line = CAM, .keyframe = i == 0, .inside = i > 0, .marker = i == 89, .size = 750});
    }
    unsigned plis = c->n_pli;
    rig_run(&r, 1800 * US_PER_MS);
    EXPECT_EQ(engine_counters(r.engine)->given_up, 1);
    EXPECT_EQ(c->n_pli, plis + 1);
    client_remb(v, 2000000);
    v->n_got = 0;
    client_send(c, &(struct packet_spec){.line = CAM, .marker = true, .size = 350});
    EXPECT_EQ(client_count(v, STAGE), 0);
    rig_run(&r, US_PER_S);
    client_video(c, CAM, true);
    EXPECT_EQ(client_count(v, STAGE), 1);
    rig_free(&r);
}

/* What came on the stage follows without a gap in its numbers. */
static void expect_no_gap(const struct client *v) {
    const struct got *last = NULL;
    for (unsigned i = 0; i < v->n_got; i++) {
        const struct got *g = &v->got[i];
        if (g->line == STAGE && !g->rtx) {
            EXPECT(!last || g->seq == (uint16_t)(last->seq + 1));
            last = g;
        }
    }
}

/* A key frame that has come into what waits is as good as one that would be asked for, and is here:
 * from a slow encoder another one takes seconds. */
TEST(a_viewer_that_is_a_second_behind_goes_on_at_a_key_frame_that_waits) {
    REQUIRE(rig_init(&r));
    struct client *c = rig_join(&r, 1), *v = rig_join(&r, 2);
    for (unsigned i = 0; i < 60; i++) {
        client_send(
            c, &(struct packet_spec){.line = CAM, .keyframe = i == 0, .marker = true, .size = 350});
        rig_run(&r, 33 * US_PER_MS);
    }
    client_remb(v, 110000);
    rig_run(&r, 600 * US_PER_MS);
    for (unsigned i = 0; i < 90; i++) { /* more than four seconds */
        client_send(
            c,
            &(struct packet_spec){
                .line = CAM, .keyframe = i == 0, .inside = i > 0, .marker = i == 89, .size = 750});
    }
    rig_run(&r, 1200 * US_PER_MS);
    client_send(c,
                &(struct packet_spec){.line = CAM, .keyframe = true, .marker = true, .size = 350});
    unsigned plis = c->n_pli;
    EXPECT(client_last(v, STAGE)->number < c->number);
    rig_run(&r, 600 * US_PER_MS);
    EXPECT_EQ(engine_counters(r.engine)->given_up, 0);
    EXPECT_EQ(c->n_pli, plis);
    EXPECT_EQ(client_last(v, STAGE)->number, c->number);
    expect_no_gap(v);
    client_send(c, &(struct packet_spec){.line = CAM, .marker = true, .size = 350});
    rig_run(&r, 100 * US_PER_MS);
    EXPECT_EQ(client_last(v, STAGE)->number, c->number);
    rig_free(&r);
}

/* A repair of what is left out so comes when all of it is: the stream does not begin with that. */
TEST(a_viewer_that_goes_on_at_a_key_frame_does_not_begin_with_a_repair) {
    REQUIRE(rig_init(&r));
    struct client *c = rig_join(&r, 1), *v = rig_join(&r, 2);
    uint16_t lost[170];
    unsigned n = 0, sent = 0;
    for (unsigned i = 0; i < 60; i++) {
        client_send(
            c, &(struct packet_spec){.line = CAM, .keyframe = i == 0, .marker = true, .size = 350});
        rig_run(&r, 33 * US_PER_MS);
    }
    client_remb(v, 110000);
    rig_run(&r, 600 * US_PER_MS);
    for (unsigned i = 0; i < 240; i++) {
        struct packet_spec p = {
            .line = CAM, .keyframe = i == 0, .inside = i > 0, .marker = i == 239, .size = 750};
        p.drop = i >= 60 && i < 230;
        uint16_t seq = client_send(c, &p);
        if (p.drop) {
            lost[n++] = seq;
        }
    }
    rig_run(&r, 1200 * US_PER_MS);
    client_send(c,
                &(struct packet_spec){.line = CAM, .keyframe = true, .marker = true, .size = 350});
    uint32_t number = c->number;
    for (; sent < n; sent++) {
        rig_run(&r, 3 * US_PER_MS);
        client_send_rtx(c, CAM, lost[sent], 4711);
    }
    rig_run(&r, 600 * US_PER_MS);
    EXPECT_EQ(client_last(v, STAGE)->number, number);
    expect_no_gap(v);
    rig_free(&r);
}

/* The encoder is slow. Once the large picture was asked for anew, and filled the path again; then
 * it went on with all missing that had waited for too long. */
TEST(who_is_behind_and_waits_for_a_smaller_picture_begins_anew_with_that) {
    struct client *c, *v;
    REQUIRE(begin(&c, &v));
    EXPECT_EQ(watch(c, v, US_PER_S), 31);
    c->pli_ssrc = 0;
    unsigned before = c->n_pli;
    client_remb(v, 70000);
    for (unsigned i = 0; i < 120; i++) {
        for (uint8_t k = 3; k-- > 0;) {
            client_send(c, &(struct packet_spec){
                               .line = CAM, .layer = k, .marker = true, .size = sizes[k]});
        }
        rig_run(&r, 33 * US_PER_MS);
        EXPECT(c->pli_ssrc == 0 || c->pli_ssrc == client_stream(c, CAM, LOW)->ssrc);
    }
    EXPECT_EQ(engine_counters(r.engine)->given_up, 1);
    EXPECT(c->n_pli >= before + 3);
    expect_no_gap(v);
    v->n_got = 0;
    for (uint8_t k = 0; k < 3; k++) {
        client_send(
            c, &(struct packet_spec){
                   .line = CAM, .layer = k, .keyframe = true, .marker = true, .size = sizes[k]});
    }
    EXPECT_EQ(client_count(v, STAGE), 1);
    EXPECT_EQ(client_last(v, STAGE)->number, c->number);
    rig_free(&r);
}

static void layer(struct client *c, uint8_t i, bool key) {
    client_send(c, &(struct packet_spec){
                       .line = CAM, .layer = i, .keyframe = key, .marker = true, .size = sizes[i]});
}

/* Once it waited for the path to be free, and what it was to end went on, and kept it full. */
TEST(a_picture_that_is_awaited_does_not_wait_behind_the_one_before_it) {
    struct client *c, *v;
    REQUIRE(begin(&c, &v));
    client_remb(v, 70000);
    rig_run(&r, 200 * US_PER_MS);
    EXPECT_EQ(c->pli_ssrc, client_stream(c, CAM, LOW)->ssrc);
    do { /* more than the path takes now */
        layer(c, HIGH, false);
    } while (client_last(v, STAGE)->number == c->number);
    uint32_t high = c->number;
    while (client_last(v, STAGE)->number != high) {
        rig_run(&r, 5 * US_PER_MS);
    }
    layer(c, LOW, true);
    EXPECT_EQ(client_last(v, STAGE)->number, high + 1);
    layer(c, HIGH, false);
    layer(c, LOW, false); /* this one waits */
    EXPECT_EQ(client_last(v, STAGE)->number, high + 1);
    rig_run(&r, 300 * US_PER_MS);
    EXPECT_EQ(client_last(v, STAGE)->number, high + 3);
    rig_free(&r);
}

/* 20 frames a second for a while, of which each fourth is lost: on the way to the server, or on the
 * way to a viewer without transport-wide numbers, who counts both. */
static uint64_t rate_after_loss(bool upstream) {
    struct peer_stats stats = {0};
    struct client *c = rig_join(&r, 1), *v = rig_join(&r, 2);
    struct rtcp_report b = {.ssrc = v->params.lines[STAGE].ssrc};
    for (unsigned i = 0; i < 400; i++) {
        bool lost = i % 4 == 3;
        client_send(c, &(struct packet_spec){.line = CAM,
                                             .keyframe = i == 0,
                                             .marker = true,
                                             .size = 1150,
                                             .drop = lost && upstream});
        rig_run(&r, 50 * US_PER_MS);
        b.highest_seq = v->seen_seq;
        b.cumulative_lost += lost;
        v->n_got = 0;
        if (i % 40 == 39) {
            uint8_t buf[64];
            struct wr w = wr_of(buf, sizeof(buf));
            rtcp_write_rr(&w, 1, &b, 1);
            client_rtcp(v, &w);
        }
        if (i == 60) {
            client_remb(v, 2000000);
        }
    }
    EXPECT_EQ(engine_peer_stats(r.engine, 2, &stats), OK);
    return stats.rate;
}

TEST(what_was_lost_on_the_way_here_is_not_the_viewers_loss) {
    REQUIRE(rig_init(&r));
    uint64_t on_its_way = rate_after_loss(false);
    rig_free(&r);
    REQUIRE(rig_init(&r));
    uint64_t before_us = rate_after_loss(true);
    EXPECT(on_its_way < 1000000);
    EXPECT_EQ(before_us, 2000000);
    rig_free(&r);
}

TEST(how_a_viewer_receives_is_told_when_it_has_lasted) {
    struct client *c, *v;
    REQUIRE(begin(&c, &v));
    client_remb(v, 200000); /* a smaller picture than there is */
    film(c, 2 * US_PER_S);
    EXPECT_EQ(reception_told(2), -1);
    film(c, 2 * US_PER_S);
    EXPECT_EQ(reception_told(2), RECEPTION_FAIR);
    client_remb(v, 1000000);
    film(c, 8 * US_PER_S);
    EXPECT_EQ(reception_told(2), RECEPTION_FAIR);
    film(c, 6 * US_PER_S);
    EXPECT_EQ(reception_told(2), RECEPTION_GOOD);
    client_remb(v, 200000);
    film(c, 2 * US_PER_S);
    client_remb(v, 1000000); /* a moment is no news */
    film(c, 4 * US_PER_S);
    EXPECT_EQ(rig_count(&r, MEDIA_RECEPTION, 2), 2);
    EXPECT_EQ(rig_count(&r, MEDIA_RECEPTION, 1), 0); /* who shows, receives nothing */
    rig_free(&r);
}
