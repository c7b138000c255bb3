#include "recorder/library/library_sweep.h"

#include "recorder/library/library_parts.h"
#include "recorder/library/sweep_guard.h"
#include "recorder/seal/wraps_db.h"

#include "base/check.h"
#include "recorder/archive/recovery.h"
#include "tests/unit/recorder/bench_store.h"
#include "tests/unit/recorder/sample_recording.h"
#include "tests/unit/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define STARTED INT64_C(1700000000123456) /* of the sample */
#define YEAR (365 * 86400 * US_PER_S)
#define ENDED (STARTED + 25 * US_PER_S)

/* A recorder's folder with two recordings, and a store that can refuse to remove. */
struct yard {
    struct scratch scratch;
    struct memory_store disk;
    struct rng_seeded state;
    struct archive *archive;
    struct sample one, two;
    struct library *library;
    char one_id[ID_TEXT_MAX], two_id[ID_TEXT_MAX], why[WHY_MAX];
    unsigned said, steps; /* of a sweep: lines, and how many it is let go; 0: all */
    unsigned asked, no;   /* before a shred; bit n: the n-th may not */
    char last[256];
    struct library_sweep how; /* what is not usual of the next sweep */
};

static enum err no_remove(void *ctx, const char *name) {
    (void)ctx;
    (void)name;
    return ERR_IO;
}

static void yard_begin(struct yard *y, uint64_t seed) {
    memset(y, 0, sizeof(*y));
    scratch_begin(&y->scratch);
    memory_store_begin(&y->disk);
    rng_seed(&y->state, seed);
    CHECK(bench_archive(&y->scratch, &y->disk.store, &y->state, &y->archive) == OK);
    CHECK(sample_record(y->archive, 0, &y->one) == OK);
    CHECK(sample_record(y->archive, 0, &y->two) == OK);
    struct library_config c = {.dir = y->scratch.dir, .store = &y->disk.store};
    CHECK(library_open(&c, &y->library, y->why) == OK);
    id_text(&y->one.id, y->one_id);
    id_text(&y->two.id, y->two_id);
}

static void yard_end(struct yard *y) {
    library_close(y->library);
    archive_close(y->archive);
    memory_store_end(&y->disk);
    scratch_end(&y->scratch);
}

static void say(void *ctx, const char *of, const char *what, bool done) {
    (void)done;
    struct yard *y = ctx;
    y->said++;
    snprintf(y->last, sizeof(y->last), "%s: %s", of, what);
}

static bool step(void *ctx) {
    struct yard *y = ctx;
    return y->steps == 0 || --y->steps > 0;
}

/* Objects of a recording in the store, and of one of its tracks. */
static unsigned stored(const struct yard *y, const struct id *recording, const struct id *track) {
    unsigned n = 0;
    for (size_t i = 0; i < y->disk.n; i++) {
        struct object_id o;
        n += object_parse_name(y->disk.objects[i].name, &o) && id_eq(&o.recording, recording) &&
             (!track || id_eq(&o.track, track));
    }
    return n;
}

static bool may(void *ctx, const char *recording) {
    struct yard *y = ctx;
    struct id id;
    EXPECT(id_parse(recording, &id) && stored(y, &id, NULL) > 0); /* nothing is gone yet */
    return !(y->no & 1u << y->asked++);
}

static enum err try_sweep(struct yard *y, int64_t now, int64_t before, struct library_swept *ret) {
    struct library_sweep s = y->how;
    s.before.us = before;
    s.order = (struct library_order){"timer", "its age", {now}};
    s.say = say;
    s.go_on = step;
    s.ctx = y;
    y->said = 0;
    y->last[0] = '\0';
    return library_sweep(y->library, &s, ret);
}

static struct library_swept sweep(struct yard *y, int64_t before) {
    struct library_swept n;
    EXPECT_EQ(try_sweep(y, ENDED + 1, before, &n), OK);
    return n;
}

