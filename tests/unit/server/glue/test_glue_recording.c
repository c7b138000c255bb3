/* What glue orders of recorder and worker when a recording was refused, with both played here. */
#include "base/alloc.h"
#include "base/check.h"
#include "server/glue/glue_failing.h"
#include "server/glue/glue_recording.h"
#include "signaling/platform.h"
#include "tests/fuzz/fuzz_world.h"
#include "tests/unit/sdp/data.h"
#include "tests/unit/test.h"

#define TOUR 7

struct rig {
    struct rng_seeded seed;
    struct signaling *signaling;
    struct glue *glue;
    struct tour tour;
    bool full;
    bool stuck;      /* the recorder's mailbox is full */
    char orders[16]; /* one letter each: S start, s stop, P pause, p on, T tap on, t off */
    size_t n;
};

static void said(struct rig *r, char c) {
    CHECK(r->n + 1 < sizeof(r->orders));
    r->orders[r->n++] = c;
    r->orders[r->n] = '\0';
}

static bool to_recorder(void *ctx, const void *message) {
    const struct recorder_order *o = message;
    if (((struct rig *)ctx)->stuck) {
        return false;
    }
    said(ctx, o->type == ORDER_START   ? 'S'
              : o->type == ORDER_STOP  ? 's'
              : o->type == ORDER_PAUSE ? (o->on ? 'P' : 'p')
              : o->type == ORDER_SAID  ? o->said->text[0]
                                       : '?');
    if (o->said) {
        EXPECT_EQ(o->said->number, 7);
        EXPECT_STR(o->said->kind, "chat");
        EXPECT_STR(o->said->fields, "{\"to\":\"hosts\"}");
    }
    mem_free(o->said);
    return true;
}

static bool to_worker(void *ctx, const void *message) {
    const struct command *o = message;
    said(ctx, o->type != COMMAND_TOUR_TAP ? '?' : o->on ? 'T' : 't');
    return true;
}

static bool is_full(void *ctx) {
    return ((struct rig *)ctx)->full;
}

static void note(void *ctx, const char *event, uint64_t tour, uint64_t peer, const char *detail) {
    (void)ctx, (void)event, (void)tour, (void)peer, (void)detail;
}

static void rig_open(struct rig *r) {
    *r = (struct rig){.tour = {.id = TOUR}};
    r->signaling = fuzz_signaling(&r->seed);
    r->glue = mem_zalloc(1, sizeof(struct glue) + sizeof(struct backlog));
    CHECK(r->signaling && r->glue);
    r->glue->config = (struct glue_config){.signaling = r->signaling,
                                           .recorder = (struct recorder_thread *)r, /* not used */
                                           .n_workers = 1,
                                           .full = is_full,
                                           .note = note,
                                           .ctx = r};
    list_init(&r->glue->tours);
    list_init(&r->glue->failing);
    list_init(&r->tour.people);
    list_push(&r->glue->tours, &r->tour.in_glue);
    order_backlog_init(&r->glue->orders, to_recorder, r);
    backlog_init(&r->glue->backlogs[0], sizeof(struct command), to_worker, r);
}

static void rig_close(struct rig *r) {
    backlog_free(&r->glue->orders);
    backlog_free(&r->glue->backlogs[0]);
    mem_free(r->glue);
    signaling_free(r->signaling);
}

static void record(struct rig *r, bool on) {
    glue_record(r->glue, &(struct signaling_effect){.type = EFFECT_RECORD, .tour = TOUR, .on = on});
}

static void pause_it(struct rig *r, bool on) {
    glue_record_pause(
        r->glue, &(struct signaling_effect){.type = EFFECT_RECORD_PAUSE, .tour = TOUR, .on = on});
}

static void say(struct rig *r, bool recorded, const char *text) {
    glue_entry(r->glue, &(struct signaling_effect){.type = EFFECT_ENTRY,
                                                   .tour = TOUR,
                                                   .participant = 3,
                                                   .seq = 7,
                                                   .name = "chat",
                                                   .text = "{\"to\":\"hosts\"}",
                                                   .title = text,
                                                   .on = recorded});
}

