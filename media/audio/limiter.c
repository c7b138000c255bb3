#include "media/audio/limiter.h"

#include <math.h>

#define SAMPLES (2 * LIMITER_CHUNK)
#define RELEASE 0.05f /* of what is missing to unity, for each chunk */
#define UNITY                                                                          \
    0.9999f /* 0.001 dB below is unity: a release that never ended would cost for ever \
             */

static float need_of(const float *chunk) {
    float peak = 0;
    for (int i = 0; i < SAMPLES; i++) {
        float a = fabsf(chunk[i]);
        peak = a > peak ? a : peak; /* fmaxf is a call */
    }
    return peak > LIMITER_CEILING ? LIMITER_CEILING / peak : 1;
}

void limiter_init(struct limiter *l, const float *first) {
    l->needs = need_of(first);
    l->gain = l->needs;
}

bool limiter_chunk(struct limiter *l, float *chunk, const float *next) {
    float needs = need_of(next);
    float released = l->gain + (1 - l->gain) * RELEASE;
    float to = fminf(fminf(l->needs, needs), released > UNITY ? 1 : released);
    float gain = l->gain, step = (to - gain) / LIMITER_CHUNK;
    bool limited = gain < 1 || to < 1;
    for (int i = 0; limited && i < SAMPLES; i += 2) {
        chunk[i] *= gain;
        chunk[i + 1] *= gain;
        gain += step;
    }
    l->needs = needs;
    l->gain = to;
    return limited;
}
