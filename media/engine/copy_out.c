#include "media/engine/copy_out.h"

#include "media/engine/relay_out.h"

/* So many messages may go out in so much time [us]; a mailbox has places for ten times that. */
#define COPY_STEP 64
#define COPY_EVERY US_PER_MS

static bool is_kept(const struct layer *l, us_t now) {
    uint64_t first = 0;
    return l->feed.live && feed_is_video(&l->feed) && feed_replayable(&l->feed, now, &first);
}

static void begin(struct layer *l, uint64_t to) {
    struct picture_copy *c = &l->copy;
    c->to = c->left = to;
    c->later = 0;
    c->from = c->next = l->feed.key_seq;
    c->end = l->feed.cache.high;
    list_push(&l->flow->tour->engine->copies, &c->in);
}

/* Who is introduced while nothing of it has gone out yet gets the same one. */
static void join(struct layer *l, uint64_t worker) {
    struct picture_copy *c = &l->copy;
    if (c->next == c->from && c->left == c->to && c->from == l->feed.key_seq) {
        c->to = c->left = c->to | worker;
        c->end = l->feed.cache.high;
    } else {
        c->later |= worker;
    }
}

/* The smallest first: it is what a newcomer sees first. */
uint8_t copy_offer(struct flow *f, unsigned worker, us_t now, bool begins) {
    uint8_t kept = 0;
    for (unsigned i = SESSION_LAYERS_MAX; i-- > 0;) {
        struct layer *l = f->layers[i];
        if (!l || !is_kept(l, now)) {
            continue;
        }
        if (begins) {
            (list_empty(&l->copy.in) ? begin : join)(l, 1ull << worker);
        }
        kept |= (uint8_t)(1u << i);
    }
    return kept;
}

static bool has_ended(const struct layer *l) {
    const struct picture_copy *c = &l->copy;
    const struct packet_cache *cache = &l->feed.cache;
    return c->next >= c->end || !cache->holds || cache->from != c->from;
}

/* Who came meanwhile gets what is kept now. */
static void end(struct layer *l, us_t now) {
    uint64_t later = l->copy.later;
    copy_stop(&l->copy);
    if (later && is_kept(l, now)) {
        begin(l, later);
    }
}

/* One of this number, as far as it is there: it may be missing and yet come, or never come. */
static void fill(struct layer *l, us_t now, struct relay *ret) {
    struct picture_copy *c = &l->copy;
    const struct tour *t = l->flow->tour;
    const struct media_packet *p = packet_cache_find(&l->feed.cache, now, c->next);
    *ret = (struct relay){.type = RELAY_KEPT,
                          .from = (uint8_t)t->engine->c.worker,
                          .to = relay_take_worker(&c->left),
                          .on = c->next + 1 == c->end,
                          .layer = l->number,
                          .id = l->flow->id,
                          .tour = t->handle};
    if (p) {
        ret->packet = *p;
        packet_ref(p->packet);
    } else {
        ret->packet = (struct media_packet){
            .seq = c->next, .at = now, .skipped = packet_cache_skipped(&l->feed.cache, c->next)};
    }
    if (c->left == 0) {
        c->next++;
        c->left = c->to;
    }
}

bool copy_next(struct engine *e, struct relay *ret) {
    while (!list_empty(&e->copies)) {
        struct layer *l = LIST_ENTRY(e->copies.next, struct layer, copy.in);
        if (has_ended(l)) {
            end(l, e->now);
        } else if (e->copies_left == 0) {
            e->copies_at = e->copies_at == US_NEVER ? e->now + COPY_EVERY : e->copies_at;
            return false;
        } else {
            e->copies_left--;
            fill(l, e->now, ret);
            return true;
        }
    }
    return false;
}

void copy_turn(struct engine *e) {
    if (e->now >= e->copies_at) {
        e->copies_left = COPY_STEP;
        e->copies_at = US_NEVER;
    }
}
