#include "base/alloc.h"
#include "recorder/archive/ledger.h"
#include "recorder/archive/recovery.h"
#include "recorder/db/sql.h"
#include "recorder/library/library_parts.h"
#include "recorder/library/library_state.h"
#include "recorder/seal/provider.h"

#include "tests/unit/recorder/bench_store.h"
#include "tests/unit/recorder/sample_recording.h"
#include "tests/unit/recorder/search_files.h"
#include "tests/unit/test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct library_order order = {"ann", "asked to", {1700000000000000}};

/* A recorder's folder with a complete recording, local files and all. */
struct place {
    struct scratch scratch;
    struct rng_seeded state;
    struct archive *archive;
    struct sample sample;
    struct library *library;
    char id[ID_TEXT_MAX], why[WHY_MAX];
};

static void open_library(struct place *p, const struct key_config *keys) {
    struct library_config c = {
        .dir = p->scratch.dir, .keys = keys, .rng = rng_from_seeded(&p->state)};
    library_close(p->library);
    p->library = NULL;
    CHECK(library_open(&c, &p->library, p->why) == OK);
}

static void place_begin(struct place *p, uint64_t seed) {
    memset(p, 0, sizeof(*p));
    scratch_begin(&p->scratch);
    rng_seed(&p->state, seed);
    CHECK(bench_archive(&p->scratch, NULL, &p->state, &p->archive) == OK);
    CHECK(sample_record(p->archive, 0, &p->sample) == OK);
    open_library(p, NULL);
    id_text(&p->sample.id, p->id);
}

static void place_end(struct place *p) {
    library_close(p->library);
    archive_close(p->archive);
    scratch_end(&p->scratch);
}

/* The track of the sample that is not the programme. */
static enum err note_track(void *ctx, const struct track_row *r) {
    if (!id_eq(&r->track.track, &ID_PROGRAMME)) {
        *(struct track_row *)ctx = *r;
    }
    return OK;
}

static struct track_row camera_of(struct place *p) {
    struct track_row r;
    memset(&r, 0, sizeof(r));
    CHECK(catalogue_tracks(p->archive->catalogue, &p->sample.id, note_track, &r) == OK);
    return r;
}

static enum err play(struct place *p, const char *track) {
    struct library_media *m = NULL;
    static uint8_t out[4096];
    enum err e = library_media_open(p->library, p->id, track, 0, &m);
    if (e == OK) {
        e = library_media_read(m, library_media_size(m) - sizeof(out), out, sizeof(out));
    }
    library_media_close(m);
    return e;
}

TEST(library_a_shredded_person_is_gone_and_the_others_are_not) {
    struct place p;
    struct findings f = {0};
    struct key_wrap wrap;
    struct track_row camera;
    struct key_context c;
    char track[ID_TEXT_MAX], *out = NULL;
    place_begin(&p, 1);
    camera = camera_of(&p);
    id_text(&camera.track.track, track);
    c = (struct key_context){p.sample.id, camera.track.participant};
    REQUIRE(wraps_get(p.archive->wraps, &c, &wrap) == OK);
    EXPECT_EQ(play(&p, track), OK);
    EXPECT_EQ(search_files(p.scratch.dir, bytes_of(wrap.bytes, wrap.n)), 1);
    EXPECT_EQ(library_shred_person(p.library, p.id, 0, &order), ERR_UNKNOWN);
    EXPECT_EQ(library_shred_person(p.library, p.id, c.subject + 1, &order), ERR_UNKNOWN);
    EXPECT_EQ(library_shred_person(p.library, p.id, c.subject, &order), OK);
    EXPECT_EQ(search_files(p.scratch.dir, bytes_of(wrap.bytes, wrap.n)), 0);
    EXPECT_EQ(play(&p, track), ERR_UNKNOWN);
    EXPECT_EQ(play(&p, PROGRAMME_TRACK), OK);
    EXPECT_EQ(search_files(p.scratch.dir, bytes_of("Ann", 3)), 0);
    REQUIRE(library_recording_json(p.library, p.id, &out) == OK);
    EXPECT(strstr(out, "Ann") == NULL && strstr(out, "2024-1") != NULL);
    mem_free(out);
    /* What is missing by order is no damage: the next version of the manifest says so. */
    EXPECT_EQ(library_verify(p.library, p.id, findings_say, &f), OK);
    EXPECT_EQ(library_verify_chain(p.library, p.id, findings_say, &f), OK);
    EXPECT_EQ(f.n, 0);
    struct recording_row row;
    EXPECT_EQ(catalogue_recording(p.archive->catalogue, &p.sample.id, &row), OK);
    EXPECT_EQ(row.manifest_version, 2);
    EXPECT_EQ(library_shred_person(p.library, p.id, c.subject, &order), OK); /* said before */
    place_end(&p);
}

