/* Which decode targets of a dependency structure can be had by who gets one of our targets
 * (wire/layers.h). Encoders order theirs by size, then by frame rate, and each size either needs
 * the smaller ones or is a stream of its own between key frames (_KEY, S modes): so few words say
 * it, and go with every packet. Thread: any. */
#ifndef ORIEL_MEDIA_WIRE_GRID_H
#define ORIEL_MEDIA_WIRE_GRID_H

#include "media/wire/dependency.h"

#define GRID_TARGETS_MAX 16 /* decode targets: 4 sizes at 4 frame rates, or 3 at 3 as is usual */

struct grid {
    uint8_t n_spatial, n_temporal; /* decode target i is size i / n_temporal at frame rate
                                      i % n_temporal; 0: not known */
    bool independent;              /* who gets a size gets no other one */
};

/* Of a structure; unknown where it is not of that kind. */
struct grid grid_of(const struct dependency_structure *s);
/* Decode targets, bit each, for who gets this target of ours (target_of), of those that are active;
 * all of these where it gets none of them. */
uint16_t grid_active(struct grid g, uint16_t active, unsigned target);
static inline uint8_t grid_targets(struct grid g) {
    return (uint8_t)(g.n_spatial * g.n_temporal);
}

#endif
