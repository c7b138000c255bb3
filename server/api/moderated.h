/* What a platform does in a tour that is a host's to do otherwise: what its operations have in
 * common. */
#ifndef ORIEL_SERVER_API_MODERATED_H
#define ORIEL_SERVER_API_MODERATED_H

#include "server/http/request.h"
#include "server/rest/operation.h"
#include "signaling/words/codes.h"

/* Its effects go out, and the log has a line about it. */
void moderated_note(struct request *r, enum code code, const char *what);
/* It was not done: tell why. */
void moderated_refuse(struct request *r, enum code code);
/* All of it: noted, and 204 or refused. */
void moderated_answer(struct request *r, enum code code, const char *what);
/* May the tour of the path be changed once more this minute? Else the request is refused. */
bool moderated_may_change(struct request *r);
/* The same of what may come many times in a second: the log has no line. */
void moderated_shown(struct request *r, enum code code);

/* ---- tables ---- */

extern const struct schema schema_source_kind; /* its words: those of source_kind, from 1 on */
extern const struct schema schema_participant_id, schema_participant_id_or_null,
    schema_participant_ids;
extern const struct schema schema_capabilities; /* a whole `can`, of answers */
extern const struct schema schema_allowed;      /* some of it, of bodies */

extern const struct operation_answer moderated_done[];
extern const struct operation_refusal moderated_of_tour[], moderated_of_person[];

#define MODERATED(name, verb, resource, what, bytes)                          \
    const struct operation operation_##name = {.id = (verb),                  \
                                               .tag = (resource),             \
                                               .summary = (what),             \
                                               .door = OPERATION_TOKEN,       \
                                               .scope = "participants:write", \
                                               .body = (bytes),               \
                                               .answers = moderated_done,     \
                                               .refusals = moderated_of_person}

#endif
