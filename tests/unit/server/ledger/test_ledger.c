/* The ledger of events and the audit log in a PostgreSQL: each row once, whatever is lost when. */
#include "server/ledger/ledger.h"

#include "base/alloc.h"
#include "recorder/db/database.h"
#include "recorder/db/sql.h"
#include "server/audit/audit_log.h"
#include "server/events/event_store_parts.h"
#include "server/events/event_store_shared.h"
#include "server/ledger/ledger_chain.h"
#include "server/os/clock.h"
#include "server/tours/tours_shared.h"
#include "tests/unit/recorder/bench_postgres.h"
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX 4096 /* [bytes] of an audit file: there are many */

/* A node: its files, and how it reaches the database. The wait that is counted down to comes to
 * nothing, as where an answer is lost; the clock goes on as long as nobody waits for it. */
struct node {
    char dir[32], events[64], tours[64], audit[64];
    struct event_store *store;
    struct audit_log *log;
    struct ulid_maker ids;
    unsigned n_events;
    const struct postgres_config *real;
    struct postgres_config database;
    us_t ahead;
    unsigned waits, fails_at; /* fails_at 0: none does */
    struct ledger *ledger;
};
static struct node x;

static us_t node_clock(void *ctx) {
    struct node *n = ctx;
    return n->real->clock(NULL) + n->ahead;
}

static bool node_wait(void *ctx, int fd, bool write, us_t until) {
    struct node *n = ctx;
    n->waits++;
    if (n->fails_at && n->waits == n->fails_at) {
        n->ahead += until - node_clock(n);
        return false;
    }
    return n->real->wait(NULL, fd, write, until - n->ahead);
}

static void open_files(void) {
    char why[WHY_MAX] = "";
    const struct audit_log_config c = {x.audit, FILE_MAX};
    CHECK(event_store_open(x.events, &x.store, why) == OK);
    CHECK(audit_log_open(&c, NULL, clock_wall(), &x.log, why) == OK);
}

static void close_files(void) {
    x.store = event_store_close(x.store);
    x.log = audit_log_close(x.log);
}

static void open_ledger(void) {
    const struct ledger_config c = {.database = &x.database,
                                    .events = x.events,
                                    .tours = x.tours,
                                    .audit = x.audit,
                                    .keep_events = 3600 * US_PER_S,
                                    .keep_audit = 3600 * US_PER_S};
    CHECK(ledger_open(&c, &x.ledger) == OK);
}

static void begin_in(const struct postgres_config *database) {
    memset(&x, 0, sizeof(x));
    x.real = database;
    x.database = *x.real;
    x.database.clock = node_clock;
    x.database.wait = node_wait;
    x.database.ctx = &x;
    strcpy(x.dir, "/tmp/oriel-ledger-XXXXXX");
    CHECK(mkdtemp(x.dir) != NULL);
    snprintf(x.events, sizeof(x.events), "%s/events.db", x.dir);
    snprintf(x.tours, sizeof(x.tours), "%s/tours.db", x.dir);
    snprintf(x.audit, sizeof(x.audit), "%s/audit", x.dir);
    open_files();
    open_ledger();
}

static void begin(void) {
    begin_in(bench_postgres_fresh());
}

static void end(void) {
    char command[64];
    x.ledger = ledger_close(x.ledger);
    close_files();
    snprintf(command, sizeof(command), "rm -r %s", x.dir);
    EXPECT_EQ(system(command), 0);
}

static void add_events(unsigned n) {
    const struct rng rng = clock_rng();
    CHECK(event_store_begin(x.store) == OK);
    for (unsigned i = 0; i < n; i++) {
        static const char said[] = "\"participant\":{\"name\":\"A\\\"\\u0000\xc3\xa4'?1\"}";
        struct event *e = event_new(EVENT_PARTICIPANT_JOINED, said, sizeof(said) - 1);
        CHECK(e);
        e->at = clock_wall();
        snprintf(e->tour, sizeof(e->tour), "tour-%u", x.n_events++ % 3);
        ulid_next(&x.ids, e->at, &rng, e->id);
        CHECK(event_store_append(x.store, e) == OK);
        mem_free(e);
    }
    CHECK(event_store_commit(x.store) == OK);
}

static void add_records(unsigned n) {
    struct audit_entry e;
    for (unsigned i = 0; i < n; i++) {
        const struct audit_act act = {
            .what = AUDIT_RECORDING_GET, .sub = "olga", .detail = "a \"b\" \xc3\xa4 ?1"};
        audit_entry_of(&act, clock_wall(), false, &e);
        CHECK(audit_log_put(x.log, clock_wall(), &e, 1) == OK);
    }
}