/* What a catalogue is made anew of has no name of theirs. */
TEST(library_a_shredded_person_stays_forgotten_when_the_catalogue_is_made_anew) {
    struct place p;
    struct findings f = {0};
    char path[PATH_MAX];
    place_begin(&p, 2);
    uint64_t person = camera_of(&p).track.participant;
    EXPECT_EQ(library_shred_person(p.library, p.id, person, &order), OK);
    p.library = library_close(p.library);
    p.archive = archive_close(p.archive);
    snprintf(path, sizeof(path), "%s/catalogue.db", p.scratch.dir);
    CHECK(unlink(path) == 0);
    CHECK(bench_archive(&p.scratch, NULL, &p.state, &p.archive) == OK);
    EXPECT_EQ(recovery_run(p.archive, NULL), OK);
    open_library(&p, NULL);
    EXPECT_EQ(search_files(p.scratch.dir, bytes_of("Ann", 3)), 0);
    EXPECT_EQ(library_verify_chain(p.library, p.id, findings_say, &f), OK);
    EXPECT_EQ(library_verify(p.library, p.id, findings_say, &f), OK);
    EXPECT_EQ(f.n, 0);
    place_end(&p);
}

TEST(library_after_a_shred_nothing_of_it_is_in_any_file) {
    struct place p;
    struct key_wrap wrap;
    struct key_context c;
    struct key_ring ring;
    struct object_access copy;
    static uint8_t media[SAMPLE_MEDIA];
    place_begin(&p, 3);
    c = (struct key_context){p.sample.id, 0};
    REQUIRE(wraps_get(p.archive->wraps, &c, &wrap) == OK);
    REQUIRE(archive_ring_of_rows(p.archive, &p.sample.id, &ring) == OK);
    copy = archive_access(p.archive, &ring);
    struct object_id o = {.type = OBJECT_MEDIA, .recording = c.recording, .track = ID_PROGRAMME};
    uint8_t key[KEY_LEN];
    EXPECT_EQ(copy.keys.key(copy.keys.ctx, &o, key), OK);
    sample_media(0, media);
    /* Not even before: neither keys nor plaintext are ever in a file. */
    const struct bytes secrets[] = {bytes_of(ring.set.root, KEY_LEN), bytes_of(key, KEY_LEN),
                                    bytes_of(media, 64), bytes_of(media + SAMPLE_MEDIA / 2, 64)};
    for (size_t i = 0; i < ARRAY_LEN(secrets); i++) {
        EXPECT_EQ(search_files(p.scratch.dir, secrets[i]), 0);
    }
    EXPECT_EQ(search_files(p.scratch.dir, bytes_of("House", 5)), 1);
    EXPECT_EQ(search_files(p.scratch.dir, bytes_of(wrap.bytes, wrap.n)), 1);
    EXPECT_EQ(library_shred(p.library, p.id, &order), OK);
    EXPECT_EQ(search_files(p.scratch.dir, bytes_of(wrap.bytes, wrap.n)), 0);
    EXPECT_EQ(search_files(p.scratch.dir, bytes_of("House", 5)), 0);
    EXPECT_EQ(search_files(p.scratch.dir, bytes_of("kitchen", 7)), 0);
    EXPECT_EQ(search_files(p.scratch.dir, bytes_of("Ann", 3)), 0);
    key_ring_close(&ring);
    place_end(&p);
}

