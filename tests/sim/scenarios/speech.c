/* Speech over networks that lose much: what of it is heard. */
#include "tests/sim/scenarios/scenarios.h"

#include <stdio.h>

#define TALK (60 * US_PER_S)
#define SETTLE (5 * US_PER_S) /* reports tell how much is lost */

static struct sim_link_config path(uint32_t loss) {
    return (struct sim_link_config){.delay = 20 * US_PER_MS, .jitter = US_PER_MS, .loss = loss};
}

static struct browser *join(struct world *w, bool speaks, bool red, uint32_t up, uint32_t down) {
    struct browser_options o = {.microphone = speaks,
                                .host = speaks,
                                .receives = !speaks,
                                .red = red,
                                .up = path(up),
                                .down = path(down)};
    return world_join(w, &o);
}

struct heard {
    uint64_t frames;
    uint32_t number;
};

static struct heard now_heard(struct browser *b) {
    const struct play *p = browser_slot(b, SLOT_AUDIO, 0);
    return (struct heard){.frames = p->frames, .number = p->last.content.frame};
}

/* Of ten thousand units of 20 ms that were said since then. */
static unsigned share(struct world *w, struct browser *b, const struct heard *since,
                      const char *name) {
    struct heard now = now_heard(b);
    uint32_t said = now.number - since->number;
    unsigned of = said ? (unsigned)((now.frames - since->frames) * 10000 / said) : 0;
    if (w->verbose) {
        printf("#   %s: %u of 10000 units of speech heard\n", name, of);
    }
    SIM_EXPECT(w, said > 2800);
    return of;
}

/* Ten of a hundred packets to a viewer are lost: a word has some fifteen. */
void scenario_speech10(struct world *w) {
    (void)join(w, true, false, 0, 0);
    struct browser *red = join(w, false, true, 0, 100000);
    struct browser *plain = join(w, false, false, 0, 100000);
    struct browser *well = join(w, false, true, 0, 0);
    w->lossless = false;
    run_connected(w);
    world_run_for(w, SETTLE);
    struct heard with = now_heard(red), without = now_heard(plain), clean = now_heard(well);
    uint64_t dear = red->bytes, cheap = well->bytes;
    world_run_for(w, TALK);
    SIM_EXPECT(w, share(w, red, &with, "with redundancy") >= 9900);
    SIM_EXPECT(w, share(w, plain, &without, "without") < 9300);
    SIM_EXPECT(w, share(w, well, &clean, "who loses nothing") == 10000);
    /* Who loses nothing pays nothing for it. */
    SIM_EXPECT(w, cheap > 0 && well->bytes - cheap < (red->bytes - dear) * 2 / 3);
}

/* Five of a hundred packets of who speaks are lost on their way to the server. */
void scenario_speech_upstream(struct world *w) {
    bool repeats = w->seed % 2 == 0;
    (void)join(w, true, repeats, 50000, 0);
    struct browser *b = join(w, false, true, 0, 0);
    w->lossless = false;
    run_connected(w);
    world_run_for(w, SETTLE);
    struct heard since = now_heard(b);
    world_run_for(w, TALK);
    unsigned of = share(w, b, &since, repeats ? "sent with redundancy" : "sent without");
    SIM_EXPECT(w, repeats ? of >= 9900 : of < 9700);
}

#define CROWD 100
#define SLOTS 3

/* Every slot of the viewer carries one of those from `first` on, each another one. */
static void expect_heard(struct world *w, struct browser *b, struct browser *const *crowd,
                         unsigned first) {
    unsigned seen = 0;
    for (unsigned i = 0; i < SLOTS; i++) {
        const struct play *p = browser_slot(b, SLOT_AUDIO, i);
        for (unsigned k = 0; k < SLOTS; k++) {
            bool is = play_shows(p) == (uint16_t)crowd[first + k]->params.participant;
            seen |= is && w->now - p->last.at < 100 * US_PER_MS ? 1u << k : 0;
        }
    }
    if (seen != (1u << SLOTS) - 1) {
        world_fail(w, "of the three who speak (from %u on) these are heard: %x", first, seen);
    }
}

static uint64_t packets_to(struct browser *b) {
    uint64_t n = 0;
    for (unsigned i = 0; i < SLOTS; i++) {
        n += browser_slot(b, SLOT_AUDIO, i)->packets;
    }
    return n;
}

static void speak(struct browser *const *crowd, unsigned first, bool on) {
    for (unsigned k = 0; k < SLOTS; k++) {
        browser_speak(crowd[first + k], on);
    }
}

/* A hundred open microphones: three are forwarded, those at which somebody speaks. */
void scenario_microphones100(struct world *w) {
    struct browser_options mic = {.microphone = true, .up = path(0), .down = path(0)};
    struct browser_options ear = {.receives = true, .up = path(0), .down = path(0)};
    struct browser *crowd[CROWD];
    for (unsigned i = 0; i < CROWD; i++) {
        crowd[i] = world_join(w, &mic);
        world_run_for(w, 10 * US_PER_MS);
    }
    struct browser *b = world_join(w, &ear);
    run_connected(w);
    for (unsigned first = 0; first + SLOTS <= CROWD && !w->failed; first += 32) {
        speak(crowd, first, true);
        world_run_for(w, 3 * US_PER_S); /* who spoke before is silent for 2 s */
        uint64_t before = packets_to(b);
        expect_heard(w, b, crowd, first);
        world_run_for(w, 5 * US_PER_S);
        expect_heard(w, b, crowd, first);
        uint64_t n = packets_to(b) - before;
        if (w->verbose) {
            printf("#   %llu packets of %u that came\n", (unsigned long long)n, CROWD * 250);
        }
        SIM_EXPECT(w, n >= SLOTS * 248 && n <= SLOTS * 252);
        speak(crowd, first, false);
    }
}
