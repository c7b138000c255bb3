#include "server/api/tours_schemas.h"

#include "base/terms.h"
#include "server/rest/schema_basics.h"
#include "server/tours/tour_record.h"

static const char *const record_words[] = {
#define X(sym, name) name,
    RECORD_MODES(X)
#undef X
        NULL};
static const char *const codec_words[] = {
#define X(sym, name) name,
    VIDEO_CODECS(X)
#undef X
        NULL};
const char *const tour_state_words[] = {"scheduled", "lobby", "live", "waiting", "ended", NULL};
static const char *const role_words[] = {"buyer", "agent", NULL};

/* ---- values ---- */

const struct schema schema_tour_name = {.name = "TourName",
                                        .kind = SCHEMA_TEXT,
                                        .min = 1,
                                        .max = TOUR_NAME_MAX,
                                        .pattern = "^[A-Za-z0-9_-]+$",
                                        .good = tour_name_valid,
                                        .about = "What a tour is called in paths and tokens.",
                                        .example = "\"villa-12\""};
static const struct schema text_title = {.kind = SCHEMA_TEXT,
                                         .max = TOUR_TITLE_MAX,
                                         SCHEMA_PRINTABLE,
                                         .example = "\"Villa in the hills\""};
static const struct schema text_name = {
    .kind = SCHEMA_TEXT, .max = NAME_MAX_BYTES, SCHEMA_PRINTABLE, .example = "\"Ada\""};
static const struct schema text_sub = {
    .kind = SCHEMA_TEXT, .min = 1, .max = SUB_MAX, SCHEMA_PRINTABLE, .example = "\"customer-17\""};
static const struct schema word_record = {.name = "RecordMode",
                                          .kind = SCHEMA_WORD,
                                          .words = record_words,
                                          .about = "Who starts the recording."};
static const struct schema word_codec = {.name = "VideoCodec",
                                         .kind = SCHEMA_WORD,
                                         .words = codec_words,
                                         .about = "Of all pictures in the tour."};
static const struct schema word_state = {.name = "TourState",
                                         .kind = SCHEMA_WORD,
                                         .words = tour_state_words,
                                         .about = "docs/protocol.md section 1.2"};
static const struct schema word_role = {.kind = SCHEMA_WORD, .words = role_words};
static const struct schema some_time = {.kind = SCHEMA_TIME, .example = "\"2026-11-27T09:30:00Z\""};
static const struct schema time_or_null = {
    .kind = SCHEMA_TIME, .null = true, .example = "\"2026-11-27T09:30:00Z\""};
static const struct schema seconds_or_null = {
    .kind = SCHEMA_INTEGER, .null = true, .min = 60, .max = 31622400, .example = "7200"};
static const struct schema people_or_null = {
    .kind = SCHEMA_INTEGER, .null = true, .min = 1, .max = 65535, .example = "25"};
static const struct schema sources_or_null = {
    .kind = SCHEMA_INTEGER, .null = true, .min = 1, .max = 65535, .example = "8"};
static const struct schema kbps_or_null = {
    .kind = SCHEMA_INTEGER, .null = true, .min = 100, .max = 10000000, .example = "50000"};
static const struct schema property_or_null = {.kind = SCHEMA_OPEN,
                                               .null = true,
                                               .max = TOUR_PROPERTY_MAX,
                                               .about = "Whatever it is to say about the "
                                                        "property: at most 4096 bytes of JSON. "
                                                        "Pages show title, address, price, facts, "
                                                        "photo, photos, plans, rooms, agency and "
                                                        "agent (docs/api.md), and none of it is "
                                                        "judged here.",
                                               .example = "{\"address\":\"12 Elm Street\","
                                                          "\"facts\":[\"3 rooms\"]}"};
static const struct schema ttl = {
    .kind = SCHEMA_INTEGER, .min = 1, .max = 31622400, .example = "3600"};
