/* What the programme lets hear: everybody, at their time, whoever else is late, silent or gone. */
#include "recorder/capture/programme.h"
#include "recorder/container/webm_parse.h"
#include "tests/unit/audio/mixing.h"

#include <math.h>
#include <opus/opus.h>

#define A 1
#define B 2
#define CAMERA 3
#define GAPS 16
#define PICTURES 512

struct tour {
    struct programme p;
    struct track_sink sink;
    struct listener ear;
    struct voice a, b;
    us_t now; /* [us] recording time too */
    unsigned segments;
    uint8_t level; /* that who speaks tells [-dBov] */
    us_t end;      /* of the last segment [us] */
    us_t last_block;
    unsigned pictures;
    us_t picture[PICTURES];
    unsigned gaps;
    struct entry_gap gap[GAPS];
    us_t gap_at[GAPS];
};

static enum err on_block(void *ctx, const struct webm_block *b) {
    struct tour *o = ctx;
    us_t t = b->ms * MS;
    EXPECT(t >= o->last_block); /* in order of time, also from segment to segment */
    o->last_block = t;
    if (b->track == 2) {
        listener_hear(&o->ear, t, b->frame);
    } else {
        CHECK(o->pictures < PICTURES);
        o->picture[o->pictures++] = t;
    }
    return OK;
}

static bool on_segment(void *ctx, const struct entry_segment *e, struct buffer *media) {
    struct tour *o = ctx;
    EXPECT_EQ(webm_blocks(bytes_of(media->p, media->n), on_block, o), OK);
    EXPECT(e->start + 20 * MS >= o->end);
    o->end = e->start + e->duration;
    o->segments++;
    return true;
}

static bool on_epoch(void *ctx, const struct entry_epoch *e) {
    (void)ctx;
    EXPECT_EQ(e->start, 0);
    return true;
}

static void on_gap(void *ctx, const struct entry_gap *e, us_t at) {
    struct tour *o = ctx;
    CHECK(o->gaps < GAPS);
    o->gap_at[o->gaps] = at;
    o->gap[o->gaps++] = *e;
}

static void tour_begin(struct tour *o, uint32_t voices) {
    *o = (struct tour){.sink = {o, on_epoch, on_segment, on_gap}};
    struct programme_config c = {.video = CODEC_VP8,
                                 .limits = {2000 * MS, 4000 * MS},
                                 .sound = {.reorder_wait = 600 * MS, .voices = voices}};
    programme_init(&o->p, &c, &o->sink);
    listener_init(&o->ear);
    voice_init(&o->a, 440, 0.3, 1);
    voice_init(&o->b, 1000, 0.3, 1);
}

static void tour_free(struct tour *o) {
    programme_free(&o->p);
    listener_free(&o->ear);
    voice_free(&o->a);
    voice_free(&o->b);
}

/* A message that arrives now is obeyed now. */
static void tapped(struct tour *o) {
    programme_clock(&o->p, o->now, o->now);
}

/* 20 ms of a voice that belong at t arrive now. */
static void say(struct tour *o, uint32_t source, us_t t) {
    struct voice *v = source == A ? &o->a : &o->b;
    v->t = v->t < 0 ? v->t : t; /* the tone tells the time */
    struct media_frame f = {.t = t,
                            .ahead = t - o->now,
                            .duration = 20 * MS,
                            .data = voice_next(v),
                            .stream = STREAM_AUDIO,
                            .level = o->level,
                            .key = true};
    programme_frame(&o->p, o->now, source, &f);
    tapped(o);
}

static void show(struct tour *o, us_t t, bool key) {
    struct media_frame f = {.t = t,
                            .ahead = t - o->now,
                            .data = bytes_of("v", 1),
                            .stream = STREAM_VIDEO,
                            .codec = CODEC_VP8,
                            .key = key,
                            .width = 320,
                            .height = 180};
    programme_frame(&o->p, o->now, CAMERA, &f);
    tapped(o);
}

