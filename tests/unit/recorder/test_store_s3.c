#include "recorder/store/store_s3.h"

#include "tests/unit/recorder/bench_s3.h"
#include "tests/unit/test.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

TEST(store_s3_keeps_objects_whole) {
    struct s3_bench b;
    uint64_t size = 0;
    uint8_t out[16];
    s3_bench_begin(&b);
    for (int style = 0; style < 2; style++) {
        b.config.virtual_host = b.service.virtual_host = style == 1;
        b.config.prefix = style ? NULL : "oriel/a/";
        s3_bench_open(&b);
        const struct store *s = &b.store;
        EXPECT_EQ(s->put(s->ctx, "r/x/1.seg", bytes_of("0123456789", 10)), OK);
        EXPECT(fake_s3_find(&b.service, style ? "r/x/1.seg" : "oriel/a/r/x/1.seg") != NULL);
        EXPECT_EQ(s->put(s->ctx, "r/x/1.seg", bytes_of("another", 7)), ERR_EXISTS);
        EXPECT_EQ(s->put(s->ctx, "empty", bytes_of(NULL, 0)), OK);
        EXPECT_EQ(s->size(s->ctx, "r/x/1.seg", &size), OK);
        EXPECT_EQ(size, 10);
        EXPECT_EQ(s->read(s->ctx, "r/x/1.seg", 3, out, 4), OK);
        EXPECT(memcmp(out, "3456", 4) == 0);
        EXPECT_EQ(s->read(s->ctx, "r/x/1.seg", 7, out, 4), ERR_RANGE);
        EXPECT_EQ(s->read(s->ctx, "r/x/1.seg", 10, out, 1), ERR_RANGE);
        EXPECT_EQ(s->read(s->ctx, "r/x/1.seg", 11, out, 1), ERR_RANGE);
        EXPECT_EQ(s->read(s->ctx, "r/x/1.seg", UINT64_MAX, out, 1), ERR_RANGE);
        EXPECT_EQ(s->size(s->ctx, "empty", &size), OK);
        EXPECT_EQ(size, 0);
        EXPECT_EQ(s->size(s->ctx, "none", &size), ERR_UNKNOWN);
        EXPECT_EQ(s->read(s->ctx, "none", 0, out, 1), ERR_UNKNOWN);
        EXPECT_EQ(s->remove(s->ctx, "r/x/1.seg"), OK);
        EXPECT_EQ(s->size(s->ctx, "r/x/1.seg", &size), ERR_UNKNOWN);
        EXPECT_EQ(s->put(s->ctx, "../x", bytes_of("x", 1)), ERR_FORMAT);
        EXPECT_EQ(s->size(s->ctx, "../x", &size), ERR_FORMAT);
        EXPECT_EQ(s->read(s->ctx, "../x", 0, out, 1), ERR_FORMAT);
        EXPECT_EQ(s->remove(s->ctx, "../x"), ERR_FORMAT);
    }
    s3_bench_end(&b);
}

TEST(store_s3_reads_without_knowing_the_size) {
    struct s3_bench b;
    uint8_t out[8];
    s3_bench_begin(&b);
    s3_bench_open(&b);
    EXPECT_EQ(b.store.put(b.store.ctx, "x", bytes_of("0123456789", 10)), OK);
    for (int ranges = 0; ranges < 2; ranges++) {
        b.service.ignores_ranges = ranges == 1;
        b.service.heads = b.service.gets = 0;
        struct store_part p = {.at = 4, .out = out, .n = 8};
        EXPECT_EQ(store_peek(&b.store, "x", &p), OK);
        EXPECT_EQ(p.got, 6);
        EXPECT_EQ(p.size, 10);
        EXPECT(memcmp(out, "456789", 6) == 0);
        EXPECT_EQ(b.service.heads, 0);
        EXPECT_EQ(b.service.gets, 1);
        p.at = 10;
        EXPECT_EQ(store_peek(&b.store, "x", &p), OK);
        EXPECT_EQ(p.got, 0);
        p.at = 11;
        EXPECT_EQ(store_peek(&b.store, "x", &p), ERR_RANGE);
    }
    s3_bench_end(&b);
}

