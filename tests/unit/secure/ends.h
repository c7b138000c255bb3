/* A sealer and an opener with the same keys, and packets whose contents follow from their index. */
#ifndef ORIEL_TESTS_UNIT_SECURE_ENDS_H
#define ORIEL_TESTS_UNIT_SECURE_ENDS_H

#include "media/secure/srtp.h"

#define SSRC 0x01020304U
#define ENDS_PACKET_MAX 2048

struct ends {
    struct srtp_sealer *seal;
    struct srtp_opener *open;
};

/* Keys of this profile, the same in both directions. */
struct dtls_keys test_keys(uint16_t profile);
struct ends ends_new(uint16_t profile);
void ends_free(struct ends *e);
/* Seal an RTP packet with n bytes of payload for this index and ssrc; its length. */
size_t ends_seal(struct ends *e, uint32_t ssrc, uint64_t index, size_t n,
                 uint8_t out[ENDS_PACKET_MAX]);
/* Open a packet that ends_seal made, and check what comes out; the packet itself stays. */
enum err ends_open(struct ends *e, const uint8_t *packet, size_t len);
/* Both. */
enum err ends_pass(struct ends *e, uint32_t ssrc, uint64_t index, size_t n);
/* The same for a receiver report with this SRTCP index. */
size_t ends_seal_rtcp(struct ends *e, uint32_t ssrc, uint32_t index, uint8_t out[ENDS_PACKET_MAX]);
enum err ends_open_rtcp(struct ends *e, const uint8_t *packet, size_t len);
enum err ends_pass_rtcp(struct ends *e, uint32_t ssrc, uint32_t index);

#endif
