/* Keys of somebody else's, who signs tokens, as a test needs them: made and used with OpenSSL
 * alone, so that nothing of what is tested has a part in it. */
#ifndef ORIEL_TESTS_TOKEN_KEYS_H
#define ORIEL_TESTS_TOKEN_KEYS_H

#include <stddef.h>

struct token_key;

/* "RS256" (2048 bits), "ES256" (P-256), "ES384" (P-384), or "RS256/1024" for a weak one. */
struct token_key *token_key_new(const char *kind);
struct token_key *token_key_free(struct token_key *k);
/* Its public half as a JWK with this kid (NULL: none) and these further members (",\"a\":1"). In
 * memory that the next call but three overwrites. */
const char *token_key_jwk(const struct token_key *k, const char *kid, const char *more);
/* The same as PEM, for free. */
char *token_key_pem(const struct token_key *k);
/* A token with this header and payload, for free. */
char *token_key_sign(const struct token_key *k, const char *header, const char *payload);
/* The same, signed by HMAC with any secret. */
char *token_hmac(const void *secret, size_t n, const char *header, const char *payload);

#endif
