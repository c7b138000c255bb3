#include "base/check.h"
#include "server/config/config.h"
#include "server/config/config_can.h"
#include "server/config/config_check.h"
#include "server/config/config_text.h"
#include "server/os/files.h"
#include "tests/unit/test.h"
#include "json/json_place.h"

#include <jansson.h>
#include <stdlib.h>

static char why[WHY_MAX];

static struct config *parse(const char *text) {
    struct config *c = NULL;
    why[0] = '\0';
    config_parse("t.json", text, strlen(text), &c, why);
    return c;
}

/* The text must be refused with exactly this message. */
static void refused(const char *text, const char *message) {
    struct config *c = parse(text);
    EXPECT(c == NULL);
    EXPECT_STR(why, message);
    config_free(c);
}

TEST(config_defaults) {
    struct config *c = parse("{}");
    REQUIRE(c);
    EXPECT_EQ(c->listen_port, 8080);
    EXPECT_STR(c->recording_dir, "/var/lib/oriel/recordings");
    EXPECT_STR(c->auth_hs256_secret_file, "/var/lib/oriel/jwt.secret");
    EXPECT_EQ(c->recording_default, RECORD_MANUAL);
    EXPECT_EQ(c->n_tours, 0);
    config_free(c);
}

TEST(config_values_and_comments) {
    struct config *c = parse("// first\n{\"state_dir\": \"var\", /* \"x\": */ \"listen\": "
                             "{\"port\": 0, \"address\": \"::1\"}, \"origins\": "
                             "[\"https://a.example\", \"http://b\"], // end\n"
                             "\"log\": {\"level\": \"debug\", \"shorten_addresses\": false}}");
    REQUIRE(c);
    EXPECT_EQ(c->listen_port, 0);
    EXPECT_STR(c->listen_address, "::1");
    EXPECT_STR(c->recording_kek_file, "var/kek");
    EXPECT_EQ(c->origins.n, 2);
    EXPECT_STR(c->origins.items[1], "http://b");
    EXPECT_EQ(c->log_level, LOG_LEVEL_DEBUG);
    EXPECT(!c->log_shorten_addresses);
    config_free(c);
}

TEST(config_slashes_in_strings_are_not_comments) {
    struct config *c =
        parse("{\"public_url\": \"https://a/\\\"/*\", \"state_dir\": \"a\\\\\" // x\n}");
    REQUIRE(c);
    EXPECT_STR(c->public_url, "https://a/\"/*");
    EXPECT_STR(c->state_dir, "a\\");
    config_free(c);
}

TEST(config_errors_have_lines) {
    refused("{\n \"listen\": {\n  \"prot\": 1}}",
            "t.json:3: \"listen.prot\": unknown key (did you mean \"listen.port\"?)");
    refused("{\n\n \"quite_something_else\": 1}",
            "t.json:3: \"quite_something_else\": unknown key");
    refused("{\n \"listen\": {\"address\": \"127.0.0.1\",\n\n \"port\": 70000}}",
            "t.json:4: \"listen.port\": must be a whole number 0..65535 (TCP port, 0 = any)");
    refused("{\n \"listen\": 5}", "t.json:2: \"listen\": must be an object");
    refused("{\n /* open", "t.json:2: this comment is not closed");
    refused("[]", "t.json:1: must be a JSON object");
    refused("{\"log\": {\n\"level\": \"loud\"}}",
            "t.json:2: \"log.level\": must be \"error\", \"warn\", \"info\" or \"debug\" (least "
            "important level written)");
    refused("{\"origins\": [\"https://a\",\n 7]}",
            "t.json:2: \"origins[1]\": must be a string (further web origins that may open "
            "/v1/signal)");
    /* One way to say a key. */
    refused("{\n\"listen.port\": 1}",
            "t.json:2: \"listen.port\": must be written as an object within an object");
    refused("{\"auth\": {\"issuers\": []},\n\"auth.issuers\": []}",
            "t.json:1: \"auth.issuers\": must be written as an object within an object");
    refused("{\n\"tls\": {\"cert\": \"x\"}}", "t.json:2: \"tls.cert\": needs tls.key as well");
}

