#include "media/engine/rtp_in.h"

#include "media/engine/bind.h"
#include "media/engine/source.h"
#include "media/recv/rtx.h"

static void note_transport(struct session *s, us_t now, const struct inbound *in,
                           const struct rtp *r) {
    struct bytes ext = rtp_ext_find(r, in->s.ext.id[RTP_EXT_TWCC]);
    if (s->twcc && in->s.twcc && ext.n == 2) {
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

static void to_tap(struct source *x, const struct media_packet *p) {
    struct tap t = source_tap(x, TAP_RTP, p->at);
    t.audio_level = p->audio_level;
    t.seq = p->seq;
    t.rtp_ts = p->ts;
    t.payload_at = p->payload_at;
    t.payload_len = p->payload_len;
    t.marker = p->marker;
    t.packet = p->packet;
    tap_push(x->session->engine, &t);
}

/* A new packet with a payload, of a source that is not muted. */
static void media(struct source *x, us_t now, struct media_packet *p) {
    struct tour *t = x->session->tour;
    if (!x->feed.live && p->seq < x->in->stats.ext.high) {
        return; /* a straggler or a repair of what has stopped */
    }
    x->in->heard = now;
    x->bye_at = 0;
    if (!x->feed.live) {
        /* Slots are bound before this packet goes out: it may begin the first key frame. */
        source_on(x, now);
        bind_tour(t, now);
    }
    feed_packet(&x->feed, p);
    if (p->has_level) {
        room_level(&t->room, now, &x->place, p->audio_level);
        tour_reschedule(t);
    }
    if (x->tapped) {
        to_tap(x, p);
    }
    if (!list_empty(&x->feed.subs)) {
        fanout_start(&t->engine->fanout, &x->feed, p);
    }
}

static void receive(struct source *x, us_t now, struct packet *k, const struct rtp *r, bool rtx) {
    struct media_packet p;
    uint64_t seq = 0;
    if (!x->in->stats.ext.any) {
        align_with_srtp(x->session, x->in, r->seq);
    }
    switch (inbound_receive(x->in, now, r, rtx, &seq)) {
    case INBOUND_PADDING: /* not forwarded: the gap it would leave in the numbering is closed */
        stream_skip_all(&x->feed, seq);
        break;
    case INBOUND_MEDIA:
        media_packet_read(&p, k, r, &x->in->s);
        p.seq = seq;
        p.at = now;
        media(x, now, &p);
        break;
    case INBOUND_DROP:
    case INBOUND_MUTED:
        break;
    }
}

void rtp_in(struct session *s, us_t now, struct packet *k) {
    struct engine *e = s->engine;
    struct rtp r;
    struct arrival a = {0};
    e->n.rtp_in++;
    if (rtp_parse(bytes_of(k->data, k->len), &r) != OK ||
        !inbound_find(s->in, s->n_in, now, &r, &a)) {
        e->n.drop_rtp++;
        return;
    }
    unsigned i = (unsigned)(a.in - s->in);
    if (a.restart) {
        source_restart(s->sources[i], now);
    }
    if (!a.rtx) {
        if (source_make(s, i) != OK) {
            e->n.drop_full++;
            return;
        }
        a.in->ssrc = r.ssrc;
        s->sources[i]->feed.ssrc = r.ssrc;
    }
    note_transport(s, now, a.in, &r);
    if (a.rtx && !undo(s, a.in, k, &r)) {
        return;
    }
    receive(s->sources[i], now, k, &r, a.rtx);
}
