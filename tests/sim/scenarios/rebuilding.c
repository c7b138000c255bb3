/* The engine ends; a new one adopts every peer from its slot, and nobody notices more than a
 * stutter: nothing at all when peers were handed over. */
#include "tests/sim/scenarios/scenarios.h"

enum how { HANDED_OVER = 0, KILLED = 1, LOSSY = 2, FROM_FILE = 4 };

static void rebuild(struct world *w, unsigned how) {
    if (how & FROM_FILE) {
        world_crash_file(w, world_below(w, 2) * world_below(w, 400) * US_PER_MS);
    } else if (how & KILLED) {
        world_crash(w, world_below(w, 2) * world_below(w, 400) * US_PER_MS);
    } else {
        world_rebuild(w);
    }
}

/* Whom the last event said this slot shows. */
static uint64_t told(const struct world *w, const struct browser *b, const struct play *p) {
    unsigned from = w->n_log > SIM_LOG ? w->n_log - SIM_LOG : 0;
    for (unsigned i = w->n_log; i-- > from;) {
        const struct media_event *e = &w->log[i % SIM_LOG];
        if (e->type == MEDIA_SLOT_CHANGED && e->peer == b->params.peer &&
            strcmp(e->mid, p->line->mid) == 0) {
            return e->participant;
        }
    }
    return 0;
}

/* What was told is so: of slots that get something, and of sources. */
static void expect_told(struct world *w, struct browser *b) {
    for (unsigned i = 0; i < b->n_plays && !w->failed; i++) {
        const struct play *p = b->plays[i];
        bool runs = p->packets > 0 && w->now - p->last_frame < 200 * US_PER_MS;
        if (runs && (uint16_t)told(w, b, p) != play_shows(p)) {
            world_fail(w, "browser %u mid %s shows %u, but it was told %u", b->number, p->line->mid,
                       play_shows(p), (unsigned)told(w, b, p));
        }
    }
    SIM_EXPECT(w, world_events(w, MEDIA_SOURCE_OFF, 0) == 0);
    SIM_EXPECT(w, world_events(w, MEDIA_PEER_GONE, 0) == 0);
    SIM_EXPECT(w, world_events(w, MEDIA_PEER_FAILED, 0) == 0);
    SIM_EXPECT(w, world_events(w, MEDIA_OFFENCE, 0) == 0);
}

struct before { /* frames that were seen and heard when the last engine began */
    us_t since;
    uint64_t pictures, sounds;
};

/* What was lost on the way just before cannot be repaired: the new engine's cache is empty, and the
 * picture stands still until the next key frame. So does it when nothing was handed over, but then
 * a key frame is asked for at once. */
static void expect_goes_on(struct world *w, struct browser *b, unsigned how,
                           const struct before *x) {
    const struct play *stage = browser_slot(b, SLOT_STAGE, 0);
    const struct play *voice = browser_slot(b, SLOT_AUDIO, 0);
    world_run_for(w, 1500 * US_PER_MS);
    if (!(how & LOSSY)) {
        expect_rate(w, stage, x->since, x->pictures, 80);
    }
    expect_rate(w, voice, x->since, x->sounds, how & LOSSY ? 70 : 90);
    /* Bindings may be kept for 2 s after an adoption, and requests for a key frame, one a second,
     * may get lost. */
    world_run_for(w, (how & LOSSY ? 4500 : 2500) * US_PER_MS);
    expect_rate(w, stage, x->since, x->pictures, how & LOSSY ? 40 : 80);
}

static void expect_taps(struct world *w, const struct browser *a) {
    const struct tap_source *mic =
        tap_source_of(w, (uint16_t)a->params.participant, SOURCE_MICROPHONE);
    SIM_EXPECT(w, mic && mic->on && mic->count > 190 && tap_missing(mic) == 0);
}

static void live_through_rebuilds(struct world *w, unsigned how) {
    struct browser_options agent = an_agent(w), buyer = a_buyer(w);
    if (how & LOSSY) {
        agent = with_loss(w, agent);
        buyer = with_loss(w, buyer);
    }
    agent.any_first_seq = true;
    if (world_below(w, 2)) { /* the rollover counter turns just before or after a rebuild */
        agent.first_seq = (uint16_t)(0x10000 - 1 - world_below(w, 120));
    }
    if (how & FROM_FILE) {
        world_file(w);
    }
    struct browser *a = world_join(w, &agent);
    struct browser *b = world_join(w, &buyer);
    world_tap(w, true);
    run_connected(w);
    /* Nobody can know the rollover counter of a stream that begins and wraps unseen, because the
     * engine or the packets are lost: a stream is seen first, or starts below 2^15 (RFC 3711
     * section 3.3.1), as browsers do. */
    a->pubs[SOURCE_SCREEN]->index &= how == HANDED_OVER ? UINT64_MAX : 0x7fff;
    if (how & KILLED) {
        world_run_for(w, 200 * US_PER_MS);
    }
    if ((how & KILLED) && !(how & FROM_FILE)) {
        world_remember(w);
    }
    world_run_for(w, 700 * US_PER_MS);
    for (unsigned i = 0; i < 2; i++) {
        if (world_below(w, 3) == 0) {
            browser_publish(a, SOURCE_SCREEN, true);
        }
        world_run_for(w, world_below(w, 800) * US_PER_MS + world_below(w, 1000));
        rebuild(w, how);
    }
    struct before x = {.since = w->now,
                       .pictures = browser_slot(b, SLOT_STAGE, 0)->frames,
                       .sounds = browser_slot(b, SLOT_AUDIO, 0)->frames};
    expect_goes_on(w, b, how, &x);
    enum source_kind kind = a->pubs[SOURCE_SCREEN]->on ? SOURCE_SCREEN : SOURCE_CAMERA;
    expect_shows(w, browser_slot(b, SLOT_STAGE, 0), a, kind);
    expect_told(w, a);
    expect_told(w, b);
    SIM_EXPECT(w, a->refused + b->refused == 0);
    SIM_EXPECT(w, engine_counters(w->engine)->dtls_done == 0); /* no new handshake */
    SIM_EXPECT(w, engine_counters(w->engine)->drop_lease == 0);
    if (!(how & LOSSY)) {
        expect_nothing_lost(w);
        expect_taps(w, a);
    }
}

void scenario_rebuild(struct world *w) {
    live_through_rebuilds(w, HANDED_OVER);
}

void scenario_rebuild_with_loss(struct world *w) {
    live_through_rebuilds(w, HANDED_OVER | LOSSY);
}

void scenario_rebuild_stale(struct world *w) {
    live_through_rebuilds(w, KILLED);
}

void scenario_rebuild_stale_with_loss(struct world *w) {
    live_through_rebuilds(w, KILLED | LOSSY);
}

void scenario_rebuild_from_file(struct world *w) {
    live_through_rebuilds(w, KILLED | FROM_FILE);
}

void scenario_rebuild_from_file_with_loss(struct world *w) {
    live_through_rebuilds(w, KILLED | FROM_FILE | LOSSY);
}
