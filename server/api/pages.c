/* Pages and what they load, from memory, revalidated by entity tag. */
#include "server/api/routes.h"
#include "server/http/respond.h"

static void send_asset(struct control *c, struct request *r, const char *name) {
    const struct asset *a = assets_find(c->assets, name);
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

void page_index(struct control *c, struct request *r) {
    send_asset(c, r, "index.html");
}

void page_tour(struct control *c, struct request *r) {
    send_asset(c, r, "tour.html");
}

void page_agent(struct control *c, struct request *r) {
    send_asset(c, r, "agent.html");
}

void page_ops(struct control *c, struct request *r) {
    send_asset(c, r, "ops.html");
}

void page_asset(struct control *c, struct request *r) {
    send_asset(c, r, r->args.v[0]);
}