TEST(sweep_shreds_what_is_too_old_and_not_held_nor_being_made) {
    struct yard y;
    struct entry_start start = {.tour = "live", .wall = {STARTED}};
    struct library_order hold = {"ann", "court", {ENDED}};
    struct ledger *l = NULL;
    yard_begin(&y, 1);
    REQUIRE(ledger_begin(y.archive, &start, &l) == OK && ledger_flush(l) == OK);
    struct id live = *ledger_id(l);
    size_t all = y.disk.n;
    struct library_swept n = sweep(&y, 0); /* for ever */
    EXPECT(n.shredded + n.held + n.finished + n.orphans + n.failed == 0 && y.disk.n == all);
    n = sweep(&y, ENDED); /* it ends at that very moment */
    EXPECT(n.shredded == 0 && y.disk.n == all && y.said == 0);
    EXPECT_EQ(library_hold(y.library, y.two_id, &hold), OK);
    n = sweep(&y, ENDED + 1);
    EXPECT(n.shredded == 1 && n.held == 1 && n.failed == 0 && n.orphans == 0);
    EXPECT_EQ(stored(&y, &y.one.id, NULL), 0);
    EXPECT(stored(&y, &y.two.id, NULL) > 0 && stored(&y, &live, NULL) > 0);
    struct wraps_note note;
    struct key_context c = {y.one.id, 0};
    REQUIRE(wraps_shredded(y.archive->wraps, &c, &note) == OK);
    EXPECT_STR(note.who, "timer");
    EXPECT_EQ(library_release(y.library, y.two_id), OK);
    n = sweep(&y, ENDED + 1);
    EXPECT(n.shredded == 1 && n.held == 0 && stored(&y, &y.two.id, NULL) == 0);
    n = sweep(&y, ENDED + 1);
    EXPECT(n.shredded == 0 && n.finished == 0 && y.said == 0);
    ledger_free(l);
    yard_end(&y);
}

/* Whoever must say before who shreds what, and cannot, keeps that one, and no other. */
TEST(sweep_asks_before_it_shreds) {
    struct yard y;
    struct library_order hold = {"ann", "court", {ENDED}};
    yard_begin(&y, 1);
    y.how.may = may;
    y.how.dry = true;
    struct library_swept n = sweep(&y, ENDED + 1);
    EXPECT(n.shredded == 2 && y.asked == 0);
    y.how.dry = false;
    y.no = 1;
    n = sweep(&y, ENDED + 1);
    EXPECT(n.shredded == 1 && n.failed == 1 && y.asked == 2);
    EXPECT((stored(&y, &y.one.id, NULL) > 0) != (stored(&y, &y.two.id, NULL) > 0));
    const char *left = stored(&y, &y.one.id, NULL) > 0 ? y.one_id : y.two_id;
    EXPECT_EQ(library_hold(y.library, left, &hold), OK);
    y.no = 0;
    n = sweep(&y, ENDED + 1);
    EXPECT(n.held == 1 && n.shredded + n.failed == 0 && y.asked == 2); /* of what is held no one */
    EXPECT_EQ(library_release(y.library, left), OK);
    n = sweep(&y, ENDED + 1);
    EXPECT(n.shredded == 1 && y.asked == 3);
    yard_end(&y);
}

static enum err note_camera(void *ctx, const struct track_row *r) {
    if (!id_eq(&r->track.track, &ID_PROGRAMME)) {
        *(struct track_row *)ctx = *r;
    }
    return OK;
}

TEST(sweep_finishes_what_a_shred_could_not_remove) {
    struct yard y;
    struct track_row camera;
    struct library_order order = {"ann", "asked to", {ENDED}};
    yard_begin(&y, 2);
    struct library *l = y.library;
    CHECK(catalogue_tracks(y.archive->catalogue, &y.two.id, note_camera, &camera) == OK);
    l->archive->store.remove = no_remove;
    EXPECT_EQ(library_shred(l, y.one_id, &order), ERR_IO);
    EXPECT_EQ(library_shred_person(l, y.two_id, camera.track.participant, &order), ERR_IO);
    struct library_swept n = sweep(&y, 0); /* the store still refuses: said, and nothing is lost */
    EXPECT(n.failed == 2 && n.finished == 0 && stored(&y, &y.one.id, NULL) > 0);
    l->archive->store.remove = y.disk.store.remove;
    unsigned others = stored(&y, &y.two.id, &ID_PROGRAMME);
    n = sweep(&y, 0);
    EXPECT(n.finished == 2 && n.failed == 0 && n.orphans == 0);
    EXPECT_EQ(stored(&y, &y.one.id, NULL), 0);
    EXPECT_EQ(stored(&y, &y.two.id, &camera.track.track), 0);
    EXPECT(others > 0 && stored(&y, &y.two.id, &ID_PROGRAMME) == others);
    n = sweep(&y, 0);
    EXPECT(n.finished == 0 && y.said == 0);
    yard_end(&y);
}

