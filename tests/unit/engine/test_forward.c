/* What happens to single packets on their way: loss and repair, demultiplexing, padding. */
#include "media/send/limit.h"
#include "media/transport/transport.h"
#include "tests/unit/engine/rig.h"

static struct rig r;

static const struct engine_counters *counters(void) {
    return engine_counters(r.engine);
}

static bool pair_init(struct client **a, struct client **v) {
    if (!rig_init(&r)) {
        return false;
    }
    *a = rig_join(&r, 1);
    *v = rig_join(&r, 2);
    client_video(*a, CAM, true);
    return client_count(*v, STAGE) == 1;
}

TEST(viewer_nack_is_answered_by_rtx) {
    struct client *a, *v;
    REQUIRE(pair_init(&a, &v));
    for (int i = 0; i < 5; i++) {
        client_video(a, CAM, false);
    }
    struct got lost = v->got[3];
    client_nack(v, STAGE, lost.seq);
    const struct got *g = client_last(v, STAGE);
    EXPECT(g->rtx);
    EXPECT_EQ(g->osn, lost.seq);
    EXPECT_EQ(g->number, lost.number);
    EXPECT_EQ(g->ts, lost.ts);
    EXPECT_EQ(g->picture_id, lost.picture_id);
    EXPECT_EQ(g->tl0picidx, lost.tl0picidx);
    EXPECT_EQ(counters()->nack_in, 1);
    EXPECT_EQ(counters()->rtx_out, 1);
    client_nack(v, STAGE, lost.seq); /* at once again: the first is still on its way */
    EXPECT_EQ(counters()->rtx_out, 1);
    rig_run(&r, 20 * US_PER_MS);
    client_nack(v, STAGE, lost.seq);
    EXPECT_EQ(counters()->rtx_out, 2);
    client_nack(v, STAGE, (uint16_t)(lost.seq + 500)); /* never sent */
    EXPECT_EQ(counters()->nack_limited, 2);
    EXPECT_EQ(counters()->nack_missed, 0);
    rig_run(&r, 1500 * US_PER_MS);
    client_video(a, CAM, false);
    rig_run(&r, 1000 * US_PER_MS);
    client_nack(v, STAGE, lost.seq); /* late, but some clients are */
    EXPECT_EQ(counters()->rtx_out, 3);
    rig_run(&r, 600 * US_PER_MS);
    client_nack(v, STAGE, lost.seq); /* too old by now */
    EXPECT_EQ(counters()->nack_missed, 1);
    EXPECT_EQ(counters()->rtx_out, 3);
    rig_free(&r);
}

TEST(without_rtx_the_same_packet_comes_again) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = client_new(&r, 2);
    v->params.lines[STAGE].rtx_pt = 0;
    client_join(v);
    client_video(a, CAM, true);
    v->deaf = true; /* one is lost on the way */
    client_video(a, CAM, false);
    v->deaf = false;
    client_video(a, CAM, false);
    struct got next = v->got[1];
    client_nack(v, STAGE, (uint16_t)(next.seq - 1));
    EXPECT_EQ(v->n_got, 3);
    EXPECT(!v->got[2].rtx);
    EXPECT_EQ(v->got[2].seq, (uint16_t)(next.seq - 1));
    EXPECT_EQ(v->got[2].number, next.number - 1);
    EXPECT_EQ(v->got[2].picture_id, next.picture_id - 1);
    EXPECT_EQ(counters()->rtx_out, 1);
    rig_free(&r);
}

static void nack_all(struct client *v, uint16_t first, unsigned n) {
    uint16_t all[512];
    uint8_t buf[1100];
    struct wr w = wr_of(buf, sizeof(buf));
    for (unsigned i = 0; i < n; i++) {
        all[i] = (uint16_t)(first + i);
    }
    rtcp_write_nack(&w, 1, v->params.lines[STAGE].ssrc, all, n);
    client_rtcp(v, &w);
}

TEST(a_flood_of_nacks_is_answered_once) {
    struct client *a, *v;
    REQUIRE(pair_init(&a, &v));
    for (int i = 0; i < 250; i++) {
        client_video(a, CAM, false);
    }
    uint16_t first = v->got[0].seq;
    for (int i = 0; i < 5; i++) { /* within one round trip */
        nack_all(v, first, 250);
    }
    EXPECT_EQ(counters()->nack_in, 5 * 250);
    EXPECT_EQ(counters()->rtx_out, 250);
    EXPECT_EQ(counters()->nack_limited, 4 * 250);
    for (int i = 0; i < 20; i++) { /* a client that does not count what it gets */
        v->n_got = 0;
        rig_run(&r, 30 * US_PER_MS);
        nack_all(v, first, 250);
    }
    EXPECT_EQ(counters()->rtx_out, SEND_LIMIT_TRIES * 250);
    rig_free(&r);
}

