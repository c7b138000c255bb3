/* The methods of HTTP that requests come with. */
#ifndef ORIEL_SERVER_HTTP_METHOD_H
#define ORIEL_SERVER_HTTP_METHOD_H

#include <stdbool.h>

struct lws;

enum http_method {
    HTTP_GET,
    HTTP_HEAD,
    HTTP_POST,
    HTTP_PATCH,
    HTTP_DELETE,
    HTTP_OPTIONS,
    HTTP_OTHER,
    HTTP_METHOD_COUNT
};

/* "GET" ...; never NULL. */
const char *method_name(enum http_method m);
/* That of the request being read. */
enum http_method method_of(struct lws *wsi);
/* Does libwebsockets expect a body with it, whatever the headers say? */
bool method_awaits_body(enum http_method m);

#endif
