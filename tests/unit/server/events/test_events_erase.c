/* What is shredded of recordings is in the ledger of events no more, and receivers are told. */
#include "server/events/events_erase.h"

#include "base/alloc.h"
#include "recorder/db/sql.h"
#include "recorder/seal/wraps.h"
#include "server/events/event_store_parts.h"
#include "server/os/clock.h"
#include "tests/unit/recorder/search_files.h"
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ONE "11111111111111111111111111111111"
#define TWO "22222222222222222222222222222222"
#define RUN "01KB3SA6Z3T0V8W5X2Y9N4P7QR"
#define NEXT "01KB3SA6Z3T0V8W5X2Y9N4P7QS"
#define ADA "Wilhelmina Featherstone"
#define BOB "Bartholomew Underhill"

struct ledger {
    char dir[32], path[64], why[WHY_MAX];
    struct event_store *store;
    struct ulid_maker ids;
    unsigned rows, erased;
    uint64_t seq;
    char types[1000], last[2000];
};
static struct ledger l;

static void open_store(void) {
    EXPECT_EQ(event_store_open(l.path, &l.store, l.why), OK);
}

static void begin(void) {
    memset(&l, 0, sizeof(l));
    strcpy(l.dir, "/tmp/oriel-erase-XXXXXX");
    EXPECT(mkdtemp(l.dir) != NULL);
    snprintf(l.path, sizeof(l.path), "%s/events.db", l.dir);
    open_store();
}

static void end(void) {
    char command[64];
    l.store = event_store_close(l.store);
    snprintf(command, sizeof(command), "rm -r %s", l.dir);
    EXPECT_EQ(system(command), 0);
}

struct said {
    enum event_type type;
    const char *name; /* of the person; NULL: of nobody */
    uint64_t person;
    const char *recording, *run;
    us_t at, posted;
};

/* In a transaction. */
static void say(const struct said *x) {
    char data[300];
    struct rng rng = clock_rng();
    int n = x->recording ? snprintf(data, sizeof(data), "\"recording\":\"%s\"", x->recording)
            : x->name
                ? snprintf(data, sizeof(data), "\"participant\":{\"id\":\"p%d\",\"name\":\"%s\"}",
                           (int)x->person, x->name)
                : snprintf(data, sizeof(data), "\"title\":\"Zwetschgenhof\"");
    struct event *e = event_new(x->type, data, (size_t)n);
    REQUIRE(e);
    e->at = (wall_t){x->at ? x->at : 1767323045000000};
    e->posted = x->posted;
    ulid_next(&l.ids, e->at, &rng, e->id);
    strcpy(e->tour, "elm");
    strcpy(e->session, x->run ? x->run : RUN);
    if (x->recording) {
        strcpy(e->recording, x->recording);
    }
    if (x->name) {
        e->person = x->person;
        e->number = (uint32_t)x->person;
        snprintf(e->user, sizeof(e->user), "sub of %s", x->name);
    }
    EXPECT_EQ(event_store_append(l.store, e), OK);
    mem_free(e);
}

static void append(const struct said *x) {
    EXPECT_EQ(event_store_begin(l.store), OK);
    say(x);
    EXPECT_EQ(event_store_commit(l.store), OK);
}

/* A run with two people, recorded as ONE. */
static void run(void) {
    append(&(struct said){.type = EVENT_TOUR_STARTED});
    append(&(struct said){.type = EVENT_PARTICIPANT_JOINED, .name = ADA, .person = 1});
    append(&(struct said){.type = EVENT_PARTICIPANT_JOINED, .name = BOB, .person = 2});
    append(&(struct said){.type = EVENT_RECORDING_STARTED, .recording = ONE});
    append(&(struct said){.type = EVENT_MESSAGE, .name = BOB, .person = 2});
    append(&(struct said){.type = EVENT_PARTICIPANT_LEFT, .name = ADA, .person = 1});
    append(&(struct said){.type = EVENT_RECORDING_COMPLETED, .recording = ONE});
}

