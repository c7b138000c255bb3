/* Redaction of a span: the tree of the track's keys is punctured (recorder/seal/keytree.h). */
#include "recorder/archive/close.h"
#include "recorder/archive/supplements.h"
#include "recorder/library/library_parts.h"

#include "base/alloc.h"
#include "base/buffer.h"

#include <stdio.h>
#include <string.h>

struct redaction {
    struct archive *archive;
    const struct library_span *span;
    struct id recording, track;
    struct key_ring ring;
    struct ring_track owner; /* of the track */
    struct keyset set;       /* the owner's */
    struct buffer places;    /* struct keyset_place: all that the owner has */
    struct buffer gone;      /* struct object_id: what is destroyed */
    struct buffer spans;     /* struct wraps_span: the same, run by run */
    us_t start;              /* of the epoch under way */
};

static enum err note_place(void *ctx, const struct epoch_row *e) {
    struct redaction *r = ctx;
    struct ring_track t;
    struct keyset_place place = {e->epoch.track, e->epoch.number};
    if (key_ring_find(&r->ring, &place.track, &t) && t.subject == r->owner.subject) {
        buffer_put(&r->places, &place, sizeof(place));
    }
    return r->places.bad ? ERR_NOMEM : OK;
}

static enum err note_segment(void *ctx, const struct entry_segment *s) {
    struct redaction *r = ctx;
    us_t from = r->start + s->start, to = from + s->duration;
    struct object_id o = {.type = OBJECT_MEDIA,
                          .recording = r->recording,
                          .track = r->track,
                          .epoch = s->epoch,
                          .number = s->number};
    if (from < r->span->to && to > r->span->from) {
        buffer_put(&r->gone, &o, sizeof(o));
    }
    return r->gone.bad ? ERR_NOMEM : OK;
}

static enum err note_epoch(void *ctx, const struct epoch_row *e) {
    struct redaction *r = ctx;
    struct segment_query q = {r->recording, &r->track, e->epoch.number};
    r->start = e->epoch.start;
    return catalogue_segments(r->archive->catalogue, &q, note_segment, r);
}

static enum err open_ring(struct redaction *r) {
    enum err e = archive_ring_of_rows(r->archive, &r->recording, &r->ring);
    if (e != OK) {
        return e;
    }
    if (!key_ring_find(&r->ring, &r->track, &r->owner)) {
        return ERR_UNKNOWN;
    }
    return r->owner.keys == TRACK_KEYS_TREE ? OK : ERR_UNSUPPORTED;
}

static enum err open_keys(struct redaction *r) {
    struct vault *v = r->archive->vault;
    enum err e = open_ring(r);
    if (e != OK) {
        return e;
    }
    return r->owner.subject ? vault_subject(v, &r->ring.set, r->owner.subject, &r->set)
                            : vault_recording(v, &r->recording, &r->set);
}

static enum err puncture(struct redaction *r) {
    const struct object_id *gone = (const void *)r->gone.p;
    size_t n = r->gone.n / sizeof(*gone);
    enum err e =
        keyset_list(&r->set, (const void *)r->places.p, r->places.n / sizeof(struct keyset_place));
    for (size_t i = 0; e == OK && i < n; i++) {
        struct keyset_place place = {gone[i].track, gone[i].epoch};
        e = keyset_puncture(&r->set, &place, gone[i].number, gone[i].number);
    }
    return e;
}

/* What is to be known of it for ever. Segments come by epoch and number. */
static enum err note_spans(struct redaction *r) {
    const struct object_id *gone = (const void *)r->gone.p;
    struct wraps_span run = {.track = r->track};
    size_t n = r->gone.n / sizeof(*gone);
    for (size_t i = 0; i < n; i++) {
        bool goes_on = i && gone[i].epoch == run.epoch && gone[i].number == run.last + 1;
        if (!goes_on) {
            run.epoch = gone[i].epoch;
            run.first = gone[i].number;
        }
        run.last = gone[i].number;
        bool last =
            i + 1 == n || gone[i + 1].epoch != run.epoch || gone[i + 1].number != run.last + 1;
        if (last) {
            buffer_put(&r->spans, &run, sizeof(run));
        }
    }
    return r->spans.bad ? ERR_NOMEM : OK;
}

