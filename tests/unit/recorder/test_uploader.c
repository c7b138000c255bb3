#include "recorder/store/uploader.h"

#include "recorder/store/store_local.h"

#include "tests/unit/recorder/bench_spool.h"
#include "tests/unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define LONG (3600 * US_PER_S)

static unsigned left_in(struct spool_bench *b) {
    spool_bench_restart(b);
    uploader_step(b->uploader, b->now, (wall_t){0});
    return (unsigned)uploader_counters(b->uploader).waiting_objects;
}

TEST(uploader_moves_what_waits) {
    struct spool_bench b;
    char path[PATH_MAX + 32];
    spool_bench_begin(&b);
    EXPECT_EQ(spool_bench_put(&b, "recordings/a/t/1.seg", 3000), OK);
    EXPECT_EQ(spool_bench_put(&b, "recordings/a/t/2.seg", 0), OK);
    EXPECT_EQ(spool_bench_put(&b, "recordings/b/journal/1.jnl", 5), OK);
    EXPECT(spool_bench_is_local(&b, "recordings/a/t/1.seg", 3000));
    EXPECT_EQ(b.remote.service.puts, 0); /* a put waits for no network */
    uploader_step(b.uploader, b.now, (wall_t){0});
    struct uploader_counters c = uploader_counters(b.uploader);
    EXPECT_EQ(c.waiting_objects, 3);
    EXPECT_EQ(c.waiting_bytes, 3005);
    EXPECT(c.oldest.us > 0);
    EXPECT(!c.alarm);
    spool_bench_run(&b, b.now);
    c = uploader_counters(b.uploader);
    EXPECT_EQ(c.waiting_objects, 0);
    EXPECT_EQ(c.waiting_bytes, 0);
    EXPECT_EQ(c.oldest.us, 0);
    EXPECT_EQ(c.uploads, 3);
    EXPECT_EQ(c.uploaded_bytes, 3005);
    EXPECT_EQ(c.failures + c.retries + c.conflicts, 0);
    EXPECT(spool_bench_is_remote(&b, "recordings/a/t/1.seg", 3000));
    EXPECT(spool_bench_is_remote(&b, "recordings/a/t/2.seg", 0));
    EXPECT(spool_bench_is_remote(&b, "recordings/b/journal/1.jnl", 5));
    EXPECT_EQ(left_in(&b), 0);
    /* No empty folders stay. */
    snprintf(path, sizeof(path), "%s/recordings", b.dir);
    EXPECT(access(path, F_OK) != 0);
    spool_bench_end(&b);
}

TEST(uploader_takes_the_oldest_first) {
    struct spool_bench b;
    char name[64], path[PATH_MAX + 64];
    spool_bench_begin(&b);
    for (int i = 0; i < 9; i++) {
        struct timespec t[2] = {{.tv_sec = 1000 + (i * 5) % 9}, {.tv_sec = 1000 + (i * 5) % 9}};
        snprintf(name, sizeof(name), "recordings/a/t/%d.seg", i);
        EXPECT_EQ(spool_bench_put(&b, name, 10), OK);
        snprintf(path, sizeof(path), "%s/%s", b.dir, name);
        CHECK(utimensat(AT_FDCWD, path, t, 0) == 0);
    }
    uploader_step(b.uploader, b.now, (wall_t){0});
    EXPECT_EQ(uploader_counters(b.uploader).oldest.us, 1000 * US_PER_S);
    spool_bench_run(&b, b.now);
    REQUIRE(b.remote.service.n == 9);
    for (int i = 0; i < 9; i++) {
        snprintf(name, sizeof(name), "recordings/a/t/%d.seg", i * 2 % 9);
        EXPECT_STR(b.remote.service.objects[i].key, name);
    }
    spool_bench_end(&b);
}

