#include "recorder/archive/signers.h"
#include "recorder/archive/verify.h"

#include "recorder/db/sql.h"

#include "recorder/archive/close.h"
#include "recorder/archive/recovery.h"
#include "recorder/archive/replay.h"
#include "recorder/journal/manifest.h"

#include "tests/unit/recorder/bench_store.h"
#include "tests/unit/recorder/sample_recording.h"
#include "tests/unit/test.h"

#include <unistd.h>

struct house {
    struct scratch scratch;
    struct memory_store disk;
    struct rng_seeded state;
    struct archive *archive;
    struct sample sample;
    struct key_ring ring;
};

static void house_begin(struct house *h, uint64_t seed) {
    memset(h, 0, sizeof(*h));
    scratch_begin(&h->scratch);
    memory_store_begin(&h->disk);
    rng_seed(&h->state, seed);
    CHECK(bench_archive(&h->scratch, &h->disk.store, &h->state, &h->archive) == OK);
    CHECK(sample_record(h->archive, 0, &h->sample) == OK);
    CHECK(archive_ring_of_rows(h->archive, &h->sample.id, &h->ring) == OK);
}

static void house_end(struct house *h) {
    key_ring_close(&h->ring);
    archive_close(h->archive);
    memory_store_end(&h->disk);
    scratch_end(&h->scratch);
}

static enum err verify(struct house *h, struct findings *f) {
    memset(f, 0, sizeof(*f));
    return verify_recording(h->archive, &h->sample.id, findings_say, f);
}

TEST(verify_a_whole_recording_has_no_findings) {
    struct house h;
    struct findings f;
    house_begin(&h, 1);
    EXPECT_EQ(verify(&h, &f), OK);
    EXPECT_EQ(f.n, 0);
    struct id other = {{1}};
    EXPECT_EQ(verify_recording(h.archive, &other, findings_say, &f), ERR_UNKNOWN);
    house_end(&h);
}

TEST(verify_names_each_changed_object) {
    struct house h;
    struct findings f;
    house_begin(&h, 2);
    for (size_t i = 0; i < h.disk.n; i++) {
        struct memory_object *o = &h.disk.objects[i];
        for (size_t at = 0; at < o->n; at += o->n / 7 + 1) {
            o->p[at] ^= 0x10;
            EXPECT_EQ(verify(&h, &f), ERR_AUTH);
            EXPECT(strstr(f.first, o->name) != NULL);
            o->p[at] ^= 0x10;
        }
        o->n--;
        EXPECT_EQ(verify(&h, &f), ERR_AUTH);
        EXPECT(strstr(f.first, o->name) != NULL);
        o->n++;
    }
    EXPECT_EQ(verify(&h, &f), OK);
    house_end(&h);
}

TEST(verify_names_each_missing_object) {
    struct house h;
    struct findings f;
    house_begin(&h, 3);
    for (size_t i = 0; i < h.disk.n; i++) {
        char name[OBJECT_NAME_MAX];
        snprintf(name, sizeof(name), "%s", h.disk.objects[i].name);
        h.disk.objects[i].name[0] = 'x';
        EXPECT_EQ(verify(&h, &f), ERR_AUTH);
        EXPECT(strstr(f.first, name) != NULL);
        EXPECT(strstr(f.first, "missing") != NULL);
        h.disk.objects[i].name[0] = 'r';
    }
    house_end(&h);
}

TEST(verify_finds_any_two_objects_exchanged) {
    struct house h;
    struct findings f;
    house_begin(&h, 4);
    for (size_t i = 1; i < h.disk.n; i++) {
        struct memory_object *a = &h.disk.objects[i - 1], *b = &h.disk.objects[i];
        char name[OBJECT_NAME_MAX];
        memcpy(name, a->name, sizeof(name));
        memcpy(a->name, b->name, sizeof(name));
        memcpy(b->name, name, sizeof(name));
        EXPECT_EQ(verify(&h, &f), ERR_AUTH);
        EXPECT(f.n >= 1);
        memcpy(b->name, a->name, sizeof(name));
        memcpy(a->name, name, sizeof(name));
    }
    EXPECT_EQ(verify(&h, &f), OK);
    house_end(&h);
}

TEST(verify_finds_an_extra_object) {
    struct house h;
    struct findings f;
    house_begin(&h, 5);
    struct object_access access = archive_access(h.archive, &h.ring);
    struct object_id o = {.type = OBJECT_MEDIA,
                          .recording = h.sample.id,
                          .track = ID_PROGRAMME,
                          .epoch = 7,
                          .number = 0};
    struct object_info info;
    char name[OBJECT_NAME_MAX];
    /* Authentic even: sealed with the recording's key, but nothing speaks of it. */
    EXPECT_EQ(object_put(&access, &o, bytes_of("x", 1), &info), OK);
    EXPECT_EQ(verify(&h, &f), ERR_AUTH);
    EXPECT_EQ(f.n, 1);
    EXPECT(strstr(f.first, object_name(&o, name)) != NULL);
    house_end(&h);
}

