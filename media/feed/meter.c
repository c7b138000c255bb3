#include "media/feed/meter.h"

#include <string.h>

#define WEIGHT 4    /* of the past: a fourth is new with each span */
#define STALE 3     /* spans without a packet: nothing comes any more */
#define ABSENT 1000 /* [bit/s] less than that is no layer */

static void end_span(struct meter *m, us_t now) {
    us_t span = now - m->begun;
    for (unsigned i = 0; i < LAYERS_TARGETS; i++) {
        uint64_t rate = (uint64_t)m->bytes[i] * 8 * US_PER_S / (uint64_t)span;
        bool fresh = !m->known || !(m->came >> target_spatial(i) & 1);
        uint64_t was = fresh ? rate : m->rate[i];
        rate = (was * (WEIGHT - 1) + rate) / WEIGHT;
        m->rate[i] = rate > UINT32_MAX ? UINT32_MAX : (uint32_t)rate;
        m->bytes[i] = 0;
    }
    m->came = m->coming;
    m->coming = 0;
    m->known = true;
    m->begun = now;
}

void meter_add(struct meter *m, us_t now, const struct layer_marks *layers, uint32_t payload) {
    if (m->begun == 0 || now - m->begun > STALE * METER_SPAN) {
        m->begun = now; /* it goes on with what it took before the pause */
        m->coming = 0;
        memset(m->bytes, 0, sizeof(m->bytes));
    } else if (now - m->begun >= METER_SPAN) {
        end_span(m, now);
    }
    m->coming |= (uint8_t)(1u << layers->spatial);
    for (unsigned left = layers->needed & LAYERS_EVERY; left; left &= left - 1) {
        m->bytes[__builtin_ctz(left)] += payload + METER_OVERHEAD;
    }
}

uint64_t meter_rate(const struct meter *m, us_t now, unsigned target) {
    return now - m->begun > STALE * METER_SPAN ? 0 : meter_last(m, target);
}

uint64_t meter_last(const struct meter *m, unsigned target) {
    return m->known ? m->rate[target] : 0;
}

void meter_told(struct meter *m, uint32_t rate) {
    for (unsigned i = 0; !m->known && i < LAYERS_TARGETS; i++) {
        m->rate[i] = rate;
    }
    m->known = true;
}

unsigned meter_sizes(const struct meter *m) {
    return m->came | 1u;
}

unsigned meter_frame_rates(const struct meter *m, unsigned spatial) {
    const uint32_t *rate = &m->rate[target_of(spatial, 0)];
    unsigned n = LAYERS_TEMPORAL;
    while (n > 1 && rate[n - 1] < rate[n - 2] + ABSENT) {
        n--;
    }
    return n;
}
