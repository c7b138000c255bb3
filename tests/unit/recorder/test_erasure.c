/* What is left of a person after an order to shred: nothing, in any file, in any copy of the store,
 * for anybody who has every key that is still there. With real pictures, sound and databases. */
#include "recorder/archive/backup.h"
#include "recorder/archive/recovery.h"
#include "recorder/library/library_parts.h"
#include "recorder/store/store_local.h"

#include "tests/unit/recorder/bench_store.h"
#include "tests/unit/recorder/feed.h"
#include "tests/unit/recorder/search_files.h"
#include "tests/unit/test.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#define GONE 5 /* who is shredded */
#define STAYS 6
#define GONE_NAME "Wilhelmina Featherstone"
#define GONE_MARK "my grandmother's kitchen"
#define STAYS_NAME "Bartholomew Underhill"

static const struct library_order order = {"ann", "asked to", {1700000000000000}};

struct house {
    struct rig rig;
    struct archive *archive;
    struct library *library;
    struct id id;
    char text[ID_TEXT_MAX], why[WHY_MAX];
    uint8_t picture[64], sound[32]; /* of what they sent */
};

static void say(struct rig *g, int type, uint64_t participant, const char *name) {
    struct recorder_order o = {.tour = TOUR, .participant = participant, .on = true};
    o.type = type;
    snprintf(o.name, sizeof(o.name), "%s", name);
    snprintf(o.title, sizeof(o.title), "%s", type == ORDER_MARK ? name : "");
    snprintf(o.role, sizeof(o.role), "buyer");
    snprintf(o.consent_version, sizeof(o.consent_version), "2024-1");
    recorder_order(g->r, g->now, (wall_t){1700000000000000 + g->now}, &o);
    rig_pump(g);
}

/* A person with camera and microphone, who is on the stage of nobody: the programme is not theirs
 * alone, and keeps what it shows. Another one listens. */
static void record(struct house *h) {
    struct rig *g = &h->rig;
    struct clip video, audio;
    struct feed_list l = {0};
    clip_ivf(&video, "video.ivf");
    clip_ogg(&audio, "audio.ogg");
    us_t t = g->now;
    struct feed_source camera = {.id = 3,
                                 .participant = GONE,
                                 .seq = 70000,
                                 .kind = SOURCE_CAMERA,
                                 .step = 6000,
                                 .at0 = t,
                                 .interval = 66667,
                                 .clip = &video};
    struct feed_source microphone = {.id = 4,
                                     .participant = GONE,
                                     .seq = 9,
                                     .kind = SOURCE_MICROPHONE,
                                     .step = 960,
                                     .at0 = t,
                                     .interval = 20000,
                                     .clip = &audio};
    memcpy(h->picture, video.frame[0].p + video.frame[0].n - 300, sizeof(h->picture));
    memcpy(h->sound, audio.frame[20].p + 4, sizeof(h->sound));
    rig_order(g, ORDER_START);
    say(g, ORDER_PARTICIPANT, GONE, GONE_NAME);
    say(g, ORDER_PARTICIPANT, STAYS, STAYS_NAME);
    feed_tap(&l, &camera, TAP_SOURCE_ON, t);
    feed_tap(&l, &microphone, TAP_SOURCE_ON, t);
    feed_frames(&l, &camera, g->pool, 0, video.n);
    feed_frames(&l, &microphone, g->pool, 0, audio.n);
    feed_sort(&l);
    rig_run(g, &l);
    say(g, ORDER_MARK, GONE, GONE_MARK);
    rig_order(g, ORDER_STOP);
    rig_close(g);
    clip_free(&video);
    clip_free(&audio);
}

static void open_all(struct house *h) {
    struct archive_config a = {
        .dir = h->rig.dir, .write = true, .rng = rng_from_seeded(&h->rig.seed)};
    struct library_config l = {.dir = h->rig.dir, .rng = rng_from_seeded(&h->rig.seed)};
    CHECK(archive_open(&a, &h->archive, h->why) == OK);
    CHECK(library_open(&l, &h->library, h->why) == OK);
}

static void close_all(struct house *h) {
    h->library = library_close(h->library);
    h->archive = archive_close(h->archive);
}

static void house_begin(struct house *h) {
    memset(h, 0, sizeof(*h));
    rig_init(&h->rig);
    CHECK(rig_open(&h->rig) == OK);
    record(h);
    CHECK(id_parse(h->rig.recording, &h->id));
    id_text(&h->id, h->text);
    open_all(h);
}

