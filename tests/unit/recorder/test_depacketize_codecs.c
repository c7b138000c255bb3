/* VP9, H.264 and AV1: real bitstreams of libvpx, libx264 and libaom cut into packets, with and
 * without losses. */
#include "recorder/timeline/depacketizer.h"
#include "tests/unit/recorder/feed.h"
#include "tests/unit/recorder/packetize.h"
#include "tests/unit/test.h"

#include <stdlib.h>

#define STEP 6000 /* [1/90000 s] between the frames of a clip */

static const struct {
    enum codec codec;
    const char *name;
} clips[] = {{CODEC_VP8, "video.ivf"},
             {CODEC_VP9, "video_vp9.ivf"},
             {CODEC_H264, "video.h264"},
             {CODEC_AV1, "video_av1.ivf"}};

static void open_clip(struct clip *c, unsigned i) {
    clip_video(c, clips[i].name);
    CHECK(c->n > 0 && c->codec == clips[i].codec);
}

static struct payloads payloads;

/* A clip through a depacketizer. */
struct run {
    struct depacketizer d;
    const struct clip *clip;
    unsigned next;      /* frame of the clip that is looked for next */
    unsigned out, keys; /* frames that came out */
    unsigned wrong;     /* of these, which are no frame of the clip */
    unsigned last;      /* frame of the clip that came out last */
    uint16_t width, height;
    uint8_t init[VIDEO_INIT_MAX];
    size_t init_n;
};

static void take(struct run *r, const struct video_frame *f) {
    uint8_t *form = malloc(1 << 20);
    unsigned i = f->rtp_ts / STEP;
    CHECK(form && i < r->clip->n);
    r->wrong += !bytes_eq(f->data, recorded_form(r->clip->codec, r->clip->frame[i], form));
    free(form);
    r->last = i;
    r->out++;
    r->keys += f->key;
    r->width = f->width;
    r->height = f->height;
    if (f->key) {
        r->init_n = f->init.n;
        memcpy(r->init, f->init.p, f->init.n);
    }
}

static void give(struct run *r, struct bytes payload, const struct video_piece *like) {
    struct video_piece p = *like;
    struct video_frame f;
    /* A copy of its size, so that a read past the end is seen. */
    uint8_t *copy = malloc(payload.n ? payload.n : 1);
    CHECK(copy);
    memcpy(copy, payload.p, payload.n);
    p.payload = bytes_of(copy, payload.n);
    if (depacketizer_end(&r->d, &p, &f)) {
        take(r, &f);
    }
    if (depacketizer_add(&r->d, &p, &f)) {
        take(r, &f);
    }
    free(copy);
}

/* Frames [from, to), without packet `without` of frame `of` (of UINT_MAX: with all). */
static void feed_clip(struct run *r, unsigned to, unsigned of, size_t without) {
    bool lost = false;
    for (; r->next < to; r->next++) {
        packetize(r->clip->codec, r->clip->frame[r->next], r->next, &payloads);
        for (size_t k = 0; k < payloads.n; k++) {
            if (r->next == of && k == without) {
                lost = true;
                continue;
            }
            give(r, bytes_of(payloads.at[k].b, payloads.at[k].n),
                 &(struct video_piece){
                     .rtp_ts = r->next * STEP, .marker = k + 1 == payloads.n, .lost = lost});
            lost = false;
        }
    }
}

#define NONE UINT32_MAX

TEST(depacketize_every_frame_of_every_codec_comes_out_as_it_went_in) {
    for (unsigned i = 0; i < ARRAY_LEN(clips); i++) {
        struct clip c;
        open_clip(&c, i);
        struct run r = {.clip = &c};
        depacketizer_init(&r.d, clips[i].codec);
        feed_clip(&r, c.n, NONE, 0);
        EXPECT_EQ(r.out, c.n);
        EXPECT_EQ(r.wrong, 0);
        EXPECT_EQ(r.keys, clips[i].codec == CODEC_VP8 ? 3 : 2);
        EXPECT_EQ(r.width, 320);
        EXPECT_EQ(r.height, 180);
        EXPECT_EQ(r.d.dropped + r.d.holes, 0);
        depacketizer_reset(&r.d);
        clip_free(&c);
    }
}

