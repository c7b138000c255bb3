#include "recorder/timeline/timeline.h"

#define CLOCK_STEP (5 * US_PER_S)  /* the sender set its clock */
#define NTP_STEP (250 * US_PER_MS) /* the same, as seen from its media clock */
#define FAR (INT64_C(1) << 40)     /* [ticks] no media clock goes so far in a recording */

void ntp_clock_sr(struct ntp_clock *c, us_t t, uint64_t ntp) {
    int64_t sample = t - wall_from_ntp(ntp).us;
    int64_t change = sample - c->offset;
    if (!c->any || change > CLOCK_STEP || change < -CLOCK_STEP) {
        c->any = true;
        c->offset = sample;
        c->set++;
        return;
    }
    /* Delay on the way only ever makes a report late: trust the early ones more. */
    c->offset += change < 0 ? change / 4 : change / 32;
}

void timeline_init(struct timeline *l, uint32_t rate) {
    *l = (struct timeline){.rate = rate, .last = -US_PER_MS};
}

static us_t media_us(const struct timeline *l, uint64_t from, uint64_t to) {
    /* Reports may push the extended timestamps apart as far as they like. Beyond FAR it is another
     * clock, which what comes out tells whoever asks; up to there the product fits. */
    int64_t ticks = (int64_t)(to - from);
    ticks = ticks > FAR ? FAR : ticks < -FAR ? -FAR : ticks;
    return ticks * US_PER_S / (int64_t)l->rate;
}

static bool reported(const struct timeline *l, const struct ntp_clock *c) {
    return l->reported && c->any && l->sr_set == c->set;
}

uint64_t timeline_sr(struct timeline *l, struct ntp_clock *c, const struct timeline_report *sr) {
    uint64_t x = ts32_extend(&l->ext, sr->rtp_ts);
    int64_t ntp = wall_from_ntp(sr->ntp).us;
    if (reported(l, c)) {
        int64_t step = ntp - l->sr_ntp - media_us(l, l->sr_rtp, x);
        c->any = step < NTP_STEP && step > -NTP_STEP;
    }
    ntp_clock_sr(c, sr->at, sr->ntp);
    l->sr_rtp = x;
    l->sr_ntp = ntp;
    l->sr_set = c->set;
    l->reported = true;
    return x;
}

static void anchor(struct timeline *l, uint64_t x, us_t arrival) {
    l->anchored = true;
    l->rtp0 = l->newest = x;
    l->t0 = arrival;
}

void timeline_resume(struct timeline *l) {
    l->anchored = false;
}

/* The beginning, or where it goes on. */
static void first_anchor(struct timeline *l, const struct ntp_clock *c, uint64_t x, us_t arrival) {
    us_t at = reported(l, c) ? c->offset + l->sr_ntp + media_us(l, l->sr_rtp, x) : 0;
    us_t wrong = at - arrival;
    l->reported = reported(l, c) && wrong < TIMELINE_JUMP && wrong > -TIMELINE_JUMP;
    anchor(l, x, l->reported ? us_max(at, 0) : arrival);
}

/* How far to move the anchor for a frame at x: towards what the sender reports say, gently. */
static us_t correction(const struct timeline *l, const struct ntp_clock *c, uint64_t x, us_t t) {
    if (!reported(l, c)) {
        return 0;
    }
    us_t wrong = c->offset + l->sr_ntp + media_us(l, l->sr_rtp, x) - t;
    us_t most = x > l->newest ? media_us(l, l->newest, x) / 20 : 0;
    return wrong > most ? most : wrong < -most ? -most : wrong;
}

/* It comes behind frames that are shown later: when the latest of them is. */
static us_t latest(const struct timeline *l, uint64_t x, us_t t) {
    us_t newest = l->t0 + media_us(l, l->rtp0, l->newest);
    return l->reorders && x < l->newest && newest - t <= TIMELINE_REORDER ? newest : t;
}

us_t timeline_stamp(struct timeline *l, const struct ntp_clock *c, uint32_t rtp_ts, us_t arrival) {
    uint64_t x = ts32_extend(&l->ext, rtp_ts);
    if (!l->anchored) {
        first_anchor(l, c, x, arrival);
    }
    us_t t = l->t0 + media_us(l, l->rtp0, x);
    us_t move = correction(l, c, x, t);
    l->t0 += move;
    t += move;
    if (t - arrival > TIMELINE_ASTRAY || arrival - t > TIMELINE_ASTRAY) {
        l->astray++;
        l->reported = false;
        anchor(l, x, arrival);
        t = arrival;
    }
    us_t before = latest(l, x, t);
    bool behind = before != t;
    l->newest = x > l->newest ? x : l->newest;
    t -= t % US_PER_MS;
    if (l->last + US_PER_MS > us_max(before, arrival) + TIMELINE_PUSHED) {
        l->refused++;
        return TIMELINE_REFUSED;
    }
    l->last = us_max(t, l->last + US_PER_MS);
    l->shift = behind ? t - l->last : 0;
    return l->last;
}
