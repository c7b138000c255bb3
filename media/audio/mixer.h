/* Voices mixed: Opus packets of many in, Opus packets of 20 ms out, each sample at its exact time.
 * What is said at time t is heard at time t, whoever else came early, late or not at all. Every
 * voice is decoded once, however many outputs there are; an output may leave out one voice, so that
 * nobody hears himself (mix-minus). Sans-I/O: the caller says which time is final, and nothing is
 * allocated but when an input or an output is added. libopus stays in this folder. Owner: one
 * thread.
 *
 * PROMISES. A voice alone passes at unity gain, a mono one in the middle. The sum is limited, not
 * clipped, below full scale (limiter.h). Nothing clicks: beginnings, ends and holes are faded over
 * 5 ms (mix_input.h). Silence, and packets of discontinuous transmission, cost nothing: nothing is
 * decoded, and the silence that comes out is a constant. All times are of sound, not of packets:
 * the delay of encoders is taken off what comes in (MIXER_PRE_SKIP, as players do) and players will
 * take it off what comes out. What cannot be in the mix is told by the verdict of mixer_put, and
 * counted.
 */
#ifndef ORIEL_MEDIA_AUDIO_MIXER_H
#define ORIEL_MEDIA_AUDIO_MIXER_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/time.h"

#include <stdbool.h>
#include <stdint.h>

#define MIXER_FRAME (20 * US_PER_MS) /* [us] of a packet that comes out */
/* [1/48000 s] what an encoder of libopus is behind: 6.5 ms (RFC 7845 section 4.2) */
#define MIXER_PRE_SKIP 312
/* [us] What a frame needs beyond its own end: the limiter looks 5 ms ahead, and a packet begins
 * MIXER_PRE_SKIP before its time. */
#define MIXER_LOOK_AHEAD 11500
#define MIXER_TIME_MAX (INT64_C(1) << 52) /* [us] no time is beyond */
#define MIXER_INAUDIBLE 75   /* [-dBov] six steps of 16 bits: nobody hears it beside a voice */
#define MIXER_LEVEL_NONE 255 /* of a packet that does not say how loud it is */

struct mixer;

/* 0: the default. */
struct mixer_config {
    uint32_t inputs;     /* at once (128) */
    uint32_t outputs;    /* (1) */
    uint32_t bitrate;    /* of an output [bit/s], 6000..510000 (64000) */
    uint32_t complexity; /* of the encoders, 1..10 (5) */
    us_t ahead; /* [us] further than this a packet may not be ahead of what was taken (5 s) */
    uint32_t queue_bytes;   /* [bytes] of packets that wait, for each input (65536) */
    uint32_t queue_packets; /* (512) */
};

/* What became of a packet. All but MIXER_TAKEN: its sound is not in the mix. */
enum mixer_verdict {
    MIXER_TAKEN,
    MIXER_LATE,    /* its time has been given out */
    MIXER_AHEAD,   /* too far ahead */
    MIXER_OVERLAP, /* its time is taken by sound of the same input */
    MIXER_FULL,    /* too much of this input waits */
    MIXER_BAD,     /* no Opus packet */
    MIXER_UNKNOWN  /* no such input */
};

struct mixer_counters {
    uint64_t taken, late, ahead, overlap, full, bad; /* packets put, by verdict */
    uint64_t damaged;                                /* taken, but not decodable: concealed */
    uint64_t inaudible;                              /* taken, and not decoded: mixer_put_level */
    uint64_t concealed; /* [1/48000 s] of sound that was made up for holes */
    uint64_t frames;    /* given out, over all outputs */
    uint64_t silent;    /* of these, the constant */
    uint64_t limited;   /* chunks of 5 ms that were made quieter */
};

/* A packet that was taken and is not in the mix after all: it began while sound was made up in its
 * place and is too short to be heard behind that (MIXER_LATE), or it could not be decoded and is
 * made up (MIXER_BAD). */
struct mixer_lost {
    us_t t, duration; /* where it was to be [us] */
    enum mixer_verdict why;
};

/* Where packets go. The bytes are valid during the call. Nothing may be asked of the mixer in it.
 */
