/* The thread around keeper.h, with a library and stores of its own. Nobody waits for it. */
#ifndef ORIEL_SERVER_RECORDING_KEEPER_THREAD_H
#define ORIEL_SERVER_RECORDING_KEEPER_THREAD_H

#include "server/config/config.h"
#include "server/recording/keeper.h"
#include "server/recording/uploader_thread.h"

struct keeper_thread;

struct keeper_thread_config {
    const struct config *config;
    struct uploader_threads *uploaders; /* rung when something was put; NULL: none */
    void (*shredded)(void *ctx); /* a sweep has, something; in the thread. NULL: nobody asks */
    void *ctx;
    void (*wake)(void *wake_ctx); /* the quota is reached, or is not any more; any thread */
    void *wake_ctx;
    /* A sweep has done this to a recording, and is about to shred one (keeper.h); in the keeper's
     * thread. NULL: nobody asks. */
    void (*did)(void *did_ctx, const char *of, const char *what);
    bool (*may)(void *did_ctx, const char *of);
    void *did_ctx;
};

/* Open the stores on the calling thread, so that errors are reported in why[WHY_MAX], and start.
 * The library is opened by the thread, since a bucket that hangs is to keep no server from
 * starting; one that cannot be opened is tried again every minute. *ret untouched on failure. */
enum err keeper_thread_start(const struct keeper_thread_config *c, struct keeper_thread **ret,
                             char why[WHY_MAX]);
/* It is to end, and keeper_thread_stop will be called: several can end at once so. NULL allowed. */
void keeper_thread_ring(struct keeper_thread *t);
/* A sweep under way ends after its step, a request to a store or key provider within seconds. NULL
 * allowed; returns NULL. */
struct keeper_thread *keeper_thread_stop(struct keeper_thread *t);
/* A copy of the state. Any thread. */
void keeper_thread_state(const struct keeper_thread *t, struct keeper_state *ret);
/* Is the quota reached? Not as long as nobody knows. Any thread. */
bool keeper_thread_full(const struct keeper_thread *t);

/* Free bytes of the disk that recordings are on; of what waits for a bucket, too, which may lie on
 * another: of the one that has less. UINT64_MAX: nobody knows. It asks the disks. Any thread. */
uint64_t keeper_space(const struct config *c);

#endif
