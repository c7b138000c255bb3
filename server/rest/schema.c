#include "server/rest/schema.h"

#include "base/check.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where it is: a pointer that grows with each level. */
struct place {
    const struct place *above; /* NULL: the body itself, or a parameter */
    const char *name;          /* of a member, or of a parameter */
    size_t item;               /* where name is NULL */
};

struct reading {
    struct faults *faults;
    bool parameter;
};

/* RFC 6901 section 3. What does not fit is left out, from a whole character on. */
static size_t put(char out[FAULT_PLACE], size_t n, const char *text) {
    for (size_t k; *text; text += k) {
        k = utf8_char(text, strlen(text));
        k = k ? k : 1;
        if (n + k + 2 > FAULT_PLACE) {
            break;
        }
        bool special = *text == '~' || *text == '/';
        memcpy(out + n, special ? "~" : text, k);
        n += k;
        if (special) {
            out[n++] = *text == '~' ? '0' : '1';
        }
    }
    out[n] = '\0';
    return n;
}

static size_t put_place(char out[FAULT_PLACE], const struct place *p, bool parameter) {
    char number[24];
    size_t n = p->above ? put_place(out, p->above, parameter) : 0;
    if ((!p->above && !parameter) || n + 3 >= FAULT_PLACE) {
        return n;
    }
    snprintf(number, sizeof(number), "%zu", p->item);
    out[n] = '/';
    return put(out, n + (size_t)!parameter, p->name ? p->name : number);
}

static struct fault *another(struct faults *f) {
    return f->n < FAULTS_MAX ? &f->at[f->n++] : NULL;
}

static bool fault(struct reading *r, const struct place *p, const char *code, const char *message) {
    struct fault *f = another(r->faults);
    if (f) {
        *f = (struct fault){.parameter = r->parameter, .code = code};
        (void)put_place(f->place, p, r->parameter);
        snprintf(f->message, sizeof(f->message), "%s", message);
    }
    return false;
}

void fault_add(struct faults *f, const char *place, const char *code, const char *message) {
    struct fault *x = another(f);
    if (x) {
        *x = (struct fault){.code = code};
        snprintf(x->place, sizeof(x->place), "%s", place);
        snprintf(x->message, sizeof(x->message), "%s", message);
    }
}

/* It is less or more than may be. */
static bool beyond(struct reading *r, const struct schema *s, const struct place *p, bool low) {
    char text[96];
    bool value = s->kind == SCHEMA_INTEGER || s->kind == SCHEMA_NUMBER;
    snprintf(text, sizeof(text), "At %s %" PRId64 "%s.", low ? "least" : "most",
             low ? s->min : s->max,
             value                    ? ""
             : s->kind == SCHEMA_LIST ? " items"
                                      : " bytes");
    return fault(r, p, value ? (low ? "too_small" : "too_large") : (low ? "too_short" : "too_long"),
                 text);
}

/* Whether n, bytes, items or a value, is as the schema says. */
static bool bounds(struct reading *r, const struct schema *s, const struct place *p, int64_t n) {
    return (n >= s->min && (s->max == 0 || n <= s->max)) || beyond(r, s, p, n < s->min);
}

static bool read_number(struct reading *r, const struct schema *s, const struct json *v,
                        const struct place *p, double *into) {
    if (!json_get_number(v, into)) {
        return fault(r, p, "type", "It is no number.");
    }
    bool low = *into < (double)s->min;
    return (!low && (s->max == 0 || *into <= (double)s->max)) || beyond(r, s, p, low);
}

static int word(const struct schema *s, const char *text) {
    for (int i = 0; s->words[i]; i++) {
        if (strcmp(s->words[i], text) == 0) {
            return i;
        }
    }
    return -1;
}

static bool read_string(struct reading *r, const struct schema *s, const struct place *p,
                        const char *text, void *into) {
    if (s->kind == SCHEMA_WORD) {
        *(int *)into = word(s, text);
        return *(int *)into >= 0 || fault(r, p, "enum", "It is none of the possible words.");
    }
    if (s->kind == SCHEMA_TIME) {
        /* wall_parse takes a date alone, too, which is no date-time (RFC 3339 section 5.6). */
        return (strlen(text) > strlen("2026-01-02") && wall_parse(text, into)) ||
               fault(r, p, "format", "It is no RFC 3339 time.");
    }
    *(const char **)into = text;
    if (!bounds(r, s, p, (int64_t)strlen(text))) {
        return false;
    }
    return !s->good || s->good(text) || fault(r, p, "pattern", "It has other characters.");
}

static bool read_object(struct reading *r, const struct schema *s, const struct json *v,
                        const struct place *p, void *into);

static bool read_list(struct reading *r, const struct schema *s, const struct json *v,
                      const struct place *p) {
    bool ok = bounds(r, s, p, (int64_t)json_count(v));
    for (size_t i = 0; i < json_count(v); i++) {
        const struct json *item = json_item(v, i);
        const struct place at = {p, NULL, i};
        const char *text = json_get_string(item, NULL);
        int64_t room[4]; /* any kind fits */
        if (s->items->kind == SCHEMA_OBJECT) {
            ok = (json_kind(item) == JSON_KIND_OBJECT || fault(r, &at, "type", "An object.")) &&
                 read_object(r, s->items, item, &at, NULL) && ok;
        } else {
            ok = (text || fault(r, &at, "type", "It is no string.")) &&
                 read_string(r, s->items, &at, text, room) && ok;
        }
    }
    return ok;
}

