/* What nobody watches is not encoded, and is back in time. */
#include "tests/sim/scenarios/scenarios.h"

#include <stdio.h>

#define KBIT 1000U

/* What the encoders of a camera make in that time [kbit/s]. */
static uint64_t made(struct world *w, const struct browser *a, us_t time) {
    uint64_t octets = 0;
    for (const struct publish *p = a->pubs[SOURCE_CAMERA]; p; p = p->lower) {
        octets -= p->octets;
    }
    world_run_for(w, time);
    for (const struct publish *p = a->pubs[SOURCE_CAMERA]; p; p = p->lower) {
        octets += p->octets;
    }
    return octets * 8 * US_PER_S / (uint64_t)time / KBIT;
}

static struct browser *publisher(struct world *w, us_t delay) {
    struct browser_options o = {.camera = true, .host = true, .obeys_layers = true};
    o.up = o.down = (struct sim_link_config){.delay = delay, .jitter = US_PER_MS};
    o.video[SOURCE_CAMERA] =
        (struct video_options){.rates = {2500 * KBIT, 600 * KBIT, 150 * KBIT}, .fps = 25};
    struct browser *b = world_join(w, &o);
    run_connected(w);
    return b;
}

static struct browser *watcher(struct world *w, us_t delay, bool far) {
    struct browser_options o = {.receives = true, .feedback = true, .far = far};
    o.up = (struct sim_link_config){.delay = delay, .jitter = US_PER_MS};
    o.down = o.up;
    o.down.rate = 8000 * KBIT;
    o.down.queue = 60000;
    struct browser *b = world_join(w, &o);
    run_connected(w);
    return b;
}

static struct publish *layer(const struct browser *a, unsigned number) {
    struct publish *p = a->pubs[SOURCE_CAMERA];
    for (; number > 0; number--) {
        p = p->lower;
    }
    return p;
}

/* Until it shows this layer; how long that took after the layer had been asked for, or from now on
 * when it never was away [us]. */
static us_t until_shows(struct world *w, const struct browser *a, const struct play *p,
                        unsigned number) {
    us_t asked = layer(a, number)->stopped ? 0 : w->now, limit = w->now + 8 * US_PER_S;
    while (!w->failed && (p->last.content.layer != number || w->now - p->last_frame > US_PER_S)) {
        const struct publish *x = layer(a, number);
        world_run_for(w, US_PER_MS);
        asked = asked == 0 && !(x->told_at ? x->told_stopped : x->stopped) ? w->now : asked;
        if (w->now > limit) {
            world_fail(w, "layer %u is not shown after 8 s", number);
        }
    }
    return w->now - (asked ? asked : w->now);
}

static void say(const struct world *w, const char *name, long long value, const char *unit) {
    if (w->verbose) {
        printf("#   %s %lld %s\n", name, value, unit);
    }
}

/* A viewer comes, falls behind a narrow path, and has a wide one again. */
static void watch(struct world *w, struct browser *a, bool far) {
    struct browser *v = watcher(w, (5 + world_below(w, 40)) * US_PER_MS, far);
    struct play *p = browser_slot(v, SLOT_STAGE, 0);
    us_t came = until_shows(w, a, p, 0);
    world_run_for(w, 8 * US_PER_S);
    SIM_EXPECT(w, layer(a, 1)->stopped && !layer(a, 0)->stopped);
    world_rate(w, &v->down, 450 * KBIT);
    world_run_for(w, 12 * US_PER_S);
    SIM_EXPECT(w, p->last.content.layer != 0);
    SIM_EXPECT(w, layer(a, 0)->stopped);
    uint64_t narrow = made(w, a, US_PER_S);
    p->longest = 0;
    world_rate(w, &v->down, 8000 * KBIT);
    us_t back = until_shows(w, a, p, 0);
    world_run_for(w, US_PER_S);
    say(w, "the large picture came", came, "us after it was asked for");
    say(w, "made for a narrow path", (long long)narrow, "kbit/s");
    say(w, "the large picture was back", back, "us after it was asked for");
    say(w, "longest without a picture", p->longest, "us");
    SIM_EXPECT(w, came < US_PER_S && back < US_PER_S);
    SIM_EXPECT(w, narrow < 1000);
    SIM_EXPECT(w, p->longest < 500 * US_PER_MS);
    world_leave(w, v);
}

