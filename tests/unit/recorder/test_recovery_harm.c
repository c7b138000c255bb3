/* Recovery may not harm: whatever is missing, foreign or damaged when a server starts, no key is
 * deleted, nothing is written into a wrong store, one bad recording does not stand in the way of
 * the others, and the next start with everything in its place finishes them all. */
#include "recorder/archive/recovery.h"
#include "recorder/archive/store_identity.h"
#include "recorder/archive/verify.h"
#include "recorder/catalogue/catalogue_db.h"
#include "recorder/writer/writer.h"

#include "tests/unit/recorder/bench_store.h"
#include "tests/unit/recorder/sample_recording.h"
#include "tests/unit/test.h"

#include <sys/stat.h>
#include <unistd.h>

static char why[WHY_MAX];

/* A recording that was cut short: two segments noted, one to be adopted. */
static void crash_in(struct machine *m, struct sample *s) {
    m->fault.mode = FAULT_DEAD;
    m->fault.at = 5;
    m->fault.puts = 0;
    EXPECT(sample_record(m->archive, 0, s) != OK);
    EXPECT(s->begun);
    m->fault.mode = FAULT_NONE;
    m->fault.dead = false;
}

static enum err count_key(void *ctx, const struct id *recording) {
    (void)recording;
    ++*(unsigned *)ctx;
    return OK;
}

static unsigned keys(struct machine *m) {
    unsigned n = 0;
    EXPECT_EQ(wraps_each(m->archive->wraps, count_key, &n), OK);
    return n;
}

static enum recording_state state_of(struct machine *m, const struct sample *s) {
    struct recording_row row = {.state = RECORDING_STATE_COUNT};
    EXPECT_EQ(catalogue_recording(m->archive->catalogue, &s->id, &row), OK);
    return row.state;
}

static void expect_finished(struct machine *m, const struct sample *s) {
    struct findings f = {0};
    EXPECT_EQ(state_of(m, s), RECORDING_INTERRUPTED);
    EXPECT_EQ(verify_recording(m->archive, &s->id, findings_say, &f), OK);
    EXPECT_STR(f.first, "");
}

/* The archive opens with this store as it would at a start of the server. */
static enum err open_with(struct machine *m, const struct store *store) {
    struct archive_config c = {
        .dir = m->scratch.dir, .write = true, .store = store, .rng = rng_from_seeded(&m->state)};
    why[0] = '\0';
    return archive_open(&c, &m->archive, why);
}

static void expect_refused(struct machine *m, const struct store *store, const char *words) {
    EXPECT_EQ(open_with(m, store), ERR_WRONG_STATE);
    EXPECT(m->archive == NULL);
    if (!strstr(why, words)) {
        test_fail(__FILE__, __LINE__, "\"%s\" is not in \"%s\"", words, why);
    }
}

static void rename_objects(struct machine *m, const char *from, const char *to) {
    char a[PATH_MAX], b[PATH_MAX];
    snprintf(a, sizeof(a), "%s/%s", m->scratch.dir, from);
    snprintf(b, sizeof(b), "%s/%s", m->scratch.dir, to);
    CHECK(rename(a, b) == 0);
}

/* A machine with a local store, whose open recording a crash left. */
static void local_begin(struct machine *m, struct sample *s, uint64_t seed) {
    memset(m, 0, sizeof(*m));
    scratch_begin(&m->scratch);
    rng_seed(&m->state, seed);
    CHECK(bench_archive(&m->scratch, NULL, &m->state, &m->archive) == OK);
    fault_store_begin(&m->fault, &m->archive->store);
    struct store real = m->archive->store;
    m->archive->store = m->fault.store;
    crash_in(m, s);
    m->archive->store = real;
    power_off(m);
}

static void local_end(struct machine *m) {
    power_off(m);
    scratch_end(&m->scratch);
}

