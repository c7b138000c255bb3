/* One request for the keys of a URL: its answer is bounded and parsed strictly, and nothing is
 * followed. Blocks. Thread: that of http. */
#ifndef ORIEL_SERVER_AUTH_JWKS_FETCH_H
#define ORIEL_SERVER_AUTH_JWKS_FETCH_H

#include "recorder/store/http.h"
#include "server/auth/keyset.h"

#define JWKS_HASH 32 /* [bytes] */

struct jwks_fetched {
    struct keyset *keys;     /* for keyset_free */
    uint8_t hash[JWKS_HASH]; /* of the answer: another one for other keys */
    us_t fresh_for;          /* jwks_fresh_for */
};

/* ERR_IO (unreachable, not trusted, another status than 200), and what keyset_read says;
 * why[WHY_MAX] has the reason, and *ret is untouched then. */
enum err jwks_fetch(const struct http *http, const char *url, struct jwks_fetched *ret,
                    char why[WHY_MAX]);

#endif
