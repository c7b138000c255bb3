#include "media/engine/rtcp_out.h"

#include "media/engine/source.h"
#include "media/send/report.h"
#include "media/wire/rtcp.h"

#define COMPOUND_MAX 1180         /* [bytes] plain; sealed it still fits every path WebRTC uses */
#define NACK_BATCH 64             /* sequence numbers per packet and source */
#define LIMIT_TOLD (2 * US_PER_S) /* [us] after a packet over the limit */
#define REMB_LEN 24               /* [bytes] with one ssrc */
#define REPORT_GAP (500 * US_PER_MS) /* [us] design 4: a client sees a dead link in 2 s */
/* [bytes] a sender report without blocks, and the description with its CNAME */
#define SLOT_REPORT (28 + 12 + CNAME_MAX + 4)
_Static_assert(24 * SESSION_SOURCES_MAX + SLOT_REPORT * SESSION_SLOTS_MAX <= COMPOUND_MAX,
               "the reports of all slots and sources fit in one compound");

/* When its sender is to be asked for a key frame: not before there is room for one. */
static us_t keyframe_deadline(const struct source *x) {
    us_t at = recv_keyframe_deadline(&x->flow.feed.keyframe);
    return x->in->s.pli ? us_max(at, police_room_at(&x->in->police)) : US_NEVER;
}

/* When the source's sender is to be asked for something. */
static us_t asking_deadline(const struct source *x) {
    return us_min(inbound_deadline(x->in), keyframe_deadline(x));
}

us_t rtcp_out_deadline(const struct session *s) {
    if (!s->transport.sendable) {
        return US_NEVER;
    }
    us_t at = s->report_at;
    if (s->twcc) {
        at = us_min(at, recv_twcc_deadline(s->twcc));
    }
    for (unsigned i = 0; i < s->n_in; i++) {
        if (s->sources[i]) {
            at = us_min(at, asking_deadline(s->sources[i]));
        }
    }
    return at;
}

static unsigned report_blocks(struct session *s, us_t now, struct rtcp_report *out) {
    unsigned n = 0;
    for (unsigned i = 0; i < s->n_in; i++) {
        struct inbound *in = &s->in[i];
        n += s->sources[i] && recv_stats_report(&in->stats, now, in->ssrc, &out[n]);
    }
    return n;
}

static bool slot_report(const struct session *s, const struct stream *out, us_t now,
                        struct rtcp_sr *ret) {
    const struct feed *feed = stream_shown(out);
    struct send_report r = {.now = now,
                            .wall_at_zero = s->engine->c.wall_at_zero,
                            .rate = codec_clock(out->line->codec),
                            .packets = out->packets,
                            .octets = out->octets,
                            .rewrite = &out->rewrite,
                            .clock = feed ? &feed->clock : NULL,
                            .offset = feed ? feed->offset : NULL};
    return feed && send_report_make(&r, ret);
}

/* Sender reports of all slots that send. The first carries the report blocks; without one there is
 * a receiver report. */
static void write_reports(struct session *s, us_t now, struct wr *w) {
    struct rtcp_report blocks[SESSION_SOURCES_MAX];
    unsigned n = report_blocks(s, now, blocks);
    bool any = false;
    for (unsigned i = 0; i < s->n_slots; i++) {
        uint32_t ssrc = s->slots[i].line.ssrc;
        struct rtcp_sr sr;
        if (slot_report(s, &s->slots[i].stream, now, &sr)) {
            rtcp_write_sr(w, ssrc, &sr, blocks, any ? 0 : n);
            rtcp_write_sdes_cname(w, ssrc, s->cname);
            any = true;
        }
    }
    if (!any) {
        rtcp_write_rr(w, s->rtcp_ssrc, blocks, n);
        rtcp_write_sdes_cname(w, s->rtcp_ssrc, s->cname);
    }
}

/* A client that sends more than it may is told how much that is
 * (draft-alvestrand-rmcat-remb-03). */
static void write_limit(struct session *s, us_t now, struct wr *w) {
    for (unsigned i = 0; i < s->n_in; i++) {
        const struct inbound *in = &s->in[i];
        const struct police_limit *l = &s->engine->c.police[in->s.source];
        us_t over = in->police.over_at;
        if (over > 0 && now - over < LIMIT_TOLD && l->bytes && wr_left(w) >= REMB_LEN) {
            rtcp_write_remb(w, s->rtcp_ssrc, (uint64_t)l->bytes * 8, &in->ssrc, 1);
        }
    }
}

static void write_nack(struct session *s, us_t now, struct source *x, struct wr *w) {
    struct recv_nack *nack = x->in->nack;
    uint16_t seqs[NACK_BATCH];
    unsigned n = recv_nack_poll(nack, now, s->rtt, seqs, NACK_BATCH);
    if (n > 0) {
        rtcp_write_nack(w, s->rtcp_ssrc, x->in->ssrc, seqs, n);
        s->engine->n.nack_out += n;
    }
    if (recv_nack_take_lost(nack) && inbound_is_video(x->in) && x->flow.feed.live) {
        recv_keyframe_need(&x->flow.feed.keyframe);
    }
}

static void write_requests(struct session *s, us_t now, struct source *x, struct wr *w) {
    if (inbound_deadline(x->in) <= now) {
        write_nack(s, now, x, w);
    }
    if (keyframe_deadline(x) <= now && recv_keyframe_poll(&x->flow.feed.keyframe, now)) {
        rtcp_write_pli(w, s->rtcp_ssrc, x->in->ssrc);
        s->engine->n.pli_out++;
    }
}

static void write_bye(struct session *s, struct wr *w) {
    rtcp_write_rr(w, s->rtcp_ssrc, NULL, 0);
    rtcp_write_sdes_cname(w, s->rtcp_ssrc, s->cname);
    for (unsigned i = 0; i < s->n_slots; i++) {
        if (s->slots[i].stream.packets > 0) {
            rtcp_write_bye(w, s->slots[i].line.ssrc);
        }
    }
    s->say_bye = false;
}

static void compose(struct session *s, us_t now, struct wr *w) {
    if (s->transport.state == TRANSPORT_CLOSED) {
        if (s->say_bye) {
            write_bye(s, w);
        }
        return;
    }
    if (s->report_at <= now) {
        write_reports(s, now, w);
        write_limit(s, now, w);
        s->report_at = now + REPORT_GAP;
        transport_changed(&s->transport); /* at least the counts have */
        return; /* requests follow in a packet of their own: room is never short */
    }
    for (unsigned i = 0; i < s->n_in; i++) {
        struct source *x = s->sources[i];
        if (x && asking_deadline(x) <= now) {
            write_requests(s, now, x, w);
        }
    }
    if (s->twcc && recv_twcc_deadline(s->twcc) <= now && wr_left(w) > COMPOUND_MAX / 2) {
        recv_twcc_write(s->twcc, w, s->rtcp_ssrc, s->twcc_media);
    }
}

bool rtcp_out(struct session *s, us_t now, struct datagram *ret) {
    uint8_t plain[COMPOUND_MAX];
    struct wr w = wr_of(plain, sizeof(plain));
    if (s->transport.state != TRANSPORT_CLOSED && !s->transport.sendable) {
        return false;
    }
    compose(s, now, &w);
    if (w.bad || wr_len(&w) == 0) {
        return false;
    }
    return transport_seal_rtcp(&s->transport, bytes_of(plain, wr_len(&w)), ret);
}
