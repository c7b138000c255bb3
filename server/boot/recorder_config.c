#include "server/boot/recorder_config.h"

#include "server/config/units.h"

struct recorder_thread_config recorder_configured(const struct config *c) {
    return (struct recorder_thread_config){
        .writer = {.dir = c->recording_dir,
                   .kek_file = c->recording_kek_file,
                   .create_kek = c->recording_create_kek,
                   .flush_every = us_of_ms(c->recording_segment_max_ms)},
        .recorder = {.segment_min = us_of_ms(c->recording_segment_min_ms),
                     .segment_max = us_of_ms(c->recording_segment_max_ms),
                     .reorder_wait = us_of_ms(c->recording_reorder_wait_ms),
                     .per_source_tracks = c->recording_per_source_tracks,
                     .sources_per_tour = (uint32_t)c->recording_sources_per_tour,
                     .sources_per_participant = (uint32_t)c->recording_sources_per_participant,
                     .tracks_per_tour = (uint32_t)c->recording_tracks_per_tour,
                     .tracks_per_participant = (uint32_t)c->recording_tracks_per_participant,
                     .mix_bitrate = (uint32_t)c->recording_mix_bitrate,
                     .mix_voices = (uint32_t)c->recording_mix_voices},
        .tap_mailbox = (uint32_t)c->recording_mailbox,
    };
}
