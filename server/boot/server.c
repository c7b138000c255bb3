#include "server/boot/server.h"

#include "base/alloc.h"
#include "base/check.h"
#include "media/secure/srtp.h"
#include "server/auth/tls.h"
#include "server/auth/turn.h"
#include "server/config/announce_again.h"
#include "server/http/urls.h"
#include "server/jobs/helper_config.h"
#include "server/os/clock.h"
#include "server/os/descriptors.h"
#include "server/os/log.h"
#include "server/recording/stores.h"
#include "server/recording/uploader_thread.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

struct server {
    struct control control;
    struct dtls_identity *identity;
    struct worker *workers[WORKERS_MAX];
    struct peering *peering; /* NULL = one worker */
    /* Of writer, readers and jobs; NULL: a local folder. */
    struct stores *writing, *reading[READERS_MAX], *making;
    struct announce announce;
    struct announce_again *again; /* NULL: nobody asks for the names of it */
    bool once_more;               /* and then again: somebody asked while that was under way */
};

struct control *server_control(struct server *s) {
    return &s->control;
}

enum err server_auth(const struct config *cfg, bool create, struct auth **ret, char why[WHY_MAX]) {
    char *secret = NULL;
    enum err e = OK;
    if (!*cfg->auth_secret) {
        e = auth_secret_load(cfg->auth_secret_file, create && cfg->auth_create, &secret, why);
    }
    if (e != OK) {
        return e;
    }
    struct auth_config c = {
        .secret = secret ? secret : cfg->auth_secret,
        .issuer = cfg->auth_issuer,
        .audience = cfg->auth_audience,
        .leeway_s = cfg->auth_leeway_s,
    };
    *ret = auth_new(&c);
    if (secret) {
        mem_wipe(secret, strlen(secret));
        mem_free(secret);
    }
    return *ret ? OK : ERR_NOMEM;
}

static size_t candidates(void *ctx, uint32_t worker, struct addr *out, size_t cap) {
    struct server *s = ctx;
    size_t n = s->announce.n < cap ? s->announce.n : cap;
    for (size_t i = 0; i < n; i++) {
        out[i] = s->announce.at[i];
        out[i].port = worker_port(s->workers[worker]);
    }
    return n;
}

void server_announce_again(struct server *s) {
    struct announce_again_config c = {.config = s->control.config,
                                      .resolve = announce_resolve,
                                      .wake = control_wake,
                                      .ctx = &s->control};
    char why[WHY_MAX] = "";
    CHECK(config_addr(c.config->media_address, 0, &c.bind));
    if (c.config->media_announce.n == 0) {
        return; /* what is on the machine needs a restart */
    }
    s->once_more = s->again != NULL; /* the answers of what is under way may be those of before */
    if (s->once_more) {
        return;
    }
    enum err e = announce_again_new(&c, &s->again, why);
    if (e != OK) {
        LOG(LOG_LEVEL_ERROR, "announce_failed", why, LOG_STR("error", err_name(e)));
    }
}

void server_announced(struct server *s) {
    struct announce fresh = {.n = 0};
    char why[WHY_MAX] = "";
    if (!s->again || !announce_again_done(s->again)) {
        return;
    }
    enum err e = announce_again_end(s->again, &fresh, why);
    s->again = NULL;
    if (s->once_more) {
        server_announce_again(s);
    }
    if (e != OK) {
        LOG(LOG_LEVEL_ERROR, "announce_failed", why, LOG_STR("error", err_name(e)));
        return;
    }
    s->announce = fresh;
    LOG(LOG_LEVEL_INFO, "announced", "The names of media.announce were resolved again.",
        LOG_NUM("addresses", fresh.n));
}

static enum sig_code verify(void *ctx, const char *token, size_t n, struct claims *ret) {
    struct server *s = ctx;
    return auth_verify(s->control.auth, clock_wall(), token, n, ret);
}

static void ice_servers(void *ctx, const char *sub, wall_t until, struct sig_ice_servers *ret) {
    struct server *s = ctx;
    struct turn_client client = {.sub = sub, .until = until};
    turn_servers(s->control.turn, clock_wall(), &client, ret);
}

