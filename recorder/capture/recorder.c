#include "recorder/capture/recorder.h"

#include "base/alloc.h"
#include "base/owner.h"
#include "recorder/capture/recording.h"

#define RECORDINGS_MAX 1024 /* at once; a start beyond it fails */
#define OTHER_EVENTS 1024   /* undrained events of no recording; of more the oldest go */

struct recorder {
    struct owner owner; /* the recorder thread */
    struct recorder_core core;
    struct link recordings;
    struct recorder_event others[OTHER_EVENTS]; /* of no recording, a ring */
    size_t others_head, others_n;
};

static void fill_limits(struct recorder_config *c) {
    c->sources_per_tour = c->sources_per_tour ? c->sources_per_tour : 512;
    c->sources_per_participant = c->sources_per_participant ? c->sources_per_participant : 8;
    c->tracks_per_tour = c->tracks_per_tour ? c->tracks_per_tour : 4096;
    c->tracks_per_participant = c->tracks_per_participant ? c->tracks_per_participant : 64;
}

struct recorder *recorder_new(const struct recorder_config *c) {
    struct recorder *r = mem_zalloc(1, sizeof(*r));
    if (r) {
        list_init(&r->recordings);
        list_init(&r->core.jobs);
        list_init(&r->core.asking);
        r->core.c = *c;
        fill_limits(&r->core.c);
    }
    return r;
}

void recorder_end_all(struct recorder *r, us_t now) {
    OWNER_CHECK(&r->owner);
    LIST_EACH(l, &r->recordings) {
        recording_end(LIST_ENTRY(l, struct recording, in_recorder), now);
    }
}

static void forget(struct recording *x) {
    list_remove(&x->in_recorder);
    x->core->n.recordings_open--;
    recording_free(x);
}

struct recorder *recorder_free(struct recorder *r) {
    if (!r) {
        return NULL;
    }
    OWNER_CHECK(&r->owner);
    LIST_EACH(l, &r->recordings) {
        forget(LIST_ENTRY(l, struct recording, in_recorder));
    }
    for (struct write_job *j; (j = recorder_job(r)) != NULL;) {
        write_job_free(j);
    }
    return mem_free(r);
}

static struct recording *find(const struct recorder *r, uint64_t tour) {
    LIST_EACH(l, &r->recordings) {
        struct recording *x = LIST_ENTRY(l, struct recording, in_recorder);
        if (x->tour == tour && !x->ending) {
            return x;
        }
    }
    return NULL;
}

static void tell(struct recorder *r, const struct recorder_event *e) {
    r->others[(r->others_head + r->others_n) % OTHER_EVENTS] = *e;
    if (r->others_n < OTHER_EVENTS) {
        r->others_n++;
    } else {
        r->others_head = (r->others_head + 1) % OTHER_EVENTS;
    }
}

static void start(struct recorder *r, us_t now, wall_t wall, const struct recorder_order *o) {
    struct recording *x = NULL;
    if (r->core.n.recordings_open < RECORDINGS_MAX) {
        x = recording_new(&r->core, now, wall, o);
    }
    if (!x) {
        tell(r, &(struct recorder_event){
                    .type = RECORDER_FAILING, .error = ERR_NOMEM, .tour = o->tour});
        return;
    }
    LIST_EACH(l, &r->recordings) {
        struct recording *old = LIST_ENTRY(l, struct recording, in_recorder);
        old->superseded = old->superseded || old->tour == x->tour;
    }
    list_push(&r->recordings, &x->in_recorder);
    r->core.n.recordings_open++;
}

/* One that could not be started is stopped, too, for whoever waits for that. */
static void stop(struct recorder *r, us_t now, struct recording *x, uint64_t tour) {
    if (x) {
        recording_stop(x, now);
        return;
    }
    LIST_EACH(l, &r->recordings) {
        struct recording *old = LIST_ENTRY(l, struct recording, in_recorder);
        if (old->tour == tour) {
            old->say_stopped = old->say_stopped || old->ended; /* it was refused */
            return;                                            /* else it will say so */
        }
    }
    tell(r, &(struct recorder_event){.type = RECORDER_STOPPED, .tour = tour});
}