/* Seal other bytes under the name of an object, as one who has the key could. */
static void replace(struct house *h, const struct object_id *o, struct bytes plain) {
    struct object_access access = archive_access(h->archive, &h->ring);
    struct object_info info;
    char name[OBJECT_NAME_MAX];
    EXPECT_EQ(h->disk.store.remove(h->disk.store.ctx, object_name(o, name)), OK);
    EXPECT_EQ(o->type == OBJECT_MANIFEST ? object_put_clear(&h->disk.store, o, plain, &info)
                                         : object_put(&access, o, plain, &info),
              OK);
}

TEST(verify_finds_a_resealed_object) {
    struct house h;
    struct findings f;
    house_begin(&h, 6);
    struct object_id o = {.type = OBJECT_MEDIA,
                          .recording = h.sample.id,
                          .track = ID_PROGRAMME,
                          .epoch = 0,
                          .number = 1};
    replace(&h, &o, bytes_of("other pictures", 14));
    EXPECT_EQ(verify(&h, &f), ERR_AUTH);
    EXPECT(strstr(f.first, "0-1.seg: not the object that was recorded") != NULL);
    house_end(&h);
}

TEST(verify_finds_a_journal_and_manifest_cut_short) {
    struct house h;
    struct findings f;
    struct recording_row row;
    house_begin(&h, 7);
    struct object_id o = {.type = OBJECT_MANIFEST, .recording = h.sample.id, .number = 1};
    struct object_plain plain;
    struct manifest m;
    REQUIRE(object_get_stored(&h.disk.store, &o, &plain) == OK);
    REQUIRE(manifest_decode(bytes_of(plain.p, plain.n), &h.archive->signer, &m) == OK);
    EXPECT_EQ(m.n_objects, h.disk.n - 1);
    EXPECT_EQ(catalogue_recording(h.archive->catalogue, &h.sample.id, &row), OK);
    EXPECT(memcmp(&row.manifest, &plain.info, sizeof(plain.info)) == 0);
    mem_free(plain.p);
    /* A signed manifest that leaves the last object out: not the one the catalogue names. */
    char *text = NULL;
    size_t n = 0;
    m.n_objects--;
    EXPECT_EQ(manifest_encode(&m, &h.archive->signer, &text, &n), OK);
    replace(&h, &o, bytes_of(text, n));
    EXPECT_EQ(verify(&h, &f), ERR_AUTH);
    EXPECT(strstr(f.first, "1.man: not the object that was recorded") != NULL);
    /* Even if the catalogue named it, journal and store disagree. */
    REQUIRE(object_get_stored(&h.disk.store, &o, &plain) == OK);
    EXPECT_EQ(catalogue_manifest(h.archive->catalogue, &h.sample.id, 1, &plain.info), OK);
    mem_free(plain.p);
    EXPECT_EQ(verify(&h, &f), ERR_AUTH);
    EXPECT(f.n >= 2);
    mem_free(text);
    manifest_clear(&m);
    house_end(&h);
}

TEST(verify_finds_a_forged_signature_and_a_foreign_manifest) {
    struct house h;
    struct findings f;
    house_begin(&h, 8);
    struct object_id o = {.type = OBJECT_MANIFEST, .recording = h.sample.id, .number = 1};
    struct object_plain plain;
    struct object_info info;
    REQUIRE(object_get_stored(&h.disk.store, &o, &plain) == OK);
    plain.p[plain.n - 2] = plain.p[plain.n - 2] == '0' ? '1' : '0';
    replace(&h, &o, bytes_of(plain.p, plain.n));
    mem_free(plain.p);
    REQUIRE(object_get_stored(&h.disk.store, &o, &plain) == OK);
    info = plain.info;
    mem_free(plain.p);
    EXPECT_EQ(catalogue_manifest(h.archive->catalogue, &h.sample.id, 1, &info), OK);
    EXPECT_EQ(verify(&h, &f), ERR_AUTH);
    EXPECT(strstr(f.first, "1.man: its signature is not that of this installation") != NULL);
    EXPECT_EQ(catalogue_manifest(h.archive->catalogue, &h.sample.id, 2, &info), OK);
    EXPECT_EQ(verify(&h, &f), ERR_AUTH);
    EXPECT(strstr(f.first, "2.man: missing") != NULL);
    house_end(&h);
}

