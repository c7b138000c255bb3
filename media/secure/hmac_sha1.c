#include "media/secure/hmac_sha1.h"

#define BLOCK 64 /* [bytes] RFC 2104 section 2: B for SHA-1 */

static void start(SHA_CTX *s, const uint8_t *key, size_t n, uint8_t pad) {
    uint8_t block[BLOCK];
    memset(block, pad, sizeof(block));
    for (size_t i = 0; i < n && i < BLOCK; i++) {
        block[i] ^= key[i];
    }
    SHA1_Init(s);
    SHA1_Update(s, block, sizeof(block));
    mem_wipe(block, sizeof(block));
}

void hmac_sha1_key(struct hmac_sha1 *h, const uint8_t *key, size_t n) {
    start(&h->inner, key, n, 0x36);
    start(&h->outer, key, n, 0x5c);
}

void hmac_sha1(const struct hmac_sha1 *h, struct bytes a, struct bytes b,
               uint8_t out[HMAC_SHA1_LEN]) {
    SHA_CTX s = h->inner;
    SHA1_Update(&s, a.p, a.n);
    SHA1_Update(&s, b.p, b.n);
    SHA1_Final(out, &s);
    s = h->outer;
    SHA1_Update(&s, out, HMAC_SHA1_LEN);
    SHA1_Final(out, &s);
}
