/* The configuration: one JSON file in which comments are allowed. CONFIG_KEYS is the one list of
 * keys: the struct below, the parser, its error messages and the test of conf/oriel.json are made
 * from it. Read once at start (log.level, "auth", web.images, web.frame_ancestors and the
 * certificate files again on SIGHUP); immutable afterwards, so any thread may read it. */
#ifndef ORIEL_SERVER_CONFIG_CONFIG_H
#define ORIEL_SERVER_CONFIG_CONFIG_H

#include "base/err.h"
#include "media/secure/srtp.h"
#include "recorder/seal/key_config.h"
#include "recorder/store/store_s3.h"
#include "server/config/config_keys.h"
#include "server/config/issuer_config.h"
#include "server/os/log.h"
#include "signaling/signaling.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_LIST_MAX 64  /* entries in a list */
#define CONFIG_TOURS_MAX 64 /* entries in "tours" */
#define CONFIG_SINKS_MAX 8  /* entries in the lists of receivers of events together */
#define CONFIG_FILE_MAX (1024 * 1024)

/* Where objects lie in the end, and what happens at a quota: whoever opens stores or keeps
 * recordings is told by other means than an enum. X(symbol, name) */
#define STORE_PLACES(X)           \
    X(STORE_PLACE_LOCAL, "local") \
    X(STORE_PLACE_S3, "s3")
#define QUOTA_POLICIES(X)     \
    X(QUOTA_REFUSE, "refuse") \
    X(QUOTA_EXPIRED, "expired")
#define X(sym, name) sym,
enum store_place { STORE_PLACES(X) };
enum quota_policy { QUOTA_POLICIES(X) };
#undef X

struct config_list {
    char **items;
    size_t n;
};

/* An entry of "tours". */
struct config_tour {
#define TEXT(id, good, must) char *id;
#define WORD(id, type, like, words, doc) \
    type id;                             \
    _Static_assert(sizeof(type) == sizeof(int), "stored through the schema");
#define FLAG(id, like, doc) bool id;
#define NUMBER(id, like, min, max, doc) int64_t id;
#define JSON(id, max, must) char *id;
    CONFIG_TOUR_KEYS(TEXT, WORD, FLAG, NUMBER, JSON)
#undef TEXT
#undef WORD
#undef FLAG
#undef NUMBER
#undef JSON
};

/* An entry of "events.webhooks". */
struct config_webhook {
#define TEXT(id, good, must) char *id;
#define LISTED(id, doc) struct config_list id;
    CONFIG_WEBHOOK_KEYS(TEXT, LISTED)
};
/* Of "events.nats" and of "events.kafka". */
struct config_nats {
    CONFIG_NATS_KEYS(TEXT, LISTED)
};
struct config_kafka {
    CONFIG_KAFKA_KEYS(TEXT, LISTED)
#undef TEXT
#undef LISTED
};

struct config {
#define STR(id, path, def, doc) char *id;
#define INT(id, path, def, min, max, doc) int64_t id;
#define BOOL(id, path, def, doc) bool id;
#define ENUM(id, path, type, def, words, doc) \
    type id;                                  \
    _Static_assert(sizeof(type) == sizeof(int), "stored through the schema");
#define LIST(id, path, doc) struct config_list id;
    CONFIG_KEYS(STR, INT, BOOL, ENUM, LIST)
#undef STR
#undef INT
#undef BOOL
#undef ENUM
#undef LIST
    struct config_tour *tours;
    size_t n_tours;
    struct config_webhook *webhooks; /* "events.webhooks" */
    size_t n_webhooks;
    struct config_nats *nats; /* "events.nats" */
    size_t n_nats;
    struct config_kafka *kafka; /* "events.kafka" */
    size_t n_kafka;
    struct issuer_configs issuers; /* "auth.issuers" */
};

enum config_type { CONFIG_STR, CONFIG_INT, CONFIG_BOOL, CONFIG_ENUM, CONFIG_LIST, CONFIG_JSON };

/* A word of an enum, and the value that it stands for. */
struct config_word {
    const char *word; /* NULL: the end of a table */
    int value;
};

/* One row of the schema. */
struct config_key {
    const char *path; /* "listen.port" */
    enum config_type type;
    size_t offset; /* in struct config, or in an entry of a list of objects */
    int64_t def, min, max;
    const char *text;                /* default of a string */
    const struct config_word *words; /* CONFIG_ENUM */
    const char *doc;
    bool (*good)(const char *text); /* a string that must be what doc says; NULL: any */
    size_t like;                    /* in an entry: where struct config has the default; 0: def */
};
extern const struct config_key config_schema[];
extern const size_t config_schema_len;

/* A list of objects. */
struct config_array {
    const char *path, *one, *many; /* "tours", "a tour", "tours" */
    size_t items, n;   /* offsets in struct config: of the pointer to them, and a size_t */
    size_t size, most; /* of an entry [bytes]; entries */
    const struct config_key *keys; /* their paths are those within an entry */
    size_t n_keys;
};
extern const struct config_array config_arrays[];
extern const size_t config_arrays_len;

/* Parse text (n bytes); `file` is only used in messages. On failure *ret is untouched and why says
 * file, line, key and what would be right. ERR_FORMAT, ERR_RANGE, ERR_UNKNOWN, ERR_NOMEM. The
 * caller frees with config_free. */
enum err config_parse(const char *file, const char *text, size_t n, struct config **ret,
                      char why[WHY_MAX]);
/* Read and parse a file. ERR_IO when it cannot be read, else as config_parse. */
enum err config_load(const char *file, struct config **ret, char why[WHY_MAX]);
/* NULL allowed; returns NULL. Wipes the secret. */
struct config *config_free(struct config *c);
/* The name of a receiver of events; of a file, which may not be empty. */
bool config_sink_name_valid(const char *text);
bool config_file_valid(const char *text);
/* How to speak with brokers of Kafka, in its own words. */
bool config_kafka_security_valid(const char *text);
bool config_kafka_sasl_valid(const char *text);
/* A title of a tour, or of who is in it. */
bool config_title_valid(const char *text);
/* A time in RFC 3339, or nothing. */
bool config_time_valid(const char *text);
/* Replace a string value, as `serve --lan` does. ERR_NOMEM leaves it unchanged. */
enum err config_set(char **field, const char *value);

/* The key providers of recordings, as the configuration names them; *ret borrows from c. */
void config_key_config(const struct config *c, struct key_config *ret);

#endif
