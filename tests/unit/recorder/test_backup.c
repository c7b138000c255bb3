#include "recorder/archive/backup.h"
#include "recorder/archive/ledger.h"
#include "recorder/archive/recovery.h"
#include "recorder/archive/verify.h"
#include "recorder/store/store_local.h"

#include "tests/unit/recorder/bench_store.h"
#include "tests/unit/recorder/sample_recording.h"
#include "tests/unit/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* A state directory, where its backup goes, and where that is brought back. */
struct place {
    struct scratch scratch;
    char state[PATH_MAX], copy[PATH_MAX], back[PATH_MAX], why[WHY_MAX];
    struct rng_seeded rng;
    struct archive *archive;
    struct backup_report report;
};

static enum err open_state(struct place *p, const char *dir, const struct store *store) {
    struct archive_config c = {.dir = dir,
                               .create_kek = true,
                               .write = true,
                               .store = store,
                               .rng = rng_from_seeded(&p->rng)};
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
    CHECK(open_state(p, p->state, NULL) == OK);
}

static void place_end(struct place *p) {
    archive_close(p->archive);
    scratch_end(&p->scratch);
}

static enum err make(struct place *p) {
    struct backup_order o = {p->state, p->copy, true, {1700000000000000}, NULL};
    return backup_make(p->archive, &o, &p->report, p->why);
}

/* The key that wraps is kept apart: it is put there by hand. */
static void bring_key(struct place *p) {
    char from[PATH_MAX + 8], to[PATH_MAX + 8], text[128];
    snprintf(from, sizeof(from), "%s/kek", p->state);
    snprintf(to, sizeof(to), "%s/kek", p->back);
    CHECK(mkdir(p->back, 0700) == 0);
    int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_EXCL, 0600);
    ssize_t n = read(in, text, sizeof(text));
    CHECK(n > 0 && write(out, text, (size_t)n) == n);
    close(in);
    close(out);
}

static enum err restore(struct place *p, const char *shredded) {
    struct restore_order o = {p->copy, p->back, shredded, NULL};
    return backup_restore(&o, &p->report, p->why);
}

static enum err verify(struct place *p, const struct id *id) {
    struct findings f = {0};
    enum err e = verify_recording(p->archive, id, findings_say, &f);
    if (e != OK && e != ERR_WRONG_STATE) {
        printf("# %s\n", f.first);
    }
    return e;
}

TEST(backup_comes_back_whole) {
    struct place p;
    struct sample a, b;
    struct recovery_report r;
    place_begin(&p, 1);
    EXPECT_EQ(sample_record(p.archive, 0, &a), OK);
    EXPECT_EQ(sample_record(p.archive, 0, &b), OK);
    REQUIRE(make(&p) == OK);
    EXPECT_EQ(p.report.recordings, 2);
    EXPECT(p.report.objects > 2 * SAMPLE_SEGMENTS && p.report.bytes > 2 * SAMPLE_MEDIA);
    EXPECT_EQ(make(&p), ERR_EXISTS);
    bring_key(&p);
    REQUIRE(restore(&p, NULL) == OK);
    EXPECT_EQ(restore(&p, NULL), ERR_EXISTS);
    REQUIRE(open_state(&p, p.back, NULL) == OK);
    EXPECT_EQ(recovery_run(p.archive, &r), OK);
    EXPECT_EQ(r.closed + r.damaged + r.failed + r.empty, 0);
    EXPECT_EQ(verify(&p, &a.id), OK);
    EXPECT_EQ(verify(&p, &b.id), OK);
    place_end(&p);
}

/* A store that does something between the copying of two objects, as a running server does. */
struct busy {
    struct store store, inner;
    struct archive *archive;
    unsigned lists, reads, at;
    struct sample *late;
};

static enum err busy_read(void *ctx, const char *name, uint64_t at, uint8_t *out, size_t n) {
    struct busy *b = ctx;
    return b->inner.read(b->inner.ctx, name, at, out, n);
}
static enum err busy_size(void *ctx, const char *name, uint64_t *ret) {
    struct busy *b = ctx;
    return b->inner.size(b->inner.ctx, name, ret);
}
static enum err busy_put(void *ctx, const char *name, struct bytes object) {
    struct busy *b = ctx;
    return b->inner.put(b->inner.ctx, name, object);
}
static enum err busy_remove(void *ctx, const char *name) {
    struct busy *b = ctx;
    return b->inner.remove(b->inner.ctx, name);
}
static enum err busy_list(void *ctx, const char *prefix,
                          void (*each)(void *each_ctx, const char *name, uint64_t size),
                          void *each_ctx) {
    struct busy *b = ctx;
    /* A recording is made, from its beginning to its end, before listing number `at`. */
    if (b->lists++ == b->at && b->late) {
        struct sample *late = b->late;
        b->late = NULL;
        CHECK(sample_record(b->archive, 0, late) == OK);
    }
    return b->inner.list(b->inner.ctx, prefix, each, each_ctx);
}

