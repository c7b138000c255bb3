#include "base/addr.h"

#include "base/bytes.h"
#include "base/map.h"

#include <stdio.h>

bool addr_eq(const struct addr *a, const struct addr *b) {
    return a->port == b->port && a->via == b->via && a->scope == b->scope &&
           memcmp(a->ip, b->ip, 16) == 0;
}

uint64_t addr_hash(const struct addr *a, uint64_t seed) {
    uint8_t flat[24];
    memcpy(flat, a->ip, 16);
    put_be16(flat + 16, a->port);
    put_be16(flat + 18, a->via);
    put_be32(flat + 20, a->scope);
    return hash_bytes(flat, sizeof(flat), seed);
}

struct addr addr_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port) {
    return (struct addr){{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d}, port, 0, 0};
}

/* The longest run of zero groups, at least two, the first of equals (RFC 5952 section 4.2).
 * Returns its first group and its length in *ret_n; 0 when there is none. */
static int longest_zero_run(const uint8_t ip[16], int *ret_n) {
    int best = 0, best_n = 0;
    for (int i = 0, n = 0; i < 8; i++) {
        n = be16(ip + 2 * i) == 0 ? n + 1 : 0;
        if (n > best_n) {
            best_n = n;
            best = i - n + 1;
        }
    }
    *ret_n = best_n >= 2 ? best_n : 0;
    return best;
}

static char *v6_text(const uint8_t ip[16], char *out) {
    int zeros, first = longest_zero_run(ip, &zeros);
    for (int i = 0; i < 8; i++) {
        if (zeros && i == first) {
            out += sprintf(out, "::");
            i += zeros - 1;
            continue;
        }
        bool colon = i > 0 && !(zeros && i == first + zeros);
        out += sprintf(out, "%s%x", colon ? ":" : "", be16(ip + 2 * i));
    }
    return out;
}

char *addr_text(const struct addr *a, char *out) {
    const uint8_t *ip = a->ip;
    if (addr_is_v4(a)) {
        snprintf(out, ADDR_TEXT_MAX, "%u.%u.%u.%u:%u", ip[12], ip[13], ip[14], ip[15], a->port);
        return out;
    }
    char *p = out;
    *p++ = '[';
    p = v6_text(ip, p);
    if (a->scope) {
        p += sprintf(p, "%%%u", a->scope);
    }
    sprintf(p, "]:%u", a->port);
    return out;
}
