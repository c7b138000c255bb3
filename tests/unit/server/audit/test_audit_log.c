/* The log on disk: two who add, crashes, full disks, age. */
#include "server/audit/audit_log.h"

#include "base/alloc.h"
#include "server/os/files.h"
#include "tests/unit/test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define DAY (86400 * US_PER_S)

static char dir[64], why[WHY_MAX];
static struct signing_key key;
static const wall_t noon = {1700000000000000};

static void setup(void) {
    const uint8_t seed[KEY_LEN] = {9};
    CHECK(keys_signing(seed, &key) == OK);
    snprintf(dir, sizeof(dir), "/tmp/oriel-audit-XXXXXX");
    CHECK(mkdtemp(dir));
}

static void teardown(void) {
    char command[96];
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    CHECK(system(command) == 0);
}

static struct audit_log *open_log(uint64_t file_max) {
    struct audit_log *l = NULL;
    const struct audit_log_config c = {dir, file_max};
    enum err e = audit_log_open(&c, &key, noon, &l, why);
    if (e != OK) {
        test_fail(__FILE__, __LINE__, "%s: %s", err_name(e), why);
    }
    return l;
}

static enum err put(struct audit_log *l, wall_t at, size_t n) {
    struct audit_entry e[8] = {0};
    CHECK(n <= 8);
    for (size_t i = 0; i < n; i++) {
        e[i].what = AUDIT_RECORDING_SHRED;
        e[i].at = at;
        snprintf(e[i].recording, sizeof(e[i].recording), "%032zu", i);
    }
    return audit_log_put(l, at, e, n);
}

static enum audit_fault check_with(struct audit_chain *c) {
    struct audit_place at;
    struct audit_record head;
    c->n_keys = 1;
    memcpy(c->keys[0], key.verifying, KEY_LEN);
    if (audit_head_read(dir, &head) == OK) {
        c->known[0].number = head.number;
        memcpy(c->known[0].hash, head.hash, SHA256_LEN);
    }
    enum audit_fault f = audit_walk(dir, c, NULL, NULL, &at);
    return f == AUDIT_SOUND ? audit_chain_end(c) : f;
}

static enum audit_fault check(void) {
    struct audit_chain c = {0};
    return check_with(&c);
}

static const char *only_file(void) {
    static char path[128];
    char name[AUDIT_NAME_MAX];
    snprintf(path, sizeof(path), "%s/%s", dir, audit_file_name(1, name));
    return path;
}

TEST(audit_log_goes_on_after_a_restart) {
    struct audit_chain c = {0};
    setup();
    for (int i = 0; i < 3; i++) {
        struct audit_log *l = open_log(1 << 20);
        REQUIRE(l);
        EXPECT_EQ(put(l, noon, 3), OK);
        EXPECT_EQ(audit_log_checkpoint(l, noon), OK);
        EXPECT_EQ(audit_log_checkpoint(l, noon), OK); /* nothing is new */
        EXPECT_EQ(audit_log_last(l).number, 4 * (i + 1));
        audit_log_close(l);
    }
    EXPECT_EQ(check_with(&c), AUDIT_SOUND);
    EXPECT_EQ(c.records, 12);
    EXPECT_EQ(c.signatures, 3);
    struct stat s;
    EXPECT(stat(only_file(), &s) == 0 && (s.st_mode & 0777) == 0600);
    teardown();
}

TEST(audit_log_has_a_file_for_each_day_and_size) {
    struct audit_files files = {0};
    setup();
    struct audit_log *l = open_log(1);
    REQUIRE(l);
    for (int i = 0; i < 4; i++) {
        EXPECT_EQ(put(l, noon, 1), OK);
    }
    audit_log_close(l);
    l = open_log(1 << 20);
    REQUIRE(l);
    for (int i = 0; i < 4; i++) {
        EXPECT_EQ(put(l, (wall_t){noon.us + i / 2 * DAY}, 1), OK);
    }
    EXPECT_EQ(audit_files_list(dir, &files), OK);
    EXPECT_EQ(files.n, 5);
    EXPECT_EQ(files.n ? files.first[files.n - 1] : 0, 7);
    EXPECT_EQ(check(), AUDIT_SOUND);
    audit_files_free(&files);
    audit_log_close(l);
    teardown();
}

TEST(audit_log_is_added_to_by_two) {
    setup();
    struct audit_log *a = open_log(700), *b = open_log(700);
    REQUIRE(a && b);
    for (int i = 0; i < 20; i++) {
        EXPECT_EQ(put(a, noon, 2), OK);
        EXPECT_EQ(put(b, noon, 1), OK);
        EXPECT_EQ(i % 5 ? OK : audit_log_checkpoint(i % 2 ? a : b, noon), OK);
    }
    EXPECT_EQ(audit_log_last(b).number, 64);
    EXPECT_EQ(check(), AUDIT_SOUND);
    audit_log_close(a);
    audit_log_close(b);
    teardown();
}