TEST(verify_finds_a_catalogue_that_says_something_else) {
    struct house h;
    struct findings f;
    house_begin(&h, 9);
    struct entry e = {.type = ENTRY_SEGMENT};
    e.u.segment.track = ID_PROGRAMME;
    e.u.segment.epoch = 1;
    e.u.segment.number = 2;
    EXPECT_EQ(catalogue_apply(h.archive->catalogue, &h.sample.id, &e), OK);
    EXPECT_EQ(verify(&h, &f), ERR_AUTH);
    EXPECT(strstr(f.first, "the catalogue and the manifest disagree") != NULL);
    EXPECT_EQ(catalogue_forget(h.archive->catalogue, &h.sample.id), OK);
    EXPECT_EQ(verify(&h, &f), ERR_UNKNOWN);
    house_end(&h);
}

static enum err chain(struct house *h, struct findings *f) {
    memset(f, 0, sizeof(*f));
    return verify_chain(h->archive, &h->sample.id, findings_say, f);
}

/* Every byte of every object, without any key that reads. */
TEST(verify_chain_names_each_changed_lost_or_extra_object) {
    struct house h;
    struct findings f;
    house_begin(&h, 30);
    EXPECT_EQ(chain(&h, &f), OK);
    EXPECT_EQ(f.n, 0);
    for (size_t i = 0; i < h.disk.n; i++) {
        struct memory_object *o = &h.disk.objects[i];
        for (size_t at = 0; at < o->n; at += o->n / 7 + 1) {
            o->p[at] ^= 0x10;
            EXPECT_EQ(chain(&h, &f), ERR_AUTH);
            EXPECT(strncmp(f.first, o->name, strlen(o->name)) == 0);
            o->p[at] ^= 0x10;
        }
        char kept = o->name[11];
        o->name[11] = '!';
        EXPECT_EQ(chain(&h, &f), ERR_AUTH);
        o->name[11] = kept;
    }
    struct object_id extra = {.type = OBJECT_JOURNAL, .recording = h.sample.id, .number = 99};
    struct object_info info;
    EXPECT_EQ(object_put_clear(&h.disk.store, &extra, bytes_of("x", 1), &info), OK);
    EXPECT_EQ(chain(&h, &f), ERR_AUTH);
    EXPECT(strstr(f.first, "99.jnl: extra") != NULL);
    house_end(&h);
}

static void run_wraps(struct house *h, const char *text) {
    sqlite3 *db = NULL;
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/wraps.db", h->scratch.dir);
    CHECK(sql_open(path, false, &db) == OK);
    CHECK(sql_exec(db, text) == OK);
    sqlite3_close(db);
}

TEST(verify_chain_needs_no_key_but_the_public_one) {
    struct house h;
    struct findings f;
    house_begin(&h, 31);
    key_ring_close(&h.ring);
    archive_close(h.archive);
    char path[PATH_MAX], why[WHY_MAX];
    snprintf(path, sizeof(path), "%s/kek", h.scratch.dir);
    CHECK(remove(path) == 0);
    struct archive_config c = {.dir = h.scratch.dir, .store = &h.disk.store, .no_key = true};
    REQUIRE(archive_open(&c, &h.archive, why) == OK);
    EXPECT_EQ(chain(&h, &f), OK);
    EXPECT_EQ(verify(&h, &f), ERR_DENIED);
    archive_close(h.archive);
    snprintf(path, sizeof(path), "%s/signing_key", h.scratch.dir);
    CHECK(remove(path) == 0);
    REQUIRE(archive_open(&c, &h.archive, why) == OK);
    EXPECT_EQ(chain(&h, &f), OK); /* wraps.db has the public half */
    EXPECT_EQ(f.n, 0);
    run_wraps(&h, "DELETE FROM signers");
    EXPECT_EQ(chain(&h, &f), ERR_DENIED);
    EXPECT(strstr(f.first, "the public key is not here") != NULL);
    house_end(&h);
}

TEST(verify_a_manifest_of_another_installation_is_not_ours) {
    struct house h;
    struct findings f;
    house_begin(&h, 32);
    run_wraps(&h, "UPDATE signers SET verifying=zeroblob(32)");
    EXPECT_EQ(verify(&h, &f), ERR_AUTH);
    EXPECT(strstr(f.first, "1.man: its signature is not that of this installation") != NULL);
    EXPECT_EQ(chain(&h, &f), ERR_AUTH);
    house_end(&h);
}

