#include "recorder/recovery.h"

#include "recorder/manifest.h"
#include "recorder/objects_media.h"

#include "base/alloc.h"

#include <stdio.h>

/* Where each epoch of each track stands. */
struct stand {
    struct id track;
    uint32_t epoch, next;
    us_t start;
};

/* One recording while it is replayed and finished. */
struct finish {
    struct archive *archive;
    struct id id;
    struct recording_keys keys;
    struct object_access access;
    struct journal_head head;
    bool begun; /* the databases know that something was stored */
    bool ended;
    us_t t; /* latest time seen */
    struct stand *stands;
    size_t n_stands;
};

static struct stand *stand_of(struct finish *f, const struct id *track, uint32_t epoch) {
    for (size_t i = f->n_stands; i-- > 0;) {
        if (f->stands[i].epoch == epoch && id_eq(&f->stands[i].track, track)) {
            return &f->stands[i];
        }
    }
    return NULL;
}

static enum err stand_new(struct finish *f, const struct entry_epoch *p) {
    struct stand *s = mem_realloc(f->stands, (f->n_stands + 1) * sizeof(*s));
    if (!s) {
        return ERR_NOMEM;
    }
    f->stands = s;
    s[f->n_stands++] = (struct stand){p->track, p->number, 0, p->start};
    return OK;
}

static enum err follow(void *ctx, const struct entry *e) {
    struct finish *f = ctx;
    f->t = us_max(f->t, e->t);
    if (e->type == ENTRY_END) {
        f->ended = true;
    } else if (e->type == ENTRY_EPOCH) {
        enum err error = stand_new(f, &e->u.epoch);
        if (error != OK) {
            return error;
        }
    } else if (e->type == ENTRY_SEGMENT) {
        struct stand *s = stand_of(f, &e->u.segment.track, e->u.segment.epoch);
        if (s && e->u.segment.number >= s->next) {
            s->next = e->u.segment.number + 1;
        }
    }
    return catalogue_apply(f->archive->catalogue, &f->id, e);
}

static enum err replay_object(struct finish *f) {
    struct object_id o = {.type = OBJECT_JOURNAL, .recording = f->id, .number = f->head.objects};
    struct object_plain plain;
    enum err e = object_get(&f->access, &o, &plain);
    if (e != OK) {
        return e;
    }
    e = journal_replay(bytes_of(plain.p, plain.n), &f->head, follow, f);
    mem_free(plain.p);
    if (e == OK) {
        e = catalogue_journal_object(f->archive->catalogue, &f->id, f->head.objects, &plain.info);
        f->head.objects++;
    }
    return e;
}

/* What the store has under the recording's name. */
struct listing {
    struct id id;
    uint32_t journals; /* number behind the highest journal object */
    bool any, manifest;
};

static void note_listed(void *ctx, const char *name, uint64_t size) {
    struct listing *l = ctx;
    struct object_id o;
    (void)size;
    if (!object_parse_name(name, &o) || !id_eq(&o.recording, &l->id)) {
        return;
    }
    l->any = true;
    l->manifest = l->manifest || o.type == OBJECT_MANIFEST;
    if (o.type == OBJECT_JOURNAL && o.number >= l->journals && o.number < UINT32_MAX) {
        l->journals = o.number + 1;
    }
}

/* A store that cannot list is asked for one object ahead. */
static enum err list_recording(const struct finish *f, struct listing *ret) {
    const struct store *s = &f->archive->store;
    char prefix[OBJECT_NAME_MAX], id[ID_TEXT_MAX];
    struct object_id ahead = {
        .type = OBJECT_JOURNAL, .recording = f->id, .number = f->head.objects + 1};
    uint64_t size;
    *ret = (struct listing){.id = f->id};
    if (s->list) {
        snprintf(prefix, sizeof(prefix), "recordings/%s/", id_text(&f->id, id));
        return s->list(s->ctx, prefix, note_listed, ret);
    }
    enum err e = s->size(s->ctx, object_name(&ahead, prefix), &size);
    ret->any = f->head.objects > 0 || e == OK;
    ret->journals = e == OK ? ahead.number + 1 : f->head.objects;
    return e == ERR_UNKNOWN ? OK : e;
}

static enum err note_any(void *ctx, uint32_t number, const struct object_info *info) {
    (void)number;
    (void)info;
    *(bool *)ctx = true;
    return OK;
}

/* Whether an object of the recording was ever stored, as far as the databases know. */
static enum err was_begun(struct archive *a, const struct id *recording, bool *ret) {
    *ret = false;
    enum err e = wraps_has_begun(a->wraps, recording, ret);
    if (e == OK && !*ret) {
        /* Rows of an earlier release have no such mark. */
        e = catalogue_journal_objects(a->catalogue, recording, note_any, ret);
    }
    return e;
}

/* The journal has been read as far as its objects follow each other. Is that all of it? An object
 * behind a hole, a manifest although no end was noted, or nothing where something was stored say
 * that there was more: closing and signing what is left would make the loss look like the truth. */
