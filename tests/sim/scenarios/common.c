#include "tests/sim/scenarios/scenarios.h"

#define X(name) {#name, scenario_##name, 1},
#define Y(name, one_in) {#name, scenario_##name, one_in},
const struct scenario scenarios[] = {SCENARIOS(X) HEAVY_SCENARIOS(Y)};
#undef X
#undef Y
const unsigned n_scenarios = sizeof(scenarios) / sizeof(scenarios[0]);

struct sim_link_config link_clean(struct world *w) {
    return (struct sim_link_config){.delay = (5 + world_below(w, 36)) * US_PER_MS,
                                    .jitter = world_below(w, 4) * US_PER_MS};
}

struct sim_link_config link_lossy(struct world *w) {
    struct sim_link_config c = link_clean(w);
    if (world_below(w, 2)) {
        c.loss = 10000 + world_below(w, 40000);
    } else { /* bursts of about five packets, 2 % of the time */
        c.bad_enter = 4000;
        c.bad_leave = 200000;
        c.bad_loss = 800000;
    }
    return c;
}

struct browser_options an_agent(struct world *w) {
    return (struct browser_options){.microphone = true,
                                    .camera = true,
                                    .screen = true,
                                    .host = true,
                                    .consent = true,
                                    .receives = true,
                                    .feedback = world_below(w, 4) > 0,
                                    .n_gallery = 2,
                                    .announce_ssrc = world_below(w, 2) == 1,
                                    .up = link_clean(w),
                                    .down = link_clean(w)};
}

struct browser_options a_buyer(struct world *w) {
    return (struct browser_options){.microphone = true,
                                    .receives = true,
                                    .feedback = world_below(w, 4) > 0,
                                    .n_gallery = 2,
                                    .announce_ssrc = world_below(w, 2) == 1,
                                    .up = link_clean(w),
                                    .down = link_clean(w)};
}

struct browser_options with_loss(struct world *w, struct browser_options o) {
    o.up = link_lossy(w);
    o.down = link_lossy(w);
    return o;
}

void run_connected(struct world *w) {
    us_t limit = w->now + 5 * US_PER_S;
    while (!w->failed && !world_connected(w)) {
        world_run_for(w, 5 * US_PER_MS);
        if (w->now > limit) {
            world_fail(w, "not everybody is connected after 5 s");
        }
    }
}

void expect_shows(struct world *w, const struct play *p, const struct browser *whom,
                  enum source_kind source) {
    const struct content *c = &p->last.content;
    if (w->failed) {
        return;
    }
    if (!p->packets || c->participant != (uint16_t)whom->params.participant || c->kind != source) {
        world_fail(w, "%s slot %u shows %s of %u, not %s of %u", slot_kind_name(p->line->slot),
                   p->line->slot_index, source_kind_name(c->kind), c->participant,
                   source_kind_name(source), (unsigned)whom->params.participant);
    } else if (w->now - p->last_frame > 500 * US_PER_MS) {
        world_fail(w, "%s slot %u has been frozen for %lld us", slot_kind_name(p->line->slot),
                   p->line->slot_index, (long long)(w->now - p->last_frame));
    }
}

void expect_rate(struct world *w, const struct play *p, us_t since, uint64_t frames_before,
                 unsigned percent) {
    us_t each = p->video ? US_PER_S / VIDEO_FPS : AUDIO_PTIME;
    uint64_t full = (uint64_t)((w->now - since) / each), got = p->frames - frames_before;
    if (got * 100 < full * percent) {
        world_fail(w, "mid %s: %llu frames of %llu", p->line->mid, (unsigned long long)got,
                   (unsigned long long)full);
    }
}

void expect_nothing_lost(struct world *w) {
    for (unsigned i = 0; i < w->n_browsers; i++) {
        for (unsigned k = 0; k < w->browsers[i]->n_plays; k++) {
            const struct play *p = w->browsers[i]->plays[k];
            if (p->lost > 0) {
                world_fail(w, "browser %u mid %s lost %llu packets on links without loss", i,
                           p->line->mid, (unsigned long long)p->lost);
            }
        }
    }
}
