#include "media/bwe/loss.h"

#include <math.h>

void loss_packet(struct loss *l, us_t sent, bool received) {
    if (!received) {
        if (l->run++ == 0) {
            l->run_from = sent;
        }
        return;
    }
    if (l->run > 0 && sent - l->run_from < LOSS_OUTAGE) {
        l->lost += l->run;
        l->total += l->run;
    }
    l->run = 0;
    l->total++;
}

static bool lower(struct loss *l, us_t now, us_t rtt, uint64_t rate, uint64_t acked) {
    if (l->lowered && now - l->lowered < LOSS_WAIT + us_max(rtt, 0)) {
        return false;
    }
    uint64_t to = (uint64_t)((double)rate * (1 - l->fraction / 2));
    bool half = l->fraction > LOSS_HALF;
    bool lasts = half && l->half && now - l->lowered < LOSS_LASTS + us_max(rtt, 0);
    if (lasts && acked > 0 && acked < to) {
        to = acked;
    }
    l->half = half;
    l->limit = to;
    l->lowered = now;
    return true;
}

static void raise(struct loss *l, us_t now, uint64_t rate) {
    double passed = (double)us_min(now - l->changed, US_PER_S) / US_PER_S;
    l->limit = (uint64_t)((double)l->limit * pow(LOSS_GROWTH, passed)) + 1;
    if (l->limit > 2 * rate) {
        l->limit = 0; /* it has long stopped to matter */
    }
}

/* More than a tenth, and not by chance: of twenty packets that a radio loses each with 5 %, three
 * are lost every few seconds. */
static bool too_much(const struct loss *l) {
    double limit = LOSS_HIGH * l->total;
    return l->lost > limit + LOSS_SURE * sqrt(limit);
}

bool loss_judge(struct loss *l, us_t now, us_t rtt, uint64_t rate, uint64_t acked) {
    bool less = false;
    if (l->total >= LOSS_PACKETS) {
        bool high = too_much(l);
        l->fraction = (double)l->lost / l->total;
        l->mean += LOSS_MEAN * (l->fraction - l->mean);
        l->lost = 0;
        l->total = 0;
        less = high && lower(l, now, rtt, rate, acked);
    }
    if (l->limit && l->fraction < LOSS_LOW) {
        raise(l, now, rate);
    }
    l->changed = now;
    return less;
}

void loss_proven(struct loss *l, uint64_t rate) {
    if (l->limit && l->limit < rate) {
        l->limit = rate;
    }
}
