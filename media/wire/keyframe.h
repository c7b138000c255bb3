/* Where a decoder may begin: does an RTP payload begin a key frame? Stateless; reads only as much
 * of each codec's payload format as that takes. Thread: any. */
#ifndef ORIEL_MEDIA_WIRE_KEYFRAME_H
#define ORIEL_MEDIA_WIRE_KEYFRAME_H

#include "base/bytes.h"
#include "base/terms.h"

#include <stdbool.h>

/* The payload begins a key frame, a point where a stream may switch to its source. H.264 (RFC
 * 6184), VP9 (RFC 9628) and AV1 (its RTP payload specification); false for others: a VP8 descriptor
 * is parsed anyway (media/wire/vp8.h). */
bool keyframe_begins(enum codec codec, struct bytes payload);
/* It begins with its parameter set, so nothing before this packet belongs to the key frame. Of
 * H.264 only: with the others all is in the frame. */
bool keyframe_has_parameters(struct bytes payload);

#endif
