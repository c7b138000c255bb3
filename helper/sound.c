#include "helper/sound.h"

#include "helper/channel.h"

#include <libswresample/swresample.h>

#define SAMPLES_MAX (SOUND_RATE / 2) /* of a decoded frame: Opus has at most 120 ms */

struct sound {
    struct input *in;
    AVFrame *frame;
    SwrContext *swr;
    AVChannelLayout from; /* what swr was made for */
    int from_format, from_rate;
    float *out[2];
};

struct sound *sound_open(const struct task *t, uint32_t index) {
    struct input *in = input_open(t, index, AVMEDIA_TYPE_AUDIO);
    if (!in) {
        return NULL;
    }
    struct sound *s = av_mallocz(sizeof(*s));
    if (!s) {
        channel_fail("out of memory");
    }
    s->in = in;
    s->frame = av_frame_alloc();
    s->out[0] = av_malloc(SAMPLES_MAX * sizeof(float));
    s->out[1] = av_malloc(SAMPLES_MAX * sizeof(float));
    if (!s->frame || !s->out[0] || !s->out[1]) {
        channel_fail("out of memory");
    }
    return s;
}

struct sound *sound_close(struct sound *s) {
    if (s) {
        input_close(s->in);
        av_frame_free(&s->frame);
        swr_free(&s->swr);
        av_channel_layout_uninit(&s->from);
        av_free(s->out[0]);
        av_free(s->out[1]);
        av_free(s);
    }
    return NULL;
}

/* A converter for frames of this kind; false: they are of no kind that can be converted. */
static bool converter(struct sound *s) {
    AVFrame *f = s->frame;
    if (s->swr && s->from_format == f->format && s->from_rate == f->sample_rate &&
        av_channel_layout_compare(&s->from, &f->ch_layout) == 0) {
        return true;
    }
    AVChannelLayout stereo = AV_CHANNEL_LAYOUT_STEREO;
    swr_free(&s->swr);
    if (swr_alloc_set_opts2(&s->swr, &stereo, AV_SAMPLE_FMT_FLTP, SOUND_RATE, &f->ch_layout,
                            (enum AVSampleFormat)f->format, f->sample_rate, 0, NULL) < 0 ||
        swr_init(s->swr) < 0 || av_channel_layout_copy(&s->from, &f->ch_layout) < 0) {
        swr_free(&s->swr);
        return false;
    }
    s->from_format = f->format;
    s->from_rate = f->sample_rate;
    return true;
}

bool sound_next(struct sound *s, struct sound_piece *ret) {
    for (;;) {
        av_frame_unref(s->frame);
        if (!input_frame(s->in, s->frame)) {
            return false;
        }
        if (!converter(s)) {
            continue;
        }
        int n = swr_convert(s->swr, (uint8_t **)s->out, SAMPLES_MAX,
                            (const uint8_t **)s->frame->extended_data, s->frame->nb_samples);
        if (n > 0) {
            *ret = (struct sound_piece){s->frame->pts, n, s->out[0], s->out[1]};
            return true;
        }
    }
}
