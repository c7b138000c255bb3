/* Nothing clicks: where a voice begins, ends, has holes, or is moved by a clock that is corrected.
 * A tone has a largest step from sample to sample; a click has a larger one. */
#include "tests/unit/audio/mixing.h"

#include <math.h>

#define TONE 440
#define AMPLITUDE 0.3
/* What codecs add to the step of a pure tone; a jump to or from the middle of it has 8 times as
 * much. */
#define STEP_MAX (1.6 * step_of_tone(TONE, AMPLITUDE))

static void no_click(const struct listener *l, us_t from, us_t to, const char *where) {
    double step = step_of(l, from, to);
    if (step > STEP_MAX) {
        test_fail(__FILE__, __LINE__, "%s: a step of %.4f, %.4f allowed", where, step, STEP_MAX);
    }
}

struct hum {
    struct mixing x;
    struct voice v;
};

static void set_up(struct hum *h, bool speech) {
    mixing_init(&h->x, &(struct mixer_config){0});
    EXPECT_EQ(mixer_input(h->x.m, 1), OK);
    if (speech) {
        voice_init_speech(&h->v, TONE, AMPLITUDE);
    } else {
        voice_init(&h->v, TONE, AMPLITUDE, 1);
    }
}

static void tear_down(struct hum *h) {
    voice_free(&h->v);
    mixing_free(&h->x);
}

TEST(mixer_joins_and_leaves_do_not_click) {
    struct hum h;
    set_up(&h, false);
    for (int i = 0; i < 10; i++) {
        voice_next(&h.v); /* of what goes on already */
    }
    for (us_t t = 200 * MS; t < 1000 * MS; t += 20 * MS) {
        /* A turn begins and ends at another phase each time. */
        us_t at = t + t / (100 * MS) * 3 * MS % (17 * MS);
        struct bytes p = voice_next(&h.v);
        if (t / (100 * MS) % 2 == 0) {
            EXPECT_EQ(mixer_put(h.x.m, 1, at, p), MIXER_TAKEN);
        } else {
            mixer_input_end(h.x.m, 1);
        }
        mixer_take(h.x.m, t, &h.x.sink);
    }
    mixer_drain(h.x.m, 1000 * MS, &h.x.sink);
    no_click(&h.x.ear[0], 0, 1000 * MS, "turns");
    for (us_t t = 200 * MS; t < 1000 * MS; t += 200 * MS) {
        EXPECT(loud_of(&h.x.ear[0], t + 30 * MS, t + 80 * MS) > 0.15);
        EXPECT(loud_of(&h.x.ear[0], t + 130 * MS, t + 190 * MS) < 0.01);
    }
    tear_down(&h);
}

/* `lost` packets are missing at 500 ms. Short holes are filled, and what follows is in its place.
 */
static void lose(bool speech, int lost) {
    struct hum h;
    char where[40];
    snprintf(where, sizeof(where), "%d lost, %s", lost, speech ? "speech" : "audio");
    set_up(&h, speech);
    for (us_t t = 0; t < 1500 * MS; t += 20 * MS) {
        struct bytes p = voice_next(&h.v);
        if (t < 500 * MS || t >= 500 * MS + lost * 20 * MS) {
            EXPECT_EQ(mixer_put(h.x.m, 1, t, p), MIXER_TAKEN);
        }
        mixer_take(h.x.m, t - 200 * MS, &h.x.sink);
    }
    mixer_drain(h.x.m, 0, &h.x.sink);
    struct listener *l = &h.x.ear[0];
    no_click(l, 300 * MS, 1400 * MS, where);
    us_t end = 500 * MS + lost * 20 * MS;
    if (lost <= 3) {
        EXPECT(loud_of(l, 495 * MS, end - 10 * MS) > (lost == 1 ? 0.1 : 0.02));
        EXPECT_EQ(mixer_counters(h.x.m).concealed, lost * 960 + 240);
    } else {
        EXPECT(loud_of(l, 570 * MS, end - 10 * MS) < 0.001);
    }
    if (!speech) {
        EXPECT(fabs(tone_of(l, TONE, end + 100 * MS, 1400 * MS).late) < 1);
    }
    /* Where the decoder's memory has died away it takes some packets to be as loud as before. */
    EXPECT(loud_of(l, end + 20 * MS, end + 60 * MS) > (lost <= 3 ? 0.15 : 0.1));
    EXPECT(loud_of(l, end + 100 * MS, end + 200 * MS) > 0.15);
    tear_down(&h);
}

