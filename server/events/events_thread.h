/* The thread that stores events, and those that bring them to sinks. The control thread posts and
 * goes on: nothing of it waits for a disk or a receiver. What could not be stored waits in memory
 * and is tried again. Owner: the control thread. */
#ifndef ORIEL_SERVER_EVENTS_EVENTS_THREAD_H
#define ORIEL_SERVER_EVENTS_EVENTS_THREAD_H

#include "server/events/courier_thread.h"
#include "server/events/events_query.h"

struct events_thread;

#define EVENT_SINKS_MAX 8

struct events_thread_config {
    const char *store;      /* path of the events' file; borrowed until the start returns */
    us_t keep;              /* [us] events that all sinks have are kept for so long */
    const char *recordings; /* their directory: what is shredded there is erased here, too (it is
                               looked for every minute); copied; NULL: none */
    void (*wake)(void *wake_ctx); /* there are replies; called in the thread. NULL: nobody asks */
    void *wake_ctx;
    struct courier_thread_config *sinks; /* likewise, but for their makers, which are taken over;
                                          * their `store` is filled in */
    size_t n_sinks;                      /* at most EVENT_SINKS_MAX */
};

/* Opens the store on the calling thread, so that errors are reported: those of event_store_open,
 * ERR_NOMEM, ERR_IO, with why[WHY_MAX]. *ret untouched on failure; the makers are freed then, too.
 */
enum err events_thread_start(const struct events_thread_config *c, struct events_thread **ret,
                             char why[WHY_MAX]);
/* Takes e over (which it frees), whatever becomes of it; it is given its id here. NULL allowed for
 * both. An event that finds no room is lost and counted: thousands wait, and none can be stored. */
void events_thread_post(struct events_thread *t, struct event *e);
/* Ask, or order. False: too much is asked already. */
bool events_thread_ask(struct events_thread *t, const struct events_request *q);
/* After a wake-up, before replies are taken. */
void events_thread_listen(struct events_thread *t);
/* The next reply, whose data passes to the caller; false: none. */
bool events_thread_reply(struct events_thread *t, struct events_reply *ret);
/* It is to end, and events_thread_stop will be called. NULL allowed. */
void events_thread_ring(struct events_thread *t);
/* Stores what was posted, then ends; sinks get what they lack after the next start. NULL allowed;
 * returns NULL. */
struct events_thread *events_thread_stop(struct events_thread *t);

struct events_state {
    uint64_t stored, lost;
    uint32_t waiting; /* posted, and not stored yet */
    bool unerased;    /* what was shredded could not be erased when it was tried last */
    size_t n_sinks;
    struct {
        const char *name; /* borrowed */
        struct courier_state state;
    } sink[EVENT_SINKS_MAX];
};
/* How it goes. */
void events_thread_state(const struct events_thread *t, struct events_state *ret);

#endif
