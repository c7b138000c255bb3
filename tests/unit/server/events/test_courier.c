#include "base/alloc.h"
#include "base/json_write.h"
#include "server/events/courier.h"
#include "tests/unit/test.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SEC 1000000
#define TOURS 4
#define EVENTS 120

/* A receiver that remembers what it was sent. */
struct receiver {
    unsigned plan[2048]; /* verdict of the n-th request; enum sink_verdict */
    size_t n, asked;
    us_t after, took;
    void (*during)(void); /* called while it has the event */
    char got[4096][96];   /* "TOUR SEQ" of what it took */
    size_t n_got;
};

struct bench {
    char dir[32], path[64];
    struct event_store *store;
    struct courier courier;
    struct receiver receiver;
    struct rng_seeded seed;
    struct ulid_maker ulids;
    uint32_t types;
};

static struct bench b;

static enum sink_verdict receive(void *ctx, const struct event_row *r, wall_t wall,
                                 struct sink_answer *ret) {
    struct receiver *x = ctx;
    (void)wall;
    unsigned v = x->asked < x->n ? x->plan[x->asked] : SINK_TAKEN;
    x->asked++;
    if (v == SINK_TAKEN) {
        snprintf(x->got[x->n_got++], 96, "%s %llu", r->tour, (unsigned long long)r->seq);
        EXPECT(strstr(r->body, r->id) != NULL);
    }
    ret->after = x->after;
    ret->took = x->took;
    if (x->during) {
        x->during();
    }
    snprintf(ret->why, sizeof(ret->why), "%s", v == SINK_TAKEN ? "" : "no");
    return (enum sink_verdict)v;
}

static void nothing(void *ctx) {
    (void)ctx;
}

static bool open_all(struct bench *k) {
    char why[WHY_MAX];
    const struct sink sink = {.ctx = &k->receiver, .send = receive, .close = nothing};
    if (!k->dir[0]) {
        rng_seed(&k->seed, 3);
        strcpy(k->dir, "/tmp/oriel-events-XXXXXX");
        if (!mkdtemp(k->dir)) {
            return false;
        }
        snprintf(k->path, sizeof(k->path), "%s/events.db", k->dir);
    }
    const struct courier_config c = {.name = "office",
                                     .types = k->types,
                                     .attempts = 3,
                                     .retry = {.first = SEC, .most = 60 * SEC},
                                     .rng = rng_from_seeded(&k->seed)};
    return event_store_open(k->path, &k->store, why) == OK &&
           courier_init(&k->courier, &c, k->store, &sink) == OK;
}

static void restart(struct bench *k) {
    event_store_close(k->store);
    REQUIRE(open_all(k));
}

/* A case: a receiver that takes all, and wants these types (0: all). */
static bool begin(uint32_t types) {
    memset(&b, 0, sizeof(b));
    b.types = types;
    return open_all(&b);
}

static void end(void) {
    char command[96];
    event_store_close(b.store);
    snprintf(command, sizeof(command), "rm -r %s", b.dir);
    EXPECT_EQ(system(command), 0);
}

/* The next n requests are answered so, then again as before. */
static void answer(size_t n, enum sink_verdict v) {
    while (n-- > 0) {
        b.receiver.plan[b.receiver.n++] = v;
    }
}

static void append_many(struct bench *k, const char *tour, enum event_type type, unsigned n) {
    struct rng rng = rng_from_seeded(&k->seed);
    struct event *e = event_new(type, "\"name\":\"Ada\"", 12);
    REQUIRE(e);
    e->at = (wall_t){1767323045000000};
    ulid_next(&k->ulids, e->at, &rng, e->id);
    snprintf(e->tour, sizeof(e->tour), "%s", tour);
    EXPECT_EQ(event_store_begin(k->store), OK);
    for (unsigned i = 0; i < n; i++) {
        EXPECT_EQ(event_store_append(k->store, e), OK);
    }
    EXPECT_EQ(event_store_commit(k->store), OK);
    mem_free(e);
}

static void append(struct bench *k, const char *tour, enum event_type type) {
    append_many(k, tour, type, 1);
}

