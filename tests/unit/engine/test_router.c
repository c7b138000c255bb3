/* Who is shown and heard where. */
#include "media/room/room.h"
#include "tests/unit/engine/rig.h"

#include <opus/opus.h>

static struct rig r;

/* Talk for a while at 20 ms a packet, so that the detector of speakers makes up its mind. */
static void talk(struct client *c, us_t duration) {
    for (us_t t = 0; t < duration; t += 20 * US_PER_MS) {
        client_audio(c, 10);
        rig_run(&r, 20 * US_PER_MS);
    }
}

/* Keep these sources alive without a word. */
static void hum(struct client **c, unsigned n, us_t duration) {
    for (us_t t = 0; t < duration; t += 20 * US_PER_MS) {
        for (unsigned i = 0; i < n; i++) {
            client_audio(c[i], 127);
        }
        rig_run(&r, 20 * US_PER_MS);
    }
}

/* The sender of the last packet on this m-line, 0 when there is none. */
static unsigned heard(const struct client *c, uint8_t line) {
    const struct got *g = client_last(c, line);
    return g ? g->sender : 0;
}

static void speak(struct room *room, us_t *now, struct room_source *mic) {
    for (unsigned i = 0; i < 50; i++) {
        room_level(room, *now, mic, 10);
        *now += SPEAKER_WINDOW;
        (void)room_timeout(room, *now);
    }
}

/* What was judged here is forgotten, or it would end some time and overrule the judge; and from
 * nothing it begins again. */
TEST(a_room_that_follows_judges_nobody) {
    static const uint64_t top[SPEAKER_TOP] = {2}, speakers[ROOM_SPEAKERS_MAX] = {2};
    struct room room = {.follows = false};
    struct room_source mic = {.participant = 1, .kind = SOURCE_MICROPHONE, .codec = CODEC_OPUS};
    us_t now = US_PER_S;
    REQUIRE(room_init(&room) == OK);
    list_init(&mic.in_live);
    room_source_on(&room, &mic, now);
    speak(&room, &now, &mic);
    EXPECT_EQ(room.voices.speaker, 1);
    room_follow(&room, true);
    EXPECT_EQ(room.voices.speaker, 0);
    room_voices(&room, 2, top, speakers);
    speak(&room, &now, &mic);
    EXPECT_EQ(room_deadline(&room), US_NEVER);
    EXPECT_EQ(room_timeout(&room, now + 2 * SPEAKER_SILENCE), 0);
    EXPECT_EQ(room.voices.speaker, 2);
    room_follow(&room, false);
    EXPECT_EQ(room.voices.speaker, 0);
    speak(&room, &now, &mic);
    EXPECT_EQ(room.voices.speaker, 1);
    (void)room_source_off(&room, &mic);
    room_free(&room);
}

TEST(own_sources_are_never_shown) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1);
    client_video(a, CAM, true);
    client_video(a, SCREEN, true);
    client_audio(a, 10);
    EXPECT_EQ(a->n_got, 0);
    EXPECT_EQ(rig_count(&r, MEDIA_SLOT_CHANGED, 1), 0);
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_ON, 1), 3);
    rig_free(&r);
}

TEST(screen_share_takes_the_stage_and_leaves_it) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *b = rig_join(&r, 2), *v = rig_join(&r, 3);
    client_video(a, CAM, true);
    client_video(b, CAM, true);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 1);
    EXPECT_EQ(rig_shows(&r, v, GALLERY0), 2);
    client_video(b, SCREEN, true);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 2);
    EXPECT_EQ(r.events[r.n_events - 1].tour, TOUR);
    EXPECT_EQ(heard(v, STAGE), 2);
    EXPECT_EQ(rig_shows(&r, v, GALLERY0), 2); /* who is there stays there */
    EXPECT_EQ(rig_shows(&r, v, GALLERY1), 1);
    EXPECT_EQ(rig_shows(&r, b, STAGE), 1); /* not its own */
    EXPECT_EQ(engine_source_mute(r.engine, r.now, 2, SOURCE_SCREEN, true), OK);
    rig_pump(&r);
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_OFF, 2), 1);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 1);
    client_video(b, SCREEN, true); /* muted: not routed */
    EXPECT_EQ(rig_shows(&r, v, STAGE), 1);
    EXPECT_EQ(engine_source_mute(r.engine, r.now, 2, SOURCE_SCREEN, false), OK);
    client_video(b, SCREEN, true);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 2);
    rig_free(&r);
}