static const struct schema count = {.kind = SCHEMA_INTEGER, .max = 4294967295};
static const struct schema ulid = {.kind = SCHEMA_TEXT,
                                   .pattern = "^[0-7][0-9A-HJKMNP-TV-Z]{25}$",
                                   .good = ulid_valid,
                                   .example = "\"01KB2N6Z4S6Y1T0E3Q8R5W7X9A\""};
static const struct schema link = {.kind = SCHEMA_TEXT, .format = "uri"};

/* ---- bodies ---- */

#define MEMBER(name, field, schema, about) \
    { name, &(schema), false, offsetof(struct tour_body, field), about }
#define CHANGEABLE                                                                             \
    MEMBER("title", title, text_title, "Shown to people; the name, where there is none."),     \
        MEMBER("record", record, word_record, NULL),                                           \
        MEMBER("codec", codec, word_codec, "It cannot change while the tour runs."),           \
        MEMBER("lobby", lobby, schema_yes_or_no, "Guests wait until a host admits them."),     \
        MEMBER("starts_at", starts_at, time_or_null,                                           \
               "Before it guests enter once a host is there."),                                \
        MEMBER("ends_at", ends_at, time_or_null, "Then it ends, and nobody enters any more."), \
        MEMBER("max_length_s", max_length_s, seconds_or_null,                                  \
               "A run ends so long after the first came in [s]."),                             \
        MEMBER("capacity", capacity, people_or_null,                                           \
               "People in it at once; agents come in any case."),                              \
        MEMBER("property", property, property_or_null, NULL),                                  \
        MEMBER("microphones", microphones, sources_or_null,                                    \
               "On in it at once; null: limits.microphones."),                                 \
        MEMBER("cameras", cameras, sources_or_null, "Likewise."),                              \
        MEMBER("screens", screens, sources_or_null, "Likewise."),                              \
        MEMBER("kbps", kbps, kbps_or_null,                                                     \
               "Taken in of it by a worker [kbit/s]; null: media.tour_kbps.")

static const struct schema_member members_new[] = {
    CHANGEABLE,
    MEMBER("name", name, schema_tour_name, "Where there is none the server makes one, a ULID."),
    {0}};
static const struct schema_member members_change[] = {CHANGEABLE, {0}};
const struct schema schema_tour_new = {
    .name = "TourNew", .kind = SCHEMA_OBJECT, .members = members_new};
const struct schema schema_tour_change = {.name = "TourChange",
                                          .kind = SCHEMA_OBJECT,
                                          .members = members_change,
                                          .about = "A merge patch (RFC 7396): null takes away."};

static const struct schema_member members_tour[] = {
    {"name", &schema_tour_name, true, 0, NULL},
    {"id", &ulid, false, 0, "Of a tour that the API has made, and keeps."},
    {"kept", &schema_yes_or_no, true, 0,
     "The API has made it; else the configuration, or an agent."},
    {"title", &schema_text, true, 0, NULL},
    {"state", &word_state, true, 0, NULL},
    {"record", &word_record, true, 0, NULL},
    {"codec", &word_codec, true, 0, NULL},
    {"lobby", &schema_yes_or_no, true, 0, NULL},
    {"starts_at", &time_or_null, true, 0, NULL},
    {"ends_at", &time_or_null, true, 0, NULL},
    {"max_length_s", &seconds_or_null, true, 0, NULL},
    {"capacity", &people_or_null, true, 0, NULL},
    {"property", &property_or_null, true, 0, NULL},
    {"microphones", &sources_or_null, true, 0, "null: as all tours."},
    {"cameras", &sources_or_null, true, 0, NULL},
    {"screens", &sources_or_null, true, 0, NULL},
    {"kbps", &kbps_or_null, true, 0, NULL},
    {"created_at", &time_or_null, true, 0, NULL},
    {"updated_at", &time_or_null, true, 0, NULL},
    {"ended_at", &time_or_null, true, 0, "Ended for good."},
    {"began_at", &time_or_null, true, 0, "The first of this run came in."},
    {"participants", &count, true, 0, "In it now."},
    {"waiting", &count, true, 0, "In its lobby."},
    {"viewers", &count, true, 0, "By WHEP."},
    {"locked", &schema_yes_or_no, true, 0, NULL},
    {"lobby_open", &schema_yes_or_no, true, 0, "Guests must be admitted: hosts may have decided."},
    {"recording", &schema_yes_or_no, true, 0, NULL},
    {"recording_paused", &schema_yes_or_no, true, 0, "It is on, and a host has paused it."},
    {"recording_failing", &schema_yes_or_no, true, 0,
     "It is wanted, and cannot be written now, or cannot begin."},
    {"recording_since", &time_or_null, true, 0,
     "The one that runs has begun then; its time goes on through pauses."},
    {"recording_paused_since", &time_or_null, true, 0, "The pause has begun then."},
    {"lead", &schema_text_or_null, true, 0, "Name of the host who leads."},
    {"missed", &schema_text_or_null, true, 0, "Name of the last host, while none is there."},
    {0}};
