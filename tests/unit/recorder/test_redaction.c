/* What was redacted stays so, whatever is brought back from before. */
#include "recorder/archive/backup.h"
#include "recorder/archive/recovery.h"
#include "recorder/archive/verify.h"
#include "recorder/library/library_parts.h"
#include "recorder/library/library_sweep.h"
#include "recorder/store/store_local.h"

#include "tests/unit/recorder/bench_store.h"
#include "tests/unit/recorder/sample_recording.h"
#include "tests/unit/recorder/search_files.h"
#include "tests/unit/test.h"

#include <ftw.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define ANN 42
static const struct id camera = {{0xca, 0x3e}};
#define CAMERA_TRACK "ca3e0000000000000000000000000000"

struct place {
    struct scratch scratch;
    char state[PATH_MAX], copy[PATH_MAX], back[PATH_MAX], why[WHY_MAX];
    struct rng_seeded rng;
    struct archive *archive;
    struct sample s;
    char id[ID_TEXT_MAX];
};

static enum err open_state(struct place *p, const char *dir) {
    struct archive_config c = {
        .dir = dir, .create_kek = true, .write = true, .rng = rng_from_seeded(&p->rng)};
    p->archive = archive_close(p->archive);
    return archive_open(&c, &p->archive, p->why);
}

static void place_begin(struct place *p, uint64_t seed) {
    memset(p, 0, sizeof(*p));
    scratch_begin(&p->scratch);
    rng_seed(&p->rng, seed);
    snprintf(p->state, sizeof(p->state), "%s/state", p->scratch.dir);
    snprintf(p->copy, sizeof(p->copy), "%s/copy", p->scratch.dir);
    snprintf(p->back, sizeof(p->back), "%s/back", p->scratch.dir);
    CHECK(open_state(p, p->state) == OK);
    CHECK(sample_record(p->archive, 0, &p->s) == OK);
    id_text(&p->s.id, p->id);
}

static void place_end(struct place *p) {
    archive_close(p->archive);
    scratch_end(&p->scratch);
}

static enum err make(struct place *p, const char *dir) {
    struct backup_order o = {p->state, dir, true, {1700000000000000}, NULL};
    struct backup_report r;
    return backup_make(p->archive, &o, &r, p->why);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *f) {
    (void)st;
    (void)flag;
    (void)f;
    return remove(path);
}

