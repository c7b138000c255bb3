/* libs: recorder_store */
/* What an object store answers in XML: a page of a list, or an error. */
#include "recorder/store/s3_xml.h"

#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void each(void *ctx, const char *key, uint64_t size) {
    CHECK(strlen(key) > 0 && strlen(key) < S3_TOKEN_MAX);
    CHECK(size <= INT64_MAX);
    ++*(unsigned *)ctx;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    struct s3_page page;
    struct s3_error error;
    unsigned keys = 0;
    enum err e = s3_page_parse(bytes_of(data, n), each, &keys, &page);
    CHECK(e == OK || e == ERR_FORMAT);
    CHECK(e != OK || !page.truncated || page.next[0]);
    CHECK(keys <= n);
    e = s3_error_parse(bytes_of(data, n), &error);
    CHECK(e == OK ? error.code[0] != '\0' : e == ERR_FORMAT && error.code[0] == '\0');
    return 0;
}
