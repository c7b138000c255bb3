/* Pages and what they load, from memory, in the coding that the client likes best. */
#include "server/api/pages.h"

#include "server/api/api.h"
#include "server/http/respond.h"

#define DEV_PAGE "dev.html"

/* One body of it, whatever the status is for. */
static void send(struct request *r, int status, const struct asset *f, enum coding c) {
    if (c != CODING_IDENTITY) {
        respond_header(r, "content-encoding:", coding_name(c));
    }
    respond_static(r, status, f->type, f->bodies[c].data);
}

void pages_unknown(struct request *r) {
    const struct asset *f = assets_find(api_of(r)->assets, "404.html");
    bool wanted = (r->method == HTTP_GET || r->method == HTTP_HEAD) &&
                  accept_names(r->headers[H_ACCEPT], "text/html");
    enum coding c;
    if (!f || !wanted || !assets_body(f, r->headers[H_ACCEPT_ENCODING], &c)) {
        respond_problem(r, 404, NULL, NULL);
        return;
    }
    respond_header(r, "cache-control:", "no-store");
    send(r, 404, f, c);
}

static void send_asset(struct request *r, const char *name) {
    const struct asset *f = assets_find(api_of(r)->assets, name);
    enum coding c;
    if (!f) {
        pages_unknown(r);
        return;
    }
    const struct asset_body *body = assets_body(f, r->headers[H_ACCEPT_ENCODING], &c);
    respond_header(r, "vary:", "accept-encoding");
    if (!body) {
        respond_problem(r, 406, NULL, NULL);
        return;
    }
    respond_header(r, "etag:", body->etag);
    respond_header(
        r, "cache-control:", f->immutable ? "public, max-age=31536000, immutable" : "no-cache");
    if (url_etag_listed(r->headers[H_IF_NONE_MATCH], body->etag)) {
        respond_status(r, 304);
        return;
    }
    send(r, 200, f, c);
}

void pages_index(struct request *r) {
    send_asset(r, "index.html");
}

void pages_tour(struct request *r) {
    send_asset(r, "tour.html");
}

void pages_agent(struct request *r) {
    send_asset(r, "agent.html");
}

void pages_ops(struct request *r) {
    send_asset(r, "ops.html");
}

void pages_dev(struct request *r) {
    if (api_of(r)->config->web_dev_pages) {
        send_asset(r, DEV_PAGE);
    } else {
        pages_unknown(r);
    }
}

void pages_asset(struct request *r) {
    const char *name = r->args.v[0];
    if (strcmp(name, DEV_PAGE) == 0) {
        pages_dev(r); /* by this name no more than by its address */
    } else {
        send_asset(r, name);
    }
}