/* Into a folder with nothing but the key that wraps. newer: a state directory, or NULL. */
static enum err restore(struct place *p, const char *newer, struct backup_report *r) {
    char command[4 * PATH_MAX], wraps[PATH_MAX + 16];
    struct restore_order o = {p->copy, p->back, newer ? wraps : NULL, NULL};
    nftw(p->back, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    snprintf(command, sizeof(command), "mkdir %s && cp -p %s/kek %s/kek", p->back, p->state,
             p->back);
    CHECK(system(command) == 0);
    snprintf(wraps, sizeof(wraps), "%s/wraps.db", newer ? newer : "");
    return backup_restore(&o, r, p->why);
}

static enum err redact_in(struct place *p, const char *dir, const char *track, us_t from) {
    struct library_config c = {.dir = dir, .rng = rng_from_seeded(&p->rng)};
    struct library_span span = {
        p->id, track, from, from + US_PER_MS, {"ann", "asked to", {1700000000000001}}};
    struct library *l = NULL;
    CHECK(library_open(&c, &l, p->why) == OK);
    enum err e = library_redact(l, &span);
    library_close(l);
    return e;
}

/* Of the media of a track: bit n of the answer is number n of its epoch 0, if it can be opened; 16
 * bits on, whether it is in the store. */
static unsigned there(struct place *p, const struct id *track) {
    struct key_ring ring;
    unsigned bits = 0;
    if (archive_ring_of_rows(p->archive, &p->s.id, &ring) != OK) {
        return 0;
    }
    for (uint32_t i = 0; i < 2; i++) {
        struct object_id o = {
            .type = OBJECT_MEDIA, .recording = p->s.id, .track = *track, .number = i};
        struct object_keys k = key_ring_objects(&ring);
        char name[OBJECT_NAME_MAX];
        uint8_t key[KEY_LEN];
        uint64_t size;
        bool erased = true;
        enum err e = k.key(k.ctx, &o, key);
        EXPECT(e == OK || e == ERR_GONE);
        EXPECT_EQ(key_ring_erased(&ring, &o, &erased), OK);
        EXPECT_EQ(erased, e == ERR_GONE);
        const struct store *s = &p->archive->store;
        bits |= (e == OK) << i;
        bits |= (unsigned)(s->size(s->ctx, object_name(&o, name), &size) == OK) << (16 + i);
    }
    key_ring_close(&ring);
    return bits;
}

#define BOTH 0x30003u
#define FIRST 0x10001u
#define SECOND 0x20002u

static void expect_sound(struct place *p) {
    struct findings f = {0};
    EXPECT_EQ(verify_recording(p->archive, &p->s.id, findings_say, &f), OK);
    EXPECT_EQ(verify_chain(p->archive, &p->s.id, findings_say, &f), OK);
    EXPECT_STR(f.first, "");
}

static struct key_wrap wrap_of(struct place *p, uint64_t subject) {
    struct key_context c = {p->s.id, subject};
    struct key_wrap w;
    CHECK(wraps_get(p->archive->wraps, &c, &w) == OK);
    return w;
}

TEST(redaction_outlives_a_backup_of_before) {
    const struct {
        const char *track;
        struct id id;
        uint64_t subject;
        us_t from;
    } cases[] = {{PROGRAMME_TRACK, ID_PROGRAMME, 0, 4500 * US_PER_MS},
                 {CAMERA_TRACK, {{0xca, 0x3e}}, ANN, 13 * US_PER_S}};
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        struct place p;
        struct backup_report r;
        place_begin(&p, 1 + i);
        struct key_wrap before = wrap_of(&p, cases[i].subject);
        REQUIRE(make(&p, p.copy) == OK);
        EXPECT_EQ(redact_in(&p, p.state, cases[i].track, cases[i].from), OK);
        EXPECT_EQ(there(&p, &cases[i].id), FIRST);
        /* Whoever does not say what was erased since gets it back: that is what backups are. */
        REQUIRE(restore(&p, NULL, &r) == OK);
        REQUIRE(open_state(&p, p.back) == OK);
        EXPECT_EQ(there(&p, &cases[i].id), BOTH);
        REQUIRE(restore(&p, p.state, &r) == OK);
        EXPECT_EQ(r.erased, 1);
        REQUIRE(open_state(&p, p.back) == OK);
        EXPECT_EQ(there(&p, &cases[i].id), FIRST);
        EXPECT_EQ(there(&p, &cases[1 - i].id), BOTH);
        expect_sound(&p);
        /* It is not refused only: the old key is in no file. */
        EXPECT_EQ(search_files(p.back, bytes_of(before.bytes, before.n)), 0);
        EXPECT(search_files(p.copy, bytes_of(before.bytes, before.n)) > 0);
        EXPECT_EQ(recovery_run(p.archive, NULL), OK);
        EXPECT_EQ(there(&p, &cases[i].id), FIRST);
        place_end(&p);
    }
}

/* The key was changed and everything wrapped again since the backup: what a restore takes of the
 * newer database is under the newer key, and that is said. */
