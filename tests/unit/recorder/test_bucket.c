/* Recordings in a bucket behind a spool folder, as archive and library see them. */
#include "base/alloc.h"
#include "recorder/archive/backup.h"
#include "recorder/archive/recovery.h"
#include "recorder/archive/verify.h"
#include "recorder/library/library_parts.h"
#include "recorder/store/store_local.h"
#include "recorder/writer/writer.h"

#include "tests/unit/recorder/bench_spool.h"
#include "tests/unit/recorder/sample_recording.h"
#include "tests/unit/test.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define A_WHILE (100 * US_PER_S)

static const struct library_order order = {"ann", "asked to", {1700000000000000}};

/* A recording that is in the bucket, and a library beside the recorder, as the command line opens
 * it. */
struct tour {
    struct spool_bench b;
    struct scratch scratch;
    struct rng_seeded state;
    struct archive *archive;
    struct sample sample;
    struct track_row camera;
    struct store local, both; /* the library's own */
    struct library *library;
    char id[ID_TEXT_MAX], why[WHY_MAX];
};

static enum err note_camera(void *ctx, const struct track_row *r) {
    if (!id_eq(&r->track.track, &ID_PROGRAMME)) {
        *(struct track_row *)ctx = *r;
    }
    return OK;
}

static void upload(struct tour *t) {
    uploader_wake(t->b.uploader, t->b.now + US_PER_S);
    spool_bench_run(&t->b, t->b.now + A_WHILE);
}

static enum err open_again(struct tour *t) {
    t->archive = archive_close(t->archive);
    return bench_archive(&t->scratch, &t->b.spool, &t->state, &t->archive);
}

static enum err library_begin(struct tour *t) {
    struct spool_config c = {.local = &t->local, .remote = &t->b.remote.store};
    CHECK(store_local_open(t->b.dir, &t->local) == OK);
    CHECK(store_spool_open(&c, &t->both) == OK);
    struct library_config l = {
        .dir = t->scratch.dir, .rng = rng_from_seeded(&t->state), .store = &t->both};
    return library_open(&l, &t->library, t->why);
}

static void library_end(struct tour *t) {
    t->library = library_close(t->library);
    store_spool_close(&t->both);
    store_local_close(&t->local);
}

static void tour_begin(struct tour *t) {
    memset(t, 0, sizeof(*t));
    spool_bench_begin(&t->b);
    scratch_begin(&t->scratch);
    rng_seed(&t->state, 11);
    CHECK(open_again(t) == OK);
    CHECK(sample_record(t->archive, 0, &t->sample) == OK);
    CHECK(catalogue_tracks(t->archive->catalogue, &t->sample.id, note_camera, &t->camera) == OK);
    id_text(&t->sample.id, t->id);
}

static void tour_end(struct tour *t) {
    archive_close(t->archive);
    scratch_end(&t->scratch);
    spool_bench_end(&t->b);
}

static void expect_whole(struct tour *t) {
    struct findings f = {0};
    EXPECT_EQ(verify_chain(t->archive, &t->sample.id, findings_say, &f), OK);
    EXPECT_EQ(verify_recording(t->archive, &t->sample.id, findings_say, &f), OK);
    EXPECT_STR(f.first, "");
    EXPECT_EQ(uploader_counters(t->b.uploader).conflicts, 0);
    EXPECT_EQ(uploader_counters(t->b.uploader).waiting_objects, 0);
}

TEST(bucket_a_library_shreds_a_person) {
    struct tour t;
    struct recording_row row;
    tour_begin(&t);
    upload(&t);
    REQUIRE(library_begin(&t) == OK);
    EXPECT_EQ(library_shred_person(t.library, t.id, t.camera.track.participant, &order), OK);
    library_end(&t);
    EXPECT_EQ(catalogue_recording(t.archive->catalogue, &t.sample.id, &row), OK);
    EXPECT_EQ(row.manifest_version, 2);
    upload(&t);
    expect_whole(&t);
    tour_end(&t);
}

