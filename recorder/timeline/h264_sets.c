#include "recorder/timeline/h264_sets.h"

/* The set with this id, or NULL. */
static const struct h264_set *find(const struct h264_set *list, size_t n, uint8_t id) {
    for (size_t i = 0; i < n; i++) {
        if (list[i].n && list[i].id == id) {
            return &list[i];
        }
    }
    return NULL;
}

/* Where a set with this id goes: in place of the one it replaces, an empty one, or the oldest. */
static struct h264_set *place(struct h264_set *list, size_t n, uint8_t id) {
    struct h264_set *best = NULL;
    for (size_t i = 0; i < n; i++) {
        struct h264_set *x = &list[i];
        if (x->n && x->id == id) {
            return x;
        }
        if (!best || (best->n && (!x->n || x->used < best->used))) {
            best = x;
        }
    }
    best->n = 0;
    return best;
}

static void keep(struct h264_state *s, struct h264_set *set, const struct h264_set *is,
                 struct bytes nal) {
    set->used = ++s->clock;
    if (bytes_eq(nal, bytes_of(set->b, set->n))) {
        return;
    }
    *set = (struct h264_set){.id = is->id, .of = is->of, .used = s->clock};
    if (nal.n <= sizeof(set->b)) {
        set->n = (uint16_t)nal.n;
        memcpy(set->b, nal.p, nal.n);
    }
}

void h264_sets_put(struct h264_state *s, struct bytes nal) {
    struct h264_set is = {0};
    struct h264_sps sps;
    if ((nal.p[0] & 0x1f) == H264_PPS) {
        if (h264_pps_read(nal, &is.id, &is.of) == OK) {
            keep(s, place(s->pps, H264_PPS_MAX, is.id), &is, nal);
        }
    } else if (h264_sps_read(nal, &sps) == OK) {
        is.id = sps.id;
        keep(s, place(s->sps, H264_SPS_MAX, is.id), &is, nal);
    }
}

static const struct h264_set *sps_of(const struct h264_state *s, uint8_t pps) {
    const struct h264_set *p = find(s->pps, H264_PPS_MAX, pps);
    return p ? find(s->sps, H264_SPS_MAX, p->of) : NULL;
}

bool h264_sets_sps_of(const struct h264_state *s, uint8_t pps, struct h264_sps *ret) {
    const struct h264_set *sps = sps_of(s, pps);
    return sps && h264_sps_read(bytes_of(sps->b, sps->n), ret) == OK;
}

bool h264_sets_in_force(const struct h264_state *s, uint8_t pps) {
    const struct h264_set *p = find(s->pps, H264_PPS_MAX, pps), *sps = sps_of(s, pps);
    return p && p->in_force && sps && sps->in_force;
}

static void put_set(struct wr *w, const struct h264_set *set) {
    wr_u16(w, set->n);
    wr_bytes(w, set->b, set->n);
}

/* Every PPS that refers to this SPS, by id, so that the order of sending does not matter. Returns
 * how many. */
static unsigned put_all_pps(struct wr *w, struct h264_state *s, uint8_t sps) {
    unsigned n = 0;
    for (unsigned id = 0; id <= UINT8_MAX; id++) {
        for (size_t i = 0; i < H264_PPS_MAX; i++) {
            struct h264_set *p = &s->pps[i];
            if (p->n && p->id == id && p->of == sps) {
                p->in_force = true;
                put_set(w, p);
                n++;
            }
        }
    }
    return n;
}

/* ISO/IEC 14496-15 section 5.3.3.1: AVCDecoderConfigurationRecord. */
static bool write_record(struct depacketizer *d, const struct h264_sps *sps,
                         const struct h264_set *set) {
    struct wr w = wr_of(d->init, sizeof(d->init));
    wr_u8(&w, 1);
    wr_u8(&w, sps->profile);
    wr_u8(&w, sps->constraints);
    wr_u8(&w, sps->level);
    wr_u8(&w, 0xfc | 3); /* lengths of 4 bytes */
    wr_u8(&w, 0xe0 | 1);
    put_set(&w, set);
    size_t count = wr_len(&w);
    wr_u8(&w, 0);
    unsigned n = put_all_pps(&w, &d->u.h264, set->id);
    if (sps->profile == 100 || sps->profile == 110 || sps->profile == 122 || sps->profile == 144) {
        wr_u8(&w, (uint8_t)(0xfc | sps->chroma_format));
        wr_u8(&w, (uint8_t)(0xf8 | sps->luma_depth));
        wr_u8(&w, (uint8_t)(0xf8 | sps->chroma_depth));
        wr_u8(&w, 0); /* SPS extensions */
    }
    if (w.bad) {
        return false;
    }
    d->init[count] = (uint8_t)n;
    d->init_n = (uint16_t)wr_len(&w);
    return true;
}

bool h264_sets_enforce(struct depacketizer *d) {
    struct h264_state *s = &d->u.h264;
    const struct h264_set *set = sps_of(s, s->slice_pps);
    struct h264_sps sps;
    for (size_t i = 0; i < H264_SPS_MAX; i++) {
        s->sps[i].in_force = &s->sps[i] == set;
    }
    for (size_t i = 0; i < H264_PPS_MAX; i++) {
        s->pps[i].in_force = false;
    }
    if (!set || h264_sps_read(bytes_of(set->b, set->n), &sps) != OK ||
        !write_record(d, &sps, set)) {
        return false;
    }
    d->reorders = sps.reorders;
    d->width = sps.width;
    d->height = sps.height;
    return true;
}
