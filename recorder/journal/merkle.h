/* Merkle tree hashes (RFC 6962 section 2.1, SHA-256) of a list that is told leaf by leaf: one hash
 * stands for all of it, and a short proof shows that something is in it. A value type. Thread: any.
 */
#ifndef ORIEL_RECORDER_JOURNAL_MERKLE_H
#define ORIEL_RECORDER_JOURNAL_MERKLE_H

#include "recorder/seal/digest.h"

#define MERKLE_DEPTH 40 /* of a list of up to 2^40 leaves */

/* Zero is the empty list. */
struct merkle {
    uint64_t n;                                 /* leaves so far */
    uint8_t subtrees[MERKLE_DEPTH][SHA256_LEN]; /* [i]: of 2^i leaves, where bit i of n is set */
};

/* One more leaf at the end. */
void merkle_add(struct merkle *m, struct bytes leaf);
/* The hash of the list as it is; it may go on afterwards. */
void merkle_root(const struct merkle *m, uint8_t ret[SHA256_LEN]);

#endif
