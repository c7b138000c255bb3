#include "recorder/journal/supplement.h"

#include "base/alloc.h"
#include "base/json_write.h"
#include "recorder/journal/signed_text.h"

#include <stdio.h>
#include <stdlib.h>

#define OBJECTS_MAX 1000000

/* ---- writing ---- */

static void put_objects(const struct supplement *s, struct buffer *t) {
    char name[OBJECT_NAME_MAX];
    json_open(t, "objects", '[');
    for (size_t i = 0; i < s->list.n_objects; i++) {
        const struct manifest_object *o = &s->list.objects[i];
        json_open(t, NULL, '[');
        json_put_string(t, NULL, object_name(&o->id, name));
        json_put_uint(t, NULL, o->info.size);
        json_put_hex(t, NULL, o->info.sha256, SHA256_LEN);
        json_close(t, ']');
    }
    json_close(t, ']');
}

static void put_thumbnails(const struct supplement *s, struct buffer *t) {
    json_open(t, "thumbnails", '[');
    for (size_t i = 0; i < s->n_thumbnails; i++) {
        const struct supplement_thumbnail *p = &s->thumbnail[i];
        json_open(t, NULL, '[');
        json_put_uint(t, NULL, p->number);
        json_put_int(t, NULL, p->at);
        json_put_uint(t, NULL, p->width);
        json_put_uint(t, NULL, p->height);
        json_close(t, ']');
    }
    json_close(t, ']');
}

static void put_exports(const struct supplement *s, struct buffer *t) {
    json_open(t, "exports", '[');
    for (size_t i = 0; i < s->n_exports; i++) {
        const struct supplement_export *x = &s->export[i];
        json_open(t, NULL, '{');
        json_put_uint(t, "number", x->number);
        json_put_uint(t, "parts", x->parts);
        json_put_string_n(t, "layout", x->layout, strnlen(x->layout, sizeof(x->layout) - 1));
        json_put_int(t, "created", x->created.us);
        json_put_uint(t, "bytes", x->bytes);
        json_close(t, '}');
    }
    json_close(t, ']');
}

static void encode_line(const struct supplement *s, struct buffer *t) {
    char id[ID_TEXT_MAX];
    json_open(t, NULL, '{');
    json_put_int(t, "supplement", 1);
    json_put_string(t, "recording", id_text(&s->recording, id));
    json_put_uint(t, "version", s->version);
    json_put_bool(t, "thumbnails_made", s->thumbnails);
    json_put_bool(t, "waveforms_made", s->waveforms);
    json_put_uint(t, "next_export", s->next_export);
    put_thumbnails(s, t);
    put_exports(s, t);
    put_objects(s, t);
    json_close(t, '}');
}

enum err supplement_encode(struct supplement *s, const struct signing_key *k, char **ret_text,
                           size_t *ret_n) {
    struct buffer t = {0};
    enum err e = manifest_sort(&s->list);
    if (e != OK) {
        return e;
    }
    encode_line(s, &t);
    return signed_text_finish(&t, k, ret_text, ret_n);
}

/* ---- the lists ---- */

enum err supplement_add_object(struct supplement *s, const struct object_id *o,
                               const struct object_info *info) {
    struct manifest *m = &s->list;
    if (m->n_objects == OBJECTS_MAX) {
        return ERR_FULL;
    }
    if (m->n_objects == s->objects_cap) {
        size_t cap = s->objects_cap ? 2 * s->objects_cap : 32;
        struct manifest_object *p = mem_realloc(m->objects, cap * sizeof(*p));
        if (!p) {
            return ERR_NOMEM;
        }
        m->objects = p;
        s->objects_cap = cap;
    }
    m->objects[m->n_objects++] = (struct manifest_object){.id = *o, .info = *info};
    return OK;
}

enum err supplement_add_thumbnail(struct supplement *s, const struct supplement_thumbnail *t) {
    if (s->n_thumbnails == SUPPLEMENT_THUMBNAILS_MAX) {
        return ERR_FULL;
    }
    struct supplement_thumbnail *p = mem_realloc(s->thumbnail, (s->n_thumbnails + 1) * sizeof(*p));
    if (!p) {
        return ERR_NOMEM;
    }
    p[s->n_thumbnails++] = *t;
    s->thumbnail = p;
    return OK;
}

enum err supplement_add_export(struct supplement *s, const struct supplement_export *x) {
    if (s->n_exports == SUPPLEMENT_EXPORTS_MAX) {
        return ERR_FULL;
    }
    struct supplement_export *p = mem_realloc(s->export, (s->n_exports + 1) * sizeof(*p));
    if (!p) {
        return ERR_NOMEM;
    }
    p[s->n_exports++] = *x;
    s->export = p;
    return OK;
}

const struct supplement_export *supplement_export(const struct supplement *s, uint32_t number) {
    for (size_t i = 0; i < s->n_exports; i++) {
        if (s->export[i].number == number) {
            return &s->export[i];
        }
    }
    return NULL;
}