static void fill_urls(struct control *c) {
    const struct config *cfg = c->config;
    if (*cfg->public_url) {
        snprintf(c->url, sizeof(c->url), "%.250s", cfg->public_url);
        size_t n = strlen(c->url);
        c->url[n - (c->url[n - 1] == '/')] = '\0';
    } else {
        bool v6 = strchr(cfg->listen_address, ':') != NULL;
        bool any = strcmp(cfg->listen_address, "0.0.0.0") == 0;
        snprintf(c->url, sizeof(c->url), "%s://%s%.64s%s:%u", c->tls ? "https" : "http",
                 v6 ? "[" : "", any ? "127.0.0.1" : cfg->listen_address, v6 ? "]" : "", c->port);
    }
    if (!url_origin(c->url, c->origin, sizeof(c->origin))) {
        c->origin[0] = '\0';
    }
}

static enum err start_crypto(struct server *s, char why[WHY_MAX]) {
    enum err e = srtp_library_init();
    if (e == OK) {
        e = srtp_aead_choose((enum srtp_aead)s->control.config->media_aead, clock_cpu_ns);
        if (e == ERR_UNSUPPORTED) {
            snprintf(why, WHY_MAX,
                     "media.aead: ipsec-mb is not in this build, or cannot run on "
                     "this processor");
        }
    }
    s->identity = e == OK ? dtls_identity_new(clock_wall()) : NULL;
    return e == OK && !s->identity ? ERR_CRYPTO : e;
}

static enum err start_basics(struct server *s, char why[WHY_MAX]) {
    struct control *c = &s->control;
    struct rng rng = clock_rng();
    enum err e = control_port_free(c->config, why);
    if (e == OK && c->tls) {
        e = tls_check(c->config->tls_cert, c->config->tls_key, why);
    }
    if (e == OK) {
        e = server_auth(c->config, true, &c->auth, why);
    }
    if (e == OK) {
        e = turn_new(c->config, &c->turn, why);
    }
    if (e == OK) {
        e = assets_load(c->config->web_dir, &c->assets, why);
    }
    if (e == OK) {
        e = start_crypto(s, why);
    }
    rng_fill(&rng, c->ticket_key, sizeof(c->ticket_key));
    return e == OK ? control_open(c, why) : e;
}

/* Uploaders are rung by each put, so they are made first; they run last. */
static enum err open_stores(struct server *s, char why[WHY_MAX]) {
    struct control *c = &s->control;
    enum err e = OK;
    if (c->config->rec_store == CONFIG_STORE_S3) {
        e = uploader_threads_new((uint32_t)c->config->s3_uploads, &c->uploaders, why);
    }
    const struct stores_hooks hooks = {.note = uploader_threads_wake, .ctx = c->uploaders};
    e = e == OK ? stores_open(c->config, STORES_WRITE, &hooks, &s->writing, why) : e;
    for (int64_t i = 0; i < c->config->rec_readers && e == OK; i++) {
        e = stores_open(c->config, STORES_READ, NULL, &s->reading[i], why);
    }
    return e == OK ? stores_open(c->config, STORES_READ, &hooks, &s->making, why) : e;
}

static enum err start_jobs(struct server *s, const struct key_config *keys, char why[WHY_MAX]) {
    struct control *c = &s->control;
    const struct config *cfg = c->config;
    char beside[4096];
    struct jobs_thread_config j = {
        .dir = cfg->rec_dir,
        .kek_file = cfg->rec_kek_file,
        .keys = keys,
        .store = stores_both(s->making),
        .helper = helper_configured(cfg, beside, sizeof(beside)),
        .helpers = (uint32_t)cfg->derived_helpers,
        .queue = (uint32_t)cfg->derived_queue,
        .reserve = (uint64_t)cfg->derived_reserve_mib << 20,
        .every = cfg->derived_every_s * US_PER_S,
        .most = (uint32_t)cfg->derived_most,
        .thumbnail_width = (uint16_t)(cfg->derived_thumbnail_width & ~1),
        .width = (uint16_t)(cfg->derived_width & ~1),
        .height = (uint16_t)(cfg->derived_height & ~1),
        .fps = (uint8_t)cfg->derived_fps,
        .keep = cfg->derived_days * 86400 * US_PER_S,
        .wake = control_wake,
        .wake_ctx = c,
    };
    return jobs_thread_start(&j, &c->jobs, why);
}