/* Whoever kept a copy of the store has nothing without the key. */
TEST(library_a_copy_of_the_store_opens_no_more_after_a_shred) {
    struct machine m;
    struct sample s;
    struct key_ring ring;
    struct memory_object kept;
    machine_begin(&m, 4);
    EXPECT_EQ(sample_record(m.archive, 0, &s), OK);
    struct object_id o = {.type = OBJECT_JOURNAL, .recording = s.id};
    char name[OBJECT_NAME_MAX];
    kept = *memory_store_find(&m.disk, object_name(&o, name));
    EXPECT(kept.n > 0);
    struct key_context c = {s.id, 0};
    struct wraps_order by = {order.at, order.who, order.why};
    EXPECT_EQ(wraps_shred(m.archive->wraps, &c, &by), OK);
    /* The objects are all there still. */
    EXPECT_EQ(archive_ring(m.archive, &s.id, &ring), ERR_UNKNOWN);
    power_off(&m);
    power_on(&m);
    EXPECT_EQ(archive_ring(m.archive, &s.id, &ring), ERR_UNKNOWN);
    machine_end(&m);
}

TEST(library_a_hold_wins_over_everybody) {
    struct place p;
    place_begin(&p, 5);
    uint64_t person = camera_of(&p).track.participant;
    EXPECT_EQ(library_hold(p.library, "none", &order), ERR_UNKNOWN);
    EXPECT_EQ(library_release(p.library, p.id), ERR_UNKNOWN);
    EXPECT_EQ(library_hold(p.library, p.id, &order), OK);
    EXPECT_EQ(library_shred(p.library, p.id, &order), ERR_DENIED);
    EXPECT_EQ(library_shred_person(p.library, p.id, person, &order), ERR_DENIED);
    EXPECT_EQ(play(&p, PROGRAMME_TRACK), OK);
    EXPECT_EQ(library_release(p.library, p.id), OK);
    EXPECT_EQ(library_shred(p.library, p.id, &order), OK);
    EXPECT_EQ(play(&p, PROGRAMME_TRACK), ERR_UNKNOWN);
    place_end(&p);
}

TEST(library_rekey_wraps_everything_under_the_new_key_and_goes_on_where_it_was) {
    struct place p;
    struct library_rekeyed n;
    char old_kek[PATH_MAX], kek[PATH_MAX];
    place_begin(&p, 6);
    struct sample second;
    EXPECT_EQ(sample_record(p.archive, 0, &second), OK);
    EXPECT_EQ(library_rekey(p.library, &n), OK);
    EXPECT_EQ(n.wrapped + n.failed, 0);
    EXPECT_EQ(n.rows, 4); /* two recordings with a person each */
    p.library = library_close(p.library);
    p.archive = archive_close(p.archive);
    snprintf(kek, sizeof(kek), "%s/kek", p.scratch.dir);
    snprintf(old_kek, sizeof(old_kek), "%s/kek.old", p.scratch.dir);
    CHECK(rename(kek, old_kek) == 0);
    const char *older[] = {old_kek};
    struct key_config keys = {.file = {.older = older, .n_older = 1}};
    struct archive_config c = {.dir = p.scratch.dir,
                               .create_kek = true,
                               .keys = &keys,
                               .write = true,
                               .rng = rng_from_seeded(&p.state)};
    REQUIRE(archive_open(&c, &p.archive, p.why) == OK);
    open_library(&p, &keys);
    EXPECT_EQ(library_rekey(p.library, &n), OK);
    EXPECT(n.rows == 4 && n.wrapped == 2 && n.failed == 0);
    EXPECT_EQ(library_rekey(p.library, &n), OK);
    EXPECT(n.rows == 4 && n.wrapped == 0 && n.failed == 0);
    EXPECT_EQ(play(&p, PROGRAMME_TRACK), OK);
    /* The old key is needed no more. */
    p.archive = archive_close(p.archive);
    CHECK(unlink(old_kek) == 0);
    open_library(&p, NULL);
    EXPECT_EQ(play(&p, PROGRAMME_TRACK), OK);
    EXPECT_EQ(play(&p, "none"), ERR_UNKNOWN);
    place_end(&p);
}

