#include "media/out/queue.h"

#include "base/alloc.h"
#include "media/out/seal.h"

#define BEHIND_MAX (1500 * US_PER_MS) /* later than that a picture is not live */
#define PAD_BACK 64 /* packets: older ones would come too late to repair anything */

void queue_init(struct out_queue *q, struct transport *t) {
    q->transport = t;
    list_init(&q->waiting);
    list_init(&q->paced);
    list_init(&q->replays);
}

void queue_free(struct out_queue *q) {
    list_remove(&q->waiting);
    list_remove(&q->paced);
    while (!list_empty(&q->replays)) {
        list_remove(q->replays.next);
    }
    q->repairs = NULL;
    q->resends = mem_free(q->resends);
}

/* What the path carries is known, as far as it can be so soon: a queue stands, or no probe is still
 * to be answered. */
static bool judged(const struct out_queue *q, us_t now, us_t took) {
    bool told = q->bwe && bwe_answered(q->bwe);
    return took >= REPLAY_JUDGED || (told && (bwe_queues(q->bwe) || !bwe_searches(q->bwe, now)));
}

/* What is left of a replay goes at this [bit/s]; 0: at once. While a queue is let go less does, but
 * that passes. */
static uint64_t carries(const struct out_queue *q) {
    uint64_t rate = q->pacer.rate, believed = q->bwe ? bwe_estimate(q->bwe) : 0;
    return rate > 0 && rate < believed ? believed : rate;
}

/* [us] The rest of a replay is through in that time: it stands behind the queue that there is,
 * which is let go first. 0: nobody knows. */
static us_t needs(const struct out_queue *q, const struct stream_replay *x, uint64_t rate) {
    us_t rest = rate ? (us_t)((uint64_t)x->left * 8 * US_PER_S / rate) : 0;
    return rest > 0 && q->bwe ? rest + bwe_waits(q->bwe) : rest;
}

/* Of a young picture another one would hardly be less: it goes on like what is live. */
static bool replay_fails(const struct out_queue *q, us_t now, const struct stream_replay *x) {
    us_t took = now - x->since;
    if (x->feed->has_key && x->since - x->feed->key_at < FEED_YOUNG) {
        return took >= REPLAY_MAX;
    }
    uint64_t rate = judged(q, now, took) ? carries(q) : 0;
    us_t more = needs(q, x, rate);
    bool soon = more < REPLAY_SOON && took < 2 * REPLAY_MAX;
    return took + more >= REPLAY_MAX && !(rate > 0 && soon);
}

/* Of what is replayed a picture has begun to be sent, and is not through. */
static bool inside(const struct stream_replay *x, us_t now) {
    struct media_packet p;
    return x->begun && x->next < x->live && feed_recall(x->feed, now, x->next, &p) && p.ts == x->ts;
}

/* A key frame has come into what waits: it goes on there, and needs no other one, which a slow
 * encoder would take seconds for. */
static bool skips_to_key(struct stream *s, us_t now) {
    struct stream_replay *x = &s->replay;
    struct feed *f = x->feed;
    struct media_packet p;
    if (stream_shown(s) != f || !f->has_key || f->key_seq <= x->next ||
        now - f->key_at >= BEHIND_MAX || !feed_recall(f, now, f->key_seq, &p)) {
        return false;
    }
    x->next = f->key_seq;
    x->since = now;
    x->begun = false;
    s->fresh = true;
    return true;
}

bool queue_give_up(struct out_queue *q, us_t now, struct stream *s) {
    struct stream_replay *x = &s->replay;
    struct media_packet p;
    if (!x->behind) {
        return false;
    }
    bool late = now - x->since >= BEHIND_MAX &&
                !(feed_recall(x->feed, now, x->next, &p) && now - p.at < BEHIND_MAX);
    if (x->cut || (stream_replays(s) ? !replay_fails(q, now, x) : !late)) {
        return false;
    }
    if (!stream_replays(s) && skips_to_key(s, now)) {
        return false;
    }
    x->cut = inside(x, now);
    if (!x->cut) {
        list_remove(&x->in);
        x->behind = false;
    }
    return true;
}

