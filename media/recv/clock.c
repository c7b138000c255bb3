#include "media/recv/clock.h"

#include "media/recv/ticks.h"

/* NTP time as [us] since 1900; fits in 63 bits for the whole era. */
static int64_t us_of_ntp(uint64_t ntp) {
    return (int64_t)(ntp >> 32) * US_PER_S + (int64_t)(((ntp & 0xffffffff) * 1000000) >> 32);
}

static int64_t estimate(const struct clock_offset *o) {
    return o->now_min < o->past_min ? o->now_min : o->past_min;
}

void clock_offset_sr(struct clock_offset *o, us_t now, uint64_t ntp) {
    if (ntp == 0) {
        return;
    }
    int64_t sample = now - us_of_ntp(ntp);
    if (!o->any || sample > estimate(o) + CLOCK_STEP) {
        *o = (struct clock_offset){sample, sample, now, true};
        return;
    }
    if (now - o->started >= CLOCK_WINDOW) {
        o->past_min = o->now_min;
        o->now_min = sample;
        o->started = now;
    } else if (sample < o->now_min) {
        o->now_min = sample;
    }
}

int64_t clock_offset_save(const struct clock_offset *o) {
    return o->any ? estimate(o) : 0;
}

void clock_offset_load(struct clock_offset *o, us_t now, int64_t saved) {
    if (saved != 0) {
        *o = (struct clock_offset){saved, saved, now, true};
    }
}

void recv_clock_init(struct recv_clock *c, uint32_t rate) {
    *c = (struct recv_clock){.rate = rate};
}

void recv_clock_sr(struct recv_clock *c, us_t now, uint64_t ntp, uint32_t ts) {
    if (ntp == 0) {
        return;
    }
    c->sr_ntp = ntp;
    c->sr_ts = ts;
    c->sr_at = now;
    c->any = true;
}

/* When the instant of the last report was, by the server's clock. */
static us_t report_time(const struct recv_clock *c, const struct clock_offset *o) {
    return us_of_ntp(c->sr_ntp) + estimate(o);
}

bool recv_clock_ts_at(const struct recv_clock *c, const struct clock_offset *o, us_t t,
                      uint32_t *ret_ts) {
    if (!c->any || !o->any) {
        return false;
    }
    *ret_ts = c->sr_ts + (uint32_t)ticks_of_us(t - report_time(c, o), c->rate);
    return true;
}

bool recv_clock_time_of(const struct recv_clock *c, const struct clock_offset *o, uint32_t ts,
                        us_t *ret_at) {
    if (!c->any || !o->any) {
        return false;
    }
    *ret_at = report_time(c, o) + us_of_ticks((int32_t)(ts - c->sr_ts), c->rate);
    return true;
}
