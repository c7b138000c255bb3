#include "media/audio/opus_level.h"

#include "base/alloc.h"

#include <math.h>
#include <opus/opus.h>

#define RATE 8000          /* [Hz] the lowest that Opus decodes at */
#define SAMPLES_MAX 960    /* 120 ms, the longest packet (RFC 6716 section 2.1.4) */
#define FULL_SCALE 32768.0 /* 0 dBov: RFC 6464 section 3, ITU-T G.168 Annex B */
#define SILENCE 127

struct opus_level {
    OpusDecoder *decoder; /* behind the struct, in the same allocation */
};

struct opus_level *opus_level_new(void) {
    size_t head = (sizeof(struct opus_level) + 15) & ~(size_t)15;
    struct opus_level *x = mem_zalloc(1, head + (size_t)opus_decoder_get_size(1));
    if (!x) {
        return NULL;
    }
    x->decoder = (OpusDecoder *)(void *)((char *)x + head);
    return opus_decoder_init(x->decoder, RATE, 1) == OPUS_OK ? x : mem_free(x);
}

struct opus_level *opus_level_free(struct opus_level *x) {
    return mem_free(x);
}

uint8_t opus_level_of(struct opus_level *x, struct bytes payload) {
    opus_int16 pcm[SAMPLES_MAX];
    int n = payload.n == 0
                ? 0
                : opus_decode(x->decoder, payload.p, (opus_int32)payload.n, pcm, SAMPLES_MAX, 0);
    double sum = 0;
    for (int i = 0; i < n; i++) {
        sum += (double)pcm[i] * pcm[i];
    }
    if (n <= 0 || sum <= 0) {
        return SILENCE;
    }
    double db = -10 * log10(sum / n / (FULL_SCALE * FULL_SCALE));
    return db <= 0 ? 0 : db >= SILENCE ? SILENCE : (uint8_t)(db + 0.5);
}
