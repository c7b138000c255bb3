/* Is a queue growing on the path? The slope of the delay over the last 20 groups, by least squares,
 * against a threshold that adapts to how restless the path is (draft-ietf-rmcat-gcc-02 sections 5.3
 * and 5.4; the line instead of the Kalman filter is libwebrtc's TrendlineEstimator, whose constants
 * these are). Owner: one worker. */
#ifndef ORIEL_MEDIA_BWE_TREND_H
#define ORIEL_MEDIA_BWE_TREND_H

#include "media/bwe/groups.h"

#define TREND_WINDOW 20     /* groups; libwebrtc kDefaultTrendlineWindowSize */
#define TREND_SMOOTHING 0.9 /* libwebrtc kDefaultTrendlineSmoothingCoeff */
#define TREND_GAIN 4.0      /* libwebrtc kDefaultTrendlineThresholdGain */
#define TREND_DELTAS_MAX 60 /* libwebrtc kMinNumDeltas: the slope counts fully after so many */
#define TREND_OVERUSE_MS 10 /* draft section 5.4: overuse_time_th */
/* Draft section 5.4, table 1: del_var_th(0), K_u, K_d, and the range of the threshold [ms]. */
#define TREND_THRESHOLD 12.5
#define TREND_UP 0.0087
#define TREND_DOWN 0.039
#define TREND_THRESHOLD_MIN 6.0
#define TREND_THRESHOLD_MAX 600.0
#define TREND_OUTLIER_MS 15.0 /* draft section 5.4: a jump this far beyond does not teach */
#define TREND_STEP_MAX_MS 100 /* libwebrtc kMaxTimeDelta between two adaptations */

enum trend_usage { TREND_NORMAL, TREND_OVERUSE, TREND_UNDERUSE };

struct trend {
    struct {
        double at, delay; /* [ms] */
    } point[TREND_WINDOW];
    unsigned n, next;       /* points, and where the next goes */
    unsigned deltas;        /* seen, up to TREND_DELTAS_MAX */
    us_t first, adapted;    /* [us] arrival of the first group; of the last adaptation */
    double delay, smoothed; /* [ms] accumulated */
    double slope, previous; /* [ms/ms] */
    double threshold;       /* 0: nothing was seen */
    double over;            /* [ms] overused so far; < 0: not at all */
    unsigned overused;      /* groups in a row */
    uint8_t usage;          /* enum trend_usage */
};

/* In zeroed memory. A group was compared with the one before it; returns how the path is used. */
enum trend_usage trend_add(struct trend *t, const struct group_delta *d);

#endif
