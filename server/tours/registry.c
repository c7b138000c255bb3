#include "server/tours/registry.h"

#include "base/alloc.h"
#include "base/map.h"

#include <string.h>

struct registry {
    struct map *names;
    uint64_t seed;
    size_t n, cap;
    struct tour_record **at; /* by id */
};

struct registry *registry_new(size_t cap, uint64_t seed) {
    struct registry *x = mem_zalloc(1, sizeof(*x));
    if (!x) {
        return NULL;
    }
    x->seed = seed;
    x->cap = cap;
    x->names = map_new(cap, seed);
    x->at = mem_zalloc(cap, sizeof(struct tour_record *));
    return x->names && x->at ? x : registry_free(x);
}

struct registry *registry_free(struct registry *x) {
    if (x) {
        for (size_t i = 0; i < x->n; i++) {
            tour_record_free(x->at[i]);
        }
        mem_free(x->at);
        map_free(x->names);
    }
    return mem_free(x);
}

static uint64_t key_of(const struct registry *x, const char *name) {
    return hash_bytes(name, strlen(name), x->seed);
}

/* How many have a smaller id. */
static size_t below(const struct registry *x, const char *id) {
    size_t low = 0, high = x->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(x->at[middle]->id, id) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

enum err registry_add(struct registry *x, struct tour_record *r) {
    if (map_get(x->names, key_of(x, r->name))) {
        return ERR_EXISTS;
    }
    if (x->n == x->cap) {
        return ERR_FULL;
    }
    enum err e = map_put(x->names, key_of(x, r->name), r);
    if (e != OK) {
        return e;
    }
    size_t i = below(x, r->id);
    memmove(x->at + i + 1, x->at + i, (x->n - i) * sizeof(struct tour_record *));
    x->at[i] = r;
    x->n++;
    return OK;
}

void registry_remove(struct registry *x, struct tour_record *r) {
    size_t i = below(x, r->id);
    map_take(x->names, key_of(x, r->name));
    x->n--;
    memmove(x->at + i, x->at + i + 1, (x->n - i) * sizeof(struct tour_record *));
    tour_record_free(r);
}

struct tour_record *registry_find(const struct registry *x, const char *name) {
    return map_get(x->names, key_of(x, name));
}

struct tour_record *registry_before(const struct registry *x, const char *id) {
    size_t i = *id ? below(x, id) : x->n;
    return i > 0 ? x->at[i - 1] : NULL;
}

struct tour_record *registry_oldest_ended(const struct registry *x) {
    for (size_t i = 0; i < x->n; i++) {
        if (x->at[i]->ended_at.us && !x->at[i]->busy) {
            return x->at[i];
        }
    }
    return NULL;
}

size_t registry_count(const struct registry *x) {
    return x->n;
}

size_t registry_made_by(const struct registry *x, const char *sub, bool of_issuer) {
    const char *end = strchr(sub, ':');
    const size_t issuer = end ? (size_t)(end - sub) + 1 : 0;
    size_t n = 0;
    for (size_t i = 0; i < x->n; i++) {
        const char *by = x->at[i]->made_by;
        bool same = of_issuer ? issuer && strncmp(by, sub, issuer) == 0 : strcmp(by, sub) == 0;
        n += same && *by && !x->at[i]->ended_at.us;
    }
    return n;
}

size_t registry_ended(const struct registry *x) {
    size_t n = 0;
    for (size_t i = 0; i < x->n; i++) {
        n += x->at[i]->ended_at.us != 0;
    }
    return n;
}
