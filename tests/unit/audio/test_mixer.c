/* What is in the mix, and where. */
#include "tests/unit/audio/mixing.h"

#include <math.h>
#include <opus/opus.h>

#define DB(ratio) (20 * log10(ratio))

/* The next packet of a voice, at its time. */
static void say(struct mixing *x, uint32_t id, struct voice *v) {
    us_t t = v->t < 0 ? 0 : v->t;
    EXPECT_EQ(mixer_put(x->m, id, t, voice_next(v)), MIXER_TAKEN);
}

static bool near(double a, double b, double by) {
    return fabs(a - b) <= by;
}

TEST(mixer_two_tones_are_heard_as_they_were) {
    struct mixing x;
    struct voice a, b;
    static const double both[] = {440, 1000};
    mixing_init(&x, &(struct mixer_config){0});
    voice_init(&a, both[0], 0.3, 1);
    voice_init(&b, both[1], 0.2, 2);
    EXPECT_EQ(mixer_input(x.m, 7), OK);
    EXPECT_EQ(mixer_input(x.m, 8), OK);
    for (us_t t = 0; t < 3000 * MS; t += 20 * MS) {
        say(&x, 7, &a);
        say(&x, 8, &b);
        mixer_take(x.m, t, &x.sink);
    }
    mixer_drain(x.m, 0, &x.sink);
    struct listener *l = &x.ear[0];
    us_t span[2] = {500 * MS, 2500 * MS};
    struct tone low = tone_of(l, 440, span[0], span[1]), high = tone_of(l, 1000, span[0], span[1]);
    double rest = rest_of(l, both, 2, span);
    printf(
        "# two tones: %.1f and %.1f dB over the rest, late by %.2f and %.2f samples, peak %.2f\n",
        DB(low.amplitude / sqrt(2) / rest), DB(high.amplitude / sqrt(2) / rest), low.late,
        high.late, (double)l->peak);
    EXPECT(DB(low.amplitude / sqrt(2) / rest) >= 20);
    EXPECT(DB(high.amplitude / sqrt(2) / rest) >= 20);
    EXPECT(near(DB(low.amplitude / 0.3), 0, 0.5));
    EXPECT(near(DB(high.amplitude / 0.2), 0, 0.5));
    /* Two encoders on the way, and still at their time. */
    EXPECT(near(low.late, 0, 1) && near(high.late, 0, 1));
    EXPECT_EQ(l->first, 0);
    EXPECT_EQ(l->jumps, 0);
    EXPECT_EQ(mixer_counters(x.m).limited, 0);
    EXPECT_EQ(mixer_counters(x.m).taken, 300);
    voice_free(&a);
    voice_free(&b);
    mixing_free(&x);
}

TEST(mixer_eight_loud_voices_do_not_clip) {
    struct mixing x;
    struct voice v[8];
    mixing_init(&x, &(struct mixer_config){0});
    for (unsigned i = 0; i < 8; i++) {
        voice_init(&v[i], 200 + 137 * i, 0.9, 1);
        EXPECT_EQ(mixer_input(x.m, i + 1), OK);
    }
    for (us_t t = 0; t < 4000 * MS; t += 20 * MS) {
        for (unsigned i = 0; i < 8; i++) {
            say(&x, i + 1, &v[i]);
        }
        mixer_take(x.m, t, &x.sink);
    }
    mixer_drain(x.m, 0, &x.sink);
    printf("# eight loud voices: peak %.3f of full scale\n", (double)x.ear[0].peak);
    EXPECT(x.ear[0].peak < 1);
    EXPECT(x.ear[0].peak > 0.5f);
    EXPECT(mixer_counters(x.m).limited > 100);
    for (unsigned i = 0; i < 8; i++) {
        EXPECT(tone_of(&x.ear[0], v[i].frequency, 1000 * MS, 3000 * MS).amplitude > 0.03);
        voice_free(&v[i]);
    }
    mixing_free(&x);
}

