/* The thread around keeper.h, with a library and stores of its own. Nobody waits for it. */
#ifndef ORIEL_SERVER_KEEPER_THREAD_H
#define ORIEL_SERVER_KEEPER_THREAD_H

#include "server/config.h"
#include "server/keeper.h"
#include "server/uploader_thread.h"

struct keeper_thread;

struct keeper_thread_config {
    const struct config *config;
    const struct key_config *keys;
    struct uploader_threads *uploaders; /* rung when something was put; NULL: none */
    void (*wake)(void *wake_ctx);       /* the quota is reached, or is not any more; any thread */
    void *wake_ctx;
};

/* Open stores and library on the calling thread, so that errors are reported in why[WHY_MAX], then
 * start the thread. *ret untouched on failure. */
enum err keeper_thread_start(const struct keeper_thread_config *c, struct keeper_thread **ret,
                             char why[WHY_MAX]);
/* A sweep under way ends after its step, a request to a store or key provider within seconds. NULL
 * allowed; returns NULL. */
struct keeper_thread *keeper_thread_stop(struct keeper_thread *t);
/* A copy of the state. Any thread. */
void keeper_thread_state(const struct keeper_thread *t, struct keeper_state *ret);
/* Is the quota reached? Any thread. */
bool keeper_thread_full(const struct keeper_thread *t);
/* Who signs here, as it was at the start: only an order to a server that does not run changes it.
 * Any thread. */
const struct library_signers *keeper_thread_signers(const struct keeper_thread *t);

#endif