TEST(library_rekey_counts_what_it_cannot_open) {
    struct place p;
    struct library_rekeyed n;
    struct key_wrap wrap;
    place_begin(&p, 7);
    struct key_context c = {p.sample.id, 0};
    REQUIRE(wraps_get(p.archive->wraps, &c, &wrap) == OK);
    struct key_wrap damaged = wrap;
    damaged.bytes[20] ^= 1;
    snprintf(damaged.key_id, sizeof(damaged.key_id), "another");
    struct wraps_change x = {&wrap, &damaged, bytes_of(NULL, 0)};
    EXPECT_EQ(wraps_replace(p.archive->wraps, &c, &x), OK);
    EXPECT_EQ(library_rekey(p.library, &n), OK);
    EXPECT(n.rows == 2 && n.wrapped == 0 && n.failed == 1);
    EXPECT(strstr(library_why(p.library), "wrong key"));
    place_end(&p);
}

/* The bytes that a track's file has, and whether all of them can be read. */
static uint64_t readable(struct place *p, const char *track) {
    struct library_media *m = NULL;
    static uint8_t out[4096];
    if (library_media_open(p->library, p->id, track, 0, &m) != OK) {
        return 0;
    }
    uint64_t size = library_media_size(m);
    for (uint64_t at = 0; at < size; at += sizeof(out)) {
        size_t n = size - at < sizeof(out) ? (size_t)(size - at) : sizeof(out);
        EXPECT_EQ(library_media_read(m, at, out, n), OK);
    }
    library_media_close(m);
    return size;
}

/* A catalogue that was damaged is kept beside the new one until somebody is forgotten. */
TEST(library_a_catalogue_that_was_set_aside_is_forgotten_too) {
    struct place p;
    struct recovery_report report;
    char path[PATH_MAX], aside[PATH_MAX + 16];
    place_begin(&p, 9);
    struct track_row camera = camera_of(&p);
    p.library = library_close(p.library);
    p.archive = archive_close(p.archive);
    snprintf(path, sizeof(path), "%s/catalogue.db", p.scratch.dir);
    snprintf(aside, sizeof(aside), "%s.damaged", path);
    int fd = open(path, O_RDWR);
    char junk[64];
    memset(junk, 0xee, sizeof(junk));
    CHECK(fd >= 0 && pwrite(fd, junk, sizeof(junk), 4096) == sizeof(junk));
    close(fd);
    REQUIRE(bench_archive(&p.scratch, NULL, &p.state, &p.archive) == OK);
    EXPECT(p.archive->catalogue_lost && access(aside, F_OK) == 0);
    EXPECT_EQ(recovery_run(p.archive, &report), OK);
    open_library(&p, NULL);
    EXPECT_EQ(access(aside, F_OK), 0);
    EXPECT_EQ(library_shred_person(p.library, p.id, camera.track.participant, &order), OK);
    EXPECT(access(aside, F_OK) != 0);
    static const char *const more[] = {"-wal", "-shm", "-suspect"};
    for (size_t i = 0; i < ARRAY_LEN(more); i++) {
        snprintf(aside, sizeof(aside), "%s.damaged%s", path, more[i]);
        EXPECT(access(aside, F_OK) != 0);
        close(open(aside, O_WRONLY | O_CREAT, 0600));
    }
    EXPECT_EQ(library_shred(p.library, p.id, &order), OK);
    for (size_t i = 0; i < ARRAY_LEN(more); i++) {
        snprintf(aside, sizeof(aside), "%s.damaged%s", path, more[i]);
        EXPECT(access(aside, F_OK) != 0);
    }
    place_end(&p);
}

/* A person's key that is damaged keeps the manifest from saying nothing of what else is gone. */
TEST(library_a_damaged_key_hides_no_other_erasure) {
    struct place p;
    struct findings f = {0};
    struct key_wrap w, broken;
    place_begin(&p, 12);
    struct track_row camera = camera_of(&p);
    struct key_context c = {p.sample.id, camera.track.participant};
    REQUIRE(wraps_get(p.archive->wraps, &c, &w) == OK);
    broken = w;
    broken.bytes[20] ^= 1;
    struct wraps_change x = {.old = &w, .fresh = &broken};
    EXPECT_EQ(wraps_replace(p.archive->wraps, &c, &x), OK);
    struct library_span span = {p.id, PROGRAMME_TRACK, 0, US_PER_S, order};
    EXPECT_EQ(library_redact(p.library, &span), OK);
    EXPECT_EQ(library_verify_chain(p.library, p.id, findings_say, &f), OK);
    EXPECT_EQ(f.n, 0);
    place_end(&p);
}