TEST(store_s3_digests) {
    struct s3_bench b;
    struct store_digest d, right;
    static uint8_t large[(2u << 20) + 7];
    s3_bench_begin(&b);
    s3_bench_open(&b);
    large[sizeof(large) - 1] = 1;
    EXPECT_EQ(store_digest_bytes(bytes_of(large, sizeof(large)), &right), OK);
    EXPECT_EQ(b.store.put(b.store.ctx, "x", bytes_of(large, sizeof(large))), OK);
    /* The service's own account: nothing is read. */
    EXPECT_EQ(store_digest_of(&b.store, "x", &d), OK);
    EXPECT(store_digest_eq(&d, &right));
    EXPECT_EQ(b.service.gets, 0);
    /* It keeps none: everything is read, in pieces. */
    b.service.no_checksums = true;
    EXPECT_EQ(store_digest_of(&b.store, "x", &d), OK);
    EXPECT(store_digest_eq(&d, &right));
    EXPECT_EQ(b.service.gets, 3);
    /* It changed what it was given. */
    fake_s3_find(&b.service, "oriel/a/x")->p[5] ^= 1;
    EXPECT_EQ(store_digest_of(&b.store, "x", &d), OK);
    EXPECT(!store_digest_eq(&d, &right));
    EXPECT_EQ(store_digest_of(&b.store, "none", &d), ERR_UNKNOWN);
    s3_bench_end(&b);
}

struct listed {
    unsigned n;
    uint64_t bytes;
    const struct store *store; /* removed from while listing */
};

static void note_listed(void *ctx, const char *name, uint64_t size) {
    struct listed *l = ctx;
    EXPECT(strncmp(name, "r/x/", 4) == 0);
    l->n++;
    l->bytes += size;
    if (l->store) {
        uint64_t again;
        EXPECT_EQ(l->store->size(l->store->ctx, name, &again), OK);
    }
}

TEST(store_s3_lists_page_by_page) {
    struct s3_bench b;
    struct listed l = {0};
    char name[64];
    s3_bench_begin(&b);
    s3_bench_open(&b);
    for (int i = 0; i < 25; i++) {
        snprintf(name, sizeof(name), "r/x/%d", i);
        EXPECT_EQ(b.store.put(b.store.ctx, name, bytes_of("ab", 2)), OK);
    }
    EXPECT_EQ(b.store.put(b.store.ctx, "r/y/1", bytes_of("a", 1)), OK);
    /* Somebody else's keys, which no object of ours can have. */
    strcpy(b.service.objects[3].key, "oriel/a/r/x/with space");
    strcpy(b.service.objects[4].key, "oriel/a/r/x/");
    b.service.page = 4;
    l.store = &b.store;
    EXPECT_EQ(b.store.list(b.store.ctx, "r/x/", note_listed, &l), OK);
    EXPECT_EQ(l.n, 23);
    EXPECT_EQ(l.bytes, 46);
    EXPECT(b.service.lists >= 7);
    EXPECT_EQ(b.store.list(b.store.ctx, "r/none/", note_listed, &l), OK);
    EXPECT_EQ(b.store.list(b.store.ctx, "r/x", note_listed, &l), ERR_FORMAT);
    EXPECT_EQ(b.store.list(b.store.ctx, "../", note_listed, &l), ERR_FORMAT);
    EXPECT_EQ(b.store.list(b.store.ctx, "/", note_listed, &l), ERR_FORMAT);
    EXPECT_EQ(l.n, 23);
    /* A list that never ends is no list. */
    b.service.endless_lists = true;
    EXPECT_EQ(b.store.list(b.store.ctx, "r/none/", note_listed, &l), ERR_IO);
    EXPECT_EQ(store_s3_trouble(&b.store), S3_BAD_ANSWER);
    s3_bench_end(&b);
}

