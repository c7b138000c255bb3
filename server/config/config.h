/* The configuration: one JSON file in which comments are allowed. CONFIG_KEYS is the one list of
 * keys: the struct below, the parser, its error messages and the test of conf/oriel.json are made
 * from it. Read once at start (log.level, "auth" and the certificate files again on SIGHUP);
 * immutable afterwards, so any thread may read it. */
#ifndef ORIEL_SERVER_CONFIG_CONFIG_H
#define ORIEL_SERVER_CONFIG_CONFIG_H

#include "base/err.h"
#include "recorder/seal/key_config.h"
#include "server/config/config_keys.h"
#include "server/config/issuer_config.h"
#include "signaling/signaling.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_LIST_MAX 64  /* entries in a list */
#define CONFIG_TOURS_MAX 64 /* entries in "tours" */
#define CONFIG_FILE_MAX (1024 * 1024)

enum config_store { CONFIG_STORE_LOCAL, CONFIG_STORE_S3 }; /* recording.store */
#define CONFIG_QUOTA_EXPIRED 1  /* index in the names of recording.quota.policy */
#define CONFIG_ENCRYPTION_KMS 2 /* index in the names of recording.s3.encryption */

struct config_list {
    char **items;
    size_t n;
};

struct config_tour {
    char name[TOUR_NAME_MAX + 1];
    char title[NAME_MAX_BYTES + 1];
    enum record_mode record;
    enum codec codec;
};

struct config {
#define STR(id, path, def, doc) char *id;
#define INT(id, path, def, min, max, doc) int64_t id;
#define BOOL(id, path, def, doc) bool id;
#define ENUM(id, path, def, names, doc) int id; /* index into names */
#define LIST(id, path, doc) struct config_list id;
    CONFIG_KEYS(STR, INT, BOOL, ENUM, LIST)
#undef STR
#undef INT
#undef BOOL
#undef ENUM
#undef LIST
    struct config_tour *tours;
    size_t n_tours;
    struct issuer_configs issuers; /* "auth.issuers" */
};

enum config_type { CONFIG_STR, CONFIG_INT, CONFIG_BOOL, CONFIG_ENUM, CONFIG_LIST };

/* One row of the schema. */
struct config_key {
    const char *path; /* "listen.port" */
    enum config_type type;
    size_t offset; /* in struct config */
    int64_t def, min, max;
    const char *text;         /* default of a string or an enum */
    const char *const *names; /* CONFIG_ENUM: NULL-terminated */
    const char *doc;
};
extern const struct config_key config_schema[];
extern const size_t config_schema_len;

/* The names that "recording.keys.provider" may have, and NULL. */
extern const char *const config_key_providers[];

/* Parse text (n bytes); `file` is only used in messages. On failure *ret is untouched and why says
 * file, line, key and what would be right. ERR_FORMAT, ERR_RANGE, ERR_UNKNOWN, ERR_NOMEM. The
 * caller frees with config_free. */
enum err config_parse(const char *file, const char *text, size_t n, struct config **ret,
                      char why[WHY_MAX]);
/* Read and parse a file. ERR_IO when it cannot be read, else as config_parse. */
enum err config_load(const char *file, struct config **ret, char why[WHY_MAX]);
/* NULL allowed; returns NULL. Wipes the secret. */
struct config *config_free(struct config *c);
/* Replace a string value, as `serve --lan` does. ERR_NOMEM leaves it unchanged. */
enum err config_set(char **field, const char *value);

/* media.codec. */
enum codec config_codec(const struct config *c);
/* The key providers of recordings, as the configuration names them; *ret borrows from c. */
void config_key_config(const struct config *c, struct key_config *ret);

#endif
