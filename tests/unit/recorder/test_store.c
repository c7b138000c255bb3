#include "recorder/store/store_local.h"

#include "tests/unit/recorder/bench_store.h"
#include "tests/unit/test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned files_in(const char *dir, const char *sub) {
    char path[PATH_MAX];
    unsigned n = 0;
    snprintf(path, sizeof(path), "%s/%s", dir, sub);
    DIR *d = opendir(path);
    for (struct dirent *x; d && (x = readdir(d));) {
        n += x->d_name[0] != '.';
    }
    if (d) {
        closedir(d);
    }
    return n;
}

TEST(store_local_keeps_objects_whole) {
    struct scratch s;
    struct store a, b;
    uint64_t size = 0;
    uint8_t out[16];
    scratch_begin(&s);
    REQUIRE(store_local_open(s.dir, &a) == OK);
    EXPECT_EQ(a.put(a.ctx, "recordings/x/one.seg", bytes_of("0123456789", 10)), OK);
    EXPECT_EQ(a.put(a.ctx, "empty", bytes_of(NULL, 0)), OK);
    EXPECT_EQ(files_in(s.dir, "tmp"), 0);
    /* Another process sees it. */
    REQUIRE(store_local_open(s.dir, &b) == OK);
    EXPECT_EQ(b.size(b.ctx, "recordings/x/one.seg", &size), OK);
    EXPECT_EQ(size, 10);
    EXPECT_EQ(b.read(b.ctx, "recordings/x/one.seg", 3, out, 4), OK);
    EXPECT(memcmp(out, "3456", 4) == 0);
    EXPECT_EQ(b.read(b.ctx, "recordings/x/one.seg", 7, out, 4), ERR_RANGE);
    EXPECT_EQ(b.read(b.ctx, "recordings/x/one.seg", UINT64_MAX, out, 1), ERR_RANGE);
    EXPECT_EQ(b.size(b.ctx, "empty", &size), OK);
    EXPECT_EQ(size, 0);
    EXPECT_EQ(b.size(b.ctx, "recordings/x", &size), ERR_UNKNOWN);
    EXPECT_EQ(b.size(b.ctx, "none", &size), ERR_UNKNOWN);
    EXPECT_EQ(b.read(b.ctx, "none", 0, out, 1), ERR_UNKNOWN);
    EXPECT_EQ(b.read(b.ctx, "empty/none", 0, out, 1), ERR_UNKNOWN);
    EXPECT_EQ(b.remove(b.ctx, "recordings/x/one.seg"), OK);
    EXPECT_EQ(a.size(a.ctx, "recordings/x/one.seg", &size), ERR_UNKNOWN);
    EXPECT_EQ(a.remove(a.ctx, "recordings/x/one.seg"), ERR_UNKNOWN);
    store_local_close(&b);
    store_local_close(&a);
    scratch_end(&s);
}

TEST(store_local_never_overwrites) {
    struct scratch s;
    struct store a;
    uint8_t out[3];
    scratch_begin(&s);
    REQUIRE(store_local_open(s.dir, &a) == OK);
    EXPECT_EQ(a.put(a.ctx, "a/b", bytes_of("old", 3)), OK);
    EXPECT_EQ(a.put(a.ctx, "a/b", bytes_of("new", 3)), ERR_EXISTS);
    EXPECT_EQ(a.read(a.ctx, "a/b", 0, out, 3), OK);
    EXPECT(memcmp(out, "old", 3) == 0);
    /* A folder where a file should be, and the other way round. */
    EXPECT_EQ(a.put(a.ctx, "a", bytes_of("x", 1)), ERR_EXISTS);
    EXPECT_EQ(a.put(a.ctx, "a/b/c", bytes_of("x", 1)), ERR_IO);
    EXPECT_EQ(files_in(s.dir, "tmp"), 0);
    store_local_close(&a);
    scratch_end(&s);
}

