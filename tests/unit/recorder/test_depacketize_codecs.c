/* VP9, H.264 and AV1: real bitstreams of libvpx, libx264 and libaom cut into packets, with and
 * without losses, and what no encoder would send. */
#include "recorder/timeline/av1_sequence.h"
#include "recorder/timeline/depacketizer.h"
#include "recorder/timeline/h264_sps.h"
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
    if (clips[i].codec == CODEC_H264) {
        clip_h264(c, clips[i].name);
    } else {
        clip_ivf(c, clips[i].name);
    }
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

/* Packets by hand. */
struct hand {
    struct depacketizer d;
    struct video_frame f;
    uint32_t ts;
};

static bool piece(struct hand *h, const char *hex, bool marker) {
    uint8_t *b = malloc(strlen(hex) / 2 + 1);
    CHECK(b && hex_decode(b, strlen(hex) / 2, hex));
    struct video_piece p = {bytes_of(b, strlen(hex) / 2), h->ts, marker, 0};
    CHECK(!depacketizer_end(&h->d, &p, &h->f));
    bool ret = depacketizer_add(&h->d, &p, &h->f);
    free(b);
    h->ts += marker ? 3000 : 0;
    return ret;
}

static bool is(const struct hand *h, const char *hex) {
    char got[2048];
    CHECK(2 * h->f.data.n < sizeof(got));
    hex_encode(got, h->f.data.p, h->f.data.n);
    if (strcmp(got, hex) != 0) {
        printf("# %s, not %s\n", got, hex);
    }
    return strcmp(got, hex) == 0;
}

/* Descriptors with I, L, (F = 0) TL0PICIDX, V; uncompressed headers of profile 0. A key frame is
 * 82 49 83 42, then 320x180: color_space 1 and range in 4 bits, 0x013f, 0x00b3. */
#define VP9_KEY \
    "82498342"  \
    "2013f00b30"

TEST(depacketize_vp9_spatial_layers_become_a_superframe) {
    struct hand h = {.ts = 5};
    depacketizer_init(&h.d, CODEC_VP9);
    /* Structure of two layers, 320x180 and 640x360. Inter-layer predicted: 86 = a shown inter
     * frame, 3f c0: it refreshes all. */
    EXPECT(!piece(&h,
                  "ae"
                  "8001"
                  "00"
                  "00"
                  "30"
                  "014000b4"
                  "02800168" VP9_KEY,
                  false));
    EXPECT(piece(&h,
                 "ac"
                 "8001"
                 "03"
                 "00"
                 "863fc000",
                 true));
    EXPECT(h.f.key && h.f.width == 640 && h.f.height == 360);
    EXPECT(is(&h, VP9_KEY "863fc000"
                          "d9"
                          "09000000"
                          "04000000"
                          "d9"));
    /* The next picture in one layer stays as it is. */
    EXPECT(piece(&h,
                 "ec"
                 "8002"
                 "00"
                 "00"
                 "863fc000",
                 true));
    EXPECT(!h.f.key && is(&h, "863fc000"));
    /* An upper layer that begins twice, or goes on without a beginning; and nothing follows. */
    EXPECT(!piece(&h,
                  "e8"
                  "8003"
                  "00"
                  "00"
                  "863fc000",
                  false));
    EXPECT(!piece(&h,
                  "ec"
                  "8003"
                  "02"
                  "00"
                  "863fc000",
                  true));
    EXPECT_EQ(h.d.dropped, 1);
    EXPECT(!piece(&h,
                  "ec"
                  "8004"
                  "00"
                  "00"
                  "863fc000",
                  false));
    EXPECT(!piece(&h,
                  "e4"
                  "8004"
                  "02"
                  "00"
                  "863fc000",
                  true));
    EXPECT_EQ(h.d.dropped, 2);
    depacketizer_reset(&h.d);
}

