/* A PostgreSQL as a struct db: types, errors, what is lost with a connection, and how long anything
 * may take. */
#include "recorder/catalogue/catalogue_db.h"
#include "recorder/db/postgres.h"

#include "tests/unit/recorder/bench_postgres.h"
#include "tests/unit/recorder/bench_store.h"
#include "tests/unit/test.h"

#include <unistd.h>

/* The clock stands still unless it is told to move, and waiting may be made to come to nothing. */
struct hands {
    const struct postgres_config *real;
    us_t ahead;
    unsigned waits;
    bool asleep; /* nothing ever comes: the time is up */
};

static us_t hands_clock(void *ctx) {
    struct hands *h = ctx;
    return h->real->clock(NULL) + h->ahead;
}

static bool hands_wait(void *ctx, int fd, bool write, us_t until) {
    struct hands *h = ctx;
    h->waits++;
    if (h->asleep) {
        h->ahead += until - hands_clock(h);
        return false;
    }
    return h->real->wait(NULL, fd, write, until - h->ahead);
}

static struct db *open_with(struct hands *h, bool write) {
    struct db *d = NULL;
    struct postgres_config c = *h->real;
    c.clock = hands_clock;
    c.wait = hands_wait;
    c.ctx = h;
    c.schema = "test";
    c.write = write;
    CHECK(db_open_postgres(&c, NULL, &d) == OK);
    return d;
}

static int64_t number(struct db *d, const char *text) {
    struct db_rows *r = db_query(d, text, "");
    CHECK(r && db_next(r) == OK);
    int64_t n = db_int(r, 0);
    db_done(r);
    return n;
}

TEST(postgres_gives_back_what_it_was_given) {
    struct hands h = {.real = bench_postgres_fresh()};
    struct db *d = open_with(&h, true);
    static const uint8_t blob[] = {0, 1, 255, 0}, id[DB_ID_LEN] = {9};
    uint8_t out[DB_ID_LEN];
    char text[8];
    EXPECT_EQ(db_script(d, "CREATE TABLE t(i BIGINT, t TEXT, b BYTEA, d BYTEA UNIQUE)"), OK);
    EXPECT_EQ(db_run(d, "INSERT INTO t VALUES(?,?,?,?)", "itbd", INT64_MIN, "a?'b", blob,
                     sizeof(blob), id),
              OK);
    EXPECT_EQ(db_changes(d), 1);
    EXPECT_EQ(
        db_run(d, "INSERT INTO t VALUES(?,?,?,?)", "itbd", (int64_t)1, "", blob, (size_t)0, id),
        ERR_EXISTS);
    struct db_rows *r = db_query(d, "SELECT i,t,b,d,NULL,'?',1,true FROM t WHERE d=?2 AND i<?1",
                                 "id", (int64_t)0, id);
    REQUIRE(r && db_next(r) == OK);
    EXPECT_EQ(db_int(r, 0), INT64_MIN);
    EXPECT_STR(db_str(r, 1), "a?'b");
    EXPECT(db_bytes(r, 2).n == sizeof(blob) && memcmp(db_bytes(r, 2).p, blob, sizeof(blob)) == 0);
    db_blob(r, 3, out, sizeof(out));
    EXPECT(memcmp(out, id, sizeof(id)) == 0);
    EXPECT(db_int(r, 4) == 0 && db_bytes(r, 4).n == 0 && *db_str(r, 4) == '\0');
    EXPECT_STR(db_str(r, 5), "?");
    EXPECT(db_int(r, 6) == 1 && db_int(r, 7) == 1);
    db_text(r, 1, text, 3);
    EXPECT_STR(text, "a?");
    /* Another is asked while these are read. */
    EXPECT_EQ(number(d, "SELECT COUNT(*) FROM t"), 1);
    EXPECT_EQ(db_next(r), ERR_UNKNOWN);
    db_done(r);
    EXPECT_EQ(db_run(d, "SELECT nothing", ""), ERR_IO);
    EXPECT(strstr(db_postgres_why(d), "nothing"));
    EXPECT_EQ(number(d, "SELECT COUNT(*) FROM t"), 1);
    db_close(d);
}

