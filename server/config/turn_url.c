#include "server/config/turn_url.h"

#include "base/check.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

bool turn_url_needs_credentials(const char *url) {
    return strncmp(url, "turn", 4) == 0;
}

/* RFC 3986 section 3.2.2: a name, an IPv4 address, or one of IPv6 in brackets. Returns how long it
 * is; 0 = it is none. */
static size_t host_len(const char *p) {
    char text[INET6_ADDRSTRLEN];
    uint8_t ip[16];
    if (*p != '[') {
        return strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.");
    }
    size_t n = strcspn(p + 1, "]");
    if (n >= sizeof(text) || !p[1 + n]) {
        return 0;
    }
    memcpy(text, p + 1, n);
    text[n] = '\0';
    return inet_pton(AF_INET6, text, ip) == 1 ? n + 2 : 0;
}

/* With its colon; 0 = there is none, or it is no port. */
static size_t port_len(const char *p) {
    size_t n = *p == ':' ? strspn(p + 1, "0123456789") : 0;
    long port = n > 0 && n <= 5 ? strtol(p + 1, NULL, 10) : 0;
    return port > 0 && port <= 65535 ? n + 1 : 0;
}

/* RFC 7064 and RFC 7065 are strict enough that nothing has to be escaped anywhere. What passes here
 * a browser must take: it makes no connection at all with a URL that it does not like. */
bool turn_url_ok(const char *url) {
    static const char *const schemes[] = {"stun:", "stuns:", "turn:", "turns:"};
    static const char *const queries[] = {"", "?transport=udp", "?transport=tcp"};
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        size_t n = strlen(schemes[i]);
        if (strncmp(url, schemes[i], n) != 0 || strlen(url) > TURN_URL_MAX) {
            continue;
        }
        size_t host = host_len(url + n);
        const char *rest = url + n + host + port_len(url + n + host);
        bool turn = turn_url_needs_credentials(url);
        for (size_t k = 0; host > 0 && k < (turn ? ARRAY_LEN(queries) : 1); k++) {
            if (strcmp(rest, queries[k]) == 0) {
                return true;
            }
        }
    }
    return false;
}
