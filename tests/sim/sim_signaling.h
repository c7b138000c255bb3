/* The configuration of signaling in the simulator, unit tests and fuzz targets; each changes what
 * it is about. */
#ifndef ORIEL_TESTS_SIM_SIGNALING_H
#define ORIEL_TESTS_SIM_SIGNALING_H

#include "signaling/signaling.h"

/* The caller sets candidates and verify. */
static inline struct signaling_config signaling_config_of(struct rng rng) {
    return (struct signaling_config){.max_message = 256 << 10,
                                     .max_sdp = 128 << 10,
                                     .max_depth = 16,
                                     .max_connections = 64,
                                     .max_tours = 8,
                                     .max_participants = 32,
                                     .max_whep_per_token = 2,
                                     .max_seats_per_token = 3,
                                     .max_probes = 2,
                                     .probe_limit = 20 * US_PER_S,
                                     .max_mix = 3,
                                     .max_mix_per_tour = 2,
                                     .max_mix_per_token = 2,
                                     .messages_per_second = 1000,
                                     .history = 500,
                                     .history_bytes = 256 << 10,
                                     .chat_per_minute = 60,
                                     .seat_limit = 3600 * US_PER_S,
                                     .resume_grace = 15 * US_PER_S,
                                     .empty_tour_grace = 60 * US_PER_S,
                                     .default_codec = CODEC_VP8,
                                     .default_record = RECORD_MANUAL,
                                     .start_bitrate_kbps = 1500,
                                     .consent_version = "v1",
                                     .consent_text = "This is \"recorded\".",
                                     .workers = 2,
                                     .rng = rng};
}

#endif
