/* The local store, with every operation on a file failing in turn. */
#include "recorder/store/store_local.h"

#include "tests/unit/recorder/bench_files.h"
#include "tests/unit/recorder/bench_store.h"
#include "tests/unit/test.h"

#include <errno.h>
#include <unistd.h>

static const char first[] = "first object", second[] = "the second object";

static void note(void *ctx, const struct store_file *f) {
    EXPECT(strcmp(f->name, "r/a/1") == 0 || strcmp(f->name, "r/b/2") == 0);
    EXPECT(f->written.us > 0);
    ++*(unsigned *)ctx;
}

/* Whole or not at all, whatever happened; the number of objects that are there. */
static unsigned look(const char *dir) {
    struct store s;
    uint64_t size = 0;
    uint8_t out[64];
    unsigned n = 0, listed = 0;
    CHECK(store_local_open(dir, &s) == OK);
    enum err e = s.size(s.ctx, "r/a/1", &size);
    EXPECT(e == ERR_UNKNOWN || (e == OK && size == sizeof(first)));
    if (e == OK) {
        EXPECT_EQ(s.read(s.ctx, "r/a/1", 0, out, sizeof(first)), OK);
        EXPECT(memcmp(out, first, sizeof(first)) == 0);
        n++;
    }
    e = s.size(s.ctx, "r/b/2", &size);
    EXPECT(e == ERR_UNKNOWN || (e == OK && size == sizeof(second)));
    if (e == OK) {
        EXPECT_EQ(s.read(s.ctx, "r/b/2", 0, out, sizeof(second)), OK);
        EXPECT(memcmp(out, second, sizeof(second)) == 0);
        n++;
    }
    EXPECT_EQ(store_local_walk(&s, note, &listed), OK);
    EXPECT_EQ(listed, n);
    store_local_close(&s);
    return n;
}

struct outcome {
    enum err opened, a, b;
};

static struct outcome work(const char *dir, const struct file_ops *ops) {
    struct store s;
    struct outcome o = {.a = ERR_WRONG_STATE, .b = ERR_WRONG_STATE};
    o.opened = store_local_open_with(dir, ops, &s);
    if (o.opened == OK) {
        o.a = s.put(s.ctx, "r/a/1", bytes_of(first, sizeof(first)));
        o.b = s.put(s.ctx, "r/b/2", bytes_of(second, sizeof(second)));
        store_local_close(&s);
    }
    return o;
}

/* After the fault a new process must get there. */
static void again(const char *dir) {
    struct store s;
    CHECK(store_local_open(dir, &s) == OK);
    store_local_clean(&s);
    enum err a = s.put(s.ctx, "r/a/1", bytes_of(first, sizeof(first)));
    enum err b = s.put(s.ctx, "r/b/2", bytes_of(second, sizeof(second)));
    EXPECT(a == OK || a == ERR_EXISTS);
    EXPECT(b == OK || b == ERR_EXISTS);
    store_local_close(&s);
    EXPECT_EQ(look(dir), 2);
}

TEST(store_local_survives_any_operation_that_fails) {
    static const int modes[] = {FILE_FAULT_ONCE, FILE_FAULT_SHORT, FILE_FAULT_TORN, FILE_FAULT_LATE,
                                FILE_FAULT_DEAD};
    for (size_t m = 0; m < ARRAY_LEN(modes); m++) {
        bool reached = true;
        unsigned at;
        for (at = 0; reached && at < 200; at++) {
            struct scratch s;
            struct fault_files f;
            char dir[PATH_MAX];
            scratch_begin(&s);
            snprintf(dir, sizeof(dir), "%s/objects", s.dir);
            fault_files_begin(&f);
            f.mode = modes[m];
            f.at = at;
            struct outcome o = work(dir, &f.ops);
            reached = f.seen > at;
            unsigned n = access(dir, F_OK) == 0 ? look(dir) : 0;
            /* What was promised is there. */
            EXPECT(n >= (unsigned)(o.a == OK) + (unsigned)(o.b == OK));
            EXPECT(reached || (o.a == OK && o.b == OK));
            if (o.a != OK || o.b != OK) {
                again(dir);
            }
            scratch_end(&s);
        }
        EXPECT(!reached && at > 20);
    }
}

