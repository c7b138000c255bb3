#include "recorder/timeline/depacketize_h264.h"

#include "recorder/timeline/h264_sets.h"
#include "recorder/timeline/h264_sps.h"

/* RFC 6184 section 5.2. */
enum { SINGLE_MAX = 23, STAP_A = 24, FU_A = 28 };

#define LENGTH 4 /* [bytes] before each NAL unit of a frame */

/* Forbidden bit: an error is known (section 5.3); no unit of an access unit is to be used then. */
static bool begin(struct depacketizer *d, const struct video_piece *p) {
    struct h264_state *s = &d->u.h264;
    unsigned type = p->payload.p[0] & 0x1f;
    bool known = (type > 0 && type <= SINGLE_MAX) || type == STAP_A || type == FU_A;
    if (!known || p->payload.p[0] & 0x80) {
        return false;
    }
    if (!d->open) {
        s->unit_open = s->slices = s->head = s->idr = s->unknown = false;
    }
    return true;
}

static bool begin_unit(struct depacketizer *d, uint8_t header) {
    static const uint8_t length[LENGTH];
    d->u.h264.unit_at = d->frame.n;
    return depacketizer_put(d, length, LENGTH) && depacketizer_put(d, &header, 1);
}

static void first_slice(struct depacketizer *d, struct bytes nal, const struct h264_slice *slice) {
    struct h264_state *s = &d->u.h264;
    struct h264_sps sps;
    s->head = true;
    s->slice_pps = slice->pps;
    s->idr = (nal.p[0] & 0x1f) == H264_IDR;
    d->non_reference = (nal.p[0] & 0x60) == 0; /* nal_ref_idc */
    s->spares = s->spares || d->non_reference;
    if (!h264_sets_sps_of(s, slice->pps, &sps) || h264_slice_number(nal, &sps, &s->number) != OK) {
        s->unknown = true;
        return;
    }
    s->modulus = UINT32_C(1) << sps.number_bits;
}

/* A slice of the frame being collected. */
static bool take_slice(struct depacketizer *d, struct bytes nal) {
    struct h264_state *s = &d->u.h264;
    struct h264_slice slice;
    unsigned type = nal.p[0] & 0x1f;
    s->slices = true;
    if (type != H264_SLICE && type != H264_IDR) {
        return true; /* a partition */
    }
    if (h264_slice_read(nal, &slice) != OK) {
        return false;
    }
    if (!s->head && slice.first == 0) {
        first_slice(d, nal, &slice);
    }
    s->unknown = s->unknown || (!s->idr && !h264_sets_in_force(s, slice.pps));
    return s->idr == (type == H264_IDR);
}

/* The unit at unit_at has all its bytes: what it is, and whether it stays. False: broken. */
static bool end_unit(struct depacketizer *d) {
    struct h264_state *s = &d->u.h264;
    uint8_t *at = (uint8_t *)d->frame.p + s->unit_at;
    struct bytes nal = bytes_of(at + LENGTH, d->frame.n - s->unit_at - LENGTH);
    unsigned type = nal.p[0] & 0x1f;
    put_be32(at, (uint32_t)nal.n);
    if (type >= H264_SLICE && type <= H264_IDR) {
        return take_slice(d, nal);
    }
    if (type == H264_SPS || type == H264_PPS) {
        h264_sets_put(s, nal);
    }
    if (type != H264_SEI) {
        buffer_cut(&d->frame, s->unit_at);
    }
    return true;
}

static bool whole_unit(struct depacketizer *d, struct bytes nal) {
    return !d->u.h264.unit_open && begin_unit(d, nal.p[0]) &&
           depacketizer_put(d, nal.p + 1, nal.n - 1) && end_unit(d);
}

/* RFC 6184 section 5.7.1 */
static bool aggregate(struct depacketizer *d, struct bytes payload) {
    struct rd r = rd_of(payload.p + 1, payload.n - 1);
    while (rd_left(&r)) {
        struct bytes nal = rd_bytes(&r, rd_u16(&r));
        if (r.bad) {
            return false;
        }
        unsigned type = nal.n ? nal.p[0] & 0x1f : 0;
        if (nal.n && (type > SINGLE_MAX || !whole_unit(d, nal))) {
            return false;
        }
    }
    return true;
}

/* RFC 6184 section 5.8: start and end bit, then the unit's type. */
static bool fragment(struct depacketizer *d, struct bytes payload) {
    struct h264_state *s = &d->u.h264;
    uint8_t head = payload.n > 1 ? payload.p[1] : 0, type = head & 0x1f;
    bool start = head & 0x80, end = head & 0x40;
    /* Also a fragment that cannot be used tells that the frame has a picture. */
    s->slices = s->slices || (type >= H264_SLICE && type <= H264_IDR);
    if (payload.n < 2 || start == s->unit_open || (start && end) || type == 0 ||
        type > SINGLE_MAX) {
        return false;
    }
    if (start && !begin_unit(d, (uint8_t)((payload.p[0] & 0xe0) | type))) {
        return false;
    }
    s->unit_open = !end;
    return depacketizer_put(d, payload.p + 2, payload.n - 2) && (!end || end_unit(d));
}

static bool append(struct depacketizer *d, const struct video_piece *p) {
    switch (p->payload.p[0] & 0x1f) {
    case STAP_A:
        return aggregate(d, p->payload);
    case FU_A:
        return fragment(d, p->payload);
    default:
        return whole_unit(d, p->payload);
    }
}

static enum video_verdict finish(struct depacketizer *d) {
    struct h264_state *s = &d->u.h264;
    if (!s->slices && !s->unit_open) {
        return VIDEO_NOTHING;
    }
    if (s->unit_open || !s->head || s->unknown) {
        return VIDEO_BROKEN;
    }
    d->key = s->idr;
    return !d->key || h264_sets_enforce(d) ? VIDEO_WHOLE : VIDEO_BROKEN;
}

/* ITU-T H.264 section 7.4.3: frame_num is one more than that of the picture before it in decoding
 * order to which others may refer. */
static enum video_order order(const struct depacketizer *d) {
    const struct h264_state *s = &d->u.h264;
    if (!s->head || s->unknown || !s->last_known ||
        s->number != ((s->last_number + 1) & (s->modulus - 1)) ||
        !depacketizer_tells(d, s->modulus)) {
        return VIDEO_APART;
    }
    return s->spares ? VIDEO_MAYBE : VIDEO_FOLLOWS;
}

static void over(struct depacketizer *d, bool whole) {
    struct h264_state *s = &d->u.h264;
    if (!d->non_reference) {
        s->last_known = whole;
        s->last_number = s->number;
    }
}

const struct depacketizer_codec depacketize_h264 = {begin, append, finish, order, over, NULL};