TEST(redaction_of_after_another_key_needs_both) {
    struct place p;
    struct backup_report r;
    struct library *l = NULL;
    struct library_rekeyed n;
    char kek[PATH_MAX + 16], old_kek[PATH_MAX + 16];
    const char *older[] = {old_kek};
    struct key_config keys = {.file = {.older = older, .n_older = 1}};
    place_begin(&p, 3);
    REQUIRE(make(&p, p.copy) == OK);
    EXPECT_EQ(redact_in(&p, p.state, PROGRAMME_TRACK, 4500 * US_PER_MS), OK);
    REQUIRE(restore(&p, p.state, &r) == OK);
    EXPECT(r.erased == 1 && r.other_key == 0);
    p.archive = archive_close(p.archive);
    snprintf(kek, sizeof(kek), "%s/kek", p.state);
    snprintf(old_kek, sizeof(old_kek), "%s/kek.old", p.state);
    CHECK(rename(kek, old_kek) == 0);
    struct archive_config a = {.dir = p.state,
                               .create_kek = true,
                               .keys = &keys,
                               .write = true,
                               .rng = rng_from_seeded(&p.rng)};
    REQUIRE(archive_open(&a, &p.archive, p.why) == OK);
    struct library_config c = {.dir = p.state, .keys = &keys, .rng = rng_from_seeded(&p.rng)};
    REQUIRE(library_open(&c, &l, p.why) == OK);
    EXPECT_EQ(library_rekey(l, &n), OK);
    EXPECT_EQ(n.wrapped, 1);
    library_close(l);
    REQUIRE(restore(&p, p.state, &r) == OK);
    EXPECT(r.erased == 1 && r.other_key == 1);
    p.archive = archive_close(p.archive);
    a.dir = p.back;
    REQUIRE(archive_open(&a, &p.archive, p.why) == OK);
    EXPECT_EQ(there(&p, &ID_PROGRAMME), FIRST);
    expect_sound(&p);
    place_end(&p);
}

TEST(redaction_is_remembered_with_who_and_when) {
    struct place p;
    struct wraps_spans s;
    place_begin(&p, 5);
    EXPECT_EQ(wraps_redacted(p.archive->wraps, &p.s.id, &s), OK);
    EXPECT_EQ(s.n, 0);
    EXPECT_EQ(redact_in(&p, p.state, PROGRAMME_TRACK, 0), OK);
    EXPECT_EQ(redact_in(&p, p.state, PROGRAMME_TRACK, 0), OK); /* twice is as once */
    EXPECT_EQ(redact_in(&p, p.state, CAMERA_TRACK, 13 * US_PER_S), OK);
    REQUIRE(wraps_redacted(p.archive->wraps, &p.s.id, &s) == OK);
    EXPECT_EQ(s.n, 2);
    EXPECT(s.n == 2 && s.p[0].subject == 0 && s.p[1].subject == ANN && s.p[1].first == 1 &&
           s.p[1].last == 1);
    EXPECT(wraps_spans_have(&s, &ID_PROGRAMME, 0, 0) && !wraps_spans_have(&s, &camera, 0, 0));
    EXPECT(!wraps_spans_have(&s, &ID_PROGRAMME, 0, 1) &&
           !wraps_spans_have(&s, &ID_PROGRAMME, 1, 0));
    mem_free(s.p);
    EXPECT(search_files(p.state, bytes_of("asked to", 8)) > 0);
    place_end(&p);
}

/* The backup has one redaction, and the newer database two. */
TEST(redaction_of_later_comes_to_those_of_before) {
    struct place p;
    struct backup_report r;
    place_begin(&p, 6);
    EXPECT_EQ(redact_in(&p, p.state, PROGRAMME_TRACK, 0), OK);
    REQUIRE(make(&p, p.copy) == OK);
    EXPECT_EQ(redact_in(&p, p.state, PROGRAMME_TRACK, 4500 * US_PER_MS), OK);
    REQUIRE(restore(&p, NULL, &r) == OK);
    EXPECT_EQ(r.erased, 0);
    REQUIRE(open_state(&p, p.back) == OK);
    EXPECT_EQ(there(&p, &ID_PROGRAMME), SECOND);
    REQUIRE(restore(&p, p.state, &r) == OK);
    EXPECT_EQ(r.erased, 1);
    REQUIRE(open_state(&p, p.back) == OK);
    EXPECT_EQ(there(&p, &ID_PROGRAMME), 0);
    expect_sound(&p);
    place_end(&p);
}

