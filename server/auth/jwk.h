/* One JSON Web Key (RFC 7517, RFC 7518 section 6) as a key that checks signatures. Thread: any. */
#ifndef ORIEL_SERVER_AUTH_JWK_H
#define ORIEL_SERVER_AUTH_JWK_H

#include "server/auth/algorithm.h"

struct json;

/* kty "RSA" is for RS256, "EC" with crv "P-256" for ES256, and "oct" for HS256, but only where
 * `secrets`: a secret that is told on the web is none. ERR_UNSUPPORTED: of another kind, curve or
 * algorithm, for another use (use, key_ops), or a secret that may not be here; ERR_DENIED: with its
 * private half; ERR_FORMAT, ERR_SHORT, ERR_LONG, ERR_RANGE, ERR_CRYPTO: no sound key; ERR_NOMEM.
 * *ret_kid is the kid, borrowed from o, or NULL. Neither is touched on failure. */
enum err jwk_read(const struct json *o, bool secrets, struct jws_key **ret, const char **ret_kid);

#endif
