/* The thread around media/mix: it hears what workers tell of microphones, and gives them mixes.
 *
 * DESIGN. Nothing comes out between two frames, so nobody wakes the thread for a packet: workers
 * push without a flush, and it looks into all mailboxes each time that a frame is due, 50 times a
 * second however many speak. While nothing is mixed it looks four times a second, for what was on
 * its way when the last listener left. */
#ifndef ORIEL_SERVER_RELAY_MIX_THREAD_H
#define ORIEL_SERVER_RELAY_MIX_THREAD_H

#include "media/mix/mixes.h"
#include "server/queue/mailbox.h"

struct mix_thread;

struct mix_thread_config {
    struct mixes_config mixes; /* its pool is made by the thread */
    uint32_t workers;
    uint32_t mailbox; /* messages per mailbox, in each direction of each worker */
};

/* ERR_NOMEM, ERR_IO with the reason in why[WHY_MAX]. Control thread. */
enum err mix_thread_start(const struct mix_thread_config *c, struct mix_thread **ret,
                          char why[WHY_MAX]);
/* End the thread and drop what it holds of workers' packets; workers may still hold some of its, so
 * its own pool lives until mix_thread_free. Stop the workers first. NULL allowed. Control thread.
 */
void mix_thread_stop(struct mix_thread *t);
/* Every packet must be back. NULL allowed; returns NULL. */
struct mix_thread *mix_thread_free(struct mix_thread *t);
/* The mailboxes from and to worker i, struct relay each. A flush of what is from it costs nothing.
 */
struct mailbox *mix_thread_from(struct mix_thread *t, uint32_t i);
struct mailbox *mix_thread_to(struct mix_thread *t, uint32_t i);
/* Control thread. False when full. */
bool mix_thread_post(struct mix_thread *t, const struct mix_order *o);

struct mix_thread_counters {
    struct mix_counters mix;
    uint64_t refused;    /* orders that could not be obeyed: no memory */
    uint64_t relay_lost; /* messages to workers, lost to a full mailbox */
};
/* A copy of the counters. Any thread. */
void mix_thread_counters(const struct mix_thread *t, struct mix_thread_counters *ret);

#endif
