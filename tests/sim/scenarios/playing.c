/* Media from publishers to viewers, on good and bad links. */
#include "tests/sim/scenarios/scenarios.h"

void scenario_join_and_play(struct world *w) {
    struct browser_options agent = an_agent(w), buyer = a_buyer(w);
    struct browser *a = world_join(w, &agent);
    struct browser *b = world_join(w, &buyer);
    run_connected(w);
    SIM_EXPECT(w, a->connected_at - a->joined_at < 400 * US_PER_MS);
    world_run_for(w, 2 * US_PER_S);
    const struct play *stage = browser_slot(b, SLOT_STAGE, 0);
    const struct play *voice = browser_slot(b, SLOT_AUDIO, 0);
    expect_shows(w, browser_slot(b, SLOT_STAGE, 0), a, SOURCE_CAMERA);
    expect_shows(w, browser_slot(b, SLOT_AUDIO, 0), a, SOURCE_MICROPHONE);
    expect_rate(w, stage, us_max(a->connected_at, b->connected_at) + 200 * US_PER_MS, 0, 95);
    expect_rate(w, voice, us_max(a->connected_at, b->connected_at) + 200 * US_PER_MS, 0, 95);
    expect_nothing_lost(w);
    SIM_EXPECT(w, a->refused == 0 && b->refused == 0 && a->rtcp_in > 0 && b->rtcp_in > 0);
    SIM_EXPECT(w, world_events(w, MEDIA_PEER_CONNECTED, 0) == 2);
    SIM_EXPECT(w, world_events(w, MEDIA_SLOT_CHANGED, b->params.peer) >= 2);
    SIM_EXPECT(w, world_events(w, MEDIA_PEER_FAILED, 0) == 0);
    SIM_EXPECT(w, engine_counters(w->engine)->drop_srtp == 0);
    SIM_EXPECT(w, engine_counters(w->engine)->drop_rtp == 0);
    SIM_EXPECT(w, engine_counters(w->engine)->drop_rtcp == 0);
    SIM_EXPECT(w, engine_counters(w->engine)->nack_in == 0);
}

/* Every sixth datagram is lost while the handshake runs: checks, hellos, the last flight. */
void scenario_join_through_heavy_loss(struct world *w) {
    struct browser_options agent = an_agent(w), buyer = a_buyer(w);
    agent.up.loss = agent.down.loss = buyer.up.loss = buyer.down.loss = PPM / 6;
    struct browser *a = world_join(w, &agent);
    struct browser *b = world_join(w, &buyer);
    run_connected(w);
    a->up.c.loss = a->down.c.loss = b->up.c.loss = b->down.c.loss = 0;
    world_run_for(w, 2500 * US_PER_MS);
    expect_shows(w, browser_slot(b, SLOT_STAGE, 0), a, SOURCE_CAMERA);
    expect_shows(w, browser_slot(b, SLOT_AUDIO, 0), a, SOURCE_MICROPHONE);
    SIM_EXPECT(w, engine_counters(w->engine)->dtls_done == 2);
    SIM_EXPECT(w, engine_counters(w->engine)->dtls_failed == 0);
}

static void expect_repaired(struct world *w, const struct play *p, us_t since) {
    expect_rate(w, p, since, 0, 75);
    if (p->lost * 50 > p->packets) {
        world_fail(w, "mid %s: %llu packets lost for good, %llu came", p->line->mid,
                   (unsigned long long)p->lost, (unsigned long long)p->packets);
    }
}

void scenario_loss_both_ways_is_repaired(struct world *w) {
    struct browser_options agent = with_loss(w, an_agent(w)), buyer = with_loss(w, a_buyer(w));
    struct browser *a = world_join(w, &agent);
    struct browser *b = world_join(w, &buyer);
    run_connected(w);
    us_t since = w->now;
    world_run_for(w, 4 * US_PER_S);
    expect_repaired(w, browser_slot(b, SLOT_STAGE, 0), since + 500 * US_PER_MS);
    expect_shows(w, browser_slot(b, SLOT_STAGE, 0), a, SOURCE_CAMERA);
    const struct engine_counters *n = engine_counters(w->engine);
    SIM_EXPECT(w, a->up.lost < 20 || n->nack_out > 0);
    SIM_EXPECT(w, n->nack_out < 4 || n->rtx_in > 0);
    SIM_EXPECT(w, n->drop_rtp == 0 && n->drop_rtcp == 0);
}

