/* RTCP of a browser: sender and receiver reports, NACK and PLI out; the same and more in. */
#include "base/check.h"
#include "media/wire/rtcp.h"
#include "tests/sim/sim_world.h"

#define REPORT_EVERY (250 * US_PER_MS)
#define FEEDBACK_EVERY (50 * US_PER_MS)
#define FEEDBACK_PACKETS 20
#define OUR_SSRC 1 /* of reports of a browser that sends no media, as browsers have it */

static void seal_rtcp(struct browser *b, const struct wr *w) {
    uint8_t out[PACKET_CAP];
    struct wr sealed = wr_of(out, sizeof(out));
    CHECK(!w->bad);
    CHECK(srtp_seal_rtcp(b->sealer, b->srtcp_index++, bytes_of(w->start, wr_len(w)), &sealed) > 0);
    browser_send(b, bytes_of(out, wr_len(&sealed)));
}

/* What came late counts as received (RFC 3550 appendix A.3). */
static struct rtcp_report report_of(struct play *p, us_t now) {
    struct rtcp_report r = {.ssrc = p->line->ssrc,
                            .highest_seq = (uint32_t)(p->ext.high - 0x10000)};
    uint64_t expected = p->ext.high - p->first_seq + 1;
    uint64_t due = expected - p->reported_expected, came = p->received - p->reported_received;
    r.cumulative_lost = (int32_t)((int64_t)expected - (int64_t)p->received);
    r.fraction_lost = due > came ? (uint8_t)((due - came) * 255 / due) : 0;
    p->reported_expected = expected;
    p->reported_received = p->received;
    if (p->lsr_at > 0) {
        r.lsr = p->lsr;
        r.dlsr = (uint32_t)((now - p->lsr_at) * 65536 / US_PER_S);
    }
    return r;
}

static void write_reports(struct browser *b, us_t now, struct rtcp_report *reports, unsigned *n) {
    for (unsigned i = 0; i < b->n_plays && *n < 8; i++) {
        if (b->plays[i]->begun) {
            reports[(*n)++] = report_of(b->plays[i], now);
        }
    }
}

static struct rtcp_sr sender_of(const struct browser *b, us_t now, const struct publish *p) {
    wall_t wall = {b->w->config.wall_at_zero.us + now};
    return (struct rtcp_sr){.ntp = ntp_from_wall(wall),
                            .rtp_ts = publish_ts(p, now),
                            .packets = p->packets,
                            .octets = p->octets};
}

void rtcp_report(struct browser *b, us_t now) {
    uint8_t buf[1200];
    struct wr w = wr_of(buf, sizeof(buf));
    struct rtcp_report reports[8];
    unsigned n = 0;
    b->rtcp_at = now + REPORT_EVERY;
    write_reports(b, now, reports, &n);
    for (unsigned k = 0; k < SOURCE_KIND_COUNT; k++) {
        for (const struct publish *p = b->pubs[k]; p; p = p->lower) {
            if (p->packets > 0) {
                struct rtcp_sr sr = sender_of(b, now, p);
                rtcp_write_sr(&w, p->ssrc, &sr, reports, n);
                rtcp_write_sdes_cname(&w, p->ssrc, "model");
                n = 0;
            }
        }
    }
    if (b->uplink) {
        bwe_timeout(b->uplink, now);
        publish_follow(b);
    }
    if (wr_len(&w) == 0 || n > 0) {
        rtcp_write_rr(&w, OUR_SSRC, reports, n);
    }
    seal_rtcp(b, &w);
}

void rtcp_note(struct browser *b, us_t now, uint16_t seq, uint32_t ssrc) {
    recv_twcc_packet(b->feedback, now, seq, false);
    b->feedback_media = ssrc;
    if (b->feedback_waits++ == 0) {
        b->feedback_at = now + FEEDBACK_EVERY;
    }
    if (b->feedback_waits >= FEEDBACK_PACKETS) {
        b->feedback_at = now;
    }
}

void rtcp_feedback(struct browser *b) {
    bool more = true;
    b->feedback_waits = 0;
    b->feedback_at = US_NEVER;
    while (more) {
        uint8_t buf[1200];
        struct wr w = wr_of(buf, sizeof(buf));
        more = recv_twcc_write(b->feedback, &w, OUR_SSRC, b->feedback_media);
        if (wr_len(&w) == 0) {
            return;
        }
        seal_rtcp(b, &w);
    }
}

void rtcp_nack(struct browser *b, const struct play *p, const uint16_t *seqs, unsigned n) {
    uint8_t buf[600];
    struct wr w = wr_of(buf, sizeof(buf));
    rtcp_write_rr(&w, OUR_SSRC, NULL, 0);
    rtcp_write_nack(&w, OUR_SSRC, p->line->ssrc, seqs, n);
    seal_rtcp(b, &w);
}

