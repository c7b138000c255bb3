/* The thread that checks whole recordings when somebody asks: one after another, each with a
 * library of its own for as long as it takes, so that no key and no connection is held meanwhile,
 * and below the priority of whatever carries media. What is under way when it ends is not finished.
 *
 * Owner: the control thread. */
#ifndef ORIEL_SERVER_RECORDING_VERIFIER_THREAD_H
#define ORIEL_SERVER_RECORDING_VERIFIER_THREAD_H

#include "server/config/config.h"
#include "server/recording/verifications.h"

#define VERIFIER_FINDINGS 100 /* of one recording that are told; the others are counted */

struct verifier_thread;

struct verifier_thread_config {
    const struct config *config;
    void (*wake)(void *wake_ctx); /* something has ended; in the thread */
    void *wake_ctx;
};

/* Open the stores on the calling thread, so that errors are reported in why[WHY_MAX], and start.
 * Recorder or writer have looked whether it is the right store. *ret untouched on failure. */
enum err verifier_thread_start(const struct verifier_thread_config *c, struct verifier_thread **ret,
                               char why[WHY_MAX]);
/* It is to end, and verifier_thread_stop will be called: several can end at once so. NULL allowed.
 */
void verifier_thread_ring(struct verifier_thread *t);
/* A check under way ends after the object that it looks at, a request to a store or key provider
 * within seconds. NULL allowed; returns NULL. */
struct verifier_thread *verifier_thread_stop(struct verifier_thread *t);

/* Check it; when that waits or runs already, there is nothing more to do. NULL: too many wait. */
const struct verification *verifier_thread_order(struct verifier_thread *t, const char *recording,
                                                 const char *who, wall_t now);
/* How it is with it; NULL: nobody asked in the life of this process, or that was too long ago.
 * Valid until the next call. */
const struct verification *verifier_thread_find(struct verifier_thread *t, const char *recording);
/* After a wake-up: take in what has ended, and say so of each. */
void verifier_thread_service(struct verifier_thread *t,
                             void (*ended)(void *ctx, const struct verification *v), void *ctx);

struct verifier_counters {
    uint64_t ended[VERIFICATION_RESULT_COUNT];
    uint32_t under_way;
};
/* For metrics. */
struct verifier_counters verifier_thread_counters(const struct verifier_thread *t);

#endif
