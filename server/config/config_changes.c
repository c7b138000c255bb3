#include "server/config/config_changes.h"

#include "base/buffer.h"

#include <string.h>

static bool same_list(const struct config_list *a, const struct config_list *b) {
    bool same = a->n == b->n;
    for (size_t i = 0; same && i < a->n; i++) {
        same = strcmp(a->items[i], b->items[i]) == 0;
    }
    return same;
}

static bool same_text(const char *a, const char *b) {
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* a and b: what the offset of the key is into. */
static bool same_value(const struct config_key *k, const void *a, const void *b) {
    const void *x = (const char *)a + k->offset, *y = (const char *)b + k->offset;
    switch (k->type) {
    case CONFIG_STR:
    case CONFIG_JSON:
        return same_text(*(char *const *)x, *(char *const *)y);
    case CONFIG_INT:
        return *(const int64_t *)x == *(const int64_t *)y;
    case CONFIG_BOOL:
        return *(const bool *)x == *(const bool *)y;
    case CONFIG_ENUM:
        return *(const int *)x == *(const int *)y;
    case CONFIG_LIST:
        return same_list(x, y);
    }
    return true;
}

static bool same_array(const struct config_array *of, const struct config *a,
                       const struct config *b) {
    const char *x = *(char *const *)(const void *)((const char *)a + of->items);
    const char *y = *(char *const *)(const void *)((const char *)b + of->items);
    size_t n = *(const size_t *)(const void *)((const char *)a + of->n);
    bool same = n == *(const size_t *)(const void *)((const char *)b + of->n);
    for (size_t i = 0; same && i < n * of->n_keys; i++) {
        size_t at = i / of->n_keys * of->size;
        same = same_value(&of->keys[i % of->n_keys], x + at, y + at);
    }
    return same;
}

/* A reload takes it. */
static bool is_taken(const char *path) {
    return strncmp(path, "auth.", 5) == 0 || strcmp(path, "log.level") == 0 ||
           strcmp(path, "web.images") == 0 || strcmp(path, "web.frame_ancestors") == 0;
}

static void name(struct buffer *b, unsigned *n, const char *path) {
    size_t before = b->n;
    if ((*n)++ > 0) {
        buffer_str(b, ", ");
    }
    buffer_str(b, path);
    if (b->bad) {
        buffer_cut(b, before); /* those that are named are named whole */
    }
}

unsigned config_changes(const struct config *a, const struct config *b, char *out, size_t n) {
    struct buffer names = buffer_fixed(out, n);
    unsigned found = 0;
    out[0] = '\0';
    for (size_t i = 0; i < config_schema_len; i++) {
        const struct config_key *k = &config_schema[i];
        if (!is_taken(k->path) && !same_value(k, a, b)) {
            name(&names, &found, k->path);
        }
    }
    for (size_t i = 0; i < config_arrays_len; i++) {
        if (!same_array(&config_arrays[i], a, b)) {
            name(&names, &found, config_arrays[i].path);
        }
    }
    return found;
}