/* Cut at each byte of the last line, as a crash does it, with what it leaves behind. */
TEST(audit_log_repairs_a_torn_line_and_says_so) {
    char *whole = NULL;
    size_t n = 0;
    setup();
    struct audit_log *l = open_log(1 << 20);
    REQUIRE(l);
    EXPECT_EQ(put(l, noon, 1), OK);
    EXPECT_EQ(audit_log_checkpoint(l, noon), OK);
    EXPECT_EQ(put(l, noon, 1), OK);
    audit_log_close(l);
    CHECK(files_read(only_file(), 1 << 20, &whole, &n) == OK);
    size_t last = n - 1;
    while (whole[last - 1] != '\n') {
        last--;
    }
    for (size_t cut = last + 1; cut < n; cut += 7) {
        struct audit_chain c = {0};
        CHECK(truncate(only_file(), 0) == 0);
        FILE *f = fopen(only_file(), "r+");
        CHECK(f && fwrite(whole, 1, cut, f) == cut && fclose(f) == 0);
        /* and zeros, where the disk has the length only */
        CHECK(cut % 2 || truncate(only_file(), (off_t)cut + 40000) == 0);
        EXPECT_EQ(check(), cut % 2 ? AUDIT_TORN : AUDIT_TOO_LONG);
        l = open_log(1 << 20);
        REQUIRE(l);
        EXPECT_EQ(put(l, noon, 1), OK);
        audit_log_close(l);
        EXPECT_EQ(check_with(&c), AUDIT_SOUND);
        EXPECT_EQ(c.records, 4);
        char *text = NULL;
        size_t len = 0;
        CHECK(files_read(only_file(), 1 << 20, &text, &len) == OK);
        EXPECT(strstr(text, "\"what\":\"audit.repair\"") != NULL);
        mem_free(text);
    }
    mem_free(whole);
    teardown();
}

/* A file that was begun, and no more: the one before it goes on. */
TEST(audit_log_drops_a_file_without_a_record) {
    char path[128], name[AUDIT_NAME_MAX];
    setup();
    struct audit_log *l = open_log(1);
    REQUIRE(l);
    EXPECT_EQ(put(l, noon, 1), OK);
    snprintf(path, sizeof(path), "%s/%s", dir, audit_file_name(2, name));
    FILE *f = fopen(path, "w");
    CHECK(f && fputs("{\"n\":2,", f) >= 0 && fclose(f) == 0);
    EXPECT_EQ(put(l, noon, 1), OK);
    audit_log_close(l);
    EXPECT_EQ(check(), AUDIT_SOUND);
    teardown();
}

TEST(audit_log_survives_being_killed) {
    setup();
    for (int i = 0; i < 5; i++) {
        int pipe_fds[2];
        char byte;
        CHECK(pipe(pipe_fds) == 0);
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0) {
            struct audit_log *l = NULL;
            const struct audit_log_config c = {dir, 4000};
            if (audit_log_open(&c, &key, noon, &l, why) != OK) {
                _exit(1);
            }
            for (int k = 0; k < 100000; k++) {
                if (put(l, noon, 3) != OK || write(pipe_fds[1], "x", 1) != 1) {
                    _exit(1);
                }
            }
            _exit(0);
        }
        close(pipe_fds[1]);
        for (int k = 0; k < 10 + 7 * i; k++) {
            CHECK(read(pipe_fds[0], &byte, 1) == 1);
        }
        CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
        close(pipe_fds[0]);
    }
    struct audit_chain c = {0};
    struct audit_log *l = open_log(4000);
    REQUIRE(l);
    EXPECT_EQ(audit_log_checkpoint(l, noon), OK);
    audit_log_close(l);
    EXPECT_EQ(check_with(&c), AUDIT_SOUND);
    EXPECT(c.records >= 3 * (10 + 17 + 24 + 31 + 38));
    teardown();
}

