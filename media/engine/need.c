#include "media/engine/need.h"

#include "media/engine/event.h"
#include "media/engine/relay_out.h"

static unsigned known(const struct flow *f) {
    return flow_live(f) | f->dormant;
}

/* Of one layer there is nothing to stop. */
static bool has_several(const struct flow *f) {
    unsigned layers = known(f);
    return layers & (layers - 1);
}

static void watch(struct flow *f) {
    struct tour *t = f->tour;
    if (t->need_at == US_NEVER && has_several(f)) {
        t->need_at = t->engine->now + NEED_EVERY;
        tour_reschedule(t);
    }
}

/* Slots that show it may have another layer. */
static void moved(struct flow *f) {
    room_source_moved(&f->tour->room, &f->place);
    tour_changed(f->tour);
}

void need_begins(struct flow *f, unsigned layers, us_t now) {
    FLOW_EACH_LAYER(l, f, layers) {
        l->needed_at = now;
    }
    if (f->dormant & layers) { /* who has waited for it gets its first packet */
        moved(f);
    }
    f->dormant &= (uint8_t)~layers;
    watch(f);
}

/* What does not flow because it was not wished for, or was a moment ago. */
static uint8_t dormant_now(const struct source *x, us_t now) {
    uint8_t layers = 0;
    FLOW_EACH_LAYER(l, &x->flow, FLOW_ALL & ~flow_live(&x->flow)) {
        bool awaited = l->asked_at > 0 && now - l->asked_at < NEED_AWAIT;
        if (x->off & 1u << l->number || awaited) {
            layers |= (uint8_t)(1u << l->number);
        }
    }
    return layers;
}

/* False when it is as before. */
static bool update(struct source *x, us_t now) {
    uint8_t dormant = dormant_now(x, now);
    if (dormant == x->flow.dormant) {
        return false;
    }
    x->flow.dormant = dormant;
    moved(&x->flow);
    return true;
}

static void wish(struct source *x, uint8_t off) {
    if (off != x->off) {
        x->off = off;
        event_session(x->session);
    }
}

void need_changed(struct source *x, us_t now) {
    if (!x->flow.place.live) {
        wish(x, 0);
        FLOW_EACH_LAYER(l, &x->flow, FLOW_ALL) {
            l->asked_at = 0;
        }
    }
    (void)update(x, now);
}

void need_layer(struct flow *f, unsigned i, us_t now) {
    struct layer *l = f->layers[i];
    if (!l) {
        return;
    }
    l->needed_at = now;
    if (flow_is_local(f)) {
        struct source *x = source_of(f);
        if (x->off & 1u << i) {
            l->asked_at = now;
            wish(x, (uint8_t)(x->off & ~(1u << i)));
        }
    } else if ((f->dormant & 1u << i) && (l->asked_at == 0 || now - l->asked_at >= NEED_EVERY)) {
        l->asked_at = now;
        relay_to_origin(l, RELAY_NEEDED, true);
    }
}

void need_told(struct flow *f, unsigned i, us_t now) {
    if (f->layers[i]) {
        f->layers[i]->told_at = now;
    }
    need_layer(f, i, now);
}

void need_recorded(struct flow *f, us_t now) {
    if (has_several(f)) {
        need_layer(f, (unsigned)__builtin_ctz(known(f)), now);
    }
}

struct layer *need_instead(struct layer *l) {
    unsigned live = flow_live(l->flow);
    if (l->feed.live || !live) {
        return l;
    }
    unsigned smaller = live & ~((1u << l->number) - 1);
    return l->flow->layers[__builtin_ctz(smaller ? smaller : live)];
}

void need_relayed(struct flow *f, const struct relay *m) {
    uint8_t dormant = 0;
    for (unsigned i = 0; i < SESSION_LAYERS_MAX; i++) {
        bool is = m->source.dormant & ~m->source.flows & 1u << i;
        struct layer *l = is ? flow_layer(f, i) : NULL;
        if (l) {
            meter_told(&l->feed.meter, m->source.rate[i]);
            dormant |= (uint8_t)(1u << i);
        }
    }
    if (dormant != f->dormant) {
        f->dormant = dormant;
        moved(f);
        watch(f);
    }
}

void need_adopted(struct session *s) {
    for (unsigned i = 0; i < s->n_lines; i++) {
        if (s->obeys_layers && s->lines[i].s.n_rids > 1) {
            s->told_off[i] = UINT8_MAX;
            event_session(s);
        }
    }
}

/* ---- once a second ---- */

static void note_slots(const struct session *s, us_t now) {
    for (unsigned i = 0; i < s->n_slots; i++) {
        struct flow *f = flow_of(s->viewer.slots[i].source);
        int8_t layer = s->slots[i].layer;
        if (f && s->slots[i].line.slot != SLOT_AUDIO && layer != SLOT_PAUSED) {
            need_layer(f, (unsigned)layer, now);
        }
    }
}

static void note_streams(struct flow *f, us_t now) {
    FLOW_EACH_LAYER(l, f, FLOW_ALL) {
        if (!list_empty(&l->feed.subs)) {
            need_layer(f, l->number, now);
        }
    }
    if (f->tapped) {
        need_recorded(f, now);
    }
}

/* All that have not been needed for long, but the smallest one. */
static void rest(struct source *x, us_t now) {
    us_t patience = x->session->engine->c.layer_rest;
    unsigned live = flow_live(&x->flow), smallest = live ? 31u - (unsigned)__builtin_clz(live) : 0;
    uint8_t off = x->off;
    FLOW_EACH_LAYER(l, &x->flow, live & ~(1u << smallest)) {
        if (now - l->needed_at >= patience) {
            off |= (uint8_t)(1u << l->number);
        }
    }
    wish(x, off);
}

void need_tell(const struct flow *f, us_t now) {
    FLOW_EACH_LAYER(l, f, has_several(f) ? known(f) : 0) {
        if (now - l->needed_at <= NEED_EVERY) {
            relay_to_origin(l, RELAY_NEEDED, true);
        }
    }
}

static void look_after(struct flow *f, us_t now) {
    struct engine *e = f->tour->engine;
    note_streams(f, now);
    if (!flow_is_local(f)) {
        return; /* need_tell */
    }
    struct source *x = source_of(f);
    if (x->session->obeys_layers && e->c.layer_rest > 0) {
        rest(x, now);
    }
    if (update(x, now)) {
        relay_state(f);
    }
}

void need_on_timer(struct tour *t, us_t now) {
    if (now < t->need_at) {
        return;
    }
    bool any = false;
    LIST_EACH(l, &t->peers) {
        note_slots(LIST_ENTRY(l, struct session, in_tour), now);
    }
    LIST_EACH(l, &t->flows) {
        struct flow *f = LIST_ENTRY(l, struct flow, in_tour);
        if (has_several(f)) {
            any = true;
            look_after(f, now);
        }
    }
    t->need_at = any ? now + NEED_EVERY : US_NEVER;
    tour_reschedule(t);
}
