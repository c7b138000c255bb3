/* JSON Web Tokens (RFC 7519): who may sign what is pinned, for each issuer and each key, whatever a
 * token's header says (RFC 8725 section 3.1). server/auth/ has the parts; this puts them together.
 * Owner: one thread, the control thread. */
#ifndef ORIEL_SERVER_AUTH_AUTH_H
#define ORIEL_SERVER_AUTH_AUTH_H

#include "base/err.h"
#include "signaling/words/claims.h"
#include "signaling/words/codes.h"

#include <stdbool.h>
#include <stddef.h>

#define AUTH_TOKEN_MAX 8192 /* [bytes] longer tokens are malformed */

struct auth;
struct issuer_configs;
struct keyring;
struct keyset;

/* Our own issuer: one secret for HS256, which also signs what auth_mint makes. And others. */
struct auth_config {
    const char *secret;            /* the HMAC key as its text, at least 32 bytes; copied. NULL:
                                      nothing is signed here */
    const char *issuer, *audience; /* required iss and aud; empty = not checked; copied */
    int64_t leeway_s;              /* [s] */
    int64_t max_lifetime_s;        /* [s] a token may last; 0: as long as it likes */
    const struct issuer_configs *others; /* copied; NULL: none */
    const char *revoked_file; /* who is refused (revoked.h), read by auth_read_files; borrowed until
                                 then; NULL or empty: nobody */
    /* The keys of issuer i, which are at a URL, do not prove a token: newer ones may. May be
     * NULL. */
    void (*want)(void *ctx, size_t i);
    void *ctx;
};

/* Without the keys of others. NULL when memory is out, or the secret is too short or too long. */
struct auth *auth_new(const struct auth_config *c);
/* NULL allowed; returns NULL. Wipes secrets. */
struct auth *auth_free(struct auth *a);
/* Read the files with keys and secrets of others, and with who is revoked. ERR_IO, ERR_SHORT,
 * ERR_LONG, ERR_NOMEM, what keyset_read says, ERR_UNKNOWN (no key for an algorithm that was named);
 * why[WHY_MAX] has the file and the reason. */
enum err auth_read_files(struct auth *a, char why[WHY_MAX]);
/* From now on keys, which it takes (NULL: none), are those of issuer i of the others. */
void auth_replace(struct auth *a, size_t i, struct keyset *keys);
/* a becomes what fresh is, which is freed; keys of a URL stay where the issuer
 * has the same name, iss, URL and CA. Its counts go on. */
void auth_adopt(struct auth *a, struct auth *fresh);
/* The others, in the order of their configuration, and then ourselves. */
const struct keyring *auth_keyring(const struct auth *a);
/* CODE_OK and *ret filled, or the code that says what is wrong; *ret is untouched then. n bytes of
 * token, no NUL needed. */
enum code auth_verify(struct auth *a, wall_t wall, const char *token, size_t n, struct claims *ret);
/* Are the tokens of this sub taken back? */
bool auth_revoked(const struct auth *a, const char *sub);
/* Tokens that got this code; CODE_OK: that were good. */
uint64_t auth_count(const struct auth *a, enum code code);
/* A signed token for these claims, issued at wall; mem_free it. NULL when memory is out or there is
 * no secret of ours. */
char *auth_mint(const struct auth *a, wall_t wall, const struct claims *c);

#endif