TEST(store_s3_encryption_is_what_the_answer_says) {
    struct s3_bench b;
    struct store_digest d;
    s3_bench_begin(&b);
    b.config.encryption = S3_ENCRYPTION_KMS;
    b.config.kms_key = "key-1";
    s3_bench_open(&b);
    EXPECT_EQ(b.store.put(b.store.ctx, "good", bytes_of("x", 1)), OK);
    EXPECT_STR(fake_s3_find(&b.service, "oriel/a/good")->encryption, "aws:kms");
    EXPECT_EQ(store_digest_of(&b.store, "good", &d), OK);
    /* The header is ignored: the object is not left there. */
    b.service.ignores_encryption = true;
    EXPECT_EQ(b.store.put(b.store.ctx, "clear", bytes_of("x", 1)), ERR_IO);
    EXPECT_EQ(store_s3_trouble(&b.store), S3_NOT_ENCRYPTED);
    EXPECT(strstr(store_why(&b.store), "removed again") != NULL);
    EXPECT(fake_s3_find(&b.service, "oriel/a/clear") == NULL);
    /* It was stored so by somebody else: a proof of it is refused, reading is not. */
    fake_s3_find(&b.service, "oriel/a/good")->encryption[0] = '\0';
    EXPECT_EQ(store_digest_of(&b.store, "good", &d), ERR_IO);
    EXPECT_EQ(store_s3_trouble(&b.store), S3_NOT_ENCRYPTED);
    uint8_t byte;
    EXPECT_EQ(b.store.read(b.store.ctx, "good", 0, &byte, 1), OK);
    /* Under another key than the one named. */
    b.service.ignores_encryption = false;
    b.config.kms_key = NULL;
    s3_bench_open(&b);
    EXPECT_EQ(b.store.put(b.store.ctx, "own", bytes_of("x", 1)), OK);
    b.config.kms_key = "alias/tours";
    s3_bench_open(&b);
    EXPECT_EQ(b.store.put(b.store.ctx, "alias", bytes_of("x", 1)), OK);
    s3_bench_end(&b);
}

/* An answer of the service, and what is made of it. */
static const struct refusal {
    int status;
    const char *code, *more;
    enum err error;
    enum s3_trouble trouble;
    const char *says;
} refusals[] = {
    {403, "AccessDenied", "", ERR_IO, S3_DENIED, "allow s3:PutObject"},
    {404, "NoSuchBucket", "", ERR_IO, S3_NO_BUCKET, "create the bucket"},
    {403, "RequestTimeTooSkewed", "", ERR_IO, S3_CLOCK, "clock"},
    {400, "AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>", ERR_IO, S3_REGION,
     "(eu-west-1)"},
    {301, "PermanentRedirect", "", ERR_IO, S3_REGION, "endpoint"},
    {400, "KMS.DisabledException", "", ERR_IO, S3_KEY_SERVICE, "check the key"},
    {403, "AccessDenied", "<Message>no kms:GenerateDataKey</Message>", ERR_IO, S3_KEY_SERVICE,
     "check the key"},
    {403, "QuotaExceeded", "", ERR_NOSPACE, S3_FULL, "quota"},
    {503, "SlowDown", "", ERR_IO, S3_BUSY, "tried again"},
    {409, "ConditionalRequestConflict", "", ERR_IO, S3_BUSY, "tried again"},
    {400, "BadDigest", "", ERR_IO, S3_BAD_ANSWER, "damaged on its way"},
    {418, "Teapot", "", ERR_IO, S3_BAD_ANSWER, "Teapot"},
};

