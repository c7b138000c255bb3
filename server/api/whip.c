/* WHIP (RFC 9725) and WHEP: the body goes to signaling, its effect comes back as the answer. */
#include "server/api/whip.h"

#include "base/alloc.h"
#include "server/api/call.h"
#include "server/auth/turn.h"
#include "server/http/respond.h"
#include "server/os/clock.h"

static void pass(struct request *r, bool whep) {
    struct api *a = api_of(r);
    struct signaling_http h = {
        .req = r->id,
        .method = r->method == HTTP_POST    ? SIGNALING_POST
                  : r->method == HTTP_PATCH ? SIGNALING_PATCH
                                            : SIGNALING_DELETE,
        .whep = whep,
        .audio = r->bad_query ? "" : url_argument(r->query.p, r->query.n, "audio"),
        .tour = r->args.v[0],
        .resource = r->args.n > 1 ? r->args.v[1] : NULL,
        .token = url_bearer(r->headers[H_AUTHORIZATION]),
        .content_type = r->headers[H_CONTENT_TYPE],
        .if_match = r->headers[H_IF_MATCH],
        .body = r->body.p ? r->body.p : "",
        .body_len = r->body.n,
    };
    signaling_http(a->signaling, clock_now(), &h);
    call_settle(r);
}

void whip_request(struct request *r) {
    pass(r, false);
}

void whep_request(struct request *r) {
    pass(r, true);
}

/* Link headers (RFC 9725 section 4.6) with the STUN and TURN servers for who has the request's
 * token; nothing when it has none that is valid for the tour. Who is in has it by that alone: he
 * may be the last one whom there was room for. */
static void add_ice_servers(struct request *r, bool in) {
    const struct api *a = api_of(r);
    const char *token = url_bearer(r->headers[H_AUTHORIZATION]);
    struct claims k;
    struct signaling_ice_servers servers;
    char link[TURN_LINK_MAX];
    const char *tour = r->args.v[0];
    enum code code = in ? signaling_token(a->signaling, tour, token, &k)
                        : signaling_admits(a->signaling, clock_now(), tour, token, &k);
    if (code != CODE_OK) {
        return;
    }
    struct turn_client client = {.sub = k.sub, .until = k.expires};
    turn_servers(a->turn, clock_wall(), &client, &servers);
    for (size_t i = 0; i < servers.n; i++) {
        respond_header(r, "link:", turn_link(&servers, i, link));
    }
    mem_wipe(&servers, sizeof(servers));
    mem_wipe(link, sizeof(link));
}

void whip_options(struct request *r) {
    respond_header(r, "accept-post:", "application/sdp"); /* RFC 9725 section 4.2 */
    add_ice_servers(r, false);
}

void whip_answer(struct api *a, const struct signaling_effect *e) {
    struct request *r = request_find(a->loop, e->req);
    if (!r || r->response.status) {
        return; /* the client is gone */
    }
    if (e->location && *e->location) {
        respond_header(r, "location:", e->location);
    }
    if (e->etag && *e->etag) {
        respond_header(r, "etag:", e->etag);
    }
    if (e->retry_after_s) {
        respond_retry_after(r, e->retry_after_s * US_PER_S);
    }
    if (e->status == 201) {
        add_ice_servers(r, true);
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