static enum err start_recorder(struct server *s, char why[WHY_MAX]) {
    struct control *c = &s->control;
    const struct config *cfg = c->config;
    struct key_config keys;
    config_key_config(cfg, &keys);
    struct recorder_thread_config r = {
        .writer = {.dir = cfg->rec_dir,
                   .kek_file = cfg->rec_kek_file,
                   .create_kek = cfg->rec_create_kek,
                   .keys = &keys,
                   .flush_every = cfg->rec_segment_max_ms * US_PER_MS},
        .recorder = {.segment_min = cfg->rec_segment_min_ms * US_PER_MS,
                     .segment_max = cfg->rec_segment_max_ms * US_PER_MS,
                     .reorder_wait = cfg->rec_reorder_ms * US_PER_MS,
                     .per_source_tracks = cfg->rec_tracks,
                     .sources_per_tour = (uint32_t)cfg->rec_sources_tour,
                     .sources_per_participant = (uint32_t)cfg->rec_sources_person,
                     .tracks_per_tour = (uint32_t)cfg->rec_tracks_tour,
                     .tracks_per_participant = (uint32_t)cfg->rec_tracks_person,
                     .mix_bitrate = (uint32_t)cfg->rec_mix_bitrate,
                     .mix_voices = (uint32_t)cfg->rec_mix_voices},
        .workers = c->n_workers,
        .tap_mailbox = (uint32_t)cfg->rec_mailbox,
        .wake_control = control_wake,
        .wake_ctx = c,
    };
    if (!cfg->rec_enabled) {
        return OK;
    }
    enum err e = open_stores(s, why);
    if (e == OK) {
        r.writer.store = stores_both(s->writing);
        e = recorder_thread_start(&r, &c->recorder, why);
    }
    if (e == OK) {
        struct reader_thread_config reader = {.dir = cfg->rec_dir,
                                              .kek_file = cfg->rec_kek_file,
                                              .keys = &keys,
                                              .threads = (uint32_t)cfg->rec_readers,
                                              .downloads = (uint32_t)cfg->rec_downloads,
                                              .wake = control_wake,
                                              .wake_ctx = c};
        for (uint32_t i = 0; i < reader.threads; i++) {
            reader.stores[i] = stores_both(s->reading[i]);
        }
        e = reader_thread_start(&reader, &c->reader, why);
    }
    e = e == OK ? start_jobs(s, &keys, why) : e;
    if (e == OK) {
        struct keeper_thread_config k = {cfg, c->uploaders, control_wake, c};
        e = keeper_thread_start(&k, &c->keeper, why);
    }
    if (e == OK && c->uploaders) {
        e = uploader_threads_start(c->uploaders, cfg, why);
    }
    return e;
}

#define PEERING_MESSAGES 1024 /* between two workers, 88 KiB */
#define MIX_MESSAGES 2048     /* from a worker to the mix and back; the mix looks each 20 ms */
#define POOL_RESERVE 16 /* the share of the pool that RTP leaves to what keeps people connected */