static void house_end(struct house *h) {
    close_all(h);
    rig_free(&h->rig);
}

static unsigned files_with(struct house *h, const char *text) {
    return search_files(h->rig.dir, bytes_of(text, strlen(text)));
}

/* Every secret of theirs, as it is in memory while they are recorded or played. */
struct secrets {
    struct key_wrap wrap;
    uint8_t root[KEY_LEN], objects[KEY_LEN], text[KEY_LEN], media[KEY_LEN];
    struct id track; /* one of theirs */
};

static enum err note_track(void *ctx, const struct track_row *r) {
    struct secrets *s = ctx;
    if (r->track.participant == GONE && r->track.kind == SOURCE_CAMERA) {
        s->track = r->track.track;
    }
    return OK;
}

static void collect(struct house *h, struct secrets *s) {
    struct key_ring ring;
    struct keyset set;
    struct key_context c = {h->id, GONE};
    memset(s, 0, sizeof(*s));
    CHECK(catalogue_tracks(h->archive->catalogue, &h->id, note_track, s) == OK);
    CHECK(archive_ring_of_rows(h->archive, &h->id, &ring) == OK);
    CHECK(wraps_get(h->archive->wraps, &c, &s->wrap) == OK);
    CHECK(vault_subject(h->archive->vault, &ring.set, GONE, &set) == OK);
    memcpy(s->root, set.root, KEY_LEN);
    CHECK(keyset_single(&set, KEYSET_OBJECTS, s->objects) == OK);
    CHECK(keyset_media(&set, &(struct keyset_place){s->track, 0}, 0, s->media) == OK);
    CHECK(key_ring_text(&ring, GONE, s->text) == OK);
    keyset_clear(&set);
    key_ring_close(&ring);
}

/* Files of the state directory that have something of theirs in clear. */
static unsigned files_with_secrets(struct house *h, const struct secrets *s) {
    const struct bytes all[] = {
        bytes_of(s->root, KEY_LEN),
        bytes_of(s->objects, KEY_LEN),
        bytes_of(s->text, KEY_LEN),
        bytes_of(s->media, KEY_LEN),
        bytes_of(h->picture, sizeof(h->picture)),
        bytes_of(h->sound, sizeof(h->sound)),
    };
    unsigned n = 0;
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        n += search_files(h->rig.dir, all[i]);
    }
    return n;
}

/* What whoever has the store as it was, and every key that is there now, can read of it. */
struct attack {
    struct archive *archive;
    struct key_ring *ring;
    struct store store;
    unsigned objects, opened, journals, with_name, of_theirs;
};

static void try_object(void *ctx, const char *name, uint64_t size) {
    struct attack *a = ctx;
    struct object_id o;
    struct object_plain plain;
    struct ring_track t;
    struct object_access access = {&a->store, key_ring_objects(a->ring), NULL};
    if (!object_parse_name(name, &o) || o.type == OBJECT_MANIFEST) {
        return;
    }
    (void)size;
    a->objects++;
    if (object_get(&access, &o, &plain) != OK) {
        return;
    }
    static const char *const texts[] = {GONE_NAME, GONE_MARK};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        a->with_name += memmem(plain.p, plain.n, texts[i], strlen(texts[i])) != NULL;
    }
    a->opened++;
    a->journals += o.type == OBJECT_JOURNAL;
    a->of_theirs += key_ring_find(a->ring, &o.track, &t) && t.subject == GONE;
    mem_free(plain.p);
}

static void attack(struct house *h, const char *objects, struct attack *a) {
    struct key_ring ring;
    CHECK(archive_ring_of_rows(h->archive, &h->id, &ring) == OK);
    CHECK(store_local_open(objects, &a->store) == OK);
    a->ring = &ring;
    CHECK(a->store.list(a->store.ctx, "recordings/", try_object, a) == OK);
    store_local_close(&a->store);
    key_ring_close(&ring);
}

/* The store's folder as it is, elsewhere. */
static void copy_store(struct house *h, const char *to) {
    char command[PATH_MAX + 256];
    CHECK(snprintf(command, sizeof(command), "cp -r %s/objects %s", h->rig.dir, to) <
          (int)sizeof(command));
    CHECK(system(command) == 0);
}

