/* Thumbnails, waveforms and exports from a recording into its store and out again, with real media
 * helpers; and what verify says of them. */
#include "recorder/archive/archive.h"
#include "recorder/archive/supplements.h"
#include "recorder/derived/waveform.h"
#include "recorder/library/library_derived.h"
#include "recorder/library/library_results.h"
#include "recorder/library/library_task.h"
#include "recorder/store/store_local.h"
#include "server/jobs/helper.h"
#include "server/os/clock.h"
#include "tests/unit/recorder/sample_tour.h"
#include "tests/unit/test.h"

#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

struct made {
    struct rig g;
    struct library *l;
    unsigned findings;
    char said[256];
};

static bool begin_of(struct made *m, const char *clip) {
    char why[WHY_MAX];
    uint8_t sent[64];
    memset(m, 0, sizeof(*m));
    sample_tour_of(&m->g, 2, clip, sent);
    struct library_config c = {.dir = m->g.dir, .rng = rng_from_seeded(&m->g.seed)};
    return library_open(&c, &m->l, why) == OK;
}

static bool begin(struct made *m) {
    return begin_of(m, "video.ivf");
}

static void end(struct made *m) {
    library_close(m->l);
    rig_free(&m->g);
}

struct pair {
    struct library_task *task;
    struct library_results *results;
};

static enum err read_task(void *ctx, uint32_t input, uint64_t at, uint8_t *out, uint32_t n) {
    return library_task_read(((struct pair *)ctx)->task, input, at, out, n);
}

static enum err tell(void *ctx, const struct message *m) {
    return library_results_take(((struct pair *)ctx)->results, m);
}

static enum err run(struct pair *p, char why[WHY_MAX]) {
    struct helper_config c = {ORIEL_MEDIA, 1024, 120, 60 * US_PER_S};
    struct helper_calls calls = {read_task, tell, p};
    struct helper *h = NULL;
    enum err e = helper_start(&c, library_task_get(p->task), &calls, &h, why);
    while (e == OK || e == ERR_AGAIN) {
        e = helper_step(h, clock_now(), why);
        struct pollfd f = {.fd = helper_fd(h), .events = helper_events(h)};
        if (e != ERR_AGAIN || poll(&f, 1, 60000) <= 0) {
            break;
        }
    }
    helper_free(h);
    return e;
}

static enum err make(struct made *m, uint8_t kind, uint8_t layout, uint32_t number) {
    struct library_task_spec s = {.kind = kind,
                                  .layout = layout,
                                  .fps = 15,
                                  .width = 320,
                                  .height = 180,
                                  .every = 2 * US_PER_S,
                                  .most = 10};
    struct pair p = {0};
    char why[WHY_MAX] = "";
    enum err e = library_task_open(m->l, m->g.recording, &s, &p.task);
    e = e == OK ? library_results_open(m->l, m->g.recording, p.task, number, &p.results) : e;
    e = e == OK ? run(&p, why) : e;
    e = e == OK ? library_results_commit(p.results, (wall_t){1000000}) : e;
    library_results_close(p.results);
    library_task_close(p.task);
    return e;
}

static void say(void *ctx, const char *object, const char *what) {
    struct made *m = ctx;
    m->findings++;
    snprintf(m->said, sizeof(m->said), "%s: %s", object, what);
}

static enum err verify(struct made *m) {
    m->findings = 0;
    return library_verify(m->l, m->g.recording, say, m);
}

static uint8_t *read_all(struct made *m, enum library_derived_kind kind, const char *track,
                         uint32_t number, size_t *ret_n) {
    struct library_derived_name n = {kind, m->g.recording, track, number};
    struct library_derived *d = NULL;
    if (library_derived_open(m->l, &n, &d) != OK) {
        return NULL;
    }
    *ret_n = (size_t)library_derived_size(d);
    uint8_t *b = mem_alloc(*ret_n);
    CHECK(b);
    /* In odd pieces, across parts and segments. */
    for (size_t at = 0; at < *ret_n;) {
        size_t take = *ret_n - at < 70001 ? *ret_n - at : 70001;
        EXPECT_EQ(library_derived_read(d, at, b + at, take), OK);
        at += take;
    }
    EXPECT_EQ(library_derived_read(d, *ret_n, b, 1), ERR_RANGE);
    library_derived_close(d);
    return b;
}

