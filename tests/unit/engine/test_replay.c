/* Who comes late gets the picture that is kept of a source since its last key frame. */
#include "media/send/report.h"
#include "media/transport/transport.h"
#include "tests/unit/engine/rig.h"

static struct rig r;

#define FRAME (33 * US_PER_MS)

/* With one who sends and one who watches; pictures are kept for 10 s. */
static bool begin(struct client **a, uint32_t bytes) {
    if (!rig_init(&r)) {
        return false;
    }
    r.config.gop_age = 10 * US_PER_S;
    r.config.gop_bytes = bytes;
    rig_restart(&r);
    *a = rig_join(&r, 1);
    (void)rig_join(&r, 2);
    client_video(*a, CAM, true);
    return true;
}

static void frames(struct client *a, unsigned n) {
    for (unsigned i = 0; i < n; i++) {
        rig_run(&r, FRAME);
        client_video(a, CAM, false);
    }
}

/* All packets of the stage are in order, one after another. */
static void expect_steps(const struct client *v, unsigned n, bool all) {
    const struct got *before = NULL;
    unsigned seen = 0;
    for (unsigned i = 0; i < v->n_got; i++) {
        const struct got *g = &v->got[i];
        if (g->line != STAGE || g->rtx) {
            continue;
        }
        if (before) {
            EXPECT_EQ(g->seq, (uint16_t)(before->seq + 1));
            EXPECT(!all || g->number == before->number + 1);
            EXPECT(ts32_newer(g->ts, before->ts));
            EXPECT_EQ(g->picture_id, (uint16_t)(before->picture_id + 1) & 0x7fff);
        } else {
            EXPECT(g->keyframe);
        }
        before = g;
        seen++;
    }
    EXPECT_EQ(seen, n);
}

static void expect_in_order(const struct client *v, unsigned n) {
    expect_steps(v, n, true);
}

TEST(a_late_joiner_gets_seconds_of_pictures_at_once) {
    struct client *a;
    REQUIRE(begin(&a, 4u << 20));
    frames(a, 150);
    unsigned plis = a->n_pli;
    struct client *late = rig_join(&r, 3);
    EXPECT_EQ(a->n_pli, plis);
    expect_in_order(late, 151);
    /* Close together, and then at the pace of what is live. */
    EXPECT(late->got[late->n_got - 1].ts - late->got[0].ts <= 150 * 3000 / 64 + 1);
    uint32_t ts = client_last(late, STAGE)->ts;
    frames(a, 3);
    expect_in_order(late, 154);
    EXPECT_EQ(client_last(late, STAGE)->ts - ts, 3 * 3000);
    /* What was replayed can be asked for again, and is the same. */
    const struct got first = late->got[1];
    client_nack(late, STAGE, first.seq);
    REQUIRE(late->got[late->n_got - 1].number == first.number);
    EXPECT_EQ(late->got[late->n_got - 1].ts, first.ts);
    EXPECT_EQ(engine_counters(r.engine)->replays, 1);
    rig_free(&r);
}

TEST(a_picture_that_is_too_old_or_too_large_is_not_kept) {
    struct client *a;
    REQUIRE(begin(&a, 2000));
    for (unsigned i = 0; i < 3; i++) {
        rig_run(&r, FRAME);
        client_send(a, &(struct packet_spec){.line = CAM, .marker = true, .size = 900});
    }
    unsigned plis = a->n_pli;
    struct client *late = rig_join(&r, 3);
    EXPECT_EQ(a->n_pli, plis + 1);
    EXPECT_EQ(client_count(late, STAGE), 0);
    client_video(a, CAM, true); /* from here on it is kept again */
    EXPECT_EQ(client_count(late, STAGE), 1);
    struct client *later = rig_join(&r, 4);
    EXPECT_EQ(client_count(later, STAGE), 1);
    EXPECT_EQ(a->n_pli, plis + 1);
    rig_free(&r);
}

