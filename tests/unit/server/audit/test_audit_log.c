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

static enum audit_action seen[64];
static size_t n_seen;

static bool see(void *ctx, const struct audit_record *r) {
    (void)ctx;
    CHECK(n_seen < 64);
    seen[n_seen++] = r->e.what;
    return true;
}

/* What is there to read, and what is wrong first. */
static enum audit_fault read_past(void) {
    struct audit_chain c = {.any_key = true};
    struct audit_place at;
    n_seen = 0;
    return audit_walk_past(dir, &c, see, NULL, &at);
}

static void overwrite(const char *path, off_t at, const char *text) {
    int fd = open(path, O_RDWR);
    CHECK(fd >= 0 && pwrite(fd, text, strlen(text), at) == (ssize_t)strlen(text));
    close(fd);
}

/* It goes on in a new file, which says what was found, and nothing of that is removed. */
TEST(audit_log_goes_on_behind_a_changed_record) {
    struct audit_record r;
    char name[AUDIT_NAME_MAX], *before = NULL, *after = NULL;
    size_t n = 0, n_after = 0;
    setup();
    struct audit_log *l = open_log(1 << 20);
    REQUIRE(l);
    EXPECT_EQ(put(l, noon, 3), OK);
    EXPECT_EQ(audit_log_checkpoint(l, noon), OK);
    EXPECT(!audit_log_is_damaged(l));
    audit_log_close(l);
    CHECK(files_read(only_file(), 1 << 20, &before, &n) == OK);
    before[n - 10] ^= 1;
    overwrite(only_file(), 0, before);
    for (int i = 0; i < 2; i++) { /* the alarm outlives the next start */
        l = open_log(1 << 20);
        REQUIRE(l);
        EXPECT(audit_log_is_damaged(l));
        EXPECT_EQ(put(l, noon, 1), OK);
        EXPECT_EQ(audit_log_last(l).number, 6 + i);
        audit_log_close(l);
    }
    CHECK(files_read(only_file(), 1 << 20, &after, &n_after) == OK);
    EXPECT(n_after == n && memcmp(before, after, n) == 0);
    EXPECT_EQ(check(), AUDIT_CHANGED);
    EXPECT_EQ(audit_file_first(dir, audit_file_name(5, name), &r), OK);
    EXPECT_EQ(r.e.what, AUDIT_BROKEN);
    EXPECT(r.is_signed);
    EXPECT_EQ(r.upto, 4);
    uint8_t hash[SHA256_LEN];
    sha256_of(bytes_of(before, n), bytes_of(NULL, 0), hash);
    EXPECT_EQ(memcmp(hash, r.upto_hash, SHA256_LEN), 0);
    EXPECT_EQ(read_past(), AUDIT_CHANGED);
    EXPECT_EQ(n_seen, 6); /* all but the one that was changed */
    mem_free(before);
    mem_free(after);
    teardown();
}

/* So it is while the log is open, with a record that only its file knows, and again. */
TEST(audit_log_goes_on_behind_what_is_changed_under_it) {
    setup();
    struct audit_log *l = open_log(1 << 20);
    REQUIRE(l);
    for (int i = 0; i < 3; i++) {
        char path[128], name[AUDIT_NAME_MAX];
        EXPECT_EQ(put(l, noon, 1), OK);
        EXPECT_EQ(audit_log_is_damaged(l), i > 0);
        uint64_t first = i ? audit_log_last(l).number - 1 : 1;
        snprintf(path, sizeof(path), "%s/%s", dir, audit_file_name(first, name));
        int fd = open(path, O_WRONLY | O_APPEND);
        CHECK(fd >= 0 && write(fd, "\n", 1) == 1);
        close(fd);
    }
    EXPECT_EQ(put(l, noon, 1), OK);
    EXPECT_EQ(read_past(), AUDIT_MALFORMED);
    EXPECT_EQ(n_seen, 7);
    EXPECT_EQ(seen[6], AUDIT_RECORDING_SHRED);
    EXPECT_EQ(seen[5], AUDIT_BROKEN);
    audit_log_close(l);
    teardown();
}