/* A file that stays open, and its first byte. */
static struct library_derived *hold_open(struct made *m, enum library_derived_kind kind,
                                         uint32_t number) {
    struct library_derived_name n = {kind, m->g.recording, PROGRAMME_TRACK, number};
    struct library_derived *d = NULL;
    CHECK(library_derived_open(m->l, &n, &d) == OK);
    return d;
}

static enum err read_byte(struct library_derived *d) {
    uint8_t byte;
    return library_derived_read(d, 0, &byte, 1);
}

TEST(derived_thumbnails_are_listed_and_read) {
    static struct made m;
    bool done = true;
    char *json = NULL;
    size_t n = 0;
    REQUIRE(begin(&m));
    REQUIRE(library_thumbnails_json(m.l, m.g.recording, &done, &json) == OK);
    EXPECT(!done);
    EXPECT_STR(json, "[]");
    mem_free(json);
    EXPECT_EQ(make(&m, TASK_THUMBNAILS, 0, 0), OK);
    REQUIRE(library_thumbnails_json(m.l, m.g.recording, &done, &json) == OK);
    EXPECT(strstr(json, "{\"number\":0,\"t_ms\":"));
    EXPECT(strstr(json, "\"number\":4"));
    EXPECT(strstr(json, "\"width\":320"));
    mem_free(json);
    uint8_t *b = read_all(&m, LIBRARY_THUMBNAIL, NULL, 3, &n);
    EXPECT(b && n > 1000 && memcmp(b, "\xff\xd8\xff", 3) == 0);
    mem_free(b);
    EXPECT(read_all(&m, LIBRARY_THUMBNAIL, NULL, 99, &n) == NULL);
    EXPECT_EQ(verify(&m), OK);
    end(&m);
}

TEST(derived_waveforms_of_every_track_that_has_sound) {
    static struct made m;
    size_t n = 0;
    REQUIRE(begin(&m));
    EXPECT_EQ(make(&m, TASK_WAVEFORM, 0, 0), OK);
    uint8_t *b = read_all(&m, LIBRARY_WAVEFORM, PROGRAMME_TRACK, 0, &n);
    REQUIRE(b);
    EXPECT(n > WAVEFORM_HEAD + 200 && memcmp(b, "ORWF\1", 5) == 0);
    int8_t high = 0;
    for (size_t i = WAVEFORM_HEAD; i < n; i++) {
        high = (int8_t)b[i] > high ? (int8_t)b[i] : high;
    }
    EXPECT(high > 5);
    mem_free(b);
    EXPECT(read_all(&m, LIBRARY_WAVEFORM, "00000000000000000000000000000000", 0, &n) == NULL);
    EXPECT_EQ(verify(&m), OK);
    end(&m);
}

TEST(derived_exports_come_go_and_keep_their_numbers) {
    static struct made m;
    uint32_t number = 9;
    size_t n = 0, count = 0;
    char *json = NULL;
    bool left = false;
    REQUIRE(begin(&m));
    REQUIRE(library_export_next(m.l, m.g.recording, &number) == OK);
    EXPECT_EQ(number, 0);
    EXPECT_EQ(make(&m, TASK_EXPORT, TASK_LAYOUT_FACES, 0), OK);
    EXPECT_EQ(make(&m, TASK_EXPORT, TASK_LAYOUT_STAGE, 1), OK);
    uint8_t *b = read_all(&m, LIBRARY_EXPORT, NULL, 0, &n);
    EXPECT(b && n > 50000 && memcmp(b + 4, "ftyp", 4) == 0 && memmem(b, n / 2, "moov", 4));
    mem_free(b);
    EXPECT_EQ(library_exports_json(m.l, m.g.recording, NULL, &count, &json), OK);
    EXPECT_EQ(count, 2);
    EXPECT(strstr(json, "\"layout\":\"faces\"") && strstr(json, "\"layout\":\"stage\""));
    mem_free(json);
    EXPECT_EQ(verify(&m), OK);
    EXPECT_EQ(library_export_remove(m.l, m.g.recording, 0), OK);
    EXPECT_EQ(library_export_remove(m.l, m.g.recording, 0), ERR_UNKNOWN);
    EXPECT(read_all(&m, LIBRARY_EXPORT, NULL, 0, &n) == NULL);
    EXPECT_EQ(library_export_next(m.l, m.g.recording, &number), OK);
    EXPECT_EQ(number, 2);
    EXPECT_EQ(library_derived_sweep(m.l, m.g.recording, (wall_t){1000000}, &left), OK);
    EXPECT(left);
    EXPECT_EQ(library_derived_sweep(m.l, m.g.recording, (wall_t){1000001}, &left), OK);
    EXPECT(!left);
    EXPECT_EQ(verify(&m), OK);
    end(&m);
}