TEST(a_source_that_is_kept_is_asked_for_a_key_frame_when_its_picture_gets_old) {
    struct client *a;
    REQUIRE(begin(&a, 4u << 20));
    frames(a, 302); /* 10 s, nobody needs anything */
    EXPECT_EQ(a->n_pli, 0);
    frames(a, 3);
    EXPECT_EQ(a->n_pli, 1);
    struct client *late = rig_join(&r, 3); /* while it has not come the old one serves */
    EXPECT_EQ(client_count(late, STAGE), 306);
    frames(a, 33); /* it does not come */
    struct client *later = rig_join(&r, 4);
    EXPECT_EQ(client_count(later, STAGE), 0);
    rig_free(&r);
}

/* Its beginning was lost: whoever comes will need one, and nobody has come yet. */
TEST(a_source_that_begins_in_the_middle_is_asked_for_a_key_frame) {
    REQUIRE(rig_init(&r));
    r.config.gop_age = 10 * US_PER_S;
    rig_restart(&r);
    struct client *a = rig_join(&r, 1);
    client_video(a, CAM, false);
    EXPECT_EQ(a->n_pli, 1);
    client_video(a, CAM, true);
    frames(a, 60);
    EXPECT_EQ(a->n_pli, 1);
    rig_free(&r);
}

TEST(a_viewer_that_lost_its_picture_gets_it_again) {
    struct client *a;
    REQUIRE(begin(&a, 4u << 20));
    frames(a, 60);
    struct client *v = r.clients[1];
    unsigned before = client_count(v, STAGE);
    EXPECT_EQ(before, 61);
    client_pli(v, STAGE);
    EXPECT_EQ(a->n_pli, 0);
    EXPECT_EQ(client_count(v, STAGE), 61 + 61);
    EXPECT(v->got[v->n_got - 61].keyframe);
    EXPECT_EQ(v->got[v->n_got - 61].seq, (uint16_t)(v->got[v->n_got - 62].seq + 1));
    EXPECT(ts32_newer(v->got[v->n_got - 61].ts, v->got[v->n_got - 62].ts));
    rig_run(&r, 200 * US_PER_MS);
    client_pli(v, STAGE); /* that was of no help */
    EXPECT_EQ(a->n_pli, 1);
    rig_free(&r);
}

static void tell_round_trip(struct client *v, us_t rtt) {
    uint64_t sent = send_report_ntp(r.config.wall_at_zero, r.now - rtt);
    struct rtcp_report b = {.ssrc = v->params.lines[STAGE].ssrc, .lsr = ntp_middle(sent)};
    uint8_t buf[64];
    struct wr w = wr_of(buf, sizeof(buf));
    rtcp_write_rr(&w, 1, &b, 1);
    client_rtcp(v, &w);
}

/* A client that leaves out how long it took to report seems to be seconds away. */
TEST(a_viewer_that_reports_late_is_heard_all_the_same) {
    struct client *a;
    REQUIRE(begin(&a, 1000));
    struct client *v = r.clients[1];
    rig_run(&r, 5 * US_PER_S);
    tell_round_trip(v, 4 * US_PER_S);
    client_send(a,
                &(struct packet_spec){.line = CAM, .keyframe = true, .marker = true, .size = 1100});
    unsigned plis = a->n_pli;
    client_pli(v, STAGE); /* it is on its way */
    EXPECT_EQ(a->n_pli, plis);
    rig_run(&r, 1500 * US_PER_MS);
    client_pli(v, STAGE);
    EXPECT_EQ(a->n_pli, plis + 1);
    rig_free(&r);
}

/* What was sent until then went to where it is no more, a key frame younger than a round trip, too.
 */
TEST(who_has_moved_gets_the_picture_that_was_under_way) {
    struct client *a;
    REQUIRE(begin(&a, 4u << 20));
    frames(a, 30);
    struct client *v = r.clients[1];
    tell_round_trip(v, 600 * US_PER_MS);
    v->alive = false;
    rig_run(&r, 300 * US_PER_MS);
    client_video(a, CAM, true);
    rig_run(&r, PATH_LOST - 300 * US_PER_MS);
    unsigned before = client_count(v, STAGE);
    v->addr = addr_v4(203, 0, 113, 9, 50000);
    client_check(v, true);
    rig_run(&r, 10 * US_PER_MS);
    EXPECT_EQ(client_count(v, STAGE), before + 1);
    EXPECT(client_last(v, STAGE)->keyframe);
    rig_free(&r);
}

