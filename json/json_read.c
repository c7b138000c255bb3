#include "json/json_read.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/check.h"

#include <jansson.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

static bool ready; /* written once, before there are threads */

/* Where memory lacks, jansson may call a text malformed, or read a long string or name without some
 * of its bytes (lex_save of its load.c does not look), and say that all is well. So it is noted. */
static _Thread_local bool starved;

static void *take(size_t n) {
    void *p = mem_alloc(n);
    starved = starved || !p;
    return p;
}

/* What was read may be a secret: nothing of it stays in memory that is given back. */
static void give_back(void *p) {
    if (p) {
        mem_wipe(p, malloc_usable_size(p));
        mem_free(p);
    }
}

void json_init(uint64_t seed) {
    CHECK(!ready);
    json_set_alloc_funcs(take, give_back);
    json_object_seed((size_t)seed | 1); /* 0 would mean: read the operating system's */
    ready = true;
}

static const json_t *jansson_of(const struct json *v) {
    return (const json_t *)v;
}

static const struct json *json_of(const json_t *v) {
    return (const struct json *)v;
}

/* ---- documents ---- */

static enum err check_limits(const char *text, size_t n, const struct json_limits *l, size_t *ret) {
    unsigned depth = 0;
    size_t values = 0;
    bool string = false;
    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        *ret = i;
        if (c == '\\' && string) {
            i++;
        } else if (c == '"') {
            string = !string;
        } else if (!string && (c == '{' || c == '[')) {
            values++;
            depth++;
        } else if (!string && (c == '}' || c == ']')) {
            depth -= depth > 0;
        } else if (!string && c == ',') {
            values++;
        }
        if (depth > l->depth || values > l->values) {
            return depth > l->depth ? ERR_RANGE : ERR_LONG;
        }
    }
    return OK;
}

static enum err complain(struct json_error *why, enum err e, const char *what) {
    snprintf(why->what, sizeof(why->what), "%s", what);
    return e;
}

static enum err parse(const char *text, size_t n, const struct json **ret, struct json_error *why) {
    json_error_t error = {.line = 1};
    starved = false;
    json_t *o = json_loadb(text, n, JSON_REJECT_DUPLICATES, &error);
    if (starved) {
        json_decref(o);
        return complain(why, ERR_NOMEM, "out of memory");
    }
    if (o && !json_is_object(o)) {
        json_decref(o);
        return complain(why, ERR_FORMAT, "must be a JSON object");
    }
    if (o) {
        *ret = json_of(o);
        return OK;
    }
    bool twice = json_error_code(&error) == json_error_duplicate_key;
    size_t at = error.position > 0 && (size_t)error.position < n ? (size_t)error.position : n;
    json_place_of(text, n, twice ? at - 1 : at, &why->at); /* at least one byte was read */
    return complain(why, twice ? ERR_EXISTS : ERR_FORMAT, error.text);
}

enum err json_read(const void *text, size_t n, const struct json_limits *limits,
                   const struct json **ret, struct json_error *why) {
    struct json_error unheard;
    size_t at = 0;
    why = why ? why : &unheard;
    *why = (struct json_error){.at = {.line = 1, .column = 1}};
    CHECK(ready && limits->depth <= JSON_DEPTH_MAX);
    if (n > limits->bytes) {
        return complain(why, ERR_LONG, "too long");
    }
    if (n == 0) {
        return complain(why, ERR_FORMAT, "must be a JSON object");
    }
    enum err e = check_limits(text, n, limits, &at);
    if (e != OK) {
        json_place_of(text, n, at, &why->at);
        return complain(why, e, e == ERR_RANGE ? "nested too deep" : "too many values");
    }
    return parse(text, n, ret, why);
}

void json_free(const struct json *document) {
    json_decref((json_t *)(uintptr_t)document);
}

/* ---- values ---- */

enum json_kind json_kind(const struct json *v) {
    if (!v) {
        return JSON_KIND_ABSENT;
    }
    switch (json_typeof(jansson_of(v))) {
    case JSON_OBJECT:
        return JSON_KIND_OBJECT;
    case JSON_ARRAY:
        return JSON_KIND_LIST;
    case JSON_STRING:
        return JSON_KIND_STRING;
    case JSON_INTEGER:
        return JSON_KIND_INTEGER;
    case JSON_REAL:
        return JSON_KIND_REAL;
    case JSON_TRUE:
    case JSON_FALSE:
        return JSON_KIND_BOOL;
    case JSON_NULL:
        break;
    }
    return JSON_KIND_NULL;
}

