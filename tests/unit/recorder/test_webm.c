#include "recorder/container/webm_header.h"
#include "recorder/container/webm_parse.h"

#include "base/rng.h"
#include "tests/unit/recorder/feed.h"
#include "tests/unit/test.h"

static const uint8_t cluster[] = {0x1f, 0x43, 0xb6, 0x75, 0x8f, /* Cluster, 15 bytes */
                                  0xe7, 0x82, 0x10, 0x00,       /* Timestamp 4096 */
                                  0xa3, 0x86, 0x81, 0xff, 0xfe, /* SimpleBlock, track 1, -2 ms */
                                  0x80, 'a',  'b',              /* key frame "ab" */
                                  0xec, 0x81, 0};               /* Void */

struct blocks {
    unsigned n;
    struct webm_block last;
};

static enum err count(void *ctx, const struct webm_block *b) {
    struct blocks *c = ctx;
    c->n++;
    c->last = *b;
    return OK;
}

TEST(webm_reads_a_cluster) {
    struct blocks c = {0};
    uint8_t two[2 * sizeof(cluster)];
    memcpy(two, cluster, sizeof(cluster));
    memcpy(two + sizeof(cluster), cluster, sizeof(cluster));
    EXPECT_EQ(webm_blocks(bytes_of(two, sizeof(two)), count, &c), OK);
    EXPECT_EQ(c.n, 2);
    EXPECT_EQ(c.last.cluster, sizeof(cluster));
    EXPECT_EQ(c.last.cluster_ms, 4096);
    EXPECT_EQ(c.last.ms, 4094);
    EXPECT_EQ(c.last.track, 1);
    EXPECT(c.last.key && !c.last.group);
    EXPECT(bytes_eq(c.last.frame, bytes_of("ab", 2)));
}

TEST(webm_reads_a_block_group) {
    static const uint8_t b[] = {0x1f, 0x43, 0xb6, 0x75, 0x8c, 0xe7, 0x81, 5,  0xa0,
                                0x87, 0xa1, 0x85, 0x82, 0x00, 0x01, 0x00, 'x'};
    struct blocks c = {0};
    EXPECT_EQ(webm_blocks(bytes_of(b, sizeof(b)), count, &c), OK);
    EXPECT_EQ(c.n, 1);
    EXPECT_EQ(c.last.ms, 6);
    EXPECT_EQ(c.last.track, 2);
    EXPECT(c.last.group && !c.last.key);
}

TEST(webm_refuses_every_shortened_cluster) {
    struct blocks c = {0};
    for (size_t n = 1; n < sizeof(cluster); n++) {
        EXPECT(webm_blocks(bytes_of(cluster, n), count, &c) != OK);
    }
    EXPECT_EQ(c.n, 0);
    EXPECT_EQ(webm_blocks(bytes_of(NULL, 0), count, &c), OK);
    /* Something else than a cluster, and a cluster of unknown size. */
    static const uint8_t other[] = {0xec, 0x80}, unknown[] = {0x1f, 0x43, 0xb6, 0x75, 0xff};
    EXPECT_EQ(webm_blocks(bytes_of(other, 2), count, &c), ERR_FORMAT);
    EXPECT_EQ(webm_blocks(bytes_of(unknown, 5), count, &c), ERR_UNSUPPORTED);
}

TEST(webm_element_sizes_of_every_width) {
    for (unsigned width = 1; width <= 8; width++) {
        uint8_t b[16] = {0xa3, (uint8_t)(0x80 >> (width - 1))};
        b[width] |= 3;
        struct rd r = rd_of(b, 1 + width + 3);
        struct webm_element e;
        EXPECT_EQ(webm_next(&r, &e), OK);
        EXPECT_EQ(e.id, WEBM_SIMPLE_BLOCK);
        EXPECT_EQ(e.data.n, 3);
        EXPECT_EQ(e.header, 1 + width);
        EXPECT_EQ(rd_left(&r), 0);
    }
    static const uint8_t bad[][2] = {{0x00, 0x81}, {0x0f, 0x81}, {0xa3, 0x00}};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct rd r = rd_of(bad[i], 2);
        struct webm_element e;
        EXPECT_EQ(webm_next(&r, &e), ERR_FORMAT);
    }
}

TEST(webm_integers) {
    EXPECT_EQ(webm_uint(bytes_of(NULL, 0)), 0);
    EXPECT_EQ(webm_uint(bytes_of("\1\2\3", 3)), 0x010203);
    EXPECT_EQ(webm_uint(bytes_of("\0\0\0\0\0\0\0\7", 8)), 7);
    EXPECT_EQ(webm_uint(bytes_of("\1\0\0\0\0\0\0\0\7", 9)), 0);
}

TEST(webm_survives_nonsense) {
    struct rng_seeded state;
    rng_seed(&state, 3);
    struct rng rng = rng_from_seeded(&state);
    unsigned ok = 0, refused = 0;
    for (unsigned i = 0; i < 50000; i++) {
        uint8_t b[sizeof(cluster)];
        struct blocks c = {0};
        memcpy(b, cluster, sizeof(b));
        for (unsigned k = rng_below(&rng, 4); k-- > 0;) {
            b[rng_below(&rng, sizeof(b))] = (uint8_t)rng_u32(&rng);
        }
        if (webm_blocks(bytes_of(b, sizeof(b)), count, &c) == OK) {
            ok++;
        } else {
            refused++;
        }
        EXPECT(c.n <= 4 && c.last.frame.n <= sizeof(b));
    }
    EXPECT(ok > 10000 && refused > 10000);
}