TEST(config_syntax_errors_have_lines) {
    struct config *c = parse("{\n // comment\n \"listen\": {\"port\": }\n}");
    EXPECT(c == NULL);
    EXPECT(strncmp(why, "t.json:3: ", 10) == 0);
    c = parse("{\"state_dir\": \"a\",\n\"state_dir\": \"b\"}");
    EXPECT(c == NULL);
    EXPECT(strstr(why, "t.json:2: duplicate") == why);
}

TEST(config_tours) {
    struct config *c = parse("{\"tours\": [{\"name\": \"demo\", \"title\": \"Demo\", \"record\": "
                             "\"auto\", \"codec\": \"vp8\"}, {\"name\": \"b\"}],"
                             "\"recording\": {\"default\": \"off\"}, \"media\": {\"codec\": "
                             "\"h264\"}}");
    REQUIRE(c);
    REQUIRE(c->n_tours == 2);
    EXPECT_STR(c->tours[0].name, "demo");
    EXPECT_EQ(c->tours[0].record, RECORD_AUTO);
    EXPECT_EQ(c->tours[0].codec, CODEC_VP8);
    EXPECT_EQ(c->tours[1].record, RECORD_OFF);
    EXPECT_EQ(c->tours[1].codec, CODEC_H264);
    config_free(c);
    refused("{\"tours\": [\n{\"name\": \"a b\"}]}",
            "t.json:2: \"tours[0].name\": must be 1..64 of A-Z a-z 0-9 _ -");
    refused("{\"tours\": [{\"name\": \"a\"},\n{\"name\": \"a\"}]}",
            "t.json:2: \"tours[1]\": the name \"a\" is used twice");
    refused("{\"tours\": [{\"title\": \"a\"}]}", "t.json:1: \"tours[0]\": needs a name");
    refused("{\"tours\": [{\"name\": \"a\",\n\"colour\": 1}]}",
            "t.json:2: \"tours[0].colour\": unknown key (a tour has name, title, record, codec, "
            "lobby, starts_at, ends_at, max_length_s, capacity, property and guest)");
}

TEST(config_tours_say_what_guests_may) {
    struct config *c = parse(
        "{\"tours_defaults\": {\"guest\": {\"screen\": \"both\", \"chat\": false}}, \"tours\": "
        "[{\"name\": \"a\"}, {\"name\": \"b\", \"guest\": {\"audio\": \"receive\"}}]}");
    REQUIRE(c && c->n_tours == 2);
    EXPECT_EQ(c->tours_defaults_guest_screen, DIRECTION_BOTH);
    EXPECT(!c->tours_defaults_guest_chat && !c->tours_defaults_guest_point);
    struct capabilities_part p = config_can(c->tours[0].guest);
    EXPECT(!capabilities_any(&p));
    p = config_can(c->tours[1].guest);
    EXPECT_EQ(p.kinds, 1u << SOURCE_MICROPHONE);
    EXPECT(p.to.send == 0 && p.to.receive == p.kinds && !p.has_chat);
    config_free(c);
#define GUEST_MUST                                                                                \
    "t.json:1: \"tours\": must not have a tour whose guest is other than audio, camera and "      \
    "screen, each \"none\", \"send\", \"receive\" or \"both\", and chat and point, each true or " \
    "false"
    refused("{\"tours\": [{\"name\": \"a\", \"guest\": {\"audio\": \"some\"}}]}", GUEST_MUST);
    refused("{\"tours\": [{\"name\": \"a\", \"guest\": {\"microphone\": \"both\"}}]}", GUEST_MUST);
    refused("{\"tours_defaults\": {\"guest\": {\"audio\": \"some\"}}}",
            "t.json:1: \"tours_defaults.guest.audio\": must be \"none\", \"send\", \"receive\" or "
            "\"both\" (guests and microphones)");
}

