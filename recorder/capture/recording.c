#include "recorder/capture/recording.h"

#include "base/alloc.h"

#include <stdio.h>

#define RETRY_FIRST (250 * US_PER_MS)
#define RETRY_MAX (5 * US_PER_S)
#define STOP_WAIT US_PER_S /* for the last taps of sources that were on */

/* Writing failed: raise the alarm once, and try again later and later. */
static void fail(struct recording *r, enum err error) {
    r->core->n.store_errors++;
    r->retry_step = r->retry_step ? us_min(2 * r->retry_step, RETRY_MAX) : RETRY_FIRST;
    r->retry_at = r->now + r->retry_step;
    if (r->failing) {
        return;
    }
    r->failing = true;
    r->failing_since = r->now;
    recording_tell(r, RECORDER_FAILING, error);
    struct entry e = {.type = ENTRY_FAILING};
    e.u.failing =
        (struct entry_failing){.error = (uint8_t)error, .since = recording_time(r, r->now)};
    recording_note(r, &e, recording_time(r, r->now));
}

static void succeed(struct recording *r) {
    r->retry_at = US_NEVER;
    r->retry_step = 0;
    r->flush_at = US_NEVER;
    if (r->failing) {
        r->failing = false;
        recording_tell(r, RECORDER_RECOVERED, OK);
    }
}

static void on_epoch(void *ctx, const struct entry_epoch *e) {
    struct recording *r = ctx;
    struct entry x = {.type = ENTRY_EPOCH};
    x.u.epoch = *e;
    recording_note(r, &x, e->start);
}

static void on_gap(void *ctx, const struct entry_gap *g, us_t at) {
    struct recording *r = ctx;
    struct entry e = {.type = ENTRY_GAP};
    e.u.gap = *g;
    r->core->n.gaps++;
    recording_note(r, &e, at);
}

static us_t origin_of(const struct recording *r, const struct id *track) {
    LIST_EACH(l, &r->sources) {
        const struct rec_source *s = LIST_ENTRY(l, struct rec_source, in_recording);
        if (s->tracked && id_eq(&s->track.id, track)) {
            return s->track.spec.origin;
        }
    }
    return 0;
}

/* Memory for what cannot be stored is bounded, and a recording has at most as much of it as it
 * leaves free: then the newest goes, for the older ones have their numbers already. */
static bool on_segment(void *ctx, const struct entry_segment *e, struct buffer *media) {
    struct recording *r = ctx;
    us_t start = origin_of(r, &e->track) + e->start;
    size_t n = media->n;
    if (r->spool.bytes + n <= SPOOL_MAX - r->core->spooled &&
        spool_push(&r->spool, start + e->duration, e, media) == OK) {
        r->core->spooled += n;
        return true;
    }
    struct entry gap = {.type = ENTRY_GAP};
    gap.u.gap = (struct entry_gap){.track = e->track, .duration = e->duration};
    snprintf(gap.u.gap.cause, sizeof(gap.u.gap.cause), "store");
    r->core->n.gaps++;
    recording_note(r, &gap, start);
    return false;
}

/* The lines that wait, and how many found no place among them. */
static enum err flush(struct recording *r) {
    enum err e = ledger_flush(r->ledger);
    if (e != OK || r->unnoted == 0) {
        return e;
    }
    struct entry gap = {.type = ENTRY_GAP};
    gap.u.gap = (struct entry_gap){.track = ID_NONE, .packets = r->unnoted};
    snprintf(gap.u.gap.cause, sizeof(gap.u.gap.cause), "journal");
    r->unnoted = 0;
    r->core->n.gaps++;
    recording_note(r, &gap, recording_time(r, r->now));
    return ledger_flush(r->ledger);
}

