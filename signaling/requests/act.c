#include "signaling/requests/act.h"

#include "signaling/seats/lobby.h"
#include "signaling/tell/effects.h"

void act_begin(struct act *a, const struct call *c) {
    const char *id = call_string(c, "participant", NULL);
    *a = (struct act){.by = c->conn->seat};
    if (a->by) {
        a->tour = a->by->tour;
        a->whom = id ? seat_by_number(a->tour, id) : NULL;
        a->whom = a->whom || !id ? a->whom : waiting_by_number(a->tour, id);
    }
}

static struct shared_text *says(const struct call *c) {
    struct buffer b = {0};
    signaling_act_says(&b, c->msg);
    if (*c->made) {
        buffer_printf(&b, "%ssub=%s", b.n ? " " : "", c->made);
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
