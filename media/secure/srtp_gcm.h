/* The AES-GCM engines a sealer can have, one table each. Which one it is makes no difference but to
 * the time it takes: a test compares them byte by byte, and so does srtp_aead_choose at start. Used
 * by the files of this folder only. Owner of a key: the sealer that made it. */
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
};

extern const struct gcm_engine gcm_openssl;
#ifdef ORIEL_IPSEC_MB
extern const struct gcm_engine gcm_ipsec_mb;
#endif

/* Whether two engines compute the same, with keys of both lengths; also false when memory is out.
 */
bool gcm_agree(const struct gcm_engine *a, const struct gcm_engine *b);
/* The engine for new sealers: what srtp_aead_choose chose, OpenSSL before. */
const struct gcm_engine *gcm_chosen(void);

#endif