/* One byte of every object that was made later is changed in turn. */
struct object_names {
    char name[64][OBJECT_NAME_MAX];
    size_t n;
};

static void note_name(void *ctx, const char *name, uint64_t size) {
    struct object_names *x = ctx;
    struct object_id o;
    (void)size;
    if (object_parse_name(name, &o) && o.type >= OBJECT_THUMBNAIL && x->n < ARRAY_LEN(x->name)) {
        snprintf(x->name[x->n++], OBJECT_NAME_MAX, "%s", name);
    }
}

static void flip(const struct made *m, const char *name) {
    char path[256];
    snprintf(path, sizeof(path), "%s/objects/%s", m->g.dir, name);
    FILE *f = fopen(path, "r+b");
    CHECK(f && fseek(f, 120, SEEK_SET) == 0);
    int c = fgetc(f);
    CHECK(fseek(f, 120, SEEK_SET) == 0 && fputc(c ^ 1, f) != EOF && fclose(f) == 0);
}

TEST(derived_objects_that_were_changed_are_named) {
    static struct made m;
    static struct object_names x;
    char prefix[OBJECT_NAME_MAX];
    struct store s;
    REQUIRE(begin(&m));
    EXPECT_EQ(make(&m, TASK_THUMBNAILS, 0, 0), OK);
    EXPECT_EQ(make(&m, TASK_WAVEFORM, 0, 0), OK);
    EXPECT_EQ(make(&m, TASK_EXPORT, 0, 0), OK);
    snprintf(prefix, sizeof(prefix), "%s/objects", m.g.dir);
    REQUIRE(store_local_open(prefix, &s) == OK);
    snprintf(prefix, sizeof(prefix), "recordings/%s/", m.g.recording);
    EXPECT_EQ(s.list(s.ctx, prefix, note_name, &x), OK);
    EXPECT(x.n >= 10);
    for (size_t i = 0; i < x.n; i++) {
        flip(&m, x.name[i]);
        EXPECT_EQ(verify(&m), ERR_AUTH);
        EXPECT(strstr(m.said, x.name[i]) || strstr(x.name[i], "/supplement/"));
        flip(&m, x.name[i]);
    }
    EXPECT_EQ(verify(&m), OK);
    EXPECT_EQ(s.remove(s.ctx, x.name[0]), OK);
    EXPECT_EQ(verify(&m), ERR_AUTH);
    store_local_close(&s);
    end(&m);
}

static bool reopen(struct made *m) {
    char why[WHY_MAX];
    struct library_config c = {.dir = m->g.dir, .rng = rng_from_seeded(&m->g.seed)};
    m->l = library_close(m->l);
    return library_open(&c, &m->l, why) == OK;
}

/* The operator takes another signing key: what was made before stays ours, and what is made next is
 * listed with the new key. Who has only the public halves checks all of it. */
