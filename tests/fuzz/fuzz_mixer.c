/* libs: media_audio base m */
/* A mixer's life: each operation is a byte of what to do, a byte of whom, two bytes of when, a byte
 * of how long, and the packet. Frames come out on their grid, in order, finite, and idle means
 * idle. */
#include "base/check.h"
#include "media/audio/mixer.h"

#define HEAD 5
#define OUTPUTS 2

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct heard {
    us_t next[OUTPUTS]; /* [us] no packet comes before */
};

static void on_packet(void *ctx, uint32_t output, us_t t, struct bytes opus) {
    struct heard *h = ctx;
    CHECK(output >= 1 && output <= OUTPUTS);
    CHECK(t >= h->next[output - 1] && t % MIXER_FRAME == 0);
    CHECK(opus.n > 0 && opus.n <= 1275);
    h->next[output - 1] = t + MIXER_FRAME;
}

static void on_lost(void *ctx, uint32_t input, const struct mixer_lost *l) {
    (void)ctx;
    CHECK(input >= 1 && input <= 4);
    CHECK(l->t >= 0 && l->duration > 0 && (l->why == MIXER_LATE || l->why == MIXER_BAD));
}

static us_t operate(struct mixer *m, const uint8_t *op, us_t t, const struct mixer_sink *sink) {
    uint32_t id = op[1] % 5;
    us_t when = ((us_t)op[2] << 8 | op[3]) * 16; /* 0..1 s */
    switch (op[0] % 8) {
    case 0:
    case 1:
    case 2:
    case 3:
        mixer_input(m, id);
        /* Every level, and none. */
        mixer_put_level(m, id, t + when - 200 * US_PER_MS, bytes_of(op + HEAD, op[4]),
                        (uint8_t)(op[0] >= 128 ? MIXER_LEVEL_NONE : op[0] + when % 64));
        break;
    case 4:
        (op[2] & 0x80   ? mixer_input_cut
         : op[2] & 0x40 ? mixer_input_remove
                        : mixer_input_end)(m, id);
        break;
    case 5:
        t += when / 4;
        mixer_take(m, t, sink);
        break;
    case 6:
        mixer_skip(m, t + when, sink);
        break;
    default:
        if (op[1] & 0x80) {
            mixer_output_remove(m, 2);
        } else {
            mixer_output(m, 2, id);
        }
    }
    return t;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct heard h = {0};
    struct mixer_sink sink = {&h, on_packet, on_lost};
    struct mixer *m = mixer_new(&(struct mixer_config){
        .inputs = 3, .outputs = OUTPUTS, .queue_bytes = 1024, .queue_packets = 8});
    us_t t = 200 * US_PER_MS;
    if (!m) {
        return 0;
    }
    CHECK(mixer_output(m, 1, 0) == OK);
    for (size_t at = 0; at + HEAD <= size && at + HEAD + data[at + 4] <= size;) {
        t = operate(m, data + at, t, &sink);
        at += HEAD + data[at + 4];
    }
    struct mixer_counters n = mixer_counters(m);
    mixer_drain(m, t, &sink);
    CHECK(mixer_idle(m));
    CHECK(n.taken + n.late + n.ahead + n.overlap + n.full + n.bad <= size / HEAD);
    mixer_free(m);
    return 0;
}
