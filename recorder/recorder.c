#include "recorder/recorder.h"

#include "base/alloc.h"
#include "recorder/recording.h"
#include "recorder/recovery.h"

#include <stdio.h>

#define RECORDINGS_MAX 1024 /* at once; a start beyond it fails */

struct recorder {
    struct recorder_core core;
    struct link recordings;
};

enum err recorder_open(const struct recorder_config *c, wall_t wall, struct recorder **ret,
                       char *why) {
    (void)wall;
    struct recorder *r = mem_zalloc(1, sizeof(*r));
    if (!r) {
        snprintf(why, KEYS_WHY, "out of memory");
        return ERR_NOMEM;
    }
    list_init(&r->recordings);
    r->core.c = *c;
    struct archive_config a = {.dir = c->dir,
                               .kek_file = c->kek_file,
                               .create_kek = c->create_kek,
                               .write = true,
                               .store = c->store,
                               .rng = c->rng};
    enum err e = archive_open(&a, &r->core.archive, why);
    if (e == OK) {
        e = recovery_run(r->core.archive, NULL);
        if (e == ERR_NOSPACE || e == ERR_IO) {
            /* Old recordings stay unfinished until the next start; live tours go on. */
            r->core.n.store_errors++;
            e = OK;
        } else if (e != OK) {
            snprintf(why, KEYS_WHY, "cannot finish recordings of an earlier run: %s", err_name(e));
        }
    }
    if (e != OK) {
        archive_close(r->core.archive);
        mem_free(r);
        return e;
    }
    *ret = r;
    return OK;
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
    LIST_EACH(l, &r->recordings) {
        struct recording *x = LIST_ENTRY(l, struct recording, in_recorder);
        list_remove(l);
        recording_stop(x, now);
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
        list_push(&r->recordings, &x->in_recorder);
    } else if (r->core.events_n < RECORDER_EVENTS) {
        size_t i = (r->core.events_head + r->core.events_n++) % RECORDER_EVENTS;
        r->core.events[i] =
            (struct recorder_event){.type = RECORDER_FAILING, .error = ERR_NOMEM, .tour = o->tour};
    }
}

void recorder_order(struct recorder *r, us_t now, wall_t wall, const struct recorder_order *o) {
    struct recording *x = find(r, o->tour);
    if (o->type == ORDER_START) {
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
    (void)wall;
    r->core.n.tap_dropped += t->dropped;
    struct recording *x = find(r, t->tour);
    if (!x) {
        packet_unref(t->packet);
        return;
    }
    recording_tap(x, now, t);
    if (r->core.n.alarm != x->failing) {
        sweep(r);
    }
}

us_t recorder_deadline(const struct recorder *r) {
    us_t at = US_NEVER;
    LIST_EACH(l, &r->recordings) {
        at = us_min(at, recording_deadline(LIST_ENTRY(l, struct recording, in_recorder)));
    }
    return at;
}

void recorder_timeout(struct recorder *r, us_t now, wall_t wall) {
    LIST_EACH(l, &r->recordings) {
        recording_timeout(LIST_ENTRY(l, struct recording, in_recorder), now, wall);
    }
    sweep(r);
}

bool recorder_event(struct recorder *r, struct recorder_event *ret) {
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
    return r->core.n;
}