static void expect_whole(const struct listener *l, double tone, us_t from, us_t to) {
    for (us_t t = from; t + 20 * MS <= to; t += 20 * MS) {
        double a = tone_of(l, tone, t, t + 20 * MS).amplitude;
        if (a < 0.1) {
            test_fail(__FILE__, __LINE__, "%g Hz at %lld ms: %g", tone, (long long)(t / MS), a);
            return;
        }
    }
}

TEST(mixdown_two_who_speak_at_once_are_both_heard) {
    struct tour o;
    static const double both[] = {440, 1000};
    tour_begin(&o, 0);
    programme_voice(&o.p, A);
    for (o.now = 0; o.now < 5000 * MS; o.now += 20 * MS) {
        say(&o, A, o.now);
        say(&o, B, o.now);
    }
    programme_end(&o.p, o.now, o.now);
    us_t span[2] = {500 * MS, 4500 * MS};
    double rest = rest_of(&o.ear, both, 2, span);
    for (unsigned i = 0; i < 2; i++) {
        struct tone t = tone_of(&o.ear, both[i], span[0], span[1]);
        EXPECT(20 * log10(t.amplitude / sqrt(2) / rest) >= 20);
        EXPECT(fabs(20 * log10(t.amplitude / 0.3)) < 0.5);
        EXPECT(fabs(t.late) < 1);
    }
    EXPECT(o.ear.peak < 1);
    EXPECT_EQ(o.ear.first, 0);
    EXPECT_EQ(o.ear.jumps, 0);
    EXPECT_EQ(o.ear.next, 5020 * MS);
    EXPECT_EQ(o.gaps, 0);
    EXPECT_EQ(o.p.sound.lost, 0);
    tour_free(&o);
}

/* A "yes" of 0.6 s into somebody's sentence, and it is over before anybody is the loudest. */
TEST(mixdown_a_short_yes_is_whole) {
    struct tour o;
    tour_begin(&o, 0);
    programme_voice(&o.p, A);
    for (o.now = 0; o.now < 4000 * MS; o.now += 20 * MS) {
        say(&o, A, o.now);
        if (o.now >= 2000 * MS && o.now < 2600 * MS) {
            say(&o, B, o.now + 7 * MS);
        } else if (o.now == 2600 * MS) {
            programme_pause(&o.p, B, o.now);
        }
    }
    programme_end(&o.p, o.now, o.now);
    expect_whole(&o.ear, 1000, 2007 * MS, 2600 * MS);
    expect_whole(&o.ear, 440, 20 * MS, 3980 * MS);
    EXPECT(tone_of(&o.ear, 1000, 1500 * MS, 1990 * MS).amplitude < 0.01);
    EXPECT(tone_of(&o.ear, 1000, 2630 * MS, 3100 * MS).amplitude < 0.01);
    EXPECT_EQ(o.gaps, 0);
    tour_free(&o);
}

/* An open microphone says fifty times a second that there is nothing to hear: that costs nothing,
 * is no gap, and a "yes" between is whole. */
TEST(mixdown_what_is_inaudible_is_not_decoded) {
    struct tour o;
    tour_begin(&o, 0);
    for (o.now = 0; o.now < 5000 * MS; o.now += 20 * MS) {
        o.level = 13;
        say(&o, A, o.now);
        bool yes = o.now >= 2000 * MS && o.now < 2600 * MS;
        o.b.amplitude = yes ? 0.3 : 0.00002;
        o.level = yes ? 13 : 97;
        say(&o, B, o.now);
    }
    struct mixer_counters n = mixer_counters(o.p.sound.mixer);
    programme_end(&o.p, o.now, o.now);
    expect_whole(&o.ear, 1000, 2000 * MS, 2600 * MS);
    expect_whole(&o.ear, 440, 20 * MS, 4980 * MS);
    EXPECT(tone_of(&o.ear, 1000, 500 * MS, 1900 * MS).amplitude < 0.003);
    EXPECT(tone_of(&o.ear, 1000, 2900 * MS, 4500 * MS).amplitude < 0.003);
    /* Of 250: 30 are the word, 15 beside it and the first 10 are decoded, some wait. */
    EXPECT(n.inaudible > 150 && n.inaudible < 200);
    EXPECT_EQ(o.gaps, 0);
    EXPECT_EQ(o.p.sound.lost, 0);
    tour_free(&o);
}

