/* The VP9 payload descriptor (RFC 9628 section 4.2), parsed in place. Thread: any. */
#ifndef ORIEL_MEDIA_WIRE_VP9_H
#define ORIEL_MEDIA_WIRE_VP9_H

#include "base/bytes.h"
#include "base/err.h"
#include "media/wire/picture_ids.h"

#define VP9_REFERENCES_MAX 3 /* of a frame: P_DIFF, and R of a picture group */

struct vp9 {
    uint16_t len;       /* [bytes] of the descriptor */
    bool inter;         /* P: predicted from earlier pictures */
    bool first, last;   /* B, E: packet of its layer's frame */
    bool not_for_upper; /* Z: no higher spatial layer of its picture is predicted from it */
    bool from_lower;    /* D: predicted from the spatial layer below */
    bool switches_up;   /* U: higher temporal layers need nothing but what is before it in its own
                           and lower ones */
    bool has_layers;    /* L: spatial, temporal, switches_up and from_lower are valid */
    uint8_t spatial;    /* SID */
    uint8_t temporal;   /* TID */
    struct picture_ids ids;
    uint8_t layers;         /* N_S + 1 of a scalability structure; 0: there is none */
    uint16_t width, height; /* the largest of the structure [pixels], 0: not said */
};

/* ERR_SHORT (a packet carries at least one byte of its frame), ERR_FORMAT; *ret is untouched then.
 */
enum err vp9_parse(struct bytes payload, struct vp9 *ret);

#endif
