#include "server/config/config_check.h"

#include "base/bytes.h"
#include "recorder/db/postgres.h"
#include "server/config/announce.h"
#include "server/config/config_can.h"
#include "server/config/event_types.h"
#include "server/config/outbound_url.h"
#include "server/config/turn_url.h"
#include "server/config/units.h"
#include "server/config/web_origin.h"
#include "server/net/tcp_queue.h"
#include "server/os/clock.h"
#include "server/os/sockaddr.h"

static bool is_address(const char *text) {
    struct addr a;
    return sockaddr_parse(text, 0, &a);
}

static bool is_announceable(const char *text) {
    struct addr a;
    return sockaddr_parse(text, 0, &a) ? !addr_is_link_local(&a) : announce_is_name(text);
}

/* scheme://host without a path, as browsers write it in the Origin header. */
static bool is_origin(const char *text) {
    const char *host = strncmp(text, "https://", 8) == 0  ? text + 8
                       : strncmp(text, "http://", 7) == 0 ? text + 7
                                                          : "";
    return *host && !strpbrk(host, "/?# ");
}

static bool all(const struct config_list *list, bool (*ok)(const char *)) {
    for (size_t i = 0; i < list->n; i++) {
        if (!ok(list->items[i])) {
            return false;
        }
    }
    return true;
}

static bool is_url(const char *text) {
    return strncmp(text, "http://", 7) == 0 || strncmp(text, "https://", 8) == 0;
}

/* recording.store is "s3", and this key is not set. */
static bool s3_lacks(const struct config *c, const char *value) {
    return c->recording_enabled && c->recording_store == STORE_PLACE_S3 && !*value;
}

struct rule {
    bool bad;
    const char *path, *what;
};

/* The first that is bad is told. */
static bool all_good(const struct rule *rules, size_t n, const char **ret_path,
                     const char **ret_what) {
    for (size_t i = 0; i < n; i++) {
        if (rules[i].bad) {
            *ret_path = rules[i].path;
            *ret_what = rules[i].what;
            return false;
        }
    }
    return true;
}

static bool database_consistent(const struct config *c, const char **ret_path,
                                const char **ret_what) {
    const char *wrong = *c->database_url ? postgres_url_wrong(c->database_url) : NULL;
    const struct rule rules[] = {
        {wrong != NULL, "database.url", wrong ? wrong : ""},
        {!*c->database_url && *c->database_password_file, "database.password_file",
         "needs database.url"},
    };
    return all_good(rules, sizeof(rules) / sizeof(rules[0]), ret_path, ret_what);
}

static bool store_consistent(const struct config *c, const char **ret_path, const char **ret_what) {
    const struct rule rules[] = {
        {s3_lacks(c, c->recording_s3_endpoint), "recording.s3.endpoint",
         "must be set when recording.store is \"s3\""},
        {*c->recording_s3_endpoint && !is_url(c->recording_s3_endpoint), "recording.s3.endpoint",
         "must start with http:// or https://"},
        {s3_lacks(c, c->recording_s3_region), "recording.s3.region",
         "must be set when recording.store is \"s3\""},
        {s3_lacks(c, c->recording_s3_bucket), "recording.s3.bucket",
         "must be set when recording.store is \"s3\""},
        {s3_lacks(c, c->recording_s3_access_key_file), "recording.s3.access_key_file",
         "must be set when recording.store is \"s3\""},
        {s3_lacks(c, c->recording_s3_secret_key_file), "recording.s3.secret_key_file",
         "must be set when recording.store is \"s3\""},
        {*c->recording_s3_kms_key && c->recording_s3_encryption != S3_ENCRYPTION_KMS,
         "recording.s3.kms_key", "needs recording.s3.encryption \"aws:kms\""},
        {c->recording_spool_limit_mib && c->recording_spool_warn_mib > c->recording_spool_limit_mib,
         "recording.spool.warn_mib", "must not be more than recording.spool.limit_mib"},
    };
    return all_good(rules, sizeof(rules) / sizeof(rules[0]), ret_path, ret_what);
}

