/* What a recording hands on: lines of its journal and segments, as jobs for the writer, and events
 * for the rest of the server. */
#include "recorder/capture/recording.h"

#include <stdio.h>

us_t recording_time(const struct recording *r, us_t now) {
    return us_max(now - r->zero, 0);
}

static void hand_on(struct recording *r, struct write_job *j) {
    j->recording = r->handle;
    j->unnoted = r->unnoted;
    r->unnoted = 0;
    list_push(&r->core->jobs, &j->link);
}

bool recording_begin(struct recording *r) {
    struct write_job *j = mem_zalloc(1, sizeof(*j));
    r->end = mem_zalloc(1, sizeof(*r->end));
    if (!j || !r->end) {
        mem_free(j);
        return false;
    }
    struct entry_start *s = &j->entry.u.start;
    j->type = JOB_BEGIN;
    j->zero = r->zero;
    j->entry.type = ENTRY_START;
    s->wall = r->wall;
    snprintf(s->tour, sizeof(s->tour), "%s", r->start.tour_name);
    snprintf(s->title, sizeof(s->title), "%s", r->start.title);
    hand_on(r, j);
    return true;
}

void recording_hand_on_end(struct recording *r) {
    struct write_job *j = r->end;
    r->end = NULL;
    j->type = JOB_END;
    j->t = recording_time(r, r->stopped);
    hand_on(r, j);
}

/* Lines that wait are bounded as segments are, and half of the room is for those that media depend
 * on: who makes many of the others must not take their place. */
static bool room_for_line(const struct recording *r, enum entry_type type) {
    size_t left = RECORDER_LINES_MAX - r->core->lines;
    return r->lines < (entry_is_needed(type) ? left : left / 2);
}

bool recording_note(struct recording *r, struct entry *e, us_t t) {
    struct write_job *j =
        room_for_line(r, (enum entry_type)e->type) ? mem_zalloc(1, sizeof(*j)) : NULL;
    e->t = t;
    if (!j) {
        r->unnoted += r->unnoted < UINT32_MAX;
        return false;
    }
    j->type = JOB_ENTRY;
    j->entry = *e;
    r->lines++;
    r->core->lines++;
    hand_on(r, j);
    return true;
}

void recording_note_gap(struct recording *r, const struct entry_gap *g, us_t t) {
    struct entry e = {.type = ENTRY_GAP};
    e.u.gap = *g;
    r->core->n.gaps++;
    (void)recording_note(r, &e, t);
}

/* Memory for what is not stored yet is bounded, and a recording has at most as much of it as it
 * leaves free: then the newest goes, for the older ones have their numbers already. */
bool recording_segment(struct recording *r, const struct entry_segment *e, us_t start,
                       struct buffer *media) {
    size_t n = write_job_cost(media->n);
    bool room = r->waiting + n <= RECORDER_MEDIA_MAX - r->core->waiting;
    struct write_job *j = room ? mem_zalloc(1, sizeof(*j)) : NULL;
    if (!j) {
        recording_note_gap(
            r, &(struct entry_gap){.track = e->track, .duration = e->duration, .cause = "store"},
            start);
        return false;
    }
    j->type = JOB_SEGMENT;
    j->t = start + e->duration;
    j->entry.type = ENTRY_SEGMENT;
    j->entry.u.segment = *e;
    j->media = *media;
    *media = (struct buffer){0};
    r->waiting += n;
    r->core->waiting += n;
    hand_on(r, j);
    return true;
}

static void release(struct recording *r, size_t media, size_t lines) {
    r->waiting -= media;
    r->core->waiting -= media;
    r->lines -= lines;
    r->core->lines -= lines;
}

/* It is over. One that the writer refused is no recording that was stopped: the alarm stays until
 * somebody orders the end. */
static void finish(struct recording *r, const struct write_report *p) {
    bool refused = p->error != OK;
    r->failing = r->failing || refused;
    r->error = refused ? p->error : r->error;
    r->say_state = r->say_state || refused;
    r->say_stopped = !refused || r->stopped != US_NEVER;
}

void recording_report(struct recording *r, const struct write_report *p) {
    switch ((enum write_report_type)p->type) {
    case REPORT_BEGUN:
        r->id = p->id;
        r->say_started = true;
        break;
    case REPORT_DONE:
        release(r, p->media, p->lines);
        break;
    case REPORT_FAILING:
    case REPORT_RECOVERED:
        r->failing = p->type == REPORT_FAILING;
        r->error = p->error;
        r->say_state = true;
        break;
    case REPORT_ENDED:
        r->ending = r->ended = true;
        finish(r, p);
        release(r, r->waiting, r->lines);
        break;
    default:
        break;
    }
}

/* A state that changed back before anybody asked is not told. */
bool recording_event(struct recording *r, struct recorder_event *ret) {
    *ret = (struct recorder_event){.tour = r->tour, .superseded = r->superseded};
    if (!id_eq(&r->id, &ID_NONE)) {
        id_text(&r->id, ret->recording);
    }
    if (r->say_started) {
        r->say_started = false;
        ret->type = RECORDER_STARTED;
    } else if (r->say_state) {
        r->say_state = false;
        ret->type = r->failing ? RECORDER_FAILING : RECORDER_RECOVERED;
        ret->error = r->failing ? r->error : (uint8_t)OK;
    } else if (r->say_stopped) {
        r->say_stopped = false;
        ret->type = RECORDER_STOPPED;
    } else {
        return false;
    }
    return true;
}
