#include "signaling/ledger/ledger.h"

#include "base/alloc.h"
#include "base/json_write.h"
#include "signaling/ledger/history.h"
#include "signaling/ledger/pointing.h"
#include "signaling/state/unkept.h"
#include "signaling/tell/effects.h"
#include "signaling/tell/roster.h"
#include "signaling/tell/state_json.h"

#include <string.h>

void ledger_init(struct ledger *l) {
    memset(l, 0, sizeof(*l));
    list_init(&l->history);
}

void ledger_forget(struct ledger *l) {
    while (!list_empty(&l->history)) {
        history_remove(l, LIST_ENTRY(l->history.next, struct kept, in_history));
    }
    mem_free(l->view);
    ledger_init(l);
}

/* ---- one entry ---- */

/* The members of an object of ours, at the end of another one that has some. */
static void put_members(struct buffer *o, const char *fields) {
    size_t n = fields ? strlen(fields) : 0;
    if (n > 2) {
        buffer_put(o, ",", 1);
        buffer_put(o, fields + 1, n - 2); /* without its brackets */
        o->comma = true;
    }
}

static struct shared_text *event_of(const struct signaling *s, us_t now, const struct tour *t,
                                    const struct entry_in *in) {
    char at[WALL_TEXT_MAX];
    struct buffer o = {0};
    json_open(&o, NULL, '{');
    json_put_string(&o, "type", "entry");
    json_put_uint(&o, "seq", t->ledger.seq + 1);
    json_put_string(&o, "at", wall_text(wall_at(s, now), at));
    json_put_string(&o, "kind", entry_kind_name(in->kind));
    if (in->from) {
        put_number(&o, "from", in->from->number);
        json_put_string(&o, "name", in->from->name);
    } else {
        json_put_null(&o, "from");
    }
    if (in->text && entry_kind_text(in->kind)) {
        json_put_string(&o, entry_kind_text(in->kind), in->text);
    }
    if (in->hosts_only) {
        json_put_string(&o, "to", "hosts");
    }
    put_members(&o, in->fields);
    json_close(&o, '}');
    return shared_text_of(&o);
}

/* For the rim: what else it has, as JSON, and behind its NUL the text. */
static struct shared_text *said_of(const struct entry_in *in) {
    struct buffer o = {0};
    json_open(&o, NULL, '{');
    if (in->hosts_only) {
        json_put_string(&o, "to", "hosts");
        put_members(&o, in->fields);
    } else if (in->fields && strlen(in->fields) > 2) {
        buffer_put(&o, in->fields + 1, strlen(in->fields) - 2);
    }
    json_close(&o, '}');
    buffer_put(&o, "", 1);
    buffer_str(&o, in->text ? in->text : "");
    return shared_text_of(&o);
}

struct told_rim {
    enum entry_kind kind;
    uint64_t by; /* participant, who may be gone */
    bool again;
};

/* What is taken back during a pause stands in the recording, and must not stay there. */
static bool is_recorded(const struct tour *t, enum entry_kind kind) {
    return t->record_on && (!t->record_paused || kind == ENTRY_KIND_RETRACT);
}

/* Takes the reference to `said` over. */
static void tell_rim(struct signaling *s, const struct tour *t, const struct told_rim *r,
                     struct shared_text *said) {
    effect_text(s,
                (struct signaling_effect){.type = EFFECT_ENTRY,
                                          .tour = t->id,
                                          .worker = t->worker,
                                          .participant = r->by,
                                          .seq = t->ledger.seq,
                                          .name = entry_kind_name(r->kind),
                                          .text = said->p,
                                          .len = strlen(said->p),
                                          .title = said->p + strlen(said->p) + 1,
                                          .on = is_recorded(t, r->kind),
                                          .again = r->again},
                said);
}

static bool may_read(const struct seat *seat, bool hosts_only, uint64_t by) {
    return !hosts_only || seat->host || (by && by == seat->id);
}

static void tell_people(struct signaling *s, const struct tour *t, const struct entry_in *in,
                        struct shared_text *event) {
    LIST_EACH(l, &t->seats) {
        const struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        if (may_read(seat, in->hosts_only, in->from ? in->from->id : 0)) {
            send_text(s, seat->conn, event);
        }
    }
}