static void police(struct engine_config *e, const struct config *cfg) {
    const int64_t kbps[SOURCE_KIND_COUNT] = {[SOURCE_MICROPHONE] = cfg->media_mic_kbps,
                                             [SOURCE_CAMERA] = cfg->media_camera_kbps,
                                             [SOURCE_SCREEN] = cfg->media_screen_kbps};
    for (int kind = SOURCE_NONE + 1; kind < SOURCE_KIND_COUNT; kind++) {
        e->police[kind] = (struct police_limit){.packets = (uint32_t)cfg->media_source_packets,
                                                .bytes = (uint32_t)(kbps[kind] * 1000 / 8)};
    }
    e->rtcp_packets = (uint32_t)cfg->media_rtcp_packets;
    e->rtcp_requests = (uint32_t)cfg->media_rtcp_requests;
    e->level_decoders = (uint32_t)cfg->media_level_decoders;
    e->repair_percent = (uint32_t)cfg->media_repair;
    e->redundancy_percent = (uint32_t)cfg->media_redundancy;
    e->pool_packets = (uint32_t)cfg->media_packets;
    e->pool_reserve = (uint32_t)cfg->media_packets / POOL_RESERVE;
}

static enum err start_mix(struct control *c, char why[WHY_MAX]) {
    const struct config *cfg = c->config;
    struct mix_thread_config m = {
        .mixes = {.listeners = (uint32_t)cfg->mix_listeners,
                  .per_tour = (uint32_t)cfg->mix_per_tour,
                  .voices = (uint32_t)cfg->mix_voices,
                  .bitrate = (uint32_t)cfg->mix_bitrate,
                  .delay = cfg->mix_delay_ms * US_PER_MS},
        .workers = c->n_workers,
        .mailbox = MIX_MESSAGES,
    };
    return cfg->mix_listeners ? mix_thread_start(&m, &c->mix, why) : OK;
}

/* Of each worker. */
static uint32_t tcp_connections(const struct control *c) {
    struct rlimit r;
    uint32_t wanted = (uint32_t)c->config->tcp_connections;
    if (!c->config->media_tcp || getrlimit(RLIMIT_NOFILE, &r) != 0) {
        return wanted;
    }
    struct descriptors d = {.limit = r.rlim_cur,
                            .connections = (uint32_t)c->config->max_connections,
                            .workers = c->n_workers};
    uint32_t possible = descriptors_for_tcp(&d, wanted);
    if (possible < wanted) {
        LOG(LOG_LEVEL_WARN, "tcp_connections_lowered",
            "The limit of descriptors (LimitNOFILE) leaves place for fewer connections of ICE-TCP "
            "per worker than limits.tcp_connections.",
            LOG_NUM("possible", possible), LOG_NUM("descriptors", d.limit));
    }
    return possible;
}

static enum err start_workers(struct server *s, char why[WHY_MAX]) {
    struct control *c = &s->control;
    const struct config *cfg = c->config;
    struct worker_config w = {
        .packets = (uint32_t)cfg->media_packets,
        .mailbox = (uint32_t)cfg->media_mailbox,
        .engine = {.max_peers = (uint32_t)cfg->max_peers,
                   .max_tours = (uint32_t)cfg->max_tours,
                   .cache_packets = (uint32_t)cfg->media_cache,
                   .media_silence = cfg->media_silence_s * US_PER_S,
                   .peer_timeout = cfg->peer_s * US_PER_S,
                   .join_timeout = cfg->join_s * US_PER_S,
                   .layer_rest = cfg->media_layer_rest * US_PER_S,
                   .keyframe_interval = cfg->media_keyframe_s * US_PER_S,
                   .gop_age = cfg->media_gop_s * US_PER_S,
                   .gop_bytes = (uint32_t)cfg->media_gop_kib * 1024,
                   .bwe = {.start = (uint64_t)cfg->media_path_start * 1000,
                           .min = (uint64_t)cfg->media_path_min * 1000,
                           .max = (uint64_t)cfg->media_path_max * 1000},
                   .wall_at_zero = {c->started_wall.us - c->started},
                   .identity = s->identity},
        .wake_control = control_wake,
        .wake_ctx = c,
    };
    w.tcp = (struct ice_tcp_config){.enabled = cfg->media_tcp,
                                    .connections = tcp_connections(c),
                                    .per_address = (uint32_t)cfg->tcp_per_address,
                                    .packets = (uint32_t)cfg->media_tcp_packets,
                                    .queue = (size_t)cfg->tcp_queue_kib * 1024,
                                    .wait = cfg->media_tcp_wait_ms * US_PER_MS,
                                    .blocked = cfg->tcp_blocked_s * US_PER_S,
                                    .first = cfg->tcp_first_s * US_PER_S,
                                    .idle = cfg->tcp_idle_s * US_PER_S};
    police(&w.engine, cfg);
    if (c->n_workers > 1) {
        w.peering = s->peering = peering_new(c->n_workers, PEERING_MESSAGES);
        if (!s->peering) {
            snprintf(why, WHY_MAX, "out of memory or descriptors for %u workers", c->n_workers);
            return ERR_NOMEM;
        }
    }
    CHECK(config_addr(cfg->media_address, 0, &w.bind));
    enum err e = announce_fill(&s->announce, cfg, &w.bind, announce_resolve, why);
    for (uint32_t i = 0; i < c->n_workers && e == OK; i++) {
        w.index = i;
        w.bind.port = (uint16_t)(cfg->media_port ? cfg->media_port + i : 0);
        w.asks = c->recorder ? recorder_thread_asks(c->recorder, i) : NULL;
        w.taps = c->recorder ? recorder_thread_taps(c->recorder, i) : NULL;
        w.to_mix = c->mix ? mix_thread_from(c->mix, i) : NULL;
        w.from_mix = c->mix ? mix_thread_to(c->mix, i) : NULL;
        e = worker_start(&w, &s->workers[i], why);
    }
    return e;
}

