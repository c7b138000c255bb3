/* Playback tickets: proof that `sub` may read one recording until `expires`. HMAC-SHA-256 under a
 * key of this process, so they end with it. They name who has them, so that they can be taken back
 * (revocations.h), and live some minutes: whoever watches longer shows the token again. */
#ifndef ORIEL_SERVER_AUTH_AUTH_TICKET_H
#define ORIEL_SERVER_AUTH_AUTH_TICKET_H

#include "base/time.h"
#include "signaling/words/claims.h"

#include <stdbool.h>
#include <stdint.h>

#define AUTH_TICKET_KEY 32
#define AUTH_TICKET_MAX 256 /* [bytes] NUL included */
struct auth_ticket {
    char sub[SUB_MAX + 1];
    uint64_t number; /* each has one more than the one before */
    us_t expires;    /* of the monotonic clock: the other one can be set back */
};

/* As a cookie's value. */
void auth_ticket_make(const uint8_t key[AUTH_TICKET_KEY], const char *recording,
                      const struct auth_ticket *t, char out[AUTH_TICKET_MAX]);
/* False when it is not ours, of another recording, or over at now; *ret untouched then. */
bool auth_ticket_read(const uint8_t key[AUTH_TICKET_KEY], const char *recording, us_t now,
                      const char *ticket, struct auth_ticket *ret);

#endif
