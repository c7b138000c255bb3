/* The tables of config.h, made of the lists of config_keys.h. */
#include "base/check.h"
#include "media/feed/cache.h"
#include "media/mix/mixes.h"
#include "recorder/derived/task.h"
#include "server/config/config.h"
#include "server/config/event_topic.h"
#include "server/config/outbound_url.h"
#include "server/net/ice_tcp.h"

#include <stddef.h>
#include <string.h>

/* What a list X(symbol, word) says, as a table. */
#define NAMED(sym, name) {name, sym},
#define WORDS(LIST)                \
    (const struct config_word[]) { \
        LIST(NAMED) {              \
            NULL, 0                \
        }                          \
    }

const struct config_key config_schema[] = {
#define AT(id) offsetof(struct config, id)
#define STR(id, path, def, doc) {path, CONFIG_STR, AT(id), 0, 0, 0, def, NULL, doc, NULL, 0},
#define INT(id, path, def, min, max, doc) \
    {path, CONFIG_INT, AT(id), def, min, max, "", NULL, doc, NULL, 0},
#define BOOL(id, path, def, doc) {path, CONFIG_BOOL, AT(id), def, 0, 1, "", NULL, doc, NULL, 0},
#define ENUM(id, path, type, def, LIST, doc) \
    {path, CONFIG_ENUM, AT(id), def, 0, 0, "", WORDS(LIST), doc, NULL, 0},
#define LIST(id, path, doc) {path, CONFIG_LIST, AT(id), 0, 0, 0, "", NULL, doc, NULL, 0},
    CONFIG_KEYS(STR, INT, BOOL, ENUM, LIST)
#undef STR
#undef INT
#undef BOOL
#undef ENUM
#undef LIST
};
const size_t config_schema_len = ARRAY_LEN(config_schema);

bool config_title_valid(const char *text) {
    return strlen(text) <= NAME_MAX_BYTES;
}

bool config_time_valid(const char *text) {
    wall_t at;
    return !*text || wall_parse(text, &at);
}

static const struct config_key tour_keys[] = {
#define IN(id) offsetof(struct config_tour, id)
#define TEXT(id, good, must) {#id, CONFIG_STR, IN(id), 0, 0, 0, "", NULL, must, good, 0},
#define WORD(id, type, like, LIST, doc) \
    {#id, CONFIG_ENUM, IN(id), 0, 0, 0, "", WORDS(LIST), doc, NULL, AT(like)},
#define FLAG(id, like, doc) {#id, CONFIG_BOOL, IN(id), 0, 0, 1, "", NULL, doc, NULL, AT(like)},
#define NUMBER(id, like, min, max, doc) \
    {#id, CONFIG_INT, IN(id), 0, min, max, "", NULL, doc, NULL, AT(like)},
#define JSON(id, max, must) {#id, CONFIG_JSON, IN(id), 0, 0, max, "", NULL, must, NULL, 0},
    CONFIG_TOUR_KEYS(TEXT, WORD, FLAG, NUMBER, JSON)
#undef TEXT
#undef WORD
#undef FLAG
#undef NUMBER
#undef JSON
};

#undef IN
bool config_sink_name_valid(const char *text) {
    return strlen(text) <= SINK_NAME_MAX && tour_name_valid(text);
}

bool config_file_valid(const char *text) {
    return *text != '\0';
}

static bool is_one_of(const char *text, const char *const *all) {
    while (*all && strcmp(text, *all) != 0) {
        all++;
    }
    return *all != NULL;
}

bool config_kafka_security_valid(const char *text) {
    static const char *const all[] = {"SSL", "SASL_SSL", "PLAINTEXT", "SASL_PLAINTEXT", NULL};
    return is_one_of(text, all);
}

bool config_kafka_sasl_valid(const char *text) {
    static const char *const all[] = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", NULL};
    return is_one_of(text, all);
}

static const struct config_key webhook_keys[] = {
#define IN(id) offsetof(struct config_webhook, id)
#define TEXT(id, good, must) {#id, CONFIG_STR, IN(id), 0, 0, 0, "", NULL, must, good, 0},
#define LISTED(id, doc) {#id, CONFIG_LIST, IN(id), 0, 0, 0, "", NULL, doc, NULL, 0},
    CONFIG_WEBHOOK_KEYS(TEXT, LISTED)
#undef IN
};

static const struct config_key nats_keys[] = {
#define IN(id) offsetof(struct config_nats, id)
    CONFIG_NATS_KEYS(TEXT, LISTED)
#undef IN
};

static const struct config_key kafka_keys[] = {
#define IN(id) offsetof(struct config_kafka, id)
    CONFIG_KAFKA_KEYS(TEXT, LISTED)
#undef IN
#undef TEXT
#undef LISTED
};

const struct config_array config_arrays[] = {
    {"tours", "a tour", "tours", AT(tours), AT(n_tours), sizeof(struct config_tour),
     CONFIG_TOURS_MAX, tour_keys, ARRAY_LEN(tour_keys)},
    {"events.webhooks", "a webhook", "webhooks", AT(webhooks), AT(n_webhooks),
     sizeof(struct config_webhook), CONFIG_SINKS_MAX, webhook_keys, ARRAY_LEN(webhook_keys)},
    {"events.nats", "a NATS receiver", "receivers", AT(nats), AT(n_nats),
     sizeof(struct config_nats), CONFIG_SINKS_MAX, nats_keys, ARRAY_LEN(nats_keys)},
    {"events.kafka", "a Kafka receiver", "receivers", AT(kafka), AT(n_kafka),
     sizeof(struct config_kafka), CONFIG_SINKS_MAX, kafka_keys, ARRAY_LEN(kafka_keys)},
};
const size_t config_arrays_len = ARRAY_LEN(config_arrays);
#undef AT