/* K-SVC: Z says that no upper layer refers to the frame. */
TEST(depacketize_vp9_independent_sizes_leave_the_largest) {
    struct hand h = {.ts = 5};
    depacketizer_init(&h.d, CODEC_VP9);
    EXPECT(!piece(&h, "ae8001000030014000b402800168" VP9_KEY, false));
    EXPECT(piece(&h, "ad80010300863fc000", true));
    EXPECT(h.f.key && h.f.data.n == 9 + 4 + 2 + 2 * 4); /* which refers to the smaller one */
    EXPECT(!piece(&h, "ed80020000863fc011", false));
    EXPECT(piece(&h, "ed80020200863fc022", true));
    EXPECT(!h.f.key && is(&h, "863fc022"));
    /* The encoder has left the larger one out. */
    EXPECT(!piece(&h, "ed80030000863fc033", true));
    EXPECT(!piece(&h, "ed80040000863fc044", false));
    EXPECT(piece(&h, "ed80040200863fc055", true));
    EXPECT(is(&h, "863fc055"));
    EXPECT_EQ(h.d.dropped, 0);
    /* It has stopped, which a key frame says. */
    EXPECT(piece(&h, "af8005000010014000b4" VP9_KEY, true));
    EXPECT(piece(&h, "ed80060000863fc066", true));
    EXPECT(is(&h, "863fc066"));
    depacketizer_reset(&h.d);
}

TEST(depacketize_vp9_more_layers_than_there_can_be) {
    struct hand h = {.ts = 5};
    depacketizer_init(&h.d, CODEC_VP9);
    for (unsigned i = 0; i < 8; i++) {
        EXPECT(!piece(&h,
                      "8c"
                      "8001" VP9_KEY,
                      false));
    }
    EXPECT(!piece(&h,
                  "8c"
                  "8001" VP9_KEY,
                  true));
    EXPECT_EQ(h.d.dropped, 1);
    for (unsigned i = 0; i < 7; i++) {
        EXPECT(!piece(&h,
                      "8c"
                      "8002" VP9_KEY,
                      false));
    }
    EXPECT(piece(&h,
                 "8c"
                 "8002" VP9_KEY,
                 true));
    EXPECT_EQ(h.f.data.n, 8 * 9 + 2 + 8 * 4);
    depacketizer_reset(&h.d);
}

TEST(depacketize_vp9_a_frame_that_nothing_refers_to_costs_only_itself) {
    struct hand h = {.ts = 5};
    struct video_piece lost = {.rtp_ts = 0, .lost = 1};
    depacketizer_init(&h.d, CODEC_VP9);
    EXPECT(piece(&h,
                 "8c"
                 "8001" VP9_KEY,
                 true));
    /* 86 00 00 00: refresh_frame_flags is 0. Its end is lost. */
    EXPECT(!piece(&h,
                  "c8"
                  "8002"
                  "86000000",
                  false));
    EXPECT(!depacketizer_end(&h.d, &lost, &h.f));
    EXPECT(!piece(&h,
                  "c4"
                  "8002"
                  "00",
                  true));
    EXPECT(piece(&h,
                 "cc"
                 "8003"
                 "863fc000",
                 true));
    EXPECT_EQ(h.d.dropped, 1);
    EXPECT_EQ(h.d.holes, 0);
    /* One that others refer to. */
    EXPECT(!piece(&h,
                  "c8"
                  "8004"
                  "863fc000",
                  false));
    EXPECT(!depacketizer_end(&h.d, &lost, &h.f));
    EXPECT(!piece(&h,
                  "c4"
                  "8004"
                  "00",
                  true));
    EXPECT(!piece(&h,
                  "cc"
                  "8005"
                  "863fc000",
                  true));
    depacketizer_reset(&h.d);
}

TEST(depacketize_vp9_size_changes_without_a_key_frame) {
    struct hand h = {.ts = 5};
    depacketizer_init(&h.d, CODEC_VP9);
    EXPECT(piece(&h,
                 "8c"
                 "8001" VP9_KEY,
                 true));
    EXPECT_EQ(h.f.width, 320);
    /* No reference has its size: 1280x720. */
    EXPECT(piece(&h,
                 "cc"
                 "8002"
                 "863fc000027f816780",
                 true));
    EXPECT(!h.f.key && h.f.width == 1280 && h.f.height == 720);
    /* The first reference has it. */
    EXPECT(piece(&h,
                 "cc"
                 "8003"
                 "863fc00200",
                 true));
    EXPECT(h.f.width == 1280 && h.f.height == 720);
    depacketizer_reset(&h.d);
}

