#include "server/config/announce.h"

#include "server/os/sockaddr.h"

#include <ctype.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define LABEL_MAX 63 /* [bytes] RFC 1035 section 2.3.4 */
#define NAME_MAX_LEN 253

/* What was found, before it is put in order. */
struct found {
    struct addr at[4 * ANNOUNCE_MAX];
    size_t n;
};

bool announce_is_name(const char *text) {
    size_t n = strlen(text), label = 0;
    bool digits = true; /* of the last label: no name ends in a number (RFC 3696 section 2) */
    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        bool ends = c == '.';
        bool edge = label == 0 || i + 1 == n || text[i + 1] == '.';
        if (ends ? label == 0 : !isalnum((unsigned char)c) && (c != '-' || edge)) {
            return false;
        }
        digits = ends || (digits && isdigit((unsigned char)c));
        label = ends ? 0 : label + 1;
        if (label > LABEL_MAX) {
            return false;
        }
    }
    return n <= NAME_MAX_LEN && label > 0 && !digits;
}

static bool is_wildcard(const struct addr *a) {
    static const uint8_t none[sizeof(a->ip)];
    return memcmp(a->ip, none, sizeof(none)) == 0 ||
           (addr_is_v4(a) && memcmp(a->ip + 12, none, 4) == 0);
}

/* Whether a socket bound there is sent what goes to this address. */
static bool receives(const struct addr *bind, const struct addr *a) {
    bool dual = !addr_is_v4(bind) && is_wildcard(bind);
    return dual || addr_is_v4(bind) == addr_is_v4(a);
}

static void found_add(struct found *f, const struct addr *a) {
    for (size_t i = 0; i < f->n; i++) {
        if (addr_eq(&f->at[i], a)) {
            return;
        }
    }
    if (!addr_is_link_local(a) && f->n < sizeof(f->at) / sizeof(f->at[0])) {
        f->at[f->n++] = *a;
    }
}

static bool addr_of(const struct sockaddr *s, struct addr *ret) {
    if (s->sa_family == AF_INET) {
        uint8_t ip[4];
        memcpy(ip, &((const struct sockaddr_in *)(const void *)s)->sin_addr, sizeof(ip));
        *ret = addr_v4(ip[0], ip[1], ip[2], ip[3], 0);
        return true;
    }
    *ret = (struct addr){.port = 0};
    if (s->sa_family == AF_INET6) {
        memcpy(ret->ip, &((const struct sockaddr_in6 *)(const void *)s)->sin6_addr,
               sizeof(ret->ip));
    }
    return s->sa_family == AF_INET6;
}

size_t announce_resolve(void *ctx, const char *name, struct addr *out, size_t cap) {
    const struct addrinfo want = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM};
    const struct announce_wait *w = ctx;
    struct addrinfo *all = NULL;
    size_t n = 0;
    int e =
        w ? lookups_ask(w->lookups, &(struct lookups_query){name, NULL, &want}, &w->patience, &all)
          : getaddrinfo(name, NULL, &want, &all);
    if (e != 0) {
        return 0;
    }
    for (const struct addrinfo *i = all; i && n < cap; i = i->ai_next) {
        n += addr_of(i->ai_addr, &out[n]);
    }
    freeaddrinfo(all);
    return n;
}

/* An address as it is; a name as the addresses that it has. */
static enum err from_config(struct found *f, const char *text, const struct addr *bind,
                            const struct announce_resolver *r, char why[WHY_MAX]) {
    struct addr of_name[2 * ANNOUNCE_MAX];
    struct addr a;
    if (sockaddr_parse(text, 0, &a)) {
        found_add(f, &a);
        return OK;
    }
    size_t n = r->find(r->ctx, text, of_name, 2 * ANNOUNCE_MAX), fit = 0;
    for (size_t i = 0; i < n; i++) {
        if (receives(bind, &of_name[i]) && !addr_is_link_local(&of_name[i])) {
            found_add(f, &of_name[i]); /* unless another entry has it, too */
            fit++;
        }
    }
    if (n == 0) {
        snprintf(why, WHY_MAX, "media.announce: \"%.120s\" is not known to the resolver", text);
    } else if (fit == 0) {
        snprintf(why, WHY_MAX, "media.announce: \"%.120s\" has no address that media.address gets",
                 text);
    }
    return fit > 0 ? OK : ERR_UNKNOWN;
}

static void from_machine(struct found *f, const struct addr *bind) {
    struct ifaddrs *all = NULL;
    struct addr a;
    if (getifaddrs(&all) != 0) {
        return;
    }
    for (const struct ifaddrs *i = all; i && f->n < ANNOUNCE_MAX; i = i->ifa_next) {
        bool out = (i->ifa_flags & IFF_UP) && !(i->ifa_flags & IFF_LOOPBACK);
        if (out && i->ifa_addr && addr_of(i->ifa_addr, &a) && receives(bind, &a)) {
            found_add(f, &a);
        }
    }
    freeifaddrs(all);
}

/* The next of this family from *at on; NULL at the end. */
static const struct addr *next(const struct found *f, bool v4, size_t *at) {
    while (*at < f->n && addr_is_v4(&f->at[*at]) != v4) {
        (*at)++;
    }
    return *at < f->n ? &f->at[(*at)++] : NULL;
}

static void put_in_order(struct announce *a, const struct found *f) {
    size_t v6_at = 0, v4_at = 0;
    a->n = 0;
    while (a->n < f->n) {
        const struct addr *v6 = next(f, false, &v6_at), *v4 = next(f, true, &v4_at);
        if (v6) {
            a->at[a->n++] = *v6;
        }
        if (v4) {
            a->at[a->n++] = *v4;
        }
    }
}

enum err announce_fill(struct announce *a, const struct config *cfg, const struct addr *bind,
                       const struct announce_resolver *r, char why[WHY_MAX]) {
    struct found f = {.n = 0};
    enum err e = OK;
    for (size_t i = 0; i < cfg->media_announce.n && e == OK; i++) {
        e = from_config(&f, cfg->media_announce.items[i], bind, r, why);
    }
    if (e != OK) {
        return e;
    }
    if (f.n > ANNOUNCE_MAX) {
        snprintf(why, WHY_MAX, "media.announce: more than %d addresses", ANNOUNCE_MAX);
        return ERR_FULL;
    }
    if (f.n == 0 && !is_wildcard(bind)) {
        found_add(&f, bind);
        f.at[0].port = 0;
    }
    if (f.n == 0) {
        from_machine(&f, bind);
    }
    if (f.n == 0) {
        f.at[f.n++] = addr_v4(127, 0, 0, 1, 0); /* a machine without a network serves itself */
    }
    put_in_order(a, &f);
    return OK;
}
