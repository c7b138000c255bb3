/* One tour on two workers. */
#include "tests/sim/scenarios/scenarios.h"

#define STEPS 16
#define SOURCE_MASK(p, kind) (1ULL << (4 * ((p)-100) + (kind))) /* of participants from 100 on */
/* [us] after which nothing is left of a loss: five for a source that is gone and of which nobody
 * says so, and a screen is given up after five of silence. */
#define AGREE (8 * US_PER_S)
#define HOLES 5

static struct browser_options far(struct browser_options o) {
    o.far = true;
    return o;
}

static bool is_video(enum source_kind kind) {
    return kind == SOURCE_CAMERA || kind == SOURCE_SCREEN;
}

/* Pictures or sounds that somebody sends whom b may see. */
static uint64_t sent_to(const struct world *w, const struct browser *b, bool video) {
    uint64_t set = 0;
    for (unsigned i = 0; i < w->n_browsers; i++) {
        const struct browser *x = w->browsers[i];
        for (enum source_kind k = SOURCE_MICROPHONE; k < SOURCE_KIND_COUNT; k++) {
            const struct publish *p = x->pubs[k];
            bool flows = p && p->on && !p->muted && !x->removed && !x->silent;
            if (flows && x != b && is_video(k) == video) {
                set |= SOURCE_MASK(x->params.participant, k);
            }
        }
    }
    return set;
}

/* And those that it has been told to get, and gets. */
static uint64_t shown_to(struct world *w, const struct browser *b, bool video) {
    uint64_t set = 0;
    for (unsigned i = 0; i < b->n_plays; i++) {
        const struct play *p = b->plays[i];
        if (p->video != video || p->told == 0) {
            continue;
        }
        set |= SOURCE_MASK(p->told, p->told_kind);
        if (play_shows(p) != (uint16_t)p->told || w->now - p->last_frame > 700 * US_PER_MS) {
            world_fail(w, "browser %u mid %s: %llu is told, %u is shown since %lld us", b->number,
                       p->line->mid, (unsigned long long)p->told, play_shows(p),
                       (long long)(w->now - p->last_frame));
        }
    }
    return set;
}

static unsigned count(uint64_t set) {
    return (unsigned)__builtin_popcountll(set);
}

/* All of them, when there is room; a gallery has no screens, so of several one is shown. */
static bool is_whole(const struct browser *b, bool video, uint64_t sent, uint64_t shown) {
    const uint64_t screens = 0x8888888888888888ULL;
    unsigned room = video ? 1U + b->o.n_gallery : 3;
    bool one = count(sent & screens) <= 1 || count(shown & screens) == 1;
    return count(sent) > room ||
           ((sent & ~shown & ~screens) == 0 && one && (shown == sent || count(sent & screens) > 1));
}

/* Who only watches sees the same on the stage, wherever it is. */
static void expect_one_stage(struct world *w) {
    const struct play *first = NULL;
    for (unsigned i = 0; i < w->n_browsers; i++) {
        struct browser *b = w->browsers[i];
        if (b->removed || b->pubs[SOURCE_CAMERA] || b->pubs[SOURCE_SCREEN]) {
            continue;
        }
        const struct play *p = browser_slot(b, SLOT_STAGE, 0);
        first = first ? first : p;
        if (p->told != first->told || p->told_kind != first->told_kind) {
            world_fail(w, "browser %u has %llu on the stage, another one %llu", i,
                       (unsigned long long)p->told, (unsigned long long)first->told);
        }
    }
}

static void expect_agreement(struct world *w) {
    expect_one_stage(w);
    for (unsigned i = 0; i < w->n_browsers; i++) {
        const struct browser *b = w->browsers[i];
        for (unsigned video = 0; !b->removed && video < 2; video++) {
            uint64_t sent = sent_to(w, b, video), shown = shown_to(w, b, video);
            if ((shown & ~sent) || !is_whole(b, video, sent, shown)) {
                world_fail(w, "browser %u is shown %llx of %llx", i, (unsigned long long)shown,
                           (unsigned long long)sent);
            }
        }
    }
}