TEST(mixer_losses_do_not_click) {
    for (int lost = 1; lost <= 10; lost++) {
        lose(false, lost);
        lose(true, lost);
    }
}

/* A hole whose end is not known in time: made up for 60 ms, fading, and then the voice begins. */
TEST(mixer_late_packets_do_not_click) {
    struct hum h;
    set_up(&h, false);
    for (us_t t = 0; t < 1500 * MS; t += 20 * MS) {
        struct bytes p = voice_next(&h.v);
        if (t == 520 * MS) {
            mixer_take(h.x.m, 580 * MS, &h.x.sink);
        }
        bool late = t == 520 * MS || t == 540 * MS;
        EXPECT_EQ(mixer_put(h.x.m, 1, t, p), late ? MIXER_LATE : MIXER_TAKEN);
        mixer_take(h.x.m, t, &h.x.sink);
    }
    mixer_drain(h.x.m, 0, &h.x.sink);
    no_click(&h.x.ear[0], 0, 1400 * MS, "late");
    EXPECT(fabs(tone_of(&h.x.ear[0], TONE, 700 * MS, 1400 * MS).late) < 1);
    tear_down(&h);
}

/* Times in whole milliseconds, and by some more wrong, change no bit of what comes out. */
TEST(mixer_jitter_of_times_is_not_heard) {
    struct hum a, b;
    set_up(&a, true);
    set_up(&b, true);
    for (us_t t = 0; t < 2000 * MS; t += 20 * MS) {
        struct bytes p = voice_next(&a.v);
        us_t wrong = t == 0 ? 0 : (t * 7919 / MS % 4 - 2) * MS + t % 1000;
        EXPECT_EQ(mixer_put(a.x.m, 1, t + 3 * MS, p), MIXER_TAKEN);
        EXPECT_EQ(mixer_put(b.x.m, 1, t + 3 * MS + wrong, p), MIXER_TAKEN);
        mixer_take(a.x.m, t, &a.x.sink);
        mixer_take(b.x.m, t, &b.x.sink);
    }
    mixer_drain(a.x.m, 0, &a.x.sink);
    mixer_drain(b.x.m, 0, &b.x.sink);
    EXPECT_EQ(a.x.ear[0].len, b.x.ear[0].len);
    EXPECT(memcmp(a.x.ear[0].heard, b.x.ear[0].heard, HEARD_MAX * 2 * sizeof(float)) == 0);
    tear_down(&a);
    tear_down(&b);
}

