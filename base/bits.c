#include "base/bits.h"

struct bits bits_of(struct bytes b) {
    return (struct bits){.p = b.p, .n = b.n <= SIZE_MAX / 8 ? 8 * b.n : 0};
}

uint32_t bits_u(struct bits *b, unsigned n) {
    uint32_t v = 0;
    if (b->bad || n > 32 || n > b->n - b->at) {
        b->bad = true;
        return 0;
    }
    for (; n > 0; n--, b->at++) {
        v = v << 1 | (b->p[b->at / 8] >> (7 - b->at % 8) & 1u);
    }
    return v;
}

bool bits_flag(struct bits *b) {
    return bits_u(b, 1);
}

void bits_skip(struct bits *b, size_t n) {
    if (b->bad || n > b->n - b->at) {
        b->bad = true;
    } else {
        b->at += n;
    }
}

uint32_t bits_ue(struct bits *b) {
    unsigned zeros = 0;
    while (!b->bad && !bits_flag(b)) {
        zeros++;
    }
    if (zeros > 31) {
        b->bad = true;
    }
    uint32_t rest = bits_u(b, zeros);
    return b->bad ? 0 : (UINT32_C(1) << zeros) - 1 + rest;
}

int32_t bits_se(struct bits *b) {
    uint32_t k = bits_ue(b);
    return k & 1 ? (int32_t)(k / 2 + 1) : -(int32_t)(k / 2);
}
