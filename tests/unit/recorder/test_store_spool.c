#include "recorder/store/store_spool.h"

#include "tests/unit/recorder/bench_spool.h"
#include "tests/unit/test.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static void offline(struct spool_bench *b) {
    b->remote.fault.mode = HTTP_FAULT_DEAD;
    b->remote.fault.at = b->remote.fault.asked;
}

static void online(struct spool_bench *b) {
    b->remote.fault.mode = HTTP_FAULT_NONE;
}

TEST(store_spool_reads_in_both_places) {
    struct spool_bench b;
    uint64_t size = 0;
    uint8_t out[8];
    struct store_digest d, right;
    struct store_part p = {.at = 2, .out = out, .n = 8};
    spool_bench_begin(&b);
    const struct store *s = &b.spool;
    EXPECT_EQ(s->put(s->ctx, "r/a/1", bytes_of("abcdef", 6)), OK);
    EXPECT_EQ(s->put(s->ctx, "r/a/1", bytes_of("abcdef", 6)), ERR_EXISTS);
    EXPECT_EQ(store_digest_bytes(bytes_of("abcdef", 6), &right), OK);
    for (int moved = 0; moved < 2; moved++) {
        EXPECT_EQ(s->size(s->ctx, "r/a/1", &size), OK);
        EXPECT_EQ(size, 6);
        EXPECT_EQ(s->read(s->ctx, "r/a/1", 1, out, 3), OK);
        EXPECT(memcmp(out, "bcd", 3) == 0);
        EXPECT_EQ(s->read(s->ctx, "r/a/1", 5, out, 3), ERR_RANGE);
        EXPECT_EQ(store_peek(s, "r/a/1", &p), OK);
        EXPECT(p.got == 4 && p.size == 6 && memcmp(out, "cdef", 4) == 0);
        EXPECT_EQ(store_digest_of(s, "r/a/1", &d), OK);
        EXPECT(store_digest_eq(&d, &right));
        EXPECT(moved || b.remote.fault.asked == 0); /* what is here is asked of nobody */
        EXPECT_EQ(s->size(s->ctx, "r/a/2", &size), ERR_UNKNOWN);
        EXPECT_EQ(s->read(s->ctx, "r/a/2", 0, out, 1), ERR_UNKNOWN);
        b.remote.fault.asked = 0;
        if (!moved) {
            spool_bench_run(&b, b.now);
            EXPECT(fake_s3_find(&b.remote.service, "r/a/1") != NULL);
        }
    }
    /* An object that may be there is not called missing while nobody can be asked. */
    offline(&b);
    EXPECT_EQ(s->size(s->ctx, "r/a/1", &size), ERR_IO);
    EXPECT(strstr(store_why(s), "cannot be reached") != NULL);
    EXPECT_EQ(s->read(s->ctx, "r/a/2", 0, out, 1), ERR_IO);
    spool_bench_end(&b);
}

struct listed {
    unsigned n;
    uint64_t bytes;
};

static void note_listed(void *ctx, const char *name, uint64_t size) {
    struct listed *l = ctx;
    EXPECT(strncmp(name, "r/a/", 4) == 0);
    l->n++;
    l->bytes += size;
}

TEST(store_spool_lists_both_places_once) {
    struct spool_bench b;
    struct listed l = {0};
    bool waits;
    char name[32];
    spool_bench_begin(&b);
    const struct store *s = &b.spool, *remote = &b.remote.store;
    for (int i = 0; i < 10; i++) {
        snprintf(name, sizeof(name), "r/a/%d", i);
        EXPECT_EQ(s->put(s->ctx, name, bytes_of("abc", 3)), OK);
    }
    spool_bench_run(&b, b.now);
    EXPECT_EQ(s->waits(s->ctx, "r/a/", &waits), OK);
    EXPECT(!waits);
    for (int i = 10; i < 15; i++) {
        snprintf(name, sizeof(name), "r/a/%d", i);
        EXPECT_EQ(s->put(s->ctx, name, bytes_of("abc", 3)), OK);
    }
    EXPECT_EQ(s->put(s->ctx, "r/b/1", bytes_of("abc", 3)), OK);
    /* On its way: in both. */
    EXPECT_EQ(remote->put(remote->ctx, "r/a/12", bytes_of("abc", 3)), OK);
    EXPECT_EQ(s->list(s->ctx, "r/a/", note_listed, &l), OK);
    EXPECT_EQ(l.n, 15);
    EXPECT_EQ(l.bytes, 45);
    EXPECT_EQ(s->waits(s->ctx, "r/a/", &waits), OK);
    EXPECT(waits);
    EXPECT_EQ(s->waits(s->ctx, "r/none/", &waits), OK);
    EXPECT(!waits);
    EXPECT_EQ(s->list(s->ctx, "r/a", note_listed, &l), ERR_FORMAT);
    /* Half a list is none. */
    offline(&b);
    EXPECT_EQ(s->list(s->ctx, "r/a/", note_listed, &l), ERR_IO);
    spool_bench_end(&b);
}

