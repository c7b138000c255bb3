/* The tap: what a recorder gets. */
#include "tests/sim/scenarios/scenarios.h"

void scenario_consent_gates_taps(struct world *w) {
    struct browser_options agent = an_agent(w), buyer = a_buyer(w);
    agent.consent = false;
    struct browser *a = world_join(w, &agent);
    struct browser *b = world_join(w, &buyer);
    world_tap(w, world_below(w, 2) == 1); /* the tap may come before or after the consent */
    run_connected(w);
    world_run_for(w, 700 * US_PER_MS);
    SIM_EXPECT(w, w->tap.packets == 0 && w->tap.n == 0);
    world_tap(w, true);
    world_consent(w, a, true);
    world_run_for(w, 700 * US_PER_MS);
    const struct tap_source *cam = tap_source_of(w, (uint16_t)a->params.participant, SOURCE_CAMERA);
    SIM_EXPECT(w, cam && cam->count > 10);
    SIM_EXPECT(w, !tap_source_of(w, (uint16_t)b->params.participant, SOURCE_MICROPHONE));
    world_consent(w, a, false);
    uint64_t packets = w->tap.packets;
    world_run_for(w, 500 * US_PER_MS);
    SIM_EXPECT(w, w->tap.packets == packets);
    world_consent(w, a, true);
    world_consent(w, b, true);
    world_run_for(w, 700 * US_PER_MS);
    SIM_EXPECT(w, w->tap.packets > packets);
    SIM_EXPECT(w, tap_source_of(w, (uint16_t)b->params.participant, SOURCE_MICROPHONE));
    world_tap(w, false);
    packets = w->tap.packets;
    world_run_for(w, 300 * US_PER_MS);
    SIM_EXPECT(w, w->tap.packets == packets);
}

void scenario_tap_is_complete(struct world *w) {
    struct browser_options agent = with_loss(w, an_agent(w));
    struct browser *a = world_join(w, &agent);
    run_connected(w);
    world_tap(w, true);
    world_run_for(w, 4 * US_PER_S);
    browser_publish(a, SOURCE_CAMERA, false); /* the last gaps are filled meanwhile */
    world_run_for(w, US_PER_S);
    const struct tap_source *s = tap_source_of(w, (uint16_t)a->params.participant, SOURCE_CAMERA);
    if (!s || s->count < 80) {
        world_fail(w, "only %llu packets tapped", (unsigned long long)(s ? s->count : 0));
    } else if (tap_missing(s) * 100 > s->count) {
        world_fail(w, "%llu of %llu packets were not tapped", (unsigned long long)tap_missing(s),
                   (unsigned long long)(s->count + tap_missing(s)));
    }
    SIM_EXPECT(w, w->tap.reports > 0);
}