/* A word among people who are silent, or say so. */
TEST(mixer_a_short_word_is_whole) {
    struct mixing x;
    struct voice a, quiet;
    static const uint8_t nothing[] = {0x78};
    mixing_init(&x, &(struct mixer_config){0});
    voice_init(&a, 300, 0.3, 1);
    voice_init(&quiet, 0, 0, 1);
    for (uint32_t id = 1; id <= 3; id++) {
        EXPECT_EQ(mixer_input(x.m, id), OK);
    }
    a.t = 1000 * MS;
    us_t from = 1013 * MS;
    for (us_t t = 0; t < 3000 * MS; t += 20 * MS) {
        say(&x, 2, &quiet);
        if (t % (400 * MS) == 0) {
            EXPECT_EQ(mixer_put(x.m, 3, t, bytes_of(nothing, 1)), MIXER_TAKEN);
        }
        if (t >= 1000 * MS && t < 1600 * MS) {
            /* It is not on the grid of the frames. */
            EXPECT_EQ(mixer_put(x.m, 1, t + 13 * MS, voice_next(&a)), MIXER_TAKEN);
        }
        if (t == 1600 * MS) {
            mixer_input_end(x.m, 1);
        }
        mixer_take(x.m, t - 100 * MS, &x.sink);
    }
    mixer_drain(x.m, 0, &x.sink);
    struct listener *l = &x.ear[0];
    /* A voice's packet is of sound from MIXER_PRE_SKIP before its time. */
    for (us_t t = from; t + 20 * MS <= from + 600 * MS - 7 * MS; t += 20 * MS) {
        if (loud_of(l, t, t + 20 * MS) < 0.1) {
            test_fail(__FILE__, __LINE__, "at %lld ms: %g", (long long)(t / MS),
                      loud_of(l, t, t + 20 * MS));
        }
    }
    EXPECT(loud_of(l, 0, from - 15 * MS) < 0.001);
    EXPECT(loud_of(l, from + 620 * MS, 3000 * MS) < 0.001);
    voice_free(&a);
    voice_free(&quiet);
    mixing_free(&x);
}

TEST(mixer_time_is_exact_after_an_hour) {
    struct mixing x;
    struct voice a;
    us_t hour = 3600 * US_PER_S;
    mixing_init(&x, &(struct mixer_config){0});
    EXPECT_EQ(mixer_input(x.m, 1), OK);
    voice_init(&a, 440, 0.3, 1);
    x.ear[0].from = hour - 2 * US_PER_S;
    for (us_t t = 0; t < 1000 * MS; t += 20 * MS) {
        say(&x, 1, &a);
    }
    mixer_take(x.m, hour - US_PER_S, &x.sink);
    a.t = hour - US_PER_S;
    for (us_t t = hour - US_PER_S; t < hour; t += 20 * MS) {
        say(&x, 1, &a);
    }
    mixer_drain(x.m, hour, &x.sink);
    struct listener *l = &x.ear[0];
    EXPECT_EQ(l->first, 0);
    EXPECT_EQ(l->jumps, 0);
    /* One more than the hour has, for what the encoder held back. */
    EXPECT_EQ(l->packets, 180001);
    EXPECT(near(tone_of(l, 440, hour - 800 * MS, hour - 200 * MS).late, 0, 1));
    EXPECT(mixer_counters(x.m).silent > 179000);
    EXPECT(l->bytes < 600000);
    voice_free(&a);
    mixing_free(&x);
}

TEST(mixer_leaves_out_who_listens) {
    struct mixing x;
    struct voice v[3];
    static const double tones[] = {300, 700, 1100};
    mixing_init(&x, &(struct mixer_config){.outputs = 3});
    EXPECT_EQ(mixer_output(x.m, 1, 0), ERR_EXISTS);
    EXPECT_EQ(mixer_output(x.m, 2, 2), OK);
    for (unsigned i = 0; i < 3; i++) {
        voice_init(&v[i], tones[i], 0.2, 1);
        EXPECT_EQ(mixer_input(x.m, i + 1), OK);
    }
    for (us_t t = 0; t < 3000 * MS; t += 20 * MS) {
        for (unsigned i = 0; i < 3; i++) {
            if (t < 2000 * MS || i == 1) {
                say(&x, i + 1, &v[i]);
            }
        }
        if (t == 1000 * MS) {
            EXPECT_EQ(mixer_output(x.m, 3, 3), OK);
            EXPECT_EQ(mixer_output(x.m, 9, 0), ERR_FULL);
        }
        if (t == 2000 * MS) {
            mixer_input_end(x.m, 1);
            mixer_input_end(x.m, 3);
        }
        mixer_take(x.m, t - 100 * MS, &x.sink);
    }
    mixer_drain(x.m, 0, &x.sink);
    for (unsigned ear = 0; ear < 3; ear++) {
        for (unsigned i = 0; i < 3; i++) {
            double a = tone_of(&x.ear[ear], tones[i], 1200 * MS, 1900 * MS).amplitude;
            EXPECT(ear && ear == i ? a < 0.002 : near(DB(a / 0.2), 0, 0.5));
        }
    }
    /* Two speaks alone: two hears nothing, which costs nothing. */
    EXPECT(loud_of(&x.ear[0], 2200 * MS, 2900 * MS) > 0.1);
    EXPECT(loud_of(&x.ear[1], 2200 * MS, 2900 * MS) < 0.002);
    EXPECT(mixer_counters(x.m).silent >= 35);
    /* Who joins in the middle of it hears no click. */
    EXPECT(x.ear[2].first > 800 * MS && x.ear[2].first < 1000 * MS);
    EXPECT(step_of(&x.ear[2], 0, 1200 * MS) <
           1.5 * (step_of_tone(300, 0.2) + step_of_tone(700, 0.2)));
    EXPECT_EQ(x.ear[2].jumps, 0);
    mixer_output_remove(x.m, 3);
    mixer_output_remove(x.m, 3);
    EXPECT_EQ(mixer_output(x.m, 3, 0), OK);
    for (unsigned i = 0; i < 3; i++) {
        voice_free(&v[i]);
    }
    mixing_free(&x);
}

