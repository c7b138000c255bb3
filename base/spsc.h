/* A bounded single-producer, single-consumer queue of fixed-size messages, without locks. It is
 * the only place where two threads meet; the rim adds an eventfd to wake the consumer
 * (server/queue/mailbox.h). Each end belongs to one thread. */
#ifndef ORIEL_BASE_SPSC_H
#define ORIEL_BASE_SPSC_H

#include <stdbool.h>
#include <stddef.h>

struct spsc;

/* A queue for cap messages (rounded up to a power of two) of size bytes each, or NULL. */
struct spsc *spsc_new(size_t cap, size_t size);
/* Free the queue and the messages in it (not what they point to). NULL allowed; returns NULL. */
struct spsc *spsc_free(struct spsc *q);
/* Copy a message in; false when full (nothing changed). Producer thread. */
bool spsc_push(struct spsc *q, const void *msg);
/* Copy the oldest message out; false when empty. Consumer thread. */
bool spsc_pop(struct spsc *q, void *ret_msg);
/* Places free; the producer can push at least so many. Producer thread. */
size_t spsc_room(const struct spsc *q);
/* Messages in the queue; exact only for the caller's own end. Either thread. */
size_t spsc_len(const struct spsc *q);

#endif
