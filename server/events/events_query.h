/* What is asked of the ledger of events, and ordered, from outside: each question is answered from
 * the store as JSON. It blocks on the disk, for some milliseconds at most: what a list looks at is
 * bounded. Owner: the thread of the store. */
#ifndef ORIEL_SERVER_EVENTS_EVENTS_QUERY_H
#define ORIEL_SERVER_EVENTS_EVENTS_QUERY_H

#include "server/events/courier_thread.h"
#include "server/events/event_store.h"

#define EVENTS_PAGE_MAX 500
#define EVENTS_PAGE 100
#define EVENTS_PAGE_BYTES 524288 /* a page that is longer than that is full */
#define EVENT_SINK_NAME_MAX 64

enum events_question {
    EVENTS_LIST,      /* of a tour, or of all; of one type, or of any */
    EVENTS_RECEIVERS, /* who they are and how far */
    EVENTS_DEAD,      /* what was given up for one */
    EVENTS_RETRY,     /* send that again: number `from`, or 0: all */
    EVENTS_REPLAY     /* send everything again from number `from` on that happened at `since` or
                         later; 0: whatever, whenever */
};
struct events_request {
    uint64_t req; /* the caller's handle, comes back in the reply */
    uint8_t question;
    uint8_t type;                 /* EVENTS_LIST: enum event_type; EVENT_TYPE_COUNT: any */
    uint32_t limit;               /* of a list: 1 to EVENTS_PAGE_MAX */
    int64_t from;                 /* of a list: those behind this number; 0: from the first on */
    wall_t since;                 /* EVENTS_REPLAY */
    char tour[TOUR_NAME_MAX + 1]; /* EVENTS_LIST; "": of all */
    char sink[EVENT_SINK_NAME_MAX + 1];
};
struct events_reply {
    uint64_t req;
    uint8_t error; /* enum err; ERR_UNKNOWN: no such receiver; ERR_RANGE: no such event */
    char *data;    /* JSON; NULL after an error and EVENTS_RETRY. mem_free it */
    size_t len;
};

struct events_query {
    struct event_store *store;
    struct courier_thread *const *couriers;
    size_t n_couriers;
};
/* Answer; everything but req is filled in. */
void events_query(const struct events_query *x, const struct events_request *q,
                  struct events_reply *ret);

#endif
