/* DESIGN. Two lists are compared: what the manifest says (signed, and named by the catalogue) and
 * what the journal says (its chain ends where the manifest says). Every object of theirs is read
 * and opened completely. Then the store is listed for objects that nobody speaks of. What was made
 * of the recording later is listed by the supplement; what is being made is not listed yet. */
#include "recorder/archive/verify.h"

#include "recorder/archive/stored_manifest.h"
#include "recorder/archive/supplements.h"

#include "base/alloc.h"
#include "base/buffer.h"

#include <stdio.h>

struct check {
    struct archive *archive;
    struct id id;
    struct recording_row row;
    struct key_ring ring;
    struct object_access access;
    struct buffer shredded_tracks; /* ids: of people whose keys were shredded */
    struct wraps_spans redacted;
    struct manifest manifest; /* empty while the recording is open */
    struct supplement supplement;
    bool closed;
    struct journal_head head;
    size_t listed; /* objects of the journal, and journal objects, seen */
    const struct verify_watch *watch;
    size_t checked, total; /* objects, for who watches */
    bool found, shredded;
    enum err error; /* what kept the check itself from going on */
};

static void finding(struct check *c, const char *object, const char *what) {
    c->found = true;
    c->watch->say(c->watch->ctx, object, what);
}

/* One more was looked at; that the journal may list more than the manifest is no progress. */
static void note_step(struct check *c) {
    const struct verify_watch *w = c->watch;
    c->checked += !c->total || c->checked < c->total;
    if (c->error == OK && w->step && !w->step(w->ctx, c->checked, c->total)) {
        c->error = ERR_AGAIN;
    }
}

/* Is it what an object is, and not what kept it from being looked at? A store that does not answer
 * or a key service that is away has damaged nothing. */
static bool is_damage(enum err e) {
    return e == ERR_UNKNOWN || e == ERR_AUTH || e == ERR_FORMAT || e == ERR_LONG || e == ERR_RANGE;
}

/* An object could not be had: a finding, or an error of the check. */
static void note_error(struct check *c, const char *object, enum err e) {
    if (is_damage(e)) {
        finding(c, object,
                e == ERR_UNKNOWN ? "missing"
                : e == ERR_AUTH  ? "not authentic"
                                 : err_name(e));
    } else {
        c->error = e;
    }
}

static bool same_info(const struct object_info *a, const struct object_info *b) {
    return a->size == b->size && memcmp(a->sha256, b->sha256, SHA256_LEN) == 0;
}

/* Read and open one object; expected: what someone signed or chained about it, or NULL. */
static bool check_object(struct check *c, const struct object_id *o,
                         const struct object_info *expected, struct object_plain *ret) {
    char name[OBJECT_NAME_MAX];
    struct object_plain plain;
    enum err e = object_get(&c->access, o, &plain);
    object_name(o, name);
    note_step(c);
    if (e != OK) {
        note_error(c, name, e);
        return false;
    }
    if (expected && !same_info(&plain.info, expected)) {
        finding(c, name, "not the object that was recorded (size or hash differs)");
    }
    if (ret) {
        *ret = plain;
    } else {
        mem_free(plain.p);
    }
    return true;
}

/* An object that the journal speaks of must be in the manifest, with the same size and hash. */
static void check_listed(struct check *c, const struct object_id *o,
                         const struct object_info *info) {
    char name[OBJECT_NAME_MAX];
    c->listed++;
    if (!c->closed) {
        return;
    }
    const struct manifest_object *m = manifest_find(&c->manifest, o);
    if (!m) {
        finding(c, object_name(o, name), "not in the manifest");
    } else if (!same_info(&m->info, info)) {
        finding(c, object_name(o, name), "manifest and journal disagree");
    }
}

/* Its key was shredded: then nothing can be opened, and nothing needs to be there. What wraps.db
 * says of people is known without the keys, and before a manifest says it. */
static bool is_erased(struct check *c, const struct object_id *o) {
    const struct id *tracks = (const void *)c->shredded_tracks.p;
    bool erased = false;
    for (size_t i = 0; i < c->shredded_tracks.n / sizeof(*tracks); i++) {
        if (id_eq(&tracks[i], &o->track)) {
            return true;
        }
    }
    if (o->type == OBJECT_MEDIA && wraps_spans_have(&c->redacted, &o->track, o->epoch, o->number)) {
        return true;
    }
    return key_ring_erased(&c->ring, o, &erased) == OK && erased;
}

