/* Playback tickets that were taken back before their time. Tickets are numbered in the order they
 * are given out, so that no clock has a say in which ones are meant. What is remembered is bounded:
 * a ticket lives some minutes, so its revocation is forgotten after that, and when the list is full
 * of younger ones, every ticket given out until then is void, which costs people who watch one
 * renewal. Owner: the control thread. */
#ifndef ORIEL_SERVER_AUTH_REVOCATIONS_H
#define ORIEL_SERVER_AUTH_REVOCATIONS_H

#include "base/time.h"
#include "signaling/words/claims.h"

#include <stdbool.h>

#define REVOCATIONS 256
#define REVOCATION_ID 33 /* [bytes] a recording's id with the NUL */

/* When something is taken back. */
struct revocation_time {
    uint64_t number; /* of the last ticket that was given out */
    us_t now;        /* monotonic */
    us_t ttl;        /* how long a ticket lives [us] */
};

struct revocation {
    char recording[REVOCATION_ID];
    char sub[SUB_MAX + 1]; /* empty: everybody's */
    uint64_t number;       /* tickets up to this one */
    us_t at;
};
struct revocations {
    struct revocation list[REVOCATIONS];
    unsigned n;
    uint64_t all; /* tickets up to this one are void, whoever's they are */
};

/* Take back what `sub` ("": everybody) was given for a recording until then. */
void revocations_add(struct revocations *r, const char *recording, const char *sub,
                     const struct revocation_time *t);
/* Was ticket `number`, of sub for a recording, taken back? */
bool revocations_has(const struct revocations *r, const char *recording, const char *sub,
                     uint64_t number);

#endif