TEST(library_what_is_damaged_is_not_redacted) {
    struct place p;
    struct key_wrap before, after;
    place_begin(&p, 10);
    struct key_context c = {p.sample.id, 0};
    struct library_span span = {p.id, PROGRAMME_TRACK, 0, US_PER_S, order};
    EXPECT_EQ(wraps_get(p.archive->wraps, &c, &before), OK);
    EXPECT_EQ(catalogue_state(p.archive->catalogue, &p.sample.id, RECORDING_DAMAGED), OK);
    EXPECT_EQ(library_redact(p.library, &span), ERR_WRONG_STATE);
    EXPECT_EQ(wraps_get(p.archive->wraps, &c, &after), OK);
    EXPECT(memcmp(before.bytes, after.bytes, before.n) == 0);
    EXPECT_EQ(catalogue_state(p.archive->catalogue, &p.sample.id, RECORDING_INTERRUPTED), OK);
    EXPECT_EQ(library_redact(p.library, &span), OK);
    place_end(&p);
}

/* Whether the details of the recording have this text. */
static bool says(struct place *p, const char *text) {
    char *json = NULL;
    EXPECT_EQ(library_recording_json(p->library, p->id, &json), OK);
    bool has = json && strstr(json, text);
    if (!has) {
        printf("# %s\n", json ? json : "nothing");
    }
    mem_free(json);
    return has;
}

TEST(library_a_redacted_span_is_gone_and_nothing_else) {
    struct place p;
    struct findings f = {0};
    struct key_wrap wrap, after;
    char track[ID_TEXT_MAX];
    place_begin(&p, 8);
    struct track_row camera = camera_of(&p);
    id_text(&camera.track.track, track);
    struct key_context c = {p.sample.id, 0};
    REQUIRE(wraps_get(p.archive->wraps, &c, &wrap) == OK);
    uint64_t whole = readable(&p, PROGRAMME_TRACK), other = readable(&p, track);
    EXPECT(whole > SAMPLE_MEDIA && other > SAMPLE_MEDIA);
    struct library_span span = {p.id, PROGRAMME_TRACK, 4500 * US_PER_MS, 5 * US_PER_S, order};
    struct library_span nothing = {p.id, PROGRAMME_TRACK, 9999 * US_PER_S, 99999 * US_PER_S, order};
    struct library_span nowhere = {p.id, "00000000000000000000000000000009", 0, 1, order};
    EXPECT_EQ(library_redact(p.library, &nowhere), ERR_UNKNOWN);
    EXPECT_EQ(library_redact(p.library, &nothing), OK);
    EXPECT_EQ(library_hold(p.library, p.id, &order), OK);
    EXPECT_EQ(library_redact(p.library, &span), ERR_DENIED);
    EXPECT_EQ(readable(&p, PROGRAMME_TRACK), whole);
    EXPECT_EQ(library_release(p.library, p.id), OK);
    EXPECT_EQ(library_redact(p.library, &span), OK);
    /* The old root key is in no file, and what is left of the track plays. */
    REQUIRE(wraps_get(p.archive->wraps, &c, &after) == OK);
    EXPECT_EQ(search_files(p.scratch.dir, bytes_of(wrap.bytes, wrap.n)), 0);
    EXPECT_EQ(search_files(p.scratch.dir, bytes_of(after.bytes, after.n)), 1);
    uint64_t left = readable(&p, PROGRAMME_TRACK);
    EXPECT(left < whole && left > SAMPLE_MEDIA / 2);
    EXPECT_EQ(readable(&p, track), other);
    EXPECT_EQ(library_verify(p.library, p.id, findings_say, &f), OK);
    EXPECT_EQ(library_verify_chain(p.library, p.id, findings_say, &f), OK);
    EXPECT_EQ(f.n, 0);
    EXPECT(says(&p, "\"redacted\":[{\"track\":\"programme\",\"from_ms\":4000,\"to_ms\":8000}]"));
    /* A second span, of a person's own track, under what is left of the first. */
    span = (struct library_span){p.id, track, 0, INT64_MAX, order};
    EXPECT_EQ(library_redact(p.library, &span), OK);
    EXPECT_EQ(readable(&p, track), 0);
    EXPECT_EQ(readable(&p, PROGRAMME_TRACK), left);
    EXPECT(says(&p, "{\"track\":\"ca3e0000000000000000000000000000\",\"from_ms\":8000,"
                    "\"to_ms\":16000}]")); /* two segments, one span */
    EXPECT(says(&p, "\"from_ms\":4000,\"to_ms\":8000}"));
    EXPECT_EQ(library_verify(p.library, p.id, findings_say, &f), OK);
    EXPECT_EQ(f.n, 0);
    place_end(&p);
}

