#include "base/record_log.h"

#include "tests/unit/test.h"

#define SIZE 4096

static const struct record_log_of of = {.version = 3, .time = 77, .turn = 9};

static struct log_record record(uint16_t kind, uint64_t key, const char *text) {
    return (struct log_record){
        .kind = kind, .key = key, .sub = key + 1, .bytes = bytes_of(text, strlen(text))};
}

/* Its records as text, "!" of what is gone; what it is when it cannot be read. */
static const char *text_of(const void *p, size_t n) {
    static char text[SIZE];
    struct record_reader r;
    struct log_record got;
    size_t len = 0;
    enum err e = record_log_read(bytes_of(p, n), &r);
    if (e != OK) {
        return err_name(e);
    }
    EXPECT_EQ(r.of.version, of.version);
    EXPECT_EQ(r.of.time, of.time);
    EXPECT_EQ(r.of.turn, of.turn);
    text[0] = '\0';
    while (record_log_next(&r, &got)) {
        EXPECT_EQ(got.sub, got.key + 1);
        EXPECT(!got.gone || got.bytes.n == 0);
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%u.%u%s%.*s ", got.kind,
                                (unsigned)got.key, got.gone ? "!" : ":", (int)got.bytes.n,
                                (const char *)got.bytes.p);
    }
    return text;
}

static uint64_t memory[SIZE / 8];

static struct record_log new_log(size_t n) {
    struct record_log l;
    memset(memory, 0, sizeof(memory));
    record_log_begin(&l, &of, memory, n);
    return l;
}

TEST(record_log_gives_back_what_was_put_in) {
    struct record_log l = new_log(SIZE);
    EXPECT_STR(text_of(memory, SIZE), "unknown");
    EXPECT_EQ(record_log_commit(&l), OK); /* an empty batch is none */
    EXPECT_STR(text_of(memory, SIZE), "unknown");
    record_log_put(&l, &(struct log_record){.kind = 1, .key = 5, .sub = 6});
    struct log_record r = record(2, 6, "seven by");
    record_log_put(&l, &r);
    EXPECT_EQ(record_log_commit(&l), OK);
    r = record(2, 6, "nine");
    r.gone = true; /* then it has no bytes, whatever it says */
    record_log_put(&l, &r);
    r = record(65535, 0, "x");
    record_log_put(&l, &r);
    EXPECT_EQ(record_log_commit(&l), OK);
    EXPECT_STR(text_of(memory, SIZE), "1.5: 2.6:seven by 2.6! 65535.0:x ");
    record_log_spoil(&l);
    EXPECT_STR(text_of(memory, SIZE), "unknown");
}

/* The memory as a process leaves it that is killed anywhere in a batch: with any number of the
 * bytes of it written, the end not moved. */
TEST(record_log_has_a_batch_whole_or_not_at_all) {
    struct record_log l = new_log(SIZE);
    static uint8_t before[SIZE], now[SIZE];
    struct log_record r = record(1, 1, "first");
    record_log_put(&l, &r);
    EXPECT_EQ(record_log_commit(&l), OK);
    memcpy(before, memory, SIZE);
    const char *texts[] = {"second", "", "a third one"};
    size_t from = l.open;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        r = record(2, i, texts[i]);
        record_log_put(&l, &r);
    }
    for (size_t n = from; n <= l.open; n++) {
        memcpy(now, before, SIZE);
        memcpy(now + from, (uint8_t *)memory + from, n - from);
        EXPECT_STR(text_of(now, SIZE), "1.1:first ");
    }
    EXPECT_EQ(record_log_commit(&l), OK);
    EXPECT_STR(text_of(memory, SIZE), "1.1:first 2.0:second 2.1: 2.2:a third one ");
}

TEST(record_log_that_was_written_over_is_not_trusted) {
    struct record_log l = new_log(SIZE);
    struct log_record r = record(1, 1, "a record of ours");
    record_log_put(&l, &r);
    r = record(2, 2, "another");
    record_log_put(&l, &r);
    EXPECT_EQ(record_log_commit(&l), OK);
    static uint8_t copy[SIZE];
    for (size_t i = 0; i < l.end * 8; i++) {
        memcpy(copy, memory, SIZE);
        copy[i / 8] ^= (uint8_t)(1u << i % 8);
        struct record_reader reader;
        enum err e = record_log_read(bytes_of(copy, SIZE), &reader);
        bool zero = i / 8 >= 40 && i / 8 < 56; /* of the head, nobody's */
        bool filled = i / 8 >= RECORD_LOG_HEAD + RECORD_HEAD + 16 + RECORD_HEAD + 7;
        EXPECT(zero || filled ? e == OK : e == ERR_FORMAT);
    }
    for (size_t n = 0; n < l.end; n++) { /* a file that is cut off */
        EXPECT_STR(text_of(memory, n), n < RECORD_LOG_HEAD ? "unknown" : "malformed");
    }
    EXPECT_STR(text_of(memory, l.end), "1.1:a record of ours 2.2:another ");
}

TEST(record_log_that_is_full_stays_as_it_was) {
    size_t n = RECORD_LOG_HEAD + record_size(5) + record_size(8);
    struct record_log l = new_log(n);
    struct log_record r = record(1, 1, "first"), eight = record(1, 2, "12345678");
    record_log_put(&l, &r);
    EXPECT_EQ(record_log_commit(&l), OK);
    struct log_record nine = record(1, 2, "123456789"), none = record(1, 3, "");
    record_log_put(&l, &nine);
    record_log_put(&l, &none); /* it would fit, but what was before it does not */
    EXPECT_EQ(record_log_commit(&l), ERR_FULL);
    EXPECT_STR(text_of(memory, n), "1.1:first ");
    record_log_put(&l, &eight);
    EXPECT_EQ(record_log_commit(&l), OK);
    record_log_put(&l, &none);
    EXPECT_EQ(record_log_commit(&l), ERR_FULL);
    EXPECT_STR(text_of(memory, n), "1.1:first 1.2:12345678 ");
    struct log_record huge = {.kind = 1, .bytes = {(const uint8_t *)memory, RECORD_MAX + 1u}};
    l = new_log(SIZE);
    record_log_put(&l, &huge);
    EXPECT_EQ(record_log_commit(&l), ERR_FULL);
}
