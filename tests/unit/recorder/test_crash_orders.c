/* The power goes, or a disk is full for once, at any operation on a file while somebody has
 * something erased. After the next start, with what a server does then, the order is carried out
 * wholly or not at all. */
#include "recorder/archive/recovery.h"
#include "recorder/archive/verify.h"
#include "recorder/library/library_notes.h"
#include "recorder/library/library_parts.h"
#include "recorder/library/library_sweep.h"
#include "recorder/store/store_local.h"

#include "tests/unit/recorder/bench_sql.h"
#include "tests/unit/recorder/bench_store.h"
#include "tests/unit/recorder/sample_recording.h"
#include "tests/unit/recorder/search_files.h"
#include "tests/unit/test.h"

#include <errno.h>
#include <stdlib.h>

#define POINTS                                                                        \
    40 /* of each order in ./dev test; with ORIEL_CRASH_POINTS all, each in every way \
        */
#define ANN 42
#define CAMERA_TRACK "ca3e0000000000000000000000000000"

static const struct library_order by = {"ann", "asked to", {1700000000000000}};
static const struct id camera = {{0xca, 0x3e}};

static const struct {
    int mode, error;
    const char *name;
} ways[] = {{FILE_FAULT_DEAD, EIO, "not done"},
            {FILE_FAULT_TORN, EIO, "torn"},
            {FILE_FAULT_LOST, EIO, "lost"},
            {FILE_FAULT_ONCE, ENOSPC, "full"}};

struct scene {
    struct scratch scratch;
    struct rng_seeded rng;
    struct fault_files files;
    struct sample sample;
    char id[ID_TEXT_MAX];
    const char *when;
    struct library *library;
    enum err said; /* of the order */
};

struct kind {
    const char *name;
    enum err (*give)(struct scene *s);
    void (*check)(struct scene *s, struct archive *a); /* after the next start */
};

static void scene_begin(struct scene *s, unsigned at, unsigned way, const char *when) {
    struct archive *a = NULL;
    memset(s, 0, sizeof(*s));
    s->when = when;
    scratch_begin(&s->scratch);
    rng_seed(&s->rng, 7);
    CHECK(bench_archive(&s->scratch, NULL, &s->rng, &a) == OK);
    CHECK(sample_record(a, 0, &s->sample) == OK);
    archive_close(a);
    id_text(&s->sample.id, s->id);
    fault_files_begin(&s->files);
    s->files.which = FILE_ANY;
    s->files.at = at;
    s->files.error = ways[way].error;
    s->files.mode = ways[way].mode;
}

/* The process that is given the order. */
static void order(struct scene *s, const struct kind *k) {
    char objects[PATH_MAX], why[WHY_MAX];
    struct store local = {0};
    struct library_config c = {
        .dir = s->scratch.dir, .store = &local, .rng = rng_from_seeded(&s->rng)};
    snprintf(objects, sizeof(objects), "%s/objects", s->scratch.dir);
    fault_sql_begin(&s->files);
    s->said = store_local_open_with(objects, &s->files.ops, &local);
    if (s->said == OK) {
        s->said = library_open(&c, &s->library, why);
        s->said = s->said == OK ? k->give(s) : s->said;
        s->library = library_close(s->library);
        store_local_close(&local);
    }
    fault_sql_end();
}

static void give_again(void *ctx, const char *id, uint64_t participant) {
    struct scene *s = ctx;
    EXPECT_EQ(participant ? library_shred_person(s->library, id, participant, &by)
                          : library_shred(s->library, id, &by),
              OK);
}

static bool goes_on(void *ctx) {
    (void)ctx;
    return true;
}

/* What a server does when it starts, and a day later. */
static struct archive *restart(struct scene *s) {
    struct archive *a = NULL;
    struct recovery_report r;
    struct library_config c = {.dir = s->scratch.dir, .rng = rng_from_seeded(&s->rng)};
    struct library_sweep sweep = {.order = by, .go_on = goes_on};
    struct library_swept swept;
    char why[WHY_MAX] = "";
    if (bench_archive(&s->scratch, NULL, &s->rng, &a) != OK) {
        test_fail(__FILE__, __LINE__, "%s: it does not start again", s->when);
        return NULL;
    }
    EXPECT_EQ(recovery_run(a, &r), OK);
    EXPECT_EQ(r.damaged + r.failed, 0);
    CHECK(library_open(&c, &s->library, why) == OK);
    EXPECT_EQ(library_each_unfinished(s->library, give_again, s), OK);
    EXPECT_EQ(library_sweep(s->library, &sweep, &swept), OK);
    EXPECT_EQ(swept.orphans + swept.failed, 0);
    s->library = library_close(s->library);
    return a;
}

static void count_object(void *ctx, const char *name, uint64_t size) {
    (void)name;
    (void)size;
    ++*(unsigned *)ctx;
}

/* Objects of the recording, or of one track of it. */
static unsigned objects(struct scene *s, struct archive *a, const char *track) {
    char prefix[OBJECT_NAME_MAX];
    unsigned n = 0;
    snprintf(prefix, sizeof(prefix), "recordings/%s/%s%s", s->id, track, track[0] ? "/" : "");
    EXPECT_EQ(a->store.list(a->store.ctx, prefix, count_object, &n), OK);
    return n;
}

/* Can segment `number` of epoch 0 be opened? */
static bool opens(struct scene *s, struct archive *a, const struct id *track, uint32_t number) {
    struct key_ring ring;
    struct object_id o = {
        .type = OBJECT_MEDIA, .recording = s->sample.id, .track = *track, .number = number};
    uint8_t key[KEY_LEN];
    if (archive_ring_of_rows(a, &s->sample.id, &ring) != OK) {
        return false;
    }
    struct object_keys k = key_ring_objects(&ring);
    bool yes = k.key(k.ctx, &o, key) == OK;
    key_ring_close(&ring);
    return yes;
}

