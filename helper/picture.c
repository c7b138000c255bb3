#include "helper/picture.h"

#include "helper/channel.h"

#include <libswscale/swscale.h>

void picture_line_init(struct picture_line *l, const struct task *t, uint8_t role, uint16_t line) {
    memset(l, 0, sizeof(*l));
    l->task = t;
    l->role = role;
    l->line = line;
    l->now = av_frame_alloc();
    l->next = av_frame_alloc();
    if (!l->now || !l->next) {
        channel_fail("out of memory");
    }
}

void picture_line_free(struct picture_line *l) {
    input_close(l->in);
    av_frame_free(&l->now);
    av_frame_free(&l->next);
    sws_freeContext(l->scaler);
    memset(l, 0, sizeof(*l));
}

/* The next input of the line that has begun at time t and has pictures; false: none yet. */
static bool open_next(struct picture_line *l, us_t t) {
    for (; l->from < l->task->n_inputs; l->from++) {
        const struct task_input *i = &l->task->inputs[l->from];
        if (i->role != l->role || i->line != l->line) {
            continue;
        }
        if (i->start > t) {
            return false;
        }
        l->in = input_open(l->task, l->from, AVMEDIA_TYPE_VIDEO);
        if (l->in) {
            l->from++;
            return true;
        }
    }
    return false;
}

static bool want_next(struct picture_line *l, us_t t) {
    while (!l->has_next) {
        if (!l->in && !open_next(l, t)) {
            return false;
        }
        l->has_next = input_frame(l->in, l->next);
        if (!l->has_next) {
            l->in = input_close(l->in);
        }
    }
    return true;
}

const AVFrame *picture_at(struct picture_line *l, us_t t) {
    while (want_next(l, t) && l->next->pts <= t) {
        AVFrame *shown = l->now;
        l->now = l->next;
        l->next = shown;
        av_frame_unref(l->next);
        l->has_next = false;
        l->has_now = true;
        l->serial++;
    }
    if (l->has_now && l->keep && t - l->now->pts > l->keep) {
        av_frame_unref(l->now);
        l->has_now = false;
        l->serial++;
    }
    return l->has_now ? l->now : NULL;
}

AVFrame *picture_new(int width, int height, enum AVPixelFormat format) {
    AVFrame *f = av_frame_alloc();
    if (f) {
        f->format = format;
        f->width = width;
        f->height = height;
    }
    if (!f || av_frame_get_buffer(f, 0) < 0) {
        channel_fail("out of memory");
    }
    struct layout_box all = {0, 0, (uint16_t)width, (uint16_t)height};
    picture_black(f, &all);
    return f;
}

void picture_black(AVFrame *to, const struct layout_box *box) {
    uint8_t luma = to->format == AV_PIX_FMT_YUVJ420P ? 0 : 16;
    for (int plane = 0; plane < 3; plane++) {
        int shift = plane ? 1 : 0;
        uint8_t *row =
            to->data[plane] + (box->y >> shift) * to->linesize[plane] + (box->x >> shift);
        for (int y = 0; y < (box->h + shift) >> shift; y++) {
            memset(row, plane ? 128 : luma, (size_t)((box->w + shift) >> shift));
            row += to->linesize[plane];
        }
    }
}

void picture_scale(struct SwsContext **scaler, const AVFrame *from, AVFrame *to,
                   const struct layout_box *box) {
    *scaler = sws_getCachedContext(*scaler, from->width, from->height,
                                   (enum AVPixelFormat)from->format, box->w, box->h,
                                   (enum AVPixelFormat)to->format, SWS_BILINEAR, NULL, NULL, NULL);
    if (!*scaler) {
        return; /* a format that is no picture of ours: the box stays as it is */
    }
    uint8_t *data[4] = {0};
    for (int plane = 0; plane < 3; plane++) {
        int shift = plane ? 1 : 0;
        data[plane] = to->data[plane] + (box->y >> shift) * to->linesize[plane] + (box->x >> shift);
    }
    sws_scale(*scaler, (const uint8_t *const *)from->data, from->linesize, 0, from->height, data,
              to->linesize);
}
