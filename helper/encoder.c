#include "helper/encoder.h"

#include "helper/channel.h"
#include "helper/sound.h"

#include <libavformat/avformat.h>
#include <libavutil/opt.h>

#define IO_BUFFER (128 << 10)   /* [bytes] */
#define HEAD_MAX (512u << 20)   /* [bytes] */
#define SOUND_BITRATE 128000    /* [bit/s] */
#define QUALITY "23"            /* x264's crf */
#define KEY_EVERY 250           /* pictures; the caller asks for key frames by time */
#define INDEX_SPARE (64u << 10) /* [bytes] of the index beside its tables */
#define INDEX_PICTURE 28        /* [bytes] of tables per picture, at most */
#define INDEX_SOUND 20          /* and per AAC frame */
#define MICROSECONDS ((AVRational){1, 1000000})

struct encoder {
    AVFormatContext *file;
    AVIOContext *io;
    AVStream *pictures, *sounds;
    AVCodecContext *video, *audio; /* video: NULL when copying */
    AVFrame *sound;
    AVPacket *packet;
    int64_t samples;  /* so far, of each channel */
    int64_t last_dts; /* of a copied packet */
    /* What is written below head_n is kept, the rest is told. */
    uint8_t *head;
    size_t head_n, head_cap;
    bool head_done;   /* its size is known */
    uint64_t at, end; /* of the next byte; of what was told */
};

static void must(int e, const char *what) {
    if (e < 0) {
        channel_fail("%s: %s", what, av_err2str(e));
    }
}

/* ---- output ---- */

static int write_io(void *ctx, uint8_t *p, int len) {
    struct encoder *e = ctx;
    size_t n = (size_t)len;
    if (e->at < e->head_cap) {
        size_t here = e->head_cap - (size_t)e->at < n ? e->head_cap - (size_t)e->at : n;
        memcpy(e->head + e->at, p, here);
        e->at += here;
        e->head_n = e->at > e->head_n ? (size_t)e->at : e->head_n;
        p += here;
        n -= here;
    }
    if (n == 0) {
        return len;
    }
    if (!e->head_done || e->at != e->end) {
        return AVERROR(EINVAL); /* the muxer changes what was told: it never does */
    }
    channel_bytes(MESSAGE_BODY, bytes_of(p, n));
    e->at += n;
    e->end += n;
    return len;
}

static int64_t seek_io(void *ctx, int64_t offset, int whence) {
    struct encoder *e = ctx;
    if (whence & AVSEEK_SIZE) {
        return (int64_t)(e->end > e->head_n ? e->end : e->head_n);
    }
    int64_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? (int64_t)e->at : (int64_t)e->end;
    if (base + offset < 0) {
        return AVERROR(EINVAL);
    }
    e->at = (uint64_t)(base + offset);
    return (int64_t)e->at;
}

/* Room for the index of everything that can come. */
static size_t index_room(const struct task *t, bool copy) {
    uint64_t ms = (uint64_t)(t->duration / US_PER_MS) + 2000;
    uint64_t pictures = ms * (copy ? 120 : t->fps) / 1000 + 2;
    uint64_t sounds = ms * SOUND_RATE / 1000 / ENCODER_SOUND + 4;
    return (size_t)(INDEX_SPARE + pictures * INDEX_PICTURE + sounds * INDEX_SOUND);
}

static void open_io(struct encoder *e, size_t room) {
    uint8_t *buffer = av_malloc(IO_BUFFER);
    e->head_cap = room + INDEX_SPARE;
    e->head = e->head_cap <= HEAD_MAX ? av_mallocz(e->head_cap) : NULL;
    e->io = buffer ? avio_alloc_context(buffer, IO_BUFFER, 1, e, NULL, write_io, seek_io) : NULL;
    if (!e->head || !e->io) {
        channel_fail("out of memory");
    }
    e->file->pb = e->io;
    e->file->flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_BITEXACT;
}

/* ---- streams ---- */

static AVStream *add_stream(struct encoder *e) {
    AVStream *s = avformat_new_stream(e->file, NULL);
    if (!s) {
        channel_fail("out of memory");
    }
    return s;
}

/* One thread: the sandbox lets none be made. No B-frames: a picture's time is its place. */
static void open_video(struct encoder *e, const struct task *t) {
    const AVCodec *codec = avcodec_find_encoder_by_name("libx264");
    AVCodecContext *c = codec ? avcodec_alloc_context3(codec) : NULL;
    if (!c) {
        channel_fail("libavcodec has no H.264 encoder");
    }
    c->width = t->width;
    c->height = t->height;
    c->pix_fmt = AV_PIX_FMT_YUV420P;
    c->time_base = (AVRational){1, 90000};
    c->framerate = (AVRational){t->fps, 1};
    c->gop_size = KEY_EVERY;
    c->max_b_frames = 0;
    c->thread_count = 1;
    c->color_range = AVCOL_RANGE_MPEG;
    c->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    av_opt_set(c->priv_data, "preset", "veryfast", 0);
    av_opt_set(c->priv_data, "crf", QUALITY, 0);
    av_opt_set(c->priv_data, "forced-idr", "1", 0);
    must(avcodec_open2(c, codec, NULL), "H.264 encoder");
    e->video = c;
    e->pictures = add_stream(e);
    e->pictures->time_base = c->time_base;
    must(avcodec_parameters_from_context(e->pictures->codecpar, c), "H.264 encoder");
}