TEST(config_tours_have_a_plan) {
    struct config *c = parse(
        "{\"tours_defaults\": {\"lobby\": true, \"capacity\": 5}, \"tours\": [{\"name\": \"a\"},"
        "{\"name\": \"b\", \"lobby\": false, \"starts_at\": \"2026-01-02T15:00:00Z\", \"ends_at\": "
        "\"2026-01-02T17:00:00+01:00\", \"max_length_s\": 60, \"capacity\": 0, \"property\": "
        "{ \"id\" : [ 1, \"\\u00e9\" ] }}]}");
    REQUIRE(c && c->n_tours == 2);
    EXPECT(c->tours[0].lobby && !c->tours[1].lobby);
    EXPECT_EQ(c->tours[0].capacity, 5);
    EXPECT_EQ(c->tours[1].capacity, 0);
    EXPECT_EQ(c->tours[0].max_length_s, 0);
    EXPECT_EQ(c->tours[1].max_length_s, 60);
    EXPECT_STR(c->tours[0].starts_at, "");
    EXPECT_STR(c->tours[0].property, "");
    EXPECT_STR(c->tours[1].property, "{\"id\":[1,\"\xc3\xa9\"]}");
    config_free(c);
    refused("{\"tours\": [{\"name\": \"a\",\n\"starts_at\": \"tomorrow\"}]}",
            "t.json:2: \"tours[0].starts_at\": must be a time such as \"2026-01-02T15:00:00Z\"");
    refused("{\n\"tours\": [{\"name\": \"a\", \"starts_at\": \"2026-01-02\", \"ends_at\": "
            "\"2026-01-02T00:00:00Z\"}]}",
            "t.json:2: \"tours\": must not have a tour whose ends_at is not after its starts_at");
    refused("{\"tours\": [{\"name\": \"a\", \"capacity\": -1}]}",
            "t.json:1: \"tours[0].capacity\": must be a whole number 0..65535 (people in it; 0 = "
            "limits.participants)");
    char *text = malloc(8192);
    snprintf(text, 8192, "{\"tours\": [{\"name\": \"a\", \"property\": {\"a\": \"%04096d\"}}]}", 0);
    refused(text, "t.json:1: \"tours[0].property\": must be an object of at most 4096 bytes");
    free(text);
}

/* {"a": {"b": VALUE}} for the path a.b */
static void wrap(char *out, size_t cap, const char *path, const char *value) {
    size_t n = 0, depth = 1;
    for (const char *dot; (dot = strchr(path, '.')); path = dot + 1, depth++) {
        n += (size_t)snprintf(out + n, cap - n, "{\"%.*s\": ", (int)(dot - path), path);
    }
    n += (size_t)snprintf(out + n, cap - n, "{\"%s\": %s", path, value);
    while (depth-- > 0) {
        n += (size_t)snprintf(out + n, cap - n, "}");
    }
}

TEST(config_webhooks) {
#define HOOKS "{\"events\": {\"webhooks\": ["
#define HOOK "\"name\": \"a\", \"url\": \"https://a/b\", \"secret_file\": \"/s\""
    struct config *c =
        parse(HOOKS "{" HOOK ", \"types\": [\"tour.started\", \"recording.completed\"]}]}}");
    REQUIRE(c);
    REQUIRE(c->n_webhooks == 1);
    EXPECT_STR(c->webhooks[0].name, "a");
    EXPECT_EQ(c->webhooks[0].types.n, 2);
    EXPECT_STR(c->webhooks[0].types.items[1], "recording.completed");
    config_free(c);
    refused(HOOKS "{\"name\": \"a\"}]}}",
            "t.json:1: \"events.webhooks\": needs url and secret_file in each webhook");
    refused(
        HOOKS "{" HOOK ", \"types\": [\"tour.begun\"]}]}}",
        "t.json:1: \"events.webhooks\": has types that there are not: docs/events.md names them");
    refused(HOOKS "{\"name\": \"a\", \"url\": \"http://example.com/\"}]}}",
            "t.json:1: \"events.webhooks[0].url\": must be a URL that begins with https:// (or "
            "http:// on this machine itself)");
    refused(HOOKS "{" HOOK "}, {" HOOK "}]}}",
            "t.json:1: \"events.webhooks[1]\": the name \"a\" is used twice");
    refused("{\"events\": {\"enabled\": false, \"webhooks\": [{" HOOK "}]}}",
            "t.json:1: \"events.enabled\": must be true when there are receivers");
    refused("{\"events\": {\"retry_s\": 20, \"retry_max_s\": 10}}",
            "t.json:1: \"events.retry_max_s\": must not be less than events.retry_s");
}

/* The text of a configuration with these receivers, each an object's members without braces. */
static const char *with_sinks(const char *nats, const char *kafka) {
    static char text[2048];
    snprintf(text, sizeof(text), "{\"events\": {\"nats\": [{%s}], \"kafka\": [{%s}]}}", nats,
             kafka);
    return text;
}