static bool probing(const struct out_queue *q, us_t now) {
    return q->bwe && q->pads && bwe_probe_due(q->bwe, now) > 0;
}

bool queue_empty(struct out_queue *q, us_t now) {
    bool replays = !list_empty(&q->replays) && pacer_lets(&q->pacer, now);
    return !replays && !q->repairs && (!q->resends || q->resends->n == 0) && !probing(q, now);
}

/* What is about to be drained has no deadline: its pacer would tell one that has passed. */
us_t queue_deadline(const struct out_queue *q) {
    bool waits = list_empty(&q->waiting) && !list_empty(&q->replays);
    return waits ? pacer_next(&q->pacer) : US_NEVER;
}

void queue_hold(struct out_queue *q, us_t now, struct stream *s, struct feed *feed, uint64_t seq) {
    struct stream_replay *x = &s->replay;
    if (list_empty(&x->in)) {
        list_push(&q->replays, &x->in);
    }
    *x = (struct stream_replay){
        .in = x->in, .feed = feed, .next = seq, .behind = true, .since = now};
}

enum queue_verdict queue_nack(struct out_queue *q, us_t now, us_t rtt, struct resend r,
                              uint8_t index) {
    struct resends *x = q->resends;
    if (!rewrite_sent(&r.stream->rewrite, r.seq)) {
        return QUEUE_ABUSED;
    }
    if (!x) {
        x = q->resends = mem_zalloc(1, sizeof(*x));
    }
    if (!x || x->n == QUEUE_RESENDS) {
        return QUEUE_FULL;
    }
    switch (send_limit_pass(&x->limit, now, rtt, index, r.seq)) {
    case SEND_LIMIT_AGAIN:
        return QUEUE_LIMITED;
    case SEND_LIMIT_ABUSE:
        return QUEUE_ABUSED;
    case SEND_LIMIT_PASS:
    default:
        x->ring[(x->head + x->n++) % QUEUE_RESENDS] = r;
        return QUEUE_TAKEN;
    }
}

bool queue_replay(struct out_queue *q, us_t now, struct stream *s, struct feed *feed) {
    uint64_t first = 0;
    struct stream_replay *x = &s->replay;
    struct media_packet newest;
    if (!s->transport->sendable || !feed_replayable(feed, now, &first) ||
        !feed_recall(feed, now, feed->newest_seq, &newest)) {
        return false;
    }
    unsigned target = stream_replay_target(s, now, feed);
    if (x->behind && x->feed != feed) {
        stream_forget(s, x->feed); /* or what is live of it would follow behind a hole */
    }
    if (list_empty(&x->in)) {
        list_push(&q->replays, &x->in);
    }
    *x = (struct stream_replay){.in = x->in,
                                .feed = feed,
                                .next = first,
                                .live = feed->cache.high,
                                .left = feed->gop_for[target],
                                .live_ts = newest.ts,
                                .thin = target != TARGET_BEST && target_temporal(target) == 0,
                                .behind = true,
                                .since = now};
    s->replayed_at = now;
    return true;
}

uint64_t queue_owes(const struct out_queue *q) {
    uint64_t n = 0;
    LIST_EACH(l, &q->replays) {
        const struct stream *s = CONTAINER_OF(l, struct stream, replay.in);
        n += stream_replays(s) ? s->replay.left : 0;
    }
    return n;
}

bool queue_ends(const struct out_queue *q) {
    bool ends = false;
    LIST_EACH(l, &q->replays) {
        ends = ends || CONTAINER_OF(l, struct stream, replay.in)->replay.cut;
    }
    return ends;
}

/* What was sent under this number, as it was then. Of a layer that the viewer does not get only the
 * number, where it came too late to be closed up: what is missing would hold up what follows. */
