/* What waits of a voice fits, with every delay and however it is encoded. */
#include "tests/unit/mix/world.h"

#include <opus/opus.h>

#define RUN (2 * US_PER_S)
#define FRAME_MAX 2880 /* [samples] 60 ms */

struct talk {
    us_t delay;
    int bitrate;
    unsigned frame; /* [samples] */
    us_t jitter;    /* [us] every other second packets come late by so much */
};

static OpusEncoder *encoder_of(const struct talk *k) {
    int err;
    OpusEncoder *e = opus_encoder_create(48000, 2, OPUS_APPLICATION_AUDIO, &err);
    CHECK(e);
    opus_encoder_ctl(e, OPUS_SET_BITRATE(k->bitrate));
    opus_encoder_ctl(e, OPUS_SET_VBR(0));
    opus_encoder_ctl(e, OPUS_SET_COMPLEXITY(1));
    return e;
}

static void noise(uint64_t *seed, float *pcm, unsigned n) {
    for (unsigned i = 0; i < n; i++) {
        *seed = *seed * 6364136223846793005u + 1442695040888963407u;
        pcm[i] = (float)((int32_t)(*seed >> 32)) / 2147483648.0f * 0.3f;
    }
}

static void drain(struct mixes *x) {
    struct relay out;
    while (mixes_output(x, &out)) {
        if (out.type == RELAY_PACKET) {
            packet_unref(out.packet.packet);
        }
    }
}

static void until(struct mixes *x, us_t now) {
    while (mixes_deadline(x) <= now) {
        mixes_timeout(x, now);
        drain(x);
    }
}

static void say(struct mixes *x, struct packet *p, const struct talk *k, unsigned i, int n) {
    us_t at = START + (us_t)(i + 1) * k->frame * 1000 / 48;
    at += at / US_PER_S % 2 ? k->jitter : 0;
    until(x, at);
    struct relay m = {.type = RELAY_PACKET, .tour = TOUR, .id = 9, .on = true};
    m.packet = (struct media_packet){.packet = p, .payload_len = (uint16_t)n, .at = at};
    m.packet.seq = (1u << 16) + i;
    m.packet.ts = i * k->frame;
    mixes_input(x, at, &m);
}

/* Packets of a talk that are not heard, of 1000. */
static unsigned unheard(const struct talk *k) {
    struct packet_pool *voices = packet_pool_new(4096), *pool = packet_pool_new(2048);
    struct mixes *x = mixes_new(
        &(struct mixes_config){.listeners = 2, .voices = 4, .delay = k->delay, .pool = pool});
    CHECK(x && voices);
    struct mix_order o = {.tour = TOUR, .peer = 1, .on = true};
    EXPECT_EQ(mixes_order(x, START, &o), OK);
    struct relay m = {.type = RELAY_STATE, .tour = TOUR, .id = 9};
    m.source.participant = 5;
    m.source.order = m.source.flows = 1;
    m.source.kind = SOURCE_MICROPHONE;
    m.source.codec = CODEC_OPUS;
    mixes_input(x, START, &m);
    OpusEncoder *e = encoder_of(k);
    float pcm[2 * FRAME_MAX];
    uint64_t seed = 1;
    for (unsigned i = 0; (us_t)i * k->frame * 1000 / 48 < RUN; i++) {
        struct packet *p = packet_take(voices);
        CHECK(p);
        noise(&seed, pcm, 2 * k->frame);
        int n = opus_encode_float(e, pcm, (int)k->frame, p->data, 1275);
        CHECK(n > 0);
        say(x, p, k, i, n);
    }
    struct mix_counters n = mixes_counters(x);
    drain(x);
    mixes_free(x);
    opus_encoder_destroy(e);
    packet_pool_free(voices);
    packet_pool_free(pool);
    return (unsigned)((n.refused + n.late) * 1000 / n.packets);
}

TEST(mix_what_waits_of_a_voice_fits) {
    static const struct talk talks[] = {
        {40 * MS, 64000, 960, 0},        {40 * MS, 500000, 960, 0},
        {500 * MS, 64000, 960, 0},       {500 * MS, 160000, 960, 0},
        {500 * MS, 256000, 960, 0},      {500 * MS, 320000, 960, 0},
        {300 * MS, 500000, 960, 0},      {500 * MS, 64000, 120, 0},
        {500 * MS, 64000, 240, 0},       {500 * MS, 64000, 2880, 0},
        {500 * MS, 510000, 120, 0},      {500 * MS, 510000, 960, 0},
        {40 * MS, 510000, 960, 30 * MS}, {400 * MS, 510000, 240, 250 * MS}};
    for (unsigned i = 0; i < ARRAY_LEN(talks); i++) {
        unsigned n = unheard(&talks[i]);
        if (n >= 10) {
            test_fail(__FILE__, __LINE__, "%u ms, %d bit/s, frames of %u samples: %u of 1000",
                      (unsigned)(talks[i].delay / MS), talks[i].bitrate, talks[i].frame, n);
        }
    }
}
