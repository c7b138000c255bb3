#include "server/api/participants.h"

#include "base/json_write.h"
#include "server/api/call.h"
#include "server/api/refuse.h"
#include "server/api/tagged.h"
#include "server/os/clock.h"
#include "server/os/log.h"
#include "server/tours/registry.h"
#include "signaling/platform.h"

/* ---- what it looks like ---- */

static const char *const where_words[] = {"in", "lobby", "lost", NULL};
static const struct schema text = {.kind = SCHEMA_TEXT};
static const struct schema yes_or_no = {.kind = SCHEMA_BOOL};
static const struct schema id = {.kind = SCHEMA_TEXT, .pattern = "^p[0-9]+$", .example = "\"p7\""};
static const struct schema where = {.kind = SCHEMA_WORD, .words = where_words};
static const struct schema_member members_person[] = {
    {"id", &id, true, 0, "As in the protocol; of this run."},
    {"name", &text, true, 0, NULL},
    {"sub", &text, true, 0, "Of the token."},
    {"role", &text, true, 0, NULL},
    {"host", &yes_or_no, true, 0, NULL},
    {"lead", &yes_or_no, true, 0, "The host who leads."},
    {"where", &where, true, 0, "lost: the connection is gone, the seat is kept for a while."},
    {"connected", &yes_or_no, true, 0, "Media goes through."},
    {0}};
static const struct schema person = {
    .name = "Participant", .kind = SCHEMA_OBJECT, .members = members_person};
static const struct schema people = {.kind = SCHEMA_LIST, .items = &person};
static const struct schema_member members_list[] = {
    {"participants", &people, true, 0, "In the order of joining; behind them who waits."}, {0}};
static const struct schema list = {
    .name = "ParticipantList", .kind = SCHEMA_OBJECT, .members = members_list};

static const struct operation_answer listed[] = {{200, "All who are there.", &list, NULL}, {0}};
static const struct operation_answer done[] = {{204, "Done.", NULL, NULL}, {0}};
static const struct operation_refusal of_tour[] = {
    {403, "forbidden scope_missing token_tour"}, {404, "tour_unknown"}, {0}};
static const struct operation_refusal of_person[] = {{403, "forbidden scope_missing token_tour"},
                                                     {404, "tour_unknown participant_unknown"},
                                                     {503, "tour_full"},
                                                     {0}};

#define OPERATION(name, verb, what, word, good, bad)                    \
    const struct operation operation_##name = {.id = (verb),            \
                                               .tag = "participants",   \
                                               .summary = (what),       \
                                               .door = OPERATION_TOKEN, \
                                               .scope = (word),         \
                                               .answers = (good),       \
                                               .refusals = (bad)}
const struct operation operation_participants_list = {.id = "listParticipants",
                                                      .tag = "participants",
                                                      .summary =
                                                          "Who is in the tour, and who waits.",
                                                      .door = OPERATION_TOKEN,
                                                      .scope = "participants:read",
                                                      .tagged = true,
                                                      .answers = listed,
                                                      .refusals = of_tour};
OPERATION(participants_remove, "removeParticipant",
          "Remove somebody, who cannot come back as long as the tour runs.", "participants:write",
          done, of_person);
OPERATION(participants_admit, "admitParticipant", "Let somebody in who waits in the lobby.",
          "participants:write", done, of_person);
OPERATION(participants_lead, "leadParticipant", "Make somebody the host who leads.",
          "participants:write", done, of_person);
OPERATION(tours_lock, "lockTour", "Nobody else comes in, as long as the tour runs.",
          "participants:write", done, of_tour);
OPERATION(tours_unlock, "unlockTour", "Others may come in again.", "participants:write", done,
          of_tour);

/* ---- what is done ---- */

static void put_person(void *ctx, const struct signaling_person *p) {
    struct buffer *b = ctx;
    json_open(b, NULL, '{');
    json_put_string(b, "id", p->id);
    json_put_string(b, "name", p->name);
    json_put_string(b, "sub", p->sub);
    json_put_string(b, "role", p->role);
    json_put_bool(b, "host", p->host);
    json_put_bool(b, "lead", p->lead);
    json_put_string(b, "where", p->waits ? "lobby" : p->lost ? "lost" : "in");
    json_put_bool(b, "connected", p->connected);
    json_close(b, '}');
}

void participants_list(struct request *r) {
    struct api *a = api_of(r);
    struct buffer b = {0};
    json_open(&b, NULL, '{');
    json_open(&b, "participants", '[');
    /* One that has ended for good is told of, and nobody is in it. */
    bool known = signaling_people_each(a->signaling, r->args.v[0], put_person, &b) ||
                 registry_find(a->tours.registry, r->args.v[0]);
    json_close(&b, ']');
    json_close(&b, '}');
    if (known) {
        tagged_answer(r, "", &b);
    } else {
        buffer_free(&b);
        refuse_code(r, CODE_TOUR_UNKNOWN);
    }
}

static void answer(struct request *r, enum code code, const char *what) {
    struct api *a = api_of(r);
    a->settle(a->ctx);
    LOG(LOG_LEVEL_INFO, "moderated", "A platform acts in a tour.", LOG_STR("what", what),
        LOG_STR("tour", r->args.v[0]), LOG_STR("participant", r->args.n > 1 ? r->args.v[1] : "-"),
        LOG_STR("code", code_name(code)), LOG_STR("by", call_of(r)->claims.sub),
        LOG_STR("trace", r->trace.id));
    if (code == CODE_OK) {
        respond_status(r, 204);
    } else if (code == CODE_RESOURCE_UNKNOWN) {
        respond_problem(r, 404, "participant_unknown", "Nobody of this id is there.");
    } else if (code == CODE_INTERNAL) {
        respond_problem(r, 503, NULL, NULL);
    } else {
        refuse_code(r, code);
    }
}

static void do_order(struct request *r, enum signaling_person_order order, const char *what) {
    answer(r,
           signaling_person_order(api_of(r)->signaling, clock_now(), r->args.v[0], r->args.v[1],
                                  order),
           what);
}

void participants_remove(struct request *r) {
    do_order(r, PERSON_REMOVE, "remove");
}

void participants_admit(struct request *r) {
    do_order(r, PERSON_ADMIT, "admit");
}

void participants_lead(struct request *r) {
    do_order(r, PERSON_LEAD, "lead");
}

void participants_lock(struct request *r) {
    answer(r, signaling_tour_lock(api_of(r)->signaling, clock_now(), r->args.v[0], true), "lock");
}

void participants_unlock(struct request *r) {
    answer(r, signaling_tour_lock(api_of(r)->signaling, clock_now(), r->args.v[0], false),
           "unlock");
}
