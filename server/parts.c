#include "server/parts.h"

#include "base/alloc.h"
#include "base/check.h"
#include "media/secure/srtp.h"
#include "server/clock.h"
#include "server/log.h"
#include "server/tls.h"
#include "server/urls.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <unistd.h>

#define ANNOUNCE_MAX 8

struct parts {
    struct control control;
    struct dtls_identity *identity;
    struct worker *workers[WORKERS_MAX];
    struct addr announce[ANNOUNCE_MAX]; /* without ports */
    size_t n_announce;
};

struct control *parts_control(struct parts *p) {
    return &p->control;
}

enum err parts_auth(const struct config *cfg, bool create, struct auth **ret, char why[WHY_MAX]) {
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

static bool is_wildcard(const struct addr *a) {
    static const uint8_t none[4];
    return addr_is_v4(a) ? memcmp(a->ip + 12, none, 4) == 0
                         : memcmp(a->ip, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16) == 0;
}

static void announce(struct parts *p, const char *text) {
    struct addr a;
    if (p->n_announce < ANNOUNCE_MAX && config_addr(text, 0, &a)) {
        p->announce[p->n_announce++] = a;
    }
}

/* The address of an interface as text; false for what others cannot reach. */
static bool usable(const struct ifaddrs *i, bool v6_too, char *out) {
    if (!i->ifa_addr || !(i->ifa_flags & IFF_UP) || (i->ifa_flags & IFF_LOOPBACK)) {
        return false;
    }
    if (i->ifa_addr->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const void *)i->ifa_addr;
        return inet_ntop(AF_INET, &v4->sin_addr, out, ADDR_TEXT_MAX) != NULL;
    }
    const struct sockaddr_in6 *v6 = (const void *)i->ifa_addr;
    return v6_too && i->ifa_addr->sa_family == AF_INET6 && !IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr) &&
           inet_ntop(AF_INET6, &v6->sin6_addr, out, ADDR_TEXT_MAX) != NULL;
}

/* media.announce, else media.address, else every address of the machine. */
static void fill_announce(struct parts *p, const struct addr *bind) {
    const struct config *cfg = p->control.config;
    struct ifaddrs *all = NULL;
    char text[ADDR_TEXT_MAX];
    for (size_t i = 0; i < cfg->media_announce.n; i++) {
        announce(p, cfg->media_announce.items[i]);
    }
    if (p->n_announce == 0 && !is_wildcard(bind)) {
        announce(p, cfg->media_address);
    }
    if (p->n_announce == 0 && getifaddrs(&all) == 0) {
        for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
            if (usable(i, !addr_is_v4(bind), text)) {
                announce(p, text);
            }
        }
        freeifaddrs(all);
    }
    if (p->n_announce == 0) {
        announce(p, "127.0.0.1"); /* a machine without a network still serves itself */
    }
}

static size_t candidates(void *ctx, uint32_t worker, struct addr *out, size_t cap) {
    struct parts *p = ctx;
    size_t n = p->n_announce < cap ? p->n_announce : cap;
    for (size_t i = 0; i < n; i++) {
        out[i] = p->announce[i];
        out[i].port = worker_port(p->workers[worker]);
    }
    return n;
}

static enum sig_code verify(void *ctx, const char *token, size_t n, struct claims *ret) {
    struct parts *p = ctx;
    return auth_verify(p->control.auth, clock_wall(), token, n, ret);
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

static enum err start_crypto(struct parts *p, char why[WHY_MAX]) {
    enum err e = srtp_library_init();
    if (e == OK) {
        e = srtp_aead_choose((enum srtp_aead)p->control.config->media_aead, clock_cpu_ns);
        if (e == ERR_UNSUPPORTED) {
            snprintf(why, WHY_MAX,
                     "media.aead: ipsec-mb is not in this build, or cannot run on "
                     "this processor");
        }
    }
    p->identity = e == OK ? dtls_identity_new(clock_wall()) : NULL;
    return e == OK && !p->identity ? ERR_CRYPTO : e;
}

static enum err start_basics(struct parts *p, char why[WHY_MAX]) {
    struct control *c = &p->control;
    struct rng rng = clock_rng();
    enum err e = control_port_free(c->config, why);
    if (e == OK && c->tls) {
        e = tls_check(c->config->tls_cert, c->config->tls_key, why);
    }
    if (e == OK) {
        e = parts_auth(c->config, true, &c->auth, why);
    }
    if (e == OK) {
        e = assets_load(c->config->web_dir, &c->assets, why);
    }
    if (e == OK) {
        e = start_crypto(p, why);
    }
    rng_fill(&rng, c->ticket_key, sizeof(c->ticket_key));
    return e == OK ? control_open(c, why) : e;
}

static enum err start_recorder(struct parts *p, char why[WHY_MAX]) {
    struct control *c = &p->control;
    const struct config *cfg = c->config;
    struct recorder_thread_config r = {
        .recorder = {.dir = cfg->rec_dir,
                     .kek_file = cfg->rec_kek_file,
                     .create_kek = cfg->rec_create_kek,
                     .segment_min = cfg->rec_segment_min_ms * US_PER_MS,
                     .segment_max = cfg->rec_segment_max_ms * US_PER_MS,
                     .reorder_wait = cfg->rec_reorder_ms * US_PER_MS,
                     .per_source_tracks = cfg->rec_tracks,
                     .sources_per_tour = (uint32_t)cfg->rec_sources_tour,
                     .sources_per_participant = (uint32_t)cfg->rec_sources_person,
                     .tracks_per_tour = (uint32_t)cfg->rec_tracks_tour,
                     .tracks_per_participant = (uint32_t)cfg->rec_tracks_person},
        .workers = c->n_workers,
        .tap_mailbox = (uint32_t)cfg->rec_mailbox,
        .wake_control = control_wake,
        .wake_ctx = c,
    };
    if (!cfg->rec_enabled) {
        return OK;
    }
    enum err e = recorder_thread_start(&r, &c->recorder, why);
    if (e == OK) {
        struct reader_thread_config reader = {cfg->rec_dir, cfg->rec_kek_file, control_wake, c};
        e = reader_thread_start(&reader, &c->reader, why);
    }
    return e;
}

static enum err start_workers(struct parts *p, char why[WHY_MAX]) {
    struct control *c = &p->control;
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
                   .keyframe_interval = cfg->media_keyframe_s * US_PER_S,
                   .wall_at_zero = {c->started_wall.us - c->started},
                   .identity = p->identity},
        .wake_control = control_wake,
        .wake_ctx = c,
    };
    CHECK(config_addr(cfg->media_address, 0, &w.bind));
    fill_announce(p, &w.bind);
    enum err e = OK;
    for (uint32_t i = 0; i < c->n_workers && e == OK; i++) {
        w.index = i;
        w.bind.port = (uint16_t)(cfg->media_port ? cfg->media_port + i : 0);
        w.taps = c->recorder ? recorder_thread_taps(c->recorder, i) : NULL;
        e = worker_start(&w, &p->workers[i], why);
    }
    return e;
}

