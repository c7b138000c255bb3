/* Recovery may not harm: whatever is missing or damaged when a server starts, no key is deleted,
 * one bad recording does not stand in the way of the others, and the next start with everything in
 * its place finishes them all. */
#include "recorder/archive/recovery.h"
#include "recorder/archive/verify.h"
#include "recorder/catalogue/catalogue_db.h"
#include "recorder/db/sql.h"
#include "recorder/writer/writer.h"

#include "tests/unit/recorder/crashed.h"
#include "tests/unit/test.h"

#include <unistd.h>

static char why[WHY_MAX];

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
        machine_crash(&m, &bad);
        machine_crash(&m, &good);
        power_off(&m);
        change_wraps(&m, "CREATE TABLE kept AS SELECT * FROM wraps");
        change_wraps(&m, corrupt[how]);
        power_on(&m);
        EXPECT_EQ(recovery_run(m.archive, &r), OK);
        EXPECT_EQ(r.damaged, 1);
        EXPECT_EQ(r.closed, 1);
        machine_finished(&m, &good);
        power_off(&m);
        change_wraps(&m, "DELETE FROM wraps; INSERT INTO wraps SELECT * FROM kept");
        power_on(&m);
        EXPECT_EQ(recovery_run(m.archive, &r), OK);
        EXPECT_EQ(r.closed, 1);
        machine_finished(&m, &bad);
        machine_end(&m);
    }
}

TEST(the_only_wrap_may_be_corrupt_but_another_key_file_is_refused) {
    struct machine m;
    struct sample s;
    char path[PATH_MAX];
    machine_begin(&m, 14);
    machine_crash(&m, &s);
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
    machine_crash(&m, &bad);
    machine_crash(&m, &good);
    power_off(&m);
    machine_of_big = &m;
    snprintf(big, sizeof(big), "%s", journal(&m, &bad, 1)->name);
    struct store inflated = m.disk.store;
    inflated.size = big_size;
    REQUIRE(machine_open(&m, &inflated, why) == OK);
    EXPECT_EQ(recovery_run(m.archive, &r), OK);
    EXPECT_EQ(r.damaged, 1);
    EXPECT_EQ(r.closed, 1);
    REQUIRE(r.n_told == 1);
    EXPECT(id_eq(&r.told[0].id, &bad.id));
    EXPECT_EQ(r.told[0].error, ERR_LONG);
    machine_finished(&m, &good);
    power_off(&m);
    power_on(&m);
    EXPECT_EQ(recovery_run(m.archive, &r), OK);
    EXPECT_EQ(r.closed, 1);
    machine_finished(&m, &bad);
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
    machine_crash(&m, &bad);
    machine_crash(&m, &good);
    power_off(&m);
    machine_of_big = &m;
    snprintf(big, sizeof(big), "%s", journal(&m, &bad, 0)->name);
    struct store broken = m.disk.store;
    broken.read = broken_read;
    REQUIRE(machine_open(&m, &broken, why) == OK);
    EXPECT_EQ(recovery_run(m.archive, &r), OK);
    EXPECT_EQ(r.failed, 1);
    EXPECT_EQ(r.damaged, 0);
    EXPECT_EQ(r.closed, 1);
    EXPECT_EQ(machine_state(&m, &bad), RECORDING_OPEN);
    machine_finished(&m, &good);
    power_off(&m);
    power_on(&m);
    EXPECT_EQ(recovery_run(m.archive, &r), OK);
    EXPECT_EQ(r.closed, 1);
    machine_finished(&m, &bad);
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
        machine_finished(&m, &s);
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
        machine_crash(&m, &open);
        power_off(&m);
        spoil(&m, "catalogue.db", places[i], 64);
        power_on(&m);
        EXPECT(m.archive->catalogue_lost);
        snprintf(aside, sizeof(aside), "%s/catalogue.db.damaged", m.scratch.dir);
        EXPECT_EQ(access(aside, F_OK), 0);
        EXPECT_EQ(recovery_run(m.archive, &r), OK);
        EXPECT_EQ(r.rebuilt, 2);
        EXPECT_EQ(r.closed, 1);
        EXPECT_EQ(machine_state(&m, &done), RECORDING_COMPLETE);
        machine_finished(&m, &open);
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
    EXPECT_EQ(machine_open(&m, &m.disk.store, why), ERR_FORMAT);
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
    machine_crash(&m, &bad);
    machine_crash(&m, &good);
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
    machine_finished(&m, &bad);
    machine_finished(&m, &good);
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
    machine_finished(&m, &s);
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
