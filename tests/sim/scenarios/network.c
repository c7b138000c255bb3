/* Pictures as large as real ones over networks that are not good enough: what is repaired, what is
 * estimated, and who gets what of it. Each prints what it measured with -v. */
#include "tests/sim/scenarios/scenarios.h"
#include "tests/sim/sim_plot.h"

#include <stdio.h>

#define MBIT 1000000U
#define KBIT 1000U
#define STEP (50 * US_PER_MS)

static const struct video_options camera_alone = {.rates = {1500 * KBIT}, .fps = 25};
static const struct video_options camera_simulcast = {
    .rates = {2500 * KBIT, 600 * KBIT, 150 * KBIT}, .fps = 25};

static struct sim_link_config path(us_t delay) {
    return (struct sim_link_config){.delay = delay, .jitter = US_PER_MS};
}

static struct browser *camera(struct world *w, const struct video_options *v) {
    struct browser_options o = {.camera = true,
                                .microphone = true,
                                .host = true,
                                .up = path(10 * US_PER_MS),
                                .down = path(10 * US_PER_MS)};
    o.video[SOURCE_CAMERA] = *v;
    struct browser *b = world_join(w, &o);
    run_connected(w);
    world_run_for(w, 1500 * US_PER_MS); /* what it takes is known */
    return b;
}

static struct browser *viewer(struct world *w, const struct sim_link_config *down, us_t up) {
    struct browser_options o = {.receives = true, .feedback = true, .up = path(up), .down = *down};
    return world_join(w, &o);
}

static struct play *stage_of(struct browser *b) {
    return browser_slot(b, SLOT_STAGE, 0);
}

static uint64_t estimate_of(const struct world *w, const struct browser *b) {
    struct peer_stats s = {0};
    (void)engine_peer_stats(world_engine(w, b), b->params.peer, &s);
    return s.rate;
}

static void say(const struct world *w, const char *name, long long value, const char *unit) {
    if (w->verbose) {
        printf("#   %s %lld %s\n", name, value, unit);
    }
}

/* Let time pass and draw it. */
static void live(struct world *w, struct browser *b, us_t time) {
    us_t until = w->now + time;
    while (!w->failed && w->now < until) {
        world_run(w, us_min(until, w->now + STEP));
        plot_sample(w, b, estimate_of(w, b));
    }
}

/* Until the last packet that came ends a frame, so that frames can be counted. */
static void end_frame(struct world *w, struct browser *b, const struct play *p) {
    us_t limit = w->now + US_PER_S;
    while (!w->failed && !p->last.marker) {
        live(w, b, US_PER_MS);
        if (w->now > limit) {
            world_fail(w, "no frame ends for a second");
        }
    }
}

/* Five of a hundred packets to a viewer are lost. */
void scenario_loss5(struct world *w) {
    struct sim_link_config down = path(20 * US_PER_MS);
    struct samples repairs = {0};
    down.loss = 50000;
    (void)camera(w, &camera_alone);
    struct browser *b = viewer(w, &down, 20 * US_PER_MS);
    struct play *p = stage_of(b);
    run_connected(w);
    /* What is lost before the first packet that comes nobody can ask for. */
    while (!w->failed && p->frames == 0) {
        live(w, b, STEP);
        if (w->now - b->connected_at > 2 * US_PER_S) {
            world_fail(w, "no picture 2 s after the connection");
        }
    }
    live(w, b, US_PER_S);
    p->repairs = &repairs;
    end_frame(w, b, p);
    uint64_t before = p->frames;
    uint32_t number = p->last.content.frame;
    live(w, b, 20 * US_PER_S);
    end_frame(w, b, p);
    uint64_t decoded = p->frames - before, sent = p->last.content.frame - number;
    us_t p95 = samples_percentile(&repairs, 95), rtt = 40 * US_PER_MS;
    say(w, "frames decodable", (long long)(decoded * 10000 / (sent ? sent : 1)), "of 10000");
    say(w, "repair p50", samples_percentile(&repairs, 50), "us");
    say(w, "repair p95", p95, "us");
    say(w, "repairs", (long long)repairs.n, "");
    say(w, "packets given up", (long long)p->lost, "");
    say(w, "key frames asked for", (long long)p->plis, "");
    SIM_EXPECT(w, sent > 400 && decoded * 1000 >= sent * 999);
    SIM_EXPECT(w, repairs.n > 100 && p95 < rtt * 3 / 2);
    p->repairs = NULL;
    samples_free(&repairs);
}

