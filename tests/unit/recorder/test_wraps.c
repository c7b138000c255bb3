#include "recorder/seal/wraps.h"

#include "recorder/db/sql.h"

#include "tests/unit/recorder/bench_store.h"
#include "tests/unit/test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct wraps_order order = {{1700000000000000}, "ann", "asked to"};

struct place {
    struct scratch scratch;
    char path[PATH_MAX];
    struct rng_seeded state;
    struct rng rng;
    struct wraps *w;
};

static void place_begin(struct place *p) {
    memset(p, 0, sizeof(*p));
    scratch_begin(&p->scratch);
    rng_seed(&p->state, 2026);
    p->rng = rng_from_seeded(&p->state);
    snprintf(p->path, sizeof(p->path), "%s/wraps.db", p->scratch.dir);
}

static void place_open(struct place *p) {
    CHECK(wraps_open(p->path, true, &p->w) == OK);
}

static void place_end(struct place *p) {
    wraps_close(p->w);
    scratch_end(&p->scratch);
}

static struct key_wrap make_wrap(struct place *p, const char *key_id) {
    struct key_wrap w = {.provider = PROVIDER_FILE, .version = 2, .n = 60};
    snprintf(w.key_id, sizeof(w.key_id), "%s", key_id);
    rng_fill(&p->rng, w.bytes, w.n);
    return w;
}

static struct key_context at(uint8_t recording, uint64_t subject) {
    return (struct key_context){{{recording}}, subject};
}

/* Whether a file of the database holds these bytes. */
static bool files_hold(const struct place *p, const struct key_wrap *w) {
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    static uint8_t data[1 << 20];
    bool found = false;
    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
        char path[PATH_MAX + 8];
        snprintf(path, sizeof(path), "%s%s", p->path, suffixes[i]);
        int fd = open(path, O_RDONLY);
        ssize_t got = fd < 0 ? 0 : read(fd, data, sizeof(data));
        found = found || (got > 0 && memmem(data, (size_t)got, w->bytes, w->n) != NULL);
        if (fd >= 0) {
            close(fd);
        }
    }
    return found;
}

TEST(wraps_rows_keep_who_wrapped_them) {
    struct place p;
    struct key_wrap back, w[3];
    uint8_t *keyset;
    size_t n = 9;
    place_begin(&p);
    EXPECT_EQ(wraps_open(p.path, false, &p.w), ERR_UNKNOWN);
    place_open(&p);
    for (unsigned i = 0; i < 3; i++) {
        struct key_context c = at(1, i == 2 ? UINT64_MAX : i);
        w[i] = make_wrap(&p, i ? "second" : "first");
        EXPECT_EQ(wraps_put(p.w, &c, &w[i]), OK);
        EXPECT_EQ(wraps_put(p.w, &c, &w[i]), ERR_EXISTS);
    }
    for (unsigned i = 0; i < 3; i++) {
        struct key_context c = at(1, i == 2 ? UINT64_MAX : i);
        REQUIRE(wraps_get(p.w, &c, &back) == OK);
        EXPECT(memcmp(&back, &w[i], sizeof(back)) == 0);
        EXPECT_EQ(wraps_keyset(p.w, &c, &keyset, &n), OK);
        EXPECT(!keyset && n == 0);
    }
    struct key_context none = at(2, 0);
    EXPECT_EQ(wraps_get(p.w, &none, &back), ERR_UNKNOWN);
    EXPECT_EQ(wraps_keyset(p.w, &none, &keyset, &n), ERR_UNKNOWN);
    place_end(&p);
}

