/* Problem details for HTTP (RFC 9457), as signaling answers WHIP and the rim everything else.
 * Thread: any. */
#ifndef ORIEL_BASE_PROBLEM_H
#define ORIEL_BASE_PROBLEM_H

#include "base/buffer.h"

#define PROBLEM_TYPE "application/problem+json"

struct problem {
    int status;         /* of HTTP */
    const char *code;   /* for programs: a word of docs/api.md */
    const char *title;  /* for people: one sentence */
    const char *detail; /* about this occurrence; NULL = nothing to add */
    const char *more;   /* further members, a JSON text as "errors":[..]; NULL = none */
};

/* Append the JSON object. Its type is about:blank (section 4.2.1): `code` tells more than a URI
 * that leads nowhere. */
void problem_write(struct buffer *b, const struct problem *p);

#endif
