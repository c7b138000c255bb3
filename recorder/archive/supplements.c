#include "recorder/archive/supplements.h"

#include "recorder/archive/signers.h"

#include "base/alloc.h"
#include "base/buffer.h"

#include <stdio.h>

#define TRIES 8 /* times that somebody else may be faster */

struct versions {
    struct id recording;
    uint32_t highest;
    uint32_t below; /* versions below this one are gathered */
    uint32_t old[16];
    size_t n_old;
};

static void note(void *ctx, const char *name, uint64_t size) {
    struct versions *v = ctx;
    struct object_id o;
    (void)size;
    if (!object_parse_name(name, &o) || o.type != OBJECT_SUPPLEMENT ||
        !id_eq(&o.recording, &v->recording)) {
        return;
    }
    v->highest = o.number > v->highest ? o.number : v->highest;
    if (o.number < v->below && v->n_old < sizeof(v->old) / sizeof(*v->old)) {
        v->old[v->n_old++] = o.number;
    }
}

static enum err look(const struct archive *a, struct versions *v) {
    char prefix[OBJECT_NAME_MAX], id[ID_TEXT_MAX];
    snprintf(prefix, sizeof(prefix), "recordings/%s/supplement/", id_text(&v->recording, id));
    enum err e = a->store.list ? a->store.list(a->store.ctx, prefix, note, v) : OK;
    return e == ERR_UNKNOWN ? OK : e;
}

static struct object_id object_of(const struct id *recording, uint32_t version) {
    return (struct object_id){
        .type = OBJECT_SUPPLEMENT, .recording = *recording, .number = version};
}

struct attempt {
    struct bytes stored;
    struct supplement s;
};

static enum err try_signer(void *ctx, const struct signing_key *k) {
    struct attempt *t = ctx;
    return supplement_decode(t->stored, k, &t->s);
}

/* By a key that signs here, or did. */
static enum err decode(struct archive *a, struct bytes stored, struct supplement *ret) {
    struct attempt t = {.stored = stored};
    enum err e = signers_find(a, try_signer, &t, NULL);
    if (e == OK) {
        *ret = t.s;
    }
    return e;
}

enum err supplements_get(struct archive *a, const struct id *recording, struct supplement *ret) {
    struct versions v = {.recording = *recording};
    struct object_plain stored;
    struct supplement s = {.recording = *recording};
    enum err e = look(a, &v);
    if (e != OK || v.highest == 0) {
        *ret = s;
        return e;
    }
    struct object_id o = object_of(recording, v.highest);
    e = object_get_stored(&a->store, &o, &stored);
    if (e == OK) {
        e = decode(a, bytes_of(stored.p, stored.n), &s);
        mem_free(stored.p);
    }
    if (e == OK && (s.version != v.highest || !id_eq(&s.recording, recording))) {
        supplement_clear(&s);
        e = ERR_AUTH;
    }
    *ret = e == OK ? s : (struct supplement){0};
    return e;
}

/* What an interrupted replacement leaves is removed by the next one. */
static void remove_old(struct archive *a, const struct id *recording, uint32_t version) {
    struct versions v = {.recording = *recording, .below = version};
    char name[OBJECT_NAME_MAX];
    if (look(a, &v) != OK) {
        return;
    }
    for (size_t i = 0; i < v.n_old; i++) {
        struct object_id o = object_of(recording, v.old[i]);
        (void)a->store.remove(a->store.ctx, object_name(&o, name));
    }
}

enum err supplements_put(struct archive *a, struct supplement *s) {
    struct object_id o = object_of(&s->recording, s->version + 1);
    struct object_info info;
    struct key_ring ring;
    char *text = NULL;
    size_t n = 0;
    enum err e = a->has_signer ? archive_ring(a, &s->recording, &ring) : ERR_DENIED;
    if (e != OK) {
        return e == ERR_GONE ? ERR_UNKNOWN : e;
    }
    key_ring_close(&ring);
    s->version++;
    e = supplement_encode(s, &a->signer, &text, &n);
    e = e == OK ? object_put_clear(&a->store, &o, bytes_of(text, n), &info) : e;
    mem_free(text);
    if (e != OK) {
        s->version--;
        return e;
    }
    remove_old(a, &s->recording, s->version);
    return OK;
}

/* track NULL: all. */
static bool is_of(const struct object_id *o, const struct id *track) {
    if (!track) {
        return o->type >= OBJECT_THUMBNAIL && o->type <= OBJECT_SUPPLEMENT;
    }
    return o->type == OBJECT_EXPORT ||
           ((o->type == OBJECT_WAVEFORM || o->type == OBJECT_THUMBNAIL) && id_eq(&o->track, track));
}

/* Take it off the lists; false: there was none of it. */
static bool drop_of(struct supplement *s, const struct id *track) {
    struct manifest *m = &s->list;
    size_t kept = 0, before = m->n_objects;
    for (size_t i = 0; i < before; i++) {
        if (!is_of(&m->objects[i].id, track)) {
            m->objects[kept++] = m->objects[i];
        } else if (m->objects[i].id.type == OBJECT_WAVEFORM) {
            s->waveforms = false; /* what is left of the track gets another one */
        }
    }
    m->n_objects = kept;
    s->n_exports = 0;
    if (id_eq(track, &ID_PROGRAMME)) {
        s->n_thumbnails = 0;
        s->thumbnails = false;
    }
    return kept != before;
}

static bool is_named(const void *ctx, const char *name) {
    struct object_id o;
    return object_parse_name(name, &o) && is_of(&o, ctx);
}

static enum err remove_of(struct archive *a, const struct id *recording, const struct id *track) {
    char prefix[OBJECT_NAME_MAX], id[ID_TEXT_MAX];
    snprintf(prefix, sizeof(prefix), "recordings/%s/", id_text(recording, id));
    return store_remove_below(&a->store, prefix, is_named, track);
}

enum err supplements_forget(struct archive *a, const struct id *recording, const struct id *track) {
    enum err listed = track ? ERR_EXISTS : OK;
    for (int i = 0; listed == ERR_EXISTS && i < TRIES; i++) {
        struct supplement s = {0};
        listed = supplements_get(a, recording, &s);
        if (listed == OK && s.version && drop_of(&s, track)) {
            listed = supplements_put(a, &s);
        }
        supplement_clear(&s);
    }
    enum err removed = remove_of(a, recording, track);
    return listed != OK ? listed : removed;
}
