/* libs: media_secure */
/* Packets (profile and kind, 16-bit length, bytes) for an opener with fixed keys: those of the
 * corpus are authentic, changed ones are refused. What opens never grows, and never opens twice. */
#include "base/check.h"
#include "media/secure/srtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum err open_one(struct srtp_opener *s, bool rtcp, uint8_t *packet, size_t *len) {
    return rtcp ? srtp_open_rtcp(s, packet, len) : srtp_open_rtp(s, packet, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct rd r = rd_of(data, size);
    uint8_t flags = rd_u8(&r), packet[1600], again[1600];
    struct dtls_keys k = {.profile = flags & 8   ? SRTP_PROFILE_AEAD_AES_256_GCM
                                     : flags & 1 ? SRTP_PROFILE_AEAD_AES_128_GCM
                                                 : SRTP_PROFILE_AES128_CM_SHA1_80};
    CHECK(srtp_library_init() == OK);
    CHECK(srtp_aead_choose(SRTP_AEAD_OPENSSL, NULL) == OK);
    if (flags & 32) { /* where it is built in */
        (void)srtp_aead_choose(SRTP_AEAD_IPSEC_MB, NULL);
    }
    struct srtp_opener *s = srtp_opener_new(&k);
    CHECK(s);
    if (flags & 4) {
        CHECK(srtp_opener_adopt(s, 0x01020304, 0x1fff0) == OK);
    }
    for (uint32_t i = 0; i < SRTP_STREAMS_MAX && flags & 16; i++) { /* each packet lets one go */
        enum err e = srtp_opener_adopt(s, 0x10000000 + i, 5);
        CHECK(e == OK || (e == ERR_FULL && flags & 4));
    }
    while (rd_left(&r) > 0) {
        size_t n = rd_u16(&r);
        struct bytes b = rd_bytes(&r, n < rd_left(&r) ? n : rd_left(&r));
        size_t len = b.n, len2 = b.n;
        if (b.n == 0 || b.n > sizeof(packet)) {
            break;
        }
        memcpy(packet, b.p, b.n);
        memcpy(again, b.p, b.n);
        if (open_one(s, flags & 2, packet, &len) == OK) {
            CHECK(len < b.n);
            CHECK(open_one(s, flags & 2, again, &len2) == ERR_REPLAY);
        }
    }
    srtp_opener_free(s);
    return 0;
}