static enum err step(bool *ret_more) {
    const struct ledger_turn t = {clock_wall(), node_clock(&x), audit_log_last(x.log).number};
    return ledger_step(x.ledger, &t, ret_more);
}

/* To the end, or to the first that fails. */
static enum err copy(void) {
    bool more = true;
    enum err e = OK;
    while (more && e == OK) {
        e = step(&more);
    }
    return e;
}

static struct db *reader(void) {
    struct db *d = NULL;
    char why[WHY_MAX] = "";
    CHECK(ledger_chains_open(x.real, &d, why) == OK);
    return d;
}

static int64_t number(const char *text) {
    struct db *d = reader();
    struct db_rows *r = db_query(d, text, "");
    CHECK(r && db_next(r) == OK);
    int64_t n = db_int(r, 0);
    db_done(r);
    db_close(d);
    return n;
}

static void keep_name(void *ctx, const char *name) {
    snprintf(ctx, 64, "%s", name);
}

/* Of the last chain. */
static enum audit_fault verify(uint64_t *ret_records) {
    struct db *d = reader();
    char name[64] = "";
    struct audit_chain c = {.any_key = true};
    enum audit_fault f = AUDIT_UNREADABLE;
    EXPECT_EQ(ledger_chains_each(d, keep_name, name), OK);
    EXPECT_EQ(ledger_chain_walk(d, name, &c, &f), OK);
    db_close(d);
    *ret_records = c.records;
    return f;
}

static void expect_all(void) {
    uint64_t records = 0;
    const struct ledger_behind b = ledger_behind(x.ledger);
    EXPECT(b.events == 0 && b.audit == 0);
    EXPECT_EQ(number("SELECT COUNT(*) FROM events"), x.n_events);
    EXPECT_EQ(number("SELECT COUNT(*) FROM (SELECT tour, seq FROM events GROUP BY 1, 2) s"),
              x.n_events);
    EXPECT_EQ(verify(&records), AUDIT_SOUND);
    EXPECT_EQ(records, audit_log_last(x.log).number);
}

TEST(ledger_copies_each_row_once) {
    begin();
    EXPECT_EQ(copy(), OK); /* of nothing */
    add_events(2 * EVENT_COPIES + 7);
    add_records(300);
    EXPECT_EQ(copy(), OK);
    expect_all();
    EXPECT_EQ(number("SELECT MAX(n) FROM ledgers"), x.n_events);
    EXPECT_EQ(number("SELECT COUNT(*) FROM events WHERE strpos(body, id) > 0"), x.n_events);
    add_events(1);
    add_records(1);
    EXPECT_EQ(copy(), OK);
    expect_all();
    x.ledger = ledger_close(x.ledger); /* another process */
    close_files();
    open_files();
    open_ledger();
    add_events(3);
    add_records(3);
    EXPECT_EQ(copy(), OK);
    expect_all();
    EXPECT_EQ(number("SELECT COUNT(*) FROM ledgers"), 1);
    EXPECT_EQ(number("SELECT COUNT(*) FROM chains"), 1);
    end();
}

/* At whichever answer the connection dies, that of a commit among them: the database knows what it
 * has. */
TEST(ledger_asks_what_became_of_an_answer_that_was_lost) {
    begin();
    unsigned failed = 0;
    for (unsigned at = 1; at < 60; at++) {
        add_events(2);
        add_records(1);
        x.waits = 0;
        x.fails_at = at;
        failed += copy() != OK;
        x.ahead += POSTGRES_RETRY_MAX;
        x.fails_at = 0;
        if (at % 20 == 0) {
            EXPECT_EQ(copy(), OK);
            expect_all();
        }
    }
    EXPECT(failed > 10);
    EXPECT_EQ(copy(), OK);
    expect_all();
    end();
}

TEST(ledger_waits_on_the_disk_while_the_database_is_dead) {
    begin();
    add_events(10);
    add_records(10);
    EXPECT_EQ(copy(), OK);
    for (int i = 0; i < 3; i++) {
        bench_postgres_do("kill"); /* what was committed last may be lost with it */
        add_events(EVENT_COPIES + 1);
        add_records(50);
        EXPECT_EQ(copy(), ERR_IO);
        EXPECT(ledger_is_away(x.ledger) && *ledger_why(x.ledger));
        EXPECT(ledger_behind(x.ledger).events > EVENT_COPIES);
        EXPECT(ledger_behind(x.ledger).audit >= 50);
        bench_postgres_do("start");
        x.ahead += POSTGRES_RETRY_MAX;
        bool more = false;
        EXPECT_EQ(step(&more), OK);
        EXPECT(more);
    }
    EXPECT_EQ(copy(), OK);
    expect_all();
    end();
}

