/* Recordings of earlier releases, kept in tests/data/recorder/kept: each must verify and play for
 * ever, also when the catalogue has to be computed anew. A folder holds the state directory as the
 * release left it, and played.txt: what its files show. To keep those of today:
 *   ORIEL_KEEP=tests/data/recorder/kept/NAME build/asan/tests/test_recorder kept_some_of_today
 * which makes NAME, NAME-h264 and so on. */
#include "recorder/library/library_parts.h"
#include "recorder/seal/digest.h"
#include "tests/unit/recorder/feed.h"
#include "tests/unit/recorder/mp4_view.h"
#include "tests/unit/test.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEPT TEST_DATA "/recorder/kept"
#define KEPT_COUNT 7 /* at least; none goes ever */

/* nftw has no argument of its own. */
static struct {
    const char *from, *to;
    bool ok;
} copying;

static bool copy_file(const char *from, const char *to) {
    uint8_t block[65536];
    size_t n;
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    bool ok = in && out;
    while (ok && (n = fread(block, 1, sizeof(block), in)) > 0) {
        ok = fwrite(block, 1, n, out) == n;
    }
    ok = ok && !ferror(in);
    if (in) {
        fclose(in);
    }
    return out && fclose(out) == 0 && ok && chmod(to, 0600) == 0;
}

static int copy_one(const char *path, const struct stat *s, int type, struct FTW *f) {
    char to[4096];
    (void)s;
    (void)f;
    snprintf(to, sizeof(to), "%s%s", copying.to, path + strlen(copying.from));
    bool ok = type == FTW_D ? mkdir(to, 0700) == 0 || errno == EEXIST : copy_file(path, to);
    copying.ok = copying.ok && ok;
    return 0;
}

static bool copy_tree(const char *from, const char *to) {
    copying.from = from;
    copying.to = to;
    copying.ok = true;
    return nftw(from, copy_one, 16, FTW_PHYS) == 0 && copying.ok;
}

/* What is played, as text: a line for each file, with the digest of times and frames. */
struct played {
    struct library *library;
    char recording[ID_TEXT_MAX];
    struct id id, track;
    struct buffer text;
    unsigned files;
};

static void digest_frame(uint8_t out[SHA256_LEN], unsigned track, int64_t time,
                         struct bytes frame) {
    uint8_t of_frame[SHA256_LEN], said[SHA256_LEN + 64];
    int n = snprintf((char *)said, 64, "%u %lld ", track, (long long)time);
    sha256_of(frame, bytes_of(NULL, 0), of_frame);
    memcpy(said + n, of_frame, SHA256_LEN);
    sha256_of(bytes_of(out, SHA256_LEN), bytes_of(said, (size_t)n + SHA256_LEN), out);
}

/* Frames of a file, and their digest; -1 when it is none of ours. */
static int digest_webm(struct bytes file, uint8_t out[SHA256_LEN]) {
    static struct webm_view v;
    if (!webm_view(file, &v)) {
        return -1;
    }
    for (unsigned i = 0; i < v.n; i++) {
        digest_frame(out, v.block[i].track, v.block[i].ms, v.block[i].frame);
    }
    return (int)v.n;
}

static int digest_mp4(struct bytes file, uint8_t out[SHA256_LEN]) {
    static struct mp4_view v;
    if (!mp4_view(file, &v)) {
        return -1;
    }
    for (unsigned i = 0; i < v.n; i++) {
        digest_frame(out, v.sample[i].track, (int64_t)v.sample[i].time, v.sample[i].data);
    }
    return (int)v.n;
}

/* Was it shredded? Then nothing of it is played. */
static bool is_gone(struct played *p, const char *track, unsigned epoch) {
    struct library_media *m = NULL;
    enum err e = library_media_open(p->library, p->recording, track, epoch, &m);
    library_media_close(m);
    return e == ERR_UNKNOWN;
}

