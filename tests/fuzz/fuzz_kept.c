/* libs: signaling */
/* What a process before this one has kept of its tours, written by who knows what: records that the
 * input says, with their sums right. Promises checked: what cannot be is refused, and then nothing
 * is there; what is taken goes on and ends without harm, and is kept again as it is. */
#include "base/check.h"
#include "signaling/kept/write.h"
#include "tests/sim/sim_signaling.h"

#include <stdlib.h>
#include <string.h>

#define SIZE (1u << 16)
#define TIMEOUTS 200

static uint64_t memory[SIZE / 8], again[SIZE / 8];
static const struct record_log_of of = {.version = 1};

static enum code verify(void *ctx, const char *token, size_t n, struct claims *ret) {
    (void)ctx;
    (void)token;
    (void)n;
    (void)ret;
    return CODE_TOKEN_MALFORMED;
}

static size_t candidates(void *ctx, uint32_t worker, struct addr *out, size_t cap) {
    (void)ctx;
    (void)worker;
    (void)out;
    (void)cap;
    return 0;
}

static struct signaling *new_signaling(struct rng_seeded *seeded) {
    struct signaling_config c = signaling_config_of(rng_from_seeded(seeded));
    c.verify = verify;
    c.candidates = candidates;
    struct signaling *s = signaling_new(&c);
    CHECK(s);
    signaling_clock(s, US_PER_S, (wall_t){1000 * US_PER_S});
    CHECK(signaling_tour_declare(s, &(struct signaling_tour){.name = "demo", .codec = CODEC_VP8}) ==
          OK);
    return s;
}

/* A record is: kind and whether it is gone, key, sub, two bytes of length, bytes. */
static struct bytes log_of(const uint8_t *p, size_t n) {
    struct record_log l;
    struct rd r = rd_of(p, n);
    memset(memory, 0, sizeof(memory));
    record_log_begin(&l, &of, memory, sizeof(memory));
    while (!r.bad && rd_left(&r) > 0) {
        uint8_t kind = rd_u8(&r);
        uint64_t key = rd_u8(&r), sub = rd_u8(&r);
        size_t len = rd_u16(&r);
        struct log_record x = {.kind = kind & 15, .gone = kind & 16, .key = key, .sub = sub};
        x.bytes = rd_bytes(&r, len < rd_left(&r) ? len : rd_left(&r));
        record_log_put(&l, &x);
    }
    (void)record_log_commit(&l);
    return bytes_of(memory, l.end);
}

static void drain(struct signaling *s) {
    struct signaling_effect e;
    while (signaling_effect(s, &e)) {
        CHECK(e.type != EFFECT_SEND && e.type != EFFECT_HTTP); /* nobody is there */
    }
}

/* What is known can be read again. */
static void keep_again(struct signaling *s, struct rng_seeded *seeded) {
    struct record_log l;
    struct signaling_rebuilt found;
    memset(again, 0, sizeof(again));
    record_log_begin(&l, &of, again, sizeof(again));
    kept_put_all(s, &l);
    if (record_log_commit(&l) != OK) {
        return;
    }
    struct signaling *other = new_signaling(seeded);
    CHECK(signaling_rebuild(other, US_PER_S, bytes_of(again, l.end), &found) == OK);
    CHECK(signaling_stats(other).participants == signaling_stats(s).participants);
    drain(other);
    signaling_free(other);
}

static void live_on(struct signaling *s) {
    for (unsigned i = 0; i < TIMEOUTS && signaling_deadline(s) != US_NEVER; i++) {
        us_t at = us_max(signaling_deadline(s), US_PER_S);
        signaling_clock(s, at, (wall_t){1000 * US_PER_S + at});
        signaling_timeout(s, at);
        drain(s);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    struct rng_seeded seeded;
    struct signaling_rebuilt found;
    rng_seed(&seeded, 1);
    struct signaling *s = new_signaling(&seeded);
    enum err e = signaling_rebuild(s, US_PER_S, log_of(p, n), &found);
    CHECK(e == OK || e == ERR_UNKNOWN || e == ERR_FORMAT || e == ERR_FULL);
    drain(s);
    struct signaling_stats stats = signaling_stats(s);
    CHECK(e == OK || stats.participants + stats.tours + stats.waiting == 0);
    if (e == OK) {
        keep_again(s, &seeded);
        live_on(s);
    }
    signaling_free(s);
    return 0;
}
