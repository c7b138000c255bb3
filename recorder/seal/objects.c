#include "recorder/seal/objects.h"

#include "base/alloc.h"
#include "base/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define AAD_CONTEXT "oriel-object/1"

static const struct kind {
    uint8_t type;
    const char *folder, *suffix; /* folder NULL: the track's id */
} kinds[] = {
    {OBJECT_MEDIA, NULL, "seg"},
    {OBJECT_JOURNAL, "journal", "jnl"},
    {OBJECT_MANIFEST, "manifest", "man"},
    {OBJECT_THUMBNAIL, "thumbnails", "img"},
    {OBJECT_WAVEFORM, "waveforms", "wav"},
    {OBJECT_EXPORT, "exports", "exp"},
    {OBJECT_SUPPLEMENT, "supplement", "sup"},
};

struct object_reader {
    const struct store *store;
    char name[OBJECT_NAME_MAX];
    struct floe_source source;
    struct floe_opener *opener;
    uint8_t *whole; /* the sealed object, when it was fetched at once */
    uint64_t size;  /* of it [bytes] */
};

static enum err the_one(void *ctx, const struct object_id *o, uint8_t ret[KEY_LEN]) {
    (void)o;
    memcpy(ret, ctx, KEY_LEN);
    return OK;
}

struct object_keys object_keys_one(const uint8_t key[KEY_LEN]) {
    return (struct object_keys){the_one, (void *)(uintptr_t)key};
}

static const struct kind *kind_of(uint8_t type) {
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (kinds[i].type == type) {
            return &kinds[i];
        }
    }
    CHECK(!"known object type");
    return NULL;
}

void object_aad(const struct object_id *o, uint8_t out[OBJECT_AAD_LEN]) {
    struct wr w = wr_of(out, OBJECT_AAD_LEN);
    wr_bytes(&w, AAD_CONTEXT, sizeof(AAD_CONTEXT) - 1);
    wr_u8(&w, o->type);
    wr_bytes(&w, o->recording.b, ID_LEN);
    wr_bytes(&w, o->track.b, ID_LEN);
    wr_u32(&w, o->epoch);
    wr_u32(&w, o->number);
    CHECK(!w.bad && wr_left(&w) == 0);
}

char *object_name(const struct object_id *o, char *out) {
    char recording[ID_TEXT_MAX], track[ID_TEXT_MAX];
    const struct kind *k = kind_of(o->type);
    int n;
    id_text(&o->recording, recording);
    id_text(&o->track, track);
    if (o->type == OBJECT_MEDIA) {
        n = snprintf(out, OBJECT_NAME_MAX, "recordings/%s/%s/%" PRIu32 "-%" PRIu32 ".%s", recording,
                     track, o->epoch, o->number, k->suffix);
    } else if (o->type == OBJECT_EXPORT) {
        n = snprintf(out, OBJECT_NAME_MAX, "recordings/%s/%s/%" PRIu32 "-%" PRIu32 ".%s", recording,
                     k->folder, o->number, o->epoch, k->suffix);
    } else if (id_eq(&o->track, &ID_NONE)) {
        n = snprintf(out, OBJECT_NAME_MAX, "recordings/%s/%s/%" PRIu32 ".%s", recording, k->folder,
                     o->number, k->suffix);
    } else {
        n = snprintf(out, OBJECT_NAME_MAX, "recordings/%s/%s/%s-%" PRIu32 ".%s", recording,
                     k->folder, track, o->number, k->suffix);
    }
    CHECK(n > 0 && n < OBJECT_NAME_MAX);
    return out;
}

/* Up to '/', '-' or '.', copied; moves *p behind the separator. */
static bool next_word(const char **p, char separator, char *out, size_t cap) {
    const char *end = strchr(*p, separator);
    size_t n = end ? (size_t)(end - *p) : 0;
    if (!end || n == 0 || n >= cap) {
        return false;
    }
    memcpy(out, *p, n);
    out[n] = '\0';
    *p = end + 1;
    return true;
}

static bool next_number(const char **p, char separator, uint32_t *ret) {
    char word[16], *end;
    if (!next_word(p, separator, word, sizeof(word)) || word[strspn(word, "0123456789")]) {
        return false;
    }
    unsigned long long v = strtoull(word, &end, 10);
    *ret = (uint32_t)v;
    return v <= UINT32_MAX;
}