TEST(wraps_a_replaced_row_leaves_nothing_behind) {
    struct place p;
    struct key_wrap old, fresh, back;
    struct key_context c = at(1, 0);
    uint8_t *keyset = NULL;
    size_t n = 0;
    place_begin(&p);
    place_open(&p);
    old = make_wrap(&p, "a");
    fresh = make_wrap(&p, "b");
    EXPECT_EQ(wraps_put(p.w, &c, &old), OK);
    struct wraps_change x = {&old, &fresh, bytes_of("what is left", 12)};
    EXPECT_EQ(wraps_replace(p.w, &c, &x), OK);
    EXPECT_EQ(wraps_replace(p.w, &c, &x), ERR_UNKNOWN); /* the old one is not there any more */
    EXPECT_EQ(wraps_purge(p.w), OK);
    EXPECT(!files_hold(&p, &old) && files_hold(&p, &fresh));
    EXPECT_EQ(wraps_get(p.w, &c, &back), OK);
    EXPECT(memcmp(&back, &fresh, sizeof(back)) == 0);
    EXPECT_EQ(wraps_keyset(p.w, &c, &keyset, &n), OK);
    EXPECT(n == 12 && memcmp(keyset, "what is left", 12) == 0);
    mem_free(keyset);
    struct wraps_change again = {&fresh, &old, bytes_of(NULL, 0)};
    EXPECT_EQ(wraps_replace(p.w, &c, &again), OK);
    EXPECT_EQ(wraps_keyset(p.w, &c, &keyset, &n), OK);
    EXPECT(!keyset && n == 0);
    place_end(&p);
}

TEST(wraps_a_shredded_key_is_in_no_file_and_stays_known) {
    struct place p;
    struct wraps *reader = NULL;
    struct key_wrap w[4], back;
    struct key_context c[4] = {at(1, 0), at(2, 0), at(2, 7), at(2, 8)};
    struct wraps_note note;
    place_begin(&p);
    place_open(&p);
    for (unsigned i = 0; i < 4; i++) {
        w[i] = make_wrap(&p, "k");
        EXPECT_EQ(wraps_put(p.w, &c[i], &w[i]), OK);
    }
    EXPECT(files_hold(&p, &w[2]));
    REQUIRE(wraps_open(p.path, false, &reader) == OK);
    EXPECT_EQ(wraps_shredded(p.w, &c[2], NULL), ERR_UNKNOWN);
    EXPECT_EQ(wraps_shred(p.w, &c[2], &order), OK);
    EXPECT(!files_hold(&p, &w[2]));
    EXPECT(files_hold(&p, &w[1]) && files_hold(&p, &w[3]));
    EXPECT_EQ(wraps_get(reader, &c[2], &back), ERR_UNKNOWN);
    EXPECT_EQ(wraps_shred(p.w, &c[2], &order), ERR_UNKNOWN);
    /* What was shredded does not come back. */
    EXPECT_EQ(wraps_put(p.w, &c[2], &w[2]), ERR_EXISTS);
    REQUIRE(wraps_shredded(reader, &c[2], &note) == OK);
    EXPECT_STR(note.who, "ann");
    EXPECT_STR(note.why, "asked to");
    EXPECT_EQ(note.at.us, order.at.us);
    EXPECT_EQ(note.what.subject, 7);
    EXPECT_EQ(wraps_shredded(p.w, &c[3], NULL), ERR_UNKNOWN);
    /* The recording: all of it. */
    EXPECT_EQ(wraps_shred(p.w, &c[1], &order), OK);
    EXPECT(!files_hold(&p, &w[1]) && !files_hold(&p, &w[3]) && files_hold(&p, &w[0]));
    EXPECT_EQ(wraps_shredded(p.w, &c[3], NULL), OK);
    EXPECT_EQ(wraps_put(p.w, &c[3], &w[3]), ERR_EXISTS);
    wraps_close(reader);
    place_end(&p);
}

TEST(wraps_a_hold_wins) {
    struct place p;
    struct key_wrap w;
    struct key_context c = at(1, 0), person = at(1, 5);
    struct wraps_note note;
    struct wraps_order other = {{7}, "bob", "court"};
    place_begin(&p);
    place_open(&p);
    w = make_wrap(&p, "k");
    EXPECT_EQ(wraps_hold(p.w, &c.recording, &order), ERR_UNKNOWN);
    EXPECT_EQ(wraps_put(p.w, &c, &w), OK);
    EXPECT_EQ(wraps_put(p.w, &person, &w), OK);
    EXPECT_EQ(wraps_release(p.w, &c.recording), ERR_UNKNOWN);
    EXPECT_EQ(wraps_hold(p.w, &c.recording, &order), OK);
    EXPECT_EQ(wraps_hold(p.w, &c.recording, &other), OK);
    REQUIRE(wraps_held(p.w, &c.recording, &note) == OK);
    EXPECT_STR(note.who, "bob");
    EXPECT_STR(note.why, "court");
    EXPECT_EQ(wraps_shred(p.w, &person, &order), ERR_DENIED);
    EXPECT_EQ(wraps_shred(p.w, &c, &order), ERR_DENIED);
    EXPECT(files_hold(&p, &w));
    EXPECT_EQ(wraps_shredded(p.w, &c, NULL), ERR_UNKNOWN);
    EXPECT_EQ(wraps_release(p.w, &c.recording), OK);
    EXPECT_EQ(wraps_shred(p.w, &person, &order), OK);
    EXPECT_EQ(wraps_shred(p.w, &c, &order), OK);
    place_end(&p);
}