static bool media_consistent(const struct config *c, const char **ret_path, const char **ret_what) {
    int64_t workers = c->media_workers ? c->media_workers : WORKERS_MAX;
    const struct rule rules[] = {
        {!is_address(c->media_address), "media.address", "must be an IPv4 or IPv6 address"},
        {!all(&c->media_announce, is_announceable), "media.announce",
         "must be a list of IP addresses, none of them of the link alone, and host names"},
        {c->media_port && c->media_port + workers - 1 > 65535, "media.port",
         "must leave room for one port per worker below 65536"},
        {(c->media_cache_packets & (c->media_cache_packets - 1)) != 0, "media.cache_packets",
         "must be a power of two"},
        /* Of about 1 KiB each; ice_tcp.c leaves four fifths of them to others. */
        {c->media_tcp_packets < 5 * c->limits_tcp_queue_kib &&
             c->media_tcp_packets < 5 * TCP_QUEUE_PACKETS,
         "media.tcp_packets",
         "must be at least 5 times limits.tcp_queue_kib, or 1280: one connection may have a fifth "
         "of them"},
        {c->media_path_start_kbps < c->media_path_min_kbps ||
             c->media_path_start_kbps > c->media_path_max_kbps,
         "media.path_start_kbps", "must lie between media.path_min_kbps and media.path_max_kbps"},
        /* Workers tell each other once a second what they need. */
        {c->media_layer_rest_s == 1 || c->media_layer_rest_s == 2, "media.layer_rest_s",
         "must be at least 3, or 0 for never"},
    };
    return all_good(rules, sizeof(rules) / sizeof(rules[0]), ret_path, ret_what);
}

static bool keys_consistent(const struct config *c, const char **ret_path, const char **ret_what) {
    const struct rule rules[] = {
        {c->recording_keys_older_files.n > PROVIDER_OLDER_MAX, "recording.keys.older_files",
         "must be at most " CONFIG_NUMBER(
             PROVIDER_OLDER_MAX) " files: wrap the keys again (oriel recordings rekey)"},
        {c->recording_keys_provider == WRAPPER_PKCS11 &&
             (!*c->recording_keys_pkcs11_module || !*c->recording_keys_pkcs11_token ||
              !*c->recording_keys_pkcs11_key || !*c->recording_keys_pkcs11_pin_file),
         "recording.keys.provider",
         "needs pkcs11_module, pkcs11_token, pkcs11_key and pkcs11_pin_file"},
        {c->recording_keys_provider == WRAPPER_KMS &&
             (!*c->recording_keys_kms_endpoint || !*c->recording_keys_kms_region ||
              !*c->recording_keys_kms_key || !*c->recording_keys_kms_access_key_file ||
              !*c->recording_keys_kms_secret_key_file),
         "recording.keys.provider",
         "needs kms_endpoint, kms_region, kms_key, kms_access_key_file and kms_secret_key_file"},
    };
    return all_good(rules, sizeof(rules) / sizeof(rules[0]), ret_path, ret_what);
}

/* Who signs for others, too, must say for whom a token is (RFC 8725 section 3.9). */
static bool audiences_missing(const struct config *c) {
    bool missing = false;
    for (size_t i = 0; i < c->issuers.n; i++) {
        missing = missing || (!c->issuers.at[i].audience && !*c->auth_audience);
    }
    return missing;
}

static bool is_an_issuer(const struct config *c, const char *name) {
    for (size_t i = 0; i < c->issuers.n; i++) {
        if (strcmp(c->issuers.at[i].issuer, name) == 0) {
            return true;
        }
    }
    return false;
}

static bool auth_consistent(const struct config *c, const char **ret_path, const char **ret_what) {
    bool own = *c->auth_hs256_secret || *c->auth_hs256_secret_file;
    const struct rule rules[] = {
        {*c->auth_hs256_secret && strlen(c->auth_hs256_secret) < 32, "auth.hs256_secret",
         "must be at least 32 characters (RFC 7518 section 3.2)"},
        {!own && !c->issuers.n, "auth.hs256_secret_file",
         "must be set, or auth.issuers: nobody could sign a token"},
        {audiences_missing(c), "auth.issuers",
         "needs an audience in each issuer as long as auth.audience is empty"},
        {own && is_an_issuer(c, c->auth_issuer), "auth.issuer",
         "must not stand in auth.issuers as well: one issuer has one set of keys"},
        {c->auth_jwks_pause_s > c->auth_jwks_refresh_s, "auth.jwks.pause_s",
         "must not be more than auth.jwks.refresh_s"},
        {c->auth_jwks_max_age_s < c->auth_jwks_refresh_s, "auth.jwks.max_age_s",
         "must not be less than auth.jwks.refresh_s"},
    };
    return all_good(rules, sizeof(rules) / sizeof(rules[0]), ret_path, ret_what);
}