/* What a replay begins with may get lost, and nobody can ask for what came before the first packet
 * that arrives: who has nothing after a while gets a key frame, before a long replay has ended. */
TEST(a_replay_whose_beginning_is_lost_is_not_waited_for) {
    struct client *a;
    REQUIRE(begin(&a, 4u << 20));
    for (unsigned i = 0; i < 600; i++) {
        rig_run(&r, i % 3 ? 0 : FRAME);
        client_send(a, &(struct packet_spec){.line = CAM, .marker = i % 3 == 2, .size = 1100});
    }
    struct client *late = rig_join(&r, 3);
    unsigned plis = a->n_pli, some = client_count(late, STAGE);
    REQUIRE(some > 0 && some < 300); /* the rest is paced */
    client_pli(late, STAGE);         /* it may still be under way */
    EXPECT_EQ(a->n_pli, plis);
    rig_run(&r, 310 * US_PER_MS);
    REQUIRE(client_count(late, STAGE) < 600);
    client_pli(late, STAGE);
    EXPECT_EQ(a->n_pli, plis + 1);
    client_video(a, CAM, true);
    rig_run(&r, 20 * US_PER_MS);
    EXPECT(client_last(late, STAGE)->keyframe);
    EXPECT(client_count(late, STAGE) < 600);
    rig_free(&r);
}

/* Another process has nothing of it: it goes on with a key frame, not with what is live. */
TEST(a_replay_that_is_handed_over_ends_with_a_key_frame) {
    struct client *a;
    struct session_snapshot shot[3];
    REQUIRE(begin(&a, 4u << 20));
    for (unsigned i = 0; i < 600; i++) {
        rig_run(&r, i % 3 ? 0 : FRAME);
        client_send(a, &(struct packet_spec){.line = CAM, .marker = i % 3 == 2, .size = 1100});
    }
    struct client *late = rig_join(&r, 3), *v = r.clients[1];
    unsigned plis = a->n_pli, some = client_count(late, STAGE);
    REQUIRE(some > 0 && some < 300); /* the rest is paced */
    for (unsigned i = 0; i < 3; i++) {
        REQUIRE(engine_snapshot(r.engine, i + 1, &shot[i]) == OK);
    }
    rig_restart(&r);
    for (unsigned i = 0; i < 3; i++) {
        EXPECT_EQ(engine_adopt(r.engine, r.now, &shot[i]), OK);
    }
    rig_pump(&r);
    EXPECT_EQ(a->n_pli, plis + 1);
    v->n_got = 0;
    client_video(a, CAM, false);
    EXPECT_EQ(client_count(late, STAGE), some);
    EXPECT_EQ(client_count(v, STAGE), 1);
    client_video(a, CAM, true);
    REQUIRE(client_count(late, STAGE) == some + 1);
    const struct got *last = client_last(late, STAGE), *before = last - 1;
    EXPECT(last->keyframe && last->seq == (uint16_t)(before->seq + 1));
    EXPECT_EQ(last->picture_id, (uint16_t)(before->picture_id + 1) & 0x7fff);
    EXPECT(ts32_newer(last->ts, before->ts));
    EXPECT_EQ(rig_shows(&r, late, STAGE), 1);
    rig_free(&r);
}

/* A share that rests since before he joined: another process does not know that it does. */
TEST(a_rest_that_is_handed_over_ends_with_a_key_frame) {
    struct client *a;
    struct session_snapshot shot[3];
    REQUIRE(begin(&a, 4u << 20));
    rig_run(&r, 3 * FRAME);
    struct client *late = rig_join(&r, 3);
    rig_run(&r, FRAME);
    unsigned plis = a->n_pli, some = client_count(late, STAGE);
    REQUIRE(some > 0);
    for (unsigned i = 0; i < 3; i++) {
        REQUIRE(engine_snapshot(r.engine, i + 1, &shot[i]) == OK);
    }
    rig_restart(&r);
    for (unsigned i = 0; i < 3; i++) {
        EXPECT_EQ(engine_adopt(r.engine, r.now, &shot[i]), OK);
    }
    rig_pump(&r);
    EXPECT_EQ(a->n_pli, plis + 1);
    client_video(a, CAM, false);
    EXPECT_EQ(client_count(late, STAGE), some);
    client_video(a, CAM, true);
    EXPECT_EQ(client_count(late, STAGE), some + 1);
    rig_free(&r);
}

