/* Layers within one stream on a path that becomes narrow and wide again: every frame that comes can
 * be decoded, or the world fails (sim_play.c). */
#include "tests/sim/scenarios/scenarios.h"

#include <stdio.h>

#define KBIT 1000U
#define PHASE (12 * US_PER_S)
#define SETTLED (6 * US_PER_S)

static const struct video_options camera = {
    .rates = {1300 * KBIT, 330 * KBIT, 110 * KBIT}, .fps = 25, .svc = true};

static struct sim_link_config path(us_t delay) {
    return (struct sim_link_config){.delay = delay, .jitter = US_PER_MS};
}

/* One lost packet may cost a picture its upper sizes until it is repaired: not all looks count. */
static bool shows_largest(struct world *w, const struct play *p) {
    unsigned looks = 0;
    for (int i = 0; i < 10 && !w->failed; i++) {
        world_run_for(w, 100 * US_PER_MS);
        looks += p->last.content.spatial == SVC_SIZES - 1;
    }
    return looks >= 8;
}

/* Let a phase pass; the size that comes in most of what is left of it once it has settled. */
static unsigned at_rate(struct world *w, struct browser *b, struct play *p, uint64_t rate) {
    unsigned looks[SVC_SIZES] = {0}, most = 0;
    world_rate(w, &b->down, rate);
    world_run_for(w, SETTLED);
    for (us_t until = w->now + PHASE - SETTLED; !w->failed && w->now < until;) {
        world_run_for(w, 100 * US_PER_MS);
        looks[p->last.content.spatial]++;
    }
    for (unsigned i = 1; i < SVC_SIZES; i++) {
        most = looks[i] > looks[most] ? i : most;
    }
    if (w->verbose) {
        printf("#   at %llu kbit/s size %u (%u %u %u)\n", (unsigned long long)(rate / KBIT), most,
               looks[0], looks[1], looks[2]);
    }
    return most;
}

void scenario_svc(struct world *w) {
    struct browser_options o = {.camera = true,
                                .microphone = true,
                                .host = true,
                                .codec = CODEC_VP9,
                                .up = path(10 * US_PER_MS),
                                .down = path(10 * US_PER_MS)};
    o.up.loss = w->seed % 2 ? 10000 : 0; /* what is lost on the way to us is of any layer */
    o.video[SOURCE_CAMERA] = camera;
    (void)world_join(w, &o);
    run_connected(w);
    world_run_for(w, 1500 * US_PER_MS);
    struct browser_options v = {.receives = true, .feedback = true, .codec = CODEC_VP9};
    v.up = path(20 * US_PER_MS);
    v.down = path(20 * US_PER_MS);
    v.down.rate = 4000 * KBIT;
    v.down.queue = 200000;
    w->lossless = false;
    struct browser *narrow = world_join(w, &v);
    struct browser *wide = world_join(w, &v);
    run_connected(w);
    world_run_for(w, US_PER_S);
    struct play *p = browser_slot(narrow, SLOT_STAGE, 0), *q = browser_slot(wide, SLOT_STAGE, 0);
    p->longest = q->longest = 0;
    SIM_EXPECT(w, at_rate(w, narrow, p, 4000 * KBIT) == 2);
    SIM_EXPECT(w, at_rate(w, narrow, p, 500 * KBIT) == 1);
    SIM_EXPECT(w, at_rate(w, narrow, p, 2500 * KBIT) == 2);
    SIM_EXPECT(w, shows_largest(w, q));
    if (w->verbose) {
        printf("#   longest freeze %lld us, of the wide one %lld us\n", (long long)p->longest,
               (long long)q->longest);
    }
    SIM_EXPECT(w, p->longest < US_PER_S);
    SIM_EXPECT(w, q->longest < 400 * US_PER_MS);
}