static bool times_cross(const struct config *c) {
    bool cross = false;
    for (size_t i = 0; i < c->n_tours; i++) {
        wall_t starts, ends;
        cross = cross || (wall_parse(c->tours[i].starts_at, &starts) &&
                          wall_parse(c->tours[i].ends_at, &ends) && ends.us <= starts.us);
    }
    return cross;
}

/* ---- receivers of events ---- */

/* One of them, of whichever kind. */
struct receiver {
    const char *name;
    const struct config_list *types;
};

static size_t n_receivers(const struct config *c) {
    return c->n_webhooks + c->n_nats + c->n_kafka;
}

static struct receiver receiver(const struct config *c, size_t i) {
    if (i < c->n_webhooks) {
        return (struct receiver){c->webhooks[i].name, &c->webhooks[i].types};
    }
    i -= c->n_webhooks;
    if (i < c->n_nats) {
        return (struct receiver){c->nats[i].name, &c->nats[i].types};
    }
    i -= c->n_nats;
    return (struct receiver){c->kafka[i].name, &c->kafka[i].types};
}

/* How far one has got is kept under its name, of whichever kind it is. */
static bool names_meet(const struct config *c) {
    for (size_t i = 0; i < n_receivers(c); i++) {
        for (size_t k = 0; k < i; k++) {
            if (strcmp(receiver(c, i).name, receiver(c, k).name) == 0) {
                return true;
            }
        }
    }
    return false;
}

static bool is_event_type(const char *name) {
    return event_type_from_name(name) != EVENT_TYPE_COUNT;
}

/* The path of the list with one that names a type that there is not; NULL: there is none. */
static const char *with_unknown_type(const struct config *c) {
    for (size_t i = 0; i < n_receivers(c); i++) {
        if (!all(receiver(c, i).types, is_event_type)) {
            return i < c->n_webhooks               ? "events.webhooks"
                   : i < c->n_webhooks + c->n_nats ? "events.nats"
                                                   : "events.kafka";
        }
    }
    return NULL;
}

static bool webhook_lacks(const struct config *c) {
    for (size_t i = 0; i < c->n_webhooks; i++) {
        const struct config_webhook *w = &c->webhooks[i];
        if (!*w->url || !*w->secret_file) {
            return true;
        }
    }
    return false;
}

/* Is one given without the other? */
static bool half(const char *a, const char *b) {
    return !*a != !*b;
}

static bool nats_consistent(const struct config *c, const char **ret_path, const char **ret_what) {
    bool good = true;
    for (size_t i = 0; i < c->n_nats && good; i++) {
        const struct config_nats *n = &c->nats[i];
        int ways = (*n->user != '\0') + (*n->token_file != '\0') + (*n->creds_file != '\0');
        const struct rule rules[] = {
            {!n->urls.n, "events.nats", "needs urls in each receiver"},
            {!all(&n->urls, outbound_nats_ok), "events.nats",
             "has urls that are not tls://HOST:PORT (or nats:// on this machine itself)"},
            {half(n->user, n->password_file), "events.nats", "needs password_file where user is"},
            {ways > 1, "events.nats", "has more than one of user, token_file and creds_file"},
            {half(n->cert_file, n->key_file), "events.nats", "needs key_file where cert_file is"},
        };
        good = all_good(rules, sizeof(rules) / sizeof(rules[0]), ret_path, ret_what);
    }
    return good;
}

static bool is_broker(const char *text) {
    bool here;
    return outbound_broker_ok(text, &here);
}

static bool is_broker_here(const char *text) {
    bool here;
    return outbound_broker_ok(text, &here) && here;
}