TEST(store_s3_says_what_is_wrong) {
    struct s3_bench b;
    char body[512];
    uint8_t byte;
    s3_bench_begin(&b);
    s3_bench_open(&b);
    EXPECT_EQ(b.store.put(b.store.ctx, "x", bytes_of("x", 1)), OK);
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        const struct refusal *r = &refusals[i];
        snprintf(body, sizeof(body), "<Error><Code>%s</Code>%s</Error>", r->code, r->more);
        b.fault.mode = HTTP_FAULT_STATUS;
        b.fault.status = r->status;
        b.fault.body = body;
        b.fault.at = b.fault.asked;
        EXPECT_EQ(b.store.put(b.store.ctx, "y", bytes_of("y", 1)), r->error);
        EXPECT_EQ(store_s3_trouble(&b.store), r->trouble);
        if (!strstr(store_why(&b.store), r->says)) {
            test_fail(__FILE__, __LINE__, "%s: %s", r->code, store_why(&b.store));
        }
        b.fault.at = b.fault.asked;
        EXPECT_EQ(b.store.read(b.store.ctx, "x", 0, &byte, 1), r->error);
        EXPECT_EQ(store_s3_trouble(&b.store), r->trouble);
    }
    /* Without a word in XML the status must do, and never is an object called missing. */
    static const struct {
        int status;
        enum s3_trouble trouble;
    } bare[] = {{500, S3_BUSY},       {429, S3_BUSY},       {403, S3_DENIED},  {302, S3_REGION},
                {404, S3_BAD_ANSWER}, {400, S3_BAD_ANSWER}, {0, S3_BAD_ANSWER}};
    for (size_t i = 0; i < ARRAY_LEN(bare); i++) {
        b.fault.status = bare[i].status;
        b.fault.body = i % 2 ? "<html>" : "";
        b.fault.at = b.fault.asked;
        EXPECT_EQ(b.store.read(b.store.ctx, "x", 0, &byte, 1), ERR_IO);
        EXPECT_EQ(store_s3_trouble(&b.store), bare[i].trouble);
    }
    b.fault.mode = HTTP_FAULT_BEFORE;
    b.fault.at = b.fault.asked;
    EXPECT_EQ(b.store.read(b.store.ctx, "x", 0, &byte, 1), ERR_IO);
    EXPECT_EQ(store_s3_trouble(&b.store), S3_UNREACHABLE);
    EXPECT_STR(s3_trouble_name(S3_UNREACHABLE), "unreachable");
    s3_bench_end(&b);
}

TEST(store_s3_a_bucket_that_is_gone_is_no_object_that_is_gone) {
    struct s3_bench b;
    uint64_t size = 0;
    s3_bench_begin(&b);
    s3_bench_open(&b);
    b.service.no_bucket = true;
    /* HEAD answers 404 to both. */
    EXPECT_EQ(b.store.size(b.store.ctx, "x", &size), ERR_IO);
    EXPECT_EQ(store_s3_trouble(&b.store), S3_NO_BUCKET);
    b.service.no_bucket = false;
    b.service.skew = 20 * 60 * US_PER_S;
    EXPECT_EQ(b.store.size(b.store.ctx, "x", &size), ERR_IO);
    EXPECT_EQ(store_s3_trouble(&b.store), S3_CLOCK);
    s3_bench_end(&b);
}