TEST(an_unmounted_volume_is_recognised_and_costs_nothing) {
    for (unsigned how = 0; how < 2; how++) {
        struct machine m;
        struct sample s;
        struct recovery_report r;
        char objects[PATH_MAX], tmp[PATH_MAX + 8];
        local_begin(&m, &s, 1);
        rename_objects(&m, "objects", "volume");
        snprintf(objects, sizeof(objects), "%s/objects", m.scratch.dir);
        if (how == 0) {
            CHECK(mkdir(objects, 0700) == 0); /* the bare mount point */
        }
        expect_refused(&m, NULL, how == 0 ? "not the store of the recordings" : "missing");
        EXPECT(strstr(why, objects) != NULL);
        /* Nothing was written into the mount point, nor was it made. */
        snprintf(tmp, sizeof(tmp), "%s/tmp", objects);
        EXPECT(access(tmp, F_OK) != 0);
        EXPECT_EQ(how == 0 ? rmdir(objects) : access(objects, F_OK), how == 0 ? 0 : -1);

        rename_objects(&m, "volume", "objects");
        REQUIRE(open_with(&m, NULL) == OK);
        EXPECT_EQ(keys(&m), 1);
        EXPECT_EQ(recovery_run(m.archive, &r), OK);
        EXPECT_EQ(r.closed, 1);
        EXPECT_EQ(r.adopted, 1);
        expect_finished(&m, &s);
        local_end(&m);
    }
}

static enum err nothing_size(void *ctx, const char *name, uint64_t *ret_size) {
    (void)ctx;
    (void)name;
    (void)ret_size;
    return ERR_UNKNOWN;
}
static enum err nothing_list(void *ctx, const char *prefix,
                             void (*each)(void *each_ctx, const char *name, uint64_t size),
                             void *each_ctx) {
    (void)ctx;
    (void)prefix;
    (void)each;
    (void)each_ctx;
    return OK;
}

TEST(a_store_that_says_not_found_to_everything_is_recognised) {
    struct machine m;
    struct sample s;
    struct recovery_report r;
    machine_begin(&m, 2);
    crash_in(&m, &s);
    power_off(&m);
    struct store blind = m.disk.store;
    blind.size = nothing_size;
    blind.list = nothing_list;
    size_t before = m.disk.n;
    expect_refused(&m, &blind, "not the store of the recordings");
    EXPECT_EQ(m.disk.n, before);
    power_on(&m);
    EXPECT_EQ(keys(&m), 1);
    EXPECT_EQ(recovery_run(m.archive, &r), OK);
    EXPECT_EQ(r.closed, 1);
    expect_finished(&m, &s);
    machine_end(&m);
}

/* It answers so only after the archive was opened. */
TEST(objects_that_vanish_later_cost_no_key_either) {
    struct machine m;
    struct sample s;
    struct recovery_report r;
    machine_begin(&m, 3);
    crash_in(&m, &s);
    struct store real = m.archive->store;
    m.archive->store.size = nothing_size;
    m.archive->store.list = nothing_list;
    EXPECT_EQ(recovery_run(m.archive, &r), OK);
    EXPECT_EQ(r.damaged, 1);
    EXPECT_EQ(r.empty + r.closed + r.rebuilt, 0);
    REQUIRE(r.n_told == 1);
    EXPECT(id_eq(&r.told[0].id, &s.id));
    EXPECT_EQ(r.told[0].error, ERR_UNKNOWN);
    EXPECT_EQ(state_of(&m, &s), RECORDING_DAMAGED);
    EXPECT_EQ(keys(&m), 1);
    m.archive->store = real;
    EXPECT_EQ(recovery_run(m.archive, &r), OK);
    EXPECT_EQ(r.closed, 1);
    expect_finished(&m, &s);
    machine_end(&m);
}

/* Move all objects of recordings out of the store (back: into it again). */
static void move_objects(struct memory_store *from, struct memory_store *to) {
    memcpy(to->objects, from->objects, sizeof(to->objects));
    to->n = from->n;
    from->n = 0;
}

TEST(wraps_restored_before_the_objects) {
    static struct memory_store tape;
    for (unsigned with_catalogue = 0; with_catalogue < 2; with_catalogue++) {
        struct machine m;
        struct sample s;
        struct recovery_report r;
        machine_begin(&m, 4);
        crash_in(&m, &s);
        power_off(&m);
        if (!with_catalogue) {
            machine_lose(&m, "catalogue.db");
        }
        move_objects(&m.disk, &tape);
        /* The identity is there already: it is the right store, but what was begun is missing. */
        power_on(&m);
        EXPECT_EQ(recovery_run(m.archive, &r), OK);
        EXPECT_EQ(r.damaged, 1);
        EXPECT_EQ(r.empty, 0);
        EXPECT_EQ(keys(&m), 1);
        EXPECT_EQ(m.disk.n, 0);
        power_off(&m);
        /* Not even that is there yet. */
        struct memory_object identity = m.disk.identity;
        m.disk.identity.p = NULL;
        expect_refused(&m, &m.disk.store, "not the store of the recordings");
        m.disk.identity = identity;
        move_objects(&tape, &m.disk);
        power_on(&m);
        EXPECT_EQ(recovery_run(m.archive, &r), OK);
        EXPECT_EQ(r.closed, 1);
        expect_finished(&m, &s);
        machine_end(&m);
    }
}

