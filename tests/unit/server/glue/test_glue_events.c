/* What other programs are told: effects and reports played here, the ledger read back. */
#include "base/alloc.h"
#include "base/check.h"
#include "server/boot/events_unended.h"
#include "server/events/event_store.h"
#include "server/glue/glue_events.h"
#include "server/glue/glue_recording.h"
#include "tests/fuzz/fuzz_world.h"
#include "tests/unit/test.h"

#include <stdlib.h>
#include <unistd.h>

#define TOUR 7
#define ONE "11111111111111111111111111111111"

/* Clock of the glue only: events have the wall clock's time. */
#define AT(ms) ((ms)*US_PER_MS)

struct rig {
    struct rng_seeded seed;
    struct signaling *signaling;
    struct events_thread *events;
    struct glue *glue;
    bool full;
    char dir[64], path[96];
    char types[2000]; /* of all events, each with a blank behind it */
    char last[9000];  /* its envelope */
    char run[ULID_CHARS + 1];
};

static bool taken(void *ctx, const void *message) {
    (void)ctx, (void)message;
    return true;
}

static bool is_full(void *ctx) {
    return ((struct rig *)ctx)->full;
}

static void open_events(struct rig *r) {
    char why[WHY_MAX];
    const struct events_thread_config c = {.store = r->path, .keep = 3600 * US_PER_S};
    CHECK(events_thread_start(&c, &r->events, why) == OK);
}

static void open_glue(struct rig *r) {
    struct glue *g = mem_zalloc(1, sizeof(struct glue) + sizeof(struct backlog));
    CHECK(g);
    g->config = (struct glue_config){.signaling = r->signaling,
                                     .recorder = (struct recorder_thread *)r, /* not used */
                                     .events = r->events,
                                     .messages = true,
                                     .n_workers = 1,
                                     .full = is_full,
                                     .ctx = r};
    list_init(&g->tours);
    list_init(&g->recorded);
    g->tell_at = US_NEVER;
    order_backlog_init(&g->orders, taken, r);
    backlog_init(&g->backlogs[0], sizeof(struct command), taken, r);
    backlog_init(&g->mix, sizeof(struct mix_order), taken, r);
    r->glue = g;
}

static void run(struct rig *r, bool on) {
    struct glue *g = r->glue;
    struct tour *t = on ? mem_zalloc(1, sizeof(*t)) : glue_tour(g, TOUR);
    const struct signaling_effect e = {.type = EFFECT_TOUR, .tour = TOUR, .on = on};
    CHECK(t);
    if (on) {
        t->id = TOUR;
        strcpy(t->name, "oak");
        strcpy(t->title, "Oak");
        list_init(&t->people);
        list_push(&g->tours, &t->in_glue);
        glue_event_run(g, t);
        strcpy(r->run, t->run);
    }
    glue_event_tour(g, &e, t);
    if (!on) {
        list_remove(&t->in_glue);
        mem_free(t);
    }
}

static void rig_open(struct rig *r) {
    *r = (struct rig){.full = false};
    strcpy(r->dir, "/tmp/oriel-glue-XXXXXX");
    CHECK(mkdtemp(r->dir));
    snprintf(r->path, sizeof(r->path), "%s/events.db", r->dir);
    r->signaling = fuzz_signaling(&r->seed);
    open_events(r);
    open_glue(r);
    run(r, true);
}

static bool note_row(void *ctx, const struct event_row *row) {
    struct rig *r = ctx;
    size_t n = strlen(r->types);
    snprintf(r->types + n, sizeof(r->types) - n, "%s ", row->type);
    snprintf(r->last, sizeof(r->last), "%s", row->body);
    return true;
}

/* All that was told, on disk, and nothing of it twice. */
static void read_ledger(struct rig *r) {
    char why[WHY_MAX];
    struct event_store *s;
    r->events = events_thread_stop(r->events);
    r->types[0] = '\0';
    CHECK(event_store_open(r->path, &s, why) == OK);
    EXPECT_EQ(
        event_store_list(s, NULL,
                         &(struct event_page){.from = 1, .most = 1000, .each = note_row, .ctx = r}),
        OK);
    event_store_close(s);
}

static void rig_close(struct rig *r) {
    LIST_EACH(l, &r->glue->tours) {
        struct tour *t = LIST_ENTRY(l, struct tour, in_glue);
        LIST_EACH(m, &t->people) {
            mem_free(LIST_ENTRY(m, struct person, in_tour));
        }
        mem_free(t);
    }
    glue_events_free(r->glue);
    backlog_free(&r->glue->orders);
    backlog_free(&r->glue->mix);
    backlog_free(&r->glue->backlogs[0]);
    mem_free(r->glue);
    events_thread_stop(r->events);
    signaling_free(r->signaling);
    static const char *const suffix[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        char path[128];
        snprintf(path, sizeof(path), "%s%s", r->path, suffix[i]);
        unlink(path);
    }
    EXPECT_EQ(rmdir(r->dir), 0);
}

