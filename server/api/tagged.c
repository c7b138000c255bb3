#include "server/api/tagged.h"

#include "base/map.h"
#include "server/http/respond.h"

#include <inttypes.h>
#include <stdio.h>

#define SEED 1 /* not a secret: nobody gains by two answers with one tag but who asks for both */

const char *tagged_etag(const char *lead, struct bytes body, char out[TAGGED_ETAG]) {
    snprintf(out, TAGGED_ETAG, "\"%.70s%s%016" PRIx64 "\"", lead, *lead ? "-" : "",
             hash_bytes(body.p, body.n, SEED));
    return out;
}

bool tagged(struct request *r, const char *lead, struct bytes body) {
    char etag[TAGGED_ETAG];
    respond_header(r, "etag:", tagged_etag(lead, body, etag));
    if (!url_etag_listed(r->headers[H_IF_NONE_MATCH], etag)) {
        return false;
    }
    respond_status(r, 304);
    return true;
}

void tagged_answer(struct request *r, const char *lead, struct buffer *body) {
    respond_header(r, "cache-control:", "no-store");
    if (body->bad || !tagged(r, lead, bytes_of(body->p, body->n))) {
        respond_buffer(r, 200, "application/json", body);
    }
    buffer_free(body);
}
