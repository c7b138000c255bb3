#include "server/http/admission.h"

static const us_t bounds[ADMISSION_BUCKETS] = {US_PER_MS,       2 * US_PER_MS,   5 * US_PER_MS,
                                               10 * US_PER_MS,  20 * US_PER_MS,  50 * US_PER_MS,
                                               100 * US_PER_MS, 200 * US_PER_MS, 500 * US_PER_MS,
                                               US_PER_S,        2 * US_PER_S,    5 * US_PER_S};

void admission_init(struct admission *a, const struct admission_config *c) {
    *a = (struct admission){.config = *c, .calm_since = US_NEVER};
}

us_t admission_bound(size_t bucket) {
    return bucket < ADMISSION_BUCKETS ? bounds[bucket] : US_NEVER;
}

const char *admission_name(enum admission_measure m) {
    static const char *const names[] = {
#define X(sym, name) name,
        ADMISSION_MEASURES(X)
#undef X
    };
    return names[m];
}

void admission_sample(struct admission *a, us_t lag) {
    size_t bucket = 0;
    lag = us_max(lag, 0);
    while (lag > admission_bound(bucket)) {
        bucket++;
    }
    a->buckets[bucket]++;
    a->sum += lag;
    a->samples[a->next_sample] = lag;
    a->next_sample = (a->next_sample + 1) % ADMISSION_SAMPLES;
    a->n_samples += a->n_samples < ADMISSION_SAMPLES;
}

/* One in a hundred may be larger: of 200 the third largest is it. */
us_t admission_lag_p99(const struct admission *a) {
    us_t top[ADMISSION_SAMPLES / 100 + 1] = {0};
    size_t rank = a->n_samples / 100;
    for (size_t i = 0; i < a->n_samples; i++) {
        us_t x = a->samples[i];
        for (size_t k = 0; k <= rank; k++) {
            if (x > top[k]) {
                us_t smaller = top[k];
                top[k] = x;
                x = smaller;
            }
        }
    }
    return top[rank];
}

bool admission_update(struct admission *a, us_t now, const uint64_t load[ADMISSION_COUNT]) {
    bool calm = true, over = false, refused = a->refuses;
    enum admission_measure worst = a->why;
    for (unsigned i = 0; i < ADMISSION_COUNT; i++) {
        uint64_t most = a->config.most[i];
        calm = calm && (most == 0 || load[i] <= most - most / 4);
        if (most > 0 && load[i] > most && !over) {
            over = true;
            worst = (enum admission_measure)i;
        }
    }
    a->calm_since = !calm ? US_NEVER : us_min(a->calm_since, now);
    if (over) {
        a->why = worst;
        a->times[worst] += !refused;
        a->refuses = true;
    } else if (a->refuses && calm && now - a->calm_since >= ADMISSION_CALM) {
        a->refuses = false;
    }
    return a->refuses != refused;
}
