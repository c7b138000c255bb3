#include "recorder/archive/replay.h"

#include "base/alloc.h"

#include <stdio.h>
#include <string.h>

static struct replay_stand *stand_of(struct replay *f, const struct id *track, uint32_t epoch) {
    for (size_t i = f->n_stands; i-- > 0;) {
        if (f->stands[i].epoch == epoch && id_eq(&f->stands[i].track, track)) {
            return &f->stands[i];
        }
    }
    return NULL;
}

static enum err stand_new(struct replay *f, const struct entry_epoch *p) {
    struct replay_stand *s = mem_realloc(f->stands, (f->n_stands + 1) * sizeof(*s));
    if (!s) {
        return ERR_NOMEM;
    }
    f->stands = s;
    s[f->n_stands++] = (struct replay_stand){p->track, p->number, 0, p->start};
    return OK;
}

enum err replay_follow(struct replay *f, const struct entry *e) {
    f->t = us_max(f->t, e->t);
    enum err error = OK;
    if (e->type == ENTRY_END) {
        f->ended = true;
    } else if (e->type == ENTRY_TRACK) {
        error = archive_ring_track(&f->ring, &e->u.track);
    } else if (e->type == ENTRY_EPOCH) {
        error = stand_new(f, &e->u.epoch);
    } else if (e->type == ENTRY_SEGMENT) {
        struct replay_stand *s = stand_of(f, &e->u.segment.track, e->u.segment.epoch);
        if (s && e->u.segment.number >= s->next) {
            s->next = e->u.segment.number + 1;
        }
    }
    return error;
}

static enum err follow(void *ctx, const struct entry *e) {
    return replay_follow(ctx, e);
}

static bool same_place(const struct journal_head *a, const struct journal_head *b) {
    return a->entries == b->entries && a->objects == b->objects &&
           memcmp(a->hash, b->hash, SHA256_LEN) == 0;
}

