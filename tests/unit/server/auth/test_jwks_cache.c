/* When keys are asked for, in virtual time. */
#include "server/auth/jwks_cache.h"

#include "tests/unit/test.h"

#define S US_PER_S
#define AT (1000000 * S)

static const struct jwks_cache_config config = {
    .refresh = 300 * S, .pause = 10 * S, .retry_max = 60 * S, .max_age = 3600 * S};

static struct rng_seeded seed;

static struct jwks_cache begin(struct rng *rng) {
    struct jwks_cache x;
    rng_seed(&seed, 7);
    *rng = rng_from_seeded(&seed);
    jwks_cache_init(&x, &config, AT);
    return x;
}

/* Let time pass to `until` with an answer to each request; how many there were. */
static unsigned run(struct jwks_cache *x, us_t *now, us_t until, enum jwks_result r,
                    struct rng *rng) {
    unsigned n = 0;
    while (jwks_cache_deadline(x) <= until) {
        *now = us_max(*now, jwks_cache_deadline(x));
        (void)jwks_cache_expired(x, *now);
        if (jwks_cache_fetch(x, *now)) {
            jwks_cache_done(x, *now, r, 0, rng);
            n++;
        }
    }
    *now = until;
    return n;
}

TEST(jwks_cache_asks_at_once_and_then_from_time_to_time) {
    struct rng rng;
    struct jwks_cache x = begin(&rng);
    EXPECT_EQ(jwks_cache_deadline(&x), AT);
    EXPECT(!jwks_cache_fetch(&x, AT - 1));
    EXPECT(jwks_cache_fetch(&x, AT));
    EXPECT(!jwks_cache_fetch(&x, AT + 900 * S)); /* one at a time */
    EXPECT_EQ(jwks_cache_deadline(&x), US_NEVER);
    jwks_cache_done(&x, AT + S, JWKS_CHANGED, 0, &rng);
    us_t next = jwks_cache_deadline(&x);
    EXPECT(next <= AT + S + 300 * S && next > AT + S + 262 * S);
    EXPECT(!jwks_cache_fetch(&x, next - 1));
    us_t now = AT + S;
    unsigned n = run(&x, &now, AT + 30000 * S, JWKS_SAME, &rng);
    EXPECT(n >= 100 && n <= 115);
}

TEST(jwks_cache_believes_the_answer_within_limits) {
    static const struct {
        us_t said, least, most;
    } rows[] = {{0, 262, 300}, {60, 52, 60}, {1, 10, 10}, {10, 10, 10}, {86400, 262, 300}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct rng rng;
        struct jwks_cache x = begin(&rng);
        EXPECT(jwks_cache_fetch(&x, AT));
        jwks_cache_done(&x, AT, JWKS_CHANGED, rows[i].said * S, &rng);
        us_t wait = jwks_cache_deadline(&x) - AT;
        EXPECT(wait >= rows[i].least * S && wait <= rows[i].most * S);
    }
    EXPECT_EQ(jwks_fresh_for("max-age=60"), 60 * S);
    EXPECT_EQ(jwks_fresh_for("public, Max-Age=600, must-revalidate"), 600 * S);
    EXPECT_EQ(jwks_fresh_for("public,max-age=99999999999999999999999"), 31622400 * S);
    EXPECT_EQ(jwks_fresh_for("s-maxage=60, no-cache"), 0);
    EXPECT_EQ(jwks_fresh_for("max-age="), 0);
    EXPECT_EQ(jwks_fresh_for("max-age=-1"), 0);
    EXPECT_EQ(jwks_fresh_for(""), 0);
    EXPECT_EQ(jwks_fresh_for(", ,\t,"), 0);
}

TEST(jwks_cache_a_new_key_is_asked_for_after_the_pause) {
    struct rng rng;
    struct jwks_cache x = begin(&rng);
    EXPECT(jwks_cache_fetch(&x, AT));
    jwks_cache_done(&x, AT, JWKS_CHANGED, 0, &rng);
    jwks_cache_want(&x);
    EXPECT_EQ(jwks_cache_deadline(&x), AT + 10 * S);
    /* Long after the last request: at once. */
    x = begin(&rng);
    EXPECT(jwks_cache_fetch(&x, AT));
    jwks_cache_done(&x, AT, JWKS_CHANGED, 0, &rng);
    us_t now = AT + 100 * S;
    jwks_cache_want(&x);
    EXPECT(jwks_cache_fetch(&x, now));
    /* And once more for who came while it was under way: the answer may be older than the key. */
    jwks_cache_want(&x);
    EXPECT(!jwks_cache_fetch(&x, now));
    jwks_cache_done(&x, now + S, JWKS_CHANGED, 0, &rng);
    EXPECT_EQ(jwks_cache_deadline(&x), now + 10 * S);
    EXPECT(jwks_cache_fetch(&x, now + 10 * S));
    jwks_cache_done(&x, now + 10 * S, JWKS_SAME, 0, &rng);
    EXPECT(jwks_cache_deadline(&x) > now + 200 * S);
}