TEST(derived_things_outlive_the_key_that_signed_them) {
    static struct made m;
    char key[PATH_MAX], away[PATH_MAX + 8], why[WHY_MAX];
    struct archive *archive = NULL;
    REQUIRE(begin(&m));
    EXPECT_EQ(make(&m, TASK_THUMBNAILS, 0, 0), OK);
    snprintf(key, sizeof(key), "%s/signing_key", m.g.dir);
    snprintf(away, sizeof(away), "%s.away", key);
    REQUIRE(rename(key, away) == 0);
    rig_close(&m.g);
    struct archive_config writer = {
        .dir = m.g.dir, .write = true, .take_signer = true, .rng = rng_from_seeded(&m.g.seed)};
    REQUIRE(archive_open(&writer, &archive, why) == OK);
    archive_close(archive);
    REQUIRE(reopen(&m));
    EXPECT_EQ(verify(&m), OK);
    EXPECT(strstr(m.said, "signed by an earlier key"));
    EXPECT_EQ(make(&m, TASK_WAVEFORM, 0, 0), OK);
    EXPECT_EQ(verify(&m), OK);
    REQUIRE(unlink(key) == 0 && reopen(&m));
    EXPECT_EQ(verify(&m), OK);
    end(&m);
}

/* What is being made, or was when the process died, is no damage; and it is swept. */
TEST(derived_leftovers_are_no_damage_and_are_swept) {
    static struct made m;
    struct pair p = {0};
    struct library_task_spec s = {.kind = TASK_EXPORT, .fps = 15, .width = 320, .height = 180};
    static uint8_t noise[MESSAGE_BODY_MAX];
    bool left = true;
    REQUIRE(begin(&m));
    REQUIRE(library_task_open(m.l, m.g.recording, &s, &p.task) == OK);
    REQUIRE(library_results_open(m.l, m.g.recording, p.task, 0, &p.results) == OK);
    struct message head = {.type = MESSAGE_HEAD_SIZE, .size = 100};
    struct message body = {.type = MESSAGE_BODY, .data = bytes_of(noise, sizeof(noise))};
    EXPECT_EQ(library_results_take(p.results, &body), ERR_FORMAT);
    EXPECT_EQ(library_results_take(p.results, &head), OK);
    EXPECT_EQ(library_results_take(p.results, &head), ERR_FORMAT);
    for (unsigned i = 0; i < 9; i++) {
        EXPECT_EQ(library_results_take(p.results, &body), OK);
    }
    EXPECT_EQ(verify(&m), OK);
    EXPECT_EQ(library_results_commit(p.results, (wall_t){1}), ERR_FORMAT); /* no head */
    EXPECT_EQ(library_derived_sweep(m.l, m.g.recording, (wall_t){0}, &left), OK);
    EXPECT(!left);
    library_results_close(p.results);
    library_task_close(p.task);
    EXPECT_EQ(verify(&m), OK);
    end(&m);
}

TEST(derived_results_are_bounded_and_fit_their_task) {
    static struct made m;
    struct pair p = {0};
    struct library_task_spec s = {.kind = TASK_EXPORT, .fps = 15, .width = 320, .height = 180};
    static uint8_t noise[MESSAGE_BODY_MAX];
    REQUIRE(begin(&m));
    REQUIRE(library_task_open(m.l, m.g.recording, &s, &p.task) == OK);
    REQUIRE(library_results_open(m.l, m.g.recording, p.task, 0, &p.results) == OK);
    struct message head = {.type = MESSAGE_HEAD_SIZE, .size = 100};
    struct message body = {.type = MESSAGE_BODY, .data = bytes_of(noise, sizeof(noise))};
    struct message thumbnail = {.type = MESSAGE_THUMBNAIL, .width = 1, .height = 1};
    EXPECT_EQ(library_results_take(p.results, &thumbnail), ERR_FORMAT);
    EXPECT_EQ(library_results_take(p.results, &head), OK);
    enum err e = OK;
    unsigned n = 0;
    while (e == OK && n < 500) {
        e = library_results_take(p.results, &body);
        n++;
    }
    EXPECT_EQ(e, ERR_FULL);
    library_results_close(p.results);
    library_task_close(p.task);
    EXPECT_EQ(verify(&m), OK);
    end(&m);
}

static const struct library_order erase = {"ann", "asked to", {1700000000000000}};

