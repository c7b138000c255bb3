#include "media/out/stream.h"

#include "base/check.h"

void stream_init(struct stream *s, struct transport *t, const struct session_line *line,
                 const struct rng *rng) {
    s->transport = t;
    s->line = line;
    for (unsigned i = 0; i < 2; i++) {
        s->subs[i].stream = s;
        list_init(&s->subs[i].link);
    }
    rewrite_init(&s->rewrite, (uint16_t)(rng_u32(rng) & REWRITE_SEQ_START_MAX), rng_u32(rng));
    lease_init(&s->lease, LEASE_END_MAX);
    lease_init(&s->rtx.lease, LEASE_END_MAX);
    s->rtx.next = rng_u32(rng) & REWRITE_SEQ_START_MAX;
    s->rtx.ssrc = line->rtx_ssrc;
    s->rtx.pt = line->rtx_pt;
    s->red.pt =
        stream_repeats(s) ? 0 : line->red_pt; /* what went with it may not be kept so long */
    header_init(&s->header, line);
    choice_init(&s->layers);
    list_init(&s->replay.in);
}

static struct sub *awaited(struct stream *s) {
    return &s->subs[!s->shown];
}

struct feed *stream_intent(const struct stream *s) {
    const struct sub *next = &s->subs[!s->shown];
    return next->feed ? next->feed : s->subs[s->shown].feed;
}

struct sub *stream_sub(struct stream *s, const struct feed *feed) {
    for (unsigned i = 0; i < 2; i++) {
        if (s->subs[i].feed == feed) {
            return &s->subs[i];
        }
    }
    return NULL;
}

static void sub_clear(struct sub *sub) {
    list_remove(&sub->link);
    if (sub->feed && sub->stream->replay.feed == sub->feed) {
        list_remove(&sub->stream->replay.in);
        sub->stream->replay.behind = false;
    }
    sub->feed = NULL;
}

static void sub_set(struct sub *sub, struct feed *feed) {
    sub->feed = feed;
    list_push(&feed->subs, &sub->link);
}

enum stream_verdict stream_show(struct stream *s, struct feed *feed) {
    if (feed == stream_intent(s)) {
        return STREAM_OK;
    }
    sub_clear(awaited(s));
    struct sub *shown = &s->subs[s->shown];
    if (!feed) {
        sub_clear(shown);
        rewrite_unbind(&s->rewrite);
        return STREAM_OK;
    }
    if (!feed_is_video(feed)) {
        sub_clear(shown);
        sub_set(shown, feed);
        rewrite_unbind(&s->rewrite); /* reports run on from the last packet until its first */
        s->fresh = true;
        return STREAM_OK;
    }
    if (feed == shown->feed) {
        return STREAM_OK;
    }
    sub_set(awaited(s), feed);
    return shown->feed && shown->feed->live ? STREAM_NEEDS_KEY : STREAM_NEEDS_PICTURE;
}

void stream_cut(struct stream *s) {
    (void)stream_show(s, NULL);
    if (s->protect) {
        protect_forget(s->protect);
    }
}

void stream_await(struct stream *s) {
    struct feed *feed = stream_intent(s);
    if (s->replay.feed == stream_shown(s)) { /* while another is awaited, too */
        (void)stream_show(s, NULL);
        (void)stream_show(s, feed);
    }
}

void stream_resume(struct stream *s, struct feed *feed) {
    CHECK(!stream_intent(s));
    sub_set(&s->subs[s->shown], feed);
    s->fresh = false;
}

void stream_forget(struct stream *s, struct feed *feed) {
    for (unsigned i = 0; i < 2; i++) {
        if (s->subs[i].feed == feed) {
            sub_clear(&s->subs[i]);
        }
    }
    if (!stream_shown(s)) {
        rewrite_unbind(&s->rewrite);
    }
}

void stream_forget_all(struct feed *feed) {
    while (!list_empty(&feed->subs)) {
        stream_forget(LIST_ENTRY(feed->subs.next, struct sub, link)->stream, feed);
    }
}

/* The picture's own numbers follow those that were sent last; of the first one they are its own. */
static void number(struct stream *s, const struct media_packet *p, bool own) {
    if (p->numbered) {
        if (own) {
            rewrite_vp8_begin(&s->vp8, &p->vp8);
        }
        rewrite_vp8_switch(&s->vp8, &p->vp8);
    } else if (p->layers.described) {
        struct rewrite_dependency_in in = {media_packet_descriptor(p), p->descriptor.n_templates};
        if (own) {
            rewrite_dependency_begin(&s->dependency, &in);
        }
        rewrite_dependency_switch(&s->dependency, &in);
    }
    s->unnumbered = s->unnumbered && !p->numbered && !p->layers.described;
}

