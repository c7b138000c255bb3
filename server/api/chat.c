#include "server/api/chat.h"

#include "base/alloc.h"
#include "base/json_write.h"
#include "server/api/body.h"
#include "server/api/call.h"
#include "server/api/keyed.h"
#include "server/api/moderated.h"
#include "server/api/refuse.h"
#include "server/api/tagged.h"
#include "server/os/clock.h"
#include "server/rest/schema_basics.h"
#include "server/tours/registry.h"
#include "signaling/platform.h"
#include "signaling/words/said_limits.h"

#include <stdlib.h>
#include <string.h>

#define SEQ_DIGITS 15 /* more has no number of ours */

/* ---- what it looks like ---- */

static const char *const kind_words[] = {"chat", "question", "answer", "chapter", "retract", NULL};
static const char *const to_words[] = {"hosts", NULL};
static const char *const state_words[] = {"answered", "dismissed", NULL};
static const char *const type_words[] = {"entry", NULL};

static const struct schema time_of = {.kind = SCHEMA_TIME};
static const struct schema number = {.kind = SCHEMA_INTEGER, .max = 9007199254740991};
static const struct schema kind = {.kind = SCHEMA_WORD, .words = kind_words};
static const struct schema to = {.kind = SCHEMA_WORD, .words = to_words};
static const struct schema state = {.kind = SCHEMA_WORD, .words = state_words};
static const struct schema type = {.kind = SCHEMA_WORD, .words = type_words};
static const struct schema message = {.kind = SCHEMA_TEXT,
                                      .min = 1,
                                      .max = SAID_TEXT_MAX,
                                      SCHEMA_PRINTABLE_LINES,
                                      .example = "\"We begin in five minutes.\""};
static const struct schema title = {
    .kind = SCHEMA_TEXT, .min = 1, .max = CHAPTER_MAX, SCHEMA_PRINTABLE, .example = "\"Kitchen\""};

static const struct schema_member members_entry[] = {
    {"type", &type, true, 0, NULL},
    {"seq", &number, true, 0, "Its number in this run."},
    {"at", &time_of, true, 0, NULL},
    {"kind", &kind, true, 0, NULL},
    {"from", &schema_participant_id_or_null, true, 0,
     "null: nobody in the tour, but this interface."},
    {"name", &schema_text, false, 0, "As the participant was called then."},
    {"text", &schema_text, false, 0, NULL},
    {"title", &schema_text, false, 0, "Of a chapter."},
    {"to", &to, false, 0, "Only hosts see it."},
    {"question", &schema_text, false, 0, "Of a question and its answer."},
    {"state", &state, false, 0, "Of an answer."},
    {"target", &number, false, 0, "The number of what was taken back."},
    {0}};
static const struct schema entry = {
    .name = "ChatEntry", .kind = SCHEMA_OBJECT, .members = members_entry};
static const struct schema entries = {.kind = SCHEMA_LIST, .items = &entry};
static const struct schema_member members_history[] = {
    {"entries", &entries, true, 0, "Oldest first."},
    {"seq", &number, true, 0, "Of the last entry of all: ask with it as `after` the next time."},
    {"entries_lost", &schema_yes_or_no, true, 0, "Something behind `after` is not kept any more."},
    {0}};
static const struct schema history = {
    .name = "ChatHistory", .kind = SCHEMA_OBJECT, .members = members_history};
static const struct schema_member members_said[] = {{"seq", &number, true, 0, "Its number."}, {0}};
static const struct schema said_schema = {
    .name = "Said", .kind = SCHEMA_OBJECT, .members = members_said};

struct say_body {
    struct schema_given given;
    const char *text;
    int word; /* to, or state */
};
#define MEMBER(name, field, schema, required, about) \
    { name, &(schema), (required), offsetof(struct say_body, field), about }
static const struct schema_member members_message[] = {
    MEMBER("text", text, message, true, NULL),
    MEMBER("to", word, to, false, "Only hosts see it."),
    {0}};
static const struct schema_member members_chapter[] = {
    MEMBER("title", text, title, true, "What is seen from now on."), {0}};
static const struct schema_member members_answer[] = {
    MEMBER("state", word, state, true, NULL),
    MEMBER("text", text, message, false, "Without it: by voice."),
    {0}};
static const struct schema schema_message = {
    .name = "ChatMessage", .kind = SCHEMA_OBJECT, .members = members_message};
static const struct schema schema_chapter = {
    .name = "Chapter", .kind = SCHEMA_OBJECT, .members = members_chapter};
static const struct schema schema_answer = {
    .name = "Answer", .kind = SCHEMA_OBJECT, .members = members_answer};

static const struct operation_query query[] = {{"after", &number, "Only what is behind this one."},
                                               {0}};
static const struct operation_answer listed[] = {{200, "What was said.", &history, NULL}, {0}};
static const struct operation_answer made[] = {{201, "It was said.", &said_schema, NULL}, {0}};
static const struct operation_refusal of_said[] = {{403, "scope_missing token_tour"},
                                                   {404, "tour_unknown entry_unknown"},
                                                   {429, "rate_limited"},
                                                   {0}};