/* Note, as the recorder does, that it was shredded. */
static void shred(const char *recording, uint64_t person, us_t at) {
    char path[64];
    struct wraps *w = NULL;
    struct wraps_note n = {.what.subject = person, .at = {at}, .who = "olga", .why = "by order"};
    snprintf(path, sizeof(path), "%s/wraps.db", l.dir);
    EXPECT(id_parse(recording, &n.what.recording));
    EXPECT_EQ(wraps_open(path, true, &w), OK);
    EXPECT_EQ(wraps_note_shredded(w, &n), OK);
    wraps_close(w);
}

static void erase(void) {
    EXPECT_EQ(events_erase_in(l.store, l.dir, l.why), OK);
}

static bool look(void *ctx, const struct event_row *r) {
    (void)ctx;
    char *end = l.types + strlen(l.types);
    snprintf(end, sizeof(l.types) - (size_t)(end - l.types), "%s ", r->type);
    EXPECT_EQ(r->seq, ++l.seq); /* no hole */
    EXPECT(r->body[strlen(r->body) - 1] == '}');
    EXPECT(strstr(r->body, r->id) && strstr(r->body, r->type));
    bool erased = strstr(r->body, "\"erased\":true") != NULL;
    EXPECT(!erased || (strstr(r->body, "\"userId\":null") && !strstr(r->body, "participant\":")));
    l.erased += erased;
    l.rows++;
    snprintf(l.last, sizeof(l.last), "%s", r->body);
    return true;
}

static void list(void) {
    l.rows = l.erased = 0;
    l.seq = 0;
    l.types[0] = '\0';
    const struct event_page p = {.most = 1000, .each = look};
    EXPECT_EQ(event_store_list(l.store, "elm", &p), OK);
}

static int64_t length_of_first(void) {
    sqlite3 *db = NULL;
    EXPECT_EQ(sql_open(l.path, false, &db), OK);
    sqlite3_stmt *q = sql_prepare(db, "SELECT length(body) FROM event WHERE n = 1", "");
    int64_t n = q && sql_step(q) == OK ? sqlite3_column_int64(q, 0) : 0;
    sqlite3_finalize(q);
    sqlite3_close(db);
    return n;
}

static unsigned found(const char *text) {
    return search_files(l.dir, bytes_of(text, strlen(text)));
}

TEST(a_person_who_was_shredded_is_in_no_file_of_the_ledger_and_others_are) {
    begin();
    run();
    EXPECT(found(BOB) > 0);
    shred(ONE, 2, 1767323046000000);
    erase();
    EXPECT_EQ(found(BOB), 0);
    EXPECT(found(ADA) > 0);
    EXPECT(found("Zwetschgenhof") > 0);
    list();
    EXPECT_EQ(l.rows, 8);
    EXPECT_EQ(l.erased, 2);
    EXPECT(strstr(l.types, "recording.completed participant.erased ") != NULL);
    EXPECT(strstr(l.last, "\"recording\":\"" ONE "\",\"participant\":{\"id\":\"p2\"},"
                          "\"recorded_as\":\"0000000000000002\"") != NULL);
    EXPECT(strstr(l.last, "\"sessionId\":\"" RUN "\"") != NULL);
    /* What is said of them later in that run is not written either; of another run it is. */
    append(&(struct said){
        .type = EVENT_PARTICIPANT_LEFT, .name = BOB, .person = 2, .at = 1767323099000000});
    EXPECT_EQ(found(BOB), 0);
    append(&(struct said){.type = EVENT_PARTICIPANT_LEFT, .name = BOB, .person = 2, .run = NEXT});
    EXPECT(found(BOB) > 0);
    list();
    EXPECT_EQ(l.erased, 3);
    end();
}

