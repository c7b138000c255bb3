#include "signaling/seats/decisions.h"

#include "base/json_write.h"
#include "signaling/ledger/ledger.h"
#include "signaling/seats/hosts.h"
#include "signaling/tell/state_json.h"
#include "signaling/tell/tick.h"

/* Closes and frees the fields. */
static enum err note(struct signaling *s, us_t now, struct tour *t, struct entry_in *in,
                     struct buffer *fields) {
    json_close(fields, '}');
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
    if (note(s, now, t, &in, &fields) != OK) {
        return ERR_NOMEM;
    }
    t->locked = on;
    tell_tour_changed(s, now, t);
    return OK;
}

enum err decide_host(struct signaling *s, us_t now, struct seat *who, const struct seat *by,
                     bool on) {
    struct entry_in in = {.kind = ENTRY_KIND_HOST, .from = by};
    struct buffer fields = {0};
    if (who->host == on) {
        return OK;
    }
    json_open(&fields, NULL, '{');
    put_number(&fields, "participant", who->number);
    json_put_bool(&fields, "host", on);
    if (note(s, now, who->tour, &in, &fields) != OK) {
        return ERR_NOMEM;
    }
    host_set(s, now, who, on);
    return OK;
}

enum err decide_spotlight(struct signaling *s, us_t now, const struct seat *by,
                          const struct seat *who) {
    struct entry_in in = {.kind = ENTRY_KIND_SPOTLIGHT, .from = by};
    struct buffer fields = {0};
    if (by->tour->spotlight == (who ? who->id : 0)) {
        return OK;
    }
    json_open(&fields, NULL, '{');
    if (who) {
        put_number(&fields, "participant", who->number);
    } else {
        json_put_null(&fields, "participant");
    }
    if (note(s, now, by->tour, &in, &fields) != OK) {
        return ERR_NOMEM;
    }
    host_spotlights(s, now, by->tour, who);
    return OK;
}