static struct entry person_entry(uint64_t participant, const char *name) {
    struct entry e = {.type = ENTRY_PARTICIPANT, .t = US_PER_S};
    e.u.person.participant = participant;
    e.u.person.on = true;
    snprintf(e.u.person.name, sizeof(e.u.person.name), "%s", name);
    return e;
}

/* A recording of one who shows something, to which somebody else listens. */
static struct id record_listener(struct place *p, uint64_t who, const char *name) {
    struct entry_start start = {.tour = "quiet"};
    struct entry guest = person_entry(who, name);
    struct ledger *l = NULL;
    CHECK(ledger_begin(p->archive, &start, &l) == OK);
    struct id id = *ledger_id(l);
    CHECK(ledger_add(l, &guest) == OK && ledger_flush(l) == OK);
    CHECK(ledger_end(l, 2 * US_PER_S) == OK);
    ledger_free(l);
    return id;
}

TEST(library_a_person_who_only_listened_is_forgotten) {
    struct place p;
    struct findings f = {0};
    char id[ID_TEXT_MAX], path[PATH_MAX];
    place_begin(&p, 9);
    struct id quiet = record_listener(&p, 77, "Zacharias");
    id_text(&quiet, id);
    EXPECT_EQ(search_files(p.scratch.dir, bytes_of("zacharias", 9)),
              1); /* the words of the catalogue */
    EXPECT_EQ(library_shred_person(p.library, id, 78, &order), ERR_UNKNOWN);
    EXPECT_EQ(library_shred_person(p.library, p.id, 77, &order), ERR_UNKNOWN);
    EXPECT_EQ(library_hold(p.library, id, &order), OK);
    EXPECT_EQ(library_shred_person(p.library, id, 77, &order), ERR_DENIED);
    EXPECT_EQ(library_release(p.library, id), OK);
    EXPECT_EQ(library_shred_person(p.library, id, 77, &order), OK);
    EXPECT_EQ(library_shred_person(p.library, id, 77, &order), OK); /* said before */
    EXPECT_EQ(search_files(p.scratch.dir, bytes_of("Zacharias", 9)), 0);
    EXPECT_EQ(search_files(p.scratch.dir, bytes_of("zacharias", 9)), 0);
    struct wraps_note note;
    struct key_context c = {quiet, 77};
    REQUIRE(wraps_shredded(p.archive->wraps, &c, &note) == OK);
    EXPECT(note.what.subject == 77 && strcmp(note.who, order.who) == 0);
    EXPECT_EQ(library_verify(p.library, id, findings_say, &f), OK);
    /* And stays so when the catalogue is made anew of the journal, which says it for ever. */
    p.library = library_close(p.library);
    p.archive = archive_close(p.archive);
    snprintf(path, sizeof(path), "%s/catalogue.db", p.scratch.dir);
    CHECK(unlink(path) == 0);
    CHECK(bench_archive(&p.scratch, NULL, &p.state, &p.archive) == OK);
    EXPECT_EQ(recovery_run(p.archive, NULL), OK);
    EXPECT_EQ(search_files(p.scratch.dir, bytes_of("Zacharias", 9)), 0);
    EXPECT_EQ(search_files(p.scratch.dir, bytes_of("zacharias", 9)), 0);
    open_library(&p, NULL);
    EXPECT_EQ(library_verify(p.library, id, findings_say, &f), OK);
    EXPECT_EQ(f.n, 0);
    place_end(&p);
}

/* A row that is lost, and not by order: whoever orders it must not be told that nobody was there.
 */
