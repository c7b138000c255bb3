/* Media: the mix and the workers, with what they are told of limits. */
#include "server/boot/mix_config.h"
#include "server/boot/server_parts.h"
#include "server/boot/worker_config.h"
#include "server/os/descriptors.h"
#include "server/os/log.h"

#include <stdio.h>
#include <sys/resource.h>

static enum err start_mix(struct api *a, char why[WHY_MAX]) {
    struct mix_thread_config m = mix_configured(a->config);
    m.workers = a->n_workers;
    return m.mixes.listeners ? mix_thread_start(&m, &a->mix, why) : OK;
}

/* Of each worker: as many as are wanted, or as descriptors let be. */
static void lower_tcp_connections(const struct api *a, struct ice_tcp_config *tcp) {
    struct rlimit r;
    if (!tcp->enabled || getrlimit(RLIMIT_NOFILE, &r) != 0) {
        return;
    }
    struct descriptors d = {.limit = r.rlim_cur,
                            .connections = (uint32_t)a->config->limits_connections,
                            .workers = a->n_workers};
    uint32_t possible = descriptors_for_tcp(&d, tcp->connections);
    if (possible < tcp->connections) {
        LOG(LOG_LEVEL_WARN, "tcp_connections_lowered",
            "The limit of descriptors (LimitNOFILE) leaves place for fewer connections of ICE-TCP "
            "per worker than limits.tcp_connections.",
            LOG_NUM("possible", possible), LOG_NUM("descriptors", d.limit));
    }
    tcp->connections = possible;
}

enum err server_start_workers(struct server *s, char why[WHY_MAX]) {
    struct api *a = &s->api;
    struct worker_config w = worker_configured(a->config);
    const uint16_t port = w.bind.port; /* of worker 0 */
    w.engine.wall_at_zero.us = s->started_wall.us - a->started;
    w.engine.identity = s->identity;
    w.wake_control = loop_wake;
    w.wake_ctx = a->loop;
    w.store = a->sockets;
    lower_tcp_connections(a, &w.tcp);
    if (a->n_workers > 1) {
        w.peering = s->peering = peering_new(a->n_workers, PEERING_MESSAGES);
        if (!s->peering) {
            snprintf(why, WHY_MAX, "out of memory or descriptors for %u workers", a->n_workers);
            return ERR_NOMEM;
        }
    }
    enum err e = start_mix(a, why);
    const struct announce_resolver names = {announce_resolve, NULL};
    e = e == OK ? announce_fill(&s->announce, a->config, &w.bind, &names, why) : e;
    for (uint32_t i = 0; i < a->n_workers && e == OK; i++) {
        w.index = i;
        w.bind.port = (uint16_t)(port ? port + i : 0);
        w.asks = a->recorder ? recorder_thread_asks(a->recorder, i) : NULL;
        w.taps = a->recorder ? recorder_thread_taps(a->recorder, i) : NULL;
        w.to_mix = a->mix ? mix_thread_from(a->mix, i) : NULL;
        w.from_mix = a->mix ? mix_thread_to(a->mix, i) : NULL;
        e = server_live_file(s, i, &w, why);
        if (e != OK) {
            break;
        }
        e = worker_start(&w, &s->workers[i], why);
    }
    return e;
}
