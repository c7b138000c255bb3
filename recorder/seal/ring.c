#include "recorder/seal/ring.h"

#include "base/alloc.h"

struct ring_subject {
    uint64_t subject;
    struct keyset set;
    struct key_wrap wrap;
    bool pending; /* wrap is not stored yet */
};

enum err key_ring_open(struct key_ring *r, struct vault *v, const struct id *recording) {
    memset(r, 0, sizeof(*r));
    r->vault = v;
    enum err e = vault_recording(v, recording, &r->set);
    e = e == OK ? vault_redacted(v, recording, &r->redacted) : e;
    if (e != OK) {
        key_ring_close(r);
    }
    return e;
}

enum err key_ring_new(struct key_ring *r, struct vault *v, const struct id *recording) {
    memset(r, 0, sizeof(*r));
    r->vault = v;
    return vault_new(v, recording, &r->set);
}

void key_ring_close(struct key_ring *r) {
    for (size_t i = 0; i < r->n_subjects; i++) {
        keyset_clear(&r->subjects[i].set);
    }
    mem_free(r->subjects);
    mem_free(r->stored);
    mem_free(r->tracks);
    mem_free(r->redacted.p);
    keyset_clear(&r->set);
    memset(r, 0, sizeof(*r));
}

static struct ring_track *track_of(const struct key_ring *r, const struct id *track) {
    for (size_t i = r->n_tracks; i-- > 0;) {
        if (id_eq(&r->tracks[i].track, track)) {
            return &r->tracks[i];
        }
    }
    return NULL;
}

enum err key_ring_track(struct key_ring *r, const struct ring_track *t) {
    struct ring_track *known = track_of(r, &t->track);
    if (!known) {
        if (r->n_tracks == r->tracks_cap) {
            size_t cap = r->tracks_cap ? 2 * r->tracks_cap : 16;
            struct ring_track *p = mem_realloc(r->tracks, cap * sizeof(*p));
            if (!p) {
                return ERR_NOMEM;
            }
            r->tracks = p;
            r->tracks_cap = cap;
        }
        known = &r->tracks[r->n_tracks++];
    }
    *known = *t;
    return OK;
}

bool key_ring_find(const struct key_ring *r, const struct id *track, struct ring_track *ret) {
    const struct ring_track *t = track_of(r, track);
    if (t) {
        *ret = *t;
    }
    return t != NULL;
}

static struct ring_subject *subject_of(const struct key_ring *r, uint64_t subject) {
    for (size_t i = 0; i < r->n_subjects; i++) {
        if (r->subjects[i].subject == subject) {
            return &r->subjects[i];
        }
    }
    return NULL;
}

/* Room for one more. The keysets move by hand, so that no copy of a key is left behind. */
static enum err more_subjects(struct key_ring *r) {
    if (r->n_subjects < r->subjects_cap) {
        return OK;
    }
    size_t cap = r->subjects_cap ? 2 * r->subjects_cap : 8;
    struct ring_subject *p = mem_zalloc(cap, sizeof(*p));
    if (!p) {
        return ERR_NOMEM;
    }
    if (r->n_subjects) {
        memcpy(p, r->subjects, r->n_subjects * sizeof(*p));
        mem_wipe(r->subjects, r->n_subjects * sizeof(*p));
    }
    mem_free(r->subjects);
    r->subjects = p;
    r->subjects_cap = cap;
    return OK;
}

static bool is_stored(const struct key_ring *r, uint64_t subject) {
    for (size_t i = 0; i < r->n_stored; i++) {
        if (r->stored[i] == subject) {
            return true;
        }
    }
    return false;
}

/* That a subject has keys may not be forgotten with them: others in their place would seal what
 * nobody can open. */
static bool note_stored(struct key_ring *r, uint64_t subject) {
    if (is_stored(r, subject)) {
        return true;
    }
    if (r->n_stored == r->stored_cap) {
        size_t cap = r->stored_cap ? 2 * r->stored_cap : 64;
        uint64_t *p = mem_realloc(r->stored, cap * sizeof(*p));
        if (!p) {
            return false;
        }
        r->stored = p;
        r->stored_cap = cap;
    }
    r->stored[r->n_stored++] = subject;
    return true;
}

static bool has_track(const struct key_ring *r, uint64_t subject) {
    for (size_t i = 0; i < r->n_tracks; i++) {
        if (r->tracks[i].subject == subject) {
            return true;
        }
    }
    return false;
}

void key_ring_release(struct key_ring *r) {
    size_t kept = 0;
    for (size_t i = 0; i < r->n_subjects; i++) {
        struct ring_subject *s = &r->subjects[i];
        if (s->pending || has_track(r, s->subject) || !note_stored(r, s->subject)) {
            if (kept != i) {
                r->subjects[kept] = *s;
            }
            kept++;
        } else {
            keyset_clear(&s->set);
        }
    }
    if (kept < r->n_subjects) {
        mem_wipe(&r->subjects[kept], (r->n_subjects - kept) * sizeof(*r->subjects));
    }
    r->n_subjects = kept;
}

