/* When newcomers are refused and let in again, in virtual time. */
#include "server/http/admission.h"
#include "tests/unit/test.h"

static struct admission a;

static void start(void) {
    admission_init(&a, &(struct admission_config){
                           .most = {[ADMISSION_LAG] = 100 * US_PER_MS, [ADMISSION_ORDERS] = 40},
                           .retry_s = 10});
}

static bool update(us_t now, uint64_t lag, uint64_t orders) {
    /* the others have no bound */
    const uint64_t load[ADMISSION_COUNT] = {
        [ADMISSION_LAG] = lag, [ADMISSION_ORDERS] = orders, [ADMISSION_MEMORY] = UINT64_MAX};
    return admission_update(&a, now, load);
}

TEST(admission_refuses_at_once_and_admits_after_a_while) {
    start();
    us_t now = US_PER_S;
    EXPECT(!update(now, 100 * US_PER_MS, 40)); /* as much as may be */
    EXPECT(!a.refuses);
    EXPECT(update(now += US_PER_S, 100 * US_PER_MS + 1, 0));
    EXPECT(a.refuses);
    EXPECT_EQ(a.why, ADMISSION_LAG);
    EXPECT(!update(now += US_PER_S, 0, 0)); /* calm from here */
    EXPECT(!update(now + ADMISSION_CALM - 1, 75 * US_PER_MS, 30));
    EXPECT(update(now + ADMISSION_CALM, 0, 0));
    EXPECT(!a.refuses);
    EXPECT_EQ(a.times[ADMISSION_LAG], 1);
}

/* Between three quarters and the bound it stays as it is, either way: it does not flap. */
TEST(admission_has_hysteresis) {
    start();
    us_t now = US_PER_S;
    for (int i = 0; i < 100; i++) {
        EXPECT(!update(now += US_PER_S, 90 * US_PER_MS, 0));
    }
    EXPECT(update(now += US_PER_S, 0, 41));
    EXPECT_EQ(a.why, ADMISSION_ORDERS);
    for (int i = 0; i < 100; i++) {
        EXPECT(!update(now += US_PER_S, 0, 31));
    }
    EXPECT(a.refuses);
    EXPECT(!update(now += US_PER_S, 0, 0));
    EXPECT(!update(now += 3 * US_PER_S, 76 * US_PER_MS, 0)); /* begins anew */
    EXPECT(!update(now += 3 * US_PER_S, 0, 0));
    EXPECT(!update(now + ADMISSION_CALM - 1, 0, 0));
    EXPECT(update(now + ADMISSION_CALM, 0, 0));
    EXPECT_EQ(a.times[ADMISSION_ORDERS], 1);
    EXPECT_EQ(a.times[ADMISSION_LAG], 0);
}

TEST(admission_without_bounds_admits_all) {
    const uint64_t load[ADMISSION_COUNT] = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX,
                                            UINT64_MAX};
    admission_init(&a, &(struct admission_config){.retry_s = 1});
    EXPECT(!admission_update(&a, 1, load));
    EXPECT(!a.refuses);
}

TEST(admission_lag_is_that_of_99_in_100) {
    start();
    EXPECT_EQ(admission_lag_p99(&a), 0);
    admission_sample(&a, 7);
    EXPECT_EQ(admission_lag_p99(&a), 7); /* of one it is that one */
    for (us_t i = 1; i <= 1000; i++) {
        admission_sample(&a, (i * 7919) % 1000);
    }
    /* The last 200 of them: against a count. */
    us_t p99 = admission_lag_p99(&a);
    unsigned larger = 0, equal = 0;
    for (size_t i = 0; i < ADMISSION_SAMPLES; i++) {
        larger += a.samples[i] > p99;
        equal += a.samples[i] == p99;
    }
    EXPECT_EQ(larger, 2);
    EXPECT_EQ(equal, 1);
    for (int i = 0; i < ADMISSION_SAMPLES - 2; i++) {
        admission_sample(&a, 1);
    }
    admission_sample(&a, US_PER_S);
    admission_sample(&a, US_PER_S);
    EXPECT_EQ(admission_lag_p99(&a), 1); /* two of 200 may be anything */
    admission_sample(&a, US_PER_S);
    EXPECT_EQ(admission_lag_p99(&a), US_PER_S);
}

TEST(admission_histogram_has_every_sample) {
    static const us_t lags[] = {-5, 0, US_PER_MS, US_PER_MS + 1, 5 * US_PER_S, 5 * US_PER_S + 1};
    start();
    for (size_t i = 0; i < ARRAY_LEN(lags); i++) {
        admission_sample(&a, lags[i]);
    }
    EXPECT_EQ(a.buckets[0], 3);
    EXPECT_EQ(a.buckets[1], 1);
    EXPECT_EQ(a.buckets[ADMISSION_BUCKETS - 1], 1);
    EXPECT_EQ(a.buckets[ADMISSION_BUCKETS], 1);
    EXPECT_EQ(a.sum, 2 * US_PER_MS + 1 + 10 * US_PER_S + 1);
    for (size_t i = 1; i <= ADMISSION_BUCKETS; i++) {
        EXPECT(admission_bound(i) > admission_bound(i - 1));
    }
}
