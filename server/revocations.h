/* Playback tickets that were taken back before their time. What is remembered is bounded: a ticket
 * lives some minutes, so its revocation is forgotten after that, and when the list is full of
 * younger ones, every ticket issued until then is void, which costs people who watch one renewal.
 * Owner: the control thread. */
#ifndef ORIEL_SERVER_REVOCATIONS_H
#define ORIEL_SERVER_REVOCATIONS_H

#include "base/time.h"
#include "signaling/claims.h"

#include <stdbool.h>

#define REVOCATIONS 256
#define REVOCATION_ID 33 /* [bytes] a recording's id with the NUL */

struct revocation {
    char recording[REVOCATION_ID];
    char sub[SUB_MAX + 1]; /* empty: everybody's */
    wall_t at;             /* tickets issued until then */
};
struct revocations {
    struct revocation list[REVOCATIONS];
    unsigned n;
    wall_t all; /* tickets issued until then are void, whoever's they are */
};

/* Take back what `sub` ("": everybody) was given for a recording until `now`. ttl_us: how long a
 * ticket lives [us]. */
void revocations_add(struct revocations *r, const char *recording, const char *sub, wall_t now,
                     int64_t ttl_us);
/* Was a ticket of sub for a recording, issued at `issued`, taken back? */
bool revocations_has(const struct revocations *r, const char *recording, const char *sub,
                     wall_t issued);

#endif
