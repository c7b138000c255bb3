#include "recorder/container/mp4_header.h"

#include "recorder/container/container.h"
#include "recorder/container/mp4_boxes.h"

#include <string.h>

#define T(a, b, c, d) MP4_TYPE(a, b, c, d)

#define MOVIE_CLOCK 1000          /* [Hz] */
#define REFERENCES_MAX UINT16_MAX /* section 8.16.3: reference_count */
#define REFERENCE_SIZE_MAX 0x7fffffff

static const uint32_t matrix[9] = {0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000};

/* A track as its boxes see it. */
struct track {
    const struct mp4_file *file;
    uint8_t number;
    bool video;
    uint32_t clock; /* [Hz] */
};

static void put_matrix(struct buffer *t) {
    for (size_t i = 0; i < sizeof(matrix) / sizeof(matrix[0]); i++) {
        mp4_put(t, matrix[i], 4);
    }
}

static void put_ftyp(struct buffer *t) {
    size_t at = mp4_begin(t, T('f', 't', 'y', 'p'));
    buffer_str(t, "iso6");
    mp4_put(t, 0, 4);
    buffer_str(t, "iso6mp41");
    mp4_end(t, at);
}

/* Sections 8.2.2, 8.3.2: durations of a file in fragments are 0 here. */
static void put_mvhd(struct buffer *t, uint32_t next_track) {
    size_t at = mp4_begin_full(t, T('m', 'v', 'h', 'd'), 0, 0);
    mp4_put_zeros(t, 8); /* times of creation and change */
    mp4_put(t, MOVIE_CLOCK, 4);
    mp4_put(t, 0, 4);
    mp4_put(t, 0x10000, 4); /* rate */
    mp4_put(t, 0x100, 2);   /* volume */
    mp4_put_zeros(t, 10);
    put_matrix(t);
    mp4_put_zeros(t, 24);
    mp4_put(t, next_track, 4);
    mp4_end(t, at);
}

static void put_tkhd(struct buffer *t, const struct track *k) {
    size_t at = mp4_begin_full(t, T('t', 'k', 'h', 'd'), 0, 3); /* enabled, in the movie */
    mp4_put_zeros(t, 8);
    mp4_put(t, k->number, 4);
    mp4_put_zeros(t, 4 + 4 + 8 + 4); /* reserved, duration, reserved, layer and group */
    mp4_put(t, k->video ? 0 : 0x100, 2);
    mp4_put_zeros(t, 2);
    put_matrix(t);
    mp4_put(t, k->video ? (uint32_t)k->file->width << 16 : 0, 4);
    mp4_put(t, k->video ? (uint32_t)k->file->height << 16 : 0, 4);
    mp4_end(t, at);
}

static void put_mdhd(struct buffer *t, const struct track *k) {
    size_t at = mp4_begin_full(t, T('m', 'd', 'h', 'd'), 0, 0);
    mp4_put_zeros(t, 8);
    mp4_put(t, k->clock, 4);
    mp4_put(t, 0, 4);
    mp4_put(t, 0x55c4, 2); /* language "und" */
    mp4_put(t, 0, 2);
    mp4_end(t, at);
}

static void put_hdlr(struct buffer *t, bool video) {
    static const char name[] = "Oriel";
    size_t at = mp4_begin_full(t, T('h', 'd', 'l', 'r'), 0, 0);
    mp4_put(t, 0, 4);
    buffer_str(t, video ? "vide" : "soun");
    mp4_put_zeros(t, 12);
    buffer_put(t, name, sizeof(name));
    mp4_end(t, at);
}

/* Section 8.7.2: the media are in this file. */
static void put_dinf(struct buffer *t) {
    size_t at = mp4_begin(t, T('d', 'i', 'n', 'f'));
    size_t dref = mp4_begin_full(t, T('d', 'r', 'e', 'f'), 0, 0);
    mp4_put(t, 1, 4);
    mp4_end(t, mp4_begin_full(t, T('u', 'r', 'l', ' '), 0, 1));
    mp4_end(t, dref);
    mp4_end(t, at);
}

/* ISO/IEC 14496-15 section 5.4.2; the sample entry of pictures: 14496-12 section 12.1.3. */
static void put_avc1(struct buffer *t, const struct mp4_file *f) {
    size_t at = mp4_begin(t, T('a', 'v', 'c', '1'));
    mp4_put_zeros(t, 6);
    mp4_put(t, 1, 2); /* data reference */
    mp4_put_zeros(t, 16);
    mp4_put(t, f->width, 2);
    mp4_put(t, f->height, 2);
    mp4_put(t, 0x480000, 4); /* 72 dpi */
    mp4_put(t, 0x480000, 4);
    mp4_put(t, 0, 4);
    mp4_put(t, 1, 2); /* frame in each sample */
    mp4_put_zeros(t, 32);
    mp4_put(t, 24, 2); /* depth */
    mp4_put(t, 0xffff, 2);
    size_t avcc = mp4_begin(t, T('a', 'v', 'c', 'C'));
    buffer_put(t, f->avcc.p, f->avcc.n);
    mp4_end(t, avcc);
    mp4_end(t, at);
}

