/* What signaling leaves of its tours when the process is killed, and what the next one makes of it.
 */
#include "server/tours/tours_log.h"

#include "base/record_log.h"
#include "tests/sim/sim_signaling.h"
#include "tests/unit/test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST (1u << 20)

static char dir[64], why[WHY_MAX];
static struct runtime_dir *d;

static void begin(void) {
    snprintf(dir, sizeof(dir), "/dev/shm/oriel-test-XXXXXX");
    CHECK(mkdtemp(dir));
    CHECK(runtime_dir_open(dir, &d, why) == OK);
}

static void end(void) {
    d = runtime_dir_close(d);
    EXPECT_EQ(rmdir(dir), 0); /* nothing is left in it */
}

/* [bytes], -1: there is none. */
static long size_of(unsigned i) {
    char path[128];
    struct stat is;
    snprintf(path, sizeof(path), "%s/tours-%u.log", dir, i);
    return stat(path, &is) == 0 ? (long)is.st_size : -1;
}

/* A log that is whole, in memory of l, and says who wrote it. */
static void write_log(const struct signaling_keeper *k, uint64_t turn, uint32_t version) {
    struct record_log log;
    size_t n = 0;
    void *p = k->fresh(k->ctx, 5000, &n);
    REQUIRE(p && n == 8192);
    record_log_begin(&log, &(struct record_log_of){version, k->time, turn}, p, n);
    record_log_put(&log, &(struct log_record){.kind = 1, .bytes = bytes_of("\7", 1)});
    REQUIRE(record_log_commit(&log) == OK);
    k->whole(k->ctx);
}

/* As a process leaves them that is killed: the files are there, and nobody has them. */
static void leave(uint64_t turn, uint32_t version) {
    struct tours_left left = {0};
    char command[256];
    struct tours_log *l = tours_log_open(d, MOST, &left);
    REQUIRE(l);
    const struct signaling_keeper k = tours_log_keeper(l);
    write_log(&k, turn, version);
    snprintf(command, sizeof(command), "mkdir %s.copy && cp %s/tours-* %s.copy", dir, dir, dir);
    CHECK(system(command) == 0);
    tours_log_end(l); /* wipes its own pages */
    snprintf(command, sizeof(command), "cp %s.copy/* %s && rm -r %s.copy", dir, dir, dir);
    CHECK(system(command) == 0);
}

static struct signaling *new_signaling(struct rng_seeded *seeded, struct tours_log *l) {
    rng_seed(seeded, 1);
    struct signaling_config c = signaling_config_of(rng_from_seeded(seeded));
    c.keeper = tours_log_keeper(l);
    return signaling_new(&c);
}

/* What a new process has found; it ends in good order. */
static struct tours_left found(void) {
    struct tours_left left = {0};
    struct rng_seeded seeded;
    struct signaling_effect unused;
    struct tours_log *l = tours_log_open(d, MOST, &left);
    CHECK(l);
    struct signaling *s = new_signaling(&seeded, l);
    CHECK(s);
    tours_log_rebuild(l, s, 5, &left);
    while (signaling_effect(s, &unused)) {
    }
    signaling_keep_no_more(s);
    tours_log_end(l);
    signaling_free(s);
    return left;
}

TEST(tours_log_has_one_file_at_a_time) {
    struct tours_left left = {0};
    begin();
    struct tours_log *l = tours_log_open(d, MOST, &left);
    REQUIRE(l);
    const struct signaling_keeper k = tours_log_keeper(l);
    EXPECT_EQ(size_of(0) + size_of(1), -2);
    write_log(&k, 1, 1);
    EXPECT_EQ(size_of(0), 8192);
    EXPECT_EQ(size_of(1), -1);
    size_t n = 0;
    EXPECT(k.fresh(k.ctx, 1, &n) && n == 4096);
    EXPECT_EQ(size_of(0), 8192); /* true until the other one is whole */
    write_log(&k, 2, 1);
    EXPECT_EQ(size_of(0), -1);
    EXPECT_EQ(size_of(1), 8192);
    EXPECT(!k.fresh(k.ctx, MOST + 1, &n));
    tours_log_end(l);
    end();
}

TEST(tours_log_of_a_killed_process_is_gone_on_with) {
    begin();
    EXPECT(!tours_log_is_left(d));
    leave(3, 1);
    EXPECT(tours_log_is_left(d));
    EXPECT(size_of(0) > 0);
    const struct tours_left left = found();
    EXPECT_EQ(left.rebuilt.turn, 3);
    EXPECT_EQ(left.damaged + left.version + left.older + left.full + left.unreadable, 0);
    end();
}

TEST(tours_log_that_is_no_good_is_counted_and_removed) {
    char path[128];
    begin();
    leave(3, 99);
    EXPECT_EQ(found().version, 1);
    leave(3, 1);
    snprintf(path, sizeof(path), "%s/tours-0.log", dir);
    int fd = open(path, O_WRONLY);
    CHECK(fd >= 0 && pwrite(fd, "?", 1, RECORD_LOG_HEAD + 3) == 1);
    close(fd);
    EXPECT_EQ(found().damaged, 1);
    leave(3, 1);
    CHECK(truncate(path, 70) == 0);
    EXPECT_EQ(found().damaged, 1);
    CHECK(mkdir(path, 0700) == 0);
    EXPECT_EQ(found().unreadable, 1);
    CHECK(rmdir(path) == 0);
    end();
}
