/* What senders say of their loudness saves decoding what nobody hears, and costs no word its
 * beginning or its end, nor anybody else anything. */
#include "tests/unit/audio/mixing.h"

#include <math.h>

#define WINDOW (20 * MS)
#define AHEAD (400 * MS) /* so much is put before it is taken, as a recorder does */

/* What somebody says: amplitude at a time. */
typedef double script(us_t t);

/* As RFC 6464 has it, of a tone. */
static uint8_t level_of(double amplitude) {
    double db = amplitude > 0 ? -20 * log10(amplitude / sqrt(2)) : 127;
    return (uint8_t)(db > 127 ? 127 : db < 0 ? 0 : lround(db));
}

struct run {
    script *says;
    us_t length;
    us_t ahead;
    bool levels; /* the sender tells them */
};

static void play(struct mixing *x, const struct run *r) {
    struct voice v;
    mixing_init(x, &(struct mixer_config){0});
    voice_init_speech(&v, 440, 0);
    EXPECT_EQ(mixer_input(x->m, 1), OK);
    for (us_t t = 0; t < r->length; t += WINDOW) {
        v.amplitude = r->says(t);
        uint8_t level = r->levels ? level_of(v.amplitude) : MIXER_LEVEL_NONE;
        EXPECT_EQ(mixer_put_level(x->m, 1, t, voice_next(&v), level), MIXER_TAKEN);
        mixer_take(x->m, t - r->ahead, &x->sink);
    }
    mixer_drain(x->m, r->length, &x->sink);
    voice_free(&v);
}

/* The largest difference of the loudness of two in any window between these times, beside a tenth
 * of what is there. */
static double apart(const struct mixing *a, const struct mixing *b, us_t from, us_t to) {
    double worst = 0;
    for (us_t t = from; t < to; t += WINDOW) {
        double x = loud_of(&a->ear[0], t, t + WINDOW), y = loud_of(&b->ear[0], t, t + WINDOW);
        worst = fmax(worst, fabs(x - y) - 0.1 * y);
    }
    return worst;
}

static double says_yes(us_t t) {
    return t >= 1500 * MS && t < 2100 * MS ? 0.3 : 0;
}

/* 50 dB in a second, up from what nobody hears and down again. */
static double swells(us_t t) {
    double db = t < 2 * US_PER_S ? -110 + 50.0 * (double)t / US_PER_S
                                 : -10 - 50.0 * (double)(t - 2 * US_PER_S) / US_PER_S;
    return pow(10, db / 20);
}

/* Syllables with quiet between them. */
static double stammers(us_t t) {
    return t % (300 * MS) < 100 * MS ? 0.2 : 0.00002;
}

TEST(mixer_levels_leave_a_short_word_whole) {
    struct mixing with, without;
    struct run r = {says_yes, 4 * US_PER_S, AHEAD, true};
    play(&with, &r);
    r.levels = false;
    play(&without, &r);
    double gap = apart(&with, &without, 1400 * MS, 2300 * MS);
    printf("# a word of 0.6 s: apart by %.5f of full scale at most, %llu packets not decoded\n",
           gap, (unsigned long long)mixer_counters(with.m).inaudible);
    EXPECT(loud_of(&without.ear[0], 1500 * MS, 2100 * MS) > 0.1);
    EXPECT(gap < 0.003);
    /* 75 before and 95 behind it are silent; 0.2 s behind and 0.1 s before are decoded. */
    EXPECT(mixer_counters(with.m).inaudible >= 140);
    EXPECT_EQ(mixer_counters(without.m).inaudible, 0);
    mixing_free(&with);
    mixing_free(&without);
}

TEST(mixer_levels_leave_a_soft_beginning_whole) {
    struct mixing with, without;
    struct run r = {swells, 4 * US_PER_S, AHEAD, true};
    play(&with, &r);
    r.levels = false;
    play(&without, &r);
    double gap = apart(&with, &without, 0, 4 * US_PER_S);
    printf("# a swelling tone: apart by %.6f of full scale at most\n", gap);
    EXPECT(gap < 0.0005);
    EXPECT(mixer_counters(with.m).inaudible > 20);
    mixing_free(&with);
    mixing_free(&without);
}

TEST(mixer_levels_cut_nothing_between_syllables) {
    struct mixing x;
    play(&x, &(struct run){stammers, 3 * US_PER_S, AHEAD, true});
    EXPECT_EQ(mixer_counters(x.m).inaudible, 0);
    mixing_free(&x);
}

/* Who mixes at once does not know what comes next. */
TEST(mixer_levels_live_begin_with_the_word) {
    struct mixing with, without;
    struct run r = {says_yes, 4 * US_PER_S, 0, true};
    play(&with, &r);
    r.levels = false;
    play(&without, &r);
    EXPECT(apart(&with, &without, 1540 * MS, 2300 * MS) < 0.005);
    EXPECT(mixer_counters(with.m).inaudible >= 140);
    mixing_free(&with);
    mixing_free(&without);
}

TEST(mixer_levels_that_lie_harm_the_liar_only) {
    struct mixing x;
    struct voice honest, liar, silent;
    mixing_init(&x, &(struct mixer_config){0});
    voice_init(&honest, 440, 0.2, 1);
    voice_init(&liar, 1000, 0.2, 1);
    voice_init(&silent, 700, 0, 1);
    EXPECT(mixer_input(x.m, 1) == OK && mixer_input(x.m, 2) == OK && mixer_input(x.m, 3) == OK);
    for (us_t t = 0; t < 2 * US_PER_S; t += WINDOW) {
        EXPECT_EQ(mixer_put_level(x.m, 1, t, voice_next(&honest), 17), MIXER_TAKEN);
        EXPECT_EQ(mixer_put_level(x.m, 2, t, voice_next(&liar), 127), MIXER_TAKEN);
        EXPECT_EQ(mixer_put_level(x.m, 3, t, voice_next(&silent), 0), MIXER_TAKEN);
        mixer_take(x.m, t - AHEAD, &x.sink);
    }
    mixer_drain(x.m, 2 * US_PER_S, &x.sink);
    double heard = tone_of(&x.ear[0], 440, 500 * MS, 1500 * MS).amplitude;
    EXPECT(fabs(heard - 0.2) < 0.01);
    EXPECT(tone_of(&x.ear[0], 1000, 500 * MS, 1500 * MS).amplitude < 0.001);
    EXPECT_EQ(x.lost, 0); /* it is no gap: he said that there was nothing */
    EXPECT_EQ(mixer_counters(x.m).late, 0);
    voice_free(&honest);
    voice_free(&liar);
    voice_free(&silent);
    mixing_free(&x);
}

/* What comes and goes does not click. */
TEST(mixer_levels_do_not_click) {
    struct mixing x;
    play(&x, &(struct run){says_yes, 4 * US_PER_S, AHEAD, true});
    EXPECT(step_of(&x.ear[0], 0, 1400 * MS) < 0.001);
    EXPECT(step_of(&x.ear[0], 2300 * MS, 4 * US_PER_S) < 0.001);
    mixing_free(&x);
}
