#include "media/audio/speaker.h"

#include "base/rng.h"
#include "tests/unit/test.h"

#define MS US_PER_MS
#define VOICES 8

/* A room in which each voice sends a level every 20 ms while it is >= 0 (with DTX: -1). */
struct room {
    struct speaker_set s;
    us_t now;
    int place[VOICES];
    int level[VOICES]; /* -dBov, -1 = no packets */
    unsigned changes, top_changes;
};

static bool room_open(struct room *r, unsigned voices) {
    memset(r, 0, sizeof(*r));
    r->now = 1000 * MS;
    if (speaker_init(&r->s, VOICES) != OK) {
        return false;
    }
    for (unsigned i = 0; i < VOICES; i++) {
        r->level[i] = -1;
        r->place[i] = i < voices ? speaker_add(&r->s, 100 + i) : -1;
    }
    return true;
}

static void room_tick(struct room *r) {
    for (unsigned i = 0; i < VOICES; i++) {
        if (r->level[i] >= 0) {
            speaker_level(&r->s, r->now, r->place[i], (uint8_t)r->level[i]);
        }
    }
    r->now += SPEAKER_WINDOW;
    if (speaker_deadline(&r->s) <= r->now) {
        unsigned bits = speaker_tick(&r->s, r->now);
        r->changes += (bits & SPEAKER_CHANGED) != 0;
        r->top_changes += (bits & SPEAKER_TOP_CHANGED) != 0;
    }
}

static void room_run(struct room *r, us_t how_long) {
    for (us_t end = r->now + how_long; r->now < end;) {
        room_tick(r);
    }
}

/* Run until the speaker is id; the time it took, or -1 after 10 s. */
static us_t room_until(struct room *r, uint64_t id) {
    us_t start = r->now;
    while (r->s.speaker != id) {
        if (r->now - start > 10 * US_PER_S) {
            return -1;
        }
        room_tick(r);
    }
    return r->now - start;
}

TEST_ALLOC(speaker_init_and_free) {
    struct speaker_set s;
    if (speaker_init(&s, 10) != OK) {
        EXPECT(mem_failed());
        EXPECT(!s.members);
    }
    speaker_free(&s);
    EXPECT_EQ(speaker_init(&s, 0), ERR_RANGE);
    EXPECT_EQ(speaker_init(&s, 65536), ERR_RANGE);
    speaker_free(&s);
}

TEST(speaker_members_are_bounded_and_unique) {
    struct speaker_set s;
    REQUIRE(speaker_init(&s, 2) == OK);
    EXPECT_EQ(speaker_add(&s, 0), -1);
    EXPECT_EQ(speaker_add(&s, 7), 0);
    EXPECT_EQ(speaker_add(&s, 7), -1);
    EXPECT_EQ(speaker_add(&s, 8), 1);
    EXPECT_EQ(speaker_add(&s, 9), -1);
    EXPECT_EQ(speaker_remove(&s, 9), 0);
    EXPECT_EQ(speaker_remove(&s, 7), 0);
    EXPECT_EQ(speaker_add(&s, 9), 0);
    EXPECT_EQ(s.n, 2);
    speaker_level(&s, 0, -1, 10); /* a place that is none is ignored */
    speaker_level(&s, 0, 2, 10);
    EXPECT_EQ(speaker_deadline(&s), US_NEVER);
    speaker_free(&s);
}

/* However many microphones are open, the three that are loudest are found, the last ones too. */
TEST(speaker_top_three_of_hundreds) {
    struct speaker_set s;
    REQUIRE(speaker_init(&s, 4096) == OK);
    us_t now = US_PER_S;
    for (uint64_t id = 1; id <= 500; id++) {
        EXPECT_EQ(speaker_add(&s, id), (int)id - 1);
    }
    for (int first = 0; first <= 497; first += 71) {
        for (us_t until = now + 3 * US_PER_S; now < until; now += SPEAKER_WINDOW) {
            for (int i = 0; i < 500; i++) {
                speaker_level(&s, now, i, i >= first && i < first + 3 ? 20 : 100);
            }
            (void)speaker_tick(&s, now + SPEAKER_WINDOW);
        }
        for (int i = first; i < first + 3; i++) {
            EXPECT(speaker_in_top(&s, (uint64_t)i + 1));
        }
    }
    speaker_free(&s);
}

TEST(speaker_silence_needs_no_timer) {
    struct room r;
    REQUIRE(room_open(&r, 3));
    r.level[0] = 127;
    r.level[1] = 80; /* a fan */
    room_run(&r, 5 * US_PER_S);
    EXPECT_EQ(speaker_deadline(&r.s), US_NEVER);
    EXPECT_EQ(r.s.speaker, 0);
    EXPECT_EQ(r.changes + r.top_changes, 0);
    speaker_free(&r.s);
}