static void person(struct rig *r, bool on, const char *consent) {
    glue_participant(r->glue, &(struct signaling_effect){.type = EFFECT_PARTICIPANT,
                                                         .tour = TOUR,
                                                         .participant = 3,
                                                         .number = 2,
                                                         .sub = "ada",
                                                         .name = "Ada",
                                                         .role = "buyer",
                                                         .consent_version = consent,
                                                         .on = on});
}

static void mute(struct rig *r, bool on) {
    glue_muted(r->glue, &(struct signaling_effect){.type = EFFECT_MUTED,
                                                   .tour = TOUR,
                                                   .participant = 3,
                                                   .kind = SOURCE_MICROPHONE,
                                                   .on = on});
}

static void record(struct rig *r, bool on) {
    glue_record(r->glue, &(struct signaling_effect){.type = EFFECT_RECORD, .tour = TOUR, .on = on});
}

static void report(struct rig *r, enum recorder_event_type type, const char *recording) {
    struct recorder_event e = {.type = (uint8_t)type, .tour = TOUR};
    strcpy(e.recording, recording);
    glue_event_recorder(r->glue, &e);
}

static bool says(const struct rig *r, const char *text) {
    return strstr(r->last, text) != NULL;
}

/* Who toggles as fast as they may is told of once a second, as it is then. */
TEST(glue_tells_of_what_changes_often_once_a_second) {
    struct rig r;
    rig_open(&r);
    r.glue->now = AT(1000);
    person(&r, true, "");
    for (int i = 0; i < 51; i++) { /* on, off ... on */
        mute(&r, i % 2 == 0);
        person(&r, true, i % 2 == 0 ? "1" : "");
    }
    EXPECT_EQ(r.glue->tell_at, AT(2000));
    EXPECT_EQ(glue_deadline(r.glue), AT(2000));
    r.glue->now = AT(1999);
    glue_events_service(r.glue);
    EXPECT_EQ(r.glue->tell_at, AT(2000));
    r.glue->now = AT(2000);
    glue_events_service(r.glue);
    EXPECT_EQ(r.glue->tell_at, US_NEVER);
    for (int i = 0; i < 50; i++) { /* which comes to nothing */
        mute(&r, i % 2 != 0);
    }
    r.glue->now = AT(3000);
    glue_events_service(r.glue);
    read_ledger(&r);
    /* The first change at once, then what is different from it. */
    EXPECT_STR(r.types, "tour.started participant.joined participant.muted "
                        "participant.consent_changed ");
    EXPECT(says(&r, "\"consent\":{\"recording\":true,\"version\":\"1\"}"));
    rig_close(&r);
}

TEST(glue_tells_of_a_change_before_who_made_it_leaves) {
    struct rig r;
    rig_open(&r);
    r.glue->now = AT(1000);
    person(&r, true, "");
    mute(&r, true);
    mute(&r, false);
    person(&r, false, NULL);
    r.glue->now = AT(2000);
    glue_events_service(r.glue);
    read_ledger(&r);
    EXPECT_STR(r.types, "tour.started participant.joined participant.muted participant.muted "
                        "participant.left ");
    EXPECT(says(&r, "\"participant\":{\"id\":\"p2\",\"name\":\"Ada\",\"role\":\"buyer\"}"));
    rig_close(&r);
}

/* Handles of signaling begin at 1 in each process; what runs are told by does not. */
TEST(glue_names_each_run_of_a_tour_anew) {
    struct rig r;
    char before[ULID_CHARS + 1], text[80];
    rig_open(&r);
    EXPECT(ulid_valid(r.run));
    strcpy(before, r.run);
    run(&r, false);
    run(&r, true);
    EXPECT(strcmp(before, r.run) < 0);
    read_ledger(&r);
    snprintf(text, sizeof(text), "\"correlationId\":\"%s\"", r.run);
    EXPECT(says(&r, text));
    snprintf(text, sizeof(text), "\"sessionId\":\"%s\"", r.run);
    EXPECT(says(&r, text));
    rig_close(&r);
}

/* What a request has led to carries its trace; what comes after it does not. */
TEST(glue_tells_of_which_request_something_came) {
    static const char id[] = "0af7651916cd43dd8448eb211c80319c";
    struct rig r;
    char text[80];
    rig_open(&r);
    glue_trace(r.glue, id);
    person(&r, true, "");
    glue_trace(r.glue, "");
    glue_trace(NULL, id);
    read_ledger(&r);
    snprintf(text, sizeof(text), "\"correlationId\":\"%s\"", id);
    EXPECT(says(&r, text));
    open_events(&r);
    r.glue->config.events = r.events;
    person(&r, false, NULL);
    read_ledger(&r);
    snprintf(text, sizeof(text), "\"correlationId\":\"%s\"", r.run);
    EXPECT_STR(r.types, "tour.started participant.joined participant.left ");
    EXPECT(says(&r, text));
    rig_close(&r);
}

