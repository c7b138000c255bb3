/* DESIGN. What is missing in a store may only be concluded from when it is the right store. The id
 * that wraps.db remembers decides; where it cannot (the first use, a state directory of a release
 * without identities, an identity that was lost), an object that opens under one of the recordings'
 * keys is the proof. Without either the archive does not open: a server that went on without its
 * recordings would lose every tour that was to be recorded, and one that wrote into the mount
 * point would hide what it wrote under the volume that is mounted later. The same is true of a
 * spool folder, which is recognised by its copy of the identity. */
#include "recorder/archive/archive.h"

#include "recorder/archive/store_identity.h"
#include "recorder/seal/objects.h"

#include "base/alloc.h"

#include <stdio.h>

struct proof {
    struct archive *archive;
    bool newest; /* it must be an object of the recording that was begun last */
    bool any;    /* wraps.db knows recordings */
    bool found;  /* the store holds an authentic object of one of them */
};

/* Whether the first journal object of a recording is there. */
static enum err look(struct archive *a, const struct id *recording, bool *ret) {
    struct key_ring ring;
    struct object_plain plain;
    struct object_id o = {.type = OBJECT_JOURNAL, .recording = *recording};
    enum err e = archive_ring(a, recording, &ring);
    if (e == OK) {
        struct object_access access = archive_access(a, &ring);
        e = object_get(&access, &o, &plain);
    }
    key_ring_close(&ring);
    *ret = e == OK;
    if (e == OK) {
        mem_free(plain.p);
    }
    return e == ERR_NOMEM ? e : OK; /* what is wrong with this one says nothing of the store */
}

static enum err prove(void *ctx, const struct id *recording) {
    struct proof *p = ctx;
    bool there, begun = false;
    p->any = true;
    enum err e = look(p->archive, recording, &there);
    if (e != OK) {
        return e;
    }
    if (there) {
        p->found = true;
        return p->newest ? OK : ERR_EXISTS; /* one is enough */
    }
    if (p->newest && wraps_has_begun(p->archive->wraps, recording, &begun) == OK && begun) {
        p->found = false;
    }
    return OK;
}

static void note_any(void *ctx, const char *name, uint64_t size) {
    (void)name;
    (void)size;
    *(bool *)ctx = true;
}

static enum err holds_recordings(const struct store *s, bool *ret) {
    *ret = false;
    return s->list ? s->list(s->ctx, "recordings/", note_any, ret) : OK;
}

/* The part on this machine's disk has a copy of this identity from now on. */
static enum err keep_copy(struct archive *a, const struct id *id) {
    const struct store *near = a->store.near;
    struct id there;
    enum err e = near ? store_identity_get(near, &there) : OK;
    if (!near || (e == OK && id_eq(&there, id))) {
        return OK;
    }
    if (e == OK || e == ERR_FORMAT) {
        e = near->remove(near->ctx, STORE_IDENTITY);
    }
    return e == OK || e == ERR_UNKNOWN ? store_identity_put(near, id) : e;
}

/* Remember this id, with a key wrapped for it: that tells a wrong KEK where there is no recording,
 * or only damaged wraps. What is remembered as placed has its copy. */
static enum err remember(struct archive *a, const struct id *id, bool placed) {
    struct wraps_store s = {.id = *id, .placed = placed};
    enum err e = placed ? keep_copy(a, id) : OK;
    e = e == OK ? vault_probe_make(a->vault, id, &s.wrap) : e;
    return e == OK ? wraps_set_store(a->wraps, &s) : e;
}

/* Give the store its identity. Remembered first: a crash between leaves one that is known and not
 * placed, and the next start does it again. */
static enum err place(struct archive *a, const struct wraps_store *known) {
    struct id id = known ? known->id : id_random(&a->rng);
    enum err e = known && known->placed ? OK : remember(a, &id, false);
    e = e == OK ? store_identity_put(&a->store, &id) : e;
    return e == OK ? remember(a, &id, true) : e;
}

static enum err not_there(const char *name, char why[WHY_MAX]) {
    snprintf(why, WHY_MAX,
             "%.70s is not the store of the recordings here: it has neither its identity nor any of"
             " their objects. Mount the right one and start again; see \"The wrong store\" in"
             " docs/operations.md",
             name);
    return ERR_WRONG_STATE;
}

static enum err other_store(const char *name, char why[WHY_MAX]) {
    snprintf(why, WHY_MAX,
             "%.80s is another store than the one the recordings here are in. Mount the right one"
             " and start again; see \"The wrong store\" in docs/operations.md",
             name);
    return ERR_WRONG_STATE;
}

static enum err no_keys(const char *name, char why[WHY_MAX]) {
    snprintf(why, WHY_MAX,
             "%.80s holds recordings, but wraps.db beside it knows none: restore wraps.db, without"
             " which nobody can read them; see \"The wrong store\" in docs/operations.md",
             name);
    return ERR_WRONG_STATE;
}

struct question {
    struct wraps_store known;
    struct id there;
    enum err known_error, there_error; /* OK or ERR_UNKNOWN; there_error also ERR_FORMAT */
};

/* By its objects it is the right store: make memory and identity say so. Another identity is left
 * as it is, something that is none is replaced. */
static enum err settle(struct archive *a, const struct question *q) {
    const struct wraps_store *known = q->known_error == OK ? &q->known : NULL;
    if (q->there_error == OK) {
        return remember(a, &q->there, true);
    }
    enum err e = OK;
    if (q->there_error == ERR_FORMAT) {
        e = a->store.remove(a->store.ctx, STORE_IDENTITY);
    }
    return e == OK ? place(a, known) : e;
}