static void keep(struct signaling *s, struct tour *t, const struct entry_in *in, struct kept *k) {
    bool text = in->kind == ENTRY_KIND_CHAT || in->kind == ENTRY_KIND_QUESTION ||
                in->kind == ENTRY_KIND_ANSWER;
    k->seq = t->ledger.seq;
    k->by = in->from ? in->from->id : 0;
    k->hosts_only = in->hosts_only;
    k->retractable = text;
    history_add(&t->ledger, k, s->config.history, s->config.history_bytes);
}

enum err entry_add(struct signaling *s, us_t now, struct tour *t, const struct entry_in *in) {
    const struct seat *who = in->about ? in->about : in->from;
    const struct told_rim rim = {in->kind, who ? who->id : 0, false};
    bool kept = entry_kind_kept(in->kind);
    struct kept *k = kept ? kept_new() : NULL;
    struct shared_text *event = event_of(s, now, t, in), *said = said_of(in);
    if (!event || !said || (kept && !k) || effects_reserve(s, 0) != OK) {
        shared_text_unref(event);
        shared_text_unref(said);
        mem_free(k);
        return ERR_NOMEM;
    }
    roster_settle(s, now, in->from ? in->from->id : 0);
    roster_settle(s, now, in->about ? in->about->id : 0);
    t->ledger.seq++;
    unkept(s, t, UNKEPT_LEDGER);
    tell_rim(s, t, &rim, said);
    tell_people(s, t, in, event);
    if (k) {
        k->text = event;
        keep(s, t, in, k);
    }
    shared_text_unref(event);
    return OK;
}

/* ---- what was said before ---- */

void entries_put(struct buffer *o, const struct tour *t, const struct seat *seat, uint64_t seen) {
    json_open(o, NULL, '[');
    LIST_EACH(l, &t->ledger.history) {
        const struct kept *k = LIST_ENTRY(l, struct kept, in_history);
        if (k->seq > seen && (!seat || may_read(seat, k->hosts_only, k->by))) {
            json_put_raw(o, NULL, k->text->p);
        }
    }
    json_close(o, ']');
}

bool entries_lost(const struct tour *t, uint64_t seen) {
    return seen < t->ledger.gone;
}

bool entry_author(const struct tour *t, const struct seat *asks, uint64_t seq, uint64_t *by) {
    const struct kept *k = history_find(&t->ledger, seq);
    if (k && k->retractable && (!asks || may_read(asks, k->hosts_only, k->by))) {
        *by = k->by;
        return true;
    }
    return false;
}

void entry_retract(struct signaling *s, struct tour *t, uint64_t seq) {
    struct kept *k = history_find(&t->ledger, seq);
    if (k) {
        unkept_gone(s, KEPT_ENTRY, t->id, seq);
        history_remove(&t->ledger, k);
    }
}

/* ---- what holds ---- */

static void again(struct signaling *s, const struct tour *t, const struct entry_in *in,
                  uint64_t by) {
    struct shared_text *said = said_of(in);
    if (said) {
        tell_rim(s, t, &(struct told_rim){in->kind, by, true}, said);
    }
}

/* Takes the fields over. */
static void again_fields(struct signaling *s, const struct tour *t, enum entry_kind kind,
                         uint64_t by, struct buffer *fields) {
    if (!fields->bad) {
        again(s, t, &(struct entry_in){.kind = kind, .fields = fields->p}, by);
    }
    buffer_free(fields);
}

void ledger_again(struct signaling *s, struct tour *t) {
    const struct ledger *l = &t->ledger;
    struct buffer o = {0};
    if (effects_reserve(s, t->n_seats) != OK) {
        return;
    }
    if (*l->chapter) {
        again(s, t, &(struct entry_in){.kind = ENTRY_KIND_CHAPTER, .text = l->chapter},
              l->chapter_by);
    }
    LIST_EACH(at, &t->seats) {
        const struct seat *seat = LIST_ENTRY(at, struct seat, in_tour);
        if (seat->hand_at.us) {
            hand_fields(&o, seat, true);
            again_fields(s, t, ENTRY_KIND_HAND, seat->id, &o);
        }
    }
    if (l->view) {
        view_fields(&o, l);
        again_fields(s, t, ENTRY_KIND_FOLLOW, l->view_by, &o);
    }
    const struct seat *spotlit = t->spotlight ? map_get(s->seats, t->spotlight) : NULL;
    if (spotlit) {
        spotlight_fields(&o, spotlit);
        again_fields(s, t, ENTRY_KIND_SPOTLIGHT, 0, &o);
    }
    if (l->pointer.on) {
        pointer_fields(&o, &l->pointer);
        again_fields(s, t, ENTRY_KIND_POINTER, l->pointer.by, &o);
    }
}