TEST(depacketize_carries_what_the_containers_header_needs) {
    /* As ffmpeg writes them for the same streams. */
    static const char *const want[] = {
        "", "", "0142c00cffe100176742c00cda05067e7c04400000030040000007a3c50aa801000468ce3c80",
        "81000c000a0b000000043cfeccdaf90040"};
    for (unsigned i = 0; i < ARRAY_LEN(clips); i++) {
        struct clip c;
        char hex[2 * VIDEO_INIT_MAX + 1];
        open_clip(&c, i);
        struct run r = {.clip = &c};
        depacketizer_init(&r.d, clips[i].codec);
        feed_clip(&r, 1, NONE, 0);
        hex_encode(hex, r.init, r.init_n);
        EXPECT_STR(hex, want[i]);
        depacketizer_reset(&r.d);
        clip_free(&c);
    }
    /* High profile: chroma and bit depths follow (ISO/IEC 14496-15 section 5.3.3.1.2). */
    struct clip c;
    char hex[2 * VIDEO_INIT_MAX + 1];
    clip_h264(&c, "video_small.h264");
    struct run r = {.clip = &c};
    depacketizer_init(&r.d, CODEC_H264);
    feed_clip(&r, 1, NONE, 0);
    hex_encode(hex, r.init, r.init_n);
    EXPECT_STR(hex, "0164000affe100186764000aacb4146fc98088000003000800000300f47891350100"
                    "0468ef3cb0fdf8f800");
    EXPECT_EQ(r.width, 160);
    EXPECT_EQ(r.height, 90);
    depacketizer_reset(&r.d);
    clip_free(&c);
}

/* Each packet of a frame in turn is lost: nothing broken comes out, and the next key frame ends it.
 */
TEST(depacketize_a_lost_packet_costs_up_to_the_next_key_frame) {
    for (unsigned i = 0; i < ARRAY_LEN(clips); i++) {
        struct clip c;
        open_clip(&c, i);
        for (unsigned of = 0; of < 3; of++) {
            packetize(c.codec, c.frame[of], of, &payloads);
            size_t packets = payloads.n;
            for (size_t without = 0; without < packets; without++) {
                struct run r = {.clip = &c};
                depacketizer_init(&r.d, clips[i].codec);
                feed_clip(&r, 30, of, without);
                EXPECT_EQ(r.wrong, 0);
                /* Of H.264 the first packet is a delimiter, and of the first frame also the sets.
                 */
                bool harmless = c.codec == CODEC_H264 && of > 0 && without == 0;
                unsigned lost = harmless ? 0 : 30 - of;
                EXPECT_EQ(r.out, 30 - lost);
                EXPECT(r.d.dropped + 1 >= lost && r.d.dropped <= lost);
                EXPECT(r.d.dropped + r.d.holes >= lost);
                feed_clip(&r, 40, NONE, 0);
                EXPECT_EQ(r.out, 40 - lost);
                EXPECT_EQ(r.wrong, 0);
                depacketizer_reset(&r.d);
            }
        }
        clip_free(&c);
    }
}

/* A hole in the sequence numbers between two frames in which nothing of the stream was: where the
 * codec tells that nothing is missing, it costs nothing. */
TEST(depacketize_a_hole_that_held_no_frame_costs_nothing_where_the_codec_tells) {
    for (unsigned i = 0; i < ARRAY_LEN(clips); i++) {
        struct clip c;
        open_clip(&c, i);
        struct run r = {.clip = &c};
        depacketizer_init(&r.d, clips[i].codec);
        for (unsigned k = 1; k <= 20; k++) {
            feed_clip(&r, k, NONE, 0);
            r.d.lost = 1;
        }
        bool tells = clips[i].codec != CODEC_AV1;
        EXPECT_EQ(r.out, tells ? 20 : 1);
        EXPECT_EQ(r.d.holes, tells ? 0 : 19);
        depacketizer_reset(&r.d);
        clip_free(&c);
    }
}

