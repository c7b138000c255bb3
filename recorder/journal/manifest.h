/* The manifest: the closing statement of a recording. It lists every object with the size and
 * SHA-256 of its sealed bytes, and the journal's head, and is signed (Ed25519) with the key of the
 * installation. It is stored in clear, so that whoever has the public half can check that nothing
 * was changed, lost or added, without being able to read a word of the recording. Its version and
 * hash are in the catalogue, so that truncation, and replay of an older manifest, are detected.
 * What was erased by order is listed as such in the next version.
 *
 * Text: one line of JSON, newline, the signature of that line in hex, newline. Format 1, of earlier
 * releases, was sealed and signed with a key of the recording. Owner: one thread. */
#ifndef ORIEL_RECORDER_JOURNAL_MANIFEST_H
#define ORIEL_RECORDER_JOURNAL_MANIFEST_H

#include "recorder/journal/journal.h"

#define MANIFEST_SEALED 1 /* format of earlier releases */
#define MANIFEST_CLEAR 2

struct manifest_object {
    struct object_id id;
    struct object_info info;
    bool erased; /* by order: it need not be there any more */
};

struct manifest {
    uint8_t format; /* MANIFEST_... */
    struct id recording;
    uint32_t version; /* from 1 */
    us_t duration;    /* [us] */
    char reason[16];  /* "stopped", "interrupted" */
    struct journal_head journal;
    bool
        earlier_signer; /* who checked it used a key that does not sign any more; not in the text */
    size_t n_objects;
    struct manifest_object *objects; /* sorted (manifest_sort); owned, see manifest_clear */
};

/* Sign and encode, in m->format. *ret_text is freed with mem_free. ERR_NOMEM, ERR_CRYPTO. */
enum err manifest_encode(const struct manifest *m, const struct signing_key *k, char **ret_text,
                         size_t *ret_n);
/* Check the signature and decode. Whoever asks must see that ret->format is that of how it was
 * stored. ERR_AUTH, ERR_FORMAT, ERR_NOMEM; *ret untouched then. */
enum err manifest_decode(struct bytes text, const struct signing_key *k, struct manifest *ret);
/* Bring the objects into the order that encoding and finding need. ERR_NOMEM. */
enum err manifest_sort(struct manifest *m);
/* The Merkle root (merkle.h) of the objects in their order. A leaf is the name, a NUL, the size in
 * 8 bytes, big-endian, and the SHA-256. */
void manifest_root(const struct manifest *m, uint8_t ret[SHA256_LEN]);
/* Frees the list and zeroes. */
void manifest_clear(struct manifest *m);
/* The entry of an object, or NULL. */
const struct manifest_object *manifest_find(const struct manifest *m, const struct object_id *o);

#endif
