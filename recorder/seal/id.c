#include "recorder/seal/id.h"

#include "base/alloc.h"
#include "base/bytes.h"

#define PROGRAMME_TEXT "programme"

const struct id ID_NONE = {{0}};
const struct id ID_PROGRAMME = {{'p', 'r', 'o', 'g', 'r', 'a', 'm', 'm', 'e'}};

struct id id_random(const struct rng *rng) {
    struct id id;
    do {
        rng_fill(rng, id.b, sizeof(id.b));
    } while (id_eq(&id, &ID_NONE) || id_eq(&id, &ID_PROGRAMME));
    return id;
}

enum err id_list_add(struct id_list *l, const struct id *id) {
    if (l->n == l->cap) {
        size_t cap = l->cap ? 2 * l->cap : 64;
        struct id *p = mem_realloc(l->p, cap * sizeof(*p));
        if (!p) {
            return ERR_NOMEM;
        }
        l->p = p;
        l->cap = cap;
    }
    l->p[l->n++] = *id;
    return OK;
}

void id_list_free(struct id_list *l) {
    mem_free(l->p);
    *l = (struct id_list){0};
}

bool id_eq(const struct id *a, const struct id *b) {
    return memcmp(a->b, b->b, ID_LEN) == 0;
}

char *id_text(const struct id *id, char *out) {
    if (id_eq(id, &ID_PROGRAMME)) {
        memcpy(out, PROGRAMME_TEXT, sizeof(PROGRAMME_TEXT));
    } else {
        hex_encode(out, id->b, ID_LEN);
    }
    return out;
}

bool id_parse(const char *text, struct id *ret) {
    if (strcmp(text, PROGRAMME_TEXT) == 0) {
        *ret = ID_PROGRAMME;
        return true;
    }
    /* One text per id: names built from ids are compared as text. */
    if (strlen(text) != 2 * ID_LEN || strspn(text, "0123456789abcdef") != 2 * ID_LEN) {
        return false;
    }
    struct id id;
    if (!hex_decode(id.b, ID_LEN, text) || id_eq(&id, &ID_PROGRAMME)) {
        return false;
    }
    *ret = id;
    return true;
}