TEST(postgres_a_transaction_is_all_or_nothing) {
    struct hands h = {.real = bench_postgres_fresh()};
    struct db *d = open_with(&h, true);
    EXPECT_EQ(db_script(d, "CREATE TABLE t(i BIGINT UNIQUE)"), OK);
    EXPECT(db_begin(d) == OK && db_is_open(d));
    EXPECT_EQ(db_run(d, "INSERT INTO t VALUES(1)", ""), OK);
    EXPECT_EQ(db_commit(d), OK);
    EXPECT(!db_is_open(d));
    /* What failed inside cannot be committed, although the server says that it was. */
    EXPECT_EQ(db_begin(d), OK);
    EXPECT_EQ(db_run(d, "INSERT INTO t VALUES(2)", ""), OK);
    EXPECT_EQ(db_run(d, "INSERT INTO t VALUES(1)", ""), ERR_EXISTS);
    EXPECT_EQ(db_commit(d), ERR_IO);
    db_rollback(d);
    EXPECT(!db_is_open(d));
    EXPECT_EQ(number(d, "SELECT COUNT(*) FROM t"), 1);
    EXPECT_EQ(number(d, "SELECT (current_setting('synchronous_commit')='off')"), 1);
    EXPECT_EQ(db_begin(d), OK);
    EXPECT_EQ(db_script(d, POSTGRES_SYNC), OK);
    EXPECT_EQ(number(d, "SELECT (current_setting('synchronous_commit')='on')"), 1);
    EXPECT_EQ(db_commit(d), OK);
    EXPECT_EQ(number(d, "SELECT (current_setting('synchronous_commit')='off') "), 1);
    EXPECT_EQ(db_maintain(d, "VACUUM t", US_PER_S * 30), OK);
    EXPECT_EQ(db_commit(d), ERR_IO); /* of nothing */
    db_close(d);
}

TEST(postgres_what_is_lost_in_a_transaction_stays_lost) {
    struct hands h = {.real = bench_postgres_fresh()};
    struct db *d = open_with(&h, true);
    EXPECT_EQ(db_begin(d), OK);
    EXPECT_EQ(db_script(d, POSTGRES_SYNC "; CREATE TABLE t(i BIGINT)"), OK);
    EXPECT_EQ(db_commit(d), OK);
    EXPECT_EQ(db_begin(d), OK);
    EXPECT_EQ(db_run(d, "INSERT INTO t VALUES(1)", ""), OK);
    bench_postgres_do("kill");
    bench_postgres_do("start");
    /* It is there again, but half of a transaction must not be done by itself. */
    EXPECT_EQ(db_run(d, "INSERT INTO t VALUES(2)", ""), ERR_IO);
    h.ahead += US_PER_S;
    EXPECT_EQ(db_run(d, "INSERT INTO t VALUES(3)", ""), ERR_IO);
    EXPECT_EQ(db_commit(d), ERR_IO);
    EXPECT(db_is_open(d));
    db_rollback(d);
    EXPECT_EQ(db_run(d, "INSERT INTO t VALUES(4)", ""), OK);
    EXPECT_EQ(number(d, "SELECT SUM(i)::BIGINT FROM t"), 4);
    EXPECT_EQ(db_connections(d), 2);
    db_close(d);
}

TEST(postgres_that_is_away_is_asked_rarely) {
    struct hands h = {.real = bench_postgres_fresh()};
    struct db *d = open_with(&h, true);
    EXPECT_EQ(db_connect(d), OK);
    bench_postgres_do("kill");
    EXPECT_EQ(db_script(d, "SELECT 1"), ERR_IO); /* finds that it is gone */
    us_t step = POSTGRES_RETRY_FIRST;
    for (unsigned i = 0; i < 8; i++) {
        EXPECT_EQ(db_script(d, "SELECT 1"), ERR_IO); /* tries */
        EXPECT(*db_postgres_why(d));
        unsigned waits = h.waits;
        EXPECT_EQ(db_script(d, "SELECT 1"), ERR_IO); /* does not */
        EXPECT_EQ(h.waits, waits);
        h.ahead += step;
        step = us_min(2 * step, POSTGRES_RETRY_MAX);
    }
    bench_postgres_do("start");
    EXPECT_EQ(db_script(d, "SELECT 1"), OK);
    db_close(d);
}

