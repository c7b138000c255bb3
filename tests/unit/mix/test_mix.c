/* Who hears whom, and when: people hum tones, and listeners look for them. */
#include "tests/unit/mix/world.h"

#include <math.h>

static const double tones[] = {440, 1000, 1700};
#define AMPLITUDE 0.2

static double db(double ratio) {
    return 20 * log10(ratio + 1e-9);
}

/* The tone is there, at its loudness. */
static void hears(const struct world *w, const struct ear *e, double frequency) {
    double a = world_tone(w, e, frequency, 500 * MS);
    if (fabs(db(a / AMPLITUDE)) > 1) {
        test_fail(__FILE__, __LINE__, "%.0f Hz at %.1f dB", frequency, db(a / AMPLITUDE));
    }
}

/* It is 40 dB below what others are heard at. */
static void is_deaf(const struct world *w, const struct ear *e, double frequency) {
    double a = world_tone(w, e, frequency, 500 * MS);
    if (db(a / AMPLITUDE) > -40) {
        test_fail(__FILE__, __LINE__, "%.0f Hz at %.1f dB", frequency, db(a / AMPLITUDE));
    }
}

static double noise(const struct world *w, const struct ear *e) {
    us_t to = w->now - DELAY - 60 * MS;
    return rest_of(&e->l, tones, ARRAY_LEN(tones), (us_t[]){to - 500 * MS, to});
}

TEST(mix_everybody_hears_the_others_and_not_himself) {
    struct world w;
    struct ear *e[4];
    world_init(&w, NULL);
    e[3] = world_listens(&w, 13, 0, 0);
    for (unsigned i = 0; i < 3; i++) {
        e[i] = world_listens(&w, 10 + i, 1 + i, (uint8_t)i); /* before anybody speaks */
        world_speaks(&w, 1 + i, tones[i])->jitter = 25 * MS;
    }
    world_run(&w, 2 * US_PER_S);
    for (unsigned k = 0; k < 4; k++) {
        for (unsigned i = 0; i < 3; i++) {
            (i == k ? is_deaf : hears)(&w, e[k], tones[i]);
        }
        EXPECT(db(noise(&w, e[k]) / AMPLITUDE) < -20);
        EXPECT(e[k]->l.jumps <= 1); /* before all, when nobody spoke */
        EXPECT_EQ(e[k]->l.odd, 0);
        EXPECT_EQ(e[k]->seq_jumps, 0);
        EXPECT(e[k]->packets > 90 && e[k]->reports >= 2);
        /* A sound is given out when it and the look-ahead are complete, 40 ms after it arrived. */
        EXPECT(e[k]->slowest <= DELAY + 33 * MS);
    }
    struct mix_counters n = mixes_counters(w.x);
    EXPECT_EQ(n.late + n.refused + n.unheard + n.lost + n.skipped, 0);
    EXPECT(n.tours == 1 && n.listeners == 4 && n.outputs == 4 && n.voices == 3);
    world_free(&w);
}

/* Whichever device a person listens by, none of his own is in it. */
TEST(mix_nobody_hears_his_other_devices) {
    const uint64_t phone = 1 | UINT64_C(3) << PERSON_BITS, laptop = 1 | UINT64_C(7) << PERSON_BITS;
    struct world w;
    world_init(&w, NULL);
    struct ear *first = world_listens(&w, 10, phone, 0), *all = world_listens(&w, 11, 0, 0);
    struct ear *other = world_listens(&w, 12, 3, 1);
    world_speaks(&w, phone, tones[0]);
    world_speaks(&w, laptop, tones[1]);
    world_run(&w, 2 * US_PER_S);
    is_deaf(&w, first, tones[0]); /* they are alone: silence */
    is_deaf(&w, first, tones[1]);
    world_speaks(&w, 3, tones[2]);
    struct ear *second = world_listens(&w, 13, laptop, 1);
    world_run(&w, 2 * US_PER_S);
    for (unsigned i = 0; i < 3; i++) {
        (i < 2 ? is_deaf : hears)(&w, first, tones[i]);
        (i < 2 ? is_deaf : hears)(&w, second, tones[i]);
        (i < 2 ? hears : is_deaf)(&w, other, tones[i]);
        hears(&w, all, tones[i]);
    }
    world_free(&w);
}