static void busy_begin(struct busy *b, const struct store *inner) {
    memset(b, 0, sizeof(*b));
    b->inner = *inner;
    b->store = (struct store){.ctx = b,
                              .put = busy_put,
                              .size = busy_size,
                              .read = busy_read,
                              .remove = busy_remove,
                              .list = busy_list};
}

/* Whatever is recorded at whatever moment of a backup: what comes back is whole, or has not begun.
 */
TEST(backup_beside_a_running_recorder) {
    for (unsigned at = 0; at < 5; at++) {
        struct place p;
        struct sample before, late;
        struct recovery_report r;
        struct busy busy;
        place_begin(&p, 10 + at);
        EXPECT_EQ(sample_record(p.archive, 0, &before), OK);
        busy_begin(&busy, &p.archive->store);
        struct store kept = p.archive->store;
        p.archive->store = busy.store;
        busy.archive = p.archive;
        busy.at = at;
        busy.late = &late;
        REQUIRE(make(&p) == OK);
        if (busy.late) { /* after the last listing */
            EXPECT_EQ(sample_record(p.archive, 0, &late), OK);
        }
        p.archive->store = kept;
        bring_key(&p);
        REQUIRE(restore(&p, NULL) == OK);
        REQUIRE(open_state(&p, p.back, NULL) == OK);
        EXPECT_EQ(recovery_run(p.archive, &r), OK);
        EXPECT_EQ(r.damaged + r.failed, 0);
        EXPECT_EQ(verify(&p, &before.id), OK);
        struct recording_row row;
        enum err there = catalogue_recording(p.archive->catalogue, &late.id, &row);
        EXPECT(there == OK || there == ERR_UNKNOWN);
        EXPECT(there != OK || verify(&p, &late.id) == OK);
        place_end(&p);
    }
}

/* A recording under way: as a crash at that moment would leave it. */
TEST(backup_of_an_open_recording_is_finished_by_recovery) {
    struct place p;
    struct recovery_report r;
    struct entry_start start = {RECORDING_FORMAT, "demo", "House", {1700000000000000}};
    struct ledger *l = NULL;
    struct entry epoch = {.type = ENTRY_EPOCH};
    struct entry_segment seg = {.track = ID_PROGRAMME, .duration = US_PER_S};
    place_begin(&p, 20);
    REQUIRE(ledger_begin(p.archive, &start, &l) == OK);
    struct id id = *ledger_id(l);
    struct entry track = {.type = ENTRY_TRACK};
    track.u.track = (struct entry_track){.track = ID_PROGRAMME, .codec = CODEC_VP8};
    epoch.u.epoch = (struct entry_epoch){.track = ID_PROGRAMME, .video = CODEC_VP8};
    EXPECT_EQ(ledger_add(l, &track), OK);
    EXPECT_EQ(ledger_add(l, &epoch), OK);
    EXPECT_EQ(ledger_segment(l, US_PER_S, &seg, bytes_of("media", 5)), OK);
    EXPECT_EQ(ledger_flush(l), OK);
    REQUIRE(make(&p) == OK);
    ledger_free(l);
    bring_key(&p);
    REQUIRE(restore(&p, NULL) == OK);
    REQUIRE(open_state(&p, p.back, NULL) == OK);
    EXPECT_EQ(recovery_run(p.archive, &r), OK);
    EXPECT_EQ(r.closed, 1);
    EXPECT_EQ(r.damaged + r.failed, 0);
    EXPECT_EQ(verify(&p, &id), OK);
    place_end(&p);
}

static unsigned objects_of(struct place *p, const struct id *id);

TEST(restore_shreds_again_what_was_shredded_since) {
    struct place p;
    struct sample kept, gone, person;
    char newer[PATH_MAX + 16];
    struct wraps_order by = {{5}, "ann", "asked to"};
    place_begin(&p, 30);
    EXPECT_EQ(sample_record(p.archive, 0, &kept), OK);
    EXPECT_EQ(sample_record(p.archive, 0, &gone), OK);
    EXPECT_EQ(sample_record(p.archive, 0, &person), OK);
    /* On hold at the time of the backup, and shredded later: the later order counts. */
    EXPECT_EQ(wraps_hold(p.archive->wraps, &gone.id, &by), OK);
    REQUIRE(make(&p) == OK);
    EXPECT_EQ(wraps_release(p.archive->wraps, &gone.id), OK);
    struct key_context all = {gone.id, 0}, one = {person.id, 42};
    EXPECT_EQ(wraps_get(p.archive->wraps, &one, &(struct key_wrap){0}), OK);
    EXPECT_EQ(wraps_shred(p.archive->wraps, &all, &by), OK);
    EXPECT_EQ(wraps_shred(p.archive->wraps, &one, &by), OK);
    snprintf(newer, sizeof(newer), "%s/wraps.db", p.state);
    bring_key(&p);
    EXPECT_EQ(restore(&p, "/nowhere/wraps.db"), ERR_UNKNOWN);
    REQUIRE(restore(&p, newer) == OK);
    EXPECT_EQ(p.report.erased, 2);
    REQUIRE(open_state(&p, p.back, NULL) == OK);
    EXPECT_EQ(verify(&p, &kept.id), OK);
    EXPECT_EQ(verify(&p, &gone.id), ERR_WRONG_STATE);
    EXPECT_EQ(objects_of(&p, &gone.id), 0);
    EXPECT_EQ(verify(&p, &person.id), OK);
    EXPECT_EQ(wraps_get(p.archive->wraps, &one, &(struct key_wrap){0}), ERR_UNKNOWN);
    struct wraps_note n;
    EXPECT_EQ(wraps_shredded(p.archive->wraps, &all, &n), OK);
    EXPECT_STR(n.who, "ann");
    place_end(&p);
}

