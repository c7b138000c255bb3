/* Every entry point of the recorder and of a library checks that it runs in its owner's thread. */
#include "tests/unit/recorder/feed.h"
#include "tests/unit/test.h"

static void call_order(void *r) {
    recorder_order(r, 0, (wall_t){0}, &(struct recorder_order){.type = ORDER_STOP, .tour = 99});
}
static void call_tap(void *r) {
    recorder_tap(r, 0, &(struct tap){.type = TAP_STAGE, .tour = 99});
}
static void call_deadline(void *r) {
    (void)recorder_deadline(r);
}
static void call_timeout(void *r) {
    recorder_timeout(r, 0);
}
static void call_event(void *r) {
    struct recorder_event e;
    (void)recorder_event(r, &e);
}
static void call_counters(void *r) {
    (void)recorder_counters(r);
}
static void call_job(void *r) {
    write_job_free(recorder_job(r));
}
static void call_report(void *r) {
    recorder_report(r, &(struct write_report){.type = REPORT_ENDED, .recording = 99});
}
static void call_end(void *r) {
    recorder_end_all(r, 0);
}
static void call_free(void *r) {
    recorder_free(r);
}

TEST(recorder_belongs_to_one_thread) {
    static void (*const calls[])(void *) = {call_order, call_tap,    call_deadline, call_timeout,
                                            call_job,   call_report, call_event,    call_counters,
                                            call_end,   call_free};
    struct rig g = {0};
    rig_init(&g);
    REQUIRE(rig_open(&g) == OK);
    /* Opened in one thread, used and closed in another: the server does so. */
    EXPECT(!test_aborts_in_thread(call_timeout, g.r, ""));
    EXPECT(!test_aborts_in_thread(call_free, g.r, ""));
    call_timeout(g.r);
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        EXPECT(test_aborts_in_thread(calls[i], g.r, "&r->owner: not this thread's"));
        EXPECT(!test_aborts(calls[i], g.r, ""));
    }
    rig_close(&g);
    rig_free(&g);
}

static void call_take(void *w) {
    struct write_job *j = mem_zalloc(1, sizeof(*j));
    CHECK(j);
    j->type = JOB_END;
    writer_take(w, j);
}
static void call_step(void *w) {
    (void)writer_step(w, 0);
}
static void call_writer_deadline(void *w) {
    (void)writer_deadline(w);
}
static void call_writer_report(void *w) {
    struct write_report p;
    (void)writer_report(w, &p);
}
static void call_writer_counters(void *w) {
    (void)writer_counters(w);
}
static void call_writer_close(void *w) {
    writer_close(w, 0);
}

TEST(writer_belongs_to_one_thread) {
    static void (*const calls[])(void *) = {
        call_take,        call_step, call_writer_report, call_writer_deadline, call_writer_counters,
        call_writer_close};
    struct rig g = {0};
    rig_init(&g);
    REQUIRE(rig_open(&g) == OK);
    EXPECT(!test_aborts_in_thread(call_step, g.w, ""));
    call_step(g.w);
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        EXPECT(test_aborts_in_thread(calls[i], g.w, "&w->owner: not this thread's"));
    }
    rig_close(&g);
    rig_free(&g);
}

static const char nobody[] = "00000000000000000000000000000000";

static void say(void *ctx, const char *object, const char *what) {
    (void)ctx;
    (void)object;
    (void)what;
}
static void call_list(void *l) {
    struct library_query q = {.limit = 1};
    char *text = NULL;
    (void)library_list_json(l, &q, &text);
    mem_free(text);
}
static void call_allowed(void *l) {
    (void)library_allowed(l, nobody, "");
}
static void call_details(void *l) {
    char *text;
    (void)library_recording_json(l, nobody, &text);
}
static void call_verify(void *l) {
    (void)library_verify(l, nobody, say, NULL);
}
static void call_shred(void *l) {
    (void)library_shred(l, nobody, &(struct library_order){"x", "y", {0}});
}
static void call_media_open(void *l) {
    struct library_media *m;
    (void)library_media_open(l, nobody, PROGRAMME_TRACK, 0, &m);
}
static void call_library_close(void *l) {
    library_close(l);
}

TEST(library_belongs_to_one_thread) {
    static void (*const calls[])(void *) = {call_list,         call_allowed, call_details,
                                            call_verify,       call_shred,   call_media_open,
                                            call_library_close};
    char why[WHY_MAX];
    struct rig g = {0};
    struct library *l;
    rig_init(&g);
    REQUIRE(rig_open(&g) == OK);
    rig_close(&g);
    REQUIRE(library_open(&(struct library_config){.dir = g.dir}, &l, why) == OK);
    call_list(l);
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        EXPECT(test_aborts_in_thread(calls[i], l, "&l->owner: not this thread's"));
        EXPECT(!test_aborts(calls[i], l, ""));
    }
    library_close(l);
    rig_free(&g);
}
