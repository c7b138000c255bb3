/* libs: server */
/* A file with public keys that somebody kept: a JWK Set, PEM, or hex. */
#include "server/recording/public_keys.h"

#include "base/alloc.h"
#include "base/check.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    struct library_signers s, again;
    struct buffer b = {0};
    char *text = mem_alloc(n + 1);
    CHECK(text);
    memcpy(text, data, n);
    text[n] = '\0';
    enum err e = public_keys_read(text, n, &s);
    CHECK(e == OK || e == ERR_FORMAT || e == ERR_FULL);
    if (e == OK) {
        CHECK(s.n > 0 && s.n <= LIBRARY_SIGNERS_MAX);
        CHECK(public_keys_json(&s, &b) == OK);
        buffer_put(&b, "", 1);
        CHECK(!b.bad && public_keys_read(b.p, b.n - 1, &again) == OK);
        CHECK(again.n == s.n && memcmp(again.keys, s.keys, s.n * LIBRARY_SIGNER_LEN) == 0);
    }
    buffer_free(&b);
    mem_free(text);
    return 0;
}
