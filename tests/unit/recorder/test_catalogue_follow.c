/* The catalogue follows the journal: its position moves with the rows, and what it missed is read
 * again from there, and only that. */
#include "recorder/archive/recovery.h"
#include "recorder/archive/replay.h"
#include "recorder/archive/verify.h"
#include "recorder/catalogue/catalogue_db.h"

#include "base/alloc.h"
#include "tests/unit/recorder/bench_postgres.h"
#include "tests/unit/recorder/bench_store.h"
#include "tests/unit/recorder/sample_recording.h"
#include "tests/unit/test.h"

/* A store that counts what is read of journals. */
struct watched {
    struct store store, inner;
    unsigned journals;
};
static enum err watched_put(void *ctx, const char *name, struct bytes object) {
    struct watched *w = ctx;
    return w->inner.put(w->inner.ctx, name, object);
}
static enum err watched_size(void *ctx, const char *name, uint64_t *ret) {
    struct watched *w = ctx;
    return w->inner.size(w->inner.ctx, name, ret);
}
static enum err watched_read(void *ctx, const char *name, uint64_t at, uint8_t *out, size_t n) {
    struct watched *w = ctx;
    w->journals += strstr(name, ".jnl") != NULL;
    return w->inner.read(w->inner.ctx, name, at, out, n);
}

struct desk {
    struct scratch scratch;
    struct memory_store disk;
    struct watched watched;
    struct rng_seeded state;
    struct archive *archive;
    struct ledger *ledger;
    uint32_t segments;
};

static void desk_begin(struct desk *d, uint64_t seed) {
    struct entry_start start = {.tour = "demo", .title = "House"};
    memset(d, 0, sizeof(*d));
    scratch_begin(&d->scratch);
    memory_store_begin(&d->disk);
    d->watched = (struct watched){.inner = d->disk.store};
    d->watched.store = (struct store){
        .ctx = &d->watched, .put = watched_put, .size = watched_size, .read = watched_read};
    rng_seed(&d->state, seed);
    CHECK(bench_archive(&d->scratch, &d->watched.store, &d->state, &d->archive) == OK);
    CHECK(ledger_begin(d->archive, &start, &d->ledger) == OK);
    struct entry track = {.type = ENTRY_TRACK}, epoch = {.type = ENTRY_EPOCH};
    track.u.track = (struct entry_track){.track = ID_PROGRAMME, .codec = CODEC_VP8};
    epoch.u.epoch = (struct entry_epoch){.track = ID_PROGRAMME, .video = CODEC_VP8};
    CHECK(ledger_add(d->ledger, &track) == OK && ledger_add(d->ledger, &epoch) == OK);
}

static void desk_end(struct desk *d) {
    ledger_free(d->ledger);
    archive_close(d->archive);
    memory_store_end(&d->disk);
    scratch_end(&d->scratch);
}

static void store_segment(struct desk *d) {
    struct entry_segment seg = {.track = ID_PROGRAMME,
                                .number = d->segments,
                                .start = d->segments * US_PER_S,
                                .duration = US_PER_S};
    EXPECT_EQ(ledger_segment(d->ledger, ++d->segments * US_PER_S, &seg, bytes_of("media", 5)), OK);
    EXPECT_EQ(ledger_flush(d->ledger), OK);
}

static void catalogue_fails(struct desk *d, bool on) {
    static const char *const file[] = {"PRAGMA query_only=OFF", "PRAGMA query_only=ON"};
    static const char *const postgres[] = {"SET default_transaction_read_only TO off",
                                           "SET default_transaction_read_only TO on"};
    struct db *db = d->archive->catalogue->db;
    EXPECT_EQ(db_script(db, (bench_kind_is_postgres() ? postgres : file)[on]), OK);
}

static struct journal_head position(struct desk *d) {
    struct journal_head head = {0};
    EXPECT_EQ(catalogue_position(d->archive->catalogue, ledger_id(d->ledger), &head), OK);
    return head;
}

static uint64_t media_bytes(struct desk *d) {
    struct recording_row row = {0};
    EXPECT_EQ(catalogue_recording(d->archive->catalogue, ledger_id(d->ledger), &row), OK);
    return row.bytes;
}