/* What follows the folder of a non-media object: [track-]number, of an export number-part. */
static bool parse_rest(const char **p, struct object_id *o) {
    char track[ID_TEXT_MAX];
    const char *q = *p;
    if (o->type == OBJECT_EXPORT) {
        return next_number(p, '-', &o->number) && next_number(p, '.', &o->epoch);
    }
    if (strchr(q, '-')) {
        if (!next_word(&q, '-', track, sizeof(track)) || !id_parse(track, &o->track)) {
            return false;
        }
    }
    *p = q;
    return next_number(p, '.', &o->number);
}

bool object_parse_name(const char *name, struct object_id *ret) {
    char word[ID_TEXT_MAX], again[OBJECT_NAME_MAX];
    struct object_id o = {.type = OBJECT_MEDIA};
    const char *p = name;
    if (strlen(name) >= OBJECT_NAME_MAX || !next_word(&p, '/', word, sizeof(word)) ||
        strcmp(word, "recordings") != 0 || !next_word(&p, '/', word, sizeof(word)) ||
        !id_parse(word, &o.recording) || !next_word(&p, '/', word, sizeof(word))) {
        return false;
    }
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (kinds[i].folder && strcmp(word, kinds[i].folder) == 0) {
            o.type = kinds[i].type;
        }
    }
    if (o.type == OBJECT_MEDIA ? !id_parse(word, &o.track) || !next_number(&p, '-', &o.epoch) ||
                                     !next_number(&p, '.', &o.number)
                               : !parse_rest(&p, &o)) {
        return false;
    }
    /* Leading zeros, another suffix or another track spelling are not our names. */
    if (strcmp(object_name(&o, again), name) != 0) {
        return false;
    }
    *ret = o;
    return true;
}

enum err object_put(const struct object_access *a, const struct object_id *o, struct bytes plain,
                    struct object_info *ret) {
    uint8_t aad[OBJECT_AAD_LEN], key[KEY_LEN];
    char name[OBJECT_NAME_MAX];
    bool large = o->type == OBJECT_MEDIA || o->type == OBJECT_EXPORT;
    struct floe_context c = {
        .key = key, .aad = bytes_of(aad, sizeof(aad)), .segment_len = large ? FLOE_64K : FLOE_4K};
    if (plain.n > OBJECT_MAX) {
        return ERR_LONG;
    }
    object_aad(o, aad);
    size_t n = (size_t)floe_sealed_size(c.segment_len, plain.n);
    uint8_t *sealed = mem_alloc(n);
    if (!sealed) {
        return ERR_NOMEM;
    }
    enum err e = a->keys.key(a->keys.ctx, o, key);
    e = e == OK ? floe_seal(&c, a->rng, plain, sealed) : e;
    mem_wipe(key, sizeof(key));
    if (e == OK) {
        e = a->store->put(a->store->ctx, object_name(o, name), bytes_of(sealed, n));
    }
    if (e == OK) {
        ret->size = n;
        sha256_of(bytes_of(sealed, n), bytes_of(NULL, 0), ret->sha256);
    }
    mem_free(sealed);
    return e;
}

/* What is wrong with an object's bytes is "not authentic" for whoever asked for it. */
static enum err as_auth(enum err e) {
    return e == ERR_SHORT || e == ERR_FORMAT || e == ERR_RANGE ? ERR_AUTH : e;
}

static enum err open_sealed(const struct object_access *a, const struct object_id *o,
                            const struct object_plain *sealed, struct object_plain *ret) {
    uint8_t aad[OBJECT_AAD_LEN], key[KEY_LEN];
    struct floe_context c = {.key = key, .aad = bytes_of(aad, sizeof(aad))};
    struct object_plain plain = {.p = mem_alloc(sealed->n ? sealed->n : 1)};
    if (!plain.p) {
        return ERR_NOMEM;
    }
    object_aad(o, aad);
    enum err e = a->keys.key(a->keys.ctx, o, key);
    e = e == OK ? as_auth(floe_open(&c, bytes_of(sealed->p, sealed->n), plain.p, &plain.n)) : e;
    mem_wipe(key, sizeof(key));
    if (e != OK) {
        mem_free(plain.p);
        return e;
    }
    plain.info = sealed->info;
    *ret = plain;
    return OK;
}

enum err object_put_clear(const struct store *s, const struct object_id *o, struct bytes text,
                          struct object_info *ret) {
    char name[OBJECT_NAME_MAX];
    enum err e = text.n > OBJECT_MAX ? ERR_LONG : s->put(s->ctx, object_name(o, name), text);
    if (e == OK) {
        ret->size = text.n;
        sha256_of(text, bytes_of(NULL, 0), ret->sha256);
    }
    return e;
}

