#include "media/send/redundancy.h"

#define OFF_DIVISOR 3 /* of the limit */

/* Halves of the limit above which there are so many blocks. */
static const uint8_t above[REDUNDANCY_MAX + 1] = {0, 2, 5};

/* lost / expected against so many halves of the limit: above zero when it is more. */
static int64_t beyond(const struct send_redundancy *x, uint32_t percent, unsigned halves) {
    return (int64_t)x->lost * 200 - (int64_t)x->expected * percent * halves;
}

static uint8_t wanted(const struct send_redundancy *x, uint32_t percent) {
    uint8_t n = 0;
    while (n < REDUNDANCY_MAX && beyond(x, percent, above[n + 1]) > 0) {
        n++;
    }
    return n;
}

static bool is_calm(const struct send_redundancy *x, uint32_t percent) {
    struct send_redundancy much = {.lost = x->lost * OFF_DIVISOR, .expected = x->expected};
    return x->blocks > 0 && beyond(&much, percent, above[x->blocks]) < 0;
}

bool send_redundancy_report(struct send_redundancy *x, uint32_t percent, uint32_t lost,
                            uint32_t expected) {
    if (percent == 0) {
        return false;
    }
    x->lost += lost < expected ? lost : expected;
    x->expected += expected;
    if (x->expected < REDUNDANCY_SAMPLE) {
        return false;
    }
    uint8_t was = x->blocks, now = wanted(x, percent);
    x->calm = (uint8_t)(is_calm(x, percent) ? x->calm + 1 : 0);
    if (now > was) {
        x->blocks = now;
    } else if (x->calm == REDUNDANCY_CALM) {
        x->blocks--;
        x->calm = 0;
    }
    x->lost = x->expected = 0;
    return x->blocks != was;
}