void scenario_reordering_and_copies_are_harmless(struct world *w) {
    struct browser_options agent = an_agent(w), buyer = a_buyer(w);
    agent.up.reorder = buyer.down.reorder = 50000;
    agent.up.reorder_by = buyer.down.reorder_by = 15 * US_PER_MS;
    agent.up.duplicate = buyer.down.duplicate = buyer.up.duplicate = 50000;
    struct browser *a = world_join(w, &agent);
    struct browser *b = world_join(w, &buyer);
    run_connected(w);
    us_t since = w->now;
    world_run_for(w, 2 * US_PER_S);
    expect_shows(w, browser_slot(b, SLOT_STAGE, 0), a, SOURCE_CAMERA);
    expect_rate(w, browser_slot(b, SLOT_STAGE, 0), since + 300 * US_PER_MS, 0, 90);
    expect_rate(w, browser_slot(b, SLOT_AUDIO, 0), since + 300 * US_PER_MS, 0, 90);
    SIM_EXPECT(w, browser_slot(b, SLOT_STAGE, 0)->lost == 0);
}

void scenario_late_joiner_gets_key_frame(struct world *w) {
    struct browser_options agent = an_agent(w);
    struct browser *a = world_join(w, &agent);
    run_connected(w);
    for (unsigned i = 0; i < 3; i++) {
        world_run_for(w, 300 * US_PER_MS + world_below(w, 400) * US_PER_MS);
        struct browser_options buyer = a_buyer(w);
        struct browser *b = world_join(w, &buyer);
        run_connected(w);
        const struct play *p = browser_slot(b, SLOT_STAGE, 0);
        us_t limit = w->now + 600 * US_PER_MS; /* request, next frame, way back; throttled 1/s */
        limit += US_PER_S;
        while (!w->failed && w->now < limit && p->frames == 0) {
            world_run_for(w, 5 * US_PER_MS);
        }
        expect_shows(w, browser_slot(b, SLOT_STAGE, 0), a, SOURCE_CAMERA);
    }
    expect_nothing_lost(w);
}

/* Every counter of the wire from every awkward start. */
void scenario_wrap_around(struct world *w) {
    static const uint16_t first[] = {1, 127, 128, 32760, 32767, 65400, 65500, 65534, 65535};
    struct browser_options agent = an_agent(w), buyer = a_buyer(w);
    agent.first_seq = first[w->seed % (sizeof(first) / sizeof(first[0]))];
    struct browser *a = world_join(w, &agent);
    struct browser *b = world_join(w, &buyer);
    a->pubs[SOURCE_CAMERA]->picture_id = (uint16_t)(0x7fff - world_below(w, 20));
    a->pubs[SOURCE_CAMERA]->tl0picidx = (uint8_t)(255 - world_below(w, 20));
    a->pubs[SOURCE_CAMERA]->ts_base = 0xffffffffU - world_below(w, 90000);
    a->pubs[SOURCE_MICROPHONE]->ts_base = 0xffffffffU - world_below(w, 48000);
    world_tap(w, true);
    run_connected(w);
    us_t since = w->now;
    world_run_for(w, 3 * US_PER_S);
    expect_shows(w, browser_slot(b, SLOT_STAGE, 0), a, SOURCE_CAMERA);
    expect_rate(w, browser_slot(b, SLOT_STAGE, 0), since + 200 * US_PER_MS, 0, 95);
    expect_rate(w, browser_slot(b, SLOT_AUDIO, 0), since + 200 * US_PER_MS, 0, 95);
    expect_nothing_lost(w);
}
