/* The head of a WebM file, computed when a recording is read and never stored: EBML, Segment of
 * known size, Info with the duration, Tracks, and Cues before the clusters, which follow untouched
 * (RFC 8794, RFC 9559; WebM container guidelines). Of one that still grows: what a player must have
 * before any of its clusters (an initialization segment of Media Source Extensions, WebM byte
 * stream format section 3). Stateless; any thread. */
#ifndef ORIEL_RECORDER_CONTAINER_WEBM_HEADER_H
#define ORIEL_RECORDER_CONTAINER_WEBM_HEADER_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/terms.h"

struct webm_cue {
    uint64_t ms;     /* time [ms] */
    uint64_t offset; /* of the cluster, from the first cluster on [bytes] */
    bool sound;      /* it is a place of the sound: there are no pictures */
};

struct webm_file {
    uint8_t video, audio; /* track numbers, 0 = absent */
    uint8_t codec;        /* of the pictures, enum codec */
    uint16_t width, height;
    struct bytes init; /* CodecPrivate of the pictures; may be empty */
    bool live; /* it may go on: no duration, a Segment of unknown size (RFC 8794 section 6.2), no
                  cues; what it says below is not used */
    uint64_t duration_ms;
    uint64_t clusters; /* [bytes] of all clusters */
    const struct webm_cue *cues;
    size_t n_cues;
};

/* Append the header to *out. ERR_NOMEM; *out is then as before. */
enum err webm_header(const struct webm_file *f, struct buffer *out);

#endif
