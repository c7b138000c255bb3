/* libs: media_secure */
/* The same for a session whose client waits for us (a=setup:passive): datagrams (16-bit length,
 * bytes) from the validated address of somebody without its certificate, in answer to our hello. We
 * never finish, fail for what such an answer can be wrong in, and what we send fits the path. */
#include "base/check.h"
#include "media/secure/dtls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void drain(struct dtls *d) {
    uint8_t out[DTLS_MTU];
    while (dtls_output(d, out, sizeof(out)) > 0) {
    }
    CHECK(dtls_output_len(d) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct dtls_identity *id;
    static const uint8_t fingerprint[FINGERPRINT_LEN];
    struct rd r = rd_of(data, size);
    us_t now = 0;
    id = id ? id : dtls_identity_new((wall_t){1750000000 * US_PER_S});
    CHECK(id);
    struct dtls *d = dtls_new(id, fingerprint, true);
    CHECK(d);
    dtls_start(d, now);
    CHECK(dtls_output_len(d) > 0);
    drain(d);
    enum dtls_state state = DTLS_HANDSHAKING;
    while (rd_left(&r) > 0 && state == DTLS_HANDSHAKING && now < 25 * US_PER_S) {
        size_t n = rd_u16(&r);
        now += 20 * US_PER_MS;
        state = dtls_input(d, now, rd_bytes(&r, n < rd_left(&r) ? n : rd_left(&r)));
        enum dtls_failure why = dtls_failure(d);
        CHECK(state == DTLS_HANDSHAKING ||
              (state == DTLS_FAILED &&
               (why == DTLS_FAILURE_PROTOCOL || why == DTLS_FAILURE_PROFILE ||
                why == DTLS_FAILURE_SUITE || why == DTLS_FAILURE_CERTIFICATE)));
        drain(d);
        CHECK(dtls_timeout(d, now) == state);
        drain(d);
    }
    dtls_free(d);
    return 0;
}
