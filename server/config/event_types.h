/* What other programs can be told of, and may choose from. Thread: any. */
#ifndef ORIEL_SERVER_CONFIG_EVENT_TYPES_H
#define ORIEL_SERVER_CONFIG_EVENT_TYPES_H

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
    X(EVENT_RECORDING_ERASED, "recording.erased")               \
    X(EVENT_PARTICIPANT_ERASED, "participant.erased")           \
    X(EVENT_MESSAGE, "tour.message") /* chat, a question, a hand: what is in the tour's ledger */

enum event_type {
#define X(sym, name) sym,
    EVENT_TYPES(X)
#undef X
        EVENT_TYPE_COUNT
};

/* "tour.started"; "unknown". Never NULL. */
const char *event_type_name(enum event_type t);
/* EVENT_TYPE_COUNT: no event has this name. */
enum event_type event_type_from_name(const char *name);

#endif
