#include "recorder/db/sql.h"
#include "recorder/seal/ring.h"
#include "recorder/seal/vault.h"

#include "tests/unit/recorder/bench_store.h"
#include "tests/unit/recorder/soft_token.h"
#include "tests/unit/test.h"

#include <unistd.h>

static const struct id recording = {{1, 2, 3}}, track = {{4}}, other_track = {{5}};
static const struct wraps_order order = {{1700000000000000}, "ann", "asked to"};

struct place {
    struct scratch scratch;
    struct rng_seeded state;
    struct rng rng;
    char kek[PATH_MAX], other[PATH_MAX], pin[PATH_MAX], why[WHY_MAX];
    struct wraps *w;
    struct vault *v;
};

static struct vault *vault_of(struct place *p, const struct key_config *c) {
    struct vault *v = NULL;
    CHECK(vault_open(c, &p->rng, &v, p->why) == OK);
    vault_use(v, p->w);
    return v;
}

static struct key_config file_config(const struct place *p) {
    return (struct key_config){.file = {.file = p->kek, .create = true}};
}

static void place_begin(struct place *p) {
    char path[PATH_MAX];
    memset(p, 0, sizeof(*p));
    scratch_begin(&p->scratch);
    rng_seed(&p->state, 2026);
    p->rng = rng_from_seeded(&p->state);
    snprintf(p->kek, sizeof(p->kek), "%s/kek", p->scratch.dir);
    snprintf(p->other, sizeof(p->other), "%s/other", p->scratch.dir);
    snprintf(path, sizeof(path), "%s/wraps.db", p->scratch.dir);
    CHECK(wraps_open(path, true, &p->w) == OK);
    struct key_config c = file_config(p);
    p->v = vault_of(p, &c);
}

static void place_end(struct place *p) {
    vault_close(p->v);
    wraps_close(p->w);
    scratch_end(&p->scratch);
}

static const struct wraps_redaction unnoted;

static enum err object_key(struct key_ring *r, const struct object_id *o, uint8_t ret[KEY_LEN]) {
    struct object_keys k = key_ring_objects(r);
    return k.key(k.ctx, o, ret);
}

static struct object_id media(const struct id *of, uint32_t number) {
    return (struct object_id){
        .type = OBJECT_MEDIA, .recording = recording, .track = *of, .number = number};
}

/* A recording with one person's track and the programme. */
static void make_ring(struct place *p, struct key_ring *r) {
    struct ring_track mine = {track, 7, TRACK_KEYS_TREE},
                      programme = {ID_PROGRAMME, 0, TRACK_KEYS_TREE};
    CHECK(key_ring_new(r, p->v, &recording) == OK);
    CHECK(key_ring_track(r, &mine) == OK && key_ring_track(r, &programme) == OK);
    CHECK(key_ring_add_subject(r, 7) == OK && key_ring_add_subject(r, 7) == OK);
}

static void open_ring(struct place *p, struct key_ring *r) {
    struct ring_track mine = {track, 7, TRACK_KEYS_TREE},
                      programme = {ID_PROGRAMME, 0, TRACK_KEYS_TREE};
    CHECK(key_ring_open(r, p->v, &recording) == OK);
    CHECK(key_ring_track(r, &mine) == OK && key_ring_track(r, &programme) == OK);
}

TEST(ring_every_object_has_its_key) {
    struct place p;
    struct key_ring made, opened;
    struct object_id ids[] = {media(&track, 0),
                              media(&track, 1),
                              media(&ID_PROGRAMME, 0),
                              media(&ID_PROGRAMME, 1),
                              media(&other_track, 0), /* nothing was said of it: one key */
                              {.type = OBJECT_THUMBNAIL, .recording = recording, .track = track}};
    uint8_t keys[ARRAY_LEN(ids)][KEY_LEN], back[KEY_LEN], journal[KEY_LEN];
    struct object_id j = {.type = OBJECT_JOURNAL, .recording = recording};
    place_begin(&p);
    make_ring(&p, &made);
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        EXPECT_EQ(object_key(&made, &ids[i], keys[i]), OK);
        for (size_t k = 0; k < i; k++) {
            EXPECT(memcmp(keys[i], keys[k], KEY_LEN) != 0);
        }
    }
    EXPECT_EQ(object_key(&made, &j, journal), OK);
    EXPECT(memcmp(journal, keys[4], KEY_LEN) == 0);
    /* Before it is settled nobody else could open it. */
    open_ring(&p, &opened);
    EXPECT_EQ(object_key(&opened, &ids[0], back), ERR_AUTH);
    EXPECT_EQ(key_ring_settle(&made), OK);
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        EXPECT_EQ(object_key(&opened, &ids[i], back), OK);
        EXPECT(memcmp(back, keys[i], KEY_LEN) == 0);
    }
    struct ring_track later = {track, 7, 9};
    EXPECT_EQ(key_ring_track(&opened, &later), OK);
    EXPECT_EQ(object_key(&opened, &ids[0], back), ERR_UNSUPPORTED);
    key_ring_close(&made);
    key_ring_close(&opened);
    place_end(&p);
}

