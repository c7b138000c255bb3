#include "server/api/audit_operations.h"

#include "server/api/call.h"
#include "server/api/tours_schemas.h"
#include "server/audit/audit_page.h"
#include "server/rest/schema_basics.h"

#include <string.h>

const char *const audit_outcome_words[] = {"done", "refused", NULL};
static const char *const order_words[] = {"newest", "oldest", NULL};

static bool is_word(const char *text) {
    return text[strspn(text, "abcdefghijklmnopqrstuvwxyz_.")] == '\0';
}

static bool is_cursor(const char *text) {
    struct audit_cursor unused;
    return audit_cursor_read(text, &unused);
}

/* ---- values ---- */

static const struct schema some_time = {.kind = SCHEMA_TIME};
static const struct schema number = {.kind = SCHEMA_INTEGER};
static const struct schema limit = {
    .kind = SCHEMA_INTEGER, .min = 1, .max = AUDIT_PAGE_MAX, .example = "50"};
static const struct schema somebody = {
    .kind = SCHEMA_TEXT, .min = 1, .max = NAME_MAX_BYTES, .example = "\"olga\""};
static const struct schema what = {.kind = SCHEMA_TEXT,
                                   .min = 1,
                                   .max = AUDIT_WORD_MAX,
                                   .pattern = "^[a-z_.]*$",
                                   .good = is_word,
                                   .example = "\"recording.\""};
static const struct schema recording = {.kind = SCHEMA_TEXT,
                                        .pattern = "^[0-9a-f]{32}$",
                                        .good = call_names_recording,
                                        .example = "\"3f0c7a52d1e94b86a0c5f2e7d8b91346\""};
static const struct schema cursor = {.kind = SCHEMA_TEXT,
                                     .pattern = "^[0-9a-f]{1,10}-[0-9a-f]{1,10}$",
                                     .good = is_cursor,
                                     .example = "\"1-3f2a\""};
static const struct schema cursor_or_null = {.kind = SCHEMA_TEXT, .null = true};
static const struct schema outcome = {
    .name = "AuditOutcome", .kind = SCHEMA_WORD, .words = audit_outcome_words};
static const struct schema order = {.kind = SCHEMA_WORD, .words = order_words};

static const struct schema_member members_record[] = {
    {"n", &number, true, 0, "Its number: 1, 2, 3 without holes."},
    {"at", &some_time, true, 0, "When it was done."},
    {"what", &schema_text, true, 0, "The word of the act; there may be others with any release."},
    {"outcome", &outcome, true, 0, NULL},
    {"code", &schema_text, false, 0, "Why it was refused."},
    {"sub", &schema_text, false, 0, "Of the token."},
    {"role", &schema_text, false, 0, NULL},
    {"name", &schema_text, false, 0, NULL},
    {"address", &schema_text, false, 0, NULL},
    {"tour", &schema_text, false, 0, NULL},
    {"recording", &schema_text, false, 0, NULL},
    {"participant", &schema_text, false, 0, NULL},
    {"whom", &schema_text, false, 0, "The sub of that participant."},
    {"detail", &schema_text, false, 0, NULL},
    {"trace", &schema_text, false, 0, "The trace id of the request."},
    {"count", &number, false, 0, "The same was done so often since `first`."},
    {"first", &some_time, false, 0, NULL},
    {"upto", &number, false, 0, "Of the log itself: the last record that is not there."},
    {0}};
static const struct schema record = {.name = "AuditRecord",
                                     .kind = SCHEMA_OBJECT,
                                     .members = members_record,
                                     .about = "docs/audit.md; what says nothing is left out."};
static const struct schema records = {.kind = SCHEMA_LIST, .items = &record};
static const struct schema_member members_page[] = {
    {"records", &records, true, 0, "A page may have fewer than there is room for, or none."},
    {"next", &cursor_or_null, true, 0, "For `after`; null: there are no more now."},
    {"end", &cursor_or_null, true, 0,
     "Where the page ended, also when it is the last one: for `after`, oldest first, to ask later"
     " for what came since."},
    {"damaged", &schema_yes_or_no, true, 0,
     "Lines were stepped over that are not as they were written: `oriel audit verify` says where."},
    {0}};
static const struct schema page = {
    .name = "AuditPage", .kind = SCHEMA_OBJECT, .members = members_page};

/* ---- the operation ---- */

const struct operation_query audit_query[] = {
    [AUDIT_ASK_WHO] = {"who", &somebody,
                       "A sub, name or address, or the sub of whom it was done to."},
    [AUDIT_ASK_WHAT] = {"what", &what, "A word, or with a dot at its end all that begin so."},
    [AUDIT_ASK_RECORDING] = {"recording", &recording, "Of this recording only."},
    [AUDIT_ASK_TOUR] = {"tour", &schema_tour_name, "Of this tour only."},
    [AUDIT_ASK_OUTCOME] = {"outcome", &outcome, "Of this outcome only."},
    [AUDIT_ASK_FROM] = {"from", &some_time, "At this time or later."},
    [AUDIT_ASK_TO] = {"to", &some_time, "Earlier than that."},
    [AUDIT_ASK_ORDER] = {"order", &order, "Which come first; newest."},
    [AUDIT_ASK_AFTER] = {"after", &cursor, "`next` or `end` of an earlier page."},
    [AUDIT_ASK_LIMIT] = {"limit", &limit, "Records on the page; 100."},
    {0}};
static const struct operation_answer listed[] = {{200, "A page.", &page, NULL}, {0}};
static const struct operation_refusal refused[] = {{400, "bad_field"},
                                                   {403, "forbidden scope_missing token_tour"},
                                                   {404, "audit_off"},
                                                   {503, "unavailable audit_unavailable"},
                                                   {0}};
const struct operation operation_audit_list = {.id = "listAudit",
                                               .tag = "audit",
                                               .summary = "Who did what, as the audit log has it.",
                                               .door = OPERATION_TOKEN,
                                               .scope = "audit:read",
                                               .query = audit_query,
                                               .answers = listed,
                                               .refusals = refused};

const struct operation_query access_query[] = {
    [ACCESS_ASK_AFTER] = {"after", &cursor, "`next` of an earlier page."},
    [ACCESS_ASK_LIMIT] = {"limit", &limit, "Records on the page; 100."},
    {0}};
static const struct operation_refusal access_refused[] = {
    {400, "bad_field"},
    {403, "forbidden scope_missing token_tour"},
    {404, "recording_unknown recording_off audit_off"},
    {503, "unavailable audit_unavailable"},
    {0}};
const struct operation operation_recordings_access = {
    .id = "listAccess",
    .tag = "recordings",
    .summary = "Who looked at it, exported, held, checked or shredded it, newest first.",
    .door = OPERATION_TOKEN,
    .scope = "recordings:read",
    .query = access_query,
    .answers = listed,
    .refusals = access_refused};