TEST(library_a_person_whose_key_is_lost_can_be_shredded) {
    struct place p;
    struct findings f = {0};
    sqlite3 *db = NULL;
    char path[PATH_MAX];
    place_begin(&p, 10);
    snprintf(path, sizeof(path), "%s/wraps.db", p.scratch.dir);
    CHECK(sql_open(path, false, &db) == OK);
    CHECK(sql_exec(db, "DELETE FROM wraps WHERE subject<>0") == OK);
    sqlite3_close(db);
    EXPECT_EQ(library_verify(p.library, p.id, findings_say, &f), ERR_AUTH);
    EXPECT_EQ(library_shred_person(p.library, p.id, camera_of(&p).track.participant, &order), OK);
    f.n = 0;
    EXPECT_EQ(library_verify(p.library, p.id, findings_say, &f), OK);
    EXPECT_EQ(f.n, 0);
    place_end(&p);
}

TEST(library_a_person_under_the_key_of_the_recording_cannot_be_shredded_alone) {
    struct place p;
    sqlite3 *db = NULL;
    char path[PATH_MAX];
    place_begin(&p, 11);
    uint64_t person = camera_of(&p).track.participant;
    snprintf(path, sizeof(path), "%s/catalogue.db", p.scratch.dir);
    CHECK(sql_open(path, false, &db) == OK);
    CHECK(sql_exec(db, "UPDATE tracks SET keys=0") == OK); /* as of an earlier release */
    sqlite3_close(db);
    EXPECT_EQ(library_shred_person(p.library, p.id, person, &order), ERR_UNSUPPORTED);
    struct key_context c = {p.sample.id, person};
    EXPECT_EQ(wraps_shredded(p.archive->wraps, &c, NULL), ERR_UNKNOWN); /* nothing was done */
    EXPECT_EQ(search_files(p.scratch.dir, bytes_of("Ann", 3)), 1);
    place_end(&p);
}

static enum err no_remove(void *ctx, const char *name) {
    (void)ctx;
    (void)name;
    return ERR_IO;
}

static enum err read_end(struct library_media *m) {
    static uint8_t out[4096];
    return library_media_read(m, library_media_size(m) - sizeof(out), out, sizeof(out));
}

/* What was ordered holds at once for whoever has the file open, even if the store keeps it. */
TEST(library_an_open_file_of_a_shredded_person_shows_nothing_more) {
    struct place p;
    struct library_config config = {.dir = NULL};
    struct library *other = NULL;
    struct library_media *m = NULL, *programme = NULL;
    char track[ID_TEXT_MAX];
    place_begin(&p, 12);
    struct track_row camera = camera_of(&p);
    id_text(&camera.track.track, track);
    config.dir = p.scratch.dir;
    REQUIRE(library_open(&config, &other, p.why) == OK);
    library_tick(p.library, US_PER_S);
    REQUIRE(library_media_open(p.library, p.id, track, 0, &m) == OK);
    REQUIRE(library_media_open(p.library, p.id, PROGRAMME_TRACK, 0, &programme) == OK);
    EXPECT_EQ(read_end(m), OK);
    EXPECT(library_media_current(m) && !library_media_gone(m));
    other->archive->store.remove = no_remove;
    EXPECT_EQ(library_shred_person(other, p.id, camera.track.participant, &order), ERR_IO);
    EXPECT(!library_media_current(m) && library_media_gone(m));
    EXPECT_EQ(read_end(m), ERR_GONE);
    EXPECT_EQ(library_media_read(m, 0, (uint8_t[1]){0}, 1), ERR_GONE); /* the header as well */
    EXPECT_EQ(read_end(programme), OK);
    EXPECT(library_media_current(programme));
    EXPECT_EQ(library_shred(other, p.id, &order), ERR_IO);
    EXPECT_EQ(read_end(programme), ERR_GONE);
    EXPECT_EQ(read_end(programme), ERR_GONE); /* and for ever */
    library_media_close(m);
    library_media_close(programme);
    library_close(other);
    place_end(&p);
}

