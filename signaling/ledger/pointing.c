#include "signaling/ledger/pointing.h"

#include "base/alloc.h"
#include "base/json_write.h"
#include "signaling/ledger/ledger.h"
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
    if (p->by) {
        put_place(o, p);
    }
    json_close(o, '}');
}

void point(struct signaling *s, us_t now, const struct seat *seat, const struct pointer *p) {
    struct ledger *l = &seat->tour->ledger;
    if (!p->by && l->pointer.by != seat->id) {
        return;
    }
    l->pointer = *p;
    l->point_by = seat->id;
    tell_at_tick(s, now, seat->tour);
}

void follow(struct signaling *s, us_t now, const struct seat *seat, char *view) {
    struct ledger *l = &seat->tour->ledger;
    mem_free(l->view);
    l->view = view;
    l->view_by = l->follow_by = seat->id;
    tell_at_tick(s, now, seat->tour);
}

void pointing_ends(struct signaling *s, us_t now, const struct seat *seat) {
    point(s, now, seat, &(struct pointer){0});
}

/* False: it has to wait for memory. */
static bool tell(struct signaling *s, us_t now, struct tour *t, struct entry_in *in,
                 struct buffer *fields) {
    in->fields = fields->p;
    bool ok = !fields->bad && entry_add(s, now, t, in) == OK;
    buffer_free(fields);
    return ok;
}

void pointing_tick(struct signaling *s, us_t now, struct tour *t) {
    struct ledger *l = &t->ledger;
    struct buffer o = {0};
    if (l->point_by) {
        struct entry_in in = {.kind = ENTRY_KIND_POINTER, .from = map_get(s->seats, l->point_by)};
        pointer_fields(&o, &l->pointer);
        l->point_by = tell(s, now, t, &in, &o) ? 0 : l->point_by;
    }
    if (l->follow_by) {
        struct entry_in in = {.kind = ENTRY_KIND_FOLLOW, .from = map_get(s->seats, l->follow_by)};
        view_fields(&o, l);
        l->follow_by = tell(s, now, t, &in, &o) ? 0 : l->follow_by;
    }
    if (l->point_by || l->follow_by) {
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