const struct schema schema_tour = {.name = "Tour", .kind = SCHEMA_OBJECT, .members = members_tour};

static const struct schema list_of_tours = {.kind = SCHEMA_LIST, .items = &schema_tour};
static const struct schema_member members_page[] = {
    {"tours", &list_of_tours, true, 0, "Newest first; those that run by name."},
    {"next", &schema_text_or_null, true, 0, "For `after`; null: there are no more."},
    {0}};
static const struct schema schema_page = {
    .name = "TourPage", .kind = SCHEMA_OBJECT, .members = members_page};

#undef MEMBER
#define MEMBER(name, field, schema, needed, about) \
    { name, &(schema), needed, offsetof(struct invite_body, field), about }
static const struct schema_member members_invite_new[] = {
    MEMBER("role", role, word_role, true, NULL),
    MEMBER("name", name, text_name, false, "Shown to others."),
    MEMBER("sub", sub, text_sub, false, "The seat; a new one where there is none."),
    MEMBER("ttl_s", ttl_s, ttl, false, "The invite can be used so long [s]; 3600."),
    {0}};
const struct schema schema_invite_new = {
    .name = "InviteNew", .kind = SCHEMA_OBJECT, .members = members_invite_new};
static const struct schema_member members_invite[] = {
    {"tour", &schema_tour_name, true, 0, NULL},
    {"role", &word_role, true, 0, NULL},
    {"sub", &schema_text, true, 0, NULL},
    {"token", &schema_text, true, 0, "A JSON Web Token (docs/tokens.md)."},
    {"url", &link, true, 0, "The page, with the token in its fragment: send it to that person."},
    {"expires_at", &some_time, true, 0, NULL},
    {0}};
static const struct schema schema_invite = {
    .name = "Invite", .kind = SCHEMA_OBJECT, .members = members_invite};

/* ---- operations ---- */

static const struct schema limit = {
    .kind = SCHEMA_INTEGER, .min = 1, .max = TOURS_LIMIT_MAX, .example = "50"};
const struct operation_query tours_query[] = {
    [TOURS_LIMIT] = {"limit", &limit, "Tours on the page; 100."},
    [TOURS_AFTER] = {"after", &schema_tour_name, "`next` of an earlier page of the same kind."},
    [TOURS_STATE] = {"state", &word_state, "Those in this state only."},
    [TOURS_RUNNING] = {"running", &schema_yes_or_no,
                       "true: those that run now, whoever made them, by name."},
    {0}};
const struct operation_query tours_after_kept = {"after", &ulid, NULL};

#define ANSWERS(...)                    \
    (const struct operation_answer[]) { \
        __VA_ARGS__, {                  \
            0                           \
        }                               \
    }
#define REFUSALS(...)                    \
    (const struct operation_refusal[]) { \
        __VA_ARGS__, {                   \
            0                            \
        }                                \
    }
#define OF_BODY                                         \
    {400, "bad_request bad_json too_deep bad_field"}, { \
        415, "content_type"                             \
    }
#define OF_KEY \
    { 422, "idempotency_key_reused" }

