#include "recorder/archive/ledger.h"

#include "recorder/archive/recovery.h"
#include "recorder/archive/verify.h"
#include "recorder/catalogue/catalogue_db.h"

#include "tests/unit/recorder/bench_store.h"
#include "tests/unit/recorder/sample_recording.h"
#include "tests/unit/test.h"

struct bench {
    struct scratch scratch;
    struct memory_store disk;
    struct fault_store fault;
    struct rng_seeded state;
    struct archive *archive;
};

static void bench_begin(struct bench *b, uint64_t seed) {
    memset(b, 0, sizeof(*b));
    scratch_begin(&b->scratch);
    memory_store_begin(&b->disk);
    fault_store_begin(&b->fault, &b->disk.store);
    rng_seed(&b->state, seed);
    CHECK(bench_archive(&b->scratch, &b->fault.store, &b->state, &b->archive) == OK);
}

static void bench_end(struct bench *b) {
    archive_close(b->archive);
    memory_store_end(&b->disk);
    scratch_end(&b->scratch);
}

/* Every write to the catalogue fails while this is on, as with a full disk. */
static void catalogue_fails(struct bench *b, bool on) {
    EXPECT_EQ(
        db_script(b->archive->catalogue->db, on ? "PRAGMA query_only=ON" : "PRAGMA query_only=OFF"),
        OK);
}

static struct ledger *begin(struct bench *b) {
    struct entry_start start = {.tour = "demo"};
    struct ledger *l = NULL;
    CHECK(ledger_begin(b->archive, &start, &l) == OK);
    struct entry track = {.type = ENTRY_TRACK}, epoch = {.type = ENTRY_EPOCH};
    track.u.track.track = ID_PROGRAMME;
    track.u.track.codec = CODEC_VP8;
    epoch.u.epoch.track = ID_PROGRAMME;
    CHECK(ledger_add(l, &track) == OK && ledger_add(l, &epoch) == OK);
    return l;
}

static enum err put(struct ledger *l, uint32_t number, const char *media) {
    struct entry_segment seg = {
        .track = ID_PROGRAMME, .number = number, .start = number * US_PER_S, .duration = US_PER_S};
    return ledger_segment(l, (number + 1) * US_PER_S, &seg, bytes_of(media, strlen(media)));
}

static void check_whole(struct bench *b, const struct id *id, uint64_t bytes) {
    struct recording_row row;
    struct findings f = {0};
    EXPECT_EQ(verify_recording(b->archive, id, findings_say, &f), OK);
    EXPECT_STR(f.first, "");
    EXPECT_EQ(catalogue_recording(b->archive->catalogue, id, &row), OK);
    EXPECT_EQ(row.state, RECORDING_COMPLETE);
    EXPECT_EQ(row.bytes, bytes);
}

TEST(ledger_a_recording_does_not_need_the_catalogue) {
    struct bench b;
    bench_begin(&b, 1);
    catalogue_fails(&b, true);
    struct ledger *l = begin(&b);
    struct id id = *ledger_id(l);
    for (uint32_t i = 0; i < 3; i++) {
        EXPECT_EQ(put(l, i, "media"), OK);
        EXPECT_EQ(ledger_flush(l), OK);
    }
    /* It cannot be closed without it, but nothing is lost and it can be tried again. */
    EXPECT(ledger_end(l, 3 * US_PER_S) != OK);
    EXPECT(ledger_end(l, 3 * US_PER_S) != OK);
    catalogue_fails(&b, false);
    EXPECT_EQ(ledger_end(l, 3 * US_PER_S), OK);
    check_whole(&b, &id, 15);
    ledger_free(l);
    bench_end(&b);
}