TEST(a_recording_that_was_shredded_takes_what_was_said_in_its_run_until_then) {
    begin();
    run();
    shred(ONE, 0, 1767323046000000);
    erase();
    EXPECT_EQ(found(ADA) + found(BOB) + found("Zwetschgenhof"), 0);
    list();
    EXPECT_EQ(l.erased, 5); /* all but the recording's own */
    EXPECT(strstr(l.types, "recording.completed recording.erased ") != NULL);
    EXPECT(strstr(l.last, "\"recording\":\"" ONE "\"}") != NULL);
    /* One that was posted before and is stored only now; and one of the run that goes on. */
    append(&(struct said){.type = EVENT_MESSAGE, .name = ADA, .person = 1});
    EXPECT_EQ(found(ADA), 0);
    append(&(struct said){
        .type = EVENT_PARTICIPANT_LEFT, .name = ADA, .person = 1, .at = 1767323099000000});
    EXPECT(found(ADA) > 0);
    end();
}

TEST(what_was_shredded_is_told_once_whoever_died_in_between) {
    begin();
    run();
    struct event_erasure x = {.recording = ONE, .person = 2, .at = {1767323046000000}};
    shred(ONE, 2, x.at.us);
    EXPECT_EQ(event_store_begin(l.store), OK);
    bool more = true;
    EXPECT_EQ(event_store_erase(l.store, &x, &more), OK);
    EXPECT(!more);
    EXPECT_EQ(x.number, 2);
    event_store_rollback(l.store); /* it died before the commit, */
    event_store_close(l.store);
    open_store();
    EXPECT(found(BOB) > 0);
    EXPECT_EQ(events_erase(l.path, l.dir, l.why), OK);
    EXPECT_EQ(event_store_set_erased_to(l.store, 0),
              OK); /* or before it was noted that it is done */
    erase();
    erase();
    EXPECT_EQ(found(BOB), 0);
    list();
    EXPECT_EQ(l.rows, 8);
    /* And the whole of it afterwards. */
    shred(ONE, 0, 1767323046000000);
    erase();
    list();
    EXPECT_EQ(l.rows, 9);
    EXPECT_EQ(l.erased, 5);
    end();
}

/* All of a long run at once took minutes, in which nobody else could write. */
TEST(a_long_run_is_erased_in_parts_and_others_write_in_between) {
    struct event_erasure x = {.recording = ONE, .at = {1767323046000000}};
    struct event_store *mine = NULL;
    bool more = true;
    begin();
    run();
    EXPECT_EQ(event_store_begin(l.store), OK);
    for (int i = 0; i < 1500; i++) {
        say(&(struct said){.type = EVENT_MESSAGE, .name = ADA, .person = 1});
    }
    EXPECT_EQ(event_store_commit(l.store), OK);
    EXPECT_EQ(event_store_open(l.path, &mine, l.why), OK);
    EXPECT_EQ(event_store_begin(mine), OK);
    EXPECT_EQ(event_store_erase(mine, &x, &more), OK);
    EXPECT(more);
    EXPECT_EQ(event_store_commit(mine), OK);
    append(&(struct said){.type = EVENT_MESSAGE, .name = BOB, .person = 2}); /* of before */
    /* And it died: whoever goes on does the rest, and tells it. */
    event_store_close(mine);
    shred(ONE, 0, x.at.us);
    erase();
    EXPECT_EQ(found(ADA) + found(BOB), 0);
    const struct event_page p = {.most = 2000, .each = look};
    EXPECT_EQ(event_store_list(l.store, "elm", &p), OK);
    EXPECT_EQ(l.rows, 7 + 1500 + 1 + 1);
    EXPECT_EQ(l.erased, 5 + 1500 + 1);
    EXPECT(strstr(l.last, "\"eventType\":\"recording.erased\"") != NULL);
    end();
}

