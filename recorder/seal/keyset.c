#include "recorder/seal/keyset.h"

#include "base/alloc.h"
#include "base/check.h"

#define CONTEXT "oriel-keyset/1"
#define CONTEXT_LEN (sizeof(CONTEXT) - 1)
#define TREE_MIN_LEN (ID_LEN + 4 + 2) /* [bytes] encoded, without nodes */

static const char *const labels[KEYSET_SINGLES] = {
    [KEYSET_OBJECTS] = "oriel-objects/1",
    [KEYSET_SIGNING] = "oriel-signing/1",
    [KEYSET_SUBJECTS] = "oriel-subjects/1",
};

void keyset_init(struct keyset *s, const struct id *recording, const uint8_t root[KEY_LEN]) {
    memset(s, 0, sizeof(*s));
    s->recording = *recording;
    memcpy(s->root, root, KEY_LEN);
}

void keyset_clear(struct keyset *s) {
    for (size_t i = 0; i < s->n_trees; i++) {
        keytree_clear(&s->trees[i].tree);
    }
    mem_free(s->trees);
    mem_wipe(s, sizeof(*s));
}

enum err keyset_single(const struct keyset *s, enum keyset_single which, uint8_t ret[KEY_LEN]) {
    if (s->listed) {
        memcpy(ret, s->single[which], KEY_LEN);
        return OK;
    }
    return keys_expand(s->root, labels[which], bytes_of(s->recording.b, ID_LEN), ret);
}

/* The root of a place's tree. */
static enum err tree_root(const struct keyset *s, const struct keyset_place *p,
                          uint8_t ret[KEY_LEN]) {
    uint8_t info[2 * ID_LEN + 4];
    struct wr w = wr_of(info, sizeof(info));
    wr_bytes(&w, s->recording.b, ID_LEN);
    wr_bytes(&w, p->track.b, ID_LEN);
    wr_u32(&w, p->epoch);
    CHECK(!w.bad && wr_left(&w) == 0);
    return keys_expand(s->root, "oriel-track/1", bytes_of(info, sizeof(info)), ret);
}

static enum err derived_tree(const struct keyset *s, const struct keyset_place *p,
                             struct keytree *ret) {
    uint8_t root[KEY_LEN];
    enum err e = tree_root(s, p, root);
    e = e == OK ? keytree_init(ret, root) : e;
    mem_wipe(root, sizeof(root));
    return e;
}

static struct keyset_tree *find(const struct keyset *s, const struct keyset_place *p) {
    for (size_t i = 0; i < s->n_trees; i++) {
        struct keyset_tree *t = &s->trees[i];
        if (t->place.epoch == p->epoch && id_eq(&t->place.track, &p->track)) {
            return t;
        }
    }
    return NULL;
}

enum err keyset_media(const struct keyset *s, const struct keyset_place *p, uint32_t number,
                      uint8_t ret[KEY_LEN]) {
    struct keytree_node top = {.height = KEYTREE_DEPTH};
    struct keytree whole = {&top, 1};
    if (s->listed) {
        const struct keyset_tree *t = find(s, p);
        return t ? keytree_key(&t->tree, number, ret) : ERR_GONE;
    }
    enum err e = tree_root(s, p, top.key);
    e = e == OK ? keytree_key(&whole, number, ret) : e;
    mem_wipe(&top, sizeof(top));
    return e;
}

bool keyset_has_media(const struct keyset *s, const struct keyset_place *p, uint32_t number) {
    const struct keyset_tree *t = s->listed ? find(s, p) : NULL;
    return number < KEYTREE_LEAVES && (!s->listed || (t && keytree_has(&t->tree, number)));
}

static enum err list_into(const struct keyset *s, const struct keyset_place *places, size_t n,
                          struct keyset *ret) {
    enum err e = OK;
    ret->recording = s->recording;
    ret->listed = true;
    for (int i = 0; e == OK && i < KEYSET_SINGLES; i++) {
        e = keyset_single(s, (enum keyset_single)i, ret->single[i]);
    }
    ret->trees = mem_zalloc(n ? n : 1, sizeof(*ret->trees));
    e = e == OK && !ret->trees ? ERR_NOMEM : e;
    for (size_t i = 0; e == OK && i < n; i++) {
        if (!find(ret, &places[i])) {
            struct keyset_tree *t = &ret->trees[ret->n_trees];
            t->place = places[i];
            e = derived_tree(s, &places[i], &t->tree);
            ret->n_trees += e == OK;
        }
    }
    return e;
}

enum err keyset_list(struct keyset *s, const struct keyset_place *places, size_t n) {
    struct keyset list = {.listed = true};
    if (s->listed) {
        return OK;
    }
    if (n > KEYSET_TREES_MAX) {
        return ERR_FULL;
    }
    enum err e = list_into(s, places, n, &list);
    if (e != OK) {
        keyset_clear(&list);
        return e;
    }
    keyset_clear(s);
    *s = list;
    return OK;
}

enum err keyset_puncture(struct keyset *s, const struct keyset_place *p, uint32_t first,
                         uint32_t last) {
    if (!s->listed) {
        return ERR_WRONG_STATE;
    }
    struct keyset_tree *t = find(s, p);
    return t ? keytree_puncture(&t->tree, first, last) : ERR_UNKNOWN;
}

void keyset_encode(const struct keyset *s, struct buffer *out) {
    uint8_t head[ID_LEN + 4];
    CHECK(s->listed);
    out->secret = true;
    buffer_put(out, CONTEXT, CONTEXT_LEN);
    buffer_put(out, s->single, sizeof(s->single));
    put_be32(head, (uint32_t)s->n_trees);
    buffer_put(out, head, 4);
    for (size_t i = 0; i < s->n_trees; i++) {
        memcpy(head, s->trees[i].place.track.b, ID_LEN);
        put_be32(head + ID_LEN, s->trees[i].place.epoch);
        buffer_put(out, head, sizeof(head));
        keytree_encode(&s->trees[i].tree, out);
    }
}

static enum err decode_trees(struct rd *r, struct keyset *s) {
    size_t n = rd_u32(r);
    if (r->bad || n > KEYSET_TREES_MAX || n * TREE_MIN_LEN > rd_left(r)) {
        return ERR_FORMAT;
    }
    s->trees = mem_zalloc(n ? n : 1, sizeof(*s->trees));
    if (!s->trees) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        struct keyset_place p;
        struct bytes track = rd_bytes(r, ID_LEN);
        p.epoch = rd_u32(r);
        if (r->bad) {
            return ERR_FORMAT;
        }
        memcpy(p.track.b, track.p, ID_LEN);
        if (find(s, &p)) {
            return ERR_FORMAT;
        }
        s->trees[i].place = p;
        enum err e = keytree_decode(r, &s->trees[i].tree);
        if (e != OK) {
            return e;
        }
        s->n_trees++;
    }
    return rd_left(r) ? ERR_FORMAT : OK;
}

enum err keyset_decode(struct bytes text, const struct id *recording, struct keyset *ret) {
    struct rd r = rd_of(text.p, text.n);
    struct keyset s = {.recording = *recording, .listed = true};
    struct bytes context = rd_bytes(&r, CONTEXT_LEN), single = rd_bytes(&r, sizeof(s.single));
    if (r.bad || memcmp(context.p, CONTEXT, CONTEXT_LEN) != 0) {
        return ERR_FORMAT;
    }
    memcpy(s.single, single.p, sizeof(s.single));
    enum err e = decode_trees(&r, &s);
    if (e != OK) {
        keyset_clear(&s);
        return e;
    }
    *ret = s;
    return OK;
}