TEST(ledger_erases_what_was_erased) {
    begin();
    add_events(5);
    EXPECT_EQ(copy(), OK);
    EXPECT_EQ(sql_exec(x.store->db, "UPDATE event SET body = '{}   ', erased = 1 WHERE n = 3"), OK);
    add_events(1);
    EXPECT_EQ(copy(), OK);
    EXPECT_EQ(number("SELECT COUNT(*) FROM events WHERE body = '{}' AND erased AND n = 3"), 1);
    EXPECT_EQ(number("SELECT COUNT(*) FROM events WHERE erased"), 1);
    EXPECT_EQ(number("SELECT COUNT(*) FROM events"), 6);
    /* Before it is copied, and forgotten before that: nothing is left to be done. */
    add_events(1);
    EXPECT_EQ(sql_exec(x.store->db, "UPDATE event SET body = '{}', erased = 1 WHERE n >= 6;"
                                    "DELETE FROM event WHERE n = 6;"),
              OK);
    EXPECT_EQ(copy(), OK);
    EXPECT_EQ(number("SELECT COUNT(*) FROM events WHERE erased"), 2);
    int64_t left = -1;
    EXPECT_EQ(event_store_numbers(x.store,
                                  sql_borrow(&x.store->cache, "SELECT COUNT(*) FROM amended", ""),
                                  &left, 1),
              OK);
    EXPECT_EQ(left, 0);
    end();
}

/* A backup that was put back: what it does not know is there still, what comes is, too. */
TEST(ledger_takes_another_name_when_its_files_were_set_back) {
    begin();
    char command[256];
    add_events(5);
    add_records(5);
    EXPECT_EQ(copy(), OK);
    close_files();
    snprintf(command, sizeof(command), "cp -r %s %s.old", x.dir, x.dir);
    EXPECT_EQ(system(command), 0);
    open_files();
    add_events(5);
    add_records(5);
    EXPECT_EQ(copy(), OK);
    x.ledger = ledger_close(x.ledger);
    close_files();
    snprintf(command, sizeof(command), "rm -r %s && mv %s.old %s", x.dir, x.dir, x.dir);
    EXPECT_EQ(system(command), 0);
    open_files();
    open_ledger();
    add_events(7); /* some of them under numbers that are there */
    add_records(7);
    EXPECT_EQ(copy(), OK);
    EXPECT_EQ(number("SELECT COUNT(*) FROM events"), 5 + 5 + 7);
    EXPECT_EQ(number("SELECT COUNT(*) FROM ledgers"), 2);
    EXPECT_EQ(number("SELECT COUNT(*) FROM chains"), 2);
    EXPECT_EQ(number("SELECT COUNT(*) FROM audit"), 10 + 12);
    uint64_t records = 0;
    EXPECT_EQ(verify(&records), AUDIT_SOUND);
    EXPECT_EQ(records, 12);
    end();
}

TEST(ledger_chain_shows_what_was_done_to_it) {
    begin();
    uint64_t records = 0;
    add_records(20);
    EXPECT_EQ(copy(), OK);
    EXPECT_EQ(verify(&records), AUDIT_SOUND);
    bench_postgres_sql("DELETE FROM oriel_ledger.audit WHERE number = 20");
    EXPECT_EQ(verify(&records), AUDIT_CUT_OFF);
    bench_postgres_sql("DELETE FROM oriel_ledger.audit WHERE number = 10");
    EXPECT_EQ(verify(&records), AUDIT_MISSING);
    bench_postgres_sql("UPDATE oriel_ledger.audit SET line = replace(line, 'olga', 'otto')"
                       " WHERE number = 5");
    EXPECT_EQ(verify(&records), AUDIT_CHANGED);
    bench_postgres_sql("DELETE FROM oriel_ledger.audit WHERE number = 1");
    EXPECT_EQ(verify(&records), AUDIT_CHANGED);
    EXPECT_EQ(records, 3);
    end();
}

