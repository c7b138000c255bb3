/* A JPEG of each moment that was asked for. Moments of an input come one after the other, so that
 * each file is opened once. */
#include "helper/channel.h"
#include "helper/picture.h"
#include "helper/tasks.h"

#include <libswscale/swscale.h>

#define QUALITY 5       /* of JPEG, 2 (best) to 31 */
#define HEIGHT_MAX 1024 /* [pixels] of a thumbnail; a narrower one keeps its shape */

static AVCodecContext *open_jpeg(int width, int height) {
    const AVCodec *codec = avcodec_find_encoder(AV_CODEC_ID_MJPEG);
    AVCodecContext *c = codec ? avcodec_alloc_context3(codec) : NULL;
    if (!c) {
        channel_fail("libavcodec has no JPEG encoder");
    }
    c->width = width;
    c->height = height;
    c->pix_fmt = AV_PIX_FMT_YUVJ420P;
    c->time_base = (AVRational){1, 1};
    c->thread_count = 1;
    c->flags |= AV_CODEC_FLAG_QSCALE;
    c->global_quality = QUALITY * FF_QP2LAMBDA;
    if (avcodec_open2(c, codec, NULL) < 0) {
        channel_fail("JPEG of %d x %d is not possible", width, height);
    }
    return c;
}

static void say_jpeg(AVFrame *picture, uint32_t moment) {
    AVCodecContext *c = open_jpeg(picture->width, picture->height);
    AVPacket *k = av_packet_alloc();
    picture->quality = c->global_quality;
    picture->pts = 0;
    if (!k || avcodec_send_frame(c, picture) < 0 || avcodec_receive_packet(c, k) < 0) {
        channel_fail("JPEG could not be made");
    }
    if (k->size > 0 && (uint32_t)k->size <= MESSAGE_PICTURE_MAX) {
        struct message m = {.type = MESSAGE_THUMBNAIL,
                            .index = moment,
                            .width = (uint16_t)picture->width,
                            .height = (uint16_t)picture->height,
                            .data = bytes_of(k->data, (size_t)k->size)};
        channel_say(&m);
    }
    av_packet_free(&k);
    avcodec_free_context(&c);
}

/* The largest size of this shape that is no wider and no higher than it may be. */
static struct layout_box shape(uint16_t width, const AVFrame *f) {
    struct layout_box all = {0, 0, width, HEIGHT_MAX};
    struct layout_box fit = layout_fit(&all, (uint32_t)f->width, (uint32_t)f->height);
    return (struct layout_box){0, 0, fit.w, fit.h};
}

static void one(const struct task *t, uint32_t moment, struct input *in, AVFrame *frame) {
    us_t start = t->inputs[t->moments[moment].input].start, at = t->moments[moment].at;
    input_seek(in, at);
    /* Times in a file are whole milliseconds. */
    while (input_frame(in, frame)) {
        if (frame->pts - start + US_PER_MS >= at) {
            struct layout_box box = shape(t->width, frame);
            AVFrame *small = picture_new(box.w, box.h, AV_PIX_FMT_YUVJ420P);
            struct SwsContext *scaler = NULL;
            picture_scale(&scaler, frame, small, &box);
            say_jpeg(small, moment);
            sws_freeContext(scaler);
            av_frame_free(&small);
            return;
        }
        av_frame_unref(frame);
    }
}

void task_thumbnails(const struct task *t) {
    AVFrame *frame = av_frame_alloc();
    struct input *in = NULL;
    uint32_t opened = UINT32_MAX;
    if (!frame) {
        channel_fail("out of memory");
    }
    for (uint32_t i = 0; i < t->n_moments; i++) {
        if (t->moments[i].input != opened) {
            input_close(in);
            opened = t->moments[i].input;
            in = input_open(t, opened, AVMEDIA_TYPE_VIDEO);
        }
        if (in) {
            one(t, i, in, frame);
            av_frame_unref(frame);
        }
        tasks_progress(i + 1, t->n_moments);
    }
    input_close(in);
    av_frame_free(&frame);
}