/* Nothing comes for 200 ms, again and again. */
void scenario_bursts(struct world *w) {
    struct sim_link_config down = path(20 * US_PER_MS);
    (void)camera(w, &camera_alone);
    struct browser *b = viewer(w, &down, 20 * US_PER_MS);
    struct play *p = stage_of(b);
    us_t rtt = 42 * US_PER_MS, frame = US_PER_S / camera_alone.fps, worst = 0;
    w->lossless = false;
    run_connected(w);
    live(w, b, 2 * US_PER_S);
    for (unsigned i = 0; i < 8; i++) {
        b->down.down = true;
        live(w, b, 200 * US_PER_MS);
        b->down.down = false;
        /* What is sent now arrives after half a round trip; the gap is seen then. */
        us_t heard = w->now + rtt / 2;
        uint32_t newest = p->last.content.frame;
        while (!w->failed && (p->last.content.frame == newest || p->last_frame < heard)) {
            world_run_for(w, US_PER_MS);
            if (w->now > heard + 2 * US_PER_S) {
                world_fail(w, "no picture 2 s after a burst");
            }
        }
        worst = us_max(worst, w->now - heard);
        live(w, b, US_PER_S + world_below(w, 500) * US_PER_MS);
    }
    say(w, "worst recovery", worst, "us");
    SIM_EXPECT(w, worst < rtt + frame);
}

/* What the path is believed to carry [bit/s]: the estimate, which is of what has transport-wide
 * numbers, and what has none, so sound. */
static uint64_t carries(const struct world *w, const struct browser *b) {
    us_t time = us_max(w->now - b->connected_at, US_PER_S);
    return estimate_of(w, b) + (b->bytes - b->numbered) * 8 * US_PER_S / (uint64_t)time;
}

/* Four fifths of the path or more, and little more than it: for what is just being tried, and
 * because a probe of 15 ms tells a rate by some packets. */
static bool is_used(uint64_t carried, uint64_t rate) {
    return carried * 100 >= rate * 80 && carried * 100 <= rate * 106;
}

/* How long after the change of its rate the path is used [us]. */
static us_t settle(struct world *w, struct browser *b, uint64_t rate) {
    us_t changed = w->now, settled = US_NEVER;
    while (!w->failed && w->now < changed + 3 * US_PER_S) {
        live(w, b, STEP);
        bool used = is_used(carries(w, b), rate);
        settled = used && settled == US_NEVER ? w->now - changed : settled;
    }
    return settled;
}

static void at_rate(struct world *w, struct browser *b, uint64_t rate, us_t time) {
    world_rate(w, &b->down, rate);
    us_t until = w->now + time, settled = settle(w, b, rate);
    uint64_t sum = 0, n = 0, resizes = stage_of(b)->resizes;
    while (!w->failed && w->now < until) {
        live(w, b, STEP);
        sum += carries(w, b);
        n++;
    }
    uint64_t mean = sum / (n ? n : 1);
    resizes = stage_of(b)->resizes - resizes;
    say(w, "resizes", (long long)resizes, "");
    say(w, "settled after", settled, "us");
    say(w, "estimate and sound", (long long)(mean / KBIT), "kbit/s");
    SIM_EXPECT(w, resizes <= 2);
    SIM_EXPECT(w, settled <= 3 * US_PER_S);
    if (!is_used(mean, rate)) {
        world_fail(w, "%llu kbit/s are believed in on average where %llu are",
                   (unsigned long long)(mean / KBIT), (unsigned long long)(rate / KBIT));
    }
}

