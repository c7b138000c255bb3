#include "media/secure/hmac_sha1.h"

#include "media/secure/openssl.h"

#include <assert.h>

#define BLOCK 64 /* [bytes] RFC 2104 section 2: B for SHA-1 */

_Static_assert(sizeof(SHA_CTX) <= HMAC_SHA1_STATE * sizeof(uint64_t), "a state holds a SHA_CTX");

static void start(uint64_t state[HMAC_SHA1_STATE], const uint8_t *key, size_t n, uint8_t pad) {
    uint8_t block[BLOCK];
    SHA_CTX s;
    memset(block, pad, sizeof(block));
    for (size_t i = 0; i < n && i < BLOCK; i++) {
        block[i] ^= key[i];
    }
    SHA1_Init(&s);
    SHA1_Update(&s, block, sizeof(block));
    memcpy(state, &s, sizeof(s));
    mem_wipe(block, sizeof(block));
}

void hmac_sha1_key(struct hmac_sha1 *h, const uint8_t *key, size_t n) {
    start(h->inner, key, n, 0x36);
    start(h->outer, key, n, 0x5c);
}

void hmac_sha1(const struct hmac_sha1 *h, struct bytes a, struct bytes b,
               uint8_t out[HMAC_SHA1_LEN]) {
    SHA_CTX s;
    memcpy(&s, h->inner, sizeof(s));
    SHA1_Update(&s, a.p, a.n);
    SHA1_Update(&s, b.p, b.n);
    SHA1_Final(out, &s);
    memcpy(&s, h->outer, sizeof(s));
    SHA1_Update(&s, out, HMAC_SHA1_LEN);
    SHA1_Final(out, &s);
}
