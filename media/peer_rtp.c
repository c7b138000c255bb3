/* RTP from a peer: which m-line a packet belongs to, RTX undone, on to its source. */
#include "media/peer.h"
#include "media/recv/rtx.h"

/* What a packet is, before its source is asked. */
struct arrival {
    struct line *line;
    bool rtx;
};

static bool by_ssrc(struct peer *p, uint32_t ssrc, struct arrival *ret) {
    for (unsigned i = 0; i < p->n_lines; i++) {
        struct line *l = &p->lines[i];
        bool rtx = l->s.rtx_pt && (l->rtx_ssrc == ssrc || (!l->rtx_ssrc && l->s.rtx_ssrc == ssrc));
        if (ssrc && (rtx || l->ssrc == ssrc || (!l->ssrc && l->s.ssrc == ssrc))) {
            *ret = (struct arrival){.line = l, .rtx = rtx};
            return true;
        }
    }
    return false;
}

/* RFC 9143 section 9.2, RFC 8843: the MID names the m-line. Extension ids are per m-line, so each
 * m-line is asked by its own. */
static struct line *by_mid(struct peer *p, const struct rtp *r) {
    for (unsigned i = 0; i < p->n_lines; i++) {
        struct line *l = &p->lines[i];
        struct bytes mid = rtp_ext_find(r, l->s.ext.id[RTP_EXT_MID]);
        if (mid.n > 0 && bytes_eq(mid, bytes_of(l->s.mid, strlen(l->s.mid)))) {
            return l;
        }
    }
    return NULL;
}

/* Clients without the MID extension: a payload type that only one m-line uses names it too. */
static struct line *by_pt(struct peer *p, uint8_t pt) {
    struct line *found = NULL;
    for (unsigned i = 0; i < p->n_lines; i++) {
        struct line *l = &p->lines[i];
        if (l->s.pt != pt && (l->s.rtx_pt == 0 || l->s.rtx_pt != pt)) {
            continue;
        }
        if (found || l->s.ext.id[RTP_EXT_MID]) {
            return NULL;
        }
        found = l;
    }
    return found;
}

/* A new ssrc takes an m-line that has none, or whose stream has stopped: at most two ssrcs per
 * m-line are known at any time, whatever a client sends. */
static bool claim(struct line *l, us_t now, const struct rtp *r, struct arrival *ret) {
    bool rtx = l->s.rtx_pt && r->pt == l->s.rtx_pt;
    if (!rtx && l->ssrc && l->source && now - l->source->heard < SOURCE_REPLACED) {
        return false;
    }
    if (!rtx && r->pt != l->s.pt) {
        return false;
    }
    if (!rtx && l->source && l->ssrc && l->ssrc != r->ssrc) {
        source_restart(l->source, now);
    }
    *ret = (struct arrival){.line = l, .rtx = rtx};
    return true;
}

static bool find_line(struct peer *p, us_t now, const struct rtp *r, struct arrival *ret) {
    if (by_ssrc(p, r->ssrc, ret)) {
        return true;
    }
    struct line *l = by_mid(p, r);
    l = l ? l : by_pt(p, r->pt);
    return l && claim(l, now, r, ret);
}

static void note_transport(struct peer *p, us_t now, const struct line *l, const struct rtp *r) {
    struct bytes ext = rtp_ext_find(r, l->s.ext.id[RTP_EXT_TWCC]);
    if (p->twcc && l->s.twcc && ext.n == 2) {
        p->twcc_media = r->ssrc;
        recv_twcc_packet(p->twcc, now, be16(ext.p), r->marker);
    }
}

static enum err ensure_source(struct peer *p, struct line *l, uint32_t ssrc) {
    if (!l->source) {
        enum err err = source_make(p, l);
        if (err != OK) {
            return err;
        }
    }
    l->ssrc = ssrc;
    return OK;
}

/* A retransmission becomes the packet it repeats. Probes come as RTX without an original. */
static bool undo(struct peer *p, struct line *l, struct packet *k, struct rtp *r) {
    p->engine->n.rtx_in++;
    if (l->rtx_ssrc != r->ssrc || seq16_newer(r->seq, l->rtx_seq)) {
        l->rtx_seq = r->seq;
    }
    l->rtx_ssrc = r->ssrc;
    return l->source && recv_rtx_undo(k, l->s.pt, l->ssrc) == OK &&
           rtp_parse(bytes_of(k->data, k->len), r) == OK;
}

void peer_rtp_input(struct peer *p, us_t now, struct packet *k) {
    struct engine *e = p->engine;
    struct rtp r;
    struct arrival a = {0};
    e->n.rtp_in++;
    if (rtp_parse(bytes_of(k->data, k->len), &r) != OK || !find_line(p, now, &r, &a) ||
        r.pt != (a.rtx ? a.line->s.rtx_pt : a.line->s.pt)) {
        e->n.drop_rtp++;
        return;
    }
    if (!a.rtx && ensure_source(p, a.line, r.ssrc) != OK) {
        e->n.drop_full++;
        return;
    }
    note_transport(p, now, a.line, &r);
    if (a.rtx && !undo(p, a.line, k, &r)) {
        return;
    }
    source_receive(a.line->source, now, k, &r, a.rtx);
}
