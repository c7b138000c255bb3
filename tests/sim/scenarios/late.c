/* Who comes late, behind a path of which nothing is known: what it takes to a picture, and what has
 * been sent in vain until then. */
#include "tests/sim/scenarios/scenarios.h"

#include <stdio.h>

#define KBIT 1000U
#define LOOK (5 * US_PER_MS)
#define WATCHED (8 * US_PER_S)
#define LIVE_FRAMES 25 /* behind the camera at most: a second */
#define KEY_FRAMES 5   /* a key frame is as large as so many others (sim_publish.c) */
#define IN_VAIN 70     /* packets: 25 kB and what a picture still takes */
#define FREEZE (900 * US_PER_MS)
#define LIVE (3 * US_PER_S)

static const struct kind {
    const char *name;
    struct video_options camera;
    uint8_t codec;
} kinds[] = {
    {"single", {.rates = {1500 * KBIT}, .fps = 25}, CODEC_VP8},
    {"simulcast", {.rates = {2500 * KBIT, 600 * KBIT, 150 * KBIT}, .fps = 25}, CODEC_VP8},
    {"svc", {.rates = {1300 * KBIT, 330 * KBIT, 110 * KBIT}, .fps = 25, .svc = true}, CODEC_VP9},
};
static const uint32_t rates[] = {200, 350, 500, 800, 2000}; /* [kbit/s] */
static const uint32_t rtts[] = {20, 100, 300};              /* [ms] */
#define COUNT(x) (sizeof(x) / sizeof((x)[0]))

struct late { /* what became of a viewer */
    us_t first, live, longest;
    uint64_t until_live; /* [bytes] that came to it */
    uint64_t in_vain;    /* packets replayed of what was given up */
    uint64_t replays, given_up, asked;
};

static struct sim_link_config path(us_t delay) {
    return (struct sim_link_config){.delay = delay, .jitter = US_PER_MS};
}

static uint64_t asked(const struct browser *a) {
    uint64_t n = 0;
    for (const struct publish *p = a->pubs[SOURCE_CAMERA]; p; p = p->lower) {
        n += p->plis;
    }
    return n;
}

static uint64_t keyframes(const struct browser *a) {
    uint64_t n = 0;
    for (const struct publish *p = a->pubs[SOURCE_CAMERA]; p; p = p->lower) {
        n += p->keyframes;
    }
    return n;
}

/* What it shows is hardly older than what the camera gives. */
static bool is_live(const struct world *w, const struct browser *a, const struct play *p) {
    const struct publish *x = a->pubs[SOURCE_CAMERA];
    const struct content *c = &p->last.content;
    while (x->lower && x->layer != c->layer) {
        x = x->lower;
    }
    uint32_t apart = x->frame - p->last_number;
    return p->frames > 0 && w->now - p->last_frame < 100 * US_PER_MS &&
           apart <= LIVE_FRAMES * (c->svc ? SVC_SIZES : 1);
}

static void watch(struct world *w, const struct browser *a, const struct browser_options *o,
                  struct late *ret) {
    const struct engine_counters *n = engine_counters(w->engine);
    uint64_t replays = n->replays, given = n->given_up, out = n->replayed_out, plis = asked(a);
    *ret = (struct late){.first = US_NEVER, .live = US_NEVER};
    struct browser *b = world_join(w, o);
    const struct play *p = browser_slot(b, SLOT_STAGE, 0);
    run_connected(w);
    us_t until = b->connected_at + WATCHED;
    while (!w->failed && w->now < until) {
        world_run_for(w, LOOK);
        if (n->given_up - given > ret->given_up) {
            ret->in_vain += n->replayed_out - out;
            out = n->replayed_out;
        }
        ret->given_up = n->given_up - given;
        if (ret->live == US_NEVER && is_live(w, a, p)) {
            ret->live = w->now - b->connected_at;
            ret->until_live = b->bytes;
            ret->asked = asked(a) - plis;
        }
    }
    ret->longest = p->longest;
    ret->first = p->frames > 0 ? p->first_frame - b->connected_at : US_NEVER;
    ret->replays = n->replays - replays;
    ret->asked = ret->live == US_NEVER ? asked(a) - plis : ret->asked;
}

