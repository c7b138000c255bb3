/* A puncturable tree of keys (the construction of Goldreich, Goldwasser and Micali): one root gives
 * 2^20 keys, one for each number, and the keys of a range of numbers can be destroyed for good
 * while all others stay what they are. A node's two children are derived of its key by a one-way
 * function; to puncture a range is to replace the nodes above it by the siblings beside the way
 * down, and to forget everything else. What is left is at most a few nodes for each range that was
 * destroyed.
 *
 * So a span of a recorded track is erased by erasing keys of some hundred bytes, and nobody has to
 * write its objects again. Owner: one thread. */
#ifndef ORIEL_RECORDER_SEAL_KEYTREE_H
#define ORIEL_RECORDER_SEAL_KEYTREE_H

#include "base/buffer.h"
#include "recorder/seal/keys.h"

#define KEYTREE_DEPTH 20
#define KEYTREE_LEAVES ((uint32_t)1 << KEYTREE_DEPTH)
#define KEYTREE_NODES_MAX 2048 /* each destroyed range leaves at most 2 * KEYTREE_DEPTH of them */

struct keytree_node {
    uint32_t at;    /* the first number below it, a multiple of 2^height */
    uint8_t height; /* 0 (a leaf) .. KEYTREE_DEPTH (the root) */
    uint8_t key[KEY_LEN];
};
/* Zero is the empty tree, in which nothing is left. */
struct keytree {
    struct keytree_node *nodes; /* by number, disjoint; owned */
    size_t n;
};

/* A whole tree. ERR_NOMEM. */
enum err keytree_init(struct keytree *t, const uint8_t root[KEY_LEN]);
/* Wipes and frees; safe on a zeroed one, which it is afterwards. */
void keytree_clear(struct keytree *t);
/* The key of one number. ERR_GONE: it was destroyed; ERR_RANGE: not below KEYTREE_LEAVES;
 * ERR_CRYPTO. */
enum err keytree_key(const struct keytree *t, uint32_t number, uint8_t ret[KEY_LEN]);
/* Whether the key of a number is there, without computing it. */
bool keytree_has(const struct keytree *t, uint32_t number);
/* Destroy the keys of first..last, the last one included; those that are gone already stay gone.
 * ERR_RANGE, ERR_FULL (KEYTREE_NODES_MAX), ERR_NOMEM, ERR_CRYPTO: *t is as it was. */
enum err keytree_puncture(struct keytree *t, uint32_t first, uint32_t last);
/* Nodes 2 | of each: height 1, number 4, key 32; big-endian. Secret: wipe it. */
void keytree_encode(const struct keytree *t, struct buffer *out);
/* Read what keytree_encode wrote, and nothing else: ERR_FORMAT, ERR_NOMEM; *ret untouched then. */
enum err keytree_decode(struct rd *r, struct keytree *ret);

#endif