/* Objects of recordings in the bucket. */
static unsigned in_the_bucket(const struct tour *t) {
    unsigned n = 0;
    for (size_t i = 0; i < t->b.remote.service.n; i++) {
        n += strstr(t->b.remote.service.objects[i].key, "recordings/") != NULL;
    }
    return n;
}

struct trouble {
    int mode, status;
    const char *body;
};

static enum err give_shred(struct tour *t, bool person) {
    return person ? library_shred_person(t->library, t->id, t->camera.track.participant, &order)
                  : library_shred(t->library, t->id, &order);
}

/* Whatever the bucket says, the keys are gone; names are, too; and nothing of it opens. */
static void expect_keys_gone(struct tour *t, bool person) {
    struct key_context c = {t->sample.id, person ? t->camera.track.participant : 0};
    struct key_wrap wrap;
    struct library_media *m = NULL;
    char track[ID_TEXT_MAX], *json = NULL;
    EXPECT_EQ(wraps_get(t->archive->wraps, &c, &wrap), ERR_UNKNOWN);
    EXPECT_EQ(wraps_shredded(t->archive->wraps, &c, NULL), OK);
    id_text(&t->camera.track.track, track);
    EXPECT_EQ(library_media_open(t->library, t->id, track, 0, &m), ERR_UNKNOWN);
    REQUIRE(library_recording_json(t->library, t->id, &json) == OK);
    EXPECT(strstr(json, "Ann") == NULL);
    mem_free(json);
}

/* False: the order asks the bucket fewer times. */
static bool shred_in_trouble(unsigned at, const struct trouble *x, bool person) {
    static struct tour t;
    tour_begin(&t);
    for (int i = 0; i < 12 && at % 2; i++) { /* in every second run some of it waits here */
        uploader_step(t.b.uploader, t.b.now, (wall_t){0});
    }
    if (at % 2 == 0) {
        upload(&t);
    }
    CHECK(library_begin(&t) == OK);
    struct fault_http *f = &t.b.remote.fault;
    f->mode = x->mode;
    f->status = x->status;
    f->body = x->body;
    unsigned before = f->asked;
    f->at = before + at;
    enum err e = give_shred(&t, person);
    bool reached = f->asked > before + at;
    if (e != OK && e != ERR_IO) {
        test_fail(__FILE__, __LINE__, "mode %d at %u: %s", x->mode, at, err_name(e));
    }
    expect_keys_gone(&t, person);
    f->mode = HTTP_FAULT_NONE;
    EXPECT_EQ(give_shred(&t, person), OK);
    upload(&t);
    if (person) {
        expect_whole(&t);
    } else {
        EXPECT_EQ(in_the_bucket(&t), 0);
    }
    library_end(&t);
    tour_end(&t);
    return reached;
}

/* A bucket that is away, denies, answers nonsense or loses its answers, in the middle of a shred,
 * at any of its requests: the order is given again and comes to its end. */
TEST(bucket_a_shred_in_trouble_is_finished_by_the_next_order) {
    static const struct trouble troubles[] = {
        {HTTP_FAULT_DEAD, 0, NULL},
        {HTTP_FAULT_AFTER, 0, NULL},
        {HTTP_FAULT_STATUS, 403, "<Error><Code>AccessDenied</Code></Error>"},
        {HTTP_FAULT_STATUS, 503, "<Error><Code>SlowDown</Code></Error>"},
        {HTTP_FAULT_TORN, 0, NULL}};
    unsigned points = 0;
    for (unsigned i = 0; i < 2 * ARRAY_LEN(troubles); i++) {
        const struct trouble *x = &troubles[i / 2];
        for (unsigned at = 0; at < 500 && shred_in_trouble(at, x, i % 2); at += 1 + at / 3) {
            points++;
        }
    }
    printf("# %u points\n", points);
    EXPECT(points > 5 * ARRAY_LEN(troubles));
}

