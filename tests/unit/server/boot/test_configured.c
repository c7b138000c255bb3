/* Each key reaches who it is for: the field of a module's configuration that it should change
 * changes when the key does, and no other does. */
#include "base/check.h"
#include "server/boot/admission_config.h"
#include "server/boot/audit_config.h"
#include "server/boot/events_config.h"
#include "server/boot/jobs_config.h"
#include "server/boot/ledger_config.h"
#include "server/boot/mix_config.h"
#include "server/boot/reader_config.h"
#include "server/boot/recorder_config.h"
#include "server/boot/signaling_config.h"
#include "server/boot/tours_config.h"
#include "server/boot/worker_config.h"
#include "server/jobs/helper_config.h"
#include "server/os/files.h"
#include "server/recording/database_config.h"
#include "server/recording/keeper_config.h"
#include "server/recording/stores_config.h"
#include "tests/unit/test.h"

/* What modules are told. */
struct told {
    struct signaling_config signaling;
    struct worker_config worker;
    struct admission_config admission;
    struct mix_thread_config mix;
    struct recorder_thread_config recorder;
    struct reader_thread_config reader;
    struct jobs_thread_config jobs;
    struct helper_config helper;
    struct keeper_config keeper;
    struct key_config keys;
    struct postgres_config database;
    struct http_config http;
    struct s3_config s3;
    struct spool_config spool;
    struct uploader_config uploader;
    struct events_thread_config events;
    struct courier_thread_config courier;
    struct tours_config tours;
    struct audit_config audit;
    struct ledger_config ledger;
};

static void tell(const struct config *c, struct told *t) {
    static char beside[4096];
    static struct audit_paths paths;
    t->signaling = signaling_configured(c);
    t->worker = worker_configured(c);
    t->admission = admission_configured(c);
    t->mix = mix_configured(c);
    t->recorder = recorder_configured(c);
    t->reader = reader_configured(c);
    t->jobs = jobs_configured(c);
    t->helper = helper_configured(c, beside, sizeof(beside));
    t->keeper = keeper_configured(c);
    config_key_config(c, &t->keys);
    (void)database_configured(c, &t->database);
    t->http = http_configured(c);
    t->s3 = s3_configured(c);
    t->spool = spool_configured(c);
    t->uploader = uploader_configured(c);
    t->events = events_configured(c);
    t->courier = courier_configured(c, NULL, &(struct config_list){.n = 0});
    t->tours = tours_configured(c);
    t->audit = audit_configured(c, &paths);
    t->ledger = ledger_configured(c);
}

struct reach {
    const char *key, *name; /* name: the field */
    size_t offset, size;    /* in struct told */
};

