#include "base/map.h"

#include "base/alloc.h"
#include "base/check.h"

struct bucket {
    uint64_t key;
    void *value; /* NULL = empty */
};

/* Linear probing in at most half-full tables; deletion shifts followers back, so there are no
 * tombstones and a long-lived table does not slow down. */
struct map {
    size_t n, cap, mask;
    uint64_t seed;
    struct bucket entries[];
};

struct map *map_new(size_t cap, uint64_t seed) {
    size_t n = 2;
    while (n / 2 < cap) {
        if (n > SIZE_MAX / 4 / sizeof(struct bucket)) {
            return NULL;
        }
        n *= 2;
    }
    struct map *m = mem_zalloc(1, sizeof(*m) + n * sizeof(struct bucket));
    if (m) {
        m->cap = cap;
        m->mask = n - 1;
        m->seed = seed;
    }
    return m;
}

struct map *map_free(struct map *m) {
    return mem_free(m);
}

static size_t home(const struct map *m, uint64_t key) {
    return (size_t)hash_bytes(&key, sizeof(key), m->seed) & m->mask;
}

/* The place of key, or the empty one where it would go. */
static size_t find(const struct map *m, uint64_t key) {
    size_t i = home(m, key);
    while (m->entries[i].value && m->entries[i].key != key) {
        i = (i + 1) & m->mask;
    }
    return i;
}

enum err map_put(struct map *m, uint64_t key, void *value) {
    CHECK(value != NULL);
    struct bucket *e = &m->entries[find(m, key)];
    if (!e->value) {
        if (m->n == m->cap) {
            return ERR_FULL;
        }
        m->n++;
    }
    *e = (struct bucket){key, value};
    return OK;
}

void *map_get(const struct map *m, uint64_t key) {
    return m->entries[find(m, key)].value;
}

void *map_take(struct map *m, uint64_t key) {
    size_t hole = find(m, key);
    void *value = m->entries[hole].value;
    if (!value) {
        return NULL;
    }
    m->n--;
    for (size_t i = (hole + 1) & m->mask; m->entries[i].value; i = (i + 1) & m->mask) {
        /* An entry may move back to the hole only if its home is not between the two. */
        size_t distance = (i - home(m, m->entries[i].key)) & m->mask;
        if (distance >= ((i - hole) & m->mask)) {
            m->entries[hole] = m->entries[i];
            hole = i;
        }
    }
    m->entries[hole] = (struct bucket){0, NULL};
    return value;
}

size_t map_len(const struct map *m) {
    return m->n;
}
