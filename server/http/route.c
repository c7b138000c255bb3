#include "server/http/route.h"

#include <stdio.h>
#include <string.h>

/* A HEAD is a GET whose body is not sent (RFC 9110 section 9.3.2). */
static bool answers(const struct route *t, enum http_method m) {
    return t->method == m || (m == HTTP_HEAD && t->method == HTTP_GET);
}

const struct route *route_find(const struct route_table *t, enum http_method m, const char *path,
                               struct url_args *ret_args, int *ret_status) {
    const struct route *found = NULL;
    struct url_args args;
    for (size_t i = 0; i < t->n; i++) {
        if (!url_match(t->rows[i].pattern, path, &args)) {
            continue;
        }
        if (answers(&t->rows[i], m)) {
            *ret_args = args;
            *ret_status = 0;
            return &t->rows[i];
        }
        if (!found) { /* it is more particular than those behind it */
            *ret_args = args;
            found = &t->rows[i];
        }
    }
    *ret_status = !found ? 404 : m == HTTP_OPTIONS ? 0 : 405;
    return found;
}

void route_methods(const struct route_table *t, const struct route *same, char out[ROUTE_METHODS]) {
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++) {
        if (t->rows[i].method != HTTP_OPTIONS && n < ROUTE_METHODS &&
            strcmp(t->rows[i].pattern, same->pattern) == 0) {
            n += (size_t)snprintf(out + n, ROUTE_METHODS - n, "%s%s, ",
                                  method_name(t->rows[i].method),
                                  t->rows[i].method == HTTP_GET ? ", HEAD" : "");
        }
    }
    if (n < ROUTE_METHODS) {
        snprintf(out + n, ROUTE_METHODS - n, "OPTIONS");
    }
}
