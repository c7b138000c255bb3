#include "signaling/seats/decisions.h"

#include "base/json_write.h"
#include "signaling/ledger/ledger.h"
#include "signaling/ledger/pointing.h"
#include "signaling/seats/hosts.h"
#include "signaling/tell/roster.h"
#include "signaling/tell/state_json.h"
#include "signaling/tell/tick.h"

#include <string.h>

/* Frees the fields. */
static enum err note(struct signaling *s, us_t now, struct tour *t, struct entry_in *in,
                     struct buffer *fields) {
    in->fields = fields->p;
    enum err e = fields->bad ? ERR_NOMEM : entry_add(s, now, t, in);
    buffer_free(fields);
    return e;
}

enum err decide_lock(struct signaling *s, us_t now, struct tour *t, const struct seat *by,
                     bool on) {
    struct entry_in in = {.kind = ENTRY_KIND_LOCK, .from = by};
    struct buffer fields = {0};
    if (t->locked == on) {
        return OK;
    }
    json_open(&fields, NULL, '{');
    json_put_bool(&fields, "on", on);
    json_close(&fields, '}');
    if (note(s, now, t, &in, &fields) != OK) {
        return ERR_NOMEM;
    }
    t->locked = on;
    tell_tour_changed(s, now, t);
    return OK;
}

/* Devices of a person differ where his tokens do. */
static bool is_decided(const struct seat *who, bool on) {
    LIST_EACH(l, &who->tour->seats) {
        const struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        if (strcmp(seat->sub, who->sub) == 0 && seat->host != on && seat->role != ROLE_OPS) {
            return false;
        }
    }
    return true;
}

enum err decide_host(struct signaling *s, us_t now, struct seat *who, const struct seat *by,
                     bool on) {
    struct entry_in in = {.kind = ENTRY_KIND_HOST, .from = by};
    struct buffer fields = {0};
    if (is_decided(who, on)) {
        return OK;
    }
    json_open(&fields, NULL, '{');
    put_number(&fields, "participant", who->number);
    json_put_bool(&fields, "host", on);
    json_close(&fields, '}');
    roster_settle(s, now, who->id);
    if (note(s, now, who->tour, &in, &fields) != OK) {
        return ERR_NOMEM;
    }
    LIST_EACH(l, &who->tour->seats) {
        struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        if (strcmp(seat->sub, who->sub) == 0 && seat->role != ROLE_OPS) {
            host_set(s, now, seat, on);
        }
    }
    return OK;
}

enum err decide_spotlight(struct signaling *s, us_t now, struct tour *t, const struct seat *by,
                          const struct seat *who) {
    struct entry_in in = {.kind = ENTRY_KIND_SPOTLIGHT, .from = by};
    struct buffer fields = {0};
    if (t->spotlight == (who ? who->id : 0)) {
        return OK;
    }
    spotlight_fields(&fields, who);
    roster_settle(s, now, who ? who->id : 0);
    if (note(s, now, t, &in, &fields) != OK) {
        return ERR_NOMEM;
    }
    host_spotlights(s, now, t, who);
    return OK;
}
