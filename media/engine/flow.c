#include "media/engine/flow.h"

#include "base/alloc.h"
#include "media/engine/event.h"
#include "media/engine/need.h"
#include "media/engine/relay_out.h"

#define CACHE_SHARE_MIN 32 /* packets: a few frames, however many sources there are */
#define CACHE_MIX 64       /* packets: 1.3 s, of a pool that is not ours */
#define CACHE_PLACES_MAX 4096

/* Half of the pool is for retransmission: what each feed that flows may keep. */
static uint32_t cache_share(const struct engine *e) {
    uint32_t most = e->c.cache_packets;
    if (e->c.pool_packets && e->n_live) {
        uint32_t share = e->c.pool_packets / 2 / e->n_live;
        share = share > CACHE_SHARE_MIN ? share : CACHE_SHARE_MIN;
        most = share < most ? share : most;
    }
    return most;
}

/* Places in the cache of a feed: a picture that is kept has about a kibibyte in each. */
static uint32_t cache_places(const struct flow *f) {
    const struct engine *e = f->tour->engine;
    uint32_t most = e->c.cache_packets;
    if (f->place.mix) {
        return CACHE_MIX;
    }
    while (f->place.kind != SOURCE_MICROPHONE && e->c.gop_age && most < CACHE_PLACES_MAX &&
           (uint64_t)most * 1024 < e->c.gop_bytes) {
        most *= 2;
    }
    return most;
}

/* What the feed may keep now: its share, and a picture beside it as long as all together keep less
 * than they may. */
static uint32_t cache_limit(const struct layer *l) {
    const struct flow *f = l->flow;
    const struct feeds *all = &f->tour->engine->feeds;
    bool holds = l->feed.cache.holds || l->copy.awaited;
    bool more = holds && (all->kept_max == 0 || all->kept < all->kept_max);
    uint32_t share = f->place.mix ? CACHE_MIX : cache_share(f->tour->engine);
    return more || share > l->feed.cache.cap ? l->feed.cache.cap : share;
}

void flow_init(struct flow *f, struct tour *t, const struct session_line *line,
               const struct clock_offset *offset) {
    f->tour = t;
    f->line = line;
    f->offset = offset;
    f->place.voice = -1;
    list_init(&f->place.in_live);
    list_init(&f->untold);
    list_init(&f->in_tour);
    list_push(&t->flows, &f->in_tour);
}

struct layer *flow_layer(struct flow *f, unsigned i) {
    struct engine *e = f->tour->engine;
    if (f->layers[i]) {
        return f->layers[i];
    }
    struct layer *l = mem_zalloc(1, sizeof(*l));
    if (!l || feed_init(&l->feed, &e->feeds, f->line, cache_places(f)) != OK) {
        mem_free(l);
        return NULL;
    }
    l->flow = f;
    l->number = (uint8_t)i;
    list_init(&l->copy.in);
    l->feed.offset = f->offset;
    f->layers[i] = l;
    f->shown = f->shown ? f->shown : l;
    return l;
}

/* Nobody gets it any more. */
static void forget(struct layer *l) {
    fanout_forget(&l->flow->tour->engine->fanout, &l->feed);
    stream_forget_all(&l->feed);
}

void flow_free(struct flow *f, us_t now) {
    flow_set(f, 0, now);
    room_source_forget(&f->tour->room, &f->place);
    FLOW_EACH_LAYER(l, f, FLOW_ALL) {
        forget(l);
        feed_free(&l->feed);
        mem_free(l);
    }
    list_remove(&f->untold);
    list_remove(&f->in_tour);
}

void flow_restart(struct layer *l, us_t now) {
    struct flow *f = l->flow;
    flow_set(f, flow_live(f) & ~(1u << l->number), now);
    if (f->place.live) {
        room_source_moved(&f->tour->room, &f->place);
    } else {
        room_source_forget(&f->tour->room, &f->place);
    }
    forget(l);
    l->tap_id = 0; /* other numbers are another source to the recorder */
    feed_restart(&l->feed);
}

/* The largest that flows is shown. */
static void choose(struct flow *f) {
    unsigned layers = flow_live(f);
    struct layer *best = layers ? f->layers[__builtin_ctz(layers)] : f->shown;
    if (best != f->shown) {
        f->shown = best;
        room_source_moved(&f->tour->room, &f->place);
        tour_changed(f->tour);
    }
}

/* Some of it flows, or nothing any more. */
static void rank(struct flow *f, us_t now, bool on) {
    struct room *r = &f->tour->room;
    if (on) {
        room_source_on(r, &f->place, now);
    } else {
        if (room_source_off(r, &f->place) != 0) {
            tour_voices_changed(f->tour);
        }
        tour_reschedule(f->tour);
    }
    tour_changed(f->tour);
}

void flow_set(struct flow *f, unsigned layers, us_t now) {
    unsigned was = flow_live(f);
    if (layers == was) {
        return;
    }
    FLOW_EACH_LAYER(l, f, was ^ layers) {
        l->feed.live = layers & 1u << l->number;
        if (l->feed.live && feed_is_video(&l->feed) && flow_is_local(f)) {
            recv_keyframe_periodic(&l->feed.keyframe, now, flow_keyframe_interval(f, false));
        }
    }
    need_begins(f, layers & ~was, now);
    if (!f->place.mix) {
        f->tour->engine->n_live += (uint32_t)(__builtin_popcount(layers) - __builtin_popcount(was));
    }
    if (!was || !layers) {
        rank(f, now, layers);
    }
    choose(f);
    flow_tap_update(f, now);
    FLOW_EACH_LAYER(l, f, was & ~layers) {
        feed_pause(&l->feed);
        copy_stop(&l->copy);
    }
    FLOW_EACH_LAYER(l, f, layers ? 0 : FLOW_ALL) { /* muted, maybe: nothing of it waits anywhere */
        packet_cache_clear(&l->feed.cache);
    }
}

