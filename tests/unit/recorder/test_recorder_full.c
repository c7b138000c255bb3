/* The store fails for long: what waits is bounded, stored when it can be, and one recording's
 * trouble is not another's. */
#include "recorder/archive/archive.h"
#include "recorder/capture/recording.h"
#include "tests/unit/recorder/feed.h"
#include "tests/unit/test.h"

#define OTHER 78 /* a second tour */

struct scene {
    struct rig g;
    struct faulty faulty;
    struct clip clip;
    struct feed_source camera;
    struct feed_list list;
};

static uint8_t big[400000];

static void scene_begin(struct scene *s) {
    static const uint8_t head[10] = {0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xb4, 0x00};
    *s = (struct scene){0};
    rig_init(&s->g);
    faulty_open(&s->faulty, s->g.dir);
    s->g.faulty = &s->faulty;
    memcpy(big, head, sizeof(head));
    s->clip.n = 1;
    s->camera = (struct feed_source){.id = 11,
                                     .participant = 5,
                                     .seq = 65536,
                                     .kind = SOURCE_CAMERA,
                                     .rtp0 = 1000,
                                     .at0 = s->g.now + 1,
                                     .step = 45000,
                                     .interval = 500000,
                                     .clip = &s->clip};
    CHECK(rig_open(&s->g) == OK);
    rig_order(&s->g, ORDER_START);
    feed_tap(&s->list, &s->camera, TAP_STAGE, s->g.now);
}

static void scene_end(struct scene *s) {
    feed_free(&s->list);
    rig_close(&s->g);
    faulty_close(&s->faulty);
    rig_free(&s->g);
}

static void fails(struct scene *s, bool on) {
    s->faulty.fail_at = on ? s->faulty.puts : -1;
    s->faulty.fail_n = 1000000;
    s->faulty.error = ERR_NOSPACE;
}

/* A second of key frames of so many bytes, two of them, for this tour. */
static void second(struct scene *s, uint64_t tour, size_t bytes) {
    s->clip.frame[0] = bytes_of(big, bytes);
    s->camera.at0 = us_max(s->camera.at0, s->g.now);
    for (unsigned i = 0; i < 2; i++) {
        feed_frames(&s->list, &s->camera, s->g.pool, 0, 1);
        s->camera.at0 += s->camera.interval;
        s->camera.rtp0 += s->camera.step;
    }
    for (size_t i = 0; i < s->list.n; i++) {
        s->list.taps[i].tour = tour;
    }
    rig_run(&s->g, &s->list);
}

static void person(struct scene *s, uint64_t participant, const char *version) {
    struct recorder_order o = {
        .type = ORDER_PARTICIPANT, .tour = TOUR, .participant = participant, .on = true};
    memset(o.name, 'n', sizeof(o.name) - 1);
    snprintf(o.consent_version, sizeof(o.consent_version), "%s", version);
    recorder_order(s->g.r, s->g.now, (wall_t){0}, &o);
}

struct seen {
    unsigned people, consents, unnoted;
    char last[33];
};

static enum err see_event(void *ctx, const struct event_row *e) {
    struct seen *n = ctx;
    n->people += e->type == ENTRY_PARTICIPANT;
    n->consents += e->type == ENTRY_CONSENT;
    n->unnoted += e->type == ENTRY_GAP && strcmp(e->person.name, "journal") == 0;
    if (e->type == ENTRY_CONSENT) {
        snprintf(n->last, sizeof(n->last), "%.32s", e->person.name);
    }
    return OK;
}

static struct seen look(const struct scene *s, uint8_t *ret_state) {
    char path[96], why[WHY_MAX];
    struct archive *a = NULL;
    struct seen n = {0};
    struct recording_row row;
    struct id id;
    snprintf(path, sizeof(path), "%s/kek", s->g.dir);
    struct archive_config c = {.dir = s->g.dir, .kek_file = path};
    CHECK(archive_open(&c, &a, why) == OK && id_parse(s->g.recording, &id));
    EXPECT_EQ(catalogue_events(a->catalogue, &id, see_event, &n), OK);
    EXPECT_EQ(catalogue_recording(a->catalogue, &id, &row), OK);
    *ret_state = row.state;
    archive_close(a);
    return n;
}

/* More lines than memory takes, while there are segments that wait: both are stored when they can
 * be, and the recording ends whole. */
