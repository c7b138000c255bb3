/* Who gets how much of what a viewer's path carries. The policy, in the order in which the rate is
 * spent:
 *
 *   1. audio: what it takes, always, even beyond the rate
 *   2. a screen share, at full size, at its lowest frame rate: text must be readable
 *   3. the stage camera, at its least: there is a picture
 *   4. the share's frame rate, then its smaller sizes are no question any more
 *   5. the stage camera, up to its best
 *   6. each gallery picture at its least, in order of their slots
 *   7. gallery pictures, up to their best, in the same order
 *
 * A share is made slower before it is made smaller, and it is smaller only when full size does not
 * fit at its lowest frame rate. A camera is made smaller and not slower than half: faces at 7
 * frames a second look broken. What does not fit at its least is paused, which is told to the
 * viewer; the least of the first video is shown even where nothing fits, as long as there is half
 * of its rate: a queue that is late is better than a black stage. (And for a moment with less,
 * engine/allot.h.)
 *
 * What is shown goes up only when a tenth more is there than it takes, so that it does not go up
 * and down with every breath of the estimate. Pure. Thread: any. */
#ifndef ORIEL_MEDIA_BWE_ALLOCATION_H
#define ORIEL_MEDIA_BWE_ALLOCATION_H

#include <stdint.h>

#define ALLOCATION_LAYERS 12 /* spatial times temporal */
#define ALLOCATION_PAUSED (-1)
#define ALLOCATION_MARGIN 10   /* a tenth of the rate is left when something goes up */
#define ALLOCATION_DESPERATE 2 /* the first video is shown with this part of its least rate */

enum allocation_kind { ALLOCATION_SHARE, ALLOCATION_STAGE, ALLOCATION_GALLERY };

/* One way in which a source can be shown: everything up to this layer. */
struct allocation_layer {
    uint64_t rate;             /* [bit/s] of all that it needs */
    uint8_t spatial, temporal; /* from 0 */
    uint8_t id;                /* the caller's, for the layer */
};

struct allocation_slot {
    uint8_t kind;                                      /* enum allocation_kind */
    uint8_t n;                                         /* layers; 0: it shows nothing */
    struct allocation_layer layers[ALLOCATION_LAYERS]; /* ascending by spatial, then temporal */
    int8_t chosen; /* in: what is shown now; out: what is to be; index or ALLOCATION_PAUSED */
};

/* Choose for n slots: rate [bit/s] is what the path carries, audio what the voices take of it.
 * Returns what the choice takes with audio [bit/s]. */
uint64_t allocate(uint64_t rate, uint64_t audio, struct allocation_slot *slots, unsigned n);
/* [bit/s] With less nothing is shown at all. 0: there is nothing to show. */
uint64_t allocation_least(uint64_t audio, const struct allocation_slot *slots, unsigned n);
/* What all slots at their best would take, with audio [bit/s]. */
uint64_t allocation_wanted(uint64_t audio, const struct allocation_slot *slots, unsigned n);

#endif
