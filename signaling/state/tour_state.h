/* How a tour stands, as people are told: of its plan, who is in it, and the time. Pure. */
#ifndef ORIEL_SIGNALING_STATE_TOUR_STATE_H
#define ORIEL_SIGNALING_STATE_TOUR_STATE_H

#include "signaling/state/state.h"

/* X(symbol, name) */
#define TOUR_STATES(X)                                                                  \
    X(TOUR_SCHEDULED, "scheduled") /* nobody is here, and starts_at is to come */       \
    X(TOUR_LOBBY, "lobby")         /* people wait to be let in, and no host has come */ \
    X(TOUR_LIVE, "live")           /* a host is in */                                   \
    X(TOUR_WAITING, "waiting")     /* not begun, or the host is gone */                 \
    X(TOUR_ENDED, "ended")
#define X(sym, name) sym,
enum tour_state { TOUR_STATES(X) };
#undef X

/* Its state. */
enum tour_state tour_state(const struct signaling *s, us_t now, const struct tour *t);
/* "live"; never NULL. */
const char *tour_state_name(enum tour_state state);

/* Whether who is no host must be admitted to it. */
bool tour_has_lobby(const struct tour *t);
/* A host is in, by a link that is not lost. */
bool tour_has_host(const struct tour *t);
/* Seats but for those of observers, who do not keep a tour going. */
uint32_t tour_people(const struct tour *t);
/* Somebody is in or waits who is no host (and does not merely watch, as ops). */
bool tour_has_guest(const struct tour *t);
/* Its time has not come; has passed. */
bool tour_is_early(const struct signaling *s, us_t now, const struct tour *t);
bool tour_is_over(const struct signaling *s, us_t now, const struct tour *t);

/* Why a run ends, as people are told. X(symbol, name) */
#define END_REASONS(X)                                                \
    X(END_ORDERED, "ended")       /* by a host, or the REST API */    \
    X(END_HOST_GONE, "host_gone") /* and has not come back in time */ \
    X(END_EXPIRED, "expired")     /* ends_at */                       \
    X(END_TOO_LONG, "too_long")   /* max_length */                    \
    X(END_DRAINED, "maintenance") /* signaling_drain */               \
    X(END_EMPTY, "empty")         /* only observers were left */
#define X(sym, name) sym,
enum end_reason { END_REASONS(X) };
#undef X
/* "ended"; never NULL. */
const char *end_reason_name(enum end_reason why);

/* When its run ends by itself, and why; US_NEVER: it does not. */
us_t tour_ends_at(const struct signaling *s, const struct tour *t, enum end_reason *why);
/* The same as people read it; 0: it does not. */
wall_t tour_ends_by(const struct signaling *s, const struct tour *t);

#endif
