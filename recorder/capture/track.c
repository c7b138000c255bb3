#include "recorder/capture/track.h"

#include <stdio.h>

#define STEP_DEFAULT (33 * US_PER_MS) /* how long a picture is shown when none follows */
#define STEP_MAX (500 * US_PER_MS)
#define GAP_APART (100 * US_PER_MS) /* gaps that are closer than this are one */

void track_init(struct track *t, const struct track_config *c) {
    *t = (struct track){.id = c->id,
                        .sink = c->sink,
                        .limits = c->limits,
                        .from_zero = c->from_zero,
                        .waiting = c->video != CODEC_NONE,
                        .video_last = -1,
                        .audio_last = -1,
                        .began = -1,
                        .video_step = STEP_DEFAULT,
                        .video = (uint8_t)c->video,
                        .audio = (uint8_t)c->audio};
}

void track_free(struct track *t) {
    segment_free(&t->open);
}

static bool carries(const struct track *t, uint8_t stream) {
    return (stream == STREAM_VIDEO ? t->video : t->audio) != CODEC_NONE;
}

static void hand_on(const struct track *t, struct track_gap *g) {
    if (!g->done) {
        return;
    }
    struct entry_gap e = {
        .track = t->id, .duration = us_max(g->until - g->since, 0), .packets = g->packets};
    snprintf(e.cause, sizeof(e.cause), "%s", g->cause);
    us_t since = g->since;
    *g = (struct track_gap){0};
    t->sink->gap(t->sink->ctx, &e, since);
}

void track_gap_pass(const struct track *t, struct track_gap *g, us_t at) {
    if (g->done && at >= g->until + GAP_APART) {
        hand_on(t, g);
    }
}

static void end_gap(struct track_gap *g, us_t at) {
    if (g->open) {
        g->open = false;
        g->done = true;
        g->until = us_max(at, g->since);
    }
}

void track_gap_go_on(const struct track *t, struct track_gap *g, us_t at) {
    track_gap_pass(t, g, at);
    end_gap(g, at);
}

void track_gap_settle(const struct track *t, struct track_gap *g, us_t at) {
    end_gap(g, at);
    hand_on(t, g);
}

void track_gap_lose(const struct track *t, struct track_gap *g, us_t since,
                    const struct track_loss *l) {
    if (!g->open) {
        track_gap_pass(t, g, since);
        if (!g->done) {
            *g = (struct track_gap){.since = since, .cause = l->cause};
        }
        g->open = true;
        g->done = false;
    }
    g->cause = l->packets ? l->cause : g->cause;
    g->packets = g->packets + l->packets < l->packets ? UINT32_MAX : g->packets + l->packets;
}

void track_gap_between(const struct track *t, struct track_gap *g, us_t until,
                       const struct track_loss *l) {
    track_gap_pass(t, g, l->at);
    bool more = g->open || g->done;
    us_t since = more ? us_min(g->since, l->at) : l->at;
    us_t end = g->done ? us_max(g->until, until) : until;
    bool open = g->open;
    track_gap_lose(t, g, l->at, l);
    g->since = since;
    if (!open) {
        end_gap(g, end);
    }
}

void track_lose(struct track *t, const struct track_loss *l) {
    if (carries(t, l->stream)) {
        us_t written = l->stream == STREAM_AUDIO ? t->audio_end : us_max(t->video_last, 0);
        track_gap_lose(t, &t->gaps[l->stream], us_max(written, l->at), l);
    }
}

void track_settle(struct track *t, enum stream stream, us_t at) {
    track_gap_settle(t, &t->gaps[stream], at);
}

static struct mux_spec spec_of(const struct track *t) {
    struct mux_spec m = t->spec;
    m.init = bytes_of(t->init, t->init_n);
    return m;
}

/* The epoch's pictures are those of this key frame. */
static void settle(struct track *t, const struct media_frame *f) {
    t->settled = true;
    t->spec.video = f->codec;
    t->init_n = (uint16_t)(f->init.n <= sizeof(t->init) ? f->init.n : 0);
    if (t->init_n) {
        memcpy(t->init, f->init.p, t->init_n);
    }
}

/* The first segment is there: the epoch begins with it, and holds what it may yet hold. Without
 * pictures so far these may come only if the header needs nothing of them. False: it could not be
 * noted, and everything stays open. */