TEST(uploader_is_woken) {
    struct spool_bench b;
    spool_bench_begin(&b);
    spool_bench_run(&b, b.now);
    us_t sleep = uploader_deadline(b.uploader);
    EXPECT(sleep > b.now && sleep <= b.now + 10 * US_PER_S);
    EXPECT_EQ(spool_bench_put(&b, "recordings/a/t/1.seg", 10), OK);
    uploader_wake(b.uploader, b.now);
    EXPECT(uploader_deadline(b.uploader) <= b.now + 200 * US_PER_MS);
    b.now += US_PER_S;
    uploader_wake(b.uploader, b.now);
    EXPECT(uploader_deadline(b.uploader) <= b.now);
    spool_bench_run(&b, b.now);
    EXPECT_EQ(uploader_counters(b.uploader).uploads, 1);
    /* A wake-up that was lost is made up for. */
    EXPECT_EQ(spool_bench_put(&b, "recordings/a/t/2.seg", 10), OK);
    b.now = uploader_deadline(b.uploader);
    spool_bench_run(&b, b.now);
    EXPECT_EQ(uploader_counters(b.uploader).uploads, 2);
    spool_bench_end(&b);
}

TEST(uploader_an_answer_that_was_lost) {
    struct spool_bench b;
    spool_bench_begin(&b);
    EXPECT_EQ(spool_bench_put(&b, "recordings/a/t/1.seg", 100), OK);
    b.remote.fault.mode = HTTP_FAULT_AFTER;
    b.remote.fault.at = b.remote.fault.asked;
    spool_bench_run(&b, b.now);
    EXPECT(spool_bench_is_remote(&b, "recordings/a/t/1.seg", 100));
    EXPECT(
        spool_bench_is_local(&b, "recordings/a/t/1.seg", 100)); /* nobody said that it is there */
    EXPECT(strstr(uploader_why(b.uploader), "connection broke") != NULL);
    spool_bench_run(&b, b.now + US_PER_S);
    struct uploader_counters c = uploader_counters(b.uploader);
    EXPECT_EQ(c.uploads, 1);
    EXPECT_EQ(c.retries, 1);
    EXPECT_EQ(c.failures, 1);
    EXPECT_EQ(c.conflicts, 0);
    EXPECT_STR(uploader_why(b.uploader), "");
    EXPECT_EQ(left_in(&b), 0);
    spool_bench_end(&b);
}

TEST(uploader_a_store_that_spoils_what_it_gets) {
    struct spool_bench b;
    spool_bench_begin(&b);
    EXPECT_EQ(spool_bench_put(&b, "recordings/a/t/1.seg", 100), OK);
    b.remote.service.spoils_puts = true;
    spool_bench_run(&b, b.now + 10 * US_PER_S);
    EXPECT(spool_bench_is_local(&b, "recordings/a/t/1.seg", 100));
    EXPECT(fake_s3_find(&b.remote.service, "recordings/a/t/1.seg") == NULL);
    EXPECT(uploader_counters(b.uploader).failures > 2);
    EXPECT(strstr(uploader_why(b.uploader), "other bytes") != NULL);
    b.remote.service.spoils_puts = false;
    spool_bench_run(&b, b.now + LONG);
    EXPECT(spool_bench_is_remote(&b, "recordings/a/t/1.seg", 100));
    EXPECT_EQ(left_in(&b), 0);
    spool_bench_end(&b);
}

