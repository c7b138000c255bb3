/* Sources that stop, come back, are probed or stand still. */
#include "media/recv/nack.h"
#include "tests/unit/engine/rig.h"

static struct rig r;

static void bye(struct client *c, uint8_t line) {
    uint8_t buf[64];
    struct wr w = wr_of(buf, sizeof(buf));
    rtcp_write_rr(&w, c->streams[line].ssrc, NULL, 0);
    rtcp_write_bye(&w, c->streams[line].ssrc);
    client_rtcp(c, &w);
}

TEST(a_gap_too_long_to_repair_asks_for_a_key_frame) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1);
    client_video(a, CAM, true);
    rig_run(&r, 2 * US_PER_S - 100 * US_PER_MS);
    EXPECT_EQ(a->n_pli, 0);
    a->streams[CAM].next += 400; /* more than the list of missing packets holds */
    client_video(a, CAM, false);
    rig_run(&r, 100 * US_PER_MS);
    EXPECT_EQ(a->n_pli, 1);
    EXPECT_EQ(a->n_nacked, 0);
    rig_free(&r);
}

TEST(what_comes_late_does_not_bring_a_stopped_source_back) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    client_video(a, CAM, true);
    client_video(a, SCREEN, true);
    uint16_t lost = client_send(a, &(struct packet_spec){.line = SCREEN, .drop = true});
    client_video(a, SCREEN, false);
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_ON, 1), 2);
    bye(a, SCREEN);
    rig_run(&r, US_PER_S);
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_OFF, 1), 1);
    client_send_rtx(a, SCREEN, lost, 999);
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_ON, 1), 2);
    client_video(a, SCREEN, true); /* shared again */
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_ON, 1), 3);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 1);
    rig_free(&r);
}

TEST(a_key_frame_from_before_a_mute_is_not_shown_after_it) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    client_video(a, CAM, true);
    EXPECT_EQ(client_count(v, STAGE), 1);
    EXPECT_EQ(engine_source_mute(r.engine, r.now, 1, SOURCE_CAMERA, true), OK);
    rig_pump(&r);
    client_video(a, CAM, false); /* never forwarded: nothing can refer to it */
    rig_run(&r, 100 * US_PER_MS);
    EXPECT_EQ(engine_source_mute(r.engine, r.now, 1, SOURCE_CAMERA, false), OK);
    client_video(a, CAM, false);
    rig_run(&r, 10 * US_PER_MS);
    EXPECT_EQ(client_count(v, STAGE), 1);
    EXPECT_EQ(a->n_pli, 1);
    client_video(a, CAM, true);
    EXPECT_EQ(client_count(v, STAGE), 2);
    rig_free(&r);
}

static struct client *join_h264(uint64_t handle) {
    struct client *c = client_new(&r, handle);
    for (unsigned i = 0; i < N_LINES; i++) {
        if (c->params.lines[i].codec == CODEC_VP8) {
            c->params.lines[i].codec = CODEC_H264;
        }
    }
    client_join(c);
    return c;
}

/* Parameter sets and the slices of a picture travel in packets of their own. */
TEST(a_late_viewer_of_h264_gets_the_parameter_sets_too) {
    static const uint8_t sps[] = {0x67, 0x42}, pps[] = {0x68, 0xce}, idr[] = {0x7c, 0x85};
    REQUIRE(rig_init(&r));
    struct client *a = join_h264(1);
    struct packet_spec s = {.line = CAM, .raw = bytes_of(sps, 2)};
    client_send(a, &s);
    uint32_t first = a->number;
    s.inside = true;
    s.raw = bytes_of(pps, 2);
    client_send(a, &s);
    s.raw = bytes_of(idr, 2);
    s.marker = true;
    client_send(a, &s);
    rig_run(&r, 100 * US_PER_MS);
    struct client *v = join_h264(2);
    EXPECT_EQ(client_count(v, STAGE), 3);
    REQUIRE(v->n_got > 0);
    EXPECT_EQ(v->got[0].number, first);
    EXPECT_EQ(a->n_pli, 0);
    rig_free(&r);
}