TEST(ledger_removes_events_that_are_too_old) {
    begin();
    add_events(5);
    EXPECT_EQ(copy(), OK);
    bench_postgres_sql("UPDATE oriel_ledger.events SET at = at - 7200000000 WHERE n <= 3");
    EXPECT_EQ(copy(), OK); /* looked for once an hour */
    EXPECT_EQ(number("SELECT COUNT(*) FROM events"), 5);
    x.ahead += 3601 * US_PER_S;
    EXPECT_EQ(copy(), OK);
    EXPECT_EQ(number("SELECT MIN(n) FROM events"), 4);
    add_events(1);
    EXPECT_EQ(copy(), OK);
    EXPECT_EQ(number("SELECT COUNT(*) FROM events"), 3);
    end();
}

static void prune_log(us_t ahead) {
    uint64_t n = 0;
    const wall_t now = {clock_wall().us + ahead};
    EXPECT_EQ(audit_log_prune(x.log, now, (wall_t){now.us - 3600 * US_PER_S}, &n), OK);
    EXPECT(n > 0);
}

/* What a signed record says; but of a clock that is ahead it is not believed. */
TEST(ledger_removes_records_that_are_too_old_and_no_others) {
    const uint8_t seed[KEY_LEN] = {9};
    struct signing_key key;
    uint64_t records = 0;
    begin();
    CHECK(keys_signing(seed, &key) == OK);
    audit_log_key(x.log, &key);
    struct audit_entry old = {.what = AUDIT_RECORDING_GET,
                              .at = {clock_wall().us - 2 * 86400 * US_PER_S}};
    for (int i = 0; i < 3; i++) {
        CHECK(audit_log_put(x.log, old.at, &old, 1) == OK);
    }
    old.at.us += 86400 * US_PER_S; /* another file */
    CHECK(audit_log_put(x.log, old.at, &old, 1) == OK);
    add_records(1);
    EXPECT_EQ(copy(), OK);
    EXPECT_EQ(number("SELECT COUNT(*) FROM audit"), 5);
    prune_log(0);
    EXPECT_EQ(copy(), OK);
    EXPECT_EQ(number("SELECT MIN(number) FROM audit"), 4);
    EXPECT_EQ(verify(&records), AUDIT_SOUND);
    EXPECT_EQ(records, 3);
    add_records(30); /* in other files */
    EXPECT_EQ(copy(), OK);
    prune_log(10 * 86400 * US_PER_S);
    EXPECT_EQ(copy(), OK);
    EXPECT_EQ(number("SELECT MIN(number) FROM audit"), 4);
    EXPECT_EQ(verify(&records), AUDIT_SOUND);
    EXPECT_EQ(records, 3 + 30 + 1);
    end();
}

TEST(ledger_of_two_servers_is_two_ledgers) {
    begin();
    add_events(10);
    add_records(10);
    EXPECT_EQ(copy(), OK);
    struct node one = x;
    begin_in(one.real);
    add_events(20);
    add_records(20);
    EXPECT_EQ(copy(), OK);
    struct node two = x;
    for (int i = 0; i < 6; i++) {
        x = i % 2 == 0 ? one : two;
        add_events(1);
        add_records(1);
        EXPECT_EQ(copy(), OK);
        *(i % 2 == 0 ? &one : &two) = x;
    }
    EXPECT_EQ(number("SELECT COUNT(*) FROM events"), 10 + 20 + 6);
    EXPECT_EQ(number("SELECT COUNT(*) FROM audit"), 10 + 20 + 6);
    EXPECT_EQ(number("SELECT MIN(n) FROM ledgers"), 13);
    EXPECT_EQ(number("SELECT MAX(number) FROM chains"), 23);
    x = one;
    end();
    x = two;
    end();
}

/* ---- tours ---- */

static struct tours_db *open_tours(void) {
    struct tours_db *d = NULL;
    char why[WHY_MAX];
    CHECK(tours_db_open(x.tours, &d, why) == OK);
    return d;
}

static void put_tour(struct tours_db *d, unsigned n, const char *title) {
    char property[] = "{\"title\":\"A \\\"house\\\"\"}";
    struct tour_record r = {.version = 1, .property = property};
    snprintf(r.id, sizeof(r.id), "01KB3SA6Z3T0V8W5X2Y9N4P%03u", n);
    snprintf(r.name, sizeof(r.name), "tour-%u", n);
    snprintf(r.title, sizeof(r.title), "%s", title);
    CHECK(tours_db_put(d, &r) == OK);
}

