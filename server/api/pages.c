/* Pages and what they load, from memory, in the language and the coding that the client likes best.
 */
#include "server/api/pages.h"

#include "server/api/api.h"
#include "server/http/respond.h"

#include <stdio.h>

#define LANGUAGE "en" /* of NAME.html, beside which there may be NAME.de.html */

/* The page of this name in the best language that there is; NULL: there is no such page. */
static const struct asset *find_page(const struct request *r, const char *name) {
    struct languages_accepted l = accept_languages(r->headers[H_ACCEPT_LANGUAGE]);
    char file[64];
    for (size_t i = 0; i < l.n && strcmp(l.names[i], LANGUAGE) != 0; i++) {
        snprintf(file, sizeof(file), "%s.%s.html", name, l.names[i]);
        const struct asset *f = assets_find(api_of(r)->assets, file);
        if (f) {
            return f;
        }
    }
    snprintf(file, sizeof(file), "%s.html", name);
    return assets_find(api_of(r)->assets, file);
}

/* One body of it, whatever the status is for. */
static void send(struct request *r, int status, const struct asset *f, enum coding c) {
    if (c != CODING_IDENTITY) {
        respond_header(r, "content-encoding:", coding_name(c));
    }
    respond_static(r, status, f->type, f->bodies[c].data);
}

void pages_unknown(struct request *r) {
    const struct asset *f = find_page(r, "404");
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

/* f NULL: there is nothing. vary: what else than the address decides which file it is. */
static void send_file(struct request *r, const struct asset *f, const char *vary) {
    enum coding c;
    if (!f) {
        pages_unknown(r);
        return;
    }
    const struct asset_body *body = assets_body(f, r->headers[H_ACCEPT_ENCODING], &c);
    respond_header(r, "vary:", vary);
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

static void send_page(struct request *r, const char *name) {
    send_file(r, find_page(r, name), "accept-encoding, accept-language");
}

void pages_index(struct request *r) {
    send_page(r, "index");
}

void pages_tour(struct request *r) {
    send_page(r, "tour");
}

void pages_agent(struct request *r) {
    send_page(r, "agent");
}

void pages_ops(struct request *r) {
    send_page(r, "ops");
}

void pages_dev(struct request *r) {
    if (api_of(r)->config->web_dev_pages) {
        send_page(r, "dev");
    } else {
        pages_unknown(r);
    }
}

/* By these names no more than by its address. */
static bool is_dev_page(const char *name) {
    return strncmp(name, "dev.", 4) == 0 && strstr(name, ".html");
}

void pages_asset(struct request *r) {
    const char *name = r->args.v[0];
    if (is_dev_page(name) && !api_of(r)->config->web_dev_pages) {
        pages_unknown(r);
    } else {
        send_file(r, assets_find(api_of(r)->assets, name), "accept-encoding");
    }
}
