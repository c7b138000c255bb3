#include "recorder/archive/stored_manifest.h"

#include "base/alloc.h"

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

enum err stored_manifest_decode(struct archive *a, struct key_ring *ring, const struct object_id *o,
                                struct bytes stored, struct manifest *ret) {
    bool clear = stored.n && stored.p[0] == '{'; /* a sealed one begins with zeroes */
    struct manifest m;
    if (clear ? !a->has_signer : !ring) {
        return ERR_DENIED;
    }
    enum err e = clear ? manifest_decode(stored, &a->signer, &m) : decode_sealed(a, ring, o, &m);
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