TEST(store_spool_removes_in_both_places) {
    struct spool_bench b;
    spool_bench_begin(&b);
    const struct store *s = &b.spool, *remote = &b.remote.store;
    EXPECT_EQ(s->put(s->ctx, "r/a/1", bytes_of("abc", 3)), OK);
    EXPECT_EQ(remote->put(remote->ctx, "r/a/1", bytes_of("abc", 3)), OK);
    offline(&b);
    EXPECT_EQ(s->remove(s->ctx, "r/a/1"), ERR_IO); /* to be called again */
    online(&b);
    EXPECT_EQ(s->remove(s->ctx, "r/a/1"), OK);
    EXPECT(fake_s3_find(&b.remote.service, "r/a/1") == NULL);
    uint64_t size;
    EXPECT_EQ(s->size(s->ctx, "r/a/1", &size), ERR_UNKNOWN);
    spool_bench_end(&b);
}

TEST(store_spool_identity_is_of_the_remote_store) {
    struct spool_bench b;
    uint64_t size = 0;
    uint8_t out[8];
    spool_bench_begin(&b);
    const struct store *s = &b.spool;
    /* The first use needs the remote store. */
    offline(&b);
    EXPECT_EQ(s->size(s->ctx, STORE_IDENTITY, &size), ERR_IO);
    EXPECT_EQ(s->put(s->ctx, STORE_IDENTITY, bytes_of("one", 3)), ERR_IO);
    online(&b);
    EXPECT_EQ(s->size(s->ctx, STORE_IDENTITY, &size), ERR_UNKNOWN);
    EXPECT_EQ(s->put(s->ctx, STORE_IDENTITY, bytes_of("one", 3)), OK);
    EXPECT_EQ(s->put(s->ctx, STORE_IDENTITY, bytes_of("two", 3)), ERR_EXISTS);
    /* Later ones do not, when the folder was given its copy. */
    EXPECT(s->near == &b.writer_local);
    EXPECT_EQ(s->near->put(s->near->ctx, STORE_IDENTITY, bytes_of("one", 3)), OK);
    offline(&b);
    EXPECT_EQ(s->size(s->ctx, STORE_IDENTITY, &size), OK);
    EXPECT_EQ(s->read(s->ctx, STORE_IDENTITY, 0, out, 3), OK);
    EXPECT(memcmp(out, "one", 3) == 0);
    /* When it can be asked it is, and it has the last word. */
    online(&b);
    fake_s3_find(&b.remote.service, STORE_IDENTITY)->p[0] = 'x';
    EXPECT_EQ(s->read(s->ctx, STORE_IDENTITY, 0, out, 3), OK);
    EXPECT(memcmp(out, "xne", 3) == 0);
    /* Of what it says no copy is taken here: it may be another store. */
    offline(&b);
    EXPECT_EQ(s->read(s->ctx, STORE_IDENTITY, 0, out, 3), OK);
    EXPECT(memcmp(out, "one", 3) == 0);
    online(&b);
    EXPECT_EQ(b.remote.store.remove(b.remote.store.ctx, STORE_IDENTITY), OK);
    EXPECT_EQ(s->size(s->ctx, STORE_IDENTITY, &size), ERR_UNKNOWN);
    spool_bench_end(&b);
}

static us_t bench_clock(void *ctx) {
    return ((struct spool_bench *)ctx)->now;
}

static void hang(void *ctx) {
    ((struct spool_bench *)ctx)->now += 20 * US_PER_S;
}