TEST(what_is_sent_again_is_at_most_half_of_what_is_sent) {
    struct client *a, *v;
    REQUIRE(pair_init(&a, &v));
    unsigned sent = 0;
    for (int i = 0; i < 2000; i++) {
        client_send(a, &(struct packet_spec){.line = CAM, .inside = true, .size = 400});
        v->n_got = 0;
        sent++;
        if (i % 100 == 99) {
            rig_run(&r, 20 * US_PER_MS);
            nack_all(v, (uint16_t)(v->seen_seq - 199), 200);
        }
    }
    EXPECT(counters()->nack_limited > 0);
    EXPECT(counters()->rtx_out > sent / 2);
    EXPECT(counters()->rtx_out < sent * 55 / 100 + RESEND_CREDIT_START / 400);
    rig_free(&r);
}

TEST(nack_of_a_former_source_is_not_answered) {
    struct client *a, *v;
    REQUIRE(pair_init(&a, &v));
    struct client *b = rig_join(&r, 3);
    uint16_t old = v->got[0].seq;
    client_video(b, CAM, true);
    EXPECT_EQ(engine_pin(r.engine, r.now, 2, 3), OK);
    rig_pump(&r);
    client_video(b, CAM, true);
    EXPECT_EQ(client_last(v, STAGE)->sender, 3);
    client_nack(v, STAGE, old);
    EXPECT_EQ(counters()->rtx_out, 0);
    EXPECT_EQ(counters()->nack_missed, 1);
    client_nack(v, STAGE, client_last(v, STAGE)->seq);
    EXPECT_EQ(counters()->rtx_out, 1);
    rig_free(&r);
}

TEST(a_nack_of_everything_is_bounded) {
    struct client *a, *v;
    REQUIRE(pair_init(&a, &v));
    for (int i = 0; i < 300; i++) {
        client_video(a, CAM, false);
    }
    uint16_t all[300];
    uint8_t buf[1100];
    struct wr w = wr_of(buf, sizeof(buf));
    for (unsigned i = 0; i < 300; i++) {
        all[i] = (uint16_t)(v->got[0].seq + i);
    }
    for (unsigned at = 0; at < 300; at += 100) {
        rtcp_write_nack(&w, 1, v->params.lines[STAGE].ssrc, all + at, 100);
    }
    client_rtcp(v, &w);
    EXPECT_EQ(counters()->nack_in, 257 + 0); /* the ring holds 256; the next is refused */
    EXPECT_EQ(counters()->drop_full, 1);
    EXPECT(counters()->rtx_out + counters()->nack_missed == 256);
    rig_free(&r);
}

TEST(upstream_loss_is_asked_for_and_repaired) {
    struct client *a, *v;
    REQUIRE(pair_init(&a, &v));
    uint16_t lost = client_send(a, &(struct packet_spec){.line = CAM, .drop = true});
    uint32_t number = a->number;
    for (int i = 0; i < 4; i++) {
        client_video(a, CAM, false);
    }
    EXPECT_EQ(a->n_nack, 1);
    EXPECT_EQ(a->nacked[0], lost);
    EXPECT_EQ(counters()->nack_out, 1);
    EXPECT_EQ(client_count(v, STAGE), 5);
    EXPECT_EQ(v->got[1].seq, (uint16_t)(v->got[0].seq + 2)); /* its place is kept */
    client_send_rtx(a, CAM, lost, number);
    EXPECT_EQ(client_count(v, STAGE), 6);
    EXPECT_EQ(v->got[5].seq, (uint16_t)(v->got[0].seq + 1));
    EXPECT_EQ(v->got[5].number, number);
    EXPECT_EQ(counters()->rtx_in, 1);
    client_send_rtx(a, CAM, lost, number); /* a repair of what is there already */
    EXPECT_EQ(client_count(v, STAGE), 6);
    EXPECT_EQ(counters()->rtx_in, 2);
    rig_run(&r, 2 * US_PER_S - 1);
    EXPECT_EQ(a->n_nack, 1);
    rig_free(&r);
}

