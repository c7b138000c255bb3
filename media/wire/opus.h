/* Opus packets as RTP carries them (RFC 7587 section 4.2: one in each), without decoding them.
 * Thread: any. */
#ifndef ORIEL_MEDIA_WIRE_OPUS_H
#define ORIEL_MEDIA_WIRE_OPUS_H

#include "base/bytes.h"
#include "base/time.h"

/* [bytes] A packet this short carries no sound (RFC 6716 section 3.4 R1, RFC 7587 section 3.1.3):
 * it says that there is silence, during which an encoder with DTX sends nothing. */
#define OPUS_DTX_MAX 2

#define OPUS_SILENCE_MAX 16 /* [bytes] 20 ms of silence, encoded with a variable bit rate */

/* Playing time of an Opus packet by its TOC (RFC 6716 section 3.1) [us], at most 120 ms; 0 for
 * what is no Opus packet. */
us_t opus_packet_duration(struct bytes packet);

#endif