/* The same frames for who follows it segment by segment. */
static void expect_followed(struct played *p, const struct library_file *f,
                            const uint8_t want[SHA256_LEN]) {
    struct buffer b = {0};
    struct library_media *m = NULL;
    char type[LIBRARY_TYPE_MAX];
    uint8_t digest[SHA256_LEN] = {0};
    enum err e = library_init(p->library, f, &b, type);
    for (uint32_t i = 0; e == OK; i++) {
        e = library_media_open_segment(p->library, f, i, &m);
        if (e != OK) {
            e = e == ERR_GONE ? OK : e; /* it was redacted: the rest goes on */
            continue;
        }
        size_t n = (size_t)library_media_size(m);
        uint8_t *bytes = malloc(n);
        CHECK(bytes);
        e = library_media_read(m, 0, bytes, n);
        buffer_put(&b, bytes, n);
        free(bytes);
        m = library_media_close(m);
    }
    EXPECT_EQ(e, ERR_SHORT);
    bool mp4 = strncmp(type, "video/mp4", 9) == 0 || strncmp(type, "audio/mp4", 9) == 0;
    EXPECT((mp4 ? digest_mp4 : digest_webm)(bytes_of(b.p, b.n), digest) > 0);
    EXPECT(memcmp(digest, want, SHA256_LEN) == 0);
    buffer_free(&b);
}

static enum err play_epoch(void *ctx, const struct epoch_row *r) {
    struct played *p = ctx;
    char track[ID_TEXT_MAX], hex[2 * SHA256_LEN + 1], line[256];
    uint8_t digest[SHA256_LEN] = {0};
    size_t n = 0;
    int frames = -1;
    id_text(&p->track, track);
    bool gone = is_gone(p, track, r->epoch.number);
    uint8_t *file = gone ? NULL : read_file(p->library, p->recording, track, r->epoch.number, &n);
    if (file) {
        bool mp4 = n > 8 && memcmp(file + 4, "ftyp", 4) == 0;
        frames = (mp4 ? digest_mp4 : digest_webm)(bytes_of(file, n), digest);
    }
    EXPECT(frames > 0 || gone);
    hex_encode(hex, digest, sizeof(digest));
    int len = snprintf(line, sizeof(line), "%s %s %u %d %s\n", p->recording, track, r->epoch.number,
                       frames, gone ? "gone" : hex);
    buffer_put(&p->text, line, (size_t)len);
    p->files++;
    if (file) {
        expect_followed(p, &(struct library_file){p->recording, track, r->epoch.number, 0}, digest);
    }
    mem_free(file);
    return OK;
}

static enum err play_track(void *ctx, const struct track_row *r) {
    struct played *p = ctx;
    p->track = r->track.track;
    return catalogue_epochs(p->library->archive->catalogue, &p->id, &p->track, play_epoch, p);
}

static void complain(void *ctx, const char *object, const char *what) {
    (void)ctx;
    test_fail(__FILE__, __LINE__, "%s: %s", object, what);
}

/* Who was there is known, whether the journal says it in clear or sealed, or was forgotten by
 * order. */
static enum err note_named(void *ctx, const struct participant_row *r) {
    *(bool *)ctx = r->name_state == NAME_ERASED ||
                   (r->name_state == NAME_KNOWN && strcmp(r->name, "Ada") == 0);
    return OK;
}

static enum err play_recording(void *ctx, const struct recording_row *r) {
    struct played *p = ctx;
    bool named = false;
    EXPECT_EQ(catalogue_participants(p->library->archive->catalogue, &r->id, note_named, &named),
              OK);
    EXPECT(named);
    p->id = r->id;
    id_text(&r->id, p->recording);
    EXPECT(r->state == RECORDING_COMPLETE || r->state == RECORDING_INTERRUPTED);
    EXPECT_EQ(library_verify(p->library, p->recording, complain, NULL), OK);
    return catalogue_tracks(p->library->archive->catalogue, &r->id, play_track, p);
}

static bool play_all(const char *dir, struct played *p) {
    char why[WHY_MAX];
    *p = (struct played){0};
    if (library_open(&(struct library_config){.dir = dir}, &p->library, why) != OK) {
        test_fail(__FILE__, __LINE__, "%s: %s", dir, why);
        return false;
    }
    struct recording_query q = {.limit = 100};
    bool more;
    enum err e = catalogue_recordings(p->library->archive->catalogue, &q, &more, play_recording, p);
    EXPECT_EQ(e, OK);
    p->library = library_close(p->library);
    return e == OK && p->text.p != NULL;
}