TEST(bucket_a_catalogue_is_lost_after_a_shred) {
    struct tour t;
    struct recovery_report rep;
    struct recording_row row;
    char path[PATH_MAX];
    tour_begin(&t);
    upload(&t);
    REQUIRE(library_begin(&t) == OK);
    EXPECT_EQ(library_shred_person(t.library, t.id, t.camera.track.participant, &order), OK);
    library_end(&t);
    upload(&t);
    t.archive = archive_close(t.archive);
    snprintf(path, sizeof(path), "%s/catalogue.db", t.scratch.dir);
    CHECK(unlink(path) == 0);
    REQUIRE(open_again(&t) == OK);
    /* While the bucket cannot be asked nothing is put beside what may be there. */
    t.b.remote.fault.mode = HTTP_FAULT_DEAD;
    t.b.remote.fault.at = t.b.remote.fault.asked;
    EXPECT_EQ(recovery_run(t.archive, &rep), OK);
    EXPECT_EQ(rep.failed, 1);
    t.b.remote.fault.mode = HTTP_FAULT_NONE;
    EXPECT_EQ(recovery_run(t.archive, &rep), OK);
    EXPECT_EQ(rep.failed + rep.damaged, 0);
    upload(&t);
    expect_whole(&t);
    EXPECT_EQ(catalogue_recording(t.archive->catalogue, &t.sample.id, &row), OK);
    EXPECT_EQ(row.manifest_version, 2); /* which is the one that is there */
    tour_end(&t);
}

/* A recording ends while the bucket is away: that waits for nobody. */
TEST(bucket_a_recording_ends_in_an_outage) {
    struct tour t;
    struct sample other = {0};
    tour_begin(&t);
    t.b.remote.fault.mode = HTTP_FAULT_DEAD;
    t.b.remote.fault.at = t.b.remote.fault.asked;
    EXPECT_EQ(sample_record(t.archive, 0, &other), OK);
    EXPECT(other.ended);
    t.b.remote.fault.mode = HTTP_FAULT_NONE;
    upload(&t);
    expect_whole(&t);
    tour_end(&t);
}

static void reach_bucket(struct tour *t, bool can) {
    t->b.remote.fault.mode = can ? HTTP_FAULT_NONE : HTTP_FAULT_DEAD;
    t->b.remote.fault.at = t->b.remote.fault.asked;
}

static enum err follow(struct tour *t) {
    struct library_file f = {t->id, PROGRAMME_TRACK, 0, 0};
    struct library_media *m = NULL;
    enum err e = library_media_open_segment(t->library, &f, 0, &m);
    EXPECT(e != OK || library_media_size(m) == SAMPLE_MEDIA);
    library_media_close(m);
    return e;
}

/* What waits for the bucket is read here; that the bucket cannot be reached is no damage. */
TEST(bucket_a_recording_is_followed_from_both_places) {
    struct tour t;
    char *text = NULL;
    tour_begin(&t);
    REQUIRE(library_begin(&t) == OK);
    struct library_segments q = {t.id, PROGRAMME_TRACK, 0, 0, 0};
    reach_bucket(&t, false);
    EXPECT_EQ(library_segments_json(t.library, &q, &text), OK);
    mem_free(text);
    EXPECT_EQ(follow(&t), OK);
    reach_bucket(&t, true);
    upload(&t);
    EXPECT_EQ(follow(&t), OK);
    reach_bucket(&t, false);
    EXPECT_EQ(follow(&t), ERR_IO);
    reach_bucket(&t, true);
    spool_bench_run(&t.b, t.b.now + A_WHILE);
    EXPECT_EQ(follow(&t), OK);
    library_end(&t);
    tour_end(&t);
}

static enum err back_up(struct tour *t, const char *name, bool objects, struct backup_report *ret) {
    char dir[PATH_MAX];
    snprintf(dir, sizeof(dir), "%s/%s", t->scratch.dir, name);
    struct backup_order o = {t->scratch.dir, dir, objects, {1700000000000000}, NULL};
    return backup_make(t->library->archive, &o, ret, t->why);
}

