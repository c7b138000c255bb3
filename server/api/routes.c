#include "server/api/routes.h"

#include "base/check.h"
#include "server/http/respond.h"
#include "server/http/ws.h"
#include "server/os/clock.h"
#include "server/os/log.h"

#include <stdio.h>

static const struct route routes[] = {
    {HTTP_GET, "/", ROUTE_PUBLIC, false, page_index},
    {HTTP_GET, "/t/{tour}", ROUTE_PUBLIC, false, page_tour},
    {HTTP_GET, "/agent/{tour}", ROUTE_PUBLIC, false, page_agent},
    {HTTP_GET, "/ops", ROUTE_PUBLIC, false, page_ops},
    {HTTP_GET, "/assets/*", ROUTE_PUBLIC, false, page_asset},
    {HTTP_GET, "/health", ROUTE_PUBLIC, false, status_health},
    {HTTP_GET, "/ready", ROUTE_PUBLIC, false, status_ready},
    {HTTP_GET, "/metrics", ROUTE_PUBLIC, false, status_metrics},
    {HTTP_GET, WS_PATH, ROUTE_PUBLIC, false, status_upgrade},
    {HTTP_POST, "/whip/{tour}", ROUTE_SIGNALING, true, whip_request},
    {HTTP_PATCH, "/whip/{tour}/{session}", ROUTE_SIGNALING, true, whip_request},
    {HTTP_DELETE, "/whip/{tour}/{session}", ROUTE_SIGNALING, true, whip_request},
    {HTTP_POST, "/whep/{tour}", ROUTE_SIGNALING, true, whip_request},
    {HTTP_PATCH, "/whep/{tour}/{session}", ROUTE_SIGNALING, true, whip_request},
    {HTTP_DELETE, "/whep/{tour}/{session}", ROUTE_SIGNALING, true, whip_request},
    {HTTP_GET, "/v1/recordings", ROUTE_OPS, true, recordings_list},
    {HTTP_GET, "/v1/recordings/keys", ROUTE_PUBLIC, true, recordings_keys},
    {HTTP_GET, "/v1/recordings/status", ROUTE_OPS, true, recordings_status},
    {HTTP_GET, "/v1/recordings/{recording}", ROUTE_OPS, true, recordings_one},
    {HTTP_DELETE, "/v1/recordings/{recording}", ROUTE_OPS, true, orders_shred},
    {HTTP_DELETE, "/v1/recordings/{recording}/participants/{participant}", ROUTE_OPS, true,
     orders_shred_person},
    {HTTP_GET, "/v1/recordings/{recording}/hold", ROUTE_OPS, true, orders_held},
    {HTTP_POST, "/v1/recordings/{recording}/hold", ROUTE_OPS, true, orders_hold},
    {HTTP_DELETE, "/v1/recordings/{recording}/hold", ROUTE_OPS, true, orders_release},
    {HTTP_POST, "/v1/recordings/{recording}/playback", ROUTE_OPS, false, recordings_ticket},
    {HTTP_DELETE, "/v1/recordings/{recording}/playback", ROUTE_OPS, false, recordings_revoke},
    {HTTP_GET, "/v1/recordings/{recording}/thumbnails", ROUTE_OPS, true, derived_thumbnails},
    {HTTP_GET, "/v1/recordings/{recording}/thumbnails/{number}", ROUTE_PLAYBACK, true,
     derived_thumbnail},
    {HTTP_GET, "/v1/recordings/{recording}/tracks/{track}/waveform", ROUTE_PLAYBACK, true,
     derived_waveform},
    {HTTP_GET, "/v1/recordings/{recording}/exports", ROUTE_OPS, true, derived_exports},
    {HTTP_POST, "/v1/recordings/{recording}/exports", ROUTE_OPS, true, derived_export_start},
    {HTTP_GET, "/v1/recordings/{recording}/exports/{number}", ROUTE_OPS, true, derived_export},
    {HTTP_DELETE, "/v1/recordings/{recording}/exports/{number}", ROUTE_OPS, true, derived_export},
    {HTTP_GET, "/v1/recordings/{recording}/exports/{number}/media", ROUTE_PLAYBACK, true,
     derived_export_media},
    {HTTP_GET, "/v1/recordings/{recording}/{track}/{epoch}/segments", ROUTE_PLAYBACK, true,
     tail_segments},
    {HTTP_GET, "/v1/recordings/{recording}/{track}/{epoch}/segments/{number}", ROUTE_PLAYBACK, true,
     tail_segment},
    {HTTP_GET, "/v1/recordings/{recording}/{track}/{epoch}/init", ROUTE_PLAYBACK, true, tail_init},
    {HTTP_GET, "/v1/recordings/{recording}/{track}/{file}", ROUTE_PLAYBACK, true, recordings_media},
};

