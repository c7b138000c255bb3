#include "recorder/container/mux.h"

#include "recorder/container/container.h"
#include "recorder/container/mp4_boxes.h"
#include "recorder/container/mp4_order.h"
#include "recorder/container/webm_parse.h"

#include <libavformat/avformat.h>
#include <libavutil/log.h>
#include <libavutil/opt.h>

/* Clusters end only at key frames and with the segment (lengths are 31 bits in libavformat). */
#define CLUSTER_BYTES "1073741824"
#define CLUSTER_MS "30000" /* block times are 16 bits [ms] */
#define FRAGMENT_MIN (100 * US_PER_MS)
/* A fragment is one file of the muxer, so that its time is that of its first frame whatever came
 * before; everything but the fragment is thrown away. */
#define MP4_FLAGS "+frag_custom+empty_moov+default_base_moof+frag_discont+skip_trailer"

static const struct option {
    const char *name, *value;
} webm_options[] = {{"cluster_size_limit", CLUSTER_BYTES},
                    {"cluster_time_limit", CLUSTER_MS},
                    {"live", "1"},
                    {NULL, NULL}},
  mp4_options[] = {{"movflags", MP4_FLAGS}, {"use_editlist", "0"}, {NULL, NULL}};

/* How a container is asked for. */
struct format {
    const char *name;
    const struct option *options;
    bool milliseconds; /* its clock; else each stream's own */
};
static const struct format formats[] = {
    [CONTAINER_WEBM] = {"webm", webm_options, true}, [CONTAINER_MP4] = {"mp4", mp4_options, false}};

static enum container container_of(const struct mux_spec *m) {
    return container_of_codec((enum codec)m->video);
}

unsigned mux_track_number(const struct mux_spec *m, enum stream s) {
    return s == STREAM_VIDEO || !m->video ? 1 : 2;
}

static int clock_of(const struct mux_spec *m, enum stream s) {
    uint8_t codec = s == STREAM_VIDEO ? m->video : m->audio;
    return formats[container_of(m)].milliseconds ? 1000 : (int)codec_clock((enum codec)codec);
}

static enum AVCodecID codec_id(enum codec codec) {
    static const enum AVCodecID id[CODEC_COUNT] = {[CODEC_OPUS] = AV_CODEC_ID_OPUS,
                                                   [CODEC_VP8] = AV_CODEC_ID_VP8,
                                                   [CODEC_VP9] = AV_CODEC_ID_VP9,
                                                   [CODEC_H264] = AV_CODEC_ID_H264,
                                                   [CODEC_AV1] = AV_CODEC_ID_AV1};
    return id[codec];
}

static bool set_extradata(AVCodecParameters *p, struct bytes b) {
    p->extradata = av_mallocz(b.n + AV_INPUT_BUFFER_PADDING_SIZE);
    if (p->extradata && b.n) {
        memcpy(p->extradata, b.p, b.n);
        p->extradata_size = (int)b.n;
    }
    return p->extradata != NULL;
}

static bool add_stream(AVFormatContext *f, const struct mux_spec *m, const struct segment *s,
                       enum stream kind) {
    AVStream *stream = avformat_new_stream(f, NULL);
    if (!stream) {
        return false;
    }
    AVCodecParameters *p = stream->codecpar;
    stream->time_base = (AVRational){1, clock_of(m, kind)};
    if (kind == STREAM_VIDEO) {
        p->codec_type = AVMEDIA_TYPE_VIDEO;
        p->codec_id = codec_id((enum codec)m->video);
        /* Only for the header, which is thrown away; but it must not be zero. */
        p->width = s->width ? s->width : 16;
        p->height = s->height ? s->height : 16;
        return set_extradata(p, m->init);
    }
    p->codec_type = AVMEDIA_TYPE_AUDIO;
    p->codec_id = codec_id((enum codec)m->audio);
    p->sample_rate = 48000;
    p->ch_layout = (AVChannelLayout)AV_CHANNEL_LAYOUT_STEREO;
    return set_extradata(p, bytes_of(container_opus_head, sizeof(container_opus_head)));
}

static void close_muxer(AVFormatContext *f) {
    if (f->pb) {
        uint8_t *unused;
        avio_close_dyn_buf(f->pb, &unused);
        av_free(unused);
        f->pb = NULL;
    }
    avformat_free_context(f);
}