/* Three seconds or more are kept of a camera. */
static struct browser *camera(struct world *w, const struct kind *k) {
    struct browser_options o = {.camera = true,
                                .microphone = true,
                                .host = true,
                                .codec = k->codec,
                                .up = path(10 * US_PER_MS),
                                .down = path(10 * US_PER_MS)};
    o.video[SOURCE_CAMERA] = k->camera;
    struct browser *a = world_join(w, &o);
    run_connected(w);
    world_run_for(w, 5 * US_PER_S);
    uint64_t keys = keyframes(a);
    while (!w->failed && keyframes(a) == keys) { /* the one that what is kept begins with */
        world_run_for(w, LOOK);
    }
    world_run_for(w, 1500 * US_PER_MS + world_below(w, 5000) * US_PER_MS);
    return a;
}

/* [us] A key frame takes so long on the way, with what goes before it and is not the picture. */
static us_t key_takes(const struct kind *k, uint32_t rate) {
    const uint32_t *rates_of = k->camera.rates;
    uint64_t stream = rates_of[1] ? rates_of[1] / 3 * 2 : rates_of[0];
    us_t key = (us_t)(stream * KEY_FRAMES * US_PER_S / k->camera.fps / (rate * KBIT));
    return key + key / 4 + 250 * US_PER_MS;
}

static void say(const struct world *w, const struct kind *k, uint32_t rate, us_t rtt,
                const struct late *l) {
    us_t first = l->first == US_NEVER ? -US_PER_MS : l->first;
    us_t live = l->live == US_NEVER ? -US_PER_MS : l->live;
    if (w->verbose) {
        printf("# late %s %u %lld first %lld live %lld kB %llu vain %llu replays %llu given_up "
               "%llu asked %llu longest %lld\n",
               k->name, rate, (long long)(rtt / US_PER_MS), (long long)(first / US_PER_MS),
               (long long)(live / US_PER_MS), (unsigned long long)(l->until_live / 1000),
               (unsigned long long)l->in_vain, (unsigned long long)l->replays,
               (unsigned long long)l->given_up, (unsigned long long)l->asked,
               (long long)(l->longest / US_PER_MS));
    }
}

/* Each of 45 seeds in a row has another camera, rate and round trip. */
void scenario_late(struct world *w) {
    const struct kind *k = &kinds[w->seed % COUNT(kinds)];
    uint32_t rate = rates[w->seed / COUNT(kinds) % COUNT(rates)];
    us_t rtt = rtts[w->seed / (COUNT(kinds) * COUNT(rates)) % COUNT(rtts)] * US_PER_MS;
    struct browser_options v = {
        .receives = true, .feedback = true, .codec = k->codec, .up = path(rtt / 2)};
    v.down = path(rtt / 2);
    v.down.rate = rate * KBIT;
    v.down.queue = rate * KBIT / 16 < 30000 ? 30000 : rate * KBIT / 16;
    w->lossless = false;
    const struct browser *a = camera(w, k);
    struct late l;
    watch(w, a, &v, &l);
    say(w, k, rate, rtt, &l);
    bool carried = k->camera.rates[1] && rate >= 350; /* some size of it */
    SIM_EXPECT(w, l.first < key_takes(k, rate));
    /* What gives the first up may find a smaller size in the cache: in_vain is what that costs. */
    SIM_EXPECT(w, l.replays == 1 || (!carried && l.replays == 2));
    SIM_EXPECT(w, rate > 500 || l.in_vain < IN_VAIN);
    SIM_EXPECT(w, !carried || (l.given_up <= 1 && l.longest < FREEZE && l.live < LIVE));
}
