#include "server/config/outbound_url.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOST_MAX 253 /* [bytes] of a name (RFC 1035 section 2.3.4) */
#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* A name, an IPv4 address, or one of IPv6 in brackets; how long it is, 0: it is none. */
static size_t host_len(const char *p) {
    char text[INET6_ADDRSTRLEN];
    uint8_t ip[16];
    if (*p != '[') {
        size_t n = strspn(p, LETTERS DIGITS "-.");
        return n > HOST_MAX || *p == '-' || *p == '.' ? 0 : n;
    }
    size_t n = strcspn(p + 1, "]");
    if (n >= sizeof(text) || !p[1 + n]) {
        return 0;
    }
    memcpy(text, p + 1, n);
    text[n] = '\0';
    return inet_pton(AF_INET6, text, ip) == 1 ? n + 2 : 0;
}

/* This machine, in a form that needs no resolver: curl knows localhost by itself. */
static bool is_loopback(const char *host, size_t n) {
    char text[HOST_MAX + 1];
    uint8_t v4[4];
    snprintf(text, sizeof(text), "%.*s", (int)n, host);
    return strcmp(text, "localhost") == 0 || strcmp(text, "[::1]") == 0 ||
           (inet_pton(AF_INET, text, v4) == 1 && v4[0] == 127);
}

/* With its colon; 0: there is none. False: it is no port. */
static bool port_ok(const char *p, size_t *ret_n) {
    size_t n = *p == ':' ? strspn(p + 1, DIGITS) : 0;
    long port = n > 0 && n <= 5 ? strtol(p + 1, NULL, 10) : 0;
    *ret_n = *p == ':' ? n + 1 : 0;
    return *p != ':' || (port > 0 && port <= 65535);
}

bool outbound_url_ok(const char *url) {
    bool tls = strncmp(url, "https://", 8) == 0;
    const char *host = tls ? url + 8 : strncmp(url, "http://", 7) == 0 ? url + 7 : "";
    size_t n = host_len(host), port = 0;
    if (n == 0 || strlen(url) > OUTBOUND_URL_MAX || !port_ok(host + n, &port)) {
        return false;
    }
    const char *rest = host + n + port;
    /* RFC 3986 section 3.3 and 3.4, without what is quoted in some places and not in others. */
    return (tls || is_loopback(host, n)) && (*rest == '/' || *rest == '\0') &&
           rest[strspn(rest, LETTERS DIGITS "-._~!$&()*+,;=:@/?%")] == '\0';
}

bool outbound_nats_ok(const char *url) {
    bool tls = strncmp(url, "tls://", 6) == 0;
    const char *host = tls ? url + 6 : strncmp(url, "nats://", 7) == 0 ? url + 7 : "";
    size_t n = host_len(host), port = 0;
    return n > 0 && port_ok(host + n, &port) && host[n + port] == '\0' &&
           (tls || is_loopback(host, n));
}

bool outbound_broker_ok(const char *text, bool *ret_here) {
    size_t n = host_len(text), port = 0;
    *ret_here = n > 0 && is_loopback(text, n);
    return n > 0 && port_ok(text + n, &port) && port > 0 && text[n + port] == '\0';
}