/* Listeners without a voice share an output, on whatever engines they are. */
TEST(mix_listeners_without_a_voice_share_an_output) {
    struct world w;
    world_init(&w, NULL);
    struct ear *a = world_listens(&w, 10, 0, 0), *b = world_listens(&w, 11, 0, 0);
    struct ear *c = world_listens(&w, 12, 0, 5);
    world_speaks(&w, 1, 440);
    world_run(&w, 1500 * MS);
    EXPECT_EQ(mixes_counters(w.x).outputs, 1);
    EXPECT(a->flow && a->flow == b->flow && a->flow == c->flow);
    hears(&w, a, 440);
    hears(&w, c, 440);
    EXPECT_EQ(a->packets, c->packets);
    world_unlistens(&w, 12);
    EXPECT_EQ(c->flow, 0);
    EXPECT_EQ(w.gone, 1);
    world_unlistens(&w, 10);
    EXPECT_EQ(w.gone, 1); /* there is another on that engine */
    unsigned before = b->packets;
    world_run(&w, 1 * US_PER_S);
    EXPECT(b->packets > before + 45);
    world_unlistens(&w, 11);
    EXPECT_EQ(w.gone, 2);
    struct mix_counters n = mixes_counters(w.x);
    EXPECT_EQ(n.tours + n.listeners + n.outputs + n.voices, 0);
    EXPECT_EQ(mixes_deadline(w.x), US_NEVER);
    world_free(&w);
}

/* A listener gets a voice of his own in mid-tour, and loses it again. */
TEST(mix_what_is_left_out_changes) {
    struct world w;
    world_init(&w, NULL);
    struct ear *e = world_listens(&w, 10, 0, 0);
    world_speaks(&w, 1, 440);
    world_run(&w, 1 * US_PER_S);
    hears(&w, e, 440);
    world_listens(&w, 10, 2, 0);
    struct speaker *self = world_speaks(&w, 2, 1000);
    world_run(&w, 1 * US_PER_S);
    hears(&w, e, 440);
    is_deaf(&w, e, 1000);
    EXPECT_EQ(mixes_counters(w.x).outputs, 1);
    EXPECT_EQ(w.gone, 1); /* the one that left out nobody */
    world_tell(&w, self, false);
    world_listens(&w, 10, 0, 0);
    world_run(&w, 1 * US_PER_S);
    hears(&w, e, 440);
    EXPECT(step_of(&e->l, START, w.now) < 2 * step_of_tone(1000, AMPLITUDE));
    world_free(&w);
}

/* The order that a listener has no voice any more comes before its engine says that the voice is
 * gone: he does not hear the end of himself, though others' mix, which he gets, had it. */
TEST(mix_who_leaves_does_not_hear_himself) {
    struct world w;
    world_init(&w, NULL);
    struct ear *tv = world_listens(&w, 11, 0, 1), *gate = world_listens(&w, 10, 5, 0);
    struct speaker *own = world_speaks(&w, 5, 440);
    world_run(&w, 1 * US_PER_S);
    is_deaf(&w, gate, 440);
    hears(&w, tv, 440);
    us_t at = w.now;
    world_listens(&w, 10, 0, 1);
    gate->flow = tv->flow;  /* its engine has it */
    world_run(&w, 61 * MS); /* packets of him still come */
    world_tell(&w, own, false);
    world_run(&w, 200 * MS);
    EXPECT(db(loud_of(&gate->l, at - 100 * MS, at + 60 * MS) / AMPLITUDE) < -40);
    EXPECT_EQ(mixes_counters(w.x).voices, 0);
    world_free(&w);
}

