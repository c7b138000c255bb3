#include "server/api/node.h"

#include "base/json_write.h"
#include "server/api/body.h"
#include "server/api/call.h"
#include "server/api/refuse.h"
#include "server/config/units.h"
#include "server/os/clock.h"
#include "server/os/log.h"

#include <stdio.h>

/* ---- what it looks like ---- */

struct drain_body {
    struct schema_given given;
    int64_t deadline_s;
};

static const char *const state_words[] = {"serving", "draining", NULL};
static const struct schema word_state = {.name = "NodeState",
                                         .kind = SCHEMA_WORD,
                                         .words = state_words,
                                         .about = "draining: no tour begins any more."};
static const struct schema seconds = {
    .kind = SCHEMA_INTEGER, .min = 1, .max = DRAIN_DEADLINE_MAX_S, .example = "1800"};
static const struct schema time_or_null = {
    .kind = SCHEMA_TIME, .null = true, .example = "\"2026-11-27T14:30:00Z\""};
static const struct schema count = {.kind = SCHEMA_INTEGER, .max = 4294967295};

static const struct schema_member members_drain[] = {
    {"deadline_s", &seconds, false, offsetof(struct drain_body, deadline_s),
     "Tours end so long from now at the latest [s]; drain.deadline_s."},
    {0}};
static const struct schema schema_drain = {
    .name = "Drain", .kind = SCHEMA_OBJECT, .members = members_drain};
static const struct schema_member members_node[] = {
    {"state", &word_state, true, 0, NULL},
    {"deadline", &time_or_null, true, 0, "Tours end then at the latest; null: it is serving."},
    {"tours", &count, true, 0, "That run."},
    {"participants", &count, true, 0, "People in them."},
    {"recordings", &count, true, 0, "Being written: one goes on a little after its tour."},
    {0}};
static const struct schema schema_node = {
    .name = "Node", .kind = SCHEMA_OBJECT, .members = members_node};

#define AS_IT_IS                                      \
    (const struct operation_answer[]) {               \
        {200, "As it is now.", &schema_node, NULL}, { \
            0                                         \
        }                                             \
    }
const struct operation operation_node_get = {
    .id = "getNode",
    .tag = "node",
    .summary = "What this server does now, and whether it is being emptied.",
    .door = OPERATION_TOKEN,
    .scope = "node:read",
    .answers = AS_IT_IS,
    .refusals =
        (const struct operation_refusal[]){{403, "forbidden scope_missing token_tour"}, {0}}};
const struct operation operation_node_drain = {
    .id = "drainNode",
    .tag = "node",
    .summary = "Begin no tour any more, and end those that run by a deadline. Said again, the "
               "sooner deadline counts.",
    .door = OPERATION_TOKEN,
    .scope = "node:write",
    .body = &schema_drain,
    .answers = AS_IT_IS,
    .refusals = (const struct operation_refusal[]){{400, "bad_request bad_json too_deep bad_field"},
                                                   {403, "forbidden scope_missing token_tour"},
                                                   {415, "content_type"},
                                                   {0}}};
const struct operation operation_node_undrain = {
    .id = "undrainNode",
    .tag = "node",
    .summary = "Take that back: tours begin again, and those that run end as they would have.",
    .door = OPERATION_TOKEN,
    .scope = "node:write",
    .answers = AS_IT_IS,
    .refusals =
        (const struct operation_refusal[]){{403, "forbidden scope_missing token_tour"}, {0}}};

/* ---- what it does ---- */

bool node_is_draining(const struct api *a) {
    return signaling_drained_by(a->signaling).us != 0;
}

struct node_left node_left(const struct api *a) {
    struct signaling_stats s = signaling_stats(a->signaling);
    struct recorder_thread_counters n = {0};
    if (a->recorder) {
        recorder_thread_counters(a->recorder, &n);
    }
    return (struct node_left){s.tours, s.participants, n.capture.recordings_open};
}

static bool is_empty(const struct node_left *n) {
    return n->tours == 0 && n->recordings == 0;
}

void node_refuse(struct request *r) {
    respond_retry_after(r, us_of_s(api_of(r)->config->drain_retry_s));
    refuse_code(r, CODE_DRAINING);
}

static void answer(struct request *r) {
    const struct api *a = api_of(r);
    struct node_left left = node_left(a);
    wall_t by = signaling_drained_by(a->signaling);
    char text[WALL_TEXT_MAX];
    struct buffer b = {0};
    json_open(&b, NULL, '{');
    json_put_string(&b, "state", state_words[by.us != 0]);
    json_put_string(&b, "deadline", by.us ? wall_text(by, text) : NULL);
    json_put_uint(&b, "tours", left.tours);
    json_put_uint(&b, "participants", left.participants);
    json_put_uint(&b, "recordings", left.recordings);
    json_close(&b, '}');
    respond_header(r, "cache-control:", "no-store");
    respond_buffer(r, 200, "application/json", &b);
}

/* It is about all tours. */
static bool is_for_all(struct request *r) {
    if (*call_of(r)->claims.tour) {
        refuse_code(r, CODE_TOKEN_TOUR);
        return false;
    }
    return true;
}

void node_get(struct request *r) {
    if (is_for_all(r)) {
        answer(r);
    }
}

static void note(const struct api *a, const char *event, const char *message) {
    char text[WALL_TEXT_MAX];
    wall_t by = signaling_drained_by(a->signaling);
    struct node_left left = node_left(a);
    LOG(LOG_LEVEL_WARN, event, message, LOG_STR("deadline", by.us ? wall_text(by, text) : ""),
        LOG_NUM("tours", left.tours), LOG_NUM("participants", left.participants),
        LOG_NUM("recordings", left.recordings));
}

/* Who asks again, because an answer was lost, gives nobody more time. */
static void drain(struct request *r, int64_t deadline_s) {
    struct api *a = api_of(r);
    us_t now = clock_now(), at = now + us_of_s(deadline_s);
    char text[WALL_TEXT_MAX];
    if (!node_is_draining(a) || at < a->drain_at) {
        a->drain_at = at;
        a->drained = false;
        signaling_drain(a->signaling, now, at, (uint32_t)a->config->drain_retry_s);
        note(a, "drain", "No tour begins any more, and those that run end by the deadline.");
        call_settle(r);
    }
    snprintf(call_of(r)->detail, sizeof(call_of(r)->detail), "until=%s",
             wall_text(signaling_drained_by(a->signaling), text));
}

void node_drain(struct request *r) {
    const struct json *document;
    struct drain_body b = {0};
    if (is_for_all(r) && body_read(r, &schema_drain, true, &b, &document)) {
        drain(r, b.deadline_s ? b.deadline_s : api_of(r)->config->drain_deadline_s);
        json_free(document);
        answer(r);
    }
}

void node_undrain(struct request *r) {
    struct api *a = api_of(r);
    if (!is_for_all(r)) {
        return;
    }
    if (node_is_draining(a)) {
        signaling_drain(a->signaling, clock_now(), US_NEVER, 0);
        note(a, "drain_over", "Tours begin again.");
        call_settle(r);
    }
    answer(r);
}

void node_watch(struct api *a) {
    struct node_left left = node_left(a);
    if (node_is_draining(a) && !a->drained && is_empty(&left)) {
        a->drained = true;
        note(a, "drained", "Nothing runs any more: the server can be stopped.");
    }
}
