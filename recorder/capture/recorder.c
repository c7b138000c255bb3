#include "recorder/capture/recorder.h"

#include "base/alloc.h"
#include "base/owner.h"
#include "recorder/archive/recovery.h"
#include "recorder/capture/recording.h"

#include <stdio.h>

#define RECORDINGS_MAX 1024 /* at once; a start beyond it fails */

struct recorder {
    struct owner owner; /* the recorder thread */
    struct recorder_core core;
    struct link recordings;
};

static void tell(struct recorder *r, const struct recorder_event *e) {
    if (r->core.events_n < RECORDER_EVENTS) {
        r->core.events[(r->core.events_head + r->core.events_n++) % RECORDER_EVENTS] = *e;
    }
}

/* Old recordings that cannot be finished wait for the next start; they are no reason not to record
 * new ones, since nothing is written over them. */
static void recover(struct recorder *r) {
    struct recovery_report report;
    if (recovery_run(r->core.archive, &report) != OK) {
        r->core.n.store_errors++;
        report.failed++;
    }
    r->core.n.unfinished = report.damaged + report.failed;
    if (r->core.archive->catalogue_lost) {
        tell(r, &(struct recorder_event){.type = RECORDER_CATALOGUE_LOST});
    }
    for (uint32_t i = 0; i < report.n_told; i++) {
        struct recorder_event e = {.type = RECORDER_UNFINISHED,
                                   .error = (uint8_t)report.told[i].error};
        id_text(&report.told[i].id, e.recording);
        tell(r, &e);
    }
}

static struct archive_config archive_config_of(const struct recorder_config *c) {
    return (struct archive_config){.dir = c->dir,
                                   .kek_file = c->kek_file,
                                   .create_kek = c->create_kek,
                                   .write = true,
                                   .store = c->store,
                                   .rng = c->rng};
}

static void fill_limits(struct recorder_config *c) {
    c->sources_per_tour = c->sources_per_tour ? c->sources_per_tour : 512;
    c->sources_per_participant = c->sources_per_participant ? c->sources_per_participant : 8;
    c->tracks_per_tour = c->tracks_per_tour ? c->tracks_per_tour : 4096;
    c->tracks_per_participant = c->tracks_per_participant ? c->tracks_per_participant : 64;
}

enum err recorder_open(const struct recorder_config *c, wall_t wall, struct recorder **ret,
                       char why[WHY_MAX]) {
    (void)wall;
    struct recorder *r = mem_zalloc(1, sizeof(*r));
    if (!r) {
        snprintf(why, WHY_MAX, "out of memory");
        return ERR_NOMEM;
    }
    list_init(&r->recordings);
    r->core.c = *c;
    fill_limits(&r->core.c);
    struct archive_config a = archive_config_of(c);
    enum err e = archive_open(&a, &r->core.archive, why);
    if (e != OK) {
        mem_free(r);
        return e;
    }
    recover(r);
    *ret = r;
    return OK;
}

enum err recorder_use_store(const struct recorder_config *c, char why[WHY_MAX]) {
    struct archive *archive = NULL;
    struct archive_config a = archive_config_of(c);
    a.take_store = true;
    enum err e = archive_open(&a, &archive, why);
    archive_close(archive);
    return e;
}

/* Forget recordings that are stored completely, and count. */
static void sweep(struct recorder *r) {
    r->core.n.recordings_open = 0;
    r->core.n.alarm = false;
    LIST_EACH(l, &r->recordings) {
        struct recording *x = LIST_ENTRY(l, struct recording, in_recorder);
        if (x->ended) {
            list_remove(l);
            recording_free(x);
            continue;
        }
        r->core.n.recordings_open++;
        r->core.n.alarm = r->core.n.alarm || x->failing;
    }
}

struct recorder *recorder_close(struct recorder *r, us_t now, wall_t wall) {
    (void)wall;
    if (!r) {
        return NULL;
    }
    OWNER_CHECK(&r->owner);
    LIST_EACH(l, &r->recordings) {
        struct recording *x = LIST_ENTRY(l, struct recording, in_recorder);
        list_remove(l);
        recording_end(x, now);
        recording_free(x);
    }
    archive_close(r->core.archive);
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

static void start(struct recorder *r, us_t now, wall_t wall, const struct recorder_order *o) {
    struct recording *x = NULL;
    if (r->core.n.recordings_open < RECORDINGS_MAX) {
        x = recording_new(&r->core, now, wall, o);
    }
    if (x) {
        LIST_EACH(l, &r->recordings) {
            struct recording *old = LIST_ENTRY(l, struct recording, in_recorder);
            old->superseded = old->superseded || old->tour == x->tour;
        }
        list_push(&r->recordings, &x->in_recorder);
    } else {
        tell(r, &(struct recorder_event){
                    .type = RECORDER_FAILING, .error = ERR_NOMEM, .tour = o->tour});
    }
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
    } else if (x && o->type == ORDER_STOP) {
        recording_stop(x, now);
    } else if (x) {
        recording_order(x, now, o);
    }
    sweep(r);
}

void recorder_tap(struct recorder *r, us_t now, wall_t wall, const struct tap *t) {
    OWNER_CHECK(&r->owner);
    (void)wall;
    r->core.n.tap_dropped += t->dropped;
    struct recording *x = find(r, t->tour);
    if (!x) {
        packet_unref(t->packet);
        return;
    }
    recording_tap(x, now, t);
    if (x->ended || r->core.n.alarm != x->failing) {
        sweep(r);
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

void recorder_timeout(struct recorder *r, us_t now, wall_t wall) {
    OWNER_CHECK(&r->owner);
    (void)wall;
    LIST_EACH(l, &r->recordings) {
        recording_timeout(LIST_ENTRY(l, struct recording, in_recorder), now);
    }
    sweep(r);
}

bool recorder_event(struct recorder *r, struct recorder_event *ret) {
    OWNER_CHECK(&r->owner);
    struct recorder_core *c = &r->core;
    if (c->events_n == 0) {
        return false;
    }
    *ret = c->events[c->events_head];
    c->events_head = (c->events_head + 1) % RECORDER_EVENTS;
    c->events_n--;
    return true;
}

struct recorder_counters recorder_counters(const struct recorder *r) {
    OWNER_CHECK(&r->owner);
    return r->core.n;
}