/* What grows is moved, and what lies beside it with it: a copy may stay in the page. */
TEST(what_is_erased_has_the_length_that_it_had) {
    begin();
    struct event *e = event_new(EVENT_TOUR_STARTED, "\"title\":\"\"", 10);
    REQUIRE(e);
    e->at = (wall_t){1767323045000000};
    strcpy(e->tour, "elm");
    strcpy(e->session, RUN);
    EXPECT_EQ(event_store_begin(l.store), OK);
    EXPECT_EQ(event_store_append(l.store, e), OK);
    EXPECT_EQ(event_store_commit(l.store), OK);
    mem_free(e);
    append(&(struct said){.type = EVENT_RECORDING_STARTED, .recording = ONE});
    int64_t before = length_of_first();
    list();
    EXPECT(strstr(l.types, "tour.started ") != NULL); /* without the blanks */
    shred(ONE, 0, 1767323046000000);
    erase();
    list();
    EXPECT_EQ(l.erased, 1);
    EXPECT_EQ(length_of_first(), before);
    end();
}

TEST(a_recording_of_which_nothing_was_told_is_passed_over) {
    int64_t place = 0;
    begin();
    run();
    erase(); /* there is no wraps.db yet */
    shred(TWO, 0, 1767323046000000);
    shred(TWO, 7, 1767323046000000);
    erase();
    list();
    EXPECT_EQ(l.rows, 7);
    EXPECT_EQ(event_store_erased_to(l.store, &place), OK);
    EXPECT_EQ(place, 2);
    EXPECT_EQ(events_erase("/nonexistent/events.db", l.dir, l.why), OK);
    end();
}

static int64_t rows_of(const char *sql) {
    int64_t n = -1;
    EXPECT_EQ(event_store_numbers(l.store, sql_borrow(&l.store->cache, sql, ""), &n, 1), OK);
    return n;
}

/* Events wait in memory while the disk is full. What is ordered meanwhile of a recording of which
 * nobody has told yet is done when somebody has. */
TEST(a_shred_before_its_recording_was_told_of_is_done_when_it_is) {
    for (int whole = 0; whole < 2; whole++) {
        begin();
        shred(ONE, whole ? 0 : 2, 1767323046000000);
        erase();
        erase();
        EXPECT_EQ(rows_of("SELECT COUNT(*) FROM early"), 1);
        run();
        list();
        EXPECT_EQ(l.rows, 7);
        EXPECT_EQ(l.erased, whole ? 2 : 1); /* nobody is told what comes behind its start, */
        EXPECT(found(BOB) > 0);             /* and what came before it is still to be erased */
        erase();
        EXPECT_EQ(found(BOB), 0);
        EXPECT_EQ(found(ADA) > 0, !whole);
        list();
        EXPECT_EQ(l.rows, 8);
        EXPECT_EQ(l.erased, whole ? 5 : 2);
        EXPECT(strstr(l.types, whole ? "recording.completed recording.erased "
                                     : "recording.completed participant.erased ") != NULL);
        EXPECT_EQ(rows_of("SELECT COUNT(*) FROM early"), 0);
        erase();
        list();
        EXPECT_EQ(l.rows, 8); /* told once */
        end();
    }
}

TEST(a_shred_of_what_is_never_told_of_is_forgotten_in_its_time) {
    bool more = true;
    begin();
    shred(TWO, 0, 1767323046000000);
    erase();
    EXPECT_EQ(event_store_prune(l.store, (wall_t){1767323046000000}, &more), OK);
    EXPECT_EQ(rows_of("SELECT COUNT(*) FROM early"), 1);
    EXPECT_EQ(event_store_prune(l.store, (wall_t){1767323046000001}, &more), OK);
    EXPECT_EQ(rows_of("SELECT COUNT(*) FROM early"), 0);
    end();
}

