#include "recorder/capture/recording.h"

#include "base/alloc.h"

#include <stdio.h>

#define STOP_WAIT US_PER_S /* for the last taps of sources that were on */

static bool on_epoch(void *ctx, const struct entry_epoch *e) {
    struct recording *r = ctx;
    struct entry x = {.type = ENTRY_EPOCH};
    x.u.epoch = *e;
    return recording_note(r, &x, e->start);
}

static void on_gap(void *ctx, const struct entry_gap *g, us_t at) {
    recording_note_gap(ctx, g, at);
}

/* Recording time of time 0 of the track's epoch. */
static us_t origin_of(const struct recording *r, const struct id *track) {
    if (id_eq(track, &ID_PROGRAMME)) {
        return r->programme.track.spec.origin;
    }
    LIST_EACH(l, &r->sources) {
        const struct rec_source *s = LIST_ENTRY(l, struct rec_source, in_recording);
        if (s->tracked && id_eq(&s->track.id, track)) {
            return s->track.spec.origin;
        }
    }
    return 0;
}

static bool on_segment(void *ctx, const struct entry_segment *e, struct buffer *media) {
    struct recording *r = ctx;
    return recording_segment(r, e, origin_of(r, &e->track) + e->start, media);
}

static void note_programme(struct recording *r) {
    struct entry e = {.type = ENTRY_TRACK};
    e.u.track = (struct entry_track){.track = ID_PROGRAMME, .codec = r->programme.track.video};
    recording_note(r, &e, 0);
}

struct recording *recording_new(struct recorder_core *core, us_t now, wall_t wall,
                                const struct recorder_order *o) {
    struct recording *r = mem_zalloc(1, sizeof(*r));
    if (!r) {
        return NULL;
    }
    r->core = core;
    r->tour = o->tour;
    r->start = *o;
    r->now = r->zero = now;
    r->wall = wall;
    r->handle = ++core->handles;
    r->stopped = r->people_next = US_NEVER;
    list_init(&r->sources);
    list_init(&r->people);
    r->sink = (struct track_sink){r, on_epoch, on_segment, on_gap};
    programme_init(&r->programme,
                   &(struct programme_config){
                       .video = o->codec ? (enum codec)o->codec : CODEC_VP8,
                       .limits = {core->c.segment_min, core->c.segment_max},
                       .sound = {core->c.reorder_wait, core->c.mix_bitrate, core->c.mix_voices},
                       .zero = now},
                   &r->sink);
    if (!recording_begin(r)) {
        return recording_free(r);
    }
    note_programme(r);
    return r;
}

static void drop_sources(struct recording *r) {
    LIST_EACH(l, &r->sources) {
        rec_source_remove(r, LIST_ENTRY(l, struct rec_source, in_recording));
    }
}

struct recording *recording_free(struct recording *r) {
    if (!r) {
        return NULL;
    }
    drop_sources(r);
    programme_free(&r->programme);
    LIST_EACH(l, &r->people) {
        struct recording_person *p = LIST_ENTRY(l, struct recording_person, in_recording);
        mem_free(p->held);
        mem_free(p);
    }
    r->core->waiting -= r->waiting;
    r->core->lines -= r->lines;
    recording_said_drop(r);
    write_job_free(r->end);
    return mem_free(r);
}

void recording_order(struct recording *r, us_t now, const struct recorder_order *o) {
    r->now = now;
    if (o->type == ORDER_MUTE) {
        recording_note_mute(r, o);
    } else if (o->type == ORDER_PAUSE) {
        recording_note_pause(r, o);
    } else if (o->type == ORDER_SAID) {
        recording_note_said(r, o);
    } else {
        recording_note_person(r, o);
    }
}

/* RTP makes a source, too: the message that said that it began may be lost. */
static struct rec_source *source_of(struct recording *r, const struct tap *t) {
    bool begins = t->type == TAP_SOURCE_ON || t->type == TAP_RTP;
    if (!begins) {
        return rec_source_find(r, t->source);
    }
    struct rec_source *s = rec_source_of(r, t);
    if (s) {
        rec_source_resume(r, s, t);
    } else {
        recording_note_refused(r);
    }
    return s;
}

