/* SipHash-2-4 (Aumasson and Bernstein 2012). */
#include "base/map.h"

#include <string.h>

static uint64_t rotl(uint64_t x, int k) {
    return x << k | x >> (64 - k);
}

static void rounds(uint64_t v[4], int n) {
    while (n-- > 0) {
        v[0] += v[1];
        v[1] = rotl(v[1], 13) ^ v[0];
        v[0] = rotl(v[0], 32);
        v[2] += v[3];
        v[3] = rotl(v[3], 16) ^ v[2];
        v[0] += v[3];
        v[3] = rotl(v[3], 21) ^ v[0];
        v[2] += v[1];
        v[1] = rotl(v[1], 17) ^ v[2];
        v[2] = rotl(v[2], 32);
    }
}

static uint64_t little_endian(const unsigned char *p, size_t n) {
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++) {
        v |= (uint64_t)p[i] << 8 * i;
    }
    return v;
}

static void absorb(uint64_t v[4], uint64_t word) {
    v[3] ^= word;
    rounds(v, 2);
    v[0] ^= word;
}

uint64_t siphash24(const void *data, size_t n, const uint64_t key[2]) {
    const unsigned char *p = data;
    uint64_t v[4] = {
        key[0] ^ UINT64_C(0x736f6d6570736575),
        key[1] ^ UINT64_C(0x646f72616e646f6d),
        key[0] ^ UINT64_C(0x6c7967656e657261),
        key[1] ^ UINT64_C(0x7465646279746573),
    };
    size_t whole = n & ~(size_t)7;
    for (size_t i = 0; i < whole; i += 8) {
        absorb(v, little_endian(p + i, 8));
    }
    uint64_t last = (uint64_t)n << 56;
    if (n > whole) {
        last |= little_endian(p + whole, n - whole);
    }
    absorb(v, last);
    v[2] ^= 0xff;
    rounds(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t hash_bytes(const void *p, size_t n, uint64_t seed) {
    /* 64 secret bits are the strength; the second half only has to differ from the first. */
    const uint64_t key[2] = {seed, seed ^ UINT64_C(0x9e3779b97f4a7c15)};
    return siphash24(p, n, key);
}