TEST(a_store_of_somebody_else_is_recognised) {
    struct machine m, other;
    struct sample s;
    machine_begin(&m, 5);
    crash_in(&m, &s);
    power_off(&m);
    machine_begin(&other, 6);
    power_off(&other);
    expect_refused(&m, &other.disk.store, "another store");
    EXPECT_EQ(other.disk.n, 0);
    /* Something else of that name is no identity. */
    uint8_t *p = other.disk.identity.p;
    p[0] ^= 1;
    expect_refused(&m, &other.disk.store, "another store");
    other.disk.identity.n--;
    expect_refused(&m, &other.disk.store, "another store");
    power_on(&m);
    machine_end(&m);
    memory_store_end(&other.disk);
    scratch_end(&other.scratch);
}

TEST(a_store_with_recordings_does_not_go_with_an_empty_wraps_db) {
    struct machine m;
    struct sample s;
    machine_begin(&m, 7);
    EXPECT_EQ(sample_record(m.archive, 0, &s), OK);
    power_off(&m);
    rename_objects(&m, "wraps.db", "wraps.kept");
    machine_lose(&m, "wraps.db");
    expect_refused(&m, &m.disk.store, "restore wraps.db");
    m.disk.identity.p = mem_free(m.disk.identity.p); /* nor in a store of an earlier release */
    expect_refused(&m, &m.disk.store, "restore wraps.db");
    machine_lose(&m, "wraps.db");
    rename_objects(&m, "wraps.kept", "wraps.db");
    power_on(&m);
    struct findings f = {0};
    EXPECT_EQ(verify_recording(m.archive, &s.id, findings_say, &f), OK);
    machine_end(&m);
}

/* Make it know no more than the state directory of a release before identities. */
static void age(struct machine *m) {
    sqlite3 *db = NULL;
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/wraps.db", m->scratch.dir);
    CHECK(sql_open(path, false, &db) == OK);
    CHECK(sql_exec(db, "DELETE FROM store; UPDATE wraps SET begun=0") == OK);
    sqlite3_close(db);
    m->disk.identity.p = mem_free(m->disk.identity.p);
}

TEST(a_store_of_the_release_before_is_adopted_when_it_proves_itself) {
    struct machine m;
    struct sample done, open;
    struct recovery_report r;
    struct wraps_store known;
    struct id there;
    static struct memory_store empty;
    machine_begin(&m, 8);
    EXPECT_EQ(sample_record(m.archive, 0, &done), OK);
    crash_in(&m, &open);
    power_off(&m);
    age(&m);
    /* A library reads it as it is and changes nothing. */
    struct archive_config reader = {.dir = m.scratch.dir, .store = &m.disk.store};
    REQUIRE(archive_open(&reader, &m.archive, why) == OK);
    power_off(&m);
    EXPECT(m.disk.identity.p == NULL);
    /* Not mounted at the very start of the new release. */
    memory_store_begin(&empty);
    expect_refused(&m, &empty.store, "not the store of the recordings");
    EXPECT(empty.identity.p == NULL);

    power_on(&m);
    EXPECT_EQ(keys(&m), 2);
    EXPECT_EQ(store_identity_get(&m.disk.store, &there), OK);
    EXPECT_EQ(wraps_store(m.archive->wraps, &known), OK);
    EXPECT(known.placed && id_eq(&known.id, &there));
    EXPECT_EQ(recovery_run(m.archive, &r), OK);
    EXPECT_EQ(r.closed, 1);
    expect_finished(&m, &open);
    power_off(&m);
    expect_refused(&m, &empty.store, "not the store of the recordings");
    /* The release before may write again in between. */
    sqlite3 *db = NULL;
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/wraps.db", m.scratch.dir);
    CHECK(sql_open(path, false, &db) == OK);
    EXPECT_EQ(sql_exec(db, "PRAGMA user_version=1"), OK);
    sqlite3_close(db);
    power_on(&m);
    machine_end(&m);
    memory_store_end(&empty);
}

