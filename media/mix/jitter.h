/* When the packets of a voice are heard in a live mix: from RTP timestamps and arrivals to times of
 * the server's clock, so that nearly all come in time and none waits longer than it must.
 *
 * DESIGN. A packet that was not delayed is placed at its arrival, and others as far from it as
 * their timestamps say (the offset: arrival less media time, the smallest of the last 5 to 10 s).
 * The mix is taken `patience` later, so one that is late by less is in time. Where packets are late
 * by more, the voice is moved behind, once and at once; when they come regularly again, it moves
 * back slowly enough for nobody to be disturbed (2.5 %; the mixer stretches by at most 5 %), and
 * not for less than 20 ms, which nobody misses. A clock that drifts is followed by the same. A
 * voice that has just begun moves back at once: what comes first is often late. What is beyond
 * JITTER_ASTRAY is not believed; when it goes on for some packets it is another beginning. Sender
 * reports are not looked at: a hostile one could move nothing but its own voice, and arrival is
 * what counts for the delay. Owner: the mix thread. */
#ifndef ORIEL_MEDIA_MIX_JITTER_H
#define ORIEL_MEDIA_MIX_JITTER_H

#include "base/time.h"

#include <stdbool.h>
#include <stdint.h>

#define JITTER_WINDOW (5 * US_PER_S)
#define JITTER_ASTRAY (300 * US_PER_MS) /* [us] from where it is expected */
#define JITTER_YOUNG (1 * US_PER_S)     /* [us] of arrival, that a voice has just begun */
#define JITTER_RUN 8                    /* packets that are astray: it is so */

struct jitter_extremes {
    us_t least, most; /* [us] of arrival less media time */
};

struct jitter {
    bool any;
    bool moves;                       /* towards where it should be */
    us_t begun;                       /* [us] arrival of the first packet */
    uint8_t astray;                   /* packets in a row */
    uint32_t ts;                      /* [1/48000 s] newest, */
    us_t sound;                       /* which is this media time [us] */
    us_t offset;                      /* [us] mix time less media time */
    us_t since;                       /* [us] of the window */
    struct jitter_extremes now, past; /* of this window and the one before */
};

enum jitter_verdict {
    JITTER_PLACED,
    JITTER_BEGINS, /* placed, and nothing of what was before is to be heard any more */
    JITTER_REFUSED /* astray */
};

/* The time [us] at which packet with timestamp ts, which arrived at `at`, is heard; unchanged when
 * it is refused. patience: [us] the mix is taken so much behind arrival. Packets come in order;
 * see jitter_place_old for others. */
enum jitter_verdict jitter_place(struct jitter *j, us_t at, uint32_t ts, us_t patience, us_t *ret);
/* The same of a packet that is behind one that was placed: repaired or reordered, so that its
 * arrival says nothing. */
us_t jitter_place_old(const struct jitter *j, uint32_t ts);

#endif