struct mixer_sink {
    void *ctx;
    /* t: of its first sample [us], a multiple of MIXER_FRAME; each packet of an output is
     * MIXER_FRAME after the one before, but where mixer_skip left something out. */
    void (*packet)(void *ctx, uint32_t output, us_t t, struct bytes opus);
    /* NULL: nobody asks. */
    void (*lost)(void *ctx, uint32_t input, const struct mixer_lost *l);
};

/* Inputs whose ids differ in the bits above these only are of one person, on several devices: who
 * leaves out one of them leaves out all. */
#define MIXER_PERSON_BITS 28
static inline bool mixer_leaves_out(uint32_t without, uint32_t input) {
    return without && ((without ^ input) & ((1u << MIXER_PERSON_BITS) - 1)) == 0;
}

/* NULL without memory or with a configuration out of range. */
struct mixer *mixer_new(const struct mixer_config *c);
/* NULL allowed; returns NULL. */
struct mixer *mixer_free(struct mixer *m);

/* A voice, id not 0; one that is there goes on. When there are too many, one that is silent and of
 * which nothing waits makes room. ERR_FULL, ERR_NOMEM. */
enum err mixer_input(struct mixer *m, uint32_t id);
/* It sends nothing more for now: it is faded out after what waits, without making anything up. Its
 * place is free when another needs it. Unknown ids are ignored. */
void mixer_input_end(struct mixer *m, uint32_t id);
/* Nothing of it is heard from what is given out next on, not even what waits, but for 5 ms that
 * fade. What is put later may have any time. Unknown ids are ignored. */
void mixer_input_cut(struct mixer *m, uint32_t id);
/* The same, and its place and memory are free as soon as it has faded, or at once when it is
 * silent. mixer_input meanwhile: it stays after all. Unknown ids are ignored. */
void mixer_input_remove(struct mixer *m, uint32_t id);
/* A listener, id not 0, who hears all but input `without` and those of the
 * same person (0: all). It begins with what is taken
 * next. ERR_FULL, ERR_EXISTS, ERR_NOMEM. */
enum err mixer_output(struct mixer *m, uint32_t id, uint32_t without);
/* It is gone; unknown ids are ignored. */
void mixer_output_remove(struct mixer *m, uint32_t id);

/* A packet of an input whose sound, as players understand it, begins MIXER_PRE_SKIP before time t
 * [us]: t is the time of its RTP timestamp. Packets of an input come in order of time. */
enum mixer_verdict mixer_put(struct mixer *m, uint32_t input, us_t t, struct bytes packet);
/* The same of a packet whose sender says how loud it is: in -dBov as RFC 6464 section 3 has it, 0
 * loudest .. 127 silence, or MIXER_LEVEL_NONE. What is not audible costs nothing (mix_input.h): who
 * lies of his own voice is not heard, and no other is touched by it. */
enum mixer_verdict mixer_put_level(struct mixer *m, uint32_t input, us_t t, struct bytes packet,
                                   uint8_t level);
/* Give out all frames that end MIXER_LOOK_AHEAD before `until` or earlier: nothing more will be put
 * that belongs before it. */
void mixer_take(struct mixer *m, us_t until, const struct mixer_sink *sink);
/* All inputs end, and everything is given out: at least up to time t, with what the encoders hold
 * back. */
void mixer_drain(struct mixer *m, us_t t, const struct mixer_sink *sink);
/* Begin, or go on, at the frame that has a packet of time t in it, when nobody was heard for a
 * while and what is between need not be given out. Only when mixer_idle, and never back; else
 * nothing happens. The end of what was heard before is given out first. */
void mixer_skip(struct mixer *m, us_t t, const struct mixer_sink *sink);
/* The time up to which frames have been given out [us]; US_NEVER: none was asked for yet. */
us_t mixer_at(const struct mixer *m);
/* This packet that came out is the constant silence: nothing was heard. */
bool mixer_is_silence(struct bytes opus);
/* Nothing waits and nothing sounds. */
bool mixer_idle(const struct mixer *m);
/* The counters as they are now. */
struct mixer_counters mixer_counters(const struct mixer *m);

#endif
