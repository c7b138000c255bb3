#include "recorder/container/webm_header.h"

#include "recorder/container/container.h"
#include "recorder/container/webm_parse.h"

/* Element ids that only writing needs (RFC 8794 section 11.2, RFC 9559 section 5.1). */
enum {
    EBML_VERSION = 0x4286,
    EBML_READ_VERSION = 0x42F7,
    EBML_MAX_ID = 0x42F2,
    EBML_MAX_SIZE = 0x42F3,
    DOC_TYPE = 0x4282,
    DOC_TYPE_VERSION = 0x4287,
    DOC_TYPE_READ_VERSION = 0x4285,
    TIMESTAMP_SCALE = 0x2AD7B1,
    DURATION = 0x4489,
    MUXING_APP = 0x4D80,
    WRITING_APP = 0x5741,
    TRACK_ENTRY = 0xAE,
    TRACK_NUMBER = 0xD7,
    TRACK_UID = 0x73C5,
    TRACK_TYPE = 0x83,
    FLAG_LACING = 0x9C,
    CODEC_ID = 0x86,
    CODEC_PRIVATE = 0x63A2,
    CODEC_DELAY = 0x56AA,
    SEEK_PRE_ROLL = 0x56BB,
    VIDEO = 0xE0,
    PIXEL_WIDTH = 0xB0,
    PIXEL_HEIGHT = 0xBA,
    AUDIO = 0xE1,
    SAMPLING_FREQUENCY = 0xB5,
    CHANNELS = 0x9F,
    CUE_POINT = 0xBB,
    CUE_TIME = 0xB3,
    CUE_TRACK_POSITIONS = 0xB7,
    CUE_TRACK = 0xF7,
    CUE_CLUSTER_POSITION = 0xF1
};

#define TRACK_TYPE_VIDEO 1
#define TRACK_TYPE_AUDIO 2
/* RFC 9559 section 28.1 and the Opus mapping: 80 ms before a seek point make Opus converge. */
#define OPUS_SEEK_PRE_ROLL 80000000 /* [ns] */

#define UNKNOWN_SIZE ((UINT64_C(1) << 56) - 1) /* RFC 8794 section 6.2, in 8 bytes */

