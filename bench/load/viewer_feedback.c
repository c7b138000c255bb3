#include "bench/load/viewer_feedback.h"

#include "base/check.h"
#include "bench/clock.h"
#include "media/wire/rtcp.h"

#define REPORT_EVERY US_PER_S
#define TWCC_EVERY (100 * US_PER_MS)
#define NACK_EVERY (50 * US_PER_MS) /* the same packet again */
#define NACK_TRIES 10               /* libwebrtc's kMaxNackRetries */
#define PLI_EVERY US_PER_S
#define PLI_EVERY_AT_FIRST (200 * US_PER_MS) /* libwebrtc, until the first key frame */
#define NACK_LIST 64                         /* sequence numbers in one NACK */

/* Feedback about the video stream begins in w. Without reduced-size RTCP it must stand in a
 * compound packet behind a report (RFC 3550 section 6.1); Janus finds the stream by the report's
 * block. */
static void begin(struct viewer *v, struct wr *w) {
    if (!v->line[RX_VIDEO].rsize) {
        struct rtcp_report block = v->report[RX_VIDEO].last;
        block.ssrc = v->stream[RX_VIDEO].ssrc;
        rtcp_write_rr(w, v->client.rtcp_ssrc, &block, 1);
        rtcp_write_sdes_cname(w, v->client.rtcp_ssrc, "load");
    }
}

static void finish(struct viewer *v, struct wr *w) {
    CHECK(!w->bad);
    client_send_rtcp(&v->client, bytes_of(w->start, wr_len(w)));
}

/* ---- what is missing ---- */

static void want_key_frame(struct viewer *v, us_t now) {
    uint8_t buf[128];
    struct wr w = wr_of(buf, sizeof(buf));
    if (now < v->pli_at || !v->line[RX_VIDEO].pli) {
        return;
    }
    v->pli_at = now + (v->join.picture ? PLI_EVERY : PLI_EVERY_AT_FIRST);
    begin(v, &w);
    rtcp_write_pli(&w, v->client.rtcp_ssrc, v->stream[RX_VIDEO].ssrc);
    finish(v, &w);
}

void feedback_gap(struct viewer *v, us_t now, uint64_t after, uint64_t before) {
    if (!v->line[RX_VIDEO].nack) {
        return;
    }
    if (before - after - 1 > VIEWER_MISSING_MAX - v->n_missing) {
        v->audience->given_up += v->n_missing;
        v->n_missing = 0;
        want_key_frame(v, now);
        return;
    }
    for (uint64_t i = after + 1; i < before; i++) {
        v->missing[v->n_missing++] = (struct missing){.index = i, .noticed = now, .ask_at = now};
    }
}

static void forget(struct viewer *v, unsigned i) {
    v->missing[i] = v->missing[--v->n_missing];
}

bool feedback_arrived(struct viewer *v, us_t now, uint16_t seq, bool by_rtx) {
    for (unsigned i = 0; i < v->n_missing; i++) {
        const struct missing *m = &v->missing[i];
        if ((uint16_t)m->index != seq) {
            continue;
        }
        if (by_rtx) {
            rx_stream_repair(&v->stream[RX_VIDEO], m->index);
            histogram_add(&v->audience->repair, now - m->noticed);
            v->audience->repaired++;
        }
        forget(v, i);
        return true;
    }
    return false;
}

/* By sequence number, as rtcp_write_nack wants them. */
static void insert(uint16_t *seqs, unsigned n, uint16_t seq) {
    unsigned i = n;
    for (; i > 0 && (int16_t)(uint16_t)(seqs[i - 1] - seq) > 0; i--) {
        seqs[i] = seqs[i - 1];
    }
    seqs[i] = seq;
}

static void ask_again(struct viewer *v, us_t now) {
    uint16_t seqs[NACK_LIST];
    unsigned n = 0;
    for (unsigned i = 0; i < v->n_missing && n < NACK_LIST;) {
        struct missing *m = &v->missing[i];
        if (m->asked == NACK_TRIES && now >= m->ask_at) {
            v->audience->given_up++;
            forget(v, i);
            want_key_frame(v, now);
            continue;
        }
        if (now >= m->ask_at) {
            v->audience->nacked += m->asked == 0;
            m->asked++;
            m->ask_at = now + NACK_EVERY;
            insert(seqs, n++, (uint16_t)m->index);
        }
        i++;
    }
    if (n > 0) {
        uint8_t buf[512];
        struct wr w = wr_of(buf, sizeof(buf));
        begin(v, &w);
        rtcp_write_nack(&w, v->client.rtcp_ssrc, v->stream[RX_VIDEO].ssrc, seqs, n);
        finish(v, &w);
    }
}

