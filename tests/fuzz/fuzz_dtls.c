/* libs: media_secure */
/* Datagrams (16-bit length, bytes) from the validated address of somebody without our client's
 * certificate: a server never finishes, fails only when it has begun again too often or when a
 * hello leaves nothing to agree on, and what it sends fits the path. */
#include "base/check.h"
#include "media/secure/dtls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct dtls_identity *id;
    static const uint8_t fingerprint[FINGERPRINT_LEN];
    uint8_t out[DTLS_MTU];
    struct rd r = rd_of(data, size);
    us_t now = 0;
    id = id ? id : dtls_identity_new((wall_t){1750000000 * US_PER_S});
    CHECK(id);
    struct dtls *d = dtls_new(id, fingerprint, false);
    CHECK(d);
    while (rd_left(&r) > 0) {
        size_t n = rd_u16(&r);
        struct bytes datagram = rd_bytes(&r, n < rd_left(&r) ? n : rd_left(&r));
        (void)dtls_is_handshake(datagram);
        for (uint8_t cipher = 0; cipher <= DTLS_CHACHA20_POLY1305 + 1; cipher++) {
            (void)dtls_is_close(&(struct dtls_reader){.cipher = cipher}, datagram);
        }
        now += 20 * US_PER_MS;
        enum dtls_state state = dtls_input(d, now, datagram);
        enum dtls_failure why = dtls_failure(d);
        CHECK(state == DTLS_HANDSHAKING ||
              (state == DTLS_FAILED && (why == DTLS_FAILURE_RESTARTS ||
                                        why == DTLS_FAILURE_PROFILE || why == DTLS_FAILURE_SUITE)));
        while (dtls_output(d, out, sizeof(out)) > 0) {
        }
        CHECK(dtls_timeout(d, now) == state);
        if (state == DTLS_FAILED || now > 25 * US_PER_S) {
            break;
        }
    }
    dtls_free(d);
    return 0;
}
