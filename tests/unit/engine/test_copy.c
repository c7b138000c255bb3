/* One tour that spreads to other workers: what these are given of its pictures. */
#include "base/check.h"
#include "tests/unit/engine/rig.h"

#define WORKERS 3
#define FRAME (33 * US_PER_MS)

static struct {
    struct rig rig[WORKERS];
    uint64_t span;          /* workers (bits) that have the tour */
    unsigned lose;          /* bits of relay_type: messages that find no room */
    unsigned lose_nth;      /* and of RELAY_KEPT this one, from 1 */
    unsigned kept[WORKERS]; /* messages of RELAY_KEPT to each, */
    unsigned last[WORKERS]; /* and those that said that they were the last */
    unsigned asked;         /* RELAY_KEY */
    unsigned most;          /* of RELAY_KEPT in one drain */
    bool live_first;        /* none of them went before another message */
} w;

static bool is_lost(const struct relay *m) {
    unsigned sent = m->type == RELAY_KEPT ? w.kept[1] + w.kept[2] : 0;
    return (w.lose & 1u << m->type) || (sent && sent == w.lose_nth);
}

static void carry(const struct relay *m) {
    w.kept[m->to] += m->type == RELAY_KEPT;
    w.last[m->to] += m->type == RELAY_KEPT && m->on;
    w.asked += m->type == RELAY_KEY;
    if (is_lost(m)) {
        packet_unref(relay_carries(m));
        return;
    }
    engine_relay_input(w.rig[m->to].engine, w.rig[m->to].now, m);
    rig_pump(&w.rig[m->to]);
}

/* Carry everything that one of them has. */
static bool drain(struct rig *from) {
    struct relay m;
    unsigned kept = 0;
    bool any = false;
    while (engine_relay(from->engine, &m)) {
        w.live_first = w.live_first && (m.type == RELAY_KEPT || kept == 0);
        kept += m.type == RELAY_KEPT;
        carry(&m);
        any = true;
    }
    w.most = kept > w.most ? kept : w.most;
    return any;
}

static void exchange(void) {
    bool any;
    do {
        any = false;
        for (unsigned i = 0; i < WORKERS; i++) {
            rig_pump(&w.rig[i]);
            any = drain(&w.rig[i]) || any;
        }
    } while (any);
}

static void run(us_t duration) {
    for (us_t left = duration; left > 0; left -= US_PER_MS) {
        for (unsigned i = 0; i < WORKERS; i++) {
            rig_run(&w.rig[i], US_PER_MS);
        }
        exchange();
    }
}

/* Somebody sends on the first worker, which has the tour alone. */
static struct client *begin(us_t gop_age) {
    memset(&w, 0, sizeof(w));
    for (unsigned i = 0; i < WORKERS; i++) {
        CHECK(rig_init(&w.rig[i]));
        w.rig[i].config.worker = i;
        w.rig[i].config.gop_age = gop_age;
        w.rig[i].config.gop_bytes = 4u << 20;
        w.rig[i].config.cache_packets = 1024;
        rig_restart(&w.rig[i]);
    }
    w.span = 1;
    w.live_first = true;
    return rig_join(&w.rig[0], 1);
}

static void done(void) {
    for (unsigned i = 0; i < WORKERS; i++) {
        w.rig[i].engine = engine_free(w.rig[i].engine); /* each holds packets of others' pools */
    }
    for (unsigned i = 0; i < WORKERS; i++) {
        rig_free(&w.rig[i]);
    }
}

/* Orders of control: the tour is on these workers (bits), too. */
static void span(uint64_t workers, unsigned home) {
    w.span |= workers;
    for (unsigned i = WORKERS; i-- > 0;) {
        if (w.span & 1u << i) {
            uint64_t others = w.span & ~(1ull << i);
            EXPECT_EQ(engine_tour_span(w.rig[i].engine, w.rig[i].now, TOUR, home, others), OK);
        }
    }
}

static void frames(struct client *a, unsigned n) {
    for (unsigned i = 0; i < n; i++) {
        run(FRAME);
        client_video(a, CAM, false);
        exchange();
    }
}