/* Whoever died behind the erasure has left what was there in the log. */
TEST(what_came_early_is_done_when_it_is_in_no_file) {
    int64_t n = 0;
    bool more = true;
    begin();
    shred(ONE, 2, 1767323046000000);
    erase();
    run();
    struct event_erasure x;
    EXPECT_EQ(event_store_early(l.store, &x), OK);
    EXPECT(strcmp(x.recording, ONE) == 0 && x.person == 2);
    EXPECT_EQ(event_store_begin(l.store), OK);
    EXPECT_EQ(event_store_erase(l.store, &x, &more), OK);
    EXPECT_EQ(event_store_commit(l.store), OK);
    EXPECT_EQ(event_store_early(l.store, &x), ERR_UNKNOWN);
    EXPECT(event_store_early_done(l.store, &n) == OK && n == 1);
    EXPECT(found(BOB) > 0); /* in the log */
    erase();
    EXPECT_EQ(found(BOB), 0);
    EXPECT(event_store_early_done(l.store, &n) == OK && n == 0);
    end();
}

/* The clock was set back, by an hour, before a recording was shredded: what was said before that
 * has a later time. And by days after it: what is said then has an earlier one. */
TEST(a_clock_that_is_set_back_neither_keeps_what_was_shredded_nor_takes_anything_else) {
    const us_t now = clock_wall().us, hour = 3600 * US_PER_S;
    struct said bob = {.type = EVENT_MESSAGE, .name = BOB, .person = 2};
    struct said ada = {.type = EVENT_MESSAGE, .name = ADA, .person = 1};
    begin();
    append(&(struct said){.type = EVENT_RECORDING_STARTED, .recording = ONE, .at = now + hour});
    bob.at = now + hour;
    append(&bob);
    ada.at = now - 1; /* behind the order, and before it was carried out */
    append(&ada);
    us_t before = clock_now();
    shred(ONE, 0, now - hour);
    erase();
    EXPECT_EQ(found(BOB), 0);
    EXPECT(found(ADA) > 0);
    bob.posted = before; /* stored only now */
    append(&bob);
    bob.at = now - 2 * hour;
    append(&bob);
    EXPECT_EQ(found(BOB), 0);
    bob.posted = clock_now() + 1;
    append(&bob); /* the clock has gone back once more */
    EXPECT(found(BOB) > 0);
    end();
}

/* What another keeps from being done is not done; what it only keeps in the log is. */
TEST(what_could_not_be_carried_out_is_told_from_what_was) {
    struct event_store *other = NULL;
    int64_t place = -1;
    begin();
    run();
    shred(ONE, 2, 1767323046000000);
    EXPECT_EQ(event_store_open(l.path, &other, l.why), OK);
    EXPECT_EQ(sqlite3_busy_timeout(l.store->db, 10), SQLITE_OK);
    EXPECT_EQ(event_store_begin(other), OK); /* it writes */
    EXPECT_EQ(events_erase_in(l.store, l.dir, l.why), ERR_BUSY);
    event_store_rollback(other);
    EXPECT(found(BOB) > 0);
    EXPECT_EQ(sql_exec(other->db, "BEGIN; SELECT COUNT(*) FROM event"), OK); /* it reads */
    EXPECT_EQ(events_erase_in(l.store, l.dir, l.why), ERR_AGAIN);
    list();
    EXPECT(l.rows == 8 && l.erased == 2);
    EXPECT(event_store_erased_to(l.store, &place) == OK && place == 0);
    event_store_rollback(other);
    erase();
    EXPECT_EQ(found(BOB), 0);
    EXPECT(event_store_erased_to(l.store, &place) == OK && place == 1);
    event_store_close(other);
    end();
}

TEST(an_older_list_of_orders_is_gone_through_from_its_beginning) {
    char command[64];
    begin();
    run();
    shred(TWO, 0, 1767323046000000);
    shred(TWO, 7, 1767323046000000);
    erase();
    snprintf(command, sizeof(command), "rm %s/wraps.db", l.dir);
    EXPECT_EQ(system(command), 0);
    shred(ONE, 2, 1767323046000000);
    erase();
    EXPECT_EQ(found(BOB), 0);
    end();
}