/* Who only listens has keys for what they are called. They are not kept in memory, and are the same
 * when they are asked for again. */
TEST(ring_releases_who_has_no_track_and_opens_them_again) {
    struct place p;
    struct key_ring r;
    uint8_t first[8][KEY_LEN], again[KEY_LEN], mine[KEY_LEN];
    struct object_id own = media(&track, 0);
    place_begin(&p);
    make_ring(&p, &r); /* with a track of participant 7 */
    for (unsigned i = 0; i < 8; i++) {
        EXPECT_EQ(key_ring_add_subject(&r, 100 + i), OK);
        EXPECT_EQ(key_ring_text(&r, 100 + i, first[i]), OK);
    }
    EXPECT_EQ(object_key(&r, &own, mine), OK);
    size_t all = r.n_subjects;
    key_ring_release(&r); /* they are nowhere else yet */
    EXPECT_EQ(r.n_subjects, all);
    EXPECT_EQ(key_ring_settle(&r), OK);
    for (int round = 0; round < 2; round++) {
        key_ring_release(&r);
        EXPECT_EQ(r.n_subjects, 1);
        EXPECT_EQ(r.n_stored, 8);
        for (unsigned i = 8; i-- > 0;) {
            EXPECT_EQ(key_ring_add_subject(&r, 100 + i), OK);
            EXPECT_EQ(key_ring_text(&r, 100 + i, again), OK);
            EXPECT(memcmp(first[i], again, KEY_LEN) == 0);
        }
        EXPECT_EQ(key_ring_settle(&r), OK);
    }
    EXPECT_EQ(object_key(&r, &own, again), OK);
    EXPECT(memcmp(mine, again, KEY_LEN) == 0);
    key_ring_close(&r);
    place_end(&p);
}

TEST(ring_a_shredded_person_is_gone_and_the_rest_is_not) {
    struct place p;
    struct key_ring r;
    struct key_context person = {recording, 7}, all = {recording, 0};
    struct object_id mine = media(&track, 0), programme = media(&ID_PROGRAMME, 0);
    uint8_t key[KEY_LEN];
    place_begin(&p);
    make_ring(&p, &r);
    EXPECT_EQ(key_ring_settle(&r), OK);
    key_ring_close(&r);
    EXPECT_EQ(wraps_shred(p.w, &person, &order), OK);
    open_ring(&p, &r);
    EXPECT_EQ(object_key(&r, &mine, key), ERR_GONE);
    EXPECT_EQ(object_key(&r, &programme, key), OK);
    key_ring_close(&r);
    EXPECT_EQ(wraps_shred(p.w, &all, &order), OK);
    EXPECT_EQ(key_ring_open(&r, p.v, &recording), ERR_UNKNOWN);
    key_ring_close(&r);
    place_end(&p);
}

/* Shredded while it is being recorded: what was made stays unsaved, and nothing fails. */
TEST(ring_a_person_shredded_before_the_key_is_stored) {
    struct place p;
    struct key_ring r;
    struct key_context person = {recording, 7};
    place_begin(&p);
    make_ring(&p, &r);
    EXPECT_EQ(key_ring_settle(&r), OK);
    EXPECT_EQ(wraps_shred(p.w, &person, &order), OK);
    key_ring_close(&r);
    open_ring(&p, &r);
    EXPECT_EQ(key_ring_add_subject(&r, 7), OK);
    EXPECT_EQ(key_ring_settle(&r), OK);
    EXPECT_EQ(wraps_get(p.w, &person, &(struct key_wrap){0}), ERR_UNKNOWN);
    key_ring_close(&r);
    place_end(&p);
}

