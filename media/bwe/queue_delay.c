#include "media/bwe/queue_delay.h"

#define SMOOTHING (64 * US_PER_MS)
#define BURST 16 /* packets: of those that come at once each counts this part */

void queue_delay_add(struct queue_delay *q, us_t now, us_t at, us_t way) {
    if (q->n == 0) {
        q->begun = now;
        q->at = at;
        q->least = q->before = q->now = way;
    }
    if (now - q->begun >= QUEUE_DELAY_EPOCH) {
        q->begun = now;
        q->before = q->least;
        q->least = way;
    }
    us_t step = us_min(us_max(at - q->at, SMOOTHING / BURST), SMOOTHING);
    q->least = us_min(q->least, way);
    q->now += (way - q->now) * step / SMOOTHING;
    q->at = us_max(q->at, at);
    q->last[q->n++ % QUEUE_DELAY_LAST] = way;
}

us_t queue_delay_wait(const struct queue_delay *q, us_t way) {
    return q->n == 0 ? 0 : us_max(0, way - us_min(q->least, q->before));
}

us_t queue_delay_get(const struct queue_delay *q) {
    return queue_delay_wait(q, q->now);
}

us_t queue_delay_last(const struct queue_delay *q) {
    us_t least = q->last[0];
    for (unsigned i = 1; i < QUEUE_DELAY_LAST; i++) {
        least = us_min(least, q->last[i]);
    }
    return q->n < QUEUE_DELAY_LAST ? 0 : queue_delay_wait(q, least);
}