static void open_copy(struct encoder *e, const AVCodecParameters *copy) {
    e->pictures = add_stream(e);
    e->pictures->time_base = (AVRational){1, 90000};
    must(avcodec_parameters_copy(e->pictures->codecpar, copy), "H.264");
    e->pictures->codecpar->codec_tag = 0;
}

static void open_audio(struct encoder *e) {
    const AVCodec *codec = avcodec_find_encoder(AV_CODEC_ID_AAC);
    AVCodecContext *c = codec ? avcodec_alloc_context3(codec) : NULL;
    if (!c) {
        channel_fail("libavcodec has no AAC encoder");
    }
    c->sample_fmt = AV_SAMPLE_FMT_FLTP;
    c->sample_rate = SOUND_RATE;
    c->ch_layout = (AVChannelLayout)AV_CHANNEL_LAYOUT_STEREO;
    c->bit_rate = SOUND_BITRATE;
    c->time_base = (AVRational){1, SOUND_RATE};
    c->thread_count = 1;
    c->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    must(avcodec_open2(c, codec, NULL), "AAC encoder");
    e->audio = c;
    e->sounds = add_stream(e);
    e->sounds->time_base = c->time_base;
    must(avcodec_parameters_from_context(e->sounds->codecpar, c), "AAC encoder");
    e->sound = av_frame_alloc();
    if (!e->sound) {
        channel_fail("out of memory");
    }
}

static void write_header(struct encoder *e, size_t room) {
    AVDictionary *options = NULL;
    av_dict_set_int(&options, "moov_size", (int64_t)room, 0);
    int done = avformat_write_header(e->file, &options);
    av_dict_free(&options);
    must(done, "MP4");
    avio_flush(e->io);
    /* From here on bytes are told. */
    e->head_cap = e->head_n = (size_t)avio_tell(e->io);
    e->end = e->head_n;
    e->head_done = true;
    struct message m = {.type = MESSAGE_HEAD_SIZE, .size = e->head_n};
    channel_say(&m);
}

struct encoder *encoder_open(const struct task *t, const AVCodecParameters *copy) {
    struct encoder *e = av_mallocz(sizeof(*e));
    size_t room = index_room(t, copy != NULL);
    if (!e || avformat_alloc_output_context2(&e->file, NULL, "mp4", NULL) < 0) {
        channel_fail("out of memory");
    }
    e->last_dts = -1;
    e->packet = av_packet_alloc();
    if (!e->packet) {
        channel_fail("out of memory");
    }
    open_io(e, room);
    if (copy) {
        open_copy(e, copy);
    } else {
        open_video(e, t);
    }
    open_audio(e);
    write_header(e, room);
    return e;
}

/* ---- frames ---- */

static void write_packet(struct encoder *e, AVPacket *k, AVRational base, AVStream *s) {
    av_packet_rescale_ts(k, base, s->time_base);
    k->stream_index = s->index;
    must(av_interleaved_write_frame(e->file, k), "MP4");
}

/* frame NULL: what the encoder still has. */
static void encode(struct encoder *e, AVCodecContext *c, AVFrame *frame, AVStream *s) {
    must(avcodec_send_frame(c, frame), "encoder");
    for (;;) {
        int got = avcodec_receive_packet(c, e->packet);
        if (got == AVERROR(EAGAIN) || got == AVERROR_EOF) {
            return;
        }
        must(got, "encoder");
        write_packet(e, e->packet, c->time_base, s);
    }
}

void encoder_picture(struct encoder *e, AVFrame *f, us_t t, bool key) {
    f->pts = av_rescale_q(t, MICROSECONDS, e->video->time_base);
    f->pict_type = key ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    encode(e, e->video, f, e->pictures);
}

void encoder_packet(struct encoder *e, AVPacket *k) {
    k->dts = k->pts = k->pts > e->last_dts ? k->pts : e->last_dts + 1;
    e->last_dts = k->dts;
    write_packet(e, k, MICROSECONDS, e->pictures);
}

void encoder_sound(struct encoder *e, const float *left, const float *right) {
    AVFrame *f = e->sound;
    av_frame_unref(f);
    f->format = AV_SAMPLE_FMT_FLTP;
    f->nb_samples = ENCODER_SOUND;
    f->sample_rate = SOUND_RATE;
    f->ch_layout = (AVChannelLayout)AV_CHANNEL_LAYOUT_STEREO;
    must(av_frame_get_buffer(f, 0), "sound");
    memcpy(f->data[0], left, ENCODER_SOUND * sizeof(float));
    memcpy(f->data[1], right, ENCODER_SOUND * sizeof(float));
    f->pts = e->samples;
    e->samples += ENCODER_SOUND;
    encode(e, e->audio, f, e->sounds);
}

void encoder_finish(struct encoder *e) {
    if (e->video) {
        encode(e, e->video, NULL, e->pictures);
    }
    encode(e, e->audio, NULL, e->sounds);
    must(av_write_trailer(e->file), "MP4");
    avio_flush(e->io);
    if (e->io->error < 0) {
        channel_fail("MP4: %s", av_err2str(e->io->error));
    }
    channel_bytes(MESSAGE_HEAD_DATA, bytes_of(e->head, e->head_n));
    avcodec_free_context(&e->video);
    avcodec_free_context(&e->audio);
    av_frame_free(&e->sound);
    av_packet_free(&e->packet);
    avformat_free_context(e->file);
    av_freep(&e->io->buffer);
    avio_context_free(&e->io);
    av_free(e->head);
    av_free(e);
}
