/* Sound and picture of a person stay together, in the tracks of the sources and in the programme,
 * where the sound is mixed: in three minutes with lost packets, jitter, a camera that takes longer
 * than the microphone, and senders that set their clocks. What is measured is how far the
 * recording's distance of a picture and a sound is from the sender's. Pictures are known by their
 * bytes, and so is sound in its own track; in the mix by its pips, two a second, where a player
 * would hear them. */
#include "recorder/library/library_parts.h"
#include "tests/unit/recorder/feed.h"
#include "tests/unit/test.h"

#include <math.h>
#include <opus/opus.h>
#include <stdlib.h>

#define MINUTES 3
#define MS US_PER_MS
#define APART_MAX (80 * MS)
#define MEASURES 16384
#define RATE 48 /* [samples per ms] */
#define PACKET 960
#define PACKET_BYTES 256
#define HUM_PACKETS 300 /* 6 s */
#define PIP_EVERY 25    /* [packets] 0.5 s; each is one packet long */
#define PRE_SKIP 6500   /* [us] what players take off (RFC 7845 section 4.2) */

struct measure {
    us_t sent; /* when the sender made it [us] */
    us_t off;  /* recording time - that [us] */
};
struct measures {
    struct measure at[MEASURES];
    unsigned n;
};

struct scene {
    struct rig g;
    struct clip video, audio;
    struct feed_source camera, microphone;
    struct feed_list list;
    struct id camera_track, microphone_track;
    us_t begun;
    struct measures pictures, sounds, shown, heard;
};

/* Pips of 1 kHz in soft noise, so that no packet is like another. */
static void clip_pips(struct clip *c) {
    int e = 0;
    OpusEncoder *encoder = opus_encoder_create(RATE * 1000, 1, OPUS_APPLICATION_AUDIO, &e);
    uint32_t random = 1;
    c->file = calloc(HUM_PACKETS, PACKET_BYTES);
    CHECK(encoder && c->file);
    opus_encoder_ctl(encoder, OPUS_SET_BITRATE(48000));
    c->n = 0;
    c->codec = CODEC_OPUS;
    for (unsigned i = 0; i < HUM_PACKETS; i++) {
        float pcm[PACKET];
        for (unsigned k = 0; k < PACKET; k++) {
            random = random * 1664525 + 1013904223;
            float pip = i % PIP_EVERY ? 0 : 0.5f * sinf((float)k * 6.2831853f / RATE);
            pcm[k] = pip + 0.01f * ((float)(random >> 16) / 32768 - 1);
        }
        uint8_t *at = c->file + (size_t)i * PACKET_BYTES;
        int n = opus_encode_float(encoder, pcm, PACKET, at, PACKET_BYTES);
        CHECK(n > 2);
        c->frame[c->n++] = bytes_of(at, (size_t)n);
    }
    opus_encoder_destroy(encoder);
}

static void scene_begin(struct scene *s) {
    memset(s, 0, sizeof(*s));
    rig_init(&s->g);
    clip_ivf(&s->video, "video.ivf");
    clip_pips(&s->audio);
    s->begun = s->g.now;
    s->camera = feed_camera(&s->video, s->begun);
    s->camera.rtp0 = 0xffff0000;
    s->camera.delay = 70 * MS; /* an encoder's and a pacer's */
    s->microphone = feed_microphone(&s->audio, s->begun);
    s->microphone.rtp0 = 77;
    s->microphone.delay = 20 * MS;
    CHECK(rig_open(&s->g) == OK);
    rig_order_now(&s->g, ORDER_START);
    feed_tap(&s->list, &s->camera, TAP_SOURCE_ON, s->g.now);
    feed_tap(&s->list, &s->microphone, TAP_SOURCE_ON, s->g.now);
    feed_tap(&s->list, &s->camera, TAP_STAGE, s->g.now);
}

static void scene_end(struct scene *s) {
    feed_free(&s->list);
    clip_free(&s->video);
    clip_free(&s->audio);
    rig_free(&s->g);
}

/* A sender's clock: what its reports say beside the truth. */
typedef us_t clock_error(us_t since_start);

static void report(struct scene *s, const struct feed_source *f, us_t at, clock_error *wrong) {
    feed_sr(&s->list, f, at);
    struct tap *t = &s->list.taps[s->list.n - 1];
    us_t by = wrong(at - s->begun);
    t->ntp += (uint64_t)(by / US_PER_S * (INT64_C(1) << 32)) +
              (uint64_t)((by % US_PER_S << 32) / US_PER_S);
}