TEST(newest_screen_wins_but_a_host_goes_before) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *b = rig_join(&r, 2), *v = rig_join(&r, 3);
    struct client *h = client_new(&r, 4);
    h->params.host = true;
    client_join(h);
    client_video(a, SCREEN, true);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 1);
    client_video(b, SCREEN, true);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 2);
    client_video(h, SCREEN, true);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 4);
    client_video(a, CAM, true);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 4);
    EXPECT_EQ(rig_shows(&r, h, STAGE), 2);
    EXPECT_EQ(engine_peer_remove(r.engine, r.now, 4), OK);
    rig_pump(&r);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 2);
    rig_free(&r);
}

TEST(a_pin_holds_for_its_viewer_only) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *b = rig_join(&r, 2), *v = rig_join(&r, 3),
                  *w = rig_join(&r, 4);
    client_video(a, CAM, true);
    client_video(b, CAM, true);
    EXPECT_EQ(engine_pin(r.engine, r.now, 3, 2), OK);
    rig_pump(&r);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 2);
    EXPECT_EQ(rig_shows(&r, v, GALLERY0), 1);
    EXPECT_EQ(rig_shows(&r, w, STAGE), 1);
    client_video(a, SCREEN, true); /* a screen goes before a pin */
    EXPECT_EQ(rig_shows(&r, v, STAGE), 1);
    EXPECT_EQ(engine_source_mute(r.engine, r.now, 1, SOURCE_SCREEN, true), OK);
    rig_pump(&r);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 2);
    EXPECT_EQ(engine_pin(r.engine, r.now, 3, 0), OK);
    rig_pump(&r);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 1);
    EXPECT_EQ(engine_pin(r.engine, r.now, 3, 3), OK); /* oneself, and somebody without a camera */
    EXPECT_EQ(engine_pin(r.engine, r.now, 3, 4), OK);
    rig_pump(&r);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 1);
    rig_free(&r);
}

TEST(host_camera_before_others) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 3), *h = client_new(&r, 2);
    h->params.host = true;
    client_join(h);
    client_video(a, CAM, true);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 1);
    client_video(h, CAM, true);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 2);
    EXPECT_EQ(rig_shows(&r, v, GALLERY0), 1);
    EXPECT_EQ(rig_shows(&r, h, STAGE), 1);
    rig_free(&r);
}

TEST(who_speaks_is_on_the_stage_and_in_slot_0) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *b = rig_join(&r, 2), *v = rig_join(&r, 3);
    client_video(a, CAM, true);
    client_video(b, CAM, true);
    client_audio(a, 127);
    client_audio(b, 127);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 1);
    EXPECT_EQ(rig_shows(&r, v, AUDIO0), 1);
    EXPECT_EQ(rig_shows(&r, v, AUDIO1), 2);
    for (int i = 0; i < 50; i++) {
        client_audio(b, 10);
        client_audio(a, 127);
        client_video(a, CAM, true);
        client_video(b, CAM, true);
        rig_run(&r, 20 * US_PER_MS);
    }
    EXPECT_EQ(rig_count(&r, MEDIA_SPEAKER, 0), 1);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 2);
    EXPECT_EQ(rig_shows(&r, v, AUDIO0), 2);
    EXPECT_EQ(rig_shows(&r, v, AUDIO1), 1);
    EXPECT_EQ(heard(v, AUDIO0), 2);
    EXPECT_EQ(rig_shows(&r, b, STAGE), 1); /* the speaker sees the other one */
    /* After he stops he stays: nobody else has spoken since. */
    for (int i = 0; i < 150; i++) {
        client_audio(b, 127);
        client_audio(a, 127);
        client_video(a, CAM, false);
        client_video(b, CAM, false);
        rig_run(&r, 20 * US_PER_MS);
    }
    EXPECT_EQ(rig_count(&r, MEDIA_SPEAKER, 0), 2);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 2);
    rig_free(&r);
}