static bool kafka_consistent(const struct config *c, const char **ret_path, const char **ret_what) {
    bool good = true;
    for (size_t i = 0; i < c->n_kafka && good; i++) {
        const struct config_kafka *k = &c->kafka[i];
        bool sasl = strncmp(k->security_protocol, "SASL_", 5) == 0;
        bool clear = strstr(k->security_protocol, "PLAINTEXT") != NULL;
        bool all_given = *k->sasl_mechanism && *k->user && *k->password_file;
        bool none_given = !*k->sasl_mechanism && !*k->user && !*k->password_file;
        const struct rule rules[] = {
            {!k->brokers.n, "events.kafka", "needs brokers in each receiver"},
            {!all(&k->brokers, is_broker), "events.kafka", "has brokers that are not HOST:PORT"},
            {clear && !all(&k->brokers, is_broker_here), "events.kafka",
             "must not use PLAINTEXT but on this machine itself: SSL or SASL_SSL"},
            {sasl ? !all_given : !none_given, "events.kafka",
             "needs sasl_mechanism, user and password_file where security_protocol is SASL_SSL or "
             "SASL_PLAINTEXT, and nowhere else"},
            {half(k->cert_file, k->key_file), "events.kafka", "needs key_file where cert_file is"},
        };
        good = all_good(rules, sizeof(rules) / sizeof(rules[0]), ret_path, ret_what);
    }
    return good;
}

static bool events_consistent(const struct config *c, const char **ret_path,
                              const char **ret_what) {
    const char *unknown = with_unknown_type(c);
    const struct rule rules[] = {
        {webhook_lacks(c), "events.webhooks", "needs url and secret_file in each webhook"},
        {unknown, unknown, "has types that there are not: docs/events.md names them"},
        {names_meet(c), "events", "must not have two receivers of one name"},
        {n_receivers(c) > CONFIG_SINKS_MAX, "events",
         "must not have more than 8 receivers: webhooks, nats and kafka together"},
        {n_receivers(c) > 0 && !c->events_enabled, "events.enabled",
         "must be true when there are receivers"},
        {c->events_retry_max_s < c->events_retry_s, "events.retry_max_s",
         "must not be less than events.retry_s"},
    };
    return all_good(rules, sizeof(rules) / sizeof(rules[0]), ret_path, ret_what) &&
           nats_consistent(c, ret_path, ret_what) && kafka_consistent(c, ret_path, ret_what);
}

/* [bytes] of them in a header, with what stands between. */
static size_t header_bytes(const struct config_list *list) {
    size_t n = 0;
    for (size_t i = 0; i < list->n; i++) {
        n += strlen(list->items[i]) + 1;
    }
    return n;
}

static bool web_consistent(const struct config *c, const char **ret_path, const char **ret_what) {
    static const char what[] =
        "must be a list of origins such as \"https://www.example.com\" or "
        "\"https://*.example.com\" without a path (http:// on this machine itself only)";
    size_t bytes = header_bytes(&c->web_images) + header_bytes(&c->web_frame_ancestors);
    const struct rule rules[] = {
        {!all(&c->web_images, web_origin_ok), "web.images", what},
        {!all(&c->web_frame_ancestors, web_origin_ok), "web.frame_ancestors", what},
        {bytes > WEB_ORIGINS_BYTES, "web",
         "must not have more than " CONFIG_NUMBER(
             WEB_ORIGINS_BYTES) " bytes in images and "
                                "frame_ancestors together: every answer has them"},
    };
    return all_good(rules, sizeof(rules) / sizeof(rules[0]), ret_path, ret_what);
}

static bool guests_wrong(const struct config *c) {
    bool wrong = false;
    for (size_t i = 0; i < c->n_tours; i++) {
        struct capabilities_part p;
        wrong = wrong || (*c->tours[i].guest && !config_read_can(c->tours[i].guest, &p));
    }
    return wrong;
}