/* Wrapped again it is the same file, redacted it is not: then no other bytes come in its place. */
TEST(library_a_download_goes_on_with_keys_wrapped_again_and_not_after_a_redaction) {
    struct place p;
    struct library_media *m = NULL;
    struct key_wrap w, fresh;
    struct key_context c;
    place_begin(&p, 13);
    c = (struct key_context){p.sample.id, 0};
    struct library_file f = {p.id, PROGRAMME_TRACK, 0, 0};
    REQUIRE(library_media_open_file(p.library, &f, &m) == OK);
    f.snapshot = library_media_snapshot(m);
    uint64_t size = library_media_size(m);
    REQUIRE(wraps_get(p.archive->wraps, &c, &w) == OK);
    EXPECT_EQ(vault_rewrap(p.archive->vault, &c, &w), OK);
    REQUIRE(wraps_get(p.archive->wraps, &c, &fresh) == OK);
    EXPECT(memcmp(w.bytes, fresh.bytes, w.n) != 0);
    EXPECT_EQ(read_end(m), ERR_GONE);
    library_media_close(m);
    REQUIRE(library_media_open_file(p.library, &f, &m) == OK);
    EXPECT(library_media_size(m) == size && read_end(m) == OK);
    struct library_span span = {p.id, PROGRAMME_TRACK, 0, US_PER_S, order};
    EXPECT_EQ(library_redact(p.library, &span), OK);
    EXPECT_EQ(read_end(m), ERR_GONE);
    library_media_close(m);
    EXPECT_EQ(library_media_open_file(p.library, &f, &m), ERR_GONE);
    f.snapshot = 0;
    REQUIRE(library_media_open_file(p.library, &f, &m) == OK);
    EXPECT(library_media_size(m) < size && read_end(m) == OK);
    library_media_close(m);
    place_end(&p);
}

/* The present key first, then those of before: whatever was signed here can be checked. */
TEST(library_signers_are_all_that_ever_were) {
    struct place p;
    struct library_signers s;
    uint8_t first[KEY_LEN];
    char path[PATH_MAX];
    place_begin(&p, 90);
    memcpy(first, p.archive->signer.verifying, KEY_LEN);
    EXPECT_EQ(library_signers(p.library, &s), OK);
    EXPECT(s.n == 1 && memcmp(s.keys[0], first, KEY_LEN) == 0);
    p.library = library_close(p.library);
    p.archive = archive_close(p.archive);
    snprintf(path, sizeof(path), "%s/signing_key", p.scratch.dir);
    CHECK(unlink(path) == 0);
    struct archive_config c = {
        .dir = p.scratch.dir, .write = true, .take_signer = true, .rng = rng_from_seeded(&p.state)};
    REQUIRE(archive_open(&c, &p.archive, p.why) == OK);
    open_library(&p, NULL);
    EXPECT_EQ(library_signers(p.library, &s), OK);
    EXPECT_EQ(s.n, 2);
    EXPECT(memcmp(s.keys[0], p.archive->signer.verifying, KEY_LEN) == 0);
    EXPECT(memcmp(s.keys[1], first, KEY_LEN) == 0);
    EXPECT(memcmp(s.keys[0], first, KEY_LEN) != 0);
    /* Whoever knows the first only believes the recording that it signed. */
    struct library_signers known = {.n = 1};
    memcpy(known.keys[0], first, KEY_LEN);
    EXPECT_EQ(library_trust(p.library, &known), OK);
    struct findings f = {0};
    EXPECT_EQ(library_verify(p.library, p.id, findings_say, &f), OK);
    memcpy(known.keys[0], s.keys[0], KEY_LEN);
    EXPECT_EQ(library_trust(p.library, &known), OK);
    EXPECT_EQ(library_verify(p.library, p.id, findings_say, &f), ERR_AUTH);
    place_end(&p);
}

TEST(library_totals_are_of_what_is_not_shredded) {
    struct place p;
    struct library_totals t = {9, 9};
    place_begin(&p, 91);
    EXPECT_EQ(library_totals(p.library, &t), OK);
    EXPECT(t.recordings == 1 && t.bytes > 0);
    EXPECT_EQ(library_shred(p.library, p.id, &order), OK);
    EXPECT_EQ(library_totals(p.library, &t), OK);
    EXPECT(t.recordings == 0 && t.bytes == 0);
    place_end(&p);
}
