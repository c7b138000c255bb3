/* Who may read a recording may have it checked. Whether there is one, and whether it is still being
 * made, the reader thread knows; checks run in the verifier thread. */
#include "server/api/verify.h"

#include "base/json_write.h"
#include "server/api/call.h"
#include "server/api/reading.h"
#include "server/http/respond.h"
#include "server/os/clock.h"

#include <stdio.h>

static void answer(struct request *r, int status, const struct verification *v) {
    struct buffer b = {0};
    verification_put(&b, v);
    respond_header(r, "cache-control:", "no-store");
    respond_buffer(r, status, "application/json", &b);
}

static void start(struct request *r, struct read_reply *reply) {
    if (reply->error != OK) {
        reading_refuse(r, (enum err)reply->error);
        return;
    }
    const struct verification *v = verifier_thread_order(api_of(r)->verifier, r->args.v[0],
                                                         call_of(r)->claims.sub, clock_wall());
    if (v) {
        answer(r, 202, v);
    } else {
        respond_header(r, "retry-after:", "60");
        respond_problem(r, 503, NULL, "Too many checks wait.");
    }
}

void verify_start(struct request *r) {
    struct read_request q = {.type = READ_ENDED};
    (void)reading_ask(r, &q, start);
}

static void tell(struct request *r, struct read_reply *reply) {
    if (reply->error != OK) {
        reading_refuse(r, (enum err)reply->error);
    } else {
        answer(r, 200, verifier_thread_find(api_of(r)->verifier, r->args.v[0]));
    }
}

void verify_state(struct request *r) {
    struct read_request q = {.type = READ_ALLOWED};
    (void)reading_ask(r, &q, tell);
}

static void note(void *ctx, const struct verification *v) {
    const struct api *a = ctx;
    bool failed = v->end.result == VERIFICATION_FAILED;
    const char *how = failed ? err_name(v->end.error) : v->end.opened ? NULL : "unopened";
    char detail[64];
    snprintf(detail, sizeof(detail), "%s%s%s findings=%u", verification_result_name(v->end.result),
             how ? " " : "", how ? how : "", v->n_findings + v->left_out);
    audit(a->audit, &(struct audit_act){.what = AUDIT_RECORDING_VERIFIED,
                                        .sub = v->who,
                                        .recording = v->recording,
                                        .detail = detail});
}

void verify_service(struct api *a) {
    if (a->verifier) {
        verifier_thread_service(a->verifier, note, a);
    }
}
