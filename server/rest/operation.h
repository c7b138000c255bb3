/* What can be asked of the API, one by one: what the OpenAPI document says of a row of the table of
 * routes, and what its handler relies on. Constant tables, which stand beside the handlers.
 * Thread: any. */
#ifndef ORIEL_SERVER_REST_OPERATION_H
#define ORIEL_SERVER_REST_OPERATION_H

#include "server/rest/schema.h"

/* An argument of the query. */
struct operation_query {
    const char *name; /* NULL ends them */
    const struct schema *schema;
    const char *about;
};

/* A good answer. */
struct operation_answer {
    int status; /* 0 ends them */
    const char *about;
    const struct schema *body; /* NULL: none, or one that is no JSON */
    const char *type;          /* of a body; NULL: application/json */
};

/* Problems that it has beside those that all have. */
struct operation_refusal {
    int status;        /* 0 ends them */
    const char *codes; /* the words of problem.code, with a blank between them */
};

/* Who asks. */
enum operation_door {
    OPERATION_OPEN,  /* anybody */
    OPERATION_TOKEN, /* who has a token that allows `scope` */
    OPERATION_COOKIE /* or the playback cookie of the recording */
};

struct operation {
    const char *id;      /* operationId: a verb and what it is done to, in camel case */
    const char *tag;     /* the resource */
    const char *summary; /* one sentence */
    enum operation_door door;
    const char *scope;                   /* of the token (server/auth/scopes.h); NULL: any token */
    bool keyed;                          /* Idempotency-Key is possible */
    bool matched;                        /* If-Match is possible */
    bool tagged;                         /* If-None-Match is possible, and then 304 */
    const struct operation_query *query; /* NULL: none */
    const struct schema *body;           /* of the request; NULL: none */
    const struct operation_answer *answers;
    const struct operation_refusal *refusals; /* NULL: no other */
};

#endif
