#include "recorder/archive/stored_manifest.h"

#include "recorder/archive/signers.h"

#include "base/alloc.h"

#include <string.h>

static enum err decode_sealed(struct archive *a, struct key_ring *ring, const struct object_id *o,
                              struct manifest *ret) {
    struct object_access access = archive_access(a, ring);
    struct object_plain plain;
    struct signing_key key;
    enum err e = key_ring_signing(ring, &key);
    e = e == OK ? object_get(&access, o, &plain) : e;
    if (e == OK) {
        e = manifest_decode(bytes_of(plain.p, plain.n), &key, ret);
        mem_free(plain.p);
    }
    mem_wipe(&key, sizeof(key));
    return e;
}

struct attempt {
    struct bytes stored;
    struct manifest m;
};

static enum err try_signer(void *ctx, const struct signing_key *k) {
    struct attempt *t = ctx;
    return manifest_decode(t->stored, k, &t->m);
}

/* With the key that signs now, else with those that did. */
static enum err decode_clear(struct archive *a, struct bytes stored, struct manifest *ret) {
    struct attempt t = {.stored = stored};
    bool earlier = false;
    enum err e = signers_find(a, try_signer, &t, &earlier);
    if (e == OK) {
        *ret = t.m;
        ret->earlier_signer = earlier;
    }
    return e;
}

enum err stored_manifest_decode(struct archive *a, struct key_ring *ring, const struct object_id *o,
                                struct bytes stored, struct manifest *ret) {
    bool clear = stored.n && stored.p[0] == '{'; /* a sealed one begins with zeroes */
    struct manifest m;
    if (!clear && (!ring || a->n_trusted)) { /* the recording's own key is nobody's public key */
        return ERR_DENIED;
    }
    enum err e = clear ? decode_clear(a, stored, &m) : decode_sealed(a, ring, o, &m);
    if (e != OK) {
        return e;
    }
    if (m.format != (clear ? MANIFEST_CLEAR : MANIFEST_SEALED) || m.version != o->number ||
        !id_eq(&m.recording, &o->recording)) {
        manifest_clear(&m);
        return ERR_FORMAT;
    }
    *ret = m;
    return OK;
}
