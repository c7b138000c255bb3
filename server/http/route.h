/* A table of what is answered: method, path pattern and the function that does it. Who has the
 * table gives it to the loop (struct http_service). */
#ifndef ORIEL_SERVER_HTTP_ROUTE_H
#define ORIEL_SERVER_HTTP_ROUTE_H

#include "server/http/method.h"
#include "server/http/urls.h"

struct request;

struct route {
    /* HTTP_GET rows answer HEAD too. Every path answers OPTIONS: such a row adds headers to that.
     */
    enum http_method method;
    const char *pattern; /* url_match */
    uint8_t needs;       /* what a request must show: the table's owner knows */
    bool cors;           /* bearer endpoints: any origin, no cookies */
    void (*handle)(struct request *r);
};
struct route_table {
    const struct route *rows;
    size_t n;
};

#define ROUTE_METHODS 96 /* [bytes] of route_methods */

/* The row for this request: *ret_status 0, and what its pattern stood for in *ret_args; OPTIONS is
 * answered wherever there is a row. Else 405 and the first row of the same path, or 404 and NULL.
 */
const struct route *route_find(const struct route_table *t, enum http_method m, const char *path,
                               struct url_args *ret_args, int *ret_status);
/* The methods possible where `same` is, "GET, HEAD, OPTIONS", into out. */
void route_methods(const struct route_table *t, const struct route *same, char out[ROUTE_METHODS]);

#endif