void scenario_unwatched(struct world *w) {
    bool far = w->seed % 2;
    if (far) {
        world_span(w);
    }
    struct browser *a = publisher(w, (5 + world_below(w, 40)) * US_PER_MS);
    world_run_for(w, 2 * US_PER_S);
    uint64_t all = made(w, a, US_PER_S);
    world_run_for(w, 5 * US_PER_S);
    uint64_t alone = made(w, a, US_PER_S);
    say(w, "made of all layers", (long long)all, "kbit/s");
    say(w, "made for nobody", (long long)alone, "kbit/s");
    SIM_EXPECT(w, all > 2000 && alone < 200);
    watch(w, a, far);
    world_run_for(w, 8 * US_PER_S);
    SIM_EXPECT(w, made(w, a, US_PER_S) < 200);
    SIM_EXPECT(w, world_events(w, MEDIA_SOURCE_OFF, a->params.peer) == 0);
}

/* Of what was shown last; 0: the largest. */
static unsigned size_shown(const struct play *p) {
    const struct content *c = &p->last.content;
    return c->svc ? SVC_SIZES - 1u - c->spatial : c->layer;
}

/* As an encoder on a busy machine: key frames come late, one for all streams, and requests are let
 * pass that follow another one soon. */
static struct browser *slow_publisher(struct world *w, enum codec codec, unsigned ms,
                                      unsigned loss) {
    struct browser_options o = {.camera = true, .host = true, .codec = (uint8_t)codec};
    o.obeys_layers = world_below(w, 2);
    o.up = o.down = (struct sim_link_config){.delay = 10 * US_PER_MS, .jitter = US_PER_MS};
    o.down.loss = loss;
    o.video[SOURCE_CAMERA] = (struct video_options){.rates = {2500 * KBIT, 600 * KBIT, 150 * KBIT},
                                                    .fps = 25,
                                                    .key_after = (uint16_t)ms,
                                                    .key_gap = 300,
                                                    .keys_together = true,
                                                    .svc = codec == CODEC_VP9};
    struct browser *b = world_join(w, &o);
    run_connected(w);
    world_run_for(w, 3 * US_PER_S);
    return b;
}

/* A path becomes narrow, and key frames are slow or their requests get lost: the smaller picture
 * comes with the first one that is made for it, and the large one not again. */
void scenario_slow_keys(struct world *w) {
    static const uint8_t codecs[] = {CODEC_VP8, CODEC_H264, CODEC_VP9, CODEC_AV1};
    unsigned late = world_below(w, 2500), loss = world_below(w, 2) * world_below(w, 300000);
    struct browser_options v = {.receives = true, .feedback = true, .codec = codecs[w->seed % 4]};
    w->lossless = false;
    (void)slow_publisher(w, (enum codec)v.codec, late, loss);
    v.up.delay = v.down.delay = (5 + world_below(w, 40)) * US_PER_MS;
    v.down.rate = 8000 * KBIT;
    v.down.queue = 60000;
    struct browser *b = world_join(w, &v);
    struct play *p = browser_slot(b, SLOT_STAGE, 0);
    run_connected(w);
    world_run_for(w, 20 * US_PER_S);
    SIM_EXPECT(w, size_shown(p) == 0);
    b->down.c.queue = 500 * KBIT / 8 / 4;
    world_rate(w, &b->down, 500 * KBIT);
    us_t begun = w->now, smaller = 0;
    unsigned again = 0;
    while (!w->failed && w->now - begun < 20 * US_PER_S) {
        world_run_for(w, 10 * US_PER_MS);
        smaller = smaller == 0 && size_shown(p) > 0 ? w->now - begun : smaller;
        again += smaller > 0 && size_shown(p) == 0;
    }
    say(w, "a key frame takes", late, "ms");
    say(w, "requests lost", loss / 10000, "%");
    say(w, "a smaller picture after", smaller, "us");
    say(w, "large again", again, "looks");
    us_t most = (late + (loss ? 7000 : v.codec == CODEC_VP9 ? 3000 : 2000)) * US_PER_MS;
    SIM_EXPECT(w, smaller > 0 && smaller < most && again == 0);
}