/* The first number of the answer, from a connection of its own. */
static int64_t sql(const char *text) {
    sqlite3 *db = NULL;
    sqlite3_stmt *q = NULL;
    EXPECT_EQ(sqlite3_open(b.path, &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_prepare_v2(db, text, -1, &q, NULL), SQLITE_OK);
    int64_t n = sqlite3_step(q) == SQLITE_ROW ? sqlite3_column_int64(q, 0) : 0;
    sqlite3_finalize(q);
    sqlite3_close(db);
    return n;
}

/* Everything that is due at this time. */
static void work(struct bench *k, wall_t wall) {
    while (courier_step(&k->courier, wall)) {
    }
}

TEST(events_reach_a_sink_in_order_and_numbered_per_tour) {
    REQUIRE(begin(0));
    append(&b, "elm", EVENT_TOUR_STARTED);
    append(&b, "oak", EVENT_TOUR_STARTED);
    append(&b, "elm", EVENT_TOUR_ENDED);
    work(&b, (wall_t){1});
    REQUIRE(b.receiver.n_got == 3);
    EXPECT_STR(b.receiver.got[0], "elm 1");
    EXPECT_STR(b.receiver.got[1], "oak 1");
    EXPECT_STR(b.receiver.got[2], "elm 2");
    restart(&b); /* and not again */
    append(&b, "elm", EVENT_TOUR_STARTED);
    work(&b, (wall_t){1});
    REQUIRE(b.receiver.n_got == 4);
    EXPECT_STR(b.receiver.got[3], "elm 3");
    end();
}

TEST(a_new_sink_begins_with_what_comes) {
    REQUIRE(begin(0));
    append(&b, "elm", EVENT_TOUR_STARTED);
    EXPECT_EQ(event_store_sink(b.store, "late"), OK);
    struct event_counts n;
    EXPECT_EQ(event_store_counts(b.store, "late", &n), OK);
    EXPECT_EQ(n.waiting, 0);
    EXPECT_EQ(event_store_counts(b.store, "office", &n), OK);
    EXPECT_EQ(n.waiting, 1);
    end();
}

TEST(a_sink_that_is_no_more_is_forgotten) {
    static const char *const names[] = {"late"};
    REQUIRE(begin(0));
    append(&b, "elm", EVENT_TOUR_STARTED);
    EXPECT_EQ(event_store_sinks(b.store, names, 1), OK);
    append(&b, "elm", EVENT_TOUR_ENDED);
    struct event_counts n;
    EXPECT_EQ(event_store_counts(b.store, "late", &n), OK);
    EXPECT_EQ(n.waiting, 1);
    EXPECT_EQ(event_store_sink(b.store, "office"), OK); /* and begins anew when it is back */
    EXPECT_EQ(event_store_counts(b.store, "office", &n), OK);
    EXPECT_EQ(n.waiting, 0);
    end();
}

TEST(while_a_sink_is_down_nothing_is_given_up) {
    REQUIRE(begin(0));
    answer(40, SINK_DOWN);
    append(&b, "elm", EVENT_TOUR_STARTED);
    append(&b, "oak", EVENT_TOUR_STARTED);
    int64_t at = 1;
    for (int i = 0; i < 200 && b.receiver.n_got < 2; i++) {
        work(&b, (wall_t){at});
        EXPECT(b.courier.failures == 0 || b.courier.next.us <= at + 60 * SEC);
        at = b.courier.next.us < INT64_MAX ? b.courier.next.us : at;
    }
    EXPECT_EQ(b.receiver.asked, 42);
    EXPECT_STR(b.receiver.got[0], "elm 1");
    EXPECT_STR(b.receiver.got[1], "oak 1");
    EXPECT(at > 30 * 30 * (int64_t)SEC); /* half of the longest pause, at least, thirty times */
    EXPECT_EQ(b.courier.dead, 0);
    end();
}

TEST(a_sink_that_says_when_is_not_asked_before) {
    REQUIRE(begin(0));
    answer(1, SINK_DOWN);
    b.receiver.after = 30 * SEC;
    append(&b, "elm", EVENT_TOUR_STARTED);
    work(&b, (wall_t){0});
    work(&b, (wall_t){29 * (int64_t)SEC});
    EXPECT_EQ(b.receiver.asked, 1);
    work(&b, (wall_t){31 * (int64_t)SEC});
    EXPECT_EQ(b.receiver.n_got, 1);
    end();
}

TEST(an_event_that_is_refused_holds_up_its_own_tour_only) {
    REQUIRE(begin(0));
    answer(1, SINK_REFUSED);
    append(&b, "elm", EVENT_TOUR_STARTED);
    append(&b, "elm", EVENT_TOUR_ENDED);
    append(&b, "oak", EVENT_TOUR_STARTED);
    work(&b, (wall_t){10});
    REQUIRE(b.receiver.n_got == 1);
    EXPECT_STR(b.receiver.got[0], "oak 1");
    restart(&b);
    work(&b, (wall_t){10});
    EXPECT_EQ(b.receiver.n_got, 1);
    work(&b, (wall_t){10 + SEC});
    REQUIRE(b.receiver.n_got == 3);
    EXPECT_STR(b.receiver.got[1], "elm 1");
    EXPECT_STR(b.receiver.got[2], "elm 2");
    end();
}

static bool count_dead(void *ctx, const struct event_row *r) {
    EXPECT_STR(r->why, "no");
    EXPECT_EQ(r->attempts, 3);
    ++*(unsigned *)ctx;
    return true;
}

TEST(what_is_given_up_is_listed_and_can_be_sent_again) {
    REQUIRE(begin(0));
    answer(3, SINK_REFUSED);
    append(&b, "elm", EVENT_TOUR_STARTED);
    append(&b, "elm", EVENT_TOUR_ENDED);
    for (int64_t at = 1; at < 20 * (int64_t)SEC; at += SEC) {
        work(&b, (wall_t){at});
    }
    REQUIRE(b.receiver.n_got == 1); /* the tour goes on behind it */
    EXPECT_STR(b.receiver.got[0], "elm 2");
    unsigned dead = 0;
    EXPECT_EQ(event_store_dead(b.store, "office",
                               &(struct event_page){.most = 10, .each = count_dead, .ctx = &dead}),
              OK);
    EXPECT_EQ(dead, 1);
    EXPECT_EQ(event_store_revive(b.store, "office", 77), ERR_UNKNOWN);
    EXPECT_EQ(event_store_revive(b.store, "office", 1), OK);
    work(&b, (wall_t){21 * (int64_t)SEC});
    REQUIRE(b.receiver.n_got == 2);
    EXPECT_STR(b.receiver.got[1], "elm 1");
    EXPECT_EQ(event_store_replay(b.store, "office", 1), OK);
    work(&b, (wall_t){22 * (int64_t)SEC});
    EXPECT_EQ(b.receiver.n_got, 4);
    end();
}

TEST(a_sink_gets_what_it_wants) {
    REQUIRE(begin(1u << EVENT_TOUR_ENDED));
    append(&b, "elm", EVENT_TOUR_STARTED);
    append(&b, "elm", EVENT_TOUR_ENDED);
    work(&b, (wall_t){1});
    REQUIRE(b.receiver.n_got == 1);
    EXPECT_STR(b.receiver.got[0], "elm 2");
    end();
}

/* They have names of people in them, like the others. */
TEST(what_was_given_up_is_forgotten_in_its_time) {
    const int64_t from = 1767323045 * (int64_t)SEC; /* when it happens */
    bool more = true;
    REQUIRE(begin(0));
    answer(3, SINK_REFUSED);
    append(&b, "elm", EVENT_TOUR_STARTED);
    for (int64_t at = 0; at < 20 * (int64_t)SEC; at += SEC) {
        work(&b, (wall_t){from + at});
    }
    REQUIRE(b.courier.dead == 1);
    /* Not by when it happened, but by when it was given up. */
    EXPECT_EQ(event_store_prune(b.store, (wall_t){from + 1}, &more), OK);
    EXPECT_EQ(sql("SELECT COUNT(*) FROM event"), 1);
    EXPECT_EQ(sql("SELECT COUNT(*) FROM held"), 1);
    EXPECT_EQ(event_store_revive(b.store, "office", 1), OK);
    answer(3, SINK_REFUSED);
    EXPECT_EQ(event_store_prune(b.store, (wall_t){INT64_MAX}, &more), OK);
    EXPECT_EQ(sql("SELECT COUNT(*) FROM event"), 1); /* it is to be sent */
    for (int64_t at = 20 * (int64_t)SEC; at < 40 * (int64_t)SEC; at += SEC) {
        work(&b, (wall_t){from + at});
    }
    REQUIRE(b.courier.dead == 2);
    EXPECT_EQ(event_store_prune(b.store, (wall_t){from + 99 * (int64_t)SEC}, &more), OK);
    EXPECT_EQ(sql("SELECT COUNT(*) FROM event"), 0);
    EXPECT_EQ(sql("SELECT COUNT(*) FROM held"), 0);
    end();
}

static bool only_one(void *ctx, const struct event_row *r) {
    *(int64_t *)ctx = r->n;
    return false;
}

TEST(a_page_that_is_full_says_where_it_goes_on) {
    int64_t got = 0, next = 0;
    REQUIRE(begin(0));
    append(&b, "elm", EVENT_TOUR_STARTED);
    append(&b, "elm", EVENT_TOUR_ENDED);
    const struct event_page p = {
        .from = 1, .most = 10, .each = only_one, .ctx = &got, .ret_next = &next};
    EXPECT_EQ(event_store_list(b.store, NULL, &p), OK);
    EXPECT_EQ(got, 1);
    EXPECT_EQ(next, 2);
    end();
}

TEST(what_happened_since_is_all_that_did_also_when_the_clock_was_set_back) {
    int64_t first = 0;
    REQUIRE(begin(0));
    append(&b, "elm", EVENT_TOUR_STARTED);
    append(&b, "elm", EVENT_TOUR_ENDED);
    append(&b, "elm", EVENT_TOUR_STARTED);
    EXPECT_EQ(sql("UPDATE event SET at = CASE n WHEN 1 THEN 100 WHEN 2 THEN 50 ELSE 70 END"
                  " RETURNING 1"),
              1);
    EXPECT_EQ(event_store_first_since(b.store, (wall_t){60}, &first), OK);
    EXPECT_EQ(first, 1);
    EXPECT_EQ(event_store_first_since(b.store, (wall_t){101}, &first), OK);
    EXPECT_EQ(first, 4);
    end();
}

TEST(what_every_sink_has_is_forgotten_and_numbers_go_on) {
    bool more = false;
    REQUIRE(begin(0));
    append(&b, "elm", EVENT_TOUR_STARTED);
    EXPECT_EQ(event_store_prune(b.store, (wall_t){INT64_MAX}, &more), OK); /* it is not sent yet */
    work(&b, (wall_t){1});
    EXPECT_EQ(b.receiver.n_got, 1);
    EXPECT_EQ(event_store_prune(b.store, (wall_t){INT64_MAX}, &more), OK);
    EXPECT_EQ(event_store_replay(b.store, "office", 1), OK);
    work(&b, (wall_t){1});
    EXPECT_EQ(b.receiver.n_got, 1);
    append(&b, "elm", EVENT_TOUR_ENDED);
    work(&b, (wall_t){1});
    EXPECT_STR(b.receiver.got[1], "elm 2");
    end();
}

/* Number of the first time that it was taken; -1: never. */
static int first_time(const char *tour, unsigned seq) {
    char want[64];
    snprintf(want, sizeof(want), "%s %u", tour, seq);
    for (size_t i = 0; i < b.receiver.n_got; i++) {
        if (strcmp(b.receiver.got[i], want) == 0) {
            return (int)i;
        }
    }
    return -1;
}

/* A receiver that fails as it likes, a process that dies as it likes: each event arrives, and those
 * of a tour in order. */
TEST(whatever_fails_each_event_arrives_in_the_order_of_its_tour) {
    static const char *const tours[TOURS] = {"elm", "oak", "ash", "fir"};
    for (uint64_t seed = 1; seed <= 20; seed++) {
        unsigned seqs[TOURS] = {0};
        REQUIRE(begin(0));
        rng_seed(&b.seed, seed);
        struct rng rng = rng_from_seeded(&b.seed);
        b.courier.c.attempts = 1000;
        for (unsigned i = 0; i < 300; i++) {
            answer(1, (enum sink_verdict)rng_below(&rng, 3));
        }
        int64_t at = 1;
        for (unsigned i = 0; i < EVENTS; i++) {
            unsigned t = rng_below(&rng, TOURS);
            append(&b, tours[t], EVENT_PARTICIPANT_JOINED);
            seqs[t]++;
            for (unsigned k = rng_below(&rng, 3); k > 0; k--) {
                (void)courier_step(&b.courier, (wall_t){at});
            }
            if (rng_below(&rng, 10) == 0) {
                restart(&b);
                b.courier.c.attempts = 1000;
            }
            at += rng_below(&rng, 3) * SEC;
        }
        for (int i = 0; i < 100000 && b.receiver.n_got < EVENTS; i++) {
            work(&b, (wall_t){at});
            at += SEC;
        }
        for (unsigned t = 0; t < TOURS; t++) {
            for (unsigned k = 1, last = 0; k <= seqs[t]; k++) {
                int now = first_time(tours[t], k);
                EXPECT(now >= 0 && (k == 1 || (unsigned)now > last));
                last = (unsigned)now;
            }
        }
        end();
    }
}

TEST(what_is_taken_is_not_sent_again_while_the_store_fails) {
    REQUIRE(begin(0));
    append(&b, "elm", EVENT_TOUR_STARTED);
    (void)sql("CREATE TRIGGER full BEFORE UPDATE ON sink BEGIN SELECT RAISE(FAIL, 'full'); END");
    int64_t at = 1, before = 0;
    for (unsigned i = 1; i <= 5; i++) {
        work(&b, (wall_t){at});
        EXPECT_EQ(b.courier.failures, i);
        EXPECT(b.courier.why[0] != '\0');
        before = b.courier.next.us - at;
        at = b.courier.next.us;
    }
    EXPECT(before >= 8 * SEC); /* it waits for longer each time */
    (void)sql("DROP TRIGGER full");
    work(&b, (wall_t){at});
    EXPECT_EQ(b.receiver.asked, 1);
    EXPECT_EQ(b.courier.sent, 1);
    EXPECT_STR(b.courier.why, "");
    struct event_counts n;
    EXPECT_EQ(event_store_counts(b.store, "office", &n), OK);
    EXPECT_EQ(n.waiting, 0);
    end();
}

TEST(however_much_waits_behind_a_refused_event_it_is_held_by_one_row) {
    REQUIRE(begin(0));
    answer(1, SINK_REFUSED);
    append_many(&b, "elm", EVENT_TOUR_STARTED, 2500);
    append(&b, "oak", EVENT_TOUR_STARTED);
    unsigned steps = 0;
    while (courier_step(&b.courier, (wall_t){1})) {
        steps++;
    }
    EXPECT_EQ(steps, 4); /* the refused one, twice a thousand, the oak */
    EXPECT_EQ(b.receiver.n_got, 1);
    EXPECT_EQ(sql("SELECT COUNT(*) FROM held"), 1);
    struct event_counts n;
    EXPECT_EQ(event_store_counts(b.store, "office", &n), OK);
    EXPECT_EQ(n.held, 2500);
    EXPECT_EQ(n.waiting, 0);
    bool more = true;
    EXPECT_EQ(event_store_prune(b.store, (wall_t){INT64_MAX}, &more), OK);
    EXPECT(!more);
    EXPECT_EQ(sql("SELECT COUNT(*) FROM event"), 2500); /* what is behind it is kept */
    restart(&b);
    work(&b, (wall_t){SEC + 1});
    REQUIRE(b.receiver.n_got == 2501);
    EXPECT_STR(b.receiver.got[1], "elm 1");
    EXPECT_STR(b.receiver.got[1250], "elm 1250");
    EXPECT_STR(b.receiver.got[2500], "elm 2500");
    EXPECT_EQ(sql("SELECT COUNT(*) FROM held"), 0);
    EXPECT_EQ(event_store_prune(b.store, (wall_t){INT64_MAX}, &more), OK);
    EXPECT(more); /* a thousand at once */
    EXPECT_EQ(sql("SELECT COUNT(*) FROM event"), 1500);
    end();
}

TEST(what_is_not_wanted_is_passed_over_and_says_nothing_about_the_sink) {
    REQUIRE(begin(1u << EVENT_TOUR_ENDED));
    answer(1, SINK_DOWN);
    append(&b, "elm", EVENT_TOUR_ENDED);
    append_many(&b, "elm", EVENT_TOUR_STARTED, 900);
    work(&b, (wall_t){1});
    EXPECT_EQ(b.courier.failures, 1);
    EXPECT(courier_step(&b.courier, (wall_t){1 + SEC})); /* taken */
    EXPECT_EQ(b.courier.sent, 1);
    EXPECT(courier_step(&b.courier, (wall_t){1 + SEC})); /* passed over, all at once */
    EXPECT(!courier_step(&b.courier, (wall_t){1 + SEC}));
    EXPECT_EQ(b.courier.sent, 1);
    b.courier.failures = 1;
    strcpy(b.courier.why, "no");
    append(&b, "elm", EVENT_TOUR_STARTED);
    work(&b, (wall_t){100 * (int64_t)SEC});
    EXPECT_STR(b.courier.why, "no");
    EXPECT_EQ(b.courier.sent, 1);
    end();
}

static void replay_all(void) {
    b.receiver.during = NULL;
    EXPECT_EQ(event_store_replay(b.store, "office", 1), OK);
}

TEST(a_replay_during_a_request_is_not_undone_by_it) {
    for (unsigned v = SINK_TAKEN; v <= SINK_REFUSED; v++) {
        REQUIRE(begin(0));
        append(&b, "elm", EVENT_TOUR_STARTED);
        work(&b, (wall_t){1});
        append(&b, "elm", EVENT_TOUR_ENDED);
        b.receiver.n = 2;
        b.receiver.plan[1] = v;
        b.receiver.during = replay_all;
        work(&b, (wall_t){1});
        work(&b, (wall_t){1});
        size_t first = v == SINK_TAKEN ? 2 : 1;
        REQUIRE(b.receiver.n_got == first + 2);
        EXPECT_STR(b.receiver.got[first], "elm 1");
        EXPECT_STR(b.receiver.got[first + 1], "elm 2");
        end();
    }
}

TEST(a_clock_that_is_set_back_does_not_keep_a_refused_event_waiting) {
    REQUIRE(begin(0));
    answer(1, SINK_REFUSED);
    append(&b, "elm", EVENT_TOUR_STARTED);
    work(&b, (wall_t){86400 * (int64_t)SEC});
    EXPECT_EQ(b.receiver.n_got, 0);
    work(&b, (wall_t){SEC});
    EXPECT_EQ(b.receiver.n_got, 1);
    end();
}

TEST(waiting_begins_when_the_request_is_over_and_may_be_asked_for) {
    REQUIRE(begin(0));
    answer(1, SINK_REFUSED);
    answer(1, SINK_DOWN);
    b.receiver.took = 30 * SEC;
    b.receiver.after = 600 * (us_t)SEC; /* longer than it would wait by itself */
    append(&b, "elm", EVENT_TOUR_STARTED);
    work(&b, (wall_t){0});
    work(&b, (wall_t){30 * (int64_t)SEC});
    EXPECT_EQ(b.receiver.asked, 1);
    work(&b, (wall_t){31 * (int64_t)SEC});
    EXPECT_EQ(b.receiver.asked, 2);
    EXPECT_EQ(b.courier.next.us, 661 * (int64_t)SEC);
    work(&b, (wall_t){660 * (int64_t)SEC});
    EXPECT_EQ(b.receiver.asked, 2);
    work(&b, (wall_t){661 * (int64_t)SEC});
    EXPECT_EQ(b.receiver.n_got, 1);
    end();
}