static bool same_as_kept(const struct played *p, const char *name) {
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s/played.txt", KEPT, name);
    FILE *f = fopen(path, "rb");
    char *text = calloc(1, p->text.n + 2);
    size_t n = f && text ? fread(text, 1, p->text.n + 1, f) : 0;
    bool same = n == p->text.n && memcmp(text, p->text.p, n) == 0;
    if (f) {
        fclose(f);
    }
    free(text);
    return same;
}

/* The recorder opens it, as at the start after an upgrade; then it is read. */
static void check_kept(const char *name, bool without_catalogue) {
    struct rig g;
    struct played p;
    char from[4096], path[4096];
    rig_init(&g);
    snprintf(from, sizeof(from), "%s/%s/state", KEPT, name);
    REQUIRE(copy_tree(from, g.dir));
    if (without_catalogue) {
        snprintf(path, sizeof(path), "%s/catalogue.db", g.dir);
        EXPECT_EQ(unlink(path), 0);
    }
    REQUIRE(rig_open(&g) == OK);
    EXPECT_EQ(rig_counters(&g).unfinished, 0);
    rig_close(&g);
    if (play_all(g.dir, &p)) {
        EXPECT(p.files >= 3);
        if (!same_as_kept(&p, name)) {
            test_fail(__FILE__, __LINE__, "%s plays otherwise:\n%s", name, p.text.p);
        }
    }
    buffer_free(&p.text);
    rig_free(&g);
}

TEST(kept_recordings_verify_and_play) {
    DIR *d = opendir(KEPT);
    unsigned n = 0;
    REQUIRE(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        if (e->d_name[0] != '.') {
            check_kept(e->d_name, false);
            check_kept(e->d_name, true);
            n++;
        }
    }
    closedir(d);
    EXPECT(n >= KEPT_COUNT);
}

static enum err note_id(void *ctx, const struct recording_row *r) {
    *(struct id *)ctx = r->id;
    return OK;
}

/* Ada in a recording of an earlier release: her tracks are under a key of hers, or, before that,
 * under the recording's; what she is called stands in clear in the sealed journal, and in no
 * catalogue once she is shredded, however often it is made anew. */
static void shred_kept(const char *name, enum err expected) {
    static const struct library_order order = {"ann", "asked to", {1700000000000000}};
    struct rig g;
    char from[4096], path[4096], why[WHY_MAX], *out = NULL;
    struct library *l = NULL;
    struct recording_query q = {.limit = 1};
    struct id id;
    bool more;
    rig_init(&g);
    snprintf(from, sizeof(from), "%s/%s/state", KEPT, name);
    REQUIRE(copy_tree(from, g.dir));
    for (int start = 0; start < 2; start++) {
        char text[ID_TEXT_MAX];
        struct library_config c = {.dir = g.dir, .rng = rng_from_seeded(&g.seed)};
        REQUIRE(rig_open(&g) == OK);
        rig_close(&g);
        REQUIRE(library_open(&c, &l, why) == OK);
        EXPECT_EQ(catalogue_recordings(l->archive->catalogue, &q, &more, note_id, &id), OK);
        EXPECT_EQ(library_shred_person(l, id_text(&id, text), 5, &order), expected);
        REQUIRE(library_recording_json(l, text, &out) == OK);
        EXPECT_EQ(strstr(out, "\"Ada\"") == NULL, expected == OK);
        EXPECT_EQ(strstr(out, "\"erased\":true") != NULL, expected == OK);
        EXPECT_EQ(library_verify(l, text, complain, NULL), OK);
        out = mem_free(out);
        l = library_close(l);
        snprintf(path, sizeof(path), "%s/catalogue.db", g.dir);
        EXPECT_EQ(unlink(path), 0);
    }
    rig_free(&g);
}

TEST(kept_recordings_forget_who_is_shredded) {
    shred_kept("0.1", ERR_UNSUPPORTED);
    shred_kept("0.1-trees", OK);
    shred_kept("0.1-mix", OK);
    shred_kept("0.1-names", OK);
}

