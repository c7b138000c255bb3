#include "media/bwe/aimd.h"

#include <math.h>

void aimd_init(struct aimd *a, uint64_t rate) {
    *a = (struct aimd){.rate = rate};
}

static double spread(const struct aimd *a) {
    return AIMD_DEVIATIONS * sqrt(a->deviation * a->capacity);
}

/* An overuse happened while this much arrived. The deviation is normalised by the capacity and
 * kept between 0.4 and 2.5 kbit/s of it, as libwebrtc's LinkCapacityEstimator does. */
static void learn(struct aimd *a, double acked) {
    if (a->capacity == 0 || acked < a->capacity - spread(a)) {
        a->capacity = acked;
        a->deviation = 400;
        return;
    }
    a->capacity = (1 - AIMD_ALPHA) * a->capacity + AIMD_ALPHA * acked;
    double error = a->capacity - acked;
    a->deviation = (1 - AIMD_ALPHA) * a->deviation + AIMD_ALPHA * error * error / a->capacity;
    a->deviation = fmin(fmax(a->deviation, 400), 2500);
}

/* Not twice for the same queue: the path needs a round trip to show what the last decrease did,
 * unless far less arrives than is sent. */
static bool may_lower(const struct aimd *a, us_t now, const struct aimd_input *in) {
    us_t wait = us_max(10 * US_PER_MS, us_min(in->rtt + AIMD_RESPONSE, 400 * US_PER_MS));
    return a->lowered == 0 || now - a->lowered >= wait || in->acked_short < a->rate / 2;
}

static bool lower(struct aimd *a, us_t now, const struct aimd_input *in) {
    uint64_t acked = in->acked_short ? in->acked_short : in->acked;
    a->changed = now;
    a->hold = true;
    if (acked == 0 || !may_lower(a, now, in)) {
        return false;
    }
    learn(a, (double)acked);
    uint64_t to = (uint64_t)(AIMD_BETA * (double)acked);
    if (in->shallow && acked < a->rate) {
        to = (uint64_t)(AIMD_BETA * (double)a->rate);
    }
    if (to > a->rate) {
        if (in->before) {
            return false; /* it is the queue that the last decrease is for: it has to come through
                           */
        }
        /* Others made the queue, so each gives up the same part of its own. */
        to = (uint64_t)(AIMD_BETA * (double)a->rate);
    }
    bool less = to < a->rate;
    a->rate = less ? to : a->rate;
    a->lowered = now;
    return less;
}

/* [bit/s per second] after the first queue: some packets more per response time, and the more the
 * longer there has been none. Flows that share a path see its queues at the same times, so it is
 * about the same for each of them, however much they have. */
static double additive(const struct aimd *a, us_t now, us_t rtt) {
    double frame = (double)a->rate / AIMD_FPS / 8;
    double packet = frame / ceil(frame / AIMD_PACKET);
    double response = (double)(us_max(rtt, 0) + AIMD_RESPONSE) / US_PER_S;
    double since = (double)(now - a->lowered) / AIMD_DOUBLED;
    return fmax(AIMD_ADD_MIN, AIMD_PACKETS * packet * 8 / response) * (1 + since * since);
}

static void raise(struct aimd *a, us_t now, const struct aimd_input *in) {
    double passed = (double)us_min(now - a->changed, US_PER_S) / US_PER_S;
    double rate = (double)a->rate;
    if (in->unprobed && (double)in->acked > a->capacity + spread(a)) {
        a->capacity = 0; /* draft section 5.5: it is another one */
    }
    if (in->unprobed ? a->capacity > 0 : a->lowered != 0) {
        rate += additive(a, now, in->rtt) * passed;
    } else {
        double growth = in->unprobed ? AIMD_UNPROBED : AIMD_GROWTH;
        rate += fmax(rate * (pow(growth, passed) - 1), 1000 * passed);
    }
    a->changed = now;
    /* What is not used is not tried: only as far as what arrives proves. */
    double limit = in->acked ? AIMD_BEYOND * (double)in->acked + AIMD_BEYOND_ADD : rate;
    if (rate <= limit && (in->enough == 0 || a->rate < in->enough)) {
        a->rate = (uint64_t)rate;
    }
}

bool aimd_update(struct aimd *a, us_t now, const struct aimd_input *in) {
    if (a->changed == 0) {
        a->changed = now;
    }
    switch (in->usage) {
    case TREND_OVERUSE:
        return lower(a, now, in);
    case TREND_UNDERUSE:
        a->hold = true; /* a queue empties: wait for it */
        a->changed = now;
        return false;
    case TREND_NORMAL:
        break;
    }
    if (a->hold) {
        a->hold = false;
        a->changed = now;
    }
    raise(a, now, in);
    return false;
}

void aimd_carried(struct aimd *a, uint64_t acked) {
    uint64_t to = (uint64_t)(AIMD_BETA * (double)acked);
    a->rate = a->rate < to ? to : a->rate;
}

void aimd_proven(struct aimd *a, us_t now, uint64_t rate) {
    if (rate > a->rate) {
        a->rate = rate;
        a->changed = now;
    }
    if ((double)rate > a->capacity + spread(a)) {
        a->capacity = 0;
    }
}