/* A person with a phone and a computer: either may go. */
TEST(a_second_microphone_of_a_person_goes_on) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *b = rig_join(&r, 2);
    struct client *again = client_new(&r, 3);
    again->params.participant = 1;
    client_join(again);
    client_audio(a, 10);
    client_audio(again, 127);
    EXPECT_EQ(engine_peer_remove(r.engine, r.now, 1), OK);
    rig_pump(&r);
    hum((struct client *[]){b, again}, 2, US_PER_S);
    talk(again, US_PER_S);
    EXPECT_EQ(rig_speaker(&r), 1);
    rig_free(&r);
}

TEST(gallery_places_are_stable) {
    REQUIRE(rig_init(&r));
    struct client *c[5], *v = rig_join(&r, 9);
    for (unsigned i = 0; i < 5; i++) {
        c[i] = rig_join(&r, i + 1);
        client_video(c[i], CAM, true);
    }
    EXPECT_EQ(rig_shows(&r, v, STAGE), 1);
    EXPECT_EQ(rig_shows(&r, v, GALLERY0), 2);
    EXPECT_EQ(rig_shows(&r, v, GALLERY1), 3); /* 4 and 5 find no place */
    EXPECT_EQ(engine_peer_remove(r.engine, r.now, 2), OK);
    rig_pump(&r);
    EXPECT_EQ(rig_shows(&r, v, GALLERY0), 4);
    EXPECT_EQ(rig_shows(&r, v, GALLERY1), 3);
    EXPECT_EQ(engine_peer_remove(r.engine, r.now, 1), OK); /* the stage */
    rig_pump(&r);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 3);
    EXPECT_EQ(rig_shows(&r, v, GALLERY0), 4);
    EXPECT_EQ(rig_shows(&r, v, GALLERY1), 5);
    for (uint64_t p = 3; p <= 5; p++) {
        EXPECT_EQ(engine_peer_remove(r.engine, r.now, p), OK);
    }
    rig_pump(&r);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 0);
    EXPECT_EQ(rig_shows(&r, v, GALLERY0), 0);
    EXPECT_EQ(rig_shows(&r, v, GALLERY1), 0);
    rig_free(&r);
}

TEST(silent_sources_go_off_and_come_back) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    client_video(a, CAM, true);
    us_t last = r.now;
    rig_run(&r, 2 * US_PER_S - 1);
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_OFF, 1), 0);
    rig_run(&r, 1);
    EXPECT_EQ(r.now, last + 2 * US_PER_S);
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_OFF, 1), 1);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 0);
    client_video(a, CAM, false); /* back, but not with a key frame */
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_ON, 1), 2);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 1);
    EXPECT_EQ(client_count(v, STAGE), 1);
    EXPECT_EQ(a->n_pli, 1);
    client_video(a, CAM, true);
    EXPECT_EQ(client_count(v, STAGE), 2);
    EXPECT_EQ(v->got[1].seq, (uint16_t)(v->got[0].seq + 1));
    rig_free(&r);
}

TEST(a_source_says_bye) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    uint8_t buf[64];
    struct wr w = wr_of(buf, sizeof(buf));
    client_video(a, CAM, true);
    rtcp_write_bye(&w, 12345); /* nobody's */
    rtcp_write_bye(&w, a->streams[CAM].ssrc);
    client_rtcp(a, &w);
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_OFF, 1), 0); /* it may go on */
    rig_run(&r, US_PER_S);
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_OFF, 1), 1);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 0);
    rig_free(&r);
}

TEST(a_slot_keeps_the_old_picture_until_the_key_frame) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *b = rig_join(&r, 2), *v = rig_join(&r, 3);
    client_video(a, CAM, true);
    client_video(b, CAM, true);
    EXPECT_EQ(engine_pin(r.engine, r.now, 3, 2), OK);
    rig_pump(&r);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 2); /* the intent is told at once */
    unsigned plis = b->n_pli;
    client_video(b, CAM, false);
    client_video(a, CAM, false);
    EXPECT_EQ(heard(v, STAGE), 1);
    rig_run(&r, 1100 * US_PER_MS);
    EXPECT(b->n_pli > plis); /* asked, and asked again */
    client_video(a, CAM, false);
    EXPECT_EQ(heard(v, STAGE), 1); /* however long it takes: no picture stands still */
    unsigned got = client_count(v, STAGE);
    client_video(b, CAM, true);
    EXPECT_EQ(client_count(v, STAGE), got + 1);
    EXPECT_EQ(heard(v, STAGE), 2);
    client_video(b, CAM, false);
    client_video(a, CAM, false);
    EXPECT_EQ(client_count(v, STAGE), got + 2);
    rig_free(&r);
}

