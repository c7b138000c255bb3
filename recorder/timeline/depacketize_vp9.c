#include "recorder/timeline/depacketize_vp9.h"

#include "base/bits.h"
#include "media/wire/vp9.h"

static void larger(uint16_t *width, uint16_t *height, uint16_t w, uint16_t h) {
    if ((uint32_t)w * h > (uint32_t)*width * *height) {
        *width = w;
        *height = h;
    }
}

/* VP9 bitstream specification sections 6.2, 7.2: uncompressed_header() as far as it matters. */
struct header {
    bool key;
    bool refreshes;         /* a later frame may refer to it */
    uint16_t width, height; /* [pixels] 0: that of a reference */
};

#define SYNC_CODE 0x498342
#define COLOR_RGB 7

/* color_config() of a key frame. */
static void skip_color(struct bits *b, unsigned profile) {
    bits_skip(b, profile >= 2); /* ten_or_twelve_bit */
    if (bits_u(b, 3) != COLOR_RGB) {
        bits_skip(b, profile & 1 ? 1 + 3 : 1); /* color_range, subsampling, reserved */
    } else {
        bits_skip(b, profile & 1);
    }
}

/* frame_size(), less 1 in the bitstream. False, and no size: it is not there, or none that others
 * could hold. */
static bool read_size(struct bits *b, struct header *h) {
    uint32_t width = bits_u(b, 16) + 1, height = bits_u(b, 16) + 1;
    if (b->bad || width > UINT16_MAX || height > UINT16_MAX) {
        return false;
    }
    h->width = (uint16_t)width;
    h->height = (uint16_t)height;
    return true;
}

/* frame_size_with_refs(): an encoder that follows the network changes the size without a key frame.
 * As long as it stays, a reference tells it. */
static void read_new_size(struct bits *b, struct header *h) {
    bits_skip(b, VP9_REFERENCES_MAX * (3 + 1)); /* ref_frame_idx, ref_frame_sign_bias */
    for (unsigned i = 0; i < VP9_REFERENCES_MAX; i++) {
        if (bits_flag(b)) {
            return;
        }
    }
    (void)read_size(b, h);
}

static bool read_key_header(struct bits *b, unsigned profile, struct header *h) {
    if (bits_u(b, 24) != SYNC_CODE) {
        return false;
    }
    skip_color(b, profile);
    h->refreshes = true;
    return read_size(b, h);
}

static bool read_header(struct bytes frame, struct header *h) {
    struct bits b = bits_of(frame);
    *h = (struct header){.refreshes = true};
    bool marked = bits_u(&b, 2) == 2;
    unsigned profile = bits_u(&b, 1);
    profile |= bits_u(&b, 1) << 1;
    bits_skip(&b, profile == 3);
    if (bits_flag(&b)) { /* show_existing_frame */
        h->refreshes = false;
        return marked && !b.bad;
    }
    h->key = !bits_flag(&b);
    bool shown = bits_flag(&b), resilient = bits_flag(&b);
    if (h->key) {
        return marked && read_key_header(&b, profile, h);
    }
    bool intra_only = shown ? false : bits_flag(&b);
    bits_skip(&b, resilient ? 0 : 2); /* reset_frame_context */
    if (intra_only) {
        return marked && !b.bad;
    }
    h->refreshes = bits_u(&b, 8) != 0;
    bool ok = marked && !b.bad;
    read_new_size(&b, h);
    return ok;
}

static bool begin(struct depacketizer *d, const struct video_piece *p) {
    struct vp9_state *s = &d->u.vp9;
    struct vp9 v;
    if (vp9_parse(p->payload, &v) != OK) {
        return false;
    }
    if (d->open) {
        d->broken = d->broken || v.ids.has_picture_id != s->has_id ||
                    (v.ids.has_picture_id && v.ids.picture_id != s->id);
        return true;
    }
    s->has_id = v.ids.has_picture_id;
    s->id = v.ids.picture_id;
    s->id_bits = v.ids.picture_id_bits;
    s->layer_open = false;
    s->apart = true;
    s->layers = 0;
    d->broken = !v.first || v.spatial != 0;
    return true;
}