/* Times that are always behind their arrival: everybody waits for them, nothing is lost. */
TEST(mixdown_a_voice_that_is_always_late_is_heard) {
    struct tour o;
    us_t late = 2200 * MS;
    tour_begin(&o, 0);
    for (o.now = 0; o.now < 9000 * MS; o.now += 20 * MS) {
        say(&o, A, o.now);
        if (o.now >= late) {
            say(&o, B, o.now - late);
        }
        if (o.now > 4000 * MS) {
            EXPECT(mixdown_at(&o.p.sound) > o.now - MIXDOWN_BEHIND - 50 * MS);
            EXPECT(mixdown_at(&o.p.sound) < o.now - late + 20 * MS);
        }
    }
    programme_end(&o.p, o.now, o.now);
    /* The first of it were later than anybody is waited for whom nobody knew. */
    expect_whole(&o.ear, 1000, late, o.now - late - 20 * MS);
    expect_whole(&o.ear, 440, 20 * MS, 8900 * MS);
    EXPECT(fabs(tone_of(&o.ear, 1000, 3000 * MS, 6000 * MS).late) < 1);
    REQUIRE(o.gaps == 1);
    EXPECT_STR(o.gap[0].cause, "late");
    EXPECT(o.gap_at[0] == 0 && o.gap[0].duration <= late);
    tour_free(&o);
}

/* A packet that is waited for makes what is behind it late by 0.6 s: it is heard. */
TEST(mixdown_waits_for_who_waits_for_a_packet) {
    struct tour o;
    tour_begin(&o, 0);
    for (o.now = 0; o.now < 4000 * MS; o.now += 20 * MS) {
        say(&o, A, o.now);
        if (o.now == 2600 * MS) {
            programme_lose(&o.p, B, &(struct track_loss){STREAM_AUDIO, 2000 * MS, 1, "loss"});
            for (us_t t = 2020 * MS; t <= o.now; t += 20 * MS) {
                say(&o, B, t);
            }
        } else if (o.now < 2000 * MS || o.now > 2600 * MS) {
            say(&o, B, o.now);
        }
    }
    programme_end(&o.p, o.now, o.now);
    expect_whole(&o.ear, 1000, 20 * MS, 1980 * MS);
    expect_whole(&o.ear, 1000, 2040 * MS, 3980 * MS);
    REQUIRE(o.gaps == 1);
    EXPECT_STR(o.gap[0].cause, "loss");
    EXPECT_EQ(o.gap_at[0], 2000 * MS);
    EXPECT_EQ(o.gap[0].duration, 20 * MS);
    EXPECT_EQ(o.gap[0].packets, 1);
    tour_free(&o);
}

/* Whoever is silent for longer holds up nobody; what comes after all is a gap, of his and of the
 * time it belongs to. */