TEST(uploader_keeps_and_names_a_conflict) {
    struct spool_bench b;
    spool_bench_begin(&b);
    const struct store *remote = &b.remote.store;
    EXPECT_EQ(remote->put(remote->ctx, "recordings/a/t/1.seg", bytes_of("foreign", 7)), OK);
    EXPECT_EQ(spool_bench_put(&b, "recordings/a/t/1.seg", 7), OK);
    EXPECT_EQ(spool_bench_put(&b, "recordings/a/t/2.seg", 7), OK);
    spool_bench_run(&b, b.now + 600 * US_PER_S);
    struct uploader_counters c = uploader_counters(b.uploader);
    EXPECT_EQ(c.conflicts, 1);
    EXPECT_EQ(c.uploads, 1);  /* the other one */
    EXPECT_EQ(c.failures, 1); /* and it is not tried all the time */
    EXPECT_EQ(c.waiting_objects, 1);
    EXPECT(c.alarm && !c.breaker_open);
    EXPECT_STR(uploader_conflict(b.uploader, 0), "recordings/a/t/1.seg");
    EXPECT(uploader_conflict(b.uploader, 1) == NULL);
    EXPECT(spool_bench_is_local(&b, "recordings/a/t/1.seg", 7));
    EXPECT_EQ(fake_s3_find(&b.remote.service, "recordings/a/t/1.seg")->n, 7);
    EXPECT(memcmp(fake_s3_find(&b.remote.service, "recordings/a/t/1.seg")->p, "foreign", 7) == 0);
    /* The operator removes the wrong one. */
    EXPECT_EQ(remote->remove(remote->ctx, "recordings/a/t/1.seg"), OK);
    spool_bench_run(&b, b.now + 2 * LONG);
    c = uploader_counters(b.uploader);
    EXPECT_EQ(c.conflicts, 0);
    EXPECT(!c.alarm);
    EXPECT(spool_bench_is_remote(&b, "recordings/a/t/1.seg", 7));
    EXPECT_EQ(left_in(&b), 0);
    spool_bench_end(&b);
}

TEST(uploader_waits_out_an_outage) {
    struct spool_bench b;
    char name[64];
    spool_bench_begin(&b);
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof(name), "recordings/a/t/%d.seg", i);
        EXPECT_EQ(spool_bench_put(&b, name, 50), OK);
    }
    b.remote.fault.mode = HTTP_FAULT_DEAD;
    b.remote.fault.at = b.remote.fault.asked;
    /* The pauses grow to a minute, never to more, and are not all the same. */
    us_t last = b.now, longest = 0, shortest = US_NEVER;
    unsigned asked = b.remote.fault.asked;
    bool opened = false;
    for (int i = 0; i < 4000; i++) {
        b.now = us_max(b.now, uploader_deadline(b.uploader));
        uploader_step(b.uploader, b.now, (wall_t){0});
        if (b.remote.fault.asked != asked) {
            struct uploader_counters c = uploader_counters(b.uploader);
            EXPECT_EQ(b.remote.fault.asked, asked + 1); /* one attempt at a time */
            EXPECT_EQ(c.breaker_open, c.failures >= 5);
            opened = opened || c.breaker_open;
            asked++;
            if (c.failures > 10) {
                longest = us_max(longest, b.now - last);
                shortest = us_min(shortest, b.now - last);
            }
            last = b.now;
        }
    }
    EXPECT(opened);
    EXPECT(longest <= 60 * US_PER_S && longest > 50 * US_PER_S);
    EXPECT(shortest >= 30 * US_PER_S && shortest < 40 * US_PER_S);
    struct uploader_counters c = uploader_counters(b.uploader);
    EXPECT_EQ(c.uploads, 0);
    EXPECT_EQ(c.waiting_objects, 20);
    EXPECT(strstr(uploader_why(b.uploader), "cannot be reached") != NULL);
    /* It is back: everything arrives soon, and nothing is lost. */
    b.remote.fault.mode = HTTP_FAULT_NONE;
    us_t back = b.now;
    spool_bench_run(&b, back + 61 * US_PER_S);
    c = uploader_counters(b.uploader);
    EXPECT_EQ(c.uploads, 20);
    EXPECT(!c.breaker_open && !c.alarm);
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof(name), "recordings/a/t/%d.seg", i);
        EXPECT(spool_bench_is_remote(&b, name, 50));
    }
    EXPECT_EQ(left_in(&b), 0);
    spool_bench_end(&b);
}