/* Packets of one picture after another, without time in between. */
static void burst(struct client *a, unsigned n) {
    for (unsigned i = 0; i < n; i++) {
        client_video(a, CAM, false);
        exchange();
    }
}

static const struct engine_counters *counters(unsigned worker) {
    return engine_counters(w.rig[worker].engine);
}

/* The whole picture, from a key frame on, up to what was sent last. */
static void expect_picture(const struct client *v, unsigned n) {
    const struct got *before = NULL;
    for (unsigned i = 0; i < v->n_got; i++) {
        const struct got *g = &v->got[i];
        if (g->line != STAGE || g->rtx) {
            continue;
        }
        EXPECT(before || g->keyframe);
        EXPECT(!before || g->seq == (uint16_t)(before->seq + 1));
        EXPECT(!before || ts32_newer(g->ts, before->ts));
        before = g;
    }
    EXPECT_EQ(client_count(v, STAGE), n);
}

TEST(the_first_viewer_on_a_new_worker_gets_a_picture_at_once) {
    struct client *a = begin(10 * US_PER_S);
    client_video(a, CAM, true);
    frames(a, 100);
    span(2, 0);
    exchange();
    run(5 * US_PER_MS);
    struct client *v = rig_join(&w.rig[1], 2);
    run(20 * US_PER_MS);
    expect_picture(v, 101);
    frames(a, 5);
    expect_picture(v, 106);
    EXPECT_EQ(a->n_pli, 0);
    EXPECT_EQ(w.asked, 0);
    EXPECT_EQ(w.kept[1], 101);
    EXPECT_EQ(counters(1)->kept_in, 1);
    EXPECT_EQ(counters(1)->replays, 1);
    REQUIRE(v->n_got > 0);
    const struct got first = v->got[0];
    client_nack(v, STAGE, first.seq); /* and it is sent again from there */
    EXPECT_EQ(v->got[v->n_got - 1].number, first.number);
    done();
}

/* Live packets come between those of the copy, and go before them. */
TEST(who_waits_already_begins_when_the_copy_is_whole) {
    struct client *a = begin(10 * US_PER_S);
    client_video(a, CAM, true);
    burst(a, 300);
    struct client *v = rig_join(&w.rig[1], 2);
    span(2, 0);
    exchange();
    EXPECT_EQ(w.kept[1], 0); /* there is time for it from the next millisecond on */
    for (unsigned i = 0; i < 4; i++) {
        run(US_PER_MS);
        burst(a, 2);
        EXPECT_EQ(client_count(v, STAGE), 0);
    }
    EXPECT_EQ(w.most, 64);
    EXPECT(w.live_first);
    run(100 * US_PER_MS);
    expect_picture(v, 309);
    burst(a, 3);
    expect_picture(v, 312);
    EXPECT_EQ(a->n_pli, 0);
    EXPECT_EQ(w.asked, 0);
    done();
}

/* One copy for two that come together; one that comes in the middle gets another one. */
TEST(each_new_worker_gets_one_copy) {
    struct client *a = begin(10 * US_PER_S);
    client_video(a, CAM, true);
    burst(a, 199);
    struct client *u = rig_join(&w.rig[1], 2), *v = rig_join(&w.rig[2], 3);
    span(2, 0);
    exchange();
    run(2 * US_PER_MS);
    EXPECT(w.kept[1] > 60 && w.kept[1] < 200);
    span(4, 0);
    exchange();
    run(100 * US_PER_MS);
    expect_picture(u, 200);
    expect_picture(v, 200);
    EXPECT_EQ(w.kept[1], 200);
    EXPECT_EQ(w.kept[2], 200);
    EXPECT_EQ(a->n_pli, 0);
    done();

    a = begin(10 * US_PER_S);
    client_video(a, CAM, true);
    burst(a, 99);
    u = rig_join(&w.rig[1], 2);
    v = rig_join(&w.rig[2], 3);
    span(6, 0);
    exchange();
    run(100 * US_PER_MS);
    expect_picture(u, 100);
    expect_picture(v, 100);
    EXPECT_EQ(w.kept[1] + w.kept[2], 200);
    EXPECT_EQ(a->n_pli, 0);
    done();
}