/* What shows somebody goes with them; a task that was under way then leaves nothing either. */
TEST(derived_of_somebody_goes_when_they_are_erased) {
    static struct made m;
    struct pair p = {0};
    struct library_task_spec s = {
        .kind = TASK_EXPORT, .layout = TASK_LAYOUT_FACES, .fps = 15, .width = 320, .height = 180};
    char why[WHY_MAX] = "", *json = NULL;
    size_t n = 0, count = 9;
    REQUIRE(begin(&m));
    EXPECT_EQ(make(&m, TASK_WAVEFORM, 0, 0), OK);
    EXPECT_EQ(make(&m, TASK_EXPORT, TASK_LAYOUT_FACES, 0), OK);
    REQUIRE(library_task_open(m.l, m.g.recording, &s, &p.task) == OK);
    EXPECT(library_task_get(p.task)->n_inputs == 2);
    REQUIRE(library_results_open(m.l, m.g.recording, p.task, 1, &p.results) == OK);
    EXPECT_EQ(run(&p, why), OK);
    struct library_derived *film = hold_open(&m, LIBRARY_EXPORT, 0);
    EXPECT_EQ(read_byte(film), OK);
    EXPECT_EQ(library_shred_person(m.l, m.g.recording, 5, &erase), OK);
    EXPECT(library_derived_gone(film));
    EXPECT_EQ(read_byte(film), ERR_GONE); /* whoever is in the middle of it */
    library_derived_close(film);
    EXPECT_EQ(library_results_commit(p.results, (wall_t){1000000}), ERR_GONE);
    library_results_close(p.results);
    library_task_close(p.task);
    EXPECT_EQ(library_exports_json(m.l, m.g.recording, NULL, &count, &json), OK);
    EXPECT_EQ(count, 0);
    mem_free(json);
    uint8_t *b = read_all(&m, LIBRARY_WAVEFORM, PROGRAMME_TRACK, 0, &n);
    EXPECT(b); /* the programme stays */
    mem_free(b);
    EXPECT_EQ(verify(&m), OK);
    /* The next one shows the stage alone. */
    REQUIRE(library_task_open(m.l, m.g.recording, &s, &p.task) == OK);
    EXPECT_EQ(library_task_get(p.task)->n_inputs, 1);
    library_task_close(p.task);
    EXPECT_EQ(make(&m, TASK_EXPORT, TASK_LAYOUT_FACES, 1), OK);
    EXPECT_EQ(verify(&m), OK);
    end(&m);
}

TEST(derived_of_a_span_goes_when_it_is_redacted) {
    static struct made m;
    char *json = NULL;
    size_t count = 9;
    bool done = true;
    REQUIRE(begin(&m));
    EXPECT_EQ(make(&m, TASK_THUMBNAILS, 0, 0), OK);
    EXPECT_EQ(make(&m, TASK_WAVEFORM, 0, 0), OK);
    EXPECT_EQ(make(&m, TASK_EXPORT, TASK_LAYOUT_STAGE, 0), OK);
    struct library_span span = {
        .id = m.g.recording, .track = PROGRAMME_TRACK, .from = 3 * US_PER_S, .to = 4 * US_PER_S};
    struct library_derived *film = hold_open(&m, LIBRARY_EXPORT, 0);
    EXPECT_EQ(library_redact(m.l, &span), OK);
    EXPECT_EQ(read_byte(film), ERR_GONE);
    library_derived_close(film);
    EXPECT_EQ(library_exports_json(m.l, m.g.recording, NULL, &count, &json), OK);
    EXPECT_EQ(count, 0);
    mem_free(json);
    EXPECT_EQ(library_thumbnails_json(m.l, m.g.recording, &done, &json), OK);
    EXPECT(!done);
    EXPECT_STR(json, "[]");
    mem_free(json);
    EXPECT_EQ(verify(&m), OK);
    EXPECT_EQ(make(&m, TASK_THUMBNAILS, 0, 0), OK);
    EXPECT_EQ(make(&m, TASK_WAVEFORM, 0, 0), OK);
    EXPECT_EQ(make(&m, TASK_EXPORT, TASK_LAYOUT_FACES, 1), OK);
    EXPECT_EQ(verify(&m), OK);
    end(&m);
}