void recorder_order(struct recorder *r, us_t now, wall_t wall, const struct recorder_order *o) {
    OWNER_CHECK(&r->owner);
    struct recording *x = find(r, o->tour);
    if (o->type == ORDER_START) {
        if (x && x->stopped != US_NEVER) {
            recording_end(x, now); /* what comes now is of the next one */
            x = NULL;
        }
        if (!x) {
            start(r, now, wall, o);
        }
    } else if (o->type == ORDER_STOP) {
        stop(r, now, x, o->tour);
    } else if (x) {
        recording_order(x, now, o);
    }
    mem_free(o->said);
}

void recorder_tap(struct recorder *r, us_t now, const struct tap *t) {
    OWNER_CHECK(&r->owner);
    r->core.n.tap_dropped += t->dropped;
    struct recording *x = find(r, t->tour);
    if (x) {
        recording_tap(x, now, t);
    } else {
        packet_unref(t->packet);
    }
}

us_t recorder_deadline(const struct recorder *r) {
    OWNER_CHECK(&r->owner);
    us_t at = US_NEVER;
    LIST_EACH(l, &r->recordings) {
        at = us_min(at, recording_deadline(LIST_ENTRY(l, struct recording, in_recorder)));
    }
    return at;
}

void recorder_timeout(struct recorder *r, us_t now) {
    OWNER_CHECK(&r->owner);
    LIST_EACH(l, &r->recordings) {
        recording_timeout(LIST_ENTRY(l, struct recording, in_recorder), now);
    }
}

bool recorder_ask(struct recorder *r, struct tap_ask *ret) {
    OWNER_CHECK(&r->owner);
    if (list_empty(&r->core.asking)) {
        return false;
    }
    struct rec_source *s = rec_source_asking(r->core.asking.next);
    asking_done(&s->asking);
    r->core.n.keyframes_asked++;
    *ret = (struct tap_ask){
        .tour = s->tour, .source = s->id, .worker = s->asking.worker, .seen = s->asking.seen};
    return true;
}

struct write_job *recorder_job(struct recorder *r) {
    OWNER_CHECK(&r->owner);
    if (list_empty(&r->core.jobs)) {
        return NULL;
    }
    struct write_job *j = LIST_ENTRY(r->core.jobs.next, struct write_job, link);
    list_remove(&j->link);
    return j;
}

static void report_old(struct recorder *r, const struct write_report *p) {
    struct recorder_event e = {.type = RECORDER_CATALOGUE_LOST, .error = p->error};
    if (p->type == REPORT_UNFINISHED) {
        e.type = RECORDER_UNFINISHED;
        id_text(&p->id, e.recording);
    } else if (p->type == REPORT_UNFORGOTTEN) {
        e.type = RECORDER_UNFORGOTTEN;
    }
    tell(r, &e);
}

void recorder_report(struct recorder *r, const struct write_report *p) {
    OWNER_CHECK(&r->owner);
    if (p->recording == 0) {
        report_old(r, p);
        return;
    }
    LIST_EACH(l, &r->recordings) {
        struct recording *x = LIST_ENTRY(l, struct recording, in_recorder);
        if (x->handle == p->recording) {
            recording_report(x, p);
        }
    }
}

bool recorder_event(struct recorder *r, struct recorder_event *ret) {
    OWNER_CHECK(&r->owner);
    if (r->others_n) {
        *ret = r->others[r->others_head];
        r->others_head = (r->others_head + 1) % OTHER_EVENTS;
        r->others_n--;
        return true;
    }
    LIST_EACH(l, &r->recordings) {
        struct recording *x = LIST_ENTRY(l, struct recording, in_recorder);
        if (recording_event(x, ret)) {
            return true;
        }
        if (x->ended) {
            forget(x);
        }
    }
    return false;
}

struct recorder_counters recorder_counters(const struct recorder *r) {
    OWNER_CHECK(&r->owner);
    struct recorder_counters n = r->core.n;
    n.waiting = r->core.waiting;
    return n;
}
