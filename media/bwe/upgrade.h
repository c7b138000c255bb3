/* Larger sizes that were tried in vain. The estimate of a path goes up and down by a fifth: who
 * shows a size that only its best moments carry goes back and forth, each time with a key frame
 * that fills the path. So a step to a larger size that was undone soon, because the path turned out
 * to carry less, is not tried again for a while, and for longer each time. That is forgotten when
 * the path is believed to carry clearly more than it was then, or when the size holds. Pure. Owner:
 * one worker; lives in a slot. */
#ifndef ORIEL_MEDIA_BWE_UPGRADE_H
#define ORIEL_MEDIA_BWE_UPGRADE_H

#include "base/time.h"

#include <stdbool.h>

#define UPGRADE_UNDONE (8 * US_PER_S) /* [us] one that is undone so soon doubles the wait, */
#define UPGRADE_HELD (30 * US_PER_S)  /* [us] one that held for so long was none in vain */
#define UPGRADE_WAIT (2 * US_PER_S)   /* [us] after the first one */
#define UPGRADE_WAIT_MAX (40 * US_PER_S)
#define UPGRADE_MORE 4  /* a fourth more than was believed then is another path, */
#define UPGRADE_OTHER 2 /* and so is half of what is believed: an outage, another cell */
#define UPGRADE_SETTLES (2 * US_PER_S) /* [us] after it the key frame's queue says nothing */
#define UPGRADE_ANY 127

struct upgrade {
    us_t begun;    /* [us] the last step up; 0: it has held, or was undone */
    uint64_t most; /* [bit/s] the path was believed to carry since then */
    us_t until;    /* [us] `failed` is not tried again before */
    uint64_t rate; /* [bit/s] `most`, of the step that failed */
    us_t wait;     /* [us] after that; 0: none failed */
    int8_t to;     /* the size that the last step led to, from 0 */
    int8_t failed; /* the one that did not hold */
};

/* In zeroed memory nothing was tried. The largest size that is to be chosen now, when the path is
 * believed to carry `rate` [bit/s]; UPGRADE_ANY. */
int upgrade_limit(struct upgrade *u, us_t now, uint64_t rate);
/* What of a path that is believed to carry `rate` may be used [bit/s]. Just after a step up that is
 * what was believed then, but a fifth more than now at most: a switch costs a key frame, which
 * fills the path for a moment and lowers the estimate once, though it carries the size. */
uint64_t upgrade_trusts(const struct upgrade *u, us_t now, uint64_t rate);
/* Size `after` has been chosen, instead of `before`; -1: none. */
void upgrade_chosen(struct upgrade *u, us_t now, uint64_t rate, int before, int after);

#endif
