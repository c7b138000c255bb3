/* The tours of the API: those that were kept, and what keeps them. */
#include "base/alloc.h"
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

static bool take_seed(void *ctx, uint64_t seed) {
    struct server *s = ctx;
    const struct tours_config t = tours_configured(s->api.config);
    s->api.idempotency = idempotency_new(t.idempotency_keys, seed);
    return s->api.idempotency != NULL;
}

/* What cannot be kept in memory is not given again. */
static bool take_answer(void *ctx, struct kept_answer *x) {
    struct server *s = ctx;
    struct idempotency_kept k = {
        .id = x->id,
        .request = x->request,
        .left = x->until.us - clock_wall().us,
        .answer = {.status = x->status, .body = x->len ? x->body : NULL, .len = x->len}};
    memcpy(k.answer.etag, x->etag, sizeof(k.answer.etag));
    memcpy(k.answer.location, x->location, sizeof(k.answer.location));
    idempotency_restore(s->api.idempotency, clock_now(), &k);
    mem_free(x);
    return true;
}

enum err server_start_tours(struct server *s, char why[WHY_MAX]) {
    struct api *a = &s->api;
    struct rng rng = clock_rng();
    char path[PATH_MAX];
    const struct tours_config t = tours_configured(a->config);
    a->tours.registry = registry_new(t.records, rng_u64(&rng));
    a->tours.most_ended = t.ended;
    a->tours.per_sub = t.per_sub;
    a->tours.per_issuer = t.per_issuer;
    if (!a->tours.registry) {
        return ERR_NOMEM;
    }
    snprintf(path, sizeof(path), "%s/tours.db", a->config->state_dir);
    if (files_make_parents(path) != OK) {
        snprintf(why, WHY_MAX, "%.300s: the folder cannot be made: %.60s", path, strerror(errno));
        return ERR_IO;
    }
    const struct tours_thread_config c = {.path = path,
                                          .take = take,
                                          .seed = take_seed,
                                          .take_answer = take_answer,
                                          .fresh = rng_u64(&rng),
                                          .most_answers = t.idempotency_keys,
                                          .wake = loop_wake,
                                          .ctx = s,
                                          .wake_ctx = &s->loop};
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