TEST(mixdown_who_is_silent_holds_up_nobody) {
    struct tour o;
    tour_begin(&o, 0);
    for (o.now = 0; o.now < 5000 * MS; o.now += 20 * MS) {
        say(&o, A, o.now);
        if (o.now == 3600 * MS) { /* a radio hole of 1.6 s, and then all at once */
            EXPECT(mixdown_at(&o.p.sound) >= o.now - MIXDOWN_NEW - 60 * MS);
            for (us_t t = 2000 * MS; t <= o.now; t += 20 * MS) {
                say(&o, B, t);
            }
        } else if (o.now < 2000 * MS || o.now > 3600 * MS) {
            say(&o, B, o.now);
        }
        EXPECT(mixdown_at(&o.p.sound) >= o.now - 1100 * MS);
    }
    programme_end(&o.p, o.now, o.now);
    expect_whole(&o.ear, 440, 20 * MS, 4980 * MS);
    REQUIRE(o.gaps == 1);
    EXPECT_STR(o.gap[0].cause, "late");
    EXPECT_EQ(o.gap_at[0], 2000 * MS);
    EXPECT(o.gap[0].duration >= 1000 * MS && o.gap[0].duration <= 1120 * MS);
    EXPECT_EQ(o.gap[0].packets, o.gap[0].duration / (20 * MS));
    EXPECT_EQ(o.p.sound.lost, o.gap[0].packets);
    expect_whole(&o.ear, 1000, 2000 * MS + o.gap[0].duration + 20 * MS, 4980 * MS);
    tour_free(&o);
}

TEST(mixdown_a_clock_that_is_far_ahead_moves_nobody) {
    struct tour o;
    tour_begin(&o, 0);
    for (o.now = 0; o.now < 4000 * MS; o.now += 20 * MS) {
        bool wrong = o.now >= 1000 * MS && o.now < 3000 * MS;
        say(&o, A, o.now);
        say(&o, B, wrong ? o.now + 9000 * MS : o.now);
        EXPECT(mixdown_at(&o.p.sound) >= o.now - 1100 * MS);
    }
    programme_end(&o.p, o.now, o.now);
    expect_whole(&o.ear, 440, 20 * MS, 3980 * MS);
    expect_whole(&o.ear, 1000, 3040 * MS, 3980 * MS);
    EXPECT(fabs(tone_of(&o.ear, 440, 500 * MS, 3900 * MS).late) < 1);
    REQUIRE(o.gaps == 1);
    EXPECT_STR(o.gap[0].cause, "clock");
    EXPECT_EQ(o.gap_at[0], 1000 * MS);
    EXPECT_EQ(o.gap[0].duration, 2000 * MS);
    EXPECT_EQ(o.gap[0].packets, 100);
    EXPECT_EQ(o.ear.next, 4020 * MS);
    tour_free(&o);
}

/* Two lose at the same time: a gap of each, and no more gaps than pauses of 100 ms between. */
TEST(mixdown_gaps_of_voices_are_their_own) {
    struct tour o;
    tour_begin(&o, 0);
    for (o.now = 0; o.now < 4000 * MS; o.now += 20 * MS) {
        bool hole = o.now >= 1000 * MS && o.now < 1400 * MS && o.now % (40 * MS);
        if (hole) {
            programme_lose(&o.p, A, &(struct track_loss){STREAM_AUDIO, o.now, 1, "loss"});
            tapped(&o);
        } else {
            say(&o, A, o.now);
        }
        if (o.now == 1200 * MS) {
            programme_lose(&o.p, B, &(struct track_loss){STREAM_AUDIO, o.now, 2, "loss"});
        } else if (o.now != 1220 * MS) {
            say(&o, B, o.now);
        }
    }
    EXPECT_EQ(o.gaps, 2); /* said when they are over, not at the end */
    programme_end(&o.p, o.now, o.now);
    REQUIRE(o.gaps == 2);
    unsigned a = o.gap_at[0] == 1020 * MS ? 0 : 1;
    EXPECT_EQ(o.gap_at[a], 1020 * MS);
    EXPECT_EQ(o.gap[a].duration, 380 * MS);
    EXPECT_EQ(o.gap[a].packets, 10);
    EXPECT_EQ(o.gap_at[1 - a], 1200 * MS);
    EXPECT_EQ(o.gap[1 - a].duration, 40 * MS);
    EXPECT_EQ(o.gap[1 - a].packets, 2);
    EXPECT(id_eq(&o.gap[0].track, &ID_PROGRAMME));
    tour_free(&o);
}