/* Two installations of one origin went different ways: what either of them redacted is refused. */
TEST(redaction_of_another_branch_is_refused_too) {
    struct place p;
    struct backup_report r;
    char branch[PATH_MAX + 16], first[PATH_MAX + 16], command[4 * PATH_MAX];
    place_begin(&p, 7);
    snprintf(branch, sizeof(branch), "%s-branch", p.back);
    snprintf(first, sizeof(first), "%s-first", p.copy);
    REQUIRE(make(&p, first) == OK);
    EXPECT_EQ(redact_in(&p, p.state, PROGRAMME_TRACK, 0), OK);
    REQUIRE(make(&p, p.copy) == OK);
    snprintf(command, sizeof(command), "mkdir %s && cp -p %s/kek %s/kek", branch, p.state, branch);
    CHECK(system(command) == 0);
    struct restore_order o = {first, branch, NULL, NULL};
    REQUIRE(backup_restore(&o, &r, p.why) == OK);
    EXPECT_EQ(redact_in(&p, branch, PROGRAMME_TRACK, 4500 * US_PER_MS), OK);
    REQUIRE(restore(&p, branch, &r) == OK);
    EXPECT_EQ(r.erased, 1);
    REQUIRE(open_state(&p, p.back) == OK);
    EXPECT_EQ(there(&p, &ID_PROGRAMME), 0);
    expect_sound(&p);
    place_end(&p);
}

/* What was made of a recording shows what was in it. */
TEST(redaction_takes_what_was_made_of_it_out_of_a_backup) {
    static const uint8_t types[] = {OBJECT_THUMBNAIL, OBJECT_WAVEFORM, OBJECT_EXPORT};
    struct place p;
    struct backup_report r;
    char name[OBJECT_NAME_MAX];
    uint64_t size;
    place_begin(&p, 8);
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        struct object_id o = {.type = types[i], .recording = p.s.id, .track = ID_PROGRAMME};
        o.track = types[i] == OBJECT_EXPORT ? ID_NONE : o.track;
        const struct store *s = &p.archive->store;
        EXPECT_EQ(s->put(s->ctx, object_name(&o, name), bytes_of("made", 4)), OK);
    }
    REQUIRE(make(&p, p.copy) == OK);
    EXPECT_EQ(redact_in(&p, p.state, PROGRAMME_TRACK, 0), OK);
    for (int pass = 0; pass < 2; pass++) {
        REQUIRE(restore(&p, pass ? p.state : NULL, &r) == OK);
        REQUIRE(open_state(&p, p.back) == OK);
        for (size_t i = 0; i < ARRAY_LEN(types); i++) {
            struct object_id o = {.type = types[i], .recording = p.s.id, .track = ID_PROGRAMME};
            o.track = types[i] == OBJECT_EXPORT ? ID_NONE : o.track;
            const struct store *s = &p.archive->store;
            EXPECT_EQ(s->size(s->ctx, object_name(&o, name), &size), pass ? ERR_UNKNOWN : OK);
        }
    }
    place_end(&p);
}

/* Wherever a restore breaks off: no folder opens in which the span can be read. */
TEST(redaction_survives_a_restore_that_breaks_off_anywhere) {
    struct place p;
    struct backup_report r;
    unsigned broken = 0;
    char wraps[PATH_MAX + 16];
    place_begin(&p, 9);
    REQUIRE(make(&p, p.copy) == OK);
    EXPECT_EQ(redact_in(&p, p.state, PROGRAMME_TRACK, 4500 * US_PER_MS), OK);
    snprintf(wraps, sizeof(wraps), "%s/wraps.db", p.back);
    for (long n = 0;; n++) {
        p.archive = archive_close(p.archive);
        nftw(p.back, remove_one, 16, FTW_DEPTH | FTW_PHYS);
        mem_fail_at(n);
        enum err e = restore(&p, p.state, &r);
        bool failed = mem_failed();
        mem_fail_at(-1);
        if (e == OK) {
            REQUIRE(open_state(&p, p.back) == OK);
            EXPECT_EQ(there(&p, &ID_PROGRAMME), FIRST);
            if (!failed) {
                break;
            }
        } else {
            EXPECT(access(wraps, F_OK) != 0);
            /* Where nothing was copied yet an empty one may begin. */
            EXPECT(open_state(&p, p.back) == ERR_WRONG_STATE || there(&p, &ID_PROGRAMME) == 0);
            broken++;
        }
    }
    EXPECT(broken > 10);
    place_end(&p);
}

