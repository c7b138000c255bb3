/* Brings the events of the store to one sink: each at least once, those of one tour in order. A
 * sink that is down makes everything wait; one event that is refused makes its tour wait, until it
 * is taken or given up. `wall` is an argument: tests run it in virtual time. Owner: one thread. */
#ifndef ORIEL_SERVER_EVENTS_COURIER_H
#define ORIEL_SERVER_EVENTS_COURIER_H

#include "server/events/retry.h"
#include "server/events/sink.h"

struct courier_config {
    const char *name;  /* of the sink; borrowed */
    uint32_t types;    /* bit per enum event_type that it wants; 0: all */
    uint32_t attempts; /* of an event that is refused, then it is given up (10) */
    struct retry_policy retry;
    struct rng rng;
};

struct courier {
    struct courier_config c;
    struct event_store *store;    /* borrowed */
    struct sink sink;             /* borrowed */
    uint32_t failures;            /* in a row: it is down */
    wall_t next;                  /* nothing is to be done before that */
    us_t wait;                    /* [us] how long that was when it failed */
    struct event_row taken;       /* the sink has it, the store does not know; n 0: there is none */
    uint64_t sent, refused, dead; /* counters */
    char why[EVENT_WHY_MAX];      /* of the last failure; "" since one was taken */
};

/* In zeroed memory. Notes the sink in the store. The errors of event_store_sink. */
enum err courier_init(struct courier *k, const struct courier_config *c, struct event_store *store,
                      const struct sink *sink);
/* Do what is due at `wall`, one event at most. True: there may be more at once; false: call again
 * at k->next, or when something was appended. An error of the store counts as the sink's: later. */
bool courier_step(struct courier *k, wall_t wall);

#endif