/* A HEAD is a GET whose body is not sent (RFC 9110 section 9.3.2). */
static bool answers(const struct route *t, enum http_method m) {
    return t->method == m || (m == HTTP_HEAD && t->method == HTTP_GET);
}

void routes_find(struct request *r, const char *path) {
    struct url_args args;
    for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
        if (!url_match(routes[i].pattern, path, &args)) {
            continue;
        }
        r->args = args;
        r->route = &routes[i];
        if (answers(&routes[i], r->method)) {
            return;
        }
    }
    if (r->method == HTTP_OPTIONS && r->route) {
        return;
    }
    r->early = r->route ? 405 : 404;
}

/* Methods possible where `same` is, "GET, HEAD, OPTIONS". */
static void allowed(const struct route *same, char *out, size_t cap) {
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
        if (strcmp(routes[i].pattern, same->pattern) == 0 && n < cap) {
            n += (size_t)snprintf(out + n, cap - n, "%s%s, ", http_method_name(routes[i].method),
                                  routes[i].method == HTTP_GET ? ", HEAD" : "");
        }
    }
    if (n < cap) {
        snprintf(out + n, cap - n, "OPTIONS");
    }
}

void routes_allow(struct request *r) {
    char methods[96];
    allowed(r->route, methods, sizeof(methods));
    respond_header(r, "allow:", methods);
}

static void answer_options(struct request *r) {
    char methods[96];
    allowed(r->route, methods, sizeof(methods));
    respond_header(r, "allow:", methods);
    if (r->route->cors) {
        respond_header(r, "access-control-allow-methods:", methods);
        respond_header(r, "access-control-allow-headers:",
                       "Authorization, Content-Type, If-Match, If-None-Match, Range");
        respond_header(r, "access-control-max-age:", "86400");
    }
    if (r->route->handle == whip_request && r->args.n == 1) {
        respond_header(r, "accept-post:", "application/sdp"); /* RFC 9725 section 4.2 */
        whip_ice_servers(r);
    }
    respond_status(r, 204);
}

static enum sig_code check_token(struct control *c, struct request *r) {
    const char *token = url_bearer(r->headers[H_AUTHORIZATION]);
    if (!token) {
        return SIG_TOKEN_MISSING;
    }
    enum sig_code code = auth_verify(c->auth, clock_wall(), token, strlen(token), &r->claims);
    bool ops = r->route->auth >= ROUTE_OPS;
    return code == SIG_OK && ops && r->claims.role != ROLE_OPS ? SIG_FORBIDDEN : code;
}

/* A ticket stands for the token it was given for: whose it is is known from it. */
static bool has_ticket(struct control *c, struct request *r) {
    char text[AUTH_TICKET_MAX];
    struct auth_ticket t;
    if (!url_cookie(r->headers[H_COOKIE], "oriel_play", text, sizeof(text)) ||
        !auth_ticket_read(c->ticket_key, r->args.v[0], clock_now(), text, &t) ||
        revocations_has(&c->revocations, r->args.v[0], t.sub, t.number)) {
        return false;
    }
    r->ticket = t;
    snprintf(r->claims.sub, sizeof(r->claims.sub), "%s", t.sub);
    return true;
}

bool routes_may_go_on(const struct request *r) {
    const struct auth_ticket *t = &r->ticket;
    return t->expires == 0 ||
           (clock_now() < t->expires &&
            !revocations_has(&r->control->revocations, r->args.v[0], t->sub, t->number));
}

bool routes_authorise(struct request *r) {
    const struct route *t = r->route;
    bool open = r->method == HTTP_OPTIONS || t->auth == ROUTE_PUBLIC ||
                (t->auth == ROUTE_PLAYBACK && has_ticket(r->control, r));
    r->refused = open ? SIG_OK : check_token(r->control, r);
    return r->refused == SIG_OK;
}

void routes_dispatch(struct request *r) {
    struct control *c = r->control;
    if (r->method == HTTP_OPTIONS) {
        answer_options(r);
        return;
    }
    if (r->refused != SIG_OK) {
        LOG(LOG_LEVEL_INFO, "refused", "A request was refused.", LOG_STR("conn", r->label),
            LOG_STR("route", r->route->pattern), LOG_STR("code", sig_code_name(r->refused)));
        respond_code(r, r->refused);
        return;
    }
    r->route->handle(c, r);
}