/* Pictures of three temporal layers from number `from` up to `to`. */
static void layered(struct client *a, unsigned from, unsigned to) {
    static const uint8_t tids[] = {0, 2, 1, 2};
    for (unsigned i = from; i <= to; i++) {
        rig_run(&r, FRAME);
        client_send(a, &(struct packet_spec){.line = CAM,
                                             .marker = true,
                                             .temporal = (uint8_t)(tids[i % 4] + 1),
                                             .sync = i % 4 == 1 || i % 4 == 2});
    }
}

/* It can be sent again. */
static void expect_first_again(struct client *v) {
    const struct got first = v->got[0];
    client_nack(v, STAGE, first.seq);
    EXPECT_EQ(v->got[v->n_got - 1].number, first.number);
    EXPECT_EQ(v->got[v->n_got - 1].picture_id, first.picture_id);
}

/* What is replayed are the lowest one's pictures, without a gap, and all of them from a switching
 * point on. */
TEST(of_what_is_old_the_lowest_frame_rate_is_replayed) {
    struct client *a;
    REQUIRE(begin(&a, 4u << 20));
    layered(a, 1, 60);
    struct client *late = rig_join(&r, 3);
    expect_steps(late, 1 + 15, false);
    layered(a, 61, 68);
    expect_steps(late, 1 + 15 + 8, false);
    EXPECT_EQ(engine_counters(r.engine)->replays, 1);
    expect_first_again(late);
    rig_free(&r);
}

/* Six seconds of it, too; of what is longer the first could not be sent again, so that is sent as a
 * whole. */
TEST(no_more_gaps_are_replayed_than_are_remembered) {
    struct client *a;
    REQUIRE(begin(&a, 4u << 20));
    layered(a, 1, 188);
    struct client *late = rig_join(&r, 3);
    expect_steps(late, 1 + 47, false);
    expect_first_again(late);
    layered(a, 189, 192);
    struct client *later = rig_join(&r, 4);
    expect_in_order(later, 193);
    rig_free(&r);
}

#define NUMBERED 200
#define KEY 40 /* packets of the key frames of large_pictures() */

static struct {
    uint16_t seq[NUMBERED]; /* transport-wide, of what came to the viewer that joined late */
    us_t at[NUMBERED];
    unsigned n, told;
} numbered;

static bool note_number(struct client *c, const uint8_t *p, size_t n) {
    struct rtp h;
    (void)c;
    if (rtp_parse(bytes_of(p, n), &h) != OK) {
        return false;
    }
    struct bytes ext = rtp_ext_find(&h, 3);
    if (ext.n == 2 && numbered.n < NUMBERED) {
        numbered.at[numbered.n] = r.now;
        numbered.seq[numbered.n++] = be16(ext.p);
    }
    return h.payload.n == 0; /* a probe's padding */
}

/* Of what came and is not told of yet: so many packets have arrived so far apart; 0: as they came.
 */
static void tell(struct client *v, unsigned most, us_t each) {
    struct rtcp_twcc_arrival a[NUMBERED];
    unsigned n = 0;
    for (; n < most && numbered.told < numbered.n; n++, numbered.told++) {
        us_t at = each ? US_PER_S + numbered.told * each : numbered.at[numbered.told];
        a[n] = (struct rtcp_twcc_arrival){numbered.seq[numbered.told], true, at};
    }
    uint8_t buf[1200];
    struct wr w = wr_of(buf, sizeof(buf));
    struct rtcp_twcc_ids ids = {.sender = 1, .media = v->params.lines[STAGE].ssrc};
    EXPECT(n > 0 && rtcp_write_twcc(&w, &ids, a, n) == n);
    client_rtcp(v, &w);
}