/* A request that hangs takes longer than the pause after it: the pause begins behind it. */
TEST(uploader_pauses_from_the_end_of_an_attempt) {
    struct spool_bench b;
    spool_bench_begin(&b);
    EXPECT_EQ(spool_bench_put(&b, "recordings/a/t/1.seg", 50), OK);
    b.remote.fault.mode = HTTP_FAULT_DEAD;
    uploader_step(b.uploader, b.now, (wall_t){0});
    uploader_step(b.uploader, b.now, (wall_t){0});
    EXPECT_EQ(uploader_counters(b.uploader).failures, 1);
    b.now += 20 * US_PER_S; /* so long it took */
    EXPECT(uploader_deadline(b.uploader) <= b.now);
    uploader_step(b.uploader, b.now, (wall_t){0});
    unsigned asked = b.remote.fault.asked;
    uploader_step(b.uploader, b.now, (wall_t){0}); /* a scan, at most */
    uploader_step(b.uploader, b.now, (wall_t){0});
    EXPECT_EQ(b.remote.fault.asked, asked);
    EXPECT(uploader_deadline(b.uploader) >= b.now + 250 * US_PER_MS);
    spool_bench_end(&b);
}

static void refuse_one(struct spool_bench *b) {
    b->remote.fault.mode = HTTP_FAULT_STATUS;
    b->remote.fault.status = 400;
    b->remote.fault.body = "<Error><Code>EntityTooLarge</Code></Error>";
    b->remote.fault.at = b->remote.fault.asked;
}

TEST(uploader_one_that_cannot_be_moved_does_not_stop_the_others) {
    struct spool_bench b;
    char name[64];
    spool_bench_begin(&b);
    for (int i = 0; i < 5; i++) {
        snprintf(name, sizeof(name), "recordings/a/t/%d.seg", i);
        EXPECT_EQ(spool_bench_put(&b, name, 50), OK);
    }
    refuse_one(&b);
    spool_bench_run(&b, b.now + US_PER_S);
    EXPECT_EQ(uploader_counters(b.uploader).uploads, 5);
    EXPECT_EQ(uploader_counters(b.uploader).retries, 1);
    /* It is the file that cannot be read: that says nothing of the store. */
    EXPECT_EQ(spool_bench_put(&b, "recordings/a/t/5.seg", 50), OK);
    EXPECT_EQ(spool_bench_put(&b, "recordings/a/t/6.seg", 50), OK);
    b.files.which = FILE_PREAD;
    b.files.mode = FILE_FAULT_ONCE;
    b.files.at = b.files.seen = 0;
    uploader_wake(b.uploader, b.now);
    spool_bench_run(&b, b.now + 400 * US_PER_MS);
    struct uploader_counters c = uploader_counters(b.uploader);
    EXPECT_EQ(c.failures, 2);
    EXPECT(!c.breaker_open);
    spool_bench_run(&b, b.now + 10 * US_PER_S);
    EXPECT_EQ(uploader_counters(b.uploader).uploads, 7);
    EXPECT_EQ(left_in(&b), 0);
    spool_bench_end(&b);
}

static void remove_now(void *ctx) {
    struct spool_bench *b = ctx;
    /* As a shred does: from both places, in the middle of the upload. */
    EXPECT_EQ(b->writer_local.remove(b->writer_local.ctx, "recordings/a/t/1.seg"), OK);
    b->remote.fault.stall = NULL;
}

TEST(uploader_what_is_removed_on_its_way_does_not_come_back) {
    struct spool_bench b;
    spool_bench_begin(&b);
    EXPECT_EQ(spool_bench_put(&b, "recordings/a/t/1.seg", 50), OK);
    EXPECT_EQ(spool_bench_put(&b, "recordings/a/t/2.seg", 50), OK);
    b.remote.fault.stall = remove_now;
    b.remote.fault.stall_ctx = &b;
    b.remote.fault.mode = HTTP_FAULT_STALL;
    b.remote.fault.at = b.remote.fault.asked;
    spool_bench_run(&b, b.now + US_PER_S);
    EXPECT(b.remote.fault.stall == NULL);
    EXPECT(fake_s3_find(&b.remote.service, "recordings/a/t/1.seg") == NULL);
    EXPECT(spool_bench_is_remote(&b, "recordings/a/t/2.seg", 50));
    EXPECT_EQ(left_in(&b), 0);
    spool_bench_end(&b);
}