/* However many join there, and however often control says who has the tour. */
TEST(a_storm_of_joins_on_a_new_worker_makes_one_copy) {
    struct client *a = begin(10 * US_PER_S), *v[RIG_CLIENTS];
    client_video(a, CAM, true);
    burst(a, 99);
    for (unsigned i = 0; i < RIG_CLIENTS; i++) {
        span(2, 0);
        exchange();
        v[i] = rig_join(&w.rig[1], 2 + i);
        exchange();
    }
    for (unsigned i = 0; i < 30; i++) {
        span(2, 0);
        run(100 * US_PER_MS);
    }
    EXPECT_EQ(w.kept[1], 100);
    EXPECT_EQ(a->n_pli, 0);
    for (unsigned i = 0; i < RIG_CLIENTS; i++) {
        expect_picture(v[i], 100);
    }
    done();
}

/* A viewer waits there, one message of the copy is lost, and he gets a key frame that is asked for;
 * in less than `within` [us]. */
static void lose(unsigned nth, unsigned types, us_t within) {
    struct client *a = begin(10 * US_PER_S);
    client_video(a, CAM, true);
    burst(a, 99);
    run(100 * US_PER_MS); /* a request of now is not about this key frame */
    struct client *v = rig_join(&w.rig[1], 2);
    w.lose = types;
    w.lose_nth = nth;
    span(2, 0);
    exchange();
    us_t waited = 0;
    for (; waited < within && a->n_pli == 0; waited += 10 * US_PER_MS) {
        w.lose &= waited < 50 * US_PER_MS ? ~0u : 1u << RELAY_KEPT;
        run(10 * US_PER_MS);
        burst(a, 1);
    }
    EXPECT(waited < within);
    EXPECT_EQ(client_count(v, STAGE), 0);
    EXPECT_EQ(a->n_pli, 1);
    client_video(a, CAM, true);
    exchange();
    burst(a, 4);
    expect_picture(v, 5);
    EXPECT_EQ(counters(1)->kept_in, 0);
    run(3 * US_PER_S);
    EXPECT_EQ(a->n_pli, 1);
    done();
}

TEST(if_any_of_it_is_lost_a_key_frame_is_asked_for) {
    const us_t soon = 20 * US_PER_MS, patience = 400 * US_PER_MS, beat = 1200 * US_PER_MS;
    lose(1, 0, soon);
    lose(2, 0, soon);
    lose(50, 0, soon);
    lose(99, 0, soon);
    lose(100, 0, patience); /* the last: nothing more comes */
    lose(0, 1u << RELAY_KEPT, patience);
    lose(0, 1u << RELAY_HELLO, patience);
    lose(0, 1u << RELAY_STATE, beat); /* what is told again has no copy */
}

/* What is live before the first of the copy comes must be whole, too, from its first packet on: one
 * of it is lost, or is not to be kept, or was let go for want of room. */
static void lose_live(unsigned before, bool at_begin) {
    struct client *a = begin(10 * US_PER_S);
    client_video(a, CAM, true);
    burst(a, 99);
    run(100 * US_PER_MS);
    struct client *v = rig_join(&w.rig[1], 2);
    span(2, 0);
    exchange(); /* it is announced, and there is time for it from the next millisecond on */
    EXPECT_EQ(w.kept[1], 0);
    burst(a, before);
    w.lose = 1u << RELAY_PACKET;
    burst(a, 1);
    w.lose = 0;
    burst(a, at_begin ? 0 : 1);
    run(US_PER_MS);
    burst(a, 1);
    run(10 * US_PER_MS);
    EXPECT_EQ(a->n_pli, 1);
    EXPECT_EQ(client_count(v, STAGE), 0);
    EXPECT_EQ(counters(1)->kept_in, 0);
    client_video(a, CAM, true);
    burst(a, 4);
    expect_picture(v, 5);
    done();
}

TEST(what_is_lost_while_a_copy_is_awaited_is_missing_in_it) {
    lose_live(0, false);
    lose_live(0, true);
    lose_live(3, false);
    lose_live(3, true);
}

