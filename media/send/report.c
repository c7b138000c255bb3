#include "media/send/report.h"

#include "media/recv/ticks.h"

uint64_t send_report_ntp(wall_t wall_at_zero, us_t now) {
    return ntp_from_wall((wall_t){wall_at_zero.us + now});
}

bool send_report_make(const struct send_report *s, struct rtcp_sr *ret) {
    const struct rewrite *r = s->rewrite;
    if (r->last_at == 0) {
        return false;
    }
    uint32_t ts;
    if (r->source != 0 && s->clock && s->offset &&
        recv_clock_ts_at(s->clock, s->offset, s->now, &ts)) {
        ts = rewrite_ts(r, ts);
    } else {
        ts = r->last_ts + (uint32_t)ticks_of_us(s->now - r->last_at, s->rate);
    }
    *ret = (struct rtcp_sr){
        .ntp = send_report_ntp(s->wall_at_zero, s->now),
        .rtp_ts = ts,
        .packets = s->packets,
        .octets = s->octets,
    };
    return true;
}

us_t send_report_rtt(uint64_t ntp_now, uint32_t lsr, uint32_t dlsr) {
    if (lsr == 0) {
        return -1;
    }
    int32_t rtt = (int32_t)(ntp_middle(ntp_now) - lsr - dlsr);
    return rtt < 0 ? -1 : us_of_ticks(rtt, 65536);
}
