#include "media/bwe/trend.h"

#include <math.h>

#define MS(us) ((double)(us) / US_PER_MS)

static double slope_of(const struct trend *t) {
    double at = 0, delay = 0, over = 0, under = 0;
    for (unsigned i = 0; i < t->n; i++) {
        at += t->point[i].at / t->n;
        delay += t->point[i].delay / t->n;
    }
    for (unsigned i = 0; i < t->n; i++) {
        double x = t->point[i].at - at;
        over += x * (t->point[i].delay - delay);
        under += x * x;
    }
    return under > 0 ? over / under : t->slope;
}

static void adapt(struct trend *t, double modified, us_t at) {
    double size = fabs(modified);
    if (t->adapted == 0) {
        t->adapted = at;
    }
    if (size <= t->threshold + TREND_OUTLIER_MS) {
        double k = size < t->threshold ? TREND_DOWN : TREND_UP;
        double step = fmin(MS(at - t->adapted), TREND_STEP_MAX_MS);
        t->threshold += k * (size - t->threshold) * step;
        t->threshold = fmin(fmax(t->threshold, TREND_THRESHOLD_MIN), TREND_THRESHOLD_MAX);
    }
    t->adapted = at;
}

/* Overuse is told when it lasts and does not lessen. */
static enum trend_usage judge(struct trend *t, double modified, double step) {
    if (modified > t->threshold) {
        t->over = t->over < 0 ? step / 2 : t->over + step;
        t->overused++;
        if (t->over > TREND_OVERUSE_MS && t->overused > 1 && t->slope >= t->previous) {
            t->over = 0;
            t->overused = 0;
            return TREND_OVERUSE;
        }
        return (enum trend_usage)t->usage;
    }
    t->over = -1;
    t->overused = 0;
    return modified < -t->threshold ? TREND_UNDERUSE : TREND_NORMAL;
}

static void add_point(struct trend *t, const struct group_delta *d) {
    t->delay += MS(d->arrived - d->sent);
    t->smoothed = TREND_SMOOTHING * t->smoothed + (1 - TREND_SMOOTHING) * t->delay;
    t->point[t->next].at = MS(d->at - t->first);
    t->point[t->next].delay = t->smoothed;
    t->next = (t->next + 1) % TREND_WINDOW;
    t->n += t->n < TREND_WINDOW;
    t->deltas += t->deltas < TREND_DELTAS_MAX;
}

enum trend_usage trend_add(struct trend *t, const struct group_delta *d) {
    if (t->threshold == 0) {
        t->threshold = TREND_THRESHOLD;
        t->over = -1;
        t->first = d->at;
    }
    add_point(t, d);
    if (t->n < TREND_WINDOW) {
        return TREND_NORMAL;
    }
    t->previous = t->slope;
    t->slope = slope_of(t);
    double modified = t->deltas * t->slope * TREND_GAIN;
    t->usage = (uint8_t)judge(t, modified, MS(d->sent));
    adapt(t, modified, d->at);
    return (enum trend_usage)t->usage;
}
