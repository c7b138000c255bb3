/* Who speaks, of clients that do not say how loud they are (RFC 6464 is optional): unknown is never
 * silent, and what is decoded for it is bounded. */
#include "tests/unit/engine/rig.h"

#include <opus/opus.h>

enum { LOUD = 15000, QUIET = 0 };

static struct rig r;
static OpusEncoder *encoders[RIG_CLIENTS];

static const struct engine_counters *counters(void) {
    return engine_counters(r.engine);
}

/* Whose answer has the extension, and who yet says nothing. */
static struct client *join_dumb(uint64_t handle) {
    struct client *c = client_new(&r, handle);
    c->params.lines[MIC].ext.id[RTP_EXT_AUDIO_LEVEL] = 0;
    client_join(c);
    return c;
}

/* 20 ms of a tone as loud as that. */
static void hum(struct client *c, int amplitude) {
    OpusEncoder **e = &encoders[c->params.participant % RIG_CLIENTS];
    opus_int16 pcm[960];
    uint8_t packet[400];
    int err = 0;
    *e = *e ? *e : opus_encoder_create(48000, 1, OPUS_APPLICATION_VOIP, &err);
    REQUIRE(*e);
    for (int i = 0; i < 960; i++) {
        pcm[i] = (opus_int16)(amplitude * (i % 100 < 50 ? 1 : -1));
    }
    opus_int32 n = opus_encode(*e, pcm, 960, packet, sizeof(packet));
    REQUIRE(n > 0);
    client_send(c,
                &(struct packet_spec){
                    .line = MIC, .plain = true, .level = 127, .raw = bytes_of(packet, (size_t)n)});
}

static void done(void) {
    for (unsigned i = 0; i < RIG_CLIENTS; i++) {
        if (encoders[i]) {
            opus_encoder_destroy(encoders[i]);
            encoders[i] = NULL;
        }
    }
    rig_free(&r);
}

/* It is in one of the viewer's audio slots. */
static bool is_heard(const struct client *v, uint64_t whom) {
    bool found = false;
    for (uint8_t i = AUDIO0; i <= AUDIO2; i++) {
        found = found || rig_shows(&r, v, i) == whom;
    }
    return found;
}

TEST(levels_that_end_are_found_by_decoding) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1);
    (void)rig_join(&r, 2);
    for (int k = 0; k < 50; k++) {
        client_audio(a, 100);
        rig_run(&r, 20 * US_PER_MS);
    }
    EXPECT_EQ(rig_speaker(&r), 0);
    a->params.lines[MIC].ext.id[RTP_EXT_AUDIO_LEVEL] = 0; /* it goes on without */
    for (int k = 0; k < 100; k++) {
        hum(a, LOUD);
        rig_run(&r, 20 * US_PER_MS);
    }
    EXPECT_EQ(rig_speaker(&r), 1);
    EXPECT_EQ(counters()->level_assumed, 0);
    done();
}

/* Some say silence whatever they send. */
TEST(levels_that_cannot_be_are_found_by_decoding) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1);
    (void)rig_join(&r, 2);
    for (int k = 0; k < 100; k++) {
        hum(a, k < 50 ? QUIET : LOUD); /* level 127 */
        rig_run(&r, 20 * US_PER_MS);
        EXPECT(k != 49 || rig_speaker(&r) == 0);
    }
    EXPECT_EQ(rig_speaker(&r), 1);
    done();
}

/* Only so many are decoded; further ones are taken for a voice, not for silence, and give way to
 * who is known to speak. */
TEST(levels_nobody_may_find_are_not_silence) {
    REQUIRE(rig_init(&r)); /* two decoders */
    struct client *v = rig_join(&r, 1), *c[5];
    for (unsigned i = 0; i < 4; i++) {
        c[i] = join_dumb(2 + i);
        hum(c[i], QUIET);
    }
    c[4] = rig_join(&r, 6);
    client_audio(c[4], 100);
    for (int k = 0; k < 200; k++) {
        for (unsigned i = 0; i < 4; i++) {
            hum(c[i], i == 3 ? LOUD : QUIET);
        }
        client_audio(c[4], k < 100 ? 100 : 25);
        rig_run(&r, 20 * US_PER_MS);
        if (k == 99) {
            EXPECT(rig_speaker(&r) == 4 || rig_speaker(&r) == 5);
            EXPECT(is_heard(v, 4) && is_heard(v, 5)); /* who hums, though nobody knows it */
        }
        v->n_got = k % 10 == 0 ? 0 : v->n_got;
    }
    EXPECT(counters()->level_assumed > 0);
    EXPECT(is_heard(v, 6));
    EXPECT_EQ(rig_speaker(&r), 6);
    done();
}

/* Who sends levels after all, or nothing at all, leaves the decoder to another. */
TEST(levels_decoders_are_given_back) {
    REQUIRE(rig_init(&r));
    struct client *c[3];
    for (unsigned i = 0; i < 3; i++) {
        c[i] = join_dumb(1 + i);
    }
    for (int k = 0; k < 10; k++) {
        hum(c[0], QUIET);
        hum(c[1], QUIET);
        rig_run(&r, 20 * US_PER_MS);
    }
    hum(c[2], LOUD);
    EXPECT_EQ(counters()->level_assumed, 1);
    rig_run(&r, 7 * US_PER_S);
    for (int k = 0; k < 30; k++) {
        hum(c[2], LOUD);
        rig_run(&r, 20 * US_PER_MS);
    }
    EXPECT_EQ(counters()->level_assumed, 1);
    EXPECT_EQ(rig_speaker(&r), 3);
    REQUIRE(engine_peer_remove(r.engine, r.now, 3) == OK);
    done();
}

/* Silence that is not sent (DTX) is silence, without a decoder; so is the packet that tells of it.
 */
TEST(levels_of_silence_that_is_not_sent) {
    static const uint8_t dtx[] = {15 << 3};
    REQUIRE(rig_init(&r));
    r.config.level_decoders = 0;
    rig_restart(&r);
    struct client *a = join_dumb(1), *v = rig_join(&r, 2);
    for (int k = 0; k < 15; k++) {
        client_send(a, &(struct packet_spec){.line = MIC,
                                             .plain = true,
                                             .ts_step = 20 * 960,
                                             .raw = bytes_of(dtx, sizeof(dtx))});
        rig_run(&r, 400 * US_PER_MS);
    }
    EXPECT_EQ(counters()->level_assumed, 0);
    EXPECT_EQ(rig_speaker(&r), 0);
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_OFF, 1), 0); /* it is there all the time */
    EXPECT_EQ(client_count(v, AUDIO0), 15);           /* and costs a packet in 400 ms */
    done();
}
