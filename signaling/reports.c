/* What media and the recorder report, turned into events for clients. Reports about peers and
 * tours that are gone meanwhile find nobody and are dropped. */
#include "base/json_write.h"
#include "signaling/ledger/ledger.h"
#include "signaling/seats/departures.h"
#include "signaling/seats/seats.h"
#include "signaling/state/state.h"
#include "signaling/tell/effects.h"
#include "signaling/tell/layers.h"
#include "signaling/tell/reception.h"
#include "signaling/tell/roster.h"
#include "signaling/tell/state_json.h"
#include "signaling/tell/tick.h"
#include "signaling/tours/sessions.h"
#include "signaling/tours/sources.h"
#include "signaling/tours/tours.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void signaling_peer_connected(struct signaling *s, us_t now, uint64_t peer) {
    OWNER_CHECK(&s->owner);
    struct session *session = map_get(s->peers, peer);
    if (session && !session->connected) {
        session->connected = true;
        if (session->seat) {
            tell_changed(s, now, session->seat);
        }
    }
}

/* media: it knows of the peer still, and is to forget it. */
static void peer_gone(struct signaling *s, us_t now, uint64_t peer, bool media) {
    struct session *session = map_get(s->peers, peer);
    if (!session) {
        return;
    }
    struct seat *seat = session->seat;
    struct tour *tour = session->tour;
    bool whip = *session->resource != '\0';
    if (seat) {
        seat_spend(seat);
    }
    session_stop(s, session, media);
    if (tour->probe) {
        return;
    }
    if (seat && whip) {
        seat_leave(s, now, seat, "disconnected");
    } else if (seat) {
        tell_changed(s, now, seat);
    } else {
        tour_touch(s, now, tour);
        tell_tour_changed(s, now, tour);
    }
}

void signaling_peer_gone(struct signaling *s, us_t now, uint64_t peer) {
    OWNER_CHECK(&s->owner);
    peer_gone(s, now, peer, false);
}

void signaling_source(struct signaling *s, us_t now, uint64_t peer, enum source_kind kind,
                      bool on) {
    OWNER_CHECK(&s->owner);
    struct session *session = map_get(s->peers, peer);
    if (!session || !session->seat || kind <= SOURCE_NONE || kind >= SOURCE_KIND_COUNT) {
        return;
    }
    sources_report(s, now, session, kind, on);
}

void signaling_excess(struct signaling *s, us_t now, uint64_t peer, enum source_kind kind) {
    OWNER_CHECK(&s->owner);
    struct session *session = map_get(s->peers, peer);
    if (session && session->seat && kind > SOURCE_NONE && kind < SOURCE_KIND_COUNT) {
        sources_excess(s, now, session, kind);
    }
}

static int slot_line(const struct session *session, const char *mid) {
    for (int i = 0; i < session->params.n_lines; i++) {
        if (session->params.lines[i].slot && strcmp(session->params.lines[i].mid, mid) == 0) {
            return i;
        }
    }
    return -1;
}

void signaling_slot(struct signaling *s, us_t now, uint64_t peer, const struct signaling_bound *b) {
    OWNER_CHECK(&s->owner);
    struct session *session = map_get(s->peers, peer);
    int line = session && !session->tour->probe ? slot_line(session, b->mid) : -1;
    if (line >= 0) {
        session->bound[line] = (struct binding){b->participant, (uint8_t)b->kind, b->paused};
        tell_slot(s, now, session, line);
    }
}

void signaling_layers(struct signaling *s, uint64_t peer, enum source_kind kind, uint8_t active) {
    OWNER_CHECK(&s->owner);
    struct session *session = map_get(s->peers, peer);
    if (session && kind > SOURCE_NONE && kind < SOURCE_KIND_COUNT) {
        layers_tell(s, session, kind, active);
    }
}

void signaling_reception(struct signaling *s, us_t now, uint64_t peer, enum reception is) {
    OWNER_CHECK(&s->owner);
    struct session *session = map_get(s->peers, peer);
    if (session && session->seat && is < RECEPTION_COUNT) {
        reception_report(s, now, session, is);
    }
}

void signaling_speaker(struct signaling *s, uint64_t tour, uint64_t participant) {
    OWNER_CHECK(&s->owner);
    struct tour *t = map_get(s->tours, tour);
    if (!t || t->speaker == participant) {
        return;
    }
    struct buffer o = {0};
    t->speaker = participant;
    roster_settle(s, s->clock.now, participant);
    json_open(&o, NULL, '{');
    json_put_string(&o, "type", "speaker");
    json_key(&o, "participant");
    put_id(&o, s, participant);
    json_close(&o, '}');
    send_all(s, t, NULL, &o);
}

/* Nobody else would say that a peer has never been. And one that has not heard what it may, or that
 * it is muted, must not go on: its client makes a new one, which is told all. */
void signaling_lost(struct signaling *s, us_t now, const struct command *c) {
    OWNER_CHECK(&s->owner);
    if (c->peer && c->type != COMMAND_PEER_REMOVE) {
        peer_gone(s, now, c->peer, c->type != COMMAND_PEER_ADD);
    }
}

void signaling_recording(struct signaling *s, uint64_t tour, enum signaling_recording_state state) {
    OWNER_CHECK(&s->owner);
    struct tour *t = map_get(s->tours, tour);
    if (t && t->recording != state) {
        t->recording = state;
        if (state == RECORDING_OFF) {
            t->recording_since = (wall_t){0};
        } else if (state == RECORDING_ON && !t->recording_since.us) {
            t->recording_since = wall_at(s, s->clock.now);
        }
        tell_recording(s, t);
        tell_tour_changed(s, s->clock.now, t);
    }
}

void signaling_recording_started(struct signaling *s, uint64_t tour) {
    OWNER_CHECK(&s->owner);
    struct tour *t = map_get(s->tours, tour);
    if (t) {
        t->recording_since = wall_at(s, s->clock.now);
        tell_tour_changed(s, s->clock.now, t);
        signaling_recording(s, tour, RECORDING_ON);
    }
}

void signaling_recording_begins(struct signaling *s, uint64_t tour) {
    OWNER_CHECK(&s->owner);
    struct tour *t = map_get(s->tours, tour);
    if (t && t->record_on) {
        ledger_again(s, t);
    }
}

bool signaling_peer_who(const struct signaling *s, uint64_t peer, struct signaling_who *ret) {
    OWNER_CHECK(&s->owner);
    const struct session *session = map_get(s->peers, peer);
    const struct tour *t = session ? session->tour : NULL;
    if (!t) {
        return false;
    }
    *ret = (struct signaling_who){0};
    const char *name = t->probe ? CONTAINER_OF(t, const struct probe, tour)->of : t->name;
    snprintf(ret->tour, sizeof(ret->tour), "%s", name);
    if (t->probe) {
        snprintf(ret->participant, sizeof(ret->participant), "probe");
    } else if (session->seat) {
        snprintf(ret->participant, sizeof(ret->participant), "p%" PRIu32, session->seat->number);
    } else {
        snprintf(ret->participant, sizeof(ret->participant), "whep-%.8s", session->resource);
    }
    return true;
}
