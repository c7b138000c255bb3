#include "signaling/door/rate.h"

#include <stdio.h>

#define BURST_MIN 20 /* whoever has several devices or a bad network */

bool rate_admit(struct signaling *s, us_t now, const char *tour, const char *sub) {
    char who[TOUR_NAME_MAX + SUB_MAX + 2];
    uint32_t rate = s->config.sessions_per_second;
    if (rate == 0) {
        return true;
    }
    (void)snprintf(who, sizeof(who), "%s/%s", tour, sub);
    /* Two people whose names fall together share a bucket. The seed is secret, so nobody can
     * arrange that, and a burst is enough for both. */
    struct rate_bucket *b = &s->rates[key_of(s, who) % RATE_BUCKETS];
    us_t cost = US_PER_S / rate, passed = now - b->at;
    uint32_t viewers = 2 * s->config.max_whep_per_token; /* all may open at once, and again */
    us_t full = cost * (viewers > BURST_MIN ? viewers : BURST_MIN);
    b->used = b->used > passed ? b->used - passed : 0;
    b->at = now;
    if (b->used + cost > full) {
        return false;
    }
    b->used += cost;
    return true;
}
