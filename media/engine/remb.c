#include "media/engine/remb.h"

#include "base/alloc.h"
#include "media/engine/engine.h"
#include "media/wire/rtcp.h"

#define ABS_SEND_TIME_BITS 24 /* 6.18 fixed point seconds */
#define ABS_SEND_TIME_RATE (1u << 18)
#define REMB_LEN (20 + 4 * SESSION_STREAMS_MAX) /* [bytes] */

/* One feedback is enough, and transport-wide numbers tell more. */
static bool wanted(const struct session *s) {
    bool any = false;
    for (unsigned i = 0; i < s->n_lines; i++) {
        if (s->lines[i].s.twcc) {
            return false;
        }
        any = any || s->lines[i].s.remb;
    }
    return any;
}

/* [bit/s] no more than passes, or what is over it would be cut. */
static uint64_t most(const struct session *s) {
    uint64_t sum = 0, max = s->engine->c.bwe.max;
    for (unsigned i = 0; i < s->n_lines; i++) {
        uint64_t bytes = s->engine->c.police[s->lines[i].s.source].bytes;
        if (s->lines[i].s.remb && bytes == 0) {
            return max;
        }
        sum += s->lines[i].s.remb ? bytes * 8 : 0;
    }
    return sum < max ? sum : max;
}

bool remb_begin(struct session *s, const struct inbound_line *line) {
    if (s->receive || !line->s.remb || !wanted(s)) {
        return true;
    }
    const struct bwe_config *c = &s->engine->c.bwe;
    uint64_t max = most(s), min = c->min < max ? c->min : max;
    uint64_t start = c->start < max ? c->start : max;
    s->receive = mem_zalloc(1, sizeof(*s->receive));
    if (s->receive) {
        bwe_receive_init(s->receive, &(struct bwe_receive_config){start, min, max});
    }
    return s->receive;
}

void remb_packet(struct session *s, us_t now, const struct arrival *a, const struct rtp *r,
                 size_t size) {
    struct bwe_received p = {.size = (uint32_t)size};
    if (!s->receive) {
        return;
    }
    const struct session_line *line = a ? &a->in->line->s : NULL;
    uint8_t id = line ? line->ext.id[RTP_EXT_ABS_SEND_TIME] : 0;
    struct bytes ext = rtp_ext_find(r, id);
    if (id && ext.n == 3) {
        p.ticks = (uint32_t)ext.p[0] << 16 | (uint32_t)ext.p[1] << 8 | ext.p[2];
        p.rate = ABS_SEND_TIME_RATE;
        p.bits = ABS_SEND_TIME_BITS;
    } else if (line && inbound_is_video(a->in->line) && !a->rtx && !id) {
        p.key = r->ssrc;
        p.ticks = r->ts;
        p.rate = codec_clock(line->codec);
        p.bits = 32;
    }
    bwe_receive_packet(s->receive, now, &p);
}

void remb_report(struct session *s, us_t now, const struct inbound *in) {
    const struct recv_stats *stats = &in->books->stats;
    if (s->receive) {
        bwe_receive_loss(s->receive, now, stats->last_lost, stats->last_expected);
    }
}

us_t remb_round_trip(const struct session *s) {
    us_t queue = s->receive ? bwe_receive_queue(s->receive) : 0;
    return queue == 0 ? s->rtt : (s->rtt > 0 ? s->rtt : NACK_RTT_UNKNOWN) + queue;
}

us_t remb_deadline(const struct session *s) {
    return s->receive ? bwe_receive_deadline(s->receive) : US_NEVER;
}

void remb_write(struct session *s, us_t now, struct wr *w) {
    uint32_t ssrcs[SESSION_STREAMS_MAX];
    unsigned n = 0;
    if (wr_left(w) < REMB_LEN) {
        return;
    }
    for (unsigned i = 0; i < s->n_lines; i++) {
        for (unsigned j = 0; s->lines[i].s.remb && j < inbound_layers(&s->lines[i]); j++) {
            uint32_t ssrc = s->lines[i].streams[j].ssrc;
            if (ssrc && n < SESSION_STREAMS_MAX) {
                ssrcs[n++] = ssrc;
            }
        }
    }
    rtcp_write_remb(w, s->rtcp_ssrc, bwe_receive_tell(s->receive, now), ssrcs, n);
    s->engine->n.remb_out++;
}
