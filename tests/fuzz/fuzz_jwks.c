/* libs: server */
/* Arbitrary bytes as the keys of somebody who signs tokens: the answer of a URL, and a file. */
#include "server/auth/keyset.h"

#include "base/check.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void use(const struct keyset *s, enum keyset_source from) {
    static const uint8_t zero[JWS_SIGNATURE_MAX];
    static const size_t lengths[] = {0, JWS_HS256_LEN, 64, 256, JWS_SIGNATURE_MAX};
    unsigned mask = keyset_algorithms(s);
    CHECK(keyset_len(s) > 0 && keyset_len(s) <= KEYSET_KEYS_MAX);
    CHECK(mask && !(mask & 1u << JWS_NONE));
    CHECK(from == KEYSET_PRIVATE || !(mask & 1u << JWS_HS256));
    for (int a = JWS_HS256; a < JWS_ALGORITHMS; a++) {
        for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
            enum keyset_verdict v = keyset_verify(s, (enum jws_algorithm)a, NULL,
                                                  bytes_of("a.b", 3), bytes_of(zero, lengths[i]));
            CHECK(v == (mask & 1u << a ? KEYSET_WRONG : KEYSET_NO_KEY));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    char why[WHY_MAX];
    for (int from = KEYSET_PUBLIC; from <= KEYSET_PRIVATE; from++) {
        struct keyset *s = NULL;
        enum err e = keyset_read((const char *)data, n, (enum keyset_source)from, &s, why);
        CHECK((e == OK) == (s != NULL));
        CHECK(strlen(why) < WHY_MAX);
        if (s) {
            use(s, (enum keyset_source)from);
        }
        keyset_free(s);
    }
    return 0;
}