static struct sig *make_sig(struct server *s) {
    const struct config *cfg = s->control.config;
    const struct config_key *k = config_schema;
    while (strcmp(k->path, "media.codec") != 0) {
        k++;
    }
    const char *codec = k->names[cfg->media_codec];
    struct sig_config sc = {
        .max_message = (size_t)cfg->message_kib * 1024,
        .max_sdp = (size_t)cfg->sdp_kib * 1024,
        .max_depth = (uint32_t)cfg->json_depth,
        .max_connections = (uint32_t)cfg->max_connections,
        .max_tours = (uint32_t)cfg->max_tours,
        .max_participants = (uint32_t)cfg->max_participants,
        .max_whep_per_token = (uint32_t)cfg->max_whep,
        .max_mix = (uint32_t)cfg->mix_listeners,
        .max_mix_per_tour = (uint32_t)cfg->mix_per_tour,
        .max_mix_per_token = (uint32_t)cfg->mix_per_token,
        .sessions_per_second = (uint32_t)cfg->sessions_per_s,
        .messages_per_second = (uint32_t)cfg->messages_per_s,
        .token_limit = cfg->token_s * US_PER_S,
        .idle_limit = cfg->idle_s * US_PER_S,
        .roster_tick = cfg->roster_tick_ms * US_PER_MS,
        .seat_limit = cfg->seat_s * US_PER_S,
        .resume_grace = cfg->resume_s * US_PER_S,
        .empty_tour_grace = cfg->empty_tour_s * US_PER_S,
        .default_codec = codec_from_name(codec, strlen(codec)),
        .default_record = cfg->rec_enabled ? (enum record_mode)cfg->rec_default : RECORD_OFF,
        .start_bitrate_kbps = (uint32_t)cfg->media_start_kbps,
        .consent_version = cfg->consent_version,
        .consent_text = cfg->consent_text,
        .workers = s->control.n_workers,
        .tour_spread = (uint32_t)cfg->media_spread,
        .candidates = candidates,
        .ice_tcp = cfg->media_tcp,
        .ice_servers = ice_servers,
        .verify = verify,
        .ctx = s,
        .rng = clock_rng(),
    };
    memcpy(sc.fingerprint, dtls_identity_fingerprint(s->identity), FINGERPRINT_LEN);
    return sig_new(&sc);
}

static enum err declare_tours(struct control *c, char why[WHY_MAX]) {
    for (size_t i = 0; i < c->config->n_tours; i++) {
        const struct config_tour *t = &c->config->tours[i];
        enum record_mode mode = c->config->rec_enabled ? t->record : RECORD_OFF;
        enum err e = sig_tour_declare(c->sig, clock_now(),
                                      &(struct sig_tour){t->name, t->title, mode, t->codec});
        if (e != OK) {
            snprintf(why, WHY_MAX, "tours: cannot declare \"%.64s\": %s", t->name, err_name(e));
            return e;
        }
    }
    return OK;
}