/* Redaction: the keys of a span are destroyed, under a new root key, and nothing else. */
TEST(vault_a_destroyed_span_is_gone_for_good) {
    struct place p;
    struct key_ring r;
    struct keyset set = {0};
    struct keyset_place place = {ID_PROGRAMME, 0};
    struct key_context c = {recording, 0};
    struct key_wrap before, after;
    struct object_id ids[4] = {media(&ID_PROGRAMME, 4), media(&ID_PROGRAMME, 5),
                               media(&ID_PROGRAMME, 6), media(&track, 5)};
    uint8_t keys[4][KEY_LEN], back[KEY_LEN];
    place_begin(&p);
    make_ring(&p, &r);
    EXPECT_EQ(key_ring_settle(&r), OK);
    for (size_t i = 0; i < 4; i++) {
        EXPECT_EQ(object_key(&r, &ids[i], keys[i]), OK);
    }
    key_ring_close(&r);
    EXPECT_EQ(wraps_get(p.w, &c, &before), OK);
    REQUIRE(vault_recording(p.v, &recording, &set) == OK);
    EXPECT_EQ(keyset_list(&set, &place, 1), OK);
    EXPECT_EQ(keyset_puncture(&set, &place, 5, 5), OK);
    EXPECT_EQ(wraps_hold(p.w, &recording, &order), OK);
    EXPECT_EQ(vault_replace(p.v, &c, NULL, &set, &unnoted), ERR_DENIED);
    EXPECT_EQ(wraps_release(p.w, &recording), OK);
    EXPECT_EQ(vault_replace(p.v, &c, NULL, &set, &unnoted), OK);
    keyset_clear(&set);
    EXPECT_EQ(wraps_get(p.w, &c, &after), OK);
    EXPECT(memcmp(before.bytes, after.bytes, before.n) != 0);
    open_ring(&p, &r);
    for (size_t i = 0; i < 4; i++) {
        EXPECT_EQ(object_key(&r, &ids[i], back), i == 1 ? ERR_GONE : OK);
        EXPECT(i == 1 || memcmp(back, keys[i], KEY_LEN) == 0);
    }
    key_ring_close(&r);
    /* The person's own keyset, in the same way, under the recording's new keys. */
    struct keyset whole = {0};
    struct key_context person = {recording, 7};
    struct keyset_place mine = {track, 0};
    REQUIRE(vault_recording(p.v, &recording, &whole) == OK);
    REQUIRE(vault_subject(p.v, &whole, 7, &set) == OK);
    EXPECT_EQ(keyset_list(&set, &mine, 1), OK);
    EXPECT_EQ(keyset_puncture(&set, &mine, 0, 5), OK);
    EXPECT_EQ(vault_replace(p.v, &person, &whole, &set, &unnoted), OK);
    keyset_clear(&set);
    keyset_clear(&whole);
    open_ring(&p, &r);
    EXPECT_EQ(object_key(&r, &ids[3], back), ERR_GONE);
    struct object_id later = media(&track, 6);
    EXPECT_EQ(object_key(&r, &later, back), OK);
    key_ring_close(&r);
    place_end(&p);
}

struct other_hand {
    struct rng rng;
    char path[PATH_MAX];
};

/* While the fresh key is made somebody puts the recording on hold, through a connection of their
 * own. */
static void fill_and_hold(void *ctx, void *p, size_t n) {
    struct other_hand *h = ctx;
    struct wraps *w = NULL;
    rng_fill(&h->rng, p, n);
    CHECK(wraps_open(h->path, false, &w) == OK);
    EXPECT_EQ(wraps_hold(w, &recording, &order), OK);
    wraps_close(w);
}

