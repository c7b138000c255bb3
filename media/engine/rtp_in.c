#include "media/engine/rtp_in.h"

#include "base/seq.h"
#include "media/engine/bind.h"
#include "media/engine/intake.h"
#include "media/engine/need.h"
#include "media/engine/offence.h"
#include "media/engine/red_in.h"
#include "media/engine/relay_out.h"
#include "media/engine/remb.h"
#include "media/engine/source.h"
#include "media/recv/rtx.h"
#include "media/wire/keyframe.h"

/* Every authentic packet is reported, also one that no m-line wants, or the sender takes it for
 * lost. in may be NULL then: extension ids are those of the first m-line that has agreed on
 * feedback. */
static void note_transport(struct session *s, us_t now, const struct inbound *in,
                           const struct rtp *r) {
    const struct session_line *line = in ? &in->line->s : NULL;
    for (unsigned i = 0; !line && i < s->n_lines; i++) {
        line = s->lines[i].s.twcc ? &s->lines[i].s : NULL;
    }
    if (!s->twcc || !line || !line->twcc) {
        return;
    }
    struct bytes ext = rtp_ext_find(r, line->ext.id[RTP_EXT_TWCC]);
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
    return in->books && recv_rtx_undo(k, in->line->s.pt, in->ssrc) == OK &&
           rtp_parse(bytes_of(k->data, k->len), r) == OK;
}

/* Extended sequence numbers are (rollover counter + 1) << 16 | seq, also for an ssrc that comes
 * back to an m-line after another one: a snapshot derives the counter from them. */
static void align_with_srtp(struct session *s, struct inbound *in, uint16_t seq) {
    uint32_t roc = 0;
    if (srtp_opener_roc(s->transport.opener, in->ssrc, &roc) == OK && roc > 0) {
        recv_stats_resume(&in->books->stats, ((uint64_t)(roc + 1) << 16 | seq) - 1);
    }
}

/* Few buffers are left: what is not kept comes back at once, so that there are some for what keeps
 * everybody connected. */
static bool may_keep(struct engine *e, const struct media_packet *p) {
    bool low = packet_pool_below(p->packet->pool, e->c.pool_reserve);
    e->n.drop_pool_low += low;
    return !low;
}

/* Its layer is on. False for a straggler or a repair of what has stopped. */
static bool flows(struct layer *l, us_t now, const struct media_packet *p) {
    struct inbound *in = inbound_of(l);
    if (!l->feed.live && p->seq < in->books->stats.ext.high) {
        return false;
    }
    inbound_heard(in, now);
    if (!l->feed.live) {
        /* Slots are bound before this packet goes out: it may begin the first key frame. */
        source_on(l, now);
        bind_tour(l->flow->tour, now);
    }
    return true;
}