/* Parameter sets that got lost before a key frame find their places free when they are repaired. */
static void begin(struct stream *s, us_t now, const struct rewrite_in *in,
                  const struct media_packet *p) {
    struct rewrite_in first = *in;
    bool own = stream_unnumbered(s);
    first.seq -= p->keyframe ? p->lead : 0;
    s->begin_seq = p->seq;
    s->begin_ts = p->ts;
    rewrite_switch(&s->rewrite, now, codec_clock(s->line->codec), &first);
    if (stream_replays(s) && s->replay.feed->id == in->source && p->seq < s->replay.live) {
        rewrite_squeeze(&s->rewrite, p->ts, s->replay.live_ts);
    }
    transport_changed(s->transport);
    choice_begin(&s->layers, &(struct choice_in){&p->layers, p->seq, p->ts});
    number(s, p, own);
}

/* The frame numbers of its feed have moved to where no viewer may be led, and this packet is left
 * out. A key frame, which brings all that what follows refers to, begins the stream anew. */
static bool strays(struct stream *s, us_t now, const struct rewrite_in *in,
                   const struct media_packet *p) {
    if (!s->header.dependency || !p->layers.described) {
        return false;
    }
    struct rewrite_dependency_in d = {media_packet_descriptor(p), p->descriptor.n_templates};
    bool newer = p->seq > s->rewrite.in_sent;
    if (rewrite_dependency_follows(&s->dependency, &d)) {
        return false;
    }
    if (newer && p->descriptor.n_templates > 0) {
        begin(s, now, in, p);
        return false;
    }
    if (newer) {
        feed_need_keyframe(stream_shown(s));
    }
    return true;
}

/* What it gets at this packet of the feed that it shows. */
static uint8_t wanted(const struct stream *s, const struct media_packet *p) {
    const struct stream_replay *x = &s->replay;
    bool thin = x->thin && stream_replays(s) && x->feed == stream_shown(s) && p->seq < x->live;
    return thin ? target_of(target_spatial(s->layers.want), 0) : s->layers.want;
}

/* Is it of what this viewer gets of its feed? */
static bool shows(struct stream *s, const struct media_packet *p) {
    uint8_t want = s->layers.want, now = wanted(s, p);
    if (p->has_vp8) {
        unsigned most = stream_is_whole(s) ? VP8_TEMPORAL_ALL : target_temporal(now);
        return rewrite_vp8_shows(&s->vp8, &p->vp8, (uint8_t)most);
    }
    s->layers.want = now;
    bool ret = choice_shows(&s->layers, &(struct choice_in){&p->layers, p->seq, p->ts});
    s->layers.want = want;
    return ret;
}

bool stream_leaves_out(const struct stream *s, const struct media_packet *p) {
    if (p->has_vp8) {
        return rewrite_vp8_left_out(&s->vp8, &p->vp8);
    }
    return !choice_showed(&s->layers, &(struct choice_in){&p->layers, p->seq, p->ts});
}

/* A picture begins with a key frame; not with a repair of what has been left out before it. */
static bool may_begin(const struct stream *s, const struct feed *f, const struct media_packet *p) {
    const struct stream_replay *x = &s->replay;
    bool left_out = x->behind && x->feed == f && p->seq < x->next;
    return !feed_is_video(f) || (p->keyframe && !left_out);
}

bool stream_map(struct sub *sub, us_t now, const struct media_packet *p, struct rewrite_out *ret) {
    struct stream *s = sub->stream;
    struct sub *shown = &s->subs[s->shown];
    struct rewrite_in in = {
        .source = sub->feed->id, .ts = p->ts, .seq = p->seq, .after_gap = p->after_gap};
    if (sub != shown) {
        if (!p->keyframe) {
            return false;
        }
        sub_clear(shown);
        s->shown = !s->shown;
        begin(s, now, &in, p);
    } else if (s->fresh && !may_begin(s, sub->feed, p)) {
        return false;
    } else if (s->fresh || (p->after_gap && p->keyframe)) { /* a picture that nothing led to */
        begin(s, now, &in, p);
    }
    s->fresh = false;
    if (p->seq < s->begin_seq && p->ts != s->begin_ts) {
        return false; /* a repair of an earlier picture */
    }
    if (strays(s, now, &in, p) || !shows(s, p)) {
        (void)rewrite_skip(&s->rewrite, in.source, in.seq); /* too late for it: a harmless gap */
        return false;
    }
    uint32_t offset = s->rewrite.ts_offset;
    bool ok = rewrite_map(&s->rewrite, now, &in, ret) == REWRITE_OK;
    if (offset != s->rewrite.ts_offset) { /* its source had rested, see rewrite_squeeze */
        transport_changed(s->transport);
    }
    return ok;
}

void stream_skip_all(struct feed *feed, uint64_t seq) {
    LIST_EACH(l, &feed->subs) {
        rewrite_skip(&LIST_ENTRY(l, struct sub, link)->stream->rewrite, feed->id, seq);
    }
}
