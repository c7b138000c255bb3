/* The SRTP protection profiles we speak (RFC 5764 section 4.1.2, RFC 7714 section 14.2) and the
 * keys that a DTLS handshake yields for them. Plain structs without pointers. Thread: any. */
#ifndef ORIEL_MEDIA_SECURE_SRTP_PROFILE_H
#define ORIEL_MEDIA_SECURE_SRTP_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum srtp_profile {
    SRTP_PROFILE_NONE = 0,
    SRTP_PROFILE_AES128_CM_SHA1_80 = 0x0001,
    SRTP_PROFILE_AEAD_AES_128_GCM = 0x0007,
    SRTP_PROFILE_AEAD_AES_256_GCM = 0x0008
};

/* [bytes] */
#define SRTP_KEY_MAX 32
#define SRTP_SALT_MAX 14

/* What a profile does not use of these is zero. */
struct srtp_master {
    uint8_t key[SRTP_KEY_MAX];
    uint8_t salt[SRTP_SALT_MAX];
};

struct dtls_keys {
    uint16_t profile;            /* enum srtp_profile */
    struct srtp_master inbound;  /* the peer's write key: we open with it */
    struct srtp_master outbound; /* ours: we seal with it */
};

/* Whether this number is a profile of ours. */
bool srtp_profile_known(uint16_t profile);
/* Whether it is one of AES-GCM. */
bool srtp_profile_gcm(uint16_t profile);
/* [bytes] of its master and session keys (16 or 32), and of its salts (12 or 14); 0 = unknown. */
size_t srtp_key_len(uint16_t profile);
size_t srtp_salt_len(uint16_t profile);
/* [bytes] that authentication adds to an RTP packet; 0 = unknown. */
size_t srtp_tag_len(uint16_t profile);

#endif