static void check_json(struct house *h) {
    char *out = NULL;
    REQUIRE(library_recording_json(h->library, h->text, &out) == OK);
    EXPECT(strstr(out, GONE_NAME) == NULL && strstr(out, GONE_MARK) == NULL);
    EXPECT(strstr(out, "\"erased\":true") != NULL && strstr(out, "\"sealed\"") == NULL);
    EXPECT(strstr(out, STAYS_NAME) != NULL);
    EXPECT(strstr(out, "2024-1") != NULL);
    mem_free(out);
}

TEST(erasure_leaves_nothing_of_a_person_in_any_file) {
    struct house h;
    struct secrets s;
    struct findings f = {0};
    struct scratch scratch;
    char copy[PATH_MAX], path[256];
    house_begin(&h);
    collect(&h, &s);
    scratch_begin(&scratch);
    snprintf(copy, sizeof(copy), "%s/objects", scratch.dir);
    copy_store(&h, copy);
    struct attack before = {0}, after = {0};
    attack(&h, copy, &before);
    EXPECT(before.of_theirs > 0 && before.opened == before.objects);
    EXPECT_EQ(before.with_name, 0);
    /* Before: the name is where it is asked for, and the wrap in one place. */
    EXPECT(files_with(&h, GONE_NAME) > 0 && files_with(&h, GONE_MARK) > 0);
    EXPECT(search_files(h.rig.dir, bytes_of(s.wrap.bytes, s.wrap.n)) > 0);
    EXPECT_EQ(files_with_secrets(&h, &s), 0);

    EXPECT_EQ(library_shred_person(h.library, h.text, GONE, &order), OK);
    EXPECT_EQ(files_with(&h, GONE_NAME), 0);
    EXPECT_EQ(files_with(&h, "ilhelmina"), 0); /* nor the words that are searched for */
    EXPECT_EQ(files_with(&h, "eatherstone"), 0);
    EXPECT_EQ(files_with(&h, GONE_MARK), 0);
    EXPECT_EQ(search_files(h.rig.dir, bytes_of(s.wrap.bytes, s.wrap.n)), 0);
    EXPECT_EQ(files_with_secrets(&h, &s), 0);
    EXPECT(files_with(&h, STAYS_NAME) > 0);
    attack(&h, copy, &after);
    EXPECT_EQ(after.objects, before.objects);
    EXPECT_EQ(after.journals, before.journals);
    EXPECT_EQ(after.with_name, 0);
    EXPECT_EQ(after.of_theirs, 0);
    EXPECT_EQ(after.opened, before.opened - before.of_theirs);
    check_json(&h);

    /* The journal is whole, and a catalogue that is made of it has none of it either. */
    EXPECT_EQ(library_verify(h.library, h.text, findings_say, &f), OK);
    EXPECT_EQ(library_verify_chain(h.library, h.text, findings_say, &f), OK);
    EXPECT_EQ(f.n, 0);
    close_all(&h);
    static const char *const parts[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        snprintf(path, sizeof(path), "%s/catalogue.db%s", h.rig.dir, parts[i]);
        unlink(path);
    }
    open_all(&h);
    EXPECT_EQ(recovery_run(h.archive, NULL), OK);
    EXPECT_EQ(files_with(&h, GONE_NAME), 0);
    EXPECT_EQ(files_with(&h, "ilhelmina"), 0);
    EXPECT_EQ(files_with(&h, GONE_MARK), 0);
    check_json(&h);
    EXPECT_EQ(library_verify(h.library, h.text, findings_say, &f), OK);
    EXPECT_EQ(f.n, 0);
    scratch_end(&scratch);
    house_end(&h);
}

