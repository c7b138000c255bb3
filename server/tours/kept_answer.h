/* The answer to a request with an Idempotency-Key, as it is kept beside the tour that the request
 * made (server/rest/idempotency.h gives it again). Thread: any; it belongs to one. */
#ifndef ORIEL_SERVER_TOURS_KEPT_ANSWER_H
#define ORIEL_SERVER_TOURS_KEPT_ANSWER_H

#include "base/time.h"

#include <stddef.h>
#include <stdint.h>

struct kept_answer {
    uint64_t id, request; /* of who asked with which key, and for what: hashes under the seed */
    wall_t until;         /* it is given again until then */
    int status;
    char etag[96], location[192];
    size_t len;  /* [bytes] of body */
    char body[]; /* with a NUL */
};

/* A new one with this body, everything else zero. NULL without memory; mem_free frees it. */
struct kept_answer *kept_answer_new(const char *body, size_t len);

#endif