TEST(depacketize_vp9_picture_ids_wrap) {
    static const struct {
        const char *first, *second;
    } ids[] = {{"8c"
                "ffff",
                "cc8000"},
               {"8c7f", "cc00"},
               {"8c00", "cc01"}};
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        struct hand h = {.ts = 5};
        char text[64];
        depacketizer_init(&h.d, CODEC_VP9);
        snprintf(text, sizeof(text), "%s" VP9_KEY, ids[i].first);
        EXPECT(piece(&h, text, true));
        h.d.lost = 1;
        snprintf(text, sizeof(text), "%s863fc000", ids[i].second);
        EXPECT(piece(&h, text, true));
        depacketizer_reset(&h.d);
        /* A whole round of them may be missing. */
        uint32_t round = i == 0 ? 32768 : 128;
        for (uint32_t lost = round - 1; lost <= round; lost++) {
            depacketizer_init(&h.d, CODEC_VP9);
            snprintf(text, sizeof(text), "%s" VP9_KEY, ids[i].first);
            EXPECT(piece(&h, text, true));
            h.d.lost = lost;
            snprintf(text, sizeof(text), "%s863fc000", ids[i].second);
            EXPECT(piece(&h, text, true) == (lost < round));
            EXPECT_EQ(h.d.holes, lost == round);
            depacketizer_reset(&h.d);
        }
        depacketizer_reset(&h.d);
    }
}

TEST(depacketize_vp9_refuses_what_is_no_descriptor) {
    static const char *const bad[] = {
        "88",         /* the picture id is missing */
        "8881",       /* and its second byte */
        "280000",     /* nothing behind layer indices */
        "5801010100", /* more than three references */
        "0a08ff",     /* a group of 255 pictures of which none is there */
        "0af0"
        "01", /* sizes of eight layers */
        "08", /* no payload */
        "0882498343"
        "2013f00b30" /* no sync code */
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct hand h = {.ts = 5};
        depacketizer_init(&h.d, CODEC_VP9);
        EXPECT(!piece(&h, bad[i], true));
        EXPECT(!h.d.started);
        depacketizer_reset(&h.d);
    }
}

/* Baseline sets of video.h264, its IDR and following slices shortened: first_mb 0, type 7 or 5,
 * pps 0, frame_num of 4 bits. 65 88 80 and 61 9a 20..: 1 0001000 1 nnnn. */
#define SPS "6742c00cda05067e7c04400000030040000007a3c50aa8"
#define PPS "68ce3c80"

static bool h264_sets(struct hand *h) {
    return piece(h, SPS, false) || piece(h, PPS, false);
}

/* The number of bits of frame_num, so that slices can be written. */
static unsigned number_bits(void) {
    uint8_t b[64];
    struct h264_sps s;
    CHECK(hex_decode(b, sizeof(SPS) / 2, SPS));
    CHECK(h264_sps_read(bytes_of(b, sizeof(SPS) / 2), &s) == OK);
    return s.number_bits;
}

/* A slice: header byte, first_mb_in_slice 0, slice_type 7 or 5, pps, frame_num. */
static const char *slice(uint8_t header, unsigned pps, unsigned number) {
    static char text[4][64];
    static unsigned turn;
    uint64_t v = 0;
    unsigned n = 0, bits = number_bits();
    /* ue: 0 = 1, 1 = 010, 2 = 011; 5 = 00110, 7 = 0001000. */
    v = 1, n = 1;
    v = (header & 0x1f) == 5 ? v << 7 | 8 : v << 5 | 6;
    n += (header & 0x1f) == 5 ? 7 : 5;
    v = pps == 0 ? v << 1 | 1 : v << 3 | (pps + 1);
    n += pps == 0 ? 1 : 3;
    v = v << bits | number;
    n += bits;
    v <<= 40 - n;
    turn = (turn + 1) % 4;
    snprintf(text[turn], sizeof(text[0]), "%02x%010llx55", header, (unsigned long long)v);
    return text[turn];
}

