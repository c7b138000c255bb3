/* What happened, for other programs: one envelope for webhooks and brokers (docs/events.md). An
 * event is a value on the heap that changes hands; nothing in it points elsewhere. Thread: any. */
#ifndef ORIEL_SERVER_EVENTS_EVENT_H
#define ORIEL_SERVER_EVENTS_EVENT_H

#include "base/buffer.h"
#include "base/time.h"
#include "base/ulid.h"
#include "server/config/event_types.h"
#include "signaling/words/claims.h"

#define EVENT_DATA_MAX 8192 /* [bytes] */

struct event {
    uint8_t type; /* enum event_type */
    wall_t at;
    us_t posted; /* [us] of clock_now, when it was handed over; 0: at once to the ledger */
    char id[ULID_CHARS + 1];
    char tour[TOUR_NAME_MAX + 1];
    char user[SUB_MAX + 1];       /* whom it is about: the sub of the token; "": nobody */
    char session[ULID_CHARS + 1]; /* the run of the tour; "": of none */
    char correlation[33];         /* trace id (W3C Trace Context); "": that of nobody's request */
    uint64_t person;              /* whom it is about, as recordings know them; 0: nobody */
    uint32_t number;              /* the same in its run: "p7" */
    char recording[33];           /* which one it is about; "": none */
    bool erased;                  /* what it said of people is not written */
    size_t n;                     /* [bytes] of data */
    char data[];                  /* members of the JSON object `data`, without its braces; NUL */
};

/* A new one with this data (members of a JSON object, without braces; may be empty), everything
 * else zero. NULL without memory, or when it is longer than EVENT_DATA_MAX. mem_free frees. */
struct event *event_new(enum event_type type, const char *data, size_t n);
/* Append its envelope, number seq of its tour:
 * {id, timestamp, eventType, service, version, data, metadata}. Of one that is erased `data` has
 * nothing but tour, seq and "erased":true, and no user is named. */
void event_write(struct buffer *b, const struct event *e, uint64_t seq);

#endif
