#include "recorder/journal/merkle.h"

#include "base/check.h"

#define LEAF 0x00
#define NODE 0x01

static void join(const uint8_t left[SHA256_LEN], const uint8_t right[SHA256_LEN],
                 uint8_t ret[SHA256_LEN]) {
    uint8_t text[1 + SHA256_LEN];
    text[0] = NODE;
    memcpy(text + 1, left, SHA256_LEN);
    sha256_of(bytes_of(text, sizeof(text)), bytes_of(right, SHA256_LEN), ret);
}

void merkle_add(struct merkle *m, struct bytes leaf) {
    static const uint8_t prefix[1] = {LEAF};
    uint8_t hash[SHA256_LEN];
    unsigned i = 0;
    sha256_of(bytes_of(prefix, sizeof(prefix)), leaf, hash);
    for (; m->n >> i & 1; i++) {
        join(m->subtrees[i], hash, hash);
    }
    CHECK(i < MERKLE_DEPTH);
    memcpy(m->subtrees[i], hash, sizeof(hash));
    m->n++;
}

void merkle_root(const struct merkle *m, uint8_t ret[SHA256_LEN]) {
    bool any = false;
    if (m->n == 0) {
        sha256_of(bytes_of("", 0), bytes_of("", 0), ret);
        return;
    }
    for (unsigned i = 0; i < MERKLE_DEPTH; i++) {
        if (m->n >> i & 1) {
            if (any) {
                join(m->subtrees[i], ret, ret);
            } else {
                memcpy(ret, m->subtrees[i], SHA256_LEN);
            }
            any = true;
        }
    }
}
