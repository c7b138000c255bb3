/* What is done with keys and not with pictures: shredding, holding, wrapping again. */
#include "recorder/archive/close.h"
#include "recorder/archive/supplements.h"
#include "recorder/library/library_parts.h"

#include "base/alloc.h"
#include "base/buffer.h"

#include <stdio.h>
#include <string.h>

/* Of a recording, or of one of its tracks. */
enum err library_remove_objects(struct archive *a, const struct id *recording,
                                const struct id *track) {
    char prefix[OBJECT_NAME_MAX], id[ID_TEXT_MAX], track_id[ID_TEXT_MAX];
    snprintf(prefix, sizeof(prefix), "recordings/%s/%s%s", id_text(recording, id),
             track ? id_text(track, track_id) : "", track ? "/" : "");
    return store_remove_below(&a->store, prefix, NULL, NULL);
}

/* What may be shredded: a recording that is there and is not being made. */
static enum err find(struct library *l, const char *id, struct recording_row *ret) {
    struct id recording;
    if (!id_parse(id, &recording)) {
        return ERR_UNKNOWN;
    }
    enum err e = catalogue_recording(l->archive->catalogue, &recording, ret);
    return e == OK && ret->state == RECORDING_OPEN ? ERR_WRONG_STATE : e;
}

static enum err shred(struct library *l, const struct key_context *c,
                      const struct library_order *o) {
    struct wraps_order order = {o->at, o->who, o->why};
    struct wraps *w = l->archive->wraps;
    enum err e = wraps_shred(w, c, &order);
    if (e == ERR_UNKNOWN) {
        e = wraps_shredded(w, c, NULL); /* said before; the rest may not be done */
    }
    return e;
}

enum err library_shred(struct library *l, const char *id, const struct library_order *o) {
    OWNER_CHECK(&l->owner);
    struct archive *a = l->archive;
    struct recording_row row;
    enum err e = find(l, id, &row);
    if (e == OK) {
        struct key_context c = {row.id, 0};
        e = shred(l, &c, o);
    }
    e = e == OK ? catalogue_shredded(a->catalogue, &row.id) : e;
    e = e == OK ? catalogue_purge(a->catalogue) : e;
    return e == OK ? library_remove_objects(a, &row.id, NULL) : e;
}

struct person {
    struct archive *archive;
    struct id recording;
    uint64_t participant;
    struct buffer tracks; /* ids */
    bool known;           /* the catalogue has heard of them */
    bool inseparable;     /* a track of theirs is under a key of the recording */
};

static enum err note_track(void *ctx, const struct track_row *r) {
    struct person *p = ctx;
    if (!id_eq(&r->track.track, &ID_PROGRAMME) && r->track.participant == p->participant) {
        buffer_put(&p->tracks, &r->track.track, sizeof(r->track.track));
        p->known = true;
        p->inseparable = p->inseparable || r->track.keys != TRACK_KEYS_TREE;
    }
    return p->tracks.bad ? ERR_NOMEM : OK;
}

/* Without the signing key the supplement stays; the objects are gone all the same. */
static enum err forget_derived(struct person *p) {
    enum err e = OK;
    for (size_t at = 0; e == OK && at < p->tracks.n; at += sizeof(struct id)) {
        struct id track;
        memcpy(&track, p->tracks.p + at, sizeof(track));
        e = supplements_forget(p->archive, &p->recording, &track);
        e = e == ERR_DENIED ? OK : e;
    }
    return e;
}

static enum err note_participant(void *ctx, const struct participant_row *r) {
    struct person *p = ctx;
    p->known = p->known || r->participant == p->participant;
    return OK;
}

static enum err find_person(struct person *p) {
    struct catalogue *c = p->archive->catalogue;
    enum err e = catalogue_participants(c, &p->recording, note_participant, p);
    e = e == OK ? catalogue_tracks(c, &p->recording, note_track, p) : e;
    if (e != OK) {
        return e;
    }
    return !p->known ? ERR_UNKNOWN : p->inseparable ? ERR_UNSUPPORTED : OK;
}

static enum err remove_tracks(struct person *p) {
    enum err e = OK;
    for (size_t at = 0; e == OK && at < p->tracks.n; at += sizeof(struct id)) {
        struct id track;
        memcpy(&track, p->tracks.p + at, sizeof(track));
        e = library_remove_objects(p->archive, &p->recording, &track);
    }
    return e;
}

/* Behind the keys. The tracks go last: as long as one is there a sweep sees that the rest may not
 * be done. A recording that cannot be closed again, for it is damaged, keeps them from nothing. */
