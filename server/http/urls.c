#include "server/http/urls.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool take_segment(const char **path, struct url_args *ret, bool rest) {
    size_t n = rest ? strlen(*path) : strcspn(*path, "/");
    if (n == 0 || n > URL_ARG_MAX || ret->n == URL_ARGS) {
        return false;
    }
    memcpy(ret->v[ret->n], *path, n);
    ret->v[ret->n++][n] = '\0';
    *path += n;
    return true;
}

bool url_match(const char *pattern, const char *path, struct url_args *ret) {
    ret->n = 0;
    while (*pattern) {
        if (*pattern == '{') {
            if (!take_segment(&path, ret, false)) {
                return false;
            }
            pattern += strcspn(pattern, "}") + 1;
        } else if (*pattern == '*') {
            return take_segment(&path, ret, true);
        } else if (*pattern++ != *path++) {
            return false;
        }
    }
    return *path == '\0';
}

/* A decimal number of at most 18 digits; false when there is none. */
static bool number(const char **p, uint64_t *ret) {
    size_t n = strspn(*p, "0123456789");
    if (n == 0 || n > 18) {
        return false;
    }
    *ret = 0;
    for (size_t i = 0; i < n; i++) {
        *ret = *ret * 10 + (uint64_t)((*p)[i] - '0');
    }
    *p += n;
    return true;
}

bool url_number(const char *text, uint32_t *ret) {
    uint64_t v;
    if (strlen(text) > 9 || !number(&text, &v) || *text) {
        return false;
    }
    *ret = (uint32_t)v;
    return true;
}

enum url_range url_range(const char *header, uint64_t size, uint64_t *first, uint64_t *last) {
    uint64_t a = 0, b = UINT64_MAX, suffix = 0;
    if (!header || strncasecmp(header, "bytes=", 6) != 0) {
        return URL_RANGE_NONE;
    }
    const char *p = header + 6;
    bool from_end = *p == '-';
    if (from_end ? (p++, !number(&p, &suffix)) : !number(&p, &a) || *p++ != '-') {
        return URL_RANGE_NONE;
    }
    if (!from_end && *p && !number(&p, &b)) {
        return URL_RANGE_NONE;
    }
    if (*p || b < a) {
        return URL_RANGE_NONE;
    }
    if (from_end) {
        a = suffix < size ? size - suffix : 0;
    }
    if (a >= size || (from_end && suffix == 0)) {
        return URL_RANGE_UNSATISFIABLE;
    }
    *first = a;
    *last = b < size ? b : size - 1;
    return URL_RANGE_ONE;
}

bool url_cookie(const char *header, const char *name, char *out, size_t cap) {
    size_t len = strlen(name);
    for (const char *p = header, *end; p && *p; p = end ? end + 1 : NULL) {
        end = strchr(p, ';');
        p += strspn(p, " ");
        if (strncmp(p, name, len) != 0 || p[len] != '=') {
            continue;
        }
        size_t n = strcspn(p + len + 1, "; ");
        if (n >= cap) {
            return false;
        }
        memcpy(out, p + len + 1, n);
        out[n] = '\0';
        return true;
    }
    return false;
}

const char *url_bearer(const char *header) {
    if (!header || strncasecmp(header, "Bearer ", 7) != 0) {
        return NULL;
    }
    const char *token = header + 7 + strspn(header + 7, " ");
    return *token ? token : NULL;
}

bool url_origin(const char *url, char *out, size_t cap) {
    const char *host = strstr(url, "://");
    size_t n = host ? (size_t)(host + 3 - url) + strcspn(host + 3, "/?#") : 0;
    if (n == 0 || n >= cap || host[3] == '\0') {
        return false;
    }
    memcpy(out, url, n);
    out[n] = '\0';
    return true;
}

/* "a.example:443" without the port, if that is the usual one of the scheme. */
static size_t without_usual_port(const char *host, size_t n, bool https) {
    const char *port = https ? ":443" : ":80";
    size_t m = strlen(port);
    return n > m && memcmp(host + n - m, port, m) == 0 ? n - m : n;
}

bool url_host_is(const char *url, const char *host) {
    const char *at = strstr(url, "://");
    if (!at) {
        return false;
    }
    bool https = strncasecmp(url, "https://", 8) == 0;
    size_t n = without_usual_port(at + 3, strcspn(at + 3, "/?#"), https);
    size_t m = without_usual_port(host, strlen(host), https);
    return n == m && n > 0 && strncasecmp(at + 3, host, n) == 0;
}

bool url_host_is_address(const char *host) {
    char text[INET6_ADDRSTRLEN];
    unsigned char ip[16];
    bool v6 = *host == '[';
    size_t n = strcspn(host + v6, v6 ? "]" : ":");
    const char *rest = host + v6 + n;
    if (n == 0 || n >= sizeof(text) || (v6 && *rest++ != ']') ||
        (*rest && (*rest != ':' || rest[1 + strspn(rest + 1, "0123456789")]))) {
        return false;
    }
    memcpy(text, host + v6, n);
    text[n] = '\0';
    return inet_pton(v6 ? AF_INET6 : AF_INET, text, ip) == 1 || strcasecmp(text, "localhost") == 0;
}

bool url_same_host(const char *origin, const char *host) {
    const char *at = strstr(origin, "://");
    return at && *host && strcasecmp(at + 3, host) == 0;
}

bool url_etag_matched(const char *header, const char *etag) {
    if (!header) {
        return false;
    }
    const char *at = strstr(header, etag);
    return strcmp(header, "*") == 0 || (at && (at == header || at[-1] != '/'));
}

bool url_list_has(const char *header, const char *word) {
    size_t n = strlen(word);
    for (const char *p = header, *end; p && *p; p = end ? end + 1 : NULL) {
        end = strchr(p, ',');
        p += strspn(p, " ");
        /* strchr finds the NUL at the end of the list too. */
        if (strncmp(p, word, n) == 0 && strchr(", ", p[n])) {
            return true;
        }
    }
    return false;
}

bool url_etag_listed(const char *header, const char *etag) {
    char weak[136];
    snprintf(weak, sizeof(weak), "W/%.130s", etag);
    return (header && strcmp(header, "*") == 0) || url_list_has(header, etag) ||
           url_list_has(header, weak);
}

const char *url_argument(const char *args, size_t n, const char *name) {
    const char *found = NULL;
    size_t len = strlen(name);
    for (size_t at = 0; at < n; at += strlen(args + at) + 1) {
        if (strncmp(args + at, name, len) == 0 && args[at + len] == '=') {
            found = args + at + len + 1;
        }
    }
    return found;
}
