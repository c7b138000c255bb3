/* What a stream of a source takes [bit/s], by target (wire/layers.h): everything that who gets it
 * needs. Measured over half seconds, so that a layer that stops is known to have stopped in a
 * second, and smoothed, so that a key frame does not look like a better picture. Owner: the
 * engine's thread. */
#ifndef ORIEL_MEDIA_FEED_METER_H
#define ORIEL_MEDIA_FEED_METER_H

#include "base/time.h"
#include "media/wire/layers.h"

#define METER_SPAN (500 * US_PER_MS)
#define METER_OVERHEAD 48 /* [bytes] a packet has besides its payload, as a viewer gets it */

struct meter {
    us_t begun;                     /* [us] of this span; 0: nothing has come */
    uint32_t bytes[LAYERS_TARGETS]; /* in it, of each target */
    uint32_t rate[LAYERS_TARGETS];  /* [bit/s] smoothed */
    uint8_t came, coming;           /* bit per size: in the last span, in this one */
    bool known;                     /* a span has ended */
};

/* In zeroed memory. A packet with this payload [bytes] came. */
void meter_add(struct meter *m, us_t now, const struct layer_marks *layers, uint32_t payload);
/* What who gets this target gets [bit/s]; 0: not known. */
uint64_t meter_rate(const struct meter *m, us_t now, unsigned target);
/* The same of what may have stopped: what it took when it came last, 0: not known. */
uint64_t meter_last(const struct meter *m, unsigned target);
/* Somebody else has measured it [bit/s]; nothing when it is known here. */
void meter_told(struct meter *m, uint32_t rate);
/* Of what everybody gets: audio, and what has no layers. */
static inline uint64_t meter_best(const struct meter *m, us_t now) {
    return meter_rate(m, now, TARGET_BEST);
}
/* Sizes that have come for a span, bit each; the smallest at least. */
unsigned meter_sizes(const struct meter *m);
/* Frame rates of this size that come: 1..LAYERS_TEMPORAL. */
unsigned meter_frame_rates(const struct meter *m, unsigned spatial);

#endif
