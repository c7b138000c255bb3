/* Key providers: who wraps the random keys of recordings. The key that wraps (the key-encryption
 * key, KEK) may lie in a file, in a hardware token (PKCS#11) or in a key service; everybody else
 * sees four verbs. A wrap is bound to what it is for by its context, so that none can stand in for
 * another, and says itself who made it under which key: that is what makes rotation possible.
 *
 * The verbs block, as long as the provider's own time-outs allow. Errors, all with a reason in
 * why[WHY_MAX] that begins with one of the words below:
 *   ERR_DENIED       "denied": wrong PIN or credentials, or no right to use the key;
 *                    "disabled": the key is there and must not be used now
 *   ERR_IO           "gone": no token, no service, no such key (any more); it may come back
 *   ERR_AGAIN        "slow": no answer in time
 *   ERR_AUTH         "wrong key": changed, of another context, or under a key that is not here
 *   ERR_FORMAT       the wrap or the configuration makes no sense; ERR_NOMEM; ERR_CRYPTO
 * Only ERR_AUTH and ERR_FORMAT say anything about a recording. Owner: one thread. */
#ifndef ORIEL_RECORDER_SEAL_PROVIDER_H
#define ORIEL_RECORDER_SEAL_PROVIDER_H

#include "base/err.h"
#include "base/rng.h"
#include "recorder/seal/id.h"
#include "recorder/seal/key_config.h"
#include "recorder/seal/keys.h"

#include <stdbool.h>

#define PROVIDER_NAME_MAX 16    /* [bytes] with NUL */
#define PROVIDER_KEY_ID_MAX 256 /* [bytes] with NUL; ids are printable ASCII without spaces */
#define PROVIDER_WRAP_MAX 1024  /* [bytes] */

/* What a key is for. */
struct key_context {
    struct id recording;
    uint64_t subject; /* 0: the recording itself, else the participant */
};
#define KEY_CONTEXT_LEN 36 /* [bytes] */

struct key_wrap {
    char provider[PROVIDER_NAME_MAX];
    char key_id[PROVIDER_KEY_ID_MAX]; /* which key of the provider; "": not known (version 1) */
    uint32_t version;                 /* of context and bytes: 2; 1 is that of earlier releases */
    uint16_t n;
    uint8_t bytes[PROVIDER_WRAP_MAX];
};

struct key_provider {
    void *ctx;
    const char *name;
    /* Wrap KEY_LEN bytes under the current key. */
    enum err (*wrap)(void *ctx, const struct key_context *c, const uint8_t *plain,
                     struct key_wrap *ret, char *why);
    /* ret_plain (KEY_LEN) is zero after an error. */
    enum err (*unwrap)(void *ctx, const struct key_context *c, const struct key_wrap *w,
                       uint8_t *ret_plain, char *why);
    /* The same key under the current key; the plain key does not leave the provider where that can
     * be. May be NULL: then unwrap and wrap do it. */
    enum err (*rewrap)(void *ctx, const struct key_context *c, const struct key_wrap *from,
                       struct key_wrap *ret, char *why);
    /* Whether the provider could wrap and unwrap now. */
    enum err (*check)(void *ctx, char *why);
    /* The id of the current key, which ends up in key_wrap; valid until close. */
    const char *(*key_id)(void *ctx);
    void (*close)(void *ctx);
};

/* The AAD of wraps of version 2: "oriel-wrap/2" | recording id 16 | subject 8, big-endian. */
void provider_context(const struct key_context *c, uint8_t out[KEY_CONTEXT_LEN]);

/* Key files. rng is borrowed until close. ERR_UNKNOWN (no current file), ERR_IO, ERR_FORMAT (also
 * when an older one that is named is not there), ERR_NOMEM. */
enum err provider_file_open(const struct provider_file_config *c, const struct rng *rng,
                            struct key_provider *ret, char why[WHY_MAX]);

/* A key in a token. Sessions are opened again when the token was away. A wrong PIN is not tried
 * twice: tokens lock themselves. rng is borrowed until close. All errors above. */
enum err provider_pkcs11_open(const struct provider_pkcs11_config *c, const struct rng *rng,
                              struct key_provider *ret, char why[WHY_MAX]);

/* A key in AWS KMS: Encrypt, Decrypt and ReEncrypt with the context as encryption context, which
 * the service authenticates and its audit log shows. A request lasts at most ten seconds; only a
 * vault that asks makes one. All errors above. */
enum err provider_kms_open(const struct provider_kms_config *c, struct key_provider *ret,
                           char why[WHY_MAX]);

/* Close and zero; safe on a zeroed one. */
void provider_close(struct key_provider *p);

#endif
