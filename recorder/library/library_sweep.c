/* DESIGN. The store is listed before the databases are asked: a recording's key is durable before
 * its first object, so what has no row then has none for good. Of the listing only what it is of is
 * kept, recording and track, once for each run of objects. */
#include "recorder/library/library_sweep.h"

#include "recorder/archive/forget.h"
#include "recorder/library/library_parts.h"
#include "recorder/library/sweep_guard.h"

#include "base/buffer.h"

#include <stdlib.h>
#include <string.h>

/* By the times that its row says it would be too old. */
struct candidate {
    struct id id;
    wall_t started;
    us_t duration;
    bool begun; /* wraps.db knows it */
};
struct old {
    struct library *library;
    const struct library_sweep *sweep;
    struct library_swept *n;
    const struct sweep_guard *guard;
    struct recording_place last;
    struct buffer candidates; /* by id, when all were found */
    wall_t latest;            /* start of those that were begun so far, as they are walked */
    struct buffer ids;        /* struct id: too old, in the order they were begun */
};

static bool goes_on(const struct library_sweep *s) {
    return !s->go_on || s->go_on(s->ctx);
}

static void said(const struct library_sweep *s, const char *of, const char *what, bool done) {
    if (s->say) {
        s->say(s->ctx, of, what, done);
    }
}

static bool is_old(const struct recording_row *r, wall_t before) {
    return r->started.us + r->duration < before.us;
}

/* What could not be read back has a row all the same, with the start that is known of it, or none:
 * that is no age to shred anything for. */
static enum err note_old(void *ctx, const struct recording_row *r) {
    struct old *o = ctx;
    char id[ID_TEXT_MAX];
    bool over = r->state != RECORDING_OPEN && r->state != RECORDING_SHREDDED;
    bool dated = r->started.us > 0 && r->state != RECORDING_DAMAGED;
    o->last = (struct recording_place){r->started, r->id};
    if (!over || !is_old(r, o->sweep->before)) {
        return OK;
    }
    if (dated) {
        struct candidate c = {r->id, r->started, r->duration, false};
        buffer_put(&o->candidates, &c, sizeof(c));
        return o->candidates.bad ? ERR_NOMEM : OK;
    }
    o->n->undated++;
    said(o->sweep, id_text(&r->id, id),
         "is damaged or of unknown age: it stays until somebody shreds it", false);
    return OK;
}

static int compare_candidates(const void *a, const void *b) {
    return memcmp(a, b, sizeof(struct id));
}

static enum err find_candidates(struct old *o) {
    struct recording_query q = {.limit = LIBRARY_PAGE_MAX, .to = o->sweep->before};
    bool more = true;
    enum err e = OK;
    while (e == OK && more) {
        e = goes_on(o->sweep)
                ? catalogue_recordings(o->library->archive->catalogue, &q, &more, note_old, o)
                : ERR_AGAIN;
        q.after = &o->last;
    }
    if (e == OK && o->candidates.n) {
        qsort(o->candidates.p, o->candidates.n / sizeof(struct candidate), sizeof(struct candidate),
              compare_candidates);
    }
    return e;
}

/* When it was made: at its start, if that is believed. A start before that of a recording that was
 * begun earlier, or before a time that was believed by then, is of a clock that was behind: then it
 * was made before the next time that was believed, and is not older than that. */
static wall_t made(const struct old *o, const struct candidate *c, int64_t place) {
    wall_t from, to;
    sweep_marks_between(&o->guard->marks, place, o->sweep->order.at, &from, &to);
    us_t first = us_max(from.us, o->latest.us);
    bool behind = c->started.us + SWEEP_CLOCK_BEHIND < first;
    return (wall_t){behind ? us_max(first, to.us) : c->started.us};
}

static enum err note_begun(void *ctx, const struct id *recording, int64_t place) {
    struct old *o = ctx;
    struct recording_row row;
    if (!goes_on(o->sweep)) {
        return ERR_AGAIN;
    }
    enum err e = catalogue_recording(o->library->archive->catalogue, recording, &row);
    if (e != OK) {
        return e == ERR_UNKNOWN ? OK : e;
    }
    struct candidate *c =
        bsearch(recording, o->candidates.p, o->candidates.n / sizeof(struct candidate),
                sizeof(struct candidate), compare_candidates);
    if (c) {
        c->begun = true;
    }
    if (c && made(o, c, place).us + c->duration < o->sweep->before.us) {
        buffer_put(&o->ids, recording, sizeof(*recording));
    }
    /* One that is still to come is of a clock that was ahead, and says nothing of others. */
    if (row.started.us > o->latest.us && row.started.us <= o->sweep->order.at.us) {
        o->latest = row.started;
    }
    return o->ids.bad ? ERR_NOMEM : OK;
}

