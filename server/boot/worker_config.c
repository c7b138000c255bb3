#include "server/boot/worker_config.h"

#include "base/check.h"
#include "server/config/units.h"
#include "server/os/sockaddr.h"

#define POOL_RESERVE 16 /* the share of the pool that RTP leaves to what keeps people connected */

static struct police_limit police(const struct config *c, int64_t kbps) {
    return (struct police_limit){.packets = (uint32_t)c->media_source_packets,
                                 .bytes = bytes_of_kbit(kbps)};
}

static struct engine_config engine(const struct config *c) {
    return (struct engine_config){
        .max_peers = (uint32_t)c->limits_peers,
        .max_tours = (uint32_t)(c->limits_tours + c->limits_probes), /* each is one there */
        .cache_packets = (uint32_t)c->media_cache_packets,
        .police = {[SOURCE_MICROPHONE] = police(c, c->media_microphone_kbps),
                   [SOURCE_CAMERA] = police(c, c->media_camera_kbps),
                   [SOURCE_SCREEN] = police(c, c->media_screen_kbps)},
        .tour_bytes = bytes_of_kbit(c->media_tour_kbps),
        .worker_bytes = bytes_of_kbit(c->media_worker_kbps),
        .rtcp_packets = (uint32_t)c->media_rtcp_packets,
        .rtcp_requests = (uint32_t)c->media_rtcp_requests,
        .pool_packets = (uint32_t)c->media_packets,
        .pool_reserve = (uint32_t)c->media_packets / POOL_RESERVE,
        .bwe = {.start = bits_of_kbit(c->media_path_start_kbps),
                .min = bits_of_kbit(c->media_path_min_kbps),
                .max = bits_of_kbit(c->media_path_max_kbps)},
        .level_decoders = (uint32_t)c->media_level_decoders,
        .repair_percent = (uint32_t)c->media_share_repair_percent,
        .redundancy_percent = (uint32_t)c->media_redundancy_percent,
        .media_silence = us_of_s(c->timeouts_media_silence_s),
        .peer_timeout = us_of_s(c->timeouts_peer_s),
        .join_timeout = us_of_s(c->timeouts_join_s),
        .layer_rest = us_of_s(c->media_layer_rest_s),
        .keyframe_interval = us_of_s(c->media_keyframe_interval_s),
        .gop_age = us_of_s(c->media_gop_s),
        .gop_bytes = (uint32_t)bytes_of_kib(c->media_gop_kib),
    };
}

static struct ice_tcp_config ice_tcp(const struct config *c) {
    return (struct ice_tcp_config){
        .enabled = c->media_tcp,
        .connections = (uint32_t)c->limits_tcp_connections,
        .per_address = (uint32_t)c->limits_tcp_connections_per_address,
        .packets = (uint32_t)c->media_tcp_packets,
        .queue = bytes_of_kib(c->limits_tcp_queue_kib),
        .wait = us_of_ms(c->media_tcp_wait_ms),
        .blocked = us_of_s(c->timeouts_tcp_blocked_s),
        .first = us_of_s(c->timeouts_tcp_first_s),
        .idle = us_of_s(c->timeouts_tcp_idle_s),
    };
}

struct worker_config worker_configured(const struct config *c) {
    struct worker_config w = {
        .tcp = ice_tcp(c),
        .packets = (uint32_t)c->media_packets,
        .mailbox = (uint32_t)c->media_mailbox,
        .engine = engine(c),
    };
    CHECK(sockaddr_parse(c->media_address, (uint16_t)c->media_port, &w.bind));
    return w;
}
