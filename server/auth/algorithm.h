/* The three ways in which a token may be signed (RFC 7518 section 3), and keys that check them.
 *
 * DESIGN. A key is made for one algorithm and keeps it: what a token's header says chooses among
 * keys and never how a key is used (RFC 8725 section 3.1). So the public half of an RSA key cannot
 * become the secret of an HMAC, whatever a forger writes: there is no function that takes the one
 * and does the other. Plain OpenSSL over the exact bytes that were signed; its types stay inside.
 *
 * A key is immutable: any thread may use it. */
#ifndef ORIEL_SERVER_AUTH_ALGORITHM_H
#define ORIEL_SERVER_AUTH_ALGORITHM_H

#include "base/bytes.h"
#include "base/err.h"
#include "server/config/token_algorithm.h"

#include <stdbool.h>

#define JWS_SECRET_MIN 32        /* [bytes] RFC 7518 section 3.2: at least the size of the hash */
#define JWS_SECRET_MAX (1 << 20) /* [bytes] */
#define JWS_RSA_BITS_MIN 2048    /* RFC 7518 section 3.3 */
#define JWS_RSA_BITS_MAX 8192    /* a larger one costs milliseconds for each token */
#define JWS_SIGNATURE_MAX 1024   /* [bytes] of the largest RSA key */

struct jws_key;

/* For HS256. ERR_SHORT, ERR_LONG, ERR_NOMEM. The secret is copied. */
enum err jws_key_secret(struct bytes secret, struct jws_key **ret);
/* For RS256: modulus and exponent, big-endian. ERR_SHORT and ERR_LONG: the modulus; ERR_RANGE: an
 * exponent that is even, 1 or above 32 bits; ERR_CRYPTO, ERR_NOMEM. */
enum err jws_key_rsa(struct bytes n, struct bytes e, struct jws_key **ret);
/* For ES256: a point of P-256, 32 bytes each (RFC 7518 section 6.2.1.2). ERR_FORMAT: another
 * length; ERR_CRYPTO: not on the curve; ERR_NOMEM. */
enum err jws_key_p256(struct bytes x, struct bytes y, struct jws_key **ret);
/* The same two from DER: a SubjectPublicKeyInfo, or the certificate that holds one. ERR_FORMAT: it
 * is none; ERR_UNSUPPORTED: of another kind or curve; and what the two above say. */
enum err jws_key_spki(struct bytes der, struct jws_key **ret);
enum err jws_key_certificate(struct bytes der, struct jws_key **ret);
/* NULL allowed; returns NULL. Wipes a secret. */
struct jws_key *jws_key_free(struct jws_key *k);

/* The algorithm it was made for. */
enum jws_algorithm jws_key_algorithm(const struct jws_key *k);
/* Is this the signature of exactly these bytes? */
bool jws_key_verify(const struct jws_key *k, struct bytes input, struct bytes signature);

#define JWS_HS256_LEN 32 /* [bytes] */
/* Sign with a secret; k is one for HS256. */
void jws_key_sign(const struct jws_key *k, struct bytes input, uint8_t out[JWS_HS256_LEN]);

#endif
