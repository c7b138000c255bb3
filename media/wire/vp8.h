/* The VP8 payload descriptor (RFC 7741 section 4.2) and frame header (section 4.3), parsed in
 * place. Thread: any. */
#ifndef ORIEL_MEDIA_WIRE_VP8_H
#define ORIEL_MEDIA_WIRE_VP8_H

#include "base/bytes.h"
#include "base/err.h"
#include "media/wire/picture_ids.h"

struct vp8 {
    uint8_t len;        /* [bytes] of the descriptor */
    bool start;         /* first packet of partition 0: S = 1 and PID = 0 */
    bool keyframe;      /* only meaningful when start: inverse of the P bit */
    bool non_reference; /* N bit */
    bool has_tid;
    uint8_t tid;     /* temporal layer 0..3 */
    bool layer_sync; /* Y bit */
    struct picture_ids ids;
};

/* ERR_SHORT or ERR_FORMAT; *ret untouched then. */
enum err vp8_parse(struct bytes payload, struct vp8 *ret);
/* Size of a key frame (RFC 6386 section 9.1). payload starts at the descriptor of a packet with
 * start && keyframe. ERR_SHORT; ERR_FORMAT without the start code or without any area. */
enum err vp8_keyframe_size(struct bytes payload, const struct vp8 *d, uint16_t *ret_width,
                           uint16_t *ret_height);

#endif
