#include "recorder/timeline/depacketize_vp8.h"

void vp8_frames_free(struct vp8_frames *f) {
    buffer_free(&f->frame);
    f->open = false;
}

static bool append(struct vp8_frames *f, const uint8_t *p, size_t n) {
    if (n > VP8_FRAME_MAX - f->frame.n) {
        return false;
    }
    buffer_put(&f->frame, p, n);
    return !f->frame.bad;
}

/* The frame is over: hand it out if it is whole and what it refers to has been handed out. */
static bool finish(struct vp8_frames *f, struct vp8_frame *ret) {
    f->open = false;
    if (f->broken || f->frame.n == 0) {
        f->started = f->started && f->non_reference;
        f->dropped++;
        f->last_has_id = f->has_id && f->non_reference;
        f->last_id = f->id;
        return false;
    }
    f->last_has_id = f->has_id;
    f->last_id = f->id;
    f->started = f->started || f->key;
    if (!f->started) {
        f->dropped++;
        return false;
    }
    *ret = (struct vp8_frame){.data = bytes_of(f->frame.p, f->frame.n),
                              .rtp_ts = f->rtp_ts,
                              .key = f->key,
                              .width = f->width,
                              .height = f->height};
    return true;
}

bool vp8_frames_end(struct vp8_frames *f, const struct vp8_piece *next, struct vp8_frame *ret) {
    if (next->lost) {
        f->hole = true;
        f->broken = f->open;
    }
    return f->open && next->rtp_ts != f->rtp_ts && finish(f, ret);
}

/* Lost packets that carried no frame (padding, the rest of a dropped frame) do no harm: then the
 * picture ids follow each other. */
static bool follows(const struct vp8_frames *f, const struct vp8 *d) {
    uint16_t mask = d->picture_id_bits == 15 ? 0x7fff : 0x7f;
    return f->last_has_id && d->has_picture_id && ((f->last_id + 1) & mask) == d->picture_id;
}

static void begin(struct vp8_frames *f, const struct vp8_piece *p, const struct vp8 *d) {
    f->open = true;
    buffer_cut(&f->frame, 0);
    f->rtp_ts = p->rtp_ts;
    f->has_id = d->has_picture_id;
    f->id = d->picture_id;
    f->broken = !d->start;
    f->key = d->start && d->keyframe;
    f->non_reference = d->non_reference;
    if (f->hole && !(d->start && follows(f, d))) {
        f->started = false;
        f->holes++;
    }
    f->hole = false;
    if (f->key && vp8_keyframe_size(p->payload, d, &f->width, &f->height) != OK) {
        f->broken = true;
    }
}

bool vp8_frames_add(struct vp8_frames *f, const struct vp8_piece *p, struct vp8_frame *ret) {
    struct vp8 d;
    if (vp8_parse(p->payload, &d) != OK) {
        f->hole = true;
        f->broken = true;
        return f->open && p->marker && finish(f, ret);
    }
    if (!f->open) {
        begin(f, p, &d);
    } else if (d.start) {
        f->broken = true;
    }
    if (!f->broken && !append(f, p->payload.p + d.len, p->payload.n - d.len)) {
        f->broken = true;
    }
    return p->marker && finish(f, ret);
}
