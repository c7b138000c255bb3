/* What was said in a run of a tour, and what of it still holds: signaling/ledger/ledger.h. */
#ifndef ORIEL_SIGNALING_STATE_LEDGER_STATE_H
#define ORIEL_SIGNALING_STATE_LEDGER_STATE_H

#include "base/list.h"
#include "signaling/words/said_limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POINTER_PARTS                                                       \
    10000 /* a place is a whole number of them: 0 left or top, all right or \
             bottom */

/* Where somebody points. */
struct pointer {
    bool on;     /* somebody points */
    uint64_t by; /* participant; 0: nobody in the tour */
    uint32_t x, y;
    char source[POINTER_SOURCE_MAX + 1]; /* in which picture; "": does not say */
};

struct ledger {
    uint64_t seq;        /* of the last entry; they count from 1 */
    uint64_t gone;       /* of the last one that the history has forgotten */
    struct link history; /* oldest first */
    uint32_t n;          /* of them */
    size_t bytes;
    uint32_t questions;            /* asked so far: the last is "q" and this */
    char chapter[CHAPTER_MAX + 1]; /* "": none is open */
    uint64_t chapter_by;           /* participant; 0: nobody in the tour */
    char *view;                    /* JSON, owned: what the hosts want all to see; NULL: nothing */
    uint64_t view_by;              /* likewise */
    struct pointer pointer;
    uint64_t point_by;        /* who has said so, also that nobody points any more; likewise */
    bool point_due, view_due; /* not told yet: waits for the tick */
};

#endif
