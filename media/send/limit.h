/* Keeps a viewer's NACKs from multiplying: the same packet is answered once per round trip, and a
 * few times at all, because a client that has still not got it then is served better by a key
 * frame, or does not count what it gets by RTX (both are seen in the field). One per viewer, over
 * all its streams; made at its first NACK. A zeroed struct is ready. Owner: one worker. */
#ifndef ORIEL_MEDIA_SEND_LIMIT_H
#define ORIEL_MEDIA_SEND_LIMIT_H

#include "base/time.h"

#include <stdbool.h>
#include <stdint.h>

#define SEND_LIMIT_PLACES 512            /* packets remembered, power of two */
#define SEND_LIMIT_TRIES 4               /* answers to requests for one packet */
#define SEND_LIMIT_MIN (10 * US_PER_MS)  /* when the round trip is shorter or unknown */
#define SEND_LIMIT_MAX (500 * US_PER_MS) /* never ignore a request for longer */
#define SEND_LIMIT_AGE (10 * US_PER_S)   /* a place this old is about another packet */

struct send_limit_place {
    uint32_t at; /* [us] low half of the time it was answered */
    uint16_t seq;
    uint8_t stream;
    uint8_t tries; /* 0 = free */
};

struct send_limit {
    struct send_limit_place places[SEND_LIMIT_PLACES];
};

/* True: answer the request for sequence number seq of this stream (any small number that names it),
 * and note it. rtt [us], <= 0 unknown. What shares a place with another packet is merely answered
 * once more. */
bool send_limit_pass(struct send_limit *l, us_t now, us_t rtt, uint8_t stream, uint16_t seq);

#endif