TEST(an_identity_that_was_lost_is_put_back_when_the_objects_prove_the_store) {
    struct machine m;
    struct sample s;
    struct id before, after;
    machine_begin(&m, 9);
    EXPECT_EQ(sample_record(m.archive, 0, &s), OK);
    EXPECT_EQ(store_identity_get(&m.disk.store, &before), OK);
    power_off(&m);
    m.disk.identity.p = mem_free(m.disk.identity.p);
    power_on(&m);
    EXPECT_EQ(store_identity_get(&m.disk.store, &after), OK);
    EXPECT(id_eq(&before, &after));
    machine_end(&m);
}

TEST(an_identity_that_was_changed_does_not_part_a_store_from_its_recordings) {
    struct machine m;
    struct sample s;
    machine_begin(&m, 23);
    EXPECT_EQ(sample_record(m.archive, 0, &s), OK);
    power_off(&m);
    size_t n = m.disk.identity.n;
    for (size_t at = 0; at < 2 * n; at++) {
        struct id there;
        struct wraps_store known;
        uint8_t *p = m.disk.identity.p;
        p[at / 2] ^= at % 2 ? 0x80 : 0x01;
        uint8_t changed = p[at / 2];
        /* A library says nothing of it and leaves it. */
        struct archive_config reader = {.dir = m.scratch.dir, .store = &m.disk.store};
        REQUIRE(archive_open(&reader, &m.archive, why) == OK);
        power_off(&m);
        EXPECT(m.disk.identity.p == p && p[at / 2] == changed);
        power_on(&m);
        EXPECT_EQ(store_identity_get(&m.disk.store, &there), OK);
        EXPECT_EQ(wraps_store(m.archive->wraps, &known), OK);
        EXPECT(known.placed && id_eq(&known.id, &there));
        power_off(&m);
        EXPECT_EQ(m.disk.identity.n, n);
    }
    power_on(&m);
    machine_end(&m);
}

TEST(an_identity_that_could_not_be_put_is_put_at_the_next_start) {
    for (int mode = FAULT_ONCE; mode <= FAULT_LATE; mode++) {
        struct machine m;
        struct sample s;
        struct wraps_store known;
        memset(&m, 0, sizeof(m));
        scratch_begin(&m.scratch);
        memory_store_begin(&m.disk);
        rng_seed(&m.state, 10);
        fault_store_begin(&m.fault, &m.disk.store);
        m.fault.mode = mode;
        m.fault.error = ERR_NOSPACE;
        /* A full disk keeps nobody from holding a tour. */
        REQUIRE(bench_archive(&m.scratch, &m.fault.store, &m.state, &m.archive) == OK);
        EXPECT_EQ(sample_record(m.archive, 0, &s), OK);
        EXPECT_EQ(wraps_store(m.archive->wraps, &known), OK);
        EXPECT(!known.placed);
        power_off(&m);
        power_on(&m);
        EXPECT_EQ(wraps_store(m.archive->wraps, &known), OK);
        EXPECT(known.placed && m.disk.identity.p != NULL);
        machine_end(&m);
    }
}

TEST(the_operator_may_order_another_store_to_be_used) {
    struct machine m;
    struct sample s, later;
    struct recovery_report r;
    static struct memory_store other;
    machine_begin(&m, 11);
    crash_in(&m, &s);
    power_off(&m);
    memory_store_begin(&other);
    expect_refused(&m, &other.store, "not the store of the recordings");
    struct writer_config c = {
        .dir = m.scratch.dir, .store = &other.store, .rng = rng_from_seeded(&m.state)};
    EXPECT_EQ(writer_use_store(&c, why), OK);
    REQUIRE(open_with(&m, &other.store) == OK);
    EXPECT_EQ(keys(&m), 1);
    EXPECT_EQ(recovery_run(m.archive, &r), OK);
    EXPECT_EQ(r.damaged, 1);
    EXPECT_EQ(sample_record(m.archive, 0, &later), OK);
    power_off(&m);
    /* And back: there are recordings of ours in it, but not the last one. */
    expect_refused(&m, &m.disk.store, "another store");
    c.store = &m.disk.store;
    EXPECT_EQ(writer_use_store(&c, why), OK);
    power_on(&m);
    EXPECT_EQ(recovery_run(m.archive, &r), OK);
    EXPECT_EQ(r.closed, 1);
    expect_finished(&m, &s);
    machine_end(&m);
    memory_store_end(&other);
}

