#include "media/out/fanout.h"

#include "base/check.h"
#include "media/out/seal.h"

void fanout_init(struct fanout *f) {
    list_init(&f->batches);
    list_init(&f->waiting);
    list_init(&f->paced);
}

void fanout_stop(struct fanout *f) {
    while (!list_empty(&f->batches)) {
        feed_batch_clear(LIST_ENTRY(f->batches.next, struct feed_batch, in));
    }
    while (!list_empty(&f->waiting)) {
        list_remove(f->waiting.next);
    }
    while (!list_empty(&f->paced)) {
        list_remove(f->paced.next);
    }
    f->begun = false;
}

bool fanout_idle(const struct fanout *f) {
    return list_empty(&f->batches);
}

void fanout_packet(struct fanout *f, struct feed *feed, const struct media_packet *p) {
    CHECK(!f->begun);
    if (list_empty(&feed->subs)) {
        return;
    }
    if (feed->batch.n == 0) {
        list_push(&f->batches, &feed->batch.in);
    }
    feed_batch_add(&feed->batch, p);
    f->fresh = true;
}

/* It has to wait behind what came before it: a stream may switch at one of those. */
void fanout_skip(struct fanout *f, struct feed *feed, uint64_t seq) {
    CHECK(!f->begun);
    if (feed->batch.n == 0) {
        stream_skip_all(feed, seq);
    } else {
        feed_batch_skip(&feed->batch, seq);
    }
}

void fanout_queue(struct fanout *f, us_t now, struct out_queue *q) {
    if (list_empty(&q->waiting) && !queue_empty(q, now)) {
        list_push(&f->waiting, &q->waiting);
    }
}

void fanout_forget(struct fanout *f, struct feed *feed) {
    CHECK(!f->begun);
    feed_batch_clear(&feed->batch);
}

/* The owner is to look after the queue when its time has come. */
static void wait_for_time(struct fanout *f, struct out_queue *q) {
    if (list_empty(&q->paced)) {
        list_push(&f->paced, &q->paced);
    }
}

/* Count what is in the train, and say where it goes. */
static bool leaves(struct transport *t, struct train *train) {
    struct engine_counters *n = t->all->c.counters;
    if (train->n == 0) {
        return false;
    }
    train->to = t->paths[t->selected].addr;
    train->from = t->paths[t->selected].local;
    n->rtp_out += train->n;
    n->trains_out++;
    transport_sent(t, train->n, train->len);
    return true;
}

static bool queue_next(struct fanout *f, us_t now, struct train *ret) {
    while (!list_empty(&f->waiting)) {
        struct out_queue *q = LIST_ENTRY(f->waiting.next, struct out_queue, waiting);
        struct transport *t = q->transport;
        if (t->sendable) {
            /* Within a batch no stream may switch: the list of its feed's streams is being walked.
             * What else waits has its time (queue_deadline). */
            (f->begun ? queue_output_again : queue_output)(q, now, ret);
        }
        if (leaves(t, ret)) {
            return true;
        }
        list_remove(&q->waiting);
        if (queue_deadline(q) != US_NEVER) {
            wait_for_time(f, q);
        }
    }
    return false;
}

/* The packet waits: for others of its stream that do, or because the path is full. Not a repair, of
 * whose picture the rest has gone; nor what could not be found again; nor the first one of what is
 * awaited, or the picture that it ends would go on and keep the path full. */
static bool held(struct fanout *f, struct sub *sub, us_t now, const struct media_packet *p) {
    struct stream *s = sub->stream;
    struct out_queue *q = s->queue;
    struct media_packet cached;
    if (stream_waits(s, sub->feed, p->seq)) {
        return feed_recall(sub->feed, now, p->seq, &cached);
    }
    if (!q || !feed_is_video(sub->feed) || s->replay.behind || pacer_lets(&q->pacer, now)) {
        return false;
    }
    bool repair = s->rewrite.source == sub->feed->id && p->seq <= s->rewrite.in_sent;
    bool awaited = sub->feed != stream_shown(s);
    if (repair || awaited || !feed_recall(sub->feed, now, p->seq, &cached)) {
        return false;
    }
    queue_hold(q, now, s, sub->feed, p->seq);
    wait_for_time(f, q);
    return true;
}