static enum err note_shredded(void *ctx, const struct track_row *r) {
    struct check *c = ctx;
    struct key_context owner = {c->id, r->track.participant};
    if (id_eq(&r->track.track, &ID_PROGRAMME) || r->track.keys != TRACK_KEYS_TREE) {
        return OK;
    }
    enum err e = wraps_shredded(c->archive->wraps, &owner, NULL);
    if (e == OK) {
        buffer_put(&c->shredded_tracks, &r->track.track, sizeof(r->track.track));
        return c->shredded_tracks.bad ? ERR_NOMEM : OK;
    }
    return e == ERR_UNKNOWN ? OK : e;
}

static enum err note_erased(struct check *c) {
    enum err e = wraps_redacted(c->archive->wraps, &c->id, &c->redacted);
    return e == OK ? catalogue_tracks(c->archive->catalogue, &c->id, note_shredded, c) : e;
}

/* The journal is whole with it or without it; but a name that nobody erased should be there. */
static void check_text(struct check *c, const struct entry *e) {
    struct personal_opener o = personal_opener_of(&c->ring);
    struct object_id at = {.type = OBJECT_JOURNAL, .recording = c->id, .number = c->head.objects};
    struct entry open = *e;
    char name[OBJECT_NAME_MAX];
    enum err error = o.open(o.ctx, &open);
    if (error == ERR_AUTH) {
        finding(c, object_name(&at, name), "a personal text does not open under its key");
    } else if (error != OK && error != ERR_GONE && error != ERR_LONG) {
        c->error = error;
    }
}

static enum err check_entry(void *ctx, const struct entry *e) {
    struct check *c = ctx;
    if (entry_is_of_person((enum entry_type)e->type) && e->u.personal.sealed_len) {
        check_text(c, e);
    }
    if (e->type == ENTRY_TRACK) {
        return archive_ring_track(&c->ring, &e->u.track);
    }
    if (e->type == ENTRY_SEGMENT) {
        const struct entry_segment *s = &e->u.segment;
        struct object_id o = {.type = OBJECT_MEDIA,
                              .recording = c->id,
                              .track = s->track,
                              .epoch = s->epoch,
                              .number = s->number};
        if (!is_erased(c, &o)) {
            check_object(c, &o, &s->info, NULL);
        } else {
            note_step(c);
        }
        check_listed(c, &o, &s->info);
    }
    return c->error;
}

static bool check_journal_object(struct check *c) {
    struct object_id o = {.type = OBJECT_JOURNAL, .recording = c->id, .number = c->head.objects};
    const struct manifest_object *m = c->closed ? manifest_find(&c->manifest, &o) : NULL;
    char name[OBJECT_NAME_MAX];
    struct object_plain plain;
    if (!check_object(c, &o, m ? &m->info : NULL, &plain)) {
        return false;
    }
    check_listed(c, &o, &plain.info);
    enum err e = journal_replay(bytes_of(plain.p, plain.n), &c->head, check_entry, c);
    mem_free(plain.p);
    key_ring_release(&c->ring);
    c->head.objects++;
    if (e == ERR_AUTH || e == ERR_FORMAT) {
        finding(c, object_name(&o, name),
                e == ERR_AUTH ? "chain of entries broken" : "entries malformed");
    } else if (e == ERR_UNSUPPORTED) {
        finding(c, object_name(&o, name), "made by a later release: upgrade to check it");
    } else if (e != OK) {
        c->error = e;
    }
    return e == OK;
}

static bool journal_has(struct check *c, uint32_t number) {
    struct object_id o = {.type = OBJECT_JOURNAL, .recording = c->id, .number = number};
    char name[OBJECT_NAME_MAX];
    uint64_t size;
    const struct store *s = &c->archive->store;
    enum err e = s->size(s->ctx, object_name(&o, name), &size);
    if (e != OK && e != ERR_UNKNOWN) {
        c->error = e; /* it may be there, or not: that is no end */
    }
    return e == OK;
}

static void check_journal(struct check *c) {
    c->head = journal_begin(&c->id);
    bool whole = c->error == OK;
    while (whole && (c->closed ? c->head.objects < c->manifest.journal.objects
                               : c->head.objects == 0 || journal_has(c, c->head.objects))) {
        whole = check_journal_object(c);
    }
    if (whole && c->closed &&
        (c->head.entries != c->manifest.journal.entries ||
         memcmp(c->head.hash, c->manifest.journal.hash, SHA256_LEN) != 0)) {
        finding(c, "", "the journal does not end where the manifest says");
    }
    if (whole && c->closed && c->listed != c->manifest.n_objects) {
        finding(c, "", "the manifest lists objects that the journal does not know");
    }
}

