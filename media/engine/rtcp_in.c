#include "media/engine/rtcp_in.h"

#include "media/engine/estimate.h"
#include "media/engine/offence.h"
#include "media/engine/picture.h"
#include "media/engine/relay_out.h"
#include "media/engine/source.h"
#include "media/recv/police.h"
#include "media/send/report.h"
#include "media/wire/rtcp.h"

/* Requests that are looked at in one datagram, so that none costs much more than any other:
 * libwebrtc lists at most 1000 missing packets of a stream, and sends the list of each stream by
 * itself. Who puts more into one asks for the rest again. */
#define REQUESTS_MAX 1024
/* Packets that transport feedback of one datagram may speak of: as many as are remembered, twice.
 */
#define ARRIVALS_MAX (2 * SENT_PACKETS)

/* A datagram under way. */
struct incoming {
    struct session *s;
    us_t now;
    unsigned requests; /* looked at so far */
    unsigned arrivals; /* likewise, */
    unsigned reports;  /* and of slots */
    bool cut;          /* no more of them */
};

static struct slot *slot_by_ssrc(struct session *s, uint32_t ssrc) {
    for (unsigned i = 0; i < s->n_slots; i++) {
        if (s->slots[i].line.ssrc == ssrc) {
            return &s->slots[i];
        }
    }
    return NULL;
}

static struct stream *stream_by_ssrc(struct session *s, uint32_t ssrc) {
    struct slot *slot = slot_by_ssrc(s, ssrc);
    return slot ? &slot->stream : NULL;
}

static void on_sender_report(struct session *s, us_t now, const struct rtcp_packet *r) {
    struct layer *l = source_by_ssrc(s, r->ssrc);
    struct rtcp_sr sr;
    struct recv_stats *stats = l ? &inbound_of(l)->books->stats : NULL;
    if (!l || rtcp_sr_parse(r, &sr) != OK) {
        return;
    }
    /* One at a time: a datagram may hold dozens, and each is told to recorder and workers. */
    if (stats->lsr_at == now) {
        s->engine->n.drop_rtcp++;
        return;
    }
    recv_stats_sr(stats, now, sr.ntp);
    clock_offset_sr(&s->offset, now, sr.ntp);
    flow_report(l, now, sr.ntp, sr.rtp_ts);
    relay_report(l, sr.ntp, sr.rtp_ts);
}

/* A report of each slot is enough: more of them in one datagram say nothing new. */
static void on_reports(struct incoming *k, const struct rtcp_packet *r) {
    struct session *s = k->s;
    us_t now = k->now;
    uint64_t ntp = send_report_ntp(s->engine->c.wall_at_zero, now);
    struct rtcp_report b;
    for (unsigned i = 0; k->reports < s->n_slots && rtcp_report_at(r, i, &b) == OK; i++) {
        struct slot *slot = slot_by_ssrc(s, b.ssrc);
        us_t rtt = slot ? send_report_rtt(ntp, b.lsr, b.dlsr) : -1;
        if (rtt >= 0) {
            s->rtt = s->rtt ? (7 * s->rtt + rtt) / 8 : us_max(rtt, 1);
        }
        if (slot) {
            k->reports++;
            estimate_report(s, now, slot, &b);
        }
    }
}

/* May n more of what `sum` counts be looked at? An honest client loses nothing when not: it asks
 * again. */
static bool may_look_at(struct incoming *k, unsigned n, unsigned *sum, unsigned max) {
    struct engine *e = k->s->engine;
    if (k->cut) {
        return false;
    }
    *sum += n;
    k->cut = *sum > max;
    if (!k->cut && !police_spend(&k->s->requests_paid, e->c.rtcp_requests, k->now, n)) {
        k->cut = true;
        offence_note(k->s, k->now, OFFENCE_RTCP, n);
    }
    e->n.rtcp_cut += k->cut;
    return !k->cut;
}

static bool may_look(struct incoming *k, unsigned n) {
    return may_look_at(k, n, &k->requests, REQUESTS_MAX);
}

/* What is older than what is remembered is skipped at no cost. */
static void on_transport_feedback(struct incoming *k, const struct rtcp_packet *r) {
    unsigned n = rtcp_twcc_count(r), known = n < SENT_PACKETS ? n : SENT_PACKETS;
    if (may_look_at(k, known, &k->arrivals, ARRIVALS_MAX)) {
        estimate_feedback(k->s, k->now, r);
    }
}

