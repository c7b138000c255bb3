/* Hosts hold the stage, and rights hold at every moment. */
#include "tests/sim/scenarios/scenarios.h"
#include "tests/sim/sim_stage.h"

#define GUESTS 3
#define SWITCH (1500 * US_PER_MS) /* a key frame that is asked for, there and back */
#define GAP (300 * US_PER_MS)     /* [us] between two frames, on links that lose nothing */
#define STEPS 40
/* [us] after which nothing is left of a loss: five for a source that is gone and of which nobody
 * says so, and a screen is given up after five of silence. */
#define AGREE (8 * US_PER_S)

static struct {
    struct browser *host, *guests[GUESTS];
    bool told; /* who leads */
} cast;

static struct browser *join(struct world *w, bool host, bool camera) {
    struct browser_options o = an_agent(w);
    o.host = host;
    o.camera = camera;
    o.screen = false;
    o.n_gallery = 3;
    o.feedback = true;
    o.far = w->far && world_below(w, 2);
    return world_join(w, &o);
}

static void cast_all(struct world *w) {
    cast.told = world_below(w, 2);
    if (w->seed % 2) {
        world_span(w);
    }
    struct browser *early = world_below(w, 2) ? join(w, false, true) : NULL;
    cast.host = join(w, true, true);
    run_connected(w); /* of two hosts the first is the one who came first */
    for (unsigned i = 0; i < GUESTS; i++) {
        cast.guests[i] = i == 0 && early ? early : join(w, false, true);
    }
    (void)join(w, false, false);
    (void)join(w, false, false);
    if (cast.told) {
        world_stage(w, NULL, cast.host);
    }
    run_connected(w);
    world_run_for(w, SWITCH);
}

static bool hears(struct world *w, struct browser *b, const struct browser *whom) {
    for (unsigned i = 0; i < 3; i++) {
        const struct play *p = browser_slot(b, SLOT_AUDIO, i);
        if (p->packets && play_shows(p) == (uint16_t)whom->params.participant &&
            w->now - p->last.at < GAP) {
            return true;
        }
    }
    return false;
}

static void each(struct world *w, const struct browser *holder,
                 void (*look)(struct world *w, struct browser *b, const struct browser *holder)) {
    for (unsigned i = 0; i < w->n_browsers && !w->failed; i++) {
        if (w->browsers[i] != holder && !w->browsers[i]->removed) {
            look(w, w->browsers[i], holder);
        }
    }
}

static void begin_look(struct world *w, struct browser *b, const struct browser *holder) {
    (void)w, (void)holder;
    browser_slot(b, SLOT_STAGE, 0)->longest = 0;
    browser_slot(b, SLOT_AUDIO, 0)->longest = 0;
}

/* The holder is on its stage and heard with it; and whoever leads is heard in any case. */
static void look(struct world *w, struct browser *b, const struct browser *holder) {
    expect_shows(w, browser_slot(b, SLOT_STAGE, 0), holder, SOURCE_CAMERA);
    expect_shows(w, browser_slot(b, SLOT_AUDIO, 0), holder, SOURCE_MICROPHONE);
    if (b != cast.host && cast.told && !w->failed && !hears(w, b, cast.host)) {
        world_fail(w, "browser %u does not hear who leads", b->number);
    }
}

static void end_look(struct world *w, struct browser *b, const struct browser *holder) {
    (void)holder;
    SIM_EXPECT(w, browser_slot(b, SLOT_STAGE, 0)->longest < GAP);
    SIM_EXPECT(w, browser_slot(b, SLOT_AUDIO, 0)->longest < GAP);
}

/* For so long the guests talk, each and all, and every other stage is the holder's at every moment
 * of it. */
static void talk(struct world *w, const struct browser *holder, us_t duration) {
    each(w, holder, begin_look);
    for (us_t end = w->now + duration; w->now < end && !w->failed;) {
        if (world_below(w, 10) == 0) {
            browser_speak(cast.guests[world_below(w, GUESTS)], world_below(w, 4) > 0);
        }
        world_run_for(w, 50 * US_PER_MS);
        each(w, holder, look);
    }
    each(w, holder, end_look);
}

static void hold(struct world *w, const struct browser *spotlight, const struct browser *lead) {
    world_stage(w, spotlight, lead);
    world_run_for(w, SWITCH);
}