TEST(config_brokers) {
#define NATS "\"name\": \"a\", \"urls\": [\"tls://a:4222\", \"nats://127.0.0.1\"]"
#define KAFKA "\"name\": \"b\", \"brokers\": [\"b:9092\", \"[::1]:1\"]"
#define SASL "\"sasl_mechanism\": \"PLAIN\", \"user\": \"u\", \"password_file\": \"/p\""
    static const struct {
        const char *nats, *kafka, *why;
    } rows[] = {
        {"\"name\": \"a\"", KAFKA, "\"events.nats\": needs urls in each receiver"},
        {"\"name\": \"a\", \"urls\": [\"nats://a\"]", KAFKA,
         "\"events.nats\": has urls that are not tls://HOST:PORT (or nats:// on this machine "
         "itself)"},
        {NATS ", \"user\": \"u\"", KAFKA, "\"events.nats\": needs password_file where user is"},
        {NATS ", \"token_file\": \"/t\", \"creds_file\": \"/c\"", KAFKA,
         "\"events.nats\": has more than one of user, token_file and creds_file"},
        {NATS ", \"key_file\": \"/k\"", KAFKA,
         "\"events.nats\": needs key_file where cert_file is"},
        {NATS ", \"types\": [\"tour.begun\"]", KAFKA,
         "\"events.nats\": has types that there are not: docs/events.md names them"},
        {NATS, KAFKA ", \"types\": [\"tour.begun\"]",
         "\"events.kafka\": has types that there are not: docs/events.md names them"},
        {NATS ", \"subject\": \"a..b\"", KAFKA,
         "\"events.nats[0].subject\": must be parts of A-Z a-z 0-9 _ - with dots between, and "
         "{service}, {action}, {tour} once each"},
        {NATS, KAFKA ", \"topic\": \"{tour}\"",
         "\"events.kafka[0].topic\": must be parts of A-Z a-z 0-9 _ - with dots between, and "
         "{service}, {action} once each"},
        {NATS, "\"name\": \"b\"", "\"events.kafka\": needs brokers in each receiver"},
        {NATS, "\"name\": \"b\", \"brokers\": [\"b\"]",
         "\"events.kafka\": has brokers that are not HOST:PORT"},
        {NATS, KAFKA ", \"security_protocol\": \"PLAINTEXT\"",
         "\"events.kafka\": must not use PLAINTEXT but on this machine itself: SSL or SASL_SSL"},
        {NATS, KAFKA ", \"security_protocol\": \"ssl\"",
         "\"events.kafka[0].security_protocol\": must be SSL, SASL_SSL, or on this machine itself "
         "PLAINTEXT or SASL_PLAINTEXT"},
        {NATS, KAFKA ", \"security_protocol\": \"SASL_SSL\", \"user\": \"u\"",
         "\"events.kafka\": needs sasl_mechanism, user and password_file where security_protocol "
         "is "
         "SASL_SSL or SASL_PLAINTEXT, and nowhere else"},
        {NATS, KAFKA ", " SASL,
         "\"events.kafka\": needs sasl_mechanism, user and password_file where security_protocol "
         "is "
         "SASL_SSL or SASL_PLAINTEXT, and nowhere else"},
        {NATS, KAFKA ", \"cert_file\": \"/k\"",
         "\"events.kafka\": needs key_file where cert_file is"},
        {NATS, "\"name\": \"a\", \"brokers\": [\"b:1\"]",
         "\"events\": must not have two receivers of one name"}};
    struct config *c = parse(with_sinks(
        NATS ", \"user\": \"u\", \"password_file\": \"/p\", \"subject\": \"a.{tour}\"",
        KAFKA ", \"security_protocol\": \"SASL_SSL\", " SASL ", \"types\": [\"tour.message\"]"));
    REQUIRE(c && c->n_nats == 1 && c->n_kafka == 1);
    EXPECT_STR(c->nats[0].urls.items[1], "nats://127.0.0.1");
    EXPECT_STR(c->kafka[0].sasl_mechanism, "PLAIN");
    config_free(c);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char full[512];
        snprintf(full, sizeof(full), "t.json:1: %s", rows[i].why);
        refused(with_sinks(rows[i].nats, rows[i].kafka), full);
    }
}

