/* When packets of a voice are heard. */
#include "media/mix/jitter.h"
#include "tests/unit/test.h"

#define MS US_PER_MS
#define PATIENCE (35 * MS)

struct line {
    struct jitter j;
    us_t sent; /* when the next packet is sent, by our clock */
    uint32_t ts;
};

/* The next packet of 20 ms, so late; where it is heard, beyond when it was sent. */
static enum jitter_verdict next(struct line *l, us_t late, us_t *ret) {
    us_t at = 0;
    enum jitter_verdict v = jitter_place(&l->j, l->sent + late, l->ts, PATIENCE, &at);
    if (v != JITTER_REFUSED) {
        *ret = at - l->sent;
    }
    l->sent += 20 * MS;
    l->ts += 960;
    return v;
}

TEST(jitter_places_at_the_fastest_arrival) {
    struct line l = {.sent = 5 * US_PER_S, .ts = 0xfffff000u};
    us_t at = 0;
    EXPECT_EQ(next(&l, 0, &at), JITTER_BEGINS);
    EXPECT_EQ(at, 0);
    for (int i = 0; i < 1000; i++) { /* and timestamps wrap */
        EXPECT_EQ(next(&l, i % 7 * 5 * MS, &at), JITTER_PLACED);
        EXPECT_EQ(at, 0);
    }
}

/* All packets were late for a while: the voice moves to where it belongs by 2.5 % of the time that
 * passes. */
TEST(jitter_moves_slowly) {
    struct line l = {.sent = US_PER_S};
    us_t at = 0, before = 30 * MS;
    EXPECT_EQ(next(&l, 30 * MS, &at), JITTER_BEGINS);
    for (int i = 0; i < 60; i++) {
        EXPECT_EQ(next(&l, 30 * MS, &at), JITTER_PLACED);
        EXPECT_EQ(at, 30 * MS);
    }
    for (int i = 0; i < 70; i++) {
        EXPECT_EQ(next(&l, 0, &at), JITTER_PLACED);
        EXPECT(at <= before && before - at <= 500);
        before = at;
    }
    EXPECT_EQ(at, 0);
}

/* What nobody misses is left alone. */
TEST(jitter_does_not_move_for_little) {
    struct line l = {.sent = US_PER_S};
    us_t at = 0;
    for (int i = 0; i < 60; i++) {
        next(&l, 19 * MS, &at);
    }
    for (int i = 0; i < 1000; i++) {
        EXPECT_EQ(next(&l, 0, &at), JITTER_PLACED);
        EXPECT_EQ(at, 19 * MS);
    }
}

/* The first packets came late: the voice has just begun, so it begins once more. */
TEST(jitter_begins_again_at_once) {
    struct line l = {.sent = US_PER_S};
    us_t at = 0;
    EXPECT_EQ(next(&l, 200 * MS, &at), JITTER_BEGINS);
    EXPECT_EQ(next(&l, 150 * MS, &at), JITTER_BEGINS);
    EXPECT_EQ(at, 150 * MS);
    EXPECT_EQ(next(&l, 0, &at), JITTER_BEGINS);
    EXPECT_EQ(at, 0);
    for (int i = 0; i < 40; i++) { /* but not for one that is late */
        EXPECT_EQ(next(&l, i % 4 ? 0 : 80 * MS, &at), JITTER_PLACED);
    }
    EXPECT_EQ(at, 80 * MS - PATIENCE);
}

TEST(jitter_waits_for_who_is_later) {
    struct line l = {.sent = US_PER_S};
    us_t at = 0;
    next(&l, 0, &at);
    EXPECT_EQ(next(&l, 100 * MS, &at), JITTER_PLACED);
    EXPECT_EQ(at, 100 * MS - PATIENCE); /* just in time */
    for (int i = 0; i < 200; i++) {
        EXPECT_EQ(next(&l, i % 5 ? 0 : 100 * MS, &at), JITTER_PLACED);
        EXPECT_EQ(at, 100 * MS - PATIENCE); /* as long as some are */
    }
    for (int i = 0; i < 800; i++) {
        EXPECT_EQ(next(&l, 0, &at), JITTER_PLACED);
    }
    EXPECT_EQ(at, 0);
}

TEST(jitter_does_not_believe_one_but_many) {
    for (int k = 0; k < 2; k++) {
        struct line l = {.sent = 10 * US_PER_S};
        us_t at = 0, off = k ? JITTER_ASTRAY + PATIENCE + MS : -JITTER_ASTRAY - MS;
        next(&l, 0, &at);
        EXPECT_EQ(next(&l, off, &at), JITTER_REFUSED);
        EXPECT_EQ(next(&l, 0, &at), JITTER_PLACED);
        EXPECT_EQ(at, 0);
        for (int i = 0; i < JITTER_RUN - 1; i++) {
            EXPECT_EQ(next(&l, off, &at), JITTER_REFUSED);
        }
        EXPECT_EQ(next(&l, off, &at), JITTER_BEGINS);
        EXPECT_EQ(at, off);
        EXPECT_EQ(next(&l, off, &at), JITTER_PLACED);
    }
}

/* Behind one that was placed: where it belongs, whatever its arrival. */
TEST(jitter_places_what_was_overtaken) {
    struct line l = {.sent = US_PER_S, .ts = 5};
    us_t at = 0;
    next(&l, 0, &at);
    next(&l, 0, &at);
    next(&l, 10 * MS, &at);
    EXPECT_EQ(jitter_place_old(&l.j, 5 + 960), US_PER_S + 20 * MS);
    EXPECT_EQ(jitter_place_old(&l.j, 5), US_PER_S);
}

/* After a long pause what was measured before says nothing. */
TEST(jitter_forgets) {
    struct line l = {.sent = US_PER_S};
    us_t at = 0;
    next(&l, 0, &at);
    next(&l, 120 * MS, &at);
    l.sent += 30 * US_PER_S;
    l.ts += 30 * 48000;
    for (int i = 0; i < 200; i++) {
        EXPECT_EQ(next(&l, 0, &at), JITTER_PLACED);
    }
    EXPECT_EQ(at, 0);
}
