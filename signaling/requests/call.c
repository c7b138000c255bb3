#include "signaling/requests/call.h"

#include "signaling/door/token.h"

#include <string.h>

#define MESSAGE_VALUES_MAX 2048
/* Above it JavaScript's integers are not exact (RFC 8259 section 6). */
#define EXACT_MAX ((INT64_C(1) << 53) - 1)

/* ---- the message ---- */

static enum code parse(const struct signaling *s, const char *text, size_t n,
                       const struct json **ret) {
    const struct json_limits limits = {s->config.max_message, s->config.max_depth,
                                       MESSAGE_VALUES_MAX};
    switch (json_read(text, n, &limits, ret, NULL)) {
    case OK:
        return CODE_OK;
    case ERR_LONG:
        return CODE_TOO_LARGE;
    case ERR_RANGE:
        return CODE_TOO_DEEP;
    case ERR_NOMEM:
        return CODE_INTERNAL;
    default:
        return CODE_BAD_JSON;
    }
}

static enum code read_id(struct call *c) {
    const struct json *id = json_member_set(c->msg, "id");
    if (!id) {
        return CODE_OK;
    }
    c->has_id = json_get_int(id, 0, EXACT_MAX, &c->id);
    c->field = c->has_id ? c->field : "id";
    return c->has_id ? CODE_OK : CODE_BAD_FIELD;
}

enum code call_read(struct call *c, const char *text, size_t n, const char **type) {
    enum code code = parse(c->s, text, n, &c->msg);
    code = code == CODE_OK ? read_id(c) : code;
    if (code != CODE_OK) {
        return code;
    }
    *type = call_string(c, "type", NULL);
    if (!*type) {
        c->field = "type";
        return CODE_BAD_FIELD;
    }
    return CODE_OK;
}

void call_free(struct call *c) {
    json_free(c->msg);
    c->msg = NULL;
}

#define PARTICIPANT_MAX 16 /* [bytes] "p4294967295" and some */

static bool are_participants(const struct json *list) {
    for (size_t i = 0; i < json_count(list); i++) {
        size_t n = 0;
        if (!json_get_string(json_item(list, i), &n) || n > PARTICIPANT_MAX) {
            return false;
        }
    }
    return true;
}

static bool field_fits(const struct field *f, const struct json *v) {
    enum json_kind kind = json_kind(v);
    size_t n = 0;
    double number;
    int64_t i;
    switch (f->type) {
    case FIELD_STRING:
        return json_get_string(v, &n) && (!f->max || n <= f->max);
    case FIELD_BOOL:
        return kind == JSON_KIND_BOOL;
    case FIELD_OBJECT:
        return kind == JSON_KIND_OBJECT;
    case FIELD_LIST:
        return kind == JSON_KIND_LIST && json_count(v) <= f->max;
    case FIELD_PARTICIPANTS:
        return kind == JSON_KIND_LIST && json_count(v) <= f->max && are_participants(v);
    case FIELD_INTEGER:
        return json_get_int(v, 0, EXACT_MAX, &i);
    case FIELD_FRACTION:
        return json_get_number(v, &number) && number >= 0 && number <= 1;
    }
    return false;
}

enum code call_check(struct call *c, const struct request *r) {
    for (const struct field *f = r->fields; f < r->fields + FIELDS_MAX && f->name; f++) {
        const struct json *v = json_member_set(c->msg, f->name);
        if (v ? !field_fits(f, v) : f->required) {
            c->field = f->name;
            return CODE_BAD_FIELD;
        }
    }
    return CODE_OK;
}

/* ---- its fields ---- */

const char *call_string(const struct call *c, const char *name, size_t *n) {
    return json_get_string(json_member(c->msg, name), n);
}

bool call_bool(const struct call *c, const char *name) {
    return json_says_true(json_member(c->msg, name));
}

bool call_object_bool(const struct call *c, const char *name, const char *key) {
    return json_says_true(json_member(json_member(c->msg, name), key));
}

const char *call_object_string(const struct call *c, const char *name, const char *key) {
    return json_get_string(json_member(json_member(c->msg, name), key), NULL);
}

bool call_has(const struct call *c, const char *name) {
    return json_member_set(c->msg, name) != NULL;
}

uint64_t call_integer(const struct call *c, const char *name) {
    int64_t i = 0;
    (void)json_get_int(json_member(c->msg, name), 0, EXACT_MAX, &i);
    return (uint64_t)i;
}

double call_number(const struct call *c, const char *name) {
    double number = 0;
    (void)json_get_number(json_member(c->msg, name), &number);
    return number;
}

static bool read_want(const struct json *v, bool slot, struct want *ret) {
    const char *kind = json_get_string(json_member(v, "kind"), NULL);
    memset(ret, 0, sizeof(*ret));
    if (!kind || !json_get_text(json_member(v, "mid"), ret->mid, sizeof(ret->mid)) || !*ret->mid) {
        return false;
    }
    if (slot) {
        ret->slot = (uint8_t)slot_kind_from_name(kind);
    } else {
        ret->source = (uint8_t)source_kind_from_name(kind);
    }
    return ret->slot || ret->source;
}

enum code call_wants(struct call *c, struct wants *ret) {
    static const char *const lists[] = {"sources", "slots"};
    ret->n = 0;
    for (int i = 0; i < 2; i++) {
        const struct json *list = json_member(c->msg, lists[i]);
        for (size_t k = 0; k < json_count(list); k++) {
            c->field = lists[i];
            if (ret->n == WANTS_MAX || !read_want(json_item(list, k), i == 1, &ret->at[ret->n++])) {
                return CODE_BAD_FIELD;
            }
        }
    }
    c->field = NULL;
    return CODE_OK;
}

enum code call_token(struct call *c, struct claims *ret) {
    size_t n;
    const char *token = call_string(c, "token", &n);
    enum code code = verify_token(c->s, token, n, ret);
    if (code == CODE_OK) {
        c->conn->token_by = US_NEVER;
    }
    return code;
}

enum code call_token_tour(struct call *c, struct claims *ret) {
    const char *tour = call_string(c, "tour", NULL);
    enum code code = call_token(c, ret);
    if (code != CODE_OK) {
        return code;
    }
    if (*ret->tour) {
        return tour && strcmp(tour, ret->tour) != 0 ? CODE_TOKEN_TOUR : CODE_OK;
    }
    if (!tour || !tour_name_valid(tour)) {
        c->field = "tour";
        return CODE_BAD_FIELD;
    }
    memcpy(ret->tour, tour, strlen(tour) + 1);
    return CODE_OK;
}

void call_refused(struct call *c, const struct offer *o) {
    c->field = o->field ? o->field : c->field;
    memcpy(c->why, o->why, sizeof(c->why));
}

bool call_change(const struct call *c) {
    return account_admit(&c->conn->seat->decided, c->now, c->s->config.changes_per_minute,
                         CHANGES_BURST);
}
