#include "media/feed/inbound.h"

#include "base/alloc.h"

#include <string.h>

void inbound_line_init(struct inbound_line *l, const struct session_line *s) {
    l->s = *s;
    for (unsigned i = 0; i < SESSION_LAYERS_MAX; i++) {
        l->streams[i].line = l;
    }
}

void inbound_line_free(struct inbound_line *l) {
    for (unsigned i = 0; i < SESSION_LAYERS_MAX; i++) {
        if (l->streams[i].books) {
            layer_reader_free(&l->streams[i].books->layers);
        }
        l->streams[i].books = mem_free(l->streams[i].books);
    }
}

/* What was announced counts until something else has come. */
static bool is_of(const struct inbound *in, uint32_t ssrc, bool rtx) {
    const struct session_line *s = &in->line->s;
    uint32_t known = rtx ? in->rtx_ssrc : in->ssrc;
    uint32_t announced = s->n_rids > 0 ? 0 : rtx ? s->rtx_ssrc : s->ssrc;
    return ssrc && (known ? known : announced) == ssrc;
}

static bool by_ssrc(struct inbound_line *l, uint32_t ssrc, struct arrival *ret) {
    for (unsigned i = 0; i < inbound_layers(l); i++) {
        struct inbound *in = &l->streams[i];
        bool rtx = l->s.rtx_pt && is_of(in, ssrc, true);
        if (rtx || is_of(in, ssrc, false)) {
            *ret = (struct arrival){.in = in, .rtx = rtx};
            return true;
        }
    }
    return false;
}

/* Extension ids are per m-line, so each m-line is asked by its own. */
static bool ext_is(const struct inbound_line *l, const struct rtp *r, enum rtp_ext ext,
                   const char *text) {
    struct bytes found = rtp_ext_find(r, l->s.ext.id[ext]);
    return found.n > 0 && bytes_eq(found, bytes_of(text, strlen(text)));
}

static struct inbound_line *by_mid(struct inbound_line *lines, unsigned n, const struct rtp *r) {
    for (unsigned i = 0; i < n; i++) {
        if (ext_is(&lines[i], r, RTP_EXT_MID, lines[i].s.mid)) {
            return &lines[i];
        }
    }
    return NULL;
}

/* A payload type of the stream itself: plain, or with redundancy. */
static bool is_media(const struct inbound_line *l, uint8_t pt) {
    return pt == l->s.pt || (l->s.red_pt && pt == l->s.red_pt);
}

/* Clients without the MID extension: a payload type that only one m-line uses names it too. */
static struct inbound_line *by_pt(struct inbound_line *lines, unsigned n, uint8_t pt) {
    struct inbound_line *found = NULL;
    for (unsigned i = 0; i < n; i++) {
        struct inbound_line *l = &lines[i];
        if (!is_media(l, pt) && (l->s.rtx_pt == 0 || l->s.rtx_pt != pt)) {
            continue;
        }
        if (found || l->s.ext.id[RTP_EXT_MID]) {
            return NULL;
        }
        found = l;
    }
    return found;
}

/* A retransmission says whose it is by an extension of its own. */
static struct inbound *by_rid(struct inbound_line *l, const struct rtp *r, bool rtx) {
    if (l->s.n_rids == 0) {
        return &l->streams[0];
    }
    for (unsigned i = 0; i < l->s.n_rids; i++) {
        if (ext_is(l, r, rtx ? RTP_EXT_RRID : RTP_EXT_RID, l->s.rid[i])) {
            return &l->streams[i];
        }
    }
    return NULL;
}

/* A new ssrc takes a stream that has none, or that has stopped, and that is one of which nothing
 * comes any more, be it passed on or not: at most two ssrcs per stream are known at any time,
 * whatever a client sends. */
static bool claim(struct inbound_line *l, us_t now, const struct rtp *r, struct arrival *ret) {
    bool rtx = l->s.rtx_pt && r->pt == l->s.rtx_pt;
    struct inbound *in = by_rid(l, r, rtx);
    if (!in || (!rtx && !is_media(l, r->pt))) {
        return false;
    }
    bool taken = in->ssrc && in->books;
    if (!rtx && taken && now - us_max(in->heard, in->books->stats.last_at) < INBOUND_REPLACED) {
        return false;
    }
    *ret = (struct arrival){.in = in, .rtx = rtx, .restart = !rtx && taken && in->ssrc != r->ssrc};
    return true;
}