/* The viewer asks for one packet; false when it is not worth reading on. */
static bool nack_one(struct session *s, us_t now, struct stream *out, uint16_t seq) {
    struct engine *e = s->engine;
    uint8_t index = (uint8_t)(CONTAINER_OF(out, struct slot, stream) - s->slots);
    e->n.nack_in++;
    switch (queue_nack(&s->queue, now, s->rtt, (struct resend){out, seq}, index)) {
    case QUEUE_TAKEN:
        return true;
    case QUEUE_ABUSED:
        offence_note(s, now, OFFENCE_NACK, 1);
        e->n.nack_limited++;
        return true;
    case QUEUE_LIMITED:
        e->n.nack_limited++;
        return true;
    case QUEUE_FULL:
    default:
        e->n.drop_full++;
        return false;
    }
}

static void on_nack(struct incoming *k, const struct rtcp_packet *r) {
    struct session *s = k->s;
    struct stream *out = stream_by_ssrc(s, rtcp_fb_media_ssrc(r));
    if (!out || !out->line->nack) {
        return;
    }
    uint16_t seqs[17];
    unsigned n = 0;
    bool more = true;
    for (unsigned i = 0; more && rtcp_nack_at(r, i, seqs, &n) == OK; i++) {
        more = may_look(k, n);
        for (unsigned j = 0; more && j < n; j++) {
            more = nack_one(s, k->now, out, seqs[j]);
        }
    }
    fanout_queue(&s->engine->fanout, k->now, &s->queue);
}

static void want_keyframe(struct incoming *k, uint32_t ssrc) {
    struct stream *out = may_look(k, 1) ? stream_by_ssrc(k->s, ssrc) : NULL;
    if (!out) {
        return;
    }
    k->s->engine->n.pli_in++;
    picture_lost(k->s, k->now, out);
}

static void on_payload_feedback(struct incoming *k, const struct rtcp_packet *r) {
    uint32_t ssrc = 0;
    uint8_t nr = 0;
    if (r->count == RTCP_FMT_PLI) {
        want_keyframe(k, rtcp_fb_media_ssrc(r));
    } else if (r->count == RTCP_FMT_AFB) {
        estimate_remb(k->s, k->now, r);
    } else if (r->count == RTCP_FMT_FIR) {
        for (unsigned i = 0; rtcp_fir_at(r, i, &ssrc, &nr) == OK; i++) {
            want_keyframe(k, ssrc);
        }
    }
}

/* RFC 3550 section 6.6: every ssrc listed leaves. */
static void on_bye(struct session *s, us_t now, const struct rtcp_packet *r) {
    struct rd rest = rd_of(r->body.p, r->body.n);
    uint32_t ssrc = r->ssrc;
    offence_note(s, now, OFFENCE_BYE, 1);
    for (unsigned i = 0; i < r->count && !rest.bad; i++) {
        struct layer *l = source_by_ssrc(s, ssrc);
        if (l) {
            source_bye(l, now);
        }
        ssrc = rd_u32(&rest);
    }
}

static void on_packet(struct incoming *k, const struct rtcp_packet *r) {
    struct session *s = k->s;
    us_t now = k->now;
    switch (r->type) {
    case RTCP_SR:
        on_sender_report(s, now, r);
        on_reports(k, r);
        break;
    case RTCP_RR:
        on_reports(k, r);
        break;
    case RTCP_BYE:
        on_bye(s, now, r);
        break;
    case RTCP_RTPFB:
        if (r->count == RTCP_FMT_NACK) {
            on_nack(k, r);
        } else if (r->count == RTCP_FMT_TWCC) {
            on_transport_feedback(k, r);
        }
        break;
    case RTCP_PSFB:
        on_payload_feedback(k, r);
        break;
    default:
        break;
    }
}

void rtcp_in(struct session *s, us_t now, const struct packet *k) {
    struct engine *e = s->engine;
    struct incoming in = {.s = s, .now = now};
    struct bytes rest = bytes_of(k->data, k->len);
    struct rtcp_packet r;
    enum err err;
    if (!police_spend(&s->rtcp_paid, e->c.rtcp_packets, now, 1)) {
        e->n.rtcp_policed++;
        offence_note(s, now, OFFENCE_RTCP, 1);
        return;
    }
    while ((err = rtcp_next(&rest, &r)) == OK) {
        on_packet(&in, &r);
    }
    if (err != ERR_AGAIN) {
        e->n.drop_rtcp++;
    }
}