/* The silence is a constant; decoders agree that it is one. */
TEST(mixer_silence_is_silent_and_free) {
    struct mixing x;
    static const uint8_t nothing[] = {0x78, 0x00};
    mixing_init(&x, &(struct mixer_config){0});
    EXPECT_EQ(mixer_input(x.m, 1), OK);
    EXPECT_EQ(mixer_at(x.m), US_NEVER);
    mixer_take(x.m, 1000 * MS, &x.sink);
    EXPECT_EQ(x.ear[0].packets, 0);
    EXPECT_EQ(mixer_put(x.m, 1, 110 * MS, bytes_of(nothing, 2)), MIXER_TAKEN);
    EXPECT_EQ(mixer_at(x.m), 100 * MS);
    mixer_take(x.m, 1131 * MS + 499, &x.sink);
    EXPECT_EQ(x.ear[0].packets, 50);
    mixer_take(x.m, 1131 * MS + 500, &x.sink);
    EXPECT_EQ(x.ear[0].packets, 51);
    EXPECT_EQ(mixer_at(x.m), 1120 * MS);
    EXPECT_EQ(mixer_counters(x.m).silent, 51);
    EXPECT_EQ(mixer_counters(x.m).concealed, 0);
    EXPECT(x.ear[0].peak < 1e-9f);
    EXPECT_EQ(x.ear[0].bytes, 153);
    mixing_free(&x);
}

TEST(mixer_skips_what_nobody_needs) {
    struct mixing x;
    struct voice a;
    mixing_init(&x, &(struct mixer_config){0});
    EXPECT_EQ(mixer_input(x.m, 1), OK);
    voice_init(&a, 440, 0.3, 1);
    mixer_skip(x.m, 90 * MS, &x.sink);
    EXPECT_EQ(mixer_at(x.m), 80 * MS);
    for (us_t t = 0; t < 200 * MS; t += 20 * MS) {
        EXPECT_EQ(mixer_put(x.m, 1, t + 100 * MS, voice_next(&a)), MIXER_TAKEN);
    }
    mixer_skip(x.m, 9000 * MS, &x.sink); /* not while something waits */
    EXPECT_EQ(mixer_at(x.m), 80 * MS);
    mixer_input_end(x.m, 1);
    mixer_take(x.m, 312 * MS, &x.sink);
    EXPECT_EQ(mixer_at(x.m), 300 * MS);
    EXPECT(mixer_idle(x.m));
    mixer_skip(x.m, 200 * MS, &x.sink); /* not back */
    EXPECT_EQ(mixer_at(x.m), 300 * MS);
    mixer_skip(x.m, 5007 * MS, &x.sink);
    EXPECT_EQ(mixer_at(x.m), 5000 * MS);
    /* What was heard last came out before. */
    EXPECT(x.ear[0].next >= 320 * MS && x.ear[0].next <= 360 * MS);
    EXPECT(loud_of(&x.ear[0], 260 * MS, 290 * MS) > 0.1);
    EXPECT_EQ(mixer_put(x.m, 1, 4900 * MS, voice_next(&a)), MIXER_LATE);
    a.t = 5000 * MS;
    for (us_t t = 0; t < 500 * MS; t += 20 * MS) {
        say(&x, 1, &a);
    }
    mixer_drain(x.m, 6000 * MS, &x.sink);
    EXPECT_EQ(x.ear[0].jumps, 1);
    EXPECT_EQ(x.ear[0].next, 6020 * MS);
    EXPECT(near(tone_of(&x.ear[0], 440, 5100 * MS, 5400 * MS).late, 0, 1));
    voice_free(&a);
    mixing_free(&x);
}

