#include "media/out/fanout.h"

#include "base/check.h"
#include "media/out/seal.h"

void fanout_init(struct fanout *f, struct engine_counters *counters) {
    f->counters = counters;
}

void fanout_stop(struct fanout *f) {
    f->p.packet = packet_unref(f->p.packet);
    f->n_resend = 0;
    f->n_replay = 0;
}

bool fanout_idle(const struct fanout *f) {
    return !f->p.packet && f->n_resend == 0;
}

void fanout_start(struct fanout *f, struct feed *feed, const struct media_packet *p) {
    CHECK(!f->p.packet);
    if (list_empty(&feed->subs)) {
        return;
    }
    f->feed = feed;
    f->p = *p;
    f->next = NULL;
    packet_ref(p->packet);
}

bool fanout_resend(struct fanout *f, struct stream *s, uint16_t seq) {
    if (f->n_resend == FANOUT_RESEND_MAX) {
        return false;
    }
    unsigned at = (f->resend_head + f->n_resend++) % FANOUT_RESEND_MAX;
    f->resend[at] = (struct resend){.stream = s, .seq = seq};
    return true;
}

bool fanout_replay(struct fanout *f, struct stream *s, struct feed *feed, us_t now) {
    uint64_t first = 0;
    if (f->n_replay == FANOUT_REPLAY_MAX || !s->transport->sendable ||
        !feed_replayable(feed, now, &first)) {
        return false;
    }
    f->replay[f->n_replay++] =
        (struct replay){.stream = s, .feed = feed, .next = first, .end = feed->cache.high};
    return true;
}

void fanout_forget(struct fanout *f, const struct feed *feed, const struct transport *t) {
    for (unsigned i = 0; i < f->n_replay;) {
        const struct replay *r = &f->replay[i];
        if (r->feed == feed || r->stream->transport == t) {
            f->replay[i] = f->replay[--f->n_replay];
        } else {
            i++;
        }
    }
}

/* The next viewer of the packet that is being fanned out. */
static bool fan_out(struct fanout *f, us_t now, struct datagram *ret) {
    if (!f->p.packet) {
        return false;
    }
    struct link *l = f->next ? f->next : f->feed->subs.next;
    while (l != &f->feed->subs) {
        struct sub *sub = LIST_ENTRY(l, struct sub, link);
        struct rewrite_out o;
        l = l->next; /* the sub may leave the list when its stream switches */
        f->next = l;
        if (sub->stream->transport->sendable && stream_map(sub, now, &f->p, &o) &&
            seal_media(sub->stream, &f->p, &o, ret)) {
            return true;
        }
    }
    f->p.packet = packet_unref(f->p.packet);
    return false;
}

static bool resend(struct fanout *f, us_t now, const struct resend *r, struct datagram *ret) {
    struct media_packet p;
    struct rewrite_out o = {0};
    uint64_t seq = 0;
    struct stream *s = r->stream;
    struct feed *feed = stream_shown(s);
    if (!feed || feed->ssrc != s->rewrite.source ||
        rewrite_reverse(&s->rewrite, r->seq, &seq, &o.index) != REWRITE_OK ||
        !feed_recall(feed, now, seq, &p)) {
        f->counters->nack_missed++;
        return false;
    }
    if (!transport_spend(s->transport, p.payload_len)) {
        f->counters->nack_limited++;
        return false;
    }
    o.ts = rewrite_ts(&s->rewrite, p.ts);
    f->counters->rtx_out++;
    return s->rtx.pt ? seal_rtx(s, &p, &o, ret) : seal_again(s, &p, &o, ret);
}

/* The next packet of a replay; false when it is over. What is missing in the cache is missing for
 * everybody and repaired like any loss. */
static bool replay(us_t now, struct replay *r, struct datagram *ret) {
    for (struct media_packet p; r->next < r->end;) {
        uint64_t seq = r->next++;
        struct sub *sub = stream_sub(r->stream, r->feed);
        struct rewrite_out o;
        if (!sub) {
            return false;
        }
        if (feed_recall(r->feed, now, seq, &p) && stream_map(sub, now, &p, &o) &&
            seal_media(r->stream, &p, &o, ret)) {
            return true;
        }
    }
    return false;
}

bool fanout_output(struct fanout *f, us_t now, struct datagram *ret) {
    while (f->n_resend > 0) {
        struct resend r = f->resend[f->resend_head];
        f->resend_head = (f->resend_head + 1) % FANOUT_RESEND_MAX;
        f->n_resend--;
        if (r.stream->transport->sendable && resend(f, now, &r, ret)) {
            return true;
        }
    }
    while (f->n_replay > 0) {
        if (replay(now, &f->replay[f->n_replay - 1], ret)) {
            return true;
        }
        f->n_replay--;
    }
    return fan_out(f, now, ret);
}