/* A viewer that tells how its packets arrive, with a guess of 800 kbit/s, joins three seconds after
 * a key frame, behind which there are so many packets of 1.1 kB. */
static struct client *join_behind(struct client **a, unsigned packets) {
    EXPECT(rig_init(&r));
    r.config.gop_age = 10 * US_PER_S;
    r.config.gop_bytes = 4u << 20;
    r.config.bwe = (struct bwe_config){.start = 800000, .min = 60000, .max = 6000000};
    rig_restart(&r);
    memset(&numbered, 0, sizeof(numbered));
    *a = rig_join(&r, 1);
    for (unsigned i = 0; i < KEY; i++) {
        client_send(*a, &(struct packet_spec){.line = CAM,
                                              .keyframe = i == 0,
                                              .inside = i > 0,
                                              .marker = i + 1 == KEY,
                                              .size = 1100});
    }
    for (unsigned i = 0; i < packets; i++) {
        rig_run(&r, i % 4 ? 0 : 3 * US_PER_S / (packets / 4));
        client_send(*a, &(struct packet_spec){
                            .line = CAM, .inside = i % 4 > 0, .marker = i % 4 == 3, .size = 1100});
    }
    struct client *late = client_new(&r, 3);
    late->params.lines[STAGE].twcc = true;
    late->params.lines[STAGE].ext.id[RTP_EXT_TWCC] = 3;
    late->opened = note_number;
    client_join(late);
    return late;
}

static struct client *join_unproven(struct client **a) {
    return join_behind(a, 360);
}

/* A path may be narrower than the guess, and all that is sent before it says so stands there. */
TEST(before_the_first_feedback_a_replay_is_bounded) {
    struct client *a, *late = join_unproven(&a);
    unsigned at_once = client_count(late, STAGE);
    REQUIRE(at_once > 0 && at_once <= 11);
    rig_run(&r, 100 * US_PER_MS); /* 10 kB at the guess */
    unsigned then = client_count(late, STAGE) - at_once;
    EXPECT(then >= 7 && then <= 9);
    rig_run(&r, 400 * US_PER_MS); /* a fourth of it once 25 kB are out */
    then = client_count(late, STAGE);
    EXPECT(then >= 25 && then <= 33);
    rig_free(&r);
}

/* The first feedback tells that the path would take seconds: the key frame is sent to its end, as
 * it is a picture, and then another one is asked for, once. */
TEST(of_what_a_narrow_path_does_not_carry_the_key_frame_is_replayed) {
    struct client *a, *late = join_unproven(&a);
    unsigned plis = a->n_pli;
    rig_run(&r, 100 * US_PER_MS);
    tell(late, 8, 27 * US_PER_MS); /* 350 kbit/s */
    rig_run(&r, 50 * US_PER_MS);   /* the next packet's turn */
    EXPECT_EQ(engine_counters(r.engine)->given_up, 1);
    EXPECT_EQ(a->n_pli, plis); /* there would be no room for it */
    us_t from = r.now;
    for (unsigned i = 0; i < 200 && a->n_pli == plis; i++) {
        rig_run(&r, 10 * US_PER_MS);
    }
    EXPECT_EQ(a->n_pli, plis + 1);
    EXPECT(r.now - from < 800 * US_PER_MS); /* however long the queue was when it was last seen */
    EXPECT_EQ(client_count(late, STAGE), KEY);
    client_video(a, CAM, false); /* of no use without what was left out */
    rig_run(&r, 50 * US_PER_MS);
    EXPECT_EQ(client_count(late, STAGE), KEY);
    client_video(a, CAM, true);
    rig_run(&r, 200 * US_PER_MS);
    EXPECT_EQ(client_count(late, STAGE), KEY + 1);
    EXPECT(client_last(late, STAGE)->keyframe);
    EXPECT_EQ(engine_counters(r.engine)->given_up, 1);
    rig_free(&r);
}

/* A second's worth would be through in time, if not for the quarter of a second that stands before
 * the path already; half of it is. */
