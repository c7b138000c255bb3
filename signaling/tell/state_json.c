#include "signaling/tell/state_json.h"

#include "base/json_write.h"
#include "signaling/state/standing.h"
#include "signaling/state/tour_state.h"
#include "signaling/tell/effects.h"

#include <inttypes.h>
#include <stdio.h>

const char *source_state(const struct seat *seat, enum source_kind kind) {
    const struct session *session = seat->session;
    bool has_line = false;
    for (int i = 0; session && i < session->params.n_lines; i++) {
        has_line |= session->params.lines[i].source == kind;
    }
    has_line = has_line && seat->can.send & 1u << kind;
    return !has_line                  ? "off"
           : seat->muted & 1u << kind ? "muted"
           : session->on & 1u << kind ? "on" /* what is refused is not */
                                      : "off";
}

void put_number(struct buffer *o, const char *key, uint32_t number) {
    char id[16];
    (void)snprintf(id, sizeof(id), "p%" PRIu32, number);
    json_put_string(o, key, id);
}

static void put_time(struct buffer *o, const char *key, wall_t at) {
    char text[WALL_TEXT_MAX];
    if (at.us) {
        json_put_string(o, key, wall_text(at, text));
    }
}

void put_participant(struct buffer *o, const struct seat *seat) {
    json_open(o, NULL, '{');
    put_number(o, "id", seat->number);
    json_put_string(o, "name", seat->name);
    json_put_string(o, "role", role_name(seat->role));
    json_put_bool(o, "host", seat->host);
    if (seat->several) {
        json_put_int(o, "device", seat->device);
    }
    json_put_string(o, "link", seat->lost ? "lost" : "ok");
    json_put_bool(o, "connected", seat->session && seat->session->connected);
    json_open(o, "sources", '{');
    for (int k = SOURCE_MICROPHONE; k < SOURCE_KIND_COUNT; k++) {
        json_put_string(o, source_kind_name((enum source_kind)k),
                        source_state(seat, (enum source_kind)k));
    }
    json_close(o, '}');
    struct capabilities usual = seat_default(seat);
    if (!capabilities_equal(&seat->can, &usual)) {
        capabilities_put(o, "can", &seat->can);
    }
    put_time(o, "hand", seat->hand_at);
    json_close(o, '}');
}

static void put_fraction(struct buffer *o, const char *key, uint32_t parts) {
    char text[16];
    (void)snprintf(text, sizeof(text), "%" PRIu32 ".%04" PRIu32, parts / POINTER_PARTS,
                   parts % POINTER_PARTS);
    json_put_raw(o, key, text);
}

void put_place(struct buffer *o, const struct pointer *p) {
    put_fraction(o, "x", p->x);
    put_fraction(o, "y", p->y);
    if (*p->source) {
        json_put_string(o, "source", p->source);
    }
}

/* What anybody may know who has a token for it. */
static void put_outline(struct buffer *o, const struct signaling *s, us_t now,
                        const struct tour *t) {
#define X(sym, name) name,
    static const char *const record[] = {RECORD_MODES(X)};
#undef X
    json_put_string(o, "name", t->name);
    json_put_string(o, "title", t->title);
    json_put_string(o, "state", tour_state_name(tour_state(s, now, t)));
    json_put_string(o, "codec", codec_name(t->codec));
    json_put_string(o, "record", record[t->record]);
    json_put_bool(o, "recording", t->recording != RECORDING_OFF);
    if (t->record_paused) {
        json_put_bool(o, "recording_paused", true);
    }
    if (tour_has_lobby(t)) {
        json_put_bool(o, "lobby", true);
    }
    put_time(o, "starts_at", t->plan.starts_at);
    put_time(o, "ends_at", tour_ends_by(s, t));
}

static void put_property(struct buffer *o, const struct tour *t) {
    if (t->plan.property) {
        json_put_raw(o, "property", t->plan.property);
    }
}

void put_tour_outline(struct buffer *o, const struct signaling *s, us_t now, const struct tour *t) {
    const struct seat *lead = t->lead ? map_get(s->seats, t->lead) : NULL;
    json_open(o, NULL, '{');
    put_outline(o, s, now, t);
    put_property(o, t);
    if (lead) {
        json_put_string(o, "led_by", lead->name);
    }
    json_close(o, '}');
}

/* What those may of whom a participant object says nothing else. */
static void put_defaults(struct buffer *o, const struct tour *t) {
    struct capabilities host = capabilities_default(STANDING_HOST);
    json_open(o, "can", '{');
    capabilities_put(o, "host", &host);
    capabilities_put(o, "guest", &t->guest);
    json_close(o, '}');
}