static enum err replace_keys(struct redaction *r) {
    struct key_context c = {r->recording, r->owner.subject};
    const struct library_order *by = &r->span->by;
    struct wraps_redaction gone = {{(void *)r->spans.p, r->spans.n / sizeof(struct wraps_span)},
                                   {by->at, by->who, by->why}};
    return vault_replace(r->archive->vault, &c, c.subject ? &r->ring.set : NULL, &r->set, &gone);
}

/* Without the signing key the supplement stays; the objects are gone all the same. */
static enum err forget_derived(struct archive *a, const struct id *recording,
                               const struct id *track) {
    enum err e = supplements_forget(a, recording, track);
    return e == ERR_DENIED ? OK : e;
}

static enum err forget_derived_of(struct archive *a, const struct object_id *gone, size_t n) {
    enum err e = OK;
    for (size_t i = 0; e == OK && i < n; i++) {
        bool new_track = i == 0 || !id_eq(&gone[i].track, &gone[i - 1].track);
        e = new_track ? forget_derived(a, &gone[i].recording, &gone[i].track) : OK;
    }
    return e;
}

/* Behind the keys, of at least one object. The media go last: as long as some are there a sweep
 * sees that the rest may not be done. */
static enum err finish(struct archive *a, const struct object_id *gone, size_t n) {
    const struct store *s = &a->store;
    enum err e = forget_derived_of(a, gone, n);
    /* Without the signing key the old manifest stays; wraps.db says what is gone. One that is
     * damaged keeps nothing from being removed. */
    enum err closed = e == OK && a->has_signer ? close_again(a, &gone->recording) : OK;
    e = library_passes(closed) ? closed : e;
    for (size_t i = 0; e == OK && i < n; i++) {
        char name[OBJECT_NAME_MAX];
        e = store_remove(s, object_name(&gone[i], name));
    }
    return e == OK ? closed : e;
}

struct leftovers {
    struct wraps_spans noted;
    struct id recording;
    struct buffer gone; /* struct object_id */
};

static void note_leftover(void *ctx, const char *name, uint64_t size) {
    struct leftovers *x = ctx;
    struct object_id o;
    (void)size;
    bool left = object_parse_name(name, &o) && o.type == OBJECT_MEDIA &&
                id_eq(&o.recording, &x->recording) &&
                wraps_spans_have(&x->noted, &o.track, o.epoch, o.number);
    if (left) {
        buffer_put(&x->gone, &o, sizeof(o));
    }
}

enum err library_finish_redactions(struct archive *a, const struct id *recording, bool dry,
                                   bool *ret) {
    struct leftovers x = {.recording = *recording};
    char prefix[OBJECT_NAME_MAX], id[ID_TEXT_MAX];
    snprintf(prefix, sizeof(prefix), "recordings/%s/", id_text(recording, id));
    enum err e = wraps_redacted(a->wraps, recording, &x.noted);
    e = e == OK && a->store.list ? a->store.list(a->store.ctx, prefix, note_leftover, &x) : e;
    e = e == OK && x.gone.bad ? ERR_NOMEM : e;
    *ret = x.gone.n > 0;
    if (e == OK && *ret && !dry) {
        e = finish(a, (const void *)x.gone.p, x.gone.n / sizeof(struct object_id));
        e = e == ERR_WRONG_STATE ? OK : e;
    }
    mem_free(x.noted.p);
    buffer_free(&x.gone);
    return e;
}

static enum err refuse_held(const struct redaction *r) {
    enum err e = wraps_held(r->archive->wraps, &r->recording, NULL);
    return e == OK ? ERR_DENIED : e == ERR_UNKNOWN ? OK : e;
}

static enum err redact(struct redaction *r) {
    struct catalogue *c = r->archive->catalogue;
    enum err e = open_keys(r);
    e = e == OK ? catalogue_epochs(c, &r->recording, NULL, note_place, r) : e;
    e = e == OK ? catalogue_epochs(c, &r->recording, &r->track, note_epoch, r) : e;
    if (e != OK || r->gone.n == 0) {
        return e;
    }
    e = refuse_held(r);
    if (e == OK) {
        /* What can be read without these keys goes first, and once more behind them, for it may
         * be being made. A store that is away keeps nobody from destroying the keys. */
        (void)forget_derived(r->archive, &r->recording, &r->track);
    }
    e = e == OK ? puncture(r) : e;
    e = e == OK ? note_spans(r) : e;
    e = e == OK ? replace_keys(r) : e;
    return e;
}

