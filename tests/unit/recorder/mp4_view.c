#include "tests/unit/recorder/mp4_view.h"

#include "tests/unit/test.h"

#define T(a, b, c, d) MP4_TYPE(a, b, c, d)

struct bytes mp4_child(struct bytes parent, size_t skip, uint32_t type) {
    struct rd r = rd_of(parent.p, parent.n);
    struct mp4_box b;
    rd_skip(&r, skip);
    while (rd_left(&r) && mp4_next(&r, &b) == OK) {
        if (b.type == type) {
            return b.data;
        }
    }
    return bytes_of(NULL, 0);
}

struct fragment {
    struct mp4_view *v;
    struct bytes whole; /* moof and mdat */
    uint32_t flags, duration, size;
    unsigned track;
    uint64_t time;
};

/* ISO/IEC 14496-12 section 8.8.7: only what libavformat writes. */
static void read_tfhd(struct fragment *f, struct bytes b) {
    struct rd r = rd_of(b.p, b.n);
    uint32_t flags = rd_u32(&r);
    f->track = rd_u32(&r);
    CHECK((flags & 0x020003) == 0x020000); /* relative to the moof */
    f->duration = flags & 8 ? rd_u32(&r) : 0;
    f->size = flags & 0x10 ? rd_u32(&r) : 0;
    f->flags = flags & 0x20 ? rd_u32(&r) : 0;
    CHECK(!r.bad && rd_left(&r) == 0);
}

/* Section 8.8.8 */
static bool read_trun(struct fragment *f, struct bytes b) {
    struct rd r = rd_of(b.p, b.n);
    uint32_t flags = rd_u32(&r), n = rd_u32(&r), version = flags >> 24;
    size_t at = flags & 1 ? rd_u32(&r) : 0;
    uint32_t first = flags & 4 ? rd_u32(&r) : f->flags;
    for (uint32_t i = 0; i < n && !r.bad; i++) {
        uint32_t duration = flags & 0x100 ? rd_u32(&r) : f->duration;
        uint32_t size = flags & 0x200 ? rd_u32(&r) : f->size;
        uint32_t how = flags & 0x400 ? rd_u32(&r) : i ? f->flags : first;
        uint32_t shown = flags & 0x800 ? rd_u32(&r) : 0;
        CHECK((version == 1 || shown <= INT32_MAX) && f->v->n < MP4_VIEW_SAMPLES);
        if (size > f->whole.n || at > f->whole.n - size) {
            return false;
        }
        f->v->sample[f->v->n].track = f->track;
        f->v->sample[f->v->n].fragment = f->v->fragments - 1;
        f->v->sample[f->v->n].time = f->time;
        f->v->sample[f->v->n].duration = duration;
        f->v->sample[f->v->n].shown = (int32_t)shown;
        f->v->sample[f->v->n].key = !(how & 0x10000);
        f->v->sample[f->v->n++].data = bytes_of(f->whole.p + at, size);
        f->time += duration;
        at += size;
    }
    return !r.bad && rd_left(&r) == 0;
}

static bool read_traf(struct fragment *f, struct bytes b) {
    struct rd r = rd_of(b.p, b.n);
    struct mp4_box x;
    bool ok = true;
    while (ok && rd_left(&r)) {
        ok = mp4_next(&r, &x) == OK;
        if (ok && x.type == T('t', 'f', 'h', 'd')) {
            read_tfhd(f, x.data);
        } else if (ok && x.type == T('t', 'f', 'd', 't')) {
            struct rd t = rd_of(x.data.p, x.data.n);
            f->time = rd_u32(&t) >> 24 ? rd_u64(&t) : rd_u32(&t);
            ok = !t.bad;
        } else if (ok && x.type == T('t', 'r', 'u', 'n')) {
            ok = read_trun(f, x.data);
        }
    }
    return ok;
}

static bool read_fragment(struct mp4_view *v, struct mp4_box moof, struct rd *r) {
    struct mp4_box mdat, x;
    if (mp4_next(r, &mdat) != OK || mdat.type != T('m', 'd', 'a', 't')) {
        return false;
    }
    struct rd in = rd_of(moof.data.p, moof.data.n);
    bool ok = true;
    while (ok && rd_left(&in)) {
        struct fragment f = {.v = v, .whole = bytes_of(moof.whole.p, moof.whole.n + mdat.whole.n)};
        ok = mp4_next(&in, &x) == OK && (x.type != T('t', 'r', 'a', 'f') || read_traf(&f, x.data));
    }
    return ok;
}

bool mp4_view(struct bytes file, struct mp4_view *ret) {
    struct rd r = rd_of(file.p, file.n);
    struct mp4_box b;
    *ret = (struct mp4_view){0};
    if (mp4_next(&r, &b) != OK || b.type != T('f', 't', 'y', 'p')) {
        return false;
    }
    while (rd_left(&r)) {
        size_t at = (size_t)(r.p - file.p);
        if (mp4_next(&r, &b) != OK) {
            return false;
        }
        if (b.type == T('m', 'o', 'o', 'v')) {
            ret->moov = b.data;
        } else if (b.type == T('s', 'i', 'd', 'x')) {
            unsigned track = be32(b.data.p + 4);
            CHECK(track == 1 || track == 2);
            ret->sidx[track - 1] = b.data;
            ret->fragments_at = (size_t)(r.p - file.p);
        } else if (b.type == T('m', 'o', 'o', 'f')) {
            CHECK(ret->fragments < MP4_VIEW_POINTS);
            ret->fragment_at[ret->fragments++] = at - ret->fragments_at;
            if (!read_fragment(ret, b, &r)) {
                return false;
            }
        } else {
            return false;
        }
    }
    return ret->moov.n > 0;
}

bool mp4_reference(struct bytes sidx, unsigned i, struct mp4_reference *ret) {
    struct rd r = rd_of(sidx.p, sidx.n);
    rd_skip(&r, 12);
    *ret = (struct mp4_reference){.time = rd_u64(&r)};
    rd_skip(&r, 10);
    unsigned n = rd_u16(&r);
    for (unsigned k = 0; k < i && k < n; k++) {
        ret->offset += rd_u32(&r);
        ret->time += rd_u32(&r);
        rd_skip(&r, 4);
    }
    if (i < n) {
        rd_skip(&r, 8);
        ret->sap = rd_u32(&r) >> 31;
    }
    return i <= n && !r.bad;
}