TEST_BOTH(catalogue_position_moves_with_every_flush) {
    struct desk d;
    desk_begin(&d, 1);
    EXPECT_EQ(position(&d).entries, 1); /* the start */
    EXPECT_EQ(position(&d).objects, 1);
    store_segment(&d);
    EXPECT_EQ(position(&d).entries, 4);
    EXPECT_EQ(position(&d).objects, 3); /* track and epoch are stored before the segment */
    EXPECT_EQ(media_bytes(&d), 5);
    store_segment(&d);
    EXPECT_EQ(position(&d).entries, 5);
    EXPECT_EQ(position(&d).objects, 4);
    EXPECT_EQ(d.watched.journals, 0); /* nothing is read back */
    EXPECT_EQ(ledger_end(d.ledger, 3 * US_PER_S), OK);
    EXPECT_EQ(position(&d).entries, 6);
    desk_end(&d);
}

TEST_BOTH(catalogue_that_missed_something_reads_only_what_is_behind_it) {
    struct desk d;
    desk_begin(&d, 2);
    for (unsigned i = 0; i < 5; i++) {
        store_segment(&d);
    }
    catalogue_fails(&d, true);
    store_segment(&d);
    store_segment(&d);
    EXPECT_EQ(media_bytes(&d), 25);
    EXPECT_EQ(position(&d).objects, 7);
    catalogue_fails(&d, false);
    d.watched.journals = 0;
    store_segment(&d);
    EXPECT_EQ(media_bytes(&d), 40); /* it has caught up, in the middle of the recording */
    EXPECT_EQ(d.watched.journals, 3);
    store_segment(&d);
    EXPECT_EQ(d.watched.journals, 3);
    EXPECT_EQ(ledger_end(d.ledger, 9 * US_PER_S), OK);
    struct findings f = {0};
    EXPECT_EQ(verify_recording(d.archive, ledger_id(d.ledger), findings_say, &f), OK);
    EXPECT_STR(f.first, "");
    desk_end(&d);
}

TEST_BOTH(catalogue_rows_of_another_journal_are_made_anew) {
    struct desk d;
    desk_begin(&d, 3);
    store_segment(&d);
    EXPECT_EQ(db_script(d.archive->catalogue->db, "UPDATE recordings SET chain=NULL;"
                                                  "DELETE FROM segments"),
              OK);
    store_segment(&d);
    EXPECT_EQ(media_bytes(&d), 10);
    EXPECT_EQ(ledger_end(d.ledger, 2 * US_PER_S), OK);
    struct findings f = {0};
    EXPECT_EQ(verify_recording(d.archive, ledger_id(d.ledger), findings_say, &f), OK);
    desk_end(&d);
}

/* The lines of journal object `number`, as they were stored. */
static struct object_plain lines_of(struct desk *d, uint32_t number) {
    struct key_ring ring;
    struct object_plain plain = {0};
    struct object_id o = {
        .type = OBJECT_JOURNAL, .recording = *ledger_id(d->ledger), .number = number};
    CHECK(archive_ring(d->archive, ledger_id(d->ledger), &ring) == OK);
    struct object_access access = archive_access(d->archive, &ring);
    CHECK(object_get(&access, &o, &plain) == OK);
    key_ring_close(&ring);
    return plain;
}

static enum err follow(struct desk *d, const struct object_plain *o) {
    struct catalogue_object x = {
        .recording = *ledger_id(d->ledger), .lines = bytes_of(o->p, o->n), .info = o->info};
    return catalogue_follow(d->archive->catalogue, &x);
}