static const char *manifest_what(const struct check *c, enum err e, bool clear) {
    bool trusted = c->archive->n_trusted > 0;
    const char *signer = trusted ? "it is not signed by a key that was given"
                                 : "its signature is not that of this installation";
    const char *sealed = trusted ? "of an earlier release: no public key can check it"
                                 : "of an earlier release: cannot be checked without the key";
    return e == ERR_AUTH     ? (clear ? signer : "not authentic, or the signature is wrong")
           : e == ERR_DENIED ? (clear ? "cannot be checked: the public key is not here" : sealed)
                             : "malformed, or about another recording or version";
}

/* What cannot be checked is not damaged, if it is what the catalogue says. */
static void note_manifest(struct check *c, const char *name, enum err e,
                          const struct object_plain *stored) {
    bool same = same_info(&stored->info, &c->row.manifest);
    const char *what = manifest_what(c, e, stored->n && stored->p[0] == '{');
    if (!same) {
        finding(c, name, "not the object that was recorded (size or hash differs)");
    }
    if (e == ERR_DENIED && same) {
        c->watch->say(c->watch->ctx, name, what);
        c->error = e;
    } else if (e == ERR_DENIED || e == ERR_UNSUPPORTED || is_damage(e)) {
        finding(c, name, what);
    } else {
        c->error = e;
    }
}

/* The manifest that the catalogue names, and no other. ring NULL: without keys. */
static bool check_manifest(struct check *c, struct key_ring *ring) {
    struct object_id o = {
        .type = OBJECT_MANIFEST, .recording = c->id, .number = c->row.manifest_version};
    char name[OBJECT_NAME_MAX];
    struct object_plain stored;
    object_name(&o, name);
    enum err e = object_get_stored(&c->archive->store, &o, &stored);
    if (e == OK) {
        e = stored_manifest_decode(c->archive, ring, &o, bytes_of(stored.p, stored.n),
                                   &c->manifest);
        note_manifest(c, name, e, &stored);
        if (e == OK && c->manifest.earlier_signer) {
            c->watch->say(c->watch->ctx, name, "signed by an earlier key of this installation");
        }
        mem_free(stored.p);
    } else {
        note_error(c, name, e);
    }
    return e == OK;
}

/* What is played is found through the catalogue: it must say what the manifest says. */
static enum err check_row(void *ctx, const struct entry_segment *s) {
    struct check *c = ctx;
    struct object_id o = {.type = OBJECT_MEDIA,
                          .recording = c->id,
                          .track = s->track,
                          .epoch = s->epoch,
                          .number = s->number};
    char name[OBJECT_NAME_MAX];
    const struct manifest_object *m = manifest_find(&c->manifest, &o);
    if (!m || !same_info(&m->info, &s->info)) {
        finding(c, object_name(&o, name), "the catalogue and the manifest disagree");
    }
    c->listed++;
    return OK;
}

static void check_catalogue(struct check *c) {
    struct segment_query q = {.recording = c->id};
    c->listed = c->manifest.journal.objects;
    enum err e = catalogue_segments(c->archive->catalogue, &q, check_row, c);
    if (e != OK) {
        c->error = e;
    } else if (c->listed != c->manifest.n_objects) {
        finding(c, "", "the catalogue lacks segments that the manifest lists");
    }
}

/* A derived object that nothing lists yet: only who has the keys can have made it. Without them it
 * cannot be told. */
static bool is_unfinished(struct check *c, const struct object_id *o) {
    struct object_plain plain;
    if (o->type < OBJECT_THUMBNAIL || o->type > OBJECT_EXPORT) {
        return false;
    }
    if (!c->access.store) {
        return true;
    }
    enum err e = object_get(&c->access, o, &plain);
    if (e == OK) {
        mem_free(plain.p);
    } else if (e != ERR_GONE && !is_damage(e)) {
        c->error = e;
    }
    return e == OK || e == ERR_UNKNOWN || !is_damage(e);
}

static bool is_listed(const struct check *c, const struct object_id *o) {
    return o->type == OBJECT_MANIFEST ? o->number - 1 < c->manifest.version
           : o->type == OBJECT_SUPPLEMENT
               ? o->number - 1 < c->supplement.version
               : manifest_find(&c->manifest, o) || manifest_find(&c->supplement.list, o);
}

/* Of something that was erased by order, and is there all the same. */
static bool is_left(struct check *c, const struct object_id *o) {
    const struct manifest_object *m = manifest_find(&c->manifest, o);
    return (m && m->erased) || is_erased(c, o);
}

