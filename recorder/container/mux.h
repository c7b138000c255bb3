/* The seam to libavformat: the frames of a segment as whole WebM clusters or MP4 fragments, without
 * any file header: that is computed when a recording is read (webm_header.h, mp4_header.h).
 * Stateless; the caller's thread. */
#ifndef ORIEL_RECORDER_CONTAINER_MUX_H
#define ORIEL_RECORDER_CONTAINER_MUX_H

#include "base/terms.h"
#include "recorder/container/segment.h"

#define MUX_KEYS_MAX 64 /* listed per segment; more are not listed */

struct mux_spec {
    uint8_t video, audio; /* enum codec, CODEC_NONE: the file has none; video is track 1, audio the
                             next. The video codec decides the container (container.h). */
    us_t origin;          /* recording time of the file's time 0 [us] */
    struct bytes init;    /* decoder configuration record of the file's header; borrowed */
};

/* A key frame and the cluster that holds it, or the fragment that begins with it: of key frames in
 * less than 100 ms of MP4 the first. */
struct mux_key {
    uint32_t at_ms;  /* after the segment's start [ms] */
    uint32_t offset; /* in the bytes of the segment */
};
struct mux_keys {
    size_t n;
    struct mux_key at[MUX_KEYS_MAX];
};

/* Track number of a stream. */
unsigned mux_track_number(const struct mux_spec *m, enum stream s);
/* Append the segment's frames, sorted by time, and list its key frames. ERR_NOMEM, ERR_FORMAT
 * (libavformat refused a frame); *out is then as before. */
enum err mux_segment(const struct mux_spec *m, const struct segment *s, struct buffer *out,
                     struct mux_keys *ret_keys);

#endif