/* What waits while the recorder is slow keeps its place, and is freed with the glue. */
TEST(glue_tells_the_recorder_what_is_said_while_it_records) {
    struct rig r;
    rig_open(&r);
    say(&r, false, "a");
    record(&r, true);
    say(&r, true, "b");
    r.stuck = true;
    say(&r, true, "c");
    say(&r, true, "d");
    EXPECT_STR(r.orders, "STb");
    r.stuck = false;
    say(&r, true, "e");
    EXPECT_STR(r.orders, "STbcde");
    r.stuck = true;
    say(&r, true, "f");
    rig_close(&r);
}

/* Not one packet of a recording that begins paused reaches the recorder: its tap is not on before
 * it is paused. */
TEST(glue_taps_nothing_of_a_refused_recording_that_begins_paused) {
    struct rig r;
    rig_open(&r);
    r.full = true;
    record(&r, true);
    pause_it(&r, true);
    glue_record_refused(r.glue);
    EXPECT_STR(r.orders, "");
    r.full = false;
    glue_record_refused(r.glue);
    EXPECT_STR(r.orders, "SPt");
    pause_it(&r, false);
    EXPECT_STR(r.orders, "SPtpT");
    record(&r, false);
    record(&r, true); /* the next one is not paused */
    EXPECT_STR(r.orders, "SPtpTtsST");
    rig_close(&r);
}

TEST(glue_taps_a_refused_recording_that_is_not_paused_any_more) {
    struct rig r;
    rig_open(&r);
    r.full = true;
    record(&r, true);
    pause_it(&r, true);
    pause_it(&r, false);
    r.full = false;
    glue_record_refused(r.glue);
    EXPECT_STR(r.orders, "ST");
    rig_close(&r);
}

/* It ended while it was refused and paused: that is forgotten with it. */
TEST(glue_taps_what_begins_after_a_refused_recording_that_was_paused) {
    struct rig r;
    rig_open(&r);
    r.full = true;
    record(&r, true);
    pause_it(&r, true);
    record(&r, false);
    r.full = false;
    record(&r, true);
    EXPECT_STR(r.orders, "tsST");
    rig_close(&r);
}

/* Who is on the stage is told once: a tap that comes before the recording is lost to it. */
TEST(glue_taps_when_the_recorder_has_its_orders) {
    struct rig r;
    rig_open(&r);
    r.stuck = true;
    record(&r, true);
    EXPECT_STR(r.orders, "");
    r.stuck = false;
    EXPECT(backlog_flush(&r.glue->orders));
    glue_taps(r.glue);
    EXPECT_STR(r.orders, "ST");
    glue_taps(r.glue);
    EXPECT_STR(r.orders, "ST");
    rig_close(&r);
}

TEST(glue_taps_nothing_of_what_ended_before_it_was_begun) {
    struct rig r;
    rig_open(&r);
    r.stuck = true;
    record(&r, true);
    record(&r, false);
    r.stuck = false;
    EXPECT(backlog_flush(&r.glue->orders));
    glue_taps(r.glue);
    EXPECT_STR(r.orders, "tSs");
    rig_close(&r);
}

TEST(glue_knows_whose_run_a_recording_is_of) {
    struct rig r;
    char id[33];
    rig_open(&r);
    EXPECT_EQ(glue_recorded_tour(r.glue, ""), 0);
    for (int i = 0; i < TOUR_RECORDINGS + 1; i++) {
        snprintf(id, sizeof(id), "%032d", i);
        EXPECT_EQ(glue_recorded_tour(r.glue, id), 0);
        glue_recording_begins(r.glue, TOUR, id);
        EXPECT_EQ(glue_recorded_tour(r.glue, id), TOUR);
    }
    snprintf(id, sizeof(id), "%032d", 1);
    EXPECT_EQ(glue_recorded_tour(r.glue, id), TOUR);
    snprintf(id, sizeof(id), "%032d", 0); /* the one before the last eight */
    EXPECT_EQ(glue_recorded_tour(r.glue, id), 0);
    glue_recording_begins(r.glue, TOUR + 1, id); /* of no tour that is known */
    EXPECT_EQ(glue_recorded_tour(r.glue, id), 0);
    rig_close(&r);
}