/* More without a newline than any crash leaves: it is kept, and no repair. */
TEST(audit_log_takes_no_overwritten_file_for_a_torn_line) {
    struct stat s;
    setup();
    struct audit_log *l = open_log(1 << 20);
    REQUIRE(l);
    EXPECT_EQ(put(l, noon, 1), OK);
    audit_log_close(l);
    CHECK(truncate(only_file(), 0) == 0 && truncate(only_file(), 2 << 20) == 0);
    l = open_log(1 << 20);
    REQUIRE(l);
    EXPECT(audit_log_is_damaged(l));
    EXPECT_EQ(put(l, noon, 1), OK);
    audit_log_close(l);
    EXPECT(stat(only_file(), &s) == 0 && s.st_size == 2 << 20);
    EXPECT(check() != AUDIT_SOUND);
    teardown();
}

/* The end is cut off, or all of it is gone, while we add. */
TEST(audit_log_notes_what_is_cut_off_under_it) {
    for (int all = 0; all < 2; all++) {
        struct stat s;
        setup();
        struct audit_log *l = open_log(1 << 20);
        REQUIRE(l);
        EXPECT_EQ(put(l, noon, 1), OK);
        CHECK(stat(only_file(), &s) == 0);
        EXPECT_EQ(put(l, noon, 4), OK);
        EXPECT_EQ(audit_log_checkpoint(l, noon), OK);
        CHECK(all ? unlink(only_file()) == 0 : truncate(only_file(), s.st_size) == 0);
        EXPECT_EQ(put(l, noon, 8), OK);
        EXPECT_EQ(audit_log_checkpoint(l, noon), OK);
        EXPECT(audit_log_is_damaged(l));
        EXPECT_EQ(check(), AUDIT_WAS_CUT);
        audit_log_close(l);
        teardown();
    }
}

/* Another file under the same name: what is added is added there. */
TEST(audit_log_writes_where_its_name_is) {
    char command[300];
    struct audit_chain c = {0};
    setup();
    struct audit_log *l = open_log(1 << 20);
    REQUIRE(l);
    EXPECT_EQ(put(l, noon, 2), OK);
    snprintf(command, sizeof(command), "cp %s %s/copy && mv %s/copy %s", only_file(), dir, dir,
             only_file());
    CHECK(system(command) == 0);
    EXPECT_EQ(put(l, noon, 2), OK);
    audit_log_close(l);
    EXPECT_EQ(check_with(&c), AUDIT_SOUND);
    EXPECT_EQ(c.records, 4);
    teardown();
}

/* Nothing is removed on the word of a record that nobody signed. */
TEST(audit_log_forgets_nothing_without_a_key) {
    uint64_t n = 0;
    setup();
    struct audit_log *l = open_log(1);
    REQUIRE(l);
    EXPECT_EQ(put(l, noon, 1), OK);
    EXPECT_EQ(put(l, noon, 1), OK);
    audit_log_key(l, NULL);
    EXPECT_EQ(audit_log_prune(l, noon, (wall_t){noon.us + DAY}, &n), OK);
    EXPECT_EQ(n, 0);
    EXPECT_EQ(check(), AUDIT_SOUND);
    audit_log_close(l);
    teardown();
}

/* A damaged file goes for its age as the others do. */
TEST(audit_log_forgets_what_was_damaged) {
    char path[128], name[AUDIT_NAME_MAX];
    uint64_t n = 0;
    setup();
    struct audit_log *l = open_log(1 << 20);
    REQUIRE(l);
    for (int day = 0; day < 5; day++) {
        EXPECT_EQ(put(l, (wall_t){noon.us + day * DAY}, 1), OK);
    }
    snprintf(path, sizeof(path), "%s/%s", dir, audit_file_name(2, name));
    overwrite(path, 5, "3");
    EXPECT_EQ(audit_log_prune(l, noon, (wall_t){noon.us + 3 * DAY + 1}, &n), OK);
    EXPECT_EQ(n, 3);
    EXPECT_EQ(check(), AUDIT_SOUND);
    audit_log_close(l);
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
