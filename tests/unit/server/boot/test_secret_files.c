/* Each file of a secret that a configuration can name is looked at, wherever it is named. */
#include "server/boot/secret_files.h"

#include "base/check.h"
#include "tests/unit/test.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[32], none[] = "";

static void make(mode_t mode) {
    strcpy(path, "/tmp/oriel-secret-XXXXXX");
    int fd = mkstemp(path);
    CHECK(fd >= 0 && fchmod(fd, mode) == 0);
    close(fd);
}

/* Whatever is not named here is "". */
static struct config empty(void) {
    return (struct config){
        .auth_hs256_secret_file = none,
        .tls_key = none,
        .turn_secret_file = none,
        .database_password_file = none,
        .recording_kek_file = none,
        .recording_keys_signing_file = none,
        .recording_keys_pkcs11_pin_file = none,
        .recording_keys_kms_access_key_file = none,
        .recording_keys_kms_secret_key_file = none,
        .recording_keys_kms_session_token_file = none,
        .recording_s3_access_key_file = none,
        .recording_s3_secret_key_file = none,
        .recording_s3_session_token_file = none,
    };
}

static void expect_refused(const struct config *c, const char *key) {
    char why[WHY_MAX] = "";
    EXPECT_EQ(secret_files_check(c, why), ERR_DENIED);
    EXPECT(strncmp(why, key, strlen(key)) == 0 && strstr(why, path) && strstr(why, "chmod 0600"));
}

TEST(secret_files_that_others_may_read) {
    static const struct {
        const char *key;
        size_t at;
    } keys[] = {
        {"auth.hs256_secret_file", offsetof(struct config, auth_hs256_secret_file)},
        {"turn.secret_file", offsetof(struct config, turn_secret_file)},
        {"database.password_file", offsetof(struct config, database_password_file)},
        {"recording.kek_file", offsetof(struct config, recording_kek_file)},
        {"recording.keys.signing_file", offsetof(struct config, recording_keys_signing_file)},
        {"recording.keys.pkcs11_pin_file", offsetof(struct config, recording_keys_pkcs11_pin_file)},
        {"recording.s3.secret_key_file", offsetof(struct config, recording_s3_secret_key_file)},
    };
    make(0640);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        struct config c = empty();
        *(char **)(void *)((char *)&c + keys[i].at) = path;
        expect_refused(&c, keys[i].key);
    }
    unlink(path);
}

/* Several services share it by a group (Debian: ssl-cert). */
TEST(secret_files_tls_key_of_a_group) {
    char why[WHY_MAX] = "";
    static const mode_t bad[] = {0644, 0660};
    struct config c = empty();
    c.tls_key = path;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        make(bad[i]);
        EXPECT_EQ(secret_files_check(&c, why), ERR_DENIED);
        EXPECT(strncmp(why, "tls.key: ", 9) == 0 && strstr(why, "chmod 0640"));
        unlink(path);
    }
    make(0640);
    EXPECT_EQ(secret_files_check(&c, why), OK);
    unlink(path);
}

TEST(secret_files_in_lists) {
    char *files[] = {none, path}, why[WHY_MAX] = "";
    struct config_webhook hook = {.secret_file = path};
    struct issuer_config issuer = {.source = ISSUER_KEYS_FILE, .keys = path};
    struct config c = empty();
    make(0644);
    issuer.algorithms = 1u << JWS_ES256; /* public keys are for everybody */
    c.issuers.at = &issuer;
    c.issuers.n = 1;
    EXPECT_EQ(secret_files_check(&c, why), OK);
    issuer.algorithms |= 1u << JWS_HS256;
    expect_refused(&c, "auth.issuers");
    issuer = (struct issuer_config){.source = ISSUER_SECRET_FILE, .keys = path};
    expect_refused(&c, "auth.issuers");
    c = empty();
    c.recording_keys_older_files = (struct config_list){files, 2};
    expect_refused(&c, "recording.keys.older_files");
    c = empty();
    c.webhooks = &hook;
    c.n_webhooks = 1;
    expect_refused(&c, "events.webhooks");
    EXPECT(chmod(path, 0600) == 0);
    EXPECT_EQ(secret_files_check(&c, why), OK);
    unlink(path); /* whoever needs it tells that it is not there */
    EXPECT_EQ(secret_files_check(&c, why), OK);
}

TEST(secret_files_of_brokers) {
    char why[WHY_MAX] = "";
    struct config_nats nats = {
        .password_file = none, .token_file = none, .creds_file = none, .key_file = none};
    struct config_kafka kafka = {.password_file = none, .key_file = none};
    char **const of_nats[] = {&nats.password_file, &nats.token_file, &nats.creds_file,
                              &nats.key_file};
    char **const of_kafka[] = {&kafka.password_file, &kafka.key_file};
    struct config c = empty();
    c.nats = &nats;
    c.n_nats = 1;
    c.kafka = &kafka;
    c.n_kafka = 1;
    make(0644);
    EXPECT_EQ(secret_files_check(&c, why), OK);
    for (size_t i = 0; i < ARRAY_LEN(of_nats); i++) {
        *of_nats[i] = path;
        expect_refused(&c, "events.nats");
        *of_nats[i] = none;
    }
    for (size_t i = 0; i < ARRAY_LEN(of_kafka); i++) {
        *of_kafka[i] = path;
        expect_refused(&c, "events.kafka");
        *of_kafka[i] = none;
    }
    unlink(path);
}
