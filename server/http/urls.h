/* Paths, ranges, cookies and origins: pure functions over header text. */
#ifndef ORIEL_SERVER_HTTP_URLS_H
#define ORIEL_SERVER_HTTP_URLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define URL_ARGS 4
#define URL_ARG_MAX 128 /* [bytes] longer path segments match nothing */

struct url_args {
    char v[URL_ARGS][URL_ARG_MAX + 1]; /* what the {..} of the pattern stood for, in order */
    unsigned n;
};

/* Match a percent-decoded path against "/whip/{tour}/{id}". {..} is one non-empty segment; a final
 * * is the non-empty rest of the path. *ret is only meaningful when it matches. */
bool url_match(const char *pattern, const char *path, struct url_args *ret);

/* A path segment or an argument that is a decimal number of 1 to 9 digits and nothing else. */
bool url_number(const char *text, uint32_t *ret);

/* The last argument of a query with this name, decoded, or NULL. args: "name=value" each, with a
 * NUL behind it, n bytes in all; NULL allowed. */
const char *url_argument(const char *args, size_t n, const char *name);

/* RFC 9110 section 14.2. */
enum url_range { URL_RANGE_NONE, URL_RANGE_ONE, URL_RANGE_UNSATISFIABLE };
/* Read a Range header (NULL allowed) for a resource of `size` bytes. URL_RANGE_ONE sets [*first,
 * *last], inclusive and inside the resource. Several ranges and other units are ignored, as the
 * RFC allows: URL_RANGE_NONE, the whole resource. */
enum url_range url_range(const char *header, uint64_t size, uint64_t *first, uint64_t *last);

/* The value of a cookie in a Cookie header (NULL allowed); false when it is not there or longer
 * than cap - 1. */
bool url_cookie(const char *header, const char *name, char *out, size_t cap);
/* The token of "Bearer TOKEN" (letter case of the scheme ignored), or NULL. */
const char *url_bearer(const char *header);
/* The origin of a URL, "https://a.example:8443", into out; false when it has none. */
bool url_origin(const char *url, char *out, size_t cap);
/* True when a Host header names the host of a URL, with its port or, where that is the usual one of
 * http or https, without. */
bool url_host_is(const char *url, const char *host);
/* True when a Host header is an IP address or "localhost", with a port or without. */
bool url_host_is_address(const char *host);
/* True when an Origin header names the host of the Host header: the page came from this server. */
bool url_same_host(const char *origin, const char *host);
/* True when an entity tag is in an If-None-Match or If-Range list (NULL allowed), weakly compared
 * (RFC 9110 section 13.1.2); "*" matches all. */
bool url_etag_listed(const char *header, const char *etag);
/* True when an entity tag is in an If-Match list (NULL allowed), strongly compared (RFC 9110
 * section 13.1.1): no weak one matches; "*" matches all. */
bool url_etag_matched(const char *header, const char *etag);
/* True when a comma-separated header (NULL allowed) holds this word exactly. */
bool url_list_has(const char *header, const char *word);

#endif