TEST(depacketize_frames_end_at_a_new_timestamp_without_marker) {
    for (unsigned i = 0; i < ARRAY_LEN(clips); i++) {
        struct clip c;
        open_clip(&c, i);
        struct run r = {.clip = &c};
        depacketizer_init(&r.d, clips[i].codec);
        for (; r.next < 10; r.next++) {
            packetize(c.codec, c.frame[r.next], r.next, &payloads);
            for (size_t k = 0; k < payloads.n; k++) {
                give(&r, bytes_of(payloads.at[k].b, payloads.at[k].n),
                     &(struct video_piece){.rtp_ts = r.next * STEP});
            }
        }
        EXPECT_EQ(r.out, 9);
        EXPECT_EQ(r.wrong, 0);
        depacketizer_reset(&r.d);
        clip_free(&c);
    }
}

/* Every payload of the first frames cut at every length, and with every byte changed. */
TEST(depacketize_survives_every_cut_and_every_changed_byte) {
    for (unsigned i = 0; i < ARRAY_LEN(clips); i++) {
        struct clip c;
        struct video_frame f;
        open_clip(&c, i);
        struct depacketizer d;
        depacketizer_init(&d, clips[i].codec);
        packetize(c.codec, c.frame[0], 0, &payloads);
        for (size_t k = 0; k < payloads.n && k < 2; k++) {
            for (size_t n = 0; n < 2 * payloads.at[k].n; n++) {
                size_t len = n < payloads.at[k].n ? n : payloads.at[k].n;
                uint8_t *b = malloc(len + 1);
                CHECK(b);
                memcpy(b, payloads.at[k].b, len);
                if (n >= len) {
                    b[n - len] ^= (uint8_t)(1 + n % 255);
                }
                uint8_t *exact = malloc(len ? len : 1);
                CHECK(exact);
                memcpy(exact, b, len);
                struct video_piece p = {
                    .payload = bytes_of(exact, len), .rtp_ts = (uint32_t)n, .marker = n & 1};
                (void)depacketizer_end(&d, &p, &f);
                (void)depacketizer_add(&d, &p, &f);
                free(exact);
                free(b);
            }
        }
        /* And goes on as if nothing had been. */
        struct run r = {.clip = &c, .d = d};
        r.d.open = false;
        feed_clip(&r, 10, NONE, 0);
        EXPECT_EQ(r.out, 10);
        EXPECT_EQ(r.wrong, 0);
        depacketizer_reset(&r.d);
        clip_free(&c);
    }
}

TEST_ALLOC(depacketize_codecs_without_memory) {
    for (unsigned i = 0; i < ARRAY_LEN(clips); i++) {
        struct clip c;
        open_clip(&c, i);
        struct run r = {.clip = &c};
        depacketizer_init(&r.d, clips[i].codec);
        feed_clip(&r, 3, NONE, 0);
        EXPECT_EQ(r.wrong, 0);
        EXPECT(r.out == 3 || mem_failed());
        depacketizer_reset(&r.d);
        clip_free(&c);
    }
}

TEST(depacketize_a_codec_that_is_not_known_takes_nothing) {
    struct depacketizer d;
    struct video_frame f;
    struct video_piece p = {.payload = bytes_of("abc", 3), .marker = true};
    EXPECT(!depacketizer_supports(CODEC_OPUS) && !depacketizer_supports(CODEC_NONE));
    depacketizer_init(&d, CODEC_OPUS);
    EXPECT(!depacketizer_end(&d, &p, &f) && !depacketizer_add(&d, &p, &f));
    depacketizer_reset(&d);
}
