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

/* The share of a core that n humming sources cost; silent ones say once in a while that they are.
 */
static double share_of(unsigned n, unsigned silent) {
    static uint8_t packets[50][PACKET_MAX];
    static const uint8_t nothing[] = {0x78};
    size_t len[50], bytes = 0;
    struct mixer_sink sink = {&bytes, ignore, NULL};
    struct voice v;
    voice_init_speech(&v, 220, 0.1);
    for (unsigned i = 0; i < 50; i++) {
        struct bytes p = voice_next(&v);
        memcpy(packets[i], p.p, p.n);
        len[i] = p.n;
    }
    voice_free(&v);
    struct mixer *m = mixer_new(&(struct mixer_config){0});
    CHECK(m && mixer_output(m, 1, 0) == OK);
    for (unsigned k = 0; k < n + silent; k++) {
        CHECK(mixer_input(m, k + 1) == OK);
    }
    double before = cpu_seconds();
    for (unsigned i = 0; i < SECONDS * 50; i++) {
        us_t t = i * 20 * MS;
        for (unsigned k = 0; k < n; k++) {
            unsigned j = (i + 5 * k) % 50;
            EXPECT_EQ(mixer_put(m, k + 1, t, bytes_of(packets[j], len[j])), MIXER_TAKEN);
        }
        for (unsigned k = 0; k < silent && i % 20 == 0; k++) {
            EXPECT_EQ(mixer_put(m, n + k + 1, t, bytes_of(nothing, 1)), MIXER_TAKEN);
        }
        mixer_take(m, t - 200 * MS, &sink);
    }
    double used = cpu_seconds() - before;
    mixer_free(m);
    return used / SECONDS;
}

TEST(mixer_cost) {
    double silence = share_of(0, SOURCES), one = share_of(1, 0), ten = share_of(SOURCES, 0);
    printf("# of a core: %.3f %% for %u silent sources, %.2f %% for one voice, %.2f %% for %u\n",
           100 * silence, SOURCES, 100 * one, 100 * ten, SOURCES);
    EXPECT(silence < one / 5);
    EXPECT(ten < 0.5);
}