/* Without a key there is nothing to shred, and nothing that could be tried again. */
static void note_keyless(struct old *o) {
    for (size_t at = 0; at < o->candidates.n; at += sizeof(struct candidate)) {
        struct candidate c;
        char id[ID_TEXT_MAX];
        memcpy(&c, o->candidates.p + at, sizeof(c));
        if (!c.begun) {
            o->n->keyless++;
            said(o->sweep, id_text(&c.id, id), "is too old, and its key is lost: it stays", false);
        }
    }
}

static enum err find_old(struct old *o) {
    enum err e = find_candidates(o);
    if (e == OK && o->candidates.n) {
        e = wraps_each_begun(o->library->archive->wraps, note_begun, o);
    }
    if (e == OK) {
        note_keyless(o);
    }
    return e;
}

/* OK: nobody holds it. */
static enum err held(struct library *l, const struct id *recording) {
    enum err e = wraps_held(l->archive->wraps, recording, NULL);
    return e == OK ? ERR_DENIED : e == ERR_UNKNOWN ? OK : e;
}

static void shred_one(struct library *l, const struct library_sweep *s, const struct id *recording,
                      struct library_swept *n) {
    char id[ID_TEXT_MAX];
    id_text(recording, id);
    enum err e = s->dry || s->may ? held(l, recording) : OK;
    if (e == OK && !s->dry && s->may && !s->may(s->ctx, id)) {
        n->failed++;
        said(s, id, "is too old, and may not be shredded now", false);
        return;
    }
    e = e == OK && !s->dry ? library_shred(l, id, &s->order) : e;
    if (e == OK) {
        n->shredded++;
        said(s, id, s->dry ? "would be shredded for its age" : "shredded for its age", true);
    } else if (e == ERR_DENIED) {
        n->held++;
    } else {
        /* Whether its keys are gone is known by what says so for ever. */
        struct key_context all = {.recording = *recording};
        bool gone = !s->dry && wraps_shredded(l->archive->wraps, &all, NULL) == OK;
        n->shredded += gone;
        n->failed++;
        said(s, id, gone ? "shredded for its age; not everything is removed yet" : err_name(e),
             gone);
    }
}

/* The oldest first, should it be broken off. */
static enum err shred_old(struct library *l, const struct library_sweep *s,
                          const struct sweep_guard *g, struct library_swept *n) {
    struct old o = {.library = l, .sweep = s, .guard = g, .n = n};
    enum err e = s->before.us ? find_old(&o) : OK;
    for (size_t at = 0; e == OK && at < o.ids.n; at += sizeof(struct id)) {
        struct id recording;
        memcpy(&recording, o.ids.p + at, sizeof(recording));
        e = goes_on(s) ? OK : ERR_AGAIN;
        if (e == OK) {
            shred_one(l, s, &recording, n);
        }
    }
    buffer_free(&o.candidates);
    buffer_free(&o.ids);
    return e;
}

struct place {
    struct id recording, track; /* track ID_NONE: of the recording itself */
};
#define TICK 1000 /* names of a listing between two questions whether it goes on */

struct listing {
    const struct library_sweep *sweep;
    uint64_t names;
    bool ended; /* it does not go on */
    struct library_swept *n;
    struct buffer places;
    struct key_context finished; /* the last one: they have more tracks than one */
};

static void note_place(void *ctx, const char *name, uint64_t size) {
    struct listing *x = ctx;
    struct object_id o;
    (void)size;
    if (++x->names % TICK == 0 && !x->ended) {
        x->ended = !goes_on(x->sweep);
    }
    if (x->ended) {
        return;
    }
    if (!object_parse_name(name, &o)) {
        x->n->orphans++;
        said(x->sweep, name, "is not an object of a recording", false);
        return;
    }
    struct place p = {o.recording, o.track};
    bool same = x->places.n && memcmp(x->places.p + x->places.n - sizeof(p), &p, sizeof(p)) == 0;
    if (!same) {
        buffer_put(&x->places, &p, sizeof(p));
    }
}

struct owner_of {
    struct id track;
    uint64_t participant; /* 0: nobody's of its own */
};

static enum err note_owner(void *ctx, const struct track_row *r) {
    struct owner_of *o = ctx;
    if (id_eq(&r->track.track, &o->track) && !id_eq(&o->track, &ID_PROGRAMME) &&
        r->track.keys == TRACK_KEYS_TREE) {
        o->participant = r->track.participant;
    }
    return OK;
}

