/* HMAC-SHA1 (RFC 2104) over two pre-keyed SHA-1 states. EVP would allocate a context for every
 * packet (EVP_MD_CTX_copy_ex and EVP_MAC_init both duplicate provider state); copying a SHA_CTX by
 * value does not. Owner: the sealer that embeds it. */
#ifndef ORIEL_MEDIA_SECURE_HMAC_SHA1_H
#define ORIEL_MEDIA_SECURE_HMAC_SHA1_H

#include "base/bytes.h"

#define HMAC_SHA1_LEN 20   /* [bytes] */
#define HMAC_SHA1_STATE 12 /* [64-bit words] room for OpenSSL's SHA_CTX */

struct hmac_sha1 {
    uint64_t inner[HMAC_SHA1_STATE], outer[HMAC_SHA1_STATE];
};

/* Key of n <= 64 bytes. */
void hmac_sha1_key(struct hmac_sha1 *h, const uint8_t *key, size_t n);
/* out = HMAC(a | b). */
void hmac_sha1(const struct hmac_sha1 *h, struct bytes a, struct bytes b,
               uint8_t out[HMAC_SHA1_LEN]);

#endif
