/* The waveform of a track: the lowest and the highest sample of every 100 ms, for drawing. As bytes
 * (an OBJECT_WAVEFORM's plaintext): "ORWF", version 1 (1), zero (1), window 2 [ms], windows 4,
 * duration of the recording 8 [us], numbers big-endian, then for each window lowest and highest as
 * signed bytes: -128..127 is full scale, 0 0 silence. Owner: one thread. */
#ifndef ORIEL_RECORDER_DERIVED_WAVEFORM_H
#define ORIEL_RECORDER_DERIVED_WAVEFORM_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/time.h"

#define WAVEFORM_HEAD 20                       /* [bytes] */
#define WAVEFORM_WINDOW (100 * US_PER_MS)      /* [us] */
#define WAVEFORM_WINDOWS_MAX (48u * 3600 * 10) /* 48 h */

/* Zero is none. */
struct waveform {
    uint8_t *b; /* the bytes */
    size_t n;   /* [bytes] */
};

/* Windows of a recording: as many as begin within it. */
uint32_t waveform_windows(us_t duration);
/* Silence all along. ERR_LONG, ERR_NOMEM. */
enum err waveform_new(us_t duration, struct waveform *ret);
/* Take pairs from window `at` on; of what is there already the wider range counts, and what lies
 * behind the end is left out. pairs.n is even. */
void waveform_add(struct waveform *w, uint64_t at, struct bytes pairs);
/* Safe on a zeroed one, which it is afterwards. */
void waveform_free(struct waveform *w);

#endif