/* The process dies between the keys and the objects: the order is carried out as far as reading
 * goes, a backup of that moment knows it, and it can be given again. */
TEST(redaction_that_was_interrupted_is_done_all_the_same) {
    struct place p;
    struct fault_store fault;
    struct backup_report r;
    struct library *l = NULL;
    place_begin(&p, 10);
    fault_store_begin(&fault, &p.archive->store);
    struct library_config c = {
        .dir = p.state, .store = &fault.store, .rng = rng_from_seeded(&p.rng)};
    struct library_span span = {p.id, PROGRAMME_TRACK, 0, 1, {"ann", "asked to", {1}}};
    REQUIRE(library_open(&c, &l, p.why) == OK);
    fault.dead = true;
    fault.error = ERR_IO;
    EXPECT(library_redact(l, &span) != OK);
    library_close(l);
    EXPECT_EQ(there(&p, &ID_PROGRAMME), 0x30002u); /* no key, and the object is still there */
    REQUIRE(make(&p, p.copy) == OK);
    REQUIRE(restore(&p, NULL, &r) == OK);
    REQUIRE(open_state(&p, p.back) == OK);
    EXPECT_EQ(there(&p, &ID_PROGRAMME), SECOND); /* a restore finishes it */
    expect_sound(&p);
    REQUIRE(open_state(&p, p.state) == OK);
    EXPECT_EQ(redact_in(&p, p.state, PROGRAMME_TRACK, 0), OK);
    EXPECT_EQ(there(&p, &ID_PROGRAMME), SECOND);
    expect_sound(&p);
    place_end(&p);
}

static const uint8_t made_types[] = {OBJECT_THUMBNAIL, OBJECT_WAVEFORM, OBJECT_EXPORT};

static char *made_name(struct place *p, size_t i, char name[OBJECT_NAME_MAX]) {
    struct object_id o = {.type = made_types[i], .recording = p->s.id, .track = ID_PROGRAMME};
    o.track = o.type == OBJECT_EXPORT ? ID_NONE : o.track;
    return object_name(&o, name);
}