TEST(speaker_first_voice_is_quick_and_ends_after_two_seconds) {
    struct room r;
    REQUIRE(room_open(&r, 3));
    r.level[1] = 30;
    us_t took = room_until(&r, 101);
    EXPECT(took >= 100 * MS && took <= 200 * MS);
    EXPECT(speaker_in_top(&r.s, 101));
    room_run(&r, 3 * US_PER_S);
    r.level[1] = 127;
    room_run(&r, 1900 * MS);
    EXPECT_EQ(r.s.speaker, 101);
    us_t end = room_until(&r, 0);
    EXPECT(end >= 0 && end <= 200 * MS);
    EXPECT_EQ(r.changes, 2);
    EXPECT_EQ(speaker_deadline(&r.s), US_NEVER);
    EXPECT(speaker_in_top(&r.s, 101)); /* its slot is not taken away for being silent */
    speaker_free(&r.s);
}

/* With DTX the last packet of a talk spurt says "loud" and then nothing comes. */
TEST(speaker_without_packets_is_silent) {
    struct room r;
    REQUIRE(room_open(&r, 1));
    r.level[0] = 20;
    REQUIRE(room_until(&r, 100) >= 0);
    r.level[0] = -1;
    us_t end = room_until(&r, 0);
    EXPECT(end >= SPEAKER_SILENCE && end <= SPEAKER_SILENCE + 200 * MS);
    speaker_free(&r.s);
}

TEST(speaker_challenger_needs_six_decibels_for_300_ms) {
    static const struct {
        int level; /* of the challenger, against 40 */
        bool wins;
    } table[] = {{45, false}, {40, false}, {36, false}, {35, false}, {33, true}, {20, true}};
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct room r;
        REQUIRE(room_open(&r, 2));
        r.level[0] = 40;
        REQUIRE(room_until(&r, 100) >= 0);
        room_run(&r, US_PER_S);
        r.level[1] = table[i].level;
        us_t took = room_until(&r, 101);
        EXPECT_EQ(took >= 0, table[i].wins);
        EXPECT(took < 0 || (took >= 300 * MS && took <= 500 * MS));
        speaker_free(&r.s);
    }
}

TEST(speaker_a_cough_changes_nothing) {
    struct room r;
    REQUIRE(room_open(&r, 2));
    r.level[0] = 40;
    REQUIRE(room_until(&r, 100) >= 0);
    for (int i = 0; i < 20; i++) {
        r.level[1] = 5;
        room_run(&r, 200 * MS);
        r.level[1] = 127;
        room_run(&r, 800 * MS);
    }
    EXPECT_EQ(r.s.speaker, 100);
    EXPECT_EQ(r.changes, 1);
    speaker_free(&r.s);
}

/* Words with pauses of 200 ms, over steady noise of another microphone. */
TEST(speaker_pauses_between_words_do_not_lose_the_stage) {
    struct room r;
    REQUIRE(room_open(&r, 2));
    r.level[1] = 58;
    for (int i = 0; i < 40; i++) {
        r.level[0] = 30;
        room_run(&r, 400 * MS);
        r.level[0] = 70;
        room_run(&r, 200 * MS);
    }
    EXPECT_EQ(r.s.speaker, 100);
    EXPECT(r.changes <= 2);
    speaker_free(&r.s);
}

TEST(speaker_long_packets_and_lost_ones_are_bridged) {
    struct room r;
    REQUIRE(room_open(&r, 1));
    for (int i = 0; i < 100; i++) {
        r.level[0] = i % 5 == 0 ? 30 : -1; /* one level in 100 ms */
        room_tick(&r);
    }
    EXPECT_EQ(r.s.speaker, 100);
    EXPECT_EQ(r.changes, 1);
    speaker_free(&r.s);
}

TEST(speaker_conversation_follows_within_half_a_second) {
    struct room r;
    REQUIRE(room_open(&r, 2));
    for (int turn = 0; turn < 10; turn++) {
        r.level[turn % 2] = 35;
        r.level[1 - turn % 2] = 127;
        us_t took = room_until(&r, 100 + (uint64_t)(turn % 2));
        EXPECT(took >= 0 && took <= 600 * MS);
        room_run(&r, 2 * US_PER_S);
    }
    EXPECT_EQ(r.changes, 10);
    speaker_free(&r.s);
}