TEST(the_queue_before_a_narrow_path_counts_for_a_replay) {
    static const unsigned packets[] = {20, 8};
    for (unsigned i = 0; i < 2; i++) {
        struct client *a, *late = join_behind(&a, packets[i]);
        rig_run(&r, 100 * US_PER_MS);
        tell(late, 16, 27 * US_PER_MS);
        rig_run(&r, 250 * US_PER_MS);
        EXPECT_EQ(engine_counters(r.engine)->given_up, i == 0);
        rig_free(&r);
    }
}

/* Meanwhile another one is chosen: what is live of the first would follow behind a hole. */
TEST(of_what_is_given_up_nothing_goes_on_while_another_is_awaited) {
    struct client *a, *late = join_unproven(&a), *b = rig_join(&r, 4);
    rig_run(&r, 100 * US_PER_MS);
    tell(late, 8, 27 * US_PER_MS);
    rig_run(&r, 50 * US_PER_MS);
    EXPECT_EQ(engine_counters(r.engine)->given_up, 1);
    EXPECT_EQ(engine_pin(r.engine, r.now, 3, 4), OK);
    client_video(b, CAM, false); /* of which nothing is kept */
    for (unsigned i = 0; i < 200 && client_count(late, STAGE) < KEY; i++) {
        rig_run(&r, 10 * US_PER_MS);
    }
    rig_run(&r, 100 * US_PER_MS);
    unsigned before = client_count(late, STAGE);
    EXPECT_EQ(before, KEY); /* sent to its end */
    client_video(a, CAM, false);
    rig_run(&r, 50 * US_PER_MS);
    EXPECT_EQ(client_count(late, STAGE), before);
    uint16_t seq = late->seen_seq;
    client_video(b, CAM, true);
    rig_run(&r, 200 * US_PER_MS);
    EXPECT_EQ(client_count(late, STAGE), before + 1);
    EXPECT_EQ(late->seen_seq, (uint16_t)(seq + 1));
    rig_free(&r);
}

/* What arrives as fast as it was sent goes on faster than was guessed. */
TEST(a_replay_goes_on_at_twice_the_guess_while_no_queue_shows) {
    struct client *a, *late = join_unproven(&a);
    rig_run(&r, 50 * US_PER_MS);
    tell(late, NUMBERED, 0);
    unsigned before = client_count(late, STAGE);
    rig_run(&r, 100 * US_PER_MS); /* 1.25 times 1600 kbit/s are 25 kB */
    unsigned then = client_count(late, STAGE) - before;
    EXPECT(then >= 19);
    EXPECT_EQ(engine_counters(r.engine)->given_up, 0);
    rig_free(&r);
}

TEST(a_slot_that_shows_another_gets_its_picture_at_once) {
    struct client *a;
    REQUIRE(begin(&a, 4u << 20));
    struct client *b = rig_join(&r, 3), *v = r.clients[1];
    client_video(b, CAM, true);
    for (unsigned i = 0; i < 60; i++) {
        rig_run(&r, FRAME);
        client_video(a, CAM, false);
        client_video(b, CAM, false);
    }
    uint16_t now = client_last(v, STAGE)->sender;
    struct client *other = now == 1 ? b : a;
    unsigned plis = other->n_pli, before = client_count(v, STAGE);
    EXPECT_EQ(engine_pin(r.engine, r.now, 2, now == 1 ? 3 : 1), OK);
    client_pli(v, STAGE); /* of the one before: nothing of this one has been sent */
    EXPECT_EQ(client_last(v, STAGE)->sender, now == 1 ? 3 : 1);
    EXPECT_EQ(client_count(v, STAGE), before + 61);
    EXPECT_EQ(other->n_pli, plis);
    rig_free(&r);
}

