/* A request of oriel.v1: one file each in this folder, a schema and a function. They are told apart
 * by the table of requests.c. */
#ifndef ORIEL_SIGNALING_REQUESTS_REQUEST_H
#define ORIEL_SIGNALING_REQUESTS_REQUEST_H

#include "signaling/sdp/refusal.h"
#include "signaling/state/state.h"
#include "signaling/words/acts.h"
#include "json/json_read.h"

enum field_type {
    FIELD_STRING,
    FIELD_BOOL,
    FIELD_OBJECT,
    FIELD_LIST,
    FIELD_PARTICIPANTS,
    FIELD_INTEGER, /* 0 .. 2^53 - 1 */
    FIELD_FRACTION /* a number 0 .. 1 */
};

struct field {
    const char *name;
    enum field_type type;
    bool required;
    size_t max; /* [bytes] of a string, members of a list (or of one of ids as "p7"); 0 = the
                   message's own limit */
};

#define FIELDS_MAX 12

/* One request on its way. */
struct call {
    struct signaling *s;
    us_t now;
    struct conn *conn;
    const struct json *msg;
    bool has_id;
    int64_t id;
    const char *field;      /* set by a handler for its error */
    enum signaling_act act; /* what the audit log is told it was; ACT_NONE: it is not told */
    char made[SUB_MAX + 1]; /* and whom it has invited; or empty */
    char why[REFUSAL_MAX];  /* the same of an offer, or empty */
};

struct request {
    const char *type;
    struct field fields[FIELDS_MAX]; /* ended by a NULL name */
    bool needs_seat;
    bool changes;           /* it counts as one of changes_per_minute */
    bool from_lobby;        /* who waits in the lobby may ask this, too */
    enum signaling_act act; /* the audit log is told, also when it was refused (act.h) */
    enum code (*run)(struct call *c);
};

extern const struct request request_hello, request_join, request_resume, request_restart,
    request_leave, request_end, request_mute, request_pin, request_record, request_consent,
    request_remove, request_ping, request_host, request_hand_over, request_lock, request_admit,
    request_lobby, request_mute_all, request_allow, request_chat, request_ask, request_answer,
    request_hand, request_react, request_point, request_chapter, request_follow, request_retract,
    request_renew, request_spotlight, request_roster, request_probe, request_invite;

#endif