TEST(recorder_a_full_journal_is_stored_when_the_store_works_again) {
    for (unsigned stop = 0; stop < 2; stop++) {
        struct scene s;
        uint8_t state;
        scene_begin(&s);
        for (unsigned i = 0; i < 5; i++) { /* what each segment waits for is stored by then */
            second(&s, TOUR, 1000);
        }
        EXPECT(rig_counters(&s.g).segments > 0);
        fails(&s, true);
        for (unsigned i = 0; i < 10; i++) {
            second(&s, TOUR, 1000);
        }
        for (uint64_t round = 0; round < 30; round++) {
            for (uint64_t i = 0; i < 1000; i++) {
                person(&s, 100 + i, round % 2 ? "2024-1" : "2024-2");
            }
            rig_wait(&s.g, s.g.now + US_PER_S);
        }
        EXPECT(rig_counters(&s.g).alarm);
        if (stop) {
            rig_order(&s.g, ORDER_STOP);
        }
        fails(&s, false);
        rig_wait(&s.g, s.g.now + 10 * US_PER_S);
        EXPECT(!rig_counters(&s.g).alarm);
        EXPECT(rig_counters(&s.g).segments >= 8);
        if (!stop) {
            uint64_t before = rig_counters(&s.g).segments;
            for (unsigned i = 0; i < 10; i++) {
                second(&s, TOUR, 1000);
            }
            EXPECT(rig_counters(&s.g).segments > before + 4);
            rig_order(&s.g, ORDER_STOP);
        }
        EXPECT_EQ(s.g.events[RECORDER_STOPPED], 1);
        struct seen n = look(&s, &state);
        EXPECT_EQ(state, RECORDING_COMPLETE);
        /* What found no room is said. */
        EXPECT(n.consents > 3000);
        EXPECT_EQ(n.unnoted, 1);
        scene_end(&s);
    }
}

/* A healthy store: lines in masses are stored before memory for them is full. */
TEST(recorder_lines_in_masses_are_stored_early) {
    struct scene s;
    uint8_t state;
    scene_begin(&s);
    for (unsigned round = 0; round < 30; round++) {
        for (uint64_t i = 0; i < 1000; i++) {
            person(&s, 100 + i, round % 2 ? "2024-1" : "2024-2");
        }
        rig_wait(&s.g, s.g.now + 300 * US_PER_MS);
    }
    rig_order(&s.g, ORDER_STOP);
    struct seen n = look(&s, &state);
    EXPECT_EQ(n.consents, 30000);
    EXPECT_EQ(n.unnoted, 0);
    EXPECT_EQ(state, RECORDING_COMPLETE);
    EXPECT_EQ(rig_counters(&s.g).store_errors, 0);
    scene_end(&s);
}

/* Somebody who says yes and no all the time is noted at a bounded pace, and with what is true. */
TEST(recorder_notes_a_person_at_a_bounded_pace) {
    struct scene s;
    uint8_t state;
    scene_begin(&s);
    for (unsigned i = 0; i < 1000; i++) {
        person(&s, 9, i % 2 ? "2024-1" : "2024-2");
        rig_wait(&s.g, s.g.now + US_PER_MS);
    }
    person(&s, 9, "2025-1");
    rig_order(&s.g, ORDER_STOP);
    struct seen n = look(&s, &state);
    EXPECT(n.people >= 5 && n.people <= 7);
    EXPECT(n.consents >= 5 && n.consents <= 7);
    EXPECT_STR(n.last, "2025-1");
    scene_end(&s);
}

/* However many came before and left: whoever comes later is noted at that pace, too. */
TEST(recorder_notes_people_at_a_bounded_pace_after_many_left) {
    struct scene s;
    uint8_t state;
    scene_begin(&s);
    struct recorder_order o = {.type = ORDER_PARTICIPANT, .tour = TOUR};
    for (uint64_t i = 0; i < RECORDING_PEOPLE_MAX + 100; i++) {
        o.participant = 1000 + i;
        for (int on = 1; on >= 0; on--) {
            o.on = on;
            recorder_order(s.g.r, s.g.now, (wall_t){0}, &o);
            rig_wait(&s.g, s.g.now + US_PER_MS);
        }
    }
    rig_wait(&s.g, s.g.now + US_PER_S);
    for (unsigned i = 0; i < 1000; i++) {
        person(&s, 9, i % 2 ? "2024-1" : "2024-2");
        rig_wait(&s.g, s.g.now + US_PER_MS);
    }
    person(&s, 9, "2025-1");
    rig_order(&s.g, ORDER_STOP);
    struct seen n = look(&s, &state);
    EXPECT(n.consents >= 5 && n.consents <= 7);
    EXPECT_STR(n.last, "2025-1");
    EXPECT(n.people >= 2 * (RECORDING_PEOPLE_MAX + 100));
    EXPECT_EQ(n.unnoted, 0);
    scene_end(&s);
}

