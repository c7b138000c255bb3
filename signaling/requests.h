/* The requests of oriel.v1: one file each in requests/, registered in one constant table of name,
 * schema and function. jansson stays behind this header: handlers read checked fields only. */
#ifndef ORIEL_SIGNALING_REQUESTS_H
#define ORIEL_SIGNALING_REQUESTS_H

#include "signaling/internal.h"

/* Set jansson's hash seed and send its allocations through base/alloc.h. Idempotent. */
void requests_init(uint32_t seed);

/* Handle one message; sends its reply or error. */
void request_handle(struct sig *s, us_t now, struct conn *c, const char *text, size_t n);

enum field_type { FIELD_STRING, FIELD_BOOL, FIELD_OBJECT, FIELD_LIST };

struct field {
    const char *name;
    enum field_type type;
    bool required;
    size_t max; /* [bytes] of a string, members of a list; 0 = the message's own limit */
};

#define FIELDS_MAX 8

struct json_t; /* of jansson */

/* One request on its way. */
struct call {
    struct sig *s;
    us_t now;
    struct conn *conn;
    const struct json_t *msg;
    bool has_id;
    int64_t id;
    const char *field;     /* set by a handler for its error */
    char why[REFUSAL_MAX]; /* the same of an offer, or empty */
};

struct request {
    const char *type;
    struct field fields[FIELDS_MAX]; /* ended by a NULL name */
    bool needs_seat;
    enum sig_code (*run)(struct call *c);
};

/* Fields of a message after its schema was checked. Absent and null are the same. */
/* The string, or NULL when absent; *n (may be NULL) its length. */
const char *call_string(const struct call *c, const char *name, size_t *n);
bool call_bool(const struct call *c, const char *name);
/* Members of the object `name`; absent: false and NULL. */
bool call_object_bool(const struct call *c, const char *name, const char *member);
const char *call_object_string(const struct call *c, const char *name, const char *member);
/* An offer was refused: its field and what is wrong with it are told. */
void call_refused(struct call *c, const struct offer *o);
/* Read "sources" and "slots" into ret. SIG_BAD_FIELD with c->field. */
enum sig_code call_wants(struct call *c, struct wants *ret);
/* Read and verify "token"; a valid one makes the connection a known one. The codes of
 * verify_token. */
enum sig_code call_token(struct call *c, struct claims *ret);

/* Begin a reply of this type: the object is open, with `re` when there was an id. */
void reply_open(const struct call *c, struct buffer *o, const char *type);
/* Who has a seat needs no valid token to stay. */
#define WALL_SEAT ((wall_t){US_NEVER})
/* "ice_servers" for who has this sub, hardly longer than until then (ice_servers.c). */
void reply_ice_servers(const struct call *c, struct buffer *o, const char *sub, wall_t until);
/* Close and send it. */
void reply_send(const struct call *c, struct buffer *o);
/* {"type":"ok"}, only when there was an id. */
void reply_ok(const struct call *c);
/* The members that joined and resumed share: participant, tour, slots, roster, speaker. */
void reply_state(const struct call *c, struct buffer *o, const struct seat *x);
/* The members answer and warnings. */
void reply_answer(const struct call *c, struct buffer *o, const struct seat *x,
                  const struct offer *offer);

extern const struct request request_hello, request_join, request_resume, request_restart,
    request_leave, request_end, request_mute, request_pin, request_record, request_consent,
    request_remove, request_ping;

#endif