TEST(a_library_does_not_call_recordings_damaged_whose_store_is_not_there) {
    struct machine m;
    struct sample s;
    static struct memory_store empty;
    machine_begin(&m, 12);
    EXPECT_EQ(sample_record(m.archive, 0, &s), OK);
    power_off(&m);
    memory_store_begin(&empty);
    struct archive_config reader = {.dir = m.scratch.dir, .store = &empty.store};
    EXPECT_EQ(archive_open(&reader, &m.archive, why), ERR_WRONG_STATE);
    EXPECT(strstr(why, "not the store") != NULL);
    reader.store = &m.disk.store;
    REQUIRE(archive_open(&reader, &m.archive, why) == OK);
    machine_end(&m);
    memory_store_end(&empty);
}

/* Run text on wraps.db behind everybody's back. */
static void change_wraps(struct machine *m, const char *text) {
    sqlite3 *db = NULL;
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/wraps.db", m->scratch.dir);
    CHECK(sql_open(path, false, &db) == OK);
    EXPECT_EQ(sql_exec(db, text), OK);
    sqlite3_close(db);
}

TEST(a_corrupt_wrap_stops_neither_the_server_nor_the_other_recordings) {
    static const char *const corrupt[] = {
        "UPDATE wraps SET wrap=zeroblob(60) WHERE seq=1",
        "UPDATE wraps SET wrap=x'00' WHERE seq=1",
        "UPDATE wraps SET recording=x'0102' WHERE seq=1",
    };
    for (unsigned how = 0; how < ARRAY_LEN(corrupt); how++) {
        struct machine m;
        struct sample bad, good;
        struct recovery_report r;
        machine_begin(&m, 13);
        crash_in(&m, &bad);
        crash_in(&m, &good);
        power_off(&m);
        change_wraps(&m, "CREATE TABLE kept AS SELECT * FROM wraps");
        change_wraps(&m, corrupt[how]);
        power_on(&m);
        EXPECT_EQ(recovery_run(m.archive, &r), OK);
        EXPECT_EQ(r.damaged, 1);
        EXPECT_EQ(r.closed, 1);
        expect_finished(&m, &good);
        power_off(&m);
        change_wraps(&m, "DELETE FROM wraps; INSERT INTO wraps SELECT * FROM kept");
        power_on(&m);
        EXPECT_EQ(recovery_run(m.archive, &r), OK);
        EXPECT_EQ(r.closed, 1);
        expect_finished(&m, &bad);
        machine_end(&m);
    }
}

TEST(the_only_wrap_may_be_corrupt_but_another_key_file_is_refused) {
    struct machine m;
    struct sample s;
    char path[PATH_MAX];
    machine_begin(&m, 14);
    crash_in(&m, &s);
    power_off(&m);
    change_wraps(&m, "UPDATE wraps SET wrap=zeroblob(60)");
    power_on(&m);
    power_off(&m);
    snprintf(path, sizeof(path), "%s/kek", m.scratch.dir);
    CHECK(remove(path) == 0);
    EXPECT_EQ(bench_archive(&m.scratch, &m.disk.store, &m.state, &m.archive), ERR_CRYPTO);
    memory_store_end(&m.disk);
    scratch_end(&m.scratch);
}

static struct memory_object *journal(struct machine *m, const struct sample *s, uint32_t number) {
    char name[OBJECT_NAME_MAX];
    struct object_id o = {.type = OBJECT_JOURNAL, .recording = s->id, .number = number};
    return memory_store_find(&m->disk, object_name(&o, name));
}

/* The size that a store reports for the object `big`. */
static struct machine *machine_of_big;
static char big[OBJECT_NAME_MAX];
static enum err big_size(void *ctx, const char *name, uint64_t *ret_size) {
    (void)ctx;
    enum err e = machine_of_big->disk.store.size(&machine_of_big->disk, name, ret_size);
    *ret_size = e == OK && strcmp(name, big) == 0 ? UINT64_C(1) << 40 : *ret_size;
    return e;
}

