#include "media/wire/vp9.h"

/* The first byte. */
enum { I = 0x80, P = 0x40, L = 0x20, F = 0x10, B = 0x08, E = 0x04, V = 0x02, Z = 0x01 };

/* TID, U, SID, D; TL0PICIDX unless references are said (F). */
static void read_layers(struct rd *r, const uint8_t *start, bool flexible, struct vp9 *d) {
    uint8_t b = rd_u8(r);
    d->has_layers = true;
    d->temporal = b >> 5;
    d->switches_up = b & 0x10;
    d->spatial = b >> 1 & 7;
    d->from_lower = b & 1;
    if (!flexible) {
        picture_ids_read_tl0picidx(r, start, &d->ids);
    }
}

/* P_DIFF, each with a bit that says whether another follows. False: too many. */
static bool skip_references(struct rd *r) {
    for (unsigned i = 0; i < VP9_REFERENCES_MAX; i++) {
        if (!(rd_u8(r) & 1)) {
            return true;
        }
    }
    return false;
}

/* Section 4.2.1: N_S, Y, G; sizes of the layers; the pictures of a group. */
static void read_structure(struct rd *r, struct vp9 *d) {
    uint8_t head = rd_u8(r);
    d->layers = (uint8_t)((head >> 5) + 1);
    for (unsigned i = 0; (head & 0x10) && i < d->layers; i++) {
        uint16_t w = rd_u16(r), h = rd_u16(r);
        if ((uint32_t)w * h > (uint32_t)d->width * d->height) {
            d->width = w;
            d->height = h;
        }
    }
    for (unsigned n = head & 0x08 ? rd_u8(r) : 0; n > 0 && !r->bad; n--) {
        rd_skip(r, rd_u8(r) >> 2 & 3);
    }
}

enum err vp9_parse(struct bytes payload, struct vp9 *ret) {
    struct rd r = rd_of(payload.p, payload.n);
    uint8_t flags = rd_u8(&r);
    struct vp9 d = {
        .inter = flags & P, .first = flags & B, .last = flags & E, .not_for_upper = flags & Z};
    if (flags & I) {
        picture_ids_read_id(&r, payload.p, &d.ids);
    }
    if (flags & L) {
        read_layers(&r, payload.p, flags & F, &d);
    }
    if ((flags & F) && (flags & P) && !skip_references(&r)) {
        return ERR_FORMAT;
    }
    if (flags & V) {
        read_structure(&r, &d);
    }
    if (r.bad || rd_left(&r) == 0) {
        return ERR_SHORT;
    }
    d.len = (uint16_t)(r.p - payload.p);
    *ret = d;
    return OK;
}
