/* The head of an MP4 file, computed when a recording is read and never stored: ftyp, moov (of a
 * file in fragments, with its duration in mehd) and one sidx per track in that track's own clock,
 * before the fragments, which follow untouched (ISO/IEC 14496-12; Opus: Encapsulation of Opus in
 * ISO Base Media File Format). Of one that still grows: what a player must have before any of its
 * fragments (an initialization segment of Media Source Extensions, ISO BMFF byte stream format
 * section 3). Stateless; any thread. */
#ifndef ORIEL_RECORDER_CONTAINER_MP4_HEADER_H
#define ORIEL_RECORDER_CONTAINER_MP4_HEADER_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/err.h"

/* A place to seek to: where a fragment begins. */
struct mp4_point {
    uint64_t ms;     /* time [ms] */
    uint64_t offset; /* of the fragment, from the first one on [bytes] */
    bool key;        /* its pictures begin with a key frame */
};

struct mp4_file {
    uint8_t video, audio; /* track numbers, 0 = absent */
    uint16_t width, height;
    struct bytes avcc; /* decoder configuration record of the pictures */
    bool live;         /* it may go on: without mehd and sidx; what it says below is not used */
    uint64_t duration_ms;
    uint64_t fragments;             /* [bytes] of all fragments */
    const struct mp4_point *points; /* in order; the first at offset 0 */
    size_t n_points;
};

/* Append the header to *out. ERR_RANGE (not live, and no points, or they are not in order),
 * ERR_NOMEM; *out is then as before. */
enum err mp4_header(const struct mp4_file *f, struct buffer *out);

#endif
