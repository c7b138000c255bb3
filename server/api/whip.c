/* WHIP (RFC 9725) and WHEP: the body goes to signaling, its effect comes back as the answer. */
#include "base/alloc.h"
#include "server/api/routes.h"
#include "server/auth/turn.h"
#include "server/http/respond.h"
#include "server/os/clock.h"

void whip_request(struct control *c, struct request *r) {
    struct sig_http h = {
        .req = r->id,
        .method = r->method == HTTP_POST    ? SIG_POST
                  : r->method == HTTP_PATCH ? SIG_PATCH
                                            : SIG_DELETE,
        .whep = r->route->pattern[3] == 'e',
        .audio = r->bad_query    ? ""
                 : r->says_audio ? r->audio
                                 : NULL,
        .tour = r->args.v[0],
        .resource = r->args.n > 1 ? r->args.v[1] : NULL,
        .token = url_bearer(r->headers[H_AUTHORIZATION]),
        .content_type = r->headers[H_CONTENT_TYPE],
        .if_match = r->headers[H_IF_MATCH],
        .body = r->body.p ? r->body.p : "",
        .body_len = r->body.n,
    };
    sig_http(c->sig, clock_now(), &h);
    control_effects(c);
}

void whip_ice_servers(struct request *r) {
    struct control *c = r->control;
    const char *token = url_bearer(r->headers[H_AUTHORIZATION]);
    struct claims k;
    struct sig_ice_servers servers;
    char link[TURN_LINK_MAX];
    if (sig_admits(c->sig, clock_now(), r->args.v[0], token, &k) != SIG_OK) {
        return;
    }
    struct turn_client client = {.sub = k.sub, .until = k.expires};
    turn_servers(c->turn, clock_wall(), &client, &servers);
    for (size_t i = 0; i < servers.n; i++) {
        respond_header(r, "link:", turn_link(&servers, i, link));
    }
    mem_wipe(&servers, sizeof(servers));
    mem_wipe(link, sizeof(link));
}

void whip_answer(struct control *c, const struct sig_effect *e) {
    struct request *r = http_find(c, e->req);
    if (!r || r->response.status) {
        return; /* the client is gone */
    }
    if (e->location && *e->location) {
        respond_header(r, "location:", e->location);
    }
    if (e->etag && *e->etag) {
        respond_header(r, "etag:", e->etag);
    }
    if (e->status == 201) {
        whip_ice_servers(r);
    }
    if (e->status == 401) {
        respond_header(r, "www-authenticate:", "Bearer");
    }
    if (e->len == 0) {
        respond_status(r, e->status);
        return;
    }
    char *copy = mem_alloc(e->len);
    if (copy) {
        memcpy(copy, e->text, e->len);
    }
    respond_owned(r, e->status, e->content_type ? e->content_type : "application/json", copy,
                  e->len);
}
