/* Sweeping a bucket behind a spool folder: what belongs to nobody is named, what a shred could not
 * remove is finished, and a bucket that does not answer, or lies, loses nothing. */
#include "recorder/library/library_parts.h"
#include "recorder/library/library_sweep.h"
#include "recorder/store/store_local.h"

#include "tests/unit/recorder/bench_spool.h"
#include "tests/unit/recorder/sample_recording.h"
#include "tests/unit/test.h"

#include <stdio.h>

#define ENDED (INT64_C(1700000000123456) + 25 * US_PER_S) /* of the sample */
#define A_WHILE (100 * US_PER_S)

static const struct library_order order = {"ann", "asked to", {ENDED}};

/* One recording in the bucket, one of which everything waits in the folder, and a library beside
 * the recorder, as keeper and command line open it. */
struct yard {
    struct spool_bench b;
    struct scratch scratch;
    struct rng_seeded state;
    struct archive *archive;
    struct sample far, near;
    char far_id[ID_TEXT_MAX], near_id[ID_TEXT_MAX], why[WHY_MAX];
    struct store local, both; /* the library's own */
    struct library *library;
    unsigned said;
    char last[512];
};

static void upload(struct yard *y) {
    uploader_wake(y->b.uploader, y->b.now + US_PER_S);
    spool_bench_run(&y->b, y->b.now + A_WHILE);
}

static void yard_begin(struct yard *y) {
    memset(y, 0, sizeof(*y));
    spool_bench_begin(&y->b);
    scratch_begin(&y->scratch);
    rng_seed(&y->state, 12);
    CHECK(bench_archive(&y->scratch, &y->b.spool, &y->state, &y->archive) == OK);
    CHECK(sample_record(y->archive, 0, &y->far) == OK);
    upload(y);
    CHECK(sample_record(y->archive, 0, &y->near) == OK);
    id_text(&y->far.id, y->far_id);
    id_text(&y->near.id, y->near_id);
    struct spool_config c = {.local = &y->local, .remote = &y->b.remote.store};
    CHECK(store_local_open(y->b.dir, &y->local) == OK);
    CHECK(store_spool_open(&c, &y->both) == OK);
    struct library_config l = {
        .dir = y->scratch.dir, .rng = rng_from_seeded(&y->state), .store = &y->both};
    CHECK(library_open(&l, &y->library, y->why) == OK);
}

static void yard_end(struct yard *y) {
    library_close(y->library);
    store_spool_close(&y->both);
    store_local_close(&y->local);
    archive_close(y->archive);
    scratch_end(&y->scratch);
    spool_bench_end(&y->b);
}

static void say(void *ctx, const char *of, const char *what, bool done) {
    (void)done;
    struct yard *y = ctx;
    y->said++;
    snprintf(y->last, sizeof(y->last), "%s: %s", of, what);
}

static enum err sweep(struct yard *y, int64_t before, struct library_swept *ret) {
    struct library_sweep s = {
        .before = {before}, .order = {"timer", "its age", {ENDED + 1}}, .say = say, .ctx = y};
    y->said = 0;
    y->last[0] = '\0';
    return library_sweep(y->library, &s, ret);
}

/* Objects of recordings in the bucket. */
static unsigned in_bucket(const struct yard *y, const char *id) {
    unsigned n = 0;
    for (size_t i = 0; i < y->b.remote.service.n; i++) {
        n += strstr(y->b.remote.service.objects[i].key, id) != NULL;
    }
    return n;
}

static void count_one(void *ctx, const char *name, uint64_t size) {
    (void)name;
    (void)size;
    ++*(unsigned *)ctx;
}

static unsigned in_folder(struct yard *y, const char *id) {
    char prefix[OBJECT_NAME_MAX];
    unsigned n = 0;
    snprintf(prefix, sizeof(prefix), "recordings/%s/", id);
    CHECK(y->local.list(y->local.ctx, prefix, count_one, &n) == OK);
    return n;
}

static void away(struct yard *y, bool is) {
    y->b.remote.fault.mode = is ? HTTP_FAULT_DEAD : HTTP_FAULT_NONE;
    y->b.remote.fault.at = y->b.remote.fault.asked;
}