TEST(an_unrepaired_loss_needs_a_key_frame) {
    struct client *a, *v;
    REQUIRE(pair_init(&a, &v));
    client_send(a, &(struct packet_spec){.line = CAM, .drop = true});
    unsigned plis = a->n_pli;
    for (int i = 0; i < 60; i++) {
        rig_run(&r, 33 * US_PER_MS);
        client_video(a, CAM, false);
    }
    EXPECT(a->n_nack > 1);
    EXPECT(a->n_pli > plis);
    EXPECT_EQ(a->pli_ssrc, a->streams[CAM].ssrc);
    rig_free(&r);
}

TEST(padding_only_packets_leave_no_gap) {
    struct client *a, *v;
    REQUIRE(pair_init(&a, &v));
    client_send(a, &(struct packet_spec){.line = CAM, .padding = true});
    client_send(a, &(struct packet_spec){.line = CAM, .padding = true});
    EXPECT_EQ(client_count(v, STAGE), 1);
    client_video(a, CAM, false);
    EXPECT_EQ(client_count(v, STAGE), 2);
    EXPECT_EQ(v->got[1].seq, (uint16_t)(v->got[0].seq + 1));
    EXPECT_EQ(counters()->nack_out, 0);
    /* And a NACK still finds the right packet behind the gap that was closed. */
    client_nack(v, STAGE, v->got[1].seq);
    EXPECT_EQ(client_last(v, STAGE)->number, v->got[1].number);
    rig_free(&r);
}

TEST(probing_does_not_make_a_source) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1);
    client_send(a, &(struct packet_spec){.line = CAM, .padding = true});
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_ON, 1), 0);
    client_video(a, CAM, true);
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_ON, 1), 1);
    rig_free(&r);
}

TEST(a_packet_twice_is_forwarded_once) {
    struct client *a, *v;
    REQUIRE(pair_init(&a, &v));
    /* SRTP refuses the same packet; the same sequence number by RTX is refused by the source. */
    uint16_t seq = (uint16_t)(a->streams[CAM].next - 1);
    client_send_rtx(a, CAM, seq, 1);
    EXPECT_EQ(client_count(v, STAGE), 1);
    a->streams[CAM].next--;
    uint64_t dropped = counters()->drop_srtp;
    client_video(a, CAM, false);
    EXPECT_EQ(counters()->drop_srtp, dropped + 1);
    EXPECT_EQ(client_count(v, STAGE), 1);
    rig_free(&r);
}

TEST(mid_names_the_line_then_the_ssrc_is_known) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    client_send(a, &(struct packet_spec){.line = CAM, .keyframe = true, .no_mid = true});
    EXPECT_EQ(counters()->drop_rtp, 1); /* two m-lines use this payload type */
    client_video(a, CAM, true);
    client_send(a, &(struct packet_spec){.line = CAM, .no_mid = true});
    EXPECT_EQ(client_count(v, STAGE), 2);
    client_send(a, &(struct packet_spec){.line = CAM, .pt = 100});
    EXPECT_EQ(counters()->drop_rtp, 2); /* not the codec agreed on */
    rig_free(&r);
}

TEST(announced_ssrc_names_the_line) {
    REQUIRE(rig_init(&r));
    struct client *a = client_new(&r, 1), *v = rig_join(&r, 2);
    a->params.lines[CAM].ssrc = a->streams[CAM].ssrc;
    a->params.lines[CAM].rtx_ssrc = a->streams[CAM].rtx_ssrc;
    client_join(a);
    client_send(a, &(struct packet_spec){.line = CAM, .keyframe = true, .no_mid = true});
    EXPECT_EQ(client_count(v, STAGE), 1);
    rig_free(&r);
}

TEST(a_payload_type_of_one_line_names_it) {
    REQUIRE(rig_init(&r));
    struct client *a = client_new(&r, 1), *v = rig_join(&r, 2);
    for (unsigned i = 0; i < 3; i++) { /* a client without the MID extension */
        a->params.lines[i].ext.id[RTP_EXT_MID] = 0;
    }
    a->params.lines[SCREEN].pt = 98;
    client_join(a);
    client_send(a, &(struct packet_spec){.line = CAM, .keyframe = true});
    EXPECT_EQ(client_count(v, STAGE), 1);
    rig_free(&r);
}