TEST(vault_a_hold_wins_until_the_last_moment) {
    struct place p;
    struct key_ring r;
    struct keyset set = {0};
    struct keyset_place place = {ID_PROGRAMME, 0};
    struct key_context c = {recording, 0};
    struct key_wrap before, after;
    struct other_hand hand;
    place_begin(&p);
    make_ring(&p, &r);
    key_ring_close(&r);
    EXPECT_EQ(wraps_get(p.w, &c, &before), OK);
    REQUIRE(vault_recording(p.v, &recording, &set) == OK);
    EXPECT_EQ(keyset_list(&set, &place, 1), OK);
    EXPECT_EQ(keyset_puncture(&set, &place, 5, 5), OK);
    hand.rng = p.rng;
    snprintf(hand.path, sizeof(hand.path), "%s/wraps.db", p.scratch.dir);
    p.rng = (struct rng){.ctx = &hand, .fill = fill_and_hold};
    EXPECT_EQ(vault_replace(p.v, &c, NULL, &set, &unnoted), ERR_DENIED);
    EXPECT_EQ(wraps_get(p.w, &c, &after), OK);
    EXPECT(memcmp(before.bytes, after.bytes, before.n) == 0);
    keyset_clear(&set);
    place_end(&p);
}

/* A provider that counts, and fails when it is told to. */
TEST(vault_keys_in_memory_expire_and_belong_to_their_row) {
    struct place p;
    struct key_ring r;
    struct keyset set = {0};
    struct key_context c = {recording, 0};
    struct key_config other = {.file = {.file = NULL, .create = true}};
    place_begin(&p);
    make_ring(&p, &r);
    key_ring_close(&r);
    /* A vault that kept the key, and then loses the key file's content: by a wrap that only the
     * cache can open, since the row is exchanged for one under another key. */
    vault_tick(p.v, 1000);
    EXPECT_EQ(vault_recording(p.v, &recording, &set), OK);
    keyset_clear(&set);
    other.file.file = p.other;
    struct vault *v = vault_of(&p, &other);
    struct key_wrap old, foreign;
    EXPECT_EQ(wraps_get(p.w, &c, &old), OK);
    EXPECT_EQ(vault_probe_make(v, &recording, &foreign), OK);
    struct wraps_change x = {&old, &foreign, bytes_of(NULL, 0)};
    EXPECT_EQ(wraps_replace(p.w, &c, &x), OK);
    EXPECT_EQ(vault_recording(p.v, &recording, &set), ERR_AUTH);
    EXPECT(strstr(vault_why(p.v), "wrong key"));
    /* Under its own row it is opened from memory until its time is over. */
    EXPECT_EQ(vault_recording(v, &recording, &set), OK);
    keyset_clear(&set);
    vault_close(v);
    place_end(&p);
}

TEST(vault_rotates_key_files) {
    struct place p;
    struct key_ring r;
    struct keyset set = {0};
    struct key_context c = {recording, 0};
    struct key_wrap w;
    place_begin(&p);
    make_ring(&p, &r);
    EXPECT_EQ(key_ring_settle(&r), OK);
    key_ring_close(&r);
    EXPECT_EQ(wraps_get(p.w, &c, &w), OK);
    EXPECT(vault_is_current(p.v, &w));
    vault_close(p.v);
    const char *older[] = {p.kek};
    struct key_config both = {
        .file = {.file = p.other, .create = true, .older = older, .n_older = 1}};
    struct key_config only = {.file = {.file = p.other}};
    p.v = vault_of(&p, &both);
    EXPECT_EQ(vault_check(p.v), OK);
    EXPECT(!vault_is_current(p.v, &w));
    EXPECT_EQ(vault_recording(p.v, &recording, &set), OK);
    keyset_clear(&set);
    EXPECT_EQ(vault_rewrap(p.v, &c, &w), OK);
    EXPECT_EQ(vault_rewrap(p.v, &c, &w), ERR_UNKNOWN);
    EXPECT_EQ(wraps_get(p.w, &c, &w), OK);
    EXPECT(vault_is_current(p.v, &w));
    vault_close(p.v);
    p.v = vault_of(&p, &only);
    EXPECT_EQ(vault_recording(p.v, &recording, &set), OK);
    /* Persons are under the recording, whoever wraps that. */
    struct keyset person = {0};
    EXPECT_EQ(vault_subject(p.v, &set, 7, &person), OK);
    keyset_clear(&person);
    keyset_clear(&set);
    place_end(&p);
}