TEST(bucket_sweep_names_what_belongs_to_nobody_in_both_places) {
    struct yard y;
    struct library_swept n;
    yard_begin(&y);
    struct store *far = &y.b.remote.store;
    EXPECT(in_bucket(&y, y.far_id) > 3 && in_folder(&y, y.near_id) > 3);
    EXPECT_EQ(in_bucket(&y, y.near_id), 0);
    y.b.remote.service.page = 3; /* keys at once: many pages */
    EXPECT_EQ(sweep(&y, 0, &n), OK);
    EXPECT(y.said == 0 && n.orphans == 0 && n.failed == 0);
    /* A stranger's in the bucket, one of nobody in the folder, and a name that is none of ours. */
    struct object_id stranger = {.type = OBJECT_JOURNAL, .recording = {{9, 9}}};
    struct object_id stray = {.type = OBJECT_JOURNAL, .recording = {{8, 8}}};
    struct object_info info;
    EXPECT_EQ(object_put_clear(far, &stranger, bytes_of("x", 1), &info), OK);
    EXPECT_EQ(object_put_clear(&y.local, &stray, bytes_of("y", 1), &info), OK);
    EXPECT_EQ(far->put(far->ctx, "recordings/notes.txt", bytes_of("z", 1)), OK);
    EXPECT_EQ(far->put(far->ctx, "others/notes.txt", bytes_of("z", 1)), OK); /* not asked about */
    EXPECT_EQ(sweep(&y, 0, &n), OK);
    EXPECT(n.orphans == 3 && y.said == 3 && n.failed == 0);
    EXPECT_EQ(sweep(&y, 0, &n), OK); /* they stayed */
    EXPECT_EQ(n.orphans, 3);
    yard_end(&y);
}

TEST(bucket_sweep_shreds_for_age_wherever_it_lies) {
    struct yard y;
    struct library_swept n;
    yard_begin(&y);
    EXPECT_EQ(sweep(&y, ENDED + 1, &n), OK);
    EXPECT(n.shredded == 2 && n.failed == 0);
    EXPECT(in_bucket(&y, y.far_id) == 0 && in_folder(&y, y.near_id) == 0);
    upload(&y);
    EXPECT_EQ(in_bucket(&y, y.near_id), 0); /* nothing of it comes after */
    EXPECT_EQ(sweep(&y, ENDED + 1, &n), OK);
    EXPECT(y.said == 0);
    yard_end(&y);
}

/* The keys go first, so that an outage keeps nothing readable; the objects go when it is over. */
TEST(bucket_sweep_finishes_what_an_outage_left) {
    struct yard y;
    struct library_swept n;
    struct key_context c;
    yard_begin(&y);
    away(&y, true);
    EXPECT_EQ(library_shred(y.library, y.far_id, &order), ERR_IO);
    c = (struct key_context){y.far.id, 0};
    EXPECT_EQ(wraps_shredded(y.archive->wraps, &c, NULL), OK);
    unsigned left = in_bucket(&y, y.far_id);
    EXPECT(left > 3);
    EXPECT_EQ(sweep(&y, 0, &n), ERR_IO); /* it cannot even be listed */
    EXPECT(n.orphans == 0 && n.finished == 0);
    away(&y, false);
    EXPECT_EQ(in_bucket(&y, y.far_id), left);
    EXPECT_EQ(sweep(&y, 0, &n), OK);
    EXPECT(n.finished == 1 && n.orphans == 0 && n.failed == 0);
    EXPECT_EQ(in_bucket(&y, y.far_id), 0);
    EXPECT_EQ(sweep(&y, 0, &n), OK);
    EXPECT(n.finished == 0 && y.said == 0);
    yard_end(&y);
}

TEST(bucket_sweep_for_age_goes_on_when_the_bucket_is_away) {
    struct yard y;
    struct library_swept n;
    struct key_context far, near;
    yard_begin(&y);
    away(&y, true);
    EXPECT(sweep(&y, ENDED + 1, &n) != OK || n.failed > 0);
    far = (struct key_context){y.far.id, 0};
    near = (struct key_context){y.near.id, 0};
    EXPECT_EQ(wraps_shredded(y.archive->wraps, &far, NULL), OK);
    EXPECT_EQ(wraps_shredded(y.archive->wraps, &near, NULL), OK);
    away(&y, false);
    EXPECT_EQ(sweep(&y, ENDED + 1, &n), OK);
    EXPECT(in_bucket(&y, y.far_id) == 0 && in_folder(&y, y.near_id) == 0);
    yard_end(&y);
}

/* A list that never ends, or that is refused, is no reason to remove anything. */
TEST(bucket_sweep_believes_no_list_that_is_wrong) {
    struct yard y;
    struct library_swept n;
    yard_begin(&y);
    unsigned all = in_bucket(&y, y.far_id);
    y.b.remote.service.endless_lists = true;
    EXPECT(sweep(&y, 0, &n) != OK);
    y.b.remote.service.endless_lists = false;
    y.b.remote.service.secret_key = "another";
    EXPECT(sweep(&y, 0, &n) != OK);
    EXPECT(n.orphans == 0 && n.finished == 0 && in_bucket(&y, y.far_id) == all);
    yard_end(&y);
}
