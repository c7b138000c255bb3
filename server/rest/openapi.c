#include "server/rest/openapi.h"

#include "base/check.h"
#include "base/json_write.h"
#include "server/rest/openapi_schema.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static void put_if(struct buffer *b, const char *key, const char *text) {
    if (text) {
        json_put_string(b, key, text);
    }
}

/* ---- parameters ---- */

static void put_parameter(struct buffer *b, const char *in, const char *name,
                          const struct schema *s, const char *about) {
    json_open(b, NULL, '{');
    json_put_string(b, "name", name);
    json_put_string(b, "in", in);
    if (strcmp(in, "path") == 0) {
        json_put_bool(b, "required", true);
    }
    put_if(b, "description", about);
    json_key(b, "schema");
    openapi_schema(b, s);
    json_close(b, '}');
}

static const struct schema *segment(const struct openapi_source *s, const char *name) {
    for (const struct openapi_segment *x = s->segments; x->name; x++) {
        if (strcmp(x->name, name) == 0) {
            return x->schema;
        }
    }
    CHECK(!"every {name} of a path has a schema");
    return NULL;
}

static void put_path_parameters(struct buffer *b, const struct openapi_source *s,
                                const char *path) {
    char name[64];
    for (const char *p = strchr(path, '{'); p; p = strchr(p + 1, '{')) {
        size_t n = strcspn(p + 1, "}");
        CHECK(n < sizeof(name));
        memcpy(name, p + 1, n);
        name[n] = '\0';
        put_parameter(b, "path", name, segment(s, name), NULL);
    }
}

static const struct schema header_text = {.kind = SCHEMA_TEXT, .min = 1, .max = 255};

static void put_parameters(struct buffer *b, const struct openapi_source *s,
                           const struct openapi_row *row) {
    const struct operation *o = row->about;
    json_open(b, "parameters", '[');
    put_path_parameters(b, s, row->path);
    for (const struct operation_query *q = o->query; q && q->name; q++) {
        put_parameter(b, "query", q->name, q->schema, q->about);
    }
    if (o->keyed) {
        put_parameter(b, "header", "Idempotency-Key", &header_text,
                      "The same request with the same key is done once, and answered alike.");
    }
    if (o->matched) {
        put_parameter(b, "header", "If-Match", &header_text,
                      "Only if this is still its ETag; else 412.");
    }
    if (o->tagged) {
        put_parameter(b, "header", "If-None-Match", &header_text,
                      "The ETag of an earlier answer; 304, if it would be the same.");
    }
    json_close(b, ']');
}

/* ---- bodies ---- */

static void put_content(struct buffer *b, const char *type, const struct schema *s) {
    json_open(b, "content", '{');
    json_open(b, type, '{');
    if (s) {
        json_key(b, "schema");
        openapi_schema(b, s);
    }
    json_close(b, '}');
    json_close(b, '}');
}

static void put_request(struct buffer *b, const struct schema *body) {
    json_open(b, "requestBody", '{');
    json_put_bool(b, "required", true);
    put_content(b, "application/json", body);
    json_close(b, '}');
}

static void put_answer(struct buffer *b, const struct operation_answer *a) {
    char status[16];
    snprintf(status, sizeof(status), "%d", a->status);
    json_open(b, status, '{');
    json_put_string(b, "description", a->about);
    if (a->body || a->type) {
        put_content(b, a->type ? a->type : "application/json", a->body);
    }
    json_close(b, '}');
}

static void put_refusal(struct buffer *b, const struct openapi_source *s, const char *status,
                        const char *codes) {
    json_open(b, status, '{');
    json_put_string(b, "description", codes);
    put_content(b, "application/problem+json", s->problem);
    json_close(b, '}');
}

/* Those of the operation, one entry for a status whatever it has in common with others. */
static void put_refusals(struct buffer *b, const struct openapi_source *s,
                         const struct operation *o) {
    char status[16];
    for (const struct operation_refusal *x = o->refusals; x && x->status; x++) {
        snprintf(status, sizeof(status), "%d", x->status);
        put_refusal(b, s, status, x->codes);
    }
    if (o->door != OPERATION_OPEN) {
        put_refusal(b, s, "401", "token_missing, or what is wrong with the token");
    }
    put_refusal(b, s, "default", "what docs/api.md lists under Errors");
}

/* ---- operations ---- */

static void put_security(struct buffer *b, const struct operation *o) {
    json_open(b, "security", '[');
    if (o->door != OPERATION_OPEN) {
        json_open(b, NULL, '{');
        json_open(b, "bearer", '[');
        if (o->scope) {
            json_put_string(b, NULL, o->scope);
        }
        json_close(b, ']');
        json_close(b, '}');
    }
    if (o->door == OPERATION_COOKIE) {
        json_open(b, NULL, '{');
        json_open(b, "playback", '[');
        json_close(b, ']');
        json_close(b, '}');
    }
    json_close(b, ']');
}