TEST(bucket_a_backup_has_what_is_in_both_places) {
    struct tour t;
    struct sample other = {0};
    struct backup_report all, without;
    struct findings f = {0};
    char from[PATH_MAX], to[PATH_MAX + 8];
    tour_begin(&t);
    upload(&t);
    CHECK(sample_record(t.archive, 0, &other) == OK); /* waits in the spool folder */
    REQUIRE(library_begin(&t) == OK);
    EXPECT_EQ(back_up(&t, "all", true, &all), OK);
    EXPECT_EQ(all.recordings, 2);
    EXPECT(all.objects > 2 * SAMPLE_SEGMENTS);
    EXPECT(!all.waiting);
    /* The bucket's own copies lack what waits: that is said. It need not answer. */
    t.b.remote.fault.mode = HTTP_FAULT_DEAD;
    t.b.remote.fault.at = t.b.remote.fault.asked;
    EXPECT_EQ(back_up(&t, "without", false, &without), OK);
    EXPECT_EQ(without.objects, 0);
    EXPECT(without.waiting);
    t.b.remote.fault.mode = HTTP_FAULT_NONE;
    upload(&t);
    EXPECT_EQ(back_up(&t, "later", false, &without), OK);
    EXPECT(!without.waiting);
    library_end(&t);
    t.archive = archive_close(t.archive);
    /* It stands for itself: in a folder, without the bucket. */
    snprintf(from, sizeof(from), "%s/all", t.scratch.dir);
    snprintf(to, sizeof(to), "%s/back", t.scratch.dir);
    struct restore_order r = {from, to, NULL, NULL};
    EXPECT_EQ(backup_restore(&r, &all, t.why), OK);
    snprintf(from, sizeof(from), "%s/kek", t.scratch.dir);
    snprintf(to, sizeof(to), "%s/back/kek", t.scratch.dir);
    CHECK(link(from, to) == 0);
    snprintf(to, sizeof(to), "%s/back", t.scratch.dir);
    struct archive_config c = {.dir = to, .write = true, .rng = rng_from_seeded(&t.state)};
    EXPECT_EQ(archive_open(&c, &t.archive, t.why), OK);
    EXPECT_EQ(verify_recording(t.archive, &t.sample.id, findings_say, &f), OK);
    EXPECT_EQ(verify_recording(t.archive, &other.id, findings_say, &f), OK);
    EXPECT_STR(f.first, "");
    tour_end(&t);
}

/* As a process does that starts. */
static void open_spool(struct tour *t) {
    struct spool_config c = {
        .local = &t->b.writer_local, .remote = &t->b.remote.store, .write = true};
    t->archive = archive_close(t->archive);
    store_spool_close(&t->b.spool);
    store_local_close(&t->b.writer_local);
    CHECK(store_local_open(t->b.dir, &t->b.writer_local) == OK);
    CHECK(store_spool_open(&c, &t->b.spool) == OK);
    spool_bench_restart(&t->b);
}

/* The volume of the spool folder is not mounted: the folder is there, and empty. */
TEST(bucket_a_spool_folder_that_is_not_mounted_is_known) {
    struct tour t;
    char away[PATH_MAX + 8];
    tour_begin(&t);
    snprintf(away, sizeof(away), "%s.away", t.b.dir);
    CHECK(rename(t.b.dir, away) == 0 && mkdir(t.b.dir, 0700) == 0);
    open_spool(&t);
    struct archive_config c = {
        .dir = t.scratch.dir, .write = true, .store = &t.b.spool, .rng = rng_from_seeded(&t.state)};
    EXPECT_EQ(archive_open(&c, &t.archive, t.why), ERR_WRONG_STATE);
    EXPECT(strstr(t.why, "spool folder") != NULL);
    EXPECT_EQ(library_begin(&t), ERR_WRONG_STATE);
    library_end(&t);
    /* Nothing was put there that would make it look right the next time. */
    EXPECT_EQ(archive_open(&c, &t.archive, t.why), ERR_WRONG_STATE);
    CHECK(rmdir(t.b.dir) == 0); /* it is still empty */
    CHECK(rename(away, t.b.dir) == 0);
    open_spool(&t);
    EXPECT_EQ(open_again(&t), OK);
    upload(&t);
    expect_whole(&t);
    /* Or it is gone, and the operator says so. */
    CHECK(rename(t.b.dir, away) == 0 && mkdir(t.b.dir, 0700) == 0);
    open_spool(&t);
    c.take_store = true;
    EXPECT_EQ(archive_open(&c, &t.archive, t.why), OK);
    EXPECT_EQ(open_again(&t), OK);
    expect_whole(&t);
    tour_end(&t);
}