/* Of a backup of before nothing comes back, and one of after has nothing. */
TEST(erasure_holds_in_backups) {
    struct house h;
    struct scratch scratch;
    struct backup_report r;
    char before[PATH_MAX], after[PATH_MAX], back[PATH_MAX], newer[PATH_MAX], kek[PATH_MAX];
    char command[4 * PATH_MAX];
    house_begin(&h);
    scratch_begin(&scratch);
    snprintf(before, sizeof(before), "%s/before", scratch.dir);
    snprintf(after, sizeof(after), "%s/after", scratch.dir);
    snprintf(back, sizeof(back), "%s/back", scratch.dir);
    snprintf(newer, sizeof(newer), "%s/wraps.db", h.rig.dir);
    snprintf(kek, sizeof(kek), "%s/kek", h.rig.dir);
    struct backup_order b = {h.rig.dir, before, true, order.at};
    REQUIRE(backup_make(h.archive, &b, &r, h.why) == OK);
    EXPECT(search_files(before, bytes_of(GONE_NAME, strlen(GONE_NAME))) > 0);
    EXPECT_EQ(library_shred_person(h.library, h.text, GONE, &order), OK);
    b.dir = after;
    REQUIRE(backup_make(h.archive, &b, &r, h.why) == OK);
    snprintf(command, sizeof(command), "mkdir %s && cp -p %s %s/kek", back, kek, back);
    CHECK(system(command) == 0);
    struct restore_order x = {before, back, newer};
    REQUIRE(backup_restore(&x, &r, h.why) == OK);
    EXPECT_EQ(r.erased, 1);
    const char *const folders[] = {after, back};
    static const char *const texts[] = {GONE_NAME, "ilhelmina", GONE_MARK};
    for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
        for (size_t k = 0; k < ARRAY_LEN(texts); k++) {
            EXPECT_EQ(search_files(folders[i], bytes_of(texts[k], strlen(texts[k]))), 0);
        }
        EXPECT(search_files(folders[i], bytes_of(STAYS_NAME, strlen(STAYS_NAME))) > 0);
    }
    close_all(&h);
    struct archive_config a = {.dir = back, .write = true, .rng = rng_from_seeded(&h.rig.seed)};
    struct library_config l = {.dir = back, .rng = rng_from_seeded(&h.rig.seed)};
    REQUIRE(archive_open(&a, &h.archive, h.why) == OK);
    EXPECT_EQ(catalogue_forget(h.archive->catalogue, &h.id), OK);
    EXPECT_EQ(recovery_run(h.archive, NULL), OK);
    REQUIRE(library_open(&l, &h.library, h.why) == OK);
    check_json(&h);
    scratch_end(&scratch);
    house_end(&h);
}

/* Ordered while a backup is made: its objects are from before, its wraps from after. An export, in
 * which they are seen, does not come back, although the erasure is no news to that backup. */
TEST(erasure_during_a_backup_brings_no_export_back) {
    struct house h;
    struct scratch scratch;
    struct backup_report r;
    char before[128], after[128], back[128], command[1024], name[OBJECT_NAME_MAX];
    house_begin(&h);
    scratch_begin(&scratch);
    struct object_id o = {.type = OBJECT_EXPORT, .recording = h.id};
    const struct store *s = &h.archive->store;
    CHECK(s->put(s->ctx, object_name(&o, name), bytes_of("made", 4)) == OK);
    snprintf(before, sizeof(before), "%.100s/before", scratch.dir);
    snprintf(after, sizeof(after), "%.100s/after", scratch.dir);
    snprintf(back, sizeof(back), "%.100s/back", scratch.dir);
    struct backup_order b = {h.rig.dir, before, true, order.at};
    REQUIRE(backup_make(h.archive, &b, &r, h.why) == OK);
    EXPECT_EQ(library_shred_person(h.library, h.text, GONE, &order), OK);
    b.dir = after;
    REQUIRE(backup_make(h.archive, &b, &r, h.why) == OK);
    snprintf(command, sizeof(command), "cp %s/wraps.db %s/wraps.db; mkdir %s && cp -p %s/kek %s",
             after, before, back, h.rig.dir, back);
    CHECK(system(command) == 0);
    struct restore_order x = {before, back, NULL};
    REQUIRE(backup_restore(&x, &r, h.why) == OK);
    snprintf(command, sizeof(command), "%s/objects/%s", before, name);
    EXPECT_EQ(access(command, F_OK), 0);
    snprintf(command, sizeof(command), "%s/objects/%s", back, name);
    EXPECT(access(command, F_OK) != 0);
    scratch_end(&scratch);
    house_end(&h);
}