/* A new packet with a payload, of a source that is not muted. */
static void media(struct layer *l, us_t now, struct media_packet *p) {
    if (!flows(l, now, p)) {
        return;
    }
    source_level(source_of(l->flow), now, p);
    bool keep = may_keep(l->flow->tour->engine, p);
    flow_packet(l, now, p, keep); /* where it is known which packet of a key frame begins it */
    relay_packet(l, p, keep);
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
static bool resumes(struct layer *l, us_t now, const struct media_packet *p) {
    struct inbound *in = inbound_of(l);
    const struct police_limit *limit = &l->flow->tour->engine->c.police[in->line->s.source];
    struct session *s = source_of(l->flow)->session;
    return p->keyframe && p->lead == 0 && p->seq == in->books->stats.ext.high &&
           now >= intake_room_at(s) && intake_pass(s, now, p->packet->len, true) &&
           inbound_resume(in, limit, now, p->packet->len);
}

/* Nothing of the stream is passed on any more up to a key frame. */
static void cut(struct layer *l, us_t now) {
    if (!inbound_of(l)->cut) {
        inbound_of(l)->cut = true;
        source_torn(l, now);
    }
}

/* Nor of the others on its line. */
static void cut_line(struct layer *l, us_t now) {
    FLOW_EACH_LAYER(x, l->flow, flow_live(l->flow)) {
        cut(x, now);
    }
    inbound_cut(inbound_of(l)->line);
}

/* Video goes on, but for what is left out since a packet of it was over the limit, or since a gap
 * that is too long to be asked for. A frame with a packet missing would be shown as it is where the
 * gap is closed, and asked for where it is not. */
static void video(struct layer *l, us_t now, const struct incoming *k, struct media_packet *p) {
    struct inbound *in = inbound_of(l);
    struct engine_counters *n = &l->flow->tour->engine->n;
    if (k->over) {
        cut_line(l, now);
    }
    if (!in->cut) {
        media(l, now, p);
    } else if (resumes(l, now, p)) {
        p->after_gap = true; /* which viewers never see */
        media(l, now, p);
    } else {
        n->drop_policed += in->line->police.cut && !k->over;
        n->drop_gap += !in->line->police.cut;
        if (flows(l, now, p) && need_is_wanted(l, now)) {
            recv_keyframe_need(&l->feed.keyframe);
        }
    }
}

static void skip(struct layer *l, us_t now, uint64_t seq) {
    flow_skip(l, now, seq);
    relay_skip(l, seq);
}

/* It refers to a dependency structure that is not there. */
static bool is_unknown(const struct layer *l, const struct incoming *k) {
    const struct layer_reader *reader = &inbound_of(l)->books->layers;
    uint8_t id = l->flow->line->ext.id[RTP_EXT_DEPENDENCY];
    return reader->structure && !layers_known(reader, rtp_ext_find(&k->r, id));
}

/* It is a repair of what was before the key frame that the present structure came with. */
static bool is_past(const struct layer *l, const struct incoming *k) {
    const struct inbound_books *books = inbound_of(l)->books;
    struct seq_ext ext = books->stats.ext;
    return l->feed.live && ext.any && books->layers.structure->n_templates > 0 &&
           seq16_extend(&ext, k->r.seq) < books->layers.structure_seq;
}

/* Nobody could say whom it is for, because the beginning of its key frame is missing. It counts as
 * missing, too, until that has been repaired or a new one has come. Of what nobody gets yet it is
 * taken as it is: else nothing would be known to be missing; and so is what goes on in another
 * process than the key frame came to: else the picture would stand still. */
static bool puzzles(struct layer *l) {
    recv_keyframe_need(&l->feed.keyframe);
    return l->feed.live && !layers_resumed(&inbound_of(l)->books->layers);
}

/* Parameter sets of it may come before the packet: others know their beginning, and so does one of
 * H.264 that has them. */
static bool may_lead(const struct layer *l, const struct media_packet *p) {
    return l->flow->line->codec == CODEC_H264 && p->keyframe &&
           !keyframe_has_parameters(media_packet_payload(p));
}

static void take_in(struct layer *l, us_t now, const struct incoming *k) {
    struct inbound *in = inbound_of(l);
    bool is_video = inbound_is_video(in->line);
    struct media_packet p;
    struct inbound_place place;
    bool unknown = is_video && is_unknown(l, k), past = unknown && is_past(l, k);
    if (unknown && !past && puzzles(l)) {
        l->flow->tour->engine->n.drop_dependency++;
        return;
    }
    enum inbound_verdict v = inbound_receive(in, now, &k->r, k->rtx, &place);
    if (is_video && v != INBOUND_DROP && place.after_gap) {
        cut(l, now);
    }
    if (v == INBOUND_PADDING || (v == INBOUND_MEDIA && k->over && !is_video)) {
        skip(l, now, place.seq);
    } else if (v == INBOUND_MEDIA && past) {
        l->flow->tour->engine->n.drop_dependency++;
        skip(l, now, place.seq);
    } else if (v == INBOUND_MEDIA) {
        media_packet_read(&p, k->packet, &k->r, l->flow->line);
        p.seq = place.seq;
        p.at = now;
        media_packet_layers(&p, &k->r, l->flow->line, &in->books->layers);
        p.after_gap = place.after_gap;
        p.lead = may_lead(l, &p) ? place.lead : 0;
        if (is_video) {
            video(l, now, k, &p);
        } else {
            media(l, now, &p);
        }
    }
}

/* What has been repaired is one packet more that its sender is passed. Its bytes have been counted.
 */
static bool may_repair(struct layer *l, us_t now, const struct packet *k) {
    struct engine *e = l->flow->tour->engine;
    struct inbound_line *line = inbound_of(l)->line;
    bool may = k && police_pass(&line->police, &e->c.police[line->s.source], now, 0);
    e->n.drop_policed += k && !may;
    return may;
}

/* What the packet repeats comes before it, so that nothing is asked for that is here. */
static void repair(struct layer *l, us_t now, const struct incoming *k, const struct red *red) {
    unsigned first = red->n > RED_REPAIRS_MAX ? red->n - RED_REPAIRS_MAX : 0;
    for (unsigned i = first; i < red->n; i++) {
        struct incoming x = {.packet = red_in_repair(l, k->packet, &k->r, red, i), .rtx = true};
        if (may_repair(l, now, x.packet) &&
            rtp_parse(bytes_of(x.packet->data, x.packet->len), &x.r) == OK) {
            l->flow->tour->engine->n.red_repaired++;
            take_in(l, now, &x);
        }
        packet_unref(x.packet);
    }
}

static void receive(struct layer *l, us_t now, struct incoming *k) {
    struct inbound *in = inbound_of(l);
    struct red red = {.n = 0};
    if (in->line->s.red_pt && k->r.pt == in->line->s.red_pt && !red_in_open(in, &k->r, &red)) {
        l->flow->tour->engine->n.drop_rtp++;
        return;
    }
    if (!in->books->stats.ext.any) {
        align_with_srtp(source_of(l->flow)->session, in, k->r.seq);
    }
    if (!k->over) {
        repair(l, now, k, &red);
    }
    take_in(l, now, k);
}

/* It is within all limits. What is left out anyway takes nothing of what others share. */
static bool conforms(struct session *s, us_t now, const struct inbound *in, size_t n) {
    struct engine *e = s->engine;
    struct inbound_line *line = in->line;
    if (!police_pass(&line->police, &e->c.police[line->s.source], now, n)) {
        e->n.drop_policed++;
        offence_rate(s, now, line->s.source, line->muted);
        return false;
    }
    bool left_out = line->muted || line->police.cut || in->cut;
    bool may = left_out || intake_pass(s, now, n, inbound_is_video(line));
    e->n.drop_quota += !may;
    return may;
}

/* Into the stream that has been found. NULL when it cannot be received. */
static struct layer *prepare(struct session *s, us_t now, const struct arrival *a,
                             struct incoming *k) {
    struct engine *e = s->engine;
    struct inbound *in = a->in;
    struct inbound_line *line = in->line;
    unsigned i = (unsigned)(line - s->lines), number = (unsigned)(in - line->streams);
    struct layer *l = s->sources[i] ? s->sources[i]->flow.layers[number] : NULL;
    k->over = !conforms(s, now, in, k->packet->len);
    if (k->over && (!l || a->rtx || a->restart)) {
        return NULL;
    }
    if (a->rtx) {
        return undo(s, in, k->packet, &k->r) ? l : NULL;
    }
    if (a->restart) {
        source_restart(l, now);
    }
    l = source_make(s, i, number);
    if (!l) {
        e->n.drop_full++;
        return NULL;
    }
    in->ssrc = k->r.ssrc;
    l->ssrc = k->r.ssrc;
    return l;
}

void rtp_in(struct session *s, us_t now, struct packet *packet) {
    struct incoming k = {.packet = packet};
    struct arrival a = {0};
    s->engine->n.rtp_in++;
    if (packet->len > RTP_LEN_MAX || rtp_parse(bytes_of(packet->data, packet->len), &k.r) != OK) {
        s->engine->n.drop_rtp++;
        return;
    }
    bool known = inbound_find(s->lines, s->n_lines, now, &k.r, &a);
    k.rtx = a.rtx;
    size_t size = packet->len;
    struct layer *l = known ? prepare(s, now, &a, &k) : NULL;
    note_transport(s, now, known ? a.in : NULL, &k.r);
    remb_packet(s, now, known ? &a : NULL, &k.r, size);
    if (l) {
        receive(l, now, &k);
    }
    if (!known) {
        s->engine->n.drop_rtp++;
        offence_note(s, now, OFFENCE_RTP, 1);
    }
}