/* An older key file that is named and not there is said; what is there is used. */
TEST(vault_without_an_older_key_file) {
    struct place p;
    struct vault *v = NULL;
    struct key_ring r;
    struct keyset set = {0};
    char gone[PATH_MAX + 8];
    const char *module = soft_token_module();
    if (!module) {
        return;
    }
    place_begin(&p);
    make_ring(&p, &r);
    EXPECT_EQ(key_ring_settle(&r), OK);
    key_ring_close(&r);
    snprintf(gone, sizeof(gone), "%s.gone", p.kek);
    scratch_put(&p.scratch, "pin", SOFT_PIN, p.pin);
    const char *missing[] = {p.kek, gone}, *here[] = {p.kek};
    struct key_config c = {.provider = WRAPPER_PKCS11,
                           .file = {.file = p.kek, .older = missing + 1, .n_older = 1},
                           .pkcs11 = {module, SOFT_TOKEN, "kek-v", p.pin}};
    REQUIRE(soft_token_key("kek-v", 32, false));
    EXPECT_EQ(vault_open(&c, &p.rng, &v, p.why), ERR_FORMAT);
    EXPECT(strstr(p.why, gone));
    c.file = (struct provider_file_config){.file = gone, .older = missing, .n_older = 2};
    EXPECT_EQ(vault_open(&c, &p.rng, &v, p.why), ERR_FORMAT);
    EXPECT(strstr(p.why, gone));
    vault_close(p.v);
    /* The one that would wrap is gone, and wraps nothing here. */
    c.file = (struct provider_file_config){.file = gone, .older = here, .n_older = 1};
    p.v = vault_of(&p, &c);
    EXPECT_EQ(vault_recording(p.v, &recording, &set), OK);
    keyset_clear(&set);
    EXPECT(soft_token_delete("kek-v"));
    place_end(&p);
}

TEST(vault_moves_keys_into_a_token) {
    const char *module = soft_token_module();
    struct place p;
    struct key_ring r;
    struct keyset set = {0};
    struct key_context c = {recording, 0};
    struct key_wrap w;
    if (!module) {
        return;
    }
    place_begin(&p);
    scratch_put(&p.scratch, "pin", SOFT_PIN, p.pin);
    make_ring(&p, &r);
    key_ring_close(&r);
    vault_close(p.v);
    REQUIRE(soft_token_key("kek-v", 32, false));
    struct key_config token = {.provider = WRAPPER_PKCS11,
                               .file = {.file = p.kek},
                               .pkcs11 = {module, SOFT_TOKEN, "kek-v", p.pin}};
    p.v = vault_of(&p, &token);
    EXPECT_EQ(vault_check(p.v), OK);
    EXPECT_EQ(vault_recording(p.v, &recording, &set), OK);
    keyset_clear(&set);
    EXPECT_EQ(wraps_get(p.w, &c, &w), OK);
    EXPECT(!vault_is_current(p.v, &w));
    EXPECT_EQ(vault_rewrap(p.v, &c, &w), OK);
    EXPECT_EQ(wraps_get(p.w, &c, &w), OK);
    EXPECT_STR(w.provider, PROVIDER_PKCS11);
    EXPECT_STR(w.key_id, "kek-v");
    /* The key file is needed no more; the token is. */
    vault_close(p.v);
    CHECK(unlink(p.kek) == 0);
    p.v = vault_of(&p, &token);
    vault_tick(p.v, 5);
    EXPECT_EQ(vault_recording(p.v, &recording, &set), OK);
    keyset_clear(&set);
    soft_token_remove();
    EXPECT_EQ(vault_recording(p.v, &recording, &set), OK); /* from memory */
    keyset_clear(&set);
    vault_tick(p.v, 5 + VAULT_LIFETIME);
    EXPECT_EQ(vault_recording(p.v, &recording, &set), ERR_IO);
    EXPECT(strncmp(vault_why(p.v), "gone", 4) == 0);
    soft_token_insert();
    EXPECT_EQ(vault_recording(p.v, &recording, &set), OK);
    keyset_clear(&set);
    EXPECT(soft_token_delete("kek-v"));
    place_end(&p);
}

