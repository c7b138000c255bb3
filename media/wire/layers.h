/* What a packet of a stream with layers (SVC) is for, whatever the codec: who needs it, and who may
 * go on with what from here. A target is what a viewer gets: pictures up to a size (spatial layer)
 * at a frame rate (temporal layer). Thread: any. */
#ifndef ORIEL_MEDIA_WIRE_LAYERS_H
#define ORIEL_MEDIA_WIRE_LAYERS_H

#include <stdbool.h>
#include <stdint.h>

#define LAYERS_SPATIAL 3  /* told apart; what is above counts as the highest */
#define LAYERS_TEMPORAL 4 /* likewise */
#define LAYERS_TARGETS (LAYERS_SPATIAL * LAYERS_TEMPORAL)
#define LAYERS_EVERY ((1u << LAYERS_TARGETS) - 1) /* as a set of targets */
#define TARGET_BEST (LAYERS_TARGETS - 1)

struct layer_marks {
    bool layered;              /* else nobody's packets are left out by what is said here */
    bool ends;                 /* last packet of its layer's frame */
    bool alone;                /* its frame refers to no other */
    bool described;            /* AV1: its dependency descriptor can be passed on */
    uint8_t spatial, temporal; /* its own layer, within what is told apart */
    uint16_t needed;           /* set of targets: who gets them needs it */
    uint16_t enters;           /* whoever has decoded it can go on with these */
};

/* The target of this size and frame rate, or the highest that is told apart. */
static inline uint8_t target_of(unsigned spatial, unsigned temporal) {
    spatial = spatial < LAYERS_SPATIAL ? spatial : LAYERS_SPATIAL - 1;
    temporal = temporal < LAYERS_TEMPORAL ? temporal : LAYERS_TEMPORAL - 1;
    return (uint8_t)(spatial * LAYERS_TEMPORAL + temporal);
}
/* Its size, */
static inline unsigned target_spatial(unsigned target) {
    return target / LAYERS_TEMPORAL;
}
/* and its frame rate. */
static inline unsigned target_temporal(unsigned target) {
    return target % LAYERS_TEMPORAL;
}
/* Is the target in the set? */
static inline bool target_in(unsigned set, unsigned target) {
    return set >> target & 1;
}
/* The targets of this size, from this frame rate on. */
static inline uint16_t targets_from(unsigned spatial, unsigned temporal) {
    unsigned first = target_of(spatial, temporal), last = target_of(spatial, LAYERS_TEMPORAL);
    return (uint16_t)(((2u << last) - 1) & ~((1u << first) - 1));
}

#endif
