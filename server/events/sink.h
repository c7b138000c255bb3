/* Where events go: one interface for webhooks and brokers. Owner: the thread of its courier. */
#ifndef ORIEL_SERVER_EVENTS_SINK_H
#define ORIEL_SERVER_EVENTS_SINK_H

#include "base/time.h"
#include "server/events/event_store.h"

enum sink_verdict {
    SINK_TAKEN,
    SINK_REFUSED, /* this event: it is tried again, and given up in the end */
    SINK_DOWN     /* nothing gets through now: everything waits, and nothing is given up */
};

struct sink_answer {
    us_t after; /* [us] SINK_DOWN: it asks not to be tried before that; 0: does not say */
    us_t took;  /* [us] since it was called; waiting begins then */
    char why[EVENT_WHY_MAX];
};

struct sink {
    void *ctx;
    /* Send one event. May block, for as long as its time-outs say. */
    enum sink_verdict (*send)(void *ctx, const struct event_row *r, wall_t wall,
                              struct sink_answer *ret);
    /* Free what it holds. */
    void (*close)(void *ctx);
};

#endif