/* The recorder has every source that may be recorded, and no other. */
static void expect_tapped(struct world *w) {
    uint64_t tapped = 0, sent = 0;
    for (unsigned i = 0; i < w->tap.n; i++) {
        const struct tap_source *s = &w->tap.sources[i];
        tapped |= s->on ? SOURCE_MASK(s->participant, s->kind) : 0;
    }
    for (unsigned i = 0; i < w->n_browsers; i++) {
        const struct browser *x = w->browsers[i];
        uint64_t its = 15ULL << (4 * i);
        sent |= x->params.record_consent ? its : 0;
    }
    sent &= sent_to(w, NULL, true) | sent_to(w, NULL, false);
    if (tapped != (w->tapping ? sent : 0)) {
        world_fail(w, "the recorder has %llx of %llx", (unsigned long long)tapped,
                   (unsigned long long)sent);
    }
}

/* Two cameras, a screen to share and two who watch, on either worker. */
static void join_all(struct world *w) {
    struct browser_options agent = an_agent(w), buyer = a_buyer(w);
    buyer.n_gallery = 3;
    /* Whoever reports losses only takes those between workers for its own path's. */
    agent.feedback = buyer.feedback = true;
    world_span(w);
    world_join(w, &agent);
    agent.host = false;
    agent = far(agent);
    world_join(w, &agent);
    world_join(w, &buyer);
    buyer = far(buyer);
    world_join(w, &buyer);
    run_connected(w);
}

void scenario_tour_on_two_workers(struct world *w) {
    join_all(w);
    world_tap(w, true);
    browser_speak(w->browsers[1], true);
    browser_publish(w->browsers[0], SOURCE_SCREEN, true);
    world_run_for(w, 3 * US_PER_S);
    expect_agreement(w);
    expect_tapped(w);
    SIM_EXPECT(w, w->speaker == w->browsers[1]->params.participant);
    for (unsigned i = 2; i < 4; i++) {
        expect_shows(w, browser_slot(w->browsers[i], SLOT_STAGE, 0), w->browsers[0], SOURCE_SCREEN);
    }
    expect_nothing_lost(w);
    SIM_EXPECT(w, w->relay.carried > 100);
    SIM_EXPECT(w, engine_counters(w->engine)->relay_dropped == 0);
}

static enum source_kind some_source(struct world *w, const struct browser *b) {
    enum source_kind kind = SOURCE_MICROPHONE + world_below(w, 3);
    return b->pubs[kind] ? kind : SOURCE_MICROPHONE;
}

static void act(struct world *w) {
    struct browser *b = w->browsers[world_below(w, w->n_browsers)];
    enum source_kind kind = some_source(w, b);
    struct browser_options o = world_below(w, 2) ? an_agent(w) : a_buyer(w);
    o.far = world_below(w, 2) == 1;
    o.feedback = true;
    unsigned what = world_below(w, 7);
    if (what == 6) {
        if (w->n_browsers < SIM_BROWSERS) {
            world_join(w, &o);
        }
    } else if (b->removed || b->phase != BROWSER_CONNECTED) {
        return;
    } else if (what == 0) {
        world_leave(w, b);
    } else if (what == 1) {
        world_mute(w, b, kind, !b->pubs[kind]->muted);
    } else if (what == 2) {
        world_consent(w, b, !b->params.record_consent);
    } else if (what == 3) {
        world_tap(w, world_below(w, 3) > 0);
    } else if (what == 4) {
        browser_speak(b, world_below(w, 2));
    } else {
        browser_publish(b, kind, !b->pubs[kind]->on);
    }
}

/* Whatever gets lost while everything changes: when it has stopped for a while, everybody sees and
 * hears who is there and nobody else, and so does the recorder. */
void scenario_workers_agree_after_loss(struct world *w) {
    join_all(w);
    w->lossless = false; /* packets between workers are not repaired */
    w->expect_stray = true;
    world_tap(w, true);
    w->relay.loss = 50000 + world_below(w, 500000);
    for (unsigned i = 0; i < STEPS && !w->failed; i++) {
        if (world_below(w, 3) == 0) {
            w->relay.full_until[world_below(w, 2)] = w->now + world_below(w, 2000) * US_PER_MS;
        }
        act(w);
        world_run_for(w, world_below(w, 400) * US_PER_MS);
    }
    w->relay.loss = 0;
    w->relay.full_until[0] = w->relay.full_until[1] = 0;
    world_run_for(w, AGREE);
    SIM_EXPECT(w, w->relay.lost > 0);

    expect_agreement(w);
    expect_tapped(w);
}

