/* Keeps a viewer's NACKs from multiplying: the same packet is answered once per round trip, and a
 * few times at all, because a client that has still not got it then is served better by a key
 * frame, or does not count what it gets by RTX (both are seen in the field). One per viewer, over
 * all its streams; made at its first NACK. A zeroed struct is ready. Owner: one worker.
 *
 * To be refused here is no offence. Clients ask again until they get the packet or give it up, also
 * for one that its sender has lost for good: libwebrtc (so Chromium, Safari and Firefox) each round
 * trip as it knows it, by a timer of 20 ms, 10 or 100 times; Pion every 100 ms without an end;
 * GStreamer once in a round trip or, where that is short, in the time between two packets, for as
 * long as its buffer waits, 200 ms. A path that stalls hands over the requests of a second together
 * with those of the next. So no client asks for a packet more than 200 times in a second. */
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
#define SEND_LIMIT_ASKS 200 /* requests for one packet in one second: more makes no client */

struct send_limit_place {
    uint32_t at; /* [us] low half of the time it was answered */
    uint16_t seq;
    uint16_t since; /* [ms] low part of when the second of `asks` began */
    uint8_t stream;
    uint8_t tries; /* 0 = free */
    uint8_t asks;  /* in this second, at most SEND_LIMIT_ASKS + 1 */
};

struct send_limit {
    struct send_limit_place places[SEND_LIMIT_PLACES];
};

enum send_limit_verdict {
    SEND_LIMIT_PASS,
    SEND_LIMIT_AGAIN, /* answered already, as often or as lately as is good */
    SEND_LIMIT_ABUSE  /* and asked for more often than any client does */
};
/* PASS: answer the request for sequence number seq of this stream (any small number that names it);
 * it is noted. rtt [us], <= 0 unknown. What shares a place with another packet is merely answered
 * once more. */
enum send_limit_verdict send_limit_pass(struct send_limit *l, us_t now, us_t rtt, uint8_t stream,
                                        uint16_t seq);

#endif
