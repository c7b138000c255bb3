#include "server/http/policy.h"

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/check.h"
#include "server/config/web_origin.h"
#include "server/http/lws.h"

#define CSP_MAX (WEB_ORIGINS_BYTES + 512) /* [bytes] */
#define HEADERS 5

struct policy {
    char csp[CSP_MAX];
    struct lws_protocol_vhost_options headers[HEADERS];
};

static void put_list(struct buffer *b, const struct config_list *list) {
    for (size_t i = 0; i < list->n; i++) {
        buffer_str(b, " ");
        buffer_str(b, list->items[i]);
    }
}

/* The pages load nothing from elsewhere but the images of listings, if so configured, and are
 * framed by nobody but who is named. */
void policy_again(struct policy *p, const struct config *c) {
    struct buffer b = buffer_fixed(p->csp, sizeof(p->csp));
    buffer_str(&b, "default-src 'self'; connect-src 'self' ws: wss:; media-src 'self' blob:; "
                   "style-src 'self'; script-src 'self'; object-src 'none'; base-uri 'none'; "
                   "form-action 'none'; img-src 'self' data:");
    put_list(&b, &c->web_images);
    buffer_str(&b, c->web_frame_ancestors.n ? "; frame-ancestors" : "; frame-ancestors 'none'");
    put_list(&b, &c->web_frame_ancestors);
    CHECK(!b.bad);
}

struct policy *policy_new(const struct config *c, bool https) {
    struct policy *p = mem_zalloc(1, sizeof(*p));
    if (!p) {
        return NULL;
    }
    const struct lws_protocol_vhost_options all[HEADERS] = {
        {NULL, NULL, "content-security-policy:", p->csp},
        {NULL, NULL, "x-content-type-options:", "nosniff"},
        {NULL, NULL, "referrer-policy:", "no-referrer"},
        {NULL, NULL,
         "permissions-policy:", "camera=(self), microphone=(self), display-capture=(self)"},
        {NULL, NULL, "strict-transport-security:", "max-age=31536000"},
    };
    size_t n = https ? HEADERS : HEADERS - 1;
    for (size_t i = 0; i < n; i++) {
        p->headers[i] = all[i];
        p->headers[i].next = i + 1 < n ? &p->headers[i + 1] : NULL;
    }
    policy_again(p, c);
    return p;
}

struct policy *policy_free(struct policy *p) {
    return mem_free(p);
}

const struct lws_protocol_vhost_options *policy_headers(const struct policy *p) {
    return p->headers;
}
