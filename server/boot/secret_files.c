#include "server/boot/secret_files.h"

#include "base/check.h"
#include "server/auth/secret_file.h"
#include "server/os/files.h"

#include <limits.h>
#include <stdio.h>

static enum err look_at(const char *key, const char *text, enum secret_readers readers,
                        char why[WHY_MAX]) {
    char path[PATH_MAX];
    const char *wrong = NULL, *file = files_credential(text, path);
    if (!*file || secret_file_check(file, readers, &wrong) != ERR_DENIED) {
        return OK;
    }
    snprintf(why, WHY_MAX, "%.60s: %.150s: %s", key, text, wrong);
    return ERR_DENIED;
}

static enum err check(const char *key, const char *text, char why[WHY_MAX]) {
    return look_at(key, text, SECRET_OWNER, why);
}

static enum err check_named(const struct config *c, char why[WHY_MAX]) {
    const struct {
        const char *key, *file;
    } files[] = {
        {"auth.hs256_secret_file", c->auth_hs256_secret_file},
        {"turn.secret_file", c->turn_secret_file},
        {"database.password_file", c->database_password_file},
        {"recording.kek_file", c->recording_kek_file},
        {"recording.keys.signing_file", c->recording_keys_signing_file},
        {"recording.keys.pkcs11_pin_file", c->recording_keys_pkcs11_pin_file},
        {"recording.keys.kms_access_key_file", c->recording_keys_kms_access_key_file},
        {"recording.keys.kms_secret_key_file", c->recording_keys_kms_secret_key_file},
        {"recording.keys.kms_session_token_file", c->recording_keys_kms_session_token_file},
        {"recording.s3.access_key_file", c->recording_s3_access_key_file},
        {"recording.s3.secret_key_file", c->recording_s3_secret_key_file},
        {"recording.s3.session_token_file", c->recording_s3_session_token_file},
    };
    enum err e = look_at("tls.key", c->tls_key, SECRET_GROUP, why);
    for (size_t i = 0; i < ARRAY_LEN(files) && e == OK; i++) {
        e = check(files[i].key, files[i].file, why);
    }
    return e;
}

/* What verifies may be read by everybody where it is a public key. */
static bool holds_secret(const struct issuer_config *i) {
    return i->source == ISSUER_SECRET_FILE ||
           (i->source == ISSUER_KEYS_FILE && i->algorithms & 1u << JWS_HS256);
}

static enum err check_receivers(const struct config *c, char why[WHY_MAX]) {
    enum err e = OK;
    for (size_t i = 0; i < c->n_webhooks && e == OK; i++) {
        e = check("events.webhooks", c->webhooks[i].secret_file, why);
    }
    for (size_t i = 0; i < c->n_nats && e == OK; i++) {
        const struct config_nats *n = &c->nats[i];
        e = check("events.nats", n->password_file, why);
        e = e == OK ? check("events.nats", n->token_file, why) : e;
        e = e == OK ? check("events.nats", n->creds_file, why) : e;
        e = e == OK ? check("events.nats", n->key_file, why) : e;
    }
    for (size_t i = 0; i < c->n_kafka && e == OK; i++) {
        e = check("events.kafka", c->kafka[i].password_file, why);
        e = e == OK ? check("events.kafka", c->kafka[i].key_file, why) : e;
    }
    return e;
}

enum err secret_files_check(const struct config *c, char why[WHY_MAX]) {
    enum err e = check_named(c, why);
    for (size_t i = 0; i < c->recording_keys_older_files.n && e == OK; i++) {
        e = check("recording.keys.older_files", c->recording_keys_older_files.items[i], why);
    }
    for (size_t i = 0; i < c->issuers.n && e == OK; i++) {
        e = holds_secret(&c->issuers.at[i]) ? check("auth.issuers", c->issuers.at[i].keys, why)
                                            : OK;
    }
    return e == OK ? check_receivers(c, why) : e;
}
