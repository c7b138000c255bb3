#include "server/api/events_operations.h"

#include "server/api/tours_schemas.h"
#include "server/config/event_types.h"
#include "server/events/events_query.h"
#include "server/rest/schema_basics.h"

#include <stddef.h>

static const char *const type_words[] = {
#define X(sym, name) name,
    EVENT_TYPES(X)
#undef X
        NULL};

/* ---- values ---- */

static const struct schema some_time = {.kind = SCHEMA_TIME};
static const struct schema count = {.kind = SCHEMA_INTEGER};
static const struct schema number = {.kind = SCHEMA_INTEGER};
static const struct schema number_or_null = {.kind = SCHEMA_INTEGER, .null = true};
static const struct schema from_number = {
    .kind = SCHEMA_INTEGER, .min = 1, .max = 9007199254740991, .example = "1"};
static const struct schema limit = {
    .kind = SCHEMA_INTEGER, .min = 1, .max = EVENTS_PAGE_MAX, .example = "50"};
static const struct schema after = {.kind = SCHEMA_INTEGER, .max = 9007199254740991};
static const struct schema word_type = {
    .name = "EventType", .kind = SCHEMA_WORD, .words = type_words, .about = "docs/events.md"};
static const struct schema some_data = {
    .kind = SCHEMA_OPEN, .about = "tour, seq, and what docs/events.md says of the type."};

static const struct schema_member members_metadata[] = {
    {"correlationId", &schema_text_or_null, true, 0, NULL},
    {"userId", &schema_text_or_null, true, 0, "The sub of whom it is about."},
    {"sessionId", &schema_text_or_null, true, 0, "The run of the tour."},
    {0}};
static const struct schema metadata = {.kind = SCHEMA_OBJECT, .members = members_metadata};
static const struct schema_member members_event[] = {
    {"id", &schema_text, true, 0, "A ULID."},   {"timestamp", &some_time, true, 0, NULL},
    {"eventType", &schema_text, true, 0, NULL}, {"service", &schema_text, true, 0, NULL},
    {"version", &schema_text, true, 0, NULL},   {"data", &some_data, true, 0, NULL},
    {"metadata", &metadata, true, 0, NULL},     {0}};
static const struct schema event = {.name = "Event",
                                    .kind = SCHEMA_OBJECT,
                                    .members = members_event,
                                    .about = "As it is sent to receivers (docs/events.md)."};

static const struct schema_member members_entry[] = {
    {"number", &number, true, 0, "Its place among all events; grows."},
    {"event", &event, true, 0, NULL},
    {0}};
static const struct schema entry = {
    .name = "EventEntry", .kind = SCHEMA_OBJECT, .members = members_entry};
static const struct schema entries = {.kind = SCHEMA_LIST, .items = &entry};
static const struct schema_member members_page[] = {
    {"events", &entries, true, 0, "Oldest first; a page may have fewer than there is room for."},
    {"next", &number_or_null, true, 0, "For `after`; null: there are no more now."},
    {0}};
static const struct schema page = {
    .name = "EventPage", .kind = SCHEMA_OBJECT, .members = members_page};

static const struct schema_member members_dead[] = {
    {"number", &number, true, 0, NULL},
    {"attempts", &count, true, 0, "How often it was refused."},
    {"why", &schema_text, true, 0, "What the last answer was."},
    {"event", &event, true, 0, NULL},
    {0}};
static const struct schema dead = {
    .name = "DeadEvent", .kind = SCHEMA_OBJECT, .members = members_dead};
static const struct schema dead_ones = {.kind = SCHEMA_LIST, .items = &dead};
static const struct schema_member members_dead_page[] = {
    {"events", &dead_ones, true, 0, "Oldest first."},
    {"next", &number_or_null, true, 0, "For `after`; null: there are no more."},
    {0}};
static const struct schema dead_page = {
    .name = "DeadEventPage", .kind = SCHEMA_OBJECT, .members = members_dead_page};

static const struct schema_member members_receiver[] = {
    {"name", &schema_text, true, 0, NULL},
    {"position", &number, true, 0, "Number of the last event that it was brought to."},
    {"last", &number, true, 0, "Number of the last event of all."},
    {"waiting", &count, true, 0, "Behind its position."},
    {"held", &count, true, 0, "Before it, refused and tried again, with what waits behind them."},
    {"dead", &count, true, 0, "Given up."},
    {"sent", &count, true, 0, "Taken, since the server began."},
    {"refused", &count, true, 0, "Answers that refused one, since then."},
    {"failing", &schema_yes_or_no, true, 0, "The last one did not get through."},
    {"why", &schema_text_or_null, true, 0, "And why."},
    {0}};