static enum err finish_person(struct person *p) {
    enum err e = forget_derived(p);
    if (e != OK || p->tracks.n == 0) {
        return e;
    }
    /* Without the signing key the old manifest stays; wraps.db says what is gone. */
    enum err closed = p->archive->has_signer ? close_again(p->archive, &p->recording) : OK;
    e = library_passes(closed) ? closed : remove_tracks(p);
    return e == OK ? closed : e;
}

/* The order is noted first: from then on nothing can be opened, and recovery forgets the name when
 * it computes the catalogue anew. */
static enum err shred_person(struct person *p, const struct library_order *o) {
    struct archive *a = p->archive;
    struct key_context c = {p->recording, p->participant};
    struct wraps_order order = {o->at, o->who, o->why};
    enum err e = find_person(p);
    enum err held = e == OK ? wraps_held(a->wraps, &p->recording, NULL) : e;
    if (held == ERR_UNKNOWN) {
        /* What can be read without their keys goes before them, too (library_redact.c). */
        (void)forget_derived(p);
    }
    e = e == OK ? wraps_shred_person(a->wraps, &c, &order) : e;
    e = e == OK ? catalogue_forget_person(a->catalogue, &p->recording, p->participant) : e;
    e = e == OK ? catalogue_purge(a->catalogue) : e;
    return e == OK ? finish_person(p) : e;
}

enum err library_shred_person(struct library *l, const char *id, uint64_t participant,
                              const struct library_order *o) {
    OWNER_CHECK(&l->owner);
    struct recording_row row;
    enum err e = participant ? find(l, id, &row) : ERR_UNKNOWN;
    if (e != OK) {
        return e;
    }
    struct person p = {.archive = l->archive, .recording = row.id, .participant = participant};
    e = shred_person(&p, o);
    buffer_free(&p.tracks);
    return e;
}

enum err library_hold(struct library *l, const char *id, const struct library_order *o) {
    OWNER_CHECK(&l->owner);
    struct wraps_order order = {o->at, o->who, o->why};
    struct id recording;
    return id_parse(id, &recording) ? wraps_hold(l->archive->wraps, &recording, &order)
                                    : ERR_UNKNOWN;
}

enum err library_release(struct library *l, const char *id) {
    OWNER_CHECK(&l->owner);
    struct id recording;
    return id_parse(id, &recording) ? wraps_release(l->archive->wraps, &recording) : ERR_UNKNOWN;
}

struct rekey {
    struct vault *vault;
    struct library_rekeyed *n;
};

/* A row that cannot be wrapped again is counted and left; a provider that fails ends the run. */
static enum err rekey_row(void *ctx, const struct key_context *c, const struct key_wrap *w) {
    struct rekey *r = ctx;
    r->n->rows++;
    if (vault_is_current(r->vault, w)) {
        return OK;
    }
    enum err e = vault_rewrap(r->vault, c, w);
    r->n->wrapped += e == OK;
    if (e == ERR_AUTH || e == ERR_FORMAT) {
        r->n->failed++;
        return OK;
    }
    return e == ERR_UNKNOWN ? OK : e; /* shredded, or wrapped again, in this moment */
}

enum err library_rekey(struct library *l, struct library_rekeyed *ret) {
    OWNER_CHECK(&l->owner);
    struct archive *a = l->archive;
    struct rekey r = {a->vault, ret};
    struct wraps_store s;
    *ret = (struct library_rekeyed){0};
    if (!a->vault) {
        return ERR_DENIED;
    }
    enum err e = vault_check(a->vault);
    e = e == OK ? wraps_each_row(a->wraps, rekey_row, &r) : e;
    if (e == OK && wraps_store(a->wraps, &s) == OK && !vault_is_current(a->vault, &s.wrap)) {
        e = vault_probe_make(a->vault, &s.id, &s.wrap);
        e = e == OK ? wraps_set_store(a->wraps, &s) : e;
    }
    enum err purged = wraps_purge(a->wraps);
    return e == OK ? purged : e;
}

void library_tick(struct library *l, us_t now) {
    OWNER_CHECK(&l->owner);
    if (l->archive->vault) {
        vault_tick(l->archive->vault, now);
    }
}

const char *library_why(const struct library *l) {
    OWNER_CHECK(&l->owner);
    if (catalogue_is_away(l->archive->catalogue)) {
        return catalogue_why(l->archive->catalogue);
    }
    return l->archive->vault ? vault_why(l->archive->vault) : "";
}