static bool tell_epoch(struct track *t) {
    const struct segment *s = &t->open;
    if (!t->settled) {
        t->spec.video = container_needs_init((enum codec)t->video) ? CODEC_NONE : t->video;
    }
    t->spec.audio = t->audio;
    t->spec.origin = t->from_zero && t->epoch == 0 ? 0 : s->start;
    struct entry_epoch e = {.track = t->id,
                            .number = t->epoch,
                            .video = t->spec.video,
                            .audio = t->spec.audio,
                            .width = s->width,
                            .height = s->height,
                            .start = t->spec.origin,
                            .init_len = t->init_n};
    _Static_assert(sizeof(t->init) <= sizeof(e.init), "an epoch entry holds every record");
    memcpy(e.init, t->init, t->init_n);
    t->told = t->sink->epoch(t->sink->ctx, &e);
    t->settled = t->settled || t->told;
    return t->told;
}

static void describe(const struct track *t, const struct mux_keys *keys, size_t bytes,
                     struct entry_segment *ret) {
    const struct segment *s = &t->open;
    *ret = (struct entry_segment){.track = t->id,
                                  .epoch = t->epoch,
                                  .number = t->next_number,
                                  .start = s->start - t->spec.origin,
                                  .duration = us_max(s->end, s->start) - s->start,
                                  .width = s->width,
                                  .height = s->height,
                                  .first_is_key = s->frames[0].key,
                                  .sound = s->audio ? SEGMENT_SOUND_SOME : SEGMENT_SOUND_NONE,
                                  .bytes = bytes};
    _Static_assert(MUX_KEYS_MAX <= SEGMENT_KEYS_MAX, "an entry holds every key frame listed");
    for (size_t i = 0; i < keys->n; i++) {
        ret->keys[ret->n_keys++] = (struct segment_key){keys->at[i].at_ms, keys->at[i].offset};
    }
}

/* The open segment is missing as a whole. */
static void lose_segment(const struct track *t, const char *cause) {
    const struct segment *s = &t->open;
    struct entry_gap e = {.track = t->id, .duration = us_max(s->end - s->start, 0)};
    snprintf(e.cause, sizeof(e.cause), "%s", cause);
    t->sink->gap(t->sink->ctx, &e, s->start);
}

/* Hand on the open segment, which is sorted. False: it is missing, which is noted. */
static bool hand_on_segment(struct track *t) {
    struct buffer media = {0};
    struct entry_segment e;
    struct mux_keys keys;
    if (!t->told && !tell_epoch(t)) {
        lose_segment(t, "store");
        return false;
    }
    struct mux_spec m = spec_of(t);
    enum err error = mux_segment(&m, &t->open, &media, &keys);
    bool taken = error == OK;
    if (taken) {
        describe(t, &keys, media.n, &e);
        taken = t->sink->segment(t->sink->ctx, &e, &media);
    } else {
        lose_segment(t, error == ERR_NOMEM ? "store" : "format");
    }
    buffer_free(&media);
    return taken;
}

/* Close the open segment; its last picture is shown until then. */
static void close_segment(struct track *t, us_t until) {
    hand_on(t, &t->gaps[STREAM_VIDEO]);
    hand_on(t, &t->gaps[STREAM_AUDIO]);
    if (t->open.n == 0) {
        return;
    }
    if (t->open.video) {
        segment_last_until(&t->open, STREAM_VIDEO, until);
    }
    segment_sort(&t->open);
    if (hand_on_segment(t)) {
        t->next_number++;
    } else {
        t->skipped += t->open.n;
        t->waiting = t->video != CODEC_NONE;
    }
    segment_clear(&t->open);
}

void track_close(struct track *t) {
    close_segment(t, t->video_last + t->video_step);
}

/* A key frame: does it belong to the epoch? */
static bool belongs(const struct track *t, const struct media_frame *f) {
    return !t->settled || (f->codec == t->spec.video &&
                           container_carries((enum codec)f->codec, spec_of(t).init, f->init));
}

/* The next epoch, which begins with this key frame; the last picture is shown until then. */
static void next_epoch(struct track *t, const struct media_frame *key) {
    close_segment(t, key->t);
    t->paid = us_max(t->paid, key->t) + t->limits.min;
    /* Nothing may have been written in this one: then it still waits for what comes. */
    t->epoch += t->told;
    t->next_number = 0;
    t->told = t->settled = t->loose = false;
    t->init_n = 0;
    t->began = -1;
}

