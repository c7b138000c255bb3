#include "media/mix/mixes.h"

#include "base/alloc.h"
#include "base/owner.h"
#include "media/mix/mixed.h"

#define LIMIT 65535
/* Messages that one call can cause: each output tells a state, a report and a packet; a listener
 * that changes, some more. */
#define MESSAGES(listeners) (8 * (listeners) + 64)

struct mixes {
    struct owner owner;
    struct mixed_common common;
    struct link tours;
};

static bool in_range(const struct mixes_config *c) {
    return c->listeners >= 1 && c->listeners <= LIMIT && c->voices >= 1 && c->voices <= LIMIT &&
           c->delay >= MIX_DELAY_MIN && c->delay <= MIX_DELAY_MAX && c->pool;
}

struct mixes *mixes_new(const struct mixes_config *c) {
    struct mixes *x = in_range(c) ? mem_zalloc(1, sizeof(*x)) : NULL;
    if (!x) {
        return NULL;
    }
    list_init(&x->tours);
    x->common.c = *c;
    if (c->per_tour == 0 || c->per_tour > c->listeners) {
        x->common.c.per_tour = c->listeners;
    }
    if (outbox_init(&x->common.out, MESSAGES(c->listeners)) != OK) {
        return mem_free(x);
    }
    return x;
}

struct mixes *mixes_free(struct mixes *x) {
    if (!x) {
        return NULL;
    }
    owner_take(&x->owner); /* its thread has been joined */
    LIST_EACH(l, &x->tours) {
        mixed_free(LIST_ENTRY(l, struct mixed, in_mixes));
    }
    outbox_free(&x->common.out);
    return mem_free(x);
}

static struct mixed *find(struct mixes *x, uint64_t tour) {
    LIST_EACH(l, &x->tours) {
        struct mixed *t = LIST_ENTRY(l, struct mixed, in_mixes);
        if (t->tour == tour) {
            return t;
        }
    }
    return NULL;
}

static void end_if_unheard(struct mixed *t) {
    if (list_empty(&t->listeners)) {
        mixed_free(t);
    }
}

static enum err begin(struct mixes *x, us_t now, const struct mix_order *o) {
    struct mixed *t = find(x, o->tour);
    if (x->common.n.listeners >= x->common.c.listeners && !(t && mixed_hears(t, o->peer))) {
        return ERR_FULL;
    }
    if (!t) {
        t = mixed_new(&x->common, now, o->tour);
        if (!t) {
            return ERR_NOMEM;
        }
        list_push(&x->tours, &t->in_mixes);
    }
    enum err err = mixed_listen(t, now, o);
    end_if_unheard(t);
    return err;
}

enum err mixes_order(struct mixes *x, us_t now, const struct mix_order *o) {
    OWNER_CHECK(&x->owner);
    if (o->on) {
        return o->worker < RELAY_MIX ? begin(x, now, o) : ERR_RANGE;
    }
    struct mixed *t = find(x, o->tour);
    if (t && mixed_unlisten(t, o->peer)) {
        end_if_unheard(t);
    }
    return OK;
}

void mixes_input(struct mixes *x, us_t now, const struct relay *m) {
    OWNER_CHECK(&x->owner);
    struct mixed *t = m->from < RELAY_MIX ? find(x, m->tour) : NULL;
    if (t) {
        mixed_input(t, now, m);
    }
    if (m->type == RELAY_PACKET) {
        packet_unref(m->packet.packet);
    }
}

us_t mixes_deadline(const struct mixes *x) {
    OWNER_CHECK(&x->owner);
    us_t at = US_NEVER;
    LIST_EACH(l, &x->tours) {
        at = us_min(at, mixed_deadline(LIST_ENTRY(l, struct mixed, in_mixes)));
    }
    return at;
}

void mixes_timeout(struct mixes *x, us_t now) {
    OWNER_CHECK(&x->owner);
    LIST_EACH(l, &x->tours) {
        struct mixed *t = LIST_ENTRY(l, struct mixed, in_mixes);
        if (mixed_deadline(t) <= now) {
            mixed_timeout(t, now);
        }
    }
}

bool mixes_output(struct mixes *x, struct relay *ret) {
    OWNER_CHECK(&x->owner);
    return outbox_next(&x->common.out, ret);
}

struct mix_counters mixes_counters(const struct mixes *x) {
    return x->common.n;
}