/* A key frame that comes meanwhile is what everybody begins with. */
TEST(a_newer_key_frame_ends_the_copy) {
    struct client *a = begin(10 * US_PER_S);
    client_video(a, CAM, true);
    burst(a, 299);
    struct client *v = rig_join(&w.rig[1], 2);
    span(2, 0);
    exchange();
    run(2 * US_PER_MS);
    EXPECT(w.kept[1] > 0);
    client_video(a, CAM, true);
    exchange();
    expect_picture(v, 1);
    burst(a, 3);
    run(50 * US_PER_MS);
    expect_picture(v, 4);
    EXPECT(w.kept[1] < 300);
    EXPECT_EQ(w.last[1], 0);
    EXPECT_EQ(a->n_pli, 0);
    struct client *u = rig_join(&w.rig[1], 3); /* the new one is kept */
    exchange();
    run(20 * US_PER_MS);
    expect_picture(u, 4);
    EXPECT_EQ(a->n_pli, 0);
    done();
}

/* A packet that is missing when the copy is made is repaired while it is under way, or never. */
static struct client *with_a_hole(struct client **a, uint16_t *ret_seq) {
    *a = begin(10 * US_PER_S);
    client_video(*a, CAM, true);
    burst(*a, 200);
    *ret_seq = client_send(*a, &(struct packet_spec){.line = CAM, .marker = true, .drop = true});
    client_send(*a, &(struct packet_spec){.line = CAM, .padding = true});
    burst(*a, 10);
    struct client *v = rig_join(&w.rig[1], 2);
    span(2, 0);
    exchange();
    run(2 * US_PER_MS);
    return v;
}

TEST(what_is_missing_in_the_copy_is_repaired) {
    struct client *a, *v;
    uint16_t seq = 0;
    v = with_a_hole(&a, &seq);
    client_send_rtx(a, CAM, seq, 4711);
    exchange();
    run(50 * US_PER_MS);
    EXPECT_EQ(client_count(v, STAGE), 212);
    EXPECT_EQ(v->got[211].seq, (uint16_t)(v->got[0].seq + 211)); /* padding leaves no gap */
    EXPECT_EQ(a->n_pli, 0);
    done();
}

TEST(a_copy_of_what_is_not_whole_any_more_is_of_no_use) {
    struct client *a, *v;
    uint16_t seq = 0;
    v = with_a_hole(&a, &seq);
    for (unsigned i = 0; i < 30 && a->n_pli == 0; i++) { /* until it is given up */
        run(100 * US_PER_MS);
        burst(a, 1);
    }
    EXPECT(a->n_pli > 0);
    unsigned before = client_count(v, STAGE);
    client_video(a, CAM, true);
    exchange();
    burst(a, 2);
    EXPECT_EQ(client_count(v, STAGE), before + 3);
    REQUIRE(v->n_got >= 3);
    EXPECT(v->got[v->n_got - 3].keyframe);
    done();
}

/* Something was given up while nobody else had the tour: the picture that has begun since then is
 * whole, and so is its copy. */
TEST(what_was_lost_before_a_tour_spreads_does_not_spoil_its_copy) {
    struct client *a = begin(10 * US_PER_S);
    client_video(a, CAM, true);
    (void)client_send(a, &(struct packet_spec){.line = CAM, .marker = true, .drop = true});
    frames(a, 60);
    EXPECT(a->n_pli > 0);
    client_video(a, CAM, true);
    burst(a, 199);
    span(2, 0);
    exchange();
    run(2 * US_PER_MS);
    EXPECT(w.kept[1] > 0 && w.kept[1] < 200); /* it is under way */
    burst(a, 3);
    run(50 * US_PER_MS);
    EXPECT_EQ(counters(1)->kept_lost, 0);
    EXPECT_EQ(counters(1)->kept_in, 1);
    struct client *v = rig_join(&w.rig[1], 2);
    run(20 * US_PER_MS);
    expect_picture(v, 203);
    done();
}