/* What of the first waits for its path is of no use any more; nor is what comes behind it. */
TEST(of_what_is_held_nothing_goes_on_while_another_is_replayed) {
    struct client *a;
    REQUIRE(begin(&a, 4u << 20));
    struct client *b = rig_join(&r, 3), *v = r.clients[1];
    client_remb(v, 300000);
    for (unsigned i = 0; i < 60; i++) {
        rig_run(&r, FRAME);
        client_video(a, CAM, false);
        client_video(b, CAM, i == 0);
    }
    uint16_t now = client_last(v, STAGE)->sender;
    struct client *one = now == 1 ? a : b, *other = now == 1 ? b : a;
    for (unsigned i = 0; i < 40; i++) { /* more than a path of 300 kbit/s takes at once */
        client_send(
            one, &(struct packet_spec){.line = CAM, .inside = i, .marker = i == 39, .size = 1050});
    }
    unsigned before = client_count(v, STAGE);
    uint64_t replays = engine_counters(r.engine)->replays;
    EXPECT_EQ(engine_pin(r.engine, r.now, 2, now == 1 ? 3 : 1), OK);
    rig_pump(&r);
    EXPECT_EQ(engine_counters(r.engine)->replays, replays + 1);
    for (unsigned i = 0; i < 30; i++) {
        client_video(one, CAM, false);
        client_video(other, CAM, false);
        rig_run(&r, FRAME);
    }
    unsigned seen = 0, of_it = 0, gaps = 0;
    const struct got *last = NULL;
    for (unsigned i = 0; i < v->n_got; i++) {
        const struct got *g = &v->got[i];
        if (g->line != STAGE || g->rtx || seen++ + 1 < before) {
            continue;
        }
        gaps += last && g->seq != (uint16_t)(last->seq + 1);
        of_it += last && g->sender == now;
        last = g;
    }
    EXPECT_EQ(of_it, 0);
    EXPECT_EQ(gaps, 0);
    EXPECT(seen > before + 61);
    rig_free(&r);
}

/* A packet that carried nothing leaves no gap, and one that is lost for good ends what is kept. */
TEST(what_is_kept_has_no_holes) {
    struct client *a;
    REQUIRE(begin(&a, 4u << 20));
    frames(a, 30);
    client_send(a, &(struct packet_spec){.line = CAM, .padding = true});
    frames(a, 1);
    struct client *late = rig_join(&r, 3);
    REQUIRE(client_count(late, STAGE) == 32);
    EXPECT_EQ(client_last(late, STAGE)->seq, (uint16_t)(late->got[0].seq + 31));
    client_send(a, &(struct packet_spec){.line = CAM, .marker = true, .drop = true});
    frames(a, 60); /* it is asked for, and then given up */
    struct client *later = rig_join(&r, 4);
    EXPECT_EQ(client_count(later, STAGE), 0);
    EXPECT(a->n_pli > 0);
    rig_free(&r);
}

/* It is repaired already: what is kept and shown is whole, and another would only cost. */
TEST(what_was_lost_before_a_key_frame_does_not_spoil_it) {
    struct client *a;
    REQUIRE(begin(&a, 4u << 20));
    frames(a, 30);
    client_send(a, &(struct packet_spec){.line = CAM, .marker = true, .drop = true});
    frames(a, 5);
    client_video(a, CAM, true);
    frames(a, 60);
    EXPECT_EQ(a->n_pli, 0);
    struct client *late = rig_join(&r, 3);
    expect_in_order(late, 61);
    EXPECT_EQ(a->n_pli, 0);
    rig_free(&r);
}

/* Pictures that are kept give way before live packets lack buffers. */
TEST(what_is_kept_leaves_buffers_to_what_is_live) {
    struct client *a;
    REQUIRE(begin(&a, 4u << 20));
    rig_free(&r);
    REQUIRE(rig_init(&r));
    r.config.gop_age = 10 * US_PER_S;
    r.config.gop_bytes = 4u << 20;
    r.config.pool_packets = 128; /* as it is told; of these half may be kept */
    rig_restart(&r);
    a = rig_join(&r, 1);
    struct client *v = rig_join(&r, 2);
    client_video(a, CAM, true);
    frames(a, 100);
    EXPECT_EQ(client_count(v, STAGE), 101);
    EXPECT(packet_pool_idle(r.pool) >= 2048 - 64 - 1);
    struct client *late = rig_join(&r, 3);
    EXPECT_EQ(client_count(late, STAGE), 0);
    EXPECT_EQ(a->n_pli, 1);
    rig_free(&r);
}