TEST(config_has_eight_receivers_at_most) {
    char text[2048];
    size_t n = (size_t)snprintf(text, sizeof(text),
                                "{\"events\": {\"webhooks\": [{" HOOK "}], "
                                "\"nats\": [");
    for (unsigned i = 0; i < 8; i++) {
        n += (size_t)snprintf(text + n, sizeof(text) - n,
                              "%s{\"name\": \"n%u\", \"urls\": [\"tls://a\"]}", i ? ", " : "", i);
    }
    snprintf(text + n, sizeof(text) - n, "]}}");
    refused(text, "t.json:1: \"events\": must not have more than 8 receivers: webhooks, nats and "
                  "kafka together");
}

/* All that may go wrong in a list of objects, by its table. */
TEST(config_lists_of_objects) {
    refused("{\"tours\": 1}", "t.json:1: \"tours\": must be a list of at most 64 tours");
    refused("{\"tours\": [\n7]}", "t.json:2: \"tours[0]\": must be an object with a name");
    refused("{\"tours\": [{\"name\": \"a\",\n\"record\": 1}]}",
            "t.json:2: \"tours[0].record\": must be \"auto\", \"manual\" or \"off\" (recording)");
    refused("{\"tours\": [{\"name\": \"a\",\n\"title\": null}]}",
            "t.json:2: \"tours[0].title\": must be a string of at most 128 bytes");
    refused("{\"tours\": [{\"]\": 1}]}",
            "t.json:1: \"tours[0].]\": unknown key (a tour has name, title, record, codec, lobby, "
            "starts_at, ends_at, max_length_s, capacity, property and guest)");
    for (size_t i = 0; i < config_arrays_len; i++) {
        const struct config_array *a = &config_arrays[i];
        EXPECT_EQ(a->keys[0].type, CONFIG_STR); /* the name */
        for (size_t j = 0; j < a->n_keys; j++) {
            char text[256], list[128], where[128];
            snprintf(list, sizeof(list), "[{\"%s\": %s}]", a->keys[j].path,
                     a->keys[j].type == CONFIG_JSON ? "7" : "{}");
            wrap(text, sizeof(text), a->path, list);
            snprintf(where, sizeof(where), "\"%s[0].%s\": must be ", a->path, a->keys[j].path);
            EXPECT(parse(text) == NULL);
            EXPECT(strstr(why, where) != NULL);
        }
    }
}

static bool accepted(const char *path, const char *value) {
    char text[512];
    wrap(text, sizeof(text), path, value);
    struct config *c = parse(text);
    bool named = strstr(why, path) != NULL;
    EXPECT(c || named);
    bool ok = c != NULL;
    config_free(c);
    return ok;
}

/* Every number: its range is closed at both ends, and other types are refused. */
TEST(config_every_range) {
    for (size_t i = 0; i < config_schema_len; i++) {
        const struct config_key *k = &config_schema[i];
        char value[32];
        if (k->type != CONFIG_INT) {
            continue;
        }
        snprintf(value, sizeof(value), "%" PRId64, k->min - 1);
        EXPECT(!accepted(k->path, value));
        snprintf(value, sizeof(value), "%" PRId64, k->max + 1);
        EXPECT(!accepted(k->path, value));
        snprintf(value, sizeof(value), "%" PRId64, k->def);
        EXPECT(accepted(k->path, value));
        EXPECT(k->def >= k->min && k->def <= k->max);
        EXPECT(!accepted(k->path, "\"7\""));
        EXPECT(!accepted(k->path, "1.5"));
        EXPECT(!accepted(k->path, "null"));
    }
}

TEST(config_every_type) {
    for (size_t i = 0; i < config_schema_len; i++) {
        const struct config_key *k = &config_schema[i];
        EXPECT(!accepted(k->path, "{}"));
        EXPECT(k->type == CONFIG_INT || !accepted(k->path, "99"));
        EXPECT(k->type != CONFIG_BOOL || (accepted(k->path, "true") && accepted(k->path, "false")));
        EXPECT(k->type != CONFIG_LIST || accepted(k->path, "[]"));
        EXPECT(k->doc && *k->doc);
    }
}