/* A slot that is bound between the parameter sets and the slices waits for the next key frame. */
TEST(a_slot_does_not_begin_in_the_middle_of_a_key_frame) {
    static const uint8_t sps[] = {0x67, 0x42}, idr[] = {0x7c, 0x85};
    REQUIRE(rig_init(&r));
    struct client *a = join_h264(1), *b = join_h264(2), *v = join_h264(3);
    struct packet_spec s = {.line = CAM, .raw = bytes_of(sps, 2)};
    client_send(a, &s); /* v's stage shows a from here */
    client_send(b, &s);
    EXPECT_EQ(client_count(v, STAGE), 1);
    EXPECT_EQ(engine_pin(r.engine, r.now, 3, 2), OK);
    rig_pump(&r);
    s.inside = true;
    s.raw = bytes_of(idr, 2);
    client_send(b, &s);
    EXPECT_EQ(client_count(v, STAGE), 1);
    s.inside = false;
    s.raw = bytes_of(sps, 2);
    client_send(b, &s);
    EXPECT_EQ(client_count(v, STAGE), 2);
    EXPECT_EQ(client_last(v, STAGE)->sender, 2);
    rig_free(&r);
}

/* They get lost, and are repaired after the slice that a viewer has begun with: the decoder still
 * gets them, in their place. */
TEST(parameter_sets_repaired_late_find_their_place) {
    static const uint8_t sps[] = {0x67, 0x42}, idr[] = {0x7c, 0x85};
    REQUIRE(rig_init(&r));
    struct client *a = join_h264(1), *v = join_h264(2);
    struct sent_stream *st = &a->streams[CAM];
    client_send(a, &(struct packet_spec){.line = CAM, .raw = bytes_of(sps, 2)});
    client_send(a, &(struct packet_spec){
                       .line = CAM, .inside = true, .raw = bytes_of(idr, 2), .marker = true});
    EXPECT_EQ(engine_source_mute(r.engine, r.now, 1, SOURCE_CAMERA, true), OK);
    EXPECT_EQ(engine_source_mute(r.engine, r.now, 1, SOURCE_CAMERA, false), OK);
    rig_pump(&r);
    v->n_got = 0;
    uint64_t lost = st->next;
    client_send(a, &(struct packet_spec){.line = CAM, .raw = bytes_of(sps, 2), .drop = true});
    uint32_t number = a->number;
    client_send(a, &(struct packet_spec){.line = CAM, .inside = true, .raw = bytes_of(idr, 2)});
    REQUIRE(v->n_got == 1);
    uint64_t next = st->next;
    st->next = lost;
    a->number = number - 1;
    client_send(a, &(struct packet_spec){.line = CAM, .inside = true, .raw = bytes_of(sps, 2)});
    st->next = next;
    REQUIRE(v->n_got == 2);
    EXPECT_EQ(v->got[1].number, number);
    EXPECT_EQ(v->got[1].seq, (uint16_t)(v->got[0].seq - 1));
    rig_free(&r);
}

/* Or they are not: they belong to the key frame although they come before what counts as its
 * beginning, and it is of no use without them. */
TEST(parameter_sets_that_are_not_repaired_ask_for_a_key_frame) {
    static const uint8_t sps[] = {0x67, 0x42}, idr[] = {0x7c, 0x85}, slice[] = {0x5c, 0x81};
    REQUIRE(rig_init(&r));
    struct client *a = join_h264(1);
    (void)join_h264(2);
    struct packet_spec first = {.line = CAM, .raw = bytes_of(sps, 2)}, s = first;
    s.inside = s.marker = true;
    s.raw = bytes_of(idr, 2);
    client_send(a, &first);
    client_send(a, &s);
    rig_run(&r, 2 * US_PER_S);
    unsigned plis = a->n_pli;
    first.drop = true;
    client_send(a, &first);
    client_send(a, &s);
    s.inside = false;
    s.raw = bytes_of(slice, 2);
    for (unsigned i = 0; i < 60; i++) {
        rig_run(&r, 33 * US_PER_MS);
        client_send(a, &s);
    }
    EXPECT(a->n_pli > plis);
    rig_free(&r);
}

