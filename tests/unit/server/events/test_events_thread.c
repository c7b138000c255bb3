/* The threads that store events and bring them to receivers. Run under ThreadSanitizer. */
#include "server/events/events_thread.h"

#include "base/alloc.h"
#include "server/events/webhook.h"
#include "server/os/clock.h"
#include "tests/unit/test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE (20 * US_PER_S)
#define MANY 1000

/* A receiver that a test changes while the thread posts to it. */
static struct {
    pthread_mutex_t lock;
    bool away, refuses;
    unsigned got;
    char last[512];
} receiver = {.lock = PTHREAD_MUTEX_INITIALIZER};
static char dir[64], path[96], why[WHY_MAX];

static enum err receive(void *ctx, const struct http_request *q, struct http_answer *ret) {
    (void)ctx;
    pthread_mutex_lock(&receiver.lock);
    bool away = receiver.away, refuses = receiver.refuses;
    receiver.got += !away;
    if (!away) {
        snprintf(receiver.last, sizeof(receiver.last), "%.*s", (int)q->body.n,
                 (const char *)q->body.p);
    }
    pthread_mutex_unlock(&receiver.lock);
    ret->status = away ? 0 : refuses ? 400 : 200;
    snprintf(ret->why, WHY_MAX, "nobody is there");
    return away ? ERR_IO : OK;
}

static enum err open_http(const struct http_config *c, struct http *ret) {
    (void)c;
    *ret = (struct http){NULL, receive};
    return OK;
}

static void close_http(struct http *h) {
    *h = (struct http){NULL, NULL};
}

/* The first time there is no memory. */
static atomic_uint opened;

static enum err open_poor(const struct http_config *c, struct http *ret) {
    return atomic_fetch_add(&opened, 1) == 0 ? ERR_NOMEM : open_http(c, ret);
}

static void set_away(bool away) {
    pthread_mutex_lock(&receiver.lock);
    receiver.away = away;
    pthread_mutex_unlock(&receiver.lock);
}

static unsigned got(void) {
    pthread_mutex_lock(&receiver.lock);
    unsigned n = receiver.got;
    pthread_mutex_unlock(&receiver.lock);
    return n;
}

static void woken(void *ctx) {
    (void)ctx; /* it is looked for again and again */
}

static struct events_thread *start_with(enum err (*open)(const struct http_config *,
                                                         struct http *)) {
    struct webhook_keys keys;
    struct events_thread *t = NULL;
    struct courier_thread_config sink = {.name = "office",
                                         .attempts = 3,
                                         .retry = {.first = 20 * US_PER_MS, .most = 50 * US_PER_MS},
                                         .timeout = US_PER_S};
    const struct webhook_config hook = {
        .url = "https://a/hook", .keys = &keys, .http_open = open, .http_close = close_http};
    if (webhook_keys_read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", &keys, why) != OK ||
        webhook_maker(&hook, &sink.maker) != OK) {
        return NULL;
    }
    const struct events_thread_config c = {
        .store = path, .keep = 3600 * US_PER_S, .wake = woken, .sinks = &sink, .n_sinks = 1};
    EXPECT_EQ(events_thread_start(&c, &t, why), OK);
    return t;
}

static struct events_thread *start(void) {
    return start_with(open_http);
}

static bool begin(void) {
    receiver.away = receiver.refuses = false;
    receiver.got = 0;
    strcpy(dir, "/tmp/oriel-events-XXXXXX");
    bool ok = mkdtemp(dir) != NULL;
    snprintf(path, sizeof(path), "%s/events.db", dir);
    return ok;
}

static void end(void) {
    char command[96];
    snprintf(command, sizeof(command), "rm -r %s", dir);
    EXPECT_EQ(system(command), 0);
}

static void post(struct events_thread *t, unsigned n) {
    char data[32];
    for (unsigned i = 0; i < n; i++) {
        int len = snprintf(data, sizeof(data), "\"i\":%u", i);
        struct event *e = event_new(EVENT_PARTICIPANT_JOINED, data, (size_t)len);
        REQUIRE(e);
        e->at = clock_wall();
        strcpy(e->tour, "elm");
        events_thread_post(t, e);
    }
}

/* Until the receiver has got so many. */
static bool arrive(unsigned n) {
    us_t by = clock_now() + PATIENCE;
    while (got() < n && clock_now() < by) {
        usleep(1000);
    }
    return got() >= n;
}

TEST(what_is_posted_arrives_at_its_receiver) {
    REQUIRE(begin());
    struct events_thread *t = start();
    REQUIRE(t);
    post(t, MANY);
    EXPECT(arrive(MANY));
    struct events_state s;
    events_thread_state(t, &s);
    EXPECT_EQ(s.stored, MANY);
    EXPECT_EQ(s.waiting, 0);
    EXPECT_EQ(s.n_sinks, 1);
    EXPECT_STR(s.sink[0].name, "office");
    events_thread_stop(t);
    EXPECT(strstr(receiver.last, "\"data\":{\"tour\":\"elm\",\"seq\":1000,\"i\":999}"));
    end();
}