/* What a process with the same pid left behind is in nobody's way, and stays. */
TEST(store_local_steps_over_what_another_left) {
    struct scratch s;
    struct store store;
    char path[PATH_MAX];
    scratch_begin(&s);
    CHECK(store_local_open(s.dir, &store) == OK);
    EXPECT_EQ(store.put(store.ctx, "r/a/1", bytes_of(first, sizeof(first))), OK);
    store_local_close(&store);
    snprintf(path, sizeof(path), "%s/tmp/%u-0", s.dir, (unsigned)getpid());
    FILE *f = fopen(path, "wx");
    CHECK(f && fclose(f) == 0);
    CHECK(store_local_open(s.dir, &store) == OK);
    EXPECT_EQ(store.put(store.ctx, "r/b/2", bytes_of(second, sizeof(second))), OK);
    EXPECT_EQ(access(path, F_OK), 0);
    store_local_close(&store);
    EXPECT_EQ(look(s.dir), 2);
    scratch_end(&s);
}

TEST(store_local_says_why_it_cannot) {
    static const struct {
        enum file_op op;
        int error;
        enum err said;
    } cases[] = {
        {FILE_WRITE, ENOSPC, ERR_NOSPACE}, {FILE_WRITE, EDQUOT, ERR_NOSPACE},
        {FILE_WRITE, EIO, ERR_IO},         {FILE_FSYNC, ENOSPC, ERR_NOSPACE},
        {FILE_FSYNC, EIO, ERR_IO},         {FILE_MKDIR, ENOSPC, ERR_NOSPACE},
        {FILE_LINK, ENOSPC, ERR_NOSPACE},  {FILE_LINK, EIO, ERR_IO},
        {FILE_OPEN, EMFILE, ERR_IO},       {FILE_CLOSE, EIO, ERR_IO},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct scratch s;
        struct fault_files f;
        struct store a;
        scratch_begin(&s);
        fault_files_begin(&f);
        REQUIRE(store_local_open_with(s.dir, &f.ops, &a) == OK);
        f.mode = FILE_FAULT_ONCE;
        f.which = cases[i].op;
        f.seen = 0;
        f.error = cases[i].error;
        EXPECT_EQ(a.put(a.ctx, "r/a/1", bytes_of(first, sizeof(first))), cases[i].said);
        EXPECT_EQ(look(s.dir), 0);
        /* The same process tries again and succeeds. */
        EXPECT_EQ(a.put(a.ctx, "r/a/1", bytes_of(first, sizeof(first))), OK);
        EXPECT_EQ(look(s.dir), 1);
        store_local_close(&a);
        scratch_end(&s);
    }
}

TEST(store_local_reads_what_comes_in_pieces) {
    struct scratch s;
    struct fault_files f;
    struct store a;
    uint8_t out[sizeof(first)];
    scratch_begin(&s);
    fault_files_begin(&f);
    REQUIRE(store_local_open_with(s.dir, &f.ops, &a) == OK);
    EXPECT_EQ(a.put(a.ctx, "r/a/1", bytes_of(first, sizeof(first))), OK);
    f = (struct fault_files){.ops = f.ops, .which = FILE_PREAD, .mode = FILE_FAULT_SHORT};
    EXPECT_EQ(a.read(a.ctx, "r/a/1", 0, out, sizeof(out)), OK);
    EXPECT(memcmp(out, first, sizeof(first)) == 0);
    EXPECT_EQ(f.seen, 2);
    f.mode = FILE_FAULT_ONCE;
    f.seen = 0;
    f.error = EINTR;
    EXPECT_EQ(a.read(a.ctx, "r/a/1", 0, out, sizeof(out)), OK);
    f.seen = 0;
    f.error = EIO;
    EXPECT_EQ(a.read(a.ctx, "r/a/1", 0, out, sizeof(out)), ERR_IO);
    store_local_close(&a);
    scratch_end(&s);
}

/* A folder whose parent could not be synced when it was made is not taken for durable later: the
 * next put into it syncs the parent again, also in another process. */
TEST(store_local_syncs_a_parent_until_it_is_synced) {
    struct scratch s;
    struct fault_files f;
    struct store a;
    scratch_begin(&s);
    fault_files_begin(&f);
    REQUIRE(store_local_open_with(s.dir, &f.ops, &a) == OK);
    EXPECT_EQ(a.put(a.ctx, "warm", bytes_of("x", 1)), OK);
    f.which = FILE_FSYNC;
    f.mode = FILE_FAULT_ONCE;
    f.seen = 0;
    f.at = 1; /* 0 is the object's own */
    EXPECT_EQ(a.put(a.ctx, "r/1", bytes_of("x", 1)), ERR_IO);
    EXPECT_EQ(f.seen, 2);
    f.mode = FILE_FAULT_NONE;
    f.seen = 0;
    EXPECT_EQ(a.put(a.ctx, "r/1", bytes_of("x", 1)), OK);
    EXPECT_EQ(f.seen, 3); /* object, the folder above r, r */
    f.seen = 0;
    EXPECT_EQ(a.put(a.ctx, "r/2", bytes_of("x", 1)), OK);
    EXPECT_EQ(f.seen, 2); /* it is known by now */
    store_local_close(&a);
    REQUIRE(store_local_open_with(s.dir, &f.ops, &a) == OK);
    f.seen = 0;
    EXPECT_EQ(a.put(a.ctx, "r/3", bytes_of("x", 1)), OK);
    EXPECT_EQ(f.seen, 3);
    store_local_close(&a);
    scratch_end(&s);
}

