/* Sound as stereo samples of 48 kHz. Owner: the process. */
#ifndef ORIEL_HELPER_SOUND_H
#define ORIEL_HELPER_SOUND_H

#include "helper/input.h"

#define SOUND_RATE 48000

struct sound;

/* The sound of input number `index`; NULL: it has none. Ends the process without memory. */
struct sound *sound_open(const struct task *t, uint32_t index);
/* NULL allowed; returns NULL. */
struct sound *sound_close(struct sound *s);

/* Samples of both channels from this recording time on. Views until the next call. */
struct sound_piece {
    us_t at; /* [us] */
    int n;   /* samples per channel */
    const float *left, *right;
};
/* The next piece; false at the end. */
bool sound_next(struct sound *s, struct sound_piece *ret);

#endif
