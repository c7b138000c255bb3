#include "server/auth/auth_ticket.h"

#include "base/bytes.h"
#include "base/check.h"

#include <inttypes.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAC_TEXT 64 /* [bytes] */

/* "EXPIRES.NUMBER.SUB.MAC": [us], count, hex, hex. The MAC is of the text before it, without its
 * dot, and of the recording. */
static void ticket_mac(const uint8_t key[AUTH_TICKET_KEY], const char *recording,
                       const char *ticket, size_t n, char out[MAC_TEXT + 1]) {
    char text[AUTH_TICKET_MAX + 96];
    uint8_t mac[MAC_TEXT / 2];
    int len = snprintf(text, sizeof(text), "oriel-play/3|%.64s|%.*s", recording, (int)n, ticket);
    unsigned mac_len = 0;
    CHECK(len > 0 && len < (int)sizeof(text));
    CHECK(HMAC(EVP_sha256(), key, AUTH_TICKET_KEY, (const uint8_t *)text, (size_t)len, mac,
               &mac_len) &&
          mac_len == sizeof(mac));
    hex_encode(out, mac, sizeof(mac));
}

void auth_ticket_make(const uint8_t key[AUTH_TICKET_KEY], const char *recording,
                      const struct auth_ticket *t, char out[AUTH_TICKET_MAX]) {
    char sub[2 * SUB_MAX + 1];
    hex_encode(sub, t->sub, strlen(t->sub));
    int n =
        snprintf(out, AUTH_TICKET_MAX, "%" PRId64 ".%" PRIu64 ".%s", t->expires, t->number, sub);
    CHECK(n > 0 && n + 1 + MAC_TEXT < AUTH_TICKET_MAX);
    ticket_mac(key, recording, out, (size_t)n, out + n + 1);
    out[n] = '.';
}

/* Digits up to a dot; moves *p behind it. */
static bool read_number(const char **p, int64_t *ret) {
    char *end = NULL;
    *ret = strtoll(*p, &end, 10);
    bool ok = end != *p && *end == '.' && **p != '+' && **p != ' ';
    *p = ok ? end + 1 : *p;
    return ok;
}

static bool read_fields(const char *ticket, struct auth_ticket *ret) {
    int64_t expires, number;
    char hex[2 * SUB_MAX + 1];
    if (!read_number(&ticket, &expires) || !read_number(&ticket, &number) || expires < 0 ||
        number < 0) {
        return false;
    }
    size_t n = strcspn(ticket, ".");
    if (n >= sizeof(hex) || n % 2) {
        return false;
    }
    memcpy(hex, ticket, n);
    hex[n] = '\0';
    memset(ret, 0, sizeof(*ret));
    ret->number = (uint64_t)number;
    ret->expires = expires;
    return hex_decode((uint8_t *)ret->sub, n / 2, hex);
}

bool auth_ticket_read(const uint8_t key[AUTH_TICKET_KEY], const char *recording, us_t now,
                      const char *ticket, struct auth_ticket *ret) {
    char mac[MAC_TEXT + 1];
    struct auth_ticket t;
    const char *dot = strrchr(ticket, '.');
    if (!dot || strlen(dot + 1) != MAC_TEXT || strlen(ticket) >= AUTH_TICKET_MAX) {
        return false;
    }
    ticket_mac(key, recording, ticket, (size_t)(dot - ticket), mac);
    if (!ct_equal(mac, dot + 1, MAC_TEXT) || !read_fields(ticket, &t) || now >= t.expires) {
        return false;
    }
    *ret = t;
    return true;
}
