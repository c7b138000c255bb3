/* What loss says of the rate, and what is luck. */
#include "base/rng.h"
#include "media/bwe/loss.h"
#include "tests/unit/test.h"

#define RATE 1500000
#define EVERY (6 * US_PER_MS) /* [us] between two packets */
#define FEEDBACK 10           /* packets */

/* So many packets with this much random loss [ppm]; returns how often the rate was lowered, and
 * after how many packets first. */
static unsigned lowered(struct loss *l, uint64_t seed, unsigned packets, uint32_t ppm,
                        unsigned *ret_first) {
    struct rng_seeded seeded;
    unsigned n = 0;
    rng_seed(&seeded, seed);
    *ret_first = packets;
    for (unsigned i = 1; i <= packets; i++) {
        struct rng rng = rng_from_seeded(&seeded);
        us_t now = (us_t)i * EVERY;
        loss_packet(l, now, rng_below(&rng, 1000000) >= ppm);
        if (i % FEEDBACK == 0 && loss_judge(l, now, 40 * US_PER_MS, RATE, RATE)) {
            *ret_first = n++ == 0 ? i : *ret_first;
        }
    }
    return n;
}

/* A radio that loses one of twenty: a picture that just fits would be taken away for each mistake.
 */
TEST(loss_of_a_radio_is_hardly_ever_taken_for_a_full_path) {
    struct loss l = {0};
    unsigned first;
    unsigned n = lowered(&l, 1, 100000, 50000, &first); /* ten minutes */
    printf("# lowered %u times in ten minutes at 5 %%\n", n);
    EXPECT(n <= 3);
    EXPECT(l.mean > 0.005 && l.mean < 0.15);
}

TEST(loss_of_a_full_path_is_soon_known) {
    unsigned sum = 0, first;
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct loss l = {0};
        EXPECT(lowered(&l, seed, 2000, 250000, &first) > 10);
        EXPECT(first < 400);
        sum += first;
    }
    printf("# after %u packets at 25 %%\n", sum / 50);
    EXPECT(sum / 50 < 100);
}

/* Nothing at all arrives for a while: that is no loss of a full path. */
TEST(loss_of_an_outage_is_not_counted) {
    struct loss l = {0};
    us_t now = US_PER_S;
    for (unsigned round = 0; round < 20; round++) {
        for (unsigned i = 0; i < 100; i++, now += EVERY) {
            loss_packet(&l, now, i >= 50);
        }
        EXPECT(!loss_judge(&l, now, 40 * US_PER_MS, RATE, RATE));
    }
    EXPECT_EQ(l.limit, 0);
    for (unsigned i = 0; i < 200; i++, now += EVERY) { /* some do arrive */
        loss_packet(&l, now, i % 3 == 0);
    }
    EXPECT(loss_judge(&l, now, 40 * US_PER_MS, RATE, RATE));
    EXPECT(l.limit > 0 && l.limit < RATE);
}

/* Nearly nothing arrives for 100 ms. What does says nothing of what the path carries. */
TEST(loss_of_a_burst_is_not_what_the_path_carries) {
    struct loss l = {0};
    us_t now = US_PER_S;
    for (unsigned i = 0; i < 30; i++, now += EVERY) {
        loss_packet(&l, now, i % 5 == 0);
    }
    EXPECT(loss_judge(&l, now, 40 * US_PER_MS, RATE, RATE / 20));
    EXPECT(l.limit >= RATE / 2);
    for (unsigned i = 0; i < 200; i++, now += EVERY) {
        loss_packet(&l, now, true);
    }
    EXPECT(!loss_judge(&l, now, 40 * US_PER_MS, l.limit, l.limit));
    EXPECT(l.limit >= RATE / 2);
}

/* It is what the path carries when it goes on so. */
TEST(loss_of_most_that_goes_on_is_a_narrow_path) {
    struct loss l = {0};
    us_t now = US_PER_S, begun = now;
    for (unsigned i = 0; l.limit != RATE / 20 && now - begun < 2 * US_PER_S; i++, now += EVERY) {
        loss_packet(&l, now, i % 5 == 0);
        if (i % FEEDBACK == FEEDBACK - 1) {
            (void)loss_judge(&l, now, 40 * US_PER_MS, l.limit ? l.limit : RATE, RATE / 20);
        }
    }
    EXPECT(now - begun < 700 * US_PER_MS);
}