/* A key is called alike in the file and here. */
TEST(config_fields_are_called_as_keys) {
    static const char *const fields[] = {
#define STR(id, path, def, doc) #id,
#define INT(id, path, def, min, max, doc) #id,
#define BOOL(id, path, def, doc) #id,
#define ENUM(id, path, type, def, words, doc) #id,
#define LIST(id, path, doc) #id,
        CONFIG_KEYS(STR, INT, BOOL, ENUM, LIST)
#undef STR
#undef INT
#undef BOOL
#undef ENUM
#undef LIST
    };
    for (size_t i = 0; i < config_schema_len; i++) {
        char name[64];
        snprintf(name, sizeof(name), "%s", config_schema[i].path);
        for (char *dot; (dot = strchr(name, '.'));) {
            *dot = '_';
        }
        EXPECT_STR(fields[i], name);
    }
}

/* Every word of an enum is its user's value, whatever the order of either. */
TEST(config_every_word) {
    char text[512], quoted[64];
    for (size_t i = 0; i < config_schema_len; i++) {
        const struct config_key *k = &config_schema[i];
        for (const struct config_word *w = k->words; w && w->word; w++) {
            int value = -1;
            snprintf(quoted, sizeof(quoted), "\"%s\"", w->word);
            wrap(text, sizeof(text), k->path, quoted);
            struct config *c = NULL;
            (void)config_parse("t.json", text, strlen(text), &c, why);
            if (c) {
                memcpy(&value, (char *)c + k->offset, sizeof(value));
                EXPECT_EQ(value, w->value);
            } else { /* it needs other keys */
                EXPECT(!strstr(why, "must be \""));
            }
            config_free(c);
        }
    }
    struct config *c = parse("{\"media\": {\"codec\": \"av1\", \"aead\": \"openssl\"}, \"log\": "
                             "{\"format\": \"text\"}, \"recording\": {\"default\": \"off\"}}");
    REQUIRE(c);
    EXPECT_EQ(c->media_codec, CODEC_AV1);
    EXPECT_EQ(c->media_aead, SRTP_AEAD_OPENSSL);
    EXPECT_EQ(c->log_format, LOG_SHAPE_TEXT);
    EXPECT_EQ(c->recording_default, RECORD_OFF);
    config_free(c);
}

TEST(config_rules_between_keys) {
    EXPECT(!accepted("media.cache_packets", "100"));
    EXPECT(accepted("media.cache_packets", "128"));
    EXPECT(accepted("media.aead", "\"ipsec-mb\"")); /* whether it runs here is seen at start */
    EXPECT(!accepted("media.aead", "\"nss\""));
    EXPECT(!accepted("timeouts.peer_s", "8"));
    EXPECT(!accepted("media.path_start_kbps", "50")); /* less than path_min_kbps */
    EXPECT(!accepted("media.layer_rest_s", "2"));     /* less than workers need */
    EXPECT(accepted("media.layer_rest_s", "0"));
    EXPECT(!accepted("media.path_max_kbps", "700")); /* less than path_start_kbps */
    EXPECT(!accepted("recording.segment_max_ms", "1000"));
    EXPECT(!accepted("listen.address", "\"localhost\""));
    /* One message and one body must fit into what an address may have on the way. */
    refused("{\"limits\": {\"message_kib\": 1024,\n\"input_mib_per_address\": 1}}",
            "t.json:2: \"limits.input_mib_per_address\": must be more than limits.message_kib "
            "(1024 KiB are 1 MiB): raise it, or lower that");
    refused("{\"limits\": {\"body_kib\": 1025,\n\"input_mib_per_address\": 1}}",
            "t.json:2: \"limits.input_mib_per_address\": must not be less than limits.body_kib "
            "(1024 KiB are 1 MiB): raise it, or lower that");
    EXPECT(accepted("limits", "{\"message_kib\": 1023, \"body_kib\": 1024, "
                              "\"input_mib_per_address\": 1}"));
    EXPECT(!accepted("media.announce", "[\"1.2.3\"]"));
    EXPECT(accepted("media.announce", "[\"1.2.3.4\", \"2001:db8::1\"]"));
    EXPECT(accepted("media.announce", "[\"media.example.com\", \"2001:db8::1\", \"edge-7\"]"));
    EXPECT(!accepted("media.announce", "[\"fe80::1\"]"));
    EXPECT(!accepted("media.announce", "[\"300.1.1.1\"]"));
    EXPECT(!accepted("media.announce", "[\"http://media.example.com\"]"));
    EXPECT(!accepted("origins", "[\"https://a/\"]"));
    EXPECT(accepted("web.images", "[\"https://*.example.com\"]"));
    EXPECT(!accepted("web.images", "[\"https://*.example.com/x\"]"));
    EXPECT(accepted("web.frame_ancestors", "[\"https://example.com\", \"http://localhost:1\"]"));
    EXPECT(!accepted("web.frame_ancestors", "[\"https://example.com\", \"'self'\"]"));
    EXPECT(!accepted("public_url", "\"a.example\""));
    EXPECT(!accepted("auth.hs256_secret", "\"short\""));
    EXPECT(!accepted("media.port", "65530"));
    EXPECT(!accepted("trusted_proxies", "[\"proxy\"]"));
    /* What waits for one connection must find its place. */
    refused("{\"media\": {\"tcp_packets\": 639}}",
            "t.json:1: \"media.tcp_packets\": must be at least 5 times limits.tcp_queue_kib, or "
            "1280: one connection may have a fifth of them");
    EXPECT(accepted("media.tcp_packets", "640"));
    EXPECT(accepted("limits.tcp_queue_kib", "512"));
    /* Every codec can be recorded. */
    EXPECT(accepted("media.codec", "\"h264\""));
    EXPECT(accepted("tours", "[{\"name\": \"a\", \"codec\": \"av1\"}]"));
    EXPECT(!accepted("media.codec", "\"h263\""));
}