TEST(depacketize_h264_a_key_frame_needs_its_parameter_sets) {
    struct hand h = {.ts = 5};
    depacketizer_init(&h.d, CODEC_H264);
    EXPECT(!piece(&h, slice(0x65, 0, 0), true));
    EXPECT_EQ(h.d.dropped, 1);
    EXPECT(!piece(&h, SPS, false));
    EXPECT(!piece(&h, slice(0x65, 0, 0), true));
    EXPECT_EQ(h.d.dropped, 2);
    EXPECT(!piece(&h, PPS, true)); /* on its own: no picture, and no loss */
    EXPECT_EQ(h.d.dropped, 2);
    EXPECT(piece(&h, slice(0x65, 0, 0), true));
    EXPECT(h.f.key && h.f.width == 320 && h.f.height == 180);
    EXPECT(piece(&h, slice(0x61, 0, 1), true));
    EXPECT(!h.f.key && h.f.init.n == 0);
    depacketizer_reset(&h.d);
}

TEST(depacketize_h264_sets_that_change_wait_for_a_key_frame) {
    struct hand h = {.ts = 5};
    depacketizer_init(&h.d, CODEC_H264);
    EXPECT(!h264_sets(&h));
    EXPECT(piece(&h, slice(0x65, 0, 0), true));
    size_t first = h.f.init.n;
    /* The same again changes nothing. */
    EXPECT(!h264_sets(&h));
    EXPECT(piece(&h, slice(0x61, 0, 1), true));
    /* Another picture parameter set, which its frame uses: 010 1 = id 1 of SPS 0. */
    EXPECT(!piece(&h, "685780", false));
    EXPECT(!piece(&h, slice(0x61, 1, 2), true));
    EXPECT(!piece(&h, slice(0x61, 0, 3), true));
    EXPECT_EQ(h.d.dropped, 2);
    EXPECT(piece(&h, slice(0x65, 1, 0), true));
    EXPECT(h.f.key && h.f.init.n == first + 2 + 3);
    EXPECT(piece(&h, slice(0x61, 0, 1), true));
    depacketizer_reset(&h.d);
}

TEST(depacketize_h264_units_that_no_frame_holds) {
    struct hand h = {.ts = 5};
    char text[256], want[256];
    depacketizer_init(&h.d, CODEC_H264);
    /* Delimiter, SEI, sets and filling in one STAP-A; an empty unit among them. */
    snprintf(text, sizeof(text),
             "78"
             "0002"
             "0910"
             "0000"
             "0017" SPS "0004" PPS "0003"
             "060501"
             "0002"
             "0cff");
    EXPECT(!piece(&h, text, false));
    const char *idr = slice(0x65, 0, 0);
    EXPECT(piece(&h, idr, true));
    snprintf(want, sizeof(want),
             "00000003060501"
             "00000007%s",
             idr);
    EXPECT(is(&h, want));
    depacketizer_reset(&h.d);
}

TEST(depacketize_h264_refuses_what_is_no_unit) {
    static const char *const bad[] = {"fc8500",       /* forbidden bit */
                                      "79000000",     /* STAP-B, which interleaves */
                                      "7800056588",   /* a length past the end */
                                      "78000178",     /* an aggregate within one */
                                      "7c",           /* a fragment without header */
                                      "7cc588",       /* start and end at once */
                                      "7c0588",       /* no start */
                                      "7c9c88",       /* a fragment of fragments */
                                      "65",           /* a slice without a header */
                                      "6500000000000" /* an endless number */
                                      "0"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct hand h = {.ts = 5};
        depacketizer_init(&h.d, CODEC_H264);
        EXPECT(!h264_sets(&h));
        EXPECT(piece(&h, slice(0x65, 0, 0), true));
        EXPECT(!piece(&h, bad[i], false));
        /* Of the first two the frame is whole without them, as its number says. */
        EXPECT(piece(&h, slice(0x61, 0, 1), true) == (i < 2));
        EXPECT(piece(&h, slice(0x61, 0, 2), true) == (i < 2));
        EXPECT(piece(&h, slice(0x65, 0, 0), true));
        depacketizer_reset(&h.d);
    }
}

