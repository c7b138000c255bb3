/* What is left of a person after an order to shred: nothing, in any file, in any copy of the store,
 * for anybody who has every key that is still there. With real pictures, sound and databases. */
#include "recorder/store/store_local.h"

#include "tests/unit/recorder/bench_house.h"
#include "tests/unit/recorder/search_files.h"
#include "tests/unit/test.h"

#include <stdlib.h>
#include <unistd.h>

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

TEST(erasure_leaves_nothing_of_a_person_in_any_file) {
    struct house h;
    struct secrets s;
    struct findings f = {0};
    struct scratch scratch;
    char copy[PATH_MAX], path[256];
    house_begin(&h);
    house_secrets(&h, &s);
    scratch_begin(&scratch);
    snprintf(copy, sizeof(copy), "%s/objects", scratch.dir);
    copy_store(&h, copy);
    struct attack before = {0}, after = {0};
    attack(&h, copy, &before);
    EXPECT(before.of_theirs > 0 && before.opened == before.objects);
    EXPECT_EQ(before.with_name, 0);
    /* Before: the name is where it is asked for, and the wrap in one place. */
    EXPECT(house_files_with(&h, GONE_NAME) > 0 && house_files_with(&h, GONE_MARK) > 0);
    EXPECT(search_files(h.rig.dir, bytes_of(s.wrap.bytes, s.wrap.n)) > 0);
    EXPECT_EQ(files_with_secrets(&h, &s), 0);

    EXPECT_EQ(library_shred_person(h.library, h.text, GONE, &house_order), OK);
    EXPECT_EQ(house_files_with(&h, GONE_NAME), 0);
    EXPECT_EQ(house_files_with(&h, "ilhelmina"), 0); /* nor the words that are searched for */
    EXPECT_EQ(house_files_with(&h, "eatherstone"), 0);
    EXPECT_EQ(house_files_with(&h, GONE_MARK), 0);
    EXPECT_EQ(search_files(h.rig.dir, bytes_of(s.wrap.bytes, s.wrap.n)), 0);
    EXPECT_EQ(files_with_secrets(&h, &s), 0);
    EXPECT(house_files_with(&h, STAYS_NAME) > 0);
    attack(&h, copy, &after);
    EXPECT_EQ(after.objects, before.objects);
    EXPECT_EQ(after.journals, before.journals);
    EXPECT_EQ(after.with_name, 0);
    EXPECT_EQ(after.of_theirs, 0);
    EXPECT_EQ(after.opened, before.opened - before.of_theirs);
    house_expect_erased(&h);

    /* The journal is whole, and a catalogue that is made of it has none of it either. */
    EXPECT_EQ(library_verify(h.library, h.text, findings_say, &f), OK);
    EXPECT_EQ(library_verify_chain(h.library, h.text, findings_say, &f), OK);
    EXPECT_EQ(f.n, 0);
    house_close(&h);
    static const char *const parts[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        snprintf(path, sizeof(path), "%s/catalogue.db%s", h.rig.dir, parts[i]);
        unlink(path);
    }
    house_open(&h);
    EXPECT_EQ(recovery_run(h.archive, NULL), OK);
    EXPECT_EQ(house_files_with(&h, GONE_NAME), 0);
    EXPECT_EQ(house_files_with(&h, "ilhelmina"), 0);
    EXPECT_EQ(house_files_with(&h, GONE_MARK), 0);
    house_expect_erased(&h);
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
    struct backup_order b = {h.rig.dir, before, true, house_order.at, NULL};
    REQUIRE(backup_make(h.archive, &b, &r, h.why) == OK);
    EXPECT(search_files(before, bytes_of(GONE_NAME, strlen(GONE_NAME))) > 0);
    EXPECT_EQ(library_shred_person(h.library, h.text, GONE, &house_order), OK);
    b.dir = after;
    REQUIRE(backup_make(h.archive, &b, &r, h.why) == OK);
    snprintf(command, sizeof(command), "mkdir %s && cp -p %s %s/kek", back, kek, back);
    CHECK(system(command) == 0);
    struct restore_order x = {before, back, newer, NULL};
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
    house_close(&h);
    struct archive_config a = {.dir = back, .write = true, .rng = rng_from_seeded(&h.rig.seed)};
    struct library_config l = {.dir = back, .rng = rng_from_seeded(&h.rig.seed)};
    REQUIRE(archive_open(&a, &h.archive, h.why) == OK);
    EXPECT_EQ(catalogue_forget(h.archive->catalogue, &h.id), OK);
    EXPECT_EQ(recovery_run(h.archive, NULL), OK);
    REQUIRE(library_open(&l, &h.library, h.why) == OK);
    house_expect_erased(&h);
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
    struct backup_order b = {h.rig.dir, before, true, house_order.at, NULL};
    REQUIRE(backup_make(h.archive, &b, &r, h.why) == OK);
    EXPECT_EQ(library_shred_person(h.library, h.text, GONE, &house_order), OK);
    b.dir = after;
    REQUIRE(backup_make(h.archive, &b, &r, h.why) == OK);
    snprintf(command, sizeof(command), "cp %s/wraps.db %s/wraps.db; mkdir %s && cp -p %s/kek %s",
             after, before, back, h.rig.dir, back);
    CHECK(system(command) == 0);
    struct restore_order x = {before, back, NULL, NULL};
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
    EXPECT(house_files_with(&h, STAYS_NAME) > 0);
    EXPECT_EQ(library_shred_person(h.library, h.text, STAYS, &house_order), OK);
    EXPECT_EQ(house_files_with(&h, STAYS_NAME), 0);
    EXPECT_EQ(house_files_with(&h, "artholomew"), 0);
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
    house_secrets(&h, &s);
    h.library = library_close(h.library);
    fault_store_begin(&fault, &h.archive->store);
    struct library_config dying = {
        .dir = h.rig.dir, .store = &fault.store, .rng = rng_from_seeded(&h.rig.seed)};
    REQUIRE(library_open(&dying, &h.library, h.why) == OK);
    fault.dead = true;
    fault.error = ERR_IO;
    EXPECT(library_shred_person(h.library, h.text, GONE, &house_order) != OK);
    house_close(&h);
    house_open(&h);
    char objects[128];
    struct attack a = {0};
    snprintf(objects, sizeof(objects), "%s/objects", h.rig.dir);
    attack(&h, objects, &a);
    EXPECT(a.objects > a.opened && a.journals > 0); /* their objects are still there */
    EXPECT_EQ(a.of_theirs + a.with_name, 0);
    EXPECT_EQ(search_files(h.rig.dir, bytes_of(s.wrap.bytes, s.wrap.n)), 0);
    EXPECT_EQ(house_files_with(&h, GONE_NAME), 0);
    EXPECT_EQ(library_shred_person(h.library, h.text, GONE, &house_order), OK);
    a = (struct attack){0};
    attack(&h, objects, &a);
    EXPECT_EQ(a.opened, a.objects);
    EXPECT_EQ(library_verify(h.library, h.text, findings_say, &f), OK);
    EXPECT_EQ(library_verify_chain(h.library, h.text, findings_say, &f), OK);
    EXPECT_STR(f.first, "");
    house_expect_erased(&h);
    house_end(&h);
}
