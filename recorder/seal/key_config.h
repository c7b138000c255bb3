/* Which key providers there are, and which one wraps (provider.h, vault.h). All strings are
 * borrowed while an archive is opened. */
#ifndef ORIEL_RECORDER_SEAL_KEY_CONFIG_H
#define ORIEL_RECORDER_SEAL_KEY_CONFIG_H

#include "base/time.h"

#include <stdbool.h>
#include <stddef.h>

#define PROVIDER_FILE "file"
#define PROVIDER_PKCS11 "pkcs11"
#define PROVIDER_KMS "kms"
#define PROVIDER_OLDER_MAX 8 /* key files beside the current one */

/* Who wraps. X(symbol, the provider's name) */
#define WRAPPERS(X)                    \
    X(WRAPPER_FILE, PROVIDER_FILE)     \
    X(WRAPPER_PKCS11, PROVIDER_PKCS11) \
    X(WRAPPER_KMS, PROVIDER_KMS)
#define X(sym, name) sym,
enum wrapper { WRAPPERS(X) };
#undef X

/* Keys in files, 64 hex digits each. A key's id is computed of the key itself, so that a wrap finds
 * its key whatever the file is called. */
struct provider_file_config {
    const char *file; /* secret.h says which paths and files; new wraps are under this one */
    bool create;      /* make it when it is missing */
    const char *const *older; /* what was current before; at most PROVIDER_OLDER_MAX */
    size_t n_older;
};

/* A key that never leaves a hardware token, used through its PKCS#11 (2.40) module: CKM_AES_GCM
 * with the context as AAD. The key is an AES-256 secret key, sensitive and not extractable, with
 * CKA_ENCRYPT and CKA_DECRYPT. Its label is its id, so that earlier keys are found as long as the
 * token has them. */
struct provider_pkcs11_config {
    const char *module;   /* path of the shared library; NULL or empty: there is none */
    const char *token;    /* its label */
    const char *key;      /* label of the current key */
    const char *pin_file; /* secret.h */
};

/* A key in AWS KMS, or in what speaks its API. Strings are copied. */
struct http;
struct provider_kms_config {
    const char
        *endpoint; /* "https://kms.eu-central-1.amazonaws.com"; NULL or empty: there is none */
    const char *region, *key;                      /* the key's id or ARN, no alias */
    const char *access_key_file, *secret_key_file; /* secret.h; read for each request */
    const char *session_token_file, *ca_file;      /* NULL or empty: none; the system's */
    const struct http *http;                       /* borrowed; NULL: libcurl */
    wall_t (*wall)(void *ctx);                     /* requests carry the time */
    void *wall_ctx;
    /* Asked about once a second of a request: true breaks it off. NULL: after its time. */
    bool (*stop)(void *ctx);
    void *stop_ctx;
};

struct key_config {
    enum wrapper provider;
    struct provider_file_config file; /* when another one wraps it may be missing */
    struct provider_pkcs11_config pkcs11;
    struct provider_kms_config kms;
    const char *signing_file; /* NULL or empty: DIR/signing_key; made when none has signed */
    us_t lifetime;            /* [us] of an unwrapped key in memory; 0: VAULT_LIFETIME */
};

#endif
