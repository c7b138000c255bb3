#include "tests/unit/secure/ends.h"

#include "tests/unit/test.h"

struct dtls_keys test_keys(uint16_t profile) {
    struct dtls_keys k = {.profile = profile};
    for (unsigned i = 0; i < srtp_key_len(profile); i++) {
        k.outbound.key[i] = k.inbound.key[i] = (uint8_t)(3 * i + 1);
    }
    for (unsigned i = 0; i < srtp_salt_len(profile); i++) {
        k.outbound.salt[i] = k.inbound.salt[i] = (uint8_t)(7 * i + 5);
    }
    return k;
}

struct ends ends_new(uint16_t profile) {
    struct dtls_keys k = test_keys(profile);
    CHECK(srtp_library_init() == OK);
    return (struct ends){srtp_sealer_new(&k), srtp_opener_new(&k)};
}

void ends_free(struct ends *e) {
    e->seal = srtp_sealer_free(e->seal);
    e->open = srtp_opener_free(e->open);
}

size_t ends_seal(struct ends *e, uint32_t ssrc, uint64_t index, size_t n,
                 uint8_t out[ENDS_PACKET_MAX]) {
    uint8_t header[12] = {0x80, 96}, payload[1500];
    struct wr w = wr_of(out, ENDS_PACKET_MAX);
    put_be16(header + 2, (uint16_t)index);
    put_be32(header + 4, (uint32_t)index * 960);
    put_be32(header + 8, ssrc);
    for (size_t i = 0; i < n; i++) {
        payload[i] = (uint8_t)(i * 31 + index);
    }
    size_t len = srtp_seal_rtp(e->seal, index, bytes_of(header, 12), bytes_of(payload, n), &w);
    EXPECT(len > n);
    return len;
}

enum err ends_open(struct ends *e, const uint8_t *packet, size_t len) {
    uint8_t p[ENDS_PACKET_MAX];
    size_t sealed = len;
    memcpy(p, packet, len);
    enum err got = srtp_open_rtp(e->open, p, &len);
    if (got == OK) {
        uint16_t seq = be16(p + 2);
        EXPECT(len < sealed);
        for (size_t i = 12; i < len; i++) {
            EXPECT_EQ(p[i], (uint8_t)((i - 12) * 31 + seq));
        }
    }
    return got;
}

enum err ends_pass(struct ends *e, uint32_t ssrc, uint64_t index, size_t n) {
    uint8_t p[ENDS_PACKET_MAX];
    return ends_open(e, p, ends_seal(e, ssrc, index, n, p));
}

size_t ends_seal_rtcp(struct ends *e, uint32_t ssrc, uint32_t index, uint8_t out[ENDS_PACKET_MAX]) {
    uint8_t rr[32] = {0x81, 201, 0, 7};
    struct wr w = wr_of(out, ENDS_PACKET_MAX);
    memset(rr + 8, 9, sizeof(rr) - 8);
    put_be32(rr + 4, ssrc);
    return srtp_seal_rtcp(e->seal, index, bytes_of(rr, sizeof(rr)), &w);
}

enum err ends_open_rtcp(struct ends *e, const uint8_t *packet, size_t len) {
    uint8_t p[ENDS_PACKET_MAX];
    memcpy(p, packet, len);
    enum err got = srtp_open_rtcp(e->open, p, &len);
    EXPECT(got != OK || (len == 32 && p[8] == 9 && p[31] == 9));
    return got;
}

enum err ends_pass_rtcp(struct ends *e, uint32_t ssrc, uint32_t index) {
    uint8_t p[ENDS_PACKET_MAX];
    return ends_open_rtcp(e, p, ends_seal_rtcp(e, ssrc, index, p));
}