TEST(postgres_that_does_not_answer_is_left) {
    struct hands h = {.real = bench_postgres_fresh()};
    struct db *d = open_with(&h, true);
    EXPECT_EQ(db_connect(d), OK);
    bench_postgres_do("freeze");
    h.asleep = true;
    us_t before = hands_clock(&h);
    EXPECT_EQ(db_script(d, "SELECT 1"), ERR_IO);
    EXPECT(hands_clock(&h) - before >= h.real->answer_most);
    EXPECT_STR(db_postgres_why(d), "it does not answer");
    EXPECT_EQ(db_script(d, "SELECT 1"), ERR_IO); /* nor does it take a connection */
    EXPECT_STR(db_postgres_why(d), "it does not answer");
    bench_postgres_do("thaw");
    h.asleep = false;
    h.ahead += POSTGRES_RETRY_MAX;
    enum err e = db_connect(d);
    for (unsigned i = 0; i < 50 && e == ERR_BUSY; i++) { /* its other half has not ended yet */
        h.ahead += POSTGRES_RETRY_MAX;
        e = db_connect(d);
    }
    EXPECT_EQ(e, OK);
    db_close(d);
}

TEST(postgres_one_process_writes) {
    struct hands h = {.real = bench_postgres_fresh()};
    struct db *one = open_with(&h, true), *two = open_with(&h, true),
              *reader = open_with(&h, false);
    EXPECT_EQ(db_connect(one), OK);
    EXPECT_EQ(db_connect(two), ERR_BUSY);
    EXPECT(strstr(db_postgres_why(two), "another server"));
    EXPECT_EQ(db_connect(reader), OK);
    db_close(one);
    h.ahead += POSTGRES_RETRY_MAX;
    enum err e = db_connect(two);
    for (unsigned i = 0; i < 50 && e == ERR_BUSY; i++) { /* the server has not noticed yet */
        h.ahead += POSTGRES_RETRY_MAX;
        e = db_connect(two);
    }
    EXPECT_EQ(e, OK);
    db_close(two);
    db_close(reader);
}

static enum err no_password(void *ctx, char out[POSTGRES_PASSWORD_MAX]) {
    (void)ctx;
    out[0] = '\0';
    return ERR_DENIED;
}

TEST(postgres_refuses_what_it_cannot_use) {
    struct hands h = {.real = bench_postgres_fresh()};
    struct db *d = NULL;
    EXPECT(postgres_url_wrong("postgresql://u@h/d") == NULL);
    EXPECT(postgres_url_wrong("postgres://h/d?sslmode=require") == NULL);
    EXPECT(postgres_url_wrong("mysql://h/d") != NULL);
    EXPECT(postgres_url_wrong("postgresql://h/d?none=1") != NULL);
    EXPECT(strstr(postgres_url_wrong("postgresql://u:p@h/d"), "password_file"));
    EXPECT(strstr(postgres_url_wrong("postgresql://h/d?options=-cx"), "options"));
    struct postgres_config c = *h.real;
    c.password = no_password;
    CHECK(db_open_postgres(&c, NULL, &d) == OK);
    EXPECT_EQ(db_connect(d), ERR_IO);
    EXPECT(strstr(db_postgres_why(d), "password"));
    db_close(d);
    bench_postgres_sql("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0");
    char url[200];
    snprintf(url, sizeof(url), "postgresql://app@/latin?%s", strchr(h.real->url, '?') + 1);
    c.password = NULL;
    c.url = url;
    CHECK(db_open_postgres(&c, NULL, &d) == OK);
    EXPECT_EQ(db_connect(d), ERR_UNSUPPORTED);
    EXPECT(strstr(db_postgres_why(d), "UTF8"));
    db_close(d);
}

/* ---- the catalogue in it ---- */

static void add(struct catalogue *c, uint8_t n) {
    struct entry e = {.type = ENTRY_START};
    struct id id = {{n}};
    snprintf(e.u.start.tour, sizeof(e.u.start.tour), "tour-%u", n);
    snprintf(e.u.start.title, sizeof(e.u.start.title), "Haus am See");
    e.u.start.wall.us = 1000 + n;
    EXPECT_EQ(catalogue_apply(c, &id, &e), OK);
    e = (struct entry){.type = ENTRY_PARTICIPANT, .seq = 1};
    e.u.person.participant = 7;
    snprintf(e.u.person.name, sizeof(e.u.person.name), "Ada");
    EXPECT_EQ(catalogue_apply(c, &id, &e), OK);
    e = (struct entry){.type = ENTRY_SEGMENT, .t = US_PER_S};
    e.u.segment = (struct entry_segment){.track = ID_PROGRAMME, .duration = US_PER_S, .bytes = 10};
    EXPECT_EQ(catalogue_apply(c, &id, &e), OK);
    EXPECT_EQ(catalogue_manifest(c, &id, 1, &(struct object_info){.size = 5, .sha256 = {n}}), OK);
}

