#include "signaling/sdp/span.h"

#include <string.h>
#include <strings.h>

bool span_line(struct span *rest, struct span *line) {
    if (rest->n == 0) {
        return false;
    }
    const char *end = memchr(rest->p, '\n', rest->n);
    size_t n = end ? (size_t)(end - rest->p) : rest->n;
    *line = (struct span){rest->p, n};
    n += end ? 1 : 0;
    *rest = (struct span){rest->p + n, rest->n - n};
    if (line->n && line->p[line->n - 1] == '\r') {
        line->n--;
    }
    return true;
}

bool span_word(struct span *rest, char c, struct span *word) {
    if (rest->n == 0) { /* p may be NULL, which C lets nobody add to */
        *word = (struct span){rest->p, 0};
        return false;
    }
    while (rest->n && *rest->p == c) {
        rest->p++;
        rest->n--;
    }
    size_t n = 0;
    while (n < rest->n && rest->p[n] != c) {
        n++;
    }
    *word = (struct span){rest->p, n};
    *rest = (struct span){rest->p + n, rest->n - n};
    return n > 0;
}

bool span_is(struct span a, const char *text) {
    return a.n == strlen(text) && (a.n == 0 || memcmp(a.p, text, a.n) == 0);
}

bool span_is_nocase(struct span a, const char *text) {
    return a.n == strlen(text) && (a.n == 0 || strncasecmp(a.p, text, a.n) == 0);
}

bool span_eq(struct span a, struct span b) {
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool span_number(struct span a, uint32_t max, uint32_t *ret) {
    uint64_t v = 0;
    if (a.n == 0 || a.n > 10) {
        return false;
    }
    for (size_t i = 0; i < a.n; i++) {
        if (a.p[i] < '0' || a.p[i] > '9') {
            return false;
        }
        v = v * 10 + (uint64_t)(a.p[i] - '0');
    }
    if (v > max) {
        return false;
    }
    *ret = (uint32_t)v;
    return true;
}

struct span span_param(struct span fmtp, const char *name) {
    struct span part, key;
    while (span_word(&fmtp, ';', &part)) {
        while (part.n && *part.p == ' ') {
            part.p++;
            part.n--;
        }
        if (span_word(&part, '=', &key) && span_is_nocase(key, name) && part.n) {
            return (struct span){part.p + 1, part.n - 1};
        }
    }
    return (struct span){NULL, 0};
}
