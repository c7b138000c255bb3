#include "tests/unit/recorder/feed.h"

#include "recorder/store/store_local.h"
#include "tests/unit/recorder/packetize.h"
#include "tests/unit/test.h"

#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>

#define NTP_2026 (UINT64_C(0xed000000) << 32)

static size_t load(const char *name, uint8_t **ret) {
    char path[256];
    snprintf(path, sizeof(path), "%s/recorder/%s", TEST_DATA, name);
    FILE *f = fopen(path, "rb");
    CHECK(f);
    fseek(f, 0, SEEK_END);
    long n = ftell(f);
    rewind(f);
    *ret = malloc((size_t)n);
    CHECK(*ret && fread(*ret, 1, (size_t)n, f) == (size_t)n);
    fclose(f);
    return (size_t)n;
}

static uint32_t le32(const uint8_t *p) {
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

void clip_ivf(struct clip *c, const char *name) {
    size_t n = load(name, &c->file), at = 32;
    c->n = 0;
    c->codec = memcmp(c->file + 8, "VP90", 4) == 0   ? CODEC_VP9
               : memcmp(c->file + 8, "AV01", 4) == 0 ? CODEC_AV1
                                                     : CODEC_VP8;
    while (at + 12 <= n && c->n < CLIP_FRAMES) {
        size_t size = le32(c->file + at);
        CHECK(at + 12 + size <= n);
        c->frame[c->n++] = bytes_of(c->file + at + 12, size);
        at += 12 + size;
    }
}

/* An access unit begins where a delimiter does. */
void clip_h264(struct clip *c, const char *name) {
    size_t n = load(name, &c->file), begun = 0;
    c->n = 0;
    c->codec = CODEC_H264;
    for (size_t at = 1; at <= n; at++) {
        bool next = at + 5 <= n && memcmp(c->file + at, "\0\0\0\1\11", 5) == 0;
        if ((next || at == n) && c->n < CLIP_FRAMES) {
            c->frame[c->n++] = bytes_of(c->file + begun, at - begun);
            begun = at;
        }
    }
}

/* RFC 3533: pages of segments; a segment of 255 bytes continues. The clip's packets are short
 * enough not to cross pages. */
void clip_ogg(struct clip *c, const char *name) {
    size_t n = load(name, &c->file), at = 0;
    unsigned packets = 0;
    c->n = 0;
    c->codec = CODEC_OPUS;
    while (at + 27 <= n) {
        unsigned segments = c->file[at + 26];
        const uint8_t *lacing = c->file + at + 27;
        size_t body = at + 27 + segments, len = 0;
        for (unsigned i = 0; i < segments; i++) {
            len += lacing[i];
            if (lacing[i] == 255) {
                continue;
            }
            if (packets++ >= 2 && c->n < CLIP_FRAMES) {
                c->frame[c->n++] = bytes_of(c->file + body, len);
            }
            body += len;
            len = 0;
        }
        CHECK(len == 0);
        at = body;
    }
}

void clip_video(struct clip *c, const char *name) {
    (strstr(name, ".h264") ? clip_h264 : clip_ivf)(c, name);
}

void clip_free(struct clip *c) {
    free(c->file);
    c->file = NULL;
}

struct feed_source feed_camera(const struct clip *c, us_t at) {
    return (struct feed_source){.id = CAMERA,
                                .participant = 5,
                                .seq = 70000,
                                .kind = SOURCE_CAMERA,
                                .step = 6000,
                                .at0 = at,
                                .interval = 66667,
                                .clip = c};
}

struct feed_source feed_microphone(const struct clip *c, us_t at) {
    return (struct feed_source){.id = MICROPHONE,
                                .participant = 5,
                                .seq = 80000,
                                .kind = SOURCE_MICROPHONE,
                                .step = 960,
                                .at0 = at,
                                .interval = 20000,
                                .clip = c};
}

static void push(struct feed_list *l, const struct tap *t) {
    if (l->n == l->cap) {
        l->cap = l->cap ? 2 * l->cap : 256;
        l->taps = realloc(l->taps, l->cap * sizeof(*l->taps));
        CHECK(l->taps);
    }
    l->taps[l->n++] = *t;
}

static struct tap tap_of(const struct feed_source *s, enum tap_type type, us_t at) {
    return (struct tap){.type = (uint8_t)type,
                        .kind = s->kind,
                        .codec = s->kind == SOURCE_MICROPHONE ? CODEC_OPUS
                                 : s->clip && s->clip->codec  ? s->clip->codec
                                                              : CODEC_VP8,
                        .audio_level = TAP_LEVEL_NONE,
                        .source = s->id,
                        .tour = TOUR,
                        .participant = s->participant,
                        .now = at};
}

static void feed_frame(struct feed_list *l, struct feed_source *s, struct packet_pool *pool,
                       unsigned i) {
    static struct payloads p;
    struct tap t = tap_of(s, TAP_RTP, s->at0 + i * s->interval + s->delay);
    packetize((enum codec)t.codec, s->clip->frame[i], i, &p);
    for (size_t k = 0; k < p.n; k++) {
        t.packet = packet_take(pool);
        CHECK(t.packet);
        t.payload_at = 12;
        t.payload_len = (uint16_t)p.at[k].n;
        memcpy(t.packet->data + 12, p.at[k].b, p.at[k].n);
        t.packet->len = (uint16_t)(12 + t.payload_len);
        t.marker = k + 1 == p.n;
        t.seq = s->seq++;
        t.rtp_ts = s->rtp0 + i * s->step;
        push(l, &t);
    }
}

void feed_frames(struct feed_list *l, struct feed_source *s, struct packet_pool *pool,
                 unsigned from, unsigned to) {
    for (unsigned i = from; i < to; i++) {
        feed_frame(l, s, pool, i);
    }
}

void feed_whole(struct feed_list *l, struct feed_source *s, struct packet_pool *pool) {
    feed_frames(l, s, pool, 0, s->clip->n);
    s->at0 += s->clip->n * s->interval;
    s->rtp0 += s->clip->n * s->step;
}

void feed_tap(struct feed_list *l, const struct feed_source *s, enum tap_type type, us_t at) {
    struct tap t = tap_of(s, type, at);
    push(l, &t);
}

void feed_sr(struct feed_list *l, const struct feed_source *s, us_t at) {
    struct tap t = tap_of(s, TAP_SR, at + s->delay);
    us_t media = at - s->at0;
    uint64_t ntp = NTP_2026 + (uint64_t)at / 1000000 * (UINT64_C(1) << 32);
    t.ntp = ntp + ((uint64_t)at % 1000000 << 32) / 1000000;
    t.rtp_ts = s->rtp0 + (uint32_t)(media * s->step / s->interval);
    push(l, &t);
}

static struct tap *sorting;
static int by_now(const void *a, const void *b) {
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    us_t t = sorting[x].now, u = sorting[y].now;
    return t != u ? (t < u ? -1 : 1) : x < y ? -1 : 1;
}

void feed_sort(struct feed_list *l) {
    size_t *order = malloc(l->n * sizeof(*order));
    struct tap *sorted = malloc(l->cap * sizeof(*sorted));
    CHECK(order && sorted);
    for (size_t i = 0; i < l->n; i++) {
        order[i] = i;
    }
    sorting = l->taps;
    qsort(order, l->n, sizeof(*order), by_now);
    for (size_t i = 0; i < l->n; i++) {
        sorted[i] = l->taps[order[i]];
    }
    free(order);
    free(l->taps);
    l->taps = sorted;
}

void feed_disturb(struct feed_list *l, uint64_t seed, unsigned loss, us_t most) {
    struct rng_seeded state;
    rng_seed(&state, seed);
    struct rng rng = rng_from_seeded(&state);
    size_t kept = 0;
    for (size_t i = 0; i < l->n; i++) {
        struct tap *t = &l->taps[i];
        if (t->type == TAP_RTP && rng_below(&rng, 1000) < loss) {
            packet_unref(t->packet);
            continue;
        }
        if (t->type == TAP_RTP && most) {
            t->now += rng_below(&rng, (uint32_t)most);
        }
        l->taps[kept++] = *t;
    }
    l->n = kept;
    feed_sort(l);
}

void feed_free(struct feed_list *l) {
    for (size_t i = 0; i < l->n; i++) {
        packet_unref(l->taps[i].packet);
    }
    free(l->taps);
    *l = (struct feed_list){0};
}

static enum err faulty_put(void *ctx, const char *name, struct bytes object) {
    struct faulty *f = ctx;
    long i = f->puts++;
    if (f->fail_at >= 0 && i >= f->fail_at && i - f->fail_at < f->fail_n) {
        return f->error;
    }
    return f->real.put(f->real.ctx, name, object);
}
static enum err faulty_size(void *ctx, const char *name, uint64_t *ret) {
    struct faulty *f = ctx;
    return f->real.size(f->real.ctx, name, ret);
}
static enum err faulty_read(void *ctx, const char *name, uint64_t at, uint8_t *out, size_t n) {
    struct faulty *f = ctx;
    return f->real.read(f->real.ctx, name, at, out, n);
}
static enum err faulty_remove(void *ctx, const char *name) {
    struct faulty *f = ctx;
    return f->real.remove(f->real.ctx, name);
}
static enum err faulty_list(void *ctx, const char *prefix,
                            void (*each)(void *each_ctx, const char *name, uint64_t size),
                            void *each_ctx) {
    struct faulty *f = ctx;
    return f->real.list(f->real.ctx, prefix, each, each_ctx);
}

void faulty_open(struct faulty *f, const char *dir) {
    char path[96];
    *f = (struct faulty){.fail_at = -1};
    snprintf(path, sizeof(path), "%s/objects", dir);
    CHECK(store_local_open(path, &f->real) == OK);
    f->store = (struct store){.ctx = f,
                              .put = faulty_put,
                              .size = faulty_size,
                              .read = faulty_read,
                              .remove = faulty_remove,
                              .list = faulty_list};
}

void faulty_close(struct faulty *f) {
    store_local_close(&f->real);
}

void rig_init(struct rig *g) {
    *g = (struct rig){.now = 1000 * US_PER_S, .per_source = true};
    /* Synced files cost nothing in memory. */
    snprintf(g->dir, sizeof(g->dir), "/dev/shm/oriel_rec_XXXXXX");
    if (!mkdtemp(g->dir)) {
        snprintf(g->dir, sizeof(g->dir), "/tmp/oriel_rec_XXXXXX");
        CHECK(mkdtemp(g->dir));
    }
    rng_seed(&g->seed, 42);
    g->pool = packet_pool_new(4096);
    CHECK(g->pool);
}

static wall_t wall_at(us_t now) {
    return (wall_t){INT64_C(1790000000000000) + now};
}

enum err rig_open(struct rig *g) {
    char why[WHY_MAX] = "";
    struct recorder_config c = {.segment_min = 2 * US_PER_S,
                                .segment_max = 4 * US_PER_S,
                                .reorder_wait = 600 * US_PER_MS,
                                .per_source_tracks = g->per_source,
                                .sources_per_tour = g->limits.sources_per_tour,
                                .sources_per_participant = g->limits.sources_per_participant,
                                .tracks_per_tour = g->limits.tracks_per_tour,
                                .tracks_per_participant = g->limits.tracks_per_participant,
                                .rng = rng_from_seeded(&g->seed)};
    struct writer_config w = {.dir = g->dir,
                              .create_kek = true,
                              .flush_every = c.segment_max,
                              .store = g->faulty ? &g->faulty->store : NULL,
                              .rng = c.rng};
    enum err e = writer_open(&w, &g->w, why);
    if (e == OK) {
        g->r = recorder_new(&c);
        CHECK(g->r);
    }
    return e;
}

struct rig_counters rig_counters(const struct rig *g) {
    struct recorder_counters r = recorder_counters(g->r);
    struct writer_counters w = writer_counters(g->w);
    return (struct rig_counters){.frames = r.frames,
                                 .gaps = r.gaps + w.gaps,
                                 .tap_dropped = r.tap_dropped,
                                 .tap_refused = r.tap_refused,
                                 .tracks_refused = r.tracks_refused,
                                 .segments = w.segments,
                                 .bytes_sealed = w.bytes_sealed,
                                 .store_errors = w.store_errors,
                                 .recordings_open = r.recordings_open,
                                 .unfinished = w.unfinished,
                                 .waiting = r.waiting,
                                 .alarm = w.failing != 0};
}

static void take_events(struct rig *g) {
    struct recorder_event e;
    while (recorder_event(g->r, &e)) {
        CHECK(e.type < ARRAY_LEN(g->events));
        if (e.tour != TOUR) {
            continue;
        }
        if (e.superseded) {
            g->superseded++;
            continue;
        }
        g->events[e.type]++;
        if (e.type == RECORDER_STARTED) {
            memcpy(g->recording, e.recording, sizeof(g->recording));
        }
    }
}

void rig_pump(struct rig *g) {
    struct write_report p;
    for (struct write_job *j; !g->stalled && (j = recorder_job(g->r)) != NULL;) {
        writer_take(g->w, j);
    }
    while (!g->stalled && writer_step(g->w, g->now)) {
    }
    while (!g->stalled && writer_report(g->w, &p)) {
        recorder_report(g->r, &p);
    }
    take_events(g);
}

void rig_order_now(struct rig *g, int type) {
    struct recorder_order o = {.tour = TOUR, .participant = 5, .on = true};
    o.type = type;
    snprintf(o.tour_name, sizeof(o.tour_name), "villa");
    snprintf(o.title, sizeof(o.title), "%s", type == ORDER_MARK ? "kitchen" : "Villa am See");
    snprintf(o.name, sizeof(o.name), "Ada");
    snprintf(o.role, sizeof(o.role), "agent");
    snprintf(o.consent_version, sizeof(o.consent_version), "2024-1");
    recorder_order(g->r, g->now, wall_at(g->now), &o);
    rig_pump(g);
}

static us_t deadline(const struct rig *g) {
    return g->stalled ? recorder_deadline(g->r)
                      : us_min(recorder_deadline(g->r), writer_deadline(g->w));
}

void rig_wait(struct rig *g, us_t until) {
    rig_pump(g);
    while (deadline(g) <= until) {
        g->now = us_max(g->now, deadline(g));
        recorder_timeout(g->r, g->now);
        rig_pump(g);
        /* A deadline that stays in the past would keep a thread busy for ever. */
        CHECK(deadline(g) > g->now);
    }
    g->now = us_max(g->now, until);
}

void rig_order(struct rig *g, int type) {
    rig_order_now(g, type);
    if (type == ORDER_STOP && rig_counters(g).recordings_open) {
        rig_wait(g, g->now + US_PER_S); /* for sources that never say that they are off */
    }
}

void rig_run(struct rig *g, struct feed_list *l) {
    for (size_t i = 0; i < l->n; i++) {
        rig_wait(g, l->taps[i].now);
        recorder_tap(g->r, g->now, &l->taps[i]);
        rig_pump(g);
    }
    l->n = 0;
    feed_free(l);
}

void rig_close(struct rig *g) {
    if (!g->w) {
        return;
    }
    recorder_end_all(g->r, g->now);
    for (struct write_job *j; (j = recorder_job(g->r)) != NULL;) {
        writer_take(g->w, j);
    }
    g->w = writer_close(g->w, g->now);
    g->r = recorder_free(g->r);
}

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *f) {
    (void)s;
    (void)type;
    (void)f;
    return remove(path);
}

