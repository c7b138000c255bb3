/* VP8 over RTP (RFC 7741 section 4): a frame begins with a packet with S = 1 and PID = 0; its
 * picture id tells whether one is missing before it, and N whether others refer to it. Thread:
 * any. */
#ifndef ORIEL_RECORDER_TIMELINE_DEPACKETIZE_VP8_H
#define ORIEL_RECORDER_TIMELINE_DEPACKETIZE_VP8_H

#include "recorder/timeline/depacketizer.h"

extern const struct depacketizer_codec depacketize_vp8;

#endif
