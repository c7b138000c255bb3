/* The thread around recorder/capture, and with it the one around recorder/writer: what blocks
 * happens there. */
#ifndef ORIEL_SERVER_RECORDING_RECORDER_THREAD_H
#define ORIEL_SERVER_RECORDING_RECORDER_THREAD_H

#include "recorder/capture/recorder.h"
#include "server/queue/mailbox.h"
#include "server/recording/writer_thread.h"

struct recorder_thread;

struct recorder_thread_config {
    struct recorder_config recorder; /* rng is filled in by the thread */
    struct writer_config writer;     /* likewise */
    uint32_t workers;                /* one tap mailbox for each */
    uint32_t tap_mailbox;            /* messages per tap mailbox */
    void (*wake_control)(void *ctx);
    void *wake_ctx;
};

/* Opens the writer (recovery included) on the calling thread so that errors are reported in
 * why[WHY_MAX], then starts the threads. */
enum err recorder_thread_start(const struct recorder_thread_config *c, struct recorder_thread **ret,
                               char why[WHY_MAX]);
/* The recorder's own thread ends: what it had to tell is left in recorder_thread_event, and nothing
 * comes after that. The writer goes on. Stop the workers first. NULL allowed. */
void recorder_thread_finish(struct recorder_thread *t);
/* Finish every recording, join both, free. Stop the workers first. NULL allowed; returns NULL. */
struct recorder_thread *recorder_thread_stop(struct recorder_thread *t);
/* The mailbox that worker number i pushes taps into. */
struct mailbox *recorder_thread_taps(struct recorder_thread *t, uint32_t i);
/* The mailbox of struct tap_ask that worker number i is asked through. */
struct mailbox *recorder_thread_asks(struct recorder_thread *t, uint32_t i);
/* Control thread. False when full. */
bool recorder_thread_post(struct recorder_thread *t, const struct recorder_order *o);
/* Control thread: take note of a wake-up; call before reading events until there are none. */
void recorder_thread_listen(struct recorder_thread *t);
/* Control thread: the next event of the recorder; false when none. */
bool recorder_thread_event(struct recorder_thread *t, struct recorder_event *ret);
struct recorder_thread_counters {
    struct recorder_counters capture;
    struct writer_counters writer;
};
/* A copy of the counters. Any thread. */
void recorder_thread_counters(const struct recorder_thread *t,
                              struct recorder_thread_counters *ret);

#endif