TEST(sweep_names_objects_without_a_recording_and_leaves_them) {
    struct yard y;
    struct object_id o = {.type = OBJECT_JOURNAL, .recording = {{9, 9}}};
    struct object_info info;
    yard_begin(&y, 3);
    EXPECT_EQ(object_put_clear(&y.disk.store, &o, bytes_of("x", 1), &info), OK);
    o.number = 1;
    EXPECT_EQ(object_put_clear(&y.disk.store, &o, bytes_of("y", 1), &info), OK);
    struct library_swept n = sweep(&y, 0);
    EXPECT(n.orphans == 1 && y.said == 1 && strstr(y.last, "no such recording"));
    EXPECT_EQ(y.disk.store.put(y.disk.store.ctx, "recordings/what", bytes_of("z", 1)), OK);
    n = sweep(&y, 0);
    EXPECT(n.orphans == 2 && y.said == 2);
    EXPECT_EQ(stored(&y, &o.recording, NULL), 2);
    yard_end(&y);
}

TEST(sweep_that_is_dry_says_and_does_nothing) {
    struct yard y;
    struct library_order order = {"ann", "court", {ENDED}};
    yard_begin(&y, 4);
    size_t all = y.disk.n;
    y.how.dry = true;
    EXPECT_EQ(library_hold(y.library, y.two_id, &order), OK);
    struct library_swept n = sweep(&y, ENDED + 1);
    EXPECT(n.shredded == 1 && n.held == 1 && n.failed == 0);
    EXPECT(y.said == 1 && strstr(y.last, y.one_id) && strstr(y.last, "would be"));
    y.library->archive->store.remove = no_remove;
    EXPECT_EQ(library_shred(y.library, y.one_id, &order), ERR_IO);
    y.library->archive->store.remove = y.disk.store.remove;
    n = sweep(&y, 0);
    EXPECT(n.finished == 1 && y.disk.n == all);
    y.how.dry = false;
    n = sweep(&y, 0);
    EXPECT(n.finished == 1 && y.disk.n < all);
    yard_end(&y);
}

static size_t read_all(const char *path, char *text, size_t cap) {
    FILE *f = fopen(path, "r");
    size_t n = f ? fread(text, 1, cap, f) : 0;
    if (f) {
        fclose(f);
    }
    return n;
}

/* Also what it remembers of time: neither what it believed nor what a person told it for this once
 * may let the next one, which is not dry, do what would have been refused. */
TEST(sweep_that_is_dry_remembers_no_time) {
    struct yard y;
    struct library_swept n;
    char path[PATH_MAX], text[128] = "", again[128] = "", why[WHY_MAX];
    const us_t year = 365 * 24 * 3600 * US_PER_S;
    yard_begin(&y, 41);
    snprintf(path, sizeof(path), "%s/sweep", y.scratch.dir);
    y.how.dry = true;
    EXPECT_EQ(try_sweep(&y, ENDED + 1, ENDED - 1, &n), OK); /* believed, and not remembered */
    EXPECT(access(path, F_OK) != 0);
    EXPECT_EQ(library_clock(y.library, (wall_t){ENDED + 1}, YEAR, why), OK);
    size_t len = read_all(path, text, sizeof(text));
    REQUIRE(len > 0);
    EXPECT_EQ(try_sweep(&y, ENDED + year, ENDED + year - 1, &n), ERR_WRONG_STATE);
    y.how.clock_is_right = true;
    EXPECT_EQ(try_sweep(&y, ENDED + year, ENDED + year - 1, &n), OK);
    EXPECT(n.shredded == 2 && stored(&y, &y.one.id, NULL) > 0);
    EXPECT(read_all(path, again, sizeof(again)) == len && memcmp(text, again, len) == 0);
    y.how = (struct library_sweep){0};
    EXPECT_EQ(try_sweep(&y, ENDED + year, ENDED + year - 1, &n), ERR_WRONG_STATE);
    EXPECT_EQ(library_clock(y.library, (wall_t){ENDED + year}, YEAR, why), ERR_WRONG_STATE);
    y.how.clock_is_right = true;
    EXPECT_EQ(try_sweep(&y, ENDED + year, ENDED + year - 1, &n), OK);
    EXPECT(n.shredded == 2 && y.disk.n == 0);
    yard_end(&y);
}

