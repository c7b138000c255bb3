/* The tours of the API: those that were kept, and what keeps them. */
#include "server/boot/server_parts.h"
#include "server/boot/tours_config.h"
#include "server/os/clock.h"
#include "server/os/files.h"
#include "server/tours/registry.h"
#include "server/tours/tours_thread.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static bool take(void *ctx, struct tour_record *r) {
    struct server *s = ctx;
    if (registry_add(s->api.tours.registry, r) != OK) {
        tour_record_free(r);
        return false;
    }
    return true;
}

enum err server_start_tours(struct server *s, char why[WHY_MAX]) {
    struct api *a = &s->api;
    struct rng rng = clock_rng();
    char path[PATH_MAX];
    const struct tours_config t = tours_configured(a->config);
    a->idempotency = idempotency_new(t.idempotency_keys, rng_u64(&rng));
    a->tours.registry = registry_new(t.records, rng_u64(&rng));
    a->tours.most_ended = t.ended;
    if (!a->idempotency || !a->tours.registry) {
        return ERR_NOMEM;
    }
    snprintf(path, sizeof(path), "%s/tours.db", a->config->state_dir);
    if (files_make_parents(path) != OK) {
        snprintf(why, WHY_MAX, "%.300s: the folder cannot be made: %.60s", path, strerror(errno));
        return ERR_IO;
    }
    const struct tours_thread_config c = {
        .path = path, .take = take, .wake = loop_wake, .ctx = s, .wake_ctx = &s->loop};
    return tours_thread_start(&c, &a->tours.thread, why);
}

void server_stop_tours(struct server *s) {
    s->api.tours.thread = tours_thread_stop(s->api.tours.thread);
}

void server_free_tours(struct server *s) {
    struct api *a = &s->api;
    tour_changes_free(&a->tours);
    a->tours.registry = registry_free(a->tours.registry);
    a->idempotency = idempotency_free(a->idempotency);
    buffer_free(&a->document);
}
