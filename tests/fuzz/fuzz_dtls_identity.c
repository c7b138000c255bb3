/* libs: media_secure media_wire */
/* A kept certificate, changed by who knows what: as it is, and with its sum put right, so that what
 * stands behind the sum is read, too. Promises checked: what is taken can be kept again. */
#include "base/check.h"
#include "base/map.h"
#include "media/secure/dtls.h"

#define MADE INT64_C(1790000000000000)

static void look(const uint8_t *p, size_t n) {
    struct dtls_identity *id = NULL;
    uint8_t again[DTLS_IDENTITY_MAX];
    size_t len = 0;
    enum err e = dtls_identity_load(bytes_of(p, n), (wall_t){MADE}, US_PER_S, &id);
    CHECK((e == OK) == (id != NULL));
    if (id) {
        CHECK(dtls_identity_save(id, again, &len) == OK && len > 0);
        dtls_identity_free(id);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* The first byte says whether the rest are changes, three bytes each: where, and to what; or the
 * whole. */
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    static uint8_t good[DTLS_IDENTITY_MAX];
    static size_t n_good;
    uint8_t bytes[DTLS_IDENTITY_MAX];
    size_t len = n_good;
    if (!n_good) {
        struct dtls_identity *id = dtls_identity_new((wall_t){MADE});
        CHECK(id && dtls_identity_save(id, good, &n_good) == OK);
        len = n_good;
        dtls_identity_free(id);
        look(good, n_good);
    }
    memcpy(bytes, good, sizeof(bytes));
    if (n > 0 && p[0] % 2) {
        len = n - 1 < sizeof(bytes) ? n - 1 : sizeof(bytes);
        memcpy(bytes, p + 1, len);
    } else {
        for (size_t i = 1; i + 3 <= n; i += 3) {
            bytes[(size_t)(p[i] | p[i + 1] << 8) % len] = p[i + 2];
        }
    }
    look(bytes, len);
    if (len >= 8) {
        struct wr w = wr_of(bytes + len - 8, 8);
        wr_u64(&w, hash_bytes(bytes, len - 8, 0));
        look(bytes, len);
    }
    return 0;
}
