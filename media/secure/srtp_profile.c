#include "media/secure/srtp_profile.h"

bool srtp_profile_known(uint16_t profile) {
    return srtp_key_len(profile) > 0;
}

bool srtp_profile_gcm(uint16_t profile) {
    return profile == SRTP_PROFILE_AEAD_AES_128_GCM || profile == SRTP_PROFILE_AEAD_AES_256_GCM;
}

size_t srtp_key_len(uint16_t profile) {
    switch (profile) {
    case SRTP_PROFILE_AES128_CM_SHA1_80:
    case SRTP_PROFILE_AEAD_AES_128_GCM:
        return 16;
    case SRTP_PROFILE_AEAD_AES_256_GCM:
        return 32;
    default:
        return 0;
    }
}

size_t srtp_salt_len(uint16_t profile) {
    if (!srtp_profile_known(profile)) {
        return 0;
    }
    return srtp_profile_gcm(profile) ? 12 : 14;
}

size_t srtp_tag_len(uint16_t profile) {
    if (!srtp_profile_known(profile)) {
        return 0;
    }
    return srtp_profile_gcm(profile) ? 16 : 10; /* RFC 7714 section 13, RFC 3711 section 4.2 */
}
