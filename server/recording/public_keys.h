/* Who signs recordings here, for everybody who wants to check them: a JWK Set (RFC 7517) of Ed25519
 * keys (RFC 8037). Thread: any. */
#ifndef ORIEL_SERVER_RECORDING_PUBLIC_KEYS_H
#define ORIEL_SERVER_RECORDING_PUBLIC_KEYS_H

#include "base/buffer.h"
#include "recorder/library/library_state.h"

#define PUBLIC_KEY_ID_MAX 44 /* [bytes] with the NUL: a thumbprint in base64url */

/* The id of a key, its JWK thumbprint (RFC 7638). ERR_CRYPTO. */
enum err public_key_id(const uint8_t key[LIBRARY_SIGNER_LEN], char out[PUBLIC_KEY_ID_MAX]);
/* {"keys":[{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","use":"sig","kid","x","hex","pem",
 * "current"}]}, the present one first: hex is what `oriel recordings public-key` prints, pem what
 * OpenSSL reads. ERR_CRYPTO, ERR_NOMEM. */
enum err public_keys_json(const struct library_signers *s, struct buffer *ret);

#define PUBLIC_KEYS_FILE_MAX 65536 /* [bytes] */
/* Keys that somebody kept, n bytes with a NUL behind them: such a set, PEM of one or more, or a
 * line of 64 hex digits for each. ERR_FORMAT: it is none of these, has no key, or has one that is
 * not Ed25519; ERR_FULL: more than LIBRARY_SIGNERS_MAX. */
enum err public_keys_read(const char *text, size_t n, struct library_signers *ret);

#endif
