/* The public keys that recordings are signed with. They are for everybody, and change only when the
 * server does not run, so that the answer is the same for its whole life. */
#include "server/api/routes.h"
#include "server/http/respond.h"
#include "server/recording/public_keys.h"

void recordings_keys(struct control *c, struct request *r) {
    struct buffer b = {0};
    if (!c->jobs) {
        respond_problem(r, 404, "recording_off", "Recording is switched off.");
        return;
    }
    if (public_keys_json(jobs_thread_signers(c->jobs), &b) != OK) {
        buffer_free(&b);
        respond_problem(r, 500, NULL, NULL);
        return;
    }
    respond_header(r, "cache-control:", "public, max-age=3600");
    respond_buffer(r, 200, "application/jwk-set+json", &b);
}