TEST(sweep_ends_between_two_steps_when_it_is_told_to_and_the_next_goes_on) {
    struct yard y;
    struct library_swept n;
    yard_begin(&y, 5);
    y.steps = 5; /* the list of old ones, when both were begun, one of them */
    EXPECT_EQ(try_sweep(&y, ENDED + 1, ENDED + 1, &n), ERR_AGAIN);
    EXPECT_EQ(n.shredded, 1);
    y.steps = 0;
    n = sweep(&y, ENDED + 1);
    EXPECT_EQ(n.shredded, 1);
    EXPECT_EQ(y.disk.n, 0);
    yard_end(&y);
}

/* Nothing at all is done then, not even what has nothing to do with age. */
static void expect_refused(struct yard *y, int64_t now, const char *word) {
    struct library_swept n;
    size_t all = y->disk.n;
    EXPECT_EQ(try_sweep(y, now, now - YEAR, &n), ERR_WRONG_STATE);
    EXPECT(strstr(n.why, word) && strstr(n.why, "--clock-is-right"));
    EXPECT(n.shredded == 0 && n.failed == 0 && y->said == 0 && y->disk.n == all);
}

TEST(sweep_believes_no_clock_that_is_wrong) {
    struct yard y;
    struct library_swept n;
    char why[WHY_MAX];
    yard_begin(&y, 6);
    const us_t hour = 3600 * US_PER_S, day = 24 * hour;
    expect_refused(&y, ENDED - 2 * hour, "before the end of the newest");
    expect_refused(&y, ENDED + 15 * day, "more than 336 hours");
    /* Who lives moves it on, day by day: then much time has passed indeed. */
    for (int i = 1; i <= 30; i++) {
        EXPECT_EQ(library_clock(y.library, (wall_t){ENDED + i * day}, YEAR, why), OK);
    }
    EXPECT_EQ(library_clock(y.library, (wall_t){ENDED + 45 * day}, YEAR, why), ERR_WRONG_STATE);
    EXPECT(strstr(why, "more than 336 hours"));
    expect_refused(&y, ENDED + 29 * day, "before the last time");
    EXPECT_EQ(try_sweep(&y, ENDED + 30 * day, ENDED, &n), OK); /* it was remembered */
    /* A person knows better. */
    EXPECT_EQ(library_clock_is_right(y.library, (wall_t){ENDED + 400 * day}), OK);
    EXPECT_EQ(try_sweep(&y, ENDED + 400 * day, ENDED + 1, &n), OK);
    EXPECT_EQ(n.shredded, 2);
    yard_end(&y);
}

/* A week is half over when a clock is some days ahead. */
TEST(sweep_believes_the_less_the_shorter_is_kept) {
    struct yard y;
    struct library_swept n;
    const us_t hour = 3600 * US_PER_S, day = 24 * hour;
    yard_begin(&y, 61);
    EXPECT_EQ(try_sweep(&y, ENDED + 1, ENDED + 1 - 7 * day, &n), OK);
    EXPECT_EQ(try_sweep(&y, ENDED + 13 * day, ENDED + 6 * day, &n), ERR_WRONG_STATE);
    EXPECT(n.shredded == 0 && strstr(n.why, "more than 42 hours"));
    EXPECT_EQ(library_clock(y.library, (wall_t){ENDED + 13 * day}, 7 * day, n.why),
              ERR_WRONG_STATE);
    EXPECT_EQ(try_sweep(&y, ENDED + 42 * hour, ENDED + 42 * hour - 7 * day, &n), OK);
    /* And some hours in any case. */
    EXPECT_EQ(try_sweep(&y, ENDED + 48 * hour, ENDED + 47 * hour, &n), OK);
    EXPECT_EQ(n.shredded, 2);
    EXPECT_EQ(try_sweep(&y, ENDED + 54 * hour + 1, ENDED + 53 * hour, &n), ERR_WRONG_STATE);
    EXPECT(strstr(n.why, "more than 6 hours"));
    yard_end(&y);
}

