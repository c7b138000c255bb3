/* Addresses that change, peers that vanish or leave, and strangers. */
#include "base/check.h"
#include "tests/sim/scenarios/scenarios.h"

void scenario_ice_restart_moves_address(struct world *w) {
    struct browser_options agent = an_agent(w), buyer = a_buyer(w);
    struct browser *a = world_join(w, &agent);
    struct browser *b = world_join(w, &buyer);
    run_connected(w);
    world_run_for(w, US_PER_S);
    struct browser *mover = world_below(w, 2) ? a : b;
    uint64_t before = browser_slot(b, SLOT_STAGE, 0)->frames;
    w->expect_stray = true; /* until the new address is validated, media goes to the old one */
    w->lossless = false;
    browser_move(mover, w->now);
    enum err err = engine_peer_restart(w->engine, w->now, mover->params.peer, &mover->params.ice);
    SIM_EXPECT(w, err == OK);
    world_drain(w);
    world_run_for(w, 600 * US_PER_MS);
    w->expect_stray = false;
    uint64_t strays = w->strays;
    us_t since = w->now;
    before = browser_slot(b, SLOT_STAGE, 0)->frames;
    world_run_for(w, 1500 * US_PER_MS);
    SIM_EXPECT(w, w->strays == strays);
    SIM_EXPECT(w, mover->answers > 1);
    expect_shows(w, browser_slot(b, SLOT_STAGE, 0), a, SOURCE_CAMERA);
    expect_shows(w, browser_slot(b, SLOT_AUDIO, 0), a, SOURCE_MICROPHONE);
    expect_rate(w, browser_slot(b, SLOT_STAGE, 0), since, before, 80);
    SIM_EXPECT(w, a->refused + b->refused == 0);
}

void scenario_peer_vanishes(struct world *w) {
    struct browser_options agent = an_agent(w), buyer = a_buyer(w);
    struct browser *a = world_join(w, &agent);
    struct browser *b = world_join(w, &buyer);
    run_connected(w);
    world_run_for(w, US_PER_S);
    struct browser *gone = world_below(w, 2) ? a : b;
    gone->silent = true;
    us_t since = w->now;
    world_run(w, since + SIM_MEDIA_SILENCE + 200 * US_PER_MS);
    uint64_t to_gone = gone->down.sent;
    SIM_EXPECT(w, !gone->removed);
    world_run(w, since + SIM_PEER_TIMEOUT - 100 * US_PER_MS);
    SIM_EXPECT(w, gone->down.sent <= to_gone + 10); /* media pauses; RTCP may go on */
    world_run(w, since + SIM_PEER_TIMEOUT + 200 * US_PER_MS);
    SIM_EXPECT(w, gone->removed);
    SIM_EXPECT(w, world_events(w, MEDIA_PEER_GONE, gone->params.peer) == 1);
    struct peer_stats s;
    SIM_EXPECT(w, engine_peer_stats(w->engine, gone->params.peer, &s) == ERR_UNKNOWN);
    world_run_for(w, 500 * US_PER_MS); /* the invariants watch for datagrams to it */
    SIM_EXPECT(w, world_events(w, MEDIA_PEER_GONE, 0) == 1);
}

void scenario_leaving_is_final(struct world *w) {
    struct browser_options agent = an_agent(w), buyer = a_buyer(w);
    struct browser *a = world_join(w, &agent);
    struct browser *b = world_join(w, &buyer), *c = world_join(w, &buyer);
    run_connected(w);
    world_run_for(w, 500 * US_PER_MS);
    world_leave(w, b);
    SIM_EXPECT(w, engine_peer_remove(w->engine, w->now, b->params.peer) == ERR_UNKNOWN);
    world_run_for(w, 500 * US_PER_MS);
    SIM_EXPECT(w, b->byes > 0);
    expect_shows(w, browser_slot(c, SLOT_STAGE, 0), a, SOURCE_CAMERA);
    SIM_EXPECT(w, world_events(w, MEDIA_PEER_GONE, 0) == 0);
    b->silent = false; /* it comes back without having been told */
    b->check_at = w->now;
    b->rtcp_at = w->now;
    world_run_for(w, 500 * US_PER_MS);
    SIM_EXPECT(w, engine_counters(w->engine)->drop_stun > 0);
    SIM_EXPECT(w, engine_counters(w->engine)->drop_unknown_address > 0);
    SIM_EXPECT(w, engine_tour_remove(w->engine, SIM_TOUR) == OK);
    world_drain(w);
    a->removed = c->removed = true;
    a->removed_at = c->removed_at = w->now;
    world_run_for(w, 300 * US_PER_MS);
}