/* Somebody comes, is muted, and goes: he is heard while he flows, not a frame longer, though
 * packets of him wait. Nothing clicks. */
TEST(mix_who_is_muted_is_cut_off) {
    struct world w;
    world_init(&w, NULL);
    struct ear *e = world_listens(&w, 10, 0, 0);
    world_speaks(&w, 1, 440);
    world_run(&w, 700 * MS);
    struct speaker *s = world_speaks(&w, 2, 1000);
    world_run(&w, 1 * US_PER_S);
    hears(&w, e, 1000);
    hears(&w, e, 440);
    us_t muted = w.now;
    world_tell(&w, s, false);
    world_run(&w, 500 * MS);
    /* What was given out before is 5 ms further, another 5 fade, and an Opus frame overlaps the
     * next by 2.5 (and both have been low-passed). */
    us_t from = muted - DELAY - MIXER_LOOK_AHEAD + 20 * MS;
    EXPECT(db(tone_of(&e->l, 1000, from, muted + 200 * MS).amplitude / AMPLITUDE) < -40);
    EXPECT(fabs(db(tone_of(&e->l, 440, muted, muted + 200 * MS).amplitude / AMPLITUDE)) < 1);
    world_tell(&w, s, true); /* what he said meanwhile comes at once, and is caught up with */
    world_run(&w, 3 * US_PER_S);
    hears(&w, e, 1000);
    EXPECT(step_of(&e->l, START, w.now) <
           1.7 * (step_of_tone(440, AMPLITUDE) + step_of_tone(1000, AMPLITUDE)));
    world_free(&w);
}

/* Of two that a participant sends for a moment, while one replaces the other, one is heard. */
TEST(mix_who_comes_again_is_heard_once) {
    struct world w;
    world_init(&w, NULL);
    struct ear *e = world_listens(&w, 10, 0, 0);
    struct speaker *was = world_speaks(&w, 1, 440);
    world_run(&w, 500 * MS);
    struct speaker *is = world_speaks(&w, 1, 1000);
    EXPECT_EQ(mixes_counters(w.x).voices, 1);
    world_run(&w, 1 * US_PER_S);
    hears(&w, e, 1000);
    is_deaf(&w, e, 440);
    world_tell(&w, was, false); /* which ends the other only */
    world_run(&w, 1 * US_PER_S);
    hears(&w, e, 1000);
    world_tell(&w, is, false);
    EXPECT_EQ(mixes_counters(w.x).voices, 0);
    world_free(&w);
}

/* An engine that says nothing any more has forgotten its voice, and told so in vain. */
TEST(mix_a_voice_nobody_tells_of_ends) {
    struct world w;
    world_init(&w, NULL);
    world_listens(&w, 10, 0, 0);
    struct speaker *s = world_speaks(&w, 1, 440);
    world_run(&w, 6 * US_PER_S);
    EXPECT_EQ(mixes_counters(w.x).voices, 1);
    s->on = false;
    world_run(&w, 4 * US_PER_S);
    EXPECT_EQ(mixes_counters(w.x).voices, 1);
    world_run(&w, 2 * US_PER_S);
    EXPECT_EQ(mixes_counters(w.x).voices, 0);
    world_free(&w);
}

/* While nobody speaks a packet comes every 400 ms, with a timestamp that has gone on; the first of
 * speech has the marker. */
