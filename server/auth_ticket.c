#include "server/auth.h"

#include "base/bytes.h"
#include "base/check.h"

#include <inttypes.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>

static void ticket_mac(const uint8_t key[AUTH_TICKET_KEY], const char *recording, int64_t expires,
                       char out[2 * 32 + 1]) {
    char text[128];
    uint8_t mac[32];
    int n = snprintf(text, sizeof(text), "oriel-play/1|%.64s|%" PRId64, recording, expires);
    unsigned len = 0;
    CHECK(HMAC(EVP_sha256(), key, AUTH_TICKET_KEY, (const uint8_t *)text, (size_t)n, mac, &len) &&
          len == sizeof(mac));
    hex_encode(out, mac, sizeof(mac));
}

void auth_ticket(const uint8_t key[AUTH_TICKET_KEY], const char *recording, wall_t expires,
                 char out[AUTH_TICKET_MAX]) {
    char mac[65];
    int64_t seconds = expires.us / US_PER_S;
    ticket_mac(key, recording, seconds, mac);
    snprintf(out, AUTH_TICKET_MAX, "%" PRId64 ".%s", seconds, mac);
}

bool auth_ticket_ok(const uint8_t key[AUTH_TICKET_KEY], const char *recording, wall_t wall,
                    const char *ticket) {
    char mac[65], *dot = NULL;
    long long expires = strtoll(ticket, &dot, 10);
    if (dot == ticket || *dot != '.' || strlen(dot + 1) != 64) {
        return false;
    }
    ticket_mac(key, recording, expires, mac);
    return ct_equal(mac, dot + 1, 64) && wall.us / US_PER_S < expires;
}