struct seen {
    struct wraps *w;
    struct key_context rows[8];
    uint8_t first[8];
    unsigned n;
};

static enum err note_and_shred(void *ctx, const struct id *id) {
    struct seen *s = ctx;
    struct key_context c = {*id, 0};
    s->first[s->n++] = id->b[0];
    return s->n == 3 ? ERR_FULL : wraps_shred(s->w, &c, &order);
}

static enum err note_row(void *ctx, const struct key_context *c, const struct key_wrap *wrap) {
    struct seen *s = ctx;
    EXPECT_EQ(wrap->n, 60);
    s->rows[s->n++] = *c;
    return OK;
}

static enum err note_shredded(void *ctx, const struct wraps_note *n) {
    struct seen *s = ctx;
    s->rows[s->n++] = n->what;
    return OK;
}

TEST(wraps_are_visited_in_order_and_may_be_shredded_meanwhile) {
    struct place p;
    struct seen s = {0};
    place_begin(&p);
    place_open(&p);
    for (uint8_t i = 0; i < 4; i++) {
        struct key_context c = at((uint8_t)(200 - i), 0), person = at((uint8_t)(200 - i), 1);
        struct key_wrap w = make_wrap(&p, "k");
        EXPECT_EQ(wraps_put(p.w, &c, &w), OK);
        EXPECT(i != 3 || wraps_put(p.w, &person, &w) == OK);
    }
    EXPECT_EQ(wraps_each_row(p.w, note_row, &s), OK);
    EXPECT_EQ(s.n, 5);
    EXPECT(s.rows[3].subject == 0 && s.rows[4].subject == 1 && s.rows[4].recording.b[0] == 197);
    s = (struct seen){.w = p.w};
    EXPECT_EQ(wraps_each(p.w, note_and_shred, &s), ERR_FULL);
    EXPECT_EQ(s.n, 3);
    EXPECT(s.first[0] == 200 && s.first[2] == 198);
    s.n = 0;
    EXPECT_EQ(wraps_each_shredded(p.w, note_shredded, &s), OK);
    EXPECT_EQ(s.n, 2);
    place_end(&p);
}

static void run(const struct place *p, const char *text) {
    sqlite3 *db = NULL;
    CHECK(sql_open(p->path, true, &db) == OK);
    CHECK(sql_exec(db, text) == OK);
    sqlite3_close(db);
}

#define RELEASE_1                                                                 \
    "CREATE TABLE wraps(seq INTEGER PRIMARY KEY, recording BLOB NOT NULL UNIQUE," \
    " wrap BLOB NOT NULL);"                                                       \
    "INSERT INTO wraps(recording, wrap) VALUES"                                   \
    "(x'01000000000000000000000000000000', zeroblob(60)),"                        \
    "(x'02000000000000000000000000000000', zeroblob(60));"                        \
    "PRAGMA user_version=1;"
#define RELEASE_2                                                                   \
    RELEASE_1 "CREATE TABLE store(one INTEGER PRIMARY KEY CHECK(one=1),"            \
              " id BLOB NOT NULL, placed INTEGER NOT NULL, wrap BLOB NOT NULL);"    \
              "INSERT INTO store VALUES(1, x'09000000000000000000000000000000', 1," \
              " zeroblob(60));"                                                     \
              "ALTER TABLE wraps ADD COLUMN begun INTEGER NOT NULL DEFAULT 0;"      \
              "UPDATE wraps SET begun=1 WHERE seq=2; PRAGMA user_version=2;"

