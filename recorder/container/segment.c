#include "recorder/container/segment.h"

#include "base/alloc.h"

#include <stdlib.h>

static bool grow(struct segment *s) {
    if (s->n == s->frames_cap) {
        size_t cap = s->frames_cap ? 2 * s->frames_cap : 64;
        struct segment_frame *frames = mem_realloc(s->frames, cap * sizeof(*frames));
        if (!frames) {
            return false;
        }
        s->frames = frames;
        s->frames_cap = cap;
    }
    return true;
}

enum err segment_add(struct segment *s, const struct media_frame *f) {
    size_t at = s->data.n;
    if (!grow(s)) {
        return ERR_NOMEM;
    }
    buffer_put(&s->data, f->data.p, f->data.n);
    if (s->data.bad) {
        buffer_cut(&s->data, at);
        return ERR_NOMEM;
    }
    s->start = s->n ? us_min(s->start, f->t) : f->t;
    s->end = us_max(s->n ? s->end : 0, f->t + f->duration);
    s->frames[s->n++] = (struct segment_frame){.t = f->t,
                                               .duration = f->duration,
                                               .shift = f->shift,
                                               .at = at,
                                               .n = f->data.n,
                                               .stream = f->stream,
                                               .key = f->key};
    s->audio = s->audio || f->stream == STREAM_AUDIO;
    if (f->stream == STREAM_VIDEO) {
        s->video = true;
        s->reorders = s->reorders || f->reorders;
        if ((uint32_t)f->width * f->height > (uint32_t)s->width * s->height) {
            s->width = f->width;
            s->height = f->height;
        }
    }
    return OK;
}

bool segment_cut(const struct segment *s, const struct media_frame *next,
                 const struct segment_limits *l) {
    if (s->n == 0) {
        return false;
    }
    us_t age = next->t - s->start;
    if (age >= l->max || s->data.n >= SEGMENT_BYTES_MAX || s->n >= SEGMENT_FRAMES_MAX) {
        return true;
    }
    bool boundary = next->stream == STREAM_VIDEO ? next->key : !s->video;
    return age >= l->min && boundary;
}

void segment_last_until(struct segment *s, enum stream stream, us_t until) {
    for (size_t i = s->n; i > 0; i--) {
        struct segment_frame *f = &s->frames[i - 1];
        if (f->stream == stream) {
            f->duration = us_max(until - f->t, 0);
            s->end = us_max(s->end, until);
            return;
        }
    }
}

static int by_time(const void *a, const void *b) {
    const struct segment_frame *x = a, *y = b;
    if (x->t != y->t) {
        return x->t < y->t ? -1 : 1;
    }
    /* Picture before sound of the same instant, so that a key frame opens the cluster. */
    return (int)x->stream - (int)y->stream;
}

void segment_sort(struct segment *s) {
    if (s->n > 1) {
        qsort(s->frames, s->n, sizeof(*s->frames), by_time);
    }
}

void segment_clear(struct segment *s) {
    buffer_cut(&s->data, 0);
    s->n = 0;
    s->start = s->end = 0;
    s->width = s->height = 0;
    s->video = s->audio = s->reorders = false;
}

void segment_free(struct segment *s) {
    s->frames = mem_free(s->frames);
    buffer_free(&s->data);
    *s = (struct segment){0};
}