/* The source pauses and begins anew while its copy is under way. */
TEST(a_pause_ends_the_copy) {
    struct client *a = begin(10 * US_PER_S);
    client_video(a, CAM, true);
    burst(a, 299);
    struct client *v = rig_join(&w.rig[1], 2);
    span(2, 0);
    exchange();
    run(2 * US_PER_MS);
    EXPECT_EQ(engine_source_mute(w.rig[0].engine, w.rig[0].now, 1, SOURCE_CAMERA, true), OK);
    exchange();
    EXPECT_EQ(engine_source_mute(w.rig[0].engine, w.rig[0].now, 1, SOURCE_CAMERA, false), OK);
    client_video(a, CAM, false);
    exchange();
    unsigned kept = w.kept[1];
    run(50 * US_PER_MS);
    EXPECT_EQ(w.kept[1], kept);
    EXPECT_EQ(client_count(v, STAGE), 0);
    EXPECT_EQ(a->n_pli, 1);
    client_video(a, CAM, true);
    exchange();
    expect_picture(v, 1);
    done();
}

/* Or its publisher leaves, and his worker still has the copy in its list. */
TEST(a_publisher_that_leaves_ends_the_copy) {
    struct client *a = begin(10 * US_PER_S);
    client_video(a, CAM, true);
    burst(a, 299);
    struct client *v = rig_join(&w.rig[1], 2);
    span(2, 0);
    exchange();
    run(2 * US_PER_MS);
    EXPECT_EQ(engine_peer_remove(w.rig[0].engine, w.rig[0].now, 1), OK);
    exchange();
    run(50 * US_PER_MS);
    EXPECT_EQ(client_count(v, STAGE), 0);
    EXPECT_EQ(rig_shows(&w.rig[1], v, STAGE), 0);
    done();
}

/* The recorder gets nothing of what is copied: it begins with a key frame of its own. */
TEST(a_recorder_does_not_wait_for_a_copy) {
    struct client *a = begin(10 * US_PER_S);
    client_video(a, CAM, true);
    burst(a, 299);
    run(100 * US_PER_MS); /* a request of now is not about this key frame */
    span(2, 1);
    EXPECT_EQ(engine_tour_tap(w.rig[1].engine, w.rig[1].now, TOUR, true), OK);
    exchange();
    run(2 * US_PER_MS);
    EXPECT_EQ(a->n_pli, 1);
    run(50 * US_PER_MS);
    EXPECT_EQ(rig_taps(&w.rig[1], TAP_RTP, 1), 0);
    struct client *v = rig_join(&w.rig[1], 2);
    run(50 * US_PER_MS);
    expect_picture(v, 300);
    client_video(a, CAM, true);
    exchange();
    EXPECT_EQ(rig_taps(&w.rig[1], TAP_RTP, 1), 1);
    done();
}

/* Where nothing is kept for long a young picture is all the same. */
TEST(a_young_picture_is_copied_always) {
    struct client *a = begin(0);
    client_video(a, CAM, true);
    frames(a, 10);
    span(2, 0);
    exchange();
    run(5 * US_PER_MS);
    struct client *v = rig_join(&w.rig[1], 2);
    run(20 * US_PER_MS);
    expect_picture(v, 11);
    EXPECT_EQ(a->n_pli, 0);
    done();

    a = begin(0);
    client_video(a, CAM, true);
    frames(a, 30); /* and an old one never */
    span(2, 0);
    exchange();
    v = rig_join(&w.rig[1], 2);
    run(20 * US_PER_MS);
    EXPECT_EQ(w.kept[1], 0);
    EXPECT_EQ(a->n_pli, 1);
    EXPECT_EQ(client_count(v, STAGE), 0);
    done();
}

/* Each layer of simulcast is a picture of its own. */
TEST(all_layers_are_copied) {
    (void)begin(10 * US_PER_S);
    struct client *b = client_new(&w.rig[0], 5);
    client_simulcast(b);
    client_join(b);
    for (unsigned i = 0; i < 40; i++) {
        for (uint8_t layer = 3; layer-- > 0;) {
            client_send(b, &(struct packet_spec){
                               .line = CAM, .layer = layer, .keyframe = i == 0, .marker = true});
        }
        exchange();
    }
    unsigned plis = b->n_pli;
    span(2, 0);
    exchange();
    run(5 * US_PER_MS);
    EXPECT_EQ(w.kept[1], 120);
    EXPECT_EQ(counters(1)->kept_in, 3);
    struct client *v = rig_join(&w.rig[1], 2);
    run(20 * US_PER_MS);
    expect_picture(v, 40);
    EXPECT_EQ(b->n_pli, plis);
    done();
}
