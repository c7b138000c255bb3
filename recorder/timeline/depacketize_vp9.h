/* VP9 over RTP (RFC 9628 section 4): a picture is one frame per spatial layer, each between the
 * packets with B and E, all with one timestamp and picture id. The layers of a picture become one
 * superframe (VP9 bitstream specification, annex B), which is what decoders and containers expect
 * of frames that are shown as one. Key frame, size and whether others refer to it are read from the
 * frame's uncompressed header; the size of upper layers from the scalability structure. Thread:
 * any. */
#ifndef ORIEL_RECORDER_TIMELINE_DEPACKETIZE_VP9_H
#define ORIEL_RECORDER_TIMELINE_DEPACKETIZE_VP9_H

#include "recorder/timeline/depacketizer.h"

extern const struct depacketizer_codec depacketize_vp9;

#endif