static struct webm_view view;

TEST(webm_header_is_a_file_with_clusters_behind_it) {
    struct webm_cue cues[] = {{0, 0, false}, {2000, sizeof(cluster), false}};
    struct webm_file f = {.video = 1,
                          .audio = 2,
                          .width = 1280,
                          .height = 720,
                          .duration_ms = 4094,
                          .clusters = 2 * sizeof(cluster),
                          .cues = cues,
                          .n_cues = 2};
    struct buffer t = {0};
    EXPECT_EQ(webm_header(&f, &t), OK);
    size_t head = t.n;
    buffer_put(&t, cluster, sizeof(cluster));
    buffer_put(&t, cluster, sizeof(cluster));
    REQUIRE(webm_view(bytes_of(t.p, t.n), &view));
    EXPECT_EQ(view.clusters_at, head);
    EXPECT_EQ(view.n, 2);
    EXPECT(view.duration == 4094.0);
    EXPECT_EQ(webm_uint(webm_child(view.info, 0x2AD7B1)), 1000000);
    struct bytes video = webm_child(view.tracks, 0xAE);
    EXPECT_EQ(webm_uint(webm_child(video, 0xD7)), 1);
    EXPECT_EQ(webm_uint(webm_child(webm_child(video, 0xE0), 0xB0)), 1280);
    EXPECT_EQ(webm_uint(webm_child(webm_child(video, 0xE0), 0xBA)), 720);
    struct bytes second =
        bytes_of(video.p + video.n, (size_t)(view.tracks.p + view.tracks.n - (video.p + video.n)));
    struct bytes audio = webm_child(second, 0xAE);
    EXPECT_EQ(webm_uint(webm_child(audio, 0xD7)), 2);
    EXPECT(bytes_eq(webm_child(audio, 0x86), bytes_of("A_OPUS", 6)));
    struct bytes opus = webm_child(audio, 0x63A2);
    EXPECT_EQ(opus.n, 19);
    EXPECT(memcmp(opus.p, "OpusHead\1\2\x38\1\x80\xbb", 14) == 0);
    EXPECT_EQ(webm_uint(webm_child(audio, 0x56BB)), 80000000);
    EXPECT_EQ(webm_uint(webm_child(audio, 0x56AA)), 6500000);
    struct rd r = rd_of(view.cues.p, view.cues.n);
    for (unsigned i = 0; i < 2; i++) {
        struct webm_element e;
        EXPECT_EQ(webm_next(&r, &e), OK);
        EXPECT_EQ(webm_uint(webm_child(e.data, 0xB3)), cues[i].ms);
        uint64_t at = webm_uint(webm_child(webm_child(e.data, 0xB7), 0xF1));
        EXPECT(memcmp(t.p + view.data_at + at, cluster, 5) == 0);
        EXPECT_EQ(view.data_at + at, head + cues[i].offset);
    }
    EXPECT_EQ(rd_left(&r), 0);
    buffer_free(&t);
}

/* An unknown size where the Segment's is, nothing that depends on how long it will be, and clusters
 * behind it as ever. */
TEST(webm_header_of_a_recording_that_goes_on) {
    struct webm_cue cue = {0, 0, false};
    struct webm_file f = {.video = 1, .audio = 2, .width = 320, .height = 180, .live = true};
    struct buffer t = {0}, again = {0};
    EXPECT_EQ(webm_header(&f, &t), OK);
    f.duration_ms = 4094;
    f.clusters = sizeof(cluster);
    f.cues = &cue;
    f.n_cues = 1;
    EXPECT_EQ(webm_header(&f, &again), OK);
    EXPECT(bytes_eq(bytes_of(t.p, t.n), bytes_of(again.p, again.n)));
    size_t head = t.n;
    buffer_put(&t, cluster, sizeof(cluster));
    buffer_put(&t, cluster, sizeof(cluster));
    REQUIRE(webm_view(bytes_of(t.p, t.n), &view));
    EXPECT_EQ(view.clusters_at, head);
    EXPECT_EQ(view.n, 2);
    EXPECT(view.live);
    EXPECT_EQ(webm_child(view.info, 0x4489).n, 0); /* Duration */
    EXPECT_EQ(view.cues.n, 0);
    EXPECT_EQ(webm_uint(webm_child(webm_child(webm_child(view.tracks, 0xAE), 0xE0), 0xB0)), 320);
    buffer_free(&t);
    buffer_free(&again);
}

TEST(webm_header_without_cues_or_pictures) {
    struct webm_file f = {.audio = 2, .duration_ms = 1, .clusters = sizeof(cluster)};
    struct buffer t = {0};
    EXPECT_EQ(webm_header(&f, &t), OK);
    buffer_put(&t, cluster, sizeof(cluster));
    REQUIRE(webm_view(bytes_of(t.p, t.n), &view));
    EXPECT_EQ(view.cues.n, 0);
    EXPECT_EQ(webm_uint(webm_child(webm_child(view.tracks, 0xAE), 0xD7)), 2);
    buffer_free(&t);
}

TEST_ALLOC(webm_header_without_memory) {
    struct webm_cue cues[40] = {{0, 0, false}};
    struct webm_file f = {.video = 1, .width = 2, .height = 2, .cues = cues, .n_cues = 40};
    struct buffer t = {0};
    enum err e = webm_header(&f, &t);
    EXPECT(e == OK || (mem_failed() && t.n == 0 && !t.bad));
    buffer_free(&t);
}