static AVFormatContext *open_muxer(const struct mux_spec *m, const struct segment *s) {
    const struct format *format = &formats[container_of(m)];
    AVFormatContext *f = NULL;
    av_log_set_level(AV_LOG_QUIET);
    if (avformat_alloc_output_context2(&f, NULL, format->name, NULL) < 0) {
        return NULL;
    }
    f->avoid_negative_ts = AVFMT_AVOID_NEG_TS_DISABLED;
    f->flags |= AVFMT_FLAG_BITEXACT;
    /* Frames are as they are to be: a filter that parses them could refuse a whole segment for the
     * sake of one sender's frame. */
    f->flags &= ~AVFMT_FLAG_AUTO_BSF;
    bool ok = (!m->video || add_stream(f, m, s, STREAM_VIDEO)) &&
              (!m->audio || add_stream(f, m, s, STREAM_AUDIO)) && avio_open_dyn_buf(&f->pb) >= 0;
    AVDictionary *options = NULL;
    for (const struct option *o = format->options; o->name; o++) {
        av_dict_set(&options, o->name, o->value, 0);
    }
    ok = ok && avformat_write_header(f, &options) >= 0;
    av_dict_free(&options);
    if (!ok) {
        close_muxer(f);
        return NULL;
    }
    return f;
}

/* How long a frame lasts: to the next of its stream, else to its own end or that of the segment. */
static us_t duration_of(const struct segment *s, size_t i) {
    const struct segment_frame *f = &s->frames[i];
    for (size_t k = i + 1; k < s->n; k++) {
        if (s->frames[k].stream == f->stream) {
            return s->frames[k].t - f->t;
        }
    }
    return f->duration ? f->duration : us_max(s->end - f->t, 0);
}

static int64_t ticks(us_t t, int rate) {
    return t / US_PER_MS * rate / 1000 + t % US_PER_MS * rate / US_PER_S;
}

/* What is written as one file. */
struct part {
    const struct segment *s;
    size_t from, to; /* frames [from, to) */
    struct mp4_order order;
};

/* The times of frame i: decoded where it comes in order, shown there or, with a lead that is taken
 * off again, somewhere near. */
static void set_times(AVPacket *k, const struct mux_spec *m, const struct part *p, size_t i) {
    const struct segment_frame *f = &p->s->frames[i];
    int rate = clock_of(m, (enum stream)f->stream);
    us_t decode = f->t, shown = f->t, end = f->t + duration_of(p->s, i);
    if (p->order.decode && f->stream == STREAM_VIDEO) {
        decode = p->order.decode[i - p->from];
        end = mp4_order_decoded(p->s, end, m->origin);
        shown = mp4_order_shown(f, m->origin) + p->order.lead;
    }
    k->pts = ticks(shown - m->origin, rate);
    k->dts = ticks(decode - m->origin, rate);
    k->duration = ticks(end - decode, rate);
}