/* Names of keys that nobody has, thousands a second, for an hour. */
TEST(jwks_cache_hostile_names_cost_the_other_side_little) {
    struct rng rng;
    struct jwks_cache x = begin(&rng);
    unsigned n = 0;
    us_t last = AT - 10 * S;
    for (us_t now = AT; now < AT + 3600 * S; now += 20 * US_PER_MS) {
        jwks_cache_want(&x);
        if (jwks_cache_fetch(&x, now)) {
            EXPECT(now - last >= 10 * S);
            last = now;
            jwks_cache_want(&x);
            jwks_cache_done(&x, now, n++ ? JWKS_SAME : JWKS_CHANGED, 0, &rng);
        }
    }
    EXPECT(n >= 12 && n <= 20); /* 12 without anybody's asking */
    /* A change is noticed, and the next name is asked for after the short pause again. */
    us_t now = jwks_cache_deadline(&x);
    EXPECT(jwks_cache_fetch(&x, now));
    jwks_cache_done(&x, now, JWKS_CHANGED, 0, &rng);
    jwks_cache_want(&x);
    EXPECT_EQ(jwks_cache_deadline(&x), now + 10 * S);
}

TEST(jwks_cache_backs_off_and_keeps_the_last_good_keys) {
    struct rng rng;
    struct jwks_cache x = begin(&rng);
    EXPECT(jwks_cache_fetch(&x, AT));
    jwks_cache_done(&x, AT, JWKS_CHANGED, 0, &rng);
    us_t now = jwks_cache_deadline(&x), before = 0;
    for (unsigned i = 0; i < 12; i++) {
        EXPECT(jwks_cache_fetch(&x, now));
        jwks_cache_done(&x, now, JWKS_FAILED, 0, &rng);
        us_t wait = jwks_cache_deadline(&x) - now, most = us_min(S << i, 60 * S);
        EXPECT(wait <= most && wait >= most / 2);
        /* No token makes it ask sooner. */
        before = jwks_cache_deadline(&x);
        jwks_cache_want(&x);
        EXPECT_EQ(jwks_cache_deadline(&x), before);
        EXPECT(x.have && !jwks_cache_expired(&x, now));
        now = before;
    }
    EXPECT(jwks_cache_fetch(&x, now));
    jwks_cache_done(&x, now, JWKS_SAME, 0, &rng);
    EXPECT(jwks_cache_deadline(&x) > now + 200 * S);
    EXPECT_EQ(x.failures, 0);
}

TEST(jwks_cache_keys_that_are_too_old_serve_no_more) {
    struct rng rng;
    struct jwks_cache x = begin(&rng);
    EXPECT(!jwks_cache_expired(&x, AT + 100000 * S)); /* none that could be */
    EXPECT(jwks_cache_fetch(&x, AT));
    jwks_cache_done(&x, AT, JWKS_CHANGED, 0, &rng);
    us_t now = AT, end = AT + 3600 * S;
    while (now < end) {
        now = jwks_cache_deadline(&x);
        if (jwks_cache_fetch(&x, now)) {
            jwks_cache_done(&x, now, JWKS_FAILED, 0, &rng);
        }
        EXPECT(now >= end || !jwks_cache_expired(&x, now));
    }
    EXPECT(now < end + S); /* its deadline is one */
    EXPECT(jwks_cache_expired(&x, now));
    EXPECT(!jwks_cache_expired(&x, now)); /* told once */
    EXPECT(jwks_cache_deadline(&x) < US_NEVER);
    now = jwks_cache_deadline(&x);
    EXPECT(jwks_cache_fetch(&x, now));
    jwks_cache_done(&x, now, JWKS_CHANGED, 0, &rng);
    EXPECT(x.have && !jwks_cache_expired(&x, now + 3599 * S) &&
           jwks_cache_expired(&x, now + 3600 * S));
}

TEST(jwks_cache_away_at_the_start) {
    struct rng rng;
    struct jwks_cache x = begin(&rng);
    us_t now = AT;
    unsigned n = run(&x, &now, AT + 600 * S, JWKS_FAILED, &rng);
    EXPECT(n >= 14 && n <= 40);
    EXPECT(!x.have);
    EXPECT(jwks_cache_deadline(&x) <= now + 60 * S);
    now = jwks_cache_deadline(&x);
    EXPECT(jwks_cache_fetch(&x, now));
    jwks_cache_done(&x, now, JWKS_CHANGED, 0, &rng);
    EXPECT(x.have);
}

TEST(jwks_cache_the_operator_need_not_wait) {
    struct rng rng;
    struct jwks_cache x = begin(&rng);
    EXPECT(jwks_cache_fetch(&x, AT));
    jwks_cache_done(&x, AT, JWKS_FAILED, 0, &rng);
    jwks_cache_ask(&x, AT + 1);
    EXPECT(jwks_cache_fetch(&x, AT + 1));
}