const struct operation operation_tours_create = {
    .id = "createTour",
    .tag = "tours",
    .summary = "Make a tour. It is there when this is answered, and after a restart.",
    .door = OPERATION_TOKEN,
    .scope = "tours:write",
    .keyed = true,
    .body = &schema_tour_new,
    .answers = ANSWERS({201, "Made; Location and ETag are of the tour.", &schema_tour, NULL}),
    .refusals = REFUSALS(OF_BODY, {403, "forbidden scope_missing token_tour"},
                         {409, "tour_exists idempotency_key_busy"}, OF_KEY, {429, "tours_full"},
                         {503, "server_full draining unavailable"})};
const struct operation operation_tours_list = {
    .id = "listTours",
    .tag = "tours",
    .summary = "The tours that the API has made, page by page, newest first; or all that run.",
    .door = OPERATION_TOKEN,
    .scope = "tours:read",
    .query = tours_query,
    .answers = ANSWERS({200, "A page.", &schema_page, NULL}),
    .refusals = REFUSALS({400, "bad_field"}, {403, "forbidden scope_missing"})};
const struct operation operation_tours_get = {
    .id = "getTour",
    .tag = "tours",
    .summary = "A tour, whoever made it, and how it stands.",
    .door = OPERATION_TOKEN,
    .scope = "tours:read",
    .tagged = true,
    .answers = ANSWERS({200, "The tour, with its ETag.", &schema_tour, NULL}),
    .refusals = REFUSALS({403, "forbidden scope_missing token_tour"}, {404, "tour_unknown"})};
const struct operation operation_tours_update = {
    .id = "updateTour",
    .tag = "tours",
    .summary = "Change a tour, also while it runs.",
    .door = OPERATION_TOKEN,
    .scope = "tours:write",
    .matched = true,
    .body = &schema_tour_change,
    .answers = ANSWERS({200, "As it is now.", &schema_tour, NULL}),
    .refusals =
        REFUSALS(OF_BODY, {403, "forbidden scope_missing token_tour"}, {404, "tour_unknown"},
                 {409, "tour_not_kept tour_busy tour_running"}, {410, "tour_ended"},
                 {412, "etag_mismatch"}, {429, "rate_limited"}, {503, "unavailable"})};
const struct operation operation_tours_end = {
    .id = "endTour",
    .tag = "tours",
    .summary = "End a tour: everybody leaves, and nobody enters a tour of the API any more.",
    .door = OPERATION_TOKEN,
    .scope = "tours:write",
    .answers = ANSWERS({204, "It has ended.", NULL, NULL}),
    .refusals = REFUSALS({403, "forbidden scope_missing token_tour"}, {404, "tour_unknown"},
                         {409, "tour_busy"}, {503, "unavailable"})};
const struct operation operation_tours_delete = {
    .id = "deleteTour",
    .tag = "tours",
    .summary = "End a tour and forget it. Its recordings stay.",
    .door = OPERATION_TOKEN,
    .scope = "tours:write",
    .matched = true,
    .answers = ANSWERS({204, "It is gone.", NULL, NULL}),
    .refusals =
        REFUSALS({403, "forbidden scope_missing token_tour"}, {404, "tour_unknown"},
                 {409, "tour_not_kept tour_busy"}, {412, "etag_mismatch"}, {503, "unavailable"})};
const struct operation operation_invites_create = {
    .id = "createInvite",
    .tag = "tours",
    .summary = "A link by which one person joins a tour.",
    .door = OPERATION_TOKEN,
    .scope = "invites:write",
    .keyed = true,
    .body = &schema_invite_new,
    .answers = ANSWERS({201, "The invite. It is told once.", &schema_invite, NULL}),
    .refusals = REFUSALS(OF_BODY, {403, "forbidden scope_missing token_tour"},
                         {404, "tour_unknown"}, {409, "signing_off idempotency_key_busy"},
                         {410, "tour_ended"}, OF_KEY, {503, "unavailable"})};
