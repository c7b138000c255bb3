/* One engine ends and another adopts its peers, from slots of memory that outlive both. */
#include "base/alloc.h"
#include "base/check.h"
#include "tests/sim/sim_world.h"

struct session_slot *world_slot(struct world *w, unsigned browser) {
    return &w->slots[w->bank][browser];
}

void world_remember(struct world *w) {
    w->history = mem_zalloc(SIM_HISTORY, sizeof(*w->history));
    CHECK(w->history);
}

void world_note_slots(struct world *w) {
    if (!w->history) {
        return;
    }
    struct remembered *r = &w->history[w->now / SIM_HISTORY_STEP % SIM_HISTORY];
    if (r->at == 0 || w->now - r->at >= SIM_HISTORY_STEP) {
        r->at = w->now;
        memcpy(r->slots, w->slots[w->bank], sizeof(r->slots));
    }
}

/* The engine is no more, and every packet has come home. */
static void end_engine(struct world *w) {
    w->engine = engine_free(w->engine);
    if (packet_pool_idle(w->pool) != SIM_POOL) {
        world_fail(w, "packets did not come home with the engine");
    }
}

static void new_engine(struct world *w) {
    w->engine = engine_new(&w->config);
    CHECK(w->engine && engine_tour_add(w->engine, SIM_TOUR) == OK);
    w->rebuilt_at = w->now;
    w->rebuilds++;
    for (unsigned i = 0; w->history && i < SIM_HISTORY; i++) {
        w->history[i].at = 0; /* what was before is over: those slots are nobody's any more */
    }
    SIM_EXPECT(w, engine_stage(w->engine, w->now, SIM_TOUR, w->spotlight, w->lead) == OK);
    if (w->tapping) {
        world_tap(w, true);
    }
}

/* Until the peer has a slot in its new engine, nothing of it may go out. */
static void adopt(struct world *w, unsigned i, const struct session_snapshot *s) {
    enum err err = engine_adopt(w->engine, w->now, s);
    if (err == OK) {
        err = engine_peer_slot(w->engine, w->now, s->peer, world_slot(w, i));
    }
    if (err != OK) {
        world_fail(w, "browser %u is not adopted: %s", i, err_name(err));
    }
    world_drain(w);
    invariants_always(w);
}

static void read_slot(struct world *w, unsigned i, const struct session_slot *slot,
                      struct session_snapshot *ret) {
    enum err err = session_slot_read(slot, ret);
    if (err != OK) {
        world_fail(w, "the slot of browser %u: %s", i, err_name(err));
    }
}

static void adopt_all(struct world *w, const struct session_snapshot *saved) {
    new_engine(w);
    for (unsigned i = 0; i < w->n_browsers && !w->failed; i++) {
        if (!w->browsers[i]->removed) {
            adopt(w, i, &saved[i]);
        }
    }
}

void world_rebuild(struct world *w) {
    static struct session_snapshot saved[SIM_BROWSERS];
    for (unsigned i = 0; i < w->n_browsers && !w->failed; i++) {
        const struct browser *b = w->browsers[i];
        if (!b->removed) {
            enum err err = engine_peer_hand_over(w->engine, w->now, b->params.peer);
            SIM_EXPECT(w, err == OK);
            read_slot(w, i, world_slot(w, i), &saved[i]);
        }
    }
    end_engine(w);
    w->bank = world_below(w, 2); /* the new one has its slots in the same memory, or elsewhere */
    adopt_all(w, saved);
}

/* The state of one of the times that are remembered, or of now. Limits are those of now: what is
 * written before its use is never older than it. */
static const struct session_slot *some_slot(struct world *w, unsigned i) {
    static struct session_slot mixed;
    const struct remembered *r = w->history ? &w->history[world_below(w, SIM_HISTORY)] : NULL;
    if (!r || r->at == 0 || w->now - r->at > US_PER_S || world_below(w, 3) == 0) {
        return world_slot(w, i);
    }
    memcpy(mixed.limits, world_slot(w, i)->limits, sizeof(mixed.limits));
    memcpy(mixed.state, r->slots[i].state, sizeof(mixed.state));
    return &mixed;
}

void world_crash(struct world *w, us_t down) {
    static struct session_snapshot saved[SIM_BROWSERS];
    end_engine(w);
    for (unsigned i = 0; i < w->n_browsers && !w->failed; i++) {
        if (!w->browsers[i]->removed) {
            read_slot(w, i, some_slot(w, i), &saved[i]);
        }
    }
    world_run_for(w, down);
    w->crashes++;
    w->crashed_from = w->order;
    w->tap = (struct tap_watch){0}; /* the recorder is another too */
    w->bank = world_below(w, 2);
    adopt_all(w, saved);
}