/* NULL: the next epoch may begin with this key frame; else why not. */
static const char *too_many(const struct track *t, const struct media_frame *key) {
    if (t->began < 0) {
        return NULL; /* nothing is in this one */
    }
    if (t->epoch + 1 >= TRACK_EPOCHS_MAX) {
        return "limit";
    }
    us_t lent = (TRACK_EPOCHS_AT_ONCE - 1) * t->limits.min;
    return t->paid - key->t > lent ? "keyframe" : NULL;
}

static bool refuse(struct track *t, const char *cause) {
    t->skipped++;
    t->refused = cause;
    return false;
}

/* A picture of what refers to those before it, without one of them. */
static bool refuse_picture(struct track *t, const char *cause) {
    t->waiting = true;
    return refuse(t, cause);
}

/* Where the frame goes. False: it cannot be in the track. */
static bool fit(struct track *t, struct media_frame *f) {
    if (f->stream == STREAM_AUDIO) {
        /* Half a packet of overlap is the jitter of a clock being corrected, more is another
         * source or another clock. */
        if (f->t <= t->audio_last || f->t + f->duration / 2 < t->audio_end) {
            return refuse(t, "clock");
        }
        return true;
    }
    if (!f->key && (t->waiting || f->codec != t->spec.video)) {
        return refuse(t, "keyframe");
    }
    if (f->t <= t->video_last) {
        f->t = t->video_last + US_PER_MS;
    }
    return true;
}

static void advance(struct track *t, const struct media_frame *f) {
    track_gap_go_on(t, &t->gaps[f->stream], f->t);
    if (f->stream == STREAM_AUDIO) {
        t->audio_last = f->t;
        t->audio_end = f->t + f->duration;
        return;
    }
    us_t step = f->t - t->video_last;
    t->video_step = t->video_last >= 0 && step < STEP_MAX ? step : STEP_DEFAULT;
    t->video_last = f->t;
    t->waiting = false;
}

/* A key frame finds or makes its epoch. False: it may not. */
static bool place_key(struct track *t, const struct media_frame *f) {
    bool other = !belongs(t, f);
    const char *cause = other ? too_many(t, f) : NULL;
    if (cause) {
        return refuse_picture(t, cause);
    }
    t->video = f->codec;
    if (other) {
        next_epoch(t, f);
    }
    if (!t->settled) {
        settle(t, f);
    }
    return true;
}

/* Once a key frame had other parameter sets than the header, all those that follow have their own
 * before them, for a decoder keeps the last. */
static enum err add(struct track *t, const struct media_frame *f) {
    struct media_frame with = *f;
    struct buffer b = {0};
    t->loose =
        t->loose || (f->key && f->codec == CODEC_H264 && !bytes_eq(f->init, spec_of(t).init));
    if (!t->loose || !f->key || f->stream != STREAM_VIDEO) {
        return segment_add(&t->open, f);
    }
    container_put_sets(f->init, &b);
    buffer_put(&b, f->data.p, f->data.n);
    with.data = bytes_of(b.p, b.n);
    enum err e = b.bad ? ERR_NOMEM : segment_add(&t->open, &with);
    buffer_free(&b);
    return e;
}

bool track_frame(struct track *t, us_t now, const struct media_frame *frame) {
    struct media_frame f = *frame;
    bool video = f.stream == STREAM_VIDEO;
    if (!carries(t, f.stream)) {
        return refuse(t, "format");
    }
    if (!fit(t, &f) || (video && f.key && !place_key(t, &f))) {
        return false;
    }
    if (segment_cut(&t->open, &f, &t->limits)) {
        /* The last picture is shown until this frame comes. */
        close_segment(t, video ? f.t : t->video_last + t->video_step);
        if (t->waiting && video && !f.key) {
            return refuse(t, "keyframe");
        }
    }
    if (t->told && f.t < t->spec.origin) { /* no file has negative times */
        return video ? refuse_picture(t, "late") : refuse(t, "late");
    }
    if (t->open.n == 0) {
        t->opened = now;
    }
    if (add(t, &f) != OK) {
        t->waiting = t->video != CODEC_NONE;
        return refuse(t, "store");
    }
    t->began = t->began < 0 ? f.t : t->began;
    advance(t, &f);
    return true;
}

us_t track_deadline(const struct track *t) {
    return t->open.n ? t->opened + t->limits.max : US_NEVER;
}

void track_timeout(struct track *t, us_t now) {
    if (track_deadline(t) <= now) {
        track_close(t);
    }
}