/* What an earlier release left, as this one sees it. */
static void check_older(struct wraps *w, bool second) {
    struct key_context c = at(2, 0);
    struct key_wrap wrap;
    struct wraps_store store;
    bool begun = !second;
    REQUIRE(wraps_get(w, &c, &wrap) == OK);
    EXPECT_STR(wrap.provider, PROVIDER_FILE);
    EXPECT_STR(wrap.key_id, "");
    EXPECT(wrap.version == 1 && wrap.n == 60);
    EXPECT_EQ(wraps_has_begun(w, &c.recording, &begun), OK);
    EXPECT_EQ(begun, second);
    EXPECT_EQ(wraps_shredded(w, &c, NULL), ERR_UNKNOWN);
    EXPECT_EQ(wraps_held(w, &c.recording, NULL), ERR_UNKNOWN);
    EXPECT_EQ(wraps_signer(w, (uint8_t[KEY_LEN]){0}), ERR_UNKNOWN);
    bool uses = false;
    EXPECT(wraps_uses(w, PROVIDER_FILE, &uses) == OK && uses);
    EXPECT(wraps_uses(w, PROVIDER_KMS, &uses) == OK && !uses);
    enum err e = wraps_store(w, &store);
    EXPECT_EQ(e, second ? OK : ERR_UNKNOWN);
    EXPECT(e != OK || (store.placed && store.id.b[0] == 9 && store.wrap.version == 1));
}

static int64_t version_of(const struct place *p) {
    sqlite3 *db = NULL;
    CHECK(sql_open(p->path, false, &db) == OK);
    sqlite3_stmt *s = sql_prepare(db, "PRAGMA user_version", "");
    CHECK(s && sql_step(s) == OK);
    int64_t v = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    sqlite3_close(db);
    return v;
}

TEST(wraps_of_earlier_releases_are_taken_over) {
    static const char *const releases[] = {RELEASE_1, RELEASE_2};
    for (size_t i = 0; i < ARRAY_LEN(releases); i++) {
        struct place p;
        struct key_context c = at(3, 4), old = at(1, 0);
        place_begin(&p);
        run(&p, releases[i]);
        struct key_wrap w = make_wrap(&p, "k");
        /* A reader sees it as it is, and changes nothing. */
        REQUIRE(wraps_open(p.path, false, &p.w) == OK);
        check_older(p.w, i == 1);
        EXPECT(wraps_put(p.w, &c, &w) != OK);
        EXPECT(wraps_shred(p.w, &old, &order) != OK);
        p.w = wraps_close(p.w);
        EXPECT_EQ(version_of(&p), (int64_t)i + 1);
        place_open(&p);
        check_older(p.w, i == 1);
        EXPECT_EQ(wraps_put(p.w, &c, &w), OK);
        p.w = wraps_close(p.w);
        EXPECT_EQ(version_of(&p), WRAPS_SCHEMA);
        /* A program of the second release may write in between; it sets the version back. */
        run(&p, "INSERT INTO wraps(recording, wrap)"
                " VALUES(x'05000000000000000000000000000000', zeroblob(60));"
                "PRAGMA user_version=2;");
        place_open(&p);
        check_older(p.w, i == 1);
        EXPECT_EQ(wraps_get(p.w, &c, &w), OK);
        c = at(5, 0);
        EXPECT_EQ(wraps_get(p.w, &c, &w), OK);
        EXPECT(w.version == 1 && !*w.key_id);
        place_end(&p);
    }
}

struct signers {
    uint8_t first[8];
    unsigned n;
};

static enum err note_signer(void *ctx, const uint8_t verifying[KEY_LEN]) {
    struct signers *s = ctx;
    s->first[s->n++] = verifying[0];
    return s->n == 3 ? ERR_FULL : OK;
}

