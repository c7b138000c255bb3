/* The seam to libavformat: the frames of a segment as whole WebM clusters, without any header: that
 * is computed when a recording is read (webm_header.h). Stateless; the caller's thread. */
#ifndef ORIEL_RECORDER_CONTAINER_MUX_H
#define ORIEL_RECORDER_CONTAINER_MUX_H

#include "base/buffer.h"
#include "recorder/container/segment.h"

struct mux_spec {
    bool video, audio; /* what the track may carry: video is WebM track 1, audio the next */
    us_t origin;       /* recording time of the clusters' time 0 [us] */
};

/* WebM track number of a stream. */
unsigned mux_track_number(const struct mux_spec *m, enum stream s);
/* Append the segment's frames, sorted by time, as clusters. ERR_NOMEM, ERR_FORMAT (libavformat
 * refused a frame); *out is then as before. */
enum err mux_clusters(const struct mux_spec *m, const struct segment *s, struct buffer *out);

#endif