#define PHASE (12 * US_PER_S)

/* A key frame of 3.2 Mbit/s has 80 kB. One that stands before the path as that falls, or is sent
 * before anybody can know, takes 1.3 s of 0.5 Mbit/s, whatever is done then: pictures that are kept
 * have one every 10 s. */
#define UNDER_WAY (200 * US_PER_MS)
#define NOTICED (300 * US_PER_MS)
#define FREEZE_OF_KEY (1600 * US_PER_MS)

void scenario_bottleneck(struct world *w) {
    struct sim_link_config down = path(20 * US_PER_MS);
    struct samples waits = {0};
    down.rate = 4 * MBIT;
    down.queue = 400000;
    struct video_options source = camera_simulcast;
    source.rates[0] = 3200 * KBIT;
    const struct publish *large = camera(w, &source)->pubs[SOURCE_CAMERA];
    struct browser *b = viewer(w, &down, 20 * US_PER_MS);
    struct play *p = stage_of(b);
    run_connected(w);
    b->down.waits = &waits;
    p->longest = 0;
    at_rate(w, b, 4 * MBIT, PHASE - UNDER_WAY);
    uint64_t keys = large->keyframes;
    live(w, b, UNDER_WAY);
    world_rate(w, &b->down, 500 * KBIT);
    live(w, b, NOTICED);
    us_t most = large->keyframes == keys ? US_PER_S : FREEZE_OF_KEY;
    at_rate(w, b, 500 * KBIT, PHASE - NOTICED);
    at_rate(w, b, 2 * MBIT, PHASE);
    us_t p95 = samples_percentile(&waits, 95);
    say(w, "queue delay p95", p95, "us");
    say(w, "longest freeze", p->longest, "us");
    SIM_EXPECT(w, p95 < 100 * US_PER_MS);
    SIM_EXPECT(w, p->longest < most);
    b->down.waits = NULL;
    samples_free(&waits);
}

/* A path that carries a size in its best moments only. */
void scenario_edge(struct world *w) {
    struct sim_link_config down = path((10 + world_below(w, 40)) * US_PER_MS);
    down.rate = (540 + world_below(w, 100)) * KBIT;
    down.queue = 30000;
    struct video_options source = {.rates = {1700 * KBIT, 420 * KBIT, 150 * KBIT}, .fps = 25};
    (void)camera(w, &source);
    struct browser *b = viewer(w, &down, 20 * US_PER_MS);
    struct play *p = stage_of(b);
    run_connected(w);
    live(w, b, 10 * US_PER_S);
    p->longest = 0;
    say(w, "path", (long long)(down.rate / KBIT), "kbit/s");
    for (unsigned minute = 0; minute < 2; minute++) {
        uint64_t before = p->resizes;
        live(w, b, 60 * US_PER_S);
        uint64_t resizes = p->resizes - before;
        say(w, "resizes in a minute", (long long)resizes, "");
        SIM_EXPECT(w, resizes <= 12);
    }
    say(w, "longest freeze", p->longest, "us");
    SIM_EXPECT(w, p->longest < US_PER_S);
}

/* Less than what is guessed, and no room for what is sent meanwhile. */
void scenario_narrow(struct world *w) {
    struct sim_link_config down = path((10 + world_below(w, 40)) * US_PER_MS);
    down.rate = (300 + world_below(w, 100)) * KBIT;
    down.queue = 30000;
    (void)camera(w, &camera_simulcast);
    struct browser *b = viewer(w, &down, 20 * US_PER_MS);
    struct play *p = stage_of(b);
    run_connected(w);
    live(w, b, 10 * US_PER_S);
    us_t first = p->frames > 0 ? p->first_frame - b->connected_at : US_NEVER;
    say(w, "first picture", first, "us");
    say(w, "longest freeze", p->longest, "us");
    say(w, "frames", (long long)p->frames, "of 250");
    SIM_EXPECT(w, first < US_PER_S);
    SIM_EXPECT(w, p->longest < US_PER_S);
}