static void hang_up(void *ctx) {
    struct spool_bench *b = ctx;
    b->remote.fault.mode = HTTP_FAULT_DEAD;
    b->remote.fault.at = 0;
}

/* After this PUT comes a HEAD, and then the deletion, which fails, as does all that follows. */
static void remove_and_hang_up(void *ctx) {
    struct spool_bench *b = ctx;
    remove_now(b);
    b->remote.fault.stall = hang_up;
    b->remote.fault.at = b->remote.fault.asked + 1;
}

TEST(uploader_removes_again_until_it_is_gone) {
    struct spool_bench b;
    spool_bench_begin(&b);
    EXPECT_EQ(spool_bench_put(&b, "recordings/a/t/1.seg", 50), OK);
    b.remote.fault.stall = remove_and_hang_up;
    b.remote.fault.stall_ctx = &b;
    b.remote.fault.mode = HTTP_FAULT_STALL;
    b.remote.fault.at = b.remote.fault.asked;
    for (int i = 0; i < 200 && !uploader_counters(b.uploader).removals; i++) {
        b.now = us_max(b.now, uploader_deadline(b.uploader));
        uploader_step(b.uploader, b.now, (wall_t){0});
    }
    EXPECT_EQ(uploader_counters(b.uploader).removals, 1);
    EXPECT(uploader_counters(b.uploader).alarm);
    EXPECT(fake_s3_find(&b.remote.service, "recordings/a/t/1.seg") != NULL);
    b.remote.fault.mode = HTTP_FAULT_NONE;
    us_t begin = b.now;
    for (int i = 0; i < 200 && uploader_counters(b.uploader).removals; i++) {
        b.now = us_max(b.now, uploader_deadline(b.uploader));
        uploader_step(b.uploader, b.now, (wall_t){0});
    }
    EXPECT(b.now - begin <= 2 * US_PER_S);
    EXPECT_EQ(uploader_counters(b.uploader).removals, 0);
    EXPECT(!uploader_counters(b.uploader).alarm);
    EXPECT_STR(uploader_why(b.uploader), "");
    EXPECT(fake_s3_find(&b.remote.service, "recordings/a/t/1.seg") == NULL);
    spool_bench_end(&b);
}

TEST(uploader_does_not_upload_into_another_store) {
    struct spool_bench b;
    spool_bench_begin(&b);
    spool_bench_identity(&b, "one\n");
    EXPECT_EQ(spool_bench_put(&b, "recordings/a/t/1.seg", 50), OK);
    EXPECT(fake_s3_find(&b.remote.service, STORE_IDENTITY) != NULL); /* at once */
    spool_bench_run(&b, b.now + US_PER_S);
    EXPECT_EQ(uploader_counters(b.uploader).uploads, 1);
    /* The bucket is emptied, or it is another one, while the store could not be reached. */
    struct fake_object *o = fake_s3_find(&b.remote.service, STORE_IDENTITY);
    REQUIRE(o != NULL);
    o->p[0] = 'x';
    spool_bench_restart(&b);
    EXPECT_EQ(spool_bench_put(&b, "recordings/a/t/2.seg", 50), OK);
    spool_bench_run(&b, b.now + 100 * US_PER_S);
    struct uploader_counters c = uploader_counters(b.uploader);
    EXPECT_EQ(c.uploads, 0);
    EXPECT(c.breaker_open && c.alarm);
    EXPECT(strstr(uploader_why(b.uploader), "another object store") != NULL);
    EXPECT_EQ(b.remote.store.remove(b.remote.store.ctx, STORE_IDENTITY), OK);
    spool_bench_run(&b, b.now + 100 * US_PER_S);
    EXPECT(strstr(uploader_why(b.uploader), "another object store") != NULL);
    EXPECT_EQ(uploader_counters(b.uploader).uploads, 0);
    /* The right one is back. */
    EXPECT_EQ(b.remote.store.put(b.remote.store.ctx, STORE_IDENTITY, bytes_of("one\n", 4)), OK);
    spool_bench_run(&b, b.now + 200 * US_PER_S);
    EXPECT_EQ(uploader_counters(b.uploader).uploads, 1);
    EXPECT(!uploader_counters(b.uploader).breaker_open);
    spool_bench_end(&b);
}

