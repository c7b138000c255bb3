/* What clients of the field send and other servers have stumbled over: headers in their rarer
 * forms, counters at their ends, media that comes seldom or alone. Each passed when it was tried
 * with real clients, and is to go on passing. */
#include "tests/unit/engine/rig.h"

static struct rig r;

/* A packet of the camera with a header as it is written here: `head` behind the SSRC, X and CC in
 * `first`; a whole key frame. */
static void send_headed(struct client *a, uint8_t first, const uint8_t *head, size_t n_head) {
    static const uint8_t vp8[] = {0x90, 0xe0, 0x80, 0x0b, 0x15, 0, 0, 0, 0, 0, 0, 0, 0};
    uint8_t plain[128], out[PACKET_CAP];
    struct sent_stream *st = &a->streams[CAM];
    struct wr h = wr_of(plain, sizeof(plain)), w = wr_of(out, sizeof(out));
    uint64_t index = st->next++;
    st->ts += 3000;
    wr_u8(&h, 0x80 | first);
    wr_u8(&h, 0x80 | a->params.lines[CAM].pt);
    wr_u16(&h, (uint16_t)index);
    wr_u32(&h, st->ts);
    wr_u32(&h, st->ssrc);
    wr_bytes(&h, head, n_head);
    REQUIRE(!h.bad);
    size_t n = srtp_seal_rtp(a->sealer, index, bytes_of(plain, wr_len(&h)),
                             bytes_of(vp8, sizeof(vp8)), &w);
    REQUIRE(n > 0);
    rig_send(&r, &a->addr, out, n);
}

#define MID 1 /* of the rig's clients; the camera's mid is "1" */

/* RFC 8285 section 4.3: libraries take the longer form when an id or a value needs it. */
TEST(two_byte_extensions_name_the_line) {
    static const uint8_t head[] = {0x10, 0x00, 0, 3,   200, 2, 0xaa, 0xbb,
                                   0,    MID,  1, '1', 0,   0, 0,    0};
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    REQUIRE(a->params.lines[CAM].ext.id[RTP_EXT_MID] == MID && a->params.lines[CAM].mid[0] == '1');
    send_headed(a, 0x10, head, sizeof(head));
    EXPECT_EQ(client_count(v, STAGE), 1);
    EXPECT_EQ(engine_counters(r.engine)->drop_rtp, 0);
    rig_free(&r);
}

/* Mixers list who contributed (RFC 3550 section 5.1); a viewer gets none of them, and all else. */
TEST(contributing_sources_are_no_payload) {
    static const uint8_t head[] = {0,    0,    0,    1,    0, 0, 0,        2,   0xff, 0xff,
                                   0xff, 0xff, 0xbe, 0xde, 0, 1, MID << 4, '1', 0,    0};
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    send_headed(a, 0x10 | 3, head, sizeof(head));
    REQUIRE(client_count(v, STAGE) == 1);
    EXPECT(v->got[0].keyframe);
    EXPECT_EQ(v->got[0].picture_id, 0x0b);
    rig_free(&r);
}

/* The path is probed with padding between pictures; numbers of packets and pictures go on as if it
 * were not, over the ends of both. */
TEST(probes_between_pictures_leave_their_ids_alone) {
    static const uint16_t ids[] = {0, 126, 127, 32765, 32766};
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        REQUIRE(rig_init(&r));
        struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
        a->streams[CAM].picture_id = ids[i];
        a->streams[CAM].next = 65533;
        for (unsigned k = 0; k < 5; k++) {
            client_video(a, CAM, k == 0);
            client_send(a, &(struct packet_spec){.line = CAM, .padding = true});
            client_send(a, &(struct packet_spec){.line = CAM, .padding = true});
        }
        REQUIRE(client_count(v, STAGE) == 5);
        for (unsigned k = 1; k < 5; k++) {
            EXPECT_EQ((uint16_t)(v->got[k].seq - v->got[k - 1].seq), 1);
            EXPECT_EQ((v->got[k].picture_id - v->got[k - 1].picture_id) & 0x7fff, 1);
        }
        rig_free(&r);
    }
}

TEST(timestamps_run_over_their_end) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    a->streams[CAM].ts = UINT32_MAX - 7000;
    a->streams[MIC].ts = UINT32_MAX - 1500;
    for (unsigned k = 0; k < 5; k++) {
        client_video(a, CAM, k == 0);
        client_audio(a, 30);
        rig_run(&r, 33 * US_PER_MS);
    }
    uint32_t video = 0, audio = 0;
    unsigned pictures = 0, sounds = 0;
    for (unsigned i = 0; i < v->n_got; i++) {
        const struct got *g = &v->got[i];
        bool is_video = g->line == STAGE;
        uint32_t *last = is_video ? &video : &audio;
        unsigned *n = is_video ? &pictures : &sounds;
        EXPECT(*n == 0 || g->ts - *last == (is_video ? 3000 : 960));
        *last = g->ts;
        ++*n;
    }
    EXPECT(pictures == 5 && sounds == 5);
    rig_free(&r);
}

/* Who has no camera, and who has no microphone; the viewer's other slots stay empty. */
TEST(one_medium_alone_is_shown) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    for (unsigned k = 0; k < 10; k++) {
        client_audio(a, 30);
        rig_run(&r, 20 * US_PER_MS);
    }
    EXPECT_EQ(client_count(v, AUDIO0) + client_count(v, AUDIO1) + client_count(v, AUDIO2), 10);
    EXPECT_EQ(client_count(v, STAGE), 0);
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_ON, 1), 1);
    struct client *b = rig_join(&r, 3);
    client_video(b, CAM, true);
    EXPECT(client_count(v, STAGE) + client_count(v, GALLERY0) + client_count(v, GALLERY1) > 0);
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_ON, 3), 1);
    rig_free(&r);
}

/* RFC 7587 section 3.1.3: an encoder that hears nothing says so every 400 ms; its clock goes on,
 * its numbers do not. Neither is a gap, and the source stays on. */
TEST(discontinuous_sound_is_no_loss) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    client_audio(a, 30);
    for (unsigned k = 0; k < 10; k++) {
        rig_run(&r, 400 * US_PER_MS);
        client_send(a, &(struct packet_spec){.line = MIC, .level = 127, .ts_step = 19200});
    }
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_OFF, 1), 0);
    REQUIRE(v->n_got == 11);
    for (unsigned k = 1; k < v->n_got; k++) {
        EXPECT_EQ((uint16_t)(v->got[k].seq - v->got[k - 1].seq), 1);
        EXPECT_EQ(v->got[k].ts - v->got[k - 1].ts, 19200);
    }
    EXPECT_EQ(engine_counters(r.engine)->nack_out, 0);
    rig_free(&r);
}

/* ptime=60: a packet every 60 ms, three times as long. */
TEST(long_packets_of_sound_keep_their_times) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    for (unsigned k = 0; k < 10; k++) {
        client_send(a, &(struct packet_spec){.line = MIC, .level = 30, .ts_step = 2880});
        rig_run(&r, 60 * US_PER_MS);
    }
    REQUIRE(v->n_got == 10);
    for (unsigned k = 1; k < v->n_got; k++) {
        EXPECT_EQ(v->got[k].ts - v->got[k - 1].ts, 2880);
    }
    rig_free(&r);
}