static bool write_frames(AVFormatContext *f, const struct mux_spec *m, const struct part *p) {
    AVPacket *k = av_packet_alloc();
    bool ok = k != NULL;
    for (size_t i = p->from; ok && i < p->to; i++) {
        const struct segment_frame *frame = &p->s->frames[i];
        enum stream kind = (enum stream)frame->stream;
        k->data = (uint8_t *)p->s->data.p + frame->at;
        k->size = (int)frame->n;
        k->stream_index = (int)mux_track_number(m, kind) - 1;
        set_times(k, m, p, i);
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

/* Copy the clusters out of a whole WebM file. */
static enum err take_clusters(struct bytes file, struct buffer *out) {
    struct rd r = rd_of(file.p, file.n);
    struct webm_element e;
    enum err err = webm_next(&r, &e);
    err = err == OK ? webm_next(&r, &e) : err;
    if (err != OK || e.id != WEBM_SEGMENT) {
        return ERR_FORMAT;
    }
    struct rd in = rd_of(e.data.p, e.data.n);
    while (rd_left(&in) && err == OK) {
        const uint8_t *start = in.p;
        err = webm_next(&in, &e);
        if (err == OK && e.id == WEBM_CLUSTER) {
            buffer_put(out, start, (size_t)(in.p - start));
        }
    }
    return err;
}

/* Copy the fragment out of a whole MP4 file. */
static enum err take_fragment(struct bytes file, struct buffer *out) {
    struct rd r = rd_of(file.p, file.n);
    enum err err = OK;
    while (rd_left(&r) && err == OK) {
        struct mp4_box b;
        err = mp4_next(&r, &b);
        if (err == OK &&
            (b.type == MP4_TYPE('m', 'o', 'o', 'f') || b.type == MP4_TYPE('m', 'd', 'a', 't'))) {
            buffer_put(out, b.whole.p, b.whole.n);
        }
    }
    return err;
}

/* A file of its own, of which the media are taken. */
static enum err mux_part(const struct mux_spec *m, const struct part *p, struct buffer *out) {
    AVFormatContext *f = open_muxer(m, p->s);
    if (!f) {
        return ERR_NOMEM;
    }
    bool ok = write_frames(f, m, p);
    uint8_t *file = NULL;
    int n = avio_close_dyn_buf(f->pb, &file);
    f->pb = NULL;
    avformat_free_context(f);
    struct bytes all = bytes_of(file, n > 0 ? (size_t)n : 0);
    enum err err = !ok || !file                       ? ERR_FORMAT
                   : container_of(m) == CONTAINER_MP4 ? take_fragment(all, out)
                                                      : take_clusters(all, out);
    av_free(file);
    return err == OK && out->bad ? ERR_NOMEM : err;
}

/* The same of frames [from, to) for MP4, where pictures may be shown in another order than they
 * came.
 */
static enum err mux_fragment(const struct mux_spec *m, struct part *p, struct buffer *out) {
    size_t before = out->n;
    enum err err = mp4_order_init(&p->order, p->s, p->from, p->to, m->origin);
    err = err == OK ? mux_part(m, p, out) : err;
    if (err == OK && p->order.lead) {
        uint32_t lead = (uint32_t)ticks(p->order.lead, clock_of(m, STREAM_VIDEO));
        err = mp4_order_undo((uint8_t *)out->p + before, out->n - before,
                             mux_track_number(m, STREAM_VIDEO), lead);
    }
    mp4_order_free(&p->order);
    return err;
}

static void add_key(struct mux_keys *k, int64_t at_ms, size_t offset) {
    if (k->n < MUX_KEYS_MAX) {
        k->at[k->n++] = (struct mux_key){.at_ms = (uint32_t)at_ms, .offset = (uint32_t)offset};
    }
}

struct key_search {
    struct mux_keys *keys;
    int64_t start_ms;
    unsigned video;
};

static enum err note_key(void *ctx, const struct webm_block *b) {
    struct key_search *k = ctx;
    if (b->track == k->video && b->key) {
        add_key(k->keys, b->ms - k->start_ms, b->cluster);
    }
    return OK;
}

static enum err mux_webm(const struct mux_spec *m, const struct segment *s, struct buffer *out,
                         struct mux_keys *keys) {
    size_t before = out->n;
    struct key_search k = {keys, (s->start - m->origin) / US_PER_MS, 1};
    enum err e = mux_part(m, &(struct part){.s = s, .to = s->n}, out);
    if (e == OK && m->video) {
        e = webm_blocks(bytes_of(out->p + before, out->n - before), note_key, &k);
    }
    return e;
}

static bool is_key(const struct segment_frame *f) {
    return f->stream == STREAM_VIDEO && f->key;
}

/* A fragment begins with the segment and at each key frame, but not soon after the last that did:
 * each costs a muxer. */
static size_t fragment_end(const struct segment *s, size_t from) {
    const struct segment_frame *f = s->frames;
    us_t begin = is_key(&f[from]) ? f[from].t + FRAGMENT_MIN : f[from].t;
    size_t to = from + 1;
    while (to < s->n && (!is_key(&f[to]) || f[to].t < begin)) {
        to++;
    }
    return to;
}

static enum err mux_mp4(const struct mux_spec *m, const struct segment *s, struct buffer *out,
                        struct mux_keys *keys) {
    size_t before = out->n;
    enum err e = OK;
    for (size_t from = 0, to; from < s->n && e == OK; from = to) {
        to = fragment_end(s, from);
        if (is_key(&s->frames[from])) {
            add_key(keys, (s->frames[from].t - s->start) / US_PER_MS, out->n - before);
        }
        e = mux_fragment(m, &(struct part){.s = s, .from = from, .to = to}, out);
    }
    return e;
}

enum err mux_segment(const struct mux_spec *m, const struct segment *s, struct buffer *out,
                     struct mux_keys *ret_keys) {
    size_t before = out->n;
    ret_keys->n = 0;
    enum err e = container_of(m) == CONTAINER_MP4 ? mux_mp4(m, s, out, ret_keys)
                                                  : mux_webm(m, s, out, ret_keys);
    if (e != OK) {
        buffer_cut(out, before);
    }
    return e;
}