/* A gap ends with the sending, and with the recording. */
TEST(mixdown_gaps_do_not_outlast_the_sending) {
    struct tour o;
    tour_begin(&o, 0);
    say(&o, A, 0);
    programme_lose(&o.p, A, &(struct track_loss){STREAM_AUDIO, 20 * MS, 3, "loss"});
    programme_lose(&o.p, B, &(struct track_loss){STREAM_AUDIO, 30 * MS, 1, "clock"});
    programme_off(&o.p, A, 500 * MS);
    o.now = 900 * MS;
    programme_end(&o.p, o.now, o.now);
    REQUIRE(o.gaps == 2);
    EXPECT_EQ(o.gap[0].duration, 480 * MS);
    EXPECT_EQ(o.gap_at[1], 30 * MS);
    EXPECT_EQ(o.gap[1].duration, 870 * MS);
    tour_free(&o);
}

/* Nobody and nothing for an hour: no sound is made of it, and what comes then is at its time. */
TEST(mixdown_a_pause_of_the_tour_is_no_sound) {
    struct tour o;
    us_t hour = 3600 * US_PER_S;
    tour_begin(&o, 0);
    for (o.now = 0; o.now < 1000 * MS; o.now += 20 * MS) {
        say(&o, A, o.now);
    }
    programme_pause(&o.p, A, o.now);
    while (programme_deadline(&o.p) < hour) {
        o.now = us_max(o.now, programme_deadline(&o.p));
        programme_timeout(&o.p, o.now);
        REQUIRE(programme_deadline(&o.p) > o.now);
    }
    EXPECT(o.now < 10 * US_PER_S);
    EXPECT(o.p.track.open.n == 0); /* what was said is stored, also when no message comes */
    expect_whole(&o.ear, 440, 20 * MS, 980 * MS);
    unsigned before = o.ear.packets;
    EXPECT(before < 250); /* and some seconds of silence */
    o.ear.from = hour;
    for (o.now = hour; o.now < hour + 1000 * MS; o.now += 20 * MS) {
        say(&o, B, o.now);
    }
    programme_end(&o.p, o.now, o.now);
    EXPECT_EQ(o.ear.jumps, 1);
    EXPECT(o.ear.packets < before + 90);
    EXPECT_EQ(o.ear.next, hour + 1020 * MS);
    EXPECT(fabs(tone_of(&o.ear, 1000, hour + 100 * MS, hour + 900 * MS).late) < 1);
    tour_free(&o);
}

/* The thread may be behind: the times of messages count, not when they are obeyed. */
TEST(mixdown_a_thread_that_is_behind_loses_nothing) {
    struct tour o;
    tour_begin(&o, 0);
    for (us_t t = 0; t < 6000 * MS; t += 20 * MS) {
        us_t stall = t >= 2000 * MS && t < 3000 * MS ? 5000 * MS - t : 0;
        struct media_frame f = {.t = t,
                                .duration = 20 * MS,
                                .data = voice_next(&o.a),
                                .stream = STREAM_AUDIO,
                                .key = true};
        o.now = us_max(o.now, t + stall);
        programme_frame(&o.p, o.now, A, &f);
        programme_clock(&o.p, o.now, t);
        programme_timeout(&o.p, o.now);
    }
    programme_end(&o.p, o.now, 6000 * MS);
    EXPECT_EQ(o.gaps, 0);
    expect_whole(&o.ear, 440, 20 * MS, 5980 * MS);
    tour_free(&o);
}