TEST(ledger_a_catalogue_that_fails_for_a_while_is_caught_up) {
    for (unsigned from = 0; from < 4; from++) {
        struct bench b;
        bench_begin(&b, 2);
        struct ledger *l = begin(&b);
        struct id id = *ledger_id(l);
        for (uint32_t i = 0; i < 4; i++) {
            catalogue_fails(&b, i == from);
            EXPECT_EQ(put(l, i, "media"), OK);
            EXPECT_EQ(ledger_flush(l), OK);
        }
        catalogue_fails(&b, false);
        EXPECT_EQ(ledger_end(l, 4 * US_PER_S), OK);
        check_whole(&b, &id, 20);
        ledger_free(l);
        bench_end(&b);
    }
}

TEST(ledger_track_and_epoch_are_stored_before_their_segments) {
    struct bench b;
    bench_begin(&b, 3);
    struct ledger *l = begin(&b);
    EXPECT_EQ(b.disk.n, 1); /* the start entry */
    EXPECT(ledger_pending(l) > 0);
    EXPECT_EQ(put(l, 0, "media"), OK);
    EXPECT_EQ(b.disk.n, 3);
    EXPECT(strstr(b.disk.objects[1].name, "journal/1.jnl") != NULL);
    EXPECT(strstr(b.disk.objects[2].name, "programme/0-0.seg") != NULL);
    /* If they cannot be, the segment is not either. */
    struct entry epoch = {.type = ENTRY_EPOCH};
    epoch.u.epoch.track = ID_PROGRAMME;
    epoch.u.epoch.number = 1;
    EXPECT_EQ(ledger_add(l, &epoch), OK);
    b.fault.mode = FAULT_ONCE;
    b.fault.error = ERR_NOSPACE;
    EXPECT_EQ(put(l, 1, "media"), ERR_NOSPACE);
    EXPECT_EQ(b.disk.n, 3);
    EXPECT_EQ(put(l, 1, "media"), OK);
    EXPECT_EQ(b.disk.n, 5);
    ledger_free(l);
    bench_end(&b);
}

TEST(ledger_the_same_segment_may_be_put_again_but_not_another) {
    struct bench b;
    bench_begin(&b, 4);
    struct ledger *l = begin(&b);
    struct id id = *ledger_id(l);
    EXPECT_EQ(put(l, 0, "media"), OK);
    EXPECT_EQ(put(l, 0, "other"), ERR_EXISTS);
    b.fault.mode = FAULT_LATE;
    b.fault.at = b.fault.puts;
    EXPECT_EQ(put(l, 1, "media"), ERR_IO);
    EXPECT_EQ(put(l, 1, "media"), OK);
    EXPECT_EQ(ledger_end(l, 2 * US_PER_S), OK);
    check_whole(&b, &id, 10);
    ledger_free(l);
    bench_end(&b);
}

TEST(ledger_nothing_readable_reaches_the_store) {
    static const char *const secrets[] = {"House", "demo", "Ann", "kitchen", "segment", "prev"};
    struct bench b;
    struct sample s;
    static uint8_t media[SAMPLE_MEDIA];
    bench_begin(&b, 5);
    EXPECT_EQ(sample_record(b.archive, 0, &s), OK);
    sample_media(0, media);
    for (size_t i = 0; i < b.disk.n; i++) {
        const struct memory_object *o = &b.disk.objects[i];
        for (size_t k = 0; k < ARRAY_LEN(secrets); k++) {
            EXPECT(memmem(o->p, o->n, secrets[k], strlen(secrets[k])) == NULL);
        }
        EXPECT(memmem(o->p, o->n, media, 16) == NULL);
    }
    bench_end(&b);
}

