#include "media/engine/copy_in.h"

#include "media/engine/picture.h"

/* [us] since the last word of it, until a key frame is asked for */
#define COPY_PATIENCE (250 * US_PER_MS)

void copy_await(struct layer *l, us_t now) {
    if (feed_is_video(&l->feed) && !l->feed.has_key && !l->copy.awaited) {
        l->copy.awaited = true;
        l->copy.until = now + COPY_PATIENCE;
    }
}

/* The recorder begins with what comes, and gets nothing of it. */
bool copy_serves(const struct layer *l, us_t now) {
    return l->copy.awaited && now < l->copy.until && l->flow->tapped != l;
}

/* Whoever waits gets a key frame. */
static void lost(struct layer *l) {
    copy_stop(&l->copy);
    packet_cache_release(&l->feed.cache);
    l->flow->tour->engine->n.kept_lost++;
    if (l->feed.keyframe.needed) {
        feed_need_keyframe(&l->feed);
    }
}

static void arrived(struct layer *l, us_t now) {
    if (!feed_copied(&l->feed, now)) {
        lost(l);
        return;
    }
    copy_stop(&l->copy);
    l->hole = 0; /* what came before the copy was announced */
    l->flow->tour->engine->n.kept_in++;
    if (l->flow->tapped != l) {
        recv_keyframe_arrived(&l->feed.keyframe, l->feed.key_at);
    }
    picture_kept(&l->feed, now);
}

/* What came while nothing was held is there no more. */
static bool has_let_go(const struct layer *l, us_t now) {
    uint64_t live = l->copy.live;
    return live > 0 && !packet_cache_find(&l->feed.cache, now, live);
}

void copy_input(struct layer *l, us_t now, const struct relay *m) {
    struct picture_copy *c = &l->copy;
    const struct media_packet *p = &m->packet;
    if (!c->awaited) {
        return;
    }
    bool begins = c->next == 0 && p->packet && p->keyframe && !has_let_go(l, now);
    if (!begins && (p->seq != c->next || !l->feed.cache.holds)) {
        lost(l);
        return;
    }
    c->until = now + COPY_PATIENCE;
    c->next = p->seq + 1;
    flow_copy(l, p, begins);
    if (m->on) {
        arrived(l, now);
    }
}

void copy_overtaken(struct layer *l, const struct media_packet *p, bool keep) {
    struct picture_copy *c = &l->copy;
    if (!c->awaited) {
        return;
    }
    c->live = c->live > 0 ? c->live : p->seq;
    if (l->feed.has_key) {
        copy_stop(c);
    } else if (!keep || (c->next > 0 && !l->feed.cache.holds)) {
        lost(l);
    }
}

void copy_torn(struct layer *l) {
    if (l->copy.awaited) {
        lost(l);
    }
}

/* One of which nothing has come yet may still come: the origin has much to tell. */
static void late(struct layer *l, us_t now) {
    struct picture_copy *c = &l->copy;
    if (!c->awaited || c->until == 0 || now < c->until) {
        return;
    }
    if (c->next > 0) {
        lost(l);
        return;
    }
    c->until = 0;
    if (l->feed.keyframe.needed) {
        feed_need_keyframe(&l->feed);
    }
}

void copy_late(struct flow *f, us_t now) {
    FLOW_EACH_LAYER(l, f, flow_live(f)) {
        late(l, now);
    }
}