TEST(a_new_ssrc_takes_over_only_a_stopped_stream) {
    struct client *a, *v;
    REQUIRE(pair_init(&a, &v));
    struct sent_stream old = a->streams[CAM];
    a->streams[CAM] = (struct sent_stream){.ssrc = 4711, .next = 7, .ts = 9};
    client_video(a, CAM, true);
    EXPECT_EQ(counters()->drop_rtp, 1);
    EXPECT_EQ(client_count(v, STAGE), 1);
    rig_run(&r, 1100 * US_PER_MS);
    client_video(a, CAM, true);
    EXPECT_EQ(client_count(v, STAGE), 2);
    EXPECT_EQ(v->got[1].seq, (uint16_t)(v->got[0].seq + 1));
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_OFF, 1), 0); /* it is the same camera */
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_ON, 1), 1);
    rig_run(&r, 1100 * US_PER_MS);
    a->streams[CAM] = old; /* and back again */
    client_video(a, CAM, true);
    EXPECT_EQ(client_count(v, STAGE), 3);
    EXPECT_EQ(v->got[2].seq, (uint16_t)(v->got[0].seq + 2));
    rig_free(&r);
}

TEST(viewer_pli_reaches_the_source_throttled) {
    struct client *a, *v;
    REQUIRE(pair_init(&a, &v));
    rig_run(&r, 1100 * US_PER_MS);
    unsigned plis = a->n_pli;
    client_pli(v, STAGE);
    client_pli(v, STAGE);
    client_pli(v, STAGE);
    EXPECT_EQ(a->n_pli, plis + 1);
    EXPECT_EQ(a->pli_ssrc, a->streams[CAM].ssrc);
    EXPECT_EQ(counters()->pli_in, 3);
    client_pli(v, GALLERY0); /* shows nothing */
    EXPECT_EQ(a->n_pli, plis + 1);
    rig_free(&r);
}

TEST(wrap_around_of_the_source_sequence) {
    static const uint16_t starts[] = {0, 1, 127, 128, 32767, 32768, 65534, 65535};
    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        REQUIRE(rig_init(&r));
        struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
        a->streams[CAM].next = starts[i];
        for (int k = 0; k < 6; k++) {
            client_video(a, CAM, k == 0);
        }
        EXPECT_EQ(client_count(v, STAGE), 6);
        EXPECT_EQ((uint16_t)(v->got[5].seq - v->got[0].seq), 5);
        client_nack(v, STAGE, v->got[2].seq);
        EXPECT_EQ(client_last(v, STAGE)->number, 3);
        rig_free(&r);
    }
}

TEST(audio_switch_begins_with_a_gapless_stream) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *b = rig_join(&r, 3), *v = rig_join(&r, 2);
    client_audio(a, 20);
    client_audio(a, 20);
    EXPECT_EQ(engine_peer_remove(r.engine, r.now, 1), OK);
    rig_pump(&r);
    client_audio(b, 20);
    unsigned n = client_count(v, AUDIO0);
    EXPECT_EQ(n, 3);
    EXPECT_EQ(v->got[2].seq, (uint16_t)(v->got[1].seq + 1));
    EXPECT_EQ(v->got[2].sender, 3);
    EXPECT(v->got[2].ts != v->got[1].ts);
    rig_free(&r);
}

TEST(a_late_joiner_gets_the_picture_that_is_there) {
    struct client *a, *v;
    REQUIRE(pair_init(&a, &v));
    client_send(a, &(struct packet_spec){.line = CAM, .inside = true});
    uint16_t lost = client_send(a, &(struct packet_spec){.line = CAM, .drop = true});
    rig_run(&r, 100 * US_PER_MS);
    client_video(a, CAM, false);
    unsigned plis = a->n_pli;
    struct client *late = rig_join(&r, 3);
    EXPECT_EQ(a->n_pli, plis); /* no request was needed */
    EXPECT_EQ(client_count(late, STAGE), 3);
    REQUIRE(late->n_got == 3);
    EXPECT(late->got[0].keyframe);
    EXPECT_EQ(late->got[0].number, 1);
    EXPECT_EQ(late->got[1].number, 2);
    EXPECT_EQ(late->got[2].number, 4);
    EXPECT_EQ(late->got[2].seq, (uint16_t)(late->got[0].seq + 3));
    client_video(a, CAM, false);
    EXPECT_EQ(client_count(late, STAGE), 4);
    client_send_rtx(a, CAM, lost, 3); /* and what is repaired later finds its place */
    EXPECT_EQ(client_last(late, STAGE)->seq, (uint16_t)(late->got[0].seq + 2));
    rig_free(&r);
}