/* Encapsulation of Opus sections 4.3.1, 4.3.2. */
static void put_opus(struct buffer *t) {
    size_t at = mp4_begin(t, T('O', 'p', 'u', 's'));
    mp4_put_zeros(t, 6);
    mp4_put(t, 1, 2);
    mp4_put_zeros(t, 8);
    mp4_put(t, 2, 2);  /* channels */
    mp4_put(t, 16, 2); /* bits */
    mp4_put_zeros(t, 4);
    mp4_put(t, (uint64_t)48000 << 16, 4);
    size_t dops = mp4_begin(t, T('d', 'O', 'p', 's'));
    mp4_put(t, 0, 1); /* version */
    mp4_put(t, 2, 1); /* channels */
    mp4_put(t, CONTAINER_OPUS_PRE_SKIP, 2);
    mp4_put(t, 48000, 4);
    mp4_put(t, 0, 2); /* gain */
    mp4_put(t, 0, 1); /* mapping family */
    mp4_end(t, dops);
    mp4_end(t, at);
}

/* Section 8.5.1: tables of samples are in the fragments. */
static void put_stbl(struct buffer *t, const struct track *k) {
    size_t at = mp4_begin(t, T('s', 't', 'b', 'l'));
    size_t stsd = mp4_begin_full(t, T('s', 't', 's', 'd'), 0, 0);
    mp4_put(t, 1, 4);
    if (k->video) {
        put_avc1(t, k->file);
    } else {
        put_opus(t);
    }
    mp4_end(t, stsd);
    static const uint32_t empty[] = {T('s', 't', 't', 's'), T('s', 't', 's', 'c'),
                                     T('s', 't', 'c', 'o')};
    for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
        size_t table = mp4_begin_full(t, empty[i], 0, 0);
        mp4_put(t, 0, 4);
        mp4_end(t, table);
    }
    size_t stsz = mp4_begin_full(t, T('s', 't', 's', 'z'), 0, 0);
    mp4_put_zeros(t, 8);
    mp4_end(t, stsz);
    mp4_end(t, at);
}

static void put_minf(struct buffer *t, const struct track *k) {
    size_t at = mp4_begin(t, T('m', 'i', 'n', 'f'));
    if (k->video) {
        size_t vmhd = mp4_begin_full(t, T('v', 'm', 'h', 'd'), 0, 1);
        mp4_put_zeros(t, 8);
        mp4_end(t, vmhd);
    } else {
        size_t smhd = mp4_begin_full(t, T('s', 'm', 'h', 'd'), 0, 0);
        mp4_put_zeros(t, 4);
        mp4_end(t, smhd);
    }
    put_dinf(t);
    put_stbl(t, k);
    mp4_end(t, at);
}

/* Section 8.6.6, and Encapsulation of Opus section 4.4: the first samples are what the encoder was
 * behind, so the sound of a sample's time is heard so much earlier, as with CodecDelay in WebM. In
 * a file in fragments a duration of 0 is all there is. */
static void put_edts(struct buffer *t) {
    size_t at = mp4_begin(t, T('e', 'd', 't', 's'));
    size_t elst = mp4_begin_full(t, T('e', 'l', 's', 't'), 0, 0);
    mp4_put(t, 1, 4);
    mp4_put(t, 0, 4);
    mp4_put(t, CONTAINER_OPUS_PRE_SKIP, 4); /* Opus has a clock of 48 kHz in MP4 */
    mp4_put(t, 0x10000, 4);                 /* rate */
    mp4_end(t, elst);
    mp4_end(t, at);
}

static void put_trak(struct buffer *t, const struct track *k) {
    size_t at = mp4_begin(t, T('t', 'r', 'a', 'k'));
    put_tkhd(t, k);
    if (!k->video) {
        put_edts(t);
    }
    size_t mdia = mp4_begin(t, T('m', 'd', 'i', 'a'));
    put_mdhd(t, k);
    put_hdlr(t, k->video);
    put_minf(t, k);
    mp4_end(t, mdia);
    mp4_end(t, at);
}

/* Section 8.8.2: how long all fragments together are. */
static void put_mehd(struct buffer *t, uint64_t duration_ms) {
    size_t at = mp4_begin_full(t, T('m', 'e', 'h', 'd'), 1, 0);
    mp4_put(t, duration_ms, 8);
    mp4_end(t, at);
}