TEST(uploader_gives_a_service_that_replaces_nothing) {
    struct spool_bench b;
    spool_bench_begin(&b);
    spool_bench_identity(&b, "one\n");
    b.remote.service.replaces = true;
    EXPECT_EQ(spool_bench_put(&b, "recordings/a/t/1.seg", 50), OK);
    spool_bench_run(&b, b.now + 100 * US_PER_S);
    EXPECT_EQ(uploader_counters(b.uploader).uploads, 0);
    EXPECT(uploader_counters(b.uploader).breaker_open);
    EXPECT(strstr(uploader_why(b.uploader), "If-None-Match") != NULL);
    b.remote.service.replaces = false;
    spool_bench_run(&b, b.now + 100 * US_PER_S);
    EXPECT(spool_bench_is_remote(&b, "recordings/a/t/1.seg", 50));
    unsigned puts = b.remote.service.puts;
    EXPECT_EQ(spool_bench_put(&b, "recordings/a/t/2.seg", 50), OK);
    uploader_wake(b.uploader, b.now);
    spool_bench_run(&b, b.now + US_PER_S);
    EXPECT_EQ(b.remote.service.puts, puts + 1); /* it is proven once */
    spool_bench_end(&b);
}

/* `n` objects of which the remote store has others, from 1000 s on, one each second. */
static void put_conflicts(struct spool_bench *b, int n) {
    char name[64], path[PATH_MAX + 64];
    const struct store *remote = &b->remote.store;
    for (int i = 0; i < n; i++) {
        struct timespec t[2] = {{.tv_sec = 1000 + i}, {.tv_sec = 1000 + i}};
        snprintf(name, sizeof(name), "recordings/a/t/%d.seg", i);
        EXPECT_EQ(remote->put(remote->ctx, name, bytes_of("x", 1)), OK);
        EXPECT_EQ(spool_bench_put(b, name, 10), OK);
        snprintf(path, sizeof(path), "%s/%s", b->dir, name);
        CHECK(utimensat(AT_FDCWD, path, t, 0) == 0);
    }
}

TEST(uploader_many_conflicts_do_not_stop_the_others) {
    struct spool_bench b;
    spool_bench_begin(&b);
    put_conflicts(&b, 150);
    EXPECT_EQ(spool_bench_put(&b, "recordings/b/t/1.seg", 10), OK);
    us_t begin = b.now;
    spool_bench_run(&b, b.now + 10 * US_PER_S);
    EXPECT_EQ(b.now, begin + 10 * US_PER_S); /* time goes on */
    EXPECT(spool_bench_is_remote(&b, "recordings/b/t/1.seg", 10));
    struct uploader_counters c = uploader_counters(b.uploader);
    EXPECT_EQ(c.waiting_objects, 150);
    EXPECT_EQ(c.conflicts, UPLOADER_CONFLICTS);
    EXPECT_EQ(c.failures, 150); /* each was tried once */
    EXPECT_EQ(c.oldest.us, 1000 * US_PER_S);
    /* One that comes later waits for none of them, and those without a place are tried again. */
    EXPECT_EQ(spool_bench_put(&b, "recordings/b/t/2.seg", 10), OK);
    uploader_wake(b.uploader, b.now);
    spool_bench_run(&b, b.now + US_PER_S);
    EXPECT(spool_bench_is_remote(&b, "recordings/b/t/2.seg", 10));
    for (int i = 140; i < 150; i++) {
        char name[64];
        snprintf(name, sizeof(name), "recordings/a/t/%d.seg", i);
        EXPECT_EQ(b.remote.store.remove(b.remote.store.ctx, name), OK);
    }
    spool_bench_run(&b, b.now + 100 * US_PER_S);
    EXPECT_EQ(uploader_counters(b.uploader).waiting_objects, 140);
    spool_bench_end(&b);
}

