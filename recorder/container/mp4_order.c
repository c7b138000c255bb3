#include "recorder/container/mp4_order.h"

#include "base/alloc.h"
#include "recorder/container/mp4_boxes.h"

#include <stdlib.h>

#define SLOWER 8 /* times, at the beginning of a file */

static bool is_picture(const struct segment_frame *f) {
    return f->stream == STREAM_VIDEO;
}

static int by_time(const void *a, const void *b) {
    us_t x = *(const us_t *)a, y = *(const us_t *)b;
    return (x > y) - (x < y);
}

/* The times at which pictures are shown, in order, instead of those in `decode`, which have the
 * times in the order in which they came. Of these each is at least the one that takes its place. */
static bool spread(us_t *decode, const struct segment_frame *f, size_t n) {
    us_t *shown = mem_alloc(n * sizeof(*shown));
    size_t pictures = 0, next = 0;
    if (!shown) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (is_picture(&f[i])) {
            shown[pictures++] = f[i].t + f[i].shift;
        }
    }
    qsort(shown, pictures, sizeof(*shown), by_time);
    us_t last = shown[0] - US_PER_MS;
    for (size_t i = 0; i < n && shown[0] == f[0].t; i++) {
        if (is_picture(&f[i])) {
            last = us_max(shown[next++], last + US_PER_MS);
            decode[i] = last;
        }
    }
    mem_free(shown);
    return true;
}

us_t mp4_order_decoded(const struct segment *s, us_t t, us_t origin) {
    if (!s->reorders) {
        return t;
    }
    us_t since = us_max(t - origin, 0);
    return origin + us_max(since / SLOWER, since - MP4_ORDER_DELAY);
}

/* Is anything in another order, or will it be? */
static bool applies(const struct segment *s, size_t from, size_t to) {
    bool any = s->reorders;
    for (size_t i = from; i < to && !any; i++) {
        any = s->frames[i].shift != 0;
    }
    return any;
}

enum err mp4_order_init(struct mp4_order *o, const struct segment *s, size_t from, size_t to,
                        us_t origin) {
    const struct segment_frame *f = &s->frames[from];
    size_t n = to - from;
    us_t late = 0;
    *o = (struct mp4_order){0};
    if (!applies(s, from, to)) {
        return OK;
    }
    o->decode = mem_alloc(n * sizeof(*o->decode));
    for (size_t i = 0; o->decode && i < n; i++) {
        o->decode[i] = f[i].t;
    }
    if (!o->decode || (is_picture(f) && f->key && !spread(o->decode, f, n))) {
        mp4_order_free(o);
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        o->decode[i] = mp4_order_decoded(s, o->decode[i], origin);
        late =
            is_picture(&f[i]) ? us_max(late, o->decode[i] - mp4_order_shown(&f[i], origin)) : late;
    }
    /* Whole, and one more, so that every offset is there to take it off of. */
    o->lead = late ? (late / US_PER_MS + 2) * US_PER_MS : 0;
    return OK;
}

void mp4_order_free(struct mp4_order *o) {
    o->decode = mem_free(o->decode);
    o->lead = 0;
}

/* Section 8.8.8 */
enum {
    DATA_OFFSET = 1,
    FIRST_FLAGS = 4,
    DURATION = 0x100,
    SIZE = 0x200,
    FLAGS = 0x400,
    SHOWN = 0x800
};

static enum err undo_run(uint8_t *p, size_t n, uint32_t lead) {
    struct rd r = rd_of(p, n);
    uint32_t flags = rd_u32(&r), samples = rd_u32(&r);
    rd_skip(&r, (flags & DATA_OFFSET ? 4 : 0) + (flags & FIRST_FLAGS ? 4 : 0));
    size_t before = (flags & DURATION ? 4 : 0) + (flags & SIZE ? 4 : 0) + (flags & FLAGS ? 4 : 0);
    if (!(flags & SHOWN) || r.bad || rd_left(&r) != (before + 4) * samples) {
        return ERR_FORMAT;
    }
    p[0] = 1; /* version: offsets have a sign */
    uint8_t *at = p + (n - rd_left(&r));
    for (uint32_t i = 0; i < samples; i++, at += before + 4) {
        put_be32(at + before, be32(at + before) - lead);
    }
    return OK;
}

static enum err undo_track(struct bytes traf, uint8_t *base, uint32_t track, uint32_t lead) {
    struct rd r = rd_of(traf.p, traf.n);
    struct mp4_box b;
    bool ours = false;
    while (rd_left(&r) && mp4_next(&r, &b) == OK) {
        if (b.type == MP4_TYPE('t', 'f', 'h', 'd')) {
            ours = b.data.n >= 8 && be32(b.data.p + 4) == track;
        } else if (b.type == MP4_TYPE('t', 'r', 'u', 'n') && ours) {
            return undo_run(base + (b.data.p - traf.p), b.data.n, lead);
        }
    }
    return ERR_UNKNOWN;
}

enum err mp4_order_undo(uint8_t *p, size_t n, uint32_t track, uint32_t lead) {
    struct rd r = rd_of(p, n);
    struct mp4_box moof, b;
    enum err err = mp4_next(&r, &moof);
    if (err != OK) {
        return ERR_FORMAT;
    }
    r = rd_of(moof.data.p, moof.data.n);
    err = ERR_UNKNOWN;
    while (err == ERR_UNKNOWN && rd_left(&r) && mp4_next(&r, &b) == OK) {
        if (b.type == MP4_TYPE('t', 'r', 'a', 'f')) {
            err = undo_track(b.data, p + (b.data.p - p), track, lead);
        }
    }
    return err == OK ? OK : ERR_FORMAT;
}
