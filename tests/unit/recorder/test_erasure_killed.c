/* An order to shred is carried out to its end, wherever the process dies that does it. */
#include "recorder/library/library_sweep.h"
#include "recorder/writer/writer.h"

#include "tests/unit/recorder/bench_house.h"
#include "tests/unit/recorder/search_files.h"
#include "tests/unit/test.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

/* Nothing of their name and what they wrote is said or found, and no file has it. */
static void expect_forgotten(struct house *h) {
    struct library_query q = {.person = "Wilhelmina"};
    char *out = NULL;
    house_expect_erased(h);
    REQUIRE(library_list_json(h->library, &q, &out) == OK);
    EXPECT(strstr(out, h->text) == NULL);
    mem_free(out);
    EXPECT_EQ(house_files_with(h, GONE_NAME), 0);
    EXPECT_EQ(house_files_with(h, "ilhelmina"), 0);
    EXPECT_EQ(house_files_with(h, GONE_MARK), 0);
}

static void statement(const char *path, const char *text) {
    sqlite3 *db;
    CHECK(sqlite3_open(path, &db) == SQLITE_OK);
    CHECK(sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(db);
}

/* What a process of an earlier release left that was killed while it forgot, table by table. */
TEST(erasure_that_forgot_some_tables_is_finished_by_the_next_start) {
    static const char *const done[] = {
        "UPDATE participants SET name='', name_state=2 WHERE participant=5",
        "UPDATE events SET name='' WHERE participant=5",
        "DELETE FROM texts WHERE participant=5",
    };
    char path[PATH_MAX];
    for (size_t n = 0; n <= ARRAY_LEN(done); n++) {
        struct house h;
        house_begin(&h);
        struct key_context c = {h.id, GONE};
        struct wraps_order o = {house_order.at, house_order.who, house_order.why};
        EXPECT_EQ(wraps_shred_person(h.archive->wraps, &c, &o), OK);
        house_close(&h);
        snprintf(path, sizeof(path), "%s/catalogue.db", h.rig.dir);
        for (size_t i = 0; i < n; i++) {
            statement(path, done[i]);
        }
        house_open(&h);
        EXPECT_EQ(recovery_run(h.archive, NULL), OK);
        expect_forgotten(&h);
        house_end(&h);
    }
}

/* It is forgotten everywhere or nowhere: a table that cannot be written keeps the others as they
 * are. */
TEST(erasure_forgets_in_one_transaction) {
    struct house h;
    char path[PATH_MAX];
    bool forgotten = true;
    house_begin(&h);
    house_close(&h);
    snprintf(path, sizeof(path), "%s/catalogue.db", h.rig.dir);
    statement(path, "CREATE TRIGGER refuse BEFORE DELETE ON words BEGIN"
                    " SELECT RAISE(ABORT,'no'); END");
    house_open(&h);
    EXPECT(library_shred_person(h.library, h.text, GONE, &house_order) != OK);
    EXPECT_EQ(catalogue_is_forgotten(h.archive->catalogue, &h.id, GONE, &forgotten), OK);
    EXPECT(!forgotten && house_files_with(&h, GONE_MARK) > 0);
    house_close(&h);
    statement(path, "DROP TRIGGER refuse");
    house_open(&h);
    EXPECT_EQ(library_shred_person(h.library, h.text, GONE, &house_order), OK);
    EXPECT_EQ(catalogue_is_forgotten(h.archive->catalogue, &h.id, GONE, &forgotten), OK);
    EXPECT(forgotten);
    expect_forgotten(&h);
    house_end(&h);
}

/* Of the whole recording there is nothing but id and times, in no file either. */
static void expect_all_forgotten(struct house *h) {
    struct library_query q = {.person = "Wilhelmina"};
    char *out = NULL;
    REQUIRE(library_recording_json(h->library, h->text, &out) == OK);
    EXPECT(strstr(out, "\"shredded\"") && strstr(out, "\"duration_ms\":6040"));
    EXPECT(!strstr(out, "Villa") && !strstr(out, GONE_NAME) && !strstr(out, STAYS_NAME));
    mem_free(out);
    REQUIRE(library_list_json(h->library, &q, &out) == OK);
    EXPECT(strstr(out, h->text) == NULL);
    mem_free(out);
    static const char *const texts[] = {GONE_NAME, "ilhelmina", GONE_MARK, STAYS_NAME, "Villa"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        EXPECT_EQ(house_files_with(h, texts[i]), 0);
    }
}

static enum err sweep(struct house *h, bool dry) {
    struct library_sweep s = {.order = house_order, .dry = dry};
    struct library_swept n;
    enum err e = library_sweep(h->library, &s, &n);
    EXPECT_EQ(n.failed, 0);
    return e;
}

/* Killed behind the keys of a whole recording: the recorder's start finishes it, and where none
 * ever starts, a sweep. */
TEST(erasure_of_all_that_died_behind_the_keys_is_finished) {
    for (int by_sweep = 0; by_sweep < 2; by_sweep++) {
        struct house h;
        struct recovery_report r;
        house_begin(&h);
        struct key_context c = {h.id, 0};
        struct wraps_order o = {house_order.at, house_order.who, house_order.why};
        EXPECT_EQ(wraps_shred(h.archive->wraps, &c, &o), OK);
        house_close(&h);
        house_open(&h);
        EXPECT(house_files_with(&h, GONE_NAME) > 0);
        if (by_sweep) {
            EXPECT_EQ(sweep(&h, true), OK);
            EXPECT(house_files_with(&h, GONE_NAME) > 0); /* it only says what it would do */
            EXPECT_EQ(sweep(&h, false), OK);
        } else {
            EXPECT_EQ(recovery_run(h.archive, &r), OK);
            EXPECT_EQ(r.unforgotten, OK);
        }
        expect_all_forgotten(&h);
        house_end(&h);
    }
}

/* A key that is lost, and not by order, makes nobody forget. */
TEST(erasure_is_by_order_only) {
    struct house h;
    char path[PATH_MAX], *out = NULL;
    house_begin(&h);
    house_close(&h);
    snprintf(path, sizeof(path), "%s/wraps.db", h.rig.dir);
    statement(path, "DELETE FROM wraps");
    house_open(&h);
    EXPECT_EQ(recovery_run(h.archive, NULL), OK);
    REQUIRE(library_recording_json(h.library, h.text, &out) == OK);
    EXPECT(strstr(out, GONE_NAME) && strstr(out, "complete"));
    mem_free(out);
    house_end(&h);
}

/* A process that does this much of an order, and dies before it closes a database. */
static void die_after(struct house *h, void (*part)(struct house *h)) {
    house_close(h);
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        house_open(h);
        part(h);
        _exit(0);
    }
    CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
    EXPECT_EQ(status, 0);
    house_open(h);
}

