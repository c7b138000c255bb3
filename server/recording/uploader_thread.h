/* The threads around recorder/store/uploader.h: they move what waits in the spool folder to the
 * object store, and block on the network, so that nobody else does. They share a folder with the
 * writer, and with each other, and nothing else. */
#ifndef ORIEL_SERVER_RECORDING_UPLOADER_THREAD_H
#define ORIEL_SERVER_RECORDING_UPLOADER_THREAD_H

#include "recorder/store/uploader.h"
#include "server/config/config.h"

struct uploader_threads;

/* Nothing runs yet, but uploader_threads_wake may be called. ERR_NOMEM; the reason in why. */
enum err uploader_threads_new(uint32_t n, struct uploader_threads **ret, char why[WHY_MAX]);
/* Open the stores of each on the calling thread, so that errors are reported in why, and start.
 * Errors of stores_open. */
enum err uploader_threads_start(struct uploader_threads *t, const struct config *c,
                                char why[WHY_MAX]);
/* Break off what is under way, join, free. What waits stays in the folder. NULL allowed; returns
 * NULL. */
struct uploader_threads *uploader_threads_stop(struct uploader_threads *t);
/* Something was put into the folder. Any thread; ctx is a struct uploader_threads. */
void uploader_threads_wake(void *ctx);
/* Sums over the threads; oldest is the oldest of all. Any thread. */
struct uploader_counters uploader_threads_counters(const struct uploader_threads *t);

#endif
