#include "server/config/web_origin.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOST_MAX 253 /* [bytes] of a name, and of a part of it (RFC 1035 section 2.3.4) */
#define LABEL_MAX 63
#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* A name, by its parts; how many they are, 0: it is none. What ends in a number is no name. */
static unsigned labels(const char *p) {
    unsigned n = 0;
    for (size_t len = 0;; p += len + 1) {
        len = strcspn(p, ".");
        n++;
        if (len == 0 || len > LABEL_MAX || *p == '-' || p[len - 1] == '-' ||
            strspn(p, LETTERS DIGITS "-") < len) {
            return 0;
        }
        if (!p[len]) {
            return strspn(p, DIGITS) < len ? n : 0;
        }
    }
}

static bool is_ipv4(const char *host) {
    uint8_t ip[4];
    return inet_pton(AF_INET, host, ip) == 1;
}

static bool host_ok(const char *host) {
    return strncmp(host, "*.", 2) == 0 ? labels(host + 2) >= 2 : labels(host) > 0 || is_ipv4(host);
}

static bool is_here(const char *host) {
    return strcmp(host, "localhost") == 0 || (is_ipv4(host) && strncmp(host, "127.", 4) == 0);
}

/* Nothing, or a colon and the number of a port. */
static bool port_ok(const char *p) {
    size_t n = *p == ':' ? strspn(p + 1, DIGITS) : 0;
    bool number = n > 0 && n <= 5 && p[1] != '0' && !p[1 + n] && strtol(p + 1, NULL, 10) <= 65535;
    return !*p || number;
}

bool web_origin_ok(const char *text) {
    char host[HOST_MAX + 1];
    bool tls = strncmp(text, "https://", 8) == 0;
    const char *at = tls ? text + 8 : strncmp(text, "http://", 7) == 0 ? text + 7 : "";
    size_t n = strcspn(at, ":");
    if (n == 0 || n >= sizeof(host) || !port_ok(at + n)) {
        return false;
    }
    snprintf(host, sizeof(host), "%.*s", (int)n, at);
    return host_ok(host) && (tls || is_here(host));
}
