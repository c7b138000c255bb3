/* Seats: who is in a tour. A token's `sub` is a seat; its connection and its transport come and go,
 * its participant stays until it leaves or its grace runs out. */
#ifndef ORIEL_SIGNALING_SEATS_SEATS_H
#define ORIEL_SIGNALING_SEATS_SEATS_H

#include "signaling/tours/sessions.h"

/* What becomes of the seats that the same sub has already. X(symbol, name) */
#define SEAT_CHOICES(X)                                                                   \
    X(SEAT_ASK, "ask")             /* one that is lost is taken over, else he is asked */ \
    X(SEAT_TAKE_OVER, "take_over") /* they end */                                         \
    X(SEAT_BESIDE, "beside")       /* they stay */
#define X(sym, name) sym,
enum seat_choice { SEAT_CHOICES(X) };
#undef X

struct admission { /* somebody who wants in */
    const struct claims *claims;
    const char *name; /* asked for, or NULL */
    bool consent;
    struct conn *conn; /* NULL: WHIP */
    enum seat_choice choice;
    struct wants wants;
    struct offer offer; /* its text may be NULL for the lobby */
    /* out */
    struct seat *seat;
    bool took_over; /* an existing seat */
    bool waits;     /* it is one of the lobby: the offer was not looked at */
};
/* Everything about joining: rights, tour, lobby, negotiation, take-over, events to others. On an
 * error nothing has changed. e->offer then answers the client with session_answer. */
enum code seat_enter(struct signaling *s, us_t now, struct admission *e);
/* Put a connection on a seat; another one there is told and closed. */
void seat_attach(struct signaling *s, struct seat *seat, struct conn *c);
/* The seat's transport ends. Its peer connection has shaken hands and does not do so again: with
 * another transport it would wait for ever. Call before session_stop. */
void seat_spend(struct seat *seat);
/* Restart or replace the transport of a seat by a new offer. CODE_TRANSPORT_GONE: it is one of the
 * peer connection whose transport has ended; nothing has changed. */
enum code seat_reoffer(struct signaling *s, us_t now, struct seat *seat, struct offer *o);
/* For the journal: who is there and consents to what; on: there is, or no more. */
void seat_journal(struct signaling *s, const struct seat *seat, bool on);

#endif
