#include "server/api/participants.h"

#include "base/json_write.h"
#include "server/api/body.h"
#include "server/api/call.h"
#include "server/api/moderated.h"
#include "server/api/refuse.h"
#include "server/api/tagged.h"
#include "server/os/clock.h"
#include "server/rest/schema_basics.h"
#include "server/tours/registry.h"
#include "signaling/platform.h"

/* ---- what it looks like ---- */

static const char *const where_words[] = {"in", "lobby", "lost", NULL};
static const char *const state_words[] = {"on", "muted", "off", NULL};
static const struct schema time_or_null = {.kind = SCHEMA_TIME, .null = true};
static const struct schema where = {.kind = SCHEMA_WORD, .words = where_words};
static const struct schema state = {.kind = SCHEMA_WORD, .words = state_words};
static const struct schema_member members_sources[] = {{"microphone", &state, true, 0, NULL},
                                                       {"camera", &state, true, 0, NULL},
                                                       {"screen", &state, true, 0, NULL},
                                                       {0}};
static const struct schema sources = {.kind = SCHEMA_OBJECT, .members = members_sources};
static const struct schema_member members_person[] = {
    {"id", &schema_participant_id, true, 0, NULL},
    {"name", &schema_text, true, 0, NULL},
    {"sub", &schema_text, true, 0, "Of the token."},
    {"role", &schema_text, true, 0, NULL},
    {"host", &schema_yes_or_no, true, 0, NULL},
    {"lead", &schema_yes_or_no, true, 0, "The host who leads."},
    {"spotlight", &schema_yes_or_no, true, 0, "On everybody's stage by a host's word."},
    {"where", &where, true, 0, "lost: the connection is gone, the seat is kept for a while."},
    {"connected", &schema_yes_or_no, true, 0, "Media goes through."},
    {"sources", &sources, true, 0, NULL},
    {"can", &schema_capabilities, true, 0, NULL},
    {"hand", &time_or_null, true, 0, "Up since then; null: it is down."},
    {0}};
static const struct schema person = {
    .name = "Participant", .kind = SCHEMA_OBJECT, .members = members_person};
static const struct schema people = {.kind = SCHEMA_LIST, .items = &person};
static const struct schema_member members_list[] = {
    {"participants", &people, true, 0, "In the order of joining; behind them who waits."}, {0}};
static const struct schema list = {
    .name = "ParticipantList", .kind = SCHEMA_OBJECT, .members = members_list};

struct mute_body {
    struct schema_given given;
    int kind;
};
static const struct schema_member members_mute[] = {
    {"kind", &schema_source_kind, true, offsetof(struct mute_body, kind), NULL}, {0}};
static const struct schema schema_mute = {
    .name = "Mute", .kind = SCHEMA_OBJECT, .members = members_mute};

struct allow_body {
    struct schema_given given;
    const struct json *can;
};
static const struct schema_member members_allow[] = {
    {"can", &schema_allowed, true, offsetof(struct allow_body, can), NULL}, {0}};
static const struct schema schema_allow = {
    .name = "Allow", .kind = SCHEMA_OBJECT, .members = members_allow};

const struct operation operation_participants_list = {
    .id = "listParticipants",
    .tag = "participants",
    .summary = "Who is in the tour, and who waits.",
    .door = OPERATION_TOKEN,
    .scope = "participants:read",
    .tagged = true,
    .answers = (const struct operation_answer[]){{200, "All who are there.", &list, NULL}, {0}},
    .refusals = moderated_of_tour};
#define OF_PERSON(name, verb, what, body) MODERATED(name, verb, "participants", what, body)
OF_PERSON(participants_remove, "removeParticipant",
          "Remove somebody, who cannot come back as long as the tour runs.", NULL);
OF_PERSON(participants_admit, "admitParticipant", "Let somebody in who waits in the lobby.", NULL);
OF_PERSON(participants_lead, "leadParticipant", "Make somebody the host who leads.", NULL);
OF_PERSON(participants_host, "makeHost", "Make somebody a host.", NULL);
OF_PERSON(participants_unhost, "unmakeHost", "Somebody is a host no more.", NULL);
OF_PERSON(participants_mute, "muteParticipant",
          "Mute a source of somebody, who is told and may unmute it.", &schema_mute);
OF_PERSON(participants_allow, "allowParticipant",
          "What a guest may send, receive and do from now on.", &schema_allow);
OF_PERSON(participants_lower, "lowerHand", "Lower somebody's hand.", NULL);

/* ---- who is there ---- */

static void put_person(void *ctx, const struct signaling_person *p) {
    struct buffer *b = ctx;
    char at[WALL_TEXT_MAX];
    json_open(b, NULL, '{');
    json_put_string(b, "id", p->id);
    json_put_string(b, "name", p->name);
    json_put_string(b, "sub", p->sub);
    json_put_string(b, "role", p->role);
    json_put_bool(b, "host", p->host);
    json_put_bool(b, "lead", p->lead);
    json_put_bool(b, "spotlight", p->spotlight);
    json_put_string(b, "where", p->waits ? "lobby" : p->lost ? "lost" : "in");
    json_put_bool(b, "connected", p->connected);
    json_open(b, "sources", '{');
    for (int k = SOURCE_MICROPHONE; k < SOURCE_KIND_COUNT; k++) {
        json_put_string(b, source_kind_name((enum source_kind)k), p->sources[k]);
    }
    json_close(b, '}');
    capabilities_put(b, "can", &p->can);
    json_put_string(b, "hand", p->hand_at.us ? wall_text(p->hand_at, at) : NULL);
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

/* ---- what is done ---- */

static void do_order(struct request *r, enum signaling_person_order order, const char *what) {
    moderated_answer(r,
                     signaling_person_order(api_of(r)->signaling, clock_now(), r->args.v[0],
                                            r->args.v[1], order),
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

void participants_host(struct request *r) {
    do_order(r, PERSON_HOST, "host");
}

void participants_unhost(struct request *r) {
    do_order(r, PERSON_GUEST, "host_no_more");
}

void participants_lower(struct request *r) {
    do_order(r, PERSON_LOWER_HAND, "lower_hand");
}

void participants_mute(struct request *r) {
    const struct json *document;
    struct mute_body b;
    if (body_read(r, &schema_mute, false, &b, &document)) {
        moderated_answer(r,
                         signaling_person_mute(api_of(r)->signaling, clock_now(), r->args.v[0],
                                               r->args.v[1], (enum source_kind)(b.kind + 1)),
                         "mute");
        json_free(document);
    }
}

void participants_allow(struct request *r) {
    const struct json *document;
    struct allow_body b;
    struct capabilities_part can;
    if (!body_read(r, &schema_allow, false, &b, &document)) {
        return;
    }
    enum code code = capabilities_read(b.can, &can) ? CODE_OK : CODE_BAD_FIELD;
    code = code == CODE_OK ? signaling_person_allow(api_of(r)->signaling, clock_now(), r->args.v[0],
                                                    r->args.v[1], &can)
                           : code;
    moderated_answer(r, code, "allow");
    json_free(document);
}
