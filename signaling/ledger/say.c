#include "signaling/ledger/say.h"

#include "base/utf8.h"
#include "signaling/ledger/ledger.h"

#include <string.h>

#define BURST 10 /* messages that may come at once */

bool may(const struct seat *seat, enum right right) {
    return right == RIGHT_CHAT ? seat->can.chat : seat->can.point;
}

bool say_admit(const struct signaling *s, us_t now, struct seat *seat) {
    return account_admit(&seat->said, now, s->config.chat_per_minute, BURST);
}

bool say_fits(const char *text, size_t n, bool lines) {
    char flat[SAID_TEXT_MAX + 1];
    if (n == 0 || n > SAID_TEXT_MAX) {
        return false;
    }
    memcpy(flat, text, n);
    flat[n] = '\0';
    for (char *p = flat; lines && (p = strchr(p, '\n')) != NULL; p++) {
        *p = ' ';
    }
    return utf8_printable(flat);
}