TEST(depacketize_h264_frame_numbers_tell_what_is_missing) {
    unsigned modulus = 1u << number_bits();
    for (unsigned from = 0; from < modulus; from++) {
        struct hand h = {.ts = 5};
        depacketizer_init(&h.d, CODEC_H264);
        EXPECT(!h264_sets(&h));
        EXPECT(piece(&h, slice(0x65, 0, 0), true));
        for (unsigned i = 1; i <= from; i++) {
            EXPECT(piece(&h, slice(0x61, 0, i), true));
        }
        h.d.lost = modulus - 1;
        EXPECT(piece(&h, slice(0x61, 0, (from + 1) % modulus), true));
        EXPECT_EQ(h.d.holes, 0);
        h.d.lost = 1;
        EXPECT(!piece(&h, slice(0x61, 0, (from + 3) % modulus), true));
        EXPECT_EQ(h.d.holes, 1);
        /* A whole round of them may be missing: what follows refers to one of those. */
        EXPECT(piece(&h, slice(0x65, 0, 0), true));
        h.d.lost = modulus;
        EXPECT(!piece(&h, slice(0x61, 0, 1), true));
        EXPECT_EQ(h.d.holes, 2);
        depacketizer_reset(&h.d);
    }
}

TEST(depacketize_h264_frames_that_nothing_refers_to) {
    struct hand h = {.ts = 5};
    depacketizer_init(&h.d, CODEC_H264);
    EXPECT(!h264_sets(&h));
    EXPECT(piece(&h, slice(0x65, 0, 0), true));
    EXPECT(piece(&h, slice(0x01, 0, 1), true));
    EXPECT(piece(&h, slice(0x61, 0, 1), true));
    /* Such a frame may be missing, or not: it is a hole, and what follows can be shown. */
    h.d.lost = 1;
    EXPECT(piece(&h, slice(0x61, 0, 2), true));
    EXPECT_EQ(h.d.holes, 1);
    EXPECT_EQ(h.d.dropped, 0);
    depacketizer_reset(&h.d);
}

TEST(depacketize_h264_keeps_a_bounded_number_of_sets) {
    struct hand h = {.ts = 5};
    depacketizer_init(&h.d, CODEC_H264);
    EXPECT(!h264_sets(&h));
    EXPECT(piece(&h, slice(0x65, 0, 0), true));
    for (unsigned id = 0; id < 200; id++) {
        /* ue(id + 3) in 17 bits and SPS 0: 15 bits with zeros before. */
        char text[32];
        unsigned v = id + 4, width = 32 - (unsigned)__builtin_clz(v);
        uint64_t bits = (uint64_t)v << 1 | 1; /* width - 1 zeros, v, then ue(0) */
        unsigned n = 2 * width - 1 + 1;
        snprintf(text, sizeof(text), "68%08llx80", (unsigned long long)(bits << (32 - n)));
        EXPECT(!piece(&h, text, false));
    }
    unsigned n = 0;
    for (unsigned i = 0; i < H264_PPS_MAX; i++) {
        n += h.d.u.h264.pps[i].n != 0;
    }
    EXPECT_EQ(n, H264_PPS_MAX);
    /* The one in use was received longest ago. */
    EXPECT(!piece(&h, slice(0x65, 0, 0), true));
    EXPECT(!piece(&h, PPS, false));
    EXPECT(piece(&h, slice(0x65, 0, 0), true));
    depacketizer_reset(&h.d);
}

TEST(h264_sizes_with_cropping_fields_and_chroma) {
    static const struct {
        const char *sps;
        unsigned width, height;
    } cases[] = {{SPS, 320, 180},
                 {"6764000aacb4146fc98088000003000800000300f4789135", 160, 90},
                 /* Interlaced, and 4:4:4 with scaling lists. */
                 {"67640028acd94078044fde0220000003002000000643e2c5b2c000", 1920, 1080},
                 {"67f4000a919b288fc7c7e022000003000200000300641e244b2c00", 50, 34}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint8_t b[64];
        struct h264_sps s;
        size_t n = strlen(cases[i].sps) / 2;
        CHECK(hex_decode(b, n, cases[i].sps));
        EXPECT_EQ(h264_sps_read(bytes_of(b, n), &s), OK);
        EXPECT_EQ(s.width, cases[i].width);
        EXPECT_EQ(s.height, cases[i].height);
        for (size_t k = 0; k < n - 14; k++) {
            (void)h264_sps_read(bytes_of(b, k), &s);
        }
        EXPECT(h264_sps_read(bytes_of(b, 5), &s) != OK);
    }
}