static void expect(struct scene *s, bool is, const char *what) {
    if (!is) {
        test_fail(__FILE__, __LINE__, "%s: %s (the order: %s)", s->when, what, err_name(s->said));
    }
}

static bool verifies(struct scene *s, struct archive *a) {
    struct findings f = {0};
    bool whole = verify_recording(a, &s->sample.id, findings_say, &f) == OK &&
                 verify_chain(a, &s->sample.id, findings_say, &f) == OK;
    expect(s, whole, f.first);
    return whole;
}

static unsigned files_with(struct scene *s, const char *what) {
    return search_files(s->scratch.dir, bytes_of(what, strlen(what)));
}

static enum err give_shred(struct scene *s) {
    return library_shred(s->library, s->id, &by);
}

static void check_shred(struct scene *s, struct archive *a) {
    struct key_context c = {.recording = s->sample.id};
    struct recording_row row;
    bool done = wraps_shredded(a->wraps, &c, NULL) == OK;
    expect(s, done || s->said != OK, "it was said to be done");
    expect(s, opens(s, a, &camera, 0) == !done, "the keys");
    expect(s, catalogue_recording(a->catalogue, &s->sample.id, &row) == OK, "the row");
    expect(s, row.state == (done ? RECORDING_SHREDDED : RECORDING_COMPLETE), "the state");
    if (done) {
        expect(s, objects(s, a, "") == 0, "objects are left");
        expect(s, files_with(s, "House") == 0, "the title is left");
        expect(s, files_with(s, "kitchen") == 0, "a chapter is left");
    } else {
        verifies(s, a);
    }
}

static enum err give_person(struct scene *s) {
    return library_shred_person(s->library, s->id, ANN, &by);
}

static void check_person(struct scene *s, struct archive *a) {
    struct key_context c = {s->sample.id, ANN};
    bool done = wraps_shredded(a->wraps, &c, NULL) == OK;
    expect(s, done || s->said != OK, "it was said to be done");
    expect(s, opens(s, a, &camera, 0) == !done, "the keys of her track");
    expect(s, opens(s, a, &ID_PROGRAMME, 0), "the keys of the programme");
    expect(s, verifies(s, a), "it does not verify");
    expect(s, (objects(s, a, CAMERA_TRACK) == 0) == done, "objects of her track");
    if (done) {
        expect(s, files_with(s, "Ann") == 0, "the name is left");
    }
}

static enum err give_redaction(struct scene *s) {
    struct library_span span = {s->id, PROGRAMME_TRACK, 4500 * US_PER_MS, 4501 * US_PER_MS, by};
    return library_redact(s->library, &span);
}

/* As the server does it, of several spans. */
static enum err give_redactions(struct scene *s) {
    struct library_span span = {s->id, PROGRAMME_TRACK, 4500 * US_PER_MS, 4501 * US_PER_MS, by};
    bool was_left;
    enum err e = library_redact_keys(s->library, &span);
    return e == OK ? library_redact_finish(s->library, s->id, &was_left) : e;
}

static void check_redaction(struct scene *s, struct archive *a) {
    struct object_id o = {
        .type = OBJECT_MEDIA, .recording = s->sample.id, .track = ID_PROGRAMME, .number = 1};
    char name[OBJECT_NAME_MAX];
    uint64_t size;
    bool done = !opens(s, a, &ID_PROGRAMME, 1);
    bool gone = a->store.size(a->store.ctx, object_name(&o, name), &size) == ERR_UNKNOWN;
    expect(s, done || s->said != OK, "it was said to be done");
    expect(s, opens(s, a, &ID_PROGRAMME, 0) && opens(s, a, &camera, 1), "other keys");
    expect(s, gone == done, done ? "what cannot be opened is left" : "an object is gone");
    expect(s, verifies(s, a), "it does not verify");
}

static const struct kind kinds[] = {{"shred", give_shred, check_shred},
                                    {"person", give_person, check_person},
                                    {"redaction", give_redaction, check_redaction},
                                    {"redactions", give_redactions, check_redaction}};

/* False: there are not so many operations. */
static bool crash_at(const struct kind *k, unsigned at, unsigned way) {
    static struct scene s;
    char when[64];
    snprintf(when, sizeof(when), "%s, operation %u %s", k->name, at, ways[way].name);
    scene_begin(&s, at, way, when);
    order(&s, k);
    struct archive *a = restart(&s);
    if (a) {
        k->check(&s, a);
    }
    archive_close(a);
    scratch_end(&s.scratch);
    return s.files.seen > at;
}

static unsigned operations(const struct kind *k) {
    static struct scene s;
    scene_begin(&s, UINT32_MAX, 0, k->name);
    order(&s, k);
    CHECK(s.said == OK);
    scratch_end(&s.scratch);
    return s.files.seen;
}

TEST(crash_points_of_an_erasure_leave_it_done_or_undone) {
    bool every = getenv("ORIEL_CRASH_POINTS") != NULL;
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
        unsigned all = operations(&kinds[k]), reached = 0;
        unsigned points = every ? ARRAY_LEN(ways) * all : POINTS;
        for (unsigned i = 0; i < points; i++) {
            unsigned at = (unsigned)((uint64_t)i * all / points);
            reached += crash_at(&kinds[k], at, i % ARRAY_LEN(ways));
        }
        printf("# %s: %u faults at %u of %u operations\n", kinds[k].name, reached,
               points < all ? points : all, all);
        EXPECT_EQ(reached, points);
    }
}
