/* AV1 over RTP (AOM, RTP Payload Format For AV1, section 4): OBUs, or pieces of them, behind an
 * aggregation header. A frame is a temporal unit in the low-overhead format: every OBU with its
 * size, as WebM holds them; temporal delimiters, tile lists and padding are left out. A key frame
 * is a temporal unit that has a sequence header and begins with a shown key frame; it carries that
 * sequence header as av1C. Nothing in the payload tells whether a temporal unit is missing before
 * one, so a hole costs what follows, up to a key frame. Thread: any. */
#ifndef ORIEL_RECORDER_TIMELINE_DEPACKETIZE_AV1_H
#define ORIEL_RECORDER_TIMELINE_DEPACKETIZE_AV1_H

#include "recorder/timeline/depacketizer.h"

extern const struct depacketizer_codec depacketize_av1;

#endif