TEST(mix_silence_is_cheap) {
    struct world w;
    world_init(&w, NULL);
    struct ear *e = world_listens(&w, 10, 0, 0);
    world_run(&w, 4 * US_PER_S);
    EXPECT(e->packets >= 9 && e->packets <= 11);
    EXPECT_EQ(e->seq_jumps, 0);
    us_t due = w.now - e->last_at;
    EXPECT(due <= MIX_SILENCE_EVERY + 20 * MS);
    EXPECT_EQ(mixes_counters(w.x).sent, e->packets);
    EXPECT(mixes_counters(w.x).frames >= 195);
    unsigned markers = e->markers, before = e->packets;
    struct speaker *s = world_speaks(&w, 1, 440);
    world_run(&w, 1 * US_PER_S);
    EXPECT_EQ(e->markers - markers, 1);
    EXPECT(e->packets > before + 44);
    hears(&w, e, 440);
    world_tell(&w, s, false);
    world_run(&w, 500 * MS);
    before = e->packets;
    world_run(&w, 2 * US_PER_S);
    EXPECT(e->packets - before >= 4 && e->packets - before <= 6);
    world_free(&w);
}

/* Silence that is sent, and said to be some, costs as little as none; who says so and hums is
 * heard.
 */
TEST(mix_silence_that_is_sent_is_not_decoded) {
    struct world w;
    world_init(&w, NULL);
    struct ear *e = world_listens(&w, 10, 0, 0);
    struct speaker *s = world_speaks(&w, 1, 440);
    s->says_silence = true;
    world_run(&w, 1 * US_PER_S);
    hears(&w, e, 440);
    s->v.amplitude = 0; /* muted in the browser */
    world_run(&w, 500 * MS);
    unsigned before = e->packets;
    world_run(&w, 1 * US_PER_S);
    EXPECT(e->packets - before <= 3);
    is_deaf(&w, e, 440);
    s->v.amplitude = AMPLITUDE;
    s->says_silence = false;
    world_run(&w, 1 * US_PER_S);
    hears(&w, e, 440);
    EXPECT_EQ(mixes_counters(w.x).late + mixes_counters(w.x).refused, 0);
    world_free(&w);
}

/* Packets that are said to be silence are not decoded, and the first of a word is whole. */
TEST(mix_a_word_has_its_beginning) {
    struct world w;
    world_init(&w, NULL);
    struct ear *e = world_listens(&w, 10, 0, 0);
    struct speaker *s = world_speaks(&w, 1, 440);
    s->v.amplitude = 0;
    s->says_silence = true;
    world_run(&w, 2 * US_PER_S);
    us_t begins = s->next;
    s->v.amplitude = AMPLITUDE;
    s->says_silence = false;
    world_run(&w, 500 * MS);
    double whole = loud_of(&e->l, begins + 200 * MS, begins + 300 * MS);
    EXPECT(fabs(db(loud_of(&e->l, begins + 10 * MS, begins + 40 * MS) / whole)) < 1);
    world_free(&w);
}

/* A second of small packets that hold something. */
static unsigned rustle(uint8_t level) {
    static const uint8_t something[] = {0xfc, 0x7a, 0x31, 0x5e, 0x93, 0x22, 0x68, 0x11};
    struct world w;
    world_init(&w, NULL);
    struct ear *e = world_listens(&w, 10, 0, 0);
    struct speaker *s = world_speaks(&w, 1, 440);
    s->next = w.now + 60 * US_PER_S; /* says nothing herself */
    for (unsigned i = 0; i < 50; i++) {
        struct packet *k = packet_take(w.voices);
        CHECK(k);
        memcpy(k->data, something, sizeof(something));
        struct relay m = {.type = RELAY_PACKET, .tour = TOUR, .id = s->flow, .on = true};
        m.packet = (struct media_packet){.packet = k, .payload_len = sizeof(something)};
        m.packet.at = w.now;
        m.packet.seq = (1 << 16) + i;
        m.packet.ts = i * 960;
        m.packet.has_level = true;
        m.packet.audio_level = level;
        mixes_input(w.x, w.now, &m);
        world_run(&w, 20 * MS);
    }
    unsigned packets = e->packets;
    world_free(&w);
    return packets;
}

TEST(mix_silence_is_known_by_its_level) {
    EXPECT(rustle(40) > 40);
    EXPECT(rustle(127) <= 4); /* not even decoded */
}