TEST(sweep_goes_on_beside_recordings_of_a_wrong_clock_when_a_person_says_so) {
    struct yard y;
    struct library_swept n;
    const us_t hour = 3600 * US_PER_S;
    yard_begin(&y, 7);
    wall_t now = {ENDED - 100 * hour};
    expect_refused(&y, now.us, "before the end of the newest");
    EXPECT_EQ(library_clock_is_right(y.library, now), OK);
    EXPECT_EQ(try_sweep(&y, now.us, now.us - hour, &n), OK);
    EXPECT(n.shredded == 0 && n.failed == 0);
    yard_end(&y);
}

TEST(sweep_is_one_at_a_time) {
    struct yard y;
    struct sweep_guard other;
    struct library_swept n;
    char why[WHY_MAX];
    yard_begin(&y, 8);
    REQUIRE(sweep_guard_take(&other, y.scratch.dir, false) == OK);
    size_t all = y.disk.n;
    EXPECT_EQ(try_sweep(&y, ENDED + 1, ENDED + 1, &n), ERR_BUSY);
    EXPECT_EQ(library_clock(y.library, (wall_t){ENDED}, YEAR, why), ERR_BUSY);
    EXPECT_EQ(library_clock_is_right(y.library, (wall_t){ENDED}), ERR_BUSY);
    EXPECT_EQ(y.disk.n, all);
    sweep_guard_leave(&other);
    sweep_guard_leave(&other);
    EXPECT_EQ(try_sweep(&y, ENDED + 1, ENDED + 1, &n), OK);
    EXPECT_EQ(n.shredded, 2);
    yard_end(&y);
}

static enum err list_busy(void *ctx, const char *prefix,
                          void (*each)(void *each_ctx, const char *name, uint64_t size),
                          void *each_ctx) {
    (void)ctx;
    (void)prefix;
    (void)each;
    (void)each_ctx;
    return ERR_BUSY;
}

/* What is busy within a sweep, as a database may be, is nobody else who sweeps. */
TEST(sweep_is_busy_only_when_another_sweeps) {
    struct yard y;
    struct library_swept n;
    yard_begin(&y, 81);
    y.library->archive->store.list = list_busy;
    EXPECT_EQ(try_sweep(&y, ENDED + 1, 0, &n), ERR_IO);
    yard_end(&y);
}

/* That cannot be done today nor tomorrow: it is no failure that is to be tried again. */
TEST(sweep_names_what_is_too_old_and_has_no_key) {
    struct yard y;
    struct library_swept n;
    yard_begin(&y, 107);
    EXPECT_EQ(sql_run(y.archive->wraps->db, "DELETE FROM wraps WHERE recording=?", "d", &y.one.id),
              OK);
    unsigned before = stored(&y, &y.one.id, NULL);
    for (int i = 0; i < 2; i++) {
        EXPECT_EQ(try_sweep(&y, ENDED + 1, ENDED + 1, &n), OK);
        EXPECT(n.keyless == 1 && n.failed == 0 && n.shredded == (i == 0));
    }
    EXPECT(before > 0 && stored(&y, &y.one.id, NULL) == before);
    yard_end(&y);
}

static enum err list_many(void *ctx, const char *prefix,
                          void (*each)(void *each_ctx, const char *name, uint64_t size),
                          void *each_ctx) {
    (void)ctx;
    for (int i = 0; strcmp(prefix, "recordings/") == 0 && i < 10000; i++) {
        each(each_ctx, "recordings/what", 1);
    }
    return OK;
}

static bool count_step(void *ctx) {
    unsigned *left = ctx;
    return *left == 0 || --*left > 0;
}

/* Whoever has other things to do is asked while a large store is listed. */
TEST(sweep_asks_while_it_lists_and_ends_there) {
    struct yard y;
    struct library_swept n;
    unsigned left = 5;
    struct library_sweep s = {.go_on = count_step, .ctx = &left};
    yard_begin(&y, 109);
    y.library->archive->store.list = list_many;
    EXPECT_EQ(library_sweep(y.library, &s, &n), ERR_AGAIN);
    EXPECT(n.orphans == 3999 && left == 0); /* once before, then every thousandth */
    EXPECT_EQ(library_sweep(y.library, &s, &n), OK);
    EXPECT_EQ(n.orphans, 10000);
    yard_end(&y);
}

