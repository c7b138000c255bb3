#include "recorder/journal/manifest.h"

#include "base/alloc.h"
#include "base/check.h"
#include "base/json_write.h"
#include "recorder/journal/merkle.h"
#include "recorder/journal/signed_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define MANIFEST_OBJECTS_MAX 4000000

void manifest_root(const struct manifest *m, uint8_t ret[SHA256_LEN]) {
    struct merkle tree = {0};
    for (size_t i = 0; i < m->n_objects; i++) {
        const struct manifest_object *o = &m->objects[i];
        char name[OBJECT_NAME_MAX];
        uint8_t leaf[OBJECT_NAME_MAX + 8 + SHA256_LEN];
        struct wr w = wr_of(leaf, sizeof(leaf));
        object_name(&o->id, name);
        wr_bytes(&w, name, strlen(name) + 1);
        wr_u64(&w, o->info.size);
        wr_bytes(&w, o->info.sha256, SHA256_LEN);
        CHECK(!w.bad);
        merkle_add(&tree, bytes_of(leaf, wr_len(&w)));
    }
    merkle_root(&tree, ret);
}

/* {"manifest":2,"recording":"..","version":1,"duration":..,"reason":"..",
 *  "journal":{"entries":..,"objects":..,"head":".."},"signer":"..","root":"..",
 *  "objects":[["name",size,"sha256"],["name",size,"sha256","erased"],...]} */
static void encode_line(const struct manifest *m, const struct signing_key *k, struct buffer *t) {
    uint8_t root[SHA256_LEN];
    char id[ID_TEXT_MAX], name[OBJECT_NAME_MAX];
    json_open(t, NULL, '{');
    json_put_int(t, "manifest", m->format);
    json_put_string(t, "recording", id_text(&m->recording, id));
    json_put_uint(t, "version", m->version);
    json_put_int(t, "duration", m->duration);
    json_put_string_n(t, "reason", m->reason, strnlen(m->reason, sizeof(m->reason) - 1));
    json_open(t, "journal", '{');
    json_put_uint(t, "entries", m->journal.entries);
    json_put_uint(t, "objects", m->journal.objects);
    json_put_hex(t, "head", m->journal.hash, SHA256_LEN);
    json_close(t, '}');
    if (m->format == MANIFEST_CLEAR) {
        manifest_root(m, root);
        json_put_hex(t, "signer", k->verifying, KEY_LEN);
        json_put_hex(t, "root", root, sizeof(root));
    }
    json_open(t, "objects", '[');
    for (size_t i = 0; i < m->n_objects; i++) {
        const struct manifest_object *o = &m->objects[i];
        json_open(t, NULL, '[');
        json_put_string(t, NULL, object_name(&o->id, name));
        json_put_uint(t, NULL, o->info.size);
        json_put_hex(t, NULL, o->info.sha256, SHA256_LEN);
        if (o->erased) {
            json_put_string(t, NULL, "erased");
        }
        json_close(t, ']');
    }
    json_close(t, ']');
    json_close(t, '}');
}

enum err manifest_encode(const struct manifest *m, const struct signing_key *k, char **ret_text,
                         size_t *ret_n) {
    struct buffer t = {0};
    encode_line(m, k, &t);
    return signed_text_finish(&t, k, ret_text, ret_n);
}

static bool decode_row(const struct json *row, struct manifest_object *ret) {
    const char *name = json_get_string(json_item(row, 0), NULL);
    ret->erased = json_string_is(json_item(row, 3), "erased");
    return json_count(row) == (ret->erased ? 4 : 3) && name && object_parse_name(name, &ret->id) &&
           json_get_uint(json_item(row, 1), INT64_MAX, &ret->info.size) &&
           json_get_hex(json_item(row, 2), ret->info.sha256, SHA256_LEN);
}

static int compare(const void *a, const void *b) {
    const struct manifest_object *x = a, *y = b;
    char name_x[OBJECT_NAME_MAX], name_y[OBJECT_NAME_MAX];
    return strcmp(object_name(&x->id, name_x), object_name(&y->id, name_y));
}

/* An object with its name: writing the names for every comparison was half the time that the end of
 * a long recording took. */