void supplement_drop_export(struct supplement *s, uint32_t number) {
    size_t kept = 0;
    for (size_t i = 0; i < s->n_exports; i++) {
        if (s->export[i].number != number) {
            s->export[kept++] = s->export[i];
        }
    }
    s->n_exports = kept;
    kept = 0;
    for (size_t i = 0; i < s->list.n_objects; i++) {
        const struct object_id *o = &s->list.objects[i].id;
        if (o->type != OBJECT_EXPORT || o->number != number) {
            s->list.objects[kept++] = s->list.objects[i];
        }
    }
    s->list.n_objects = kept;
}

void supplement_clear(struct supplement *s) {
    manifest_clear(&s->list);
    mem_free(s->thumbnail);
    mem_free(s->export);
    memset(s, 0, sizeof(*s));
}

/* ---- reading ---- */

static bool number32(const struct json *v, uint32_t *ret) {
    uint64_t n;
    bool ok = json_get_uint(v, UINT32_MAX, &n);
    *ret = (uint32_t)n;
    return ok;
}

static enum err read_object(struct supplement *s, const struct json *row) {
    const char *name = json_get_string(json_item(row, 0), NULL);
    struct object_id o;
    struct object_info info;
    if (json_count(row) != 3 || !name || !object_parse_name(name, &o) ||
        !json_get_uint(json_item(row, 1), INT64_MAX, &info.size) ||
        !json_get_hex(json_item(row, 2), info.sha256, SHA256_LEN) ||
        !id_eq(&o.recording, &s->recording) || o.type < OBJECT_THUMBNAIL ||
        o.type > OBJECT_EXPORT) {
        return ERR_FORMAT;
    }
    return supplement_add_object(s, &o, &info);
}

static enum err read_thumbnail(struct supplement *s, const struct json *row) {
    struct supplement_thumbnail t;
    uint64_t at, width, height;
    if (!number32(json_item(row, 0), &t.number) ||
        !json_get_uint(json_item(row, 1), INT64_MAX, &at) ||
        !json_get_uint(json_item(row, 2), UINT16_MAX, &width) ||
        !json_get_uint(json_item(row, 3), UINT16_MAX, &height)) {
        return ERR_FORMAT;
    }
    t.at = (us_t)at;
    t.width = (uint16_t)width;
    t.height = (uint16_t)height;
    return supplement_add_thumbnail(s, &t);
}

static enum err read_export(struct supplement *s, const struct json *row) {
    struct supplement_export x = {0};
    uint64_t created;
    if (!number32(json_member(row, "number"), &x.number) ||
        !number32(json_member(row, "parts"), &x.parts) ||
        !json_get_text(json_member(row, "layout"), x.layout, sizeof(x.layout)) ||
        !json_get_uint(json_member(row, "created"), INT64_MAX, &created) ||
        !json_get_uint(json_member(row, "bytes"), INT64_MAX, &x.bytes)) {
        return ERR_FORMAT;
    }
    x.created.us = (int64_t)created;
    return supplement_add_export(s, &x);
}

static enum err read_rows(struct supplement *s, const struct json *list,
                          enum err (*read)(struct supplement *s, const struct json *row)) {
    enum err e = json_kind(list) == JSON_KIND_LIST ? OK : ERR_FORMAT;
    for (size_t i = 0; e == OK && i < json_count(list); i++) {
        e = read(s, json_item(list, i));
    }
    return e;
}

static enum err decode_line(const struct json *o, struct supplement *s) {
    const char *id = json_get_string(json_member(o, "recording"), NULL);
    uint64_t format;
    if (!json_get_uint(json_member(o, "supplement"), INT64_MAX, &format)) {
        return ERR_FORMAT;
    }
    if (format != 1) {
        return ERR_UNSUPPORTED;
    }
    if (!id || !id_parse(id, &s->recording) || !number32(json_member(o, "version"), &s->version) ||
        s->version == 0 || !number32(json_member(o, "next_export"), &s->next_export)) {
        return ERR_FORMAT;
    }
    s->thumbnails = json_says_true(json_member(o, "thumbnails_made"));
    s->waveforms = json_says_true(json_member(o, "waveforms_made"));
    enum err e = read_rows(s, json_member(o, "thumbnails"), read_thumbnail);
    e = e == OK ? read_rows(s, json_member(o, "exports"), read_export) : e;
    e = e == OK ? read_rows(s, json_member(o, "objects"), read_object) : e;
    return e == OK ? manifest_sort(&s->list) : e == ERR_FULL ? ERR_FORMAT : e;
}

enum err supplement_decode(struct bytes text, const struct signing_key *k, struct supplement *ret) {
    struct supplement s = {0};
    const struct json *o = NULL;
    enum err e = signed_text_open(text, k, &o);
    e = e == OK ? decode_line(o, &s) : e;
    json_free(o);
    if (e != OK) {
        supplement_clear(&s);
        return e;
    }
    *ret = s;
    return OK;
}