/* What one recording cannot store leaves room for the segments of another. */
TEST(recorder_memory_for_segments_is_shared) {
    struct scene s;
    scene_begin(&s);
    struct recorder_order o = {.type = ORDER_START, .tour = OTHER};
    recorder_order(s.g.r, s.g.now, (wall_t){0}, &o);
    second(&s, TOUR, 1000);
    fails(&s, true);
    for (unsigned i = 0; i < 120; i++) {
        second(&s, TOUR, sizeof(big));
    }
    uint64_t gaps = rig_counters(&s.g).gaps;
    EXPECT(gaps > 10); /* its own share is used up */
    /* The other has not seen the source yet, nor a loss. */
    s.camera.id = 21;
    for (unsigned i = 0; i < 10; i++) {
        second(&s, OTHER, 100000);
    }
    rig_wait(&s.g, s.g.now + 5 * US_PER_S);
    uint64_t more = rig_counters(&s.g).gaps - gaps;
    EXPECT(more <= 2); /* the last of the first tour's segments */
    fails(&s, false);
    rig_wait(&s.g, s.g.now + 10 * US_PER_S);
    EXPECT(!rig_counters(&s.g).alarm);
    EXPECT(rig_counters(&s.g).bytes_sealed < RECORDER_MEDIA_MAX);
    scene_end(&s);
}

/* Many small segments are no small thing while they wait. */
TEST(recorder_memory_for_segments_counts_what_they_are_held_in) {
    struct scene s;
    scene_begin(&s);
    second(&s, TOUR, 1000);
    fails(&s, true);
    for (unsigned i = 0; i < 20; i++) {
        second(&s, TOUR, 100);
    }
    size_t waiting = recorder_counters(s.g.r).waiting;
    EXPECT(waiting > 8 * sizeof(struct write_job));
    fails(&s, false);
    rig_wait(&s.g, s.g.now + 20 * US_PER_S);
    EXPECT_EQ(recorder_counters(s.g.r).waiting, 0);
    rig_order(&s.g, ORDER_STOP);
    EXPECT_EQ(s.g.events[RECORDER_STOPPED], 1);
    scene_end(&s);
}

/* The end of an old recording, which could not be stored for long, is nothing that the tour with
 * its new one is told. */
TEST(recorder_an_old_recording_does_not_end_the_new_one) {
    for (unsigned began = 0; began < 2; began++) {
        struct scene s;
        scene_begin(&s);
        second(&s, TOUR, 1000);
        fails(&s, true);
        rig_order(&s.g, ORDER_STOP);
        EXPECT_EQ(s.g.events[RECORDER_STOPPED], 0);
        EXPECT_EQ(s.g.events[RECORDER_FAILING], 1);
        if (began) { /* the new one begins, and the old one is still not stored */
            fails(&s, false);
            rig_order_now(&s.g, ORDER_START);
            EXPECT_EQ(s.g.events[RECORDER_STARTED], 2);
            EXPECT_EQ(rig_counters(&s.g).recordings_open, 2);
        } else {
            rig_order_now(&s.g, ORDER_START);
            EXPECT_EQ(s.g.events[RECORDER_FAILING], 2);
            fails(&s, false);
        }
        rig_wait(&s.g, s.g.now + 20 * US_PER_S);
        EXPECT_EQ(s.g.events[RECORDER_STARTED], 2);
        EXPECT_EQ(s.g.events[RECORDER_STOPPED], 0);
        EXPECT(s.g.superseded >= 1);
        EXPECT_EQ(rig_counters(&s.g).recordings_open, 1);
        rig_order(&s.g, ORDER_STOP);
        EXPECT_EQ(s.g.events[RECORDER_STOPPED], 1);
        scene_end(&s);
    }
}
