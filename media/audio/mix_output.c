#include "media/audio/mix_output.h"

#include "base/alloc.h"

#include <opus/opus.h>
#include <string.h>

#define CHUNKS (MIX_FRAME / LIMITER_CHUNK)
#define FRAME_FLOATS (2 * (size_t)MIX_FRAME)
#define CHUNK_FLOATS (2 * (size_t)LIMITER_CHUNK)
#define MUTE_FRAMES 5 /* encoded before the constant: what the encoder holds back dies away */

/* 20 ms of silence: CELT, full band, stereo (RFC 6716 section 3.1), with its silence flag set
 * (section 4.3). */
static const uint8_t silence[] = {0xfc, 0xff, 0xfe};

bool mix_output_is_silence(struct bytes opus) {
    return opus.n == sizeof(silence) && memcmp(opus.p, silence, sizeof(silence)) == 0;
}

static bool configure(OpusEncoder *e, const struct mixer_config *c) {
    return opus_encoder_init(e, 48000, 2, OPUS_APPLICATION_AUDIO) == OPUS_OK &&
           opus_encoder_ctl(e, OPUS_SET_BITRATE((opus_int32)c->bitrate)) == OPUS_OK &&
           opus_encoder_ctl(e, OPUS_SET_VBR(1)) == OPUS_OK &&
           opus_encoder_ctl(e, OPUS_SET_DTX(0)) == OPUS_OK &&
           opus_encoder_ctl(e, OPUS_SET_COMPLEXITY((opus_int32)c->complexity)) == OPUS_OK;
}

enum err mix_output_init(struct mix_output *o, uint32_t id, uint32_t without,
                         const struct mixer_config *c) {
    *o = (struct mix_output){.without = without};
    o->encoder = mem_alloc((size_t)opus_encoder_get_size(2));
    o->held = mem_zalloc(CHUNK_FLOATS + FRAME_FLOATS, sizeof(float));
    o->own = without ? mem_zalloc(FRAME_FLOATS, sizeof(float)) : NULL;
    if (!o->encoder || !o->held || (without && !o->own) || !configure(o->encoder, c)) {
        mix_output_free(o);
        return ERR_NOMEM;
    }
    o->id = id;
    o->mute = MUTE_FRAMES;
    return OK;
}

void mix_output_free(struct mix_output *o) {
    mem_free(o->encoder);
    mem_free(o->held);
    mem_free(o->own);
    *o = (struct mix_output){0};
}

void mix_output_begin(struct mix_output *o) {
    opus_encoder_ctl(o->encoder, OPUS_RESET_STATE);
    memset(o->held, 0, (CHUNK_FLOATS + FRAME_FLOATS) * sizeof(float));
    o->began = o->sounds = false;
    o->mute = MUTE_FRAMES;
}

void mix_output_first(struct mix_output *o, const float *pcm, bool joins) {
    if (pcm) {
        memcpy(o->held, pcm, CHUNK_FLOATS * sizeof(float));
    }
    o->sounds = pcm != NULL;
    o->joins = joins;
    limiter_init(&o->limiter, o->held);
    o->began = true;
}

static struct bytes encode(struct mix_output *o) {
    int n = opus_encode_float(o->encoder, o->held, MIX_FRAME, o->out, sizeof(o->out));
    /* Nothing that is encoded here can fail; should it, silence keeps the time. */
    return n > 0 ? bytes_of(o->out, (size_t)n) : bytes_of(silence, sizeof(silence));
}

/* Silence after silence. The encoder begins anew behind it, for so does a player's decoder. */
static struct bytes give_silence(struct mix_output *o, struct mixer_counters *n) {
    if (o->mute == MUTE_FRAMES) {
        n->silent++;
        return bytes_of(silence, sizeof(silence));
    }
    struct bytes out = encode(o);
    if (++o->mute == MUTE_FRAMES) {
        opus_encoder_ctl(o->encoder, OPUS_RESET_STATE);
        limiter_init(&o->limiter, o->held);
    }
    return out;
}

static void put_behind(struct mix_output *o, const float *pcm) {
    float *behind = o->held + CHUNK_FLOATS;
    if (!pcm) {
        memset(behind, 0, FRAME_FLOATS * sizeof(float));
        return;
    }
    memcpy(behind, pcm, FRAME_FLOATS * sizeof(float));
    for (size_t i = 0; o->joins && i < CHUNK_FLOATS; i++) {
        behind[i] *= (float)(i / 2) / LIMITER_CHUNK;
    }
}

struct bytes mix_output_frame(struct mix_output *o, const float *pcm, struct mixer_counters *n) {
    n->frames++;
    if (!pcm && !o->sounds) {
        o->joins = false;
        return give_silence(o, n);
    }
    put_behind(o, pcm);
    for (size_t i = 0; i < CHUNKS; i++) {
        float *chunk = o->held + i * CHUNK_FLOATS;
        n->limited += limiter_chunk(&o->limiter, chunk, chunk + CHUNK_FLOATS);
    }
    struct bytes out = encode(o);
    memmove(o->held, o->held + FRAME_FLOATS, CHUNK_FLOATS * sizeof(float));
    if (!pcm) {
        memset(o->held + CHUNK_FLOATS, 0, FRAME_FLOATS * sizeof(float));
    }
    o->sounds = pcm != NULL;
    o->joins = false;
    o->mute = 0;
    return out;
}

bool mix_output_holds(const struct mix_output *o) {
    return o->sounds || o->mute == 0;
}
