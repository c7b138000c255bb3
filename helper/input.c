#include "helper/input.h"

#include "helper/channel.h"

#define IO_BUFFER (64 << 10)       /* [bytes] of one read */
#define PIXELS_MAX (8192LL * 4320) /* of a picture; more is not decoded */
#define BAD_MAX 1000               /* places in a row that cannot be read */

struct input {
    const struct task_input *what;
    uint32_t index;
    uint64_t at; /* of the next read [bytes] */
    AVIOContext *io;
    AVFormatContext *file;
    AVStream *stream;
    AVCodecContext *decoder;
    AVPacket *packet;
    bool drained;
};

/* Only these are recorded, so only these decoders are ever given input. */
static const char *decoder_of(enum AVCodecID id) {
    switch (id) {
    case AV_CODEC_ID_VP8:
        return "vp8";
    case AV_CODEC_ID_VP9:
        return "vp9";
    case AV_CODEC_ID_AV1:
        return "libdav1d";
    case AV_CODEC_ID_H264:
        return "h264";
    case AV_CODEC_ID_OPUS:
        return "opus";
    default:
        return NULL;
    }
}

static int read_io(void *ctx, uint8_t *out, int n) {
    struct input *in = ctx;
    uint64_t left = in->at < in->what->size ? in->what->size - in->at : 0;
    uint64_t take = n > 0 && (uint64_t)n < left ? (uint64_t)n : left;
    take = take < MESSAGE_READ_MAX ? take : MESSAGE_READ_MAX;
    if (take == 0) {
        return AVERROR_EOF;
    }
    channel_read(in->index, in->at, out, (uint32_t)take);
    in->at += take;
    return (int)take;
}

static int64_t seek_io(void *ctx, int64_t offset, int whence) {
    struct input *in = ctx;
    if (whence & AVSEEK_SIZE) {
        return (int64_t)in->what->size;
    }
    int64_t base = whence == SEEK_SET   ? 0
                   : whence == SEEK_CUR ? (int64_t)in->at
                                        : (int64_t)in->what->size;
    if (offset > INT64_MAX - base || base + offset < 0) {
        return AVERROR(EINVAL);
    }
    in->at = (uint64_t)(base + offset);
    return (int64_t)in->at;
}

static bool open_file(struct input *in) {
    uint8_t *buffer = av_malloc(IO_BUFFER);
    in->io = buffer ? avio_alloc_context(buffer, IO_BUFFER, 0, in, read_io, NULL, seek_io) : NULL;
    in->file = avformat_alloc_context();
    if (!in->io || !in->file) {
        channel_fail("out of memory");
    }
    in->file->pb = in->io;
    in->file->flags |= AVFMT_FLAG_CUSTOM_IO;
    const char *name = in->what->format == TASK_FORMAT_MP4 ? "mov" : "matroska";
    /* On failure libavformat frees the context. */
    return avformat_open_input(&in->file, NULL, av_find_input_format(name), NULL) >= 0;
}

static bool find_stream(struct input *in, enum AVMediaType type) {
    for (unsigned i = 0; i < in->file->nb_streams; i++) {
        AVStream *s = in->file->streams[i];
        bool right = s->codecpar->codec_type == type && decoder_of(s->codecpar->codec_id);
        if (right && !in->stream) {
            in->stream = s;
        } else {
            s->discard = AVDISCARD_ALL;
        }
    }
    return in->stream != NULL;
}

/* One thread: the sandbox lets none be made. */
static bool open_decoder(struct input *in) {
    const char *name = decoder_of(in->stream->codecpar->codec_id);
    const AVCodec *codec = avcodec_find_decoder_by_name(name);
    in->decoder = codec ? avcodec_alloc_context3(codec) : NULL;
    if (!in->decoder || avcodec_parameters_to_context(in->decoder, in->stream->codecpar) < 0) {
        return false;
    }
    in->decoder->thread_count = 1;
    in->decoder->max_pixels = PIXELS_MAX;
    in->decoder->pkt_timebase = in->stream->time_base;
    return avcodec_open2(in->decoder, codec, NULL) >= 0;
}

struct input *input_open(const struct task *t, uint32_t index, enum AVMediaType type) {
    struct input *in = av_mallocz(sizeof(*in));
    if (!in) {
        channel_fail("out of memory");
    }
    in->what = &t->inputs[index];
    in->index = index;
    in->packet = av_packet_alloc();
    if (!in->packet) {
        channel_fail("out of memory");
    }
    if (!open_file(in) || !find_stream(in, type) || !open_decoder(in)) {
        return input_close(in);
    }
    return in;
}

struct input *input_close(struct input *in) {
    if (in) {
        avcodec_free_context(&in->decoder);
        avformat_close_input(&in->file);
        if (in->io) {
            av_freep(&in->io->buffer);
            avio_context_free(&in->io);
        }
        av_packet_free(&in->packet);
        av_free(in);
    }
    return NULL;
}

const AVCodecParameters *input_parameters(const struct input *in) {
    return in->stream->codecpar;
}

static us_t to_us(const struct input *in, int64_t ts) {
    return in->what->start + av_rescale_q(ts, in->stream->time_base, AV_TIME_BASE_Q);
}

void input_seek(struct input *in, us_t at) {
    int64_t ts = av_rescale_q(at, AV_TIME_BASE_Q, in->stream->time_base);
    if (av_seek_frame(in->file, in->stream->index, ts, AVSEEK_FLAG_BACKWARD) >= 0) {
        avcodec_flush_buffers(in->decoder);
        in->drained = false;
    }
}

/* An error that is none of the file's end is a place that cannot be read: the demuxer goes on
 * behind it, or says that it has ended. */
static bool next_packet(struct input *in, AVPacket *k) {
    for (int bad = 0; bad < BAD_MAX;) {
        int e = av_read_frame(in->file, k);
        if (e == AVERROR_EOF) {
            return false;
        }
        if (e == AVERROR(ENOMEM)) {
            channel_fail("out of memory");
        }
        if (e >= 0 && k->stream_index == in->stream->index && k->pts != AV_NOPTS_VALUE) {
            return true;
        }
        bad += e < 0;
        av_packet_unref(k);
    }
    return false;
}

bool input_packet(struct input *in, AVPacket *ret) {
    if (!next_packet(in, ret)) {
        return false;
    }
    ret->pts = to_us(in, ret->pts);
    ret->dts = ret->dts == AV_NOPTS_VALUE ? ret->pts : to_us(in, ret->dts);
    return true;
}

/* Give the decoder something to do; false when there is nothing left to give. */
static bool feed(struct input *in) {
    if (in->drained) {
        return false;
    }
    if (!next_packet(in, in->packet)) {
        in->drained = true;
        avcodec_send_packet(in->decoder, NULL);
        return true;
    }
    /* What cannot be decoded is left out. */
    int e = avcodec_send_packet(in->decoder, in->packet);
    av_packet_unref(in->packet);
    if (e == AVERROR(ENOMEM)) {
        channel_fail("out of memory");
    }
    return true;
}

bool input_frame(struct input *in, AVFrame *ret) {
    for (;;) {
        int e = avcodec_receive_frame(in->decoder, ret);
        if (e == AVERROR(ENOMEM)) {
            channel_fail("out of memory");
        }
        if (e >= 0 && ret->best_effort_timestamp != AV_NOPTS_VALUE) {
            ret->pts = to_us(in, ret->best_effort_timestamp);
            return true;
        }
        if (e >= 0) {
            av_frame_unref(ret);
        } else if (!feed(in)) {
            return false;
        }
    }
}
