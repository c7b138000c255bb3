#include "server/api/moderated.h"

#include "server/api/call.h"
#include "server/api/refuse.h"
#include "server/os/clock.h"
#include "server/os/log.h"
#include "server/rest/schema_basics.h"
#include "signaling/platform.h"
#include "signaling/words/capabilities.h"

#include <string.h>

/* ---- tables ---- */

static const char *const source_words[] = {"microphone", "camera", "screen", NULL};
static const char *const direction_words[] = {
#define X(sym, name) name,
    DIRECTIONS(X)
#undef X
        NULL};
const struct schema schema_source_kind = {
    .name = "SourceKind", .kind = SCHEMA_WORD, .words = source_words};
static bool is_participant_id(const char *text) {
    return text[0] == 'p' && text[1] && text[1 + strspn(text + 1, "0123456789")] == '\0';
}

#define PARTICIPANT_ID                                                                           \
    .kind = SCHEMA_TEXT, .min = 2, .max = 16, .pattern = "^p[0-9]+$", .good = is_participant_id, \
    .about = "As in the protocol; of this run.", .example = "\"p7\""
const struct schema schema_participant_id = {.name = "ParticipantId", PARTICIPANT_ID};
const struct schema schema_participant_id_or_null = {.null = true, PARTICIPANT_ID};
const struct schema schema_participant_ids = {
    .kind = SCHEMA_LIST, .items = &schema_participant_id, .max = 1024};

static const struct schema direction = {.name = "Direction",
                                        .kind = SCHEMA_WORD,
                                        .words = direction_words,
                                        .about = "What may be sent and received of a source."};
/* at: of bodies, where what is not known is refused; it is read by capabilities_read. */
#define CAN(required, at)                                                                          \
    {"audio", &direction, (required), (at), NULL}, {"camera", &direction, (required), (at), NULL}, \
        {"screen", &direction, (required), (at), NULL},                                            \
        {"chat", &schema_yes_or_no, (required), (at), "Write messages."},                          \
        {"point", &schema_yes_or_no, (required), (at), "Point at what is shown."}, {               \
        0                                                                                          \
    }
static const struct schema_member members_can[] = {CAN(true, 0)};
static const struct schema_member members_allowed[] = {CAN(false, 1)};
const struct schema schema_capabilities = {.name = "Capabilities",
                                           .kind = SCHEMA_OBJECT,
                                           .members = members_can,
                                           .about = "docs/protocol.md section 1.2"};
const struct schema schema_allowed = {.name = "Allowed",
                                      .kind = SCHEMA_OBJECT,
                                      .members = members_allowed,
                                      .about = "What is not named stays as it is."};

const struct operation_answer moderated_done[] = {{204, "Done.", NULL, NULL}, {0}};
const struct operation_refusal moderated_of_tour[] = {
    {403, "forbidden scope_missing token_tour"}, {404, "tour_unknown"}, {0}};
const struct operation_refusal moderated_of_person[] = {{403, "forbidden scope_missing token_tour"},
                                                        {404, "tour_unknown participant_unknown"},
                                                        {429, "rate_limited"},
                                                        {503, "tour_full"},
                                                        {0}};

/* ---- answers ---- */

void moderated_note(struct request *r, enum code code, const char *what) {
    call_settle(r);
    LOG(LOG_LEVEL_INFO, "moderated", "A platform acts in a tour.", LOG_STR("what", what),
        LOG_STR("tour", r->args.v[0]), LOG_STR("on", r->args.n > 1 ? r->args.v[1] : "-"),
        LOG_STR("code", code_name(code)), LOG_STR("by", call_of(r)->claims.sub),
        LOG_STR("trace", r->trace.id));
}

void moderated_refuse(struct request *r, enum code code) {
    us_t wait = signaling_refused(api_of(r)->signaling, clock_now(), r->args.v[0], code);
    if (wait > 0) {
        respond_retry_after(r, wait);
    }
    if (code == CODE_RESOURCE_UNKNOWN) {
        respond_problem(r, 404, "participant_unknown", "Nobody of this id is there.");
    } else if (code == CODE_INTERNAL) {
        respond_problem(r, 503, NULL, NULL);
    } else {
        refuse_code(r, code);
    }
}

bool moderated_may_change(struct request *r) {
    enum code code = signaling_tour_change(api_of(r)->signaling, clock_now(), r->args.v[0]);
    if (code != CODE_OK) {
        moderated_refuse(r, code);
    }
    return code == CODE_OK;
}

static void answer(struct request *r, enum code code) {
    if (code == CODE_OK) {
        respond_status(r, 204);
    } else {
        moderated_refuse(r, code);
    }
}

void moderated_answer(struct request *r, enum code code, const char *what) {
    moderated_note(r, code, what);
    answer(r, code);
}

void moderated_shown(struct request *r, enum code code) {
    call_settle(r);
    answer(r, code);
}
