#include "signaling/out.h"

#include "base/alloc.h"
#include "base/check.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FIRST_CAP 512
#define FMT_MAX 256

static bool reserve(struct out *o, size_t more) {
    size_t n = o->t ? o->t->n : 0, cap = o->t ? o->t->cap : 0;
    if (o->bad || n + more <= cap) {
        return !o->bad;
    }
    size_t want = cap ? cap * 2 : FIRST_CAP;
    while (want < n + more) {
        want *= 2;
    }
    struct shared_text *t = mem_realloc(o->t, sizeof(*t) + want + 1);
    if (!t) {
        o->bad = true;
        return false;
    }
    t->refs = 1;
    t->n = n;
    t->cap = want;
    o->t = t;
    return true;
}

void out_put(struct out *o, const char *p, size_t n) {
    if (!reserve(o, n)) {
        return;
    }
    if (n) {
        memcpy(o->t->p + o->t->n, p, n);
    }
    o->t->n += n;
    o->t->p[o->t->n] = '\0';
}

void out_str(struct out *o, const char *s) {
    out_put(o, s, strlen(s));
}

void out_fmt(struct out *o, const char *fmt, ...) {
    char line[FMT_MAX];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    CHECK(n >= 0 && (size_t)n < sizeof(line));
    out_put(o, line, (size_t)n);
}

struct shared_text *out_done(struct out *o) {
    struct shared_text *t = o->t;
    if (o->bad) {
        t = mem_free(t);
    }
    *o = (struct out){NULL, false};
    return t;
}

struct shared_text *shared_text_ref(struct shared_text *t) {
    t->refs++;
    return t;
}

struct shared_text *shared_text_unref(struct shared_text *t) {
    if (t && --t->refs == 0) {
        mem_free(t);
    }
    return NULL;
}

/* ---- JSON ---- */

static void comma(struct out *o) {
    if (o->t && o->t->n && !strchr("{[:", o->t->p[o->t->n - 1])) {
        out_put(o, ",", 1);
    }
}

void j_open(struct out *o, char bracket) {
    comma(o);
    out_put(o, &bracket, 1);
}

void j_close(struct out *o, char bracket) {
    out_put(o, &bracket, 1);
}

void j_key(struct out *o, const char *name) {
    comma(o);
    out_put(o, "\"", 1);
    out_str(o, name);
    out_put(o, "\":", 2);
}

void j_int(struct out *o, int64_t v) {
    comma(o);
    out_fmt(o, "%" PRId64, v);
}

void j_bool(struct out *o, bool v) {
    comma(o);
    out_str(o, v ? "true" : "false");
}

void j_null(struct out *o) {
    comma(o);
    out_str(o, "null");
}

static void escape(struct out *o, uint8_t c) {
    switch (c) {
    case '"':
        out_put(o, "\\\"", 2);
        break;
    case '\\':
        out_put(o, "\\\\", 2);
        break;
    case '\n':
        out_put(o, "\\n", 2);
        break;
    case '\r':
        out_put(o, "\\r", 2);
        break;
    default:
        out_fmt(o, "\\u%04x", c);
    }
}

static bool needs_escape(uint8_t c) {
    return c < 0x20 || c == '"' || c == '\\' || c == 0x7f;
}

void j_string_n(struct out *o, const char *s, size_t n) {
    comma(o);
    out_put(o, "\"", 1);
    for (size_t i = 0, run; i < n; i += run) {
        run = utf8_char(s + i, n - i);
        if (run == 0) {
            run = 1;
            out_put(o, "?", 1);
        } else if (needs_escape((uint8_t)s[i])) {
            escape(o, (uint8_t)s[i]);
        } else {
            out_put(o, s + i, run);
        }
    }
    out_put(o, "\"", 1);
}

void j_string(struct out *o, const char *s) {
    if (s) {
        j_string_n(o, s, strlen(s));
    } else {
        j_null(o);
    }
}