/* As many that cannot be read as a scan keeps, and one behind them. */
TEST(uploader_objects_in_trouble_do_not_fill_the_queue) {
    struct spool_bench b;
    char name[64], path[PATH_MAX + 64];
    spool_bench_begin(&b);
    for (int i = 0; i < 1100; i++) {
        struct timespec t[2] = {{.tv_sec = 1000 + i}, {.tv_sec = 1000 + i}};
        snprintf(name, sizeof(name), "recordings/a/t/%d.seg", i);
        EXPECT_EQ(spool_bench_put(&b, name, 0), OK);
        snprintf(path, sizeof(path), "%s/%s", b.dir, name);
        CHECK(truncate(path, (off_t)1 << 30) == 0); /* longer than is ever moved */
        CHECK(utimensat(AT_FDCWD, path, t, 0) == 0);
    }
    EXPECT_EQ(spool_bench_put(&b, "recordings/b/t/1.seg", 10), OK);
    spool_bench_run(&b, b.now + 30 * US_PER_S);
    EXPECT(spool_bench_is_remote(&b, "recordings/b/t/1.seg", 10));
    EXPECT_EQ(uploader_counters(b.uploader).waiting_objects, 1100);
    EXPECT_EQ(uploader_counters(b.uploader).oldest.us, 1000 * US_PER_S);
    spool_bench_end(&b);
}

TEST(uploader_shares_leave_nothing_and_overlap_nowhere) {
    struct spool_bench b;
    char name[64];
    unsigned seen = 0;
    spool_bench_begin(&b);
    for (int i = 0; i < 60; i++) {
        snprintf(name, sizeof(name), "recordings/%d/%s/%d.seg", i / 3, i % 3 ? "t" : "journal", i);
        EXPECT_EQ(spool_bench_put(&b, name, 5), OK);
    }
    b.config.shares = 4;
    for (b.config.share = 0; b.config.share < 4; b.config.share++) {
        spool_bench_restart(&b);
        uploader_step(b.uploader, b.now, (wall_t){0});
        struct uploader_counters c = uploader_counters(b.uploader);
        EXPECT(c.waiting_objects > 0 && c.waiting_objects % 3 == 0); /* whole recordings */
        seen += (unsigned)c.waiting_objects;
        spool_bench_run(&b, b.now);
    }
    EXPECT_EQ(seen, 60);
    EXPECT_EQ(b.remote.service.n, 60);
    EXPECT_EQ(b.remote.service.puts, 60);
    spool_bench_end(&b);
}

TEST(uploader_more_than_it_keeps_in_mind) {
    struct spool_bench b;
    char name[64];
    spool_bench_begin(&b);
    /* More than twice what one look at the folder keeps; the service has room for 256. */
    for (int i = 0; i < 2500; i++) {
        snprintf(name, sizeof(name), "recordings/a/t/%d.seg", i);
        EXPECT_EQ(spool_bench_put(&b, name, 1), OK);
    }
    unsigned moved = 0;
    for (int i = 0; i < 20000 && moved < 2500; i++) {
        b.now = us_max(b.now, uploader_deadline(b.uploader));
        uploader_step(b.uploader, b.now, (wall_t){0});
        moved += (unsigned)b.remote.service.n;
        fake_s3_end(&b.remote.service);
    }
    EXPECT_EQ(moved, 2500);
    EXPECT_EQ(uploader_counters(b.uploader).uploads, 2500);
    EXPECT_EQ(left_in(&b), 0);
    spool_bench_end(&b);
}