/* Store what waits. Every segment is on disk, and its journal line after it, when this is done. */
static void store_waiting(struct recording *r) {
    enum err e = OK;
    while (e == OK && !spool_empty(&r->spool)) {
        size_t n = 0;
        e = spool_store(&r->spool, r->ledger, &n);
        if (e == OK) {
            r->core->spooled -= n;
            r->core->n.segments++;
            r->core->n.bytes_sealed += n;
        }
    }
    e = e == OK ? flush(r) : e;
    if (e == OK && r->ending) {
        e = ledger_end(r->ledger, recording_time(r, r->stopped));
        r->ended = e == OK;
    }
    if (e != OK) {
        fail(r, e);
    } else {
        succeed(r);
    }
    if (r->ended) {
        recording_tell(r, RECORDER_STOPPED, OK);
    }
}

static void store_if_due(struct recording *r) {
    bool retry = r->retry_at != US_NEVER;
    bool due = retry ? r->now >= r->retry_at : !spool_empty(&r->spool) || r->now >= r->flush_at;
    if (r->ledger && !r->ended && (due || (r->ending && !retry))) {
        store_waiting(r);
    }
}

static void note_programme(struct recording *r) {
    struct entry e = {.type = ENTRY_TRACK};
    e.u.track = (struct entry_track){.track = ID_PROGRAMME, .codec = CODEC_VP8};
    recording_note(r, &e, 0);
}

static void forget_early(struct recording *r) {
    LIST_EACH(l, &r->early) {
        mem_free(LIST_ENTRY(l, struct recording_order, in_early));
    }
    list_init(&r->early);
}

/* What was sent before the recording could be opened is not in it. */
static void note_late_open(struct recording *r) {
    struct entry e = {.type = ENTRY_GAP};
    if (r->now == r->zero) {
        return;
    }
    e.u.gap = (struct entry_gap){.track = ID_PROGRAMME, .duration = recording_time(r, r->now)};
    snprintf(e.u.gap.cause, sizeof(e.u.gap.cause), "store");
    r->core->n.gaps++;
    recording_note(r, &e, 0);
}

static void open_ledger(struct recording *r) {
    struct entry_start s = {.wall = r->wall};
    snprintf(s.tour, sizeof(s.tour), "%s", r->start.tour_name);
    snprintf(s.title, sizeof(s.title), "%s", r->start.title);
    enum err e = ledger_begin(r->core->archive, &s, &r->opening);
    if (e != OK) {
        fail(r, e);
        return;
    }
    r->ledger = r->opening;
    r->opening = NULL;
    succeed(r);
    note_late_open(r);
    recording_tell(r, RECORDER_STARTED, OK);
    note_programme(r);
    LIST_EACH(l, &r->sources) {
        rec_source_note(r, LIST_ENTRY(l, struct rec_source, in_recording));
    }
    LIST_EACH(l, &r->early) {
        recording_note_person(r, &LIST_ENTRY(l, struct recording_order, in_early)->order);
    }
    forget_early(r);
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
    r->retry_at = r->flush_at = r->stopped = r->people_next = US_NEVER;
    list_init(&r->sources);
    list_init(&r->people);
    list_init(&r->early);
    spool_init(&r->spool);
    r->sink = (struct track_sink){r, on_epoch, on_segment, on_gap};
    programme_init(&r->programme,
                   &(struct segment_limits){core->c.segment_min, core->c.segment_max}, &r->sink);
    open_ledger(r);
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
    track_free(&r->programme.track);
    LIST_EACH(l, &r->people) {
        struct recording_person *p = LIST_ENTRY(l, struct recording_person, in_recording);
        mem_free(p->held);
        mem_free(p);
    }
    forget_early(r);
    r->core->spooled -= r->spool.bytes;
    spool_free(&r->spool);
    ledger_free(r->ledger);
    ledger_free(r->opening);
    return mem_free(r);
}

