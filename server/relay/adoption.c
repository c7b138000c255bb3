#include "server/relay/adoption.h"

#include "base/alloc.h"

struct trial {
    struct adopted who;
    bool peer_claimed, tour_claimed;
};

struct adoption {
    us_t until;
    uint32_t n, cap, refused;
    struct trial at[];
};

/* *ret_new: it was not there. */
static enum err add_tour(struct engine *e, us_t now, uint64_t tour, bool *ret_new) {
    enum err err =
        engine_command(e, now, &(struct command){.type = COMMAND_TOUR_ADD, .tour = tour});
    *ret_new = err == OK;
    return err == ERR_EXISTS ? OK : err;
}

/* False: it has gone by itself. */
static bool remove_peer(struct engine *e, us_t now, uint64_t peer) {
    const struct command c = {.type = COMMAND_PEER_REMOVE, .peer = peer};
    return engine_command(e, now, &c) == OK;
}

static void remove_tour(struct engine *e, us_t now, uint64_t tour) {
    (void)engine_command(e, now, &(struct command){.type = COMMAND_TOUR_REMOVE, .tour = tour});
}

static void adopt(struct adoption *a, struct engine *e, us_t now,
                  const struct session_snapshot *s) {
    bool fresh = false;
    enum err err = a->n < a->cap ? add_tour(e, now, s->tour, &fresh) : ERR_FULL;
    err = err == OK ? engine_adopt(e, now, s) : err;
    if (err == OK) {
        a->at[a->n++].who = (struct adopted){s->peer, s->participant, s->tour};
        return;
    }
    a->refused++;
    if (fresh) {
        remove_tour(e, now, s->tour);
    }
}

enum err adoption_new(struct engine *e, us_t now, struct live_old *old, struct live_file *live,
                      struct adoption **ret) {
    struct session_snapshot s;
    uint32_t cap = live_old_slots(old);
    struct adoption *a = mem_zalloc(1, sizeof(*a) + cap * sizeof(a->at[0]));
    if (!a) {
        return ERR_NOMEM;
    }
    a->cap = cap;
    a->until = US_NEVER;
    while (live_old_next(old, &s)) {
        if (engine_slots_idle(e) == 0) {
            engine_slots(e, live_file_grow(live));
        }
        adopt(a, e, now, &s);
    }
    mem_wipe(&s, sizeof(s));
    *ret = a;
    return OK;
}

struct adoption *adoption_free(struct adoption *a) {
    return mem_free(a);
}

uint32_t adoption_count(const struct adoption *a) {
    return a->n;
}

const struct adopted *adoption_at(const struct adoption *a, uint32_t i) {
    return &a->at[i].who;
}

uint32_t adoption_refused(const struct adoption *a) {
    return a->refused;
}

void adoption_command(struct adoption *a, const struct command *c) {
    for (uint32_t i = 0; i < a->n; i++) {
        struct trial *t = &a->at[i];
        t->peer_claimed = t->peer_claimed || c->peer == t->who.peer;
        t->tour_claimed =
            t->tour_claimed || (c->type == COMMAND_TOUR_ADD && c->tour == t->who.tour);
    }
}

void adoption_wait(struct adoption *a, us_t until) {
    if (a) {
        a->until = until;
    }
}

us_t adoption_deadline(const struct adoption *a) {
    return a ? a->until : US_NEVER;
}

uint32_t adoption_timeout(struct adoption *a, struct engine *e, us_t now) {
    uint32_t ended = 0;
    if (!a || now < a->until) {
        return 0;
    }
    a->until = US_NEVER;
    for (uint32_t i = 0; i < a->n; i++) {
        const struct trial *t = &a->at[i];
        if (!t->peer_claimed || !t->tour_claimed) {
            ended += remove_peer(e, now, t->who.peer);
        }
        if (!t->tour_claimed) {
            remove_tour(e, now, t->who.tour); /* once more for each of its sessions: unknown then */
        }
    }
    return ended;
}