static void check_extra(void *ctx, const char *name, uint64_t size) {
    struct check *c = ctx;
    struct object_id o;
    (void)size;
    bool known = object_parse_name(name, &o) && id_eq(&o.recording, &c->id) &&
                 (is_listed(c, &o) || is_unfinished(c, &o));
    if (!known) {
        finding(c, name, "extra: nothing lists it");
    } else if (is_left(c, &o)) {
        finding(c, name, "erased, but still stored: order it again");
    }
}

static void check_extras(struct check *c) {
    const struct store *s = &c->archive->store;
    char prefix[OBJECT_NAME_MAX], id[ID_TEXT_MAX];
    snprintf(prefix, sizeof(prefix), "recordings/%s/", id_text(&c->id, id));
    enum err e = s->list ? s->list(s->ctx, prefix, check_extra, c) : OK;
    if (e != OK) {
        c->error = e;
    }
}

static void check_stored(struct check *c, const struct manifest_object *m);

/* What was made later is listed, too: then it is known how much there is to look at. */
static void open_supplement(struct check *c) {
    struct object_id first = {.type = OBJECT_SUPPLEMENT, .recording = c->id, .number = 1};
    char name[OBJECT_NAME_MAX];
    enum err e = c->closed ? supplements_get(c->archive, &c->id, &c->supplement) : OK;
    if (e == ERR_UNSUPPORTED || is_damage(e)) {
        finding(c, object_name(&first, name), manifest_what(c, e, true));
    } else if (e != OK) {
        c->error = e;
    }
    c->total = c->manifest.n_objects + c->supplement.list.n_objects;
}

/* It is there and unchanged; with keys, it opens, too. */
static void check_supplement(struct check *c) {
    for (size_t i = 0; c->error == OK && i < c->supplement.list.n_objects; i++) {
        const struct manifest_object *m = &c->supplement.list.objects[i];
        if (!c->access.store) {
            check_stored(c, m);
        } else if (!is_erased(c, &m->id)) {
            check_object(c, &m->id, &m->info, NULL);
        } else {
            note_step(c);
        }
    }
}

static void check_unknown_manifest(void *ctx, const char *name, uint64_t size) {
    struct object_id o;
    (void)size;
    if (object_parse_name(name, &o) && o.type == OBJECT_MANIFEST) {
        finding(ctx, name, "a manifest that the catalogue does not know");
    }
}

/* Its end is proven by nothing. That is as it should be only while it is made, and proves nothing
 * to whom only the given keys do; and no row may hide that there was a manifest. */
static void check_unclosed(struct check *c) {
    const struct store *s = &c->archive->store;
    struct recording_row now;
    char prefix[OBJECT_NAME_MAX], id[ID_TEXT_MAX];
    bool found = c->found;
    if (c->archive->n_trusted) {
        finding(c, "", "is not closed: nothing is signed");
    } else if (c->row.state != RECORDING_OPEN) {
        finding(c, "", "is not closed: there is no manifest");
    }
    snprintf(prefix, sizeof(prefix), "recordings/%s/", id_text(&c->id, id));
    enum err e = s->list ? s->list(s->ctx, prefix, check_unknown_manifest, c) : OK;
    e = e == OK ? catalogue_recording(c->archive->catalogue, &c->id, &now) : e;
    if (e == OK && now.manifest_version) { /* by whoever made it, meanwhile */
        c->found = found;
        e = ERR_AGAIN;
    }
    c->error = e;
}

static void check_all(struct check *c) {
    c->closed = c->row.manifest_version != 0;
    if (c->closed && !check_manifest(c, &c->ring)) {
        return;
    }
    open_supplement(c);
    check_journal(c);
    if (!c->closed && c->error == OK) {
        check_unclosed(c);
    }
    if (c->closed && c->error == OK) {
        check_catalogue(c);
    }
    if (c->closed && c->error == OK) {
        check_supplement(c);
    }
    if (c->closed && c->error == OK) {
        check_extras(c);
    }
}

/* Without keys: are the sealed bytes those that the manifest was signed for? */
static void check_stored(struct check *c, const struct manifest_object *m) {
    char name[OBJECT_NAME_MAX];
    struct object_plain stored;
    object_name(&m->id, name);
    if (m->erased || is_erased(c, &m->id)) {
        note_step(c);
        return;
    }
    enum err e = object_get_stored(&c->archive->store, &m->id, &stored);
    note_step(c);
    if (e == OK) {
        mem_free(stored.p);
        if (!same_info(&stored.info, &m->info)) {
            finding(c, name, "not the object that was recorded (size or hash differs)");
        }
    } else {
        note_error(c, name, e);
    }
}