TEST(an_inflated_journal_object_stops_neither_the_server_nor_the_others) {
    struct machine m;
    struct sample bad, good;
    struct recovery_report r;
    machine_begin(&m, 15);
    crash_in(&m, &bad);
    crash_in(&m, &good);
    power_off(&m);
    machine_of_big = &m;
    snprintf(big, sizeof(big), "%s", journal(&m, &bad, 1)->name);
    struct store inflated = m.disk.store;
    inflated.size = big_size;
    REQUIRE(open_with(&m, &inflated) == OK);
    EXPECT_EQ(recovery_run(m.archive, &r), OK);
    EXPECT_EQ(r.damaged, 1);
    EXPECT_EQ(r.closed, 1);
    REQUIRE(r.n_told == 1);
    EXPECT(id_eq(&r.told[0].id, &bad.id));
    EXPECT_EQ(r.told[0].error, ERR_LONG);
    expect_finished(&m, &good);
    power_off(&m);
    power_on(&m);
    EXPECT_EQ(recovery_run(m.archive, &r), OK);
    EXPECT_EQ(r.closed, 1);
    expect_finished(&m, &bad);
    machine_end(&m);
}

static enum err broken_read(void *ctx, const char *name, uint64_t at, uint8_t *out, size_t n) {
    (void)ctx;
    struct memory_store *d = &machine_of_big->disk;
    return strcmp(name, big) == 0 ? ERR_IO : d->store.read(d, name, at, out, n);
}

TEST(a_read_error_leaves_the_recording_for_the_next_start) {
    struct machine m;
    struct sample bad, good;
    struct recovery_report r;
    machine_begin(&m, 16);
    crash_in(&m, &bad);
    crash_in(&m, &good);
    power_off(&m);
    machine_of_big = &m;
    snprintf(big, sizeof(big), "%s", journal(&m, &bad, 0)->name);
    struct store broken = m.disk.store;
    broken.read = broken_read;
    REQUIRE(open_with(&m, &broken) == OK);
    EXPECT_EQ(recovery_run(m.archive, &r), OK);
    EXPECT_EQ(r.failed, 1);
    EXPECT_EQ(r.damaged, 0);
    EXPECT_EQ(r.closed, 1);
    EXPECT_EQ(state_of(&m, &bad), RECORDING_OPEN);
    expect_finished(&m, &good);
    power_off(&m);
    power_on(&m);
    EXPECT_EQ(recovery_run(m.archive, &r), OK);
    EXPECT_EQ(r.closed, 1);
    expect_finished(&m, &bad);
    machine_end(&m);
}

/* Objects 3 and 4 are lost, 5 is there: the rest is not signed away. */
TEST(a_journal_with_a_hole_of_any_size_is_not_closed) {
    for (uint32_t hole = 1; hole < 5; hole++) {
        struct machine m;
        struct sample s;
        struct recovery_report r;
        struct memory_object kept[5];
        machine_begin(&m, 17);
        m.fault.mode = FAULT_DEAD;
        m.fault.at = 14;
        EXPECT(sample_record(m.archive, 0, &s) != OK);
        power_off(&m);
        REQUIRE(journal(&m, &s, 5) != NULL);
        for (uint32_t i = 0; i < hole; i++) {
            struct memory_object *o = journal(&m, &s, 4 - i);
            REQUIRE(o != NULL);
            kept[i] = *o;
            kept[i].p = mem_alloc(o->n);
            memcpy(kept[i].p, o->p, o->n);
            EXPECT_EQ(m.disk.store.remove(&m.disk, kept[i].name), OK);
        }
        size_t objects = m.disk.n;
        power_on(&m);
        EXPECT_EQ(recovery_run(m.archive, &r), OK);
        EXPECT_EQ(r.damaged, 1);
        EXPECT_EQ(m.disk.n, objects);
        /* They are restored. */
        for (uint32_t i = 0; i < hole; i++) {
            EXPECT_EQ(m.disk.store.put(&m.disk, kept[i].name, bytes_of(kept[i].p, kept[i].n)), OK);
            mem_free(kept[i].p);
        }
        EXPECT_EQ(recovery_run(m.archive, &r), OK);
        EXPECT_EQ(r.closed, 1);
        expect_finished(&m, &s);
        machine_end(&m);
    }
}

