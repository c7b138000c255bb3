#include "media/engine/rtp_in.h"

#include "media/engine/bind.h"
#include "media/engine/offence.h"
#include "media/engine/relay_out.h"
#include "media/engine/source.h"
#include "media/recv/rtx.h"

/* Every authentic packet is reported, also one that no m-line wants, or the sender takes it for
 * lost. in may be NULL then: extension ids are those of the first m-line that has agreed on
 * feedback. */
static void note_transport(struct session *s, us_t now, const struct inbound *in,
                           const struct rtp *r) {
    for (unsigned i = 0; !in && i < s->n_in; i++) {
        in = s->in[i].s.twcc ? &s->in[i] : NULL;
    }
    if (!s->twcc || !in || !in->s.twcc) {
        return;
    }
    struct bytes ext = rtp_ext_find(r, in->s.ext.id[RTP_EXT_TWCC]);
    if (ext.n == 2) {
        s->twcc_media = r->ssrc;
        recv_twcc_packet(s->twcc, now, be16(ext.p), r->marker);
    }
}

/* A retransmission becomes the packet it repeats. Probes come as RTX without an original. */
static bool undo(struct session *s, struct inbound *in, struct packet *k, struct rtp *r) {
    s->engine->n.rtx_in++;
    if (in->rtx_ssrc != r->ssrc || seq16_newer(r->seq, in->rtx_seq)) {
        in->rtx_seq = r->seq;
    }
    in->rtx_ssrc = r->ssrc;
    return in->nack && recv_rtx_undo(k, in->s.pt, in->ssrc) == OK &&
           rtp_parse(bytes_of(k->data, k->len), r) == OK;
}

/* Extended sequence numbers are (rollover counter + 1) << 16 | seq, also for an ssrc that comes
 * back to an m-line after another one: a snapshot derives the counter from them. */
static void align_with_srtp(struct session *s, struct inbound *in, uint16_t seq) {
    uint32_t roc = 0;
    if (srtp_opener_roc(s->transport.opener, in->ssrc, &roc) == OK && roc > 0) {
        recv_stats_resume(&in->stats, ((uint64_t)(roc + 1) << 16 | seq) - 1);
    }
}

/* Few buffers are left: what is not kept comes back at once, so that there are some for what keeps
 * everybody connected. */
static bool may_keep(struct engine *e, const struct media_packet *p) {
    bool low = packet_pool_below(p->packet->pool, e->c.pool_reserve);
    e->n.drop_pool_low += low;
    return !low;
}

/* Its source is on. False for a straggler or a repair of what has stopped. */
static bool flows(struct source *x, us_t now, const struct media_packet *p) {
    if (!x->flow.feed.live && p->seq < x->in->stats.ext.high) {
        return false;
    }
    x->in->heard = now;
    x->bye_at = 0;
    if (!x->flow.feed.live) {
        /* Slots are bound before this packet goes out: it may begin the first key frame. */
        source_on(x, now);
        bind_tour(x->session->tour, now);
    }
    return true;
}

/* A new packet with a payload, of a source that is not muted. */
static void media(struct source *x, us_t now, struct media_packet *p) {
    if (!flows(x, now, p)) {
        return;
    }
    source_level(x, now, p);
    bool keep = may_keep(x->session->tour->engine, p);
    relay_packet(&x->flow, p, keep);
    flow_packet(&x->flow, now, p, keep);
}

/* What came with the datagram, as far as it is known before its m-line looks at it. */
struct incoming {
    struct packet *packet;
    struct rtp r;
    bool rtx;
    bool over; /* over the limit of its m-line, and counted */
};

/* Does the picture that has been cut go on with this packet? Only with the beginning of a key frame
 * of which nothing has come and was left out before. */
static bool resumes(struct source *x, us_t now, const struct media_packet *p) {
    struct inbound *in = x->in;
    const struct police_limit *l = &x->session->engine->c.police[in->s.source];
    return p->keyframe && p->lead == 0 && p->seq == in->stats.ext.high &&
           police_resume(&in->police, l, now, p->packet->len);
}

/* Video goes on, but for what is left out since a packet of it was over the limit. A frame with a
 * packet missing would be shown as it is where the gap is closed, and asked for where it is not. */
static void video(struct source *x, us_t now, const struct incoming *k, struct media_packet *p) {
    if (k->over) {
        police_cut(&x->in->police);
    }
    if (!x->in->police.cut) {
        media(x, now, p);
    } else if (resumes(x, now, p)) {
        p->after_gap = true; /* which viewers never see */
        media(x, now, p);
    } else {
        x->session->engine->n.drop_policed += !k->over;
        if (flows(x, now, p)) {
            recv_keyframe_need(&x->flow.feed.keyframe);
        }
    }
}

static void skip(struct source *x, uint64_t seq) {
    fanout_skip(&x->session->engine->fanout, &x->flow.feed, seq);
    relay_skip(&x->flow, seq);
}

static void receive(struct source *x, us_t now, const struct incoming *k) {
    struct media_packet p;
    struct inbound_place place;
    if (!x->in->stats.ext.any) {
        align_with_srtp(x->session, x->in, k->r.seq);
    }
    enum inbound_verdict v = inbound_receive(x->in, now, &k->r, k->rtx, &place);
    bool is_video = inbound_is_video(x->in);
    if (v == INBOUND_PADDING || (v == INBOUND_MEDIA && k->over && !is_video)) {
        skip(x, place.seq);
    } else if (v == INBOUND_MEDIA) {
        media_packet_read(&p, k->packet, &k->r, &x->in->s);
        p.seq = place.seq;
        p.at = now;
        p.after_gap = place.after_gap;
        p.lead = x->in->s.codec == CODEC_H264 ? place.lead : 0; /* others know their beginning */
        if (is_video) {
            video(x, now, k, &p);
        } else {
            media(x, now, &p);
        }
    }
}

/* Into the m-line that has been found. False when it cannot be received. */
static bool prepare(struct session *s, us_t now, const struct arrival *a, struct incoming *k) {
    struct engine *e = s->engine;
    unsigned i = (unsigned)(a->in - s->in);
    k->over = !police_pass(&a->in->police, &e->c.police[a->in->s.source], now, k->packet->len);
    if (k->over) {
        e->n.drop_policed++;
        offence_note(s, now, OFFENCE_RATE);
        if (!s->sources[i] || a->rtx || a->restart) {
            return false;
        }
    }
    if (a->restart) {
        source_restart(s->sources[i], now);
    }
    if (a->rtx) {
        return undo(s, a->in, k->packet, &k->r);
    }
    if (source_make(s, i) != OK) {
        e->n.drop_full++;
        return false;
    }
    a->in->ssrc = k->r.ssrc;
    s->sources[i]->flow.feed.ssrc = k->r.ssrc;
    return true;
}

void rtp_in(struct session *s, us_t now, struct packet *packet) {
    struct incoming k = {.packet = packet};
    struct arrival a = {0};
    s->engine->n.rtp_in++;
    if (rtp_parse(bytes_of(packet->data, packet->len), &k.r) != OK) {
        s->engine->n.drop_rtp++;
        return;
    }
    bool known = inbound_find(s->in, s->n_in, now, &k.r, &a);
    k.rtx = a.rtx;
    bool wanted = known && prepare(s, now, &a, &k);
    note_transport(s, now, known ? a.in : NULL, &k.r);
    if (wanted) {
        receive(s->sources[a.in - s->in], now, &k);
    }
    if (!known) {
        s->engine->n.drop_rtp++;
        offence_note(s, now, OFFENCE_RTP);
    }
}