TEST(store_names_are_checked) {
    static const char *const bad[] = {"",     "/a",  "../a", "a/../b", "a//b", "a/",
                                      "a b",  ".a",  "a/.b", "a\\b",   "a\n",  "\xc3\xa9",
                                      "a/..", "a:b", "~",    "a/./b",  "*",    "."};
    struct scratch s;
    struct store a;
    uint64_t size;
    uint8_t byte;
    char name[OBJECT_NAME_MAX + 1];
    scratch_begin(&s);
    REQUIRE(store_local_open(s.dir, &a) == OK);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        EXPECT(!store_name_ok(bad[i]));
        EXPECT_EQ(a.put(a.ctx, bad[i], bytes_of("x", 1)), ERR_FORMAT);
        EXPECT_EQ(a.size(a.ctx, bad[i], &size), ERR_FORMAT);
        EXPECT_EQ(a.read(a.ctx, bad[i], 0, &byte, 1), ERR_FORMAT);
        EXPECT_EQ(a.remove(a.ctx, bad[i]), ERR_FORMAT);
    }
    memset(name, 'a', sizeof(name));
    name[OBJECT_NAME_MAX] = '\0';
    EXPECT(!store_name_ok(name));
    name[OBJECT_NAME_MAX - 1] = '\0';
    EXPECT(store_name_ok(name));
    EXPECT_EQ(a.put(a.ctx, name, bytes_of("x", 1)), OK);
    EXPECT(store_name_ok("a-b_C.9/x"));
    store_local_close(&a);
    scratch_end(&s);
}

struct listed {
    unsigned n;
    uint64_t bytes;
};

static void note_listed(void *ctx, const char *name, uint64_t size) {
    struct listed *l = ctx;
    EXPECT(strncmp(name, "r/x/", 4) == 0);
    l->n++;
    l->bytes += size;
}

TEST(store_local_lists_a_folder_to_its_depth) {
    struct scratch s;
    struct store a;
    struct listed l = {0};
    scratch_begin(&s);
    REQUIRE(store_local_open(s.dir, &a) == OK);
    EXPECT_EQ(a.put(a.ctx, "r/x/1", bytes_of("a", 1)), OK);
    EXPECT_EQ(a.put(a.ctx, "r/x/t/2", bytes_of("bb", 2)), OK);
    EXPECT_EQ(a.put(a.ctx, "r/y/3", bytes_of("ccc", 3)), OK);
    EXPECT_EQ(a.list(a.ctx, "r/x/", note_listed, &l), OK);
    EXPECT_EQ(l.n, 2);
    EXPECT_EQ(l.bytes, 3);
    EXPECT_EQ(a.list(a.ctx, "r/none/", note_listed, &l), OK);
    EXPECT_EQ(a.list(a.ctx, "r/x", note_listed, &l), ERR_FORMAT);
    EXPECT_EQ(a.list(a.ctx, "../", note_listed, &l), ERR_FORMAT);
    EXPECT_EQ(a.list(a.ctx, "", note_listed, &l), ERR_FORMAT);
    EXPECT_EQ(l.n, 2);
    store_local_close(&a);
    scratch_end(&s);
}

TEST(store_local_cleans_up_after_interrupted_puts) {
    struct scratch s;
    struct store a;
    char path[PATH_MAX];
    uint64_t size;
    scratch_begin(&s);
    REQUIRE(store_local_open(s.dir, &a) == OK);
    EXPECT_EQ(a.put(a.ctx, "kept", bytes_of("x", 1)), OK);
    snprintf(path, sizeof(path), "%s/tmp/123-4", s.dir);
    FILE *f = fopen(path, "w");
    REQUIRE(f != NULL);
    fclose(f);
    store_local_clean(&a);
    EXPECT_EQ(files_in(s.dir, "tmp"), 0);
    EXPECT_EQ(a.size(a.ctx, "kept", &size), OK);
    store_local_close(&a);
    EXPECT_EQ(store_local_open("/proc/none/objects", &a), ERR_IO);
    scratch_end(&s);
}