/* Each clip over and over again, as one stream. */
static void send(struct scene *s, struct feed_source *f, us_t until) {
    while (f->at0 < until) {
        feed_whole(&s->list, f, s->g.pool);
    }
}

static void play(struct scene *s, clock_error *wrong) {
    us_t next = s->begun + 200 * MS;
    for (us_t t = s->begun; t < s->begun + MINUTES * 60 * US_PER_S; t += 6 * US_PER_S) {
        struct feed_source camera = s->camera, microphone = s->microphone;
        send(s, &s->camera, t + 6 * US_PER_S);
        send(s, &s->microphone, t + 6 * US_PER_S);
        /* Chromium reports about once a second; each stream at its own time. */
        for (; next < t + 6 * US_PER_S; next += US_PER_S) {
            report(s, &camera, next, wrong);
            report(s, &microphone, next + 130 * MS, wrong);
        }
        feed_sort(&s->list);
        feed_disturb(&s->list, (uint64_t)t, 20, 40 * MS);
        rig_run(&s->g, &s->list);
    }
    rig_order(&s->g, ORDER_STOP);
}

static enum err find_track(void *ctx, const struct track_row *r) {
    struct scene *s = ctx;
    if (r->track.kind == SOURCE_CAMERA) {
        s->camera_track = r->track.track;
    } else if (r->track.kind == SOURCE_MICROPHONE) {
        s->microphone_track = r->track.track;
    }
    return OK;
}

/* Which frame of the clip is it? The clip comes again and again: of those the nearest. */
static void measure(struct measures *m, const struct feed_source *f, struct bytes frame, us_t at) {
    for (unsigned i = 0; i < f->clip->n; i++) {
        if (bytes_eq(f->clip->frame[i], frame)) {
            us_t length = f->clip->n * f->interval, first = i * f->interval;
            us_t round = (at - first + length / 2) / length;
            us_t sent = first + round * length;
            CHECK(m->n < MEASURES);
            m->at[m->n++] = (struct measure){sent, at - sent};
            return;
        }
    }
}

static enum err first_epoch(void *ctx, const struct epoch_row *r) {
    *(us_t *)ctx = r->epoch.start;
    return OK;
}

static us_t origin_of(struct library *l, const struct id *recording, const struct id *track) {
    us_t start = 0;
    EXPECT_EQ(catalogue_epochs(l->archive->catalogue, recording, track, first_epoch, &start), OK);
    return start;
}

struct reading {
    const struct feed_source *f; /* of track 1 */
    struct measures *m;
    us_t origin;
    /* Of the programme: */
    OpusDecoder *decoder; /* of track 2 */
    struct measures *heard;
    us_t loud; /* when a pip was last heard [us] */
};

/* A pip begins where it was quiet before; which one it is, is seen by its time. */
static void hear(struct reading *r, us_t t, struct bytes packet) {
    static float pcm[2 * PACKET];
    us_t every = PIP_EVERY * 20 * MS;
    int n = opus_decode_float(r->decoder, packet.p, (opus_int32)packet.n, pcm, PACKET, 0);
    CHECK(n == PACKET);
    for (int ms = 0; ms < PACKET / RATE; ms++) {
        float peak = 0;
        for (int i = ms * RATE; i < (ms + 1) * RATE; i++) {
            peak = fmaxf(peak, fabsf(pcm[2 * i]));
        }
        us_t at = t - PRE_SKIP + ms * MS;
        if (peak > 0.2f) {
            if (at - r->loud > 100 * MS) {
                us_t sent = (at + every / 2) / every * every;
                CHECK(r->heard->n < MEASURES);
                r->heard->at[r->heard->n++] = (struct measure){sent, at - sent};
            }
            r->loud = at;
        }
    }
}

static enum err read_block(void *ctx, const struct webm_block *b) {
    struct reading *r = ctx;
    us_t at = r->origin + b->ms * MS;
    if (b->track == 1) {
        measure(r->m, r->f, b->frame, at);
    } else {
        hear(r, at, b->frame);
    }
    return OK;
}