/* What nobody can repair is no gap to the viewers, who would all ask for it; nor a picture that
 * looks whole to who has no picture ids: it goes on with a key frame. */
TEST(a_gap_that_is_given_up_is_closed) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    client_video(a, CAM, true);
    rig_run(&r, 1100 * US_PER_MS);
    unsigned plis = a->n_pli;
    a->streams[CAM].next += 600;
    client_video(a, CAM, false);
    client_video(a, CAM, false);
    EXPECT_EQ(v->n_got, 1);
    EXPECT_EQ(engine_counters(r.engine)->drop_gap, 2);
    rig_run(&r, 100 * US_PER_MS);
    EXPECT_EQ(a->n_pli, plis + 1);
    client_video(a, CAM, true);
    REQUIRE(v->n_got == 2);
    EXPECT_EQ(v->got[1].seq, (uint16_t)(v->got[0].seq + 1));
    a->streams[CAM].next += 5; /* but this may be repaired */
    client_video(a, CAM, false);
    EXPECT_EQ(v->got[2].seq, (uint16_t)(v->got[1].seq + 6));
    rig_free(&r);
}

TEST(a_gap_that_ends_with_padding_is_one) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    client_video(a, CAM, true);
    a->streams[CAM].next += 600;
    client_send(a, &(struct packet_spec){.line = CAM, .padding = true});
    client_video(a, CAM, false);
    EXPECT_EQ(v->n_got, 1);
    client_video(a, CAM, true);
    EXPECT_EQ(v->n_got, 2);
    EXPECT_EQ(v->got[1].seq, (uint16_t)(v->got[0].seq + 1));
    rig_free(&r);
}

/* A repair of the stream that had the m-line before must not move the numbers of the new one. */
TEST(a_late_repair_of_an_old_stream_does_no_harm) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    client_video(a, CAM, true);
    client_send_rtx(a, CAM, (uint16_t)(a->streams[CAM].next - 1), a->number);
    struct sent_stream old = a->streams[CAM];
    rig_run(&r, 1100 * US_PER_MS);
    a->streams[CAM] = (struct sent_stream){.ssrc = 4711, .rtx_ssrc = 4712, .next = 7, .ts = 9};
    client_video(a, CAM, true);
    struct sent_stream new = a->streams[CAM];
    a->streams[CAM] = old;
    client_send_rtx(a, CAM, 30000, 1);
    a->streams[CAM] = new;
    client_send_rtx(a, CAM, 30000, 1);
    unsigned before = client_count(v, STAGE);
    for (int i = 0; i < 200; i++) {
        client_video(a, CAM, false);
    }
    EXPECT_EQ(client_count(v, STAGE), before + 200);
    rig_free(&r);
}

/* A packet that no m-line wants was still received: the sender's estimate must not call it lost. */
TEST(what_is_not_wanted_is_not_reported_lost) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1);
    client_video(a, CAM, true);
    for (int i = 0; i < 10; i++) {
        client_send(a, &(struct packet_spec){.line = CAM, .ssrc = 55, .pt = 111});
        client_video(a, CAM, false);
    }
    rig_run(&r, 200 * US_PER_MS);
    EXPECT(a->n_twcc > 0);
    EXPECT_EQ(a->twcc_lost, 0);
    rig_free(&r);
}

/* An agent whom nobody sends anything has no round-trip time: a path of 200 ms must do. */
TEST(without_a_round_trip_time_losses_are_asked_for_with_patience) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1);
    client_video(a, CAM, true);
    uint16_t lost = client_send(a, &(struct packet_spec){.line = CAM, .drop = true});
    client_video(a, CAM, false);
    rig_run(&r, 400 * US_PER_MS);
    EXPECT(a->n_nacked >= 2 && a->n_nacked <= 5);
    EXPECT_EQ(a->nacked[0], lost);
    EXPECT_EQ(a->n_pli, 0);
    client_send_rtx(a, CAM, lost, 7);
    rig_run(&r, 500 * US_PER_MS);
    EXPECT_EQ(a->n_pli, 0);
    rig_free(&r);
}

