/* JSON Web Tokens (RFC 7519), HS256 only: the algorithm is pinned, whatever a token's header says
 * (RFC 8725 section 3.1). The only file that includes <jwt.h> is auth.c. An auth is immutable:
 * any thread may use it. */
#ifndef ORIEL_SERVER_AUTH_AUTH_H
#define ORIEL_SERVER_AUTH_AUTH_H

#include "base/err.h"
#include "signaling/words/claims.h"
#include "signaling/words/codes.h"

#include <stdbool.h>
#include <stddef.h>

#define AUTH_TOKEN_MAX 8192 /* [bytes] longer tokens are malformed */

struct auth;
struct auth_config {
    const char *secret;            /* the HMAC key as its text, at least 32 bytes; copied */
    const char *issuer, *audience; /* required iss and aud; empty = not checked; copied */
    int64_t leeway_s;              /* [s] */
};

/* NULL when memory is out. */
struct auth *auth_new(const struct auth_config *c);
/* NULL allowed; returns NULL. Wipes the secret. */
struct auth *auth_free(struct auth *a);
/* SIG_OK and *ret filled, or the code that says what is wrong; *ret is untouched then. n bytes of
 * token, no NUL needed. */
enum sig_code auth_verify(const struct auth *a, wall_t wall, const char *token, size_t n,
                          struct claims *ret);
/* A signed token for these claims, issued at wall; mem_free it. NULL when memory is out. */
char *auth_mint(const struct auth *a, wall_t wall, const struct claims *c);

#endif