static struct sig *make_sig(struct parts *p) {
    const struct config *cfg = p->control.config;
    const struct config_key *k = config_schema;
    while (strcmp(k->path, "media.codec") != 0) {
        k++;
    }
    const char *codec = k->names[cfg->media_codec];
    struct sig_config s = {
        .max_message = (size_t)cfg->message_kib * 1024,
        .max_sdp = (size_t)cfg->sdp_kib * 1024,
        .max_depth = (uint32_t)cfg->json_depth,
        .max_connections = (uint32_t)cfg->max_connections,
        .max_tours = (uint32_t)cfg->max_tours,
        .max_participants = (uint32_t)cfg->max_participants,
        .max_whep_per_token = (uint32_t)cfg->max_whep,
        .messages_per_second = (uint32_t)cfg->messages_per_s,
        .token_limit = cfg->token_s * US_PER_S,
        .idle_limit = cfg->idle_s * US_PER_S,
        .resume_grace = cfg->resume_s * US_PER_S,
        .empty_tour_grace = cfg->empty_tour_s * US_PER_S,
        .default_codec = codec_from_name(codec, strlen(codec)),
        .default_record = cfg->rec_enabled ? (enum record_mode)cfg->rec_default : RECORD_OFF,
        .start_bitrate_kbps = (uint32_t)cfg->media_start_kbps,
        .consent_version = cfg->consent_version,
        .consent_text = cfg->consent_text,
        .workers = p->control.n_workers,
        .candidates = candidates,
        .verify = verify,
        .ctx = p,
        .rng = clock_rng(),
    };
    memcpy(s.fingerprint, dtls_identity_fingerprint(p->identity), FINGERPRINT_LEN);
    return sig_new(&s);
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

static enum err start_signaling(struct parts *p, char why[WHY_MAX]) {
    struct control *c = &p->control;
    c->sig = make_sig(p);
    struct glue_config g = {
        .sig = c->sig,
        .workers = c->workers,
        .n_workers = c->n_workers,
        .recorder = c->recorder,
        .deliver = control_deliver,
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

enum err parts_start(const struct config *cfg, struct parts **ret, char why[WHY_MAX]) {
    struct parts *p = mem_zalloc(1, sizeof(*p));
    if (!p) {
        return ERR_NOMEM;
    }
    struct control *c = &p->control;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    int64_t n = cfg->media_workers ? cfg->media_workers : cores > 0 ? cores : 1;
    c->config = cfg;
    c->tls = *cfg->tls_cert != '\0';
    c->started = clock_now();
    c->started_wall = clock_wall();
    c->workers = p->workers;
    c->n_workers = (uint32_t)(n < WORKERS_MAX ? n : WORKERS_MAX);
    enum err e = start_basics(p, why);
    e = e == OK ? start_recorder(p, why) : e;
    e = e == OK ? start_workers(p, why) : e;
    e = e == OK ? start_signaling(p, why) : e;
    if (e != OK) {
        parts_stop(p);
        return e;
    }
    fill_urls(c);
    *ret = p;
    return OK;
}

struct parts *parts_stop(struct parts *p) {
    if (!p) {
        return NULL;
    }
    struct control *c = &p->control;
    if (c->vhost) {
        control_drain(c);
    }
    c->stopping = true;
    for (uint32_t i = 0; i < c->n_workers; i++) {
        worker_stop(p->workers[i]);
    }
    c->recorder = recorder_thread_stop(c->recorder);
    c->reader = reader_thread_stop(c->reader);
    for (uint32_t i = 0; i < c->n_workers; i++) {
        p->workers[i] = worker_free(p->workers[i]);
    }
    c->glue = glue_free(c->glue);
    control_close(c);
    c->sig = sig_free(c->sig);
    assets_free(c->assets);
    auth_free(c->auth);
    dtls_identity_free(p->identity);
    mem_wipe(c->ticket_key, sizeof(c->ticket_key));
    return mem_free(p);
}
