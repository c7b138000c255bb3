/* The configuration of engines in the simulator, unit tests, fuzz targets and benchmarks: as a
 * server's by default, for a few peers, and without limits of what an m-line sends. Each changes
 * what it is about. */
#ifndef ORIEL_TESTS_SIM_CONFIG_H
#define ORIEL_TESTS_SIM_CONFIG_H

#include "media/media.h"

/* Both are borrowed, as struct engine_config says. */
static inline struct engine_config sim_config(const struct dtls_identity *identity,
                                              struct rng rng) {
    return (struct engine_config){.max_peers = 16,
                                  .max_tours = 4,
                                  .cache_packets = 512,
                                  .rtcp_packets = 2000,
                                  .rtcp_requests = 500000,
                                  .level_decoders = 4,
                                  .repair_percent = 2,
                                  .redundancy_percent = 3,
                                  .media_silence = 8 * US_PER_S,
                                  .peer_timeout = 15 * US_PER_S,
                                  .join_timeout = 30 * US_PER_S,
                                  .layer_rest = 5 * US_PER_S,
                                  .keyframe_interval = 10 * US_PER_S,
                                  .gop_age = 10 * US_PER_S,
                                  .gop_bytes = 4u << 20,
                                  .bwe = {.start = 800000, .min = 60000, .max = 10000000},
                                  .wall_at_zero = {1790000000 * US_PER_S},
                                  .identity = identity,
                                  .rng = rng};
}

#endif