/* Section 8.8.1: the file is in fragments, and so long if that is known. */
static void put_mvex(struct buffer *t, const struct mp4_file *f, const struct track *tracks,
                     size_t n) {
    size_t at = mp4_begin(t, T('m', 'v', 'e', 'x'));
    if (!f->live) {
        put_mehd(t, f->duration_ms);
    }
    for (size_t i = 0; i < n; i++) {
        size_t trex = mp4_begin_full(t, T('t', 'r', 'e', 'x'), 0, 0);
        mp4_put(t, tracks[i].number, 4);
        mp4_put(t, 1, 4); /* sample description */
        mp4_put_zeros(t, 12);
        mp4_end(t, trex);
    }
    mp4_end(t, at);
}

/* Where reference i of n ends: the next point, or the end of the file. */
static struct mp4_point end_of(const struct mp4_file *f, size_t next) {
    struct mp4_point end = {.ms = f->duration_ms, .offset = f->fragments};
    return next < f->n_points ? f->points[next] : end;
}

static uint64_t ticks(const struct track *k, uint64_t ms) {
    return ms * k->clock / 1000;
}

/* Section 8.16.3. first_offset: what stands between this box and the fragments. */
static void put_sidx(struct buffer *t, const struct track *k, size_t step, uint64_t first_offset) {
    const struct mp4_file *f = k->file;
    size_t count = (f->n_points + step - 1) / step;
    size_t at = mp4_begin_full(t, T('s', 'i', 'd', 'x'), 1, 0);
    mp4_put(t, k->number, 4);
    mp4_put(t, k->clock, 4);
    mp4_put(t, ticks(k, f->points[0].ms), 8);
    mp4_put(t, first_offset, 8);
    mp4_put(t, 0, 2);
    mp4_put(t, count, 2);
    /* Sound of a segment may begin before the last key frame of the one before: time stands still
     * then, it does not go back. */
    uint64_t now = ticks(k, f->points[0].ms);
    for (size_t i = 0; i < f->n_points; i += step) {
        struct mp4_point end = end_of(f, i + step);
        uint64_t next = ticks(k, end.ms) > now ? ticks(k, end.ms) : now;
        bool sap = !k->video || f->points[i].key;
        mp4_put(t, end.offset - f->points[i].offset, 4);
        mp4_put(t, next - now < UINT32_MAX ? next - now : UINT32_MAX, 4);
        mp4_put(t, sap ? 0x90000000 : 0, 4); /* starts with a SAP of type 1 */
        now = next;
    }
    mp4_end(t, at);
}

static uint64_t sidx_size(const struct mp4_file *f, size_t step) {
    return 12 + 4 + 4 + 8 + 8 + 2 + 2 + 12 * (uint64_t)((f->n_points + step - 1) / step);
}

/* In order, and none larger than a reference can say, in steps of this many points. */
static bool in_order(const struct mp4_file *f, size_t step) {
    if (f->n_points == 0 || f->points[0].offset != 0) {
        return false;
    }
    for (size_t i = 0; i < f->n_points; i++) {
        uint64_t at = f->points[i].offset;
        if (end_of(f, i + 1).offset <= at || end_of(f, i + step).offset - at > REFERENCE_SIZE_MAX) {
            return false;
        }
    }
    return true;
}

static size_t list_tracks(const struct mp4_file *f, struct track tracks[2]) {
    size_t n = 0;
    if (f->video) {
        tracks[n++] = (struct track){f, f->video, true, codec_clock(CODEC_H264)};
    }
    if (f->audio) {
        tracks[n++] = (struct track){f, f->audio, false, codec_clock(CODEC_OPUS)};
    }
    return n;
}

enum err mp4_header(const struct mp4_file *f, struct buffer *out) {
    size_t before = out->n, step = f->n_points / REFERENCES_MAX + 1;
    struct track tracks[2];
    size_t n = list_tracks(f, tracks);
    if (!f->live && !in_order(f, step)) {
        return ERR_RANGE;
    }
    put_ftyp(out);
    size_t moov = mp4_begin(out, T('m', 'o', 'o', 'v'));
    put_mvhd(out, n ? tracks[n - 1].number + 1u : 1);
    for (size_t i = 0; i < n; i++) {
        put_trak(out, &tracks[i]);
    }
    put_mvex(out, f, tracks, n);
    mp4_end(out, moov);
    for (size_t i = 0; i < n && !f->live; i++) {
        put_sidx(out, &tracks[i], step, (n - 1 - i) * sidx_size(f, step));
    }
    if (out->bad) {
        buffer_cut(out, before);
        return ERR_NOMEM;
    }
    return OK;
}