static bool quota_is_reached(void *ctx) {
    const struct control *c = ctx;
    return c->keeper && keeper_thread_full(c->keeper);
}

static enum err start_signaling(struct server *s, char why[WHY_MAX]) {
    struct control *c = &s->control;
    c->sig = make_sig(s);
    struct glue_config g = {
        .sig = c->sig,
        .workers = c->workers,
        .n_workers = c->n_workers,
        .recorder = c->recorder,
        .mix = c->mix,
        .deliver = control_deliver,
        .full = quota_is_reached,
        .note = control_note,
        .ctx = c,
    };
    c->glue = c->sig ? glue_new(&g) : NULL;
    if (!c->glue) {
        return ERR_NOMEM;
    }
    enum err e = declare_tours(c, why);
    if (e == OK) {
        glue_effects(c->glue, clock_now());
        e = control_listen(c, why);
    }
    return e;
}

enum err server_start(const struct config *cfg, struct server **ret, char why[WHY_MAX]) {
    struct server *s = mem_zalloc(1, sizeof(*s));
    if (!s) {
        return ERR_NOMEM;
    }
    struct control *c = &s->control;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    int64_t n = cfg->media_workers ? cfg->media_workers : cores > 0 ? cores : 1;
    c->config = cfg;
    c->tls = *cfg->tls_cert != '\0';
    c->started = clock_now();
    c->started_wall = clock_wall();
    c->workers = s->workers;
    c->n_workers = (uint32_t)(n < WORKERS_MAX ? n : WORKERS_MAX);
    enum err e = start_basics(s, why);
    e = e == OK ? start_recorder(s, why) : e;
    e = e == OK ? start_mix(c, why) : e;
    e = e == OK ? start_workers(s, why) : e;
    e = e == OK ? start_signaling(s, why) : e;
    if (e != OK) {
        server_stop(s);
        return e;
    }
    fill_urls(c);
    *ret = s;
    return OK;
}

struct server *server_stop(struct server *s) {
    if (!s) {
        return NULL;
    }
    struct control *c = &s->control;
    if (c->vhost) {
        control_drain(c);
    }
    struct announce unused;
    char why[WHY_MAX];
    c->stopping = true;
    for (uint32_t i = 0; i < c->n_workers; i++) {
        worker_stop(s->workers[i]);
    }
    mix_thread_stop(c->mix);
    /* Each may wait for a store or a key service: they end at the same time. */
    keeper_thread_ring(c->keeper);
    jobs_thread_ring(c->jobs);
    reader_thread_ring(c->reader);
    c->recorder = recorder_thread_stop(c->recorder);
    c->keeper = keeper_thread_stop(c->keeper);
    c->jobs = jobs_thread_stop(c->jobs);
    c->reader = reader_thread_stop(c->reader);
    c->uploaders = uploader_threads_stop(c->uploaders);
    s->writing = stores_close(s->writing);
    s->making = stores_close(s->making);
    for (size_t i = 0; i < READERS_MAX; i++) {
        s->reading[i] = stores_close(s->reading[i]);
    }
    s->peering = peering_free(s->peering);
    for (uint32_t i = 0; i < c->n_workers; i++) {
        s->workers[i] = worker_free(s->workers[i]);
    }
    c->mix = mix_thread_free(c->mix);
    /* A resolver may take half a minute: recordings are safe by now. It wakes control. */
    (void)announce_again_end(s->again, &unused, why);
    c->glue = glue_free(c->glue);
    control_close(c);
    c->sig = sig_free(c->sig);
    assets_free(c->assets);
    auth_free(c->auth);
    turn_free(c->turn);
    dtls_identity_free(s->identity);
    mem_wipe(c->ticket_key, sizeof(c->ticket_key));
    return mem_free(s);
}