/* The end is not cut: what was said last is heard, and nothing waits any more. */
TEST(mixdown_the_end_is_whole) {
    struct tour o;
    tour_begin(&o, 0);
    programme_stage(&o.p, CAMERA, 0);
    for (o.now = 0; o.now < 3000 * MS; o.now += 20 * MS) {
        say(&o, A, o.now);
        if (o.now % (40 * MS) == 0) {
            show(&o, o.now, o.now == 0);
        }
    }
    EXPECT(o.ear.packets < 150);
    programme_end(&o.p, o.now, 3100 * MS);
    expect_whole(&o.ear, 440, 20 * MS, 2990 * MS);
    EXPECT_EQ(o.pictures, 75);
    EXPECT(o.ear.next >= 3100 * MS && o.ear.next <= 3120 * MS);
    EXPECT(!mixdown_waits(&o.p.sound));
    tour_free(&o);
}

/* Segments follow each other in time, sound and picture together, although sound is mixed late. */
TEST(mixdown_pictures_wait_for_their_sound) {
    struct tour o;
    tour_begin(&o, 0);
    programme_stage(&o.p, CAMERA, 0);
    for (o.now = 0; o.now < 11000 * MS; o.now += 20 * MS) {
        if (o.now % (40 * MS) == 0) {
            show(&o, o.now, o.now % (3000 * MS) < 40 * MS);
        }
        if (o.now >= 1000 * MS) {
            say(&o, A, o.now);
            say(&o, B, o.now - 300 * MS);
        }
    }
    programme_lose(&o.p, CAMERA, &(struct track_loss){STREAM_VIDEO, o.now, 1, "loss"});
    programme_stage(&o.p, 0, o.now + 100 * MS);
    programme_end(&o.p, o.now, o.now + 200 * MS);
    EXPECT_EQ(o.pictures, 275);
    for (unsigned i = 0; i < o.pictures; i++) {
        EXPECT_EQ(o.picture[i], i * 40 * MS);
    }
    EXPECT_EQ(o.segments, 4);
    /* The loss was noted when its time came: from the last picture to the empty stage. */
    REQUIRE(o.gaps == 1);
    EXPECT_EQ(o.gap_at[0], 11000 * MS);
    EXPECT_EQ(o.gap[0].duration, 100 * MS);
    tour_free(&o);
}

TEST(mixdown_more_voices_than_allowed) {
    struct tour o;
    tour_begin(&o, 1);
    for (o.now = 0; o.now < 2000 * MS; o.now += 20 * MS) {
        if (o.now < 1000 * MS) {
            say(&o, A, o.now);
        } else if (o.now == 1000 * MS) {
            programme_pause(&o.p, A, o.now);
        }
        say(&o, B, o.now);
    }
    programme_end(&o.p, o.now, o.now);
    /* Who is silent makes room. */
    expect_whole(&o.ear, 440, 20 * MS, 980 * MS);
    expect_whole(&o.ear, 1000, 1700 * MS, 1980 * MS);
    REQUIRE(o.gaps == 1);
    EXPECT_STR(o.gap[0].cause, "limit");
    EXPECT_EQ(o.gap_at[0], 0);
    EXPECT(o.gap[0].duration >= 1000 * MS && o.gap[0].duration < 1700 * MS);
    tour_free(&o);
}

TEST(mixdown_what_is_no_opus) {
    struct tour o;
    tour_begin(&o, 0);
    struct media_frame f = {.t = 40 * MS,
                            .duration = 20 * MS,
                            .data = bytes_of("\xff\xff\xff\xff", 4),
                            .stream = STREAM_AUDIO};
    say(&o, A, 0);
    say(&o, A, 20 * MS);
    programme_frame(&o.p, 40 * MS, A, &f);
    o.now = 60 * MS;
    say(&o, A, 60 * MS);
    programme_end(&o.p, o.now, o.now);
    REQUIRE(o.gaps == 1);
    EXPECT_STR(o.gap[0].cause, "format");
    EXPECT_EQ(o.gap[0].duration, 20 * MS);
    tour_free(&o);
}

/* Taken, but too short to be heard behind the fade with which the voice becomes stereo: a gap of
 * that time, although the voice has gone on meanwhile. */