TEST(a_receiver_that_was_away_gets_what_it_missed_over_a_restart_too) {
    REQUIRE(begin());
    set_away(true);
    struct events_thread *t = start();
    REQUIRE(t);
    post(t, 10);
    struct events_state s = {0};
    us_t by = clock_now() + PATIENCE;
    while ((s.stored < 10 || !s.sink[0].state.failing) && clock_now() < by) {
        events_thread_state(t, &s);
        usleep(1000);
    }
    EXPECT(s.sink[0].state.failing);
    post(t, 10); /* stored at the end */
    events_thread_stop(t);
    EXPECT_EQ(got(), 0);
    t = start();
    REQUIRE(t);
    set_away(false);
    EXPECT(arrive(20));
    events_thread_stop(t);
    EXPECT_EQ(receiver.got, 20);
    end();
}

TEST(a_store_that_cannot_be_opened_is_reported) {
    struct events_thread *t = NULL;
    strcpy(path, "/nowhere/events.db");
    struct webhook_keys keys = {0};
    struct courier_thread_config sink = {.name = "office"};
    EXPECT_EQ(webhook_maker(&(struct webhook_config){.keys = &keys}, &sink.maker), OK);
    const struct events_thread_config c = {.store = path, .sinks = &sink, .n_sinks = 1};
    EXPECT_EQ(events_thread_start(&c, &t, why), ERR_IO);
    EXPECT(!sink.maker.settings);
    EXPECT(strstr(why, "/nowhere/events.db") && !t);
    events_thread_post(NULL, event_new(EVENT_TOUR_STARTED, "", 0));
    EXPECT(event_new(EVENT_TOUR_STARTED, "", EVENT_DATA_MAX + 1) == NULL);
}

TEST(a_client_that_could_not_be_made_is_reported_and_made_later) {
    REQUIRE(begin());
    atomic_store(&opened, 0);
    struct events_thread *t = start_with(open_poor);
    REQUIRE(t);
    struct events_state s = {0};
    us_t by = clock_now() + PATIENCE;
    while ((s.n_sinks == 0 || !s.sink[0].state.failing) && clock_now() < by) {
        events_thread_state(t, &s);
        usleep(1000);
    }
    EXPECT(s.sink[0].state.failing);
    post(t, 1);
    EXPECT(arrive(1)); /* five seconds later */
    EXPECT_EQ(atomic_load(&opened), 2);
    events_thread_stop(t);
    end();
}

static atomic_uint idle;

static enum sink_verdict take(void *ctx, const struct event_row *r, wall_t wall,
                              struct sink_answer *ret) {
    (void)ctx;
    (void)r;
    (void)wall;
    (void)ret;
    return SINK_TAKEN;
}

static void note_idle(void *ctx) {
    (void)ctx;
    atomic_fetch_add(&idle, 1);
}

static void nothing(void *ctx) {
    (void)ctx;
}

static enum err open_idler(const void *settings, const struct sink_run *run, struct sink *ret,
                           char out[WHY_MAX]) {
    (void)settings;
    (void)run;
    (void)out;
    *ret = (struct sink){.ctx = &idle, .send = take, .close = nothing, .idle = note_idle};
    return OK;
}

TEST(a_sink_hears_that_there_is_nothing_to_send) {
    struct events_thread *t = NULL;
    REQUIRE(begin());
    struct courier_thread_config sink = {
        .name = "office", .maker = {.open = open_idler, .free = nothing}, .timeout = US_PER_S};
    const struct events_thread_config c = {
        .store = path, .keep = 3600 * US_PER_S, .sinks = &sink, .n_sinks = 1};
    EXPECT_EQ(events_thread_start(&c, &t, why), OK);
    us_t by = clock_now() + PATIENCE;
    while (atomic_load(&idle) == 0 && clock_now() < by) {
        usleep(1000);
    }
    EXPECT(atomic_load(&idle) > 0);
    events_thread_stop(t);
    end();
}

#define BEHIND 10000

TEST(with_thousands_behind_a_refused_event_the_end_is_prompt) {
    REQUIRE(begin());
    set_away(true);
    struct events_thread *t = start();
    REQUIRE(t);
    post(t, BEHIND);
    struct events_state s = {0};
    us_t by = clock_now() + PATIENCE;
    while ((s.stored < BEHIND || s.sink[0].state.behind < BEHIND) && clock_now() < by) {
        events_thread_state(t, &s);
        usleep(1000);
    }
    EXPECT_EQ(s.sink[0].state.behind, BEHIND);
    pthread_mutex_lock(&receiver.lock);
    receiver.away = false;
    receiver.refuses = true;
    pthread_mutex_unlock(&receiver.lock);
    while (s.sink[0].state.refused == 0 && clock_now() < by) {
        events_thread_state(t, &s);
        usleep(1000);
    }
    EXPECT(s.sink[0].state.refused > 0);
    us_t from = clock_now();
    events_thread_stop(t);
    EXPECT(clock_now() - from < US_PER_S);
    end();
}

static void *write_for_a_while(void *arg) {
    struct event_store *other = arg;
    usleep(6000000); /* longer than a connection waits for another by itself */
    event_store_rollback(other);
    return NULL;
}

