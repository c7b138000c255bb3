#include "media/recv/stream.h"

#include "media/recv/ticks.h"

#include <string.h>

#define LOST_MIN (-0x800000) /* RFC 3550 section 6.4.1: signed 24 bits */
#define LOST_MAX 0x7fffff
#define BASE_UNKNOWN UINT64_MAX /* base_seq until a packet comes */
#define SEQ_CYCLE 65536         /* seq16_extend starts one cycle up; reports start at cycle 0 */

void recv_stats_init(struct recv_stats *s, uint32_t rate) {
    memset(s, 0, sizeof(*s));
    s->rate = rate;
}

/* RFC 3550 appendix A.8, the integer form: jitter is kept times 16. */
static void jitter_update(struct recv_stats *s, const struct recv_arrival *a) {
    uint32_t transit = (uint32_t)ticks_of_us(a->at, s->rate) - a->ts;
    if (s->any_transit) {
        int64_t d = (int32_t)(transit - s->transit);
        d = d < 0 ? -d : d;
        s->jitter = (uint32_t)(s->jitter + d - ((s->jitter + 8) >> 4));
    }
    s->transit = transit;
    s->any_transit = true;
}

enum seq_verdict recv_stats_packet(struct recv_stats *s, const struct recv_arrival *a,
                                   uint64_t *ret_seq) {
    bool first = !s->ext.any;
    uint64_t seq = seq16_extend(&s->ext, a->seq);
    *ret_seq = seq;
    if (!a->recovered) {
        s->received++;
        jitter_update(s, a);
    }
    s->last_at = a->at;
    enum seq_verdict v = seq_window_add(&s->window, seq);
    if (v == SEQ_NEW) {
        s->base_seq = first || seq < s->base_seq ? seq : s->base_seq;
        s->recovered += a->recovered;
        s->bytes += a->payload;
    }
    return v;
}

void recv_stats_sr(struct recv_stats *s, us_t now, uint64_t ntp) {
    s->lsr = ntp_middle(ntp);
    s->lsr_at = now;
}

/* RFC 3550 appendix A.3: expected against received since the last report. */
static uint8_t fraction_lost(struct recv_stats *s, uint64_t expected) {
    int64_t interval = (int64_t)(expected - s->expected_prior);
    int64_t lost = interval - (int64_t)(s->received - s->received_prior);
    s->expected_prior = expected;
    s->received_prior = s->received;
    s->last_lost = lost > 0 ? (uint32_t)lost : 0;
    s->last_expected = interval > 0 ? (uint32_t)interval : 0;
    if (interval <= 0 || lost <= 0) {
        return 0;
    }
    int64_t fraction = (lost << 8) / interval;
    return fraction > 255 ? 255 : (uint8_t)fraction;
}

bool recv_stats_report(struct recv_stats *s, us_t now, uint32_t ssrc, struct rtcp_report *ret) {
    if (!s->ext.any || s->base_seq == BASE_UNKNOWN) {
        return false;
    }
    uint64_t expected = s->ext.high - s->base_seq + 1;
    int64_t lost = (int64_t)(expected - s->received);
    lost = lost > LOST_MAX ? LOST_MAX : lost < LOST_MIN ? LOST_MIN : lost;
    us_t since = now - s->lsr_at;
    *ret = (struct rtcp_report){
        .ssrc = ssrc,
        .fraction_lost = fraction_lost(s, expected),
        .cumulative_lost = (int32_t)lost,
        .highest_seq = (uint32_t)(s->ext.high - SEQ_CYCLE),
        .jitter = s->jitter >> 4,
        .lsr = s->lsr,
        .dlsr = s->lsr ? (uint32_t)ticks_of_us(since, 65536) : 0,
    };
    return true;
}

void recv_stats_resume(struct recv_stats *s, uint64_t high) {
    s->ext = (struct seq_ext){.high = high, .any = true};
    s->base_seq = high + 1;
    seq_window_fill(&s->window, high);
}

void recv_stats_rejoin(struct recv_stats *s, uint64_t high) {
    recv_stats_resume(s, high);
    s->base_seq = BASE_UNKNOWN;
}
