/* JSON Web Tokens (RFC 7519), HS256 only: the algorithm is pinned, whatever a token's header says
 * (RFC 8725 section 3.1). The only file that includes <jwt.h> is auth.c. An auth is immutable:
 * any thread may use it. */
#ifndef ORIEL_SERVER_AUTH_AUTH_H
#define ORIEL_SERVER_AUTH_AUTH_H

#include "base/err.h"
#include "signaling/claims.h"
#include "signaling/codes.h"

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

/* The first line of a secret file (mem_free and wipe it). With `create`, a missing file is made:
 * mode 0600, 32 random bytes in hex, directories included. ERR_IO, ERR_SHORT (under 32 bytes),
 * ERR_NOMEM; the reason with the file's name in why. */
enum err auth_secret_load(const char *file, bool create, char **ret, char why[WHY_MAX]);

/* Playback tickets: proof that `sub` may read one recording until `expires`. HMAC-SHA-256 under a
 * key of this process, so they end with it. They name who has them, so that they can be taken back
 * (server/auth/revocations.h), and live some minutes: whoever watches longer shows the token again.
 */
#define AUTH_TICKET_KEY 32
#define AUTH_TICKET_MAX 256 /* [bytes] NUL included */
struct auth_ticket {
    char sub[SUB_MAX + 1];
    uint64_t number; /* each has one more than the one before */
    us_t expires;    /* of the monotonic clock: the other one can be set back */
};
void auth_ticket_make(const uint8_t key[AUTH_TICKET_KEY], const char *recording,
                      const struct auth_ticket *t, char out[AUTH_TICKET_MAX]);
/* False when it is not ours, of another recording, or over at now; *ret untouched then. */
bool auth_ticket_read(const uint8_t key[AUTH_TICKET_KEY], const char *recording, us_t now,
                      const char *ticket, struct auth_ticket *ret);

#endif