#define REACH(key, field) \
    { key, #field, offsetof(struct told, field), sizeof(((struct told *)0)->field) }
static const struct reach reaches[] = {
    REACH("media.address", worker.bind.ip),
    REACH("media.port", worker.bind.port),
    REACH("media.tcp", signaling.ice_tcp),
    REACH("media.tcp", worker.tcp.enabled),
    REACH("media.tcp_wait_ms", worker.tcp.wait),
    REACH("media.tcp_packets", worker.tcp.packets),
    REACH("media.packets", worker.engine.pool_packets),
    REACH("media.packets", worker.engine.pool_reserve),
    REACH("media.packets", worker.packets),
    REACH("media.mailbox", worker.mailbox),
    REACH("media.cache_packets", worker.engine.cache_packets),
    REACH("media.microphone_kbps", worker.engine.police[SOURCE_MICROPHONE].bytes),
    REACH("media.camera_kbps", worker.engine.police[SOURCE_CAMERA].bytes),
    REACH("media.screen_kbps", worker.engine.police[SOURCE_SCREEN].bytes),
    REACH("media.source_packets", worker.engine.police[SOURCE_MICROPHONE].packets),
    REACH("media.source_packets", worker.engine.police[SOURCE_CAMERA].packets),
    REACH("media.source_packets", worker.engine.police[SOURCE_SCREEN].packets),
    REACH("media.tour_kbps", worker.engine.tour_bytes),
    REACH("media.worker_kbps", worker.engine.worker_bytes),
    REACH("media.rtcp_packets", worker.engine.rtcp_packets),
    REACH("media.level_decoders", worker.engine.level_decoders),
    REACH("media.share_repair_percent", worker.engine.repair_percent),
    REACH("media.redundancy_percent", worker.engine.redundancy_percent),
    REACH("media.rtcp_requests", worker.engine.rtcp_requests),
    REACH("media.tour_spread", signaling.tour_spread),
    REACH("media.keyframe_interval_s", worker.engine.keyframe_interval),
    REACH("media.layer_rest_s", worker.engine.layer_rest),
    REACH("media.gop_s", worker.engine.gop_age),
    REACH("media.gop_kib", worker.engine.gop_bytes),
    REACH("media.path_start_kbps", worker.engine.bwe.start),
    REACH("media.path_min_kbps", worker.engine.bwe.min),
    REACH("media.path_max_kbps", worker.engine.bwe.max),
    REACH("media.codec", signaling.default_codec),
    REACH("media.start_bitrate_kbps", signaling.start_bitrate_kbps),
    REACH("mix.listeners", signaling.max_mix),
    REACH("mix.listeners", mix.mixes.listeners),
    REACH("mix.listeners_per_tour", signaling.max_mix_per_tour),
    REACH("mix.listeners_per_tour", mix.mixes.per_tour),
    REACH("mix.listeners_per_token", signaling.max_mix_per_token),
    REACH("mix.voices", mix.mixes.voices),
    REACH("mix.delay_ms", mix.mixes.delay),
    REACH("mix.bitrate", mix.mixes.bitrate),
    REACH("limits.connections", signaling.max_connections),
    REACH("limits.tours", signaling.max_tours),
    REACH("limits.tours", worker.engine.max_tours),
    REACH("limits.tours", tours.records),
    REACH("limits.tours_ended", tours.records),
    REACH("limits.tours_ended", tours.ended),
    REACH("limits.idempotency_keys", tours.idempotency_keys),
    REACH("limits.tours_per_token", tours.per_sub),
    REACH("limits.tours_per_issuer", tours.per_issuer),
    REACH("limits.tours_per_sub", signaling.max_tours_per_sub),
    REACH("limits.seats_per_token", signaling.max_seats_per_token),
    REACH("limits.probes", signaling.max_probes),
    REACH("limits.probes", worker.engine.max_tours),
    REACH("limits.participants", signaling.max_participants),
    REACH("limits.peers", worker.engine.max_peers),
    REACH("limits.tcp_connections", worker.tcp.connections),
    REACH("limits.tcp_connections_per_address", worker.tcp.per_address),
    REACH("limits.tcp_queue_kib", worker.tcp.queue),
    REACH("limits.whep_per_token", signaling.max_whep_per_token),
    REACH("limits.message_kib", signaling.max_message),
    REACH("limits.sdp_kib", signaling.max_sdp),
    REACH("limits.json_depth", signaling.max_depth),
    REACH("limits.sessions_per_second", signaling.sessions_per_second),
    REACH("limits.messages_per_second", signaling.messages_per_second),
    REACH("limits.history", signaling.history),
    REACH("limits.history_kib", signaling.history_bytes),
    REACH("limits.chat_per_minute", signaling.chat_per_minute),
    REACH("limits.roster_tick_ms", signaling.roster_tick),
    REACH("limits.changes_per_minute", signaling.changes_per_minute),
    REACH("limits.invite_s", signaling.invite_limit),
    REACH("limits.roster_per_second", signaling.roster_per_second),
    REACH("limits.microphones", signaling.max_sources[SOURCE_MICROPHONE]),
    REACH("limits.cameras", signaling.max_sources[SOURCE_CAMERA]),
    REACH("limits.screens", signaling.max_sources[SOURCE_SCREEN]),
    REACH("limits.excess_s", signaling.excess_limit),
    REACH("overload.lag_ms", admission.most[ADMISSION_LAG]),
    REACH("overload.worker_percent", admission.most[ADMISSION_WORKERS]),
    REACH("overload.orders", admission.most[ADMISSION_ORDERS]),
    REACH("overload.lost_packets", admission.most[ADMISSION_PACKETS]),
    REACH("overload.memory_mib", admission.most[ADMISSION_MEMORY]),
    REACH("overload.retry_s", admission.retry_s),
    REACH("timeouts.seat_s", signaling.seat_limit),
    REACH("timeouts.resume_s", signaling.resume_grace),
    REACH("timeouts.probe_s", signaling.probe_limit),
    REACH("timeouts.empty_tour_s", signaling.empty_tour_grace),
    REACH("timeouts.host_s", signaling.host_limit),
    REACH("tours_defaults.lobby", signaling.default_lobby),
    REACH("tours_defaults.max_length_s", signaling.default_max_length),
    REACH("tours_defaults.capacity", signaling.default_capacity),
    REACH("tours_defaults.guest.audio", signaling.default_guest),
    REACH("tours_defaults.guest.camera", signaling.default_guest),
    REACH("tours_defaults.guest.screen", signaling.default_guest),
    REACH("tours_defaults.guest.chat", signaling.default_guest),
    REACH("tours_defaults.guest.point", signaling.default_guest),
    REACH("timeouts.media_silence_s", worker.engine.media_silence),
    REACH("timeouts.peer_s", worker.engine.peer_timeout),
    REACH("timeouts.join_s", worker.engine.join_timeout),
    REACH("timeouts.tcp_first_s", worker.tcp.first),
    REACH("timeouts.tcp_idle_s", worker.tcp.idle),
    REACH("timeouts.tcp_blocked_s", worker.tcp.blocked),
    REACH("timeouts.token_s", signaling.token_limit),
    REACH("timeouts.idle_s", signaling.idle_limit),
    REACH("events.file", events.store),
    REACH("events.keep_days", events.keep),
    REACH("events.file", ledger.events),
    REACH("events.keep_days", ledger.keep_events),
    REACH("events.attempts", courier.attempts),
    REACH("events.retry_s", courier.retry.first),
    REACH("events.retry_max_s", courier.retry.most),
    REACH("events.timeout_s", courier.timeout),
    REACH("recording.enabled", signaling.default_record),
    REACH("recording.default", signaling.default_record),
    REACH("recording.dir", recorder.writer.dir),
    REACH("recording.dir", reader.dir),
    REACH("recording.dir", jobs.dir),
    REACH("recording.kek_file", recorder.writer.kek_file),
    REACH("recording.kek_file", reader.kek_file),
    REACH("recording.kek_file", jobs.kek_file),
    REACH("recording.create_kek", recorder.writer.create_kek),
    REACH("database.url", database.url),
    REACH("database.password_file", database.password),
    REACH("database.connect_s", database.connect_most),
    REACH("database.answer_s", database.answer_most),
    REACH("recording.keys.provider", keys.provider),
    REACH("recording.keys.older_files", keys.file.older),
    REACH("recording.keys.older_files", keys.file.n_older),
    REACH("recording.keys.pkcs11_module", keys.pkcs11.module),
    REACH("recording.keys.pkcs11_token", keys.pkcs11.token),
    REACH("recording.keys.pkcs11_key", keys.pkcs11.key),
    REACH("recording.keys.pkcs11_pin_file", keys.pkcs11.pin_file),
    REACH("recording.keys.kms_endpoint", keys.kms.endpoint),
    REACH("recording.keys.kms_region", keys.kms.region),
    REACH("recording.keys.kms_key", keys.kms.key),
    REACH("recording.keys.kms_access_key_file", keys.kms.access_key_file),
    REACH("recording.keys.kms_secret_key_file", keys.kms.secret_key_file),
    REACH("recording.keys.kms_session_token_file", keys.kms.session_token_file),
    REACH("recording.keys.kms_ca_file", keys.kms.ca_file),
    REACH("recording.keys.signing_file", keys.signing_file),
    REACH("recording.keys.lifetime_s", keys.lifetime),
    REACH("recording.keys.check_s", keeper.keys_every),
    REACH("recording.segment_min_ms", recorder.recorder.segment_min),
    REACH("recording.segment_max_ms", recorder.writer.flush_every),
    REACH("recording.segment_max_ms", recorder.recorder.segment_max),
    REACH("recording.reorder_wait_ms", recorder.recorder.reorder_wait),
    REACH("recording.per_source_tracks", recorder.recorder.per_source_tracks),
    REACH("recording.sources_per_tour", recorder.recorder.sources_per_tour),
    REACH("recording.sources_per_participant", recorder.recorder.sources_per_participant),
    REACH("recording.tracks_per_tour", recorder.recorder.tracks_per_tour),
    REACH("recording.tracks_per_participant", recorder.recorder.tracks_per_participant),
    REACH("recording.mix_bitrate", recorder.recorder.mix_bitrate),
    REACH("recording.mix_voices", recorder.recorder.mix_voices),
    REACH("recording.mailbox", recorder.tap_mailbox),
    REACH("recording.reader_threads", reader.threads),
    REACH("recording.retention_days", keeper.retention),
    REACH("recording.sweep_hours", keeper.sweep_every),
    REACH("recording.sweep_after_s", keeper.sweep_after),
    REACH("recording.quota.mib", keeper.quota_bytes),
    REACH("recording.max_length_s", signaling.max_recording),
    REACH("recording.quota.recordings", keeper.quota_recordings),
    REACH("recording.quota.free_mib", keeper.quota_free),
    REACH("recording.quota.policy", keeper.quota_expired),
    REACH("recording.downloads", reader.downloads),
    REACH("recording.consent_version", signaling.consent_version),
    REACH("recording.consent_text", signaling.consent_text),
    REACH("recording.consent_text", signaling.consent_text_de), /* ours has a translation */
    REACH("recording.consent_texts.de", signaling.consent_text_de),
    REACH("recording.s3.endpoint", s3.endpoint),
    REACH("recording.s3.region", s3.region),
    REACH("recording.s3.bucket", s3.bucket),
    REACH("recording.s3.prefix", s3.prefix),
    REACH("recording.s3.virtual_host", s3.virtual_host),
    REACH("recording.s3.access_key_file", s3.access_key_file),
    REACH("recording.s3.secret_key_file", s3.secret_key_file),
    REACH("recording.s3.session_token_file", s3.session_token_file),
    REACH("recording.s3.ca_file", http.ca_file),
    REACH("recording.s3.encryption", s3.encryption),
    REACH("recording.s3.kms_key", s3.kms_key),
    REACH("recording.s3.connect_timeout_s", http.connect_timeout),
    REACH("recording.s3.stall_timeout_s", http.stall_timeout),
    REACH("recording.s3.request_timeout_s", http.timeout),
    REACH("recording.spool.reserve_mib", spool.reserve),
    REACH("recording.spool.limit_mib", spool.limit),
    REACH("recording.spool.warn_mib", uploader.warn_bytes),
    REACH("recording.spool.warn_age_s", uploader.warn_age),
    REACH("recording.spool.retry_max_s", uploader.retry_max),
    REACH("audit.dir", audit.log.dir),
    REACH("audit.file_mib", audit.log.file_max),
    REACH("audit.keep_days", audit.keep),
    REACH("audit.checkpoint_s", audit.checkpoint),
    REACH("log.shorten_addresses", audit.shorten_addresses),
    REACH("recording.enabled", audit.make_key),
    REACH("derived.helper", helper.program),
    REACH("derived.helpers", jobs.helpers),
    REACH("derived.queue", jobs.queue),
    REACH("derived.memory_mib", helper.memory_mib),
    REACH("derived.cpu_s", helper.cpu_s),
    REACH("derived.silence_s", helper.silence),
    REACH("derived.reserve_mib", jobs.reserve),
    REACH("derived.thumbnail_every_s", jobs.every),
    REACH("derived.thumbnails", jobs.most),
    REACH("derived.thumbnail_width", jobs.thumbnail_width),
    REACH("derived.export_width", jobs.width),
    REACH("derived.export_height", jobs.height),
    REACH("derived.export_fps", jobs.fps),
    REACH("derived.export_days", jobs.keep),
};

/* Keys that a module asks for itself, and where. */
static const struct {
    const char *key, *file;
} direct[] = {
    {"state_dir", "cli/cli_serve.c"},
    {"runtime_dir", "boot/server_live.c"},
    {"public_url", "http/loop.c"},
    {"origins", "http/ws.c"},
    {"trusted_proxies", "http/tcp.c"},
    {"listen.address", "http/loop.c"},
    {"listen.port", "http/listener.c"},
    {"tls.cert", "boot/server.c"},
    {"tls.key", "boot/server.c"},
    {"web.dir", "boot/server.c"},
    {"web.images", "http/policy.c"},
    {"web.frame_ancestors", "http/policy.c"},
    {"web.dev_pages", "api/pages.c"},
    {"log.level", "cli/cli_serve.c"},
    {"log.format", "cli/cli_serve.c"},
    {"log.shorten_addresses", "cli/cli_serve.c"},
    {"dev.print_links", "cli/cli_serve.c"},
    {"auth.hs256_secret_file", "auth/authority.c"},
    {"log.repeats_per_second", "cli/cli_serve.c"},
    {"auth.hs256_secret", "auth/authority.c"},
    {"auth.create_secret", "auth/authority.c"},
    {"auth.issuer", "auth/authority.c"},
    {"auth.audience", "auth/authority.c"},
    {"auth.leeway_s", "auth/authority.c"},
    {"auth.max_lifetime_s", "auth/authority.c"},
    {"auth.revoked_file", "auth/authority.c"},
    {"auth.jwks.refresh_s", "auth/authority.c"},
    {"auth.jwks.pause_s", "auth/authority.c"},
    {"auth.jwks.retry_max_s", "auth/authority.c"},
    {"auth.jwks.max_age_s", "auth/authority.c"},
    {"auth.jwks.timeout_s", "auth/authority.c"},
    {"events.enabled", "boot/events_config.c"},
    {"audit.enabled", "boot/server_audit.c"},
    {"audit.mandatory", "api/audited.c"},
    {"drain.deadline_s", "api/node.c"},
    {"drain.retry_s", "api/node.c"},
    {"media.workers", "boot/server.c"},
    {"media.announce", "config/announce.c"},
    {"media.aead", "boot/server.c"},
    {"limits.tours_log_mib", "boot/server_kept.c"},
    {"media.certificate_days", "boot/server_live.c"},
    {"turn.urls", "auth/turn.c"},
    {"turn.secret_file", "auth/turn.c"},
    {"turn.ttl_s", "auth/turn.c"},
    {"limits.connections_per_address", "http/loop.c"},
    {"limits.requests_per_address", "http/loop.c"},
    {"limits.input_mib_per_address", "http/loop.c"},
    {"limits.addresses", "http/loop.c"},
    {"limits.connections_per_minute", "http/loop.c"},
    {"limits.handshakes_per_minute", "http/loop.c"},
    {"limits.offers_per_minute", "http/loop.c"},
    {"limits.failed_tokens_per_minute", "http/loop.c"},
    {"limits.body_kib", "http/request.c"},
    {"limits.send_queue_kib", "http/ws.c"},
    {"timeouts.ping_s", "http/ws.c"},
    {"timeouts.pong_s", "http/ws.c"},
    {"timeouts.close_s", "http/ws.c"},
    {"timeouts.headers_s", "http/tcp.c"},
    {"timeouts.body_s", "http/tcp.c"},
    {"timeouts.http_s", "http/tcp.c"},
    {"timeouts.playback_ticket_s", "api/recordings.c"},
    {"recording.store", "boot/server_recording.c"},
    {"recording.s3.uploads", "boot/server_recording.c"},
    {"recording.spool.dir", "recording/stores.c"},
};

static void field_name(const char *path, char *out, size_t cap) {
    snprintf(out, cap, "->%s", path);
    for (char *dot; (dot = strchr(out, '.'));) {
        *dot = '_';
    }
}

static bool is_read_in(const char *key, const char *file) {
    char path[256], field[64], *text = NULL;
    size_t n = 0;
    snprintf(path, sizeof(path), TEST_DATA "/../../server/%s", file);
    field_name(key, field, sizeof(field));
    CHECK(files_read(path, 1 << 20, &text, &n) == OK);
    bool found = memmem(text, n, field, strlen(field)) != NULL;
    mem_free(text);
    return found;
}

/* Another value, as good as the first. */
static void change(struct config *c, const struct config_key *k) {
    static char text[] = "::1", *items[] = {text};
    void *field = (char *)c + k->offset;
    switch (k->type) {
    case CONFIG_STR:
        *(char **)field = text;
        return;
    case CONFIG_INT:
        *(int64_t *)field = *(int64_t *)field == k->min ? k->max : k->min;
        return;
    case CONFIG_BOOL:
        *(bool *)field = !*(bool *)field;
        return;
    case CONFIG_ENUM: {
        const int value = k->words[k->words[0].value == k->def].value;
        memcpy(field, &value, sizeof(value));
        return;
    }
    case CONFIG_LIST:
        *(struct config_list *)field = (struct config_list){items, 1};
        return;
    case CONFIG_JSON:
        return; /* in lists of objects only */
    }
}

/* How many fields the key should change. Each must have changed just when it should; one may
 * follow two keys. */
static size_t rows_of(const struct config_key *k, const struct told *before,
                      const struct told *after) {
    size_t n = 0;
    for (size_t i = 0; i < sizeof(reaches) / sizeof(reaches[0]); i++) {
        const struct reach *r = &reaches[i];
        bool wanted = false; /* by any row */
        for (size_t j = 0; j < sizeof(reaches) / sizeof(reaches[0]); j++) {
            wanted =
                wanted || (strcmp(reaches[j].key, k->path) == 0 && reaches[j].offset == r->offset);
        }
        bool changed =
            memcmp((const char *)before + r->offset, (const char *)after + r->offset, r->size) != 0;
        if (changed != wanted) {
            test_fail(__FILE__, __LINE__, "%s %s %s", k->path,
                      changed ? "changes" : "does not change", r->name);
        }
        n += strcmp(r->key, k->path) == 0;
    }
    return n;
}

TEST(configured_each_key_reaches_who_it_is_for) {
    static struct told before, after;
    struct config *c = NULL;
    char why[WHY_MAX];
    REQUIRE(config_parse("t.json", "{}", 2, &c, why) == OK);
    c->derived_helper[0] = '\0';
    for (size_t i = 0; i < config_schema_len; i++) {
        const struct config_key *k = &config_schema[i];
        const struct config kept = *c;
        tell(c, &before);
        change(c, k);
        tell(c, &after);
        *c = kept;
        size_t n = rows_of(k, &before, &after);
        for (size_t j = 0; j < sizeof(direct) / sizeof(direct[0]); j++) {
            if (strcmp(direct[j].key, k->path) == 0) {
                n++;
                EXPECT(is_read_in(k->path, direct[j].file));
            }
        }
        if (n == 0) {
            test_fail(__FILE__, __LINE__, "%s reaches nobody", k->path);
        }
    }
    config_free(c);
}

TEST(configured_in_the_units_of_the_program) {
    struct config *c = NULL;
    char why[WHY_MAX];
    REQUIRE(config_parse("t.json", "{}", 2, &c, why) == OK);
    struct worker_config w = worker_configured(c);
    EXPECT_EQ(w.engine.bwe.start, 800000);                    /* [bit/s] */
    EXPECT_EQ(w.engine.police[SOURCE_CAMERA].bytes, 1250000); /* [bytes/s] */
    EXPECT_EQ(w.engine.gop_bytes, 4 << 20);
    EXPECT_EQ(w.engine.peer_timeout, 15000000); /* [us] */
    EXPECT_EQ(w.tcp.wait, 300000);
    EXPECT_EQ(w.tcp.queue, 131072);
    EXPECT_EQ(w.bind.port, 7000);
    EXPECT_EQ(signaling_configured(c).max_message, 262144);
    EXPECT_EQ(signaling_configured(c).roster_tick, 50000);
    EXPECT_EQ(jobs_configured(c).keep, INT64_C(7) * 86400 * 1000000);
    EXPECT_EQ(jobs_configured(c).reserve, UINT64_C(1) << 30);
    EXPECT_EQ(keeper_configured(c).sweep_every, INT64_C(24) * 3600 * 1000000);
    c->derived_thumbnail_width = 321;
    EXPECT_EQ(jobs_configured(c).thumbnail_width, 320);
    c->recording_enabled = false;
    c->recording_default = RECORD_AUTO;
    EXPECT_EQ(signaling_configured(c).default_record, RECORD_OFF);
    config_free(c);
}

/* What people say goes to whom it is meant for: a webhook that names no types gets all else. */
TEST(configured_webhooks_name_messages_if_they_want_them) {
    char message[] = "tour.message", *named[] = {message};
    struct config_webhook webhook = {.name = NULL};
    struct config c = {.n_webhooks = 1, .webhooks = &webhook};
    uint32_t types = courier_configured(&c, NULL, &webhook.types).types;
    EXPECT_EQ(types, (1u << EVENT_TYPE_COUNT) - 1 - (1u << EVENT_MESSAGE));
    EXPECT(!events_want_messages(&c));
    webhook.types = (struct config_list){named, 1};
    EXPECT_EQ(courier_configured(&c, NULL, &webhook.types).types, 1u << EVENT_MESSAGE);
    EXPECT(events_want_messages(&c));
    struct config_nats nats = {.types = webhook.types};
    EXPECT(events_want_messages(&(struct config){.n_nats = 1, .nats = &nats}));
    struct config_kafka kafka = {.types = webhook.types};
    EXPECT(events_want_messages(&(struct config){.n_kafka = 1, .kafka = &kafka}));
}
