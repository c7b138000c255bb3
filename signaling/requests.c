#include "signaling/requests.h"

#include "base/alloc.h"
#include "base/check.h"
#include "signaling/json_in.h"

#include <jansson.h>
#include <string.h>

static const struct request *const table[] = {&request_hello,   &request_join,   &request_resume,
                                              &request_restart, &request_leave,  &request_end,
                                              &request_mute,    &request_pin,    &request_record,
                                              &request_consent, &request_remove, &request_ping};

static void free_any(void *p) {
    mem_free(p);
}

void requests_init(uint32_t seed) {
    static bool done; /* jansson's own state is global too */
    if (!done) {
        done = true;
        json_set_alloc_funcs(mem_alloc, free_any);
        json_object_seed(seed | 1); /* 0 would mean: read the operating system's */
    }
}

/* ---- fields ---- */

static const json_t *member(const json_t *o, const char *name) {
    const json_t *v = json_object_get(o, name);
    return json_is_null(v) ? NULL : v;
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

static enum sig_code check_fields(struct call *c, const struct request *r) {
    for (const struct field *f = r->fields; f < r->fields + FIELDS_MAX && f->name; f++) {
        const json_t *v = member((const json_t *)c->msg, f->name);
        if (v ? !field_fits(f, v) : f->required) {
            c->field = f->name;
            return SIG_BAD_FIELD;
        }
    }
    return SIG_OK;
}

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

/* ---- replies ---- */

void reply_open(const struct call *c, struct buffer *o, const char *type) {
    json_open(o, NULL, '{');
    json_put_string(o, "type", type);
    if (c->has_id) {
        json_put_int(o, "re", c->id);
    }
}

void reply_send(const struct call *c, struct buffer *o) {
    json_close(o, '}');
    send_out(c->s, c->conn, o);
}

void reply_ok(const struct call *c) {
    struct buffer o = {0};
    if (c->has_id) {
        reply_open(c, &o, "ok");
        reply_send(c, &o);
    }
}

void reply_state(const struct call *c, struct buffer *o, const struct seat *x) {
    json_key(o, "participant");
    put_participant(o, x);
    json_key(o, "tour");
    put_tour(o, x->tour);
    json_key(o, "slots");
    put_slots(o, c->s, x->session);
    slots_shown(x->session);
    json_key(o, "roster");
    put_roster(o, x->tour);
    roster_shown(x->tour);
    json_key(o, "speaker");
    put_id(o, c->s, x->tour->speaker);
}

void reply_answer(const struct call *c, struct buffer *o, const struct seat *x,
                  const struct offer *offer) {
    const struct negotiation *n = &offer->result;
    struct buffer sdp = {0};
    session_answer(c->s, x->session, offer, &sdp);
    struct shared_text *t = shared_text_of(&sdp);
    o->bad |= !t;
    json_put_string_n(o, "answer", t ? t->p : "", t ? t->n : 0);
    shared_text_unref(t);
    for (int i = 0; i < n->n_lacking; i++) {
        const struct sdp_media *m = &n->offer->media[n->lacking[i]];
        if (i == 0) {
            json_open(o, "warnings", '[');
        }
        json_open(o, NULL, '{');
        json_put_string(o, "code", sig_code_name(SIG_CODEC_UNSUPPORTED));
        json_put_string_n(o, "mid", m->mid.p, m->mid.n);
        json_close(o, '}');
    }
    if (n->n_lacking) {
        json_close(o, ']');
    }
}

void call_refused(struct call *c, const struct offer *o) {
    c->field = o->field ? o->field : c->field;
    memcpy(c->why, o->why, sizeof(c->why));
}

static void reply_error(struct call *c, enum sig_code code) {
    struct buffer o = {0};
    c->s->stats.errors++;
    reply_open(c, &o, "error");
    json_put_string(&o, "code", sig_code_name(code));
    json_put_string(&o, "message", sig_code_message(code));
    if (c->field) {
        json_put_string(&o, "field", c->field);
    }
    if (*c->why) {
        json_put_string(&o, "detail", c->why);
    }
    reply_send(c, &o);
}

/* ---- dispatch ---- */

static const struct request *find_request(const char *type) {
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        if (strcmp(table[i]->type, type) == 0) {
            return table[i];
        }
    }
    return NULL;
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

static enum sig_code run(struct call *c) {
    enum sig_code code = read_id(c);
    const char *type = call_string(c, "type", NULL);
    if (code != SIG_OK) {
        return code;
    }
    if (!type) {
        c->field = "type";
        return SIG_BAD_FIELD;
    }
    const struct request *r = find_request(type);
    if (!r) {
        return SIG_UNKNOWN_TYPE;
    }
    if (r->needs_seat && !c->conn->seat) {
        return SIG_NOT_JOINED;
    }
    code = check_fields(c, r);
    return code == SIG_OK ? r->run(c) : code;
}

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

void request_handle(struct sig *s, us_t now, struct conn *conn, const char *text, size_t n) {
    struct call c = {.s = s, .now = now, .conn = conn};
    json_t *msg = NULL;
    enum sig_code code = parse(s, text, n, &msg);
    if (code == SIG_OK) {
        c.msg = (const struct json_t *)msg;
        code = run(&c);
    }
    if (code != SIG_OK) {
        reply_error(&c, code);
    }
    json_decref(msg);
}
