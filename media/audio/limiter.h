/* Keeps a sum of voices below full scale. Stereo, 48 kHz, 5 ms of look-ahead, and exact where
 * nothing is too loud: then every sample passes as it is.
 *
 * DESIGN. Sound is taken in chunks of 5 ms. The gain is a line within a chunk, and at each boundary
 * it is at most what either of the two chunks beside it needs; so it is low enough everywhere, and
 * never jumps. It falls within the 5 ms before a peak and comes back over some 100 ms. Owner: one
 * thread. */
#ifndef ORIEL_MEDIA_AUDIO_LIMITER_H
#define ORIEL_MEDIA_AUDIO_LIMITER_H

#include <stdbool.h>

#define LIMITER_CHUNK 240 /* [1/48000 s] the look-ahead */
/* Of full scale: -3 dB. At 64 kbit/s Opus makes of loud speech peaks that are up to 2.8 dB above
 * those it was given. */
#define LIMITER_CEILING 0.708f

struct limiter {
    float needs; /* gain that the next chunk may have at most */
    float gain;  /* at its beginning */
};

/* Before the first chunk; `first` is that chunk: LIMITER_CHUNK pairs of samples. */
void limiter_init(struct limiter *l, const float *first);
/* Limit a chunk in place, when the one that follows it is known. Returns true when something of it
 * was made quieter. */
bool limiter_chunk(struct limiter *l, float *chunk, const float *next);

#endif
