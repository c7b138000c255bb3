/* The thread that copies into the database: it says how it goes, and ends whatever that does. */
#include "server/ledger/ledger_thread.h"

#include "base/alloc.h"
#include "recorder/db/database.h"
#include "server/events/event_store.h"
#include "server/ledger/ledger_chain.h"
#include "server/os/clock.h"
#include "tests/unit/recorder/bench_postgres.h"
#include "tests/unit/test.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONG_ENOUGH (60 * US_PER_S)

static char dir[32], file[64];
static struct event_store *store;
static struct ledger_thread *thread;

static void begin(us_t answer_most) {
    char why[WHY_MAX] = "";
    struct postgres_config database = *bench_postgres_fresh();
    database.answer_most = answer_most;
    strcpy(dir, "/tmp/oriel-ledger-XXXXXX");
    CHECK(mkdtemp(dir) != NULL);
    snprintf(file, sizeof(file), "%s/events.db", dir);
    CHECK(event_store_open(file, &store, why) == OK);
    const struct ledger_thread_config c = {.ledger = {.database = &database,
                                                      .events = file,
                                                      .tours = "",
                                                      .audit = "",
                                                      .keep_events = 3600 * US_PER_S}};
    CHECK(ledger_thread_start(&c, &thread, why) == OK);
}

static void end(void) {
    char command[64];
    thread = ledger_thread_stop(thread);
    store = event_store_close(store);
    snprintf(command, sizeof(command), "rm -r %s", dir);
    EXPECT_EQ(system(command), 0);
}

static void add_event(void) {
    static struct ulid_maker ids;
    const struct rng rng = clock_rng();
    struct event *e = event_new(EVENT_TOUR_STARTED, "", 0);
    CHECK(e);
    e->at = clock_wall();
    snprintf(e->tour, sizeof(e->tour), "elm");
    ulid_next(&ids, e->at, &rng, e->id);
    CHECK(event_store_begin(store) == OK && event_store_append(store, e) == OK &&
          event_store_commit(store) == OK);
    mem_free(e);
}

static int64_t rows(void) {
    struct db *d = NULL;
    char why[WHY_MAX];
    int64_t n = -1;
    if (ledger_chains_open(bench_postgres_now(), &d, why) != OK) {
        return n;
    }
    struct db_rows *r = db_query(d, "SELECT COUNT(*) FROM events", "");
    if (r && db_next(r) == OK) {
        n = db_int(r, 0);
    }
    db_done(r);
    ledger_chains_close(d);
    return n;
}

static bool copies(int64_t n) {
    us_t by = clock_now() + LONG_ENOUGH;
    while (clock_now() < by && rows() != n) {
        (void)poll(NULL, 0, 50);
    }
    return rows() == n;
}

static bool comes_to(bool away, uint64_t events) {
    us_t by = clock_now() + LONG_ENOUGH;
    struct ledger_state s = ledger_thread_state(thread);
    while (clock_now() < by && (s.away != away || s.behind.events != events)) {
        (void)poll(NULL, 0, 5);
        s = ledger_thread_state(thread);
    }
    return s.away == away && s.behind.events == events;
}

TEST(ledger_thread_says_what_waits_while_the_database_is_away) {
    begin(5 * US_PER_S);
    add_event();
    EXPECT(copies(1) && comes_to(false, 0));
    bench_postgres_do("kill");
    add_event();
    add_event();
    EXPECT(comes_to(true, 2));
    bench_postgres_do("start");
    EXPECT(copies(3) && comes_to(false, 0));
    end();
}

/* A database that says nothing is waited for as long as is allowed, but not at the end. */
TEST(ledger_thread_ends_while_the_database_is_frozen) {
    begin(600 * US_PER_S);
    add_event();
    EXPECT(copies(1) && comes_to(false, 0));
    bench_postgres_do("freeze");
    add_event();
    us_t from = clock_now();
    thread = ledger_thread_stop(thread);
    EXPECT(clock_now() - from < LONG_ENOUGH);
    bench_postgres_do("thaw");
    end();
}