struct pruner {
    struct store store;
    unsigned n;
};

static void prune_now(void *ctx) {
    struct pruner *p = ctx;
    store_local_prune(&p->store, "r/a/1");
    p->n++;
}

TEST(store_local_puts_into_a_folder_that_is_pruned_meanwhile) {
    struct scratch s;
    struct fault_files f;
    struct store a;
    struct pruner p = {0};
    uint64_t size;
    scratch_begin(&s);
    fault_files_begin(&f);
    REQUIRE(store_local_open_with(s.dir, &f.ops, &a) == OK);
    REQUIRE(store_local_open(s.dir, &p.store) == OK);
    f.which = FILE_LINK;
    f.seen = 0;
    f.stall = prune_now;
    f.stall_ctx = &p;
    EXPECT_EQ(a.put(a.ctx, "r/a/1", bytes_of(first, sizeof(first))), OK);
    EXPECT_EQ(p.n, 1);
    EXPECT_EQ(look(s.dir), 1);
    /* What holds an object is not empty; what does not is gone. */
    EXPECT_EQ(a.put(a.ctx, "r/b/2", bytes_of(second, sizeof(second))), OK);
    EXPECT_EQ(a.remove(a.ctx, "r/a/1"), OK);
    store_local_prune(&a, "r/a/1");
    EXPECT_EQ(a.size(a.ctx, "r/b/2", &size), OK);
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/r/a", s.dir);
    EXPECT(access(path, F_OK) != 0);
    EXPECT_EQ(a.remove(a.ctx, "r/b/2"), OK);
    store_local_prune(&a, "r/b/2");
    snprintf(path, sizeof(path), "%s/r", s.dir);
    EXPECT(access(path, F_OK) != 0);
    store_local_close(&p.store);
    store_local_close(&a);
    scratch_end(&s);
}

TEST(store_local_knows_the_disk) {
    struct scratch s;
    struct fault_files f;
    struct store a;
    struct file_space space = {0};
    scratch_begin(&s);
    fault_files_begin(&f);
    REQUIRE(store_local_open_with(s.dir, &f.ops, &a) == OK);
    EXPECT_EQ(store_local_space(&a, &space), OK);
    EXPECT(space.free > 0 && space.free <= space.total);
    f.which = FILE_SPACE;
    f.mode = FILE_FAULT_ONCE;
    f.seen = 0;
    EXPECT_EQ(store_local_space(&a, &space), ERR_IO);
    store_local_close(&a);
    scratch_end(&s);
}

TEST(store_digests_of_a_store_that_keeps_none) {
    struct scratch s;
    struct store a;
    struct store_digest d, right;
    static uint8_t large[(1u << 20) + 1];
    scratch_begin(&s);
    REQUIRE(store_local_open(s.dir, &a) == OK);
    large[1u << 20] = 7;
    EXPECT_EQ(a.put(a.ctx, "x", bytes_of(large, sizeof(large))), OK);
    EXPECT_EQ(a.put(a.ctx, "empty", bytes_of(NULL, 0)), OK);
    EXPECT_EQ(store_digest_bytes(bytes_of(large, sizeof(large)), &right), OK);
    EXPECT_EQ(store_digest_of(&a, "x", &d), OK);
    EXPECT(store_digest_eq(&d, &right));
    EXPECT_EQ(store_digest_bytes(bytes_of(NULL, 0), &right), OK);
    EXPECT_EQ(store_digest_of(&a, "empty", &d), OK);
    EXPECT(store_digest_eq(&d, &right));
    EXPECT_EQ(store_digest_of(&a, "none", &d), ERR_UNKNOWN);
    EXPECT_STR(store_why(&a), "");
    struct store_part p = {.at = sizeof(large) - 1, .out = large, .n = 10};
    EXPECT_EQ(store_peek(&a, "x", &p), OK);
    EXPECT(p.got == 1 && large[0] == 7 && p.size == sizeof(large));
    p.at = sizeof(large) + 1;
    EXPECT_EQ(store_peek(&a, "x", &p), ERR_RANGE);
    store_local_close(&a);
    scratch_end(&s);
}
