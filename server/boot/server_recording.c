/* Recordings: what makes, keeps and reads them. */
#include "server/auth/authority.h"
#include "server/boot/server_parts.h"
#include "server/jobs/helper_config.h"
#include "server/recording/uploader_thread.h"

/* Uploaders are rung by each put, so they are made first; they run last. */
static enum err open_stores(struct server *s, char why[WHY_MAX]) {
    struct api *a = &s->api;
    enum err e = OK;
    if (a->config->recording_store == STORE_PLACE_S3) {
        e = uploader_threads_new((uint32_t)a->config->recording_s3_uploads, &a->uploaders, why);
    }
    const struct stores_hooks hooks = {.note = uploader_threads_wake, .ctx = a->uploaders};
    e = e == OK ? stores_open(a->config, STORES_WRITE, &hooks, &s->writing, why) : e;
    for (int64_t i = 0; i < a->config->recording_reader_threads && e == OK; i++) {
        e = stores_open(a->config, STORES_READ, NULL, &s->reading[i], why);
    }
    return e == OK ? stores_open(a->config, STORES_READ, &hooks, &s->making, why) : e;
}

static enum err start_jobs(struct server *s, const struct key_config *keys, char why[WHY_MAX]) {
    struct api *a = &s->api;
    const struct config *cfg = a->config;
    char beside[4096];
    struct jobs_thread_config j = {
        .dir = cfg->recording_dir,
        .kek_file = cfg->recording_kek_file,
        .keys = keys,
        .store = stores_both(s->making),
        .helper = helper_configured(cfg, beside, sizeof(beside)),
        .helpers = (uint32_t)cfg->derived_helpers,
        .queue = (uint32_t)cfg->derived_queue,
        .reserve = (uint64_t)cfg->derived_reserve_mib << 20,
        .every = cfg->derived_thumbnail_every_s * US_PER_S,
        .most = (uint32_t)cfg->derived_thumbnails,
        .thumbnail_width = (uint16_t)(cfg->derived_thumbnail_width & ~1),
        .width = (uint16_t)(cfg->derived_export_width & ~1),
        .height = (uint16_t)(cfg->derived_export_height & ~1),
        .fps = (uint8_t)cfg->derived_export_fps,
        .keep = cfg->derived_export_days * 86400 * US_PER_S,
        .wake = loop_wake,
        .wake_ctx = a->loop,
    };
    return jobs_thread_start(&j, &a->jobs, why);
}

enum err server_start_recording(struct server *s, char why[WHY_MAX]) {
    struct api *a = &s->api;
    const struct config *cfg = a->config;
    struct key_config keys;
    config_key_config(cfg, &keys);
    struct recorder_thread_config r = {
        .writer = {.dir = cfg->recording_dir,
                   .kek_file = cfg->recording_kek_file,
                   .create_kek = cfg->recording_create_kek,
                   .keys = &keys,
                   .flush_every = cfg->recording_segment_max_ms * US_PER_MS},
        .recorder = {.segment_min = cfg->recording_segment_min_ms * US_PER_MS,
                     .segment_max = cfg->recording_segment_max_ms * US_PER_MS,
                     .reorder_wait = cfg->recording_reorder_wait_ms * US_PER_MS,
                     .per_source_tracks = cfg->recording_per_source_tracks,
                     .sources_per_tour = (uint32_t)cfg->recording_sources_per_tour,
                     .sources_per_participant = (uint32_t)cfg->recording_sources_per_participant,
                     .tracks_per_tour = (uint32_t)cfg->recording_tracks_per_tour,
                     .tracks_per_participant = (uint32_t)cfg->recording_tracks_per_participant,
                     .mix_bitrate = (uint32_t)cfg->recording_mix_bitrate,
                     .mix_voices = (uint32_t)cfg->recording_mix_voices},
        .workers = a->n_workers,
        .tap_mailbox = (uint32_t)cfg->recording_mailbox,
        .wake_control = loop_wake,
        .wake_ctx = a->loop,
    };
    if (!cfg->recording_enabled) {
        return OK;
    }
    enum err e = open_stores(s, why);
    if (e == OK) {
        r.writer.store = stores_both(s->writing);
        e = recorder_thread_start(&r, &a->recorder, why);
    }
    if (e == OK) {
        struct reader_thread_config reader = {.dir = cfg->recording_dir,
                                              .kek_file = cfg->recording_kek_file,
                                              .keys = &keys,
                                              .threads = (uint32_t)cfg->recording_reader_threads,
                                              .downloads = (uint32_t)cfg->recording_downloads,
                                              .wake = loop_wake,
                                              .wake_ctx = a->loop};
        for (uint32_t i = 0; i < reader.threads; i++) {
            reader.stores[i] = stores_both(s->reading[i]);
        }
        e = reader_thread_start(&reader, &a->reader, why);
    }
    e = e == OK ? start_jobs(s, &keys, why) : e;
    if (e == OK) {
        struct keeper_thread_config k = {cfg, a->uploaders, loop_wake, a->loop};
        e = keeper_thread_start(&k, &a->keeper, why);
    }
    if (e == OK && a->uploaders) {
        e = uploader_threads_start(a->uploaders, cfg, why);
    }
    return e;
}

void server_stop_recording(struct server *s) {
    struct api *a = &s->api;
    /* Each may wait for a store or a key service: they end at the same time. */
    keeper_thread_ring(a->keeper);
    jobs_thread_ring(a->jobs);
    reader_thread_ring(a->reader);
    authority_ring(a->authority);
    a->recorder = recorder_thread_stop(a->recorder);
    a->keeper = keeper_thread_stop(a->keeper);
    a->jobs = jobs_thread_stop(a->jobs);
    a->reader = reader_thread_stop(a->reader);
    a->uploaders = uploader_threads_stop(a->uploaders);
    s->writing = stores_close(s->writing);
    s->making = stores_close(s->making);
    for (size_t i = 0; i < READERS_MAX; i++) {
        s->reading[i] = stores_close(s->reading[i]);
    }
}