void flow_host(struct flow *f, bool host) {
    if (f->place.host != host) {
        f->place.host = host;
        tour_changed(f->tour);
    }
}

static void to_tap(const struct layer *l, const struct media_packet *p) {
    struct tap t = flow_tap(l, TAP_RTP, p->at);
    t.audio_level = p->has_level && !p->level_found ? p->audio_level : TAP_LEVEL_NONE;
    t.seq = p->seq;
    t.rtp_ts = p->ts;
    t.payload_at = p->payload_at;
    t.payload_len = p->payload_len;
    t.marker = p->marker;
    t.packet = p->packet;
    tap_push(l->flow->tour->engine, &t);
}

void flow_skip(struct layer *l, us_t now, uint64_t seq) {
    struct engine *e = l->flow->tour->engine;
    feed_skip(&l->feed, now, seq);
    fanout_skip(&e->fanout, &l->feed, seq);
    if (l->flow->tapped == l && feed_is_video(&l->feed)) {
        struct tap t = flow_tap(l, TAP_SKIP, now);
        t.seq = seq;
        tap_push(e, &t);
    }
}

void flow_packet(struct layer *l, us_t now, struct media_packet *p, bool keep) {
    struct flow *f = l->flow;
    struct tour *t = f->tour;
    l->feed.cache.limit = cache_limit(l);
    uint8_t top = l->feed.presence.top;
    if (feed_packet(&l->feed, p, keep)) {
        room_source_moved(&t->room, &f->place); /* what it can be shown as has changed */
        tour_changed(t);
        if (f->tapped == l && l->feed.presence.top < top) {
            feed_need_keyframe(&l->feed); /* the recorder goes on with another size, too */
        }
    }
    if (!l->feed.has_key && flow_is_local(f) && t->engine->c.gop_age) {
        feed_need_keyframe(&l->feed); /* it has begun in the middle: whoever comes will need one */
    }
    if (p->has_level && f->place.voice >= 0) {
        room_level(&t->room, now, &f->place, p->audio_level);
        tour_reschedule(t);
    }
    if (f->tapped == l && keep) {
        to_tap(l, p);
    }
    fanout_packet(&t->engine->fanout, &l->feed, p);
}

void flow_copy(struct layer *l, const struct media_packet *p, bool begins) {
    struct tour *t = l->flow->tour;
    if (begins) {
        feed_copy_begin(&l->feed, p);
    }
    l->feed.cache.limit = cache_limit(l);
    if (feed_copy(&l->feed, p)) {
        room_source_moved(&t->room, &l->flow->place);
        tour_changed(t);
    }
}

void flow_report(struct layer *l, us_t now, uint64_t ntp, uint32_t rtp_ts) {
    recv_clock_sr(&l->feed.clock, now, ntp, rtp_ts);
    if (l->flow->tapped == l) {
        struct tap t = flow_tap(l, TAP_SR, now);
        t.ntp = ntp;
        t.rtp_ts = rtp_ts;
        tap_push(l->flow->tour->engine, &t);
    }
}

struct tap flow_tap(const struct layer *l, enum tap_type type, us_t now) {
    const struct flow *f = l->flow;
    return (struct tap){.type = (uint8_t)type,
                        .kind = f->place.kind,
                        .codec = f->place.codec,
                        .audio_level = TAP_LEVEL_NONE,
                        .source = l->tap_id,
                        .tour = f->tour->handle,
                        .participant = f->place.participant,
                        .worker = (uint8_t)f->tour->engine->c.worker,
                        .now = now};
}

static void tell(const struct layer *l, enum tap_type type, us_t now) {
    struct tap tap = flow_tap(l, type, now);
    tap_push(l->flow->tour->engine, &tap);
}

us_t flow_keyframe_interval(const struct flow *f, bool tapped) {
    const struct engine_config *c = &f->tour->engine->c;
    us_t cached = c->gop_age && c->keyframe_interval ? us_min(c->gop_age, c->keyframe_interval) : 0;
    return tapped ? c->keyframe_interval : cached;
}

/* Key frames while it is recorded: asked for where it is received. */
static void periodic(struct layer *l, us_t now, bool on) {
    us_t interval = flow_keyframe_interval(l->flow, on);
    if (!feed_is_video(&l->feed)) {
        return;
    }
    if (flow_is_local(l->flow)) {
        recv_keyframe_periodic(&l->feed.keyframe, now, interval);
    } else {
        relay_to_origin(l, RELAY_TAPPED, on);
    }
    if (on) {
        feed_need_keyframe(&l->feed);
    }
}

void flow_tap_update(struct flow *f, us_t now) {
    struct tour *t = f->tour;
    bool on = f->place.live && t->tapped && tour_is_home(t) && f->consent;
    struct layer *was = f->tapped, *is = on ? f->shown : NULL;
    if (on) {
        need_recorded(f, now);
    }
    if (is == was) {
        return;
    }
    f->tapped = is;
    if (was) {
        tell(was, TAP_SOURCE_OFF, now);
        periodic(was, now, false);
    }
    if (is) {
        is->tap_id = is->tap_id ? is->tap_id : ++t->engine->next_tap;
        tell(is, TAP_SOURCE_ON, now);
        periodic(is, now, true);
    }
}
