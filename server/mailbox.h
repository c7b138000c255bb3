/* The only meeting place of threads: a bounded single-producer, single-consumer queue
 * (base/spsc.h) with an eventfd that wakes the consumer. The eventfd is written only when the
 * consumer may be asleep, so a busy pair exchanges no system calls. */
#ifndef ORIEL_SERVER_MAILBOX_H
#define ORIEL_SERVER_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>

struct mailbox;

/* cap messages of size bytes each. NULL when memory or descriptors are out. */
struct mailbox *mailbox_new(size_t cap, size_t size);
/* As mailbox_new, but the consumer is woken by a call of wake(ctx) in the producer's thread instead
 * of an eventfd (the control loop: lws_cancel_service). mailbox_fd is -1 then. */
struct mailbox *mailbox_new_wake(size_t cap, size_t size, void (*wake)(void *ctx), void *ctx);
/* NULL allowed; returns NULL. Both ends must be done. */
struct mailbox *mailbox_free(struct mailbox *m);
/* Producer thread. False when full: the message was not taken. */
bool mailbox_push(struct mailbox *m, const void *msg);
/* Wake the consumer if it sleeps; call once after a batch of pushes. Producer thread. */
void mailbox_flush(struct mailbox *m);
/* Consumer thread. False when empty. */
bool mailbox_pop(struct mailbox *m, void *ret_msg);
/* Readable when messages wait; for the consumer's poll set. */
int mailbox_fd(const struct mailbox *m);
/* Consumer thread: drain the eventfd and say "about to sleep". Returns true when messages arrived
 * meanwhile: pop them first, do not sleep. */
bool mailbox_sleep(struct mailbox *m);
/* Consumer thread: awake again. */
void mailbox_wake(struct mailbox *m);

#endif