/* What the camera gives differs by seed: a small picture, simulcast, and sizes within a stream. */
static const struct video_options cameras[] = {
    {.fps = 0},
    {.rates = {1700000, 420000, 150000}, .fps = 25},
    {.rates = {1300000, 330000, 110000}, .fps = 25, .svc = true}};

static uint64_t asked_of(const struct browser *b) {
    uint64_t plis = 0;
    for (const struct publish *p = b->pubs[SOURCE_CAMERA]; p; p = p->lower) {
        plis += p->plis;
    }
    return plis;
}

/* Seconds after it has begun the tour comes to another worker, with the first who joins there: he
 * has a picture in less than that [us]. Returns how often the agent has been asked for one then. */
static uint64_t spread(struct world *w, uint32_t loss, us_t limit) {
    struct browser_options agent = an_agent(w), buyer = far(a_buyer(w));
    agent.video[SOURCE_CAMERA] = cameras[w->seed % (sizeof(cameras) / sizeof(cameras[0]))];
    agent.codec = buyer.codec = agent.video[SOURCE_CAMERA].svc ? CODEC_VP9 : CODEC_VP8;
    buyer.feedback = true;
    w->lossless = loss == 0;
    struct browser *a = world_join(w, &agent);
    run_connected(w);
    world_run_for(w, US_PER_S + world_below(w, 7000) * US_PER_MS);
    uint64_t before = asked_of(a);
    w->relay.loss = loss;
    world_span(w);
    struct browser *b = world_join(w, &buyer);
    run_connected(w);
    w->relay.loss = 0; /* what is live is not to be lost */
    const struct play *p = browser_slot(b, SLOT_STAGE, 0);
    for (us_t end = w->now + limit; !w->failed && w->now < end && p->frames == 0;) {
        world_run_for(w, 5 * US_PER_MS);
    }
    expect_shows(w, p, a, SOURCE_CAMERA);
    return asked_of(a) - before;
}

void scenario_tour_spreads(struct world *w) {
    uint64_t asked = spread(w, 0, 300 * US_PER_MS);
    SIM_EXPECT(w, asked == 0);
    SIM_EXPECT(w, engine_counters(w->far)->kept_in > 0);
    SIM_EXPECT(w, engine_counters(w->far)->kept_lost == 0);
    w->lossless = false; /* a larger size may have a key frame of its own */
    world_run_for(w, 3 * US_PER_S);
    expect_shows(w, browser_slot(w->browsers[1], SLOT_STAGE, 0), w->browsers[0], SOURCE_CAMERA);
}

/* What is lost of what he would have got costs a key frame, and a moment. */
void scenario_tour_spreads_with_loss(struct world *w) {
    (void)spread(w, 5000 + world_below(w, 300000), 2500 * US_PER_MS);
    world_run_for(w, AGREE);
    expect_agreement(w);
}

/* For a moment there is no room for what one worker tells the other, once in two seconds. Whoever
 * is shown the picture there waits for what is missing (VIDEO_PATIENCE) and has the next key frame
 * then, for which he has not had to ask: one each time. */
void scenario_workers_lose_packets(struct world *w) {
    struct browser_options agent = an_agent(w), buyer = far(a_buyer(w));
    buyer.feedback = true;
    world_span(w);
    const struct browser *a = world_join(w, &agent);
    struct browser *b = world_join(w, &buyer);
    run_connected(w);
    world_run_for(w, 3 * US_PER_S);
    struct play *p = browser_slot(b, SLOT_STAGE, 0);
    uint64_t before = asked_of(a);
    w->lossless = false;
    p->longest = 0;
    p->plis = 0;
    for (unsigned i = 0; i < HOLES && !w->failed; i++) {
        world_run_for(w, 2 * US_PER_S + world_below(w, 500) * US_PER_MS);
        w->relay.full_until[1] = w->now + (20 + world_below(w, 60)) * US_PER_MS;
    }
    world_run_for(w, 2 * US_PER_S);
    expect_shows(w, p, a, SOURCE_CAMERA);
    SIM_EXPECT(w, w->relay.lost > 0);
    SIM_EXPECT(w, asked_of(a) - before <= HOLES);
    SIM_EXPECT(w, p->plis == 0);
    SIM_EXPECT(w, p->longest < 1000 * US_PER_MS);
}
