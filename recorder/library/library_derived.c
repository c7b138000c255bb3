#include "recorder/library/library_derived.h"

#include "recorder/archive/supplements.h"
#include "recorder/derived/task.h"
#include "recorder/library/library_parts.h"

#include "base/alloc.h"
#include "base/json_write.h"

#include <stdio.h>

#define TRIES 8 /* times that somebody else may be faster */

struct library_derived {
    struct library *library;
    struct key_ring ring;
    uint8_t wraps[SHA256_LEN]; /* of the recording, before its keys were opened */
    bool gone;                 /* they are others now: the keys were wiped */
    enum library_derived_kind kind;
    struct object_id object; /* epoch: of the part */
    uint32_t parts;
    uint64_t *starts;             /* parts + 1: offsets in the whole [bytes] */
    uint64_t *sealed;             /* sizes of the objects [bytes] */
    struct object_reader *reader; /* of part `reading` */
    uint32_t reading;
};

static const char *const layouts[] = {[TASK_LAYOUT_STAGE] = "stage", [TASK_LAYOUT_FACES] = "faces"};

const char *library_layout_name(int layout) {
    return layout >= 0 && layout <= TASK_LAYOUT_FACES ? layouts[layout] : NULL;
}

int library_layout_from_name(const char *name) {
    for (int i = 0; i <= TASK_LAYOUT_FACES; i++) {
        if (strcmp(layouts[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

/* The supplement of a recording that is closed and not shredded. */
static enum err load(struct library *l, const char *id, struct supplement *ret) {
    struct id recording;
    struct recording_row row;
    if (!id_parse(id, &recording)) {
        return ERR_UNKNOWN;
    }
    enum err e = catalogue_recording(l->archive->catalogue, &recording, &row);
    if (e != OK || row.state == RECORDING_SHREDDED || row.state == RECORDING_OPEN) {
        return e != OK ? e : row.state == RECORDING_OPEN ? ERR_WRONG_STATE : ERR_UNKNOWN;
    }
    return supplements_get(l->archive, &recording, ret);
}

/* ---- exports: numbers and removal ---- */

enum err library_export_next(struct library *l, const char *id, uint32_t *ret) {
    OWNER_CHECK(&l->owner);
    struct supplement s = {0};
    enum err e = load(l, id, &s);
    if (e == OK) {
        *ret = s.next_export;
        supplement_clear(&s);
    }
    return e;
}

static bool is_stray(const void *ctx, const char *name) {
    const struct supplement *listed = ctx;
    struct object_id o;
    return object_parse_name(name, &o) && !manifest_find(&listed->list, &o);
}

/* Remove derived objects that the supplement does not list. */
static enum err remove_strays(struct library *l, const struct supplement *s) {
    static const char *const folders[] = {"thumbnails", "waveforms", "exports"};
    const struct store *store = &l->archive->store;
    char prefix[OBJECT_NAME_MAX], id[ID_TEXT_MAX];
    enum err e = store->list ? OK : ERR_UNSUPPORTED;
    for (size_t i = 0; e == OK && i < sizeof(folders) / sizeof(*folders); i++) {
        snprintf(prefix, sizeof(prefix), "recordings/%s/%s/", id_text(&s->recording, id),
                 folders[i]);
        e = store_remove_below(store, prefix, is_stray, s);
    }
    return e;
}

/* Which exports are to go. */
struct doomed_exports {
    const uint32_t *number; /* NULL: by time */
    wall_t before;
};

static bool drop_doomed(struct supplement *s, const struct doomed_exports *d) {
    bool any = false;
    for (size_t i = s->n_exports; i-- > 0;) {
        const struct supplement_export *x = &s->export[i];
        if (d->number ? x->number == *d->number : x->created.us < d->before.us) {
            supplement_drop_export(s, x->number);
            any = true;
        }
    }
    return any;
}

/* The supplement first: what it does not list does not count, whether it is there or not. */
static enum err drop(struct library *l, const char *id, const struct doomed_exports *d,
                     bool *ret_left) {
    enum err e = ERR_EXISTS;
    for (int i = 0; e == ERR_EXISTS && i < TRIES; i++) {
        struct supplement s = {0};
        e = load(l, id, &s);
        if (e != OK) {
            return e;
        }
        bool any = drop_doomed(&s, d);
        e = any ? supplements_put(l->archive, &s) : d->number ? ERR_UNKNOWN : OK;
        if (e == OK) {
            *ret_left = s.n_exports > 0;
            e = manifest_sort(&s.list);
            e = e == OK ? remove_strays(l, &s) : e;
        }
        supplement_clear(&s);
    }
    return e;
}

enum err library_export_remove(struct library *l, const char *id, uint32_t number) {
    OWNER_CHECK(&l->owner);
    struct doomed_exports d = {.number = &number};
    bool left;
    return drop(l, id, &d, &left);
}

enum err library_derived_sweep(struct library *l, const char *id, wall_t before, bool *ret_left) {
    OWNER_CHECK(&l->owner);
    struct doomed_exports d = {.before = before};
    return drop(l, id, &d, ret_left);
}

/* ---- lists ---- */

static void put_export(struct buffer *b, const struct supplement_export *x) {
    char text[WALL_TEXT_MAX];
    json_open(b, NULL, '{');
    json_put_uint(b, "number", x->number);
    json_put_string(b, "state", "done");
    json_put_string(b, "layout", x->layout);
    json_put_string(b, "created", wall_text(x->created, text));
    json_put_uint(b, "bytes", x->bytes);
    json_close(b, '}');
}

static enum err take_text(struct buffer *b, char **ret) {
    buffer_put(b, "", 0);
    *ret = buffer_take(b);
    if (!*ret) {
        buffer_free(b);
    }
    return *ret ? OK : ERR_NOMEM;
}

enum err library_exports_json(struct library *l, const char *id, const uint32_t *number,
                              size_t *ret_n, char **ret) {
    OWNER_CHECK(&l->owner);
    struct supplement s = {0};
    struct buffer b = {0};
    enum err e = load(l, id, &s);
    if (e != OK) {
        return e;
    }
    *ret_n = 0;
    for (size_t i = 0; i < s.n_exports; i++) {
        if (!number || s.export[i].number == *number) {
            put_export(&b, &s.export[i]);
            ++*ret_n;
        }
    }
    supplement_clear(&s);
    return take_text(&b, ret);
}

enum err library_thumbnails_json(struct library *l, const char *id, bool *ret_made, char **ret) {
    OWNER_CHECK(&l->owner);
    struct supplement s = {0};
    struct buffer b = {0};
    enum err e = load(l, id, &s);
    if (e != OK) {
        return e;
    }
    *ret_made = s.thumbnails && s.waveforms;
    json_open(&b, NULL, '[');
    for (size_t i = 0; i < s.n_thumbnails; i++) {
        const struct supplement_thumbnail *t = &s.thumbnail[i];
        json_open(&b, NULL, '{');
        json_put_uint(&b, "number", t->number);
        json_put_int(&b, "t_ms", t->at / US_PER_MS);
        json_put_uint(&b, "width", t->width);
        json_put_uint(&b, "height", t->height);
        json_close(&b, '}');
    }
    json_close(&b, ']');
    supplement_clear(&s);
    return take_text(&b, ret);
}

/* ---- bytes ---- */

static bool first_object(const struct library_derived_name *n, const struct id *recording,
                         struct object_id *ret) {
    static const uint8_t types[] = {[LIBRARY_THUMBNAIL] = OBJECT_THUMBNAIL,
                                    [LIBRARY_WAVEFORM] = OBJECT_WAVEFORM,
                                    [LIBRARY_EXPORT] = OBJECT_EXPORT};
    *ret = (struct object_id){.type = types[n->kind], .recording = *recording};
    if (n->kind == LIBRARY_WAVEFORM) {
        return id_parse(n->track, &ret->track);
    }
    ret->track = n->kind == LIBRARY_THUMBNAIL ? ID_PROGRAMME : ID_NONE;
    ret->number = n->number;
    return true;
}

/* Sizes and offsets of the parts; all but sealing is arithmetic. */
static enum err find_parts(struct library_derived *d, const struct supplement *s) {
    uint32_t segment = d->kind == LIBRARY_EXPORT ? FLOE_64K : FLOE_4K;
    d->starts = mem_zalloc((size_t)d->parts + 1, sizeof(*d->starts));
    d->sealed = mem_zalloc((size_t)d->parts + 1, sizeof(*d->sealed));
    enum err e = d->starts && d->sealed ? OK : ERR_NOMEM;
    for (uint32_t i = 0; e == OK && i < d->parts; i++) {
        struct object_id o = d->object;
        uint64_t plain = 0;
        o.epoch = i;
        const struct manifest_object *m = manifest_find(&s->list, &o);
        e = m ? floe_plain_size(segment, m->info.size, &plain) : ERR_UNKNOWN;
        d->sealed[i] = m ? m->info.size : 0;
        d->starts[i + 1] = d->starts[i] + plain;
    }
    return e;
}

static enum err find(struct library_derived *d, const struct library_derived_name *n) {
    struct supplement s = {0};
    struct id recording;
    enum err e = id_parse(n->id, &recording) ? OK : ERR_UNKNOWN;
    e = e == OK ? wraps_digest(d->library->archive->wraps, &recording, d->wraps) : e;
    e = e == OK ? load(d->library, n->id, &s) : e;
    if (e != OK) {
        return e;
    }
    const struct supplement_export *x =
        n->kind == LIBRARY_EXPORT ? supplement_export(&s, n->number) : NULL;
    d->kind = n->kind;
    d->parts = x ? x->parts : n->kind == LIBRARY_EXPORT ? 0 : 1;
    bool named = first_object(n, &s.recording, &d->object);
    e = named && d->parts && d->parts <= s.list.n_objects ? find_parts(d, &s) : ERR_UNKNOWN;
    e = e == OK ? archive_ring_of_rows(d->library->archive, &s.recording, &d->ring) : e;
    supplement_clear(&s);
    return e;
}

enum err library_derived_open(struct library *l, const struct library_derived_name *n,
                              struct library_derived **ret) {
    OWNER_CHECK(&l->owner);
    struct library_derived *d = mem_zalloc(1, sizeof(*d));
    if (!d) {
        return ERR_NOMEM;
    }
    d->library = l;
    enum err e = find(d, n);
    if (e != OK) {
        library_derived_close(d);
        return e;
    }
    *ret = d;
    return OK;
}

struct library_derived *library_derived_close(struct library_derived *d) {
    if (d) {
        OWNER_CHECK(&d->library->owner);
        object_reader_close(d->reader);
        key_ring_close(&d->ring);
        mem_free(d->starts);
        mem_free(d->sealed);
        mem_free(d);
    }
    return NULL;
}

/* ERR_GONE: something of the recording was shredded, redacted or wrapped again. */
static enum err check_wraps(const struct library_derived *d) {
    uint8_t now[SHA256_LEN];
    enum err e = d->gone ? ERR_GONE : OK;
    e = e == OK ? wraps_digest(d->library->archive->wraps, &d->object.recording, now) : e;
    bool other = e == OK && memcmp(now, d->wraps, sizeof(now)) != 0;
    return other || e == ERR_UNKNOWN ? ERR_GONE : e;
}

bool library_derived_gone(const struct library_derived *d) {
    OWNER_CHECK(&d->library->owner);
    return check_wraps(d) == ERR_GONE;
}

static enum err still_there(struct library_derived *d) {
    enum err e = check_wraps(d);
    if (e == ERR_GONE) {
        d->gone = true;
        d->reader = object_reader_close(d->reader);
        key_ring_close(&d->ring);
    }
    return e;
}

uint64_t library_derived_size(const struct library_derived *d) {
    OWNER_CHECK(&d->library->owner);
    return d->starts[d->parts];
}

const char *library_derived_type(const struct library_derived *d) {
    OWNER_CHECK(&d->library->owner);
    return d->kind == LIBRARY_THUMBNAIL  ? "image/jpeg"
           : d->kind == LIBRARY_WAVEFORM ? "application/octet-stream"
                                         : "video/mp4";
}

static enum err open_part(struct library_derived *d, uint32_t part) {
    if (d->reader && d->reading == part) {
        return OK;
    }
    d->reader = object_reader_close(d->reader);
    struct object_access a = archive_access(d->library->archive, &d->ring);
    struct object_id o = d->object;
    o.epoch = part;
    enum err e = object_reader_open(&a, &o, d->sealed[part], &d->reader);
    if (e == OK && object_reader_size(d->reader) != d->starts[part + 1] - d->starts[part]) {
        d->reader = object_reader_close(d->reader);
        e = ERR_AUTH;
    }
    d->reader = e == OK ? d->reader : NULL;
    d->reading = part;
    return e;
}

enum err library_derived_read(struct library_derived *d, uint64_t at, uint8_t *out, size_t n) {
    OWNER_CHECK(&d->library->owner);
    uint64_t size = d->starts[d->parts];
    enum err e = at > size || n > size - at ? ERR_RANGE : still_there(d);
    for (uint32_t part = 0; e == OK && n; part++) {
        uint64_t end = d->starts[part + 1];
        if (at >= end) {
            continue;
        }
        size_t take = n < end - at ? n : (size_t)(end - at);
        e = open_part(d, part);
        e = e == OK ? object_reader_read(d->reader, at - d->starts[part], out, take) : e;
        at += take;
        out += take;
        n -= take;
    }
    return e;
}