static void on_source(struct recording *r, const struct tap *t) {
    struct rec_source *s = source_of(r, t);
    if (!s) {
        packet_unref(t->packet);
        return;
    }
    switch (t->type) {
    case TAP_RTP:
    case TAP_SKIP:
        rec_source_rtp(r, s, t);
        break;
    case TAP_SR:
        rec_source_sr(r, s, t);
        break;
    case TAP_SOURCE_OFF:
        rec_source_pause(r, s, t);
        break;
    default:
        break;
    }
}

/* Every source said so. Where none was seen yet, the first may be on its way. */
static bool all_off(const struct recording *r) {
    LIST_EACH(l, &r->sources) {
        if (!LIST_ENTRY(l, struct rec_source, in_recording)->paused) {
            return false;
        }
    }
    return r->n_sources > 0;
}

static void end_if_off(struct recording *r) {
    if (r->stopped != US_NEVER && !r->ending && all_off(r)) {
        recording_end(r, r->now);
    }
}

void recording_tap(struct recording *r, us_t now, const struct tap *t) {
    r->now = now;
    if (t->dropped) {
        recording_note_dropped(r, t);
    }
    if (t->type == TAP_STAGE) {
        programme_stage(&r->programme, t->source, recording_time(r, t->now));
        recording_note_switch(r, t);
    } else if (t->type == TAP_VOICE) {
        if (t->source != r->programme.voice) {
            recording_note_switch(r, t);
        }
        programme_voice(&r->programme, t->source);
    } else {
        on_source(r, t);
    }
    programme_clock(&r->programme, now, recording_time(r, t->now));
    r->core->n.mix_lost += programme_lost(&r->programme);
    end_if_off(r);
}

us_t recording_deadline(const struct recording *r) {
    us_t at = US_NEVER;
    if (r->ending) {
        return at;
    }
    at = us_min(at, programme_deadline(&r->programme));
    at = us_min(at, recording_notes_deadline(r));
    at = r->stopped != US_NEVER ? us_min(at, r->stopped + STOP_WAIT) : at;
    LIST_EACH(l, &r->sources) {
        const struct rec_source *s = LIST_ENTRY(l, struct rec_source, in_recording);
        at = us_min(at, reorder_deadline(&s->reorder));
        at = s->tracked ? us_min(at, track_deadline(&s->track)) : at;
    }
    return at;
}

void recording_timeout(struct recording *r, us_t now) {
    r->now = now;
    if (r->ending) {
        return;
    }
    LIST_EACH(l, &r->sources) {
        struct rec_source *s = LIST_ENTRY(l, struct rec_source, in_recording);
        rec_source_timeout(r, s, now);
    }
    programme_timeout(&r->programme, now);
    recording_notes_flush(r, false);
    if (r->stopped != US_NEVER && now >= r->stopped + STOP_WAIT) {
        recording_end(r, now);
    }
}

void recording_stop(struct recording *r, us_t now) {
    r->now = now;
    r->stopped = us_min(r->stopped, now);
    end_if_off(r);
}

void recording_end(struct recording *r, us_t now) {
    if (r->ending) {
        return;
    }
    r->now = now;
    r->stopped = us_min(r->stopped, now);
    us_t at = recording_time(r, r->stopped);
    LIST_EACH(l, &r->sources) {
        struct rec_source *s = LIST_ENTRY(l, struct rec_source, in_recording);
        rec_source_drain(r, s, US_NEVER);
        rec_source_settle(s, at);
    }
    programme_end(&r->programme, now, at);
    r->core->n.mix_lost += programme_lost(&r->programme);
    drop_sources(r);
    recording_notes_flush(r, true);
    r->ending = true;
    recording_hand_on_end(r);
}
