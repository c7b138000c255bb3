/* A stand-in for AWS KMS: it checks each request's signature (Signature Version 4) and encrypts
 * with AES-256-GCM under the encryption context, as the service does; it is no proof that the
 * service itself accepts what we send. Answers in memory, without a network. */
#ifndef ORIEL_TESTS_KMS_STUB_H
#define ORIEL_TESTS_KMS_STUB_H

#include "recorder/seal/key_config.h"
#include "recorder/store/http.h"
#include "tests/unit/recorder/bench_store.h"

#define KMS_KEYS 2
#define KMS_HOST "kms.test.example:8443"

struct kms_stub {
    struct http http;
    wall_t now;
    uint8_t keys[KMS_KEYS][32]; /* ids "key-0", "key-1" */
    const char *access_key, *secret_key, *session_token;
    char access_file[PATH_MAX], secret_file[PATH_MAX];
    /* What happens instead of an answer. */
    bool dead;
    int status;
    const char *type; /* "DisabledException" */
    const char *body; /* said with status 200 */
    unsigned asked;
    char verb[32]; /* of the last request */
};

/* Its credentials are put into files of the folder. */
void kms_stub_begin(struct kms_stub *s, const struct scratch *folder);
/* How it is reached, under "key-0"; s is borrowed. */
struct provider_kms_config kms_stub_config(struct kms_stub *s);

#endif