TEST(a_closed_recording_whose_journal_lost_its_end_is_not_closed_again) {
    struct machine m;
    struct sample s;
    struct recovery_report r;
    machine_begin(&m, 18);
    EXPECT_EQ(sample_record(m.archive, 0, &s), OK);
    power_off(&m);
    machine_lose(&m, "catalogue.db");
    uint32_t last = 0;
    while (journal(&m, &s, last + 1)) {
        last++;
    }
    EXPECT_EQ(m.disk.store.remove(&m.disk, journal(&m, &s, last)->name), OK);
    size_t objects = m.disk.n;
    power_on(&m);
    EXPECT_EQ(recovery_run(m.archive, &r), OK);
    EXPECT_EQ(r.damaged, 1);
    EXPECT_EQ(m.disk.n, objects);
    machine_end(&m);
}

/* Spoil n bytes of a file at an offset. */
static void spoil(struct machine *m, const char *name, long at, size_t n) {
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/%s", m->scratch.dir, name);
    FILE *f = fopen(path, "r+b");
    CHECK(f && fseek(f, at, SEEK_SET) == 0);
    for (size_t i = 0; i < n; i++) {
        CHECK(fputc(0xa5, f) != EOF);
    }
    CHECK(fclose(f) == 0);
}

TEST(a_damaged_catalogue_is_set_aside_and_made_again) {
    static const long places[] = {0, 100, 4096, 3 * 4096 + 8};
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        struct machine m;
        struct sample done, open;
        struct recovery_report r;
        char aside[PATH_MAX];
        machine_begin(&m, 19);
        EXPECT_EQ(sample_record(m.archive, 0, &done), OK);
        crash_in(&m, &open);
        power_off(&m);
        spoil(&m, "catalogue.db", places[i], 64);
        power_on(&m);
        EXPECT(m.archive->catalogue_lost);
        snprintf(aside, sizeof(aside), "%s/catalogue.db.damaged", m.scratch.dir);
        EXPECT_EQ(access(aside, F_OK), 0);
        EXPECT_EQ(recovery_run(m.archive, &r), OK);
        EXPECT_EQ(r.rebuilt, 2);
        EXPECT_EQ(r.closed, 1);
        EXPECT_EQ(state_of(&m, &done), RECORDING_COMPLETE);
        expect_finished(&m, &open);
        power_off(&m);
        power_on(&m);
        EXPECT(!m.archive->catalogue_lost);
        machine_end(&m);
    }
}

TEST(a_damaged_wraps_db_is_never_set_aside) {
    struct machine m;
    struct sample s;
    char aside[PATH_MAX];
    machine_begin(&m, 20);
    EXPECT_EQ(sample_record(m.archive, 0, &s), OK);
    power_off(&m);
    spoil(&m, "wraps.db", 0, 64);
    EXPECT_EQ(open_with(&m, &m.disk.store), ERR_FORMAT);
    EXPECT(strstr(why, "restore it from a backup") != NULL);
    snprintf(aside, sizeof(aside), "%s/wraps.db.damaged", m.scratch.dir);
    EXPECT(access(aside, F_OK) != 0);
    memory_store_end(&m.disk);
    scratch_end(&m.scratch);
}

TEST(the_writer_starts_and_tells_of_what_it_could_not_finish) {
    struct machine m;
    struct sample bad, good;
    struct writer *r = NULL;
    struct write_report e;
    machine_begin(&m, 21);
    crash_in(&m, &bad);
    crash_in(&m, &good);
    power_off(&m);
    journal(&m, &bad, 1)->p[70] ^= 1;
    spoil(&m, "catalogue.db", 100, 64);
    struct writer_config c = {
        .dir = m.scratch.dir, .store = &m.disk.store, .rng = rng_from_seeded(&m.state)};
    REQUIRE(writer_open(&c, &r, why) == OK);
    EXPECT_EQ(writer_counters(r).unfinished, 1);
    EXPECT(writer_counters(r).failing == 0); /* new recordings can be written */
    EXPECT(writer_report(r, &e));
    EXPECT_EQ(e.type, REPORT_CATALOGUE_LOST);
    EXPECT(writer_report(r, &e));
    EXPECT_EQ(e.type, REPORT_UNFINISHED);
    EXPECT_EQ(e.error, ERR_AUTH);
    EXPECT(id_eq(&e.id, &bad.id));
    EXPECT(!writer_report(r, &e));
    writer_close(r, 0);
    journal(&m, &bad, 1)->p[70] ^= 1;
    REQUIRE(writer_open(&c, &r, why) == OK);
    EXPECT_EQ(writer_counters(r).unfinished, 0);
    EXPECT(!writer_report(r, &e));
    writer_close(r, 0);
    power_on(&m);
    expect_finished(&m, &bad);
    expect_finished(&m, &good);
    machine_end(&m);
}

