#include "recorder/capture/track.h"

#include "recorder/container/webm_parse.h"

#include <stdio.h>

#define STEP_DEFAULT (33 * US_PER_MS) /* how long a picture is shown when none follows */
#define STEP_MAX (500 * US_PER_MS)
#define GAP_APART (100 * US_PER_MS) /* gaps that are closer than this are one */

void track_init(struct track *t, const struct track_config *c) {
    *t = (struct track){.id = c->id,
                        .sink = c->sink,
                        .limits = c->limits,
                        .from_zero = c->from_zero,
                        .waiting = c->video,
                        .video_last = -1,
                        .audio_last = -1,
                        .video_step = STEP_DEFAULT,
                        .spec = {.video = c->video, .audio = c->audio}};
}

void track_free(struct track *t) {
    segment_free(&t->open);
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

void track_lose(struct track *t, const struct track_loss *l) {
    if (l->stream == STREAM_VIDEO ? t->spec.video : t->spec.audio) {
        us_t written = l->stream == STREAM_AUDIO ? t->audio_end : us_max(t->video_last, 0);
        track_gap_lose(t, &t->gaps[l->stream], us_max(written, l->at), l);
    }
}

void track_settle(struct track *t, enum stream stream, us_t at) {
    track_gap_settle(t, &t->gaps[stream], at);
}

static void begin_epoch(struct track *t, const struct media_frame *f) {
    t->begun = true;
    t->spec.origin = t->from_zero ? 0 : f->t;
    struct entry_epoch e = {.track = t->id,
                            .video = t->spec.video ? CODEC_VP8 : CODEC_NONE,
                            .audio = t->spec.audio ? CODEC_OPUS : CODEC_NONE,
                            .width = f->width,
                            .height = f->height,
                            .start = t->spec.origin};
    t->sink->epoch(t->sink->ctx, &e);
}

struct key_search {
    struct entry_segment *e;
    int64_t start_ms;
    unsigned video;
};

static enum err note_key(void *ctx, const struct webm_block *b) {
    struct key_search *k = ctx;
    if (b->track == k->video && b->key && k->e->n_keys < SEGMENT_KEYS_MAX) {
        k->e->keys[k->e->n_keys++] = (struct segment_key){.at_ms = (uint32_t)(b->ms - k->start_ms),
                                                          .offset = (uint32_t)b->cluster};
    }
    return OK;
}

static enum err describe(struct track *t, struct bytes media, struct entry_segment *ret) {
    const struct segment *s = &t->open;
    us_t origin = t->spec.origin;
    *ret = (struct entry_segment){.track = t->id,
                                  .number = t->next_number,
                                  .start = s->start - origin,
                                  .duration = us_max(s->end, s->start) - s->start,
                                  .width = s->width,
                                  .height = s->height,
                                  .first_is_key = s->frames[0].key,
                                  .bytes = media.n};
    struct key_search k = {ret, (s->start - origin) / US_PER_MS, 1};
    return t->spec.video ? webm_blocks(media, note_key, &k) : OK;
}

void track_close(struct track *t) {
    struct buffer media = {0};
    struct entry_segment e;
    hand_on(t, &t->gaps[STREAM_VIDEO]);
    hand_on(t, &t->gaps[STREAM_AUDIO]);
    if (t->open.n == 0) {
        return;
    }
    if (t->open.video) {
        t->open.end = us_max(t->open.end, t->video_last + t->video_step);
    }
    segment_sort(&t->open);
    bool taken = mux_clusters(&t->spec, &t->open, &media) == OK &&
                 describe(t, bytes_of(media.p, media.n), &e) == OK &&
                 t->sink->segment(t->sink->ctx, &e, &media);
    if (taken) {
        t->next_number++;
    } else {
        t->skipped += t->open.n;
        t->waiting = t->spec.video;
    }
    buffer_free(&media);
    segment_clear(&t->open);
}

/* False: this frame cannot be in the track. */
static bool fit(struct track *t, struct media_frame *f) {
    if (f->stream == STREAM_AUDIO) {
        /* Half a packet of overlap is the jitter of a clock being corrected, more is another
         * source or another clock. */
        if (f->t <= t->audio_last || f->t + f->duration / 2 < t->audio_end) {
            return false;
        }
        return true;
    }
    if (t->waiting && !f->key) {
        return false;
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

bool track_frame(struct track *t, us_t now, const struct media_frame *frame) {
    struct media_frame f = *frame;
    bool video = f.stream == STREAM_VIDEO;
    if (!(video ? t->spec.video : t->spec.audio) || !fit(t, &f)) {
        t->skipped++;
        return false;
    }
    if (segment_cut(&t->open, &f, &t->limits)) {
        /* The last picture is shown until this frame comes. */
        t->open.end = us_max(t->open.end, video ? f.t : t->open.end);
        track_close(t);
        if (t->waiting && video && !f.key) {
            t->skipped++;
            return false;
        }
    }
    if (!t->begun) {
        begin_epoch(t, &f);
    }
    if (t->open.n == 0) {
        t->opened = now;
    }
    if (segment_add(&t->open, &f) != OK) {
        t->skipped++;
        t->waiting = t->spec.video;
        return false;
    }
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