TEST(wraps_remember_who_signs) {
    struct place p;
    struct signers s = {.n = 0};
    uint8_t one[KEY_LEN] = {1}, two[KEY_LEN] = {2}, back[KEY_LEN];
    place_begin(&p);
    place_open(&p);
    p.w = wraps_close(p.w);
    /* Of the third release, which knew no signers. */
    run(&p, "DROP TABLE signers; PRAGMA user_version=3;");
    REQUIRE(wraps_open(p.path, false, &p.w) == OK);
    EXPECT_EQ(wraps_signer(p.w, back), ERR_UNKNOWN);
    EXPECT(wraps_set_signer(p.w, one) != OK);
    p.w = wraps_close(p.w);
    EXPECT_EQ(version_of(&p), 3);
    place_open(&p);
    EXPECT_EQ(wraps_signer(p.w, back), ERR_UNKNOWN);
    EXPECT_EQ(wraps_set_signer(p.w, one), OK);
    EXPECT_EQ(wraps_set_signer(p.w, two), OK);
    EXPECT(wraps_signer(p.w, back) == OK && back[0] == 2);
    EXPECT_EQ(wraps_each_signer(p.w, note_signer, &s), OK);
    EXPECT(s.n == 2 && s.first[0] == 2 && s.first[1] == 1);
    /* Back to the one before. */
    EXPECT_EQ(wraps_set_signer(p.w, one), OK);
    EXPECT_EQ(wraps_each_signer(p.w, note_signer, &s), ERR_FULL);
    EXPECT(s.n == 3 && s.first[2] == 1);
    EXPECT(wraps_signer(p.w, back) == OK && back[0] == 1);
    place_end(&p);
}

TEST(wraps_of_a_later_release_are_left_alone) {
    struct place p;
    place_begin(&p);
    place_open(&p);
    p.w = wraps_close(p.w);
    run(&p, "PRAGMA user_version=6;");
    EXPECT_EQ(wraps_open(p.path, true, &p.w), ERR_UNSUPPORTED);
    EXPECT_EQ(wraps_open(p.path, false, &p.w), ERR_UNSUPPORTED);
    EXPECT_EQ(version_of(&p), 6);
    place_end(&p);
}

static enum err no_subject(void *ctx, const struct key_context *c) {
    (void)ctx;
    (void)c;
    return ERR_EXISTS;
}

/* The fourth release did not note what was redacted. */
TEST(wraps_of_the_release_before_redactions_were_noted) {
    struct place p;
    struct wraps_spans s;
    struct id id = {{1}};
    place_begin(&p);
    place_open(&p);
    p.w = wraps_close(p.w);
    run(&p, "DROP TABLE redacted; PRAGMA user_version=4;");
    for (int write = 0; write < 2; write++) {
        REQUIRE(wraps_open(p.path, write, &p.w) == OK);
        EXPECT_EQ(wraps_redacted(p.w, &id, &s), OK);
        EXPECT_EQ(s.n, 0);
        EXPECT_EQ(wraps_each_redacted(p.w, no_subject, NULL), OK);
        p.w = wraps_close(p.w);
        EXPECT_EQ(version_of(&p), write ? WRAPS_SCHEMA : 4);
    }
    place_end(&p);
}

/* Finding 23: every open wrote the header page. */
TEST(wraps_opening_writes_nothing) {
    struct place p;
    struct stat st;
    char wal[PATH_MAX + 8];
    place_begin(&p);
    place_open(&p);
    p.w = wraps_close(p.w);
    snprintf(wal, sizeof(wal), "%s-wal", p.path);
    place_open(&p);
    EXPECT(stat(wal, &st) != 0 || st.st_size == 0);
    place_end(&p);
}

/* Rows that nobody of ours wrote. */
TEST(wraps_malformed_rows) {
    struct place p;
    struct key_wrap w;
    place_begin(&p);
    place_open(&p);
    p.w = wraps_close(p.w);
    run(&p, "INSERT INTO wraps(recording, wrap, provider, key_id, version) VALUES"
            "(x'01000000000000000000000000000000', x'', 'file', '', 1),"
            "(x'02000000000000000000000000000000', zeroblob(1025), 'file', '', 1),"
            "(x'03000000000000000000000000000000', 'text', hex(zeroblob(100)), hex(zeroblob(900)),"
            " 99999999999);");
    place_open(&p);
    struct key_context c = at(1, 0);
    EXPECT_EQ(wraps_get(p.w, &c, &w), ERR_FORMAT);
    c = at(2, 0);
    EXPECT_EQ(wraps_get(p.w, &c, &w), ERR_FORMAT);
    c = at(3, 0);
    EXPECT_EQ(wraps_get(p.w, &c, &w), OK);
    EXPECT_EQ(strlen(w.provider), PROVIDER_NAME_MAX - 1);
    EXPECT_EQ(strlen(w.key_id), PROVIDER_KEY_ID_MAX - 1);
    place_end(&p);
}