TEST(store_spool_does_not_wait_again_and_again_for_a_store_that_hangs) {
    struct spool_bench b;
    struct store s;
    struct listed l = {0};
    uint64_t size;
    uint8_t out[4];
    spool_bench_begin(&b);
    struct spool_config c = {.local = &b.writer_local,
                             .remote = &b.remote.store,
                             .write = true,
                             .clock = bench_clock,
                             .clock_ctx = &b};
    REQUIRE(store_spool_open(&c, &s) == OK);
    EXPECT_EQ(s.put(s.ctx, "r/a/1", bytes_of("abc", 3)), OK);
    /* A failure that is told at once costs nothing: the next is asked. */
    offline(&b);
    EXPECT_EQ(s.size(s.ctx, "r/a/2", &size), ERR_IO);
    EXPECT_EQ(s.size(s.ctx, "r/a/2", &size), ERR_IO);
    EXPECT_EQ(b.remote.fault.asked, 2);
    /* One that took 20 s is not repeated for a while. */
    b.remote.fault.stall = hang;
    b.remote.fault.stall_ctx = &b;
    b.remote.fault.at = b.remote.fault.asked;
    us_t before = b.now;
    EXPECT_EQ(s.size(s.ctx, "r/a/2", &size), ERR_IO);
    EXPECT_EQ(s.read(s.ctx, "r/a/2", 0, out, 1), ERR_IO);
    EXPECT_EQ(s.list(s.ctx, "r/a/", note_listed, &l), ERR_IO);
    EXPECT_EQ(s.remove(s.ctx, "r/a/2"), ERR_IO);
    EXPECT(strstr(store_why(&s), "cannot be reached") != NULL);
    EXPECT_EQ(b.remote.fault.asked, 3);
    EXPECT_EQ(b.now, before + 20 * US_PER_S);
    EXPECT_EQ(s.size(s.ctx, "r/a/1", &size), OK); /* what is here goes on */
    EXPECT_EQ(s.put(s.ctx, "r/a/3", bytes_of("abc", 3)), OK);
    online(&b);
    b.now += SPOOL_REST;
    EXPECT_EQ(s.size(s.ctx, "r/a/2", &size), ERR_UNKNOWN);
    EXPECT_EQ(s.list(s.ctx, "r/a/", note_listed, &l), OK);
    store_spool_close(&s);
    spool_bench_end(&b);
}

static void count_notes(void *ctx) {
    ++*(unsigned *)ctx;
}

TEST(store_spool_tells_of_puts_and_a_library_may_put) {
    struct spool_bench b;
    struct store s;
    unsigned notes = 0;
    uint64_t size;
    char path[PATH_MAX + 16];
    spool_bench_begin(&b);
    struct spool_config c = {.local = &b.writer_local,
                             .remote = &b.remote.store,
                             .write = true,
                             .note = count_notes,
                             .note_ctx = &notes};
    REQUIRE(store_spool_open(&c, &s) == OK);
    EXPECT_EQ(s.put(s.ctx, "r/1", bytes_of("abc", 3)), OK);
    EXPECT_EQ(s.put(s.ctx, "r/1", bytes_of("abc", 3)), ERR_EXISTS);
    EXPECT_EQ(notes, 1);
    store_spool_close(&s);
    /* A library beside it shreds, and puts the manifest that says so; a put of the recorder that is
     * under way is not disturbed, nor is the limit forgotten. */
    snprintf(path, sizeof(path), "%s/tmp", b.dir);
    CHECK(mkdir(path, 0700) == 0 || errno == EEXIST);
    snprintf(path, sizeof(path), "%s/tmp/123-4", b.dir);
    FILE *f = fopen(path, "w");
    REQUIRE(f != NULL);
    fclose(f);
    c.write = false;
    c.limit = 6;
    REQUIRE(store_spool_open(&c, &s) == OK);
    EXPECT_EQ(s.put(s.ctx, STORE_IDENTITY, bytes_of("abc", 3)), ERR_WRONG_STATE);
    EXPECT_EQ(s.put(s.ctx, "r/2", bytes_of("abcd", 4)), ERR_NOSPACE);
    EXPECT_EQ(s.put(s.ctx, "r/2", bytes_of("abc", 3)), OK);
    EXPECT_EQ(access(path, F_OK), 0);
    EXPECT_EQ(s.size(s.ctx, "r/1", &size), OK);
    EXPECT_EQ(s.remove(s.ctx, "r/1"), OK);
    EXPECT_EQ(s.size(s.ctx, "r/1", &size), ERR_UNKNOWN);
    store_spool_close(&s);
    spool_bench_end(&b);
}

