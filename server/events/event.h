/* What happened, for other programs: one envelope for webhooks and brokers (docs/events.md). An
 * event is a value on the heap that changes hands; nothing in it points elsewhere. Thread: any. */
#ifndef ORIEL_SERVER_EVENTS_EVENT_H
#define ORIEL_SERVER_EVENTS_EVENT_H

#include "base/buffer.h"
#include "base/time.h"
#include "base/ulid.h"
#include "signaling/words/claims.h"

/* X(symbol, name) */
#define EVENT_TYPES(X)                                          \
    X(EVENT_TOUR_STARTED, "tour.started")                       \
    X(EVENT_TOUR_ENDED, "tour.ended")                           \
    X(EVENT_PARTICIPANT_JOINED, "participant.joined")           \
    X(EVENT_PARTICIPANT_LEFT, "participant.left")               \
    X(EVENT_PARTICIPANT_CONSENT, "participant.consent_changed") \
    X(EVENT_PARTICIPANT_MUTED, "participant.muted")             \
    X(EVENT_RECORDING_STARTED, "recording.started")             \
    X(EVENT_RECORDING_PAUSED, "recording.paused")               \
    X(EVENT_RECORDING_FAILING, "recording.failing")             \
    X(EVENT_RECORDING_COMPLETED, "recording.completed")         \
    X(EVENT_MESSAGE, "tour.message") /* chat, a question, a hand: what is in the tour's ledger */

enum event_type {
#define X(sym, name) sym,
    EVENT_TYPES(X)
#undef X
        EVENT_TYPE_COUNT
};

#define EVENT_DATA_MAX 8192 /* [bytes] */

struct event {
    uint8_t type; /* enum event_type */
    wall_t at;
    char id[ULID_LEN + 1];
    char tour[TOUR_NAME_MAX + 1];
    char user[SUB_MAX + 1]; /* whom it is about: the sub of the token; "": nobody */
    char session[24];       /* the run of the tour, as hex digits; "": of none */
    char correlation[33];   /* trace id (W3C Trace Context); "": that of nobody's request */
    size_t n;               /* [bytes] of data */
    char data[];            /* members of the JSON object `data`, without its braces; NUL */
};

/* "tour.started"; "unknown". Never NULL. */
const char *event_type_name(enum event_type t);
/* EVENT_TYPE_COUNT: no event has this name. */
enum event_type event_type_from_name(const char *name);
/* A new one with this data (members of a JSON object, without braces; may be empty), everything
 * else zero. NULL without memory, or when it is longer than EVENT_DATA_MAX. mem_free frees. */
struct event *event_new(enum event_type type, const char *data, size_t n);
/* Append its envelope, number seq of its tour:
 * {id, timestamp, eventType, service, version, data, metadata}. */
void event_write(struct buffer *b, const struct event *e, uint64_t seq);

#endif