TEST_ALLOC(a_start_without_memory_harms_nothing) {
    struct machine m;
    struct sample s = {0};
    struct writer *r = NULL;
    memset(&m, 0, sizeof(m));
    scratch_begin(&m.scratch);
    memory_store_begin(&m.disk);
    rng_seed(&m.state, 22);
    if (bench_archive(&m.scratch, &m.disk.store, &m.state, &m.archive) == OK) {
        fault_store_begin(&m.fault, &m.disk.store);
        m.archive->store = m.fault.store;
        m.fault.mode = FAULT_DEAD;
        m.fault.at = 5;
        (void)sample_record(m.archive, 0, &s);
        power_off(&m);
        struct writer_config c = {
            .dir = m.scratch.dir, .store = &m.disk.store, .rng = rng_from_seeded(&m.state)};
        enum err e = writer_open(&c, &r, why);
        EXPECT(e == OK || mem_failed());
        writer_close(r, 0);
    }
    memory_store_end(&m.disk);
    scratch_end(&m.scratch);
}

/* One journal object with these lines, chained as a writer of any release does. */
static void put_journal(struct machine *m, const struct id *id, struct key_ring *ring,
                        const char *const *lines) {
    struct journal_head h = journal_begin(id);
    struct object_access access = archive_access(m->archive, ring);
    struct object_id o = {.type = OBJECT_JOURNAL, .recording = *id};
    struct object_info info;
    struct buffer text = {0};
    for (; *lines; lines++) {
        size_t before = text.n;
        char prev[2 * SHA256_LEN + 1];
        hex_encode(prev, h.hash, SHA256_LEN);
        buffer_printf(&text, "{\"seq\":%u,%s,\"prev\":\"%s\"}", (unsigned)h.entries++, *lines,
                      prev);
        sha256_of(bytes_of(text.p + before, text.n - before), bytes_of(NULL, 0), h.hash);
        buffer_put(&text, "\n", 1);
    }
    EXPECT_EQ(object_put(&access, &o, bytes_of(text.p, text.n), &info), OK);
    buffer_free(&text);
}

static struct id journal_of(struct machine *m, const char *const *lines) {
    struct key_ring ring;
    struct id id = ID_NONE;
    EXPECT_EQ(archive_create(m->archive, &id, &ring), OK);
    put_journal(m, &id, &ring, lines);
    EXPECT_EQ(wraps_begun(m->archive->wraps, &id), OK);
    key_ring_close(&ring);
    return id;
}

TEST(recovery_of_a_recording_with_what_a_later_release_added) {
    static const char *const lines[] = {
        "\"t\":0,\"type\":\"start\",\"format\":1,\"tour\":\"x\",\"mood\":\"blue\"",
        "\"t\":5000,\"type\":\"caption\",\"text\":\"welcome\"", NULL};
    struct machine m;
    struct recovery_report r;
    struct sample s = {0};
    machine_begin(&m, 21);
    s.id = journal_of(&m, lines);
    EXPECT_EQ(recovery_run(m.archive, &r), OK);
    EXPECT_EQ(r.closed, 1);
    EXPECT_EQ(r.damaged + r.failed, 0);
    expect_finished(&m, &s);
    machine_end(&m);
}

TEST(recovery_leaves_a_later_format_to_a_later_release) {
    static const char *const lines[] = {"\"t\":0,\"type\":\"start\",\"format\":2", NULL};
    struct machine m;
    struct recovery_report r;
    struct findings f = {0};
    machine_begin(&m, 22);
    struct id id = journal_of(&m, lines);
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_EQ(recovery_run(m.archive, &r), OK);
        EXPECT_EQ(r.damaged, 0);
        EXPECT_EQ(r.failed, 1);
        EXPECT_EQ(r.told[0].error, ERR_UNSUPPORTED);
    }
    EXPECT_EQ(catalogue_state(m.archive->catalogue, &id, RECORDING_OPEN), OK);
    EXPECT_EQ(verify_recording(m.archive, &id, findings_say, &f), ERR_AUTH);
    EXPECT(strstr(f.first, "later release"));
    EXPECT_EQ(m.disk.n, 1); /* nothing was written behind it */
    machine_end(&m);
}
