/* Randomness as an argument: the rim passes the operating system's, tests and the simulator a
 * seeded one. Thread: an rng belongs to one thread. */
#ifndef ORIEL_BASE_RNG_H
#define ORIEL_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

struct rng {
    void (*fill)(void *ctx, void *out, size_t n);
    void *ctx;
};

/* Deterministic xoshiro256** state for tests and simulation; never for keys in production. */
struct rng_seeded {
    uint64_t s[4];
};

/* n random bytes. */
static inline void rng_fill(const struct rng *r, void *out, size_t n) {
    r->fill(r->ctx, out, n);
}
/* Uniform over all values; in the byte order of the machine. */
uint32_t rng_u32(const struct rng *r);
uint64_t rng_u64(const struct rng *r);
/* Uniform in 0..n-1 without modulo bias; n > 0. */
uint32_t rng_below(const struct rng *r, uint32_t n);
/* n characters of the ICE alphabet (RFC 8839 section 5.4: ALPHA / DIGIT / "+" / "/") plus NUL. */
void rng_ice_chars(const struct rng *r, char *out, size_t n);

/* Set the state from a seed; equal seeds give equal runs. */
void rng_seed(struct rng_seeded *s, uint64_t seed);
/* An rng over s, which the caller keeps as long as it is used. */
struct rng rng_from_seeded(struct rng_seeded *s);

#endif
