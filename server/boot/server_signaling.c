/* Signaling, and what it asks of others. */
#include "base/alloc.h"
#include "server/api/door.h"
#include "server/api/invites.h"
#include "server/api/whip.h"
#include "server/boot/events_config.h"
#include "server/boot/server_parts.h"
#include "server/boot/signaling_config.h"
#include "server/config/config_can.h"
#include "server/config/units.h"
#include "server/os/clock.h"
#include "server/os/log.h"
#include "server/relay/worker.h"
#include "server/tours/registry.h"

#include <stdio.h>
#include <string.h>

static size_t candidates(void *ctx, uint32_t worker, struct addr *out, size_t cap) {
    struct server *s = ctx;
    size_t n = s->announce.n < cap ? s->announce.n : cap;
    for (size_t i = 0; i < n; i++) {
        out[i] = s->announce.at[i];
        out[i].port = worker_port(s->workers[worker]);
    }
    return n;
}

static enum code verify(void *ctx, const char *token, size_t n, struct claims *ret) {
    struct server *s = ctx;
    enum code code = door_verify(&s->api, s->caller, bytes_of(token, n), ret);
    /* An agent makes tours by entering them: not this one again. */
    const struct tour_record *kept =
        code == CODE_OK ? registry_find(s->api.tours.registry, ret->tour) : NULL;
    return kept && kept->ended_at.us ? CODE_TOUR_ENDED : code;
}

static void ice_servers(void *ctx, const char *sub, wall_t until,
                        struct signaling_ice_servers *ret) {
    struct server *s = ctx;
    struct turn_client client = {.sub = sub, .until = until};
    turn_servers(s->api.turn, clock_wall(), &client, ret);
}

/* In the name of a host, who shows no token for it: a link like those of the API. */
static enum code invite(void *ctx, struct claims *c, char **url) {
    struct server *s = ctx;
    struct buffer b = {0};
    us_t most = us_of_s(s->api.config->auth_max_lifetime_s), now = clock_wall().us;
    if (most && c->expires.us > now + most) {
        c->expires.us = now + most - (now + most) % US_PER_S;
    }
    char *token = auth_mint(s->api.auth, clock_wall(), c);
    if (!token) {
        return CODE_SIGNING_OFF;
    }
    invite_link(&b, &s->api, c, token);
    mem_free(token);
    *url = buffer_take(&b);
    buffer_free(&b);
    return *url ? CODE_OK : CODE_INTERNAL;
}

static struct signaling *make_signaling(struct server *s) {
    struct signaling_config sc = signaling_configured(s->api.config);
    sc.workers = s->api.n_workers;
    sc.candidates = candidates;
    sc.ice_servers = ice_servers;
    sc.verify = verify;
    sc.invite = invite;
    sc.ctx = s;
    sc.rng = clock_rng();
    if (s->tours_log) {
        sc.keeper = tours_log_keeper(s->tours_log);
    }
    memcpy(sc.fingerprint, dtls_identity_fingerprint(s->identity), FINGERPRINT_LEN);
    return signaling_new(&sc);
}

static wall_t wall_of(const char *text) {
    wall_t at = {0};
    (void)wall_parse(text, &at); /* the configuration has looked */
    return at;
}

static enum err declare_tour(struct api *a, const struct config_tour *t) {
    return signaling_tour_declare(
        a->signaling,
        &(struct signaling_tour){.name = t->name,
                                 .title = t->title,
                                 .record = a->config->recording_enabled ? t->record : RECORD_OFF,
                                 .codec = t->codec,
                                 .lobby = t->lobby,
                                 .starts_at = wall_of(t->starts_at),
                                 .ends_at = wall_of(t->ends_at),
                                 .max_length = us_of_s(t->max_length_s),
                                 .capacity = (uint32_t)t->capacity,
                                 .guest = config_can(t->guest),
                                 .property = *t->property ? t->property : NULL});
}

static enum err declare_tours(struct api *a, char why[WHY_MAX]) {
    for (size_t i = 0; i < a->config->n_tours; i++) {
        const struct config_tour *t = &a->config->tours[i];
        enum err e = declare_tour(a, t);
        if (e != OK) {
            snprintf(why, WHY_MAX, "tours: cannot declare \"%.64s\": %s", t->name, err_name(e));
            return e;
        }
    }
    return OK;
}

static bool quota_is_reached(void *ctx) {
    const struct server *s = ctx;
    const struct keeper_thread *keeper = s->api.keeper;
    return keeper && keeper_thread_full(keeper);
}

/* Effects that end in a socket, or in the audit log. */
static void deliver(void *ctx, const struct signaling_effect *e) {
    struct server *s = ctx;
    switch (e->type) {
    case EFFECT_SEND:
        ws_send(&s->loop, e->conn, e->text, e->len);
        return;
    case EFFECT_CLOSE:
        ws_close(&s->loop, e->conn, e->status);
        return;
    case EFFECT_HTTP:
        whip_answer(&s->api, e);
        return;
    case EFFECT_ACT:
        server_act(s, e);
        return;
    default:
        return;
    }
}

static void note(void *ctx, const char *event, uint64_t tour, uint64_t peer, const char *detail) {
    (void)ctx;
    LOG(LOG_LEVEL_INFO, event, detail ? detail : "", LOG_NUM("tour", tour), LOG_NUM("peer", peer));
}

enum err server_start_signaling(struct server *s, char why[WHY_MAX]) {
    struct api *a = &s->api;
    enum err e = server_tours_log(s, why);
    if (e != OK) {
        return e;
    }
    a->signaling = make_signaling(s);
    struct glue_config g = {
        .signaling = a->signaling,
        .workers = a->workers,
        .n_workers = a->n_workers,
        .recorder = a->recorder,
        .mix = a->mix,
        .events = events_told(a->config) ? a->events : NULL,
        .messages = events_want_messages(a->config),
        .deliver = deliver,
        .full = quota_is_reached,
        .note = note,
        .ctx = s,
    };
    a->glue = a->signaling ? glue_new(&g) : NULL;
    if (!a->glue) {
        return ERR_NOMEM;
    }
    signaling_clock(a->signaling, clock_now(), clock_wall());
    e = declare_tours(a, why);
    if (e == OK) {
        tour_changes_declare(a);
        server_tours_again(s);
        glue_effects(a->glue, clock_now());
    }
    return e;
}
