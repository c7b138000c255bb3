#include "server/api/body.h"

#include "base/json_write.h"
#include "server/api/api.h"
#include "server/api/audited.h"
#include "server/api/refuse.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define VALUES_MAX 4096 /* of one body */

void body_refuse(struct request *r, const struct faults *f) {
    struct buffer more = {0};
    json_open(&more, "errors", '[');
    for (size_t i = 0; i < f->n; i++) {
        const struct fault *x = &f->at[i];
        json_open(&more, NULL, '{');
        json_put_string(&more, x->parameter ? "parameter" : "pointer", x->place);
        json_put_string(&more, "code", x->code);
        json_put_string(&more, "message", x->message);
        json_close(&more, '}');
    }
    json_close(&more, ']');
    respond_with(r, &(struct problem){.status = code_status(CODE_BAD_FIELD),
                                      .code = code_name(CODE_BAD_FIELD),
                                      .title = code_message(CODE_BAD_FIELD),
                                      .more = more.bad ? NULL : more.p});
    buffer_free(&more);
}

/* Parameters of the type are no matter. */
static bool is_json(const char *type) {
    static const char *const types[] = {"application/json", "application/merge-patch+json"};
    for (size_t i = 0; type && i < sizeof(types) / sizeof(types[0]); i++) {
        size_t n = strlen(types[i]);
        if (strncasecmp(type, types[i], n) == 0 && (!type[n] || strchr("; \t", type[n]))) {
            return true;
        }
    }
    return false;
}

static void refuse_json(struct request *r, enum err e, const struct json_error *why) {
    char detail[256];
    snprintf(detail, sizeof(detail), "Line %u, column %u: %s", why->at.line, why->at.column,
             why->what);
    enum code code = e == ERR_RANGE ? CODE_TOO_DEEP : CODE_BAD_JSON;
    if (e == ERR_NOMEM) {
        respond_problem(r, 503, NULL, NULL);
        return;
    }
    respond_with(
        r, &(struct problem){code_status(code), code_name(code), code_message(code), detail, NULL});
}

bool body_read(struct request *r, const struct schema *s, bool may_lack, void *into,
               const struct json **ret_document) {
    const struct config *cfg = api_of(r)->config;
    bool lacks = may_lack && r->body.n == 0;
    if (!lacks && !is_json(r->headers[H_CONTENT_TYPE])) {
        refuse_code(r, CODE_CONTENT_TYPE);
        return false;
    }
    const struct json_limits limits = {
        .bytes = r->body.n + 2, .depth = (unsigned)cfg->limits_json_depth, .values = VALUES_MAX};
    struct json_error why = {0};
    const struct json *v = NULL;
    enum err e = lacks ? json_read("{}", 2, &limits, &v, &why)
                       : json_read(r->body.p ? r->body.p : "", r->body.n, &limits, &v, &why);
    if (e != OK) {
        refuse_json(r, e, &why);
        return false;
    }
    struct faults f = {0};
    if (!schema_read(s, v, into, &f)) {
        body_refuse(r, &f);
        json_free(v);
        return false;
    }
    audited_body(r, v);
    *ret_document = v;
    return true;
}

void body_argument(const struct request *r, const struct operation_query *q, void *into,
                   struct faults *f) {
    const char *text = url_argument(r->query.p, r->query.n, q->name);
    if (r->bad_query && f->n == 0) {
        fault_add(f, "", "too_long", "The query is too long.");
    }
    if (text && !r->bad_query) {
        (void)schema_read_text(q->schema, q->name, text, into, f);
    }
}