static void forget_only(struct house *h) {
    struct key_context c = {h->id, GONE};
    struct wraps_order o = {house_order.at, house_order.who, house_order.why};
    CHECK(wraps_shred_person(h->archive->wraps, &c, &o) == OK);
    CHECK(catalogue_forget_person(h->archive->catalogue, &h->id, GONE) == OK);
}

static void delete_key_only(struct house *h) {
    struct wraps *w = h->archive->wraps;
    struct key_context c = {h->id, GONE};
    struct wraps_note n = {c, house_order.at, "ann", "asked to", 0};
    CHECK(wraps_shred_again(w, &n) == OK); /* which leaves the log to its caller */
}

/* What was forgotten and committed, but not purged, is in a log: the next start truncates it. */
TEST(erasure_that_died_before_a_log_was_truncated_is_finished) {
    struct house h;
    struct secrets s;
    house_begin(&h);
    die_after(&h, forget_only);
    EXPECT(house_files_with(&h, GONE_NAME) > 0);
    EXPECT_EQ(recovery_run(h.archive, NULL), OK);
    expect_forgotten(&h);
    house_end(&h);
    house_begin(&h);
    house_secrets(&h, &s);
    die_after(&h, delete_key_only);
    EXPECT(search_files(h.rig.dir, bytes_of(s.wrap.bytes, s.wrap.n)) > 0);
    EXPECT_EQ(recovery_run(h.archive, NULL), OK);
    EXPECT_EQ(search_files(h.rig.dir, bytes_of(s.wrap.bytes, s.wrap.n)), 0);
    expect_forgotten(&h);
    house_end(&h);
}