enum err object_get_stored(const struct store *s, const struct object_id *o,
                           struct object_plain *ret) {
    char name[OBJECT_NAME_MAX];
    uint64_t size = 0;
    enum err e = s->size(s->ctx, object_name(o, name), &size);
    if (e != OK) {
        return e;
    }
    if (size > floe_sealed_size(FLOE_4K, OBJECT_MAX)) {
        return ERR_LONG;
    }
    struct object_plain there = {.p = mem_alloc(size ? (size_t)size : 1), .n = (size_t)size};
    if (!there.p) {
        return ERR_NOMEM;
    }
    e = s->read(s->ctx, name, 0, there.p, there.n);
    if (e != OK) {
        mem_free(there.p);
        return e;
    }
    there.info.size = size;
    sha256_of(bytes_of(there.p, there.n), bytes_of(NULL, 0), there.info.sha256);
    *ret = there;
    return OK;
}

enum err object_get(const struct object_access *a, const struct object_id *o,
                    struct object_plain *ret) {
    struct object_plain sealed;
    enum err e = object_get_stored(a->store, o, &sealed);
    if (e == OK) {
        e = open_sealed(a, o, &sealed, ret);
        mem_free(sealed.p);
    }
    return e;
}

static enum err read_store(void *ctx, uint64_t at, uint8_t *out, size_t n) {
    struct object_reader *r = ctx;
    if (!r->whole) {
        return r->store->read(r->store->ctx, r->name, at, out, n);
    }
    if (at > r->size || n > r->size - at) {
        return ERR_RANGE;
    }
    memcpy(out, r->whole + at, n);
    return OK;
}

/* A request costs a round trip to a store that is far away: not asking for a size that is known
 * and taking a small object at once leave one of three. */
static enum err fetch(struct object_reader *r, uint64_t at_once) {
    const struct store *s = r->store;
    if (r->size == 0) {
        return s->size(s->ctx, r->name, &r->size);
    }
    if (r->size > at_once) {
        return OK;
    }
    uint8_t *p = mem_alloc((size_t)r->size);
    if (!p) {
        return ERR_NOMEM;
    }
    enum err e = s->read(s->ctx, r->name, 0, p, (size_t)r->size);
    if (e != OK) {
        mem_free(p);
        return as_auth(e);
    }
    r->whole = p;
    return OK;
}

/* at_once [bytes]: what is larger is not fetched whole. */
static enum err open_reader(const struct object_access *a, const struct object_id *o, uint64_t size,
                            uint64_t at_once, struct object_reader **ret) {
    uint8_t aad[OBJECT_AAD_LEN], key[KEY_LEN];
    struct object_reader *r = mem_zalloc(1, sizeof(*r));
    if (!r) {
        return ERR_NOMEM;
    }
    r->store = a->store;
    r->source = (struct floe_source){read_store, r};
    r->size = size;
    object_name(o, r->name);
    object_aad(o, aad);
    struct floe_context c = {.key = key, .aad = bytes_of(aad, sizeof(aad))};
    enum err e = a->keys.key(a->keys.ctx, o, key);
    e = e == OK ? fetch(r, at_once) : e;
    if (e == OK) {
        e = as_auth(floe_opener_new(&c, &r->source, r->size, &r->opener));
    }
    mem_wipe(key, sizeof(key));
    if (e != OK) {
        object_reader_close(r);
        return e;
    }
    *ret = r;
    return OK;
}

enum err object_reader_open(const struct object_access *a, const struct object_id *o, uint64_t size,
                            struct object_reader **ret) {
    return open_reader(a, o, size, OBJECT_AT_ONCE, ret);
}

enum err object_reader_open_whole(const struct object_access *a, const struct object_id *o,
                                  uint64_t size, struct object_reader **ret) {
    return open_reader(a, o, size, OBJECT_WHOLE_MAX, ret);
}

size_t object_reader_held(const struct object_reader *r) {
    return r->whole ? (size_t)r->size : 0;
}

uint64_t object_reader_size(const struct object_reader *r) {
    return floe_opener_size(r->opener);
}

enum err object_reader_read(struct object_reader *r, uint64_t at, uint8_t *out, size_t n) {
    return floe_read(r->opener, at, out, n);
}

struct object_reader *object_reader_close(struct object_reader *r) {
    if (r) {
        floe_opener_free(r->opener);
        mem_free(r->whole);
        mem_free(r);
    }
    return NULL;
}