/* What a path carries decides what its viewer gets. */
static uint8_t layer_for(uint64_t rate) {
    return rate >= 3200 * KBIT ? 0 : rate >= 800 * KBIT ? 1 : 2;
}

#define FIFTY 50
#define LOOKS 10

/* Key frames come every second where so many choose, and each may cost a narrow path its layer for
 * a moment: nine of ten looks find what should be, and of each viewer's most do. */
static void expect_layers(struct world *w, struct browser *const *viewers, const unsigned *right) {
    unsigned sum = 0;
    for (unsigned i = 0; i < FIFTY && !w->failed; i++) {
        const struct play *p = stage_of(viewers[i]);
        sum += right[i];
        if (right[i] * 2 <= LOOKS) {
            world_fail(w, "viewer %u with %llu kbit/s has layer %u (%lld us ago), estimate %llu", i,
                       (unsigned long long)(viewers[i]->down.c.rate / KBIT), p->last.content.layer,
                       (long long)(w->now - p->last_frame),
                       (unsigned long long)(estimate_of(w, viewers[i]) / KBIT));
        }
    }
    say(w, "looks that found the right layer", sum, "of 500");
    SIM_EXPECT(w, sum * 10 >= FIFTY * LOOKS * 9);
}

void scenario_fifty(struct world *w) {
    /* [kbit/s] 4000 for the largest: with a tenth more than it takes a key frame, five times as
     * large as another, waits for two seconds (what becomes of such a path: scenario_edge). */
    static const uint64_t rates[] = {250, 400, 1100, 1400, 1800, 4000, 5000, 8000};
    struct browser *viewers[FIFTY];
    unsigned right[FIFTY] = {0};
    uint64_t resizes = 0; /* of all */
    (void)camera(w, &camera_simulcast);
    for (unsigned i = 0; i < FIFTY; i++) {
        struct sim_link_config down = path((5 + world_below(w, 60)) * US_PER_MS);
        down.rate = rates[i % (sizeof(rates) / sizeof(rates[0]))] * KBIT;
        down.queue = (uint32_t)(down.rate / 8 / 2); /* half a second */
        down.queue = down.queue > 20000 ? down.queue : 20000;
        viewers[i] = viewer(w, &down, 10 * US_PER_MS);
        world_run_for(w, 20 * US_PER_MS);
    }
    run_connected(w);
    live(w, viewers[2], 10 * US_PER_S);
    for (unsigned i = 0; i < FIFTY; i++) {
        resizes -= stage_of(viewers[i])->resizes;
    }
    for (unsigned k = 0; k < LOOKS; k++) {
        live(w, viewers[2], 500 * US_PER_MS);
        for (unsigned i = 0; i < FIFTY; i++) {
            const struct play *p = stage_of(viewers[i]);
            right[i] += p->last.content.layer == layer_for(viewers[i]->down.c.rate) &&
                        w->now - p->last_frame < US_PER_S;
        }
    }
    expect_layers(w, viewers, right);
    for (unsigned i = 0; i < FIFTY; i++) {
        resizes += stage_of(viewers[i])->resizes;
    }
    say(w, "resizes of all in five seconds", (long long)resizes, "");
    SIM_EXPECT(w, resizes <= FIFTY / 5);
}

#define STORM 300

/* Nobody is asked for a key frame because somebody joins: the picture is kept. The scheduler asks
 * for one every 10 s, so that it can be. */