void rig_free(struct rig *g) {
    rig_close(g);
    nftw(g->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    g->pool = packet_pool_free(g->pool);
}

uint8_t *read_file(struct library *l, const char *id, const char *track, unsigned epoch,
                   size_t *ret_n) {
    struct library_media *m = NULL;
    if (library_media_open(l, id, track, epoch, &m) != OK) {
        return NULL;
    }
    *ret_n = (size_t)library_media_size(m);
    uint8_t *file = mem_alloc(*ret_n);
    if (file && library_media_read(m, 0, file, *ret_n) != OK) {
        file = mem_free(file);
    }
    library_media_close(m);
    return file;
}

struct bytes webm_child(struct bytes parent, uint32_t id) {
    struct rd r = rd_of(parent.p, parent.n);
    struct webm_element e;
    while (rd_left(&r) && webm_next(&r, &e) == OK) {
        if (e.id == id) {
            return e.data;
        }
    }
    return bytes_of(NULL, 0);
}

static enum err collect(void *ctx, const struct webm_block *b) {
    struct webm_view *v = ctx;
    CHECK(v->n < ARRAY_LEN(v->block));
    v->block[v->n++] = *b;
    return OK;
}

bool webm_view(struct bytes file, struct webm_view *v) {
    struct rd r = rd_of(file.p, file.n);
    struct webm_element e;
    *v = (struct webm_view){0};
    if (webm_next(&r, &e) != OK || e.id != WEBM_EBML || webm_next(&r, &e) != OK ||
        e.id != WEBM_SEGMENT || rd_left(&r)) {
        return false;
    }
    v->data_at = (size_t)(e.data.p - file.p);
    v->live = v->data_at >= 8 && memcmp(e.data.p - 8, "\1\xff\xff\xff\xff\xff\xff\xff", 8) == 0;
    v->info = webm_child(e.data, WEBM_INFO);
    v->tracks = webm_child(e.data, WEBM_TRACKS);
    v->cues = webm_child(e.data, WEBM_CUES);
    struct bytes d = webm_child(v->info, 0x4489);
    uint64_t bits = webm_uint(d);
    memcpy(&v->duration, &bits, sizeof(bits));
    struct rd in = rd_of(e.data.p, e.data.n);
    const uint8_t *at = in.p;
    while (rd_left(&in)) {
        at = in.p;
        if (webm_next(&in, &e) != OK) {
            return false;
        }
        if (e.id == WEBM_CLUSTER) {
            break;
        }
    }
    v->clusters_at = (size_t)(at - file.p);
    v->clusters = bytes_of(at, (size_t)(in.end - at));
    return d.n == (v->live ? 0 : 8) && webm_blocks(v->clusters, collect, v) == OK;
}

void keep_file(const char *name, const uint8_t *file, size_t n) {
    const char *dir = getenv("ORIEL_TEST_KEEP");
    char path[512];
    if (!dir) {
        return;
    }
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    FILE *f = fopen(path, "wb");
    CHECK(f && fwrite(file, 1, n, f) == n);
    fclose(f);
}