static char *failing_after(struct rig *r, uint8_t type, const char *id) {
    struct recorder_event e = {.type = type, .tour = TOUR, .superseded = true};
    glue_copy(e.recording, sizeof(e.recording), id);
    glue_failing_note(r->glue, &e);
    return glue_failing(r->glue);
}

/* Also of one whose tour has another one by now, until it works again or has ended. */
TEST(glue_knows_which_recordings_cannot_be_written) {
    static const char one[] = "11111111111111111111111111111111";
    static const char two[] = "22222222222222222222222222222222";
    static const struct {
        uint8_t type;
        const char *id, *ids;
    } steps[] = {
        {RECORDER_RECOVERED, one, NULL},
        {RECORDER_FAILING, "", NULL}, /* it could not begin: there is no recording */
        {RECORDER_FAILING, one, "11111111111111111111111111111111"},
        {RECORDER_FAILING, one, "11111111111111111111111111111111"},
        {RECORDER_FAILING, two, "1111111111111111111111111111111122222222222222222222222222222222"},
        {RECORDER_STARTED, one, "1111111111111111111111111111111122222222222222222222222222222222"},
        {RECORDER_RECOVERED, one, "22222222222222222222222222222222"},
        {RECORDER_STOPPED, two, NULL}};
    struct rig r;
    rig_open(&r);
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        char *ids = failing_after(&r, steps[i].type, steps[i].id);
        EXPECT(!ids == !steps[i].ids);
        if (ids && steps[i].ids) {
            EXPECT_STR(ids, steps[i].ids);
        }
        mem_free(ids);
    }
    mem_free(failing_after(&r, RECORDER_FAILING, one));
    glue_failing_free(r.glue);
    rig_close(&r);
}

/* A host comes into a tour of signaling's that is to be recorded; the order. */
static struct signaling_effect host_comes(struct rig *r) {
    const char *sdp = data_file("offer.sdp");
    struct signaling_effect e, order = {0};
    CHECK(signaling_tour_declare(r->signaling, &(struct signaling_tour){.name = "taped",
                                                                        .record = RECORD_AUTO,
                                                                        .codec = CODEC_VP8}) == OK);
    signaling_http(r->signaling, 0,
                   &(struct signaling_http){.req = 1,
                                            .tour = "taped",
                                            .token = "agent|taped|ann|Ann",
                                            .content_type = "application/sdp",
                                            .body = sdp,
                                            .body_len = strlen(sdp)});
    while (signaling_effect(r->signaling, &e)) {
        order = e.type == EFFECT_RECORD ? e : order;
    }
    CHECK(order.type == EFFECT_RECORD && order.on);
    r->tour.id = order.tour;
    return order;
}

/* Entries that are told again. */
static size_t told_again(struct rig *r) {
    struct signaling_effect e;
    size_t n = 0;
    while (signaling_effect(r->signaling, &e)) {
        n += e.type == EFFECT_ENTRY && e.again && e.on;
    }
    return n;
}

TEST(glue_has_a_recording_that_begins_later_told_what_holds) {
    struct rig r;
    uint64_t seq;
    rig_open(&r);
    const struct signaling_effect order = host_comes(&r);
    r.full = true;
    glue_record(r.glue, &order);
    const struct signaling_said chapter = {.what = SAID_CHAPTER, .text = "Hall"};
    EXPECT_EQ(signaling_say(r.signaling, 0, "taped", &chapter, &seq), CODE_OK);
    EXPECT_EQ(told_again(&r), 0);
    glue_record_refused(r.glue);
    EXPECT_EQ(told_again(&r), 0); /* there is no room yet */
    r.full = false;
    glue_record_refused(r.glue);
    EXPECT_STR(r.orders, "ST");
    EXPECT_EQ(told_again(&r), 1);
    glue_record_refused(r.glue);
    EXPECT_EQ(told_again(&r), 0);
    rig_close(&r);
}
