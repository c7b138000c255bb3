/* What the platform does to the engine in the course of a scenario. */
#include "base/check.h"
#include "tests/sim/sim_world.h"

static void expect_ok(struct world *w, const char *what, enum err err) {
    if (err != OK) {
        world_fail(w, "%s: %s", what, err_name(err));
    }
    world_drain(w);
    invariants_always(w);
}

static bool is_lossy(const struct sim_link_config *c) {
    return c->loss || c->bad_enter || c->reorder || c->duplicate || (c->rate && c->queue < 65536);
}

void world_span(struct world *w) {
    struct engine_config c = w->config;
    rng_seed(&w->far_seeded, w->seed + 2000003);
    c.worker = 1;
    c.rng = rng_from_seeded(&w->far_seeded);
    w->far = engine_new(&c);
    CHECK(w->far && engine_tour_add(w->far, SIM_TOUR) == OK);
    expect_ok(w, "tour_span", engine_tour_span(w->engine, w->now, SIM_TOUR, 0, 2));
    expect_ok(w, "tour_span", engine_tour_span(w->far, w->now, SIM_TOUR, 0, 1));
    expect_ok(w, "stage", engine_stage(w->far, w->now, SIM_TOUR, w->spotlight, w->lead));
}

struct browser *world_join(struct world *w, const struct browser_options *o) {
    CHECK(w->n_browsers < SIM_BROWSERS_MAX);
    struct browser *b = browser_new(w, w->n_browsers, o);
    w->browsers[w->n_browsers++] = b;
    if (is_lossy(&o->up) || is_lossy(&o->down)) {
        w->lossless = false;
    }
    enum err err = engine_peer_add(world_engine(w, b), w->now, &b->params);
    if (err == OK && !w->file) {
        err =
            engine_peer_slot(world_engine(w, b), w->now, b->params.peer, world_slot(w, b->number));
    }
    expect_ok(w, "peer_add", err);
    return b;
}

void world_leave(struct world *w, struct browser *b) {
    enum err err = engine_peer_remove(world_engine(w, b), w->now, b->params.peer);
    b->silent = true;
    expect_ok(w, "peer_remove", err); /* the drain lets the BYE out */
    b->removed = true;
    b->removed_at = w->now;
}

void world_tap(struct world *w, bool on) {
    w->tapping = on;
    expect_ok(w, "tour_tap", engine_tour_tap(w->engine, w->now, SIM_TOUR, on));
}

void world_consent(struct world *w, struct browser *b, bool consent) {
    if (consent) {
        b->params.record_consent = true;
    }
    enum err err = engine_peer_consent(world_engine(w, b), w->now, b->params.peer, consent);
    expect_ok(w, "peer_consent", err);
    b->params.record_consent = consent;
}

void world_mute(struct world *w, struct browser *b, enum source_kind kind, bool muted) {
    if (b->pubs[kind]) {
        b->pubs[kind]->muted = muted;
    }
    b->muted_from[kind] = muted ? w->order + 1 : 0;
    expect_ok(w, "source_mute",
              engine_source_mute(world_engine(w, b), w->now, b->params.peer, kind, muted));
}

void world_pin(struct world *w, struct browser *b, const struct browser *whom) {
    b->pinned = whom ? whom->params.participant : 0;
    expect_ok(w, "pin", engine_pin(world_engine(w, b), w->now, b->params.peer, b->pinned));
}

void world_receive(struct world *w, struct browser *b, enum source_kind kind, bool may) {
    b->barred[kind] = may ? 0 : w->order + 1;
    expect_ok(w, "receive", engine_receive(world_engine(w, b), w->now, b->params.peer, kind, may));
}

void world_host(struct world *w, struct browser *b, bool host) {
    b->params.host = host;
    expect_ok(w, "host", engine_host(world_engine(w, b), w->now, b->params.peer, host));
}

void world_stage(struct world *w, const struct browser *spotlight, const struct browser *lead) {
    w->spotlight = spotlight ? spotlight->params.participant : 0;
    w->lead = lead ? lead->params.participant : 0;
    expect_ok(w, "stage", engine_stage(w->engine, w->now, SIM_TOUR, w->spotlight, w->lead));
    if (w->far) {
        expect_ok(w, "stage", engine_stage(w->far, w->now, SIM_TOUR, w->spotlight, w->lead));
    }
}