const struct json *json_member(const struct json *v, const char *name) {
    return json_of(json_object_get(jansson_of(v), name));
}

const struct json *json_member_set(const struct json *v, const char *name) {
    const struct json *m = json_member(v, name);
    return json_kind(m) == JSON_KIND_NULL ? NULL : m;
}

size_t json_count(const struct json *v) {
    return json_object_size(jansson_of(v)) + json_array_size(jansson_of(v));
}

const struct json *json_item(const struct json *v, size_t i) {
    return json_of(json_array_get(jansson_of(v), i));
}

bool json_next(const struct json *v, struct json_walk *w) {
    json_t *o = (json_t *)(uintptr_t)v; /* iterators are for those who change it, too */
    w->next = w->begun ? json_object_iter_next(o, w->next) : json_object_iter(o);
    w->begun = true;
    w->name = json_object_iter_key(w->next);
    w->value = json_of(json_object_iter_value(w->next));
    return w->next != NULL;
}

const char *json_get_string(const struct json *v, size_t *ret_n) {
    if (ret_n) {
        *ret_n = json_string_length(jansson_of(v));
    }
    return json_string_value(jansson_of(v));
}

bool json_string_is(const struct json *v, const char *s) {
    const char *own = json_get_string(v, NULL);
    return own && strcmp(own, s) == 0;
}

bool json_get_text(const struct json *v, char *out, size_t cap) {
    size_t n;
    const char *s = json_get_string(v, &n);
    bool ok = s && n < cap;
    memcpy(out, ok ? s : "", ok ? n + 1 : 1);
    return ok;
}

bool json_get_text_if_any(const struct json *v, char *out, size_t cap) {
    return json_get_text(v, out, cap) || !v;
}

bool json_get_hex(const struct json *v, uint8_t *out, size_t n) {
    const char *s = json_get_string(v, NULL);
    return s && hex_decode(out, n, s);
}

bool json_get_int(const struct json *v, int64_t min, int64_t max, int64_t *ret) {
    int64_t i = json_integer_value(jansson_of(v));
    bool ok = json_kind(v) == JSON_KIND_INTEGER && i >= min && i <= max;
    if (ok) {
        *ret = i;
    }
    return ok;
}

bool json_get_uint(const struct json *v, uint64_t max, uint64_t *ret) {
    int64_t i = json_integer_value(jansson_of(v));
    bool ok = json_kind(v) == JSON_KIND_INTEGER && i >= 0 && (uint64_t)i <= max;
    if (ok) {
        *ret = (uint64_t)i;
    }
    return ok;
}

bool json_get_number(const struct json *v, double *ret) {
    bool ok = json_kind(v) == JSON_KIND_INTEGER || json_kind(v) == JSON_KIND_REAL;
    if (ok) {
        *ret = json_number_value(jansson_of(v));
    }
    return ok;
}

bool json_get_bool(const struct json *v, bool *ret) {
    bool ok = json_kind(v) == JSON_KIND_BOOL;
    if (ok) {
        *ret = json_says_true(v);
    }
    return ok;
}

bool json_says_true(const struct json *v) {
    return json_is_true(jansson_of(v));
}

/* ---- for people ---- */

struct indenting {
    struct buffer *b;
    unsigned spaces;
};

static int on_text(const char *text, size_t n, void *ctx) {
    const struct indenting *i = ctx;
    for (size_t k = 0; k < n; k++) {
        buffer_put(i->b, text + k, 1);
        if (text[k] == '\n') { /* between values: in strings it is escaped */
            buffer_printf(i->b, "%*s", (int)i->spaces, "");
        }
    }
    return 0;
}

static int on_compact(const char *text, size_t n, void *ctx) {
    buffer_put(ctx, text, n);
    return 0;
}

void json_put_compact(struct buffer *b, const struct json *v) {
    if (json_dump_callback(jansson_of(v), on_compact, b, JSON_COMPACT | JSON_ENCODE_ANY) != 0) {
        b->bad = true;
    }
}

void json_put_indented(struct buffer *b, const struct json *v, unsigned spaces) {
    struct indenting i = {b, spaces};
    if (json_dump_callback(jansson_of(v), on_text, &i, JSON_INDENT(2) | JSON_ENCODE_ANY) != 0) {
        b->bad = true;
    }
}
