/* RTCP from a peer: reports on what it sends, feedback on what it receives. */
#include "media/peer.h"
#include "media/send/report.h"
#include "media/tour.h"
#include "media/wire/rtcp.h"

static struct line *line_by_ssrc(struct peer *p, uint32_t ssrc) {
    for (unsigned i = 0; i < p->n_lines; i++) {
        if (ssrc && p->lines[i].source && p->lines[i].ssrc == ssrc) {
            return &p->lines[i];
        }
    }
    return NULL;
}

static struct slot *slot_by_ssrc(struct peer *p, uint32_t ssrc) {
    for (unsigned i = 0; i < p->n_slots; i++) {
        if (p->slots[i].s.ssrc == ssrc) {
            return &p->slots[i];
        }
    }
    return NULL;
}

static void on_sender_report(struct peer *p, us_t now, const struct rtcp_packet *r) {
    struct line *l = line_by_ssrc(p, r->ssrc);
    struct rtcp_sr sr;
    if (!l || rtcp_sr_parse(r, &sr) != OK) {
        return;
    }
    struct source *s = l->source;
    recv_stats_sr(&s->stats, now, sr.ntp);
    recv_clock_sr(&s->clock, now, sr.ntp, sr.rtp_ts);
    clock_offset_sr(&p->offset, now, sr.ntp);
    if (s->tap_id) {
        tap_push(p->engine, &(struct tap){.type = TAP_SR,
                                          .kind = l->s.source,
                                          .codec = l->s.codec,
                                          .audio_level = 127,
                                          .source = s->tap_id,
                                          .tour = p->tour->handle,
                                          .participant = p->participant,
                                          .ntp = sr.ntp,
                                          .rtp_ts = sr.rtp_ts,
                                          .now = now});
    }
}

static void on_reports(struct peer *p, us_t now, const struct rtcp_packet *r) {
    uint64_t ntp = send_report_ntp(p->engine->c.wall_at_zero, now);
    struct rtcp_report b;
    for (unsigned i = 0; rtcp_report_at(r, i, &b) == OK; i++) {
        us_t rtt = slot_by_ssrc(p, b.ssrc) ? send_report_rtt(ntp, b.lsr, b.dlsr) : -1;
        if (rtt >= 0) {
            p->rtt = p->rtt ? (7 * p->rtt + rtt) / 8 : us_max(rtt, 1);
        }
    }
}

/* Without RTX nothing is sent again: the packet would need its own SRTP index a second time. */
static void on_nack(struct peer *p, us_t now, const struct rtcp_packet *r) {
    struct engine *e = p->engine;
    struct slot *s = slot_by_ssrc(p, rtcp_fb_media_ssrc(r));
    if (!s || !s->s.nack || s->rtx.pt == 0) {
        return;
    }
    uint16_t seqs[17];
    unsigned n = 0;
    for (unsigned i = 0; rtcp_nack_at(r, i, seqs, &n) == OK; i++) {
        for (unsigned j = 0; j < n; j++) {
            e->n.nack_in++;
            if (send_limit_pass(&s->limit, now, p->rtt, seqs[j]) &&
                !forward_resend(e, s, seqs[j])) {
                e->n.drop_full++;
                return;
            }
        }
    }
}

static void want_keyframe(struct peer *p, us_t now, uint32_t ssrc) {
    struct slot *s = slot_by_ssrc(p, ssrc);
    if (s) {
        p->engine->n.pli_in++;
        slot_need_keyframe(s, now);
    }
}

static void on_payload_feedback(struct peer *p, us_t now, const struct rtcp_packet *r) {
    uint32_t ssrc = 0;
    uint8_t nr = 0;
    if (r->count == RTCP_FMT_PLI) {
        want_keyframe(p, now, rtcp_fb_media_ssrc(r));
    } else if (r->count == RTCP_FMT_FIR) {
        for (unsigned i = 0; rtcp_fir_at(r, i, &ssrc, &nr) == OK; i++) {
            want_keyframe(p, now, ssrc);
        }
    }
}

/* RFC 3550 section 6.6: every ssrc listed leaves. */
static void on_bye(struct peer *p, us_t now, const struct rtcp_packet *r) {
    struct rd rest = rd_of(r->body.p, r->body.n);
    uint32_t ssrc = r->ssrc;
    for (unsigned i = 0; i < r->count && !rest.bad; i++) {
        struct line *l = line_by_ssrc(p, ssrc);
        if (l) {
            source_off(l->source, now);
        }
        ssrc = rd_u32(&rest);
    }
}

static void on_packet(struct peer *p, us_t now, const struct rtcp_packet *r) {
    switch (r->type) {
    case RTCP_SR:
        on_sender_report(p, now, r);
        on_reports(p, now, r);
        break;
    case RTCP_RR:
        on_reports(p, now, r);
        break;
    case RTCP_BYE:
        on_bye(p, now, r);
        break;
    case RTCP_RTPFB:
        if (r->count == RTCP_FMT_NACK) {
            on_nack(p, now, r);
        }
        break;
    case RTCP_PSFB:
        on_payload_feedback(p, now, r);
        break;
    default:
        break;
    }
}

void peer_rtcp_input(struct peer *p, us_t now, struct packet *k) {
    struct bytes rest = bytes_of(k->data, k->len);
    struct rtcp_packet r;
    enum err err;
    while ((err = rtcp_next(&rest, &r)) == OK) {
        on_packet(p, now, &r);
    }
    if (err != ERR_AGAIN) {
        p->engine->n.drop_rtcp++;
    }
}