static enum err redaction_open(struct library *l, const struct library_span *s,
                               struct redaction *ret, enum recording_state *ret_state) {
    struct recording_row row;
    *ret = (struct redaction){.archive = l->archive, .span = s};
    if (!l->archive->vault || !id_parse(s->id, &ret->recording) ||
        !id_parse(s->track, &ret->track)) {
        return l->archive->vault ? ERR_UNKNOWN : ERR_DENIED;
    }
    enum err e = catalogue_recording(l->archive->catalogue, &ret->recording, &row);
    if (e != OK) {
        return e;
    }
    *ret_state = row.state;
    /* Keys of epochs that the catalogue does not know would be lost: it must know them all. */
    bool whole = row.state == RECORDING_COMPLETE || row.state == RECORDING_INTERRUPTED;
    return whole ? OK : row.state == RECORDING_SHREDDED ? ERR_UNKNOWN : ERR_WRONG_STATE;
}

static void redaction_close(struct redaction *r) {
    buffer_free(&r->places);
    buffer_free(&r->gone);
    buffer_free(&r->spans);
    keyset_clear(&r->set);
    key_ring_close(&r->ring);
}

static enum err redact_span(struct library *l, const struct library_span *s, bool whole) {
    struct redaction r;
    enum recording_state state;
    enum err e = redaction_open(l, s, &r, &state);
    e = e == OK ? redact(&r) : e;
    size_t n = r.gone.n / sizeof(struct object_id);
    e = e == OK && whole && n ? finish(r.archive, (const void *)r.gone.p, n) : e;
    redaction_close(&r);
    return e;
}

enum err library_redact(struct library *l, const struct library_span *s) {
    OWNER_CHECK(&l->owner);
    return redact_span(l, s, true);
}

enum err library_redact_keys(struct library *l, const struct library_span *s) {
    OWNER_CHECK(&l->owner);
    return redact_span(l, s, false);
}

/* Whose keys were shredded has none left, whatever the notes of redactions say. */
static enum err count(const struct redaction *r, struct library_redactable *ret) {
    const struct object_id *o = (const void *)r->gone.p;
    struct key_context c = {r->recording, r->owner.subject};
    enum err e = c.subject ? wraps_shredded(r->archive->wraps, &c, NULL) : ERR_UNKNOWN;
    if (e != OK && e != ERR_UNKNOWN) {
        return e;
    }
    for (size_t i = 0; i < r->gone.n / sizeof(*o); i++) {
        bool gone =
            e == OK || wraps_spans_have(&r->ring.redacted, &o[i].track, o[i].epoch, o[i].number);
        ret->left += !gone;
        ret->gone += gone;
    }
    return OK;
}

enum err library_redact_look(struct library *l, const struct library_span *s,
                             struct library_redactable *ret) {
    OWNER_CHECK(&l->owner);
    struct redaction r;
    enum recording_state state = RECORDING_OPEN;
    struct library_redactable found = {0};
    enum err e = redaction_open(l, s, &r, &state);
    e = e == OK                       ? OK
        : state == RECORDING_DAMAGED  ? ERR_AUTH
        : state == RECORDING_SHREDDED ? ERR_GONE
                                      : e;
    e = e == OK ? refuse_held(&r) : e;
    e = e == OK ? open_ring(&r) : e;
    e = e == OK ? catalogue_epochs(l->archive->catalogue, &r.recording, &r.track, note_epoch, &r)
                : e;
    e = e == OK ? count(&r, &found) : e;
    redaction_close(&r);
    if (e == OK) {
        *ret = found;
    }
    return e;
}

enum err library_redact_finish(struct library *l, const char *id, bool *ret) {
    OWNER_CHECK(&l->owner);
    struct id recording;
    *ret = false;
    if (!id_parse(id, &recording)) {
        return ERR_UNKNOWN;
    }
    enum err e = library_finish_redactions(l->archive, &recording, false, ret);
    enum err purged = wraps_purge(l->archive->wraps); /* a reader may have been in the way */
    return e == OK ? purged : e;
}

struct each_redacted {
    void (*each)(void *ctx, const char *id);
    void *ctx;
};

static enum err say_redacted(void *ctx, const struct key_context *c) {
    const struct each_redacted *x = ctx;
    char id[ID_TEXT_MAX];
    x->each(x->ctx, id_text(&c->recording, id));
    return OK;
}

enum err library_each_redacted(struct library *l, void (*each)(void *ctx, const char *id),
                               void *ctx) {
    OWNER_CHECK(&l->owner);
    struct each_redacted x = {each, ctx};
    return wraps_each_redacted(l->archive->wraps, say_redacted, &x);
}
