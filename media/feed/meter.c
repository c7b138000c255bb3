#include "media/feed/meter.h"

#define WEIGHT 4    /* of the past: a fourth is new with each span */
#define STALE 3     /* spans without a packet: nothing comes any more */
#define ABSENT 1000 /* [bit/s] less than that is no layer */

static void end_span(struct meter *m, us_t now) {
    us_t span = now - m->begun;
    for (unsigned i = 0; i < METER_TEMPORAL; i++) {
        uint64_t rate = (uint64_t)m->bytes[i] * 8 * US_PER_S / (uint64_t)span;
        uint64_t was = m->known ? m->rate[i] : rate;
        rate = (was * (WEIGHT - 1) + rate) / WEIGHT;
        m->rate[i] = rate > UINT32_MAX ? UINT32_MAX : (uint32_t)rate;
        m->bytes[i] = 0;
    }
    m->known = true;
    m->begun = now;
}

void meter_add(struct meter *m, us_t now, uint8_t temporal, uint32_t payload) {
    if (m->begun == 0 || now - m->begun > STALE * METER_SPAN) {
        *m = (struct meter){.begun = now};
    } else if (now - m->begun >= METER_SPAN) {
        end_span(m, now);
    }
    m->bytes[temporal < METER_TEMPORAL ? temporal : METER_TEMPORAL - 1] += payload + METER_OVERHEAD;
}

uint64_t meter_rate(const struct meter *m, us_t now, uint8_t temporal) {
    uint64_t sum = 0;
    if (!m->known || now - m->begun > STALE * METER_SPAN) {
        return 0;
    }
    for (unsigned i = 0; i <= temporal && i < METER_TEMPORAL; i++) {
        sum += m->rate[i];
    }
    return sum;
}

uint8_t meter_layers(const struct meter *m) {
    uint8_t n = METER_TEMPORAL;
    while (n > 1 && m->rate[n - 1] < ABSENT) {
        n--;
    }
    return n;
}