static void check_left(void *ctx, const char *name, uint64_t size) {
    (void)size;
    finding(ctx, name, "left behind by a shred: order it again");
}

/* Shredded by order: then nothing may be left. False: it was not. */
static bool check_shredded(struct check *c) {
    struct key_context all = {c->id, 0};
    const struct store *s = &c->archive->store;
    char prefix[OBJECT_NAME_MAX], id[ID_TEXT_MAX];
    enum err e = wraps_shredded(c->archive->wraps, &all, NULL);
    if (e == OK) {
        snprintf(prefix, sizeof(prefix), "recordings/%s/", id_text(&c->id, id));
        e = s->list ? s->list(s->ctx, prefix, check_left, c) : OK;
        c->error = e;
        c->shredded = true;
        return true;
    }
    c->error = e == ERR_UNKNOWN ? OK : e;
    return e != ERR_UNKNOWN;
}

/* What was erased or made by order while it was read is no damage. What was, only grows. */
static bool has_changed(const struct check *c) {
    struct check now = {.archive = c->archive, .id = c->id};
    const struct key_context all = {c->id, 0};
    if (c->shredded) {
        return false; /* and so it stays */
    }
    bool changed = wraps_shredded(c->archive->wraps, &all, NULL) == OK;
    if (note_erased(&now) == OK) {
        changed |= now.shredded_tracks.n != c->shredded_tracks.n || now.redacted.n != c->redacted.n;
    }
    if (c->closed && supplements_get(c->archive, &c->id, &now.supplement) == OK) {
        changed |= now.supplement.version != c->supplement.version;
    }
    supplement_clear(&now.supplement);
    buffer_free(&now.shredded_tracks);
    mem_free(now.redacted.p);
    return changed;
}

static enum err done(struct check *c) {
    if (c->error == ERR_GONE || (c->error == OK && c->found && has_changed(c))) {
        c->error = ERR_GONE;
    }
    if (c->row.state == RECORDING_DAMAGED) {
        finding(c, "", "recovery found its journal damaged");
    }
    manifest_clear(&c->manifest);
    supplement_clear(&c->supplement);
    buffer_free(&c->shredded_tracks);
    mem_free(c->redacted.p);
    key_ring_close(&c->ring);
    return c->error != OK ? c->error : c->found ? ERR_AUTH : c->shredded ? ERR_WRONG_STATE : OK;
}

enum err verify_sealed(struct archive *a, const struct id *recording,
                       const struct verify_watch *w) {
    struct check c = {.archive = a, .id = *recording, .watch = w};
    enum err e = catalogue_recording(a->catalogue, recording, &c.row);
    if (e != OK) {
        return e;
    }
    if (check_shredded(&c)) {
        return done(&c);
    }
    c.error = note_erased(&c);
    c.closed = c.row.manifest_version != 0;
    if (c.error != OK) {
        return done(&c);
    }
    if (!c.closed) {
        finding(&c, "",
                a->n_trusted ? "is not closed: nothing is signed"
                             : "is not closed: there is no manifest yet");
    } else if (check_manifest(&c, NULL)) {
        open_supplement(&c);
        for (size_t i = 0; c.error == OK && i < c.manifest.n_objects; i++) {
            check_stored(&c, &c.manifest.objects[i]);
        }
        if (c.error == OK) {
            check_supplement(&c);
        }
        if (c.error == OK) {
            check_extras(&c);
        }
    }
    return done(&c);
}

enum err verify_opened(struct archive *a, const struct id *recording,
                       const struct verify_watch *w) {
    struct check c = {.archive = a, .id = *recording, .watch = w};
    enum err e = catalogue_recording(a->catalogue, recording, &c.row);
    if (e != OK) {
        return e;
    }
    if (check_shredded(&c)) {
        return done(&c);
    }
    c.access = archive_access(a, &c.ring);
    c.error = note_erased(&c);
    if (c.error != OK) {
        return done(&c);
    }
    e = archive_ring(a, recording, &c.ring);
    if (e == OK) {
        check_all(&c);
    } else if (e == ERR_UNKNOWN || e == ERR_AUTH || e == ERR_FORMAT) {
        finding(&c, "", e == ERR_UNKNOWN ? "its key is lost" : "its key is not authentic");
    } else {
        c.error = e;
    }
    return done(&c);
}
