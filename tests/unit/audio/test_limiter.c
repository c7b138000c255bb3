#include "media/audio/limiter.h"
#include "tests/unit/test.h"

#include <math.h>

#define CHUNKS 400
#define N (CHUNKS * LIMITER_CHUNK)

static float in[2 * N], out[2 * N];

static bool run(void) {
    struct limiter l;
    bool any = false;
    memcpy(out, in, sizeof(in));
    limiter_init(&l, out);
    for (int i = 0; i + 1 < CHUNKS; i++) {
        float *chunk = out + 2 * i * LIMITER_CHUNK;
        any |= limiter_chunk(&l, chunk, chunk + 2 * LIMITER_CHUNK);
    }
    return any;
}

static float noise(uint32_t *state) {
    *state = *state * 1664525 + 1013904223;
    return (float)(*state >> 8) / (1 << 23) - 1;
}

TEST(limiter_leaves_alone_what_is_not_too_loud) {
    uint32_t state = 7;
    for (int i = 0; i < 2 * N; i++) {
        in[i] = LIMITER_CEILING * noise(&state);
    }
    EXPECT(!run());
    EXPECT(memcmp(in, out, sizeof(in)) == 0);
}

/* Bursts of any loudness at any place: never above, never a jump of the gain, and back to unity. */
TEST(limiter_keeps_below_the_ceiling) {
    for (uint32_t seed = 1; seed < 40; seed++) {
        uint32_t state = seed;
        for (int i = 0; i < N; i++) {
            bool burst = i > (int)seed * 101 && i < (int)seed * 101 + 2000 + (int)seed * 37;
            in[2 * i] = (burst ? 0.4f * (float)seed : 0.4f) * noise(&state);
            in[2 * i + 1] = -in[2 * i] / 2;
        }
        EXPECT_EQ(run(), 0.4f * (float)seed > LIMITER_CEILING);
        float before = 1;
        for (int i = 0; i < N - LIMITER_CHUNK; i++) {
            float gain = fabsf(in[2 * i]) > 1e-3f ? out[2 * i] / in[2 * i] : before;
            if (fabsf(out[2 * i]) > LIMITER_CEILING * 1.00001f || gain > 1.0001f ||
                fabsf(gain - before) > 1.2f / LIMITER_CHUNK * 20 ||
                fabsf(gain * in[2 * i + 1] - out[2 * i + 1]) > 1e-4f) {
                test_fail(__FILE__, __LINE__, "seed %u, sample %d: %g of %g", seed, i,
                          (double)out[2 * i], (double)in[2 * i]);
                return;
            }
            before = gain;
        }
        EXPECT(before == 1);
    }
}

/* The gain is lowest where the peak is, and falls before it, over the look-ahead. */
TEST(limiter_looks_ahead) {
    for (int i = 0; i < 2 * N; i++) {
        in[i] = 0.5f;
    }
    int peak = 50 * LIMITER_CHUNK + 100;
    in[2 * peak] = 2 * LIMITER_CEILING;
    EXPECT(run());
    EXPECT(fabsf(out[2 * peak] - LIMITER_CEILING) < 0.001f);
    EXPECT(out[2 * (49 * LIMITER_CHUNK - 1)] == 0.5f);
    for (int i = 49 * LIMITER_CHUNK + 1; i < 50 * LIMITER_CHUNK; i++) {
        EXPECT(out[2 * i] < out[2 * i - 2]);
        EXPECT(out[2 * i - 2] - out[2 * i] < 0.0011f);
    }
    EXPECT(out[2 * (CHUNKS - 2) * LIMITER_CHUNK] == 0.5f);
}