/* Shorter than the fade that a voice which becomes stereo begins anew with. */
TEST(mixer_tells_what_it_took_and_nobody_hears) {
    static const uint8_t brief[] = {28 << 3 | 4, 1, 2, 3};  /* 2.5 ms (RFC 6716 section 3.1) */
    static const uint8_t broken[] = {31 << 3 | 1, 1, 2, 3}; /* two frames of 1.5 bytes */
    struct mixing x;
    struct voice a;
    mixing_init(&x, &(struct mixer_config){0});
    EXPECT_EQ(mixer_input(x.m, 1), OK);
    voice_init(&a, 440, 0.3, 1);
    for (us_t t = 0; t < 100 * MS; t += 20 * MS) {
        EXPECT_EQ(mixer_put(x.m, 1, t, voice_next(&a)), MIXER_TAKEN);
    }
    EXPECT_EQ(mixer_put(x.m, 1, 100 * MS, bytes_of(brief, sizeof(brief))), MIXER_TAKEN);
    mixer_take(x.m, 200 * MS, &x.sink);
    EXPECT_EQ(x.lost, 1);
    EXPECT_EQ(x.last_lost.t, 100 * MS);
    EXPECT_EQ(x.last_lost.duration, 2500);
    EXPECT_EQ(x.last_lost.why, MIXER_LATE);
    EXPECT_EQ(mixer_counters(x.m).late, 1);
    EXPECT_EQ(mixer_put(x.m, 1, 300 * MS, bytes_of(broken, sizeof(broken))), MIXER_TAKEN);
    mixer_take(x.m, 400 * MS, &x.sink);
    EXPECT_EQ(x.lost, 2);
    EXPECT_EQ(x.last_lost.t, 300 * MS);
    EXPECT_EQ(x.last_lost.duration, 40 * MS);
    EXPECT_EQ(x.last_lost.why, MIXER_BAD);
    EXPECT_EQ(mixer_counters(x.m).damaged, 1);
    voice_free(&a);
    mixing_free(&x);
}

TEST(mixer_says_what_it_does_not_take) {
    struct mixing x;
    struct voice a;
    mixing_init(&x, &(struct mixer_config){.ahead = 2 * US_PER_S, .queue_packets = 4});
    EXPECT_EQ(mixer_input(x.m, 0), ERR_FULL);
    EXPECT_EQ(mixer_input(x.m, 1), OK);
    EXPECT_EQ(mixer_input(x.m, 1), OK);
    voice_init(&a, 440, 0.3, 1);
    struct bytes p = voice_next(&a);
    EXPECT_EQ(mixer_put(x.m, 2, 0, p), MIXER_UNKNOWN);
    EXPECT_EQ(mixer_put(x.m, 1, 1000 * MS, p), MIXER_TAKEN);
    mixer_take(x.m, 1100 * MS, &x.sink);
    EXPECT_EQ(mixer_put(x.m, 1, 1020 * MS, p), MIXER_LATE);
    EXPECT_EQ(mixer_put(x.m, 1, 3100 * MS, p), MIXER_AHEAD);
    EXPECT_EQ(mixer_put(x.m, 1, -1, p), MIXER_AHEAD);
    EXPECT_EQ(mixer_put(x.m, 1, INT64_MAX, p), MIXER_AHEAD);
    EXPECT_EQ(mixer_put(x.m, 1, 1200 * MS, bytes_of(p.p, 0)), MIXER_BAD);
    EXPECT_EQ(mixer_put(x.m, 1, 1200 * MS, p), MIXER_TAKEN);
    EXPECT_EQ(mixer_put(x.m, 1, 1205 * MS, p), MIXER_OVERLAP);
    EXPECT_EQ(mixer_put(x.m, 1, 1212 * MS, p), MIXER_TAKEN);
    EXPECT_EQ(mixer_put(x.m, 1, 1239 * MS, p), MIXER_TAKEN);
    EXPECT_EQ(mixer_put(x.m, 1, 1260 * MS, p), MIXER_TAKEN);
    EXPECT_EQ(mixer_put(x.m, 1, 1280 * MS, p), MIXER_FULL);
    struct mixer_counters n = mixer_counters(x.m);
    EXPECT_EQ(n.taken, 5);
    EXPECT_EQ(n.late, 1);
    EXPECT_EQ(n.ahead, 3);
    EXPECT_EQ(n.bad, 1);
    EXPECT_EQ(n.overlap, 1);
    EXPECT_EQ(n.full, 1);
    voice_free(&a);
    mixing_free(&x);
}