/* Somebody who has the key from elsewhere believes no wraps.db. */
TEST(verify_with_trusted_keys_asks_nobody_else) {
    struct house h;
    struct findings f;
    uint8_t keys[2][KEY_LEN] = {{1}};
    house_begin(&h, 33);
    memcpy(keys[1], h.archive->signer.verifying, KEY_LEN);
    run_wraps(&h, "UPDATE signers SET verifying=zeroblob(32)");
    EXPECT_EQ(verify(&h, &f), ERR_AUTH);
    EXPECT_EQ(signers_trust(h.archive, (const uint8_t(*)[KEY_LEN])keys, 2), OK);
    EXPECT_EQ(verify(&h, &f), OK);
    EXPECT_EQ(f.n, 0); /* nothing is said of earlier ones: nobody said which is the present one */
    EXPECT_EQ(chain(&h, &f), OK);
    EXPECT_EQ(signers_trust(h.archive, (const uint8_t(*)[KEY_LEN])keys, 1), OK);
    EXPECT_EQ(verify(&h, &f), ERR_AUTH);
    EXPECT(strstr(f.first, "1.man: it is not signed by a key that was given") != NULL);
    EXPECT_EQ(chain(&h, &f), ERR_AUTH);
    house_end(&h);
}

static enum err open_again(struct house *h, bool take_signer, char why[WHY_MAX]) {
    struct archive_config c = {.dir = h->scratch.dir,
                               .create_kek = true,
                               .write = true,
                               .take_signer = take_signer,
                               .store = &h->disk.store,
                               .rng = rng_from_seeded(&h->state)};
    key_ring_close(&h->ring);
    h->archive = archive_close(h->archive);
    return archive_open(&c, &h->archive, why);
}

TEST(archive_a_lost_signing_key_is_not_replaced_in_silence) {
    struct house h;
    struct findings f;
    char path[PATH_MAX], away[PATH_MAX + 8], why[WHY_MAX];
    uint8_t first[KEY_LEN], second[KEY_LEN];
    house_begin(&h, 34);
    snprintf(path, sizeof(path), "%s/signing_key", h.scratch.dir);
    snprintf(away, sizeof(away), "%s.away", path);
    EXPECT_EQ(wraps_signer(h.archive->wraps, first), OK);
    EXPECT(memcmp(first, h.archive->signer.verifying, KEY_LEN) == 0);
    CHECK(rename(path, away) == 0);
    EXPECT_EQ(open_again(&h, false, why), ERR_CRYPTO);
    EXPECT(strstr(why, "missing") && strstr(why, path));
    EXPECT(access(path, F_OK) != 0);
    /* By order a new one is made; what was signed before stays ours. */
    REQUIRE(open_again(&h, true, why) == OK);
    EXPECT(wraps_signer(h.archive->wraps, second) == OK);
    EXPECT(memcmp(first, second, KEY_LEN) != 0);
    EXPECT_EQ(verify(&h, &f), OK);
    EXPECT(strstr(f.first, "1.man: signed by an earlier key of this installation"));
    EXPECT_EQ(f.n, 1);
    REQUIRE(open_again(&h, false, why) == OK);
    EXPECT_EQ(chain(&h, &f), OK);
    /* The old one comes back: another one than signs now, so that again it takes an order. */
    CHECK(rename(away, path) == 0);
    EXPECT_EQ(open_again(&h, false, why), ERR_CRYPTO);
    EXPECT(strstr(why, "another"));
    /* Who only reads does not sign with it, and checks as before. */
    struct archive_config reader = {.dir = h.scratch.dir, .store = &h.disk.store};
    REQUIRE(archive_open(&reader, &h.archive, why) == OK);
    EXPECT(!h.archive->has_signer);
    EXPECT_EQ(chain(&h, &f), OK);
    REQUIRE(open_again(&h, true, why) == OK);
    EXPECT_EQ(verify(&h, &f), OK);
    EXPECT_EQ(f.n, 0);
    house_end(&h);
}

TEST(archive_a_lost_key_file_is_not_made_anew) {
    struct house h;
    char path[PATH_MAX], why[WHY_MAX];
    house_begin(&h, 35);
    snprintf(path, sizeof(path), "%s/kek", h.scratch.dir);
    CHECK(unlink(path) == 0);
    EXPECT(open_again(&h, false, why) != OK);
    EXPECT(strstr(why, path));
    EXPECT(access(path, F_OK) != 0);
    house_end(&h);
}