static void read_track(struct scene *s, struct library *l, const struct id *track,
                       struct reading *r) {
    char text[ID_TEXT_MAX];
    struct id recording;
    size_t n = 0;
    CHECK(id_parse(s->g.recording, &recording));
    uint8_t *file = read_file(l, s->g.recording, id_text(track, text), 0, &n);
    CHECK(file);
    r->origin = origin_of(l, &recording, track);
    struct rd in = rd_of(file, n);
    struct webm_element e;
    CHECK(webm_next(&in, &e) == OK && webm_next(&in, &e) == OK && e.id == WEBM_SEGMENT);
    const uint8_t *at = e.data.p;
    for (in = rd_of(e.data.p, e.data.n); rd_left(&in); at = in.p) {
        if (webm_next(&in, &e) == OK && e.id == WEBM_CLUSTER) {
            break;
        }
    }
    EXPECT_EQ(webm_blocks(bytes_of(at, n - (size_t)(at - file)), read_block, r), OK);
    mem_free(file);
}

static int by_size(const void *a, const void *b) {
    us_t x = *(const us_t *)a, y = *(const us_t *)b;
    return (x > y) - (x < y);
}

static void read_programme(struct scene *s, struct library *l) {
    int e = 0;
    OpusDecoder *decoder = opus_decoder_create(RATE * 1000, 2, &e);
    CHECK(decoder);
    read_track(s, l, &ID_PROGRAMME,
               &(struct reading){.f = &s->camera,
                                 .m = &s->shown,
                                 .decoder = decoder,
                                 .heard = &s->heard,
                                 .loud = -US_PER_S});
    opus_decoder_destroy(decoder);
}

/* Of each picture: how far it is from the sound that was made with it. */
static void judge(const char *where, const struct measures *pictures,
                  const struct measures *sounds) {
    static us_t apart[MEASURES];
    unsigned n = 0, k = 0;
    us_t first = 0;
    for (unsigned i = 0; i < pictures->n; i++) {
        const struct measure *p = &pictures->at[i];
        while (k + 1 < sounds->n && sounds->at[k + 1].sent <= p->sent) {
            k++;
        }
        us_t by = p->off - sounds->at[k].off;
        apart[n++] = by < 0 ? -by : by;
        first = p->sent < US_PER_S ? us_max(first, apart[n - 1]) : first;
    }
    REQUIRE(n > 1000);
    qsort(apart, n, sizeof(*apart), by_size);
    us_t p99 = apart[n * 99 / 100];
    printf("# %s: pictures and sound apart: p50 %d ms, p99 %d ms, at most %d ms, in the first "
           "second %d ms\n",
           where, (int)(apart[n / 2] / MS), (int)(p99 / MS), (int)(apart[n - 1] / MS),
           (int)(first / MS));
    EXPECT(p99 <= APART_MAX);
    EXPECT(first <= APART_MAX);
}

static void check(clock_error *wrong) {
    static struct scene s;
    char why[WHY_MAX];
    struct library *l = NULL;
    struct id id;
    scene_begin(&s);
    play(&s, wrong);
    REQUIRE(library_open(&(struct library_config){.dir = s.g.dir}, &l, why) == OK &&
            id_parse(s.g.recording, &id));
    EXPECT_EQ(catalogue_tracks(l->archive->catalogue, &id, find_track, &s), OK);
    read_track(&s, l, &s.camera_track, &(struct reading){.f = &s.camera, .m = &s.pictures});
    read_track(&s, l, &s.microphone_track, &(struct reading){.f = &s.microphone, .m = &s.sounds});
    read_programme(&s, l);
    EXPECT(s.sounds.n > MINUTES * 60 * 50 * 9 / 10);
    EXPECT(s.heard.n > MINUTES * 60 * 2 * 9 / 10);
    judge("tracks", &s.pictures, &s.sounds);
    judge("programme", &s.shown, &s.heard);
    library_close(l);
    scene_end(&s);
}

static us_t exact(us_t t) {
    (void)t;
    return 0;
}
/* Set forward and back again and again, as by a time service that cannot make up its mind. */
static us_t restless(us_t t) {
    return t / (20 * US_PER_S) % 2 ? 3 * US_PER_S : 0;
}
/* 200 parts in a million: half a minute off after two days. */
static us_t fast(us_t t) {
    return t / 5000;
}

TEST(av_sync_with_loss_and_jitter) {
    check(exact);
}
TEST(av_sync_when_the_sender_sets_its_clock_again_and_again) {
    check(restless);
}
TEST(av_sync_when_the_senders_clock_is_fast) {
    check(fast);
}