TEST(receivers_are_told_also_when_the_events_are_not_kept_any_more) {
    bool more = true;
    begin();
    run();
    EXPECT_EQ(event_store_prune(l.store, (wall_t){INT64_MAX}, &more), OK);
    EXPECT(!more);
    list();
    EXPECT_EQ(l.rows, 0);
    shred(ONE, 2, 1767323046000000);
    erase();
    l.seq = 7; /* numbers go on */
    const struct event_page p = {.most = 1000, .each = look};
    EXPECT_EQ(event_store_list(l.store, "elm", &p), OK);
    EXPECT_EQ(l.rows, 1);
    EXPECT(strstr(l.last, "\"participant\":{\"id\":\"p2\"}") != NULL);
    /* What is erased as a whole is forgotten with its last event. */
    shred(ONE, 0, 1767323046000000);
    erase();
    EXPECT_EQ(event_store_prune(l.store, (wall_t){INT64_MAX}, &more), OK);
    l.store = event_store_close(l.store); /* and its log */
    EXPECT_EQ(found(ONE) + found(RUN), 0);
    end();
}

/* What of an earlier release says whom it is about is not known: all of them of that run are. */
TEST(a_ledger_of_the_first_format_is_taken_over) {
    sqlite3 *db = NULL;
    begin();
    run();
    l.store = event_store_close(l.store);
    EXPECT_EQ(sql_open(l.path, false, &db), OK);
    EXPECT_EQ(sql_exec(db, "DROP TABLE shared; DROP TABLE amended; DROP TRIGGER event_amended;"
                           "DROP TRIGGER event_forgotten;"
                           "DROP INDEX event_session; ALTER TABLE event DROP COLUMN session;"
                           "ALTER TABLE event DROP COLUMN person;"
                           "ALTER TABLE event DROP COLUMN erased; DROP TABLE recorded;"
                           "DROP TABLE seat; DROP TABLE erased; DROP TABLE shreds;"
                           "DROP TABLE early;"
                           "PRAGMA user_version = 1;"),
              OK);
    sqlite3_close(db);
    open_store();
    shred(ONE, 2, 1767323046000000);
    erase();
    EXPECT_EQ(found(BOB), 0);
    list();
    EXPECT_EQ(l.rows, 8);
    EXPECT(strstr(l.last, "\"participant\":null,\"recorded_as\":\"0000000000000002\"") != NULL);
    end();
}

/* Each event is looked at once: a run with many is done in the time of a few. */
TEST(a_run_with_many_events_is_erased_in_a_moment) {
    begin();
    run();
    char data[] = "\"participant\":{\"id\":\"p2\",\"name\":\"" BOB "\"}";
    struct rng rng = clock_rng();
    struct event *e = event_new(EVENT_PARTICIPANT_MUTED, data, sizeof(data) - 1);
    REQUIRE(e);
    e->at = (wall_t){1767323045000000};
    e->person = UINT64_MAX - 1; /* a handle is any 64 bits */
    strcpy(e->tour, "elm");
    strcpy(e->session, RUN);
    EXPECT_EQ(event_store_begin(l.store), OK);
    for (int i = 0; i < 5000; i++) {
        ulid_next(&l.ids, e->at, &rng, e->id);
        EXPECT_EQ(event_store_append(l.store, e), OK);
    }
    EXPECT_EQ(event_store_commit(l.store), OK);
    mem_free(e);
    shred(ONE, 2, 1767323046000000);
    shred(ONE, UINT64_MAX - 1, 1767323046000000);
    us_t began = clock_now();
    erase();
    EXPECT(clock_now() - began < 10 * US_PER_S); /* looked at anew for each it would be minutes */
    EXPECT_EQ(found(BOB), 0);
    EXPECT(found(ADA) > 0);
    end();
}
