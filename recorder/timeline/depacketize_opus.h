/* Opus over RTP (RFC 7587 section 4.2): one packet is one frame of the recording. Thread: any. */
#ifndef ORIEL_RECORDER_TIMELINE_DEPACKETIZE_OPUS_H
#define ORIEL_RECORDER_TIMELINE_DEPACKETIZE_OPUS_H

#include "base/bytes.h"
#include "base/time.h"

/* Playing time of an Opus packet by its TOC (RFC 6716 section 3.1) [us], at most 120 ms; 0 for
 * what is no Opus packet. */
us_t opus_packet_duration(struct bytes packet);

#endif