TEST(store_spool_cleans_up_after_interrupted_puts) {
    struct spool_bench b;
    char path[PATH_MAX + 16];
    spool_bench_begin(&b);
    snprintf(path, sizeof(path), "%s/tmp", b.dir);
    CHECK(mkdir(path, 0700) == 0);
    snprintf(path, sizeof(path), "%s/tmp/123-4", b.dir);
    FILE *f = fopen(path, "w");
    REQUIRE(f != NULL);
    fclose(f);
    EXPECT_EQ(spool_bench_put(&b, "r/a/1", 10), OK);
    EXPECT(access(path, F_OK) != 0);
    spool_bench_end(&b);
}

TEST(store_spool_has_limits) {
    struct spool_bench b;
    struct store s;
    static uint8_t large[600];
    spool_bench_begin(&b);
    struct spool_config c = {
        .local = &b.writer_local, .remote = &b.remote.store, .write = true, .limit = 1000};
    EXPECT_EQ(spool_bench_put(&b, "r/a/0", 300), OK);
    REQUIRE(store_spool_open(&c, &s) == OK);
    EXPECT_EQ(s.put(s.ctx, "r/a/1", bytes_of(large, 600)),
              OK); /* 900 wait, of an earlier process, too */
    EXPECT_EQ(s.put(s.ctx, "r/a/2", bytes_of(large, 101)), ERR_NOSPACE);
    EXPECT(strstr(store_why(&s), "900 bytes wait") != NULL);
    EXPECT_EQ(s.put(s.ctx, "r/a/3", bytes_of(large, 100)), OK);
    EXPECT_EQ(s.put(s.ctx, "r/a/4", bytes_of(large, 1)), ERR_NOSPACE);
    spool_bench_run(&b, b.now);
    EXPECT_EQ(s.put(s.ctx, "r/a/4", bytes_of(large, 600)), OK);
    store_spool_close(&s);
    /* The reserve of the disk. */
    struct file_space space;
    EXPECT_EQ(store_local_space(&b.writer_local, &space), OK);
    c.limit = 0;
    c.reserve = space.total;
    REQUIRE(store_spool_open(&c, &s) == OK);
    EXPECT_EQ(s.put(s.ctx, "r/a/5", bytes_of(large, 1)), ERR_NOSPACE);
    EXPECT(strstr(store_why(&s), "reserved") != NULL);
    store_spool_close(&s);
    c.reserve = 1;
    REQUIRE(store_spool_open(&c, &s) == OK);
    EXPECT_EQ(s.put(s.ctx, "r/a/5", bytes_of(large, 1)), OK);
    store_spool_close(&s);
    spool_bench_end(&b);
}

TEST(store_spool_a_disk_that_fails_is_said) {
    struct spool_bench b;
    struct store s;
    struct file_space space;
    spool_bench_begin(&b);
    EXPECT_EQ(store_local_space(&b.local, &space), OK);
    struct spool_config c = {
        .local = &b.local, .remote = &b.remote.store, .write = true, .reserve = 1};
    REQUIRE(store_spool_open(&c, &s) == OK);
    static const struct {
        enum file_op op;
        int error;
        enum err said;
    } cases[] = {
        {FILE_WRITE, ENOSPC, ERR_NOSPACE}, {FILE_WRITE, EIO, ERR_IO}, {FILE_SPACE, EIO, ERR_IO}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        b.files.which = cases[i].op;
        b.files.error = cases[i].error;
        b.files.mode = FILE_FAULT_ONCE;
        b.files.seen = b.files.at = 0;
        EXPECT_EQ(s.put(s.ctx, "r/1", bytes_of("abc", 3)), cases[i].said);
    }
    EXPECT_EQ(s.put(s.ctx, "r/1", bytes_of("abc", 3)), OK);
    store_spool_close(&s);
    spool_bench_end(&b);
}