bool inbound_find(struct inbound_line *lines, unsigned n, us_t now, const struct rtp *r,
                  struct arrival *ret) {
    for (unsigned i = 0; i < n; i++) {
        if (by_ssrc(&lines[i], r->ssrc, ret)) {
            return ret->rtx ? r->pt == lines[i].s.rtx_pt : is_media(&lines[i], r->pt);
        }
    }
    struct inbound_line *l = by_mid(lines, n, r);
    l = l ? l : by_pt(lines, n, r->pt);
    return l && claim(l, now, r, ret);
}

static void init_books(const struct inbound *in) {
    recv_stats_init(&in->books->stats, codec_clock(in->line->s.codec));
    recv_nack_init(&in->books->nack, in->line->s.nack);
    in->books->red = (struct recv_red){.n = 0};
    layer_reader_reset(&in->books->layers);
}

enum err inbound_start(struct inbound *in) {
    if (in->books) {
        return OK;
    }
    in->books = mem_zalloc(1, sizeof(*in->books));
    if (!in->books) {
        return ERR_NOMEM;
    }
    if (layer_reader_init(&in->books->layers, &in->line->s) != OK) {
        in->books = mem_free(in->books);
        return ERR_NOMEM;
    }
    init_books(in);
    return OK;
}

void inbound_restart(struct inbound *in) {
    in->rtx_ssrc = 0; /* what still comes on it repairs the old stream */
    in->cut = false;
    in->line->police.cut = false;
    init_books(in);
}

/* Of a picture also where nobody can be asked for a packet: a key frame repairs it. */
static bool tracks_gaps(const struct inbound *in) {
    return in->line->s.nack || inbound_is_video(in->line);
}

/* A repair names the packet it repeats; one that is far ahead comes from a stream that was here
 * before, and would move this one to numbers it has not reached. */
static bool repairs_this(const struct recv_stats *s, uint16_t seq) {
    return s->ext.any && seq16_diff(seq, (uint16_t)s->ext.high) <= INBOUND_RTX_AHEAD;
}

enum inbound_verdict inbound_receive(struct inbound *in, us_t now, const struct rtp *r,
                                     bool recovered, struct inbound_place *ret) {
    struct inbound_books *b = in->books;
    struct recv_arrival a = {.at = now,
                             .seq = r->seq,
                             .ts = r->ts,
                             .payload = (uint32_t)r->payload.n,
                             .recovered = recovered};
    *ret = (struct inbound_place){0};
    if ((recovered && !repairs_this(&b->stats, r->seq)) ||
        recv_stats_packet(&b->stats, &a, &ret->seq) != SEQ_NEW) {
        return INBOUND_DROP;
    }
    if (in->line->s.red_pt) {
        recv_red_note(&b->red, ret->seq, r->ts);
    }
    if (tracks_gaps(in)) {
        ret->after_gap = recv_nack_packet(&b->nack, now, ret->seq);
        ret->lead = (uint8_t)recv_nack_run_before(&b->nack, ret->seq, INBOUND_LEAD_MAX);
    }
    if (r->payload.n == 0) {
        return INBOUND_PADDING;
    }
    return in->line->muted ? INBOUND_MUTED : INBOUND_MEDIA;
}

void inbound_heard(struct inbound *in, us_t now) {
    struct inbound_line *l = in->line;
    l->resumed = now - l->heard > INBOUND_TOGETHER ? now : l->resumed;
    l->heard = now;
    in->heard = now;
    in->bye_at = 0;
}

void inbound_cut(struct inbound_line *l) {
    police_cut(&l->police);
    for (unsigned i = 0; i < inbound_layers(l); i++) {
        l->streams[i].cut = true;
    }
}

bool inbound_resume(struct inbound *in, const struct police_limit *limit, us_t now, size_t n) {
    struct policer *p = &in->line->police;
    bool ok = !p->cut || police_resume(p, limit, now, n); /* else it has been charged already */
    in->cut = !ok;
    return ok;
}

us_t inbound_deadline(const struct inbound *in) {
    return in->books && tracks_gaps(in) ? recv_nack_deadline(&in->books->nack) : US_NEVER;
}
