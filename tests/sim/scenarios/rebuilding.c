/* The engine dies; a new one adopts every peer from its snapshot, and nobody notices. */
#include "tests/sim/scenarios/scenarios.h"

static void live_through_rebuilds(struct world *w, bool lossy) {
    struct browser_options agent = an_agent(w), buyer = a_buyer(w);
    if (lossy) {
        agent = with_loss(w, agent);
        buyer = with_loss(w, buyer);
    }
    agent.any_first_seq = true;
    if (world_below(w, 2)) { /* the rollover counter turns just before or after a rebuild */
        agent.first_seq = (uint16_t)(0x10000 - 1 - world_below(w, 120));
    }
    struct browser *a = world_join(w, &agent);
    struct browser *b = world_join(w, &buyer);
    world_tap(w, true);
    run_connected(w);
    world_run_for(w, 700 * US_PER_MS);
    for (unsigned i = 0; i < 2; i++) {
        if (world_below(w, 3) == 0) {
            browser_publish(a, SOURCE_SCREEN, true);
        }
        world_run_for(w, world_below(w, 800) * US_PER_MS + world_below(w, 1000));
        world_rebuild(w);
    }
    us_t since = w->now;
    const struct play *stage = browser_slot(b, SLOT_STAGE, 0);
    const struct play *voice = browser_slot(b, SLOT_AUDIO, 0);
    uint64_t frames = stage->frames, samples = voice->frames;
    world_run_for(w, 1500 * US_PER_MS);
    /* What was lost on the way just before cannot be repaired: the new engine's cache is empty, and
     * the picture stands still until the next key frame. */
    if (!lossy) {
        expect_rate(w, stage, since, frames, 80);
    }
    expect_rate(w, voice, since, samples, lossy ? 70 : 90);
    world_run_for(w, 2500 * US_PER_MS); /* bindings may be kept for 2 s after an adoption */
    expect_rate(w, stage, since, frames, lossy ? 40 : 80);
    enum source_kind kind = a->pubs[SOURCE_SCREEN]->on ? SOURCE_SCREEN : SOURCE_CAMERA;
    expect_shows(w, browser_slot(b, SLOT_STAGE, 0), a, kind);
    SIM_EXPECT(w, a->refused + b->refused == 0);
    SIM_EXPECT(w, engine_counters(w->engine)->dtls_done == 0); /* no new handshake */
    SIM_EXPECT(w, world_events(w, MEDIA_PEER_FAILED, 0) == 0);
    if (!lossy) {
        const struct tap_source *mic =
            tap_source_of(w, (uint16_t)a->params.participant, SOURCE_MICROPHONE);
        expect_nothing_lost(w);
        SIM_EXPECT(w, mic && mic->on && mic->count > 200 && tap_missing(mic) == 0);
    }
}

void scenario_rebuild(struct world *w) {
    live_through_rebuilds(w, false);
}

void scenario_rebuild_with_loss(struct world *w) {
    live_through_rebuilds(w, true);
}