TEST(store_s3_does_not_believe_every_answer) {
    static const char *const ranges[] = {"",
                                         "Content-Range: bytes 0-1/10\r\n",
                                         "Content-Range: bytes 1-3/10\r\n",
                                         "x: y\r\n",
                                         "Content-Range: bytes 0-9/\r\n",
                                         "Content-Range: bytes 0-2/2\r\n",
                                         "Content-Range: 0-2/10\r\n",
                                         "Content-Range: bytes -1-2/10\r\n",
                                         "Content-Range: bytes 0-99999999999999999999/10\r\n"};
    struct s3_bench b;
    uint8_t out[4];
    s3_bench_begin(&b);
    s3_bench_open(&b);
    EXPECT_EQ(b.store.put(b.store.ctx, "x", bytes_of("0123456789", 10)), OK);
    /* A body that is shorter than its headers say. */
    b.fault.mode = HTTP_FAULT_SHORT;
    b.fault.at = b.fault.asked;
    EXPECT_EQ(b.store.read(b.store.ctx, "x", 0, out, 4), ERR_IO);
    EXPECT_EQ(store_s3_trouble(&b.store), S3_BAD_ANSWER);
    b.fault.mode = HTTP_FAULT_STATUS;
    b.fault.status = 206;
    b.fault.body = "012";
    for (size_t i = 0; i < ARRAY_LEN(ranges); i++) {
        b.fault.headers = ranges[i];
        b.fault.at = b.fault.asked;
        EXPECT_EQ(b.store.read(b.store.ctx, "x", 0, out, 3), ERR_IO);
    }
    b.fault.headers = "Content-Range: bytes 0-2/10\r\n";
    b.fault.at = b.fault.asked;
    EXPECT_EQ(b.store.read(b.store.ctx, "x", 0, out, 3), OK);
    s3_bench_end(&b);
}

TEST(store_s3_credentials_are_read_again_when_refused) {
    struct s3_bench b;
    uint64_t size;
    s3_bench_begin(&b);
    b.service.session_token = "first";
    s3_bench_secret(&b, 2, "first");
    b.config.session_token_file = b.files[2];
    s3_bench_open(&b);
    EXPECT_EQ(b.store.put(b.store.ctx, "x", bytes_of("x", 1)), OK);
    b.service.session_token = "second";
    EXPECT_EQ(b.store.put(b.store.ctx, "y", bytes_of("y", 1)), ERR_IO);
    EXPECT_EQ(store_s3_trouble(&b.store), S3_DENIED);
    s3_bench_secret(&b, 2, "second\n");
    EXPECT_EQ(b.store.put(b.store.ctx, "y", bytes_of("y", 1)), OK);
    /* All three at once, found out by a HEAD, whose answer gives no reason. */
    b.service.session_token = "third";
    b.service.access_key = "AKOTHER";
    b.service.secret_key = "other";
    s3_bench_secret(&b, 0, "AKOTHER");
    s3_bench_secret(&b, 1, "other");
    s3_bench_secret(&b, 2, "third");
    EXPECT_EQ(b.store.size(b.store.ctx, "y", &size), OK);
    /* Files that are gone change nothing while what they held is accepted. */
    unlink(b.files[1]);
    EXPECT_EQ(b.store.size(b.store.ctx, "y", &size), OK);
    s3_bench_end(&b);
}

static enum err open_with(struct s3_bench *b, const struct s3_config *c, const char *says) {
    char why[WHY_MAX] = "";
    struct store s = {0};
    enum err e = store_s3_open(c, &s, why);
    (void)b;
    if (e != OK && !strstr(why, says)) {
        test_fail(__FILE__, __LINE__, "\"%s\" does not say \"%s\"", why, says);
    }
    store_s3_close(&s);
    return e;
}

