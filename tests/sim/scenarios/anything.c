/* A tour in which everything happens in an order that only the seed knows; the invariants judge. */
#include "tests/sim/scenarios/scenarios.h"

#define STEPS 30

static struct browser *somebody(struct world *w) {
    struct browser *b = w->browsers[world_below(w, w->n_browsers)];
    return b->removed ? NULL : b;
}

static void join(struct world *w) {
    struct browser_options o = world_below(w, 2) ? an_agent(w) : a_buyer(w);
    if (world_below(w, 3) == 0) {
        o = with_loss(w, o);
    }
    o.consent = world_below(w, 2) == 1;
    o.host = world_below(w, 3) == 0;
    o.loudest_audio = world_below(w, 4) == 0;
    o.any_first_seq = world_below(w, 2) == 1;
    if (w->n_browsers < SIM_BROWSERS) {
        world_join(w, &o);
    }
}

static enum source_kind some_source(struct world *w, const struct browser *b) {
    enum source_kind kind = SOURCE_MICROPHONE + world_below(w, 3);
    return b->pubs[kind] ? kind : SOURCE_MICROPHONE;
}

static void toggle_source(struct world *w, struct browser *b) {
    enum source_kind kind = some_source(w, b);
    if (b->phase == BROWSER_CONNECTED) {
        browser_publish(b, kind, !b->pubs[kind]->on);
    }
}

static void move(struct world *w, struct browser *b) {
    if (b->phase == BROWSER_CONNECTED) {
        browser_move(b, w->now);
        enum err err = engine_peer_restart(w->engine, w->now, b->params.peer, &b->params.ice);
        SIM_EXPECT(w, err == OK);
        world_drain(w);
    }
}

static void act(struct world *w, struct browser *b) {
    switch (world_below(w, 10)) {
    case 0:
        world_leave(w, b);
        break;
    case 1:
        b->silent = world_below(w, 2); /* its network is gone, or comes back */
        break;
    case 2:
        move(w, b);
        break;
    case 3:
        world_mute(w, b, some_source(w, b), world_below(w, 2));
        break;
    case 4:
        world_pin(w, b, world_below(w, 2) ? somebody(w) : NULL);
        break;
    case 5:
        world_consent(w, b, world_below(w, 2));
        break;
    case 6:
        world_tap(w, world_below(w, 2));
        break;
    case 7:
        browser_speak(b, world_below(w, 2));
        break;
    case 8:
        if (world_connected(w)) {
            world_rebuild(w);
        }
        break;
    default:
        toggle_source(w, b);
        break;
    }
}

void scenario_anything_goes(struct world *w) {
    w->expect_stray = true;
    join(w);
    join(w);
    w->lossless = false; /* addresses change under packets on their way */
    for (unsigned i = 0; i < STEPS && !w->failed; i++) {
        struct browser *b = somebody(w);
        if (!b || world_below(w, 5) == 0) {
            join(w);
        } else {
            act(w, b);
        }
        world_run_for(w, world_below(w, 250) * US_PER_MS);
    }
}