TEST(glue_tells_of_a_recording_whose_tour_ended_before_it_began) {
    struct rig r;
    rig_open(&r);
    record(&r, true);
    record(&r, false);
    run(&r, false);
    report(&r, RECORDER_STARTED, ONE);
    report(&r, RECORDER_STOPPED, ONE);
    report(&r, RECORDER_STOPPED, ""); /* of nothing that is known */
    EXPECT(list_empty(&r.glue->recorded));
    read_ledger(&r);
    EXPECT_STR(r.types, "tour.started tour.ended recording.started recording.completed ");
    EXPECT(says(&r, "\"tour\":\"oak\"") && says(&r, r.run) && says(&r, ONE));
    rig_close(&r);
}

TEST(glue_tells_that_a_recording_is_refused_and_nothing_of_its_end) {
    struct rig r;
    rig_open(&r);
    r.full = true;
    record(&r, true);
    record(&r, false);
    report(&r, RECORDER_STOPPED, "");
    read_ledger(&r);
    EXPECT_STR(r.types, "tour.started recording.failing ");
    EXPECT(says(&r, "\"recording\":null,\"failing\":true,\"error\":\"quota\""));
    rig_close(&r);
}

TEST(glue_tells_once_that_a_refused_recording_is_paused) {
    struct rig r;
    rig_open(&r);
    r.full = true;
    record(&r, true);
    glue_record_pause(
        r.glue, &(struct signaling_effect){.type = EFFECT_RECORD_PAUSE, .tour = TOUR, .on = true});
    r.full = false;
    glue_record_refused(r.glue);
    report(&r, RECORDER_STARTED, ONE);
    read_ledger(&r);
    EXPECT_STR(r.types, "tour.started recording.failing recording.paused recording.started ");
    rig_close(&r);
}

static void say(struct rig *r, const char *kind, bool again) {
    glue_entry(r->glue, &(struct signaling_effect){.type = EFFECT_ENTRY,
                                                   .tour = TOUR,
                                                   .participant = 3,
                                                   .seq = 9,
                                                   .name = kind,
                                                   .text = "{\"to\":\"hosts\"}",
                                                   .title = "Is it \"quiet\"?",
                                                   .again = again});
}

TEST(glue_tells_what_people_say_where_somebody_wants_it) {
    struct rig r;
    rig_open(&r);
    person(&r, true, "");
    say(&r, "pointer", false);
    say(&r, "hand", false);
    say(&r, "chapter", true);
    r.glue->config.messages = false;
    say(&r, "chat", false);
    r.glue->config.messages = true;
    say(&r, "question", false);
    read_ledger(&r);
    EXPECT_STR(r.types, "tour.started participant.joined tour.message ");
    EXPECT(says(&r, "\"entry\":9,\"kind\":\"question\",\"text\":\"Is it \\\"quiet\\\"?\","
                    "\"fields\":{\"to\":\"hosts\"}}"));
    EXPECT(says(&r, "\"userId\":\"ada\"") && says(&r, "\"id\":\"p2\""));
    rig_close(&r);
}

TEST(glue_tells_the_end_of_everything_when_the_process_ends) {
    struct rig r;
    rig_open(&r);
    person(&r, true, "");
    record(&r, true);
    report(&r, RECORDER_STARTED, ONE);
    record(&r, true); /* never begins */
    glue_end(r.glue);
    read_ledger(&r);
    EXPECT_STR(r.types, "tour.started participant.joined recording.started participant.left "
                        "tour.ended recording.completed ");
    EXPECT(says(&r, r.run) && says(&r, ONE));
    char why[WHY_MAX];
    EXPECT_EQ(events_end_unended(r.path, why), OK); /* there is nothing */
    read_ledger(&r);
    EXPECT(says(&r, "recording.completed") && !says(&r, "recovered"));
    rig_close(&r);
}

/* As after a kill: the ledger ends in the middle. What is told then is told once. */
TEST(glue_events_that_a_crash_left_open_are_ended_at_the_next_start) {
    struct rig r;
    char why[WHY_MAX];
    rig_open(&r);
    run(&r, false);
    run(&r, true);
    record(&r, true);
    report(&r, RECORDER_STARTED, ONE);
    events_thread_stop(r.events);
    r.events = NULL;
    for (int i = 0; i < 2; i++) {
        EXPECT_EQ(events_end_unended(r.path, why), OK);
        read_ledger(&r);
        EXPECT_STR(r.types, "tour.started tour.ended tour.started recording.started tour.ended "
                            "recording.completed ");
        EXPECT(says(&r, "\"recovered\":true") && says(&r, ONE) && says(&r, r.run));
    }
    rig_close(&r);
}
