#include "server/api/call.h"

#include "base/alloc.h"
#include "server/glue/glue.h"

#include <string.h>

bool call_begin(struct request *r) {
    struct call *call = mem_zalloc(1, sizeof(*call));
    const struct addr *client = request_client(r);
    r->own = call;
    if (call && client) {
        call->client = *client;
        call->has_client = true;
    }
    return call != NULL;
}

void call_end(struct request *r) {
    r->own = mem_free(r->own);
}

void call_settle(const struct request *r) {
    struct api *a = api_of(r);
    glue_trace(a->glue, r->trace.id);
    a->settle(a->ctx);
    glue_trace(a->glue, "");
}

bool call_names_recording(const char *text) {
    return strspn(text, "0123456789abcdef") == RECORDING_ID_LEN && !text[RECORDING_ID_LEN];
}
