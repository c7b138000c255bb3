#include "media/engine/rtcp_out.h"

#include "media/engine/intake.h"
#include "media/engine/need.h"
#include "media/engine/relay_out.h"
#include "media/engine/remb.h"
#include "media/engine/source.h"
#include "media/send/report.h"
#include "media/wire/keyframe.h"
#include "media/wire/rtcp.h"

#define COMPOUND_MAX 1180 /* [bytes] plain; sealed it still fits every path WebRTC uses */
#define NACK_BATCH 64     /* sequence numbers per packet and layer */
#define REQUESTS_MAX (12 + 4 * NACK_BATCH + 20) /* [bytes] NACK and PLI or FIR of a layer */
#define LIMIT_TOLD (2 * US_PER_S)               /* [us] after a packet over the limit */
#define REMB_LEN(n) (20 + 4 * (n))              /* [bytes] with n ssrcs */
#define REPORT_GAP (500 * US_PER_MS)            /* [us] a client is to see a dead link in 2 s */
/* [us] reports go out at multiples of it: a worker that wakes for one viewer serves those of others
 * too, and waking costs more than the report */
#define REPORT_GRID (25 * US_PER_MS)
/* [bytes] a sender report without blocks, and the description with its CNAME */
#define SLOT_REPORT (28 + 12 + CNAME_MAX + 4)
_Static_assert(24 * SESSION_STREAMS_MAX + SLOT_REPORT * SESSION_SLOTS_MAX <= COMPOUND_MAX,
               "the reports of all slots and streams fit in one compound");

/* When its sender is to be asked for a key frame: not before there is room for one. */
static us_t keyframe_deadline(const struct layer *l) {
    us_t at = recv_keyframe_deadline(&l->feed.keyframe);
    const struct inbound_line *line = inbound_of(l)->line;
    us_t room_at = police_room_at(&line->police);
    if (line->police.cut) {
        room_at = us_max(room_at, intake_room_at(source_of(l->flow)->session));
    }
    bool agreed = l->flow->line->pli || l->flow->line->fir;
    return agreed && l->feed.live ? us_max(at, room_at) : US_NEVER;
}

/* When the layer's sender is to be asked for something. */
static us_t asking_deadline(const struct layer *l) {
    return us_min(inbound_deadline(inbound_of(l)), keyframe_deadline(l));
}

us_t rtcp_out_deadline(const struct session *s) {
    if (!s->transport.sendable) {
        return US_NEVER;
    }
    us_t at = s->report_at;
    if (s->twcc) {
        at = us_min(at, recv_twcc_deadline(s->twcc));
    }
    at = us_min(at, remb_deadline(s));
    EACH_LAYER(l, s) {
        at = us_min(at, asking_deadline(l));
    }
    return at;
}