TEST(at_the_end_another_that_writes_is_waited_for) {
    REQUIRE(begin());
    struct events_thread *t = start();
    struct event_store *other = NULL;
    pthread_t writer;
    REQUIRE(t && event_store_open(path, &other, why) == OK);
    EXPECT_EQ(event_store_begin(other), OK);
    EXPECT_EQ(pthread_create(&writer, NULL, write_for_a_while, other), 0);
    post(t, 10);
    events_thread_stop(t);
    pthread_join(writer, NULL);
    event_store_close(other);
    t = start();
    REQUIRE(t);
    EXPECT(arrive(10));
    events_thread_stop(t);
    end();
}

/* The answer, as text that the caller frees; "" without any. */
static char *ask(struct events_thread *t, const struct events_request *q, enum err wanted) {
    struct events_reply r = {.error = ERR_AGAIN};
    us_t by = clock_now() + PATIENCE;
    EXPECT(events_thread_ask(t, q));
    for (bool got = false; !got && clock_now() < by; usleep(1000)) {
        events_thread_listen(t);
        got = events_thread_reply(t, &r);
    }
    EXPECT_EQ(r.error, wanted);
    EXPECT_EQ(r.req, q->req);
    EXPECT(!r.data || strlen(r.data) == r.len);
    return r.data ? r.data : mem_strdup("");
}

static void expect_said(struct events_thread *t, const struct events_request *q, const char *says) {
    char *text = ask(t, q, OK);
    EXPECT(text && strstr(text, says));
    mem_free(text);
}

TEST(the_ledger_is_asked_and_ordered_by_another_thread) {
    struct events_request q = {.req = 7, .question = EVENTS_LIST, .limit = 2, .tour = "elm"};
    q.type = EVENT_TYPE_COUNT;
    REQUIRE(begin());
    receiver.refuses = true;
    struct events_thread *t = start();
    REQUIRE(t);
    post(t, 5);
    struct events_state s = {0};
    us_t by = clock_now() + PATIENCE;
    while ((s.n_sinks == 0 || s.sink[0].state.dead < 5) && clock_now() < by) {
        events_thread_state(t, &s);
        usleep(1000);
    }
    expect_said(t, &q, "\"number\":2,\"event\":{\"id\"");
    expect_said(t, &q, "],\"next\":2}");
    q.from = 4;
    expect_said(t, &q, "],\"next\":null}");
    q.from = 0;
    q.type = EVENT_TOUR_ENDED;
    expect_said(t, &q, "{\"events\":[],\"next\":null}");
    strcpy(q.tour, "oak");
    q.type = EVENT_TYPE_COUNT;
    expect_said(t, &q, "{\"events\":[],\"next\":null}");
    q.question = EVENTS_RECEIVERS;
    expect_said(
        t, &q, "\"name\":\"office\",\"position\":5,\"last\":5,\"waiting\":0,\"held\":0,\"dead\":5");
    q.question = EVENTS_DEAD;
    mem_free(ask(t, &q, ERR_UNKNOWN)); /* nobody is called "" */
    strcpy(q.sink, "office");
    expect_said(t, &q, "{\"number\":1,\"attempts\":3,\"why\":\"");
    pthread_mutex_lock(&receiver.lock);
    receiver.refuses = false;
    receiver.got = 0;
    pthread_mutex_unlock(&receiver.lock);
    q.question = EVENTS_RETRY;
    q.from = 9;
    mem_free(ask(t, &q, ERR_RANGE));
    q.from = 3;
    expect_said(t, &q, "");
    EXPECT(arrive(1));
    q.from = 0;
    expect_said(t, &q, "");
    EXPECT(arrive(5));
    q.question = EVENTS_REPLAY;
    q.from = 2;
    expect_said(t, &q, "{\"from\":2}");
    EXPECT(arrive(9));
    q.from = 0;
    q.since = (wall_t){INT64_MAX}; /* nothing yet */
    expect_said(t, &q, "{\"from\":6}");
    q.from = 8;
    expect_said(t, &q, "{\"from\":8}");
    events_thread_stop(t);
    EXPECT_EQ(receiver.got, 9);
    end();
}

TEST(what_cannot_be_erased_is_reported) {
    char file[96];
    struct events_thread *t = NULL;
    struct events_state s = {0};
    REQUIRE(begin());
    snprintf(file, sizeof(file), "%s/wraps.db", dir);
    FILE *f = fopen(file, "w");
    REQUIRE(f);
    for (int i = 0; i < 4096; i++) {
        fputs("no database ", f);
    }
    fclose(f);
    const struct events_thread_config c = {.store = path, .keep = US_PER_S, .recordings = dir};
    EXPECT_EQ(events_thread_start(&c, &t, why), OK);
    REQUIRE(t);
    us_t by = clock_now() + PATIENCE;
    while (!s.unerased && clock_now() < by) {
        events_thread_state(t, &s);
        usleep(1000);
    }
    EXPECT(s.unerased);
    events_thread_stop(t);
    end();
}
