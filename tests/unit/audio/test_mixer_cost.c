/* What mixing costs, printed; and that it is bounded, with a wide margin, for sanitizers slow it
 * down. */
#include "tests/unit/audio/mixing.h"

#include <time.h>

#define SOURCES 10
#define SECONDS 10

static double cpu_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void ignore(void *ctx, uint32_t output, us_t t, struct bytes opus) {
    (void)output;
    (void)t;
    *(size_t *)ctx += opus.n;
}

/* Packets of a voice, over and over. */
struct loop {
    uint8_t bytes[50][PACKET_MAX];
    size_t n[50];
};
static void record(struct loop *l, double amplitude) {
    struct voice v;
    voice_init_speech(&v, 220, amplitude);
    for (unsigned i = 0; i < 50; i++) {
        struct bytes p = voice_next(&v);
        memcpy(l->bytes[i], p.p, p.n);
        l->n[i] = p.n;
    }
    voice_free(&v);
}

/* Who sends: some hum, some have their microphones open and say nothing, and some say once in a
 * while that they are silent (DTX). */
struct crowd {
    unsigned humming, open, silent;
    uint8_t level; /* that the open ones tell */
};

/* The share of a core that they cost. */
static double share_of(const struct crowd *c) {
    static const uint8_t nothing[] = {0x78};
    static struct loop hum, quiet;
    size_t bytes = 0;
    struct mixer_sink sink = {&bytes, ignore, NULL};
    unsigned n = c->humming + c->open;
    record(&hum, 0.1);
    record(&quiet, 0.0001);
    struct mixer *m = mixer_new(&(struct mixer_config){0});
    CHECK(m && mixer_output(m, 1, 0) == OK);
    for (unsigned k = 0; k < n + c->silent; k++) {
        CHECK(mixer_input(m, k + 1) == OK);
    }
    double before = cpu_seconds();
    for (unsigned i = 0; i < SECONDS * 50; i++) {
        us_t t = i * 20 * MS;
        for (unsigned k = 0; k < n; k++) {
            const struct loop *l = k < c->humming ? &hum : &quiet;
            uint8_t level = k < c->humming ? 23 : c->level;
            struct bytes p = bytes_of(l->bytes[(i + 5 * k) % 50], l->n[(i + 5 * k) % 50]);
            EXPECT_EQ(mixer_put_level(m, k + 1, t, p, level), MIXER_TAKEN);
        }
        for (unsigned k = 0; k < c->silent && i % 20 == 0; k++) {
            EXPECT_EQ(mixer_put(m, n + k + 1, t, bytes_of(nothing, 1)), MIXER_TAKEN);
        }
        mixer_take(m, t - 200 * MS, &sink);
    }
    double used = cpu_seconds() - before;
    mixer_free(m);
    return used / SECONDS;
}

TEST(mixer_cost) {
    double silence = share_of(&(struct crowd){.silent = SOURCES});
    double one = share_of(&(struct crowd){.humming = 1});
    double ten = share_of(&(struct crowd){.humming = SOURCES});
    struct crowd usual = {.humming = 2, .open = SOURCES - 2, .level = MIXER_LEVEL_NONE};
    double unknown = share_of(&usual);
    usual.level = 90;
    double known = share_of(&usual);
    printf("# of a core: %.3f %% for %u silent sources, %.2f %% for one voice, %.2f %% for %u\n",
           100 * silence, SOURCES, 100 * one, 100 * ten, SOURCES);
    printf("# of %u open microphones, at two of which somebody speaks: %.2f %%, %.2f %% without "
           "levels\n",
           SOURCES, 100 * known, 100 * unknown);
    EXPECT(silence < one / 5);
    EXPECT(known < 0.8 * unknown);
    EXPECT(ten < 0.5);
}