const struct operation operation_chat_list = {
    .id = "listChat",
    .tag = "chat",
    .summary = "What was said in this run: chats, questions, answers, chapters.",
    .door = OPERATION_TOKEN,
    .scope = "chat:read",
    .tagged = true,
    .query = query,
    .answers = listed,
    .refusals = moderated_of_tour};
#define SAID(name, verb, what, bytes)                                   \
    const struct operation operation_##name = {.id = (verb),            \
                                               .tag = "chat",           \
                                               .summary = (what),       \
                                               .door = OPERATION_TOKEN, \
                                               .scope = "chat:write",   \
                                               .keyed = true,           \
                                               .body = (bytes),         \
                                               .answers = made,         \
                                               .refusals = of_said}
SAID(chat_post, "postChat", "Say something to all in the tour, or to its hosts.", &schema_message);
SAID(chapter_begin, "beginChapter", "A chapter of the tour begins.", &schema_chapter);
SAID(question_answer, "answerQuestion", "Answer a question, or put it aside.", &schema_answer);
const struct operation operation_chat_retract = {.id = "retractChat",
                                                 .tag = "chat",
                                                 .summary = "Take back a message, whoever said it.",
                                                 .door = OPERATION_TOKEN,
                                                 .scope = "chat:write",
                                                 .answers = moderated_done,
                                                 .refusals = of_said};

/* ---- what was said ---- */

/* Of a tour that has ended for good: nothing. */
static bool put_history(const struct api *a, const char *tour, uint64_t after, struct buffer *b) {
    if (signaling_history(a->signaling, tour, after, b)) {
        return true;
    }
    if (!registry_find(a->tours.registry, tour)) {
        return false;
    }
    json_open(b, "entries", '[');
    json_close(b, ']');
    json_put_uint(b, "seq", 0);
    json_put_bool(b, "entries_lost", false);
    return true;
}

void chat_list(struct request *r) {
    int64_t after = 0;
    struct faults f = {0};
    struct buffer b = {0};
    body_argument(r, &query[0], &after, &f);
    if (f.n) {
        body_refuse(r, &f);
        return;
    }
    json_open(&b, NULL, '{');
    bool known = put_history(api_of(r), r->args.v[0], (uint64_t)after, &b);
    json_close(&b, '}');
    if (known) {
        tagged_answer(r, "", &b);
    } else {
        buffer_free(&b);
        refuse_code(r, CODE_TOUR_UNKNOWN);
    }
}

/* ---- saying something ---- */

static void answer_said(struct request *r, uint64_t key, uint64_t seq) {
    struct buffer b = {0};
    json_open(&b, NULL, '{');
    json_put_uint(&b, "seq", seq);
    json_close(&b, '}');
    struct idempotency_answer x = {.status = 201, .len = b.n};
    x.body = buffer_take(&b);
    buffer_free(&b);
    if (x.body) {
        keyed_answer(api_of(r), r, key, &x);
    } else { /* it was said, and asking again would say it twice */
        idempotency_done(api_of(r)->idempotency, clock_now(), key, &x);
        respond_problem(r, 500, NULL, NULL);
    }
}

static void say(struct request *r, const struct signaling_said *said, const char *what) {
    struct api *a = api_of(r);
    uint64_t key, seq = 0;
    if (!keyed_begin(r, &key)) {
        return;
    }
    enum code code = signaling_say(a->signaling, clock_now(), r->args.v[0], said, &seq);
    moderated_note(r, code, what);
    if (code == CODE_OK) {
        answer_said(r, key, seq);
    } else {
        keyed_drop(a, key);
        moderated_refuse(r, code);
    }
}

void chat_post(struct request *r) {
    const struct json *document;
    struct say_body b;
    if (body_read(r, &schema_message, false, &b, &document)) {
        say(r, &(struct signaling_said){.what = SAID_CHAT, .text = b.text, .to_hosts = b.word >= 0},
            "chat");
        json_free(document);
    }
}

void chat_chapter(struct request *r) {
    const struct json *document;
    struct say_body b;
    if (body_read(r, &schema_chapter, false, &b, &document)) {
        say(r, &(struct signaling_said){.what = SAID_CHAPTER, .text = b.text}, "chapter");
        json_free(document);
    }
}

void chat_answer(struct request *r) {
    const struct json *document;
    struct say_body b;
    if (body_read(r, &schema_answer, false, &b, &document)) {
        say(r,
            &(struct signaling_said){.what = SAID_ANSWER,
                                     .text = b.text,
                                     .question = r->args.v[1],
                                     .state = state_words[b.word]},
            "answer");
        json_free(document);
    }
}

/* The number in the path; 0, which no entry has: it is none. */
static uint64_t seq_of(const char *digits) {
    size_t n = strspn(digits, "0123456789");
    return n <= SEQ_DIGITS && !digits[n] ? strtoull(digits, NULL, 10) : 0;
}

void chat_retract(struct request *r) {
    uint64_t seq = seq_of(r->args.v[1]);
    enum code code = signaling_retract(api_of(r)->signaling, clock_now(), r->args.v[0], seq);
    moderated_answer(r, code, "retract");
}