void scenario_storm(struct world *w) {
    struct browser_options o = {
        .receives = true, .up = path(10 * US_PER_MS), .down = path(10 * US_PER_MS)};
    struct browser *a = camera(w, &camera_alone);
    world_run_for(w, 500 * US_PER_MS);
    struct browser *first = world_join(w, &o);
    run_connected(w);
    world_run_for(w, US_PER_S);
    uint64_t asked = a->pubs[SOURCE_CAMERA]->plis, keys = a->pubs[SOURCE_CAMERA]->keyframes;
    SIM_EXPECT(w, stage_of(first)->frames > 0);
    us_t begun = w->now;
    o.feedback = true;
    for (unsigned i = 1; i < STORM && !w->failed; i++) {
        (void)world_join(w, &o);
        world_run(w, begun + i * (10 * US_PER_S / STORM));
    }
    run_connected(w);
    live(w, first, US_PER_S);
    asked = a->pubs[SOURCE_CAMERA]->plis - asked;
    keys = a->pubs[SOURCE_CAMERA]->keyframes - keys;
    struct samples waits = {0};
    for (unsigned i = 1; i < w->n_browsers && !w->failed; i++) {
        const struct browser *b = w->browsers[i];
        const struct play *p = stage_of(w->browsers[i]);
        if (p->frames == 0) {
            world_fail(w, "viewer %u has no picture", i);
        }
        samples_add(&waits, p->first_frame - b->connected_at);
    }
    say(w, "key frames asked", (long long)asked, "");
    say(w, "key frames sent", (long long)keys, "");
    say(w, "first picture p50", samples_percentile(&waits, 50), "us");
    say(w, "first picture p99", samples_percentile(&waits, 99), "us");
    SIM_EXPECT(w, asked <= (uint64_t)((w->now - begun) / (10 * US_PER_S)) + 1);
    SIM_EXPECT(w, samples_percentile(&waits, 99) < 200 * US_PER_MS);
    samples_free(&waits);
}

/* A share at three hundred kilobits: every letter, less often. */
void scenario_share(struct world *w) {
    struct sim_link_config down = path(20 * US_PER_MS);
    down.rate = 300 * KBIT;
    down.queue = 40000;
    struct browser_options o = {
        .screen = true, .host = true, .up = path(10 * US_PER_MS), .down = path(10 * US_PER_MS)};
    o.video[SOURCE_SCREEN] =
        (struct video_options){.rates = {400 * KBIT, 100 * KBIT}, .fps = 15, .temporal = true};
    struct browser *a = world_join(w, &o);
    struct browser *b = viewer(w, &down, 20 * US_PER_MS);
    struct play *p = stage_of(b);
    run_connected(w);
    browser_publish(a, SOURCE_SCREEN, true);
    live(w, b, 5 * US_PER_S);
    uint64_t before = p->frames;
    unsigned small = 0;
    for (unsigned i = 0; i < 10 && !w->failed; i++) {
        live(w, b, US_PER_S);
        small += p->last.content.layer != 0;
    }
    uint64_t fps10 = p->frames - before;
    say(w, "frames a second", (long long)fps10, "tenths");
    say(w, "seconds at reduced size", small, "");
    SIM_EXPECT(w, small == 0);
    SIM_EXPECT(w, fps10 >= 30 && fps10 < 145);
    SIM_EXPECT(w, p->lost == 0);
}

void scenario_fair(struct world *w) {
    struct sim_link_config down = path(20 * US_PER_MS);
    down.rate = 3 * MBIT;
    down.queue = 150000;
    struct video_options source = {.rates = {2800 * KBIT, 1000 * KBIT, 300 * KBIT}, .fps = 25};
    (void)camera(w, &source);
    struct browser *one = viewer(w, &down, 20 * US_PER_MS);
    struct browser *other = viewer(w, &down, 20 * US_PER_MS);
    other->way = &one->down;
    run_connected(w);
    live(w, w->seed % 2 ? other : one, 10 * US_PER_S);
    uint64_t bytes[2] = {one->bytes, other->bytes};
    live(w, w->seed % 2 ? other : one, 20 * US_PER_S);
    uint64_t x = one->bytes - bytes[0], y = other->bytes - bytes[1];
    say(w, "one", (long long)(x * 8 / 20 / KBIT), "kbit/s");
    say(w, "the other", (long long)(y * 8 / 20 / KBIT), "kbit/s");
    SIM_EXPECT(w, x * 100 <= y * 130 && y * 100 <= x * 130);
    SIM_EXPECT(w, (x + y) * 8 / 20 > 3 * MBIT / 2);
}