static unsigned report_blocks(struct session *s, us_t now, struct rtcp_report *out) {
    unsigned n = 0;
    EACH_LAYER(l, s) {
        struct inbound *in = inbound_of(l);
        if (recv_stats_report(&in->books->stats, now, in->ssrc, &out[n])) {
            remb_report(s, now, in);
            n++;
        }
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
    struct rtcp_report blocks[SESSION_STREAMS_MAX];
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
 * (draft-alvestrand-rmcat-remb-03). Not who is told what its path carries: that heeds the limits.
 */
static void write_limit(struct session *s, us_t now, struct wr *w) {
    for (unsigned i = 0; !s->receive && i < s->n_lines; i++) {
        const struct inbound_line *line = &s->lines[i];
        const struct police_limit *l = &s->engine->c.police[line->s.source];
        us_t over = line->police.over_at;
        uint32_t ssrcs[SESSION_LAYERS_MAX];
        unsigned n = 0;
        for (unsigned j = 0; j < SESSION_LAYERS_MAX; j++) {
            ssrcs[n] = line->streams[j].ssrc;
            n += ssrcs[n] != 0;
        }
        if (over > 0 && now - over < LIMIT_TOLD && l->bytes && wr_left(w) >= REMB_LEN(n)) {
            rtcp_write_remb(w, s->rtcp_ssrc, (uint64_t)l->bytes * 8, ssrcs, n);
        }
    }
}

/* What is missing may be a parameter set, which belongs to the key frame that begins with a slice
 * behind it: nothing of another picture is between them. */
static bool leads(const struct feed *f, us_t now, uint64_t lost) {
    const struct media_packet *p = packet_cache_find(&f->cache, now, f->key_seq);
    bool begun = p && keyframe_has_parameters(media_packet_payload(p));
    for (uint64_t seq = lost + 1; !begun && seq < f->key_seq; seq++) {
        p = packet_cache_find(&f->cache, now, seq);
        begun = seq > lost + INBOUND_LEAD_MAX || (p && p->ts != f->key_ts);
    }
    return !begun;
}

/* The picture that is kept and shown began before what was lost. */
static bool spoils(const struct layer *l, us_t now, uint64_t lost) {
    const struct feed *f = &l->feed;
    bool led = l->flow->line->codec == CODEC_H264;
    return !f->has_key || lost >= f->key_seq || (led && leads(f, now, lost));
}

static void give_up(struct layer *l, us_t now) {
    source_torn(l, now);
    if (feed_is_video(&l->feed) && l->feed.live && need_is_wanted(l, now)) {
        recv_keyframe_lost(&l->feed.keyframe);
    }
}

static void write_nack(struct session *s, us_t now, struct layer *l, struct wr *w) {
    struct inbound *in = inbound_of(l);
    struct recv_nack *nack = &in->books->nack;
    uint16_t seqs[NACK_BATCH];
    unsigned n = recv_nack_poll(nack, now, remb_round_trip(s), seqs, NACK_BATCH);
    if (n > 0) {
        rtcp_write_nack(w, s->rtcp_ssrc, in->ssrc, seqs, n);
        s->engine->n.nack_out += n;
    }
    uint64_t lost = recv_nack_take_lost(nack);
    if (lost && spoils(l, now, lost)) {
        give_up(l, now);
    }
}

/* By PLI: FIR says that a participant has come, not that something was lost (RFC 5104
 * section 3.5.1), but who has agreed on nothing else would not be asked at all. */
static void write_keyframe_request(struct session *s, struct layer *l, struct wr *w) {
    if (l->flow->line->pli) {
        rtcp_write_pli(w, s->rtcp_ssrc, l->ssrc);
        s->engine->n.pli_out++;
    } else {
        rtcp_write_fir(w, s->rtcp_ssrc, l->ssrc, recv_keyframe_command(&l->feed.keyframe));
        s->engine->n.fir_out++;
    }
}

static void write_requests(struct session *s, us_t now, struct layer *l, struct wr *w) {
    if (inbound_deadline(inbound_of(l)) <= now) {
        write_nack(s, now, l, w);
    }
    if (keyframe_deadline(l) <= now && recv_keyframe_poll(&l->feed.keyframe, now)) {
        write_keyframe_request(s, l, w);
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

/* Half of REPORT_GAP to all of it from now, at random (RFC 3550 section 6.2): the reports of
 * sessions that began together do not stay together. It need not be secret, only different. */
static us_t next_report(const struct session *s, us_t now) {
    uint64_t about[] = {s->handle, (uint64_t)now};
    us_t early = (us_t)(hash_bytes(about, sizeof(about), 0) % (REPORT_GAP / 2));
    us_t at = now + REPORT_GAP - early;
    return at - at % REPORT_GRID;
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
        s->report_at = next_report(s, now);
        s->keep_due = !s->keep_due;
        if (s->keep_due) { /* at least the counts have changed, and a second is not old */
            transport_changed(&s->transport);
        }
        return; /* requests follow in a packet of their own: room is never short */
    }
    EACH_LAYER(l, s) {
        if (asking_deadline(l) <= now && wr_left(w) >= REQUESTS_MAX) { /* else with the next */
            write_requests(s, now, l, w);
        }
    }
    if (s->twcc && recv_twcc_deadline(s->twcc) <= now && wr_left(w) > COMPOUND_MAX / 2) {
        recv_twcc_write(s->twcc, w, s->rtcp_ssrc, s->twcc_media);
    }
    if (remb_deadline(s) <= now) {
        remb_write(s, now, w);
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