/* Something of a person who was shredded is there. OK: no, or it is gone now. */
static enum err finish_person(struct library *l, struct listing *x, const struct place *p) {
    struct owner_of o = {.track = p->track};
    struct key_context c = {.recording = p->recording};
    char id[ID_TEXT_MAX];
    enum err e = catalogue_tracks(l->archive->catalogue, &p->recording, note_owner, &o);
    c.subject = o.participant;
    e = e == OK && o.participant ? wraps_shredded(l->archive->wraps, &c, NULL) : e;
    if (e != OK || !o.participant) {
        return e == ERR_UNKNOWN ? OK : e;
    }
    if (c.subject == x->finished.subject && id_eq(&c.recording, &x->finished.recording)) {
        return OK;
    }
    e = x->sweep->dry
            ? OK
            : library_shred_person(l, id_text(&p->recording, id), o.participant, &x->sweep->order);
    x->n->finished += e == OK;
    x->finished = c;
    return e;
}

/* OK: it belongs to a recording, or is gone now. ERR_UNKNOWN: it belongs to none. */
static enum err settle(struct library *l, struct listing *x, const struct place *p) {
    struct key_context all = {.recording = p->recording};
    struct recording_row row;
    bool begun;
    enum err e = wraps_shredded(l->archive->wraps, &all, NULL);
    if (e == OK) {
        e = x->sweep->dry ? OK : library_remove_objects(l->archive, &p->recording, NULL);
        x->n->finished += e == OK;
        return e;
    }
    if (e != ERR_UNKNOWN) {
        return e;
    }
    e = wraps_has_begun(l->archive->wraps, &p->recording, &begun);
    if (e == OK) {
        return finish_person(l, x, p);
    }
    /* A key that is lost, and not by order, makes no orphan of what was recorded. */
    return e == ERR_UNKNOWN ? catalogue_recording(l->archive->catalogue, &p->recording, &row) : e;
}

static int compare_places(const void *a, const void *b) {
    return memcmp(a, b, sizeof(struct place));
}

static void say_settled(struct listing *x, const char *id, enum err e, bool finished) {
    if (finished) {
        said(x->sweep, id,
             x->sweep->dry ? "what was left of a shred would be removed"
                           : "what was left of a shred is removed",
             true);
    } else if (e == ERR_UNKNOWN) {
        x->n->orphans++;
        said(x->sweep, id, "has objects, and there is no such recording", false);
    } else if (e != OK) {
        x->n->failed++;
        said(x->sweep, id, err_name(e), false);
    }
}

struct redactions {
    struct library *library;
    struct listing *listing;
};

/* A redaction that died behind its keys: what was made of the recording may be there, too. */
static enum err finish_redaction(void *ctx, const struct key_context *c) {
    const struct redactions *r = ctx;
    struct listing *x = r->listing;
    bool left = false;
    char id[ID_TEXT_MAX];
    if (!goes_on(x->sweep)) {
        return ERR_AGAIN;
    }
    enum err e =
        library_finish_redactions(r->library->archive, &c->recording, x->sweep->dry, &left);
    x->n->finished += e == OK && left;
    x->n->failed += e != OK;
    if (e != OK || left) {
        said(x->sweep, id_text(&c->recording, id),
             e != OK         ? err_name(e)
             : x->sweep->dry ? "what was left of a redaction would be removed"
                             : "what was left of a redaction is removed",
             e == OK && !x->sweep->dry);
    }
    return OK;
}

static enum err settle_all(struct library *l, struct listing *x) {
    struct id done = ID_NONE; /* a recording of which all is said */
    qsort(x->places.p, x->places.n / sizeof(struct place), sizeof(struct place), compare_places);
    for (size_t at = 0; at < x->places.n; at += sizeof(struct place)) {
        struct place p;
        char id[ID_TEXT_MAX];
        memcpy(&p, x->places.p + at, sizeof(p));
        if (id_eq(&done, &p.recording)) {
            continue;
        }
        if (!goes_on(x->sweep)) {
            return ERR_AGAIN;
        }
        uint64_t before = x->n->finished;
        enum err e = settle(l, x, &p);
        bool finished = x->n->finished != before;
        bool person = finished && id_eq(&x->finished.recording, &p.recording);
        done = (finished || e != OK) && !person ? p.recording : done;
        say_settled(x, id_text(&p.recording, id), e, finished);
    }
    return OK;
}

