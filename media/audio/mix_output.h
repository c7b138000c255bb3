/* One listener of a mix: what he hears limited and encoded. Private to media/audio; mixer.h says
 * what is promised. Owner: the mixer's thread. */
#ifndef ORIEL_MEDIA_AUDIO_MIX_OUTPUT_H
#define ORIEL_MEDIA_AUDIO_MIX_OUTPUT_H

#include "media/audio/limiter.h"
#include "media/audio/mixer.h"

#define MIX_FRAME 960 /* [samples] 20 ms */

struct mix_output {
    uint32_t id;      /* 0: free */
    uint32_t without; /* input that is left out, 0: none */
    struct OpusEncoder *encoder;
    struct limiter limiter;
    float *held;    /* pairs: LIMITER_CHUNK that are not given out yet, then MIX_FRAME new ones */
    float *own;     /* pairs: MIX_FRAME of the input that is left out; NULL without one */
    uint32_t heard; /* voices of it that are in `own` */
    bool began;     /* `held` has its first LIMITER_CHUNK */
    bool joins;     /* while others are heard: the first of it is faded in */
    bool sounds;    /* something of `held` is no silence */
    unsigned mute;  /* frames of silence given out in a row, up to those that are encoded */
    uint8_t out[1275]; /* the packet (RFC 6716 section 3.2.1) */
};

/* Allocates all that it will need, about 60 KiB. ERR_NOMEM leaves it free. */
enum err mix_output_init(struct mix_output *o, uint32_t id, uint32_t without,
                         const struct mixer_config *c);
/* Safe on a zeroed one, which it becomes. */
void mix_output_free(struct mix_output *o);
/* What comes next begins after a silence; what is held is forgotten. */
void mix_output_begin(struct mix_output *o);
/* The first LIMITER_CHUNK pairs of all, or NULL for silence; nothing comes out yet. joins: these
 * are left out of something that goes on. */
void mix_output_first(struct mix_output *o, const float *pcm, bool joins);
/* MIX_FRAME pairs more, or NULL for silence: a packet comes out, of the MIX_FRAME samples that
 * begin where `held` does. Valid until the next call. */
struct bytes mix_output_frame(struct mix_output *o, const float *pcm, struct mixer_counters *n);
/* As mixer_is_silence. */
bool mix_output_is_silence(struct bytes opus);
/* Sound was put in that has not come out wholly. */
bool mix_output_holds(const struct mix_output *o);

#endif