TEST(sweep_guard_remembers_nothing_of_a_file_that_is_none) {
    static const char *const texts[] = {
        "", "x", "oriel-sweep/1 ", "oriel-sweep/1 00000000000000000009 -0000000000000000009\n",
        "oriel-sweep/2 00000000000000000009 00000000000000000009\n"};
    struct scratch scratch;
    struct sweep_guard g;
    char path[PATH_MAX], why[WHY_MAX];
    scratch_begin(&scratch);
    snprintf(path, sizeof(path), "%s/sweep", scratch.dir);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        FILE *f = fopen(path, "w");
        REQUIRE(f && fputs(texts[i], f) >= 0 && fclose(f) == 0);
        REQUIRE(sweep_guard_take(&g, scratch.dir, false) == OK);
        EXPECT(g.believed.us == 0 && g.accepted.us == 0);
        sweep_guard_leave(&g);
    }
    REQUIRE(sweep_guard_take(&g, scratch.dir, false) == OK);
    EXPECT_EQ(sweep_guard_accept(&g, (wall_t){ENDED}, &(struct sweep_known){.newest = {STARTED}}),
              OK);
    sweep_guard_leave(&g);
    REQUIRE(sweep_guard_take(&g, scratch.dir, false) == OK);
    EXPECT(g.believed.us == ENDED && g.accepted.us == STARTED);
    EXPECT_EQ(sweep_guard_clock(&g, (wall_t){ENDED + 1}, &(struct sweep_known){0}, why), OK);
    sweep_guard_leave(&g);
    EXPECT_EQ(sweep_guard_take(&g, "/nowhere", false), ERR_IO);
    scratch_end(&scratch);
}

/* The catalogue was lost, and the end of one journal with it: its row is made again without what
 * the journal says, its start, too. */
TEST(sweep_leaves_a_recording_that_is_damaged_or_of_unknown_age) {
    struct yard y;
    struct recovery_report r;
    struct recording_row row;
    struct library_swept n;
    char name[OBJECT_NAME_MAX];
    const us_t hour = 3600 * US_PER_S, year = 365 * 24 * hour;
    yard_begin(&y, 101);
    struct object_id o = {.type = OBJECT_JOURNAL, .recording = y.one.id, .number = 2};
    struct memory_object *m = memory_store_find(&y.disk, object_name(&o, name));
    REQUIRE(m);
    EXPECT_EQ(catalogue_forget(y.archive->catalogue, &y.one.id), OK);
    m->p[m->n - 1] ^= 1;
    EXPECT_EQ(recovery_run(y.archive, &r), OK);
    EXPECT_EQ(r.damaged, 1);
    REQUIRE(catalogue_recording(y.archive->catalogue, &y.one.id, &row) == OK);
    EXPECT(row.state == RECORDING_DAMAGED && row.started.us == 0);
    unsigned before = stored(&y, &y.one.id, NULL);
    EXPECT_EQ(try_sweep(&y, ENDED + hour, ENDED + hour - year, &n), ERR_WRONG_STATE);
    EXPECT(strstr(n.why, "of 1 recordings it is not known when") && n.undated == 0);
    EXPECT_EQ(library_clock(y.library, (wall_t){ENDED + hour}, YEAR, n.why), ERR_WRONG_STATE);
    EXPECT_EQ(library_clock_is_right(y.library, (wall_t){ENDED + hour}), OK);
    EXPECT_EQ(try_sweep(&y, ENDED + hour, ENDED + hour - year, &n), OK);
    EXPECT(n.shredded == 0 && n.undated == 1 && n.failed == 0);
    EXPECT(y.said == 1 && strstr(y.last, y.one_id));
    /* One whose start is known is damaged all the same. */
    EXPECT_EQ(catalogue_state(y.archive->catalogue, &y.two.id, RECORDING_DAMAGED), OK);
    EXPECT_EQ(try_sweep(&y, ENDED + hour, ENDED + 1, &n), OK);
    EXPECT(n.shredded == 0 && n.undated == 2);
    EXPECT(before > 0 && stored(&y, &y.one.id, NULL) == before);
    /* An order is an order. */
    struct library_order order = {"ann", "asked to", {ENDED}};
    EXPECT_EQ(library_shred(y.library, y.one_id, &order), OK);
    EXPECT_EQ(stored(&y, &y.one.id, NULL), 0);
    yard_end(&y);
}