/* A clock that is corrected by 5 % for a second, there and back: the voice follows. */
TEST(mixer_slewed_times_are_followed) {
    for (int sign = -1; sign <= 1; sign += 2) {
        struct hum h;
        set_up(&h, false);
        us_t wrong = 0;
        for (us_t t = 0; t < 5000 * MS; t += 20 * MS) {
            bool slews = t >= 1000 * MS && t < 2000 * MS, back = t >= 3000 * MS && t < 4000 * MS;
            wrong += slews ? sign * MS : back ? -sign * MS : 0;
            us_t at = t + 100 * MS + wrong;
            EXPECT_EQ(mixer_put(h.x.m, 1, at, voice_next(&h.v)), MIXER_TAKEN);
            mixer_take(h.x.m, at - 300 * MS, &h.x.sink);
        }
        mixer_drain(h.x.m, 0, &h.x.sink);
        struct listener *l = &h.x.ear[0];
        no_click(l, 200 * MS, 4900 * MS, sign < 0 ? "slewed back" : "slewed ahead");
        /* 50 ms are 22 periods of the tone, and the voice follows to 2 ms, less than one. */
        double before = tone_of(l, TONE, 500 * MS, 900 * MS).late;
        double moved = tone_of(l, TONE, 2400 * MS, 2900 * MS).late - before;
        double after = tone_of(l, TONE, 4400 * MS, 4900 * MS).late - before;
        printf("# slewed by %d ms: within %.1f samples; back: %.1f\n", 50 * sign, moved, after);
        EXPECT(fabs(moved) < 48.5 && fabs(after) < 48.5);
        EXPECT_EQ(mixer_counters(h.x.m).concealed, 240);
        tear_down(&h);
    }
}

/* Stereo in the middle of a turn, left and right apart from then on; mono again changes nothing. */
TEST(mixer_a_voice_becomes_stereo) {
    struct hum h;
    struct voice stereo;
    set_up(&h, false);
    voice_init(&stereo, TONE, AMPLITUDE, 2);
    stereo.left_only = true;
    for (us_t t = 0; t < 1500 * MS; t += 20 * MS) {
        struct bytes mono = voice_next(&h.v), both = voice_next(&stereo);
        bool use = t >= 500 * MS && t < 1000 * MS;
        EXPECT_EQ(mixer_put(h.x.m, 1, t, use ? both : mono), MIXER_TAKEN);
        mixer_take(h.x.m, t - 100 * MS, &h.x.sink);
    }
    mixer_drain(h.x.m, 0, &h.x.sink);
    struct listener *l = &h.x.ear[0];
    no_click(l, 0, 1400 * MS, "mono, stereo, mono");
    EXPECT(loud_of(l, 300 * MS, 480 * MS) > 0.2);
    EXPECT(loud_of(l, 600 * MS, 900 * MS) > 0.2);
    EXPECT(loud_of(l, 1100 * MS, 1400 * MS) > 0.2);
    for (int i = 700 * 48; i < 900 * 48; i++) {
        if (fabsf(l->heard[2 * i + 1]) > 0.05f) {
            test_fail(__FILE__, __LINE__, "on the right: %g", (double)l->heard[2 * i + 1]);
            break;
        }
    }
    for (int i = 200 * 48; i < 400 * 48; i++) {
        if (fabsf(l->heard[2 * i + 1] - l->heard[2 * i]) > 0.01f) {
            test_fail(__FILE__, __LINE__, "a mono voice is not in the middle");
            break;
        }
    }
    voice_free(&stereo);
    tear_down(&h);
}

/* A clock that jumps: what follows is at its new place. */
TEST(mixer_steps_of_a_clock_are_followed) {
    struct hum h;
    set_up(&h, false);
    for (us_t t = 0; t < 1000 * MS; t += 20 * MS) {
        us_t at = t >= 500 * MS ? t + 731 * MS : t;
        EXPECT_EQ(mixer_put(h.x.m, 1, at, voice_next(&h.v)), MIXER_TAKEN);
    }
    mixer_drain(h.x.m, 0, &h.x.sink);
    struct listener *l = &h.x.ear[0];
    no_click(l, 0, 1700 * MS, "step");
    EXPECT(loud_of(l, 570 * MS, 1200 * MS) < 0.001);
    EXPECT(loud_of(l, 1240 * MS, 1700 * MS) > 0.15);
    /* 731 ms are 321.64 periods. */
    double late = tone_of(l, TONE, 1300 * MS, 1700 * MS).late, period = (double)RATE / TONE;
    EXPECT(fabs(remainder(late - 731 * 48.0, period)) < 1);
    tear_down(&h);
}