TEST(mixdown_what_is_taken_and_not_heard_is_a_gap) {
    static const uint8_t brief[] = {28 << 3 | 4, 1, 2, 3}; /* 2.5 ms (RFC 6716 section 3.1) */
    struct tour o;
    tour_begin(&o, 0);
    for (o.now = 0; o.now < 1000 * MS; o.now += 20 * MS) {
        say(&o, A, o.now);
    }
    struct media_frame f = {.t = o.now,
                            .duration = 2500,
                            .data = bytes_of(brief, sizeof(brief)),
                            .stream = STREAM_AUDIO,
                            .key = true};
    programme_frame(&o.p, o.now, A, &f);
    for (o.now = 1020 * MS; o.now < 2000 * MS; o.now += 20 * MS) {
        say(&o, A, o.now);
    }
    programme_end(&o.p, o.now, o.now);
    REQUIRE(o.gaps == 1);
    EXPECT_STR(o.gap[0].cause, "late");
    EXPECT_EQ(o.gap_at[0], 1000 * MS);
    EXPECT_EQ(o.gap[0].duration, 2500);
    EXPECT_EQ(o.gap[0].packets, 1);
    EXPECT_EQ(o.p.sound.lost, 1);
    tour_free(&o);
}

/* As many as one wants, and then off: their number of gaps is bounded all the same. */
TEST(mixdown_what_nobody_can_decode_of_who_is_gone_is_few_gaps) {
    static const uint8_t broken[] = {28 << 3 | 1, 1, 2, 3}; /* two frames of 1.5 bytes */
    struct tour o;
    tour_begin(&o, 0);
    for (us_t t = 100 * MS; t < 1500 * MS; t += 5 * MS) {
        struct media_frame f = {.t = t,
                                .ahead = t,
                                .duration = 5 * MS,
                                .data = bytes_of(broken, sizeof(broken)),
                                .stream = STREAM_AUDIO,
                                .key = true};
        programme_frame(&o.p, 0, A, &f);
    }
    programme_off(&o.p, A, 0);
    for (o.now = 0; o.now < 4000 * MS; o.now += 20 * MS) {
        say(&o, B, o.now);
    }
    EXPECT_EQ(o.gaps, 1);
    programme_end(&o.p, o.now, o.now);
    REQUIRE(o.gaps == 1);
    EXPECT_STR(o.gap[0].cause, "format");
    EXPECT_EQ(o.gap_at[0], 100 * MS);
    EXPECT_EQ(o.gap[0].duration, 1400 * MS);
    EXPECT_EQ(o.gap[0].packets, 280);
    tour_free(&o);
}

/* The fastest Opus there is, while another's packet is waited for as long as is configured. */
TEST(mixdown_a_fast_voice_loses_nothing_while_another_is_waited_for) {
    struct tour o;
    us_t wait = 5000 * MS;
    tour_begin(&o, 0);
    programme_free(&o.p);
    programme_init(&o.p,
                   &(struct programme_config){.video = CODEC_VP8,
                                              .limits = {2000 * MS, 4000 * MS},
                                              .sound = {.reorder_wait = wait}},
                   &o.sink);
    voice_free(&o.a);
    voice_init(&o.a, 440, 0.3, 2);
    opus_encoder_ctl(o.a.encoder, OPUS_SET_BITRATE(510000));
    opus_encoder_ctl(o.a.encoder, OPUS_SET_VBR(0));
    for (o.now = 0; o.now < 10000 * MS; o.now += 20 * MS) {
        say(&o, A, o.now);
        if (o.now == 2000 * MS + wait) {
            for (us_t t = 2000 * MS; t <= o.now; t += 20 * MS) {
                say(&o, B, t);
            }
        } else if (o.now < 2000 * MS || o.now > 2000 * MS + wait) {
            say(&o, B, o.now);
        }
    }
    programme_end(&o.p, o.now, o.now);
    EXPECT_EQ(o.gaps, 0);
    EXPECT_EQ(o.p.sound.lost, 0);
    expect_whole(&o.ear, 440, 20 * MS, 9980 * MS);
    expect_whole(&o.ear, 1000, 20 * MS, 9980 * MS);
    tour_free(&o);
}

