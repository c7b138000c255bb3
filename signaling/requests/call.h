/* What a request says: handlers read checked fields only. */
#ifndef ORIEL_SIGNALING_REQUESTS_CALL_H
#define ORIEL_SIGNALING_REQUESTS_CALL_H

#include "signaling/requests/request.h"
#include "signaling/tours/sessions.h"

/* Read a message into c->msg, c->id and *type. CODE_TOO_LARGE (bytes or values), CODE_TOO_DEEP,
 * CODE_BAD_JSON, CODE_BAD_FIELD with c->field, CODE_INTERNAL. */
enum code call_read(struct call *c, const char *text, size_t n, const char **type);
/* Forget the message. */
void call_free(struct call *c);
/* Do the fields fit the request's schema? CODE_BAD_FIELD with c->field. */
enum code call_check(struct call *c, const struct request *r);

/* Fields of a message after its schema was checked. Absent and null are the same. */
/* The string, or NULL when absent; *n (may be NULL) its length. */
const char *call_string(const struct call *c, const char *name, size_t *n);
bool call_bool(const struct call *c, const char *name);
/* Members of the object `name`; absent: false and NULL. */
bool call_object_bool(const struct call *c, const char *name, const char *member);
const char *call_object_string(const struct call *c, const char *name, const char *member);
/* Is it there, and not null? */
bool call_has(const struct call *c, const char *name);
/* Of FIELD_INTEGER and FIELD_FRACTION; absent: 0. */
uint64_t call_integer(const struct call *c, const char *name);
double call_number(const struct call *c, const char *name);
/* An offer was refused: its field and what is wrong with it are told. */
void call_refused(struct call *c, const struct offer *o);
/* Read "sources" and "slots" into ret. CODE_BAD_FIELD with c->field. */
enum code call_wants(struct call *c, struct wants *ret);
/* It changes what others are told and a recording keeps: false when its seat has done so too often
 * (changes_per_minute). */
bool call_change(const struct call *c);
/* Read and verify "token"; a valid one makes the connection a known one. The codes of
 * verify_token. */
enum code call_token(struct call *c, struct claims *ret);
/* The same with the tour that is meant: "tour" names it where the token is for any, and must not
 * name another where it is not. CODE_TOKEN_TOUR, CODE_BAD_FIELD with c->field. */
enum code call_token_tour(struct call *c, struct claims *ret);

#endif
