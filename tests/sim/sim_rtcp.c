/* RTCP of a browser: sender and receiver reports, NACK and PLI out; the same and more in. */
#include "base/check.h"
#include "media/wire/rtcp.h"
#include "tests/sim/sim_world.h"

#define REPORT_EVERY (250 * US_PER_MS)
#define OUR_SSRC 1 /* of reports of a browser that sends no media, as browsers have it */

static void seal_rtcp(struct browser *b, const struct wr *w) {
    uint8_t out[PACKET_CAP];
    struct wr sealed = wr_of(out, sizeof(out));
    CHECK(!w->bad);
    CHECK(srtp_seal_rtcp(b->sealer, b->srtcp_index++, bytes_of(w->start, wr_len(w)), &sealed) > 0);
    browser_send(b, bytes_of(out, wr_len(&sealed)));
}

static void write_reports(struct browser *b, struct rtcp_report *reports, unsigned *n) {
    for (unsigned i = 0; i < b->n_plays && *n < 8; i++) {
        const struct play *p = b->plays[i];
        if (p->begun) {
            reports[(*n)++] = (struct rtcp_report){
                .ssrc = p->line->ssrc, .highest_seq = (uint32_t)(p->ext.high - 0x10000)};
        }
    }
}

void rtcp_report(struct browser *b, us_t now) {
    uint8_t buf[1200];
    struct wr w = wr_of(buf, sizeof(buf));
    struct rtcp_report reports[8];
    unsigned n = 0;
    b->rtcp_at = now + REPORT_EVERY;
    write_reports(b, reports, &n);
    for (unsigned k = 0; k < SOURCE_KIND_COUNT; k++) {
        const struct publish *p = b->pubs[k];
        if (p && p->packets > 0) {
            wall_t wall = {b->w->config.wall_at_zero.us + now};
            struct rtcp_sr sr = {.ntp = ntp_from_wall(wall),
                                 .rtp_ts = publish_ts(p, now),
                                 .packets = p->packets,
                                 .octets = p->octets};
            rtcp_write_sr(&w, p->ssrc, &sr, reports, n);
            rtcp_write_sdes_cname(&w, p->ssrc, "model");
            n = 0;
        }
    }
    if (wr_len(&w) == 0 || n > 0) {
        rtcp_write_rr(&w, OUR_SSRC, reports, n);
    }
    seal_rtcp(b, &w);
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
        if (b->pubs[k] && b->pubs[k]->ssrc == ssrc) {
            return b->pubs[k];
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

static void on_feedback(struct browser *b, const struct rtcp_packet *p) {
    if (p->type == RTCP_RTPFB && p->count == RTCP_FMT_NACK) {
        on_nack(b, p);
    } else if (p->type == RTCP_PSFB && p->count == RTCP_FMT_PLI) {
        struct publish *pub = by_ssrc(b, rtcp_fb_media_ssrc(p));
        if (pub) {
            pub->key_wanted = true;
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
            on_reports(b, &p);
        } else {
            on_feedback(b, &p);
        }
    }
    if (err != ERR_AGAIN) {
        world_fail(b->w, "browser %u received malformed RTCP", b->number);
    }
}