TEST(speaker_top_fills_at_once_and_is_stable) {
    struct room r;
    REQUIRE(room_open(&r, 5));
    r.level[0] = 40;
    r.level[1] = 42;
    r.level[2] = 44;
    room_run(&r, 100 * MS);
    EXPECT(speaker_in_top(&r.s, 100) && speaker_in_top(&r.s, 101) && speaker_in_top(&r.s, 102));
    uint64_t before[SPEAKER_TOP];
    memcpy(before, r.s.top, sizeof(before));
    r.level[3] = 40; /* louder than the third, but not by 6 dB */
    room_run(&r, 5 * US_PER_S);
    EXPECT(memcmp(before, r.s.top, sizeof(before)) == 0);
    unsigned changes = r.top_changes;
    r.level[3] = 30;
    room_run(&r, 300 * MS);
    EXPECT(speaker_in_top(&r.s, 103));
    EXPECT(!speaker_in_top(&r.s, 102));
    EXPECT_EQ(r.top_changes, changes + 1);
    for (unsigned i = 0; i < SPEAKER_TOP; i++) { /* who stays, stays in place */
        EXPECT(before[i] == 102 || r.s.top[i] == before[i]);
    }
    speaker_free(&r.s);
}

TEST(speaker_top_place_of_a_silent_voice_goes_to_the_next) {
    struct room r;
    REQUIRE(room_open(&r, 5));
    r.level[0] = r.level[1] = r.level[2] = 20;
    room_run(&r, 500 * MS);
    r.level[1] = 127;
    r.level[4] = 50;        /* much softer than the others */
    room_run(&r, 200 * MS); /* it fades slowly: a pause between words keeps the place */
    EXPECT(speaker_in_top(&r.s, 101) && !speaker_in_top(&r.s, 104));
    room_run(&r, 400 * MS);
    EXPECT(!speaker_in_top(&r.s, 101) && speaker_in_top(&r.s, 104));
    speaker_free(&r.s);
}

TEST(speaker_removal_frees_stage_and_place_at_once) {
    struct room r;
    REQUIRE(room_open(&r, 2));
    r.level[0] = 30;
    REQUIRE(room_until(&r, 100) >= 0);
    EXPECT_EQ(speaker_remove(&r.s, 100), SPEAKER_CHANGED | SPEAKER_TOP_CHANGED);
    EXPECT_EQ(r.s.speaker, 0);
    EXPECT(!speaker_in_top(&r.s, 100));
    EXPECT_EQ(speaker_remove(&r.s, 100), 0);
    r.level[0] = -1;
    r.level[1] = 50;
    us_t took = room_until(&r, 101);
    EXPECT(took >= 0 && took <= 200 * MS);
    speaker_free(&r.s);
}

TEST(speaker_late_ticks_catch_up_and_do_not_run_away) {
    struct room r;
    REQUIRE(room_open(&r, 1));
    r.level[0] = 30;
    REQUIRE(room_until(&r, 100) >= 0);
    r.now += 3600 * US_PER_S; /* the machine slept */
    EXPECT(speaker_tick(&r.s, r.now) & SPEAKER_CHANGED);
    EXPECT_EQ(r.s.speaker, 0);
    EXPECT_EQ(speaker_deadline(&r.s), US_NEVER);
    speaker_free(&r.s);
}

/* Random levels: the same seed gives the same history, the top holds no stranger and nobody
 * twice, and the speaker is a member. */
static uint64_t random_history(uint64_t seed, bool *ret_sound) {
    struct rng_seeded state;
    rng_seed(&state, seed);
    struct rng rng = rng_from_seeded(&state);
    struct room r;
    uint64_t hash = 0;
    *ret_sound = room_open(&r, VOICES);
    for (unsigned i = 0; *ret_sound && i < 3000; i++) {
        unsigned v = rng_below(&rng, VOICES);
        if (rng_below(&rng, 10) == 0) {
            r.level[v] = rng_below(&rng, 3) ? (int)rng_below(&rng, 128) : -1;
        }
        if (rng_below(&rng, 200) == 0) {
            speaker_remove(&r.s, 100 + v);
            r.place[v] = speaker_add(&r.s, 100 + v);
        }
        room_tick(&r);
        hash = hash * 1099511628211u + r.s.speaker;
        for (unsigned t = 0; t < SPEAKER_TOP; t++) {
            uint64_t id = r.s.top[t];
            hash = hash * 1099511628211u + id;
            *ret_sound &= id == 0 || (id >= 100 && id < 100 + VOICES);
            *ret_sound &= id == 0 || id != r.s.top[(t + 1) % SPEAKER_TOP];
        }
        *ret_sound &= r.s.speaker == 0 || r.s.speaker >= 100;
    }
    speaker_free(&r.s);
    return hash;
}

TEST(speaker_random_rooms_are_sound_and_repeatable) {
    uint64_t first = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        bool sound, again;
        uint64_t hash = random_history(seed, &sound);
        EXPECT(sound);
        EXPECT(random_history(seed, &again) == hash);
        EXPECT(hash != first);
        first = hash;
    }
}