/* The next object of the journal; the catalogue follows once its position has come by. */
static enum err replay_object(struct replay *f, const struct journal_head *position) {
    struct object_id o = {.type = OBJECT_JOURNAL, .recording = f->id, .number = f->head.objects};
    struct object_plain plain;
    f->met = f->met || same_place(&f->head, position);
    enum err e = object_get(&f->access, &o, &plain);
    if (e != OK) {
        return e;
    }
    struct bytes lines = bytes_of(plain.p, plain.n);
    e = journal_replay(lines, &f->head, follow, f);
    f->head.objects += e == OK;
    if (e == OK && f->met) {
        struct catalogue_object x = {f->id, lines, plain.info, personal_opener_of(&f->ring)};
        e = catalogue_follow(f->archive->catalogue, &x);
    }
    key_ring_release(&f->ring);
    mem_free(plain.p);
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
static enum err list_recording(const struct replay *f, struct listing *ret) {
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
static enum err check_end(const struct replay *f) {
    struct listing l;
    enum err e = list_recording(f, &l);
    if (e != OK) {
        return e;
    }
    bool cut = l.journals > f->head.objects || (l.manifest && !f->ended);
    bool gone = f->head.objects == 0 && (f->begun || l.any);
    return cut || gone ? ERR_UNKNOWN : OK;
}

static enum err replay_from(struct replay *f, const struct journal_head *position) {
    enum err e = OK;
    f->head = journal_begin(&f->id);
    f->n_stands = 0;
    f->ended = f->met = false;
    while (e == OK) {
        e = replay_object(f, position);
    }
    return e;
}

/* Rows without a position, or of another journal than the one in the store, are made anew: all in
 * one transaction, so that the old ones stay if that fails. */
static enum err rebuild(struct replay *f) {
    struct journal_head beginning = journal_begin(&f->id);
    enum err e = catalogue_forget(f->archive->catalogue, &f->id);
    e = e == OK ? replay_from(f, &beginning) : e;
    return e == ERR_UNKNOWN ? check_end(f) : e;
}

static enum err read_journal(struct replay *f) {
    struct journal_head position;
    enum err e = catalogue_position(f->archive->catalogue, &f->id, &position);
    if (e != OK) {
        return e;
    }
    if (position.entries == 0) {
        return rebuild(f);
    }
    e = replay_from(f, &position);
    if (e != ERR_UNKNOWN) {
        return e;
    }
    if (f->met) {
        return check_end(f);
    }
    /* The journal ends before the catalogue does: objects are missing. Or they are others. */
    return f->head.objects < position.objects ? ERR_UNKNOWN : rebuild(f);
}

/* The journal of an earlier release says for ever what people were called; the catalogue does not
 * say it again. */
static enum err forget_shredded(void *ctx, const struct wraps_note *n) {
    struct replay *f = ctx;
    bool person = n->what.subject && id_eq(&n->what.recording, &f->id);
    return person ? catalogue_forget_person(f->archive->catalogue, &f->id, n->what.subject) : OK;
}

enum err replay_run(struct replay *f) {
    struct catalogue *c = f->archive->catalogue;
    enum err e = was_begun(f->archive, &f->id, &f->begun);
    e = e == OK ? catalogue_begin(c) : e;
    if (e != OK) {
        return e;
    }
    e = read_journal(f);
    e = e == OK ? wraps_each_shredded(f->archive->wraps, forget_shredded, f) : e;
    e = e == OK ? catalogue_commit(c) : e;
    catalogue_rollback(c);
    return e;
}

enum err replay_init(struct replay *f, struct archive *a, const struct id *recording) {
    memset(f, 0, sizeof(*f));
    f->archive = a;
    f->id = *recording;
    f->access = archive_access(a, &f->ring);
    return archive_ring(a, recording, &f->ring);
}

void replay_free(struct replay *f) {
    mem_free(f->stands);
    key_ring_close(&f->ring);
    memset(f, 0, sizeof(*f));
}

static enum err catch_up_object(struct archive *a, struct key_ring *ring,
                                const struct object_id *o) {
    struct object_access access = archive_access(a, ring);
    struct object_plain plain;
    enum err e = object_get(&access, o, &plain);
    if (e != OK) {
        return e;
    }
    struct catalogue_object x = {o->recording, bytes_of(plain.p, plain.n), plain.info,
                                 personal_opener_of(ring)};
    e = catalogue_follow(a->catalogue, &x);
    key_ring_release(ring);
    mem_free(plain.p);
    return e;
}

static enum err catch_up(struct archive *a, struct key_ring *ring) {
    struct object_id o = {.type = OBJECT_JOURNAL, .recording = ring->set.recording};
    struct journal_head at;
    enum err e = catalogue_position(a->catalogue, &o.recording, &at);
    for (o.number = at.objects; e == OK; o.number++) {
        e = catch_up_object(a, ring, &o);
    }
    return e == ERR_UNKNOWN ? OK : e; /* the end */
}

enum err replay_catch_up(struct archive *a, struct key_ring *ring) {
    struct catalogue *c = a->catalogue;
    enum err e = catch_up(a, ring);
    if (e != ERR_AUTH && e != ERR_FORMAT) {
        return e;
    }
    /* Whoever writes the journal knows that it is whole: then the rows are those of another. */
    e = catalogue_begin(c);
    e = e == OK ? catalogue_forget(c, &ring->set.recording) : e;
    e = e == OK ? catch_up(a, ring) : e;
    e = e == OK ? catalogue_commit(c) : e;
    catalogue_rollback(c);
    return e;
}

enum err replay_open_texts(struct archive *a) {
    struct id_list ids = {0};
    enum err e = catalogue_ids(a->catalogue, CATALOGUE_SEALED, &ids);
    for (size_t i = 0; e == OK && i < ids.n; i++) {
        struct key_ring ring;
        if (archive_ring(a, &ids.p[i], &ring) == OK) {
            struct personal_opener o = personal_opener_of(&ring);
            e = catalogue_open_texts(a->catalogue, &ids.p[i], &o);
            key_ring_close(&ring);
        }
    }
    id_list_free(&ids);
    return e;
}