void rtcp_pli(struct browser *b, const struct play *p) {
    uint8_t buf[64];
    struct wr w = wr_of(buf, sizeof(buf));
    rtcp_write_rr(&w, OUR_SSRC, NULL, 0);
    rtcp_write_pli(&w, OUR_SSRC, p->line->ssrc);
    seal_rtcp(b, &w);
}

static struct publish *by_ssrc(struct browser *b, uint32_t ssrc) {
    for (unsigned k = 0; k < SOURCE_KIND_COUNT; k++) {
        for (struct publish *p = b->pubs[k]; p; p = p->lower) {
            if (p->ssrc == ssrc) {
                return p;
            }
        }
    }
    return NULL;
}

static void on_nack(struct browser *b, const struct rtcp_packet *p) {
    struct publish *pub = by_ssrc(b, rtcp_fb_media_ssrc(p));
    uint16_t seqs[17];
    unsigned n;
    for (unsigned i = 0; rtcp_nack_at(p, i, seqs, &n) == OK; i++) {
        for (unsigned j = 0; pub && j < n; j++) {
            publish_nack(b, pub, seqs[j]);
        }
    }
    if (!pub) {
        world_fail(b->w, "browser %u is asked for packets of ssrc %08x it does not send", b->number,
                   rtcp_fb_media_ssrc(p));
    }
}

/* Nothing of ours gets lost on a link without loss, whoever counts. */
static void on_reports(struct browser *b, const struct rtcp_packet *p) {
    struct rtcp_report r;
    for (unsigned i = 0; rtcp_report_at(p, i, &r) == OK; i++) {
        if (b->w->lossless && (r.fraction_lost > 0 || r.cumulative_lost > 0)) {
            world_fail(b->w, "browser %u is told that %d packets of ssrc %08x are lost", b->number,
                       (int)r.cumulative_lost, r.ssrc);
        }
    }
}

static void on_twcc(struct browser *b, us_t now, const struct rtcp_packet *p) {
    struct rtcp_twcc_reader r;
    struct rtcp_twcc_arrival a;
    if (!b->uplink) {
        return;
    }
    if (rtcp_twcc_begin(p, bwe_near(b->uplink), &r) != OK) {
        world_fail(b->w, "browser %u received malformed transport-wide feedback", b->number);
        return;
    }
    bwe_feedback_begin(b->uplink, now);
    while (rtcp_twcc_next(&r, &a)) {
        bwe_feedback_arrival(b->uplink, now, &(struct bwe_arrival){a.seq, a.received, a.at_us});
    }
    bwe_feedback_end(b->uplink, now);
    publish_follow(b);
}

static void on_sender_report(struct browser *b, us_t now, const struct rtcp_packet *p) {
    struct rtcp_sr sr;
    for (unsigned i = 0; i < b->n_plays && rtcp_sr_parse(p, &sr) == OK; i++) {
        if (b->plays[i]->line->ssrc == p->ssrc) {
            b->plays[i]->lsr = (uint32_t)(sr.ntp >> 16);
            b->plays[i]->lsr_at = now;
        }
    }
}

static void on_feedback(struct browser *b, us_t now, const struct rtcp_packet *p) {
    if (p->type == RTCP_RTPFB && p->count == RTCP_FMT_NACK) {
        on_nack(b, p);
    } else if (p->type == RTCP_PSFB && p->count == RTCP_FMT_PLI) {
        struct publish *pub = by_ssrc(b, rtcp_fb_media_ssrc(p));
        if (pub) {
            publish_asked(b, pub, now);
        }
    } else if (p->type == RTCP_RTPFB && p->count == RTCP_FMT_TWCC) {
        on_twcc(b, now, p);
    } else if (p->type == RTCP_PSFB && p->count == RTCP_FMT_AFB) {
        (void)rtcp_remb_parse(p, &b->remb);
        if (b->o.follows_remb) {
            publish_follow(b);
        }
    }
}

void rtcp_input(struct browser *b, us_t now, struct bytes packet) {
    struct rtcp_packet p;
    enum err err;
    b->rtcp_in = now;
    while ((err = rtcp_next(&packet, &p)) == OK) {
        if (p.type == RTCP_BYE) {
            b->byes++;
        } else if (p.type == RTCP_SR || p.type == RTCP_RR) {
            if (p.type == RTCP_SR) {
                on_sender_report(b, now, &p);
            }
            on_reports(b, &p);
        } else {
            on_feedback(b, now, &p);
        }
    }
    if (err != ERR_AGAIN) {
        world_fail(b->w, "browser %u received malformed RTCP", b->number);
    }
}