struct named {
    struct manifest_object object;
    char name[OBJECT_NAME_MAX];
};

static int compare_named(const void *a, const void *b) {
    const struct named *x = a, *y = b;
    return strcmp(x->name, y->name);
}

enum err manifest_sort(struct manifest *m) {
    if (m->n_objects == 0) {
        return OK;
    }
    struct named *all = mem_alloc(m->n_objects * sizeof(*all));
    if (!all) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < m->n_objects; i++) {
        all[i].object = m->objects[i];
        object_name(&m->objects[i].id, all[i].name);
    }
    qsort(all, m->n_objects, sizeof(*all), compare_named);
    for (size_t i = 0; i < m->n_objects; i++) {
        m->objects[i] = all[i].object;
    }
    mem_free(all);
    return OK;
}

static enum err decode_objects(const struct json *list, struct manifest *m) {
    size_t n = json_count(list);
    if (json_kind(list) != JSON_KIND_LIST || n > MANIFEST_OBJECTS_MAX) {
        return ERR_FORMAT;
    }
    m->objects = mem_zalloc(n ? n : 1, sizeof(*m->objects));
    if (!m->objects) {
        return ERR_NOMEM;
    }
    m->n_objects = n;
    for (size_t i = 0; i < n; i++) {
        /* Sorted and each once, so that manifest_find may search by halves. */
        if (!decode_row(json_item(list, i), &m->objects[i]) ||
            (i && compare(&m->objects[i - 1], &m->objects[i]) >= 0)) {
            return ERR_FORMAT;
        }
    }
    return OK;
}

/* The signature covers the list and the root; they must say the same. */
static bool root_fits(const struct json *o, const struct manifest *m) {
    uint8_t said[SHA256_LEN], root[SHA256_LEN];
    if (m->format == MANIFEST_SEALED) {
        return true;
    }
    manifest_root(m, root);
    return json_get_hex(json_member(o, "root"), said, SHA256_LEN) &&
           memcmp(said, root, sizeof(root)) == 0;
}

static enum err decode_line(const struct json *o, struct manifest *m) {
    const struct json *journal = json_member(o, "journal");
    const char *id = json_get_string(json_member(o, "recording"), NULL);
    uint64_t version, objects, duration, format;
    if (!json_get_uint(json_member(o, "manifest"), MANIFEST_CLEAR, &format) || !format || !id ||
        !id_parse(id, &m->recording) ||
        !json_get_text(json_member(o, "reason"), m->reason, sizeof(m->reason)) ||
        !json_get_uint(json_member(o, "version"), UINT32_MAX, &version) ||
        !json_get_uint(json_member(o, "duration"), INT64_MAX, &duration) ||
        !json_get_uint(json_member(journal, "entries"), INT64_MAX, &m->journal.entries) ||
        !json_get_uint(json_member(journal, "objects"), UINT32_MAX, &objects) ||
        !json_get_hex(json_member(journal, "head"), m->journal.hash, SHA256_LEN)) {
        return ERR_FORMAT;
    }
    m->format = (uint8_t)format;
    m->version = (uint32_t)version;
    m->duration = (us_t)duration;
    m->journal.objects = (uint32_t)objects;
    enum err e = decode_objects(json_member(o, "objects"), m);
    return e == OK && !root_fits(o, m) ? ERR_FORMAT : e;
}

enum err manifest_decode(struct bytes text, const struct signing_key *k, struct manifest *ret) {
    struct manifest m = {0};
    const struct json *o = NULL;
    enum err e = signed_text_open(text, k, &o);
    e = e == OK ? decode_line(o, &m) : e;
    json_free(o);
    if (e != OK) {
        manifest_clear(&m);
        return e;
    }
    *ret = m;
    return OK;
}

void manifest_clear(struct manifest *m) {
    mem_free(m->objects);
    memset(m, 0, sizeof(*m));
}

const struct manifest_object *manifest_find(const struct manifest *m, const struct object_id *o) {
    struct manifest_object key = {.id = *o};
    return m->n_objects ? bsearch(&key, m->objects, m->n_objects, sizeof(*m->objects), compare)
                        : NULL;
}