/* n origins, with what stands between them as many bytes in a header; the last is one shorter. */
static bool accepted_origins(const char *key, unsigned n) {
    static char text[8192];
    size_t at = (size_t)snprintf(text, sizeof(text), "{\"web\": {\"%s\": [", key);
    for (unsigned i = 0; i < n; i++) {
        at += (size_t)snprintf(text + at, sizeof(text) - at, "%s\"https://a%053u%s\"", i ? "," : "",
                               i, i + 1 < n ? "b" : "");
    }
    snprintf(text + at, sizeof(text) - at, "], \"%s\": [\"https://a\"]}}",
             strcmp(key, "images") == 0 ? "frame_ancestors" : "images");
    struct config *c = parse(text);
    EXPECT(c || strstr(why, "\"web\": must not have more than 2048 bytes in images and"));
    bool ok = c != NULL;
    config_free(c);
    return ok;
}

TEST(config_origins_of_pages_are_bounded) {
    EXPECT(accepted_origins("images", 31) && accepted_origins("frame_ancestors", 31));
    EXPECT(!accepted_origins("images", 32) && !accepted_origins("frame_ancestors", 32));
}

TEST(config_object_storage_is_whole_or_not_there) {
#define S3(more) "{\"recording\": {\"store\": \"s3\",\n\"s3\": {" more "}}}"
#define PLACE "\"endpoint\": \"http://h\", \"bucket\": \"tours\""
#define KEYS ", \"access_key_file\": \"a\", \"secret_key_file\": \"s\""
    struct config *c = parse(S3(PLACE KEYS));
    EXPECT(c != NULL);
    config_free(c);
    refused(S3(""), "t.json:1: \"recording.s3.endpoint\": must be set when recording.store is "
                    "\"s3\"");
    refused(S3("\"endpoint\": \"h\""),
            "t.json:2: \"recording.s3.endpoint\": must start with http:// or https://");
    refused(S3("\"endpoint\": \"http://h\""),
            "t.json:1: \"recording.s3.bucket\": must be set when recording.store is \"s3\"");
    refused(S3(PLACE),
            "t.json:1: \"recording.s3.access_key_file\": must be set when recording.store is "
            "\"s3\"");
    refused(S3(PLACE KEYS ", \"kms_key\": \"k\""),
            "t.json:2: \"recording.s3.kms_key\": needs recording.s3.encryption \"aws:kms\"");
    EXPECT(!accepted("recording.spool.limit_mib", "1000")); /* warn_mib is 1024 */
    EXPECT(!accepted("recording.store", "\"tape\""));
    EXPECT(!accepted("recording.s3.encryption", "\"rot13\""));
#undef S3
#undef PLACE
#undef KEYS
}

TEST(config_distance_of_names) {
    EXPECT_EQ(config_distance("port", "prot", 9), 2);
    EXPECT_EQ(config_distance("port", "port", 9), 0);
    EXPECT_EQ(config_distance("", "abc", 9), 3);
    EXPECT_EQ(config_distance("abcdef", "ghijkl", 4), 4);
}