TEST(verify_says_when_the_key_is_gone) {
    struct house h;
    struct findings f;
    house_begin(&h, 10);
    struct key_context c = {h.sample.id, 0};
    struct wraps_order by = {{5}, "somebody", "a reason"};
    EXPECT_EQ(wraps_shred(h.archive->wraps, &c, &by), OK);
    /* Its objects should be gone as well. */
    EXPECT_EQ(verify(&h, &f), ERR_AUTH);
    EXPECT(strstr(f.first, "left behind by a shred") != NULL);
    EXPECT_EQ(f.n, h.disk.n);
    for (size_t i = 0; i < h.disk.n; i++) {
        mem_free(h.disk.objects[i].p);
    }
    h.disk.n = 0;
    /* What was shredded is no damage (findings 26). */
    EXPECT_EQ(verify(&h, &f), ERR_WRONG_STATE);
    EXPECT_EQ(chain(&h, &f), ERR_WRONG_STATE);
    EXPECT_EQ(f.n, 0);
    house_end(&h);
}

TEST(verify_says_when_a_key_is_lost) {
    struct house h;
    struct findings f;
    sqlite3 *db = NULL;
    char path[PATH_MAX];
    house_begin(&h, 33);
    snprintf(path, sizeof(path), "%s/wraps.db", h.scratch.dir);
    CHECK(sql_open(path, false, &db) == OK);
    CHECK(sql_exec(db, "DELETE FROM wraps WHERE subject=0") == OK);
    sqlite3_close(db);
    EXPECT_EQ(verify(&h, &f), ERR_AUTH);
    EXPECT(strstr(f.first, "its key is lost") != NULL);
    EXPECT_EQ(chain(&h, &f), OK); /* nothing is wrong with what nobody can read */
    house_end(&h);
}

TEST(verify_checks_an_open_recording_so_far) {
    struct house h;
    struct findings f = {0};
    house_begin(&h, 11);
    struct entry_start start = {.tour = "open"};
    struct ledger *l = NULL;
    REQUIRE(ledger_begin(h.archive, &start, &l) == OK);
    struct id id = *ledger_id(l);
    EXPECT_EQ(verify_recording(h.archive, &id, findings_say, &f), OK);
    struct entry_segment seg = {.track = ID_PROGRAMME, .duration = US_PER_S};
    EXPECT_EQ(ledger_segment(l, US_PER_S, &seg, bytes_of("media", 5)), OK);
    EXPECT(seg.info.size > 5);
    EXPECT_EQ(seg.bytes, 5);
    EXPECT(ledger_pending(l) > 0);
    EXPECT_EQ(ledger_flush(l), OK);
    EXPECT_EQ(ledger_pending(l), 0);
    EXPECT_EQ(verify_recording(h.archive, &id, findings_say, &f), OK);
    h.disk.objects[h.disk.n - 2].p[100] ^= 1;
    EXPECT_EQ(verify_recording(h.archive, &id, findings_say, &f), ERR_AUTH);
    EXPECT(strstr(f.first, "0-0.seg: not authentic") != NULL);
    ledger_free(l);
    house_end(&h);
}