TEST(derived_of_a_recording_goes_when_it_is_shredded) {
    static struct made m;
    static struct object_names x;
    struct pair p = {0};
    struct library_task_spec s = {.kind = TASK_EXPORT, .fps = 15, .width = 320, .height = 180};
    char why[WHY_MAX] = "", prefix[OBJECT_NAME_MAX];
    struct store store;
    REQUIRE(begin(&m));
    EXPECT_EQ(make(&m, TASK_THUMBNAILS, 0, 0), OK);
    REQUIRE(library_task_open(m.l, m.g.recording, &s, &p.task) == OK);
    REQUIRE(library_results_open(m.l, m.g.recording, p.task, 0, &p.results) == OK);
    EXPECT_EQ(run(&p, why), OK);
    struct library_derived *picture = hold_open(&m, LIBRARY_THUMBNAIL, 0);
    EXPECT(read_byte(picture) == OK && !library_derived_gone(picture));
    EXPECT_EQ(library_shred(m.l, m.g.recording, &erase), OK);
    EXPECT_EQ(read_byte(picture), ERR_GONE);
    library_derived_close(picture);
    EXPECT(library_results_commit(p.results, (wall_t){1000000}) != OK);
    library_results_close(p.results);
    library_task_close(p.task);
    snprintf(prefix, sizeof(prefix), "%s/objects", m.g.dir);
    REQUIRE(store_local_open(prefix, &store) == OK);
    snprintf(prefix, sizeof(prefix), "recordings/%s/", m.g.recording);
    x.n = 0;
    EXPECT_EQ(store.list(store.ctx, prefix, note_name, &x), OK);
    EXPECT_EQ(x.n, 0);
    store_local_close(&store);
    EXPECT_EQ(verify(&m), ERR_WRONG_STATE);
    end(&m);
}

/* The last pictures before a camera goes off are of 8x8 and 2x2 pixels: browsers do that. They are
 * recorded, the size of the file stays that of the others, and what is made of it is whole. */
TEST(derived_of_a_recording_that_ends_with_degenerate_pictures) {
    static struct made m;
    static struct webm_view view;
    size_t n = 0;
    char *json = NULL;
    bool done = false;
    REQUIRE(begin_of(&m, "video_tiny_end.ivf"));
    EXPECT_EQ(verify(&m), OK);
    REQUIRE(library_recording_json(m.l, m.g.recording, &json) == OK);
    EXPECT(strstr(json, "\"width\":320,\"height\":180"));
    EXPECT(!strstr(json, "\"width\":2,") && !strstr(json, "\"width\":8,"));
    mem_free(json);
    uint8_t *b = read_file(m.l, m.g.recording, PROGRAMME_TRACK, 0, &n);
    REQUIRE(b && webm_view(bytes_of(b, n), &view));
    unsigned pictures = 0, tiny = 0;
    for (unsigned i = 0; i < view.n; i++) {
        bool picture = view.block[i].track == 1;
        pictures += picture;
        tiny += picture && view.block[i].key && view.block[i].frame.n == 31;
    }
    EXPECT_EQ(pictures, 2 * 42);
    EXPECT_EQ(tiny, 2 * 2);
    keep_file("tiny_end.webm", b, n);
    mem_free(b);
    EXPECT_EQ(make(&m, TASK_THUMBNAILS, 0, 0), OK);
    EXPECT_EQ(library_thumbnails_json(m.l, m.g.recording, &done, &json), OK);
    EXPECT(strstr(json, "\"t_ms\":0"));
    mem_free(json);
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_EQ(make(&m, TASK_EXPORT, i ? TASK_LAYOUT_STAGE : TASK_LAYOUT_FACES, i), OK);
        b = read_all(&m, LIBRARY_EXPORT, NULL, i, &n);
        EXPECT(b && n > 20000 && memcmp(b + 4, "ftyp", 4) == 0);
        keep_file(i ? "tiny_end_stage.mp4" : "tiny_end_faces.mp4", b, n);
        mem_free(b);
    }
    EXPECT_EQ(verify(&m), OK);
    end(&m);
}