/* What belongs to nobody, and what was left of shreds. */
static enum err sweep_store(struct library *l, const struct library_sweep *s,
                            struct library_swept *n) {
    const struct store *store = &l->archive->store;
    struct listing x = {.sweep = s, .n = n};
    if (!store->list) {
        return OK;
    }
    enum err e = goes_on(s) ? store->list(store->ctx, "recordings/", note_place, &x) : ERR_AGAIN;
    e = x.ended ? ERR_AGAIN : e == OK && x.places.bad ? ERR_NOMEM : e;
    if (e == OK && x.places.n) {
        e = settle_all(l, &x);
    }
    struct redactions r = {l, &x};
    e = e == OK ? wraps_each_redacted(l->archive->wraps, finish_redaction, &r) : e;
    buffer_free(&x.places);
    return e;
}

/* Where no recorder starts, nobody else finishes what a process that died left of a shred. */
static void forget(struct library *l, const struct library_sweep *s, struct library_swept *n) {
    enum err e = s->dry || s->old_only ? OK : forget_shredded(l->archive);
    if (e != OK) {
        n->failed++;
        said(s, "what was shredded cannot be forgotten", err_name(e), false);
    }
}

struct undated {
    struct library *l;
    uint64_t n;
};

/* Objects of it may be stored, and yet the catalogue does not know when it was made. */
static enum err note_undated(void *ctx, const struct id *recording) {
    struct undated *u = ctx;
    struct recording_row row;
    bool begun = false;
    enum err e = catalogue_recording(u->l->archive->catalogue, recording, &row);
    if (e == OK) {
        u->n += row.started.us <= 0 && row.state != RECORDING_SHREDDED;
    } else if (e == ERR_UNKNOWN) {
        e = wraps_has_begun(u->l->archive->wraps, recording, &begun);
        u->n += begun;
    }
    return e;
}

/* What the clock is compared with. How many are undated matters only before the first time. */
static enum err known_times(struct library *l, const struct sweep_guard *g, struct sweep_known *k) {
    struct catalogue_totals t;
    struct undated u = {.l = l};
    enum err e = catalogue_totals(l->archive->catalogue, &t);
    if (e == OK && g->believed.us == 0) {
        e = wraps_each_by_id(l->archive->wraps, note_undated, &u);
    }
    *k = (struct sweep_known){.newest = e == OK ? t.newest : (wall_t){0}, .undated = u.n};
    return e == OK ? wraps_last(l->archive->wraps, &k->last) : e;
}

static enum err check_clock(struct library *l, struct sweep_guard *g, wall_t now, us_t retention,
                            char *why) {
    struct sweep_known k;
    enum err e = known_times(l, g, &k);
    k.retention = retention;
    return e == OK ? sweep_guard_clock(g, now, &k, why) : e;
}

static enum err accept_clock(struct library *l, struct sweep_guard *g, wall_t now) {
    struct sweep_known k;
    enum err e = known_times(l, g, &k);
    return e == OK ? sweep_guard_accept(g, now, &k) : e;
}

enum err library_clock(struct library *l, wall_t now, us_t retention, char why[WHY_MAX]) {
    OWNER_CHECK(&l->owner);
    struct sweep_guard g;
    why[0] = '\0';
    enum err e = sweep_guard_take(&g, l->dir, false);
    e = e == OK ? check_clock(l, &g, now, retention, why) : e;
    sweep_guard_leave(&g);
    return e;
}

enum err library_clock_is_right(struct library *l, wall_t now) {
    OWNER_CHECK(&l->owner);
    struct sweep_guard g;
    enum err e = sweep_guard_take(&g, l->dir, false);
    e = e == OK ? accept_clock(l, &g, now) : e;
    sweep_guard_leave(&g);
    return e;
}

enum err library_sweep(struct library *l, const struct library_sweep *s,
                       struct library_swept *ret) {
    OWNER_CHECK(&l->owner);
    struct sweep_guard g;
    *ret = (struct library_swept){0};
    enum err e = sweep_guard_take(&g, l->dir, s->dry);
    if (e != OK) {
        return e;
    }
    e = s->clock_is_right ? accept_clock(l, &g, s->order.at) : OK;
    if (e == OK && s->before.us) {
        e = check_clock(l, &g, s->order.at, s->order.at.us - s->before.us, ret->why);
    }
    if (e == OK) {
        forget(l, s, ret);
        e = shred_old(l, s, &g, ret);
    }
    e = e == OK && !s->old_only ? sweep_store(l, s, ret) : e;
    sweep_guard_leave(&g);
    return e == ERR_BUSY ? ERR_IO : e; /* a database is: nobody else sweeps */
}