/* Six seconds with a mute, a loss and a mark: what a journal has to say. */
static void make_one(struct rig *g, const char *pictures) {
    struct clip video, audio;
    struct feed_list l = {0};
    clip_video(&video, pictures);
    clip_ogg(&audio, "audio.ogg");
    us_t t = g->now;
    struct feed_source camera = feed_camera(&video, t + 100000);
    struct feed_source microphone = feed_microphone(&audio, t + 100000);
    camera.delay = microphone.delay = 20000;
    feed_tap(&l, &camera, TAP_SOURCE_ON, t);
    feed_tap(&l, &microphone, TAP_SOURCE_ON, t);
    feed_tap(&l, &camera, TAP_STAGE, t + 1);
    feed_tap(&l, &microphone, TAP_VOICE, t + 2);
    feed_frames(&l, &camera, g->pool, 0, video.n);
    feed_frames(&l, &microphone, g->pool, 0, 60);
    feed_tap(&l, &microphone, TAP_SOURCE_OFF, t + 1400000);
    feed_tap(&l, &microphone, TAP_SOURCE_ON, t + 2000000);
    feed_frames(&l, &microphone, g->pool, 100, audio.n);
    feed_sr(&l, &camera, t + 300000);
    feed_sr(&l, &microphone, t + 350000);
    feed_sort(&l);
    feed_disturb(&l, 9, 20, 0);
    rig_order(g, ORDER_START);
    rig_order(g, ORDER_PARTICIPANT);
    rig_run(g, &l);
    rig_order(g, ORDER_MARK);
    rig_order(g, ORDER_STOP);
    clip_free(&video);
    clip_free(&audio);
}

/* A span of the programme redacted, and the person shredded: keys in a list, a third manifest. */
static void erase_some(struct rig *g) {
    static const struct library_order order = {"ann", "asked to", {1700000000000000}};
    struct library_span span = {
        .id = g->recording, .track = PROGRAMME_TRACK, .from = 3 * US_PER_S, .to = 4 * US_PER_S};
    struct library_config c = {.dir = g->dir, .rng = rng_from_seeded(&g->seed)};
    struct library *l = NULL;
    char why[WHY_MAX];
    REQUIRE(library_open(&c, &l, why) == OK);
    EXPECT_EQ(library_redact(l, &span), OK);
    EXPECT_EQ(library_shred_person(l, g->recording, 5, &order), OK);
    library_close(l);
}

static void keep(const struct rig *g, const struct played *p, const char *suffix) {
    char dir[3000], to[4096];
    snprintf(dir, sizeof(dir), "%s%s", getenv("ORIEL_KEEP"), suffix);
    CHECK(mkdir(dir, 0755) == 0);
    snprintf(to, sizeof(to), "%s/state", dir);
    CHECK(copy_tree(g->dir, to));
    snprintf(to, sizeof(to), "%s/played.txt", dir);
    FILE *f = fopen(to, "wb");
    CHECK(f && fwrite(p->text.p, 1, p->text.n, f) == p->text.n && fclose(f) == 0);
}

static void keep_one(const char *pictures, const char *suffix, bool erased) {
    struct rig g;
    struct played p;
    rig_init(&g);
    REQUIRE(rig_open(&g) == OK);
    make_one(&g, pictures);
    rig_close(&g);
    if (erased) {
        erase_some(&g);
    }
    REQUIRE(play_all(g.dir, &p));
    EXPECT_EQ(p.files, 3);
    EXPECT_EQ(strstr(p.text.p, " gone\n") != NULL, erased);
    if (getenv("ORIEL_KEEP")) {
        keep(&g, &p, suffix);
    }
    buffer_free(&p.text);
    rig_free(&g);
}

TEST(kept_some_of_today) {
    keep_one("video.ivf", "", false);
    keep_one("video.h264", "-h264", false);
    keep_one("video_vp9.ivf", "-vp9", false);
    keep_one("video_av1.ivf", "-av1", false);
    keep_one("video.ivf", "-erased", true);
}