TEST(ledger_no_two_objects_share_an_iv_or_a_key) {
    struct bench b;
    struct sample first, second;
    bench_begin(&b, 6);
    EXPECT_EQ(sample_record(b.archive, 0, &first), OK);
    EXPECT_EQ(sample_record(b.archive, 0, &second), OK);
    for (size_t i = 0; i < b.disk.n; i++) {
        for (size_t k = 0; k < i; k++) {
            EXPECT(memcmp(b.disk.objects[i].p + FLOE_PARAMS_LEN,
                          b.disk.objects[k].p + FLOE_PARAMS_LEN, FLOE_IV_LEN) != 0);
        }
    }
    struct key_ring rings[2] = {{0}};
    uint8_t keys[4][KEY_LEN];
    EXPECT_EQ(archive_ring_of_rows(b.archive, &first.id, &rings[0]), OK);
    EXPECT_EQ(archive_ring_of_rows(b.archive, &second.id, &rings[1]), OK);
    for (size_t i = 0; i < 4; i++) {
        struct object_keys k = key_ring_objects(&rings[i / 2]);
        struct object_id o = {.type = i % 2 ? OBJECT_MEDIA : OBJECT_JOURNAL};
        o.track = i % 2 ? ID_PROGRAMME : ID_NONE;
        EXPECT_EQ(k.key(k.ctx, &o, keys[i]), OK);
        for (size_t j = 0; j < i; j++) {
            EXPECT(memcmp(keys[i], keys[j], KEY_LEN) != 0);
        }
    }
    key_ring_close(&rings[0]);
    key_ring_close(&rings[1]);
    bench_end(&b);
}

TEST(ledger_an_empty_recording_is_one_too) {
    struct bench b;
    bench_begin(&b, 7);
    struct ledger *l = begin(&b);
    struct id id = *ledger_id(l);
    EXPECT_EQ(ledger_end(l, 0), OK);
    check_whole(&b, &id, 0);
    ledger_free(l);
    EXPECT(ledger_free(NULL) == NULL);
    bench_end(&b);
}

static enum err count_key(void *ctx, const struct id *recording) {
    (void)recording;
    ++*(unsigned *)ctx;
    return OK;
}

static unsigned keys(struct bench *b) {
    unsigned n = 0;
    EXPECT_EQ(wraps_each(b->archive->wraps, count_key, &n), OK);
    return n;
}

/* A failed put may have happened all the same (FAULT_LATE), so the key stays, and a second try goes
 * on with it. */
TEST(ledger_a_start_that_cannot_be_stored_is_tried_again_under_its_key) {
    for (int mode = FAULT_ONCE; mode <= FAULT_LATE; mode++) {
        struct bench b;
        struct entry_start start = {.tour = "demo"};
        struct ledger *l = NULL;
        struct recovery_report r;
        bench_begin(&b, 8);
        b.fault.mode = mode;
        b.fault.error = ERR_NOSPACE;
        EXPECT_EQ(ledger_begin(b.archive, &start, &l), ERR_NOSPACE);
        REQUIRE(l != NULL);
        EXPECT_EQ(keys(&b), 1);
        EXPECT_EQ(ledger_begin(b.archive, &start, &l), OK);
        EXPECT_EQ(keys(&b), 1);
        EXPECT_EQ(b.disk.n, 1);
        struct id id = *ledger_id(l);
        EXPECT_EQ(ledger_end(l, 0), OK);
        check_whole(&b, &id, 0);
        ledger_free(l);
        EXPECT_EQ(recovery_run(b.archive, &r), OK);
        EXPECT_EQ(r.closed + r.rebuilt + r.damaged + r.empty, 0);
        bench_end(&b);
    }
}

TEST(ledger_a_start_that_was_given_up_leaves_nothing_but_its_key) {
    struct bench b;
    struct entry_start start = {.tour = "demo"};
    struct ledger *l = NULL;
    struct recovery_report r;
    bench_begin(&b, 12);
    b.fault.mode = FAULT_ONCE;
    b.fault.error = ERR_NOSPACE;
    EXPECT_EQ(ledger_begin(b.archive, &start, &l), ERR_NOSPACE);
    ledger_free(l);
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_EQ(recovery_run(b.archive, &r), OK);
        EXPECT_EQ(r.empty, 1);
        EXPECT_EQ(r.closed + r.rebuilt + r.damaged + r.failed, 0);
        EXPECT_EQ(b.disk.n, 0);
        EXPECT_EQ(keys(&b), 1);
    }
    bench_end(&b);
}