/* ---- reports ---- */

void feedback_timing(struct viewer *v, unsigned stream, const struct rtp *r, uint64_t at_ns) {
    struct rx_report *p = &v->report[stream];
    uint64_t per_ms = stream == RX_VIDEO ? 90 : 48;
    uint32_t now = (uint32_t)(at_ns / 1000 * per_ms / 1000);
    uint32_t transit = now - r->ts;
    if (p->transit) {
        int32_t d = (int32_t)(transit - p->transit);
        p->jitter += ((d < 0 ? -(double)d : d) - p->jitter) / 16;
    }
    p->transit = transit;
}

void feedback_take_rtcp(struct viewer *v, struct bytes compound) {
    struct rtcp_packet k;
    struct rtcp_sr sr;
    while (rtcp_next(&compound, &k) == OK) {
        for (unsigned i = RX_AUDIO; i <= RX_VIDEO; i++) {
            if (k.type == RTCP_SR && k.ssrc == v->stream[i].ssrc && rtcp_sr_parse(&k, &sr) == OK) {
                v->report[i].lsr = ntp_middle(sr.ntp);
                v->report[i].lsr_at = wall_ns();
            }
        }
    }
}

static struct rtcp_report block_of(struct viewer *v, unsigned i) {
    const struct rx_stream *s = &v->stream[i];
    struct rx_report *p = &v->report[i];
    uint64_t expected = s->high - s->first + 1;
    uint64_t new = expected - p->expected_before, got = s->received - p->received_before;
    uint64_t waited = p->lsr_at ? wall_ns() - p->lsr_at : 0;
    p->expected_before = expected;
    p->received_before = s->received;
    p->last =
        (struct rtcp_report){.ssrc = s->ssrc,
                             .fraction_lost = (uint8_t)(new > got ? (new - got) * 255 / new : 0),
                             .cumulative_lost = (int32_t)(expected - s->received),
                             /* The index began one rollover above zero. */
                             .highest_seq = (uint32_t)(s->high - 0x10000),
                             .jitter = (uint32_t)p->jitter,
                             .lsr = p->lsr,
                             .dlsr = (uint32_t)((double)waited / 1e9 * 65536)};
    return p->last;
}

static void report(struct viewer *v) {
    struct rtcp_report blocks[RX_VIDEO + 1];
    unsigned n = 0;
    uint8_t buf[512];
    struct wr w = wr_of(buf, sizeof(buf));
    for (unsigned i = RX_AUDIO; i <= RX_VIDEO; i++) {
        if (v->stream[i].begun) {
            blocks[n++] = block_of(v, i);
        }
    }
    rtcp_write_rr(&w, v->client.rtcp_ssrc, blocks, n);
    rtcp_write_sdes_cname(&w, v->client.rtcp_ssrc, "load");
    finish(v, &w);
}

static void report_arrivals(struct viewer *v) {
    uint8_t buf[1200];
    struct wr w = wr_of(buf, sizeof(buf));
    begin(v, &w);
    arrivals_report(v->arrivals, &w, v->client.rtcp_ssrc, v->stream[RX_VIDEO].ssrc);
    if (wr_len(&w) > 0) {
        finish(v, &w);
    }
}

void feedback_tick(struct viewer *v, us_t now) {
    if (v->n_missing > 0) {
        ask_again(v, now);
    }
    if (now >= v->report_at) {
        v->report_at = now + REPORT_EVERY;
        report(v);
    }
    if (v->arrivals && now >= v->twcc_at) {
        v->twcc_at = now + TWCC_EVERY;
        report_arrivals(v);
    }
    /* A browser whose decoder has had no key frame asks for one. */
    if (v->stream[RX_VIDEO].begun && v->join.picture == 0) {
        want_key_frame(v, now);
    }
}
