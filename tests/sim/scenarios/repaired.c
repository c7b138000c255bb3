/* A share toward who is far away and loses packets at random: for how long it stands, with packets
 * that repair it (FlexFEC) beside what is asked for again, and without. */
#include "tests/sim/scenarios/scenarios.h"
#include "tests/sim/sim_fec.h"

#include <stdio.h>

#define KBIT 1000U
#define LOOK (10 * US_PER_MS)
#define SETTLED (10 * US_PER_S)
#define WATCHED (60 * US_PER_S)
#define STILL (250 * US_PER_MS) /* a picture that is asked for again once comes later */

struct still {
    us_t since, time; /* [us] the last picture, and what longer gaps have taken in all */
    uint64_t frames;
};

static void look(struct still *s, const struct play *p, us_t now, bool last) {
    if (p->frames == s->frames && !last) {
        return;
    }
    s->time += now - s->since > STILL ? now - s->since : 0;
    s->since = now;
    s->frames = p->frames;
}

static struct browser *join(struct world *w, uint32_t loss, bool repairs) {
    struct browser_options o = {.receives = true, .feedback = true, .repairs = repairs};
    o.up = (struct sim_link_config){.delay = 100 * US_PER_MS, .jitter = US_PER_MS};
    o.down = o.up;
    o.down.rate = 2000 * KBIT;
    o.down.queue = 100000;
    o.down.loss = loss;
    return world_join(w, &o);
}

static void say(const struct world *w, const char *who, const struct still *s,
                const struct browser *b, const struct play *p) {
    if (w->verbose) {
        printf("# repaired %s still %lld ms kB %llu again %llu fec %llu together %llu\n", who,
               (long long)(s->time / US_PER_MS), (unsigned long long)(b->bytes / 1000),
               (unsigned long long)p->repaired, (unsigned long long)(p->fec ? p->fec->packets : 0),
               (unsigned long long)(p->fec ? p->fec->together : 0));
    }
}

void scenario_repaired(struct world *w) {
    bool much = w->seed % 2; /* of the group that one packet repairs two get lost often */
    uint32_t loss = much ? 100000 : 50000; /* [1/1000000] */
    struct browser_options o = {.screen = true, .host = true};
    o.up = o.down = (struct sim_link_config){.delay = 10 * US_PER_MS, .jitter = US_PER_MS};
    o.video[SOURCE_SCREEN] = (struct video_options){.rates = {400 * KBIT}, .fps = 15};
    w->lossless = false;
    struct browser *a = world_join(w, &o);
    struct browser *b[2] = {join(w, loss, true), join(w, loss, false)};
    run_connected(w);
    browser_publish(a, SOURCE_SCREEN, true);
    world_run_for(w, SETTLED);
    struct still s[2] = {{.since = w->now}, {.since = w->now}};
    struct play *p[2] = {browser_slot(b[0], SLOT_STAGE, 0), browser_slot(b[1], SLOT_STAGE, 0)};
    for (us_t until = w->now + WATCHED; !w->failed && w->now < until;) {
        world_run_for(w, LOOK);
        look(&s[0], p[0], w->now, w->now >= until);
        look(&s[1], p[1], w->now, w->now >= until);
    }
    say(w, "with", &s[0], b[0], p[0]);
    say(w, "without", &s[1], b[1], p[1]);
    SIM_EXPECT(w, p[0]->frames > 600 && p[1]->frames > 400); /* of 900 and those before */
    SIM_EXPECT(w, p[0]->fec->together > 80);
    SIM_EXPECT(w, s[0].time < (much ? s[1].time / 5 * 4 : s[1].time / 2));
    SIM_EXPECT(w, b[0]->bytes < b[1]->bytes + b[1]->bytes / (much ? 4 : 5));
}
