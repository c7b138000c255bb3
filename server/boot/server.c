#include "server/boot/server.h"

#include "base/alloc.h"
#include "media/secure/srtp.h"
#include "server/audit/audit_reader.h"
#include "server/auth/authority.h"
#include "server/auth/tls.h"
#include "server/boot/events_config.h"
#include "server/boot/server_parts.h"
#include "server/ledger/ledger_thread.h"
#include "server/os/clock.h"
#include "server/os/log.h"

#include <stdio.h>
#include <unistd.h>

struct loop *server_loop(struct server *s) {
    return &s->loop;
}

uint16_t server_media_port(const struct server *s) {
    return worker_port(s->workers[0]);
}

uint32_t server_workers(const struct server *s) {
    return s->api.n_workers;
}

static enum err start_crypto(struct server *s, char why[WHY_MAX]) {
    enum err e = srtp_library_init();
    if (e == OK) {
        e = srtp_aead_choose(s->api.config->media_aead, clock_cpu_ns);
        if (e == ERR_UNSUPPORTED) {
            snprintf(why, WHY_MAX,
                     "media.aead: ipsec-mb is not in this build, or cannot run on "
                     "this processor");
        }
    }
    return e == OK ? server_identity(s, why) : e;
}

static enum err start_basics(struct server *s, char why[WHY_MAX]) {
    struct api *a = &s->api;
    struct rng rng = clock_rng();
    const struct socket_place http = {.store = a->sockets, .name = "http"};
    enum err e = loop_bind(&s->loop, &http, why);
    if (e == OK && s->loop.tls) {
        e = tls_check(a->config->tls_cert, a->config->tls_key, why);
    }
    if (e == OK) {
        e = turn_new(a->config, &a->turn, why);
    }
    if (e == OK) {
        e = assets_load(a->config->web_dir, &a->assets, why);
    }
    if (e == OK) {
        e = start_crypto(s, why);
    }
    rng_fill(&rng, a->ticket_key, sizeof(a->ticket_key));
    e = e == OK ? loop_open(&s->loop, why) : e;
    if (e == OK) {
        e = authority_start(a->config, loop_wake, &s->loop, &a->authority, why);
    }
    a->auth = e == OK ? authority_tokens(a->authority) : NULL;
    return e;
}

static bool is_revoked(void *ctx, const char *sub) {
    const struct server *s = ctx;
    return auth_revoked(s->api.auth, sub);
}

void server_note_reload(struct server *s, bool ok) {
    s->api.reloads[ok]++;
    s->api.reload_refused = ok ? 0 : clock_now();
    audit(s->api.audit,
          &(struct audit_act){.what = AUDIT_SERVER_RELOAD, .code = ok ? NULL : "reload_failed"});
}

enum err server_tokens_again(struct server *s, const struct config *cfg, char why[WHY_MAX]) {
    enum err e = authority_reload(s->api.authority, cfg, why);
    if (e == OK && signaling_revoke_all(s->api.signaling, clock_now(), is_revoked, s) != OK) {
        snprintf(why, WHY_MAX, "no memory to end what revoked people have in tours");
        e = ERR_NOMEM;
    }
    glue_effects(s->api.glue, clock_now());
    return e;
}

/* All are made: what else was kept for us is of another configuration. */
static void tell_sockets(struct server *s) {
    socket_store_settle(s->api.sockets);
    struct socket_counters n = socket_store_counters(s->api.sockets);
    if (n.used + n.refused + n.unwanted > 0) {
        LOG(LOG_LEVEL_INFO, "sockets_given",
            "Sockets of the process before this one were kept for it.", LOG_NUM("used", n.used),
            LOG_NUM("refused", n.refused), LOG_NUM("unwanted", n.unwanted));
    }
}

void server_ready(struct server *s) {
    socket_store_ready(s->api.sockets);
}

enum err server_start(const struct config *cfg, struct server **ret, char why[WHY_MAX]) {
    struct server *s = mem_zalloc(1, sizeof(*s));
    if (!s) {
        return ERR_NOMEM;
    }
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    int64_t n = cfg->media_workers ? cfg->media_workers : cores > 0 ? cores : 1;
    s->api.config = cfg;
    s->api.started = clock_now();
    s->started_wall = clock_wall();
    s->api.workers = s->workers;
    s->api.n_workers = (uint32_t)(n < WORKERS_MAX ? n : WORKERS_MAX);
    server_control(s);
    enum err e = socket_store_open(&s->api.sockets);
    e = e == OK ? server_start_live(s, why) : e;
    e = e == OK ? start_basics(s, why) : e;
    e = e == OK ? server_start_audit(s, why) : e;
    e = e == OK ? server_start_recording(s, why) : e;
    e = e == OK ? events_start(cfg, &s->loop, &s->api.events, why) : e;
    e = e == OK ? server_start_ledger(s, why) : e;
    e = e == OK ? server_start_workers(s, why) : e;
    e = e == OK ? server_start_tours(s, why) : e;
    e = e == OK ? server_start_signaling(s, why) : e;
    e = e == OK ? loop_listen(&s->loop, why) : e;
    if (e != OK) {
        server_stop(s);
        return e;
    }
    tell_sockets(s);
    server_start_admission(s);
    server_woken(s); /* wake-ups before there was a listener went unheard */
    *ret = s;
    return OK;
}

struct server *server_stop(struct server *s) {
    if (!s) {
        return NULL;
    }
    struct api *a = &s->api;
    if (s->loop.vhost) {
        loop_drain(&s->loop);
    }
    struct announce unused;
    char why[WHY_MAX];
    s->loop.stopping = true;
    for (uint32_t i = 0; i < a->n_workers; i++) {
        worker_stop(s->workers[i]);
    }
    mix_thread_stop(a->mix);
    server_stop_recording(s);
    server_stop_tours(s);
    s->peering = peering_free(s->peering);
    for (uint32_t i = 0; i < a->n_workers; i++) {
        s->workers[i] = worker_free(s->workers[i]);
    }
    server_stop_live(s);
    a->mix = mix_thread_free(a->mix);
    /* It wakes control. */
    (void)announce_again_end(s->again, &unused, why);
    a->glue = glue_free(a->glue);
    a->events = events_thread_stop(a->events);
    a->ledger = ledger_thread_stop(a->ledger);   /* what it lacks is copied after the next start */
    a->authority = authority_stop(a->authority); /* its thread wakes control, too */
    a->auth = NULL;
    a->audit_reader = audit_reader_stop(a->audit_reader);
    audit_quiet(a->audit); /* so does this one, which goes on until all have ended */
    loop_close(&s->loop);
    a->sockets = socket_store_close(a->sockets);
    audit(a->audit, &(struct audit_act){.what = AUDIT_SERVER_STOP});
    a->audit = audit_stop(a->audit);
    server_free_tours(s);
    a->signaling = signaling_free(a->signaling);
    assets_free(a->assets);
    turn_free(a->turn);
    dtls_identity_free(s->identity);
    mem_wipe(a->ticket_key, sizeof(a->ticket_key));
    return mem_free(s);
}