TEST(mixer_who_is_silent_makes_room) {
    struct mixing x;
    struct voice a;
    mixing_init(&x, &(struct mixer_config){.inputs = 2});
    voice_init(&a, 440, 0.3, 1);
    EXPECT_EQ(mixer_input(x.m, 1), OK);
    EXPECT_EQ(mixer_input(x.m, 2), OK);
    EXPECT_EQ(mixer_put(x.m, 1, 0, voice_next(&a)), MIXER_TAKEN);
    EXPECT_EQ(mixer_put(x.m, 2, 20 * MS, voice_next(&a)), MIXER_TAKEN);
    EXPECT_EQ(mixer_input(x.m, 3), ERR_FULL);
    mixer_input_end(x.m, 1);
    mixer_input_end(x.m, 77);
    mixer_take(x.m, 60 * MS, &x.sink);
    EXPECT_EQ(mixer_input(x.m, 3), OK);
    EXPECT_EQ(mixer_put(x.m, 1, 100 * MS, voice_next(&a)), MIXER_UNKNOWN);
    EXPECT_EQ(mixer_put(x.m, 2, 100 * MS, voice_next(&a)), MIXER_TAKEN);
    voice_free(&a);
    mixing_free(&x);
}

/* All lengths that Opus has (RFC 6716 section 2.1.4, 3.2.5), repacketized. */
/* Who is gone takes no place once he has faded, and nobody else's before. */
TEST(mixer_who_is_removed_makes_room) {
    struct mixing x;
    struct voice v;
    mixing_init(&x, &(struct mixer_config){.inputs = 2});
    voice_init(&v, 440, 0.2, 1);
    EXPECT_EQ(mixer_input(x.m, 1), OK); /* is silent, and stays */
    for (uint32_t id = 2; id < 20; id++) {
        EXPECT_EQ(mixer_input(x.m, id), OK);
        us_t from = id * 200 * MS;
        for (us_t t = from; t < from + 100 * MS; t += 20 * MS) {
            EXPECT_EQ(mixer_put(x.m, id, t, voice_next(&v)), MIXER_TAKEN);
        }
        mixer_take(x.m, from + 60 * MS, &x.sink);
        mixer_input_remove(x.m, id);
        EXPECT_EQ(mixer_put(x.m, id, from + 100 * MS, voice_next(&v)), MIXER_UNKNOWN);
        EXPECT(!mixer_idle(x.m)); /* it fades */
        mixer_take(x.m, from + 150 * MS, &x.sink);
        EXPECT(mixer_idle(x.m));
    }
    EXPECT_EQ(mixer_put(x.m, 1, 4000 * MS, voice_next(&v)), MIXER_TAKEN); /* is there */
    EXPECT_EQ(mixer_input(x.m, 30), OK);
    mixer_input_remove(x.m, 30); /* was not heard: is gone at once */
    EXPECT_EQ(mixer_input(x.m, 31), OK);
    mixer_input_remove(x.m, 99);
    mixing_free(&x);
    voice_free(&v);
}

/* Who comes back while he fades goes on in his place. */
TEST(mixer_who_is_removed_comes_back) {
    struct mixing x;
    struct voice v;
    mixing_init(&x, &(struct mixer_config){.inputs = 1});
    voice_init(&v, 440, 0.2, 1);
    EXPECT_EQ(mixer_input(x.m, 1), OK);
    for (us_t t = 0; t < 100 * MS; t += 20 * MS) {
        EXPECT_EQ(mixer_put(x.m, 1, t, voice_next(&v)), MIXER_TAKEN);
    }
    mixer_take(x.m, 60 * MS, &x.sink);
    mixer_input_remove(x.m, 1);
    EXPECT_EQ(mixer_input(x.m, 2), ERR_FULL);
    EXPECT_EQ(mixer_input(x.m, 1), OK);
    for (us_t t = 100 * MS; t < 600 * MS; t += 20 * MS) {
        EXPECT_EQ(mixer_put(x.m, 1, t, voice_next(&v)), MIXER_TAKEN);
    }
    mixer_drain(x.m, 600 * MS, &x.sink);
    EXPECT(loud_of(&x.ear[0], 150 * MS, 550 * MS) > 0.13);
    mixing_free(&x);
    voice_free(&v);
}

