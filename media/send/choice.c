#include "media/send/choice.h"

#include <string.h>

void choice_init(struct choice *c) {
    memset(c, 0, sizeof(*c));
    c->want = TARGET_BEST;
    choice_resume(c, TARGET_BEST);
}

static void anchor(struct choice *c, unsigned known) {
    uint8_t target = (uint8_t)(known < LAYERS_TARGETS ? known : TARGET_BEST);
    c->now = target;
    c->n = 1;
    c->from[0] = 0;
    c->target[0] = target;
}

void choice_begin(struct choice *c, const struct choice_in *in) {
    const struct layer_marks *m = in->layers;
    bool enters = !m->layered || target_in(m->enters, c->want);
    anchor(c, enters ? c->want : target_of(m->spatial, target_temporal(c->want)));
    c->intact = m->layered ? m->enters : LAYERS_EVERY;
    c->begun = false;
}

void choice_resume(struct choice *c, uint8_t target) {
    unsigned spatial = target_spatial(target), temporal = target_temporal(target);
    unsigned higher = temporal + 1 < LAYERS_TEMPORAL ? targets_from(spatial, temporal + 1) : 0;
    anchor(c, target);
    c->intact = (uint16_t)(targets_from(spatial, 0) & ~higher);
    c->begun = false;
}

static void change(struct choice *c, uint64_t seq, uint8_t target) {
    if (c->n == CHOICE_LOG) {
        memmove(c->from, c->from + 1, (CHOICE_LOG - 1) * sizeof(c->from[0]));
        memmove(c->target, c->target + 1, CHOICE_LOG - 1);
        c->n--;
    }
    c->from[c->n] = seq;
    c->target[c->n++] = target;
    c->now = target;
}

/* Of the log, for this packet. */
static unsigned in_force(const struct choice *c, uint64_t seq) {
    unsigned i = c->n - 1u;
    while (i > 0 && seq < c->from[i]) {
        i--;
    }
    return i;
}

uint8_t choice_target(const struct choice *c, uint64_t seq) {
    return c->target[in_force(c, seq)];
}

bool choice_changed(const struct choice *c, uint64_t seq) {
    return c->from[in_force(c, seq)] > 0;
}

/* While what is wanted cannot be sent: the same size, as it is wanted, or as little of it as there
 * is. */
static uint8_t meanwhile(const struct choice *c) {
    unsigned now = target_spatial(c->now), want = target_spatial(c->want);
    return target_of(now, want < now ? 0 : target_temporal(c->want));
}

/* A newer packet than all before; picture: the first of one. */
static void step(struct choice *c, const struct choice_in *in, bool picture) {
    const struct layer_marks *m = in->layers;
    bool gets = m->alone || target_in(m->needed, c->now);
    if ((gets && target_in(m->enters, c->want)) || (picture && target_in(c->intact, c->want))) {
        change(c, in->seq, c->want);
    } else if (picture) {
        uint8_t target = meanwhile(c);
        if (target != c->now && target_in(c->intact, target)) {
            change(c, in->seq, target);
        }
    }
}

bool choice_showed(const struct choice *c, const struct choice_in *in) {
    return !in->layers->layered || target_in(in->layers->needed, choice_target(c, in->seq));
}

bool choice_shows(struct choice *c, const struct choice_in *in) {
    const struct layer_marks *m = in->layers;
    if (!m->layered || (c->begun && in->seq <= c->newest)) {
        return choice_showed(c, in);
    }
    if (c->want != c->now) {
        step(c, in, !c->begun || in->ts != c->ts);
    }
    c->begun = true;
    c->newest = in->seq;
    c->ts = in->ts;
    bool shown = target_in(m->needed, c->now);
    c->intact = (uint16_t)(shown ? c->intact | m->enters : c->intact & ~m->needed);
    return shown;
}

bool choice_ends(const struct choice *c, const struct choice_in *in) {
    const struct layer_marks *m = in->layers;
    return m->layered && m->ends && m->spatial == target_spatial(choice_target(c, in->seq));
}

bool choice_lacks_key(const struct choice *c) {
    unsigned want = target_spatial(c->want);
    return c->begun && want != target_spatial(c->now) && !target_in(c->intact, target_of(want, 0));
}
