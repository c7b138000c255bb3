#include "signaling/door/rate.h"

#include <stdio.h>

#define BURST_MIN 20   /* whoever has several devices or a bad network */
#define PROBE_BURST 6  /* on one network after the other */
#define PROBE_PAUSES 3 /* and then a third of the time: it is no way to talk without being seen */

/* Two people whose names fall together share a bucket. The seed is secret, so nobody can arrange
 * that, and a burst is enough for both. */
static bool take(struct rate_bucket *b, us_t now, us_t cost, uint32_t burst) {
    us_t passed = now - b->at;
    b->used = b->used > passed ? b->used - passed : 0;
    b->at = now;
    if (b->used + cost > cost * burst) {
        return false;
    }
    b->used += cost;
    return true;
}

bool rate_admit(struct signaling *s, us_t now, const char *tour, const char *sub) {
    char who[TOUR_NAME_MAX + SUB_MAX + 2];
    uint32_t rate = s->config.sessions_per_second;
    if (rate == 0) {
        return true;
    }
    (void)snprintf(who, sizeof(who), "%s/%s", tour, sub);
    us_t cost = US_PER_S / rate;
    uint32_t viewers = 2 * s->config.max_whep_per_token; /* all may open at once, and again */
    return take(&s->rates[key_of(s, who) % RATE_BUCKETS], now, cost,
                viewers > BURST_MIN ? viewers : BURST_MIN);
}

bool rate_admit_probe(struct signaling *s, us_t now, const char *sub) {
    return take(&s->probe_rates[key_of(s, sub) % RATE_BUCKETS], now,
                PROBE_PAUSES * s->config.probe_limit, PROBE_BURST);
}