static size_t random_bytes(struct world *w, uint8_t *out, size_t n) {
    rng_fill(&w->rng, out, n);
    return n;
}

/* A datagram that no key of ours made. */
static size_t forge(struct world *w, const struct browser *victim, uint8_t out[PACKET_CAP]) {
    size_t n = random_bytes(w, out, 1 + world_below(w, 300));
    struct wr wr = wr_of(out, PACKET_CAP);
    struct ice_credentials wrong = victim->params.ice;
    struct stun_check check = {.c = &wrong, .nominate = true};
    switch (world_below(w, 7)) {
    case 0: /* SRTP of a stream that exists */
        n = random_bytes(w, out, 60 + world_below(w, 200));
        out[0] = 0x80;
        out[1] = 111;
        if (victim->pubs[SOURCE_MICROPHONE]) {
            put_be16(out + 2, (uint16_t)victim->pubs[SOURCE_MICROPHONE]->index);
            put_be32(out + 8, victim->pubs[SOURCE_MICROPHONE]->ssrc);
        }
        return n;
    case 1: /* SRTCP */
        n = random_bytes(w, out, 60 + world_below(w, 100));
        out[0] = 0x81;
        out[1] = 201;
        return n;
    case 2: /* an alert, then a ClientHello of garbage, after the handshake */
        n = random_bytes(w, out, 80);
        memcpy(out, "\x15\xfe\xfd\0\0\0\0\0\0\0\0\0\2\2\0", 15);
        memcpy(out + 15, "\x16\xfe\xfd\0\0\0\0\0\0\0\x30\0\x34", 13);
        return n;
    case 3: /* a check with the right names and a wrong password */
        wrong.local_pwd[3] ^= 1;
        stun_write_check(&wr, &check);
        return wr_len(&wr);
    case 4: /* an anonymous check */
        check.bare = true;
        stun_write_check(&wr, &check);
        return wr_len(&wr);
    case 5: /* a good check with one bit turned */
        stun_write_check(&wr, &check);
        out[8 + world_below(w, (uint32_t)wr_len(&wr) - 8)] ^= (uint8_t)(1 << world_below(w, 8));
        return wr_len(&wr);
    default:
        return n;
    }
}

static void attack(struct world *w, const struct browser *victim) {
    static struct session_snapshot before, after;
    uint8_t d[PACKET_CAP];
    struct addr stranger = addr_v4(66, 6, 6, 6, (uint16_t)(1000 + world_below(w, 1000)));
    size_t n = forge(w, victim, d);
    const struct addr *from = world_below(w, 2) ? &stranger : &victim->addr;
    engine_timeout(w->engine, w->now); /* snapshots say when they were taken: now, both */
    world_drain(w);
    CHECK(engine_snapshot(w->engine, victim->params.peer, &before) == OK);
    uint64_t sent = victim->down.sent, strays = w->strays;
    world_inject(w, from, bytes_of(d, n));
    CHECK(engine_snapshot(w->engine, victim->params.peer, &after) == OK);
    SIM_EXPECT(w, after.srtcp_index <= before.srtcp_index + 1);
    after.srtcp_index = before.srtcp_index; /* a report may have been due anyway */
    SIM_EXPECT(w, memcmp(&before, &after, sizeof(before)) == 0);
    SIM_EXPECT(w, w->strays == strays);
    /* At most the last flight once more, to the one who seems to have lost it, and a report. */
    SIM_EXPECT(w, victim->down.sent <= sent + 2);
}

void scenario_hostile_datagrams_change_nothing(struct world *w) {
    struct browser_options agent = an_agent(w), buyer = a_buyer(w);
    struct browser *a = world_join(w, &agent);
    struct browser *b = world_join(w, &buyer);
    w->expect_stray = true; /* counted instead */
    run_connected(w);
    world_run_for(w, 300 * US_PER_MS);
    us_t since = w->now;
    uint64_t before = browser_slot(b, SLOT_STAGE, 0)->frames;
    for (unsigned i = 0; i < 400 && !w->failed; i++) {
        attack(w, world_below(w, 2) ? a : b);
        if (i % 4 == 0) {
            world_run_for(w, 10 * US_PER_MS);
        }
    }
    expect_shows(w, browser_slot(b, SLOT_STAGE, 0), a, SOURCE_CAMERA);
    expect_rate(w, browser_slot(b, SLOT_STAGE, 0), since, before, 90);
    const struct engine_counters *n = engine_counters(w->engine);
    SIM_EXPECT(w, n->drop_stun > 0 && n->drop_srtp > 0 && n->drop_unknown_address > 0);
    expect_nothing_lost(w);
}
