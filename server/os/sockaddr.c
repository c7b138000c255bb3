#include "server/os/sockaddr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

socklen_t sockaddr_of(const struct addr *a, bool v6, struct sockaddr_storage *ret) {
    if (v6) {
        struct sockaddr_in6 *s = (struct sockaddr_in6 *)ret;
        memset(s, 0, sizeof(*s));
        s->sin6_family = AF_INET6;
        s->sin6_port = htons(a->port);
        s->sin6_scope_id = a->scope;
        memcpy(&s->sin6_addr, a->ip, sizeof(a->ip));
        return sizeof(*s);
    }
    struct sockaddr_in *s = (struct sockaddr_in *)ret;
    memset(s, 0, sizeof(*s));
    s->sin_family = AF_INET;
    s->sin_port = htons(a->port);
    memcpy(&s->sin_addr, a->ip + 12, 4);
    return sizeof(*s);
}

struct addr sockaddr_addr(const struct sockaddr_storage *in) {
    if (in->ss_family == AF_INET6) {
        const struct sockaddr_in6 *s = (const struct sockaddr_in6 *)in;
        struct addr ret = {.port = ntohs(s->sin6_port),
                           .scope = s->sin6_scope_id}; /* 0 but for link-local ones */
        memcpy(ret.ip, &s->sin6_addr, sizeof(ret.ip));
        return ret;
    }
    const struct sockaddr_in *s = (const struct sockaddr_in *)in;
    struct addr ret = addr_v4(0, 0, 0, 0, ntohs(s->sin_port));
    memcpy(ret.ip + 12, &s->sin_addr, 4);
    return ret;
}

bool sockaddr_parse(const char *text, uint16_t port, struct addr *ret) {
    struct addr a = {.port = port};
    uint8_t v4[4];
    if (inet_pton(AF_INET, text, v4) == 1) {
        *ret = addr_v4(v4[0], v4[1], v4[2], v4[3], port);
        return true;
    }
    if (inet_pton(AF_INET6, text, a.ip) != 1) {
        return false;
    }
    *ret = a;
    return true;
}