/* The clip's sequence header and a key frame's first bytes: show_existing_frame 0, frame_type 0,
 * show_frame 1; an inter frame: 0 01 1. */
#define AV1_SEQUENCE \
    "08"             \
    "000000043cfeccdaf90040"
#define AV1_KEY \
    "30"        \
    "10aabb"
#define AV1_INTER \
    "30"          \
    "30aabb"

TEST(depacketize_av1_key_frames_need_a_sequence_header) {
    struct hand h = {.ts = 5};
    depacketizer_init(&h.d, CODEC_AV1);
    EXPECT(!piece(&h, "10" AV1_KEY, true));
    EXPECT_EQ(h.d.dropped, 1);
    EXPECT(!piece(&h, "18" AV1_SEQUENCE, true)); /* alone: no picture */
    EXPECT_EQ(h.d.dropped, 1);
    EXPECT(!piece(&h, "10" AV1_KEY, true));
    /* W = 2: the first has its length. */
    EXPECT(piece(&h,
                 "28"
                 "0c" AV1_SEQUENCE AV1_KEY,
                 true));
    EXPECT(h.f.key && h.f.width == 320 && h.f.height == 180);
    EXPECT(is(&h, "0a0b"
                  "000000043cfeccdaf90040"
                  "3203"
                  "10aabb"));
    EXPECT(piece(&h, "10" AV1_INTER, true));
    EXPECT(!h.f.key && is(&h, "3203"
                              "30aabb"));
    depacketizer_reset(&h.d);
}

TEST(depacketize_av1_obus_in_pieces_and_of_every_form) {
    struct hand h = {.ts = 5};
    depacketizer_init(&h.d, CODEC_AV1);
    /* W = 0; a temporal delimiter, an OBU with a size of its own, padding, an extension (which
     * stays); the frame in three packets. */
    EXPECT(!piece(&h,
                  "48"
                  "02"
                  "1200"
                  "0d"
                  "0a0b000000043cfeccdaf90040"
                  "02"
                  "7800"
                  "03"
                  "340810",
                  false));
    EXPECT(!piece(&h,
                  "c0"
                  "01"
                  "aa",
                  false));
    EXPECT(piece(&h,
                 "90"
                 "bb",
                 true));
    EXPECT(h.f.key);
    EXPECT(is(&h, "0a0b"
                  "000000043cfeccdaf90040"
                  "360803"
                  "10aabb"));
    depacketizer_reset(&h.d);
}

TEST(depacketize_av1_refuses_what_is_no_element) {
    static const char *const bad[] = {
        "90aa",                   /* goes on with nothing before */
        "0005aa",                 /* a length past the end */
        "00ffffffffffff01",       /* a length over 32 bits */
        "00ffffffffffffffffffff", /* an endless length */
        "20ff30",                 /* the same among two elements */
        "10b0aa",                 /* forbidden bit */
        "10320510aa",             /* a size that is not the element's */
        "10"
        "34", /* the extension is missing */
        "10"
        "08ff" /* no sequence header: a piece of one */
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct hand h = {.ts = 5};
        depacketizer_init(&h.d, CODEC_AV1);
        EXPECT(piece(&h,
                     "28"
                     "0c" AV1_SEQUENCE AV1_KEY,
                     true));
        EXPECT(!piece(&h, bad[i], false));
        if (i + 1 < ARRAY_LEN(bad)) {
            EXPECT(!piece(&h, "10" AV1_INTER, true));
            EXPECT(!piece(&h, "10" AV1_INTER, true));
        } else {
            EXPECT(!piece(&h, "10" AV1_KEY, true)); /* its record cannot be made */
        }
        EXPECT(piece(&h,
                     "28"
                     "0c" AV1_SEQUENCE AV1_KEY,
                     true));
        depacketizer_reset(&h.d);
    }
}