/* Browsers repeat the picture of a screen that stands still once a second. */
TEST(a_screen_that_stands_still_survives_a_loss) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1);
    client_video(a, SCREEN, true);
    for (int i = 0; i < 4; i++) {
        rig_run(&r, 1010 * US_PER_MS);
        client_send(a, &(struct packet_spec){.line = SCREEN, .drop = i == 1});
    }
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_OFF, 1), 0);
    rig_run(&r, 5 * US_PER_S);
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_OFF, 1), 1);
    rig_free(&r);
}

/* A guest who speaks does not get the stage because the host's network is gone for a moment. */
TEST(a_picture_of_who_is_cut_off_is_not_off) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    client_video(a, CAM, true);
    client_audio(a, 10);
    a->alive = false;
    rig_run(&r, 10 * US_PER_S);
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_OFF, 1), 1); /* the microphone */
    EXPECT_EQ(rig_shows(&r, v, STAGE), 1);
    a->alive = true; /* its first check comes before its picture */
    rig_run(&r, 900 * US_PER_MS);
    client_video(a, CAM, false);
    rig_run(&r, 1900 * US_PER_MS);
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_OFF, 1), 1);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 1);
    rig_run(&r, 100 * US_PER_MS); /* turned off, while it is heard */
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_OFF, 1), 2);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 0);
    rig_free(&r);
}

TEST(who_is_heard_again_without_a_picture_has_turned_it_off) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1);
    client_video(a, CAM, true);
    a->alive = false;
    rig_run(&r, 5 * US_PER_S);
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_OFF, 1), 0);
    a->alive = true;
    rig_run(&r, 3 * US_PER_S);
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_OFF, 1), 1);
    client_video(a, CAM, true);
    a->alive = false;
    rig_run(&r, 16 * US_PER_S); /* and who does not come back is gone with it */
    EXPECT_EQ(rig_count(&r, MEDIA_PEER_GONE, 1), 1);
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_OFF, 1), 2);
    rig_free(&r);
}

/* GStreamer's default, and what a promise is worth that nobody keeps. */
TEST(who_offers_no_nack_is_repaired_by_key_frames) {
    REQUIRE(rig_init(&r));
    struct client *a = client_new(&r, 1);
    a->params.lines[CAM].nack = false;
    a->params.lines[CAM].rtx_pt = 0;
    client_join(a);
    client_video(a, CAM, true);
    rig_run(&r, 1100 * US_PER_MS);
    client_video(a, CAM, false);
    a->streams[CAM].next++; /* one is lost */
    client_video(a, CAM, false);
    rig_run(&r, 5 * US_PER_MS);
    EXPECT_EQ(a->n_pli, 0); /* it may only be late */
    rig_run(&r, 10 * US_PER_MS);
    EXPECT_EQ(a->n_pli, 1);
    EXPECT_EQ(a->n_nacked, 0);
    rig_free(&r);
}

TEST(who_ignores_nacks_is_repaired_by_key_frames) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1);
    client_video(a, CAM, true);
    for (unsigned i = 0; i < NACK_DEAF; i++) {
        a->streams[CAM].next++;
        client_video(a, CAM, false);
        rig_run(&r, 1500 * US_PER_MS);
    }
    client_video(a, CAM, true);
    rig_run(&r, 1500 * US_PER_MS);
    unsigned asked = a->n_pli;
    EXPECT(asked > 0);
    a->streams[CAM].next++;
    client_video(a, CAM, false);
    rig_run(&r, 130 * US_PER_MS);
    EXPECT_EQ(a->n_pli, asked + 1);
    rig_free(&r);
}