enum err key_ring_add_subject(struct key_ring *r, uint64_t subject) {
    if (subject == 0 || subject_of(r, subject) || is_stored(r, subject)) {
        return OK;
    }
    enum err e = more_subjects(r);
    if (e != OK) {
        return e;
    }
    struct ring_subject *s = &r->subjects[r->n_subjects];
    e = vault_new_subject(r->vault, &r->set, subject, &s->set, &s->wrap);
    if (e == OK) {
        s->subject = subject;
        s->pending = true;
        r->n_subjects++;
    }
    return e;
}

static enum err put_pending(struct key_ring *r) {
    for (size_t i = 0; i < r->n_subjects; i++) {
        struct ring_subject *s = &r->subjects[i];
        struct key_context c = {r->set.recording, s->subject};
        enum err e = s->pending ? vault_put_subject(r->vault, &c, &s->wrap) : OK;
        if (e != OK && e != ERR_EXISTS) {
            return e;
        }
    }
    return OK;
}

/* Many may come at once, when a recording begins in a tour that is under way. */
enum err key_ring_settle(struct key_ring *r) {
    bool any = false;
    for (size_t i = 0; i < r->n_subjects; i++) {
        any = any || r->subjects[i].pending;
    }
    if (!any) {
        return OK;
    }
    enum err e = vault_batch_begin(r->vault);
    e = e == OK ? vault_batch_end(r->vault, put_pending(r)) : e;
    for (size_t i = 0; e == OK && i < r->n_subjects; i++) {
        r->subjects[i].pending = false;
    }
    return e;
}

/* The keyset of a subject, opened when it is first asked for. */
static enum err keyset_for(struct key_ring *r, uint64_t subject, const struct keyset **ret) {
    struct ring_subject *s = subject_of(r, subject);
    if (subject == 0) {
        *ret = &r->set;
        return OK;
    }
    if (!s) {
        enum err e = more_subjects(r);
        s = e == OK ? &r->subjects[r->n_subjects] : NULL;
        e = e == OK ? vault_subject(r->vault, &r->set, subject, &s->set) : e;
        if (e != OK) {
            return e;
        }
        s->subject = subject;
        s->pending = false;
        r->n_subjects++;
    }
    *ret = &s->set;
    return OK;
}

static bool is_redacted(const struct key_ring *r, const struct object_id *o) {
    return o->type == OBJECT_MEDIA &&
           wraps_spans_have(&r->redacted, &o->track, o->epoch, o->number);
}

static enum err ring_key(void *ctx, const struct object_id *o, uint8_t ret[KEY_LEN]) {
    struct key_ring *r = ctx;
    const struct ring_track *t = id_eq(&o->track, &ID_NONE) ? NULL : track_of(r, &o->track);
    const struct keyset *set;
    if (!t || t->keys == TRACK_KEYS_ONE) {
        return keyset_single(&r->set, KEYSET_OBJECTS, ret);
    }
    if (t->keys != TRACK_KEYS_TREE) {
        return ERR_UNSUPPORTED;
    }
    if (is_redacted(r, o)) {
        return ERR_GONE;
    }
    enum err e = keyset_for(r, t->subject, &set);
    struct keyset_place place = {o->track, o->epoch};
    if (o->type != OBJECT_MEDIA) {
        /* A picture of somebody is as much theirs as the track it was made of. */
        return e == OK ? keyset_single(set, KEYSET_OBJECTS, ret) : e;
    }
    e = e == OK ? keyset_media(set, &place, o->number, ret) : e;
    return e;
}

enum err key_ring_text(struct key_ring *r, uint64_t subject, uint8_t ret[KEY_LEN]) {
    uint8_t objects[KEY_LEN];
    const struct keyset *set;
    enum err e = keyset_for(r, subject, &set);
    e = e == OK ? keyset_single(set, KEYSET_OBJECTS, objects) : e;
    e = e == OK ? keys_expand(objects, "oriel-text/1", bytes_of(r->set.recording.b, ID_LEN), ret)
                : e;
    mem_wipe(objects, sizeof(objects));
    return e;
}

enum err key_ring_erased(struct key_ring *r, const struct object_id *o, bool *ret) {
    const struct ring_track *t = o->type == OBJECT_MEDIA ? track_of(r, &o->track) : NULL;
    const struct keyset *set;
    if (!t || t->keys != TRACK_KEYS_TREE) {
        *ret = false;
        return OK;
    }
    enum err e = keyset_for(r, t->subject, &set);
    struct keyset_place place = {o->track, o->epoch};
    if (e == OK || e == ERR_GONE) {
        *ret = e == ERR_GONE || is_redacted(r, o) || !keyset_has_media(set, &place, o->number);
    }
    return e == ERR_GONE ? OK : e;
}

struct object_keys key_ring_objects(struct key_ring *r) {
    return (struct object_keys){ring_key, r};
}

enum err key_ring_signing(const struct key_ring *r, struct signing_key *ret) {
    uint8_t seed[KEY_LEN];
    enum err e = keyset_single(&r->set, KEYSET_SIGNING, seed);
    e = e == OK ? keys_signing(seed, ret) : e;
    mem_wipe(seed, sizeof(seed));
    return e;
}
