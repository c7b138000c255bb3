#include "base/buffer.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define CAP_FIRST 256 /* [bytes] */

struct buffer buffer_fixed(char *p, size_t cap) {
    CHECK(cap > 0);
    *p = '\0';
    return (struct buffer){.p = p, .cap = cap, .fixed = true};
}

size_t buffer_room(const struct buffer *b) {
    size_t most = b->fixed ? b->cap : BUFFER_MAX;
    return b->bad ? 0 : most - b->n - 1;
}

/* As mem_realloc, which leaves a copy of what it moves where it was. */
static char *grow_secret(struct buffer *b, size_t cap) {
    char *p = mem_alloc(cap);
    if (p && b->p) {
        memcpy(p, b->p, b->n + 1);
        mem_wipe(b->p, b->cap);
        mem_free(b->p);
    }
    return p;
}

/* Memory for more bytes and the NUL, or bad. */
static bool reserve(struct buffer *b, size_t more) {
    b->comma = false;
    if (b->bad || more > buffer_room(b)) {
        b->bad = true;
        return false;
    }
    size_t need = b->n + more + 1, cap = b->cap ? b->cap : CAP_FIRST;
    while (cap < need) {
        cap *= 2;
    }
    if (cap == b->cap) {
        return true;
    }
    char *p = b->secret ? grow_secret(b, cap) : mem_realloc(b->p, cap);
    if (!p) {
        b->bad = true;
        return false;
    }
    b->p = p;
    b->cap = cap;
    return true;
}

void buffer_put(struct buffer *b, const void *p, size_t n) {
    if (reserve(b, n)) {
        if (n) {
            memcpy(b->p + b->n, p, n);
        }
        b->n += n;
        b->p[b->n] = '\0';
    }
}

void buffer_str(struct buffer *b, const char *s) {
    buffer_put(b, s, strlen(s));
}

void buffer_printf(struct buffer *b, const char *fmt, ...) {
    char small[256];
    va_list once, again;
    va_start(once, fmt);
    va_copy(again, once);
    int n = vsnprintf(small, sizeof(small), fmt, once);
    CHECK(n >= 0);
    if ((size_t)n < sizeof(small)) {
        buffer_put(b, small, (size_t)n);
    } else if (reserve(b, (size_t)n)) {
        (void)vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
        b->n += (size_t)n;
    }
    va_end(again);
    va_end(once);
}

void buffer_hex(struct buffer *b, const void *p, size_t n) {
    if (n > BUFFER_MAX / 2) {
        b->bad = true;
    } else if (reserve(b, 2 * n)) {
        hex_encode(b->p + b->n, p, n);
        b->n += 2 * n;
    }
}

void buffer_cut(struct buffer *b, size_t n) {
    if (n < b->n) {
        b->n = n;
        b->p[n] = '\0';
    }
    b->bad = b->comma = false;
}

char *buffer_take(struct buffer *b) {
    CHECK(!b->fixed);
    buffer_put(b, "", 0); /* so that an empty one is a string too */
    char *p = b->bad ? mem_free(b->p) : b->p;
    *b = (struct buffer){0};
    return p;
}

void buffer_free(struct buffer *b) {
    if (b->secret && b->p) {
        mem_wipe(b->p, b->cap);
    }
    if (!b->fixed) {
        mem_free(b->p);
    }
    *b = (struct buffer){0};
}
