#include "media/send/rewrite_vp8.h"

#define PICTURE_ID_MASK 0x7fff /* RFC 7741 section 4.2: 15 bits, or 7 */
/* Left out by a rejoin: 17 s of 60 pictures in 15 bits, and a step of 48 in 7 bits. */
#define PICTURE_ID_JUMP (1024 + 48)
#define TL0PICIDX_JUMP 96 /* below half of its 8 bits */

static uint16_t width_mask(const struct vp8 *d) {
    return d->ids.picture_id_bits == 7 ? 0x7f : PICTURE_ID_MASK;
}

void rewrite_vp8_begin(struct rewrite_vp8 *r, const struct vp8 *d) {
    r->is.picture_id = (uint16_t)(d->ids.picture_id - 1) & PICTURE_ID_MASK;
    r->is.tl0picidx = (uint8_t)(d->ids.tl0picidx - 1);
}

void rewrite_vp8_switch(struct rewrite_vp8 *r, const struct vp8 *d) {
    r->counts = false;
    r->temporal = VP8_TEMPORAL_ALL;
    if (d->ids.has_picture_id) {
        r->is.picture_id_offset =
            (uint16_t)(r->is.picture_id + 1 - d->ids.picture_id) & PICTURE_ID_MASK;
    }
    if (d->ids.has_tl0picidx) {
        r->is.tl0picidx_offset = (uint8_t)(r->is.tl0picidx + 1 - d->ids.tl0picidx);
    }
}

static bool was_left_out(const struct rewrite_vp8 *r, uint16_t id) {
    return r->left_out[id % VP8_LEFT_OUT / 64] >> id % 64 & 1;
}

static void note_left_out(struct rewrite_vp8 *r, uint16_t id, bool left_out) {
    uint64_t bit = UINT64_C(1) << id % 64, *word = &r->left_out[id % VP8_LEFT_OUT / 64];
    *word = left_out ? *word | bit : *word & ~bit;
}

/* Pictures between newest and id have not come: they are shown when they do. */
static void advance(struct rewrite_vp8 *r, uint16_t id) {
    uint16_t ahead = (uint16_t)(id - r->newest) & PICTURE_ID_MASK;
    if (!r->counts || ahead >= VP8_LEFT_OUT) {
        for (unsigned i = 0; i < VP8_LEFT_OUT / 64; i++) {
            r->left_out[i] = 0;
        }
    } else {
        for (uint16_t i = 1; i <= ahead; i++) {
            note_left_out(r, (uint16_t)(r->newest + i), false);
        }
    }
    r->newest = id;
    r->counts = true;
}

/* Back from the newest, 0 for the newest itself; -1: it is newer. */
static int back_of(const struct rewrite_vp8 *r, uint16_t id) {
    uint16_t back = (uint16_t)(r->newest - id) & PICTURE_ID_MASK;
    return back <= PICTURE_ID_MASK / 2 ? back : -1;
}

bool rewrite_vp8_shows(struct rewrite_vp8 *r, const struct vp8 *d, uint8_t wanted) {
    if (!d->has_tid || !d->ids.has_picture_id || d->ids.picture_id_bits == 7) {
        return true;
    }
    int back = r->counts ? back_of(r, d->ids.picture_id) : -1;
    if (back >= 0) {
        return back >= VP8_LEFT_OUT || !was_left_out(r, d->ids.picture_id);
    }
    advance(r, d->ids.picture_id);
    if (wanted < r->temporal) {
        r->temporal = wanted;
    } else if (d->tid > r->temporal && d->tid <= wanted && d->layer_sync) {
        r->temporal = d->tid;
    }
    if (d->tid <= r->temporal) {
        return true;
    }
    note_left_out(r, d->ids.picture_id, true);
    r->is.picture_id_offset = (uint16_t)(r->is.picture_id_offset - 1) & PICTURE_ID_MASK;
    return false;
}

bool rewrite_vp8_left_out(const struct rewrite_vp8 *r, const struct vp8 *d) {
    int back = r->counts && d->ids.has_picture_id ? back_of(r, d->ids.picture_id) : -1;
    return back >= 0 && back < VP8_LEFT_OUT && was_left_out(r, d->ids.picture_id);
}

/* Pictures left out between this one and the newest: it was sent when they were not counted yet. */
static uint16_t left_out_since(const struct rewrite_vp8 *r, uint16_t id) {
    int back = r->counts ? back_of(r, id) : -1;
    uint16_t n = 0;
    for (int i = 0; i < back && i < VP8_LEFT_OUT; i++) {
        n += was_left_out(r, (uint16_t)(r->newest - i) & PICTURE_ID_MASK);
    }
    return n;
}

/* The newest picture id is kept in 15 bits also for a source that has 7, so that the next source
 * can continue it in either width. */
static void note_picture_id(struct rewrite_vp8 *r, uint16_t out, uint16_t mask) {
    uint16_t ahead = (uint16_t)(out - r->is.picture_id) & mask;
    if (ahead <= mask / 2) {
        r->is.picture_id = (uint16_t)(r->is.picture_id + ahead) & PICTURE_ID_MASK;
    }
}

void rewrite_vp8_map(struct rewrite_vp8 *r, const struct vp8 *d, uint16_t *ret_picture_id,
                     uint8_t *ret_tl0picidx) {
    *ret_picture_id = 0;
    *ret_tl0picidx = 0;
    if (d->ids.has_picture_id) {
        uint16_t mask = width_mask(d);
        uint16_t since = mask == PICTURE_ID_MASK ? left_out_since(r, d->ids.picture_id) : 0;
        *ret_picture_id = (uint16_t)(d->ids.picture_id + r->is.picture_id_offset + since) & mask;
        note_picture_id(r, *ret_picture_id, mask);
    }
    if (d->ids.has_tl0picidx) {
        *ret_tl0picidx = (uint8_t)(d->ids.tl0picidx + r->is.tl0picidx_offset);
        if ((int8_t)(uint8_t)(*ret_tl0picidx - r->is.tl0picidx) > 0) {
            r->is.tl0picidx = *ret_tl0picidx;
        }
    }
}

void rewrite_vp8_import(struct rewrite_vp8 *r, const struct rewrite_vp8_numbers *saved) {
    r->is = *saved;
    r->is.picture_id &= PICTURE_ID_MASK;
    r->is.picture_id_offset &= PICTURE_ID_MASK;
    r->counts = false; /* what was left out before is not sent again */
    r->temporal = VP8_TEMPORAL_ALL;
}

void rewrite_vp8_rejoin(struct rewrite_vp8 *r, const struct rewrite_vp8_numbers *saved) {
    rewrite_vp8_import(r, saved);
    r->is.picture_id = (uint16_t)(r->is.picture_id + PICTURE_ID_JUMP) & PICTURE_ID_MASK;
    r->is.tl0picidx = (uint8_t)(r->is.tl0picidx + TL0PICIDX_JUMP);
}
