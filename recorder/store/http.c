#include "recorder/store/http.h"

#include <strings.h>

static size_t line_end(const struct buffer *b, size_t at) {
    const char *end = memchr(b->p + at, '\n', b->n - at);
    return end ? (size_t)(end - b->p) : b->n;
}

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

bool http_header(const struct http_answer *a, const char *name, char *out, size_t cap) {
    const struct buffer *b = &a->headers;
    size_t len = strlen(name);
    out[0] = '\0';
    for (size_t at = 0, end; at < b->n; at = end + 1) {
        end = line_end(b, at);
        if (end - at <= len || b->p[at + len] != ':' || strncasecmp(b->p + at, name, len) != 0) {
            continue;
        }
        size_t from = at + len + 1, to = end;
        while (from < to && is_space(b->p[from])) {
            from++;
        }
        while (to > from && is_space(b->p[to - 1])) {
            to--;
        }
        if (to - from >= cap) {
            return false;
        }
        memcpy(out, b->p + from, to - from);
        out[to - from] = '\0';
        return true;
    }
    return false;
}

void http_answer_clear(struct http_answer *a) {
    a->status = 0;
    buffer_cut(&a->headers, 0);
    buffer_cut(&a->body, 0);
    a->why[0] = '\0';
}

void http_answer_free(struct http_answer *a) {
    buffer_free(&a->headers);
    buffer_free(&a->body);
    a->status = 0;
    a->why[0] = '\0';
}