TEST(restore_keeps_holds_of_what_is_not_shredded_whole) {
    struct place p;
    struct sample held, gone;
    struct wraps_note n;
    struct wraps_order by = {{5}, "ann", "asked to"}, court = {{6}, "bob", "court"};
    char newer[PATH_MAX + 16];
    place_begin(&p, 31);
    EXPECT_EQ(sample_record(p.archive, 0, &held), OK);
    EXPECT_EQ(sample_record(p.archive, 0, &gone), OK);
    struct key_context person = {held.id, 42}, all = {gone.id, 0};
    EXPECT_EQ(wraps_shred(p.archive->wraps, &person, &by), OK);
    EXPECT_EQ(wraps_hold(p.archive->wraps, &held.id, &court), OK);
    EXPECT_EQ(wraps_hold(p.archive->wraps, &gone.id, &court), OK);
    REQUIRE(make(&p) == OK);
    EXPECT_EQ(wraps_release(p.archive->wraps, &gone.id), OK);
    EXPECT_EQ(wraps_shred(p.archive->wraps, &all, &by), OK);
    snprintf(newer, sizeof(newer), "%s/wraps.db", p.state);
    bring_key(&p);
    REQUIRE(restore(&p, newer) == OK);
    REQUIRE(open_state(&p, p.back, NULL) == OK);
    REQUIRE(wraps_held(p.archive->wraps, &held.id, &n) == OK);
    EXPECT_STR(n.who, "bob");
    EXPECT_EQ(wraps_get(p.archive->wraps, &person, &(struct key_wrap){0}), ERR_UNKNOWN);
    EXPECT_EQ(wraps_held(p.archive->wraps, &gone.id, NULL), ERR_UNKNOWN);
    place_end(&p);
}

/* Whatever step fails: the folder does not open. */
TEST(restore_that_breaks_off_gives_no_shredded_keys_back) {
    struct place p;
    struct sample s;
    struct wraps_order by = {{5}, "ann", "asked to"};
    char newer[PATH_MAX + 16], path[PATH_MAX + 16];
    place_begin(&p, 32);
    EXPECT_EQ(sample_record(p.archive, 0, &s), OK);
    struct key_context all = {s.id, 0};
    REQUIRE(make(&p) == OK);
    EXPECT_EQ(wraps_shred(p.archive->wraps, &all, &by), OK);
    snprintf(newer, sizeof(newer), "%s/wraps.db", p.state);
    snprintf(path, sizeof(path), "%s/catalogue.db", p.copy);
    CHECK(truncate(path, 5000) == 0);
    bring_key(&p);
    EXPECT(restore(&p, newer) != OK);
    snprintf(path, sizeof(path), "%s/wraps.db", p.back);
    EXPECT(access(path, F_OK) != 0);
    EXPECT_EQ(open_state(&p, p.back, NULL), ERR_WRONG_STATE);
    place_end(&p);
}

static void count(void *ctx, const char *name, uint64_t size) {
    (void)name;
    (void)size;
    ++*(unsigned *)ctx;
}

static unsigned objects_of(struct place *p, const struct id *id) {
    char prefix[OBJECT_NAME_MAX], text[ID_TEXT_MAX];
    unsigned n = 0;
    snprintf(prefix, sizeof(prefix), "recordings/%s/", id_text(id, text));
    EXPECT_EQ(p->archive->store.list(p->archive->store.ctx, prefix, count, &n), OK);
    return n;
}

TEST(restore_refuses_what_is_no_finished_backup) {
    struct place p;
    struct sample s;
    char label[PATH_MAX + 16];
    place_begin(&p, 40);
    EXPECT_EQ(restore(&p, NULL), ERR_UNKNOWN);
    EXPECT_EQ(sample_record(p.archive, 0, &s), OK);
    REQUIRE(make(&p) == OK);
    snprintf(label, sizeof(label), "%s/" BACKUP_LABEL, p.copy);
    CHECK(unlink(label) == 0);
    EXPECT_EQ(restore(&p, NULL), ERR_UNKNOWN);
    EXPECT(strstr(p.why, p.copy));
    EXPECT(access(p.back, F_OK) != 0);
    place_end(&p);
}