TEST(a_later_joiner_asks) {
    struct client *a, *v;
    REQUIRE(pair_init(&a, &v));
    for (int i = 0; i < 30; i++) {
        rig_run(&r, 33 * US_PER_MS);
        client_video(a, CAM, false);
    }
    unsigned plis = a->n_pli;
    struct client *late = rig_join(&r, 3);
    EXPECT_EQ(a->n_pli, plis + 1);
    EXPECT_EQ(late->n_got, 0);
    client_video(a, CAM, true);
    EXPECT_EQ(client_count(late, STAGE), 1);
    rig_free(&r);
}

TEST(a_replay_ends_with_its_peer) {
    struct client *a, *v;
    REQUIRE(pair_init(&a, &v));
    struct client *b = rig_join(&r, 3);
    client_video(b, CAM, true);
    client_video(b, SCREEN, true);
    /* The camera of b now belongs into the gallery of the viewer: a replay is due, but not drained
     * before its source has gone. */
    EXPECT_EQ(engine_source_mute(r.engine, r.now, 3, SOURCE_SCREEN, true), OK);
    EXPECT_EQ(engine_peer_remove(r.engine, r.now, 3), OK);
    rig_pump(&r);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 1);
    client_video(a, CAM, false);
    EXPECT_EQ(client_last(v, STAGE)->sender, 1);
    rig_free(&r);
}

/* The packets of a frame that came together: equal but for a byte, and a rest. */
static void send_frame(struct client *a, bool keyframe) {
    static const uint16_t sizes[] = {900, 900, 899, 900, 300};
    r.hold = true;
    for (unsigned i = 0; i < ARRAY_LEN(sizes); i++) {
        client_send(a, &(struct packet_spec){.line = CAM,
                                             .keyframe = keyframe && i == 0,
                                             .inside = i > 0,
                                             .marker = i + 1 == ARRAY_LEN(sizes),
                                             .size = sizes[i]});
    }
    r.hold = false;
    rig_pump(&r);
}

TEST(a_frame_is_one_train_for_each_viewer) {
    struct client *a, *v;
    REQUIRE(pair_init(&a, &v));
    struct client *w = rig_join(&r, 3);
    client_video(a, CAM, true);
    unsigned trains = r.trains, datagrams = r.datagrams, got = v->n_got;
    send_frame(a, true);
    EXPECT_EQ(r.datagrams - datagrams, 10);
    EXPECT_EQ(r.trains - trains, 2);
    EXPECT_EQ(counters()->padded_out, 2); /* the one that lacks a byte, to each viewer */
    REQUIRE(v->n_got == got + 5 && w->n_got >= 5);
    for (unsigned i = 1; i < 5; i++) {
        EXPECT_EQ(v->got[got + i].seq, (uint16_t)(v->got[got].seq + i));
        EXPECT_EQ(v->got[got + i].number, v->got[got].number + i); /* padding is taken off */
    }
    rig_free(&r);
}

/* What was padded is padded too when the same packet is sent again: other bytes under its index
 * would break its cipher. The client's opener refuses nothing here, for it never got the first. */
TEST(a_padded_packet_is_the_same_when_it_is_sent_again) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = client_new(&r, 2);
    v->params.lines[STAGE].rtx_pt = 0;
    client_join(v);
    client_video(a, CAM, true);
    v->deaf = true;
    send_frame(a, false);
    v->deaf = false;
    uint16_t third = (uint16_t)(v->got[0].seq + 3);
    size_t len = v->last_len[third % 8];
    client_nack(v, STAGE, third);
    EXPECT_EQ(v->got[v->n_got - 1].seq, third);
    EXPECT_EQ(v->last_len[third % 8], len);
    EXPECT(memcmp(v->last_bytes[third % 8], v->deaf_bytes[third % 8], len) == 0);
    rig_free(&r);
}

/* A film in three frame rates for a viewer without RTX whose path carries a third of it. Returns
 * the sequence number of a picture that it has got. */
