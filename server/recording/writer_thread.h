/* The thread around recorder/writer: everything of a recording that blocks happens here, and nobody
 * waits for it. Jobs come from the recorder thread, reports go back to it. */
#ifndef ORIEL_SERVER_RECORDING_WRITER_THREAD_H
#define ORIEL_SERVER_RECORDING_WRITER_THREAD_H

#include "recorder/writer/writer.h"
#include "server/queue/mailbox.h"

struct writer_thread;

/* Opens the writer (recovery included) on the calling thread so that errors are reported in
 * why[WHY_MAX], then starts the thread. The config's rng is filled in. */
enum err writer_thread_start(const struct writer_config *c, struct writer_thread **ret,
                             char why[WHY_MAX]);
/* Store what waits, the jobs of `rest` behind it (NULL: none; the list is empty then), as far as
 * the store takes them; join, free. Stop the recorder thread first. NULL allowed; returns NULL. */
struct writer_thread *writer_thread_stop(struct writer_thread *t, struct link *rest);

/* Recorder thread: hand on a job. False when full: it stays the caller's. */
bool writer_thread_post(struct writer_thread *t, struct write_job *j);
/* Recorder thread: wake the writer. Call once after a number of jobs. */
void writer_thread_flush(struct writer_thread *t);
/* Recorder thread: where reports come from; mailbox_ack it, then pop struct write_report. */
struct mailbox *writer_thread_reports(struct writer_thread *t);
/* A copy of the counters. Any thread. */
void writer_thread_counters(const struct writer_thread *t, struct writer_counters *ret);

#endif
