/* Requests with an Idempotency-Key. */
#ifndef ORIEL_SERVER_API_KEYED_H
#define ORIEL_SERVER_API_KEYED_H

#include "server/api/api.h"

/* True: do it; *ret is for the two below, 0 without a key. False: the request is answered, as it
 * was before or with a refusal. */
bool keyed_begin(struct request *r, uint64_t *ret);
/* It was done, and so whoever asks again with this key gets the same; r is answered, unless NULL:
 * the client is gone. The body's memory goes with it. */
void keyed_answer(struct api *a, struct request *r, uint64_t key, struct idempotency_answer *x);
/* Nothing was done: the key is free again. */
void keyed_drop(struct api *a, uint64_t key);

#endif