/* What is no sound, in every length and order: nothing breaks, and everything is counted. */
TEST(mixer_hostile_packets) {
    struct mixing x;
    uint32_t state = 1;
    mixing_init(&x, &(struct mixer_config){.inputs = 3, .outputs = 2, .queue_bytes = 4096});
    EXPECT_EQ(mixer_output(x.m, 2, 1), OK);
    us_t t = 0;
    for (unsigned i = 0; i < 6000; i++) {
        uint8_t any[700];
        for (size_t k = 0; k < sizeof(any); k++) {
            state = state * 1664525 + 1013904223;
            any[k] = (uint8_t)(state >> 24);
        }
        uint32_t id = 1 + (state >> 8) % 4;
        t += state % 3 ? 0 : (us_t)(state >> 12) % (60 * MS);
        us_t at = t + (us_t)(state >> 5) % (400 * MS) - 150 * MS;
        mixer_input(x.m, id);
        mixer_put(x.m, id, at, bytes_of(any, state % sizeof(any)));
        if (state % 7 == 0) {
            mixer_input_end(x.m, id);
        }
        mixer_take(x.m, t - 100 * MS, &x.sink);
    }
    struct mixer_counters n = mixer_counters(x.m);
    EXPECT(n.taken > 100 && n.damaged > 10 && n.bad > 10 && n.late + n.overlap > 10);
    mixer_drain(x.m, t, &x.sink);
    EXPECT(mixer_idle(x.m));
    EXPECT(x.ear[0].peak < 2); /* noise is limited, and an encoder adds as much again */
    EXPECT_EQ(x.ear[0].jumps + x.ear[1].jumps, 0);
    mixing_free(&x);
}

/* What waits of a voice that is cut is not heard, and its end does not click; it comes back with
 * any time, though the one that was dropped reached further. */
TEST(mixer_cut_is_heard_no_more) {
    struct hum h;
    set_up(&h, false);
    for (us_t t = 0; t < 500 * MS; t += 20 * MS) {
        EXPECT_EQ(mixer_put(h.x.m, 1, t, voice_next(&h.v)), MIXER_TAKEN);
    }
    mixer_take(h.x.m, 333 * MS, &h.x.sink);
    us_t cut = mixer_at(h.x.m);
    EXPECT(cut > 280 * MS && cut < 333 * MS);
    mixer_input_cut(h.x.m, 1);
    mixer_input_cut(h.x.m, 2); /* nobody */
    mixer_take(h.x.m, 700 * MS, &h.x.sink);
    EXPECT(loud_of(&h.x.ear[0], 100 * MS, cut) > 0.15);
    /* 5 ms were taken before as look-ahead, 5 ms fade, and a codec rings. */
    EXPECT(loud_of(&h.x.ear[0], cut + 15 * MS, 600 * MS) < 0.005);
    EXPECT(mixer_idle(h.x.m));
    us_t back = 690 * MS;
    for (us_t t = back; t < 1200 * MS; t += 20 * MS) {
        EXPECT_EQ(mixer_put(h.x.m, 1, t, voice_next(&h.v)), MIXER_TAKEN);
        mixer_take(h.x.m, t, &h.x.sink);
    }
    mixer_drain(h.x.m, 1200 * MS, &h.x.sink);
    EXPECT(loud_of(&h.x.ear[0], 720 * MS, 1100 * MS) > 0.15);
    no_click(&h.x.ear[0], 0, 1200 * MS, "cut");
    tear_down(&h);
}

TEST(mixer_says_what_is_silence) {
    struct hum h;
    set_up(&h, false);
    struct bytes sound = voice_next(&h.v);
    EXPECT(!mixer_is_silence(sound));
    EXPECT(!mixer_is_silence(bytes_of(NULL, 0)));
    static const uint8_t constant[] = {0xfc, 0xff, 0xfe};
    EXPECT(mixer_is_silence(bytes_of(constant, sizeof(constant))));
    tear_down(&h);
}