/* docs/operations.md: the catalogue may be missing, and objects may come later than wraps.db. */
TEST(sweep_shreds_nothing_while_a_restored_machine_waits_for_its_objects) {
    struct machine m;
    struct sample s[2];
    struct recovery_report r;
    struct library *l = NULL;
    struct library_swept n;
    char why[WHY_MAX];
    const us_t day = 24 * 3600 * US_PER_S;
    machine_begin(&m, 111);
    EXPECT_EQ(sample_record(m.archive, 0, &s[0]), OK);
    EXPECT_EQ(sample_record(m.archive, 0, &s[1]), OK);
    power_off(&m);
    machine_lose(&m, "catalogue.db");
    size_t all = m.disk.n;
    m.disk.n = 0; /* they are still being copied back */
    power_on(&m);
    EXPECT_EQ(recovery_run(m.archive, &r), OK);
    EXPECT_EQ(r.damaged, 2);
    struct library_config c = {.dir = m.scratch.dir, .store = &m.disk.store};
    REQUIRE(library_open(&c, &l, why) == OK);
    /* The clock is years ahead, too: that is not to be believed by what is empty. */
    struct library_sweep years = {.before = {ENDED + 3000 * day},
                                  .order = {"oriel", "its age", {ENDED + 4000 * day}}};
    EXPECT_EQ(library_sweep(l, &years, &n), ERR_WRONG_STATE);
    EXPECT(n.shredded == 0 && n.failed == 0);
    m.disk.n = all;
    EXPECT_EQ(recovery_run(m.archive, &r), OK);
    EXPECT_EQ(library_sweep(l, &years, &n), ERR_WRONG_STATE); /* now by what is known */
    years = (struct library_sweep){.before = {ENDED + day - 365 * day},
                                   .order = {"oriel", "its age", {ENDED + day}}};
    EXPECT_EQ(library_sweep(l, &years, &n), OK);
    EXPECT(n.shredded == 0 && n.undated == 0);
    struct key_context k = {s[0].id, 0};
    EXPECT_EQ(wraps_shredded(m.archive->wraps, &k, NULL), ERR_UNKNOWN);
    library_close(l);
    machine_end(&m);
}

/* The machine was off for a hundred days, starts without its battery, a year behind, records, and
 * is set right; nothing else was recorded for long. */
TEST(sweep_leaves_what_was_recorded_while_the_clock_was_behind) {
    struct yard y;
    struct sample fresh;
    struct library_swept n;
    char why[WHY_MAX];
    const us_t hour = 3600 * US_PER_S, day = 24 * hour;
    yard_begin(&y, 102);
    wall_t now = {ENDED + 400 * day};
    EXPECT_EQ(library_clock_is_right(y.library, (wall_t){now.us - 100 * day}), OK);
    EXPECT_EQ(sample_record(y.archive, 0, &fresh), OK);
    EXPECT_EQ(library_clock(y.library, (wall_t){now.us - 500 * day}, YEAR, why), ERR_WRONG_STATE);
    EXPECT_EQ(library_clock_is_right(y.library, now), OK);
    EXPECT_EQ(try_sweep(&y, now.us + hour, now.us - 60 * day, &n), OK);
    EXPECT(n.shredded == 2 && n.failed == 0); /* those of before, which are as old as they say */
    EXPECT_EQ(stored(&y, &y.one.id, NULL), 0);
    EXPECT(stored(&y, &fresh.id, NULL) > 0);
    /* And when its time has come it goes. */
    EXPECT_EQ(library_clock_is_right(y.library, (wall_t){now.us + 62 * day}), OK);
    EXPECT_EQ(try_sweep(&y, now.us + 62 * day, now.us - day, &n), OK);
    EXPECT_EQ(n.shredded, 0);
    EXPECT_EQ(try_sweep(&y, now.us + 62 * day, now.us + 2 * day, &n), OK);
    EXPECT_EQ(n.shredded, 1);
    EXPECT_EQ(stored(&y, &fresh.id, NULL), 0);
    yard_end(&y);
}

