/* The public keys that recordings are signed with. They are for everybody, and change only when the
 * server does not run, so that the answer is the same for its whole life. */
#include "server/api/keys.h"

#include "server/api/api.h"
#include "server/api/refuse.h"
#include "server/recording/public_keys.h"

void keys_public(struct request *r) {
    const struct api *a = api_of(r);
    struct buffer b = {0};
    if (!a->jobs) {
        refuse_recording_off(r);
        return;
    }
    if (public_keys_json(jobs_thread_signers(a->jobs), &b) != OK) {
        buffer_free(&b);
        respond_problem(r, 500, NULL, NULL);
        return;
    }
    respond_header(r, "cache-control:", "public, max-age=3600");
    respond_buffer(r, 200, "application/jwk-set+json", &b);
}
