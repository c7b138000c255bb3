/* Idempotency keys (draft-ietf-httpapi-idempotency-key-header): whoever is not sure whether a
 * request was done asks again with the same key, and gets the first answer. Kept for a while, as
 * many as there is room for, in memory; who keeps answers elsewhere, too, brings them back. Owner:
 * one thread. */
#ifndef ORIEL_SERVER_REST_IDEMPOTENCY_H
#define ORIEL_SERVER_REST_IDEMPOTENCY_H

#include "base/bytes.h"
#include "base/time.h"

struct idempotency;

#define IDEMPOTENCY_KEEP (24 * 3600 * US_PER_S) /* [us] an answer is given again */

/* A good answer, as it is given again. */
struct idempotency_answer {
    int status;
    char etag[96], location[192]; /* empty: none */
    char *body;                   /* NULL: none */
    size_t len;
};

enum idempotency_state {
    IDEMPOTENCY_NEW,   /* do it, and then say how it went */
    IDEMPOTENCY_AGAIN, /* it was done */
    IDEMPOTENCY_OTHER, /* another request had this key */
    IDEMPOTENCY_BUSY,  /* it is being done */
    IDEMPOTENCY_FULL   /* no room for one more, or no memory */
};

/* Who asks for what under which key. */
struct idempotency_request {
    const char *subject, *key;
    const char *method, *path;
    struct bytes body;
};

/* Room for cap keys; NULL when memory is out. seed: random. */
struct idempotency *idempotency_new(size_t cap, uint64_t seed);
/* NULL allowed; returns NULL. */
struct idempotency *idempotency_free(struct idempotency *x);
/* A request has come. NEW: *ret_id is for the two below, of which one must follow. AGAIN:
 * *ret_answer is the answer, borrowed until the next call. Where there is no room the oldest answer
 * goes. */
enum idempotency_state idempotency_begin(struct idempotency *x, us_t now,
                                         const struct idempotency_request *r, uint64_t *ret_id,
                                         const struct idempotency_answer **ret_answer);
/* What was asked under this id (of idempotency_begin), for whoever keeps the answer elsewhere: a
 * hash under the seed. */
uint64_t idempotency_asked(const struct idempotency *x, uint64_t id);
/* An answer that was kept elsewhere, for a request with these hashes under the seed of this one, is
 * given again for `left` [us] from now on; oldest first. Where there is no memory it is not. */
struct idempotency_kept {
    uint64_t id, request;
    us_t left;
    struct idempotency_answer answer; /* borrowed */
};
void idempotency_restore(struct idempotency *x, us_t now, const struct idempotency_kept *k);
/* It was done; copies the answer. Without memory it is forgotten. id 0: it had no key. */
void idempotency_done(struct idempotency *x, us_t now, uint64_t id,
                      const struct idempotency_answer *a);
/* Nothing was done: the key is free again. */
void idempotency_drop(struct idempotency *x, uint64_t id);

#endif
