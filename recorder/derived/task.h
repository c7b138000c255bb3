/* What a media helper is to do: a value without pointers into the server, which is sent to it as
 * the first message. Stateless; any thread. */
#ifndef ORIEL_RECORDER_DERIVED_TASK_H
#define ORIEL_RECORDER_DERIVED_TASK_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/time.h"

#define TASK_INPUTS_MAX 2048
#define TASK_MOMENTS_MAX 1024
#define TASK_SIDE_MAX 3840 /* [pixels] of an exported picture */

#define TASK_THUMBNAILS 1 /* a JPEG of each moment, `width` wide */
#define TASK_WAVEFORM 2   /* loudness of every input */
#define TASK_EXPORT 3     /* all inputs as one MP4 */
#define TASK_PROBE 4      /* tests: what does the sandbox let through? */
#define TASK_LOOP 5       /* tests: never an answer */
#define TASK_HOARD 6      /* tests: memory without end */

#define TASK_LAYOUT_STAGE 0 /* the stage alone */
#define TASK_LAYOUT_FACES 1 /* and the cameras of people beside it */

#define TASK_ROLE_STAGE 0 /* the programme: pictures, and sound */
#define TASK_ROLE_FACE 1  /* somebody's camera */
#define TASK_ROLE_SOUND 2 /* somebody's microphone: for waveforms */

#define TASK_FORMAT_WEBM 0
#define TASK_FORMAT_MP4 1

/* One file: an epoch of a track. */
struct task_input {
    uint64_t size; /* [bytes] */
    us_t start;    /* recording time of its time 0 [us] */
    us_t end;      /* recording time of its last frame's end [us] */
    uint8_t role, format;
    uint16_t line; /* which track, from 0: the epochs of a track have the same */
};

/* A time of which there shall be a picture: the first one at or behind it, in that input. */
struct task_moment {
    uint32_t input;
    us_t at; /* the file's time [us] */
};

struct task {
    uint8_t kind, layout;
    uint8_t fps;            /* TASK_EXPORT: most pictures per second, 1..60 */
    uint16_t width, height; /* [pixels] even; TASK_THUMBNAILS: width only */
    us_t duration;          /* of the recording [us] */
    uint32_t n_inputs, n_moments;
    struct task_input *inputs;   /* owned, see task_clear */
    struct task_moment *moments; /* owned */
};

/* Append to *out, which turns bad without memory. */
void task_encode(const struct task *t, struct buffer *out);
/* ERR_FORMAT, ERR_NOMEM; *ret untouched then. */
enum err task_decode(struct bytes b, struct task *ret);
/* Append an input or a moment. ERR_FULL beyond the limit, ERR_NOMEM. */
enum err task_add_input(struct task *t, const struct task_input *i);
enum err task_add_moment(struct task *t, const struct task_moment *m);
/* Frees what it owns and zeroes. */
void task_clear(struct task *t);

#endif
