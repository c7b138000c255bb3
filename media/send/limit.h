/* Keeps a viewer's repeated NACKs from multiplying: the same sequence number is answered once per
 * round trip. A small table; what it forgets is merely answered again. A zeroed struct is ready.
 * Owner: one worker; lives in the slot. */
#ifndef ORIEL_MEDIA_SEND_LIMIT_H
#define ORIEL_MEDIA_SEND_LIMIT_H

#include "base/time.h"

#include <stdbool.h>
#include <stdint.h>

#define SEND_LIMIT_PLACES 32             /* power of two */
#define SEND_LIMIT_MIN (10 * US_PER_MS)  /* when the round trip is shorter or unknown */
#define SEND_LIMIT_MAX (500 * US_PER_MS) /* never ignore a request for longer */

struct send_limit_place {
    uint32_t at; /* [us] low half of the time it was answered */
    uint16_t seq;
    bool used;
};

struct send_limit {
    struct send_limit_place places[SEND_LIMIT_PLACES];
};

/* True: answer the request for our sequence number seq, and note it. rtt [us], <= 0 unknown. */
bool send_limit_pass(struct send_limit *l, us_t now, us_t rtt, uint16_t seq);

#endif
