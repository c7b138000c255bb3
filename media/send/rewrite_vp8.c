#include "media/send/rewrite_vp8.h"

#define PICTURE_ID_MASK 0x7fff /* RFC 7741 section 4.2: 15 bits, or 7 */
/* Left out by a rejoin: 17 s of 60 pictures in 15 bits, and a step of 48 in 7 bits. */
#define PICTURE_ID_JUMP (1024 + 48)
#define TL0PICIDX_JUMP 96 /* below half of its 8 bits */

static uint16_t width_mask(const struct vp8 *d) {
    return d->picture_id_bits == 7 ? 0x7f : PICTURE_ID_MASK;
}

void rewrite_vp8_begin(struct rewrite_vp8 *r, const struct vp8 *d) {
    r->picture_id = (uint16_t)(d->picture_id - 1) & PICTURE_ID_MASK;
    r->tl0picidx = (uint8_t)(d->tl0picidx - 1);
}

void rewrite_vp8_switch(struct rewrite_vp8 *r, const struct vp8 *d) {
    if (d->has_picture_id) {
        r->picture_id_offset = (uint16_t)(r->picture_id + 1 - d->picture_id) & PICTURE_ID_MASK;
    }
    if (d->has_tl0picidx) {
        r->tl0picidx_offset = (uint8_t)(r->tl0picidx + 1 - d->tl0picidx);
    }
}

/* The newest picture id is kept in 15 bits also for a source that has 7, so that the next source
 * can continue it in either width. */
static void note_picture_id(struct rewrite_vp8 *r, uint16_t out, uint16_t mask) {
    uint16_t ahead = (uint16_t)(out - r->picture_id) & mask;
    if (ahead <= mask / 2) {
        r->picture_id = (uint16_t)(r->picture_id + ahead) & PICTURE_ID_MASK;
    }
}

void rewrite_vp8_map(struct rewrite_vp8 *r, const struct vp8 *d, uint16_t *ret_picture_id,
                     uint8_t *ret_tl0picidx) {
    *ret_picture_id = 0;
    *ret_tl0picidx = 0;
    if (d->has_picture_id) {
        uint16_t mask = width_mask(d);
        *ret_picture_id = (uint16_t)(d->picture_id + r->picture_id_offset) & mask;
        note_picture_id(r, *ret_picture_id, mask);
    }
    if (d->has_tl0picidx) {
        *ret_tl0picidx = (uint8_t)(d->tl0picidx + r->tl0picidx_offset);
        if ((int8_t)(uint8_t)(*ret_tl0picidx - r->tl0picidx) > 0) {
            r->tl0picidx = *ret_tl0picidx;
        }
    }
}

void rewrite_vp8_import(struct rewrite_vp8 *r, const struct rewrite_vp8 *saved) {
    *r = *saved;
    r->picture_id &= PICTURE_ID_MASK;
    r->picture_id_offset &= PICTURE_ID_MASK;
}

void rewrite_vp8_rejoin(struct rewrite_vp8 *r, const struct rewrite_vp8 *saved) {
    rewrite_vp8_import(r, saved);
    r->picture_id = (uint16_t)(r->picture_id + PICTURE_ID_JUMP) & PICTURE_ID_MASK;
    r->tl0picidx = (uint8_t)(r->tl0picidx + TL0PICIDX_JUMP);
}