/* And in the shortest packets. */
TEST(mixdown_short_packets_wait_for_a_late_voice) {
    static const uint8_t brief[] = {28 << 3, 0xff, 0xff}; /* 2.5 ms, silence */
    struct tour o;
    tour_begin(&o, 0);
    for (us_t t = 0; t < 8000 * MS; t += 2500) {
        struct media_frame f = {.t = t / MS * MS,
                                .duration = 2500,
                                .data = bytes_of(brief, sizeof(brief)),
                                .stream = STREAM_AUDIO,
                                .key = true};
        o.now = t;
        programme_frame(&o.p, t, A, &f);
        tapped(&o);
        if (t % (20 * MS) == 0 && t >= 400 * MS) { /* of 2.8 s ago, after the first seconds */
            say(&o, B,
                t < 3200 * MS ? 400 * MS + (t - 400 * MS) / 140 / MS * 20 * MS : t - 2800 * MS);
        }
    }
    programme_end(&o.p, o.now, o.now);
    for (unsigned i = 0; i < o.gaps; i++) {
        EXPECT(strcmp(o.gap[i].cause, "limit") != 0);
    }
    tour_free(&o);
}

/* More pictures than may wait for the sound: those beyond are missing up to the next key frame, and
 * what is there stays in order (on_block). */
TEST(mixdown_pictures_that_find_no_room_do_not_overtake_the_sound) {
    static uint8_t big[400000];
    struct tour o;
    tour_begin(&o, 0);
    programme_stage(&o.p, CAMERA, 0);
    for (o.now = 0; o.now < 12000 * MS; o.now += 20 * MS) {
        say(&o, A, o.now);
        if (o.now >= 2200 * MS) {
            say(&o, B, o.now - 2200 * MS);
        }
        if (o.now % (50 * MS) == 0) { /* one of 100 ms: 8 MB/s */
            bool large = o.now >= 4000 * MS && o.now < 8000 * MS;
            struct media_frame f = {.t = o.now,
                                    .data = bytes_of(big, large ? sizeof(big) : 100),
                                    .stream = STREAM_VIDEO,
                                    .codec = CODEC_VP8,
                                    .key = o.now % (2000 * MS) == 0,
                                    .width = 320,
                                    .height = 180};
            programme_frame(&o.p, o.now, CAMERA, &f);
            tapped(&o);
            EXPECT(o.p.held.bytes <= HELD_BYTES_MAX);
        }
    }
    programme_end(&o.p, o.now, o.now);
    unsigned limit = 0, missing = 0;
    for (unsigned i = 0; i < o.gaps; i++) {
        if (strcmp(o.gap[i].cause, "limit") == 0) {
            us_t end = o.gap_at[i] + o.gap[i].duration;
            EXPECT_EQ(end % (2000 * MS), 0);
            missing += o.gap[i].packets;
            limit++;
        }
    }
    EXPECT(limit >= 1 && limit <= 2);
    EXPECT_EQ(o.pictures + missing, 120);
    EXPECT_EQ(o.picture[o.pictures - 1], 11900 * MS);
    tour_free(&o);
}

TEST_ALLOC(mixdown_without_memory) {
    struct tour o;
    tour_begin(&o, 0);
    programme_stage(&o.p, CAMERA, 0);
    for (o.now = 0; o.now < 300 * MS; o.now += 20 * MS) {
        say(&o, A, o.now);
        show(&o, o.now, o.now == 0);
    }
    programme_end(&o.p, o.now, o.now);
    EXPECT(mem_failed() || (o.pictures == 15 && o.gaps == 0 && o.ear.next == 320 * MS));
    tour_free(&o);
}
