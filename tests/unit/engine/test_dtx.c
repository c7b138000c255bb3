/* Silence that is not sent (discontinuous transmission, RFC 7587 section 3.1.3), as viewers see it:
 * numbers without a gap, timestamps by the clock, and nothing that it costs. */
#include "tests/unit/engine/rig.h"

enum { TICKS_PER_MS = 48, SPEECH = 20, SILENCE = 400 }; /* [ms] between two packets */

static struct rig r;
static us_t at[RIG_GOT]; /* when v was sent what it got */
static unsigned n_at;

struct voice {
    struct client *client;
    us_t last; /* [us] its last packet; its timestamps follow its clock */
};

/* So long from now the next packet comes [ms]. */
static void say(struct voice *x, struct client *v, unsigned ms, uint8_t level) {
    rig_run(&r, (us_t)ms * US_PER_MS);
    uint32_t step = (uint32_t)((r.now - x->last) * TICKS_PER_MS / US_PER_MS);
    x->last = r.now;
    client_send(x->client, &(struct packet_spec){.line = MIC, .level = level, .ts_step = step});
    while (n_at < v->n_got) {
        at[n_at++] = r.now;
    }
}

/* A viewer with one audio slot for whoever is loudest. */
static struct client *join_ear(uint64_t handle) {
    struct client *v = client_new(&r, handle);
    v->params.loudest_audio = true;
    v->params.n_lines = AUDIO0 + 1;
    for (unsigned i = MIC; i <= SCREEN; i++) {
        v->params.lines[i] = (struct session_line){.source = SOURCE_MICROPHONE,
                                                   .codec = CODEC_OPUS,
                                                   .pt = 111,
                                                   .mid = {'m', (char)('0' + i)}};
    }
    client_join(v);
    return v;
}

/* Numbers one by one, and the same time by RTP as by the clock, but for what a switch adds. */
static void expect_steady(const struct client *v) {
    for (unsigned i = 1; i < v->n_got; i++) {
        const struct got *was = &v->got[i - 1], *is = &v->got[i];
        int by_rtp = (int32_t)(is->ts - was->ts) / TICKS_PER_MS;
        int by_clock = (int)((at[i] - at[i - 1]) / US_PER_MS);
        EXPECT_EQ(is->seq, (uint16_t)(was->seq + 1));
        EXPECT(by_rtp > 0 && by_rtp >= by_clock - 1 && by_rtp <= by_clock + 1);
    }
}

/* One slot hears whoever speaks; between the two of them nobody says anything for seconds. */
TEST(dtx_numbers_and_times_are_steady_over_switches) {
    REQUIRE(rig_init(&r));
    struct voice x[2] = {{rig_join(&r, 1), r.now}, {rig_join(&r, 2), r.now}};
    struct client *v = join_ear(3);
    n_at = 0;
    for (unsigned turn = 0; turn < 4; turn++) {
        for (unsigned i = 0; i < 40; i++) {
            say(&x[turn % 2], v, SPEECH, 20);
        }
        EXPECT_EQ(rig_shows(&r, v, AUDIO0), turn % 2 + 1);
        for (unsigned i = 0; i < 6; i++) {
            say(&x[0], v, SILENCE / 2, 127);
            say(&x[1], v, SILENCE / 2, 127);
        }
    }
    EXPECT(v->n_got > 4 * 30 && v->n_got < 4 * (40 + 7));
    EXPECT_EQ(n_at, v->n_got);
    expect_steady(v);
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_OFF, 0), 0);
    rig_free(&r);
}
