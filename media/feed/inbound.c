#include "media/feed/inbound.h"

#include "base/alloc.h"

#include <string.h>

static bool by_ssrc(struct inbound *in, uint32_t ssrc, struct arrival *ret) {
    bool rtx = in->s.rtx_pt && (in->rtx_ssrc == ssrc || (!in->rtx_ssrc && in->s.rtx_ssrc == ssrc));
    if (ssrc && (rtx || in->ssrc == ssrc || (!in->ssrc && in->s.ssrc == ssrc))) {
        *ret = (struct arrival){.in = in, .rtx = rtx};
        return true;
    }
    return false;
}

/* Extension ids are per m-line, so each m-line is asked by its own. */
static bool has_mid(const struct inbound *in, const struct rtp *r) {
    struct bytes mid = rtp_ext_find(r, in->s.ext.id[RTP_EXT_MID]);
    return mid.n > 0 && bytes_eq(mid, bytes_of(in->s.mid, strlen(in->s.mid)));
}

static struct inbound *by_mid(struct inbound *lines, unsigned n, const struct rtp *r) {
    for (unsigned i = 0; i < n; i++) {
        if (has_mid(&lines[i], r)) {
            return &lines[i];
        }
    }
    return NULL;
}

/* Clients without the MID extension: a payload type that only one m-line uses names it too. */
static struct inbound *by_pt(struct inbound *lines, unsigned n, uint8_t pt) {
    struct inbound *found = NULL;
    for (unsigned i = 0; i < n; i++) {
        struct inbound *in = &lines[i];
        if (in->s.pt != pt && (in->s.rtx_pt == 0 || in->s.rtx_pt != pt)) {
            continue;
        }
        if (found || in->s.ext.id[RTP_EXT_MID]) {
            return NULL;
        }
        found = in;
    }
    return found;
}

/* A new ssrc takes an m-line that has none, or whose stream has stopped, and that is one of which
 * nothing comes any more, be it passed on or not: at most two ssrcs per m-line are known at any
 * time, whatever a client sends. */
static bool claim(struct inbound *in, us_t now, const struct rtp *r, struct arrival *ret) {
    bool rtx = in->s.rtx_pt && r->pt == in->s.rtx_pt;
    bool taken = in->ssrc && in->nack;
    us_t last = us_max(in->heard, in->stats.last_at);
    if (!rtx && taken && now - last < INBOUND_REPLACED) {
        return false;
    }
    if (!rtx && r->pt != in->s.pt) {
        return false;
    }
    *ret = (struct arrival){.in = in, .rtx = rtx, .restart = !rtx && taken && in->ssrc != r->ssrc};
    return true;
}

bool inbound_find(struct inbound *lines, unsigned n, us_t now, const struct rtp *r,
                  struct arrival *ret) {
    for (unsigned i = 0; i < n; i++) {
        if (by_ssrc(&lines[i], r->ssrc, ret)) {
            return r->pt == (ret->rtx ? ret->in->s.rtx_pt : ret->in->s.pt);
        }
    }
    struct inbound *in = by_mid(lines, n, r);
    in = in ? in : by_pt(lines, n, r->pt);
    return in && claim(in, now, r, ret);
}

static void init_stream(struct inbound *in) {
    recv_stats_init(&in->stats, codec_clock(in->s.codec));
    recv_nack_init(in->nack);
}

enum err inbound_start(struct inbound *in) {
    if (in->nack) {
        return OK;
    }
    in->nack = mem_zalloc(1, sizeof(*in->nack));
    if (!in->nack) {
        return ERR_NOMEM;
    }
    init_stream(in);
    return OK;
}

void inbound_restart(struct inbound *in) {
    in->rtx_ssrc = 0; /* what still comes on it repairs the old stream */
    in->police.cut = false;
    init_stream(in);
}

void inbound_stop(struct inbound *in) {
    in->nack = mem_free(in->nack);
}

/* A repair names the packet it repeats; one that is far ahead comes from a stream that had the
 * m-line before, and would move this one to numbers it has not reached. */
static bool repairs_this(const struct inbound *in, uint16_t seq) {
    return in->stats.ext.any && seq16_diff(seq, (uint16_t)in->stats.ext.high) <= INBOUND_RTX_AHEAD;
}

enum inbound_verdict inbound_receive(struct inbound *in, us_t now, const struct rtp *r,
                                     bool recovered, struct inbound_place *ret) {
    struct recv_arrival a = {.at = now,
                             .seq = r->seq,
                             .ts = r->ts,
                             .payload = (uint32_t)r->payload.n,
                             .recovered = recovered};
    *ret = (struct inbound_place){0};
    if ((recovered && !repairs_this(in, r->seq)) ||
        recv_stats_packet(&in->stats, &a, &ret->seq) != SEQ_NEW) {
        return INBOUND_DROP;
    }
    if (in->s.nack) {
        ret->after_gap = recv_nack_packet(in->nack, now, ret->seq);
        ret->lead = (uint8_t)recv_nack_run_before(in->nack, ret->seq, INBOUND_LEAD_MAX);
    }
    if (r->payload.n == 0) {
        return INBOUND_PADDING;
    }
    return in->muted ? INBOUND_MUTED : INBOUND_MEDIA;
}

us_t inbound_deadline(const struct inbound *in) {
    return in->nack && in->s.nack ? recv_nack_deadline(in->nack) : US_NEVER;
}