static void expect_added(struct catalogue *c, uint8_t n) {
    struct recording_row row;
    struct id id = {{n}};
    bool forgotten = true;
    EXPECT_EQ(catalogue_recording(c, &id, &row), OK);
    EXPECT(row.manifest_version == 1 && row.manifest.size == 5 && row.manifest.sha256[0] == n);
    EXPECT(row.bytes == 10 && row.started.us == 1000 + n && row.state == RECORDING_INTERRUPTED);
    EXPECT_EQ(catalogue_is_forgotten(c, &id, 7, &forgotten), OK);
    EXPECT(!forgotten);
}

TEST(catalogue_of_a_file_moves_into_a_database_and_out_again) {
    struct scratch s;
    struct catalogue *c = NULL;
    char path[PATH_MAX], copy[PATH_MAX], aside[PATH_MAX + 16];
    scratch_begin(&s);
    snprintf(path, sizeof(path), "%s/catalogue.db", s.dir);
    snprintf(copy, sizeof(copy), "%s/copy.db", s.dir);
    snprintf(aside, sizeof(aside), "%s.damaged", path);
    REQUIRE(catalogue_open(path, true, &c) == OK);
    add(c, 1);
    add(c, 2);
    catalogue_close(c);
    bench_kind(true);
    c = bench_catalogue(path);
    expect_added(c, 1);
    expect_added(c, 2);
    EXPECT(access(path, F_OK) != 0 && access(aside, F_OK) == 0);
    add(c, 3);
    EXPECT_EQ(catalogue_copy(c, copy), OK);
    EXPECT_EQ(catalogue_copy(c, copy), ERR_IO);
    EXPECT_EQ(catalogue_purge(c), OK);
    EXPECT(access(aside, F_OK) != 0);
    struct catalogue *file = NULL;
    REQUIRE(catalogue_open(copy, true, &file) == OK);
    expect_added(file, 1);
    expect_added(file, 3);
    catalogue_close(file);
    catalogue_close(c);
    /* Both: nobody knows which is right. */
    REQUIRE(link(copy, path) == 0);
    struct postgres_config now = *bench_postgres_now();
    REQUIRE(catalogue_open_shared(&(struct catalogue_place){&now, path}, true, &c) == OK);
    EXPECT_EQ(catalogue_connect(c), ERR_WRONG_STATE);
    EXPECT(strstr(catalogue_why(c), "catalogue.db"));
    catalogue_close(c);
    bench_kind(false);
    scratch_end(&s);
}

TEST(catalogue_in_a_database_is_of_one_store_and_release) {
    struct catalogue *c;
    struct id one = {{1}}, two = {{2}}, nobody = {{3}};
    struct recording_row row;
    bool forgotten = false;
    bench_kind(true);
    c = bench_catalogue("/nonexistent/catalogue.db");
    EXPECT_EQ(catalogue_belongs_to(c, &one), OK);
    EXPECT_EQ(catalogue_belongs_to(c, &one), OK);
    EXPECT_EQ(catalogue_belongs_to(c, &two), ERR_WRONG_STATE);
    EXPECT_EQ(catalogue_recording(c, &nobody, &row), ERR_UNKNOWN);
    c = catalogue_close(c);
    bench_postgres_sql("UPDATE oriel_catalogue.schema_version SET version=999");
    struct postgres_config now = *bench_postgres_now();
    struct catalogue_place p = {&now, "/nonexistent/catalogue.db"};
    REQUIRE(catalogue_open_shared(&p, false, &c) == OK);
    EXPECT_EQ(catalogue_connect(c), ERR_UNSUPPORTED);
    /* What nobody can look up is no answer. */
    EXPECT_EQ(catalogue_recording(c, &nobody, &row), ERR_IO);
    EXPECT_EQ(catalogue_is_forgotten(c, &nobody, 1, &forgotten), ERR_IO);
    EXPECT(!forgotten);
    catalogue_close(c);
    bench_postgres_fresh();
    now = *bench_postgres_now();
    REQUIRE(catalogue_open_shared(&p, false, &c) == OK);
    EXPECT_EQ(catalogue_recording(c, &nobody, &row), ERR_IO); /* nobody has made it */
    catalogue_close(c);
    bench_kind(false);
}