TEST(a_slot_goes_back_when_the_intent_does) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *b = rig_join(&r, 2), *v = rig_join(&r, 3);
    client_video(a, CAM, true);
    client_video(b, CAM, true);
    EXPECT_EQ(engine_pin(r.engine, r.now, 3, 2), OK);
    EXPECT_EQ(engine_pin(r.engine, r.now, 3, 0), OK);
    unsigned changes = rig_count(&r, MEDIA_SLOT_CHANGED, 3);
    rig_pump(&r);
    client_video(a, CAM, false);
    client_video(b, CAM, true);
    EXPECT_EQ(heard(v, STAGE), 1);
    EXPECT_EQ(client_last(v, STAGE)->number, 2);
    /* b's place in the gallery was given up and taken again, which is no change to tell. */
    EXPECT_EQ(rig_count(&r, MEDIA_SLOT_CHANGED, 3), changes);
    rig_free(&r);
}

TEST(streams_are_continuous_over_switches) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *b = rig_join(&r, 2), *v = rig_join(&r, 3);
    b->streams[CAM] = (struct sent_stream){.ssrc = 55,
                                           .rtx_ssrc = 56,
                                           .next = 65530,
                                           .rtx_next = 9,
                                           .ts = 0xfffff000u,
                                           .picture_id = 0x7ff0,
                                           .tl0picidx = 250};
    client_video(a, CAM, true);
    client_video(b, CAM, true);
    for (unsigned i = 0; i < 40; i++) {
        if (i % 10 == 0) {
            EXPECT_EQ(engine_pin(r.engine, r.now, 3, (i / 10) % 2 ? 2 : 1), OK);
            rig_pump(&r);
        }
        rig_run(&r, 33 * US_PER_MS);
        client_video(a, CAM, i % 10 == 0);
        client_video(b, CAM, i % 10 == 0);
    }
    const struct got *last = NULL;
    unsigned switches = 0;
    for (unsigned i = 0; i < v->n_got; i++) {
        const struct got *g = &v->got[i];
        if (g->line != STAGE) {
            continue;
        }
        if (last) {
            EXPECT_EQ(g->seq, (uint16_t)(last->seq + 1));
            EXPECT(g->ts - last->ts > 0 && g->ts - last->ts < 9000);
            EXPECT_EQ(g->picture_id, (last->picture_id + 1) & 0x7fff);
            EXPECT_EQ(g->tl0picidx, (uint8_t)(last->tl0picidx + 1));
            switches += g->sender != last->sender;
            EXPECT(g->sender == last->sender || g->keyframe);
        }
        last = g;
    }
    EXPECT_EQ(switches, 3);
    rig_free(&r);
}

TEST(voices_keep_their_slots) {
    REQUIRE(rig_init(&r));
    struct client *c[5], *v = rig_join(&r, 9);
    for (unsigned i = 0; i < 5; i++) {
        c[i] = rig_join(&r, i + 1);
        client_audio(c[i], 127);
    }
    /* No stage: the first three are heard in order of arrival, and nobody twice. */
    EXPECT_EQ(rig_shows(&r, v, AUDIO0), 1);
    EXPECT_EQ(rig_shows(&r, v, AUDIO1), 2);
    EXPECT_EQ(rig_shows(&r, v, AUDIO2), 3);
    EXPECT_EQ(rig_shows(&r, c[0], AUDIO0), 2);
    talk(c[4], 400 * US_PER_MS);
    unsigned places = (rig_shows(&r, v, AUDIO0) == 5) + (rig_shows(&r, v, AUDIO1) == 5) +
                      (rig_shows(&r, v, AUDIO2) == 5);
    EXPECT_EQ(places, 1);
    hum(c, 5, 100 * US_PER_MS);
    EXPECT_EQ(engine_source_mute(r.engine, r.now, 5, SOURCE_MICROPHONE, true), OK);
    rig_pump(&r);
    EXPECT(rig_shows(&r, v, AUDIO0) != 5 && rig_shows(&r, v, AUDIO1) != 5);
    EXPECT(rig_shows(&r, v, AUDIO2) != 5);
    unsigned got = v->n_got;
    client_audio(c[4], 10); /* muted: not heard */
    EXPECT_EQ(v->n_got, got);
    rig_free(&r);
}