TEST(ledger_has_the_tours_as_they_are) {
    begin();
    struct tours_db *d = open_tours();
    for (unsigned i = 0; i < TOUR_CHANGES + 10; i++) { /* before anybody copies */
        put_tour(d, i, "one");
    }
    EXPECT_EQ(copy(), OK);
    EXPECT_EQ(number("SELECT COUNT(*) FROM tours WHERE title = 'one'"), TOUR_CHANGES + 10);
    put_tour(d, 3, "two");
    put_tour(d, 3, "three");
    put_tour(d, 900, "new");
    CHECK(tours_db_remove(d, "01KB3SA6Z3T0V8W5X2Y9N4P004") == OK);
    EXPECT_EQ(copy(), OK);
    EXPECT_EQ(number("SELECT COUNT(*) FROM tours"), TOUR_CHANGES + 10);
    EXPECT_EQ(number("SELECT COUNT(*) FROM tours WHERE title IN ('three', 'new')"), 2);
    EXPECT_EQ(number("SELECT COUNT(*) FROM tours WHERE name = 'tour-4'"), 0);
    EXPECT_EQ(number("SELECT COUNT(*) FROM tours WHERE (property::json)->>'title' = 'A \"house\"'"),
              TOUR_CHANGES + 10);
    unsigned failed = 0;
    for (unsigned at = 1; at < 40; at++) { /* at whichever answer the connection dies */
        put_tour(d, at, "four");
        x.waits = 0;
        x.fails_at = at;
        failed += copy() != OK;
        x.ahead += POSTGRES_RETRY_MAX;
        x.fails_at = 0;
    }
    EXPECT(failed > 10);
    EXPECT_EQ(copy(), OK);
    EXPECT_EQ(number("SELECT COUNT(*) FROM tours WHERE title = 'four'"), 39);
    EXPECT_EQ(number("SELECT COUNT(*) FROM lists"), 1);
    tours_db_close(d);
    end();
}

/* A backup that was put back is another list, of the same tours. */
TEST(ledger_has_each_tour_once_when_a_backup_was_put_back) {
    char older[80];
    begin();
    struct tours_db *d = open_tours();
    put_tour(d, 1, "one");
    EXPECT_EQ(copy(), OK);
    snprintf(older, sizeof(older), "%s/older.db", x.dir);
    EXPECT_EQ(tours_db_copy(x.tours, older), OK);
    put_tour(d, 1, "two");
    put_tour(d, 2, "two");
    EXPECT_EQ(copy(), OK);
    tours_db_close(d);
    x.ledger = ledger_close(x.ledger);
    CHECK(unlink(x.tours) == 0 && rename(older, x.tours) == 0);
    open_ledger();
    d = open_tours();
    put_tour(d, 3, "three"); /* as many changes as there were */
    put_tour(d, 4, "three");
    put_tour(d, 5, "three");
    EXPECT_EQ(copy(), OK);
    EXPECT_EQ(number("SELECT COUNT(*) FROM lists"), 2);
    EXPECT_EQ(number("SELECT COUNT(*) FROM tours WHERE name = 'tour-1' AND title = 'one'"), 1);
    EXPECT_EQ(number("SELECT COUNT(*) FROM tours"), 5);
    tours_db_close(d);
    end();
}

/* Of the first release with a ledger. */
TEST(ledger_brings_an_older_schema_to_its_own) {
    begin();
    add_events(1);
    EXPECT_EQ(copy(), OK);
    x.ledger = ledger_close(x.ledger);
    bench_postgres_sql("DROP TABLE oriel_ledger.tours; DROP TABLE oriel_ledger.lists;"
                       "UPDATE oriel_ledger.schema_version SET version = 1");
    open_ledger();
    struct tours_db *d = open_tours();
    put_tour(d, 1, "one");
    add_events(1);
    EXPECT_EQ(copy(), OK);
    EXPECT_EQ(number("SELECT COUNT(*) FROM tours"), 1);
    EXPECT_EQ(number("SELECT COUNT(*) FROM events"), 2);
    tours_db_close(d);
    end();
}

TEST(ledger_refuses_a_schema_of_a_later_release) {
    begin();
    add_events(1);
    EXPECT_EQ(copy(), OK);
    bench_postgres_sql("UPDATE oriel_ledger.schema_version SET version = 99");
    x.ledger = ledger_close(x.ledger);
    open_ledger();
    EXPECT_EQ(copy(), ERR_UNSUPPORTED);
    EXPECT_EQ(number("SELECT COUNT(*) FROM events"), 1);
    end();
}