static bool find(const struct resend *r, us_t now, struct media_packet *ret,
                 struct rewrite_out *ret_place) {
    const struct stream *s = r->stream;
    struct feed *feed = stream_shown(s);
    uint64_t seq = 0;
    if (!feed || feed->id != s->rewrite.source ||
        rewrite_reverse(&s->rewrite, r->seq, &seq, &ret_place->index) != REWRITE_OK ||
        !choice_knows(&s->layers, seq) || !feed_recall(feed, now, seq, ret)) {
        return false;
    }
    ret_place->ts = rewrite_ts(&s->rewrite, ret->ts);
    if (stream_leaves_out(s, ret)) {
        *ret = (struct media_packet){.packet = ret->packet, .seq = ret->seq, .ts = ret->ts};
    }
    return true;
}

/* Under its own index only what has been sent under it: what fills a place that is open would be
 * in the way of what may yet get it. */
static bool went_out(const struct stream *s, const struct media_packet *p, uint64_t index) {
    return p->payload_len > 0 && rewrite_gave(&s->rewrite, index);
}

/* False when it must wait for the next train. */
static bool resend(const struct out_queue *q, const struct resend *r, us_t now, struct train *t) {
    struct stream *s = r->stream;
    struct engine_counters *n = s->transport->all->c.counters;
    struct media_packet p;
    struct rewrite_out o;
    bool rtx = s->rtx.pt != 0;
    if (!find(r, now, &p, &o) || (!rtx && !went_out(s, &p, o.index))) {
        n->nack_missed++;
        return true;
    }
    if (!train_takes(t, rtx ? seal_rtx_len(s, &p) : seal_media_len(s, now, &p))) {
        return false;
    }
    if (!transport_spend(s->transport, p.payload_len)) {
        n->nack_limited++;
        return true;
    }
    n->rtx_out += rtx ? seal_rtx(s, now, &p, &o, t) : seal_again(s, now, &p, &o, t);
    /* One of twenty repairs would be lost like what it repairs, and be asked for again a round trip
     * later. Twice costs a path that loses 5 % another 5 %. */
    if (rtx && q->bwe && bwe_lossy(q->bwe) && train_takes(t, seal_rtx_len(s, &p)) &&
        transport_spend(s->transport, p.payload_len)) {
        n->rtx_out += seal_rtx(s, now, &p, &o, t);
    }
    return true;
}

static void resend_some(struct out_queue *q, us_t now, struct train *t) {
    struct resends *x = q->resends;
    while (x->n > 0 && resend(q, &x->ring[x->head], now, t)) {
        x->head = (x->head + 1) % QUEUE_RESENDS;
        x->n--;
    }
}

/* What comes next for the stream, in *ret; false: that number is left out. Where a newer key frame
 * has come while an old picture was being replayed, it goes on there, once the one that has begun
 * has its end. */
static bool next_of(struct stream *s, us_t now, struct media_packet *ret) {
    struct stream_replay *x = &s->replay;
    struct feed *f = x->feed;
    bool found = feed_recall(f, now, x->next, ret);
    bool inside = found && x->begun && ret->ts == x->ts;
    if (stream_replays(s) && !inside && f->has_key && f->key_seq > x->next &&
        feed_recall(f, now, f->key_seq, ret)) {
        x->next = f->key_seq;
        x->live = x->next; /* what came of it is hardly more than live */
        x->cut = false;
        s->fresh = stream_shown(s) == f;
        return true;
    }
    if (found) {
        x->begun = true;
        x->ts = ret->ts;
        return true;
    }
    if (packet_cache_skipped(&f->cache, x->next)) {
        (void)rewrite_skip(&s->rewrite, f->id, x->next);
    }
    return false;
}

/* Nothing of it waits any more. What was cut is followed by a key frame, which is asked for now:
 * the path had no room for it, and with it the picture that was being sent leaves the cache. */