TEST(mixer_packets_of_any_length) {
    struct mixing x;
    struct voice a;
    uint8_t packets[6][PACKET_MAX], big[6 * PACKET_MAX];
    mixing_init(&x, &(struct mixer_config){0});
    EXPECT_EQ(mixer_input(x.m, 1), OK);
    voice_init(&a, 440, 0.3, 1);
    OpusRepacketizer *r = opus_repacketizer_create();
    us_t t = 0;
    for (int k = 0; k < 40; k++) {
        int count = 1 + k % 6;
        opus_repacketizer_init(r);
        for (int i = 0; i < count; i++) {
            struct bytes p = voice_next(&a);
            memcpy(packets[i], p.p, p.n);
            if (opus_repacketizer_cat(r, packets[i], (opus_int32)p.n) != OPUS_OK) {
                test_fail(__FILE__, __LINE__, "packet %d of %d", i, count);
            }
        }
        int n = opus_repacketizer_out(r, big, sizeof(big));
        REQUIRE(n > 0);
        EXPECT_EQ(mixer_put(x.m, 1, t, bytes_of(big, (size_t)n)), MIXER_TAKEN);
        t += count * 20 * MS;
        mixer_take(x.m, t - 100 * MS, &x.sink);
    }
    mixer_drain(x.m, 0, &x.sink);
    EXPECT_EQ(x.ear[0].jumps, 0);
    EXPECT_EQ(x.ear[0].next, t + 20 * MS);
    EXPECT(near(tone_of(&x.ear[0], 440, 500 * MS, t - 500 * MS).late, 0, 1));
    EXPECT_EQ(mixer_counters(x.m).damaged, 0);
    EXPECT_EQ(mixer_counters(x.m).concealed, 240); /* the end */
    opus_repacketizer_destroy(r);
    voice_free(&a);
    mixing_free(&x);
}

/* A packet that comes out is of two channels and 20 ms, and behind by what headers say. */
TEST(mixer_packets_are_as_headers_say) {
    struct mixing x;
    struct voice a;
    opus_int32 behind = 0;
    mixing_init(&x, &(struct mixer_config){0});
    EXPECT_EQ(mixer_input(x.m, 1), OK);
    voice_init(&a, 440, 0.3, 1);
    for (us_t t = 0; t < 1000 * MS; t += 20 * MS) {
        say(&x, 1, &a);
    }
    mixer_drain(x.m, 2000 * MS, &x.sink); /* with silence behind */
    EXPECT_EQ(x.ear[0].packets, 101);
    EXPECT_EQ(x.ear[0].odd, 0);
    opus_encoder_ctl(a.encoder, OPUS_GET_LOOKAHEAD(&behind));
    EXPECT_EQ(behind, MIXER_PRE_SKIP);
    voice_free(&a);
    mixing_free(&x);
}

TEST(mixer_configurations_out_of_range) {
    EXPECT(!mixer_new(&(struct mixer_config){.bitrate = 5999}));
    EXPECT(!mixer_new(&(struct mixer_config){.bitrate = 510001}));
    EXPECT(!mixer_new(&(struct mixer_config){.complexity = 11}));
    EXPECT(!mixer_new(&(struct mixer_config){.inputs = 100000}));
    EXPECT(!mixer_new(&(struct mixer_config){.ahead = -1}));
    EXPECT(!mixer_free(NULL));
}

TEST_ALLOC(mixer_without_memory) {
    struct mixer *m = mixer_new(&(struct mixer_config){.outputs = 2});
    EXPECT(m || mem_failed());
    if (!m) {
        return;
    }
    enum err a = mixer_input(m, 1), b = mixer_output(m, 1, 0), c = mixer_output(m, 2, 1);
    EXPECT((a == OK && b == OK && c == OK) || mem_failed());
    EXPECT_EQ(mixer_input(m, 1), OK); /* once more: memory is there again */
    mixer_free(m);
}
