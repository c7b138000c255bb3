/* The SRTP key derivation function (RFC 3711 section 4.3) with the AES-CM PRF and a key derivation
 * rate of 0, as DTLS-SRTP has it (RFC 5764 section 4.1.2). A profile with keys of 256 bits derives
 * them with the PRF of that length (RFC 7714 section 11, RFC 6188 section 3). Thread: any. */
#ifndef ORIEL_MEDIA_SECURE_SRTP_KDF_H
#define ORIEL_MEDIA_SECURE_SRTP_KDF_H

#include "media/secure/srtp_profile.h"

enum srtp_label { /* RFC 3711 section 4.3.2 */
                  SRTP_LABEL_RTP_KEY = 0,
                  SRTP_LABEL_RTP_AUTH = 1,
                  SRTP_LABEL_RTP_SALT = 2,
                  SRTP_LABEL_RTCP_KEY = 3,
                  SRTP_LABEL_RTCP_AUTH = 4,
                  SRTP_LABEL_RTCP_SALT = 5
};

/* [bytes] of the longest derived key: HMAC-SHA1's (RFC 3711 section 5.2) is 20, rounded up. */
#define SRTP_KDF_MAX 160

/* n <= SRTP_KDF_MAX bytes for this label from the master key of key_len (16 or 32) bytes and the
 * salt. A salt of 12 bytes (AES-GCM)
 * is the same as one of 14 that ends in two zeros (RFC 7714 section 11), which is how struct
 * srtp_master must hold it. False when the library fails. */
bool srtp_kdf(const struct srtp_master *m, size_t key_len, enum srtp_label label, uint8_t *out,
              size_t n);

/* The session keys of one direction of RTP or RTCP. */
struct srtp_session_keys {
    uint8_t key[SRTP_KEY_MAX];
    uint8_t salt[SRTP_SALT_MAX];
    uint8_t auth[20]; /* HMAC-SHA1 key; unused with GCM */
};
/* Derive them for a known profile; first is SRTP_LABEL_RTP_KEY or SRTP_LABEL_RTCP_KEY. */
bool srtp_session_derive(const struct srtp_master *m, uint16_t profile, enum srtp_label first,
                         struct srtp_session_keys *ret);
/* Those of RTP and of RTCP, from a master whose salt may end in anything behind the profile's
 * length. False when the library fails. The caller wipes both. */
bool srtp_session_pair(const struct srtp_master *m, uint16_t profile,
                       struct srtp_session_keys *ret_rtp, struct srtp_session_keys *ret_rtcp);

struct srtp_sealer;
/* The part of srtp_sealer_new after key derivation, which published test vectors start from. NULL
 * when memory is out. */
struct srtp_sealer *srtp_sealer_from_sessions(uint16_t profile, const struct srtp_session_keys *rtp,
                                              const struct srtp_session_keys *rtcp);
struct srtp_opener;
/* The same of srtp_opener_new, for the profiles of AES-GCM; NULL also for another. */
struct srtp_opener *srtp_opener_from_sessions(uint16_t profile, const struct srtp_session_keys *rtp,
                                              const struct srtp_session_keys *rtcp);

#endif