static void put_operation(struct buffer *b, const struct openapi_source *s,
                          const struct openapi_row *row) {
    const struct operation *o = row->about;
    char method[16] = "";
    for (size_t i = 0; row->method[i] && i + 1 < sizeof(method); i++) {
        method[i] = (char)tolower((unsigned char)row->method[i]);
    }
    json_open(b, method, '{');
    json_put_string(b, "operationId", o->id);
    json_put_string(b, "summary", o->summary);
    json_open(b, "tags", '[');
    json_put_string(b, NULL, o->tag);
    json_close(b, ']');
    put_security(b, o);
    put_parameters(b, s, row);
    if (o->body) {
        put_request(b, o->body);
    }
    json_open(b, "responses", '{');
    for (const struct operation_answer *a = o->answers; a->status; a++) {
        put_answer(b, a);
    }
    if (o->tagged) {
        const struct operation_answer same = {304, "It is as it was.", NULL, NULL};
        put_answer(b, &same);
    }
    put_refusals(b, s, o);
    json_close(b, '}');
    json_close(b, '}');
}

/* Is there no row of this path before row i? */
static bool is_first(const struct openapi_source *s, size_t i, const char *path) {
    for (size_t k = 0; k < i; k++) {
        struct openapi_row row = s->row(s->ctx, k);
        if (row.about && strcmp(row.path, path) == 0) {
            return false;
        }
    }
    return true;
}

static void put_paths(struct buffer *b, const struct openapi_source *s) {
    json_open(b, "paths", '{');
    for (size_t i = 0; i < s->n; i++) {
        struct openapi_row first = s->row(s->ctx, i);
        if (!first.about || !is_first(s, i, first.path)) {
            continue;
        }
        json_open(b, first.path, '{');
        for (size_t k = i; k < s->n; k++) {
            struct openapi_row row = s->row(s->ctx, k);
            if (row.about && strcmp(row.path, first.path) == 0) {
                put_operation(b, s, &row);
            }
        }
        json_close(b, '}');
    }
    json_close(b, '}');
}

static void collect(struct openapi_names *names, const struct openapi_source *s) {
    openapi_collect(names, s->problem);
    for (const struct openapi_segment *x = s->segments; x->name; x++) {
        openapi_collect(names, x->schema);
    }
    for (size_t i = 0; i < s->n; i++) {
        const struct operation *o = s->row(s->ctx, i).about;
        for (const struct operation_query *q = o ? o->query : NULL; q && q->name; q++) {
            openapi_collect(names, q->schema);
        }
        for (const struct operation_answer *a = o ? o->answers : NULL; a && a->status; a++) {
            openapi_collect(names, a->body);
        }
        openapi_collect(names, o ? o->body : NULL);
    }
}

static void put_components(struct buffer *b, const struct openapi_source *s) {
    struct openapi_names names = {0};
    collect(&names, s);
    json_open(b, "components", '{');
    json_open(b, "schemas", '{');
    for (size_t i = 0; i < names.n; i++) {
        json_key(b, names.at[i]->name);
        openapi_schema_whole(b, names.at[i]);
    }
    json_close(b, '}');
    json_open(b, "securitySchemes", '{');
    json_put_raw(b, "bearer",
                 "{\"type\":\"http\",\"scheme\":\"bearer\",\"bearerFormat\":\"JWT\","
                 "\"description\":\"docs/tokens.md; the scope it needs stands at each "
                 "operation\"}");
    json_put_raw(b, "playback", "{\"type\":\"apiKey\",\"in\":\"cookie\",\"name\":\"oriel_play\"}");
    json_close(b, '}');
    json_close(b, '}');
}

void openapi_write(struct buffer *b, const struct openapi_source *s) {
    json_open(b, NULL, '{');
    json_put_string(b, "openapi", "3.1.0");
    json_open(b, "info", '{');
    json_put_string(b, "title", "Oriel");
    json_put_string(b, "summary", "Tours, who is in them, and their recordings.");
    json_put_string(b, "version", s->version);
    json_put_raw(b, "license", "{\"name\":\"Apache-2.0\",\"identifier\":\"Apache-2.0\"}");
    json_close(b, '}');
    json_open(b, "servers", '[');
    json_open(b, NULL, '{');
    json_put_string(b, "url", s->url);
    json_close(b, '}');
    json_close(b, ']');
    put_paths(b, s);
    put_components(b, s);
    json_close(b, '}');
}
