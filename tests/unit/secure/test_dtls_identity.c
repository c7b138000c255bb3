/* A certificate that a process after this one has, too. */
#include "base/map.h"
#include "media/secure/dtls.h"
#include "tests/unit/test.h"

#define MADE INT64_C(1790000000000000)
#define DAY (24 * 3600 * US_PER_S)

static uint8_t bytes[DTLS_IDENTITY_MAX];
static size_t n;

static enum err load(int64_t wall, struct dtls_identity **ret) {
    return dtls_identity_load(bytes_of(bytes, n), (wall_t){wall}, 30 * DAY, ret);
}

static struct dtls_identity *begin(void) {
    struct dtls_identity *id = dtls_identity_new((wall_t){MADE});
    CHECK(id && dtls_identity_save(id, bytes, &n) == OK);
    return id;
}

static void reseal(void) {
    struct wr w = wr_of(bytes + n - 8, 8);
    wr_u64(&w, hash_bytes(bytes, n - 8, 0));
}

TEST(identity_has_the_same_fingerprint_in_the_next_process) {
    struct dtls_identity *id = begin(), *again = NULL;
    EXPECT(n < DTLS_IDENTITY_MAX / 2 + 256);
    EXPECT_EQ(load(MADE, &again), OK);
    REQUIRE(again != NULL);
    EXPECT(memcmp(dtls_identity_fingerprint(id), dtls_identity_fingerprint(again),
                  FINGERPRINT_LEN) == 0);
    uint8_t second[DTLS_IDENTITY_MAX];
    size_t len = 0;
    EXPECT_EQ(dtls_identity_save(again, second, &len), OK);
    EXPECT(len == n && memcmp(second, bytes, n) == 0);
    dtls_identity_free(id);
    dtls_identity_free(again);
}

TEST(identity_serves_for_so_long) {
    struct dtls_identity *id = begin(), *again = NULL;
    EXPECT_EQ(load(MADE - 1, &again), ERR_GONE); /* the clock was set back */
    EXPECT_EQ(load(MADE + 30 * DAY + 1, &again), ERR_GONE);
    EXPECT(again == NULL);
    EXPECT_EQ(load(MADE + 30 * DAY, &again), OK);
    dtls_identity_free(again);
    dtls_identity_free(id);
}

TEST(identity_is_not_trusted_as_it_is) {
    struct dtls_identity *id = begin(), *again = NULL;
    for (size_t i = 0; i < n; i++) {
        bytes[i] ^= 0x10;
        EXPECT(load(MADE, &again) != OK);
        bytes[i] ^= 0x10;
    }
    size_t whole = n;
    for (n = 0; n < whole; n++) {
        EXPECT_EQ(load(MADE, &again), ERR_FORMAT);
    }
    n = whole;
    bytes[9]++; /* version */
    EXPECT_EQ(load(MADE, &again), ERR_UNSUPPORTED);
    bytes[9]--;
    bytes[18 + 2 + 10] ^= 0xff; /* of the certificate, and the sum is right */
    reseal();
    EXPECT(load(MADE, &again) == ERR_FORMAT && again == NULL);
    dtls_identity_free(id);
}

/* The key of one with the certificate of another. */
TEST(identity_is_of_one_piece) {
    static uint8_t other[DTLS_IDENTITY_MAX];
    struct dtls_identity *id = begin(), *again = NULL;
    memcpy(other, bytes, n);
    size_t len = n;
    dtls_identity_free(id);
    id = begin();
    size_t cert = 18 + 2 + (size_t)be16(bytes + 18), cert_other = 18 + 2 + (size_t)be16(other + 18);
    memmove(bytes + cert, other + cert_other, len - cert_other);
    n = cert + len - cert_other;
    reseal();
    EXPECT(load(MADE, &again) == ERR_FORMAT && again == NULL);
    dtls_identity_free(id);
}
