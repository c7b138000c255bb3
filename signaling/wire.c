/* State as JSON: the objects of docs/protocol.md section 1.2 and the events about them. */
#include "signaling/internal.h"

#include <inttypes.h>
#include <stdio.h>

static const char *source_state(const struct seat *x, enum source_kind kind) {
    const struct session *session = x->session;
    bool has_line = false;
    for (int i = 0; session && i < session->params.n_lines; i++) {
        has_line |= session->params.lines[i].source == kind;
    }
    return !has_line                  ? "off"
           : x->muted & 1u << kind    ? "muted"
           : session->on & 1u << kind ? "on"
                                      : "off";
}

static void put_number(struct out *o, uint32_t number) {
    char id[16];
    (void)snprintf(id, sizeof(id), "p%" PRIu32, number);
    j_string(o, id);
}

void put_participant(struct out *o, const struct seat *x) {
    j_open(o, '{');
    j_key(o, "id");
    put_number(o, x->number);
    j_key(o, "name");
    j_string(o, x->name);
    j_key(o, "role");
    j_string(o, role_name(x->role));
    j_key(o, "host");
    j_bool(o, x->role == ROLE_AGENT);
    j_key(o, "link");
    j_string(o, x->lost ? "lost" : "ok");
    j_key(o, "connected");
    j_bool(o, x->session && x->session->connected);
    j_key(o, "sources");
    j_open(o, '{');
    for (int k = SOURCE_MICROPHONE; k < SOURCE_KIND_COUNT; k++) {
        j_key(o, source_kind_name((enum source_kind)k));
        j_string(o, source_state(x, (enum source_kind)k));
    }
    j_close(o, '}');
    j_close(o, '}');
}

void put_tour(struct out *o, const struct tour *t) {
    static const char *const record[] = {"auto", "manual", "off"};
    j_open(o, '{');
    j_key(o, "name");
    j_string(o, t->name);
    j_key(o, "title");
    j_string(o, t->title);
    j_key(o, "state");
    j_string(o, t->id && t->n_seats ? "live" : "waiting");
    j_key(o, "codec");
    j_string(o, codec_name(t->codec));
    j_key(o, "record");
    j_string(o, record[t->record]);
    j_key(o, "recording");
    j_bool(o, t->recording != RECORDING_OFF);
    j_close(o, '}');
}

void put_roster(struct out *o, const struct tour *t) {
    j_open(o, '[');
    LIST_EACH(l, &t->seats) {
        put_participant(o, LIST_ENTRY(l, struct seat, in_tour));
    }
    j_close(o, ']');
}

void put_id(struct out *o, const struct sig *s, uint64_t participant) {
    const struct seat *x = participant ? map_get(s->seats, participant) : NULL;
    if (x) {
        put_number(o, x->number);
    } else {
        j_null(o);
    }
}

static void put_slot_fields(struct out *o, const struct sig *s, const struct session *x, int line) {
    const struct session_line *l = &x->params.lines[line];
    const struct binding *b = &x->bound[line];
    bool bound = b->participant && map_get(s->seats, b->participant);
    j_key(o, "mid");
    j_string(o, l->mid);
    j_key(o, "kind");
    j_string(o, slot_kind_name((enum slot_kind)l->slot));
    j_key(o, "index");
    j_int(o, l->slot_index);
    j_key(o, "participant");
    put_id(o, s, b->participant);
    j_key(o, "source");
    j_string(o, bound ? source_kind_name((enum source_kind)b->source) : NULL);
}

void put_slot(struct out *o, const struct sig *s, const struct session *x, int line) {
    j_open(o, '{');
    j_key(o, "type");
    j_string(o, "slot");
    put_slot_fields(o, s, x, line);
    j_close(o, '}');
}

void put_slots(struct out *o, const struct sig *s, const struct session *x) {
    j_open(o, '[');
    for (int i = 0; x && i < x->params.n_lines; i++) {
        if (x->params.lines[i].slot) {
            j_open(o, '{');
            put_slot_fields(o, s, x, i);
            j_close(o, '}');
        }
    }
    j_close(o, ']');
}

static void tell(struct sig *s, const struct seat *x, const char *type, const struct conn *except) {
    struct out o = {NULL, false};
    j_open(&o, '{');
    j_key(&o, "type");
    j_string(&o, type);
    j_key(&o, "participant");
    put_participant(&o, x);
    j_close(&o, '}');
    send_all(s, x->tour, except, &o);
}

void tell_joined(struct sig *s, const struct seat *x) {
    tell(s, x, "participant_joined", x->conn);
}

void tell_changed(struct sig *s, const struct seat *x) {
    tell(s, x, "participant_changed", NULL);
}

void tell_left(struct sig *s, const struct tour *t, uint32_t number, const char *reason) {
    struct out o = {NULL, false};
    j_open(&o, '{');
    j_key(&o, "type");
    j_string(&o, "participant_left");
    j_key(&o, "id");
    put_number(&o, number);
    j_key(&o, "reason");
    j_string(&o, reason);
    j_close(&o, '}');
    send_all(s, t, NULL, &o);
}
