/* libs: recorder_seal base */
/* Arbitrary bytes as the answers of a key service, with the status in the first two. */
#include "recorder/seal/provider.h"
#include "recorder/store/http.h"

#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct bytes said;
static int status;

static enum err answer(void *ctx, const struct http_request *q, struct http_answer *ret) {
    (void)ctx;
    (void)q;
    http_answer_clear(ret);
    buffer_put(&ret->body, said.p, said.n);
    ret->status = status;
    return OK;
}

static wall_t wall(void *ctx) {
    (void)ctx;
    return (wall_t){INT64_C(1700000000000000)};
}

static const char *credentials(void) {
    static char path[] = "/tmp/oriel-fuzz-XXXXXX";
    static bool made;
    if (!made) {
        int fd = mkstemp(path);
        CHECK(fd >= 0 && write(fd, "secret", 6) == 6);
        close(fd);
        made = true;
    }
    return path;
}

static void remove_credentials(void) {
    unlink(credentials());
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    static const struct http http = {NULL, answer};
    static struct key_provider p;
    char why[WHY_MAX];
    if (!p.ctx) {
        struct provider_kms_config c = {.endpoint = "https://kms.example",
                                        .region = "r",
                                        .key = "key",
                                        .access_key_file = credentials(),
                                        .secret_key_file = credentials(),
                                        .http = &http,
                                        .wall = wall};
        CHECK(provider_kms_open(&c, &p, why) == OK);
        atexit(remove_credentials);
    }
    if (n < 2) {
        return 0;
    }
    static const struct key_context context = {{{1}}, 2};
    static const uint8_t zero[KEY_LEN];
    struct key_wrap w = {.key_id = "key", .version = 2, .n = 3}, made;
    uint8_t key[KEY_LEN];
    status = data[0] == '2' ? 200 : be16(data) % 600;
    said = bytes_of(data + 2, n - 2);
    enum err e = p.wrap(p.ctx, &context, zero, &made, why);
    CHECK(e != OK || (made.n > 0 && made.n <= PROVIDER_WRAP_MAX));
    e = p.rewrap(p.ctx, &context, &w, &made, why);
    CHECK(e != OK || (made.n > 0 && made.n <= PROVIDER_WRAP_MAX));
    e = p.unwrap(p.ctx, &context, &w, key, why);
    CHECK(e == OK || memcmp(key, zero, KEY_LEN) == 0);
    return 0;
}
