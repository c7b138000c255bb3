/* Another store than the one the recordings are in, or one that is not there, when a server starts:
 * it is recognised, nothing is written into it, and no key is deleted. */
#include "recorder/archive/recovery.h"
#include "recorder/archive/store_identity.h"
#include "recorder/archive/verify.h"
#include "recorder/catalogue/catalogue_db.h"
#include "recorder/db/sql.h"
#include "recorder/writer/writer.h"

#include "tests/unit/recorder/crashed.h"
#include "tests/unit/test.h"

#include <sys/stat.h>
#include <unistd.h>

static char why[WHY_MAX];

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

static void expect_refused(struct machine *m, const struct store *store, const char *words) {
    EXPECT_EQ(machine_open(m, store, why), ERR_WRONG_STATE);
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
    machine_crash(m, s);
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
        REQUIRE(machine_open(&m, NULL, why) == OK);
        EXPECT_EQ(keys(&m), 1);
        EXPECT_EQ(recovery_run(m.archive, &r), OK);
        EXPECT_EQ(r.closed, 1);
        EXPECT_EQ(r.adopted, 1);
        machine_finished(&m, &s);
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
    machine_crash(&m, &s);
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
    machine_finished(&m, &s);
    machine_end(&m);
}

/* It answers so only after the archive was opened. */
TEST(objects_that_vanish_later_cost_no_key_either) {
    struct machine m;
    struct sample s;
    struct recovery_report r;
    machine_begin(&m, 3);
    machine_crash(&m, &s);
    struct store real = m.archive->store;
    m.archive->store.size = nothing_size;
    m.archive->store.list = nothing_list;
    EXPECT_EQ(recovery_run(m.archive, &r), OK);
    EXPECT_EQ(r.damaged, 1);
    EXPECT_EQ(r.empty + r.closed + r.rebuilt, 0);
    REQUIRE(r.n_told == 1);
    EXPECT(id_eq(&r.told[0].id, &s.id));
    EXPECT_EQ(r.told[0].error, ERR_UNKNOWN);
    EXPECT_EQ(machine_state(&m, &s), RECORDING_DAMAGED);
    EXPECT_EQ(keys(&m), 1);
    m.archive->store = real;
    EXPECT_EQ(recovery_run(m.archive, &r), OK);
    EXPECT_EQ(r.closed, 1);
    machine_finished(&m, &s);
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
        machine_crash(&m, &s);
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
        machine_finished(&m, &s);
        machine_end(&m);
    }
}

TEST(a_store_of_somebody_else_is_recognised) {
    struct machine m, other;
    struct sample s;
    machine_begin(&m, 5);
    machine_crash(&m, &s);
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
    machine_crash(&m, &open);
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
    machine_finished(&m, &open);
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
    machine_crash(&m, &s);
    power_off(&m);
    memory_store_begin(&other);
    expect_refused(&m, &other.store, "not the store of the recordings");
    struct writer_config c = {
        .dir = m.scratch.dir, .store = &other.store, .rng = rng_from_seeded(&m.state)};
    EXPECT_EQ(writer_use_store(&c, why), OK);
    REQUIRE(machine_open(&m, &other.store, why) == OK);
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
    machine_finished(&m, &s);
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
