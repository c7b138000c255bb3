/* Picture id and TL0PICIDX, which the payload descriptors of VP8 (RFC 7741 section 4.2) and VP9
 * (RFC 9628 section 4.2) write alike: read, and rewritten in place so that they run on when a slot
 * changes its source. Thread: any. */
#ifndef ORIEL_MEDIA_WIRE_PICTURE_IDS_H
#define ORIEL_MEDIA_WIRE_PICTURE_IDS_H

#include "base/bytes.h"

struct picture_ids {
    bool has_picture_id, has_tl0picidx;
    uint8_t picture_id_bits; /* 7 or 15 */
    uint16_t picture_id;
    uint8_t tl0picidx;
    uint8_t picture_id_at, tl0picidx_at; /* offsets in the payload, which begins at `start` */
};

/* Read the one or the other, where a descriptor says that it is next. */
void picture_ids_read_id(struct rd *r, const uint8_t *start, struct picture_ids *ret);
void picture_ids_read_tl0picidx(struct rd *r, const uint8_t *start, struct picture_ids *ret);
/* Write picture id (in the width the packet has) and tl0picidx into a copy of the payload. */
void picture_ids_write(uint8_t *payload, const struct picture_ids *d, uint16_t picture_id,
                       uint8_t tl0picidx);

#endif
