/* Recordings: what makes, keeps and reads them. */
#include "server/auth/authority.h"
#include "server/boot/events_config.h"
#include "server/boot/jobs_config.h"
#include "server/boot/reader_config.h"
#include "server/boot/recorder_config.h"
#include "server/boot/server_parts.h"
#include "server/jobs/helper_config.h"
#include "server/recording/database_config.h"
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

static enum err start_jobs(struct server *s, const struct key_config *keys,
                           const struct postgres_config *database, char why[WHY_MAX]) {
    struct api *a = &s->api;
    char beside[4096];
    struct jobs_thread_config j = jobs_configured(a->config);
    j.keys = keys;
    j.database = database;
    j.store = stores_both(s->making);
    j.helper = helper_configured(a->config, beside, sizeof(beside));
    j.shredded = events_shredded;
    j.ctx = (void *)a->config;
    j.wake = loop_wake;
    j.wake_ctx = a->loop;
    return jobs_thread_start(&j, &a->jobs, why);
}

enum err server_start_recording(struct server *s, char why[WHY_MAX]) {
    struct api *a = &s->api;
    const struct config *cfg = a->config;
    struct key_config keys;
    struct postgres_config postgres;
    config_key_config(cfg, &keys);
    struct recorder_thread_config r = recorder_configured(cfg);
    r.writer.keys = &keys;
    const struct postgres_config *database = database_configured(cfg, &postgres);
    r.writer.database = database;
    r.workers = a->n_workers;
    r.wake_control = loop_wake;
    r.wake_ctx = a->loop;
    if (!cfg->recording_enabled) {
        return OK;
    }
    enum err e = open_stores(s, why);
    if (e == OK) {
        r.writer.store = stores_both(s->writing);
        e = recorder_thread_start(&r, &a->recorder, why);
    }
    if (e == OK) {
        struct reader_thread_config reader = reader_configured(cfg);
        reader.keys = &keys;
        reader.database = database;
        reader.wake = loop_wake;
        reader.wake_ctx = a->loop;
        for (uint32_t i = 0; i < reader.threads; i++) {
            reader.stores[i] = stores_both(s->reading[i]);
        }
        e = reader_thread_start(&reader, &a->reader, why);
    }
    e = e == OK ? start_jobs(s, &keys, database, why) : e;
    if (e == OK) {
        struct keeper_thread_config k = {.config = cfg,
                                         .uploaders = a->uploaders,
                                         .shredded = events_shredded,
                                         .ctx = (void *)cfg,
                                         .wake = loop_wake,
                                         .wake_ctx = a->loop,
                                         .did = server_swept,
                                         .may = server_may_sweep,
                                         .did_ctx = s};
        e = keeper_thread_start(&k, &a->keeper, why);
    }
    if (e == OK) {
        struct verifier_thread_config v = {.config = cfg, .wake = loop_wake, .wake_ctx = a->loop};
        e = verifier_thread_start(&v, &a->verifier, why);
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
    verifier_thread_ring(a->verifier);
    jobs_thread_ring(a->jobs);
    reader_thread_ring(a->reader);
    authority_ring(a->authority);
    recorder_thread_finish(a->recorder);
    glue_last_reports(a->glue);
    a->recorder = recorder_thread_stop(a->recorder);
    glue_end(a->glue); /* other programs are told of the end, and clients are not */
    a->keeper = keeper_thread_stop(a->keeper);
    a->verifier = verifier_thread_stop(a->verifier);
    a->jobs = jobs_thread_stop(a->jobs);
    a->reader = reader_thread_stop(a->reader);
    a->uploaders = uploader_threads_stop(a->uploaders);
    s->writing = stores_close(s->writing);
    s->making = stores_close(s->making);
    for (size_t i = 0; i < READERS_MAX; i++) {
        s->reading[i] = stores_close(s->reading[i]);
    }
}
