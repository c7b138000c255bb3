/* libs: base */
/* A log of records, written by who knows what: the bytes as they come, and a log that the input
 * says how to write, with bytes of it changed then. Promises checked: what was written comes back
 * as it was, also when the writer was killed in the middle of a batch; whatever is read lies in the
 * log; nothing that somebody else has changed is taken. */
#include "base/check.h"
#include "base/record_log.h"

#include <string.h>

#define SIZE 8192

static uint64_t memory[SIZE / 8], copy[SIZE / 8];

/* How many records there are, -1 when it cannot be read; in *end where the last one ends. */
static int look(const void *p, size_t n, size_t *end) {
    struct record_reader r;
    struct log_record got;
    int count = 0;
    enum err e = record_log_read(bytes_of(p, n), &r);
    CHECK(e == OK || e == ERR_UNKNOWN || e == ERR_UNSUPPORTED || e == ERR_FORMAT);
    *end = 0;
    if (e != OK) {
        return -1;
    }
    while (record_log_next(&r, &got)) {
        CHECK(got.bytes.n <= RECORD_MAX && (!got.gone || got.bytes.n == 0));
        CHECK(got.bytes.p >= (const uint8_t *)p);
        CHECK(got.bytes.p + got.bytes.n <= (const uint8_t *)p + n);
        *end = (size_t)(got.bytes.p - (const uint8_t *)p) + got.bytes.n;
        count++;
    }
    return count;
}

/* One byte of input: put so many bytes of the input, or take back, or commit. */
static int write_log(struct record_log *l, const uint8_t *p, size_t n) {
    int there = -1, open = 0;
    while (n > 0) {
        uint8_t op = *p++;
        n--;
        if (op % 4 == 0) {
            enum err e = record_log_commit(l);
            CHECK(e == OK || e == ERR_FULL);
            there = e == OK && open > 0 ? (there < 0 ? 0 : there) + open : there;
            open = 0;
            continue;
        }
        size_t take = op % 4 == 1 ? 0 : op / 4 < n ? op / 4 : n;
        record_log_put(
            l,
            &(struct log_record){
                .kind = op, .gone = op % 4 == 1, .key = n, .sub = op, .bytes = bytes_of(p, take)});
        open++;
        p += take;
        n -= take;
    }
    return there;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    struct record_log l;
    size_t end;
    memset(memory, 0, sizeof(memory));
    if (n > 0) {
        memcpy(memory, p, n < SIZE ? n : SIZE);
    }
    (void)look(memory, n < SIZE ? n : SIZE, &end);
    if (n < 4) {
        return 0;
    }
    size_t size = RECORD_LOG_HEAD + (size_t)(p[0] | p[1] << 8) % (SIZE - RECORD_LOG_HEAD);
    memset(memory, 0, sizeof(memory));
    record_log_begin(&l, &(struct record_log_of){.version = 1}, memory, size);
    int there = write_log(&l, p + 4, n - 4);
    CHECK(look(memory, size, &end) == there); /* what is not committed is not there */
    CHECK(there < 0 || (end <= l.end && l.end - end < 8));
    memcpy(copy, memory, sizeof(copy));
    size_t at = (size_t)(p[2] | p[3] << 8) % size;
    ((uint8_t *)copy)[at] ^= (uint8_t)(1 + p[0] % 255);
    int now = look(copy, size, &end);
    CHECK(now == there || now == -1);
    return 0;
}
