/* The only meeting place of threads: a bounded single-producer, single-consumer queue
 * (base/spsc.h) that wakes its consumer.
 *
 * DESIGN. One flag, `pending`, says that a wake-up is under way. The producer sets it after its
 * pushes and wakes the consumer only when it was clear; the consumer clears it *before* it pops.
 * So no message is ever left without a wake-up, and a burst costs one system call, not one per
 * message. */
#ifndef ORIEL_SERVER_QUEUE_MAILBOX_H
#define ORIEL_SERVER_QUEUE_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>

struct mailbox;

/* cap messages of size bytes each; the consumer waits on mailbox_fd. NULL when memory or
 * descriptors are out. */
struct mailbox *mailbox_new(size_t cap, size_t size);
/* As mailbox_new, but the consumer is woken by a call of wake(ctx) in the producer's thread instead
 * of an eventfd (the control loop: lws_cancel_service). mailbox_fd is -1 then. */
struct mailbox *mailbox_new_wake(size_t cap, size_t size, void (*wake)(void *ctx), void *ctx);
/* NULL allowed; returns NULL. Both ends must be done; messages inside are not looked at. */
struct mailbox *mailbox_free(struct mailbox *m);

/* Producer thread. False when full: the message was not taken. */
bool mailbox_push(struct mailbox *m, const void *msg);
/* Producer thread. At least so many messages can be pushed. */
size_t mailbox_room(const struct mailbox *m);
/* Producer thread: wake the consumer. Call once after a batch of pushes. */
void mailbox_notify(struct mailbox *m);

/* Readable when messages wait; for the consumer's poll set. */
int mailbox_fd(const struct mailbox *m);
/* Consumer thread: take note of the wake-up, then pop until empty. */
void mailbox_ack(struct mailbox *m);
/* Consumer thread. False when empty. */
bool mailbox_pop(struct mailbox *m, void *ret_msg);

#endif