/* Somebody who only listened has a name, too. */
TEST(erasure_of_who_only_listened) {
    struct house h;
    struct findings f = {0};
    char *out = NULL;
    house_begin(&h);
    EXPECT(files_with(&h, STAYS_NAME) > 0);
    EXPECT_EQ(library_shred_person(h.library, h.text, STAYS, &order), OK);
    EXPECT_EQ(files_with(&h, STAYS_NAME), 0);
    EXPECT_EQ(files_with(&h, "artholomew"), 0);
    REQUIRE(library_recording_json(h.library, h.text, &out) == OK);
    EXPECT(strstr(out, GONE_NAME) != NULL && strstr(out, "\"erased\":true") != NULL);
    mem_free(out);
    EXPECT_EQ(library_verify(h.library, h.text, findings_say, &f), OK);
    EXPECT_EQ(f.n, 0);
    house_end(&h);
}

/* The process dies when the first object is to be removed: from then on nothing can be read, and
 * the order, given again, finishes. */
TEST(erasure_that_was_interrupted_is_done_all_the_same) {
    struct house h;
    struct secrets s;
    struct findings f = {0};
    struct fault_store fault;
    house_begin(&h);
    collect(&h, &s);
    h.library = library_close(h.library);
    fault_store_begin(&fault, &h.archive->store);
    struct library_config dying = {
        .dir = h.rig.dir, .store = &fault.store, .rng = rng_from_seeded(&h.rig.seed)};
    REQUIRE(library_open(&dying, &h.library, h.why) == OK);
    fault.dead = true;
    fault.error = ERR_IO;
    EXPECT(library_shred_person(h.library, h.text, GONE, &order) != OK);
    close_all(&h);
    open_all(&h);
    char objects[128];
    struct attack a = {0};
    snprintf(objects, sizeof(objects), "%s/objects", h.rig.dir);
    attack(&h, objects, &a);
    EXPECT(a.objects > a.opened && a.journals > 0); /* their objects are still there */
    EXPECT_EQ(a.of_theirs + a.with_name, 0);
    EXPECT_EQ(search_files(h.rig.dir, bytes_of(s.wrap.bytes, s.wrap.n)), 0);
    EXPECT_EQ(files_with(&h, GONE_NAME), 0);
    EXPECT_EQ(library_shred_person(h.library, h.text, GONE, &order), OK);
    a = (struct attack){0};
    attack(&h, objects, &a);
    EXPECT_EQ(a.opened, a.objects);
    EXPECT_EQ(library_verify(h.library, h.text, findings_say, &f), OK);
    EXPECT_EQ(library_verify_chain(h.library, h.text, findings_say, &f), OK);
    EXPECT_STR(f.first, "");
    check_json(&h);
    house_end(&h);
}

/* Nothing of their name and what they wrote is said or found, and no file has it. */
static void expect_forgotten(struct house *h) {
    struct library_query q = {.person = "Wilhelmina"};
    char *out = NULL;
    check_json(h);
    REQUIRE(library_list_json(h->library, &q, &out) == OK);
    EXPECT(strstr(out, h->text) == NULL);
    mem_free(out);
    EXPECT_EQ(files_with(h, GONE_NAME), 0);
    EXPECT_EQ(files_with(h, "ilhelmina"), 0);
    EXPECT_EQ(files_with(h, GONE_MARK), 0);
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
        struct wraps_order o = {order.at, order.who, order.why};
        EXPECT_EQ(wraps_shred_person(h.archive->wraps, &c, &o), OK);
        close_all(&h);
        snprintf(path, sizeof(path), "%s/catalogue.db", h.rig.dir);
        for (size_t i = 0; i < n; i++) {
            statement(path, done[i]);
        }
        open_all(&h);
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
    close_all(&h);
    snprintf(path, sizeof(path), "%s/catalogue.db", h.rig.dir);
    statement(path, "CREATE TRIGGER refuse BEFORE DELETE ON words BEGIN"
                    " SELECT RAISE(ABORT,'no'); END");
    open_all(&h);
    EXPECT(library_shred_person(h.library, h.text, GONE, &order) != OK);
    EXPECT_EQ(catalogue_is_forgotten(h.archive->catalogue, &h.id, GONE, &forgotten), OK);
    EXPECT(!forgotten && files_with(&h, GONE_MARK) > 0);
    close_all(&h);
    statement(path, "DROP TRIGGER refuse");
    open_all(&h);
    EXPECT_EQ(library_shred_person(h.library, h.text, GONE, &order), OK);
    EXPECT_EQ(catalogue_is_forgotten(h.archive->catalogue, &h.id, GONE, &forgotten), OK);
    EXPECT(forgotten);
    expect_forgotten(&h);
    house_end(&h);
}