/* The same of a damaged catalogue that was set aside, which has everybody's name. */
TEST(erasure_that_died_before_the_damaged_catalogue_went_is_finished) {
    struct house h;
    char path[PATH_MAX];
    house_begin(&h);
    snprintf(path, sizeof(path), "%s/catalogue.db.damaged", h.rig.dir);
    close(open(path, O_WRONLY | O_CREAT, 0600));
    EXPECT_EQ(recovery_run(h.archive, NULL), OK);
    EXPECT_EQ(access(path, F_OK), 0); /* nobody was ever shredded */
    die_after(&h, forget_only);
    EXPECT_EQ(recovery_run(h.archive, NULL), OK);
    EXPECT(access(path, F_OK) != 0);
    expect_forgotten(&h);
    house_end(&h);
}

/* What cannot be forgotten is said, once at each start, and tried again. */
TEST(erasure_that_cannot_be_finished_is_said) {
    struct house h;
    struct writer *w = NULL;
    struct write_report r;
    char path[PATH_MAX];
    house_begin(&h);
    die_after(&h, delete_key_only);
    house_close(&h);
    snprintf(path, sizeof(path), "%s/catalogue.db", h.rig.dir);
    statement(path, "CREATE TRIGGER refuse BEFORE DELETE ON words BEGIN"
                    " SELECT RAISE(ABORT,'no'); END");
    struct writer_config c = {.dir = h.rig.dir, .rng = rng_from_seeded(&h.rig.seed)};
    REQUIRE(writer_open(&c, &w, h.why) == OK);
    EXPECT_EQ(writer_counters(w).unfinished, 1);
    EXPECT(writer_deadline(w) != US_NEVER);
    REQUIRE(writer_report(w, &r));
    EXPECT_EQ(r.type, REPORT_UNFORGOTTEN);
    EXPECT(r.error != OK);
    EXPECT(!writer_report(w, &r));
    statement(path, "DROP TRIGGER refuse");
    writer_step(w, 0);
    writer_step(w, writer_deadline(w));
    EXPECT_EQ(writer_counters(w).unfinished, 0);
    EXPECT(writer_deadline(w) == US_NEVER && !writer_report(w, &r));
    writer_close(w, 0);
    house_open(&h);
    expect_forgotten(&h);
    house_end(&h);
}

static bool put_export(struct house *h, bool put) {
    const struct store *s = &h->archive->store;
    struct object_id o = {.type = OBJECT_EXPORT, .recording = h->id};
    char name[OBJECT_NAME_MAX];
    uint64_t size;
    if (put) {
        CHECK(s->put(s->ctx, object_name(&o, name), bytes_of("made", 4)) == OK);
    }
    return s->size(s->ctx, object_name(&o, name), &size) == OK;
}

/* An export can be read without their keys: it goes before them, unless nothing may. */
TEST(erasure_removes_exports_before_the_keys) {
    struct house h;
    char path[PATH_MAX];
    house_begin(&h);
    EXPECT(put_export(&h, true));
    EXPECT_EQ(library_hold(h.library, h.text, &house_order), OK);
    EXPECT_EQ(library_shred_person(h.library, h.text, GONE, &house_order), ERR_DENIED);
    EXPECT(put_export(&h, false));
    EXPECT_EQ(library_release(h.library, h.text), OK);
    house_close(&h);
    snprintf(path, sizeof(path), "%s/wraps.db", h.rig.dir);
    statement(path, "CREATE TRIGGER refuse BEFORE INSERT ON shredded BEGIN"
                    " SELECT RAISE(ABORT,'no'); END");
    house_open(&h);
    EXPECT(library_shred_person(h.library, h.text, GONE, &house_order) != OK);
    EXPECT(!put_export(&h, false));
    EXPECT(house_files_with(&h, GONE_NAME) >
           0); /* their keys are there, and may be ordered again */
    house_end(&h);
}
