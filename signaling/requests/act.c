#include "signaling/requests/act.h"

#include "signaling/seats/lobby.h"
#include "signaling/tell/effects.h"

#include <string.h>

#define SAYS_MAX 128 /* [bytes] of what else it says */

void act_begin(struct act *a, const struct call *c) {
    const char *id = call_string(c, "participant", NULL);
    *a = (struct act){.by = c->conn->seat};
    if (a->by) {
        a->tour = a->by->tour;
        a->whom = id ? seat_by_number(a->tour, id) : NULL;
        a->whom = a->whom || !id ? a->whom : waiting_by_number(a->tour, id);
    }
}

/* The members of a request are few and short; those of a join are secrets, and not told. */
static bool is_told(const char *name) {
    static const char *const not [] = {"type", "id", "participant", "token", "resume", "offer"};
    for (size_t i = 0; i < sizeof(not ) / sizeof(not [0]); i++) {
        if (strcmp(not [i], name) == 0) {
            return false;
        }
    }
    return true;
}

/* "kind=microphone muted=true" */
static struct shared_text *says(const struct call *c) {
    struct buffer b = {0};
    struct json_walk w = {0};
    while (json_next(c->msg, &w)) {
        const char *text = json_get_string(w.value, NULL);
        if (!is_told(w.name)) {
            continue;
        }
        buffer_str(&b, b.n > 0 ? " " : "");
        buffer_str(&b, w.name);
        buffer_str(&b, "=");
        if (text) {
            buffer_str(&b, text);
        } else {
            json_put_compact(&b, w.value);
        }
    }
    if (!b.bad && b.n > SAYS_MAX) {
        buffer_cut(&b, SAYS_MAX);
    }
    return shared_text_of(&b); /* without memory nothing else is said */
}

/* What a request turns on, or off: "on", "host". */
static bool turns_on(const struct call *c) {
    return call_bool(c, "on") || call_bool(c, "host");
}

void act_tell(const struct act *a, struct call *c, enum code code) {
    const struct seat *by = a->by ? a->by : c->conn->seat;
    if (c->act == ACT_NONE) {
        return;
    }
    struct signaling_effect e = {
        .type = EFFECT_ACT, .act = c->act, .name = signaling_act_word(c->act), .conn = c->conn->id};
    e.on = turns_on(c);
    e.code = code;
    if (by) {
        e.tour_name = a->tour ? a->tour->name : by->tour->name;
        e.sub = by->sub;
        e.person = by->name;
        e.role = role_name(by->role);
    }
    if (a->whom) {
        e.whom = a->whom->sub;
        e.number = a->whom->number;
    }
    struct shared_text *text = a->by ? says(c) : NULL;
    e.text = text ? text->p : NULL;
    e.len = text ? text->n : 0;
    effect_text(c->s, e, text);
}