static void end(struct stream *s) {
    struct stream_replay *x = &s->replay;
    bool known = stream_sub(s, x->feed);
    list_remove(&x->in);
    x->behind = false;
    if (x->cut && known) {
        stream_await(s);
        feed_need_keyframe(stream_intent(s));
    } else if (known && stream_shown(s) != x->feed) {
        feed_need_keyframe(x->feed); /* its key frame has left the cache meanwhile */
    }
}

/* What is missing in the cache is missing for everybody and repaired like any loss. False when the
 * train takes no more, or the path does not. */
static bool replay(struct out_queue *q, struct stream *s, us_t now, struct train *t) {
    struct stream_replay *x = &s->replay;
    struct sub *sub;
    x->next = packet_cache_from(&x->feed->cache, x->next);
    for (; x->next < x->feed->cache.high && (sub = stream_sub(s, x->feed)) != NULL; x->next++) {
        if (q->repairs || !pacer_lets(&q->pacer, now)) {
            return false; /* what repairs a part of it does not wait for all of it */
        }
        struct media_packet p;
        struct rewrite_out o;
        bool ended = !inside(x, now), found = next_of(s, now, &p);
        if (x->cut && ended) {
            break; /* and no newer key frame has come */
        }
        if (!found) {
            continue;
        }
        if (!train_takes(t, seal_media_len(s, now, &p))) {
            return false;
        }
        if (stream_map(sub, now, &p, &o)) {
            s->transport->all->c.counters->replayed_out +=
                seal_media(s, now, &p, &o, t) && stream_replays(s);
            x->left -= p.payload_len < x->left ? p.payload_len : x->left;
        }
    }
    end(s);
    return true;
}

/* A recent packet once more: the newest, the one before it, and so on. */
static bool pad_again(struct out_queue *q, us_t now, struct train *t) {
    struct stream *s = q->pads;
    struct media_packet p;
    struct rewrite_out o;
    uint16_t seq = (uint16_t)(s->rewrite.next - 1 - q->pad_back);
    if (q->pad_back >= PAD_BACK || !rewrite_sent(&s->rewrite, seq) ||
        !find(&(struct resend){s, seq}, now, &p, &o)) {
        q->pad_back = 0;
        return false;
    }
    if (!train_takes(t, seal_rtx_len(s, &p))) {
        return false;
    }
    q->pad_back++;
    return seal_rtx(s, now, &p, &o, t);
}

static void pad(struct out_queue *q, us_t now, struct train *t) {
    struct stream *s = q->pads;
    struct engine_counters *n = q->transport->all->c.counters;
    while (probing(q, now) && t->n < TRAIN_MAX) {
        if (!pad_again(q, now, t) &&
            !(train_takes(t, seal_padding_len(s)) && seal_padding(s, now, t))) {
            return;
        }
        n->padding_out++;
    }
}

static void repair(struct out_queue *q, us_t now, struct train *t) {
    struct stream *s = q->repairs;
    const struct flexfec *f = protect_ready(s->protect);
    if (f && !train_takes(t, seal_repair_len(s, f))) {
        return;
    }
    if (f && seal_repair(s, now, f, t)) {
        q->transport->all->c.counters->fec_out++;
    }
    protect_sent(s->protect);
    q->repairs = NULL;
}

void queue_output_again(struct out_queue *q, us_t now, struct train *t) {
    if (q->resends) {
        resend_some(q, now, t);
    }
    if (q->repairs) {
        repair(q, now, t);
    }
}

void queue_output(struct out_queue *q, us_t now, struct train *t) {
    queue_output_again(q, now, t);
    while (t->n == 0 && !list_empty(&q->replays)) {
        struct link *l = q->replays.next;
        if (!replay(q, CONTAINER_OF(l, struct stream, replay.in), now, t)) {
            return;
        }
    }
    if (t->n == 0) {
        pad(q, now, t);
    }
}