bool config_consistent(const struct config *c, const char **ret_path, const char **ret_what) {
    const struct rule rules[] = {
        {!is_address(c->listen_address), "listen.address", "must be an IPv4 or IPv6 address"},
        {!all(&c->trusted_proxies, is_address), "trusted_proxies",
         "must be a list of IP addresses"},
        {!all(&c->origins, is_origin), "origins",
         "must be a list of origins such as \"https://www.example.com\" without a path"},
        {*c->public_url && !is_url(c->public_url), "public_url",
         "must start with http:// or https://"},
        {!all(&c->turn_urls, turn_url_ok), "turn.urls",
         "must be a list of URLs such as \"turn:turn.example.com:3478?transport=udp\""},
        {c->turn_urls.n > TURN_URLS_MAX, "turn.urls",
         "must be at most " CONFIG_NUMBER(TURN_URLS_MAX) " URLs"},
        {*c->tls_cert && !*c->tls_key, "tls.cert", "needs tls.key as well"},
        {*c->tls_key && !*c->tls_cert, "tls.key", "needs tls.cert as well"},
        {c->timeouts_peer_s <= c->timeouts_media_silence_s, "timeouts.peer_s",
         "must be greater than timeouts.media_silence_s"},
        /* One byte more tells a message that is too large from one that is as large as allowed. */
        {c->limits_input_mib_per_address * 1024 <= c->limits_message_kib,
         "limits.input_mib_per_address",
         "must be more than limits.message_kib (1024 KiB are 1 MiB): raise it, or lower that"},
        {c->limits_input_mib_per_address * 1024 < c->limits_body_kib,
         "limits.input_mib_per_address",
         "must not be less than limits.body_kib (1024 KiB are 1 MiB): raise it, or lower that"},
        {c->recording_quota_policy == QUOTA_EXPIRED && !c->recording_retention_days,
         "recording.quota.policy",
         "\"expired\" needs recording.retention_days: nothing else makes a recording too old"},
        {c->recording_segment_max_ms < c->recording_segment_min_ms, "recording.segment_max_ms",
         "must not be less than recording.segment_min_ms"},
        {times_cross(c), "tours", "must not have a tour whose ends_at is not after its starts_at"},
        {guests_wrong(c), "tours",
         "must not have a tour whose guest is other than audio, camera and screen, each \"none\", "
         "\"send\", \"receive\" or \"both\", and chat and point, each true or false"},
        {!*c->state_dir, "state_dir", "must not be empty"},
        {c->audit_enabled && !*c->audit_dir, "audit.dir", "must not be empty"},
        {c->audit_mandatory && !c->audit_enabled, "audit.mandatory", "needs audit.enabled"},
        {!*c->recording_consent_version || strlen(c->recording_consent_version) > 32,
         "recording.consent_version", "must be 1..32 characters"},
    };
    return all_good(rules, sizeof(rules) / sizeof(rules[0]), ret_path, ret_what) &&
           auth_consistent(c, ret_path, ret_what) && media_consistent(c, ret_path, ret_what) &&
           keys_consistent(c, ret_path, ret_what) && database_consistent(c, ret_path, ret_what) &&
           store_consistent(c, ret_path, ret_what) && events_consistent(c, ret_path, ret_what) &&
           web_consistent(c, ret_path, ret_what);
}

static wall_t wall_now(void *ctx) {
    (void)ctx;
    return clock_wall();
}

void config_key_config(const struct config *c, struct key_config *ret) {
    *ret = (struct key_config){
        .provider = c->recording_keys_provider,
        .file = {.older = (const char *const *)c->recording_keys_older_files.items,
                 .n_older = c->recording_keys_older_files.n},
        .pkcs11 = {.module = c->recording_keys_pkcs11_module,
                   .token = c->recording_keys_pkcs11_token,
                   .key = c->recording_keys_pkcs11_key,
                   .pin_file = c->recording_keys_pkcs11_pin_file},
        .kms = {.endpoint = c->recording_keys_kms_endpoint,
                .region = c->recording_keys_kms_region,
                .key = c->recording_keys_kms_key,
                .access_key_file = c->recording_keys_kms_access_key_file,
                .secret_key_file = c->recording_keys_kms_secret_key_file,
                .session_token_file = c->recording_keys_kms_session_token_file,
                .ca_file = c->recording_keys_kms_ca_file,
                .wall = wall_now},
        .signing_file = c->recording_keys_signing_file,
        .lifetime = us_of_s(c->recording_keys_lifetime_s),
    };
}