/* wraps.db knows nothing, neither recordings nor a store: the first use, if the store is as new. */
static enum err begin(struct archive *a, const struct question *q, const char *name,
                      char why[WHY_MAX]) {
    bool used = false;
    enum err e = holds_recordings(&a->store, &used);
    if (e != OK || used || q->there_error == ERR_FORMAT) {
        return e != OK ? e : used ? no_keys(name, why) : other_store(name, why);
    }
    return a->write ? settle(a, q) : OK;
}

/* Neither the memory nor the store's identity settles it: the objects must. */
static enum err decide(struct archive *a, const struct question *q, const char *name,
                       char why[WHY_MAX]) {
    bool placed = q->known_error == OK && q->known.placed;
    /* Two stores of one's own are told apart by what was recorded last. */
    struct proof p = {.archive = a, .newest = placed && q->there_error == OK};
    enum err e = wraps_each(a->wraps, prove, &p);
    if (e != OK && e != ERR_EXISTS) {
        return e;
    }
    if (p.found) {
        return a->write ? settle(a, q) : OK;
    }
    if (p.any || placed) {
        return q->there_error == ERR_UNKNOWN ? not_there(name, why) : other_store(name, why);
    }
    return begin(a, q, name, why);
}

/* It is the right store. What wraps.db remembers of it is under the current key, as far as the key
 * provider answers; while it does not, the next start does it. */
static enum err refresh(struct archive *a, const struct question *q) {
    enum err e = vault_probe(a->vault, &q->known.id, &q->known.wrap);
    if (e == OK && q->known.placed && vault_is_current(a->vault, &q->known.wrap)) {
        return OK;
    }
    e = remember(a, &q->there, true);
    return (e == ERR_IO || e == ERR_AGAIN) && q->known.placed ? OK : e;
}

/* A spool folder may hold what is nowhere else. One that is not there (its volume is not mounted)
 * is as empty as one from which everything was uploaded, but for its copy of the identity. */
static enum err check_near(struct archive *a, const struct question *q, char why[WHY_MAX]) {
    struct id copy;
    if (!a->store.near || q->known_error != OK || !q->known.placed) {
        return OK;
    }
    enum err e = store_identity_get(a->store.near, &copy);
    if (e == OK &&
        (id_eq(&copy, &q->known.id) || (q->there_error == OK && id_eq(&copy, &q->there)))) {
        return OK;
    }
    if (e != OK && e != ERR_UNKNOWN && e != ERR_FORMAT) {
        return e;
    }
    snprintf(why, WHY_MAX,
             "the spool folder is not the one of the recordings here: it has not the copy of the"
             " object store's identity. Mount the right one and start again; see \"The wrong"
             " store\" in docs/operations.md");
    return ERR_WRONG_STATE;
}

static enum err check(struct archive *a, const struct question *q, const char *name,
                      char why[WHY_MAX]) {
    bool both = q->known_error == OK && q->there_error == OK;
    bool same = both && id_eq(&q->known.id, &q->there);
    enum err e = check_near(a, q, why);
    if (e != OK) {
        return e;
    }
    e = !same ? decide(a, q, name, why) : a->write ? refresh(a, q) : OK;
    /* A full disk must not keep tours from going on; the next start does it. */
    return e == ERR_NOSPACE ? OK : e;
}

/* Once at each start: what is put may never replace anything. While the store cannot be asked
 * nothing is uploaded, and the uploader does it. */
static enum err prove_create(struct archive *a, const char *name, char why[WHY_MAX]) {
    struct wraps_store known;
    if (!a->write || !a->store.near || wraps_store(a->wraps, &known) != OK || !known.placed) {
        return OK;
    }
    enum err e = store_identity_put(&a->store, &known.id);
    if (e == OK) {
        snprintf(why, WHY_MAX, "%.80s cannot be used: %s", name, STORE_REPLACES);
        return ERR_UNSUPPORTED;
    }
    return OK;
}

static void cannot_use(const struct archive *a, const char *name, enum err e, char why[WHY_MAX]) {
    const char *more = store_why(&a->store);
    snprintf(why, WHY_MAX, "the store %.160s cannot be used: %s%s%.300s", name, err_name(e),
             *more ? ": " : "", more);
}

enum err archive_check_store(struct archive *a, const char *name, char why[WHY_MAX]) {
    struct question q = {0};
    q.known_error = wraps_store(a->wraps, &q.known);
    q.there_error = store_identity_get(&a->store, &q.there);
    enum err e = q.known_error == ERR_UNKNOWN ? OK : q.known_error;
    if (e == OK && q.there_error != ERR_UNKNOWN && q.there_error != ERR_FORMAT) {
        e = q.there_error;
    }
    e = e == OK ? check(a, &q, name, why) : e;
    if (e != OK && e != ERR_WRONG_STATE) {
        cannot_use(a, name, e, why);
    }
    return e == OK ? prove_create(a, name, why) : e;
}

enum err archive_take_store(struct archive *a, const char *name, char why[WHY_MAX]) {
    struct id there;
    enum err e = store_identity_get(&a->store, &there);
    if (e == ERR_UNKNOWN) {
        e = place(a, NULL);
    } else if (e == OK) {
        e = remember(a, &there, true);
    }
    if (e != OK) {
        cannot_use(a, name, e, why);
    }
    return e == OK ? prove_create(a, name, why) : e;
}