TEST(audit_log_says_when_its_end_is_missing) {
    struct audit_chain c = {0};
    setup();
    struct audit_log *l = open_log(1 << 20);
    REQUIRE(l);
    EXPECT_EQ(put(l, noon, 2), OK);
    struct stat s;
    CHECK(stat(only_file(), &s) == 0);
    EXPECT_EQ(put(l, noon, 2), OK);
    EXPECT_EQ(audit_log_checkpoint(l, noon), OK);
    audit_log_close(l);
    CHECK(truncate(only_file(), s.st_size) == 0);
    EXPECT_EQ(check(), AUDIT_CUT_OFF);
    l = open_log(1 << 20);
    REQUIRE(l);
    EXPECT_EQ(audit_log_last(l).number, 3);
    EXPECT_EQ(put(l, noon, 1), OK);
    audit_log_close(l);
    EXPECT_EQ(check_with(&c), AUDIT_WAS_CUT);
    EXPECT_EQ(c.records, 4);
    EXPECT_EQ(c.cuts, 1);
    teardown();
}

TEST(audit_log_follows_no_changed_record) {
    const struct audit_log_config config = {dir, 1 << 20};
    setup();
    struct audit_log *l = open_log(1 << 20);
    REQUIRE(l);
    EXPECT_EQ(put(l, noon, 1), OK);
    int fd = open(only_file(), O_RDWR);
    CHECK(fd >= 0 && pwrite(fd, "2", 1, 5) == 1);
    close(fd);
    audit_log_close(l);
    l = NULL;
    EXPECT_EQ(audit_log_open(&config, &key, noon, &l, why), ERR_FORMAT);
    EXPECT(strstr(why, "oriel audit verify") != NULL);
    /* Nor one with an empty line behind it; nothing of it is removed. */
    CHECK((fd = open(only_file(), O_RDWR | O_APPEND)) >= 0 && write(fd, "\n", 1) == 1);
    close(fd);
    EXPECT_EQ(audit_log_open(&config, &key, noon, &l, why), ERR_FORMAT);
    EXPECT_EQ(access(only_file(), F_OK), 0);
    teardown();
}

TEST(audit_log_forgets_by_whole_files) {
    struct audit_files files = {0};
    uint64_t n = 0;
    setup();
    struct audit_log *l = open_log(1 << 20);
    REQUIRE(l);
    for (int day = 0; day < 6; day++) {
        EXPECT_EQ(put(l, (wall_t){noon.us + day * DAY}, 2), OK);
    }
    wall_t now = {noon.us + 5 * DAY};
    EXPECT_EQ(audit_log_prune(l, now, (wall_t){noon.us - DAY}, &n), OK);
    EXPECT_EQ(n, 0);
    EXPECT_EQ(audit_log_prune(l, now, (wall_t){noon.us + 3 * DAY + 1}, &n), OK);
    EXPECT_EQ(n, 6);
    EXPECT_EQ(audit_files_list(dir, &files), OK);
    EXPECT_EQ(files.n, 3);
    EXPECT_EQ(check(), AUDIT_SOUND);
    EXPECT_EQ(put(l, now, 1), OK);
    EXPECT_EQ(audit_log_prune(l, now, (wall_t){now.us + DAY}, &n), OK);
    EXPECT_EQ(check(), AUDIT_SOUND);
    audit_files_free(&files);
    audit_log_close(l);
    EXPECT(access(only_file(), F_OK) != 0);
    teardown();
}

/* A write that ends in the middle, as on a full disk: nothing of it stays, and it is tried again.
 */
TEST(audit_log_takes_a_partial_write_back) {
    struct rlimit was, small;
    struct stat before, after;
    setup();
    struct audit_log *l = open_log(1 << 20);
    REQUIRE(l);
    EXPECT_EQ(put(l, noon, 1), OK);
    CHECK(stat(only_file(), &before) == 0 && getrlimit(RLIMIT_FSIZE, &was) == 0);
    small = was;
    small.rlim_cur = (rlim_t)before.st_size + 100;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    CHECK(setrlimit(RLIMIT_FSIZE, &small) == 0);
    enum err e = put(l, noon, 2);
    CHECK(setrlimit(RLIMIT_FSIZE, &was) == 0);
    signal(SIGXFSZ, handler);
    EXPECT_EQ(e, ERR_IO);
    CHECK(stat(only_file(), &after) == 0);
    EXPECT_EQ(after.st_size, before.st_size);
    EXPECT_EQ(put(l, noon, 2), OK);
    EXPECT_EQ(audit_log_last(l).number, 3);
    EXPECT_EQ(check(), AUDIT_SOUND);
    audit_log_close(l);
    teardown();
}

TEST_ALLOC(audit_log_without_memory) {
    struct audit_log *l = NULL;
    setup();
    const struct audit_log_config c = {dir, 1 << 20};
    enum err e = audit_log_open(&c, &key, noon, &l, why);
    e = e == OK ? put(l, noon, 2) : e;
    e = e == OK ? audit_log_checkpoint(l, noon) : e;
    EXPECT(e == OK || (mem_failed() && e == ERR_NOMEM));
    audit_log_close(l);
    teardown();
}