/* The feed's packets from f->at on, as many as the train takes. */
static void fill(struct fanout *f, const struct feed_batch *b, us_t now, struct train *ret) {
    struct sub *sub = f->sub;
    struct stream *s = sub->stream;
    for (; f->at < b->n; f->at++) {
        const struct media_packet *p = &b->p[f->at];
        struct rewrite_out o;
        if (!p->packet) {
            (void)rewrite_skip(&s->rewrite, sub->feed->id, p->seq);
            continue;
        }
        if (held(f, sub, now, p)) {
            continue;
        }
        if (!train_takes(ret, seal_media_len(s, now, p))) {
            return;
        }
        if (stream_map(sub, now, p, &o)) {
            (void)seal_media(s, now, p, &o, ret);
        }
    }
}

/* What a stream notes of each packet: how full the path is. */
static void fetch_books(const struct stream *s) {
    if (s->queue) {
        prefetch(&s->queue->pacer, sizeof(*s->queue) - offsetof(struct out_queue, pacer));
    }
    if (s->bwe) {
        bwe_fetch(s->bwe);
    }
}

/* What belongs to a viewer lies apart, behind one pointer after another, and with many viewers none
 * of it is in a cache when its turn comes: a tenth of a packet's cost with a thousand of them. So
 * while one is served, one step is made for each of the four behind it (the last first: stream,
 * transport and books, sealer, key and ring), and all of it is there when it is needed. */
static void fetch_ahead(const struct feed *feed, const struct link *l) {
    for (unsigned step = 0; step < 4 && l != &feed->subs; step++, l = l->next) {
        const struct sub *sub = LIST_ENTRY(l, struct sub, link);
        switch (step) {
        case 0:
            transport_fetch_key(sub->stream->transport);
            if (sub->stream->bwe) {
                bwe_fetch_sent(sub->stream->bwe);
            }
            break;
        case 1:
            transport_fetch_sealer(sub->stream->transport);
            break;
        case 2:
            transport_fetch(sub->stream->transport);
            fetch_books(sub->stream);
            break;
        default:
            stream_fetch(sub);
            break;
        }
    }
}

/* The next viewer of the feed gets its turn; false when there is none. */
static bool next_sub(struct fanout *f, const struct feed *feed) {
    while (f->next != &feed->subs) {
        struct sub *sub = LIST_ENTRY(f->next, struct sub, link);
        f->next = f->next->next; /* the sub may leave the list when its stream switches */
        fetch_ahead(feed, f->next);
        if (sub->stream->transport->sendable) {
            f->sub = sub;
            f->at = 0;
            return true;
        }
    }
    return false;
}

/* Before anything is sent: a replay may send a packet of a batch too, and it must be the same. */
static void pad_all(struct fanout *f) {
    LIST_EACH(l, &f->batches) {
        struct feed_batch *b = LIST_ENTRY(l, struct feed_batch, in);
        feed_batch_pad(b);
        feed_padded(CONTAINER_OF(b, struct feed, batch));
    }
    f->fresh = false;
}

static void begin(struct fanout *f, struct feed *feed) {
    f->begun = true;
    f->next = feed->subs.next;
    f->sub = NULL;
}

static bool batch_next(struct fanout *f, us_t now, struct train *ret) {
    while (!list_empty(&f->batches)) {
        struct feed_batch *b = LIST_ENTRY(f->batches.next, struct feed_batch, in);
        struct feed *feed = CONTAINER_OF(b, struct feed, batch);
        if (!f->begun) {
            begin(f, feed);
        }
        while (f->sub || next_sub(f, feed)) {
            struct transport *t = f->sub->stream->transport;
            fill(f, b, now, ret);
            if (f->sub->stream->queue && f->sub->stream->queue->repairs) {
                fanout_queue(f, now, f->sub->stream->queue);
            }
            f->sub = f->at < b->n ? f->sub : NULL;
            if (leaves(t, ret)) {
                return true;
            }
        }
        f->begun = false;
        feed_batch_clear(b);
    }
    return false;
}

bool fanout_output(struct fanout *f, us_t now, struct train *ret) {
    train_clear(ret);
    if (f->fresh) {
        pad_all(f);
    }
    return queue_next(f, now, ret) || batch_next(f, now, ret);
}
