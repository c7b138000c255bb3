#include "media/wire/grid.h"

#include "media/wire/layers.h"

/* Templates, bit each, of frames that who gets this decode target gets. */
static uint64_t templates_of(const struct dependency_structure *s, unsigned target) {
    uint64_t set = 0;
    for (unsigned i = 0; i < s->n_templates; i++) {
        set |= (uint64_t)(s->templates[i].dti[target] != DTI_ABSENT) << i;
    }
    return set;
}

static bool is_within(uint64_t set, uint64_t other) {
    return (set & ~other) == 0;
}

/* By their numbers only. */
static struct grid shape_of(const struct dependency_structure *s) {
    unsigned last = s->n_targets - 1u;
    struct grid g = {.n_spatial = (uint8_t)(s->spatial[last] + 1),
                     .n_temporal = (uint8_t)(s->temporal[last] + 1)};
    bool fits = s->n_targets <= GRID_TARGETS_MAX && grid_targets(g) == s->n_targets;
    for (unsigned i = 0; fits && i <= last; i++) {
        fits = s->spatial[i] == i / g.n_temporal && s->temporal[i] == i % g.n_temporal;
    }
    return fits ? g : (struct grid){0};
}

struct grid grid_of(const struct dependency_structure *s) {
    struct grid g = shape_of(s);
    unsigned n = grid_targets(g), within = 0, pairs = 0;
    uint64_t set[GRID_TARGETS_MAX];
    for (unsigned i = 0; i < n; i++) {
        set[i] = templates_of(s, i);
        if (i % g.n_temporal > 0 && !is_within(set[i - 1], set[i])) {
            return (struct grid){0};
        }
        if (i >= g.n_temporal) {
            pairs++;
            within += is_within(set[i - g.n_temporal], set[i]);
        }
    }
    g.independent = pairs > 0 && within == 0;
    return within == 0 || within == pairs ? g : (struct grid){0};
}

/* Where there are fewer, the highest that is told apart is the highest there is. */
static unsigned highest(unsigned asked, unsigned told_apart, unsigned n) {
    return asked + 1 >= told_apart || asked >= n ? n - 1 : asked;
}

uint16_t grid_active(struct grid g, uint16_t active, unsigned target) {
    if (grid_targets(g) == 0) {
        return active;
    }
    unsigned size = highest(target_spatial(target), LAYERS_SPATIAL, g.n_spatial);
    unsigned rates = highest(target_temporal(target), LAYERS_TEMPORAL, g.n_temporal) + 1;
    uint16_t set = 0;
    for (unsigned s = size + 1; s-- > 0 && (set == 0 || !g.independent);) {
        set |= (uint16_t)(((1u << rates) - 1) << s * g.n_temporal & active);
    }
    return set ? set : active;
}
