/* Random sessions against the promises of media/send/rewrite.h: an index is handed out once, the
 * order of the source is kept, switches continue by one, the inverse mapping is exact, and a
 * snapshot changes nothing. A failure prints the seed. */
#include "media/send/rewrite.h"

#include "base/rng.h"
#include "base/seq.h"
#include "tests/unit/test.h"

#define STEPS 6000
#define SOURCES 3
#define NOT_SENT UINT64_MAX

struct sent { /* by index */
    uint32_t source;
    uint64_t seq, epoch;
};

struct session {
    uint64_t seed;
    struct rng_seeded state;
    struct rng rng;
    struct rewrite r;
    us_t now;
    uint64_t seq[SOURCES]; /* next of each source */
    unsigned bound;
    uint64_t epoch, newest_index;
    uint32_t newest_ts;
    uint64_t first_index;
    struct sent *log;
};

static struct sent log_memory[STEPS * 8 + 40000];

static uint32_t ts_of(unsigned source, uint64_t seq) {
    return (uint32_t)(seq * 3000 + source * 1000000007u);
}

static struct rewrite_in packet(unsigned source, uint64_t seq) {
    return (struct rewrite_in){.source = source + 1, .seq = seq, .ts = ts_of(source, seq)};
}

#define HOLDS(s, cond)                                                               \
    do {                                                                             \
        if (!(cond)) {                                                               \
            test_fail(__FILE__, __LINE__, "seed %" PRIu64 ": %s", (s)->seed, #cond); \
        }                                                                            \
    } while (0)

static void forward(struct session *s, unsigned source, uint64_t seq) {
    struct rewrite_out o;
    struct rewrite_in in = packet(source, seq);
    if (rewrite_map(&s->r, s->now, &in, &o) != REWRITE_OK) {
        return;
    }
    HOLDS(s, source == s->bound);
    struct sent *slot = &s->log[o.index];
    HOLDS(s, slot->source == 0); /* never twice */
    *slot = (struct sent){.source = in.source, .seq = seq, .epoch = s->epoch};
    if (o.index > s->newest_index) {
        HOLDS(s, (int32_t)(o.ts - s->newest_ts) > 0);
        s->newest_index = o.index;
        s->newest_ts = o.ts;
    }
}

static void do_switch(struct session *s) {
    s->bound = rng_below(&s->rng, SOURCES);
    s->epoch++;
    struct rewrite_in in = packet(s->bound, s->seq[s->bound]);
    rewrite_switch(&s->r, s->now, 90000, &in);
    uint64_t before = s->newest_index;
    forward(s, s->bound, s->seq[s->bound]++);
    HOLDS(s, s->newest_index == before + 1);
}

/* A NACK for something we may or may not have sent. */
static void check_reverse(struct session *s) {
    uint64_t index = s->newest_index - rng_below(&s->rng, 400);
    uint64_t seq = 0, full = 0;
    enum rewrite_verdict v = rewrite_reverse(&s->r, (uint16_t)index, &seq, &full);
    if (index < s->first_index || index > s->newest_index) {
        return;
    }
    const struct sent *slot = &s->log[index];
    if (v == REWRITE_OK) {
        HOLDS(s, full == index);
        if (slot->source != 0) {
            HOLDS(s, slot->source == s->r.source && slot->seq == seq && slot->epoch == s->epoch);
        } else { /* a gap: the packet that would fill it goes exactly there */
            struct rewrite copy = s->r;
            struct rewrite_in in = packet(s->bound, seq);
            struct rewrite_out o;
            HOLDS(s, rewrite_map(&copy, s->now, &in, &o) == REWRITE_OK && o.index == index);
        }
    } else if (v == REWRITE_SWITCHED) {
        HOLDS(s, slot->source == 0 || slot->epoch != s->epoch);
    } else {
        HOLDS(s, s->r.n_runs > 0); /* forgotten only because the list of runs was full */
    }
    HOLDS(s, rewrite_reverse(&s->r, (uint16_t)(s->newest_index + 1), &seq, &full) != REWRITE_OK);
}

static void snapshot(struct session *s) {
    struct rewrite_state slot = {0};
    rewrite_export(&s->r, s->now, &slot);
    rewrite_import(&s->r, s->now, &slot);
    s->epoch++;
}

static void step(struct session *s, bool with_snapshots) {
    s->now += rng_below(&s->rng, 3) * 11 * US_PER_MS;
    unsigned source = rng_below(&s->rng, SOURCES);
    unsigned dice = rng_below(&s->rng, 100);
    if (dice < 2) {
        do_switch(s);
    } else if (dice < 12) { /* lost, for now */
        s->seq[source] += 1 + rng_below(&s->rng, 4);
    } else if (dice < 30) { /* late, repaired, or repeated */
        forward(s, source, s->seq[source] - 1 - rng_below(&s->rng, 40));
    } else if (dice < 45) {
        rewrite_skip(&s->r, source + 1, s->seq[source]++);
    } else if (dice < 50) {
        rewrite_skip(&s->r, source + 1, s->seq[source] - rng_below(&s->rng, 5));
    } else if (dice < 52 && with_snapshots) {
        snapshot(s);
    } else {
        forward(s, source, s->seq[source]++);
    }
    check_reverse(s);
}

static void run(uint64_t seed, bool with_snapshots) {
    static const uint16_t starts[] = {0, 1, 127, 128, 32767, 32768, 65534, 65535};
    struct session s = {.seed = seed, .log = log_memory};
    memset(log_memory, 0, sizeof(log_memory));
    rng_seed(&s.state, seed);
    s.rng = rng_from_seeded(&s.state);
    for (unsigned i = 0; i < SOURCES; i++) {
        s.seq[i] = 65536 + starts[rng_below(&s.rng, 8)];
    }
    uint16_t first = 1 + starts[rng_below(&s.rng, 4)];
    rewrite_init(&s.r, first, 0xffffff00);
    s.first_index = first;
    s.newest_index = first - 1u;
    s.newest_ts = 0xffffff00 - 1;
    do_switch(&s);
    for (unsigned i = 0; i < STEPS; i++) {
        step(&s, with_snapshots);
    }
    HOLDS(&s, s.newest_index > first + STEPS / 20u);
}

TEST(rewrite_random_sessions_keep_the_promises) {
    for (uint64_t seed = 1; seed <= 60; seed++) {
        run(seed, false);
    }
}

TEST(rewrite_random_sessions_with_snapshots_keep_the_promises) {
    for (uint64_t seed = 1001; seed <= 1060; seed++) {
        run(seed, true);
    }
}

/* One source, without switches, every packet either sent or skipped in time: no gap comes out. */
TEST(rewrite_random_skips_leave_no_gap) {
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct rng_seeded state;
        rng_seed(&state, seed);
        struct rng rng = rng_from_seeded(&state);
        struct rewrite r;
        struct rewrite_out o;
        rewrite_init(&r, 0x7fff, 0);
        struct rewrite_in in = packet(0, 65536);
        rewrite_switch(&r, 0, 90000, &in);
        uint64_t want = 0x7fff;
        for (uint64_t seq = 65536; seq < 65536 + 3000;) {
            uint32_t n = rng_below(&rng, 5);
            uint32_t reversed = rng_below(&rng, 2);
            for (uint32_t i = 0; i < n; i++) {
                EXPECT(rewrite_skip(&r, 1, reversed ? seq + n - 1 - i : seq + i));
            }
            seq += n;
            in = packet(0, seq++);
            REQUIRE(rewrite_map(&r, 0, &in, &o) == REWRITE_OK);
            EXPECT_EQ(o.index, want++);
        }
    }
}