static enum err check_end(const struct finish *f) {
    struct listing l;
    enum err e = list_recording(f, &l);
    if (e != OK) {
        return e;
    }
    bool cut = l.journals > f->head.objects || (l.manifest && !f->ended);
    bool gone = f->head.objects == 0 && (f->begun || l.any);
    return cut || gone ? ERR_UNKNOWN : OK;
}

static enum err replay(struct finish *f) {
    enum err e = was_begun(f->archive, &f->id, &f->begun);
    e = e == OK ? catalogue_begin(f->archive->catalogue) : e;
    if (e != OK) {
        return e;
    }
    f->head = journal_begin(&f->id);
    e = catalogue_forget(f->archive->catalogue, &f->id);
    while (e == OK) {
        e = replay_object(f);
    }
    e = e == ERR_UNKNOWN ? check_end(f) : e;
    e = e == OK ? catalogue_commit(f->archive->catalogue) : e;
    catalogue_rollback(f->archive->catalogue);
    return e;
}

static enum err finish_init(struct finish *f, struct archive *a, const struct id *recording) {
    memset(f, 0, sizeof(*f));
    f->archive = a;
    f->id = *recording;
    f->access = (struct object_access){&a->store, f->keys.objects, &a->rng};
    return archive_keys(a, recording, &f->keys);
}

static void finish_free(struct finish *f) {
    mem_free(f->stands);
    mem_wipe(f, sizeof(*f));
}

enum err recovery_rebuild(struct archive *a, const struct id *recording, struct journal_head *ret) {
    struct finish f;
    enum err e = finish_init(&f, a, recording);
    e = e == OK ? replay(&f) : e;
    if (e == OK && ret) {
        *ret = f.head;
    }
    finish_free(&f);
    return e;
}

static enum err note(struct finish *f, struct journal *j, const struct entry *e) {
    enum err error = journal_append(j, e);
    return error == OK ? follow(f, e) : error;
}

/* Segments that were stored after the last line about this epoch. One that is not authentic stays
 * where it is: verification will name it. */
static enum err adopt(struct finish *f, struct journal *j, struct stand *s, uint32_t *count) {
    for (;;) {
        struct entry_segment next = {.track = s->track, .epoch = s->epoch, .number = s->next};
        struct entry e;
        enum err error = media_object_entry(&f->access, &f->id, &next, &e);
        if (error == ERR_UNKNOWN || error == ERR_AUTH) {
            return OK;
        }
        if (error != OK) {
            return error;
        }
        e.u.segment.adopted = true;
        error = note(f, j, &e);
        if (error != OK) {
            return error;
        }
        f->t = us_max(f->t, s->start + e.u.segment.start + e.u.segment.duration);
        (*count)++;
    }
}

static enum err write_end(struct finish *f, struct journal *j, uint32_t *adopted) {
    struct entry end = {.type = ENTRY_END};
    struct object_info info;
    enum err e = OK;
    for (size_t i = 0; e == OK && i < f->n_stands; i++) {
        e = adopt(f, j, &f->stands[i], adopted);
    }
    end.t = f->t;
    snprintf(end.u.end.reason, sizeof(end.u.end.reason), "interrupted");
    e = e == OK ? note(f, j, &end) : e;
    e = e == OK ? journal_flush(j, &info) : e;
    if (e == OK) {
        e = catalogue_journal_object(f->archive->catalogue, &f->id, f->head.objects, &info);
        f->head = journal_head(j);
    }
    return e;
}

static enum err close_journal(struct finish *f, uint32_t *adopted) {
    struct journal *j = journal_new(&f->access, &f->id, &f->head);
    enum err e = j ? write_end(f, j, adopted) : ERR_NOMEM;
    journal_free(j);
    return e;
}

static enum err finish_recording(struct finish *f, struct recovery_report *r) {
    enum err e = replay(f);
    if (e != OK) {
        return e;
    }
    if (f->head.objects == 0) {
        /* The process died between key and start entry. The key stays: what is not there now may
         * be there at the next start, and sixty bytes are no reason to be wrong for ever. */
        r->empty++;
        return OK;
    }
    r->rebuilt++;
    bool was_ended = f->ended;
    if (!was_ended) {
        e = close_journal(f, &r->adopted);
    }
    e = e == OK ? recovery_seal_manifest(f->archive, &f->id, &f->head, 1) : e;
    r->closed += e == OK && !was_ended;
    return e;
}

struct run {
    struct archive *archive;
    struct recovery_report report;
};

static bool is_damage(enum err e) {
    return e == ERR_AUTH || e == ERR_FORMAT || e == ERR_LONG || e == ERR_UNKNOWN;
}

