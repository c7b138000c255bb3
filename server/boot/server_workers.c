/* Media: the mix and the workers, with what they are told of limits. */
#include "base/check.h"
#include "server/boot/server_parts.h"
#include "server/os/descriptors.h"
#include "server/os/log.h"
#include "server/os/sockaddr.h"

#include <stdio.h>
#include <sys/resource.h>

#define MIX_MESSAGES 2048 /* from a worker to the mix and back; the mix looks each 20 ms */
#define POOL_RESERVE 16   /* the share of the pool that RTP leaves to what keeps people connected */

static void police(struct engine_config *e, const struct config *cfg) {
    const int64_t kbps[SOURCE_KIND_COUNT] = {[SOURCE_MICROPHONE] = cfg->media_microphone_kbps,
                                             [SOURCE_CAMERA] = cfg->media_camera_kbps,
                                             [SOURCE_SCREEN] = cfg->media_screen_kbps};
    for (int kind = SOURCE_NONE + 1; kind < SOURCE_KIND_COUNT; kind++) {
        e->police[kind] = (struct police_limit){.packets = (uint32_t)cfg->media_source_packets,
                                                .bytes = (uint32_t)(kbps[kind] * 1000 / 8)};
    }
    e->rtcp_packets = (uint32_t)cfg->media_rtcp_packets;
    e->rtcp_requests = (uint32_t)cfg->media_rtcp_requests;
    e->level_decoders = (uint32_t)cfg->media_level_decoders;
    e->repair_percent = (uint32_t)cfg->media_share_repair_percent;
    e->redundancy_percent = (uint32_t)cfg->media_redundancy_percent;
    e->pool_packets = (uint32_t)cfg->media_packets;
    e->pool_reserve = (uint32_t)cfg->media_packets / POOL_RESERVE;
}

static enum err start_mix(struct api *a, char why[WHY_MAX]) {
    const struct config *cfg = a->config;
    struct mix_thread_config m = {
        .mixes = {.listeners = (uint32_t)cfg->mix_listeners,
                  .per_tour = (uint32_t)cfg->mix_listeners_per_tour,
                  .voices = (uint32_t)cfg->mix_voices,
                  .bitrate = (uint32_t)cfg->mix_bitrate,
                  .delay = cfg->mix_delay_ms * US_PER_MS},
        .workers = a->n_workers,
        .mailbox = MIX_MESSAGES,
    };
    return cfg->mix_listeners ? mix_thread_start(&m, &a->mix, why) : OK;
}

/* Of each worker. */
static uint32_t tcp_connections(const struct api *a) {
    struct rlimit r;
    uint32_t wanted = (uint32_t)a->config->limits_tcp_connections;
    if (!a->config->media_tcp || getrlimit(RLIMIT_NOFILE, &r) != 0) {
        return wanted;
    }
    struct descriptors d = {.limit = r.rlim_cur,
                            .connections = (uint32_t)a->config->limits_connections,
                            .workers = a->n_workers};
    uint32_t possible = descriptors_for_tcp(&d, wanted);
    if (possible < wanted) {
        LOG(LOG_LEVEL_WARN, "tcp_connections_lowered",
            "The limit of descriptors (LimitNOFILE) leaves place for fewer connections of ICE-TCP "
            "per worker than limits.tcp_connections.",
            LOG_NUM("possible", possible), LOG_NUM("descriptors", d.limit));
    }
    return possible;
}

enum err server_start_workers(struct server *s, char why[WHY_MAX]) {
    struct api *a = &s->api;
    const struct config *cfg = a->config;
    struct worker_config w = {
        .packets = (uint32_t)cfg->media_packets,
        .mailbox = (uint32_t)cfg->media_mailbox,
        .engine = {.max_peers = (uint32_t)cfg->limits_peers,
                   .max_tours = (uint32_t)cfg->limits_tours,
                   .cache_packets = (uint32_t)cfg->media_cache_packets,
                   .media_silence = cfg->timeouts_media_silence_s * US_PER_S,
                   .peer_timeout = cfg->timeouts_peer_s * US_PER_S,
                   .join_timeout = cfg->timeouts_join_s * US_PER_S,
                   .layer_rest = cfg->media_layer_rest_s * US_PER_S,
                   .keyframe_interval = cfg->media_keyframe_interval_s * US_PER_S,
                   .gop_age = cfg->media_gop_s * US_PER_S,
                   .gop_bytes = (uint32_t)cfg->media_gop_kib * 1024,
                   .bwe = {.start = (uint64_t)cfg->media_path_start_kbps * 1000,
                           .min = (uint64_t)cfg->media_path_min_kbps * 1000,
                           .max = (uint64_t)cfg->media_path_max_kbps * 1000},
                   .wall_at_zero = {s->started_wall.us - a->started},
                   .identity = s->identity},
        .wake_control = loop_wake,
        .wake_ctx = a->loop,
    };
    w.tcp =
        (struct ice_tcp_config){.enabled = cfg->media_tcp,
                                .connections = tcp_connections(a),
                                .per_address = (uint32_t)cfg->limits_tcp_connections_per_address,
                                .packets = (uint32_t)cfg->media_tcp_packets,
                                .queue = (size_t)cfg->limits_tcp_queue_kib * 1024,
                                .wait = cfg->media_tcp_wait_ms * US_PER_MS,
                                .blocked = cfg->timeouts_tcp_blocked_s * US_PER_S,
                                .first = cfg->timeouts_tcp_first_s * US_PER_S,
                                .idle = cfg->timeouts_tcp_idle_s * US_PER_S};
    police(&w.engine, cfg);
    if (a->n_workers > 1) {
        w.peering = s->peering = peering_new(a->n_workers, PEERING_MESSAGES);
        if (!s->peering) {
            snprintf(why, WHY_MAX, "out of memory or descriptors for %u workers", a->n_workers);
            return ERR_NOMEM;
        }
    }
    CHECK(sockaddr_parse(cfg->media_address, 0, &w.bind));
    enum err e = start_mix(a, why);
    e = e == OK ? announce_fill(&s->announce, cfg, &w.bind, announce_resolve, why) : e;
    for (uint32_t i = 0; i < a->n_workers && e == OK; i++) {
        w.index = i;
        w.bind.port = (uint16_t)(cfg->media_port ? cfg->media_port + i : 0);
        w.asks = a->recorder ? recorder_thread_asks(a->recorder, i) : NULL;
        w.taps = a->recorder ? recorder_thread_taps(a->recorder, i) : NULL;
        w.to_mix = a->mix ? mix_thread_from(a->mix, i) : NULL;
        w.from_mix = a->mix ? mix_thread_to(a->mix, i) : NULL;
        e = worker_start(&w, &s->workers[i], why);
    }
    return e;
}