/* Of several providers each is asked by itself, and none changes what was said of the last call. */
TEST(vault_says_of_each_provider_whether_it_works) {
    const char *module = soft_token_module();
    struct place p;
    char why[WHY_MAX];
    if (!module) {
        return;
    }
    place_begin(&p);
    scratch_put(&p.scratch, "pin", SOFT_PIN, p.pin);
    REQUIRE(soft_token_key("kek-w", 32, false));
    struct key_config token = {.provider = WRAPPER_PKCS11,
                               .file = {.file = p.kek},
                               .pkcs11 = {module, SOFT_TOKEN, "kek-w", p.pin}};
    vault_close(p.v);
    p.v = vault_of(&p, &token);
    REQUIRE(vault_provider(p.v, 0) && vault_provider(p.v, 1));
    EXPECT_STR(vault_provider(p.v, 0), PROVIDER_PKCS11); /* which wraps */
    EXPECT_STR(vault_provider(p.v, 1), PROVIDER_FILE);
    EXPECT(vault_provider(p.v, 2) == NULL);
    EXPECT(vault_check_provider(p.v, 0, why) == OK && !*why);
    EXPECT(vault_check_provider(p.v, 1, why) == OK && !*why);
    soft_token_remove();
    EXPECT_EQ(vault_check_provider(p.v, 0, why), ERR_IO);
    EXPECT(strncmp(why, "gone:", 5) == 0);
    EXPECT_STR(vault_why(p.v), "");
    EXPECT(vault_check_provider(p.v, 1, why) == OK && !*why);
    soft_token_insert();
    EXPECT(vault_check_provider(p.v, 0, why) == OK && !*why);
    EXPECT(soft_token_delete("kek-w"));
    EXPECT_EQ(vault_check_provider(p.v, 0, why), ERR_IO);
    place_end(&p);
}

static enum err recording_opens(struct place *p) {
    struct keyset set = {0};
    enum err e = vault_recording(p->v, &recording, &set);
    keyset_clear(&set);
    return e;
}

/* The provider is away and the row is put back, as no order could: whether the key is still in
 * memory is seen then. */
TEST(vault_wipes_what_was_shredded_within_a_second) {
    static const char set_aside[] = "CREATE TABLE kept AS SELECT * FROM wraps; DELETE FROM wraps";
    const char *module = soft_token_module();
    struct place p;
    struct key_ring r;
    sqlite3 *db = NULL;
    char path[PATH_MAX];
    if (!module) {
        return;
    }
    place_begin(&p);
    scratch_put(&p.scratch, "pin", SOFT_PIN, p.pin);
    REQUIRE(soft_token_key("kek-s", 32, false));
    struct key_config token = {.provider = WRAPPER_PKCS11,
                               .pkcs11 = {module, SOFT_TOKEN, "kek-s", p.pin}};
    vault_close(p.v);
    p.v = vault_of(&p, &token);
    make_ring(&p, &r);
    key_ring_close(&r);
    vault_tick(p.v, 5);
    EXPECT_EQ(recording_opens(&p), OK);
    soft_token_remove();
    vault_tick(p.v, 5 + 2 * US_PER_S);
    EXPECT_EQ(recording_opens(&p), OK); /* from memory: its row is there */
    snprintf(path, sizeof(path), "%s/wraps.db", p.scratch.dir);
    CHECK(sql_open(path, false, &db) == OK && sql_exec(db, set_aside) == OK);
    EXPECT_EQ(recording_opens(&p), ERR_UNKNOWN); /* at once */
    vault_tick(p.v, 5 + 3 * US_PER_S);
    CHECK(sql_exec(db, "INSERT INTO wraps SELECT * FROM kept") == OK);
    EXPECT_EQ(recording_opens(&p), ERR_IO); /* and out of memory */
    soft_token_insert();
    EXPECT_EQ(recording_opens(&p), OK);
    sqlite3_close(db);
    EXPECT(soft_token_delete("kek-s"));
    place_end(&p);
}

TEST(vault_configurations_that_make_no_sense) {
    struct place p;
    struct vault *v = NULL;
    place_begin(&p);
    struct key_config none = {.provider = WRAPPER_KMS, .file = {.file = p.kek}},
                      token = {.provider = WRAPPER_PKCS11, .file = {.file = p.kek}},
                      nothing = {.provider = WRAPPER_FILE};
    EXPECT_EQ(vault_open(&none, &p.rng, &v, p.why), ERR_FORMAT);
    EXPECT(strstr(p.why, "\"kms\""));
    EXPECT_EQ(vault_open(&token, &p.rng, &v, p.why), ERR_FORMAT);
    EXPECT_EQ(vault_open(&nothing, &p.rng, &v, p.why), ERR_FORMAT);
    EXPECT(vault_close(NULL) == NULL);
    place_end(&p);
}
