#include "recorder/timeline/depacketize_vp8.h"

#include "media/wire/vp8.h"

static bool begin(struct depacketizer *d, const struct video_piece *p) {
    struct vp8_state *s = &d->u.vp8;
    struct vp8 v;
    if (vp8_parse(p->payload, &v) != OK) {
        return false;
    }
    if (d->open) {
        d->broken = d->broken || v.start;
        return true;
    }
    s->has_id = v.ids.has_picture_id;
    s->id = v.ids.picture_id;
    s->id_bits = v.ids.picture_id_bits;
    d->broken = !v.start;
    d->key = v.start && v.keyframe;
    d->non_reference = v.non_reference;
    if (d->key && vp8_keyframe_size(p->payload, &v, &d->width, &d->height) != OK) {
        d->broken = true;
    }
    return true;
}

static bool append(struct depacketizer *d, const struct video_piece *p) {
    struct vp8 v;
    return vp8_parse(p->payload, &v) == OK &&
           depacketizer_put(d, p->payload.p + v.len, p->payload.n - v.len);
}

static enum video_verdict finish(struct depacketizer *d) {
    (void)d;
    return VIDEO_WHOLE;
}

/* Lost packets that carried no frame (padding, the rest of a dropped frame) do no harm: then the
 * picture ids follow each other. */
static enum video_order order(const struct depacketizer *d) {
    const struct vp8_state *s = &d->u.vp8;
    uint16_t mask = s->id_bits == 15 ? 0x7fff : 0x7f;
    bool follows = s->last_has_id && s->has_id && ((s->last_id + 1) & mask) == s->id;
    return follows && depacketizer_tells(d, mask + 1u) ? VIDEO_FOLLOWS : VIDEO_APART;
}

static void over(struct depacketizer *d, bool whole) {
    struct vp8_state *s = &d->u.vp8;
    s->last_has_id = s->has_id && (whole || d->non_reference);
    s->last_id = s->id;
}

const struct depacketizer_codec depacketize_vp8 = {begin, append, finish, order, over, NULL};