static uint16_t slow_film(struct client *c, struct client *v) {
    uint16_t seq = 0;
    for (unsigned i = 0; i < 140; i++) {
        client_share(c, i, i == 0 || c->n_pli > 0);
        rig_run(&r, 33 * US_PER_MS);
        if (i == 60) {
            client_remb(v, 220000); /* of 290 kbit/s */
        }
        v->deaf = i == 135;
        seq = i == 135 ? (uint16_t)(v->seen_seq + 1) : seq;
        v->n_got = 0;
    }
    v->deaf = false;
    return seq;
}

/* Picture ids close up over what was left out, and what that was is forgotten at a jump: with
 * another id under its index the packet would break its cipher. */
TEST(of_a_picture_that_is_sent_again_as_it_was_nothing_is_left_out) {
    REQUIRE(rig_init(&r));
    struct client *c = rig_join(&r, 1), *v = client_new(&r, 2);
    v->params.lines[STAGE].rtx_pt = 0;
    client_join(v);
    uint16_t seq = slow_film(c, v);
    client_stream(c, SCREEN, 0)->picture_id =
        (client_stream(c, SCREEN, 0)->picture_id + 400) & 0x7fff;
    client_send(c, &(struct packet_spec){.line = SCREEN, .marker = true, .temporal = 1});
    unsigned k = seq % 8;
    memset(v->last_bytes[k], 0, sizeof(v->last_bytes[k]));
    client_nack(v, STAGE, seq);
    if (counters()->rtx_out > 0) {
        EXPECT(memcmp(v->last_bytes[k], v->deaf_bytes[k], v->last_len[k]) == 0);
    }
    v->n_got = 0;
    client_send(c, &(struct packet_spec){.line = SCREEN, .marker = true, .temporal = 3});
    EXPECT_EQ(client_count(v, STAGE), 1);
    rig_free(&r);
}

/* Two sources and a viewer of both: each batch is a train of its own, in order. */
TEST(batches_of_several_sources) {
    struct client *a, *v;
    REQUIRE(pair_init(&a, &v));
    struct client *b = rig_join(&r, 3);
    client_video(b, CAM, true);
    client_video(a, CAM, true);
    v->n_got = 0;
    r.hold = true;
    for (int i = 0; i < 4; i++) {
        client_video(a, CAM, false);
        client_video(b, CAM, false);
        client_audio(a, 40);
    }
    r.hold = false;
    rig_pump(&r);
    EXPECT_EQ(client_count(v, STAGE), 4);
    EXPECT_EQ(client_count(v, AUDIO0), 4);
    EXPECT_EQ(client_count(v, GALLERY0) + client_count(v, GALLERY1), 4);
    rig_free(&r);
}

/* A padding packet that comes with the key frame at which a viewer switches leaves no gap. */
TEST(padding_behind_a_switch_leaves_no_gap) {
    struct client *a, *v;
    REQUIRE(pair_init(&a, &v));
    struct client *b = rig_join(&r, 3);
    r.hold = true;
    client_video(b, SCREEN, true);
    client_send(b, &(struct packet_spec){.line = SCREEN, .padding = true});
    client_video(b, SCREEN, false);
    r.hold = false;
    rig_pump(&r);
    REQUIRE(client_count(v, STAGE) == 3);
    EXPECT_EQ(v->got[v->n_got - 2].sender, 3);
    EXPECT_EQ(v->got[v->n_got - 1].seq, (uint16_t)(v->got[v->n_got - 2].seq + 1));
    rig_free(&r);
}

/* The picture that was to be replayed leaves the cache before it is sent: it is asked for. */
TEST(a_replay_that_comes_too_late_asks) {
    REQUIRE(rig_init(&r));
    r.config.pool_packets = 64; /* 32 for each source */
    rig_restart(&r);
    struct client *a = rig_join(&r, 1), *b = rig_join(&r, 3), *v = rig_join(&r, 2);
    client_video(a, CAM, true);
    rig_run(&r, 1500 * US_PER_MS); /* requests are not throttled any more */
    client_video(a, CAM, true);
    unsigned plis = a->n_pli;
    r.hold = true;
    client_video(b, SCREEN, true); /* the stage is the screen's; a goes to the gallery */
    for (unsigned i = 0; i < 40; i++) {
        client_video(a, CAM, false);
    }
    r.hold = false;
    rig_pump(&r);
    EXPECT_EQ(client_count(v, GALLERY0), 0);
    rig_run(&r, 10 * US_PER_MS);
    EXPECT_EQ(a->n_pli, plis + 1);
    client_video(a, CAM, true);
    EXPECT_EQ(client_count(v, GALLERY0), 1);
    rig_free(&r);
}
