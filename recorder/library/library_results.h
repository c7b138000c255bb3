/* The results of a media helper on their way into the store: objects are sealed and put as the
 * messages come, and count once the supplement lists them, all at once. Belongs to its library and
 * its library's thread. */
#ifndef ORIEL_RECORDER_LIBRARY_LIBRARY_RESULTS_H
#define ORIEL_RECORDER_LIBRARY_LIBRARY_RESULTS_H

#include "recorder/derived/message.h"
#include "recorder/library/library_derived.h"
#include "recorder/library/library_task.h"

struct library_results;
/* number: of an export, as library_export_next gave it; else 0. The task is borrowed.
 * ERR_UNKNOWN, ERR_NOMEM, errors of the keys. */
enum err library_results_open(struct library *l, const char *id, struct library_task *task,
                              uint32_t number, struct library_results **ret);
/* A message of the helper. ERR_FORMAT: it makes no sense here; ERR_FULL: more than a recording of
 * this length can give; errors of the store. */
enum err library_results_take(struct library_results *r, const struct message *m);
/* The helper is done: everything counts from now on. ERR_FORMAT: something is missing; ERR_GONE:
 * some of what it was made of was erased meanwhile, so nothing of it is left; errors of the store.
 */
enum err library_results_commit(struct library_results *r, wall_t now);
/* What was not committed is removed. NULL allowed; returns NULL. */
struct library_results *library_results_close(struct library_results *r);

#endif