TEST(config_file_that_is_not_there) {
    struct config *c = NULL;
    EXPECT_EQ(config_load("/nonexistent/oriel.json", &c, why), ERR_IO);
    EXPECT_STR(why, "/nonexistent/oriel.json: cannot read the configuration: No such file or "
                    "directory");
}

static bool same_value(const struct config *a, const struct config *b, const struct config_key *k) {
    const char *fa = (const char *)a + k->offset, *fb = (const char *)b + k->offset;
    switch (k->type) {
    case CONFIG_STR:
    case CONFIG_JSON:
        return strcmp(*(char *const *)(const void *)fa, *(char *const *)(const void *)fb) == 0;
    case CONFIG_INT:
        return memcmp(fa, fb, sizeof(int64_t)) == 0;
    case CONFIG_BOOL:
        return *(const bool *)fa == *(const bool *)fb;
    case CONFIG_ENUM:
        return memcmp(fa, fb, sizeof(int)) == 0;
    case CONFIG_LIST:
        return ((const struct config_list *)(const void *)fa)->n ==
               ((const struct config_list *)(const void *)fb)->n;
    }
    return false;
}

/* conf/oriel.json teaches: it names every key, and what it shows are the defaults. */
TEST(config_example_names_every_key) {
    struct config *shown = NULL, *defaults = parse("{}");
    char *text = NULL;
    size_t n = 0;
    REQUIRE(defaults);
    EXPECT_EQ(config_load(TEST_DATA "/../../conf/oriel.json", &shown, why), OK);
    REQUIRE(files_read(TEST_DATA "/../../conf/oriel.json", 1 << 20, &text, &n) == OK);
    for (size_t i = 0; i < config_arrays_len; i++) { /* their entries are shown in a comment */
        const struct config_array *a = &config_arrays[i];
        for (size_t j = 0; j < a->n_keys; j++) {
            char quoted[64];
            snprintf(quoted, sizeof(quoted), "\"%s\": ", a->keys[j].path);
            if (!strstr(text, quoted)) {
                test_fail(__FILE__, __LINE__, "conf/oriel.json shows no %s of %s", a->keys[j].path,
                          a->one);
            }
        }
    }
    int line;
    config_strip_comments(text, n, &line);
    for (size_t i = 0; i < config_arrays_len; i++) {
        struct json_place at;
        EXPECT(json_place_find(text, n, config_arrays[i].path, &at));
    }
    for (size_t i = 0; shown && i < config_schema_len; i++) {
        const struct config_key *k = &config_schema[i];
        struct json_place at;
        if (!json_place_find(text, n, k->path, &at)) {
            test_fail(__FILE__, __LINE__, "conf/oriel.json lacks %s", k->path);
        }
        if (!same_value(shown, defaults, k)) {
            test_fail(__FILE__, __LINE__, "conf/oriel.json: %s is not the default", k->path);
        }
    }
    EXPECT_EQ(shown ? shown->n_tours : 1, 0);
    mem_free(text);
    config_free(shown);
    config_free(defaults);
}

TEST(config_dev_has_the_demo_tour) {
    struct config *c = NULL;
    EXPECT_EQ(config_load(TEST_DATA "/../../conf/dev.json", &c, why), OK);
    EXPECT_STR(why, "");
    REQUIRE(c);
    REQUIRE(c->n_tours == 1);
    EXPECT_STR(c->tours[0].name, "demo");
    EXPECT_EQ(c->tours[0].record, RECORD_AUTO);
    EXPECT(c->dev_print_links);
    config_free(c);
}

TEST_ALLOC(config_parse_without_memory) {
    const char *text = "{\"state_dir\": \"var\", \"origins\": [\"http://a\"], \"tours\": "
                       "[{\"name\": \"a\"}]}";
    struct config *c = NULL;
    /* As a server has it when it reads its configuration; tests of signaling may have run before.
     */
    json_malloc_t alloc = NULL;
    json_free_t release = NULL;
    json_get_alloc_funcs(&alloc, &release);
    json_set_alloc_funcs(malloc, free);
    enum err e = config_parse("t.json", text, strlen(text), &c, why);
    EXPECT(e == OK || (e == ERR_NOMEM && mem_failed()));
    json_set_alloc_funcs(alloc, release);
    config_free(c);
}
