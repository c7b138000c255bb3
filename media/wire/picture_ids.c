#include "media/wire/picture_ids.h"

#define LONG 0x80 /* the M bit, in the first byte of the picture id: 15 bits */

void picture_ids_read_id(struct rd *r, const uint8_t *start, struct picture_ids *ret) {
    ret->has_picture_id = true;
    ret->picture_id_at = (uint8_t)(r->p - start);
    ret->picture_id_bits = 7;
    ret->picture_id = rd_u8(r);
    if (ret->picture_id & LONG) {
        ret->picture_id_bits = 15;
        ret->picture_id = (uint16_t)((ret->picture_id & 0x7f) << 8 | rd_u8(r));
    }
}

void picture_ids_read_tl0picidx(struct rd *r, const uint8_t *start, struct picture_ids *ret) {
    ret->has_tl0picidx = true;
    ret->tl0picidx_at = (uint8_t)(r->p - start);
    ret->tl0picidx = rd_u8(r);
}

void picture_ids_write(uint8_t *payload, const struct picture_ids *d, uint16_t picture_id,
                       uint8_t tl0picidx) {
    if (d->has_picture_id && d->picture_id_bits == 15) {
        put_be16(payload + d->picture_id_at, picture_id | 0x8000);
    } else if (d->has_picture_id) {
        payload[d->picture_id_at] = picture_id & 0x7f;
    }
    if (d->has_tl0picidx) {
        payload[d->tl0picidx_at] = tl0picidx;
    }
}