TEST(store_s3_configuration_is_checked) {
    struct s3_bench b;
    s3_bench_begin(&b);
    static const char *const endpoints[] = {
        "",   "s3.example.com", "ftp://h", "http://",   "http://a/b", "http://u:p@host",
        NULL, "https://h?x",    "://h",    "http://a b"};
    for (size_t i = 0; i < ARRAY_LEN(endpoints); i++) {
        struct s3_config c = b.config;
        c.endpoint = endpoints[i];
        EXPECT_EQ(open_with(&b, &c, "endpoint"), ERR_FORMAT);
    }
#define WRONG(field, value, says)                       \
    do {                                                \
        struct s3_config c = b.config;                  \
        c.field = (value);                              \
        EXPECT_EQ(open_with(&b, &c, says), ERR_FORMAT); \
    } while (0)
    WRONG(bucket, "ab", "bucket");
    WRONG(bucket, "a/b", "bucket");
    WRONG(bucket, NULL, "bucket");
    WRONG(region, "", "region");
    WRONG(region, "a\nb", "region");
    WRONG(prefix, "oriel", "prefix");
    WRONG(prefix, "/oriel/", "prefix");
    WRONG(prefix, "/", "prefix");
    WRONG(prefix, "../", "prefix");
    WRONG(kms_key, "k", "aws:kms");
    WRONG(access_key_file, NULL, "named");
    WRONG(secret_key_file, "", "named");
#undef WRONG
    struct s3_config c = b.config;
    c.secret_key_file = "/does/not/exist";
    EXPECT_EQ(open_with(&b, &c, "/does/not/exist: No such file"), ERR_IO);
    c.secret_key_file = b.files[1];
    chmod(b.files[1], 0644);
    EXPECT_EQ(open_with(&b, &c, "chmod 0600"), ERR_IO);
    chmod(b.files[1], 0640);
    EXPECT_EQ(open_with(&b, &c, "chmod 0600"), ERR_IO);
    chmod(b.files[1], 0620);
    EXPECT_EQ(open_with(&b, &c, "chmod 0600"), ERR_IO);
    chmod(b.files[1], 0400);
    EXPECT_EQ(open_with(&b, &c, ""), OK);
    /* As systemd gives one: the mask of its ACL looks like a right of the group. */
    chmod(b.files[1], 0440);
    CHECK(setenv("CREDENTIALS_DIRECTORY", b.scratch.dir, 1) == 0);
    EXPECT_EQ(open_with(&b, &c, ""), OK);
    CHECK(unsetenv("CREDENTIALS_DIRECTORY") == 0);
    EXPECT_EQ(open_with(&b, &c, "chmod 0600"), ERR_IO);
    chmod(b.files[1], 0600);
    s3_bench_secret(&b, 1, "two words\n");
    EXPECT_EQ(open_with(&b, &c, "one line"), ERR_FORMAT);
    s3_bench_secret(&b, 1, " \n");
    EXPECT_EQ(open_with(&b, &c, "one line"), ERR_FORMAT);
    s3_bench_end(&b);
}

TEST(store_s3_links) {
    struct s3_bench b;
    struct buffer link = {0};
    s3_bench_begin(&b);
    s3_bench_open(&b);
    EXPECT_EQ(store_s3_link(&b.store, "r/x", 600, &link), OK);
    EXPECT(strncmp(link.p, "https://s3.example.com/tours/oriel/a/r/x?X-Amz-Algorithm=", 57) == 0);
    EXPECT(strstr(link.p, "&X-Amz-Expires=600&") != NULL);
    buffer_cut(&link, 0);
    EXPECT_EQ(store_s3_link(&b.store, "../x", 600, &link), ERR_FORMAT);
    EXPECT_EQ(store_s3_link(&b.store, "r/x", 0, &link), ERR_RANGE);
    buffer_free(&link);
    s3_bench_end(&b);
}

TEST_ALLOC(store_s3_without_memory) {
    struct s3_bench b;
    char why[WHY_MAX];
    uint8_t out[2];
    s3_bench_begin(&b);
    b.service.no_checksums = true;
    enum err e = store_s3_open(&b.config, &b.store, why);
    EXPECT_EQ(e, mem_failed() ? ERR_NOMEM : OK);
    if (e == OK) {
        struct listed l = {0};
        struct store_digest d;
        e = b.store.put(b.store.ctx, "r/x/1", bytes_of("abc", 3));
        e = e == OK ? b.store.read(b.store.ctx, "r/x/1", 1, out, 2) : e;
        e = e == OK ? b.store.list(b.store.ctx, "r/x/", note_listed, &l) : e;
        e = e == OK ? store_digest_of(&b.store, "r/x/1", &d) : e;
        EXPECT(e == OK || mem_failed());
        EXPECT(e == OK || e == ERR_NOMEM || e == ERR_IO);
    }
    s3_bench_end(&b);
}
