#include "recorder/seal/keytree.h"

#include "base/alloc.h"
#include "base/check.h"
#include "recorder/seal/keys.h"

#define LABEL "oriel-tree/1"
#define NODE_LEN (1 + 4 + KEY_LEN) /* [bytes] encoded */

static uint32_t leaves_of(const struct keytree_node *n) {
    return (uint32_t)1 << n->height;
}

/* The child to the left (0) or right (1). */
static enum err child(const struct keytree_node *n, uint8_t side, struct keytree_node *ret) {
    CHECK(n->height > 0);
    ret->height = (uint8_t)(n->height - 1);
    ret->at = n->at + (side ? leaves_of(ret) : 0);
    return keys_expand(n->key, LABEL, bytes_of(&side, 1), ret->key);
}

enum err keytree_init(struct keytree *t, const uint8_t root[KEY_LEN]) {
    struct keytree_node *n = mem_zalloc(1, sizeof(*n));
    if (!n) {
        return ERR_NOMEM;
    }
    n->height = KEYTREE_DEPTH;
    memcpy(n->key, root, KEY_LEN);
    *t = (struct keytree){n, 1};
    return OK;
}

void keytree_clear(struct keytree *t) {
    if (t->nodes) {
        mem_wipe(t->nodes, t->n * sizeof(*t->nodes));
        mem_free(t->nodes);
    }
    memset(t, 0, sizeof(*t));
}

static const struct keytree_node *above(const struct keytree *t, uint32_t number) {
    size_t low = 0, high = t->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct keytree_node *n = &t->nodes[middle];
        if (number < n->at) {
            high = middle;
        } else if (number - n->at >= leaves_of(n)) {
            low = middle + 1;
        } else {
            return n;
        }
    }
    return NULL;
}

bool keytree_has(const struct keytree *t, uint32_t number) {
    return above(t, number) != NULL;
}

enum err keytree_key(const struct keytree *t, uint32_t number, uint8_t ret[KEY_LEN]) {
    if (number >= KEYTREE_LEAVES) {
        return ERR_RANGE;
    }
    const struct keytree_node *found = above(t, number);
    if (!found) {
        return ERR_GONE;
    }
    struct keytree_node n = *found, next;
    enum err e = OK;
    while (e == OK && n.height > 0) {
        e = child(&n, (uint8_t)(number >> (n.height - 1) & 1), &next);
        n = next;
    }
    if (e == OK) {
        memcpy(ret, n.key, KEY_LEN);
    }
    mem_wipe(&n, sizeof(n));
    mem_wipe(&next, sizeof(next));
    return e;
}

/* What is left of one node, appended to *out. A node on the stack is judged once: outside the range
 * it is kept, inside it is forgotten, else its children are judged, the left one first. */
static enum err leave(const struct keytree_node *top, uint32_t first, uint32_t last,
                      struct keytree *out) {
    struct keytree_node stack[KEYTREE_DEPTH + 2];
    size_t n = 1;
    enum err e = OK;
    stack[0] = *top;
    while (e == OK && n > 0) {
        struct keytree_node x = stack[--n];
        uint32_t end = x.at + leaves_of(&x) - 1;
        if (end < first || x.at > last) {
            out->nodes[out->n++] = x;
        } else if (x.at < first || end > last) {
            CHECK(n + 2 <= ARRAY_LEN(stack));
            e = child(&x, 1, &stack[n]);
            e = e == OK ? child(&x, 0, &stack[n + 1]) : e;
            n += 2;
        }
        mem_wipe(&x, sizeof(x));
    }
    mem_wipe(stack, sizeof(stack));
    return e;
}

enum err keytree_puncture(struct keytree *t, uint32_t first, uint32_t last) {
    if (first > last || last >= KEYTREE_LEAVES) {
        return ERR_RANGE;
    }
    size_t cap = t->n + 2 * KEYTREE_DEPTH; /* only the nodes at both ends of the range are split */
    struct keytree left = {mem_zalloc(cap, sizeof(*left.nodes)), 0};
    if (!left.nodes) {
        return ERR_NOMEM;
    }
    enum err e = OK;
    for (size_t i = 0; e == OK && i < t->n; i++) {
        e = leave(&t->nodes[i], first, last, &left);
    }
    CHECK(left.n <= cap);
    e = e == OK && left.n > KEYTREE_NODES_MAX ? ERR_FULL : e;
    if (e != OK) {
        mem_wipe(left.nodes, cap * sizeof(*left.nodes));
        left.n = 0;
        keytree_clear(&left);
        return e;
    }
    keytree_clear(t);
    *t = left;
    return OK;
}

void keytree_encode(const struct keytree *t, struct buffer *out) {
    uint8_t head[2];
    put_be16(head, (uint16_t)t->n);
    buffer_put(out, head, sizeof(head));
    for (size_t i = 0; i < t->n; i++) {
        uint8_t node[NODE_LEN];
        node[0] = t->nodes[i].height;
        put_be32(node + 1, t->nodes[i].at);
        memcpy(node + 5, t->nodes[i].key, KEY_LEN);
        buffer_put(out, node, sizeof(node));
        mem_wipe(node, sizeof(node));
    }
}

/* `from`: the first number that may follow. */
static bool decode_node(struct rd *r, uint32_t *from, struct keytree_node *ret) {
    ret->height = rd_u8(r);
    ret->at = rd_u32(r);
    struct bytes key = rd_bytes(r, KEY_LEN);
    if (r->bad || ret->height > KEYTREE_DEPTH || ret->at >= KEYTREE_LEAVES || ret->at < *from ||
        ret->at % leaves_of(ret) != 0) {
        return false;
    }
    memcpy(ret->key, key.p, KEY_LEN);
    *from = ret->at + leaves_of(ret);
    return true;
}

enum err keytree_decode(struct rd *r, struct keytree *ret) {
    size_t n = rd_u16(r);
    uint32_t from = 0;
    if (r->bad || n > KEYTREE_NODES_MAX || n * NODE_LEN > rd_left(r)) {
        return ERR_FORMAT;
    }
    struct keytree t = {mem_zalloc(n ? n : 1, sizeof(*t.nodes)), n};
    if (!t.nodes) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        if (!decode_node(r, &from, &t.nodes[i])) {
            keytree_clear(&t);
            return ERR_FORMAT;
        }
    }
    *ret = t;
    return OK;
}
