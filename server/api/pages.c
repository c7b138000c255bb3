/* Pages and what they load, from memory, revalidated by entity tag. */
#include "server/api/pages.h"

#include "server/api/api.h"
#include "server/http/respond.h"

static void send_asset(struct request *r, const char *name) {
    const struct asset *a = assets_find(api_of(r)->assets, name);
    if (!a) {
        respond_problem(r, 404, NULL, NULL);
        return;
    }
    respond_header(r, "etag:", a->etag);
    respond_header(r, "cache-control:", "no-cache");
    if (url_etag_listed(r->headers[H_IF_NONE_MATCH], a->etag)) {
        respond_status(r, 304);
        return;
    }
    respond_static(r, 200, a->type, a->data);
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

void pages_asset(struct request *r) {
    send_asset(r, r->args.v[0]);
}
