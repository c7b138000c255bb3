/* When the keys of one URL are asked for: a state machine without a clock, a thread or a socket.
 *
 * They are asked for at the start, then every `refresh` or as often as the answer wants, and sooner
 * when the keys do not prove a token (jwks_cache_want), but never twice within `pause`.
 * Anybody can make up tokens: when asking for one brought nothing new, the pause is doubled for the
 * next, up to `refresh`, so that a flood of them costs the other side nothing in the end.
 * After failures the pauses grow to `retry_max`, and no token shortens them. Keys that could not be
 * refreshed serve until `max_age`. Owner: who made it. */
#ifndef ORIEL_SERVER_AUTH_JWKS_CACHE_H
#define ORIEL_SERVER_AUTH_JWKS_CACHE_H

#include "base/rng.h"
#include "base/time.h"

#include <stdbool.h>

#define JWKS_RETRY US_PER_S /* [us] after the first failure */

struct jwks_cache_config {
    us_t refresh;   /* [us] */
    us_t pause;     /* [us] at most refresh */
    us_t retry_max; /* [us] at least JWKS_RETRY */
    us_t max_age;   /* [us] */
};

struct jwks_cache {
    struct jwks_cache_config c;
    us_t next;          /* a request is due; not looked at while one is under way */
    us_t began;         /* the last one */
    us_t good;          /* when the keys came */
    us_t pause;         /* of now */
    uint32_t failures;  /* since it last went well */
    bool have;          /* keys that serve */
    bool under_way;     /* a request */
    bool wanted, asked; /* by a token: from now on; for the request under way */
};

enum jwks_result {
    JWKS_CHANGED, /* other keys than before, or the first */
    JWKS_SAME,
    JWKS_FAILED
};

/* A request is due at once. */
void jwks_cache_init(struct jwks_cache *x, const struct jwks_cache_config *c, us_t now);
/* True: make a request, and tell of its end. */
bool jwks_cache_fetch(struct jwks_cache *x, us_t now);
/* It has ended. fresh_for: what the answer says of itself (jwks_fresh_for); 0: nothing. */
void jwks_cache_done(struct jwks_cache *x, us_t now, enum jwks_result r, us_t fresh_for,
                     const struct rng *rng);
/* The keys do not prove a token: newer ones may. */
void jwks_cache_want(struct jwks_cache *x);
/* The operator asks: at once, whatever was before. */
void jwks_cache_ask(struct jwks_cache *x, us_t now);
/* True, once: the keys are too old and serve no more. */
bool jwks_cache_expired(struct jwks_cache *x, us_t now);
/* When to look again; US_NEVER: when the request under way has ended. */
us_t jwks_cache_deadline(const struct jwks_cache *x);

/* The max-age of a Cache-Control header (RFC 9111 section 5.2.2.1) [us]; 0: it has none. */
us_t jwks_fresh_for(const char *cache_control);

#endif
