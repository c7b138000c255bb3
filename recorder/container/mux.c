#include "recorder/container/mux.h"

#include "recorder/container/webm_parse.h"

#include <libavformat/avformat.h>
#include <libavutil/log.h>
#include <libavutil/opt.h>

/* Clusters end only at key frames and with the segment (lengths are 31 bits in libavformat). */
#define CLUSTER_BYTES (1 << 30)
#define CLUSTER_MS 30000 /* block times are 16 bits [ms] */

unsigned mux_track_number(const struct mux_spec *m, enum stream s) {
    return s == STREAM_VIDEO || !m->video ? 1 : 2;
}

static bool add_stream(AVFormatContext *f, const struct segment *s, enum stream kind) {
    AVStream *stream = avformat_new_stream(f, NULL);
    if (!stream) {
        return false;
    }
    AVCodecParameters *p = stream->codecpar;
    stream->time_base = (AVRational){1, 1000};
    if (kind == STREAM_VIDEO) {
        p->codec_type = AVMEDIA_TYPE_VIDEO;
        p->codec_id = AV_CODEC_ID_VP8;
        /* Only for the header, which is thrown away; but it must not be zero. */
        p->width = s->width ? s->width : 16;
        p->height = s->height ? s->height : 16;
    } else {
        p->codec_type = AVMEDIA_TYPE_AUDIO;
        p->codec_id = AV_CODEC_ID_OPUS;
        p->sample_rate = 48000;
        p->ch_layout = (AVChannelLayout)AV_CHANNEL_LAYOUT_STEREO;
    }
    return true;
}

static AVFormatContext *open_muxer(const struct mux_spec *m, const struct segment *s) {
    AVFormatContext *f = NULL;
    av_log_set_level(AV_LOG_QUIET);
    if (avformat_alloc_output_context2(&f, NULL, "webm", NULL) < 0) {
        return NULL;
    }
    f->avoid_negative_ts = AVFMT_AVOID_NEG_TS_DISABLED;
    f->flags |= AVFMT_FLAG_BITEXACT;
    bool ok = (!m->video || add_stream(f, s, STREAM_VIDEO)) &&
              (!m->audio || add_stream(f, s, STREAM_AUDIO)) && avio_open_dyn_buf(&f->pb) >= 0;
    AVDictionary *options = NULL;
    av_dict_set_int(&options, "cluster_size_limit", CLUSTER_BYTES, 0);
    av_dict_set_int(&options, "cluster_time_limit", CLUSTER_MS, 0);
    av_dict_set(&options, "live", "1", 0);
    ok = ok && avformat_write_header(f, &options) >= 0;
    av_dict_free(&options);
    if (!ok) {
        if (f->pb) {
            uint8_t *unused;
            avio_close_dyn_buf(f->pb, &unused);
            av_free(unused);
        }
        avformat_free_context(f);
        return NULL;
    }
    return f;
}

static bool write_frames(AVFormatContext *f, const struct mux_spec *m, const struct segment *s) {
    AVPacket *k = av_packet_alloc();
    bool ok = k != NULL;
    for (size_t i = 0; ok && i < s->n; i++) {
        const struct segment_frame *frame = &s->frames[i];
        k->data = (uint8_t *)s->data.p + frame->at;
        k->size = (int)frame->n;
        k->stream_index = (int)mux_track_number(m, (enum stream)frame->stream) - 1;
        k->pts = k->dts = (frame->t - m->origin) / US_PER_MS;
        k->flags = frame->key ? AV_PKT_FLAG_KEY : 0;
        ok = av_write_frame(f, k) >= 0;
    }
    if (k) {
        k->data = NULL;
        k->size = 0;
    }
    av_packet_free(&k);
    return ok && av_write_trailer(f) >= 0;
}

/* Copy the clusters out of a whole file. */
static enum err take_clusters(struct bytes file, struct buffer *out) {
    struct rd r = rd_of(file.p, file.n);
    struct webm_element e;
    enum err err = webm_next(&r, &e);
    err = err == OK ? webm_next(&r, &e) : err;
    if (err != OK || e.id != WEBM_SEGMENT) {
        return ERR_FORMAT;
    }
    struct rd in = rd_of(e.data.p, e.data.n);
    size_t before = out->n;
    while (rd_left(&in) && err == OK) {
        const uint8_t *start = in.p;
        err = webm_next(&in, &e);
        if (err == OK && e.id == WEBM_CLUSTER) {
            buffer_put(out, start, (size_t)(in.p - start));
        }
    }
    if (err == OK && out->bad) {
        err = ERR_NOMEM;
    }
    if (err != OK) {
        buffer_cut(out, before);
    }
    return err;
}

enum err mux_clusters(const struct mux_spec *m, const struct segment *s, struct buffer *out) {
    AVFormatContext *f = open_muxer(m, s);
    if (!f) {
        return ERR_NOMEM;
    }
    bool ok = write_frames(f, m, s);
    uint8_t *file = NULL;
    int n = avio_close_dyn_buf(f->pb, &file);
    f->pb = NULL;
    avformat_free_context(f);
    enum err err = ok && file ? take_clusters(bytes_of(file, (size_t)n), out) : ERR_FORMAT;
    av_free(file);
    return err;
}
