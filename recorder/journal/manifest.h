/* The manifest: the closing statement of a recording. It lists every object with size and SHA-256
 * and the journal's head, and is signed (Ed25519) with a key derived from the recording's root key.
 * It is stored as an object; its version and hash are in the catalogue, so that truncation, and
 * replay of an older manifest, are detected. Text: one line of JSON, newline, the signature of
 * that line in hex, newline. Owner: one thread. */
#ifndef ORIEL_RECORDER_JOURNAL_MANIFEST_H
#define ORIEL_RECORDER_JOURNAL_MANIFEST_H

#include "recorder/journal/journal.h"

struct manifest_object {
    struct object_id id;
    struct object_info info;
};

struct manifest {
    struct id recording;
    uint32_t version; /* from 1 */
    us_t duration;    /* [us] */
    char reason[16];  /* "stopped", "interrupted" */
    struct journal_head journal;
    size_t n_objects;
    struct manifest_object *objects; /* sorted (manifest_sort); owned, see manifest_clear */
};

/* Sign and encode. *ret_text is freed with mem_free. ERR_NOMEM, ERR_CRYPTO. */
enum err manifest_encode(const struct manifest *m, const struct signing_key *k, char **ret_text,
                         size_t *ret_n);
/* Check the signature and decode. ERR_AUTH, ERR_FORMAT, ERR_NOMEM; *ret untouched then. */
enum err manifest_decode(struct bytes text, const struct signing_key *k, struct manifest *ret);
/* Bring the objects into the order that encoding and finding need. ERR_NOMEM. */
enum err manifest_sort(struct manifest *m);
/* Frees the list and zeroes. */
void manifest_clear(struct manifest *m);
/* The entry of an object, or NULL. */
const struct manifest_object *manifest_find(const struct manifest *m, const struct object_id *o);

#endif
