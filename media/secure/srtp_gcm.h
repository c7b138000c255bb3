/* The AES-GCM engines that a sealer or an opener can have, one table each. Which one it is makes no
 * difference but to the time it takes: a test compares them byte by byte, and so does
 * srtp_aead_choose at start. Used by the files of this folder only. Owner of a key: the sealer or
 * opener that made it. */
#ifndef ORIEL_MEDIA_SECURE_SRTP_GCM_H
#define ORIEL_MEDIA_SECURE_SRTP_GCM_H

#include "base/bytes.h"
#include "media/secure/srtp.h"

/* [bytes] */
#define GCM_IV 12
#define GCM_TAG 16 /* RFC 7714 section 13.1 */

struct gcm_key; /* each engine has its own */

struct gcm_job {
    const uint8_t *iv; /* GCM_IV bytes */
    struct bytes aad;  /* not empty */
    struct bytes plain;
    uint8_t *out; /* plain.n bytes of ciphertext, then the tag; plain may lie exactly here */
};

/* The other way, in place. */
struct gcm_open_job {
    const uint8_t *iv; /* GCM_IV bytes */
    struct bytes aad;  /* not empty */
    uint8_t *text;     /* n bytes of ciphertext, which become plaintext */
    size_t n;
    uint8_t *tag; /* GCM_TAG bytes, read only: OpenSSL's parameters know no const */
};

struct gcm_engine {
    const char *name; /* for logs and metrics */
    /* Whether this processor can run it. First called from one thread. */
    bool (*usable)(void);
    /* A key of key_len (16 or 32) bytes; NULL when memory is out. */
    struct gcm_key *(*key_new)(const uint8_t *key, size_t key_len);
    /* NULL allowed. Wipes the key. */
    void (*key_free)(struct gcm_key *k);
    /* It is going to be used soon. NULL: where it lies is not known. */
    void (*key_prefetch)(const struct gcm_key *k);
    /* Allocates nothing; false when the library fails. */
    bool (*seal)(struct gcm_key *k, const struct gcm_job *job);
    /* Likewise; false also when it is not authentic, and then the text is whatever it is. Any key
     * can be used both ways. */
    bool (*open)(struct gcm_key *k, const struct gcm_open_job *job);
};

/* RFC 7714 section 8.1 (and 9.1 with the SRTCP index, whose upper 16 bits are zero): 2 zero
 * bytes | SSRC | 48-bit index, XOR salt. */
static inline void gcm_iv(uint8_t iv[GCM_IV], const uint8_t *salt, uint32_t ssrc, uint64_t index) {
    iv[0] = iv[1] = 0;
    put_be32(iv + 2, ssrc);
    put_be16(iv + 6, (uint16_t)(index >> 32));
    put_be32(iv + 8, (uint32_t)index);
    for (int i = 0; i < GCM_IV; i++) {
        iv[i] ^= salt[i];
    }
}

extern const struct gcm_engine gcm_openssl;
#ifdef ORIEL_IPSEC_MB
extern const struct gcm_engine gcm_ipsec_mb;
#endif

/* Whether two engines compute the same, with keys of both lengths; also false when memory is out.
 */
bool gcm_agree(const struct gcm_engine *a, const struct gcm_engine *b);
/* The engine for new sealers and openers: what srtp_aead_choose chose, OpenSSL before. */
const struct gcm_engine *gcm_chosen(void);

#endif
