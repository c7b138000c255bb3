#include "media/engine/offence.h"

#include "media/engine/event.h"

#include <string.h>

void offence_note(struct session *s, us_t now, enum media_offence kind, unsigned n) {
    if (now - s->offence_since >= OFFENCE_WINDOW) {
        s->offence_since = now;
        memset(s->offences, 0, sizeof(s->offences));
        memset(s->over, 0, sizeof(s->over));
    }
    bool told = s->offences[kind] >= OFFENCE_MIN;
    s->offences[kind] += n;
    if (!told && s->offences[kind] >= OFFENCE_MIN) {
        s->offender |= (uint8_t)(1u << kind);
        event_session(s);
    }
}

void offence_rate(struct session *s, us_t now, uint8_t source, bool muted) {
    s->over[source] += !muted;
    offence_note(s, now, OFFENCE_RATE, 1);
}

uint8_t offence_source(const struct session *s) {
    uint8_t most = SOURCE_NONE;
    for (uint8_t k = SOURCE_MICROPHONE; k < SOURCE_KIND_COUNT; k++) {
        most = s->over[k] > s->over[most] ? k : most;
    }
    return most;
}