TEST(uploader_warns) {
    struct spool_bench b;
    spool_bench_begin(&b);
    b.config.warn_bytes = 100;
    b.config.warn_age = 60 * US_PER_S;
    spool_bench_restart(&b);
    EXPECT_EQ(spool_bench_put(&b, "recordings/a/t/1.seg", 99), OK);
    b.remote.fault.mode = HTTP_FAULT_DEAD;
    uploader_step(b.uploader, b.now, (wall_t){0});
    wall_t written = uploader_counters(b.uploader).oldest;
    EXPECT(!uploader_counters(b.uploader).alarm);
    uploader_step(b.uploader, b.now, (wall_t){written.us + 59 * US_PER_S});
    EXPECT(!uploader_counters(b.uploader).alarm);
    uploader_step(b.uploader, b.now, (wall_t){written.us + 60 * US_PER_S});
    EXPECT(uploader_counters(b.uploader).alarm);
    uploader_step(b.uploader, b.now, (wall_t){0}); /* a clock that was set back */
    EXPECT(!uploader_counters(b.uploader).alarm);
    EXPECT_EQ(spool_bench_put(&b, "recordings/a/t/2.seg", 1), OK);
    b.now += 10 * US_PER_S;
    uploader_step(b.uploader, b.now, (wall_t){0});
    EXPECT(uploader_counters(b.uploader).alarm);
    spool_bench_end(&b);
}

/* The process ends at each operation on a file, and at each request, before and after it was done:
 * the next one brings everything there, once and whole. */
static bool crash_at(unsigned at, bool in_files, int mode, unsigned *faults) {
    static const char *const names[] = {"recordings/a/t/1.seg", "recordings/a/journal/1.jnl",
                                        "recordings/b/t/1.seg"};
    struct spool_bench b;
    spool_bench_begin(&b);
    b.remote.service.no_checksums = at % 2;
    spool_bench_identity(&b, "one\n");
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        EXPECT_EQ(spool_bench_put(&b, names[i], 40 + i), OK);
    }
    b.files.seen = 0;
    b.files.at = in_files ? at : UINT32_MAX;
    b.files.mode = in_files ? mode : FILE_FAULT_NONE;
    b.remote.fault.asked = 0;
    b.remote.fault.at = in_files ? UINT32_MAX : at;
    b.remote.fault.mode = in_files ? HTTP_FAULT_NONE : mode;
    spool_bench_run(&b, b.now + US_PER_S);
    bool reached = (in_files ? b.files.seen : b.remote.fault.asked) > at;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        EXPECT(spool_bench_is_local(&b, names[i], 40 + i) ||
               spool_bench_is_remote(&b, names[i], 40 + i));
    }
    *faults += reached;
    spool_bench_restart(&b);
    spool_bench_run(&b, b.now + LONG);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        EXPECT(spool_bench_is_remote(&b, names[i], 40 + i));
    }
    EXPECT_EQ(b.remote.service.n, 4);
    EXPECT_EQ(left_in(&b), 0);
    spool_bench_end(&b);
    return reached;
}

TEST(uploader_may_end_at_any_point) {
    static const int files[] = {FILE_FAULT_ONCE, FILE_FAULT_LATE, FILE_FAULT_SHORT,
                                FILE_FAULT_DEAD};
    static const int requests[] = {HTTP_FAULT_BEFORE, HTTP_FAULT_AFTER, HTTP_FAULT_SHORT,
                                   HTTP_FAULT_DEAD};
    unsigned faults = 0;
    for (size_t m = 0; m < ARRAY_LEN(files); m++) {
        for (unsigned at = 0; crash_at(at, true, files[m], &faults) && at < 500; at++) {
        }
    }
    for (size_t m = 0; m < ARRAY_LEN(requests); m++) {
        for (unsigned at = 0; crash_at(at, false, requests[m], &faults) && at < 500; at++) {
        }
    }
    EXPECT(faults >= 190);
    printf("# %u faults\n", faults);
}

TEST_ALLOC(uploader_without_memory) {
    struct uploader *u = NULL;
    struct uploader_config c = {.shares = 1};
    enum err e = uploader_new(&c, &u);
    EXPECT_EQ(e, mem_failed() ? ERR_NOMEM : OK);
    uploader_free(u);
}
