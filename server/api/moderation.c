#include "server/api/moderation.h"

#include "server/api/body.h"
#include "server/api/call.h"
#include "server/api/moderated.h"
#include "server/os/clock.h"
#include "server/rest/schema_basics.h"
#include "signaling/platform.h"

/* ---- what it looks like ---- */

/* Of all of them; each reads its own members. */
struct moderation_body {
    struct schema_given given;
    int kind;
    bool paused;
    const char *participant;
    const struct json *can, *participants, *except;
};
#define MEMBER(name, schema, required, about) \
    { #name, &(schema), (required), offsetof(struct moderation_body, name), about }

static const struct schema_member members_admit[] = {
    MEMBER(participants, schema_participant_ids, false, "Without it: all who wait."), {0}};
static const struct schema_member members_mute[] = {
    MEMBER(kind, schema_source_kind, true, NULL),
    MEMBER(except, schema_participant_ids, false, "Guests who are not muted."),
    {0}};
static const struct schema_member members_allow[] = {
    MEMBER(can, schema_allowed, true, NULL),
    MEMBER(participants, schema_participant_ids, false,
           "Guests; without it: all, and those who are still to come."),
    MEMBER(except, schema_participant_ids, false, "Who keeps what they may."),
    {0}};
static const struct schema_member members_spotlight[] = {
    MEMBER(participant, schema_participant_id, true, NULL), {0}};
static const struct schema_member members_record[] = {
    MEMBER(paused, schema_yes_or_no, false, "It is on and pauses."), {0}};
#define BODY(word, of)                         \
    static const struct schema schema_##of = { \
        .name = (word), .kind = SCHEMA_OBJECT, .members = members_##of}
BODY("AdmitMany", admit);
BODY("MuteMany", mute);
BODY("AllowMany", allow);
BODY("Spotlight", spotlight);
BODY("Record", record);

#define OF_TOUR(name, verb, what, body) MODERATED(name, verb, "moderation", what, body)
OF_TOUR(tours_lock, "lockTour", "Nobody else comes in, as long as the tour runs.", NULL);
OF_TOUR(tours_unlock, "unlockTour", "Others may come in again.", NULL);
OF_TOUR(lobby_open, "openLobby", "Guests must be admitted, as long as the tour runs.", NULL);
OF_TOUR(lobby_close, "closeLobby", "Guests need not be admitted; those who wait are.", NULL);
OF_TOUR(tours_admit, "admitParticipants", "Let in who waits: some, or all.", &schema_admit);
OF_TOUR(tours_mute, "muteParticipants", "Mute a source of all guests, or all but some.",
        &schema_mute);
OF_TOUR(tours_allow, "allowParticipants",
        "What guests may from now on: some, or all, or all but some.", &schema_allow);
OF_TOUR(spotlight_set, "setSpotlight", "Put somebody on everybody's stage.", &schema_spotlight);
OF_TOUR(spotlight_clear, "clearSpotlight", "Nobody in particular is on the stage.", NULL);
OF_TOUR(recording_start, "startRecording", "Record the tour, go on, or pause.", &schema_record);
OF_TOUR(recording_stop, "stopRecording", "Record the tour no more.", NULL);

/* ---- without a body ---- */

static void do_order(struct request *r, enum signaling_tour_order order, const char *what) {
    moderated_answer(
        r, signaling_tour_order(api_of(r)->signaling, clock_now(), r->args.v[0], order), what);
}

void moderation_lock(struct request *r) {
    do_order(r, TOUR_LOCK, "lock");
}

void moderation_unlock(struct request *r) {
    do_order(r, TOUR_UNLOCK, "unlock");
}

void moderation_lobby_on(struct request *r) {
    do_order(r, TOUR_LOBBY_ON, "lobby_on");
}

void moderation_lobby_off(struct request *r) {
    do_order(r, TOUR_LOBBY_OFF, "lobby_off");
}

void moderation_no_spotlight(struct request *r) {
    do_order(r, TOUR_NO_SPOTLIGHT, "no_spotlight");
}

void moderation_stop(struct request *r) {
    do_order(r, TOUR_STOP, "stop_recording");
}

/* ---- with one ---- */

void moderation_record(struct request *r) {
    const struct json *document;
    struct moderation_body b = {0};
    if (body_read(r, &schema_record, true, &b, &document)) {
        do_order(r, b.paused ? TOUR_PAUSE : TOUR_RECORD, b.paused ? "pause" : "record");
        json_free(document);
    }
}

void moderation_admit(struct request *r) {
    const struct json *document;
    struct moderation_body b = {0};
    if (body_read(r, &schema_admit, true, &b, &document)) {
        moderated_answer(
            r,
            signaling_tour_admit(api_of(r)->signaling, clock_now(), r->args.v[0], b.participants),
            "admit");
        json_free(document);
    }
}

void moderation_mute(struct request *r) {
    const struct json *document;
    struct moderation_body b = {0};
    if (body_read(r, &schema_mute, false, &b, &document)) {
        moderated_answer(r,
                         signaling_tour_mute(api_of(r)->signaling, clock_now(), r->args.v[0],
                                             (enum source_kind)(b.kind + 1), b.except),
                         "mute");
        json_free(document);
    }
}

void moderation_allow(struct request *r) {
    const struct json *document;
    struct moderation_body b = {0};
    if (!body_read(r, &schema_allow, false, &b, &document)) {
        return;
    }
    struct signaling_allowed a = {.list = b.participants, .except = b.except};
    enum code code = capabilities_read(b.can, &a.can) ? CODE_OK : CODE_BAD_FIELD;
    code = code == CODE_OK
               ? signaling_tour_allow(api_of(r)->signaling, clock_now(), r->args.v[0], &a)
               : code;
    moderated_answer(r, code, "allow");
    json_free(document);
}

void moderation_spotlight(struct request *r) {
    const struct json *document;
    struct moderation_body b = {0};
    if (body_read(r, &schema_spotlight, false, &b, &document)) {
        moderated_answer(r,
                         signaling_tour_spotlight(api_of(r)->signaling, clock_now(), r->args.v[0],
                                                  b.participant),
                         "spotlight");
        json_free(document);
    }
}