/* What an entry has told whoever was in, and no tour_changed does. */
static void put_shown(struct buffer *o, const struct signaling *s, const struct ledger *l) {
    if (l->view) {
        json_put_raw(o, "view", l->view);
    }
    if (l->pointer.on) {
        json_open(o, "pointer", '{');
        json_key(o, "from");
        put_id(o, s, l->pointer.by);
        put_place(o, &l->pointer);
        json_close(o, '}');
    }
}

/* That a recording goes on is told with the rest of what anybody may know; how, only inside. */
static void put_recording(struct buffer *o, const struct tour *t) {
    if (t->recording == RECORDING_FAILING) {
        json_put_bool(o, "recording_failing", true);
    }
    put_time(o, "recording_since", t->recording_since);
    if (t->record_paused) {
        put_time(o, "recording_paused_since", t->record_paused_since);
    }
}

static void put_inside(struct buffer *o, const struct signaling *s, const struct tour *t) {
    put_recording(o, t);
    if (*t->missed) {
        json_put_string(o, "missed", t->missed);
    }
    if (t->locked) {
        json_put_bool(o, "locked", true);
    }
    if (t->n_viewers) {
        json_put_int(o, "viewers", t->n_viewers);
    }
    json_key(o, "lead");
    put_id(o, s, t->lead);
    json_key(o, "spotlight");
    put_id(o, s, t->spotlight);
    put_defaults(o, t);
    put_shown(o, s, &t->ledger);
}

void put_tour(struct buffer *o, const struct signaling *s, us_t now, const struct tour *t) {
    json_open(o, NULL, '{');
    put_outline(o, s, now, t);
    put_property(o, t);
    put_inside(o, s, t);
    json_close(o, '}');
}

void put_tour_changed(struct buffer *o, const struct signaling *s, us_t now, const struct tour *t) {
    json_open(o, NULL, '{');
    put_outline(o, s, now, t);
    if (t->property_changed) {
        json_put_raw(o, "property", t->plan.property ? t->plan.property : "null");
    }
    put_inside(o, s, t);
    json_close(o, '}');
}

void put_roster(struct buffer *o, const struct tour *t) {
    json_open(o, NULL, '[');
    LIST_EACH(l, &t->seats) {
        put_participant(o, LIST_ENTRY(l, struct seat, in_tour));
    }
    json_close(o, ']');
}

void put_id(struct buffer *o, const struct signaling *s, uint64_t participant) {
    const struct seat *seat = participant ? map_get(s->seats, participant) : NULL;
    if (seat) {
        put_number(o, NULL, seat->number);
    } else {
        json_put_null(o, NULL);
    }
}

static void put_slot_fields(struct buffer *o, const struct signaling *s,
                            const struct session *session, int line) {
    const struct session_line *l = &session->params.lines[line];
    const struct binding *b = &session->bound[line];
    bool bound = b->participant && map_get(s->seats, b->participant);
    json_put_string(o, "mid", l->mid);
    json_put_string(o, "kind", slot_kind_name((enum slot_kind)l->slot));
    json_put_int(o, "index", l->slot_index);
    json_key(o, "participant");
    put_id(o, s, b->participant);
    json_put_string(o, "source", bound ? source_kind_name((enum source_kind)b->source) : NULL);
    if (bound && b->paused) {
        json_put_bool(o, "paused", true);
    }
}

void put_slot(struct buffer *o, const struct signaling *s, const struct session *session,
              int line) {
    json_open(o, NULL, '{');
    json_put_string(o, "type", "slot");
    put_slot_fields(o, s, session, line);
    json_close(o, '}');
}

void put_slots(struct buffer *o, const struct signaling *s, const struct session *session) {
    json_open(o, NULL, '[');
    for (int i = 0; session && i < session->params.n_lines; i++) {
        if (session->params.lines[i].slot) {
            json_open(o, NULL, '{');
            put_slot_fields(o, s, session, i);
            json_close(o, '}');
        }
    }
    json_close(o, ']');
}

void tell_participant(struct signaling *s, const struct seat *seat, const char *type,
                      const struct conn *except) {
    struct buffer o = {0};
    json_open(&o, NULL, '{');
    json_put_string(&o, "type", type);
    json_key(&o, "participant");
    put_participant(&o, seat);
    json_close(&o, '}');
    send_all(s, seat->tour, except, &o);
}

/* A pause is an intent, so it holds as soon as it is said; that writing fails is told first. */
void tell_recording(struct signaling *s, const struct tour *t) {
    static const char *const names[] = {"off", "on", "failing"};
    bool paused = t->recording == RECORDING_ON && t->record_paused;
    struct buffer o = {0};
    json_open(&o, NULL, '{');
    json_put_string(&o, "type", "recording");
    json_put_string(&o, "state", paused ? "paused" : names[t->recording]);
    json_close(&o, '}');
    send_all(s, t, NULL, &o);
}
