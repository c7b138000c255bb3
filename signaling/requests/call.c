#include "signaling/requests/call.h"

#include "base/alloc.h"
#include "signaling/door/token.h"
#include "signaling/requests/json_in.h"

#include <jansson.h>
#include <string.h>

static void free_any(void *p) {
    mem_free(p);
}

void call_init(uint32_t seed) {
    static bool done; /* jansson's own state is global too */
    if (!done) {
        done = true;
        json_set_alloc_funcs(mem_alloc, free_any);
        json_object_seed(seed | 1); /* 0 would mean: read the operating system's */
    }
}

static const json_t *member(const json_t *o, const char *name) {
    const json_t *v = json_object_get(o, name);
    return json_is_null(v) ? NULL : v;
}

/* ---- the message ---- */

static enum sig_code parse(const struct sig *s, const char *text, size_t n, json_t **ret) {
    json_error_t why;
    if (n > s->config.max_message) {
        return SIG_TOO_LARGE;
    }
    enum sig_code code = json_precheck(text, n, s->config.max_depth);
    if (code != SIG_OK) {
        return code;
    }
    *ret = json_loadb(text, n, JSON_REJECT_DUPLICATES, &why);
    if (!*ret) {
        return json_error_code(&why) == json_error_out_of_memory ? SIG_INTERNAL : SIG_BAD_JSON;
    }
    return json_is_object(*ret) ? SIG_OK : SIG_BAD_JSON;
}

static enum sig_code read_id(struct call *c) {
    const json_t *id = member((const json_t *)c->msg, "id");
    if (!id) {
        return SIG_OK;
    }
    /* Above 2^53 - 1 JavaScript's integers are not exact (RFC 8259 section 6). */
    if (!json_is_integer(id) || json_integer_value(id) < 0 ||
        json_integer_value(id) > (INT64_C(1) << 53) - 1) {
        c->field = "id";
        return SIG_BAD_FIELD;
    }
    c->has_id = true;
    c->id = json_integer_value(id);
    return SIG_OK;
}

enum sig_code call_read(struct call *c, const char *text, size_t n, const char **type) {
    json_t *msg = NULL;
    enum sig_code code = parse(c->s, text, n, &msg);
    c->msg = (const struct json_t *)msg;
    code = code == SIG_OK ? read_id(c) : code;
    if (code != SIG_OK) {
        return code;
    }
    *type = call_string(c, "type", NULL);
    if (!*type) {
        c->field = "type";
        return SIG_BAD_FIELD;
    }
    return SIG_OK;
}

void call_free(struct call *c) {
    json_decref((json_t *)c->msg);
    c->msg = NULL;
}

static bool field_fits(const struct field *f, const json_t *v) {
    switch (f->type) {
    case FIELD_STRING:
        return json_is_string(v) && (!f->max || json_string_length(v) <= f->max);
    case FIELD_BOOL:
        return json_is_boolean(v);
    case FIELD_OBJECT:
        return json_is_object(v);
    case FIELD_LIST:
        return json_is_array(v) && json_array_size(v) <= f->max;
    }
    return false;
}

enum sig_code call_check(struct call *c, const struct request *r) {
    for (const struct field *f = r->fields; f < r->fields + FIELDS_MAX && f->name; f++) {
        const json_t *v = member((const json_t *)c->msg, f->name);
        if (v ? !field_fits(f, v) : f->required) {
            c->field = f->name;
            return SIG_BAD_FIELD;
        }
    }
    return SIG_OK;
}

/* ---- its fields ---- */

const char *call_string(const struct call *c, const char *name, size_t *n) {
    const json_t *v = member((const json_t *)c->msg, name);
    if (n) {
        *n = json_string_length(v);
    }
    return json_string_value(v);
}

bool call_bool(const struct call *c, const char *name) {
    return json_is_true(member((const json_t *)c->msg, name));
}

bool call_object_bool(const struct call *c, const char *name, const char *key) {
    return json_is_true(member(member((const json_t *)c->msg, name), key));
}

const char *call_object_string(const struct call *c, const char *name, const char *key) {
    return json_string_value(member(member((const json_t *)c->msg, name), key));
}

static bool read_want(const json_t *v, bool slot, struct want *ret) {
    const char *mid = json_string_value(member(v, "mid"));
    const char *kind = json_string_value(member(v, "kind"));
    if (!mid || !kind || !*mid || strlen(mid) > MID_MAX) {
        return false;
    }
    memset(ret, 0, sizeof(*ret));
    memcpy(ret->mid, mid, strlen(mid));
    if (slot) {
        ret->slot = (uint8_t)slot_kind_from_name(kind);
    } else {
        ret->source = (uint8_t)source_kind_from_name(kind);
    }
    return ret->slot || ret->source;
}

enum sig_code call_wants(struct call *c, struct wants *ret) {
    static const char *const lists[] = {"sources", "slots"};
    ret->n = 0;
    for (int i = 0; i < 2; i++) {
        const json_t *list = member((const json_t *)c->msg, lists[i]);
        for (size_t k = 0; k < json_array_size(list); k++) {
            c->field = lists[i];
            if (ret->n == WANTS_MAX ||
                !read_want(json_array_get(list, k), i == 1, &ret->at[ret->n++])) {
                return SIG_BAD_FIELD;
            }
        }
    }
    c->field = NULL;
    return SIG_OK;
}

enum sig_code call_token(struct call *c, struct claims *ret) {
    size_t n;
    const char *token = call_string(c, "token", &n);
    enum sig_code code = verify_token(c->s, token, n, ret);
    if (code == SIG_OK) {
        c->conn->token_by = US_NEVER;
    }
    return code;
}

void call_refused(struct call *c, const struct offer *o) {
    c->field = o->field ? o->field : c->field;
    memcpy(c->why, o->why, sizeof(c->why));
}
