/* The mailboxes between workers that share a tour: one for each pair and direction. Owner: the
 * control thread makes and frees them; the two ends of each are the two workers. */
#ifndef ORIEL_SERVER_RELAY_PEERING_H
#define ORIEL_SERVER_RELAY_PEERING_H

#include "media/media.h"
#include "server/queue/mailbox.h"

/* Places in a mailbox between two workers, and how many of them relayed packets leave free, and
 * what is kept of a picture, to what is live. */
#define PEERING_MESSAGES 1024
#define PEERING_RESERVED (PEERING_MESSAGES / 16)
#define PEERING_LIVE (PEERING_MESSAGES / 4)

struct peering;

/* Mailboxes of cap messages between so many workers; none between one. NULL when memory or
 * descriptors are out. */
struct peering *peering_new(uint32_t workers, size_t cap);
/* Both ends must have stopped. What is left is let go. NULL allowed; returns NULL. */
struct peering *peering_free(struct peering *p);
/* From worker `from` to worker `to`, which are not the same. */
struct mailbox *peering_box(const struct peering *p, uint32_t from, uint32_t to);
/* How many workers there are. */
uint32_t peering_workers(const struct peering *p);

#endif