static bool open_object(struct reading *r, const struct schema *s, const struct json *v,
                        const struct place *p) {
    struct buffer b = {0};
    json_put_compact(&b, v);
    bool ok = !b.bad && bounds(r, s, p, (int64_t)b.n);
    buffer_free(&b);
    return ok;
}

static bool read_value(struct reading *r, const struct schema *s, const struct json *v,
                       const struct place *p, void *into) {
    int64_t number;
    switch (s->kind) {
    case SCHEMA_TEXT:
    case SCHEMA_TIME:
    case SCHEMA_WORD:
        return json_kind(v) == JSON_KIND_STRING
                   ? read_string(r, s, p, json_get_string(v, NULL), into)
                   : fault(r, p, "type", "It is no string.");
    case SCHEMA_INTEGER:
        if (!json_get_int(v, INT64_MIN, INT64_MAX, &number)) {
            return fault(r, p, "type", "It is no whole number.");
        }
        *(int64_t *)into = number;
        return bounds(r, s, p, number);
    case SCHEMA_NUMBER:
        return read_number(r, s, v, p, into);
    case SCHEMA_BOOL:
        return json_get_bool(v, into) || fault(r, p, "type", "It is neither true nor false.");
    case SCHEMA_OBJECT:
    case SCHEMA_OPEN:
        *(const struct json **)into = v;
        if (json_kind(v) != JSON_KIND_OBJECT) {
            return fault(r, p, "type", "It is no object.");
        }
        return s->kind == SCHEMA_OPEN ? open_object(r, s, v, p) : read_object(r, s, v, p, NULL);
    case SCHEMA_LIST:
        *(const struct json **)into = v;
        return json_kind(v) == JSON_KIND_LIST ? read_list(r, s, v, p)
                                              : fault(r, p, "type", "It is no list.");
    }
    return false;
}

static void read_nothing(const struct schema *s, void *into) {
    if (s->kind == SCHEMA_WORD) {
        *(int *)into = -1;
    } else if (s->kind == SCHEMA_BOOL) {
        *(bool *)into = false;
    } else if (s->kind == SCHEMA_NUMBER) {
        *(double *)into = 0;
    } else if (s->kind == SCHEMA_INTEGER || s->kind == SCHEMA_TIME) {
        memset(into, 0, sizeof(int64_t));
    } else {
        *(const void **)into = NULL;
    }
}

static bool read_member(struct reading *r, const struct schema_member *m, const struct json *v,
                        const struct place *above, void *at) {
    const struct place p = {above, m->name, 0};
    read_nothing(m->schema, at);
    if (!v) {
        return !m->required || fault(r, &p, "required", "It is missing.");
    }
    if (json_kind(v) == JSON_KIND_NULL && m->schema->null) {
        return true;
    }
    return read_value(r, m->schema, v, &p, at);
}

static const struct schema_member *find(const struct schema *s, const char *name) {
    for (const struct schema_member *m = s->members; m->name; m++) {
        if (strcmp(m->name, name) == 0) {
            return m;
        }
    }
    return NULL;
}

static bool read_object(struct reading *r, const struct schema *s, const struct json *v,
                        const struct place *p, void *into) {
    struct schema_given given = {0};
    int64_t nowhere[4];
    bool ok = true;
    for (size_t i = 0; s->members[i].name; i++) {
        const struct json *m = json_member(v, s->members[i].name);
        bool kept = into && s->members[i].at > 0;
        CHECK(i < SCHEMA_MEMBERS_MAX);
        given.given |= (uint32_t)(m != NULL) << i;
        given.null |= (uint32_t)(json_kind(m) == JSON_KIND_NULL) << i;
        ok = read_member(r, &s->members[i], m, p,
                         kept ? (char *)into + s->members[i].at : (char *)nowhere) &&
             ok;
    }
    for (struct json_walk w = {0}; json_next(v, &w);) {
        const struct place at = {p, w.name, 0};
        ok = (find(s, w.name) || fault(r, &at, "unknown", "Nothing of this name is known.")) && ok;
    }
    if (into) {
        *(struct schema_given *)into = given;
    }
    return ok;
}

bool schema_read(const struct schema *s, const struct json *v, void *into, struct faults *f) {
    struct reading r = {f, false};
    const struct place top = {0};
    if (json_kind(v) != JSON_KIND_OBJECT) {
        return fault(&r, &top, "type", "It is no object.");
    }
    return read_object(&r, s, v, &top, into);
}

static bool read_integer(struct reading *r, const struct schema *s, const struct place *p,
                         const char *text, int64_t *into) {
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 15 || text[digits]) {
        return fault(r, p, "type", "It is no whole number.");
    }
    *into = strtoll(text, NULL, 10);
    return bounds(r, s, p, *into);
}

bool schema_read_text(const struct schema *s, const char *name, const char *text, void *into,
                      struct faults *f) {
    struct reading r = {f, true};
    const struct place p = {NULL, name, 0};
    if (s->kind == SCHEMA_INTEGER) {
        return read_integer(&r, s, &p, text, into);
    }
    if (s->kind == SCHEMA_BOOL) {
        *(bool *)into = strcmp(text, "true") == 0;
        return *(bool *)into || strcmp(text, "false") == 0 ||
               fault(&r, &p, "type", "It is neither true nor false.");
    }
    return read_string(&r, s, &p, text, into);
}