/* The order about this person that waits already, or a place for one; NULL: there is none. */
static struct recording_order *early_place(struct recording *r, const struct recorder_order *o) {
    LIST_EACH(l, &r->early) {
        struct recording_order *x = LIST_ENTRY(l, struct recording_order, in_early);
        if (o->type == ORDER_PARTICIPANT && x->order.type == ORDER_PARTICIPANT &&
            x->order.participant == o->participant) {
            return x;
        }
    }
    struct recording_order *x =
        r->n_early < RECORDING_PEOPLE_MAX ? mem_zalloc(1, sizeof(*x)) : NULL;
    if (x) {
        r->n_early++;
        list_push(&r->early, &x->in_early);
    }
    return x;
}

void recording_order(struct recording *r, us_t now, const struct recorder_order *o) {
    r->now = now;
    if (r->ledger) {
        recording_note_person(r, o);
        return;
    }
    struct recording_order *early = early_place(r, o);
    if (early) {
        early->order = *o;
    } else {
        r->core->n.store_errors++;
        r->unnoted += r->unnoted < UINT32_MAX;
    }
}

/* RTP makes a source, too: the message that said that it began may be lost. */
static struct rec_source *source_of(struct recording *r, const struct tap *t) {
    bool begins = t->type == TAP_SOURCE_ON || (t->type == TAP_RTP && r->ledger);
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
    if (!s || (t->type == TAP_RTP && !r->ledger)) {
        packet_unref(t->packet);
        return;
    }
    switch (t->type) {
    case TAP_RTP:
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
        end_if_off(r);
    }
    store_if_due(r);
}

us_t recording_deadline(const struct recording *r) {
    us_t at = r->retry_at;
    if (!r->ledger || r->ended) {
        return r->ended ? US_NEVER : at;
    }
    if (at == US_NEVER) {
        at = spool_empty(&r->spool) ? r->flush_at : r->now;
    }
    at = us_min(at, track_deadline(&r->programme.track));
    at = us_min(at, recording_notes_deadline(r));
    at = r->stopped != US_NEVER && !r->ending ? us_min(at, r->stopped + STOP_WAIT) : at;
    LIST_EACH(l, &r->sources) {
        const struct rec_source *s = LIST_ENTRY(l, struct rec_source, in_recording);
        at = us_min(at, reorder_deadline(&s->reorder));
        at = s->tracked ? us_min(at, track_deadline(&s->track)) : at;
    }
    return at;
}

void recording_timeout(struct recording *r, us_t now) {
    r->now = now;
    if (!r->ledger) {
        if (!r->ending && now >= r->retry_at) {
            open_ledger(r);
        }
        return;
    }
    LIST_EACH(l, &r->sources) {
        struct rec_source *s = LIST_ENTRY(l, struct rec_source, in_recording);
        rec_source_timeout(r, s, now);
    }
    track_timeout(&r->programme.track, now);
    recording_notes_flush(r, false);
    if (r->stopped != US_NEVER && !r->ending && now >= r->stopped + STOP_WAIT) {
        recording_end(r, now);
    }
    store_if_due(r);
}

void recording_stop(struct recording *r, us_t now) {
    r->now = now;
    r->stopped = us_min(r->stopped, now);
    if (!r->ledger) {
        recording_end(r, now);
    }
    end_if_off(r);
}

void recording_end(struct recording *r, us_t now) {
    r->now = now;
    r->stopped = us_min(r->stopped, now);
    us_t at = recording_time(r, r->stopped);
    LIST_EACH(l, &r->sources) {
        struct rec_source *s = LIST_ENTRY(l, struct rec_source, in_recording);
        rec_source_drain(r, s, US_NEVER);
        rec_source_settle(s, at);
    }
    track_settle(&r->programme.track, STREAM_VIDEO, at);
    track_settle(&r->programme.track, STREAM_AUDIO, at);
    drop_sources(r);
    track_close(&r->programme.track);
    recording_notes_flush(r, true);
    r->ending = true;
    if (!r->ledger) {
        /* It never began: there is nothing to end. */
        r->ended = true;
        recording_tell(r, RECORDER_STOPPED, OK);
        return;
    }
    store_waiting(r);
}
