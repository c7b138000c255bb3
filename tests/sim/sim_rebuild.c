/* One engine ends and another adopts its peers, from slots of memory that outlive both. */
#include "base/alloc.h"
#include "base/check.h"
#include "media/engine/session_file.h"
#include "tests/sim/sim_world.h"

struct session_slot *world_slot(struct world *w, unsigned browser) {
    return w->file ? engine_peer_kept(w->engine, w->browsers[browser]->params.peer)
                   : &w->slots[w->bank][browser];
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

/* The engine has its slots in another file, which is empty. */
static void begin_file(struct world *w) {
    struct session_file f = {.n_slots = w->config.max_peers,
                             .wall_at_zero = w->config.wall_at_zero};
    mem_free(w->file);
    w->file = mem_zalloc(1, session_file_size(f.n_slots));
    CHECK(w->file);
    session_file_begin(&f, w->file);
    w->config.slots = (struct session_slot *)(void *)(w->file + session_file_slot(0));
}

void world_file(struct world *w) {
    CHECK(w->n_browsers == 0);
    begin_file(w);
    w->engine = engine_free(w->engine);
    w->engine = engine_new(&w->config);
    CHECK(w->engine && engine_tour_add(w->engine, SIM_TOUR) == OK);
    engine_slots(w->engine, SIM_BROWSERS);
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

/* Nothing goes out before all have been adopted, so that the old file may still be used when this
 * process is killed, too. */
static unsigned adopt_from(struct world *w, const uint8_t *bytes, const struct session_file *f) {
    unsigned n = 0;
    for (uint32_t i = 0; i < f->n_slots && !w->failed; i++) {
        static struct session_slot slot;
        struct session_snapshot s;
        memcpy(&slot, bytes + session_file_slot(i), sizeof(slot));
        enum err err = session_slot_read(&slot, &s);
        if (err == OK) {
            n++;
            err = engine_adopt(w->engine, w->now, &s);
        }
        if (err != OK && err != ERR_UNKNOWN) {
            world_fail(w, "slot %u of the file: %s", i, err_name(err));
        }
    }
    return n;
}

void world_crash_file(struct world *w, us_t down) {
    struct session_file f;
    uint8_t *old = w->file;
    unsigned n = 0;
    end_engine(w);
    w->file = NULL; /* begin_file makes another */
    world_run_for(w, down);
    w->crashes++;
    w->crashed_from = w->order;
    w->tap = (struct tap_watch){0};
    enum err err = session_file_read(bytes_of(old, SESSION_FILE_HEAD), &f);
    SIM_EXPECT(w, err == OK && f.n_slots == w->config.max_peers);
    SIM_EXPECT(w, f.wall_at_zero.us == w->config.wall_at_zero.us);
    begin_file(w);
    new_engine(w);
    engine_slots(w->engine, SIM_BROWSERS);
    unsigned adopted = w->failed ? 0 : adopt_from(w, old, &f);
    mem_free(old);
    for (unsigned i = 0; i < w->n_browsers; i++) {
        n += !w->browsers[i]->removed;
    }
    SIM_EXPECT(w, adopted == n && engine_slots_idle(w->engine) == SIM_BROWSERS - n);
    world_drain(w);
    invariants_always(w);
}