TEST(whep_hears_the_loudest) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *b = rig_join(&r, 2), *v = client_new(&r, 3);
    v->params.loudest_audio = true;
    v->params.n_lines = N_LINES - 2;
    for (unsigned i = 0; i < 3; i++) {
        v->params.lines[i] = (struct session_line){.source = SOURCE_MICROPHONE,
                                                   .codec = CODEC_OPUS,
                                                   .pt = 111,
                                                   .mid = {'m', (char)('0' + i)}};
    }
    client_join(v);
    client_video(a, CAM, true);
    client_audio(a, 127);
    client_audio(b, 127);
    EXPECT_EQ(rig_shows(&r, v, AUDIO0), 1);
    talk(b, 400 * US_PER_MS);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 1); /* b has no camera */
    EXPECT_EQ(rig_shows(&r, v, AUDIO0), 2);
    struct client *both[] = {a, b};
    hum(both, 2, 3 * US_PER_S);
    EXPECT_EQ(rig_shows(&r, v, AUDIO0), 2); /* who spoke last stays */
    rig_free(&r);
}

TEST(other_codecs_are_not_routed) {
    REQUIRE(rig_init(&r));
    struct client *a = client_new(&r, 1), *v = rig_join(&r, 2);
    a->params.lines[CAM].codec = CODEC_H264;
    client_join(a);
    client_video(a, CAM, true);
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_ON, 1), 1);
    EXPECT_EQ(rig_count(&r, MEDIA_SLOT_CHANGED, 2), 0);
    EXPECT_EQ(v->n_got, 0);
    rig_free(&r);
}

/* Three who talk all the time do not keep the host out, who says something now and then. */
TEST(a_host_is_never_crowded_out_of_the_voices) {
    REQUIRE(rig_init(&r));
    struct client *c[6];
    for (unsigned i = 0; i < 6; i++) {
        c[i] = client_new(&r, i + 1);
        c[i]->params.host = i == 5;
        client_join(c[i]);
    }
    struct client *v = c[0];
    client_audio(c[5], 127);
    for (int k = 0; k < 100; k++) {
        for (unsigned i = 1; i < 5; i++) {
            client_audio(c[i], (uint8_t)(20 + i + (k + i * 7) % 25));
        }
        client_audio(c[5], 127);
        v->n_got = 0;
        rig_run(&r, 20 * US_PER_MS);
    }
    client_audio(c[5], 20); /* its first word */
    unsigned heard = 0;
    for (unsigned i = 0; i < v->n_got; i++) {
        heard += v->got[i].sender == 6;
    }
    EXPECT_EQ(heard, 1);
    rig_free(&r);
}

static size_t encode(OpusEncoder *e, double amplitude, uint8_t out[400]) {
    opus_int16 pcm[960];
    for (int i = 0; i < 960; i++) {
        pcm[i] = (opus_int16)(amplitude * (i % 100 < 50 ? 1 : -1));
    }
    opus_int32 n = opus_encode(e, pcm, 960, out, 400);
    return n > 0 ? (size_t)n : 0;
}

/* A client without RFC 6464 speaks among others who have it: it becomes the speaker all the same.
 */
TEST(who_sends_no_levels_is_heard_all_the_same) {
    int err = 0;
    OpusEncoder *e = opus_encoder_create(48000, 1, OPUS_APPLICATION_VOIP, &err);
    REQUIRE(e && rig_init(&r));
    struct client *a = client_new(&r, 1), *b = rig_join(&r, 2);
    a->params.lines[MIC].ext.id[RTP_EXT_AUDIO_LEVEL] = 0;
    client_join(a);
    client_audio(b, 30);
    for (int k = 0; k < 120; k++) {
        uint8_t packet[400];
        size_t n = encode(e, k < 60 ? 0 : 15000, packet);
        client_send(a,
                    &(struct packet_spec){.line = MIC, .raw = bytes_of(packet, n), .plain = true});
        client_audio(b, k < 60 ? 30 : 70);
        rig_run(&r, 20 * US_PER_MS);
        if (k == 59) {
            EXPECT_EQ(rig_speaker(&r), 2);
        }
    }
    EXPECT_EQ(rig_speaker(&r), 1);
    opus_encoder_destroy(e);
    rig_free(&r);
}
