#include "signaling/ledger/pointing.h"

#include "base/alloc.h"
#include "base/json_write.h"
#include "base/utf8.h"
#include "signaling/ledger/ledger.h"
#include "signaling/state/unkept.h"
#include "signaling/tell/roster.h"
#include "signaling/tell/state_json.h"
#include "signaling/tell/tick.h"

#include <string.h>

void spotlight_fields(struct buffer *o, const struct seat *who) {
    json_open(o, NULL, '{');
    if (who) {
        put_number(o, "participant", who->number);
    } else {
        json_put_null(o, "participant");
    }
    json_close(o, '}');
}

void hand_fields(struct buffer *o, const struct seat *seat, bool up) {
    json_open(o, NULL, '{');
    json_put_bool(o, "up", up);
    put_number(o, "participant", seat->number);
    json_close(o, '}');
}

void view_fields(struct buffer *o, const struct ledger *l) {
    json_open(o, NULL, '{');
    json_put_raw(o, "view", l->view ? l->view : "null");
    json_close(o, '}');
}

void pointer_fields(struct buffer *o, const struct pointer *p) {
    json_open(o, NULL, '{');
    if (p->on) {
        put_place(o, p);
    }
    json_close(o, '}');
}

bool pointer_set(struct pointer *p, double x, double y, const char *source) {
    size_t n = source ? strlen(source) : 0;
    if (n > POINTER_SOURCE_MAX || (n && !utf8_printable(source))) {
        return false;
    }
    *p = (struct pointer){.on = true,
                          .x = (uint32_t)(x * POINTER_PARTS + 0.5),
                          .y = (uint32_t)(y * POINTER_PARTS + 0.5)};
    memcpy(p->source, source ? source : "", n);
    return true;
}

static bool is_others(const struct pointing *me, const struct pointer *p) {
    return me->seat && !(p->on && p->by == me->seat->id);
}

void point(const struct pointing *me, const struct pointer *p) {
    struct ledger *l = &me->t->ledger;
    if (!p->on && (!l->pointer.on || is_others(me, &l->pointer))) {
        return;
    }
    l->pointer = *p;
    l->pointer.by = l->point_by = me->seat ? me->seat->id : 0;
    l->point_due = true;
    unkept(me->s, me->t, UNKEPT_LEDGER);
    tell_at_tick(me->s, me->now, me->t);
}

enum code follow(const struct pointing *me, struct buffer *view) {
    struct ledger *l = &me->t->ledger;
    enum code code = view->bad ? CODE_INTERNAL : view->n > VIEW_MAX ? CODE_BAD_FIELD : CODE_OK;
    if (code == CODE_OK) {
        mem_free(l->view);
        l->view = view->n ? buffer_take(view) : NULL;
        l->view_by = me->seat ? me->seat->id : 0;
        l->view_due = true;
        unkept(me->s, me->t, UNKEPT_VIEW);
        tell_at_tick(me->s, me->now, me->t);
    }
    buffer_free(view);
    return code;
}

void pointing_ends(struct signaling *s, us_t now, const struct seat *seat) {
    const struct pointing me = {s, now, seat->tour, seat};
    point(&me, &(struct pointer){0});
}

/* False: it has to wait for memory. */
static bool tell(struct signaling *s, us_t now, struct tour *t, struct entry_in *in,
                 struct buffer *fields) {
    in->fields = fields->p;
    bool ok = !fields->bad && entry_add(s, now, t, in) == OK;
    buffer_free(fields);
    return ok;
}

/* NULL: nobody in the tour, or one who is gone. */
static const struct seat *who(const struct signaling *s, uint64_t id) {
    return id ? map_get(s->seats, id) : NULL;
}

void pointing_tick(struct signaling *s, us_t now, struct tour *t) {
    struct ledger *l = &t->ledger;
    struct buffer o = {0};
    if (l->point_due) {
        struct entry_in in = {.kind = ENTRY_KIND_POINTER, .from = who(s, l->point_by)};
        pointer_fields(&o, &l->pointer);
        l->point_due = !tell(s, now, t, &in, &o);
    }
    if (l->view_due) {
        struct entry_in in = {.kind = ENTRY_KIND_FOLLOW, .from = who(s, l->view_by)};
        view_fields(&o, l);
        l->view_due = !tell(s, now, t, &in, &o);
    }
    if (l->point_due || l->view_due) {
        tell_at_tick(s, now, t);
    }
}

enum err hand_set(struct signaling *s, us_t now, struct seat *seat, const struct seat *by,
                  bool up) {
    struct entry_in in = {.kind = ENTRY_KIND_HAND, .from = by, .about = seat};
    struct buffer o = {0};
    if (up == (seat->hand_at.us != 0)) {
        return OK;
    }
    hand_fields(&o, seat, up);
    if (!tell(s, now, seat->tour, &in, &o)) {
        return ERR_NOMEM;
    }
    seat->hand_at = (wall_t){up ? us_max(wall_at(s, now).us, 1) : 0}; /* 0: down */
    tell_changed(s, now, seat);
    return OK;
}