static const struct schema receiver = {
    .name = "EventReceiver", .kind = SCHEMA_OBJECT, .members = members_receiver};
static const struct schema receivers = {.kind = SCHEMA_LIST, .items = &receiver};
static const struct schema_member members_receivers[] = {{"receivers", &receivers, true, 0, NULL},
                                                         {0}};
static const struct schema receiver_list = {
    .name = "EventReceiverList", .kind = SCHEMA_OBJECT, .members = members_receivers};

static const struct schema_member members_replay[] = {
    {"from", &from_number, false, offsetof(struct replay_body, from),
     "This number, and all behind it; 1 where it is not there."},
    {"since", &some_time, false, offsetof(struct replay_body, since),
     "And of these the first that happened then or later, and all behind it."},
    {0}};
const struct schema schema_replay = {
    .name = "Replay", .kind = SCHEMA_OBJECT, .members = members_replay};
static const struct schema_member members_replayed[] = {{"from", &number, true, 0, NULL}, {0}};
static const struct schema replayed = {
    .name = "Replayed", .kind = SCHEMA_OBJECT, .members = members_replayed};

/* ---- operations ---- */

const struct operation_query events_query_all[] = {
    [EVENTS_LIMIT] = {"limit", &limit, "Events on the page; 100."},
    [EVENTS_AFTER] = {"after", &after, "Those behind this number: `next` of an earlier page."},
    [EVENTS_TYPE] = {"type", &word_type, "Those of this type only."},
    [EVENTS_TOUR] = {"tour", &schema_tour_name, "Those of this tour only."},
    {0}};
static const struct operation_query query_of_tour[] = {
    {"limit", &limit, "Events on the page; 100."},
    {"after", &after, "Those behind this number: `next` of an earlier page."},
    {"type", &word_type, "Those of this type only."},
    {0}};
static const struct operation_query query_dead[] = {
    {"limit", &limit, "Events on the page; 100."},
    {"after", &after, "Those behind this number: `next` of an earlier page."},
    {0}};

static const struct operation_answer listed[] = {{200, "A page.", &page, NULL}, {0}};
static const struct operation_answer listed_dead[] = {{200, "A page.", &dead_page, NULL}, {0}};
static const struct operation_answer listed_receivers[] = {
    {200, "All that are configured.", &receiver_list, NULL}, {0}};
static const struct operation_answer again[] = {{204, "It is sent again.", NULL, NULL}, {0}};
static const struct operation_answer from_there[] = {
    {200, "It is sent again from there on.", &replayed, NULL}, {0}};
static const struct operation_refusal of_list[] = {{400, "bad_field"},
                                                   {403, "forbidden scope_missing token_tour"},
                                                   {404, "events_off"},
                                                   {503, "unavailable"},
                                                   {0}};
static const struct operation_refusal of_receiver[] = {
    {400, "bad_request bad_json too_deep bad_field"},
    {403, "forbidden scope_missing"},
    {404, "events_off receiver_unknown event_unknown"},
    {415, "content_type"},
    {503, "unavailable"},
    {0}};

#define OPERATION(name, verb, what, word, asks, good, bad)              \
    const struct operation operation_##name = {.id = (verb),            \
                                               .tag = "events",         \
                                               .summary = (what),       \
                                               .door = OPERATION_TOKEN, \
                                               .scope = (word),         \
                                               .query = (asks),         \
                                               .answers = (good),       \
                                               .refusals = (bad)}
OPERATION(events_list, "listEvents", "What happened, as receivers are told, oldest first.",
          "events:read", events_query_all, listed, of_list);
OPERATION(events_of_tour, "listTourEvents", "The same of one tour.", "events:read", query_of_tour,
          listed, of_list);
OPERATION(receivers_list, "listEventReceivers", "Who is told, how far each is, and what is wrong.",
          "events:read", NULL, listed_receivers, of_list);
OPERATION(dead_list, "listDeadEvents", "What a receiver has refused so often that it was given up.",
          "events:read", query_dead, listed_dead, of_receiver);
OPERATION(dead_retry, "retryDeadEvent", "Send one that was given up again.", "events:write", NULL,
          again, of_receiver);
OPERATION(dead_retry_all, "retryDeadEvents", "Send all that were given up again.", "events:write",
          NULL, again, of_receiver);
const struct operation operation_replay = {.id = "replayEvents",
                                           .tag = "events",
                                           .summary = "Send a receiver everything again from a "
                                                      "number or a time on.",
                                           .door = OPERATION_TOKEN,
                                           .scope = "events:write",
                                           .body = &schema_replay,
                                           .answers = from_there,
                                           .refusals = of_receiver};
