#include "media/engine/picture.h"

#include "media/engine/flow.h"
#include "media/engine/pace.h"

/* [us] what a path carries in that time may be replayed. More makes a queue, which the estimate
 * takes for a narrower path: with a second of it two viewers on one path do not share it fairly */
#define REPLAY_WORTH (US_PER_S / 4)
/* [us] who says again so soon that the picture is lost is not helped by what is kept */
#define REPLAY_AGAIN (2 * US_PER_S)
/* [us] and a round trip: by then the key frame that a replay begins with has arrived, or its first
 * packet was lost, which nobody can ask for */
#define REPLAY_BEGUN (300 * US_PER_MS)
/* [us] a round trip is at most: what reports make of it is only as right as they are */
#define AWAY_MAX US_PER_S

/* A young picture always: another one would hardly be less. To a path of which nothing is proven
 * all of it, as whoever joins would else wait for the first feedback; it goes at the pace of what
 * is guessed, and that feedback tells whether more of it follows than the picture it has begun. */
static bool affordable(const struct session *s, us_t now, const struct stream *out,
                       const struct feed *f) {
    uint64_t bytes = f->gop_for[stream_replay_target(out, now, f)] + queue_owes(&s->queue);
    uint64_t proven = pace_proven(s, now);
    return now - f->key_at < FEED_YOUNG || proven == 0 ||
           bytes * 8 <= proven * REPLAY_WORTH / US_PER_S;
}

bool picture_takes_long(const struct session *s, us_t now, const struct stream *out,
                        const struct feed *f, unsigned target) {
    uint64_t first = 0;
    if (now - f->key_at < FEED_YOUNG || !feed_replayable(f, now, &first)) {
        return false;
    }
    unsigned of = stream_replay_of(out, now, f, target);
    uint64_t bytes = f->gop_for[of], comes = meter_rate(&f->meter, now, of);
    uint64_t left = bwe_estimate(s->bwe) > comes ? bwe_estimate(s->bwe) - comes : 0;
    return bytes * 8 * US_PER_S > left * REPLAY_MAX;
}

static bool replay(struct session *s, us_t now, struct stream *out, struct feed *f) {
    if (!queue_replay(&s->queue, now, out, f)) {
        return false;
    }
    pace_follow(s, now);
    fanout_queue(&s->engine->fanout, now, &s->queue);
    s->engine->n.replays++;
    return true;
}

void picture_begin(struct session *s, us_t now, struct stream *out, struct feed *f) {
    if (!affordable(s, now, out, f) || !replay(s, now, out, f)) {
        feed_need_keyframe(f);
    }
}

bool picture_replays(const struct session *s, const struct stream *out, struct feed *f) {
    struct feed *shown = stream_shown(out);
    bool same = shown && layer_of(shown)->flow == layer_of(f)->flow;
    return !shown || !shown->live || (!same && s->engine->c.gop_age);
}

void picture_kept(struct feed *f, us_t now) {
    LIST_EACH(l, &f->subs) {
        struct stream *out = LIST_ENTRY(l, struct sub, link)->stream;
        struct session *s = session_of(out->transport);
        if (stream_shown(out) == f) {
            continue;
        }
        if (picture_replays(s, out, f)) {
            picture_begin(s, now, out, f);
        } else {
            feed_need_keyframe(f);
        }
    }
}

/* The picture on the screen is as good as none: it begins anew. */
static void begin_anew(struct session *s, us_t now, struct stream *out, struct feed *f) {
    (void)stream_show(out, NULL);
    (void)stream_show(out, f);
    picture_begin(s, now, out, f);
}

/* A picture is under way, of what is awaited too: it had not arrived yet when that was said. */
static bool coming(const struct session *s, us_t now, const struct stream *out) {
    const struct feed *f = stream_intent(out);
    us_t away = us_min(s->rtt, AWAY_MAX);
    if (!f || s->engine->c.gop_age == 0) {
        return false;
    }
    bool begins = stream_replays(out) && out->replay.feed == f &&
                  now - out->replay.since < REPLAY_BEGUN + away;
    return begins || (f == stream_shown(out) && f->has_key && now - f->key_at < away);
}

static void renew(struct session *s, us_t now, struct stream *out) {
    struct feed *f = stream_intent(out);
    uint64_t first = 0;
    if (!f || !feed_is_video(f)) {
        return;
    }
    if (f != stream_shown(out)) {
        feed_need_keyframe(f); /* it is awaited, and asked for already */
        return;
    }
    bool again = out->replayed_at > 0 && now - out->replayed_at < REPLAY_AGAIN;
    if (s->engine->c.gop_age == 0 || again || !affordable(s, now, out, f) ||
        !feed_replayable(f, now, &first)) {
        feed_lost_picture(f);
        return;
    }
    begin_anew(s, now, out, f);
}

void picture_lost(struct session *s, us_t now, struct stream *out) {
    if (!coming(s, now, out)) {
        renew(s, now, out);
    }
}

void picture_lost_all(struct session *s, us_t now) {
    for (unsigned i = 0; i < s->n_slots; i++) {
        renew(s, now, &s->slots[i].stream);
    }
}

void picture_give_up(struct session *s, us_t now) {
    if (list_empty(&s->queue.replays)) {
        return; /* nobody is behind: do not look at all of them */
    }
    for (unsigned i = 0; i < s->n_slots; i++) {
        struct stream *out = &s->slots[i].stream;
        struct feed *wanted = stream_intent(out);
        if (!queue_give_up(&s->queue, now, out) || !wanted) {
            continue;
        }
        s->engine->n.given_up++;
        if (!out->replay.behind) { /* else the picture that has begun comes first */
            stream_await(out);
            feed_need_keyframe(wanted);
        }
    }
}
