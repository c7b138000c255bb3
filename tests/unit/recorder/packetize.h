/* What a sender does: a coded frame cut into RTP payloads as a browser would (RFC 7741, RFC 9628,
 * RFC 6184, AOM's payload format for AV1). */
#ifndef ORIEL_TESTS_RECORDER_PACKETIZE_H
#define ORIEL_TESTS_RECORDER_PACKETIZE_H

#include "base/bytes.h"
#include "base/terms.h"

#include <stdbool.h>

#define PAYLOAD_MAX 1100  /* [bytes] */
#define PAYLOADS_MAX 4096 /* of one frame */

struct payloads {
    size_t n;
    struct {
        size_t n;
        uint8_t b[PAYLOAD_MAX + 16];
    } at[PAYLOADS_MAX];
};

/* A frame of a clip: VP8, VP9 and AV1 as in IVF, H.264 an access unit with start codes, Opus a
 * packet. picture: counts frames; it becomes the picture id where the codec has one. */
void packetize(enum codec codec, struct bytes frame, unsigned picture, struct payloads *ret);

/* The NAL units of an access unit with start codes, without them; *at from 0 on. */
bool annexb_next(struct bytes unit, size_t *at, struct bytes *ret);
/* What a recording of the frame holds: an H.264 access unit with lengths and without parameter
 * sets and delimiters, an AV1 temporal unit without its delimiter, else the frame. out is as large
 * as the frame and 64 bytes more; returns what of it is used. */
struct bytes recorded_form(enum codec codec, struct bytes frame, uint8_t *out);

#endif
