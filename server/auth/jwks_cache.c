#include "server/auth/jwks_cache.h"

#include "base/check.h"

#include <string.h>
#include <strings.h>

#define FRESH_MAX 31622400 /* [s] a year is as good as more */

void jwks_cache_init(struct jwks_cache *x, const struct jwks_cache_config *c, us_t now) {
    *x = (struct jwks_cache){.c = *c, .next = now, .pause = c->pause};
}

bool jwks_cache_fetch(struct jwks_cache *x, us_t now) {
    if (x->under_way || now < x->next) {
        return false;
    }
    x->under_way = true;
    x->began = now;
    x->asked = x->wanted;
    x->wanted = false;
    return true;
}

/* Not later than wait and not before the given part of it, so that many servers that were started
 * together do not ask together for ever. */
static us_t spread(us_t wait, us_t part, const struct rng *rng) {
    uint32_t span = (uint32_t)(part / US_PER_MS);
    return wait - (span ? (us_t)rng_below(rng, span) * US_PER_MS : 0);
}

static us_t retry_after(const struct jwks_cache *x, const struct rng *rng) {
    us_t wait = JWKS_RETRY;
    for (uint32_t i = 1; i < x->failures && wait < x->c.retry_max; i++) {
        wait *= 2;
    }
    wait = us_min(wait, x->c.retry_max);
    return spread(wait, wait / 2, rng);
}

void jwks_cache_done(struct jwks_cache *x, us_t now, enum jwks_result r, us_t fresh_for,
                     const struct rng *rng) {
    CHECK(x->under_way);
    x->under_way = false;
    if (r == JWKS_FAILED) {
        x->failures++;
        x->next = now + retry_after(x, rng);
        return;
    }
    us_t wait = fresh_for ? us_min(us_max(fresh_for, x->c.pause), x->c.refresh) : x->c.refresh;
    x->failures = 0;
    x->have = true;
    x->good = now;
    x->pause = r == JWKS_SAME && x->asked ? us_min(x->pause * 2, x->c.refresh) : x->c.pause;
    x->next = now + us_max(spread(wait, wait / 8, rng), x->c.pause);
    if (x->wanted) { /* while it was under way: what came may be older than that key */
        x->next = us_min(x->next, x->began + x->pause);
    }
}

void jwks_cache_want(struct jwks_cache *x) {
    x->wanted = true;
    if (!x->under_way && x->failures == 0) {
        x->next = us_min(x->next, x->began + x->pause);
    }
}

void jwks_cache_ask(struct jwks_cache *x, us_t now) {
    x->next = us_min(x->next, now);
    x->pause = x->c.pause;
}

bool jwks_cache_expired(struct jwks_cache *x, us_t now) {
    bool over = x->have && now - x->good >= x->c.max_age;
    x->have = x->have && !over;
    return over;
}

us_t jwks_cache_deadline(const struct jwks_cache *x) {
    us_t old = x->have ? x->good + x->c.max_age : US_NEVER;
    return us_min(x->under_way ? US_NEVER : x->next, old);
}

us_t jwks_fresh_for(const char *p) {
    while (*p) {
        p += strspn(p, ", \t");
        size_t n = strcspn(p, ",");
        if (n > 8 && strncasecmp(p, "max-age=", 8) == 0) {
            us_t s = 0;
            for (size_t i = 8; i < n && p[i] >= '0' && p[i] <= '9'; i++) {
                s = us_min(s * 10 + (p[i] - '0'), FRESH_MAX);
            }
            return s * US_PER_S;
        }
        p += n;
    }
    return 0;
}