TEST(bucket_of_a_service_that_replaces_is_refused) {
    struct tour t;
    struct archive_config c;
    tour_begin(&t);
    upload(&t);
    t.archive = archive_close(t.archive);
    c = (struct archive_config){
        .dir = t.scratch.dir, .write = true, .store = &t.b.spool, .rng = rng_from_seeded(&t.state)};
    t.b.remote.service.replaces = true;
    EXPECT_EQ(archive_open(&c, &t.archive, t.why), ERR_UNSUPPORTED);
    EXPECT(strstr(t.why, "If-None-Match") != NULL);
    c.take_store = true;
    EXPECT_EQ(archive_open(&c, &t.archive, t.why), ERR_UNSUPPORTED);
    /* While it cannot be asked the server starts; then nothing is uploaded. */
    t.b.remote.fault.mode = HTTP_FAULT_DEAD;
    t.b.remote.fault.at = t.b.remote.fault.asked;
    EXPECT_EQ(open_again(&t), OK);
    t.b.remote.fault.mode = HTTP_FAULT_NONE;
    t.b.remote.service.replaces = false;
    EXPECT_EQ(open_again(&t), OK);
    expect_whole(&t);
    tour_end(&t);
}

/* Step as the thread does, until nothing is due before `until`; how many recordings are told of. */
static unsigned write_until(struct writer *w, us_t *now, us_t until) {
    unsigned told = 0;
    for (int i = 0; i < 1000; i++) {
        while (writer_step(w, *now)) {
        }
        for (struct write_report r; writer_report(w, &r);) {
            told += r.type == REPORT_UNFINISHED;
        }
        us_t due = writer_deadline(w);
        if (due > until) {
            break;
        }
        *now = us_max(*now, due);
    }
    *now = until;
    return told;
}

/* The bucket is away when the server starts: what was unfinished then is finished without another
 * start. */
TEST(bucket_recovery_is_tried_again) {
    struct tour t;
    struct writer *w = NULL;
    char path[PATH_MAX];
    us_t now = 5000 * US_PER_S;
    tour_begin(&t);
    upload(&t);
    t.archive = archive_close(t.archive);
    snprintf(path, sizeof(path), "%s/catalogue.db", t.scratch.dir);
    CHECK(unlink(path) == 0);
    struct writer_config c = {.dir = t.scratch.dir,
                              .flush_every = US_PER_S,
                              .store = &t.b.spool,
                              .rng = rng_from_seeded(&t.state)};
    t.b.remote.fault.mode = HTTP_FAULT_DEAD;
    t.b.remote.fault.at = t.b.remote.fault.asked;
    REQUIRE(writer_open(&c, &w, t.why) == OK);
    EXPECT_EQ(writer_counters(w).unfinished, 1);
    EXPECT_EQ(write_until(w, &now, now + 59 * US_PER_S), 1);
    unsigned asked = t.b.remote.fault.asked;
    EXPECT_EQ(write_until(w, &now, now + 200 * US_PER_S), 0); /* it is told once */
    EXPECT(t.b.remote.fault.asked > asked);
    EXPECT_EQ(writer_counters(w).unfinished, 1);
    t.b.remote.fault.mode = HTTP_FAULT_NONE;
    EXPECT_EQ(write_until(w, &now, now + 61 * US_PER_S), 0);
    EXPECT_EQ(writer_counters(w).unfinished, 0);
    EXPECT_EQ(writer_deadline(w), US_NEVER);
    writer_close(w, now);
    EXPECT_EQ(open_again(&t), OK);
    upload(&t);
    expect_whole(&t);
    tour_end(&t);
}