/* What a publisher sends on average [bit/s], from 8 s after a change on. */
static uint64_t sends_at(struct world *w, struct browser *a, struct browser *b, uint64_t rate) {
    world_rate(w, &a->up, rate);
    live(w, b, 8 * US_PER_S);
    uint64_t before = a->up.bytes;
    live(w, b, 6 * US_PER_S);
    uint64_t mean = (a->up.bytes - before) * 8 / 6;
    say(w, "sends", (long long)(mean / KBIT), "kbit/s");
    return mean;
}

/* A publisher that knows only REMB, on a path that becomes narrow. */
void scenario_uplink(struct world *w) {
    struct samples waits = {0};
    struct browser_options o = {.camera = true,
                                .microphone = true,
                                .host = true,
                                .follows_remb = true,
                                .up = path(20 * US_PER_MS),
                                .down = path(20 * US_PER_MS)};
    struct sim_link_config down = path(10 * US_PER_MS);
    o.video[SOURCE_CAMERA] = (struct video_options){.rates = {3500 * KBIT}, .fps = 25};
    o.up.rate = 4 * MBIT;
    o.up.queue = 60000;
    w->lossless = false;
    struct browser *a = world_join(w, &o);
    struct browser *b = viewer(w, &down, 10 * US_PER_MS);
    struct play *p = stage_of(b);
    run_connected(w);
    a->up.waits = &waits;
    SIM_EXPECT(w, sends_at(w, a, b, 4 * MBIT) > 2800 * KBIT);
    p->longest = 0;
    uint64_t narrow = sends_at(w, a, b, 500 * KBIT);
    SIM_EXPECT(w, narrow > 325 * KBIT && narrow < 510 * KBIT);
    SIM_EXPECT(w, sends_at(w, a, b, 2 * MBIT) > 1300 * KBIT);
    us_t p95 = samples_percentile(&waits, 95);
    say(w, "queue delay p95", p95, "us");
    say(w, "longest freeze", p->longest, "us");
    SIM_EXPECT(w, p95 < 300 * US_PER_MS);
    SIM_EXPECT(w, p->longest < 3 * US_PER_S);
    a->up.waits = NULL;
    samples_free(&waits);
}

/* Everything at once: a train. */
void scenario_rough(struct world *w) {
    struct sim_link_config down = {.rate = 1500 * KBIT,
                                   .queue = 90000,
                                   .delay = 30 * US_PER_MS,
                                   .jitter = 15 * US_PER_MS,
                                   .loss = 10000,
                                   .bad_enter = 500,
                                   .bad_leave = 100000,
                                   .bad_loss = 700000,
                                   .reorder = 5000,
                                   .reorder_by = 20 * US_PER_MS,
                                   .duplicate = 5000,
                                   .blackout = US_PER_S,
                                   .blackout_every = 10 * US_PER_S};
    w->lossless = false;
    (void)camera(w, &camera_simulcast);
    struct browser *b = viewer(w, &down, 30 * US_PER_MS);
    struct play *p = stage_of(b);
    run_connected(w);
    live(w, b, 8 * US_PER_S);
    p->longest = 0;
    uint64_t before = p->frames;
    live(w, b, 30 * US_PER_S);
    say(w, "frames a second", (long long)((p->frames - before) / 3), "tenths");
    say(w, "longest freeze", p->longest, "us");
    SIM_EXPECT(w, p->longest < 3 * US_PER_S);
    SIM_EXPECT(w, p->frames - before > 30 * 25 / 2);
}