/* Records as ffmpeg made them of streams by libaom, SVT-AV1 and rav1e: the head must come out of
 * the sequence header behind it. */
TEST(av1_sequence_headers_of_many_encoders) {
    static const struct {
        const char *config;
        unsigned width, height;
    } cases[] = {{"81000c000a0b000000043cfeccdaf90040", 320, 180},
                 {"81004c000a0a00000002ae309b5f2808", 50, 34},       /* 10 bits */
                 {"81001c000a0a00000002ae309b5f2540", 50, 34},       /* monochrome */
                 {"812000000a0a20000002ae309b5f2040", 50, 34},       /* 4:4:4 */
                 {"814008000a0a40000002ae309b5f2020", 50, 34},       /* 4:2:2 */
                 {"814068000a0a40000002ae309b5f2c44", 50, 34},       /* 4:2:2, 12 bits */
                 {"812000000a0d20000002ae309b5f2404340080", 50, 34}, /* RGB */
                 {"81000c000a0a000000032c1fc02f8004", 66, 64},       /* SVT-AV1 */
                 {"811f0c000a0d000000f9960fe210ac8101010a", 66, 64} /* rav1e */};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint8_t b[64], head[AV1_CONFIG_HEAD];
        struct av1_sequence s;
        size_t n = strlen(cases[i].config) / 2;
        CHECK(hex_decode(b, n, cases[i].config));
        REQUIRE(av1_sequence_read(bytes_of(b + 6, n - 6), &s) == OK);
        EXPECT_EQ(s.width, cases[i].width);
        EXPECT_EQ(s.height, cases[i].height);
        av1_config_head(&s, head);
        EXPECT(memcmp(head, b, sizeof(head)) == 0);
        for (size_t k = 0; k < 8; k++) {
            EXPECT(av1_sequence_read(bytes_of(b + 6, k), &s) != OK);
        }
    }
}

/* Timing, a decoder model and two operating points, as specification section 5.5.1 puts them. */
TEST(av1_sequence_header_with_everything) {
    uint8_t b[64] = {0};
    size_t at = 0;
    static const struct {
        unsigned n;
        uint32_t v;
    } fields[] = {{3, 0},      {1, 0},     {1, 0}, /* profile, still, reduced */
                  {1, 1},      {32, 1000}, {32, 90000}, {1, 1},    {3, 2}, /* timing, ticks */
                  {1, 1},      {5, 9},     {32, 1000},  {5, 9},    {5, 9}, /* decoder model */
                  {1, 1},      {5, 1},                                     /* delays, points */
                  {12, 0x103}, {5, 9},     {1, 1},      {1, 1},    {10, 7},
                  {10, 7},     {1, 0},     {1, 1},      {4, 3},            /* the first */
                  {12, 0x101}, {5, 4},     {1, 0},      {1, 0},            /* the second */
                  {4, 10},     {4, 10},    {11, 1279},  {11, 719},         /* size */
                  {1, 1},      {4, 2},     {3, 1},                         /* frame ids */
                  {3, 7},      {4, 15},    {1, 1},      {2, 3},            /* tools, order hint */
                  {1, 0},      {1, 1},     {1, 0},      {1, 1},    {3, 6}, /* screen content */
                  {3, 7},      {1, 0},     {1, 0},      {1, 1},    {24, 0x010101},
                  {1, 1},      {2, 2},     {1, 0},      {1, 0}};
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        for (unsigned k = fields[i].n; k-- > 0; at++) {
            b[at / 8] |= (uint8_t)((fields[i].v >> k & 1) << (7 - at % 8));
        }
    }
    struct av1_sequence s;
    uint8_t head[AV1_CONFIG_HEAD];
    EXPECT_EQ(av1_sequence_read(bytes_of(b, at / 8 + 1), &s), OK);
    EXPECT_EQ(s.width, 1280);
    EXPECT_EQ(s.height, 720);
    EXPECT_EQ(s.level, 9);
    EXPECT_EQ(s.tier, 1);
    EXPECT_EQ(s.sample_position, 2);
    av1_config_head(&s, head);
    EXPECT(memcmp(head, "\x81\x09\x8e\x00", 4) == 0);
}