/* The first bytes of a layer frame. */
static bool begin_layer(struct depacketizer *d, const struct vp9 *v, struct bytes data) {
    struct vp9_state *s = &d->u.vp9;
    struct header h;
    if (s->layer_open || s->layers == VP9_LAYERS_MAX || !read_header(data, &h)) {
        return false;
    }
    s->scalable = s->scalable || v->spatial || v->layers > 1;
    if (s->layers == 0) {
        d->key = h.key;
        /* A layer that is lost cannot say whether others refer to it. */
        d->non_reference = !h.refreshes && !s->scalable;
    }
    if (h.width && s->layers == 0) {
        d->width = h.width;
        d->height = h.height;
    } else {
        larger(&d->width, &d->height, h.width, h.height);
    }
    if (d->key) {
        larger(&d->width, &d->height, v->width, v->height);
    }
    if (d->key && v->spatial == 0) {
        s->sizes = v->layers;
    }
    s->sizes = v->spatial < s->sizes ? s->sizes : (uint8_t)(v->spatial + 1);
    s->spatial = v->spatial;
    s->apart = s->apart && !d->key && v->not_for_upper;
    s->layer_at = d->frame.n;
    s->layer_open = true;
    s->layers++;
    return true;
}

static bool append(struct depacketizer *d, const struct video_piece *p) {
    struct vp9_state *s = &d->u.vp9;
    struct vp9 v;
    if (vp9_parse(p->payload, &v) != OK) {
        return false;
    }
    struct bytes data = bytes_of(p->payload.p + v.len, p->payload.n - v.len);
    if (v.first ? !begin_layer(d, &v, data) : !s->layer_open) {
        return false;
    }
    if (!depacketizer_put(d, data.p, data.n)) {
        return false;
    }
    s->layer_n[s->layers - 1] = (uint32_t)(d->frame.n - s->layer_at);
    s->layer_open = !v.last;
    return true;
}

/* Annex B: marker, sizes in little endian, marker. */
static bool put_index(struct depacketizer *d) {
    const struct vp9_state *s = &d->u.vp9;
    uint8_t index[2 + 4 * VP9_LAYERS_MAX];
    size_t n = 0;
    index[n++] = (uint8_t)(0xc0 | 3 << 3 | (s->layers - 1)); /* sizes of 4 bytes */
    for (unsigned i = 0; i < s->layers; i++) {
        for (unsigned k = 0; k < 4; k++) {
            index[n++] = (uint8_t)(s->layer_n[i] >> (8 * k));
        }
    }
    index[n++] = index[0];
    return depacketizer_put(d, index, n);
}

/* Sizes that are independent but in key pictures are streams of their own between those: only the
 * largest is shown, and decoders that show each frame of a superframe would show them all. A
 * picture that lacks the largest, which encoders leave out at times, is left out: what has not been
 * written of the smaller ones would be missed. True: there is nothing of it. */
static bool keep_largest(struct depacketizer *d) {
    struct vp9_state *s = &d->u.vp9;
    if (!s->apart || s->sizes < 2) {
        return false;
    }
    if (s->spatial + 1 < s->sizes) {
        if (!d->missing) {
            s->last_has_id = s->has_id;
            s->last_id = s->id;
        }
        return true;
    }
    memmove(d->frame.p, d->frame.p + s->layer_at, d->frame.n - s->layer_at);
    buffer_cut(&d->frame, d->frame.n - s->layer_at);
    s->layers = 1;
    return false;
}

static enum video_verdict finish(struct depacketizer *d) {
    struct vp9_state *s = &d->u.vp9;
    if (s->layer_open || s->layers == 0) {
        return VIDEO_BROKEN;
    }
    if (keep_largest(d)) {
        return VIDEO_NOTHING;
    }
    return s->layers == 1 || put_index(d) ? VIDEO_WHOLE : VIDEO_BROKEN;
}

static enum video_order order(const struct depacketizer *d) {
    const struct vp9_state *s = &d->u.vp9;
    uint16_t mask = s->id_bits == 15 ? 0x7fff : 0x7f;
    bool follows = s->last_has_id && s->has_id && ((s->last_id + 1) & mask) == s->id;
    return follows && depacketizer_tells(d, mask + 1u) ? VIDEO_FOLLOWS : VIDEO_APART;
}

static void over(struct depacketizer *d, bool whole) {
    struct vp9_state *s = &d->u.vp9;
    s->last_has_id = s->has_id && (whole || d->non_reference);
    s->last_id = s->id;
}

const struct depacketizer_codec depacketize_vp9 = {begin, append, finish, order, over, NULL};
