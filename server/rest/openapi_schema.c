#include "server/rest/openapi_schema.h"

#include "base/check.h"
#include "base/json_write.h"

#include <string.h>

static const char *const types[] = {
    [SCHEMA_TEXT] = "string",     [SCHEMA_TIME] = "string",   [SCHEMA_WORD] = "string",
    [SCHEMA_INTEGER] = "integer", [SCHEMA_NUMBER] = "number", [SCHEMA_BOOL] = "boolean",
    [SCHEMA_OBJECT] = "object",   [SCHEMA_LIST] = "array",    [SCHEMA_OPEN] = "object",
};

void openapi_collect(struct openapi_names *names, const struct schema *s) {
    if (!s) {
        return;
    }
    for (size_t i = 0; s->name && i < names->n; i++) {
        if (names->at[i] == s) {
            return;
        }
        CHECK(strcmp(names->at[i]->name, s->name) != 0); /* one name, one schema */
    }
    if (s->name) {
        CHECK(names->n < OPENAPI_NAMES_MAX);
        names->at[names->n++] = s;
    }
    openapi_collect(names, s->items);
    for (const struct schema_member *m = s->members; m && m->name; m++) {
        openapi_collect(names, m->schema);
    }
}

static void put(struct buffer *b, const struct schema *s, const char *about, bool whole);

static void put_type(struct buffer *b, const struct schema *s) {
    if (!s->null) {
        json_put_string(b, "type", types[s->kind]);
        return;
    }
    json_open(b, "type", '[');
    json_put_string(b, NULL, types[s->kind]);
    json_put_string(b, NULL, "null");
    json_close(b, ']');
}

/* The words for bounds; a text of n bytes has at most n characters and at least a quarter. */
static void put_bounds(struct buffer *b, const struct schema *s) {
    static const char *const words[][2] = {
        [SCHEMA_TEXT] = {"minLength", "maxLength"},
        [SCHEMA_INTEGER] = {"minimum", "maximum"},
        [SCHEMA_NUMBER] = {"minimum", "maximum"},
        [SCHEMA_LIST] = {"minItems", "maxItems"},
        [SCHEMA_OPEN] = {NULL, NULL},
    };
    if (s->kind >= ARRAY_LEN(words) || !words[s->kind][0]) {
        return;
    }
    bool value = s->kind == SCHEMA_INTEGER || s->kind == SCHEMA_NUMBER;
    if (s->min || (value && s->max)) {
        json_put_int(b, words[s->kind][0], s->kind == SCHEMA_TEXT ? (s->min + 3) / 4 : s->min);
    }
    if (s->max) {
        json_put_int(b, words[s->kind][1], s->max);
    }
}

static void put_words(struct buffer *b, const struct schema *s) {
    if (s->kind != SCHEMA_WORD) {
        return;
    }
    json_open(b, "enum", '[');
    for (size_t i = 0; s->words[i]; i++) {
        json_put_string(b, NULL, s->words[i]);
    }
    if (s->null) {
        json_put_null(b, NULL);
    }
    json_close(b, ']');
}

static void put_members(struct buffer *b, const struct schema *s) {
    bool any = false, read = false;
    json_open(b, "properties", '{');
    for (const struct schema_member *m = s->members; m->name; m++) {
        json_key(b, m->name);
        put(b, m->schema, m->about, false);
        any = any || m->required;
        read = read || m->at;
    }
    json_close(b, '}');
    if (any) {
        json_open(b, "required", '[');
        for (const struct schema_member *m = s->members; m->name; m++) {
            if (m->required) {
                json_put_string(b, NULL, m->name);
            }
        }
        json_close(b, ']');
    }
    if (read) { /* it is one of requests, where what is not known is refused */
        json_put_bool(b, "additionalProperties", false);
    } else if (s->kind == SCHEMA_OPEN) {
        json_put_bool(b, "additionalProperties", true);
    }
}

static void put_inside(struct buffer *b, const struct schema *s, const char *about) {
    put_type(b, s);
    put_words(b, s);
    put_bounds(b, s);
    if (s->kind == SCHEMA_TIME || s->format) {
        json_put_string(b, "format", s->kind == SCHEMA_TIME ? "date-time" : s->format);
    }
    if (s->pattern) {
        json_put_string(b, "pattern", s->pattern);
    }
    about = about ? about : s->about;
    if (about) {
        json_put_string(b, "description", about);
    }
    if (s->example) {
        json_open(b, "examples", '[');
        json_put_raw(b, NULL, s->example);
        json_close(b, ']');
    }
    if (s->kind == SCHEMA_LIST) {
        json_key(b, "items");
        openapi_schema(b, s->items);
    }
    if (s->members) {
        put_members(b, s);
    }
}

/* A reference may have a description beside it: in OpenAPI 3.1 it is JSON Schema like any. */
static void put(struct buffer *b, const struct schema *s, const char *about, bool whole) {
    json_open(b, NULL, '{');
    if (s->name && !whole) {
        char ref[96];
        struct buffer text = buffer_fixed(ref, sizeof(ref));
        buffer_printf(&text, "#/components/schemas/%s", s->name);
        json_put_string(b, "$ref", ref);
        if (about) {
            json_put_string(b, "description", about);
        }
    } else {
        put_inside(b, s, about);
    }
    json_close(b, '}');
}

void openapi_schema(struct buffer *b, const struct schema *s) {
    put(b, s, NULL, false);
}

void openapi_schema_whole(struct buffer *b, const struct schema *s) {
    put(b, s, NULL, true);
}
