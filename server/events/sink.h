/* Where events go: one interface for webhooks and brokers. Owner: the thread of its courier, unless
 * it says otherwise. */
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
    /* Nothing is to be sent; called about once a second. NULL: it has nothing to do then. */
    void (*idle)(void *ctx);
};

/* How it is to run. */
struct sink_run {
    us_t timeout;            /* [us] of one event */
    bool (*stop)(void *ctx); /* asked several times a second: true breaks off what blocks. Any
                                thread */
    void *stop_ctx;
};

/* How to make one. The control thread makes the maker, and its courier's thread opens with it, more
 * than once if that fails. */
struct sink_maker {
    void *settings; /* owned; the sinks that are opened borrow it */
    /* ERR_NOMEM, ERR_IO with why[WHY_MAX]; *ret untouched then. */
    enum err (*open)(const void *settings, const struct sink_run *run, struct sink *ret,
                     char why[WHY_MAX]);
    void (*free)(void *settings); /* wipes what is secret */
};

/* Safe on a zeroed one, which it is afterwards. */
void sink_maker_free(struct sink_maker *m);

#endif
