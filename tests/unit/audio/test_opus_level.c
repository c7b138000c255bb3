#include "media/audio/opus_level.h"
#include "tests/unit/test.h"

#include <math.h>
#include <opus/opus.h>

static OpusEncoder *encoder;

/* A packet of 20 ms of a tone whose amplitude is a share of full scale, after some like it. */
static struct bytes tone(double amplitude, uint8_t out[1500]) {
    opus_int16 pcm[960];
    static double phase;
    opus_int32 n = 0;
    for (int k = 0; k < 10; k++) {
        for (int i = 0; i < 960; i++) {
            pcm[i] = (opus_int16)(32767 * amplitude * sin(phase));
            phase += 2 * 3.14159265358979 * 440 / 48000;
        }
        n = opus_encode(encoder, pcm, 960, out, 1500);
    }
    return bytes_of(out, n > 0 ? (size_t)n : 0);
}

static uint8_t level_of(struct opus_level *x, double amplitude) {
    uint8_t packet[1500];
    uint8_t level = 0;
    for (int i = 0; i < 5; i++) {
        level = opus_level_of(x, tone(amplitude, packet));
    }
    return level;
}

/* A sine of full scale is 3 dB below a square one. */
TEST(levels_of_tones) {
    int err = 0;
    encoder = opus_encoder_create(48000, 1, OPUS_APPLICATION_VOIP, &err);
    struct opus_level *x = opus_level_new();
    REQUIRE(encoder && x);
    static const struct {
        double amplitude;
        int level;
    } table[] = {{1, 3}, {0.5, 9}, {0.1, 23}, {0.01, 43}};
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        int level = level_of(x, table[i].amplitude);
        if (level < table[i].level - 2 || level > table[i].level + 2) {
            test_fail(__FILE__, __LINE__, "amplitude %g: %d", table[i].amplitude, level);
        }
    }
    EXPECT(level_of(x, 0) > 80);
    opus_level_free(x);
    opus_encoder_destroy(encoder);
}

TEST(what_is_no_opus_is_silence) {
    struct opus_level *x = opus_level_new();
    REQUIRE(x);
    EXPECT_EQ(opus_level_of(x, bytes_of(NULL, 0)), 127);
    static const uint8_t bad[] = {0xff, 0xff, 0xff, 0xff};
    EXPECT_EQ(opus_level_of(x, bytes_of(bad, sizeof(bad))), 127);
    for (unsigned i = 0; i < 2000; i++) { /* and whatever it is, it does no harm */
        uint8_t any[64];
        size_t n = i % sizeof(any);
        for (size_t k = 0; k < n; k++) {
            any[k] = (uint8_t)(i * 131 + k * 197 + (i >> 3));
        }
        EXPECT(opus_level_of(x, bytes_of(any, n)) <= 127);
    }
    opus_level_free(x);
}

TEST_ALLOC(level_of_no_memory) {
    struct opus_level *x = opus_level_new();
    EXPECT(x || mem_failed());
    opus_level_free(x);
}
