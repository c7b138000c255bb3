#include "base/text.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool text_room(struct text *t, size_t more) {
    if (t->bad || more > TEXT_MAX || t->n + more + 1 > TEXT_MAX) {
        t->bad = true;
        return false;
    }
    size_t need = t->n + more + 1, cap = t->cap ? t->cap : 256;
    while (cap < need) {
        cap *= 2;
    }
    if (cap != t->cap) {
        char *p = mem_realloc(t->p, cap);
        if (!p) {
            t->bad = true;
            return false;
        }
        t->p = p;
        t->cap = cap;
    }
    return true;
}

void text_bytes(struct text *t, const void *p, size_t n) {
    if (text_room(t, n)) {
        if (n) {
            memcpy(t->p + t->n, p, n);
        }
        t->n += n;
        t->p[t->n] = '\0';
    }
}

void text_add(struct text *t, const char *fmt, ...) {
    char small[256];
    va_list a, b;
    va_start(a, fmt);
    va_copy(b, a);
    int n = vsnprintf(small, sizeof(small), fmt, a);
    va_end(a);
    if (n >= 0 && (size_t)n < sizeof(small)) {
        text_bytes(t, small, (size_t)n);
    } else if (n >= 0 && text_room(t, (size_t)n)) {
        vsnprintf(t->p + t->n, (size_t)n + 1, fmt, b);
        t->n += (size_t)n;
    }
    va_end(b);
}

void text_hex(struct text *t, const void *p, size_t n) {
    if (text_room(t, 2 * n)) {
        hex_encode(t->p + t->n, p, n);
        t->n += 2 * n;
    }
}

void text_json(struct text *t, const char *s, size_t max) {
    const char *p = s, *end = p + strnlen(s, max);
    text_bytes(t, "\"", 1);
    while (p < end) {
        size_t n = utf8_char(p, (size_t)(end - p));
        if (n == 0) {
            text_bytes(t, "?", 1);
            n = 1;
        } else if (*p == '"' || *p == '\\') {
            text_add(t, "\\%c", *p);
        } else if (n == 1 && ((uint8_t)*p < 0x20 || *p == 0x7f)) {
            text_add(t, "\\u%04x", (unsigned)*p);
        } else {
            text_bytes(t, p, n);
        }
        p += n;
    }
    text_bytes(t, "\"", 1);
}

void text_cut(struct text *t, size_t n) {
    if (n < t->n) {
        t->n = n;
        t->p[n] = '\0';
    }
}

char *text_take(struct text *t) {
    char *p = NULL;
    if (t->bad) {
        text_free(t);
    } else {
        text_bytes(t, "", 0);
        p = t->bad ? mem_free(t->p) : t->p;
    }
    memset(t, 0, sizeof(*t));
    return p;
}

void text_free(struct text *t) {
    mem_free(t->p);
    memset(t, 0, sizeof(*t));
}
