/* RTCP to a peer: a compound of reports at least every 500 ms, and between them (RFC 5506, reduced
 * size) requests for lost packets and key frames and transport feedback at their own deadlines.
 * A packet is composed when it can be sent, so it says what is true then. */
#include "media/peer.h"
#include "media/send/report.h"
#include "media/wire/rtcp.h"

#define COMPOUND_MAX 1180 /* [bytes] plain; sealed it still fits every path WebRTC uses */
#define NACK_BATCH 64     /* sequence numbers per packet and source */
/* [bytes] a sender report without blocks, and the description with its CNAME */
#define SLOT_REPORT (28 + 12 + CNAME_MAX + 4)
_Static_assert(24 * SESSION_SOURCES_MAX + SLOT_REPORT * SESSION_SLOTS_MAX <= COMPOUND_MAX,
               "the reports of all slots and sources fit in one compound");

static bool source_asks(const struct source *s, us_t now) {
    const struct session_line *l = &s->line->s;
    return (l->nack && recv_nack_deadline(&s->nack) <= now) ||
           (l->pli && recv_keyframe_deadline(&s->keyframe) <= now);
}

us_t peer_rtcp_deadline(const struct peer *p, us_t now) {
    if (!peer_sendable(p, now)) {
        return US_NEVER;
    }
    us_t at = p->report_at;
    if (p->twcc) {
        at = us_min(at, recv_twcc_deadline(p->twcc));
    }
    for (unsigned i = 0; i < p->n_lines; i++) {
        const struct source *s = p->lines[i].source;
        if (s && s->line->s.nack) {
            at = us_min(at, recv_nack_deadline(&s->nack));
        }
        if (s && s->line->s.pli) {
            at = us_min(at, recv_keyframe_deadline(&s->keyframe));
        }
    }
    return at;
}

bool peer_rtcp_due(const struct peer *p, us_t now) {
    return peer_rtcp_deadline(p, now) <= now;
}

static unsigned report_blocks(struct peer *p, us_t now, struct rtcp_report *out) {
    unsigned n = 0;
    for (unsigned i = 0; i < p->n_lines; i++) {
        struct line *l = &p->lines[i];
        n += l->source && recv_stats_report(&l->source->stats, now, l->ssrc, &out[n]);
    }
    return n;
}

static bool slot_report(const struct slot *s, us_t now, struct rtcp_sr *ret) {
    const struct source *source = slot_shown(s);
    struct send_report r = {.now = now,
                            .wall_at_zero = s->peer->engine->c.wall_at_zero,
                            .rate = slot_rate(s),
                            .packets = s->packets,
                            .octets = s->octets,
                            .rewrite = &s->rewrite,
                            .clock = source ? &source->clock : NULL,
                            .offset = source ? &source->peer->offset : NULL};
    return source && send_report_make(&r, ret);
}

/* Sender reports of all slots that send. The first carries the report blocks; without one there is
 * a receiver report. */
static void write_reports(struct peer *p, us_t now, struct wr *w) {
    struct rtcp_report blocks[SESSION_SOURCES_MAX];
    unsigned n = report_blocks(p, now, blocks);
    bool any = false;
    for (unsigned i = 0; i < p->n_slots; i++) {
        struct slot *s = &p->slots[i];
        struct rtcp_sr sr;
        if (slot_report(s, now, &sr)) {
            rtcp_write_sr(w, s->s.ssrc, &sr, blocks, any ? 0 : n);
            rtcp_write_sdes_cname(w, s->s.ssrc, p->cname);
            any = true;
        }
    }
    if (!any) {
        rtcp_write_rr(w, p->rtcp_ssrc, blocks, n);
        rtcp_write_sdes_cname(w, p->rtcp_ssrc, p->cname);
    }
}

static void write_requests(struct peer *p, us_t now, struct source *s, struct wr *w) {
    const struct line *l = s->line;
    uint16_t seqs[NACK_BATCH];
    if (l->s.nack && recv_nack_deadline(&s->nack) <= now) {
        unsigned n = recv_nack_poll(&s->nack, now, p->rtt, seqs, NACK_BATCH);
        if (n > 0) {
            rtcp_write_nack(w, p->rtcp_ssrc, l->ssrc, seqs, n);
            p->engine->n.nack_out += n;
        }
        if (recv_nack_take_lost(&s->nack) && line_is_video(l) && s->live) {
            recv_keyframe_need(&s->keyframe);
        }
    }
    if (l->s.pli && recv_keyframe_deadline(&s->keyframe) <= now &&
        recv_keyframe_poll(&s->keyframe, now)) {
        rtcp_write_pli(w, p->rtcp_ssrc, l->ssrc);
        p->engine->n.pli_out++;
    }
}

static void write_bye(struct peer *p, struct wr *w) {
    rtcp_write_rr(w, p->rtcp_ssrc, NULL, 0);
    rtcp_write_sdes_cname(w, p->rtcp_ssrc, p->cname);
    for (unsigned i = 0; i < p->n_slots; i++) {
        if (p->slots[i].packets > 0) {
            rtcp_write_bye(w, p->slots[i].s.ssrc);
        }
    }
    p->say_bye = false;
}

static void compose(struct peer *p, us_t now, struct wr *w) {
    if (p->state == PEER_LEAVING) {
        if (p->say_bye) {
            write_bye(p, w);
        }
        return;
    }
    if (p->report_at <= now) {
        write_reports(p, now, w);
        p->report_at = now + PEER_REPORT_GAP;
        return; /* requests follow in a packet of their own: room is never short */
    }
    for (unsigned i = 0; i < p->n_lines; i++) {
        struct source *s = p->lines[i].source;
        if (s && source_asks(s, now)) {
            write_requests(p, now, s, w);
        }
    }
    if (p->twcc && recv_twcc_deadline(p->twcc) <= now && wr_left(w) > COMPOUND_MAX / 2) {
        recv_twcc_write(p->twcc, w, p->rtcp_ssrc, p->twcc_media);
    }
}

bool peer_rtcp_output(struct peer *p, us_t now, struct datagram *ret) {
    uint8_t plain[COMPOUND_MAX];
    struct wr w = wr_of(plain, sizeof(plain));
    if (p->state == PEER_CONNECTED ? !peer_sendable(p, now) : !p->sealer) {
        return false;
    }
    compose(p, now, &w);
    if (w.bad || wr_len(&w) == 0) {
        return false;
    }
    uint32_t index = p->srtcp_index++; /* taken before it is used */
    struct wr out = wr_of(ret->data, sizeof(ret->data));
    ret->len = srtp_seal_rtcp(p->sealer, index, bytes_of(plain, wr_len(&w)), &out);
    return ret->len > 0;
}