static void put_be(struct buffer *t, uint64_t v, unsigned n) {
    uint8_t b[8];
    for (unsigned i = 0; i < n; i++) {
        b[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
    }
    buffer_put(t, b, n);
}

static void put_id(struct buffer *t, uint32_t id) {
    put_be(t, id, id > 0xffffff ? 4 : id > 0xffff ? 3 : id > 0xff ? 2 : 1);
}

/* Sizes are always 8 bytes here: then no length depends on a value. */
static void put_size(struct buffer *t, uint64_t n) {
    put_be(t, n | UINT64_C(1) << 56, 8);
}

static void put_uint(struct buffer *t, uint32_t id, uint64_t v) {
    put_id(t, id);
    put_size(t, 8);
    put_be(t, v, 8);
}

static void put_bytes(struct buffer *t, uint32_t id, const void *p, size_t n) {
    put_id(t, id);
    put_size(t, n);
    buffer_put(t, p, n);
}

static void put_string(struct buffer *t, uint32_t id, const char *s) {
    put_bytes(t, id, s, strlen(s));
}

static void put_float(struct buffer *t, uint32_t id, double v) {
    uint64_t bits;
    memcpy(&bits, &v, sizeof(bits));
    put_id(t, id);
    put_size(t, 8);
    put_be(t, bits, 8);
}

/* A master element: its size is filled in at the end. */
static size_t begin(struct buffer *t, uint32_t id) {
    put_id(t, id);
    put_size(t, 0);
    return t->n;
}

static void end(struct buffer *t, size_t start, uint64_t more) {
    if (!t->bad) {
        uint64_t n = (t->n - start + more) | UINT64_C(1) << 56;
        uint8_t *p = (uint8_t *)t->p + start - 8;
        put_be32(p, (uint32_t)(n >> 32));
        put_be32(p + 4, (uint32_t)n);
    }
}

static void put_ebml(struct buffer *t) {
    size_t at = begin(t, WEBM_EBML);
    put_uint(t, EBML_VERSION, 1);
    put_uint(t, EBML_READ_VERSION, 1);
    put_uint(t, EBML_MAX_ID, 4);
    put_uint(t, EBML_MAX_SIZE, 8);
    put_string(t, DOC_TYPE, "webm");
    put_uint(t, DOC_TYPE_VERSION, 4);
    put_uint(t, DOC_TYPE_READ_VERSION, 2);
    end(t, at, 0);
}

static void put_info(struct buffer *t, const struct webm_file *f) {
    size_t at = begin(t, WEBM_INFO);
    put_uint(t, TIMESTAMP_SCALE, 1000000); /* [ns] 1 ms */
    if (!f->live) {
        put_float(t, DURATION, (double)f->duration_ms);
    }
    put_string(t, MUXING_APP, "Oriel");
    put_string(t, WRITING_APP, "Oriel");
    end(t, at, 0);
}

static size_t begin_track(struct buffer *t, unsigned number, unsigned type, const char *codec) {
    size_t at = begin(t, TRACK_ENTRY);
    put_uint(t, TRACK_NUMBER, number);
    put_uint(t, TRACK_UID, number);
    put_uint(t, TRACK_TYPE, type);
    put_uint(t, FLAG_LACING, 0);
    put_string(t, CODEC_ID, codec);
    return at;
}

static const char *codec_id(enum codec codec) {
    return codec == CODEC_AV1 ? "V_AV1" : codec == CODEC_VP9 ? "V_VP9" : "V_VP8";
}

static void put_video(struct buffer *t, const struct webm_file *f) {
    size_t at = begin_track(t, f->video, TRACK_TYPE_VIDEO, codec_id((enum codec)f->codec));
    if (f->init.n) {
        put_bytes(t, CODEC_PRIVATE, f->init.p, f->init.n);
    }
    size_t video = begin(t, VIDEO);
    put_uint(t, PIXEL_WIDTH, f->width);
    put_uint(t, PIXEL_HEIGHT, f->height);
    end(t, video, 0);
    end(t, at, 0);
}

static void put_audio(struct buffer *t, unsigned number) {
    size_t at = begin_track(t, number, TRACK_TYPE_AUDIO, "A_OPUS");
    put_bytes(t, CODEC_PRIVATE, container_opus_head, sizeof(container_opus_head));
    put_uint(t, CODEC_DELAY, CONTAINER_OPUS_PRE_SKIP * UINT64_C(1000000000) / 48000);
    put_uint(t, SEEK_PRE_ROLL, OPUS_SEEK_PRE_ROLL);
    size_t audio = begin(t, AUDIO);
    put_float(t, SAMPLING_FREQUENCY, 48000);
    put_uint(t, CHANNELS, 2);
    end(t, audio, 0);
    end(t, at, 0);
}

/* Bytes of one cue point and of the element around them, as put_cues writes them. */
#define CUE_BYTES (9 + (9 + 8) + 9 + (9 + 8) + (9 + 8))
#define CUES_HEADER 12

/* Cluster positions count from the first byte of the Segment's data (section 5.1.5.1.2.2). */
static void put_cues(struct buffer *t, const struct webm_file *f, size_t segment) {
    uint64_t base = t->n - segment + CUES_HEADER + f->n_cues * CUE_BYTES;
    size_t cues = begin(t, WEBM_CUES);
    for (size_t i = 0; i < f->n_cues; i++) {
        size_t point = begin(t, CUE_POINT);
        put_uint(t, CUE_TIME, f->cues[i].ms);
        size_t positions = begin(t, CUE_TRACK_POSITIONS);
        put_uint(t, CUE_TRACK, f->video && !f->cues[i].sound ? f->video : f->audio);
        put_uint(t, CUE_CLUSTER_POSITION, base + f->cues[i].offset);
        end(t, positions, 0);
        end(t, point, 0);
    }
    end(t, cues, 0);
}

enum err webm_header(const struct webm_file *f, struct buffer *out) {
    size_t before = out->n;
    put_ebml(out);
    size_t segment = begin(out, WEBM_SEGMENT);
    put_info(out, f);
    size_t tracks = begin(out, WEBM_TRACKS);
    if (f->video) {
        put_video(out, f);
    }
    if (f->audio) {
        put_audio(out, f->audio);
    }
    end(out, tracks, 0);
    if (f->n_cues && !f->live) {
        put_cues(out, f, segment);
    }
    end(out, segment, f->live ? UNKNOWN_SIZE - (out->n - segment) : f->clusters);
    if (out->bad) {
        buffer_cut(out, before);
        return ERR_NOMEM;
    }
    return OK;
}