/* Where no time was ever believed, what was begun before it tells. */
TEST(sweep_leaves_what_says_it_is_older_than_what_was_begun_before) {
    struct yard y;
    struct sample fresh;
    struct library_swept n;
    struct entry_start start = {.tour = "live"};
    struct ledger *l = NULL;
    const us_t day = 24 * 3600 * US_PER_S;
    yard_begin(&y, 104);
    wall_t now = {ENDED + 400 * day};
    start.wall.us = now.us - day; /* by a clock that was right */
    REQUIRE(ledger_begin(y.archive, &start, &l) == OK && ledger_flush(l) == OK);
    EXPECT_EQ(sample_record(y.archive, 0, &fresh), OK);
    EXPECT_EQ(library_clock_is_right(y.library, now), OK);
    EXPECT_EQ(try_sweep(&y, now.us, now.us - 365 * day, &n), OK);
    EXPECT(n.shredded == 2 && stored(&y, &fresh.id, NULL) > 0);
    ledger_free(l);
    yard_end(&y);
}

TEST(sweep_marks_tell_between_which_times_something_was_begun) {
    struct sweep_marks m = {0}, again = {0};
    struct scratch scratch;
    wall_t from, to, now = {ENDED};
    char path[PATH_MAX];
    const us_t day = SWEEP_MARK_EVERY;
    sweep_marks_between(&m, 5, now, &from, &to);
    EXPECT(from.us == 0 && to.us == ENDED);
    EXPECT(sweep_marks_add(&m, &(struct sweep_mark){10, {1 * day}}));
    EXPECT(!sweep_marks_add(&m, &(struct sweep_mark){11, {2 * day - 1}})); /* within one day */
    EXPECT(sweep_marks_add(&m, &(struct sweep_mark){20, {2 * day}}));
    sweep_marks_between(&m, 10, now, &from, &to);
    EXPECT(from.us == 0 && to.us == day);
    sweep_marks_between(&m, 11, now, &from, &to);
    EXPECT(from.us == day && to.us == 2 * day);
    sweep_marks_between(&m, 21, now, &from, &to);
    EXPECT(from.us == 2 * day && to.us == ENDED);
    /* The last rows were shredded; and then a person says that the clock was ahead. */
    EXPECT(sweep_marks_add(&m, &(struct sweep_mark){15, {3 * day}}));
    EXPECT(m.n == 2 && m.m[1].last == 15);
    EXPECT(sweep_marks_add(&m, &(struct sweep_mark){16, {day + 1}}));
    EXPECT(m.n == 1 && m.m[0].last == 10);
    for (int i = 0; i < 3 * SWEEP_MARKS_MAX; i++) {
        EXPECT(sweep_marks_add(&m, &(struct sweep_mark){20 + i, {(3 + i) * day}}));
    }
    EXPECT(m.n <= SWEEP_MARKS_MAX && m.m[m.n - 1].last == 20 + 3 * SWEEP_MARKS_MAX - 1);
    scratch_begin(&scratch);
    snprintf(path, sizeof(path), "%s/marks", scratch.dir);
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    REQUIRE(fd >= 0 && sweep_marks_write(&m, fd, 7) == OK);
    sweep_marks_read(&again, fd, 7);
    EXPECT(again.n == m.n && memcmp(again.m, m.m, m.n * sizeof(m.m[0])) == 0);
    EXPECT_EQ(pwrite(fd, "x", 1, 7 + 42 + 3), 1); /* in the second line */
    sweep_marks_read(&again, fd, 7);
    EXPECT_EQ(again.n, 1);
    close(fd);
    scratch_end(&scratch);
}

/* A clock that was ahead once does not keep for years what came after it. */
TEST(sweep_believes_no_start_that_is_still_to_come) {
    struct yard y;
    struct sample late;
    struct library_swept n;
    struct entry_start start = {.tour = "live", .wall = {ENDED + 4000 * 24 * 3600 * US_PER_S}};
    struct ledger *l = NULL;
    yard_begin(&y, 103);
    REQUIRE(ledger_begin(y.archive, &start, &l) == OK && ledger_flush(l) == OK);
    EXPECT_EQ(sample_record(y.archive, 0, &late), OK);
    EXPECT_EQ(library_clock_is_right(y.library, (wall_t){ENDED + 1}), OK);
    EXPECT_EQ(try_sweep(&y, ENDED + 1, ENDED + 1, &n), OK);
    EXPECT(n.shredded == 3 && stored(&y, &late.id, NULL) == 0);
    ledger_free(l);
    yard_end(&y);
}