TEST(ledger_many_segments_and_a_journal_of_many_objects) {
    struct bench b;
    bench_begin(&b, 9);
    struct ledger *l = begin(&b);
    struct id id = *ledger_id(l);
    for (uint32_t i = 0; i < 200; i++) {
        EXPECT_EQ(put(l, i, "0123456789"), OK);
        EXPECT_EQ(ledger_flush(l), OK);
    }
    EXPECT_EQ(ledger_end(l, 200 * US_PER_S), OK);
    check_whole(&b, &id, 2000);
    /* start, epoch with the first segment, 200 flushes, end; 200 segments; the manifest */
    EXPECT_EQ(b.disk.n, 2 + 200 + 1 + 200 + 1);
    ledger_free(l);
    bench_end(&b);
}

TEST(media_objects_are_read_at_any_place) {
    struct bench b;
    struct sample s;
    struct key_ring ring;
    static uint8_t media[SAMPLE_MEDIA], out[SAMPLE_MEDIA];
    bench_begin(&b, 10);
    EXPECT_EQ(sample_record(b.archive, 0, &s), OK);
    EXPECT_EQ(archive_ring_of_rows(b.archive, &s.id, &ring), OK);
    struct object_access access = archive_access(b.archive, &ring);
    struct object_id o = {.type = OBJECT_MEDIA, .recording = s.id, .track = ID_PROGRAMME};
    struct object_reader *r = NULL;
    REQUIRE(object_reader_open(&access, &o, 0, &r) == OK);
    key_ring_close(&ring); /* the reader needs it no more */
    sample_media(0, media);
    static const size_t places[] = {0,     1,     127,   128,   32767, 32768,
                                    65503, 65504, 65505, 65534, 69999};
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        size_t n = SAMPLE_MEDIA - places[i];
        EXPECT_EQ(object_reader_read(r, places[i], out, n), OK);
        EXPECT(memcmp(out, media + places[i], n) == 0);
        EXPECT_EQ(object_reader_read(r, places[i], out, 1), OK);
        EXPECT_EQ(out[0], media[places[i]]);
    }
    uint64_t size = object_reader_size(r);
    EXPECT_EQ(object_reader_read(r, size, out, 0), OK);
    EXPECT_EQ(object_reader_read(r, size, out, 1), ERR_RANGE);
    b.fault.dead = true;
    EXPECT_EQ(object_reader_read(r, 0, out, 1), ERR_IO);
    b.fault.dead = false;
    EXPECT_EQ(object_reader_read(r, 0, out, 1), OK);
    EXPECT(object_reader_close(r) == NULL);
    EXPECT(object_reader_close(NULL) == NULL);
    bench_end(&b);
}

TEST_ALLOC(ledger_without_memory) {
    struct bench b;
    struct entry_start start = {.tour = "demo"};
    struct ledger *l = NULL;
    char why[WHY_MAX];
    memset(&b, 0, sizeof(b));
    scratch_begin(&b.scratch);
    memory_store_begin(&b.disk);
    rng_seed(&b.state, 11);
    struct archive_config c = {.dir = b.scratch.dir,
                               .create_kek = true,
                               .write = true,
                               .store = &b.disk.store,
                               .rng = rng_from_seeded(&b.state)};
    enum err e = archive_open(&c, &b.archive, why);
    e = e == OK ? ledger_begin(b.archive, &start, &l) : e;
    e = e == OK ? put(l, 0, "media") : e;
    e = e == OK ? ledger_end(l, US_PER_S) : e;
    /* A catalogue that lacks memory catches up, and what is recorded does not wait for it. */
    EXPECT(e == OK || (e == ERR_NOMEM && mem_failed()));
    ledger_free(l);
    if (b.archive) {
        /* Whatever failed, what is there can be finished. */
        bool before = mem_failed();
        e = recovery_run(b.archive, NULL);
        EXPECT(e == OK || (e == ERR_NOMEM && !before));
        EXPECT_EQ(e == OK ? OK : recovery_run(b.archive, NULL), OK);
    }
    bench_end(&b);
}