static void run_catalogue(struct house *h, const char *sql) {
    char path[PATH_MAX];
    sqlite3 *db = NULL;
    snprintf(path, sizeof(path), "%s/catalogue.db", h->scratch.dir);
    CHECK(sqlite3_open(path, &db) == SQLITE_OK);
    CHECK(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(db);
}

/* Who brings a key wants to know what it signed: "so far so good" is no answer to that. */
TEST(verify_with_trusted_keys_says_that_an_open_recording_is_not_signed) {
    struct house h;
    struct findings f = {0};
    struct entry_start start = {.tour = "open"};
    struct ledger *l = NULL;
    uint8_t any[1][KEY_LEN] = {{7}};
    house_begin(&h, 34);
    REQUIRE(ledger_begin(h.archive, &start, &l) == OK && ledger_flush(l) == OK);
    EXPECT_EQ(verify_recording(h.archive, ledger_id(l), findings_say, &f), OK);
    EXPECT_EQ(signers_trust(h.archive, (const uint8_t(*)[KEY_LEN])any, 1), OK);
    EXPECT_EQ(verify_recording(h.archive, ledger_id(l), findings_say, &f), ERR_AUTH);
    EXPECT(f.n == 1 && strstr(f.first, "is not closed: nothing is signed"));
    memset(&f, 0, sizeof(f));
    EXPECT_EQ(verify_chain(h.archive, ledger_id(l), findings_say, &f), ERR_AUTH);
    EXPECT(f.n == 1 && strstr(f.first, "is not closed: nothing is signed"));
    ledger_free(l);
    house_end(&h);
}

/* The row says that it was never closed, and the end of the journal is taken away. */
TEST(verify_finds_a_catalogue_that_hides_the_manifest) {
    struct house h;
    struct findings f;
    char name[OBJECT_NAME_MAX];
    house_begin(&h, 35);
    run_catalogue(&h, "UPDATE recordings SET manifest_version=0");
    struct object_id o = {.type = OBJECT_JOURNAL, .recording = h.sample.id, .number = 3};
    const struct store *s = &h.disk.store;
    for (; memory_store_find(&h.disk, object_name(&o, name)); o.number++) {
        EXPECT_EQ(s->remove(s->ctx, name), OK);
    }
    EXPECT(o.number > 3);
    EXPECT_EQ(verify(&h, &f), ERR_AUTH);
    EXPECT(f.n == 2 && strstr(f.first, "is not closed: there is no manifest"));
    /* Even while it says that it is being made. */
    run_catalogue(&h, "UPDATE recordings SET state='recording'");
    EXPECT_EQ(verify(&h, &f), ERR_AUTH);
    EXPECT(f.n == 1 && strstr(f.first, "1.man: a manifest that the catalogue does not know"));
    /* And when the manifest is gone, too, a kept key tells. */
    o = (struct object_id){.type = OBJECT_MANIFEST, .recording = h.sample.id, .number = 1};
    EXPECT_EQ(s->remove(s->ctx, object_name(&o, name)), OK);
    EXPECT_EQ(signers_trust(h.archive, (const uint8_t(*)[KEY_LEN])h.archive->signer.verifying, 1),
              OK);
    EXPECT_EQ(verify(&h, &f), ERR_AUTH);
    EXPECT(f.n == 1 && strstr(f.first, "is not closed: nothing is signed"));
    house_end(&h);
}

static struct {
    struct store inner;
    struct ledger *ledger;
} closing;

static enum err list_closing(void *ctx, const char *prefix,
                             void (*each)(void *each_ctx, const char *name, uint64_t size),
                             void *each_ctx) {
    CHECK(ledger_end(closing.ledger, US_PER_S) == OK);
    return closing.inner.list(ctx, prefix, each, each_ctx);
}

TEST(verify_of_what_is_closed_meanwhile_is_to_be_asked_again) {
    struct house h;
    struct findings f = {0};
    struct entry_start start = {.tour = "open"};
    house_begin(&h, 36);
    REQUIRE(ledger_begin(h.archive, &start, &closing.ledger) == OK);
    REQUIRE(ledger_flush(closing.ledger) == OK);
    closing.inner = h.archive->store;
    h.archive->store.list = list_closing;
    EXPECT_EQ(verify_recording(h.archive, ledger_id(closing.ledger), findings_say, &f), ERR_AGAIN);
    h.archive->store.list = closing.inner.list;
    memset(&f, 0, sizeof(f));
    EXPECT_EQ(verify_recording(h.archive, ledger_id(closing.ledger), findings_say, &f), OK);
    EXPECT_EQ(f.n, 0);
    ledger_free(closing.ledger);
    house_end(&h);
}

static void small_track(struct ledger *l, const struct entry_track *t, uint32_t segments) {
    static const uint8_t media[300] = "pictures and sound";
    struct entry track = {.type = ENTRY_TRACK, .u.track = *t};
    struct entry epoch = {.type = ENTRY_EPOCH, .u.epoch = {.track = t->track, .video = CODEC_VP8}};
    CHECK(ledger_add(l, &track) == OK && ledger_add(l, &epoch) == OK);
    for (uint32_t i = 0; i < segments; i++) {
        struct entry_segment seg = {
            .track = t->track, .number = i, .start = i * US_PER_S, .duration = US_PER_S};
        CHECK(ledger_segment(l, (i + 1) * US_PER_S, &seg, bytes_of(media, sizeof(media))) == OK);
        CHECK(ledger_flush(l) == OK);
    }
}

/* A whole recording of a few KiB, with what an ordinary one has: the programme under the keys of
 * the recording, a camera under those of its participant. */
static void small_recording(struct house *h) {
    const struct entry_track programme = {.track = ID_PROGRAMME, .codec = CODEC_VP8};
    const struct entry_track camera = {.track = {{0xca}},
                                       .kind = SOURCE_CAMERA,
                                       .codec = CODEC_VP8,
                                       .source = 3,
                                       .participant = 5};
    struct entry_start start = {.tour = "demo", .title = "House"};
    struct ledger *l = NULL;
    CHECK(ledger_begin(h->archive, &start, &l) == OK);
    small_track(l, &programme, 1);
    small_track(l, &camera, 2);
    CHECK(ledger_end(l, 2 * US_PER_S) == OK);
    h->sample.id = *ledger_id(l);
    ledger_free(l);
    struct key_context c = {h->sample.id, 5};
    struct key_wrap wrap;
    CHECK(wraps_get(h->archive->wraps, &c, &wrap) == OK);
}

/* Not one byte of it may change unseen, with the keys or without. */
TEST(verify_finds_any_flipped_byte_of_a_whole_recording) {
    struct house h;
    struct findings f;
    unsigned bytes = 0, unseen = 0;
    memset(&h, 0, sizeof(h));
    scratch_begin(&h.scratch);
    memory_store_begin(&h.disk);
    rng_seed(&h.state, 20);
    CHECK(bench_archive(&h.scratch, &h.disk.store, &h.state, &h.archive) == OK);
    small_recording(&h);
    EXPECT_EQ(verify(&h, &f), OK);
    for (size_t i = 0; i < h.disk.n; i++) {
        struct memory_object *o = &h.disk.objects[i];
        for (size_t at = 0; at < o->n; at++, bytes++) {
            uint8_t bit = (uint8_t)(1u << (at + i) % 8);
            o->p[at] ^= bit;
            bool named = verify(&h, &f) == ERR_AUTH && strstr(f.first, o->name);
            memset(&f, 0, sizeof(f));
            bool chain = verify_chain(h.archive, &h.sample.id, findings_say, &f) == ERR_AUTH &&
                         strstr(f.first, o->name);
            unseen += !named || !chain;
            o->p[at] ^= bit;
        }
    }
    EXPECT_EQ(verify(&h, &f), OK);
    EXPECT_EQ(unseen, 0);
    EXPECT(bytes > 4000 && bytes <= 65536);
    printf("# %u bytes, each changed once: all found, and the object named\n", bytes);
    archive_close(h.archive);
    memory_store_end(&h.disk);
    scratch_end(&h.scratch);
}

/* A store that is away from its call number `at` on, but lists and answers sizes when told. */
struct outage {
    struct store store, inner;
    unsigned calls, at;
    bool once; /* away for that one call only */
};

static bool is_away(struct outage *o) {
    unsigned call = o->calls++;
    return o->once ? call == o->at : call >= o->at;
}

static enum err away_size(void *ctx, const char *name, uint64_t *ret_size) {
    struct outage *o = ctx;
    return is_away(o) ? ERR_IO : o->inner.size(o->inner.ctx, name, ret_size);
}

static enum err away_read(void *ctx, const char *name, uint64_t at, uint8_t *out, size_t n) {
    struct outage *o = ctx;
    return is_away(o) ? ERR_IO : o->inner.read(o->inner.ctx, name, at, out, n);
}

static enum err away_list(void *ctx, const char *prefix,
                          void (*each)(void *each_ctx, const char *name, uint64_t size),
                          void *each_ctx) {
    struct outage *o = ctx;
    return is_away(o) ? ERR_IO : o->inner.list(o->inner.ctx, prefix, each, each_ctx);
}

static void outage_begin(struct outage *o, struct house *h) {
    memset(o, 0, sizeof(*o));
    o->inner = h->disk.store;
    o->store = (struct store){.ctx = o, .size = away_size, .read = away_read, .list = away_list};
    h->archive->store = o->store;
    o->at = UINT32_MAX;
}

typedef enum err verifier(struct archive *a, const struct id *recording, verify_say *say,
                          void *ctx);

/* Whenever the store goes away, that is what is said, and nothing is called damaged for it. */
static void expect_no_damage(struct house *h, const struct id *id, verifier *run) {
    struct findings f = {0};
    struct outage o;
    outage_begin(&o, h);
    EXPECT_EQ(run(h->archive, id, findings_say, &f), OK);
    unsigned calls = o.calls;
    EXPECT(calls > 3);
    for (unsigned i = 0; i < 2 * calls; i++) {
        o.calls = 0;
        o.at = i / 2;
        o.once = i % 2;
        EXPECT_EQ(run(h->archive, id, findings_say, &f), ERR_IO);
        EXPECT_EQ(f.n, 0);
    }
    h->archive->store = h->disk.store;
}

TEST(verify_an_outage_is_no_damage) {
    struct house h;
    house_begin(&h, 34);
    expect_no_damage(&h, &h.sample.id, verify_recording);
    expect_no_damage(&h, &h.sample.id, verify_chain);
    /* Of one that is being made: where its journal ends is not known either. */
    struct entry_start start = {.tour = "open"};
    struct entry_segment seg = {.track = ID_PROGRAMME, .duration = US_PER_S};
    struct ledger *l = NULL;
    REQUIRE(ledger_begin(h.archive, &start, &l) == OK);
    struct id id = *ledger_id(l);
    EXPECT_EQ(ledger_segment(l, US_PER_S, &seg, bytes_of("media", 5)), OK);
    EXPECT_EQ(ledger_flush(l), OK);
    expect_no_damage(&h, &id, verify_recording);
    ledger_free(l);
    house_end(&h);
}

static enum err note_camera(void *ctx, const struct track_row *r) {
    if (!id_eq(&r->track.track, &ID_PROGRAMME)) {
        *(struct track_row *)ctx = *r;
    }
    return OK;
}

static bool is_of_camera(const char *name, const struct track_row *camera) {
    struct object_id o;
    return object_parse_name(name, &o) && id_eq(&o.track, &camera->track.track);
}

static void remove_of(struct house *h, const struct track_row *camera) {
    for (size_t i = 0; i < h->disk.n; i++) {
        if (is_of_camera(h->disk.objects[i].name, camera)) {
            char name[OBJECT_NAME_MAX];
            snprintf(name, sizeof(name), "%s", h->disk.objects[i--].name);
            EXPECT_EQ(h->disk.store.remove(h->disk.store.ctx, name), OK);
        }
    }
}

/* The order was given, but the store did not remove what it has, and no manifest says so yet. */
TEST(verify_names_what_is_left_of_a_shredded_person) {
    struct house h;
    struct findings f;
    struct track_row camera;
    unsigned left = 0;
    house_begin(&h, 35);
    CHECK(catalogue_tracks(h.archive->catalogue, &h.sample.id, note_camera, &camera) == OK);
    struct key_context c = {h.sample.id, camera.track.participant};
    struct wraps_order by = {{5}, "somebody", "a reason"};
    EXPECT_EQ(wraps_shred(h.archive->wraps, &c, &by), OK);
    for (size_t i = 0; i < h.disk.n; i++) {
        left += is_of_camera(h.disk.objects[i].name, &camera);
    }
    EXPECT(left > 0);
    EXPECT_EQ(verify(&h, &f), ERR_AUTH);
    EXPECT(f.n == left && strstr(f.first, "erased, but still stored") != NULL);
    EXPECT_EQ(chain(&h, &f), ERR_AUTH);
    EXPECT(f.n == left && strstr(f.first, "erased, but still stored") != NULL);
    /* The manifest says that it was erased: it is there all the same. */
    EXPECT_EQ(close_again(h.archive, &h.sample.id), OK);
    EXPECT_EQ(chain(&h, &f), ERR_AUTH);
    EXPECT(f.n == left && strstr(f.first, "erased, but still stored") != NULL);
    remove_of(&h, &camera);
    EXPECT_EQ(verify(&h, &f), OK);
    EXPECT_EQ(chain(&h, &f), OK);
    house_end(&h);
}

static void expect_second_manifest_named(struct house *h,
                                         enum err (*run)(struct house *, struct findings *)) {
    struct findings f;
    EXPECT_EQ(run(h, &f), ERR_AUTH);
    EXPECT(f.n >= 1 && strstr(f.first, "manifest/2.man") != NULL);
}

/* The manifest of before an erasure is authentic, and so are the objects that it lists: but it is
 * not the one that the catalogue names. */
TEST(verify_finds_an_older_manifest_that_is_replayed) {
    struct house h;
    struct findings f;
    struct track_row camera;
    struct object_plain first;
    char name[OBJECT_NAME_MAX];
    house_begin(&h, 36);
    CHECK(catalogue_tracks(h.archive->catalogue, &h.sample.id, note_camera, &camera) == OK);
    struct object_id o = {.type = OBJECT_MANIFEST, .recording = h.sample.id, .number = 1};
    REQUIRE(object_get_stored(&h.disk.store, &o, &first) == OK);
    struct key_context c = {h.sample.id, camera.track.participant};
    struct wraps_order by = {{5}, "somebody", "a reason"};
    EXPECT_EQ(wraps_shred(h.archive->wraps, &c, &by), OK);
    remove_of(&h, &camera);
    EXPECT_EQ(close_again(h.archive, &h.sample.id), OK);
    EXPECT_EQ(verify(&h, &f), OK);
    /* In the place of the second one. */
    o.number = 2;
    replace(&h, &o, bytes_of(first.p, first.n));
    expect_second_manifest_named(&h, verify);
    expect_second_manifest_named(&h, chain);
    /* Or the second one is taken away, so that it is the last that is there. */
    EXPECT_EQ(h.disk.store.remove(h.disk.store.ctx, object_name(&o, name)), OK);
    expect_second_manifest_named(&h, verify);
    expect_second_manifest_named(&h, chain);
    mem_free(first.p);
    house_end(&h);
}