TEST(store_local_a_failed_write_leaves_nothing) {
    struct scratch s;
    struct store a;
    struct rlimit before, small;
    static uint8_t large[100000];
    uint64_t size;
    scratch_begin(&s);
    REQUIRE(store_local_open(s.dir, &a) == OK);
    /* Files may not grow beyond 50 kB: write() fails in the middle. */
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
    small = before;
    small.rlim_cur = 50000;
    REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
    enum err e = a.put(a.ctx, "r/large", bytes_of(large, sizeof(large)));
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, handler);
    EXPECT_EQ(e, ERR_IO);
    EXPECT_EQ(files_in(s.dir, "tmp"), 0);
    EXPECT_EQ(a.size(a.ctx, "r/large", &size), ERR_UNKNOWN);
    EXPECT_EQ(a.put(a.ctx, "r/large", bytes_of(large, sizeof(large))), OK);
    store_local_close(&a);
    scratch_end(&s);
}

/* In a process of its own, on a file system of 64 KiB. Exit status: 0 fine, 1 wrong, 2 no mount. */
static int fill_a_disk(const char *dir) {
    static uint8_t large[40000];
    struct store a;
    uint64_t size;
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", dir, "tmpfs", 0, "size=64k") != 0) {
        return 2;
    }
    if (store_local_open(dir, &a) != OK ||
        a.put(a.ctx, "r/1", bytes_of(large, sizeof(large))) != OK ||
        a.put(a.ctx, "r/2", bytes_of(large, sizeof(large))) != ERR_NOSPACE ||
        files_in(dir, "tmp") != 0 || a.size(a.ctx, "r/2", &size) != ERR_UNKNOWN) {
        return 1;
    }
    /* Space comes back: the same put succeeds. */
    bool ok =
        a.remove(a.ctx, "r/1") == OK && a.put(a.ctx, "r/2", bytes_of(large, sizeof(large))) == OK;
    store_local_close(&a);
    return ok ? 0 : 1;
}

TEST(store_local_a_full_disk_is_said_and_survived) {
    struct scratch s;
    int status = 0;
    scratch_begin(&s);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        _exit(fill_a_disk(s.dir));
    }
    REQUIRE(child > 0 && waitpid(child, &status, 0) == child);
    EXPECT(WIFEXITED(status));
    if (WEXITSTATUS(status) == 2) {
        printf("# a file system cannot be mounted here: the full disk was NOT checked\n");
    } else {
        EXPECT_EQ(WEXITSTATUS(status), 0);
    }
    scratch_end(&s);
}

TEST_ALLOC(store_local_without_memory) {
    struct scratch s;
    struct store a;
    scratch_begin(&s);
    enum err e = store_local_open(s.dir, &a);
    EXPECT_EQ(e, mem_failed() ? ERR_NOMEM : OK);
    if (e == OK) {
        store_local_close(&a);
    }
    scratch_end(&s);
}

/* The descriptor under a folder that is being listed turns into one that cannot be read. */
struct pull {
    const char *folder; /* how its path ends */
    unsigned n;
};

static void pull_away(void *ctx, const char *name, uint64_t size) {
    struct pull *p = ctx;
    (void)name;
    (void)size;
    for (int fd = 3; fd < 256 && p->n == 0; fd++) {
        char link[64], path[PATH_MAX];
        snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        ssize_t n = readlink(link, path, sizeof(path));
        size_t tail = strlen(p->folder);
        if (n > (ssize_t)tail && memcmp(path + n - tail, p->folder, tail) == 0) {
            int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
            CHECK(null >= 0 && dup2(null, fd) == fd);
            close(null);
            p->n++;
        }
    }
}

TEST(store_local_a_folder_that_cannot_be_read_is_no_empty_one) {
    struct scratch s;
    struct store a;
    struct pull p = {.folder = "/r/x"};
    scratch_begin(&s);
    REQUIRE(store_local_open(s.dir, &a) == OK);
    EXPECT_EQ(a.put(a.ctx, "r/x/1", bytes_of("a", 1)), OK);
    EXPECT_EQ(a.list(a.ctx, "r/x/", pull_away, &p), ERR_IO);
    EXPECT_EQ(p.n, 1);
    /* Below the folder that was asked for, too. */
    p = (struct pull){.folder = "/r/x"};
    EXPECT_EQ(a.list(a.ctx, "r/", pull_away, &p), ERR_IO);
    EXPECT_EQ(p.n, 1);
    store_local_close(&a);
    scratch_end(&s);
}