static void statement(const char *path, const char *text) {
    sqlite3 *db;
    CHECK(sqlite3_open(path, &db) == SQLITE_OK);
    CHECK(sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(db);
}

/* Objects where pictures, peaks and an export of the programme are. */
static void put_made(struct place *p) {
    const struct store *s = &p->archive->store;
    char name[OBJECT_NAME_MAX];
    for (size_t i = 0; i < ARRAY_LEN(made_types); i++) {
        EXPECT_EQ(s->put(s->ctx, made_name(p, i, name), bytes_of("made", 4)), OK);
    }
}

static unsigned count_made(struct place *p) {
    const struct store *s = &p->archive->store;
    char name[OBJECT_NAME_MAX];
    uint64_t size;
    unsigned n = 0;
    for (size_t i = 0; i < ARRAY_LEN(made_types); i++) {
        n += s->size(s->ctx, made_name(p, i, name), &size) == OK;
    }
    return n;
}

/* The order comes while a backup is made, between its objects and its wraps: it is no news to the
 * backup, and what was made of the recording before it does not come back. */
TEST(redaction_during_a_backup_brings_nothing_back) {
    struct place p;
    struct backup_report r;
    char other[256], command[1024];
    place_begin(&p, 20);
    put_made(&p);
    EXPECT_EQ(count_made(&p), ARRAY_LEN(made_types));
    REQUIRE(make(&p, p.copy) == OK);
    EXPECT_EQ(redact_in(&p, p.state, PROGRAMME_TRACK, 0), OK);
    EXPECT_EQ(count_made(&p), 0);
    snprintf(other, sizeof(other), "%.200s-2", p.copy);
    REQUIRE(make(&p, other) == OK);
    snprintf(command, sizeof(command), "cp %s/wraps.db %.200s/wraps.db", other, p.copy);
    CHECK(system(command) == 0);
    for (int pass = 0; pass < 2; pass++) {
        REQUIRE(restore(&p, pass ? p.state : NULL, &r) == OK);
        REQUIRE(open_state(&p, p.back) == OK);
        EXPECT_EQ(there(&p, &ID_PROGRAMME), SECOND);
        EXPECT_EQ(count_made(&p), 0);
    }
    place_end(&p);
}

static enum err remove_exports_only(void *ctx, const char *name) {
    const struct fault_store *f = ctx;
    return strstr(name, "/exports/") ? f->inner.remove(f->inner.ctx, name) : ERR_IO;
}

/* What was made of the programme can be read without the keys of its media: it goes before them, so
 * that a process that is killed behind the keys leaves none of it. */
TEST(redaction_removes_what_was_made_before_the_keys) {
    struct place p;
    struct library *l = NULL;
    place_begin(&p, 21);
    put_made(&p);
    struct library_config c = {.dir = p.state, .rng = rng_from_seeded(&p.rng)};
    struct library_span span = {p.id, PROGRAMME_TRACK, 0, 1, {"ann", "asked to", {1}}};
    char wraps[PATH_MAX + 16];
    snprintf(wraps, sizeof(wraps), "%s/wraps.db", p.state);
    statement(wraps, "CREATE TRIGGER refuse BEFORE INSERT ON redacted BEGIN"
                     " SELECT RAISE(ABORT,'no'); END");
    REQUIRE(library_open(&c, &l, p.why) == OK);
    EXPECT(library_redact(l, &span) != OK);
    EXPECT_EQ(there(&p, &ID_PROGRAMME), BOTH);
    EXPECT_EQ(count_made(&p), 0);
    /* Nothing goes when nothing may. */
    put_made(&p);
    EXPECT_EQ(library_hold(l, p.id, &span.by), OK);
    EXPECT_EQ(library_redact(l, &span), ERR_DENIED);
    EXPECT_EQ(count_made(&p), ARRAY_LEN(made_types));
    library_close(l);
    place_end(&p);
}

static struct library_swept sweep(struct place *p, bool dry) {
    struct library_config c = {.dir = p->state, .rng = rng_from_seeded(&p->rng)};
    struct library_sweep s = {.order = {"timer", "its age", {2}}, .dry = dry};
    struct library_swept n;
    struct library *l = NULL;
    CHECK(library_open(&c, &l, p->why) == OK);
    EXPECT_EQ(library_sweep(l, &s, &n), OK);
    library_close(l);
    return n;
}

/* The store is away when the keys go, all of it or from some object on: a sweep finishes it. */
TEST(redaction_that_was_interrupted_is_finished_by_a_sweep) {
    for (int some = 0; some < 2; some++) {
        struct place p;
        struct fault_store fault;
        struct library *l = NULL;
        place_begin(&p, 22);
        put_made(&p);
        fault_store_begin(&fault, &p.archive->store);
        struct store store = fault.store;
        store.remove = some ? remove_exports_only : store.remove;
        struct library_config c = {.dir = p.state, .store = &store, .rng = rng_from_seeded(&p.rng)};
        struct library_span span = {p.id, PROGRAMME_TRACK, 0, 1, {"ann", "asked to", {1}}};
        REQUIRE(library_open(&c, &l, p.why) == OK);
        fault.dead = !some;
        EXPECT(library_redact(l, &span) != OK);
        library_close(l);
        EXPECT_EQ(there(&p, &ID_PROGRAMME), 0x30002u); /* no key, and the object is still there */
        EXPECT(count_made(&p) > 0);
        struct library_swept n = sweep(&p, true);
        EXPECT_EQ(n.finished, 1);
        EXPECT(count_made(&p) > 0);
        n = sweep(&p, false);
        EXPECT(n.finished == 1 && n.failed == 0);
        EXPECT_EQ(there(&p, &ID_PROGRAMME), SECOND);
        EXPECT_EQ(count_made(&p), 0);
        expect_sound(&p);
        n = sweep(&p, false);
        EXPECT(n.finished == 0 && n.failed == 0);
        place_end(&p);
    }
}
