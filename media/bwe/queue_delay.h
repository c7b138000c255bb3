/* How long packets wait on the path now: the way of the last ones against the shortest way of the
 * last 10 to 20 s. Clocks that drift by 100 ppm make this wrong by 2 ms at most. Owner: one
 * worker. */
#ifndef ORIEL_MEDIA_BWE_QUEUE_DELAY_H
#define ORIEL_MEDIA_BWE_QUEUE_DELAY_H

#include "base/time.h"

#define QUEUE_DELAY_EPOCH                                                   \
    (10 * US_PER_S) /* LEDBAT, RFC 6817 section 4.2, keeps minutes; less is \
                       enough where rates are lowered to empty the queue */

#define QUEUE_DELAY_LAST 5 /* packets */

struct queue_delay {
    us_t begun;         /* [us] this epoch; 0: nothing is known */
    us_t least, before; /* [us] shortest way of this epoch and of the last; clocks differ, so only
                           differences mean anything */
    us_t at;            /* [us] the last arrival */
    us_t now;           /* [us] smoothed over 64 ms, or some packets of a burst */
    us_t last[QUEUE_DELAY_LAST]; /* [us] ways of the last packets */
    unsigned n;                  /* packets so far */
};

/* In zeroed memory. A packet that arrived at `at` [us, the viewer's clock] was under way for `way`
 * [us], between two clocks. */
void queue_delay_add(struct queue_delay *q, us_t now, us_t at, us_t way);
/* How much longer than the shortest such a way is [us]; 0: nothing is known. */
us_t queue_delay_wait(const struct queue_delay *q, us_t way);
/* Smoothed [us]. */
us_t queue_delay_get(const struct queue_delay *q);
/* Of the last packets the one that waited least [us]; 0: too few. */
us_t queue_delay_last(const struct queue_delay *q);

#endif