void scenario_stage_held(struct world *w) {
    cast_all(w);
    struct browser *host = cast.host, *lead = cast.told ? host : NULL, *second = cast.guests[1];
    for (unsigned i = 0; i < GUESTS; i++) {
        browser_speak(cast.guests[i], true);
    }
    talk(w, host, 5 * US_PER_S);
    SIM_EXPECT(w, w->speaker != 0 && w->speaker != host->params.participant);
    hold(w, cast.guests[0], lead);
    talk(w, cast.guests[0], 2 * US_PER_S);
    hold(w, NULL, lead);
    talk(w, host, US_PER_S);
    world_host(w, second, true); /* a co-host, who came later, takes nothing */
    talk(w, host, 2 * US_PER_S);
    hold(w, NULL, second); /* handed over */
    talk(w, second, 2 * US_PER_S);
    world_leave(w, second);
    hold(w, NULL, lead);
    cast.guests[1] = cast.guests[2];
    talk(w, host, 2 * US_PER_S);
    expect_stages(w);
    expect_nothing_lost(w);
}

/* ---- rights ---- */

static struct browser *somebody(struct world *w) {
    struct browser *b = w->browsers[world_below(w, w->n_browsers)];
    return b->removed ? NULL : b;
}

static enum source_kind some_kind(struct world *w) {
    return SOURCE_MICROPHONE + world_below(w, 3);
}

static void joins(struct world *w) {
    struct browser_options o = world_below(w, 4) ? an_agent(w) : a_buyer(w);
    o.host = world_below(w, 4) == 0;
    o.far = w->far && world_below(w, 2);
    o.loudest_audio = world_below(w, 6) == 0;
    o.feedback = true;
    o.n_gallery = (uint8_t)world_below(w, 4);
    if (world_below(w, 4) == 0) {
        o = with_loss(w, o);
    }
    if (w->n_browsers < SIM_BROWSERS) {
        world_join(w, &o);
    }
}

static void publishes(struct world *w, struct browser *b) {
    enum source_kind kind = some_kind(w);
    if (b->pubs[kind] && b->phase == BROWSER_CONNECTED) {
        browser_publish(b, kind, !b->pubs[kind]->on);
    }
}

static void begins_anew(struct world *w) {
    if (!world_connected(w) || w->far) {
        return;
    }
    if (world_below(w, 2)) {
        world_rebuild(w);
    } else {
        world_crash(w, 0); /* what comes meanwhile would be missed */
    }
}

static void act(struct world *w, struct browser *b) {
    switch (world_below(w, 12)) {
    case 0:
    case 1:
    case 2:
        world_receive(w, b, some_kind(w), world_below(w, 2));
        break;
    case 3:
    case 4:
        world_mute(w, b, some_kind(w), world_below(w, 2));
        break;
    case 5:
        world_host(w, b, world_below(w, 2));
        break;
    case 6:
    case 7:
        world_stage(w, world_below(w, 2) ? somebody(w) : NULL,
                    world_below(w, 3) ? somebody(w) : NULL);
        break;
    case 8:
        world_pin(w, b, world_below(w, 2) ? somebody(w) : NULL);
        break;
    case 9:
        browser_speak(b, world_below(w, 2));
        break;
    case 10:
        begins_anew(w);
        break;
    default:
        publishes(w, b);
        break;
    }
}

/* Whatever is told in whatever order: nobody is ever sent what he may not receive, or what is
 * muted (invariant_content); and in the end everybody has what he should. */
void scenario_rights(struct world *w) {
    if (w->seed % 2) {
        world_span(w);
        w->relay.loss = world_below(w, 3) ? 0 : world_below(w, 300000);
        w->lossless = w->relay.loss == 0;
    }
    for (unsigned i = 0; i < 4; i++) {
        joins(w);
    }
    run_connected(w);
    for (unsigned i = 0; i < STEPS && !w->failed; i++) {
        struct browser *b = somebody(w);
        if (!b || world_below(w, 12) == 0) {
            joins(w);
        } else if (world_below(w, 30) == 0) {
            world_leave(w, b);
        } else {
            act(w, b);
        }
        world_run_for(w, world_below(w, 250) * US_PER_MS);
    }
    w->relay.loss = 0;
    world_run_for(w, AGREE);
    expect_stages(w);
}