TEST_BOTH(catalogue_takes_only_the_object_that_is_next_and_whole) {
    struct desk d;
    struct catalogue *c;
    desk_begin(&d, 4);
    store_segment(&d);
    store_segment(&d);
    const struct id *id = ledger_id(d.ledger);
    c = d.archive->catalogue;
    EXPECT_EQ(catalogue_forget(c, id), OK);
    struct object_plain o[4];
    for (uint32_t i = 0; i < 4; i++) {
        o[i] = lines_of(&d, i);
    }
    EXPECT_EQ(follow(&d, &o[1]), ERR_AUTH);
    EXPECT_EQ(follow(&d, &(struct object_plain){.info = o[0].info}), ERR_FORMAT);
    EXPECT_EQ(follow(&d, &o[0]), OK);
    EXPECT_EQ(follow(&d, &o[0]), ERR_AUTH);
    /* Two lines of which the second is broken: none counts. */
    o[1].p[o[1].n - 5] ^= 1;
    EXPECT(follow(&d, &o[1]) != OK);
    EXPECT_EQ(position(&d).entries, 1);
    unsigned tracks = 0;
    struct db_rows *s = db_query(c->db, "SELECT COUNT(*) FROM tracks", "");
    EXPECT_EQ(db_next(s), OK);
    tracks = (unsigned)db_int(s, 0);
    db_done(s);
    EXPECT_EQ(tracks, 0);
    o[1].p[o[1].n - 5] ^= 1;
    for (uint32_t i = 1; i < 4; i++) {
        EXPECT_EQ(follow(&d, &o[i]), OK);
    }
    EXPECT_EQ(media_bytes(&d), 10);
    for (uint32_t i = 0; i < 4; i++) {
        mem_free(o[i].p);
    }
    desk_end(&d);
}

static void machine_sample(struct machine *m, struct sample *s, unsigned dies_at) {
    m->fault.mode = FAULT_DEAD;
    m->fault.at = m->fault.puts + dies_at;
    EXPECT(sample_record(m->archive, 0, s) != OK);
    power_off(m);
}

TEST_BOTH(recovery_lets_the_catalogue_follow_from_where_it_stands) {
    for (unsigned behind = 0; behind < 3; behind++) {
        struct machine m;
        struct sample s;
        struct recovery_report r;
        struct findings f = {0};
        bench_kind(bench_kind_is_postgres()); /* a new one each time */
        machine_begin(&m, 20 + behind);
        machine_sample(&m, &s, 12);
        power_on(&m);
        /* As if the last rows had been lost with the power: all, or all but those of object 0. */
        if (behind == 1) {
            EXPECT_EQ(catalogue_forget(m.archive->catalogue, &s.id), OK);
        } else if (behind == 2) {
            EXPECT_EQ(db_script(m.archive->catalogue->db, "UPDATE recordings SET entries=3"), OK);
        }
        EXPECT_EQ(recovery_run(m.archive, &r), OK);
        EXPECT_EQ(r.closed, 1);
        EXPECT_EQ(verify_recording(m.archive, &s.id, findings_say, &f), OK);
        EXPECT_STR(f.first, "");
        machine_end(&m);
    }
}

/* The store lost the last journal object that the catalogue has seen. What is left looks whole. */
TEST_BOTH(recovery_does_not_close_a_journal_that_ends_before_its_catalogue) {
    struct machine m;
    struct sample s;
    struct recovery_report r;
    struct journal_head at;
    struct recording_row row;
    char name[OBJECT_NAME_MAX];
    machine_begin(&m, 30);
    machine_sample(&m, &s, 12);
    power_on(&m);
    EXPECT_EQ(catalogue_position(m.archive->catalogue, &s.id, &at), OK);
    REQUIRE(at.objects > 1);
    struct object_id o = {.type = OBJECT_JOURNAL, .recording = s.id, .number = at.objects - 1};
    struct memory_object *last = memory_store_find(&m.disk, object_name(&o, name));
    REQUIRE(last);
    struct memory_object kept = *last;
    *last = m.disk.objects[--m.disk.n];
    EXPECT_EQ(recovery_run(m.archive, &r), OK);
    EXPECT_EQ(r.closed, 0);
    EXPECT_EQ(r.damaged, 1);
    EXPECT_EQ(catalogue_recording(m.archive->catalogue, &s.id, &row), OK);
    EXPECT_EQ(row.state, RECORDING_DAMAGED);
    EXPECT_EQ(row.manifest_version, 0);
    m.disk.objects[m.disk.n++] = kept; /* it is found again */
    EXPECT_EQ(recovery_run(m.archive, &r), OK);
    EXPECT_EQ(r.closed, 1);
    machine_end(&m);
}
