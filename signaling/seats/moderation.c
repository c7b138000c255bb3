#include "signaling/seats/moderation.h"

#include "base/json_write.h"
#include "signaling/seats/admission.h"
#include "signaling/seats/decisions.h"
#include "signaling/seats/departures.h"
#include "signaling/seats/hosts.h"
#include "signaling/seats/lobby.h"
#include "signaling/tell/effects.h"
#include "signaling/tell/roster.h"
#include "signaling/tell/state_json.h"
#include "signaling/tours/rights.h"
#include "signaling/tours/tours.h"
#include "json/json_read.h"

#include <string.h>

static enum code of_memory(enum err e) {
    return e == OK ? CODE_OK : CODE_INTERNAL;
}

/* On whatever device. */
static bool is_oneself(const struct moderator *m, const struct seat *who) {
    return m->by && strcmp(who->sub, m->by->sub) == 0;
}

/* ---- people ---- */

enum code moderate_mute(const struct moderator *m, struct seat *who, enum source_kind kind) {
    struct buffer o = {0};
    if (!rights_mute(m->s, who, kind, true)) {
        return CODE_OK;
    }
    roster_settle(m->s, m->now, m->by ? m->by->id : 0);
    json_open(&o, NULL, '{');
    json_put_string(&o, "type", "muted");
    json_put_string(&o, "source", source_kind_name(kind));
    if (m->by) {
        put_number(&o, "by", m->by->number);
    } else {
        json_put_null(&o, "by");
    }
    json_close(&o, '}');
    send_out(m->s, who->conn, &o);
    tell_changed(m->s, m->now, who);
    return CODE_OK;
}

enum code moderate_mute_all(const struct moderator *m, enum source_kind kind) {
    LIST_EACH(l, &m->t->seats) {
        struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        if (seat->named) {
            (void)moderate_mute(m, seat, kind);
        }
    }
    return CODE_OK;
}

enum code moderate_allow(const struct moderator *m, const struct capabilities_part *can, bool all) {
    return of_memory((all ? rights_grant_all : rights_grant)(m->s, m->now, m->t, can));
}

enum code moderate_host(const struct moderator *m, struct seat *who, bool on) {
    if (who->role == ROLE_OPS || (!on && is_oneself(m, who) && !host_is_other(who))) {
        return CODE_BAD_FIELD;
    }
    /* He is in, and shall not have to wait when he comes again as a guest. */
    if (!on && m->t->lobby_on && lobby_remember(m->s, who) != OK) {
        return CODE_INTERNAL;
    }
    return of_memory(decide_host(m->s, m->now, who, m->by, on));
}

enum code moderate_lead(const struct moderator *m, struct seat *who) {
    enum code code = moderate_host(m, who, true);
    if (code == CODE_OK) {
        host_leads(m->s, m->now, who);
    }
    return code;
}

enum code moderate_spotlight(const struct moderator *m, const struct seat *who) {
    return who && who->role == ROLE_OPS
               ? CODE_BAD_FIELD
               : of_memory(decide_spotlight(m->s, m->now, m->t, m->by, who));
}

enum code moderate_remove(const struct moderator *m, struct seat *who) {
    return is_oneself(m, who) ? CODE_BAD_FIELD : of_memory(seat_remove(m->s, m->now, who));
}

/* ---- who comes in ---- */

enum code moderate_lock(const struct moderator *m, bool on) {
    return of_memory(decide_lock(m->s, m->now, m->t, m->by, on));
}

enum code moderate_lobby(const struct moderator *m, bool on) {
    return lobby_set(m->s, m->now, m->t, on);
}

bool moderate_name_waiting(const struct tour *t, const struct json *list) {
    lobby_name_nobody(t);
    for (size_t i = 0; i < json_count(list); i++) {
        const char *id = json_get_string(json_item(list, i), NULL);
        const struct seat *who = id ? waiting_by_number(t, id) : NULL;
        if (!who) {
            return false;
        }
        lobby_name(who);
    }
    return true;
}

enum code moderate_admit(const struct moderator *m, bool all) {
    return lobby_admit(m->s, m->now, m->t, all);
}

/* ---- the recording ---- */

enum code moderate_record(const struct moderator *m, bool on, bool paused) {
    if (m->t->record == RECORD_OFF) {
        return CODE_FORBIDDEN;
    }
    tour_record(m->s, m->t, on);
    tour_record_pause(m->s, m->t, m->by ? m->by->id : 0, paused);
    return CODE_OK;
}
