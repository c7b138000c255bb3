/* The open segment of a track: its frames in memory until it is cut. Writing them only then lets
 * picture and sound be put in order of time although they arrive with different delays. Owner: one
 * thread. */
#ifndef ORIEL_RECORDER_CONTAINER_SEGMENT_H
#define ORIEL_RECORDER_CONTAINER_SEGMENT_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/time.h"

#define SEGMENT_BYTES_MAX (32u << 20) /* [bytes] a longer one is cut at the next frame */
#define SEGMENT_FRAMES_MAX 8192

enum stream { STREAM_VIDEO, STREAM_AUDIO };

struct media_frame {
    us_t t;        /* recording time, whole milliseconds [us] */
    us_t duration; /* [us], 0 = unknown */
    us_t ahead;    /* t - recording time of arrival [us] */
    struct bytes data;
    uint8_t stream; /* enum stream */
    bool key;
    uint8_t level; /* of sound: [-dBov] as tap.audio_level */
    /* Of pictures: */
    bool reorders; /* its sender says that pictures are shown in another order than they come */
    us_t shift;    /* [us] it is shown so much after t; negative where others before it in order are
                      shown after it, else 0 */
    uint8_t codec; /* enum codec */
    uint16_t width, height; /* [pixels] */
    struct bytes init;      /* of a key frame: its decoder configuration record (container.h) */
};

struct segment_frame {
    us_t t, duration; /* [us]; duration 0 = unknown */
    us_t shift;       /* as media_frame.shift */
    size_t at, n;     /* in data [bytes] */
    uint8_t stream;
    bool key;
};

/* Zero is an empty segment. */
struct segment {
    struct segment_frame *frames;
    size_t n, frames_cap;
    struct buffer data;     /* of the frames, one behind the other */
    us_t start, end;        /* recording time [us]; end: of the last frame as far as known */
    uint16_t width, height; /* [pixels] of the frame with the largest area */
    bool video, audio;      /* has frames of it */
    bool reorders;          /* as its frames */
};

struct segment_limits {
    us_t min, max; /* [us] */
};

/* Copy a frame in. ERR_NOMEM, the segment is as before. */
enum err segment_add(struct segment *s, const struct media_frame *f);
/* True when the segment must be closed before this frame is added: at the first key frame after the
 * minimum, at any frame after the maximum. Sound cuts after the minimum only where there are no
 * pictures. */
bool segment_cut(const struct segment *s, const struct media_frame *next,
                 const struct segment_limits *l);
/* The last frame of this stream, if any, is shown until then: its duration, and the end of the
 * segment. */
void segment_last_until(struct segment *s, enum stream stream, us_t until);
/* Bring the frames into order of time; those of a stream keep their order. */
void segment_sort(struct segment *s);
/* Empty again, keeping its memory. */
void segment_clear(struct segment *s);
/* Safe on a zeroed struct. */
void segment_free(struct segment *s);

#endif
