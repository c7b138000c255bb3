/* Who speaks in a tour: the active speaker and the three loudest voices, from the audio levels
 * that clients send (RFC 6464); nothing is decoded. Deterministic in virtual time: work is done in
 * windows of 20 ms.
 *
 * DESIGN. Each member has a smoothed loudness (fast up, slow down). The speaker changes when a
 * challenger has led by 6 dB in 15 of the last 20 windows, or when nobody was the speaker and
 * somebody was the loudest voice in 5 windows; it becomes nobody after 2 s of silence. A voice
 * enters the top at once when a place is free or its holder has been silent for 2 s, else when it
 * leads the quietest of them by 6 dB in 5 of the last 8 windows. Places in the top are stable: who
 * stays, stays in place, so audio slots do not switch needlessly. Owner: one worker. */
#ifndef ORIEL_MEDIA_AUDIO_SPEAKER_H
#define ORIEL_MEDIA_AUDIO_SPEAKER_H

#include "base/err.h"
#include "base/time.h"

#include <stdbool.h>
#include <stdint.h>

#define SPEAKER_TOP 3
#define SPEAKER_WINDOW (20 * US_PER_MS)
#define SPEAKER_SILENCE (2 * US_PER_S)
#define SPEAKER_HOLD (100 * US_PER_MS) /* a level is valid this long (60 ms packets, loss) */
#define SPEAKER_ACTIVE 67              /* loudness of a voice: louder than -60 dBov */
#define SPEAKER_LEAD 6                 /* [dB] */

struct speaker_member {
    uint64_t id;       /* given by the caller, 0 = free place */
    us_t level_at;     /* [us] of the last level */
    us_t voice_at;     /* [us] of the last window with a voice, -SPEAKER_SILENCE = never */
    uint32_t smooth;   /* [1/256 dB] loudness: 127 - level, smoothed */
    uint32_t lead;     /* one bit per window: led the speaker; newest in bit 0 */
    uint32_t top_lead; /* one bit per window: led the quietest of the top */
    uint8_t loud;      /* [dB] loudest in this window, else the last one */
    bool fresh;        /* a level came in this window */
    bool in_top;
};

struct speaker_set {
    struct speaker_member *members; /* cap places; more are made as they are needed */
    unsigned cap, max, n;
    us_t next;                 /* [us] end of the current window, US_NEVER when all is silent */
    uint64_t speaker;          /* 0 = nobody */
    uint64_t top[SPEAKER_TOP]; /* 0 = free place */
};

#define SPEAKER_CHANGED 1u /* bits returned by the functions below */
#define SPEAKER_TOP_CHANGED 2u

/* max members at most (1..65535). ERR_NOMEM, ERR_RANGE leave *s zeroed. */
enum err speaker_init(struct speaker_set *s, unsigned max);
/* A zeroed struct is allowed. */
void speaker_free(struct speaker_set *s);
/* A new voice; id not 0. Returns its place (0..max-1) for speaker_level, or -1 when full, when the
 * id is there already, or without memory. */
int speaker_add(struct speaker_set *s, uint64_t id);
/* The voice is gone or muted. Its place is free at once; ERR-free for an unknown id. Returns
 * SPEAKER_* bits of what changed. */
unsigned speaker_remove(struct speaker_set *s, uint64_t id);
/* Nobody speaks and nobody is known, as after speaker_init; the memory is kept. */
void speaker_clear(struct speaker_set *s);
/* A level of the voice in this place: -dBov, 0 loudest .. 127 silence. */
void speaker_level(struct speaker_set *s, us_t now, int place, uint8_t level);
/* When to call speaker_tick, US_NEVER. */
us_t speaker_deadline(const struct speaker_set *s);
/* Close the windows that have ended. Returns SPEAKER_* bits. */
unsigned speaker_tick(struct speaker_set *s, us_t now);
/* True when id is among the top. */
bool speaker_in_top(const struct speaker_set *s, uint64_t id);

#endif
