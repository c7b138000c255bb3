#include "server/api/keyed.h"

#include "base/alloc.h"
#include "server/api/call.h"
#include "server/api/refuse.h"
#include "server/os/clock.h"

#include <stdio.h>
#include <string.h>

#define KEY_MAX 255 /* [bytes] */

static bool printable(const char *key) {
    for (; *key; key++) {
        if (*key <= ' ' || *key > '~') {
            return false;
        }
    }
    return true;
}

static void put(struct request *r, const struct idempotency_answer *x, char *body) {
    if (*x->etag) {
        respond_header(r, "etag:", x->etag);
    }
    if (*x->location) {
        respond_header(r, "location:", x->location);
    }
    respond_header(r, "cache-control:", "no-store");
    if (body) {
        respond_owned(r, x->status, "application/json", body, x->len);
    } else {
        respond_status(r, x->status);
    }
}

static void again(struct request *r, const struct idempotency_answer *x) {
    char *body = x->body ? mem_strdup(x->body) : NULL;
    if (x->body && !body) {
        respond_problem(r, 503, NULL, NULL);
        return;
    }
    put(r, x, body);
}

bool keyed_begin(struct request *r, uint64_t *ret) {
    struct api *a = api_of(r);
    const char *key = r->headers[H_IDEMPOTENCY_KEY];
    const struct idempotency_answer *before = NULL;
    char path[4 * URL_ARG_MAX];
    *ret = 0;
    if (!key) {
        return true;
    }
    if (strlen(key) > KEY_MAX || !printable(key)) {
        respond_problem(r, 400, NULL, "Idempotency-Key is 1 to 255 visible characters of ASCII.");
        return false;
    }
    snprintf(path, sizeof(path), "%s %s %s", r->route->pattern, r->args.n ? r->args.v[0] : "",
             r->args.n > 1 ? r->args.v[1] : "");
    const struct idempotency_request q = {call_of(r)->claims.sub, key, method_name(r->method), path,
                                          bytes_of(r->body.p, r->body.n)};
    switch (idempotency_begin(a->idempotency, clock_now(), &q, ret, &before)) {
    case IDEMPOTENCY_NEW:
        return true;
    case IDEMPOTENCY_AGAIN:
        again(r, before);
        return false;
    case IDEMPOTENCY_OTHER:
        respond_problem(r, 422, "idempotency_key_reused", NULL);
        return false;
    case IDEMPOTENCY_BUSY:
        respond_header(r, "retry-after:", "1");
        respond_problem(r, 409, "idempotency_key_busy", NULL);
        return false;
    default:
        respond_header(r, "retry-after:", "5");
        respond_problem(r, 503, NULL, NULL);
        return false;
    }
}

void keyed_answer(struct api *a, struct request *r, uint64_t key, struct idempotency_answer *x) {
    idempotency_done(a->idempotency, clock_now(), key, x);
    if (r) {
        put(r, x, x->body);
    } else {
        mem_free(x->body);
    }
    x->body = NULL;
}

void keyed_drop(struct api *a, uint64_t key) {
    idempotency_drop(a->idempotency, key);
}
