#include "media/engine/offence.h"

#include "media/engine/event.h"

#include <string.h>

void offence_note(struct session *s, us_t now, enum media_offence kind, unsigned n) {
    if (now - s->offence_since >= OFFENCE_WINDOW) {
        s->offence_since = now;
        memset(s->offences, 0, sizeof(s->offences));
    }
    bool told = s->offences[kind] >= OFFENCE_MIN;
    s->offences[kind] += n;
    if (!told && s->offences[kind] >= OFFENCE_MIN) {
        s->offender |= (uint8_t)(1u << kind);
        event_session(s);
    }
}
