/* What a stream of a source takes [bit/s], by temporal layer: each counts what it needs, which is
 * itself and all below it. Measured over half seconds, so that a layer that stops is known to have
 * stopped in a second, and smoothed, so that a key frame does not look like a better picture.
 * Owner: the engine's thread. */
#ifndef ORIEL_MEDIA_FEED_METER_H
#define ORIEL_MEDIA_FEED_METER_H

#include "base/time.h"

#include <stdbool.h>

#define METER_SPAN (500 * US_PER_MS)
#define METER_TEMPORAL 4  /* layers that are told apart */
#define METER_OVERHEAD 48 /* [bytes] a packet has besides its payload, as a viewer gets it */

struct meter {
    us_t begun;                     /* [us] of this span; 0: nothing has come */
    uint32_t bytes[METER_TEMPORAL]; /* in it, of each layer alone */
    uint32_t rate[METER_TEMPORAL];  /* [bit/s] of each layer alone, smoothed */
    bool known;                     /* a span has ended */
};

/* In zeroed memory. A packet with this payload [bytes] came. */
void meter_add(struct meter *m, us_t now, uint8_t temporal, uint32_t payload);
/* What everything up to this layer takes [bit/s]; 0: not known. */
uint64_t meter_rate(const struct meter *m, us_t now, uint8_t temporal);
/* Temporal layers that come: 1..METER_TEMPORAL. */
uint8_t meter_layers(const struct meter *m);

#endif