/* Noted, and on to the next. The state of a recording that failed for now stays "recording". */
static void note_unfinished(struct run *run, const struct id *recording, enum err error) {
    struct recovery_report *r = &run->report;
    if (r->n_told < RECOVERY_TOLD) {
        r->told[r->n_told++] = (struct recovery_unfinished){*recording, error};
    }
    if (is_damage(error)) {
        r->damaged++;
        (void)catalogue_state(run->archive->catalogue, recording, RECORDING_DAMAGED);
    } else {
        r->failed++;
    }
}

static enum err recover(void *ctx, const struct id *recording) {
    struct run *run = ctx;
    struct recording_row row;
    struct finish f;
    enum err e = catalogue_recording(run->archive->catalogue, recording, &row);
    if (e == OK && row.state != RECORDING_OPEN && row.state != RECORDING_DAMAGED) {
        return OK;
    }
    if (e == OK || e == ERR_UNKNOWN) {
        e = finish_init(&f, run->archive, recording);
        e = e == OK ? finish_recording(&f, &run->report) : e;
        finish_free(&f);
    }
    if (e != OK) {
        note_unfinished(run, recording, e);
    }
    return OK;
}

enum err recovery_run(struct archive *a, struct recovery_report *ret) {
    struct run run = {.archive = a};
    enum err e = wraps_each(a->wraps, recover, &run);
    if (ret) {
        *ret = run.report;
    }
    return e;
}

/* Gathering the manifest's list from the catalogue. */
struct gather {
    struct manifest m;
    size_t cap;
};

static enum err gather_add(struct gather *g, const struct object_id *o,
                           const struct object_info *info) {
    if (g->m.n_objects == g->cap) {
        size_t cap = g->cap ? 2 * g->cap : 64;
        struct manifest_object *p = mem_realloc(g->m.objects, cap * sizeof(*p));
        if (!p) {
            return ERR_NOMEM;
        }
        g->m.objects = p;
        g->cap = cap;
    }
    g->m.objects[g->m.n_objects++] = (struct manifest_object){*o, *info};
    return OK;
}

static enum err gather_journal(void *ctx, uint32_t number, const struct object_info *info) {
    struct gather *g = ctx;
    struct object_id o = {.type = OBJECT_JOURNAL, .recording = g->m.recording, .number = number};
    return gather_add(g, &o, info);
}

static enum err gather_segment(void *ctx, const struct entry_segment *s) {
    struct gather *g = ctx;
    struct object_id o = {.type = OBJECT_MEDIA,
                          .recording = g->m.recording,
                          .track = s->track,
                          .epoch = s->epoch,
                          .number = s->number};
    return gather_add(g, &o, &s->info);
}

static enum err gather_all(struct archive *a, struct gather *g) {
    struct recording_row row;
    struct segment_query q = {.recording = g->m.recording};
    enum err e = catalogue_recording(a->catalogue, &g->m.recording, &row);
    if (e == OK) {
        g->m.duration = us_max(row.duration, 0);
        memcpy(g->m.reason, row.reason, sizeof(g->m.reason));
        e = catalogue_journal_objects(a->catalogue, &g->m.recording, gather_journal, g);
    }
    e = e == OK ? catalogue_segments(a->catalogue, &q, gather_segment, g) : e;
    manifest_sort(&g->m);
    return e;
}

/* Put the manifest under the first free version; one that is there already and says the same text
 * (it was stored, but the catalogue did not hear of it) is taken as it is. */
static enum err put_manifest(const struct object_access *access, struct manifest *m,
                             const struct recording_keys *keys, struct object_info *ret) {
    for (;; m->version++) {
        struct object_id o = {
            .type = OBJECT_MANIFEST, .recording = m->recording, .number = m->version};
        struct object_plain there;
        char *text = NULL;
        size_t n = 0;
        enum err e = manifest_encode(m, keys, &text, &n);
        if (e != OK) {
            return e;
        }
        e = object_put(access, &o, bytes_of(text, n), ret);
        bool taken = e == ERR_EXISTS, same = false;
        if (taken && object_get(access, &o, &there) == OK) {
            same = bytes_eq(bytes_of(there.p, there.n), bytes_of(text, n));
            *ret = there.info;
            mem_free(there.p);
        }
        mem_free(text);
        if (!taken || same) {
            return taken ? OK : e;
        }
    }
}

enum err recovery_seal_manifest(struct archive *a, const struct id *recording,
                                const struct journal_head *head, uint32_t version) {
    struct gather g = {.m = {.recording = *recording, .version = version, .journal = *head}};
    struct recording_keys keys;
    struct object_info info = {0};
    enum err e = archive_keys(a, recording, &keys);
    if (e == OK) {
        struct object_access access = {&a->store, keys.objects, &a->rng};
        e = gather_all(a, &g);
        e = e == OK ? put_manifest(&access, &g.m, &keys, &info) : e;
        e = e == OK ? catalogue_manifest(a->catalogue, recording, g.m.version, &info) : e;
    }
    mem_wipe(&keys, sizeof(keys));
    manifest_clear(&g.m);
    return e;
}
