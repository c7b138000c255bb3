#include "recorder/derived/moments.h"

struct moments moments_begin(us_t duration, us_t every, uint32_t most) {
    us_t step = us_max(every, US_PER_MS);
    us_t least = us_max(duration, 0) / (most ? most : 1) + 1;
    return (struct moments){.step = us_max(step, least), .next = 0, .last = -1};
}

bool moments_take(struct moments *m, us_t at) {
    if (at < m->next || at == m->last) {
        return false;
    }
    m->last = at;
    /* The marks that this key frame has gone past have no picture of their own. */
    m->next = (at / m->step + 1) * m->step;
    return true;
}
